"""When to stop, and where to go until then, in float64: w = max(stop, max_a T_a w).

A node may stop and earn what that is worth, or take a pair that leads on; every policy stops for certain. How long
a pair stays where it is changes nothing but the time: transitions are those of its *jumps*, the entries as stored but
for those that stay, divided by their sum.

Certificate. Let U bound the expected number of jumps before a stop, over all policies (found once, as the same
problem with reward 1 a jump). A w that misses its equation by at most ε is within ε·U of the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mdppower._typing import AnyArray, FloatArray, IntArray

EPS = float(np.finfo(np.float64).eps)
MOST_ITERATIONS = 1000
DENSE = 150
"""Systems of up to this many nodes are solved as dense ones: less is spent on getting ready."""


@dataclass(frozen=True)
class Stopping:
    """Nodes 0 … stops−1 may stop; every node may have pairs (sorted by node) that lead on.

    Attributes
    ----------
    kernel : (Q, nodes) csr_array
        The jumps of each pair.
    owner : (Q,) array
        The node of each pair.
    stops, n_nodes : int
    """

    kernel: sparse.csr_array
    owner: AnyArray
    stops: int
    n_nodes: int

    @classmethod
    def of(cls, rows: sparse.csr_array, owner: AnyArray, stops: int, n_nodes: int) -> Stopping:
        """The problem of rows that may stay where they are.

        Parameters
        ----------
        rows : (Q, nodes) csr_array
            May name a node more than once.
        owner, stops, n_nodes
            As the attributes.
        """
        moves = rows.indices != np.repeat(owner, np.diff(rows.indptr))
        pair = np.repeat(np.arange(len(owner)), np.diff(rows.indptr))[moves]
        leaving = np.bincount(pair, rows.data[moves], len(owner))
        jumps = rows.data[moves] / leaving[pair]
        kernel = sparse.csr_array((jumps, (pair, rows.indices[moves])), shape=(len(owner), n_nodes))
        return cls(kernel, owner, stops, n_nodes)

    @cached_property
    def jumps(self) -> float:
        """Bound on the expected number of jumps before a stop, over all policies; infinite where floats find none."""
        if not len(self.owner):
            return 1.0
        u, _, miss = self._iterate(np.zeros(self.stops), np.ones(self.n_nodes))
        return float(u.max()) / (1 - miss) + 1 if miss < 0.5 else np.inf

    def solve(self, level: FloatArray) -> tuple[FloatArray, IntArray, float]:
        """The best that can be had from each node.

        Parameters
        ----------
        level : (stops,) array
            What stopping is worth.

        Returns
        -------
        w : (nodes,) array
        choice : (nodes,) array
            A pair, or −1 to stop.
        gap : float
            Bound on the error of w; infinite where floats find none, and then the policy is the first of all.
        """
        if not np.isfinite(self.jumps):
            return np.full(self.n_nodes, np.nan), self._first_choice(), np.inf
        w, choice, miss = self._iterate(level, np.zeros(self.n_nodes))
        gap = miss * self.jumps + 2 * EPS * float(np.abs(w).max())
        return w, choice, gap if np.isfinite(gap) else np.inf

    def _first_choice(self) -> IntArray:
        """To stop where that is possible, else the first pair."""
        movers, first = self._movers
        choice = np.full(self.n_nodes, -1)
        choice[movers] = first
        choice[: self.stops] = -1
        return choice

    def _iterate(self, level: FloatArray, reward: FloatArray) -> tuple[FloatArray, IntArray, float]:
        """Policy iteration; a node earns its own reward whenever it goes on.

        Returns
        -------
        w, choice
            As `solve` has them.
        miss : float
            The most by which w misses its equation; infinite where it was not solved.
        """
        movers, first = self._movers
        stop = np.full(self.n_nodes, -np.inf)
        stop[: self.stops] = level
        choice = self._first_choice()
        least = np.inf
        size = float(np.abs(level).max() + np.abs(reward).max())
        tie = 8 * EPS
        # A row of k entries: its sum, its quotients, its product with w.
        terms = 2 * int(np.diff(self.kernel.indptr).max(initial=0)) + 4
        for _ in range(MOST_ITERATIONS):
            w = self._evaluate(choice, level, reward)
            if not np.isfinite(w).all():
                break
            going = self.kernel @ w
            onward = np.full(self.n_nodes, -np.inf)
            onward[movers] = np.maximum.reduceat(going, first)
            best = reward + onward
            now = np.where(choice < 0, stop, -np.inf)
            on = choice >= 0
            now[on] = reward[on] + going[choice[on]]
            target = np.maximum(stop, best)
            miss = float(max(np.abs(now - w).max(), (target - w).max(), 0.0))
            better = target > now + tie * (size + np.abs(w))
            if not better.any():
                return w, choice, miss + terms * EPS * (size + float(np.abs(w).max()))
            if miss >= least:
                tie *= 2  # rounding: ties that follow each other
            least = min(least, miss)
            stops = better & (stop >= best)
            choice[stops] = -1
            goes = better & ~stops
            choice[goes] = self._greedy(going, onward)[goes]
        return w, choice, np.inf

    def _greedy(self, going: FloatArray, best: FloatArray) -> IntArray:
        """The first pair of each node that has the best score of it; −1 where there is no pair."""
        movers, first = self._movers
        top = np.flatnonzero(going == best[self.owner])
        greedy = np.full(self.n_nodes, -1)
        greedy[movers] = top[np.searchsorted(top, first)]
        return greedy

    @cached_property
    def _movers(self) -> tuple[AnyArray, AnyArray]:
        """The nodes that have pairs, and the first pair of each."""
        return np.unique(self.owner, return_index=True)

    def _evaluate(self, choice: IntArray, level: FloatArray, reward: FloatArray) -> FloatArray:
        on = np.flatnonzero(choice >= 0)
        off = np.flatnonzero(choice < 0)
        w = np.empty(self.n_nodes)
        w[off] = level[off]
        if len(on) == 0:
            return w
        rows = sparse.csr_array(self.kernel[choice[on]])
        right = reward[on] + rows[:, off] @ w[off]
        inner = rows[:, on]
        try:
            if len(on) <= DENSE:
                w[on] = np.linalg.solve(np.eye(len(on)) - inner.toarray(), right)
            else:
                w[on] = splu(sparse.csc_array(sparse.eye_array(len(on)) - inner)).solve(right)
        except (np.linalg.LinAlgError, RuntimeError):
            w[on] = np.nan  # singular in floats
        return w

"""When to stop, and where to go until then, whatever the number of steps: w = max(stop, max_a T_a w).

A node may stop and earn what that is worth, or take a pair that leads on; every policy stops for certain. The
equation is the same for the jumps of a pair, what it does when it does not stay: T_a w − w = 0 means that
Σ_j a_ij (w_j − w_i) = 0. Advantages are counted by jumps, Σ_j a_ij (w_j − w_i) / Σ_j a_ij.

Proof of the gap. Let u be the largest expected number of jumps from each node over all policies, U at most: so
u ≥ 1 + T u for all pairs. If neither a pair nor stopping leads by more than ε, then w + ε u ≥ max(stop, T (w + ε u)),
so that w + ε U bounds the value of every policy. Maps with slip, where a fall can be put off for 10^60 jumps, need 60
digits more for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray, FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.solvers.decimal_elimination import ZERO, Elimination, Row, digits, drift, rates_of, total
from mdppower.solvers.long_digits import (
    EPS,
    MOST_COLUMNS,
    MOST_ITERATIONS,
    SPARE,
    Evaluation,
    Kept,
    data_columns,
    floats,
    largest,
    leading_pairs,
)

SHARE = 1e-14
"""What is left open, over all jumps, as a share of the range of what stopping is worth."""


@dataclass(frozen=True, eq=False)
class LongStopping:
    """Nodes 0 … stops−1 may stop; every node may have pairs (sorted by node) that lead on.

    Attributes
    ----------
    rows : (Q, nodes) csr_array
        Where pairs lead; a node may be named more than once.
    owner : (Q,) array
        The node of each pair.
    stops, n_nodes : int
    known : float
        A bound on the jumps that is known, or infinite.
    """

    rows: sparse.csr_array
    owner: AnyArray
    stops: int
    n_nodes: int
    known: float
    _kept: Kept[Evaluation] = field(default_factory=Kept)

    def solve(self, level: FloatArray, choice: IntArray) -> tuple[FloatArray, IntArray, float]:
        """The best that can be had from each node.

        Parameters
        ----------
        level : (stops,) array
            What stopping is worth.
        choice : (nodes,) array
            A first policy: a pair, or −1 to stop.

        Returns
        -------
        w : (nodes,) array
        choice : (nodes,) array
            An optimal policy.
        gap : float
            Proved bound on the error of w.

        Raises
        ------
        TooMuchWork
            The chains are too large for their elimination.
        SolverError
            Policies went on changing.
        """
        bottom = float(level.min())
        above = level - bottom
        size = float(above.max())
        owner = np.concatenate([self.owner, np.arange(self.stops)])
        choice = np.asarray(choice).copy()
        with digits(self._digits):
            slack = Decimal(SHARE) * Decimal(size) / self.jumps
            columns, x = data_columns(above)
            for _ in range(MOST_ITERATIONS):
                found = self._evaluation(choice, columns)
                better = leading_pairs(found, x, slack, owner)
                if not better:
                    break
                for node, pair in better.items():
                    choice[node] = pair if pair < len(self.owner) else -1
            else:
                raise SolverError(f"when to stop was not found in {MOST_ITERATIONS} iterations")
        w = bottom + found.values @ x
        return w, choice, 2 * SHARE * size + (2 * len(x) + 8) * EPS * size + 2 * EPS * abs(bottom)

    @cached_property
    def jumps(self) -> Decimal:
        """U: a bound on the expected number of jumps before a stop, over all policies and nodes.

        Layer by layer from the nodes that have no pair: a node joins when all its pairs may lead to one that has
        joined, and its chance is the least that any of its pairs has of the chances of those. As no policy goes on
        for ever, all join. After L layers every policy has stopped in L jumps with the least chance q, and U ≤ L/q.
        """
        chance = {node: Decimal(1) for node in range(self.n_nodes)}
        waiting: dict[int, list[Row]] = {}
        for node, row in zip(self.owner.tolist(), self._rates, strict=True):
            waiting.setdefault(node, []).append(row)
            chance.pop(node, None)
        layers = 0
        with digits(SPARE):
            while waiting:
                layers += 1
                joins = {}
                for node, rows in waiting.items():
                    stop_if_told()
                    least = min(sum((a * chance.get(j, ZERO) for j, a in row), ZERO) / total(row) for row in rows)
                    if least:
                        joins[node] = least
                chance |= joins
                waiting = {node: rows for node, rows in waiting.items() if node not in joins}
            # Doubled: far more than the rounding of all this.
            return min(2 * max(layers, 1) / min(chance.values()), Decimal(self.known))

    @cached_property
    def _digits(self) -> int:
        return self.jumps.adjusted() + SPARE + 10

    @cached_property
    def _rates(self) -> list[Row]:
        return rates_of(self.rows, self.owner)

    def _evaluation(self, choice: IntArray, columns: list[Any]) -> Evaluation:
        if len(columns) > MOST_COLUMNS:  # of one draw: nobody asks again
            return self._evaluate(choice, columns)
        numbers = (len(self.owner) + self.n_nodes) * len(columns)
        return self._kept.get(choice, lambda: self._evaluate(choice, columns), numbers)

    def _evaluate(self, choice: IntArray, columns: list[Any]) -> Evaluation:
        going = {int(node): int(choice[node]) for node in np.flatnonzero(choice >= 0)}
        chain = Elimination({node: self._rates[pair] for node, pair in going.items()})
        w = chain.solve({}, {int(node): columns[int(node)] for node in np.flatnonzero(choice < 0)})
        w = {node: value + 0 * columns[0] for node, value in w.items()}  # of the columns' shape
        owner = self.owner.tolist()

        def exactly(pair: int) -> Any:
            if pair >= len(owner):
                return columns[pair - len(owner)] - w[pair - len(owner)]
            return drift(self._rates[pair], w, owner[pair]) / total(self._rates[pair])

        every = range(len(owner) + self.stops)
        own = {*going.values(), *(len(owner) + node for node in range(self.stops) if choice[node] < 0)}
        advantages = np.array([floats(exactly(pair)) for pair in every]).reshape(len(every), -1)
        floor = float(Decimal(1).scaleb(SPARE // 2 - self._digits)) * max(map(largest, columns))
        ours = sorted(own)
        if np.abs(advantages[ours]).max(initial=0.0) > floor:
            raise SolverError("an elimination in decimals does not solve its equation")
        advantages[ours] = 0.0
        values = np.array([floats(w[node]) for node in range(self.n_nodes)]).reshape(self.n_nodes, -1)
        return Evaluation(values, advantages, floor, self._digits, exactly)

"""Optimal gain (γ = 1): the best long-run average reward from each state, for any finite MDP.

Where it ends. Under every policy the states visited for ever make up *end components*, sets that some policy never
leaves (de Alfaro 1997). So the optimal gain is found in three steps, of which the first is the same for all rewards:

1. The maximal end components of the graph (`mdppower.mdp.graph.end_components`).
2. The gain λ of each. Its states can all be reached from each other, so that λ is one constant; the solvers for
   deterministic and for stochastic MDPs find it, with a gap. A component of one state has λ = R.
3. The best mixture of components that can be reached: with each component as one node that may *stop* and earn λ,
   w = max(stop, max_a T_a w). Nothing but stopping lasts here (there are no end components left), so that policy
   iteration with exact evaluation ends, and w is unique. With one component only, w = λ everywhere.

Certificate of step 3. Let U bound the expected number of steps before a stop, over all policies (found once, as the
same problem with reward 1 a step). A w that misses its equation by at most ε is within ε·U of the truth. Gaps of the
components add to that, the largest of them once: w is a mean of theirs.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.mdp.graph import end_components
from mdppower.mdp.model import RewardlessMDP

EPS = float(np.finfo(np.float64).eps)
MOST_ITERATIONS = 1000
FARSIGHTED = 1 - 2.0**-20
DENSE = 150
"""Systems of up to this many nodes are solved as dense ones: less is spent on getting ready."""


def solve(
    mdp: RewardlessMDP, rewards: FloatArray, start: IntArray | None = None
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Optimal gains of many reward functions.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array
    start : (N, S) int32 array, optional
        Pairs of a first policy for each draw.

    Returns
    -------
    values : (N, S) array
        The optimal gain of each state.
    pairs : (N, S) int32 array
        The pair that a gain-optimal policy takes in each state.
    gap : (N,) array
        Bound on the error of the gains.
    iterations : (N,) int32 array
    """
    plan = make_plan(mdp)
    n = len(rewards)
    # Centred, so that rounding is relative to the range of the rewards and equal rewards are exactly 0.
    middle = 0.5 * rewards.min(axis=1, keepdims=True) + 0.5 * rewards.max(axis=1, keepdims=True)
    rewards = rewards - middle
    level, gap = np.empty((n, plan.count)), np.zeros(n)
    pairs = np.repeat(mdp.pointer[None, :-1], n, axis=0)
    iterations = np.zeros(n, np.int32)
    level[:, plan.label[plan.alone]] = rewards[:, plan.alone]
    pairs[:, plan.alone] = plan.alone_pair
    for part in plan.parts:
        first = None if start is None else part.local(start[:, part.states])
        values, inner, slack, steps = part.solve(np.ascontiguousarray(rewards[:, part.states]), first)
        level[:, part.number] = 0.5 * (values.min(axis=1) + values.max(axis=1))
        gap = np.maximum(gap, slack + 0.5 * np.ptp(values, axis=1))
        pairs[:, part.states] = part.pairs[inner]
        iterations = np.maximum(iterations, steps)
    values = np.empty(rewards.shape)
    for i in range(n):
        values[i], choice, error = best_mixture(plan, level[i])
        gap[i] += error
        plan.follow(choice, pairs[i])
    return values + middle, pairs, gap + 2 * EPS * np.abs(middle[:, 0]), iterations


def best_mixture(plan: Plan, level: FloatArray) -> tuple[FloatArray, IntArray, float]:
    """Gains of the states from those of the components; the quotient's choices; and what its solution may miss."""
    if plan.count == 1:
        return np.full(len(plan.node), level[0]), np.full(plan.outer.n_nodes, -1, np.int32), 0.0
    w, choice, miss = plan.outer.solve(level, np.zeros(plan.outer.n_nodes))
    return w[plan.node], choice, miss * plan.outer.steps + 2 * EPS * float(np.abs(w).max())


# ---------------------------------------------------------------------- what is the same for all rewards


@dataclass(frozen=True)
class _Part:
    """An end component of several states, as an MDP of its own."""

    number: int
    mdp: RewardlessMDP
    states: IntArray
    pairs: IntArray  # of the whole MDP, for each of its own

    def local(self, start: IntArray) -> IntArray:
        """Own pairs for those of the whole MDP; the first one of a state for a pair that leaves."""
        place = np.minimum(np.searchsorted(self.pairs, start), len(self.pairs) - 1)
        known = self.pairs[place] == start
        return np.where(known, place, self.mdp.pointer[:-1]).astype(np.int32)

    def solve(self, rewards: FloatArray, start: IntArray | None) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
        if self.mdp.is_deterministic:
            from mdppower.solvers import deterministic

            return deterministic.solve(self.mdp, rewards, 1.0, start)
        from mdppower.solvers import stochastic

        # Classes of different gain drive h to about Δg/(1−γ): they had better meet where that is not yet too large.
        first = stochastic.solve(self.mdp, rewards, FARSIGHTED, start)[1]
        return stochastic.solve(self.mdp, rewards, 1.0, first)


@dataclass(frozen=True)
class Plan:
    """The end components of an MDP, and the quotient in which each is one node."""

    count: int
    label: IntArray
    inside: BoolArray  # pairs that stay in their component
    alone: IntArray  # states that are components of their own
    alone_pair: IntArray  # and a pair that stays there
    parts: tuple[_Part, ...]
    node: IntArray  # of each state in the quotient
    outer: _Stopping
    owner_pair: IntArray  # pair of the MDP for each pair of the quotient
    mdp: weakref.ref[RewardlessMDP]

    def follow(self, choice: IntArray, pairs: IntArray) -> None:
        """Write the quotient's choices into a policy of the MDP: go on where it does not stop."""
        mdp = self.mdp()
        assert mdp is not None
        for node in np.flatnonzero(choice >= 0).tolist():
            pair = int(self.owner_pair[choice[node]])
            exit_state = int(mdp.pair_states[pair])
            pairs[exit_state] = pair
            if node < self.count and (part := next((p for p in self.parts if p.number == node), None)) is not None:
                _walk_to(part, exit_state, pairs)


_PLANS: weakref.WeakKeyDictionary[RewardlessMDP, Plan] = weakref.WeakKeyDictionary()


def make_plan(mdp: RewardlessMDP) -> Plan:
    """The components and their quotient, made once for each MDP."""
    if mdp in _PLANS:
        return _PLANS[mdp]
    count, label, inside = end_components(mdp)
    members = np.bincount(label[label >= 0], minlength=count)
    alone = np.flatnonzero((label >= 0) & (members[label] == 1))
    inner_pairs = np.flatnonzero(inside)
    first_inside = inner_pairs[np.searchsorted(mdp.pair_states[inner_pairs], alone)]
    parts = tuple(_part(mdp, int(c), label, inside) for c in np.flatnonzero(members > 1))
    node = label.copy()
    transient = np.flatnonzero(label < 0)
    node[transient] = count + np.arange(len(transient))
    outgoing = np.flatnonzero(~inside) if count > 1 else np.empty(0, np.intp)
    order = outgoing[np.argsort(node[mdp.pair_states[outgoing]], kind="stable")]
    n_nodes = count + len(transient)
    merge = sparse.csr_array((np.ones(mdp.n_states), (np.arange(mdp.n_states), node)), shape=(mdp.n_states, n_nodes))
    kernel = sparse.csr_array(mdp.kernel[order] @ merge)
    outer = _Stopping(kernel, node[mdp.pair_states[order]], count, n_nodes, 1.0)
    if count > 1:
        outer = outer.with_bound_on_steps()
    plan = Plan(
        count, label, inside, alone.astype(np.int32), first_inside.astype(np.int32), parts, node, outer,
        order.astype(np.int32), weakref.ref(mdp),
    )  # fmt: skip
    _PLANS[mdp] = plan
    return plan


def _part(mdp: RewardlessMDP, number: int, label: IntArray, inside: np.ndarray) -> _Part:
    states = np.flatnonzero(label == number)
    pairs = np.flatnonzero(inside & (label[mdp.pair_states] == number))
    owner = np.searchsorted(states, mdp.pair_states[pairs])
    own = RewardlessMDP.from_pairs(owner, sparse.csr_array(mdp.kernel[pairs])[:, states])
    return _Part(number, own, states.astype(np.int32), pairs.astype(np.int32))


def _walk_to(part: _Part, target: int, pairs: IntArray) -> None:
    """Let the states of a component take pairs that bring them nearer to one of them, with some probability."""
    goal = int(np.searchsorted(part.states, target))
    kernel, owner = part.mdp.kernel, part.mdp.pair_states
    entry_pair = np.repeat(np.arange(part.mdp.n_pairs), np.diff(kernel.indptr))
    reached = np.zeros(part.mdp.n_states, bool)
    reached[goal] = True
    while not reached.all():
        leads = np.flatnonzero(reached[kernel.indices] & ~reached[owner[entry_pair]])
        new, first = np.unique(owner[entry_pair[leads]], return_index=True)
        pairs[part.states[new]] = part.pairs[entry_pair[leads[first]]]
        reached[new] = True


# ---------------------------------------------------------------------- when to stop, and where to go until then


@dataclass(frozen=True)
class _Stopping:
    """Nodes 0 … stops−1 may stop; every node may have pairs (sorted by node) that lead on.

    Attributes
    ----------
    kernel : (Q, nodes) csr_array
    owner : (Q,) array
        The node of each pair.
    stops, n_nodes : int
    steps : float
        Bound on the expected number of steps before a stop, over all policies.
    """

    kernel: sparse.csr_array
    owner: IntArray
    stops: int
    n_nodes: int
    steps: float

    def solve(self, level: FloatArray, reward: FloatArray) -> tuple[FloatArray, IntArray, float]:
        """Best expected rewards (a node earns its own whenever it goes on) and level of the stop.

        Returns
        -------
        w : (nodes,) array
        choice : (nodes,) array
            A pair, or −1 to stop.
        miss : float
            The most by which w misses its equation.
        """
        movers, first = self._movers
        stop = np.full(self.n_nodes, -np.inf)
        stop[: self.stops] = level
        choice = np.full(self.n_nodes, -1)
        choice[movers] = first
        choice[: self.stops] = -1
        least = np.inf
        size = float(np.abs(level).max() + np.abs(reward).max())
        tie = 8 * EPS
        for _ in range(MOST_ITERATIONS):
            w = self._evaluate(choice, level, reward)
            going = self.kernel @ w
            best = np.full(self.n_nodes, -np.inf)
            best_of = np.maximum.reduceat(going, first) if len(first) else going
            best[movers] = reward[movers] + best_of
            now = np.where(choice < 0, stop, -np.inf)
            on = choice >= 0
            now[on] = reward[on] + going[choice[on]]
            target = np.maximum(stop, best)
            miss = float(max(np.abs(now - w).max(), (target - w).max(), 0.0))
            better = target > now + tie * (size + np.abs(w))
            if not better.any():
                return w, choice, miss + 4 * EPS * (size + float(np.abs(w).max()))
            if miss >= least:
                tie *= 2  # rounding: ties that follow each other
            least = min(least, miss)
            stops = better & (stop >= best)
            choice[stops] = -1
            top = np.flatnonzero(going == best_of[np.searchsorted(movers, self.owner)])
            greedy = np.full(self.n_nodes, -1)
            greedy[movers] = top[np.searchsorted(top, first)]
            goes = better & ~stops
            choice[goes] = greedy[goes]
        raise SolverError(f"the best mixture of end components was not found in {MOST_ITERATIONS} iterations")

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
        if len(on) <= DENSE:
            w[on] = np.linalg.solve(np.eye(len(on)) - inner.toarray(), right)
        else:
            w[on] = splu(sparse.csc_array(sparse.eye_array(len(on)) - inner)).solve(right)
        return w

    def with_bound_on_steps(self) -> _Stopping:
        """The same, with U: the largest expected number of steps, with the miss of its own equation paid for."""
        u, _, miss = self.solve(np.zeros(self.stops), np.ones(self.n_nodes))
        if not miss < 0.5:
            raise SolverError(f"end components: the expected number of steps could not be bounded ({miss:.2g})")
        steps = float(u.max()) / (1 - miss) + 1
        return _Stopping(self.kernel, self.owner, self.stops, self.n_nodes, steps)

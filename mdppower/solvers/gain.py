"""Optimal gain (γ = 1): the best long-run average reward from each state, for any finite MDP.

Where it ends. Under every policy the states visited for ever make up *end components*, sets that some policy never
leaves (de Alfaro 1997). So the optimal gain is found in three steps, of which the first is the same for all rewards:

1. The maximal end components of the graph (`mdppower.mdp.graph.end_components`).
2. The gain λ of each. Its states can all be reached from each other, so that λ is one constant; the solvers for
   deterministic and for stochastic MDPs find it, with a gap. A component of one state has λ = R.
3. The best mixture of components that can be reached: with each component as one node that may *stop* and earn λ,
   w = max(stop, max_a T_a w). Nothing but stopping lasts here (there are no end components left), so that policy
   iteration with exact evaluation ends, and w is unique. With one component only, w = λ everywhere.

Gaps of the components add to that of the mixture, the largest of them once: w is a mean of theirs.

Time scales. Step 2 is done in float64 first, and its gap grows with the time of mixing inside a component. Step 3 is
done with 32 digits (`mdppower.solvers.double_stopping`), whose gap grows with the longest way to a stop that a good
policy could take; where that is too much work, in float64, whose gap grows with the longest way of any policy: on a
map where slip may lead into a pit, it is exponential in the map's size. Where a gap is wider than `ENOUGH`, the draw
is done again with as many digits as that takes (`mdppower.solvers.long_average`, `mdppower.solvers.long_stopping`).
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._stop import stop_if_told
from mdppower._typing import BoolArray, FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.mdp.graph import end_components, lead_to
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.pair_states import through_pairs
from mdppower.solvers.decimal_elimination import TooMuchWork
from mdppower.solvers.double_stopping import DoubleStopping
from mdppower.solvers.long_average import LongAverage
from mdppower.solvers.long_stopping import LongStopping
from mdppower.solvers.stopping import Stopping

EPS = float(np.finfo(np.float64).eps)
FARSIGHTED = 1 - 2.0**-20
ENOUGH = 2.0**-32
"""What steps 2 and 3 may each leave, as a share of the range of the rewards: together less than 1e-9."""


def solve(
    mdp: RewardlessMDP, rewards: FloatArray, start: IntArray | None = None, on_pairs: bool = False
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Optimal gains of many reward functions.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array, or (N, P) with `on_pairs`
    start : (N, S) int32 array, optional
        Pairs of a first policy for each draw.
    on_pairs : bool
        Whether rewards are earned by state-action pairs.

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
    least, most = rewards.min(axis=1, keepdims=True), rewards.max(axis=1, keepdims=True)
    middle = np.where(least == most, least, 0.5 * least + 0.5 * most)
    rewards = rewards - middle
    enough = ENOUGH * 2 * np.abs(rewards).max(axis=1)
    level, gap = np.empty((n, plan.count)), np.zeros(n)
    pairs = np.repeat(mdp.pointer[None, :-1], n, axis=0)
    iterations = np.zeros(n, np.int32)
    if on_pairs:
        loops, first = plan.loops()
        best = np.maximum.reduceat(rewards[:, loops], first, axis=1) if len(first) else rewards[:, :0]
        owner = np.repeat(np.arange(len(first)), np.diff(first, append=len(loops)))
        for i in range(n if len(first) else 0):
            winners = np.flatnonzero(rewards[i, loops] == best[i, owner])
            pairs[i, plan.alone] = loops[winners[np.searchsorted(winners, first)]]
        level[:, plan.label[plan.alone]] = best
    else:
        level[:, plan.label[plan.alone]] = rewards[:, plan.alone]
        pairs[:, plan.alone] = plan.alone_pair
    for part in plan.parts:
        before = None if start is None else part.local(start[:, part.states])
        own = rewards[:, part.pairs if on_pairs else part.states]
        level[:, part.number], inner, slack, steps = part.solve(own, before, enough, on_pairs)
        gap = np.maximum(gap, slack)
        pairs[:, part.states] = part.pairs[inner]
        iterations = np.maximum(iterations, steps)
    values = np.empty((n, mdp.n_states))
    for i in range(n):
        stop_if_told()
        values[i], choice, error = best_mixture(plan, level[i], enough[i])
        gap[i] += error
        plan.follow(choice, pairs[i])
    # Rewards were rounded when they were centred, values are when they are moved back.
    gap += 2 * EPS * (np.abs(middle[:, 0]) + np.abs(rewards).max(axis=1)) * (least != most)[:, 0]
    return values + middle, pairs, gap, iterations


def best_mixture(plan: Plan, level: FloatArray, enough: float) -> tuple[FloatArray, IntArray, float]:
    """Gains of the states from those of the components, the quotient's choices, and the gap of these gains.

    Parameters
    ----------
    plan : Plan
    level : (components,) array
    enough : float
        The gap that is good enough.
    """
    if level.min() == level.max():  # wherever it ends
        return np.full(len(plan.node), level[0]), np.full(plan.outer.n_nodes, -1, np.int32), 0.0
    w, choice, gap = plan.double_outer.solve(level, enough) or plan.outer.solve(level)
    if not gap <= enough:
        w, choice, gap = _with_digits(plan.long_outer, level, choice) or (w, choice, gap)
    return w[plan.node], choice, gap


_TOO_LARGE: weakref.WeakSet[Any] = weakref.WeakSet()


def _with_digits(
    solver: LongAverage | LongStopping, data: FloatArray, policy: IntArray
) -> tuple[Any, Any, Any] | None:
    """What a solver of many digits finds; None where it finds nothing, and what float64 has found stands."""
    if solver in _TOO_LARGE:  # that takes a while to see, and is true of all draws
        return None
    try:
        return solver.solve(data, policy)
    except TooMuchWork:
        _TOO_LARGE.add(solver)
    except SolverError:
        pass
    return None


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

    def solve(
        self, rewards: FloatArray, start: IntArray | None, enough: FloatArray, on_pairs: bool
    ) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
        """The gain of each draw, own pairs, gaps and iterations; with more digits where a gap is not good enough."""
        values, pairs, gap, iterations = self._in_floats(np.ascontiguousarray(rewards), start, on_pairs)
        gain = 0.5 * (values.min(axis=1) + values.max(axis=1))
        gap = gap + 0.5 * np.ptp(values, axis=1)
        for i in np.flatnonzero(~(gap <= enough)):
            found = self._paired_with_digits if on_pairs else self._state_with_digits
            gain[i], pairs[i], gap[i] = found(rewards[i], pairs[i]) or (gain[i], pairs[i], gap[i])
        return gain, pairs, gap, iterations

    def _state_with_digits(self, rewards: FloatArray, pairs: IntArray) -> tuple[Any, Any, Any] | None:
        return _with_digits(self._long, rewards, pairs)

    def _paired_with_digits(self, rewards: FloatArray, pairs: IntArray) -> tuple[Any, Any, Any] | None:
        """The same with a state for each pair: every other step earns nothing, and gains halve."""
        own = self.mdp
        through = np.r_[pairs, own.n_pairs + np.arange(own.n_pairs)].astype(np.int32)
        found = _with_digits(self._long_paired, np.r_[np.zeros(own.n_states), rewards], through)
        return None if found is None else (2 * found[0], found[1][: own.n_states], 2 * found[2])

    def _in_floats(
        self, rewards: FloatArray, start: IntArray | None, on_pairs: bool
    ) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
        if self.mdp.is_deterministic:
            from mdppower.solvers import deterministic

            return deterministic.solve(self.mdp, rewards, 1.0, start, on_pairs)
        from mdppower.solvers import stochastic

        # Classes of different gain drive h to about Δg/(1−γ): they had better meet where that is not yet too large.
        first = stochastic.solve(self.mdp, rewards, FARSIGHTED, start, on_pairs)[1]
        return stochastic.solve(self.mdp, rewards, 1.0, first, on_pairs)

    @cached_property
    def _long(self) -> LongAverage:
        return LongAverage(self.mdp)

    @cached_property
    def _long_paired(self) -> LongAverage:
        return LongAverage(through_pairs(self.mdp))


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
    double_outer: DoubleStopping
    outer: Stopping
    owner_pair: IntArray  # pair of the MDP for each pair of the quotient
    mdp: weakref.ref[RewardlessMDP]

    @cached_property
    def long_outer(self) -> LongStopping:
        """The quotient in decimals."""
        same = self.double_outer
        return LongStopping(same.rows, same.owner, same.stops, same.n_nodes, self.outer.jumps)

    def loops(self) -> tuple[IntArray, IntArray]:
        """The pairs that stay in components of one state, and where those of each begin."""
        mdp = self.mdp()
        assert mdp is not None
        alone = np.zeros(mdp.n_states, bool)
        alone[self.alone] = True
        pairs = np.flatnonzero(self.inside & alone[mdp.pair_states]).astype(np.int32)
        return pairs, np.searchsorted(mdp.pair_states[pairs], self.alone).astype(np.int32)

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
    n_nodes, owner = count + len(transient), node[mdp.pair_states[order]]
    chosen = mdp.kernel[order]
    rows = sparse.csr_array((chosen.data, node[chosen.indices], chosen.indptr), shape=(len(order), n_nodes))
    plan = Plan(
        count, label, inside, alone.astype(np.int32), first_inside.astype(np.int32), parts, node,
        DoubleStopping(rows, owner, count, n_nodes), Stopping.of(rows, owner, count, n_nodes),
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
    goal = part.states == target
    own = part.local(pairs[part.states])
    lead_to(part.mdp, goal, own)
    pairs[part.states[~goal]] = part.pairs[own[~goal]]

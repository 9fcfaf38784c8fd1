"""Blackwell-optimal actions in floats: policy iteration on Laurent coefficients, each with a bound on its error.

With ρ = (1−γ)/γ the values of a policy with transitions P are V/(1+ρ) = y_{−1}/ρ + y_0 + ρ y_1 + … near γ = 1: its
gain y_{−1} = P*r, its bias y_0 = Hr, and y_n = −H y_{n−1} (Veinott 1969; Puterman 1994, ch. 10). The advantage of a
pair p of state s over the policy's own is, coefficient by coefficient,

    T_p·y_{−1} − y_{−1}(s),      r(s) + T_p·y_0 − y_{−1}(s) − y_0(s),      T_p·y_n − y_{n−1}(s) − y_n(s)  (n ≥ 1).

Where the first that is not 0 is positive, taking p is better for all γ near 1; where none is positive for any pair
the policy is Blackwell optimal, and the pairs whose advantages are all 0 are its equals.

Two levels are enough here. T_p ≠ T_q and T_p P* = T_q P* imply T_p H ≠ T_q H, since H + P* is regular: so rewards
with a density decide at the second level at the latest, for sure. Ties beyond that come from atoms, and rounding
hides them: they are left open here, and decided, at all levels, by `optimal_actions_exact` in small
MDPs and by `stochastic_ties`. Deterministic MDPs are for `deterministic_ties`.

Ties at the first level are the rule, and rounding must not hide them: a pair all of whose successors can only end in
the one recurrent class in which s ends has advantage 0 by the graph alone; so has a pair that stays in s. Where s may
end in several classes, `structural_ties.end_alike` decides, modulo primes, whether a pair leaves
their chances as they are.

Errors. M is I − P with one row of each recurrent class replaced by the class's stationary distribution (then M is
regular), and M y = b for each level. If ŷ misses this by at most ε then |y − ŷ| ≤ ‖M^{-1}‖ ε, where ε has in it the
measured residual and the rounding of measuring it, the error of b (the level before), and that of the stationary
rows. ‖M^{-1}‖ is taken as twice the norm of the computed inverse. That is proved wherever the computed inverse is
right to a factor of two; if ‖M^{-1}‖·S·u is above 1 % this is not relied on, and all is left open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.mdp.chains import recurrent_classes
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.optimal_sets.structural_ties import end_alike
from mdppower.solvers.optimal_values import solve_rows

UNIT = float(np.finfo(np.float64).eps) / 2
FARSIGHTED = 1 - 2.0**-20
"""The first policies are optimal at this γ: most of them are Blackwell optimal."""
MOST_ROUNDS = 100


def blackwell_pairs(
    mdp: RewardlessMDP, rewards: FloatArray, first: AnyArray, method: str
) -> tuple[BoolArray, BoolArray, IntArray]:
    """Which pairs may be Blackwell optimal.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (n, S) array
    first : (P,) array
        Of `equivalent_pairs`.
    method : str
        The solver for the first policies.

    Returns
    -------
    candidates : (n, P) boolean array
        False: certainly not Blackwell optimal.
    open_states : (n, S) boolean array
        Where more than one candidate does not mean a tie. Elsewhere all candidates are optimal.
    pairs : (n, S) array
        The last policies.

    Examples
    --------
    Both actions have gain 2; waiting earns a 3 on the way.

    >>> from mdppower.mdp.actions import equivalent_pairs
    >>> mdp = RewardlessMDP.from_successors(
    ...     {"a": {"wait": "b", "end": "end"}, "b": {"end": "end"}, "end": {"stay": "end"}})
    >>> blackwell_pairs(mdp, np.array([[0.0, 3.0, 2.0]]), equivalent_pairs(mdp), "deterministic")[0].tolist()
    [[True, False, True, True]]
    """
    try:
        policies = solve_rows(mdp, rewards, FARSIGHTED, method)[1].copy()
    except SolverError:
        policies = solve_rows(mdp, rewards, 1.0, method)[1].copy()
    # A constant changes no optimal set, and a large one costs digits.
    middle = 0.5 * rewards.min(axis=1, keepdims=True) + 0.5 * rewards.max(axis=1, keepdims=True)
    far = np.abs(middle) > np.ptp(rewards, axis=1, keepdims=True)
    shifted = np.where(far, rewards - middle, rewards)
    off = np.where(far, UNIT * np.abs(shifted), 0.0).max(axis=1)
    structure = _Structure.of(mdp, first)
    candidates = np.ones((len(rewards), mdp.n_pairs), bool)
    doubt = np.ones((len(rewards), mdp.n_states), bool)
    going = np.arange(len(rewards))
    for _ in range(MOST_ROUNDS):
        _, group, sizes = np.unique(policies[going], axis=0, return_inverse=True, return_counts=True)
        unfinished = []
        for draws in np.split(going[np.argsort(group.ravel(), kind="stable")], np.cumsum(sizes)[:-1]):
            stop_if_told()
            chain = _Chain.of(mdp, policies[draws[0]])
            may, unsure, better = _advantages(structure, chain, shifted[draws], off[draws])
            candidates[draws], doubt[draws] = may, unsure
            moved = better >= 0
            policies[draws] = np.where(moved, better, policies[draws])
            unfinished.append(draws[moved.any(axis=1)])
        going = np.sort(np.concatenate(unfinished))
        if not len(going):
            break
    doubt[going] = True
    for i in np.flatnonzero(doubt.any(axis=1)):
        # A pair in doubt may be better, and so may whatever leads there.
        doubt[i] |= can_reach(mdp, doubt[i])
        candidates[i] |= doubt[i][mdp.pair_states]
    return candidates, doubt, policies


@dataclass(frozen=True, eq=False)
class _Structure:
    """What is the same for all policies and rewards."""

    mdp: RewardlessMDP
    first: AnyArray
    rounding: FloatArray  # (P,) of T_p·y, relative to the largest |y|; 0 where there is one successor
    stays: BoolArray  # (P,) pairs that stay in their state

    @classmethod
    def of(cls, mdp: RewardlessMDP, first: AnyArray) -> _Structure:
        kernel = mdp.kernel
        entries, begin = np.diff(kernel.indptr), kernel.indptr[:-1]
        sure = (entries == 1) & (kernel.data[begin] == 1)
        rounding = np.where(sure, 0.0, (entries + 4) * UNIT)
        return cls(mdp, first, rounding, sure & (kernel.indices[begin] == mdp.pair_states))


@dataclass(frozen=True, eq=False)
class _Chain:
    """A policy's chain: all that does not depend on the rewards."""

    pairs: IntArray
    matrix: FloatArray  # M
    inverse: FloatArray
    norm: float  # bound on ‖M^{-1}‖_∞; infinite where it is not trusted
    entries: int  # most non-zero entries of a row of M
    stationary: FloatArray  # (C, S)
    off: FloatArray  # (C,) bound on the error of these rows, in the 1-norm
    several: BoolArray  # (C,) classes of several states
    replaced: AnyArray  # (C,) the state of each class whose row was replaced
    ends: AnyArray  # (S,) the only class that can be reached, or −1

    @classmethod
    def of(cls, mdp: RewardlessMDP, pairs: IntArray) -> _Chain:
        rows = sparse.csr_array(mdp.kernel[pairs])
        n = mdp.n_states
        classes, ends = recurrent_classes(rows)
        dense = rows.toarray()
        matrix = np.asarray(np.eye(n) - dense, dtype=np.float64)
        stationary, off = np.zeros((len(classes), n)), np.zeros(len(classes))
        for k, members in enumerate(classes):
            if len(members) == 1:
                stationary[k, members] = 1.0
            else:
                stationary[k, members], off[k] = _stationary(dense[np.ix_(members, members)])
        # The likeliest state of each: where a rarely visited one gives its row, M is badly conditioned.
        replaced = stationary.argmax(axis=1)
        matrix[replaced] = stationary
        try:
            inverse = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
            norm = 2 * float(np.abs(inverse).sum(axis=1).max())
        except np.linalg.LinAlgError:
            inverse, norm = matrix, np.inf
        if not norm * n * UNIT < 0.01:
            norm = np.inf
        entries = int(np.count_nonzero(matrix, axis=1).max())
        several = np.array([len(members) > 1 for members in classes])
        return cls(pairs, matrix, inverse, norm, entries, stationary, off, several, replaced, ends)

    def solve(self, right: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(k, S) solutions of M y = b, and (k,) bounds on their errors, where each b is known to `error`."""
        y = right @ self.inverse.T
        size = np.abs(y).max(axis=1)
        miss = np.abs(right - y @ self.matrix.T).max(axis=1)
        miss += (self.entries + 4) * UNIT * (2 * size + np.abs(right).max(axis=1))
        # The rows of I − P are known to a rounding, the stationary ones to what was proved of them.
        miss += (float(self.off.max()) + 4 * UNIT) * size + error
        none = miss == 0
        return y, np.where(none, 0.0, self.norm * np.where(none, 1.0, miss))


def _stationary(within: FloatArray) -> tuple[FloatArray, float]:
    """The stationary distribution of an irreducible chain, and a bound on its error in the 1-norm."""
    n = len(within)
    system = np.eye(n) - within.T
    system[0] = 1.0  # one equation is redundant
    inverse = np.linalg.inv(system)
    x = np.abs(inverse[:, 0])
    x /= x.sum()
    target = np.zeros(n)
    target[0] = 1.0
    # Measured residual, its rounding, and the rounding of the transition probabilities.
    miss = float(np.abs(target - system @ x).sum()) + (2 * n + 8) * UNIT * float(np.abs(system @ np.diag(x)).sum())
    norm = 2 * float(np.abs(inverse).sum(axis=0).max())
    return x, norm * miss if norm * n * UNIT < 0.01 else np.inf


def _advantages(
    given: _Structure, chain: _Chain, rewards: FloatArray, off: FloatArray
) -> tuple[BoolArray, BoolArray, AnyArray]:
    """What the first two levels say of each pair, for draws that share a policy.

    Returns
    -------
    candidates : (k, P) boolean array
        Not certainly worse than the policy's own pair.
    doubt : (k, S) boolean array
        Where a pair is neither certainly better nor worse nor equal.
    better : (k, S) int array
        A pair that is certainly better, the best at its level; −1 where there is none.
    """
    mdp, owner = given.mdp, given.mdp.pair_states
    kernel, begins = mdp.kernel, mdp.pointer[:-1]
    size = np.abs(rewards).max(axis=1)
    n = mdp.n_states
    # Level −1: gains. A class of one state has its own reward, to the bit.
    gains = rewards @ chain.stationary.T
    gains_off = np.where(chain.several, (n + 4) * UNIT + chain.off, 0.0) * size[:, None] + off[:, None]
    sure = chain.ends >= 0
    right = np.zeros(rewards.shape)
    right[:, chain.replaced] = gains
    gain, error = chain.solve(right, gains_off.max(axis=1))
    gain[:, sure] = gains[:, chain.ends[sure]]
    gain_off = np.broadcast_to(error[:, None], gain.shape).copy()
    gain_off[:, sure] = gains_off[:, chain.ends[sure]]
    scale = np.abs(gain).max(axis=1)
    advantage = (kernel @ gain.T).T - gain[:, owner]
    slack = (kernel @ gain_off.T).T * (1 + 1e-12) + gain_off[:, owner] + given.rounding * 2 * scale[:, None]
    low = np.minimum.reduceat(chain.ends[kernel.indices], kernel.indptr[:-1])
    high = np.maximum.reduceat(chain.ends[kernel.indices], kernel.indptr[:-1])
    own = given.first == given.first[chain.pairs][owner]
    equal = own | given.stays | ((low == high) & (low == chain.ends[owner]) & (low >= 0))
    hidden = np.flatnonzero(((np.abs(advantage) <= slack) & (slack > 0)).any(axis=0) & ~equal)
    if len(hidden) and not sure.all():
        equal[hidden] = end_alike(mdp, chain.pairs, chain.ends, hidden)
    advantage[:, equal], slack[:, equal] = 0.0, 0.0
    better, worse = advantage > slack, advantage < -slack
    level_minus = np.where(better, advantage, -np.inf)
    tied = (advantage == 0) & (slack == 0)
    # Level 0: bias. The rows of M that were replaced ask for P*y = 0.
    right = rewards - gain
    right[:, chain.replaced] = 0.0
    bias, bias_off = chain.solve(right, gain_off.max(axis=1) + off + UNIT * (size + scale))
    scale0 = np.abs(bias).max(axis=1)
    advantage = (kernel @ bias.T).T - bias[:, owner] + (rewards - gain)[:, owner]
    slack = 2 * bias_off + gain_off.max(axis=1) + off + 8 * UNIT * (scale0 + size + scale)
    slack = slack[:, None] + given.rounding * 2 * scale0[:, None]
    advantage[:, own] = 0.0
    slack[:, own] = 0.0
    level_zero = np.where(tied & (advantage > slack), advantage, -np.inf)
    worse |= tied & (advantage < -slack)
    # Equal at two levels is equal at all for the policy's own pair, and where every reward is 0.
    undecided = ~(worse | better) & ~(tied & (advantage > slack))
    undecided &= ~(own | (size == 0)[:, None])
    doubt = np.logical_or.reduceat(undecided, begins, axis=1)
    return ~worse, doubt, _first_best(mdp, level_minus, level_zero)


def _first_best(mdp: RewardlessMDP, *levels: FloatArray) -> AnyArray:
    """The first pair of each state that is best at the first level that has any, else −1."""
    begins, owner = mdp.pointer[:-1], mdp.pair_states
    found = np.full((len(levels[0]), mdp.n_states), -1)
    for level in levels:
        best = np.maximum.reduceat(level, begins, axis=1)
        wins = (level == best[:, owner]) & (level > -np.inf)
        pair = np.minimum.reduceat(np.where(wins, np.arange(mdp.n_pairs), mdp.n_pairs), begins, axis=1)
        found = np.where((found < 0) & (pair < mdp.n_pairs), pair, found)
    return found

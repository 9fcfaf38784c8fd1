"""Which pairs are optimal in a deterministic MDP, exactly: for any number of states, at any γ in [0, 1].

γ → 0      The lexicographically greatest sequences of rewards (`reward_sequences.best_sequences`).
0 < γ < 1  A solver's floats exclude what is worse by more than its certified error; among the other pairs a policy is
           improved by exact comparisons of what it earns after each.
γ → 1      The same, with all pairs, from a policy that is optimal at γ = 1 − 2^-20. What is compared is the order for
           all γ near 1 (Blackwell), so that no level of the Laurent expansion is left out.

An improvement is strict at every γ that is meant, so that the policy iteration ends, with V*; then the pairs that tie
with the policy's own are all that are optimal. Floats only choose where it starts, and decide where they are sure.

Rewards are the rationals that floats are, γ the simplest fraction that its float stands for. Neither a constant added
to all rewards nor a positive factor changes an optimal set: the least reward is made 0, and the greatest common
divisor 1. So any two-valued rewards are 0 and 1; where the greatest is below 2^31, 64-bit integers are enough.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.mdp.actions import equivalent_pairs, greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.optimal_sets.fraction_rows import rate, reading_off
from mdppower.optimal_sets.head_start import head_start
from mdppower.optimal_sets.polynomial_sign import sign_at
from mdppower.optimal_sets.reward_sequences import LARGE, UNKNOWN, best_sequences, verdicts
from mdppower.solvers.optimal_values import Rows, solve_rows

UNIT = 2.0**-53
FARSIGHTED = 1 - 2.0**-20
SHORTSIGHTED = 0.5
"""Up to this γ a reward of 1 is worth all those of 1 that come after it: the limit γ → 0 is a good first policy."""
SMALL_REWARD = 2**31
"""Rewards that are integers below this are compared in 64-bit integers, at γ = 1 in pairs of them below the next."""
MOST_REWARD = 2**61


def optimal_deterministic_pairs(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, method: str) -> BoolArray:
    """The optimal pairs of a deterministic MDP, all of them and no others.

    Parameters
    ----------
    mdp : RewardlessMDP
        Deterministic.
    rewards : (n, S) array
        Finite.
    gamma : float
        In [0, 1]; the ends are the limits of optimal policy sets.
    method : str
        The solver whose floats come first, as `mdppower.solvers.optimal_values.pick` names it.

    Returns
    -------
    (n, P) boolean array

    Raises
    ------
    SolverError
        That solver could not certify a draw; not with "deterministic".

    Examples
    --------
    At γ = 1/2 a reward of 1 now is worth as much as 1 at every step after: neither floats nor sequences say so.

    >>> mdp = RewardlessMDP.from_successors(
    ...     {"a": {"once": "b", "later": "c"}, "b": {"go": "d"}, "c": {"go": "e"}, "d": {"": "d"}, "e": {"": "e"}})
    >>> rewards = np.array([[0.0, 1.0, 0.0, 0.0, 1.0]])
    >>> [optimal_deterministic_pairs(mdp, rewards, g, "deterministic")[0, :2].tolist() for g in (0, 0.4, 0.5, 0.6, 1)]
    [[True, False], [True, False], [True, True], [False, True], [False, True]]
    """
    pointer, successor = mdp.pointer, mdp.kernel.indices
    found = np.ones((len(rewards), mdp.n_pairs), bool)
    if gamma == 0:
        for i, reward in enumerate(rewards):
            name = best_sequences(pointer, successor, _ranks(reward))[successor]
            found[i] = name == np.maximum.reduceat(name, pointer[:-1])[mdp.pair_states]
        return found
    policies = _first(mdp, rewards, gamma, method, found)
    # Pairs with one successor are one choice.
    choices = found & (equivalent_pairs(mdp) == np.arange(mdp.n_pairs))
    several = np.add.reduceat(choices, pointer[:-1], axis=1, dtype=np.int32) > 1
    for i in np.flatnonzero(several.any(axis=1)).tolist():
        stop_if_told()
        found[i] = _Draw(mdp, rewards[i], gamma, found[i], policies[i]).optimal()
    return found


def _first(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, method: str, found: BoolArray) -> IntArray:
    """A first policy for each draw; pairs that are certainly not optimal are taken out of `found`."""
    if gamma == 1:
        try:
            return _solve(mdp, rewards, FARSIGHTED, method)[1]
        except SolverError:
            return _solve(mdp, rewards, 1.0, method)[1]
    v, policies, gap, _ = _solve(mdp, rewards, gamma, method)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = rewards.max(axis=1) - rewards.min(axis=1)
        slack = 2 * (gap + reading_off(mdp, gamma) * spread) * (1 + 1e-9) + 4 * UNIT * np.abs(v).max(
            axis=1, initial=0
        )
        score = v[:, mdp.kernel.indices]
        lead = np.maximum.reduceat(score, mdp.pointer[:-1], axis=1)[:, mdp.pair_states] - score
        found &= ~(lead > slack[:, None])
    for i, s in np.argwhere(~found[np.arange(len(rewards))[:, None], policies]).tolist():
        policies[i, s] = greedy(mdp, score[i])[0][s]
    return policies


def _solve(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, method: str) -> Rows:
    if method != "deterministic":
        return solve_rows(mdp, rewards, gamma, method)
    # Any gap will do: what floats leave open is decided.
    from mdppower.solvers.deterministic import solve

    return solve(mdp, rewards, gamma)


def _ranks(reward: FloatArray) -> IntArray:
    return np.unique(reward, return_inverse=True)[1].ravel().astype(np.int32)


class _Draw:
    """Policy iteration for one reward function."""

    def __init__(
        self, mdp: RewardlessMDP, reward: FloatArray, gamma: float, candidates: BoolArray, policy: IntArray
    ) -> None:
        self.mdp, self.candidates = mdp, candidates
        self.pair: AnyArray = policy.astype(np.int32)
        self.gamma = Fraction(1) if gamma == 1 else rate(gamma)
        self.rate = float(gamma)
        numbers, ranks = np.unique(reward, return_inverse=True)
        self.rank = ranks.ravel().astype(np.int32)
        self.integers = _integers(numbers)
        self.whole = self.integers[-1] < SMALL_REWARD
        unit = 1 if self.whole else self.integers[-1]
        self.reward = np.array([x / unit for x in self.integers])[self.rank]
        parts = [(x >> 31, x & (2**31 - 1)) for x in self.integers if gamma == 1 and self.integers[-1] < MOST_REWARD]
        table = np.array(parts, dtype=np.int64).reshape(-1, 2)
        self.parts = np.ascontiguousarray(table[self.rank if parts else []].T)

    def optimal(self) -> BoolArray:
        """(P,) the optimal pairs."""
        mdp, n = self.mdp, self.mdp.n_states
        edges = mdp.pointer, mdp.kernel.indices, self.candidates
        if self.rate <= SHORTSIGHTED:
            name = best_sequences(mdp.pointer, mdp.kernel.indices, self.rank)
            self.pair = greedy(mdp, np.where(self.candidates, name[mdp.kernel.indices], -1))[0]
        if self.rate < 1:
            usual = self.reward[np.argmax(np.bincount(self.rank)[self.rank])]
            head_start(*edges, self.pair, self.reward - usual, self.rate)
        p, q = (x if self.gamma.denominator < LARGE else LARGE for x in self.gamma.as_integer_ratio())
        name, depth, length, better = (np.empty(n, np.int32) for _ in range(4))
        verdict = np.empty(mdp.n_pairs, np.int8)
        while True:
            verdicts(
                *edges, self.pair, self.reward, self.parts, self.rank, self.rate, p, q, self.whole,
                name, depth, length, verdict, better,
            )  # fmt: skip
            for k in np.flatnonzero(verdict == UNKNOWN).tolist():
                s = int(mdp.pair_states[k])
                sign = self._sign(int(edges[1][k]), int(edges[1][self.pair[s]]), name, depth, length)
                verdict[k] = sign
                if sign > 0 and better[s] == self.pair[s]:
                    better[s] = k
            if (better == self.pair).all():
                return np.asarray(verdict == 0)
            self.pair = better.copy()

    def _sign(self, t: int, u: int, name: IntArray, depth: IntArray, length: IntArray) -> int:
        """The sign of V(t) − V(u), in integers of any size; see `reward_sequences`."""
        after, own, other = self.mdp.kernel.indices[self.pair], int(length[t]), int(length[u])
        count = max(int(depth[t]), int(depth[u])) + own + other
        c: list[int] = []
        while len(c) < count and name[t] != name[u]:
            c.append(self.integers[self.rank[t]] - self.integers[self.rank[u]])
            t, u = after[t], after[u]
        if len(c) == count:
            for period in (own, other):
                c = [x - (c[k - period] if k >= period else 0) for k, x in enumerate(c)]
        return sign_at(c, self.gamma)


def _integers(numbers: FloatArray) -> list[int]:
    """Sorted numbers as integers, up to a constant and a positive factor: the first is 0, their divisor 1."""
    ratios = [x.as_integer_ratio() for x in numbers.tolist()]
    scale = max(below for _, below in ratios)  # powers of two
    whole = [above * (scale // below) for above, below in ratios]
    whole = [x - whole[0] for x in whole]
    divisor = math.gcd(*whole) or 1
    return [x // divisor for x in whole]

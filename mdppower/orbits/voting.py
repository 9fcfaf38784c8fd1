"""Votes over orbits of reward functions: f₁ ≥_most f₂ (Turner et al., arXiv 1912.01683, Def. 6.5).

The orbit of a distribution D is the set of all φ·D, the distribution of φ·R for R ~ D. The theorems say that
f₁ ≥_most f₂: in every orbit

    #{D' : f₁(D') > f₂(D')}  ≥  #{D' : f₁(D') < f₂(D')}.

That is about all D, and no number of orbits proves it; one orbit with more "<" than ">" refutes it. For one reward
function POWER and optimality are numbers without noise, and the orbit is that of `mdppower.orbits`. Fewer need to be
solved than it has: f₁ and f₂ look only at the rewards of the states that they can reach, so with u such states U only
the arrangements *on U* matter. One that puts cᵢ copies of value i there is shared by (S − u)!/Π (mᵢ − cᵢ)! elements
of the orbit, and its vote counts so many times: the counts stay exact.

Larger orbits are sampled. Under f₁ ≥_most f₂ a vote that is not equal is "<" with probability ≤ 1/2, so with n of
these and n_< of them "<" the one-sided sign test has p = P(Bin(n, 1/2) ≥ n_<).

A distribution that is not degenerate votes by its mean: f₁(φ·D) − f₂(φ·D) is a mean over N draws of φ·R, the same for
both, and a vote is called only beyond 3 standard errors. Even so it is wrong with probability w = P(N(0,1) > 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import open_unit, positive_integer
from mdppower._quotes import quoted
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import ParameterError, RewardError, SizeError
from mdppower.orbits.quantity import Quantity, differences
from mdppower.orbits.rearrangements import (
    MOST_BINARY,
    arrangements,
    count_restrictions,
    generator_of,
    multiset,
    orbit,
    orbit_size,
    require_few,
    restrictions,
    rounded,
    rows_of,
    sample_orbit,
)
from mdppower.rewards.distribution import Independent
from mdppower.rewards.laws import law

LIMIT = 50_000
"""Most reward functions solved for one orbit before it is sampled."""
MOST_COUNTED = 64
"""Most states where it is counted what the states that do not matter save."""
TINY = 1e-9
"""Certified error, relative to the range of the rewards, up to which a difference within it is none."""
SURE = 3.0
"""Standard errors beyond which a mean difference is a vote."""
WRONG = 0.00135
"""P(N(0, 1) > 3): how likely such a vote is to be for the wrong side."""


@dataclass(frozen=True, eq=False)
class Votes:
    """How the elements of an orbit vote on f₁ ≥ f₂; made by the functions below.

    Attributes
    ----------
    first, second : str
        Names of f₁ and f₂.
    greater, less, equal, undecided : int
        Elements with f₁ > f₂; f₁ < f₂; no difference: at most the certified error, which is at most 1e-9 of the
        range of the rewards (0 for indicators of optimality); and the rest.
    size : int
        Elements of the orbit.
    exhaustive : bool
        Whether all of them voted; if not, `draws` of them, drawn uniformly.
    draws : int
        Elements that voted.
    samples : int
        Reward functions drawn for each vote; 0 where each vote is exact.

    Examples
    --------
    Figure 10: s2 never has less POWER than s3, and yet going there is less often optimal.

    >>> import mdppower as mp
    >>> from mdppower.orbits import action_is_optimal, state_power
    >>> mdp = mp.envs.figure_10()
    >>> votes(state_power(mdp, "s2", 1), state_power(mdp, "s3", 1), [0, 1, 2, 3])
    Votes(POWER('s2') at γ=1 against POWER('s3') at γ=1: 8 greater, 0 less, 16 equal of 24)
    >>> north, east = (action_is_optimal(mdp, "s1", a, 1) for a in mdp.actions("s1"))
    >>> seen = votes(north, east, [0, 1, 2, 3])
    >>> seen.greater, seen.less, seen.is_most, seen.ratio, seen.p_value
    (8, 16, False, 0.5, 0.0)
    """

    first: str
    second: str
    greater: int
    less: int
    equal: int
    undecided: int
    size: int
    exhaustive: bool
    draws: int
    samples: int = 0

    @property
    def is_most(self) -> bool | None:
        """Whether greater ≥ less in this orbit; None where undecided votes or a sample leave it open."""
        if not self.exhaustive or self.samples:
            return None
        if self.greater >= self.less + self.undecided:
            return True
        return False if self.greater + self.undecided < self.less else None

    @property
    def ratio(self) -> float:
        """Greater over less: f₁ ≥_most f₂ n-fold says that it is at least n. NaN where both are 0."""
        if not self.less:
            return math.inf if self.greater else math.nan
        return self.greater / self.less

    @property
    def p_value(self) -> float:
        """Of the hypothesis that greater ≥ less in this orbit; undecided votes count as greater.

        Where all voted and each vote is exact it is 0 or 1. Where a vote is a mean over draws, and wrong with
        probability w: if all voted, d more "less" than "greater" take d/2 wrong ones; if not, a vote is "less" with
        probability ≤ (1 + w)/2.
        """
        from scipy.stats import binom, binomtest

        against, others = self.less, self.greater + self.undecided
        if self.exhaustive:
            excess = against - others
            if excess <= 0:
                return 1.0
            return float(binom.sf(-(-excess // 2) - 1, self.draws, WRONG)) if self.samples else 0.0
        if not against:
            return 1.0
        chance = (1 + WRONG) / 2 if self.samples else 0.5
        return float(binomtest(against, against + others, chance, alternative="greater").pvalue)

    def __repr__(self) -> str:
        open_ones = f", {self.undecided} undecided" if self.undecided else ""
        of = f"of {rounded(self.size)}" if self.exhaustive else f"of {self.draws:,} drawn from {rounded(self.size)}"
        return (
            f"Votes({self.first} against {self.second}: {self.greater} greater, {self.less} less, {self.equal} equal"
            f"{open_ones} {of})"
        )


def votes(
    first: Quantity,
    second: Quantity,
    reward: npt.ArrayLike,
    *,
    limit: int = LIMIT,
    samples: int = 2000,
    rng: Any = None,
) -> Votes:
    """Votes over the orbit of one reward function: all of it, or a sample.

    Parameters
    ----------
    first, second : Quantity
        f₁ and f₂.
    reward : (S,) array
    limit : int
        All vote if no more than this many reward functions have to be solved: the arrangements on the states that
        matter to f₁ or f₂.
    samples : int
        Elements drawn from a larger orbit: fewer than the 4,096 of an estimate, for what is asked is on which side of
        a half they are.
    rng : None, int or numpy.random.Generator
        For the sample.

    Returns
    -------
    Votes

    Raises
    ------
    RewardError, ParameterError, SolverError

    Examples
    --------
    Figure 1: r_se has more POWER than l_sw in most elements. Each looks at two states, so that 8 · 7 · 6 · 5 = 1,680
    reward functions stand for all 40,320.

    >>> import mdppower as mp
    >>> from mdppower.orbits import state_power
    >>> right, left = (state_power(mp.envs.figure_1(), s, 0.5) for s in ("r_se", "l_sw"))
    >>> votes(right, left, range(8))
    Votes(POWER('r_se') at γ=0.5 against POWER('l_sw') at γ=0.5: 22272 greater, 16992 less, 1056 equal of 40,320)
    """
    values, counts = multiset(reward)
    if sum(counts) != first.n_states:
        raise RewardError(f"the reward has {sum(counts)} entries; there are {first.n_states} states")
    most, n = positive_integer(limit, "limit"), positive_integer(samples, "samples")
    size, matters = arrangements(counts), first.support | second.support
    if first.n_states > MOST_COUNTED:
        matters = np.ones_like(matters)
    tally = _Tally(first, second, float(values[-1] - values[0] or abs(values[0])))
    if (size if matters.all() else count_restrictions(counts, int(matters.sum()))) <= most:
        for rows, weights in restrictions(values, counts, matters):
            tally.add(rows, weights)
        return tally.votes(size, True)
    generator, block = generator_of(rng), rows_of(first.n_states)
    for begin in range(0, n, block):
        rows = sample_orbit(np.repeat(values, counts), min(block, n - begin), generator)
        tally.add(rows, np.ones(len(rows), dtype=object))
    return tally.votes(size, False)


def binary_votes(first: Quantity, second: Quantity) -> tuple[Votes, ...]:
    """Votes over every orbit of zeros and ones: with 0, 1, …, S ones.

    Parameters
    ----------
    first, second : Quantity

    Returns
    -------
    tuple of S + 1 Votes
        All of them exhaustive.

    Raises
    ------
    SizeError
        More than 16 states matter to the two, or there are more than 64.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.orbits import state_power
    >>> root, end = (state_power(mp.envs.fork(2), s, 0.5) for s in ("root", "t1"))
    >>> [(v.greater, v.less) for v in binary_votes(root, end)]
    [(0, 0), (1, 0), (1, 0), (0, 0)]
    """
    n = first.n_states
    require_few(int((first.support | second.support).sum()))
    if n > MOST_COUNTED:
        raise SizeError(f"orbits of {n} states; they are counted for up to {MOST_COUNTED}")
    return tuple(votes(first, second, np.arange(n) >= n - ones, limit=2**MOST_BINARY) for ones in range(n + 1))


def distribution_votes(
    first: Quantity,
    second: Quantity,
    laws: Sequence[Any] | Independent,
    *,
    permutations: int = 200,
    samples: int = 1000,
    rng: Any = None,
) -> Votes:
    """Votes over the orbit of a distribution of independent rewards, by means over draws.

    An element of the orbit is an arrangement of the laws over the states. Each is judged on its own independent
    draws, the same for f₁ and f₂: a vote is called if the mean difference is beyond 3 standard errors and the
    certified error; it is equal if no draw tells f₁ and f₂ apart; and else undecided.

    Parameters
    ----------
    first, second : Quantity
    laws : sequence of S laws, or Independent
        What `mdppower.rewards.laws.law` takes, one a state; equal strings and numbers are the same law.
    permutations : int
        All arrangements vote if there are no more than this; else so many are drawn.
    samples : int
        Reward functions for each vote: fewer than the 4,096 of an estimate, for each of many votes has its own.
    rng : None, int or numpy.random.Generator

    Returns
    -------
    Votes

    Raises
    ------
    RewardError
        Some law has no variance: then there is no standard error.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.orbits import state_power
    >>> root, end = (state_power(mp.envs.fork(2), s, 0.5) for s in ("root", "t1"))
    >>> distribution_votes(root, end, ["uniform", "uniform(0,2)", "uniform(1,5)"], samples=1000, rng=0)
    Votes(POWER('root') at γ=0.5 against POWER('t1') at γ=0.5: 5 greater, 0 less, 1 equal of 6)
    """
    given = laws if isinstance(laws, Independent) else _independent(laws)
    if given.n_states != first.n_states:
        raise RewardError(f"there are {given.n_states} laws and {first.n_states} states")
    if not given.has_variance:
        raise RewardError(f"{given.name} rewards have no variance, and a vote no standard error")
    most = positive_integer(permutations, "permutations")
    n = positive_integer(samples, "samples")
    if n < 2:
        raise ParameterError(f"samples must be at least 2 for a standard error, got {n}")
    generator = generator_of(rng)
    # Arrangements of laws are those of their numbers.
    size = orbit_size(given.which)
    all_of_them = size <= most
    chosen = orbit(given.which) if all_of_them else sample_orbit(given.which, most, generator)
    counts = np.zeros(4, dtype=int)
    for which in chosen.astype(np.intp):
        rewards = Independent(given.laws, which).sample(n, generator)
        counts[_vote(*differences(first, second, rewards), rewards)] += 1
    greater, less, equal, undecided = counts.tolist()
    return Votes(first.name, second.name, greater, less, equal, undecided, size, all_of_them, len(chosen), samples=n)


def holm(p_values: npt.ArrayLike, level: float = 0.05) -> BoolArray:
    """Which hypotheses Holm's step-down procedure rejects; all true ones are kept with probability ≥ 1 − level.

    The k-th least p-value (k = 0 … m − 1) is held against level/(m − k), until the first that is not below
    (S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 1979).

    Parameters
    ----------
    p_values : (m,) array
    level : float

    Returns
    -------
    (m,) boolean array

    Examples
    --------
    >>> holm([0.04, 0.001, 0.02], 0.05).tolist()
    [True, True, True]
    >>> holm([0.04, 0.001, 0.03], 0.05).tolist()
    [False, True, False]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ParameterError(f"p_values must be a vector of numbers in [0, 1], got {p_values!r}")
    order = np.argsort(p, kind="stable")
    below = p[order] <= open_unit(level, "level") / (len(p) - np.arange(len(p)))
    rejected = np.zeros(len(p), bool)
    rejected[order] = np.logical_and.accumulate(below)
    return rejected


# ---------------------------------------------------------------------- counting


class _Tally:
    """Weighted counts of votes; weights are Python integers, which do not overflow."""

    def __init__(self, first: Quantity, second: Quantity, scale: float) -> None:
        self.first, self.second, self.scale = first, second, scale
        self.counts = [0, 0, 0, 0]

    def add(self, rows: FloatArray, weights: AnyArray) -> None:
        difference, error = differences(self.first, self.second, rows)
        within = np.abs(difference) <= error
        none = within & (error <= TINY * self.scale)
        for k, event in enumerate((difference > error, difference < -error, none, within & ~none)):
            self.counts[k] += int(weights[event].sum())

    def votes(self, size: int, exhaustive: bool) -> Votes:
        greater, less, equal, undecided = self.counts
        draws = sum(self.counts)
        return Votes(self.first.name, self.second.name, greater, less, equal, undecided, size, exhaustive, draws)


def _vote(difference: FloatArray, error: FloatArray, rewards: FloatArray) -> int:
    """What a mean over draws votes for, as a position in Votes: greater, less, equal, undecided."""
    if (np.abs(difference) <= error).all() and (error <= TINY * np.ptp(rewards, axis=1)).all():
        return 2
    mean, stderr = float(difference.mean()), float(difference.std(ddof=1)) / math.sqrt(len(difference))
    allowed = SURE * stderr + float(error.mean())
    return 0 if mean > allowed else 1 if mean < -allowed else 3


def _independent(laws: Sequence[Any]) -> Independent:
    """Laws one a state; equal strings and numbers are one law."""
    if isinstance(laws, str) or not isinstance(laws, Sequence | np.ndarray):
        raise RewardError(f"laws are a sequence, one a state, got {quoted(laws)}")
    numbers: dict[Any, int] = {}
    which = [numbers.setdefault(one if isinstance(one, (str, int, float)) else id(one), len(numbers)) for one in laws]
    distinct = [law(laws[which.index(k)]) for k in range(len(numbers))]
    if not distinct:
        raise RewardError("no laws were given")
    return Independent(distinct, np.array(which))

r"""Pathwise tests: inequalities that hold reward function by reward function, tried on independent draws.

Behind the theorems on orbits stand inequalities without any average. If φ·Q_nd(s') ⊆ Q(s), where Q is the POWER set
and Q_nd what of it is ever strictly best, then for every r

    h_Q(s)(φ·r) = max_{q in Q(s)} ⟨q, φ·r⟩ ≥ max_{q in Q_nd(s')} ⟨φ·q, φ·r⟩ = max_{q in Q_nd(s')} ⟨q, r⟩ = h_Q(s')(r),

and so for the other propositions (Turner et al., arXiv 1912.01683; `mdppower.theorems.pathwise_claims` has a test for
each). A test draws r from a continuous law that covers all directions, standard normal unless told otherwise, and
compares the two sides on each draw with the certified errors e: with d = left − right,

    d ≥ e        the inequality holds on this draw for certain
    d < −e       a *violation*: it fails for certain, and one such draw refutes it
    otherwise    the draw is *open*: the sides are equal as far as floats can tell.

N draws without a violation prove nothing; they bound the measure of the rewards that violate it (by more than the
errors) by about 3/N with confidence 95 %, by Clopper and Pearson. This is far stronger than a vote over an orbit,
which a wrong inequality can win.

Hypotheses (that φ does map one set into the other, that s and s' are neighbours) are not checked here, so that a
test can be seen to fail where they do not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mdppower._checks import open_unit, positive_integer
from mdppower._typing import FloatArray
from mdppower._warn import warn
from mdppower.errors import MDPPowerError, ParameterError, SolverError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.proportions import proportion_interval
from mdppower.montecarlo.run_loop import Conduct, OneTask, Question, last
from mdppower.montecarlo.run_loop import run as run_replicates
from mdppower.montecarlo.samplers import Sampler, make_sampler
from mdppower.optimal_sets.optimal_actions import UNIT
from mdppower.orbits.quantity import ROOM, Quantity, checked_rewards
from mdppower.rewards.distribution import resolve

SAMPLES = 2000
NORMAL = "norm(0,1)"


@dataclass(frozen=True, eq=False)
class Pathwise:
    """What draws say of an inequality left ≥ right.

    Attributes
    ----------
    claim : str
        The inequality.
    draws : int
    violations : int
        Draws on which left < right by more than the certified errors.
    open : int
        Draws on which the difference is within the errors.
    worst : float
        The least left − right.
    tolerance : float
        The largest error of a difference.
    violator : (S,) array or None
        The first reward function r that violates it. It is drawn again in the end: None, with a warning, where the
        rewards are your own code, which then gives others.
    entropy : int or None
        Pass it as ``rng`` to draw the same rewards; None where they were given.
    interrupted : bool
        Whether there are fewer draws than were asked for.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.theorems import copy_test
    >>> swap = {"l_sw": "r_se", "r_se": "l_sw", "l_nw": "r_ne", "r_ne": "l_nw"}
    >>> seen = copy_test(mp.envs.figure_1(), "r_se", "l_sw", swap, 0.5, samples=1000, rng=0)
    >>> seen.violations, round(seen.upper_limit(), 4), seen.is_refuted
    (0, 0.003, False)
    >>> wrong = copy_test(mp.envs.figure_1(), "l_sw", "r_se", swap, 0.5, samples=1000, rng=0)
    >>> wrong.is_refuted, wrong.violator.shape
    (True, (8,))
    """

    claim: str
    draws: int
    violations: int
    open: int
    worst: float
    tolerance: float
    violator: FloatArray | None
    entropy: int | None = None
    interrupted: bool = False

    @property
    def is_refuted(self) -> bool:
        """Whether some draw violates the inequality; False is no proof of it."""
        return self.violations > 0

    def upper_limit(self, confidence: float = 0.95) -> float:
        """One-sided Clopper–Pearson limit of the probability that a draw violates it by more than the errors.

        Parameters
        ----------
        confidence : float
            Above 1/2. Without a violation the limit is 1 − (1 − confidence)^(1/N): about 3/N at 95 %.

        Returns
        -------
        float

        Raises
        ------
        ParameterError
        """
        level = open_unit(confidence, "confidence")
        if level <= 0.5:
            raise ParameterError(f"confidence of an upper limit must be above 1/2, got {level:g}")
        # An interval leaves half of the rest on each side.
        _, upper = proportion_interval(self.violations, self.draws, 2 * level - 1, independent=True)
        return float(upper)

    def __repr__(self) -> str:
        if self.violations:
            told = f"{self.violations:,} of {self.draws:,} draws violate it, by up to {-self.worst:.2g}"
        else:
            told = f"no violation in {self.draws:,} draws, measure < {self.upper_limit():.2g} at 95 %"
        more = f", {self.open:,} open" * bool(self.open) + ", interrupted" * self.interrupted
        return f"Pathwise({self.claim}: {told}{more})"


def pathwise(
    left: Quantity, right: Quantity, rewards_left: npt.ArrayLike, rewards_right: npt.ArrayLike, *, claim: str = ""
) -> Pathwise:
    """Check left(R_left) ≥ right(R_right) on each of n pairs of reward functions.

    Parameters
    ----------
    left, right : Quantity
    rewards_left, rewards_right : (n, S) arrays
        Of which `violator` is the one on the right. Limits of probabilities need independent rows.
    claim : str
        The inequality in words.

    Returns
    -------
    Pathwise

    Raises
    ------
    ParameterError
        There are no draws, or not as many on one side as on the other.
    RewardError, SolverError

    Examples
    --------
    At the root of a fork there is at least as much POWER as at one of its ends, whatever the rewards.

    >>> import mdppower as mp
    >>> from mdppower.orbits import state_power
    >>> root, end = (state_power(mp.envs.fork(2), s, 0.5) for s in ("root", "t1"))
    >>> rewards = np.random.default_rng(0).normal(size=(300, 3))
    >>> pathwise(root, end, rewards, rewards).violations, pathwise(end, root, rewards, rewards).violations > 100
    (0, True)
    """
    here, there = checked_rewards([left], rewards_left), checked_rewards([right], rewards_right)
    if len(here) != len(there):
        raise ParameterError(f"{len(here)} reward functions on the left, {len(there)} on the right")
    if not len(here):
        raise ParameterError("there are no draws")
    counts = _Counts().plus(*difference(left, right, here, there))
    violator = None if counts.first is None else there[counts.first].copy()
    return counts.judged(claim or f"{left.name} ≥ {right.name}", violator)


def difference(
    left: Quantity, right: Quantity, rewards_left: FloatArray, rewards_right: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """left − right for each pair of reward functions, and its error."""
    (one, off), (two, off_too) = left(rewards_left), right(rewards_right)
    return one - two, off + off_too


def run(
    claim: str,
    mdp: RewardlessMDP,
    sides: Sides,
    rewards: Any,
    samples: int,
    rng: Any,
    conduct: Conduct,
    question: Callable[[Sampler], Question],
) -> Pathwise:
    """Judge the differences that `sides` makes of independent draws.

    Parameters
    ----------
    claim : str
        The inequality in words.
    mdp : RewardlessMDP
    sides : callable
        From (n, S) rewards to left − right and its error, (n,) each; one that processes take, if they are to help.
    rewards, samples, rng
        As for `mdppower.power`; of the last replicate the first draws count, so that there are just `samples`.
    conduct : Conduct
    question : callable
        Gives what a store knows the test by, of these draws.

    Returns
    -------
    Pathwise

    Raises
    ------
    ParameterError, RewardError, SolverError, FileError
        ``estimate`` is a Pathwise of the draws that were finished.
    """
    positive_integer(samples, "samples")
    source = make_sampler(resolve(rewards, mdp), "iid", samples, 0)
    source = conduct.seeded(source, rng, partial(question, source))
    kept, replicates = _Judged(claim, _Test(mdp, source, sides), samples), -(-samples // source.size)
    conduct = replace(conduct, short=True)  # as the usual ones are
    return last(
        run_replicates(kept, [replicates], source, mdp.n_pairs, conduct, partial(question, source), samples=samples)
    )


Sides: TypeAlias = "Callable[[FloatArray], tuple[FloatArray, FloatArray]]"


@dataclass(frozen=True, eq=False)
class _Test:
    """Replicates of a pathwise test, on any worker."""

    mdp: RewardlessMDP
    source: Sampler
    sides: Sides

    def __call__(self, numbers: range) -> Rows:
        """The differences and errors of n replicates, (n, size) each."""
        rewards = self.source.replicates(numbers, self.mdp.states)
        try:
            difference, error = self.sides(rewards)
        except SolverError as failure:
            failure.in_run(numbers.start * self.source.size, len(rewards), self.source.entropy)
            raise
        return difference.reshape(len(numbers), -1), error.reshape(len(numbers), -1)


class _Judged(OneTask):
    """What is judged of the draws of a test: sums, however many there are."""

    label, least, prepare = "pathwise test", 1, None  # many tests are short, and of few kinds

    def __init__(self, claim: str, task: _Test, samples: int) -> None:
        self.claim, self.task, self.samples = claim, task, samples
        # One attribute, so that Ctrl-C in the middle of `add` leaves what was there before it.
        self.state: tuple[int, _Counts] = 0, _Counts()

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.state[0]

    def add(self, rows: Rows) -> None:
        """Add the next replicates; of the last one what counts."""
        count, counts = self.state
        difference, error = (array.ravel()[: self.samples - counts.draws] for array in rows)
        self.state = count + len(rows[0]), counts.plus(difference, error)

    def estimate(self, interrupted: bool) -> Pathwise:
        """What the replicates so far say together."""
        _, counts = self.state
        violator = None if counts.first is None else self._drawn_again(counts.first)
        return counts.judged(self.claim, violator, self.task.source.entropy, interrupted)

    def _drawn_again(self, draw: int) -> FloatArray | None:
        """The reward function of a draw that violates the inequality; None where a user's law gives another one."""
        source = self.task.source
        try:
            rewards = np.array(source.replicate(draw // source.size)[draw % source.size])
            if _Counts().plus(*self.task.sides(rewards[None, :])).violations:
                return rewards
        except MDPPowerError:
            pass
        warn(
            f"draw {draw} violates {self.claim}, and could not be made again: {source.rewards.name} rewards must "
            "depend on their generator alone"
        )
        return None


def draws(mdp: RewardlessMDP, rewards: Any, samples: int, entropy: int) -> Iterator[FloatArray]:
    """Independent draws in blocks: whole replicates, and what is left over cut off."""
    source = make_sampler(resolve(rewards, mdp), "iid", samples, entropy)
    count = -(-samples // source.size)
    together = max(1, ROOM // (mdp.n_pairs * source.size))
    for begin in range(0, count, together):
        block = source.replicates(range(begin, min(begin + together, count)), mdp.states)
        yield block[: samples - begin * source.size]


@dataclass(frozen=True)
class _Counts:
    """Draws that were judged, in their order; `first` is the number of the first that violates the inequality."""

    draws: int = 0
    violations: int = 0
    open: int = 0
    worst: float = np.inf
    tolerance: float = 0.0
    first: int | None = None

    def plus(self, difference: FloatArray, known: FloatArray) -> _Counts:
        """With the next draws, of which left − right and its error are given."""
        # The subtraction rounds, too; of numbers without an error it still has the right sign.
        error = np.where(known > 0, known + UNIT * np.abs(difference), 0.0)
        below = difference < -error
        first = self.first
        if first is None and below.any():
            first = self.draws + int(below.argmax())
        return _Counts(
            self.draws + len(difference),
            self.violations + int(below.sum()),
            self.open + int((~below & (difference < error)).sum()),
            min(self.worst, float(difference.min(initial=np.inf))),
            max(self.tolerance, float(error.max(initial=0.0))),
            first,
        )

    def judged(
        self, claim: str, violator: FloatArray | None, entropy: int | None = None, interrupted: bool = False
    ) -> Pathwise:
        """What they say of the inequality."""
        return Pathwise(
            claim, self.draws, self.violations, self.open, self.worst, self.tolerance, violator, entropy, interrupted
        )

r"""Pathwise tests: inequalities that hold reward function by reward function, tried on independent draws.

Behind the theorems on orbits stand inequalities without any average. If φ·Q_nd(s') ⊆ Q(s), where Q is the POWER set
and Q_nd what of it is ever strictly best, then for every r

    h_Q(s)(φ·r) = max_{q in Q(s)} ⟨q, φ·r⟩ ≥ max_{q in Q_nd(s')} ⟨φ·q, φ·r⟩ = max_{q in Q_nd(s')} ⟨q, r⟩ = h_Q(s')(r),

and so for the other propositions (Turner et al., arXiv 1912.01683). Each test draws r from a continuous law that
covers all directions, standard normal unless told otherwise, and compares the two sides on each draw with the
certified errors e: with d = left − right,

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

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import open_unit, positive_integer
from mdppower._typing import FloatArray, Label
from mdppower.errors import ParameterError, RewardError
from mdppower.involutions import involution
from mdppower.mdp import RewardlessMDP
from mdppower.optimal_sets import UNIT
from mdppower.orbits import permuted
from mdppower.proportions import proportion_interval
from mdppower.quantities import (
    ROOM,
    Quantity,
    action_is_optimal,
    action_power,
    average_optimal,
    checked_rewards,
    evaluate_all,
    greatest_power,
    state_power,
)
from mdppower.rewards import resolve
from mdppower.sampling import make_sampler, seed
from mdppower.visit_sets import Recurrent

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
        The first reward function r that violates it.
    entropy : int or None
        Pass it as ``rng`` to draw the same rewards; None where they were given.

    Examples
    --------
    >>> import mdppower as mp
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
        return f"Pathwise({self.claim}: {told}{f', {self.open:,} open' if self.open else ''})"


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
    >>> root, end = (state_power(mp.envs.fork(2), s, 0.5) for s in ("root", "t1"))
    >>> rewards = np.random.default_rng(0).normal(size=(300, 3))
    >>> pathwise(root, end, rewards, rewards).violations, pathwise(end, root, rewards, rewards).violations > 100
    (0, True)
    """
    here, there = checked_rewards([left], rewards_left), checked_rewards([right], rewards_right)
    if len(here) != len(there):
        raise ParameterError(f"{len(here)} reward functions on the left, {len(there)} on the right")
    text = claim or f"{left.name} ≥ {right.name}"
    return _judge(text, [(*_difference(left, right, here, there), there)], None)


# ---------------------------------------------------------------------- copies


def copy_test(
    mdp: RewardlessMDP,
    s: Label,
    s_prime: Label,
    image: Any,
    gamma: float,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
) -> Pathwise:
    """Props. 6.6 and, at γ = 1, 6.12: h_Q(s)(φ·r) ≥ h_Q(s')(r), where s has a copy of what s' has.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, s_prime : labels
    image : Involution, (S,) array of int, or mapping from labels to labels
        φ, an involution with φ·F_nd(s') ⊆ F(s); at γ = 1 with φ·RSD_nd(s') ⊆ RSD(s).
    gamma : float
        In [0, 1].
    rewards : str, distribution, mapping, callable, …
        What r is drawn from.
    samples : int
    rng : None, int or numpy.random.Generator
    method : str
        Of `optimal_values`.

    Returns
    -------
    Pathwise

    Raises
    ------
    LabelError, ParameterError, RewardError, SolverError

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> copy_test(fork, "root", "t2", {"root": "t2", "t2": "root"}, 0.9, samples=500, rng=0).is_refuted
    True
    >>> copy_test(fork, "root", "t2", {}, 0.9, samples=500, rng=0).is_refuted  # {e_t2} is a subset as it is
    False
    """
    left, right = (state_power(mdp, x, gamma, method=method) for x in (s, s_prime))
    return _copy(mdp, left, right, image, rewards, samples, rng)


def action_copy_test(
    mdp: RewardlessMDP,
    s: Label,
    a: Label,
    a_prime: Label,
    image: Any,
    gamma: float,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
) -> Pathwise:
    """Prop. 6.9, item 1: Σ_t T(t|s,a) X_t(φ·r) ≥ Σ_t T(t|s,a') X_t(r), where X_t = h_Q(t).

    Parameters
    ----------
    mdp : RewardlessMDP
    s, a, a_prime : labels
    image : Involution, (S,) array of int, or mapping
        φ, an involution with φ·F(s | π(s) = a') ⊆ F(s | π(s) = a); s must not be in REACH(s, a').
    gamma, rewards, samples, rng, method
        As for `copy_test`.

    Returns
    -------
    Pathwise

    Examples
    --------
    Figure 1: what left has at ★, right has, too.

    >>> import mdppower as mp
    >>> phi = {"l_tri": "r_tri", "l_sw": "r_ne", "l_nw": "r_se", "r_tri": "l_tri", "r_ne": "l_sw", "r_se": "l_nw"}
    >>> action_copy_test(mp.envs.figure_1(), "star", "->r_tri", "->l_tri", phi, 0.9, samples=500, rng=0).violations
    0
    """
    left, right = (action_power(mdp, s, x, gamma, method=method) for x in (a, a_prime))
    return _copy(mdp, left, right, image, rewards, samples, rng)


def optimality_copy_test(
    mdp: RewardlessMDP,
    s: Label,
    a: Label,
    a_prime: Label,
    image: Any,
    gamma: float,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
) -> Pathwise:
    """Prop. 6.9, item 2: if a' is optimal at s for r, then a is for φ·r.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, a, a_prime : labels
    image : Involution, (S,) array of int, or mapping
        φ as for `action_copy_test`; s must reach REACH(s, a) ∪ REACH(s, a') by actions equivalent to a or a' only.
    gamma : float
        At 0 and 1 the limits of optimal policy sets; a draw that cannot be decided is open.
    rewards, samples, rng, method
        As for `copy_test`.

    Returns
    -------
    Pathwise

    Examples
    --------
    >>> import mdppower as mp
    >>> phi = {"l_tri": "r_tri", "l_sw": "r_ne", "l_nw": "r_se", "r_tri": "l_tri", "r_ne": "l_sw", "r_se": "l_nw"}
    >>> optimality_copy_test(mp.envs.figure_1(), "star", "->r_tri", "->l_tri", phi, 1, samples=500, rng=0).violations
    0
    """
    left, right = (action_is_optimal(mdp, s, x, gamma, method=method) for x in (a, a_prime))
    return _copy(mdp, left, right, image, rewards, samples, rng)


def ends_copy_test(
    mdp: RewardlessMDP,
    s: Label,
    D: Recurrent | npt.ArrayLike,
    D_prime: Recurrent | npt.ArrayLike,
    image: Any,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
) -> Pathwise:
    r"""Thm. 6.13 and Cor. 6.14: if D' has an average-optimal end for r, then D has one for φ·r.

    Parameters
    ----------
    mdp : RewardlessMDP
    s : label
    D, D_prime : Recurrent or (K, S) arrays
        Parts of RSD(s).
    image : Involution, (S,) array of int, or mapping
        φ, an involution with φ·D' ⊆ D. For Cor. 6.14 D' = {e_x}, D = RSD(s) \ {e_x}, and φ swaps x with another
        1-cycle.
    rewards, samples, rng, method
        As for `copy_test`.

    Returns
    -------
    Pathwise

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> others, one = [[0, 0, 1, 0], [0, 0, 0, 1]], [[0, 1, 0, 0]]
    >>> ends_copy_test(fork, "root", others, one, {"t1": "t2", "t2": "t1"}, samples=500, rng=0).is_refuted
    False
    >>> ends_copy_test(fork, "root", one, others, {"t1": "t2", "t2": "t1"}, samples=500, rng=0).is_refuted
    True
    """
    left = average_optimal(mdp, s, D, method=method, name="D")
    right = average_optimal(mdp, s, D_prime, method=method, name="D'")
    return _copy(mdp, left, right, image, rewards, samples, rng)


# ---------------------------------------------------------------------- bounds


def bounded_by_max_test(
    mdp: RewardlessMDP,
    gamma: float,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
) -> Pathwise:
    """Prop. 5.4: h_Q(s)(r) ≤ max r, for all states s at once.

    Q(s) is part of the simplex, on which ⟨q, r⟩ is greatest at a corner.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma, rewards, samples, rng, method
        As for `copy_test`.

    Returns
    -------
    Pathwise

    Examples
    --------
    >>> import mdppower as mp
    >>> bounded_by_max_test(mp.envs.figure_1(), 0.9, samples=500, rng=0).violations
    0
    """
    greatest = greatest_power(mdp, gamma, method=method)

    def sides(r: FloatArray) -> tuple[FloatArray, FloatArray]:
        power, error = greatest(r)
        return r.max(axis=1) - power, error

    return _run(f"max r ≥ {greatest.name}", mdp, sides, rewards, samples, rng)


def neighbours_test(
    mdp: RewardlessMDP,
    s: Label,
    s_prime: Label,
    gamma: float,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
) -> Pathwise:
    """Prop. 5.5: |X_s − X_s'| ≤ (1−γ)(max r − min r), where s and s' reach each other in one step for certain.

    For rewards in [b, c] the proposition has c − b in place of max r − min r, which is at most that.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, s_prime : labels
    gamma, rewards, samples, rng, method
        As for `copy_test`.

    Returns
    -------
    Pathwise

    Examples
    --------
    >>> import mdppower as mp
    >>> neighbours_test(mp.envs.figure_1(), "r_ne", "r_se", 0.9, samples=500, rng=0).violations
    0
    """
    # From `step_test`: X_s' − X_s ≤ (1−γ)(X_s' − r(s')), and min r ≤ r(s'), X_s' ≤ max r.
    both = [state_power(mdp, x, gamma, method=method) for x in (s, s_prime)]
    rate = both[0].source.gamma

    def sides(r: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, errors = evaluate_all(both, r)
        difference = (1 - rate) * np.ptp(r, axis=1) - np.abs(values[:, 0] - values[:, 1])
        return difference, errors.sum(axis=1) + _few_roundings(r)

    claim = f"(1−γ)(max r − min r) ≥ |X({s!r}) − X({s_prime!r})| at γ={rate:.15g}"
    return _run(claim, mdp, sides, rewards, samples, rng)


def step_test(
    mdp: RewardlessMDP,
    s: Label,
    s_prime: Label,
    gamma: float,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
) -> Pathwise:
    """Prop. 5.5, one-sided and sharper: X_s' − X_s ≤ (1−γ)(X_s' − r(s')), where s → s' with probability 1.

    Its mean is POWER(s') − POWER(s) ≤ (1−γ)(POWER(s') − E R(s')), for rewards without bounds, too.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, s_prime : labels
    gamma, rewards, samples, rng, method
        As for `copy_test`.

    Returns
    -------
    Pathwise

    Examples
    --------
    >>> import mdppower as mp
    >>> step_test(mp.envs.figure_1(), "star", "r_tri", 0.9, samples=500, rng=0).violations
    0
    """
    # An action leads from s to s' for certain, so X_s = max_a E v ≥ v(s'), and v(s') = (1−γ) r(s') + γ X_s'. Hence
    # X_s' − X_s ≤ X_s' − v(s') = (1−γ)(X_s' − r(s')).
    both = [state_power(mdp, x, gamma, method=method) for x in (s, s_prime)]
    rate, t = both[0].source.gamma, mdp.index(s_prime)

    def sides(r: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, errors = evaluate_all(both, r)
        difference = values[:, 0] - ((1 - rate) * r[:, t] + rate * values[:, 1])
        return difference, errors[:, 0] + rate * errors[:, 1] + _few_roundings(r)

    claim = f"X({s!r}) ≥ (1−γ) r({s_prime!r}) + γ X({s_prime!r}) at γ={rate:.15g}"
    return _run(claim, mdp, sides, rewards, samples, rng)


# ---------------------------------------------------------------------- draws


def _copy(
    mdp: RewardlessMDP, left: Quantity, right: Quantity, image: Any, rewards: Any, samples: int, rng: Any
) -> Pathwise:
    """left(φ·r) ≥ right(r)."""
    phi = involution(mdp, image).image

    def sides(r: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _difference(left, right, permuted(r, phi), r)

    return _run(f"{left.name} of φ·r ≥ {right.name} of r", mdp, sides, rewards, samples, rng)


def _difference(
    left: Quantity, right: Quantity, rewards_left: FloatArray, rewards_right: FloatArray
) -> tuple[FloatArray, FloatArray]:
    (one, off), (two, off_too) = left(rewards_left), right(rewards_right)
    return one - two, off + off_too


def _few_roundings(rewards: FloatArray) -> FloatArray:
    """Bound on what up to 8 operations on numbers of the size of twice the rewards round off."""
    return np.asarray(16 * UNIT * np.abs(rewards).max(axis=1))


def _run(
    claim: str,
    mdp: RewardlessMDP,
    sides: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    rewards: Any,
    samples: int,
    rng: Any,
) -> Pathwise:
    """Judge the differences that `sides` makes of independent draws."""
    entropy = seed(rng)
    blocks = _draws(mdp, rewards, positive_integer(samples, "samples"), entropy)
    return _judge(claim, ((*sides(r), r) for r in blocks), entropy)


def _draws(mdp: RewardlessMDP, rewards: Any, samples: int, entropy: int) -> Iterator[FloatArray]:
    """Independent draws in blocks: whole replicates, and what is left over cut off."""
    source = make_sampler(resolve(rewards, mdp), "iid", samples, entropy)
    count = -(-samples // source.size)
    together = max(1, ROOM // (mdp.n_pairs * source.size))
    for begin in range(0, count, together):
        block = np.concatenate([source.replicate(i) for i in range(begin, min(begin + together, count))])
        block = block[: samples - begin * source.size]
        bad = np.argwhere(~np.isfinite(block))
        if len(bad):
            i, s = bad[0]
            raise RewardError(f"{source.rewards.name} gave reward {block[i, s]} in state {mdp.states[s]!r}")
        yield block


def _judge(claim: str, blocks: Iterable[tuple[FloatArray, FloatArray, FloatArray]], entropy: int | None) -> Pathwise:
    """Count over blocks of (left − right, its error, r)."""
    draws = violations = undecided = 0
    worst, tolerance, violator = np.inf, 0.0, None
    for difference, known, rewards in blocks:
        # The subtraction rounds, too; of numbers without an error it still has the right sign.
        error = np.where(known > 0, known + UNIT * np.abs(difference), 0.0)
        below = difference < -error
        if violator is None and below.any():
            violator = rewards[int(below.argmax())].copy()
        draws += len(difference)
        violations += int(below.sum())
        undecided += int((~below & (difference < error)).sum())
        worst = min(worst, float(difference.min(initial=np.inf)))
        tolerance = max(tolerance, float(error.max(initial=0.0)))
    if not draws:
        raise ParameterError("there are no draws")
    return Pathwise(claim, draws, violations, undecided, worst, tolerance, violator, entropy)

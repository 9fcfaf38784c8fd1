"""The paper's claims, draw by draw: one test for each inequality behind them (Turner et al., arXiv 1912.01683).

What a test does, and what it can show, is in `mdppower.orbits.pathwise_tests`. Hypotheses are not checked here: that
φ takes one set into the other, that s and s' are neighbours.
"""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._text import rate_text
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.engines import Engine, Workers
from mdppower.occupancy.visit_distributions import Recurrent
from mdppower.optimal_sets.optimal_actions import UNIT
from mdppower.orbits.paper_quantities import (
    action_is_optimal,
    action_power,
    average_optimal,
    greatest_power,
    state_power,
)
from mdppower.orbits.pathwise_tests import NORMAL, SAMPLES, Pathwise, difference, run
from mdppower.orbits.quantity import Quantity, evaluate_all
from mdppower.orbits.rearrangements import permuted
from mdppower.symmetry.involutions import involution

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
    workers: Workers = 1,
    executor: Executor | None = None,
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
    workers, executor
        As for `mdppower.power`; the numbers do not depend on them.
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
    check_mdp(mdp)
    left, right = (state_power(mdp, x, gamma, method=method) for x in (s, s_prime))
    return _copy(mdp, left, right, image, rewards, samples, rng, Engine(workers, executor))


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
    workers: Workers = 1,
    executor: Executor | None = None,
) -> Pathwise:
    """Prop. 6.9, item 1: Σ_t T(t|s,a) X_t(φ·r) ≥ Σ_t T(t|s,a') X_t(r), where X_t = h_Q(t).

    Parameters
    ----------
    mdp : RewardlessMDP
    s, a, a_prime : labels
    image : Involution, (S,) array of int, or mapping
        φ, an involution with φ·F(s | π(s) = a') ⊆ F(s | π(s) = a); s must not be in REACH(s, a').
    gamma, rewards, samples, rng, method, workers, executor
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
    check_mdp(mdp)
    left, right = (action_power(mdp, s, x, gamma, method=method) for x in (a, a_prime))
    return _copy(mdp, left, right, image, rewards, samples, rng, Engine(workers, executor))


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
    workers: Workers = 1,
    executor: Executor | None = None,
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
    rewards, samples, rng, method, workers, executor
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
    check_mdp(mdp)
    left, right = (action_is_optimal(mdp, s, x, gamma, method=method) for x in (a, a_prime))
    return _copy(mdp, left, right, image, rewards, samples, rng, Engine(workers, executor))


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
    workers: Workers = 1,
    executor: Executor | None = None,
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
    rewards, samples, rng, method, workers, executor
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
    check_mdp(mdp)
    left = average_optimal(mdp, s, D, method=method, name="D")
    right = average_optimal(mdp, s, D_prime, method=method, name="D'")
    return _copy(mdp, left, right, image, rewards, samples, rng, Engine(workers, executor))


# ---------------------------------------------------------------------- bounds


def bounded_by_max_test(
    mdp: RewardlessMDP,
    gamma: float,
    *,
    rewards: Any = NORMAL,
    samples: int = SAMPLES,
    rng: Any = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
) -> Pathwise:
    """Prop. 5.4: h_Q(s)(r) ≤ max r, for all states s at once.

    Q(s) is part of the simplex, on which ⟨q, r⟩ is greatest at a corner.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma, rewards, samples, rng, method, workers, executor
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
    check_mdp(mdp)
    greatest = greatest_power(mdp, gamma, method=method)

    sides = partial(_above_greatest, greatest)
    return run(f"max r ≥ {greatest.name}", mdp, sides, rewards, samples, rng, Engine(workers, executor))


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
    workers: Workers = 1,
    executor: Executor | None = None,
) -> Pathwise:
    """Prop. 5.5: |X_s − X_s'| ≤ (1−γ)(max r − min r), where s and s' reach each other in one step for certain.

    For rewards in [b, c] the proposition has c − b in place of max r − min r, which is at most that.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, s_prime : labels
    gamma, rewards, samples, rng, method, workers, executor
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
    check_mdp(mdp)
    # From `step_test`: X_s' − X_s ≤ (1−γ)(X_s' − r(s')), and min r ≤ r(s'), X_s' ≤ max r.
    both = [state_power(mdp, x, gamma, method=method) for x in (s, s_prime)]
    rate = both[0].source.gamma
    sides = partial(_near, both, rate)
    claim = f"(1−γ)(max r − min r) ≥ |X({s!r}) − X({s_prime!r})| at γ={rate_text(rate)}"
    return run(claim, mdp, sides, rewards, samples, rng, Engine(workers, executor))


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
    workers: Workers = 1,
    executor: Executor | None = None,
) -> Pathwise:
    """Prop. 5.5, one-sided and sharper: X_s' − X_s ≤ (1−γ)(X_s' − r(s')), where s → s' with probability 1.

    Its mean is POWER(s') − POWER(s) ≤ (1−γ)(POWER(s') − E R(s')), for rewards without bounds, too.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, s_prime : labels
    gamma, rewards, samples, rng, method, workers, executor
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
    check_mdp(mdp)
    # An action leads from s to s' for certain, so X_s = max_a E v ≥ v(s'), and v(s') = (1−γ) r(s') + γ X_s'. Hence
    # X_s' − X_s ≤ X_s' − v(s') = (1−γ)(X_s' − r(s')).
    both = [state_power(mdp, x, gamma, method=method) for x in (s, s_prime)]
    rate, t = both[0].source.gamma, mdp.index(s_prime)
    sides = partial(_one_step, both, rate, t)
    claim = f"X({s!r}) ≥ (1−γ) r({s_prime!r}) + γ X({s_prime!r}) at γ={rate_text(rate)}"
    return run(claim, mdp, sides, rewards, samples, rng, Engine(workers, executor))


# ---------------------------------------------------------------------- shared


def _copy(
    mdp: RewardlessMDP,
    left: Quantity,
    right: Quantity,
    image: Any,
    rewards: Any,
    samples: int,
    rng: Any,
    engine: Engine,
) -> Pathwise:
    """left(φ·r) ≥ right(r)."""
    sides = partial(_of_copies, left, right, involution(mdp, image).image)
    return run(f"{left.name} of φ·r ≥ {right.name} of r", mdp, sides, rewards, samples, rng, engine)


# Left − right of (n, S) rewards, and the errors; functions, so that processes take them.


def _of_copies(left: Quantity, right: Quantity, phi: AnyArray, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    return difference(left, right, permuted(r, phi), r)


def _above_greatest(greatest: Quantity, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    power, error = greatest(r)
    return r.max(axis=1) - power, error


def _near(both: list[Quantity], rate: float, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    values, errors = evaluate_all(both, r)
    difference = (1 - rate) * np.ptp(r, axis=1) - np.abs(values[:, 0] - values[:, 1])
    return difference, errors.sum(axis=1) + _few_roundings(r)


def _one_step(both: list[Quantity], rate: float, t: int, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    values, errors = evaluate_all(both, r)
    difference = values[:, 0] - ((1 - rate) * r[:, t] + rate * values[:, 1])
    return difference, errors[:, 0] + rate * errors[:, 1] + _few_roundings(r)


def _few_roundings(rewards: FloatArray) -> FloatArray:
    """Bound on what up to 8 operations on numbers of the size of twice the rewards round off."""
    return np.asarray(16 * UNIT * np.abs(rewards).max(axis=1))

"""The paper's claims, draw by draw: one test for each inequality behind them (Turner et al., arXiv 1912.01683).

What a test does, and what it can show, is in `mdppower.orbits.pathwise_tests`. Hypotheses are not checked here: that
φ takes one set into the other, that s and s' are neighbours.
"""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._text import rate_text
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.questions import ask, digest
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.run_loop import Conduct, Question
from mdppower.montecarlo.samplers import Sampler
from mdppower.occupancy.vectors import as_rows
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
from mdppower.orbits.quantity import Quantity, Source, evaluate_all
from mdppower.orbits.rearrangements import permuted
from mdppower.stores.store import Store
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
    store: str | PathLike[str] | Store | None = None,
    key: str | None = None,
    progress: bool | None = None,
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
        What r is drawn from: not "uniform", as elsewhere, but a law that covers all directions.
    samples : int
        Independent draws: fewer than the 4,096 of an estimate, for one draw that contradicts is enough.
    rng : None, int or numpy.random.Generator
    method : str
        Of `optimal_values`.
    workers, executor, store, key, progress
        As for `mdppower.power`; the numbers do not depend on them. To open a store and to write in it costs a test
        some 10 ms, more where there is much in it already; `verify` opens it once.

    Returns
    -------
    Pathwise

    Raises
    ------
    LabelError, ParameterError
    RewardError, SolverError, FileError
        ``estimate`` is a Pathwise of the draws that were finished.

    Notes
    -----
    Ctrl-C ends the test early, and gives what the draws so far say, with a warning.

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
    conduct = Conduct(workers, executor, progress, store, key)
    left, right = (state_power(mdp, x, gamma, method=method) for x in (s, s_prime))
    about = {"states": [mdp.index(s), mdp.index(s_prime)]}
    return _copy("copy_test", mdp, left, right, image, about, rewards, samples, rng, conduct)


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
    store: str | PathLike[str] | Store | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Pathwise:
    """Prop. 6.9, item 1: Σ_t T(t|s,a) X_t(φ·r) ≥ Σ_t T(t|s,a') X_t(r), where X_t = h_Q(t).

    Parameters
    ----------
    mdp : RewardlessMDP
    s, a, a_prime : labels
    image : Involution, (S,) array of int, or mapping
        φ, an involution with φ·F(s | π(s) = a') ⊆ F(s | π(s) = a); s must not be in REACH(s, a').
    gamma, rewards, samples, rng, method, workers, executor, store, key, progress
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
    conduct = Conduct(workers, executor, progress, store, key)
    left, right = (action_power(mdp, s, x, gamma, method=method) for x in (a, a_prime))
    about = {"pairs": [mdp.pair(s, a), mdp.pair(s, a_prime)]}
    return _copy("action_copy_test", mdp, left, right, image, about, rewards, samples, rng, conduct)


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
    store: str | PathLike[str] | Store | None = None,
    key: str | None = None,
    progress: bool | None = None,
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
    rewards, samples, rng, method, workers, executor, store, key, progress
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
    conduct = Conduct(workers, executor, progress, store, key)
    left, right = (action_is_optimal(mdp, s, x, gamma, method=method) for x in (a, a_prime))
    about = {"pairs": [mdp.pair(s, a), mdp.pair(s, a_prime)]}
    return _copy("optimality_copy_test", mdp, left, right, image, about, rewards, samples, rng, conduct)


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
    store: str | PathLike[str] | Store | None = None,
    key: str | None = None,
    progress: bool | None = None,
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
    rewards, samples, rng, method, workers, executor, store, key, progress
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
    conduct = Conduct(workers, executor, progress, store, key)
    left = average_optimal(mdp, s, D, method=method, name="D")
    right = average_optimal(mdp, s, D_prime, method=method, name="D'")
    ends = [as_rows(x.rows if isinstance(x, Recurrent) else x, mdp.n_states) for x in (D, D_prime)]
    about = {"states": [mdp.index(s)], "ends": [digest(rows) for rows in ends]}
    return _copy("ends_copy_test", mdp, left, right, image, about, rewards, samples, rng, conduct)


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
    store: str | PathLike[str] | Store | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Pathwise:
    """Prop. 5.4: h_Q(s)(r) ≤ max r, for all states s at once.

    Q(s) is part of the simplex, on which ⟨q, r⟩ is greatest at a corner.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma, rewards, samples, rng, method, workers, executor, store, key, progress
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
    conduct = Conduct(workers, executor, progress, store, key)
    greatest = greatest_power(mdp, gamma, method=method)
    claim, sides = f"max r ≥ {greatest.name}", partial(_above_greatest, greatest)
    asked = partial(_question, "bounded_by_max_test", claim, greatest.source, {}, samples, key)
    return run(claim, mdp, sides, rewards, samples, rng, conduct, asked)


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
    store: str | PathLike[str] | Store | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Pathwise:
    """Prop. 5.5: |X_s − X_s'| ≤ (1−γ)(max r − min r), where s and s' reach each other in one step for certain.

    For rewards in [b, c] the proposition has c − b in place of max r − min r, which is at most that.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, s_prime : labels
    gamma, rewards, samples, rng, method, workers, executor, store, key, progress
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
    conduct = Conduct(workers, executor, progress, store, key)
    both = [state_power(mdp, x, gamma, method=method) for x in (s, s_prime)]
    rate = both[0].source.gamma
    sides = partial(_near, both, rate)
    claim = f"(1−γ)(max r − min r) ≥ |X({s!r}) − X({s_prime!r})| at γ={rate_text(rate)}"
    about = {"states": [mdp.index(s), mdp.index(s_prime)]}
    asked = partial(_question, "neighbours_test", claim, both[0].source, about, samples, key)
    return run(claim, mdp, sides, rewards, samples, rng, conduct, asked)


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
    store: str | PathLike[str] | Store | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Pathwise:
    """Prop. 5.5, one-sided and sharper: X_s' − X_s ≤ (1−γ)(X_s' − r(s')), where s → s' with probability 1.

    Its mean is POWER(s') − POWER(s) ≤ (1−γ)(POWER(s') − E R(s')), for rewards without bounds, too.

    Parameters
    ----------
    mdp : RewardlessMDP
    s, s_prime : labels
    gamma, rewards, samples, rng, method, workers, executor, store, key, progress
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
    conduct = Conduct(workers, executor, progress, store, key)
    both = [state_power(mdp, x, gamma, method=method) for x in (s, s_prime)]
    rate, t = both[0].source.gamma, mdp.index(s_prime)
    sides = partial(_one_step, both, rate, t)
    claim = f"X({s!r}) ≥ (1−γ) r({s_prime!r}) + γ X({s_prime!r}) at γ={rate_text(rate)}"
    asked = partial(_question, "step_test", claim, both[0].source, {"states": [mdp.index(s), t]}, samples, key)
    return run(claim, mdp, sides, rewards, samples, rng, conduct, asked)


# ---------------------------------------------------------------------- shared


def _copy(
    call: str,
    mdp: RewardlessMDP,
    left: Quantity,
    right: Quantity,
    image: Any,
    about: dict[str, Any],
    rewards: Any,
    samples: int,
    rng: Any,
    conduct: Conduct,
) -> Pathwise:
    """left(φ·r) ≥ right(r)."""
    phi = involution(mdp, image).image
    about = about | {"phi": digest(np.asarray(phi, np.int64))}
    claim, sides = f"{left.name} of φ·r ≥ {right.name} of r", partial(_of_copies, left, right, phi)
    asked = partial(_question, call, claim, left.source, about, samples, conduct.key)
    return run(claim, mdp, sides, rewards, samples, rng, conduct, asked)


def _question(
    call: str, claim: str, solved: Source, about: dict[str, Any], samples: int, key: str | None, source: Sampler
) -> Question:
    """What a store knows a test by: its name, the MDP, and which states, pairs, ends and φ its sides are about."""
    return ask(
        call, source, key, gammas=[solved.gamma], method=solved.method, samples=samples, told=claim,
        mdp=solved.mdp.fingerprint, sides=about,
    )  # fmt: skip


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

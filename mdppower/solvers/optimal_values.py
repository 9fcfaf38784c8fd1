"""Optimal values of many reward functions on one MDP, each with a certified bound on its error.

Values are *normalised*: v = (1−γ)V solves v = (1−γ)R + γ max_a T_a v, or, where pairs earn, v = max_a ((1−γ)R_a +
γ T_a v), and stays in the range of the rewards for every γ. `optimal_values` is the public door; `solve_rows` is the
same without the frame, for `mdppower.power`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from mdppower._checks import choice, rates_or_horizons
from mdppower._horizon import Horizon
from mdppower._quotes import quoted
from mdppower._text import rate_name, rate_text
from mdppower._typing import AnyArray, FloatArray, IntArray
from mdppower.errors import ParameterError, SolverError
from mdppower.mdp.actions import equivalent_pairs, greedy
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.accepted_gap import certifiable
from mdppower.solvers.given_rewards import reward_rows
from mdppower.solvers.solution import Solution

log = logging.getLogger(__name__)

Rows: TypeAlias = "tuple[FloatArray, IntArray, FloatArray, IntArray]"
"""values (N, S), pairs (N, S), gap (N,), iterations (N,)."""

ORDINARY = 500
"""Rewards of up to 2^±500 are solved as they are."""
TINY = 2.0**-1074

METHODS = ("auto", "deterministic", "stochastic", "lp", "lp-occupancy")
BACKWARD = "backward-induction"
"""The one method for a horizon."""


def optimal_values(
    mdp: RewardlessMDP,
    rewards: Any,
    gamma: float | None = None,
    *,
    horizon: int | None = None,
    method: str = "auto",
    on: str | None = None,
) -> Solution:
    """Solve an MDP for many reward functions at one discount rate, or for one number of steps.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) or (S,) array; (N, P) or (P,) array; mapping; GivenRewards
        One reward function a row, earned for being in a state, or by a state-action pair, in the order of
        `RewardlessMDP.pair_label`. A mapping {(state, action): number} or {(state, action, successor): number} is
        about pairs: what depends on the successor is averaged by T; ``"default"`` is for what it does not name.
        `given_rewards` of an environment's MDP is its own reward.
    gamma : float
        In [0, 1]. At γ = 0 v is R itself, and the policies are those of the limit γ → 0: best next reward.
    horizon : int
        In place of γ: the best expected total R(s_1) + … + R(s_H) of H steps, the state at the start not counted, and
        nothing discounted; of pairs, R(s_0, a_0) + … + R(s_{H−1}, a_{H−1}).
    method : {"auto", "deterministic", "stochastic", "lp", "lp-occupancy"}
        ``"auto"`` takes the fast exact solver that fits; ``"lp"`` is the reference, by scipy's HiGHS. A horizon has
        one method, ``"backward-induction"``.
    on : {"states", "pairs"}, optional
        What earns the rewards. By default what fits (where there are as many pairs as states, each state has one, and
        both are the same but at a horizon, so that there it must be said). With pairs, V(s) = max_a (R(s, a) +
        γ E V(s')), at γ = 0 v is max_a R(s, a), and a horizon counts the pairs of steps 0 … H−1.

    Returns
    -------
    Solution

    Raises
    ------
    ParameterError
        γ is out of range, the horizon is no positive integer, both or neither are given, or the method does not fit.
    RewardError
        Rewards of the wrong length, or not finite; a mapping leaves a pair without a number, or names a transition
        that never happens.
    LabelError
        It names a pair that does not exist.
    SolverError
        A draw could not be certified; the error has its number.

    Examples
    --------
    >>> import mdppower as mp
    >>> mdp = mp.RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}})
    >>> mp.optimal_values(mdp, [0.0, 1.0], 0.9).values
    array([[ 9., 10.]])
    >>> mp.optimal_values(mdp, {("a", "go"): 1, ("b", "stay"): 2, "default": 0}, 0.5).values
    array([[3., 4.]])
    >>> mp.optimal_values(mdp, [0.0, 1.0], horizon=3).values
    array([[3., 3.]])
    >>> mp.optimal_values(mdp, {("a", "go"): 1, ("b", "stay"): 2, "default": 0}, horizon=3).values
    array([[5., 6.]])
    """
    check_mdp(mdp)
    (rate, *_), single = rates_or_horizons(gamma, horizon)
    if not single:
        raise ParameterError(f"optimal_values takes one {rate_name([rate])}, got {quoted(gamma or horizon)}")
    rows, kind = reward_rows(mdp, rewards, on, alike=not isinstance(rate, Horizon))
    name = pick(mdp, method, rate)
    values, pairs, gap, iterations = solve_rows(mdp, rows, rate, name, on=kind)
    if isinstance(rate, Horizon) and kind == "states":
        values, gap = onwards(mdp, values, gap)
    return Solution(values, mdp.action_codes[pairs], gap, iterations, rate, name, mdp, rows, on=kind)


def onwards(mdp: RewardlessMDP, values: FloatArray, gap: FloatArray) -> tuple[FloatArray, FloatArray]:
    """max_a E v(s') and its error: what follows a state, without the state itself.

    Parameters
    ----------
    mdp : RewardlessMDP
    values : (N, S) array
    gap : (N,) array
        Bound on their error.

    Returns
    -------
    onwards : (N, S) array
    error : (N,) array
        As of a step of `mdppower.solvers.finite_horizon`: products, sums, and what rows miss of 1.
    """
    from mdppower.solvers.backup import best_successors

    eps = float(np.finfo(np.float64).eps)
    middle = 0.5 * values.min(axis=1) + 0.5 * values.max(axis=1)
    apart = values - middle[:, None]
    missing = float(np.abs(mdp.kernel.sum(axis=1) - 1.0).max())
    step = missing + (int(np.diff(mdp.kernel.indptr).max()) + 4) * eps
    error = gap + step * np.abs(apart).max(axis=1) + 2 * eps * np.abs(middle)
    return middle[:, None] + best_successors(mdp, apart), error


def pick(mdp: RewardlessMDP, method: str, gamma: float = 0.0) -> str:
    """The solver's name that `method` means for this MDP, at a discount rate or a horizon."""
    if isinstance(gamma, Horizon):
        if choice(method, "method", (*METHODS, BACKWARD)) not in ("auto", BACKWARD):
            raise ParameterError(
                f"method {method!r} solves for a discount rate; a horizon is solved by backward induction: leave "
                "method='auto'"
            )
        return BACKWARD
    if method == BACKWARD:
        raise ParameterError(
            f"method {method!r} is for a horizon; at a discount rate take one of {', '.join(METHODS)}"
        )
    choice(method, "method", METHODS)
    if method == "auto":
        return "deterministic" if mdp.is_deterministic else "stochastic"
    if method == "deterministic" and not mdp.is_deterministic:
        raise ParameterError("method 'deterministic' needs a deterministic MDP; this one is stochastic")
    return method


def solve_rows(
    mdp: RewardlessMDP,
    rewards: FloatArray,
    gamma: float,
    method: str,
    start: IntArray | None = None,
    *,
    on: str = "states",
) -> Rows:
    """Solve the rows of an (N, S) array by a solver that `pick` named; SolverError if one is not certified.

    Of an (N, P) array with ``on="pairs"``. `start` may give the pairs of a first policy for each row, such as those
    of a neighbouring γ.
    """
    if isinstance(gamma, Horizon):
        ((values, pairs, gap),) = solve_horizons(mdp, rewards, [gamma], on)
        return values, pairs, gap, np.full(len(rewards), gamma.steps, np.int32)
    if gamma == 0:
        return _myopic(mdp, rewards, on)
    power, scaled = _scaled(rewards)
    begin = time.perf_counter()
    values, pairs, gap, iterations = _solver(method, gamma)(mdp, scaled, gamma, start, on == "pairs")
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
            "%s solver at gamma = %.15g: %d draws of %d states, up to %d iterations, %.2g s",
            method, gamma, len(rewards), mdp.n_states, iterations.max(initial=0), time.perf_counter() - begin,
        )  # fmt: skip
    values, gap = _accepted(lambda _: mdp, scaled, power, gamma, method, values, gap, on)
    return values, pairs, gap, iterations


def solve_horizons(
    mdp: RewardlessMDP, rewards: FloatArray, horizons: Sequence[Horizon], on: str = "states"
) -> Iterator[tuple[FloatArray, IntArray, FloatArray]]:
    """Solve the rows of an (N, S) array at some horizons, in one pass; SolverError if one is not certified.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array, or (N, P) with ``on="pairs"``
    horizons : sequence of Horizon
        Increasing.
    on : {"states", "pairs"}

    Yields
    ------
    values, pairs, gap : arrays
        As of `mdppower.solvers.finite_horizon`: values of states count the state itself, max_a E v(s') does not.
    """
    from mdppower.solvers.finite_horizon import solve

    power, scaled = _scaled(rewards)
    begin = time.perf_counter()
    steps = [horizon.steps for horizon in horizons]
    for horizon, (values, pairs, gap) in zip(horizons, solve(mdp, scaled, steps, on == "pairs"), strict=True):
        log.debug("%s: %d draws of %d states, %.2g s", horizon, *values.shape, time.perf_counter() - begin)
        values, gap = _accepted(lambda _: mdp, scaled, power, horizon, BACKWARD, values, gap, on)
        yield values, pairs, gap


def policy_rows(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, pairs: AnyArray
) -> tuple[FloatArray, FloatArray]:
    """Values of deterministic policies, one for each row; SolverError if one is not certified.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array
    gamma : float
        In [0, 1]; less than 1 in a stochastic MDP.
    pairs : (N, S) array of int
        What each policy takes in each state.

    Returns
    -------
    values : (N, S) array
    gap : (N,) array
        Bound on their error.
    """
    from mdppower.solvers import deterministic, stochastic

    if gamma == 0:
        return rewards.copy(), np.zeros(len(rewards))
    power, scaled = _scaled(rewards)
    method = pick(mdp, "auto")
    solver = deterministic if method == "deterministic" else stochastic
    values, gap = solver.evaluate(mdp, scaled, gamma, pairs)

    def chain(i: int) -> RewardlessMDP:
        return RewardlessMDP.from_pairs(np.arange(mdp.n_states), mdp.kernel[pairs[i]])

    return _accepted(chain, scaled, power, gamma, method, values, gap, "states")


def _accepted(
    model: Callable[[int], RewardlessMDP], scaled: FloatArray, power: IntArray, gamma: float, method: str,
    values: FloatArray, gap: FloatArray, on: str,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Values and gaps in the size that rewards had; SolverError where a gap is too wide, on the row's model."""
    size = np.abs(scaled).max(axis=1)
    allowed = certifiable(gamma) * (scaled.max(axis=1) - scaled.min(axis=1)) + 64 * np.finfo(float).eps * size
    failed = np.flatnonzero(~(gap <= allowed))
    if power.any():
        # What underflows is lost, on the way in and on the way back.
        lost = np.where(power != 0, TINY + np.ldexp(TINY, power), 0.0)
        values, gap = np.ldexp(values, power[:, None]), np.ldexp(gap, power) + lost
    if len(failed):
        i = int(failed[0])
        excess = float(gap[i] / np.ldexp(allowed[i], power[i])) if allowed[i] > 0 else np.inf
        # With one step less the values are others, by which a horizon's actions cannot be told.
        by_pairs = on == "pairs" and not isinstance(gamma, Horizon)
        earned = np.ldexp((1 - gamma) * scaled[i], power[i]) if by_pairs else None
        raise _refusal(model(i), i, gamma, method, values[i], float(gap[i]), excess, earned)
    return values, gap


def _scaled(rewards: FloatArray) -> tuple[IntArray, FloatArray]:
    """(N,) powers of two, 0 for ordinary draws, and the draws divided by them: nothing overflows, or is denormal."""
    power = np.frexp(np.abs(rewards).max(axis=1))[1]
    power = np.where(np.abs(power) > ORDINARY, power, 0)
    return power, np.ldexp(rewards, -power[:, None]) if power.any() else rewards


def _refusal(
    mdp: RewardlessMDP,
    i: int,
    gamma: float,
    method: str,
    values: FloatArray,
    gap: float,
    excess: float,
    earned: FloatArray | None,
) -> SolverError:
    """The error for a draw that was not certified: what cannot be told apart, and between what the value lies."""
    how = f"the value only to {gap:.2g}" if np.isfinite(gap) else "no value"
    where = f"{rate_name([gamma])} = {rate_text(gamma) if isinstance(gamma, Horizon) else repr(gamma)}"
    message = f"draw {i}: at {where} the {method} solver could certify {how}"
    lower, upper = values - gap, values + gap
    undecided: list[tuple[Any, Any]] = []
    if np.isfinite(lower).all():
        going = mdp.kernel @ values if earned is None else earned + gamma * (mdp.kernel @ values)
        lead = np.maximum.reduceat(going, mdp.pointer[:-1])[mdp.pair_states] - going
        # Equal rows are one action.
        open_pairs = lead <= 2 * gap
        if earned is None:
            open_pairs &= equivalent_pairs(mdp) == np.arange(mdp.n_pairs)
        several = np.add.reduceat(open_pairs.astype(int), mdp.pointer[:-1])[mdp.pair_states] > 1
        undecided = [mdp.pair_label(p) for p in np.flatnonzero(open_pairs & several).tolist()]
    if undecided:
        states = list(dict.fromkeys(state for state, _ in undecided))
        here = ", ".join(repr(action) for state, action in undecided if state == states[0])
        more = f" (and in {len(states) - 1} more states)" if len(states) > 1 else ""
        message += f"; in state {states[0]!r} it cannot tell {here} apart{more}"
    return SolverError(
        message + _what_can(gamma, excess),
        draw=i,
        error_bound=gap,
        lower=lower,
        upper=upper,
        undecided=undecided,
        gamma=gamma,
    )


def _what_can(gamma: float, excess: float) -> str:
    """Near γ = 1 gaps grow like 1/(1−γ): which γ would have been certified."""
    if isinstance(gamma, Horizon) or gamma == 1 or 1 - gamma > 1e-6 or not excess > 1:
        return ""
    # Where nothing was reached, 100 times as far from 1 has a chance.
    distance = (1 - gamma) * min(excess, 100.0)
    return f"; gamma up to about 1 - {distance:.0e} can be certified, and gamma = 1 is average reward, without this"


def warm_up(mdp: RewardlessMDP, method: str, gammas: Sequence[float] = (), on: str = "states") -> None:
    """Compile the solver's kernels (or load them from the cache) and plan, before work is handed to threads."""
    from mdppower.solvers.backup import mean_best_successor

    if method == "stochastic":
        from mdppower.solvers.stochastic import plan

        if any(0 < gamma < 1 for gamma in gammas):
            plan(mdp)
        if 1 in gammas:
            from mdppower.solvers.gain import make_plan

            make_plan(mdp)
    tiny = RewardlessMDP.from_pairs([0], [[1.0]])
    rate = Horizon(1) if method == BACKWARD else 0.5
    values, *_ = solve_rows(tiny, np.zeros((1, 1)), rate, method, on=on)
    mean_best_successor(tiny, values)


def _solver(method: str, gamma: float) -> Callable[[RewardlessMDP, FloatArray, float, IntArray | None, bool], Rows]:
    # Imported here: Numba alone takes half a second.
    if method == "stochastic" and gamma == 1:
        from mdppower.solvers import gain

        return lambda mdp, rewards, _, start, on_pairs: gain.solve(mdp, rewards, start, on_pairs)
    if method == "deterministic":
        from mdppower.solvers.deterministic import solve

        return solve
    if method == "stochastic":
        from mdppower.solvers.stochastic import solve

        return solve
    from mdppower.solvers import linear_program

    form = "occupancy" if method == "lp-occupancy" else "primal"
    return lambda mdp, rewards, gamma, _, on_pairs: linear_program.solve(
        mdp, rewards, gamma, form=form, on_pairs=on_pairs
    )


def _myopic(mdp: RewardlessMDP, rewards: FloatArray, on: str) -> Rows:
    """γ = 0: v = R, no solve; the policy takes the best next reward. Where pairs earn, v is the best of theirs."""
    values = np.empty((len(rewards), mdp.n_states))
    pairs = np.empty(values.shape, np.int32)
    for i, reward in enumerate(rewards):
        pairs[i], best = greedy(mdp, reward if on == "pairs" else mdp.kernel @ reward)
        values[i] = best if on == "pairs" else reward
    return values, pairs, np.zeros(len(rewards)), np.zeros(len(rewards), np.int32)

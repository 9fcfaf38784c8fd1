"""Suboptimal POWER: what an agent achieves that does not act optimally (Turner et al., arXiv 1912.01683, Def. C.1).

With pol a function from a reward function and a discount rate to a policy (`mdppower.agents.rules`),

    POWER^pol_D(s, γ) = E_{R~D} E_{a~pol(R,γ)(s), s'~T(s,a)} [ lim_{γ*→γ} (1−γ*) V^{pol(R,γ)}_R(s', γ*) ].

The limit is taken with the policy fixed. For γ < 1 it is v^π(s') = (1−γ)V^π(s'); at γ = 0 it is R(s'); at γ = 1 it
is the gain, the long-run average reward of the policy from s', which exists for every policy: chains of several
recurrent classes, and periodic ones, included. Where pol(R, γ) is optimal this is POWER (Lemma E.36).

A policy makes a Markov chain of the MDP, T_π(s, ·) = Σ_a π(a|s) T(s, a). A chain is an MDP with one action in each
state, and its optimal value is the value of the policy. So the solvers of `mdppower.solvers` evaluate it, certificate
included: a walk over the functional graph where nothing is random, else (I − γT_π)h = R − c with the residual
bounded, and at γ = 1 the gain of each recurrent class and the best (here: only) mixture of them.

Error. The solver's gap holds for T_π as floats have it. Where π mixes m actions, an entry of T_π has a relative error
of at most m + 3 roundings, which moves the residual by (m + 3)u·max|h| (u = 2⁻⁵³); the gap has at least
8u·max|h| in it for its own rounding, so that 1 + (m + 3)/4 gaps pay for both. (At a horizon a step is moved by
(m + 3)u·max|w|, and the gap has 4u·max|w| or more for each.) The last step, T_π v, adds its own.

Where policies are deterministic, no chain is built: `mdppower.agents.pure_evaluation`.

Nothing of size draws × states × actions is kept: draws are evaluated in blocks of a fixed number of probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._checks import rates_or_horizons
from mdppower._horizon import Horizon
from mdppower._text import rate_name, rate_text
from mdppower._typing import AnyArray, FloatArray
from mdppower.agents.policies import ask, policy_name, resolve_policy
from mdppower.agents.pure_evaluation import are_pure, evaluate_pure, pure_pairs
from mdppower.agents.rules import Policy
from mdppower.errors import MDPPowerError, ParameterError, RewardError, SolverError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.optimal_values import BACKWARD, pick, solve_rows, warm_up

Evaluated: TypeAlias = "tuple[FloatArray, FloatArray, FloatArray]"

EPS = float(np.finfo(np.float64).eps)
BLOCK = 2**20
"""Most probabilities asked of a policy at once, as long as that is one draw or more."""


def policy_values(
    mdp: RewardlessMDP, rewards: npt.ArrayLike, gamma: float | None, policy: Any, *, horizon: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """What suboptimal POWER averages, for each reward function: E_{a~pol(s), s'~T(s,a)} v^pol(s').

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) or (S,) array
    gamma : float or None
        In [0, 1]; None with a horizon.
    policy : callable, mapping or array
        See `mdppower.agents.policies.resolve_policy`.
    horizon : int, optional
        In place of γ: the mean of the rewards of H steps, through which the policy is the same.

    Returns
    -------
    values : (N, S) array
    error : (N,) array
        Bound on the error of each row.

    Raises
    ------
    ParameterError
        γ is out of range, or the policy is none: a wrong shape, a negative or NaN probability, probabilities that do
        not sum to 1, an action that the state lacks.
    LabelError
        A mapping names an unknown state or action.
    RewardError
        Rewards of the wrong length, or not finite.
    SolverError
        A value could not be certified; the error has the number of the draw.

    Examples
    --------
    At the root of a fork a random agent gets the mean of the leaves, an optimal one their maximum:

    >>> import mdppower as mp
    >>> from mdppower.agents import optimal, uniformly_random
    >>> fork, rewards = mp.envs.fork(3), [9.0, 0.0, 1.0, 5.0]
    >>> [float(policy_values(fork, rewards, 0.9, p)[0][0, 0].round(12)) for p in (uniformly_random(), optimal())]
    [2.0, 5.0]
    """
    check_mdp(mdp)
    (rate, *_), single = rates_or_horizons(gamma, horizon)
    if not single:
        raise ParameterError(f"policy_values takes one {rate_name([rate])}, got {gamma or horizon!r}")
    try:
        rows = np.array(rewards, dtype=np.float64, order="C", ndmin=2)
    except (TypeError, ValueError) as wrong:
        raise RewardError(f"rewards are not an array of numbers: {wrong}") from None
    if rows.ndim != 2 or rows.shape[1] != mdp.n_states:
        raise RewardError(f"rewards must have shape (N, {mdp.n_states}), one number a state; got {np.shape(rewards)}")
    if not np.isfinite(rows).all():
        i, s = np.argwhere(~np.isfinite(rows))[0]
        raise RewardError(f"reward of draw {i} in state {mdp.states[s]!r} is {rows[i, s]}")
    _, onwards, error = evaluate(mdp, rows, rate, resolve_policy(mdp, policy))
    return onwards, error


def evaluate(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, policy: Policy
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values of the policy's states, and of what follows them.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array
    gamma : float
    policy : callable
        As `resolve_policy` gives it.

    Returns
    -------
    values : (N, S) array
        v^π = (1−γ)V^π, the gain at γ = 1; at a horizon that of the state itself and the H − 1 after it, over H.
    onwards : (N, S) array
        T_π v^π: the integrand of Def. C.1.
    error : (N,) array
        Bound on the error of both.
    """
    values, onwards, error = np.empty(rewards.shape), np.empty(rewards.shape), np.empty(len(rewards))
    for begin, rows in _asked(mdp, rewards, gamma, policy):
        pure = are_pure(mdp, rows, gamma)
        # A draw is evaluated alike, whatever stands beside it: its bits do not depend on that.
        for first, last in pairwise(np.r_[0, np.flatnonzero(np.diff(pure)) + 1, len(rows)].tolist()):
            where = slice(begin + first, begin + last)
            if not pure[first]:
                _by_chains(mdp, rewards, gamma, policy, rows[first:last], begin + first, (values, onwards, error))
                continue
            try:
                found = evaluate_pure(mdp, rewards[where], gamma, pure_pairs(mdp, rows[first:last]))
            except SolverError as failure:
                raise _not_certified(failure, begin + first, gamma, policy) from None
            values[where], onwards[where], error[where] = found
    return values, onwards, error


def _by_chains(
    mdp: RewardlessMDP,
    rewards: FloatArray,
    gamma: float,
    policy: Policy,
    rows: AnyArray,
    begin: int,
    out: Evaluated,
) -> None:
    """What `evaluate` gives, of the draws from `begin` whose policies are `rows`: each by the chain it leaves."""
    values, onwards, error = out
    for first, last, chain, mixed in _chains(mdp, rows):
        where = slice(begin + first, begin + last)
        try:
            v, _, gap, _ = solve_rows(chain, rewards[where], gamma, pick(chain, "auto", gamma))
        except (SolverError, np.linalg.LinAlgError, RuntimeError) as failure:  # SuperLU: "exactly singular"
            raise _not_certified(failure, begin + first, gamma, policy) from None
        # About the middle of v, so that rounding is relative to its range.
        middle = 0.5 * v.min(axis=1) + 0.5 * v.max(axis=1)
        half = v.max(axis=1) - middle
        terms = int(np.diff(chain.kernel.indptr).max()) + mixed + 4
        mixing = 1 + (mixed + 3) / 4 if mixed > 1 else 1.0
        values[where] = v
        onwards[where] = [m + chain.kernel @ (row - m) for m, row in zip(middle, v, strict=True)]
        error[where] = mixing * gap + EPS * (terms * half + 2 * np.abs(middle))


def probabilities(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, policy: Policy) -> FloatArray:
    """(N, P) probability of each feasible pair under the policy, deterministic ones included."""
    rows = ask(mdp, rewards, gamma, policy)
    if rows.dtype.kind == "f":
        return rows
    weights = np.zeros((len(rows), mdp.n_pairs))
    np.put_along_axis(weights, rows, 1.0, axis=1)
    return weights


def _not_certified(failure: Exception, first: int, gamma: float, policy: Policy) -> SolverError:
    row, gap = getattr(failure, "draw", None), getattr(failure, "error_bound", None)
    reason = str(failure).removeprefix(f"draw {row}: ")
    draw = first + (row or 0)
    where = f"{rate_name([gamma])} = {rate_text(gamma) if isinstance(gamma, Horizon) else repr(gamma)}"
    return SolverError(
        f"draw {draw}: policy {policy_name(policy)} could not be evaluated at {where}: {reason}",
        draw=draw,
        error_bound=gap,
        gamma=gamma,
    )


def warm_up_evaluation() -> None:
    """Compile what evaluates chains, before work is handed to threads."""
    tiny = RewardlessMDP.from_pairs([0], [[1.0]])
    toss = RewardlessMDP.from_pairs([0, 1], [[0.5, 0.5]] * 2)
    for mdp in (tiny, toss):
        evaluate_pure(mdp, np.zeros((1, mdp.n_states)), 0.5, np.arange(mdp.n_states, dtype=np.int32)[None])
    for method in ("deterministic", "stochastic", BACKWARD):
        warm_up(tiny, method)


# ---------------------------------------------------------------------- chains


def _asked(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, policy: Policy) -> Iterator[tuple[int, AnyArray]]:
    """(first draw, what the policy says) of blocks of draws."""
    block = max(1, BLOCK // mdp.n_pairs)
    for begin in range(0, len(rewards), block):
        try:
            yield begin, ask(mdp, rewards[begin : begin + block], gamma, policy)
        except MDPPowerError as error:
            error.draw = None if error.draw is None else begin + error.draw
            raise


def _chains(mdp: RewardlessMDP, rows: AnyArray) -> Iterator[tuple[int, int, RewardlessMDP, int]]:
    """(first draw, end, chain, most actions mixed in a state) of draws that follow each other with one policy."""
    bounds = np.r_[0, np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1, len(rows)].tolist()
    for first, last in pairwise(bounds):
        yield first, last, *_chain(mdp, rows[first])


def _chain(mdp: RewardlessMDP, row: AnyArray) -> tuple[RewardlessMDP, int]:
    """The MDP with one action a state that a policy leaves."""
    if row.dtype.kind == "f":
        used = row > 0
        mixed = int(np.add.reduceat(used, mdp.pointer[:-1], dtype=np.int64).max())
        if mixed > 1:
            choice = sparse.csr_array((row, np.arange(mdp.n_pairs), mdp.pointer), shape=(mdp.n_states, mdp.n_pairs))
            choice.eliminate_zeros()
            kernel = sparse.csr_array(choice @ mdp.kernel)
            kernel.eliminate_zeros()  # a product of two tiny probabilities
            kernel.data /= np.repeat(kernel.sum(axis=1), np.diff(kernel.indptr))
            return RewardlessMDP.from_pairs(np.arange(mdp.n_states), kernel), mixed
        row = np.flatnonzero(used)
    return RewardlessMDP.from_pairs(np.arange(mdp.n_states), mdp.kernel[row]), 1

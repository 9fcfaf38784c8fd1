"""The power of learning agents, from anywhere: wrappers of networks, tables, rules, libraries.

An agent is a map from reward functions and a discount rate to policies, pol_t(R, γ), so that its power is that of
Definition C.1 (Turner et al., arXiv 1912.01683) as it stands. With μ a distribution of starts,

    P_t = Σ_s μ(s) POWER^{pol_t}_D(s, γ),     share_t = (P_t − F)/(C − F)

where the floor F is the same of the uniformly random policy, and the ceiling C is POWER. An agent that does not look
at R has share 0 where all rewards have one mean, whatever trained it: then POWER^pol is that mean in every state. A
share may be negative. All numbers are from the same draws, each from a run of `mdppower.power`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from numbers import Integral
from os import PathLike
from typing import Any

import numpy as np

from mdppower._checks import as_float
from mdppower._quotes import quoted
from mdppower._text import count, rate_text, shorten
from mdppower._typing import FloatArray, Label
from mdppower._warn import warn
from mdppower.agents.rules import uniformly_random
from mdppower.errors import MDPPowerError, ParameterError, SizeError
from mdppower.learning.adaptation import fine_tuned
from mdppower.learning.assessment import Assessment
from mdppower.learning.libraries import Library
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power import power
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import MOST_NUMBERS
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.run_loop import whole


@whole()
def assess(
    agents: Mapping[Label, Any],
    mdp: RewardlessMDP,
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    start: Any = None,
    episodes: Sequence[int] = (0,),
    adapt: Callable[[Any, int], Any] | None = None,
    samples: int = 4096,
    rng: Any = None,
    sampler: str | None = None,
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Assessment:
    """How much power agents have, between the random policy and the optimal one.

    Parameters
    ----------
    agents : mapping
        From a step of training, or any label, to an agent: a function ``agent(mdp, rewards, gamma)`` of (N, S) reward
        functions that gives (N, S) actions, (N, P) probabilities or (N, S, A) tables, or whatever else ``policy=`` of
        `mdppower.power` takes; or a `Library`, which picks its best policy for each reward function and state.
    mdp : RewardlessMDP
    gamma : float or sequence of float
        In [0, 1].
    rewards : anything that `mdppower.rewards` takes
        What the agents are tried on.
    start : label or mapping, optional
        The state that counts, or {state: share} that sum to 1. By default all states alike.
    episodes : sequence of int
        How many episodes the agents may go on learning each reward function before they are tried; 0 is at once.
    adapt : callable, optional
        ``adapt(agent, k)`` gives an agent after k > 0 episodes. By default `fine_tuned`, which needs agents with a
        method ``q_values(mdp, rewards, gamma)``; its episodes begin at `start`, if that is one state, else in any.
    samples, rng, sampler, workers, executor, progress
        As for `mdppower.power`.
    store : str or path, optional
        A file that keeps what is finished, as for `mdppower.power`.
    key : str, optional
        Names agents or rewards that are your own code in the store, which cannot tell code from other code.

    Returns
    -------
    Assessment

    Raises
    ------
    ParameterError
        There are no agents, an argument is out of range, or an agent gives no policy: the message names its step.
    LabelError
        A start is unknown.
    SizeError
        The numbers of all agents would not fit into memory.
    RewardError
        The rewards are none, have no mean, or are of pairs; or a callable gave what is no number.

    Warns
    -----
    MDPPowerWarning
        Floor and ceiling are equal, so that shares are not defined: they are NaN. Or the law of rewards is such that
        intervals cannot be trusted: `mdppower.power`, which has the same P, F and C, can guarantee theirs.

    Notes
    -----
    Ctrl-C raises KeyboardInterrupt: shares are formed of whole runs. What was finished is in the store.

    Examples
    --------
    Three who know the maze: one that looks one step ahead, one that looks three, and one that looks at no reward.

    >>> import mdppower as mp
    >>> from mdppower.agents import lookahead
    >>> maze = mp.envs.make("maze")
    >>> def east(mdp, rewards, gamma):
    ...     return np.broadcast_to(mdp.action_codes[mdp.pointer[:-1]], rewards.shape)
    >>> found = assess({"east": east, 1: lookahead(1), 3: lookahead(3)}, maze, 0.9, samples=512, rng=0)
    >>> found.share().mean.round(2)
    array([0.  , 0.79, 0.92])
    """
    check_mdp(mdp)
    named = _agents(agents)
    counts = _episodes(episodes)
    weights = starts(mdp, start)
    begin = mdp.states[int(weights.argmax())] if np.count_nonzero(weights) == 1 else None
    if adapt is not None and not callable(adapt):
        raise ParameterError(f"adapt must be a function adapt(agent, k), got {quoted(adapt)}")
    learn = adapt or partial(fine_tuned, start=begin)
    common: dict[str, Any] = {
        "samples": samples, "sampler": sampler, "workers": workers, "executor": executor,
        "store": store, "progress": progress,
    }  # fmt: skip
    ceiling = power(mdp, gamma, rewards, rng=rng, **common)
    assert ceiling.draws is not None
    assert isinstance(ceiling.data, Replicates)
    size = (2 + len(named) * len(counts)) * ceiling.data.means.size
    if size > MOST_NUMBERS:
        raise SizeError(
            f"the numbers of {count(len(named) * len(counts), 'agent')} would take {size / 2**27:.1f} GiB"
        )
    common["rng"] = ceiling.draws.source.entropy  # a generator would go on; and a store knows the last one
    parts: list[Any] = [power(mdp, gamma, rewards, policy=uniformly_random(), **common), ceiling]
    for step, agent in named.items():
        for k in counts:
            try:
                changed = agent if k == 0 else learn(agent, k)
                if changed is None:  # to `power`, the optimal policy
                    raise ParameterError("None is no agent")
                if isinstance(changed, Library):
                    parts.append(_of_library(changed, mdp, ceiling))
                else:
                    own = None if key is None else repr((key, step, k))  # 1 and "1" are two agents
                    parts.append(power(mdp, gamma, rewards, policy=changed, key=own, **common))
            except MDPPowerError as error:
                error.args = (f"agent {quoted(step)}{f' after {k} episodes' * (k > 0)}: {error}", *error.args[1:])
                raise
    found = _together(ceiling, parts, tuple(named), counts, weights)
    if (none := found.undefined()).any():
        rates = ", ".join(rate_text(g) for g in np.array(found.gammas)[none])
        warn(f"at γ = {rates} floor and ceiling are equal: no share is defined")
    return found


def _together(
    ceiling: PowerEstimate, parts: Sequence[Any], steps: tuple[Label, ...], episodes: tuple[int, ...],
    weights: FloatArray,
) -> Assessment:  # fmt: skip
    """All that is known, side by side: floor, ceiling, and the agents in order, each with all states."""
    data: list[Replicates] = [part.data for part in parts]
    first = data[0]
    joined = Replicates(
        means=np.concatenate([one.means for one in data], axis=2),
        low=np.concatenate([one.low for one in data]),
        high=np.concatenate([one.high for one in data]),
        constant=np.concatenate([one.constant for one in data]),
        slack=np.max([one.slack for one in data], axis=0),
        trials=first.trials,
        has_variance=all(one.has_variance for one in data),
    )
    assert ceiling.draws is not None
    caution = "; ".join(dict.fromkeys(part.caution for part in parts if part.caution))
    draws = replace(ceiling.draws, caution=caution)
    return Assessment(
        joined, steps, episodes, tuple(ceiling.labels), ceiling.gammas, ceiling.single_gamma, weights, draws,
        ceiling.layout, dict(ceiling.marks),
    )  # fmt: skip


def _of_library(library: Library, mdp: RewardlessMDP, ceiling: PowerEstimate) -> Estimate:
    """What a library that picks its best gets, on the draws of another estimate."""
    known, draws = ceiling.data, ceiling.draws
    assert isinstance(known, Replicates)
    assert draws is not None
    if ceiling.gammas != (library.gamma,):
        raise ParameterError(f"{library!r} was made for gamma = {library.gamma:g}: assess it there")
    if not library.mdp.equals(mdp):
        raise ParameterError(f"{library!r} is about another MDP: make a library of this one")
    means, slack = np.empty(known.means.shape), known.slack
    for k in range(known.count):
        values, error = library.certified(draws.source.replicates([k], draws.states), "power")
        means[k, 0], slack = values.mean(axis=0), np.maximum(slack, error)
    data = replace(known, means=means, constant=np.zeros(known.constant.shape, bool), slack=slack, origin=None)
    return Estimate(data, ceiling.labels, ceiling.gammas, ceiling.single_gamma, draws=draws)


# ---------------------------------------------------------------------- arguments


def starts(mdp: RewardlessMDP, start: Any) -> FloatArray:
    """(S,) weights of the states, from what a user may give.

    Parameters
    ----------
    mdp : RewardlessMDP
    start : None, label or mapping
        All states alike; one state, or all that carry a mark; {state: share}.

    Returns
    -------
    (S,) array
        Sums to 1.

    Raises
    ------
    LabelError
        There is no such state.
    ParameterError
        Shares are negative, or do not sum to 1.

    Examples
    --------
    >>> import mdppower as mp
    >>> starts(mp.envs.fork(2), None), starts(mp.envs.fork(2), {"root": 0.5, "t2": 0.5})
    (array([0.33333333, 0.33333333, 0.33333333]), array([0.5, 0. , 0.5]))
    """
    n = mdp.n_states
    if start is None:
        return np.full(n, 1 / n)
    weights = np.zeros(n)
    if not isinstance(start, Mapping):
        several = mdp.marks.get(start) if isinstance(start, str) and start not in mdp.states else None
        where = [mdp.index(start)] if several is None else list(several)
        weights[where] = 1 / len(where)
        return weights
    for state, share in start.items():
        if not 0 <= as_float(share) <= 1:
            raise ParameterError(
                f"start: the share of {quoted(state)} must be a number in [0, 1], got {quoted(share)}"
            )
        weights[mdp.index(state)] += float(share)
    if abs(weights.sum() - 1) > 1e-9:
        raise ParameterError(f"start: shares must sum to 1, and sum to {weights.sum():.12g}")
    return np.asarray(weights / weights.sum())


def _agents(given: Any) -> dict[Label, Any]:
    if not isinstance(given, Mapping) or not given:
        raise ParameterError(f"agents must be a mapping {{step: agent}} of one or more, got {quoted(given)}")
    for step in given:
        if isinstance(step, bool) or not isinstance(step, (str, Integral)) or step == "":
            raise ParameterError(f"a step of an agent must be an integer or a text, got {quoted(step)}")
    return {step if isinstance(step, str) else int(step): agent for step, agent in given.items()}


def _episodes(given: Any) -> tuple[int, ...]:
    whole = isinstance(given, Sequence) and not isinstance(given, str) and len(given) > 0
    if not whole or any(isinstance(k, bool) or not isinstance(k, Integral) or k < 0 for k in given):
        raise ParameterError(f"episodes must be a sequence of integers from 0, got {quoted(given)}")
    counts = tuple(int(k) for k in given)
    if list(counts) != sorted(set(counts)):
        raise ParameterError(f"episodes must increase, got {shorten(counts)}")
    return counts

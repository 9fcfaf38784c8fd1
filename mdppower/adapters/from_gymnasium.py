"""Gymnasium in: an environment that shows its transition table P becomes a `RewardlessMDP`.

Gymnasium's toy-text environments keep ``P[s][a] = [(probability, next state, reward, terminated), …]``. Two things
in it have no counterpart in an MDP: the reward, which is left out, and ``terminated``, which belongs to a
transition and not to a state. What is made of the latter is the caller's choice and is recorded in ``mdp.origin``.
"""

from __future__ import annotations

import reprlib
import warnings
from collections.abc import Callable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._typing import AnyArray, BoolArray
from mdppower._warn import warn
from mdppower.adapters.gymnasium_check import Walk, compare_steps
from mdppower.adapters.gymnasium_make import make_environment
from mdppower.adapters.gymnasium_rewards import keep_reward
from mdppower.adapters.gymnasium_table import Table, attribute, read_table, told_labels
from mdppower.adapters.gymnasium_termination import absorb, only_reachable, sink
from mdppower.adapters.gymnasium_world import StepOptions, enumerate_environment, require_options
from mdppower.adapters.gymnasium_wrappers import (
    acting_wrapper,
    refuse_wrappers,
    rewarding_wrapper,
    time_limit,
    told_wrappers,
    without_watchers,
)
from mdppower.errors import MDPPowerWarning, ModelError, ParameterError, SizeError
from mdppower.mdp.canonical import numbers, plain_label
from mdppower.mdp.model import RewardlessMDP

if TYPE_CHECKING:
    import gymnasium

TERMINATED = ("absorb", "sink", "continue")
METHODS = ("auto", "table", "steps")


def from_gymnasium(
    env: gymnasium.Env[Any, Any] | str | Mapping[Any, Any] | Sequence[Any],
    *,
    terminated: str = "absorb",
    starts: Any = None,
    reachable_only: bool = False,
    check: bool = False,
    rng: Any = None,
    method: str = "auto",
    key: Callable[[Any], Any] | str | None = None,
    mask: Callable[[Any], Any] | bool | None = None,
    seed: int | None = None,
    limit: int | None = None,
    tries: int = 3,
    progress: bool | None = None,
) -> RewardlessMDP:
    """Build an MDP from a Gymnasium environment: from its transition table, or by stepping from state to state.

    Parameters
    ----------
    env : gymnasium.Env, str, or table
        An environment, the id of one, or a table P itself: a mapping or sequence ``P[s][a]`` of entries
        (probability, next state, reward, terminated); the last two may be left out.

        *With a table* ``env.unwrapped.P``, wrappers pass if Gymnasium's own and known to leave states, actions and
        outcomes alone (`gymnasium_wrappers.NEUTRAL`). States are in the order of P's keys, sorted if these are all
        int; the keys of ``P[s]`` are the feasible actions of s. State labels are ``state_labels`` of the environment
        (and then also its ``action_labels``, ``layout``, ``marks``), (row, column) for FrozenLake and CliffWalking,
        (row, column, passenger, destination) for Taxi, and else the keys.

        *Without*, or where any other wrapper is around it, the environment is enumerated as it is wrapped: from
        where `reset` puts it, breadth-first, every action is tried in deep copies. Its actions must be discrete,
        and outcomes a function of state and action. It is left as it is. States are labelled by their keys, in the
        order in which they are found, sorted if these are all int; those of Minigrid are (row, column, direction)
        and in words what is carried and what differs in the grid.
    terminated : {"absorb", "sink", "continue"}
        What to make of a *terminated* transition, one that ends the episode.

        ``"absorb"``: the episode stays for ever where it ended. A state is *live* if it is a start, or no
        terminated transition of another state enters it, or a transition of a live state that is not terminated
        enters it. States that are not live become absorbing: their actions stay. Where a terminated transition
        of a live state enters a live one, it goes to an absorbing twin of that, labelled (label, "done"), whose
        only action is "stay". States that are absorbing in P are left as they are, and need no twin.

        ``"sink"``: every terminated transition goes to one absorbing state labelled "end".

        ``"continue"``: the flag is ignored. An enumeration steps on after the end of an episode.
    starts : key or label of a state, or a list of these, optional
        Where episodes begin. Default: where the environment's ``initial_state_distrib`` is positive, else its
        ``isd``; in an enumeration, else where `reset` puts it. If there is neither, as for a bare table, "absorb"
        cannot know that episodes restart in a state that only ends of episodes lead to; ``origin["starts"]`` says
        so where that decides.
    reachable_only : bool
        Drop the states that the result cannot reach from the starts.
    check : bool
        Compare ``step`` with the table: 50,000 steps or more of random actions are taken in the environment, with
        the wrappers that act, which is left where that ends. An outcome that P rules out is refused at once. So is a
        pair whose counts differ from P by Pearson's χ² test (cells with less than 5 expected pooled) and by exact
        binomial tests of its cells, since the tail of χ² is too light for such counts: p-values corrected for the
        number of pairs are below 1e-6, which is about the probability that an honest environment is refused. Pairs
        that random actions do not come to remain unchecked; ``origin["checked"]`` says how many were tried.
        What was enumerated is compared with 20,000 steps, in which counters run on.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Seed of `check`; what `numpy.random.default_rng` takes.
    method : {"auto", "table", "steps"}
        Where transitions are taken from. Default: the table, if there is one, no wrapper may make something else of
        it, and neither `key` nor a function `mask` is given.
    key : callable or "observation", optional
        Enumeration: what tells states apart, as a function of ``env.unwrapped`` (of the environment as wrapped,
        where a wrapper may act) that gives an int, str, array or tuple of these; or the observation, where that
        shows all. Keys are compared exactly. Known are those of Minigrid, toy-text, and environments with
        ``get_state()``.
    mask : callable or False, optional
        Enumeration: of ``env.unwrapped``, 0 or 1 for each action; an action that is masked does not exist. Default:
        ``info["action_mask"]``, or ``action_masks()`` of the environment, where it has such; False: neither.
    seed : int, optional
        Enumeration: of `reset`, for environments that draw what the world is like.
    limit : int, optional
        Enumeration: most states; 100,000 if not given.
    tries : int
        Enumeration: how often each pair is stepped, at least 2: from another way into the state where there is one,
        with generators of random numbers set anew, and at last with counters of steps one further.
    progress : bool, optional
        Enumeration: whether to show a progress bar. Default: if the output is a terminal.

    Returns
    -------
    RewardlessMDP
        Its ``origin`` has "source", "terminated" and "changed" (what that choice changed), "reward" (see
        `given_rewards`), "starts" where these were given or are not known and matter, "time_limit" (of TimeLimit, or
        ``max_steps``) where one was left out, and "reachable_only" and "checked" where these were asked for; of an
        enumeration "enumerated", "key", "counters", "mask", "seed" and "truncated", as far as there is something.

    Raises
    ------
    LabelError
        There is no environment of that id.
    ModelError
        The environment cannot be made; its P is not that of an MDP; `check` finds that ``step`` does otherwise. Of
        an enumeration: actions are continuous; it cannot be copied; no key is known; two steps of the same pair
        differ; a mask is none, or leaves a state without action; ``step`` raises; `reset` draws what the world is
        like and there is no `seed`.
    SizeError
        An enumeration finds more states than `limit`.
    ParameterError
        `env` is nothing of the above, an option is not one of its values or is for the other method, `starts` are no
        states, or `reachable_only` or `check` are asked for where no starts are known or there is no environment.

    Examples
    --------
    >>> import gymnasium
    >>> lake = from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=False))
    >>> lake.successors((0, 0), 2), lake.index("G")
    ({(0, 1): 1.0}, 15)
    >>> lake.origin["source"], lake.origin["terminated"], lake.origin["changed"]
    ('FrozenLake-v1(is_slippery=False)', 'absorb', 'nothing')

    An environment without a table, and what tells its states apart:

    >>> class Lift(gymnasium.Env):
    ...     action_space, observation_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Discrete(4)
    ...     def reset(self, *, seed=None, options=None):
    ...         super().reset(seed=seed)
    ...         self.floor = 0
    ...         return self.floor, {}
    ...     def step(self, action):
    ...         self.floor = min(max(self.floor + (1 if action else -1), 0), 3)
    ...         return self.floor, 0.0, False, False, {}
    >>> lift = from_gymnasium(Lift(), key=lambda env: env.floor)
    >>> lift.successors(1, 1), lift.origin["enumerated"]
    ({2: 1.0}, '4 states by steps of copies; no randomness seen in 3 tries of each pair')
    """
    choice(terminated, "terminated", TERMINATED)
    choice(method, "method", METHODS)
    by_steps = StepOptions(key, mask, seed, 100_000 if limit is None else limit, tries, progress)
    require_options(by_steps)
    asked = [name for name, value in (("seed", seed), ("limit", limit)) if value is not None]
    settings = _Settings(terminated, starts, reachable_only, check, rng, method, by_steps, asked)
    if not isinstance(env, str):
        return _convert(env, settings)
    made = make_environment(env)
    try:
        return _convert(made, settings)
    finally:
        made.close()


class _Settings(NamedTuple):
    terminated: str
    starts: Any
    reachable_only: bool
    check: bool
    rng: Any
    method: str
    steps: StepOptions
    asked: list[str]
    """Those that an enumeration alone understands, and that were given."""


def _convert(env: Any, given: _Settings) -> RewardlessMDP:
    if isinstance(env, Mapping | Sequence) and not isinstance(env, bytes):
        if given.check:
            raise ParameterError("a bare table has no episodes to check")
        if given.method == "steps" or given.steps.key is not None or given.steps.mask or given.asked:
            raise ParameterError("a bare table has no steps: method, key, mask, seed and limit are for environments")
        return _from_table("table", None, None, env, given)
    import gymnasium

    if not isinstance(env, gymnasium.Env):
        kind = type(env).__name__
        raise ParameterError(f"env must be a gymnasium.Env, the id of one, or a table P[s][a], got {kind}")
    base: Any = env.unwrapped
    name, acting = _name(base), acting_wrapper(env)
    entries = attribute(base, "P") if given.method != "steps" else None
    if given.method == "table" or (
        entries is not None and not acting and given.steps.key is None and not callable(given.steps.mask)
    ):
        refuse_wrappers(env)
        if entries is None:
            raise ModelError(f"{name} has no transition table P (env.unwrapped.P); method='steps' enumerates it")
        if given.steps.key is not None or given.steps.mask or given.asked:
            told = ", ".join([*given.asked, *["key"] * (given.steps.key is not None)]) or "mask"
            raise ParameterError(
                f"{name} is read from its table P, to which {told} means nothing: give method='steps'"
            )
        return _from_table(name, env, base, entries, given)
    stepped = without_watchers(env)
    try:
        return _from_steps(f"{name} in {told_wrappers(stepped)}" if acting else name, env, stepped, given)
    except ModelError as error:
        if acting and entries is not None:
            error.said(f"{error}; wrapper {acting} may change what actions do: if P is meant, give env.unwrapped")
        raise


def _from_table(name: str, env: Any, base: Any, entries: Any, given: _Settings) -> RewardlessMDP:
    """The MDP of a table, and of the environment around it, if there is one."""
    known = given.starts is not None or _initial(base)[1] is not None
    if given.reachable_only and not known:
        what = "a bare table" if base is None else name
        raise ParameterError(f"{what} has no initial_state_distrib: reachable_only=True needs starts=")
    fickle = attribute(base, "fickle_passenger", False)
    if np.ndim(fickle) == 0 and fickle and not given.check:
        warn(f"{name}: P leaves out that the passenger may change the destination; check=True shows it")
    try:
        table = read_table(entries, base)
        # Rows that termination is going to replace are part of P too: all of it is validated first.
        plain = table.build()
        begin = _starts(base, len(plain.states)) if given.starts is None else _given_starts(given.starts, table)
        walk = None if env is None else Walk(without_watchers(env))
        told = {"time_limit": time_limit(env)} if env is not None and time_limit(env) else {}
        told |= told_labels(base, table.states)
        if callable(attribute(base, "action_mask")) and given.steps.mask is None:
            told["mask"] = "action_mask() is not used: method='steps' leaves out what it masks"
        changed = "" if env is None else rewarding_wrapper(env)
        refused = (
            f"{changed} makes another of it, which P does not know; method='steps' keeps that" if changed else ""
        )
        read = _Read(table, begin, plain.absorbing_states, known, walk, told, refused, "")
        return _finished(name, read, given)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error.__cause__


def _from_steps(name: str, env: Any, stepped: Any, given: _Settings) -> RewardlessMDP:
    """The MDP of an environment, by its steps."""
    try:
        made = enumerate_environment(stepped, given.steps, given.terminated == "continue")
        table = made.table
        begin = made.starts if given.starts is None else _given_starts(given.starts, table)
        told = made.told | ({"time_limit": time_limit(env)} if time_limit(env) else {})
        note = f" and of {made.counters}, kept for its first step" if made.rewards.counted else ""
        absorbing = np.setdiff1d(table.build().absorbing_states, np.flatnonzero(made.ended))
        read = _Read(table, begin, absorbing, True, made.walk, told, made.rewards.refused, note)
        # States in which episodes end are left by nobody: with a sink none comes there.
        if given.terminated == "sink" and made.ended.any():
            given = given._replace(reachable_only=True)
        return _finished(name, read, given)
    except SizeError as error:
        raise error.said(f"{name}: {error}") from None
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error.__cause__


class _Read(NamedTuple):
    """What was read of an environment, whichever way."""

    table: Table
    begin: BoolArray
    absorbing: AnyArray
    known: bool
    """Whether it is known where episodes begin."""
    walk: Walk | None
    told: dict[str, str]
    refused: str
    """Why its reward cannot be kept; empty where it may."""
    note: str
    """What is to be said of it."""


def _finished(name: str, read: _Read, given: _Settings) -> RewardlessMDP:
    """The MDP: checked, with an end made of terminated transitions, and with its reward."""
    table, begin = read.table, read.begin
    origin = {"source": name, "terminated": given.terminated, **read.told}
    if given.starts is not None:
        origin["starts"] = reprlib.repr(given.starts)
    if given.check and read.walk is not None:
        origin["checked"] = compare_steps(read.walk, table, given.rng)
    if given.terminated == "absorb":
        table, origin["changed"], made = absorb(table, begin, read.absorbing)
        if made and not read.known:
            origin["starts"] = "not known: give starts= if episodes begin in a state that was made absorbing"
    elif given.terminated == "sink":
        table, origin["changed"] = sink(table)
    else:
        origin["changed"] = "nothing"
    told = f"{read.note}; 0 after the end" if given.terminated != "continue" else read.note
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MDPPowerWarning)  # of rescaled rows: the plain table has warned
        mdp = table.build(origin)
        if given.reachable_only:
            mdp = only_reachable(mdp, begin, origin)
    return keep_reward(mdp, table, read.refused, told)


# ---------------------------------------------------------------------- what is given


def _name(base: Any) -> str:
    """What an unwrapped environment is called, with those of its arguments that make a difference."""
    import gymnasium

    if base.spec is None:
        return type(base).__name__
    name: str = base.spec.id
    registered = gymnasium.registry[name].kwargs if name in gymnasium.registry else {}
    # How it looks does not matter; what the id stands for need not be repeated. Arrays compare by repr.
    given = [
        f"{k}={' '.join(reprlib.repr(v).split())}"
        for k, v in base.spec.kwargs.items()
        if k != "render_mode" and not (k in registered and repr(registered[k]) == repr(v))
    ]
    return name + (f"({', '.join(given)})" if given else "")


def _initial(base: Any) -> tuple[str, Any]:
    """The initial distribution of an environment and its name; None where it does not say."""
    for name in ("initial_state_distrib", "isd"):
        given = attribute(base, name)
        if given is not None:
            return name, given
    return "", None


def _starts(base: Any, n_states: int) -> BoolArray:
    """(S,) whether an episode can start there; nowhere, if the environment does not say."""
    name, given = _initial(base)
    if given is None:
        return np.zeros(n_states, bool)
    initial = numbers(given, name)
    if initial.shape != (n_states,):
        raise ModelError(f"{name} must have one number a state ({n_states}), got {initial.shape}")
    if not (initial >= 0).all():
        raise ModelError(f"{name} has {initial[~(initial >= 0)][0]} among its probabilities")
    positive: BoolArray = initial > 0
    return positive


def _given_starts(starts: Any, table: Table) -> BoolArray:
    """(S,) whether it is one of the states that the user names, by key of P or by label."""
    several = isinstance(starts, list | range | Set) or (isinstance(starts, np.ndarray) and starts.ndim > 0)
    listed = starts if several else [starts[()] if isinstance(starts, np.ndarray) else starts]
    where = [{key: i for i, key in enumerate(names)} for names in (table.keys, table.states)]
    begin = np.zeros(len(table.states), bool)
    for start in listed:
        try:
            label = plain_label(start)
            begin[next(index[label] for index in where if label in index)] = True
        except (ModelError, StopIteration):
            raise ParameterError(f"starts must be states, keys of P or labels; {quoted(start)} is none") from None
    if not begin.any():
        raise ParameterError(f"starts must name one state or more, got {quoted(starts)}")
    return begin

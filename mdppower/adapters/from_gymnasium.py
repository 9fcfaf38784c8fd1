"""Gymnasium in: an environment that shows its transition table P becomes a `RewardlessMDP`.

Gymnasium's toy-text environments keep ``P[s][a] = [(probability, next state, reward, terminated), …]``. Two things
in it have no counterpart in an MDP: the reward, which is left out, and ``terminated``, which belongs to a
transition and not to a state. What is made of the latter is the caller's choice and is recorded in ``mdp.origin``.
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mdppower._checks import choice
from mdppower.adapters.gymnasium_calls import OLD
from mdppower.adapters.gymnasium_convert import Settings, from_steps, from_table
from mdppower.adapters.gymnasium_make import make_environment
from mdppower.adapters.gymnasium_masks import require_mask
from mdppower.adapters.gymnasium_table import attribute
from mdppower.adapters.gymnasium_world import StepOptions, require_options
from mdppower.adapters.gymnasium_wrappers import acting_wrapper, refuse_wrappers, told_wrappers, without_watchers
from mdppower.errors import ModelError, ParameterError
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
    key: Callable[[Any], Any] | str | Sequence[str] | None = None,
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
        it, and no `key` is given.
    key : callable, "observation", name or names of attributes, optional
        Enumeration: what tells states apart, as a function of ``env.unwrapped`` (of the environment as wrapped,
        where a wrapper may act) that gives an int, str, array or tuple of these; as attributes, ``("x", "cart.y")``
        or ``"x,cart.y"``, looked for from the outermost wrapper inwards, whose names are kept in
        ``origin["labels"]``; or the observation, where that shows all. Keys are compared exactly. Known are those of
        Minigrid, toy-text, and environments with ``get_state()``.
    mask : callable or bool, optional
        Of ``env.unwrapped``, 0 or 1 for each action; an action that is masked does not exist. True: what the
        environment itself says: ``action_mask`` in `info` or in the observation, or a method ``action_masks()``.
        False: nothing is masked. Default: an enumeration uses the environment's own where it has one, a table is
        taken as it is, which `origin` says.

        *With a table*, a copy of the environment is put into each state of P to be asked, by a method that takes the
        state, by the attribute that holds it, or by a reset with all probability on it; 300 random steps must lead
        to the same masks. Where an episode has ended all actions stay.
    seed : int, optional
        Enumeration: of `reset`, for environments that draw what the world is like.
    limit : int, optional
        Enumeration: most states; 100,000 if not given.
    tries : int
        Enumeration: how often each pair is stepped, at least 2: from another way into the state where there is one,
        with generators of random numbers set anew, and at last with counters of steps one further. Chance that is
        not drawn from NumPy's or Python's generators, but by `secrets`, ``os.urandom`` or a clock, is seen only as a
        difference: one of 1 % goes unseen in 3 tries of a pair with probability 97 %, in 300 with 5 %.
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
        differ; ``step`` raises; `reset` draws what the world is like and there is no `seed`. Of both: a mask is
        none, cannot be asked, or leaves a state without action.
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
    require_mask(mask)
    by_steps = StepOptions(key, mask, seed, 100_000 if limit is None else limit, tries, progress)
    require_options(by_steps)
    asked = [name for name, value in (("seed", seed), ("limit", limit)) if value is not None]
    settings = Settings(terminated, starts, reachable_only, check, rng, method, by_steps, asked)
    if not isinstance(env, str):
        return _convert(env, settings)
    made = make_environment(env)
    try:
        return _convert(made, settings)
    finally:
        made.close()


def _convert(env: Any, given: Settings) -> RewardlessMDP:
    if isinstance(env, Mapping | Sequence) and not isinstance(env, bytes):
        if given.check:
            raise ParameterError("a bare table has no episodes to check")
        if given.method == "steps" or given.steps.key is not None or given.steps.mask or given.asked:
            raise ParameterError("a bare table has no steps: method, key, mask, seed and limit are for environments")
        return from_table("table", None, None, env, given)
    import gymnasium

    if not isinstance(env, gymnasium.Env):
        raise ParameterError(f"env must be a gymnasium.Env, the id of one, or a table P[s][a], got {_told(env)}")
    base: Any = env.unwrapped
    name, acting = _name(base), acting_wrapper(env)
    entries = attribute(base, "P") if given.method != "steps" else None
    if given.method == "table" or (entries is not None and not acting and given.steps.key is None):
        refuse_wrappers(env)
        if entries is None:
            raise ModelError(f"{name} has no transition table P (env.unwrapped.P); method='steps' enumerates it")
        if given.steps.key is not None or given.asked:
            told = ", ".join([*given.asked, *["key"] * (given.steps.key is not None)])
            raise ParameterError(
                f"{name} is read from its table P, to which {told} means nothing: give method='steps'"
            )
        return from_table(name, env, base, entries, given)
    stepped = without_watchers(env)
    try:
        return from_steps(f"{name} in {told_wrappers(stepped)}" if acting else name, env, stepped, given)
    except ModelError as error:
        if acting and entries is not None:
            error.said(f"{error}; wrapper {acting} may change what actions do: if P is meant, give env.unwrapped")
        raise


def _told(thing: Any) -> str:
    """What something is that is no environment, and what may have been meant."""
    import gymnasium

    kind = type(thing).__name__
    if isinstance(thing, type):
        ours = issubclass(thing, gymnasium.Env)
        return f"the class {thing.__name__}" + (f": give one of it, {thing.__name__}(…)" if ours else "")
    if hasattr(thing, "reset") and hasattr(thing, "step"):
        older = any(base.__module__.split(".")[0] == "gym" for base in type(thing).__mro__)
        return f"{kind}, which is of gym: {OLD}" if older else f"{kind}, which has reset and step but is no subclass"
    return f"the function {thing.__name__}: call it" if inspect.isroutine(thing) else kind


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

"""From an environment to a table, by steps: where it begins, what its state is, what counts, and the search."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from mdppower._quotes import quoted
from mdppower._text import count, shorten
from mdppower._typing import BoolArray, Label
from mdppower._warn import warn
from mdppower.adapters.gymnasium_calls import reset_environment
from mdppower.adapters.gymnasium_check import Walk
from mdppower.adapters.gymnasium_copies import Copier, globals_kept
from mdppower.adapters.gymnasium_enumerate import Search
from mdppower.adapters.gymnasium_keys import reading_of
from mdppower.adapters.gymnasium_masks import Masks
from mdppower.adapters.gymnasium_parts import counting_parts
from mdppower.adapters.gymnasium_probe import Seen, attributes, look, told_attributes, told_differences, without_state
from mdppower.adapters.gymnasium_rewards import Rewards
from mdppower.adapters.gymnasium_spaces import Key, listed_actions
from mdppower.adapters.gymnasium_starts import chances, initial, reset_to
from mdppower.adapters.gymnasium_step import Arrival, World
from mdppower.adapters.gymnasium_table import Table
from mdppower.adapters.gymnasium_tries import Found, told_found
from mdppower.errors import ModelError, ParameterError
from mdppower.mdp.canonical import FLOAT64_EPS

RESETS = 8
"""Tried where no seed is given, to see whether they begin alike."""

OTHER_WORLDS = 2
"""Of these, if they differ in an attribute, are enumerated again to see whether that matters."""

CHECK_STEPS = 20_000
"""Random steps of `check`."""


@dataclass(frozen=True)
class StepOptions:
    """What `mdppower.from_gymnasium` was told of an enumeration; see there."""

    key: Any = None
    mask: Any = None
    seed: int | None = None
    limit: int = 100_000
    tries: int = 3
    progress: bool | None = None


@dataclass(frozen=True)
class Enumerated:
    """An environment as a table, and what is to be said of it."""

    table: Table
    starts: BoolArray
    ended: BoolArray
    """(S,) states that were entered by the end of an episode only."""
    rewards: Rewards
    counters: str
    """Names of the counters of steps; empty where there is none."""
    told: dict[str, str]
    walk: Walk


def enumerate_environment(env: Any, options: StepOptions, goes_on: bool) -> Enumerated:
    """Enumerate an environment: copies of it are stepped, and it is left as it is.

    Parameters
    ----------
    env : gymnasium.Env
    options : StepOptions
    goes_on : bool
        Whether steps after the end of an episode count.

    Raises
    ------
    ModelError
        It has continuous actions, cannot be copied, is random, or else as `mdppower.from_gymnasium` says.
    SizeError
        There are more states than `limit`.
    ParameterError
        An option is out of its range.
    """
    with globals_kept():
        before = attributes(env)
        actions, names = listed_actions(env)
        plain = Copier(lambda base, memo: None)
        here = plain.copy(env)
        observation, info = reset_environment(here, 0 if options.seed is None else options.seed)
        masks = Masks(here, options.mask, observation, info, len(actions))
        reading = reading_of(here, options.key)
        if reading is None:
            raise _no_key(here, look(here, observation, info, actions, masks, plain, None))
        copier = Copier(reading.share)
        seen = look(here, observation, info, actions, masks, copier, reading.read)
        clocks = counting_parts(seen.moves, reading.names) if reading.told == "get_state()" else []
        if clocks:
            warn(
                f"{type(here.unwrapped).__name__}: get_state() holds {shorten(clocks)}, which changed at every step: "
                "each moment is a state of its own; a key= that leaves it out makes one of them"
            )
        copier.counters = without_state(seen, here, observation, actions, reading.read, copier)
        world = World(reading, masks, copier, actions, names, here.unwrapped, options.tries, goes_on)
        starts = _starts(env, here, observation, info, world, options.seed)
        loud = logging.getLogger("mdppower").isEnabledFor(logging.WARNING)
        hidden = (None if loud else True) if options.progress is None else not options.progress
        with tqdm(desc="states", unit=" states", disable=hidden, leave=False) as bar:
            found = _search(world, starts, options, bar)
    changed = [name for (depth, name), held in attributes(env).items() if before.get((depth, name)) != held]
    if changed:
        raise ModelError(f"steps of copies change {changed[0]} of the environment itself, which they share")
    table, begin, ended = _table(found, world, env.unwrapped)
    moves = dict(zip(names, actions, strict=True))
    walk = Walk(env, reading.read, moves, options.seed, CHECK_STEPS, "what was enumerated")
    counters = ", ".join(counter.name for counter in copier.counters)
    told = {"enumerated": told_found(found, options.tries), "key": reading.told}
    if clocks:
        told["key"] += f", of which {shorten(clocks)} changed at every step"
    if reading.names:
        told["labels"] = ", ".join(reading.names)
    if counters:
        over = f"; episodes that end when {found.ended} steps were counted, or sooner, go on" if found.ended else ""
        told["counters"] = f"{counters}: set back before each step{over}"
    if masks.source:
        told["mask"] = f"{masks.source}: masked actions do not exist"
    if options.seed is not None:
        told["seed"] = str(options.seed)
    if found.truncated:
        told["truncated"] = f"{count(found.truncated, 'transition')} that the environment cut off go on"
    return Enumerated(table, begin, ended, found.rewards, counters, told, walk)


def _no_key(env: Any, seen: Seen) -> ModelError:
    return ModelError(
        "has no transition table P (env.unwrapped.P), and what tells its states apart is not known: give key=, a "
        'function such as lambda env: (env.x, env.y) or names of attributes such as ("x", "y") (on the command line '
        '--set key=x,y), or key="observation" where that shows all (--set key=observation); '
        f"attributes are {told_attributes(env, seen)}"
    )


# ---------------------------------------------------------------------- where it begins


def _starts(
    env: Any, here: Any, observation: Any, info: Any, world: World, seed: int | None
) -> list[tuple[Key, Arrival]]:
    """Every state that it may begin in, as far as that is known."""
    name, given = chances(here.unwrapped)
    if given is not None:
        found = []
        for i in np.flatnonzero(given).tolist():
            made = world.copier.copy(here)
            told = reset_to(made, name, len(given), i, 0 if seed is None else seed)
            world.copier.set_counters(made, 0)
            found.append(world.arrive(made, *told))
        return found
    world.copier.set_counters(here, 0)
    if seed is not None:
        return [world.arrive(here, observation, info)]
    copies = [world.copier.copy(env) for _ in range(RESETS)]
    found = [world.arrive(made, *reset_environment(made, k)) for k, made in enumerate(copies)]
    keys = {key for key, _ in found}
    if world.reading.drawn is not None and len({world.reading.drawn(key) for key in keys}) > 1:
        raise _drawn(len(keys))
    return found


def _drawn(resets: int) -> ModelError:
    return ModelError(
        f"reset draws what the world is like, not only where one begins: {RESETS} resets began in {resets} states "
        "and steps do not lead from one to the others; give seed= to keep one of these worlds"
    )


def _search(world: World, starts: list[tuple[Key, Arrival]], options: StepOptions, bar: Any) -> Found:
    """Search from the first start; where others are drawn by `reset`, they must lie in the same world."""
    search = Search(world, options.limit, bar)
    sure = options.seed is not None or initial(starts[0][1].env.unwrapped)[1] is not None
    for key, arrival in starts if sure else starts[:1]:
        search.begin(key, arrival)
    found = search.run()
    if not sure:
        if any(not search.knows(key) for key, _ in starts):
            raise _drawn(len({key for key, _ in starts}))
        for key, arrival in starts[1:]:
            search.begin(key, arrival)
        found = search.run()
        _refuse_hidden(search, starts, world)
    search.walk([arrival for _, arrival in starts])
    return found


def _refuse_hidden(search: Search, starts: list[tuple[Key, Arrival]], world: World) -> None:
    """A ModelError where `reset` draws what the key leaves out, and what decides, such as where the goal is."""
    first = starts[0][1].env
    held = attributes(first)
    others = [start for start in starts[1:] if attributes(start[1].env) != held]
    for key, arrival in others[:OTHER_WORLDS]:
        where = search.differs_from(key, arrival)
        if where:
            raise ModelError(
                f"reset draws what the key ({world.reading.told}) leaves out and what decides: after another reset "
                f"{where}; different are {told_differences(first, arrival.env)}; give seed= to keep one of these "
                "worlds, or a key= that holds it"
            )


# ---------------------------------------------------------------------- as a table


def _table(found: Found, world: World, base: Any) -> tuple[Table, BoolArray, BoolArray]:
    """States in the order in which they were found; where their keys are all int, by these."""
    n = len(found.keys)
    order = list(range(n))
    if all(type(key) is int for key in found.keys):
        order.sort(key=lambda i: found.keys[i])  # type: ignore[arg-type,return-value]
    place = {old: new for new, old in enumerate(order)}
    keys = [found.keys[i] for i in order]
    labels, layout, marks = world.reading.called(keys, base)
    named: list[Any] = [*keys]
    owner: list[int] = []
    codes: list[int] = []
    target: list[int] = []
    flag: list[bool] = []
    reward: list[float] = []
    for new, old in enumerate(order):
        # Where an episode ended nobody knows of actions: as in Gymnasium's own tables all are there, and stay.
        steps = found.steps[old] or dict.fromkeys(range(len(world.actions)), (old, False))
        for action, (successor, ends) in steps.items():
            owner.append(new)
            codes.append(action)
            target.append(place[successor])
            flag.append(ends)
            reward.append(found.rewards.of.get((old, action), 0.0))
    names: list[Label] = list(world.names)
    pair = np.arange(len(owner))
    table = Table(
        named, names, labels, names, layout, marks, np.array(owner), np.array(codes), pair, np.array(target),
        np.ones(len(pair)), np.array(flag), np.array(reward), FLOAT64_EPS,
    )  # fmt: skip
    begin, ended = np.zeros(n, bool), np.zeros(n, bool)
    begin[[place[start] for start in found.starts]] = True
    ended[[place[old] for old in range(n) if not found.steps[old]]] = True
    return table, begin, ended


def require_options(options: StepOptions) -> None:
    """Raise ParameterError for options out of their range."""
    for name, least in (("limit", 1), ("tries", 2)):
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ParameterError(f"{name} must be an integer, {least} or more, got {quoted(value)}")
    seed = options.seed
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
        raise ParameterError(f"seed must be an integer, 0 or more, got {quoted(seed)}")

"""A few random steps of an environment, to see which of its attributes change: counters of steps, and state."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Set
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from mdppower._text import cut
from mdppower.adapters.gymnasium_copies import Copier, Counter, layers, seed_globals
from mdppower.adapters.gymnasium_masks import Masks
from mdppower.adapters.gymnasium_spaces import Key, exact_key
from mdppower.errors import ModelError

Read = Callable[[Any, Any], Key]
"""(environment, observation) → key."""

STEPS = 24
"""Taken for a look."""

FEW = 4
"""Actions that are tried to see whether a counter is observed."""

SHOWN = 12
"""Most attributes that a message names."""

_WORDS = frozenset(
    ["step", "steps", "elapsed", "tick", "ticks", "time", "timestep", "timesteps", "t", "age", "clock", "frame",
     "frames", "count", "counter", "iteration", "iterations", "turn", "turns", "moves"]
)  # fmt: skip
"""One of these is in the name of what counts steps."""

_NOT_STATE = frozenset(
    ["spec", "action_space", "observation_space", "metadata", "render_mode", "np_random", "_np_random",
     "_np_random_seed", "env", "_action_space", "_observation_space", "_reward_range", "_metadata", "_cached_spec",
     "reward_range"]
)  # fmt: skip


class Seen(NamedTuple):
    """What a few steps showed.

    Attributes
    ----------
    steps : int
        That were taken.
    changed : dict from (layer, name) to int
        In how many of them an attribute changed.
    counters : tuple of Counter
        Integers with a counter's name that went up in every step, or down in every step.
    moves : list of (Key, Key)
        The keys before and after each step, where it is known how to read them.
    """

    steps: int
    changed: dict[tuple[int, str], int]
    counters: tuple[Counter, ...]
    moves: list[tuple[Key, Key]]


def look(
    env: Any, observation: Any, info: Any, actions: list[Any], masks: Masks, copier: Copier, read: Read | None
) -> Seen:
    """Take `STEPS` random steps in copies of an environment that was reset.

    An episode that ends is begun anew from `env`. An action that raises ends one, too: the enumeration will tell.
    """
    rng = np.random.default_rng(0)
    first = attributes(env)
    changed = dict.fromkeys(first, 0)
    differences: dict[tuple[int, str], set[Any]] = {place: set() for place in first}
    seed_globals(0)
    start = masks.of(env, observation, info)
    key = begin = None if read is None else read(env, observation)
    moves: list[tuple[Key, Key]] = []
    walker, mask, before, taken = copier.copy(env, 0), start, first, 0
    for _ in range(STEPS):
        allowed = np.flatnonzero(mask)
        if not len(allowed):
            break
        try:
            seen, _, terminated, truncated, told = walker.step(copy.deepcopy(actions[rng.choice(allowed)]))
            mask = masks.of(walker, seen, told)
            if read is not None:
                last, key = key, read(walker, seen)
                moves.append((last, key))
        except Exception:
            break
        refuse_other_copy(walker, copier)
        after, taken = attributes(walker), taken + 1
        for place in after.keys() | before.keys():
            old, new = before.get(place), after.get(place)
            changed[place] = changed.get(place, 0) + (old != new)
            plain = type(old) is int and type(new) is int
            differences.setdefault(place, set()).add(new - old if plain else None)  # type: ignore[operator]
        before = after
        if terminated or truncated:
            walker, mask, before, key = copier.copy(env, 0), start, first, begin
    counters = []
    for place, steps in differences.items():
        held = first.get(place)
        if type(held) is not int:
            continue
        if _is_time_limit(env, place):
            counters.append(Counter(*place, held, 1))
        elif _goes_one_way(steps) and _counts(place[1]):
            counters.append(Counter(*place, held, min(steps, key=abs)))
    return Seen(taken, changed, tuple(counters), moves)


def _counts(name: str) -> bool:
    """Whether a name is one of what counts steps: ``step_count``, ``_elapsed_steps``, ``timeStep``, ``t``."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return any(word.lower() in _WORDS for word in words)


def _goes_one_way(steps: set[Any]) -> bool:
    """By 1 in every step, or by several where a wrapper repeats actions."""
    return bool(steps) and None not in steps and (min(steps) > 0 or max(steps) < 0)


def _is_time_limit(env: Any, place: tuple[int, str]) -> bool:
    return place[1] == "_elapsed_steps" and type(layers(env)[place[0]]).__name__ == "TimeLimit"


def attributes(env: Any, but: Set[tuple[int, str]] = frozenset()) -> dict[tuple[int, str], Any]:
    """What each attribute, but for some, holds, as far as it can be compared."""
    return {
        (depth, name): _held(value, 0)
        for depth, layer in enumerate(layers(env))
        for name, value in vars(layer).items()
        if name not in _NOT_STATE and (depth, name) not in but
    }


def _held(value: Any, depth: int) -> Any:
    """A key of what a value holds; of an object, that of its attributes."""
    try:
        return exact_key(value)
    except (ModelError, TypeError, ValueError):
        pass
    if depth > 3 or callable(value) or isinstance(value, ModuleType):
        return getattr(value, "__name__", type(value).__name__)
    if isinstance(value, list | tuple):
        return tuple(_held(part, depth + 1) for part in value)
    if isinstance(value, dict):
        return tuple((_held(name, depth + 1), _held(part, depth + 1)) for name, part in value.items())
    held = getattr(value, "__dict__", None)
    return type(value).__name__ if held is None else (type(value).__name__, _held(dict(held), depth + 1))


def told_attributes(env: Any, seen: Seen) -> str:
    """The attributes of an environment, those that changed first, for a message."""
    inside = layers(env)
    order = sorted(seen.changed, key=lambda place: (seen.changed[place] == 0, place))
    words = []
    for place in order[:SHOWN]:
        times = seen.changed[place]
        often = {0: "", seen.steps: " (changed at every step)"}.get(times, f" (changed in {times} of {seen.steps})")
        owner = f"{type(inside[place[0]]).__name__}." if place[0] < len(inside) - 1 else ""
        words.append(f"{owner}{place[1]}{often if seen.steps else ''}")
    more = f", … ({len(order)} in all)" if len(order) > SHOWN else ""
    return (", ".join(words) + more) or "none"


def told_differences(a: Any, b: Any) -> str:
    """Attributes in which two environments differ, with their values, for a message."""
    inside, ours, theirs = layers(a), attributes(a), attributes(b)
    words = []
    for place in ours:
        if ours[place] != theirs.get(place):
            owner = f"{type(inside[place[0]]).__name__}." if place[0] < len(inside) - 1 else ""
            pair = [cut(repr(vars(layers(env)[place[0]]).get(place[1])), 30) for env in (a, b)]
            words.append(f"{owner}{place[1]} ({pair[0]}, {pair[1]})")
    return ", ".join(words[:SHOWN]) or "none that can be compared"


def without_state(
    seen: Seen, env: Any, observation: Any, actions: list[Any], read: Read, copier: Copier
) -> tuple[Counter, ...]:
    """The counters that the key does not look at, and an observation does not show: else they are state."""
    found = []
    for counter in seen.counters:
        moved = copier.copy(env)
        before = read(moved, observation)
        vars(layers(moved)[counter.layer])[counter.name] = counter.start + counter.change
        if read(moved, observation) == before and not _is_shown(counter, env, actions, read, copier):
            found.append(counter)
    return tuple(found)


def _is_shown(counter: Counter, env: Any, actions: list[Any], read: Read, copier: Copier) -> bool:
    """Whether steps that leave the same behind, but for a counter, are observed as others."""
    place = (counter.layer, counter.name)
    for action in actions[:FEW]:
        keys, left = [], []
        for steps in (0, 1):
            moved = copier.copy(env, 0)
            vars(layers(moved)[counter.layer])[counter.name] = counter.start + steps * counter.change
            seed_globals(0)
            try:
                observation = moved.step(copy.deepcopy(action))[0]
                keys.append(read(moved, observation))
            except Exception:
                break
            left.append({name: held for name, held in attributes(moved).items() if name != place})
        if len(left) == 2 and keys[0] != keys[1] and left[0] == left[1]:
            return True
    return False


def refuse_other_copy(env: Any, copier: Copier) -> None:
    """A ModelError where a copy is not what was copied, as of an EzPickle, which is made anew."""
    made = copier.copy(env)
    one = {  # what both hold as the same object, such as a large table, need not be read to be compared
        (depth, name)
        for depth, (ours, theirs) in enumerate(zip(layers(env), layers(made), strict=False))
        for name, value in vars(ours).items()
        if name in vars(theirs) and vars(theirs)[name] is value
    }
    if attributes(made, one) != attributes(env, one):
        kind = type(env.unwrapped)
        own = [name for name in ("__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__")
               if getattr(kind, name, None) is not getattr(object, name, None)]  # fmt: skip
        cause = f"; it has its own {own[0]} (of {_owner(kind, own[0])})" if own else ""
        raise ModelError(
            f"copies, by which its steps are tried, are not as the environment that was copied: different are "
            f"{told_differences(env, made)}{cause}"
        )


def _owner(kind: type, name: str) -> str:
    return next(base.__name__ for base in kind.__mro__ if name in vars(base))

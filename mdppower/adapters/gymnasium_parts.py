"""The parts of keys, and which of them changed at every step: what counts steps makes a state of every moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mdppower._text import shorten
from mdppower.adapters.gymnasium_spaces import Key, Kind

Move = tuple[Key, Key]
"""The keys before and after a step."""


def parts_of(key: Key, names: Sequence[str] = ()) -> dict[str, Key]:
    """The parts of a key, by their names where it has some, else by their numbers; of a key without parts none.

    Examples
    --------
    >>> from mdppower.adapters.gymnasium_spaces import exact_key
    >>> parts_of(exact_key({"x": 3, "steps": 9})), parts_of((3, 9)), parts_of((3, 9), ["x", "b"]), parts_of(3)
    ({'steps': 9, 'x': 3}, {'part 1': 3, 'part 2': 9}, {'x': 3, 'b': 9}, {})
    """
    if names and not isinstance(key, tuple):
        return dict(zip(names, [key], strict=False))
    if not isinstance(key, tuple) or not key:
        return {}
    held: Any = key
    if isinstance(key[0], Kind):
        held = key[-1] if isinstance(key[-1], tuple | frozenset) else ()
        if key[0] is Kind.MAPPING:
            return dict(sorted(((str(name), part) for name, part in held), key=lambda pair: pair[0]))
        if key[0] is not Kind.LIST:
            return {}
    named = names if len(names) == len(held) else [f"part {k + 1}" for k in range(len(held))]
    return dict(zip(named, held, strict=True))


def changing_parts(moves: Sequence[Move], names: Sequence[str] = ()) -> list[str]:
    """Names of the parts that changed at every step.

    Examples
    --------
    >>> changing_parts([((0, 0), (1, 1)), ((1, 1), (1, 2))])
    ['part 2']
    """
    changing: list[str] | None = None
    for before, after in moves:
        old, new = parts_of(before, names), parts_of(after, names)
        known = list(new) if changing is None else changing
        changing = [name for name in known if name in old and name in new and old[name] != new[name]]
        if not changing:
            break
    return changing or []


def counting_parts(moves: Sequence[Move], names: Sequence[str] = ()) -> list[str]:
    """Those of them that are integers, and went up at every step, or down at every step.

    Examples
    --------
    >>> counting_parts([((0, 0), (1, 1)), ((1, 1), (0, 2))])
    ['part 2']
    """
    pairs = [(parts_of(before, names), parts_of(after, names)) for before, after in moves]
    changing = changing_parts(moves, names)
    return [name for name in changing if _goes_one_way((old[name], new[name]) for old, new in pairs)]


def _goes_one_way(moves: Iterable[tuple[Key, Key]]) -> bool:
    steps = [new - old if type(old) is int and type(new) is int else 0 for old, new in moves]
    return min(steps) > 0 or max(steps) < 0


def told_parts(moves: Sequence[Move], names: Sequence[str] = ()) -> str:
    """The parts that changed at every step, for a message; empty where there is none."""
    return shorten(changing_parts(moves, names))

"""Minigrid: what tells its states apart, how they are called, and what copies of it may share.

A state is the full grid with what its boxes hold, where the agent is and looks, and what it carries. (Minigrid's own
`hash` leaves out what is carried and what boxes hold.) The module is not imported: an environment is known by its
base class.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from mdppower._typing import Label
from mdppower.adapters.gymnasium_spaces import distinct_labels

DIRECTIONS = ("east", "south", "west", "north")
"""Of `agent_dir` 0 … 3: columns go east, rows south."""

STILL = frozenset(["Wall", "Goal", "Lava", "Floor"])
"""Objects that nothing changes, of which all copies may have the same."""


def is_minigrid(base: Any) -> bool:
    """Whether an unwrapped environment is one of Minigrid's, or built on it."""
    return any(
        kind.__name__ == "MiniGridEnv" and kind.__module__ == "minigrid.minigrid_env" for kind in type(base).__mro__
    )


def minigrid_key(base: Any) -> tuple[Any, ...]:
    """Row, column and direction of the agent, what it carries, and every cell of the grid.

    A thing is (type, colour, whether it is locked, closed or open, what it holds).
    """
    column, row = base.agent_pos
    cells = tuple(None if thing is None else _thing(thing) for thing in base.grid.grid)
    return (int(row), int(column), int(base.agent_dir), _thing(base.carrying), base.grid.width, cells)


def _thing(thing: Any) -> tuple[Any, ...] | None:
    if thing is None:
        return None
    state = ""
    if thing.type == "door":
        state = "open" if thing.is_open else "locked" if thing.is_locked else "closed"
    # A key of its own for each: encode() gives closed and unlocked doors a number, but not what a box holds.
    return (thing.type, thing.color, state, _thing(thing.contains))


def share_minigrid(base: Any, memo: dict[int, Any]) -> None:
    """What a copy of a Minigrid may share: spaces, and things that nothing changes. The grid is copied here."""
    for name in ("action_space", "observation_space", "actions", "window", "clock"):
        value = vars(base).get(name)
        if value is not None:
            memo[id(value)] = value
    grid = base.grid
    if type(grid).__module__ != "minigrid.core.grid":
        return
    made = object.__new__(type(grid))
    vars(made).update(vars(grid))
    memo[id(grid)] = made
    made.grid = [thing if thing is None or _is_still(thing) else copy.deepcopy(thing, memo) for thing in grid.grid]


def _is_still(thing: Any) -> bool:
    kind = type(thing)
    return kind.__name__ in STILL and kind.__module__ == "minigrid.core.world_object"


# ---------------------------------------------------------------------- names


def minigrid_labels(keys: Sequence[Any]) -> tuple[list[Label], list[tuple[int, int]]]:
    """(row, column, direction) and, where there is more, what else the state is like; and (row, column).

    Of the grid only those cells are told that differ between states: ``"carries yellow key; yellow door locked"``.
    """
    first = keys[0][5]
    varying = [k for k in range(len(first)) if any(key[5][k] != first[k] for key in keys)]
    places: dict[str, set[int]] = {}
    for k in varying:
        for key in keys:
            if key[5][k] is not None:
                places.setdefault(_called(key[5][k]), set()).add(k)
    carried = any(key[3] is not None for key in keys)
    labels: list[Label] = []
    for row, column, direction, hand, width, cells in keys:
        told = [f"carries {_said(hand)}"] if hand is not None else []
        for k in varying:
            if cells[k] is not None:
                alone = len(places[_called(cells[k])]) == 1
                where = "" if alone and not (carried and cells[k][0] in ("key", "ball", "box")) else _at(k, width)
                told.append(_said(cells[k]) + where)
        more = ["; ".join(told)] if varying or carried else []
        labels.append((row, column, DIRECTIONS[direction], *more))
    return distinct_labels(labels), [(key[0], key[1]) for key in keys]


def _at(k: int, width: int) -> str:
    row, column = divmod(k, width)
    return f" at {row},{column}"


def _called(thing: Any) -> str:
    return f"{thing[1]} {thing[0]}"


def _said(thing: Any) -> str:
    kind, colour, state, inside = thing
    return f"{colour} {kind}" + (f" {state}" if state else "") + (f" with {_said(inside)}" if inside else "")


def minigrid_marks(keys: Sequence[Any]) -> dict[str, list[int]]:
    """States that stand on a goal, or in lava."""
    marks: dict[str, list[int]] = {}
    for i, (row, column, _, _, width, cells) in enumerate(keys):
        thing = cells[row * width + column]
        if thing is not None and thing[0] in ("goal", "lava"):
            marks.setdefault(thing[0], []).append(i)
    return marks

"""A world of the page: a rigid rectangle of glyphs and the options of a gridworld, and the MDP that it is.

On the page a cell keeps its place whatever is drawn around it. So blanks, which are no cells, are read as walls here,
at the margins too, which `gridworld` would take off: row and column count from the first line that is drawn, and from
its first character. The MDP is the same; where there are no blank margins, so are its labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from mdppower._schema import Misfit, Reader, flag, mapping, one_of, real, record, shown, text
from mdppower.envs.gridworld import COMPASS, DIAGONALS, gridworld
from mdppower.envs.slip import check_bias
from mdppower.envs.textmap import NO_CELL, ONE_WAY, WALL, is_cell, parse, skip_heading
from mdppower.errors import MapError, ModelError, ParameterError
from mdppower.explorer.refusals import QuestionError
from mdppower.mdp.model import RewardlessMDP

LARGEST = 64
"""Rows, and columns, of a map."""
MOST_CHARACTERS = 10_000


@dataclass(frozen=True)
class World:
    r"""A map and the options of `mdppower.envs.gridworld`.

    Attributes
    ----------
    rows : tuple of str
        Of equal length, without blanks.
    slip : float
    bias : tuple of (action, amount)
    moves : str
    stay : bool
    blocked : {"stay", "remove"}
    wrap : bool
    first_line : int
        Line of row 0 in the text that was sent, counted from 1.

    Examples
    --------
    >>> world = read_world({"map": "a..\n ..", "slip": 0.1}, "world")
    >>> world.rows, world.mdp().n_states, sorted(world.marks)
    (('a..', '#..'), 5, ['a'])
    """

    rows: tuple[str, ...]
    slip: float
    bias: tuple[tuple[str, float], ...]
    moves: str
    stay: bool
    blocked: Literal["stay", "remove"]
    wrap: bool
    first_line: int

    @property
    def options(self) -> dict[str, Any]:
        """What `gridworld` takes beside the map."""
        return {
            "moves": self.moves, "stay": self.stay, "blocked": self.blocked, "slip": self.slip,
            "bias": dict(self.bias), "wrap": self.wrap,
        }  # fmt: skip

    @cached_property
    def cells(self) -> frozenset[tuple[int, int]]:
        """Row and column of every cell."""
        glyphs = np.array([list(row.encode("ascii")) for row in self.rows], np.uint8)
        return frozenset((r, c) for r, c in np.argwhere(is_cell(glyphs)).tolist())

    @property
    def marks(self) -> frozenset[str]:
        """What laws of rewards may name: letters, ``*`` and ``~`` that are drawn."""
        return frozenset("".join(self.rows)) - {".", WALL, *ONE_WAY}

    @property
    def actions(self) -> dict[str, tuple[int, int]]:
        """Rows down and columns right of every action that there may be."""
        steps = {name: COMPASS[name] for name in self.moves.partition("+")[0]}
        return {**steps, **(DIAGONALS if "+" in self.moves else {}), "stay": (0, 0)}

    def mdp(self, field: str = "world") -> RewardlessMDP:
        """The MDP.

        Raises
        ------
        QuestionError
            A cell is left with no action, or the options do not go together.
        """
        try:
            return gridworld(list(self.rows), **self.options)
        except MapError as error:
            raise _about_map(error, f"{field}.map", self.first_line - 1) from None
        except (ParameterError, ModelError) as error:
            raise QuestionError(str(error), field) from None


def _moves(value: Any) -> str:
    letters = value.removesuffix("+diagonals") if isinstance(value, str) else ""
    if not re.fullmatch("[NESW]{1,4}", letters) or len(set(letters)) < len(letters):
        raise Misfit('distinct letters from "NESW", then "+diagonals" or nothing', value)
    return str(value)


_READERS: dict[str, tuple[Reader, Any]] = {
    "slip": (real(0, 1), 0.0),
    "bias": (mapping(real(0, 1), 9), {}),
    "moves": (_moves, "NESW"),
    "stay": (flag, True),
    "blocked": (one_of("stay", "remove"), "stay"),
    "wrap": (flag, False),
}


def read_world(value: Any, field: str) -> World:
    """A world from JSON.

    Parameters
    ----------
    value : any
    field : str
        What errors call it.

    Returns
    -------
    World

    Raises
    ------
    QuestionError
        It has another field, or a field is not what it must be; for the map with line and column.
    """
    try:
        given = record({"map": text(MOST_CHARACTERS)}, {**_READERS})(require_fields(value, field, "map", *_READERS))
    except Misfit as error:
        raise QuestionError.of(error, f".{field}") from None
    rows, first_line = _rows(given.pop("map"), field)
    bias = tuple(sorted(given.pop("bias").items()))
    world = World(rows, bias=bias, first_line=first_line, **given)
    names = [name for name in world.actions if name != "stay" or world.stay or {"*", "~"} & world.marks]
    try:
        check_bias(dict(bias), world.slip, names)
    except ParameterError as error:
        raise QuestionError(str(error), f"{field}.bias") from None
    _require_ways_out(world, field)
    return world


def require_fields(value: Any, field: str, *known: str) -> Any:
    """The value, unless it is an object with a field that is not known."""
    for name in value if isinstance(value, dict) else ():
        if name not in known:
            raise QuestionError(f"{field or 'a question'} has no field {shown(name)}; fields are {', '.join(known)}",
                                field or None)  # fmt: skip
    return value


def _rows(drawn: str, field: str) -> tuple[tuple[str, ...], int]:
    """The rows of a map, blanks as walls, and the line of the first one."""
    lines = drawn.replace("\r\n", "\n").split("\n")
    comments = [k for k, line in enumerate(lines[: skip_heading(lines)]) if line.strip(" ")]
    top = comments[-1] + 1 if comments else 0
    rows = [line.rstrip(" ") for line in lines[top:]]
    while rows and not rows[-1]:
        rows.pop()
    width = max(map(len, rows), default=0)
    if len(rows) > LARGEST or width > LARGEST:
        raise QuestionError(
            f"a map of {len(rows):,} × {width:,} is larger than {LARGEST} × {LARGEST}", f"{field}.map"
        )
    try:
        parse("\n".join(row.replace(NO_CELL, WALL).ljust(width, WALL) for row in rows), from_file=True)
    except MapError as error:
        raise _about_map(error, f"{field}.map", top) from None
    return tuple(row.replace(NO_CELL, WALL).ljust(width, WALL) for row in rows), top + 1


def _about_map(error: MapError, field: str, above: int) -> QuestionError:
    """The error with its line in the text that was sent."""
    _, _, told = str(error).partition(": ")
    line = None if error.line is None else error.line + above
    where = "" if line is None else f"line {line}, column {error.column}: "
    # What others' glyphs mean is asked before a map is drawn here.
    return QuestionError(where + told.partition("; glyphs=")[0], field, line, error.column)


def _require_ways_out(world: World, field: str) -> None:
    for glyph, step in ONE_WAY.items():
        if step in world.actions.values():
            continue
        for r, row in enumerate(world.rows):
            if glyph in row:
                line, column = world.first_line + r, row.index(glyph) + 1
                raise QuestionError(
                    f"line {line}, column {column}: no move leads out of {glyph!r}; moves are {world.moves}",
                    f"{field}.map", line, column,
                )  # fmt: skip

"""Maps of others: what their glyphs mean, in glyphs of ours.

================= =====================================================================================
``frozen-lake``   Gymnasium's: S start (floor marked S), F floor, H hole (a pit), G goal (an exit)
``minigrid``      what Minigrid's ``env.unwrapped.pprint_grid()`` gives, two characters a cell, object and
                  colour: W wall, G goal (an exit), V lava (a pit), F floor, blanks and ``__`` (an open
                  door) floor, ``>> VV << ^^`` the agent (floor marked S). Doors, keys, balls and boxes
                  are refused: a map cannot open or carry anything, `mdppower.from_gymnasium` can
``pycolab``       of most of its examples: ``#`` wall, blank and ``.`` floor, a letter (but v) floor that carries
                  it as a mark. What else an art has, such as ``@``, its own program gives a meaning
================= =====================================================================================

Only the map is theirs: moves, and what an action does, are those of a gridworld.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mdppower._quotes import quoted
from mdppower.envs.textmap import COMMENT, EXIT, FLOOR, LETTERS, NO_CELL, ONE_WAY, PIT, WALL, TextMap
from mdppower.errors import ParameterError

START = "S"
MEANINGS = {"floor": FLOOR, "wall": WALL, "exit": EXIT, "pit": PIT, "no cell": NO_CELL, "start": START}
"""Words for glyphs of ours; "mark" is the letter itself."""

OURS = (FLOOR, WALL, EXIT, PIT, NO_CELL, *ONE_WAY, *LETTERS)


@dataclass(frozen=True)
class _Convention:
    """What glyphs mean somewhere, as glyphs of ours; why some mean nothing here."""

    glyphs: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    """Where a cell has two characters: what it is called in `glyphs`."""


_CARRIED = "which a map cannot {}: mdppower.from_gymnasium reads Minigrid's environments as they are"
_AGENT = ">>", "VV", "<<", "^^"
_COLOURS = "RGBPY"  # red; green and grey; blue; purple; yellow
_MINIGRID = _Convention(
    {"W": WALL, "G": EXIT, "V": PIT, "F": FLOOR, " ": FLOOR, "_": FLOOR, "agent": START},
    {
        "D": f"a closed door, {_CARRIED.format('open')}",
        "L": f"a locked door, {_CARRIED.format('open')}",
        "K": f"a key, {_CARRIED.format('carry')}",
        "A": f"a ball, {_CARRIED.format('carry')}",
        "B": f"a box, {_CARRIED.format('carry')}",
    },
    {f"{thing}{colour}": thing for thing in "WGVFDLKAB" for colour in _COLOURS}
    | {"  ": " ", "__": "_"}
    | dict.fromkeys(_AGENT, "agent"),
)
CONVENTIONS = MappingProxyType(
    {
        "frozen-lake": _Convention({"S": START, "F": FLOOR, "H": PIT, "G": EXIT}),
        "minigrid": _MINIGRID,
        "pycolab": _Convention(
            {WALL: WALL, " ": FLOOR, ".": FLOOR} | {letter: letter for letter in LETTERS},
            {"v": "a one-way cell here, and no mark"},
        ),
    }
)
"""Named conventions."""


@dataclass(frozen=True)
class Legend:
    """What the glyphs of a map mean.

    Attributes
    ----------
    glyphs : mapping from str to str
        Glyphs of ours, by glyph.
    given : tuple of str
        Those that the user named one by one.
    convention : str or None
        Whose glyphs the others are; None: ours.
    """

    glyphs: Mapping[str, str]
    given: tuple[str, ...]
    convention: str | None

    @property
    def wide(self) -> int:
        """Characters a cell."""
        return 2 if self._theirs.cells else 1

    @property
    def blank_is_a_cell(self) -> bool:
        """Whether blanks count, at the ends of lines too."""
        return self.glyphs[" "] != NO_CELL

    @property
    def _theirs(self) -> _Convention:
        return _Convention({}) if self.convention is None else CONVENTIONS[self.convention]

    def glyph(self, cell: str) -> str | None:
        """Our glyph for a cell as it is drawn, or None where nobody says what it means."""
        cells = self._theirs.cells
        return self.glyphs.get(cells.get(cell, "") if cells else cell)

    def refusal(self, cell: str) -> str:
        """Why a cell means nothing."""
        name = self._theirs.cells.get(cell, cell)
        if name in self._theirs.refused:
            why = f"{quoted(cell)} is {self._theirs.refused[name]}; "
        elif self.convention is None:
            return f"unknown glyph {quoted(cell)}; glyphs= (--glyphs) says what others than ours mean"
        elif self._theirs.cells:
            return (
                f"{quoted(cell)} is no cell of convention='minigrid': an object and its colour, such as WG, or blanks"
            )
        else:
            known = "".join(self._theirs.glyphs) if len(self._theirs.glyphs) < 9 else "# . blank and letters"
            why = f"unknown glyph {quoted(cell)}; convention={self.convention!r} has {known}; "
        return f"{why}glyphs={{{quoted(name)}: 'floor'}} (--glyphs \"{name}=floor\") would make floor of it"


def legend(glyphs: Any = None, convention: Any = None) -> Legend | None:
    """What glyphs mean, of the arguments of `mdppower.envs.gridworld`; None where they are ours.

    Parameters
    ----------
    glyphs : mapping from character to meaning, optional
        A meaning is "floor", "wall", "exit", "pit", "no cell", "start" (floor marked S), "mark" (floor marked with
        the letter itself), or a glyph of ours.
    convention : {"frozen-lake", "minigrid", "pycolab"}, optional

    Returns
    -------
    Legend or None

    Raises
    ------
    ParameterError
        A glyph is not one character, a meaning is none, there is no such convention, or it means something else by
        a glyph.

    Examples
    --------
    >>> legend({"X": "wall", " ": "floor"}).glyph("X")
    '#'
    >>> legend({"F": "wall"}, "frozen-lake")
    Traceback (most recent call last):
    mdppower.errors.ParameterError: 'F' is 'wall' in glyphs, and floor in convention='frozen-lake': choose one
    """
    if convention is not None and (not isinstance(convention, str) or convention not in CONVENTIONS):
        known = ", ".join(map(repr, CONVENTIONS))
        raise ParameterError(f"convention must be one of {known}, got {quoted(convention)}")
    if glyphs is not None and not isinstance(glyphs, Mapping):
        raise ParameterError(f"glyphs must map characters to meanings, as {{'X': 'wall'}}, got {quoted(glyphs)}")
    theirs = {} if convention is None else dict(CONVENTIONS[convention].glyphs)
    named: Mapping[Any, Any] = {} if glyphs is None else glyphs
    given = {_character(glyph): _meaning(glyph, meaning) for glyph, meaning in named.items()}
    for glyph, ours in given.items():
        if theirs.get(glyph, ours) != ours:
            word = next((word for word, one in MEANINGS.items() if one == theirs[glyph]), quoted(theirs[glyph]))
            raise ParameterError(
                f"{quoted(glyph)} is {quoted(named[glyph])} in glyphs, and {word} in convention={convention!r}: "
                "choose one"
            )
    if convention is None and not given:
        return None
    base = {glyph: glyph for glyph in OURS} if convention is None else {" ": NO_CELL, **theirs}
    return Legend({**base, **given}, tuple(given), convention)


def _character(glyph: Any) -> str:
    if not isinstance(glyph, str) or len(glyph) != 1:
        hint = "; cells of two characters are those of convention='minigrid'" if _two(glyph) else ""
        raise ParameterError(f"a glyph is one character, got {quoted(glyph)}{hint}")
    if glyph == COMMENT:
        raise ParameterError("';' begins a comment line above a map, and is no glyph")
    if not glyph.isprintable():
        raise ParameterError(f"a glyph can be seen, or is a blank; got {quoted(glyph)}")
    return str(glyph)


def _two(glyph: Any) -> bool:
    return isinstance(glyph, str) and len(glyph) == 2


def _meaning(glyph: str, meaning: Any) -> str:
    """The glyph of ours that a meaning is."""
    if isinstance(meaning, str):
        if meaning == "mark":
            if glyph not in LETTERS:
                raise ParameterError(
                    f"glyphs[{quoted(glyph)}] is 'mark', and marks are letters but v: 'a' is floor marked a"
                )
            return glyph
        if meaning in MEANINGS:
            return MEANINGS[meaning]
        if meaning in OURS:
            return str(meaning)
    known = ", ".join(MEANINGS)
    raise ParameterError(
        f"glyphs[{quoted(glyph)}] is {quoted(meaning)}; meanings are {known}, mark, or a glyph of ours such as '.'"
    )


def suggestion(textmap: TextMap) -> str:
    r"""What to say of a map that was read as ours and looks like another convention's: how to read it as that.

    Examples
    --------
    >>> from mdppower.envs.textmap import parse
    >>> suggestion(parse("SF\nHG"))
    "convention='frozen-lake' reads it so (on the command line: --convention frozen-lake)"
    """
    drawn = [bytes(row).decode("ascii") for row in textmap.glyphs]
    used = set("".join(drawn))
    pairs = {row[k : k + 2] for row in drawn for k in range(0, len(row), 2)}
    name = None
    if used <= set(CONVENTIONS["frozen-lake"].glyphs):
        name = "frozen-lake"
    elif pairs <= set(_MINIGRID.cells):
        name = "minigrid"
    elif WALL in used and used <= set(CONVENTIONS["pycolab"].glyphs):
        name = "pycolab"
    if name:
        return f"convention={name!r} reads it so (on the command line: --convention {name})"
    rim = "".join([drawn[0], drawn[-1], *(row[0] + row[-1] for row in drawn)])
    most = max(sorted(set(rim)), key=rim.count)
    means = {most: "wall"} if most in LETTERS else {}
    means |= {NO_CELL: "floor"} if NO_CELL in used else {}
    means = means or {FLOOR: "floor"}
    told = ",".join(f"{'space' if glyph == ' ' else glyph}={meaning}" for glyph, meaning in means.items())
    return f'glyphs={means} would read it so (on the command line: --glyphs "{told}")'

"""Text maps: what each character means, and how a text becomes a rectangle of glyphs.

============= ==========================================================================================
glyph         meaning
============= ==========================================================================================
``.``         floor
``#``         wall
space         no cell; whatever is not drawn is wall too, so lines may be ragged
letter        floor that carries this letter as a mark; any of a–z and A–Z but v; cells may share a letter
``> < ^ v``   one-way floor: the agent leaves it only in that direction, as if the other sides were walls
``*``         exit: absorbing, its one action is "stay"; marked ``*``
``~``         pit: the same as an exit but for its mark, ``~``, and its look in pictures
``;``         begins a comment line, above the map only; the first one is the description of the map
============= ==========================================================================================

Margins. Blank lines around the map, the indentation that its lines share, and spaces at their ends are not
part of it. In a string whose first line opens the map right after the quotes, the other lines' shared
indentation goes as well (as in `inspect.cleandoc`); in a file never. A blank line inside a map is a row
without cells. Tabs are refused: how wide they are is not in the text.

Other conventions. Maps are drawn elsewhere with X for walls, blanks for floor, or FrozenLake's letters; read as above
they are other maps. `suspicions` says what looks like that; `mdppower.envs.conventions` reads them as they are meant.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mdppower._typing import AnyArray
from mdppower.errors import MapError, ParameterError, SizeError

FLOOR, WALL, NO_CELL, EXIT, PIT, COMMENT = ".# *~;"

ONE_WAY = {"^": (-1, 0), ">": (0, 1), "v": (1, 0), "<": (0, -1)}
"""The (row, column) displacement by which each one-way cell may be left."""

LETTERS = "".join(sorted(set(string.ascii_letters) - set(ONE_WAY)))

_CELLS = FLOOR + EXIT + PIT + LETTERS + "".join(ONE_WAY)
_HINT = ". floor, # wall, space no cell, letters marks, > < ^ v one-way, * exit, ~ pit"
MOST_GLYPHS = 2**22
"""A map of 2048 × 2048, drawn or generated: its MDP takes some 2 GB, and a quarter of a minute; with slip some four
times as much. Larger ones are refused by their size alone."""
MOST_BYTES = 8 * MOST_GLYPHS
"""Of a file: glyphs, comments and blanks."""


@dataclass(frozen=True, eq=False)
class TextMap:
    """A rectangle of glyphs that remembers where in its source each of them stood.

    Attributes
    ----------
    glyphs : (height, width) uint8 array
        Character codes; space where nothing was drawn.
    source : str
        The file, or "map".
    first_line : int
        Line of row 0 in the source, counted from 1.
    margins : tuple of int
        How many leading characters each row lost.
    wide : int
        How many characters of the source a glyph stands for.
    """

    glyphs: AnyArray
    source: str
    first_line: int
    margins: tuple[int, ...]
    wide: int = 1

    def place(self, row: int, column: int) -> str:
        """Line and column of a glyph in the source, in words."""
        return f"line {self.first_line + row}, column {self._column(row, column)}"

    def error(self, message: str, row: int, column: int) -> MapError:
        """Return a MapError about the glyph in that row and column."""
        return MapError(message, self.source, line=self.first_line + row, column=self._column(row, column))

    def _column(self, row: int, column: int) -> int:
        return self.margins[row] + self.wide * column + 1


@dataclass(frozen=True)
class Drawing:
    """The rows of a map as they are drawn, before anybody says what their glyphs mean.

    Attributes
    ----------
    rows : list of str
        Without margins.
    source, first_line, margins
        As in `TextMap`.
    """

    rows: list[str]
    source: str
    first_line: int
    margins: tuple[int, ...]

    def codes(self) -> AnyArray:
        """(height, width) uint32 array of characters; space where nothing was drawn.

        Raises
        ------
        SizeError
            There are more than 2**22.
        """
        width = max(map(len, self.rows))
        if len(self.rows) * width > MOST_GLYPHS:
            raise SizeError(f"{self.source}: a map of {len(self.rows)} × {width} glyphs is more than 2**22")
        drawn = "".join(row.ljust(width) for row in self.rows)
        return np.frombuffer(drawn.encode("utf-32-le", "surrogatepass"), "<u4").reshape(len(self.rows), width)


def parse(text: str, *, source: str = "map", from_file: bool = False) -> TextMap:
    r"""Read a text map.

    Parameters
    ----------
    text : str
        Lines of glyphs; see the table above.
    source : str
        What errors call it.
    from_file : bool
        Whether the first line's indentation is meant as it is.

    Returns
    -------
    TextMap
        With at least one cell.

    Raises
    ------
    MapError
        The map is empty or has no cell, or a glyph is unknown; with line and column where there are.
    ParameterError
        `text` is not a string.
    SizeError
        Its bounding box holds more than 2**22 glyphs.

    Examples
    --------
    >>> parse("; a corner\n  ..\n  .#\n").glyphs
    array([[46, 46],
           [46, 35]], dtype=uint8)
    """
    drawing = without_margins(lines_of(text, source, from_file=from_file), source, from_file=from_file)
    codes = drawing.codes()
    textmap = TextMap(codes.astype(np.uint8), source, drawing.first_line, drawing.margins)
    known = np.isin(codes, _codes(_CELLS + WALL + NO_CELL))
    if not known.all():
        row, column = np.argwhere(~known)[0].tolist()
        glyph = chr(codes[row, column])
        hint = f"known are {_HINT}; glyphs= (--glyphs) says what others mean"
        if glyph == COMMENT:
            hint = "comments stand above the map"
        raise textmap.error(f"unknown glyph {glyph!r}; {hint}", row, column)
    return require_floor(textmap)


def require_floor(textmap: TextMap) -> TextMap:
    """The map, or a MapError if it has no cell."""
    if not is_cell(textmap.glyphs).any():
        blank = (textmap.glyphs == ord(NO_CELL)).any()
        raise MapError("the map has no floor cell" + ("; blanks are none, . is" if blank else ""), textmap.source)
    return textmap


def lines_of(text: str, source: str, *, from_file: bool) -> list[str]:
    """The lines of a text that is a map and not, say, the name of a file."""
    if not isinstance(text, str):
        raise ParameterError(f"a map is a str, got a {type(text).__name__}; for a file there is gridworld_from_file")
    if text.endswith(".txt") and "\n" not in text and not from_file:
        # Its letters would pass for a corridor of marked cells.
        raise MapError(f"{text!r} is the name of a file; use gridworld_from_file", source)
    return text.replace("\r\n", "\n").split("\n")


def without_margins(lines: list[str], source: str, *, from_file: bool) -> Drawing:
    """What is drawn, without what `Margins` above says is not part of it."""
    lines = list(lines)
    top = skip_heading(lines)
    while len(lines) > top and not lines[-1].strip(" "):
        lines.pop()
    rows = lines[top:]
    if not rows:
        raise MapError("the map is empty", source)
    refuse_tabs(rows, source, top + 1)
    margins = shared_margins(rows, opens_text=top == 0 and not from_file)
    rows = [row[margin:].rstrip(" ") for row, margin in zip(rows, margins, strict=True)]
    return Drawing(rows, source, top + 1, margins)


def refuse_tabs(rows: list[str], source: str, first_line: int) -> None:
    """A MapError at the first tab."""
    for number, row in enumerate(rows, start=first_line):
        if "\t" in row:
            place = row.index("\t") + 1
            raise MapError("tab; indent with spaces", source, line=number, column=place)


def suspicions(
    textmap: TextMap, steps: Iterable[tuple[int, int]] = tuple(ONE_WAY.values()), *, wrap: bool = False
) -> list[str]:
    r"""What looks as if the map were drawn in another convention, each with what to write instead.

    Parameters
    ----------
    textmap : TextMap
    steps : iterable of (rows, columns)
        The moves: a mark that none of them leads to, nor away from, is alone.
    wrap : bool
        Whether the map is a torus.

    Returns
    -------
    list of str
        Nothing, if the map looks as the table above has it.

    Examples
    --------
    >>> for doubt in suspicions(parse("#####\n#A G#\n#####")):
    ...     print(doubt)
    a blank inside the map (line 2, column 3) is no cell; . is floor, # a wall
    no cell is beside the marks A, G (line 2, column 2); . is floor
    """
    glyphs = textmap.glyphs
    cells, letters = is_cell(glyphs), np.isin(glyphs, _codes(LETTERS))
    found = []

    blanks = np.argwhere(_enclosed(glyphs == ord(NO_CELL)))
    if len(blanks):
        what = "a blank" if len(blanks) == 1 else f"{len(blanks)} blanks"
        verb = "is no cell" if len(blanks) == 1 else "are no cells"
        found.append(f"{what} inside the map ({textmap.place(*blanks[0])}) {verb}; . is floor, # a wall")

    rim = np.concatenate([glyphs[[0, -1]].ravel(), glyphs[1:-1, [0, -1]].ravel()])
    most = np.bincount(rim).argmax()
    share = 1.0 if (glyphs == ord(WALL)).any() else 2 / 3  # with gaps, where there is no other wall
    if chr(most) in LETTERS and (rim == most).mean() >= share and min(glyphs.shape) > 2 and not letters.all():
        found.append(f"the border consists of {chr(most)}, a mark on floor that can be walked on; # is a wall")

    special = np.isin(glyphs, _codes(EXIT + PIT))
    used, times = np.unique(glyphs[cells & ~special], return_counts=True)
    lake = (times > 1).any() or set(map(chr, used)) <= set("SFHG")
    if letters[cells & ~special].all() and len(used) > 1 and lake:
        found.append(
            f"all cells are letters ({', '.join(map(chr, used))}), which are marks and do nothing; "
            ". is floor, ~ an absorbing pit such as a hole, * an exit"
        )

    if cells.sum() > 1:
        near = np.zeros(cells.shape, bool)
        for down, right in {*ONE_WAY.values(), *steps}:
            near |= _shifted(cells, down, right, wrap=wrap) | _shifted(cells, -down, -right, wrap=wrap)
        alone = np.argwhere((letters | special) & ~near)
        if len(alone):
            marks = sorted({chr(glyphs[tuple(place)]) for place in alone})
            plural = "s" if len(marks) > 1 else ""
            where = textmap.place(*alone[0])
            found.append(f"no cell is beside the mark{plural} {', '.join(marks)} ({where}); . is floor")
    return found


def _shifted(cells: AnyArray, down: int, right: int, *, wrap: bool) -> AnyArray:
    """Which places a step brings one to from a cell."""
    height, width = cells.shape
    if wrap:
        return np.roll(cells, (down % height, right % width), (0, 1))
    moved = np.zeros_like(cells)
    if abs(down) < height and abs(right) < width:
        moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = cells[
            max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
        ]
    return moved


def _enclosed(blank: AnyArray) -> AnyArray:
    """Which blanks no way over blanks joins to the outside of the map."""
    if not blank[1:-1, 1:-1].any():
        return np.zeros(blank.shape, bool)
    from scipy import ndimage

    areas, _ = ndimage.label(np.pad(blank, 1, constant_values=True))
    inside: AnyArray = (areas != areas[0, 0])[1:-1, 1:-1] & blank
    return inside


def is_cell(glyphs: AnyArray) -> AnyArray:
    """Which glyphs are cells, as a boolean array of the same shape."""
    return np.isin(glyphs, _codes(_CELLS))


def describe(text: str) -> str:
    r"""Return the first comment line above the map, or "".

    Examples
    --------
    >>> describe("; Two cells.\n..")
    'Two cells.'
    """
    lines = text.splitlines()
    comments = (line.lstrip(" ") for line in lines[: skip_heading(lines)])
    return next((line.lstrip("; ").rstrip() for line in comments if line), "")


def decode(data: bytes, *, source: str) -> str:
    r"""Return the text of a map file.

    Raises
    ------
    MapError
        The bytes are not UTF-8; with the first bad byte and its place.

    Examples
    --------
    >>> decode(b"..\n.\xff", source="x.txt")
    Traceback (most recent call last):
    mdppower.errors.MapError: x.txt, line 2, column 2: byte 0xff at offset 4 is not UTF-8 text
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Offsets inside the exception do not count a byte order mark that utf-8-sig took off.
        at = error.start + len(data) - len(error.object)
        before = data[:at]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8-sig")) + 1
        raise MapError(
            f"byte 0x{data[at]:02x} at offset {at} is not UTF-8 text", source, line=line, column=column
        ) from None


def skip_heading(lines: list[str]) -> int:
    """How many blank lines and comments stand above the map."""
    return next(
        (i for i, line in enumerate(lines) if line.strip(" ") and not line.lstrip(" ").startswith(COMMENT)),
        len(lines),
    )


def shared_margins(rows: list[str], *, opens_text: bool) -> tuple[int, ...]:
    """How many leading spaces each row loses: the indentation they share."""
    indents = [len(row) - len(row.lstrip(" ")) for row in rows]
    shared = min((i for i, row in zip(indents, rows, strict=True) if row.strip(" ")), default=0)
    others = [i for i, row in zip(indents[1:], rows[1:], strict=True) if row.strip(" ")]
    if opens_text and indents[0] == 0 and others:
        return (0,) + (min(others),) * (len(rows) - 1)
    return (shared,) * len(rows)


def _codes(glyphs: str) -> AnyArray:
    return np.frombuffer(glyphs.encode("ascii"), np.uint8)

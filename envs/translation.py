"""A text map in glyphs of others, read by a legend as a map of ours.

Margins. Where a blank is a cell, lines must be equally long, and of the blanks around the map none is taken away but
the indentation that the lines of a text in code share: of one that begins with a line break, or whose lines are of
several lengths before. Rows in a list, and files, are read as they are. Where a blank is none, margins are those of
our maps.
"""

from __future__ import annotations

import numpy as np

from mdppower._quotes import quoted
from mdppower.envs.conventions import Legend
from mdppower.envs.textmap import (
    FLOOR,
    Drawing,
    TextMap,
    is_cell,
    lines_of,
    refuse_tabs,
    require_floor,
    shared_margins,
    skip_heading,
    without_margins,
)
from mdppower.errors import MapError


def read(text: str, told: Legend, *, source: str = "map", from_file: bool = False) -> TextMap:
    r"""Read a text map whose glyphs mean what a legend says.

    Parameters
    ----------
    text, source, from_file
        As in `mdppower.envs.textmap.parse`.
    told : Legend

    Returns
    -------
    TextMap
        In glyphs of ours.

    Raises
    ------
    MapError
        The map is empty or has no cell, a glyph means nothing, or lines are not equally long where blanks count.
    ParameterError, SizeError
        As in `mdppower.envs.textmap.parse`.

    Examples
    --------
    >>> from mdppower.envs.conventions import legend
    >>> print(*map(bytes, read("SF\nHG", legend(convention="frozen-lake")).glyphs), sep="\n")
    b'S.'
    b'~*'
    """
    lines = lines_of(text, source, from_file=from_file)
    if told.blank_is_a_cell:
        drawing = _with_blanks(lines, told, source, from_file=from_file)
    else:
        drawing = without_margins(lines, source, from_file=from_file)
    codes = drawing.codes().astype(np.int64)
    wide = told.wide
    if wide == 2:
        codes = codes[:, ::2] << 21 | codes[:, 1::2]
    used, where = np.unique(codes, return_inverse=True)
    cells = [chr(code >> 21) + chr(code & (1 << 21) - 1) if wide == 2 else chr(code) for code in used.tolist()]
    ours = [told.glyph(cell) for cell in cells]
    number = np.array([0 if glyph is None else ord(glyph) for glyph in ours], np.uint8)
    textmap = TextMap(number[where].reshape(codes.shape), source, drawing.first_line, drawing.margins, wide)
    if None in ours:
        row, column = np.argwhere(textmap.glyphs == 0)[0].tolist()
        cell = cells[int(where.reshape(codes.shape)[row, column])]
        raise textmap.error(told.refusal(cell), row, column)
    return require_floor(textmap)


def doubts(textmap: TextMap, told: Legend, text: str, *, wrap: bool = False) -> list[str]:
    """What looks as if the legend were not that of the map.

    Parameters
    ----------
    textmap : TextMap
        What `read` made.
    told : Legend
    text : str
        What it was made of.
    wrap : bool
        Whether the map is a torus, which has no outside.

    Returns
    -------
    list of str
        Nothing, if it looks right.

    Examples
    --------
    >>> from mdppower.envs.conventions import legend
    >>> told = legend({"Q": "wall"})
    >>> doubts(read("..", told), told, "..")
    ["glyphs has 'Q', which the map has not"]
    """
    found = []
    absent = [glyph for glyph in told.given if glyph not in text]
    if absent:
        found.append(f"glyphs has {', '.join(map(quoted, absent))}, which the map has not")
    if told.blank_is_a_cell and not wrap:
        found += _outside(textmap)
    return found


def _outside(textmap: TextMap) -> list[str]:
    """A word on plain floor that reaches the rim of the map, if there is other floor that does not."""
    from scipy import ndimage

    cells = is_cell(textmap.glyphs)
    areas, n = ndimage.label(cells)
    open_areas = np.zeros(n + 1, bool)
    open_areas[areas[[0, -1]]] = True
    open_areas[areas[:, [0, -1]]] = True
    if open_areas[1:].all():
        return []
    open_areas[0] = False
    open_areas[areas[cells & (textmap.glyphs != ord(FLOOR))]] = False
    outside = np.argwhere(open_areas[areas])
    if not len(outside):
        return []
    what = "a cell" if len(outside) == 1 else f"{len(outside)} cells"
    where = textmap.place(*outside[0].tolist())
    return [f"{what} of floor outside of the walls ({where}): a blank is floor here, # is wall"]


def _with_blanks(lines: list[str], told: Legend, source: str, *, from_file: bool) -> Drawing:
    """What is drawn where blanks count."""
    top = skip_heading(lines)
    while top and not lines[top - 1].strip(" ") and lines[top - 1]:  # blanks that count may be the first rows
        top -= 1
    longest = max((len(line) for line in lines[top:]), default=0)
    end = len(lines)
    while top < end and not lines[top].strip(" ") and len(lines[top]) < longest:
        top += 1
    while end > top and not lines[end - 1].strip(" ") and len(lines[end - 1]) < longest:
        end -= 1
    rows = lines[top:end]
    if not rows or not longest:
        raise MapError("the map is empty", source)
    refuse_tabs(rows, source, top + 1)
    margins = (0,) * len(rows)
    if not from_file and (top > 0 or len({len(row) for row in rows}) > 1):
        margins = shared_margins(rows, opens_text=top == 0)
        rows = [row[margin:] for row, margin in zip(rows, margins, strict=True)]
    for k, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise MapError(
                f"this line has {len(row)} characters, the first {len(rows[0])}; where a blank is floor lines are "
                "equally long (some editors take blanks off their ends)", source, line=top + 1 + k,
            )  # fmt: skip
    if len(rows[0]) % told.wide:
        raise MapError(
            f"lines of {len(rows[0])} characters; a cell of {told.convention} has two", source, line=top + 1
        )
    return Drawing(rows, source, top + 1, margins)

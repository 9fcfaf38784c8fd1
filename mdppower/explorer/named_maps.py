"""Maps by name and from files, as the page has them: for its list, and in the link to it."""

from __future__ import annotations

import json
import re
from functools import cache

import numpy as np

from mdppower._quotes import quoted
from mdppower.envs.catalog import catalog, map_text
from mdppower.envs.textmap import parse
from mdppower.errors import ParameterError, SizeError
from mdppower.explorer.worlds import LARGEST

_WRITTEN = {"\n": "_", "#": "-", " ": "+", "<": "%3C", ">": "%3E", "^": "%5E"}
"""Glyphs in a link; all others are themselves. ``page/state.js`` reads it."""
_LINK = re.compile(r"(?:http://[^\s#]*)?#?(v=[\w.]+(?:&[\w.*~%]+=[\w.*~%+()!',:-]*)*)", re.ASCII)


def rectangle(text: str, source: str) -> str:
    r"""A text map without comments and margins, as lines of one length.

    Raises
    ------
    MapError
        As in `mdppower.envs.textmap.parse`.
    SizeError
        It is larger than the page draws.

    Examples
    --------
    >>> rectangle("; two rooms\n  ..\n  #.#\n", "x.txt")
    '.. \n#.#'
    """
    glyphs = parse(text, source=source, from_file=True).glyphs
    if max(glyphs.shape) > LARGEST:
        shape = "{} × {}".format(*glyphs.shape)
        raise SizeError(f"{source} is a map of {shape}; the explorer draws up to {LARGEST} × {LARGEST}")
    return "\n".join(row.astype(np.uint8).tobytes().decode("ascii") for row in glyphs)


def link_of(world: str) -> str:
    """What stands behind the address of the page, so that it shows a world.

    Parameters
    ----------
    world : str
        A name of `mdppower.envs.catalog`, a member of a family, the path of a text map; or a link to the page, whole
        or from its ``#`` or ``v=`` on, as the page gives it.

    Raises
    ------
    LabelError
        There is neither a map nor a file of that name.
    ParameterError
        It is no text map, or no link.
    MapError, SizeError
        As in `rectangle`.

    Examples
    --------
    >>> link_of("open(2,3)"), link_of("#v=1&gamma=0.5")
    ('#v=1&map=..._...', '#v=1&gamma=0.5')
    """
    link = _LINK.fullmatch(world)
    if link:
        return f"#{link[1]}"
    if world.startswith(("http://", "#", "v=")):
        raise ParameterError(f"{quoted(world)} is no link to the page: one goes on from # as in #v=1&map=..._.-.")
    return "#v=1&map=" + "".join(_WRITTEN.get(glyph, glyph) for glyph in rectangle(map_text(world), world))


@cache
def named_maps() -> bytes:
    """The maps of the catalog that the page can draw, as JSON: name, map, description, options that differ."""
    found = [
        {"name": each.name, "map": drawn, "description": each.description, "options": {}}
        for each in catalog().values()
        if each.text is not None and (drawn := _if_small(each.text(), each.name))
    ]
    return json.dumps(found, separators=(",", ":")).encode()


def _if_small(text: str, name: str) -> str | None:
    try:
        return rectangle(text, name)
    except SizeError:
        return None

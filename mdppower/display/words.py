"""The words around the panels of a picture: title, cautions, notes."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mdppower.display.figures import save_figure
from mdppower.display.look import Look, figure_of, points


@dataclass(frozen=True)
class Words:
    """What stands around the panels.

    Attributes
    ----------
    title : str
    notes : list of str
        What signs mean; below the panels.
    cautions : list of str
        What must be read with the numbers; below the title, also in the axes of others.
    """

    title: str
    notes: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)


def finished(
    panels: Sequence[Axes], look: Look, words: Words, path: str | os.PathLike[str] | None, suffix: str | None,
    title: str | None = None,
) -> Figure:  # fmt: skip
    """Add the words to a picture, save it where a path is given, and give its figure.

    `title` is the user's, in place of ours. Only in it are dollar signs mathematics: names of rewards and states may
    have them, too.
    """
    figure = figure_of(panels[0])
    wide = figure.get_figwidth()
    if look.ax is not None:
        told = [*([str(title)] if title is not None else []), *words.cautions, panels[0].get_title()]
        own = panels[0].title.get_fontsize()
        panels[0].set_title("\n".join(filter(None, told)), fontsize=own, parse_math=title is not None)
    else:
        size = points("figure.titlesize", 11)
        head = words.title if title is None else title
        lines = [line for text in (head, *words.cautions) for line in wrapped(text, wide, size)]
        figure.suptitle("\n".join(lines), fontsize=size, parse_math=title is not None)
        small = points("axes.labelsize", 8)
        below = wrapped(" · ".join(words.notes), wide, small)
        if below:
            figure.supxlabel("\n".join(below), fontsize=small, parse_math=False)
        if look.figsize is None:
            room = (1.25 * size * (len(lines) - 1) + 1.5 * small * len(below)) / 72
            figure.set_figheight(figure.get_figheight() + room)
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix, look.dpi)
    return figure


def wrapped(text: str, inches: float, size: float) -> list[str]:
    """The lines of a text in letters of that size, which are about half as wide as high, at that width."""
    room = max(20, int(72 * inches / (0.54 * size)))
    return [part for line in str(text).splitlines() for part in textwrap.wrap(line, room)]

"""Room in a figure: what must be in it is measured, and a figure that is too small for that is refused.

Rows and columns of panels are laid out by matplotlib. Words have the size of letters whatever the figure is, so in a
small one nothing is left for the panels, and words come to lie on each other, without an error.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from mdppower.display.look import Look, figure_of
from mdppower.display.words import wrapped
from mdppower.errors import ParameterError

BORDER = 0.15
"""Inches between a legend and the edges of its figure."""
STEP = 0.1
"""Inches: least sizes are told in these."""
ROUNDS = 12
"""Of sizes tried to find the least one."""


def with_room(
    draw: Callable[[Look], Sequence[Axes]], look: Look, least: tuple[float, float], usual: tuple[float, float],
    what: str,
) -> Figure:  # fmt: skip
    """The figure that is drawn, if its panels have room.

    Parameters
    ----------
    draw : callable
        Makes the whole picture in the size of a look, and gives its panels.
    look : Look
        With the size that is asked for, or none: then the figure grows until its panels are as large as usual.
    least, usual : (float, float)
        Width and height of a panel between its axes, in inches.
    what : str
        What must be in the figure, for the message.

    Raises
    ------
    ParameterError
        The figure is too small; with the least size, reached from the one asked for.

    Examples
    --------
    >>> def draw(look):
    ...     return look.panels(1, 2, (6, 3))
    >>> figure = with_room(draw, Look(figsize=(4, 3)), (1, 1), (2, 2), "two panels")
    >>> try:
    ...     with_room(draw, Look(figsize=(2, 3)), (1, 1), (2, 2), "two panels")
    ... except ParameterError as error:
    ...     print(str(error).partition(":")[0])
    figsize 2,3 is too small for two panels
    """
    panels = draw(look)
    figure = figure_of(panels[0])
    if look.ax is not None:
        return figure
    asked = look.figsize
    lack = _lack(panels, least if asked else usual)
    if lack is not None and max(lack) <= 0:
        return figure
    start: Any = asked or tuple(figure.get_size_inches())
    size, found = _grown(draw, look, least if asked else usual, start, lack)
    if asked is None:
        return found
    wide, tall = (f"{side:.4g}" for side in size)
    raise ParameterError(f"figsize {asked[0]:g},{asked[1]:g} is too small for {what}: at least {wide},{tall}")


def _grown(
    draw: Callable[[Look], Sequence[Axes]], look: Look, panel: tuple[float, float], start: tuple[float, float],
    lack: tuple[float, float] | None,
) -> tuple[tuple[float, float], Figure]:  # fmt: skip
    """The smallest size found, no less than `start`, in which panels have theirs, and the figure drawn in it.

    Words are wrapped anew in each width, so that what is lacking is not known in one step.
    """
    fits: dict[tuple[float, float], Figure] = {}
    size = start
    for _ in range(ROUNDS):
        # What collapsed says nothing of what it lacks, but that it is much.
        change = lack or tuple(max(2.0, 0.5 * side) for side in size)
        size = tuple(  # type: ignore[assignment]
            first if first >= side + more else math.ceil((side + more) / STEP - 1e-6) * STEP
            for first, side, more in zip(start, size, change, strict=True)
        )
        if size in fits:
            break
        panels = draw(replace(look, figsize=size))
        lack = _lack(panels, panel)
        if lack is not None and max(lack) <= 0:
            fits[size] = figure_of(panels[0])
    if not fits:
        raise ParameterError(f"no figure up to {size[0]:.0f},{size[1]:.0f} has room for this picture: use ax")
    best = min(fits, key=lambda one: one[0] * one[1])
    return best, fits[best]


def _lack(panels: Sequence[Axes], panel: tuple[float, float]) -> tuple[float, float] | None:
    """Inches that the figure is too narrow and too low, below 0 where there is more than is needed.

    None: nothing is left for the panels at all.
    """
    figure = figure_of(panels[0])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        figure.draw_without_rendering()
    if any("constrained_layout" in str(warning.message) for warning in told):
        return None
    spec: Any = panels[0].get_subplotspec()
    down, across = spec.get_gridspec().get_geometry()
    drawn = figure.get_tightbbox()
    boxes = [one.get_window_extent() for one in panels]
    found = []
    for side, many, low, high, least, sizes in (
        (figure.get_figwidth(), across, drawn.x0, drawn.x1, panel[0], [box.width for box in boxes]),
        (figure.get_figheight(), down, drawn.y0, drawn.y1, panel[1], [box.height for box in boxes]),
    ):
        small = many * (least - min(sizes) / figure.dpi)
        cut = 2 * max(-low, high - side)  # of what is in the middle, at both ends
        found.append(max(small, cut) if cut > 0.01 else small)
    return found[0], found[1]


def settle(figure: Figure, look: Look) -> None:
    """Lay out a figure of ours, so that sizes are known."""
    if look.ax is None:
        with warnings.catch_warnings():
            # Whether there is room is seen when all is in its place.
            warnings.filterwarnings("ignore", "constrained_layout", UserWarning)
            figure.draw_without_rendering()


def legend_within(where: Any, handles: Sequence[Any], names: Sequence[str], inches: float, **how: Any) -> Legend:
    """A legend in as many columns, up to three, as are no wider than that; in one, names are wrapped.

    Names are no mathematics, and may begin with "_", which matplotlib takes for hidden ones.
    """
    for columns in range(min(3, len(names)), 0, -1):
        texts = list(names)
        if columns == 1:
            letters = inches - (how.get("handlelength", 2.0) + 2) * how["fontsize"] / 72
            texts = ["\n".join(wrapped(name, letters, how["fontsize"])) for name in names]
        made: Legend = where.legend(handles, [str(k) for k in range(len(names))], ncols=columns, **how)
        for text, name in zip(made.get_texts(), texts, strict=True):
            text.set(text=name, parse_math=False)
        if columns == 1 or made.get_window_extent().width / made.figure.dpi <= inches:
            break
        made.remove()
    return made

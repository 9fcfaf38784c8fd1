"""Bars of differences with their intervals: blue above 0, red and hatched below it, pale where not told from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.patches import Patch

from mdppower._text import cut
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.display.look import Look, colour_map, points
from mdppower.results.number_text import how_sure

COLOURS = "RdBu"
MOST_BARS = 60
LONGEST = 24
"""Characters of a name below a bar."""


def greatest(values: FloatArray, most: int = MOST_BARS) -> AnyArray:
    """Positions, rising, of the columns whose largest size is among the `most` largest."""
    size = np.nan_to_num(np.abs(values)).reshape(-1, values.shape[-1]).max(axis=0)
    return np.sort(np.argsort(-size, kind="stable")[:most])


def signed_bars(
    panel: Axes, value: FloatArray, lower: FloatArray, upper: FloatArray, untold: BoolArray, look: Look
) -> None:
    """Bars at 0, 1, …, the untold ones pale."""
    below, above = _ends(look)
    line = matplotlib.rcParams["text.color"]
    at = np.arange(len(value))
    for bar, x, pale in zip(panel.bar(at, value, 0.7), value.tolist(), untold.tolist(), strict=True):
        bar.set(facecolor=above if x > 0 else below, hatch=None if x > 0 else "//", edgecolor="white", linewidth=0)
        bar.set_alpha(0.35 if pale else 1.0)
    panel.errorbar(at, value, [value - lower, upper - value], fmt="none", ecolor=line, elinewidth=1, capsize=2)
    panel.axhline(0, color=line, linewidth=0.8)
    panel.margins(x=0.02)


def explain_signs(panel: Axes, above: str, below: str, look: Look) -> None:
    """A legend to the right of the panel: what above 0 means, and below it."""
    colours = _ends(look)
    handles = [
        Patch(facecolor=colours[1], label=above),
        Patch(facecolor=colours[0], hatch="//", edgecolor="white", label=below),
    ]
    panel.legend(handles=handles, fontsize=points("legend.fontsize", 8), loc="upper left", bbox_to_anchor=(1, 1))


def told_intervals(upper: FloatArray, confidence: float) -> str:
    """What the intervals and pale bars are, in words."""
    if not np.isfinite(upper).all():
        return "no intervals: no variance"
    return f"intervals: {how_sure(confidence, together=True)}; pale: not told from 0"


def name_bars(panel: Axes, labels: Sequence[Any], inches: float) -> None:
    """Names below the bars, slanted where they would meet."""
    names = [cut(str(label), LONGEST) for label in labels]
    slanted = max(map(len, names)) * 0.09 > 0.9 * inches / len(names)
    panel.set_xticks(
        np.arange(len(names)), names, rotation=45 if slanted else 0, ha="right" if slanted else "center",
        parse_math=False,
    )  # fmt: skip


def diverging(look: Look) -> Colormap:
    """The colour map of differences."""
    return look.cmap or colour_map(COLOURS)


def _ends(look: Look) -> tuple[Any, Any]:
    """The colours of less and more."""
    below, above = (diverging(look)(x) for x in (0.12, 0.88))
    return below, above

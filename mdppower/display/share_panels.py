"""Panels of shares between the random policy and the optimal one: lines with their bands, names at their ends.

Bands of many lines would cover each other, and are bars beside the last point. The axis of episodes is of ratios, but
that 0 has a place. In grey, lines are told apart by their markers and dashes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MultipleLocator, NullLocator

from mdppower._text import cut
from mdppower._typing import FloatArray
from mdppower.display.figures import save_figure
from mdppower.display.line_picture import MARKERS, STYLES
from mdppower.display.look import Look, figure_of, points
from mdppower.display.room import BORDER, legend_within, settle
from mdppower.display.words import wrapped

MOST_LINES = 12
MOST_PANELS = 12
ACROSS = 3
"""Panels beside each other, where no size is asked for."""
MOST_BANDS = 4
"""Of more lines the intervals are bars."""
LAST_BARS = "bars, of the last points"
LEAST = (1.6, 1.25)
"""Inches of a panel between its axes, in letters of matplotlib's own size; the second for few names."""
SHARE = "share of the available power"
MARKS = {0.0: "random policy", 1.0: "optimal"}
MEAN = "share of line "
"""Begins the mark of the lines that a legend is of; limits and marks have none."""
LOWEST = -1.5
"""Bands below are cut."""


@dataclass(frozen=True)
class Line:
    """A line of a panel: its name, whether a theorem says that it is 0, and (T,) shares with their limits."""

    name: str
    null: bool
    share: FloatArray
    lower: FloatArray
    upper: FloatArray


def sizes(lines: int, panels: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The least and the usual size of a panel, in which names of so many lines stand one below the other."""
    letters = points("axes.labelsize", 10) / 10  # as many times as large as usual
    names = 1.35 * lines * points("legend.fontsize", 8) / 72 if lines > 1 else 0.0
    wide, tall = (letters * side for side in ((3.2, 2.2) if panels == 1 else (2.2, 2.0)))
    return (LEAST[0] * letters, max(LEAST[1] * letters, names)), (wide, max(tall, 1.3 * names))


def across_of(panels: int, lines: int, look: Look) -> int:
    """How many panels stand beside each other: in rows of equal length where that can be, four are two by two.

    Where a size is asked for, as many as leave them most of it.
    """
    if look.figsize is None or look.ax is not None:
        return -(-panels // -(-panels // ACROSS))
    wide, tall = look.figsize
    letters = points("axes.labelsize", 10) / 10
    (least_wide, least_tall), _ = sizes(lines, panels)

    def room(across: int) -> float:
        down = -(-panels // across)
        # Beside panels stand names of lines, above and below two lines of title and ticks.
        return min(
            ((wide - 1.6 * letters) / across - 0.9 * letters * (lines > 1)) / least_wide,
            ((tall - (0.7 + 0.17 * lines) * letters) / down - 0.7 * letters) / least_tall,
        )

    return max(range(1, panels + 1), key=room)


def panels_of(look: Look, many: int, across: int) -> list[Axes]:
    """Panels of one axis of shares, which is labelled at the left."""
    down = -(-many // across)
    letters = points("axes.labelsize", 10) / 10
    wide = 4.6 if many == 1 else 3.5
    size = ((wide * across + 1.6) * letters, 3.5 * down * letters)
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
    panels = look.panels(down, across, size, count=many, sharey=look.ax is None, layout=layout)
    for k, panel in enumerate(panels):
        if look.ax is not None or k % across == 0:
            panel.set_ylabel(SHARE)
    return panels


def saved(figure: Figure, path: str | os.PathLike[str] | None, suffix: str | None, look: Look) -> Figure:
    """The figure, which is in a file if it is to be."""
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix, look.dpi)
    return figure


def ends_of(share: FloatArray, lower: FloatArray) -> tuple[float, float]:
    """Of the axis of shares: floor and ceiling, all means, and bands that are not too wide."""
    if np.isnan(share).all():
        return -0.1, 1.1
    least, most = float(np.nanmin(share)), float(np.nanmax(share))
    lowest = min(-0.05, max(float(np.nanmin(lower)), LOWEST), least - 0.05)
    highest = max(1.05, most + 0.05)
    return lowest - 0.02 * (highest - lowest), highest


def told_ends(floor: float, ceiling: float) -> str:
    """What the two ends of the axis are worth."""
    return f"random policy {floor:.4g}, optimal {ceiling:.4g}"


def draw_lines(
    panel: Axes, lines: Sequence[Line], at: FloatArray, look: Look, told: str, ends: tuple[float, float],
    *, joined: bool = True,
) -> None:  # fmt: skip
    """Lines with their bands between floor and ceiling, and names at their ends; or points with bars."""
    panel.set_title(told, fontsize=points("axes.titlesize", 9), parse_math=False)
    for mark in MARKS:
        panel.axhline(mark, color=matplotlib.rcParams["text.color"], linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    panel.set_ylim(*ends)
    panel.yaxis.set_major_locator(MultipleLocator(0.25 if ends[1] - ends[0] < 1.7 else 0.5))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{MARKS.get(round(y, 9), '')}  {y:g}".strip()))
    if joined:
        _episodes(panel, at)
    colours = look.spread(len(lines))
    defined = [(k, line) for k, line in enumerate(lines) if not np.isnan(line.share).any()]
    if not defined:
        panel.text(
            0.5, 0.5, "floor and ceiling are equal:\nthere is no power to have a share of", ha="center", va="center",
            transform=panel.transAxes, fontsize=points("axes.labelsize", 9),
        )  # fmt: skip
        panel.set_xlim(float(at[0]), float(at[-1]) or 1.0)
    bars = _beside(panel, at, len(lines)) if joined and defined and len(lines) > MOST_BANDS else ()
    for k, line in defined:
        if not joined:
            error = [line.share - line.lower, line.upper - line.share]
            panel.errorbar(at, line.share, error, fmt="o", ms=5, capsize=3, color=colours[k])
            panel.set_xlim(-0.5, len(at) - 0.5)
            continue
        style, layer = STYLES[k % len(STYLES)], 2 if line.null else 3
        looks = {"color": colours[k], "marker": MARKERS[k], "zorder": layer,
                 "markerfacecolor": panel.get_facecolor() if line.null else colours[k]}  # fmt: skip
        if len(lines) > MOST_BANDS:
            low, high = line.share[-1] - line.lower[-1], line.upper[-1] - line.share[-1]
            panel.errorbar(
                bars[k], line.share[-1], [[max(low, 0.0)], [max(high, 0.0)]], markersize=4, capsize=2,
                elinewidth=1.2, label="_bar", linestyle="none", **looks,
            )  # fmt: skip
        else:
            shade = 0.1 if line.null else 0.2
            panel.fill_between(at, line.lower, line.upper, color=colours[k], alpha=shade, linewidth=0)
            for edge in (line.lower, line.upper):
                panel.plot(at, edge, style, color=colours[k], linewidth=0.4, label="_edge", zorder=layer)
        panel.plot(
            at, line.share, style, markersize=4.5, linewidth=1.0 if line.null else 1.7, label=line.name,
            gid=f"{MEAN}{k}", **looks,
        )  # fmt: skip


def _episodes(panel: Axes, at: FloatArray) -> None:
    """The axis of episodes: ratios, and a place for 0 where that is among them."""
    positive = at[at > 0]
    if len(positive) < 2 or positive[-1] < 8 * positive[0]:
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.6g}"))
        return
    if at[0] <= 0:
        panel.set_xscale("symlog", linthresh=float(positive[0]), linscale=0.5)
    else:
        panel.set_xscale("log")
    tens = 10.0 ** np.arange(np.ceil(np.log10(positive[0]) - 1e-9), np.floor(np.log10(positive[-1]) + 1e-9) + 1)
    panel.set_xticks([*at[at == 0].tolist(), *tens.tolist()])
    panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.6g}"))
    panel.xaxis.set_minor_locator(NullLocator())


def _beside(panel: Axes, at: FloatArray, many: int) -> tuple[float, ...]:
    """Places for so many bars right of the last point, each as far from the next on any scale of this axis."""
    scale = panel.xaxis.get_transform()
    first, last = scale.transform(np.array([at[0], at[-1]], float)).tolist()
    long = last - first or 1.0
    ends = np.array([first - 0.04 * long, *(last + 0.04 * long * np.arange(1, many + 2))])
    low, *places, high = scale.inverted().transform(ends).tolist()
    panel.set_xlim(low, high)
    panel.set_xticks([x for x in panel.get_xticks() if at[0] <= x <= at[-1]])
    panel.axvline(float(at[-1]), color=matplotlib.rcParams["text.color"], linewidth=0.4, zorder=1)
    return tuple(places)


def fit(panels: Sequence[Axes], names: bool, look: Look) -> None:
    """What depends on how large panels have become: titles that are wrapped, ticks, and names beside ends of lines.

    Names stand each at the height of its end or, where these are close, one below the other.
    """
    figure = figure_of(panels[0])
    title, size = points("axes.titlesize", 9), points("legend.fontsize", 8)
    named: list[list[Annotation]] = []
    for panel in panels:
        lines = [line for line in panel.get_lines() if str(line.get_gid()).startswith(MEAN)]
        low, high = panel.get_ylim()
        ends = [(float(np.asarray(line.get_ydata())[-1]) - low) / (high - low) for line in lines]
        named.append([
            panel.annotate(
                cut(str(line.get_label()), 18), (1.0, end), (1.04, end), xycoords="axes fraction",
                textcoords="axes fraction", fontsize=size, va="center", parse_math=False, annotation_clip=False,
                arrowprops={"arrowstyle": "-", "color": "grey", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0},
            )
            for line, end in zip(lines, ends, strict=True) if names and len(lines) > 1
        ])  # fmt: skip
    settle(figure, look)
    for panel in panels:
        box = panel.get_window_extent()
        wide, tall = box.width / figure.dpi, box.height / figure.dpi
        panel.set_title("\n".join(wrapped(panel.get_title(), wide, title)), fontsize=title, parse_math=False)
        if panel.get_ylabel() and look.ax is None:
            label = panel.yaxis.label
            label.set_text("\n".join(wrapped(SHARE, tall, float(label.get_fontsize()))))
        ticks = panel.get_xticks()
        if panel.get_xscale() != "linear" and 0.6 * len(ticks) > wide:
            panel.set_xticks([*ticks[:1], *ticks[-1:0:-2][::-1]])
    settle(figure, look)  # titles of more lines leave less
    for panel, texts in zip(panels, named, strict=True):
        tall = panel.get_window_extent().height / figure.dpi
        places = _apart(np.array([text.xy[1] for text in texts]), 1.3 * size / 72 / tall)
        for text, place in zip(texts, places.tolist(), strict=True):
            text.set_position((1.04, place))


def _apart(ends: FloatArray, least: float) -> FloatArray:
    """Places near these ends, in their order, and no two nearer than so much.

    Examples
    --------
    >>> _apart(np.array([0.9, 0.1, 0.12, 0.1]), 0.05).round(3).tolist()
    [0.9, 0.107, 0.157, 0.057]
    """
    order = np.argsort(-ends, kind="stable")
    groups: list[list[float]] = []  # of each its centre, and how many there are
    for end in ends[order].tolist():
        groups.append([end, 1])
        while len(groups) > 1 and groups[-2][0] - groups[-1][0] < least * (groups[-2][1] + groups[-1][1]) / 2:
            (a, m), (b, n) = groups[-2:]
            groups[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    places = [centre + least * ((n - 1) / 2 - k) for centre, n in groups for k in range(int(n))]
    found = np.empty(len(ends))
    found[order] = places
    return found


def legend_of(panels: Sequence[Axes], texts: Sequence[str], look: Look, told: str) -> None:
    """What each arm is shown and given: below all panels, or, in the axes of others, in the first of them."""
    small = points("legend.fontsize", 8)
    found: dict[int, Any] = {}
    for line in (line for panel in panels for line in panel.get_lines()):
        if str(line.get_gid()).startswith(MEAN):
            found.setdefault(int(str(line.get_gid()).removeprefix(MEAN)), line)
    if not found:
        return
    names = [texts[k] for k in sorted(found)]
    figure, inside = figure_of(panels[0]), look.ax is not None
    wide = panels[0].get_window_extent().width / figure.dpi if inside else figure.get_figwidth() - 2 * BORDER
    legend = legend_within(
        panels[0] if inside else figure, [found[k] for k in sorted(found)], names, wide, fontsize=small,
        frameon=False, handlelength=3.2, title=told, title_fontsize=small,
        loc="best" if inside else "outside lower center",
    )  # fmt: skip
    if not inside:
        legend.get_title().set_text("\n".join(wrapped(told, wide, small)))
    if not inside and look.figsize is None:
        figure.set_figheight(figure.get_figheight() + legend.get_window_extent().height / figure.dpi)

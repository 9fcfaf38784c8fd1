"""Shares of the available power along training, between the random policy and the optimal one.

A panel a test, a line an arm, with the band of the intervals that verdicts go by; bands of many arms would cover each
other, and are bars beside the last checkpoint. The axis of episodes is of ratios, but that 0 has a place. Where a
theorem says that the mean over runs is 0, markers are hollow; in grey, lines are told apart by their markers and
dashes, and their names stand at their ends.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MultipleLocator, NullLocator

from mdppower._text import count, cut, rate_text, told_rates
from mdppower._typing import FloatArray
from mdppower.display.figures import picture_suffix, save_figure
from mdppower.display.line_picture import MARKERS, STYLES
from mdppower.display.look import NO_SCALE, Look, LookOptions, figure_of, points
from mdppower.display.room import BORDER, legend_within, with_room
from mdppower.display.words import Words, finished, wrapped
from mdppower.errors import SizeError
from mdppower.learning.assessment import Assessment
from mdppower.learning.learning_curves import LearningCurves
from mdppower.results.number_text import how_sure
from mdppower.results.table import Table

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
class _Line:
    """A line of a panel: its name, whether a theorem says that it is 0, and (T,) shares with their limits."""

    name: str
    null: bool
    share: FloatArray
    lower: FloatArray
    upper: FloatArray


def plot_learning(
    curves: LearningCurves,
    path: str | os.PathLike[str] | None = None,
    *,
    confidence: float = 0.95,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw the share of each arm along the checkpoints, a panel a test; the legend says what is shown and given.

    Parameters
    ----------
    curves : LearningCurves
        Of at most 12 arms and 12 tests.
    path : str or path, optional
        Where to save it: .png, .svg, .pdf.
    confidence : float
        Of all bands at once, as in `LearningCurves.verdicts`.
    title : str, optional
    **look
        ``ax`` (one a test), ``cmap, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix; confidence is out of range; the figure is too small, with the least size.
    SizeError
        There are more arms or tests.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> training = mp.learning.train(fork, 0.9, ["random", "unseen"], episodes=30, runs=2, start="root", rng=0)
    >>> figure = plot_learning(training.curves(samples=64))
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['random: shown R, given R', 'unseen: shown nothing, given R (a theorem: 0)']
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="learning curves")
    arms, tests, steps = len(curves.arms), list(curves.tests), len(curves.checkpoints)
    if arms > MOST_LINES or len(tests) > MOST_PANELS:
        raise SizeError(
            f"a picture shows up to {MOST_LINES} arms and {MOST_PANELS} tests, not {arms:,} and {len(tests):,}"
            + ": take one arm with .of(…)" * (arms > MOST_LINES)
        )
    table = curves.table(confidence, simultaneous=True)
    share, lower, upper = (_cube(table, name, (arms, len(tests), steps)) for name in ("share", "lower", "upper"))
    last = curves.verdicts(confidence=confidence)
    null = np.array([why.startswith("theorem") for why in last["why"]]).reshape(arms, len(tests))
    ends = _ends(share, lower)
    texts = [
        f"{signal.label}: shown {signal.shown}, given {signal.given}" + _theorem(row, tests)
        for signal, row in zip(curves.signals, null, strict=True)
    ]
    kind = "bands" if arms <= MOST_BANDS else LAST_BARS
    notes = f"{kind}: {how_sure(confidence, together=True)}" + " · hollow: 0 on average, a theorem" * bool(null.any())
    cautions = ["interrupted: fewer training runs than were asked for"] * curves.interrupted
    made = f"{count(curves.runs, 'run')}, {curves.rewards.name} rewards, γ = {rate_text(curves.gamma)}"
    words = Words(f"Power along training: {made}", [], cautions)
    across = _across(len(tests), arms, chosen)

    def draw(look: Look) -> list[Axes]:
        panels = _panels(look, len(tests), across)
        for i, (panel, name) in enumerate(zip(panels, tests, strict=True)):
            lines = [
                _Line(arm, bool(null[a, i]), share[a, i], lower[a, i], upper[a, i])
                for a, arm in enumerate(curves.arms)
            ]
            floor, ceiling = (float(x.mean) for x in (curves.floor(name), curves.ceiling(name)))
            told = f"tested on {name}" + " rewards" * (name in _laws(curves))
            _draw(panel, lines, np.array(curves.checkpoints), look, f"{told}\n{_told(floor, ceiling)}", ends)
            if look.ax is not None or i + across >= len(tests):
                panel.set_xlabel("episodes of training")
        _legend(panels, texts, look, notes)
        finished(panels, look, words, None, None, title)
        _fit(panels, True, look)
        return panels

    what = f"{count(len(tests), 'panel')} and {count(arms, 'arm')}"
    return _saved(with_room(draw, chosen, *_sizes(arms, len(tests)), what), path, suffix, chosen)


def plot_assessment(
    found: Assessment,
    path: str | os.PathLike[str] | None = None,
    *,
    confidence: float = 0.95,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw the share of each agent, a panel a γ: lines over steps or over episodes, where these are numbers.

    Parameters
    ----------
    found : Assessment
        Agents that were tried after several numbers of episodes are lines over these (at most 12 agents); if not, and
        their steps are numbers that increase, they are points of one line over steps; else each has a place.
    path : str or path, optional
    confidence : float
        Of all that is drawn at once.
    title : str, optional
    **look
        ``ax`` (one a γ), ``cmap, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix; confidence is out of range; the figure is too small, with the least size.
    SizeError
        There are more agents, or rates, than can be drawn.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> agents = {k: mp.agents.q_learning(k, start="root") for k in (0, 10, 100)}
    >>> found = mp.learning.assess(agents, mp.envs.fork(3), 0.9, start="root", samples=256, rng=0)
    >>> plot_assessment(found).axes[0].get_xlabel()
    'step'
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="shares of power")
    rates, steps, tried = len(found.gammas), found.steps, found.episodes
    many = len(tried) > 1
    if rates > MOST_PANELS or len(steps) > (MOST_LINES if many else 60):
        raise SizeError(
            f"a picture shows up to {MOST_LINES if many else 60} agents at up to {MOST_PANELS} γ, not {len(steps):,} "
            f"at {rates:,}"
        )
    table = found.table(confidence, simultaneous=True)
    cubes = [_cube(table, name, (rates, len(steps), len(tried))) for name in ("share", "lower", "upper")]
    floor, ceiling = (x.data.value[:, 0] for x in (found.floor(), found.ceiling()))
    over_steps = not many and _increase(steps)
    ends = _ends(*cubes[:2])
    sure = how_sure(confidence, together=None if cubes[0].size == 1 else True)
    source = found.draws.source
    made = f"{found.data.count * source.size:,} draws of {source.rewards.told}"
    kind = "bars" if not (many or over_steps) else "bands" if len(steps) <= MOST_BANDS or not many else LAST_BARS
    notes = [f"{kind}: {sure}", *["lines: agents"] * many]
    caution = [f"caution: {found.draws.caution}"] * bool(found.draws.caution)
    caution += ["interrupted: fewer draws than were asked for"] * found.draws.interrupted
    words = Words(f"Power of agents — {made}", notes, caution)
    across = _across(rates, len(steps) if many else 1, chosen)

    def draw(look: Look) -> list[Axes]:
        panels = _panels(look, rates, across)
        for g, panel in enumerate(panels):
            share, lower, upper = (x[g] for x in cubes)
            told = f"{told_rates(found.gammas[g])}\n{_told(float(floor[g]), float(ceiling[g]))}"
            if many:
                lines = [_Line(str(step), False, share[k], lower[k], upper[k]) for k, step in enumerate(steps)]
                _draw(panel, lines, np.array(tried), look, told, ends)
                panel.set_xlabel("episodes of adaptation")
                continue
            at = np.array(steps if over_steps else range(len(steps)), float)
            lines = [_Line("", False, share[:, 0], lower[:, 0], upper[:, 0])]
            _draw(panel, lines, at, look, told, ends, joined=over_steps)
            if over_steps:
                panel.set_xlabel("step")
            else:
                names = [cut(str(step), 24) for step in steps]
                slant: dict[str, Any] = {"rotation": 30, "ha": "right"} if sum(map(len, names)) > 40 else {}
                panel.set_xticks(at, names, parse_math=False, **slant)
        finished(panels, look, words, None, None, title)
        _fit(panels, many, look)
        return panels

    what = f"{count(rates, 'panel')} and {count(len(steps), 'agent')}"
    figure = with_room(draw, chosen, *_sizes(len(steps) if many else 1, rates), what)
    return _saved(figure, path, suffix, chosen)


# ---------------------------------------------------------------------- panels


def _sizes(lines: int, panels: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The least and the usual size of a panel, in which names of so many lines stand one below the other."""
    letters = points("axes.labelsize", 10) / 10  # as many times as large as usual
    names = 1.35 * lines * points("legend.fontsize", 8) / 72 if lines > 1 else 0.0
    wide, tall = (letters * side for side in ((3.2, 2.2) if panels == 1 else (2.2, 2.0)))
    return (LEAST[0] * letters, max(LEAST[1] * letters, names)), (wide, max(tall, 1.3 * names))


def _across(panels: int, lines: int, look: Look) -> int:
    """How many panels stand beside each other: in rows of equal length where that can be, four are two by two.

    Where a size is asked for, as many as leave them most of it.
    """
    if look.figsize is None or look.ax is not None:
        return -(-panels // -(-panels // ACROSS))
    wide, tall = look.figsize
    letters = points("axes.labelsize", 10) / 10
    (least_wide, least_tall), _ = _sizes(lines, panels)

    def room(across: int) -> float:
        down = -(-panels // across)
        # Beside panels stand names of lines, above and below two lines of title and ticks.
        return min(
            ((wide - 1.6 * letters) / across - 0.9 * letters * (lines > 1)) / least_wide,
            ((tall - (0.7 + 0.17 * lines) * letters) / down - 0.7 * letters) / least_tall,
        )

    return max(range(1, panels + 1), key=room)


def _panels(look: Look, many: int, across: int) -> list[Axes]:
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


def _saved(figure: Figure, path: str | os.PathLike[str] | None, suffix: str | None, look: Look) -> Figure:
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix, look.dpi)
    return figure


def _ends(share: FloatArray, lower: FloatArray) -> tuple[float, float]:
    """Of the axis of shares: floor and ceiling, all means, and bands that are not too wide."""
    if np.isnan(share).all():
        return -0.1, 1.1
    least, most = float(np.nanmin(share)), float(np.nanmax(share))
    lowest = min(-0.05, max(float(np.nanmin(lower)), LOWEST), least - 0.05)
    highest = max(1.05, most + 0.05)
    return lowest - 0.02 * (highest - lowest), highest


def _told(floor: float, ceiling: float) -> str:
    return f"random policy {floor:.4g}, optimal {ceiling:.4g}"


def _draw(
    panel: Axes, lines: Sequence[_Line], at: FloatArray, look: Look, told: str, ends: tuple[float, float],
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


def _fit(panels: Sequence[Axes], names: bool, look: Look) -> None:
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
    _settle(figure, look)
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
    _settle(figure, look)  # titles of more lines leave less
    for panel, texts in zip(panels, named, strict=True):
        tall = panel.get_window_extent().height / figure.dpi
        places = _apart(np.array([text.xy[1] for text in texts]), 1.3 * size / 72 / tall)
        for text, place in zip(texts, places.tolist(), strict=True):
            text.set_position((1.04, place))


def _settle(figure: Figure, look: Look) -> None:
    """Lay out a figure of ours, so that sizes are known."""
    if look.ax is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whether there is room is seen when all is in its place
            figure.draw_without_rendering()


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


def _legend(panels: Sequence[Axes], texts: Sequence[str], look: Look, told: str) -> None:
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


def _theorem(null: Any, tests: Sequence[str]) -> str:
    """Of which tests a theorem says that the share is 0."""
    if null.all():
        return " (a theorem: 0)"
    return f" (a theorem: 0 on {', '.join(np.array(tests, object)[null])})" * bool(null.any())


def _laws(curves: LearningCurves) -> set[str]:
    """Tests that bear the name of their law."""
    return {name for name, law in curves.tests.items() if name == law.name}


def _cube(table: Table, name: str, shape: tuple[int, ...]) -> FloatArray:
    return np.asarray(np.array(table[name], float).reshape(shape))


def _increase(steps: Sequence[Any]) -> bool:
    """Whether these are numbers, each greater than the one before."""
    numbers = all(isinstance(step, (int, float, np.integer, np.floating)) for step in steps)
    return numbers and len(steps) > 1 and all(a < b for a, b in pairwise(steps))

"""Shares of the available power along training, between the random policy and the optimal one.

A panel a test, a line an arm, with the band of the intervals that verdicts go by. The axis of episodes is of ratios,
but that 0 has a place. Where a theorem says that the mean over runs is 0, markers are hollow; in grey, lines are told
apart by their markers and dashes, and their names stand at their ends.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator, NullLocator

from mdppower._text import count, cut, rate_text, told_rates
from mdppower._typing import FloatArray
from mdppower.display.figures import picture_suffix
from mdppower.display.line_picture import MARKERS, STYLES
from mdppower.display.look import NO_SCALE, Look, LookOptions, figure_of, points
from mdppower.display.words import Words, finished, wrapped
from mdppower.errors import SizeError
from mdppower.learning.assessment import Assessment
from mdppower.learning.learning_curves import LearningCurves
from mdppower.results.number_text import how_sure
from mdppower.results.table import Table

MOST_LINES = 12
MOST_PANELS = 12
ACROSS = 3
"""Panels beside each other."""
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
        The path has another suffix; confidence is out of range.
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
    panels, ends = _panels(chosen, len(tests)), _ends(share, lower)
    for i, (panel, name) in enumerate(zip(panels, tests, strict=True)):
        lines = [
            _Line(arm, bool(null[a, i]), share[a, i], lower[a, i], upper[a, i]) for a, arm in enumerate(curves.arms)
        ]
        floor, ceiling = (float(x.mean) for x in (curves.floor(name), curves.ceiling(name)))
        told = f"tested on {name}" + " rewards" * (name in _laws(curves))
        _draw(panel, lines, np.array(curves.checkpoints), chosen, f"{told}\n{_told(floor, ceiling)}", ends)
        panel.set_xlabel("episodes of training")
    texts = [
        f"{signal.label}: shown {signal.shown}, given {signal.given}" + _theorem(row, tests)
        for signal, row in zip(curves.signals, null, strict=True)
    ]
    told = f"bands: {how_sure(confidence, together=True)}" + " · hollow: 0 on average, a theorem" * bool(null.any())
    _legend(panels, texts, chosen, told)
    _fit(panels, True, chosen)
    cautions = ["interrupted: fewer training runs than were asked for"] * curves.interrupted
    made = f"{count(curves.runs, 'run')}, {curves.rewards.name} rewards, γ = {rate_text(curves.gamma)}"
    words = Words(f"Power along training: {made}", [], cautions)
    return finished(panels, chosen, words, path, suffix, title)


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
        The path has another suffix; confidence is out of range.
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
    panels, ends = _panels(chosen, rates), _ends(*cubes[:2])
    for g, panel in enumerate(panels):
        share, lower, upper = (x[g] for x in cubes)
        told = f"{told_rates(found.gammas[g])}\n{_told(float(floor[g]), float(ceiling[g]))}"
        if many:
            lines = [_Line(str(step), False, share[k], lower[k], upper[k]) for k, step in enumerate(steps)]
            _draw(panel, lines, np.array(tried), chosen, told, ends)
            panel.set_xlabel("episodes of adaptation")
            continue
        at = np.array(steps if over_steps else range(len(steps)), float)
        lines = [_Line("", False, share[:, 0], lower[:, 0], upper[:, 0])]
        _draw(panel, lines, at, chosen, told, ends, joined=over_steps)
        if over_steps:
            panel.set_xlabel("step")
        else:
            names = [cut(str(step), 24) for step in steps]
            slant: dict[str, Any] = {"rotation": 30, "ha": "right"} if sum(map(len, names)) > 40 else {}
            panel.set_xticks(at, names, parse_math=False, **slant)
    _fit(panels, many, chosen)
    sure = how_sure(confidence, together=None if cubes[0].size == 1 else True)
    source = found.draws.source
    made = f"{found.data.count * source.size:,} draws of {source.rewards.told}"
    notes = [f"{'bands' if many or over_steps else 'bars'}: {sure}", *["lines: agents"] * many]
    caution = [f"caution: {found.draws.caution}"] * bool(found.draws.caution)
    caution += ["interrupted: fewer draws than were asked for"] * found.draws.interrupted
    return finished(
        panels, chosen, Words(f"Power of agents — {made}", notes, caution), path, suffix, title
    )  # fmt: skip


# ---------------------------------------------------------------------- panels


def _panels(look: Look, many: int) -> list[Axes]:
    """Panels of one axis of shares, which is labelled at the left."""
    across = min(many, ACROSS)
    down = -(-many // across)
    wide = 4.6 if many == 1 else 3.5
    panels = look.panels(down, across, (wide * across + 1.6, 3.5 * down), count=many, sharey=look.ax is None)
    for k, panel in enumerate(panels):
        if look.ax is not None or k % across == 0:
            panel.set_ylabel("share of the available power")
    return panels


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
    for k, line in defined:
        if not joined:
            error = [line.share - line.lower, line.upper - line.share]
            panel.errorbar(at, line.share, error, fmt="o", ms=5, capsize=3, color=colours[k])
            panel.set_xlim(-0.5, len(at) - 0.5)
            continue
        panel.fill_between(at, line.lower, line.upper, color=colours[k], alpha=0.1 if line.null else 0.2, linewidth=0)
        style, layer = STYLES[k % len(STYLES)], 2 if line.null else 3
        for edge in (line.lower, line.upper):
            panel.plot(at, edge, style, color=colours[k], linewidth=0.4, label="_edge", zorder=layer)
        panel.plot(
            at, line.share, style, color=colours[k], marker=MARKERS[k], markersize=4.5,
            linewidth=1.0 if line.null else 1.7, zorder=layer,
            markerfacecolor=panel.get_facecolor() if line.null else colours[k], label=line.name, gid=f"{MEAN}{k}",
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


def _fit(panels: Sequence[Axes], names: bool, look: Look) -> None:
    """What depends on how large panels have become: titles that are wrapped, ticks, and names beside ends of lines.

    Names stand each at the height of its end or, where these are close, one below the other.
    """
    figure = figure_of(panels[0])
    if look.ax is None:
        figure.draw_without_rendering()
    title, size = points("axes.titlesize", 9), points("legend.fontsize", 8)
    for panel in panels:
        box = panel.get_window_extent()
        wide, tall = box.width / figure.dpi, box.height / figure.dpi
        panel.set_title("\n".join(wrapped(panel.get_title(), wide, title)), fontsize=title, parse_math=False)
        ticks = panel.get_xticks()
        if panel.get_xscale() != "linear" and 0.6 * len(ticks) > wide:
            panel.set_xticks([*ticks[:1], *ticks[-1:0:-2][::-1]])
        lines = [line for line in panel.get_lines() if str(line.get_gid()).startswith(MEAN)]
        low, high = panel.get_ylim()
        ends = np.array([(float(np.asarray(line.get_ydata())[-1]) - low) / (high - low) for line in lines])
        if not names or len(lines) < 2:
            continue
        for line, end, place in zip(lines, ends.tolist(), _apart(ends, 1.3 * size / 72 / tall).tolist(), strict=True):
            panel.annotate(
                cut(str(line.get_label()), 18), (1.0, end), (1.04, place), xycoords="axes fraction",
                textcoords="axes fraction", fontsize=size, va="center", parse_math=False, annotation_clip=False,
                arrowprops={"arrowstyle": "-", "color": "grey", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip


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
    figure = figure_of(panels[0])
    columns = max(1, min(3, len(names), int(72 * figure.get_figwidth() / ((0.5 * max(map(len, names)) + 5) * small))))
    inside = look.ax is not None
    where: Any = panels[0] if inside else figure
    spot: dict[str, Any] = {"loc": "best"} if inside else {"loc": "outside lower center", "ncols": columns}
    legend = where.legend(
        [found[k] for k in sorted(found)], [str(k) for k in sorted(found)], fontsize=small, frameon=False,
        handlelength=3.2, title=told, title_fontsize=small, **spot,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set(text=name, parse_math=False)
    if not inside and look.figsize is None:
        figure.set_figheight(figure.get_figheight() + 1.5 * small * (1 - -len(names) // columns) / 72)


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

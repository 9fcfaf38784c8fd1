"""Shares of the available power along training, and of agents, between the random policy and the optimal one.

Of learning curves a panel a test and a line an arm, with the intervals that verdicts go by; where a theorem says that
the mean over runs is 0, markers are hollow. Of assessments a panel a γ.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mdppower._text import count, cut, rate_text, told_rates
from mdppower._typing import FloatArray
from mdppower.display.figures import picture_suffix
from mdppower.display.look import NO_SCALE, Look, LookOptions
from mdppower.display.room import with_room
from mdppower.display.share_panels import (
    LAST_BARS,
    MOST_BANDS,
    MOST_LINES,
    MOST_PANELS,
    Line,
    across_of,
    draw_lines,
    ends_of,
    fit,
    legend_of,
    panels_of,
    saved,
    sizes,
    told_ends,
)
from mdppower.display.words import Words, finished
from mdppower.errors import SizeError
from mdppower.learning.assessment import Assessment
from mdppower.learning.learning_curves import LearningCurves
from mdppower.results.number_text import how_sure
from mdppower.results.table import Table


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
    ends = ends_of(share, lower)
    texts = [
        f"{signal.label}: shown {signal.shown}, given {signal.given}" + _theorem(row, tests)
        for signal, row in zip(curves.signals, null, strict=True)
    ]
    kind = "bands" if arms <= MOST_BANDS else LAST_BARS
    notes = f"{kind}: {how_sure(confidence, together=True)}" + " · hollow: 0 on average, a theorem" * bool(null.any())
    cautions = ["interrupted: fewer training runs than were asked for"] * curves.interrupted
    made = f"{count(curves.runs, 'run')}, {curves.rewards.name} rewards, γ = {rate_text(curves.gamma)}"
    words = Words(f"Power along training: {made}", [], cautions)
    across = across_of(len(tests), arms, chosen)

    def draw(look: Look) -> list[Axes]:
        panels = panels_of(look, len(tests), across)
        for i, (panel, name) in enumerate(zip(panels, tests, strict=True)):
            lines = [
                Line(arm, bool(null[a, i]), share[a, i], lower[a, i], upper[a, i])
                for a, arm in enumerate(curves.arms)
            ]
            floor, ceiling = (float(x.mean) for x in (curves.floor(name), curves.ceiling(name)))
            told = f"tested on {name}" + " rewards" * (name in _laws(curves))
            draw_lines(panel, lines, np.array(curves.checkpoints), look, f"{told}\n{told_ends(floor, ceiling)}", ends)
            if look.ax is not None or i + across >= len(tests):
                panel.set_xlabel("episodes of training")
        legend_of(panels, texts, look, notes)
        finished(panels, look, words, None, None, title)
        fit(panels, True, look)
        return panels

    what = f"{count(len(tests), 'panel')} and {count(arms, 'arm')}"
    return saved(with_room(draw, chosen, *sizes(arms, len(tests)), what), path, suffix, chosen)


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
    ends = ends_of(*cubes[:2])
    sure = how_sure(confidence, together=None if cubes[0].size == 1 else True)
    source = found.draws.source
    made = f"{found.data.count * source.size:,} draws of {source.rewards.told}"
    kind = "bars" if not (many or over_steps) else "bands" if len(steps) <= MOST_BANDS or not many else LAST_BARS
    notes = [f"{kind}: {sure}", *["lines: agents"] * many]
    caution = [f"caution: {found.draws.caution}"] * bool(found.draws.caution)
    caution += ["interrupted: fewer draws than were asked for"] * found.draws.interrupted
    words = Words(f"Power of agents — {made}", notes, caution)
    across = across_of(rates, len(steps) if many else 1, chosen)

    def draw(look: Look) -> list[Axes]:
        panels = panels_of(look, rates, across)
        for g, panel in enumerate(panels):
            share, lower, upper = (x[g] for x in cubes)
            told = f"{told_rates(found.gammas[g])}\n{told_ends(float(floor[g]), float(ceiling[g]))}"
            if many:
                lines = [Line(str(step), False, share[k], lower[k], upper[k]) for k, step in enumerate(steps)]
                draw_lines(panel, lines, np.array(tried), look, told, ends)
                panel.set_xlabel("episodes of adaptation")
                continue
            at = np.array(steps if over_steps else range(len(steps)), float)
            lines = [Line("", False, share[:, 0], lower[:, 0], upper[:, 0])]
            draw_lines(panel, lines, at, look, told, ends, joined=over_steps)
            if over_steps:
                panel.set_xlabel("step")
            else:
                names = [cut(str(step), 24) for step in steps]
                slant: dict[str, Any] = {"rotation": 30, "ha": "right"} if sum(map(len, names)) > 40 else {}
                panel.set_xticks(at, names, parse_math=False, **slant)
        finished(panels, look, words, None, None, title)
        fit(panels, many, look)
        return panels

    what = f"{count(rates, 'panel')} and {count(len(steps), 'agent')}"
    figure = with_room(draw, chosen, *sizes(len(steps) if many else 1, rates), what)
    return saved(figure, path, suffix, chosen)


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

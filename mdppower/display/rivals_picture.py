"""Success rate against lead, of an arm against a reference along training: what was found, bands, the normal law.

Success rates stand on a scale of Φ⁻¹(s), on which the normal law is nearly a line, and 95, 98 and 99.5 % are told
apart. Where all tasks, or none, were successes, there is no Φ⁻¹: the dot stands at the edge, and is open.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import ScaledTranslation, blended_transform_factory
from scipy.special import ndtr, ndtri

from mdppower._text import count
from mdppower._typing import BoolArray, FloatArray
from mdppower.display.curve_picture import FILL, POST
from mdppower.display.figures import picture_suffix, save_figure
from mdppower.display.look import NO_SCALE, Look, LookOptions, figure_of
from mdppower.display.look import points as size_of
from mdppower.display.room import BORDER, legend_within, settle, with_room
from mdppower.display.words import Words, finished, wrapped
from mdppower.results.number_text import how_sure

TICKS = (
    0.5, 0.95, 0.05, 0.98, 0.02, 0.75, 0.25, 0.995, 0.005, 0.9999, 0.0001, 0.9, 0.1, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2,
    0.85, 0.15, 0.65, 0.35, 0.55, 0.45,
)  # fmt: skip
"""Success rates that may be marked, the first that have room."""
LEAD = "lead: power of A less that of B"
LEAST = (2.2, 1.6)
"""Inches of the panel between its axes, in letters of matplotlib's own size."""
NARROW = 0.06
"""Half the width of the bands of one checkpoint, on the scale of Φ⁻¹."""
TALL = 2.2
"""How many times the largest lead the picture is high, at most: bands go on beyond it."""
MARGIN = 0.25
"""Between the outermost success rate that can be told from all, or none, and the edge."""


@dataclass(frozen=True)
class SuccessAndLead:
    """What is drawn of an arm against a reference, at T checkpoints.

    Attributes
    ----------
    title : str
    task : str
        What a task is.
    columns : mapping from str to (T,) array
        episodes; success, lead, each also with _low and _high; sd; normal, Φ⁻¹(s); lower, upper, the corrected band;
        post_lower, post_upper, range_lower, range_upper, the post's edges, NaN where there are none.
    nu : float or None
        Of the post's band.
    runs, samples : int
    left_out : int
        Checkpoints that are the reference itself.
    interrupted : bool
    """

    title: str
    task: str
    columns: Mapping[str, FloatArray]
    nu: float | None
    runs: int
    samples: int
    left_out: int
    interrupted: bool


def plot_rivals(
    rivals: SuccessAndLead,
    path: str | os.PathLike[str] | None = None,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw the lead against the success rate, a dot a checkpoint, and what success rates say of leads.

    Parameters
    ----------
    rivals : SuccessAndLead
        As `mdppower.learning.Rivals.plot` has it.
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    title : str, optional
    **look
        ``ax, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix; the figure is too small, with the least size.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> training = mp.learning.train(mp.envs.fork(3), 0.9, "random", episodes=30, runs=4, rng=0)
    >>> found = training.curves(samples=64, against="random policy").rivals("random", "random policy")
    >>> [axes.get_xlabel() for axes in found.plot().axes]
    ['success rate p(A ≥ B), a task: a reward function, starts averaged']
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=f"cmap {NO_SCALE}", why="success rates and leads")
    letters = size_of("axes.labelsize", 10) / 10
    steps = rivals.columns["episodes"].astype(int).tolist()
    notes = [
        f"dots: {count(len(steps), 'checkpoint')}, {steps[0]:,} to {steps[-1]:,} episodes, joined in their order"
        if len(steps) > 1
        else f"at {count(steps[0], 'episode')}",
        f"bars, possible: {how_sure(0.95, together=True)}, over {count(rivals.runs, 'run')}",
        "open dots: all tasks were successes, or none",
        "bands go on beyond the frame",
    ]
    if rivals.left_out:
        notes.append(f"without {count(rivals.left_out, 'checkpoint')} of the reference itself")
    words = Words(rivals.title, notes, ["the run was interrupted"] * rivals.interrupted)
    least, usual = ((letters * wide, letters * tall) for wide, tall in (LEAST, (4.6, 2.8)))

    def draw(look: Look) -> list[Axes]:
        panel = look.panel(6.4 * letters, 5.2 * letters, layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06))
        _draw(panel, rivals)
        finished([panel], look, words, None, None, title)
        _fit(panel, look)
        return [panel]

    figure = with_room(draw, chosen, least, usual, "this picture")
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix, chosen.dpi)
    return figure


def _draw(panel: Axes, rivals: SuccessAndLead) -> None:
    """All but what depends on how large the panel becomes."""
    columns = rivals.columns
    place = _places(rivals, columns["success"])
    _scale(panel, columns, place)
    _draw_bands(panel, rivals, columns, place)
    _draw_leads(panel, rivals, columns, place)
    panel.set_xlabel(f"success rate p(A ≥ B), {rivals.task}")
    panel.set_ylabel(LEAD)


def _fit(panel: Axes, look: Look) -> None:
    """Labels that are wrapped, the legend below them, and as many ticks as have room."""
    figure = figure_of(panel)
    settle(figure, look)
    wide = panel.get_window_extent().width / figure.dpi
    if look.ax is None:
        label = panel.xaxis.label
        label.set_text("\n".join(wrapped(label.get_text(), wide, float(label.get_fontsize()))))
    _legend(panel, figure.get_figwidth() - 2 * BORDER if look.ax is None else max(1.2 * wide, 2.0), look.ax is None)
    settle(figure, look)
    box = panel.get_window_extent()
    wide = box.width / figure.dpi
    if look.ax is None:
        label = panel.yaxis.label
        label.set_text("\n".join(wrapped(LEAD, box.height / figure.dpi, float(label.get_fontsize()))))
    low, high = panel.get_xlim()
    # "99.99 %" is four letters wide, and has a space of one.
    between = max((high - low) / 11, 5 * size_of("xtick.labelsize", 10) / 72 * (high - low) / wide)
    ticks: list[float] = []
    for x in TICKS:
        at = float(ndtri(x))
        if low <= at <= high and all(abs(at - ndtri(y)) > between for y in ticks):
            ticks.append(x)
    if not ticks:  # all dots are between two of them
        ticks = [float(f"{ndtr((low + high) / 2):.4g}")]
    panel.set_xticks([float(ndtri(x)) for x in ticks], [f"{100 * x:g} %" for x in ticks])


def _legend(panel: Axes, inches: float, own: bool) -> None:
    """Below the panel and its label; in a figure of ours in its middle."""
    figure, label = figure_of(panel), panel.xaxis.label
    lines = 1.3 * (label.get_text().count("\n") + 1) * float(label.get_fontsize())
    down = (2.3 * size_of("axes.labelsize", 10) + lines) / 72
    below = panel.transAxes + ScaledTranslation(0, -down, figure.dpi_scale_trans)
    handles, names = panel.get_legend_handles_labels()
    legend_within(
        panel, handles, names, inches, fontsize=size_of("legend.fontsize", 8), frameon=False, loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=blended_transform_factory(figure.transFigure, below) if own else below,
    )  # fmt: skip


def _places(rivals: SuccessAndLead, success: FloatArray) -> FloatArray:
    """Where success rates stand: at Φ⁻¹(s), and at the edge where that is infinite, or all but."""
    last = float(ndtri(1 - 0.5 / (rivals.runs * rivals.samples))) + MARGIN
    return np.clip(ndtri(success), -last, last)


def _draw_bands(panel: Axes, rivals: SuccessAndLead, columns: Mapping[str, FloatArray], place: FloatArray) -> None:
    order = np.argsort(place, kind="stable")
    x = place[order]
    fine = np.isfinite(columns["normal"][order])
    law = x[fine], (columns["sd"] * columns["normal"])[order][fine]
    if len(x) == 1:  # a band has a width
        x, order = x + np.array([-NARROW, NARROW]), np.array([0, 0])
    ink = matplotlib.rcParams["text.color"]
    lower, upper = (columns[name][order] for name in ("lower", "upper"))
    panel.fill_between(x, _finite(lower), _finite(upper), color=FILL, zorder=1, label="possible: the corrected band")
    for edge in (lower, upper):
        panel.plot(x, _finite(edge), color="#8a97b5", linewidth=1.0, zorder=2)
    for names, style, label in (
        (("range_lower", "range_upper"), ":", "the post's edges, ν = w"),
        (("post_lower", "post_upper"), "--", f"the post's, ν = {rivals.nu or np.nan:.2g}: not for learners"),
    ):
        if not np.isnan(columns[names[0]]).all():
            inside = any(_seen(panel, x, _finite(columns[name][order])) for name in names)
            told = label + ", beyond the frame" * (not inside)
            for k, name in enumerate(names):
                edge = _finite(columns[name][order])
                panel.plot(x, edge, color=POST, linestyle=style, linewidth=1.3, zorder=2, label=None if k else told)
    panel.plot(
        *law, color=ink, linewidth=0.9, marker="x", markersize=7, zorder=3,
        label="the normal law, sd(Δ) Φ⁻¹(s)",
    )  # fmt: skip
    panel.axhline(0, color=ink, linewidth=0.6, zorder=2)


def _draw_leads(panel: Axes, rivals: SuccessAndLead, columns: Mapping[str, FloatArray], place: FloatArray) -> None:
    ink = matplotlib.rcParams["text.color"]
    inside: BoolArray = np.isfinite(columns["normal"])
    lead = columns["lead"]
    up = [np.abs(columns[f"lead_{end}"] - lead) for end in ("low", "high")]
    across = np.abs([_places(rivals, columns[f"success_{end}"]) - place for end in ("low", "high")])
    across[:, ~inside] = 0.0
    panel.errorbar(place, lead, xerr=across, yerr=up, fmt="none", ecolor=ink, elinewidth=0.9, zorder=4)
    panel.plot(place, lead, color=ink, linewidth=0.5, alpha=0.5, zorder=3)
    how: dict[str, Any] = {"s": 20, "edgecolor": ink, "linewidth": 0.9, "zorder": 5}
    panel.scatter(place[inside], lead[inside], facecolor=ink, label="found", **how)
    panel.scatter(place[~inside], lead[~inside], facecolor=panel.get_facecolor(), **how)


def _scale(panel: Axes, columns: Mapping[str, FloatArray], place: FloatArray) -> None:
    ends = [float(place.min()), float(place.max())]
    room = max(0.3, 0.06 * (ends[1] - ends[0]))
    ends = [ends[0] - room, ends[1] + room]
    panel.set_xlim(*ends)
    size = max(np.abs(columns[f"lead_{end}"]).max() for end in ("low", "high")) or 1.0
    near = [x[np.isfinite(x)] for x in (columns["lower"], columns["upper"], columns["lead"])]
    least, most = min(float(x.min(initial=0.0)) for x in near), max(float(x.max(initial=0.0)) for x in near)
    least, most = max(least, -TALL * size), min(most, TALL * size)
    panel.set_ylim(least - 0.08 * (most - least), most + 0.08 * (most - least))


def _seen(panel: Axes, x: FloatArray, edge: FloatArray) -> bool:
    """Whether some of a line is inside the frame."""
    low, high = panel.get_ylim()
    a, b = edge[:-1], edge[1:]
    return bool(((np.fmin(a, b) <= high) & (np.fmax(a, b) >= low) & (x[1:] > x[:-1])).any())


def _finite(edge: FloatArray) -> FloatArray:
    """Edges beyond any picture in place of infinite ones, so that lines go on to the frame."""
    return np.clip(edge, -1e6, 1e6)

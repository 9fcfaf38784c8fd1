"""Counts of successes along training: how often, above; what that says of leads, below."""

from __future__ import annotations

import os
from typing import Any, Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mdppower._text import count, cut
from mdppower._typing import FloatArray
from mdppower.display.figures import picture_suffix, save_figure
from mdppower.display.line_picture import MARKERS, STYLES
from mdppower.display.look import NO_SCALE, Look, LookOptions, figure_of, named_legend, points
from mdppower.display.room import settle, with_room
from mdppower.display.words import Words, finished, wrapped
from mdppower.errors import ParameterError, SizeError
from mdppower.results.number_text import how_sure
from mdppower.success_rates.counts import checkpoint_number
from mdppower.success_rates.monitored import Monitored
from mdppower.success_rates.saturation import CHANGE, INFORMS

MOST_REFERENCES = 8
MOST_COUNTS = 500
LEAST, USUAL = (1.5, 1.35), (3.0, 2.0)
"""Inches of a panel between its axes, in letters of matplotlib's own size."""
FAR = 30
"""Checkpoints that far apart, last over first, stand on a scale of ratios."""


def plot_monitor(
    found: Monitored,
    path: str | os.PathLike[str] | None = None,
    *,
    confidence: float | None = None,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw success rates against each reference, and below what all counts together say of the lead over the base.

    Markers are hollow where a reference says nothing more: it is saturated, or too strong. Limits without an end have
    an arrow.

    Parameters
    ----------
    found : Monitored
        Of at most 500 counts against at most 8 references.
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    confidence : float, optional
        Of all limits of a panel at once.
    title : str, optional
    **look
        ``ax`` (two), ``cmap, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SizeError
        There are more.
    ParameterError
        No checkpoint is a number; the path has another suffix; the figure is too small, with the least size.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> counts = {"checkpoint": [80, 320, 905], "successes": [300, 383, 400], "trials": [400] * 3,
    ...           "reference": ["random"] * 3}
    >>> figure = plot_monitor(mp.learning.monitor(counts, width=1, sd=0.05))
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['success rate, with ties', 'lead over random (reward units)']
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="counts")
    if len(found.checkpoints) > MOST_COUNTS or len(found.references) > MOST_REFERENCES:
        raise SizeError(
            f"a picture shows up to {MOST_COUNTS} counts against up to {MOST_REFERENCES} references, not "
            f"{len(found.checkpoints):,} against {len(found.references):,}: take some of them with .of(reference)"
        )
    if np.isnan(found.numbers).all():
        raise ParameterError("a picture has checkpoints from left to right, and none of these is a number")
    sure = how_sure(found.confidence if confidence is None else confidence, together=True)
    notes = [
        f"bars and bands: {sure}", "hollow: the reference says nothing more",
        "arrows: no limit; what leaves the panel goes on",
    ]  # fmt: skip
    left_out = [name for name, x in zip(found.checkpoints, found.numbers, strict=True) if np.isnan(x)]
    if left_out:
        notes.append(f"not drawn, being no numbers: {', '.join(dict.fromkeys(left_out))}")
    words = Words(
        "How often agents do at least as well as a reference, and what that says of their lead", notes,
        _cautions(found, confidence),
    )  # fmt: skip
    letters = points("axes.labelsize", 10) / 10  # as many times as large as usual
    least, usual = ((letters * wide, letters * tall) for wide, tall in (LEAST, USUAL))

    def draw(look: Look) -> list[Axes]:
        above, below = look.panels(2, 1, (7.2, 6.4), sharex=True)
        _rates(above, found, confidence, look)
        _leads(below, found, confidence, look)
        for panel in (above, below):
            _scale(panel, found.numbers[~np.isnan(found.numbers)])
        below.set_xlabel("checkpoint")
        finished([above, below], look, words, None, None, title)
        _fit([above, below], look)
        return [above, below]

    figure = with_room(draw, chosen, least, usual, f"counts against {count(len(found.references), 'reference')}")
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix, chosen.dpi)
    return figure


def _fit(panels: list[Axes], look: Look) -> None:
    """Labels as long as their panels have become high."""
    figure = figure_of(panels[0])
    settle(figure, look)
    for panel in panels if look.ax is None else ():
        label = panel.yaxis.label
        tall = panel.get_window_extent().height / figure.dpi
        label.set_text("\n".join(wrapped(label.get_text(), tall, float(label.get_fontsize()))))


def _rates(panel: Axes, found: Monitored, confidence: float | None, look: Look) -> None:
    """Success rates with Clopper and Pearson's limits, a line a reference."""
    low, high = found.interval(confidence, simultaneous=True)
    clear = np.array([word in (INFORMS, CHANGE) for word in found.says])
    handles: list[Any] = []
    for k, (name, colour) in enumerate(zip(found.references, look.spread(len(found.references)), strict=True)):
        some = np.array([other == name for other in found.counts.references]) & ~np.isnan(found.numbers)
        x, s, style = found.numbers[some], found.rate[some], STYLES[k % len(STYLES)]
        panel.plot(x, s, style, color=colour, linewidth=1.0)
        # A rate may pass its own limit by rounding.
        error = [np.maximum(s - low[some], 0), np.maximum(high[some] - s, 0)]
        panel.errorbar(x, s, yerr=error, fmt="none", ecolor=colour, capsize=2.5, elinewidth=1.2)
        ground = matplotlib.rcParams["axes.facecolor"]
        for full in (True, False):
            panel.scatter(
                x[clear[some] == full], s[clear[some] == full], s=30, marker=MARKERS[k], zorder=4,
                facecolor=colour if full else ground, edgecolor=colour, linewidth=1.2,
            )  # fmt: skip
        handles += panel.plot([], [], style, color=colour, marker=MARKERS[k], markersize=5)
    panel.axhline(0.5, color="grey", lw=0.8, zorder=0)
    panel.set_ylim(min(0.45, float(low.min())) - 0.04, 1.04)
    panel.set_ylabel("success rate, with ties")
    named_legend(panel, handles, [cut(name, 24) for name in found.references], title="against", frameon=False)


def _leads(panel: Axes, found: Monitored, confidence: float | None, look: Look) -> None:
    """What all counts together say of the lead over the base, agent by agent."""
    places = np.array([checkpoint_number(name) for name in found.agents])
    order = np.flatnonzero(~np.isnan(places))
    x, colour, ink = places[order], look.spread(2)[0], matplotlib.rcParams["text.color"]
    edges = {
        law: [limit[order] for limit in found.over(law=law, confidence=confidence)]
        for law in ("corrected", "post", "normal")
        if found.has_law(law) and (law != "normal" or found.sd or not found.has_law("corrected"))
    }
    # Where the normal law says something it sets the scale: the bands may be far wider.
    normal = edges.get("normal", [])
    says = any(np.isfinite(end[end != 0]).any() for end in normal)
    seen = normal if says else [end for pair in edges.values() for end in pair]
    finite = np.concatenate([[0.0], *[end[np.isfinite(end)] for end in seen]])
    room = 0.15 * (float(np.ptp(finite)) or 1.0)
    bottom, top = float(finite.min()) - room, float(finite.max()) + 2 * room
    panel.set_ylim(bottom, top)
    handles: list[Any] = []
    names = []
    if "corrected" in edges:
        low, high = (_cut(end) for end in edges["corrected"])
        handles.append(panel.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0, zorder=1))
        names.append("sure" + ", if sd(Δ) is no more" * bool(found.sd))
    if "post" in edges:
        lines = [panel.plot(x, _cut(end), "--", color="grey", linewidth=1.3, zorder=2)[0] for end in edges["post"]]
        inside = any(((bottom <= end) & (end <= top)).any() for end in edges["post"])
        handles.append(lines[0])
        names.append("the post's band" + ", outside" * (not inside))
    if "normal" in edges:
        low, high = edges["normal"]
        ends = np.nan_to_num(low, nan=np.nan, neginf=bottom), np.nan_to_num(high, nan=np.nan, posinf=top)
        handles.append(panel.vlines(x, *ends, color=ink, linewidth=2.0, zorder=3))
        names.append("if Δ is normal")
        for k, (end, arrow) in enumerate(zip(ends, "v^", strict=True)):
            closed = np.isfinite(edges["normal"][k])
            panel.plot(x[closed], end[closed], "_", color=ink, markersize=7, zorder=4)
            panel.plot(x[~closed], end[~closed], arrow, color=ink, markersize=7, zorder=4)
    panel.axhline(0, color="grey", lw=0.8, zorder=0)
    unit = "reward units" if found.sd or "corrected" in edges else "sd(Δ)"
    panel.set_ylabel(f"lead over {cut(found.base, 24)} ({unit})", parse_math=False)
    named_legend(panel, handles, names, title="lead", frameon=False)


def _cut(limit: FloatArray) -> FloatArray:
    """A limit as what can be drawn: what has no end goes far out of the panel."""
    return np.nan_to_num(limit, nan=np.nan, posinf=1e6, neginf=-1e6)


def _scale(panel: Axes, numbers: FloatArray) -> None:
    """Ratios where checkpoints are far apart; with a straight part, where one is 0."""
    positive = numbers[numbers > 0]
    if len(positive) and positive.max() > FAR * positive.min():
        if (numbers <= 0).any():
            panel.set_xscale("symlog", linthresh=float(positive.min()))
        else:
            panel.set_xscale("log")


def _cautions(found: Monitored, confidence: float | None) -> list[str]:
    """What must be read with the leads."""
    apart = [name for name, there in found.linked_references().items() if not there]
    told = [f"nothing links {', '.join(apart)} to {found.base}"] if apart else []
    for law in ("corrected", "normal"):
        shown = found.has_law(law) and (law == "corrected" or bool(found.sd))
        if shown and np.isnan(found.over(law=law, confidence=confidence)[0]).any():
            told.append("the counts contradict each other" + ", if Δ is normal with these sd" * (law == "normal"))
    if not found.sd and not found.has_law("corrected") and len(found.references) > 1:
        told.append("without sd no lead is shown: each would be in units of its own")
    return told

"""The post's figure 1, success rate against power difference: as it is drawn there, and as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from mdppower._typing import FloatArray
from mdppower.bounds.gap_bounds import PowerGap, power_gap
from mdppower.display.figures import picture_suffix
from mdppower.display.look import NO_SCALE, Look, LookOptions, figure_of
from mdppower.display.look import points as size_of
from mdppower.display.words import Words, finished, wrapped

FILL, EDGE, POST = "#cfd8ea", "#31688e", "#5a5a5a"
MARKERS = ("o", "^", "s", "D", "v", "P")
RATES = 999


def plot_curve(
    nu: float,
    path: str | os.PathLike[str] | None = None,
    *,
    drop: float | None = None,
    cap: float | None = None,
    points: Mapping[str, tuple[FloatArray, FloatArray]] | None = None,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw the post's figure 1, the power differences that a success rate allows, beside the corrected band.

    Parameters
    ----------
    nu : float
        ν, certified for the comparisons that are meant.
    path : str or path, optional
    drop, cap : float, optional
        The most that Δ can fall below 0, and the greatest gap there can be; see `mdppower.bounds.power_gap`. For
        rewards on [0, 1] and sets in the simplex 1; for such uniform rewards the gap is at most 1/2.
    points : mapping from str to (success rates, gaps), optional
        Comparisons to lay over it.
    title : str, optional
    **look
        ``ax`` (two), ``figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        ν is not positive.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> figure = plot_curve(0.45, drop=1, cap=0.5)
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['success rate  s = p(A ≥ B)', 'success rate  s = p(A ≥ B)']
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=f"cmap {NO_SCALE}", why="the curve")
    panels = draw_curve(nu, drop, cap, points or {}, chosen)
    words = Words(
        f"If A did at least as well as B in a share s of trials: how much more power may B have? (ν = {nu:.4g})",
        ["above 0: B has more power than A", "ν bounds how much the difference of their values varies"],
    )
    return finished(panels, chosen, words, path, suffix, title)


def draw_curve(
    nu: float,
    drop: float | None,
    cap: float | None,
    points: Mapping[str, tuple[FloatArray, FloatArray]],
    look: Look,
) -> list[Axes]:
    """Two panels: the sub-Gaussian edges alone, and all bounds together with the first for comparison.

    Parameters
    ----------
    nu : float
    drop, cap : float or None
        As for `power_gap`.
    points : mapping from str to (success rates, gaps)
        Real comparisons, a legend entry each.
    look : Look
    """
    rates = np.arange(1, RATES + 1) / (RATES + 1)
    band = power_gap(rates, nu, drop=drop, cap=cap)
    letters = size_of("axes.labelsize", 10) / 10  # as many times as large as usual
    left, right = look.panels(1, 2, (10.5 * letters, 5.0 * letters), sharey=True)
    _panel(left, band, band.post_lower, band.post_upper, "As the post draws it: open at both ends")
    known = ["the variance", *["the range"] * (drop is not None), *["the greatest gap"] * (cap is not None)]
    _panel(right, band, band.lower, band.upper, f"With all that is known: {', '.join(known)}")
    for edge, label in ((band.post_lower, "the post's edges"), (band.post_upper, None)):
        right.plot(rates, edge, color=POST, linestyle="--", linewidth=1.2, label=label)
    for edge, label in ((band.attained_lower, "reached by two-point laws"), (band.attained_upper, None)):
        for panel in (left, right):
            panel.plot(
                rates, edge, color=matplotlib.rcParams["text.color"], linestyle=":", linewidth=1.2, label=label
            )
    for k, (name, (s, gap)) in enumerate(points.items()):
        for panel in (left, right):
            panel.scatter(
                s, gap, s=14, marker=MARKERS[k % len(MARKERS)], facecolor="white", edgecolor="black", linewidth=0.6,
                zorder=4, label=name,
            )  # fmt: skip
    left.set_ylabel("power of B less power of A,  C(B) − C(A)")
    left.set_ylim(-3.2 * nu, 3.2 * nu)
    small = size_of("legend.fontsize", 8)
    for panel in (left, right):  # below the panel and its names: nothing covers the band
        below = ScaledTranslation(0, -3.6 * size_of("axes.labelsize", 10) / 72, figure_of(panel).dpi_scale_trans)
        panel.legend(
            fontsize=small, loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=panel.transAxes + below,
            ncols=_columns(panel, small), frameon=False,
        )  # fmt: skip
    return [left, right]


def _columns(panel: Axes, size: float) -> int:
    """How many columns a legend has that is not wider than the panel, in letters of that size."""
    names = panel.get_legend_handles_labels()[1]
    for columns in (3, 2):
        down = -(-len(names) // columns)
        widest = [max(map(len, names[k : k + down])) for k in range(0, len(names), down)]
        # A letter is about half as wide as it is high; the handle and its spaces are 4.8 letters high.
        if (0.52 * sum(widest) + 4.8 * len(widest)) * size / 72 <= figure_of(panel).get_figwidth() / 2.2:
            return columns
    return 1


def _panel(panel: Axes, band: PowerGap, lower: FloatArray, upper: FloatArray, title: str) -> None:
    rates = band.success_rate
    panel.fill_between(rates, lower, upper, color=FILL, zorder=1, label="possible")
    for edge in (lower, upper):
        panel.plot(rates, edge, color=EDGE, linewidth=1.6, zorder=2)
    panel.axhline(0, color=matplotlib.rcParams["text.color"], linewidth=0.6, zorder=2)
    panel.set_xlim(0, 1)
    panel.set_xlabel("success rate  s = p(A ≥ B)")
    size, wide = size_of("axes.titlesize", 10.5), figure_of(panel).get_figwidth() / 2.4
    panel.set_title("\n".join(wrapped(title, wide, size)), fontsize=size)

"""Pictures of numbers with their intervals: an estimate that is no map, and a comparison."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from mdppower._text import cut, rate_text
from mdppower.display.figures import Picture, picture_suffix, save_figure, set_title
from mdppower.display.heatmap import COLOURS
from mdppower.errors import SizeError
from mdppower.measures.comparison_estimate import Comparison
from mdppower.montecarlo.estimates import Estimate
from mdppower.results.number_text import how_sure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 60
"""Numbers at one γ."""


def plot_estimate(estimate: Estimate, path: str | os.PathLike[str] | None = None, title: str | None = None) -> Figure:
    """Numbers with their intervals: one under the other, or, of a single one at several γ, over γ.

    Parameters
    ----------
    estimate : Estimate
        Of at most 60 numbers a γ.
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SizeError
        There are more numbers.
    ParameterError
        The path has another suffix.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> estimate = mp.power(mp.envs.fork(2), [0.5, 0.9], samples=64, rng=7)
    >>> figure = plot_estimate(estimate.difference("root", "t1"))
    """
    suffix = None if path is None else picture_suffix(path)
    value, names = estimate.data.value, [str(estimate._label_text(x, plain=True)) for x in estimate.labels]
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    rates, n = value.shape
    if n > MOST:
        raise SizeError(f"a picture shows up to {MOST} numbers, not {n:,}: take some of them with .of(…)")
    over_gamma = n == 1 and rates > 1
    figure, axes = _panel(6, 4 if over_gamma else 1.6 + 0.28 * n)
    colours = matplotlib.colormaps[COLOURS](np.linspace(0.1, 0.85, rates))
    if over_gamma:
        error = [value[:, 0] - lower[:, 0], upper[:, 0] - value[:, 0]]
        axes.errorbar(estimate.gammas, value[:, 0], error, fmt="o-", ms=4, capsize=3, color=colours[0])
        axes.set_xlabel("γ")
        axes.set_ylabel(cut(names[0], 40), parse_math=False)
    else:
        for g, gamma in enumerate(estimate.gammas):
            at = np.arange(n) + (g - (rates - 1) / 2) * 0.5 / rates
            error = [value[g] - lower[g], upper[g] - value[g]]
            label = "" if np.isnan(gamma) else f"γ = {rate_text(gamma)}"
            axes.errorbar(value[g], at, xerr=error, fmt="o", ms=4, capsize=3, color=colours[g], label=label)
        _names_at_the_left(axes, names)
        axes.set_xlabel("POWER" if estimate._quantity == "power" else f"estimate of each {estimate.dimension}")
        if rates > 1:
            axes.legend(fontsize=8)
    if (lower <= 0).any() and (upper >= 0).any():
        (axes.axhline if over_gamma else axes.axvline)(0, color="grey", lw=0.8, zorder=0)
    exact = estimate.fractions is not None
    told = "exact" if exact else f"bars: {how_sure(0.95, together=None if value.size == 1 else True)}"
    rate = "" if rates > 1 or np.isnan(estimate.gammas[0]) else f"γ = {rate_text(estimate.gammas[0])}, "
    made = f"{estimate.samples:,} draws of {estimate.draws.source.rewards.name} rewards — " if estimate.draws else ""
    lines = [title or estimate._told_of(f"{made * (estimate.samples > 0)}{rate}{told}")]
    return _finished(figure, lines, path, suffix, parse_math=title is not None)


def plot_comparison(
    comparison: Comparison, path: str | os.PathLike[str] | None = None, title: str | None = None
) -> Figure:
    """How often A is worth more, as much, and less than B, with 95 % intervals; the verdict above.

    Parameters
    ----------
    comparison : Comparison
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix.
    FileError
        It cannot be written.
    """
    suffix = None if path is None else picture_suffix(path)
    rows = {
        "P(A > B)": comparison.p_greater, "P(tie)": comparison.p_tie, "P(A < B)": comparison.p_less,
        "p(A ≥ B)": comparison.p_at_least,
    }  # fmt: skip
    figure, axes = _panel(6, 3.2)
    mean = np.array([float(p.mean) for p in rows.values()])
    limits = np.array([[float(x) for x in p.interval()] for p in rows.values()])
    axes.errorbar(
        mean, np.arange(len(rows)), xerr=[mean - limits[:, 0], limits[:, 1] - mean], fmt="o", ms=5, capsize=3,
        color=matplotlib.colormaps[COLOURS](0.1),
    )  # fmt: skip
    axes.axvline(0.5, color="grey", lw=0.8, zorder=0)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("probability" + (", bars: 95 %, each alone" if comparison.samples else ", exact"))
    _names_at_the_left(axes, list(rows))
    lines = [
        title or f"A = {comparison.A.name}, B = {comparison.B.name}: {comparison.about}",
        comparison.lead + (" (95 %)" if comparison.samples else ""),
        comparison.verdict + "; the run was interrupted" * comparison.interrupted,
    ]
    return _finished(figure, lines, path, suffix, parse_math=False)


def _panel(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Picture(figsize=(width, height), layout="constrained")
    axes: Any = figure.subplots()
    return figure, axes


def _names_at_the_left(axes: Axes, names: list[str]) -> None:
    """Names from top to bottom."""
    axes.set_yticks(np.arange(len(names)), [cut(name, 40) for name in names], parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)


def _finished(
    figure: Figure, lines: list[str], path: str | os.PathLike[str] | None, suffix: str | None, *, parse_math: bool
) -> Figure:
    set_title(figure, lines, parse_math=parse_math)
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix)
    return figure

"""Pictures of numbers with their intervals: an estimate that is no map, and a comparison."""

from __future__ import annotations

import os
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mdppower._text import cut, told_rates
from mdppower.display.figures import picture_suffix
from mdppower.display.line_picture import draw_lines, told_band
from mdppower.display.look import NO_SCALE, Look, LookOptions, named_legend
from mdppower.display.words import Words, finished
from mdppower.errors import SizeError
from mdppower.measures.comparison_estimate import Comparison
from mdppower.montecarlo.estimates import Estimate
from mdppower.results.number_text import how_sure

MOST = 60
"""Numbers at one γ."""
MOST_LINES = 8


def plot_estimate(
    estimate: Estimate,
    path: str | os.PathLike[str] | None = None,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Numbers with their intervals: one under the other; a few at three γ or more, or one at two, as lines over γ.

    Parameters
    ----------
    estimate : Estimate
        Of at most 60 numbers a γ.
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    title : str, optional
    **look
        ``ax, cmap, figsize, dpi``: see `mdppower.display.look.Look`.

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
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="numbers with intervals")
    value, names = estimate.data.value, [str(estimate._label_text(x, plain=True)) for x in estimate.labels]
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    rates, n = value.shape
    if n > MOST:
        raise SizeError(f"a picture shows up to {MOST} numbers, not {n:,}: take some of them with .of(…)")
    names_it = {"power": "POWER", "optimal_value": "optimal value"}
    unit = names_it.get(estimate._quantity, f"estimate of each {estimate.dimension}")
    exact = estimate.fractions is not None
    over_gamma = n == 1 < rates or (n <= MOST_LINES and rates > 2)
    panel = chosen.panel(6.0, 4.0 if over_gamma else 1.6 + 0.28 * n)
    if over_gamma:
        draw_lines(panel, chosen, estimate.gammas, names, value, lower, upper)
        panel.set_ylabel(cut(names[0], 40) if n == 1 else unit, parse_math=False)
        notes = [told_band(exact, upper)]
    else:
        for g, (gamma, colour) in enumerate(zip(estimate.gammas, chosen.spread(rates), strict=True)):
            at = np.arange(n) + (g - (rates - 1) / 2) * 0.5 / rates
            error = [value[g] - lower[g], upper[g] - value[g]]
            label = "" if np.isnan(gamma) else told_rates(gamma)
            panel.errorbar(value[g], at, xerr=error, fmt="o", ms=4, capsize=3, color=colour, label=label)
        _names_at_the_left(panel, names)
        panel.set_xlabel(unit)
        notes = ["exact" if exact else f"bars: {how_sure(0.95, together=None if value.size == 1 else True)}"]
    if over_gamma and n > 1:
        named_legend(panel, panel.get_lines(), [cut(name, 24) for name in names], frameon=False)
    elif not over_gamma and rates > 1:
        handles, labels = panel.get_legend_handles_labels()
        named_legend(panel, handles, labels, frameon=False)
    if (lower <= 0).any() and (upper >= 0).any():
        (panel.axhline if over_gamma else panel.axvline)(0, color="grey", lw=0.8, zorder=0)
    rate = "" if rates > 1 or np.isnan(estimate.gammas[0]) else told_rates(estimate.gammas[0])
    made = f"{estimate.samples:,} draws of {estimate.draws.source.rewards.told}" if estimate.draws else ""
    told = ", ".join(filter(None, [made * (estimate.samples > 0), rate]))
    return finished([panel], chosen, Words(estimate._told_of(told), notes), path, suffix, title)


def plot_comparison(
    comparison: Comparison,
    path: str | os.PathLike[str] | None = None,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """How often A is worth more, as much, and less than B, with 95 % intervals; the verdict above.

    Parameters
    ----------
    comparison : Comparison
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    title : str, optional
    **look
        ``ax, cmap, figsize, dpi``: see `mdppower.display.look.Look`.

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
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="a comparison")
    rows = {
        "P(A > B)": comparison.p_greater, "P(tie)": comparison.p_tie, "P(A < B)": comparison.p_less,
        "p(A ≥ B)": comparison.p_at_least,
    }  # fmt: skip
    axes = chosen.panel(6.0, 3.2)
    mean = np.array([float(p.mean) for p in rows.values()])
    limits = np.array([[float(x) for x in p.interval()] for p in rows.values()])
    axes.errorbar(
        mean, np.arange(len(rows)), xerr=[mean - limits[:, 0], limits[:, 1] - mean], fmt="o", ms=5, capsize=3,
        color=chosen.colours(0.1),
    )  # fmt: skip
    axes.axvline(0.5, color="grey", lw=0.8, zorder=0)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("probability" + (", bars: 95 %, each alone" if comparison.samples else ", exact"))
    _names_at_the_left(axes, list(rows))
    told = comparison.lead + (" (95 %)" if comparison.samples else "")
    words = Words(
        f"A = {comparison.A.name}, B = {comparison.B.name}: {comparison.about}",
        cautions=[told, comparison.verdict, *["the run was interrupted"] * comparison.interrupted],
    )
    return finished([axes], chosen, words, path, suffix, title)


def _names_at_the_left(axes: Axes, names: list[str]) -> None:
    """Names from top to bottom."""
    axes.set_yticks(np.arange(len(names)), [cut(name, 40) for name in names], parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)

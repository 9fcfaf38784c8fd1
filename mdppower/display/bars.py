"""Bars of POWER with their intervals, for MDPs that are no grid."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from mdppower._text import cut, told_rates
from mdppower.display.colour_scale import unit_of
from mdppower.display.heatmap import meets_greatest
from mdppower.display.look import Look, figure_of, points
from mdppower.display.words import Words
from mdppower.errors import ParameterError
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.results.number_text import how_sure, rate_title

MOST_BARS = 60
MOST_NAMES = 12
"""Most rates that the legend names; beyond it, every second or third."""


def bar_chart(estimate: PowerEstimate, look: Look, hatch: bool) -> tuple[list[Axes], Words]:
    """Bars by state and γ; beyond `MOST_BARS` states, points in order of POWER at the last γ.

    With `hatch`, bars are hatched whose interval meets that of the greatest.
    """
    many = estimate.mdp.n_states > MOST_BARS
    if hatch and many:
        raise ParameterError(f"bars are hatched for up to {MOST_BARS} states, not {estimate.mdp.n_states:,}")
    rates = range(len(estimate.gammas))
    power = estimate.data.value
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    n = estimate.mdp.n_states
    letters = points("xtick.labelsize", 10) / 10  # as many times as large as usual
    inches = float(np.clip(0.3 * n * max(1.0, len(rates) / 2) * letters, 3.0, 8.0 if n > MOST_BARS else 12.0))
    panel = look.panel(inches + 2.5 * letters, 4.0 * letters)
    if look.ax is not None or look.figsize is not None:
        figure = figure_of(panel)
        inches = panel.get_window_extent().width / figure.dpi
    colours = look.spread(len(rates))
    order = np.argsort(-power[rates[-1]], kind="stable") if many else np.arange(n)
    width = 0.8 / len(rates)
    handles: list[Any] = []
    for k, g in enumerate(rates):
        at = np.arange(n) + (k - (len(rates) - 1) / 2) * width
        center = power[g][order]
        error = np.array([center - lower[g][order], upper[g][order] - center])
        name = rate_title(estimate.gammas[g])
        if many:
            handles.append(panel.errorbar(at, center, error, fmt=".", ms=3, lw=0.6, color=colours[k], label=name))
        else:
            bars = panel.bar(at, center, width, color=colours[k])
            handles.append(Patch(color=colours[k], label=name))  # before some of the bars are hatched
            if hatch:
                for bar, meets in zip(bars, meets_greatest(estimate, g), strict=True):
                    bar.set(hatch="//" if meets else None, edgecolor="white", linewidth=0)
            panel.errorbar(
                at, center, error, fmt="none", ecolor=matplotlib.rcParams["text.color"], elinewidth=1, capsize=2
            )
    if many:
        last = told_rates(estimate.gammas[rates[-1]])
        panel.set_xlabel(f"{n:,} states, from most to least {estimate.quantity_name} at {last}")
    else:
        names = [cut(str(label), 24) for label in estimate.mdp.states]
        slanted = max(map(len, names)) * 0.09 * letters > 0.9 * inches / n
        panel.set_xticks(
            np.arange(n), names, rotation=45 if slanted else 0, ha="right" if slanted else "center", parse_math=False
        )
        panel.set_xlabel("state")
    panel.set_ylabel(unit_of(estimate.quantity_name))
    panel.margins(x=0.02)
    intervals = f"bars: {how_sure(0.95, together=True)}" if np.isfinite(upper).all() else "no intervals: no variance"
    step = -(-len(handles) // MOST_NAMES)
    small = points("legend.fontsize", 8)
    panel.legend(
        handles=handles[::-step][::-1],
        title=intervals,
        fontsize=small,
        title_fontsize=small,
        loc="upper left",
        bbox_to_anchor=(1, 1),
    )
    return [panel], Words(
        f"{estimate.quantity_name} — {estimate.about}", ["hatched: may have as much as the greatest"] * hatch
    )

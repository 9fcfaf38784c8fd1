"""Pictures of alignment: POWER_A over POWER_H, a point a joint state; and its correlation over ρ."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mdppower._typing import Label
from mdppower.display.figures import picture_suffix
from mdppower.display.line_picture import MARKERS, STYLES
from mdppower.display.look import NO_SCALE, Look, LookOptions, named_legend, points
from mdppower.display.words import Words, finished
from mdppower.multiagent.alignment import MEASURES, Alignment
from mdppower.multiagent.jackknife import Jackknifed
from mdppower.multiagent.joint_curve_estimate import QUANTITIES, JointCurve
from mdppower.results.number_text import how_sure, rate_title

MOST_CROSSES = 100
"""Points with intervals of their own; of more, one stands for all."""
AVERAGES = {"human": "H", "ai": "A", "human_baseline": "H against the seed", "ai_baseline": "A by the seed"}


def plot_alignment(
    found: Alignment,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    r"""Draw POWER of A over POWER of H, a point a joint state.

    Parameters
    ----------
    found : Alignment
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

    Examples
    --------
    >>> import mdppower as mp
    >>> grid = mp.envs.gridworld("...\n...\n...", blocked="remove")
    >>> figure = mp.multiagent.joint_power(grid, gamma=0.6, samples=256, rng=0).alignment().plot()
    >>> figure.axes[0].get_xlabel()
    'POWER of H (reward units), γ = 0.6'
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="a scatter")
    panel = chosen.panel(5.6, 5.0)
    x, y = found.human.value[0], found.ai.value[0]
    together = _same_place(found.labels)
    notes = _crosses(panel, found, chosen)
    colours = chosen.spread(2)
    size = float(np.clip(2400 / len(x), 6, 36))
    for which, face, name in ((~together, colours[0], "apart"), (together, "white", "both in one place")):
        if which.any():
            panel.scatter(
                x[which], y[which], s=size, facecolors=[face], edgecolors=[colours[0]], linewidths=0.9, alpha=0.8,
                zorder=3, label=name,
            )  # fmt: skip
    if together.any() and not together.all():
        notes.append("hollow: both in one place")
    panel.set_xlabel(f"POWER of H (reward units), {rate_title(found.gammas[0])}")
    panel.set_ylabel(f"POWER of A (reward units), {rate_title(found.gammas[1])}")
    told = [
        f"{name.capitalize()} {_told(found.of(name).corrected)} (raw {found.of(name).raw.value:.3f})"
        for name in MEASURES
    ]
    panel.set_title("\n".join(told), fontsize=points("axes.titlesize", 9))
    cautions = [found.caution] * bool(found.caution)
    cautions += ["interrupted: fewer draws than were asked for"] * found.interrupted
    head = f"Alignment over {len(found.labels):,} states" + f" — {found.about}" * bool(found.about)
    notes.append(f"correlations without the noise of draws: ± {how_sure(0.95, together=False)}")
    return finished([panel], chosen, Words(head, notes, cautions), path, suffix, title)


def _told(number: Jackknifed) -> str:
    return "unknown" if math.isnan(number.value) else number.told()


def told_rates_of(gammas: tuple[float, float]) -> str:
    """The rates of both, in a title."""
    if gammas[0] == gammas[1]:
        return rate_title(gammas[0])
    return f"{rate_title(gammas[0])} of H, {rate_title(gammas[1]).removeprefix('γ = ')} of A"


def _same_place(labels: Sequence[Label]) -> Any:
    return np.array([isinstance(x, tuple) and len(x) == 2 and x[0] == x[1] for x in labels])


def _crosses(panel: Axes, found: Alignment, look: Look) -> list[str]:
    """Intervals of few points; of many a cross in the corner, of the usual size."""
    halves = [0.5 * (upper - lower)[0] for lower, upper in (found.human.bounds(), found.ai.bounds())]
    if not all(np.isfinite(half).all() for half in halves):
        return ["no intervals: no variance"]
    ink = matplotlib.rcParams["text.color"]
    if len(found.labels) <= MOST_CROSSES:
        panel.errorbar(
            found.human.value[0], found.ai.value[0], xerr=halves[0], yerr=halves[1], fmt="none", ecolor=ink,
            alpha=0.3, elinewidth=0.7, zorder=2,
        )  # fmt: skip
        return [f"crosses: {how_sure(0.95, together=False)}"]
    wide, tall = (float(np.median(half)) for half in halves)
    (left, right), (low, high) = ((float(x.min()), float(x.max())) for x in (found.human.value, found.ai.value))
    room = right - left, high - low
    panel.errorbar(
        [right + 0.04 * room[0] + wide],
        [low + tall],
        xerr=[wide],
        yerr=[tall],
        fmt="none",
        ecolor=ink,
        elinewidth=1.2,
    )
    return [f"cross at the right: ± of a point ({how_sure(0.95, together=False)}), as usual here"]


# ---------------------------------------------------------------------- over ρ


def plot_joint_curve(
    found: JointCurve,
    path: str | os.PathLike[str] | None = None,
    *,
    measure: str = "pearson",
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw how alignment and average POWER go with ρ, or, of one ρ, with the rule of collisions.

    Parameters
    ----------
    found : JointCurve
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    measure : {"pearson", "spearman"}
    title : str, optional
    **look
        ``ax`` (two), ``cmap, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix; there is no such measure.
    FileError
        It cannot be written.
    """
    from mdppower._checks import choice

    suffix = picture_suffix(path)
    choice(measure, "measure", MEASURES)
    chosen = Look.of(look, without=NO_SCALE, why="curves")
    left, right = chosen.panels(1, 2, (10.6, 4.2))
    data = found.to_xarray(simultaneous=True)
    rules, rhos = found.overlaps, np.array(found.rhos)
    named = len(rhos) == 1
    at = np.arange(len(rules)) if named else rhos
    for panel in (left, right):
        if named:
            panel.set_xticks(at, rules)
            panel.set_xlim(-0.5, len(rules) - 0.5)
        panel.set_xlabel("rule of collisions" if named else "ρ, correlation of rewards")
    order = np.argsort(at)
    line = matplotlib.rcParams["text.color"]
    left.axhline(0, color=line, linewidth=0.8)
    colours = chosen.spread(max(2, 1 if named else len(rules)))

    def draw(panel: Axes, quantity: str, rule: str | None, k: int, name: str, **how: Any) -> Any:
        one = data.sel(quantity=quantity)
        one = one.isel(rho=0) if named else one.sel(overlap=rule)
        value, low, high = (one[x].values[order] for x in ("value", "lower", "upper"))
        colour = colours[k % len(colours)]
        style = {"color": colour, "marker": MARKERS[k], "markersize": 4.5, "linewidth": 1.5, "label": name} | how
        if named:
            half = np.abs(np.array([value - low, high - value]))
            return panel.errorbar(at[order], value, half, capsize=3, **style | {"linestyle": "none"}).lines[0]
        panel.fill_between(at[order], low, high, color=colour, alpha=0.22, linewidth=0)
        return panel.plot(at[order], value, **style)[0]

    ranks = " of ranks" * (measure == "spearman")
    many = not named and len(rules) > 1
    for k, rule in enumerate([None] if named else rules):
        draw(left, measure, rule, k, f"{rule}, corrected" if many else "corrected", linestyle=STYLES[k % 4])
        one = data["value"].sel(quantity=f"raw {measure}")
        raw = (one.isel(rho=0) if named else one.sel(overlap=rule)).values[order]
        left.plot(
            at[order], raw, linestyle="none" if named else ":", marker="x", markersize=5, linewidth=1,
            color=colours[k], label="_" * (k > 0) + "raw" + ", each in its colour" * many,
        )  # fmt: skip
    left.set_ylabel(f"correlation{ranks} of POWER of H and A")
    left.set_ylim(-1.05, 1.05)
    left.legend(fontsize=points("legend.fontsize", 8), frameon=many)
    shown = [name for name in QUANTITIES if name in (("human", "ai") if many else AVERAGES)]
    colours = chosen.spread(len(shown) if not many else len(rules))
    handles, names = [], []
    for r, rule in enumerate([None] if named else rules):
        for q, quantity in enumerate(shown):
            k = r if many else q
            how = {"linestyle": STYLES[q % 4], "marker": MARKERS[2 * r + q if many else q]}
            names.append(f"{rule}, {AVERAGES[quantity]}" if many else AVERAGES[quantity])
            handles.append(draw(right, quantity, rule, k, names[-1], **how))
    right.set_ylabel("POWER, averaged over joint states")
    named_legend(right, handles, names, frameon=False)
    about = f"{found.runs[0].samples:,} draws each, {told_rates_of(found.runs[0].gamma)}" + f", {rules[0]}" * (
        len(rules) == 1
    )
    about += f", ρ = {rhos[0]:g}" * named
    notes = [f"{'bars' if named else 'bands'}: {how_sure(0.95, together=True)}", "raw: with the noise of draws"]
    cautions = found.cautions
    few = [*cautions[:2], f"… and {len(cautions) - 2} more such"] if len(cautions) > 3 else cautions
    return finished([left, right], chosen, Words(f"Two agents — {about}", notes, few), path, suffix, title)

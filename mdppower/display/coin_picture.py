"""Training on coin flips: sampled and argmax share of each arm over the iterations; entropy, and what was clipped."""

from __future__ import annotations

import os
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mdppower._text import count, cut, rate_text
from mdppower.display.figures import picture_suffix, save_figure
from mdppower.display.look import NO_SCALE, Look, LookOptions, figure_of, points
from mdppower.display.room import settle, with_room
from mdppower.display.words import Words, finished, wrapped
from mdppower.errors import SizeError
from mdppower.learning.coins.curves import CoinFlips
from mdppower.montecarlo.estimates import Estimate
from mdppower.results.number_text import how_sure

ACROSS = 4
MOST = 26
"""Arms of a picture."""
LOWEST = -1.5
"""Bands below are cut."""
LEAST, USUAL = (1.35, 1.0), (1.8, 1.2)
"""Inches of a panel between its axes, in letters of matplotlib's own size."""


def plot_coin_flips(
    flips: CoinFlips,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw the shares of each arm, sampled and argmax, and for all arms entropy and the share that was clipped.

    The axis of shares has all means, and all bands from the first iteration on. Before training all runs may have one
    number; then the band has what so few observations leave open, and is cut where the axis ends.

    Parameters
    ----------
    flips : CoinFlips
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    title : str, optional
    **look
        ``ax`` (one for each arm, and two), ``cmap, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix; the figure is too small, with the least size.
    SizeError
        There are too many arms.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> flips = mp.learning.coin_flips(mp.envs.fork(2), 0.9, arms="clip", iterations=2, runs=2, rng=0)
    >>> [axes.get_title().split(":")[0] for axes in plot_coin_flips(flips).axes]
    ['clip', 'entropy (nats)', 'clipped share']
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="lines")
    arms = len(flips.arms)
    if arms > MOST:
        raise SizeError(f"a picture shows up to {MOST} arms, not {arms}: take some of them with .of(…)")
    across = arms + 2 if arms + 2 <= ACROSS + 1 else ACROSS
    down = -(-(arms + 2) // across)
    letters = points("axes.labelsize", 10) / 10  # as many times as large as usual
    least, usual = ((letters * wide, letters * tall) for wide, tall in (LEAST, USUAL))
    ends, is_cut = _ends(flips)
    world = flips.mdp.origin.get("source", "") or count(flips.mdp.n_states, "state")
    words = Words(
        f"Training on coin flips: share of the power above the random policy (0) that optimal has (1) — {world}, "
        f"γ = {rate_text(flips.gamma)}, {flips.rewards.name} rewards, {count(flips.runs, 'run')}",
        [
            f"bands and bars: {how_sure(0.95, together=True)} in a panel, over runs" + ", cut at the frame" * is_cut,
            f"entropy: hollow before training, filled after {count(flips.iterations[-1], 'iteration')}",
            "ρ: probability of a decision, in parts of that in the rollout",
        ],
        ["the run was interrupted"] * flips.interrupted,
    )
    entropies = [flips.policy_entropy(arm) for arm in flips.names]
    clipped = [flips.clipped_share(arm) for arm in flips.names]
    apart = arms % across == across - 1  # the two panels for all arms are in two rows: each has its names

    def draw(look: Look) -> list[Axes]:
        panels = look.panels(down, across, (2.7 * letters * across, 2.25 * letters * down), count=arms + 2)
        colours = look.spread(3)[:2]
        _shares(panels[:arms], flips, colours, across, ends)
        _dots(panels[-2], "entropy (nats)", entropies, flips.names if apart else (), colours, before=True)
        _dots(panels[-1], "clipped share", clipped, flips.names, colours, before=False)
        finished(panels, look, words, None, None, title)
        _fit(panels[:arms], look)
        return panels

    figure = with_room(draw, chosen, least, usual, f"{count(arms, 'arm')}")
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix, chosen.dpi)
    return figure


def _ends(flips: CoinFlips) -> tuple[tuple[float, float], bool]:
    """Of the axis of shares: all means, and the bands of what was trained; and whether bands go on beyond it."""
    found = [share(arm) for arm in flips.names for share in (flips.sampled, flips.argmax)]
    lower = np.array([one.interval(0.95, simultaneous=True)[0] for one in found])
    means = np.array([one.mean for one in found])
    lowest = min(0.0, float(means.min()), max(float(lower[:, 1:].min(initial=0.0)), LOWEST))
    bottom = 1.05 * lowest - 0.08
    return (bottom, 1.08), bool((lower < bottom).any())


def _fit(panels: list[Axes], look: Look) -> None:
    """Titles as wide as their panels have become."""
    if look.ax is not None:
        return
    figure = figure_of(panels[0])
    settle(figure, look)
    small = points("axes.titlesize", 8)
    for panel in panels:
        wide = panel.get_window_extent().width / figure.dpi
        panel.set_title("\n".join(wrapped(panel.get_title(), wide, small)), fontsize=small, parse_math=False)


def _shares(
    panels: list[Axes], flips: CoinFlips, colours: Any, across: int, ends: tuple[float, float]
) -> None:  # fmt: skip
    """A panel an arm: two lines with bands."""
    small = points("axes.titlesize", 8)
    for k, (panel, arm) in enumerate(zip(panels, flips.arms, strict=True)):
        panel.axhline(0, color="grey", lw=0.8, zorder=0)
        kinds = (("sampled", flips.sampled, "-", "o"), ("argmax", flips.argmax, "--", "s"))
        for (name, share, style, marker), colour in zip(kinds, colours, strict=True):
            found = share(arm.label)
            lower, upper = found.interval(0.95, simultaneous=True)
            panel.fill_between(flips.iterations, lower, upper, color=colour, alpha=0.25, linewidth=0)
            panel.plot(
                flips.iterations, found.mean, style, marker=marker, ms=3.5, lw=1.3, color=colour, label=name,
                mfc=colour if marker == "o" else "none",
            )  # fmt: skip
        from_other = "" if arm.prior == "prior" else f", {arm.prior}"
        where = f"clipped: {arm.clipped}" if arm.clips else arm.clipped if arm.on_policy else "not clipped"
        panel.set_title(
            f"{cut(arm.label, 24)}: {arm.told_given}{from_other}\n{where}", fontsize=small, parse_math=False
        )
        panel.tick_params(labelsize=points("xtick.labelsize", 8))
        if k % across == 0:
            panel.set_ylabel("share", fontsize=small)
        if k + across >= len(panels):
            panel.set_xlabel("iteration", fontsize=small)
    for panel in panels:
        panel.set_ylim(*ends)
    panels[0].legend(fontsize=points("legend.fontsize", 7), frameon=False, loc="lower left")


def _dots(
    panel: Axes, name: str, found: list[Estimate], names: tuple[str, ...], colours: Any, *, before: bool
) -> None:
    """A row an arm: the number at the end, with its bar."""
    at = np.arange(len(found))
    mean = np.array([one.mean[-1] for one in found])
    limits = np.array([[edge[-1] for edge in one.interval(0.95, simultaneous=True)] for one in found])
    if before:
        first = [one.mean[0] for one in found]
        panel.plot(first, at, "o", ms=4.5, mfc="none", color=colours[0], zorder=1)
    panel.errorbar(
        mean,
        at,
        xerr=[mean - limits[:, 0], limits[:, 1] - mean],
        fmt="o",
        ms=4,
        capsize=2,
        color=colours[0],
        zorder=2,
    )
    small = points("axes.titlesize", 8)
    panel.set_title(name, fontsize=small)
    panel.yaxis.tick_right()  # where names take no room from other columns
    panel.set_yticks(at, [cut(label, 24) for label in names] if names else [""] * len(at), parse_math=False)
    panel.tick_params(labelsize=points("xtick.labelsize", 8))
    panel.tick_params(axis="y", length=0)
    panel.set_ylim(len(found) - 0.5, -0.5)
    panel.set_xlim(left=min(0.0, float(limits.min())))
    panel.xaxis.set_major_locator(MaxNLocator(4))
    panel.grid(axis="y", lw=0.4, alpha=0.5)

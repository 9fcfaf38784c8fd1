"""Pictures of POWER: a map for each γ where the states lie on a grid, else bars; lines over γ; a coloured graph."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Unpack

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mdppower._checks import choice
from mdppower._typing import Label
from mdppower.display.bars import bar_chart
from mdppower.display.colour_scale import SCALES
from mdppower.display.figures import picture_suffix
from mdppower.display.frames import save_frames
from mdppower.display.graph_picture import power_graphs
from mdppower.display.heatmap import Extras, heat_maps
from mdppower.display.line_picture import power_lines
from mdppower.display.look import NO_SCALE, Look, LookOptions
from mdppower.display.mdp_picture import require_few
from mdppower.display.planes_picture import MOST_UNASKED, power_planes, rows_of
from mdppower.display.words import Words, finished
from mdppower.errors import ParameterError
from mdppower.mdp.layout import grid_of, is_drawing, planes_of
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate

KINDS = ("map", "planes", "bars", "lines", "graph")
COLOURED = ("map", "planes", "graph")


def plot_power(
    estimate: PowerEstimate,
    path: str | os.PathLike[str] | None = None,
    *,
    kind: str | None = None,
    gamma: float | None = None,
    horizon: int | None = None,
    states: Sequence[Label] | None = None,
    planes: Iterable[Label | tuple[Label, ...]] | None = None,
    arrows: bool = False,
    hatch: bool = False,
    scale: str = "linear",
    share_scale: bool = False,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw POWER.

    Parameters
    ----------
    estimate : PowerEstimate
    path : str or path, optional
        Where to save it; the suffix says how: .png, .svg, .pdf, or .gif, a frame a γ with one scale.
    kind : {"map", "planes", "bars", "lines", "graph"}, optional
        A heat map for each γ; where cells have several states, a small map for each plane of them, at one γ; bars
        with intervals for each state; a line over γ for some states, with a band; the graph of the MDP with its
        states coloured. By default a map where the states lie on a grid, up to 16 planes where they share cells and
        there is one γ, else bars; lines where `states` are given.
    gamma : float, optional
        Draw only this one of the estimate's rates.
    horizon : int, optional
        Draw only this one of the estimate's horizons.
    states : sequence of labels, optional
        Of lines. By default those of most and of least POWER at each γ, up to eight.
    planes : iterable of label, or of tuple of labels, optional
        The rows of planes, from above: the names of planes without their first part, or whole where they have one.
    arrows : bool
        Map: whether each cell gets an arrow along the action that seeks the most POWER, faint where the draws do not
        tell (95 %, all cells at once) that it has more than every other; a dot where that action stays; "?" where
        they tell no two apart; "=" at γ = 1 where all actions have the same.
    hatch : bool
        Map and bars: whether states are hatched whose interval (95 %, simultaneous) meets that of the state with the
        greatest POWER: they may be as great.
    scale : {"linear", "rank", "relative"}
        Map, planes and graph: whether colours say POWER, its rank among the states, or how far it is from their
        average, in per cent. The scale comes from states that are not absorbing; those have a colour of their own.
        Numbers in cells are POWER.
    share_scale : bool
        Map and graph: whether several γ share one colour scale; by default each shows its own differences.
    title : str, optional
        In place of the rewards and the number of draws; "" for none.
    **look
        ``ax, cmap, norm, vmin, vmax, annotate, colorbar, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure
        Of a .gif the last frame's.

    Raises
    ------
    ParameterError
        The suffix is another, `gamma` is not one of the estimate's, what is asked for is not for this kind, or there
        is no grid for it.
    LabelError
        There is no such state.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> maze = mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=64, rng=0)
    >>> figure = maze.plot(arrows=True, cmap="magma")
    >>> [axes.get_title().splitlines()[0][:7] for axes in figure.axes if axes.images]
    ['γ = 0.1', 'γ = 0.9']
    >>> figure = maze.plot(kind="lines", states=[(2, 3), (0, 6)])
    """
    suffix = picture_suffix(path, (".gif",))
    if planes is not None and not isinstance(planes, str):
        planes = list(planes)  # they are looked at twice
    if gamma is not None or horizon is not None:
        estimate = estimate.at(gamma, horizon=horizon)
    drawn, chosen = planned(
        estimate.mdp, len(estimate.gammas), suffix, on_pairs=estimate.task.on_pairs, kind=kind, states=states,
        arrows=arrows, hatch=hatch, scale=scale, share_scale=share_scale, planes=planes, **look,
    )  # fmt: skip
    extras = Extras(arrows, hatch, scale, share_scale or suffix == ".gif")
    if suffix == ".gif":

        def frame(one: PowerEstimate, own: Look) -> tuple[list[Axes], Words]:
            return _draw(one, drawn, own, extras, None, planes)

        return save_frames(estimate, path, frame, chosen, extras, title)
    panels, words = _draw(estimate, drawn, chosen, extras, states, planes)
    return finished(panels, chosen, words, path, suffix, title)


def planned(
    mdp: RewardlessMDP, rates: int, suffix: str | None, *, on_pairs: bool = False, kind: str | None = None,
    states: Sequence[Label] | None = None, arrows: bool = False, hatch: bool = False, scale: str = "linear",
    share_scale: bool = False, planes: Iterable[Label | tuple[Label, ...]] | None = None,
    **look: Unpack[LookOptions],
) -> tuple[str, Look]:  # fmt: skip
    """The kind and the looks of a picture of POWER at so many `rates`; what cannot be is said before there is any.

    With `on_pairs` it is one of optimal values of rewards on pairs, in which no action is POWER-seeking.

    Raises
    ------
    ParameterError
        As for `plot_power`, as far as it does not take the numbers.
    """
    if arrows and on_pairs:
        raise ParameterError(
            "arrows are of the most POWER-seeking actions; these are optimal values of rewards on pairs"
        )
    grid = None if is_drawing(mdp) else grid_of(mdp)
    usual = "map" if grid is not None else "planes" if planes is not None or _few_planes(mdp, rates) else "bars"
    usual = usual if states is None else "lines"
    drawn = choice(usual if kind is None else kind, "kind", KINDS)
    if arrows and drawn == "bars" and kind is None:
        raise ParameterError("arrows need states that lie on a grid; this MDP's POWER is drawn as bars")
    asked = {"scale": scale != "linear", "share_scale": share_scale, "states": states, "planes": planes}
    _refuse(drawn, arrows=arrows, hatch=hatch, **asked)
    chosen = Look.of(look, without="" if drawn in COLOURED else NO_SCALE, why=drawn)
    choice(scale, "scale", SCALES)
    if chosen.norm is not None and scale != "linear":
        raise ParameterError(f"norm is for scale='linear', not {scale!r}")
    if drawn == "map" and grid is None:
        raise ParameterError("a map needs states that lie on a grid; this MDP's POWER is drawn as bars or graph")
    if drawn == "graph":
        require_few(mdp)
    if drawn == "planes":
        rows_of(mdp, planes)
        if rates > 1:
            raise ParameterError(f"planes are drawn at one γ, or H: choose one of the {rates} with gamma, or horizon")
    if drawn == "lines" and rates < 2:
        raise ParameterError("lines go over several γ, or H, and there is one: measure at more")
    if suffix == ".gif":
        if drawn not in COLOURED:
            raise ParameterError(f"a .gif has a frame for each γ, or H: it is for maps and graphs, not {drawn}")
        if chosen.ax is not None:
            raise ParameterError("a .gif has figures of its own: give no ax")
    return drawn, chosen


def _draw(
    estimate: PowerEstimate,
    kind: str,
    look: Look,
    extras: Extras,
    states: Sequence[Label] | None,
    planes: Iterable[Label | tuple[Label, ...]] | None,
) -> tuple[list[Axes], Words]:
    """The panels of a kind, and what is said around them."""
    if kind == "bars":
        panels, words = bar_chart(estimate, look, extras.hatch)
    elif kind == "lines":
        panels, words = power_lines(estimate, states, look)
    elif kind == "planes":
        panels, words = power_planes(estimate, planes, look, extras)
    elif kind == "graph":
        panels, words = power_graphs(estimate, look, extras)
    else:
        grid = grid_of(estimate.mdp)
        assert grid is not None  # or it would not be a map
        panels, words = heat_maps(estimate, grid, look, extras)
    if estimate.interrupted:
        words.cautions.append("interrupted: fewer draws than were asked for")
    return panels, words


def _few_planes(mdp: RewardlessMDP, rates: int) -> bool:
    """Whether planes are drawn unasked."""
    return rates == 1 and 1 < len(planes_of(mdp)) <= MOST_UNASKED


def _refuse(kind: str, **asked: object) -> None:
    """Say what is not for a kind of picture."""
    kinds = {
        "arrows": ("map",), "hatch": ("map", "bars"), "scale": COLOURED, "share_scale": ("map", "graph"),
        "states": ("lines",), "planes": ("planes",),
    }  # fmt: skip
    for name, wanted in asked.items():
        if wanted is not None and wanted is not False and kind not in kinds[name]:
            where = " and ".join(kinds[name])
            verb = "are" if name.endswith("s") else "is"
            raise ParameterError(f"{name} {verb} for {where}; this picture is of kind {kind!r}")

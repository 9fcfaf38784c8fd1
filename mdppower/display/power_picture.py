"""The picture of POWER: a heat map for each γ where the states lie on a grid, else bars."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.figure import Figure

from mdppower.display.bars import bar_chart
from mdppower.display.figures import picture_suffix, save_figure, set_title
from mdppower.display.heatmap import Extras, heat_maps
from mdppower.errors import ParameterError
from mdppower.mdp.layout import grid_of, is_drawing
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.results.number_text import how_sure


def plot_power(
    estimate: PowerEstimate,
    path: str | os.PathLike[str] | None = None,
    *,
    gamma: float | None = None,
    values: bool | None = None,
    arrows: bool = False,
    hatch: bool = False,
    share_scale: bool = False,
    title: str | None = None,
) -> Figure:
    """Draw POWER: a heat map for each γ where the states lie on a grid, else bars with 95 % intervals.

    Parameters
    ----------
    estimate : PowerEstimate
    path : str or path, optional
        Where to save it; the suffix says how: .png, .svg, .pdf.
    gamma : float, optional
        Draw only this one of the estimate's rates.
    values : bool, optional
        Whether cells show their number; by default where it fits and there are no arrows.
    arrows : bool
        Whether each cell gets an arrow along the action that seeks the most POWER, faint where the paired interval
        (95 %, simultaneous) of its lead does not exclude 0; a dot where that action stays.
    hatch : bool
        Whether states are hatched whose interval (95 %, simultaneous) meets that of the state with the greatest
        POWER: they may be as great.
    share_scale : bool
        Whether several γ share one colour scale; by default each shows its own differences.
    title : str, optional
        In place of the rewards and the number of draws.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The suffix is another, `gamma` is not one of the estimate's, or arrows are asked for where there is no grid.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure = mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=64, rng=0).plot(arrows=True)
    >>> [axes.get_title().splitlines()[0][:7] for axes in figure.axes if axes.images]
    ['γ = 0.1', 'γ = 0.9']
    """
    suffix = None if path is None else picture_suffix(path)
    if gamma is not None:
        estimate = estimate.at(gamma)
    grid = None if is_drawing(estimate.mdp) else grid_of(estimate.mdp)
    if grid is not None:
        figure = heat_maps(estimate, grid, share_scale, Extras(values, arrows, hatch))
    elif arrows:
        raise ParameterError("arrows need states that lie on a grid; this MDP's POWER is drawn as bars")
    else:
        figure = bar_chart(estimate, hatch)
    told = [str(title or f"POWER — {estimate.about}")]
    if grid is not None and estimate.exact is None and np.isfinite(estimate.half_widths()).all():
        sure = f"±: {how_sure(0.95, together=True)}"
        told = [f"{told[0]}; {sure}"] if title is None else [*told, sure]
    told += ["arrows: action of most POWER; faint: not resolved"] if arrows else []
    told += ["hatched: interval meets that of the greatest"] if hatch else []
    set_title(figure, told, parse_math=title is not None)
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix)
    return figure

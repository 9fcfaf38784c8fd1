"""Pictures: of POWER and of optimal actions (maps where the MDP is a grid, bars elsewhere), of visits, and of MDPs.

Only this file and its helpers (`_heatmap`, `_bars`, `_drawing`, `_optimality_pictures`, `_polytope_picture`) know
matplotlib, and through its object interface only: no global state, no window. Viridis is legible for
colour-blind readers and in grey; walls are a grey that is not on it.
"""

from __future__ import annotations

import base64
import io
import os
import textwrap
from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from mdppower._bars import bar_chart
from mdppower._curve_picture import draw_curve
from mdppower._drawing import MOST_NODES, draw_graph, draw_map
from mdppower._heatmap import Extras, heat_maps
from mdppower._optimality_pictures import at_rate, draw_optimality
from mdppower._polytope_picture import draw_polytope, label_axes, points_of, title_of
from mdppower._typing import FloatArray, Label
from mdppower.errors import ParameterError
from mdppower.layout import grid_of, is_drawing
from mdppower.mdp import RewardlessMDP
from mdppower.occupancy import OccupancyPolytope
from mdppower.optimality_estimate import ActionOptimality
from mdppower.power_estimate import PowerEstimate
from mdppower.visit_sets import Visits, visits

SUFFIXES = (".png", ".svg", ".pdf")


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
        The suffix is another, the file cannot be written, `gamma` is not one of the estimate's, or arrows are asked
        for where there is no grid.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure = mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=64, rng=0).plot(arrows=True)
    >>> [axes.get_title().splitlines()[0][:7] for axes in figure.axes if axes.images]
    ['γ = 0.1', 'γ = 0.9']
    """
    suffix = None if path is None else _suffix(path)
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
    told += ["arrows: action of most POWER; faint: not resolved"] if arrows else []
    told += ["hatched: interval meets that of the greatest"] if hatch else []
    _set_title(figure, told, parse_math=title is not None)
    if path is not None and suffix is not None:
        _save(figure, path, suffix)
    return figure


def plot_optimality(
    chances: ActionOptimality,
    path: str | os.PathLike[str] | None = None,
    *,
    state: Label | None = None,
    gamma: float | None = None,
    confidence: float = 0.95,
    title: str | None = None,
) -> Figure:
    """Draw how likely actions are to be optimal: bars over γ for one state, or a map for all states of a grid.

    On the map a cell's colour is the probability of its likeliest action, which has a strong arrow, or a dot where it
    stays. Faint arrows are those whose interval reaches that of the likeliest. γ = 1 is Blackwell optimality. Arrows
    point where actions lead, on average over the likeliest successors: on a slippery floor, not where they aim.

    Parameters
    ----------
    chances : ActionOptimality
    path : str or path, optional
        Where to save it; the suffix says how: .png, .svg, .pdf.
    state : label, optional
        Draw the actions of this state, as a group of bars for each γ; the tied part of a bar is pale.
    gamma : float, optional
        Draw only this one of the rates.
    confidence : float
        Of the intervals, simultaneous over all that is drawn.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    LabelError
        There is no such state.
    ParameterError
        No state is named and there is no grid, there are too many actions or states to draw, `gamma` is not one
        of the rates, or the file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> chances = mp.action_optimality(mp.envs.figure_1(), [0, 0.5, 1], samples=256, rng=0)
    >>> figure = plot_optimality(chances, state="star")
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['->l_tri', '->empty', '->r_tri']
    """
    suffix = None if path is None else _suffix(path)
    if gamma is not None:
        chances = at_rate(chances, gamma)
    figure, lines = draw_optimality(chances, state, confidence)
    _set_title(figure, lines if title is None else [title, *lines[1:]], parse_math=title is not None)
    if path is not None and suffix is not None:
        _save(figure, path, suffix)
    return figure


def plot_polytope(
    what: OccupancyPolytope | Visits,
    x: Label,
    y: Label,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
) -> Figure:
    """Draw how often policies visit two states: (1−γ)f(x) and (1−γ)f(y) of all distributions in F, and their hull.

    Those of F_nd, which are strictly best for some reward, are marked with their numbers: `Visits.policy` of that
    number says what the policy does. They need not be corners of the picture, which shows two coordinates of many.

    Parameters
    ----------
    what : OccupancyPolytope or Visits
        Small: F is listed. A polytope that starts in a distribution shows its corners only.
    x, y : labels
    path : str or path, optional
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    LabelError
        There is no such state.
    SizeError
        There are too many distributions.
    ParameterError
        It is neither of these, or the file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure = plot_polytope(mp.visits(mp.envs.fork(3), "root", 0.9), "t1", "t2")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0', '1', '2']
    """
    if not isinstance(what, (OccupancyPolytope, Visits)):
        raise ParameterError(f"plot_polytope draws an OccupancyPolytope or Visits, not {type(what).__name__}")
    suffix = None if path is None else _suffix(path)
    mdp = what.mdp
    axes = mdp.index(x), mdp.index(y)
    begin = None if isinstance(what, Visits) else np.flatnonzero(what.start)
    if begin is not None and len(begin) == 1:
        what = visits(mdp, mdp.states[begin[0]], what.gamma)
    if isinstance(what, Visits):
        figure, origin = draw_polytope(*points_of(what, *axes)), str(what.start)
        origin += "".join(f", {s} by {a}" for s, a in what.given.items())
    else:
        whole = what.unit_mass
        corners = np.array([whole.state_visits(corner) for corner in whole.vertices()])[:, axes]
        figure, origin = draw_polytope(corners, corners[:0], []), f"{np.count_nonzero(what.start)} states"
    label_axes(figure, (mdp.states[axes[0]], mdp.states[axes[1]]), what.gamma)
    _set_title(figure, [title or title_of(origin, what.gamma)], parse_math=title is not None)
    if path is not None and suffix is not None:
        _save(figure, path, suffix)
    return figure


def _set_title(figure: Figure, texts: list[str], *, parse_math: bool) -> None:
    lines = [line for text in texts for line in textwrap.wrap(str(text), int(12 * figure.get_figwidth()))]
    figure.set_figheight(figure.get_figheight() + 0.18 * (len(lines) - 1))
    # Names of rewards and states are not mathematics, even where they contain a dollar sign.
    figure.suptitle("\n".join(lines), fontsize=11, parse_math=parse_math)


def plot_mdp(mdp: RewardlessMDP, path: str | os.PathLike[str] | None = None, *, title: str | None = None) -> Figure:
    """Draw an MDP: its map where the states lie on a grid, else its graph.

    Parameters
    ----------
    mdp : RewardlessMDP
    path : str or path, optional
        Where to save it: .png, .svg, .pdf.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The suffix is another, the file cannot be written, or there is no grid and there are more than 60 states.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure = mp.envs.make("turner-figure-1").plot()
    """
    suffix = None if path is None else _suffix(path)
    grid = None if is_drawing(mdp) else grid_of(mdp)
    figure = draw_graph(mdp) if grid is None else draw_map(mdp, grid)
    if title is not None:
        figure.suptitle(str(title), fontsize=11)
    if path is not None and suffix is not None:
        _save(figure, path, suffix)
    return figure


def plot_curve(
    nu: float,
    path: str | os.PathLike[str] | None = None,
    *,
    drop: float | None = None,
    cap: float | None = None,
    points: Mapping[str, tuple[FloatArray, FloatArray]] | None = None,
    title: str | None = None,
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

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        ν is not positive, or the file cannot be written.

    Examples
    --------
    >>> figure = plot_curve(0.45, drop=1, cap=0.5)
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['success rate  s = p(A ≥ B)', 'success rate  s = p(A ≥ B)']
    """
    suffix = None if path is None else _suffix(path)
    figure = draw_curve(nu, drop, cap, points or {})
    figure.suptitle(title or f"What a success rate says about power, ν = {nu:.4g}", fontsize=11)
    if path is not None and suffix is not None:
        _save(figure, path, suffix)
    return figure


def inline_picture(what: PowerEstimate | RewardlessMDP) -> str:
    """An ``<img>`` of an estimate or an MDP for a notebook; nothing where the MDP is too large to draw."""
    if isinstance(what, PowerEstimate):
        figure, alt = plot_power(what), "POWER"
    else:
        grid = None if is_drawing(what) else grid_of(what)
        if grid is None and what.n_states > MOST_NODES:
            return ""
        figure, alt = plot_mdp(what), "the MDP"
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=90)
    data = base64.b64encode(png.getvalue()).decode()
    return f'<img alt="{alt}" style="max-width: 100%" src="data:image/png;base64,{data}">'


def _suffix(path: str | os.PathLike[str]) -> str:
    if not isinstance(path, str | os.PathLike):
        raise ParameterError(f"a path is needed, got {path!r}")
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in SUFFIXES:
        raise ParameterError(f"a picture is saved as .png, .svg or .pdf; got {os.fspath(path)!r}")
    return suffix


def _save(figure: Figure, path: str | os.PathLike[str], suffix: str) -> None:
    # The same picture gives the same bytes: no date, no random identifiers.
    metadata = {".png": None, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}[suffix]
    try:
        with matplotlib.rc_context({"svg.hashsalt": "mdppower"}):
            figure.savefig(path, dpi=150, metadata=metadata)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        told = getattr(error, "strerror", None) or error
        raise ParameterError(f"cannot write {os.fspath(path)!r}: {told}") from None

"""A picture of visit distributions: how often policies visit two states, and which policies can be best."""

from __future__ import annotations

import os
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mdppower._text import cut
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.display.figures import picture_suffix
from mdppower.display.grid_sheet import WALL
from mdppower.display.look import NO_SCALE, Look, LookOptions
from mdppower.display.look import points as size_of
from mdppower.display.words import Words, finished
from mdppower.errors import ParameterError, SizeError
from mdppower.occupancy.polytope import OccupancyPolytope
from mdppower.occupancy.vectors import distinct_rows
from mdppower.occupancy.visit_distributions import Visits, visits
from mdppower.results.number_text import number_text

FILL, DOTS, BEST = "#dfe3ee", "#8a8fa3", "#31688e"
MOST_POINTS = 20_000
MOST_LABELS = 40
SAME = 1e-7
"""Points of the picture that are closer than this share of it are one."""


def plot_polytope(
    what: OccupancyPolytope | Visits,
    x: Label,
    y: Label,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    **look: Unpack[LookOptions],
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
    **look
        ``ax, figsize, dpi``: see `mdppower.display.look.Look`.

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
        It is neither of these.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure = plot_polytope(mp.visits(mp.envs.fork(3), "root", 0.9), "t1", "t2")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0', '1', '2']
    """
    if not isinstance(what, (OccupancyPolytope, Visits)):
        raise ParameterError(f"plot_polytope draws an OccupancyPolytope or Visits, not {type(what).__name__}")
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=f"cmap {NO_SCALE}", why="visit distributions")
    mdp = what.mdp
    axes = mdp.index(x), mdp.index(y)
    begin = None if isinstance(what, Visits) else np.flatnonzero(what.start)
    if begin is not None and len(begin) == 1:
        what = visits(mdp, mdp.states[begin[0]], what.gamma)
    if isinstance(what, Visits):
        panel, origin = draw_polytope(*points_of(what, *axes), chosen), str(what.start)
        origin += "".join(f", {s} by {a}" for s, a in what.given.items())
    else:
        whole = what.unit_mass
        corners = np.array([whole.state_visits(corner) for corner in whole.vertices()])[:, axes]
        panel, origin = draw_polytope(corners, corners[:0], [], chosen), f"{np.count_nonzero(what.start)} states"
    label_axes(panel, (mdp.states[axes[0]], mdp.states[axes[1]]), what.gamma)
    return finished([panel], chosen, Words(title_of(origin, what.gamma)), path, suffix, title)


def draw_polytope(points: FloatArray, best: FloatArray, names: list[str], look: Look) -> Axes:
    """Points of F and their hull; those of F_nd are ringed and named.

    Parameters
    ----------
    points : (K, 2) array
    best : (M, 2) array
        Those of F_nd.
    names : list of M str
    look : Look
    """
    if len(points) > MOST_POINTS:
        raise SizeError(f"a polytope is drawn from up to {MOST_POINTS:,} distributions, not {len(points):,}")
    panel = look.panel(6.0, 5.2)
    corners = points[hull(points)]
    panel.fill(*corners.T, facecolor=FILL, edgecolor=WALL, linewidth=1, zorder=1, label="all policies")
    panel.scatter(points[:, 0], points[:, 1], s=14, color=DOTS, zorder=2, label=f"F: {len(points):,}")
    if len(best):
        panel.scatter(
            best[:, 0], best[:, 1], s=46, facecolor=BEST, edgecolor="black", linewidth=0.8, marker="D", zorder=3,
            label=f"F_nd: {len(best):,}, by number",
        )  # fmt: skip
    # Labels lie outwards, seen from the middle of the picture.
    size = np.ptp(points, axis=0)
    size = np.where(size > 1e-12, size, 0.05)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    spots = distinct_rows(best / size, SAME) if len(best) else []
    room = [0.1, 0.1]  # to the left and right, as shares of the width
    for k in spots if len(spots) <= MOST_LABELS else []:
        here = np.flatnonzero((np.abs(best - best[k]) <= SAME * size).all(axis=1)).tolist()
        text = ", ".join(names[j] for j in here[:3]) + (f", … ({len(here)})" if len(here) > 3 else "")
        right, above = ((best[k] - middle) / size).tolist()
        room[right >= 0] = max(room[right >= 0], 0.05 + 0.022 * len(text))
        side, level = ("left" if right >= 0 else "right"), ("bottom" if above >= 0 else "top")
        panel.annotate(
            text, best[k].tolist(), xytext=(7 if right >= 0 else -7, 4 if above >= 0 else -4),
            textcoords="offset points", ha=side, va=level, fontsize=9, zorder=4,
        )  # fmt: skip
    low, high = middle - size / 2, middle + size / 2
    for axis, a, b in zip((panel.xaxis, panel.yaxis), low.tolist(), high.tolist(), strict=True):
        # Shares of time: no tick where there cannot be any.
        ticks = MaxNLocator(nbins=7, steps=[1, 2, 5, 10]).tick_values(a, b)
        axis.set_ticks([float(tick) for tick in ticks if -SAME <= tick <= 1 + SAME])
    panel.set_xlim(low[0] - room[0] * size[0], high[0] + room[1] * size[0])
    panel.set_ylim(low[1] - 0.1 * size[1], high[1] + 0.1 * size[1])
    small = size_of("legend.fontsize", 8)
    panel.legend(fontsize=small, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, frameon=False)
    return panel


def label_axes(panel: Axes, visits_of: tuple[Label, Label], gamma: float) -> None:
    """Say what the axes are; names of states are not mathematics, even with a dollar sign."""
    what = "share of time in" if gamma == 1 else "(1−γ) visits of"
    for axis, label in zip((panel.xaxis, panel.yaxis), visits_of, strict=True):
        axis.set_label_text(f"{what} state {cut(str(label), 30)}", parse_math=False)


def points_of(visits: Visits, x: int, y: int) -> tuple[FloatArray, FloatArray, list[str]]:
    """The points of a set of visit distributions, those of F_nd among them, and their numbers in the set."""
    policies = [frozenset(policy.items()) for policy in visits.policies]
    best = {frozenset(policy.items()) for policy in visits.nondominated().policies}
    kept = [k for k, policy in enumerate(policies) if policy in best]
    points = visits.normalised[:, [x, y]]
    return points, points[kept], [str(k) for k in kept]


def hull(points: FloatArray) -> IntArray:
    """Positions of the corners of the convex hull, in order; also of points on a line, or of one point.

    Examples
    --------
    >>> hull(np.array([[0.0, 0.0], [1.0, 0.0], [0.2, 0.2], [0.0, 1.0]])).tolist()
    [0, 1, 3]
    >>> hull(np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]])).tolist()
    [0, 2]
    """
    order = np.lexsort(points.T[::-1]).tolist()

    def half(steps: list[int]) -> list[int]:
        chain: list[int] = []
        for k in steps:
            while len(chain) >= 2 and _turn(points[chain[-2]], points[chain[-1]], points[k]) <= 0:
                chain.pop()
            chain.append(k)
        return chain[:-1]

    return np.array(half(order) + half(order[::-1]) or order[:1])


def _turn(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    """Positive where a, b, c turn left."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def title_of(visits_from: str, gamma: float) -> str:
    """What the points are."""
    return f"Visit distributions from {visits_from}, " + ("γ → 1" if gamma == 1 else f"γ = {number_text(gamma)}")

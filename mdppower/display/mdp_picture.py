"""Pictures of an MDP before anything is computed: its map where it is a grid, else its graph."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.ticker import MaxNLocator

from mdppower._text import cut
from mdppower._typing import AnyArray, FloatArray
from mdppower.display.figures import Picture, picture_suffix, save_figure
from mdppower.display.heatmap import WALL, paint_walls
from mdppower.errors import ParameterError
from mdppower.mdp.layout import grid_of, is_drawing, marks_of
from mdppower.mdp.model import RewardlessMDP

FLOOR, ABSORBING = "#e8e8ec", "#e0a458"
MOST_NODES = 60
RADIUS = 0.22
"""Of a node; neighbours on the layout are about 1 apart."""


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
        The suffix is another, or there is no grid and there are more than 60 states.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure = mp.envs.make("turner-figure-1").plot()
    """
    suffix = None if path is None else picture_suffix(path)
    grid = None if is_drawing(mdp) else grid_of(mdp)
    figure = draw_graph(mdp) if grid is None else draw_map(mdp, grid)
    if title is not None:
        figure.suptitle(str(title), fontsize=11)
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix)
    return figure


def draw_map(mdp: RewardlessMDP, grid: AnyArray) -> Figure:
    """The cells of a grid: floor, walls, absorbing cells, and the letters that mark some."""
    rows, columns = grid.shape
    inch = min(0.5, 8 / max(rows, columns))
    figure = Picture(figsize=(max(inch * columns + 1.0, 3), max(inch * rows + 0.9, 1.8)), layout="constrained")
    panel = figure.subplots()
    assert mdp.layout is not None
    top, left = mdp.layout.min(axis=0).tolist()
    kind = np.zeros(mdp.n_states, int)
    kind[mdp.absorbing_states] = 1
    paint_walls(panel, inch)
    panel.imshow(
        np.ma.masked_where(grid < 0, kind[grid]), cmap=ListedColormap([FLOOR, ABSORBING]), vmin=0, vmax=1,
        interpolation="nearest", extent=(left - 0.5, left + columns - 0.5, top + rows - 0.5, top - 0.5),
    )  # fmt: skip
    if inch >= 0.12:
        panel.set_xticks(np.arange(columns) + left - 0.5, minor=True)
        panel.set_yticks(np.arange(rows) + top - 0.5, minor=True)
        panel.grid(which="minor", color="white", linewidth=1)
        panel.tick_params(which="minor", length=0)
        for s, mark in marks_of(mdp).items():
            row, column = mdp.layout[s].tolist()
            size = inch * min(28, 80 / len(mark or " "))
            panel.text(column, row, mark, ha="center", va="center", fontsize=size, parse_math=False)
    panel.tick_params(labelsize=8)
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    if len(mdp.absorbing_states):
        panel.set_title("orange: absorbing", fontsize=8)
    return figure


def draw_graph(mdp: RewardlessMDP) -> Figure:
    """States as nodes; an edge wherever some action leads, with the number of actions or their probability.

    Raises
    ------
    ParameterError
        There are more than 60 states.
    """
    if mdp.n_states > MOST_NODES:
        raise ParameterError(f"a graph is drawn for up to {MOST_NODES} states, not {mdp.n_states:,}")
    place = _places(mdp)
    width, height = np.ptp(place, axis=0) + 1.2
    scale = min(1.1, 10 / width, 8 / height)
    figure = Picture(figsize=(max(width * scale, 2), max(height * scale, 1.5)), layout="constrained")
    panel = figure.subplots()
    panel.set_aspect("equal")
    panel.set_axis_off()
    edges = _edges(mdp)
    for (s, t), text in edges.items():
        _edge(panel, place[s], place[t], text, both_ways=(t, s) in edges, centre=place.mean(axis=0), scale=scale)
    absorbing = set(mdp.absorbing_states.tolist())
    for s, label in enumerate(mdp.states):
        colour = ABSORBING if s in absorbing else FLOOR
        panel.add_patch(Circle(place[s], RADIUS, facecolor=colour, edgecolor=WALL, linewidth=1, zorder=3))
        name = cut(str(label), 12)
        size = min(10.0, 52 * scale / max(3, len(name)))
        x, y = place[s].tolist()
        panel.text(x, y, name, ha="center", va="center", fontsize=size, zorder=4, parse_math=False)
    low, high = place.min(axis=0) - 0.62, place.max(axis=0) + 0.62
    panel.set_xlim(low[0], high[0])
    panel.set_ylim(low[1], high[1])
    return figure


def _places(mdp: RewardlessMDP) -> FloatArray:
    """(S, 2) positions (x to the right, y upwards), neighbours about 1 apart."""
    if mdp.layout is not None:
        place = mdp.layout[:, ::-1] * np.array([1.0, -1.0])
    else:
        import networkx as nx

        graph: Any = nx.Graph(mdp.to_graph())
        found = nx.kamada_kawai_layout(graph, pos=nx.circular_layout(graph))
        place = np.array([found[s] for s in mdp.states])
    if mdp.n_states == 1:
        return np.zeros((1, 2))
    apart = np.hypot(*(place[:, None] - place[None]).T)
    closest = float(np.min(apart[~np.eye(mdp.n_states, dtype=bool)]))
    spread: FloatArray = place / closest if closest > 1e-6 else place + np.arange(mdp.n_states)[:, None] * [1.0, 0.0]
    return spread


def _edges(mdp: RewardlessMDP) -> dict[tuple[int, int], str]:
    """What stands at each edge: nothing for one sure action, "×2" for two, "0.4" for a probability."""
    found: dict[tuple[int, int], list[float]] = {}
    kernel = mdp.kernel
    for pair, s in enumerate(mdp.pair_states.tolist()):
        for j in range(kernel.indptr[pair], kernel.indptr[pair + 1]):
            found.setdefault((s, int(kernel.indices[j])), []).append(float(kernel.data[j]))
    texts = {}
    for edge, chances in found.items():
        if chances == [1.0]:
            texts[edge] = ""
        elif all(p == 1 for p in chances):
            texts[edge] = f"×{len(chances)}"
        else:
            texts[edge] = ", ".join(f"{p:.2g}" for p in chances[:3]) + (", …" if len(chances) > 3 else "")
    return texts


def _edge(
    panel: Axes, start: FloatArray, end: FloatArray, text: str, *, both_ways: bool, centre: FloatArray, scale: float
) -> None:
    if (start == end).all():
        # A loop, on the side that looks away from the middle of the drawing.
        away = start - centre
        angle = math.atan2(away[1], away[0]) if np.hypot(*away) > 0.1 else math.pi / 2
        ends = [start + RADIUS * np.array([math.cos(angle + d), math.sin(angle + d)]) for d in (0.6, -0.6)]
        bend, shrink = "arc3,rad=-1.6", 0.0
        middle = start + 2.3 * RADIUS * np.array([math.cos(angle), math.sin(angle)])
        start, end = ends
    else:
        bend, shrink = f"arc3,rad={0.18 if both_ways else 0.0}", 72 * RADIUS * scale
        along = end - start
        middle = (start + end) / 2 + (0.1 if both_ways else 0.0) * np.array([along[1], -along[0]])
    panel.add_patch(
        FancyArrowPatch(
            tuple(start),
            tuple(end),
            connectionstyle=bend,
            arrowstyle="-|>",
            mutation_scale=9,
            shrinkA=shrink,
            shrinkB=shrink,
            linewidth=1,
            color=WALL,
            zorder=2,
        )
    )
    if text:
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        panel.text(
            middle[0], middle[1], text, ha="center", va="center", fontsize=8 * min(1, scale), zorder=3, bbox=box
        )

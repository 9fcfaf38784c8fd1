"""Pictures of an MDP before anything is computed: its map where it is a grid, else its graph."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.text import Text

from mdppower._text import cut
from mdppower._typing import AnyArray, FloatArray
from mdppower.display.cell_signs import ABSORBING, LEAST_INCH, draw_absorbing, draw_one_way, name_tiles
from mdppower.display.figures import picture_suffix
from mdppower.display.grid_sheet import WALL, grid_sheet
from mdppower.display.ink import Inks
from mdppower.display.look import Look, LookOptions
from mdppower.display.words import Words, finished
from mdppower.errors import ParameterError
from mdppower.mdp.layout import grid_of, is_drawing, marks_of, one_way_cells
from mdppower.mdp.model import RewardlessMDP

FLOOR = "#e8e8ec"
MOST_NODES = 60
RADIUS = 0.22
"""Of a node; neighbours on the layout are about 1 apart."""


def plot_mdp(
    mdp: RewardlessMDP,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw an MDP: its map where the states lie on a grid, else its graph.

    Parameters
    ----------
    mdp : RewardlessMDP
    path : str or path, optional
        Where to save it: .png, .svg, .pdf.
    title : str, optional
    **look
        ``ax, figsize, dpi``: see `mdppower.display.look.Look`.

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
    suffix = picture_suffix(path)
    chosen = Look.of(look, without="cmap norm vmin vmax annotate colorbar", why="an MDP before anything is computed")
    grid = None if is_drawing(mdp) else grid_of(mdp)
    panel, notes = draw_graph(mdp, chosen) if grid is None else draw_map(mdp, grid, chosen)
    return finished([panel], chosen, Words("", notes), path, suffix, title)


def draw_map(mdp: RewardlessMDP, grid: AnyArray, look: Look) -> tuple[Axes, list[str]]:
    """The cells of a grid: floor, walls, absorbing cells, one-way cells, marks; and what they mean."""
    sheet = grid_sheet(mdp, grid, 1, look, scaled=False)
    (panel,) = sheet.panels
    absorbing = np.zeros(mdp.n_states, bool)
    absorbing[mdp.absorbing_states] = True
    floor = np.full(mdp.n_states, np.nan)
    sheet.ground(panel)
    inks = Inks(sheet.fill(panel, ~absorbing, FLOOR))
    notes = [text.removesuffix(", not on the scale") for text in draw_absorbing(panel, sheet, mdp, absorbing)]
    if sheet.inch >= LEAST_INCH:
        left, _, _, top = sheet.extent
        panel.set_xticks(left + np.arange(grid.shape[1] + 1), minor=True)
        panel.set_yticks(top + np.arange(grid.shape[0] + 1), minor=True)
        panel.grid(which="minor", color="white", linewidth=1)
        panel.tick_params(which="minor", length=0)
        assert mdp.layout is not None
        one_way = {s for held in one_way_cells(mdp, grid).values() for s in held.tolist()}
        for s, mark in marks_of(mdp).items():
            row, column = mdp.layout[s].tolist()
            size = sheet.inch * min(28, 80 / len(mark or " ")) * (0.7 if s in one_way else 1)
            panel.text(column, row, mark, ha="center", va="center", fontsize=size, color="black", parse_math=False)
    notes += draw_one_way(panel, sheet, mdp, floor, inks)
    return panel, notes + name_tiles(panel, sheet, mdp)


def draw_graph(mdp: RewardlessMDP, look: Look) -> tuple[Axes, list[str]]:
    """States as nodes; an edge wherever some action leads, with the number of actions or their probability.

    Raises
    ------
    ParameterError
        There are more than 60 states.
    """
    place, size, scale = graph_place(mdp, look)
    panel = look.panel(*size)
    draw_nodes(panel, mdp, place, scale)
    return panel, ["orange: absorbing"] if len(mdp.absorbing_states) else []


def require_few(mdp: RewardlessMDP) -> None:
    """Raise ParameterError where there are too many states for a graph."""
    if mdp.n_states > MOST_NODES:
        raise ParameterError(f"a graph is drawn for up to {MOST_NODES} states, not {mdp.n_states:,}")


def graph_place(mdp: RewardlessMDP, look: Look) -> tuple[FloatArray, tuple[float, float], float]:
    """(S, 2) where the nodes are, the inches that the drawing takes, and those of a unit."""
    require_few(mdp)
    place = _places(mdp)
    width, height = (np.ptp(place, axis=0) + 1.2).tolist()
    wide, tall = look.figsize or (10.0, 8.0)
    scale = min(1.1 if look.figsize is None else 9.0, wide / width, tall / height)
    return place, (max(width * scale, 2.0), max(height * scale, 1.5)), scale


def draw_nodes(
    panel: Axes, mdp: RewardlessMDP, place: FloatArray, scale: float, fills: Sequence[Any] | None = None
) -> list[Text]:
    """Nodes and edges on a panel, the nodes in these colours; the texts that name them."""
    panel.set_aspect("equal")
    panel.set_axis_off()
    edges = _edges(mdp)
    for (s, t), text in edges.items():
        _edge(panel, place[s], place[t], text, both_ways=(t, s) in edges, centre=place.mean(axis=0), scale=scale)
    absorbing = set(mdp.absorbing_states.tolist())
    names = []
    for s, label in enumerate(mdp.states):
        colour = (ABSORBING if s in absorbing else FLOOR) if fills is None else fills[s]
        panel.add_patch(Circle(place[s], RADIUS, facecolor=colour, edgecolor=WALL, linewidth=1, zorder=3))
        name = cut(str(label), 12)
        size = min(10.0, 52 * scale / max(3, len(name)))
        x, y = place[s].tolist()
        names.append(panel.text(
            x, y, name, ha="center", va="center", fontsize=size, zorder=4, color="black", parse_math=False
        ))  # fmt: skip
    low, high = place.min(axis=0) - 0.62, place.max(axis=0) + 0.62
    panel.set_xlim(low[0], high[0])
    panel.set_ylim(low[1], high[1])
    return names


def _places(mdp: RewardlessMDP) -> FloatArray:
    """(S, 2) positions (x to the right, y upwards), neighbours about 1 apart."""
    if mdp.layout is not None and len(np.unique(mdp.layout, axis=0)) == mdp.n_states:
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
            color=matplotlib.rcParams["axes.edgecolor"],
            zorder=2,
        )
    )
    if text:
        box = {"facecolor": matplotlib.rcParams["figure.facecolor"], "edgecolor": "none", "pad": 0.5}
        panel.text(
            middle[0], middle[1], text, ha="center", va="center", fontsize=8 * min(1, scale), zorder=3, bbox=box
        )

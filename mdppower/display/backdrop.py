"""An MDP drawn as a ground for something else: pale, and with what is needed to draw over its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from mdppower._text import cut
from mdppower._typing import AnyArray, FloatArray
from mdppower.display.grid_sheet import grid_sheet
from mdppower.display.look import PLAIN, Look, figure_of
from mdppower.display.mdp_picture import RADIUS, draw_graph
from mdppower.mdp.layout import grid_of, is_drawing, marks_of
from mdppower.mdp.model import RewardlessMDP

FLOOR, INK, FAINT = "#f6f6f8", "#1a1a1f", "#9a9aa4"


@dataclass(frozen=True, eq=False)
class Scene:
    """An MDP that is drawn, and how to draw on it.

    Attributes
    ----------
    figure, panel : Figure, Axes
    mdp : RewardlessMDP
    place : (S, 2) array
        x and y of each state.
    is_grid : bool
        States are cells of side 1; else circles.
    inch : float
        Of a unit.
    """

    figure: Figure
    panel: Axes
    mdp: RewardlessMDP
    place: FloatArray
    is_grid: bool
    inch: float

    @property
    def radius(self) -> float:
        """What arrows keep from the middle of a state."""
        return 0.15 if self.is_grid else RADIUS + 0.03

    def outline(self, s: int, inset: float, **look: Any) -> None:
        """Add the border of a state, moved inwards."""
        x, y = self.place[s].tolist()
        half = 0.5 - inset
        shape = (
            Rectangle((x - half, y - half), 2 * half, 2 * half) if self.is_grid else Circle((x, y), RADIUS - inset)
        )
        shape.set(facecolor="none", **look)
        self.panel.add_patch(shape)

    def fill(self, states: Sequence[int], look: Mapping[str, Any]) -> None:
        """Add a tint and hatch to states, in one path: many patches take long."""
        if not states:
            return
        shape = Path.unit_rectangle() if self.is_grid else Path.unit_circle()
        corners = np.asarray(shape.vertices) - 0.5 if self.is_grid else RADIUS * np.asarray(shape.vertices)
        codes = np.tile(np.asarray(shape.codes), len(states))
        path = Path(np.concatenate([corners + self.place[s] for s in states]), codes)
        self.panel.add_patch(PathPatch(path, linewidth=0, zorder=1.2 if self.is_grid else 3, **look))
        if not self.is_grid:
            self.panel.add_patch(PathPatch(path, facecolor="none", edgecolor=INK, linewidth=0.8, zorder=3.1))

    def arrow(self, curve: FloatArray, colour: str, width: float, heads: str, style: Any = "solid") -> None:
        """Add a curved arrow with a white edge, so that it shows on hatches and on walls."""
        path = Path(curve, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
        patch = FancyArrowPatch(
            path=path, arrowstyle=heads, mutation_scale=5 + 3.2 * width, color=colour, linewidth=width,
            linestyle=style, joinstyle="miter", zorder=5,
        )  # fmt: skip
        patch.set_path_effects([withStroke(linewidth=width + 1.8, foreground="white")])
        self.panel.add_patch(patch)


def scene_of(mdp: RewardlessMDP, look: Look = PLAIN) -> Scene:
    """The map of an MDP where its states lie on a grid, else its graph.

    Raises
    ------
    ParameterError
        There is no grid and there are more than 60 states.
    """
    grid = None if is_drawing(mdp) else grid_of(mdp)
    return graph_scene(mdp, look) if grid is None else map_scene(mdp, grid, look)


def map_scene(mdp: RewardlessMDP, grid: AnyArray, look: Look) -> Scene:
    """The cells of a grid, all alike, so that fills and arrows show; marks in one corner, odd labels in the other."""
    sheet = grid_sheet(mdp, grid, 1, look, scaled=False)
    (panel,) = sheet.panels
    rows, columns = grid.shape
    if look.ax is None and look.figsize is None:
        figure_of(panel).set_size_inches(sheet.inch * columns + 0.7, sheet.inch * rows + 0.5)
    sheet.ground(panel)
    left, _, _, top = sheet.extent
    sheet.fill(panel, np.ones(mdp.n_states, bool), FLOOR)
    if sheet.inch >= 0.12:
        panel.set_xticks(left + np.arange(columns + 1), minor=True)
        panel.set_yticks(top + np.arange(rows + 1), minor=True)
        panel.grid(which="minor", color="#c9c9d1", linewidth=0.6)
        panel.tick_params(which="minor", length=0)
    assert mdp.layout is not None
    place = mdp.layout[:, ::-1].copy()
    corner: list[tuple[float, str, float, dict[int, str]]] = [(-0.38, "left", 13, marks_of(mdp))]
    if any(label != tuple(map(int, at)) for label, at in zip(mdp.states, mdp.layout.tolist(), strict=True)):
        corner.append((0.38, "right", 9, {s: cut(str(label), 6) for s, label in enumerate(mdp.states)}))
    for at, side, size, texts in corner if sheet.inch >= 0.2 else ():
        for s, text in texts.items():
            x, y = place[s].tolist()
            written = panel.text(
                x + at, y + at, text, ha=side, va="top" if at < 0 else "bottom", fontsize=size * min(sheet.inch, 0.7),
                color=INK, zorder=5, parse_math=False,
            )  # fmt: skip
            written.set_path_effects([withStroke(linewidth=1.6, foreground="white")])
    return Scene(figure_of(panel), panel, mdp, place, True, sheet.inch)


def graph_scene(mdp: RewardlessMDP, look: Look) -> Scene:
    """The drawing of the MDP, its own arrows faint: those of φ are what is shown."""
    panel, _ = draw_graph(mdp, look)
    figure = figure_of(panel)
    nodes = [patch for patch in panel.patches if isinstance(patch, Circle)]
    for patch in panel.patches:
        if isinstance(patch, FancyArrowPatch):
            patch.set(color=FAINT, linewidth=0.8)
            if patch.shrinkB:
                patch.shrinkB += 4.5  # room for outlines
    for node in nodes:
        node.set(facecolor=FLOOR, edgecolor=INK, linewidth=0.8)
    for text in panel.texts:
        text.set(zorder=6, path_effects=[withStroke(linewidth=2.2, foreground="white")])
    place = np.array([node.center for node in nodes])
    return Scene(figure, panel, mdp, place, False, figure.get_figwidth() / float(np.diff(panel.get_xlim())[0]))

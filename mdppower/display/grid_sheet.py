"""The panels of a map: cells in colours, walls plain, rows and columns named, a colour bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from mdppower._colours import WALL_COLOUR
from mdppower._typing import AnyArray, BoolArray
from mdppower.display.colour_scale import OFF, ColourScale
from mdppower.display.ink import Inks
from mdppower.display.look import Look, figure_of, points
from mdppower.mdp.model import RewardlessMDP

WALL, WALL_EDGE = "#{:02x}{:02x}{:02x}".format(*WALL_COLOUR), "#c8c8d0"


@dataclass(frozen=True, eq=False)
class Sheet:
    """Equal panels that show a grid.

    Attributes
    ----------
    panels : list of Axes
    grid : (rows, columns) array
        State indices, −1 where there is none.
    inch : float
        Of one cell.
    flat : bool
        Whether the grid is wide: colour bars are below it.
    extent : (left, right, bottom, top)
    look : Look
    """

    panels: list[Axes]
    grid: AnyArray
    inch: float
    flat: bool
    extent: tuple[float, float, float, float]
    look: Look

    def paint(self, panel: Axes, scale: ColourScale, cmap: Colormap | None = None) -> tuple[AxesImage, Inks]:
        """Walls, and cells in the colours of a scale; and what keeps readable what is drawn on them."""
        self.ground(panel)
        colour = np.isfinite(scale.shown)[self.grid] & (self.grid >= 0)
        shown = panel.imshow(
            np.ma.masked_where(~colour, scale.shown[self.grid]), cmap=cmap or self.look.colours, norm=scale.norm,
            interpolation="nearest", extent=self.extent,
        )  # fmt: skip
        if scale.off.any():
            self.fill(panel, scale.off, OFF)
        return shown, Inks(shown)

    def fill(self, panel: Axes, states: BoolArray, colour: str) -> AxesImage:
        """Some cells in one colour."""
        hidden = np.ma.masked_where((self.grid < 0) | ~states[self.grid], self.grid)
        return panel.imshow(hidden, cmap=ListedColormap([colour]), interpolation="nearest", extent=self.extent)

    def ground(self, panel: Axes) -> None:
        """Walls, with a light edge to the cells, so that they are told from dark ones, in grey too; and the ticks."""
        panel.set_facecolor(WALL)
        if self.inch >= 0.05 and (self.grid < 0).any():
            lines: Any = _borders(self.grid, self.extent)
            edges = LineCollection(lines, colors=WALL_EDGE, linewidths=min(0.9, 4 * self.inch))
            edges.set_capstyle("projecting")
            panel.add_collection(edges, autolim=False)
        name_rows_and_columns(panel)

    def add_scale(self, panel: Axes, shown: AxesImage, scale: ColourScale) -> None:
        """The colour bar of a panel, where one is wanted."""
        if not self.look.colorbar or not np.isfinite(scale.shown).any():
            return
        side = "bottom" if self.flat else "right"
        bar = figure_of(panel).colorbar(
            shown, ax=panel, location=side, fraction=0.046, pad=0.03, aspect=20 + 10 * self.flat, extend=scale.extend
        )
        bar.set_label(scale.label, fontsize=points("axes.labelsize", 8))
        bar.ax.tick_params(labelsize=points("xtick.labelsize", 8))
        if self.look.norm is None:
            bar.ax.ticklabel_format(useOffset=False)
            bar.locator = MaxNLocator(nbins=5 if self.flat else 6, steps=[1, 2, 5, 10])


def grid_sheet(mdp: RewardlessMDP, grid: AnyArray, count: int, look: Look, *, scaled: bool = True) -> Sheet:
    """A figure with room for so many panels of the grid, or the axes that were given; `scaled`: with colour bars."""
    rows, columns = grid.shape
    flat = columns >= 2 * rows
    # At most three side by side, in rows of equal length where that can be: four are two by two.
    down = count if flat else -(-count // 3)
    across = -(-count // down)
    inch = min(0.55 if max(rows, columns) > 4 else 1.1, 6 / columns, 8 / rows)
    scaled &= look.colorbar
    beside, below = (0.9, 1.0 + 0.6 * scaled) if flat else (0.9 + 0.8 * scaled, 1.1)  # for labels, title, colour bar
    size = (across * max(inch * columns + beside, 3.3) + 0.3, down * (inch * rows + below) + 0.5)
    if look.figsize is not None:  # what is beside the cells stays, and they have the rest
        wide, tall = look.figsize[0] / across - beside, look.figsize[1] / down - below
        inch = max(0.02, min(wide / columns, tall / rows))
    panels = look.panels(down, across, size, count=count, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08))
    if look.ax is not None:
        figure = figure_of(panels[0])
        boxes = [panel.get_window_extent() for panel in panels]
        inch = min(min(box.width / columns, box.height / rows) for box in boxes) / figure.dpi
    assert mdp.layout is not None  # or there would be no grid
    top, left = mdp.layout.min(axis=0).tolist()
    extent = (left - 0.5, left + columns - 0.5, top + rows - 0.5, top - 0.5)
    return Sheet(panels, grid, inch, flat, extent, look)


def name_rows_and_columns(panel: Axes) -> None:
    """Integer ticks, at most eight, and what they count."""
    for axis, name in ((panel.xaxis, "column"), (panel.yaxis, "row")):
        axis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        axis.set_label_text(name, fontsize=points("axes.labelsize", 8))
    panel.tick_params(labelsize=points("xtick.labelsize", 8))


def _borders(grid: AnyArray, extent: tuple[float, float, float, float]) -> AnyArray:
    """(K, 2, 2) segments between cells and walls, each run of them as one."""
    left, _, _, top = extent
    cell = np.pad(grid >= 0, 1).astype(np.int8)
    found = []
    for swap in (False, True):
        across = cell.T if swap else cell
        border = np.diff(across, axis=0) != 0  # below row i, in column j
        # Only inside the map: its rim has the frame of the axes.
        border[[0, -1]] = False
        edges = np.diff(np.pad(border, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        line, start = np.nonzero(edges == 1)
        stop = np.nonzero(edges == -1)[1]
        first, last, level = start - 1.0, stop - 1.0, line.astype(float)
        ends = np.stack([np.stack([first, level], 1), np.stack([last, level], 1)], axis=1)  # along, across
        found.append(ends[:, :, ::-1] if swap else ends)
    return np.asarray(np.concatenate(found) + np.array([left, top]))

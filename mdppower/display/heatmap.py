"""Heat maps of POWER on a grid: one panel a γ, with numbers, marks, arrows and hatches where they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from mdppower._colours import WALL_COLOUR
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.display.figures import Picture
from mdppower.errors import ParameterError
from mdppower.mdp.layout import marks_of
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_seeking import directions, most_power_seeking
from mdppower.results.number_text import number_text, number_texts

COLOURS = "viridis"
WALL, WALL_LINES = "#{:02x}{:02x}{:02x}".format(*WALL_COLOUR), "#55555e"
UNIT = "POWER (reward units)"
MOST_TEXTS = 2500
MOST_DRAWN = 10_000


@dataclass(frozen=True)
class Extras:
    """What is drawn over the colours.

    Attributes
    ----------
    values : bool or None
        Whether cells show their number; None: where it fits and nothing else is drawn there.
    arrows : bool
        Whether each cell has an arrow along its most POWER-seeking action.
    hatch : bool
        Whether cells are hatched whose interval meets that of the greatest.
    """

    values: bool | None = None
    arrows: bool = False
    hatch: bool = False


def heat_maps(estimate: PowerEstimate, grid: AnyArray, share_scale: bool, extras: Extras) -> Figure:
    """A figure with a heat map for each γ."""
    for name, wanted in (("arrows", extras.arrows), ("numbers", extras.values)):
        if wanted and estimate.mdp.n_states > MOST_DRAWN:
            raise ParameterError(f"{name} are for up to {MOST_DRAWN:,} states, not {estimate.mdp.n_states:,}")
    rates = range(len(estimate.gammas))
    power, half = estimate.data.value, estimate.half_widths()
    sheet = grid_sheet(estimate.mdp, grid, len(rates))
    for panel, g in zip(sheet.panels, rates, strict=True):
        norm = _scale(power if share_scale else power[g])
        finite = np.isfinite(power[g])
        shown = sheet.paint(panel, power[g], norm)
        if not finite.all():
            odd = np.ma.masked_where((grid < 0) | finite[grid], grid)
            panel.imshow(odd, cmap=ListedColormap(["white"]), interpolation="nearest", extent=sheet.extent)
        spread = f", ± ≤ {half[g].max():.2g}" if np.isfinite(half[g]).all() else ", no intervals: no variance"
        spread *= estimate.exact is None
        odd_note = "" if finite.all() else "\nwhite: not finite"
        panel.set_title(f"γ = {number_text(estimate.gammas[g])}{spread}{odd_note}", fontsize=10)
        if extras.hatch:
            _hatch_ties(panel, estimate, g, grid)
        if extras.arrows:
            _draw_arrows(panel, estimate, g, norm)
        if extras.values or (extras.values is None and len(finite) <= MOST_TEXTS and not extras.arrows):
            text = number_texts(power[g])
            points = min(10.0, 72 * sheet.inch / (0.68 * max(map(len, text)) + 0.4))
            if extras.values or points >= 5.5:
                _write_values(panel, estimate, text, power[g], norm, max(points, 1.0))
        write_marks(panel, estimate.mdp, power[g], norm, sheet.inch)
        sheet.add_scale(panel, shown, UNIT)
    return sheet.figure


@dataclass(frozen=True, eq=False)
class Sheet:
    """A figure with equal panels that show a grid."""

    figure: Figure
    panels: list[Axes]
    grid: AnyArray
    inch: float
    """Of one cell."""
    flat: bool
    """Whether the grid is wide: colour bars are below it."""
    extent: tuple[float, float, float, float]

    def paint(self, panel: Axes, value: FloatArray, norm: Normalize) -> AxesImage:
        """Walls, and cells in the colour of their value; those that are not finite stay as the ground."""
        paint_walls(panel, self.inch)
        name_rows_and_columns(panel)
        return panel.imshow(
            np.ma.masked_where((self.grid < 0) | ~np.isfinite(value)[self.grid], value[self.grid]),
            cmap=COLOURS, norm=norm, interpolation="nearest", extent=self.extent,
        )  # fmt: skip

    def add_scale(self, panel: Axes, shown: AxesImage, label: str) -> None:
        """The colour bar of a panel."""
        side = "bottom" if self.flat else "right"
        bar = self.figure.colorbar(
            shown, ax=panel, location=side, fraction=0.046, pad=0.03, aspect=20 + 10 * self.flat
        )
        bar.set_label(label, fontsize=8)
        bar.ax.tick_params(labelsize=8)
        bar.ax.ticklabel_format(useOffset=False)
        bar.locator = MaxNLocator(nbins=5 if self.flat else 6, steps=[1, 2, 5, 10])


def grid_sheet(mdp: RewardlessMDP, grid: AnyArray, count: int) -> Sheet:
    """A figure with room for so many panels of the grid."""
    rows, columns = grid.shape
    flat = columns >= 2 * rows
    # At most three side by side, in rows of equal length where that can be: four are two by two.
    down = count if flat else -(-count // 3)
    across = -(-count // down)
    inch = min(0.55 if max(rows, columns) > 4 else 1.1, 6 / columns, 8 / rows)
    wide, tall = inch * columns, inch * rows
    beside, below = (0.9, 1.6) if flat else (1.7, 1.1)  # for labels, title and colour bar
    size = (across * max(wide + beside, 3.3) + 0.3, down * (tall + below) + 0.5)
    figure = Picture(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08))
    panels = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for panel in panels[count:]:
        panel.set_visible(False)
    assert mdp.layout is not None  # or there would be no grid
    top, left = mdp.layout.min(axis=0).tolist()
    extent = (left - 0.5, left + columns - 0.5, top + rows - 0.5, top - 0.5)
    return Sheet(figure, panels[:count], grid, inch, flat, extent)


def paint_walls(panel: Axes, inch: float) -> None:
    """The ground of a panel: its grey is not on the scale, and its texture tells them apart where all is grey."""
    panel.set_facecolor(WALL)
    if inch >= 0.1:
        panel.patch.set(hatch="xxx", edgecolor=WALL_LINES, linewidth=0)


def meets_greatest(estimate: PowerEstimate, g: int) -> BoolArray:
    """(S,) whether a state's simultaneous 95 % interval overlaps that of the state with the greatest estimate."""
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    # Where there is no interval, nothing is told apart.
    return np.asarray(~(upper[g] < lower[g][estimate.data.value[g].argmax()]))


def _hatch_ties(panel: Axes, estimate: PowerEstimate, g: int, grid: AnyArray) -> None:
    """Hatch runs of cells in one path: a patch for each cell would take minutes on large maps."""
    assert estimate.mdp.layout is not None
    top, left = estimate.mdp.layout.min(axis=0)
    chosen = np.pad(np.where(grid >= 0, meets_greatest(estimate, g)[grid], False), ((0, 0), (1, 1))).astype(np.int8)
    edges = np.diff(chosen, axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    low, high = top + rows - 0.5, top + rows + 0.5
    first, last = left + starts - 0.5, left + ends - 0.5
    corners = np.array([[first, low], [last, low], [last, high], [first, high], [first, low]])  # corner × axis × run
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(rows))
    outline = Path(corners.transpose(2, 0, 1).reshape(-1, 2), codes)
    for colour, mark in (("white", "//"), ("black", "\\\\")):  # one of the two shows on any colour
        patch = PathPatch(outline, facecolor="none", edgecolor=colour, hatch=mark, alpha=0.45, linewidth=0)
        panel.add_patch(patch)


def _draw_arrows(panel: Axes, estimate: PowerEstimate, g: int, norm: Normalize) -> None:
    """An arrow along the most POWER-seeking action, a dot where that stays, faint where the draws cannot tell."""
    pairs, resolved = most_power_seeking(estimate, g)
    ink = arrow_ink(estimate.data.value[g], norm, resolved)
    draw_arrows(panel, estimate.mdp, pairs, ink)


def arrow_ink(value: FloatArray, norm: Normalize, strong: BoolArray) -> FloatArray:
    """(K, 4) colours that show on cells of these values, faint where not strong."""
    ink = np.array([(*(3 * (float(_ink(v, norm) == "white"),)), 1.0) for v in value]).reshape(-1, 4)
    ink[~strong, 3] = 0.35
    return ink


def draw_arrows(
    panel: Axes, mdp: RewardlessMDP, pairs: IntArray, ink: FloatArray, *,
    ends: tuple[float, float] = (-0.35, 0.35), width: float = 0.08,
) -> None:  # fmt: skip
    """An arrow in the cell of each pair, to where it leads; a dot where that is the cell itself.

    Its ends are so far from the middle of the cell.
    """
    assert mdp.layout is not None
    steps = directions(mdp, pairs)
    rows, columns = mdp.layout[mdp.pair_states[pairs]].T
    moves = steps.any(axis=1)
    across, down = (ends[1] - ends[0]) * steps[moves, 1], (ends[1] - ends[0]) * steps[moves, 0]
    middle = (ends[0] + ends[1]) / 2 * steps[moves]
    panel.quiver(
        columns[moves] + middle[:, 1], rows[moves] + middle[:, 0], across, down, color=ink[moves], pivot="mid",
        angles="xy", scale_units="xy", scale=1, units="x", width=width, headwidth=4, headlength=4,
        headaxislength=3.5, zorder=3,
    )  # fmt: skip
    panel.scatter(columns[~moves], rows[~moves], s=16, c=ink[~moves], linewidths=0, zorder=3)


def _scale(power: FloatArray) -> Normalize:
    """From least to most; around the one value where all are equal, so that the colour bar can be read."""
    finite = power[np.isfinite(power)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = 0.0 if high > low else 0.05 * (abs(low) or 1.0)
    return Normalize(low - room, high + room)


def name_rows_and_columns(panel: Axes) -> None:
    """Integer ticks, at most eight, and what they count."""
    for axis, name in ((panel.xaxis, "column"), (panel.yaxis, "row")):
        axis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        axis.set_label_text(name, fontsize=8)
    panel.tick_params(labelsize=8)


def _ink(value: float, norm: Normalize) -> str:
    """Black on the light half of the scale, white on the dark half."""
    return "white" if float(norm(value)) <= 0.55 else "black"  # black, too, on the white of what is not finite


def _write_values(
    panel: Axes, estimate: PowerEstimate, text: Sequence[str], power: FloatArray, norm: Normalize, size: float
) -> None:
    assert estimate.mdp.layout is not None
    for s, (row, column) in enumerate(estimate.mdp.layout.astype(int).tolist()):
        ink = _ink(power[s], norm)
        panel.text(column, row, text[s], ha="center", va="center", fontsize=size, color=ink)


def write_marks(panel: Axes, mdp: RewardlessMDP, value: FloatArray, norm: Normalize, inch: float) -> None:
    """The letter, * or ~ of a cell in its upper left corner, where it can be read."""
    assert mdp.layout is not None
    for s, mark in marks_of(mdp).items() if inch >= 0.2 else ():
        row, column = mdp.layout[s].tolist()
        panel.text(
            column - 0.44, row - 0.44, mark, ha="left", va="top", fontsize=14 * min(inch, 0.6),
            fontweight="bold", color=_ink(value[s], norm), parse_math=False,
        )  # fmt: skip

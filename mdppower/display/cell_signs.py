"""What stands in the cells of a map beside their colour: exits and pits, one-way floor, marks, numbers, arrows."""

from __future__ import annotations

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from mdppower._colours import ABSORBING_COLOUR
from mdppower._text import cut
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.display.grid_sheet import Sheet
from mdppower.display.ink import Inks
from mdppower.mdp.layout import marks_of, one_way_cells, tile_parts, tiles_of
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_seeking import directions

ABSORBING, FRAME = "#{:02x}{:02x}{:02x}".format(*ABSORBING_COLOUR), "#4a3110"
"""Pale orange, on no scale that we use, with a dark frame that is seen where all is grey."""
LEAST_INCH = 0.12
"""Of a cell that has signs."""
MARKS = {"*": "exit", "~": "pit"}
"""Marks of text maps that say what a cell is."""
MOST_NAMED = 6


def draw_absorbing(panel: Axes, sheet: Sheet, mdp: RewardlessMDP, states: BoolArray) -> list[str]:
    """Cells that no action leaves: a colour and a frame of their own; what that is, in words."""
    held = np.flatnonzero(states)
    if not len(held):
        return []
    sheet.fill(panel, states, ABSORBING)
    if sheet.inch >= LEAST_INCH:
        assert mdp.layout is not None
        frame = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * 0.44
        _add_paths(
            panel, mdp.layout[held, ::-1], frame, closed=True, facecolor="none", edgecolor=FRAME, linewidth=0.9
        )
    marks = marks_of(mdp)
    kinds = sorted({mark for s in held.tolist() for mark in marks.get(s, "").split(",") if mark})
    named = ", ".join(f"{mark} {MARKS[mark]}" if mark in MARKS else cut(mark, 8) for mark in kinds[:MOST_NAMED])
    look = "framed" if sheet.inch >= LEAST_INCH else "orange"
    return [f"{look}: absorbing{f' ({named})' if named else ''}, not on the scale"]


def draw_one_way(panel: Axes, sheet: Sheet, mdp: RewardlessMDP, values: FloatArray, inks: Inks) -> list[str]:
    """A triangle at the side over which a one-way cell is left; what that is, in words."""
    ways = {step: states for step, states in one_way_cells(mdp, sheet.grid).items() if len(states)}
    if sheet.inch < LEAST_INCH or not ways:
        return []
    assert mdp.layout is not None
    for (down, right), states in ways.items():
        side = np.array([right, down])
        across = np.array([-down, right])
        corners = np.array([0.46 * side, 0.33 * side + 0.16 * across, 0.33 * side - 0.16 * across, 0.46 * side])
        for s in states.tolist():  # each in the ink of its cell
            patch = _add_paths(panel, mdp.layout[[s], ::-1], corners, closed=True, linewidth=0)
            inks.keep(values[[s]], lambda colours, patch=patch: patch.set_facecolor(colours[0]))  # type: ignore[misc]
    return ["triangle: one-way"]


def _add_paths(panel: Axes, places: FloatArray, corners: FloatArray, *, closed: bool, **look: object) -> PathPatch:
    """The same shape around several places, in one patch: many patches take long."""
    codes = [Path.MOVETO, *[Path.LINETO] * (len(corners) - 2), Path.CLOSEPOLY if closed else Path.LINETO]
    points = (places[:, None] + corners[None]).reshape(-1, 2)
    patch = PathPatch(Path(points, np.tile(codes, len(places))), **look)
    panel.add_patch(patch)
    return patch


def name_tiles(panel: Axes, sheet: Sheet, mdp: RewardlessMDP) -> list[str]:
    """The names of maps that lie side by side, above them, in place of rows and columns; what they say, in words."""
    tiles = tiles_of(mdp)
    if not tiles:
        return []
    panel.set(xticks=[], yticks=[], xlabel="", ylabel="")
    for tile in tiles:
        wide = tile.right - tile.left + 1
        size = min(10.0, 72 * sheet.inch, 72 * sheet.inch * wide / (0.6 * len(tile.name) + 0.5))
        first = tile.top == sheet.extent[3] + 0.5  # above the frame, on the ground of the figure
        panel.text(
            tile.left - 0.5, tile.top - 0.56, tile.name, ha="left", va="bottom", fontsize=size,
            color=rcParams["text.color"] if first else "white", parse_math=False,
        )  # fmt: skip
    panel.set_title(panel.get_title(), fontsize=panel.title.get_fontsize(), pad=6 + 60 * sheet.inch)
    parts = tile_parts(mdp)
    return [f"above each map: {parts}"] if parts else []


def write_marks(panel: Axes, sheet: Sheet, mdp: RewardlessMDP, values: FloatArray, inks: Inks) -> None:
    """The letter, * or ~ of a cell in its upper left corner, where it can be read."""
    assert mdp.layout is not None
    found = marks_of(mdp) if sheet.inch >= 0.2 else {}
    texts = []
    for s, mark in found.items():
        row, column = mdp.layout[s].tolist()
        texts.append(panel.text(
            column - 0.4, row - 0.41, mark, ha="left", va="top", fontsize=13 * min(sheet.inch, 0.6), weight="bold",
            parse_math=False,
        ))  # fmt: skip
    inks.write(texts, values[list(found)])


def write_numbers(
    panel: Axes, places: AnyArray, text: list[str], values: FloatArray, inks: Inks, size: float, *, below: float = 0
) -> None:
    """A number in the middle of each of (K, 2) cells, given as row and column, or so far below it."""
    texts = [
        panel.text(column, row + below, told, ha="center", va="center", fontsize=size)
        for told, (row, column) in zip(text, places.tolist(), strict=True)
    ]
    inks.write(texts, values)


def number_points(sheet: Sheet, text: list[str]) -> float:
    """Size of letters at which all of these fit in their cells."""
    return min(10.0, 72 * sheet.inch / (0.68 * max(map(len, text)) + 0.4))


def draw_arrows(
    panel: Axes, mdp: RewardlessMDP, pairs: IntArray, strong: BoolArray, values: FloatArray, inks: Inks, *,
    ends: tuple[float, float] = (-0.35, 0.35), width: float = 0.08, above: float = 0,
) -> None:  # fmt: skip
    """An arrow in the cell of each pair, to where it leads, faint where not strong; a dot where that is itself.

    Its ends are so far from the middle of the cell, or from a point above that; `values` are those of the states.
    """
    assert mdp.layout is not None
    steps, cells = directions(mdp, pairs), mdp.pair_states[pairs]
    rows, columns = mdp.layout[cells].T - np.array([[above], [0]])
    moves = steps.any(axis=1)
    across, down = (ends[1] - ends[0]) * steps[moves, 1], (ends[1] - ends[0]) * steps[moves, 0]
    middle = (ends[0] + ends[1]) / 2 * steps[moves]
    quiver = panel.quiver(
        columns[moves] + middle[:, 1], rows[moves] + middle[:, 0], across, down, pivot="mid", angles="xy",
        scale_units="xy", scale=1, units="x", width=width, headwidth=4, headlength=4, headaxislength=3.5, zorder=3,
    )  # fmt: skip
    dots = panel.scatter(columns[~moves], rows[~moves], s=16, linewidths=0, zorder=3)
    for artist, some in ((quiver, moves), (dots, ~moves)):

        def ink(colours: FloatArray, artist: object = artist, faint: AnyArray = ~strong[some]) -> None:
            colours[faint, 3] = 0.35
            artist.set_color(colours)  # type: ignore[attr-defined]

        inks.keep(values[cells[some]], ink)

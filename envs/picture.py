"""What the Gymnasium environments show: a map or a state as text, and pictures as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._colours import VIRIDIS, WALL_COLOUR
from mdppower._typing import AnyArray, FloatArray
from mdppower.mdp.layout import MOST_ACTIONS, MOST_SUCCESSORS
from mdppower.mdp.model import RewardlessMDP

CELL, LARGEST = 24, 1024  # pixels: the side of a cell where there is room, and the most that a side may have
WALL = WALL_COLOUR
BORDER, PLAIN, AGENT = (128, 128, 136), (224, 224, 224), (230, 57, 70)


def map_lines(mdp: RewardlessMDP, grid: npt.NDArray[np.int64], agent: int) -> list[str]:
    """The rows of a map: # wall, . floor, marks as their first letter, * absorbing without a mark, @ the agent."""
    glyph = np.full(mdp.n_states + 1, ".", dtype="<U1")  # the last one is the wall's: index −1
    glyph[mdp.absorbing_states] = "*"
    for mark, where in mdp.marks.items():
        glyph[list(where)] = mark or "."
    glyph[agent], glyph[-1] = "@", "#"
    return ["".join(row) for row in glyph[grid].tolist()]


def moves(mdp: RewardlessMDP, state: int) -> str:
    """``a leads to x, b leads to y (0.5) or z (0.5)``."""
    label = mdp.states[state]
    told = []
    for action in mdp.actions(label)[: MOST_ACTIONS + 1]:
        ends = [str(t) if p == 1 else f"{t} ({p:.4g})" for t, p in mdp.successors(label, action).items()]
        told.append(f"{action} leads to {some(ends, MOST_SUCCESSORS, ' or ')}")
    return some(told, MOST_ACTIONS, "; ")


def some(items: Sequence[Any], most: int = MOST_ACTIONS, between: str = ", ") -> str:
    """The first items, and "…" where there are more."""
    return between.join([*map(str, items[:most]), *["…"][: len(items) > most]])


def table_grid(n: int) -> npt.NDArray[np.int64]:
    """n states row by row in a rectangle that is almost a square."""
    columns = int(np.ceil(np.sqrt(n)))
    grid = np.full((-(-n // columns), columns), -1, np.int64)
    grid.flat[:n] = np.arange(n)
    return grid


def _scale(grid: npt.NDArray[np.int64]) -> tuple[int, int]:
    """(every which cell is drawn, pixels of its side), so that a picture is about `LARGEST` wide at most."""
    step = -(-max(grid.shape) // LARGEST)
    return step, min(CELL, LARGEST // -(-max(grid.shape) // step))


def _enlarged(cells: AnyArray, side: int) -> AnyArray:
    return cells.repeat(side, axis=0).repeat(side, axis=1)


def _ink(colours: AnyArray) -> AnyArray:
    """Black or white, whichever is readable on each colour."""
    dark = colours @ np.array([0.299, 0.587, 0.114]) <= 120
    return np.where(dark[..., None], 255, 0).astype(np.uint8)


def background(grid: npt.NDArray[np.int64], rewards: FloatArray, absorbing: AnyArray) -> npt.NDArray[np.uint8]:
    """The map without the agent: viridis from least to most reward, a frame inside absorbing cells, walls."""
    step, side = _scale(grid)
    shown, (low, high) = grid[::step, ::step], (rewards.min(), rewards.max())
    colours = np.empty((len(rewards) + 1, 3), np.uint8)
    share = (rewards / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)  # halves: a difference could overflow
    for band, stops in enumerate(zip(*VIRIDIS, strict=True)):
        colours[:-1, band] = np.interp(share, np.linspace(0, 1, len(stops)), stops).round()
    colours[:-1] = colours[:-1] if high > low else PLAIN
    colours[-1] = WALL
    image = _enlarged(colours[shown], side)
    if side < 6:  # no room for lines
        return image
    inset = np.minimum.outer(*[np.minimum(np.arange(side), np.arange(side)[::-1] + 1)] * 2)
    ring = (inset >= side // 6) & (inset < side // 6 + max(1, side // 12))
    framed = np.kron(np.isin(shown, absorbing), ring)
    image[framed] = _enlarged(_ink(colours[shown]), side)[framed]
    image = np.pad(image, ((0, 1), (0, 1), (0, 0)))
    image[::side], image[:, ::side] = BORDER, BORDER
    return image


def with_agent(image: npt.NDArray[np.uint8], grid: npt.NDArray[np.int64], state: int) -> npt.NDArray[np.uint8]:
    """A copy of the picture with the agent: a disc, outlined in black or white; never too small to be seen."""
    step, side = _scale(grid)
    row, column = (np.argwhere(grid == state)[0] // step * side + side / 2).tolist()
    radius = max(3.0, 0.34 * side)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    far = np.hypot(rows - row, columns - column)
    drawn = image.copy()
    drawn[far <= radius + max(1.0, side / 12)] = _ink(image[int(row), int(column)])
    drawn[far <= radius] = AGENT
    return drawn

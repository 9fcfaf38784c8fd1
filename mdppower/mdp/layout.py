"""Where states lie: the grid of a layout, the marks of its cells, maps side by side, planes over each other."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._text import cut
from mdppower._typing import Label
from mdppower.mdp.model import RewardlessMDP

STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""(row, column) steps to the neighbours: up, right, down, left."""
MOST_ACTIONS, MOST_SUCCESSORS = 12, 6  # of a state that is still told in full, beside the map


def grid_of(mdp: RewardlessMDP) -> npt.NDArray[np.int64] | None:
    """(rows, columns) array of state indices, −1 where there is no state; None without an integer layout.

    Positions that two states share, or that span a rectangle much larger than the states fill, make no grid.
    """
    if mdp.layout is None or (mdp.layout != np.round(mdp.layout)).any():
        return None
    cells = (mdp.layout - mdp.layout.min(axis=0)).astype(np.int64)
    shape = cells.max(axis=0) + 1
    if shape.prod() > 100 * mdp.n_states + 10_000:
        return None
    grid = np.full(shape, -1, np.int64)
    grid[tuple(cells.T)] = np.arange(mdp.n_states)
    return grid if (grid >= 0).sum() == mdp.n_states else None


class Plane(NamedTuple):
    """States that differ in their cell alone.

    Attributes
    ----------
    name : tuple of Label
        What their labels have after (row, column): a direction, what is carried, …
    grid : (rows, columns) array
        State indices, −1 where there is no state; all planes of an MDP have the same cells.
    """

    name: tuple[Label, ...]
    grid: npt.NDArray[np.int64]


def planes_of(mdp: RewardlessMDP) -> list[Plane]:
    """The planes of states whose labels are (row, column, …), as those of Minigrid are.

    Parameters
    ----------
    mdp : RewardlessMDP

    Returns
    -------
    list of Plane
        In the order of their first states; empty where cells are not shared, or labels do not begin with the
        positions of the layout. A state of another label, such as the "end" that an adapter adds, is in none.

    Examples
    --------
    >>> doors = RewardlessMDP.from_pairs(
    ...     [0, 1, 2], [[0, 1, 0], [0, 0, 1], [0, 0, 1]], layout=[(0, 0), (0, 1), (0, 0)],
    ...     states=[(0, 0, "shut"), (0, 1, "shut"), (0, 0, "open")])
    >>> [(plane.name, plane.grid.tolist()) for plane in planes_of(doors)]
    [(('shut',), [[0, 1]]), (('open',), [[2, -1]])]
    """
    if mdp.layout is None or (mdp.layout != np.round(mdp.layout)).any():
        return []
    places = [tuple(place) for place in mdp.layout.astype(np.int64).tolist()]
    ours = [
        isinstance(label, tuple) and len(label) > 2 and label[:2] == place
        for label, place in zip(mdp.states, places, strict=True)
    ]
    inside = np.flatnonzero(ours)
    if len(set(places)) == len(places) or 2 * len(inside) < len(places):
        return []
    cells = mdp.layout[inside].astype(np.int64)
    cells -= cells.min(axis=0)
    shape = tuple(cells.max(axis=0) + 1)
    if np.prod(shape) > 100 * mdp.n_states + 10_000:
        return []
    found: dict[tuple[Label, ...], npt.NDArray[np.int64]] = {}
    for state, cell in zip(inside.tolist(), cells.tolist(), strict=True):
        label = mdp.states[state]
        assert isinstance(label, tuple)
        found.setdefault(label[2:], np.full(shape, -1, np.int64))[tuple(cell)] = state
    return [Plane(name, grid) for name, grid in found.items()]


def is_drawing(mdp: RewardlessMDP) -> bool:
    """Whether the layout draws a graph: its states have names, not positions or numbers."""
    return isinstance(mdp.states[0], str)


def marks_of(mdp: RewardlessMDP) -> dict[int, str]:
    """The marks of each marked state, as one short text."""
    found: dict[int, list[str]] = {}
    for mark, where in mdp.marks.items():
        for s in where:
            found.setdefault(s, []).append(mark)
    return {s: cut(",".join(marks), 6) for s, marks in found.items()}


class Tile(NamedTuple):
    """A rectangle of a layout that holds the states which differ in their cell alone.

    Attributes
    ----------
    name : str
        What their labels have after (row, column).
    top, left, bottom, right : int
        Its first and last rows and columns on the layout.
    """

    name: str
    top: int
    left: int
    bottom: int
    right: int


def tiles_of(mdp: RewardlessMDP) -> list[Tile]:
    """The tiles of a layout on which several maps lie side by side, as Taxi's twenty do; empty where it has none.

    Where ``origin["labels"]`` says what the parts of labels are, and in brackets what their values are called, the
    names use it.

    Examples
    --------
    >>> states = [(0, c, k) for k in (0, 1) for c in (0, 1)]
    >>> mdp = RewardlessMDP.from_pairs(
    ...     range(4), np.eye(4), states=states, layout=[(3 * k, c) for _, c, k in states],
    ...     origin={"labels": "row, column, door (open shut)"})
    >>> [tile.name for tile in tiles_of(mdp)]
    ['open', 'shut']
    """
    if mdp.layout is None or mdp.has_default_labels:
        return []
    members: dict[tuple[Label, ...], list[int]] = {}
    for s, label in enumerate(mdp.states):
        if isinstance(label, tuple) and len(label) > 2 and all(isinstance(part, int) for part in label):
            members.setdefault(label[2:], []).append(s)
    boxes = {
        name: (*mdp.layout[held].min(axis=0).astype(int).tolist(), *mdp.layout[held].max(axis=0).astype(int).tolist())
        for name, held in members.items()
    }
    covered = sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in boxes.values())
    if len(boxes) < 2 or covered > 4 * mdp.n_states or _overlap(list(boxes.values())):
        return []
    parts = [part.strip() for part in str(mdp.origin.get("labels", "")).split(",")][2:]
    values = [part.partition("(")[2].rstrip(")").split() for part in parts]

    def called(k: int, value: Any) -> str:
        names = values[k] if k < len(values) else []
        return names[value] if 0 <= value < len(names) else str(value)

    return [Tile(", ".join(called(k, x) for k, x in enumerate(name)), *box) for name, box in boxes.items()]


def tile_parts(mdp: RewardlessMDP) -> str:
    """What the parts of tiles' names are, as ``origin["labels"]`` has it, or nothing."""
    parts = [part.partition("(")[0].strip() for part in str(mdp.origin.get("labels", "")).split(",")][2:]
    return ", ".join(parts)


def _overlap(boxes: list[tuple[int, ...]]) -> bool:
    """Whether two of the rectangles share a cell."""
    seen: set[tuple[int, int]] = set()
    for top, left, bottom, right in boxes:
        cells = {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
        if seen & cells:
            return True
        seen |= cells
    return False


def one_way_cells(mdp: RewardlessMDP, grid: npt.NDArray[np.int64]) -> dict[tuple[int, int], npt.NDArray[np.int64]]:
    """States from which all actions lead to one neighbour, or nowhere, though there are others; by the step.

    Examples
    --------
    >>> import mdppower as mp
    >>> pass_west = mp.envs.gridworld("..<..")
    >>> {step: held.tolist() for step, held in one_way_cells(pass_west, grid_of(pass_west)).items() if len(held)}
    {(0, -1): [2]}
    """
    leaving = sparse.coo_array(mdp.kernel)
    source, target = mdp.pair_states[leaving.row].astype(np.int64), leaving.col.astype(np.int64)
    ways = np.unique(source[source != target] * mdp.n_states + target[source != target])
    source, target = np.divmod(ways, mdp.n_states)
    alone = np.bincount(source, minlength=mdp.n_states)[source] == 1
    source, target = source[alone], target[alone]
    row, column = np.nonzero(grid >= 0)
    place = np.empty((mdp.n_states, 2), np.int64)
    place[grid[row, column]] = np.stack([row, column], axis=1)
    padded = np.pad(grid, 1, constant_values=-1)
    neighbours = sum((padded[place[source, 0] + 1 + r, place[source, 1] + 1 + c] >= 0).astype(int) for r, c in STEPS)
    step = place[target] - place[source]
    return {direction: source[(neighbours > 1) & (step == direction).all(axis=1)] for direction in STEPS}

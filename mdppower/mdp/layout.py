"""Where states lie: the grid of a layout, the marks of its cells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdppower._text import cut
from mdppower.mdp.model import RewardlessMDP

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

"""Gridworlds made by rule: open rooms, and mazes from a seed; each as an MDP, and as the text of its map.

A maze stands on the lattice of *rooms*, the cells with odd row and odd column. Between neighbouring rooms is
a wall that may be opened. Opening the walls on a spanning tree of the lattice gives a perfect maze: between
any two cells there is one path. The tree is the minimum spanning tree for randomly ordered walls (Kruskal's
algorithm, in compiled code); all orders of the walls are equally likely, spanning trees not quite.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import minimum_spanning_tree

from mdppower import _checks
from mdppower._quotes import quoted
from mdppower._typing import AnyArray
from mdppower.envs.gridworld import gridworld
from mdppower.envs.textmap import MOST_GLYPHS
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP


def open_room(rows: int, cols: int, **options: Any) -> RewardlessMDP:
    """Build the MDP of a floor without walls.

    Parameters
    ----------
    rows, cols : int
        How many cells.
    **options
        Of `gridworld`.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    ParameterError
        A size is not an integer ≥ 1, or an option is out of its range.
    SizeError
        There would be more than 2**22 cells.

    See Also
    --------
    open_room_text : Its map.

    Examples
    --------
    >>> open_room(2, 3, blocked="remove")
    RewardlessMDP(6 states, 20 pairs, up to 4 actions, deterministic, no absorbing state)
    """
    return gridworld(open_room_text(rows, cols), **{"source": f"open_room({rows}, {cols})", **options})


def open_room_text(rows: int, cols: int) -> str:
    r"""Draw a map of floor only.

    Parameters
    ----------
    rows, cols : int
        How many cells; no walls are drawn, since whatever is outside a map is wall.

    Returns
    -------
    str
        A text map.

    Raises
    ------
    ParameterError
        A size is not an integer ≥ 1.
    SizeError
        There would be more than 2**22 glyphs.

    Examples
    --------
    >>> open_room_text(2, 3)
    '...\n...'
    """
    _require_sizes(rows, cols, least=1)
    return "\n".join(["." * cols] * rows)


def maze(rows: int, cols: int, *, rng: Any = 0, braid: float = 0.0, **options: Any) -> RewardlessMDP:
    """Build the MDP of a random maze.

    Parameters
    ----------
    rows, cols, rng, braid
        As for `maze_text`.
    **options
        Of `gridworld`.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    ParameterError
        A size is even, below 3 or not an integer, `braid` is outside [0, 1], or an option is out of its range.
    SizeError
        There would be more than 2**22 glyphs.

    See Also
    --------
    maze_text : Its map.
    mdppower.envs.make : ``make("maze(21,21,1)")`` is ``maze(21, 21, rng=1)``; ``make("maze")`` is a map of its own.

    Examples
    --------
    >>> maze(5, 9, rng=1, stay=False)
    RewardlessMDP(15 states, 60 pairs, up to 4 actions, deterministic, no absorbing state)
    """
    text = maze_text(rows, cols, rng=rng, braid=braid)
    return gridworld(text, **{"source": f"maze({rows}, {cols})", **options})


def maze_text(rows: int, cols: int, *, rng: Any = 0, braid: float = 0.0) -> str:
    """Draw a random maze.

    Parameters
    ----------
    rows, cols : int
        Size of the map with its outer walls: odd, at least 3.
    rng : seed or numpy.random.Generator
        What `numpy.random.default_rng` takes. The same seed gives the same text (as long as NumPy keeps the
        stream of `Generator.permutation`, which it has so far). A place should be there again when its name is
        called again: so 0 is the default here, and not None, as it is where rewards are drawn.
    braid : float in [0, 1]
        The fraction of the dead ends from which one more wall is opened, to a neighbouring room.
        0 is a perfect maze; 1 leaves no dead end that has a wall to open (mazes one room wide have none).

    Returns
    -------
    str
        A text map.

    Raises
    ------
    ParameterError
        A size is even, below 3 or not an integer, or `braid` is outside [0, 1].
    SizeError
        There would be more than 2**22 glyphs.

    Examples
    --------
    >>> text = maze_text(5, 9, rng=1)
    >>> text.count("."), text == maze_text(5, 9, rng=1)  # 8 rooms and the 7 walls of a spanning tree
    (15, True)
    """
    _require_sizes(rows, cols, least=3)
    for name, size in (("rows", rows), ("cols", cols)):
        if size % 2 == 0:
            raise ParameterError(f"{name} of a maze must be odd: walls and rooms alternate, got {size}")
    if not isinstance(braid, int | float) or not 0 <= braid <= 1:
        raise ParameterError(f"braid must be a fraction in [0, 1], got {quoted(braid)}")
    generator = _checks.generator(rng)

    rooms = np.arange((rows // 2) * (cols // 2)).reshape(rows // 2, cols // 2)
    walls = np.concatenate(
        [
            np.stack([rooms[:, :-1].ravel(), rooms[:, 1:].ravel()], axis=1),
            np.stack([rooms[:-1].ravel(), rooms[1:].ravel()], axis=1),
        ]
    )
    opened = _spanning_tree(walls, rooms.size, generator)
    if braid:
        opened |= _openings_of_dead_ends(walls, opened, rooms.size, braid, generator)

    canvas = np.full((rows, cols), ord("#"), np.uint8)
    canvas[1::2, 1::2] = ord(".")
    row, column = np.divmod(walls[opened], rooms.shape[1])  # of both rooms; the wall is midway
    canvas[row.sum(axis=1) + 1, column.sum(axis=1) + 1] = ord(".")
    return "\n".join(line.tobytes().decode() for line in canvas)


def _spanning_tree(walls: AnyArray, n_rooms: int, generator: np.random.Generator) -> AnyArray:
    """Which walls the minimum spanning tree opens, the walls being in random order."""
    order = generator.permutation(len(walls)) + 1.0  # from 1: a weight of 0 would be no edge
    graph = sparse.csr_array((order, (walls[:, 0], walls[:, 1])), shape=(n_rooms, n_rooms))
    return np.isin(order, minimum_spanning_tree(graph).data)


def _openings_of_dead_ends(
    walls: AnyArray, opened: AnyArray, n_rooms: int, braid: float, generator: np.random.Generator
) -> AnyArray:
    """One random closed wall of each chosen dead end, as a mask over the walls."""
    dead_ends = np.flatnonzero(np.bincount(walls[opened].ravel(), minlength=n_rooms) == 1)
    chosen = generator.permutation(dead_ends)[: round(braid * len(dead_ends))]
    rank = np.where(opened, len(walls), generator.permutation(len(walls)))
    first = np.full(n_rooms, len(walls))
    for side in walls.T:
        np.minimum.at(first, side, rank)
    return np.isin(rank, first[chosen]) & ~opened


def _require_sizes(rows: Any, cols: Any, *, least: int) -> None:
    for name, size in (("rows", rows), ("cols", cols)):
        if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < least:
            raise ParameterError(f"{name} must be an integer ≥ {least}, got {quoted(size)}")
    if rows * cols > MOST_GLYPHS:
        raise SizeError(f"a map of {quoted(rows)} × {quoted(cols)} glyphs is more than 2**22")

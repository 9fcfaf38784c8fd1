"""What permutations of states look like on the map: φ of a claim, and the symmetries of the whole MDP.

φ is named by its geometry where there is a layout. Let s lie at (r, c) and φ(s) at (r', c'). Over all states that φ
moves, it is

mirror image left-right               r' = r and c + c' is constant, twice the column of the mirror
mirror image up-down                  c' = c and r + r' is constant
mirror image in a falling diagonal    r' − c and c' − r are constant and opposite
mirror image in a rising diagonal     r' + c and c' + r are constant and equal
half turn                             r + r' and c + c' are constant
shift, there and back                 of each pair that changes places, r' − r and c' − c are the same

φ is an involution where one set contains a copy of another (Turner et al., arXiv 1912.01683, section 6), so that a
shift goes there and back. Where φ leaves states alone that a mirror or a turn would move, it is one "of the states
that move" only. A φ that swaps one pair is named by that pair.

The symmetries of a whole map are its isometries that leave the dynamics as they are, each checked exactly
(`is_automorphism`): mirrors, turns, and shifts around its edges. They say what a list of orbits would hide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._text import count
from mdppower._typing import AnyArray, IntArray, Label
from mdppower.mdp.layout import grid_of, is_drawing
from mdppower.mdp.model import RewardlessMDP
from mdppower.reports.names import is_map, show
from mdppower.symmetry.automorphisms import is_automorphism

CLOSE = 1e-9
"""Of positions, in units of the layout."""
HALF, QUARTER = "a half turn", "a quarter turn"


def moves(phi: Mapping[Label, Label]) -> list[tuple[Label, Label, bool]]:
    """What φ moves: from, to, and whether it is a swap; each swap once.

    Examples
    --------
    >>> moves({"a": "b", "b": "a", "c": "c"})
    [('a', 'b', True)]
    """
    found: list[tuple[Label, Label, bool]] = []
    done: set[Label] = set()
    for s, t in phi.items():
        if s in done or s == t:
            continue
        swap = phi.get(t) == s
        done |= {s, t} if swap else {s}
        found.append((s, t, swap))
    return found


def phi_words(phi: Mapping[Label, Label], mdp: RewardlessMDP) -> str:
    """What φ is, in a line: its shape on the layout where it has one, else its swaps.

    Examples
    --------
    >>> import mdppower as mp
    >>> phi_words({(0, c): (0, 4 - c) for c in range(5)}, mp.envs.gridworld("....."))
    'mirror image left-right about column 2 (2 swaps)'
    """
    pairs = moves(phi)
    if not pairs:
        return "the identity"
    swaps = all(swap for _, _, swap in pairs)
    size = count(len(pairs), "swap" if swaps else "move")
    shape = _shape(mdp, pairs) if swaps and len(pairs) > 1 else None
    if shape is not None:
        return f"{shape} ({size})"
    told = ", ".join(f"{show(s)} {'↔' if swap else '→'} {show(t)}" for s, t, swap in pairs[:3])
    return told if len(pairs) <= 3 else f"{told}, … ({size})"


def _shape(mdp: RewardlessMDP, pairs: Sequence[tuple[Label, Label, bool]]) -> str | None:
    if mdp.layout is None:
        return None
    moved = [mdp.index(s) for s, _, _ in pairs]
    images = [mdp.index(t) for _, t, _ in pairs]
    r, c = mdp.layout[moved].T
    r2, c2 = mdp.layout[images].T
    # Where the states lie that φ leaves alone: a mirror image of the map leaves only those on its axis alone.
    rest_r, rest_c = np.delete(mdp.layout, [*moved, *images], axis=0).T

    def constant(values: AnyArray) -> bool:
        return float(np.ptp(values)) <= CLOSE

    def of_all(name: str, *off_axis: AnyArray) -> str:
        alone = all((np.abs(distance) <= CLOSE).all() for distance in off_axis)
        return name if alone else f"{name} of the states that move"

    named = not is_drawing(mdp)  # the rows and columns of a drawing mean nothing to its reader
    row, column = (r + r2)[0] / 2, (c + c2)[0] / 2
    upright, level = constant(c + c2), constant(r + r2)
    if (abs(r - r2) <= CLOSE).all() and upright:
        return of_all("mirror image left-right" + axis("column", column) * named, rest_c - column)
    if (abs(c - c2) <= CLOSE).all() and level:
        return of_all("mirror image up-down" + axis("row", row) * named, rest_r - row)
    if constant(np.r_[r2 - c, r - c2]):
        return of_all("mirror image in a falling diagonal", rest_r - rest_c - (r2 - c)[0])
    if constant(np.r_[r2 + c, r + c2]):
        return of_all("mirror image in a rising diagonal", rest_r + rest_c - (r2 + c)[0])
    if upright and level:
        return of_all("half turn" + f" about ({row:g}, {column:g})" * named, rest_r - row, rest_c - column)
    # A pair has no first state of its own: each is turned so that it goes down, or to the right.
    way = np.where((r2 - r > CLOSE) | ((abs(r2 - r) <= CLOSE) & (c2 > c)), 1, -1)
    down, right = way * (r2 - r), way * (c2 - c)
    if named and constant(down) and constant(right):
        return f"shift by {_steps(float(down[0]), float(right[0]))}, there and back"
    return None


def _steps(down: float, right: float) -> str:
    told = [f"{abs(x):g} {name}{'s' * (abs(x) != 1)}" for x, name in ((down, "row"), (right, "column")) if x]
    return " and ".join(told)


def axis(line: str, at: float) -> str:
    """``about column 3``; of a mirror between two of them, ``between columns 3 and 4``."""
    if abs(at - round(at)) <= CLOSE:
        return f" about {line} {round(at)}"
    if abs(2 * at - round(2 * at)) <= CLOSE:
        return f" between {line}s {int(np.floor(at))} and {int(np.ceil(at))}"
    return f" about {line} {at:g}"


# ---------------------------------------------------------------------- of a whole map


@dataclass(frozen=True, eq=False)
class MapSymmetry:
    """An isometry of a map that leaves its dynamics as they are.

    Attributes
    ----------
    sort : {"mirror", "turn", "shift"}
    words : str
        Which it is: ``left-right (about column 3)``.
    image : (S,) int array
    """

    sort: str
    words: str
    image: IntArray


def map_symmetries(mdp: RewardlessMDP) -> list[MapSymmetry]:
    """The mirrors of a map, and those turns and shifts that make more cells alike than the others do.

    Examples
    --------
    >>> import mdppower as mp
    >>> [one.words for one in map_symmetries(mp.envs.gridworld("....."))]
    ['left-right (about column 2)']
    """
    grid = grid_of(mdp) if is_map(mdp) else None
    if grid is None:
        return []
    found: list[MapSymmetry] = []
    for sort, words, moved in _isometries(grid, mdp):
        if moved.shape != grid.shape or ((moved >= 0) != (grid >= 0)).any():
            continue
        image = np.empty(mdp.n_states, np.int32)
        image[grid[grid >= 0]] = moved[grid >= 0]
        known: list[IntArray] = [one.image for one in found]
        joins = orbits_of([*known, image], mdp.n_states) < orbits_of(known, mdp.n_states)
        same = any(np.array_equal(image, one) for one in known) or np.array_equal(image, np.arange(len(image)))
        another = sort == "mirror" and not same
        if (joins or another) and is_automorphism(mdp, image):
            found.append(MapSymmetry(sort, words, image))
    # A quarter turn twice is a half turn.
    quarter = any(one.words == QUARTER for one in found)
    return [one for one in found if not (quarter and one.words == HALF)]


def _isometries(grid: AnyArray, mdp: RewardlessMDP) -> Iterator[tuple[str, str, AnyArray]]:
    """Sort, words, and which state comes to lie where each state is."""
    assert mdp.layout is not None
    middle = (mdp.layout.min(axis=0) + mdp.layout.max(axis=0)) / 2
    yield "mirror", f"left-right ({axis('column', middle[1]).strip()})", grid[:, ::-1]
    yield "mirror", f"up-down ({axis('row', middle[0]).strip()})", grid[::-1]
    yield "mirror", "in its falling diagonal", grid.T
    yield "mirror", "in its rising diagonal", grid[::-1, ::-1].T
    yield "turn", HALF, grid[::-1, ::-1]
    yield "turn", QUARTER, np.rot90(grid)
    for side, name in ((1, "column"), (0, "row")):
        size = grid.shape[side]
        # The shifts that do are all multiples of the least, which divides the whole.
        for by in (d for d in range(1, size) if size % d == 0):
            yield "shift", f"{count(by, name)} around its edges", np.roll(grid, by, axis=side)


def orbits_of(images: Sequence[IntArray], n_states: int) -> int:
    """In how many orbits permutations leave the states.

    Examples
    --------
    >>> orbits_of([np.array([1, 0, 2])], 3), orbits_of([], 3)
    (2, 3)
    """
    if not images:
        return n_states
    tails = np.tile(np.arange(n_states), len(images))
    graph = sparse.csr_array((np.ones(len(tails)), (tails, np.concatenate(images))), shape=(n_states, n_states))
    return int(csgraph.connected_components(graph, directed=False)[0])

"""Generated maps: mazes are trees, seeds decide, bad sizes are refused."""

import re

import numpy as np
import pytest
from maps import adjacency
from scipy.sparse.csgraph import connected_components

from mdppower.envs import gridworld, maze, open_room
from mdppower.errors import ParameterError

# ---------------------------------------------------------------------- generators


@pytest.mark.parametrize(("rows", "cols"), [(3, 3), (3, 9), (9, 3), (11, 15), (21, 21)])
@pytest.mark.parametrize("seed", range(3))
def test_a_perfect_maze_is_a_tree(rows, cols, seed):
    # m × n rooms and the m n − 1 walls of a spanning tree. Connected, with one edge fewer than cells.
    mdp = gridworld(maze(rows, cols, rng=seed))
    near = adjacency(mdp)
    assert mdp.n_states == 2 * (rows // 2) * (cols // 2) - 1
    assert connected_components(near)[0] == 1
    assert near.sum() // 2 == mdp.n_states - 1


def test_a_maze_depends_on_its_seed_alone():
    assert maze(21, 21, rng=5) == maze(21, 21, rng=np.random.default_rng(5))
    assert maze(21, 21, rng=5) != maze(21, 21, rng=6)


def dead_ends(text):
    return int((adjacency(gridworld(text)).sum(axis=1) == 1).sum())


def test_braiding_opens_dead_ends():
    # An opening takes one dead end away, two if the neighbour was one as well; walls are only removed.
    perfect, half, all_opened = (maze(21, 21, rng=4, braid=braid) for braid in (0, 0.5, 1))
    closed = dead_ends(perfect)
    assert dead_ends(half) <= closed - round(closed / 2)
    assert dead_ends(all_opened) == 0
    assert all(b == "." for a, b in zip(perfect, half, strict=True) if a == ".")
    assert connected_components(adjacency(gridworld(half)))[0] == 1


def test_a_maze_one_room_wide_keeps_its_dead_ends():
    assert maze(3, 9, braid=1) == "#########\n#.......#\n#########"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: maze(1, 5), "rows must be an integer ≥ 3, got 1"),
        (lambda: maze(5, 6), "cols of a maze must be odd: walls and rooms alternate, got 6"),
        (lambda: maze(5, 5.0), "cols must be an integer ≥ 3, got 5.0"),
        (lambda: maze(5, 5, braid=1.5), "braid must be a fraction in [0, 1], got 1.5"),
        (lambda: maze(5, 5, braid=float("nan")), "braid must be a fraction in [0, 1], got nan"),
        (lambda: maze(5, 5, braid="all"), "braid must be a fraction in [0, 1], got 'all'"),
        (lambda: open_room(True, 5), "rows must be an integer ≥ 1, got True"),
        (lambda: open_room(3, 0), "cols must be an integer ≥ 1, got 0"),
    ],
)
def test_bad_sizes_are_refused(build, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        build()


def test_an_open_room_is_all_floor():
    # 3 × 3: corners have 3 actions, edges 4, the centre 5: 4·3 + 4·4 + 5 pairs.
    mdp = gridworld(open_room(3, 3), blocked="remove")
    assert (mdp.n_states, mdp.n_pairs) == (9, 33)
    assert mdp.states[0] == (0, 0)


@pytest.mark.parametrize("rng", [float("nan"), "a", -1])
def test_a_seed_of_a_maze_that_is_none(rng):
    with pytest.raises(ParameterError, match="rng must be a non-negative integer"):
        maze(3, 3, rng=rng)


def test_an_array_as_an_option_is_refused():
    """Found by scripts/fuzz: comparing it with a word ended in NumPy's ValueError."""
    with pytest.raises(ParameterError, match="blocked must be 'stay' or 'remove'"):
        gridworld("..", blocked=np.arange(3))

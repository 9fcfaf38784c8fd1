"""Generated maps: mazes are trees, seeds decide, bad sizes are refused."""

import re

import numpy as np
import pytest
from maps import adjacency
from scipy.sparse.csgraph import connected_components

from mdppower import envs
from mdppower.envs import gridworld, maze, maze_text, open_room, open_room_text
from mdppower.errors import MapError, ParameterError
from mdppower.mdp.model import RewardlessMDP

# ---------------------------------------------------------------------- generators


@pytest.mark.parametrize(("rows", "cols"), [(3, 3), (3, 9), (9, 3), (11, 15), (21, 21)])
@pytest.mark.parametrize("seed", range(3))
def test_a_perfect_maze_is_a_tree(rows, cols, seed):
    # m × n rooms and the m n − 1 walls of a spanning tree. Connected, with one edge fewer than cells.
    mdp = gridworld(maze_text(rows, cols, rng=seed))
    near = adjacency(mdp)
    assert mdp.n_states == 2 * (rows // 2) * (cols // 2) - 1
    assert connected_components(near)[0] == 1
    assert near.sum() // 2 == mdp.n_states - 1


def test_a_maze_depends_on_its_seed_alone():
    assert maze_text(21, 21, rng=5) == maze_text(21, 21, rng=np.random.default_rng(5))
    assert maze_text(21, 21, rng=5) != maze_text(21, 21, rng=6)


def dead_ends(text):
    return int((adjacency(gridworld(text)).sum(axis=1) == 1).sum())


def test_braiding_opens_dead_ends():
    # An opening takes one dead end away, two if the neighbour was one as well; walls are only removed.
    perfect, half, all_opened = (maze_text(21, 21, rng=4, braid=braid) for braid in (0, 0.5, 1))
    closed = dead_ends(perfect)
    assert dead_ends(half) <= closed - round(closed / 2)
    assert dead_ends(all_opened) == 0
    assert all(b == "." for a, b in zip(perfect, half, strict=True) if a == ".")
    assert connected_components(adjacency(gridworld(half)))[0] == 1


def test_a_maze_one_room_wide_keeps_its_dead_ends():
    assert maze_text(3, 9, braid=1) == "#########\n#.......#\n#########"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: maze_text(1, 5), "rows must be an integer ≥ 3, got 1"),
        (lambda: maze_text(5, 6), "cols of a maze must be odd: walls and rooms alternate, got 6"),
        (lambda: maze_text(5, 5.0), "cols must be an integer ≥ 3, got 5.0"),
        (lambda: maze_text(5, 5, braid=1.5), "braid must be a fraction in [0, 1], got 1.5"),
        (lambda: maze_text(5, 5, braid=float("nan")), "braid must be a fraction in [0, 1], got nan"),
        (lambda: maze_text(5, 5, braid="all"), "braid must be a fraction in [0, 1], got 'all'"),
        (lambda: open_room_text(True, 5), "rows must be an integer ≥ 1, got True"),
        (lambda: open_room_text(3, 0), "cols must be an integer ≥ 1, got 0"),
    ],
)
def test_bad_sizes_are_refused(build, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        build()


def test_an_open_room_is_all_floor():
    # 3 × 3: corners have 3 actions, edges 4, the centre 5: 4·3 + 4·4 + 5 pairs.
    mdp = gridworld(open_room_text(3, 3), blocked="remove")
    assert (mdp.n_states, mdp.n_pairs) == (9, 33)
    assert mdp.states[0] == (0, 0)


@pytest.mark.parametrize("rng", [float("nan"), "a", -1])
def test_a_seed_of_a_maze_that_is_none(rng):
    with pytest.raises(ParameterError, match="rng must be a non-negative integer"):
        maze_text(3, 3, rng=rng)


def test_an_array_as_an_option_is_refused():
    """Found by scripts/fuzz: comparing it with a word ended in NumPy's ValueError."""
    with pytest.raises(ParameterError, match="blocked must be 'stay' or 'remove'"):
        gridworld("..", blocked=np.arange(3))


def test_what_has_no_text_in_its_name_gives_an_mdp():
    """maze and open_room were text, alone among the makers of this room: power(maze(5, 9), …) was an error."""
    for mdp, text in ((maze(5, 9, rng=1), maze_text(5, 9, rng=1)), (open_room(2, 3), open_room_text(2, 3))):
        assert isinstance(mdp, RewardlessMDP)
        assert mdp.equals(gridworld(text))
    noisy = maze(5, 9, rng=1, braid=0.5, slip=0.1, stay=False)
    assert noisy.equals(gridworld(maze_text(5, 9, rng=1, braid=0.5), slip=0.1, stay=False))
    with pytest.raises(ParameterError, match="slip"):
        open_room(2, 3, slip=2)
    with pytest.raises(MapError, match=r"maze\(5, 9\)"):  # errors call the map by what made it
        maze(5, 9, stay=False, blocked="remove", moves={"leap": (9, 9)})


def test_every_maker_of_the_room_gives_an_mdp_or_says_text():
    arguments = {
        "fork": (2,),
        "cycle": (3,),
        "gridworld": ("..",),
        "make": ("maze",),
        "maze": (5, 5),
        "open_room": (2, 2),
        "random": (4,),
    }
    arguments |= {"maze_text": (5, 5), "open_room_text": (2, 2)} | {f"figure_{n}": () for n in (1, 9, 10, 11)}
    others = {"Environment", "catalog", "gridworld_from_file"}
    assert set(envs.__all__) == set(arguments) | others  # a new maker is held to it too
    for name, given in arguments.items():
        assert isinstance(getattr(envs, name)(*given), str if name.endswith("_text") else RewardlessMDP), name

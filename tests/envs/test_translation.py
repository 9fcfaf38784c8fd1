"""Maps of others become the MDPs that they mean: round trips from our glyphs, and the others' own environments."""

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdppower as mp
from mdppower import MapError, MDPPowerWarning, ParameterError
from mdppower.envs import gridworld, gridworld_from_file
from mdppower.envs.gridworld_env import GridWorldEnv

LAKE = ["SFFF", "FHFH", "FFFH", "HFFG"]


def drawn(glyphs):
    """Rectangles of these glyphs that hold floor, and walls around: then nothing is alone at a rim, nor a margin."""
    row = st.integers(1, 5).flatmap(
        lambda n: st.lists(st.text(glyphs, min_size=n, max_size=n), min_size=1, max_size=5)
    )
    return row.map(lambda rows: ["." + row for row in rows])


def in_glyphs(rows, means):
    return ["".join(means[glyph] for glyph in row) for row in rows]


def the_same(a, b):
    assert a.equals(b)
    assert a.marks == b.marks
    np.testing.assert_array_equal(a.layout, b.layout)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mdppower.MDPPowerWarning")
@given(drawn(".S*~"))
def test_round_trip_of_lakes(rows):
    lake = in_glyphs(rows, {".": "F", "S": "S", "*": "G", "~": "H"})
    the_same(gridworld(lake, convention="frozen-lake"), gridworld(rows))
    the_same(gridworld("\n".join(lake), convention="frozen-lake"), gridworld(rows))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mdppower.MDPPowerWarning")
@given(drawn(".#S*~"), st.data())
def test_round_trip_of_minigrids(rows, data):
    colours = st.sampled_from("RGBPY")
    means = {".": st.sampled_from(["  ", "__", "FB"]), "S": st.sampled_from([">>", "VV", "<<", "^^"])}
    means |= {ours: colours.map(theirs.__add__) for ours, theirs in {"#": "W", "*": "G", "~": "V"}.items()}
    grid = ["".join(data.draw(means[glyph]) for glyph in row) for row in rows]
    the_same(gridworld(grid, convention="minigrid"), gridworld(rows))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mdppower.MDPPowerWarning")
@given(drawn(".#aZ"), st.data())
def test_round_trip_of_pycolabs_art(rows, data):
    art = ["".join(data.draw(st.sampled_from(" .")) if glyph == "." else glyph for glyph in row) for row in rows]
    the_same(gridworld(art, convention="pycolab"), gridworld(rows))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mdppower.MDPPowerWarning")
@given(drawn(".#*~aS>v"), st.permutations("XO@█ .#?*v=,é"))
def test_round_trip_of_any_glyphs(rows, others):
    theirs = dict(zip(".#*~aS>v", others, strict=False))
    told = {glyph: ours for ours, glyph in theirs.items()}
    the_same(gridworld(in_glyphs(rows, theirs), glyphs=told, moves="NESW"), gridworld(rows))


def test_the_lake_of_gymnasium():
    """The second route: POWER of the lake as Gymnasium steps in it, where holes and the goal are made absorbing."""
    theirs = mp.envs.make("FrozenLake-v1", is_slippery=False)
    ours = gridworld(LAKE, convention="frozen-lake", stay=False, moves="WSEN")
    assert ours.states == theirs.states
    assert sorted(ours.absorbing_states) == sorted(theirs.absorbing_states)
    for state in ours.states:
        if ours.index(state) not in ours.absorbing_states:
            steps = [ours.successors(state, a) for a in ours.actions(state)]
            assert steps == [theirs.successors(state, a) for a in theirs.actions(state)]
    rewards = np.random.default_rng(0).random((3, 16))
    np.testing.assert_allclose(
        mp.optimal_values(ours, rewards, 0.9).values, mp.optimal_values(theirs, rewards, 0.9).values, atol=1e-9
    )
    assert GridWorldEnv(LAKE, convention="frozen-lake", start="S").reset(seed=0)[0] == 0


@pytest.mark.parametrize("name", ["MiniGrid-Empty-5x5-v0", "MiniGrid-LavaGapS5-v0", "MiniGrid-FourRooms-v0"])
def test_what_minigrid_prints(name):
    """The second route: which cells of Minigrid's own grid can be stood on, and what ends there."""
    pytest.importorskip("minigrid")
    env = gym.make(name)
    env.reset(seed=1)
    world = env.unwrapped
    mdp = gridworld(world.pprint_grid(), convention="minigrid")
    kinds = {(y, x): getattr(world.grid.get(x, y), "type", "empty")
             for x in range(world.width) for y in range(world.height)}  # fmt: skip
    assert set(mdp.states) == {cell for cell, kind in kinds.items() if kind != "wall"}
    ends = {mdp.states[i] for i in mdp.absorbing_states}
    assert ends == {cell for cell, kind in kinds.items() if kind in ("goal", "lava")}
    x, y = world.agent_pos
    assert mdp.states[mdp.index("S")] == (y, x)


def test_blanks_that_are_floor():
    # By hand: three cells in a row, A beside G through the blank.
    for text in ("#####\n#A G#\n#####", "\n    #####\n    #A G#\n    #####\n    ", "#####\n    #A G#\n    #####",
                 "; art\n#####\n#A G#\n#####\n"):  # fmt: skip
        mdp = gridworld(text, convention="pycolab")
        assert (mdp.states, mdp.marks) == (((1, 1), (1, 2), (1, 3)), {"A": (0,), "G": (2,)})
    # Art without walls: blanks at the ends of lines, and rows of them, are cells.
    for art in (["   ", " P ", "   "], "   \n P \n   "):
        assert gridworld(art, convention="pycolab").states == tuple((r, c) for r in range(3) for c in range(3))


def test_files_and_environments_take_them(tmp_path):
    path = tmp_path / "art.txt"
    path.write_text("; open\n  P\n   \n")
    assert gridworld_from_file(path, convention="pycolab").n_states == 6
    assert mp.envs.make(path, glyphs={" ": "floor"}).n_states == 6
    env = gym.make("mdppower:mdppower/GridWorld-v0", map=["X.X", "XGX"], glyphs={"X": "wall", "G": "exit"})
    assert env.unwrapped.mdp.absorbing_states.tolist() == [1]


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("SFX", {"convention": "frozen-lake"}, "column 3: unknown glyph 'X'; convention='frozen-lake' has SFHG"),
        ("####\n#@G#", {"convention": "pycolab"}, r"line 2, column 2: unknown .* letters; glyphs=\{'@': 'floor'\}"),
        ("#v#", {"convention": "pycolab"}, "column 2: 'v' is a one-way cell here, and no mark"),
        ("WGDR\nWG  ", {"convention": "minigrid"}, "line 1, column 3: 'DR' is a closed door, which a map cannot"),
        ("WG  \nKYWG", {"convention": "minigrid"}, "line 2, column 1: 'KY' is a key, which a map cannot carry"),
        ("WGQR", {"convention": "minigrid"}, "column 3: 'QR' is no cell of convention='minigrid'"),
        ("WG ", {"convention": "minigrid"}, "line 1: lines of 3 characters; a cell of minigrid has two"),
        ("###\n# \n###", {"convention": "pycolab"}, "line 2: this line has 2 characters, the first 3"),
        ("X?", {"glyphs": {"X": "floor"}}, r"column 2: unknown glyph '\?'; glyphs= \(--glyphs\) says"),
        ("XX", {"glyphs": {"X": "wall"}}, "the map has no floor cell$"),
        ("", {"convention": "pycolab"}, "the map is empty"),
        ("\n\n", {"convention": "minigrid"}, "the map is empty"),
        ("#\t#", {"convention": "pycolab"}, "line 1, column 2: tab"),
    ],
)  # fmt: skip
def test_what_is_no_map_of_theirs(text, options, told):
    with pytest.raises(MapError, match=told):
        gridworld(text, **options)


def test_a_door_can_be_said_to_be_floor():
    assert gridworld("WGDR  ", convention="minigrid", glyphs={"D": "floor"}).states == ((0, 1), (0, 2))


def test_what_is_said_for_nothing_or_too_much_is_told():
    with pytest.warns(MDPPowerWarning, match="^map: glyphs has 'X', which the map has not$"):
        gridworld("..", glyphs={"X": "wall"})
    with pytest.warns(
        MDPPowerWarning, match=r"^map: 2 cells of floor outside of the walls \(line 1, column 1\): a blank"
    ):
        gridworld("  ####\n###.a#\n######", convention="pycolab")
    with pytest.raises(ParameterError, match=r"a map is a text, or a list of its rows, got \[3\]"):
        gridworld([3])

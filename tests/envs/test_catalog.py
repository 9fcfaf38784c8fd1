"""The catalog: every listed environment builds; names, families and files are found. And generated maps."""

import re
import tracemalloc

import numpy as np
import pytest
from maps import adjacency
from scipy.sparse.csgraph import connected_components

from mdppower.envs import Environment, catalog, gridworld, make, maze
from mdppower.envs.catalog import map_text
from mdppower.errors import LabelError, MapError, ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP

# ---------------------------------------------------------------------- the catalog


@pytest.mark.parametrize("environment", catalog().values(), ids=list(catalog()))
def test_every_environment_is_described_and_builds(environment):
    assert isinstance(environment, Environment)
    assert environment.description.endswith(".")
    assert "\n" not in environment.description
    mdp = environment.build()
    assert isinstance(mdp, RewardlessMDP)
    assert mdp.layout is not None
    assert mdp.equals(make(environment.name))


@pytest.mark.parametrize("environment", catalog().values(), ids=list(catalog()))
def test_every_map_takes_grid_options_and_only_maps_do(environment):
    if environment.is_map:
        assert not make(environment.name, slip=0.2, blocked="remove").is_deterministic
    else:
        with pytest.raises(ParameterError, match=re.escape(f"{environment.name} is not a map and takes no slip")):
            make(environment.name, slip=0.2)


@pytest.mark.parametrize("environment", catalog().values(), ids=list(catalog()))
def test_every_map_has_its_text_and_only_maps_do(environment):
    if environment.is_map:
        text = map_text(environment.name)
        assert text == environment.text()
        assert gridworld(text).fingerprint == environment.build().fingerprint
    else:
        with pytest.raises(ParameterError, match=re.escape(f"{environment.name} is no text map")):
            map_text(environment.name)


def test_the_text_of_a_member_and_of_a_file(tmp_path):
    assert gridworld(map_text("maze(5,9,3)")).fingerprint == make("maze(5,9,3)").fingerprint
    assert map_text("open(1,2)") == ".."
    (tmp_path / "mine.txt").write_text("; mine\n.?\n", encoding="utf-8")
    assert map_text(str(tmp_path / "mine.txt")) == "; mine\n.?\n"  # as it is: whoever reads it complains
    with pytest.raises(LabelError, match="no environment and no file"):
        map_text(str(tmp_path / "yours.txt"))
    for known in ("FrozenLake-v1", "module:Name"):  # there are such environments, but not drawn ones
        with pytest.raises(ParameterError, match=f"{known} is no text map"):
            map_text(known)


def test_the_maze_of_powerplay():
    # 31 cells; with removed steps each cell has "stay" and each of its 33 neighbourhoods two steps: 31 + 66.
    mdp = make("maze", blocked="remove")
    assert (mdp.n_states, mdp.n_pairs) == (31, 97)
    # From (3, 3) all steps but W are free.
    assert mdp.actions((3, 3)) == ("N", "E", "S", "stay")


def test_the_robot_face_of_powerplay():
    # Cells by row: 2·6 + 4·2 (antennae) + 3·16 + 8 + 3·12 (eyes) + 20 + 2·18 (nose) + 14 + 6 + 2·16 (mouth)
    # are 220. Left and right mirror each other.
    mdp = make("robot-face")
    assert mdp.n_states == 220
    mirrored = {(row, 19 - column) for row, column in mdp.states}
    assert mirrored == set(mdp.states)


def test_the_four_rooms():
    # Rooms of 5·5, 6·5, 5·5 and 4·5 cells and four hallways of one cell: 104.
    assert make("four-rooms").n_states == 104


def test_the_cliff():
    # 4 × 12 cells, of which ten are pits and one is the exit.
    mdp = make("cliff")
    assert (mdp.n_states, len(mdp.marks["~"]), len(mdp.absorbing_states)) == (48, 10, 11)
    assert mdp.states[mdp.index("s")] == (3, 0)


def test_corridor_and_spiral_are_paths():
    # Two dead ends, and two neighbours everywhere else.
    for name in ("corridor", "spiral"):
        mdp = make(name, blocked="remove", stay=False)
        assert np.bincount(np.diff(mdp.pointer)).tolist() == [0, 2, mdp.n_states - 2]


def test_the_bottleneck_is_one():
    # Without its door the map falls apart.
    mdp = make("bottleneck")
    rest = np.delete(np.arange(mdp.n_states), mdp.index("d"))
    assert connected_components(adjacency(mdp))[0] == 1
    assert connected_components(adjacency(mdp)[rest][:, rest])[0] == 2


# ---------------------------------------------------------------------- make


def test_families_take_integers():
    assert make("open(2,3)").n_states == 6
    assert make("fork(5)").n_actions == 5
    assert make("cycle( 7 )").n_states == 7
    assert make("maze(5,7,1)").equals(maze(5, 7, rng=1))


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (
            "mazee",
            LabelError,
            "there is no environment 'mazee'; did you mean 'maze'? (mdppower envs lists them)",
        ),
        ("xyzzy", LabelError, "there is no environment 'xyzzy' (mdppower envs lists them)"),
        ("fork(x)", LabelError, "did you mean 'fork(3)'?"),
        ("fork(-1)", LabelError, "did you mean 'fork(3)'?"),
        ("__import__(3)", LabelError, "there is no environment"),
        ("fork(99999999999999999999)", LabelError, "there is no environment"),
        ("nowhere/maze.txt", LabelError, "there is no environment and no file 'nowhere/maze.txt'"),
        ("\x00", LabelError, r"there is no environment '\x00'"),
        ("x" * 5000, LabelError, "there is no environment"),
        ("fork(1,2)", ParameterError, "fork(1,2) does not have the form fork(k)"),
        ("open(5)", ParameterError, "open(5) does not have the form open(rows,cols)"),
        ("open(0,5)", ParameterError, "rows must be an integer ≥ 1, got 0"),
        ("maze(4,5,0)", ParameterError, "rows of a maze must be odd"),
        ("open(3000,3000)", SizeError, "a map of 3000 × 3000 glyphs is more than 2**22"),
        ("maze(3001,3001,0)", SizeError, "a map of 3001 × 3001 glyphs is more than 2**22"),
        ("cycle(50000000)", SizeError, "n = 50000000 is more than 1000000 states"),
        ("fork(999999999)", SizeError, "k = 999999999 is more than 1000000 states"),
        ("fork(0)", ParameterError, "k must be an integer ≥ 1, got 0"),
        ("open(99999,99999)", SizeError, "a map of 99999 × 99999 glyphs is more than 2**22"),
    ],
)
def test_make_says_what_is_wrong(name, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make(name)


def test_near_names_of_all_kinds(tmp_path, monkeypatch):
    """Names of the catalog, Gymnasium's ids, and files: nothing else, and one where one is nearest."""
    for file in ("my-room.txt", "taxes.toml", "notes.md", "lake.nc"):
        (tmp_path / file).write_text("", encoding="utf-8")
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "hall.txt").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, near in {
        "FrozenLake": "'FrozenLake-v1'",
        "frozenlake-v1": "'FrozenLake-v1'",
        "FrozenLake-v9": "'FrozenLake-v1'",
        "Four_Rooms": "'four-rooms'",
        "my_room": "'my-room.txt'",
        "myroom-v1": "'my-room.txt'",
        "maps/hal.txt": "'maps/hall.txt'",
        "Lake": "'lake.nc'",
        "random": "'random(20)'",
    }.items():
        with pytest.raises(
            LabelError, match=re.escape(f" {name!r}; did you mean {near}? (mdppower envs lists them)")
        ):
            make(name)
    (tmp_path / "taxi.txt").write_text("", encoding="utf-8")
    with pytest.raises(LabelError, match=re.escape("did you mean 'Taxi-v4' or 'taxi.txt'?")):
        make("taxi")
    for name in ("note", "maps"):  # no environment, and a folder
        with pytest.raises(LabelError, match=r"^((?!did you mean '(notes|maps)).)*$"):
            make(name)


def test_make_reads_map_files(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("; Mine.\n.a\n", encoding="utf-8")
    assert make(path, stay=False).equals(make(str(path), stay=False))
    path.write_text("..\n.?\n", encoding="utf-8")
    with pytest.raises(MapError, match=r"mine.txt, line 2, column 2: unknown glyph '\?'"):
        make(path)


def test_a_name_comes_before_a_file_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "maze").write_text("..\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert make("maze").n_states == 31


def test_errors_in_a_named_map_name_it():
    with pytest.raises(MapError, match=r"^cliff.txt, line 2, column 1: no action is left"):
        make("cliff", moves="N", stay=False, blocked="remove")


@pytest.mark.parametrize("name", ["cycle(50000000)", "fork(999999999)", "open(3000,3000)", "maze(3001,3001,0)"])
def test_sizes_are_refused_by_themselves(name):
    """Nothing is listed or drawn first: no more memory is taken than for a name that there is not."""
    tracemalloc.start()
    try:
        with pytest.raises(SizeError):
            make(name)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()

"""A world of the page is `gridworld`'s, cell by cell, but keeps its places whatever is drawn around it."""

import numpy as np
import pytest

import mdppower as mp
from mdppower.explorer.refusals import QuestionError
from mdppower.explorer.worlds import read_world


def world(text, **options):
    return read_world({"map": text, **options}, "world")


@pytest.mark.parametrize(
    "options",
    [
        {}, {"slip": 0.2}, {"slip": 0.3, "bias": {"N": 0.1}}, {"moves": "NESW+diagonals"}, {"stay": False},
        {"blocked": "remove"}, {"wrap": True}, {"moves": "ES"},
    ],
)  # fmt: skip
def test_the_mdp_is_that_of_gridworld(options):
    text = "a..#\n.>.*\n.#~."
    assert world(text, **options).mdp().equals(mp.envs.gridworld(text, **options))


def test_blanks_are_walls_and_places_stay():
    """`gridworld` takes blank margins off, so that its labels would move when a first column is erased."""
    drawn = world(" ..\n  .\n ")
    assert drawn.rows == ("#..", "##.")
    assert drawn.mdp().states == ((0, 1), (0, 2), (1, 2))
    assert mp.envs.gridworld(" ..\n  .\n ").states == ((0, 0), (0, 1), (1, 1))  # the control
    # A first line without indentation above lines with some is no margin, either.
    assert world(".\n .\n").rows == (".#", "#.")


def test_what_is_above_the_map_is_not_part_of_it():
    drawn = world("; a corner\r\n\r\n; of two\r\n..\r\n.#\r\n\r\n")
    assert (drawn.rows, drawn.first_line) == (("..", ".#"), 4)
    with pytest.raises(QuestionError) as caught:
        world("; a corner\n..\n.%")
    assert (caught.value.field, caught.value.line, caught.value.column) == ("world.map", 3, 2)


def test_marks_and_cells_and_actions_are_those_of_the_mdp():
    drawn = world("a.*\n~>#", moves="NESW+diagonals")
    mdp = drawn.mdp()
    assert drawn.marks == set(mdp.marks)
    assert drawn.cells == set(mdp.states)
    assert set(drawn.actions) == set(mdp.action_names)
    steps = {name: np.subtract((1, 1), (1, 1)) + step for name, step in drawn.actions.items()}
    assert steps["SW"].tolist() == [1, -1]
    assert steps["stay"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("given", "field", "line", "column"),
    [
        ("...", "world", None, None),
        ({}, "world", None, None),
        ({"map": 3}, "world.map", None, None),
        ({"map": ""}, "world.map", None, None),
        ({"map": "###\n# #"}, "world.map", None, None),
        ({"map": "...\n.x%"}, "world.map", 2, 3),
        ({"map": "..\n\t."}, "world.map", 2, 1),
        ({"map": "..\n.é"}, "world.map", 2, 2),
        ({"map": "..\n.\u2028"}, "world.map", 2, 2),
        ({"map": "..\n;."}, "world.map", 2, 1),
        ({"map": "..\n.^", "moves": "ESW"}, "world.map", 2, 2),
        ({"map": "\n".join(["."] * 65)}, "world.map", None, None),
        ({"map": "." * 65}, "world.map", None, None),
        ({"map": "." * 10_001}, "world.map", None, None),
        ({"map": "..", "slip": 1.5}, "world.slip", None, None),
        ({"map": "..", "slip": True}, "world.slip", None, None),
        ({"map": "..", "slip": "0.1"}, "world.slip", None, None),
        ({"map": "..", "bias": {"N": 0.1}}, "world.bias", None, None),
        ({"map": "..", "slip": 0.1, "bias": {"up": 0.1}}, "world.bias", None, None),
        ({"map": "..", "slip": 0.1, "bias": {"N": True}}, "world.bias.N", None, None),
        ({"map": "..", "slip": 0.1, "stay": False, "bias": {"stay": 0.1}}, "world.bias", None, None),
        ({"map": "..", "moves": "NN"}, "world.moves", None, None),
        ({"map": "..", "moves": ""}, "world.moves", None, None),
        ({"map": "..", "moves": "NESW+"}, "world.moves", None, None),
        ({"map": "..", "moves": {"jump": [2, 1]}}, "world.moves", None, None),
        ({"map": "..", "stay": 1}, "world.stay", None, None),
        ({"map": "..", "blocked": "go"}, "world.blocked", None, None),
        ({"map": "..", "wrap": None}, "world.wrap", None, None),
        ({"map": "..", "colour": 1}, "world", None, None),
    ],
)
def test_what_is_no_world_is_refused_at_its_place(given, field, line, column):
    with pytest.raises(QuestionError) as caught:
        read_world(given, "world")
    assert (caught.value.field, caught.value.line, caught.value.column) == (field, line, column)
    assert "\n" not in caught.value.message


def test_a_cell_without_an_action_is_found_when_the_world_is_built():
    drawn = world("; one\n..#\n##.", stay=False, blocked="remove")
    with pytest.raises(QuestionError, match="no action is left") as caught:
        drawn.mdp("pinned")
    assert (caught.value.field, caught.value.line, caught.value.column) == ("pinned.map", 3, 3)


def test_a_map_of_64_by_64_is_read():
    assert len(world("\n".join(["." * 64] * 64)).cells) == 4096

"""Gridworlds: what a map means, what slip and bias do, and what is refused."""

import contextlib
import re
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdppower as mp
from mdppower.envs import catalog, gridworld, gridworld_from_file, open_room_text
from mdppower.envs.textmap import parse
from mdppower.errors import MapError, MDPPowerWarning, ParameterError, SizeError

# ---------------------------------------------------------------------- what the glyphs mean


def test_states_are_cells_in_row_major_order_labelled_by_position():
    # Row 0 is all wall, so that (0, 0) is no state; the layout repeats the labels.
    mdp = gridworld("####\n#..#\n# .#")
    assert mdp.states == ((1, 1), (1, 2), (2, 2))
    np.testing.assert_array_equal(mdp.layout, mdp.states)


def test_a_blocked_step_bumps_or_does_not_exist():
    # Two cells side by side: of N, E, S, W only one step of each is free.
    bump, removed = gridworld(".."), gridworld("..", blocked="remove")
    assert bump.actions((0, 0)) == ("N", "E", "S", "W", "stay")
    assert bump.successors((0, 0), "N") == {(0, 0): 1}
    assert bump.successors((0, 0), "E") == {(0, 1): 1}
    assert removed.actions((0, 0)) == ("E", "stay")
    assert removed.actions((0, 1)) == ("W", "stay")


def test_without_stay_there_is_no_such_action():
    assert gridworld("..", stay=False).actions((0, 0)) == ("N", "E", "S", "W")


def test_letters_mark_cells_and_may_repeat():
    mdp = gridworld("ab\na.")
    assert dict(mdp.marks) == {"a": (0, 2), "b": (1,)}
    assert mdp.index("b") == 1


@pytest.mark.parametrize(("glyph", "direction"), [(">", "E"), ("<", "W"), ("^", "N"), ("v", "S")])
def test_a_one_way_cell_is_left_in_its_direction_only(glyph, direction):
    # In the middle of open floor every step would be free; diagonals are blocked as well.
    text = f"...\n.{glyph}.\n..."
    removed = gridworld(text, moves="NESW+diagonals", blocked="remove")
    assert removed.actions((1, 1)) == (direction, "stay")
    bump = gridworld(text, stay=False)
    free = {a for a in bump.actions((1, 1)) if bump.successors((1, 1), a) != {(1, 1): 1}}
    assert free == {direction}
    # Entering is free from any side, against the arrow too.
    assert all(bump.successors(cell, a) == {(1, 1): 1} for cell, a in _neighbours_of_the_middle())


def _neighbours_of_the_middle():
    return [((0, 1), "S"), ((1, 0), "E"), ((2, 1), "N"), ((1, 2), "W")]


def test_a_one_way_cell_that_faces_a_wall_has_no_step():
    assert gridworld("#<.", blocked="remove").actions((0, 1)) == ("stay",)


@pytest.mark.parametrize("stay", [True, False])
@pytest.mark.parametrize("blocked", ["stay", "remove"])
def test_exits_and_pits_absorb_and_differ_by_mark_only(stay, blocked):
    mdp = gridworld(".*~", stay=stay, blocked=blocked)
    for label in ((0, 1), (0, 2)):
        assert mdp.actions(label) == ("stay",)
        assert mdp.successors(label, "stay") == {label: 1}
    assert dict(mdp.marks) == {"*": (1,), "~": (2,)}
    assert mdp.absorbing_states.tolist() == [1, 2]
    assert ("stay" in mdp.actions((0, 0))) is stay


def test_every_letter_but_v_is_a_mark():
    letters = "abcdefghijklmnopqrstuwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert set(gridworld(letters).marks) == set(letters)


# ---------------------------------------------------------------------- moves


def test_diagonals_pass_between_walls_that_touch_at_a_corner():
    # Only the target decides: from (0, 0) SE is free although E and S are walls.
    mdp = gridworld(".#\n#.", moves="NESW+diagonals", blocked="remove", stay=False)
    assert mdp.actions((0, 0)) == ("SE",)
    assert mdp.successors((0, 0), "SE") == {(1, 1): 1}


def test_moves_may_be_some_of_the_letters_in_any_order():
    assert gridworld("..", moves="WE").actions((0, 0)) == ("W", "E", "stay")


def test_moves_of_your_own():
    # A knight on 3 × 3 reaches two cells from a corner and none from the centre.
    leaps = [(-2, 1), (-1, 2), (1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1)]
    mdp = gridworld(open_room_text(3, 3), moves={f"{r},{c}": (r, c) for r, c in leaps}, blocked="remove")
    assert mdp.actions((0, 0)) == ("1,2", "2,1", "stay")
    assert mdp.successors((0, 0), "2,1") == {(2, 1): 1}
    assert mdp.actions((1, 1)) == ("stay",)


def test_one_way_cells_know_moves_by_their_displacement():
    mdp = gridworld(".>.", moves={"right": (0, 1), "left": (0, -1), "far": (0, 2)}, blocked="remove")
    assert mdp.actions((0, 1)) == ("right", "stay")


@pytest.mark.parametrize("wrap", [True, False])
def test_a_huge_step_is_blocked_or_goes_round(wrap):
    # 10^20 = 1 modulo 3, hence one cell to the east on a ring of three.
    mdp = gridworld("...", moves={"far": (0, 10**20)}, wrap=wrap)
    assert mdp.successors((0, 0), "far") == {(0, 1) if wrap else (0, 0): 1}


def test_a_torus_joins_opposite_edges():
    mdp = gridworld("...\n...", wrap=True, blocked="remove")
    assert mdp.successors((0, 0), "N") == {(1, 0): 1}
    assert mdp.successors((0, 0), "W") == {(0, 2): 1}
    assert mdp.n_pairs == 6 * 5  # nothing is blocked


def test_the_edges_of_a_torus_are_those_of_what_is_drawn():
    # Spaces at line ends and the common indentation are not drawn; a wall is.
    assert gridworld("  ..  \n  ..", wrap=True).successors((0, 0), "W") == {(0, 1): 1}
    assert gridworld("..#", wrap=True).successors((0, 0), "W") == {(0, 0): 1}


# ---------------------------------------------------------------------- slip and bias

# The worked example of POWERplay's noise. Open floor, level .3; the corner (0, 0) has K = 3 actions: E, S and
# stay. Intended: S, that is "down". Its own share is 1 − .3, and u = .3 / 3 = .1 goes to each of the three.
CORNER = {"blocked": "remove", "slip": 0.3}


def after_down(bias, **options):
    successors = gridworld("..\n..", **CORNER | options, bias=bias).successors((0, 0), "S")
    names = {(0, 0): "stay", (0, 1): "E", (1, 0): "S"}
    return {names[label]: pytest.approx(p) for label, p in successors.items()}


def test_slip_of_the_worked_example():
    assert after_down(None) == {"S": 0.8, "E": 0.1, "stay": 0.1}


def test_bias_of_the_worked_example():
    # E takes all of .3: nothing is left for the others.
    assert after_down({"E": 0.3}) == {"S": 0.7, "E": 0.3}


@pytest.mark.parametrize("bias", [{"W": 0.2, "stay": 0.1}, {"stay": 0.1, "W": 0.2}])
def test_bias_of_a_missing_direction_goes_to_stay_whatever_the_order(bias):
    # POWERplay's answer depended on the order (stay .1 or .3). W is missing: its .2 join stay's own .1.
    assert after_down(bias) == {"S": 0.7, "stay": 0.3}


def test_what_bias_leaves_over_goes_to_the_unbiased_actions():
    # E .1; then u = (.3 − .1) / (3 − 1) = .1 for S and for stay.
    assert after_down({"E": 0.1}) == {"S": 0.8, "E": 0.1, "stay": 0.1}
    # W's .06 go to stay, which then is biased: u = (.3 − .06) / (3 − 1) = .12 for E and for S.
    assert after_down({"W": 0.06}) == {"S": 0.82, "E": 0.12, "stay": 0.06}


def test_if_every_action_is_biased_the_rest_is_spread_over_all():
    # POWERplay divides by zero. E .03, S .06, stay .09: .12 are left, .04 for each.
    assert after_down({"E": 0.03, "S": 0.06, "stay": 0.09}) == {"S": 0.8, "E": 0.07, "stay": 0.13}


def test_without_stay_the_bias_of_a_missing_direction_is_spread_over_all():
    # K = 2. W's .2 give .1 each; u = (.3 − .2) / 2 = .05: S has .7 + .15, E has .15.
    assert after_down({"W": 0.2}, stay=False) == {"S": 0.85, "E": 0.15}


def test_bumping_is_an_action_like_the_others():
    # blocked="stay": K = 5 and three of them lead back to the corner: N, W and stay.
    # Intended S: .7 + .06; E: .06; the corner: .18. A bias on W makes it bump.
    assert after_down(None, blocked="stay") == {"S": 0.76, "E": 0.06, "stay": 0.18}
    assert after_down({"W": 0.3}, blocked="stay") == {"S": 0.7, "stay": 0.3}


def test_a_bias_may_sum_to_all_of_the_slip_up_to_rounding():
    assert 0.1 + 0.2 > 0.3
    assert after_down({"E": 0.1, "stay": 0.2}) == {"S": 0.7, "E": 0.1, "stay": 0.2}


def test_an_exit_stays_absorbing_under_slip():
    mdp = gridworld("*..", slip=0.3, bias={"E": 0.2})
    assert mdp.successors((0, 0), "stay") == {(0, 0): 1}


def test_memory_chunks_do_not_show(monkeypatch):
    whole = gridworld(open_room_text(7, 9), slip=0.2, bias={"N": 0.1})
    monkeypatch.setattr("mdppower.envs.slip._CHUNK_ENTRIES", 100)
    assert whole.equals(gridworld(open_room_text(7, 9), slip=0.2, bias={"N": 0.1}))


# ---------------------------------------------------------------------- laws, on random maps

maps = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.text("#.", min_size=width, max_size=width), min_size=1, max_size=5)
).filter(lambda rows: any("." in row for row in rows))  # fmt: skip

options = st.fixed_dictionaries(
    {
        "moves": st.sampled_from(["NESW", "NS", "NESW+diagonals"]),
        "stay": st.booleans(),
        "blocked": st.sampled_from(["stay", "remove"]),
        "wrap": st.booleans(),
    }
).filter(lambda given: given["stay"] or given["blocked"] == "stay")

slips = st.sampled_from([0.0, 0.1, 0.5, 1.0]) | st.floats(0, 1)


def dense(mdp):
    transitions, feasible = mdp.to_arrays()
    return transitions, feasible


@pytest.mark.slow
@given(maps, options, slips)
def test_slip_mixes_each_action_with_the_mean_of_the_cells_own(rows, given_options, slip):
    # T = (1 − slip) T_det + slip · mean over the cell's own actions of T_det, by dense arrays.
    aimed, feasible = dense(gridworld("\n".join(rows), **given_options))
    mean = aimed.sum(axis=1, keepdims=True) / feasible.sum(axis=1)[:, None, None]
    expected = np.where(feasible[:, :, None], (1 - slip) * aimed + slip * mean, 0)
    mixed, same = dense(gridworld("\n".join(rows), **given_options, slip=slip))
    np.testing.assert_array_equal(same, feasible)
    np.testing.assert_allclose(mixed, expected, rtol=0, atol=1e-15)


@pytest.mark.slow
@given(maps, options)
def test_without_slip_every_pair_has_one_successor(rows, given_options):
    assert gridworld("\n".join(rows), **given_options).is_deterministic


@pytest.mark.slow
@given(maps, options)
def test_at_slip_one_no_action_matters(rows, given_options):
    mdp = gridworld("\n".join(rows), **given_options, slip=1)
    kernel = mdp.kernel.toarray()
    np.testing.assert_array_equal(kernel, kernel[mdp.pointer[mdp.pair_states]])


@pytest.mark.slow
@given(maps, options, slips, st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_bias_keeps_every_row_a_distribution(rows, given_options, slip, parts):
    # Two named directions share at most the slip.
    bias = {name: slip * part / 2 for name, part in zip("NS", parts, strict=True)}
    kernel = gridworld("\n".join(rows), **given_options, slip=slip, bias=bias).kernel
    np.testing.assert_allclose(kernel.sum(axis=1), 1, rtol=0, atol=1e-14)
    assert kernel.data.min() > 0


OPPOSITE = {
    "N": "S",
    "S": "N",
    "E": "W",
    "W": "E",
    "NE": "SW",
    "SW": "NE",
    "SE": "NW",
    "NW": "SE",
    "stay": "stay",
}


@pytest.mark.slow
@given(maps, options, slips)
def test_half_a_turn_of_the_map_permutes_the_mdp(rows, given_options, slip):
    # Row r becomes H − 1 − r and column c becomes W − 1 − c: states in reverse order, moves reversed.
    mdp = gridworld("\n".join(rows), **given_options, slip=slip)
    turned = gridworld("\n".join(row[::-1] for row in rows[::-1]), **given_options, slip=slip)
    corner = np.array([len(rows) - 1, len(rows[0]) - 1])
    np.testing.assert_array_equal(corner - np.array(turned.states)[::-1], mdp.states)
    actions = [turned.action_names.index(OPPOSITE[a]) for a in mdp.action_names]
    expected = turned.to_arrays()[0][::-1, :, ::-1][:, actions]
    np.testing.assert_allclose(mdp.to_arrays()[0], expected, rtol=0, atol=1e-15)


# ---------------------------------------------------------------------- margins


def test_indentation_and_blank_lines_around_a_map_do_not_count():
    mdp = gridworld("""

        ; a comment
        ###
        #a#
        ###

    """)
    assert mdp.states == ((1, 1),)


def test_ragged_lines_and_spaces_are_no_cells():
    # The indentation that all lines share is 1; the second line keeps one space of its own.
    assert gridworld(" ...\n  .").states == ((0, 0), (0, 1), (0, 2), (1, 1))


def test_a_blank_line_inside_a_map_is_a_row_without_cells():
    mdp = gridworld(".\n\n.")
    assert mdp.states == ((0, 0), (2, 0))
    assert mdp.successors((0, 0), "S") == {(0, 0): 1}


def test_a_string_that_opens_with_its_map_is_dedented_as_by_cleandoc():
    mdp = gridworld("""..
                       ..
                        .""")
    assert mdp.states == ((0, 0), (0, 1), (1, 0), (1, 1), (2, 1))


def test_a_file_that_opens_with_its_map_is_taken_as_it_is(tmp_path):
    path = tmp_path / "steps.txt"
    path.write_text("..\n ..\n", encoding="utf-8")
    assert gridworld_from_file(path).states == ((0, 0), (0, 1), (1, 1), (1, 2))


def test_windows_line_ends_and_a_byte_order_mark_are_not_part_of_a_map(tmp_path):
    path = tmp_path / "windows.txt"
    path.write_bytes(b"\xef\xbb\xbf; from Windows\r\n.a\r\n")
    mdp = gridworld_from_file(path)
    assert (mdp.n_states, mdp.index("a")) == (2, 1)


# ---------------------------------------------------------------------- other conventions

FOREIGN = {
    "X for walls, blanks for floor": (
        "XXXXXXX\nX  X SX\nXO X XX\nX    GX\nXXXXXXX",
        r"^map: 9 blanks inside the map \(line 2, column 2\) are no cells; \. is floor.*border consists of X.*# is",
    ),
    "blanks for floor": (
        "#####\n#A G#\n#####",
        r"a blank inside the map \(line 2, column 3\) is no cell.*beside the marks A, G \(line 2, column 2\)",
    ),
    "FrozenLake": (
        "SFFF\nFHFH\nFFFH\nHFFG",
        r"all cells are letters \(F, G, H, S\), which are marks .* ~ an absorbing pit such as a hole, \* an exit",
    ),
    "a lake without a letter twice": ("SF\nHG", "all cells are letters"),
    "a lake with an exit": ("SF\nF*", "all cells are letters"),
    "a walled lake": ("####\n#SF#\n#HF#\n#FG#\n####", "all cells are letters"),
    "X for walls": ("XXXXX\nX.a.X\nXXXXX", "the border consists of X, a mark on floor that can be walked on"),
    "X for walls, with gaps": ("XXXXXX\n...XXX\nX.XX.G\nXXXXXX", "the border consists of X"),
    "W for walls": ("; a room\nWWWWW\nW...W\nW...W\nWWWWW", "the border consists of W"),
    "an exit nobody reaches": ("..#*", r"no cell is beside the mark \* \(line 1, column 4\)"),
    "a courtyard": (".....\n.   .\n.....", "3 blanks inside the map .line 2, column 2. are no cells"),
}


@pytest.mark.parametrize(("text", "told"), FOREIGN.values(), ids=FOREIGN)
def test_maps_in_other_conventions_are_told(text, told):
    with pytest.warns(MDPPowerWarning, match=told) as seen:
        gridworld(text)
    assert len(seen) == 1
    # and how to read them: in Python, and on the command line
    assert re.search(
        r"; (glyphs|convention)=.* reads? it so \(on the command line: --(glyphs|convention) ", str(seen[0].message)
    )


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a", {}),  # nothing else is there
        ("*", {}),
        ("aa*", {}),
        ("abc", {}),  # letters that name three cells
        ("a.b\nb.a", {}),
        ("####\n#..#\n# .#", {}),  # blanks that are open to the outside
        (" ...\n  .", {}),
        (".\n\n.", {}),
        ("a#.", {"moves": {"leap": (0, 2)}}),  # beside is where a move leads
        ("a#.", {"wrap": True}),
        (".#\n#a", {"moves": "NESW+diagonals"}),
        ("#####\n#aXa#\n#X.X#\n#####", {}),
    ],
)
def test_maps_in_this_convention_are_not(text, options):
    gridworld(text, **options)  # warnings are errors here


def test_every_map_of_the_catalog_is_in_this_convention():
    for environment in catalog().values():
        environment.build()


def test_a_map_without_floor_says_what_floor_is():
    with pytest.raises(MapError, match=r"the map has no floor cell; blanks are none, \. is$"):
        gridworld("#####\n#   #\n#####")


# ---------------------------------------------------------------------- what is refused

BAD_MAPS = {
    "empty": ("", None, None, "map: the map is empty"),
    "comments only": ("; nothing\n  \n", None, None, "map: the map is empty"),
    "walls only": ("###\n# #", None, None, "map: the map has no floor cell"),
    "unknown glyph": ("\n  ..\n  .?\n", 3, 4, "map, line 3, column 4: unknown glyph '?'; known are . floor"),
    "after cleandoc": ("..\n    .?", 2, 6, "map, line 2, column 6: unknown glyph '?'"),
    "not ASCII": ("..\n.é", 2, 2, "map, line 2, column 2: unknown glyph 'é'"),
    "unprintable": (".\x00", 1, 2, r"map, line 1, column 2: unknown glyph '\x00'"),
    "half a character": (".\ud800", 1, 2, r"map, line 1, column 2: unknown glyph '\ud800'"),
    "late comment": ("..\n; below", 2, 1, "unknown glyph ';'; comments stand above the map"),
    "tab": ("; x\n\n ..\n \t.", 4, 2, "map, line 4, column 2: tab; indent with spaces"),
    "file name": ("maze.txt", None, None, "map: 'maze.txt' is the name of a file; use gridworld_from_file"),
}


@pytest.mark.parametrize(("text", "line", "column", "message"), BAD_MAPS.values(), ids=BAD_MAPS)
def test_bad_maps_are_refused_with_their_place(text, line, column, message):
    with pytest.raises(MapError, match=re.escape(message)) as caught:
        gridworld(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "\n" not in str(caught.value)


def test_a_one_way_cell_needs_a_move_in_its_direction():
    with pytest.raises(MapError, match=r"^m, line 2, column 2: no move leads out of 'v'; moves are E, W$"):
        gridworld("..\n.v", moves="EW", source="m")


def test_a_cell_needs_an_action():
    with pytest.raises(MapError, match=r"^map, line 1, column 4: no action is left in this cell; use stay=True$"):
        gridworld("..#.", stay=False, blocked="remove")


def test_a_map_is_a_string(tmp_path):
    with pytest.raises(ParameterError, match="a map is a str, got a PosixPath; for a file there is"):
        gridworld(tmp_path)


def test_a_map_too_wide_for_its_height_is_refused_before_it_is_drawn():
    with pytest.raises(SizeError, match=r"map: a map of 20000 × 20000 glyphs is more than 2\*\*22"):
        gridworld("." * 20_000 + "\n." * 19_999)


def test_maps_are_refused_by_what_generated_ones_are(tmp_path, monkeypatch):
    """2048 × 2048 glyphs are 2^22: that shape is read, drawn or generated, and no larger one is."""
    for rows, cols in ((2049, 2048), (3000, 3000)):
        told = rf"a map of {rows} × {cols} glyphs is more than 2\*\*22"
        with pytest.raises(SizeError, match=told):
            gridworld("\n".join(["." * cols] * rows))
        with pytest.raises(SizeError, match=told):
            open_room_text(rows, cols)
    assert parse(open_room_text(2048, 2048)).glyphs.shape == (2048, 2048)
    monkeypatch.setattr(sys.modules["mdppower.envs.gridworld"], "MOST_BYTES", 20)
    (tmp_path / "m.txt").write_bytes(b"; 20 bytes...\n.....\n")
    assert gridworld_from_file(tmp_path / "m.txt").n_states == 5
    (tmp_path / "m.txt").write_bytes(b"; 21 bytes....\n.....\n")
    with pytest.raises(SizeError, match=r"m.txt: a file of more than 20 bytes"):
        gridworld_from_file(tmp_path / "m.txt")


BAD_OPTIONS = {
    "slip above 1": ({"slip": 1.5}, "slip must be a probability in [0, 1], got 1.5"),
    "slip NaN": ({"slip": float("nan")}, "slip must be a probability in [0, 1], got nan"),
    "slip text": ({"slip": "0.1"}, "slip must be a probability in [0, 1], got '0.1'"),
    "bias unknown": ({"slip": 0.1, "bias": {"X": 0.1}}, "bias names 'X'; the actions are N, E, S, W, stay"),
    "bias negative": ({"slip": 0.1, "bias": {"N": -0.1}}, "bias of 'N' must be a number ≥ 0, got -0.1"),
    "bias NaN": ({"slip": 0.1, "bias": {"N": float("nan")}}, "bias of 'N' must be a number ≥ 0, got nan"),
    "bias too much": ({"slip": 0.1, "bias": {"N": 0.2}}, "bias sums to 0.2, more than slip = 0.1"),
    "bias no mapping": ({"bias": 0.1}, "bias must map action names to amounts, got 0.1"),
    "moves unknown": ({"moves": "NX"}, "moves must be distinct letters"),
    "moves twice": ({"moves": "NN"}, "moves must be distinct letters"),
    "moves none": ({"moves": {}}, "moves must be a str or a mapping"),
    "moves named stay": ({"moves": {"stay": (0, 1)}}, "a move needs a name"),
    "moves nowhere": ({"moves": {"x": (0, 0)}}, "move 'x' goes nowhere; use stay=True"),
    "moves fraction": (
        {"moves": {"x": (0.5, 0)}},
        "move 'x' must be two integers (rows, columns), not (0.5, 0)",
    ),
    "moves truth": ({"moves": {"x": (True, 0)}}, "move 'x' must be two integers (rows, columns), not (True, 0)"),
    "moves in three": ({"moves": {"x": (1, 0, 0)}}, "move 'x' must be two integers"),
    "blocked": ({"blocked": "bounce"}, "blocked must be 'stay' or 'remove', got 'bounce'"),
    "stay": ({"stay": "no"}, "stay must be True or False, got 'no'"),
    "wrap": ({"wrap": 2}, "wrap must be True or False, got 2"),
}


@pytest.mark.parametrize(("given_options", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_options_are_refused_with_their_value(given_options, message):
    with pytest.raises(ParameterError, match=re.escape(message)):
        gridworld("..\n..", **given_options)


def test_files_that_are_no_maps(tmp_path):
    path = tmp_path / "random.txt"
    path.write_bytes(b"..\n.\xc3\xa9\xff")
    # "é" is two bytes and one character: the bad byte, at offset 6, is in column 3.
    with pytest.raises(MapError, match=r"random.txt, line 2, column 3: byte 0xff at offset 6 is not UTF-8 text"):
        gridworld_from_file(path)
    path.write_bytes(b"\xef\xbb\xbf.\xff")
    with pytest.raises(MapError, match=r"line 1, column 2: byte 0xff at offset 4"):
        gridworld_from_file(path)
    path.write_bytes(b"")
    with pytest.raises(MapError, match=r"random.txt: the map is empty"):
        gridworld_from_file(path)
    with pytest.raises(MapError, match=r"cannot be read: Is a directory"):
        gridworld_from_file(tmp_path)


@given(st.binary(max_size=60))
def test_random_bytes_are_a_map_or_a_map_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.txt"
    path.write_bytes(data)
    with contextlib.suppress(MapError, MDPPowerWarning):
        assert gridworld_from_file(path).n_states > 0


@pytest.mark.parametrize("given", [None, 3, ["a"]])
def test_what_is_no_path(given, tmp_path):
    with pytest.raises(mp.ParameterError, match="a path is needed, got"):
        mp.envs.gridworld_from_file(given)
    with pytest.raises(mp.ParameterError, match="make takes the name of an environment or the path of a file, got"):
        mp.envs.make(given)
    file = tmp_path / "map.txt"
    file.write_text("..")
    with file.open("rb") as opened, pytest.raises(mp.ParameterError, match="a path is needed, got <_io"):
        mp.envs.gridworld_from_file(opened)
    with pytest.raises(mp.MapError, match="cannot be read: embedded null byte"):
        mp.envs.gridworld_from_file("a\0b")
    assert mp.envs.gridworld_from_file(file).n_states == 2  # the negative control

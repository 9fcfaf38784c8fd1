"""Terminal maps: every cell in its place, with and without colour, in every width."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

import mdppower as mp
from mdppower._colours import WALL_COLOUR as WALL_RGB
from mdppower.agents import uniformly_random
from mdppower.display.terminal import WALL, _colour, show_map, terminal_map
from mdppower.mdp.layout import grid_of
from mdppower.results.number_text import number_text, number_texts

ANSI = re.compile(r"\x1b\[[0-9;]*m")

WALL_COLOUR = ";".join(map(str, WALL_RGB))


@pytest.fixture(scope="module")
def maze():
    return mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=256, rng=0)


def test_grid_puts_states_where_they_are():
    mdp = mp.envs.make("four-rooms")
    grid = grid_of(mdp)
    for s, (row, column) in enumerate(mdp.states):
        assert grid[row - 1, column - 1] == s  # its walls are not part of the grid
    assert (grid >= 0).sum() == 104
    assert grid_of(mp.RewardlessMDP.from_pairs([0, 1], np.eye(2))) is None
    assert grid_of(mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), layout=[[0, 0], [0, 0]])) is None
    assert grid_of(mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), layout=[[0, 0], [0, 0.5]])) is None
    assert grid_of(mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), layout=[[0, 0], [1e6, 1e6]])) is None


def test_numbers_stand_in_their_cells(maze):
    block = terminal_map(maze, width=100).split("\n\n")[0]
    rows = [re.findall(r"\.\d+", line) for line in block.splitlines()[2:9]]
    grid = grid_of(maze.mdp)
    for shown, states in zip(rows, grid, strict=True):
        assert shown == [f"{maze.mean[0, s]:.2f}"[1:] for s in states[states >= 0]]
    assert f"at {maze.mdp.states[maze.mean[0].argmax()]}" in block
    assert f"{maze.mean[0].min():.4f} ±" in block


def test_colour_only_adds_codes(maze):
    plain, coloured = terminal_map(maze, width=100), terminal_map(maze, colour=True, width=100)
    assert not ANSI.search(plain)
    assert ANSI.sub("", coloured) == plain
    assert "48;2;253;231;37m" in coloured  # the cell of most POWER has viridis' last colour
    assert "48;2;68;1;84m" in coloured  # and that of least its first


@pytest.mark.parametrize("width", [100, 30, 12, 5])
def test_lines_fit(maze, width):
    for block in terminal_map(maze, width=width).split("\n\n")[:2]:
        for line in block.splitlines():
            if WALL in line:
                assert len(line) <= width


def test_negative_and_large_numbers():
    mdp = mp.envs.gridworld("a.\n#*")
    out = terminal_map(mp.power(mdp, 0.9, {"default": -3, "*": 12}, samples=16, rng=0))
    assert "12.00" in out
    assert "-0.00" not in out


def test_bars_where_there_is_no_grid():
    estimate = mp.power(mp.envs.figure_1(), 0.9, samples=1024, rng=0)
    lines = terminal_map(estimate, width=80).splitlines()
    assert lines[1].startswith(" star")  # most POWER first
    assert lines[8].startswith("empty")
    lengths = [line.count("█") for line in lines[1:9]]
    assert lengths == sorted(lengths, reverse=True)
    assert "more" not in "".join(lines)
    assert "and 60 states of less POWER" in terminal_map(mp.power(mp.envs.cycle(100), 0.5, samples=16, rng=0))


def test_show_map():
    mdp = mp.envs.gridworld("a.*\n#~b", moves="EW")
    drawn = show_map(mdp, width=80).splitlines()
    assert [line.replace(WALL, "#").replace(" ", "") for line in drawn] == ["#" * 10, "##a.*##", "####~b##", "#" * 10]
    assert ANSI.search(show_map(mdp, colour=True, width=80))
    told = show_map(mp.envs.fork(2), width=80)
    assert re.search(r"root\s+->t1\s+leads to t1", told)
    half = mp.RewardlessMDP.from_successors({"x": {"go": {"x": 0.5, "y": 0.5}}, "y": {"go": "y"}})
    assert "x (0.5), y (0.5)" in show_map(half)
    assert "and 60 more states" in show_map(mp.envs.cycle(100))


@pytest.mark.slow
def test_a_large_map_is_thinned():
    drawn = show_map(mp.envs.make("open(300,300)"), width=80)
    assert "each character stands for 4 × 4 of 300 × 300 cells" in drawn
    assert max(map(len, drawn.splitlines())) <= 80
    # Every odd cell of a maze is a wall between corridors: a square is drawn as wall only if it has no state.
    maze = mp.envs.make("large-maze")
    assert show_map(maze, width=30).count(".") == 20 * 20
    estimate = mp.power(maze, 0.9, samples=16, rng=0)
    rows = [line[1:-1] for line in terminal_map(estimate, width=30).splitlines() if line.startswith(WALL)][1:-1]
    assert [len(row) for row in rows] == [20] * 20
    first = [s for s, (row, column) in enumerate(maze.states) if row in (1, 2) and column in (1, 2)]
    low, high = estimate.mean.min(), estimate.mean.max()
    assert rows[0][0] == str(int(10 * (estimate.mean[first].mean() - low) / (high - low)))


def test_half_blocks_where_a_cell_has_one_column(maze):
    out = terminal_map(maze, colour=True, width=12)
    rows = [ANSI.sub("", line) for line in out.splitlines() if "▀" in line]
    assert rows == ["▀" * 9] * 2 * 5  # 7 × 7 cells and the wall around them, two rows a line, at two rates
    # (row 1, column 0) is over (row 2, column 0), which has the colour of its place on the scale.
    line = [line for line in out.splitlines() if "▀" in line][1]
    painted = re.findall(r"38;2;(\d+;\d+;\d+);48;2;(\d+;\d+;\d+)m", line)
    assert painted[0] == (WALL_COLOUR, WALL_COLOUR)
    assert WALL_COLOUR not in painted[1]
    assert painted[2] == (WALL_COLOUR, ";".join(map(str, _colour(_share(maze, 0, (2, 1))))))


def _share(estimate, g, state):
    mean = estimate.mean[g]
    return (mean[estimate.mdp.index(state)] - mean.min()) / np.ptp(mean)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.1, 0.834], [".10", ".83"]),
        ([0.1, 0.999], ["0.10", "1.00"]),
        ([0.8341, 0.8355], [".8341", ".8355"]),
        ([-0.001, 1.5], ["0.00", "1.50"]),
        ([-3, 12], ["-3.00", "12.00"]),
        ([0.5, 0.5], [".500", ".500"]),
        ([1.25e-4, 1.62e-4], ["0.000125", "0.000162"]),
        ([1e6, 2e9], ["1e+06", "2e+09"]),
        ([0.5, np.nan], ["0.5", "nan"]),
    ],
)
def test_numbers_have_the_digits_that_tell_them_apart(values, texts):
    assert number_texts(np.array(values, dtype=float)) == texts


def test_extremes_carry_a_simultaneous_interval(maze):
    # The state of most POWER is picked by the estimate itself: an interval for one state would be too short.
    upper = maze.interval(0.95, simultaneous=True)[1]
    best = maze.mean[1].argmax()
    assert f"± {upper[1, best] - maze.mean[1, best]:.2g} at {maze.mdp.states[best]}" in terminal_map(maze)


@pytest.mark.parametrize(
    ("text", "slip", "why"),
    [
        # With slip every walk falls into the pit; without, one may stay in any cell for ever.
        ("...~", 0.1, "from every state every policy ends in (0, 3)"),
        ("...~", 0.0, None),
        ("....", 0.1, "every state can be reached from every other"),
        # Two cells behind a one-way cell, in which all who slip end.
        ("..>..", 0.1, "every policy ends among the same 3 states, which can be reached from each other"),
        ("~..~", 0.1, None),
    ],
)
def test_why_power_is_the_same_everywhere(text, slip, why):
    mdp = mp.envs.gridworld(text, slip=slip)
    lines = terminal_map(mp.power(mdp, [0.9, 1], samples=64, rng=0)).splitlines()
    said = [line.removeprefix("the same everywhere: ") for line in lines if line.startswith("the same everywhere")]
    assert said == ([why] if why else [])
    # Of the optimal value only: agents that walk at random may differ.
    random = mp.power(mdp, 1, samples=64, rng=0, policy=uniformly_random())
    assert "the same everywhere" not in terminal_map(random)


def test_what_is_not_known_is_said():
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        estimate = mp.power(mp.envs.fork(2), 0.5, "t(2)", samples=64, rng=0)
    out = terminal_map(estimate)
    assert "± nan" in out
    assert "no intervals" in out
    # A rate that rounds to 1 is not written as 1.
    assert "γ = 0.99999999\n" in terminal_map(mp.power(mp.envs.fork(2), 0.99999999, samples=16, rng=0))


def test_long_lists_are_cut():
    wide = {"x": {f"to{k}": {"y": 1.0} for k in range(20)}, "y": {"all": {"x": 0.5, "y": 0.5}}}
    assert "and 8 more actions" in show_map(mp.RewardlessMDP.from_successors(wide))
    names = [f"s{k}" for k in range(10)]
    spread = mp.RewardlessMDP.from_successors({s: {"any": dict.fromkeys(names, 0.1)} for s in names})
    assert "s5 (0.1), … (10 states)" in show_map(spread)
    long = mp.RewardlessMDP.from_successors({"n" * 50: {"stay": "n" * 50}})
    assert f"{'n' * 23}…  █" in terminal_map(mp.power(long, 0.5, samples=16, rng=0))


def test_numbered_states_on_a_grid_are_a_map():
    mdp = mp.RewardlessMDP.from_pairs([0, 1, 2], np.eye(3), layout=[[0, 0], [0, 1], [1, 1]])
    assert [x.replace(WALL, "#") for x in show_map(mdp).splitlines()] == [
        "########",
        "## * *##",
        "#### *##",
        "########",
    ]


def test_a_rate_next_to_one_is_not_one():
    """1 − 2^{−53} has 16 digits, at 15 it is 1: who reads the output would take it for average reward."""
    near = 1 - 2.0**-53
    fork = mp.envs.fork(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mp.MDPPowerWarning)
        estimate = mp.power(fork, [near, 1], method="exact")
        chances = mp.action_optimality(fork, [near, 0], method="exact")
    option = mp.Option.state(fork, "root", near, kind="power")
    for text in (terminal_map(estimate), repr(estimate), estimate._repr_html_(), repr(chances), repr(option)):
        assert "0.9999999999999999" in text
    assert number_text(near) == "0.9999999999999999"
    assert repr(estimate).count("0.9999999999999999") == 1  # the control: 1 itself is written as 1
    assert "γ = 0.9999999999999999, 1," in repr(estimate)
    with pytest.raises(mp.ParameterError, match=r"got 1.0000000000000002"):
        mp.power(fork, 1 + 2.0**-52)


def test_one_way_cells_are_drawn_as_they_are_written():
    """A reader of `show` finds the map again: > < ^ v, and no exit where there is none."""
    text = "a>.\n.#v\n.<.\n^.."
    drawn = show_map(mp.envs.gridworld(text), width=80).splitlines()[1:5]
    assert [line.replace(WALL, "").replace(" ", "") for line in drawn] == ["a>.", ".v", ".<.", "^.."]
    # The arrows hold when steps slip, too: they are where no action leads elsewhere.
    assert show_map(mp.envs.gridworld(text, slip=0.2), width=80).splitlines()[1:5] == drawn
    # The end of a corridor is left in one direction only, and is an ordinary cell: nothing else is beside it.
    assert show_map(mp.envs.gridworld("...\n##."), width=80).count(".") == 4
    # Held against a wall nothing is left of the arrow; yet the cell is no exit, and no other glyph of maps.
    held, free = (show_map(mp.envs.gridworld(f"...\n.{glyph}."), width=80) for glyph in "v*")
    assert held.count("*") == 0
    assert held.splitlines()[2].count("@") == 1
    assert "(@: a cell that no action leaves, such as a one-way cell against a wall)" in held
    assert free.count("*") == 1
    assert "@" not in free

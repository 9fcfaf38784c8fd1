"""Terminal maps: every cell in its place, with and without colour, in every width."""

from __future__ import annotations

import re

import numpy as np
import pytest

import mdppower as mp
from mdppower.terminal import WALL, grid_of, show_map, terminal_map

ANSI = re.compile(r"\x1b\[[0-9;]*m")


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


def test_a_large_map_is_thinned():
    drawn = show_map(mp.envs.make("open(300,300)"), width=80)
    assert "every 4th row and column of 300 × 300" in drawn
    assert max(map(len, drawn.splitlines())) <= 80

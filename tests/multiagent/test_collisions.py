"""Rules of collisions, on a street of two cells by hand and in the maze of POWERplay by number."""

from __future__ import annotations

import numpy as np
import pytest
from two_agents import dense_joint, moves_of

import mdppower as mp
from mdppower.errors import ParameterError, SizeError
from mdppower.multiagent import collisions
from mdppower.multiagent.collisions import OVERLAPS, move_at_once

STREET = mp.envs.gridworld("..", blocked="remove")
MAZE = mp.envs.gridworld(".......\n.##.###\n....###\n.##....\n.##.##.\n.##....\n....##.", blocked="remove")
SLIPPERY = mp.envs.gridworld("..\n..", blocked="remove", slip=0.4)


def test_two_cells_by_hand():
    # H left, A right. H: E or stay; A: W or stay. (E, W) change places; (E, stay) and (stay, W) collide.
    free = move_at_once(STREET, STREET)
    assert free.cells.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    of = {name: move_at_once(STREET, STREET, name) for name in OVERLAPS[1:]}
    for rows in of.values():
        assert rows.cells.tolist() == [[0, 1], [1, 0]]
        assert [STREET.pair_label(p)[1] for p in rows.human[:4]] == ["E", "E", "stay", "stay"]
        assert [STREET.pair_label(p)[1] for p in rows.ai[:4]] == ["W", "stay", "W", "stay"]
    assert of["bump"].kernel.toarray()[:4].tolist() == [[0, 1], [1, 0], [1, 0], [1, 0]]
    for name in ("remove", "remove-leak"):
        assert of[name].kernel.toarray()[:4].tolist() == [[0, 1], [0, 0], [0, 0], [1, 0]]
        assert of[name].lost[:4].tolist() == [0, 1, 1, 0]
    blocked = move_at_once(STREET, STREET, "bump", swap=False)
    assert blocked.kernel.toarray()[:4].tolist() == [[1, 0]] * 4


def test_staying_in_one_place_is_no_exchange():
    # With both where they are nothing is swapped, though each is where it was: (stay, stay) is free.
    rows = move_at_once(STREET, STREET, "remove", swap=False)
    assert rows.lost[:4].tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize("swap", [True, False])
@pytest.mark.parametrize("world", [STREET, SLIPPERY], ids=["street", "slippery"])
def test_joint_actions_are_those_of_the_definition(overlap, swap, world):
    if overlap == "allow" and not swap:
        return
    rows = move_at_once(world, world, overlap, swap)
    states, T = dense_joint(moves_of(world), moves_of(world), overlap, swap)
    assert [(world.states[h], world.states[a]) for h, a in rows.cells.tolist()] == states
    for j, s in enumerate(rows.state.tolist()):
        x, y = (world.pair_label(int(p))[1] for p in (rows.human[j], rows.ai[j]))
        wanted = np.zeros(len(states))
        for n, p in T[states[s]][x][y].items():
            wanted[states.index(n)] += p
        np.testing.assert_allclose(rows.kernel[[j]].toarray()[0], wanted, atol=1e-15)
        assert rows.lost[j] == pytest.approx(1 - wanted.sum(), abs=1e-12)
    assert (np.diff(rows.state) >= 0).all()


def test_the_maze_of_powerplay():
    # powerplay.md, section 4: 961 joint states; 930 without overlaps, 148 of them lose mass.
    assert len(move_at_once(MAZE, MAZE).cells) == 961
    rows = move_at_once(MAZE, MAZE, "remove-leak")
    assert len(rows.cells) == 930
    assert len(np.unique(rows.state[rows.lost > 0])) == 148
    assert set(np.unique(rows.lost)) == {0.0, 1.0}


def test_worlds_that_share_some_places():
    # ("a", "b") and ("b", "c"): they can meet in b alone.
    one, two = (
        mp.RewardlessMDP.from_successors({x: {"stay": x, "go": y}, y: {"stay": y, "go": x}}) for x, y in ("ab", "bc")
    )
    rows = move_at_once(one, two, "remove-leak")
    assert [(one.states[h], two.states[a]) for h, a in rows.cells.tolist()] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert rows.lost.sum() == 1 + 1 + 1  # (a, b): go, stay; (a, c): go, go; (b, c): stay, go


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match=r"overlap must be one of 'allow', 'bump'"):
        move_at_once(STREET, STREET, "push")
    with pytest.raises(ParameterError, match=r"swap=False makes a collision .* say what becomes of it"):
        move_at_once(STREET, STREET, swap=False)
    with pytest.raises(ParameterError, match=r"swap must be True or False, got 0"):
        move_at_once(STREET, STREET, "bump", swap=0)
    with pytest.raises(ParameterError, match=r"no state in common \(\(0, 0\), … and 'root', …\)"):
        move_at_once(STREET, mp.envs.fork(2), "bump")
    alone = mp.envs.gridworld(".", blocked="remove")
    with pytest.raises(ParameterError, match=r"no joint state is left"):
        move_at_once(alone, alone, "bump")


def test_too_large_is_said_before_it_is_made(monkeypatch):
    monkeypatch.setattr(collisions, "MOST", 15)
    with pytest.raises(SizeError, match=r"4 pairs and 4 pairs have 16 probabilities of joint actions, more than 15"):
        move_at_once(STREET, STREET)

"""What each agent has in joint actions."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.multiagent import JointMDP
from mdppower.multiagent.collisions import OVERLAPS

STREET = mp.envs.gridworld("...", blocked="remove")


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_each_joint_action_is_one_pair_of_each(overlap):
    actions = JointMDP.from_worlds(STREET, mp.envs.gridworld("....", blocked="remove"), overlap=overlap).actions
    for own, other in ((actions.human, actions.ai), (actions.ai, actions.human)):
        assert (np.sort(own.joint) == np.arange(len(actions.lost))).all()
        mine = np.repeat(np.arange(own.n_pairs), np.diff(own.starts))
        owner = np.repeat(np.arange(actions.n_states), np.diff(actions.pointer))
        assert (own.pair_states[mine] == owner[own.joint]).all()
        assert (other.pair_states[own.other] == owner[own.joint]).all()
        assert (np.diff(own.pair_states) >= 0).all()
        assert (actions.kernel[actions.human.joint].sum(axis=1) + actions.lost[actions.human.joint]).round(
            12
        ).max() == 1


def test_what_always_collides_is_not_there():
    # H in the middle, A at the end, who never moves: whoever goes there collides whatever A does.
    stone = mp.RewardlessMDP.from_successors({(0, 2): {"stay": (0, 2)}})
    joint = JointMDP.from_worlds(STREET, stone, overlap="remove")
    assert joint.choices("human").actions(((0, 1), (0, 2))) == ("W", "stay")
    assert JointMDP.from_worlds(STREET, stone, overlap="bump").choices("human").actions(((0, 1), (0, 2))) == (
        "E", "W", "stay"
    )  # fmt: skip


def test_reaching():
    joint = JointMDP.from_successors({
        "a": {("go", "x"): "b", ("stay", "x"): "a"}, "b": {("go", "x"): "c"}, "c": {("go", "x"): "c"},
        "d": {("go", "x"): "d"},
    })  # fmt: skip
    where = np.array([s == "c" for s in joint.states])
    assert [s for s, found in zip(joint.states, joint.actions.reaching(where), strict=True) if found] == [
        "a",
        "b",
        "c",
    ]


def test_band_is_the_longest_step():
    # (h, a) has place 3h + a: a step of H is 3, of both 4.
    assert JointMDP.from_worlds(STREET).actions.band == 4

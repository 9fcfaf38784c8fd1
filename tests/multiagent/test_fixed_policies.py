"""Policies that are the same for all rewards."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.agents import lookahead, uniformly_random
from mdppower.errors import LabelError, ParameterError
from mdppower.multiagent import JointMDP

STREET = mp.envs.gridworld("...", blocked="remove")
JOINT = JointMDP.from_worlds(STREET, overlap="remove")


def test_uniform_is_over_what_can_be_done():
    weights = JOINT.policy("ai")
    assert (np.add.reduceat(weights, JOINT.actions.ai.pointer[:-1]).round(15) == 1).all()
    assert (JOINT.policy("ai", uniformly_random()) == weights).all()
    assert set(weights.round(15)) == {round(1 / k, 15) for k in (2, 3)}


def test_by_joint_states_and_by_cells():
    still = JOINT.policy("ai", dict.fromkeys(STREET.states, "stay"))
    assert (still == JOINT.policy("ai", dict.fromkeys(JOINT.states, "stay"))).all()
    table = np.zeros((6, 5))
    table[:, JOINT.choices("ai").action_names.index("stay")] = 1
    assert (still == JOINT.policy("ai", table)).all()
    assert (still == JOINT.policy("ai", still)).all()
    own = np.zeros((3, 5))
    own[:, STREET.action_names.index("stay")] = 1
    assert (still == JOINT.policy("ai", own)).all()
    halves = JOINT.policy("ai", {cell: {"stay": 0.5, "W" if cell[1] else "E": 0.5} for cell in STREET.states})
    assert set(halves) == {0.0, 0.5}


def test_of_an_own_world_what_always_collides_goes_to_the_rest():
    # A beside a stone: going there is not there, so that half a step and half a stay is a stay.
    stone = mp.RewardlessMDP.from_successors({(0, 0): {"stay": (0, 0)}})
    joint = JointMDP.from_worlds(stone, STREET, overlap="remove")
    weights = joint.policy("ai", {(0, 0): "E", (0, 1): {"W": 0.5, "stay": 0.5}, (0, 2): "stay"})
    choices = joint.choices("ai")
    told = {choices.pair_label(p): w for p, w in enumerate(weights.tolist()) if w}
    assert told == {(((0, 0), (0, 1)), "stay"): 1.0, (((0, 0), (0, 2)), "stay"): 1.0}
    with pytest.raises(ParameterError, match=r"joint state \(\(0, 0\), \(0, 1\)\) each of its actions collides"):
        joint.policy("ai", {(0, 0): "E", (0, 1): "W", (0, 2): "W"})


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ("random", ParameterError, r"policy of the ai: 'uniform', a mapping or an array, got 'random'"),
        (
            lookahead(1),
            ParameterError,
            r"policy lookahead\(k=1\) may depend on the rewards; the ai's is to be the same",
        ),
        ({(0, 0): "E"}, ParameterError, r"policy says nothing of state \(0, 1\)"),
        ({((0, 0), (0, 1)): "N"}, LabelError, r"'N'"),
        ({"nowhere": "stay"}, LabelError, r"'nowhere'"),
        (np.ones(8), ParameterError, r"must give floats of shape"),
        (np.full((3, 5), 0.2), ParameterError, r"which lacks it"),
        (7, ParameterError, r"policy must be a rule"),
    ],
)
def test_what_is_no_policy_is_refused(given, kind, said):
    with pytest.raises(kind, match=said):
        JOINT.policy("ai", given)

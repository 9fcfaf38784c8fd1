"""MDPs whose actions are pairs."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import ModelError
from mdppower.multiagent import JointMDP

STREET = mp.envs.gridworld("...", blocked="remove")


def as_mdp(joint):
    """The MDP of which both agents' actions are one: what has lost nothing."""
    actions = joint.actions
    human, ai = (np.empty(len(actions.lost), int) for _ in range(2))
    for own, codes in ((actions.human, human), (actions.ai, ai)):
        codes[own.joint] = np.repeat(own.action_codes, np.diff(own.starts))
    names = [(actions.human.action_names[x], actions.ai.action_names[y]) for x, y in zip(human, ai, strict=True)]
    state = np.repeat(np.arange(joint.n_states), np.diff(actions.pointer))
    left = actions.lost == 0
    return mp.RewardlessMDP.from_pairs(
        state[left], actions.kernel[np.flatnonzero(left)], states=joint.states,
        actions=[n for n, there in zip(names, left, strict=True) if there],
    )  # fmt: skip


SLOW = [pytest.param(rule, marks=pytest.mark.slow) for rule in ("allow", "bump", "remove-leak")]


@pytest.mark.parametrize("overlap", ["remove", *SLOW])
def test_the_same_world_by_its_joint_actions(overlap):
    worlds = JointMDP.from_worlds(STREET, overlap=overlap)
    given = JointMDP.from_mdp(as_mdp(worlds), overlap=overlap if overlap.startswith("remove") else None)
    assert given.states == worlds.states
    assert given.leaks == worlds.leaks
    assert given.n_joint == worlds.n_joint
    one, two = (mp.multiagent.joint_power(x, gamma=0.9, rho=0.5, samples=16, rng=0) for x in (worlds, given))
    np.testing.assert_allclose(one.data.means, two.data.means, atol=1e-13)  # actions have another order


@pytest.mark.slow
def test_arrays_graphs_and_mappings_are_one():
    T = np.zeros((2, 2, 3, 2))
    for s, a, b in np.ndindex(2, 2, 3):
        T[s, a, b, (s + a * b) % 2] = 1
    table = {s: {(a, b): (s + a * b) % 2 for a in range(2) for b in range(3)} for s in range(2)}
    one, two = JointMDP.from_arrays(T), JointMDP.from_successors(table)
    assert one.fingerprint == JointMDP.from_mdp(one.made_of[0]).fingerprint
    assert (one.actions.kernel != two.actions.kernel).nnz == 0
    assert one.actions.human.action_names == (0, 1)
    assert one.actions.ai.action_names == (0, 1, 2)
    named = JointMDP.from_arrays(T, states="xy", human_actions=["l", "r"], ai_actions=["u", "v", "w"])
    assert named.choices("ai").pair_label(4) == ("y", "v")
    graph = one.made_of[0].to_graph()
    assert (JointMDP.from_graph(graph).actions.kernel != one.actions.kernel).nnz == 0


def test_what_is_no_joint_action_is_refused():
    with pytest.raises(ModelError, match=r"action '->t1' is no pair: the human's action and the AI's"):
        JointMDP.from_mdp(mp.envs.fork(2))
    lacking = {"x": {("a", "c"): "x", ("b", "d"): "x"}}
    with pytest.raises(
        ModelError, match=r"state 'x': there is no joint action \('a', 'd'\), though .* overlap='remove'"
    ):
        JointMDP.from_successors(lacking)
    assert JointMDP.from_successors(lacking, overlap="remove").actions.lost.tolist() == [0, 1, 1, 0]
    with pytest.raises(ModelError, match=r"shape \(S, A_H, A_A, S\), got \(2, 2, 2\)"):
        JointMDP.from_arrays(np.zeros((2, 2, 2)))
    with pytest.raises(ModelError, match=r"feasible must have shape \(1, 2, 2\), got \(1, 2\)"):
        JointMDP.from_arrays(np.ones((1, 2, 2, 1)), feasible=[[True, True]])
    with pytest.raises(ModelError, match=r"ai_actions must be 2 labels, got 1"):
        JointMDP.from_arrays(np.ones((1, 2, 2, 1)), ai_actions=["only"])
    mask = [[[True, True], [True, False]]]
    assert JointMDP.from_arrays(np.ones((1, 2, 2, 1)), feasible=mask, overlap="remove-leak").leaks

"""JointMDP: doors, labels, and the MDP of one agent, to the same bits by both routes."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import LabelError, ModelError, ParameterError
from mdppower.multiagent import JointMDP, joint_power

STREET = mp.envs.gridworld("...", blocked="remove")
ROOM = mp.envs.gridworld("..\n..", blocked="remove")


@pytest.mark.parametrize("overlap", ["allow", "bump", "remove"])
@pytest.mark.parametrize("policy", ["uniform", dict.fromkeys(ROOM.states, "stay")], ids=["uniform", "stays"])
def test_a_fixed_policy_leaves_an_mdp_of_one_agent(overlap, policy):
    joint = JointMDP.from_worlds(ROOM, overlap=overlap)
    two = joint_power(joint, gamma=0.9, seed_policy=policy, samples=32, rng=3)
    one = mp.power(joint.one_agent("human", policy), 0.9, samples=32, rng=3)
    assert (two.human_baseline.data.means == one.data.means).all()
    paired = two.human_baseline - one  # the same draws: what is common cancels, and here that is all
    assert (paired.mean == 0).all()
    assert (paired.stderr == 0).all()


@pytest.mark.slow
def test_where_probability_is_lost_there_is_an_end():
    joint = JointMDP.from_worlds(STREET, overlap="remove-leak")
    alone = joint.one_agent("human")
    assert alone.states[-1] == "lost"
    assert alone.absorbing_states.tolist() == [joint.n_states]
    # H stays at the left, A beside it with three things to do, of which one collides: 1/3 is lost
    p = alone.pair(((0, 0), (0, 1)), "stay")
    assert alone.kernel[[p]].toarray()[0, -1] == pytest.approx(1 / 3)
    # The same POWER: the end earns nothing. Draws are others, so that intervals must overlap.
    two = joint_power(joint, gamma=0.9, samples=1024, rng=0)
    one = mp.power(alone, 0.9, {"lost": 0, "default": "uniform"}, samples=1024, rng=1)
    gap = np.abs(two.human_baseline.mean - one.mean[:-1])
    assert (gap <= 4.5 * np.hypot(two.human_baseline.stderr, one.stderr[:-1])).all()  # 6 gaps: 4e-5
    assert abs(one.mean[-1]) < 1e-15
    bumped = JointMDP.from_worlds(STREET, overlap="bump").one_agent("human")  # and other rules are told apart
    other = mp.power(bumped, 0.9, samples=1024, rng=1)
    assert (np.abs(two.human_baseline.mean - other.mean) > 20 * other.stderr).all()


def test_the_end_has_a_name_of_its_own():
    game = {"lost": {("a", "x"): "lost", ("b", "y"): "lost'"}, "lost'": {("a", "x"): "lost"}}
    alone = JointMDP.from_successors(game, overlap="remove-leak").one_agent("human")
    assert alone.states == ("lost", "lost'", "lost''")
    assert alone.absorbing_states.tolist() == [2]


def test_rows_sum_to_1_but_under_the_leak_rule():
    for overlap in ("allow", "bump", "remove"):
        assert JointMDP.from_worlds(STREET, overlap=overlap).one_agent("ai").states[-1] != "lost"


def test_labels_cells_and_what_it_is():
    joint = JointMDP.from_worlds(STREET, ROOM, overlap="remove", swap=False)
    assert repr(joint) == "JointMDP(10 joint states, 67 joint actions, overlap='remove', swap=False)"
    assert joint.states[joint.index(((0, 2), (1, 0)))] == ((0, 2), (1, 0))
    h, a = joint.cells[joint.index(((0, 2), (1, 0)))]
    assert joint.of_worlds("human").states[h] == (0, 2)
    assert joint.of_worlds("ai").states[a] == (1, 0)
    with pytest.raises(LabelError, match=r"no joint state \(\(0, 0\), \(0, 0\)\)"):
        joint.index(((0, 0), (0, 0)))
    with pytest.raises(ParameterError, match=r"player must be one of 'human', 'ai', got 'robot'"):
        joint.one_agent("robot")
    given = JointMDP.from_successors({"x": {("a", "b"): "x"}})
    with pytest.raises(ParameterError, match=r"made of joint actions: its agents have no worlds"):
        given.of_worlds("ai")
    with pytest.raises(TypeError, match=r"JointMDP\.from_worlds"):
        JointMDP()


def test_pairs_have_the_order_of_choices():
    joint = JointMDP.from_worlds(STREET, ROOM, overlap="remove")
    for player in ("human", "ai"):
        own, choices = joint.player(player), joint.choices(player)
        assert (choices.pointer == own.pointer).all()
        assert [choices.action_names[c] for c in choices.action_codes] == [
            own.action_names[c] for c in own.action_codes
        ]


def test_fingerprints_tell_worlds_apart():
    worlds = [
        JointMDP.from_worlds(STREET, overlap=overlap, swap=swap)
        for overlap, swap in (
            ("allow", True),
            ("bump", True),
            ("bump", False),
            ("remove", True),
            ("remove-leak", True),
        )
    ] + [JointMDP.from_worlds(ROOM)]
    assert len({x.fingerprint for x in worlds}) == len(worlds)
    assert JointMDP.from_worlds(STREET).fingerprint == worlds[0].fingerprint


def test_a_rule_that_leaves_nothing_to_do_is_refused():
    # Two cells, no staying: they can but change places.
    pair = mp.envs.gridworld("..", blocked="remove", stay=False)
    assert JointMDP.from_worlds(pair, overlap="remove").n_joint == 2
    with pytest.raises(ModelError, match=r"joint state \(\(0, 0\), \(0, 1\)\) has no action: .* swap=False whatever"):
        JointMDP.from_worlds(pair, overlap="remove", swap=False)
    with pytest.raises(ModelError, match=r"overlap='remove-leak', swap=False"):
        JointMDP.from_worlds(pair, overlap="remove-leak", swap=False)
    # A policy may leave nothing, too: H cornered at a dead end, whom A comes to meet.
    joint = JointMDP.from_worlds(mp.envs.gridworld("..", blocked="remove"), overlap="remove", swap=False)
    with pytest.raises(LabelError, match="'W'"):  # A's W is not there: it always collides
        joint.one_agent("human", {((0, 0), (0, 1)): "W", ((0, 1), (0, 0)): "stay"})


def test_no_mdps_are_refused():
    with pytest.raises(ParameterError, match=r"human must be a RewardlessMDP, got 'maze'"):
        JointMDP.from_worlds("maze")
    with pytest.raises(ParameterError, match=r"ai must be a RewardlessMDP, got 3"):
        JointMDP.from_worlds(STREET, 3)

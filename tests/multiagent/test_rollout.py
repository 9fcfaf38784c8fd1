"""Walks of two agents: each step as in the values that the numbers came from."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import LabelError, ParameterError
from mdppower.multiagent import JointMDP, joint_power, roll_out
from mdppower.multiagent.facing import Workspace
from mdppower.multiagent.induced import chain
from mdppower.multiagent.rollout import one_step

ROOM = mp.envs.gridworld("..\n..", blocked="remove", slip=0.3)


def chain_of(joint, drawn):
    """(S + 1, S + 1) matrix of H's own chain: its plan in what it faces, by the code of the values."""
    work = Workspace(joint.actions)
    faced = work.face(joint.actions.human, drawn.ai_policy)
    entries, without = chain(*faced, drawn.human_policy, work._dense, work._touched, *work._chain)
    assert without < 0
    indptr, indices, data = work._chain
    found = np.zeros((joint.n_states + 1, joint.n_states + 1))
    for s in range(joint.n_states):
        row = slice(indptr[s], indptr[s + 1])
        found[s, indices[row]] = data[row]
    assert entries >= joint.n_states
    return found


@pytest.mark.parametrize("overlap", ["allow", "bump", "remove", "remove-leak"])
def test_steps_are_those_of_the_values(overlap):
    """From each joint state 200 steps: their shares against the chain's row, by χ² at 1 in 10,000 in all.

    The control: against the rows of another draw they fail.
    """
    from scipy import stats

    run = joint_power(ROOM, gamma=0.6, overlap=overlap, samples=64, rng=0)
    joint, drawn, rng = run.joint, run.draw(5), np.random.default_rng(1)
    rows, other = chain_of(joint, drawn), chain_of(joint, run.draw(6))
    seen = np.zeros((joint.n_states, joint.n_states + 1))
    for s in range(joint.n_states):
        for _ in range(200):
            h, a, to = one_step(joint, drawn.human_policy, drawn.ai_policy, s, rng)
            assert joint.actions.human.pair_states[h] == s
            assert a < 0 or joint.actions.ai.pair_states[a] == s
            assert (a < 0) == (to == joint.n_states)
            seen[s, to] += 1
    wanted, control = 200 * rows[:-1], 200 * other[:-1]
    assert (seen[wanted == 0] == 0).all()
    some = wanted > 0
    statistic = ((seen - wanted)[some] ** 2 / wanted[some]).sum()
    freedom = int(some.sum()) - joint.n_states
    assert statistic < stats.chi2(freedom).ppf(0.9999)
    assert (seen[control == 0] > 0).any() or abs(control - wanted).max() > 0.1


def test_a_walk_is_what_it_says():
    run = joint_power(mp.envs.gridworld("...", blocked="remove"), gamma=0.9, overlap="bump", samples=64, rng=0)
    walk = roll_out(run, 3, ((0, 0), (0, 2)), steps=6, rng=0)
    drawn, joint = run.draw(3), run.joint
    assert walk.states[0] == ((0, 0), (0, 2))
    assert walk.steps == 6 == len(walk.does("human"))
    for k in range(6):
        s = joint.index(walk.states[k])
        for player, policy in (("human", drawn.human_policy), ("ai", drawn.ai_policy)):
            own = joint.choices(player)
            labels = {own.pair_label(p)[1]: policy[p] for p in range(own.pointer[s], own.pointer[s + 1])}
            assert labels[walk.does(player)[k]] > 0
    table = walk.table()
    assert table["human_reward"] == [float(drawn.human_rewards[joint.index(s)]) for s in walk.states]
    assert table["ai"] == [float(run.ai.of(s).mean) for s in walk.states]
    assert (table["human_does"][-1], table["ai_does"][-1]) == ("", "")
    assert walk.to_xarray()["human_reward"].values.tolist() == table["human_reward"]
    assert walk.of(6) == walk.states[6]
    again = roll_out(run, 3, ((0, 0), (0, 2)), steps=6, rng=0)
    assert (walk.at == again.at).all()


def test_an_end():
    """Two cells where nothing is to be had but losses: it is best to collide, after which nothing is lost."""
    pair = mp.envs.gridworld("..", blocked="remove")
    run = joint_power(pair, gamma=0.6, rewards="uniform(-1,0)", overlap="remove-leak", samples=64, rng=0)
    ends = [roll_out(run, i, run.joint.states[0], steps=50, rng=i) for i in range(run.samples)]
    ended = [walk for walk in ends if walk.states[-1] == "lost"]
    assert ended
    walk = ended[0]
    assert walk.does("ai")[-1] is None
    assert walk.rewards[-1].tolist() == [0, 0]
    assert ", then the end, draw " in repr(walk)
    assert walk.table()["ai_does"][-2:] == ["", ""]


def test_what_is_refused():
    run = joint_power(JointMDP.from_worlds(ROOM), gamma=0.5, samples=64, rng=0)
    with pytest.raises(ParameterError, match="draw must be an integer from 0 to 63, got 64"):
        roll_out(run, 64)
    with pytest.raises(ParameterError, match="steps must be a positive integer"):
        roll_out(run, steps=0)
    with pytest.raises(LabelError, match="there is no joint state 'x'"):
        roll_out(run, start="x")

"""The three steps, against all policies one by one, and what must hold of them whatever the rewards."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from two_agents import dense_joint, moves_of, three_steps

import mdppower as mp
from mdppower.multiagent import JointMDP, joint_power
from mdppower.multiagent.collisions import OVERLAPS
from mdppower.multiagent.facing import Workspace

SQUARE = mp.envs.gridworld("..\n..", blocked="remove", stay=False)
ROOM = mp.envs.gridworld("...\n...\n...", blocked="remove")
SLIPPERY = mp.envs.gridworld("..\n..", blocked="remove", stay=False, slip=0.3)


def task_of(joint, gamma=(0.6, 0.8), **options):
    """The task of a run, without its draws."""
    return joint_power(joint, gamma=gamma, samples=2, rng=0, **options).task


def by_hand(joint, world, rewards, gammas, overlap):
    states, T = dense_joint(moves_of(world), moves_of(world), overlap)
    assert list(joint.states) == states
    return three_steps(states, T, rewards, gammas, overlap)


# ---------------------------------------------------------------------- brute force

# 2 × 2 cells, 2 moves each: 16 joint states and 2^16 policies where both may be in one cell, else 12 and 2^12.
# Rewards of 0 and 1 make ties in about every draw; uniform ones make none.


@pytest.mark.parametrize("overlap", OVERLAPS[1:])
@pytest.mark.parametrize("law", [pytest.param("uniform", marks=pytest.mark.slow), "tied"])
def test_all_policies_one_by_one(overlap, law):
    joint = JointMDP.from_worlds(SQUARE, overlap=overlap)
    human, ai = np.random.default_rng(1).random((2, 1, joint.n_states))
    if law == "tied":
        human, ai = np.round(human), np.round(ai)
    task = task_of(joint)
    end = np.zeros((1, int(joint.leaks)))
    shares = []
    for i, found in enumerate(task.played(np.hstack([human, end]), np.hstack([ai, end]))):
        wanted, plan, reply = by_hand(joint, SQUARE, (human[i], ai[i]), task.gammas, overlap)
        for one, other in zip(found[:4], wanted, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12 + found.error)
        assert found.near == 0
        for player, policy, given in (("human", plan, found.human_policy), ("ai", reply, found.ai_policy)):
            labels = [joint.choices(player).pair_label(p) for p in range(len(given))]
            np.testing.assert_allclose(given, [policy[s].get(x, 0.0) for s, x in labels], atol=1e-15)
        shares += [*found.human_policy, *found.ai_policy]
    assert (0.5 in shares) == (law == "tied"), "else there was no tie to split"


@pytest.mark.slow
def test_all_policies_where_both_may_be_in_one_cell():
    joint = JointMDP.from_worlds(SQUARE)
    human, ai = np.round(np.random.default_rng(2).random((2, 1, 16)), 1)  # some ties
    task = task_of(joint)
    (found,) = task.played(human, ai)
    wanted, _, _ = by_hand(joint, SQUARE, (human[0], ai[0]), task.gammas, "allow")
    for one, other in zip(found[:4], wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("overlap", OVERLAPS[1:])
def test_noisy_worlds(overlap):
    # D5 of POWERplay: where moves slip, joint actions lose mass themselves. One collision in a row is not the action.
    joint = JointMDP.from_worlds(SLIPPERY, overlap=overlap)
    lost = joint.actions.lost
    assert ((lost > 0) & (lost < 1)).any() == (overlap != "bump")
    human, ai = np.random.default_rng(3).random((2, 1, 12))
    task = task_of(joint)
    end = np.zeros((1, int(joint.leaks)))
    (found,) = task.played(np.hstack([human, end]), np.hstack([ai, end]))
    wanted, _, _ = by_hand(joint, SLIPPERY, (human[0], ai[0]), task.gammas, overlap)
    for one, other in zip(found[:4], wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12 + found.error)


def test_next_rewards_alone_count_at_rate_0():
    # (1−γ)/γ (V − R) → the reward that follows: what γ = 1e-6 gives, but for O(γ)
    human, ai = np.random.default_rng(4).random((2, 1, 12))
    joint = JointMDP.from_worlds(SQUARE, overlap="bump")
    (at_0,), (near_0,) = (task_of(joint, (g, g)).played(human, ai) for g in (0.0, 1e-6))
    for one, other in zip(at_0[:4], near_0[:4], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert at_0.error < 1e-14


# ---------------------------------------------------------------------- the same by the one-agent doors


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_each_step_is_one_of_an_mdp_of_one_agent(overlap):
    found = joint_power(ROOM, gamma=(0.9, 0.95), overlap=overlap, samples=16, rng=5)
    joint = found.joint
    for i in (0, 9):
        draw = found.draw(i)
        rewards = [np.append(r, [0.0] * joint.leaks) for r in (draw.human_rewards, draw.ai_rewards)]
        alone = joint.one_agent("ai", draw.human_policy)
        best = mp.optimal_values(alone, rewards[1], 0.95)
        onwards = np.maximum.reduceat(alone.kernel @ best.normalised[0], alone.pointer[:-1])[: joint.n_states]
        assert np.abs(onwards - draw.ai).max() <= best.error_bound[0] + draw.error_bound + 1e-14
        against = joint.one_agent("human", draw.ai_policy)
        # what the human planned, as an array for that MDP, which may have fewer pairs
        choices = joint.choices("human")
        plan = {}
        for p in np.flatnonzero(draw.human_policy):
            state, action = choices.pair_label(p)
            if action in against.actions(state):
                plan.setdefault(state, {})[action] = draw.human_policy[p]
        plan = {s: {a: w / sum(x.values()) for a, w in x.items()} for s, x in plan.items()}
        values, error = mp.agents.policy_values(against, rewards[0], 0.9, plan)
        assert np.abs(values[0, : joint.n_states] - draw.human).max() <= error[0] + draw.error_bound


def test_who_is_called_human_does_not_matter():
    # What an agent faces, while the other moves at random, is the same but for the order of a joint state.
    street = mp.envs.gridworld("....", blocked="remove")
    one, two = JointMDP.from_worlds(street, ROOM, overlap="bump"), JointMDP.from_worlds(ROOM, street, overlap="bump")
    turned = [two.index((a, h)) for h, a in one.states]
    reward = np.random.default_rng(6).random(one.n_states)
    other = np.empty_like(reward)
    other[turned] = reward
    first, second = Workspace(one.actions), Workspace(two.actions)
    mine = first.best(first.face(one.player("human"), one.policy("ai")), reward, 0.9)
    yours = second.best(second.face(two.player("ai"), two.policy("human")), other, 0.9)
    assert np.abs(mine.v - yours.v[turned]).max() <= mine.gap + yours.gap


def test_relabelled_cells_permute_the_numbers():
    order = np.random.default_rng(7).permutation(9)
    place = np.argsort(order)
    pairs = np.concatenate([np.arange(ROOM.pointer[s], ROOM.pointer[s + 1]) for s in order])
    moved = mp.RewardlessMDP.from_pairs(
        place[ROOM.pair_states[pairs]], ROOM.kernel[pairs][:, order], states=[ROOM.states[s] for s in order],
        actions=ROOM.action_names, action_codes=ROOM.action_codes[pairs],
    )  # fmt: skip
    one, two = (JointMDP.from_worlds(world, overlap="remove") for world in (ROOM, moved))
    where = [two.index(state) for state in one.states]
    human, ai = np.random.default_rng(8).random((2, 4, one.n_states))
    turned = np.empty((2, 4, one.n_states))
    turned[:, :, where] = human, ai
    for a, b in zip(task_of(one).played(human, ai), task_of(two).played(*turned), strict=True):
        for mine, yours in zip(a[:4], b[:4], strict=True):
            np.testing.assert_allclose(mine, yours[where], atol=1e-12)


def test_symmetric_maps_give_symmetric_maps():
    # A draw and its seven images under the symmetries of the square: their mean is the same in cells of one orbit.
    joint = JointMDP.from_worlds(ROOM, overlap="bump")
    images = []
    for turn in range(4):
        for flip in (False, True):

            def image(cell, turn=turn, flip=flip):
                r, c = cell if not flip else cell[::-1]
                for _ in range(turn):
                    r, c = c, 2 - r
                return r, c

            images.append([joint.index((image(h), image(a))) for h, a in joint.states])
    human, ai = np.random.default_rng(9).random((2, joint.n_states))
    played = list(task_of(joint).played(human[images], ai[images]))
    for k in range(4):
        mean = np.mean([one[k] for one in played], axis=0)
        for image in images:
            np.testing.assert_allclose(mean[image], mean, atol=1e-12)
        assert mean.max() - mean.min() > 0.01  # cells of other orbits do differ
    assert any((played[0].human[image] != played[0].human).any() for image in images)  # as one draw does


# ---------------------------------------------------------------------- variants

# Matching pennies, once: both choose a side, and "same" or "other" is where they stay. With ρ = −1 what one wants the
# other does not: a best response to a pure policy is never met by one.
PENNIES = {
    "start": {(a, b): "same" if a == b else "other" for a in "ht" for b in "ht"},
    "same": {("h", "h"): "same"},
    "other": {("h", "h"): "other"},
}


def test_rounds_end_where_a_best_response_comes_back():
    game = JointMDP.from_successors(PENNIES)
    options = {"gamma": 0.5, "samples": 64, "rng": 0, "seed_policy": {"start": "h"}}
    against = joint_power(game, rho=-1, rounds=7, **options)
    # H matches or not, as it likes; A, who sees that, turns it round; each draw has one of both: no pure equilibrium
    assert against.settled == 0
    together = joint_power(game, rho=1, rounds=7, **options)
    assert together.settled == 1
    assert together.human.of("start").mean == pytest.approx(2 / 3, abs=0.01)  # E max of two
    assert against.human.of("start").mean == pytest.approx(1 / 3, abs=0.01)  # E min of two
    assert against.ai.of("start").mean == pytest.approx(2 / 3, abs=0.01)
    # Both toss a coin where the seed does: a mixed equilibrium, which comes back at once.
    fair = joint_power(game, rho=-1, rounds=2, gamma=0.5, samples=64, rng=0)
    assert fair.settled == 1
    assert fair.human.of("start").mean == pytest.approx(1 / 2, abs=0.01)
    assert np.isnan(joint_power(game, rho=-1, **options).settled)


def test_what_has_settled_is_a_pair_of_best_responses():
    # Neither gains by another policy: H's best value against A's policy is what H has. Where the rounds ended before,
    # it would gain.
    options = {"gamma": 0.9, "overlap": "bump", "samples": 32, "rng": 8, "rounds": 4}
    found = joint_power(SQUARE, **options)
    again = joint_power(SQUARE, **options, replan=True)
    settled, gains = [], []
    for i in range(found.samples):
        one, two = found.draw(i), again.draw(i)
        settled.append(one.settled)
        gains.append((two.human - one.human).max())
    settled, gains = np.array(settled), np.array(gains)
    assert settled.mean() == found.settled
    assert 0.1 < found.settled < 0.9
    assert np.abs(gains[settled]).max() < 1e-12
    assert gains[~settled].min() > 1e-6


@pytest.mark.slow
def test_a_task_can_be_sent_to_processes():
    task = joint_power(SQUARE, gamma=0.9, rho=0.5, overlap="remove-leak", samples=16, rng=8).task
    there = pickle.loads(pickle.dumps(task))
    for one, two in zip(task(range(2)), there(range(2)), strict=True):
        assert (one == two).all()
    assert there.joint.fingerprint == task.joint.fingerprint


def test_a_human_that_plans_again_has_no_less():
    held = joint_power(SQUARE, gamma=0.9, overlap="bump", samples=32, rng=1)
    again = joint_power(SQUARE, gamma=0.9, overlap="bump", samples=32, rng=1, replan=True)
    gains = []
    for i in range(0, 32, 6):
        one, two = held.draw(i), again.draw(i)
        gains.append(two.human - one.human)
        assert (two.ai == one.ai).all()
    assert np.min(gains) > -1e-12
    assert np.mean(np.max(gains, axis=1) > 1e-3) > 0.4


def test_an_indifferent_ai_is_the_baseline_of_a_uniform_seed():
    # It acts as H expects: H has what it planned for, and A what the seed has.
    found = joint_power(ROOM, gamma=0.6, overlap="remove", indifferent=True, samples=32, rng=2)
    assert np.abs(found.human.mean - found.human_baseline.mean).max() < 1e-12
    assert np.abs(found.ai.mean - found.ai_baseline.mean).max() < 1e-12
    # Not so where H expects another.
    still = dict.fromkeys(ROOM.states, "stay")
    options = {"overlap": "remove", "indifferent": True, "seed_policy": still}
    stays = joint_power(ROOM, gamma=0.6, samples=32, rng=2, **options)
    assert (stays.cost.mean > 0.001).all()


def test_near_ties_are_ties_of_the_tolerance_that_is_said():
    ends = {end: {("a", "x"): end} for end in ("left", "right")}
    two = {"s": {("a", "x"): "left", ("b", "x"): "right"}} | ends
    task = {ties: task_of(JointMDP.from_successors(two), (0.5, 0.5), ties=ties) for ties in (1e-9, 1e-3)}
    reward = np.array([[0.0, 1.0, 1.0 - 1e-6]])  # (1/(1−γ)) v falls short by 2e-6
    (apart,), (tied,) = (task[ties].played(reward, reward) for ties in task)
    assert (apart.human_policy[:2] == [1, 0]).all()
    assert apart.near == 0
    assert (tied.human_policy[:2] == [0.5, 0.5]).all()
    assert tied.near == 1
    (exact,) = task[1e-9].played(np.array([[0.0, 1.0, 1.0]]), reward)
    assert (exact.human_policy[:2] == [0.5, 0.5]).all()
    assert exact.near == 0

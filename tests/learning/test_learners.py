"""Agents that take the reward function as an input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning_agents import features_of_random

import mdppower as mp
from mdppower.agents.evaluation import evaluate
from mdppower.learning import GPI, Linear, standardised

FORK, MAZE, FIGURE = mp.envs.fork(3), mp.envs.make("maze"), mp.envs.figure_1()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=9),
    st.sampled_from([1e-9, 0.5, 1.0, 3.0, 1e6]),
    st.integers(-1000, 1000),
)
def test_shift_and_scale_change_nothing(rewards, scale, shift):
    # Integers, so that aR + c has differences that are right to rounding of c.
    row = np.array([rewards], float)
    x = standardised(row)
    np.testing.assert_allclose(standardised(scale * row), x, atol=1e-12)
    np.testing.assert_allclose(standardised(row + shift), x, atol=1e-12)
    np.testing.assert_allclose(standardised(-row), -x, atol=1e-12)
    if len(set(rewards)) > 1:
        assert abs(x.mean()) < 1e-14
        assert abs(np.square(x).mean() - 1) < 1e-13
    else:
        assert not x.any()


def test_constant_rewards_are_no_input_and_large_ones_are_one():
    assert not standardised([[0.1, 0.1, 0.1]]).any()
    x = standardised([[1e150, -1e150, 0.0], [1 + 1e-15, 1.0, 1.0]])
    assert np.isfinite(x).all()
    np.testing.assert_allclose(np.square(x).mean(axis=1), 1)
    row = np.array([3.0, 1.0])
    standardised(row)
    assert row.tolist() == [3.0, 1.0]  # a copy


def test_an_agent_is_a_rule_that_power_takes():
    rng = np.random.default_rng(0)
    agent = Linear(rng.standard_normal((MAZE.n_pairs, 31)), rng.standard_normal(MAZE.n_pairs))
    rewards = rng.random((40, 31))
    _, onwards, _ = evaluate(MAZE, rewards, 0.9, agent)
    best, _ = mp.agents.policy_values(MAZE, rewards, 0.9, mp.agents.optimal())
    # Pathwise: no draw of an agent is above the optimum.
    assert (onwards <= best + 1e-12).all()
    # By hand: the chain of each draw solved as a linear system.
    q = standardised(rewards) @ agent.weights.T + agent.bias
    for i in range(40):
        first, last = MAZE.pointer[:-1], MAZE.pointer[1:]
        pairs = [a + int(np.argmax(q[i, a:b])) for a, b in zip(first, last, strict=True)]
        chain = MAZE.kernel.toarray()[pairs]
        values = 0.1 * np.linalg.solve(np.eye(31) - 0.9 * chain, rewards[i])
        np.testing.assert_allclose(onwards[i], chain @ values, atol=1e-12)
    np.testing.assert_allclose(agent.values(rewards), q, atol=1e-12)


def test_the_agent_of_scaled_rewards_is_the_same():
    rng = np.random.default_rng(2)
    agent = Linear(rng.standard_normal((MAZE.n_pairs, 31)))
    rewards = rng.random((50, 31))
    assert np.array_equal(agent(MAZE, 8 * rewards - 2, 0.9), agent(MAZE, rewards, 0.9))
    assert np.isfinite(agent(MAZE, np.ones((1, 31)), 0.9)).all()


def test_one_that_does_not_see_is_the_same_for_all_rewards():
    rng = np.random.default_rng(3)
    weights, bias = rng.standard_normal((MAZE.n_pairs, 31)), rng.standard_normal(MAZE.n_pairs)
    blind = Linear(weights, bias, sees=False)(MAZE, rng.random((50, 31)), 0.9)
    assert (blind == blind[0]).all()
    seeing = Linear(weights, bias)(MAZE, rng.random((50, 31)), 0.9)
    assert not (seeing == seeing[0]).all()


def test_a_temperature_gives_a_softmax():
    rng = np.random.default_rng(4)
    weights = rng.standard_normal((FORK.n_pairs, 4))
    rewards = rng.random((5, 4))
    soft = Linear(weights, temperature=0.5)(FORK, rewards, 0.9)
    q = np.exp((standardised(rewards) @ weights.T)[:, :3] / 0.5)
    np.testing.assert_allclose(soft[:, :3], q / q.sum(axis=1, keepdims=True), rtol=1e-12)
    cold = Linear(weights, temperature=1e-300)(FORK, rewards, 0.9)
    assert np.array_equal(FORK.action_codes[cold[:, :3].argmax(axis=1)], Linear(weights)(FORK, rewards, 0.9)[:, 0])


def test_one_step_of_improvement_is_enough_at_a_fork():
    # Any policy's features at the leaves are exact, so that the best leaf is taken: POWER itself, draw by draw.
    agent = GPI(features_of_random(FORK, 0.9))
    found = mp.power(FORK, 0.9, samples=128, sampler="iid", policy=agent, rng=0)
    best = mp.power(FORK, 0.9, samples=128, sampler="iid", rng=0)
    np.testing.assert_allclose(found.mean, best.mean, rtol=1e-14)


def test_one_step_of_improvement_improves():
    # The policy improvement theorem, draw by draw and state by state.
    rewards = np.random.default_rng(5).random((100, 31))
    psi = features_of_random(MAZE, 0.9)
    np.testing.assert_allclose(psi.sum(axis=1), 1)
    before, _, _ = evaluate(MAZE, rewards, 0.9, mp.agents.uniformly_random())
    after, _, _ = evaluate(MAZE, rewards, 0.9, GPI(psi))
    assert (after >= before - 1e-12).all()
    assert after.mean() - before.mean() > 0.1
    assert np.array_equal(GPI(psi)(MAZE, rewards, 0.9), GPI(np.stack([psi, psi]))(MAZE, rewards, 0.9))


def test_gpi_takes_the_best_of_its_policies():
    # Two policies at a fork, of which each knows one leaf only: together they know both.
    psi = np.zeros((2, FORK.n_pairs, 4))
    psi[0, 0, 1] = psi[1, 1, 2] = 1.0
    psi[:, 2] = -10.0
    rewards = np.array([[0.0, 3.0, 1.0, 0.0], [0.0, 1.0, 3.0, 0.0]])
    assert GPI(psi)(FORK, rewards, 0.9)[:, 0].tolist() == [0, 1]
    assert GPI(psi[0])(FORK, rewards, 0.9)[1, 0] != 1


def test_bad_agents_are_refused():
    good = np.zeros((FORK.n_pairs, 4))
    for wrong in (good[0], np.full(good.shape, np.nan), np.empty((0, 4)), [["a"]]):
        with pytest.raises(mp.errors.ParameterError):
            Linear(wrong)
    with pytest.raises(mp.errors.ParameterError, match="bias has 2"):
        Linear(good, [0.0, 0.0])
    with pytest.raises(mp.errors.ParameterError, match="features are no array of numbers"):
        GPI([[1.0, 2.0], [3.0]])
    for wrong in (-1, np.nan, np.inf, "x", True, 10**400):
        with pytest.raises(mp.errors.ParameterError, match="temperature"):
            Linear(good, temperature=wrong)
    with pytest.raises(mp.errors.ParameterError, match="6 pairs and 4 states; this MDP has 155 and 31"):
        mp.power(MAZE, 0.9, policy=Linear(good), samples=64)
    with pytest.raises(ValueError, match="read-only"):
        Linear(good).weights[0, 0] = 1


def test_definition_c_1_passes_with_agents():
    agent = Linear(np.random.default_rng(6).standard_normal((FIGURE.n_pairs, FIGURE.n_states)))
    report = mp.theorems.definition_c_1(mp.theorems.setting(FIGURE, [0.9], rng=0, samples=256), [agent])
    assert report.verdict == "holds"


def test_values_in_units_of_the_rewards():
    # With the features of the random policy they are its (1−γ)Q, of any rewards.
    rewards = 7 * np.random.default_rng(7).random((6, 31)) - 3
    psi = features_of_random(MAZE, 0.9)
    np.testing.assert_allclose(GPI(psi).q_values(MAZE, rewards, 0.9), rewards @ psi.T, atol=1e-12)
    assert not np.allclose(GPI(psi).values(rewards), rewards @ psi.T)


@pytest.mark.parametrize(
    ("rewards", "told"),
    [([1.0, 2, 3], "made for 4 states; these are rewards of 3"), (np.zeros((2, 5)), "rewards of 5"),
     ([0, 1, 2, np.nan], "reward 3 of row 0 is nan"), ([0, 1, 2, 1e200], "is 1e\\+200"), ("abc", "no|not an array"),
     (np.zeros((1, 1, 4)), "shape"), ([], "shape")],
)  # fmt: skip
def test_rewards_that_are_none_are_refused_before_a_kernel_reads_them(rewards, told):
    agent = Linear(np.ones((6, 4)))
    for ask in (agent.values, lambda given: agent.q_values(FORK, given, 0.9), lambda given: agent(FORK, given, 0.9)):
        with pytest.raises(mp.errors.RewardError, match=told):
            ask(rewards)

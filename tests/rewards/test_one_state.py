"""One state is drawn: the goal, or the one to avoid. closed forms, and who refuses dependent rewards.

fork(k) at any γ: all ends are absorbing, and the integrand at the root is the best end's reward. "goal": 1 where the
goal is an end, k of k + 1 draws; "avoid": 1, once there are two ends.
"""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.cli import main as cli
from mdppower.errors import RewardError
from mdppower.rewards import OnPairs
from mdppower.rewards.description import describe, from_description
from mdppower.rewards.distribution import resolve
from mdppower.sensitivity.transformed import tied
from mdppower.sensitivity.transforms import bisimulation_quotient

NAMES = ("goal", "avoid")


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("gamma", [0, 0.9, 1])
def test_forks(k, gamma):
    # 99.9 % each; 12 intervals: a false alarm of .012, and the seed is fixed.
    fork = mp.envs.fork(k)
    goal, avoid = (mp.power(fork, gamma, law, samples=1024, rng=0) for law in NAMES)
    for state, known in (("root", k / (k + 1)), ("t1", 1 / (k + 1))):
        low, high = goal.of(state).interval(0.999)
        assert low <= known <= high
    assert (avoid.of("root").mean, avoid.of("t1").interval(0.999)[0] <= k / (k + 1)) == (1, True)
    # The negative control: i.i.d. coins of the same mean have E max = 1 − (1 − 1/(k+1))^k, less than k/(k+1).
    low, _ = goal.of("root").interval(0.999)
    assert low > 1 - (1 - 1 / (k + 1)) ** k


def test_on_a_cycle_all_states_are_as_far_from_the_goal():
    # No choice: POWER is the mean, 1/S and 1 − 1/S, and at γ = 1 each draw has just that.
    for law, known in (("goal", 1 / 4), ("avoid", 3 / 4)):
        found = mp.power(mp.envs.cycle(4), 1, law, samples=64, rng=0)
        np.testing.assert_allclose(found.mean, known, atol=1e-14)


def test_avoid_is_the_complement_of_goal():
    # v under 1 − e_g is 1 − v under e_g for each policy; the same uniforms draw the same state.
    maze = mp.envs.make("maze")
    goal, avoid = (resolve(law, maze).sample(32, np.random.default_rng(3)) for law in NAMES)
    np.testing.assert_array_equal(goal + avoid, 1)
    assert (goal.sum(axis=1) == 1).all()
    random = mp.agents.uniformly_random()
    one, other = (mp.agents.policy_values(maze, rows, 0.9, random)[0] for rows in (goal, avoid))
    np.testing.assert_allclose(one + other, 1, atol=1e-13)
    best, worst = (mp.optimal_values(maze, rows, 0.9).normalised for rows in (goal, avoid))
    assert (best + worst > 1.2).all()  # but to come is one thing, and to keep away another


def test_the_ends_of_the_unit_interval():
    law = resolve("goal", mp.envs.fork(2))
    np.testing.assert_array_equal(law.from_uniforms(np.array([[2.0**-54], [1 - 2.0**-53]])), [[1, 0, 0], [0, 0, 1]])
    lonely = resolve("avoid", mp.envs.cycle(1))
    assert (lonely.mean[0], lonely.variance[0], lonely.is_constant[0]) == (0, 0, True)
    assert lonely.sample(2, np.random.default_rng(0)).tolist() == [[0], [0]]


@pytest.mark.parametrize("name", NAMES)
def test_what_needs_independent_rewards_refuses_them_by_name(name):
    fork = mp.envs.fork(3)
    exact = f"exact numbers need independent uniform, finite discrete, or normal rewards; {name} is not of these"
    with pytest.raises(RewardError, match=exact):
        mp.power(fork, 0.9, name, method="exact")
    a, b = (mp.Option.state(fork, s, 0.9) for s in ("t1", "root"))
    compared = mp.compare(a, b, name, samples=512, rng=0)
    assert compared.rewards.name == name
    law = resolve(name, fork)
    assert (law.is_iid, law.is_discrete) == (False, True)
    for given in ({"t1": name, "default": 0}, mp.Features(np.eye(4), name)):
        with pytest.raises(RewardError, match=f"{name!r} is the law of all states' rewards together"):
            mp.power(fork, 0.9, given)


def test_what_is_made_of_them():
    fork = mp.envs.fork(2)
    permuted = resolve(mp.Permuted("goal", [0, 2, 1]), fork)
    np.testing.assert_array_equal(permuted.from_uniforms(np.array([[0.5]])), [[0, 0, 1]])
    mixed = resolve(mp.Mixture(["goal", 3.0], [0.5, 0.5]), fork)
    np.testing.assert_allclose(mixed.mean, 0.5 / 3 + 1.5)
    # One pair of four is the goal: at once, from the root, with chance 2/4.
    low, high = mp.power(fork, 0, OnPairs("goal"), samples=1024, rng=0).of("root").interval(0.999)
    assert low <= 0.5 <= high
    assert resolve(OnPairs("goal"), fork, pairs=True).name == "goal on pairs"


def test_states_whose_goals_differ_are_not_merged():
    # Two of 400 states: 64 draws would most likely see neither of them drawn.
    merged = bisimulation_quotient(mp.envs.fork(400), [0, 1, 1, *range(2, 400)])
    with pytest.raises(RewardError, match="states 't1' and 't2' are merged, but their rewards differ"):
        tied(merged, "goal")


def test_on_the_command_line(capsys):
    run = ["power", "fork(3)", "--samples", "64", "--rng", "0", "--format", "map", "--rewards"]
    assert cli._run([*run, "goal"]) == 0
    assert "goal rewards" in capsys.readouterr().out
    assert cli._run([*run, "onpairs(avoid)"]) == 0
    assert cli._run(["power", "fork(3)", "--rewards", "goal", "--reward", "t1=3"]) == 2
    assert "'goal' is the law of all states' rewards together" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_files(name, tmp_path):
    fork = mp.envs.fork(2)
    law = resolve(name, fork)
    assert describe(from_description(describe(law), 3)) == describe(law)
    with pytest.raises(mp.FileError, match="states must be an integer in 3 … 3, got 4"):
        from_description(describe(law) | {"states": 4}, 3)
    with pytest.raises(mp.FileError, match="name must be one of 'goal', 'avoid', got 'flee'"):
        from_description(describe(law) | {"name": "flee"}, 3)
    found = mp.power(fork, 0.9, name, samples=64, rng=0)
    found.save(tmp_path / "x.nc")
    again = mp.load(tmp_path / "x.nc")
    np.testing.assert_array_equal(again.draw(5, 0.9).rewards, found.draw(5, 0.9).rewards)
    np.testing.assert_array_equal((found - again).mean, 0)

"""Learning curves: what is measured agrees with `power`, and the study's claims hold, each with its control."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import mdppower as mp
from mdppower.learning import train

FORK, MAZE = mp.envs.fork(3), mp.envs.make("maze")
NULL = ["noise", "shuffled", "unseen", "untrained"]


@pytest.mark.slow
def test_training_on_rewards_that_are_seen_raises_power_to_the_ceiling():
    # fork(k): share 1, and P(root) = k/(k+1) as the maximum of k uniforms.
    for k in (2, 3, 5):
        training = train(mp.envs.fork(k), 0.9, ["random"], episodes=1000, checkpoints=2, runs=16, start="root", rng=0)
        curves = training.curves(samples=256)
        assert curves.share("random").mean[-1] >= 0.99
        power = curves.power("random")
        assert abs(power.mean[-1] - k / (k + 1)) < 4 * power.stderr[-1]
        low, high = power.interval(0.999)
        assert low[0] < 0.5 < high[0]  # untrained: the mean of the leaves


@pytest.mark.slow
def test_null_arms_stay_at_the_floor_and_incorrect_mirrors_random():
    training = train(
        FORK, 0.9, [*NULL, "random", "incorrect"], episodes=300, checkpoints=[30], runs=100, start="root", rng=1
    )
    curves = training.curves(samples=64)
    for arm in NULL:
        low, high = curves.share(arm).interval(0.999, simultaneous=True)
        assert ((low < 0) & (high > 0)).all(), arm
        assert curves.verdicts()["verdict"][curves.arms.index(arm)] == "does not raise"
    mirrored = curves.share("random") + curves.share("incorrect")
    low, high = mirrored.interval(0.999, simultaneous=True)
    assert ((low < 0) & (high > 0)).all()
    assert curves.share("incorrect").mean[-1] < -0.95
    # The control: an arm that is not null is found out by the same check.
    assert curves.share("random").interval(0.999, simultaneous=True)[0][-1] > 0


def test_numbers_are_those_of_power():
    # The same agent on as many iid draws of its own: within 4.5 standard errors of their difference.
    training = train(MAZE, 0.9, ["random"], episodes=100, runs=2, rng=0)
    curves = training.curves(samples=512)
    for run in (0, 1):
        agent = training.agent("random", run)
        estimate = mp.power(MAZE, 0.9, samples=512, sampler="iid", policy=agent, rng=9)
        values = estimate.data.means[:, 0].mean(axis=1)
        spread = values.std() / np.sqrt(len(values)) * np.sqrt(2)
        assert abs(curves.powers[run, 0, -1, 0] - values.mean()) < 4.5 * spread
    assert (curves.errors < 1e-12).all()
    assert (curves.worsts < curves.floors).all()
    assert (curves.floors < curves.ceilings).all()
    assert (curves.powers <= curves.ceilings[:, None, None] + 1e-12).all()
    assert (curves.powers >= curves.worsts[:, None, None] - 1e-12).all()


def test_the_examination_of_a_run_is_by_hand():
    # fork(2) from the root: P is the mean of what the agent takes, F of the mean leaf, C of the better one.
    from mdppower.learning.episodes import Purpose, named, stream

    fork = mp.envs.fork(2)
    training = train(fork, 0.9, ["random"], episodes=5, runs=2, start="root", rng=3)
    curves = training.curves({"mine": "norm(0,1)"}, samples=50)
    for run in (0, 1):
        rewards = mp.rewards.resolve("norm(0,1)", fork).sample(50, stream(3, Purpose.TESTS, run, named("mine")))
        taken = training.agent("random", run)(fork, rewards, 0.9)[:, 0]
        leaves = rewards[:, 1:]
        assert curves.powers[run, 0, -1, 0] == pytest.approx(leaves[np.arange(50), taken].mean(), abs=1e-12)
        assert curves.floors[run, 0] == pytest.approx(leaves.mean(), abs=1e-12)
        assert curves.ceilings[run, 0] == pytest.approx(leaves.max(axis=1).mean(), abs=1e-12)
        assert curves.worsts[run, 0] == pytest.approx(leaves.min(axis=1).mean(), abs=1e-12)


def test_the_same_bits_whoever_examines():
    training = train(FORK, 0.9, ["random", "noise"], episodes=30, runs=4, rng=0)
    one, other = (training.curves({"u": "uniform", "g": "goal"}, samples=32, workers=n) for n in (1, 2))
    alone = training.curves({"g": "goal"}, samples=32)
    assert np.array_equal(one.powers, other.powers)
    assert np.array_equal(one.powers[..., 1:], alone.powers)
    assert not np.array_equal(one.powers[..., 0], one.powers[..., 1])


@pytest.mark.slow
def test_the_slippery_maze():
    """Of 16 runs of 30,000 episodes, slip .2: .860, .879 and .000 ± .024; here are 4."""
    arms = ["random", "no-reward", "noise"]
    training = train(mp.envs.make("maze", slip=0.2), 0.9, arms, runs=4, checkpoints=[30_000], rng=0)
    curves = training.curves(samples=256)
    final = {arm: float(curves.share(arm).mean[-1]) for arm in arms}
    assert 0.84 <= final["random"] <= 0.88
    assert 0.86 <= final["no-reward"] <= 0.90
    low, high = curves.share("noise").interval(0.999)
    assert low[-1] < 0 < high[-1]
    assert curves.difference("random", "noise").interval()[0][-1] >= 0.7


def test_no_choice_no_share():
    still = mp.RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"stay": "b"}})
    training = train(still, 0.9, ["random"], episodes=10, runs=2, rng=0)
    with pytest.warns(mp.MDPPowerWarning, match="floor and ceiling are equal"):
        curves = training.curves(samples=16)
    assert np.isnan(curves.share("random").mean).all()


def test_names_of_tests():
    training = train(FORK, 0.9, ["random"], "norm(0,1)", episodes=10, runs=2, rng=0)
    assert list(training.curves(samples=8).tests) == ["norm(0,1)"]
    assert list(training.curves("goal", samples=8).tests) == ["goal"]
    assert list(training.curves({"a": "goal", "b": "uniform"}, samples=8).tests) == ["a", "b"]


@pytest.mark.parametrize(
    ("tests", "kind"),
    [
        ({}, mp.errors.ParameterError),
        ({"": "uniform"}, mp.errors.ParameterError),
        ({1: "uniform"}, mp.errors.ParameterError),
        ({"x": "cauchy"}, mp.errors.RewardError),
        ({"x": mp.rewards.OnPairs("uniform")}, mp.errors.RewardError),
        ({"x": mp.Fixed([1, 2])}, mp.errors.RewardError),
        ({"x": lambda n, rng: np.full((n, 4), np.nan)}, mp.errors.RewardError),
        ("no law", mp.errors.RewardError),
    ],
)
def test_bad_tests_are_refused(tests, kind):
    training = train(FORK, 0.9, ["random"], episodes=10, runs=2, rng=0)
    with pytest.raises(kind):
        training.curves(tests, samples=8)


def test_bad_samples_are_refused():
    training = train(FORK, 0.9, ["random"], episodes=10, runs=2, rng=0)
    for samples in (0, -1, 1.5, "x"):
        with pytest.raises(mp.errors.ParameterError, match="samples"):
            training.curves(samples=samples)


def test_draws_that_do_not_fit_are_refused():
    training = train(FORK, 0.9, "random", episodes=10, runs=2, rng=0)
    for samples in (10**12, 10**30):
        with pytest.raises(mp.errors.SizeError, match="reward functions of 4 states"):
            training.curves(samples=samples)


@pytest.mark.slow
def test_the_maze_of_the_study():
    """Of 16 runs of 30,000 episodes: .852, .844, .106, and .352 for goals; transfer to goals .577 and 1."""
    arms = ["random", "no-reward", "few(1)", "goals", "noise"]
    training = train(MAZE, 0.9, arms, runs=4, checkpoints=2, rng=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        curves = training.curves({"uniform": "uniform", "goal": "goal"}, samples=256)

    def final(arm, test="uniform"):
        return float(curves.share(arm, test).mean[-1])

    assert 0.83 <= final("random") <= 0.87
    assert final("no-reward") >= 0.83
    assert 0.07 <= final("few(1)") <= 0.13
    assert curves.difference("random", "noise").interval()[0][-1] >= 0.8
    assert final("random") - final("goals") >= 0.4
    assert 0.54 <= final("random", "goal") <= 0.62
    assert final("no-reward", "goal") >= 0.99

"""The warning that intervals cannot be trusted: when, in which words, and where it is kept."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.agents import uniformly_random
from mdppower.measures.power_caution import find_caution

HARMLESS = ("uniform", "norm(0,1)", "t(3)", "bernoulli(0.5)")


def caution(mdp, rewards, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mp.MDPPowerWarning)
        return mp.power(mdp, 0.9, rewards, rng=0, **options).caution


@pytest.mark.slow
@pytest.mark.parametrize("name", HARMLESS)
@pytest.mark.parametrize("mdp", ["fork(1)", "fork(8)", "fork(50)", "maze", "open(3,3)", "cliff"])
def test_no_false_alarms_at_the_default_number_of_draws(name, mdp):
    # What speaks here is the law, the same for all seeds; of discrete laws on maps the replicates, seed by seed.
    mdp = mp.envs.make(mdp)
    for seed in range(3 if name == "bernoulli(0.5)" else 1):
        assert mp.power(mdp, 0.9, name, rng=seed).caution == ""


@pytest.mark.parametrize(
    ("name", "ends", "samples", "why"),
    [
        ("lognorm(2)", 1, 4096, "skewness"),
        ("pareto(2.1)", 50, 4096, r"no third moment.* 1,048,576 draws would not do"),
        ("bernoulli(0.001)", 1, 4096, r"4.1 of 4,096 draws .* guarantee=True\) gives intervals of POWER that hold"),
        ("bernoulli(0.005)", 50, 1024, "5.1 of 1,024 draws"),
        ("beta(0.01,1)", 1, 64, "guarantee=True"),
        ("expon", 50, 4096, r"one of those that hold together in \d+ %; about [\d,]+ draws would do$"),
        ("lognorm(1)", 50, 1024, "hold together in more than half"),
        ("t(3)", 8, 64, "the greatest of 8 t"),
        ("bernoulli(0.5)", 8, 1024, "4 of 1,024 draws of the greatest of 8"),
        # The two cells that the whole grid found at first: 91.3 and 91.5 % in 2,000 runs.
        ("bernoulli(0.001)", 8, 1024, "8.2 of 1,024 draws of the greatest of 8"),
        ("beta(0.01,1)", 8, 1024, "skewness"),
    ],
)
def test_hard_laws_are_warned_of(name, ends, samples, why):
    with pytest.warns(mp.MDPPowerWarning, match=f"the intervals cannot be trusted: .*{why}"):
        estimate = mp.power(mp.envs.fork(ends), 0.9, name, samples=samples, rng=0)
    assert estimate.caution.startswith("the intervals cannot be trusted")


@pytest.mark.slow
def test_enough_draws_are_enough():
    """What the warning recommends is not warned of, and a quarter of it is."""
    told = caution(mp.envs.fork(8), "expon", samples=1024)
    enough = int(told.split("about ")[1].split()[0].replace(",", ""))
    assert caution(mp.envs.fork(8), "expon", samples=enough) == ""
    assert caution(mp.envs.fork(8), "expon", samples=enough // 4) != ""


def test_what_the_law_is_known_of():
    fork = mp.envs.fork(3)
    # Only one of the ends has a hard law; a start is the greatest of unlike rewards.
    assert "lognorm(2)" in caution(fork, {"t1": "lognorm(2)", "default": "uniform"}, samples=1024)
    assert caution(fork, {"root": "lognorm(2)", "default": "uniform"}, samples=1024) == ""  # earned by nobody
    permuted = mp.Permuted({"t1": "lognorm(2)", "default": "uniform"}, [1, 0, 2, 3])  # so that root has it
    assert caution(fork, permuted, samples=1024) == ""
    assert caution(fork, 3.0, samples=64) == ""
    # On a map no state's law is known: the greatest of all rewards stands for it.
    assert "the greatest of 31 pareto(2.1)" in caution(mp.envs.make("maze"), "pareto(2.1)", samples=1024)
    assert caution(mp.envs.make("maze"), "expon", samples=1024) == ""
    assert "pareto(2.1) rewards make" in caution(
        mp.envs.make("maze"), "pareto(2.1)", samples=1024, policy=uniformly_random()
    )


def test_the_greatest_of_rewards_of_two_laws_has_neither():
    """50 states choose between an end of expon and one of norm(10, 0.1), which is greater but in 5 of 10⁵ draws.

    Their POWER is a mean of draws that are all but normal. Only the one end of expon is exponential: one such mean of
    4,096 draws is harmless, 50 would not be (as in `test_hard_laws_are_warned_of`).
    """
    ends = {"skewed": {"stay": "skewed"}, "high": {"stay": "high"}}
    choosers = {k: {"left": "skewed", "right": "high"} for k in range(50)}
    mdp = mp.RewardlessMDP.from_successors(ends | choosers)
    rewards = {"skewed": "expon", "high": "norm(10,0.1)", "default": 0}
    assert caution(mdp, rewards, samples=4096) == ""
    assert "hold together" in caution(mdp, {"default": "lognorm(1)"}, samples=4096)  # the greatest of two of one law


def test_what_is_not_known_of_the_law_is_read_from_the_means():
    def rare(n, rng):
        return (rng.random((n, 4)) < 0.001).astype(float)

    told = caution(mp.envs.fork(3), rare, samples=1024)
    assert "16 replicates have the same mean" in told
    assert "guarantee" not in told  # a function has no bounds

    # Tails so heavy that the largest of all draws is most of their sum.
    told = caution(mp.envs.fork(3), lambda n, rng: rng.pareto(0.3, size=(n, 4)), samples=1024)
    assert "one of 16 replicates makes up" in told
    assert caution(mp.envs.fork(3), lambda n, rng: rng.random((n, 4)), samples=1024) == ""


def test_it_is_kept(tmp_path):
    fork = mp.envs.fork(2)
    with pytest.warns(mp.MDPPowerWarning, match="cannot be trusted"):
        estimate = mp.power(fork, [0.5, 0.9], "lognorm(2)", samples=64, rng=0)
    assert f"caution: {estimate.caution}" in repr(estimate)
    assert estimate.at(0.5).caution == estimate.caution
    assert estimate.to_xarray().attrs["caution"] == estimate.caution
    estimate.save(tmp_path / "hard.nc")
    assert mp.load(tmp_path / "hard.nc").caution == estimate.caution
    from mdppower.display.terminal import terminal_map

    assert terminal_map(estimate).endswith(f"caution: {estimate.caution}")
    assert "caution" not in repr(mp.power(fork, 0.9, samples=64, rng=0))


@pytest.mark.slow
def test_every_look_that_was_taken_counts():
    """At the last look a rare event is seen often enough; at an earlier one the run might have stopped."""
    estimate = mp.power(mp.envs.fork(1), 0.9, "bernoulli(0.01)", samples=64, rng=0)
    task, data = estimate.task, estimate.data
    assert find_caution(task, data, [16]) == ""  # .64 of 64: as good as nothing is claimed
    assert "before" not in find_caution(task, data, [256])
    with pytest.warns(mp.MDPPowerWarning, match=r"may miss in .* before the first look would do"):
        mp.power(mp.envs.fork(8), 0.9, "bernoulli(0.01)", samples=256, precision=0.01, rng=0)


def test_a_run_that_is_not_precise_enough_warns_too():
    with (
        pytest.raises(mp.ConvergenceError) as failure,
        pytest.warns(mp.MDPPowerWarning, match="cannot be trusted"),
    ):
        mp.power(mp.envs.fork(2), 0.9, "lognorm(2)", samples=64, precision=1e-3, max_samples=128, rng=0)
    assert failure.value.estimate.caution


def test_frozen_laws_and_tables():
    table = stats.rv_discrete(values=([0, 7], [0.999, 0.001]))
    assert "4.1 of 4,096 draws" in caution(mp.envs.fork(1), table)
    assert caution(mp.envs.fork(1), stats.norm(3, 2)) == ""
    assert caution(mp.envs.fork(1), stats.uniform(loc=np.float64(5), scale=2)) == ""

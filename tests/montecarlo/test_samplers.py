"""Replicates of draws: stratification, uniformity, and that number and entropy alone decide."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower._stop import Stopped, new_flag, with_flag
from mdppower.montecarlo.samplers import latin_hypercube, make_sampler, replicate_size, sobol
from mdppower.rewards.distribution import resolve


def rewards(n_states=5, spec="uniform"):
    return resolve(spec, mp.envs.cycle(n_states))


@pytest.mark.parametrize("n", [1, 6, 64])
def test_latin_hypercube_has_one_point_in_each_stratum(n):
    points = latin_hypercube(n, 7, np.random.default_rng(0))
    assert (np.sort(np.floor(points * n), axis=0) == np.arange(n)[:, None]).all()


def test_sobol_points_stratify_after_the_shift():
    # A digital shift maps dyadic intervals to dyadic intervals: still one point in each of 64.
    points = sobol(64, 9, np.random.default_rng(0))
    assert (np.sort(np.floor(points * 64), axis=0) == np.arange(64)[:, None]).all()


@pytest.mark.parametrize("kind", ["latin", "sobol", "iid"])
def test_each_reward_is_uniform_over_replicates(kind):
    # One draw of each of 2,000 replicates is an iid sample of U(0,1)^5. Kolmogorov–Smirnov for 5 coordinates at
    # level 1e-3 each: a false alarm of 0.5 % a sampler, and the seed is fixed.
    sampler = make_sampler(rewards(), kind, 4096, entropy=1)
    first = np.array([sampler.replicate(i)[3] for i in range(2000)])
    for column in first.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    # Coordinates are uncorrelated: |r| < 4/√2000, ten pairs.
    correlation = np.corrcoef(first.T)[np.triu_indices(5, 1)]
    assert np.abs(correlation).max() < 4 / np.sqrt(2000)


def test_number_and_entropy_decide():
    one, two = (make_sampler(rewards(), "latin", 4096, entropy=9) for _ in range(2))
    two.replicate(5)
    assert (one.replicate(3) == two.replicate(3)).all()
    assert (one.replicate(3) != one.replicate(4)).any()
    assert (one.replicate(3) != make_sampler(rewards(), "latin", 4096, entropy=10).replicate(3)).any()


def test_draws_that_are_to_end_are_no_fault_of_the_rewards():
    # It is told while the first 8,192 of 4 × 3,000 rewards are sought, and is not the RewardError that any other
    # exception there becomes: nobody waits for the draws.
    flag = new_flag()

    class Told(stats.rv_continuous):
        def _ppf(self, q):
            flag[0] = q.size > 1
            return q

    sampler = make_sampler(rewards(3000, Told(a=0, b=1, name="told")()), "latin", 64, entropy=0)
    assert with_flag(new_flag(), sampler.replicate)(0).shape == (4, 3000)
    flag[0] = 0
    with pytest.raises(Stopped):
        with_flag(flag, sampler.replicate)(0)


def test_sizes():
    assert [replicate_size(n, 10, "latin") for n in (1, 16, 100, 1024, 10**6)] == [1, 1, 6, 64, 64]
    assert [replicate_size(n, 10, "sobol") for n in (1, 100, 1024)] == [1, 4, 64]
    assert replicate_size(10**6, 10**7, "latin") == 3  # 256 MiB of draws


@pytest.mark.parametrize("spec", ["bernoulli(0.5)", lambda n, rng: rng.random((n, 5)), {"default": "randint(0,3)"}])
def test_discrete_and_callable_rewards_are_drawn_iid(spec):
    assert make_sampler(rewards(spec=spec), "latin", 64, entropy=0).kind == "iid"


def test_latin_is_not_worse_than_iid_in_any_state():
    # POWER is monotone in each reward, where a Latin hypercube never loses (McKay et al. 1979). Over 64 replicates a
    # variance ratio has sd ≈ √(2·2/63) = .25; the design saw ratios of 2.3–3.4 on average.
    room = mp.envs.make("open(7,7)")
    latin, iid = (mp.power(room, 0.9, sampler=k, rng=2).stderr for k in ("latin", "iid"))
    assert (latin < iid).all()
    assert ((iid / latin) ** 2).mean() > 2


def test_too_many_sobol_dimensions():
    with pytest.raises(mp.ParameterError, match="21,201"):
        make_sampler(rewards(21_202), "sobol", 64, entropy=0)

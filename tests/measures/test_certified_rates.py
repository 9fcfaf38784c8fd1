"""One rate that cannot be certified never takes the others with it."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.measures.certified_rates import certified_rates
from mdppower.sensitivity import difference, sensitivity
from mdppower.solvers import optimal_values

GAMMAS = [0.5, 0.9, 0.99]


@pytest.fixture
def no_nine_tenths(monkeypatch):
    """A solver whose gaps at γ = 0.9 are never small enough."""
    monkeypatch.setattr(optimal_values, "certifiable", lambda gamma: 1e-9 if gamma != 0.9 else -1.0)


def failure_of(measure, *arguments, **options):
    with pytest.raises(mp.SolverError, match=r"at gamma = 0\.9 ") as caught:
        measure(*arguments, rng=3, samples=64, **options)
    error = caught.value
    assert error.gamma == 0.9
    assert list(error.failures) == [0.9]
    assert error.estimate.gammas == (0.5, 0.99)
    return error.estimate


@pytest.mark.parametrize("options", [{}, {"workers": 2}, {"sampler": "iid"}, {"guarantee": True}])
def test_power_at_the_other_rates(no_nine_tenths, options):
    """With the bits of a run of their own: the same draws, also where no seed was given but a generator."""
    mdp = mp.envs.make("maze")
    found = failure_of(mp.power, mdp, GAMMAS, **options)
    alone = mp.power(mdp, [0.5, 0.99], rng=3, samples=64, **options)
    assert found.mean.tobytes() == alone.mean.tobytes()
    assert found.entropy == alone.entropy
    with pytest.raises(mp.SolverError) as caught:
        mp.power(mdp, GAMMAS, rng=np.random.default_rng(3), samples=64, **options)
    again = mp.power(mdp, [0.5, 0.99], rng=caught.value.estimate.entropy, samples=64, **options)
    assert caught.value.estimate.mean.tobytes() == again.mean.tobytes()


def test_other_measures(no_nine_tenths):
    chances = failure_of(mp.action_optimality, mp.envs.gridworld("a..", slip=0.1), GAMMAS)
    assert chances.of("a", "E").mean.shape == (2,)
    found = failure_of(difference, mp.envs.fork(3), mp.envs.fork(2), GAMMAS)
    assert found.difference.mean.shape[0] == 2
    failure_of(sensitivity, mp.envs.fork(2), GAMMAS)


def test_agents_that_cannot_be_evaluated(no_nine_tenths):
    failure_of(mp.power, mp.envs.make("maze"), GAMMAS, policy=mp.agents.uniformly_random())


def test_no_rate_is_left(no_nine_tenths):
    with pytest.raises(mp.SolverError) as caught:
        mp.power(mp.envs.make("maze"), 0.9, rng=0, samples=64)
    assert caught.value.estimate is None


def test_precision_that_is_not_reached_either(no_nine_tenths):
    with pytest.raises(mp.SolverError, match=r"at gamma = 0\.9 .*; after 128 draws the widest") as caught:
        mp.power(mp.envs.fork(2), GAMMAS, rng=0, samples=64, precision=1e-6, max_samples=128)
    assert caught.value.estimate.samples == 128


def test_other_errors_pass():
    def run(rates):
        yield rates
        raise mp.SolverError("about no rate")

    with pytest.raises(mp.SolverError, match="about no rate") as caught:
        list(certified_rates(run, (0.5, 0.9)))
    assert caught.value.failures == {}


def test_two_of_three_fail():
    def run(rates):
        for rate in rates:
            if rate < 1:
                raise mp.SolverError(f"not at {rate}", gamma=rate)
        yield rates

    with pytest.raises(mp.SolverError, match=r"^not at 0\.5; not at 0\.9$") as caught:
        list(certified_rates(run, (0.5, 1.0, 0.9)))
    assert caught.value.estimate == (1.0,)

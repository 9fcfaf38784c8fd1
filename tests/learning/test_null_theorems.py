"""Of which arms it is proved that they have the floor on average; and that it is so."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.learning.null_theorems import has_one_mean, is_symmetric, null_theorem
from mdppower.learning.signals import KINDS, read_signal
from mdppower.rewards.distribution import resolve

FORK = mp.envs.fork(3)
COVARIANCE = np.eye(4) + 0.5


class Skewed(stats.rv_continuous):
    """Exponential, whatever it is called."""

    def _ppf(self, q):
        return -np.log1p(-q)

    def _cdf(self, x):
        return -np.expm1(-x)


def law(rewards):
    return resolve(rewards, FORK)


@pytest.mark.parametrize(
    "rewards",
    ["uniform", "uniform(-1,2)", "norm(1,2)", "t(5)", "laplace", "beta(2,2)", "bernoulli(0.5)", 1.0,
     stats.logistic(3), mp.Gaussian(np.ones(4), COVARIANCE), {"default": "norm(1,2)", "t1": "uniform(0,2)"}],
)  # fmt: skip
def test_symmetric_laws_are_known(rewards):
    known = law(rewards)
    assert is_symmetric(known)
    # Really so: odd central moments of many draws vanish, here the third, in units of its own standard error.
    cubes = (known.sample(4000, np.random.default_rng(0)) - known.mean).ravel() ** 3
    assert abs(cubes.mean()) <= 4.5 * cubes.std() / np.sqrt(len(cubes) / 4)


@pytest.mark.parametrize(
    "rewards",
    ["expon", "beta(2,5)", "bernoulli(0.4)", "lognorm(1)", "goal", lambda n, rng: rng.random((n, 4)),
     {"default": "uniform", "t1": "norm(0,1)"}, mp.Gaussian([0, 1, 0, 0], COVARIANCE), mp.Fixed([1, 2, 3, 4]),
     Skewed(a=0, name="norm")(), Skewed(a=0, name="t")()],
)  # fmt: skip
def test_no_other_law_is_taken_for_one(rewards):
    assert not is_symmetric(law(rewards))


def test_means():
    assert has_one_mean(law("expon"))
    assert has_one_mean(law("goal"))
    assert not has_one_mean(law({"default": "uniform", "t1": "norm(0,1)"}))
    assert not has_one_mean(law(lambda n, rng: rng.random((n, 4))))


def test_which_arms_are_null():
    names = [x if x != "few" else "few(2)" for x in KINDS]
    for training, test, wanted in (
        ("uniform", "uniform", {"noise", "shuffled", "unseen", "untrained"}),
        ("uniform", "expon", {"unseen"}),
        ("expon", "uniform", {"unseen", "untrained"}),
        ("uniform", "goal", {"unseen"}),
        ("uniform", {"default": "uniform", "t1": "expon"}, set()),
    ):
        assert {x for x in names if null_theorem(read_signal(x), law(training), law(test))} == wanted

"""Distributions of reward functions: each kind's draws have the bounds and moments that it states."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.rewards.description import from_description
from mdppower.rewards.distribution import resolve

MDP = mp.envs.gridworld("ab*\nb.~")  # six states; marks a, b (twice), * and ~


def sampler(n, rng):
    return rng.random((n, 6))


COV = np.diag([1.0, 2, 3, 4, 5, 6]) + 0.5
KINDS = {
    "uniform": "uniform",
    "frozen": stats.norm(1, 2),
    "number": 2.5,
    "mapping": {"default": "uniform", "b": "norm(3,1)", (0, 1): 7, "~": "bernoulli(0.5)"},
    "gaussian": mp.Gaussian([0, 1, 2, 3, 4, 5], COV),
    "variances": mp.Gaussian(np.zeros(6), [1, 2, 3, 4, 5, 0]),
    "features": mp.Features([[1, 0], [0, 1], [1, 1], [2, -1], [0, 0], [-1, -1]], "uniform(0,2)"),
    "features of two laws": mp.Features(np.ones((6, 2)), ["norm(1,1)", "uniform"]),
    "permuted": mp.Permuted({"default": 0, "a": "norm(5,1)"}, [3, 1, 2, 0, 4, 5]),
    "fixed": mp.Fixed([1, 2, 3, 4, 5, 6]),
    "goal": "goal",
    "avoid": " avoid ",
    "mixture": mp.Mixture(["uniform", mp.Fixed(np.full(6, 5.0)), "norm(-2,1)"], [0.5, 0.25, 0.25]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_draws_have_the_stated_moments(kind):
    """20,000 draws; each state's mean within 4.5 sd (66 states: a false alarm of 66·7e-6, and the seed is fixed)."""
    law = resolve(KINDS[kind], MDP)
    n = 20_000
    draws = law.sample(n, np.random.default_rng(0))
    assert draws.shape == (n, 6)
    assert draws.flags.c_contiguous
    assert (draws >= law.low).all()
    assert (draws <= law.high).all()
    assert (np.abs(draws.mean(axis=0) - law.mean) <= 4.5 * np.sqrt(law.variance / n) + 1e-12).all()
    # The variance of a sample variance is (κ − 1)σ⁴/n; κ ≤ 6 for these.
    assert (np.abs(draws.var(axis=0) - law.variance) <= 4.5 * law.variance * np.sqrt(5 / n) + 1e-12).all()
    assert law.n_states == 6
    assert law.dimension is not None
    again = pickle.loads(pickle.dumps(law))
    uniforms = np.random.default_rng(1).random((5, law.dimension))
    np.testing.assert_array_equal(again.from_uniforms(uniforms.copy()), law.from_uniforms(uniforms.copy()))


def test_flags():
    assert resolve("uniform", MDP).is_iid
    assert not resolve(KINDS["mapping"], MDP).is_iid
    assert resolve(KINDS["mapping"], MDP).is_discrete
    assert not resolve({"default": "uniform", "a": 3}, MDP).is_discrete  # a constant has no atoms to miss
    assert resolve(mp.Features(np.ones((6, 1)), "bernoulli(0.5)"), MDP).is_discrete
    assert resolve(mp.Fixed(np.zeros(6)), MDP).is_constant.all()


def test_gaussian_covariance():
    law = resolve(KINDS["gaussian"], MDP)
    draws = law.sample(40_000, np.random.default_rng(2))
    # sd of an entry of a sample covariance ≤ √((σ_ii σ_jj + σ_ij²)/n)
    sd = np.sqrt((np.outer(np.diag(COV), np.diag(COV)) + COV**2) / 40_000)
    assert (np.abs(np.cov(draws.T) - COV) < 4.5 * sd).all()
    # A singular covariance is fine: two equal rewards.
    equal = mp.Gaussian([0, 0], [[1, 1], [1, 1]]).sample(100, np.random.default_rng(0))
    np.testing.assert_allclose(equal[:, 0], equal[:, 1], atol=1e-12)


def test_state_beats_mark_beats_default():
    law = resolve({"default": 0, "b": 1, (1, 0): 2}, MDP)
    assert law.mean.tolist() == [0, 1, 0, 2, 0, 0]
    assert resolve({"*": -1, "~": 1, "a": 2, "b": 3, (1, 1): 4}, MDP).mean.tolist() == [2, 3, -1, 3, 4, 1]


def test_permuted_is_the_push_forward():
    # State permutation[s] gets the reward that the distribution gives to state s.
    law = resolve(mp.Permuted(mp.Fixed([10, 11, 12, 13, 14, 15]), [1, 2, 0, 3, 4, 5]), MDP)
    assert law.mean.tolist() == [12, 10, 11, 13, 14, 15]
    assert law.sample(1, np.random.default_rng(0))[0].tolist() == law.mean.tolist()


def test_features_with_unbounded_weights():
    law = resolve(mp.Features([[1.0, 0], [0, 1], [0, 0], [1, -1], [2, 2], [0, -3]], ["uniform", "norm"]), MDP)
    np.testing.assert_array_equal(law.low, [0, -np.inf, 0, -np.inf, -np.inf, -np.inf])
    np.testing.assert_array_equal(law.high, [1, np.inf, 0, np.inf, np.inf, np.inf])
    heavy = resolve(mp.Features([[1.0], [0], [0], [1], [1], [1]], "cauchy"), MDP)
    assert heavy.mean.tolist() == [np.inf, 0, 0, np.inf, np.inf, np.inf]
    with pytest.raises(mp.RewardError, match=r"none in state \(0, 0\)"):
        mp.power(MDP, 0.5, mp.Features([[1.0], [0], [0], [1], [1], [1]], "cauchy"))


def test_power_under_each_kind():
    for kind, spec in KINDS.items():
        assert np.isfinite(mp.power(MDP, [0, 0.9], spec, samples=64, rng=0).mean).all(), kind
    assert np.isfinite(mp.power(MDP, 0.9, sampler, samples=64, rng=0).mean).all()


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (np.zeros(6), "Fixed"),
        ([0] * 6, "Fixed"),
        (mp.Fixed([1, 2]), "for 2 states; the MDP has 6"),
        (mp.Gaussian([0, 0], [1, 1]), "for 2 states; the MDP has 6"),
        (mp.Features(np.ones((2, 2))), r"\(6, d\)"),
        (mp.Features(np.ones((6, 2)), ["norm"]), "2 features need as many laws, got 1"),
        (mp.Permuted("uniform", [0, 0, 1, 2, 3, 4]), "permutation"),
        (mp.Mixture([]), "at least one"),
        (mp.Mixture(["uniform", "norm"], [0.5, 0.6]), "sum to 1"),
        ({"a": "uniform"}, r"no entry for state \(0, 1\)"),
        ({"default": 0, "z": 1}, "'z'"),
        ({"default": 0, (9, 9): 1}, r"\(9, 9\)"),
        (lambda n, rng: rng.random((n, 5)), r"must give shape \(64, 6\), got \(64, 5\)"),
        (lambda n, rng: np.full((n, 6), np.inf), "inf"),
    ],
)
def test_bad_specifications(spec, told):
    with pytest.raises(mp.RewardError, match=told):
        mp.power(MDP, 0.5, spec, samples=1024, rng=0)


def test_bad_vectors_and_covariances():
    for vector in ([1, np.nan], [[1, 2]], ["a"]):
        with pytest.raises(mp.RewardError):
            mp.Fixed(vector)
    with pytest.raises(mp.RewardError, match="least eigenvalue is -1"):
        mp.Gaussian([0, 0], [[1, 2], [2, 1]])
    with pytest.raises(mp.RewardError, match="not symmetric"):
        mp.Gaussian([0, 0], [[1, 0.5], [0, 1]])
    with pytest.raises(mp.RewardError, match=r"\(2, 2\)"):
        mp.Gaussian([0, 0], np.eye(3))


def test_a_mixture_of_constants_has_atoms():
    coin = mp.Mixture([mp.Fixed(np.zeros(6)), mp.Fixed(np.ones(6))])
    assert resolve(coin, MDP).is_discrete
    assert mp.power(MDP, 0.5, coin, samples=64, rng=0).sampler == "iid"
    assert not resolve(mp.Mixture([mp.Fixed(np.ones(6)), mp.Fixed(np.ones(6))]), MDP).is_discrete


def test_ragged_numbers_are_our_errors():
    for make in (
        lambda: mp.Gaussian([0, 0], [[1], [1, 2]]),
        lambda: resolve(mp.Features([[1], [1, 2]]), MDP),
        lambda: resolve(mp.Mixture(["uniform", "norm"], ["a", "b"]), MDP),
        lambda: mp.power(MDP, 0.5, lambda n, rng: "text", samples=16),
    ):
        with pytest.raises(mp.RewardError, match="numbers"):
            make()


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (1e300, "reward 1e\\+300 in state .root., beyond ± 1e\\+150"),
        (10**400, "must be a finite number"),
        ("norm(0,1e200)", "upper quartile.* beyond ± 1e\\+150"),
        ("erlang(0.5)", "non-integer"),
        (f"norm({'9' * 400})", "must be NAME"),
        (lambda n, g: np.full((n, 3), 1e200), "square"),
        (lambda n, g: np.full((n, 3), 1j), "complex"),
        (lambda n, g: np.ma.masked_all((n, 3)), "masked"),
    ],
)
def test_rewards_whose_squares_are_no_numbers(spec, told):
    """Found by scripts/fuzz: they ended in POWER −inf, or in warnings of NumPy's."""
    with pytest.raises(mp.RewardError, match=told):
        mp.power(mp.envs.fork(2), 0.9, spec, samples=8, rng=0)


def test_a_description_with_a_value_twice():
    given = {"values": [0, 0, 5], "probabilities": [0.25, 0.25, 0.5], "args": [], "kwds": {}, "name": None}
    data = {"kind": "independent", "laws": [given], "which": None, "states": 1}
    with pytest.raises(mp.FileError, match=r"laws\[0\]\.values must be different values"):
        from_description(data, 1)

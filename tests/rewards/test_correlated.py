"""Rewards of two agents, with correlation ρ in each state.

With M ~ Bernoulli(|ρ|) the event that R_H is copied (for ρ < 0: 2μ − R_H), and F independent:
E[(R_H − μ)(R_A − μ)] = |ρ| (± σ²) + (1 − |ρ|) · 0 = ρσ². The sample correlation of N draws has standard error
(1 − ρ²)/√N for normal rewards, and below 1.3/√N for the laws here.
"""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import ParameterError, RewardError
from mdppower.rewards.correlated import Correlated, asymmetry, is_normal

FORK = mp.envs.fork(3)
N = 10_000


def drawn(rewards, rho, way="copy"):
    law = mp.rewards.resolve(rewards, FORK)
    rng = np.random.default_rng(0)
    human, fresh = law.sample(N, rng), law.sample(N, rng)
    return law, human, Correlated(law, rho, way).partner(human, fresh, rng.random(human.shape))


def correlations(human, ai):
    return np.corrcoef(human.T, ai.T)[: human.shape[1], human.shape[1] :]


@pytest.mark.parametrize("rho", [-1, -0.5, 0, 0.7])
@pytest.mark.parametrize(
    ("rewards", "way"),
    [
        ("uniform", "copy"),
        ({"t1": "norm(3,2)", "default": "uniform(-1,4)"}, "copy"),
        ("bernoulli(0.5)", "copy"),
        ("uniform(2,5)", "copy-all"),
        ("norm(3,2)", "gaussian"),
        (mp.Gaussian([0, 1, 2, 3], 2 * np.eye(4) + 1), "gaussian"),
    ],
)
def test_correlation_is_rho_and_the_law_is_kept(rewards, way, rho):
    law, human, ai = drawn(rewards, rho, way)
    found = correlations(human, ai)
    # 96 correlations of states with themselves, at 4.5 standard errors: all at once 7e-4
    assert np.abs(np.diag(found) - rho).max() <= 4.5 * 1.3 / np.sqrt(N)
    se = np.sqrt(law.variance / N)
    assert (np.abs(ai.mean(axis=0) - law.mean) <= 4.5 * se).all()
    assert (np.abs(ai.var(axis=0) / law.variance - 1) <= 4.5 * 2 / np.sqrt(N)).all()
    # Negative control: the same rewards in another order of states are not so correlated.
    if abs(rho) > 0.2 and not isinstance(law, mp.Gaussian):
        assert np.abs(np.diag(np.roll(found, 1, axis=1)) - rho).min() > 0.1


def test_ends_are_exact():
    for rho in (1, -1):
        law, human, ai = drawn("uniform(-1,4)", rho)
        assert (ai == (human if rho == 1 else 2 * law.mean - human)).all()
    assert (drawn("uniform", 0)[2] != drawn("uniform", 1)[2]).all()


def test_copy_all_copies_all_or_none():
    _, human, ai = drawn("uniform", 0.4, "copy-all")
    same = human == ai
    assert (same.all(axis=1) | ~same.any(axis=1)).all()
    assert same[:, 0].mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / N))
    _, human, ai = drawn("uniform", 0.4)
    some = (human == ai).any(axis=1) & ~(human == ai).all(axis=1)
    assert some.mean() == pytest.approx(1 - 0.6**4 - 0.4**4, abs=0.02)


def test_what_copies_needs_is_said():
    law = mp.rewards.resolve("uniform", FORK)
    assert [Correlated(law, rho).mixes for rho in (-1, -0.5, 0, 0.5, 1)] == [False, True, True, True, False]
    assert [Correlated(law, rho).copies for rho in (-1, -0.5, 0, 0.5, 1)] == [False, True, False, True, False]


@pytest.mark.parametrize("rho", [-1.1, 2, np.nan, "1", True, None])
def test_rho_out_of_range_is_refused(rho):
    with pytest.raises(ParameterError, match=r"rho must be a number in \[-1, 1\], got"):
        Correlated(mp.rewards.resolve("uniform", FORK), rho)


def test_minus_zero_is_zero():
    """Else a store would take the same run for another."""
    assert str(Correlated(mp.rewards.resolve("uniform", FORK), -0.0).rho) == "0.0"


def test_a_way_that_does_not_fit_is_refused():
    law = {name: mp.rewards.resolve(name, FORK) for name in ("uniform", "expon", "goal")}
    law["features"] = mp.rewards.resolve(mp.Features(np.eye(4), "norm(0,1)"), FORK)
    gaussian = mp.Gaussian(np.zeros(4), np.eye(4))
    with pytest.raises(ParameterError, match=r"correlation must be one of 'copy', 'copy-all', 'gaussian', got 'x'"):
        Correlated(law["uniform"], 0.5, "x")
    with pytest.raises(RewardError, match=r"rho = -0\.5 mirrors .* symmetric law: expon is not"):
        Correlated(law["expon"], -0.5)
    with pytest.raises(
        RewardError, match=r"'gaussian' is of normal rewards, and these are uniform rewards: take 'copy'"
    ):
        Correlated(law["uniform"], 0.5, "gaussian")
    with pytest.raises(RewardError, match=r"goal rewards are not independent: take 'copy-all'"):
        Correlated(law["goal"], 0.5)
    with pytest.raises(RewardError, match=r"take 'copy-all', which copies whole reward functions, or 'gaussian'"):
        Correlated(gaussian, 0.5)
    with pytest.raises(RewardError, match=r"of goal rewards it is not known"):
        Correlated(law["goal"], -0.5, "copy-all")
    for rho in (0, 1):
        assert Correlated(law["goal"], rho).rho == rho  # nothing to copy, or all


def test_symmetry_of_laws():
    told = {
        name: asymmetry(mp.rewards.resolve(name, FORK))
        for name in ("uniform(2,5)", "t(5)", "laplace", "beta(3,3)", "bernoulli(0.5)", "arcsine", "randint(0,7)")
    }
    assert not any(told.values()), told
    for name in ("expon", "beta(3,3.001)", "bernoulli(0.49)", "gamma(50)", "skewnorm(0.1)", "poisson(3)"):
        assert asymmetry(mp.rewards.resolve(name, FORK)) == f"{name} is not"
    assert asymmetry(mp.rewards.resolve({"t1": "expon", "default": 1}, FORK)) == "expon is not"
    assert is_normal(mp.rewards.resolve({"t1": "norm(1,2)", "default": 0}, FORK))

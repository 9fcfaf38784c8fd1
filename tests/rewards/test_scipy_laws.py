"""SciPy's other laws: new ones, joint ones, kernel densities, and families of the user's own."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.rewards.distribution import resolve
from mdppower.rewards.laws import law
from mdppower.rewards.scipy_laws import POINTS, TABLE_ERROR, Tabulated

FORK = mp.envs.fork(2)
new = pytest.mark.skipif(not hasattr(stats, "Normal"), reason="SciPy before 1.15")


# ---------------------------------------------------------------------- new distributions


@pytest.mark.slow
@new
@pytest.mark.parametrize(
    ("make", "old"),
    [
        (lambda: stats.Normal(mu=1, sigma=2), "norm(1,2)"),
        (lambda: stats.Uniform(a=-1, b=2), "uniform(-1,2)"),
        (lambda: stats.make_distribution(stats.beta)(a=2, b=3), "beta(2,3)"),
        (lambda: stats.truncate(stats.Normal(), lb=-1, ub=1), "truncnorm(-1,1)"),
        (lambda: stats.make_distribution(stats.poisson)(mu=3), "poisson(3)"),
    ],
)
def test_a_new_law_is_the_old_one(make, old):
    """Two routes to one law: SciPy's new distributions, and its old ones by name."""
    one, other = law(make()), law(old)
    assert (one.low, one.high) == (other.low, other.high)
    assert (one.mean, one.variance) == pytest.approx((other.mean, other.variance), abs=1e-9)
    assert one.is_discrete == other.is_discrete
    u = np.linspace(0.001, 0.999, 101)
    np.testing.assert_allclose(one.ppf(u.copy()), other.ppf(u.copy()), atol=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few draws, of which the law is asked more
        few, too = (mp.power(FORK, 0.9, {"default": spec}, samples=8, rng=0) for spec in (make(), old))
    np.testing.assert_allclose(few.mean, too.mean, atol=1e-9)
    np.testing.assert_allclose(one.frozen.cdf([0.5, 1]), other.frozen.cdf([0.5, 1]))
    for theirs, ours in zip(one.frozen.stats(moments="mvsk"), other.frozen.stats(moments="mvsk"), strict=True):
        assert theirs == pytest.approx(float(ours), abs=1e-6)


@new
def test_normal_and_uniform_are_integrated_exactly():
    assert mp.power(FORK, 0.9, stats.Uniform(a=0, b=1), method="exact").exact[0] == mp.power(
        FORK, 0.9, method="exact"
    ).exact[0]  # fmt: skip
    assert mp.power(FORK, 0.9, stats.Normal(mu=0, sigma=1), method="exact").mean[0] == pytest.approx(np.pi**-0.5)


@new
def test_a_mixture():
    """Half N(0, 1), half N(3, 1): mean 3/2, variance 1 + 9/4."""
    mix = stats.Mixture([stats.Normal(mu=0, sigma=1), stats.Normal(mu=3, sigma=1)], weights=[0.5, 0.5])
    one = law(mix)
    assert (one.mean, one.variance) == (1.5, 3.25)
    u = np.linspace(0.01, 0.99, 33)
    np.testing.assert_allclose((stats.norm.cdf(one.ppf(u.copy())) + stats.norm.cdf(one.ppf(u.copy()) - 3)) / 2, u)
    low, high = mp.power(FORK, 0.9, {"default": mix}, samples=512, rng=0).interval(0.999)
    assert low[1] < 1.5 < high[1]


@new
def test_what_is_no_law_of_one_number_is_refused():
    with pytest.raises(mp.RewardError, match="Normal is a class"):
        mp.power(FORK, 0.9, stats.Normal)
    with pytest.raises(mp.RewardError):
        mp.power(FORK, 0.9, stats.Normal(mu=[0, 1], sigma=1))


# ---------------------------------------------------------------------- several numbers at once


def test_a_multivariate_normal_is_gaussian():
    cov = [[1, 0, 0], [0, 1, 0.6], [0, 0.6, 1]]
    got = mp.power(FORK, 0.9, stats.multivariate_normal([0, 0, 1], cov), samples=64, rng=0)
    same = mp.power(FORK, 0.9, mp.Gaussian([0, 0, 1], cov), samples=64, rng=0)
    assert got.mean.tobytes() == same.mean.tobytes()
    with pytest.raises(mp.RewardError, match="have 2 numbers; the MDP has 3 states"):
        mp.power(FORK, 0.9, stats.multivariate_normal([0, 0], np.eye(2)))


def test_another_joint_law():
    """Dirichlet(1, 2, 3): means 1/6, 1/3, 1/2; the ends t1 and t2 are worth their own."""
    found = mp.power(FORK, 0.9, stats.dirichlet([1, 2, 3]), samples=1024, rng=0)
    low, high = found.interval(0.999)
    assert (low[1:] < [1 / 3, 1 / 2]).all()
    assert (high[1:] > [1 / 3, 1 / 2]).all()
    np.testing.assert_allclose(found.rewards.mean, [1 / 6, 1 / 3, 1 / 2])
    with pytest.raises(mp.RewardError, match="dirichlet rewards have 2 numbers; the MDP has 3 states"):
        mp.power(FORK, 0.9, stats.dirichlet([1, 2]))


def test_a_kernel_density():
    """Equal weights on 1, 2, 3 and kernels of variance h²: mean 2, variance 2/3 + h²."""
    kernel = stats.gaussian_kde([1.0, 2, 3])
    rewards = resolve(kernel, FORK)
    np.testing.assert_allclose(rewards.mean, 2)
    np.testing.assert_allclose(rewards.variance, 2 / 3 + kernel.covariance.item())
    draws = rewards.sample(4000, np.random.default_rng(0))
    np.testing.assert_allclose(draws.mean(axis=0), 2, atol=4 * np.sqrt(rewards.variance[0] / 4000))
    np.testing.assert_allclose(draws.var(axis=0), rewards.variance, rtol=0.12)
    assert abs(np.corrcoef(draws.T)[0, 1]) < 0.07  # states are drawn apart
    joint = stats.gaussian_kde(np.random.default_rng(1).normal(size=(3, 20)))
    assert mp.power(FORK, 0.9, joint, samples=64, rng=0).mean.shape == (3,)
    with pytest.raises(mp.RewardError, match="gaussian_kde rewards have 2 numbers"):
        mp.power(FORK, 0.9, stats.gaussian_kde(np.random.default_rng(1).normal(size=(2, 20))))
    with pytest.raises(mp.RewardError, match="is not the law of one reward"):
        mp.power(FORK, 0.9, {"t1": kernel, "default": 0})


# ---------------------------------------------------------------------- families of the user's own


class Triangle(stats.rv_continuous):
    """Density 2x on [0, 1], so that F⁻¹(u) = √u."""

    def _pdf(self, x):
        return 2 * x


class Laplace(stats.rv_continuous):
    def _pdf(self, x):
        return np.exp(-abs(x)) / 2


class Cauchy(stats.rv_continuous):
    def _pdf(self, x):
        return 1 / (np.pi * (1 + x * x))


class Split(stats.rv_continuous):
    """Uniform on [0, 1] and [3, 4], with nothing between: no table can be made."""

    def _pdf(self, x):
        return np.where((x < 1) | (x > 3), 0.5, 0.0)

    def _cdf(self, x):
        return np.interp(x, [0, 1, 3, 4], [0, 0.5, 0.5, 1])


TRIANGLE = Triangle(a=0, b=1, name="triangle")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("frozen", "cdf"),
    [
        (TRIANGLE, lambda x: x**2),
        (TRIANGLE(), lambda x: x**2),
        (TRIANGLE(loc=2, scale=3), lambda x: ((x - 2) / 3) ** 2),
        (Laplace(name="laplace")(), stats.laplace.cdf),
    ],
)
def test_an_inverse_is_tabulated_to_the_stated_error(frozen, cdf):
    """The u-error against the formula of F, at points where the table was not checked."""
    one = law(frozen)
    assert isinstance(one.frozen, Tabulated)
    u = np.random.default_rng(0).random(10_000)
    assert np.abs(cdf(one.ppf(u)) - u).max() <= TABLE_ERROR
    again = pickle.loads(pickle.dumps(one))
    assert again.ppf(u).tobytes() == one.ppf(u).tobytes()
    assert POINTS < 10_000


@pytest.mark.slow
def test_the_tabulated_law_is_the_law():
    """E max of two is 1 − ∫F² = 1 − 1/5, of one 2/3; the same seed gives what a formula gives."""
    found = mp.power(FORK, 0.9, TRIANGLE, samples=1024, rng=0)
    low, high = found.interval(0.999)
    assert low[0] < 4 / 5 < high[0]
    assert low[1] < 2 / 3 < high[1]

    class Formula(Triangle):
        def _ppf(self, u):
            return np.sqrt(u)

    same = mp.power(FORK, 0.9, Formula(a=0, b=1, name="formula"), samples=1024, rng=0)
    np.testing.assert_allclose(found.mean, same.mean, atol=1e-7)
    assert not isinstance(law(Formula(a=0, b=1)).frozen, Tabulated)  # its own inverse is used


@pytest.mark.slow
def test_moments_come_from_the_density():
    """SciPy would integrate the inverse that it lacks. Laplace: 0 and 2; 2 + 3T with T triangular: 4 and 1/2."""
    laplace, moved = law(Laplace(name="laplace")), law(TRIANGLE(loc=2, scale=3))
    assert (laplace.mean, laplace.variance) == pytest.approx((0, 2), abs=1e-7)
    assert (moved.mean, moved.variance) == pytest.approx((4, 9 / 18), abs=1e-9)
    with pytest.raises(mp.RewardError, match="POWER needs rewards with a finite mean"):
        mp.power(FORK, 0.9, Cauchy(name="cauchy of mine"))


@pytest.mark.slow
def test_scipys_own_families_are_left_alone():
    for text in ("beta(2,3)", "gamma(2)", "kappa4(0.1,0.2)"):
        assert not isinstance(law(text).frozen, Tabulated)


@pytest.mark.slow
def test_a_law_without_a_table_says_why_it_is_slow():
    with pytest.warns(mp.MDPPowerWarning, match="split: the family has no inverse of it .*; define _ppf"):
        one = law(Split(a=0, b=4, name="split"))
    np.testing.assert_allclose(one.ppf(np.array([0.25, 0.75])), [0.5, 3.5], atol=1e-6)
    for text in ("levy_stable(1.5,0)", "gausshyper(5,2,5,0.5,5)"):  # of the second, a table takes minutes
        with pytest.warns(mp.MDPPowerWarning, match="SciPy has no inverse of it .* as slow; give a callable"):
            law(text)  # nobody can define _ppf of SciPy's own
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        law(TRIANGLE)

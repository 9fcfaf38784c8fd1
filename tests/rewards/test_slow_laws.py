"""SciPy's slow laws: formulas and tables against other routes to the same law, and what is refused."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from scipy import stats
from scipy.special import zeta

import mdppower as mp
from mdppower.rewards import slow_laws
from mdppower.rewards.laws import law

U = (np.arange(33) + 0.5) / 33


@pytest.mark.slow
@pytest.mark.parametrize("text", ["recipinvgauss(0.63,2,3)", "vonmises(2)", "irwinhall(5)", "geninvgauss(3,3)"])
def test_the_inverse_inverts_scipys_distribution_function(text):
    """F(F⁻¹(u)) = u, with F from SciPy; the moments are SciPy's too, or known."""
    one, name = law(text), text.partition("(")[0]
    given = [float(x) for x in text[len(name) + 1 : -1].split(",")]
    family = getattr(stats, name)(*given)
    np.testing.assert_allclose(family.cdf(one.ppf(U.copy())), U, atol=2e-8)  # SciPy's own F is no better
    # 1/X with X ~ IG(μ, 1) has mean 1/μ + 1 and variance 1/μ + 2; a sum of n uniforms n/2 and n/12; the variance
    # of an angle is (1/2πI0) ∫ x² exp(κ cos x) dx; E X^r of the generalised one is K_{p+r}(b)/K_p(b).
    known = {
        "recipinvgauss": (2 + 3 * (1 / 0.63 + 1), 9 * (1 / 0.63 + 2)),
        "irwinhall": (5 / 2, 5 / 12),
        "vonmises": (0.0, 0.7644618798111332),
        "geninvgauss": (2.5034809632901145, 1.4085323018843052),
    }
    assert (one.mean, one.variance) == pytest.approx(known[name], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "frozen",
    [
        stats.betabinom(20, 2, 3, loc=-1), stats.betanbinom(5, 5, 1), stats.logser(0.9), stats.nhypergeom(20, 7, 12),
        stats.nchypergeom_fisher(140, 80, 60, 0.5), stats.nchypergeom_wallenius(140, 80, 60, 0.5),
        stats.zipf(4, loc=2),
    ],
    ids=lambda frozen: frozen.dist.name,
)  # fmt: skip
def test_tables_of_steps_give_what_scipy_gives(frozen):
    """SciPy's own inverse, which it seeks value by value, is the other route."""
    one = law(frozen)
    assert one.is_discrete
    assert one.ppf(U.copy()).tolist() == frozen.ppf(U).tolist()
    np.testing.assert_allclose(one.frozen.cdf(np.arange(-3, 30)), frozen.cdf(np.arange(-3, 30)), atol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few draws, of which the law is asked more
        assert np.isfinite(mp.power(mp.envs.fork(2), 0.9, frozen, samples=8, rng=0).mean).all()
    assert pickle.loads(pickle.dumps(one)).ppf(U.copy()).tolist() == one.ppf(U.copy()).tolist()


def test_zipf_far_out():
    """P(R ≤ k) = 1 − ζ(a, k + 1)/ζ(a): k is the least with that at least u."""
    u = np.array([0.1, 0.9, 0.999])
    k = law("zipf(1.5)").ppf(u.copy())
    assert (1 - zeta(1.5, k + 1) / zeta(1.5) >= u).all()
    assert (1 - zeta(1.5, k) / zeta(1.5) < u).all()


def test_moments_of_kolmogorovs_statistic():
    """Of one number U, D = max(U, 1 − U) is uniform on [1/2, 1], and D⁺ on [0, 1]. Of seven, drawn numbers say."""
    one = law("kstwo(1,2,3)")
    assert (one.mean, one.variance) == pytest.approx((2 + 3 * 0.75, 9 / 48), rel=1e-12)
    assert (law("ksone(1)").mean, law("ksone(1)").variance) == pytest.approx((1 / 2, 1 / 12), rel=1e-12)
    n, draws = 7, 20_000
    x = np.sort(np.random.default_rng(0).random((draws, n)), axis=1)
    above, below = np.arange(1, n + 1) / n - x, x - np.arange(n) / n
    for text, found in (
        ("kstwo(7)", np.maximum(above, below).max(axis=1)),
        ("ksone(7)", above.max(axis=1)),
    ):
        made = law(text)
        assert abs(found.mean() - made.mean) < 5 * np.sqrt(made.variance / draws)  # false alarms: 6e-7
        assert found.var() == pytest.approx(made.variance, rel=0.06)
        skewness, kurtosis = made.frozen.stats(moments="sk")
        assert stats.skew(found) == pytest.approx(skewness, abs=0.1)
        assert stats.kurtosis(found) == pytest.approx(kurtosis, abs=0.3)


def test_cumulants_of_a_reciprocal():
    """Of 1/X by quadrature of x^{-r} against X's density: the third and fourth, standardised."""
    one = law("recipinvgauss(0.63,2,3)")
    skewness, kurtosis = one.frozen.stats(moments="sk")
    u = np.linspace(-12, 8, 20_001)  # x = e^u: the trapezoidal rule errs by rounding where all derivatives vanish
    weight = stats.invgauss.pdf(np.exp(u), 0.63) * np.exp(u) * (u[1] - u[0])
    assert weight.sum() == pytest.approx(1, rel=1e-12)
    centred = np.exp(-u) - weight @ np.exp(-u)
    second, third, fourth = (weight @ centred**r for r in (2, 3, 4))
    assert (third / second**1.5, fourth / second**2 - 3) == pytest.approx((skewness, kurtosis), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("studentized_range(3,10)", "integrates twice .* give a callable"),
        ("betanbinom(5,5,1e6)", "1,048,576 values have only 0.529.* of the chances"),
        ("irwinhall(1000)", "irwinhall term by term; parameters are at most 100, got 1000"),
        ("geom(1)", "median 0 and upper quartile 0 are not in order within its support"),  # SciPy's mistake: it is 1
        ("kstwo(2.5)", "out of range"),
        ("invgauss(1e-320)", "a shape of .* is below 1e-150, and may end"),
    ],
)
def test_what_would_take_minutes_is_refused_with_the_reason(text, why):
    with pytest.raises(mp.RewardError, match=f"rewards {text.partition('(')[0]}.*{why}"):
        law(text)


def test_a_spread_that_floats_cannot_hold_is_not_sought(monkeypatch):
    """|N(10²¹, 1)|: floats there are 131,072 apart; SciPy's search for a value ends with its last step."""
    monkeypatch.setattr(slow_laws, "FARTHEST_FOLD", {})
    with (
        pytest.warns(mp.MDPPowerWarning, match="none could be tabulated"),
        pytest.raises(mp.RewardError, match=r"both about 1e\+21: in floating point, its spread is lost"),
    ):
        law("foldnorm(1e21)")


def test_squares_beyond_floats_in_a_mixture():
    """A part of mean −1e308: the variance is infinite, and nothing overflows by a warning."""
    from mdppower.rewards.distribution import resolve

    mixed = mp.Mixture(["uniform", mp.Fixed([0.0, -1e149, 0.0])], [0.25, 0.75])
    assert np.isfinite(resolve(mixed, mp.envs.fork(2)).variance).all()


FAR = ["rice(1180591620717411303424)", "foldcauchy(1e21)", "foldcauchy(0.5,1180591620717411303424,2)", "norm(1e17,1)"]


@pytest.mark.parametrize("spec", [*FAR, stats.foldnorm(c=1e30), stats.norm(loc=-1e20)], ids=list("abcdef"))
def test_what_is_too_far_out(spec):
    """Found by scripts/fuzz: SciPy seeks the inverse of rice(2^70) without end."""
    with pytest.raises(mp.RewardError, match="floats lose the spread"):
        mp.power(mp.envs.fork(2), 0.9, spec, samples=8, rng=0)
    law("norm(1e15,1)")  # the negative control

"""How often Student's interval misses: foretold from the law, and counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.samplers import Sampler
from mdppower.montecarlo.trust import Reading, doubtful_means, read_law, skew_misses
from mdppower.rewards.distribution import Independent
from mdppower.rewards.laws import law


def counted(x, mean, alpha):
    """Share of the rows whose Student interval misses the mean."""
    error = x.std(axis=1, ddof=1) / np.sqrt(x.shape[1])
    return (np.abs(x.mean(axis=1) - mean) > stdtrit(x.shape[1] - 1, 1 - alpha / 2) * error).mean()


def test_without_skewness_the_level_is_kept():
    assert skew_misses(0.0, 16, 0.05) == 0.05
    assert skew_misses(-1.5, 16, 0.05) == skew_misses(1.5, 16, 0.05)


@pytest.mark.parametrize(("skewness", "count"), [(0.5, 16), (1.0, 16), (2.0, 16), (1.0, 64), (2.0, 64), (4.0, 64)])
def test_misses_of_gamma_means_are_foretold(skewness, count):
    """Gamma variates of shape 4/κ² have skewness κ. 20,000 runs."""
    shape = 4 / skewness**2
    x = np.random.default_rng(0).gamma(shape, size=(20_000, count))
    for alpha, slack in ((0.05, 0.005), (0.005, 0.002)):
        foretold, found = skew_misses(skewness, count, alpha), counted(x, shape, alpha)
        # Never much too low; up to twice the level right, beyond that too cautious.
        assert foretold > found - slack
        assert foretold < (1.25 if found < 2 * alpha else 2.5) * found + slack
    assert foretold > 1.2 * alpha  # the negative control: the level itself is too low


@pytest.mark.parametrize("expected", [3.5, 4.0, 6.0, 7.0, 9.0, 12.0])
@pytest.mark.parametrize("count", [16, 64])
def test_misses_of_rare_events_are_foretold(expected, count):
    """Bernoulli(λ/n) with λ expected ones among n = 64 draws a replicate."""
    draws = 64 * count
    p = expected / draws
    x = np.random.default_rng(0).binomial(64, p, size=(20_000, count)) / 64
    foretold = read_law(law(f"bernoulli({p})"), "iid", 64, draws).misses(count, draws, 0.05)
    seen = x.any(axis=1)
    found = counted(x[seen], p, 0.05) * seen.mean() + (~seen).mean() * (p > 1 - 0.05 ** (1 / draws))
    assert found - 0.01 < foretold < found + 0.1
    assert found > 0.05


def test_what_cannot_be_seen_does_no_harm():
    """Ones are so rare that all draws are equal: the interval is then not Student's."""
    reading = read_law(law("bernoulli(1e-9)"), "iid", 64, 4096)
    assert reading.misses(64, 4096, 0.05) == 0.0


@pytest.mark.parametrize("name", ["uniform", "norm(0,1)", "t(3)", "laplace", "arcsine", "logistic", "uniform(-1,3)"])
def test_symmetric_laws_have_no_skewness(name):
    for kind in ("latin", "iid"):
        assert read_law(law(name), kind, 64, 4096).skewness == 0.0


def test_skewness_of_independent_draws():
    # Exponential: 2. Bernoulli(p): (1 − 2p)/√(p(1−p)). The greatest of k uniforms, Beta(k, 1):
    # 2(1−k)/(k+3) · √((k+2)/k). A mean of 64 draws has an eighth of it.
    k, p = 5, 0.2
    beta = 2 * (1 - k) / (k + 3) * np.sqrt((k + 2) / k)
    assert read_law(law("expon"), "iid", 64, 4096).skewness == pytest.approx(2 / 8, rel=1e-3)
    bernoulli = read_law(law("bernoulli(0.2)"), "iid", 64, 4096)
    assert bernoulli.skewness == pytest.approx((1 - 2 * p) / np.sqrt(p * (1 - p)) / 8)
    assert bernoulli.share == pytest.approx(0.2)
    assert bernoulli.alike
    assert read_law(law("uniform"), "latin", 64, 4096, k).skewness == pytest.approx(beta / 8, rel=1e-3)
    # The greatest of three signs is 0 with probability .8³.
    assert read_law(law("bernoulli(0.2)"), "iid", 64, 4096, 3).share == pytest.approx(1 - max(0.8**3, 1 - 0.8**3))


def test_skewness_of_latin_draws_is_that_of_the_means():
    """Against 20,000 replicates that are drawn; iid draws as negative control: eight times less skewed."""
    one = law("expon")
    reading = read_law(one, "latin", 64, 4096)
    sampler = Sampler(Independent([one], np.zeros(4000, int)), "latin", 64, 0)
    means = np.concatenate([sampler.replicate(k).mean(axis=0) for k in range(5)])
    centred = means - means.mean()
    found = (centred**3).mean() / (centred**2).mean() ** 1.5
    assert reading.skewness == pytest.approx(found, rel=0.1)
    assert reading.kurtosis == pytest.approx((centred**4).mean() / (centred**2).mean() ** 2 - 3, rel=0.25)
    assert reading.skewness > 5 * read_law(one, "iid", 64, 4096).skewness


def test_short_tails_are_foretold():
    """16 uniform observations: kurtosis −6/5. Far out Student's interval misses more often than it says."""
    assert read_law(law("uniform"), "iid", 1, 16).kurtosis == pytest.approx(-1.2, rel=1e-3)
    x = np.random.default_rng(0).random((200_000, 16))
    found = counted(x, 0.5, 0.001)
    assert found > 0.0012
    assert skew_misses(0.0, 16, 0.001, -1.2) == pytest.approx(found, rel=0.25)
    assert skew_misses(0.0, 16, 0.001, 3.0) == 0.001


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_place_and_scale_do_not_matter(loc, scale):
    first = read_law(law("expon"), "latin", 4, 64).skewness
    assert read_law(law(f"expon(loc={loc},scale={scale})"), "latin", 4, 64).skewness == pytest.approx(first, rel=1e-3)


def replicates(means):
    n = means.shape[1]
    return Replicates(means[:, None, :], np.zeros(n), np.ones(n), np.zeros(n, bool), np.zeros(1), len(means))


def test_means_that_say_something():
    about = np.ones(3, bool)
    rng = np.random.default_rng(0)
    usual = rng.random((16, 3))
    assert doubtful_means(replicates(usual), about, tails=True) == ""
    one = usual.copy()
    one[3] += 50
    assert (
        doubtful_means(replicates(one), about, tails=True) == "one of 16 replicates makes up 94 % of the spread"
    )  # 15/16
    assert doubtful_means(replicates(one), about, tails=False) == ""
    few = np.zeros((16, 3))
    few[[2, 9], 1] = 0.25
    assert doubtful_means(replicates(few), about, tails=False) == "all but 2 of 16 replicates have the same mean"
    assert doubtful_means(replicates(few), ~about, tails=True) == ""
    # All equal: the interval is not Student's.
    assert doubtful_means(replicates(np.zeros((16, 3))), about, tails=True) == ""


def test_a_reading_without_spread():
    assert Reading(0.0, share=0.0).misses(16, 1024, 0.05) == 0.0

"""The largest of normal variables: closed forms for two, three and many, singular covariances, Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from mdppower.errors import ParameterError, SizeError
from mdppower.orthants import maximum_normal, orthant_probability


def test_one():
    result = maximum_normal([3.0], [[2.0]])
    assert (result.mean, result.shares.tolist()) == (3.0, [1.0])


def test_clark():
    # θ² = 1 + 4 − 2 · 0.5 = 4, δ = (1 − 2)/2: E max = Φ(−1/2) + 2 Φ(1/2) + 2 φ(1/2).
    result = maximum_normal([1, 2], [[1, 0.5], [0.5, 4]])
    density = np.exp(-1 / 8) / np.sqrt(2 * np.pi)
    assert result.mean == pytest.approx(ndtr(-0.5) + 2 * ndtr(0.5) + 2 * density, abs=1e-14)
    np.testing.assert_allclose(result.shares, [ndtr(-0.5), ndtr(0.5)], atol=1e-15)


def test_three_iid():
    # E max = 3/(2√π), shares 1/3: the two differences have correlation 1/2, and 1/4 + asin(1/2)/(2π) = 1/3.
    result = maximum_normal(np.zeros(3), np.eye(3), rng=0)
    assert abs(result.mean - 3 / (2 * np.sqrt(np.pi))) <= result.mean_error < 1e-6
    assert abs(result.shares - 1 / 3).max() <= result.share_error < 1e-6


def test_trivariate_orthant():
    # X_0 = 0 is largest if Y_1, Y_2, Y_3 ≤ 0: 1/8 + Σ asin ρ_ij / (4π).
    correlation = np.array([[1, 0.3, -0.2], [0.3, 1, 0.5], [-0.2, 0.5, 1]])
    covariance = np.zeros((4, 4))
    covariance[1:, 1:] = correlation
    result = maximum_normal(np.zeros(4), covariance, rng=0)
    expected = 1 / 8 + (np.arcsin(0.3) + np.arcsin(-0.2) + np.arcsin(0.5)) / (4 * np.pi)
    assert abs(result.shares[0] - expected) <= result.share_error < 1e-4


def test_shift_and_scale():
    # max(a X + b) = a max X + b; with the same seed the same numbers.
    rng = np.random.default_rng(5)
    factor = rng.normal(size=(4, 4))
    mean, covariance = rng.normal(size=4), factor @ factor.T
    plain = maximum_normal(mean, covariance, rng=1)
    moved = maximum_normal(3 * mean + 100, 9 * covariance, rng=1)
    assert moved.mean == pytest.approx(3 * plain.mean + 100, abs=1e-10 + 3 * plain.mean_error + moved.mean_error)
    np.testing.assert_allclose(moved.shares, plain.shares, atol=plain.share_error + moved.share_error)


def test_equal_variables():
    # X, X, Y iid otherwise: the copies share 1/2, and E max = 1/√π.
    result = maximum_normal(np.zeros(3), [[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    np.testing.assert_allclose(result.shares, 0.5, atol=1e-15)
    assert result.mean == pytest.approx(1 / np.sqrt(np.pi), abs=1e-14)


def test_constant_difference():
    # X + 1 is always above X.
    result = maximum_normal([0, 1], np.ones((2, 2)))
    assert (result.mean, result.shares.tolist()) == (1.0, [0.0, 1.0])
    # All constant.
    result = maximum_normal([0, 1, 1], np.zeros((3, 3)))
    assert (result.mean, result.shares.tolist()) == (1.0, [0.0, 1.0, 1.0])


def test_average_is_never_the_largest():
    # (X + Y)/2 meets X and Y in one facet: it must not be counted in the mean.
    rows = np.array([[1, 0], [0, 1], [0.5, 0.5]])
    result = maximum_normal(np.zeros(3), rows @ rows.T)
    assert result.shares.tolist() == [0.5, 0.5, 0.0]
    assert result.mean == pytest.approx(1 / np.sqrt(np.pi), abs=1e-14)
    # Lifted by a little it is, around X = Y: d = X − Y ~ N(0, 2), and it wins for |d|/2 ≤ c.
    lift = 0.25
    result = maximum_normal([0, 0, lift], rows @ rows.T, rng=0)
    assert abs(result.shares[2] - (2 * ndtr(2 * lift / np.sqrt(2)) - 1)) <= result.share_error
    # E max = E max(|d|/2, c) (the average has mean 0) = c (2Φ(s) − 1) + 2 φ(s)/√2 with s = √2 c.
    s = np.sqrt(2) * lift
    expected = lift * (2 * ndtr(s) - 1) + np.sqrt(2) * np.exp(-s * s / 2) / np.sqrt(2 * np.pi)
    assert abs(result.mean - expected) <= result.mean_error < 1e-4


def test_four_in_the_plane():
    # ±X, ±Y: max = max(|X|, |Y|), each 1/4 by symmetry; E max(|X|, |Y|) = 2/√π (|X| ∨ |Y| = (|X+Y| + |X−Y|)/2).
    rows = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    result = maximum_normal(np.zeros(4), rows @ rows.T, rng=0)
    assert abs(result.mean - 2 / np.sqrt(np.pi)) <= result.mean_error
    assert abs(result.shares - 0.25).max() <= result.share_error


@pytest.mark.parametrize(("count", "rank"), [(3, 3), (4, 2), (5, 3), (5, 5)])
def test_monte_carlo(count, rank):
    """Within 5 standard errors of 200 000 draws: (count + 1) comparisons at 6e-7, below 2e-5 in all; seed fixed."""
    rng = np.random.default_rng([count, rank])
    factor = rng.normal(size=(count, rank))
    mean = rng.normal(size=count) / 2
    result = maximum_normal(mean, factor @ factor.T, rng=0)
    draws = mean + rng.normal(size=(200_000, rank)) @ factor.T
    top = draws.max(axis=1)
    assert abs(top.mean() - result.mean) <= 5 * top.std() / np.sqrt(len(top)) + result.mean_error
    shares = np.bincount(draws.argmax(axis=1), minlength=count) / len(top)
    # One more draw on either side, so that a share near 0 has an error at all.
    error = 5 * np.sqrt((shares * (1 - shares) + 1 / len(top)) / len(top))
    assert (abs(shares - result.shares) <= error + result.share_error).all()


def test_refusals():
    with pytest.raises(ParameterError, match="must be \\(K,\\) and \\(K, K\\)"):
        maximum_normal([0, 0], [[1]])
    with pytest.raises(ParameterError, match="symmetric and positive semidefinite"):
        maximum_normal([0, 0], [[1, 2], [2, 1]])
    with pytest.raises(ParameterError, match="finite"):
        maximum_normal([0, np.nan], np.eye(2))
    with pytest.raises(SizeError, match="40 different normal variables"):
        maximum_normal(np.zeros(40), np.eye(40))


def test_orthant_of_three():
    """P(X ≤ 0) in three dimensions is 1/8 + Σ asin ρ / 4π."""
    rho = np.array([[1, 0.5, 0.2], [0.5, 1, -0.3], [0.2, -0.3, 1]])
    expected = 1 / 8 + (np.arcsin(0.5) + np.arcsin(0.2) + np.arcsin(-0.3)) / (4 * np.pi)
    found, error = orthant_probability(np.zeros(3), 4 * rho, rng=0)
    assert abs(found - expected) <= error < 1e-4

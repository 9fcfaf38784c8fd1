"""The largest of normal variables: closed forms for two, three and many, singular covariances, Monte Carlo."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest
from normal_angles import four_by_angles
from scipy.special import ndtr

import mdppower as mp
from mdppower.errors import ParameterError, SizeError
from mdppower.integrals import normal_maxima
from mdppower.integrals.normal_maxima import maximum_normal, orthant_probability


@pytest.fixture
def few_points(monkeypatch):
    """A tenth of the points of integration: what is stated is as true, and some times as large."""
    monkeypatch.setattr(normal_maxima, "_POINTS", normal_maxima._POINTS // 10)


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


@pytest.mark.slow
def test_trivariate_orthant():
    # X_0 = 0 is largest if Y_1, Y_2, Y_3 ≤ 0: 1/8 + Σ asin ρ_ij / (4π).
    correlation = np.array([[1, 0.3, -0.2], [0.3, 1, 0.5], [-0.2, 0.5, 1]])
    covariance = np.zeros((4, 4))
    covariance[1:, 1:] = correlation
    result = maximum_normal(np.zeros(4), covariance, rng=0)
    expected = 1 / 8 + (np.arcsin(0.3) + np.arcsin(-0.2) + np.arcsin(0.5)) / (4 * np.pi)
    assert abs(result.shares[0] - expected) <= result.share_error < 1e-4


@pytest.mark.usefixtures("few_points")
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


@pytest.mark.slow
@pytest.mark.usefixtures("few_points")
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


@pytest.mark.slow
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


def test_an_orthant_refuses_what_is_no_covariance():
    with pytest.raises(ParameterError, match="symmetric and positive semidefinite"):
        orthant_probability([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]])


def test_constant_entries_of_an_orthant():
    # A constant of 0 is ≤ 0, one that is above 0 is not, however little: P(Z ≤ 0) = 1/2, or 0.
    covariance = np.diag([1.0, 0.0])
    assert orthant_probability([0.0, 0.0], covariance)[0] == 0.5
    assert orthant_probability([0.0, 1e-17], covariance)[0] == 0
    assert orthant_probability([0.0, 1e-3], covariance)[0] == 0
    # 0.1 + 0.2 − 0.3 = 5·10⁻¹⁷ in floats is 0 of the numbers that are meant.
    assert orthant_probability([0.1, 0.2, 0.3], np.zeros((3, 3)), rows=[[1, 1, -1]]) == (1.0, 0.0)
    assert orthant_probability([], np.zeros((0, 0))) == (1.0, 0.0)


# ---------------------------------------------------------------------- rows that are nearly in one plane


def test_four_by_angles():
    # ±X, ±Y: 1/4 each and 2/√π, as in the test above; the formulas are right.
    mean, shares = four_by_angles([[1, 0], [-1, 0], [0, 1], [0, -1]])
    assert mean == pytest.approx(2 / sqrt(pi), abs=1e-15)
    assert shares == pytest.approx([0.25] * 4, abs=1e-15)


@pytest.mark.slow
def test_a_conditional_covariance_of_rank_one():
    """Four worths in a plane, three of them nearly on a line.

    Given that two of these are equal, the third differs by a deviation of 5·10⁻⁴ from them, and so does the fourth by
    1.05, with correlation −1. Worked out from covariances this was below −1 by 5·10⁻¹⁰, which SciPy refused.
    """
    mdp = mp.RewardlessMDP.from_successors(
        {
            0: {"a0": {0: 0.125, 1: 0.25, 2: 0.625}},
            1: {"a0": {1: 0.875, 2: 0.125}, "a1": {0: 0.125, 1: 0.375, 2: 0.5}, "a2": {0: 0.25, 2: 0.75}},
            2: {"a0": {2: 1.0}},
        }
    )
    a, b = (mp.Option.state(mdp, s, 0.25, "value") for s in (0, 2))
    found = mp.compare(a, b, "norm(0,1)", method="exact")
    # State 2 stays: e₂. From state 0 the three actions of state 1, v_0 = .75 (I − .25 T)⁻¹.
    rows = []
    for move in ([0, 0.875, 0.125], [0.125, 0.375, 0.5], [0.25, 0, 0.75]):
        chain = np.array([[0.125, 0.25, 0.625], move, [0, 0, 1]])
        rows.append(0.75 * np.linalg.inv(np.eye(3) - 0.25 * chain)[0])
    rows.append(np.array([0, 0, 1.0]))
    mean, shares = four_by_angles(rows)
    # Means of three and of one: the gap is −E max of the three. Errors: four shares, as compare states them.
    low, high = found.p_at_least.interval(0.999)
    assert low <= 1 - shares[3] <= high
    assert high - low < 1e-3
    result = maximum_normal(np.zeros(4), np.array(rows) @ np.array(rows).T, rng=0)
    assert abs(result.mean - mean) <= result.mean_error < 1e-6
    assert abs(result.shares - shares).max() <= result.share_error < 1e-4
    # All four lie in the plane of sum 1, the second inside the triangle of the others: it never is the largest.
    assert shares[1] == pytest.approx(0, abs=1e-12)
    assert 0 <= result.shares[1] <= result.share_error


@pytest.mark.slow
def test_rows_keep_what_their_covariance_loses():
    """Three rows within 10⁻⁵ of each other, and one far off: shares by angles in fractions, to 10⁻⁴ either way.

    From the covariance the rows are known to √rounding = 10⁻⁸, a part of 10⁻³ of their differences; given themselves,
    to rounding. The stated error says so, and both are true.
    """
    rng = np.random.default_rng(3)
    rows = np.vstack([[0.2, 0.3, 0.5] + 1e-5 * rng.normal(size=(3, 3)), [0.6, 0.3, 0.1]])
    rows /= rows.sum(axis=1, keepdims=True)  # as visits: all in one plane, so that C is singular
    _, shares = four_by_angles(rows)
    loose = maximum_normal(np.zeros(4), rows @ rows.T, rng=0)
    sharp = maximum_normal(np.zeros(3), np.eye(3), rng=0, rows=rows)
    assert abs(loose.shares - shares).max() <= loose.share_error
    assert abs(sharp.shares - shares).max() <= sharp.share_error < 1e-3 < loose.share_error
    # The same for one orthant: row 3 is the largest of the four.
    apart = rows[:3] - rows[3]
    found, error = orthant_probability(np.zeros(3), np.eye(3), rng=0, rows=apart)
    assert abs(found - shares[3]) <= error < 1e-3


def test_rows_of_a_mean():
    # (X, X + Y) with X ~ N(1, 1), Y ~ N(2, 4): the difference is Y, P(Y ≥ 0) = Φ(1), E max = 1 + E max(0, Y).
    found = maximum_normal([1, 2], np.diag([1.0, 4.0]), rows=[[1, 0], [1, 1]])
    assert found.shares[1] == pytest.approx(ndtr(1), abs=1e-14)
    assert found.mean == pytest.approx(1 + 2 * ndtr(1) + 2 * np.exp(-1 / 2) / np.sqrt(2 * np.pi), abs=1e-14)
    for rows, message in (([1, 0], "must be \\(R, 2\\)"), ([[1, np.inf]], "rows must be finite")):
        with pytest.raises(ParameterError, match=message):
            maximum_normal([1, 2], np.eye(2), rows=rows)
    with pytest.raises(ParameterError, match="there must be a variable"):
        maximum_normal([1, 2], np.eye(2), rows=np.zeros((0, 2)))


@pytest.mark.slow
@pytest.mark.usefixtures("few_points")
@pytest.mark.parametrize("off", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("shape", ["two", "two pairs", "a line", "three"])
def test_stated_errors_are_true(off, shape):
    """Rows that nearly coincide, or nearly lie on a line, against angles in fractions."""
    rng = np.random.default_rng([int(-np.log10(off)), len(shape)])
    rows = rng.normal(size=(4, 3))
    near = off * rng.normal(size=(4, 3))
    if shape == "a line":
        rows[1] = 0.3 * rows[0] + 0.7 * rows[2] + near[1]
    else:
        rows[1] = rows[0] + near[1]
    if shape == "two pairs":
        rows[3] = rows[2] + near[3]
    if shape == "three":
        rows[2] = rows[0] + near[2]
    mean, shares = four_by_angles(rows)
    found = maximum_normal(np.zeros(4), rows @ rows.T, rng=0)
    assert abs(found.mean - mean) <= found.mean_error < 1e-5 + 1e-13 / off**2
    # Of C = L Lᵀ in floats rows are known to 10⁻⁸ or so: two that differ by `off` turn by 10⁻⁸/off.
    assert abs(found.shares - shares).max() <= found.share_error < 1e-3 + 1e-6 / off

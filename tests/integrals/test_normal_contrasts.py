"""Normal variables of very different scales: closed forms, exact references, stated errors that are true.

What was wrong: a variance counted as 0 below 10⁻¹² of the *largest* of all, so that beside a state of deviation 10⁶
two independent ones of deviation 1 were a certain tie, with error 0.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from normal_angles import four_by_angles
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

import mdppower as mp
from mdppower.integrals import normal_maxima
from mdppower.integrals.normal_contrasts import Contrast, JointlyNormal
from mdppower.integrals.normal_maxima import maximum_normal, orthant_probability
from mdppower.rewards.gaussian import Gaussian

SCALES = [1e-150, 1e-12, 1e-6, 1.0, 1e3, 1e5, 1e6, 1e7, 1e9, 1e12, 1e150]


def one_beside(count, s):
    """E max and the shares of N(0, s²) beside the largest M of `count` iid N(0, 1), by one integral over M.

    Given M = y the one is larger with probability Φ(−y/s), and E max = s φ(y/s) + y Φ(y/s); M has the density
    n φ Φⁿ⁻¹. The others share the rest.
    """

    def mean(y):
        return s * norm.pdf(y / s) + y * ndtr(y / s)

    def over(f):
        inner = sorted({float(x) for k in (1, 4, 10, 40) for x in (-k * s, k * s) if abs(x) < 9} | {0.0})
        ends = [-9.0, *inner, 9.0]
        parts = (
            quad(lambda y: f(y) * count * norm.pdf(y) * ndtr(y) ** (count - 1), a, b, epsabs=0, epsrel=1e-12)[0]
            for a, b in pairwise(ends)
        )
        return sum(parts)

    first = over(lambda y: ndtr(-y / s))
    return over(mean), [first] + [(1 - first) / count] * count


@pytest.mark.slow
@pytest.mark.parametrize(("count", "s"), [*((k, s) for k in (1, 2) for s in SCALES), (3, 1e6)])
def test_one_beside_iid(count, s):
    mean, shares = one_beside(count, s)
    for m, C, rows in (
        (np.zeros(count + 1), np.diag([s * s] + [1.0] * count), None),
        (np.zeros(count + 1), np.eye(count + 1), np.diag([s] + [1.0] * count)),
    ):
        found = maximum_normal(m, C, rng=0, rows=rows)
        assert abs(found.mean - mean) <= found.mean_error + 1e-10 * mean < 1e-6 * mean
        assert abs(found.shares - shares).max() <= found.share_error + 1e-10 < 1e-4


def test_two_by_clark():
    # θ² = s² + 1 − 2ρs, as fractions: also where ρ s = 1/2 cancels in floats, and where the means are far apart.
    for s in SCALES[1:-1]:
        for rho in (-0.5, 0.0, 0.75):
            for gap in (0.0, 0.5 * s, -3.0):
                square = Fraction(s) ** 2 + 1 - 2 * Fraction(rho) * Fraction(s)
                theta = float(square) ** 0.5
                delta = gap / theta
                mean = gap * ndtr(delta) + theta * norm.pdf(delta)
                found = maximum_normal([gap, 0], [[s * s, rho * s], [rho * s, 1]])
                assert abs(found.shares[0] - ndtr(delta)) <= found.share_error < 1e-12
                assert abs(found.mean - mean) <= found.mean_error < 1e-12 * max(s, 1.0)


def badly_scaled(rng, kind):
    """Four variables as rows · N(0, I), in fractions; and as `maximum_normal` is given them."""
    span = int(rng.choice([0, 6, 12, 20]))
    if kind == "DCD":
        rows = 10.0 ** rng.uniform(0, span, (4, 1)) * rng.normal(size=(4, int(rng.integers(2, 5))))
        return rows, (np.zeros(4), rows @ rows.T, None)
    deviation = 10.0 ** rng.uniform(-span / 2, span / 2, 4)
    a = rng.dirichlet(np.ones(4), 4)
    if rng.random() < 0.5:
        a[:, 0] = a[0, 0]  # a state that cancels in every difference
    rows = [[Fraction(x) * Fraction(s) for x, s in zip(row, deviation, strict=True)] for row in a.tolist()]
    return rows, (np.zeros(4), np.diag(deviation**2), a)


def false_errors(cases, seed):
    """How many of these cases have an error below the true one, and the stated errors of the shares."""
    rng = np.random.default_rng(seed)
    wrong, stated = 0, []
    for k in range(cases):
        exact, (m, C, rows) = badly_scaled(rng, ("DCD", "rows")[k % 2])
        mean, shares = four_by_angles(exact)
        found = maximum_normal(m, C, rng=0, rows=rows)
        stated.append(found.share_error)
        off = abs(found.mean - mean) > found.mean_error + 1e-15 * mean
        wrong += int(off or abs(found.shares - shares).max() > found.share_error)
    return wrong, stated


@pytest.mark.slow
def test_stated_errors_are_true_at_any_scale(monkeypatch):
    monkeypatch.setattr(normal_maxima, "_POINTS", 5_000)  # a quarter: what is stated is as true
    wrong, stated = false_errors(8, seed=0)
    assert wrong == 0
    assert np.median(stated) < 1e-3  # and tell something


def test_the_old_rule_is_caught(monkeypatch):
    """Variances below 10⁻¹² of the largest one count as 0."""

    class Old(JointlyNormal):
        def contrast(self, a):
            one = super().contrast(a)
            far = 1e-12 * float(self.covariance.max()) >= one.deviation**2
            return Contrast(one.mean, 0 * one.row, 0.0, 0.0, is_constant=True) if far else one

    monkeypatch.setattr("mdppower.integrals.normal_maxima.JointlyNormal", Old)
    found = maximum_normal(np.zeros(3), np.diag([1e14, 1.0, 1.0]), rng=0)
    assert found.shares[1] == found.shares[2] == 0.5  # a tie, where each has 1/4
    assert found.share_error < 1e-12


def test_what_is_below_rounding_is_paid_for():
    """Correlations of 1 − 10⁻¹⁵: stored, and not singular, but a singular covariance could be rounded to it."""
    C = np.array([[1, 1 - 1e-15, 0], [1 - 1e-15, 1, 0], [0, 0, 1e8]])
    found = maximum_normal(np.zeros(3), C, rng=0)
    # The truth of what is stored: 1/4, 1/4, 1/2, but for 10⁻⁴; the first two cannot be told apart.
    assert abs(found.shares - [0.25, 0.25, 0.5]).max() <= found.share_error
    assert found.mean_error < 1e-3
    # Exactly equal ones share for certain.
    C[0, 1] = C[1, 0] = 1.0
    found = maximum_normal(np.zeros(3), C, rng=0)
    assert (found.shares[0], found.share_error < 1e-12) == (0.5, True)
    # Below by 10⁻¹², while the deviation may be 4·10⁻⁸: nearly 1/2, or 0.
    C[0, 1] = C[1, 0] = 1 - 1e-15
    found = maximum_normal([0.0, 1e-12, 0.0], C, rng=0)
    assert abs(found.shares - [0.25, 0.25, 0.5]).max() <= found.share_error


@pytest.mark.slow
def test_one_of_a_set_always_stays():
    """Points on a line, equal but for rounding, in any order: shares of all are at least 1."""
    rng = np.random.default_rng(5)
    for _ in range(10):
        base = rng.dirichlet(np.ones(3), 2)
        weights = rng.random(5)[:, None]
        rows = weights * base[0] + (1 - weights) * base[1] + 10.0 ** -rng.uniform(6, 20) * rng.normal(size=(5, 3))
        rows = np.vstack([rows, rows[rng.integers(5)]])
        C = np.diag(10.0 ** rng.uniform(-12, 12, 3))
        found = maximum_normal(np.zeros(6), rows @ C @ rows.T, rng=0)
        assert found.shares.sum() > 1 - found.share_error
        assert found.mean > -found.mean_error


@pytest.mark.slow
def test_orthants_beside_a_large_deviation():
    # Of three, the first far wider: P(X_2 ≥ X_3 and X_2 ≥ X_1), the share.
    for s in SCALES:
        _, shares = one_beside(2, s)
        found, error = orthant_probability(np.zeros(3), np.diag([s * s, 1, 1]), rng=0, rows=[[0, -1, 1], [1, -1, 0]])
        assert abs(found - shares[1]) <= error + 1e-12 < 1e-6


@pytest.mark.parametrize("s", [1e-12, 1e5, 1e12, 1e150])
def test_exact_numbers_of_a_fork(s):
    """Two ends of deviation 1, one of s: no tie between the two, whatever s."""
    fork = mp.envs.fork(3)
    rewards = {"t1": f"norm(0,{s})", "default": "norm(0,1)"}
    mean, shares = one_beside(2, s)
    a, b = (mp.Option.vectors([np.eye(4)[k]], states=fork.states) for k in (2, 3))
    found = mp.compare(a, b, rewards, method="exact")
    assert found.p_tie.mean == 0
    low, high = found.p_greater.interval()
    assert low <= 1 / 2 <= high <= low + 1e-12
    for gamma in (0, 0.5, 1):
        optimal = mp.action_optimality(fork, gamma, rewards, method="exact")
        for action, share in zip(("->t1", "->t2", "->t3"), shares, strict=True):
            low, high = optimal.of("root", action).interval()
            assert low - 1e-9 <= share <= high + 1e-9
            assert high - low < 1e-6
    low, high = (x[0] for x in mp.power(fork, 0.5, rewards, method="exact").interval())
    assert low <= mean * (1 + 1e-9)
    assert high >= mean * (1 - 1e-9)


@pytest.mark.slow
def test_draws_of_a_badly_scaled_gaussian():
    """Exactly, and by draws: C = D ρ D, D from 10⁹ to 10⁻³. 20 000 draws, five standard errors, below 10⁻⁵ in all."""
    D = np.array([1.0, 1e9, 1e-3, 1e-3])
    rho = np.array([[1, 0.5, 0, 0], [0.5, 1, 0.2, 0.1], [0, 0.2, 1, 0.6], [0, 0.1, 0.6, 1.0]])
    law = Gaussian(np.zeros(4), D[:, None] * rho * D)
    draws = law.from_uniforms(np.random.default_rng(0).random((20_000, 4)))
    assert abs(np.corrcoef(draws.T) - rho).max() < 5 / np.sqrt(20_000)
    np.testing.assert_allclose(draws.std(axis=0) / D, 1, atol=5 / np.sqrt(40_000))
    fork = mp.envs.fork(3)
    exact = mp.action_optimality(fork, 0.9, law, method="exact")
    counted = mp.action_optimality(fork, 0.9, law, samples=4096, rng=0)
    for action in ("->t1", "->t2", "->t3"):
        low, high = counted.of("root", action).interval(0.999999)
        assert low <= exact.of("root", action).mean <= high


def test_a_covariance_that_is_none_in_its_own_scales():
    """Beside 10²⁰ the eigenvalue −1 of the others is rounding; between themselves they are no covariance."""
    with pytest.raises(mp.RewardError, match="correlations have the eigenvalue -1"):
        Gaussian(np.zeros(3), [[1e20, 0, 0], [0, 1, 2], [0, 2, 1]])

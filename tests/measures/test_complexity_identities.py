"""C_Σ(A) = E sup_{a in A} ⟨a, σ⟩ as a complexity: what learning theory and convex geometry say of it, exactly.

Minkowski sums, scaling, translation, inclusion and exchangeable permutations for independent uniform rewards are in
`test_comparison`; here are rewards that depend on each other, hulls, POWER as a centred complexity, Massart's bound,
and the two complexities with names.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp

rows = st.integers(1, 3).flatmap(
    lambda k: st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=k, max_size=k)
)
FEW = settings(max_examples=20, deadline=None)


def complexity(vectors, rewards):
    return mp.complexity(mp.Option.vectors(vectors), rewards, method="exact")


def mean(vectors, rewards):
    """The fraction, or a float that is good to its certified error."""
    found = complexity(vectors, rewards)
    return found.exact if isinstance(found.exact, Fraction) else float(found.mean)


# ---------------------------------------------------------------------- convexity


@FEW
@given(rows, st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any))
def test_a_point_of_the_hull_adds_nothing(a, shares):
    # Thirds and sevenths are rounded, hence 1e-12.
    a = np.array(a)
    weights = np.array(shares[: len(a)] if any(shares[: len(a)]) else [1] + [0] * (len(a) - 1), float)
    point = weights @ a / weights.sum()
    with_point = mean(np.vstack([a, point]), "uniform(-1,2)")
    assert float(with_point) == pytest.approx(float(mean(a, "uniform(-1,2)")), abs=1e-12)


def test_a_point_outside_the_hull_adds():
    # Negative control: {(1, 0)} and (0, 1): from 1/2 to 2/3.
    assert mean([[1, 0]], "uniform") == Fraction(1, 2)
    assert mean([[1, 0], [0, 1]], "uniform") == Fraction(2, 3)


@FEW
@given(rows, st.integers(0, 5))
def test_scaling(a, c):
    """C(cA) = c C(A) for c ≥ 0, 0 included."""
    assert mean(c * np.array(a), "uniform(-1,2)") == c * mean(a, "uniform(-1,2)")


def test_a_negative_factor_is_another_matter():
    # −{e₁, e₂}: E max(−X, −Y) = −E min = −1/3, not −2/3.
    assert mean([[-1, 0], [0, -1]], "uniform") == Fraction(-1, 3)


pairs_of_rows = st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=2, max_size=2)


@pytest.mark.slow
@FEW
@given(pairs_of_rows, st.lists(st.integers(-2, 2), min_size=3, max_size=3))
def test_identities_do_not_need_independence(a, w):
    """Correlated normal rewards: of two vectors E max is θφ(μ/θ) + …, in closed form.

    C(A + w) = C(A) + ⟨w, μ⟩; for equal means, variances and covariances (exchangeable rewards) a permutation changes
    nothing.
    """
    a = np.array(a)
    mu, cov = np.array([1.0, 0.0, -2.0]), np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 1.5]])
    tilted = mp.Gaussian(mu, cov)
    assert mean(a + np.array(w), tilted) == pytest.approx(mean(a, tilted) + float(np.dot(w, mu)), abs=1e-9)
    alike = mp.Gaussian([0.5] * 3, np.full((3, 3), 0.4) + 0.6 * np.eye(3))
    assert mean(a[:, [2, 0, 1]], alike) == pytest.approx(mean(a, alike), abs=1e-9)


def test_without_exchangeability_a_permutation_matters():
    # Negative control: means 1, 0, −2.
    tilted = mp.Gaussian([1.0, 0.0, -2.0], np.eye(3))
    assert mean([[1, 0, 0]], tilted) == pytest.approx(1)
    assert mean([[0, 1, 0]], tilted) == pytest.approx(0)


# ---------------------------------------------------------------------- the complexities with names


@FEW
@given(pairs_of_rows)
def test_gaussian_width_of_two_vectors(a):
    """E max(⟨a, g⟩, ⟨b, g⟩) = E |⟨a − b, g⟩|/2 = ‖a − b‖/√(2π)."""
    a = np.array(a)
    expected = np.linalg.norm(a[0] - a[1]) / np.sqrt(2 * np.pi)
    assert mean(a, "gaussian-width") == pytest.approx(expected, abs=1e-9)


@FEW
@given(rows)
def test_rademacher_is_n_times_the_complexity_of_learning_theory(a):
    """Rad_n(A) = E sup (1/n) Σ ε_i a_i, by all 2^n sign vectors."""
    signs = list(product((-1, 1), repeat=3))
    rad = Fraction(
        sum(max(sum(e * x for e, x in zip(s, row, strict=True)) for row in a) for s in signs), 3 * len(signs)
    )
    assert mean(a, "rademacher") == 3 * rad


# ---------------------------------------------------------------------- POWER


@pytest.mark.slow
@FEW
@given(mdps(max_states=4, max_actions=2, dyadic=True), st.sampled_from([0.0, 0.5, 0.75, 1.0]))
def test_power_is_a_centred_complexity(mdp, gamma):
    """POWER(s) − m = C(POWER set) under R − m, and is not negative: POWER sets lie in the simplex.

    VALUE sets too, and their gap is γ times that of POWER: v(s) = (1 − γ) R(s) + γ X_s.
    """
    power = mp.power(mdp, gamma, method="exact").exact
    value = []
    for s, level in zip(mdp.states, power, strict=True):
        option = mp.Option.state(mdp, s, gamma, "power")
        centred = mp.complexity(option, "uniform(-0.5,0.5)", method="exact").exact
        assert level - Fraction(1, 2) == centred
        assert centred >= 0
        value.append(mp.complexity(mp.Option.state(mdp, s, gamma, "value"), method="exact").exact)
    for s in range(1, mdp.n_states):
        assert value[s] - value[0] == Fraction(gamma) * (power[s] - power[0])


def test_rewards_that_differ_break_it():
    # Negative control: not identically distributed, POWER can be below the mean of all rewards, (0 + 10)/2.
    mdp = mp.RewardlessMDP.from_successors({"a": {"x": "a"}, "b": {"x": "b"}})
    found = mp.power(mdp, 0.5, {"a": 0, "b": 10}, method="exact").mean
    assert found.tolist() == [0, 10]


@pytest.mark.slow
@FEW
@given(mdps(max_states=4, max_actions=2, dyadic=True), st.sampled_from([0.25, 0.5, 0.75]))
def test_massart(mdp, gamma):
    """POWER(s) ≤ m + σ max ‖a‖ √(2 ln |F_nd(s)|): σ² = 1/12 is a variance proxy of U(0, 1), 1 one of N(0, 1).

    Of one vector both sides are m, for which draws are too coarse.
    """
    power = mp.power(mdp, gamma, method="exact").exact
    drawn = mp.power(mdp, gamma, "norm(0,1)", samples=256, rng=0)
    low = drawn.interval(0.9999, simultaneous=True)[0]
    for k, s in enumerate(mdp.states):
        vectors = mp.visits(mdp, s, gamma).nondominated().power_rows
        bound = np.linalg.norm(vectors, axis=1).max() * np.sqrt(2 * np.log(len(vectors)))
        assert float(power[k]) <= 0.5 + bound / np.sqrt(12) + 1e-12
        assert len(vectors) == 1 or low[k] <= bound


@FEW
@given(rows)
def test_massart_for_signs(a):
    # Random signs have proxy 1. Duplicates do not count.
    distinct = np.unique(np.array(a), axis=0)
    bound = np.linalg.norm(distinct, axis=1).max() * np.sqrt(2 * np.log(len(distinct)))
    assert float(mean(a, "rademacher")) <= bound + 1e-12

"""Fractions for floats, exact chains against the float ones, and the two expansions at the ends of γ."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.mdp.rational import Chain, rational, rational_kernel, solve
from mdppower.occupancy.closed_policies import closed_policies, recurrent_distribution, visit_distribution


@given(st.integers(-1000, 1000), st.integers(1, 1000))
def test_a_float_stands_for_the_fraction_that_was_meant(p, q):
    assert rational(p / q) == Fraction(p, q)


def test_what_is_no_simple_fraction_is_itself():
    assert rational(np.pi) == Fraction(np.pi)
    assert rational(0.0) == 0


def test_rows_sum_to_one():
    mdp = mp.RewardlessMDP.from_pairs([0, 1], [[1 / 3, 2 / 3], [np.pi / 4, 1 - np.pi / 4]])
    rows = rational_kernel(mdp)
    assert rows[0] == {0: Fraction(1, 3), 1: Fraction(2, 3)}
    assert sum(rows[1].values()) == 1
    assert float(rows[1][0]) == np.pi / 4


def test_solve_swaps_rows():
    # [[0, 2], [1, 1]] x = [4, 5] has x = [3, 2].
    assert solve([[Fraction(0), Fraction(2)], [Fraction(1), Fraction(1)]], [[Fraction(4)], [Fraction(5)]]) == [
        [3],
        [2],
    ]
    with pytest.raises(ZeroDivisionError):
        solve([[Fraction(0)]], [[Fraction(1)]])


@settings(max_examples=40, deadline=None)
@given(mdps(max_states=4))
def test_chains_agree_with_floats(mdp):
    rows = rational_kernel(mdp)
    for policy in list(closed_policies(mdp, 0))[:5]:
        chain = Chain(rows, policy, 0, mdp.n_states)
        exact = np.array([float(x) for x in chain.visits(Fraction(2, 5))])
        np.testing.assert_allclose(exact, 0.6 * visit_distribution(mdp, policy, 0, 0.4), atol=1e-12)
        np.testing.assert_allclose(
            np.array([float(x) for x in chain.limit]), recurrent_distribution(mdp, policy, 0), atol=1e-12
        )


@settings(max_examples=30, deadline=None)
@given(mdps(max_states=4))
def test_expansions(mdp):
    """With ρ = (1−γ)/γ small, γ b (I − γP)^{-1} = ρ^{-1} y₀ + y₁ + ρ y₂ + O(ρ²); with γ small, b + γ bP + O(γ²).

    The remainders are cut at ρ² and γ² times a bound on the next term: no entry of H² or P² passes the sizes seen.
    """
    rows = rational_kernel(mdp)
    policy = next(closed_policies(mdp, 0))
    chain = Chain(rows, policy, 0, mdp.n_states)
    rho = Fraction(1, 10**6)
    gamma = 1 / (1 + rho)
    visits = [gamma / (1 - gamma) * x for x in chain.visits(gamma)]
    *terms, beyond = chain.laurent(4)
    series = [sum(rho ** (k - 1) * term[s] for k, term in enumerate(terms)) for s in range(mdp.n_states)]
    size = 1 + max(abs(x) for x in beyond)
    assert max(abs(a - b) for a, b in zip(visits, series, strict=True)) <= 2 * rho**2 * size
    small = Fraction(1, 10**6)
    first, second = chain.taylor(2)
    visits = [x / (1 - small) for x in chain.visits(small)]
    series = [a + small * b for a, b in zip(first, second, strict=True)]
    assert max(abs(a - b) for a, b in zip(visits, series, strict=True)) <= 2 * small**2

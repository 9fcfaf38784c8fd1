"""What holds of all sets in the simplex: from the range alone, and from the law; sharp, and never below the truth."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.bounds import (
    best_gap,
    cantelli_gap,
    certify,
    power_gap,
    proxy_of_range,
    sub_gaussian_gap,
    universal_proxy,
)
from mdppower.errors import ParameterError
from mdppower.rewards.distribution import resolve


def test_the_proxy_of_a_range_is_hoeffdings_and_no_smaller_one_will_do():
    """R = (3, 1) or (1, 3), evenly; A = {e_1}, B = {e_2}: Δ = ±2. The proxy is at least the variance, 4 = w²."""
    nu, drop, cap = proxy_of_range(1, 3)
    assert (nu, drop, cap) == (2, 2, 2)
    slopes = np.linspace(-5, 5, 101)
    # ln cosh(2λ) ≤ λ²ν²/2: Hoeffding's lemma, with equality only at 0.
    logs = np.logaddexp(2 * slopes, -2 * slopes) - np.log(2)
    assert (logs <= slopes**2 * nu**2 / 2 + 1e-12).all()
    # Negative control: 1 % less is too little near 0.
    assert (logs[49:52:2] > slopes[49:52:2] ** 2 * (0.99 * nu) ** 2 / 2).all()


def test_markov_is_the_sharp_edge_where_only_the_range_is_known():
    """(1 − p)² ≤ 2 ln(1/p) and p(1 − p) ≤ 1, so w(1 − p) is the least edge at each p; Δ = 0 or −w attains it."""
    p = np.linspace(0.001, 1, 1000)
    nu, drop, _ = proxy_of_range(0, 3)
    edge = best_gap(p, nu2=nu**2, drop=drop)
    np.testing.assert_allclose(edge, 3 * (1 - p), atol=1e-12)
    assert (edge <= np.minimum(sub_gaussian_gap(p, nu**2), cantelli_gap(p, nu**2)) + 1e-12).all()


@pytest.mark.parametrize("ends", [(1, 1), (1, 0), (0, np.inf), (np.nan, 1), (-1e308, 1e308)])
def test_what_is_no_range(ends):
    with (
        np.errstate(over="ignore"),
        pytest.raises(ParameterError, match="a range needs two finite numbers, low < high; got"),
    ):
        proxy_of_range(*ends)
    with pytest.raises(ParameterError, match="low must be numbers, got 'a'"):
        proxy_of_range("a", 1)


def proxy(rewards, mdp):
    return universal_proxy(resolve(rewards, mdp))


def test_closed_forms():
    fork = mp.envs.fork(2)
    # ν² = c_i + c_j of the two greatest: uniform w²/π², normal σ², a constant 0.
    assert proxy("uniform(0,3)", fork) == (pytest.approx(3 * np.sqrt(2) / np.pi), 3, 1.5)
    assert proxy({"t1": "uniform(0,2)", "t2": 0.5, "default": "uniform"}, fork) == (
        pytest.approx(np.sqrt(5) / np.pi), 2, 1.5,
    )  # fmt: skip
    assert proxy({"t1": "norm(3,2)", "t2": 7, "default": "norm(0,1)"}, fork) == (
        pytest.approx(np.sqrt(5)),
        None,
        None,
    )
    # Jointly normal: the greatest variance of a difference, that of the last two.
    cov = [[1, 1.5, 0], [1.5, 4, 0], [0, 0, 1]]
    assert proxy(mp.Gaussian([0, 0, 0], cov), fork)[0] == pytest.approx(np.sqrt(5))
    # No constant, but a range; neither; and nothing that varies.
    assert proxy("bernoulli(0.25)", fork) == (1, 1, 0.75)
    assert proxy("expon", fork) is None
    assert proxy(lambda n, rng: rng.random((n, 3)), fork) is None
    assert proxy(mp.Fixed([0, 1, 3]), fork) == (3, 3, 3)
    assert proxy(2.0, fork) is None


@pytest.mark.parametrize(
    "rewards", ["uniform", "bernoulli(0.25)", {"t1": "uniform(0,2)", "t2": 0.5, "default": "uniform"}]
)
def test_all_pairs_lie_inside_exactly(rewards):
    """Second route: exact gaps and chances of all pairs of states of a fork, VALUE sets and POWER sets."""
    fork = mp.envs.fork(2)
    nu, drop, cap = proxy(rewards, fork)
    for kind in ("value", "power"):
        options = [mp.Option.state(fork, s, 0.5, kind) for s in fork.states]
        for a in options:
            for b in options:
                found = mp.compare(a, b, rewards, method="exact")
                band = power_gap(float(found.p_at_least.mean), nu, tie=float(found.p_tie.mean), drop=drop, cap=cap)
                assert band.lower - 1e-12 <= float(found.gap.mean) <= band.upper + 1e-12


@pytest.mark.slow
def test_two_options_are_certified_by_no_more():
    # `certify` knows A and B, and has among its rules the diameter of the simplex.
    mdp = mp.envs.figure_10()
    rewards = {"s2": "uniform(0,2)", "default": "uniform"}
    nu, drop, _ = proxy(rewards, mdp)
    for kind in ("value", "power"):
        options = [mp.Option.state(mdp, s, 0.5, kind) for s in mdp.states]
        for a in options:
            for b in options:
                found = certify(a, b, rewards)
                assert found.nu2 <= nu**2 + 1e-12
                assert found.drop <= drop + 1e-12

"""Duals and reduced costs: the certificate by hand, recomputed from the constraints, and against other solvers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.solvers.accepted_gap import certifiable

GAMMAS = [0.0, 0.1, 0.9, 0.999999, 1.0]
EPS = np.finfo(float).eps


def bet():
    return mp.RewardlessMDP.from_successors(
        {
            "start": {"wait": "start", "bet": {"won": 0.5, "lost": 0.5}},
            "won": {"stay": "won"},
            "lost": {"stay": "lost"},
        }
    )


def test_duals_by_hand():
    # γ = ½, R = (1, 5, 0): V(won) = 5/(1−½) = 10, V(lost) = 0. Betting: 1 + ½ (½·10 + ½·0) = 3.5; waiting: 2.
    # So V(start) = 3.5, and one wait costs 1 + ½·3.5 − 3.5 = −0.75.
    for poly in (mp.OccupancyPolytope(bet(), "start", 0.5), mp.OccupancyPolytope(bet(), "start", 0.5).unit_mass):
        best = poly.support([1.0, 5.0, 0.0])
        np.testing.assert_allclose(best.duals, [[3.5, 10, 0]], atol=1e-13)  # V in polytopes of both masses
        np.testing.assert_allclose(best.reduced_costs, [[-0.75, 0, 0, 0]], atol=1e-13)
        np.testing.assert_allclose(best.duals @ poly.b_eq, best.values, atol=1e-13)
        assert best.dual_error[0] < 1e-12
    with pytest.raises(mp.ParameterError, match=r"gains and biases are duals at gamma = 1; at gamma = 0\.5"):
        _ = best.gains


def test_duals_by_hand_at_one():
    # To bet gains ½·5 + ½·0 = 2.5 > 1, so g = (2.5, 5, 0). To wait gains 1 a step, and 2.5 is promised: its reduced
    # cost is 1 − 2.5 whatever h is (T h = h there). No pair of y loses gain: T g = g at each.
    best = mp.OccupancyPolytope(bet(), "start", 1).support([1.0, 5.0, 0.0])
    np.testing.assert_allclose(best.gains, [[2.5, 5, 0]], atol=1e-9)
    np.testing.assert_allclose(best.reduced_costs[0, [0, 2, 3]], [-1.5, 0, 0], atol=1e-9)
    np.testing.assert_allclose(best.reduced_costs[0, 4:], 0, atol=1e-9)
    assert (best.duals.shape, best.reduced_costs.shape) == ((1, 6), (1, 8))
    np.testing.assert_array_equal(np.hstack([best.biases, best.gains]), best.duals)


def test_duals_where_the_start_does_not_lead():
    # From "won" nothing is reached but itself, and "start" has its V all the same: HiGHS leaves it free.
    best = mp.OccupancyPolytope(bet(), "won", 0.5).support([1.0, 5.0, 0.0])
    np.testing.assert_allclose(best.duals, [[3.5, 10, 0]], atol=1e-13)
    best = mp.OccupancyPolytope(bet(), "won", 1).support([1.0, 5.0, 0.0])
    np.testing.assert_allclose(best.gains, [[2.5, 5, 0]], atol=1e-9)


@pytest.mark.slow
@settings(max_examples=5)
@given(mdps(max_states=4), st.integers(0, 2**32 - 1), st.sampled_from([1.0, 1e-6, 1e6]), st.sampled_from([0.0, 1e3]))
def test_duals_are_a_certificate(mdp, seed, size, level):
    rng = np.random.default_rng(seed)
    rewards = level + size * rng.normal(size=(2, mdp.n_states))
    for gamma in GAMMAS:
        for start in (mdp.states[0], np.full(mdp.n_states, 1 / mdp.n_states)):
            for poly in {mp.OccupancyPolytope(mdp, start, gamma), mp.OccupancyPolytope(mdp, start, gamma).unit_mass}:
                best = poly.support(rewards)
                rounding = 16 * EPS * (np.abs(best.duals).max(axis=1) + np.abs(rewards).max(axis=1))
                # The certificate, from the constraints alone: Aᵀ V ≥ r proves r·x ≤ b·V for every x.
                cost = rewards[:, mdp.pair_states]
                cost = np.hstack([cost, 0 * cost]) if gamma == 1 else cost
                np.testing.assert_allclose(
                    best.reduced_costs, cost - best.duals @ poly.A_eq.toarray(), atol=rounding.max(), rtol=0
                )
                allowed = best.dual_error if gamma == 1 else 0.0
                assert (best.reduced_costs.max(axis=1) <= allowed).all()
                above = best.duals @ poly.b_eq - best.values
                assert (above >= -best.error_bound - poly.mass * rounding).all()
                assert (above <= best.error_bound + best.dual_error + poly.mass * rounding).all()
                # No vertex beats it, and the maximiser pays nothing where it goes (complementary slackness).
                earned = (poly.state_visits(poly.vertices()) @ rewards.T).max(axis=0)
                assert (
                    earned <= best.duals @ poly.b_eq + poly.mass * (rounding + 1e-14 * np.abs(rewards).max())
                ).all()
                paid = -(best.points * best.reduced_costs[:, : mdp.n_pairs]).sum(axis=1)
                slack = best.error_bound + poly.mass * rounding + (1 + poly.mass) * best.dual_error
                assert (np.abs(paid) <= slack).all()
                # V of all states, by the fast solver.
                solution = mp.optimal_values(mdp, rewards, gamma)
                ours, theirs = (best.gains, solution.normalised) if gamma == 1 else (best.duals, solution.values)
                both = best.dual_error + solution.error_bound / (1 - gamma if gamma < 1 else 1) + rounding
                assert (np.abs(ours - theirs).max(axis=1) <= both).all()
                # What floats can certify of (1−γ)V at this γ, and no more: V of two ends are up to 1/(1−γ) apart.
                mass = 1 if gamma == 1 else 1 / (1 - gamma)
                assert (best.dual_error <= certifiable(gamma) * mass * (1 + np.ptp(rewards))).all()


@pytest.mark.parametrize("gamma", [0.9, 1])
def test_what_is_no_certificate(gamma):
    # Negative control: duals lowered by more than their error break Aᵀ V ≥ r, or fall below the value.
    poly = mp.OccupancyPolytope(mp.envs.figure_1(), "star", gamma)
    rewards = np.random.default_rng(3).random((4, poly.mdp.n_states))
    best = poly.support(rewards)
    lower = best.duals - 1e-6
    assert (lower @ poly.b_eq < best.values - best.error_bound).all()
    cost = rewards[:, poly.mdp.pair_states]
    cost = np.hstack([cost, 0 * cost]) if gamma == 1 else cost
    assert ((cost - lower @ poly.A_eq.toarray()).max(axis=1) > best.dual_error).all()


def test_rewards_of_pairs_have_reduced_costs():
    # γ = ½: waiting pays 4 a step, 4/(1−½) = 8 in all; betting pays 1 and then nothing, 1 − 8 less.
    best = mp.OccupancyPolytope(bet(), "start", 0.5).support([4.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(best.duals, [[8, 0, 0]], atol=1e-13)
    np.testing.assert_allclose(best.reduced_costs, [[0, -7, 0, 0]], atol=1e-13)


def test_constant_rewards_cost_nothing():
    best = mp.OccupancyPolytope(bet(), "start", 0.5).support([3.0, 3.0, 3.0])
    np.testing.assert_allclose(best.duals, 6, rtol=1e-14)
    np.testing.assert_allclose(best.reduced_costs, 0, atol=1e-13)

"""Optimal values: every route to a number must give that number, and the gap must be a bound on the error."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import exact_values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import GAMMAS, mdps, reward_rows

import mdppower as mp
from mdppower.policies import closed_policies, visit_distribution
from mdppower.solvers import stochastic

SMALL = [name for name, e in mp.envs.catalog().items() if e.build().n_states <= 500]


@pytest.fixture
def krylov(monkeypatch):
    """The stochastic solver without its banded LU, which then is the fall-back only."""
    monkeypatch.setattr(stochastic, "BAND_WORK", 0.0)
    monkeypatch.setattr(stochastic, "_PLANS", type(stochastic._PLANS)())


def enumeration(mdp, rewards, gamma):
    """Max over closed policies π from s of (1−γ) f^{π,s}·R (Turner et al., Def. 3.3): no solver at all."""
    v = np.full(rewards.shape, -np.inf)
    for s, label in enumerate(mdp.states):
        for policy in closed_policies(mdp, label):
            f = (1 - gamma) * visit_distribution(mdp, policy, label, gamma)
            v[:, s] = np.maximum(v[:, s], rewards @ f)
    return v


def check_enclosure(mdp, reward, gamma, v):
    """The half-width of Tv + γ/(1−γ)·[min r, max r], and its distance from v, written independently in NumPy."""
    tv = (1 - gamma) * reward + gamma * np.maximum.reduceat(mdp.kernel @ v, mdp.pointer[:-1])
    r = tv - v
    low, high = tv + gamma / (1 - gamma) * r.min(), tv + gamma / (1 - gamma) * r.max()
    return max((high - v).max(), (v - low).max())


# ---------------------------------------------------------------------- routes agree


@given(st.data())
def test_all_routes_agree_on_random_mdps(data):
    mdp = data.draw(mdps())
    gamma = data.draw(GAMMAS)
    rewards = data.draw(reward_rows(mdp.n_states))
    # Rewards of size 1,000 carry their rounding: 1e-9 relative to the size.
    scale = max(1.0, np.abs(rewards).max())
    fast = mp.optimal_values(mdp, rewards, gamma)
    expected = enumeration(mdp, rewards, gamma)
    np.testing.assert_allclose(fast.normalised, expected, atol=1e-9 * scale, rtol=0)
    for method in ("stochastic", "lp", "lp-occupancy"):
        other = mp.optimal_values(mdp, rewards, gamma, method=method)
        np.testing.assert_allclose(other.normalised, fast.normalised, atol=1e-9 * scale, rtol=0, err_msg=method)


@settings(max_examples=40)
@given(st.data())
def test_krylov_route_agrees(data):
    mdp = data.draw(mdps())
    rewards = data.draw(reward_rows(mdp.n_states))
    gamma = data.draw(GAMMAS)
    plain = mp.optimal_values(mdp, rewards, gamma, method="stochastic").normalised
    before, stochastic.BAND_WORK = stochastic.BAND_WORK, 0.0
    stochastic._PLANS.clear()
    try:
        other = mp.optimal_values(mdp, rewards, gamma, method="stochastic").normalised
    finally:
        stochastic.BAND_WORK = before
        stochastic._PLANS.clear()
    np.testing.assert_allclose(other, plain, atol=1e-9 * max(1.0, np.abs(rewards).max()), rtol=0)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("slip", [0.0, 0.2])
def test_solvers_agree_on_the_catalog(name, slip):
    if slip and not mp.envs.catalog().get(name, mp.envs.catalog()["maze"]).is_map:
        return  # the paper's MDPs take no slip
    mdp = mp.envs.make(name, slip=slip) if slip else mp.envs.make(name)
    rewards = np.random.default_rng(0).normal(size=(3, mdp.n_states))
    for gamma in (0.5, 0.99, 0.999999):
        fast = mp.optimal_values(mdp, rewards, gamma)
        general = mp.optimal_values(mdp, rewards, gamma, method="stochastic")
        np.testing.assert_allclose(fast.normalised, general.normalised, atol=1e-9, rtol=0)
        lp = mp.optimal_values(mdp, rewards[:1], gamma, method="lp")
        np.testing.assert_allclose(lp.normalised, fast.normalised[:1], atol=1e-9, rtol=0)
        # Deterministic: rounding only. Stochastic with exits and pits: h = (v − c)/(1−γ) is of size 1/(1−γ) where
        # classes have different gains, and so is its rounding; without them, rounding only.
        several_gains = not mdp.is_deterministic and len(mdp.absorbing_states) > 0
        assert fast.gap.max() < (1e-14 / (1 - gamma) if several_gains else 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_occupancy_programs_agree_on_the_catalog(name):
    mdp = mp.envs.make(name)
    rewards = np.random.default_rng(1).random((2, mdp.n_states))
    for gamma in (0.9, 0.999999):
        fast = mp.optimal_values(mdp, rewards, gamma).normalised
        lp = mp.optimal_values(mdp, rewards, gamma, method="lp-occupancy").normalised
        np.testing.assert_allclose(lp, fast, atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", ["turner-figure-1", "fork(3)", "cycle(4)", "open(2,2)"])
@pytest.mark.parametrize("gamma", [0.1, 0.9, 0.999999])
def test_enumeration_on_the_catalog(name, gamma):
    mdp = mp.envs.make(name)
    rewards = np.random.default_rng(2).normal(size=(5, mdp.n_states))
    expected = enumeration(mdp, rewards, gamma)
    np.testing.assert_allclose(mp.optimal_values(mdp, rewards, gamma).normalised, expected, atol=1e-9, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.9, 0.99, 0.999])
def test_krylov_on_a_grid_too_wide_for_the_band(krylov, gamma):
    mdp = mp.envs.make("open(30,30)", slip=0.2)
    rewards = np.random.default_rng(0).random((2, 900))
    by_krylov = mp.optimal_values(mdp, rewards, gamma)
    assert not stochastic.plan(mdp).narrow
    stochastic._PLANS.clear()
    stochastic.BAND_WORK = 3e7
    by_lu = mp.optimal_values(mdp, rewards, gamma)
    assert stochastic.plan(mdp).narrow
    np.testing.assert_allclose(by_krylov.normalised, by_lu.normalised, atol=1e-12, rtol=0)


def test_chains_that_hardly_mix(krylov):
    """Nearly decomposable random walks, transition probabilities down to 1e-12, γ up to 1 − 1e-7.

    BiCGStab gets lost on some of these; the draw must then go to the LU, and nothing may be certified wrongly.
    """
    rng = np.random.default_rng(5)
    for _ in range(60):
        n = int(rng.integers(10, 60))
        rows, owner = [], []
        for s in range(n):
            for _ in range(int(rng.integers(1, 4))):
                ends = np.unique(np.clip(s + rng.integers(-2, 3, 3), 0, n - 1))
                weights = rng.random(len(ends)) ** rng.integers(1, 8) + 1e-12
                row = np.zeros(n)
                row[ends] = weights / weights.sum()
                rows.append(row)
                owner.append(s)
        mdp = mp.RewardlessMDP.from_pairs(owner, np.array(rows))
        rewards, gamma = rng.normal(size=(3, n)), 1 - 10.0 ** -rng.uniform(4, 7)
        one = mp.optimal_values(mdp, rewards, gamma)
        stochastic._PLANS.clear()
        stochastic.BAND_WORK = 3e7
        two = mp.optimal_values(mdp, rewards, gamma)
        stochastic.BAND_WORK = 0.0
        assert (np.abs(one.normalised - two.normalised).max(axis=1) <= one.gap + two.gap).all()


# ---------------------------------------------------------------------- near γ = 1


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-9, 1e-12])
def test_deterministic_near_one_is_exact(delta):
    """Two cycles reachable from 0: 1 ↔ 2 with rewards 0, 1 (gain 1/2), and 3 alone with reward 1/2 − δ/8.

    With d = 1−γ, being at 1: v(1) = γ/(1+γ) = 1/2 − d/4 + O(d²); at 3: 1/2 − δ/8. For d = δ the loop is better by
    δ/8·…: v(3) − v(1) = d/4 − δ/8 > 0. Howard with a tolerance of 1e-12 on v could not tell them at δ = 1e-12.
    """
    gamma = 1 - delta
    mdp = mp.RewardlessMDP.from_successors({0: {"x": 1, "y": 3}, 1: {"x": 2}, 2: {"x": 1}, 3: {"x": 3}})
    reward = [0.0, 0.0, 1.0, 0.5 - delta / 8]
    solution = mp.optimal_values(mdp, reward, gamma)
    g = Fraction(gamma)
    exact_loop = Fraction(reward[3])
    exact_swing = g / (1 + g)
    assert exact_loop > exact_swing
    assert solution.policies[0, 0] == mdp.action_names.index("y")
    assert abs(Fraction(solution.normalised[0, 0]) - g * exact_loop) < Fraction(1, 10**15)
    assert abs(Fraction(solution.normalised[0, 1]) - exact_swing) < Fraction(1, 10**15)


@pytest.mark.parametrize("gamma", [0.5, 0.999999, 1 - 1e-9, 1 - 1e-12, 1 - 2**-53])
def test_long_cycle_is_a_geometric_sum(gamma):
    # One cycle of 1,000 states, reward 1 at state 0: v(0) = (1−γ)/(1−γ^L), and v(L−k) = γ^k v(0). Rewards are
    # centred inside, so that the error is rounding of numbers of size 1, not of v.
    length = 1000
    mdp = mp.RewardlessMDP.from_successors({s: {"on": (s + 1) % length} for s in range(length)})
    reward = np.eye(1, length)[0]
    d = 1 - gamma
    top = d / -np.expm1(length * np.log1p(-d))
    solution = mp.optimal_values(mdp, reward, gamma)
    k = -np.arange(length) % length
    np.testing.assert_allclose(solution.normalised[0], top * np.exp(k * np.log1p(-d)), rtol=1e-13, atol=4e-16)
    assert solution.gap[0] < 1e-11


@pytest.mark.parametrize("gamma", [0.9, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12])
def test_stochastic_near_one_on_a_unichain(gamma):
    """Two states, stay with probability 1 − p: v(0) − v(1) = (1−γ)(R₀−R₁)/(1−γ(1−2p)), v(0)+v(1) = R₀+R₁."""
    p = 0.25
    mdp = mp.RewardlessMDP.from_successors({0: {"go": {0: 1 - p, 1: p}}, 1: {"go": {0: p, 1: 1 - p}}})
    solution = mp.optimal_values(mdp, [1.0, 0.0], gamma)
    half = (1 - gamma) / (1 - gamma * (1 - 2 * p)) / 2
    np.testing.assert_allclose(solution.normalised[0], [0.5 + half, 0.5 - half], atol=1e-15)
    assert solution.gap[0] < 1e-14


# ---------------------------------------------------------------------- the certificate


@given(st.data())
@settings(max_examples=80)
def test_gap_bounds_the_true_error(data):
    """Against rational arithmetic: no rounding in the reference (dyadic probabilities, integer rewards)."""
    mdp = data.draw(mdps(max_states=4, max_actions=2, dyadic=True))
    gamma = data.draw(st.sampled_from([0.1, 0.5, 0.9, 0.99, 0.999999]))
    reward = data.draw(st.lists(st.integers(-3, 3), min_size=mdp.n_states, max_size=mdp.n_states))
    truth = exact_values(mdp, reward, Fraction(gamma))
    for method in ("auto", "stochastic", "lp"):
        solution = mp.optimal_values(mdp, np.array(reward, float), gamma, method=method)
        error = max(abs(Fraction(x) - y) for x, y in zip(solution.normalised[0], truth, strict=True))
        assert error <= Fraction(solution.gap[0]), method
        # A gap of nothing would say nothing: it stays near rounding.
        assert solution.gap[0] < (1e-8 if method == "lp" else 1e-12)


def test_a_wrong_value_is_not_certified():
    """Negative control: values moved off by 1e-6 get an enclosure that still holds, and a gap that says so."""
    mdp = mp.envs.make("maze")
    reward = np.random.default_rng(0).random(31)
    for gamma in (0.5, 0.99):
        v = mp.optimal_values(mdp, reward, gamma).normalised[0]
        for s in range(0, 31, 5):
            wrong = v.copy()
            wrong[s] += 1e-6
            claimed = check_enclosure(mdp, reward, gamma, wrong)
            assert claimed >= 1e-6 * (1 - 1e-6)  # never below the true error
            assert check_enclosure(mdp, reward, gamma, v) < 1e-12


def test_failure_names_the_draw(monkeypatch):
    monkeypatch.setattr("mdppower.solvers.certifiable", lambda gamma: -1.0)
    rewards = np.zeros((3, 31))
    rewards[2] = np.arange(31)  # zero rewards are certified to 0 exactly, and pass
    with pytest.raises(mp.SolverError, match="draw 2") as caught:
        mp.optimal_values(mp.envs.make("maze"), rewards, 0.9)
    assert caught.value.draw == 2


@pytest.mark.parametrize("slip", [0.0, 0.2])
@pytest.mark.parametrize("gamma", [0.9, 0.999999])
def test_hard_rewards(slip, gamma):
    """Ties everywhere, constants, sparse, huge offsets, tiny scales, heavy tails: solved, with the gap to scale."""
    mdp = mp.envs.make("open(8,8)", slip=slip)
    rng = np.random.default_rng(0)
    n = mdp.n_states
    rows = {
        "0/1": rng.integers(0, 2, n).astype(float),
        "tenths": rng.integers(0, 3, n) * 0.1,
        "constant": np.full(n, 0.1),
        "one": np.eye(1, n, 5)[0],
        "offset": rng.normal(size=n) * 1e6 - 1e7,
        "tiny": rng.normal(size=n) * 1e-12,
        "cauchy": rng.standard_cauchy(n),
    }
    for name, row in rows.items():
        solution = mp.optimal_values(mdp, row, gamma)
        assert solution.gap[0] <= 1e-8 * np.ptp(row) + 1e-14 * np.abs(row).max(), name
        lp = mp.optimal_values(mdp, row, gamma, method="lp")
        difference = np.abs(lp.normalised - solution.normalised).max()
        assert difference <= lp.gap[0] + solution.gap[0], name


# ---------------------------------------------------------------------- what comes back


@pytest.mark.parametrize("slip", [0.0, 0.3])
def test_a_row_does_not_depend_on_its_neighbours(slip):
    mdp = mp.envs.make("four-rooms", slip=slip)
    rewards = np.random.default_rng(0).normal(size=(6, mdp.n_states))
    together = mp.optimal_values(mdp, rewards, 0.95)
    for i in range(6):
        alone = mp.optimal_values(mdp, rewards[i], 0.95)
        assert (alone.normalised[0] == together.normalised[i]).all()
        assert (alone.policies[0] == together.policies[i]).all()
        assert alone.gap[0] == together.gap[i]


@given(st.data())
def test_policies_are_available_and_optimal(data):
    mdp = data.draw(mdps())
    gamma = data.draw(GAMMAS)
    rewards = data.draw(reward_rows(mdp.n_states, rows=1))
    for method in ("auto", "stochastic", "lp"):
        solution = mp.optimal_values(mdp, rewards, gamma, method=method)
        names = [mdp.action_names[a] for a in solution.policies[0]]
        pairs = [mdp.pair(s, a) for s, a in zip(mdp.states, names, strict=True)]
        rows = mdp.kernel[pairs].toarray()
        v = np.linalg.solve(np.eye(mdp.n_states) - gamma * rows, (1 - gamma) * rewards[0])
        np.testing.assert_allclose(v, solution.normalised[0], atol=1e-8 * max(1, np.abs(rewards).max()), rtol=0)


def test_gamma_zero_is_the_reward_and_the_greedy_policy():
    mdp = mp.envs.fork(3)
    solution = mp.optimal_values(mdp, [9.0, 1.0, 3.0, 2.0], 0)
    assert solution.normalised.tolist() == [[9, 1, 3, 2]]
    assert mdp.action_names[solution.policies[0, 0]] == "->t2"
    assert solution.gap.tolist() == [0]


@given(st.data())
def test_relabelling_permutes_values(data):
    mdp = data.draw(mdps())
    order = np.array(data.draw(st.permutations(range(mdp.n_states))))
    rewards = data.draw(reward_rows(mdp.n_states))
    gamma = data.draw(GAMMAS)
    there = mp.optimal_values(mdp.permute_states(order), rewards[:, order], gamma).normalised
    here = mp.optimal_values(mdp, rewards, gamma).normalised[:, order]
    np.testing.assert_allclose(there, here, atol=1e-10 * max(1, np.abs(rewards).max()), rtol=0)


def test_values_are_v_over_one_minus_gamma():
    solution = mp.optimal_values(mp.envs.fork(1), [1.0, 2.0], 0.5)
    assert solution.values.tolist() == [[3.0, 4.0]]  # 1 + ½·4, and 2/(1 − ½)
    assert "2 states" in repr(solution)


def test_bad_arguments():
    mdp = mp.envs.make("maze")
    good = np.zeros(31)
    for gamma in (-0.1, 1.1, float("nan"), "x", [0.5, 0.9], [], None, True):
        with pytest.raises(mp.ParameterError, match="gamma"):
            mp.optimal_values(mdp, good, gamma)
    with pytest.raises(mp.ParameterError, match=r"gamma = 1 .* not supported yet"):
        mp.optimal_values(mdp, good, 1)
    with pytest.raises(mp.RewardError, match=r"shape \(N, 31\)"):
        mp.optimal_values(mdp, np.zeros(30), 0.5)
    bad = np.zeros((2, 31))
    bad[1, 4] = np.inf
    with pytest.raises(mp.RewardError, match=r"draw 1 in state \(0, 4\) is inf"):
        mp.optimal_values(mdp, bad, 0.5)
    with pytest.raises(mp.RewardError, match="numbers"):
        mp.optimal_values(mdp, ["a"] * 31, 0.5)
    with pytest.raises(mp.ParameterError, match="'magic'"):
        mp.optimal_values(mdp, good, 0.5, method="magic")
    with pytest.raises(mp.ParameterError, match="stochastic"):
        mp.optimal_values(mp.envs.make("maze", slip=0.1), good, 0.5, method="deterministic")

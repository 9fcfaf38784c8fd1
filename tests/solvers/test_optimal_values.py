"""Optimal values: every route to a number must give that number, and the gap must be a bound on the error."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from cases import assert_covers, exact_values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import GAMMAS, mdps, reward_rows

import mdppower as mp
from mdppower._stop import Stopped, new_flag, with_flag
from mdppower.occupancy.closed_policies import closed_policies, visit_distribution
from mdppower.solvers import optimal_values, stochastic
from mdppower.solvers.accepted_gap import certifiable

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


# ---------------------------------------------------------------------- routes agree


@pytest.mark.slow
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


@pytest.mark.slow
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
    if slip and not mp.envs.catalog()[name].is_map:
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
        assert fast.error_bound.max() < (1e-14 / (1 - gamma) if several_gains else 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("slip", [0.0, 0.2])
def test_occupancy_programs_agree_on_the_catalog(name, slip):
    if slip and not mp.envs.catalog()[name].is_map:
        return  # the paper's MDPs take no slip
    mdp = mp.envs.make(name, slip=slip) if slip else mp.envs.make(name)
    rewards = np.random.default_rng(1).random((2, mdp.n_states))
    for gamma in (0.9, 0.999999):
        fast = mp.optimal_values(mdp, rewards, gamma).normalised
        lp = mp.optimal_values(mdp, rewards, gamma, method="lp-occupancy").normalised
        np.testing.assert_allclose(lp, fast, atol=1e-9, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["turner-figure-1", "fork(3)", "cycle(4)", "open(2,2)"])
@pytest.mark.parametrize("gamma", [0.1, 0.9, 0.999999])
def test_enumeration_on_the_catalog(name, gamma):
    mdps = [mp.envs.make(name)]
    if mp.envs.catalog().get(name) is None:  # a room: 5 actions in each of 4 cells, 625 policies
        mdps.append(mp.envs.make(name, slip=0.2))
    for mdp in mdps:
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


def hardly_mixing(n, rng):
    """A random walk on a line, with transition probabilities down to 1e-12."""
    rows, owner = [], []
    for s in range(n):
        for _ in range(int(rng.integers(1, 4))):
            ends = np.unique(np.clip(s + rng.integers(-2, 3, 3), 0, n - 1))
            weights = rng.random(len(ends)) ** rng.integers(1, 8) + 1e-12
            row = np.zeros(n)
            row[ends] = weights / weights.sum()
            rows.append(row)
            owner.append(s)
    return mp.RewardlessMDP.from_pairs(owner, np.array(rows))


def test_chains_that_hardly_mix(krylov):
    """Nearly decomposable random walks, transition probabilities down to 1e-12, γ up to 1 − 1e-7.

    BiCGStab gets lost on some of these; the draw must then go to the LU, and nothing may be certified wrongly.
    """
    rng = np.random.default_rng(5)
    for _ in range(60):
        n = int(rng.integers(10, 60))
        mdp = hardly_mixing(n, rng)
        rewards, gamma = rng.normal(size=(3, n)), 1 - 10.0 ** -rng.uniform(4, 7)
        one = mp.optimal_values(mdp, rewards, gamma)
        stochastic._PLANS.clear()
        stochastic.BAND_WORK = 3e7
        two = mp.optimal_values(mdp, rewards, gamma)
        stochastic.BAND_WORK = 0.0
        assert (np.abs(one.normalised - two.normalised).max(axis=1) <= one.error_bound + two.error_bound).all()


@pytest.mark.slow
def test_a_draw_that_bicgstab_cannot_do_goes_to_the_lu(krylov):
    """Without room for an LU `_iterate` gives up (gap ∞, the draw is not certified); `solve` then gets through."""
    mdp, rewards, gamma = chain_with_traps()
    p = stochastic.plan(mdp)
    enough = certifiable(gamma) * np.ptp(rewards, axis=1)
    gaps = []
    for reward, accepted in zip(rewards, enough, strict=True):
        h, rho, pair = np.empty(mdp.n_states), np.empty(mdp.n_states), np.empty(mdp.n_states, np.int32)
        _, gap, _ = stochastic._iterate(
            reward[p.order], gamma, gamma, False, accepted, p.pointer, p.indptr, p.indices, p.data, p.band, pair, h,
            rho, np.empty((0, 0)), np.empty((8, mdp.n_states)), new_flag(),
        )  # fmt: skip
        gaps.append(gap)
    assert 0 < (np.array(gaps) > enough).sum() < len(gaps)  # some do, some do not
    by_fall_back = mp.optimal_values(mdp, rewards, gamma, method="stochastic")
    assert (by_fall_back.error_bound <= enough).all()


def chain_with_traps():
    """A random walk that hardly mixes, and draws of which BiCGStab solves some only (found by trying seeds)."""
    rng = np.random.default_rng(67)
    return hardly_mixing(40, rng), rng.normal(size=(6, 40)), 1 - 1e-5


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
    assert solution.error_bound[0] < 1e-11


@pytest.mark.parametrize("gamma", [0.9, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12])
def test_stochastic_near_one_on_a_unichain(gamma):
    """Two states, stay with probability 1 − p: v(0) − v(1) = (1−γ)(R₀−R₁)/(1−γ(1−2p)), v(0)+v(1) = R₀+R₁."""
    p = 0.25
    mdp = mp.RewardlessMDP.from_successors({0: {"go": {0: 1 - p, 1: p}}, 1: {"go": {0: p, 1: 1 - p}}})
    solution = mp.optimal_values(mdp, [1.0, 0.0], gamma)
    half = (1 - gamma) / (1 - gamma * (1 - 2 * p)) / 2
    np.testing.assert_allclose(solution.normalised[0], [0.5 + half, 0.5 - half], atol=1e-15)
    assert solution.error_bound[0] < 1e-14


@pytest.mark.slow
@given(st.data())
@settings(max_examples=80)
def test_near_one_against_rationals(data):
    """γ up to 1 − 1e-12, any chain structure, against rational arithmetic."""
    mdp = data.draw(mdps(max_states=4, max_actions=2, deterministic=data.draw(st.booleans()), dyadic=True))
    gamma = data.draw(st.sampled_from([1 - 1e-9, 1 - 1e-12]))
    reward = data.draw(st.lists(st.integers(-3, 3), min_size=mdp.n_states, max_size=mdp.n_states))
    solution = mp.optimal_values(mdp, np.array(reward, float), gamma)
    assert_covers(solution, exact_values(mdp, reward, Fraction(gamma)))


# From a fuzz against rational policy iteration: 1 draw of 1,400 at γ = .999999, 1 of 100 at 1 − 1e-12.
STALLS = {
    # Two policies that tie exactly, and an LU whose rounding, 1e-11 = ε/(1−γ), makes each look better in turn.
    "ties": (
        1 - 1e-6,
        [0.3, 0.1, 0.2, 0.3, 0.3, -0.3, -0.3],
        {
            0: [2, 0], 1: [{2: 0.5, 4: 0.25, 5: 0.25}, 4, 3], 2: [1, 5, 6],
            3: [{0: 0.5, 4: 0.25, 5: 0.25}, {2: 0.5, 3: 0.25, 4: 0.25}, 3], 4: [0],
            5: [{5: 0.25, 6: 0.75}, 1], 6: [3, 2, 0],
        },
    ),
    # Several closed classes: h is of size 1/(1−γ) until the last improvement.
    "classes": (
        1 - 1e-9,
        [-2.0, 3.0, -2.0, 0.0, 2.0, 3.0],
        {
            0: [0, 0], 1: [3, 4, 2], 2: [2], 3: [{0: 0.25, 2: 0.5, 4: 0.25}, 1, 4],
            4: [{1: 0.75, 2: 0.25}, 0, 4], 5: [1],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STALLS)
def test_policy_iteration_does_not_stall(name):
    gamma, reward, successors = STALLS[name]
    mdp = mp.RewardlessMDP.from_successors({s: dict(enumerate(to)) for s, to in successors.items()})
    solution = mp.optimal_values(mdp, reward, gamma, method="stochastic")
    # A float is taken as the rational that it is.
    assert_covers(solution, exact_values(mdp, [Fraction(r) for r in reward], Fraction(gamma)))


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
        assert alone.error_bound[0] == together.error_bound[i]


def test_a_row_does_not_depend_on_its_neighbours_by_krylov(krylov):
    # Of these draws the second needs the LU and the others do not.
    mdp, rewards, gamma = chain_with_traps()
    together = mp.optimal_values(mdp, rewards, gamma, method="stochastic")
    for i, reward in enumerate(rewards):
        alone = mp.optimal_values(mdp, reward, gamma, method="stochastic")
        assert (alone.normalised[0] == together.normalised[i]).all()
        assert alone.error_bound[0] == together.error_bound[i]


@pytest.mark.slow
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
    assert solution.error_bound.tolist() == [0]


@pytest.mark.slow
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


def test_a_range_beyond_floats():
    # v(root) = .1 · 1e308 − .9 · 1e308; the range, 2e308, is no float.
    solution = mp.optimal_values(mp.envs.fork(1), [1e308, -1e308], 0.9)
    np.testing.assert_allclose(solution.normalised[0], [-0.8e308, -1e308], rtol=1e-14)
    assert 0 < solution.error_bound[0] < 1e295


def test_a_refusal_says_what_it_knows(monkeypatch):
    """What cannot be told apart, and between what the values lie: here for a solver that stops at a gap of 1e-3."""
    original = optimal_values._solver

    def rough(method, gamma):
        def solve(*arguments):
            values, pairs, gap, iterations = original(method, gamma)(*arguments)
            return values, pairs, gap + 1e-3, iterations

        return solve

    mdp, rewards = mp.envs.fork(3), np.array([[0.0, 1.0, 1.0005, 0.9], [0.0, 1.0, 2.0, 3.0]])
    monkeypatch.setattr(optimal_values, "_solver", rough)
    with pytest.raises(mp.SolverError, match=r"it cannot tell '->t1', '->t2' apart$") as caught:
        mp.optimal_values(mdp, rewards, 0.5)
    error = caught.value
    assert error.draw == 0
    assert error.error_bound == pytest.approx(1e-3, rel=1e-9)
    assert error.undecided == [("root", "->t1"), ("root", "->t2")]
    best = [0.5 * 1.0005, 1.0, 1.0005, 0.9]
    assert (error.lower <= best).all()
    assert (best <= error.upper).all()
    assert (error.upper - error.lower).max() < 3e-3


def test_bad_arguments():
    mdp = mp.envs.make("maze")
    good = np.zeros(31)
    for gamma in (-0.1, 1.1, float("nan"), "x", [0.5, 0.9], [], None, True):
        with pytest.raises(mp.ParameterError, match="gamma"):
            mp.optimal_values(mdp, good, gamma)
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


# ---------------------------------------------------------------------- told to stop


@pytest.mark.parametrize("gamma", [0.9, 1.0])
@pytest.mark.parametrize("slip", [0.0, 0.1])
def test_solvers_end_when_told(gamma, slip):
    """The flag is seen before the first draw, and what kernels leave is not taken for a result."""
    mdp = mp.envs.gridworld("~..\n...\n..*", slip=slip)
    rewards = np.random.default_rng(0).random((8, 9))
    flag = new_flag()
    solve = with_flag(
        flag, lambda rows: optimal_values.solve_rows(mdp, rows, gamma, optimal_values.pick(mdp, "auto"))
    )
    whole = solve(rewards)
    flag[0] = 1
    with pytest.raises(Stopped):
        solve(rewards)
    flag[0] = 0
    assert [x.tobytes() for x in solve(rewards)] == [x.tobytes() for x in whole]


@pytest.mark.slow
def test_a_long_solve_ends_in_its_middle():
    """Set from another thread, while a kernel runs that would take minutes; nobody waits for it to end."""
    mdp = mp.envs.make("open(150,150)", slip=0.1)
    rewards = np.random.default_rng(0).random((500, mdp.n_states))
    flag = new_flag()
    solve = with_flag(flag, lambda rows: optimal_values.solve_rows(mdp, rows, 0.999, "stochastic"))
    solve(rewards[:1, :] * 0)  # compiled
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(solve, rewards)
        time.sleep(0.5)
        assert not future.done()
        flag[0] = 1
        with pytest.raises(Stopped):
            future.result(timeout=60)

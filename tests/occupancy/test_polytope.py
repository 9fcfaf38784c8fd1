"""The occupancy polytope: its equations by hand, and every number by two ways or more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps, reward_rows

import mdppower as mp
from mdppower.occupancy.polytope import OccupancyPolytope
from mdppower.solvers.optimal_values import pick, solve_rows

GAMMAS = [0.0, 0.1, 0.9, 0.999999, 1.0]
every_gamma = pytest.mark.parametrize("gamma", GAMMAS)


def bet():
    """From "start" one may wait, or bet: half to "won", half to "lost"."""
    return mp.RewardlessMDP.from_successors(
        {
            "start": {"wait": "start", "bet": {"won": 0.5, "lost": 0.5}},
            "won": {"stay": "won"},
            "lost": {"stay": "lost"},
        }
    )


def with_rewards(**options):
    return mdps(**options).flatmap(lambda m: reward_rows(m.n_states).map(lambda rows: (m, rows)))


def starts(mdp):
    """Every state, and all of them alike."""
    return [*mdp.states, np.full(mdp.n_states, 1 / mdp.n_states)]


def limit_of_chain(transitions):
    """P* = lim (1/n) Σ P^k. (P + I)/2 has the same and is aperiodic: square it often."""
    limit = 0.5 * (transitions + np.eye(len(transitions)))
    for _ in range(60):
        limit = limit @ limit
        limit /= limit.sum(axis=1, keepdims=True)
    return limit


def affine_rank(rows):
    return int(np.linalg.matrix_rank(rows - rows[0], tol=1e-7 * np.abs(rows).max()))


# ---------------------------------------------------------------------- constraints


def test_equations_by_hand():
    # Pairs: (start, wait), (start, bet), (won, stay), (lost, stay); columns of (E − γT)ᵀ at γ = ½:
    #   e_start − ½ e_start,   e_start − ½ (½ e_won + ½ e_lost),   e_won − ½ e_won,   e_lost − ½ e_lost.
    poly = OccupancyPolytope(bet(), "start", 0.5)
    np.testing.assert_array_equal(poly.A_eq.toarray(), [[0.5, 1, 0, 0], [0, -0.25, 0.5, 0], [0, -0.25, 0, 0.5]])
    np.testing.assert_array_equal(poly.b_eq, [1, 0, 0])
    np.testing.assert_array_equal(poly.unit_mass.b_eq, [0.5, 0, 0])
    assert (poly.mass, poly.unit_mass.mass, poly.unit_mass.unit_mass is poly.unit_mass) == (2, 1, True)
    # To bet: one visit of (start, bet), then ½ of each prize: ½ γ/(1−γ) = ½ visits.
    np.testing.assert_array_equal(poly.occupancy({"start": "bet", "won": "stay", "lost": "stay"}), [0, 1, 0.5, 0.5])


def test_equations_by_hand_at_one():
    # Above, (E − T)ᵀ on x; below, Eᵀ on x and (E − T)ᵀ on y.
    poly = OccupancyPolytope(bet(), "start", 1)
    leave = np.array([[0, 1, 0, 0], [0, -0.5, 0, 0], [0, -0.5, 0, 0]])
    owner = np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    np.testing.assert_array_equal(poly.A_eq.toarray(), np.block([[leave, 0 * leave], [owner, leave]]))
    np.testing.assert_array_equal(poly.b_eq, [0, 0, 0, 1, 0, 0])
    assert poly.unit_mass is poly


@every_gamma
def test_h_form_holds_the_v_form(gamma):
    poly = OccupancyPolytope(bet(), "start", gamma)
    A_ub, b_ub, A_eq, b_eq = poly.h_form()
    for x in poly.v_form():
        if gamma == 1:  # y: the bet is made as often as x says that it was
            x = np.r_[x, 0, x[2] + x[3], 0, 0]
        assert (A_ub @ x <= b_ub).all()
        np.testing.assert_allclose(A_eq @ x, b_eq, atol=1e-9)


# ---------------------------------------------------------------------- occupancies


@pytest.mark.slow
@settings(max_examples=20)
@given(mdps(), st.integers(0, 2**32 - 1), st.booleans())
def test_occupancy_solves_the_flow(mdp, seed, pure):
    rng = np.random.default_rng(seed)
    policy = rng.random(mdp.n_pairs) * (rng.random(mdp.n_pairs) < 0.7)
    if pure:
        policy = np.floor(policy / np.maximum.reduceat(policy + 1e-9, mdp.pointer[:-1])[mdp.pair_states] + 1e-6)
    empty = np.add.reduceat(policy, mdp.pointer[:-1])[mdp.pair_states] == 0
    policy[empty] = 1.0
    policy /= np.add.reduceat(policy, mdp.pointer[:-1])[mdp.pair_states]
    chain = np.zeros((mdp.n_states, mdp.n_states))
    np.add.at(chain, mdp.pair_states, policy[:, None] * mdp.kernel.toarray())
    for gamma in GAMMAS:
        for start in starts(mdp):
            poly = OccupancyPolytope(mdp, start, gamma)
            x = poly.occupancy(policy)
            assert poly.contains(x), poly.contains(x).reason
            assert poly.unit_mass.contains(x / poly.mass)
            np.testing.assert_allclose(x.sum(), poly.mass, rtol=1e-14)
            states = poly.state_visits(x)
            np.testing.assert_allclose(x, states[mdp.pair_states] * policy, rtol=1e-13)
            if gamma == 1:
                np.testing.assert_allclose(states, poly.start @ limit_of_chain(chain), atol=1e-12)
            elif gamma < 0.99:  # nearer to 1, NumPy's answer is worse than ours
                flow = np.linalg.solve(np.eye(mdp.n_states) - gamma * chain.T, poly.start)
                np.testing.assert_allclose(states, flow, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(poly.occupancy(poly.policy(x)), x, atol=1e-12 * poly.mass)


def test_mixed_points_give_their_policy_back():
    # For γ < 1 each x is that of the stationary policy with its shares. Half of "wait for ever" (x = 10) and half of
    # "bet at once" (x = 1) at γ = .9 wait with probability 5/5.5 at each visit.
    poly = OccupancyPolytope(bet(), "start", 0.9)
    x = poly.vertices().mean(axis=0)
    np.testing.assert_allclose(poly.policy(x), [10 / 11, 1 / 11, 1, 1], rtol=1e-14)
    np.testing.assert_allclose(poly.occupancy(poly.policy(x)), x, rtol=1e-13)


def test_not_each_average_is_of_a_stationary_policy():
    # At γ = 1, a coin thrown once gives half of the mass to waiting. A policy without memory that bets with any
    # chance in each step will have bet in the end: it has all or nothing of (start, wait).
    poly = OccupancyPolytope(bet(), "start", 1)
    half = poly.vertices().mean(axis=0)
    np.testing.assert_array_equal(half, [0.5, 0, 0.25, 0.25])
    assert poly.contains(half)
    with pytest.raises(mp.ParameterError, match="no stationary policy has these averages"):
        poly.policy(half)
    np.testing.assert_allclose(poly.occupancy([0.99, 0.01, 1, 1]), [0, 0, 0.5, 0.5], rtol=1e-15)


def test_averages_of_a_cycle():
    # Two states that take turns: P^t has no limit, its averages go to ½, ½.
    cycle = mp.envs.cycle(2)
    for start in cycle.states:
        np.testing.assert_array_equal(OccupancyPolytope(cycle, start, 1).vertices(), [[0.5, 0.5]])
    # (E − T)ᵀ x = 0 alone forgets the start: all on "lost" is no way to end from "won".
    poly = OccupancyPolytope(bet(), "won", 1)
    found = poly.contains([0, 0, 0, 1])
    assert not found
    assert found.reason == "way from the start: flow of state 'won' is off by -1"
    assert poly.contains([0, 0, 1, 0])
    assert poly.contains([0, 0, 1, 0, 0, 0, 0, 0])


def test_a_multichain_gamble():
    # start → bet: the averages are ½ and ½ on the prizes; with the start shared with "won", ¼ + ½ … = (¾, ¼).
    policy = {"start": "bet", "won": "stay", "lost": "stay"}
    x = OccupancyPolytope(bet(), {"start": 0.5, "won": 0.5}, 1).occupancy(policy)
    np.testing.assert_array_equal(x, [0, 0, 0.75, 0.25])


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.9, 0.999999, 1 - 1e-12, 1])
def test_occupancy_of_a_long_walk(gamma):
    # A walk on a ring of 3,001 states, forwards with ¾ and backwards with ¼, is doubly stochastic: its averages are
    # 1/n. Near γ = 1 the visits sum to 1/(1−γ) whatever the conditioning.
    n = 3001
    ring = mp.RewardlessMDP.from_successors({s: {"go": {(s + 1) % n: 0.75, (s - 1) % n: 0.25}} for s in range(n)})
    poly = OccupancyPolytope(ring, 0, gamma)
    x = poly.occupancy(np.zeros(n, int))
    assert poly.contains(x), poly.contains(x).reason
    np.testing.assert_allclose(x.sum(), poly.mass, rtol=1e-14)
    if gamma == 1:
        np.testing.assert_allclose(x, 1 / n, rtol=1e-11)


def test_ruin_in_a_long_game():
    # A fair game from k of n ends at n with probability k/n, after about n² steps: 2,000 states, most transient.
    n = 2000
    steps = {k: {"play": {k - 1: 0.5, k + 1: 0.5}} for k in range(1, n)}
    game = mp.RewardlessMDP.from_successors({0: {"stay": 0}, **steps, n: {"stay": n}})
    x = OccupancyPolytope(game, 700, 1).occupancy({**dict.fromkeys(range(1, n), "play"), 0: "stay", n: "stay"})
    np.testing.assert_allclose(x[[0, n]], [0.65, 0.35], atol=1e-12)
    assert x[1:n].max() == 0


# ---------------------------------------------------------------------- three ways to the support function


@pytest.mark.slow
@settings(max_examples=8)
@given(with_rewards(max_states=4))
def test_support_is_the_optimal_value_and_the_best_vertex(case):
    mdp, rewards = case
    size = 1e-9 * (1 + np.abs(rewards).max())
    for gamma in GAMMAS:
        fast, _, fast_gap, _ = solve_rows(mdp, rewards, gamma, pick(mdp, "auto"))
        for start in starts(mdp):
            poly = OccupancyPolytope(mdp, start, gamma).unit_mass
            best = poly.support(rewards)
            np.testing.assert_allclose(best.values, fast @ poly.start, atol=size, rtol=0)
            assert (
                np.abs(best.values - fast @ poly.start) <= best.error_bound + fast_gap + 1e-15 * np.abs(rewards).max()
            ).all()
            assert (best.error_bound <= size).all()
            enumerated = (poly.state_visits(poly.vertices()) @ rewards.T).max(axis=0)
            np.testing.assert_allclose(best.values, enumerated, atol=size, rtol=0)
            earned = (poly.state_visits(best.points) * rewards).sum(axis=1)
            np.testing.assert_allclose(best.values, earned, atol=size, rtol=0)
            for x in best.points:
                assert poly.contains(x), poly.contains(x).reason


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.9, 0.999999, 1])
def test_support_goes_on_where_highs_stops(gamma):
    # HiGHS alone was off by 4e-11 here at γ = .9, and by 9e-9 at γ = 1: its tolerance is 1e-10 in V units.
    grid = mp.envs.gridworld("\n".join(["." * 12] * 12), moves="NESW", stay=True, slip=0.2, blocked="stay")
    rewards = np.random.default_rng(0).random((2, grid.n_states))
    poly = OccupancyPolytope(grid, (0, 0), gamma).unit_mass
    fast = solve_rows(grid, rewards, gamma, pick(grid, "auto"))[0] @ poly.start
    best = poly.support(rewards)
    np.testing.assert_allclose(best.values, fast, atol=1e-12, rtol=0)
    assert (best.error_bound < 1e-9).all()


@pytest.mark.slow
@every_gamma
def test_units_of_the_support(gamma):
    poly = OccupancyPolytope(mp.envs.figure_1(), "star", gamma)
    rewards = np.random.default_rng(0).normal(size=(3, poly.mdp.n_states))
    whole, unit = poly.support(rewards), poly.unit_mass.support(rewards)
    np.testing.assert_allclose(whole.values, poly.mass * unit.values, rtol=1e-14)
    np.testing.assert_allclose(whole.points, poly.mass * unit.points, rtol=1e-14)
    # Rewards of pairs: the indicator of a pair has as its support the greatest x of a vertex.
    pairs = np.eye(poly.mdp.n_pairs)
    np.testing.assert_allclose(poly.unit_mass.support(pairs).values, poly.unit_mass.vertices().max(axis=0), atol=1e-9)


@pytest.mark.slow
@settings(max_examples=12)
@given(mdps(max_states=4))
def test_ranges_are_those_of_the_vertices(mdp):
    for gamma in GAMMAS:
        for start in starts(mdp):
            poly = OccupancyPolytope(mdp, start, gamma)
            low, high = poly.coordinate_range()
            visits = poly.state_visits(poly.vertices())
            np.testing.assert_allclose(low, visits.min(axis=0), atol=1e-9 * poly.mass)
            np.testing.assert_allclose(high, visits.max(axis=0), atol=1e-9 * poly.mass)
            np.testing.assert_allclose(poly.unit_mass.coordinate_range()[1], high / poly.mass, rtol=1e-14)


# ---------------------------------------------------------------------- dimension and vertices


@pytest.mark.slow
@settings(max_examples=20)
@given(mdps(max_states=5))
def test_dimension_is_the_rank_of_the_vertices(mdp):
    # Not at γ = .999999: the rank of numbers that differ by 1e-6 of their size is a matter of tolerance.
    for gamma in (0.0, 0.1, 0.5, 1.0):
        for start in starts(mdp):
            poly = OccupancyPolytope(mdp, start, gamma)
            assert poly.dimension == affine_rank(poly.vertices()), (gamma, start)
            assert poly.unit_mass.dimension == poly.dimension


def test_dimension_at_one_by_hand():
    # Wait, or bet at ½: components {start}, {won}, {lost}. The masses are (1 − m, m/2, m/2): one dimension.
    assert OccupancyPolytope(bet(), "start", 1).dimension == 1
    # A bet at ¾ as well: (m_won, m_lost) in the triangle of (0, 0), (½, ½), (¾, ¼): two. A third one adds nothing.
    prizes = {"won": {"stay": "won"}, "lost": {"stay": "lost"}}
    bets = {f"bet {p}": {"won": p, "lost": 1 - p} for p in (0.5, 0.75, 0.9)}
    for several in (2, 3):
        begin = {"wait": "start", **dict(list(bets.items())[:several])}
        mdp = mp.RewardlessMDP.from_successors({"start": begin, **prizes})
        assert OccupancyPolytope(mdp, "start", 1).dimension == 2
    # Without waiting, the segment from ½ to ¾ (or .9): one. The row in the middle is no vertex, and is there.
    mdp = mp.RewardlessMDP.from_successors({"start": bets, **prizes})
    poly = OccupancyPolytope(mdp, "start", 1)
    assert (poly.dimension, len(poly.vertices())) == (1, 3)
    # One component, all four moves between two states: circulations of 4 pairs, less 2 states.
    both = mp.RewardlessMDP.from_successors({s: {t: t for t in "ab"} for s in "ab"})
    assert OccupancyPolytope(both, "a", 1).dimension == 2


@pytest.mark.slow
def test_large_mdps():
    # 400 cells of an open grid, all one component: 4 moves and a stay inside, fewer at the walls.
    grid = mp.envs.make("open(20,20)")
    for gamma in (0.9, 1):
        assert OccupancyPolytope(grid, (0, 0), gamma).dimension == grid.n_pairs - grid.n_states
    poly = OccupancyPolytope(grid, (0, 0), 0.9)
    with pytest.raises(mp.SizeError, match=r"about .* deterministic policies .* more than 100,000"):
        poly.vertices()
    # A fan of 3,000 ends at γ = 1: the simplex of where to end.
    fan = OccupancyPolytope(mp.envs.fork(3000), "root", 1)
    assert fan.dimension == 2999
    with pytest.raises(mp.SizeError, match="GiB"):
        OccupancyPolytope(mp.envs.make("open(100,100)"), (0, 0), 0.9).h_form()


def test_estimate_of_the_number_of_policies():
    # Figure 1 has 11 closed policies from ★ (derived in test_policies.py).
    poly = OccupancyPolytope(mp.envs.figure_1(), "star", 0.9)
    assert len(poly.vertices(limit=14)) == 11
    with pytest.raises(mp.SizeError):
        poly.vertices(limit=8)
    # From several states: each gives its choices. At γ = 0 the first choice is all.
    both = mp.RewardlessMDP.from_successors({s: {t: t for t in "ab"} for s in "ab"})
    for gamma, number in [(0.0, 4), (0.9, 4), (1.0, 3 + 1)]:
        assert len(OccupancyPolytope(both, {"a": 0.5, "b": 0.5}, gamma).vertices()) == number
    # From a, to stay makes what b would do idle: 1 + 2. The averages: all on a; the 2-cycle; all on b.
    assert [len(OccupancyPolytope(both, "a", gamma).vertices()) for gamma in (0.0, 0.9, 1.0)] == [2, 3, 3]


# ---------------------------------------------------------------------- what is refused, and how


def test_contains_names_the_violation():
    poly = OccupancyPolytope(bet(), "start", 0.5)
    x = np.array([0, 1, 0.5, 0.5])
    assert poly.contains(x)
    found = poly.contains(x + np.array([0, 0, 0.25, 0]))  # ½ · ¼ too much leaves the state
    assert found.reason == "flow of state 'won' is off by 0.125; mass is 2.25, not 2"
    assert (bool(found), found.amount) == (False, 0.25)
    assert poly.contains([2.2, -0.2, 0, 0]).reason.startswith("pair ('start', 'bet') has x = -0.2")
    assert "mass is 2, not 1" in poly.unit_mass.contains(x).reason
    assert poly.contains([np.nan, 1, 0.5, 0.5]).reason == "pair ('start', 'wait') has x = nan"
    assert not poly.contains([np.inf, 1, 0.5, 0.5])
    average = OccupancyPolytope(bet(), "start", 1)
    assert "pair ('start', 'wait') has y = -1" in average.contains([0, 0, 0.5, 0.5, -1, 1, 0, 0]).reason
    assert "flow of state 'start' is off by 0.5" in average.contains([0.5, 0.5, 0, 0]).reason
    assert not average.contains([0, 0, 0.75, 0.25])
    # The tolerance is for a start of mass 1.
    for view in (poly, poly.unit_mass):
        near = x * view.mass / 2 + [0, 0, 1e-6 * view.mass, 0]
        assert view.contains(near, tolerance=1e-5)
        assert not view.contains(near, tolerance=1e-7)


def test_bad_starts_and_rates():
    mdp = bet()
    with pytest.raises(mp.LabelError, match="no state 'end'"):
        OccupancyPolytope(mdp, "end", 0.5)
    with pytest.raises(mp.ParameterError, match=r"sum to 0\.9, not 1"):
        OccupancyPolytope(mdp, {"start": 0.5, "won": 0.4}, 0.5)
    with pytest.raises(mp.ParameterError, match="state 'won' has probability -1"):
        OccupancyPolytope(mdp, [2.0, -1.0, 0.0], 0.5)
    with pytest.raises(mp.ParameterError, match="state 'lost' has probability nan"):
        OccupancyPolytope(mdp, np.array([1.0, 0.0, np.nan]), 0.5)
    with pytest.raises(mp.ParameterError, match="must have 3 numbers"):
        OccupancyPolytope(mdp, [1.0], 0.5)
    with pytest.raises(mp.ParameterError, match="start of 'won': not"):
        OccupancyPolytope(mdp, {"won": "all"}, 0.5)
    with pytest.raises(mp.ParameterError, match=r"gamma must be in \[0, 1\]"):
        OccupancyPolytope(mdp, "start", 1.5)
    with pytest.raises(mp.ParameterError, match="one gamma"):
        OccupancyPolytope(mdp, "start", [0.5, 0.9])


def test_bad_policies_points_and_rewards():
    mdp = bet()
    poly = OccupancyPolytope(mdp, "start", 0.5)
    with pytest.raises(mp.ParameterError, match="reaches state 'start' and has no action there"):
        poly.occupancy({"won": "stay", "lost": "stay"})
    np.testing.assert_array_equal(poly.occupancy({"start": "bet"}), [0, 1, 0.5, 0.5])  # others have one action
    np.testing.assert_array_equal(poly.occupancy({"start": "wait"}), [2, 0, 0, 0])
    np.testing.assert_array_equal(OccupancyPolytope(mdp, "start", 0).occupancy({"start": "bet"}), [0, 1, 0, 0])
    with pytest.raises(mp.LabelError, match="state 'won' has no action 'bet'"):
        poly.occupancy({"start": "bet", "won": "bet", "lost": "stay"})
    code = {name: i for i, name in enumerate(mdp.action_names)}
    codes = [code["bet"], code["stay"], code["stay"]]
    np.testing.assert_array_equal(poly.occupancy(codes), [0, 1, 0.5, 0.5])
    with pytest.raises(mp.LabelError, match="state 'lost' has no action 'wait'"):
        poly.occupancy([*codes[:2], code["wait"]])
    with pytest.raises(mp.LabelError, match="state 'lost' has no action 7"):
        poly.occupancy([*codes[:2], 7])
    with pytest.raises(mp.ParameterError, match=r"state 'start': probabilities sum to 1\.5, not 1"):
        poly.occupancy([0.5, 1.0, 1.0, 1.0])
    with pytest.raises(mp.ParameterError, match=r"has probability -0\.5"):
        poly.occupancy([-0.5, 1.5, 1.0, 1.0])
    with pytest.raises(mp.ParameterError, match=r"3 action codes \(integers\) or 4 probabilities"):
        poly.occupancy([0.0, 1.0, 1.0])
    for method in (poly.policy, poly.contains):
        with pytest.raises(mp.ParameterError, match="x must have 4 numbers"):
            method([1.0, 2.0])
    with pytest.raises(mp.ParameterError, match="x must have 4 columns"):
        poly.state_visits([1.0, 2.0])
    with pytest.raises(mp.RewardError, match=r"\(N, 3\), one number a state, or \(N, 4\)"):
        poly.support([1.0, 2.0])
    with pytest.raises(mp.RewardError, match=r"draw 1 in state .* is nan"):
        poly.support([[0.0, 0.0, 0.0], [0.0, np.nan, 0.0]])
    with pytest.raises(mp.ParameterError, match="limit"):
        poly.vertices(limit=0)


def test_occupancy_takes_the_mappings_that_power_takes():
    """Shares of actions, and nothing for states with one action.

    From s, γ = 1/2: a (chance 0.3) stays with 1/2, else one is in t for ever. x_s = 1 + γ · 0.3 · ½ · x_s, so that
    x_s = 1/0.925, and all visits together are 1/(1 − γ) = 2.
    """
    mdp = mp.RewardlessMDP.from_successors({"s": {"a": {"s": 0.5, "t": 0.5}, "b": "t"}, "t": {"x": "t"}})
    body = OccupancyPolytope(mdp, "s", 0.5)
    s = 1 / 0.925
    assert np.allclose(body.occupancy({"s": {"a": 0.3, "b": 0.7}}), [0.3 * s, 0.7 * s, 2 - s], atol=1e-12)
    assert np.allclose(body.occupancy([0.3, 0.7, 1.0]), body.occupancy({"s": {"a": 0.3, "b": 0.7}}), atol=1e-15)
    assert np.allclose(body.occupancy({"s": "b"}), [0, 1, 1])
    for policy, told in (
        ({"s": {"a": 0.3}}, "probabilities sum to 0.3, not 1"),
        ({"s": {"a": -1, "b": 2}}, "has -1, which is no probability"),
        ({"s": {"a": "much"}}, "has 'much', which is no probability"),
        ({}, "reaches state 's' and has no action there"),
    ):
        with pytest.raises(mp.ParameterError, match=told):
            body.occupancy(policy)

"""Rewards of state-action pairs: published values, other solvers, linear programs, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import LabelError, ParameterError, RewardError
from mdppower.mdp.pair_states import after_transitions, through_pairs
from mdppower.solvers.optimal_values import pick, solve_rows

FORK = mp.envs.fork(3)
RATES = (0.0, 0.3, 0.9, 0.99, 0.9999, 0.999999)


def random_mdp(rng, *, deterministic, states=8, even=0.3):
    owner = np.repeat(np.arange(states), rng.integers(1, 5, states))
    rows = np.zeros((len(owner), states))
    for row in rows:
        if deterministic:
            row[rng.integers(states)] = 1
        else:
            row[:] = rng.dirichlet(np.full(states, even))
    return mp.RewardlessMDP.from_pairs(owner, rows)


# ---------------------------------------------------------------------- published values


def test_the_forest_of_pymdptoolbox():
    """Waiting grows the forest, a fire (p = 1/10) or the axe sets it back; the docstring of its PolicyIteration.

    It always waits: with V = (a, b, c), c − b = 4 and a = 0.9 (0.1 a + 0.9 b), so a = 26.244.
    """
    burnt = {"young": 0.1, "middle": 0.9}, {"young": 0.1, "old": 0.9}, {"young": 0.1, "old": 0.9}
    forest = mp.RewardlessMDP.from_successors(
        {age: {"wait": row, "cut": "young"} for age, row in zip(("young", "middle", "old"), burnt, strict=True)}
    )
    rewards = {("old", "wait"): 4, ("middle", "cut"): 1, ("old", "cut"): 2, "default": 0}
    found = mp.optimal_values(forest, rewards, 0.9)
    np.testing.assert_allclose(found.values[0], [26.244, 29.484, 33.484], atol=1e-12)
    assert [forest.action_names[a] for a in found.policies[0]] == ["wait"] * 3
    assert [found.optimal_actions.of(age, 0) for age in forest.states] == [("wait",)] * 3


def test_the_two_states_of_quantecon():
    """Puterman (2005), section 3.1, in QuantEcon's introduction to DiscreteDP: v = (−8.57142857, −20).

    Staying, v₀ = 5 + 0.95 (v₀ − 20)/2 with v₁ = −1/0.05, so v₀ = −4.5/0.525 = −60/7; moving is worth 10 − 19 = −9.
    """
    mdp = mp.RewardlessMDP.from_pairs([0, 0, 1], [[0.5, 0.5], [0, 1], [0, 1]])
    found = mp.optimal_values(mdp, [5, 10, -1], 0.95, on="pairs")
    np.testing.assert_allclose(found.values[0], [-60 / 7, -20], atol=1e-11)
    assert found.policies[0].tolist() == [0, 0]


def test_the_growth_model_of_quantecon():
    """The lecture's finite growth model (B = 10, M = 5, α = 1/2, β = 0.9), and the values that it prints."""
    most, stored, n = 10, 5, 16
    choices = [(s, a) for s in range(n) for a in range(min(stored, s) + 1)]
    rows = np.array([[(a <= t <= a + most) / (most + 1) for t in range(n)] for _, a in choices])
    mdp = mp.RewardlessMDP.from_pairs([s for s, _ in choices], rows)
    found = mp.optimal_values(mdp, [(s - a) ** 0.5 for s, a in choices], 0.9, on="pairs")
    printed = [
        19.01740222, 20.01740222, 20.43161578, 20.74945302, 21.04078099, 21.30873018, 21.54479816, 21.76928181,
        21.98270358, 22.18824323, 22.3845048, 22.57807736, 22.76109127, 22.94376708, 23.11533996, 23.27761762,
    ]  # fmt: skip
    np.testing.assert_allclose(found.values[0], printed, atol=5e-9)
    assert found.policies[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 5, 5]


def test_the_goal_of_the_frozen_lake_is_reached_14_times_in_17():
    """A reward of a state, earned for ever on the goal: at γ = 1 its gain is the best chance to come there."""
    lake = mp.from_gymnasium("FrozenLake-v1")
    goal = np.zeros(lake.n_states)
    goal[lake.marks["G"][0] if "G" in lake.marks else -1] = 1
    assert mp.optimal_values(lake, goal, 1.0, on="states").normalised[0, 0] == pytest.approx(14 / 17, abs=1e-9)


# ---------------------------------------------------------------------- other routes


@pytest.mark.slow
def test_quantecon_agrees():
    from quantecon.markov import DiscreteDP

    rng = np.random.default_rng(1)
    for k in range(200):
        mdp = random_mdp(rng, deterministic=k % 2 == 0, states=int(rng.integers(1, 9)))
        rewards = rng.normal(size=mdp.n_pairs)
        actions = np.arange(mdp.n_pairs) - mdp.pointer[mdp.pair_states]
        for gamma in RATES:
            peer = DiscreteDP(rewards, mdp.kernel.toarray(), gamma, mdp.pair_states, actions)
            v = (1 - gamma) * peer.solve("policy_iteration").v
            np.testing.assert_allclose(mp.optimal_values(mdp, rewards, gamma, on="pairs").normalised[0], v, atol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("deterministic", [True, False])
def test_linear_programs_agree_within_the_bounds(deterministic):
    """Also at γ = 1, with the multichain program; and a value a little off is seen."""
    rng = np.random.default_rng(2)
    for _ in range(12):
        mdp = random_mdp(rng, deterministic=deterministic, states=6, even=2.0)  # HiGHS needs chains that mix
        rewards = rng.normal(size=(3, mdp.n_pairs))
        for gamma in (0.3, 0.9, 0.999, 1.0):
            fast = mp.optimal_values(mdp, rewards, gamma, on="pairs")
            for method in ("lp", "lp-occupancy"):
                slow = mp.optimal_values(mdp, rewards, gamma, on="pairs", method=method)
                apart = np.abs(fast.normalised - slow.normalised).max(axis=1)
                bound = fast.error_bound + slow.error_bound
                assert (apart <= bound).all()
                assert not (np.abs(fast.normalised + 1e-6 - slow.normalised).max(axis=1) <= bound).any()


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("gamma", [0.0, 1e-4, 0.5, 0.99, 1 - 1e-6, 1.0])
def test_a_state_for_each_pair_is_another_route(gamma, deterministic):
    """In M', s → (s, a) → s' at the rate √γ: V'(s) = √γ V(s). Its POWER integrand is (1−√γ) V, so that

    v = (1 + √γ) max_a v'(s, a), without a division; at γ = 1 gains halve. √γ is a float: v moves by |γ − √γ²|/(1−γ).
    """
    rng = np.random.default_rng(3)
    for _ in range(8):
        mdp = random_mdp(rng, deterministic=deterministic, states=6)
        paired, n = through_pairs(mdp), mdp.n_states
        rewards = rng.random((4, mdp.n_pairs)) - 0.5
        method, root = pick(mdp, "auto"), float(np.sqrt(gamma))
        v, _, gap, _ = solve_rows(mdp, rewards, gamma, method, on="pairs")
        inner, _, slack, _ = solve_rows(paired, np.c_[np.zeros((4, n)), rewards], root, method)
        best = np.maximum.reduceat(inner[:, n:], mdp.pointer[:-1], axis=1)
        moved = abs(gamma - root**2) / (1 - gamma) if gamma < 1 else 0.0
        allowed = gap + 2 * slack + 2 * moved + 1e-15
        assert (np.abs((1 + root) * best - v).max(axis=1) <= allowed).all()


@pytest.mark.slow
@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("gamma", [0.5, 1 - 2.0**-20, 1 - 2.0**-40, 1.0])
def test_the_bound_covers_the_error_against_fractions(gamma, deterministic):
    """The exact route lists policies and solves their chains in fractions; one reward function, for certain."""
    rng = np.random.default_rng(7)
    for _ in range(3):
        owner = np.repeat(np.arange(3), [2, 1, 2])
        parts = 1 if deterministic else 4
        mdp = mp.RewardlessMDP.from_pairs(owner, rng.multinomial(parts, [1 / 3] * 3, 5) / parts)
        rewards = rng.integers(-8, 9, mdp.n_pairs) / 8.0
        exact = mp.power(mdp, gamma, mp.rewards.OnPairs(mp.Fixed(rewards)), method="exact")
        found = mp.optimal_values(mdp, rewards, gamma, on="pairs")
        truth = np.array([float(x) for x in exact.mean])
        assert (np.abs(found.normalised[0] - truth) <= found.error_bound[0] + exact.error_bound[0] + 1e-15).all()
        assert found.error_bound[0] <= max(1e-9, 4e-14 / (1 - gamma)) if gamma < 1 else found.error_bound[0] <= 1e-9


def test_a_state_for_each_transition_is_another_route():
    """V''(s) = γ V(s) at γ itself: what it earns comes one step later."""
    rng = np.random.default_rng(4)
    mdp = random_mdp(rng, deterministic=False, states=5)
    after, rewards = after_transitions(mdp), rng.normal(size=(3, mdp.n_pairs))
    for gamma in (0.1, 0.9, 0.999):
        v = mp.optimal_values(mdp, rewards, gamma, on="pairs").normalised
        late = solve_rows(after.mdp, after.rewards(rewards, 5), gamma, "stochastic")[0][:, :5]
        np.testing.assert_allclose(late, gamma * v, atol=1e-10)


def test_rewards_of_states_are_rewards_of_all_their_pairs():
    rng = np.random.default_rng(5)
    for deterministic in (True, False):
        mdp = random_mdp(rng, deterministic=deterministic)
        rewards = rng.random((5, mdp.n_states))
        for gamma in (0.0, 0.5, 0.99, 1.0):
            here = mp.optimal_values(mdp, rewards, gamma, on="states")
            there = mp.optimal_values(mdp, rewards[:, mdp.pair_states], gamma, on="pairs")
            np.testing.assert_allclose(there.normalised, here.normalised, atol=1e-11)


def test_components_that_mix_slowly_are_solved_with_digits():
    """γ = 1: two states that swap once in 10^12 steps, where pairs earn; gains 3/4 and 1/2, and more digits."""
    rare = 1e-12
    mdp = mp.RewardlessMDP.from_successors(
        {
            "a": {"x": {"a": 1 - rare, "b": rare}},
            "b": {"x": {"b": 1 - rare, "a": rare}, "y": {"b": 1 - rare, "a": rare}},
        }
    )
    found = mp.optimal_values(mdp, {("a", "x"): 1, ("b", "x"): 0, ("b", "y"): 0.5}, 1.0)
    np.testing.assert_allclose(found.normalised, 0.75, atol=1e-9)
    assert found.optimal_actions.of("b", 0) == ("y",)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_rewards_of_any_size(size):
    rewards = np.array([1.0, 2, 3, 4, 5, 6])
    small = mp.optimal_values(FORK, rewards, 0.5).normalised
    np.testing.assert_allclose(mp.optimal_values(FORK, rewards * size, 0.5).normalised / size, small, rtol=1e-12)


# ---------------------------------------------------------------------- what may be given


def test_the_own_reward_of_an_environment():
    """FrozenLake at γ = .99: .542 from the start, and value iteration over the environment's own table agrees."""
    import gymnasium

    env = gymnasium.make("FrozenLake-v1")
    lake = mp.from_gymnasium(env)
    found = mp.optimal_values(lake, mp.given_rewards(lake), 0.99)
    ahead, earned = np.zeros((16, 4, 16)), np.zeros((16, 4))
    for state, actions in env.unwrapped.P.items():
        for action, outcomes in actions.items():
            for probability, successor, reward, over in outcomes:
                earned[state, action] += probability * reward
                ahead[state, action, successor] += probability * (not over)
    value = np.zeros(16)
    for _ in range(4000):  # 0.99**4000 < 1e-17
        value = (earned + 0.99 * ahead @ value).max(axis=1)
    np.testing.assert_allclose(found.values.ravel(), value, atol=1e-12)
    assert round(float(found.values.ravel()[lake.index("S")]), 4) == 0.542
    other = mp.from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=False))
    with pytest.raises(RewardError, match="this reward was given with another MDP"):
        mp.optimal_values(other, mp.given_rewards(lake), 0.99)
    with pytest.raises(RewardError, match="about state-action pairs"):
        mp.optimal_values(lake, mp.given_rewards(lake), 0.99, on="states")


def test_rewards_of_transitions_are_averaged():
    """R(s, a) = Σ T(s'|s, a) R(s, a, s'): 8/2 here; where all transitions earn alike, that number to the bit."""
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"x": {"a": 0.5, "b": 0.5}, "y": {"a": 0.1, "b": 0.9}}, "b": {"z": "b"}}
    )
    found = mp.optimal_values(mdp, {("a", "x", "b"): 8, ("a", "y"): 0.3, ("a", "y", "a"): 0.3, "default": 0}, 0.0)
    assert found.rewards.tolist() == [[4.0, 0.3, 0.0]]
    assert (found.on, found.normalised.tolist()) == ("pairs", [[4.0, 0.0]])
    whole = {("a", "x", "a"): 1, ("a", "x", "b"): 3, ("a", "y"): 0, ("b", "z"): 5}
    assert mp.optimal_values(mdp, whole, 0.0).rewards.tolist() == [[2.0, 0.0, 5.0]]


def test_where_both_readings_fit_they_are_one():
    """S = P: each state has one pair, in its place, so that R(s) is R(s, a)."""
    ring = mp.envs.make("cycle(4)")
    rewards = np.random.default_rng(6).random((3, 4))
    for gamma in (0.0, 0.7, 1.0):
        plain, states, pairs = (mp.optimal_values(ring, rewards, gamma, on=on) for on in (None, "states", "pairs"))
        assert plain.normalised.tobytes() == states.normalised.tobytes()
        np.testing.assert_allclose(pairs.normalised, states.normalised, atol=1e-14)
    assert (plain.on, pairs.on) == ("states", "pairs")


@pytest.mark.parametrize(
    ("rewards", "on", "error", "words"),
    [
        (
            [1.0, 2.0],
            None,
            RewardError,
            r"\(N, 4\), one number a state, or \(N, 6\), one a state-action pair; got \(2,\)",
        ),
        (np.ones(6), "states", RewardError, r"must have shape \(N, 4\)"),
        (np.ones((4, 4)), "pairs", RewardError, r"\(N, 6\).*got \(4, 4\)"),
        (np.ones((4, 3)), "pairs", RewardError, r"take R\[mdp.pair_states, mdp.action_codes\]"),
        (np.ones(6), "pair", ParameterError, "on must be one of 'states', 'pairs'"),
        ([0, 1, np.nan, 0, 0, 0], "pairs", RewardError, r"draw 0 for pair \('root', '->t3'\) is nan"),
        ([0, 1, np.inf, 0, 0, 0], None, RewardError, r"\('root', '->t3'\) is inf"),
        ({("root", "->t1"): np.nan, "default": 0}, None, RewardError, r"reward of \('root', '->t1'\) is nan"),
        ({("root", "->t1"): "x", "default": 0}, None, RewardError, "must be a number, got 'x'"),
        ({("root", "->t9"): 1, "default": 0}, None, LabelError, r"\('root', '->t9'\).*'->t1'"),
        ({("rooot", "->t1"): 1, "default": 0}, None, LabelError, "no state 'rooot'"),
        ({("root", "->t1", "t2"): 1, "default": 0}, None, RewardError, "never happens"),
        ({("root", "->t1"): 1}, None, RewardError, r"no number for \('root', '->t2'\), and no 'default'"),
        ({"root": 1, "default": 0}, None, RewardError, "got 'root'"),
        ({("root", "->t1"): 1, "default": 0}, "states", RewardError, "on='pairs'"),
        (mp.rewards.OnPairs("uniform"), None, RewardError, "are numbers here, got OnPairs, which power"),
        ("uniform", None, RewardError, "are numbers here, got 'uniform'"),
    ],
)
def test_what_is_refused(rewards, on, error, words):
    with pytest.raises(error, match=words):
        mp.optimal_values(FORK, rewards, 0.9, on=on)

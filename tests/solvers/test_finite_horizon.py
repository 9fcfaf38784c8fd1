"""The best expected total of H rewards: closed forms, policies one by one, the time-expanded MDP, and its error."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps, reward_rows

import mdppower as mp
from mdppower.mdp.rational import rational_rows
from mdppower.solvers.finite_horizon import solve


def time_expanded(mdp, horizon):
    """The MDP of (steps made, state): each step once, then an end that is worth nothing."""
    n = mdp.n_states
    transitions = {}
    for t, s in product(range(horizon), range(n)):
        row = {}
        for p in range(*mdp.pointer[s : s + 2].tolist()):
            entries = slice(*mdp.kernel.indptr[p : p + 2])
            chances = zip(mdp.kernel.indices[entries].tolist(), mdp.kernel.data[entries].tolist(), strict=True)
            row[p] = {(t + 1, s2): x for s2, x in chances}
        transitions[t, s] = row
    transitions |= {(horizon, s): {"": "end"} for s in range(n)} | {"end": {"": "end"}}
    return mp.RewardlessMDP.from_successors(transitions)


def by_policies(mdp, reward, horizon):
    """Σ E R(s_t), t = 1 … H, the greatest over all policies that depend on the time: no induction over values."""
    choices = [range(*mdp.pointer[s : s + 2].tolist()) for s in range(mdp.n_states)]
    rows = mdp.kernel.toarray()
    best = np.full(mdp.n_states, -np.inf)
    for plan in product(product(*choices), repeat=horizon):
        where, total = np.eye(mdp.n_states), np.zeros(mdp.n_states)
        for step in plan:
            where = where @ rows[list(step)]
            total += where @ reward
        best = np.maximum(best, total)
    return best


# ---------------------------------------------------------------------- routes agree


@pytest.mark.slow
def test_values_are_the_best_of_all_policies_that_depend_on_the_time():
    # 100 random MDPs of three states with two actions each, two of them stochastic: 8^H policies of H steps.
    rng = np.random.default_rng(0)
    for k in range(100):
        rows = rng.dirichlet(np.full(3, 0.5), 6) if k % 2 else np.eye(3)[rng.integers(3, size=6)]
        mdp = mp.RewardlessMDP.from_pairs(np.repeat(np.arange(3), 2), rows)
        reward, horizon = rng.standard_normal(3), 1 + k % 3
        found = mp.optimal_values(mdp, reward, horizon=horizon)
        assert np.abs(found.values[0] - by_policies(mdp, reward, horizon)).max() < 1e-14 * 30


def test_one_policy_for_all_steps_can_be_worse():
    # At a there is a prize behind b, and with one step left the little one behind c: a stationary policy, which comes
    # back to a every second step, takes the same way each time. R(b) = 0, R(d) = 9 (two steps), R(c) = 1.
    mdp = mp.RewardlessMDP.from_successors({
        "a": {"far": "b", "near": "c"}, "b": {"": "d"}, "c": {"": "a"}, "d": {"": "a"},
    })  # fmt: skip
    reward = [0.0, 0.0, 1.0, 9.0]
    first = [mdp.action_names[mp.optimal_values(mdp, reward, horizon=h).policies[0, 0]] for h in (1, 2, 3, 4)]
    assert first == ["near", "far", "far", "far"]
    # far, home, then near: 9 + 1 in four steps (b d a c); far and far alone gives b d a b: 9.
    assert mp.optimal_values(mdp, reward, horizon=4).values[0, 0] == 10


def left_when_reached(mdp, label):
    """The MDP in which that state leads to a new one, "over", where nothing happens: it is counted once."""
    s, n = mdp.index(label), mdp.n_states
    rows = np.zeros((mdp.n_pairs + 1, n + 1))
    rows[:-1, :-1] = mdp.kernel.toarray()
    rows[np.r_[mdp.pair_states == s, True]] = np.eye(n + 1)[n]
    return mp.RewardlessMDP.from_pairs(np.r_[mdp.pair_states, n], rows, states=[*mdp.states, "over"])


def test_frozen_lake_in_a_hundred_steps():
    # FrozenLake-v1 pays 1 for the step onto the goal, once. Its goal is absorbing: as a state it would be counted at
    # each step that is left, so it leads to a state that is worth nothing. The best chance to be there in the 100
    # steps that Gymnasium gives is .744190.
    lake = mp.from_gymnasium("FrozenLake-v1")
    mdp = left_when_reached(lake, "G")
    reward = np.zeros(mdp.n_states)
    reward[lake.index("G")] = 1.0
    start = lake.index("S")
    found = mp.optimal_values(mdp, reward, horizon=100)
    assert round(float(found.values[0, start]), 6) == 0.744190
    # Dynamic programming over steps with NumPy alone.
    u = np.zeros(mdp.n_states)
    for _ in range(100):
        u = np.maximum.reduceat(mdp.kernel @ (reward + u), mdp.pointer[:-1])
    np.testing.assert_allclose(found.values[0], u, atol=1e-12, rtol=0)
    # At γ = 1 with the goal as it is, absorbing and worth 1, the gain is the chance to get there some day.
    goal = np.zeros(lake.n_states)
    goal[lake.index("G")] = 1.0
    assert mp.optimal_values(lake, goal, 1).of("S", draw=0) == pytest.approx(14 / 17, abs=1e-12)


def test_values_agree_with_the_time_expanded_mdp():
    # There the state (t, s) has R(s) from t = 1 on, and the rest is worth nothing. Discounted by γ the sum from
    # (0, s) would be weighted; with R(s)/γ^t it is not, and all ends are at 0: V(0, s) = Σ R(s_t).
    gamma, horizon = 0.999, 12
    for name in ("FrozenLake-v1", "turner-figure-1"):
        mdp = mp.envs.make(name)
        reward = np.random.default_rng(0).random(mdp.n_states)
        wide = time_expanded(mdp, horizon)
        weighted = np.zeros(wide.n_states)
        for t, s in product(range(1, horizon + 1), range(mdp.n_states)):
            if (t, s) in wide.states:
                weighted[wide.index((t, s))] = reward[s] / gamma**t
        total = mp.optimal_values(wide, weighted, gamma).values[0]
        found = mp.optimal_values(mdp, reward, horizon=horizon).values[0]
        expected = [total[wide.index((0, s))] for s in range(mdp.n_states)]
        np.testing.assert_allclose(found, expected, atol=1e-12, rtol=0)


def rewards_on_arrival(mdp):
    """The MDP whose states say which pair was taken last, written down by hand: (pair, successor)."""
    rows = {}
    for s in range(mdp.n_states):
        rows["start", s] = s
    for p, t in zip(*mdp.kernel.nonzero(), strict=True):
        rows[int(p), int(t)] = int(t)
    transitions = {
        label: {
            p: {(p, int(t)): float(mdp.kernel[p, t]) for t in mdp.kernel[[p]].indices}
            for p in range(*mdp.pointer[s : s + 2].tolist())
        }
        for label, s in rows.items()
    }
    return mp.RewardlessMDP.from_successors(transitions)


# ---------------------------------------------------------------------- rewards on pairs


def test_frozen_lake_with_its_own_reward():
    # What Gymnasium pays, and for as long: .744190 (steps 0 … 99 of the pairs).
    lake = mp.from_gymnasium("FrozenLake-v1")
    found = mp.optimal_values(lake, mp.given_rewards(lake), horizon=100)
    assert round(float(found.values[0, lake.index("S")]), 6) == 0.744190
    assert found.on == "pairs"


def test_pairs_are_the_best_of_all_policies_that_depend_on_the_time():
    # 100 random MDPs of two states with two actions each: 4^H plans of H steps, no induction over values.
    rng = np.random.default_rng(1)
    for k in range(100):
        rows = rng.dirichlet(np.full(2, 0.5), 4) if k % 2 else np.eye(2)[rng.integers(2, size=4)]
        mdp = mp.RewardlessMDP.from_pairs([0, 0, 1, 1], rows)
        reward, horizon = rng.standard_normal(4), 1 + k % 4
        best = np.full(2, -np.inf)
        for plan in product(product((0, 1), (2, 3)), repeat=horizon):
            where, total = np.eye(2), np.zeros(2)
            for step in plan:
                total += where @ reward[list(step)]
                where = where @ rows[list(step)]
            best = np.maximum(best, total)
        found = mp.optimal_values(mdp, reward, horizon=horizon)
        assert np.abs(found.values[0] - best).max() < 1e-14 * 30
        # The first action has it: what it earns, and the best of one step less.
        pair = [mdp.pair(s, mdp.action_names[found.policies[0, s]]) for s in (0, 1)]
        after = mp.optimal_values(mdp, reward, horizon=horizon - 1).values[0] if horizon > 1 else np.zeros(2)
        np.testing.assert_allclose(reward[pair] + rows[pair] @ after, best, atol=1e-13)


@given(mdps(max_states=5), st.data(), st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True))
@settings(max_examples=30)
def test_pairs_agree_with_states_that_say_what_was_done_last(mdp, data, horizons):
    rewards = data.draw(reward_rows(mdp.n_pairs))
    wide = rewards_on_arrival(mdp)
    earned = np.zeros((len(rewards), wide.n_states))
    for i, (last, _) in enumerate(wide.states):
        if last != "start":
            earned[:, i] = rewards[:, last]
    starts = [wide.index(("start", s)) for s in range(mdp.n_states)]
    together = list(solve(mdp, rewards, sorted(horizons), on_pairs=True))
    for horizon, (values, pairs, gap) in zip(sorted(horizons), together, strict=True):
        ((alone, same, _),) = solve(mdp, rewards, [horizon], on_pairs=True)
        assert (alone == values).all()
        assert (same == pairs).all()
        there = mp.optimal_values(wide, earned, horizon=horizon, on="states")
        assert (np.abs(values - there.normalised[:, starts]) <= (gap + there.error_bound)[:, None]).all()


def test_pairs_have_a_bound_that_holds_and_is_not_trivial():
    # 0.1 and 0.7 by turns, as fractions: steps 0 … 1000 begin with the pair of the start.
    mdp = mp.RewardlessMDP.from_successors({"a": {"": "b"}, "b": {"": "a"}})
    found = mp.optimal_values(mdp, [0.1, 0.7], horizon=1001, on="pairs")
    true = (501 * Fraction(0.1) + 500 * Fraction(0.7)) / 1001
    off = abs(Fraction(float(found.normalised[0, 0])) - true)
    assert 0 < off <= found.error_bound[0] < 1e-11


def test_as_many_pairs_as_states_must_be_told_apart():
    # At a rate both readings are one question; a horizon counts b, a, b … from s_1, or a, b, a … from step 0.
    mdp = mp.RewardlessMDP.from_successors({"a": {"": "b"}, "b": {"": "b"}})
    with pytest.raises(mp.RewardError, match="say on='states' or on='pairs'"):
        mp.optimal_values(mdp, [0.0, 1.0], horizon=3)
    assert mp.optimal_values(mdp, [0.0, 1.0], horizon=3, on="states").values[0, 0] == 3
    assert mp.optimal_values(mdp, [0.0, 1.0], horizon=3, on="pairs").values[0, 0] == 2


@given(mdps(), st.data(), st.lists(st.integers(1, 30), min_size=1, max_size=4, unique=True))
@settings(max_examples=40)
def test_one_pass_has_the_bits_of_each_horizon_alone_and_the_gap_holds(mdp, data, horizons):
    rewards = data.draw(reward_rows(mdp.n_states))
    together = list(solve(mdp, rewards, sorted(horizons)))
    rows = rational_rows(mdp)
    for horizon, (values, pairs, gap) in zip(sorted(horizons), together, strict=True):
        ((alone, same, _),) = solve(mdp, rewards, [horizon])
        assert (alone == values).all()
        assert (same == pairs).all()
        # In fractions, with the first draw.
        reward = [Fraction(x) for x in rewards[0].tolist()]
        w = reward
        for _ in range(horizon - 1):
            q = [sum(x * w[t] for t, x in row.items()) for row in rows]
            w = [r + max(q[i:j]) for r, i, j in zip(reward, mdp.pointer, mdp.pointer[1:], strict=False)]
        off = max(abs(float(Fraction(x) - y / horizon)) for x, y in zip(values[0].tolist(), w, strict=True))
        assert off <= gap[0] * (1 + 1e-9) + 1e-300


def test_the_error_bound_is_not_trivial():
    # It is reached to within a factor of some hundred: a sum of H numbers that are not binary fractions.
    mdp = mp.RewardlessMDP.from_successors({"a": {"": "b"}, "b": {"": "a"}})
    found = mp.optimal_values(mdp, [0.1, 0.7], horizon=1001, on="states")
    true = (501 * Fraction(0.7) + 500 * Fraction(0.1)) / 1001
    off = abs(Fraction(float(found.normalised[0, 0])) - true)
    assert 0 < off <= found.error_bound[0] < 1e-11


def test_huge_and_tiny_rewards_and_a_long_horizon():
    fork = mp.envs.fork(2)
    for size in (1e300, 1e-300):
        found = mp.optimal_values(fork, [0.0, size, 2 * size], horizon=10**6)
        assert found.normalised[0, 0] == pytest.approx(2 * size, rel=1e-9)
        assert found.error_bound[0] <= 1e-6 * size


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("given_horizon", "told"),
    [(0, "got 0"), (-1, "got -1"), (2.5, "got 2.5"), (True, "got True"), ("5", "got '5'"), (np.nan, "got nan"),
     ([], "empty"), ([2, 2], "twice"), ([1, 0], "got 0"), (10**10, "at most")],
)  # fmt: skip
def test_horizons_are_positive_integers(given_horizon, told):
    with pytest.raises(mp.errors.ParameterError, match="horizon") as raised:
        mp.power(mp.envs.fork(2), horizon=given_horizon)
    assert told in str(raised.value)


def test_a_horizon_or_a_rate():
    fork = mp.envs.fork(2)
    for call in (mp.power, mp.action_optimality, lambda mdp, **both: mp.optimal_values(mdp, [0.0, 1, 2], **both)):
        with pytest.raises(mp.errors.ParameterError, match="gamma or horizon, not both"):
            call(fork, gamma=0.9, horizon=5)
        with pytest.raises(mp.errors.ParameterError, match="give gamma="):
            call(fork)
    with pytest.raises(mp.errors.ParameterError, match="not both"):
        mp.Option.state(fork, "root", 0.9, horizon=5)
    with pytest.raises(mp.errors.ParameterError, match="one horizon"):
        mp.optimal_values(fork, [0.0, 1, 2], horizon=[1, 2])
    with pytest.raises(mp.errors.ParameterError, match="'lp' solves for a discount rate"):
        mp.power(fork, horizon=5, method="lp")
    with pytest.raises(mp.errors.ParameterError, match="is for a horizon"):
        mp.power(fork, 0.5, method="backward-induction")
    horizon = mp.power(fork, horizon=5, samples=64, rng=0).gammas[0]
    with pytest.raises(mp.errors.ParameterError, match="got the horizon H = 5"):
        mp.power(fork, horizon)

"""Policies as (S, A) tables: round trips through everything that gives or takes one, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.agents import policy_values
from mdppower.mdp.policy_table import table_of, weights_of


def mixed(mdp, seed):
    """Probabilities of the pairs, some of them 0."""
    rng = np.random.default_rng(seed)
    weights = rng.random(mdp.n_pairs) * (rng.random(mdp.n_pairs) < 0.7) + 1e-3
    return weights / np.add.reduceat(weights, mdp.pointer[:-1])[mdp.pair_states]


@given(mdps(), st.integers(0, 2**32 - 1))
def test_tables_of_pairs_and_back(mdp, seed):
    weights = mixed(mdp, seed)
    table = table_of(mdp, weights)
    assert table.shape == (mdp.n_states, len(mdp.action_names))
    np.testing.assert_allclose(table.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(weights_of(mdp, table), weights, rtol=1e-14)
    for p in range(mdp.n_pairs):
        state, action = mdp.pair_label(p)
        assert table[mdp.index(state), mdp.action_names.index(action)] == weights[p]
    assert np.count_nonzero(table) == mdp.n_pairs  # 0 where a state lacks the action


def test_every_result_gives_the_table_that_every_taker_takes():
    # Figure 1 has states with one, two and three of its actions. What the best policy is worth: its optimal values;
    # by the table, by the function that gives one table a draw, by the polytope's occupancy: the same.
    mdp, gamma = mp.envs.figure_1(), 0.9
    rewards = np.random.default_rng(5).random((3, mdp.n_states))
    solution = mp.optimal_values(mdp, rewards, gamma)
    for i in range(3):
        table = solution.policy_table(i)
        assert [mdp.action_names[a] for a in table.argmax(axis=1)] == [
            mdp.action_names[a] for a in solution.policies[i]
        ]
        onwards, error = policy_values(mdp, rewards[i], gamma, table)
        best = np.maximum.reduceat(mdp.kernel @ solution.normalised[i], mdp.pointer[:-1])
        assert np.abs(onwards[0] - best).max() <= error[0] + 2 * solution.error_bound[i] + 1e-15
        for state in mdp.states:
            poly = mp.OccupancyPolytope(mdp, state, gamma).unit_mass
            x = poly.occupancy(table)
            assert abs(poly.state_visits(x) @ rewards[i] - solution.normalised[i, mdp.index(state)]) < 1e-12
            np.testing.assert_allclose(poly.occupancy(poly.policy_table(x)), x, atol=1e-14)
    tables = np.array([solution.policy_table(i) for i in range(3)])
    by_function, _ = policy_values(mdp, rewards, gamma, lambda m, r, g: tables[: len(r)])
    np.testing.assert_array_equal(by_function[1], policy_values(mdp, rewards[1], gamma, tables[1])[0][0])


@pytest.mark.parametrize("gamma", [0.5, 1])
def test_tables_of_visits(gamma):
    # The policy of the k-th distribution has it as its occupancy, whatever it does where it does not come.
    mdp = mp.envs.figure_1()
    poly = mp.OccupancyPolytope(mdp, "star", gamma).unit_mass
    listed = mp.visits(mdp, "star", gamma)
    for k, row in enumerate(listed.normalised):
        np.testing.assert_allclose(poly.state_visits(poly.occupancy(listed.policy_table(k))), row, atol=1e-14)
    ends = listed.recurrent()
    last = mp.OccupancyPolytope(mdp, "star", 1)
    for k, row in enumerate(ends.rows):
        np.testing.assert_allclose(last.state_visits(last.occupancy(ends.policy_table(k))), row, atol=1e-14)
    # What all policies are held to is held to in states that are not visited, too.
    held = mp.visits(mdp, "l_tri", gamma, given={"star": "->r_tri"})
    table = held.policy_table(0)
    assert table[mdp.index("star"), mdp.action_names.index("->r_tri")] == 1
    np.testing.assert_allclose(table.sum(axis=1), 1, rtol=1e-15)


def test_power_of_a_table_and_tables_of_its_draws():
    mdp = mp.envs.figure_1()
    weights = mixed(mdp, 1)
    run = {"samples": 64, "rng": 0}
    by_table = mp.power(mdp, 0.9, policy=table_of(mdp, weights), **run)
    by_pairs = mp.power(mdp, 0.9, policy=weights, **run)
    np.testing.assert_allclose(by_table.mean, by_pairs.mean, rtol=1e-13)
    np.testing.assert_allclose(by_table.draw(3).policy_table(), table_of(mdp, weights), rtol=1e-14)
    drawn = mp.power(mdp, 0.9, **run).draw(3)
    np.testing.assert_array_equal(drawn.policy_table(), mp.optimal_values(mdp, drawn.rewards, 0.9).policy_table())
    onwards, error = policy_values(mdp, drawn.rewards, 0.9, drawn.policy_table())
    best = np.maximum.reduceat(mdp.kernel @ drawn.normalised, mdp.pointer[:-1])
    assert np.abs(onwards[0] - best).max() <= error[0] + 2 * drawn.error_bound + 1e-15


FORK = mp.envs.fork(2)  # actions ->t1 and ->t2; t1 has the first alone


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ([[0.5, 0.5], [1, 0], [0.5, 0.5]], r"probability 0\.5 for action '->t1' in state 't2', which lacks it"),
        ([[0.5, 0.5], [1, 0], [np.nan, 1]], r"probability nan for action '->t1' in state 't2', which lacks it"),
        ([[0.5, 0.5], [1, 0], [-1e-300, 1]], r"probability -1e-300 for action '->t1' in state 't2', which lacks"),
        ([[1.5, -0.5], [1, 0], [0, 1]], r"probability -0\.5 for action '->t2' in state 'root'$"),
        ([[np.inf, 0], [1, 0], [0, 1]], r"probability inf for action '->t1' in state 'root'$"),
        ([[0.5, 0.6], [1, 0], [0, 1]], r"the probabilities of state 'root' sum to 1\.1, not 1"),
        ([[0.5, 0.5 + 1e-8], [1, 0], [0, 1]], r"the probabilities of state 'root' sum to 1\.00000001, not 1"),
        ([[0.5, 0.5], [0, 0], [0, 1]], r"the probabilities of state 't1' sum to 0, not 1"),
        ([[0.5, 0.5], [1, 0]], r"a table has 3 states × 2 actions.*got float64 of shape \(2, 2\)"),
        ([["a", "b"]] * 3, r"a table has 3 states × 2 actions"),
    ],
)
def test_what_is_no_table(table, told):
    for give in (
        lambda: policy_values(FORK, [0.0, 1.0, 2.0], 0.9, table),
        lambda: policy_values(FORK, [0.0, 1.0, 2.0], 0.9, lambda m, r, g: np.array([table] * len(r))),
        lambda: mp.OccupancyPolytope(FORK, "root", 0.9).occupancy(table),
        lambda: mp.power(FORK, 0.9, policy=table, samples=64, rng=0),
    ):
        with pytest.raises(mp.ParameterError, match=told if "shape" not in told and "3 states" not in told else None):
            give()
    with pytest.raises(mp.ParameterError, match=told):
        weights_of(FORK, table)


def test_rows_that_miss_one_by_rounding_are_rescaled():
    near = weights_of(FORK, [[0.5, 0.5 + 1e-10], [1, 0], [0, 1]])
    assert near[:2].sum() == pytest.approx(1, abs=1e-16)
    single = np.array([[1 / 3, 2 / 3], [1, 0], [0, 1]], np.float32)
    np.testing.assert_allclose(weights_of(FORK, single)[:2], [1 / 3, 2 / 3], rtol=1e-6)


def test_tables_that_do_not_fit_are_refused():
    wide = mp.envs.fork(20_000)  # 20,001 states × 20,000 actions
    with pytest.raises(mp.SizeError, match=r"a table of 20,001 states × 20,000 actions takes more than 1 GiB"):
        mp.optimal_values(wide, np.zeros(20_001), 0.5).policy_table()
    with pytest.raises(mp.ParameterError, match=r"there is no draw 1; this solution has draws 0 … 0"):
        mp.optimal_values(FORK, np.zeros(3), 0.5).policy_table(1)

"""Quantities against brute force in rational arithmetic, and against each other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import exact_values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import GAMMAS, mdps, reward_rows

import mdppower as mp
from mdppower.occupancy.option import worth
from mdppower.optimal_sets.optimal_actions_exact import exact_sets
from mdppower.orbits.paper_quantities import (
    action_is_optimal,
    action_power,
    average_optimal,
    greatest_power,
    state_power,
    state_value,
)
from mdppower.orbits.quantity import Quantity, Source, differences, evaluate_all

MANY = settings(max_examples=40, deadline=None)


# ---------------------------------------------------------------------- numbers


@MANY
@given(st.data())
def test_power_and_value_of_one_reward_are_exact_to_their_errors(data):
    """X_s = max_a E v*(s') with v* over all policies, in fractions; the certified error covers the difference."""
    mdp = data.draw(mdps(max_states=4, dyadic=True))
    reward = data.draw(st.lists(st.integers(-4, 4), min_size=mdp.n_states, max_size=mdp.n_states))
    s = data.draw(st.integers(0, mdp.n_states - 1))
    state = mdp.states[s]
    for gamma in (0.0, 0.5, 0.75):
        v = exact_values(mdp, reward, Fraction(gamma))
        pairs = range(mdp.pointer[s], mdp.pointer[s + 1])
        truth = max(sum(Fraction(x) * v[mdp.index(t)] for t, x in mdp.pair_successors(p).items()) for p in pairs)
        for quantity, number in ((state_power(mdp, state, gamma), truth), (state_value(mdp, state, gamma), v[s])):
            value, error = quantity([reward])
            assert abs(Fraction(value[0]) - number) <= Fraction(error[0])
            assert error[0] < 1e-12


@MANY
@given(st.data())
def test_power_is_what_definition_5_2_says(data):
    """(1−γ)/γ (V* − R) = (v − (1−γ) R)/γ: another route to the same number, safe at γ = 1/2."""
    mdp = data.draw(mdps())
    rewards = data.draw(reward_rows(mdp.n_states))
    s = data.draw(st.sampled_from(mdp.states))
    power, value = state_power(mdp, s, 0.5), state_value(mdp, s, 0.5)
    (x, error), (v, _) = power(rewards), value(rewards)
    other = (v - 0.5 * rewards[:, mdp.index(s)]) / 0.5
    assert (np.abs(x - other) <= 4 * error + 1e-14 * np.abs(rewards).max(axis=1)).all()


@pytest.mark.slow
@MANY
@given(mdps(max_states=5, max_actions=2), st.integers(0, 99))
def test_at_one_it_is_the_best_recurrent_distribution(mdp, seed):
    """h_Q(s, 1) = max_{d in RSD(s)} d·r, from the listed set."""
    rewards = np.random.default_rng(seed).normal(size=(5, mdp.n_states))
    for s in mdp.states:
        listed = (rewards @ mp.rsd(mdp, s).rows.T).max(axis=1)
        value, error = state_power(mdp, s, 1)(rewards)
        assert (np.abs(value - listed) <= error + 1e-12).all()


@pytest.mark.slow
@MANY
@given(st.data(), GAMMAS)
def test_agrees_with_options(data, gamma):
    """POWER and VALUE sets of `Option` have the same worth; POWER of an action is a mean of those of states."""
    mdp = data.draw(mdps(max_states=5))
    rewards = data.draw(reward_rows(mdp.n_states))
    options = [mp.Option.state(mdp, s, gamma, kind="power") for s in mdp.states]
    expected, allowed = worth(options, rewards, "auto")
    values, errors = evaluate_all([state_power(mdp, s, gamma) for s in mdp.states], rewards)
    assert (np.abs(values - expected) <= errors + allowed).all()
    state, action = mdp.pair_label(data.draw(st.integers(0, mdp.n_pairs - 1)))
    mean = sum(x * expected[:, mdp.index(t)] for t, x in mdp.successors(state, action).items())
    value, error = action_power(mdp, state, action, gamma)(rewards)
    assert (np.abs(value - mean) <= error + 2 * allowed.max(axis=1)).all()
    most, error = greatest_power(mdp, gamma)(rewards)
    assert (np.abs(most - expected.max(axis=1)) <= error + allowed.max(axis=1)).all()


def test_value_is_not_power():
    """An end is worth the same by both; the root of a fork is not, unless its own reward is the best of all."""
    fork = mp.envs.fork(2)
    reward = [[9.0, 1.0, 3.0]]
    assert state_power(fork, "t1", 0.5)(reward)[0] == state_value(fork, "t1", 0.5)(reward)[0] == 1
    assert state_power(fork, "root", 0.5)(reward)[0] == 3
    assert state_value(fork, "root", 0.5)(reward)[0] == 0.5 * 9 + 0.5 * 3


def test_rounding_of_a_row_grows_with_its_entries():
    """A wide row of T: the error that is claimed is at least that of the sum, and 0 for γ = 0 and certain moves."""
    n = 400
    chances = np.random.default_rng(0).dirichlet(np.ones(n))
    wide = mp.RewardlessMDP.from_successors(
        {"s": {"a": dict(enumerate(chances.tolist()))}} | {k: {"stay": k} for k in range(n)}
    )
    reward = np.random.default_rng(1).normal(size=n + 1)
    value, error = state_power(wide, "s", 0)([reward])
    row = wide.kernel[[wide.pair("s", "a")]]
    truth = sum(Fraction(x) * Fraction(reward[t]) for t, x in zip(row.indices, row.data, strict=True))
    assert abs(Fraction(value[0]) - truth) <= Fraction(error[0])
    assert 1e-14 < error[0] < 1e-12
    assert state_power(wide, 7, 0)([reward])[1] == 0


# ---------------------------------------------------------------------- indicators


@MANY
@given(st.data())
def test_optimal_actions_are_those_of_the_exact_sets(data):
    mdp = data.draw(mdps(max_states=4))
    reward = data.draw(st.lists(st.integers(-1, 1), min_size=mdp.n_states, max_size=mdp.n_states))
    for gamma in (0.0, 0.5, 1.0):
        best = {p for pairs in exact_sets(mdp, np.array(reward, float), gamma) for p in pairs}
        indicators = [action_is_optimal(mdp, *mdp.pair_label(p), gamma) for p in range(mdp.n_pairs)]
        values, errors = evaluate_all(indicators, reward)
        assert values[0].tolist() == [float(p in best) for p in range(mdp.n_pairs)]
        assert not errors.any()


BET = mp.RewardlessMDP.from_successors(
    {"root": {"bet": {"x": 0.5, "y": 0.5}, "sure": "z", "no": "root"}, "x": {"": "x"}, "y": {"": "y"}, "z": {"": "z"}}
)


def test_many_ties():
    """300 tied reward functions: all are decided, those beyond what fractions are spent on by residues."""
    for mdp, actions, ties in ((mp.envs.fork(2), ("->t1", "->t2"), [1, 1]), (BET, ("bet", "sure"), [1, 3, 2])):
        rewards = np.array([[0.0, *(k * x for x in ties)] for k in range(1, 301)])
        for action in actions:
            value, error = action_is_optimal(mdp, "root", action, 0.5)(rewards)
            assert (value == 1).all()
            assert not error.any()


def test_what_is_too_large_stays_open(monkeypatch):
    """A tie that is not decided is the value 1/2 with an error of 1/2; what is certainly worse is 0."""
    monkeypatch.setattr("mdppower.optimal_sets.optimal_actions.SMALL", 0)
    monkeypatch.setattr("mdppower.optimal_sets.stochastic_ties.MOST_STATES", 3)
    reward = np.array([[0.0, 0.25, 0.75, 0.5]])
    found = [action_is_optimal(BET, "root", action, 0.5)(reward) for action in ("bet", "sure", "no")]
    assert [(v.item(), e.item()) for v, e in found] == [(0.5, 0.5), (0.5, 0.5), (0.0, 0.0)]


@MANY
@given(mdps(max_states=5, max_actions=2), st.integers(0, 99))
def test_average_optimality_misses_no_end(mdp, seed):
    """Some end is the best for each reward; all of RSD(s) has it; integers make ties, for which several have it."""
    rewards = np.random.default_rng(seed).integers(-2, 3, size=(6, mdp.n_states)).astype(float)
    ends = mp.rsd(mdp, mdp.states[0])
    one_by_one = np.array([average_optimal(mdp, mdp.states[0], [row])(rewards)[0] for row in ends.rows])
    assert (one_by_one.max(axis=0) == 1).all()
    assert (average_optimal(mdp, mdp.states[0], ends)(rewards)[0] == 1).all()
    worth_of = rewards @ ends.rows.T
    clear = np.abs(worth_of - worth_of.max(axis=1, keepdims=True)) > 1e-9
    assert (one_by_one.T[clear] == 0).all()


def test_average_optimality_of_figure_10():
    """Golden 02: the ends of s3, {s3, s4}, have the best of s2, s3, s4 in two of three orders."""
    mdp = mp.envs.figure_10()
    rewards = np.random.default_rng(0).random((3000, 4))
    share = average_optimal(mdp, "s1", mp.rsd(mdp, "s3"))(rewards)[0].mean()
    assert abs(share - 2 / 3) < 5 * np.sqrt(2 / 9 / 3000)  # 5 standard errors: wrong once in 2 million
    exact = rewards[:, 2:].max(axis=1) > rewards[:, 1]
    assert share == exact.mean()


# ---------------------------------------------------------------------- what they look at


@pytest.mark.slow
@MANY
@given(st.data(), st.sampled_from([0.0, 0.5, 1.0]))
def test_nothing_outside_the_support_matters(data, gamma):
    mdp = data.draw(mdps(max_states=6))
    state, action = mdp.pair_label(data.draw(st.integers(0, mdp.n_pairs - 1)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    first, second = rng.normal(size=(2, 4, mdp.n_states))
    for quantity in (
        state_power(mdp, state, gamma),
        state_value(mdp, state, gamma),
        greatest_power(mdp, gamma),
        action_power(mdp, state, action, gamma),
        action_is_optimal(mdp, state, action, gamma),
        average_optimal(mdp, state, mp.rsd(mdp, state)),
    ):
        (one, off), (two, off_too) = quantity(first), quantity(np.where(quantity.support, first, second))
        assert (np.abs(one - two) <= off + off_too).all(), quantity


def test_support_of_figure_1():
    """What is met after l_sw; at ★, which is never met again, only its value looks."""
    mdp = mp.envs.figure_1()
    met = lambda quantity: {mdp.states[i] for i in np.flatnonzero(quantity.support)}  # noqa: E731
    assert met(state_power(mdp, "l_sw", 0.5)) == {"l_sw", "l_nw"}
    assert met(state_value(mdp, "star", 0.5)) - met(state_power(mdp, "star", 0.5)) == {"star"}
    assert met(action_power(mdp, "star", "->r_tri", 0.5)) == {"r_ne", "r_se"}


# ---------------------------------------------------------------------- evaluation


def test_a_source_is_solved_once(monkeypatch):
    solved = []
    solve = Source.solve
    monkeypatch.setattr(Source, "solve", lambda self, rewards: solved.append(self.kind) or solve(self, rewards))
    mdp = mp.envs.figure_1()
    several = [state_power(mdp, s, 0.5) for s in mdp.states] + [
        action_is_optimal(mdp, "star", a, 0.5) for a in mdp.actions("star")
    ]
    evaluate_all(several, np.eye(8))
    assert solved == ["values", "optimal"]
    evaluate_all([state_power(mdp, "star", g) for g in (0.5, 0.9)], np.eye(8))
    assert solved[2:] == ["values", "values"]


def test_blocks_do_not_show(monkeypatch):
    """The same bits, whatever the size of a block."""
    mdp = mp.envs.figure_1()
    rewards = np.random.default_rng(0).normal(size=(50, 8))
    several = [state_power(mdp, "star", 0.9), action_is_optimal(mdp, "star", "->empty", 0.9)]
    whole = evaluate_all(several, rewards)
    monkeypatch.setattr("mdppower.orbits.quantity.ROOM", 7 * mdp.n_pairs)
    for one, two in zip(whole, evaluate_all(several, rewards), strict=True):
        assert (one == two).all()


def test_a_failure_has_its_number(monkeypatch):
    """An error in the third row of the fourth block of 7 is about reward function 3 · 7 + 2."""
    mdp = mp.envs.figure_1()
    rewards = np.arange(50.0)[:, None] + np.zeros(8)

    def fails(mdp, rewards, gamma, method):
        if 23.0 in rewards:
            raise mp.SolverError("no", draw=int(np.flatnonzero(rewards[:, 0] == 23)[0]), error_bound=0.5)
        return rewards, None, np.zeros(len(rewards)), None

    monkeypatch.setattr("mdppower.orbits.quantity.solve_rows", fails)
    monkeypatch.setattr("mdppower.orbits.quantity.ROOM", 7 * mdp.n_pairs)
    with pytest.raises(mp.SolverError, match="reward function 23: no") as caught:
        state_power(mdp, "star", 0.9)(rewards)
    assert (caught.value.draw, caught.value.error_bound) == (23, 0.5)


def test_a_quantity_of_ones_own():
    """Differences add errors; of whole numbers there are none."""
    mdp = mp.envs.fork(2)
    half = Quantity(
        "half",
        Source(mdp, 0.5, "deterministic", "values"),
        lambda: np.ones(3, bool),
        lambda rewards, v, gap: (rewards[:, 0] / 2, np.full(len(rewards), 0.25)),
    )
    difference, error = differences(half, state_power(mdp, "t1", 0.0), [[2.0, 5.0, 0.0]])
    assert difference == [-4]
    assert 0.25 <= error[0] < 0.2500001
    first, second = (action_is_optimal(mdp, "root", a, 0.5) for a in mdp.actions("root"))
    assert [x.tolist() for x in differences(first, second, [[0, 1, 2], [0, 2, 2]])] == [[-1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda m: state_power(m, "x", 0.5), mp.LabelError, "no state 'x'"),
        (lambda m: state_power(m, "root", 1.5), mp.ParameterError, r"gamma must be in \[0, 1\], got 1.5"),
        (lambda m: state_power(m, "root", [0.1, 0.2]), mp.ParameterError, "a quantity has one gamma"),
        (lambda m: state_power(m, "root", 0.5, method="magic"), mp.ParameterError, "method must be one of"),
        (lambda m: action_power(m, "root", "up", 0.5), mp.LabelError, "no action 'up'"),
        (lambda m: action_is_optimal(m, "t1", "->t2", 0.5), mp.LabelError, "no action '->t2'"),
        (lambda m: average_optimal(m, "root", [[1, 0]]), mp.ParameterError, "must have 3 entries"),
        (lambda m: evaluate_all([], [[0, 1, 2]]), mp.ParameterError, "no quantities"),
        (lambda m: evaluate_all(["x"], [[0, 1, 2]]), mp.ParameterError, "expected a Quantity, got 'x'"),
        (
            lambda m: differences(state_power(m, "root", 0.5), greatest_power(mp.envs.fork(3), 0.5), [[0, 1, 2]]),
            mp.ParameterError,
            r"POWER\('root'\) at γ=0.5 and greatest POWER at γ=0.5 are about different states",
        ),
        (lambda m: state_power(m, "root", 0.5)([1, 2]), mp.RewardError, r"shape \(n, 3\).*got \(2,\)"),
        (lambda m: state_power(m, "root", 0.5)(["a"]), mp.RewardError, "not an array of numbers"),
        (lambda m: state_power(m, "root", 0.5)([0, np.nan, 1]), mp.RewardError, "function 0 is nan in state 't1'"),
    ],
)
def test_bad_input(call, error, text):
    with pytest.raises(error, match=text):
        call(mp.envs.fork(2))


def test_too_large_for_blackwell(monkeypatch):
    from mdppower.optimal_sets import optimal_actions

    monkeypatch.setattr(optimal_actions, "MOST_BLACKWELL", 2)
    with pytest.raises(mp.SizeError, match="at most 2 states, not 4"):
        action_is_optimal(BET, "root", "bet", 1)

"""Options: sets of two kinds that are never mixed, and their worth by the solvers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import mdps

import mdppower as mp
from mdppower.occupancy.option import worth, worth_range


def line():
    return mp.RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"back": "a", "on": "b"}})


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(mdps(max_states=5))
def test_worth_is_the_best_row_of_the_enumerated_set(mdp):
    """Two routes: the optimal value of the state, and max over the rows of F; for all kinds and the ends of γ."""
    rewards = np.random.default_rng(0).normal(size=(3, mdp.n_states))
    state = mdp.states[-1]
    action = mdp.actions(state)[-1]
    for gamma in (0.0, 0.3, 0.9, 1.0):
        options = [
            mp.Option.state(mdp, state, gamma, "value"),
            mp.Option.state(mdp, state, gamma, "power"),
            mp.Option.action(mdp, state, action, gamma, "value"),
            mp.Option.action(mdp, state, action, gamma, "power"),
        ]
        free, forced = mp.visits(mdp, state, gamma), mp.visits(mdp, state, gamma, given={state: action})
        rows = [free.normalised, free.power_rows, forced.normalised, forced.power_rows]
        found, errors = worth(options, rewards, "auto")
        expected = np.array([(rewards @ r.T).max(axis=1) for r in rows]).T
        np.testing.assert_allclose(found, expected, atol=1e-9)
        assert errors.max() < 1e-9


def test_an_action_is_not_q_star():
    # At b "back" for good: alternate or stay in a. With R(a) = 0, R(b) = 1 and γ = 1/2 the best is to alternate:
    # v = (1/2)(1 + 0 + 1/4 + 0 + …) = 2/3. Q*(b, back) would be (1/2) + (1/4)·0 + … with b for ever after a: 3/4.
    back = mp.Option.action(line(), "b", "back", 0.5, "value")
    found, _ = worth([back], np.array([[0.0, 1.0]]), "auto")
    assert found[0, 0] == pytest.approx(2 / 3)


def test_union_and_rows():
    fork = mp.envs.fork(3)
    one, two = (mp.Option.state(fork, s, 0.5, "value") for s in ("t1", "t2"))
    rows = mp.Option.vectors([[0, 0, 0, 1]], states=fork.states, kind="value", gamma=0.5)
    found, errors = worth([one | two | rows], np.array([[9.0, 1.0, 2.0, 3.0]]), "auto")
    assert found[0, 0] == 3
    assert errors[0, 0] < 1e-13  # rewards are of size 9
    assert (one | two).name == "'t1' ∪ 't2'"


def test_the_mdp_is_solved_once(monkeypatch):
    fork = mp.envs.fork(3)
    calls = []
    import mdppower.occupancy.option as module

    monkeypatch.setattr(module, "solve_rows", lambda *a, f=module.solve_rows, **k: calls.append(1) or f(*a, **k))
    worth([mp.Option.state(fork, s, 0.5, "value") for s in fork.states], np.ones((2, 4)), "auto")
    assert len(calls) == 1


def test_kinds_and_rates_are_not_mixed():
    fork = mp.envs.fork(2)
    value, power = mp.Option.state(fork, "root", 0.9, "value"), mp.Option.state(fork, "root", 0.9, "power")
    with pytest.raises(mp.ParameterError, match="different kinds"):
        mp.compare(value, power)
    with pytest.raises(mp.ParameterError, match="different kinds"):
        value | power
    with pytest.raises(mp.ParameterError, match="different gamma"):
        mp.compare(value, mp.Option.state(fork, "t1", 0.8, "value"))
    rows = mp.Option.vectors(np.eye(3), states=fork.states)
    with pytest.raises(mp.ParameterError, match="rows must say which"):
        mp.compare(rows, value)
    with pytest.raises(mp.ParameterError, match="different gamma"):  # RSD sets are about γ = 1
        mp.compare(mp.Option.rsd(fork, "root"), value)
    with pytest.raises(mp.ParameterError, match="about different states"):
        mp.compare(value, mp.Option.state(mp.envs.fork(3), "root", 0.9, "value"))
    # At γ = 1 an RSD set is the VALUE set and the POWER set.
    for kind in ("value", "power"):
        mp.compare(mp.Option.rsd(fork, "root"), mp.Option.state(fork, "t1", 1, kind), samples=64, rng=0)


def test_bad_input():
    fork = mp.envs.fork(2)
    with pytest.raises(mp.LabelError, match="'->t7'"):
        mp.Option.action(fork, "root", "->t7", 0.5, "value")
    with pytest.raises(mp.LabelError, match="'x'"):
        mp.Option.state(fork, "x", 0.5, "value")
    with pytest.raises(mp.ParameterError, match="kind must be one of 'value', 'power'"):
        mp.Option.state(fork, "root", 0.5, "rsd")
    with pytest.raises(mp.ParameterError, match="one gamma"):
        mp.Option.state(fork, "root", [0.5, 0.6], "value")
    with pytest.raises(mp.ParameterError, match="at least one vector"):
        mp.Option.vectors([])
    with pytest.raises(mp.ParameterError, match="must have 3 entries"):
        mp.Option.vectors([[1, 2]], states=fork.states)
    with pytest.raises(mp.ParameterError, match="rows of numbers"):
        mp.Option.vectors([[1, 2], [3]])
    with pytest.raises(mp.ParameterError, match="entry 1 of vector 0 is nan"):
        mp.Option.vectors([[1, np.nan]])
    with pytest.raises(mp.ParameterError, match="needs a gamma"):
        mp.Option.vectors([[1, 2]], kind="power")
    with pytest.raises(mp.ParameterError, match="takes no gamma"):
        mp.Option.vectors([[1, 2]], gamma=0.5)


@settings(max_examples=40, deadline=None)
@given(mdps(max_states=5))
def test_worth_lies_in_its_range(mdp):
    """Whatever rewards are drawn from their range, for all kinds; a range without a bound says so."""
    rng = np.random.default_rng(0)
    low = rng.normal(size=mdp.n_states)
    high = low + rng.random(mdp.n_states)
    rewards = low + (high - low) * rng.integers(0, 2, size=(20, mdp.n_states))
    rows = rng.normal(size=(3, mdp.n_states))
    options = [
        mp.Option.state(mdp, mdp.states[0], gamma, kind) for gamma in (0.0, 0.9) for kind in ("value", "power")
    ]
    options += [mp.Option.rsd(mdp, mdp.states[0]), mp.Option.vectors(rows, states=mdp.states)]
    for option in options:
        least, most = worth_range(option, low, high)
        found, errors = worth([option], rewards, "auto")
        assert (found >= least - errors - 1e-9).all()
        assert (found <= most + errors + 1e-9).all()
        assert worth_range(option, low - np.inf, high + np.inf) == (-np.inf, np.inf)


def test_a_range_is_of_what_can_be_reached():
    low, high = np.array([-5.0, 0.0, 1.0]), np.array([5.0, 1.0, 2.0])
    t1 = mp.Option.state(mp.envs.fork(2), "t1", 0.9, "value")
    t2 = mp.Option.state(mp.envs.fork(2), "t2", 0.9, "value")
    assert worth_range(t1, low, high) == (0.0, 1.0)
    assert worth_range(t1 | t2, low, high) == (1.0, 2.0)  # at least the least of the better one

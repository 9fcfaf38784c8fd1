"""Rules of behaviour: what they say, ties, refusals, printing and travelling."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from agents import RULES

import mdppower as mp
from mdppower.agents.policies import describe_policy, policy_from_description
from mdppower.agents.rules import epsilon_greedy, lookahead, optimal, satisficing, softmax

# ---------------------------------------------------------------------- the rules


def test_rules_say_what_they_do():
    # fork(3) with leaves of 1, 2 and 4 (root 0): q = R of the leaf at every γ.
    fork, rewards = mp.envs.fork(3), np.array([[0.0, 1.0, 2.0, 4.0]])
    root = {rule: rule(fork, rewards, 0.9)[0] for rule in (epsilon_greedy(0.3), softmax(2), satisficing(1 / 3))}
    np.testing.assert_allclose(root[epsilon_greedy(0.3)][:3], [0.1, 0.1, 0.8])
    e = np.exp([0.5, 1, 2])
    np.testing.assert_allclose(root[softmax(2)][:3], e / e.sum())
    # satisficing(1/3): level 1 + (1/3)·3 = 2, which the second leaf just reaches.
    np.testing.assert_array_equal(root[satisficing(1 / 3)][:3], [0, 0.5, 0.5])
    assert [fork.action_names[rule(fork, rewards, 0.9)[0, 0]] for rule in (optimal(), lookahead(1))] == ["->t3"] * 2


def test_lookahead_takes_the_first_of_equals_and_its_horizon_counts():
    # From "start": 9 after two steps, or 5 at once and 0 for ever. k = 1 sees 1 against 5; k = 2 sees 1 + 9γ.
    mdp = mp.RewardlessMDP.from_successors(
        {"start": {"wait": "gate", "grab": "pit"}, "gate": {"go": "goal"}, "goal": {"stay": "goal"},
         "pit": {"stay": "pit"}}
    )  # fmt: skip
    rewards = np.array([[0.0, 1.0, 9.0, 5.0]])
    names = lambda k, gamma: mdp.action_names[lookahead(k)(mdp, rewards, gamma)[0, 0]]  # noqa: E731
    assert names(1, 0.9) == "grab"
    assert names(2, 0.9) == "grab"  # 1 + 8.1 = 9.1 against 5 + 4.5 = 9.5
    assert names(3, 0.9) == "wait"  # 1 + 8.1 + 7.29 = 16.39 against 5 + 4.5 + 4.05 = 13.55
    # γ = 1, k = 2: 1 + 9 = 5 + 5, a tie, and the first action is "wait".
    assert names(2, 1.0) == "wait"


def test_ties_are_not_broken_by_rounding():
    # Two actions with the same successors in other shares of equal rewards: q is 0.1 both times, up to rounding.
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"x": {"b": 0.3, "c": 0.7}, "y": {"b": 0.9, "c": 0.1}}, "b": {"stay": "b"}, "c": {"stay": "c"}}
    )
    weights = satisficing(1)(mdp, np.array([[0.0, 0.1, 0.1]]), 0.9)
    assert weights.tolist() == [[0.5, 0.5, 1.0, 1.0]]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: lookahead(0), "k must be a positive integer, got 0"),
        (lambda: lookahead(1.5), "k must be a positive integer, got 1.5"),
        (lambda: epsilon_greedy(-0.1), r"epsilon must be a number in \[0, 1\], got -0.1"),
        (lambda: epsilon_greedy(float("nan")), r"epsilon must be a number in \[0, 1\], got nan"),
        (lambda: epsilon_greedy(True), r"epsilon must be a number in \[0, 1\], got True"),
        (lambda: epsilon_greedy(10**400), r"epsilon must be a number in \[0, 1\], got 1000"),
        (lambda: softmax(0), "temperature must be a positive number, got 0"),
        (lambda: softmax("hot"), "temperature must be a positive number, got 'hot'"),
        (lambda: satisficing(1.1), r"threshold must be a number in \[0, 1\], got 1.1"),
    ],
)
def test_rules_refuse_parameters_that_mean_nothing(make, told):
    with pytest.raises(mp.ParameterError, match=told):
        make()


def test_rules_print_compare_and_travel():
    assert repr(softmax(0.5)) == "softmax(temperature=0.5)"
    assert softmax(0.5) == softmax(np.float64(0.5)) != softmax(0.25)
    assert lookahead(np.int64(2)) == lookahead(2)
    for rule in RULES:
        assert pickle.loads(pickle.dumps(rule)) == rule
        assert policy_from_description(describe_policy(rule), mp.envs.fork(2)) == rule
        assert {rule: 1}[rule] == 1

"""All optimal actions of a given reward: exact ties, what stays open, and both ends of γ."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import LabelError, ParameterError, SizeError
from mdppower.solvers.optimal_action_sets import OptimalActions

FORK = mp.envs.fork(3)
ONCE = mp.RewardlessMDP.from_successors({"a": {"now": "z", "later": "b"}, "b": {"go": "z"}, "z": {"stay": "z"}})


def test_ties_are_exact():
    """1/2 now, or 1 one step later, tie at γ = 1/2 and nowhere else; 2^-40 more breaks the tie."""
    for gamma, wanted in (
        (0.4, ("now",)),
        (0.5, ("now", "later")),
        (0.6, ("later",)),
        (0, ("now",)),
        (1, ("later",)),
    ):
        rewards = {("a", "now"): 0.5, ("b", "go"): 1, "default": 0}
        assert mp.optimal_values(ONCE, rewards, gamma).optimal_actions.of("a", 0) == wanted
    more = {("a", "now"): 0.5 + 2.0**-40, ("b", "go"): 1, "default": 0}
    assert mp.optimal_values(ONCE, more, 0.5).optimal_actions.of("a", 0) == ("now",)


def test_ties_of_stochastic_mdps_are_exact():
    """1/4 for certain, or 1 after a step with a chance of 1/2, at γ = 1/2: 1/4 as well."""
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"sure": "z", "bet": {"b": 0.5, "z": 0.5}}, "b": {"go": "z"}, "z": {"stay": "z"}}
    )
    rewards = {("a", "sure"): 0.25, ("b", "go"): 1, "default": 0}
    found = mp.optimal_values(mdp, rewards, 0.5).optimal_actions
    assert (found.of("a", 0), found.open_actions("a", 0)) == (("sure", "bet"), ())
    assert mp.optimal_values(mdp, rewards, 0.51).optimal_actions.of("a", 0) == ("bet",)


@pytest.mark.parametrize("on", ["states", "pairs"])
def test_enumeration_of_policies_agrees(on):
    """An action is optimal if a policy that takes it is: all policies of 20 MDPs, rewards 0, 1, 2, γ = 1/2."""
    rng = np.random.default_rng(0)
    for k in range(20):
        owner = np.repeat(np.arange(3), rng.integers(1, 4, 3))
        rows = np.zeros((len(owner), 3))
        for row in rows:
            row[rng.integers(3)] += 0.5
            row[rng.integers(3) if k % 2 else np.argmax(row)] += 0.5
        mdp = mp.RewardlessMDP.from_pairs(owner, rows)
        rewards = rng.integers(0, 3, mdp.n_pairs if on == "pairs" else 3).astype(float)
        earned = rewards if on == "pairs" else rewards[mdp.pair_states]
        choices = [range(*mdp.pointer[s : s + 2]) for s in range(3)]
        values = {
            p: np.linalg.solve(np.eye(3) - mdp.kernel.toarray()[list(p)] / 2, earned[list(p)])
            for p in product(*choices)
        }
        best = np.max(list(values.values()), axis=0)
        wanted = {p[s] for p, v in values.items() if np.allclose(v, best, atol=1e-9) for s in range(3)}
        found = mp.optimal_values(mdp, rewards, 0.5, on=on).optimal_actions
        assert set(np.flatnonzero(found.optimal[0])) == wanted
        assert not found.open.any()


def test_a_policy_takes_optimal_actions():
    rng = np.random.default_rng(1)
    mdp = mp.envs.make("open(3,3)")
    for on, n in (("states", mdp.n_states), ("pairs", mdp.n_pairs)):
        solution = mp.optimal_values(mdp, rng.random((20, n)), 0.9, on=on)
        for i in range(20):
            for s, state in enumerate(mdp.states):
                assert mdp.action_names[solution.policies[i, s]] in solution.optimal_actions.of(state, i)


def test_blackwell_and_not_average_optimality():
    """γ = 1: figure 10 of Turner et al.; of two ways to the same end the better one alone is optimal."""
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"x": "b", "y": "c"}, "b": {"": "d"}, "c": {"": "d"}, "d": {"": "d"}}
    )
    assert mp.optimal_values(mdp, [0.0, 1, 2, 9], 1.0, on="states").optimal_actions.of("a", 0) == ("y",)


def test_what_is_open_is_said():
    found = OptimalActions(np.array([[3, 3, 0, 1, 1, 1]], np.int8), 0.9, FORK)
    assert (found.of("root", 0), found.open_actions("root")) == ((), (("->t1", "->t2"),))
    assert found.table()["optimal"][:3] == ["open", "open", "no"]
    assert found.to_xarray().optimal.values.tolist() == [[-1, -1, 0, 1, 1, 1]]
    assert "2 open" in repr(found)


def test_refused():
    found = mp.optimal_values(FORK, [0.0, 1, 2, 3], 0.9).optimal_actions
    with pytest.raises(LabelError):
        found.of("nowhere")
    with pytest.raises(ParameterError, match="no draw 1"):
        found.of("root", 1)
    large = mp.envs.gridworld("\n".join(["." * 14] * 14), slip=0.2)
    with pytest.raises(SizeError, match="states and transitions"):
        mp.optimal_values(large, np.zeros(large.n_pairs), 1.0).optimal_actions  # noqa: B018

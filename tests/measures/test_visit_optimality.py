"""Optimality of sets of visits and of ends: against actions' probabilities, exactly and by draws."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from strategies import mdps

import mdppower as mp


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(mdps(max_states=4, max_actions=2))
def test_the_visits_of_an_action_are_as_likely_as_the_action(mdp):
    """Def. 4.4: P_D(s, a, γ) is P_D(F(s | π(s) = a), γ), at the ends too."""
    state = mdp.states[0]
    for gamma in (0, 0.6, 1):
        chances = mp.action_optimality(mdp, gamma, method="exact").of(state)
        for k, action in enumerate(mdp.actions(state)):
            subset = mp.visits(mdp, state, gamma, given={state: action})
            exact = mp.visit_optimality(subset, method="exact").exact
            assert exact == chances.exact[k]
            low, high = mp.visit_optimality(subset, samples=512, rng=0).interval(0.9999)
            assert low - 1e-12 <= float(exact) <= high + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0, 0.5, 0.999, 1])
def test_selections_of_figure_1(gamma):
    """The shares of F_nd(★) sum to 1; those of the dominated are 0."""
    F = mp.visits(mp.envs.figure_1(), "star", gamma)
    best = F.nondominated()
    shares = [mp.visit_optimality(best.select([k]), method="exact").exact.item() for k in range(len(best))]
    assert sum(shares) == 1
    drawn = [mp.visit_optimality(best.select([k]), samples=2048, rng=k) for k in range(len(best))]
    for share, one in zip(shares, drawn, strict=True):
        low, high = one.interval(0.9999)
        assert low <= float(share) <= high
    all_of_them = mp.visit_optimality(F, samples=64, rng=0)
    assert all_of_them.mean == 1
    chosen = {tuple(sorted(p.items())) for p in best.policies}
    dominated = [k for k, p in enumerate(F.policies) if tuple(sorted(p.items())) not in chosen]
    chance = mp.visit_optimality(F.select(dominated), samples=256, rng=0).mean
    assert chance == 0


def test_average_optimality_is_not_the_limit():
    """Figure 10: north leads to all ends, north-east to two of three."""
    mdp = mp.envs.figure_10()
    drawn = mp.average_optimality(mdp, "s1", rng=0)
    low, high = drawn.interval(0.999)
    assert drawn.mean[0] == 1
    assert low[1] < 2 / 3 < high[1]
    ends = mp.rsd(mdp, "s3")
    assert mp.average_optimality(mdp, "s1", ends=ends, method="exact").exact == Fraction(2, 3)


def test_wait_then_die():
    # Every end is the same state: all actions are average-optimal, and yet at γ → 1 waiting is optimal with 7/12.
    mdp = mp.RewardlessMDP.from_successors(
        {"w0": {"w": "w1", "d": "dead"}, "w1": {"w": "w2", "d": "dead"}, "w2": {"d": "dead"}, "dead": {"x": "dead"}}
    )
    assert mp.average_optimality(mdp, "w0", method="exact").exact.tolist() == [1, 1]
    assert mp.visit_optimality(mp.visits(mdp, "w0", 1, given={"w0": "w"}), method="exact").exact == Fraction(7, 12)


def test_bad_input():
    fork = mp.envs.fork(2)
    with pytest.raises(mp.ParameterError, match="takes what"):
        mp.visit_optimality([[1, 0, 0]])
    with pytest.raises(mp.ParameterError, match="must have 3 entries"):
        mp.average_optimality(fork, "root", ends=[[1, 0]])
    with pytest.raises(mp.LabelError, match="no state 'x'"):
        mp.average_optimality(fork, "x")
    with pytest.raises(mp.ParameterError, match=r"no position 7; this set has positions 0 … 1"):
        mp.visits(fork, "root", 0.5).select([7])
    with pytest.raises(mp.ParameterError, match="no positions were given"):
        mp.visits(fork, "root", 0.5).select([])
    with pytest.raises(mp.RewardError, match="continuous rewards"):
        mp.visit_optimality(mp.visits(fork, "root", 1), "bernoulli(0.5)", method="exact")

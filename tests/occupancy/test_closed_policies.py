"""Closed partial policies: as many as they should be, and visits that solve the flow equations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import mdps

import mdppower as mp
from mdppower.occupancy import visit_distributions
from mdppower.occupancy.closed_policies import announce, closed_policies, leaves, visit_distribution


def test_counts():
    # Figure 1 from ★: left 2·(…): ℓ▷ → ℓ↖ → ℓ↙ with 2 choices, or ℓ▷ → ℓ↙ staying (1) or going round (1): 4;
    # ∅: 1; right: r▷ has 2 choices; from r↗: stay, or go to r↘ that stays or returns: 3; likewise 3: 6. In all 11.
    assert len(list(closed_policies(mp.envs.figure_1(), "star"))) == 11
    assert len(list(closed_policies(mp.envs.fork(4), "root"))) == 4
    assert len(list(closed_policies(mp.envs.cycle(5), mp.envs.cycle(5).states[0]))) == 1


def test_too_many():
    with pytest.raises(mp.SizeError, match="more than 50 closed policies"):
        list(closed_policies(mp.envs.make("maze"), (0, 0), limit=50))


@pytest.mark.slow
@given(mdps(max_states=5))
def test_policies_are_closed_and_visits_flow(mdp):
    gamma = 0.8
    for start in mdp.states:
        for policy in closed_policies(mdp, start):
            rows = mdp.kernel[list(policy.values())]
            assert mdp.index(start) in policy
            assert set(rows.indices.tolist()) <= set(policy)
            f = visit_distribution(mdp, policy, start, gamma)
            assert f.sum() == pytest.approx(1 / (1 - gamma))
            assert f.min() >= -1e-12
            # f = e_s + γ Pᵀ f
            flow = np.zeros(mdp.n_states)
            flow[mdp.index(start)] = 1
            flow += gamma * (rows.T @ f[list(policy)])
            np.testing.assert_allclose(f, flow, atol=1e-12)


def test_what_takes_long_says_so_before():
    """Three seconds pass in silence, five minutes are too many; between, a warning has the estimate."""
    announce(2.9, "it")
    with pytest.warns(mp.MDPPowerWarning, match="^it takes about 40 s; it can be stopped"):
        announce(40.0, "it")
    with pytest.raises(mp.SizeError, match=r"it takes about 3e.02 s; the limit is 300 s"):
        announce(301.0, "it")


def test_dear_leaves_are_announced_from_their_number():
    """A binary tree of depth 9: 512 leaves, 1,022 nodes below others. After 128 leaves the rest is estimated.

    Descents of equal weights are exact: 512 leaves at (nodes seen)/128 = about 2 each, of 0.01 s: 10 s.
    """
    below = lambda node: [(*node, 0), (*node, 1)] if len(node) < 9 else None  # noqa: E731
    with pytest.warns(mp.MDPPowerWarning, match=r"listing about 5.1e\+02 leaves takes about 1[0-9] s"):
        assert len(list(leaves((), below, 1000, "leaves", early=128, seconds=0.01))) == 512
    with pytest.warns(mp.MDPPowerWarning) as said:  # once, after a second of nodes: 100 of them
        assert len(list(leaves((), below, 1000, "leaves", early=500, seconds=0.01))) == 512
    assert len(said) == 1
    with pytest.raises(mp.SizeError, match=r"about 5.1e\+02 leaves .* the limit is 100"):
        list(leaves((), below, 100, "leaves", early=500, seconds=0.01))
    with pytest.raises(mp.SizeError, match=r"more than 10 leaves .about 5.1e.02 by random probing"):
        list(leaves((), below, 10, "leaves", early=128))


def test_visits_of_stochastic_mdps_say_how_long_they_take(monkeypatch):
    """27 policies of three states: 27·4·2.5e-4 s = 27 ms is nothing; a thousand times as much is said."""
    T = np.random.default_rng(0).dirichlet(np.ones(3), size=9)
    mdp = mp.RewardlessMDP.from_pairs(np.repeat(range(3), 3), T)
    assert len(mp.visits(mdp, 0, 0.5)) == 27
    monkeypatch.setattr(visit_distributions, "_CHAINS", 4000)
    with pytest.warns(mp.MDPPowerWarning, match=r"chains of 27 policies from state 0 takes about 27 s"):
        assert len(mp.visits(mdp, 0, 0.5)) == 27

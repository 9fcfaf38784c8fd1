"""Closed partial policies: as many as they should be, and visits that solve the flow equations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import mdps

import mdppower as mp
from mdppower.occupancy.closed_policies import closed_policies, visit_distribution


def test_counts():
    # Figure 1 from ★: left 2·(…): ℓ▷ → ℓ↖ → ℓ↙ with 2 choices, or ℓ▷ → ℓ↙ staying (1) or going round (1): 4;
    # ∅: 1; right: r▷ has 2 choices; from r↗: stay, or go to r↘ that stays or returns: 3; likewise 3: 6. In all 11.
    assert len(list(closed_policies(mp.envs.figure_1(), "star"))) == 11
    assert len(list(closed_policies(mp.envs.fork(4), "root"))) == 4
    assert len(list(closed_policies(mp.envs.cycle(5), mp.envs.cycle(5).states[0]))) == 1


def test_too_many():
    with pytest.raises(mp.SizeError, match="more than 50 closed policies"):
        list(closed_policies(mp.envs.make("maze"), (0, 0), limit=50))


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

"""Every golden case whose quantities exist: POWER at γ < 1, and the number of visit distributions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, golden_rewards, load

import mdppower as mp
from mdppower.occupancy.closed_policies import closed_policies, visit_distribution

NAMES = [path.stem for path in GOLDEN]


@pytest.mark.slow
@pytest.mark.parametrize("path", GOLDEN, ids=NAMES)
def test_power(path):
    """Inside 99.9 % simultaneous intervals: 18 cases at a false-alarm rate of .001 each, 2 % in all; seed fixed."""
    case = load(path)
    mdp, rewards = golden_mdp(case), golden_rewards(case)
    known = case["expected"]["power"]
    gammas = list(known)
    estimate = mp.power(mdp, [float(Fraction(g)) for g in gammas], rewards, samples=8192, rng=0)
    lower, upper = estimate.interval(0.999, simultaneous=True)
    for k, gamma in enumerate(gammas):
        for state, number in known[gamma].items():
            s = mdp.index(state)
            assert lower[k, s] <= number["value"] <= upper[k, s], (gamma, state)
            # Narrow enough to mean something, in units of the rewards' own spread where that is large.
            spread = float(np.sqrt(estimate.rewards.variance.max()))
            assert upper[k, s] - lower[k, s] < 0.2 * max(1.0, spread)


@pytest.mark.parametrize("path", GOLDEN, ids=NAMES)
def test_number_of_visit_distributions(path):
    """|F(s)|: closed partial policies, told apart at two generic γ (equality of functions, theory section 4.1)."""
    case = load(path)
    mdp = golden_mdp(case)
    counted = case["expected"].get("F_count", {})
    for state, expected in counted.items():
        seen = set()
        for policy in closed_policies(mdp, state):
            f = [visit_distribution(mdp, policy, state, gamma) for gamma in (0.3719, 0.8123)]
            seen.add(tuple(np.round(np.concatenate(f), 9).tolist()))
        assert len(seen) == expected, state
    assert counted or "F_count" not in case["expected"]

"""Lemma 5.3, Propositions 5.4 and 5.5, Definition C.1: what holds in every MDP, and that broken code is caught."""

from __future__ import annotations

import pytest
from figure_1 import FIGURE_1, HERE, statuses

import mdppower as mp
from mdppower import theorems
from mdppower.orbits.paper_quantities import state_value
from mdppower.theorems import power_facts

# ---------------------------------------------------------------------- what holds in every MDP


def test_continuity():
    assert theorems.lemma_5_3(HERE, "star").verdict == "holds"


def test_the_greatest_reward():
    """On the complete graph each state reaches each in one step: POWER = E max R, for every γ (Prop. 5.4)."""
    n = 4
    complete = mp.RewardlessMDP.from_successors({s: {t: t for t in range(n)} for s in range(n)})
    report = theorems.proposition_5_4(complete)
    assert report.verdict == "holds"
    assert "equality is claimed in 4 states" in report.statement
    assert "nowhere" in theorems.proposition_5_4(FIGURE_1).statement


def test_neighbours():
    """r_ne and r_se lead to each other; the star leads to r_tri, and not back."""
    assert theorems.proposition_5_5(HERE, "r_ne", "r_se").verdict == "holds"
    assert statuses(theorems.proposition_5_5(HERE, "star", "r_tri")) == ["met", "not met"]


@pytest.mark.slow
def test_suboptimal_policies():
    report = theorems.definition_c_1(theorems.setting(mp.envs.figure_11(), [0.5, 1], samples=64, rng=0))
    assert report.verdict == "holds"
    # A random policy loses E max − mean: at s0, γ = 1, that is POWER less the mean of the rewards.
    loss = [one.numbers["mean_loss"] for one in report.evidence if "uniformly_random" in one.detail]
    assert len(loss) == 2
    assert min(loss) > 0.05


# ---------------------------------------------------------------------- broken code is caught


def test_power_without_the_reward_of_the_state(monkeypatch):
    """POWER without the −R(s) term is v(s): neither Prop. 5.4's equality nor the sharper form of 5.5 survives."""
    monkeypatch.setattr(power_facts, "state_power", state_value)
    monkeypatch.setattr("mdppower.theorems.pathwise_claims.state_power", state_value)
    complete = mp.RewardlessMDP.from_successors({s: {t: t for t in range(3)} for s in range(3)})
    assert theorems.proposition_5_4(complete).verdict == "violated"
    assert theorems.proposition_5_5(HERE, "r_ne", "r_se").verdict == "violated"

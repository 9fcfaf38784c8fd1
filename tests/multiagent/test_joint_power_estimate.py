"""What a run of two agents says, and in which forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import LabelError, ParameterError
from mdppower.multiagent import joint_power

ROOM = mp.envs.gridworld("..\n..", blocked="remove")
FOUND = joint_power(ROOM, gamma=(0.6, 0.6), rho=0.5, overlap="bump", samples=64, rng=0)
UNLIKE = joint_power(ROOM, gamma=(0.3, 0.6), samples=64, rng=0)
STATE = ((0, 0), (1, 1))


def test_the_four_are_paired():
    cost, by_hand = FOUND.cost, FOUND.human_baseline - FOUND.human
    assert (cost.mean == by_hand.mean).all()
    assert (cost.stderr == by_hand.stderr).all()
    apart = FOUND.human.data.means - FOUND.human_baseline.data.means  # replicate by replicate
    np.testing.assert_allclose(cost.stderr, apart[:, 0].std(axis=0, ddof=1) / np.sqrt(len(apart)), rtol=1e-12)
    assert (FOUND.ai - FOUND.human).mean.shape == (12,)
    with pytest.raises(ParameterError, match=r"one estimate is about γ = 0\.6, the other about γ = 0\.3"):
        _ = UNLIKE.ai - UNLIKE.human  # numbers at two rates


def test_parts_and_averages():
    four = FOUND.of(STATE)
    assert four.labels == ("human", "ai", "human_baseline", "ai_baseline")
    blocks = (FOUND.human, FOUND.ai, FOUND.human_baseline, FOUND.ai_baseline)
    for k, one in enumerate(blocks):
        assert four.mean[k] == one.of(STATE).mean
        assert FOUND.averages().mean[k] == pytest.approx(one.mean.mean(), abs=1e-14)
    assert FOUND.averages().difference("human_baseline", "human").mean == pytest.approx(FOUND.cost.mean.mean())
    with pytest.raises(LabelError, match=r"no joint state \(\(0, 0\), \(0, 0\)\)"):
        FOUND.of(((0, 0), (0, 0)))
    assert np.isnan(UNLIKE.of(STATE).gammas[0])


def test_draws_again_have_the_numbers_and_the_policies():
    draws = [FOUND.draw(i) for i in range(FOUND.samples)]
    for name in ("human", "ai", "human_baseline", "ai_baseline"):
        mean = np.mean([getattr(draw, name) for draw in draws], axis=0)
        np.testing.assert_allclose(mean, getattr(FOUND, name).mean, atol=1e-14)
    same = np.mean([draw.human_rewards == draw.ai_rewards for draw in draws])
    assert same == pytest.approx(0.5, abs=0.06)
    choices = FOUND.joint.choices("ai")
    shares = np.add.reduceat(draws[0].ai_policy, choices.pointer[:-1])
    np.testing.assert_allclose(shares, 1)
    assert max(draw.error_bound for draw in draws) == FOUND.error_bound
    assert repr(draws[0]).startswith("JointDraw(12 joint states: on average H 0.")
    for i in (-1, 64, 1.0, True):
        with pytest.raises(ParameterError, match=r"draw must be an integer from 0 to 63, got"):
            FOUND.draw(i)


def test_table_and_arrays_have_all_numbers():
    table, data = FOUND.table(0.9), FOUND.to_xarray(0.9)
    assert list(table) == ["human_at", "ai_at", "quantity", "power", "stderr", "lower", "upper"]
    row = [i for i, (h, a) in enumerate(zip(table["human_at"], table["ai_at"], strict=True)) if (h, a) == STATE]
    assert [table["quantity"][i] for i in row] == list(FOUND.of(STATE).labels)
    k = FOUND.joint.index(STATE)
    assert [table["power"][i] for i in row] == data["power"].values[:, k].tolist()
    low, high = FOUND.ai.interval(0.9)
    np.testing.assert_allclose(data["lower"].sel(quantity="ai"), low, rtol=1e-12)
    np.testing.assert_allclose(data["upper"].sel(quantity="ai"), high, rtol=1e-12)
    assert data["human_at"].values[k] == "(0, 0)"
    assert data.attrs["rho"] == 0.5
    assert data.attrs["overlap"] == "bump"
    given = joint_power(mp.multiagent.JointMDP.from_successors({"s": {("a", "x"): "s"}}), gamma=0.5, samples=4, rng=0)
    assert list(given.table())[:2] == ["state", "quantity"]


def test_what_is_printed():
    assert repr(FOUND).startswith("JointPower(12 joint states, overlap='bump', γ = 0.6, ρ = 0.5: on average H 0.")
    assert "γ = 0.3 and 0.6" in repr(UNLIKE)
    assert "human_baseline - human" in str(FOUND)
    lower, upper = FOUND.averages().interval()
    assert f"{lower[0]:.4f}"[:5] in str(FOUND)
    assert upper[0] > lower[0]


@pytest.mark.slow
def test_intervals_cover():
    # 4,096 draws, as 16 runs of 4 replicates, against all 64 of them: of which a part is a sixteenth.
    # Joint states of a run are alike, so that 16 is what counts: a share of .85 is 1.8 standard errors below .95.
    # A third of the length, ± 1.06 standard errors by Student's law of 3 degrees of freedom, holds .63.
    whole = joint_power(ROOM, gamma=0.6, rho=0.5, overlap="bump", samples=4096, rng=99).data
    parts = [replace(whole, means=whole.means[k : k + 4]) for k in range(0, 64, 4)]
    held, short = [], []
    for part in parts:
        lower, upper = part.bounds()
        middle, half = (lower + upper) / 2, (upper - lower) / 2
        held.append(np.abs(whole.value - middle) <= half)
        short.append(np.abs(whole.value - middle) <= half / 3)
    assert np.mean(held) > 0.85
    assert np.mean(short) < 0.75


def test_each_cell_is_the_average_over_the_cells_of_the_other():
    for player, k in (("human", 0), ("ai", 1)):
        for quantity in ("cost", "human", "ai_baseline"):
            found, of_states = FOUND.per_cell(quantity, player), getattr(FOUND, quantity)
            assert found.labels == ROOM.states
            for cell in ROOM.states:
                here = [FOUND.joint.index(state) for state in FOUND.joint.states if state[k] == cell]
                replicates = of_states.data.means[:, 0, here].mean(axis=1)
                assert found.of(cell).mean == pytest.approx(replicates.mean(), abs=1e-15)
                assert found.of(cell).stderr == pytest.approx(replicates.std(ddof=1) / np.sqrt(16), rel=1e-12)
    both = FOUND.per_cell("human_baseline") - FOUND.per_cell("human")
    np.testing.assert_allclose(both.stderr, FOUND.per_cell().stderr, rtol=1e-9)
    with pytest.raises(ParameterError, match="quantity must be"):
        FOUND.per_cell("reward")

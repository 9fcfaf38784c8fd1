"""What coin flips give back: estimates over runs, tables, agents, files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from coins import ARMS, FORK, course, small

import mdppower as mp
from mdppower.agents.evaluation import evaluate
from mdppower.learning.coins.run import CoinTask
from mdppower.learning.episodes import Purpose


@pytest.fixture(scope="module")
def few():
    """Three arms, one of which cannot be clipped, in three runs."""
    return small(arms=ARMS)


def test_agents_are_rules_and_have_the_power_that_is_told(few):
    """The solvers' value of the rule, on the held-out draws of the run."""
    task = CoinTask(replace(course(), entropy=few.entropy), few.arms, few.setting)
    for arm, run in (("clip", 0), ("true", 2)):
        test = task._test(Purpose.TESTS, run)
        _, onwards, _ = evaluate(FORK, test.rewards, 0.9, few.agent(arm, run))
        assert onwards[:, 0].mean() == pytest.approx(few.powers[run, few.names.index(arm), -1, 0], abs=1e-9)
    assert repr(few.agent("clip", 1)) == "coin flips (clip, run 1)"
    with pytest.raises(mp.ParameterError, match="run must be an integer from 0 to 2, got 3"):
        few.agent("clip", 3)


def test_estimates_are_of_runs(few):
    share = (few.powers - few.floors[:, None, None, None]) / (few.ceilings - few.floors)[:, None, None, None]
    np.testing.assert_allclose(few.sampled("clip").mean, share[:, 0, :, 0].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(few.argmax("true").mean, share[:, 2, :, 1].mean(axis=0), atol=1e-12)
    change = few.change("clip")
    np.testing.assert_allclose(change.stderr, (share[:, 0, :, 0] - share[:, 0, :1, 0]).std(0, ddof=1) / 3**0.5)
    assert change.mean[0] == change.stderr[0] == 0
    assert [float(x[0]) for x in change.interval()] == pytest.approx([0, 0], abs=1e-7), "known, not merely unvaried"
    paired = few.difference("true", "clip").of(4)
    assert float(paired.stderr) == pytest.approx((share[:, 2, -1, 0] - share[:, 0, -1, 0]).std(ddof=1) / 3**0.5)
    assert few.floor().mean < few.power("clip").mean[0] < few.ceiling().mean
    assert few.policy_entropy("true").mean[-1] < few.policy_entropy("true").mean[0] < np.log(3)


def test_a_change_may_be_greater_than_1():
    """At a fork of two the worst has the share −1 in each run: from it to the best all runs change by 2.

    Uniform rewards a, b: F is their mean, C = max and the worst is min, so that (min − mean)/(max − mean) = −1.
    """
    found = small(mp.envs.fork(2), arms="clip")
    powers = found.powers.copy()
    powers[:, :, 0], powers[:, :, 1:] = found.worsts[:, None, None], found.ceilings[:, None, None, None]
    found = replace(found, powers=powers)
    np.testing.assert_allclose(found.sampled("clip").mean[[0, -1]], [-1, 1])
    np.testing.assert_allclose(found.change("clip").mean[-1], 2)
    assert found.verdicts("sampled")["change"] == pytest.approx([2])


def test_tables_and_labels(few):
    table = few.table()
    assert table.n_rows == 3 * 5
    assert table["clipped"][::5] == ["ρ < 0.8 or ρ > 1.2", "one update", "ρ < 0.8 or ρ > 1.2"]
    assert table["given"][::5] == ["a coin", "a coin", "the sum of R"]
    assert set(table["shown"]) == {"R"}
    together = few.table(simultaneous=True)
    assert all(a <= b for a, b in zip(together["lower"], table["lower"], strict=True))
    data = few.to_xarray()
    assert data["share"].dims == ("run", "arm", "step", "policy")
    assert data["clipped_share"].attrs["long_name"].startswith("share of the decisions")
    assert few.of("true").names == ("true",)
    assert "share 0.4 → clip" in repr(few)
    assert "clipped share" in str(few)
    for step in (1, -1, -4):
        assert few.verdicts("argmax", step).n_rows == 3
    for step in (0, -5, 5, True, 1.0):
        with pytest.raises(mp.ParameterError, match="step must be an integer from 1 to 4"):
            few.verdicts(step=step)
    with pytest.raises(mp.ParameterError, match="policy"):
        few.verdicts("greedy")
    with pytest.raises(mp.LabelError, match="did you mean 'clip'"):
        few.sampled("clipp")
    with pytest.raises(mp.ParameterError, match="name an arm"):
        few.of()


def test_worlds_with_chance_and_many_steps():
    """Slips, walls, four starts: shares are within what there is, and the truth helps."""
    found = small(
        mp.envs.gridworld("S..\n.#g", slip=0.2), arms=["clip", "true"], runs=4, iterations=20, prior_episodes=1000,
        share=0.3, start={(0, 0): 0.5, (0, 2): 0.5},
    )  # fmt: skip
    assert found.change("true").mean[-1] > 0.1
    assert (found.powers <= found.ceilings[:, None, None, None] + 1e-9).all()
    assert (found.powers >= found.worsts[:, None, None, None] - 1e-9).all()

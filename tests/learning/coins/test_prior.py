"""The prior of coin flips: it has the share that is asked for, or is refused."""

from __future__ import annotations

import numpy as np
import pytest
from coins import FORK, course, small

import mdppower as mp
from mdppower.agents.evaluation import evaluate
from mdppower.learning import Linear
from mdppower.learning.coins.prior import SoftmaxTest, confidence, learnt_weights


@pytest.mark.parametrize("share", [0.05, 0.4, 0.8])
def test_the_confidence_gives_the_share(share):
    """By the solvers' evaluation of the rule of these weights, on the same draws."""
    here = course()
    test = SoftmaxTest.on(here, np.random.default_rng(0).random((50, 4)))
    weights = learnt_weights(here, 300, 2)
    beta = confidence(test, weights, share, 2)
    assert beta > 0
    _, onwards, _ = evaluate(FORK, test.rewards, 0.9, Linear(beta * weights, temperature=1.0))
    assert (onwards[:, 0].mean() - test.floor) / (test.ceiling - test.floor) == pytest.approx(share, abs=2e-6)
    assert test.floor == pytest.approx(test.rewards[:, 1:].mean(), abs=1e-12)
    assert test.ceiling == pytest.approx(test.rewards[:, 1:].max(axis=1).mean(), abs=1e-12)


def test_the_prior_is_centred_and_its_runs_differ():
    here = course()
    first, other = (learnt_weights(here, 300, run) for run in (0, 1))
    assert np.abs(np.add.reduceat(first, FORK.pointer[:-1], axis=0)).max() < 1e-14
    assert not (first == other).any(axis=1)[:3].any()
    assert (first == learnt_weights(here, 300, 0)).all()
    assert first[:3, 1:].argmax(axis=1).tolist() == [0, 1, 2], "it wants to go where the reward is"


def test_a_share_out_of_reach_is_refused_by_name():
    with pytest.raises(
        mp.ParameterError, match=r"share 0\.999 cannot be reached: the prior that run 0 .* at most 0\."
    ):
        small(mp.envs.make("open(2,3)"), share=0.999, prior_episodes=50)


@pytest.mark.slow
def test_worlds_where_no_choice_matters_are_refused():
    with pytest.raises(mp.ParameterError, match="no state with a choice"):
        small(mp.RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"stay": "b"}}))
    with pytest.raises(mp.ParameterError, match=r"floor and ceiling are equal .* no choice matters"):
        small(start="t1")
    with pytest.raises(mp.ParameterError, match="floor and ceiling are equal"):
        small(rewards=1.0)

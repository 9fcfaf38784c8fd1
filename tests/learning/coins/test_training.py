"""Coin flips: the effect with all its controls, and refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from coins import FORK, small

import mdppower as mp
from mdppower.learning import coin_flips
from mdppower.learning.coins import training as module

# ---------------------------------------------------------------------- what 64 runs at a fork must show


@pytest.fixture(scope="module")
def flips():
    return coin_flips(FORK, 0.9, rng=1, workers=-1, horizon=1, checkpoints=2)


def end(estimate, confidence=0.999):
    """Limits after the last iteration."""
    low, high = estimate.interval(confidence)
    return float(low[-1]), float(high[-1])


@pytest.mark.slow
def test_coins_raise_a_good_prior_where_they_are_clipped(flips):
    assert end(flips.change("clip"), 0.99)[0] > 0
    assert end(flips.difference("clip-high", "clip-low"))[0] > 0.5
    assert end(flips.change("clip-low"))[1] < -0.25
    low, high = end(flips.change("on-policy"))
    assert -0.08 < low < high < 0.02
    low, high = end(flips.sampled("untrained"))
    assert low < 0 < high
    assert end(flips.change("anti-prior"))[1] < 0
    verdicts = dict(zip(flips.names, flips.verdicts()["verdict"], strict=True))
    assert verdicts["clip"] == verdicts["clip-high"] == verdicts["true"] == "raises"
    assert verdicts["clip-low"] == verdicts["anti-prior"] == verdicts["inverted-no-clip"] == "lowers"
    assert verdicts["untrained"] == "does not raise"


@pytest.mark.slow
def test_without_clipping_they_destroy_it():
    """Of 64 runs the change had a half-width of .10 about −.34, so that more are needed to tell it from −.25."""
    found = coin_flips(FORK, 0.9, arms="no-clip", rng=1, runs=256, workers=-1, horizon=1, checkpoints=2, samples=64)
    assert end(found.change("no-clip"))[1] < -0.25


@pytest.mark.slow
def test_argmax_falls_in_every_coin_arm_that_starts_from_the_prior(flips):
    for arm in ("clip", "clip-high", "clip-low", "no-clip", "on-policy"):
        assert end(flips.argmax(arm))[1] < 0.97
        assert end(flips.change(arm, "argmax"))[1] < 0
    assert end(flips.argmax("true"))[0] > 0.99, "negative control: the truth does not wear it down so"


@pytest.mark.slow
def test_the_truth_is_learnt_and_its_opposite_too(flips):
    """Clipping does not save the prior from outcomes that are plainly wrong: these are another case than coins."""
    for arm, share in (("true", 0.994), ("inverted", -1.0), ("inverted-no-clip", -1.0)):
        low, high = end(flips.sampled(arm))
        assert low - 0.01 < share < high + 0.01


@pytest.mark.slow
def test_nothing_is_clipped_where_nothing_can_be(flips):
    for arm in flips.arms:
        assert flips.clipped_share(arm.label).mean[1:].astype(bool).all() == arm.clips, arm
    assert not flips.clipped_share("clip").mean[0]
    assert {arm.label for arm in flips.arms if not arm.clips} == {"no-clip", "on-policy", "inverted-no-clip"}


@pytest.mark.slow
def test_the_anti_prior_is_the_mirror_image(flips):
    """A theorem: on average over runs its gain is the opposite of that of the prior; 99.9 %."""
    for policy in ("sampled", "argmax"):
        total = flips.power("clip", policy) + flips.power("anti-prior", policy)
        low, high = end(total - 2 * flips.floor())
        assert low < 0 < high
        low, high = end(flips.power("clip", policy) - flips.floor())
        assert low > 0, "negative control"
    why = dict(zip(flips.names, flips.verdicts()["why"], strict=True))
    assert "opposite of clip" in why["anti-prior"]
    assert "chance" in why["untrained"]


@pytest.mark.slow
def test_the_prior_has_the_share_that_is_asked_for(flips):
    """On held-out draws, which did not choose its confidence; 99.9 %."""
    low, high = (float(x[0]) for x in flips.sampled("clip").interval(0.999))
    assert low < 0.4 < high
    assert high - low < 0.02
    assert np.ptp([flips.sampled(arm).mean[0] for arm in ("clip", "no-clip", "true", "inverted")]) == 0


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"clip": 0}, "clip must be a number in (0, 1), got 0; arm 'no-clip'"),
        ({"clip": -0.2}, "clip must"),
        ({"clip": 1}, "clip must"),
        ({"clip": float("nan")}, "clip must"),
        ({"clip": True}, "clip must"),
        ({"share": 0}, "share must be a number strictly between 0 and 1, got 0"),
        ({"share": 1}, "share must"),
        ({"share": "x"}, "share must"),
        ({"arms": ["clap"]}, "there is no arm 'clap'; did you mean 'clip'"),
        ({"arms": ["clip", "clip"]}, "arms has 'clip' twice"),
        ({"arms": []}, "arms is empty"),
        ({"arms": 3}, "there is no arm 3"),
        ({"iterations": 0}, "iterations"),
        ({"iterations": 10**10}, "at most"),
        ({"checkpoints": [2, 2]}, "must increase, got 2 after 2"),
        ({"checkpoints": [5]}, "checkpoint 5 is beyond the 4"),
        ({"checkpoints": [-1]}, "non-negative"),
        ({"checkpoints": 1}, "at least 2"),
        ({"checkpoints": "all"}, "got 'all'"),
        ({"prompts": 9}, "minibatches must divide the 9 prompts, got 4"),
        ({"minibatches": 0}, "minibatches must be a positive integer"),
        ({"group": 1}, "group must be at least 2"),
        ({"epochs": 0}, "epochs"),
        ({"epochs": 10**30}, "epochs is at most 1,000,000,000"),
        ({"horizon": 10**7}, "horizon is at most 1,000,000 steps"),
        ({"samples": 10**10}, "samples is at most"),
        ({"rate": 0}, "rate must be a number above 0"),
        ({"rate": float("inf")}, "rate must"),
        ({"horizon": 0}, "horizon must be a positive integer"),
        ({"prior_episodes": 0}, "prior_episodes"),
        ({"samples": 0}, "samples"),
        ({"runs": 1}, "runs must be at least 2"),
        ({"start": {"root": 0.5}}, "sum to 0.5"),
        ({"workers": 0}, "workers"),
        ({"key": "mine"}, "key goes with store"),
    ],
)
def test_bad_arguments_are_refused_by_name(given, told):
    with pytest.raises(mp.ParameterError) as caught:
        small(**given)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("gamma", [0, 1, 1.5, float("nan"), [0.5, 0.9], "x", None])
def test_learners_discount(gamma):
    with pytest.raises(mp.ParameterError, match="gamma"):
        small(gamma=gamma)


def test_bad_rewards_starts_and_models_are_refused():
    with pytest.raises(mp.RewardError, match="mean"):
        small(rewards="cauchy")
    with pytest.raises(mp.RewardError, match="rewards of pairs"):
        small(rewards=mp.rewards.OnPairs("uniform"))
    with pytest.raises(mp.RewardError, match=r"gave reward nan in state 'root' \(training run 0\)"):
        small(rewards=lambda n, rng: np.full((n, 4), np.nan))
    with pytest.raises(mp.LabelError, match="nowhere"):
        small(start="nowhere")
    with pytest.raises(mp.ParameterError, match="RewardlessMDP"):
        small(mdp="maze")


def test_what_does_not_fit_is_refused_before_training(monkeypatch):
    monkeypatch.setattr(module, "free_memory", lambda: 8_000)
    with pytest.raises(mp.SizeError, match=r"10 arms and 3 runs, 6 pairs × 4 states .* 32 rollouts of 20 steps"):
        small()


def test_weights_that_diverge_are_named():
    with pytest.raises(mp.SolverError, match=r"arm 'true' of run 0 diverged before iteration 1: .* smaller rate"):
        small(arms="true", rate=1e308)


def test_a_power_that_is_not_certified_is_refused(monkeypatch):
    monkeypatch.setattr("mdppower.learning.coins.prior.SWEEPS", 2)
    with pytest.raises(mp.SolverError, match=r"γ = 0\.99 is known to .* only, after 2 sweeps"):
        small(mp.envs.make("open(2,3)"), gamma=0.99)


def test_nothing_is_warned_about_in_vain():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(rewards="t(2)", arms="clip")

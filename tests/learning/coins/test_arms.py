"""Arms of coin flips: what they say of themselves, mirror images, refusals."""

from __future__ import annotations

import pytest
from coins import small

import mdppower as mp
from mdppower.learning import CoinArm
from mdppower.learning.coins.arms import mirrored, named_arms, symmetry


def test_arms_say_what_they_are():
    arms = named_arms(0.2)
    assert (arms["clip"].low, arms["clip"].high) == (0.2, 0.2)
    assert arms["on-policy"].clipped == "one update"
    assert not CoinArm("x", low=0.1, on_policy=True).clips
    for arm in arms.values():
        assert mirrored(mirrored(arm)) == arm
    assert symmetry(arms["true"], arms.values()) == "", "its image, the inverted truth from the anti-prior, is no arm"
    own = CoinArm("own", given="inverted", prior="anti-prior", low=0.2, high=0.2)
    assert symmetry(arms["true"], [*arms.values(), own]) == "theorem: on average the opposite of own"


def test_an_arm_of_ones_own():
    found = small(arms=[CoinArm("higher", high=0.28), "clip"])
    assert found.names == ("higher", "clip")
    assert found.verdicts()["clipped"][0] == "ρ > 1.28"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"label": ""}, "label of an arm"),
        ({"label": "a, b"}, "without commas"),
        ({"given": "dice"}, "given must be 'coin', 'true' or 'inverted', got 'dice'"),
        ({"prior": "good"}, "prior must be"),
        ({"low": 1.0}, "low must be None or a number in (0, 1), got 1.0"),
        ({"low": 0}, "low must"),
        ({"high": -0.2}, "high must be None or a number above 0"),
        ({"high": float("inf")}, "high must"),
        ({"high": True}, "high must"),
        ({"on_policy": 1}, "on_policy must be a bool"),
    ],
)
def test_bad_arms_are_refused_by_name(given, told):
    with pytest.raises(mp.ParameterError) as caught:
        CoinArm(**{"label": "mine"} | given)
    assert told in str(caught.value)

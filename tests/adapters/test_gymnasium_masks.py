"""Masks: where they are looked for, and what is none."""

import gymnasium
import numpy as np
import pytest

import mdppower as mp
from mdppower.adapters.gymnasium_masks import Masks


class Both(gymnasium.Env):
    def action_masks(self):
        return np.array([False, True])


def test_where_a_mask_comes_from():
    env, info = Both(), {"action_mask": np.array([1, 0], np.int8)}
    given = Masks(env, lambda env: [1, 1], None, info, 2)  # the user's first, then info, then a method
    assert (given.source, given.of(env, None, info).tolist()) == ("mask=", [True, True])
    told = Masks(env, None, None, info, 2)
    assert (told.source, told.of(env, None, info).tolist()) == ('info["action_mask"]', [True, False])
    asked = Masks(env, None, None, {}, 2)
    assert (asked.source, asked.of(env, None, {}).tolist()) == ("action_masks()", [False, True])
    none = Masks(env, False, None, info, 2)
    assert (none.source, none.of(env, None, info).tolist()) == ("", [True, True])


def test_a_mask_for_each_part_of_an_action():
    # As MultiDiscrete.sample takes it: of 2 · 3 actions those stay whose parts both do, in the order of the list.
    mask = Masks(Both(), lambda env: ([1, 0], [1, 0, 1]), None, {}, 6)
    assert mask.of(Both(), None, {}).tolist() == [True, False, True, False, False, False]


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        (lambda env: [0, 2], "neither 0 nor 1 for an action: 2"),
        (lambda env: [np.nan, 1], "neither 0 nor 1 for an action: nan"),
        (lambda env: [1, 1, 1], "has 3 entries for 2 actions"),
        (lambda env: None, "is not 0 or 1 for each action: None"),
        (lambda env: [[1], [1, 0]], "is not 0 or 1 for each action"),
        (lambda env: 1 / 0, "the mask raised ZeroDivisionError"),
    ],
)
def test_what_is_no_mask(mask, told):
    given = Masks(Both(), mask, None, {}, 2)
    with pytest.raises(mp.ModelError, match=told):
        given.of(Both(), None, {})


def test_what_mask_may_be():
    with pytest.raises(mp.ParameterError, match="mask must be a function of the environment, True or False, got 3"):
        Masks(Both(), 3, None, {}, 2)
    with pytest.raises(mp.ModelError, match='info has no "action_mask" here'):
        Masks(Both(), None, None, {"action_mask": [1, 1]}, 2).of(Both(), None, {})

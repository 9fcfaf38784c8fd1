"""A question stands for one call of the library's."""

import json

import pytest

import mdppower as mp
from mdppower.explorer.calls import call_of
from mdppower.explorer.questions import read_question
from mdppower.explorer.refusals import QuestionError
from mdppower.sensitivity import difference


def call(**fields):
    return call_of(read_question(json.dumps({"v": 1, "world": {"map": "a.*"}, **fields}).encode()))


@pytest.mark.parametrize(
    ("fields", "of", "numbers"),
    [
        ({"gamma": [0, 1]}, mp.power, 6),
        ({"view": "optimality"}, mp.action_optimality, 3),
        ({"view": "difference", "pinned": {"map": ".."}}, difference, 5),
    ],
)
def test_each_view_has_its_function(fields, of, numbers):
    found = call(**fields)
    assert found.of is of
    assert found.numbers == numbers


def test_a_difference_is_drawn_iid_whatever_the_sampler():
    assert call(view="difference", pinned={"map": ".."}, sampler="sobol").options["sampler"] == "iid"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rewards": {"default": "norm(0,-1)"}}, "rewards.default"),
        ({"rewards": {"default": "t(1)"}}, "rewards.default"),
        ({"rewards": {"marks": {"a": "beta(1)"}}}, "rewards.marks.a"),
        ({"world": {"map": "..\n#*", "stay": False, "blocked": "remove", "moves": "W"}}, "world.map"),
        ({"view": "difference", "pinned": {"map": "..", "stay": False, "blocked": "remove", "moves": "E"}},
         "pinned.map"),
    ],
)  # fmt: skip
def test_what_shows_when_the_world_is_built_has_its_field_too(fields, field):
    with pytest.raises(QuestionError) as caught:
        call(**fields)
    assert caught.value.field == field


def test_likely_actions_need_no_mean():
    assert call(view="optimality", rewards={"default": "t(1)"}).of is mp.action_optimality

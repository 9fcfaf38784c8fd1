"""A question is complete after it is read, and within limits; else there is one sentence and a field."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdppower.explorer.questions import Question, read_question
from mdppower.explorer.refusals import QuestionError

FIELD = {"map": "a..\n..*"}


def ask(**fields):
    return read_question(json.dumps({"v": 1, "world": FIELD, **fields}).encode())


def test_what_is_missing_has_its_default():
    question = ask()
    assert question.gamma == (0.9,)
    assert question.default == "uniform"
    assert question.marks == ()
    assert (question.draws, question.seed, question.sampler, question.view) == (4096, 0, "latin", "power")
    assert question.pinned is None
    assert question.pair is None


def test_equal_questions_are_equal_and_can_be_kept():
    one = ask(gamma=[0, 1], rewards={"marks": {"a": "3", "*": 2}})
    other = ask(rewards={"marks": {"*": 2.0, "a": 3}, "default": " uniform "}, gamma=[-0.0, 1.0], seed=0)
    assert one == other
    assert hash(one) == hash(other)
    assert one != ask(gamma=[0, 1], rewards={"marks": {"a": 3}})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"v": 2}, "v"), ({"v": True}, "v"), ({"v": "1"}, "v"), ({"colour": 1}, None),
        ({"gamma": 0.9}, "gamma"), ({"gamma": []}, "gamma"), ({"gamma": [1.1]}, "gamma"),
        ({"gamma": [True]}, "gamma"),
        ({"gamma": [0.9, 0.5]}, "gamma"), ({"gamma": [0.5, 0.5]}, "gamma"), ({"gamma": [-0.0, 0]}, "gamma"),
        ({"gamma": [k / 101 for k in range(102)]}, "gamma"), ({"gamma": None}, "gamma"),
        ({"gamma": ["0.9"]}, "gamma"),
        ({"rewards": []}, "rewards"), ({"rewards": {"a": 1}}, "rewards"), ({"rewards": {"default": True}},
        "rewards.default"), ({"rewards": {"marks": {"b": 1}}}, "rewards.marks.b"),
        ({"rewards": {"marks": {"a": "levy_stable(1,0)"}}}, "rewards.marks.a"), ({"rewards": {"marks": 1}},
        "rewards.marks"),
        ({"draws": 0}, "draws"), ({"draws": 65_537}, "draws"), ({"draws": 64.0}, "draws"), ({"draws": True}, "draws"),
        ({"draws": 10**20}, "draws"), ({"seed": -1}, "seed"), ({"seed": 2**53}, "seed"), ({"sampler": "halton"},
        "sampler"), ({"view": "POWER"}, "view"), ({"view": None}, "view"),
        ({"pinned": FIELD}, "pinned"), ({"view": "difference"}, "pinned"),
        ({"view": "difference", "pinned": {"map": "###\n###\n..."}}, "pinned"),
        ({"view": "difference", "pinned": {"map": "%"}}, "pinned.map"),
        ({"pair": [[0, 0]]}, "pair"), ({"pair": [[0, 0], [0, 0]]}, "pair"), ({"pair": [[0, 0], [5, 5]]}, "pair"),
        ({"pair": [[0, 0], [0, True]]}, "pair"), ({"pair": [[0, 0], [0, 1]], "view": "optimality"}, "pair"),
        ({"world": {"map": "\n".join(["." * 64] * 64)}, "gamma": [k / 100 for k in range(101)],
          "draws": 6000}, "draws"),
        ({"world": {"map": "\n".join(["." * 64] * 64)}, "gamma": [0, 0.2, 0.4, 0.6, 0.8], "draws": 64,
          "view": "optimality"}, "gamma"),
        ({"world": None}, "world"),
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused_with_its_field(fields, field):
    with pytest.raises(QuestionError) as caught:
        ask(**fields)
    assert caught.value.field == field
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity", "1" * 5000])
def test_numbers_that_are_none_are_refused_by_their_field(number):
    with pytest.raises(QuestionError, match=r"gamma.*must be a finite number in") as caught:
        read_question(f'{{"v": 1, "world": {{"map": ".."}}, "gamma": [{number}]}}'.encode())
    assert caught.value.field == "gamma"


@pytest.mark.parametrize("body", [b"1", b"null", b'"v"', b"[]", b"{}", b'{"v": 1}'])
def test_what_is_no_object_with_a_world_is_refused(body):
    with pytest.raises(QuestionError):
        read_question(body)


def test_a_mark_of_the_pinned_world_alone_may_have_a_law():
    """Rewards are drawn for the cells of both."""
    question = ask(view="difference", pinned={"map": "b.."}, rewards={"marks": {"b": 1, "a": 2}})
    assert question.marks == (("a", 2.0), ("b", 1.0))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=6), part, max_size=3),
    max_leaves=8,
)
NAMES = ("v", "world", "gamma", "rewards", "draws", "seed", "sampler", "view", "pinned", "pair")
WORLDS = st.fixed_dictionaries(
    {"map": st.text(".#ab*~>^ \n", max_size=12) | JSON},
    optional=dict.fromkeys(("slip", "bias", "moves", "stay", "blocked", "wrap"), JSON),
)
BODIES = (
    st.binary(max_size=40)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries({"v": st.just(1), "world": WORLDS | JSON}, optional=dict.fromkeys(NAMES[2:], JSON)).map(
        lambda value: json.dumps(value).encode()
    )
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(BODIES)
def test_anything_is_a_question_or_one_refusal(body):
    try:
        question = read_question(body)
    except QuestionError as error:
        json.dumps(error.as_json(), allow_nan=False).encode()
    else:
        assert isinstance(question, Question)
        hash(question)

"""JSON from anybody: what no question holds is refused before anything is made of it."""

import json

import pytest

from mdppower.explorer.refusals import QuestionError
from mdppower.explorer.spoken import MOST_BYTES, read_json


def test_what_is_json_is_read_as_it_is():
    value = {"a": [1, 2.5, True, None, "γ"], "b": {"c": {}}}
    assert read_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no JSON"),
        (b'{"v":1', "no JSON"),
        (b"{'v':1}", "no JSON"),
        (b'{"v":1} {"v":1}', "no JSON"),
        (b"\xff", "byte 0xff at offset 0 is not UTF-8 text"),
        (b'{"a": "\\ud800"}', "half a surrogate pair"),
        (b'{"\\udfff": 1}', "half a surrogate pair"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": {"b": 1, "b": 1}}', "'b' stands twice"),
        (b"[" * 60_000, "more than 6 deep"),
        (b"[" * 7 + b"]" * 7, "more than 6 deep"),
        (b" " * (MOST_BYTES + 1), "longer than 65,536"),
    ],
)
def test_what_is_none_is_refused_in_one_sentence(body, told):
    with pytest.raises(QuestionError, match=told) as caught:
        read_json(body)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 31, "9" * 5000])
def test_numbers_that_are_none_are_kept_in_words_for_the_field_that_they_stand_in(number):
    """Python's reader would give nan and inf, and for 5,000 digits an error that names no field."""
    (odd,) = read_json(f"[{number}]".encode())
    assert not isinstance(odd, (int, float))
    assert repr(odd).startswith(number[:30])
    assert len(repr(odd)) <= 31

"""A refusal has one sentence, a field, and a place in the map."""

import pytest

from mdppower._schema import Misfit
from mdppower.errors import ParameterError
from mdppower.explorer.refusals import QuestionError


def test_the_message_of_a_page():
    error = QuestionError("unknown glyph 'x'", "world.map", 2, 3)
    assert error.as_json() == {"v": 1, "error": "unknown glyph 'x'", "field": "world.map", "line": 2, "column": 3}
    assert isinstance(error, ParameterError)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    ("place", "inside", "field"),
    [
        (".gamma[3]", "", "gamma"),
        (".slip", ".world", "world.slip"),
        (".marks['a']", ".rewards", "rewards.marks.a"),
        ("", "", None),
    ],
)
def test_fields_are_named_as_the_page_knows_them(place, inside, field):
    error = QuestionError.of(Misfit("a number", True, place), inside)
    assert error.field == field
    assert error.message == f"{'it' if field is None else field.split('.')[-1]} must be a number, got True"

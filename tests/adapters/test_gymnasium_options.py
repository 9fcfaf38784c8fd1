"""What the text of an argument means: words, numbers, JSON."""

from __future__ import annotations

import ast
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdppower.adapters.gymnasium_options import read_value


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (("true", "True", "TRUE", "yes", "Yes", "on", "ON", " true "), True),
        (("false", "False", "FALSE", "no", "No", "off", "OFF"), False),
        (("none", "None", "null", "NULL", "~"), None),
    ],
)
def test_words_of_python_and_yaml(texts, value):
    for text in texts:
        assert read_value(text) is value


def test_numbers():
    for text, value in (
        ("1", 1), ("-3", -3), ("+1", 1), ("1_000", 1000), ("0x10", 16), ("0b11", 3), (".5", 0.5), ("5.", 5.0),
        ("1e3", 1000.0), ("1E-3", 0.001), ("inf", math.inf), ("-Infinity", -math.inf), (".inf", math.inf),
    ):  # fmt: skip
        assert read_value(text) == value
        assert type(read_value(text)) is type(value)
    assert math.isnan(read_value("NaN"))


def test_words_are_strings():
    for text in (
        "8x8",
        "4x4",
        "rgb_array",
        "human",
        "v1.2b",
        "maps/lake.txt",
        "~/lake.txt",
        "a-b",
        "mod:Class",
        "Straße",
    ):
        assert read_value(text) == text
    # Whoever wants the word itself writes it in quotes.
    assert read_value('"False"') == read_value("'False'") == "False"
    assert read_value('"007"') == "007"


def test_what_json_or_python_write():
    for text, value in (
        ('["SF", "HG"]', ["SF", "HG"]), ("['SF', 'HG']", ["SF", "HG"]), ("[true, null, 1.5]", [True, None, 1.5]),
        ("[True, None]", [True, None]), ("(1, 0, 0)", (1, 0, 0)), ('{"a": 1}', {"a": 1}), ("{1: 'a'}", {1: "a"}),
        ("[]", []), ("{}", {}), ('""', ""),
    ):  # fmt: skip
        assert read_value(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "[1,", "[yes, no]", "{1, 2}", "{'a': {1}}", '"open', "'", "(", "1e", "1.2.3", "007", "--1", "1,5",
        "5%", "a b", "a,b", "=", "-", "?", "!tag", "*", "lambda: 0", "[f()]", "{'a': 1, 'a': 2}",
        '{"a": 1, "a": 2}', "0x", "0xZ", "[" * 5000, "b'x'",
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(text):
    with pytest.raises(ValueError, match=r"neither|not a number|twice|begins like JSON"):
        read_value(text)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@given(values)
def test_json_and_python_literals_come_back(value):
    # Numbers, truth and nothing in either spelling; strings are written in quotes by both.
    for text in (json.dumps(value), repr(value)):
        assert read_value(text) == value


@pytest.mark.slow
@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text):
    try:
        value = read_value(text)
    except ValueError:
        return
    # A string that was not in quotes is the text itself, and nothing that Python would read as something else.
    if isinstance(value, str) and text.strip()[:1] not in "\"'":
        assert value == text.strip()
        with pytest.raises((ValueError, SyntaxError)):
            ast.literal_eval(value)

"""Lines are what editors show, whatever ends them and wherever a block does."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdppower as mp
from mdppower.formats import text_lines
from mdppower.formats.text_lines import TextFile


def lines(data, name="x.tra"):
    return list(TextFile(io.BytesIO(data), name, len(data)).lines())


@given(st.lists(st.sampled_from([b"a", b"bc", b"", b"\xc3\xa9"]), max_size=9), st.data(), st.integers(4, 9))
def test_lines_by_python(pieces, draw, block):
    """The second route: universal newlines of Python's text files."""
    data = b"".join(piece + draw.draw(st.sampled_from([b"\n", b"\r", b"\r\n"])) for piece in pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_lines, "BLOCK", block)
        found = lines(data)
    expected = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read().split("\n")[:-1] if data else []
    assert found == list(enumerate(expected, 1))


def test_what_is_no_text():
    for data, told in (
        (b"a\nb\xff", "x.tra, line 2: byte 0xff is not UTF-8 text"),
        (b"\xff\xfea\x00", "x.tra, line 1: the file is UTF-16 text; save it as UTF-8"),
        (b"a\n" + b"b" * (2**21 + 9), "x.tra, line 2: the line is longer than 1,048,576 bytes"),
    ):
        with pytest.raises(mp.FileError, match=told):
            lines(data)
    assert lines(b"\xef\xbb\xbfa\n") == [(1, "a")]

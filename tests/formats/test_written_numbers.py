"""Decimals and fractions, and nothing else that Python would take for a number."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdppower as mp
from mdppower.formats.written_numbers import coarseness, probability, real, whole


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read(number):
    assert real(repr(number)) == number


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_fractions_are_rounded_once(n, d):
    assert real(f"{n}/{d}") == float(Fraction(n, d))


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "1e999", "1_0", "٣", "0x1", "1/0", "1 ", "--1", "1e", "1/2/3", "9" * 400]
)
def test_what_is_none(text):
    for read in (real, probability, whole):
        with pytest.raises(mp.FileError, match="must be"):
            read(text)


def test_bounds():
    for text in ("-0.1", "1.1", "[0.1,0.2]"):
        with pytest.raises(mp.FileError, match="a probability must be"):
            probability(text)
    assert probability("1.0000000001") == 1.0000000001  # its row says whether that is rounding
    assert [coarseness(x) for x in ("0.3333", "0.33333", "0.0000333333", "0.3333333333")] == [0, 1e-5, 1e-6, 0]

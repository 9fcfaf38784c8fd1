"""Nine digits: as many as a page can use, and as Python would write them."""

import json
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mdppower.explorer.numbers import rounded

EVERY = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(EVERY, min_size=1, max_size=20))
def test_numbers_are_those_of_nine_significant_digits(values):
    """By another route: Python's own formatting. Where the rest is half a digit, either neighbour is right."""
    found = rounded(np.array(values))
    json.dumps(found, allow_nan=False)
    for x, y in zip(values, found, strict=True):
        if not math.isfinite(x):
            assert y is None
        elif y != float(f"{x:.9g}"):
            assert abs(y - x) <= 0.5000001 * 10.0 ** (math.floor(math.log10(abs(x))) - 8)
            assert y == float(f"{y:.9g}")


def test_shape_is_kept_and_zeros_are_zeros():
    assert rounded(np.array([[0.0, 1.0], [np.nan, 1 / 3]])) == [[0.0, 1.0], [None, 0.333333333]]

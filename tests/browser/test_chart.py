"""Lines over γ: ticks at round numbers, and labels that do not lie on each other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(("least", "most"), [(0, 1), (0.2, 0.9), (-30, 60), (1e-4, 1.1e-4)])
def test_ticks_are_round_and_few(modules, least, most):
    ticks = modules.call("chart", "ticks", least, most)
    values = [value for value, _ in ticks]
    assert 2 <= len(values) <= 6
    assert all(least - 1e-9 <= value <= most + 1e-9 for value in values)
    for value, text in ticks:
        assert float(text.replace("−", "-")) == pytest.approx(value)


def test_labels_stand_apart(modules):
    """As near as can be to where they would stand, in their order, 15 pixels apart, none below the bottom."""

    @settings(max_examples=40)
    @given(st.lists(st.floats(20, 300), min_size=1, max_size=6))
    def apart(wanted):
        placed = modules.call("chart", "spread", wanted, 15, 300)
        order = sorted(range(len(wanted)), key=lambda k: wanted[k])
        heights = [placed[k] for k in order]
        assert max(heights) <= 300
        assert all(b - a >= 15 - 1e-9 for a, b in pairwise(heights))

    apart()
    assert modules.call("chart", "spread", [50, 100], 15, 300) == [50, 100]

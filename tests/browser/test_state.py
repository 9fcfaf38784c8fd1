"""What is asked, as one object: the question it makes, and the ways it changes."""

from __future__ import annotations

import warnings

from drawn_maps import maps
from hypothesis import given, settings

import mdppower as mp


def test_the_map_that_is_sent_is_the_map_that_is_drawn(modules):
    """A rim without cells goes as walls: the reader would take it for a margin, and cells would get other labels.

    An independent route: each cell that is drawn is a state of the library's world, with the same label.
    """

    @settings(max_examples=60)
    @given(maps())
    def same_cells(drawn):
        sent = modules.call("state", "solid", drawn)
        places = {
            (row, column)
            for row, line in enumerate(drawn.split("\n"))
            for column, glyph in enumerate(line)
            if glyph not in "# "
        }
        if places:
            with warnings.catch_warnings(action="ignore", category=mp.MDPPowerWarning):  # of blanks inside a map
                world = mp.envs.gridworld(sent)
            assert set(world.states) - {"end"} == places

    same_cells()

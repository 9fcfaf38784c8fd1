"""Warnings point at the user's line."""

from __future__ import annotations

import warnings

import mdppower as mp


def test_the_line_is_this_one():
    with warnings.catch_warnings(record=True, action="always") as caught:
        mp.power(mp.envs.fork(2), 0.9, "t(2)", samples=64, rng=0)
        mp.compare(*(mp.Option.vectors([row]) for row in ([1, 0], [0, 1])), "cauchy", samples=64, rng=0)
    assert [one.filename for one in caught] == [__file__, __file__]
    assert caught[1].lineno == caught[0].lineno + 1

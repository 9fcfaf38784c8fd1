"""A search over settings says that it is one."""

from __future__ import annotations

import pytest
from coins import FORK, SMALL, small

import mdppower as mp
from mdppower.learning import coin_settings


def test_a_search_says_that_it_is_one():
    how = {name: value for name, value in SMALL.items() if name not in ("prompts", "epochs")}
    found = coin_settings(FORK, 0.9, epochs=[1, 2], prompts=[8], rates=[0.5], **how)
    assert found.caption.startswith("a search over 2 settings, 3 runs each (rng=0)")
    assert found["arm"] == ["clip", "no-clip"] * 2
    alone = coin_settings(FORK, 0.9, epochs=[1, 2], prompts=[8], rates=[0.5], simultaneous=False, **how)
    assert all(a < b for a, b in zip(found["lower"], alone["lower"], strict=True))
    one = small(arms=["clip", "no-clip"], epochs=2, prompts=8, rate=0.5)
    assert found["change"][2] == pytest.approx(float(one.change("clip").mean[-1]), abs=1e-12)
    assert alone["lower"][2] == pytest.approx(float(one.change("clip").interval()[0][-1]), abs=1e-12)


def test_a_search_names_the_setting_that_is_refused():
    with pytest.raises(mp.ParameterError, match="epochs 1, prompts 9, rate 1: minibatches must divide"):
        coin_settings(FORK, 0.9, epochs=[1], prompts=[9], rates=[1], runs=2)
    with pytest.raises(mp.ParameterError, match="rates must be a sequence"):
        coin_settings(FORK, 0.9, rates=[])

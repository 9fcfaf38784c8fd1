"""An estimate to draw."""

from __future__ import annotations

import pytest

import mdppower as mp


@pytest.fixture(scope="module")
def maze():
    return mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=64, rng=0)

"""The soak: its maps are maps."""

from __future__ import annotations

import random
import warnings

import pytest

import mdppower as mp


def test_maps_of_the_soak_have_a_cell():
    pytest.importorskip("playwright")
    from scripts.explorer.soak import made_map

    for seed in range(20):
        with warnings.catch_warnings(action="ignore", category=mp.MDPPowerWarning):  # of marks among walls
            assert mp.envs.gridworld(made_map(random.Random(seed))).n_states >= 1

"""Rates are found within 1e-9, the ends by themselves alone."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.results.rates import rate_position


def test_values_of_linspace_are_found():
    rates = np.linspace(0, 1, 11).tolist()
    assert 0.3 not in rates  # 0.30000000000000004
    assert [rate_position(rates, k / 10) for k in range(11)] == list(range(11))


def test_the_nearest_of_near_ones():
    assert rate_position([0.5, 0.5 + 1e-10], 0.5 + 1e-10) == 1
    assert rate_position([0.5, 0.5 + 8e-10], 0.5 + 6e-10) == 1


@pytest.mark.parametrize("wrong", [0.5, 1 - 1e-12, 1e-12, 0.3 + 2e-9])
def test_others_are_not(wrong):
    with pytest.raises(mp.errors.ParameterError, match=r"is not one of 0, 0\.3, 1"):
        rate_position([0.0, 0.3, 1.0], wrong)


@pytest.mark.parametrize("wrong", [2, "x", [0.3, 0.3]])
def test_what_is_no_rate(wrong):
    with pytest.raises(mp.errors.ParameterError):
        rate_position([0.0, 0.3, 1.0], wrong)

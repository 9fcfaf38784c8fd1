"""What a sweep says: numbers in one table, differences, where the sign changes."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.multiagent import joint_curve
from mdppower.multiagent.joint_curve_estimate import QUANTITIES

GRID = mp.envs.gridworld("...\n...\n...", blocked="remove")


@cache
def curve():
    return joint_curve(GRID, gamma=0.6, rho=[0.25, 0, 1], samples=512, rng=0)


@cache
def rules():
    return joint_curve(GRID, gamma=0.6, rho=[0, 1], overlap=["allow", "bump"], samples=64, rng=0)


@pytest.mark.slow
def test_one_table_of_all_numbers():
    table = curve().table(0.9)
    assert table["quantity"] == list(QUANTITIES) * 3
    data = curve().to_xarray(0.9)
    for run, one in zip(curve().runs, curve().alignments, strict=True):
        cell = data.sel(rho=run.rho, overlap="allow")
        averages = run.averages()
        for name in ("human", "ai", "human_baseline", "ai_baseline"):
            assert cell["value"].sel(quantity=name).item() == averages.of(name).mean
            low, high = averages.of(name).interval(0.9)
            assert cell["lower"].sel(quantity=name).item() == pytest.approx(low, abs=1e-14)
            assert cell["upper"].sel(quantity=name).item() == pytest.approx(high, abs=1e-14)
        cost = averages.difference("human_baseline", "human")
        assert cell["value"].sel(quantity="cost").item() == pytest.approx(float(cost.mean), abs=1e-15)
        assert cell["value"].sel(quantity="pearson").item() == one.pearson.corrected.value
        assert cell["value"].sel(quantity="raw spearman").item() == one.spearman.raw.value
        low, high = one.spearman.corrected.interval(0.9)
        assert (cell["lower"].sel(quantity="spearman").item(), cell["upper"].sel(quantity="spearman").item()) == (
            low,
            high,
        )
    wide = curve().to_xarray(0.9, simultaneous=True)
    assert (wide["upper"] - wide["lower"] >= data["upper"] - data["lower"]).all()
    assert not any(name.startswith("raw") for name in curve()._summary()["quantity"])


def test_the_run_of_one_rho():
    assert curve().of(0.25 + 1e-12) is curve().runs[0]
    assert rules().of(1, "bump") is rules().runs[3]
    with pytest.raises(ParameterError, match=r"no run of rho = 0\.5; of rho there are 0\.25, 0, 1"):
        curve().of(0.5)
    with pytest.raises(ParameterError, match="several rules of collisions: say overlap"):
        rules().of(1)
    with pytest.raises(ParameterError, match="no run of rho = 1 with overlap='remove'"):
        rules().of(1, "remove")


def test_differences_are_paired_by_replicates():
    one, two = curve().alignments[0].pearson.corrected, curve().alignments[1].pearson.corrected
    apart = curve().difference(0.25, 0)
    assert apart.value == one.value - two.value
    assert (apart.left == one.left - two.left).all()
    assert apart.stderr < math.hypot(one.stderr, two.stderr)  # since R_H is the same
    assert rules().difference((0, "allow"), (0, "bump")).value == (
        rules().alignments[0].pearson.corrected.value - rules().alignments[2].pearson.corrected.value
    )
    assert curve().difference(1, 0, "spearman").value > 1


def test_where_the_sign_changes():
    """By a line between ρ = 0 and 1/4, whatever their order; POWERplay's figure has it near .19."""
    found = curve().sign_change()
    below, above = (curve().alignments[k].pearson.corrected for k in (1, 0))
    assert found.value == pytest.approx(np.interp(0, [below.value, above.value], [0, 0.25]), abs=1e-12)
    low, high = found.interval()
    assert low < 0.19 < high
    none = joint_curve(GRID, gamma=0.6, rho=[0.9, 1], samples=64, rng=0).sign_change()
    assert math.isnan(none.value)
    assert none.why == "the corrected correlation does not pass 0 between two rho"

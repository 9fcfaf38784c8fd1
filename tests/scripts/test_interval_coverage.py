"""The grid of scripts/interval_coverage.py: its runs are those of `power`, and a part of it holds."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

import mdppower as mp
from mdppower.rewards.laws import law
from scripts import interval_coverage
from scripts.interval_coverage import Cell, cells, mean_of_greatest, replicate_means, replicates_of, task_of

HARD = ("lognorm(2)", "bernoulli(0.005)", "expon")


@pytest.mark.parametrize("name", ["norm(0,1)", "bernoulli(0.1)", "lomax(3)"])
@pytest.mark.parametrize("samples", [64, 1024])
def test_runs_are_those_of_power(name, samples):
    mdp = mp.envs.fork(50)
    with pytest.warns(mp.MDPPowerWarning) if name != "norm(0,1)" else nullcontext():
        estimate = mp.power(mdp, 0.9, name, samples=samples, rng=5)
    task = task_of(mdp, estimate.rewards, samples, 5)
    assert (task.source.kind, task.source.size) == (estimate.sampler, estimate.task.source.size)
    data = replicates_of(task, replicate_means(task, estimate.data.count)[50])
    np.testing.assert_allclose(data.means, estimate.data.means, atol=1e-12)
    for simultaneous in (False, True):
        for one, other in zip(
            data.bounds(simultaneous=simultaneous), estimate.data.bounds(simultaneous=simultaneous), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    assert interval_coverage.find_caution(task, data, [data.count]) == estimate.caution


def test_means_are_right():
    # The greatest of k: k/(k + 1) of uniforms, 1 + 1/2 + … + 1/k of exponentials, 1/√π of two normals; one: the mean.
    assert mean_of_greatest(law("uniform"), 8) == pytest.approx(8 / 9)
    assert mean_of_greatest(law("expon"), 50) == pytest.approx((1 / np.arange(1, 51)).sum())
    assert mean_of_greatest(law("norm(0,1)"), 2) == pytest.approx(1 / np.sqrt(np.pi))
    assert mean_of_greatest(law("bernoulli(0.1)"), 8) == pytest.approx(1 - 0.9**8)
    assert len(interval_coverage.LAWS) == len(set(interval_coverage.LAWS)) == 30
    for name in interval_coverage.LAWS:
        assert mean_of_greatest(law(name), 1) == pytest.approx(law(name).mean, rel=1e-6, abs=1e-9)
        assert law(name).variance < np.inf


@pytest.mark.slow
def test_a_part_of_the_grid_holds():
    """40 runs a cell: the binomial test finds what covers less than 80 %."""
    found = [cell for name in ("uniform", *HARD) for cell in cells(name, 40)]
    assert not any(cell.fails or cell.false_alarms for cell in found)
    assert sum(not cell.covers for cell in found) > 10
    assert "0 of them without a warning; 0 with false alarms" in interval_coverage.markdown(found)


@pytest.mark.slow
def test_silence_and_clamour_fail():
    """Negative controls: intervals without a warning, and a warning that always comes."""
    silent = cells("lognorm(2)", 40, lambda task, data, counts: "")
    assert sum(cell.fails for cell in silent) >= 6
    assert "**" in interval_coverage.markdown(silent)
    clamour = cells("uniform", 20, lambda task, data, counts: "beware")
    assert [cell.samples for cell in clamour if cell.false_alarms] == [4096] * 3
    assert not any(cell.fails for cell in clamour)


def test_what_a_cell_says():
    assert Cell("x", 1, 64, 2000, 1880, 1880, 1880, 0).covers
    # 1,839 of 2,000: a binomial of .94 is as low once in 10,000 times.
    assert not Cell("x", 1, 64, 2000, 1880, 1880, 1800, 0).covers
    assert Cell("x", 1, 64, 2000, 1880, 1880, 1800, 1899).fails
    assert not Cell("x", 1, 64, 2000, 1880, 1880, 1800, 1900).fails
    assert Cell("uniform", 1, 4096, 2000, 1900, 1900, 1900, 101).false_alarms
    assert not Cell("expon", 1, 4096, 2000, 1900, 1900, 1900, 2000).false_alarms

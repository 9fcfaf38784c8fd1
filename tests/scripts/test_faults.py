"""A few of the faults of scripts/faults.py, for real; and that it would see what may not happen."""

from __future__ import annotations

import os

import numpy as np
import pytest

from scripts import faults

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX"),
]


def test_a_few_of_each():
    # Workers of Dask are killed in tests/montecarlo.
    counts = faults.faults(kills=2, fulls=1, pairs=1, cuts=12, workers=0, replicates=96)
    for count in counts:
        assert count.wrong == [], count
    assert (counts[0].seen["kills"], counts[2].seen["pairs"]) == (2, 1)


def test_a_run_goes_on_after_a_worker_of_a_pool_was_killed(tmp_path):
    right = faults.digest(faults.call(None, 96))
    assert faults.pool_killed(1, np.random.default_rng(0), right, tmp_path, 96).wrong == []


def test_what_may_not_happen_is_seen(tmp_path, monkeypatch):
    """Negative control: a store said to have replicate 0 that has it not, and a digest that is none."""
    monkeypatch.setattr(faults, "stored", lambda store: {0})
    count = faults.full(1, np.random.default_rng(1), "no digest", tmp_path, 32)  # refused before anything is stored
    assert count.wrong == [
        "other bits",
        "a stored replicate was made again",
        "a replicate was stored that was not made",
    ]


def test_what_is_stored_is_what_was_made(tmp_path):
    store = tmp_path / "run.sqlite"
    driver = faults.Driver(store, 32)
    assert driver.answer() == faults.digest(faults.call(None, 32))
    assert sorted(driver.begun()) == sorted(faults.stored(store)) == list(range(32))
    again = faults.Driver(store, 32)
    again.answer()
    assert again.begun() == []

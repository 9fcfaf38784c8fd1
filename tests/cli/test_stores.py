"""`--store FILE`: the same command again goes on where it stopped, with the numbers of an undisturbed one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from mdppower.stores.store import Store

EVERY = {
    "map": ("map", "fork(3)"),
    "power": ("power", "fork(3)"),
    "guarantee": ("power", "fork(3)", "--guarantee"),
    "optimal": ("optimal", "fork(3)"),
    "compare": ("compare", "fork(3)", "--a", "t1", "--b", "root"),
    "all": ("compare", "fork(3)", "--all"),
    "diff": ("diff", "fork(2)", "fork(3)"),
    "sensitivity": ("sensitivity", "fork(2)"),
    "actions": ("sensitivity", "fork(2)", "--state", "root", "--format", "csv"),
}


def _draws(store):
    with Store(store, writing=False) as found:
        return [(run.arguments["call"], run.finished, run.wanted) for run in found.runs()]


@pytest.mark.slow
@pytest.mark.parametrize("given", EVERY.values(), ids=EVERY)
def test_every_command_with_draws_keeps_them(run, given):
    # Without --rng, the second call can only agree if it takes entropy and draws from the store.
    first = run(*given, "--samples", "128", "--store", "run.sqlite")
    assert first[0] == 0
    kept = _draws("run.sqlite")
    assert kept
    assert all(finished == wanted > 0 for _, finished, wanted in kept)
    assert run(*given, "--samples", "128", "--store", "run.sqlite") == first
    assert _draws("run.sqlite") == kept
    assert run(*given, "--samples", "128")[1] != first[1]  # another entropy


@pytest.mark.parametrize("name", ["power", "optimal", "diff"])
def test_the_numbers_are_those_without_a_store(run, name):
    given = EVERY[name]
    for _ in range(2):
        plain = run(*given, "--samples", "128", "--rng", "3")
        assert run(*given, "--samples", "128", "--rng", "3", "--store", "run.sqlite") == plain


def test_more_samples_extend_the_run(run):
    # From 4,096 draws on a replicate has 64, and runs that differ only in their length are one.
    run("power", "fork(3)", "--samples", "4096", "--rng", "5", "--store", "run.sqlite")
    more = run("power", "fork(3)", "--samples", "8192", "--rng", "5", "--store", "run.sqlite")
    assert _draws("run.sqlite") == [("power", 128, 128)]
    assert more == run("power", "fork(3)", "--samples", "8192", "--rng", "5")


@pytest.mark.slow
def test_the_curve_keeps_its_pairs(run):
    given = ("curve", "--env", "fork(2)", "--samples", "64", "--store", "run.sqlite", "--out", "c.svg")
    first = run(*given)
    assert first[0] == 0
    assert [(call, n == wanted) for call, n, wanted in _draws("run.sqlite")] == [("compare_all", True)]
    assert run(*given)[1] == first[1]
    assert "add --env" in run("curve", "--nu", "0.1", "--store", "run.sqlite", "--out", "c.svg")[2]


@pytest.mark.parametrize(
    ("store", "told"),
    [
        (".", "folder"),
        ("my_map.txt", "no store of mdppower"),
        ("no/where.sqlite", "No such file or directory"),
    ],
)
def test_a_store_that_is_none(run, store, told):
    code, out, err = run("power", "fork(3)", "--samples", "64", "--store", store)
    assert (code, out) == (2, "")
    assert told in err


def test_exact_numbers_need_no_store(run):
    code, _, err = run("optimal", "fork(3)", "--method", "exact", "--store", "run.sqlite")
    assert code == 2
    assert "store is about draws" in err


ROOM = ("power", "open(12,12)", "--slip", "0.1", "--gamma", "0.99", "--format", "csv")


def _start(folder):
    # In the background of a shell SIGINT is ignored, and children inherit that.
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, "-m", "mdppower", *ROOM, "--samples", "65536", "--store", "run.sqlite"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_and_the_next_goes_on(run, tmp_path, how, status):
    """What was finished is in the store when the process has ended, is printed, and is not made again."""
    driver = _start(tmp_path)
    path = tmp_path / "run.sqlite"
    until = time.monotonic() + 60
    while time.monotonic() < until and (not path.exists() or not _finished(path)):
        assert driver.poll() is None, driver.stderr.read()
        time.sleep(0.05)
    os.kill(driver.pid, how)
    out, err = driver.communicate(timeout=60)
    assert driver.returncode == status
    draws = int(re.search(r"interrupted: the result is from ([\d,]+) of", err)[1].replace(",", ""))
    assert out.count("\n") > 144
    assert _finished(path) * 64 >= draws > 0
    before = _finished(path)
    code, out, err = run(*ROOM, "--samples", "4096", "--store", "run.sqlite", "--verbose")
    assert code == 0
    assert f"going on from {min(64 * before, 4096):,} of 4,096 draws" in err
    assert _finished(path) == max(before, 64)
    assert run(*ROOM, "--samples", "4096", "--store", "other.sqlite", "--rng", _entropy(path))[1] == out


def _entropy(path):
    with Store(path, writing=False) as store:
        return str(store.runs()[0].entropy)


def _finished(path):
    with Store(path, writing=False) as store:
        return sum(run.finished for run in store.runs())

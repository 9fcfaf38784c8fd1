"""`mdppower verify`: what it prints, the reports that it writes, its exit statuses, and clear refusals."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial

import pytest

import mdppower as mp
from mdppower import theorems
from mdppower.cli.main import _run
from mdppower.errors import FileError
from mdppower.stores.store import Store
from mdppower.theorems import searches, verification
from mdppower.theorems.claim_report import Evidence

QUICK = ["--samples", "40", "--votes", "10", "--rng", "0", "--no-progress"]


@pytest.mark.slow
def test_figure_1(capsys):
    """First the sentences, then a table of the claims."""
    args = ["verify", "turner-figure-1", "--gamma", "0.5", "--claims", "prop-6.6,prop-6.9.1", *QUICK]
    assert _run(args) == 0
    told = capsys.readouterr().out
    assert "prop-6.9.1" in told
    assert "✓ holds" in told
    told = re.sub(r"\s+", " ", told)  # lines are as long as the terminal is wide
    assert told.startswith("Proved • By symmetry, r_ne and r_se can change places")
    assert told.index("At star, ->r_tri leads to at least as much POWER as ->l_tri") < told.index("it says")
    assert "of the 9 pairs that were found are reported" in told  # how far the search went


@pytest.mark.parametrize("suffix", ["md", "html", "json"])
def test_reports(tmp_path, capsys, suffix):
    path = tmp_path / f"claims.{suffix}"
    args = ["verify", "turner-figure-10", "--gamma", "1", "--claims", "prop-B.1", "--out", str(path), *QUICK]
    assert _run(args) == 0
    text = path.read_text()
    assert "prop-B.1" in text
    if suffix == "json":
        assert json.loads(text)["reports"][0]["verdict"] == "holds"
    assert f"wrote {path}" in capsys.readouterr().err


def test_json_is_the_report(capsys):
    args = ["verify", "turner-figure-1", "--gamma", "0.5", "--claims", "cor-6.14", "--format", "json", *QUICK]
    assert _run(args) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["reports"][0]["claim"] == "cor-6.14"
    assert data["counts"]["violated"] == 0


@pytest.mark.slow
def test_a_map_without_symmetry(capsys):
    assert _run(["verify", "maze", "--gamma", "0.5", "--claims", "prop-6.6", *QUICK]) == 0
    told = capsys.readouterr().out
    told = re.sub(r"\s+", " ", told)
    assert told.startswith("Proved • The map has no symmetry")
    assert "needs a cell that offers a copy of all that another does: none of 930 places has it." in told


def test_a_refuted_claim_is_exit_status_1(monkeypatch, capsys):
    """A report whose hypotheses are met, and which a test contradicts, put in the place of a true one."""
    real = verification.verify

    def broken(*args, **options):
        found = real(*args, **options)
        wrong = Evidence("pathwise", "contradicts", "put here by a test")
        report = replace(found[0], evidence=(*found[0].evidence, wrong))
        return replace(found, reports=(report,))

    monkeypatch.setattr(verification, "verify", broken)
    args = ["verify", "turner-figure-1", "--gamma", "0.5", "--claims", "prop-5.4", *QUICK]
    with pytest.raises(SystemExit) as end:
        _run(args)
    assert end.value.code == 1
    told = capsys.readouterr().out
    assert "violated" in told
    assert "VIOLATED" in told


def test_ctrl_c_prints_what_was_checked(run, monkeypatch):
    """Exit status 130, as of other commands; the table, the page and the JSON say what is missing."""

    def ends(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(searches.SEARCHES, "def-C.1", ends)
    args = ["verify", "fork(2)", "--gamma", "0.5", "--claims", "prop-5.4,def-C.1", *QUICK]
    code, out, err = run(*args, "--out", "claims.md")
    assert code == 130
    assert "prop-5.4" in out
    assert "interrupted: not checked: def-C.1" in out
    assert "warning: interrupted: 1 of 2 claims were checked" in err
    with open("claims.md", encoding="utf-8") as page:
        assert "not checked: def-C.1" in page.read()
    code, out, _ = run(*args, "--format", "json")
    assert (code, json.loads(out)["about"]["interrupted"]) == (130, "not checked: def-C.1")
    code, _, err = run("verify", "fork(2)", "--claims", "def-C.1", *QUICK)
    assert code == 130
    assert "interrupted before there was anything to print" in err


def test_an_error_prints_what_was_checked(run, monkeypatch):
    """A disk that is full at the second claim: exit status 3."""

    def ends(*_):
        raise FileError("cannot write store 'run.sqlite': the disk is full")

    monkeypatch.setitem(searches.SEARCHES, "def-C.1", ends)
    code, out, err = run("verify", "fork(2)", "--gamma", "0.5", "--claims", "prop-5.4,def-C.1", *QUICK)
    assert code == 3
    assert "prop-5.4" in out
    assert "the disk is full" in err


@pytest.mark.slow
def test_a_store_keeps_the_draws(run):
    args = ["verify", "turner-figure-1", "--gamma", "0.5", "--claims", "prop-5.4,prop-6.9.1", *QUICK]
    plain = run(*args)
    assert plain[0] == 0
    first = run(*args, "--store", "run.sqlite")
    assert first == plain
    before = _runs()
    assert run(*args, "--store", "run.sqlite") == plain
    assert before == _runs()
    assert {call for call, _ in before} == {"bounded_by_max_test", "action_copy_test"}
    assert all(seconds > 0 for _, seconds in before)
    rows = list(csv.DictReader(run("runs", "run.sqlite", "--format", "csv")[1].splitlines()))
    assert (rows[0]["call"], rows[0]["about"]) == ("bounded_by_max_test", "max r ≥ greatest POWER at γ=0.5")
    assert {row["state"] for row in rows} == {"done"}
    code, _, err = run("runs", "run.sqlite", "--export", "1", "--out", "run.nc")
    assert code == 2
    assert "results of bounded_by_max_test cannot be made from a store alone" in err


def test_the_seed_of_a_setting_is_listed_as_such(run, tmp_path):
    theorems.verify(
        mp.envs.fork(2), 0.5, claims=["prop-5.4"], samples=32, store=tmp_path / "s.sqlite", progress=False
    )
    rows = list(csv.DictReader(run("runs", "s.sqlite", "--format", "csv")[1].splitlines()))
    assert [(row["call"], row["about"], row["draws"], row["state"]) for row in rows] == [
        ("theorems.setting", "3 states", "0", "seed"),
        ("bounded_by_max_test", "max r ≥ greatest POWER at γ=0.5", "32", "done"),
    ]
    assert "this run has no draws" in run("runs", "s.sqlite", "--export", "1", "--out", "run.nc")[2]


def _runs():
    with Store("run.sqlite", writing=False) as store:
        return [(one.arguments["call"], one.seconds) for one in store.runs()]


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it(tmp_path, sent, status):
    """An estimate of hours on a noisy map, for B.1: a signal ends it; 5.5, which makes no draw there, is printed."""
    args = ["verify", "open(6,6)", "--slip", "0.1", "--gamma", "0.9", "--claims", "prop-5.5,prop-B.1", "--samples"]
    args += ["10000000", "--store", "run.sqlite", "--no-progress"]
    # In the background of a shell SIGINT is ignored, and children inherit that.
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    pipes: dict = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "mdppower", *args]
    with subprocess.Popen(command, cwd=tmp_path, preexec_fn=heard, **pipes) as driver:
        path, until = tmp_path / "run.sqlite", time.monotonic() + 60
        while time.monotonic() < until and not (path.exists() and _finished(path)):
            assert driver.poll() is None, driver.stderr.read()
            time.sleep(0.05)
        driver.send_signal(sent)
        out, err = driver.communicate(timeout=60)
    assert driver.returncode == status
    assert "interrupted: 1 of 2 claims were checked" in err
    assert "interrupted: not checked: prop-B.1" in out
    assert _finished(path) > 0


def _finished(path):
    with Store(path, writing=False) as store:
        return sum(one.finished for one in store.runs())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--claims", "prop-6.7"], "there is no claim 'prop-6.7'; did you mean"),
        (["--gamma", "1.5"], "gamma must be in [0, 1], got 1.5"),
        (["--most", "0"], "most must be a positive integer, got 0"),
        (["--seconds", "0"], "seconds must be a positive number, got 0"),
        (["--samples", "0"], "samples must be a positive integer, got 0"),
        (["--out", "claims.pdf"], "--out must end in .md, .html or .json, got 'claims.pdf'"),
    ],
)
def test_refusals(args, message, capsys):
    assert _run(["verify", "turner-figure-1", *QUICK, *args]) == 2
    assert message in capsys.readouterr().err

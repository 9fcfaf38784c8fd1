"""`--verbose` and `--quiet`: the answer is the same, and what is said beside it is as much as was asked for."""

from __future__ import annotations

import logging

import pytest

from mdppower.cli.main import cli

RUN = ("power", "fork(3)", "--samples", "64", "--rng", "0", "--format", "csv")
HEAVY = ("power", "fork(3)", "--samples", "64", "--rng", "0", "--format", "csv", "--rewards", "t(2)")


def test_verbose_says_what_is_done(run):
    code, out, err = run(*RUN, "--verbose")
    assert (code, out) == run(*RUN)[:2]
    assert "montecarlo.run_loop: POWER: 64 draws of 64" in err
    assert "deterministic" in err  # which solver was picked
    assert all(line.startswith("mdppower: ") for line in err.splitlines())


def test_quiet_says_nothing_but_the_answer(run, tmp_path):
    # This law warns, and a file that was written is noted.
    _, loud, err = run(*HEAVY, "--save", "x.nc")
    assert "warning" in err
    assert "wrote x.nc" in err
    assert run(*HEAVY, "--save", "x.nc", "--quiet", "--progress") == (0, loud, "")


def test_errors_remain(run):
    code, out, err = run("power", "nowhere.txt", "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith("mdppower: error: ")


def test_before_the_command_or_behind_it(run):
    assert "run_loop" in run("--verbose", *RUN)[2]
    assert run("--quiet", *HEAVY)[2] == ""
    assert run("--quiet", *RUN, "--verbose") == (2, "", "mdppower: error: give --verbose or --quiet, not both\n")


def test_neither_outlives_its_command(run):
    run(*RUN, "--verbose")
    assert run(*RUN)[2] == ""
    library = logging.getLogger("mdppower")
    assert library.level == logging.NOTSET
    assert [type(handler) for handler in library.handlers] == [logging.NullHandler]


def test_a_terminal_is_told_what_a_run_goes_on_from(run, monkeypatch, capsys):
    stored = (*RUN, "--no-progress", "--store", "run.sqlite")
    assert run(*stored)[2] == ""
    assert run(*stored)[2] == ""  # no terminal, no note
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert run(*stored)[2] == "mdppower: going on from 64 of 64 draws of a stored run (run.sqlite)\n"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_both(run, name):
    text = run(name, "--help")[1]
    assert "--verbose" in text
    assert "--quiet" in text

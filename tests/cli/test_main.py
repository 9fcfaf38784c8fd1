"""The command line as a user types it: what it prints, and that every mistake is one line and exit status 2."""

from __future__ import annotations

import pathlib
import re
import signal
import subprocess
import sys
from functools import partial

import pytest

import mdppower as mp

BAD = {
    "gamma below": (["map", "maze", "--gamma", "-0.1"], "-0.1"),
    "gamma above": (["map", "maze", "--gamma", "1.1"], "1.1"),
    "gamma nan": (["map", "maze", "--gamma", "nan"], "nan"),
    "gamma word": (["map", "maze", "--gamma", "x"], "'x'"),
    "gamma empty": (["map", "maze", "--gamma", ""], "''"),
    "gamma twice": (["map", "maze", "--gamma", "0.5,0.5"], "twice"),
    "slip": (["map", "maze", "--slip", "1.5"], "1.5"),
    "slip on a fork": (["map", "fork(3)", "--slip", "0.1"], "slip"),
    "bias": (["map", "maze", "--slip", "0.1", "--bias", "E"], "E=0.1"),
    "bias name": (["map", "maze", "--slip", "0.1", "--bias", "Q=0.1"], "Q"),
    "cauchy": (["map", "maze", "--rewards", "cauchy"], "mean"),
    "code": (["map", "maze", "--rewards", "__import__('os').system('touch pwned')"], "NAME"),
    "code in args": (["map", "maze", "--rewards", "norm(__import__('os').getpid(),1)"], "NAME"),
    "no such law": (["map", "maze", "--rewards", "nrom(0,1)"], "norm"),
    "law parameters": (["map", "maze", "--rewards", "norm(0,-1)"], "out of range"),
    "samples zero": (["map", "maze", "--samples", "0"], "samples"),
    "samples negative": (["map", "maze", "--samples", "-5"], "-5"),
    "samples word": (["map", "maze", "--samples", "many"], "many"),
    "confidence": (["map", "maze", "--confidence", "95"], "confidence"),
    "workers": (["map", "maze", "--workers", "0"], "workers"),
    "rng": (["map", "maze", "--rng", "-1"], "-1"),
    "method": (["map", "maze", "--method", "magic"], "magic"),
    "sampler": (["map", "maze", "--sampler", "halton"], "halton"),
    "unknown map": (["map", "mazee"], "did you mean 'maze'"),
    "unknown command": (["mapp", "maze"], "did you mean 'map'"),
    "no such command": (["zzz"], "commands:"),
    "unknown option": (["map", "maze", "--colur"], "--colur"),
    "no argument": (["map"], "ENV"),
    "format": (["map", "maze", "--format", "xml"], "xml"),
    "suffix": (["map", "maze", "--out", "maze.jpg"], ".jpg"),
    "max-samples alone": (["map", "maze", "--max-samples", "10"], "precision"),
    "no file": (["show", "nowhere.txt"], "nowhere.txt"),
    "a folder": (["show", "."], "."),
    "no table": (["power", "CartPole-v1"], "no transition table P"),
    "no table either": (["power", "Blackjack-v1"], "outcomes are random"),
    "unknown id": (["power", "FrozenLake-v99"], "FrozenLake"),
    "unknown id at all": (["power", "Nowhere-v0"], "Nowhere-v0"),
    "unknown namespace": (["power", "no_such_module:Nowhere-v0"], "no_such_module"),
    "slip on ice": (["power", "FrozenLake-v1", "--slip", "0.1"], "slip"),
    "set on a map": (["power", "maze", "--set", "is_slippery=false"], "is_slippery"),
    "set": (["power", "FrozenLake-v1", "--set", "slippery"], "--set must look like"),
    "set broken list": (["power", "FrozenLake-v1", "--set", "desc=[SF"], "--set desc=[SF: begins like JSON"),
    "set twice": (
        ["power", "FrozenLake-v1", "--set", "map_name=4x4", "--set", "map_name=8x8"],
        "map_name is given twice",
    ),
    "set no truth": (["power", "FrozenLake-v1", "--set", "is_slippery=Flase"], "is_slippery must be True or False"),
    "bias twice": (["power", "maze", "--slip", "0.3", "--bias", "E=0.1,E=0.2"], "--bias gives E twice"),
    "unknown setting": (["power", "FrozenLake-v1", "--set", "wet=true"], "wet"),
    "terminated on a map": (["power", "maze", "--terminated", "sink"], "terminated"),
    "lying table": (["power", "Taxi-v4", "--set", "fickle_passenger=true", "--check"], "Taxi-v4"),
    "set name": (["power", "FrozenLake-v1", "--set", "name=x"], "name"),
    "set path": (["power", "maze", "--set", "name_or_path=5"], "name_or_path"),
    "set slip": (["power", "maze", "--set", "slip=0.1"], "an option of its own, --slip"),
    "arrows without a picture": (["map", "maze", "--share-scale"], "--share-scale is for a picture"),
    "save": (["map", "maze", "--save", "maze.txt"], ".nc"),
    "no saved file": (["info", "nowhere.nc"], "No such file"),
    "a map is no estimate": (["info", "my_map.txt"], "is not a file of mdppower"),
    "plot what": (["plot", "my_map.txt", "--out", "x.png"], "is not a file of mdppower"),
    "malformed toml": (["power", "bad.toml"], "bad.toml is not TOML"),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_one_line(run, tmp_path, case):
    args, told = BAD[case]
    code, _, err = run(*args)
    assert code == 2
    lines = err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("mdppower: error: ")
    assert told in lines[0]
    assert "Traceback" not in err
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"###\n#?#\n###\n", "line 2, column 2"),
        (b"", "map"),
        (b"####\n####\n", "floor"),
        (bytes(range(128, 256)), "UTF-8"),
        (b"\x00\x01\x02", "line 1"),
        (b"#.\t.#\n", "column 3"),
    ],
)
def test_bad_map_files(run, tmp_path, content, told):
    (tmp_path / "bad.txt").write_bytes(content)
    code, _, err = run("map", "bad.txt")
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert "bad.txt" in err
    assert told in err


def test_warnings_are_one_line(run):
    code, out, err = run("map", "fork(2)", "--rewards", "t(2)", "--samples", "64")
    assert code == 0
    assert err.startswith("mdppower: warning: t(2) rewards have no variance")
    assert len(err.strip().splitlines()) == 1
    assert "nan" in out


def test_help_and_version(run):
    assert "Estimate the POWER" in run("--help")[1]
    assert "--slip" in run("map", "--help")[1]
    assert mp.__version__ in run("--version")[1]
    assert "Usage" in run()[1]


@pytest.mark.slow
def test_as_a_module_and_into_a_closed_pipe(tmp_path):
    command = f"{sys.executable} -m mdppower envs | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.startswith("name")
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    ("to", "status", "told"),
    [("/dev/full", 2, "mdppower: error: cannot write: No space left on device\n"), ("&-", 0, "")],
)
def test_output_that_cannot_be_written(tmp_path, to, status, told):
    command = f"{sys.executable} -m mdppower show maze >{to}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (status, told)


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_long_run_and_keeps_what_was_finished(tmp_path, sent, status):
    """A run of hours on 900 noisy cells: a signal ends it; what it has drawn is printed and saved."""
    saved = tmp_path / "part.nc"
    command = [
        sys.executable, "-m", "mdppower", "map", "open(30,30)", "--slip", "0.1", "--samples", "1000000", "--rng", "0",
        "--save", str(saved), "--progress",
    ]  # fmt: skip
    # In the background of a shell SIGINT is ignored, and children inherit that: here it is heard, as in a terminal.
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    pipes: dict = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, preexec_fn=heard, **pipes) as run:
        told = ""
        while not re.search(r"POWER:.* [1-9]\d\d+/", told):  # the bar has counted replicates
            told += run.stderr.read(1)
        run.send_signal(sent)
        out, err = run.communicate(timeout=60)
    assert run.returncode == status
    assert "interrupted: the result is from" in err
    assert "POWER at γ = 0.9" in out
    assert mp.load(saved).interrupted

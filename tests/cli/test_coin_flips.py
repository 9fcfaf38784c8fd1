"""`mdppower coin-flips` as a user types it: what is printed and written, and one line for each mistake."""

from __future__ import annotations

import csv
import io
import json

import pytest

import mdppower as mp
from mdppower.cli import main as cli
from mdppower.learning import coin_flips

QUICK = (
    "--iterations", "4", "--prompts", "8", "--group", "4", "--epochs", "2", "--minibatches", "4", "--prior-episodes",
    "300", "--runs", "3", "--samples", "32", "--rng", "0",
)  # fmt: skip


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def command(*args):
        with pytest.raises(SystemExit) as end:
            cli.main(["coin-flips", *args])
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return command


def in_python(arms, **more):
    return coin_flips(
        mp.envs.fork(3), 0.9, arms=arms, iterations=4, prompts=8, group=4, epochs=2, minibatches=4,
        prior_episodes=300, runs=3, samples=32, rng=0, **more,
    )  # fmt: skip


@pytest.mark.slow
def test_it_prints_what_each_arm_comes_to_and_writes_files(run, tmp_path):
    code, out, err = run("fork(3)", *QUICK, "--arms", "clip, no-clip", "--out", "coin.png", "--save", "coin.nc")
    assert code == 0, err
    assert out.split("\n")[0].split()[:4] == ["arm", "given", "prior", "clipped"]
    assert "from a share of 0.4 (F = 0." in out
    assert "fork(3), γ = 0.9, uniform rewards; 3 runs (rng=0), 32 held-out rewards each" in out
    assert (tmp_path / "coin.png").stat().st_size > 10_000
    assert "wrote coin.png" in err
    found = mp.load(tmp_path / "coin.nc")
    assert repr(found) == repr(in_python(["clip", "no-clip"]))


def test_all_numbers_as_csv_and_json(run):
    code, out, _ = run("fork(3)", *QUICK, "--arms", "on-policy", "--format", "csv")
    assert code == 0
    wanted = in_python(["on-policy"]).table()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [float(row["sampled"]) for row in rows] == wanted["sampled"]
    code, out, _ = run("fork(3)", *QUICK, "--arms", "on-policy", "--format", "json")
    assert [row["upper"] for row in json.loads(out)] == wanted["upper"]


@pytest.mark.slow
def test_options_mean_what_they_mean_in_python(run):
    code, out, err = run(
        "fork(3)", *QUICK, "--gamma", "0.8", "--share", "0.3", "--clip", "0.1", "--arms", "clip", "--start", "root",
        "--rate", "0.5", "--horizon", "2", "--reward", "t1=norm(0.5,0.5)", "--format", "json",
    )  # fmt: skip
    assert code == 0, err
    laws = {"default": "uniform", "t1": "norm(0.5,0.5)"}
    wanted = coin_flips(
        mp.envs.fork(3), 0.8, 0.3, 0.1, "clip", laws, start="root", rate=0.5, horizon=2, iterations=4, prompts=8,
        group=4, epochs=2, minibatches=4, prior_episodes=300, runs=3, samples=32, rng=0,
    )  # fmt: skip
    found = json.loads(out)
    assert [row["sampled"] for row in found] == wanted.table()["sampled"]
    assert found[0]["clipped"] == "ρ < 0.9 or ρ > 1.1"


def test_a_store_goes_on(run, tmp_path):
    code, first, _ = run("fork(3)", *QUICK, "--arms", "clip", "--store", "runs.sqlite")
    assert code == 0
    code, again, _ = run("fork(3)", *QUICK[:-2], "--arms", "clip", "--store", "runs.sqlite")
    assert code == 0
    assert again == first, "the seed is that of the store"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--clip", "0"], "clip must be a number in (0, 1), got 0.0"),
        (["--share", "1.5"], "share must be a number strictly between 0 and 1, got 1.5"),
        (["--arms", "clip,clop"], "there is no arm 'clop'; did you mean 'clip'"),
        (["--arms", ""], "there is no arm ''"),
        (["--minibatches", "3"], "minibatches must divide the 8 prompts, got 3"),
        (["--horizon", "0"], "horizon must be a positive integer, got 0"),
        (["--runs", "1"], "runs must be at least 2"),
        (["--gamma", "1"], "gamma must be one rate strictly between 0 and 1, got 1.0"),
        (["--gamma", "0.5,0.9"], "--gamma is one discount rate here"),
        (["--start", "rot"], "no state 'rot'"),
        (["--start", "t1"], "floor and ceiling are equal"),
        (["--rewards", "unifrm"], "unifrm"),
        (["--confidence", "2"], "--confidence"),
        (["--save", "coin.txt"], "--save must end in .nc, .csv or .json"),
        (["--out", "coin.bmp"], "--out must end in .png, .svg or .pdf"),
        (["--dpi", "9"], "--dpi is for a picture: add --out FILE"),
    ],
)
def test_a_mistake_is_one_line(run, given, told):
    code, out, err = run("fork(3)", *QUICK, *given)
    assert code == 2
    assert not out
    assert told in err
    assert err.count("\n") == 1


def test_the_help_names_the_call_in_python(run):
    code, out, _ = run("--help")
    assert code == 0
    assert "In Python: mdppower.learning.coin_flips." in out
    assert "inverted-no-clip" in out

"""`mdppower learn` as a user types it: verdicts with what is shown and given, files, pictures, going on, refusals."""

from __future__ import annotations

import csv
import io
import json

import pytest

import mdppower as mp
from mdppower.cli.learning import parts
from mdppower.cli.main import cli

SMALL = ("learn", "fork(3)", "--episodes", "100", "--runs", "4", "--samples", "32", "--start", "root", "--rng", "0")
FEW = ("--signals", "random,noise", "--test", "uniform,goal")


def records(text):
    return list(csv.DictReader(io.StringIO(text)))


def measured():
    training = mp.learning.train(mp.envs.fork(3), 0.9, ["random", "noise"], episodes=100, runs=4, start="root", rng=0)
    return training, training.curves({"uniform": "uniform", "goal": "goal"}, samples=32)


def test_verdicts_with_what_is_shown_and_given_and_power_beside_shares(run):
    code, out, err = run(*SMALL, *FEW)
    assert (code, err) == (0, "")
    head, *rows = (line.split() for line in out.split("\n")[:5])
    assert head == [
        "arm",
        "shown",
        "given",
        "test",
        "power",
        "floor",
        "ceiling",
        "share",
        "lower",
        "upper",
        "verdict",
    ]
    assert [row[:4] for row in rows] == [
        ["random", "R", "R", "uniform"], ["random", "R", "R", "goal"], ["noise", "R", "noise", "uniform"],
        ["noise", "R", "noise", "goal"],
    ]  # fmt: skip
    for row in rows:
        power, floor, ceiling, share = map(float, row[4:8])
        # The share is formed run by run: equal to that of the means but for how floor and ceiling go together.
        assert abs((power - floor) / (ceiling - floor) - share) < 0.05
    assert "uniform rewards, γ = 0.9, rng=0; 32 held-out reward functions of each test and run" in out
    assert "all 16 of arms, checkpoints and tests at once; does not raise: below 0.05, or a theorem" in out
    assert (
        "noise on uniform: theorem: 0 on average over runs, as what it is given says nothing of what it is shown"
        in out
    )


def test_other_formats_have_all_checkpoints_and_are_what_python_gives(run):
    rows = records(run(*SMALL, *FEW, "--format", "csv")[1])
    _, curves = measured()
    table, last = curves.table(), curves.verdicts()
    for name in ("arm", "shown", "given", "test"):
        assert [row[name] for row in rows] == table[name]
    for name in ("episodes", "power", "floor", "ceiling", "share"):
        assert [float(row[name]) for row in rows] == table[name]
    assert [float(row["lower"]) for row in rows[3::4]] == last["lower"]
    for name in ("verdict", "why"):
        assert [row[name] for row in rows[3::4]] == last[name]
    again = json.loads(run(*SMALL, *FEW, "--format", "json", "--workers", "1")[1])
    assert [row["share"] for row in again] == table["share"]


@pytest.mark.slow
def test_files_and_pictures_are_those_of_other_commands(run, tmp_path):
    files = ("--save", "learn.nc", "--agents", "agents.nc", "--out", "curves.png", "--dpi", "60")
    code, _, err = run(*SMALL, *FEW, *files)
    assert code == 0
    assert err == "wrote learn.nc\nwrote agents.nc\nwrote curves.png\n"
    training, curves = measured()
    kept = mp.load(tmp_path / "learn.nc")
    assert (kept.powers == curves.powers).all()
    assert (mp.load(tmp_path / "agents.nc").weights == training.weights).all()
    assert (tmp_path / "curves.png").stat().st_size > 5_000
    # What shows results shows these.
    assert run("plot", "learn.nc")[1] == f"{curves}\n"
    rows = records(run("plot", "learn.nc", "--format", "csv")[1])
    assert [float(row["share"]) for row in rows] == curves.table()["share"]
    assert run("plot", "learn.nc", "--out", "again.svg", "--title", "mine")[0] == 0
    assert "holds  learning curves (LearningCurves)" in run("info", "learn.nc")[1]
    code, out, _ = run("map", "learn.nc")
    assert (code, out) == (0, f"{curves}\n")


@pytest.mark.slow
def test_training_goes_on_from_a_store(run):
    kept = ("--store", "learn.sqlite", "--signals", "random", "--format", "csv")
    short = records(run(*SMALL, "--episodes", "30", *kept)[1])
    longer = records(run(*SMALL, *kept)[1])
    assert [row["share"] for row in longer[:3]] == [row["share"] for row in short]
    rows = records(run("runs", "learn.sqlite", "--format", "csv")[1])
    assert [row["about"].split(";")[0] for row in rows] == [
        "episodes 0 to 10", "episodes 10 to 30", "episodes 30 to 100"
    ]  # fmt: skip
    fresh = records(run(*SMALL, "--signals", "random", "--format", "csv")[1])
    assert fresh == longer


def test_settings_reach_the_training(run):
    given = (
        "--alpha",
        "0.1",
        "--epsilon",
        "1",
        "--horizon",
        "4",
        "--rate",
        "0.2",
        "--gamma",
        "0.5",
        "--target",
        "mean",
    )
    signals = ("--signals", "random,noise(uniform(-1,1))", "--signals", "no-reward")
    more = ("--checkpoints", "0,50", "--reward", "t1=norm(1,1)", "--start", "t1", "--margin", "0.5")
    code, out, err = run(*SMALL, *given, *signals, *more, "--format", "csv")
    assert (code, err) == (0, "mdppower: rewards: norm(1,1) at t1; uniform elsewhere\n")
    rewards = {"t1": "norm(1,1)", "default": "uniform"}
    training = mp.learning.train(
        mp.envs.fork(3), 0.5, ["random", "noise(uniform(-1,1))", "no-reward"], rewards, episodes=100,
        checkpoints=[0, 50], runs=4, start={"root": 0.5, "t1": 0.5}, alpha=0.1, epsilon=1, horizon=4, rate=0.2, rng=0,
        target="mean",
    )  # fmt: skip
    curves, rows = training.curves(samples=32), records(out)
    assert [float(row["share"]) for row in rows] == curves.table()["share"]
    assert [row["episodes"] for row in rows[:3]] == ["0", "50", "100"]
    assert [row["verdict"] for row in rows[2::3]] == curves.verdicts(margin=0.5)["verdict"]
    assert len({row["episodes"] for row in records(run(*SMALL, "--checkpoints", "3", "--format", "csv")[1])}) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--signals", "randm"], "there is no signal 'randm'; did you mean 'random'?"),
        (["--signals", "random,"], "--signals has an empty part, got 'random,'"),
        (["--signals", "few(1"], "--signals: brackets do not match in 'few(1'"),
        (["--signals", "random,random"], "signals has 'random' twice"),
        (["--signals", "few(0)"], "few"),
        (["--runs", "1"], "runs must be at least 2"),
        (["--episodes", "0"], "episodes must be"),
        (["--checkpoints", "10,5"], "checkpoints must increase, got 5 after 10"),
        (["--checkpoints", "ten"], "--checkpoints must be integers, separated by commas; got 'ten'"),
        (["--checkpoints", "10,2000"], "checkpoint 2000 is beyond the 100 episodes"),
        (["--gamma", "1"], "gamma must be one rate strictly between 0 and 1"),
        (["--gamma", "0.5,0.9"], "--gamma is one discount rate here"),
        (["--alpha", "2"], "alpha must be a number strictly between 0 and 2"),
        (["--epsilon", "-1"], "epsilon must be"),
        (["--horizon", "0"], "horizon must be"),
        (["--rate", "0"], "rate must be"),
        (["--samples", "0"], "samples must be"),
        (["--margin", "1"], "--margin"),
        (["--confidence", "1"], "--confidence"),
        (["--start", "rot"], "there is no state 'rot'; did you mean 'root'?"),
        (["--start", "root"], "--start names 'root' twice"),  # beside that of SMALL
        (["--test", "goal,goal"], "--test has 'goal' twice"),
        (["--test", "foo"], "test 'foo': scipy.stats has no distribution 'foo'"),
        (["--test", "cauchy"], "mean"),
        (["--rewards", "onpairs(uniform)"], "agents learn from rewards of states"),
        (["--save", "learn.csv"], "--save must end in .nc"),
        (["--agents", "nowhere/agents.nc"], "--agents"),
        (["--out", "curves.gif"], "--out must end in .png, .svg or .pdf"),
        (["--dpi", "100"], "--dpi is for a picture: add --out FILE"),
    ],
)
def test_refusals_are_one_line_before_anything_is_trained(run, monkeypatch, given, message):
    monkeypatch.setattr("mdppower.learning.training._trained", _no_training)
    code, out, err = run(*SMALL, *given)
    assert (code, out) == (2, "")
    assert err.startswith("mdppower: error: ")
    assert err.count("\n") == 1
    assert message in err


def _no_training(*arguments):
    raise AssertionError("training began")


def test_what_is_interrupted_is_printed_and_said(run, monkeypatch):
    from mdppower.learning import training

    stages = training.stages

    def broken(course, checkpoints, weights, bias, conduct, each):
        stages(course, checkpoints[:3], weights, bias, conduct, each)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "stages", broken)
    code, out, err = run(*SMALL, *FEW, "--format", "csv")
    assert code == 130
    assert {row["episodes"] for row in records(out)} == {"0", "10", "30"}
    assert "interrupted: the training is of 30 of 100 episodes" in err


def test_a_test_without_power_to_have_is_told(run):
    code, out, err = run(*SMALL, "--signals", "untrained", "--test", "1")
    assert code == 0
    assert "undecided" in out
    assert err.count("floor and ceiling are equal") == 1


def test_parts_between_brackets_are_whole():
    assert parts([" few(4) , noise(norm(0,1))"], "--signals") == ["few(4)", "noise(norm(0,1))"]
    assert parts([], "--signals") == []


def test_help_has_examples_and_says_what_a_share_is(run):
    out = run("learn", "--help")[1]
    assert "mdppower learn maze --signals random,noise,unseen" in out
    assert "mdppower plot learn.nc --format csv" in out
    assert "learn" in cli.commands

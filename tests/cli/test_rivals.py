"""`mdppower learn --against` and `mdppower rivals` as a user types them: success beside lead, and refusals."""

from __future__ import annotations

import csv
import io

import pytest

import mdppower as mp

SMALL = ("learn", "fork(3)", "--episodes", "100", "--runs", "4", "--samples", "32", "--start", "root", "--rng", "0")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    training = mp.learning.train(mp.envs.fork(3), 0.9, ["random", "noise"], episodes=100, runs=4, start="root", rng=0)
    path = tmp_path_factory.mktemp("rivals") / "learn.nc"
    training.curves(samples=32, against=["random policy", "optimal"]).save(path)
    return str(path)


@pytest.mark.slow
def test_learn_says_whom_agents_beat_at_the_last_checkpoint(run, tmp_path):
    saved = tmp_path / "x.nc"
    code, out, err = run(
        *SMALL, "--signals", "random", "--against", "random policy,lookahead(1)", "--against", "random@0",
        "--unit", "reward-and-start", "--save", str(saved),
    )  # fmt: skip
    assert code == 0
    assert err == f"wrote {saved}\n"
    rows = [line for line in out.split("\n") if line.startswith("random  ")]
    assert len(rows) == 1 + 3
    assert ["random policy" in rows[1], "lookahead(k=1)" in rows[2], "random@0" in rows[3]] == [True] * 3
    assert "a task: a reward function and a start" in out
    found = mp.load(saved).rivals("random", "random policy", unit="reward and start")
    assert f"{found.success.of(100).mean:.6g}" in rows[1]


@pytest.mark.slow
def test_rivals_of_a_file_are_what_python_gives(run, file, tmp_path):
    asked = "--arm", "random", "--reference", "random policy"
    rows = list(csv.DictReader(io.StringIO(run("rivals", file, *asked, "--format", "csv")[1])))
    known = mp.load(file).rivals("random", "random policy").table()
    assert {name: [float(row[name]) for row in rows] for name in rows[0]} == {
        k: list(map(float, v)) for k, v in known.items()
    }
    code, out, _ = run("rivals", file, *asked, "--out", str(tmp_path / "x.svg"), "--save", str(tmp_path / "x.nc"))
    assert code == 0
    assert out.split()[:4] == ["episodes", "success", "lower", "upper"]
    assert "random against random policy on uniform at γ = 0.9, a task: a reward function, starts averaged" in out
    assert "success rate" in (tmp_path / "x.svg").read_text()
    assert mp.load(tmp_path / "x.nc").arm == "random"
    assert "a reward function and a start" in run("rivals", file, *asked, "--unit", "reward-and-start")[1]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--reference", "optimal"], "--arm is needed, one of random, noise"),
        (["--arm", "noise"], "--reference is needed, one of random policy, optimal"),
        (["--arm", "nois", "--reference", "optimal"], "there is no arm 'nois'; did you mean 'noise'?"),
        (["--arm", "noise", "--reference", "final"], "there is no reference 'final'"),
        (["--arm", "noise", "--reference", "optimal", "--test", "goal"], "there is no test 'goal'"),
        (["--arm", "noise", "--reference", "optimal", "--save", "x.png"], "--save"),
    ],
)
def test_what_is_not_there_is_named(run, file, given, told):
    code, out, err = run("rivals", file, *given)
    assert (code != 0, out) == (True, "")
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_files_of_something_else(run, tmp_path):
    power, curves = tmp_path / "power.nc", tmp_path / "curves.nc"
    mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).save(power)
    mp.learning.train(mp.envs.fork(2), 0.9, "random", episodes=8, runs=2, rng=0).curves(samples=8).save(curves)
    assert "holds no learning curves but a PowerEstimate" in run("rivals", str(power))[2]
    assert "were measured against nobody: see mdppower learn --against" in run("rivals", str(curves))[2]


@pytest.mark.parametrize(
    ("against", "told"),
    [
        ("random@7", "random has no checkpoint at 7 episodes; there are 0, 10, 30, 100"),
        ("nobody@0", "there is no arm 'nobody'"),
        ("blah", "--against must be random policy, final, ARM@EPISODES, random, lookahead"),
        ("lookahead(x)", "--against lookahead takes a number, got 'x'"),
        ("optimal,optimal", "against has 'optimal' twice"),
    ],
)
def test_references_are_refused_before_agents_are_trained(run, monkeypatch, against, told):
    monkeypatch.setattr("mdppower.learning.training.train", lambda *_, **__: pytest.fail("trained"))
    code, out, err = run(*SMALL, "--signals", "random", "--against", against)
    assert (code != 0, out) == (True, "")
    assert told in err


def test_what_other_formats_do_not_have_is_said(run):
    code, out, err = run(*SMALL, "--signals", "random", "--against", "optimal", "--format", "csv")
    assert code == 0
    assert "against" not in out
    assert "csv has the curves; what is ahead of whom: mdppower rivals FILE, after --save FILE" in err
    code, out, err = run(*SMALL, "--signals", "random", "--unit", "reward")
    assert (code != 0, out) == (True, "")
    assert "--unit is about success against somebody: add --against" in err


@pytest.mark.slow
def test_an_undecided_arm_has_its_reason_and_a_lower_one_is_told(run):
    out = run(*SMALL, "--signals", "random,incorrect", "--test", "avoid", "--checkpoints", "100", "--runs", "8")[1]
    assert "incorrect on avoid: upper limit below 0: it lowers" in out or "8 runs have one share" in out

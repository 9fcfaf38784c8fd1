"""`mdppower map`, `power`, `plot` and `info` as a user types them: what they print, draw and save."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

import mdppower as mp
from mdppower.cli import main as cli
from mdppower.measures.power_task import PowerTask
from mdppower.solvers import optimal_values


def test_map_table_is_the_library(run):
    code, out, err = run(
        "map", "my_map.txt", "--gamma", "0,0.5,0.9,0.99", "--slip", "0.1", "--rewards", "norm(0,1)",
        "--format", "csv", "--samples", "256", "--rng", "0",
    )  # fmt: skip
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    mdp = mp.envs.gridworld_from_file("my_map.txt", slip=0.1)
    estimate = mp.power(mdp, [0, 0.5, 0.9, 0.99], "norm(0,1)", samples=256, rng=0)
    assert [float(r["power"]) for r in rows] == estimate.mean.ravel().tolist()
    assert [float(r["upper"]) for r in rows] == estimate.interval()[1].ravel().tolist()
    assert [r["state"] for r in rows[:3]] == ["(1, 1)", "(1, 2)", "(1, 3)"]


def test_map_json_and_table(run):
    _, out, _ = run("map", "fork(3)", "--samples", "64", "--rng", "1", "--format", "json")
    records = json.loads(out)
    assert [r["state"] for r in records] == ["root", "t1", "t2", "t3"]
    _, out, _ = run("map", "fork(3)", "--samples", "64", "--rng", "1", "--format", "table")
    assert out.splitlines()[0].split() == ["gamma", "state", "power", "stderr", "lower", "upper"]


def test_map_in_the_terminal(run):
    code, out, _ = run("map", "maze", "--samples", "64", "--rng", "0", "--gamma", "0.1,0.9")
    assert code == 0
    assert "\x1b" not in out  # not a terminal: no colour
    assert out.count("POWER at γ") == 2
    assert "64 draws of uniform rewards (rng=0)" in out
    assert "\x1b[" in run("map", "maze", "--samples", "64", "--colour")[1]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_pictures(run, tmp_path, suffix, magic):
    code, out, err = run("map", "maze", "--samples", "64", "--out", f"maze.{suffix}")
    assert code == 0
    assert f"wrote maze.{suffix}" in err
    assert (tmp_path / f"maze.{suffix}").read_bytes().startswith(magic)
    assert "POWER" in out


def test_power_of_a_gymnasium_environment(run):
    code, out, err = run("power", "FrozenLake-v1", "--gamma", "0.9", "--rng", "0", "--format", "csv",
                         "--confidence", "0.999")  # fmt: skip
    assert (code, err) == (0, "")
    rows = {row["state"]: row for row in csv.DictReader(io.StringIO(out))}
    assert len(rows) == 16
    # A hole is absorbing: its POWER is E R = 1/2, and its interval says so.
    assert float(rows["(1, 1)"]["lower"]) < 0.5 < float(rows["(1, 1)"]["upper"])
    code, out, _ = run("power", "FrozenLake-v1", "--samples", "64", "--rng", "0")
    assert out.splitlines()[0].split() == ["gamma", "state", "power", "stderr", "lower", "upper"]


@pytest.mark.slow
def test_options_of_gymnasium_environments(run):
    code, out, err = run("show", "CliffWalking-v1")
    assert code == 0
    assert "(3, 11)" in err  # what the conversion changed is told
    assert re.search(r"terminated\s+absorb", out)
    code, out, err = run("show", "CliffWalking-v1", "--terminated", "continue")
    assert (code, err) == (0, "")
    assert "deterministic" in run("show", "FrozenLake-v1", "--set", "is_slippery=false", "--set", "map_name=8x8")[1]
    assert "stochastic" in run("show", "FrozenLake-v1", "--set", "map_name=8x8")[1]
    assert re.search(r"states\s+38\b", run("show", "CliffWalking-v1", "--reachable-only")[1])
    assert "agree" in run("show", "FrozenLake-v1", "--check")[2]


@pytest.mark.slow
def test_save_plot_and_info(run, tmp_path):
    code, _, err = run(
        "map", "maze", "--gamma", "0.1,0.9,0.99", "--samples", "64", "--rng", "5", "--out", "maze.pdf",
        "--save", "maze.nc",
    )  # fmt: skip
    assert code == 0
    assert err == "wrote maze.nc\nwrote maze.pdf\n"
    assert (tmp_path / "maze.pdf").read_bytes().startswith(b"%PDF")
    code, out, err = run("plot", "maze.nc", "--arrows", "--hatch", "--out", "arrows.png", "--gamma", "0.9")
    assert (code, out, err) == (0, "", "wrote arrows.png\n")
    assert (tmp_path / "arrows.png").read_bytes().startswith(b"\x89PNG")
    # Without --out, what `map` would have printed.
    printed = run("map", "maze", "--gamma", "0.1,0.9,0.99", "--samples", "64", "--rng", "5")[1]
    assert run("plot", "maze.nc")[1] == printed
    code, out, _ = run("info", "maze.nc")
    assert code == 0
    for told in ("31 states", "uniform", "64 (latin, rng=5)", "γ = 0.99", "numba", mp.envs.make("maze").fingerprint):
        assert told in out


@pytest.mark.slow
def test_files_of_other_results(run, tmp_path):
    """Each says what it is; what has a picture is drawn, and what has none says so."""
    from mdppower.theorems import proposition_5_4

    fork = mp.envs.fork(3)
    a, b = (mp.Option.state(fork, state, 0.9, kind="power") for state in ("t1", "root"))
    kept = {
        "an Estimate": (mp.power(fork, [0.5, 0.9], samples=64, rng=0).of("root"), "wrote x.svg"),
        "visit distributions (Visits)": (mp.visits(fork, "root", 0.5), "wrote x.svg"),
        "certificates (Certified)": (mp.certify(a, b), "there is no picture of certificates"),
        "a ClaimReport": (proposition_5_4(fork), "wrote x.svg"),
        "a Solution": (mp.optimal_values(fork, [0.0, 1, 2, 3], 0.5), "there is no picture of a Solution"),
    }
    for name, (result, told) in kept.items():
        result.save("x.nc")
        code, out, _ = run("info", "x.nc")
        assert code == 0
        assert f"holds  {name}\n" in out
        assert out.endswith(f"\n\n{result}\n")
        assert run("plot", "x.nc")[1] == f"{result}\n"
        assert run("plot", "x.nc", "--format", "csv")[1] == result.table().csv() + "\n"
        assert told in run("plot", "x.nc", "--out", "x.svg", "--title", "x")[2]
    kept["an Estimate"][0].save("x.nc")
    assert run("plot", "x.nc", "--gamma", "0.5")[1] == f"{kept['an Estimate'][0].at(0.5)}\n"


def test_one_rate_of_a_saved_estimate(run):
    run("map", "maze", "--gamma", "0.1,0.9", "--samples", "64", "--rng", "5", "--save", "maze.nc")
    _, out, _ = run("plot", "maze.nc", "--gamma", "0.9", "--format", "csv")
    assert {row["gamma"] for row in csv.DictReader(io.StringIO(out))} == {"0.9"}
    for args, told in [
        (["--gamma", "0.7"], "0.7 is not one of 0.1, 0.9"),
        (["--arrows"], "--arrows is for a picture: add --out FILE"),
        (["--title", "x"], "--title is for a picture"),
        (["--confidence", "2"], "confidence"),
    ]:
        code, _, err = run("plot", "maze.nc", *args)
        assert code == 2
        assert told in err


def test_files_of_mdps(run, tmp_path):
    mp.envs.figure_1().save(tmp_path / "fig.toml")
    mp.envs.make("maze").save(tmp_path / "maze.nc")
    assert "star" in run("power", "fig.toml", "--samples", "64")[1]
    assert "31 states" in run("info", "maze.nc")[1]
    assert run("plot", "fig.toml", "--out", "fig.svg")[0] == 0
    assert (tmp_path / "fig.svg").read_bytes().startswith(b"<?xml")
    assert "star" in run("plot", "fig.toml")[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["maze", "turner-figure-1"])
def test_bars_and_maps_for_every_environment(run, tmp_path, name):
    code, _, _ = run("power", name, "--gamma", "0,0.5,0.9", "--samples", "64", "--out", "bars.png")
    assert code == 0
    assert (tmp_path / "bars.png").exists()


def test_unreached_precision_prints_what_there_is(run):
    code, out, _ = run("map", "fork(2)", "--precision", "1e-6", "--samples", "64", "--max-samples", "128")
    assert code == 3
    assert "128 draws" in out


@pytest.mark.slow
def test_one_rate_that_fails_leaves_the_others(run, monkeypatch, tmp_path):
    """They are printed and saved, the reason is told, and the exit status is 3."""
    monkeypatch.setattr(optimal_values, "certifiable", lambda gamma: 1e-9 if gamma != 0.9 else -1.0)
    rates = ("--gamma", "0.5,0.9,1", "--samples", "64")
    for command in ("map", "power"):
        code, _, err = run(command, "maze", *rates, "--rng", "0", "--save", "a.nc")
        assert code == 3
        assert err.splitlines()[-1].startswith("mdppower: error: at gamma = 0.9 the deterministic solver")
        saved = mp.load(tmp_path / "a.nc")
        assert saved.gammas == (0.5, 1.0)
        alone = mp.power(mp.envs.make("maze"), [0.5, 1], samples=64, rng=0)
        assert saved.mean.tobytes() == alone.mean.tobytes()
    code, out, _ = run("map", "maze", *rates)
    assert code == 3
    assert [line for line in out.splitlines() if line.startswith("POWER")] == ["POWER at γ = 0.5", "POWER at γ = 1"]
    for args in (("optimal", "maze", "--slip", "0.1"), ("diff", "maze", "maze"), ("sensitivity", "fork(2)")):
        code, out, err = run(*args, *rates)
        assert code == 3, args
        assert "at gamma = 0.9" in err
        assert "0.5" in out
    # Nothing is left where all rates fail.
    code, out, err = run("map", "maze", "--gamma", "0.9", "--samples", "64")
    assert (code, out) == (2, "")


def test_exit_statuses_are_listed(run):
    code, out, _ = run("--help")
    assert code == 0
    listed = [line.split()[0] for line in out[out.index("Exit status:") :].splitlines()[1:] if line.strip()]
    assert listed[:5] == ["0", "1", "2", "3", "130"]


def test_ctrl_c_prints_what_there_is(run, monkeypatch):
    original = PowerTask.__call__

    def stop(self, numbers):
        if 5 in numbers:
            raise KeyboardInterrupt
        return original(self, numbers)

    monkeypatch.setattr(PowerTask, "__call__", stop)
    code, out, err = run("map", "maze", "--workers", "1", "--rng", "0")
    assert code == 130
    assert "256 draws" in out  # replicates come in twos here: 4 and 5 were not finished
    assert "interrupted" in err


@pytest.mark.slow
def test_agents_that_follow_a_rule(capsys):
    """Figure 11 at γ = 1: a random agent has the mean of the rewards, 1/2, in every state."""
    args = ["power", "turner-figure-11", "--gamma", "1", "--policy", "random", "--rng", "0", "--format", "json"]
    assert cli._run(args) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row["lower"] < 0.5 < row["upper"] for row in rows if row["state"] in ("s0", "sl", "sr"))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("greedy", "--policy must be random, lookahead, epsilon-greedy, softmax, satisficing, optimal"),
        ("softmax", "--policy softmax takes one number, got 'softmax'"),
        ("random(1)", "--policy random takes no number"),
        ("lookahead(1.5)", "--policy lookahead takes a number, got '1.5'"),
        ("softmax(0.1", "--policy must be"),
        ("epsilon-greedy(2)", "epsilon"),
    ],
)
def test_rules_that_are_none(rule, message, capsys):
    assert cli._run(["power", "fork(2)", "--policy", rule]) == 2
    assert message in capsys.readouterr().err


def test_guarantee(run):
    args = ("power", "fork(2)", "--rewards", "bernoulli(0.01)", "--samples", "64", "--rng", "0", "--format", "csv")
    code, out, err = run(*args, "--guarantee", "--save", "sure.nc")
    assert code == 0
    assert "warning" not in err
    upper = [float(line.split(",")[5]) for line in out.splitlines()[1:]]
    assert min(upper) > 0.01
    assert "finite-sample intervals" in run("info", "sure.nc")[1]
    assert run("plot", "sure.nc", "--format", "csv")[1] == out
    code, _, err = run("power", "fork(2)", "--rewards", "norm(0,1)", "--guarantee")
    assert code == 2
    assert "guarantee=True needs bounded rewards" in err
    assert "sampler='iid', not 'sobol'" in run("map", "maze", "--guarantee", "--sampler", "sobol")[2]


def test_intervals_that_cannot_be_trusted(run):
    code, _, err = run("power", "fork(2)", "--rewards", "lognorm(2)", "--samples", "64", "--save", "hard.nc")
    assert code == 0
    assert "mdppower: warning: the intervals cannot be trusted" in err
    assert "caution: the intervals cannot be trusted" in run("plot", "hard.nc", "--format", "csv")[2]
    assert "caution: the intervals cannot be trusted" in run("plot", "hard.nc")[1]
    assert "caution  the intervals cannot be trusted" in run("info", "hard.nc")[1]


# ---------------------------------------------------------------------- words, and files of estimates


@pytest.mark.parametrize("word", ["false", "False", "off", "no", "NO"])
def test_every_word_for_false_is_false(run, word):
    # Pushed the right way, the lake is deterministic: 4 actions in each of 16 states, one successor each.
    assert "64, deterministic" in run("show", "FrozenLake-v1", "--set", f"is_slippery={word}")[1]


@pytest.mark.slow
def test_a_saved_estimate_is_shown_and_not_measured_anew(run):
    run("map", "maze", "--gamma", "0.5", "--samples", "64", "--rng", "3", "--save", "maze.nc")
    saved = mp.load("maze.nc")
    code, out, err = run("map", "maze.nc")
    assert code == 0
    assert "POWER at γ = 0.5" in out
    assert "(rng=3)" in out
    assert "maze.nc is a saved estimate; shown as it is" in err
    _, out, err = run("power", "maze.nc", "--format", "csv", "--confidence", "0.99")
    assert [float(row["power"]) for row in csv.DictReader(io.StringIO(out))] == saved.mean.ravel().tolist()
    assert "saved estimate" in err
    assert run("map", "maze.nc", "--out", "maze.png", "--arrows")[0] == 0
    # Options of a run make one, which is said.
    code, out, err = run("map", "maze.nc", "--gamma", "0.9", "--samples", "64", "--rng", "1")
    assert code == 0
    assert "POWER at γ = 0.9" in out
    assert "maze.nc is a saved estimate; --gamma: a new run of its MDP" in err
    # The file of an MDP is measured as ever.
    saved.mdp.save("mdp.nc")
    assert run("map", "mdp.nc", "--samples", "64")[2] == ""


def test_steps_in_place_of_rates(run):
    _, out, err = run("power", "maze", "--horizon", "2", "--horizon", "1,5", "--samples", "64", "--rng", "0",
                      "--format", "csv", "--save", "steps.nc")  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(out)))
    estimate = mp.power(mp.envs.make("maze"), horizon=[2, 1, 5], samples=64, rng=0)
    assert [float(r["power"]) for r in rows] == estimate.mean.ravel().tolist()
    assert [r["horizon"] for r in rows[::31]] == ["2", "1", "5"]
    assert "wrote steps.nc" in err
    _, out, _ = run("plot", "steps.nc", "--horizon", "5")
    assert "POWER at H = 5" in out
    assert "γ" not in out
    assert "H = 1  POWER" in run("info", "steps.nc")[1]


@pytest.mark.parametrize(
    ("args", "told"),
    [(("--horizon", "0"), "horizon must be a positive integer, got 0"),
     (("--horizon", "-1"), "horizon must be a positive integer, got -1"),
     (("--horizon", "2.5"), "--horizon must be positive integers, separated by commas; got '2.5'"),
     (("--horizon", "2", "--gamma", "0.9"), "give --gamma or --horizon, not both"),
     (("--horizon", "2", "--method", "lp"), "'lp' solves for a discount rate"),
     (("--horizon", "2", "--policy", "softmax(0.1)"), "softmax(temperature=0.1) is made for a discount rate")],
)  # fmt: skip
def test_steps_that_are_none(run, args, told):
    code, out, err = run("power", "fork(2)", "--samples", "64", *args)
    assert (code, out) == (2, "")
    assert told in err

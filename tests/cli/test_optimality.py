"""`mdppower optimal`, `compare` and `visits` as a user types them, and how states and actions are written."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest

import mdppower as mp
from mdppower.cli import main as cli
from mdppower.cli.options import parse_action, parse_place, parse_state
from mdppower.display.tables import visits_table


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def command(*args):
        with pytest.raises(SystemExit) as end:
            cli.main(args)
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return command


def records(text):
    return list(csv.DictReader(io.StringIO(text)))


# ---------------------------------------------------------------------- how labels are written


def test_states_are_named_by_label_mark_number_or_tuple():
    maze, lake = mp.envs.make("maze"), mp.envs.gridworld("####\n#a.#\n####")
    for text in ("(0, 3)", "0,3", " ( 0,3 ) "):
        assert parse_state(maze, text) == (0, 3)
    assert parse_state(lake, "a") == (1, 1)  # the mark of a cell
    assert parse_state(mp.envs.figure_1(), "star") == "star"
    numbered = mp.RewardlessMDP.from_arrays([[[0, 1]], [[1, 0]]])
    assert parse_state(numbered, "1") == 1
    for text in ("True", "1.0", "__import__('os')", "(" * 300, "9" * 5000, "\x00"):  # equal to 1, or not literals
        with pytest.raises(mp.LabelError, match="there is no state"):
            parse_state(numbered, text)


def test_a_mark_of_several_states_is_not_one_of_them():
    with pytest.raises(mp.LabelError, match=r"2 states are marked 'a' .*name one of them"):
        parse_state(mp.envs.gridworld("####\n#aa#\n####"), "a")


def test_a_near_name_is_suggested():
    mdp = mp.envs.figure_1()
    with pytest.raises(mp.LabelError, match=r"no state 'l_trj'; did you mean 'l_tri'\? states are 'star', "):
        parse_state(mdp, "l_trj")
    with pytest.raises(mp.LabelError, match=r"'star' has no action '->l_trj'; did you mean '->l_tri'\? it has "):
        parse_action(mdp, "star", "->l_trj")


def test_a_colon_separates_an_action_unless_it_is_part_of_a_name():
    maze = mp.envs.make("maze")
    assert parse_place(maze, "0,3") == ((0, 3), None)
    assert parse_place(maze, "(0, 3):E") == ((0, 3), "E")
    odd = mp.RewardlessMDP.from_successors({"a": {"b:x": "a:b", "y": "a"}, "a:b": {"x": "a", "c:d": "a"}})
    assert parse_place(odd, "a:b") == ("a:b", None)  # a state, before anything else
    assert parse_place(odd, "a:y") == ("a", "y")
    assert parse_place(odd, "a:b:x") == ("a:b", "x")  # the last colon that makes sense
    assert parse_place(odd, "a:b:c:d") == ("a:b", "c:d")
    with pytest.raises(mp.LabelError, match="state 'a' has no action 'z'"):
        parse_place(odd, "a:z")
    with pytest.raises(mp.LabelError, match="there is no state 'q'"):
        parse_place(odd, "q:x")


# ---------------------------------------------------------------------- optimal


def test_optimal_table_is_the_library(run):
    code, out, err = run("optimal", "turner-figure-1", "--state", "star", "--gamma", "0,0.5,1", "--rng", "0",
                         "--samples", "256", "--format", "csv")  # fmt: skip
    assert (code, err) == (0, "")
    rows = records(out)
    assert list(rows[0]) == [
        "gamma", "state", "action", "probability", "stderr", "lower", "upper", "strictly", "tied", "unresolved"
    ]  # fmt: skip
    chances = mp.action_optimality(mp.envs.figure_1(), [0, 0.5, 1], samples=256, rng=0).of("star")
    assert [float(r["probability"]) for r in rows] == chances.mean.ravel().tolist()
    assert [float(r["upper"]) for r in rows] == chances.interval()[1].ravel().tolist()
    assert [r["action"] for r in rows[:3]] == ["->l_tri", "->empty", "->r_tri"]


def test_optimal_tells_what_it_is_made_from(run):
    _, out, _ = run("optimal", "fork(2)", "--gamma", "0.5,1", "--samples", "64", "--rng", "3")
    assert "64 draws of uniform rewards (rng=3)" in out
    assert "Blackwell optimality" in out
    assert out.splitlines()[0].split()[:3] == ["gamma", "state", "action"]
    assert "Blackwell" not in run("optimal", "fork(2)", "--gamma", "0.5", "--samples", "64")[1]


def test_exact_probabilities_are_fractions(run):
    code, out, _ = run("optimal", "fork(3)", "--state", "root", "--method", "exact", "--format", "json")
    assert code == 0
    assert [(r["exact"], r["stderr"]) for r in json.loads(out)] == [("1/3", 0.0)] * 3
    assert "exact, uniform rewards" in run("optimal", "fork(3)", "--method", "exact")[1]


@pytest.mark.slow
@pytest.mark.parametrize(("args", "name"), [(["maze"], "map.png"), (["maze", "--state", "0,3"], "bars.svg")])
def test_pictures_of_optimal_actions(run, tmp_path, args, name):
    code, out, err = run("optimal", *args, "--gamma", "0.5,0.9", "--samples", "64", "--out", name)
    assert (code, err) == (0, f"wrote {name}\n")
    assert out.startswith("gamma")
    assert (tmp_path / name).stat().st_size > 5000


def test_ctrl_c_prints_what_there_is(run, monkeypatch):
    from mdppower.measures.action_optimality import _Task

    original = _Task.__call__

    def stop(self, numbers):
        if 5 in numbers:
            raise KeyboardInterrupt
        return original(self, numbers)

    monkeypatch.setattr(_Task, "__call__", stop)
    code, out, err = run("optimal", "maze", "--workers", "1", "--rng", "0")
    assert code == 130
    assert "draws of uniform" in out
    assert "interrupted" in err


# ---------------------------------------------------------------------- compare


def press(monkeypatch, after, error=KeyboardInterrupt):
    """Ctrl-C, or another error, in the replicate of that number."""
    from mdppower.measures.option_tally import TallyTask

    original = TallyTask.__call__

    def stop(self, numbers):
        if after in numbers:
            raise error
        return original(self, numbers)

    monkeypatch.setattr(TallyTask, "__call__", stop)


@pytest.mark.parametrize(
    "which", [("--a", "t1", "--b", "t2"), ("--all",), ("--a", "t1", "--b", "t2", "--format", "csv")]
)
def test_ctrl_c_in_compare_prints_what_there_is(run, monkeypatch, which):
    press(monkeypatch, 40)
    code, out, err = run("compare", "fork(2)", *which, "--workers", "1", "--rng", "0")
    assert code == 130
    assert "from 2,560 of 4,096 draws" in err
    assert "2,560 draws" in out or which[-1] == "csv"


def test_an_error_in_compare_prints_what_there_is(run, monkeypatch):
    from mdppower.errors import SolverError

    press(monkeypatch, 40, SolverError("draw 3: no value", draw=3))
    code, out, err = run("compare", "fork(2)", "--a", "t1", "--b", "t2", "--workers", "1", "--rng", "0")
    assert code == 3
    assert "2,560 draws" in out
    assert "draw 3: no value" in err


def test_compare_prints_the_options_the_numbers_and_the_verdict(run):
    code, out, err = run("compare", "fork(2)", "--a", "t1", "--b", "root", "--kind", "power", "--method", "exact")
    assert (code, err) == (0, "")
    assert out.startswith("A: power of 't1' at γ = 0.9\nB: power of 'root' at γ = 0.9\n")
    assert "gap C(B) - C(A)" in out
    assert "1/6" in out
    assert out.rstrip().endswith("B is instrumentally convergent over A: p(A ≥ B) = 1/2, all of it ties")


def test_compare_actions_by_draws(run):
    args = ("compare", "turner-figure-1", "--a", "star:->l_tri", "--b", "star:->r_tri", "--rng", "0")
    _, out, _ = run(*args)
    assert "A: value of 'star' by '->l_tri' at γ = 0.9" in out
    assert "4,096 draws of uniform rewards (rng=0)" in out
    assert "B is instrumentally convergent over A: p(A ≥ B) in [" in out
    rows = json.loads(run(*args, "--format", "json")[1])
    mdp = mp.envs.figure_1()
    a, b = (mp.Option.action(mdp, "star", name, 0.9, "value") for name in ("->l_tri", "->r_tri"))
    expected = mp.compare(a, b, rng=0)
    found = {row["quantity"]: row["value"] for row in rows}
    assert found["p(A ≥ B)"] == float(expected.p_at_least.mean)
    assert {row["verdict"] for row in rows} == {expected.verdict}


def test_average_reward_is_compared_at_gamma_one(run):
    _, out, _ = run("compare", "fork(2)", "--a", "t1", "--b", "root", "--kind", "rsd", "--method", "exact")
    assert "A: rsd of 't1' at γ = 1" in out
    assert run("compare", "fork(2)", "--a", "t1", "--b", "root", "--kind", "rsd", "--gamma", "1")[0] == 0


def test_all_pairs(run):
    _, out, _ = run("compare", "fork(2)", "--all", "--kind", "power", "--rng", "0", "--format", "csv")
    rows = records(out)
    assert len(rows) == 3 * 2
    row = next(r for r in rows if (r["A"], r["B"]) == ("'t1'", "'root'"))
    assert float(row["p_greater"]) == 0  # the root can go to t1: it is never worse
    assert float(row["lower"]) <= float(row["p_at_least"]) <= float(row["upper"])
    _, out, _ = run("compare", "fork(3)", "--state", "t1", "--state", "t2", "--state", "root", "--samples", "64")
    assert len(out.split("\n\n")[0].splitlines()) == 1 + 6
    assert "value at γ = 0.9; 64 draws" in out


# ---------------------------------------------------------------------- visits


def test_visits_of_figure_1(run):
    """Turner's figure 1: 11 visit distributions from the star, of which 5 are best for some reward."""
    code, out, err = run("visits", "turner-figure-1", "--state", "star")
    assert (code, err) == (0, "")
    table, counts = out.rstrip().split("\n\n")
    assert counts == "|F| = 11, |F_nd| = 5, |RSD| = 6, |RSD_nd| = 5"
    lines = table.splitlines()
    assert len(lines) == 1 + 11
    assert lines[4].split(maxsplit=2)[:2] == ["3", "yes"]
    assert "star->l_tri, l_tri->l_sw, l_sw->l_sw" in lines[4]
    assert lines[4].endswith("l_sw .81, star .1, l_tri .09")
    assert sum(" yes " in line for line in lines) == 5


def test_visits_in_full(run):
    rows = records(run("visits", "turner-figure-1", "--state", "star", "--gamma", "0.5", "--format", "csv")[1])
    F = mp.visits(mp.envs.figure_1(), "star", 0.5)
    found = [[float(row[f"visits of {name}"]) for name in F.mdp.states] for row in rows]
    assert found == F.normalised.tolist()
    assert [row["nondominated"] for row in rows].count("True") == 5


def test_which_are_nondominated_where_moves_are_uncertain():
    """In a stochastic MDP, too, the rows that are marked are those of F_nd."""
    F = mp.visits(mp.envs.gridworld("####\n#..#\n####", slip=0.2), (1, 1), 0.9)
    best = F.nondominated()
    marked = visits_table(F, best)["nondominated"]
    assert 0 < sum(marked) == len(best) < len(F)
    np.testing.assert_allclose(F.normalised[np.flatnonzero(marked)], best.normalised, atol=1e-12)


def test_nondominated_only_and_ends_only(run):
    _, out, _ = run("visits", "turner-figure-1", "--state", "star", "--nondominated")
    assert out.rstrip().endswith("\n|F_nd| = 5, |RSD_nd| = 5")
    assert len(out.split("\n\n")[0].splitlines()) == 1 + 5
    _, out, _ = run("visits", "turner-figure-1", "--state", "star", "--rsd")
    assert "l_sw .5, l_nw .5" in out
    assert out.count(" no ") == 1  # the cycle of r_ne and r_se
    _, out, _ = run("visits", "turner-figure-1", "--state", "star", "--rsd", "--nondominated")
    assert len(out.split("\n\n")[0].splitlines()) == 1 + 5


def test_given_actions(run):
    _, out, _ = run("visits", "turner-figure-1", "--state", "star", "--given", "star:->r_tri", "--given",
                    "r_tri:->r_ne")  # fmt: skip
    assert "|F| = 3" in out
    assert "l_tri" not in out


@pytest.mark.slow
def test_too_many_visits_still_have_their_nondominated(run):
    code, _, err = run("visits", "open(5,5)", "--state", "0,0")
    assert code == 2
    assert "--nondominated lists those that are best for some reward" in err
    assert "more than 50 " in run("visits", "open(4,4)", "--state", "0,0", "--nondominated", "--limit", "50")[2]
    code, out, _ = run("visits", "open(4,4)", "--state", "0,0", "--nondominated", "--format", "csv")
    assert (code, len(records(out))) == (0, 161)


def test_a_picture_of_visits(run, tmp_path):
    args = ("visits", "fork(3)", "--state", "root", "--out", "visits.png", "--x", "t1")
    assert run(*args, "--y", "t2")[2] == "wrote visits.png\n"
    assert (tmp_path / "visits.png").read_bytes().startswith(b"\x89PNG")
    assert "all three of --out FILE, --x STATE and --y STATE" in run(*args)[2]


# ---------------------------------------------------------------------- mistakes

BAD = {
    "state": (["optimal", "turner-figure-1", "--state", "stra"], "did you mean 'star'?"),
    "gamma": (["optimal", "fork(2)", "--gamma", "1.5"], "1.5"),
    "confidence": (["optimal", "fork(2)", "--confidence", "95"], "--confidence"),
    "suffix": (["optimal", "fork(2)", "--state", "root", "--out", "x.gif"], ".gif"),
    "no grid": (["optimal", "fork(2)", "--out", "x.png"], "name one with --state"),
    "method": (["optimal", "fork(2)", "--method", "magic"], "magic"),
    "one option": (["compare", "fork(2)", "--a", "t1"], "--a and --b"),
    "options twice": (["compare", "fork(2)", "--a", "t1", "--b", "t2", "--all"], "--a and --b"),
    "one of several": (["compare", "fork(2)", "--state", "t1"], "got 1"),
    "action": (["compare", "fork(2)", "--a", "t1", "--b", "root:->t9"], "has no action '->t9'"),
    "state of action": (["compare", "fork(2)", "--a", "t1", "--b", "rot:->t1"], "did you mean 'root'?"),
    "two rates": (["compare", "fork(2)", "--a", "t1", "--b", "t2", "--gamma", "0.1,0.9"], "one discount rate"),
    "rsd rate": (["compare", "fork(2)", "--a", "t1", "--b", "t2", "--kind", "rsd", "--gamma", "0.9"], "γ = 1"),
    "exact pairs": (["compare", "fork(2)", "--all", "--method", "exact"], "use --a and --b"),
    "no state": (["visits", "fork(2)"], "--state"),
    "given a state": (["visits", "fork(2)", "--state", "root", "--given", "root"], "must look like STATE:ACTION"),
    "given twice": (["visits", "fork(2)", "--state", "root", *["--given", "root:->t1"] * 2], "twice"),
    "rsd gamma": (["visits", "fork(2)", "--state", "root", "--rsd", "--gamma", "0.5"], "leave out --gamma"),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_one_line(run, case):
    args, told = BAD[case]
    code, _, err = run(*args)
    assert code == 2
    (line,) = err.strip().splitlines()
    assert line.startswith("mdppower: error: ")
    assert told in line


def test_help_loads_nothing_heavy(tmp_path):
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom mdppower.cli.main import cli\n"
        "done = CliRunner().invoke(cli, ['--help'])\nassert 'visits' in done.output, done.output\n"
        "print([m for m in ('numba', 'matplotlib', 'xarray', 'scipy.stats', 'networkx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.slow
def test_optimal_says_what_stays_open(run, monkeypatch, tmp_path):
    """A tie that is not settled is a warning, and in the column unresolved."""
    mdp = mp.RewardlessMDP.from_successors(
        {"root": {"bet": {"x": 0.5, "y": 0.5}, "sure": "z"}, "x": {"": "x"}, "y": {"": "y"}, "z": {"": "z"}}
    )
    mdp.save(tmp_path / "bet.nc")
    monkeypatch.setattr("mdppower.optimal_sets.optimal_actions.SMALL", 0)
    monkeypatch.setattr("mdppower.optimal_sets.stochastic_ties.MOST_STATES", 3)
    code, _, err = run("optimal", str(tmp_path / "bet.nc"), "--samples", "64")
    assert (code, err) == (0, "")  # rewards with a density do not tie
    code, out, err = run("optimal", str(tmp_path / "bet.nc"), "--rewards", "binom(1, 0.5)", "--samples", "64",
                         "--state", "root", "--format", "csv")  # fmt: skip
    assert code == 0
    assert "warning: whether an action is optimal stays open for a share of" in err
    assert all(float(row["unresolved"]) > 0 for row in records(out))


def test_options_of_some_steps(run):
    # Figure 1, three steps: 2/3 on the right, 11/18 on the left.
    args = ("turner-figure-1", "--a", "l_tri", "--b", "r_tri", "--kind", "power")
    _, out, _ = run("compare", *args, "--horizon", "3")
    assert "power of 'l_tri' at H = 3" in out
    assert "1/18" in out
    assert "is about γ = 1, not --horizon" in run("compare", *args[:5], "--kind", "rsd", "--horizon", "3")[2]
    assert "one number of steps" in run("compare", *args, "--horizon", "1,3")[2]
    _, out, _ = run("compare", "fork(2)", "--all", "--horizon", "3", "--rng", "0", "--samples", "64")
    assert "value at H = 3" in out
    _, out, _ = run("optimal", "turner-figure-1", "--state", "star", "--horizon", "1,2", "--method", "exact")
    assert [line.split()[-1] for line in out.splitlines()[1:7]] == ["1/3"] * 3 + ["869/2520", "391/1260", "869/2520"]

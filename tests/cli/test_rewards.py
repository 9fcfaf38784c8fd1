"""`--reward STATE=LAW` beside `--rewards LAW`: what it means, in every command that draws, and clear refusals."""

from __future__ import annotations

import json

import pytest

import mdppower as mp
from mdppower.cli.main import cli
from mdppower.cli.rewards import parse_rewards
from mdppower.rewards.distribution import resolve

ROOM = """
#####
#a.b#
#.*.#
#.*.#
#####"""


@pytest.fixture
def room():
    return mp.envs.gridworld(ROOM)


def test_it_is_the_mapping_of_python(room, capsys):
    found = resolve(parse_rewards(room, "uniform", ["a=norm(1,1)", "*=2", "1,2=uniform(loc=-1,scale=4)"]), room)
    same = resolve(
        {(1, 1): "norm(1,1)", "*": 2.0, (1, 2): "uniform(loc=-1,scale=4)", "default": "uniform"}, room
    )  # fmt: skip
    assert found.mean.tolist() == same.mean.tolist()
    assert found.variance.tolist() == same.variance.tolist()
    told = "norm(1,1) at (1, 1); 2 at the 2 states marked *; uniform(loc=-1,scale=4) at (1, 2); uniform elsewhere"
    assert capsys.readouterr().err == f"mdppower: rewards: {told}\n"


def test_without_a_state_nothing_changes(room, capsys):
    assert parse_rewards(room, "norm(0,1)", ()) == "norm(0,1)"  # the text itself: the same bits as ever
    assert parse_rewards(room, "0.5", ()) == 0.5  # a number is a reward, as in Python
    assert capsys.readouterr().err == ""


def test_a_state_beats_its_mark(room):
    law = resolve(parse_rewards(room, "0", ["*=2", "2,2=3"]), room)
    assert law.mean[[room.index((2, 2)), room.index((3, 2)), room.index((1, 1))]].tolist() == [3, 2, 0]


def test_names_with_an_equals_sign_and_a_state_called_default():
    odd = mp.RewardlessMDP.from_successors({"x": {"go": "x=y"}, "x=y": {"go": "default"}, "default": {"go": "x"}})
    found = resolve(parse_rewards(odd, "5", ["x=y=2", "x=uniform(loc=0,scale=2)"]), odd)
    assert dict(zip(odd.states, found.mean.tolist(), strict=True)) == {"x": 1, "x=y": 2, "default": 5}
    found = resolve(parse_rewards(odd, "5", ["default=7"]), odd)
    assert dict(zip(odd.states, found.mean.tolist(), strict=True)) == {"x": 5, "x=y": 5, "default": 7}


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (["a"], mp.ParameterError, r"--reward must look like \"a=norm\(1,1\)\", a state and its law; got 'a'"),
        (["q=2"], mp.LabelError, r"--reward q=2: there is no state 'q'; states are .*; marks are 'a'"),
        (["0,9=2"], mp.LabelError, r"--reward 0,9=2: there is no state '0,9'"),
        (["=2"], mp.LabelError, r"there is no state ''"),
        (["default=2"], mp.LabelError, r"no state 'default'.*; all other states have --rewards"),
        (["a=2", "1,1=3"], mp.ParameterError, r"--reward names \(1, 1\) twice, the second time in '1,1=3'"),
        (["*=2", "*=2"], mp.ParameterError, r"--reward names '\*' twice"),
        (
            ["a=nrm(0,1)"],
            mp.RewardError,
            r"--reward a=nrm\(0,1\): scipy.stats has no distribution 'nrm'; did you mean",
        ),
        (["a="], mp.RewardError, r"--reward a=: rewards '' must be NAME or NAME\(number"),
        (["a=nan"], mp.RewardError, r"--reward a=nan: a constant reward must be a finite number"),
    ],
)
def test_what_is_refused(room, texts, error, message):
    with pytest.raises(error, match=message):
        parse_rewards(room, "uniform", texts)


def test_near_names():
    with pytest.raises(mp.LabelError, match=r"no state 'l_trj'; did you mean 'l_tri'\?"):
        parse_rewards(mp.envs.figure_1(), "uniform", ["l_trj=2"])
    marked = mp.RewardlessMDP.from_pairs([0, 1], [[1, 0], [0, 1]], marks={"goal": [0, 1]})
    with pytest.raises(mp.LabelError, match=r"no state 'gaol'.*; did you mean the mark 'goal'\?"):
        parse_rewards(marked, "uniform", ["gaol=2"])


def test_every_command_that_takes_rewards_takes_one():
    taking = {name for name, one in cli.commands.items() if any(p.name == "rewards" for p in one.params)}
    assert taking >= {
        "map",
        "power",
        "optimal",
        "compare",
        "curve",
        "bound",
        "diff",
        "sensitivity",
        "verify",
        "coin-flips",
    }
    for name in taking:
        assert any(p.name == "reward" for p in cli.commands[name].params), name


LAW = {"t1": 2.0, "default": "uniform"}
GIVEN = ("--reward", "t1=2", "--samples", "64", "--rng", "0", "--format", "json")


def test_commands_measure_what_python_does(run):
    fork = mp.envs.fork(2)
    code, out, err = run("power", "fork(2)", *GIVEN)
    assert (code, err) == (0, "mdppower: rewards: 2 at t1; uniform elsewhere\n")
    power = mp.power(fork, 0.9, LAW, samples=64, rng=0)
    assert [row["power"] for row in json.loads(out)] == power.mean.tolist()
    optimal = mp.action_optimality(fork, [0.9], LAW, samples=64, rng=0)
    rows = json.loads(run("optimal", "fork(2)", *GIVEN)[1])
    assert [row["probability"] for row in rows[:2]] == optimal.of("root").mean.ravel().tolist() == [1, 0]
    rows = json.loads(run("compare", "fork(2)", "--a", "t2", "--b", "root", *GIVEN)[1])
    a, b = (mp.Option.state(fork, s, 0.9) for s in ("t2", "root"))
    assert rows[2]["value"] == float(mp.compare(a, b, LAW, samples=64, rng=0).gap.mean)
    rows = json.loads(run("diff", "fork(2)", "fork(3)", "--reward", "t3=2", *GIVEN[2:])[1])  # which only B has
    found = mp.sensitivity.difference(
        fork, mp.envs.fork(3), 0.9, {"t3": 2.0, "default": "uniform"}, samples=64, rng=0
    )
    assert [row["difference"] for row in rows] == found.table()["difference"]


@pytest.mark.slow
def test_the_others_too(run):
    code, out, _ = run("sensitivity", "fork(2)", *GIVEN, "--duplicate", "t1")
    assert code == 0
    assert {row["before"] for row in json.loads(out)} >= {2.0}
    code, out, _ = run("verify", "fork(2)", "--claims", "lemma-5.3", *GIVEN[:-2])
    assert code == 0
    assert "draws of per-state rewards (rng=0)" in out
    code, out, _ = run("verify", "fork(2)", "--claims", "lemma-5.3", *GIVEN)
    assert "64 draws of per-state rewards each" in out
    code, out, _ = run("curve", "--env", "fork(2)", *GIVEN[:-2], "--out", "c.svg")
    assert "under per-state rewards" in out


def test_rewards_on_pairs(room, capsys):
    """`onpairs(LAW)`: of all pairs; --reward then names a pair, or all actions of a state, which a pair beats."""
    assert parse_rewards(room, "onpairs(norm(0,1))", ()).law == "norm(0,1)"
    found = parse_rewards(room, "onpairs(uniform)", ["1,2=2", "1,2:E=norm(1,1)"])
    law = resolve(found, room, pairs=True)
    own = {room.pair_label(p): law.mean[p] for p in range(room.n_pairs)}
    assert own[(1, 2), "E"] == 1
    assert {own[(1, 2), action] for action in room.actions((1, 2)) if action != "E"} == {2}
    assert own[(1, 1), "S"] == 0.5
    assert "uniform elsewhere" in capsys.readouterr().err
    with pytest.raises(mp.errors.LabelError, match=r"no action 'X'"):
        parse_rewards(room, "onpairs(uniform)", ["1,2:X=1"])
    with pytest.raises(mp.errors.ParameterError, match="must look like"):
        parse_rewards(room, "onpairs(uniform)", ["1,2:E"])
    with pytest.raises(mp.errors.ParameterError, match="twice"):
        parse_rewards(room, "onpairs(uniform)", ["1,2:E=1", "1,2:E=2"])


def test_commands_say_optimal_value(run):
    """fork(2) at γ = 0 on pairs: E max of two uniform numbers is 2/3; and nothing calls it POWER."""
    _, out, err = run("power", "fork(2)", "--gamma", "0", "--rewards", "onpairs(uniform)", "--rng", "0")
    assert "optimal_value" in out
    assert abs(float(out.splitlines()[1].split()[2]) - 2 / 3) < 0.02
    assert "POWER" not in out + err
    _, out, err = run("optimal", "fork(2)", "--gamma", "0.5", "--rewards", "onpairs(uniform)", "--method", "exact")
    assert "uniform rewards on pairs" in out + err

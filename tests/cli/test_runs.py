"""`mdppower runs`: what is in a store, and what a run in it says."""

from __future__ import annotations

import csv
import io
import json

import pytest

import mdppower as mp
from mdppower.measures.power_task import PowerTask
from mdppower.stores.store import Store


@pytest.fixture
def store(run):
    """Two runs: one of POWER in a map, and one of two options."""
    run("map", "my_map.txt", "--samples", "256", "--rng", "7", "--gamma", "0.5,0.9", "--store", "run.sqlite",
        "--save", "saved.nc")  # fmt: skip
    run("compare", "fork(2)", "--a", "t1", "--b", "root", "--samples", "64", "--store", "run.sqlite")
    return "run.sqlite"


def test_the_list(run, store):
    code, out, err = run("runs", store)
    assert (code, err) == (0, "")
    head, first, second = out.splitlines()
    assert head.split()[:5] == ["number", "call", "about", "rewards", "gamma"]
    assert first.split()[:3] == ["1", "power", "3"]
    assert "0.5 0.9" in first
    assert first.endswith("done")
    assert "compare" in second


def test_csv_and_json_have_all_of_it(run, store):
    rows = list(csv.DictReader(io.StringIO(run("runs", store, "--format", "csv")[1])))
    records = json.loads(run("runs", store, "--format", "json")[1])
    assert [row["rng"] for row in rows] == [record["rng"] for record in records]
    assert (rows[0]["rng"], rows[0]["draws"], rows[0]["wanted"], rows[0]["driver"]) == ("7", "256", "256", "")
    with Store(store, writing=False) as found:
        assert [row["id"] for row in rows] == [record.id for record in found.runs()]
    # The entropy of a run without --rng has 128 bits: a text, which no reader of JSON rounds.
    assert isinstance(records[1]["rng"], str)


def test_what_is_going_on(run, store):
    with Store(store) as found, found.ledger({"mine": 1}, {"call": "power"}, 3).driving(5):
        state = run("runs", store)[1].splitlines()[-1]
    assert "made by process" in state
    assert run("runs", store)[1].splitlines()[-1].endswith("stopped")


@pytest.mark.slow
def test_export_of_power_is_the_saved_file(run, store):
    code, _, err = run("runs", store, "--export", "1", "--out", "again.nc")
    assert (code, err) == (0, "wrote again.nc\n")
    saved, again = mp.load("saved.nc"), mp.load("again.nc")
    assert repr(again) == repr(saved)
    assert (again.data.means == saved.data.means).all()
    assert again.mdp.equals(saved.mdp)
    assert run("plot", "again.nc") == run("plot", "saved.nc")


def test_export_of_an_unfinished_run(run, monkeypatch):
    original = PowerTask.__call__

    def breaks(task, numbers):
        if 40 in numbers:
            raise KeyboardInterrupt
        return original(task, numbers)

    with monkeypatch.context() as patch:
        patch.setattr(PowerTask, "__call__", breaks)
        assert run("power", "fork(3)", "--samples", "4096", "--store", "run.sqlite", "--workers", "1")[0] == 130
    assert run("runs", "run.sqlite")[1].splitlines()[-1].endswith("stopped")
    code, _, err = run("runs", "run.sqlite", "--export", "1", "--out", "part.nc")
    assert code == 0
    assert "not finished: " in err
    assert mp.load("part.nc").interrupted


@pytest.mark.slow
def test_what_is_exported_is_loaded_told_and_drawn(run, store):
    assert run("runs", store, "--export", "2", "--out", "pair.nc")[0] == 0
    found = mp.load("pair.nc")
    assert isinstance(found, mp.measures.comparison_estimate.Comparison)
    code, out, _ = run("info", "pair.nc")
    assert code == 0
    assert "holds  a Comparison" in out
    assert out.endswith(f"{found}\n")
    assert run("plot", "pair.nc")[1] == f"{found}\n"
    rows = csv.DictReader(io.StringIO(run("plot", "pair.nc", "--format", "csv")[1]))
    assert [row["quantity"] for row in rows] == found.table()["quantity"]
    assert run("plot", "pair.nc", "--out", "pair.svg", "--title", "two") == (0, "", "wrote pair.svg\n")
    for args, told in [
        (["--arrows", "--out", "x.svg"], "--arrows is for estimates of POWER; pair.nc holds a Comparison"),
        (["--gamma", "0.5"], "--gamma is for results at several rates; pair.nc holds a Comparison"),
    ]:
        code, _, err = run("plot", "pair.nc", *args)
        assert code == 2
        assert told in err
    assert "a result without an MDP of its own: Comparison" in run("map", "pair.nc", "--samples", "64")[2]


def test_what_has_no_class_of_its_own_is_exported_too(run, tmp_path):
    options = [mp.Option.vectors(rows, name=str(k)) for k, rows in enumerate(([[1, 0]], [[0, 1]], [[1, 0], [0, 1]]))]
    given = mp.compare_all(options, samples=64, rng=0, store=tmp_path / "all.sqlite")
    assert run("runs", "all.sqlite", "--export", "1", "--out", "all.nc")[0] == 0
    assert mp.load("all.nc").identical(given)
    assert "labelled arrays (xarray.Dataset)" in run("info", "all.nc")[1]
    assert "no picture of labelled arrays" in run("plot", "all.nc", "--out", "x.svg")[2]
    assert "no table of labelled arrays" in run("plot", "all.nc", "--format", "csv")[2]


@pytest.mark.slow
def test_export_of_models_says_what_the_commands_say(run):
    """Of a difference A − B: E max of three uniform rewards is 3/4, of two 2/3."""
    import xarray as xr

    how = ("--samples", "256", "--rng", "1", "--store", "run.sqlite", "--format", "json")
    tables = [json.loads(run(*call, *how)[1]) for call in (
        ("diff", "fork(3)", "fork(2)"), ("sensitivity", "fork(2)", "--duplicate", "t1", "--split", "root:->t1"),
    )]  # fmt: skip
    for number, name in ((1, "difference"), (2, "change")):
        code, _, err = run("runs", "run.sqlite", "--export", str(number), "--out", "x.nc")
        assert (code, err) == (0, "wrote x.nc\n")
        with xr.open_dataset("x.nc", engine="h5netcdf") as data:
            assert "interrupted" not in data.attrs
            assert not mp.load("x.nc").interrupted
            one = data if number == 1 else data.sel(reading="independent")
            for column in (name, "lower", "upper", "verdict"):
                assert one[column].values.ravel().tolist() == [row[column] for row in tables[number - 1]]
            assert 0.04 < one[name].values.ravel()[0] < 0.13
    assert data.transform.values.tolist() == ["duplicate 't1' by choice", "split '->t1' at 'root' into 2"]


def test_export_of_visits(run):
    """No command asks for them; the function keeps them in the same store."""
    import xarray as xr

    fork = mp.envs.fork(3)
    found = mp.average_optimality(fork, "root", samples=256, rng=1, store="run.sqlite")
    assert run("runs", "run.sqlite", "--export", "1", "--out", "x.nc")[0] == 0
    with xr.open_dataset("x.nc", engine="h5netcdf") as data:
        assert data.probability.values.tolist() == found.mean.tolist()
        assert data.probability.dims == ("option",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--export", "1"), "--export NUMBER and --out FILE go together"),
        (("--out", "x.nc"), "--export NUMBER and --out FILE go together"),
        (("--export", "3", "--out", "x.nc"), "the store has runs 1 to 2"),
        (("--export", "0", "--out", "x.nc"), "the store has runs 1 to 2"),
        (("--export", "1", "--out", "x.csv"), "--out must end in .nc"),
        (("--export", "1", "--out", "no/x.nc"), "--out"),
    ],
)
def test_mistakes(run, store, given, told):
    code, out, err = run("runs", store, *given)
    assert (code, out) == (2, "")
    assert told in err


def test_what_is_no_store(run):
    assert "No such file" in run("runs", "nowhere.sqlite")[2]
    assert "is no store of mdppower" in run("runs", "my_map.txt")[2]
    with Store("empty.sqlite"):
        pass
    assert [run("runs", "empty.sqlite", "--format", fmt)[1].strip() for fmt in ("table", "csv", "json")] == [
        "no runs", "", "[]",
    ]  # fmt: skip


def test_names_of_others_steer_no_terminal(run):
    with Store("run.sqlite") as store:
        store.ledger(
            {"x": 1}, {"call": "\x1b[2J", "about": "=cmd()\n", "rewards": 3, "gamma": ["a"], "draws": "b"}, 1
        )
    for fmt in ("table", "csv", "json"):
        code, out, _ = run("runs", "run.sqlite", "--format", fmt)
        assert code == 0
        assert "\x1b" not in out
    code, _, err = run("runs", "run.sqlite", "--export", "1", "--out", "x.nc")
    assert code == 2
    assert "\x1b" not in err

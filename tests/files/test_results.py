"""Files of results: all kinds come back in all bits, and what was changed in a file is refused by field and value."""

from __future__ import annotations

import csv
import json
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from results import NAMES, bits, results, shown

import mdppower as mp
from mdppower.files.result_kinds import KINDS, kind_of
from mdppower.files.results import save_result
from scripts.fuzz.hostile import file_of, parts_of


@cache
def saved(name):
    """The bytes of a file, made once."""
    with tempfile.TemporaryDirectory() as folder:
        save_result(results()[name], Path(folder, "x.nc"))
        return Path(folder, "x.nc").read_bytes()


def parts(name):
    """Header and arrays of a file."""
    header, arrays = parts_of(saved(name))
    return header, {name: values for name, values in arrays.items() if name.startswith("kept_")}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.nc"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_all_kinds_come_back_in_all_bits(name, path):
    result = results()[name]
    path.write_bytes(saved(name))
    again = mp.load(path)
    assert type(again) is type(result)
    if isinstance(result, xr.Dataset):
        assert again.identical(result)
        return
    assert bits(again) == bits(result)
    assert shown(again) == shown(result)


@pytest.mark.slow
def test_every_kind_is_walked_over():
    assert list(results()) == NAMES
    assert {kind_of(result) for result in results().values()} == set(KINDS)


@pytest.mark.slow
def test_bits_tell_results_apart():
    """The control: the last bit of one number, a label, a fraction."""
    from dataclasses import replace

    one = results()["a state"]
    means = one.data.means.copy()
    means[0, 0, 0] = np.nextafter(means[0, 0, 0], 2)
    assert bits(replace(one, data=replace(one.data, means=means))) != bits(one)
    assert bits(replace(one, labels=((0, 1),))) != bits(one)
    exact = results()["fractions"]
    assert bits(replace(exact, fractions=2 * exact.fractions)) != bits(exact)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name != "all pairs"])  # that one is a Dataset
def test_tables(name, tmp_path):
    result = results()[name]
    table = result.table()
    save_result(result, tmp_path / "x.csv")
    save_result(result, tmp_path / "x.json")
    with open(tmp_path / "x.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(table)
    assert len(rows) == 1 + table.n_rows
    records = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert [list(record) for record in records] == [list(table)] * table.n_rows


@pytest.mark.slow
def test_other_suffixes_are_refused(tmp_path):
    for name, told in [("x.txt", r"saved as \.nc, \.csv or \.json"), ("x", "saved as")]:
        with pytest.raises(mp.ParameterError, match=told):
            save_result(results()["a state"], tmp_path / name)
    with pytest.raises(mp.FileError):
        save_result(results()["a state"], tmp_path / "no" / "x.nc")


@pytest.mark.slow
def test_other_programs_read_the_labelled_arrays(path):
    for name in ("a sum", "optimality", "comparison", "pairs"):
        result = results()[name]
        path.write_bytes(saved(name))
        wanted = result.to_xarray()
        with xr.open_dataset(path, engine="h5netcdf") as data:
            for variable in wanted.data_vars:
                np.testing.assert_array_equal(data[variable], wanted[variable])
                assert data[variable].attrs == wanted[variable].attrs
            assert data.attrs["format"] == "mdppower"


def test_loaded_parts_are_of_the_same_draws(path):
    """optimal − agent, when one of them comes from a file."""
    room = mp.envs.make("open(2,3)")
    optimal, agent = (
        mp.power(room, 0.9, samples=64, rng=0, policy=policy) for policy in (None, mp.agents.lookahead(1))
    )
    agent.of((0, 0)).save(path)
    lost = optimal.of((0, 0)) - mp.load(path)
    assert bits(lost.data) == bits((optimal.of((0, 0)) - agent.of((0, 0))).data)
    other = mp.power(room, 0.9, samples=64, rng=1).of((0, 0))
    with pytest.raises(mp.ParameterError, match="not from the same draws"):
        other - mp.load(path)


@pytest.mark.slow
def test_what_cannot_be_written_says_so(path):
    """A user's own code is a name in a file: it is drawn from no more, and like no other."""
    own = results()["a user's own rewards"]
    own.save(path)
    again = mp.load(path)
    with pytest.raises(mp.RewardError, match="user's own code, which a file cannot hold"):
        again.draws.source.replicate(0)
    with pytest.raises(mp.ParameterError, match="not from the same draws"):
        own - again


def test_claims_under_rewards_that_are_no_text(path):
    from mdppower.theorems import verify

    found = verify(mp.envs.fork(2), [0.5], claims=["prop-5.4"], rewards=mp.Gaussian([0, 0, 0], np.eye(3)), rng=0)
    with pytest.raises(mp.ParameterError, match=r"rewards that are no text.*saved as \.md, \.html or \.json"):
        found.save(path)
    assert not path.exists()


def test_odd_labels(path):
    """Labels that no NetCDF text can hold, in the coordinates too."""
    ends = {label: {"stay": label} for label in ("a\x00b", "\ud800", "=1+1", "é" * 2000)}
    mdp = mp.RewardlessMDP.from_successors({"s": {label: label for label in ends}, **ends})
    found = mp.action_optimality(mdp, 0.5, samples=16, rng=0)
    found.save(path)
    assert bits(mp.load(path)) == bits(found)


@pytest.mark.slow
def test_the_mdp_of_a_result(path):
    path.write_bytes(saved("optimality"))
    assert mp.RewardlessMDP.load(path).n_states == 6
    path.write_bytes(saved("comparison"))
    with pytest.raises(mp.FileError, match="a result without an MDP of its own: Comparison"):
        mp.RewardlessMDP.load(path)


# ---------------------------------------------------------------------- what was changed


def change(header, arrays, place, value):
    """What stands at a place of the fields becomes that; of an array, which it names, a function of it."""
    spot = header["fields"]
    for key in place[:-1]:
        spot = spot[key]
    if callable(value):
        key = f"kept_{spot[place[-1]]}"
        arrays[key] = value(arrays[key].copy())
    elif value is DELETED:
        del spot[place[-1]]
    else:
        spot[place[-1]] = value


DELETED = object()


def first(value):
    def change(array):
        array.flat[0] = value
        return array

    return change


DATA = ("data", "fields")
HOSTILE = [
    # what, where, changed to, the error
    ("a state", ("labels",), DELETED, r"Estimate must be a table with the field 'labels'"),
    ("a state", ("more",), 1, "a table without 'more'"),
    ("a state", ("labels",), ["a", "b"], r"of size 2 along 'quantity'"),
    ("a state", ("labels",), "a", r"Estimate\.labels must be a list"),
    ("a state", ("labels",), [0.5], r"Estimate\.labels\[0\] must be a text, an integer"),
    ("a state", ("gammas",), [0.5, 1.5], r"Estimate\.gammas\[1\] must be a number in \[0, 1\], got 1\.5"),
    ("a state", ("gammas",), [0.5, 0.5], r"Estimate\.gammas must be different rates"),
    ("a state", ("gammas",), [0.5], r"of size 1 along 'gamma'"),
    ("a state", ("single_gamma",), True, r"single_gamma must be false for several rates"),
    ("a state", ("single_gamma",), 1, r"single_gamma must be true or false"),
    ("a sum", ("single",), True, r"single must be false for several labels"),
    ("a state", ("dimension",), "gamma", r"dimension must be one of 'state', 'pair'"),
    ("a state", ("dimension",), "pair", None),  # (0, 0) may be a state and its action
    ("a difference", ("data", "kind"), "pickle", r"data\.kind must be one of"),
    ("a state", (*DATA, "means"), 99, r"means must be an integer in 1 … \d+, got 99"),
    ("a state", (*DATA, "means"), first(np.nan), r"means must be numbers, or all without .*got nan"),
    ("a state", (*DATA, "means"), first(np.inf), r"means\[0, 0, 0\] must be a finite number in .*, got inf"),
    ("a state", (*DATA, "means"), first(1e200), r"means\[0, 0, 0\] must be a finite number in -1e\+152 … 1e\+152"),
    ("a state", (*DATA, "low"), first(-1e308), r"low must be within ± 1e\+152, or no bound, got"),
    ("a state", (*DATA, "high"), lambda x: x * np.inf, None),
    ("a width", (*DATA, "low"), first(np.inf), r"low must be within ± 1e\+152, or no bound, got"),
    ("a state", (*DATA, "means"), lambda x: x.astype("f4"), "must be integers or float64 numbers, got 'float32"),
    ("a state", (*DATA, "means"), lambda x: x.astype("i8"), "means must be an array of float64, got 'int64"),
    ("a state", (*DATA, "means"), lambda x: x[..., 0], r"means must be of 3 dimensions"),
    ("a state", (*DATA, "means"), lambda x: x[:0], r"means must be of one replicate or more"),
    ("a state", (*DATA, "low"), lambda x: x + 5, r"low must be at most high"),
    ("a state", (*DATA, "slack"), first(-1), r"slack\[0\] must be a finite number in 0 … 1e\+152, got -1"),
    ("a state", (*DATA, "slack"), lambda x: x[:1], r"slack must be of size 2 along 'gamma'"),
    ("a state", (*DATA, "constant"), first(2), r"constant\[0\] must be a number in 0 … 1, got 2"),
    ("a state", (*DATA, "trials"), 10**6, r"trials must be at most 64, the draws, got 1000000"),
    ("a state", (*DATA, "trials"), 0, r"trials must be an integer in 1"),
    ("a state", ("draws", "size"), 2**40, r"draws\.size must be an integer in 0 … 65536"),
    ("a state", ("draws", "states"), [], r"draws\.states must be a list of 1 or more"),
    ("a state", ("draws", "rewards", "size"), 2**31 - 1, r"draws\.rewards\.size must be an integer in 1 … 1048576"),
    ("a state", ("draws", "rewards", "rewards", "kind"), "x", r"draws\.rewards\.rewards must be one of"),
    ("a sum", ("layout",), lambda x: x[:, :1], r"layout must be of size 2"),
    ("a sum", ("layout",), first(1e300), r"layout\[0, 0\] must be"),
    ("a sum", ("marks",), {"g": [10**6]}, r"marks\[g\] must be below"),
    ("a sum", ("marks",), [1], r"marks must be a table"),
    ("fractions", ("fractions", "numbers", 0), "1/0", r"numbers\[0\] must be a fraction of which 0 is not"),
    ("fractions", ("fractions", "numbers", 0), 0.5, r"numbers\[0\] must be a fraction such as"),
    ("fractions", ("fractions", "shape"), [2, 2**30], r"fractions\.numbers must be 2,147,483,648 numbers"),
    ("with a guarantee", (*DATA, "index"), first(6), r"index\[0\] must be a number in 0 … 5, got 6"),
    ("with a guarantee", (*DATA, "pointer"), first(1), r"pointer must be from 0 to 1"),
    ("with a guarantee", (*DATA, "weight"), first(np.inf), r"weight\[0\] must be a finite number"),
    ("with a guarantee", (*DATA, "base", "average"), first(0.99), r"Estimate.*must be between"),
    ("with a guarantee", (*DATA, "base", "draws"), 640, r"Estimate.*must be"),
    ("with a guarantee", (*DATA, "base", "low"), lambda x: x - 1, r"data\.low must be 0, an end of the re"),
    ("with a guarantee", (*DATA, "base", "rise"), lambda x: x[..., :1], r"fall must be of size 1 along 'mean'"),
    ("optimality", ("samples",), 1, r"strict_counts must be of at most 1 draws"),
    ("optimality", ("samples",), 0, r"ActionOptimality\.exact must be given where there are no draws"),
    ("optimality", ("strict_counts",), lambda x: x * 0 + 64, r"strict_counts must be of at most 64 draws"),
    ("optimality", ("strict_counts",), first(-1), r"strict_counts\[0, 0\] must be a number in 0"),
    ("optimality", ("tied_counts",), lambda x: x.astype("i1"), r"tied_counts must be an array of int64, got 'int8"),
    ("optimality", ("method",), "guess", r"method must be one of"),
    ("optimality", ("mdp", "mdp"), 1, r"mdp\.mdp must be an integer in 0 … 0, got 1"),
    ("optimality, exact", ("exact", "numbers", 0), "3/2", r"exact must be between 0 and 1, got Fraction\(3, 2\)"),
    ("optimality, exact", ("exact_tied",), None, r"exact_tied must be given with exact"),
    ("optimality, integrated", ("slack",), -1.0, r"slack must be a number in \[0, 1e\+152\], got -1"),
    ("comparison", ("outcomes", "sure"), first(60), r"outcomes.*must be"),
    ("comparison", ("outcomes", "draws"), 640, r"outcomes\.draws must be 64, the samples, got 640"),
    ("comparison", ("samples",), 63, r"must be 63"),
    ("comparison", ("entropy",), None, r"entropy must be given where there are draws"),
    ("comparison", ("means", "labels"), ["a", "b"], r"means\.labels must be \(.*the names of the options"),
    ("comparison", ("A", "option", "gamma"), 0.5, r"B must be an option like A \(.*different gamma"),
    ("comparison", ("A", "option", "gamma"), None, r"A\.gamma must be the rate of that kind"),
    ("comparison", ("A", "option", "parts", 0, 1), 9, r"A\.parts\[0\] must be an integer in 0 … 3, got 9"),
    ("comparison", ("least",), 5.0, r"least must be at most greatest"),
    ("comparison", ("sd",), -0.5, r"sd must be a number in \[0, inf\]"),
    ("comparison, exact", ("outcomes", "exact", "numbers", 0), "1/2", r"outcomes\.exact must be 1 together"),
    ("comparison of vectors", ("A", "option", "parts", 0), 0, r"A\.parts\[0\] must be an integer in 1"),
    ("two models", ("data", "means"), lambda x: x[..., :-1], r"means must be|along 'quantity'"),
    ("two models", ("B", "mdp"), 0, r"ModelDifference"),
    ("two models", ("samples",), 65, r"samples must be 16 equal replicates, got 65"),
    ("two models", ("rewards", "size"), 3, r"rewards"),
    ("sensitivity", ("transforms", 0, "origin"), first(7), r"transforms\[0\]\.origin must be below 4, got 7"),
    ("sensitivity", ("transforms", 0, "representative"), first(-1), r"representative\[0\] must be a number in 0"),
    ("sensitivity", ("transforms",), [], r"transforms must be a list of 1 or more"),
    ("solution", ("error_bound",), first(-1), r"error_bound\[0\] must be a finite number in 0"),
    ("solution", ("policies",), lambda x: x[:, :2], r"along 'state'"),
    ("solution", ("policies",), first(9), r"policies must be below 3, got 9"),
    ("solution", ("policies",), lambda x: x * 0 + 2, r"policies\[0, 1\] must be an action of that state, got 2"),
    ("solution", ("gamma",), "nan", r"gamma must be a number in \[0, 1\], got 'nan'"),
    ("solution", ("gamma",), 2, r"gamma must be a number in \[0, 1\]"),
    ("support", ("points",), first(-1), r"points\[0, 0\] must be"),
    ("support", ("duals",), lambda x: x[:, :2], r"duals must be of 4 numbers a draw, got 2"),
    ("support", ("gamma",), 1.0, r"duals must be of 8 numbers a draw, got 4"),
    ("polytope", ("start",), first(0.5), r"sum to 0\.5"),
    ("polytope", ("start",), first(np.nan), r"start\[0\] must be"),
    ("visits", ("start",), "nowhere", r"'nowhere'"),
    ("visits", ("limit",), 0, r"limit must be an integer in 1"),
    ("visits by an action", ("given",), [["root", "fly"]], r"'fly'"),
    ("visits by an action", ("given",), [["root"]], r"given\[0\] must be a state and an action"),
    ("nondominated visits", ("chosen", "pairs"), lambda x: x + 1, r"chosen\[0\] must be"),
    ("nondominated visits", ("chosen", "states"), first(2**31 - 1), r"chosen\[0\] must be"),
    ("nondominated visits", ("chosen", "ends"), first(1), r"chosen\.ends must be from 0"),
    ("ends", ("rows",), lambda x: x[:, ::-1], r"rows\[0\] must be where its policy ends"),
    ("ends", ("rows",), lambda x: x[:1], r"rows must be of \d policies"),
    ("certificates", ("delta_min",), 5.0, r"delta_min must be at most delta_max"),
    ("certificates", ("certificates", 0, "value"), -1, r"certificates\[0\]\.value must be a number in \[0, inf\]"),
    ("certificates", ("certificates", 0, "value"), "nan", r"value must be a number in \[0, inf\], got 'nan'"),
    ("certificates", ("missing",), [], r"missing must be a table"),
    ("a training", ("gamma",), 1, r"gamma must be strictly between 0 and 1, got 1"),
    ("a training", ("signals", 0, 0), "randm", r"signals must be names of signals, got .*randm"),
    ("a training", ("signals", 0, 0), "few(0)", r"few\(0\)|n of few"),
    ("a training", ("signals", 0, 0), "noise", r"signals must be different signals"),
    ("a training", ("signals", 2, 1, "rewards"), {"kind": "fixed", "vector": [1.0]}, r"must be the law of a noise"),
    ("a training", ("signals",), [["random", None]], r"of size 3 along 'arm'|of size 1 along 'arm'"),
    ("a training", ("checkpoints",), [0, 20, 20], r"checkpoints must be numbers that rise from 0"),
    ("a training", ("checkpoints",), [1, 20, 40], r"checkpoints must be numbers that rise from 0"),
    ("a training", ("checkpoints",), [0, 20], r"along 'step'"),
    ("a training", ("weights",), first(np.inf), r"weights\[0, 0, 0, 0, 0\] must be"),
    ("a training", ("weights",), lambda x: x[..., :3], r"along 'state'"),
    ("a training", ("bias",), lambda x: x[:, :2], r"along 'run'"),
    ("a training", ("start",), first(0.9), r"start must be probabilities that sum to 1"),
    ("a training", ("method", "alpha"), 3, r"method\.alpha must be a finite number in \[0, 2\]"),
    ("a training", ("method",), {}, r"method must be a table"),
    ("learning curves", ("powers",), first(2.0), r"powers must be between the worst and the ceiling"),
    ("learning curves", ("floors",), first(2.0), r"floors must be between the worst and the ceiling"),
    ("learning curves", ("errors",), first(-1), r"errors\[0, 0\] must be"),
    ("learning curves against others", ("encounters", "better"), first(1e9), r"better must be with ties at most 32"),
    ("learning curves against others", ("encounters", "references"), ["a", "a", "b"], r"references must be diff"),
    ("learning curves against others", ("encounters", "references"), ["a", 1, "b"], r"references must be texts"),
    ("learning curves against others", ("encounters", "references"), ["a"], r"of size \d+ along"),
    ("learning curves against others", ("encounters", "spreads"), first(-1), r"spreads.* must be"),
    ("rivals", ("unit",), "task", r"unit must be one of 'reward', 'reward and start'"),
    ("rivals", ("better",), first(33), r"better must be with ties at most 32"),
    ("rivals", ("leads",), lambda x: np.ones(x.shape), r"leads must be at most 0 where no task was won"),
    ("rivals", ("leads",), lambda x: -np.ones(x.shape), r"leads must be at least 0 where no task was lost"),
    ("rivals", ("ties",), first(-1), r"ties.* must be"),
    ("rivals", ("errors",), first(-1), r"errors.* must be"),
    ("rivals", ("checkpoints",), [20, 10, 30], r"checkpoints must be numbers that rise, got"),
    ("rivals", ("signal",), ["nobody", None], r"nobody"),
    ("rivals", ("gamma",), 1, r"gamma must be strictly between"),
    ("rivals", ("samples",), -1, r"samples must be an integer"),
    ("learning curves", ("tests",), [], r"tests must be a list of 1 or more"),
    ("learning curves", ("tests", 0, 0), "goal", r"tests must be different names"),
    ("learning curves", ("samples",), -1, r"samples must be an integer"),
    ("coin flips", ("gamma",), 1, r"gamma must be strictly between 0 and 1, got 1"),
    ("coin flips", ("arms", 0, "given"), "dice", r"given must be one of 'coin'"),
    ("coin flips", ("arms", 0, "low"), 0, r"must be an arm, got .*low must be None or a number in \(0, 1\)"),
    ("coin flips", ("arms", 1, "label"), "clip", r"arms must be different arms"),
    ("coin flips", ("arms",), [], r"arms must be a list of 1 or more"),
    ("coin flips", ("setting", "checkpoints"), [0, 4, 1], r"checkpoints must be numbers that rise from 0"),
    ("coin flips", ("setting", "share"), 1, r"share must be strictly between 0 and 1"),
    ("coin flips", ("setting", "group"), 1, r"group must be an integer"),
    ("coin flips", ("start",), first(0.9), r"start must be probabilities that sum to 1"),
    ("coin flips", ("powers",), first(2.0), r"powers must be between the worst and the ceiling"),
    ("coin flips", ("floors",), first(2.0), r"floors must be below the ceilings"),
    ("coin flips", ("worsts",), first(2.0), r"worsts must be below the floors"),
    ("coin flips", ("clipped",), lambda x: np.full_like(x, 0.5), r"clipped must be 0 in arm 'on-policy'"),
    ("coin flips", ("weights",), first(np.inf), r"weights\[0, 0, 0, 0\] must be"),
    ("coin flips", ("weights",), lambda x: x[:, :2], r"along 'arm'"),
    ("coin flips", ("confidences",), first(-1), r"confidences\[0\] must be"),
    ("two agents", ("rho",), 2, r"rho must be a finite number in \[-1, 1\]|rho must be a number"),
    ("two agents", ("gamma_a",), 1, r"gamma must be below 1"),
    ("two agents", ("joint", "overlap"), "push", r"overlap must be one of 'allow'"),
    ("two agents", ("joint", "overlap"), "allow", r"joint must be of 30 joint states"),
    ("two agents", ("joint", "made_of"), [], r"joint\.made_of must be a list of 1 … 2"),
    ("two agents", ("joint", "swap"), 1, r"swap must be"),
    ("two agents", ("seed",), first(0.9), r"rewards and a seed policy of two agents"),
    ("two agents", ("seed",), lambda x: x[1:], r"along 'ai_pair'"),
    ("two agents", ("on",), "cells", r"rewards\.size must be an integer in 1 … 6, got 30"),
    ("two agents", ("way",), "gaussian", r"rewards and a seed policy of two agents"),
    ("two agents", ("rounds",), 0, r"rounds must be an integer"),
    ("two agents", ("near_ties",), -1, r"near_ties must be an integer"),
    ("two agents", ("settled",), 1.5, r"settled must be a number in \[0, 1\]"),
    ("two agents", ("data", "means"), lambda x: x[:, :, 1:], r"along 'quantity'|4 quantities a state"),
    ("two agents by joint actions", ("joint", "overlap"), "allow", r"two agents in one world"),
    ("two agents by joint actions", ("on",), "cells", r"states"),
    ("claims", ("reports", 0, "evidence", 0, "kind"), "faith", r"evidence\[0\]\.kind must be one of 'structural'"),
    ("claims", ("reports", -1, "hypotheses", 0, "status"), True, r"hypotheses\[0\]\.status must be one of 'met'"),
    ("claims", ("reports", 0, "sides"), {"A": ["nowhere"]}, r"'nowhere'"),
    ("claims", ("surveys", "prop-6.9.1", "found"), -1, r"found must be an integer in 0"),
    ("claims", ("here", "budget", "seconds"), -1, r"budget\.seconds must be a number in \[0, inf\]"),
    ("claims", ("here", "level"), 2, r"level must be a number in \[0, 1\]"),
    ("all pairs", ("variables", "gap", "dims"), ["A", "A"], r"\['gap'\]\.dims must be different dimensions"),
    ("all pairs", ("variables", "gap", "array"), lambda x: x[:1], r"\['gap'\] must be of size 2 along"),
    ("all pairs", ("attributes", "samples"), ["code", "1"], r"must be one of 'text', 'whole', 'number'"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "place", "value", "told"), HOSTILE)
def test_what_was_changed_is_refused_by_field_and_value(name, place, value, told, path):
    header, arrays = parts(name)
    change(header, arrays, place, value)
    path.write_bytes(file_of(header, arrays))
    if told is None:
        mp.load(path)
        return
    with pytest.raises(mp.FileError, match=told) as caught:
        mp.load(path)
    assert "Error(" not in str(caught.value)  # it is the schema that said so, and no accident


@pytest.mark.slow
def test_arrays_that_are_not_there_or_have_two_names(path):
    header, arrays = parts("a state")
    gone = {name: values for name, values in arrays.items() if name != "kept_2"}
    path.write_bytes(file_of(header, gone))
    with pytest.raises(mp.FileError, match="there is no array 'kept_2'"):
        mp.load(path)
    # A kilobyte must not become many: neither by one number in two places,
    data = header["fields"]["data"]["fields"]
    data["high"] = data["low"]
    path.write_bytes(file_of(header, arrays))
    with pytest.raises(mp.FileError, match="the number of an array that nothing else has"):
        mp.load(path)
    # nor by many names of one array.
    header["arrays"] = 10_000
    names = {f"kept_{k}": lambda file, name: file.__setitem__(name, file["big"]) for k in range(1, 50)}
    path.write_bytes(file_of(header, {"big": np.zeros(10_000), **names}))
    with pytest.raises(mp.FileError, match="no larger, with those before it, than the file"):
        mp.load(path)


@pytest.mark.slow
def test_headers_of_no_result(path):
    header, arrays = parts("a state")
    for changed, told in [
        ({"type": "Popen"}, r"header\.type must be one of"),
        ({"type": "Comparison"}, r"Comparison must be a table"),
        ({"kind": "results"}, r"header must be one of"),
        ({"fields": None}, r"Estimate must be a table, got None"),
        ({"arrays": 2**40}, r"header\.arrays must be an integer"),
        ({"mdps": [1]}, r"mdps\[0\] must be a table"),
    ]:
        path.write_bytes(file_of(header | changed, arrays))
        with pytest.raises(mp.FileError, match=told):
            mp.load(path)

"""A stored run says what it is about, and its result is had from the store alone, finished or not."""

from __future__ import annotations

import json
import warnings
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.errors import FileError, MDPPowerError, ParameterError
from mdppower.measures.power_task import PowerTask
from mdppower.measures.stored_calls import read_call, stored_result, written_call
from mdppower.sensitivity import difference, duplicate_state, sensitivity, split_action, unroll
from mdppower.stores.store import Store

FORK = mp.envs.fork(3)
ROOM = mp.envs.gridworld("a.#.\n..~*\n...b", slip=0.1)


def _last(path):
    with Store(path, writing=False) as store:
        return store.runs()[-1]


def _contents(path):
    """Arrays and header of a saved estimate, but for the time when it was made."""
    import xarray as xr

    with xr.open_dataset(path, engine="h5netcdf") as data:
        data.load()
    header = json.loads(str(data.header.values))
    header["history"].pop("created")
    return data.drop_vars("header"), header


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.9, [0.5, 0.9]], ids=["one", "two"])
@pytest.mark.parametrize(
    ("mdp", "rewards", "options"),
    [
        (ROOM, "uniform", {}),
        (FORK, {"t1": "norm(0,1)", "default": "uniform"}, {"sampler": "sobol"}),
        pytest.param(FORK, "bernoulli(0.3)", {"guarantee": True}, marks=pytest.mark.slow),
        pytest.param(ROOM, "uniform", {"policy": mp.agents.softmax(0.1)}, marks=pytest.mark.slow),
        pytest.param(FORK, stats.multivariate_normal(np.zeros(4), np.eye(4)), {}, marks=pytest.mark.slow),
        (FORK, mp.rewards.Fixed([1.0, 2.0, 3.0, 4.0]), {}),
        (FORK, "uniform", {"precision": 0.02}),
        (FORK, lambda n, rng: rng.random((n, 4)), {"key": "mine"}),
    ],
    ids=["room", "sobol", "guarantee", "policy", "normal", "fixed", "precision", "own-code"],
)
def test_power_is_saved_as_it_was(tmp_path, gamma, mdp, rewards, options):
    """The file is that of `estimate.save`, array by array and word by word."""
    path = tmp_path / "run.sqlite"
    with warnings.catch_warnings(action="ignore"):
        estimate = mp.power(mdp, gamma, rewards, samples=256, rng=5, store=path, **options)
        again = stored_result(path, _last(path))
    for name, one in {"saved": estimate, "again": again}.items():
        one.save(tmp_path / f"{name}.nc")
    (arrays, header), (others, found) = (_contents(tmp_path / f"{name}.nc") for name in ("saved", "again"))
    assert arrays.identical(others)
    assert header == found


def test_a_precision_that_was_not_reached(tmp_path):
    path = tmp_path / "run.sqlite"
    with pytest.raises(mp.ConvergenceError) as error:
        mp.power(FORK, 0.9, samples=256, precision=1e-5, max_samples=1024, rng=0, store=path)
    assert repr(stored_result(path, _last(path))) == repr(error.value.estimate)


@pytest.mark.slow
def test_other_results(tmp_path):
    options = [mp.Option.state(FORK, s, 0.9, "power") for s in ("t1", "root")]
    options.append(mp.Option.action(FORK, "root", "->t1", 0.9, "power"))
    calls = {
        "action_optimality": lambda store: mp.action_optimality(ROOM, [0.5, 1], samples=256, rng=3, store=store),
        "difference": lambda store: difference(FORK, mp.envs.fork(2), [0.5, 0.9], samples=256, rng=3, store=store),
        "compare_all": lambda store: mp.compare_all(options, samples=256, rng=3, store=store),
    }
    for name, call in calls.items():
        path = tmp_path / f"{name}.sqlite"
        given, found = (
            one.to_xarray() if hasattr(one, "to_xarray") else one
            for one in (call(path), stored_result(path, _last(path)))
        )
        assert found.identical(given), name


def test_two_options_are_a_comparison_and_one_a_complexity(tmp_path):
    """Rows without an MDP, too. C of two unit vectors under random signs is E max of two signs."""
    path = tmp_path / "run.sqlite"
    pair, one = mp.Option.vectors([[1, 0], [0, 1]]), mp.Option.vectors([[1, 0]], name="one")
    given = mp.compare(one, pair, "rademacher", samples=256, rng=0, store=path)
    found = stored_result(path, _last(path))
    assert str(found) == str(given)
    assert (found.A.name, found.B.name) == ("one", "2 vectors")
    given = mp.complexity(pair, "rademacher", samples=256, rng=0, store=path)
    assert str(stored_result(path, _last(path))) == str(given)


def test_an_unfinished_run_is_saved_as_interrupted(tmp_path, monkeypatch):
    """What came before the failure is the result; bits of replicates are those of an undisturbed run."""
    path, original = tmp_path / "run.sqlite", PowerTask.__call__

    def breaks(task, numbers):
        if 40 in numbers:
            raise RuntimeError("the lights went out")
        return original(task, numbers)

    monkeypatch.setattr(PowerTask, "__call__", breaks)
    with pytest.raises(RuntimeError) as error:
        mp.power(ROOM, 0.9, samples=4096, rng=1, store=path)
    found = stored_result(path, _last(path))
    assert found.interrupted
    assert found.samples == error.value.estimate.samples == 40 * 64
    monkeypatch.undo()
    whole = mp.power(ROOM, 0.9, samples=4096, rng=1)
    np.testing.assert_array_equal(found.data.means, whole.data.means[:40])


def test_nothing_is_written_or_made(tmp_path, monkeypatch):
    path = tmp_path / "run.sqlite"
    mp.power(FORK, 0.9, samples=256, rng=5, store=path)
    before = path.read_bytes()
    monkeypatch.setattr(PowerTask, "__call__", lambda *_: pytest.fail("a replicate was made"))
    stored_result(path, _last(path))
    assert path.read_bytes() == before


def test_too_little_is_an_error(tmp_path, monkeypatch):
    path, original = tmp_path / "run.sqlite", PowerTask.__call__

    def breaks(task, numbers):
        if 1 in numbers:
            raise RuntimeError("the lights went out")
        return original(task, numbers)

    monkeypatch.setattr(PowerTask, "__call__", breaks)
    with pytest.raises(RuntimeError):
        mp.power(FORK, 0.9, samples=4096, rng=1, store=path)
    with pytest.raises(FileError, match=r"[1-9][0-9]* draws of this run are stored; a result takes "):
        stored_result(path, _last(path))


def test_what_is_of_another_version_says_so(tmp_path):
    path = tmp_path / "run.sqlite"
    mp.power(FORK, 0.9, samples=64, rng=0, store=path)
    record = _last(path)
    with pytest.raises(ParameterError, match="results of dreams cannot be made from a store alone"):
        stored_result(path, replace(record, arguments=record.arguments | {"call": "dreams"}))


REWARDS = {
    "uniform": "uniform",
    "by state": {"t1": "norm(0,1)", "default": "uniform"},
    "normal": mp.Gaussian([0.0, 1.0, 2.0, 3.0], np.diag([1.0, 2.0, 3.0, 4.0])),
    "mixture": mp.Mixture(["uniform", mp.Fixed([0, 1, 0, 2])]),
    "own code": lambda n, rng: rng.random((n, 4)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REWARDS)
def test_sensitivity_is_had_from_the_store(tmp_path, name):
    """With its transforms, whose theorem is checked anew; bit by bit."""
    path = tmp_path / "run.sqlite"
    chosen = [duplicate_state(FORK, "t1", 2), split_action(FORK, "root", "->t1"), unroll(FORK, 1)]
    key = {"key": "mine"} if callable(REWARDS[name]) else {}
    for gamma in (0.9, [0.5, 0.9]):
        how = {"transforms": chosen, "samples": 128, "rng": 3}
        given = sensitivity(FORK, gamma, REWARDS[name], store=path, **how, **key)
        found = stored_result(path, _last(path))
        assert [repr(t) for t in found.transforms] == [repr(t) for t in chosen]
        assert found.data.means.tobytes() == given.data.means.tobytes()
        assert found.table() == given.table()
        assert repr(found) == repr(given)
        assert found.change().mean.shape == given.change().mean.shape
        assert (found.samples, found.entropy, found.sampler) == (given.samples, given.entropy, given.sampler)


def test_sensitivity_of_joint_rewards_takes_no_key_and_knows_them(tmp_path):
    """Draws for copies are of the same law: it can be written down where that can, and two laws are two runs."""
    path, copied = tmp_path / "run.sqlite", [duplicate_state(FORK, "t1")]
    how = {"transforms": copied, "samples": 64, "rng": 0}
    for scale in (1.0, 9.0):
        law = mp.Gaussian(np.zeros(4), scale * np.eye(4))
        assert repr(sensitivity(FORK, 0.9, law, store=path, **how)) == repr(sensitivity(FORK, 0.9, law, **how))
    with Store(path, writing=False) as store:
        assert len(store.runs()) == 2


def test_transforms_of_strangers(tmp_path):
    """Transforms that are none, or not those of the run."""
    path, copied = tmp_path / "run.sqlite", duplicate_state(FORK, "t1")
    sensitivity(FORK, 0.9, transforms=[copied], samples=64, rng=0, store=path)
    record = _last(path)
    with Store(path, writing=False) as store:
        kept = read_call(store.find(record.id).kept("call"))
    for changed, message in (
        ({"origins": [np.array([0, 1, 2, 3, 9])]}, "between 0 and 3|0 … 3"),
        ({"representatives": [np.array([0, 1])]}, "shape"),
        ({"names": []}, "not what this version writes"),
        ({"names": [copied.mdp]}, "text"),
        ({"origins": [np.array([0, 1, 2, 3, 2])]}, "not that of its call"),
        ({"base": None}, "not what this version writes"),
    ):
        with Store(path) as store:
            store.find(record.id).keep("call", written_call(kept | changed))
        with pytest.raises(FileError, match=message):
            stored_result(path, record)


def test_how_likely_visits_are_to_be_optimal_is_had_from_the_store(tmp_path):
    """Of three ends each is optimal on a third of the draws, at both ends of γ, between, and on average."""
    visits = {gamma: mp.visits(FORK, "root", gamma) for gamma in (0, 0.5, 1)}
    calls = {
        **{gamma: lambda store, f=f: mp.visit_optimality(f.select([0, 1]), samples=128, rng=3, store=store)
           for gamma, f in visits.items()},
        "whole": lambda store: mp.visit_optimality(visits[0.5], samples=128, rng=3, store=store),
        "average": lambda store: mp.average_optimality(FORK, "root", samples=128, rng=3, store=store),
        "ends": lambda store: mp.average_optimality(
            FORK, "root", ends=np.eye(4)[1:2], samples=128, rng=3, store=store),
    }  # fmt: skip
    for name, call in calls.items():
        path = tmp_path / f"{name}.sqlite"
        given, found = call(path), stored_result(path, _last(path))
        np.testing.assert_array_equal(found.probability.values, np.atleast_1d(given.mean))
        for side, limit in zip(("lower", "upper"), given.interval(), strict=True):
            np.testing.assert_array_equal(found[side].values, np.atleast_1d(limit))
        assert (found.attrs["samples"], found.attrs["entropy"], found.attrs["interrupted"]) == (128, "3", 0)


def test_a_run_under_the_call_of_another_is_refused(tmp_path):
    """Seals say that bytes are whole, not that they belong together: the question of the call must be the run's."""
    path = tmp_path / "run.sqlite"
    mp.power(FORK, 0.9, samples=256, rng=5, store=path)
    record = _last(path)
    with Store(path) as store:
        store.find(record.id).keep("call", written_call({"mdp": mp.envs.fork(4), "policy": None, "rewards": None}))
    with pytest.raises(MDPPowerError):
        stored_result(path, record)
    other = mp.envs.figure_10()
    with Store(path) as store:
        rewards = mp.power(other, 0.9, samples=64, rng=0).rewards
        store.find(record.id).keep("call", written_call({"mdp": other, "policy": None, "rewards": rewards}))
    with pytest.raises(FileError, match="not that of its call"):
        stored_result(path, record)


def test_bytes_of_strangers():
    """Each single byte of a call changed: it is refused, or is a call; never another error."""
    data = written_call({"mdp": mp.envs.gridworld("a.\n.b"), "policy": mp.agents.lookahead(2)})
    rng = np.random.default_rng(0)
    for at in rng.integers(0, len(data), 300):
        damaged = bytearray(data)
        damaged[at] ^= 1 << int(rng.integers(8))
        errors = suppress(MDPPowerError, KeyError, TypeError, ValueError, IndexError, AttributeError)
        with errors, warnings.catch_warnings(action="ignore"):  # a probability may have changed by little
            read_call(bytes(damaged))
    for end in rng.integers(0, len(data), 50):
        with pytest.raises((MDPPowerError, KeyError, TypeError, ValueError, IndexError)):
            read_call(data[:end])


def test_labels_marks_and_origin_survive():
    mdps = [
        ROOM,
        mp.envs.figure_10(),
        mp.RewardlessMDP.from_pairs(range(3), np.eye(3)),
        mp.envs.make("FrozenLake-v1"),
    ]
    for mdp, again in zip(mdps, read_call(written_call({"mdps": mdps}))["mdps"], strict=True):
        assert again.fingerprint == mdp.fingerprint
        assert again.states == mdp.states
        assert again.marks == mdp.marks
        assert again.origin == mdp.origin
        assert (again.layout is None) == (mdp.layout is None)

"""Runs in a store: the same call goes on where it stopped, and its numbers are those of an undisturbed run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.measures.power_task import PowerTask
from mdppower.measures.stored_calls import stored_result
from mdppower.rewards import Features, Mixture, Permuted
from mdppower.sensitivity import difference, sensitivity
from mdppower.stores.store import Store

FORK, OTHER = mp.envs.fork(3), mp.envs.fork(2)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "run.sqlite"


@pytest.fixture
def made(monkeypatch):
    """The replicates that were computed, in the order in which they were."""
    numbers = []
    original = PowerTask.values

    def watched(self, asked):
        numbers.extend(asked)
        yield from original(self, asked)

    monkeypatch.setattr(PowerTask, "values", watched)
    return numbers


def power(**options):
    return mp.power(FORK, 0.9, **{"samples": 1024, "rng": 0} | options)


def same(one, other):
    assert one.mean.tobytes() == other.mean.tobytes()
    assert one.error_bound.tobytes() == other.error_bound.tobytes()
    for a, b in zip(one.interval(), other.interval(), strict=True):
        assert a.tobytes() == b.tobytes()


def test_nothing_is_computed_twice(store, made):
    alone = power()
    made.clear()
    same(power(store=store), alone)
    assert sorted(made) == list(range(16))
    made.clear()
    same(power(store=store), alone)
    assert made == []


def test_more_samples_go_on(store, made):
    power(store=store)
    made.clear()
    more = power(store=store, samples=4096)
    assert sorted(made) == list(range(16, 64))
    same(more, power(samples=4096))
    made.clear()
    fewer = power(store=store, samples=2048)
    assert made == []
    same(fewer, power(samples=2048))


def test_steps_are_stored_too(store, made):
    *_, last = mp.refine(FORK, 0.9, looks=(256, 1024), rng=0, store=store)
    made.clear()
    same(last, power(store=store))
    assert [step.samples for step in mp.refine(FORK, 0.9, looks=(256, 512, 1024), rng=0, store=store)] == [
        256,
        512,
        1024,
    ]
    assert made == []


def test_precision_looks_at_what_is_stored(store, made):
    alone = mp.power(FORK, 0.9, precision=0.01, samples=256, rng=0)
    with pytest.raises(mp.ConvergenceError):
        mp.power(FORK, 0.9, precision=0.01, samples=256, max_samples=512, rng=0, store=store)
    made.clear()
    found = mp.power(FORK, 0.9, precision=0.01, samples=256, rng=0, store=store)
    same(found, alone)
    assert sorted(made) == list(range(found.samples // 16))[512 // 16 :]


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.9, [0, 0.9, 1]], ids=str)
@pytest.mark.parametrize(
    "options", [{"guarantee": True}, {"sampler": "sobol"}, {"policy": mp.agents.uniformly_random()}], ids=str
)
def test_every_kind_of_run(store, gamma, options):
    def broken(*arguments):
        raise KeyboardInterrupt

    alone = mp.power(FORK, gamma, samples=1024, rng=0, **options)
    mp.power(FORK, gamma, samples=1024, rng=0, store=store, **options)
    same(mp.power(FORK, gamma, samples=1024, rng=0, store=store, workers=broken, **options), alone)


@pytest.mark.slow
def test_every_measure(store):
    """Each goes on with workers that cannot work: nothing is left to do."""

    def broken(task, items):
        raise ZeroDivisionError

    a, b = (mp.Option.state(FORK, s, 0.9, kind="power") for s in ("t1", "root"))
    visits = mp.visits(FORK, "root", 1).select([0])
    calls = {
        "action_optimality": lambda **how: mp.action_optimality(FORK, 0.9, rng=0, **how).optimal.mean,
        "compare": lambda **how: mp.compare(a, b, rng=0, **how).gap.mean,
        "compare_all": lambda **how: mp.compare_all([a, b], rng=0, **how).p_less.values,
        "complexity": lambda **how: mp.complexity(a, rng=0, **how).mean,
        "visit_optimality": lambda **how: mp.visit_optimality(visits, rng=0, **how).mean,
        "average_optimality": lambda **how: mp.average_optimality(FORK, "root", rng=0, **how).mean,
        "difference": lambda **how: difference(OTHER, FORK, 0.9, rng=0, **how).difference.mean,
        "sensitivity": lambda **how: sensitivity(OTHER, 0.9, rng=0, **how).data.means,
    }
    for name, call in calls.items():
        alone = call()
        with pytest.raises(mp.ParameterError, match="ZeroDivisionError"):
            call(store=store, workers=broken)
        assert np.array_equal(call(store=store), alone), name
        assert np.array_equal(call(store=store, workers=broken), alone), name
    with Store(store) as opened:
        assert len(opened.runs()) == len(calls)


@pytest.mark.slow
def test_without_rng_the_same_call_has_the_same_entropy(store, made):
    one = power(rng=None, store=store)
    made.clear()
    other = power(rng=None, store=store, samples=2048)
    assert one.entropy == other.entropy
    assert sorted(made) == list(range(16, 32))
    assert power(rng=one.entropy, store=store).entropy == one.entropy
    assert difference(OTHER, FORK, 0.9, store=store).entropy == difference(OTHER, FORK, 0.9, store=store).entropy


SLIPPERY = mp.envs.gridworld("a..\n..b", slip=0.1)
BASE = {"mdp": FORK, "gamma": 0.9, "rewards": "uniform", "samples": 1024, "rng": 0}
CHANGED = {
    "mdp": OTHER, "order of states": FORK.permute_states([0, 2, 1, 3]), "gamma": np.nextafter(0.9, 1),
    "rewards": "uniform(0,2)", "rng": 1, "sampler": "iid", "method": "stochastic",
    "policy": mp.agents.uniformly_random(),
    "guarantee": True, "samples": 160,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGED)
def test_another_question_is_another_run(store, made, name):
    """160 draws come in replicates of 10, and 1,024 in replicates of 64: these are other draws."""
    call = dict(BASE)
    mp.power(**call, store=store)
    call["mdp" if name.startswith("order") else name] = CHANGED[name]
    made.clear()
    same(mp.power(**call, store=store), mp.power(**call))
    assert made
    with Store(store) as opened:
        assert len(opened.runs()) == 2


def test_own_code_needs_a_key(store):
    def own(n, rng):
        return rng.random((n, 4))

    def agent(mdp, rewards, gamma):
        return np.zeros(mdp.n_states, int)

    for told, options in (
        ("rewards are your own code", {"rewards": own}),
        ("agent is your own code", {"policy": agent}),
    ):
        with pytest.raises(mp.ParameterError, match=told):
            power(store=store, **options)
    first = power(store=store, rewards=own, key="first")
    same(power(store=store, rewards=own, key="first"), first)
    power(store=store, rewards=own, key="second")
    with Store(store) as opened:
        assert sorted(run.question["key"] for run in opened.runs()) == ["first", "second"]


def histogram():
    """A law of SciPy's that a file cannot tell by name."""
    return stats.rv_histogram(np.histogram([0.1, 0.5, 0.5, 0.9], bins=3))


PARTLY_OWN = {
    "weights of a mixture": lambda new: Mixture([own, "uniform"], [0.25, 0.75] if new else None),
    "the other part": lambda new: Mixture([own, "beta(2,2)" if new else "uniform"]),
    "a permutation": lambda new: Permuted(own, [0, 1, 3, 2] if new else [1, 0, 2, 3]),
    "laws of other states": lambda new: {"t1": histogram(), "t3" if new else "t2": 0, "default": "uniform"},
    "features": lambda new: Features(np.arange(8.0).reshape(4, 2)[:, :: -1 if new else 1], histogram()),
}


def own(n, rng):
    return rng.random((n, 4)) ** 2


@pytest.mark.filterwarnings("ignore:the intervals cannot be trusted")  # of some, with so few draws
@pytest.mark.parametrize("name", PARTLY_OWN)
def test_a_key_names_the_code_and_not_what_is_around_it(store, name):
    """The key stays, since the code does; what else the bits depend on is told apart without it."""
    calls = [{"rewards": PARTLY_OWN[name](new), "samples": 1024, "sampler": "iid"} for new in (False, True)]
    alone = [power(**call) for call in calls]
    assert alone[0].mean.tobytes() != alone[1].mean.tobytes()
    for call, expected in zip(calls, alone, strict=True):
        same(power(store=store, key="own", **call), expected)
    with Store(store) as opened:
        records = opened.runs()
    assert len(records) == 2
    for record, expected in zip(records, alone, strict=True):
        same(stored_result(store, record), expected)


def test_what_fails_is_kept_and_goes_on(store, made):
    """A function that fails at draw 700: ten replicates of 64 are whole, and stored."""

    def own(n, rng):
        calls.append(n)
        if len(calls) == 11:
            raise ZeroDivisionError("once")
        return rng.random((n, 4))

    calls = []
    with pytest.raises(mp.RewardError, match="once") as caught:
        power(rewards=own, key="own", store=store)
    assert caught.value.estimate.samples == 640
    made.clear()
    found = power(rewards=own, key="own", store=store)
    assert sorted(made) == list(range(10, 16))
    same(found, power(rewards=own))


def test_two_at_once_compute_each_replicate_once(store, made):
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: power(samples=2**14, store=store), range(2))
    same(one, other)
    assert sorted(made) == list(range(2**14 // 64))


def test_a_folder_and_a_foreign_file(store, tmp_path):
    with pytest.raises(mp.FileError, match=r"folder|directory"):
        power(store=tmp_path)
    store.write_text("not a store")
    with pytest.raises(mp.FileError, match=r"run\.sqlite"):
        power(store=store)
    assert store.read_text() == "not a store"
    with pytest.raises(mp.ParameterError, match="store is about draws; method='exact' makes none"):
        power(store=store, method="exact", rng=None)


def test_runs_of_some_steps_are_others(store, made):
    alone = mp.power(FORK, horizon=[1, 3], samples=1024, rng=0)
    same(mp.power(FORK, horizon=[1, 3], samples=1024, rng=0, store=store), alone)
    made.clear()
    same(mp.power(FORK, horizon=[1, 3], samples=1024, store=store), alone)
    assert made == []
    mp.power(FORK, [0, 1], samples=1024, rng=0, store=store)
    assert made
    with Store(store, writing=False) as kept:
        first = next(run for run in kept.runs() if run.arguments["gamma"][0] == {"horizon": 1})
    same(stored_result(store, first), alone)

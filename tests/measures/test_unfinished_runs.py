"""A run that fails loses nothing: its error carries what was finished, names the draw, and keeps the cause."""

from __future__ import annotations

import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from copy import deepcopy
from dataclasses import fields

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.measures.option_tally import Tally
from mdppower.montecarlo import executors, run_loop
from mdppower.sensitivity import difference, sensitivity

# Replicates have 64 draws from 1,024 on (`replicate_size`), so that a run of 2,048 that ends after n ≥ 1,024 draws
# has the draws of a whole run of n with the same seed: that run is the second route to every number below.
ASKED, REPLICATE, SIZE = 2048, 20, 64
FORK = mp.envs.fork(2)
A, B = (mp.Option.state(FORK, s, 0.5, kind="value") for s in ("t1", "root"))

MEASURES = {
    "power": lambda rewards, **run: mp.power(FORK, [0.5, 0.9], rewards, **run),
    "action_optimality": lambda rewards, **run: mp.action_optimality(FORK, [0.5, 0.9], rewards, **run),
    "compare": lambda rewards, **run: mp.compare(A, B, rewards, **run),
    "difference": lambda rewards, **run: difference(FORK, mp.envs.fork(2), 0.9, rewards, sampler="iid", **run),
    "average_optimality": lambda rewards, **run: mp.average_optimality(FORK, "root", rewards, **run),
}
"""Each takes rewards of three states."""


def numbers(result):
    """What a result says, as bytes."""
    if isinstance(result, mp.Comparison):
        return result.gap.mean.tobytes() + result.outcomes.mean.tobytes()
    if hasattr(result, "strict_counts"):
        return result.strict_counts.tobytes()
    return result.data.means.tobytes() if hasattr(result, "data") else result.mean.tobytes()


class Uniform:
    """Three uniform rewards, with a fault in one replicate: the one whose first number is known."""

    __name__ = "mine"
    first = np.random.default_rng(np.random.SeedSequence(5, spawn_key=(REPLICATE,))).random()

    def __init__(self, fault=None):
        self.fault = fault

    def __call__(self, n, rng):
        rewards = rng.random((n, 3))
        if rewards[0, 0] == self.first and self.fault is not None:
            self.fault(rewards)
        return rewards


def nan(rewards):
    rewards[7, 1] = np.nan


def boom(rewards):
    raise ZeroDivisionError("boom")


class Dies(Executor):
    """Runs tasks at once; a worker dies at the one that has the replicate."""

    def submit(self, task, /, item):
        future = Future()
        if REPLICATE in np.atleast_1d(item):
            future.set_exception(BrokenProcessPool("a child process terminated abruptly"))
        else:
            future.set_result(task(item))
        return future


def dying_map(task, items):
    for item in items:
        if REPLICATE in np.atleast_1d(item):
            raise OSError("connection lost")
        yield task(item)


@pytest.fixture(autouse=True)
def _tasks_of_one_replicate(monkeypatch):
    """Else executors are asked for more replicates at a time the quicker they are, and lose the whole task."""
    monkeypatch.setattr(executors, "USUAL", 0.0)
    monkeypatch.setattr(executors, "DRIVER", 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("fault", ["nan", "boom", "executor", "workers"])
def test_what_was_finished_is_kept(measure, fault):
    run = {"samples": ASKED, "rng": 5}
    call = MEASURES[measure]
    if fault in ("nan", "boom"):
        rewards, kind = Uniform({"nan": nan, "boom": boom}[fault]), mp.RewardError
    else:
        rewards, kind = Uniform(), ParameterError
        run |= {"executor": Dies()} if fault == "executor" else {"workers": dying_map}
    with pytest.raises(kind) as caught:
        call(rewards, **run)
    error, first = caught.value, REPLICATE * SIZE
    # The item of work that failed may begin some replicates before.
    assert first - 3 * SIZE <= error.draw <= first + 7
    told, cause = {
        "nan": (f"mine gave reward nan in state 't1' (draw {first + 7} of the run with rng=5)", None),
        "boom": (
            f"the reward sampler mine(n, rng) raised ZeroDivisionError: boom "
            f"(draws {first} to {first + SIZE - 1} of the run with rng=5)",
            ZeroDivisionError,
        ),
        "executor": ("executor Dies failed at draws ", BrokenProcessPool),
        "workers": ("workers dying_map failed at draws ", OSError),
    }[fault]
    assert told in str(error)
    assert cause is None or isinstance(error.__cause__, cause)
    kept = getattr(error.estimate, "samples", None) or error.estimate.draws
    assert 1024 <= kept <= first
    again = call(Uniform(), samples=kept, rng=5)
    assert numbers(error.estimate) == numbers(again)
    if hasattr(again, "interrupted") and measure != "power":  # where an error is no interruption
        assert error.estimate.interrupted
        assert not again.interrupted


def test_sensitivity_keeps_what_was_finished():
    with pytest.raises(ParameterError) as caught:
        sensitivity(FORK, 0.9, samples=ASKED, rng=5, sampler="iid", executor=Dies())
    kept = caught.value.estimate
    again = sensitivity(FORK, 0.9, samples=kept.samples, rng=5, sampler="iid")
    assert 1024 <= kept.samples <= REPLICATE * SIZE
    assert kept.data.means.tobytes() == again.data.means.tobytes()


def test_compare_all_and_complexity_keep_what_was_finished():
    run = {"samples": ASKED, "rng": 5}
    with pytest.raises(ParameterError) as caught:
        mp.compare_all([A, B], executor=Dies(), **run)
    kept = caught.value.estimate
    again = mp.compare_all([A, B], samples=kept.samples, rng=5)
    assert (kept.interrupted, again.interrupted) == (1, 0)
    assert kept.p_at_least.equals(again.p_at_least)
    with pytest.raises(ParameterError) as caught:
        mp.complexity(A, executor=Dies(), **run)
    assert 0.4 < caught.value.estimate.mean < 0.6


def test_guaranteed_runs_keep_what_was_finished():
    with pytest.raises(ParameterError) as caught:
        mp.power(FORK, 0.9, samples=ASKED, rng=5, guarantee=True, executor=Dies())
    kept = caught.value.estimate
    assert 512 <= kept.samples < ASKED
    assert kept.guarantee == "finite-sample"


def test_a_policy_that_raises_is_named():
    def careless(mdp, rewards, gamma):
        if careless.calls == 20:
            raise KeyError("up")
        careless.calls += 1
        return np.zeros(rewards.shape, int)

    careless.calls = 0
    line = mp.RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"go": "a"}})
    with pytest.raises(
        mp.ParameterError, match=r"policy careless\(mdp, rewards, gamma\) raised KeyError: 'up'"
    ) as caught:
        mp.power(line, 0.9, samples=ASKED, rng=5, policy=careless)
    error = caught.value
    assert isinstance(error.__cause__, KeyError)
    assert f"(draws {error.draw} to " in str(error)
    assert error.estimate.samples == error.draw == 20 * SIZE  # a call a replicate, and all before it are kept


def test_a_policy_that_gives_none_names_the_draw():
    def sometimes(mdp, rewards, gamma):
        shares = np.ones(rewards.shape)
        shares[rewards[:, 0] > 0.999, 0] = np.nan
        return shares

    line = mp.RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"go": "a"}})
    with pytest.raises(mp.ParameterError, match="probability nan") as caught:
        mp.power(line, 0.9, samples=ASKED, rng=5, policy=sometimes)
    rewards = mp.power(line, 0.9, samples=ASKED, rng=5).draw(caught.value.draw).rewards
    assert rewards[0] > 0.999


def test_nothing_finished_is_none():
    def never(n, rng):
        raise OSError("no data")

    with pytest.raises(mp.RewardError, match="no data") as caught:
        mp.power(FORK, 0.9, never, samples=64, rng=0)
    assert caught.value.estimate is None
    assert caught.value.draw == 0


def test_a_solver_error_has_one_number(monkeypatch):
    """A draw has one name: its number in the run, not its row in a block."""
    from mdppower.measures import power_task

    genuine, calls = power_task.solve_rows, []

    def fail(mdp, rewards, gamma, method, start=None, on="states"):
        calls.append(len(rewards))
        if len(calls) > 10:
            raise mp.SolverError("draw 3: no value", draw=3, gamma=gamma)
        return genuine(mdp, rewards, gamma, method, start, on=on)

    monkeypatch.setattr(power_task, "solve_rows", fail)
    with pytest.raises(mp.SolverError) as caught:
        mp.power(FORK, 0.9, samples=ASKED, rng=5)
    error = caught.value
    assert str(error) == f"no value (draw {error.draw} of the run with rng=5)"
    assert error.draw == error.estimate.samples + 3


@pytest.mark.slow
def test_a_worker_that_dies_in_earnest():
    with ProcessPoolExecutor(1) as pool, pytest.raises(ParameterError, match="BrokenProcessPool") as caught:
        mp.power(FORK, 0.9, _Suicidal(), samples=ASKED, rng=5, executor=pool)
    assert isinstance(caught.value.__cause__, BrokenProcessPool)


class _Suicidal(Uniform):
    def __call__(self, n, rng):
        import os

        os._exit(1)


def said(kept):
    """What is kept of a run says, as bytes."""
    found = kept.estimate(True)
    if isinstance(found, Tally):
        return b"".join(np.asarray(getattr(found, field.name)).tobytes() for field in fields(found))
    return numbers(found)


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
def test_ctrl_c_at_any_line_of_add_leaves_whole_replicates(measure, monkeypatch):
    """What is kept is then that of before or of after, and no sum has more replicates than another."""
    made = []

    def nothing(task, numbers, kept, *others):
        made.append((task, kept))
        raise KeyboardInterrupt

    monkeypatch.setattr(run_loop, "_make", nothing)
    with pytest.raises(KeyboardInterrupt):
        MEASURES[measure]("uniform", samples=ASKED, rng=5)
    monkeypatch.undo()
    ((task, empty),) = made
    kept = deepcopy(empty)
    kept.add(task(range(3)))
    rest, whole, line, seen = task(range(3, 6)), deepcopy(kept), 0, []
    whole.add(rest)
    while len(seen) == line:
        line += 1
        broken, tracer = deepcopy(kept), interrupt_at(line, kept.add.__func__.__code__)
        sys.settrace(tracer)
        try:
            broken.add(rest)
        except KeyboardInterrupt:
            seen.append(said(broken))
        finally:
            sys.settrace(None)
    assert seen
    assert set(seen) <= {said(kept), said(whole)}


def interrupt_at(line, code):
    """A trace function that is Ctrl-C before the n-th line of a function."""

    def at(frame, event, argument):
        nonlocal line
        if frame.f_code is not code:
            return None
        if event == "line":
            line -= 1
            if line == 0:
                raise KeyboardInterrupt
        return at

    return at


@pytest.mark.parametrize("measure", MEASURES)
def test_replicates_are_counted_without_going_through_them(measure, monkeypatch):
    """They are counted after each task; of a million draws there are 15,625, too many to go through so often."""
    looked = []

    class Rows(tuple):
        """Rows that see who goes through them."""

        def __iter__(self):
            looked.append(self)
            return super().__iter__()

    def few(task, numbers, kept, *others):
        for number in range(5):
            kept.add(Rows(task(range(number, number + 1))))
        looked.clear()
        assert (kept.count, looked) == (5, [])
        raise ZeroDivisionError("five are enough")

    monkeypatch.setattr(run_loop, "_make", few)
    with pytest.raises(ZeroDivisionError, match="five are enough"):
        MEASURES[measure]("uniform", samples=ASKED, rng=5)

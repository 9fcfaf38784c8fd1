"""The one loop: replicates in their order, up to each look, and nothing lost whatever ends it."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import MDPPowerWarning, ParameterError
from mdppower.montecarlo.engines import Engine
from mdppower.montecarlo.run_loop import Conduct, Question, finished_as, last, run, whole
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.distribution import resolve
from mdppower.stores.store import Store

SOURCE = Sampler(resolve("uniform", mp.envs.fork(1)), "iid", 8, 0)
QUIET = Conduct(progress=False)


class Numbers:
    """Keeps the numbers of the replicates that it was given."""

    label, least = "numbers", 2

    def __init__(self, fails_at=None, error=None, stages=()):
        self.fails_at, self.error, self.stages = fails_at, error, stages
        self.numbers, self.asked = [], []

    @property
    def count(self):
        return len(self.numbers)

    def prepare(self):
        self.asked.append("compile")

    def stage(self, target):
        end = min([target, *(stage for stage in self.stages if stage > self.count)])
        self.asked.append((self.count, end))
        return self.task, end

    def task(self, numbers):
        if self.fails_at in numbers:
            raise self.error
        return (np.array(numbers),)

    def add(self, rows):
        self.numbers += rows[0].tolist()

    def estimate(self, interrupted):
        return len(self.numbers), interrupted


def made(kept, looks, conduct=QUIET):
    return run(kept, looks, SOURCE, 2, conduct, lambda: Question({}, {}))


@pytest.mark.parametrize("workers", [1, 3, map])
def test_replicates_come_in_their_order_and_once(workers):
    conduct = Conduct(workers, progress=False)
    kept = Numbers(stages=(3, 50))
    assert list(made(kept, [7, 40, 100], conduct)) == [(7, False), (40, False), (100, False)]
    assert kept.numbers == list(range(100))
    assert kept.asked == ["compile", (0, 3), (3, 7), (7, 40), (40, 50), (50, 100)]


ERRORS = [mp.SolverError("no"), ParameterError("no"), ZeroDivisionError("no"), MemoryError("no"), SystemError("no")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_any_error_takes_along_all_that_came_before_it(error):
    """Replicates are made together, here 3 at a time: the one that fails takes none of its neighbours with it."""
    with pytest.raises(type(error)) as caught:
        last(made(Numbers(50, error), [100]))
    assert caught.value.estimate == (50, True)


def test_too_few_say_nothing():
    with pytest.raises(MemoryError) as caught:
        last(made(Numbers(1, MemoryError()), [100]))
    assert not hasattr(caught.value, "estimate")


def test_an_error_that_goes_away_alone_is_none():
    """Many replicates together may need too much memory, and one at a time not."""

    class Together(Numbers):
        def task(self, numbers):
            if len(numbers) > 1:
                raise MemoryError
            return (np.array(numbers),)

    kept = Together()
    assert last(made(kept, [100])) == (100, False)
    assert kept.numbers == list(range(100))


def test_ctrl_c_gives_what_there_is():
    with pytest.warns(MDPPowerWarning, match="interrupted: the result is from 400 of 800 draws"):
        assert list(made(Numbers(51, KeyboardInterrupt()), [20, 100])) == [(20, False), (50, True)]
    with pytest.raises(KeyboardInterrupt):
        last(made(Numbers(1, KeyboardInterrupt()), [100]))


def test_draws_that_count_are_told_where_they_are_no_whole_replicates():
    """Of 100 replicates of 8 draws 797 draws count."""
    with pytest.warns(MDPPowerWarning, match="interrupted: the result is from 400 of 797 draws"):
        list(
            run(Numbers(51, KeyboardInterrupt()), [20, 100], SOURCE, 2, QUIET, lambda: Question({}, {}), samples=797)
        )


def test_no_part_of_what_is_whole():
    """Ctrl-C goes through, and afterwards gives what there is again."""

    @whole()
    def judged():
        with whole():
            pass
        return last(made(Numbers(51, KeyboardInterrupt()), [100]))

    with pytest.raises(KeyboardInterrupt):
        judged()
    with pytest.warns(MDPPowerWarning, match="interrupted"):
        last(made(Numbers(51, KeyboardInterrupt()), [100]))


def test_runs_share_a_store_that_is_open(tmp_path):
    with Store(tmp_path / "run.sqlite") as store:
        conduct = Conduct(progress=False, store=store)
        for name in "ab":
            found = run(Numbers(), [10], SOURCE, 2, conduct, lambda: Question({"name": name}, {}))  # noqa: B023
            assert last(found) == (10, False)
        assert [(one.question, one.complete) for one in store.runs()] == [({"name": name}, True) for name in "ab"]
    assert str(store) == str(tmp_path / "run.sqlite")


def test_what_an_error_took_along_is_read_by_the_caller():
    with pytest.raises(ZeroDivisionError) as caught, finished_as(lambda found: found[0] * 8):
        last(made(Numbers(50, ZeroDivisionError()), [100]))
    assert caught.value.estimate == 400
    with pytest.raises(ZeroDivisionError) as caught, finished_as(lambda found: found[0] * 8):
        last(made(Numbers(0, ZeroDivisionError()), [100]))
    assert not hasattr(caught.value, "estimate")


def test_a_generator_that_is_closed_has_ended():
    steps = made(Numbers(), [10, 100])
    assert next(steps) == (10, False)
    steps.close()
    assert list(steps) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"workers": 0}, "workers"),
        ({"executor": "pool"}, "Executor"),
        ({"store": 7}, "store must be the path of a file, got 7"),
        ({"store": ""}, "store must be the path of a file, got ''"),
        ({"key": "mine"}, "key goes with store"),
        ({"key": 3, "store": "runs.sqlite"}, "key must be a text"),
        ({"key": "", "store": "runs.sqlite"}, "key must be a text"),
    ],
    ids=str,
)
def test_bad_conduct(options, told):
    with pytest.raises(ParameterError, match=told):
        Conduct(**options)


def test_what_engines_know():
    assert Conduct(2).engine().threads == 2
    assert Engine(map).threads == 1

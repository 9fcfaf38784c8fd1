"""Numbered tasks on any executor: order, laziness, and errors that stop what has not begun."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mdppower.errors import ParameterError
from mdppower.montecarlo.runs import check_workers, chunked, run_in_order


def square(i):
    time.sleep(0.002 * (i % 3))
    return i * i


@pytest.mark.parametrize("workers", [1, 2, 5, -1])
def test_results_come_in_order(workers):
    assert list(run_in_order(square, range(40), workers=workers)) == [i * i for i in range(40)]


def test_executor_and_map_like():
    with ThreadPoolExecutor(3) as pool:
        assert list(run_in_order(square, range(20), executor=pool)) == [i * i for i in range(20)]
        assert list(run_in_order(square, range(20), workers=pool.map)) == [i * i for i in range(20)]
        assert pool.submit(square, 3).result() == 9  # it was not shut down


def test_an_error_stops_what_has_not_begun():
    begun, lock = [], threading.Lock()

    def task(i):
        with lock:
            begun.append(i)
        if i == 3:
            raise ValueError("three")
        time.sleep(0.005)
        return i

    with pytest.raises(ValueError, match="three"):
        list(run_in_order(task, range(1000), workers=2))
    assert len(begun) < 30


def test_no_more_than_a_window_is_in_flight():
    begun = []
    results = run_in_order(begun.append, range(1000), workers=2)
    next(results)
    time.sleep(0.05)
    assert len(begun) <= 8
    results.close()


@pytest.mark.parametrize("workers", [0, -2, 1.5, True, "x", None])
def test_bad_workers(workers):
    with pytest.raises(ParameterError, match="workers"):
        check_workers(workers, None)


def test_not_both():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ParameterError, match="not both"):
        list(run_in_order(square, range(2), workers=2, executor=pool))
    with pytest.raises(ParameterError, match="Executor"):
        check_workers(1, "pool")


@pytest.mark.parametrize(
    ("numbers", "size", "longest"), [(range(5, 69), 10, 2), (range(64), 2**20, 1), (range(0), 1, 0)]
)
def test_chunks_are_all_of_it(numbers, size, longest):
    chunks = chunked(numbers, size)
    assert [k for chunk in chunks for k in chunk] == list(numbers)
    assert max(map(len, chunks), default=0) == longest


# ---------------------------------------------------------------------- results of strangers' code are counted


def twice(task, items):
    """The first result again in the place of the second: the standard error would be too small by √2."""
    results = list(map(task, items))
    return [results[0], *results[:-1]]


FAULTY = {
    "twice": (twice, "workers twice gave the result for draws 0 to 7 where that for draws 8 to 15 was due"),
    "drops the last": (lambda task, items: list(map(task, items))[:-1], "gave no result for draws 72 to 79"),
    "drops one": (
        lambda task, items: [task(i) for i in items if i != 4],
        "draws 40 to 47 where that for draws 32 to",
    ),
    "backwards": (lambda task, items: [task(i) for i in items][::-1], "draws 72 to 79 where that for draws 0 to 7"),
    "one too many": (lambda task, items: [*map(task, items), (10, 0)], "gave more results than the 10"),
    "without the task": (lambda task, items: items, "gave int for draws 0 to 7, not what the task returned"),
    "nothing": (lambda task, items: None, "failed at draws 0 to 7: TypeError"),
    "of another form": (lambda items: items, "failed at draws 0 to 7: TypeError"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_results_that_were_not_asked_for_are_refused(fault):
    workers, told = FAULTY[fault]
    with pytest.raises(ParameterError, match=told) as caught:
        list(run_in_order(square, range(10), workers=workers, size=8))
    assert caught.value.draw is not None


def test_ranges_are_told_apart():
    items = [range(0, 3), range(3, 6), range(6, 7)]
    with pytest.raises(ParameterError, match=r"draw 6 where that for draws 3 to 5 was due"):
        list(run_in_order(sum, items, workers=lambda task, given: [task(given[0]), task(given[2])]))
    assert list(run_in_order(sum, items, workers=map)) == [3, 12, 6]  # the negative control


def test_what_a_task_raises_on_purpose_is_not_the_executors():
    def refuse(i):
        raise ParameterError("no")

    with ThreadPoolExecutor(1) as pool, pytest.raises(ParameterError, match=r"^no$"):
        list(run_in_order(refuse, range(3), executor=pool))


def test_an_executor_that_is_shut_down():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(ParameterError, match="executor ThreadPoolExecutor failed at draw 0: RuntimeError"):
        list(run_in_order(square, range(3), executor=pool))

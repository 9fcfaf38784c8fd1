"""Replicates on any engine: order, laziness, and errors that stop what has not begun."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mdppower._stop import Stopped, Switch, stop_flag
from mdppower.errors import ParameterError
from mdppower.montecarlo import engines
from mdppower.montecarlo.engines import Engine, chunked, stacked

ALONE = 2**16
"""As many numbers in a replicate as make it a task of its own."""


def squares(numbers):
    time.sleep(0.002 * (numbers[0] % 3))
    return (np.array(numbers) ** 2,)


def made(engine, task, count, **options):
    """The numbers and rows that an engine gives."""
    rows = list(engine.rows(task, range(count), **{"width": ALONE} | options))
    assert [number for numbers, _, _ in rows for number in numbers] == list(range(count))[
        : sum(len(n) for n, _, _ in rows)
    ]
    return [x for _, (array,), _ in rows for x in array.tolist()]


@pytest.mark.parametrize("workers", [1, 2, 5, -1])
def test_results_come_in_order(workers):
    assert made(Engine(workers), squares, 40) == [i * i for i in range(40)]


def test_executor_and_map_like():
    with ThreadPoolExecutor(3) as pool:
        assert made(Engine(executor=pool), squares, 20) == [i * i for i in range(20)]
        assert made(Engine(workers=pool.map), squares, 20) == [i * i for i in range(20)]
        assert pool.submit(squares, range(3, 4)).result()[0] == [9]  # it was not shut down


def test_a_short_run_stays_in_this_thread(monkeypatch):
    """More replicates at a time as long as they are quick, never more than a task takes; the same rows as ever."""
    seen = []

    def task(numbers):
        seen.append((len(numbers), threading.current_thread()))
        if 30 in numbers and len(numbers) > 1:
            raise MemoryError
        return (np.array(numbers) ** 2,)

    assert made(Engine(short=True), task, 100, width=2**11) == [i * i for i in range(100)]
    assert {thread for _, thread in seen} == {threading.current_thread()}
    assert seen[0][0] == 1
    assert max(size for size, _ in seen) <= 2**16 // 2**11
    for engine, width in ((Engine(2, short=True), 1), (Engine(short=True), 2**20), (Engine(), 1)):
        seen.clear()
        assert made(engine, task, 100, width=width) == [i * i for i in range(100)]
        assert threading.current_thread() not in {thread for _, thread in seen}
    monkeypatch.setattr(engines, "QUICK", 0.0)  # as for a law that takes long: one at a time
    seen.clear()
    made(Engine(short=True), task, 20, width=1)
    assert [size for size, _ in seen] == [1] * 20


def test_an_error_in_a_short_run_takes_no_neighbours_with_it():
    def task(numbers):
        if 30 in numbers:
            raise ValueError("thirty")
        return (np.array(numbers),)

    got = []

    def make():
        for numbers, _, _ in Engine(short=True).rows(task, range(100), width=1):
            got.extend(numbers)

    with pytest.raises(ValueError, match="thirty"):
        make()
    assert got == list(range(30))


def test_an_error_stops_what_has_not_begun():
    begun, lock = [], threading.Lock()

    def task(numbers):
        with lock:
            begun.append(numbers[0])
        if 3 in numbers:
            raise ValueError("three")
        time.sleep(0.005)
        return (np.array(numbers),)

    with pytest.raises(ValueError, match="three"):
        made(Engine(2), task, 1000)
    assert len(begun) < 30


def test_no_more_than_a_window_is_in_flight():
    begun = []

    def task(numbers):
        begun.append(numbers)
        return squares(numbers)

    results = Engine(2).rows(task, range(1000), width=ALONE)
    next(results)
    time.sleep(0.05)
    assert len(begun) <= 8
    results.close()


@pytest.mark.parametrize("workers", [0, -2, 1.5, True, "x", None])
def test_bad_workers(workers):
    with pytest.raises(ParameterError, match="workers"):
        Engine(workers)


def test_not_both():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ParameterError, match="not both"):
        Engine(2, pool)
    with pytest.raises(ParameterError, match="Executor"):
        Engine(1, "pool")


@pytest.mark.parametrize(
    ("numbers", "size", "longest"), [(range(5, 69), 10, 2), (range(64), 2**20, 1), (range(0), 1, 0)]
)
def test_chunks_are_all_of_it(numbers, size, longest):
    chunks = chunked(numbers, size)
    assert [k for chunk in chunks for k in chunk] == list(numbers)
    assert max(map(len, chunks), default=0) == longest


# ---------------------------------------------------------------------- work that is ended from outside


def test_a_switch_ends_the_work_of_threads_and_all_that_would_begin():
    switch, begun = Switch(), threading.Event()

    def task(numbers):
        begun.set()
        while not stop_flag()[0]:
            time.sleep(0.001)
        raise Stopped

    def tell():
        begun.wait()
        switch.tell()

    threading.Thread(target=tell).start()
    with pytest.raises(Stopped):
        made(Engine(2, switch=switch), task, 5)
    with pytest.raises(Stopped):
        made(Engine(1, switch=switch), task, 1)
    assert not [t for t in threading.enumerate() if t.name.startswith("mdppower")]


def test_of_workers_elsewhere_no_result_is_waited_for():
    switch, done = Switch(), threading.Event()

    class Elsewhere(ThreadPoolExecutor):
        """Its workers see no flag."""

    with Elsewhere(1) as pool:
        results = Engine(executor=pool, switch=switch).rows(lambda numbers: done.wait() and (), range(1), width=ALONE)
        threading.Timer(0.05, switch.tell).start()
        with pytest.raises(Stopped):
            next(results)
        assert not done.is_set()
        done.set()


def test_rows_are_stacked():
    numbers, arrays = stacked([(1, [2, 3]), (4, [5, 6])])
    assert (numbers.tolist(), arrays.tolist()) == ([1, 4], [[2, 3], [5, 6]])


# ---------------------------------------------------------------------- results of strangers' code are counted


def twice(task, items):
    """The first result again in the place of the second: the standard error would be too small by √2."""
    results = list(map(task, items))
    return [results[0], *results[:-1]]


def one(i):
    """The item of a replicate."""
    return range(i, i + 1)


FAULTY = {
    "twice": (twice, "workers twice gave the result for draws 0 to 7 where that for draws 8 to 15 was due"),
    "drops the last": (lambda task, items: list(map(task, items))[:-1], "gave no result for draws 72 to 79"),
    "drops one": (
        lambda task, items: [task(i) for i in items if i != one(4)],
        "draws 40 to 47 where that for draws 32 to",
    ),
    "backwards": (lambda task, items: [task(i) for i in items][::-1], "draws 72 to 79 where that for draws 0 to 7"),
    "one too many": (
        lambda task, items: [*map(task, items), (one(10), one(10), (), 0.0, None)],
        "gave more results than the 10",
    ),
    "without the task": (lambda task, items: items, "gave range for draws 0 to 7, not what the task returned"),
    "nothing": (lambda task, items: None, "failed at draws 0 to 7: TypeError"),
    "of another form": (lambda items: items, "failed at draws 0 to 7: TypeError"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_results_that_were_not_asked_for_are_refused(fault):
    workers, told = FAULTY[fault]
    with pytest.raises(ParameterError, match=told) as caught:
        made(Engine(workers), squares, 10, size=8)
    assert caught.value.draw is not None


def test_ranges_are_told_apart():
    numbers = range(160)
    chunks = chunked(numbers, 1)
    assert chunks[:2] == [range(0, 5), range(5, 10)]
    with pytest.raises(ParameterError, match=r"draws 10 to 14 where that for draws 5 to 9 was due"):
        list(Engine(lambda task, given: [task(given[0]), task(given[2])]).rows(squares, numbers, width=1))
    assert made(Engine(map), squares, 160, width=1) == [i * i for i in numbers]  # the negative control


def test_what_a_task_raises_on_purpose_is_not_the_executors():
    def refuse(numbers):
        raise ParameterError("no")

    with ThreadPoolExecutor(1) as pool, pytest.raises(ParameterError, match=r"^no$"):
        made(Engine(executor=pool), refuse, 3)


def test_an_executor_that_is_shut_down():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(ParameterError, match="executor ThreadPoolExecutor failed at draw 0: RuntimeError"):
        made(Engine(executor=pool), squares, 3)

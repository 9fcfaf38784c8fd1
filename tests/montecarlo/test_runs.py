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

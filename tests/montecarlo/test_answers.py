"""What a worker answers: what was made before an error, errors that can be read elsewhere, one thread of BLAS."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from elsewhere import threads_of

from mdppower._stop import Stopped
from mdppower.errors import RewardError
from mdppower.montecarlo import answers, one_thread
from mdppower.montecarlo.answers import Told, blocks, this_process
from mdppower.montecarlo.one_thread import one_blas_thread

HERE, ELSEWHERE = this_process(), ("another host", 1)


def upto(last, error=None):
    error = error or ValueError("no")

    def task(numbers):
        if any(number > last for number in numbers):
            raise error
        return np.array(numbers), np.array([[number, number] for number in numbers])

    return task


@pytest.mark.parametrize("width", [1, 2**13, 2**16, 2**20])
@pytest.mark.parametrize("last", [2, 7, 8, 25, 99])
def test_what_comes_before_an_error_is_made(last, width):
    # 20 replicates, 3 … 22: made up to `last`, whatever blocks they are made in.
    answer = Told(upto(last), width, HERE)(range(3, 23))
    made = max(0, min(last, 22) - 2)
    assert answer.made == range(3, 3 + made)
    assert (answer.ended_by is None) == (last >= 22)
    assert [rows.tolist() for rows in answer.rows[:1]] == ([list(range(3, 3 + made))] if made else [])
    assert answer.asked == range(3, 23)


def test_blocks_are_all_of_it_and_bounded():
    assert blocks(range(5, 15), 2**14) == [range(5, 9), range(9, 13), range(13, 15)]
    assert blocks(range(3), 2**30) == [range(0, 1), range(1, 2), range(2, 3)]
    assert blocks(range(0), 1) == []


class Unreadable(Exception):
    """It can be written, and not read, as exceptions whose __init__ wants more than their args have: pools break."""

    def __reduce__(self):
        return int, ("one", "two", "three")


def test_an_error_that_cannot_be_read_elsewhere_is_told_of():
    error = Unreadable("ab")
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(error))
    assert Told(upto(0, error), 1, HERE)(range(2)).ended_by is error  # threads share it
    answer = pickle.loads(pickle.dumps(Told(upto(0, error), 1, ELSEWHERE)(range(2))))
    assert (type(answer.ended_by), str(answer.ended_by)) == (RuntimeError, "Unreadable: ab")
    assert answer.made == range(1)


def test_the_cause_of_an_error_comes_with_it():
    # Pickling an exception loses its cause: what the user's own function has raised.
    def task(numbers):
        try:
            raise KeyError("x")
        except KeyError as error:
            raise RewardError("the law raised") from error

    answer = pickle.loads(pickle.dumps(Told(task, 1, ELSEWHERE)(range(1))))
    with pytest.raises(RewardError, match="the law raised") as caught:
        answer.raise_error()
    assert isinstance(caught.value.__cause__, KeyError)


def test_what_was_told_to_stop_is_no_answer():
    with pytest.raises(Stopped):
        Told(upto(0, Stopped()), 1, HERE)(range(2))


# ---------------------------------------------------------------------- one thread


def test_tasks_see_one_thread():
    before = threads_of(range(1))
    blas, numba = Told(threads_of, 1, ELSEWHERE)(range(3)).rows
    assert blas.tolist() == numba.tolist() == [1, 1, 1]
    # In the driver's own threads Numba's are left alone: where they run, a process should not be forked.
    blas, numba = Told(threads_of, 1, HERE)(range(1)).rows
    assert (blas.tolist(), numba.tolist()) == ([1], before[1].tolist())
    assert [x.tolist() for x in threads_of(range(1))] == [x.tolist() for x in before]


def test_the_last_that_holds_sets_back():
    (before,), _ = threads_of(range(1))
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)  # not in the order of a stack, as threads may
    assert threads_of(range(1))[0].tolist() == [1]
    second.__exit__(None, None, None)
    assert threads_of(range(1))[0].tolist() == [before]
    assert one_thread._holding.count == 0


def test_host_and_process():
    assert this_process() == answers.this_process()
    assert isinstance(HERE[1], int)

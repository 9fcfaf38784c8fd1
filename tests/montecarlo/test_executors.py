"""The driver's side of an executor: how long tasks are, how many there are, what is waited for, what failures say."""

from __future__ import annotations

import pickle
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor

import numpy as np
import pytest
from elsewhere import Sandboxes

from mdppower._stop import Stopped, Switch
from mdppower.errors import ParameterError
from mdppower.montecarlo import executors
from mdppower.montecarlo.answers import Answer
from mdppower.montecarlo.engines import Engine
from mdppower.montecarlo.executors import Deliveries, replicates


def squares(numbers):
    return (np.array(numbers) ** 2,)


class Timed(Executor):
    """Workers that say that a replicate takes so long, and take no time; what they were asked for is kept."""

    def __init__(self, seconds, workers=None, fresh=()):
        self.seconds, self.fresh, self.asked = seconds, set(fresh), []
        if workers:
            self._max_workers = workers

    def submit(self, function, numbers):
        answer = function(numbers)
        each = self.seconds(numbers.start) if callable(self.seconds) else self.seconds
        fresh = len(self.asked) in self.fresh
        self.asked.append(numbers)
        future = Future()
        told = {"seconds": (100 * each if fresh else each) * len(numbers), "fresh": fresh}
        future.set_result(Answer(**(vars(answer) | told)))
        return future

    @property
    def sizes(self):
        return [len(numbers) for numbers in self.asked]


def delivered(executor, count, task=squares, width=2**16, switch=None, idle=lambda: None):
    deliveries = Deliveries(task, range(count), width, executor, switch or Switch(), idle)
    found = list(deliveries)
    assert [k for asked, _ in found for k in asked] == list(range(count))
    assert np.concatenate([answer.rows[0] for _, answer in found]).tolist() == [k * k for k in range(count)]
    return deliveries


# ---------------------------------------------------------------------- how long tasks are


def test_tasks_grow_to_a_fifth_of_a_second_by_four_at_most():
    # A replicate takes 1 ms: tasks of 200, and on the way there 1, 4, 16, 64.
    executor = Timed(0.001, workers=2)
    delivered(executor, 4000)
    sizes = executor.sizes
    assert set(sizes[:4]) == {1}  # the window is twice the workers
    assert all(b <= 4 * max(sizes[:k]) for k, b in enumerate(sizes) if k)
    assert max(sizes) == 200
    assert sum(size < 100 for size in sizes) <= 4 * 4 + 1  # four of each size on the way; the last is what is left


def test_at_the_end_no_worker_idles_for_longer_than_a_task():
    # Ten workers, 100 replicates of 0.1 s: ten each, if tasks are of one or two.
    executor = Timed(0.1, workers=10)
    delivered(executor, 100)
    assert max(executor.sizes) <= 2
    # Of 1 s they are made one by one, of a microsecond in as few as growth allows.
    slow = Timed(1.0, workers=2)
    delivered(slow, 30)
    assert slow.sizes == [1] * 30
    quick = Timed(1e-6, workers=2)
    delivered(quick, 10_000)
    assert len(quick.sizes) < 30


def test_what_is_left_is_shared_down_to_a_tenth_of_a_second():
    executor = Timed(0.001, workers=4)
    delivered(executor, 2000)
    assert all(size <= 200 for size in executor.sizes)
    assert min(executor.sizes[-4:-1]) >= 100  # the last one is what is left


def test_the_time_of_a_worker_that_was_loading_says_nothing():
    executor = Timed(0.001, workers=1, fresh=range(2))
    delivered(executor, 2000)
    assert max(executor.sizes) == 200
    # The negative control: if it counted, tasks would be of 2 for a while.
    counted = Timed(lambda start: 0.1 if start < 2 else 0.001, workers=1)
    delivered(counted, 2000)
    assert len(counted.sizes) > len(executor.sizes)


def test_with_many_workers_tasks_are_longer():
    # The driver has 4 ms for a task, so that 200 workers need tasks of 0.8 s.
    executor = Timed(0.1, workers=200)
    delivered(executor, 12_000)
    assert max(executor.sizes) == 8


def test_small_replicates_begin_together():
    executor = Timed(1e-6, workers=2)
    delivered(executor, 10_000, width=16)
    assert executor.sizes[0] == 256  # 2**12 numbers: most take less than a millisecond


# ---------------------------------------------------------------------- how many there are


def test_no_more_than_a_window_is_in_flight():
    executor = Timed(0.001, workers=3)
    deliveries = Deliveries(squares, range(1000), 2**16, executor, Switch(), lambda: None)
    results = iter(deliveries)
    next(results)
    assert len(executor.asked) <= 4 * 6
    results.close()


def test_the_window_grows_as_workers_answer_where_their_number_is_not_told():
    deliveries = delivered(Sandboxes(3), 300)
    assert deliveries._window > executors.BEGIN
    assert delivered(Sandboxes(3, told=True), 300)._window == 6


@pytest.mark.slow
def test_it_stops_growing_when_tasks_queue():
    # One worker, tasks of 30 ms: with four in flight each takes 120 ms from sending to answer, which is more than
    # twice as long as it takes alone, and the 50 ms that are allowed for the way.
    class One(Executor):
        def __init__(self, pool):
            self.submit = pool.submit

    def task(numbers):
        time.sleep(0.03 * len(numbers))
        return squares(numbers)

    with ThreadPoolExecutor(1) as pool:
        deliveries = delivered(One(pool), 30, task)
        assert executors.BEGIN <= deliveries._window <= 3 * executors.BEGIN


# ---------------------------------------------------------------------- what is waited for


class Elsewhere(ThreadPoolExecutor):
    """Threads that see no flag: no ThreadPoolExecutor itself."""


def test_a_stop_waits_for_nobody_and_cancels_what_has_not_begun():
    begun, release = [], threading.Event()

    def task(numbers):
        begun.append(numbers)
        release.wait()
        return squares(numbers)

    with Elsewhere(2) as pool:
        deliveries = Deliveries(task, range(100), 2**16, pool, (switch := Switch()), lambda: None)
        threading.Timer(0.1, switch.tell).start()
        begin = time.perf_counter()
        with pytest.raises(Stopped):
            list(deliveries)
        assert time.perf_counter() - begin < 5
        assert len(begun) == 2
        assert all(future.cancelled() or future.running() for future in deliveries._flying)
        release.set()
    assert len(begun) == 2


def test_closing_cancels_too():
    begun = []

    def task(numbers):
        begun.append(numbers)
        time.sleep(0.02)
        return squares(numbers)

    with Elsewhere(1) as pool:
        rows = Engine(executor=pool).rows(task, range(1000), width=2**16)
        next(rows)
        rows.close()
        count = len(begun)
    assert len(begun) <= count + 1


def test_threads_of_this_process_are_told_to_stop():
    from mdppower._stop import stop_flag

    ended = threading.Event()

    def task(numbers):
        if numbers.start == 0:
            return squares(numbers)
        while not stop_flag()[0]:
            time.sleep(0.001)
        ended.set()
        raise Stopped

    with ThreadPoolExecutor(2) as pool:
        rows = Engine(executor=pool).rows(task, range(10), width=2**16)
        next(rows)
        rows.close()
        assert ended.wait(10)


@pytest.mark.slow
def test_idle_is_called_while_one_task_holds_up_the_others():
    calls = []

    def task(numbers):
        time.sleep(0.5 if numbers.start == 0 else 0.001)
        return squares(numbers)

    with Elsewhere(2) as pool:
        delivered(pool, 200, task, idle=lambda: calls.append(1))
    assert calls


# ---------------------------------------------------------------------- failures


class Failing(Executor):
    """What a submission raises, or what its future does, from the n-th on."""

    _max_workers = 2

    def __init__(self, error, first, at_submit=False):
        self.error, self.first, self.at_submit, self.count = error, first, at_submit, 0

    def submit(self, function, *args):
        self.count += 1
        future = Future()
        if self.count > self.first:
            if self.at_submit:
                raise self.error
            future.set_exception(self.error)
        else:
            future.set_result(function(*args))
        return future


@pytest.mark.parametrize("at_submit", [False, True])
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BrokenExecutor("it broke\nand more"), r"BrokenExecutor: it broke \(a worker was killed, .*__main__"),
        (RuntimeError("cannot schedule new futures after shutdown"), "RuntimeError: cannot schedule"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_what_was_made_before_a_failure_is_given(error, told, at_submit):
    if isinstance(error, KeyboardInterrupt) and at_submit:
        return  # that is the user's, and goes through
    rows, seen = Engine(executor=Failing(error, 5, at_submit)).rows(squares, range(1000), width=2**16), []

    def read():
        for made, _, _ in rows:
            seen.extend(made)

    with pytest.raises(ParameterError, match=f"executor Failing failed at draws? .*{told}") as caught:
        read()
    assert "\n" not in str(caught.value)
    assert seen == list(range(caught.value.draw))
    assert len(seen) >= 5


def test_what_cannot_be_sent_is_told():
    class Pickling(Sandboxes):
        """Its pickler is plain."""

        def submit(self, function, /, *args):
            future = Future()
            try:
                pickle.dumps((function, args))
            except Exception as error:
                future.set_exception(error)
            return future

    with pytest.raises(ParameterError, match=r"must be functions of a module .* loky and Dask take all"):
        list(Engine(executor=Pickling(1)).rows(lambda numbers: (), range(3)))


@pytest.mark.parametrize("answer", [None, 3, (range(1), ())])
def test_what_is_no_answer_is_refused(answer):
    class Odd(Executor):
        def submit(self, function, *args):
            future = Future()
            future.set_result(answer)
            return future

    with pytest.raises(ParameterError, match=f"gave {type(answer).__name__}, not what the task returned"):
        list(Engine(executor=Odd()).rows(squares, range(3)))


def test_an_answer_to_another_question_is_refused():
    class Shifted(Executor):
        def submit(self, function, numbers):
            future = Future()
            future.set_result(function(range(numbers.start + 1, numbers.stop + 1)))
            return future

    with pytest.raises(ParameterError, match="gave the answer of another task, not what the task returned"):
        list(Engine(executor=Shifted()).rows(squares, range(3)))


@pytest.mark.parametrize(
    ("given", "told"), [(lambda first: first, "the future of another task"), (lambda first: None, "NoneType")]
)
def test_what_is_no_future_of_its_own_is_refused(given, told):
    """Else its replicates would be waited for for ever."""

    class Odd(Executor):
        first = None

        def submit(self, function, *args):
            if self.first is not None:
                return given(self.first)
            self.first = Future()
            threading.Timer(0.05, lambda: self.first.set_result(function(*args))).start()
            return self.first

    with pytest.raises(ParameterError, match=told):
        list(Engine(executor=Odd()).rows(squares, range(100), width=2**16))


def test_ctrl_c_while_an_answer_is_heard_is_the_users():
    """Python raises it between any two steps of the driver, also where it takes what workers have raised."""

    class Interrupted(Future):
        def result(self, timeout=None):
            raise KeyboardInterrupt

        def exception(self, timeout=None):
            raise KeyboardInterrupt

    class Interrupting(Executor):
        def submit(self, function, *args):
            future = Interrupted()
            future.set_result(function(*args))
            return future

    with pytest.raises(KeyboardInterrupt):
        list(Engine(executor=Interrupting()).rows(squares, range(3)))


def test_tickets_differ():
    # Dask takes calls of equal arguments for one, and would answer `Missing` for ever.
    tickets = [executors._ticket() for _ in range(100)]
    assert len(set(tickets)) == 100
    assert replicates(sum, "any", range(4)) == 6


def test_ctrl_c_in_a_ticket_leaves_tickets():
    # Once they were a generator's: an error that arrives inside one ends it, and all later runs failed.
    def interrupt(frame, event, argument):
        if frame.f_code.co_filename == executors.__file__:
            raise KeyboardInterrupt
        return interrupt

    before, tracing = executors._ticket(), sys.gettrace()
    sys.settrace(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            executors._ticket()
    finally:
        sys.settrace(tracing)
    assert executors._ticket() != before


class Client:
    def get_executor(self):
        """Not called."""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Client(), "get_executor"),
        ("pool", r"got 'pool'$"),
        (type("Pool", (), {"map": map})(), "map may do as workers="),
    ],
)
def test_what_is_no_executor(given, told):
    with pytest.raises(ParameterError, match=told):
        Engine(executor=given)

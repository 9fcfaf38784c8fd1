"""Where replicates are made: in own threads, by a map-like callable, or on any executor.

A task is a picklable callable: called with consecutive numbers of replicates it gives *rows*, a tuple of arrays with
one row a replicate. What an engine gives is in the order of the numbers, whatever the number of workers and whoever
finishes first, so that what is summed from it has the same bits every time. Results that strangers' code hands back
say which replicates they are of, and are counted: a result that came twice would make an error bar too short in
silence.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from mdppower._stop import Stopped, Switch, with_flag
from mdppower.errors import MDPPowerError, ParameterError
from mdppower.montecarlo.answers import TOGETHER, Answer, Told, this_process
from mdppower.montecarlo.answers import Rows as Rows
from mdppower.montecarlo.answers import Task as Task
from mdppower.montecarlo.one_thread import one_blas_thread

Workers: TypeAlias = "int | Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]"
"""A number of threads (−1: one a core), or a map-like callable, as in SciPy."""
Made: TypeAlias = "tuple[range, Rows, float]"
"""Replicates, their rows, and the seconds that it took."""

LONGEST_WAIT = 0.1
"""Seconds between two looks at the stop flag, where nothing is heard of workers."""
SHORT = 2**20
"""Most numbers in the draws of a run that is short: a tenth of a second of work, or some."""
QUICK, GROWTH = 0.005, 16
"""Seconds for which replicates of a short run are made at a time, and the most by which these grow at once: of the
first ones nothing is known, and a user's law may be slow."""


@dataclass(frozen=True, eq=False)
class Engine:
    """Own threads, a map-like callable, or an executor.

    Attributes
    ----------
    workers : int or map-like callable
        Threads to use; −1 is one a core.
    executor : concurrent.futures.Executor, optional
        Used instead of own threads; it is not shut down.
    switch : Switch
        Told from any thread, it ends the work inside a replicate: own threads and what their kernels do; of other
        workers no result is waited for.
    short : bool
        Whether this thread itself is to make what is short, where it is asked for no other: to hand work to a thread
        and to take it back costs as much as a millisecond of it.

    Raises
    ------
    ParameterError
        `workers` is neither a positive int, nor −1, nor callable; `executor` is none; or both are given.
    """

    workers: Workers = 1
    executor: Executor | None = None
    switch: Switch = field(default_factory=Switch)
    short: bool = False

    def __post_init__(self) -> None:
        if self.executor is not None:
            if not isinstance(self.executor, Executor):
                raise ParameterError(
                    f"executor must be a concurrent.futures.Executor, got {self.executor!r}{_instead(self.executor)}"
                )
            if self.workers != 1:
                raise ParameterError("give workers= or executor=, not both")
        elif not callable(self.workers):
            thread_count(self.workers)

    @property
    def is_this_thread(self) -> bool:
        """Whether nobody was asked to help."""
        return self.executor is None and self.workers == 1

    @property
    def threads(self) -> int:
        """How many replicates are made at once in this process."""
        return 1 if callable(self.workers) else thread_count(self.workers)

    def rows(
        self,
        task: Task,
        numbers: range,
        *,
        size: int = 1,
        width: int = 2**16,
        idle: Callable[[], None] = lambda: None,
    ) -> Iterator[Made]:
        """Make replicates.

        Parameters
        ----------
        task : callable of a range
            Releases the GIL for most of its time if threads are to help.
        numbers : range
        size : int
            Draws of a replicate, for messages.
        width : int
            Numbers in the draws of a replicate: small ones are made together, as each call has its price.
        idle : callable
            Called now and then while results are waited for.

        Yields
        ------
        (range, tuple of arrays, seconds)
            Consecutive, in the order of the numbers, as they become available.

        Raises
        ------
        ParameterError
            The executor or the map-like callable has failed, or has not given the results of the replicates, one
            each, in their order. What its workers raise on purpose (an MDPPowerError) is raised as it is.
        Stopped
            The switch was told.
        """
        if self.executor is not None:
            yield from self._on_executor(task, numbers, size, width, idle, self.executor)
            return
        chunks, told = chunked(numbers, width), Told(task, width, this_process())
        if callable(self.workers):
            given = self.workers
            who = f"workers {getattr(given, '__name__', type(given).__name__)}"
            yield from _identified(lambda: given(told, chunks), chunks, who, size)
            return
        here = self.short and self.is_this_thread and len(numbers) * width <= SHORT
        for answer in self._in_this_thread(told, numbers, width) if here else self._in_threads(told, chunks, idle):
            if answer.made:
                yield answer.made, answer.rows, answer.seconds
            answer.raise_error()

    def _on_executor(
        self, task: Task, numbers: range, size: int, width: int, idle: Callable[[], None], executor: Executor
    ) -> Iterator[Made]:
        from mdppower.montecarlo.executors import Deliveries

        deliveries = Deliveries(task, numbers, width, executor, self.switch, idle)
        with closing(deliveries.__iter__()) as answers:
            for asked, answer in answers:
                if isinstance(answer, Answer):
                    if answer.made:
                        yield answer.made, answer.rows, answer.seconds
                    answer.raise_error()
                else:
                    who = f"executor {type(executor).__name__}"
                    raise _failure(answer, who, asked, size, deliveries.explain(answer)) from answer

    def call(self, function: Callable[[], None]) -> None:
        """Call it in another thread: Ctrl-C in the middle of a compilation leaves Numba with halves of kernels."""
        for _ in self._in_threads(lambda _: function(), [None]):
            pass

    def _in_this_thread(self, told: Told, numbers: range, width: int) -> Iterator[Answer]:
        """More replicates at a time as long as they are quick."""
        work, step, left = with_flag(self.switch.flag(), told), 1, numbers
        with one_blas_thread():
            while left:
                answer, left = work(left[:step]), left[step:]
                yield answer
                fitting = QUICK * len(answer.made) / max(answer.seconds, 1e-9)
                step = max(1, min(int(fitting), GROWTH * step, TOGETHER // max(width, 1)))

    def _in_threads(
        self, task: Callable[[Any], Any], items: Sequence[Any], idle: Callable[[], None] = lambda: None
    ) -> Iterator[Any]:
        # In a thread even where there is but one: the main thread must be free to hear of Ctrl-C.
        count = 1 if callable(self.workers) or self.executor is not None else thread_count(self.workers)
        pool, flag = ThreadPoolExecutor(count, thread_name_prefix="mdppower"), self.switch.flag()
        work, waiting = with_flag(flag, task), deque[Future[Any]]()
        try:
            with one_blas_thread():  # once: it takes as long as a small task
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) >= 2 * count:
                        yield _result(waiting.popleft(), idle)
                while waiting:
                    yield _result(waiting.popleft(), idle)
        except BaseException:
            flag[0] = 1
            raise
        finally:
            # On an error or Ctrl-C nothing that has not begun is begun.
            pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[Any], idle: Callable[[], None]) -> Any:
    """The result, in short waits: on Windows no signal is heard in a long one."""
    while not wait([future], timeout=LONGEST_WAIT).done:
        idle()
    return future.result()


def _identified(make: Callable[[], Iterable[Any]], chunks: Sequence[range], who: str, size: int) -> Iterator[Made]:
    """What a stranger's code gives for `Told` tasks, where it is one answer for each chunk, in their order."""
    nothing = object()
    asked = chunks[0] if chunks else range(0)
    answer: Answer | None = None
    try:
        results = iter(make())
        for asked in chunks:
            given = next(results, nothing)
            if given is nothing:
                raise ParameterError(f"{who} gave no result for {_draws(asked, size)}: one is due for each item")
            if not isinstance(given, Answer):
                raise ParameterError(
                    f"{who} gave {type(given).__name__} for {_draws(asked, size)}, not what the task returned"
                )
            if given.asked != asked:
                raise ParameterError(
                    f"{who} gave the result for {_draws(given.asked, size)} where that for {_draws(asked, size)} was "
                    "due: one is due for each item, in their order, as map gives them"
                )
            answer = given
            if answer.made:
                yield answer.made, answer.rows, answer.seconds
            if answer.ended_by is not None:
                break
        else:
            if next(results, nothing) is not nothing:
                raise ParameterError(f"{who} gave more results than the {len(chunks):,} that were asked for")
    except Stopped:
        raise
    except Exception as error:
        raise _failure(error, who, asked, size) from error.__cause__ if isinstance(error, MDPPowerError) else error
    if answer is not None:
        answer.raise_error()


def _failure(error: BaseException, who: str, asked: range, size: int, hint: str = "") -> MDPPowerError:
    """What a stranger's code raised; on purpose (an MDPPowerError), or because it has failed."""
    if not isinstance(error, MDPPowerError):
        told = next(iter(str(error).splitlines()), "")
        error = ParameterError(f"{who} failed at {_draws(asked, size)}: {type(error).__name__}: {told}{hint}")
    if error.draw is None:
        error.draw = asked.start * size
    return error


def _instead(given: Any) -> str:
    """What of a thing that is no executor may have been meant."""
    if callable(getattr(given, "get_executor", None)):
        return "; a Dask client is one by its get_executor()"
    return "; its map may do as workers=" if callable(getattr(given, "map", None)) else ""


def _draws(numbers: range, size: int) -> str:
    """The draws of replicates, in words."""
    first, last = numbers.start * size, numbers.stop * size - 1
    return f"draw {first}" if first == last else f"draws {first} to {last}"


def chunked(numbers: range, width: int) -> list[range]:
    """The numbers of replicates in ranges, each a millisecond of work or more, and enough of them for all workers.

    Parameters
    ----------
    numbers : range
    width : int
        Numbers in the draws of a replicate.
    """
    step = max(1, min(2**16 // max(width, 1), len(numbers) // 32))
    return [numbers[i : i + step] for i in range(0, len(numbers), step)]


def stacked(parts: Iterable[Sequence[Any]]) -> Rows:
    """Rows, from what each replicate gave.

    Examples
    --------
    >>> [array.tolist() for array in stacked([(1, [2, 3]), (4, [5, 6])])]
    [[1, 4], [[2, 3], [5, 6]]]
    """
    return tuple(np.array(values) for values in zip(*parts, strict=True))


def thread_count(workers: Any) -> int:
    """How many threads `workers` means, or ParameterError."""
    if isinstance(workers, bool) or not isinstance(workers, int) or (workers < 1 and workers != -1):
        raise ParameterError(f"workers must be a positive int, -1 or a map-like callable, got {workers!r}")
    if workers != -1:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

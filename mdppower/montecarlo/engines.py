"""Where replicates are made: in own threads, by a map-like callable, or on any executor.

A task is a picklable callable: called with consecutive numbers of replicates it gives *rows*, a tuple of arrays with
one row a replicate. What an engine gives is in the order of the numbers, whatever the number of workers and whoever
finishes first, so that what is summed from it has the same bits every time. Results that strangers' code hands back
say which replicates they are of, and are counted: a result that came twice would make an error bar too short in
silence.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mdppower._stop import Stopped, Switch, with_flag
from mdppower.errors import MDPPowerError, ParameterError

Workers: TypeAlias = "int | Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]"
"""A number of threads (−1: one a core), or a map-like callable, as in SciPy."""
Rows: TypeAlias = "tuple[npt.NDArray[Any], ...]"
"""What replicates gave: arrays, each with one row a replicate."""
Task: TypeAlias = "Callable[[range], Rows]"
Made: TypeAlias = "tuple[range, Rows, float]"
"""Replicates, their rows, and the seconds that it took."""
_Answer: TypeAlias = "tuple[range, range, Rows, float, Exception | None]"

LONGEST_WAIT = 0.1
"""Seconds between two looks at the stop flag, where nothing is heard of workers."""


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

    Raises
    ------
    ParameterError
        `workers` is neither a positive int, nor −1, nor callable; `executor` is none; or both are given.
    """

    workers: Workers = 1
    executor: Executor | None = None
    switch: Switch = field(default_factory=Switch)

    def __post_init__(self) -> None:
        if self.executor is not None:
            if not isinstance(self.executor, Executor):
                raise ParameterError(f"executor must be a concurrent.futures.Executor, got {self.executor!r}")
            if self.workers != 1:
                raise ParameterError("give workers= or executor=, not both")
        elif not callable(self.workers):
            thread_count(self.workers)

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
        chunks, told = chunked(numbers, width), _Told(task)
        if self.executor is not None:
            executor = self.executor
            # Only threads of this process can see a flag.
            flagged = type(executor) is ThreadPoolExecutor
            job = with_flag(self.switch.flag(), told) if flagged else told
            who = f"executor {type(executor).__name__}"
            yield from _identified(lambda: self._ahead(job, chunks, executor, 64, idle), chunks, who, size)
        elif callable(self.workers):
            given = self.workers
            who = f"workers {getattr(given, '__name__', type(given).__name__)}"
            yield from _identified(lambda: given(told, chunks), chunks, who, size)
        else:
            for _, made, rows, seconds, ended_by in self._in_threads(told, chunks, idle):
                if made:
                    yield made, rows, seconds
                if ended_by is not None:
                    raise ended_by

    def call(self, function: Callable[[], None]) -> None:
        """Call it in another thread: Ctrl-C in the middle of a compilation leaves Numba with halves of kernels."""
        for _ in self._in_threads(lambda _: function(), [None]):
            pass

    def _in_threads(
        self, task: Callable[[Any], Any], items: Sequence[Any], idle: Callable[[], None] = lambda: None
    ) -> Iterator[Any]:
        # In a thread even where there is but one: the main thread must be free to hear of Ctrl-C.
        count = 1 if callable(self.workers) or self.executor is not None else thread_count(self.workers)
        pool, flag = ThreadPoolExecutor(count, thread_name_prefix="mdppower"), self.switch.flag()
        try:
            yield from self._ahead(with_flag(flag, task), items, pool, 2 * count, idle)
        except BaseException:
            flag[0] = 1
            raise
        finally:
            # On an error or Ctrl-C nothing that has not begun is begun.
            pool.shutdown(wait=True, cancel_futures=True)

    def _ahead(
        self,
        task: Callable[[Any], Any],
        items: Sequence[Any],
        executor: Executor,
        window: int,
        idle: Callable[[], None],
    ) -> Iterator[Any]:
        """Keep up to `window` tasks in flight, and give their results in order."""
        waiting: deque[Future[Any]] = deque()
        try:
            for item in items:
                waiting.append(executor.submit(task, item))
                if len(waiting) >= window:
                    yield self._result(waiting.popleft(), idle)
            while waiting:
                yield self._result(waiting.popleft(), idle)
        finally:
            for future in waiting:
                future.cancel()

    def _result(self, future: Future[Any], idle: Callable[[], None]) -> Any:
        """The result, in short waits: the flag is to be seen, and on Windows no signal is heard in a long wait."""
        while not wait([future], timeout=LONGEST_WAIT).done:
            if self.switch.told and self.executor is not None:
                raise Stopped
            idle()
        return future.result()


@dataclass(frozen=True)
class _Told:
    """A task that says which replicates were asked for, which were made, how long it took, and what ended it."""

    task: Task

    def __call__(self, numbers: range) -> _Answer:
        begin = time.perf_counter()
        try:
            made, rows, error = numbers, self.task(numbers), None
        except Stopped:
            raise
        except Exception as failure:
            made, rows, error = self._until_it_fails(numbers, failure)
        return numbers, made, rows, time.perf_counter() - begin, error

    def _until_it_fails(self, numbers: range, failure: Exception) -> tuple[range, Rows, Exception | None]:
        """Replicates one by one, so that those before the one that fails are not lost with it."""
        if len(numbers) == 1:
            return numbers[:0], (), failure
        parts: list[Rows] = []
        ended_by: Exception | None = None
        for number in numbers:
            try:
                parts.append(self.task(range(number, number + 1)))
            except Stopped:
                raise
            except Exception as error:
                ended_by = error
                break
        return numbers[: len(parts)], tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True)), ended_by


def _identified(make: Callable[[], Iterable[Any]], chunks: Sequence[range], who: str, size: int) -> Iterator[Made]:
    """What a stranger's code gives for `_Told` tasks, where it is one answer for each chunk, in their order."""
    nothing = object()
    asked = chunks[0] if chunks else range(0)
    ended_by: Exception | None = None
    try:
        results = iter(make())
        for asked in chunks:
            given = next(results, nothing)
            if given is nothing:
                raise ParameterError(f"{who} gave no result for {_draws(asked, size)}: one is due for each item")
            if not isinstance(given, tuple) or len(given) != 5 or not isinstance(given[0], range):
                raise ParameterError(
                    f"{who} gave {type(given).__name__} for {_draws(asked, size)}, not what the task returned"
                )
            if given[0] != asked:
                raise ParameterError(
                    f"{who} gave the result for {_draws(given[0], size)} where that for {_draws(asked, size)} was "
                    "due: one is due for each item, in their order, as map gives them"
                )
            _, made, rows, seconds, ended_by = given
            if made:
                yield made, rows, seconds
            if ended_by is not None:
                break
        if ended_by is None and next(results, nothing) is not nothing:
            raise ParameterError(f"{who} gave more results than the {len(chunks):,} that were asked for")
    except Stopped:
        raise
    except MDPPowerError as error:
        if error.draw is None:
            error.draw = asked.start * size
        raise
    except Exception as error:
        failure = ParameterError(f"{who} failed at {_draws(asked, size)}: {type(error).__name__}: {error}")
        failure.draw = asked.start * size
        raise failure from error
    if ended_by is not None:
        raise ended_by


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

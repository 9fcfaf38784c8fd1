"""Run tasks on any executor, and give their results in order.

A task is a picklable callable, called with each of some items. Results come back in the order of the items, whatever
the number of workers and whoever finishes first, so that what is summed from them has the same bits every time.
Those that strangers' code hands back say which item they are of, and are counted: a result that came twice would
make an error bar too short in silence.
"""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from mdppower._stop import new_flag, with_flag
from mdppower.errors import MDPPowerError, MDPPowerWarning, ParameterError

T = TypeVar("T")

Workers: TypeAlias = "int | Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]"
"""A number of threads (−1: one a core), or a map-like callable, as in SciPy."""


def run_in_order(
    task: Callable[[Any], T],
    items: Sequence[Any],
    *,
    workers: Workers = 1,
    executor: Executor | None = None,
    size: int = 1,
) -> Iterator[T]:
    """Results of ``task(i)`` for i in `items`, in that order, as they become available.

    Parameters
    ----------
    task : callable of one item
        Releases the GIL for most of its time if threads are to help.
    items : sequence
        Numbers of replicates, or ranges of these.
    workers : int or map-like callable
        Threads to use; −1 is one a core.
    executor : concurrent.futures.Executor, optional
        Used instead of own threads; it is not shut down.
    size : int
        Draws of a replicate, for messages.

    Yields
    ------
    object

    Raises
    ------
    ParameterError
        `workers` is neither a positive int, nor −1, nor callable; or both are given.
        The executor or the map-like callable has failed, or has not given the results of the items, one each, in
        their order. What its workers raise on purpose (an MDPPowerError) is raised as it is.
    """
    if executor is not None:
        if workers != 1:
            raise ParameterError("give workers= or executor=, not both")
        own = _Named(task)
        yield from _identified(
            lambda: _ahead(own, items, executor, 64), items, f"executor {type(executor).__name__}", size
        )
    elif callable(workers):
        given, named = workers, _Named(task)
        who = f"workers {getattr(workers, '__name__', type(workers).__name__)}"
        yield from _identified(lambda: given(named, items), items, who, size)
    else:
        # In a thread even where there is but one: the main thread must be free to hear of Ctrl-C.
        count, flag = thread_count(workers), new_flag()
        with _threads(count) as threads:
            try:
                yield from _ahead(with_flag(flag, task), items, threads, 2 * count)
            except BaseException:
                flag[0] = 1
                raise


@dataclass(frozen=True)
class _Named(Generic[T]):
    """A task whose results say which item they are of."""

    task: Callable[[Any], T]

    def __call__(self, item: Any) -> tuple[Any, T]:
        return item, self.task(item)


def _identified(make: Callable[[], Iterable[Any]], items: Sequence[Any], who: str, size: int) -> Iterator[Any]:
    """What a stranger's code gives for `_Named` tasks, where it is one result for each item, in their order."""
    nothing = object()
    asked = items[0] if items else None
    try:
        results = iter(make())
        for asked in items:
            given = next(results, nothing)
            if given is nothing:
                raise ParameterError(f"{who} gave no result for {_draws(asked, size)}: one is due for each item")
            if not isinstance(given, tuple) or len(given) != 2 or type(given[0]) is not type(asked):
                raise ParameterError(
                    f"{who} gave {type(given).__name__} for {_draws(asked, size)}, not what the task returned"
                )
            if given[0] != asked:
                raise ParameterError(
                    f"{who} gave the result for {_draws(given[0], size)} where that for {_draws(asked, size)} was "
                    "due: one is due for each item, in their order, as map gives them"
                )
            yield given[1]
        if next(results, nothing) is not nothing:
            raise ParameterError(f"{who} gave more results than the {len(items):,} that were asked for")
    except MDPPowerError as error:
        if error.draw is None:
            error.draw = _span(asked)[0] * size
        raise
    except Exception as error:
        failure = ParameterError(f"{who} failed at {_draws(asked, size)}: {type(error).__name__}: {error}")
        failure.draw = _span(asked)[0] * size
        raise failure from error


def _span(item: Any) -> tuple[int, int]:
    """First and last replicate of an item."""
    return (item[0], item[-1]) if isinstance(item, range) else (int(item or 0), int(item or 0))


def _draws(item: Any, size: int) -> str:
    """The draws of an item, in words."""
    first, last = _span(item)
    first, last = first * size, (last + 1) * size - 1
    return f"draw {first}" if first == last else f"draws {first} to {last}"


@contextmanager
def keep_finished(estimate: Callable[[], Any]) -> Iterator[None]:
    """An error of ours that ends a run takes along what was finished, unless it has it already.

    Parameters
    ----------
    estimate : callable
        Gives what the results so far say, or None where they are too few.
    """
    try:
        yield
    except MDPPowerError as error:
        if error.estimate is None:
            error.estimate = estimate()
        raise


@contextmanager
def finished_as(read: Callable[[Any], Any]) -> Iterator[None]:
    """What an error of a run has taken along becomes what the caller would have made of it."""
    try:
        yield
    except MDPPowerError as error:
        if error.estimate is not None:
            error.estimate = read(error.estimate)
        raise


def gather(
    task: Callable[[Any], T],
    items: Sequence[Any],
    size: int,
    *,
    workers: Workers,
    executor: Executor | None,
    progress: bool | None,
    label: str,
    prepare: Callable[[], None],
) -> Iterator[T]:
    """Results of ``task(i)`` for i in `items`, in order, under a progress bar.

    Ctrl-C ends it early, with a warning, where two results or more are there.

    Parameters
    ----------
    task : callable of one item
    items : sequence
        Numbers of replicates, or ranges of these.
    size : int
        Draws of a replicate.
    workers, executor
        As for `run_in_order`.
    progress : bool or None
        Whether to show a bar; None: in a terminal.
    label : str
        What the bar says.
    prepare : callable
        Compiles what the task needs, before work is handed to threads.

    Yields
    ------
    object
    """
    from tqdm import tqdm

    def draws(item: Any) -> int:
        return size * (len(item) if isinstance(item, range) else 1)

    total, made = sum(map(draws, items)), [0]
    hidden = None if progress is None else not progress
    with tqdm(desc="compiling", total=total, unit=" draws", disable=hidden) as bar:
        try:
            in_a_thread(prepare)
            bar.set_description(label)
            results = run_in_order(task, items, workers=workers, executor=executor, size=size)
            for item, result in zip(items, results, strict=True):
                made.append(made[-1] + draws(item))
                bar.update(draws(item))
                yield result
        except KeyboardInterrupt:
            if len(made) < 3:
                raise
            text = f"interrupted: the result is from {made[-1]:,} of {total:,} draws"
            warnings.warn(text, MDPPowerWarning, stacklevel=2)


def in_a_thread(function: Callable[[], None]) -> None:
    """Call it in another thread: Ctrl-C in the middle of a compilation leaves Numba with halves of kernels."""
    for _ in run_in_order(lambda _: function(), [None]):
        pass


def chunked(numbers: range, size: int) -> list[range]:
    """The numbers of replicates in ranges, each a millisecond of work or more, and enough of them for all workers.

    Parameters
    ----------
    numbers : range
    size : int
        Draws of a replicate times states.
    """
    step = max(1, min(2**16 // size, len(numbers) // 32))
    return [numbers[i : i + step] for i in range(0, len(numbers), step)]


def check_workers(workers: Any, executor: Any) -> None:
    """Raise ParameterError now for what `run_in_order` would refuse later."""
    if executor is not None and not isinstance(executor, Executor):
        raise ParameterError(f"executor must be a concurrent.futures.Executor, got {executor!r}")
    if not callable(workers):
        thread_count(workers)


def thread_count(workers: Any) -> int:
    """How many threads `workers` means, or ParameterError."""
    if isinstance(workers, bool) or not isinstance(workers, int) or (workers < 1 and workers != -1):
        raise ParameterError(f"workers must be a positive int, -1 or a map-like callable, got {workers!r}")
    return len(os.sched_getaffinity(0)) if workers == -1 and hasattr(os, "sched_getaffinity") else (
        os.cpu_count() or 1 if workers == -1 else workers
    )  # fmt: skip


@contextmanager
def _threads(count: int) -> Iterator[Executor]:
    pool = ThreadPoolExecutor(count, thread_name_prefix="mdppower")
    try:
        yield pool
    finally:
        # On an error or Ctrl-C nothing that has not begun is begun.
        pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[T]) -> T:
    """The result, in short waits: on Windows no signal is heard in a long one."""
    while not wait([future], timeout=0.5).done:
        pass
    return future.result()


def _ahead(task: Callable[[Any], T], items: Sequence[Any], executor: Executor, window: int) -> Iterator[T]:
    """Keep up to `window` tasks in flight, and give their results in order."""
    waiting: deque[Future[T]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(task, item))
            if len(waiting) >= window:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    finally:
        for future in waiting:
            future.cancel()

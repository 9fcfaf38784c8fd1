"""Run tasks on any executor, and give their results in order.

A task is a picklable callable, called with each of some items. Results come back in the order of the items, whatever
the number of workers and whoever finishes first, so that what is summed from them has the same bits every time.
"""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from mdppower._stop import new_flag, with_flag
from mdppower.errors import MDPPowerWarning, ParameterError

T = TypeVar("T")

Workers: TypeAlias = "int | Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]"
"""A number of threads (−1: one a core), or a map-like callable, as in SciPy."""


def run_in_order(
    task: Callable[[Any], T],
    items: Iterable[Any],
    *,
    workers: Workers = 1,
    executor: Executor | None = None,
) -> Iterator[T]:
    """Results of ``task(i)`` for i in `items`, in that order, as they become available.

    Parameters
    ----------
    task : callable of one item
        Releases the GIL for most of its time if threads are to help.
    items : iterable
    workers : int or map-like callable
        Threads to use; −1 is one a core.
    executor : concurrent.futures.Executor, optional
        Used instead of own threads; it is not shut down.

    Yields
    ------
    object

    Raises
    ------
    ParameterError
        `workers` is neither a positive int, nor −1, nor callable; or both are given.
    """
    if executor is not None:
        if workers != 1:
            raise ParameterError("give workers= or executor=, not both")
        yield from _ahead(task, items, executor, 64)
    elif callable(workers):
        yield from workers(task, items)
    else:
        # In a thread even where there is but one: the main thread must be free to hear of Ctrl-C.
        count, flag = thread_count(workers), new_flag()
        with _threads(count) as own:
            try:
                yield from _ahead(with_flag(flag, task), items, own, 2 * count)
            except BaseException:
                flag[0] = 1
                raise


def gather(
    task: Callable[[Any], T],
    items: Sequence[Any],
    draws: Callable[[Any], int],
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
    draws : callable of one item
        How many draws it stands for.
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

    total, made = sum(map(draws, items)), [0]
    hidden = None if progress is None else not progress
    with tqdm(desc="compiling", total=total, unit=" draws", disable=hidden) as bar:
        try:
            in_a_thread(prepare)
            bar.set_description(label)
            results = run_in_order(task, items, workers=workers, executor=executor)
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


def _ahead(task: Callable[[Any], T], items: Iterable[Any], executor: Executor, window: int) -> Iterator[T]:
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

"""BLAS and Numba held to one thread while replicates are made.

Parallelism is the engine's: threads inside a worker would only get in each other's way. And bits depend on it:
OpenBLAS adds up a product of 400 columns in another order on two threads than on one, so that correlated rewards
would differ from machine to machine, and between a thread and a process of the same one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class _Holding:
    """How many pieces of work of this process want BLAS on one thread; the setting is the process's."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.limiter: Any = None

    def begin(self) -> None:
        with self.lock:
            if not self.count:
                self.limiter = _blas().limit(limits=1)
            self.count += 1

    def end(self) -> None:
        with self.lock:
            self.count -= 1
            if not self.count:
                self.limiter.restore_original_limits()

    def forked(self) -> None:
        """In a child: another thread of the parent may have had the lock, and it is not there."""
        self.lock = threading.Lock()


_holding = _Holding()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_holding.forked)


@cache
def _blas() -> Any:
    import scipy.linalg  # noqa: F401  (it brings a BLAS of its own, which must be there to be found)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the BLAS of this process to one thread; what it was before is set again by the last that held it.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> with one_blas_thread(), one_blas_thread():
    ...     {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}
    {1}
    """
    _holding.begin()
    try:
        yield
    finally:
        _holding.end()


@contextmanager
def one_numba_thread() -> Iterator[None]:
    """Hold parallel kernels that this thread calls to one thread. Ours have none; a user's rewards may.

    Only for workers: asking starts Numba's threads, and a process in which they run should not be forked.
    """
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)

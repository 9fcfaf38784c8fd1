"""Rewards and tasks that workers in other processes can import, and an executor whose workers are counted."""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from unittest import mock

import numpy as np

from mdppower.montecarlo import parcels


def slowly(n, rng):
    """Uniform rewards of nine states, a hundredth of a second a replicate."""
    time.sleep(0.01)
    return rng.random((n, 9))


def deadly(n, rng):
    """Uniform rewards of nine states; whoever draws less than 1/200 first in a replicate is killed."""
    drawn = rng.random((n, 9))
    if drawn[0, 0] < 0.005:
        os.kill(os.getpid(), signal.SIGKILL)
    return drawn


def threads_of(numbers):
    """How many threads BLAS and Numba have where a task is made."""
    import numba
    from threadpoolctl import threadpool_info

    blas = max(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
    return np.array([blas] * len(numbers)), np.array([numba.get_num_threads()] * len(numbers))


def compiled_here():
    """How many specialisations of our kernels this process has compiled, and how many it has loaded."""
    import sys

    from numba.core.dispatcher import Dispatcher

    kernels = {
        id(thing): thing
        for name, module in list(sys.modules.items())
        if name.startswith("mdppower.")
        for thing in list(vars(module).values())
        if isinstance(thing, Dispatcher)
    }
    stats = [kernel.stats for kernel in kernels.values()]
    return sum(sum(s.cache_misses.values()) for s in stats), sum(sum(s.cache_hits.values()) for s in stats)


class Sandboxes(Executor):
    """Workers that take turns, each with what it has kept; all is pickled there and back, and done at once.

    Parameters
    ----------
    count : int
        Workers.
    turn : callable
        From the number of a submission to that of the worker that gets it.
    told : bool
        Whether it says how many there are.
    """

    def __init__(self, count: int, turn: Callable[[int], int] | None = None, told: bool = False) -> None:
        self.kept = [parcels.Kept(parcels.MOST_KEPT) for _ in range(count)]
        self.turn = turn or (lambda k: k % count)
        self.submitted: list[int] = []
        if told:
            self._max_workers = count

    def submit(self, function, /, *args, **kwargs):
        """Done before it is given back."""
        who, data = self.turn(len(self.submitted)), pickle.dumps((function, args, kwargs))
        self.submitted.append(len(data))
        future: Future = Future()
        future.set_running_or_notify_cancel()
        with mock.patch.object(parcels, "_kept", self.kept[who]), mock.patch("os.getpid", return_value=10**6 + who):
            try:
                function, args, kwargs = pickle.loads(data)
                future.set_result(pickle.loads(pickle.dumps(function(*args, **kwargs))))
            except Exception as error:
                future.set_exception(error)
        return future

"""What a worker does with a range of replicates, and what it answers."""

from __future__ import annotations

import os
import pickle
import socket
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mdppower._stop import Stopped
from mdppower.montecarlo.one_thread import one_blas_thread, one_numba_thread

Rows: TypeAlias = "tuple[npt.NDArray[Any], ...]"
"""What replicates gave: arrays, each with one row a replicate."""
Task: TypeAlias = "Callable[[range], Rows]"
Process: TypeAlias = "tuple[str, int]"
"""The host and number of a process."""

TOGETHER = 2**16
"""Numbers in the draws of replicates that a task makes in one call: a millisecond of work or more."""


@dataclass(frozen=True)
class Answer:
    """What became of some replicates.

    Attributes
    ----------
    asked, made : range
        Which were asked for, and which were made: the first of them, where an error ended it.
    rows : tuple of arrays
    seconds : float
    ended_by, cause : Exception, optional
        The error, and what it was raised from (which would not survive pickling).
    worker : (str, int)
        Who answers.
    fresh : bool
        Whether the worker had not seen the task before: its time says little.
    """

    asked: range
    made: range
    rows: Rows
    seconds: float
    ended_by: Exception | None
    cause: BaseException | None
    worker: Process
    fresh: bool = False

    def raise_error(self) -> None:
        """Raise what ended it, if something did."""
        if self.ended_by is not None:
            raise self.ended_by from self.cause


@dataclass(frozen=True)
class Told:
    """A task that answers.

    Attributes
    ----------
    task : callable of a range
    width : int
        Numbers in the draws of a replicate.
    driver : (str, int)
        Who asks.
    """

    task: Task
    width: int
    driver: Process

    def __call__(self, numbers: range) -> Answer:
        """Make replicates, in blocks that bound the memory; those before one that fails are not lost with it."""
        begin, here = time.perf_counter(), this_process()
        parts: list[Rows] = []
        made, error = 0, None
        with one_blas_thread(), one_numba_thread() if here != self.driver else nullcontext():
            for block in blocks(numbers, self.width):
                done, error = self._make(block, parts)
                made += done
                if error is not None:
                    break
        rows = parts[0] if len(parts) == 1 else tuple(map(np.concatenate, zip(*parts, strict=True)))
        cause = None if error is None else error.__cause__
        if here != self.driver:
            error, cause = _portable(error), _portable(cause)
        return Answer(numbers, numbers[:made], rows, time.perf_counter() - begin, error, cause, here)

    def _make(self, block: range, parts: list[Rows]) -> tuple[int, Exception | None]:
        """Add the rows of a block, or of its first replicates; gives how many, and what stopped it."""
        try:
            parts.append(self.task(block))
            return len(block), None
        except Stopped:
            raise
        except Exception as failure:
            if len(block) == 1:
                return 0, failure
        for done, number in enumerate(block):
            _, error = self._make(range(number, number + 1), parts)
            if error is not None:
                return done, error
        return len(block), None


def blocks(numbers: range, width: int) -> list[range]:
    """The numbers of replicates in ranges that are made together.

    Parameters
    ----------
    numbers : range
    width : int
        Numbers in the draws of a replicate: small ones are made together, as each call has its price.
    """
    step = max(1, TOGETHER // max(width, 1))
    return [numbers[i : i + step] for i in range(0, len(numbers), step)]


def this_process() -> Process:
    """The host and number of this process."""
    return _host(), os.getpid()


@cache
def _host() -> str:
    return socket.gethostname()


def _portable(error: Any) -> Any:
    """The error where it survives pickling, else one that tells of it: an answer that cannot be read breaks pools."""
    if error is None:
        return None
    try:
        if type(pickle.loads(pickle.dumps(error))) is type(error):
            return error
    except Exception:
        pass
    return RuntimeError(f"{type(error).__name__}: {error}")

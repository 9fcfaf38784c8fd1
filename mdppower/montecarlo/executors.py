"""The driver's side of an executor: what is asked for next, and of whom nothing is waited for.

Tasks are as long as a driver that has many workers to serve needs them to be, and as short as workers that are not to
idle at the end allow: the seconds that a replicate takes are measured as answers come. So is how many tasks are to be
in flight, where the executor does not tell how many workers it has. None of this changes a bit of what comes out,
since a replicate depends on its number alone.
"""

from __future__ import annotations

import logging
import math
import pickle
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any
from weakref import WeakKeyDictionary

from mdppower._stop import Stopped, Switch, with_flag
from mdppower.montecarlo.answers import TOGETHER, Answer, Process, Task, Told, this_process
from mdppower.montecarlo.parcels import Letter, Missing, written

log = logging.getLogger(__name__)

LONGEST_WAIT = 0.1
"""Seconds between two looks at the stop flag, where nothing is heard of workers."""
LEAST, USUAL = 0.1, 0.2
"""Seconds that a task is to take."""
DRIVER = 0.004
"""Seconds between two tasks of all workers together, twice what one costs the driver: with more workers, tasks are
longer."""
GROWTH = 4
"""The most by which tasks grow from one to the next: little is known of long ones before the first."""
_CANNOT_PICKLE = (pickle.PicklingError, AttributeError, TypeError)
BEGIN, MOST = 4, 2**14
"""Tasks in flight, where the executor does not say how many workers it has."""


@dataclass
class Traffic:
    """What went to workers and came back.

    Attributes
    ----------
    tasks : int
        Sent, those that were answered by `Missing` included.
    missing : int
        Those.
    sendings : int
        How often the large parts were sent.
    out, back : int
        Bytes of letters and of rows, nearly.
    workers : set of (host, process)
    """

    tasks: int = 0
    missing: int = 0
    sendings: int = 0
    out: int = 0
    back: int = 0
    workers: set[Process] = field(default_factory=set)


class Deliveries:
    """The replicates of a task, made on an executor; iterated over once.

    Parameters
    ----------
    task : callable of a range
    numbers : range
    width : int
        Numbers in the draws of a replicate.
    executor : concurrent.futures.Executor
    switch : Switch
    idle : callable
        Called ten times a second, if it can be.
    """

    def __init__(
        self, task: Task, numbers: range, width: int, executor: Executor, switch: Switch, idle: Callable[[], None]
    ) -> None:
        self._executor, self._switch, self._idle = executor, switch, idle
        self.traffic = Traffic()
        self._flag = switch.flag()
        told = Told(task, width, this_process())
        if type(executor) is ThreadPoolExecutor:
            # Only threads of this process can see a flag, and share what it has.
            self._letter: Letter | None = None
            self._work: Callable[[range], Any] = with_flag(self._flag, told)
        else:
            self._letter, self._work = written(told, executor), told
        self._short = self._letter and self._letter.short()

        workers = getattr(executor, "_max_workers", None)
        self._workers = workers if isinstance(workers, int) and workers > 0 else None
        self._window = BEGIN if self._workers is None else 2 * self._workers
        self._step = max(1, min(TOGETHER // 16 // max(width, 1), len(numbers) // 32))  # a user's law may be slow
        self._seconds: float | None = None

        self._next, self._end = numbers.start, numbers.stop
        self._flying: dict[Future[Any], _Flight] = {}
        self._heard: SimpleQueue[Future[Any]] = SimpleQueue()
        self._done: dict[int, tuple[range, Answer | BaseException]] = {}
        self._again: deque[range] = deque()
        self._lacking: set[Process] = set()
        self._carrying = 0  # how many tasks on their way have the large parts with them
        self._large = set() if self._letter is None else self._letter.large
        short = len(pickle.dumps(self._short))
        self._sizes = short, short + sum(len(self._letter.parts[name]) for name in self._large) if self._letter else 0
        self._knowing = _known_to(executor)
        # The first workers lack everything; of others it is heard.
        known = sum(names >= self._large for names in self._knowing.values())
        if self._workers is None:
            self._first = 0 if known else BEGIN // 2
        else:
            self._first = max(0, self._workers - known)

    def __iter__(self) -> Generator[tuple[range, Answer | BaseException], None, None]:
        """What was asked for, and the answer or the executor's failure, in the order of the numbers."""
        due, looked = self._next, time.monotonic()
        try:
            while due < self._end:
                if due in self._done:
                    asked, answer = self._done.pop(due)
                    yield asked, answer
                    due = asked.stop
                    continue
                self._send()
                if time.monotonic() - looked >= LONGEST_WAIT:
                    looked = time.monotonic()
                    self._switch.heed()
                    self._idle()
                # In short waits: on Windows no signal is heard in a long one.
                with suppress(Empty):
                    self._hear(self._heard.get(timeout=LONGEST_WAIT))
        finally:
            self._flag[0] = 1
            for future in list(self._flying):
                future.cancel()
            log.debug("executor %s: %s", type(self._executor).__name__, self.traffic)

    def explain(self, failure: BaseException) -> str:
        """What may be done about a failure, as the end of a message."""
        if self._letter is None and isinstance(failure, _CANNOT_PICKLE) and "pickle" in str(failure):
            return (
                "; for processes, rewards and policies that are code must be functions of a module (no lambdas, no "
                "functions inside functions); threads, loky and Dask take all"
            )
        if isinstance(failure, BrokenExecutor):
            return (
                " (a worker was killed, ran out of memory, or could not import what it was sent: a script that "
                "starts processes needs if __name__ == '__main__', and its rewards and policies are best in a module)"
            )
        return ""

    def _send(self) -> None:
        """Fill the window; what was made out of turn, or is to be sent again, is bounded, too."""
        while len(self._flying) < self._window:
            ahead = len(self._flying) + len(self._done) + len(self._again)
            if self._again and (not self._lacking or self._carrying < len(self._lacking)):
                # No more are sent the parts than are known to lack them; the others wait until some have them.
                asked, carries = self._again.popleft(), bool(self._lacking)
            elif self._next < self._end and ahead < 4 * self._window:
                asked = range(self._next, self._next + self._size())
                self._next, carries = asked.stop, self.traffic.sendings < self._first
            else:
                return
            self._submit(asked, carries)

    def _submit(self, asked: range, carries: bool) -> None:
        work, carries = self._work, carries and bool(self._large)
        if self._letter is not None and self._short is not None:
            work = self._letter if carries else self._short
            self.traffic.sendings += carries
            self.traffic.out += self._sizes[carries]
        self.traffic.tasks += 1
        try:
            future = self._executor.submit(partial(replicates, work, _ticket()), asked)
            if future in self._flying:
                raise TypeError("submit gave the future of another task")
            future.add_done_callback(self._heard.put)
        except Exception as failure:  # shut down, broken, what it cannot pickle, or no future
            self._settle(asked, failure)
            return
        self._flying[future] = _Flight(asked, time.monotonic(), carries)
        self._carrying += carries

    def _size(self) -> int:
        """How many replicates the next task is to make: no more than leaves some for the other workers."""
        share = math.ceil((self._end - self._next) / max(1, self._window // 2))
        least = 1 if self._seconds is None else math.ceil(LEAST / self._seconds)
        return max(1, min(self._step, max(share, least), self._end - self._next))

    def _hear(self, future: Future[Any]) -> None:
        """Take an answer."""
        flight = self._flying.pop(future)
        self._carrying -= flight.carries
        try:
            failure = future.exception()  # not raised: a worker's KeyboardInterrupt is not this process's
        except Exception as cancelled:
            failure = cancelled
        if isinstance(failure, Stopped):
            raise failure
        if failure is not None:
            self._settle(flight.asked, failure)
            return
        answer = future.result()
        if not isinstance(answer, (Answer, Missing)) or answer.asked != flight.asked:
            other = "the answer of another task" if isinstance(answer, (Answer, Missing)) else type(answer).__name__
            self._settle(flight.asked, TypeError(f"gave {other}, not what the task returned"))
            return
        self.traffic.workers.add(answer.worker)
        if isinstance(answer, Missing):
            self.traffic.missing += 1
            self._knowing.pop(answer.worker, None)
            self._lacking.add(answer.worker)
            self._again.append(flight.asked)
            return
        self._lacking.discard(answer.worker)
        self._knowing.setdefault(answer.worker, set()).update(self._large)
        self.traffic.back += sum(array.nbytes for array in answer.rows)
        self._settle(flight.asked, answer)
        self._learn(answer, time.monotonic() - flight.begin)

    def _settle(self, asked: range, answer: Answer | BaseException) -> None:
        """Keep what became of a task; beyond an error nothing is wanted."""
        self._done[asked.start] = asked, answer
        if isinstance(answer, BaseException) or answer.ended_by is not None:
            self._end = min(self._end, asked.stop)

    def _learn(self, answer: Answer, turnaround: float) -> None:
        """How long tasks, and how many of them in flight, are to be from now on."""
        if self._workers is None and (answer.fresh or turnaround < 2 * answer.seconds + LEAST / 2):
            # Tasks do not queue: there are workers that have nothing to do, or there may be.
            self._window = min(self._window + 1 + answer.fresh, MOST)
        if answer.made and not answer.fresh:  # else it was loading, too
            each = max(answer.seconds / len(answer.made), 1e-9)
            self._seconds = each if self._seconds is None else (self._seconds + each) / 2
            aim = max(USUAL, DRIVER * self._window / 2)
            grown = max(self._step, GROWTH * len(answer.asked))
            self._step = max(1, min(grown, int(aim / self._seconds)))


def _known_to(executor: Executor) -> dict[Process, set[str]]:
    """Which large parts the workers of an executor have been seen to have, by any task so far."""
    try:
        return _known.setdefault(executor, {})
    except TypeError:  # it has no hash, or no weak references
        return {}


_known: WeakKeyDictionary[Executor, dict[Process, set[str]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class _Flight:
    """A task on its way: when it was sent, and whether large parts were sent with it."""

    asked: range
    begin: float
    carries: bool


def replicates(work: Callable[[range], Any], ticket: str, numbers: range) -> Any:
    """What is submitted; without a ticket, Dask would take a task that is sent again for the one that it has done."""
    return work(numbers)


def _ticket() -> str:
    host, process = this_process()
    return f"{host}-{process}-{next(_numbers)}"


_numbers = count()  # no generator of ours: one in which Ctrl-C arrives has nothing more to give

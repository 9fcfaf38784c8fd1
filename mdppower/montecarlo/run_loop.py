"""The one loop that makes a run: replicates up to each look, in their order, added to what is kept of them.

What is kept (`Kept`) says which task makes the next replicates and what they say together. All else is here: the
engine, the store, the progress bar, and how a run ends before its time. Whatever ends it, what was finished is not
lost: Ctrl-C gives the estimate so far, with a warning; any error has it as its ``estimate``; and with a store the
same call goes on where this one stopped.

Replicates are made once, and added in the order of their numbers: the same bits from any engine, in any steps, and
after any number of resumes.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any, Protocol, TypeVar

import numpy as np

from mdppower._stop import Stopped, Switch
from mdppower._warn import warn
from mdppower.errors import FileError, ParameterError, SizeError
from mdppower.montecarlo.engines import Engine, Made, Rows, Task, Workers
from mdppower.montecarlo.samplers import Sampler, seed
from mdppower.stores.ledger import Ledger
from mdppower.stores.store import Store

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

log = logging.getLogger(__name__)

UNSTORED = 0.25
"""Seconds of work that a kill at any moment may lose."""
READ = 256
"""Replicates that are read from a store at a time."""

_WHOLE: ContextVar[bool] = ContextVar("whole", default=False)


class Kept(Protocol[T_co]):
    """What a run keeps of its replicates.

    Attributes
    ----------
    label : str
        What the progress bar says.
    least : int
        Replicates without which nothing can be said.
    """

    label: str
    least: int

    @property
    def count(self) -> int:
        """Replicates so far."""

    @property
    def prepare(self) -> Callable[[], None] | None:
        """Compiles what replicates need, before work is handed to threads; None: the first of them do."""

    def stage(self, target: int) -> tuple[Task, int]:
        """What makes the next replicates, and up to which of them, `target` at most."""

    def add(self, rows: Rows) -> None:
        """Add the next replicates."""

    def estimate(self, interrupted: bool) -> T_co:
        """What the replicates so far say."""


class OneTask:
    """For what is kept of replicates that are all made by one task."""

    task: Any

    def stage(self, target: int) -> tuple[Task, int]:
        """That task, up to the target."""
        return self.task, target


@dataclass(frozen=True)
class Question:
    """What a store knows a run by, but for its entropy.

    Attributes
    ----------
    identity : dict
        All that the bits of replicates depend on, as JSON.
    arguments : dict
        What is shown of it.
    call : callable, optional
        Writes down what is too large for that, so that the result can be had from the store alone.
    """

    identity: Mapping[str, Any]
    arguments: Mapping[str, Any]
    call: Callable[[], bytes] | None = None


@dataclass(frozen=True, eq=False)
class Conduct:
    """How a run is made. Nothing of it changes a bit of what comes out.

    Attributes
    ----------
    workers, executor
        As for `Engine`.
    progress : bool or None
        Whether to show a bar; None: in a terminal.
    store : str or path, optional
        A file that keeps what was finished; or such a `Store`, open, which runs that are many and short share.
    key : str, optional
        Names a user's own code in that file.
    switch : Switch
        Ends the run from any thread.
    stored : str, optional
        The id of a run in the store. No replicate is made and nothing is written: the run ends with what is there.
    short : bool
        As for `Engine`.

    Raises
    ------
    ParameterError
        As `Engine` raises it; `key` without `store`, or no string.
    """

    workers: Workers = 1
    executor: Executor | None = None
    progress: bool | None = None
    store: str | PathLike[str] | Store | None = None
    key: str | None = None
    switch: Switch = field(default_factory=Switch)
    stored: str | None = None
    short: bool = False

    def __post_init__(self) -> None:
        self.engine()
        if self.store == "" or not isinstance(self.store, (str, PathLike, Store, type(None))):
            raise ParameterError(f"store must be the path of a file, got {self.store!r}")
        if self.key is not None and (not isinstance(self.key, str) or not self.key):
            raise ParameterError(f"key must be a text that names your own code, got {self.key!r}")
        if self.key is not None and self.store is None:
            raise ParameterError("key goes with store: it names your own code there")

    def engine(self) -> Engine:
        """What makes the replicates."""
        return Engine(self.workers, self.executor, self.switch, self.short)

    def seeded(self, source: Sampler, rng: Any, question: Callable[[], Question]) -> Sampler:
        """The draws, with the entropy that `rng` means; None: that of the run of this question in the store."""
        if rng is not None or self.store is None:
            return replace(source, entropy=seed(rng))
        asked = question()
        with opened(self.store) as store:
            return replace(source, entropy=store.ledger(asked.identity, asked.arguments, None).entropy)


def run(
    kept: Kept[T],
    looks: Sequence[int],
    source: Sampler,
    width: int,
    conduct: Conduct,
    question: Callable[[], Question],
    *,
    samples: int | None = None,
) -> Iterator[T]:
    """Make replicates up to each look; yields what they say there.

    Parameters
    ----------
    kept : Kept
    looks : sequence of int
        Numbers of replicates, increasing.
    source : Sampler
        The draws.
    width : int
        Numbers that a draw takes, for the size of tasks.
    conduct : Conduct
    question : callable
        Gives what a store knows the run by; not called without one.
    samples : int, optional
        Draws that count in the end, where they are not whole replicates.

    Yields
    ------
    object
        ``kept.estimate(interrupted)``, at each look; and after Ctrl-C once more, as interrupted.

    Raises
    ------
    MDPPowerError, Exception
        What tasks raise; ``estimate`` is what the finished replicates say, where they say anything.
    KeyboardInterrupt
        There was less than that, or the run is part of something `whole`.
    Stopped
        The switch of `conduct` was told.
    FileError
        There was less than that, of a stored run.
    """
    from tqdm import tqdm

    engine, size, begin = conduct.engine(), source.size, time.perf_counter()
    hidden = None if conduct.progress is None else not conduct.progress
    total, interrupted = samples or looks[-1] * size, False

    def draws() -> int:
        return min(kept.count * size, total)

    with (
        tqdm(desc="compiling", total=total, unit=" draws", disable=hidden) as bar,
        _errors_take_along(kept),
        _opened(conduct, question, source.entropy) as ledger,
    ):
        try:
            if ledger is not None:
                bar.initial = bar.n = _going_on(ledger, size, total, conduct.store)
                bar.refresh()
            if conduct.stored is None and kept.prepare is not None:
                engine.call(kept.prepare)
            bar.set_description(kept.label)
            for look in looks:
                for _ in _up_to(look, kept, engine, ledger, size, width * size, looks[-1], conduct.stored is None):
                    conduct.switch.heed()
                    bar.update(max(0, draws() - bar.n))
                log.debug(
                    "%s: %d draws of %d, %.3f s, %s", kept.label, draws(), total,
                    time.perf_counter() - begin, _where(engine),
                )  # fmt: skip
                yield kept.estimate(False)
        except KeyboardInterrupt:
            if kept.count < kept.least or _WHOLE.get():
                raise
            interrupted = True
        except _Exhausted:
            if kept.count < kept.least:
                raise FileError(
                    f"{draws():,} draws of this run are stored; a result takes {kept.least * size:,}"
                ) from None
            yield kept.estimate(True)
    if interrupted:
        warn(f"interrupted: the result is from {draws():,} of {total:,} draws")
        yield kept.estimate(True)


class _Exhausted(Exception):
    """There is no more in the store."""


@contextmanager
def whole() -> Iterator[None]:
    """Inside, and in a function that it decorates, Ctrl-C raises KeyboardInterrupt, and gives no part of a run.

    For what is judged on several runs: with one of them cut short, nobody would see that it was.
    """
    before = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(before)


def is_whole() -> bool:
    """Whether Ctrl-C is to give no part of what is being done here (`whole`)."""
    return _WHOLE.get()


def last(results: Iterable[T]) -> T:
    """The last of some results, of which there is at least one."""
    return deque(results, maxlen=1)[0]


def _up_to(
    target: int, kept: Kept[Any], engine: Engine, ledger: Ledger | None, size: int, width: int, wanted: int,
    makes: bool,
) -> Iterator[int]:  # fmt: skip
    """Add replicates until there are `target`; yields how many at a time."""
    while kept.count < target:
        task, end = kept.stage(target)
        if ledger is None:
            yield from _make(task, range(kept.count, end), kept, engine, None, size, width)
            continue
        yield from _stored(end, kept, ledger)
        if kept.count < end and not makes:
            raise _Exhausted
        if kept.count < end:
            with ledger.driving(wanted, _tell_of_waiting, engine.switch.heed):
                yield from _stored(end, kept, ledger)  # another driver may have made them while this one waited
                ahead = [span.start for span in ledger.spans() if span.start > kept.count]
                stop = min([end, *ahead])
                yield from _make(task, range(kept.count, stop), kept, engine, ledger, size, width)


def _tell_of_waiting(who: str) -> None:
    log.info("waiting for %s, which makes this run", who)


def _going_on(ledger: Ledger, size: int, total: int, store: Any) -> int:
    """Draws from which a stored run goes on."""
    spans = ledger.spans()
    stored = min(spans[0].stop * size, total) if spans and spans[0].start == 0 else 0
    log.debug("run %s in %s: %d draws are stored", ledger.id[:12], store, stored)
    if stored:
        log.info("going on from %s of %s draws of a stored run (%s)", f"{stored:,}", f"{total:,}", store)
    return stored


def _where(engine: Engine) -> str:
    """Where replicates are made, in words."""
    if engine.executor is not None:
        return f"executor {type(engine.executor).__name__}"
    return "a map-like callable" if callable(engine.workers) else f"{engine.threads} threads"


def _stored(end: int, kept: Kept[Any], ledger: Ledger) -> Iterator[int]:
    """Add what the store has of the next replicates."""
    for span in ledger.spans():
        while span.start <= kept.count < min(span.stop, end):
            numbers = range(kept.count, min(span.stop, end, kept.count + READ))
            kept.add(ledger.read(numbers))
            yield len(numbers)


def _make(
    task: Task, numbers: range, kept: Kept[Any], engine: Engine, ledger: Ledger | None, size: int, width: int
) -> Iterator[int]:
    """Make replicates and add them, to the store as well."""
    if ledger is None:
        for made, rows, _ in engine.rows(task, numbers, size=size, width=width):
            kept.add(rows)
            yield len(made)
        return
    pending = _Pending(ledger)
    try:
        for made, rows, seconds in engine.rows(task, numbers, size=size, width=width, idle=pending.idle):
            pending.add(made, rows, seconds)
            kept.add(rows)
            yield len(made)
    finally:
        pending.write()


class _Pending:
    """What is finished and not yet stored: of a quarter of a second at most, since each transaction has its price."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.made = ledger, list[Made]()
        self.written = time.monotonic()

    def add(self, made: range, rows: Rows, seconds: float) -> None:
        """Add what comes next."""
        self.made.append((made, rows, seconds))
        if time.monotonic() - self.written >= UNSTORED:
            self.write()

    def idle(self) -> None:
        """Store what has waited long enough, and show that this driver lives."""
        if time.monotonic() - self.written >= UNSTORED:
            self.write()
        self.ledger.beat()

    def write(self) -> None:
        """Store all of it, as one chunk; what cannot be stored is not tried again."""
        pending, self.made = self.made, []
        if pending:
            numbers = range(pending[0][0].start, pending[-1][0].stop)
            rows = tuple(np.concatenate(parts) for parts in zip(*(rows for _, rows, _ in pending), strict=True))
            self.ledger.add(numbers, rows, sum(seconds for _, _, seconds in pending))
        self.written = time.monotonic()


def opened(store: str | PathLike[str] | Store, *, writing: bool = True) -> AbstractContextManager[Store]:
    """The store, opened where it is a path; who opened it before closes it."""
    return nullcontext(store) if isinstance(store, Store) else Store(store, writing=writing)


@contextmanager
def _opened(conduct: Conduct, question: Callable[[], Question], entropy: int) -> Iterator[Ledger | None]:
    """The run in its store, if there is one."""
    if conduct.store is None:
        yield None
        return
    asked = question()
    if conduct.stored is not None:
        with opened(conduct.store, writing=False) as store:
            _require_same(asked, next(run.question for run in store.runs() if run.id == conduct.stored))
            yield store.find(conduct.stored)
        return
    with opened(conduct.store) as store:
        ledger = store.ledger(asked.identity, asked.arguments, entropy)
        if asked.call is not None and not ledger.spans():
            try:
                ledger.keep("call", asked.call())
            except SizeError as error:
                log.info("the result of this run cannot be had from its store alone: %s", error)
        yield ledger


def _require_same(asked: Question, stored: Mapping[str, Any]) -> None:
    """Raise FileError unless a stored run answers this question, by whatever versions."""
    found = json.loads(json.dumps(asked.identity))
    # What is around a user's own code is not kept with the call, which cannot make replicates without that code.
    for name in (found.keys() | stored.keys()) - {"numerics", "around"}:
        if found.get(name) != stored.get(name):
            raise FileError(f"the stored run is not that of its call: they differ in {name}")


@contextmanager
def _errors_take_along(kept: Kept[Any]) -> Iterator[None]:
    """An error that ends a run has what was finished as its ``estimate``."""
    try:
        yield
    except Stopped:
        raise
    except Exception as error:
        if getattr(error, "estimate", None) is None and kept.count >= kept.least:
            error.estimate = kept.estimate(True)  # type: ignore[attr-defined]
        raise


@contextmanager
def finished_as(read: Callable[[Any], Any]) -> Iterator[None]:
    """What an error of a run has taken along becomes what the caller would have made of it."""
    try:
        yield
    except Exception as error:
        if getattr(error, "estimate", None) is not None:
            error.estimate = read(error.estimate)  # type: ignore[attr-defined]
        raise

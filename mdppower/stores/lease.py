"""Who drives a run: one process and thread at a time, found out without asking it.

A *holder* is a row in the store that says where a driver lives and when it last gave a sign of life. Whether it is
gone is seen from outside, by two rules.

1. On this machine a process that has ended is gone at once. Its number may have gone to another process since: so it
   is known by its start as well, where the system tells that (Linux).
2. Anywhere, who has given no sign for `PATIENCE` seconds is gone: a node that was switched off, a laptop that sleeps,
   a process that hangs.

By the second rule a driver can be thought gone that is not, and then two of them work on one run. That costs time and
nothing else: a replicate has the same bits whoever computes it, and whoever comes second with it changes nothing. The
first finds it out when it next gives a sign, and holds the lease no longer.
"""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from mdppower._schema import Misfit, real, text, whole
from mdppower._text import cut
from mdppower.errors import FileError
from mdppower.stores.store_file import StoreFile

PATIENCE = 60.0
"""Seconds without a sign of life after which a driver counts as gone."""

BEAT = 5.0
"""Seconds from one sign of life to the next."""
POLL = 0.2
"""Seconds from one look at who drives to the next."""

HELD: set[tuple[int, str]] = set()
"""Process and token of the leases that this process holds: one of its own that is not here was left by a failure."""


@dataclass(frozen=True)
class Holder:
    """The driver of a run.

    Attributes
    ----------
    host : str
        The machine's name, for messages.
    place : str
        Where the number of the process means something: the machine, since when it runs, the container.
    pid : int
    started : str
        When the process started, in the system's own measure; empty where it is not told.
    beat : float
        Its last sign of life, in seconds since 1970 by its own clock.
    token : str
        Of this lease and no other.
    """

    host: str
    place: str
    pid: int
    started: str
    beat: float
    token: str

    @classmethod
    def here(cls) -> Holder:
        """A new one: this process, now."""
        pid = os.getpid()
        return cls(_host(), _place(), pid, _start(pid) or "", time.time(), secrets.token_hex(16))

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Holder:
        """From what a store has; Misfit, a FileError, if that is nothing of the kind."""
        host, place, pid, started, beat, token = row
        return cls(
            _short(host), _short(place), whole(1, 2**32)(pid), _short(started), real(0, 1e12)(beat), _short(token)
        )

    def row(self) -> tuple[Any, ...]:
        """What a store keeps."""
        return self.host, self.place, self.pid, self.started, self.beat, self.token

    def is_this_process(self) -> bool:
        """Whether it is this process, and not one from which it was forked."""
        return self.place == _place() and self.pid == os.getpid() and self.started == (_start(self.pid) or "")

    def is_gone(self) -> bool:
        """Whether it drives no longer, as far as can be seen."""
        if time.time() - self.beat > PATIENCE:
            return True
        if self.is_this_process():
            return (self.pid, self.token) not in HELD
        return self.place == _place() and _has_ended(self.pid, self.started)

    def __str__(self) -> str:
        return f"process {self.pid} on {cut(self.host, 80)}"


class Lease:
    """The right to drive a run, which one at a time holds.

    Parameters
    ----------
    file : StoreFile
    run : int
        Its number there.
    name : str
        What the run is called in messages.
    """

    def __init__(self, file: StoreFile, run: int, name: str) -> None:
        self._file, self._run, self._name = file, run, name[:12]
        self._held: Holder | None = None
        self._beaten = 0.0

    @property
    def mine(self) -> bool:
        """Whether it is held here, and not by a process from which this one was forked, as far as is known."""
        return self._held is not None and self._held.pid == os.getpid()

    def seen(self) -> str | None:
        """Who holds it, as far as can be seen."""
        holder = self._holder()
        return None if holder is None or holder.is_gone() else str(holder)

    @contextmanager
    def held(
        self,
        begin: Callable[[sqlite3.Connection], None],
        on_wait: Callable[[str], None] | None = None,
        idle: Callable[[], None] = lambda: None,
    ) -> Iterator[None]:
        """Hold it, as soon as nobody else does; `begin` is done in the transaction that takes it."""
        mine = Holder.here()
        waiting, since, told = self._holder(), time.monotonic(), False
        try:
            while not self._take(mine, begin, waiting, time.monotonic() - since > PATIENCE):
                if not told and waiting is not None and on_wait is not None:
                    on_wait(str(waiting))
                    told = True
                idle()
                time.sleep(POLL)
                now = self._holder()
                # Clocks differ: who is seen to give no sign for a minute is gone, whatever its clock says.
                if now != waiting:
                    waiting, since = now, time.monotonic()
            yield
        finally:
            self._release(mine)

    def beat(self) -> None:
        """Give a sign of life, where one is due."""
        if self.mine and time.monotonic() - self._beaten >= BEAT:
            with self._file.transaction() as connection:
                self.renew(connection)

    def renew(self, connection: sqlite3.Connection) -> None:
        """The same as part of a transaction. What another has taken is no longer held."""
        held = self._held
        if held is None or not self.mine or time.monotonic() - self._beaten < BEAT:
            return
        done = connection.execute(
            "UPDATE lease SET beat = ? WHERE run = ? AND token = ?", (time.time(), self._run, held.token)
        )
        self._beaten = time.monotonic()
        if done.rowcount == 0:
            HELD.discard((held.pid, held.token))
            self._held = None

    def _holder(self) -> Holder | None:
        found = self._file.select("SELECT host, place, pid, started, beat, token FROM lease WHERE run = ?", self._run)
        try:
            return Holder.from_row(found[0]) if found else None
        except Misfit as error:
            raise self._file.damaged(f"lease of run {self._name}: {error}") from None

    def _take(
        self, mine: Holder, begin: Callable[[sqlite3.Connection], None], seen: Holder | None, silent: bool
    ) -> bool:
        """Take it if nobody has it, or who was seen to have it is gone; whether it was taken."""
        if seen is not None and not silent and not seen.is_gone():
            return False
        HELD.add((mine.pid, mine.token))  # before others can see it in the file
        try:
            with self._file.transaction() as connection:
                taken = self._holder() == seen
                if taken:
                    begin(connection)
                    entry = self._run, *replace(mine, beat=time.time()).row()
                    connection.execute("INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?, ?)", entry)
        except FileError:
            HELD.discard((mine.pid, mine.token))
            raise
        if taken:
            self._held, self._beaten = mine, time.monotonic()
        else:
            HELD.discard((mine.pid, mine.token))
        return taken

    def _release(self, mine: Holder) -> None:
        if self._held is mine:
            self._held = None
        if mine.pid != os.getpid() or (mine.pid, mine.token) not in HELD:
            return
        HELD.discard((mine.pid, mine.token))
        # Where this fails (the disk is full) the lease is void in this process, and in others when it ends.
        with suppress(FileError), self._file.transaction() as connection:
            connection.execute("DELETE FROM lease WHERE run = ? AND token = ?", (self._run, mine.token))


_short = text(1000)


@cache
def _host() -> str:
    return socket.gethostname()[:255]


@cache
def _place() -> str:
    """The machine, as long as it runs, and the container: elsewhere the same number is another process."""
    parts = [_host()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    with suppress(OSError):
        parts.append(str(os.stat("/proc/self/ns/pid").st_ino))
    return " ".join(parts)


def _start(pid: int) -> str | None:
    """When a process started; None if it has ended (a zombie has), or if the system does not tell."""
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    state, *numbers = told.rpartition(b")")[2].split()  # the name before it may hold anything, brackets too
    return None if state in (b"Z", b"X") or len(numbers) < 19 else numbers[18].decode("ascii")


def _has_ended(pid: int, started: str) -> bool:
    """Whether a process of this machine has; False where that cannot be told."""
    if os.name != "posix":  # there signal 0 is no question
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # another user's
        pass
    return bool(started) and os.path.exists(f"/proc/{pid}/stat") and _start(pid) != started

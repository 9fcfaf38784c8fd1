"""Who drives a run: one process and thread at a time, found out without asking it.

A *holder* is a row in the store that says where a driver lives and when it last gave a sign of life. Whether it is
gone is seen from outside, by two rules.

1. On this machine a process that has ended is gone at once. Its number may have gone to another process since: so it
   is known by its start as well, where the system tells that (Linux).
2. Anywhere, who has given no sign for `PATIENCE` seconds is gone: a node that was switched off, a laptop that sleeps,
   a process that hangs.

By the second rule a driver can be thought gone that is not, and then two of them work on one run. That costs time and
nothing else: a replicate has the same bits whoever computes it, and whoever comes second with it changes nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mdppower._schema import real, text, whole
from mdppower._text import cut

PATIENCE = 60.0
"""Seconds without a sign of life after which a driver counts as gone."""

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

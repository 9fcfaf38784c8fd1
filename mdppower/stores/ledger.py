"""One run in a store: what of it is finished, and who is at work on it.

Chunks may overlap, as they do when two drivers cut the same replicates differently. A replicate has the same bits
wherever it was computed, so that any chunk which has it will do.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from mdppower._schema import Misfit, real, text, whole
from mdppower.errors import FileError, ParameterError, SizeError
from mdppower.stores.lease import Lease
from mdppower.stores.store_file import StoreFile
from mdppower.stores.store_rows import Rows, pack, row_bytes, unpack
from mdppower.stores.store_runs import LARGEST, LATEST, RunRow, read_runs, write_run

LARGEST_CHUNK = 2**26
"""Bytes of arrays in one row of the table; what is larger is divided."""
LARGEST_BLOB = 2**29
"""Bytes that SQLite takes in one piece are 10⁹."""

_number, _time, _name = whole(0, LARGEST), real(0, LATEST), text(200)


class Ledger:
    """A run in a store; `Store.ledger` and `Store.find` make it.

    Attributes
    ----------
    id : str
        The run's key: SHA-256 of question and entropy, in hexadecimal.
    entropy : int
        Of its draws.

    Notes
    -----
    It may be used from several threads. Anybody may `add` what is a replicate of this run: the lease only spares two
    drivers from doing the same work. A driver whose lease was taken, because it gave no sign of life for a minute,
    finds that out at its next `beat` or `add` (`drives` is False then). It may go on and add what it finishes.
    """

    def __init__(self, file: StoreFile, run: RunRow) -> None:
        self._file, self._number, self.id, self.entropy = file, run.number, run.key, int(run.entropy, 16)
        self._lease = Lease(file, run.number, run.key)

    # ------------------------------------------------------------------ what is finished

    def spans(self) -> list[range]:
        """The replicates that are stored: ascending and disjoint, with a gap between each and the next.

        Raises
        ------
        FileError
            The store is damaged, or cannot be read.
        """
        return merged(self._file, self._number)

    def read(self, numbers: range) -> Rows:
        """Results of these replicates, which must lie inside one of `spans`.

        Parameters
        ----------
        numbers : range

        Returns
        -------
        tuple of (n, …) arrays
            In the types, shapes and bits in which they were added.

        Raises
        ------
        ParameterError
            Some of them are not stored.
        FileError
            A chunk is damaged: it does not fit its SHA-256. The message names run and chunk.
        """
        _check_range(numbers)
        pieces: list[Rows] = []
        at = numbers.start
        while at < numbers.stop:
            # The chunk that begins last: found at once, by the index, where chunks do not overlap.
            found = self._file.select(
                "SELECT first, stop, seconds, written, sha256, data FROM chunk "
                "WHERE run = ? AND first <= ? AND stop > ? ORDER BY first DESC LIMIT 1",
                *(self._number, at, at),
            )
            if not found:
                raise ParameterError(f"replicate {at} of run {self.id[:12]} is not stored")
            first, stop, rows = self._chunk(found[0])
            end = min(stop, numbers.stop)
            pieces.append(tuple(array[at - first : end - first] for array in rows))
            if _form(pieces[-1]) != _form(pieces[0]):
                raise self._damaged(first, stop, "its arrays are of other types or shapes than those before it")
            at = end
        return tuple(np.concatenate(parts) for parts in zip(*pieces, strict=True))

    def add(self, numbers: range, rows: Rows, seconds: float) -> None:
        """Store results of consecutive replicates, in one transaction; what is stored stays as it is.

        Parameters
        ----------
        numbers : range
        rows : tuple of (n, …) arrays
            As many rows as numbers, of booleans, integers or floats.
        seconds : float
            Of work that they took.

        Raises
        ------
        ParameterError
            These are no such numbers, or no such arrays.
        SizeError
            The results of one replicate are larger than what SQLite takes.
        FileError
            A full disk, rights, another program that holds the file: nothing of it is stored, what was stored is
            intact, and it may be tried again.
        """
        _check_range(numbers)
        if any(np.ndim(array) == 0 or len(array) != len(numbers) for array in rows):
            raise ParameterError(f"results of {len(numbers)} replicates must be arrays of as many rows")
        one, worked = row_bytes(rows), _time(float(seconds))
        if one > LARGEST_BLOB:
            raise SizeError(f"the results of a replicate take {one:,} bytes; a store holds {LARGEST_BLOB:,}")
        step = max(1, LARGEST_CHUNK // max(one, 1))
        entries = []
        for i in range(0, len(numbers), step):
            part = numbers[i : i + step]
            data = pack(tuple(array[i : i + step] for array in rows))
            about = part.start, part.stop, worked * len(part) / len(numbers), time.time()
            entries.append((self._number, *about, self._digest("chunk", *about, data=data), data))
        with self._file.transaction() as connection:
            self._require_run(connection)
            connection.executemany(
                "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run, first, stop) DO NOTHING", entries
            )
            self._lease.renew(connection)

    def keep(self, name: str, data: bytes) -> None:
        """Keep bytes beside the run under a name, instead of any that were there.

        Raises
        ------
        SizeError
            There are more than SQLite takes.
        FileError
            As in `add`.
        """
        if len(data) > LARGEST_BLOB:
            raise SizeError(f"{name!r} takes {len(data):,} bytes; a store holds {LARGEST_BLOB:,}")
        entry = self._number, _name(name), self._digest("kept", name, data=data), data
        with self._file.transaction() as connection:
            self._require_run(connection)
            connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", entry)

    def kept(self, name: str) -> bytes | None:
        """What was kept under a name; None if nothing was. FileError if it does not fit its SHA-256."""
        found = self._file.select("SELECT sha256, data FROM kept WHERE run = ? AND name = ?", self._number, name)
        if not found:
            return None
        seal, data = found[0]
        if not isinstance(data, bytes) or seal != self._digest("kept", name, data=data):
            raise self._file.damaged(f"{name!r} of run {self.id[:12]} does not fit its SHA-256")
        return data

    # ------------------------------------------------------------------ who is at work

    @contextmanager
    def driving(
        self, wanted: int, on_wait: Callable[[str], None] | None = None, idle: Callable[[], None] = lambda: None
    ) -> Iterator[None]:
        """Drive the run: at once if nobody does, else when the other has ended, died or given no sign of life.

        Parameters
        ----------
        wanted : int
            Replicates that there shall be, for those who look at the store.
        on_wait : callable, optional
            Called once, with who is at work (``"process 4711 on node7"``), before the first wait.
        idle : callable
            Called before each short wait; what it raises ends the waiting.

        Raises
        ------
        FileError
            The store is damaged, or cannot be written.
        """

        def begin(connection: sqlite3.Connection) -> None:
            self._require_run(connection)
            for run in read_runs(self._file, "number = ?", self._number):
                write_run(connection, replace(run, wanted=_number(wanted)))

        with self._lease.held(begin, on_wait, idle):
            yield

    @property
    def drives(self) -> bool:
        """Whether the lease is held, as far as is known since the last sign of life."""
        return self._lease.mine

    def driver(self) -> str | None:
        """Who is at work on the run, as far as can be seen."""
        return self._lease.seen()

    def beat(self) -> None:
        """Give a sign of life, if the last is a few seconds ago; to be called often. FileError as in `add`."""
        self._lease.beat()

    # ------------------------------------------------------------------ seals

    def _require_run(self, connection: sqlite3.Connection) -> None:
        """FileError if the run is no longer in the file: another one stands there now."""
        if connection.execute("SELECT key FROM run WHERE number = ?", (self._number,)).fetchall() != [(self.id,)]:
            raise FileError(f"run {self.id[:12]} is no longer in store {self._file.name!r}")

    def _chunk(self, row: tuple[Any, ...]) -> tuple[int, int, Rows]:
        """First replicate, the one after the last, and the results, of a row that bears its seal."""
        first, stop, seconds, written, seal, data = row
        if not isinstance(data, bytes) or seal != self._digest("chunk", first, stop, seconds, written, data=data):
            raise self._damaged(first, stop, "it does not fit its SHA-256")
        try:
            rows = unpack(data)
        except FileError as error:
            raise self._damaged(first, stop, str(error)) from None
        if len(rows[0]) != stop - first:
            raise self._damaged(first, stop, f"it has {len(rows[0]):,} rows")
        return first, stop, rows

    def _digest(self, *about: Any, data: bytes) -> bytes:
        """SHA-256 of the run's key, what the bytes are, and the bytes."""
        found = hashlib.sha256(repr((self.id, *about)).encode("utf-8", "backslashreplace"))
        found.update(b"\n")
        found.update(data)
        return found.digest()

    def _damaged(self, first: Any, stop: Any, told: str) -> FileError:
        return self._file.damaged(f"chunk {first!r:.20} … {stop!r:.20} of run {self.id[:12]}: {told}")


def merged(file: StoreFile, run: int) -> list[range]:
    """The replicates of a run that are stored: ascending, disjoint, not adjacent."""
    spans: list[range] = []
    for first, stop in file.select("SELECT first, stop FROM chunk WHERE run = ? ORDER BY first, stop", run):
        try:
            if _number(first) >= _number(stop):
                raise Misfit("less than the next", first)
        except Misfit as error:
            raise file.damaged(f"a chunk of run number {run}: {error}") from None
        if spans and first <= spans[-1].stop:
            spans[-1] = range(spans[-1].start, max(stop, spans[-1].stop))
        else:
            spans.append(range(first, stop))
    return spans


def _check_range(numbers: range) -> None:
    if not isinstance(numbers, range) or numbers.step != 1 or not 0 <= numbers.start < numbers.stop <= LARGEST:
        raise ParameterError(f"numbers of replicates must be a range, in steps of 1 and not empty, got {numbers!r}")


def _form(rows: Iterable[np.ndarray[Any, Any]]) -> list[Any]:
    return [(array.dtype, array.shape[1:]) for array in rows]

"""The file of a store: made whole, checked before it is used, written in transactions.

What is not ours is refused before anything touches it: the first 100 bytes say whether SQLite made the file, for whom
and in which version. Then SQLite opens it, and the tables must be those of `store_schema`, word for word, without
views, triggers or others, and the whole file must pass SQLite's check of itself. A transaction that a killed writer
left half is taken back by SQLite from the journal beside the file, which is all that opening changes.

There is one lock for all stores of a process, and it is held while one is used. Threads may so share a connection; a
fork, which waits for the lock, finds no connection in the middle of something; and no file is read past SQLite while
it holds locks on it, which it would lose (POSIX takes all locks of a process from a file that it closes once).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from mdppower._atomic import PathLike, write_new
from mdppower.errors import FileError
from mdppower.stores.store_schema import APPLICATION, SCHEMA, VERSION, new_store, own_schema

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds for which another program may hold the file. A driver does so for the milliseconds of a transaction."""

_HEADER = 100

_LOCK = threading.RLock()
_FILES: weakref.WeakSet[StoreFile] = weakref.WeakSet()
_INHERITED: list[sqlite3.Connection] = []
"""Connections of the process from which this one was forked: they are neither used nor closed."""


class StoreFile:
    """A file with the tables of a store.

    Parameters
    ----------
    path : str or path
        Made if there is none.
    writing : bool
        False: only to look. A missing file is an error then, and one that cannot be written will do.

    Raises
    ------
    FileError
        It is a folder, foreign, newer, cut, damaged, or cannot be written.
    """

    def __init__(self, path: PathLike, *, writing: bool = True) -> None:
        self.name, self.writing, self.patience = os.fsdecode(path), writing, PATIENCE
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        try:
            self._path = os.path.realpath(self.name)
            exists = os.path.exists(self._path)
        except ValueError as error:  # a null byte
            raise FileError(f"cannot open store {self.name!r}: {error}") from None
        if not exists and writing:
            self._make()
        self._rights = self._right()
        with _LOCK:
            _FILES.add(self)
            self._check_whole()

    def select(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows that answer the question."""
        with self._told("read"):
            return self._again(lambda: self._open().execute(question, values).fetchall())

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is in the file afterwards, on the disk, or nothing is."""
        if not self.writing:
            raise FileError(f"store {self.name!r} was opened only to look at it")
        with self._told("write"):
            self._again(lambda: self._open().execute("BEGIN IMMEDIATE"))
            connection = self._open()
            yield connection
            self._again(lambda: connection.execute("COMMIT"))

    def close(self) -> None:
        """Close the file; it may be done twice."""
        with _LOCK:
            self._drop()
            self._closed = True

    # ------------------------------------------------------------------ opening

    def _make(self) -> None:
        """Make the file, whole, unless another does so just now."""
        left = self._path + "-journal"
        if os.path.exists(left) and not os.path.exists(self._path):  # SQLite would put its pages into the new file
            raise FileError(
                f"cannot make store {self.name!r}: the journal {left!r} of a store that is no longer there would be "
                "taken for its own; remove it first"
            )
        try:
            empty = new_store()
        except (OSError, sqlite3.Error) as error:
            raise FileError(f"cannot make store {self.name!r}: {error}") from None
        write_new(self.name, empty)

    def _right(self) -> str:
        """How SQLite may open the file; FileError if there is none, or none that can be."""
        wrong, folder = "", os.path.dirname(self._path)
        if os.path.isdir(self._path):
            wrong = "it is a folder"
        elif not os.path.exists(self._path):
            wrong = "No such file or directory"
        elif not os.path.isfile(self._path):
            wrong = "it is no file"
        elif not os.access(self._path, os.R_OK):
            wrong = "it may not be read"
        elif os.access(self._path, os.W_OK) and os.access(folder, os.W_OK):
            return "rw"
        elif self.writing:
            wrong = "it is read-only" if not os.access(self._path, os.W_OK) else (
                "its folder takes no new file, and each transaction needs one"
            )  # fmt: skip
        if wrong:
            raise FileError(f"cannot open store {self.name!r}: {wrong}")
        return "ro"

    def _open(self) -> sqlite3.Connection:
        """The connection: a new one at first, after a fork, and after an error."""
        if self._closed:
            raise FileError(f"store {self.name!r} is closed")
        if self._connection is None:
            self._check_header()
            address = f"{Path(self._path).as_uri()}?mode={self._rights}"
            connection = sqlite3.connect(
                address, timeout=0.1, isolation_level=None, check_same_thread=False, uri=True
            )
            try:
                for setting in ("trusted_schema=OFF", "cell_size_check=ON", "synchronous=FULL", "mmap_size=0"):
                    connection.execute(f"PRAGMA {setting}")
                if not self.writing:
                    connection.execute("PRAGMA query_only=ON")
                if connection.execute(SCHEMA).fetchall() != own_schema():
                    raise self.damaged("its tables are not those of a store")
                connection.execute("PRAGMA journal_mode=DELETE")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _check_header(self) -> None:
        with open(self._path, "rb") as file:
            header = file.read(_HEADER)
        wrong = f"{self.name!r} is no store of mdppower"
        if not header:
            raise FileError(f"{wrong}: it is empty")
        if not header.startswith(b"SQLite format 3\0"[: len(header)]):
            raise FileError(f"{wrong}: it is no SQLite file")
        if len(header) < _HEADER:
            raise self.damaged(f"it is cut after {len(header)} bytes")
        owner, version = int.from_bytes(header[68:72], "big"), int.from_bytes(header[60:64], "big")
        if owner != APPLICATION:
            raise FileError(f"{wrong}: it is an SQLite file of another program (application_id {owner:#010x})")
        if version > VERSION:
            raise FileError(
                f"store {self.name!r} was written by a newer version of mdppower "
                f"(its tables have version {version}, this one knows {VERSION})"
            )
        if version < 1 or header[18:20] != b"\1\1":  # of another journal, which SQLite would begin at once
            raise self.damaged("its header is not that of a store")
        if os.path.exists(self._path + "-wal"):
            raise self.damaged(f"{self._path + '-wal'!r}, which SQLite would put into it, is no store's")

    def _check_whole(self) -> None:
        """SQLite's check of the whole file; and that it ends with a page, for SQLite takes zeros for what is cut."""
        with self._told("read"):
            self._again(lambda: self._open().execute("BEGIN"))  # nobody writes in the meantime
            told = self._again(lambda: self._open().execute("PRAGMA integrity_check(1)").fetchall())
            (page,) = self._open().execute("PRAGMA page_size").fetchone()
            whole = os.stat(self._path).st_size % page == 0
            self._open().execute("ROLLBACK")
            if told != [("ok",)] or not whole:
                raise self.damaged(str(told[0][0]) if whole else "its last page is not whole")

    def damaged(self, told: str) -> FileError:
        """The error that says so; what was begun is taken back."""
        cut = ""
        with _LOCK:
            self._drop()
            with suppress(OSError), open(self._path, "rb") as file:
                header = file.read(_HEADER)
                declared = int.from_bytes(header[16:18], "big") * int.from_bytes(header[28:32], "big")
                there = os.fstat(file.fileno()).st_size
                if len(header) == _HEADER and there < declared:
                    cut = f" (it is cut: of {declared:,} bytes {there:,} are there)"
        return FileError(f"store {self.name!r} is damaged: {' '.join(told.split())[:200]}{cut}")

    # ------------------------------------------------------------------ using

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Hold the lock, and say what goes wrong in our words. What was begun is then taken back."""
        with _LOCK:
            try:
                yield
            except sqlite3.Error as error:
                self._drop()
                if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise self.damaged(str(error)) from None
                if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    told = f"another program has held it for {self.patience:g} seconds"
                elif getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED:
                    told = "it was moved, removed or replaced since it was opened"
                else:
                    told = str(error)
                raise FileError(f"cannot {doing} store {self.name!r}: {told}") from None
            except UnicodeDecodeError:  # of texts in the file, and of SQLite's messages that have some
                self._drop()
                raise self.damaged("it has texts that are no UTF-8") from None
            except OSError as error:
                self._drop()
                raise FileError(f"cannot {doing} store {self.name!r}: {error.strerror or error}") from None
            except BaseException:
                self._drop()
                raise

    def _again(self, step: Callable[[], T]) -> T:
        """The step, tried until no other holds the file; in short waits, so that Ctrl-C gets through."""
        until = time.monotonic() + self.patience
        while True:
            try:
                return step()
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.005)  # SQLite does not always wait itself

    def _drop(self) -> None:
        """Close the connection, which takes back what was begun."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary code of an error; 0 where Python found it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _after_fork() -> None:
    """In the child: leave the connections of the parent alone, and go on with new ones."""
    for file in list(_FILES):
        if file._connection is not None:
            _INHERITED.append(file._connection)
            file._connection = None
    _LOCK.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_after_fork)

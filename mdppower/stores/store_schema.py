"""What makes a SQLite file a store: whose it says it is, its version, its tables; and a new one's bytes."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

APPLICATION = int.from_bytes(b"MDPP", "big")
"""SQLite's application_id, by which `file` and others know whose file it is: it spells MDPP."""
VERSION = 1
"""Of the tables (SQLite's user_version)."""

TABLES = (
    "CREATE TABLE run (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, entropy TEXT NOT NULL, "
    "wanted INTEGER NOT NULL, created REAL NOT NULL, opened REAL NOT NULL, turn INTEGER NOT NULL, "
    "sha256 BLOB NOT NULL, arguments TEXT NOT NULL, question TEXT NOT NULL)",
    "CREATE TABLE chunk (run INTEGER NOT NULL, first INTEGER NOT NULL, stop INTEGER NOT NULL, "
    "seconds REAL NOT NULL, written REAL NOT NULL, sha256 BLOB NOT NULL, data BLOB NOT NULL, "
    "UNIQUE (run, first, stop))",
    "CREATE TABLE kept (run INTEGER NOT NULL, name TEXT NOT NULL, sha256 BLOB NOT NULL, data BLOB NOT NULL, "
    "UNIQUE (run, name))",
    "CREATE TABLE lease (run INTEGER PRIMARY KEY, host TEXT NOT NULL, place TEXT NOT NULL, pid INTEGER NOT NULL, "
    "started TEXT NOT NULL, beat REAL NOT NULL, token TEXT NOT NULL)",
)
SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
"""What SQLite is asked for the tables, views, triggers and indices that it finds."""


def new_store() -> bytes:
    """The bytes of a store without runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "store")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for setting in ("journal_mode=OFF", "synchronous=OFF", f"application_id={APPLICATION}"):
                connection.execute(f"PRAGMA {setting}")
            connection.execute(f"PRAGMA user_version={VERSION}")
            for table in TABLES:
                connection.execute(table)
        return Path(path).read_bytes()


@cache
def own_schema() -> list[tuple[Any, ...]]:
    """What SQLite says of our tables."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for table in TABLES:
            connection.execute(table)
        return connection.execute(SCHEMA).fetchall()

"""The file of a store: made whole, refused untouched if it is not ours, and never wrong, whatever has befallen it."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from stores import ARGUMENTS, QUESTION, fill, rows, same, verdict

from mdppower.errors import FileError
from mdppower.stores import store_file, store_schema
from mdppower.stores.store import Store

posix = pytest.mark.skipif(os.name != "posix", reason="forks, signals and limits of POSIX")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "run.sqlite"
    fill(path)
    assert verdict(path) == "whole"
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, whole):
    (tmp_path / "run.sqlite").write_bytes(whole)
    return tmp_path / "run.sqlite"


def refused(path, told, **options):
    """It is, with that message, and stands there as before, alone."""
    before, beside = path.read_bytes(), sorted(os.listdir(path.parent))
    with pytest.raises(FileError, match=told) as caught:
        Store(path, **options).close()
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == beside


# ---------------------------------------------------------------------- what is not ours


def sql(path, *commands):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for command in commands:
            connection.execute(command)


def at(place, new):
    return lambda data: data[:place] + new + data[place + len(new) :]


FOREIGN = {
    "empty": (lambda data: b"", "it is empty"),
    "a text": (lambda data: b"states,actions\n" * 1000, "it is no SQLite file"),
    "a short text": (lambda data: b"SQL", "it is cut after 3 bytes"),
    "of another program": (at(68, b"GPKG"), r"SQLite file of another program \(application_id 0x47504b47\)"),
    "of nobody": (at(68, bytes(4)), "of another program"),
    "newer": (at(60, b"\0\0\0\2"), r"a newer version of mdppower \(its tables have version 2, this one knows 1\)"),
    "of no version": (at(60, bytes(4)), "its header"),
    "with another journal": (at(18, b"\2\2"), "its header"),
    "cut in the header": (lambda data: data[:99], "it is cut after 99 bytes"),
    "cut after a page": (lambda data: data[:4096], r"it is cut: of [\d,]+ bytes 4,096 are there"),
    "cut by a byte": (lambda data: data[:-1], r"its last page is not whole \(it is cut: of"),
    "cut by half": (lambda data: data[: len(data) // 2], "it is cut: of"),
    "zeros in the middle": (at(20000, bytes(9000)), "damaged"),
    "its header and another's pages": (at(4096, b"\xff" * 4096), "damaged"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_newer_or_cut_file_is_refused_and_untouched(path, whole, name):
    change, told = FOREIGN[name]
    path.write_bytes(change(whole))
    refused(path, told)
    refused(path, told, writing=False)


HOSTILE = {
    "a view": "CREATE VIEW v AS SELECT load_extension('x')",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON chunk BEGIN DELETE FROM chunk; END",
    "a table": "CREATE TABLE more (x)",
    "a virtual table": "CREATE VIRTUAL TABLE more USING fts5(x)",
    "an index": "CREATE INDEX i ON chunk (written)",
    "a column": "ALTER TABLE run ADD COLUMN x",
    "a column computed": "ALTER TABLE run ADD COLUMN x AS (hex(question))",
    "another name": "ALTER TABLE lease RENAME TO rent",
    "no lease": "DROP TABLE lease",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_tables_that_are_not_ours_to_the_letter_are_refused(path, name):
    try:
        sql(path, HOSTILE[name])
    except sqlite3.OperationalError:
        pytest.skip("this SQLite does not know it")
    refused(path, "its tables are not those of a store")
    refused(path, "its tables are not those of a store", writing=False)


def test_a_view_in_the_place_of_a_table(path):
    sql(path, "PRAGMA writable_schema=ON", "UPDATE sqlite_master SET type = 'view', rootpage = 0 WHERE name = 'kept'")
    refused(path, "damaged")


def test_a_write_ahead_log_of_another_is_not_put_into_the_store(path):
    """SQLite replays a -wal that stands beside any file, whoever wrote it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("DELETE FROM chunk")
        log = (path.parent / "run.sqlite-wal").read_bytes()
    sql(path, "PRAGMA journal_mode=DELETE")
    (path.parent / "run.sqlite-wal").write_bytes(log)
    refused(path, "run.sqlite-wal', which SQLite would put into it")


def test_paths_that_are_no_file(tmp_path, path):
    (tmp_path / "folder").mkdir()
    wrong = {
        "folder": "it is a folder",
        "no/such/x": "No such file",
        "run.sqlite/x": "Not a dir|No such",
        "a\0b": "null",
    }
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        wrong["pipe"] = "it is no file"
    for name, told in wrong.items():
        for writing in (True, False):
            with pytest.raises(FileError, match=told):
                Store(tmp_path / name, writing=writing)
    with pytest.raises(FileError, match=r"cannot open store 'none.sqlite': No such file"):
        Store("none.sqlite", writing=False)
    assert set(os.listdir(tmp_path)) == {"folder", "run.sqlite", "pipe"} - (set() if "pipe" in wrong else {"pipe"})


def test_what_cannot_be_written_can_be_looked_at(path, monkeypatch):
    locked = set()
    ask = os.access
    monkeypatch.setattr(os, "access", lambda p, how: not (how == os.W_OK and str(p) in locked) and ask(p, how))
    for place, told in ((path, "it is read-only"), (path.parent, "its folder takes no new file")):
        locked |= {str(place)}
        refused(path, told)
        locked -= {str(place)}
    locked |= {str(path)}
    with Store(path, writing=False) as store:
        assert [record.finished for record in store.runs()] == [60, 60]
        assert same(store.find(store.runs()[0].id[:9]).read(range(60)), rows(range(60), 1))
        with pytest.raises(FileError, match="opened only to look"):
            store.ledger(QUESTION, ARGUMENTS, 1)


def test_one_that_is_looked_at_is_not_written(path):
    with Store(path, writing=False) as store, pytest.raises(FileError, match=r"cannot read store .*readonly"):
        store._file.select("DELETE FROM chunk")
    assert verdict(path) == "whole"


# ---------------------------------------------------------------------- damage: refused or resumed, never wrong


def damaged(path, whole, change, rounds, seed):
    """Verdicts on so many random damages."""
    dice, told = random.Random(seed), []
    for _ in range(rounds):
        path.write_bytes(change(whole, dice))
        told.append(verdict(path))
        for beside in path.parent.glob("run.sqlite-*"):
            beside.unlink()
    return {word: told.count(word) for word in sorted(set(told))}


def cut(data, dice):
    return data[: dice.randrange(len(data))]


def flip(data, dice):
    place = dice.randrange(8 * len(data))
    return data[: place // 8] + bytes([data[place // 8] ^ 1 << place % 8]) + data[place // 8 + 1 :]


def overwrite(data, dice):
    place, new = dice.randrange(len(data)), dice.randbytes(dice.choice([2, 16, 512, 4096]))
    return (data[:place] + new + data[place + len(new) :])[: len(data)]


def swap(data, dice):
    """Two pages, as a file system mixes them up."""
    a, b = (4096 * page for page in sorted(dice.sample(range(len(data) // 4096), 2)))
    return data[:a] + data[b : b + 4096] + data[a + 4096 : b] + data[a : a + 4096] + data[b + 4096 :]


@pytest.mark.slow
def test_a_store_cut_at_200_places(path, whole):
    assert damaged(path, whole, cut, 200, 0) == {"refused": 200}


@pytest.mark.parametrize("rounds", [40, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("change", [flip, overwrite, swap])
def test_damage_at_random_places(path, whole, change, rounds):
    """Of the 65,536 bytes of this store 34,921 are free (its pages have 4,096 each): damage there does no harm.

    So of flipped bits 47 % must be found, of the rest more. None costs a part of what is stored and is not told.
    """
    told = damaged(path, whole, change, rounds, 1)
    assert set(told) <= {"refused", "whole"}
    assert told["refused"] > rounds / 3


def test_without_seals_damage_would_be_believed(path, whole):
    """The negative control: SQLite itself finds nothing wrong with most of the flipped numbers."""
    dice, wrong = random.Random(2), 0
    for _ in range(60):
        path.write_bytes(flip(whole, dice))
        try:
            with closing(sqlite3.connect(path)) as connection:
                if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    continue
                found = connection.execute("SELECT data FROM chunk ORDER BY run, first").fetchall()
        except sqlite3.Error:
            continue
        path.write_bytes(whole)
        with closing(sqlite3.connect(path)) as connection:
            wrong += found != connection.execute("SELECT data FROM chunk ORDER BY run, first").fetchall()
    assert wrong > 10


# ---------------------------------------------------------------------- transactions that end halfway


def half_written(path, folder):
    """A copy of the store as a writer leaves it that dies in a transaction: pages written, the journal beside."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for setting in ("cache_size=1", "cache_spill=1", "synchronous=FULL"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE chunk SET data = zeroblob(4500), sha256 = zeroblob(32)")
        connection.execute("UPDATE run SET question = question || zeroblob(9000)")
        for name in (path.name, path.name + "-journal"):
            shutil.copy(path.parent / name, folder / name)
        connection.execute("ROLLBACK")
    return folder / path.name


def test_what_a_killed_writer_left_half_is_taken_back(path, whole, tmp_path):
    (tmp_path / "copy").mkdir()
    copy = half_written(path, tmp_path / "copy")
    assert copy.read_bytes() != whole
    assert (copy.parent / "run.sqlite-journal").stat().st_size > 10000
    assert verdict(copy) == "whole"
    assert os.listdir(copy.parent) == ["run.sqlite"]


def test_so_it_is_where_one_only_looks(path, whole, tmp_path):
    (tmp_path / "copy").mkdir()
    copy = half_written(path, tmp_path / "copy")
    with Store(copy, writing=False) as store:
        assert [record.finished for record in store.runs()] == [60, 60]
    assert copy.read_bytes()[4096:] == whole[4096:]


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_a_cut_journal_is_refused_or_resumed(path, tmp_path, rounds):
    """Where the journal is cut, only some of the pages can be taken back: what is read must still be true."""
    (tmp_path / "copy").mkdir()
    copy, dice, told = half_written(path, tmp_path / "copy"), random.Random(3), []
    half, journal = copy.read_bytes(), (copy.parent / "run.sqlite-journal").read_bytes()
    for _ in range(rounds):
        for beside in copy.parent.glob("run.sqlite-*"):
            beside.unlink()
        copy.write_bytes(half)
        (copy.parent / "run.sqlite-journal").write_bytes((cut if len(told) % 2 else flip)(journal, dice))
        told.append(verdict(copy))
    assert len(told) == rounds
    assert "refused" in told


def test_a_journal_without_its_store_does_not_get_into_a_new_one(path, tmp_path):
    (tmp_path / "copy").mkdir()
    copy = half_written(path, tmp_path / "copy")
    copy.unlink()
    with pytest.raises(FileError, match=r"run.sqlite-journal' of a store that is no longer there.*remove it first"):
        Store(copy)
    assert os.listdir(copy.parent) == ["run.sqlite-journal"]
    (copy.parent / "run.sqlite-journal").unlink()
    Store(copy).close()


def test_a_folder_in_the_place_of_the_journal(path):
    (path.parent / "run.sqlite-journal").mkdir()
    refused(path, "cannot read store .*disk I/O error")


KILLS = """
import os, random, signal, sys, time
sys.path.insert(0, sys.argv[3])
from stores import ARGUMENTS, QUESTION, rows, same
from mdppower.stores.store import Store
path, rounds, dice, stored = sys.argv[1], int(sys.argv[2]), random.Random(0), 0
for _ in range(rounds):
    reads, writes = os.pipe()
    if child := os.fork():
        os.close(writes)
        told = len(os.read(reads, 1)) if dice.random() < .7 else 0
        time.sleep(dice.uniform(0, .03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reads, 100):
            told += len(more)
        os.close(reads)
        if os.path.exists(path):
            with Store(path) as store:
                ledger = store.ledger(QUESTION, ARGUMENTS, 7)
                spans = ledger.spans()
                assert len(spans) <= 1
                for span in spans:
                    assert span.start == 0
                    assert same(ledger.read(span), rows(span, 7))
                now = sum(map(len, spans))
                assert stored + 8 * told <= now <= stored + 8 * told + 8, (stored, told, now)
                stored = now
        else:
            assert told == stored == 0
    else:
        store = Store(path)
        ledger = store.ledger(QUESTION, ARGUMENTS, 7)
        with ledger.driving(10**6, lambda who: os.kill(os.getppid(), signal.SIGKILL)):  # no wait for the dead
            done = sum(map(len, ledger.spans()))
            while True:
                ledger.add(range(done, done + 8), rows(range(done, done + 8), 7), .1)
                os.write(writes, b"!")
                done += 8
print(stored)
"""


@pytest.mark.slow
@posix
def test_kills_at_any_moment(tmp_path):
    """What was said to be stored is, and of what was being stored all or nothing; the next goes on from there."""
    support = os.path.dirname(sys.modules["stores"].__file__)
    command = [sys.executable, "-c", KILLS, tmp_path / "run.sqlite", "30", support]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 100
    assert os.listdir(tmp_path) == ["run.sqlite"]


# ---------------------------------------------------------------------- full disks, and files that others hold


def test_a_full_disk_loses_nothing_and_it_goes_on_afterwards(path):
    with Store(path) as store:
        ledger = store.ledger(QUESTION, ARGUMENTS | {"run": 2}, 2)
        (pages,) = store._file.select("PRAGMA page_count")[0]
        store._file.select(f"PRAGMA max_page_count={pages + 1}")
        for act in (
            lambda: ledger.add(range(60, 120), rows(range(60, 120), 2), 1.0),
            lambda: ledger.keep("result", bytes(20000)),
        ):
            store._file.select(f"PRAGMA max_page_count={pages + 1}")
            with pytest.raises(FileError, match=r"cannot write store .*run.sqlite': database or disk is full"):
                act()
            assert ledger.spans() == [range(60)]
            assert ledger.kept("result") is None
            assert verdict(path) == "whole"
        ledger.add(range(60, 120), rows(range(60, 120), 2), 1.0)  # there is room again
        assert same(ledger.read(range(120)), rows(range(120), 2))


DISK_FULL = """
import os, resource, signal, sys
sys.path.insert(0, sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from stores import ARGUMENTS, QUESTION, rows, same
from mdppower.errors import FileError
from mdppower.stores.store import Store
told, new = set(), range(60, 100)
with Store(sys.argv[1]) as store:
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    size = os.path.getsize(sys.argv[1])
    for limit in [*range(0, 9000, 700), *range(size - 9000, size + 9000, 700)]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            with ledger.driving(100):
                ledger.add(new, rows(new, 1), 1)
                break
        except FileError as error:
            told.add(str(error).rpartition(": ")[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert ledger.spans() == [range(60)]
        assert same(ledger.read(range(60)), rows(range(60), 1))
    assert same(ledger.read(range(100)), rows(range(100), 1))
print(*told, sep="\\n")
"""


@pytest.mark.slow
@posix
def test_a_disk_that_is_full_at_any_step(path):
    """A limit of the size of files stands for it: of the journal, and then of the store itself."""
    support = os.path.dirname(sys.modules["stores"].__file__)
    done = subprocess.run([sys.executable, "-c", DISK_FULL, path, support], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split("\n")[:-1]) <= {"disk I/O error", "database or disk is full"}
    assert done.stdout


@pytest.mark.slow
def test_a_file_that_another_program_holds(path, monkeypatch):
    monkeypatch.setattr(store_file, "PATIENCE", 0.2)
    with Store(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        ledger = store.ledger(QUESTION, ARGUMENTS | {"run": 1}, 1)
        other.execute("BEGIN EXCLUSIVE")
        for act in (lambda: ledger.add(range(1), rows(range(1)), 1.0), ledger.spans, lambda: Store(path)):
            with pytest.raises(FileError, match=r"another program has held it for 0\.2 seconds"):
                act()
        other.execute("ROLLBACK")
        assert ledger.spans() == [range(60)]


@pytest.mark.slow
def test_a_reader_delays_a_commit_and_does_not_break_it(path):
    with Store(path) as store, closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        ledger = store.ledger(QUESTION, ARGUMENTS | {"run": 1}, 1)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM run").fetchall()  # holds what a commit must wait for
        timer = threading.Timer(0.4, lambda: other.execute("ROLLBACK"))
        timer.start()
        ledger.add(range(60, 65), rows(range(60, 65), 1), 1.0)
        timer.join()
        assert same(ledger.read(range(65)), rows(range(65), 1))


def test_a_store_that_goes_away(path):
    with Store(path) as store:
        ledger = store.ledger(QUESTION, ARGUMENTS, 1)
        path.unlink()
        with pytest.raises(FileError, match="it was moved, removed or replaced since it was opened"):
            ledger.add(range(60, 61), rows(range(60, 61), 1), 1.0)
        with pytest.raises(FileError, match="No such file"):
            ledger.spans()
    with pytest.raises(FileError, match="is closed"):
        ledger.spans()


def test_another_store_in_the_place_of_this_one_gets_none_of_its_chunks(path, tmp_path):
    with Store(path) as store:
        ledger = store.ledger(QUESTION, ARGUMENTS, 9)
        path.unlink()
        fill(path, runs=3)  # the third has the number that this run had
        store._file._drop()  # as after an error
        for act in (
            lambda: ledger.add(range(60, 61), rows(range(60, 61), 9), 1.0),
            lambda: ledger.keep("shell", b"9"),
            lambda: ledger.driving(99).__enter__(),
        ):
            with pytest.raises(FileError, match=f"run {ledger.id[:12]} is no longer in store"):
                act()
        with pytest.raises(FileError, match="does not fit its SHA-256"):
            ledger.read(range(60))
    assert verdict(path, runs=3) == "whole"


# ---------------------------------------------------------------------- making one


def test_a_new_store_is_ours_by_its_header(tmp_path):
    Store(tmp_path / "x").close()
    data = (tmp_path / "x").read_bytes()
    assert data[68:72] == b"MDPP"
    assert data[60:64] == b"\0\0\0\1"
    assert data[18:20] == b"\1\1"
    assert os.listdir(tmp_path) == ["x"]


def test_names_that_mean_something_to_sqlite_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [":memory:", "a?mode=ro", "b#c", "100%41", "file:x", "γ run"]
    for name in names:
        fill(name, 1, 2)
        assert verdict(name, 1, 10) == "whole"
    assert sorted(os.listdir(tmp_path)) == sorted(names)


def test_a_store_stays_where_it_is(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with Store("run.sqlite") as store:
        monkeypatch.chdir(tmp_path / "elsewhere")
        store._file._drop()  # as after an error
        store.ledger(QUESTION, ARGUMENTS, 1)
    assert os.listdir(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("failing", ["link", "fsync", "open"])
def test_a_store_that_cannot_be_made(tmp_path, monkeypatch, failing):
    do = getattr(os, failing)

    def full(what, *more, **options):
        if failing != "open" or str(what).endswith(".part"):
            raise OSError(28, "No space left on device")
        return do(what, *more, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, full)
        with pytest.raises(FileError, match=r"cannot write .*No space left"):
            Store(tmp_path / "x")
    assert os.listdir(tmp_path) == []
    Store(tmp_path / "x").close()  # negative control


def test_a_full_folder_of_temporary_files(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_schema.tempfile, "TemporaryDirectory", full)
    with pytest.raises(FileError, match=r"cannot make store .*No space left"):
        Store(tmp_path / "x")


def test_many_make_one_at_once(tmp_path):
    """Each goes on with the one that was first."""
    found, ready = [], threading.Barrier(8)

    def make(entropy):
        ready.wait()
        with Store(tmp_path / "x") as store:
            store.ledger(QUESTION, ARGUMENTS, entropy)
            found.append(entropy)

    threads = [threading.Thread(target=make, args=(entropy,)) for entropy in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store(tmp_path / "x") as store:
        assert sorted(record.entropy for record in store.runs()) == sorted(found) == list(range(8))

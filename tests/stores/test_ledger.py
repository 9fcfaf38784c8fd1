"""A run in a store: spans and rows whatever way chunks overlap, what is kept beside, and who drives."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores import ARGUMENTS, QUESTION, rows, same

from mdppower.errors import FileError, MDPPowerError, ParameterError, SizeError
from mdppower.stores import lease as lease_file
from mdppower.stores import ledger as ledger_file
from mdppower.stores.lease import HELD, Holder
from mdppower.stores.store import Store

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "run.sqlite") as store:
        yield store


@pytest.fixture
def ledger(store):
    return store.ledger(QUESTION, ARGUMENTS, 1)


def add(ledger, *spans):
    for first, stop in spans:
        ledger.add(range(first, stop), rows(range(first, stop)), 0.1)


# ---------------------------------------------------------------------- chunks


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), min_size=1, max_size=5), st.data())
def test_chunks_in_any_order_that_overlap_in_any_way(store, chunks, data):
    """Spans are the union, seen as a set of numbers; what is read of it has the bits that were added."""
    ledger = store.ledger(QUESTION, ARGUMENTS, data.draw(st.integers(0, 2**60)))
    done = {k for span in ledger.spans() for k in span}
    add(ledger, *((first, first + length) for first, length in chunks))
    done |= {k for first, length in chunks for k in range(first, first + length)}
    spans = ledger.spans()
    assert [k for span in spans for k in span] == sorted(done)
    assert all(a.stop < b.start for a, b in pairwise(spans))
    span = data.draw(st.sampled_from(spans))
    first = data.draw(st.integers(span.start, span.stop - 1))
    numbers = range(first, data.draw(st.integers(first + 1, span.stop)))
    assert same(ledger.read(numbers), rows(numbers))
    with pytest.raises(ParameterError, match=f"replicate {span.stop} of run"):
        ledger.read(range(first, span.stop + 1))


def test_what_is_stored_stays(ledger):
    add(ledger, (0, 8))
    ledger.add(range(8), rows(range(8), salt=5), 9.0)  # does not happen where replicates have the same bits
    assert same(ledger.read(range(8)), rows(range(8)))


def test_a_large_chunk_is_divided(ledger, monkeypatch):
    monkeypatch.setattr(ledger_file, "LARGEST_CHUNK", 500)  # a row of `rows` takes 205 bytes: two a piece
    add(ledger, (3, 10))
    pieces = ledger._file.select("SELECT first, stop, seconds FROM chunk ORDER BY first")
    assert [piece[:2] for piece in pieces] == [(3, 5), (5, 7), (7, 9), (9, 10)]
    assert sum(piece[2] for piece in pieces) == pytest.approx(0.1)
    assert same(ledger.read(range(4, 10)), rows(range(4, 10)))
    monkeypatch.setattr(ledger_file, "LARGEST_BLOB", 204)
    with pytest.raises(SizeError, match="205 bytes; a store holds 204"):
        add(ledger, (10, 11))
    with pytest.raises(SizeError, match="'x' takes 205 bytes"):
        ledger.keep("x", bytes(205))


WRONG_NUMBERS = [range(0), range(3, 3), range(4, 2), range(0, 8, 2), range(-1, 7), range(2**40, 2**40 + 8), [0, 1], 8]


@pytest.mark.parametrize("numbers", WRONG_NUMBERS, ids=str)
def test_numbers_that_are_no_range_of_replicates(ledger, numbers):
    for act in (lambda: ledger.read(numbers), lambda: ledger.add(numbers, (np.ones(8),), 0.1)):
        with pytest.raises(ParameterError, match="numbers of replicates must be a range"):
            act()


def test_results_of_other_many_replicates(ledger):
    for wrong in ((np.ones(7),), (np.ones(8), np.ones((9, 2))), (np.float64(1),)):
        with pytest.raises(ParameterError, match="results of 8 replicates"):
            ledger.add(range(8), wrong, 0.1)
    with pytest.raises(ParameterError, match="stored"):
        ledger.add(range(8), (np.array([None] * 8),), 0.1)
    for wrong in (np.nan, -1.0, np.inf):  # SQLite takes NaN for NULL
        with pytest.raises(MDPPowerError, match="must be a finite number"):
            ledger.add(range(8), rows(range(8)), wrong)
    assert ledger.spans() == []


def test_kept(ledger):
    assert ledger.kept("shell") is None
    for data in (b"one", b"", bytes(range(256)) * 400):
        ledger.keep("shell", data)
        assert ledger.kept("shell") == data
    assert ledger.kept("result") is None
    with pytest.raises(MDPPowerError, match="a text of at most 200"):
        ledger.keep("x" * 201, b"")


# ---------------------------------------------------------------------- what others write into the tables


def tampered(store, *commands):
    """Change the file by SQL, past the checks of its columns."""
    with closing(sqlite3.connect(store._file._path, isolation_level=None)) as connection:
        for command in commands:
            connection.execute(command)


CHUNKS = {
    "a text as bytes": "data = 'x'",
    "a number as bytes": "data = 1",
    "other bytes": "data = zeroblob(length(data))",
    "bytes and one more": "data = CAST(data || x'00' AS BLOB)",
    "no seal": "sha256 = x''",
    "a text as seal": "sha256 = 'x'",
    "later": "first = 1",
    "longer": "stop = 9",
    "of another run": "run = 2",
    "a text as first": "first = 'x'",
    "bytes as stop": "stop = x'00'",
    "a negative first": "first = -1",
    "a giant stop": "stop = 9223372036854775807",
    "a stop beyond integers": "stop = 9223372036854775808",
    "a fraction": "stop = 7.5",
    "upside down": "first = 8, stop = 0",
    "empty": "stop = 0",
    "other seconds": "seconds = 1e9",
    "endless seconds": "seconds = 9e999",
    "a text as time": "written = 'now'",
}


@pytest.mark.parametrize("name", CHUNKS)
def test_a_chunk_that_was_changed_is_refused(store, name):
    for entropy in (1, 2):
        add(store.ledger(QUESTION, ARGUMENTS, entropy), (0, 8) if entropy == 1 else (8, 16))
    tampered(store, f"UPDATE chunk SET {CHUNKS[name]} WHERE run = 1")

    def read_all():
        with Store(store._file.name) as again:
            for record in again.runs():
                for span in again.find(record.id).spans():
                    again.find(record.id).read(span)

    with pytest.raises(FileError, match=r"damaged: .*(chunk|run) "):
        read_all()


def test_the_message_names_run_and_chunk(store):
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    add(ledger, (0, 8), (8, 16), (16, 24))
    tampered(store, "UPDATE chunk SET data = zeroblob(9) WHERE first = 8")
    assert same(ledger.read(range(8)), rows(range(8)))
    assert same(ledger.read(range(16, 24)), rows(range(16, 24)))
    with pytest.raises(FileError, match=f"run.sqlite' is damaged: chunk 8 … 16 of run {ledger.id[:12]}: .* SHA-256"):
        ledger.read(range(3, 20))


def test_a_chunk_with_a_right_seal_and_wrong_arrays_is_refused(store):
    """A seal is no signature: anyone can make one. What it seals is read strictly, too."""
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    add(ledger, (0, 8))
    for data, told in ((b"\4\0\0\0[{}]", "header"), (ledger_file.pack(rows(range(7))), "it has 7 rows")):
        about = 0, 8, 0.1, 1.0
        entry = 1, *about, ledger._digest("chunk", *about, data=data), data
        with ledger._file.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?)", entry)
        with pytest.raises(FileError, match=f"chunk 0 … 8 of run .*{told}|arrays"):
            ledger.read(range(8))


def test_chunks_of_other_shapes_are_not_put_together(ledger):
    ledger.add(range(4), (np.ones((4, 3)),), 0.1)
    ledger.add(range(4, 8), (np.ones((4, 2)),), 0.1)
    ledger.add(range(8, 12), (np.ones((4, 2), np.float32),), 0.1)
    for numbers in (range(3, 5), range(7, 9)):
        with pytest.raises(FileError, match="other types or shapes"):
            ledger.read(numbers)
    assert ledger.read(range(4, 8))[0].shape == (4, 2)


def test_kept_bytes_that_were_changed(store):
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    for change in ("data = x'00'", "data = 'shell'", "sha256 = NULL", "name = 'other', data = data"):
        ledger.keep("shell", b"abc")
        try:
            tampered(store, f"UPDATE kept SET {change}")
        except sqlite3.IntegrityError:  # NULL
            continue
        with pytest.raises(FileError, match=r"of run .* does not fit its SHA-256"):
            ledger.kept("other" if "other" in change else "shell")


# ---------------------------------------------------------------------- who drives


def lease_rows(store):
    return store._file.select("SELECT pid, token, beat FROM lease")


def refuse(who):
    raise AssertionError(f"waited for {who}")


def test_one_drives_at_once_and_releases(store, ledger):
    assert not ledger.drives
    with ledger.driving(8, refuse):
        assert ledger.drives
        assert store.runs()[0].driver == f"process {os.getpid()} on {Holder.here().host}"
        assert store.runs()[0].wanted == 8
        assert len(HELD) == 1
    assert not ledger.drives
    assert store.runs()[0].driver is None
    assert lease_rows(store) == []
    assert set() == HELD


def test_it_is_released_on_an_error(store, ledger):
    with pytest.raises(KeyboardInterrupt), ledger.driving(8, refuse):
        raise KeyboardInterrupt
    assert lease_rows(store) == []
    with ledger.driving(8, refuse):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("own", [True, False])
def test_a_second_waits_and_finds_what_the_first_has_finished(tmp_path, own):
    """In a store of its own, or in the same one from another thread."""
    begun, told, found = threading.Event(), [], []
    with Store(tmp_path / "x") as store, Store(tmp_path / "x") as other:
        ledger = store.ledger(QUESTION, ARGUMENTS, 1)

        def second():
            begun.wait()
            mine = (other if own else store).ledger(QUESTION, ARGUMENTS, None)
            with mine.driving(16, told.append):
                found.extend(mine.spans())

        thread = threading.Thread(target=second)
        thread.start()
        with ledger.driving(16, refuse):
            begun.set()
            for i in range(4):
                add(ledger, (4 * i, 4 * i + 4))
                time.sleep(0.1)
            assert found == []
        thread.join()
    assert found == [range(16)]
    assert told == [f"process {os.getpid()} on {Holder.here().host}"]


def test_runs_of_one_file_are_driven_at_once(store):
    """The lease is a run's, not the file's."""
    one, two = store.ledger(QUESTION, ARGUMENTS, 1), store.ledger(QUESTION, ARGUMENTS, 2)
    with one.driving(8, refuse), two.driving(8, refuse):
        add(one, (0, 4))
        add(two, (0, 8))
    assert one.spans() == [range(4)]
    assert two.spans() == [range(8)]


def put(ledger, holder):
    """Write a holder into the store as another driver would."""
    with ledger._file.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?, ?)", (1, *holder.row()))


FAR = replace(Holder.here(), host="node7", place="node7 1 2", pid=4711)


class Clock:
    """A clock that only sleeping moves; `then` is what happens meanwhile."""

    def __init__(self, then=lambda: None):
        self.now, self.then = 1e9, then

    def time(self):
        return self.now

    def monotonic(self):
        return self.now - 1e8

    def sleep(self, seconds):
        self.now += seconds
        assert self.now < 1e9 + 1000, "it waits for ever"
        self.then()


@pytest.mark.parametrize(
    ("age", "waited"),
    [(0, 60), (59, 1), (60, 0), (61, 0), (-1e6, 60)],
    ids=["now", "59 s ago", "60 s ago", "61 s ago", "by a clock that is fast"],
)
def test_a_driver_elsewhere_is_waited_for_until_its_last_sign_is_a_minute_old(ledger, monkeypatch, age, waited):
    """By its own clock; or by this one, for whose minute nothing was seen of it. It is looked at each 0.2 s."""
    clock, told = Clock(), []
    monkeypatch.setattr(lease_file, "time", clock)
    put(ledger, replace(FAR, beat=clock.now - age))
    with ledger.driving(8, told.append):
        assert ledger.drives
        assert waited <= clock.now - 1e9 <= waited + 0.41
    assert told == ["process 4711 on node7"] * (age <= 60)


def test_signs_of_life_keep_the_lease(ledger, monkeypatch):
    """The negative control: whoever gives them is waited for, however wrong its clock; and then for a minute more."""
    began = 1e9 + 1e6

    def beat():
        if clock.now < 1e9 + 100 and clock.now % 5 < 0.2:
            put(ledger, replace(FAR, beat=began + clock.now))

    clock = Clock(beat)
    monkeypatch.setattr(lease_file, "time", clock)
    put(ledger, replace(FAR, beat=began))
    with ledger.driving(8, lambda who: None):
        assert 155 <= clock.now - 1e9 <= 161


def test_ctrl_c_while_waiting_leaves_the_other_at_work(store, ledger, monkeypatch):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr(lease_file, "time", Clock(stop))
    put(ledger, replace(FAR, beat=1e9))
    with pytest.raises(KeyboardInterrupt), ledger.driving(8, lambda who: None):
        pass
    assert lease_rows(store) == [(4711, FAR.token, 1e9)]
    assert set() == HELD


def test_a_driver_whose_lease_was_taken_goes_on_and_does_not_take_it_back(store, ledger, monkeypatch):
    monkeypatch.setattr(lease_file, "BEAT", 0.0)
    for notice in (ledger.beat, lambda: add(ledger, (0, 8))):
        with ledger.driving(8, refuse):
            put(ledger, FAR)
            assert ledger.drives  # it does not know
            notice()
            assert not ledger.drives
            add(ledger, (8, 16))
            assert lease_rows(store) == [(4711, FAR.token, FAR.beat)]
        assert lease_rows(store) == [(4711, FAR.token, FAR.beat)]
        tampered(store, "DELETE FROM lease")
    assert ledger.spans() == [range(16)]


def test_who_does_not_know_that_its_lease_was_taken_does_not_release_the_others(store, ledger):
    with ledger.driving(8, refuse):
        put(ledger, FAR)
    assert lease_rows(store) == [(4711, FAR.token, FAR.beat)]
    assert set() == HELD


def test_of_two_that_find_a_dead_driver_one_takes_over(ledger, monkeypatch):
    """Another is quicker, between the look and the transaction: it is waited for like any other."""
    clock, told = Clock(), []
    quick = replace(FAR, pid=42, token="quick", beat=clock.now)
    monkeypatch.setattr(lease_file, "time", clock)
    put(ledger, replace(FAR, beat=clock.now - 61))

    def is_gone(holder, is_gone=Holder.is_gone):
        if holder.token == FAR.token and not told:
            put(ledger, quick)
            told.append("dead")
        return is_gone(holder)

    monkeypatch.setattr(Holder, "is_gone", is_gone)
    with ledger.driving(8, told.append):
        assert 60 <= clock.now - 1e9 <= 61
    assert told == ["dead", "process 4711 on node7"]


def test_beats_are_few(store, ledger, monkeypatch):
    with ledger.driving(8, refuse):
        before = lease_rows(store)
        for i in range(5):
            ledger.beat()
            add(ledger, (i, i + 1))
        assert lease_rows(store) == before
        monkeypatch.setattr(lease_file, "BEAT", 0.01)
        time.sleep(0.02)
        ledger.beat()
        ((_, _, beat),) = lease_rows(store)
        assert beat > before[0][2]
    ledger.beat()  # who does not drive gives none
    assert lease_rows(store) == []


def test_a_lease_that_a_failure_left_does_not_stop_its_own_process(store, ledger, monkeypatch):
    def full(*_, **__):
        raise FileError("disk full")

    with monkeypatch.context() as patch, ledger.driving(8, refuse):
        patch.setattr(ledger._file, "transaction", full)
    assert len(lease_rows(store)) == 1
    with ledger.driving(8, refuse):
        pass


LEASES = ["host = x'00'", "pid = 0", "pid = -1", "pid = 'x'", "pid = 4294967297", "beat = 9e999", "token = x''"]


@pytest.mark.parametrize("change", LEASES)
def test_a_lease_that_was_changed_is_refused(store, ledger, change):
    put(ledger, FAR)
    tampered(store, f"UPDATE lease SET {change}")
    with pytest.raises(FileError, match="damaged: lease of run"), ledger.driving(8, refuse):
        pass
    with pytest.raises(FileError, match="damaged: lease of run"):
        store.runs()


DRIVER = """
import signal, sys, time
sys.path.insert(0, sys.argv[2])
from stores import ARGUMENTS, QUESTION, rows
from mdppower.stores.store import Store
signal.signal(signal.SIGINT, signal.default_int_handler)
with Store(sys.argv[1]) as store:
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    with ledger.driving(10**6, lambda who: print("waits for", who, flush=True)):
        done = sum(map(len, ledger.spans()))
        print("drives from", done, flush=True)
        while True:
            ledger.add(range(done, done + 4), rows(range(done, done + 4)), .1)
            done += 4
            time.sleep(.01)
"""


@pytest.fixture
def driver(tmp_path):
    begun = []

    def begin():
        support = os.path.dirname(sys.modules["stores"].__file__)
        command = [sys.executable, "-c", DRIVER, tmp_path / "run.sqlite", support]
        begun.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.slow
@posix
def test_a_killed_driver_is_taken_over_at_once_and_a_waiting_one_hears_ctrl_c(driver, store):
    first = driver()
    assert first.stdout.readline() == "drives from 0\n"
    second, third = driver(), driver()
    for waiting in (second, third):
        assert waiting.stdout.readline().startswith(f"waits for process {first.pid} on ")
    third.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in third.communicate(timeout=10)[1]
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    first.kill()  # not yet waited for
    told = second.stdout.readline()
    (span,) = ledger.spans()
    assert 0 < int(told.removeprefix("drives from ")) <= span.stop
    second.send_signal(signal.SIGINT)
    second.communicate(timeout=10)
    assert lease_rows(store) == []  # Ctrl-C releases
    (span,) = ledger.spans()
    assert same(ledger.read(span), rows(span))

"""A store as a caller sees it: which run a question means, what is listed, threads, forks and processes."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from stores import ARGUMENTS, QUESTION, fill, rows, same

from mdppower.errors import FileError, ParameterError, SizeError
from mdppower.stores import store_runs
from mdppower.stores.store import Store

posix = pytest.mark.skipif(os.name != "posix", reason="forks of POSIX")


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "run.sqlite") as store:
        yield store


# ---------------------------------------------------------------------- which run


def test_a_run_is_its_question_and_its_entropy(store):
    """The key by hand: SHA-256 of the entropy in hexadecimal, a blank, and the question as canonical JSON."""
    ledger = store.ledger({"b": [0.1, 1], "a": "γ"}, {}, 255)
    assert ledger.id == hashlib.sha256(b'ff {"a":"\\u03b3","b":[0.1,1]}').hexdigest()
    assert ledger.entropy == 255
    same_one = store.ledger({"a": "γ", "b": (0.1, 1)}, {}, np.int64(255))  # JSON has lists, and no order of fields
    others = [({"b": [0.1, 1.0], "a": "γ"}, 255), ({"b": [0.1, 1], "a": "γ"}, 254), ({"b": [0.1], "a": "γ"}, 255)]
    assert same_one.id == ledger.id
    assert len({store.ledger(question, {}, entropy).id for question, entropy in others} | {ledger.id}) == 4
    assert len(store.runs()) == 4


def test_no_entropy_means_the_latest_run_of_the_question(store):
    first = store.ledger(QUESTION, ARGUMENTS, None).entropy
    assert first.bit_length() > 64
    assert store.ledger(QUESTION, ARGUMENTS, None).entropy == first
    assert store.ledger({"another": 1}, ARGUMENTS, None).entropy != first
    store.ledger(QUESTION, ARGUMENTS, 7)
    assert store.ledger(QUESTION, ARGUMENTS, None).entropy == 7
    store.ledger(QUESTION, ARGUMENTS, first)  # opened again
    assert store.ledger(QUESTION, ARGUMENTS, None).entropy == first
    assert [record.entropy for record in store.runs() if record.question == QUESTION] == [first, 7]


def test_the_latest_is_told_by_turns_and_not_by_clocks(store, monkeypatch):
    store.ledger(QUESTION, ARGUMENTS, 1)
    monkeypatch.setattr("time.time", lambda: 1e9)  # a clock that was set back
    store.ledger(QUESTION, ARGUMENTS, 2)
    assert store.ledger(QUESTION, ARGUMENTS, None).entropy == 2


@pytest.mark.parametrize("entropy", [0, 1, 2**128 - 1, 10**4000], ids=int.bit_length)
def test_entropies_of_any_size(tmp_path, entropy):
    with Store(tmp_path / "x") as store:
        add = store.ledger(QUESTION, ARGUMENTS, entropy)
        add.add(range(2), rows(range(2)), 0.1)
    with Store(tmp_path / "x") as store:
        assert store.ledger(QUESTION, ARGUMENTS, None).entropy == entropy
        assert store.ledger(QUESTION, ARGUMENTS, entropy).spans() == [range(2)]


@pytest.mark.slow
def test_entropies_and_questions_that_are_none(store, monkeypatch):
    for wrong in (-1, True, 10**4000 + 1):
        with pytest.raises(ParameterError, match="entropy of a run"):
            store.ledger(QUESTION, ARGUMENTS, wrong)
    for wrong in ({"a": object()}, {"a": np.ones(2)}, {(1,): 2}, {"a": {1}}):
        with pytest.raises(ParameterError, match="question of a run must be what JSON can hold"):
            store.ledger(wrong, ARGUMENTS)
        with pytest.raises(ParameterError, match="arguments of a run must be"):
            store.ledger(QUESTION, wrong)
    deep = []
    for _ in range(10**5):
        deep = [deep]
    with pytest.raises(ParameterError, match="recursion"):
        store.ledger({"a": deep}, ARGUMENTS)
    monkeypatch.setattr(store_runs, "LONGEST_TEXT", 100)
    with pytest.raises(SizeError, match="takes 108 characters; a store holds 100"):
        store.ledger({"a": "x" * 100}, ARGUMENTS)
    assert store.runs() == []


# ---------------------------------------------------------------------- what is listed


def test_runs_are_listed_with_their_progress(store):
    begun = time.time()
    ledger = store.ledger(QUESTION, ARGUMENTS | {"samples": 320}, 5)
    (record,) = store.runs()
    assert (record.id, record.question, record.arguments) == (ledger.id, QUESTION, ARGUMENTS | {"samples": 320})
    assert (record.entropy, record.finished, record.wanted, record.draws) == (5, 0, 0, 16)
    assert (record.seconds, record.complete, record.driver) == (0.0, False, None)
    assert begun <= record.created == record.updated <= time.time()
    with ledger.driving(20):
        ledger.add(range(0, 10), rows(range(0, 10)), 1.5)
        ledger.add(range(15, 20), rows(range(15, 20)), 0.25)
        (record,) = store.runs()
        assert (record.finished, record.wanted, record.seconds, record.complete) == (15, 20, 1.75, False)
        assert record.driver.startswith(f"process {os.getpid()} on ")
        assert record.updated > record.created
        ledger.add(range(8, 16), rows(range(8, 16)), 1.0)
    (record,) = store.runs()
    assert (record.finished, record.complete, record.driver) == (20, True, None)
    with ledger.driving(21):
        assert not store.runs()[0].complete  # more is asked for
    store.ledger(QUESTION, {"draws": "many"}, 5)
    assert (store.runs()[0].draws, store.runs()[0].arguments) == (None, {"draws": "many"})


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path):
    fill(tmp_path / "x", runs=3)
    before = (tmp_path / "x").read_bytes()
    with Store(tmp_path / "x", writing=False) as store:
        for record in store.runs():
            assert store.find(record.id[:8]).entropy == record.entropy
        with pytest.raises(FileError, match="has 3 runs whose id begins with ''"):
            store.find("")
        with pytest.raises(FileError, match="has no runs whose id begins with 'x'"):
            store.find("x")
    assert (tmp_path / "x").read_bytes() == before


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "x"
    fill(path, chunks=1)
    return path.read_bytes()


RUNS = {
    "another question": "question = '{}'",
    "a question that is no JSON": "question = '{'",
    "bytes as a question": "question = x'7b7d'",
    "another entropy": "entropy = '8'",
    "an entropy that is no number": "entropy = '0x8'",
    "a giant entropy": "entropy = printf('%.*c', 5000, 'f')",
    "other arguments": "arguments = '{}'",
    "another key": "key = printf('%.*c', 64, '0')",
    "more wanted": "wanted = 999",
    "a fraction wanted": "wanted = 0.5",
    "a giant wanted": "wanted = 9223372036854775807",
    "another time": "created = 0.0",
    "a time that is a text": "opened = 'now'",
    "a time without end": "opened = 9e999",
    "another turn": "turn = 9",
    "another number": "number = 9",
    "a negative number": "number = -1",
    "no seal": "sha256 = x''",
    "a text as a seal": "sha256 = 'x'",
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_was_changed_is_refused_at_opening(tmp_path, small, name):
    (tmp_path / "x").write_bytes(small)
    with closing(sqlite3.connect(tmp_path / "x", isolation_level=None)) as connection:
        connection.execute(f"UPDATE run SET {RUNS[name]} WHERE number = 1")
    before = (tmp_path / "x").read_bytes()
    with pytest.raises(FileError, match=r"x' is damaged: run (1|9|-1): .* must be "):
        Store(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == before


@pytest.mark.parametrize("told", ["[]", "nonsense", "[" * 10**5, '{"draws": 1e999}'])
def test_a_run_with_a_right_seal_and_no_table_in_it(store, told):
    """A seal is no signature. What cannot be listed is refused; what only looks odd is listed."""
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    (run,) = store_runs.read_runs(store._file)
    with store._file.transaction() as connection:
        store_runs.write_run(connection, replace(run, arguments=told))
    if told.startswith("{"):
        assert store.runs()[0].draws is None
    else:
        with pytest.raises(FileError, match=r"damaged: run .* must be"):
            store.runs()
    assert ledger.spans() == []


# ---------------------------------------------------------------------- threads, forks, processes


def test_threads_share_a_store(store):
    def work(entropy):
        ledger = store.ledger(QUESTION, ARGUMENTS, entropy)
        with ledger.driving(20):
            for i in range(5):
                ledger.add(range(4 * i, 4 * i + 4), rows(range(4 * i, 4 * i + 4), entropy), 0.1)
                assert same(ledger.read(range(4 * i + 4)), rows(range(4 * i + 4), entropy))

    threads = [threading.Thread(target=work, args=(entropy,)) for entropy in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record.complete for record in store.runs()] == [True] * 6


CROWD = """
import sys, threading
sys.path.insert(0, sys.argv[2])
from stores import ARGUMENTS, QUESTION, rows, same
from mdppower.stores.store import Store
path, entropy = sys.argv[1], int(sys.argv[3])
end, failed = threading.Event(), []
def look():
    try:
        while not end.is_set():
            with Store(path, writing=False) as store:
                for record in store.runs():
                    ledger = store.find(record.id)
                    for span in ledger.spans():
                        assert same(ledger.read(span), rows(span, record.entropy))
    except BaseException as error:
        failed.append(error)
thread = threading.Thread(target=look)
thread.start()
with Store(path) as store:
    ledger = store.ledger(QUESTION, ARGUMENTS | {"run": entropy}, entropy)
    with ledger.driving(60):
        for i in range(60):
            ledger.add(range(i, i + 1), rows(range(i, i + 1), entropy), .1)
            ledger.keep("shell", b"what the numbers mean " * entropy)
end.set()
thread.join()
assert not failed, failed
"""


@pytest.mark.slow
def test_processes_and_threads_open_read_and_write_one_store_at_once(tmp_path):
    """Whoever reads the header past SQLite, in another thread, must not cost the writer its locks."""
    path, support = tmp_path / "run.sqlite", os.path.dirname(sys.modules["stores"].__file__)
    Store(path).close()
    command = [sys.executable, "-c", CROWD, path, support]
    crowd = [subprocess.Popen([*command, str(entropy)], stderr=subprocess.PIPE, text=True) for entropy in (1, 2)]
    told = [process.communicate(timeout=120)[1] for process in crowd]
    assert [process.returncode for process in crowd] == [0, 0], told
    with Store(path) as store:
        assert [(record.finished, record.complete) for record in store.runs()] == [(60, True)] * 2
        assert [store.find(record.id).spans() for record in store.runs()] == [[range(60)]] * 2
    assert os.listdir(tmp_path) == ["run.sqlite"]


FORKS = """
import os, sys, threading
sys.path.insert(0, sys.argv[2])
from stores import ARGUMENTS, QUESTION, rows, same
from mdppower.stores.store import Store
store, end = Store(sys.argv[1]), threading.Event()
ledger = store.ledger(QUESTION, ARGUMENTS, 1)
def work():
    i = 0
    while not end.is_set():
        ledger.add(range(i, i + 2), rows(range(i, i + 2)), .1)
        i += 2
with ledger.driving(10):
    thread = threading.Thread(target=work)
    thread.start()  # so that forks meet transactions
    for child in range(1, 13):
        if os.fork() == 0:
            assert store._file._connection is None
            assert not ledger.drives
            ledger.beat()
            numbers = range(10**6 * child, 10**6 * child + 4)
            ledger.add(numbers, rows(numbers), .1)
            assert same(ledger.read(numbers), rows(numbers))
            os._exit(0)
    codes = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(12)]
    end.set()
    thread.join()
    assert ledger.drives
spans = ledger.spans()
assert [span.start for span in spans] == [10**6 * k for k in range(13)], spans
for span in spans:
    assert same(ledger.read(span), rows(span))
print(codes)
"""


@pytest.mark.slow
@posix
def test_a_store_after_a_fork(tmp_path):
    """A child goes on with a connection of its own, and does not drive what its parent drives."""
    support = os.path.dirname(sys.modules["stores"].__file__)
    command = [sys.executable, "-W", "ignore", "-c", FORKS, tmp_path / "x", support]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [0] * 12


def test_a_store_is_not_sent_to_another_process(store):
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(store)


def test_a_closed_store(tmp_path):
    store = Store(tmp_path / "x")
    ledger = store.ledger(QUESTION, ARGUMENTS, 1)
    store.close()
    store.close()
    for act in (store.runs, ledger.spans, lambda: store.ledger(QUESTION, ARGUMENTS)):
        with pytest.raises(FileError, match="x' is closed"):
            act()

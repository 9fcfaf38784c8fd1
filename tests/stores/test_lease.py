"""Whether a driver is gone, seen from outside: dead, a zombie, another with its number, far away and silent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from mdppower.errors import FileError
from mdppower.stores import lease
from mdppower.stores.lease import HELD, Holder

posix = pytest.mark.skipif(os.name != "posix", reason="whether a process lives is asked as POSIX does")
linux = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="starts of processes are told by Linux")


def of(process):
    """The holder that a process would be if it began to drive now."""
    return replace(Holder.here(), pid=process.pid, started=lease._start(process.pid) or "")


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_this_process_drives_while_it_holds_the_lease():
    mine = Holder.here()
    assert mine.is_gone()  # nobody here holds it: a failure left the row
    HELD.add((mine.pid, mine.token))
    assert not mine.is_gone()
    HELD.discard((mine.pid, mine.token))
    assert mine.token != Holder.here().token


@posix
def test_who_lives_and_who_died(sleeper):
    holder = of(sleeper)
    assert not holder.is_gone()
    sleeper.kill()
    if os.path.exists("/proc/self/stat"):
        until = time.monotonic() + 10
        while not holder.is_gone() and time.monotonic() < until:  # nobody asks for its end yet: it is a zombie
            time.sleep(0.01)
        assert holder.is_gone()
    sleeper.wait()
    assert holder.is_gone()


@linux
def test_a_number_that_another_process_has_now(sleeper):
    holder = of(sleeper)
    assert replace(holder, started=str(int(holder.started) - 1)).is_gone()
    assert not replace(holder, started="").is_gone()  # it is not known when it started: it may be that one


@linux
def test_a_stopped_process_is_not_dead(sleeper):
    holder = of(sleeper)
    sleeper.send_signal(signal.SIGSTOP)
    assert not holder.is_gone()
    assert replace(holder, beat=time.time() - 61).is_gone()  # but it gives no sign


def test_elsewhere_it_is_the_sign_of_life_that_counts():
    far = replace(Holder.here(), place="node7 12 34", pid=1)
    assert not far.is_gone()
    assert not replace(far, beat=time.time() - 55).is_gone()
    assert replace(far, beat=time.time() - 65).is_gone()
    assert not replace(far, beat=time.time() + 3600).is_gone()  # a clock that is fast: `driving` watches it


def test_a_machine_without_proc(monkeypatch, sleeper):
    """Then a process that lives is believed to be the one that it was."""
    holder = replace(of(sleeper), started="")
    monkeypatch.setattr(lease, "_start", lambda pid: None)
    assert not holder.is_gone()
    monkeypatch.setattr(lease.os, "name", "nt")
    assert not replace(holder, pid=2**22 + 1).is_gone()  # no question is asked that would end a process there


def test_messages_are_one_line():
    assert str(replace(Holder.here(), pid=12, host="a\nb\x1b[2J")) == "process 12 on a\\nb\\x1b[2J"


ROW = Holder.here().row()
WRONG = {
    "no text": (None, *ROW[1:]),
    "bytes": (b"x", *ROW[1:]),
    "a long text": ("x" * 1001, *ROW[1:]),
    "pid 0, which is a whole group": (*ROW[:2], 0, *ROW[3:]),
    "pid -1, which is everybody": (*ROW[:2], -1, *ROW[3:]),
    "a float": (*ROW[:2], 1.0, *ROW[3:]),
    "a giant": (*ROW[:2], 2**63 - 1, *ROW[3:]),
    "infinity": (*ROW[:4], float("inf"), ROW[5]),
    "a text as a time": (*ROW[:4], "now", ROW[5]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_row_that_is_no_holder(name):
    with pytest.raises(FileError, match="must be"):
        Holder.from_row(WRONG[name])
    assert Holder.from_row(ROW).row() == ROW

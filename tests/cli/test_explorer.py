"""``mdppower explore`` as a user types it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from functools import partial
from importlib.util import find_spec

import pytest

from mdppower.cli import explorer as command_file

pytest.importorskip("uvicorn", reason="the explorer needs its extra")

from explorer_clients import HANG, post
from lost_signals import ctrl_c_heard, lose

from mdppower.explorer import server as server_file
from mdppower.explorer.server import Server, listen


@pytest.fixture
def served(monkeypatch):
    """Addresses that were served, each for no time at all; and what a browser was told to open."""
    opened = []
    monkeypatch.setattr(Server, "run", lambda self: self.explorer.close(HANG) and self.listening.close())
    monkeypatch.setattr(server_file, "desk", lambda workers: server_file.Desk(None, None, lambda switch: None))
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(threading.Thread, "start", _run_browsers_at_once(threading.Thread.start))
    monkeypatch.setenv("DISPLAY", ":0")
    return opened


def _run_browsers_at_once(start):
    return lambda self: self.run() if self._target is webbrowser.open else start(self)


def test_it_prints_the_address_and_opens_it(run, served):
    code, out, err = run("explore")
    assert code == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", out)
    assert served == [out.strip()]
    assert "Ctrl-C" in err


def test_a_name_a_file_and_a_link_are_behind_the_address(run, served):
    assert run("explore", "open(2,3)")[1].endswith("/#v=1&map=..._...\n")
    assert run("explore", "my_map.txt")[1].endswith("/#v=1&map=-----_-a.*-_-----\n")
    assert run("explore", "#v=1&gamma=0.5")[1].endswith("/#v=1&gamma=0.5\n")
    assert run("explore", "http://127.0.0.1:9/#v=1&gamma=0.5")[1].endswith("/#v=1&gamma=0.5\n")
    assert [address.partition("#")[2] for address in served][-1] == "v=1&gamma=0.5"


def test_no_browser(run, served, monkeypatch):
    assert run("explore", "--no-browser")[0] == 0
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert run("explore")[0] == 0  # over ssh: a browser in the terminal is not what was meant
    assert served == []


def test_a_port_that_is_taken(run, served):
    with listen(0) as taken:
        port = taken.getsockname()[1]
        code, out, err = run("explore", "--port", str(port))
        assert code == 0
        given = int(re.search(r":(\d+)/", out)[1])
        assert port < given < port + 20
        assert f"port {port} is taken; this is {given}" in err
    assert "taken" not in run("explore", "--port", "0")[2]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["mazee"], "did you mean 'maze'"),
        (["fork(3)"], "no text map"),
        (["maze(101,101,0)"], "64 × 64"),
        (["bad.toml"], "bad.toml"),
        (["FrozenLake-v1"], "FrozenLake-v1 is no text map"),
        (["#v=1&map=<"], "no link"),
        (["--port", "65536"], "65536"),
        (["--port", "x"], "x"),
        (["--host", "0.0.0.0"], "--host"),  # there is none
        (["--workers", "0"], "workers"),
        (["maze", "cliff"], "cliff"),
    ],
)
def test_mistakes_are_one_line(run, args, told):
    code, out, err = run("explore", *args)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert told in err


def test_without_the_extra(run, monkeypatch):
    monkeypatch.setattr(command_file, "find_spec", lambda name: None if name == "uvicorn" else find_spec(name))
    code, out, err = run("explore")
    assert (code, out) == (2, "")
    assert err == 'mdppower: error: uvicorn missing: pip install "mdppower[explorer]"\n'


def test_ctrl_c_that_an_import_drops_ends_it(run, served, monkeypatch):
    """An exception in a callback of an import's lock is dropped; the page would be served all the same."""
    real = server_file.desk

    def desk(workers):
        lose(signal.SIGINT)
        return real(workers)

    monkeypatch.setattr(server_file, "desk", desk)
    with ctrl_c_heard():
        assert run("explore")[0] == 130


def test_ctrl_c_while_the_application_is_made_waits_for_no_thread(run, served, monkeypatch):
    """A compilation that has begun cannot be ended, and would be waited for at the end of Python."""

    def made(desk):
        raise KeyboardInterrupt

    left = []
    monkeypatch.setattr(server_file, "Explorer", made)
    monkeypatch.setattr(command_file, "_leave", left.append)
    run("explore")
    assert left == [130]


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_a_long_run(sent, status):
    """40 × 40 noisy cells, 65,536 draws: a run of minutes. A signal ends it within a hang limit."""
    command = [sys.executable, "-m", "mdppower", "explore", "--no-browser", "--port", "0"]
    # In the background of a shell SIGINT is ignored, and children inherit that: here it is heard, as in a terminal.
    heard = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, preexec_fn=heard, **pipes) as running:
        port = int(re.search(r":(\d+)/", running.stdout.readline())[1])
        question = {"v": 1, "world": {"map": "\n".join(["." * 40] * 40), "slip": 0.1}, "draws": 65536}
        with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
            connection.sendall(post(question))
            while b'"view"' not in (told := connection.recv(2**16)):
                assert told
            running.send_signal(sent)
            out, err = running.communicate(timeout=HANG)
    assert running.returncode == status
    assert out == ""
    assert "Traceback" not in err

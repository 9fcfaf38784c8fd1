"""Clients that keep a connection and say nothing, with little patience; those that speak up in time have a second."""

from __future__ import annotations

import socket
import time

import pytest
from explorer_clients import HANG, QUESTION, connect, head, lines, post, reply, serving, wait_for

from mdppower.explorer.slow_clients import PATIENCE, PatientProtocol

HEAD = head("POST", "/api/ask", "Content-Type: application/json", "X-MDPPower: 1", "Content-Length: 1000")


@pytest.fixture
def hurry(monkeypatch):
    monkeypatch.setattr(PatientProtocol, "patience", 0.2)


@pytest.fixture
def a_second(monkeypatch):
    monkeypatch.setattr(PatientProtocol, "patience", 1.0)


def ends(connection):
    """Whether the server ends the connection; the client waits much longer than it should have to."""
    connection.settimeout(HANG)
    try:
        while connection.recv(2**16):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\n", HEAD, HEAD + b'{"v":1'])
def test_a_request_that_does_not_come(hurry, sent):
    with serving() as server, connect(server) as connection:
        connection.sendall(sent)
        assert ends(connection)
        wait_for(lambda: not server.server_state.connections and not server.server_state.tasks)


def test_one_that_comes_a_byte_at_a_time(hurry):
    # What ends idle connections between requests begins anew with each byte; this does not.
    def drip(connection):
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.01)

    with serving() as server, connect(server) as connection, pytest.raises(OSError, match=r"[Rr]eset|[Pp]ipe"):
        drip(connection)


@pytest.mark.slow
def test_one_that_comes_after_an_answer(a_second):
    with serving() as server, connect(server) as connection:
        connection.sendall(post(QUESTION))
        assert len(lines(reply(connection).read())) == 2
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert ends(connection)


def test_two_that_come_together(a_second):
    with serving() as server, connect(server) as connection:
        connection.sendall(head("HEAD") + head("HEAD", "/", "Connection: close"))
        assert connection.makefile("rb").read().count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.slow
def test_an_answer_that_is_not_read(a_second):
    stopped = []

    def much(question, switch):
        try:
            while not switch.told:
                yield {"v": 1, "much": "x" * 2**20}
                time.sleep(0.001)
        finally:  # told between two lines, it is closed where it stands
            stopped.append(True)

    with serving(much) as server, connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**12)
        connection.sendall(post(QUESTION))
        wait_for(lambda: stopped)
        wait_for(lambda: not server.server_state.connections)


@pytest.mark.slow
def test_an_answer_that_takes_its_time_is_waited_for(a_second):
    # The control: a request that has come may be computed for as long as it takes, between two lines, too.
    def slow(question, switch):
        for k in range(2):
            time.sleep(1.5)
            yield {"v": 1, "k": k}

    with serving(slow) as server, connect(server) as connection:
        connection.sendall(post(QUESTION))
        assert [line["k"] for line in lines(reply(connection).read())] == [0, 1]
    assert PATIENCE == 10

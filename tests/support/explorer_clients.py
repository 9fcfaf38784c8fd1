"""The explorer's server on a free port, and clients that speak to it by raw sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from http.client import HTTPResponse

import pytest

pytest.importorskip("uvicorn", reason="the explorer needs its extra")

from mdppower.explorer.questions import read_question
from mdppower.explorer.server import Desk, Explorer, Server, listen

HANG = 20.0
"""Seconds after which a test would rather fail than wait."""
QUESTION = {"v": 1, "world": {"map": "..\n.#"}}


def short(question, switch):
    """An answer of two lines, for tests that are not about answers."""
    yield {"v": 1, "final": False}
    yield {"v": 1, "final": True}


class Until:
    """An answer that goes on until it is stopped, and remembers how many did so at a time."""

    def __init__(self):
        self.began, self.running, self.most = 0, 0, 0

    def __call__(self, question, switch):
        self.began, self.running = self.began + 1, self.running + 1
        self.most = max(self.most, self.running)
        try:
            yield {"v": 1, "seed": question.seed}
            while not switch.told:
                time.sleep(0.002)
        finally:
            self.running -= 1


@contextmanager
def serving(answer=short, read=read_question, warm_up=lambda switch: None):
    """A server in a thread; it has ended afterwards."""
    server = Server(Explorer(Desk(read, answer, warm_up)), listen(0))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(HANG)
        assert not thread.is_alive()


def wait_for(fact):
    """Wait until something holds."""
    end = time.monotonic() + HANG
    while not fact():
        assert time.monotonic() < end, "it does not become so"
        time.sleep(0.002)


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=HANG)


def head(method="GET", path="/", *lines, host="localhost:8712", version="1.1"):
    """The head of a request, with the blank line that ends it."""
    named = [] if host is None else [f"Host: {host}"]
    return "\r\n".join([f"{method} {path} HTTP/{version}", *named, *lines, "", ""]).encode("latin-1")


def post(question, *lines):
    """A request that asks, as the page makes it; a question may be bytes."""
    body = question if isinstance(question, bytes) else json.dumps(question).encode()
    ours = ("Content-Type: application/json", "X-MDPPower: 1", f"Content-Length: {len(body)}")
    return head("POST", "/api/ask", *ours, *lines) + body


def reply(connection, method="GET"):
    """The head of an answer, which is read on as a file is."""
    answer = HTTPResponse(connection, method=method)
    answer.begin()
    return answer


def exchange(server, request, method="GET"):
    """Status, headers and body of what a request is answered."""
    with connect(server) as connection:
        connection.sendall(request)
        answer = reply(connection, method)
        return answer.status, answer.getheaders(), answer.read()


def lines(body):
    """What a body says, line by line."""
    assert body.endswith(b"\n") or not body
    return [json.loads(line) for line in body.splitlines()]

"""``mdppower explore`` in a process of its own, as users start it, which cannot outlive ours."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

# The child reads its standard input, a pipe that we hold: when we end, however that be, the pipe closes. (By os.read:
# a thread in sys.stdin holds its lock, without which Python cannot end.) It hears Ctrl-C, which is ignored by what a
# shell has put into the background.
CHILD = """
import os, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
from mdppower.__main__ import main
sys.argv = ["mdppower", "explore", "--no-browser", *sys.argv[1:]]
main()
"""
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
FIRST = {"v": 1, "world": {"map": "...\n.#."}, "gamma": [0.9], "draws": 256}
FIRST_SLIPPERY = FIRST | {"world": {"map": "...\n.#.", "slip": 0.1}}


class Served(NamedTuple):
    """A server: where it is, and its process."""

    url: str
    process: subprocess.Popen[str]

    def ask(self, question: dict[str, object], timeout: float = 240) -> list[dict[str, object]]:
        """Ask without a browser: all messages of the answer."""
        headers = {"Content-Type": "application/json", "X-MDPPower": "1"}
        request = urllib.request.Request(f"{self.url}/api/ask", json.dumps(question).encode(), headers)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=timeout) as answer:
            return [json.loads(line) for line in answer]

    def status(self) -> dict[str, int]:
        """Its memory in kB and its threads, as Linux tells them; empty elsewhere."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
                text = file.read()
        except FileNotFoundError:
            return {}
        return {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[1]) for name in ("VmRSS", "Threads")}


@contextmanager
def served(*arguments: str, first: Sequence[dict[str, object]] = (FIRST, FIRST_SLIPPERY)) -> Iterator[Served]:
    """Serve at a free port until the end of the block; what the first questions compile is compiled when it begins.

    Raises
    ------
    RuntimeError
        If the command ends without having said an address; with what it said.
    """
    command = [sys.executable, "-c", CHILD, "--port", "0", *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said: list[str] = []
    listener = threading.Thread(target=said.extend, args=(process.stdout,), daemon=True)
    try:
        for line in process.stdout:
            said.append(line)
            if found := ADDRESS.search(line):
                break
        else:
            raise RuntimeError(f"mdppower explore ended: {''.join(said)}")
        listener.start()  # a full pipe would stop the server
        server = Served(found[0], process)
        for question in first:
            server.ask(question)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
        if listener.is_alive():
            listener.join(5)
        process.stdin.close()
        process.stdout.close()

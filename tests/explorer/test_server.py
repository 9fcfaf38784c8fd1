"""What each address gives, and how answers are streamed and ended; most tests have an answer of their own."""

from __future__ import annotations

import ast
import gzip
import json
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from explorer_clients import QUESTION, Until, connect, exchange, head, lines, post, reply, serving, wait_for

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.explorer import server as server_file
from mdppower.explorer.server import desk, listen

MAZE = ".......\n.##.##.\n....###\n.##....\n.##.##.\n.##....\n....##."


def said(answer):
    """The next line of a stream."""
    return json.loads(answer.readline())


def test_the_page_and_its_parts():
    with serving() as server:
        code, headers, body = exchange(server, head())
        assert (code, dict(headers)["content-type"]) == (200, "text/html; charset=utf-8")
        assert body == exchange(server, head("GET", "/page/index.html"))[2]
        kinds = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
        page = Path(server_file.__file__).parent / "page"
        parts = [path for path in page.iterdir() if path.suffix != ".html"]
        assert {path.suffix for path in parts} == {".js", ".css"}
        for path in parts:
            code, headers, body = exchange(server, head("GET", f"/page/{path.name}"))
            assert (code, dict(headers)["content-type"], body) == (200, kinds[path.suffix[1:]], path.read_bytes())


def test_the_page_travels_short_and_answers_at_once():
    """What is asked of the page is 80 kB in 14 requests; of a look, that it does not wait for an acknowledgement.

    asyncio turns Nagle's algorithm off (TCP_NODELAY) for sockets of a named protocol alone.
    """
    page = Path(server_file.__file__).parent / "page"
    zipped = "Accept-Encoding: gzip"
    with serving() as server:
        assert server.listening.proto == socket.IPPROTO_TCP
        sent = 0
        for path in page.iterdir():
            code, headers, body = exchange(server, head("GET", f"/page/{path.name}", zipped))
            headers = dict(headers)
            assert (code, headers["vary"]) == (200, "Accept-Encoding")
            assert gzip.decompress(body) == path.read_bytes()
            sent += len(body)
        asked = exchange(server, post(QUESTION, zipped))[1]
    assert sent <= 80_000
    assert len(list(page.iterdir())) <= 14
    assert "content-encoding" not in dict(asked)  # each line of an answer goes out as it is known


def test_worlds_are_the_maps_of_the_catalog():
    with serving() as server:
        code, headers, body = exchange(server, head("GET", "/api/worlds"))
    assert (code, dict(headers)["content-type"]) == (200, "application/json")
    worlds = {world["name"]: world for world in json.loads(body)}
    assert {"maze", "four-rooms", "robot-face", "large-maze", "open(20,20)"} <= set(worlds)
    assert not {"fork(3)", "maze(101,101,0)"} & set(worlds)  # no map, and one that the page does not draw
    for name in ("maze", "cliff", "open(20,20)"):
        world = worlds[name]
        assert set(world) == {"name", "map", "description", "options"}
        assert mp.envs.gridworld(world["map"]).fingerprint == mp.envs.make(name).fingerprint


def test_a_line_is_sent_as_soon_as_it_is_known():
    seen = threading.Event()

    def answer(question, switch):
        yield {"v": 1, "first": True}
        assert seen.wait(20)  # by the client: were lines kept back, it would wait for this, and this for it
        yield {"v": 1, "final": True}

    with serving(answer) as server, connect(server) as connection:
        connection.sendall(post(QUESTION))
        stream = reply(connection)
        assert stream.getheader("content-type") == "application/x-ndjson"
        assert said(stream) == {"v": 1, "first": True}
        seen.set()
        assert said(stream) == {"v": 1, "final": True}
        assert stream.read() == b""


def test_a_connection_is_used_again():
    with serving() as server, connect(server) as connection:
        for _ in range(3):
            connection.sendall(post(QUESTION))
            assert len(lines(reply(connection).read())) == 2


def test_a_new_question_ends_the_old_one():
    answer = Until()
    with serving(answer) as server:
        connections = [connect(server) for _ in range(8)]
        streams = []
        for seed, connection in enumerate(connections):
            connection.sendall(post({**QUESTION, "seed": seed}))
            streams.append(reply(connection))
            assert said(streams[-1]) == {"v": 1, "seed": seed}  # the older ones have ended: there is one thread
            assert [stream.read() for stream in streams[:-1]] == [b""] * seed
        assert answer.running == 1
        connections[-1].close()
        streams[-1].close()
        wait_for(lambda: answer.running == 0)
        for connection in connections:
            connection.close()
    assert answer.most == 1
    assert answer.began == 8


def test_what_was_asked_in_between_is_never_begun():
    going_on, go = threading.Event(), threading.Event()
    begun = []

    def answer(question, switch):
        begun.append(question.seed)
        going_on.set()
        assert go.wait(20)  # work that does not look at its flag for a while
        yield {"v": 1, "seed": question.seed}

    with serving(answer) as server:
        connections = [connect(server) for _ in range(4)]
        for seed, connection in enumerate(connections):
            connection.sendall(post({**QUESTION, "seed": seed}))
            assert reply(connection).status == 200 if seed else going_on.wait(20)
        go.set()
        wait_for(lambda: begun == [0, 3])
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("reset", [False, True])
def test_a_closed_connection_ends_its_question(reset):
    answer = Until()
    with serving(answer) as server:
        connection = connect(server)
        connection.sendall(post(QUESTION))
        stream = reply(connection)
        said(stream)
        assert answer.running == 1
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()
        connection.close()
        wait_for(lambda: answer.running == 0)


def test_a_malformed_question_disturbs_nobody():
    answer = Until()
    with serving(answer) as server, connect(server) as connection:
        connection.sendall(post(QUESTION))
        said(reply(connection))
        code, headers, body = exchange(server, post({**QUESTION, "gamma": [1.5]}))
        assert (code, dict(headers)["content-type"]) == (400, "application/json")
        (told,) = lines(body)
        assert told["field"].startswith("gamma")
        assert "1.5" in told["error"]
        assert answer.running == 1


@pytest.mark.parametrize("fault", [{"v": 1, "mean": float("nan")}, ValueError("two\nlines"), KeyError("x"), object()])
def test_a_fault_of_ours_is_a_last_line(fault, caplog):
    def answer(question, switch):
        yield {"v": 1, "final": False}
        if isinstance(fault, Exception):
            raise fault
        yield fault

    with serving(answer) as server:
        code, _, body = exchange(server, post(QUESTION))
        assert code == 200
        first, last = lines(body)
        assert first == {"v": 1, "final": False}
        assert last["error"].startswith("a fault of mdppower, please report it: ")
        assert "\n" not in last["error"]
        assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [last["error"]]
        assert exchange(server, head())[0] == 200  # it goes on


def test_a_fault_in_reading_is_no_traceback(caplog):
    def read(body):
        raise ZeroDivisionError

    with serving(read=read) as server:
        code, headers, body = exchange(server, post(QUESTION))
    assert code == 500
    assert lines(body)[0]["error"].startswith("a fault of mdppower")
    assert "content-security-policy" in dict(headers)


def test_a_question_that_comes_while_kernels_are_compiled_is_told_so():
    compiled = threading.Event()

    def answer(question, switch):
        if not compiled.is_set():
            yield {"v": 1, "note": "compiling, the first time only"}
        yield from ({"v": 1, "final": False}, {"v": 1, "final": True})

    with serving(answer, warm_up=lambda switch: compiled.wait(20)) as server:
        note, *rest = lines(exchange(server, post(QUESTION))[2])
        assert note == {"v": 1, "note": "compiling, the first time only"}
        assert len(rest) == 2
        compiled.set()
        server.explorer.warm.join(20)
        assert lines(exchange(server, post(QUESTION))[2]) == rest


def test_kernels_that_do_not_compile_are_the_question_s_matter(caplog):
    def warm_up(switch):
        raise RuntimeError("no compiler")

    with serving(warm_up=warm_up) as server:
        server.explorer.warm.join(20)
        assert len(lines(exchange(server, post(QUESTION))[2])) == 2
    assert "no compiler" in caplog.text


def threads():
    """Those that are alive, but for the one that tqdm keeps as long as the process."""
    return {thread for thread in threading.enumerate() if thread.name != "tqdm_monitor"}


def test_no_thread_is_left():
    before = threads()
    answer = Until()
    with serving(answer) as server:
        while_serving = None
        for seed in range(50):  # questions that are broken off
            with connect(server) as connection:
                connection.sendall(post({**QUESTION, "seed": seed}))
                assert reply(connection).status == 200
            if seed == 0:
                while_serving = threading.active_count()
        wait_for(lambda: answer.running == 0)
        assert threading.active_count() <= while_serving
    assert threads() == before


@pytest.mark.slow
def test_answers_that_are_broken_off_leave_no_thread_either():
    # 20 × 20 cells with slip: an answer takes a second, and is broken off inside its replicates.
    world = {"map": "\n".join(["." * 20] * 20), "slip": 0.1}
    before = threads()
    real = desk(workers=2)
    with serving(real.answer, real.read) as server:
        counts = []
        for seed in range(50):
            with connect(server) as connection:
                connection.sendall(post({"v": 1, "world": world, "seed": seed}))
                stream = reply(connection)
                if seed % 10 == 0:
                    stream.readline()
            counts.append(len(threads()))
        last = lines(exchange(server, post({"v": 1, "world": {"map": MAZE}, "draws": 1024}))[2])[-1]
        assert last["final"]  # it is answered after all of them
        wait_for(lambda: len(threads()) <= min(counts))
    assert threads() == before


@pytest.mark.slow
def test_the_last_line_is_what_the_library_says():
    real = desk()
    with serving(real.answer, real.read) as server:
        *looks, last = lines(
            exchange(server, post({"v": 1, "world": {"map": MAZE}, "draws": 1024, "gamma": [0.5]}))[2]
        )
    estimate = mp.power(mp.envs.gridworld(MAZE), 0.5, samples=1024, rng=0)
    assert last["final"]
    assert last["mean"][0] == pytest.approx(estimate.mean, abs=1e-8)
    assert not any(look.get("final") for look in looks)


def test_shutting_down_ends_a_question():
    answer = Until()
    with connect_after(serving(answer)) as (server, connection):
        connection.sendall(post(QUESTION))
        stream = reply(connection)
        said(stream)
        server.should_exit = True
        assert stream.read() == b""
    assert answer.running == 0


class connect_after:
    """A server that has ended before its client's connection is closed."""

    def __init__(self, running):
        self.running = running

    def __enter__(self):
        server = self.running.__enter__()
        self.connection = connect(server)
        return server, self.connection

    def __exit__(self, *raised):
        self.running.__exit__(*raised)
        self.connection.close()


def test_too_many_connections_are_told_so_until_they_close():
    with serving() as server:
        half_open = [connect(server) for _ in range(40)]
        for connection in half_open:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        wait_for(lambda: len(server.server_state.connections) == 40)
        code, headers, _ = exchange(server, head())
        assert code == 503
        assert {"content-security-policy", "x-content-type-options", "cache-control"} <= set(dict(headers))
        for connection in half_open:
            connection.close()
        wait_for(lambda: not server.server_state.connections)
        assert exchange(server, head())[0] == 200


def test_the_next_port_where_one_is_taken():
    with listen(0) as first:
        port = first.getsockname()[1]
        with listen(port) as second:
            assert port < second.getsockname()[1] < port + 20


def test_a_port_that_may_not_be_had(monkeypatch):
    monkeypatch.setattr(server_file, "_MORE_PORTS", 1)
    with listen(0) as first, pytest.raises(ParameterError, match=r"no port .* can be had: Address already in use"):
        listen(first.getsockname()[1])


def test_import_is_light():
    # Who does not use the explorer does not need its extra; nor does the command line, but for `explore`.
    code = (
        "import sys, mdppower, mdppower.cli.main; print({'starlette', 'uvicorn', 'h11', 'anyio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_nothing_of_a_request_is_run_or_opened():
    """No eval, pickle, template, process or file in the room; the page's parts are those of its folder."""
    forbidden = {"eval", "exec", "compile", "open", "__import__", "globals"}
    modules = {"pickle", "marshal", "subprocess", "shelve", "jinja2", "importlib", "pathlib", "shutil", "tempfile"}
    found = set()
    for path in Path(server_file.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden:
                found.add((path.name, node.func.id))
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {(path.name, name) for name in names if name.partition(".")[0] in modules}
    assert found == {("server.py", "importlib.resources")}

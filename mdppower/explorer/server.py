"""The page and what it asks, on this machine alone: four addresses, no files but the page's, no sessions.

================== ========================================================================================
GET /              the page
GET /page/NAME     its parts, of a fixed list
GET /api/worlds    the named maps: name, text, description
POST /api/ask      a question; the answer is a stream of lines of JSON, each as soon as it is known
================== ========================================================================================

Kernels are compiled in a thread of its own meanwhile; a question that comes before that is done is told so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mdppower._stop import Stopped, Switch
from mdppower.errors import ParameterError
from mdppower.explorer.guard import HEADERS, Guard, error_line
from mdppower.explorer.named_maps import named_maps
from mdppower.explorer.one_at_a_time import Asked, OneAtATime
from mdppower.explorer.refusals import QuestionError
from mdppower.explorer.slow_clients import PatientProtocol

PORT = 8712
"""Where it listens if that is free, or at one of the next."""
_MORE_PORTS = 20
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_COMPILING = {"v": 1, "note": "compiling, the first time only"}
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """Who reads questions and answers them.

    Attributes
    ----------
    read : callable
        Bytes → question; raises a `QuestionError`.
    answer : callable
        Question and switch → messages.
    warm_up : callable
        Compiles what answers need, until the switch is told.
    """

    read: Callable[[bytes], Any]
    answer: Callable[[Any, Switch], Generator[dict[str, Any], None, None]]
    warm_up: Callable[[Switch], object]


def desk(workers: int = 1) -> Desk:
    """The desk that answers by this package, in so many threads; -1 is one a core."""
    from mdppower.explorer.answers import Answers, warm_up
    from mdppower.explorer.questions import read_question
    from mdppower.montecarlo.engines import thread_count

    workers = thread_count(workers)
    return Desk(read_question, Answers(workers=workers).answer, warm_up)


class Explorer:
    """The application: what each address gives."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.one: OneAtATime[bytes] = OneAtATime()
        self._warming = Switch()
        self.warm = threading.Thread(target=self._warm_up, name="explorer: warm-up", daemon=True)
        self.warm.start()
        inside = files(__package__).joinpath("page").iterdir()
        self._page = {part.name: part for part in inside if os.path.splitext(part.name)[1] in _TYPES}
        short = [Middleware(GZipMiddleware)]  # answers are not: their lines go out one by one
        routes = [
            Route("/", self.page, middleware=short),
            Route("/page/{name}", self.page, middleware=short),
            Route("/api/worlds", self.worlds, middleware=short),
            Route("/api/ask", self.ask, methods=["POST"]),
        ]
        handlers: dict[Any, Any] = {HTTPException: _http_error, Exception: _failure}
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False
        self.app = Guard(app)

    def close(self, timeout: float) -> bool:
        """End all work; whether it has ended within so many seconds. A compilation cannot be ended."""
        end = time.monotonic() + timeout
        self._warming.tell()
        ended = self.one.close(timeout)
        self.warm.join(max(0.0, end - time.monotonic()))
        return ended and not self.warm.is_alive()

    async def page(self, request: Request) -> Response:
        """A part of the page."""
        part = self._page.get(request.path_params.get("name", "index.html"))
        if part is None:
            raise HTTPException(404)
        return Response(part.read_bytes(), media_type=_TYPES[os.path.splitext(part.name)[1]])

    async def worlds(self, request: Request) -> Response:
        """The named maps."""
        return Response(named_maps(), media_type="application/json")

    async def ask(self, request: Request) -> Response:
        """Lines of JSON, each better than the last."""
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            question = self.desk.read(body)
        except QuestionError as error:
            return Response(_line(error.as_json()), 400, media_type="application/json")
        asked = self.one.ask(lambda switch: self._lines(question, switch))
        return _Stream(asked, compiling=self.warm.is_alive())

    def _lines(self, question: Any, switch: Switch) -> Generator[bytes, None, None]:
        try:
            with closing(self.desk.answer(question, switch)) as messages:
                for message in messages:
                    yield _line(message)
        except Exception as error:
            if switch.told:
                return
            yield error_line(_failed(error))

    def _warm_up(self) -> None:
        try:
            self.desk.warm_up(self._warming)
        except Stopped:
            pass
        except Exception as error:
            _failed(error)


class _Stream(StreamingResponse):
    """The messages of a question; whoever closes the connection ends it."""

    def __init__(self, asked: Asked[bytes], *, compiling: bool) -> None:
        self.asked = asked
        super().__init__(self._with_note() if compiling else asked, media_type="application/x-ndjson")

    async def _with_note(self) -> AsyncIterator[bytes]:
        note = _line(_COMPILING)
        yield note
        async for line in self.asked:
            if line != note:  # the answer may say so itself, later
                yield line

    async def stream_response(self, send: Any) -> None:
        """Send them."""
        try:
            await super().stream_response(send)
        finally:
            self.asked.stop()


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _failed(error: Exception) -> str:
    """What is told of a fault of ours, which the log has whole."""
    _LOG.debug("a fault", exc_info=error)
    told = f"a fault of mdppower, please report it: {type(error).__name__}: {' '.join(str(error).split())}"
    _LOG.warning("%s", told)
    return told


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = {404: "there is no such page", 405: f"{request.method} is not for this address"}
    body = error_line(told.get(error.status_code, error.detail))
    return Response(body, error.status_code, headers=error.headers, media_type="application/json")


async def _failure(request: Request, error: Exception) -> Response:
    return Response(error_line(_failed(error)), 500, media_type="application/json")


def listen(port: int | None = None) -> socket.socket:
    """A socket that listens on loopback: at the port, or at `PORT` or one of the next if none is given.

    Raises
    ------
    ParameterError
        The port is taken, or may not be had; or all are.
    """
    tried = range(PORT, PORT + _MORE_PORTS) if port is None else range(port, min(port + _MORE_PORTS, 2**16))
    for each in tried:
        # asyncio sends small lines at once (TCP_NODELAY) only where the protocol is named: else a look waits 40 ms
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":  # elsewhere it would let others take the port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", each))
            found.listen(128)
        except OSError as error:
            found.close()
            why = error
        else:
            return found
    raise ParameterError(f"no port from {tried[0]} to {tried[-1]} can be had: {why.strerror}")


class Server(uvicorn.Server):
    """The explorer at a socket: ``run()`` serves until Ctrl-C, or until ``should_exit`` is set from any thread.

    Parameters
    ----------
    explorer : Explorer
    listening : socket
        Of `listen`.
    """

    def __init__(self, explorer: Explorer, listening: socket.socket) -> None:
        config = uvicorn.Config(
            explorer.app,
            http=PatientProtocol, loop="asyncio", ws="none", lifespan="off", interface="asgi3",
            log_config=None, log_level="critical", access_log=False,
            proxy_headers=False, server_header=False, headers=HEADERS,
            limit_concurrency=32, h11_max_incomplete_event_size=2**14,
            timeout_keep_alive=10, timeout_graceful_shutdown=1,
        )  # fmt: skip
        super().__init__(config)
        config.load()
        self.server_state.default_headers = config.encoded_headers  # uvicorn sets them when it already listens
        self.explorer = explorer
        self.listening = listening
        self.port: int = listening.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve."""
        try:
            asyncio.run(self.serve([self.listening]))
        finally:
            self.listening.close()
            self.explorer.close(0.5)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the question first, whose client would be waited for."""
        self.explorer.one.stop()
        await super().shutdown(sockets)

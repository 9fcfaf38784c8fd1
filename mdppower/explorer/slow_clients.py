"""Clients that keep a connection and say nothing: they are cut off, or a few of them would hold all there are.

uvicorn ends connections that idle between requests. A request whose headers or body never come, or a client that
never reads its answer, would stay: here each has so many seconds.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mdppower.explorer.guard import HEADERS, error_line

PATIENCE = 10.0
"""Seconds for a whole request to come, from the connection or the last answer on; and for a client to read on."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it by h11, with an end to waiting."""

    patience = PATIENCE
    _to_come: asyncio.TimerHandle | None = None
    _to_read: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a request."""
        super().connection_made(transport)
        self._to_come = self.loop.call_later(self.patience, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request; once all of it has come there is nothing to wait for."""
        super().data_received(data)
        if self._to_come is not None and self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._to_come.cancel()

    def on_response_complete(self) -> None:
        """Wait for the next request, which may have come already."""
        if self._to_come is not None:
            self._to_come.cancel()
        self._to_come = self.loop.call_later(self.patience, self.transport.abort)
        super().on_response_complete()
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._to_come.cancel()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._to_read = self.loop.call_later(self.patience, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        if self._to_read is not None:
            self._to_read.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        super().connection_lost(exc)
        for waiting in (self._to_come, self._to_read):
            if waiting is not None:
                waiting.cancel()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers and the form of every refusal."""
        body = error_line("this is no HTTP/1.1 request with headers of up to 16 kB")
        head = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        for event in (
            h11.Response(status_code=400, reason=b"Bad Request", headers=[*HEADERS, *head]),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

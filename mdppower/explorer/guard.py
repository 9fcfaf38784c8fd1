"""Who may ask: looked at before a byte of a request's body is read.

The server listens on loopback alone, and other pages of the same browser can reach that too: by a form, by ``fetch``,
by a name of their own that turns into 127.0.0.1 once the page is loaded (DNS rebinding). None of them can forge the
headers that a browser writes, so these decide:

================= ========================================================================================
header            what is let through
================= ========================================================================================
Host              127.0.0.1, localhost or [::1], at any port (``ssh -L`` changes it): a rebound name is another
Origin            none, or ``http://`` and what Host says
Sec-Fetch-Site    none, ``none`` (typed by the user) or ``same-origin``
Content-Type      of a POST ``application/json``, and ``X-MDPPower: 1`` beside it: a form can send neither, and
                  a foreign script must ask first (preflight), which is refused
Content-Length    of a POST there, and at most 64 kB; other requests have no body
the target        16 kB at most: path and query
all of them       16 kB at most, the target among them (what a server limits is a head that comes in pieces)
================= ========================================================================================

No answer ever has a CORS header.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

from mdppower._quotes import quoted

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY, LARGEST_HEAD = 2**16, 2**14

HEADERS = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
]
"""Of every response, the server's own about malformed requests included."""

_OURS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")


class Guard:
    """An ASGI application that lets through to another one what may ask, and refuses the rest itself."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        refused = refusal(scope["method"], scope["headers"], _target_size(scope))
        if refused is None:
            await self.app(scope, receive, send)
            return
        status, why = refused
        body = error_line(why)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),  # nobody waits for a body that is not read
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def error_line(why: str) -> bytes:
    r"""An error as the line of JSON that all errors of the server are.

    Examples
    --------
    >>> error_line("there is no such page")
    b'{"v":1,"error":"there is no such page"}\n'
    """
    return json.dumps({"v": 1, "error": why}, separators=(",", ":")).encode() + b"\n"


def _target_size(scope: Scope) -> int:
    """Bytes of path and query, as they came."""
    query = scope.get("query_string", b"")
    return len(scope.get("raw_path") or scope["path"].encode()) + len(b"?" + query if query else b"")


def refusal(method: str, headers: Iterable[tuple[bytes, bytes]], target: int = 1) -> tuple[int, str] | None:
    """Why a request is refused: the status, and one sentence; None if it is let through.

    Parameters
    ----------
    method : str
    headers : iterable of (name, value)
        Names in lower case.
    target : int
        Bytes of what is asked for, path and query.

    Examples
    --------
    >>> refusal("GET", [(b"host", b"localhost:8712")])
    >>> refusal("GET", [(b"host", b"rebound.example")])
    (403, "Host is 'rebound.example': this server answers to 127.0.0.1, localhost and [::1] alone")
    """
    if target > LARGEST_HEAD:
        return 414, f"an address of {target:,} bytes is more than {LARGEST_HEAD:,}"
    given: dict[str, list[str]] = {}
    size = target
    for name, value in headers:
        size += len(name) + len(value) + len(": \r\n")
        given.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1").strip())
    if size > LARGEST_HEAD:
        return 431, f"a head of {size:,} bytes is more than {LARGEST_HEAD:,}"
    return _foreign(given) or _body(method, given)


def _foreign(given: dict[str, list[str]]) -> tuple[int, str] | None:
    hosts = given.get("host", [])
    if len(hosts) != 1:
        return 403, f"a request has one Host, not {len(hosts)}"
    host = hosts[0].lower()
    if not _OURS.fullmatch(host):
        return 403, f"Host is {quoted(hosts[0])}: this server answers to 127.0.0.1, localhost and [::1] alone"
    for origin in given.get("origin", []):
        if origin.lower() != f"http://{host}":
            return 403, f"Origin is {quoted(origin)}: only the explorer's own page may ask"
    for site in given.get("sec-fetch-site", []):
        if site not in ("none", "same-origin"):
            return 403, (
                f"Sec-Fetch-Site is {quoted(site)}: another site's page asks, and only the explorer's own may; to "
                "follow a link, paste it into the address bar"
            )
    return None


def _body(method: str, given: dict[str, list[str]]) -> tuple[int, str] | None:
    if "transfer-encoding" in given:
        return 411, "the length of a body is to be told beforehand, by Content-Length"
    lengths = given.get("content-length", [])
    if len(set(lengths)) > 1 or not all(re.fullmatch(r"\d{1,20}", length, re.ASCII) for length in lengths):
        return 400, f"Content-Length is {quoted(', '.join(lengths))}, not one number"
    length = int(lengths[0]) if lengths else 0
    if length > LARGEST_BODY:
        return 413, f"a body of {length:,} bytes is more than {LARGEST_BODY:,}"
    if method != "POST":
        return (400, f"a {quoted(method)[1:-1]} has no body here") if length else None
    types = given.get("content-type", [])
    if len(types) != 1 or types[0].partition(";")[0].strip().lower() != "application/json":
        return 415, f"Content-Type is {quoted(', '.join(types))}: a question is application/json"
    if given.get("x-mdppower") != ["1"]:
        return 403, "a question needs the header X-MDPPower: 1, which no foreign page can send"
    if not lengths:
        return 411, "the length of a body is to be told beforehand, by Content-Length"
    return None

"""Who may ask, by raw sockets: a browser cannot be told to lie, and this is what liars would send."""

from __future__ import annotations

import asyncio
import socket

import pytest
from explorer_clients import QUESTION, connect, exchange, head, lines, post, reply, serving
from hypothesis import given, settings
from hypothesis import strategies as st

from mdppower.explorer.guard import HEADERS, LARGEST_BODY, Guard, refusal
from mdppower.explorer.server import listen

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASKED = ("Content-Type: application/json", "X-MDPPower: 1")


@pytest.fixture(scope="module")
def server():
    with serving() as server:
        yield server


def status(server, request):
    """The status, and that what every answer must have is there and what none may is not."""
    code, headers, body = exchange(server, request)
    named = {name.lower(): value for name, value in headers}
    assert len(named) == len(headers)  # none is said twice
    assert named["content-security-policy"] == POLICY
    assert named["x-content-type-options"] == "nosniff"
    assert named["referrer-policy"] == "no-referrer"
    assert named["cache-control"] == "no-store"
    assert not any(name.startswith("access-control-") for name in named)
    assert "server" not in named
    if code >= 400 and body:
        (told,) = lines(body)
        assert told["v"] == 1
        assert "\n" not in told["error"]
    return code


def test_it_listens_on_loopback_alone():
    with listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        port = listening.getsockname()[1]
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=2)  # another address of this machine


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8712", "localhost:1", "LOCALHOST", "[::1]:65535", "[::1]"])
def test_names_of_this_machine_at_any_port(server, host):
    assert status(server, head(host=host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8712", "evil.example:localhost", "0.0.0.0",
        "127.1", "127.0.0.2", "localhost:", "localhost:x", "localhost:123456", "u@localhost", "localhost.", "::1",
        "", "localhost, evil.example", "١٢٧.0.0.1".encode().decode("latin-1"),
    ],
)  # fmt: skip
def test_any_other_host_is_refused(server, host):
    # A name that its owner turns into 127.0.0.1 (DNS rebinding) still stands in the header.
    assert status(server, head(host=host)) == 403


def test_a_request_has_one_host(server):
    assert status(server, head("GET", "/", "Host: evil.example")) in (400, 403)
    assert status(server, head(host=None, version="1.0")) == 403
    assert refusal("GET", [(b"host", b"localhost"), (b"host", b"localhost")]) is not None


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("http://localhost:8712", 200), ("null", 403), ("http://evil.example", 403), ("https://localhost:8712", 403),
        ("http://localhost:8713", 403), ("http://127.0.0.1:8712", 403), ("http://localhost:8712.evil.example", 403),
        ("", 403), ("file://", 403),
    ],
)  # fmt: skip
def test_origin_is_the_page_itself(server, origin, code):
    assert status(server, head("GET", "/", f"Origin: {origin}")) == code
    assert status(server, post(QUESTION, f"Origin: {origin}")) == code


@pytest.mark.parametrize(
    ("site", "code"), [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403), ("x", 403)]
)
def test_what_the_browser_says_of_the_asking_site(server, site, code):
    assert status(server, head("GET", "/page/view.js", f"Sec-Fetch-Site: {site}")) == code


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", ""],
)
def test_what_a_form_can_send_is_no_question(server, kind):
    request = head("POST", "/api/ask", f"Content-Type: {kind}", "X-MDPPower: 1", "Content-Length: 2") + b"{}"
    assert status(server, request) == 415


def test_a_question_needs_its_header(server):
    plain = head("POST", "/api/ask", "Content-Type: application/json", "Content-Length: 2") + b"{}"
    assert status(server, plain) == 403
    assert status(server, plain.replace(b"Content-Length", b"X-MDPPower: 2\r\nContent-Length")) == 403
    untyped = head("POST", "/api/ask", "X-MDPPower: 1", "Content-Length: 2") + b"{}"
    assert status(server, untyped) == 415
    assert status(server, post(QUESTION)) == 200  # the control: the same with all of it


def test_a_preflight_is_refused(server):
    # What a browser asks before a foreign script may send that header: 403, and not a word of CORS (see `status`).
    asks = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-mdppower,content-type")
    foreign = ("Origin: https://evil.example", "Sec-Fetch-Site: cross-site")
    assert status(server, head("OPTIONS", "/api/ask", *foreign, *asks)) == 403
    assert status(server, head("OPTIONS", "/api/ask", *asks)) == 405


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("PUT", "/api/ask", 405), ("GET", "/api/ask", 405), ("DELETE", "/", 405), ("TRACE", "/", 405),
        ("BREW", "/", 405), ("GET", "/api/ask/", 404), ("GET", "/api", 404), ("OPTIONS", "*", 404),
        ("GET", "http://evil.example/", 404), ("GET", "//evil.example", 404),
    ],
)  # fmt: skip
def test_other_methods_and_addresses(server, method, path, code):
    assert status(server, head(method, path)) == code


def test_head_is_get_without_a_body(server):
    code, headers, body = exchange(server, head("HEAD", "/"), "HEAD")
    assert (code, body) == (200, b"")
    assert int(dict(headers)["content-length"]) == len(exchange(server, head())[2])


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["Content-Length: 1000000000"], 413),
        ([f"Content-Length: {LARGEST_BODY + 1}"], 413),
        (["Content-Length: 1000000000", "Expect: 100-continue"], 413),  # and no "100 Continue" before
        (["Transfer-Encoding: chunked"], 411),
        ([], 411),
        (["Content-Length: -1"], 400),
        (["Content-Length: 99999999999999999999999"], 400),
        (["Content-Length: 2", "Content-Length: 3"], 400),
        (["Content-Length: 2", "Transfer-Encoding: chunked"], 411),
        (["Transfer-Encoding: gzip, chunked"], 501),
    ],
)
def test_sizes_are_refused_before_anything_is_read(server, lines, code):
    # Nothing of the body is ever sent here: whoever waited for it would wait for ever.
    assert status(server, head("POST", "/api/ask", *ASKED, *lines)) in (code, 400)


def test_what_is_refused_unread_is_closed(server):
    with connect(server) as connection:
        connection.sendall(head("POST", "/api/ask", *ASKED, "Content-Length: 1000000000"))
        assert reply(connection).read()
        assert connection.recv(1) == b""


def test_the_largest_body_is_read(server):
    body = b'{"v":1}'.ljust(LARGEST_BODY)
    code, _, told = exchange(server, post(body))
    assert code == 400  # by the reader of questions, which has seen it
    assert "world" in lines(told)[0]["error"]


def test_only_questions_have_bodies(server):
    assert status(server, head("GET", "/", "Content-Length: 2") + b"{}") == 400
    assert status(server, head("GET", "/", "Transfer-Encoding: chunked")) == 411
    assert status(server, head("GET", "/", "Content-Length: 0")) == 200


def test_headers_of_16_kilobytes_at_most(server):
    assert status(server, head("GET", "/", "X: " + "x" * 2**13)) == 200
    assert status(server, head("GET", "/", "X: " + "x" * 2**14)) == 431
    assert status(server, head("GET", "/", *["X: " + "x" * 2**10] * 16)) == 431
    assert status(server, b"x" * 2**15) == 400


@pytest.mark.parametrize("path", ["/", "/page/", "/?x=", "/page/view.js?", "http://localhost/"])
def test_a_target_counts_wherever_it_is_long(server, path):
    """In one piece, which no parser refuses: path and query are 16 kB at most, and so are they with the headers."""
    assert status(server, head("GET", path.ljust(2**14 + 1, "x"))) == 414
    assert status(server, head("GET", path.ljust(60_000, "x"))) == 414
    assert status(server, head("GET", path.ljust(2**13, "x"), "X: " + "x" * 2**13)) == 431
    assert status(server, head("GET", path.ljust(2**13, "x"), "X: " + "x" * 2**12)) in (200, 404)  # the control


def test_what_an_address_stands_for_is_not_what_it_takes(server):
    # 6,000 letters in 18,000 bytes: what came is counted, not what it reads as.
    assert status(server, head("GET", "/page/" + "%41" * 6000)) == 414
    assert status(server, head("GET", "/page/" + "%41" * 5000)) == 404


@pytest.mark.parametrize(
    "name",
    [
        "../server.py", "..%2fserver.py", "%2e%2e%2fguard.py", "..\\guard.py", "index.html%00.js", "", ".", "..",
        "/etc/passwd", "view.js/", "%FF", "VIEW.JS", "view.js%20",
    ],
)  # fmt: skip
def test_pages_are_of_a_fixed_list(server, name):
    assert status(server, head("GET", f"/page/{name}")) == 404


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 60_000, b'{"v":1,"v":1}', b'{"v":1,"world":{"map":"\\ud800"}}',
        b'{"v":1,"world":{"map":".."},"gamma":[NaN]}', b'{"v":1,"world":{"map":".."},"gamma":[1e999]}',
        b'{"v":1,"world":{"map":".."},"draws":true}', b'{"v":1,"world":{"map":".."},"seed":' + b"9" * 5000 + b"}",
        b'{"v":1,"world":{"map":".."},"path":"/etc/passwd"}', b'{"v":2,"world":{"map":".."}}',
    ],
)  # fmt: skip
def test_what_is_no_question_is_one_line(server, body):
    assert status(server, post(body)) == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["v", "world", "map", "gamma", "rewards", "draws", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=30)
@given(
    JSON
    | st.fixed_dictionaries({"v": st.just(1), "world": st.fixed_dictionaries({"map": st.text(".#a~v", max_size=9)})})
)
def test_any_json_is_a_question_or_one_line(server, question):
    assert status(server, post(question)) in (200, 400)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Host", "Origin", "Content-Length", "Content-Type", "X-MDPPower", "Cookie", "Range"]),
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
        ),
        max_size=4,
    ),
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PATCH"]),
    st.sampled_from(["/", "/api/ask", "/page/view.js", "/page/%", "/?x=%00", "/api/worlds"]),
)
def test_no_headers_make_it_stumble(fields, method, path):
    """Any headers are let through or refused, with a status that blames the client; 500 and none are faults."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in fields]
    asyncio.run(Guard(app)({"method": method, "path": path, "headers": headers}, None, send))
    assert sent[0]["status"] == 200 or 400 <= sent[0]["status"] < 500
    if sent[0]["status"] == 200:  # what is let through has what it must have
        hosts = [value for name, value in headers if name == b"host"]
        assert len(hosts) == 1
        assert hosts[0].strip().lower().partition(b":")[0] in (b"localhost", b"127.0.0.1", b"[")


def test_the_headers_say_it_once():
    assert dict(HEADERS)["content-security-policy"] == POLICY
    assert len(dict(HEADERS)) == len(HEADERS)

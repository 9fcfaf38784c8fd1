"""The page in a real headless Chromium: one browser and one server a session.

Whatever a test is about, it fails if the page asks for anything outside its origin, if the console shows an error, or
if an error goes uncaught. The network is cut in all of them: the browser reaches this machine and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from scripts.explorer.chromium import find, started
from scripts.explorer.page import SECONDS, Explorer
from scripts.explorer.served import Served, served


def without(reason: str) -> None:
    """No browser: a failure in CI, and at home a test that is skipped and says why."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    try:
        import playwright  # noqa: F401
    except ImportError:
        without('no playwright: pip install -e ".[browser]", or scripts/test --browser')
    if (path := find()) is None:
        without("no Chromium: scripts/test --browser says how one is found")
    with started(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    with served() as server:
        yield server


SIZE = {"width": 1280, "height": 800}


class Faults(list[str]):
    """What must not happen in a tab; ``expected`` are parts of what may."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[str] = []

    def note(self, told: str) -> None:
        if not any(part in told for part in self.expected):
            self.append(told)


class Watch:
    """Listens to tabs, and notes in what was noted of the test that runs."""

    def __init__(self, browser, server: Served) -> None:
        self.browser, self.server, self.faults = browser, server, Faults()

    def tab(self, **options: object) -> Explorer:
        """A tab of its own, with options of Playwright's `new_context`; the page is not loaded yet."""
        context = self.browser.new_context(**({"viewport": SIZE} | options))
        context.set_default_timeout(1000 * SECONDS)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.server.url)
        own = (f"{self.server.url}/", "data:", f"blob:{self.server.url}/", "about:blank")
        context.on("request", lambda r: r.url.startswith(own) or self.faults.note(f"asked for {r.url}"))
        context.on("console", lambda m: m.type == "error" and self.faults.note(f"console: {m.text}"))
        context.on("weberror", lambda e: self.faults.note(f"uncaught: {e.error}"))
        page = context.new_page()
        page.on("crash", lambda _: self.faults.note("the page crashed"))
        return Explorer(page, self.server.url)


@pytest.fixture(scope="session")
def watch(browser, server) -> Watch:
    return Watch(browser, server)


@pytest.fixture
def faults(watch) -> Iterator[Faults]:
    watch.faults = Faults()
    yield watch.faults
    assert watch.faults == []


@pytest.fixture
def tab(watch, faults) -> Iterator[Callable[..., Explorer]]:
    """Open tabs of the test's own; see `Watch.tab`."""
    tabs = []

    def open_tab(**options: object) -> Explorer:
        tabs.append(watch.tab(**options))
        return tabs[-1]

    yield open_tab
    for explorer in tabs:
        explorer.page.context.close()


class Shared(Explorer):
    """Two tabs of 1280 × 800 that tests share; the page keeps nothing but its address.

    In the one `open` loads the page anew, and what a test emulates there is taken back. In the other it is loaded
    once, and where loading is not what is tested, `follow` leads it from address to address.
    """

    def __init__(self, watch: Watch) -> None:
        self.opened, self.led = watch.tab().page, watch.tab().page
        super().__init__(self.opened, watch.server.url)

    def open(self, hash: str = "", *, seen: bool = True, **fields: object) -> Explorer:
        self.page = self.opened
        return super().open(hash, seen=seen, **fields)

    def follow(self, hash: str = "", **fields: object) -> Explorer:
        self.page = self.led
        self.page.mouse.move(0, 0)
        if self.page.url == "about:blank":
            super().open()
        return super().follow(hash, **fields)

    def plain(self) -> None:
        """Take back what a test has emulated in the first."""
        self.opened.emulate_media(color_scheme="light", reduced_motion="no-preference", forced_colors="none")
        if self.opened.viewport_size != SIZE:
            self.opened.set_viewport_size(SIZE)

    def close(self) -> None:
        for page in (self.opened, self.led):
            page.context.close()


@pytest.fixture(scope="session")
def shared() -> list[Shared]:
    """The tabs that tests share, once there are any."""
    return []


@pytest.fixture
def explorer(request, watch, shared, faults) -> Iterator[Explorer]:
    """Tabs that are shared with tests before, but for those that failed."""
    if not shared:
        shared.append(Shared(watch))
    shared[0].page = shared[0].opened
    shared[0].page.mouse.move(0, 0)
    failed = request.session.testsfailed
    yield shared[0]
    if faults or request.session.testsfailed > failed:
        shared.pop().close()
    elif shared[0].page is shared[0].opened:
        shared[0].page.goto("about:blank")
        shared[0].plain()


@pytest.fixture(scope="session")
def modules(watch) -> Explorer:
    """A tab of the session for what a module's pure functions give."""
    return watch.tab().open()

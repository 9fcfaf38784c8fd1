"""A Chromium that is there: python -m scripts.explorer.chromium prints its path, or ends with status 1."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ProxySettings

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first is the same engine without windows: a fifth less work."""
OPTIONS = (
    # What is drawn is drawn by the processor, and in no process of its own.
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--in-process-gpu",
    "--disable-quic",
    # No name but that of this machine is found, and what is not on this machine goes to a port where nobody is.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
NOWHERE: ProxySettings = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}


def find() -> str | None:
    """The path of a Chromium: ``$CHROMIUM``, else one on the PATH, else the one that Playwright has installed.

    Raises
    ------
    SystemExit
        If ``$CHROMIUM`` is no file that can be run.
    """
    if given := os.environ.get("CHROMIUM"):
        if shutil.which(given) is None:
            raise SystemExit(f"CHROMIUM={given!r} is no program that can be run")
        return given
    there = [path for name in NAMES if (path := shutil.which(name))]
    return there[0] if there else own_of_playwright()


def own_of_playwright() -> str | None:
    """The Chromium of ``playwright install chromium``, if there is one."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@contextmanager
def started(path: str) -> Iterator[Browser]:
    """A headless browser, closed at the end; it reaches this machine, and nothing else."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS), proxy=NOWHERE)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    if (found := find()) is None:
        sys.exit(f"no Chromium: none of {', '.join(NAMES)} is on the PATH, CHROMIUM is not set, Playwright has none")
    print(found)

"""Random questions to one page and one server for minutes: does memory grow, do threads stay.

    python -m scripts.explorer.soak                      ten minutes
    python -m scripts.explorer.soak --minutes 1 --seed 3

The page is edited, slid, pinned, swept, undone and loaded anew at random, often before it has answered; between, the
server is sent what is no question. Printed are the server's memory and threads, and what the page holds once its
garbage is collected: at the start (after a warm-up of a minute, in which caches fill), each minute, and at the end.
It ends with status 1 if an error showed, if anything outside the page's origin was asked for, or if in the second
half memory grew by more than a fifth, or threads at all. (In the first, large questions set marks that stay.)
"""

from __future__ import annotations

import argparse
import random
import time
import urllib.error
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from scripts.explorer.chromium import find, started
from scripts.explorer.page import Explorer
from scripts.explorer.served import Served, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

WARM_UP = 60  # seconds
GROWTH = 1.2
HELD = {"heap": "JSHeapUsedSize", "nodes": "Nodes"}


def made_map(chance: random.Random) -> str:
    """A map at random, mostly floor, with a cell in it."""
    rows, columns = chance.choice([(3, 4), (7, 7), (12, 9), (20, 20), (1, 8)])
    drawn = ["".join(chance.choices(".#a*~", [30, 6, 1, 1, 1], k=columns)) for _ in range(rows)]
    return "\n".join(["." + drawn[0][1:], *drawn[1:]])


class User:
    """Does what users do, and what enemies send, at random."""

    def __init__(self, explorer: Explorer, server: Served, chance: random.Random) -> None:
        self.explorer, self.server, self.chance = explorer, server, chance
        often: list[Callable[[], object]] = [self.paint, self.slide] * 5
        self.acts = [*often, self.slip, self.view, self.press, self.press, self.pick, self.other_map, self.hostile]

    def act(self) -> str:
        """One of these, waited for in one of three cases."""
        act = self.chance.choice(self.acts)
        act()
        if self.chance.random() < 1 / 3:
            self.explorer.settled()
        return act.__name__

    def _cell(self) -> tuple[int, int]:
        drawn = self.explorer.now()["state"]["world"]["map"].split("\n")
        return self.chance.randrange(len(drawn)), self.chance.randrange(len(drawn[0]))

    def paint(self) -> None:
        """Paint a cell."""
        self.explorer.tool(self.chance.choice(".#a*")).cell(*self._cell()).click()

    def pick(self) -> None:
        """Pick a cell, or let go of it."""
        self.explorer.cell(*self._cell()).click(modifiers=["Shift"])

    def slide(self) -> None:
        """Another γ."""
        self.explorer.control("gamma").fill(f"{self.chance.random():.2f}")

    def slip(self) -> None:
        """Another slip."""
        self.explorer.control("slip").fill(self.chance.choice(["0", "0.1", "0.3"]))

    def view(self) -> None:
        """Another view."""
        radio = self.explorer.control(f"view-{self.chance.choice(['power', 'difference', 'optimality'])}")
        if radio.is_enabled():
            radio.check()

    def press(self) -> None:
        """One of the buttons."""
        button = self.explorer.control(self.chance.choice(["undo", "redo", "pin", "unpin", "sweep", "again"]))
        if button.is_visible() and button.is_enabled():
            button.click()

    def other_map(self) -> None:
        """Load the page anew, with another world."""
        self.explorer.open(map=made_map(self.chance), draws=self.chance.choice([256, 1024, 4096]), seen=False)

    def hostile(self) -> None:
        """Send what is no question: a 400 is the answer."""
        world = {"map": self.chance.choice(["", "?", "..\n.", made_map(self.chance)])}
        nonsense = {"v": 1, "world": world, self.chance.choice(["gamma", "draws", "seed", "x"]): [[], "a"]}
        try:
            self.server.ask(nonsense)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 400:
                    raise
        else:
            raise AssertionError(f"answered: {nonsense}")


def watched(page: Page, url: str) -> list[str]:
    """What must not happen, as it comes; a question that is refused puts its 400 on the console by itself."""
    found: list[str] = []
    own = (url, "data:", "blob:", "about:")
    page.on("request", lambda request: request.url.startswith(own) or found.append(f"asked for {request.url}"))
    page.on("pageerror", lambda error: found.append(f"uncaught: {error}"))
    page.on("crash", lambda _: found.append("the page crashed"))
    refused = "400 (Bad Request)"
    page.on("console", lambda said: said.type != "error" or refused in said.text or found.append(said.text))
    return found


def soak(minutes: float, seed: int) -> int:
    """Print a table; whether anything was wrong."""
    if (path := find()) is None:
        raise SystemExit("no Chromium: scripts/test --browser says how one is found")
    with served() as server, started(path) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        faults = watched(page, server.url)
        # At γ = 1 in a noisy world with several ends an answer may take minutes.
        user = User(Explorer(page, server.url, seconds=300).open(), server, random.Random(seed))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        done: Counter[str] = Counter()

        def use(seconds: float) -> None:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                done[user.act()] += 1

        def measured() -> dict[str, float]:
            user.explorer.open()
            session.send("HeapProfiler.collectGarbage")
            metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
            status = server.status()
            held = {"RSS": status.get("VmRSS", 0) / 1024, "threads": status.get("Threads", 0)}
            return held | {"heap": metrics[HELD["heap"]] / 2**20, "nodes": metrics[HELD["nodes"]]}

        def tell(when: str, held: dict[str, float]) -> None:
            cells = [f"{held['RSS']:.0f}", f"{held['threads']:.0f}", f"{held['heap']:.1f}", f"{held['nodes']:.0f}"]
            print("| " + " | ".join([when, f"{sum(done.values())}", *cells]) + " |", flush=True)

        print("| when | acts | server: MB | threads | page: MB | nodes |\n|---|---|---|---|---|---|")
        use(WARM_UP)
        start = measured()
        tell("start", start)
        half = start
        for minute in range(1, int(minutes) + 1):
            use(60)
            held = measured()
            tell(f"{minute} min", held)
            half = held if minute <= minutes / 2 else half
        use(60 * (minutes % 1))
        end = measured()
        tell("end", end)
        print("\n" + ", ".join(f"{name} {count}" for name, count in sorted(done.items())))
        grown = [name for name in half if end[name] > half[name] * (1 if name == "threads" else GROWTH)]
        for told in (*faults, *(f"{name} grew from {half[name]:g} to {end[name]:g}" for name in grown)):
            print(told)
        return int(bool(faults or grown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="after the warm-up")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    raise SystemExit(soak(given.minutes, given.seed))


if __name__ == "__main__":
    main()

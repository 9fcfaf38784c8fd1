"""The times that are asked of the page, as its user sees them: from an input's own time stamp to what is painted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from scripts.explorer.chromium import find, started
from scripts.explorer.page import Explorer
from scripts.explorer.served import served

# A message that is posted in an animation frame is read after that frame was painted.
CLOCK = """() => {
    const clock = window.clock = { pressed: 0, released: 0, painted: [] }
    addEventListener("pointerdown", (event) => { clock.pressed = event.timeStamp; clock.painted = [] }, true)
    addEventListener("pointerup", (event) => { clock.released = event.timeStamp }, true)
    new MutationObserver(() => {
        const draws = Number(document.body.dataset.draws)
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel()
            port1.onmessage = () => clock.painted.push([performance.now(), draws])
            port2.postMessage(0)
        })
    }).observe(document.body, { attributes: true, attributeFilter: ["data-seen"] })
    const frame = document.querySelector("#frame")
    new MutationObserver(() => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => clock.painted.push([performance.now(), -1])
        port2.postMessage(0)
    })).observe(frame, { childList: true })
}"""
SWEEP_FRAME = -1
WALLS = [(0, 3), (2, 1), (2, 3), (3, 3), (3, 5), (4, 3), (5, 3), (0, 5), (6, 2), (0, 1), (6, 5), (5, 5)]


@contextmanager
def page_to_time() -> Iterator[Explorer]:
    """A page at 1280 × 800, of a server whose kernels are compiled."""
    if (path := find()) is None:
        raise SystemExit("the times of the page need a Chromium: scripts/test --browser says how one is found")
    with served() as server, started(path) as browser:
        yield Explorer(browser.new_page(viewport={"width": 1280, "height": 800}), server.url)


def shown(explorer: Explorer, side: int, **fields: object) -> Explorer:
    """The page's own maze for 7, else a square of floor; with the clock set."""
    explorer.open(**({} if side == 7 else {"map": "\n".join(["." * side] * side)}), **fields)
    explorer.page.evaluate(CLOCK)
    return explorer


class Clock(NamedTuple):
    """Milliseconds of the page: the last press, its release; and the pictures since, with their draws."""

    pressed: float
    released: float
    painted: list[tuple[float, int]]


def clock(explorer: Explorer) -> Clock:
    """What the clock says, once the last frame is painted, too."""
    explorer.page.wait_for_timeout(60)
    told = explorer.page.evaluate("() => window.clock")
    return Clock(told["pressed"], told["released"], [(at, draws) for at, draws in told["painted"]])


def edits(explorer: Explorer, cells: Sequence[tuple[int, int]]) -> tuple[list[float], list[float]]:
    """Put walls, one after another: milliseconds to the first picture of each, and to the last."""
    explorer.tool("#")
    first, last = [], []
    for cell in cells:
        explorer.after(explorer.cell(*cell).click)
        pressed, _, painted = clock(explorer)
        first.append(painted[0][0] - pressed)
        last.append(painted[-1][0] - pressed)
    return first, last


def drag(explorer: Explorer, seconds: float = 0.5) -> tuple[float, float]:
    """Drag γ at 60 Hz: pictures until its release, and milliseconds until the first of the last γ."""
    box = explorer.control("gamma").bounding_box()
    assert box is not None
    height, steps, mouse = box["y"] + box["height"] / 2, int(seconds * 60), explorer.page.mouse
    mouse.move(box["x"] + 0.2 * box["width"], height)

    def slide() -> None:
        mouse.down()
        begin = time.perf_counter()
        for k in range(1, steps + 1):
            time.sleep(max(0.0, begin + k / 60 - time.perf_counter()))
            mouse.move(box["x"] + box["width"] * (0.2 + 0.6 * k / steps), height)
        mouse.up()

    explorer.after(slide)
    _, released, painted = clock(explorer)
    assert explorer.now()["message"]["gamma"] == [float(explorer.control("gamma").input_value())]
    # The last question is answered in looks of ever more draws: its first picture is the last that has not more.
    first = max(k for k, (_, draws) in enumerate(painted) if k == 0 or draws <= painted[k - 1][1])
    return float(sum(at <= released for at, _ in painted)), painted[first][0] - released


def sweep(explorer: Explorer) -> tuple[float, float]:
    """Milliseconds from the click on the sweep to the picture of its first rate; frames a second from there on."""
    explorer.control("sweep").click()
    explorer.page.wait_for_selector("body[data-playing='true']")
    explorer.page.wait_for_selector("body[data-playing='false']")
    pressed, _, painted = clock(explorer)
    frames = [at for at, draws in painted if draws == SWEEP_FRAME]
    return frames[0] - pressed, 1000 * (len(frames) - 1) / (frames[-1] - frames[0])


Row = tuple[object, ...]
Judge = Callable[[float, float, float, Callable[[float], str]], str]


def rows(quick: bool, judge: Judge) -> Iterator[Row]:
    """The table: what, how many times it was done, median, worst, and whether the median is what is asked."""

    def row(what: str, values: Sequence[float], unit: str, limit: float, aim: float) -> Row:
        middle, worst = float(np.median(values)), float(min(values) if aim > limit else max(values))
        return what, len(values), unit, middle, worst, judge(middle, limit, aim, lambda value: f"{value:g} {unit}")

    yield ("what", "times", "unit", "median", "worst", "asked")
    with page_to_time() as explorer:
        first, last = edits(shown(explorer, 7), WALLS[: 4 if quick else 12])
        yield row("7×7: an edit to the first picture", first, "ms", 100, 60)
        yield row("7×7: an edit to the picture of 4,096 draws", last, "ms", 250, 125)
        for side, limit in ((20, 250), (64, 1200)):
            first, _ = edits(shown(explorer, side), [(3 + 2 * k, 5) for k in range(2 if quick else 6)])
            yield row(f"{side}×{side}: an edit to the first picture", first, "ms", limit, limit / 2)
        times = 1 if quick else 6  # each of other draws: the server remembers its last answers
        counts, settled = zip(*[drag(shown(explorer, 7, seed=k)) for k in range(times)], strict=True)
        yield row("7×7: γ dragged for .5 s at 60 Hz, until its release", counts, "pictures", 8, 15)
        yield row("7×7: its release to the first picture of the last γ", settled, "ms", 250, 125)
        starts, rates = zip(*[sweep(shown(explorer, 7, draws=1024, seed=k)) for k in range(times)], strict=True)
        yield row("7×7: a click on the sweep (23 rates × 1,024 draws) to its first frame", starts, "ms", 1000, 500)
        yield row("7×7: the sweep played", rates, "frames a second", 8, 10)

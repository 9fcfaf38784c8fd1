"""The page as one uses it: opened, waited for, clicked, read.

It is waited for by attributes of its body, never by functions evaluated in it: its content security policy forbids
those. What it shows is read through what its module ``view.js`` tells other parts of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def fragment(**fields: object) -> str:
    """The part of the address after #: in ``map`` a line ends with ``_``, and ``-`` is a wall."""
    texts = {"v": 1, **fields}
    if "map" in texts:
        texts["map"] = str(texts["map"]).replace("\n", "_").replace("#", "-")
    return "&".join(f"{name}={quote(str(text), safe='._-')}" for name, text in texts.items())


SECONDS = 20
"""After so long a page that has not done what was asked hangs."""


class Explorer:
    """A page of the explorer in a tab."""

    def __init__(self, page: Page, url: str, seconds: float = SECONDS) -> None:
        self.page, self.url, self.longest = page, url, 1000 * seconds

    def open(self, hash: str = "", *, seen: bool = True, **fields: object) -> Explorer:
        """Open it with a fragment, or with the fields of one, and wait for its last number, if it is to show any."""
        hash = hash or (fragment(**fields) if fields else "")
        if self.page.url != "about:blank":  # from one fragment to another nothing would load
            self.page.goto("about:blank")
        self.page.goto(f"{self.url}/#{hash}" if hash else f"{self.url}/")
        return self.settled(seen)

    def follow(self, hash: str = "", **fields: object) -> Explorer:
        """Show another address in the page that is there, as by a link: half a second less than loading it anew.

        Its tool, its switches and what can be undone stay as they were.
        """
        hash = hash or fragment(**fields)
        # The address may be there already, as long as the page has not yet written what was done since.
        self.page.evaluate(
            """(hash) => new Promise((followed) => {
                window.addEventListener("hashchange", followed, { once: true })
                location.hash = location.hash === `#${hash}` ? `${hash}&` : hash
            })""",
            hash,
        )
        return self.settled()

    def settled(self, seen: bool = True) -> Explorer:
        """Wait until no question runs, and numbers are seen."""
        self.page.wait_for_selector("body[data-busy='false']" + "[data-seen]" * seen, timeout=self.longest)
        return self

    def attribute(self, name: str) -> str | None:
        """One of the attributes of the body."""
        return self.page.get_attribute("body", f"data-{name}")

    def after(self, act: Callable[[], object]) -> Explorer:
        """Do something that asks a question, and wait for its last number."""
        before = self.attribute("seen")
        act()
        self.page.wait_for_selector(f"body[data-busy='false']:not([data-seen='{before}'])", timeout=self.longest)
        return self

    def call(self, module: str, function: str, *arguments: object) -> Any:
        """What a function of one of the page's modules gives; modules are loaded once, and keep their state."""
        script = "async ([path, name, given]) => (await import(path))[name](...given)"
        return self.page.evaluate(script, [f"/page/{module}.js", function, arguments])

    def now(self) -> Mapping[str, Any]:
        """What is shown: state, message (numbers as the server sent them), and the index of its rate."""
        return self.page.evaluate("""async () => {
            const { page } = await import("/page/view.js")
            return { state: page.state(), message: page.message(), rate: page.rate() }
        }""")

    def numbers(self, field: str = "mean") -> dict[tuple[int, int], float]:
        """Numbers of the rate that is shown, by (row, column)."""
        now = self.now()
        cells, values = now["message"]["cells"], now["message"][field][now["rate"]]
        return {(row, column): value for (row, column), value in zip(cells, values, strict=True)}

    def cell(self, row: int, column: int) -> Locator:
        """A cell of the map."""
        return self.page.locator(f"[data-row='{row}'][data-column='{column}']")

    def control(self, name: str) -> Locator:
        """An input, select or button, by its id."""
        return self.page.locator(f"[id='{name}']")

    def tool(self, glyph: str) -> Explorer:
        """Take the tool that paints a glyph, or `look`; letters by the one for marks."""
        if glyph.isalpha() and glyph not in ("v", "look"):
            self.control("mark-letter").select_option(glyph)
            glyph = "mark"
        self.page.locator(f"label:has(input[name='tool'][value='{glyph}'])").click()
        return self

    def error(self, field: str) -> str:
        """The sentence beside a control, once it is there."""
        return self.page.locator(f"[data-field='{field}'] .error").inner_text()

    def is_old(self) -> bool:
        """Whether the picture is greyed, being of what was asked before."""
        return "old" in (self.control("map").get_attribute("class") or "").split()

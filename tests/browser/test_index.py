"""What is loaded, from where and how much; whether all can use it; that the watch over a tab sees what it must."""

from __future__ import annotations

import pytest
from page_states import states

OF_COLOURS = {"color-contrast", "link-in-text-block"}
"""The rules of axe-core that look at colours; that of a contrast of 7 is switched off in it."""


def test_the_page_is_small_and_from_one_place(tab):
    """At most 14 requests and 80 kB as they travel, from its origin alone; nothing but this machine is reached."""
    explorer, asked = tab(), []
    explorer.page.on("requestfinished", lambda request: asked.append(request))
    explorer.page.goto(f"{explorer.url}/")
    explorer.settled()
    page = [request for request in asked if "/api/" not in request.url and not request.url.startswith("data:")]
    own = {request.url: request.sizes()["responseBodySize"] for request in page}
    assert all(url.startswith(f"{explorer.url}/") for url in own)
    assert len(own) <= 14
    assert 10_000 < sum(own.values()) <= 80_000


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("() => fetch('http://mdppower.example/').catch(() => {})", "asked for http://mdppower.example/"),
        ("() => { new Image().src = 'https://192.0.2.1/x.png' }", "asked for https://192.0.2.1/x.png"),
        ("() => console.error('a word')", "console: a word"),
        ("() => { setTimeout(() => { throw new Error('a fault') }) }", "uncaught: a fault"),
    ],
)
def test_what_must_not_happen_is_seen(explorer, faults, script, told):
    """The negative control of every test here, on an empty page, whose policy forbids nothing."""
    explorer.page.goto("about:blank")
    explorer.page.evaluate(script)
    explorer.page.wait_for_timeout(100)
    assert any(told in fault for fault in faults)
    faults.clear()


def test_the_network_is_cut(explorer, faults):
    """Names are not found and other addresses not reached, but for the server's own."""
    faults.expected.append("")
    explorer.page.goto("about:blank")
    reach = "(url) => fetch(url, {mode: 'no-cors'}).then(() => true, () => false)"
    assert not explorer.page.evaluate(reach, "http://localhost.example/")
    assert not explorer.page.evaluate(reach, "http://192.0.2.1/")
    assert not explorer.page.evaluate(reach, explorer.url.replace("127.0.0.1", "127.0.0.2"))
    explorer.open()


def test_the_policy_forbids_scripts_and_styles_in_the_page(explorer, faults):
    """Even if a text became markup one day, it would not run: the browser itself refuses."""
    faults.expected += ["Content Security Policy", "content security policy"]
    explorer.open()
    explorer.page.evaluate(
        """() => {
            const script = document.createElement("script")
            script.textContent = "window.ran = true"
            const image = document.createElement("img")
            image.setAttribute("onerror", "window.ran = true")
            image.src = "data:,"
            document.body.append(script, image)
        }"""
    )
    explorer.page.wait_for_timeout(100)
    assert explorer.page.evaluate("() => window.ran") is None


HOSTILE = "<img src=x onerror=alert(1)>"


def test_markup_of_an_address_is_text(explorer, faults):
    faults.expected.append("400 (Bad Request)")
    explorer.open(seen=False, rewards=HOSTILE)
    assert HOSTILE in explorer.error("rewards.default")
    assert explorer.page.locator("main img").count() == 0


def test_axe_has_nothing_to_say(explorer, faults):
    """All rules of axe-core in all states: names, roles, contrast, landmarks, headings; those of colours in the dark.

    Nothing but colours is other there: the style sheet sets them, and no script asks for the scheme.
    """
    from axe_playwright_python.base import AxeResults
    from axe_playwright_python.sync_playwright import Axe

    faults.expected.append("400 (Bad Request)")
    found = {}
    explorer.page.emulate_media(reduced_motion="reduce")
    for name, page in states(explorer, map="....\n....\n.#..\n....\n....", draws=256):
        for scheme, rules in (("light", {}), ("dark", {"runOnly": list(OF_COLOURS)})):
            page.page.emulate_media(color_scheme=scheme)
            if name == "as opened" and scheme == "light":  # later states are of the same document
                page.page.evaluate(Axe().axe_script)
            options = {"resultTypes": ["violations"]} | rules
            results = AxeResults(page.page.evaluate("(options) => axe.run(options)", options))
            if results.violations_count:
                found[name, scheme] = results.generate_report()
            told = {
                rule["id"] for kind in ("passes", "inapplicable", "incomplete") for rule in results.response[kind]
            }
            assert told >= OF_COLOURS
            assert scheme == "dark" or len(results.response["passes"]) > 20
        page.page.emulate_media(color_scheme="light")
    assert found == {}


def test_axe_would_see_a_fault(explorer):
    """The negative control: a button without a name, and grey on white."""
    from axe_playwright_python.sync_playwright import Axe

    explorer.open()
    explorer.page.evaluate(
        """() => {
            const text = document.createElement("p")
            text.textContent = "hardly there"
            text.style.color = "#ddd"
            text.style.background = "#fff"
            document.querySelector("main").append(document.createElement("button"), text)
        }"""
    )
    seen = {violation["id"] for violation in Axe().run(explorer.page).response["violations"]}
    assert {"button-name", "color-contrast"} <= seen

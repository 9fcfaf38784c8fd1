"""The page as a whole: its numbers are the library's, each with its error, and follow what is done."""

from __future__ import annotations

import re

import numpy as np
import pytest

import mdppower as mp

HOUR = 3600  # seconds
MAZE = "maze"
"""The world that the page opens with is the library's maze."""


def halves(estimate, simultaneous):
    """The longer half of each interval, as `±` is printed."""
    lower, upper = estimate.interval(simultaneous=simultaneous)
    return np.maximum(upper - estimate.mean, estimate.mean - lower)[0]


def same_numbers(explorer, world, gamma, rewards="uniform", samples=4096, **options):
    """Mean and both ± of all cells are those of `mdppower.power`, run here."""
    power = mp.power(world, [gamma], rewards, samples=samples, rng=0, **options)
    for field, expected in (
        ("mean", power.mean[0]),
        ("joint", halves(power, True)),
        ("half", halves(power, False)),
    ):
        shown = explorer.numbers(field)
        assert list(shown) == [state for state in world.states if state != "end"]
        np.testing.assert_allclose(list(shown.values()), expected[: len(shown)], rtol=0, atol=1e-8)


def test_the_first_picture_is_of_the_maze(explorer):
    explorer.open()
    same_numbers(explorer, mp.envs.make(MAZE), 0.9)
    assert explorer.attribute("draws") == "4096"


@pytest.mark.parametrize(
    ("fields", "options", "gamma", "rewards", "run"),
    [
        ({"slip": 0.1, "gamma": 0.7, "draws": 1024},
         {"slip": 0.1}, 0.7, "uniform", {"samples": 1024}),
        ({"gamma": 0}, {}, 0, "uniform", {}),
        ({"gamma": 1, "wrap": 1, "blocked": "remove"}, {"wrap": True, "blocked": "remove"}, 1, "uniform", {}),
        ({"rewards": "norm(0,1)", "mark.a": "norm(2,1)", "sampler": "sobol"}, {}, 0.9,
         {"default": "norm(0,1)", "a": "norm(2,1)"}, {"sampler": "sobol"}),
    ],
)  # fmt: skip
def test_numbers_are_those_of_the_library(explorer, fields, options, gamma, rewards, run):
    map = "a..#\n.#..\n...."
    explorer.follow(map=map, **fields)
    same_numbers(explorer, mp.envs.gridworld(map, **options), gamma, rewards, **run)


def test_other_numbers_would_be_seen(explorer):
    """The negative control: another seed differs by far more than what is let pass."""
    explorer.follow(map="...\n.#.", seed=1)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        same_numbers(explorer, mp.envs.gridworld("...\n.#."), 0.9)


def test_what_is_read_is_what_was_computed(explorer):
    """Rounded to the digits that its error leaves: the name of a cell; the reading of one, with both intervals."""
    explorer.follow(draws=256)
    mean, joint, half = (explorer.numbers(field)[2, 3] for field in ("mean", "joint", "half"))
    name = explorer.cell(2, 3).get_attribute("aria-label")
    told = re.fullmatch(r"row 2, column 3, floor: POWER (\.\d+) ± (\.\d+) \(95 %, all cells at once\)(, .*)?", name)
    assert float(told[1]) == pytest.approx(mean, abs=0.6 * 10 ** -(len(told[1]) - 1))
    assert float(told[2]) == pytest.approx(joint, rel=0.05)

    explorer.cell(2, 3).hover()
    reading = explorer.page.inner_text("#reading")
    assert "Row 2, column 3: floor" in reading
    for interval, what in ((joint, "all cells at once"), (half, "this cell alone")):
        found = re.search(rf"{what}\s+± (\.\d+)", reading)
        assert float(found[1]) == pytest.approx(interval, rel=0.05)
    assert joint > half


def test_numbers_are_provisional_until_the_last(explorer):
    """Look after look is drawn; before the last, numbers are italic and said to be so."""
    explorer.open(draws=1024)
    explorer.page.evaluate(
        """() => {
            window.looks = []
            new MutationObserver(() => window.looks.push([
                Number(document.body.dataset.draws), document.querySelector("#status").textContent,
                getComputedStyle(document.querySelector("[role=gridcell] text")).fontStyle,
            ])).observe(document.body, {attributes: true, attributeFilter: ["data-seen"]})
        }"""
    )
    explorer.after(lambda: explorer.control("draws").select_option("65536"))
    looks = explorer.page.evaluate("() => window.looks")
    draws = [count for count, *_ in looks]
    assert len(draws) >= 3
    assert draws == sorted(draws)
    assert draws[-1] == 65_536
    assert all(style == "italic" and "provisional" in status for _, status, style in looks[:-1])
    assert looks[-1][2] == "normal"
    assert "provisional" not in looks[-1][1]


def drag(explorer, control, start, end, steps=30):
    """Drag a slider's thumb at 60 Hz."""
    box = explorer.control(control).bounding_box()
    mouse, at = explorer.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + start * box["width"], at)
    mouse.down()
    for k in range(1, steps + 1):
        mouse.move(box["x"] + box["width"] * (start + (end - start) * k / steps), at)
        explorer.page.wait_for_timeout(16)
    mouse.up()


def test_a_drag_of_the_rate_is_followed_and_ends_at_the_last(explorer):
    """No question is stopped before its first look: a drag of half a second shows eight pictures and more."""
    explorer.open()
    before = int(explorer.attribute("seen"))
    explorer.after(lambda: drag(explorer, "gamma", 0.2, 0.8))
    assert int(explorer.attribute("seen")) - before >= 8
    gamma = float(explorer.control("gamma").input_value())
    assert 0.7 < gamma < 0.9
    assert explorer.now()["message"]["gamma"] == [gamma]
    assert explorer.now()["message"]["final"]
    same_numbers(explorer, mp.envs.make(MAZE), gamma)


@pytest.mark.parametrize(("key", "gamma"), [("Home", 0), ("End", 1)])
def test_both_ends_of_the_rate(explorer, key, gamma):
    """At γ = 1 all cells of a connected world are equal: "=", not arrows made of noise."""
    explorer.follow(draws=1024)
    explorer.control("gamma").focus()
    explorer.after(lambda: explorer.page.keyboard.press(key))
    message = explorer.now()["message"]
    assert message["gamma"] == [gamma]
    same_numbers(explorer, mp.envs.make(MAZE), gamma, samples=1024)
    assert (set(message["arrow"][0]) == {"="}) == (gamma == 1)
    assert explorer.control("gamma-number").input_value() == str(gamma)


def test_what_is_refused_leaves_the_old_picture_greyed(explorer, faults):
    faults.expected.append("400 (Bad Request)")
    explorer.follow(draws=256)
    numbers = explorer.numbers()
    explorer.control("law").fill("cauchy")
    explorer.control("law").press("Enter")
    explorer.page.wait_for_selector("#map.old")
    assert "cauchy" in explorer.error("rewards.default")
    explorer.settled()
    assert explorer.numbers() == numbers
    assert explorer.control("law").get_attribute("aria-invalid") == "true"

    explorer.control("law").fill("uniform")
    explorer.after(lambda: explorer.control("law").press("Enter"))
    assert not explorer.is_old()
    assert explorer.page.locator(".error").count() == 0


def test_who_gets_no_answer_can_ask_again(explorer, faults):
    """The answer ends before its last look, as when another page asks; then the server is gone; then it is back."""
    faults.expected.append("ERR_FAILED")
    explorer.open(map="...", draws=256)
    page = explorer.page
    page.route("**/api/ask", lambda route: route.fulfill(body="", content_type="application/x-ndjson"))
    explorer.control("gamma").fill("0.5")
    explorer.control("retry").wait_for()
    explorer.settled()
    assert explorer.is_old()
    page.unroute("**/api/ask")
    page.route("**/api/ask", lambda route: route.abort())
    explorer.control("retry").click()
    page.wait_for_selector("text=the server does not answer")
    page.unroute("**/api/ask")
    explorer.after(explorer.control("retry").click)
    assert explorer.now()["message"]["gamma"] == [0.5]
    assert not explorer.is_old()
    assert explorer.control("problem").is_hidden()
    assert explorer.control("retry").is_hidden()
    assert page.evaluate("() => document.activeElement.tagName") != "BODY"  # the focused button went away


def test_what_an_older_question_was_refused_for_is_not_said(explorer, faults):
    faults.expected.append("400 (Bad Request)")
    explorer.open(map="...", draws=256)
    held = []
    explorer.page.route("**/api/ask", lambda route: held.append(route) if not held else route.continue_())
    with explorer.page.expect_request("**/api/ask"):
        explorer.control("slip-number").fill("7")
        explorer.control("slip-number").press("Enter")
    explorer.control("slip-number").fill("0.5")
    explorer.control("slip-number").press("Enter")
    explorer.after(lambda: held[0].continue_())
    assert explorer.now()["state"]["world"]["slip"] == 0.5
    assert explorer.page.locator(".error").count() == 0
    explorer.page.unroute("**/api/ask")


def test_of_many_looks_only_the_last_is_spoken(tab):
    """A live region that told of each look would never be silent. The page's clock stands but for .7 s at the end."""
    explorer = tab()
    explorer.page.clock.install(time=0)
    explorer.open(map="...", draws=4096)
    said = explorer.control("said")
    explorer.page.clock.pause_at(HOUR)
    explorer.page.wait_for_selector("#said:not(:empty)", state="attached")
    explorer.page.evaluate(
        """() => {
            window.said = []
            new MutationObserver(() => window.said.push(document.getElementById("said").textContent))
                .observe(document.getElementById("said"), { childList: true, subtree: true, characterData: true })
        }"""
    )
    explorer.after(lambda: explorer.control("gamma").fill("0.5"))
    explorer.after(lambda: explorer.control("gamma").fill("0.6"))
    assert explorer.page.evaluate("() => window.said") == []
    explorer.page.clock.run_for(700)
    assert len(explorer.page.evaluate("() => window.said")) == 1
    spoken = re.fullmatch(r"Row 0, column 0: floor POWER (\.\d+) ± \.\d+", said.text_content())
    assert float(spoken[1]) == pytest.approx(explorer.numbers()[0, 0], abs=1e-3)


def test_the_address_is_of_what_is_shown(explorer):
    """Written at most twice a second; opened elsewhere it shows the same."""
    explorer.open(draws=256)
    explorer.tool("#")
    explorer.after(lambda: explorer.cell(0, 3).click())
    explorer.page.wait_for_url("**/#v=1&map=*")
    numbers, address = explorer.numbers(), explorer.page.url
    explorer.page.goto("about:blank")
    explorer.page.goto(address)
    assert explorer.settled().numbers() == numbers


def test_another_address_in_the_same_tab_is_followed(explorer):
    explorer.open()
    explorer.after(lambda: explorer.page.evaluate("() => { location.hash = 'v=1&gamma=0.5' }"))
    assert explorer.control("undo").is_disabled()  # the world is as it was
    explorer.after(lambda: explorer.page.evaluate("() => { location.hash = 'v=1&map=..._.-.' }"))
    same_numbers(explorer, mp.envs.gridworld("...\n.#."), 0.9)
    assert explorer.control("undo").is_enabled()


def test_a_pair_of_an_address_is_on_the_map_and_has_its_cells(explorer):
    explorer.open("v=1&map=...&pair=0.0_0.2")
    assert explorer.now()["state"]["chosen"] == [[0, 0], [0, 2]]
    explorer.control("forget").click()
    assert explorer.page.evaluate("() => document.activeElement.id") == "pick"
    explorer.open("v=1&map=...&pair=0.0_9.9")
    assert "row 9, column 9" in explorer.control("problem").inner_text()


def test_what_waits_is_greyed_and_says_for_what(explorer):
    """As when the kernels compile: for tens of seconds the numbers are those of the world before the edit."""
    explorer.open(map="...\n.#.", draws=256)
    explorer.page.evaluate(
        """() => {
            const ask = window.fetch
            window.fetch = (...given) => new Promise((go) => { window.go = () => go(ask(...given)) })
        }"""
    )
    explorer.tool("#").cell(0, 1).click()
    explorer.page.wait_for_selector("#waiting:has-text('Computing')")
    assert explorer.is_old()
    assert explorer.control("save-png").is_disabled()
    explorer.after(lambda: explorer.page.evaluate("() => window.go()"))
    assert explorer.control("waiting").is_hidden()
    assert not explorer.is_old()
    assert explorer.control("save-png").is_enabled()

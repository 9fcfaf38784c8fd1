"""γ from 0 to 1: one run of 23 rates, played from memory, stepped through, and drawn as lines."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp

MAP = "....\n.##.\n...."


@pytest.fixture
def swept(explorer):
    """A sweep that stands, as for who wants nothing to move."""
    explorer.page.emulate_media(reduced_motion="reduce")
    explorer.open(map=MAP, draws=1024)
    return explorer.after(explorer.control("sweep").click)


def test_a_sweep_is_one_run_of_the_library(swept):
    message = swept.now()["message"]
    assert len(message["gamma"]) == 23
    assert (message["gamma"][0], message["gamma"][-1]) == (0, 1)
    power = mp.power(mp.envs.gridworld(MAP), message["gamma"], samples=1024, rng=0)
    np.testing.assert_allclose(message["mean"], power.mean, rtol=0, atol=1e-8)
    lower, upper = power.interval(simultaneous=True)
    longer = np.maximum(upper - power.mean, power.mean - lower)
    np.testing.assert_allclose(message["joint"], longer, rtol=0, atol=1e-8)


def test_it_is_stepped_through_without_a_question(swept):
    asked = []
    swept.page.on("request", lambda request: asked.append(request.url))
    for rate in (1, 2, 3):
        swept.control("step").click()
        assert swept.now()["rate"] == rate
        assert f"γ = {swept.now()['message']['gamma'][rate]}" in swept.page.inner_text("#frame")
    swept.control("step-back").click()
    assert swept.now()["rate"] == 2
    assert asked == []


def test_it_is_played_to_its_end(explorer):
    """All frames are shown in order; at the end γ is again what it was."""
    explorer.open(map=MAP, draws=256)
    explorer.page.evaluate(
        """() => {
            window.frames_seen = []
            new MutationObserver(() => window.frames_seen.push(document.querySelector("#frame").textContent))
                .observe(document.querySelector("#frame"), {childList: true, characterData: true, subtree: true})
        }"""
    )
    explorer.after(explorer.control("sweep").click)
    explorer.page.wait_for_selector("body[data-playing='true']")
    explorer.page.wait_for_selector("body[data-playing='false']")
    explorer.page.wait_for_selector("#frame:has-text('19 of 23')")
    assert explorer.now()["state"]["gamma"] == 0.9
    seen = [text for text in explorer.page.evaluate("() => window.frames_seen") if text]
    order = [int(text.split(", ")[1].split(" of ")[0]) for text in seen]
    assert order[:-1] == sorted(order[:-1])
    assert len(set(order)) >= 8
    assert order[-2:] == [23, 19]


def test_who_types_a_rate_stops_it(explorer):
    explorer.open(map=MAP, draws=256)
    explorer.after(explorer.control("sweep").click)
    explorer.page.wait_for_selector("body[data-playing='true']")
    explorer.control("gamma-number").focus()
    assert explorer.attribute("playing") == "false"
    assert explorer.page.inner_text("#play") == "Play"
    rate = explorer.now()["rate"]
    # It goes on from there; read at once, for the next frame is due in 90 ms.
    again = """async () => {
        const { page } = await import("/page/view.js")
        document.getElementById("play").click()
        return page.rate()
    }"""
    assert explorer.page.evaluate(again) == rate


def test_lines_of_chosen_cells_with_bands_and_a_table(swept):
    message = swept.now()["message"]
    for cell in ((0, 0), (1, 3)):
        swept.cell(*cell).click(modifiers=["Shift"])
    swept.settled()
    chart = swept.page.locator(".chart")
    label = chart.locator("svg").get_attribute("aria-label")
    assert "(0, 0)" in label
    assert "(1, 3)" in label
    assert chart.locator("path[fill-opacity]").count() == 2
    chart.locator("summary").click()
    rows = [row.locator("th, td").all_inner_texts() for row in chart.locator("tr").all()]
    assert rows[0] == ["γ", "(0, 0)", "(1, 3)"]
    assert len(rows) == 24
    at = message["cells"].index([1, 3])
    shown = float(rows[12][2].split(" ± ")[0])
    assert shown == pytest.approx(message["mean"][11][at], abs=1e-2)


def test_cells_that_are_picked_later_change_nothing_that_was_computed(swept):
    """At a frame what is shown can still be taken away; the pair, which the sweep has not, is asked for."""
    for cell in ((0, 0), (1, 3)):
        swept.cell(*cell).click(modifiers=["Shift"])
    swept.settled()
    swept.after(swept.control("step").click)
    assert all(swept.control(id).is_enabled() for id in ("copy-python", "save-csv", "save-png", "save-lines"))
    gamma = swept.now()["state"]["gamma"]
    lead = mp.power(mp.envs.gridworld(MAP), gamma, samples=1024, rng=0).difference((0, 0), (1, 3))
    pair = swept.now()["message"]["pair"]
    assert pair["mean"][0] == pytest.approx(lead.mean, abs=1e-8)
    assert "print(power.difference((0, 0), (1, 3)))" in swept.page.text_content("#text-python")


def test_it_is_said_of_what_its_intervals_hold_together(swept):
    """Of all cells and rates of a sweep; of all cells once γ is typed, whose interval is narrower."""
    swept.cell(0, 1).hover()
    assert swept.page.inner_text("#joint-name") == "95 %, all cells and rates at once"
    assert swept.cell(0, 1).get_attribute("aria-label").find("(95 %, all cells and rates at once)") > 0
    swept.control("gamma-number").fill("0.33")
    swept.after(lambda: swept.control("gamma-number").press("Enter"))
    assert swept.page.inner_text("#joint-name") == "95 %, all cells at once"
    assert swept.cell(0, 1).get_attribute("aria-label").find("(95 %, all cells at once)") > 0


def test_after_an_edit_the_lines_are_old(swept):
    swept.tool("#").after(swept.cell(0, 1).click)
    assert "old" in swept.page.locator(".chart").get_attribute("class").split()
    assert swept.control("play").is_disabled()
    assert swept.page.inner_text("#frame") == ""

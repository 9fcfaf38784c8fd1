"""A world against the pinned one, two cells, and which actions are likely optimal: the library's numbers."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest

import mdppower as mp

BEFORE = "....\n.##.\n...."
AFTER = "....\n.#..\n..#."


def pinned_and_edited(explorer, **fields):
    explorer.follow(map=BEFORE, **{"draws": 256, **fields})
    explorer.after(explorer.control("pin").click)
    explorer.tool("#").after(explorer.cell(2, 2).click)
    explorer.tool(".").after(explorer.cell(1, 2).click)
    return explorer


def test_the_change_since_the_pin_is_the_librarys_difference(explorer):
    pinned_and_edited(explorer, draws=1024)
    change = mp.sensitivity.difference(
        mp.envs.gridworld(AFTER), mp.envs.gridworld(BEFORE), [0.9], samples=1024, rng=0, sampler="iid"
    )
    frame = change.to_dataframe().reset_index()
    shown = explorer.numbers()
    expected = dict(zip(frame["state"], frame.to_dict("records"), strict=True))
    assert set(shown) == {(row, column) for row in range(3) for column in range(4)} - {(1, 1), (1, 2), (2, 2)}
    for state, mean in shown.items():
        assert mean == pytest.approx(expected[state]["difference"], abs=1e-8)
    message = explorer.now()["message"]
    assert message["gone"] == [[2, 2]]
    assert message["new"] == [[1, 2]]
    counts = message["counts"][0]
    assert sum(counts.values()) == len(shown)
    told = explorer.page.inner_text("#view-told")
    for verdict in ("more", "less"):
        if counts[verdict]:
            assert re.search(rf"{verdict} .*?{counts[verdict]} cell", told)
    assert "1 cell new" in told
    assert "1 cell gone" in told


def test_verdicts_are_signs_on_the_map(explorer):
    """Colour is not alone: + − = ?, and the cells that never moved are proved the same."""
    explorer.follow(map="..#..", draws=1024)
    explorer.after(explorer.control("pin").click)
    explorer.tool("#").after(explorer.cell(0, 1).click)
    message = explorer.now()["message"]
    verdicts = dict(zip(map(tuple, message["cells"]), message["verdict"][0], strict=True))
    assert verdicts == {(0, 0): "less", (0, 3): "same", (0, 4): "same"}
    for state, sign in (((0, 0), "−"), ((0, 3), "=")):
        assert sign in explorer.cell(*state).locator("text").all_text_contents()


def test_where_no_draw_differs_and_rewards_have_no_bounds(explorer):
    """At γ = 0 one step counts, which a one-way cell takes from itself alone: no draw differs elsewhere, but that
    excludes no difference of normal rewards, however large. The library's limits are −∞ and ∞."""
    asked = {"map": ".^.\n...", "gamma": 0, "rewards": "norm(0,1)", "draws": 256}
    explorer.follow(view="difference", **asked, **{"pin.map": "..._..."})
    told = explorer.page.inner_text("#view-told")
    assert "less in 1 cell, open in 5 cells (?), equal in every draw." in told
    explorer.cell(0, 0).hover()
    assert explorer.page.locator("#joint, #half").all_inner_texts() == ["± ∞", "± ∞"]
    assert explorer.page.inner_text("#arrow") == "open: equal in every draw"
    name = explorer.cell(0, 0).get_attribute("aria-label")
    assert name == "row 0, column 0, floor: change of POWER .0000, its ± not known, open"
    explorer.cell(0, 1).hover()
    assert re.fullmatch(r"± \.\d+", explorer.page.inner_text("#joint"))
    worlds = [mp.envs.gridworld(rows) for rows in (".^.\n...", "...\n...")]
    found = mp.sensitivity.difference(*worlds, [0], "norm(0,1)", samples=256, rng=0, sampler="iid")
    rows = list(csv.DictReader(io.StringIO(explorer.call("take", "csv", explorer.now()["message"]))))
    for name in ("lower", "upper"):
        np.testing.assert_allclose([float(row[name]) for row in rows], found.table()[name], rtol=0, atol=1e-8)


def test_two_cells_that_are_equal_in_every_draw(explorer):
    """At γ = 1 both are worth what the best cell is; the page says what it saw, and that ± has no end."""
    explorer.follow(map="...", gamma=1, rewards="norm(0,1)", draws=256, pair="0.0_0.2")
    told = explorer.page.inner_text("#pair-told")
    assert told.startswith("POWER(0,0) − POWER(0,2) = .0000 ± ∞ (95 %, on the same draws): equal in every draw")


def test_the_pinned_world_comes_back(explorer):
    pinned_and_edited(explorer)
    explorer.after(explorer.control("back").click)
    assert explorer.now()["state"]["world"]["map"] == BEFORE
    assert set(explorer.numbers().values()) == {0}
    explorer.after(explorer.control("unpin").click)
    assert explorer.now()["message"]["view"] == "power"
    assert explorer.control("view-difference").is_disabled()


def test_a_mark_of_the_pinned_world_alone_has_its_law(explorer):
    """A law is of a place: it is worth as much in the world, where the mark is not drawn."""
    explorer.follow(**{"map": "...", "pin.map": "a..", "view": "difference", "mark.a": "5", "draws": 256})
    assert explorer.control("law-a").input_value() == "5"
    assert explorer.numbers("now")[0, 0] > 4
    explorer.control("law-a").fill("0.5")
    explorer.after(lambda: explorer.control("law-a").press("Enter"))
    assert explorer.numbers("now")[0, 0] < 1
    explorer.after(explorer.control("view-power").check)
    assert explorer.control("law-a").count() == 0  # of no mark that is asked about


def test_equal_is_said_in_words(explorer):
    """γ = 1 on a connected map: "=" on the map; and no draw tells two cells apart."""
    explorer.follow("v=1&map=...&gamma=1&draws=256&pair=0.0_0.2&at=0.1")
    assert explorer.page.inner_text("#arrow") == "all actions are equal"
    assert "all actions are equal" in explorer.cell(0, 1).get_attribute("aria-label")
    assert "equal in every draw" in explorer.page.inner_text("#pair-told")


@pytest.mark.parametrize("key", ["Shift", "p"])
def test_two_cells_are_compared_on_the_same_draws(explorer, key):
    """`estimate.difference` to 1e-8, far narrower than the difference of two intervals."""
    explorer.follow()
    for cell in ((2, 3), (0, 6)):
        if key == "Shift":
            explorer.cell(*cell).click(modifiers=["Shift"])
        else:
            explorer.cell(*cell).focus()
            explorer.page.keyboard.press("p")
    explorer.page.wait_for_selector("text=/POWER\\(2,3\\) − POWER\\(0,6\\) = /")
    explorer.settled()
    world = explorer.now()["state"]["world"]["map"]
    power = mp.power(mp.envs.gridworld(world), 0.9, samples=4096, rng=0)
    expected = power.difference((2, 3), (0, 6))
    lower, upper = expected.interval()
    pair = explorer.now()["message"]["pair"]
    assert pair["mean"][0] == pytest.approx(float(expected.mean), abs=1e-8)
    assert pair["half"][0] == pytest.approx(float(upper - lower) / 2, abs=1e-8)
    told = explorer.page.inner_text("#pair-told")
    found = re.search(r"= \+?(−?\.\d+) ± (\.\d+)", told)
    assert float(found[1].replace("−", "-")) == pytest.approx(float(expected.mean), abs=10 ** -(len(found[1]) - 1))
    explorer.control("forget").click()
    assert "Shift-click" in explorer.page.inner_text("#pair-told")


def test_likely_optimal_actions_are_the_librarys(explorer):
    """All actions of every cell, with their joint intervals; the likeliest is the arrow."""
    explorer.follow(map=AFTER, draws=1024)
    explorer.after(explorer.control("view-optimality").check)
    message = explorer.now()["message"]
    world = mp.envs.gridworld(AFTER)
    likely = mp.action_optimality(world, [0.9], samples=1024, rng=0)
    frame = likely.to_dataframe(simultaneous=True).reset_index()
    expected = {(row["state"], row["action"]): row for row in frame.to_dict("records")}
    number = 0
    for cell, actions in zip(message["cells"], message["likely"][0], strict=True):
        assert [action["p"] for action in actions] == sorted((a["p"] for a in actions), reverse=True)
        for action in actions:
            row = expected[tuple(cell), action["action"]]
            np.testing.assert_allclose(
                [action["p"], action["low"], action["high"]],
                [row["probability"], row["lower"], row["upper"]],
                rtol=0,
                atol=1e-8,
            )
            number += 1
    assert number == len(frame)
    explorer.cell(0, 0).hover()
    reading = explorer.page.inner_text("#reading")
    names = {"N": "north", "E": "east", "S": "south", "W": "west", "stay": "stay"}
    for action in message["likely"][0][0]:
        assert re.search(rf"\b{names[action['action']]}\b", reading)
        assert f"{action['p']:.3f}".lstrip("0") in reading


def test_cells_are_picked_by_touch(tab):
    """A finger looks first: it paints nothing before a tool is taken; a button picks what is read."""
    explorer = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).open(map="...\n.#.")
    for cell in ((0, 0), (1, 2)):
        explorer.cell(*cell).tap()
        explorer.control("pick").click()
        explorer.settled()
        assert explorer.cell(*cell).get_attribute("aria-selected") == "true"
    assert explorer.cell(0, 1).get_attribute("aria-selected") == "false"
    assert explorer.now()["state"]["world"]["map"] == "...\n.#."
    assert "POWER(0,0) − POWER(1,2)" in explorer.page.inner_text("#pair-told[role=status]")
    explorer.cell(1, 1).tap()
    assert explorer.control("pick").is_hidden()
    explorer.page.keyboard.press("p")
    assert "Row 1, column 1 is no cell" in explorer.page.inner_text("#pair-told")


def test_a_wall_is_refused_as_long_as_it_is_one(explorer):
    explorer.open(map="...\n.#.", draws=256)
    explorer.cell(1, 1).click(modifiers=["Shift"])
    assert "no cell of the world" in explorer.page.inner_text("#pair-told")
    explorer.tool(".").after(explorer.cell(1, 1).click)
    assert "no cell of the world" not in explorer.page.inner_text("#pair-told")


def test_an_interval_that_is_uneven_has_both_ends(explorer):
    """A mark of 2, where staying is best for all goals: no draw differs, none can be above 2, and it is said why."""
    explorer.open(map="a..", **{"mark.a": 2}, draws=256)
    explorer.cell(0, 0).hover()
    assert re.fullmatch(r"1\.\d+ … 2\.0+", explorer.page.inner_text("#joint"))
    assert "what so many draws cannot exclude" in explorer.page.inner_text("#alike-told")
    explorer.cell(0, 2).hover()
    assert explorer.control("alike-told").is_hidden()

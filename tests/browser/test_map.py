"""The map: painted by mouse and by keys, and told in words."""

from __future__ import annotations

import re

import pytest
from contrast import contrast

MAP = "....\n....\n...."


def drawn(explorer) -> list[str]:
    return explorer.now()["state"]["world"]["map"].split("\n")


def centre(explorer, row, column):
    box = explorer.cell(row, column).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_click_paints_and_paints_back(explorer):
    explorer.follow(map=MAP, draws=256).tool("#")
    explorer.after(explorer.cell(1, 2).click)
    assert drawn(explorer) == ["....", "..#.", "...."]
    assert (1, 2) not in explorer.numbers()
    assert explorer.cell(1, 2).get_attribute("aria-label") == "row 1, column 2, wall"
    explorer.after(explorer.cell(1, 2).click)
    assert drawn(explorer) == ["....", "....", "...."]


def test_a_drag_paints_a_line_and_is_undone_as_one(explorer):
    """The mouse jumps from end to end: the cells between are painted too."""
    explorer.follow(map=MAP, draws=256).tool("#")

    def drag():
        explorer.page.mouse.move(*centre(explorer, 1, 0))
        explorer.page.mouse.down()
        explorer.page.mouse.move(*centre(explorer, 1, 3))
        explorer.page.mouse.up()

    explorer.after(drag)
    assert drawn(explorer) == ["....", "####", "...."]
    explorer.after(explorer.control("undo").click)
    assert drawn(explorer) == ["....", "....", "...."]
    explorer.after(explorer.control("redo").click)
    assert drawn(explorer) == ["....", "####", "...."]
    assert explorer.control("redo").is_disabled()


def test_what_is_undone_in_the_middle_of_a_stroke_stays_undone(explorer):
    """The rest of the stroke would belong to no step that could be taken back."""
    explorer.follow(map=MAP, draws=256).tool("#")
    mouse = explorer.page.mouse
    mouse.move(*centre(explorer, 1, 0))
    mouse.down()
    mouse.move(*centre(explorer, 1, 1))
    explorer.page.keyboard.press("Control+z")
    mouse.move(*centre(explorer, 1, 3))
    mouse.up()
    assert drawn(explorer) == ["....", "....", "...."]


@pytest.mark.parametrize("glyph", [*".#*~^>v<", " ", "a", "Z"])
def test_every_glyph_has_a_tool(explorer, glyph):
    """A click with a tool on what it paints takes it away, so each starts on another glyph."""
    explorer.follow(map="*...\n...." if glyph in ".#" else "#...\n....", draws=256).tool(glyph)
    explorer.cell(0, 0).click()
    assert drawn(explorer)[0][0] == glyph


def test_a_tool_that_looks_paints_nothing(explorer):
    explorer.follow(map=MAP, draws=256).tool("look")
    explorer.cell(1, 1).click()
    assert drawn(explorer) == MAP.split("\n")
    assert "Row 1, column 1" in explorer.page.inner_text("#reading")


def test_a_world_is_drawn_by_keys_alone(explorer):
    """Tab to the map, arrows, glyphs, Enter for the tool, Delete, Ctrl+Z; focus is on one cell, and in the order."""
    explorer.open(map=MAP, draws=256)
    press = explorer.page.keyboard.press
    for _ in range(40):
        press("Tab")
        if explorer.page.evaluate("() => document.activeElement.getAttribute('role')") == "gridcell":
            break
    else:
        pytest.fail("no cell is reached by Tab")
    press("Home")
    for key in ("ArrowDown", "ArrowRight"):
        press(key)
    focused = "() => document.activeElement.getAttribute('aria-label')"
    assert explorer.page.evaluate(focused).startswith("row 1, column 1, floor: POWER")
    explorer.after(lambda: press("#"))
    assert drawn(explorer) == ["....", ".#..", "...."]
    assert explorer.page.evaluate(focused) == "row 1, column 1, wall"
    press("ArrowRight")
    explorer.after(lambda: press("Enter"))
    press("ArrowRight")
    explorer.after(lambda: press("b"))
    assert drawn(explorer) == ["....", ".##b", "...."]
    press("ArrowDown")
    explorer.after(lambda: press("Delete"))
    assert drawn(explorer) == ["....", ".##b", "... "]
    for _ in range(4):
        explorer.after(lambda: press("Control+z"))
    assert drawn(explorer) == MAP.split("\n")
    explorer.after(lambda: press("Control+Shift+z"))
    assert drawn(explorer) == ["....", ".#..", "...."]
    assert explorer.page.locator("[role=gridcell][tabindex='0']").count() == 1


def test_the_map_is_one_stop(explorer):
    """From the button before it to the chosen cell, and from there to the switches behind it."""
    explorer.follow(map=MAP, draws=256)
    explorer.control("pin").focus()
    stops = []
    for _ in range(2):
        explorer.page.keyboard.press("Tab")
        stops.append(
            explorer.page.evaluate("() => document.activeElement.getAttribute('role') ?? document.activeElement.id")
        )
    assert stops == ["gridcell", "arrows"]


def test_every_cell_has_a_name_and_the_grid_its_size(explorer):
    explorer.follow(map=".#a\n*~ ", draws=256)
    names = [cell.get_attribute("aria-label") for cell in explorer.page.locator("[role=gridcell]").all()]
    assert [name.split(":")[0] for name in names] == [
        "row 0, column 0, floor", "row 0, column 1, wall", "row 0, column 2, mark a",
        "row 1, column 0, exit", "row 1, column 1, pit", "row 1, column 2, no cell",
    ]  # fmt: skip
    grid = explorer.page.locator("[role=grid]")
    assert grid.get_attribute("aria-rowcount") == "2"
    assert grid.get_attribute("aria-colcount") == "3"


def test_nothing_is_told_by_colour_alone(explorer):
    """Walls are hatched, what is no cell is dotted, marks are letters, one-way cells have a triangle."""
    explorer.follow(map=".#a>\n*~ .", draws=256)
    told = {}
    for row, column in ((0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2)):
        told[row, column] = explorer.cell(row, column).evaluate(
            """(cell) => [cell.querySelector("rect").getAttribute("fill").startsWith("url("),
                          cell.querySelector("rect").hasAttribute("stroke-dasharray"),
                          [...cell.querySelectorAll("text")].map((t) => t.textContent).join("|")]"""
        )
    hatched, dotted, texts = (dict(zip(told, column, strict=True)) for column in zip(*told.values(), strict=True))
    assert [at for at in told if hatched[at]] == [(0, 1)]
    assert [at for at in told if dotted[at]] == [(1, 2)]
    for at, sign in (((0, 2), "a"), ((1, 0), "*"), ((1, 1), "~")):
        assert sign in texts[at].split("|")
    outlines = [path.get_attribute("d") for path in explorer.cell(0, 3).locator("path").all()]
    assert [path for path in outlines if re.fullmatch(r"M[^ML]+L[^ML]+L[^ML]+z", path)]


@pytest.mark.parametrize("fields", [{}, {"gamma": 0}, {"map": "....\n....", "rewards": "norm(0,1)"}])
def test_texts_on_the_map_can_be_read(explorer, fields):
    """Every text and arrow against the colour of its own cell."""
    explorer.follow(**fields)
    script = """() => [...document.querySelectorAll("[role=gridcell]")].flatMap((cell) => {
        const ground = getComputedStyle(cell.querySelector("rect")).fill
        return [...cell.querySelectorAll("text")].map((text) => [ground, getComputedStyle(text).fill])
    })"""
    found = [pair for pair in explorer.page.evaluate(script) if pair[0].startswith("rgb")]
    assert len(found) > 5
    assert min(contrast(ground, text) for ground, text in found) >= 4.5


def test_the_largest_map_is_drawn(explorer):
    explorer.open(map="\n".join(["." * 64] * 64), draws=256)
    assert len(explorer.numbers()) == 4096

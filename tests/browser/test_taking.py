"""Buttons that copy and save: what is on the clipboard, and files that stand alone."""

from __future__ import annotations

import csv
import re
import struct
from xml.etree import ElementTree

import pytest

import mdppower as mp

SVG = "{http://www.w3.org/2000/svg}"
CLIPBOARD = "() => navigator.clipboard.readText()"


def saved(explorer, id):
    with explorer.page.expect_download() as download:
        explorer.control(id).click()
    return download.value


@pytest.mark.parametrize("name", ["python", "shell"])
def test_texts_are_copied(explorer, name):
    explorer.follow(draws=256)
    explorer.control(f"copy-{name}").click()
    explorer.page.wait_for_selector("#take-told:has-text('Copied')")
    text = explorer.page.evaluate(CLIPBOARD)
    assert text == explorer.page.locator(f"#text-{name}").text_content()
    assert "mdppower" in text


def test_a_link_is_copied_and_shows_the_same(explorer, tab):
    explorer.follow(map="..a\n.#.", gamma=0.4, draws=256)
    explorer.control("copy-link").click()
    explorer.page.wait_for_selector("#take-told:has-text('Copied')")
    link = explorer.page.evaluate(CLIPBOARD)
    assert link.startswith(f"{explorer.url}/#v=1&map=")
    other = tab()
    other.page.goto(link)
    assert other.settled().numbers() == explorer.numbers()


def test_where_the_clipboard_is_refused_the_text_is_there(explorer):
    explorer.open(draws=256)
    explorer.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    explorer.control("copy-python").click()
    explorer.page.wait_for_selector("#take-text:visible")
    assert explorer.control("take-text").input_value().strip().startswith("import mdppower as mp")


def test_the_map_is_saved_as_a_file_of_a_map(explorer, tmp_path):
    explorer.follow(map="..a\n.#.", draws=256)
    download = saved(explorer, "save-map")
    assert download.suggested_filename == "map.txt"
    download.save_as(tmp_path / "map.txt")
    world = mp.envs.gridworld_from_file(tmp_path / "map.txt")
    assert world.fingerprint == mp.envs.gridworld("..a\n.#.").fingerprint


def test_numbers_are_saved_as_a_table(explorer, tmp_path):
    explorer.follow(draws=256)
    download = saved(explorer, "save-csv")
    download.save_as(tmp_path / download.suggested_filename)
    with open(tmp_path / download.suggested_filename, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["state"]: float(row["power"]) for row in rows} == {
        str(cell): mean for cell, mean in explorer.numbers().items()
    }


def picture(explorer, tmp_path, id="save-svg"):
    download = saved(explorer, id)
    download.save_as(tmp_path / "picture.svg")
    text = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    return text, ElementTree.fromstring(text)


@pytest.mark.parametrize("view", ["power", "optimality"])
def test_a_picture_stands_alone(explorer, tmp_path, view):
    """Valid XML, without scripts or anything from elsewhere, with title, legend, numbers and what was computed."""
    explorer.page.emulate_media(color_scheme="dark")
    explorer.open(map="a.*\n.#~", view=view)
    text, root = picture(explorer, tmp_path)
    assert root.tag == f"{SVG}svg"
    parts = list(root.iter())
    assert not [part for part in parts if part.tag.split("}")[1] in ("script", "foreignObject", "image", "a", "use")]
    for part in parts:
        for name, value in part.attrib.items():
            assert not name.lower().startswith("on")
            assert "://" not in value
            assert "var(" not in value
    ids = {part.get("id") for part in parts}
    for reference in (value for part in parts for value in part.attrib.values() if "url(#" in value):
        assert reference.split("url(#")[1].split(")")[0] in ids
    words = " ".join("".join(part.itertext()) for part in root.iter(f"{SVG}text"))
    for told in ("γ = 0.9", "4,096 draws", "95 %", "a", "*", "~"):
        assert told in words
    assert root.find(f"{SVG}title").text
    shown = explorer.page.evaluate(
        """async (text) => {
            const image = new Image()
            image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }))
            await image.decode()
            return [image.naturalWidth, image.naturalHeight]
        }""",
        text,
    )
    assert shown == [float(root.get("width")), float(root.get("height"))]


def test_a_raster_has_two_dots_a_pixel(explorer, tmp_path):
    """Width and height stand in the header of a PNG, from byte 16 on; it is no empty picture."""
    explorer.follow(draws=256)
    _, root = picture(explorer, tmp_path)
    download = saved(explorer, "save-png")
    download.save_as(tmp_path / "picture.png")
    data = (tmp_path / "picture.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (2 * float(root.get("width")), 2 * float(root.get("height")))
    assert len(data) > 10_000


def test_lines_of_a_sweep_are_saved(explorer, tmp_path):
    explorer.page.emulate_media(reduced_motion="reduce")
    explorer.open(map="...\n.#.", draws=256)
    assert explorer.control("save-lines").is_hidden()
    explorer.after(explorer.control("sweep").click)
    _, root = picture(explorer, tmp_path, "save-lines")
    words = " ".join("".join(part.itertext()) for part in root.iter(f"{SVG}text"))
    assert "POWER over γ" in words


@pytest.mark.parametrize("gone", ["refused", "lost"])
def test_nothing_that_is_older_than_the_question_is_taken_away(tab, faults, gone):
    """A picture of these numbers with that wall, and its caption, would be a lie; what says no number stays."""
    faults.expected.append("Failed to load resource")
    explorer = tab()
    explorer.page.clock.install()
    explorer.open(map="...\n.#.", gamma=0.5)
    if gone == "refused":
        explorer.control("law").fill("nrm(0,1)")
        explorer.control("law").press("Enter")
    else:
        explorer.page.route("**/api/ask", lambda route: route.abort())
    explorer.tool("#")
    explorer.cell(0, 1).click()
    explorer.page.wait_for_selector("#take-told:has-text('only Map and Link')")
    for id in ("copy-python", "copy-shell", "save-csv", "save-svg", "save-png"):
        assert explorer.control(id).is_disabled(), id
        assert "not the answer" in explorer.control(id).get_attribute("title")
    assert "mdppower" not in explorer.page.locator("#text-python").text_content()
    assert explorer.control("save-map").is_enabled()
    assert explorer.control("copy-link").is_enabled()
    explorer.page.unroute("**/api/ask")
    explorer.control("law").fill("uniform")
    if gone == "refused":
        explorer.after(lambda: explorer.control("law").press("Enter"))
    else:
        explorer.after(lambda: explorer.page.clock.run_for(3000))  # it asks again by itself
    assert explorer.control("save-png").is_enabled()
    assert explorer.page.inner_text("#take-told") == ""


def test_what_a_file_does_not_say_is_said(explorer):
    explorer.open(map="..a\n.#.", slip=0.2, rewards="norm(0,1)")
    saved(explorer, "save-map")
    assert explorer.page.inner_text("#take-told") == "Saved: Map, without slip, laws; Link keeps them."
    saved(explorer, "save-csv")
    assert "95 %, each alone" in explorer.page.inner_text("#take-told")


def test_what_is_provisional_says_so(explorer, tmp_path):
    """A picture has it in its caption; a table has no place for it, and waits."""
    explorer.open()
    explorer.page.evaluate(
        """async () => {
            const { page } = await import("/page/view.js")
            page.show({ ...page.message(), provisional: true, draws: 1024, of: 4096 }, 0, page.answered())
        }"""
    )
    assert explorer.control("save-csv").is_disabled()
    assert "all draws" in explorer.control("save-csv").get_attribute("title")
    text, _ = picture(explorer, tmp_path)
    assert "provisional, 1,024 of 4,096 draws (Latin hypercube, seed 0)" in text


def test_a_picture_claims_no_error_that_is_not_known(explorer, tmp_path):
    """Five of six cells are equal in every draw there, which excludes nothing of normal rewards (test_compare)."""
    asked = {"map": ".^.\n...", "gamma": 0, "rewards": "norm(0,1)", "draws": 256}
    explorer.open(view="difference", **asked, **{"pin.map": "..._..."})
    text, _ = picture(explorer, tmp_path)
    assert "at most where it is known: 95 %, all cells at once" in text


def test_the_lines_of_a_sweep_are_saved_with_its_own_intervals(explorer, tmp_path):
    """Whatever the map shows since: ± is that of all cells and rates, not that of the γ which was typed."""
    explorer.open(map="..\n.*", draws=256, slip=0.1, **{"bias.E": 0.05})
    explorer.after(explorer.control("sweep").click)
    explorer.page.wait_for_selector("body[data-playing='true']")
    sweep = explorer.now()["message"]
    explorer.control("gamma-number").fill("0.33")
    explorer.after(lambda: explorer.control("gamma-number").press("Enter"))
    text, _ = picture(explorer, tmp_path, "save-lines")
    most = max(half for halves in sweep["joint"] for half in halves)
    told = re.search(r"± (\.\d+) at most: 95 %, all cells and rates at once", text)
    assert float(told[1]) == pytest.approx(most, rel=0.05)
    assert "slip 0.1, bias E=0.05" in text

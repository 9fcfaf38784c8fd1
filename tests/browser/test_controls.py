"""Each control changes what is asked, and shows what was asked; what cannot be asked is said beside it."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp

MAP = "a..#\n.#..\n...."


def act(explorer, how, selector, value=""):
    """One thing that is done to one control."""
    control = explorer.page.locator(selector)
    match how:
        case "type":
            control.fill(value)
            control.press("Enter")
        case "slide":
            control.fill(value)
        case "choose":
            control.select_option(value)
        case _:
            getattr(control, how)()


@pytest.mark.parametrize(
    ("done", "options", "run"),
    [
        (("type", "#gamma-number", ".35"), {}, {"gamma": 0.35}),
        (("type", "#slip-number", "0.25"), {"slip": 0.25}, {}),
        (("slide", "#slip", "0.1"), {"slip": 0.1}, {}),
        (("uncheck", "#stay"), {"stay": False}, {}),
        (("check", "#wrap"), {"wrap": True}, {}),
        (("choose", "#blocked", "remove"), {"blocked": "remove"}, {}),
        (("uncheck", "[name='move'][value='W']"), {"moves": "NES"}, {}),
        (("check", "[name='move'][value='+diagonals']"), {"moves": "NESW+diagonals"}, {}),
        (("type", "#law", "norm(0, 1)"), {}, {"rewards": "norm(0, 1)"}),
        (("type", "#law-a", "norm(3, 1)"), {}, {"rewards": {"default": "uniform", "a": "norm(3, 1)"}}),
        (("choose", "#draws", "1024"), {}, {"samples": 1024}),
        (("type", "#seed", "7"), {}, {"rng": 7}),
        (("click", "#again"), {}, {"rng": 1}),
        (("choose", "#sampler", "iid"), {}, {"sampler": "iid"}),
    ],
    ids=str,
)
def test_a_control_asks_for_what_it_says(explorer, done, options, run):
    explorer.follow(map=MAP, draws=256)
    explorer.after(lambda: act(explorer, *done))
    question = {"gamma": 0.9, "rewards": "uniform", "samples": 256, "rng": 0, "sampler": "latin"} | run
    expected = mp.power(mp.envs.gridworld(MAP, **options), **question)
    np.testing.assert_allclose(list(explorer.numbers().values()), expected.mean, rtol=0, atol=1e-8)


def test_a_bias_goes_wherever_the_slip_goes(explorer):
    """Into the numbers, the texts to copy and the link; as the command line has it, blanks and all."""
    explorer.follow(map=MAP, slip=0.3, draws=256)
    explorer.after(lambda: act(explorer, "type", "#bias", "N=.2, stay = 5e-2"))
    bias = {"N": 0.2, "stay": 0.05}
    expected = mp.power(mp.envs.gridworld(MAP, slip=0.3, bias=bias), 0.9, samples=256, rng=0)
    np.testing.assert_allclose(list(explorer.numbers().values()), expected.mean, rtol=0, atol=1e-8)
    texts = [explorer.page.text_content(f"#text-{name}") for name in ("python", "shell")]
    assert 'slip=0.3, bias={"N": 0.2, "stay": 0.05})' in texts[0]
    assert "--slip 0.3 --bias N=0.2,stay=0.05 " in texts[1]
    link = explorer.call("address", "toFragment", explorer.now()["state"])
    assert "&bias.N=0.2&bias.stay=0.05" in link
    assert explorer.control("bias").input_value() == "N=0.2, stay=0.05"
    assert explorer.control("bias").get_attribute("aria-describedby") == "bias-told"


def test_options_of_the_world_are_undone_one_by_one(explorer):
    """A slide is one step, whatever lies between its ends."""
    explorer.open(map="...", draws=256)
    explorer.page.evaluate(
        """() => {
            const slip = document.getElementById("slip")
            for (const value of [0.1, 0.2, 0.3]) {
                slip.value = value
                slip.dispatchEvent(new Event("input", { bubbles: true }))
            }
            slip.dispatchEvent(new Event("change", { bubbles: true }))
        }"""
    )
    act(explorer, "type", "#bias", "E=0.1")
    act(explorer, "check", "#wrap")
    seen = []
    for _ in range(3):
        explorer.control("undo").click()
        world = explorer.now()["state"]["world"]
        seen.append((world["slip"], world["bias"], world["wrap"]))
    assert seen == [(0.3, {"E": 0.1}, False), (0.3, {}, False), (0, {}, False)]
    assert explorer.control("undo").get_attribute("aria-disabled") == "true"
    explorer.settled()


def test_laws_are_undone(explorer):
    explorer.open(map="a..", draws=256)
    explorer.after(lambda: act(explorer, "type", "#law-a", "5"))
    explorer.after(lambda: act(explorer, "type", "#law", "expon"))
    seen = []
    for _ in range(2):
        explorer.after(explorer.control("undo").click)
        seen.append(explorer.now()["state"]["rewards"])
    assert seen == [{"default": "uniform", "marks": {"a": "5"}}, {"default": "uniform", "marks": {}}]
    explorer.after(explorer.control("redo").click)
    assert explorer.control("law-a").input_value() == "5"


def test_a_slide_that_is_undone_on_its_way_is_another_one_after(explorer):
    """The pointer is still down: no event says that the slide has ended, and what comes is not to be lost."""
    explorer.open(map="...", draws=256)
    slide = """(value) => {
        const slip = document.getElementById("slip")
        slip.value = value
        slip.dispatchEvent(new Event("input", { bubbles: true }))
    }"""
    explorer.page.evaluate(slide, 0.3)
    explorer.control("undo").click()
    explorer.page.evaluate(slide, 0.5)
    assert explorer.now()["state"]["world"]["slip"] == 0.5
    explorer.control("undo").click()
    assert explorer.now()["state"]["world"]["slip"] == 0
    explorer.settled()


def test_hints_are_read_and_seen_by_all(explorer):
    """A title shows to a mouse alone; these are described by words that stand by them."""
    explorer.open(map="a..", draws=256)
    told = explorer.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[id][aria-describedby]")].map((one) => {
            const hint = document.getElementById(one.getAttribute("aria-describedby"))
            const near = one.closest(".card") === hint.closest(".card")
            return [one.id, near && hint.checkVisibility() && hint.innerText.length > 20]
        }))"""
    )
    ids = "tools gamma gamma-number slip slip-number bias blocked wrap law law-a draws seed sampler"
    assert told == dict.fromkeys(ids.split(), True)
    assert explorer.page.locator("label[title], input[title], select[title]").count() == 0


def test_the_map_is_made_larger_and_smaller(explorer):
    explorer.follow(map="..\n.#", draws=256)
    act(explorer, "type", "#columns", "3")
    explorer.settled()
    act(explorer, "type", "#rows", "1")
    explorer.settled()
    assert explorer.now()["state"]["world"]["map"] == "..."
    assert list(explorer.numbers()) == [(0, 0), (0, 1), (0, 2)]
    explorer.after(explorer.control("undo").click)
    assert explorer.now()["state"]["world"]["map"] == "...\n.#."


def test_a_named_world_is_opened(explorer):
    explorer.open(draws=1024)
    names = explorer.control("world").locator("option").evaluate_all("(all) => all.map((one) => one.value)")
    assert {"maze", "four-rooms"} <= set(names)
    assert explorer.control("world").input_value() == "maze"
    explorer.after(lambda: explorer.control("world").select_option("four-rooms"))
    rooms = mp.envs.make("four-rooms")
    expected = mp.power(rooms, 0.9, samples=1024, rng=0).mean
    np.testing.assert_allclose(list(explorer.numbers().values()), expected, rtol=0, atol=1e-8)


def test_a_file_is_opened(explorer, tmp_path):
    """As `mdppower map FILE` reads it: comments above, a margin, line ends of Windows."""
    file = tmp_path / "room.txt"
    file.write_bytes(b"; a room\r\n..a\r\n.#.\r\n")
    explorer.follow(draws=256)
    explorer.after(lambda: explorer.control("file").set_input_files(file))
    assert explorer.now()["state"]["world"]["map"] == "..a\n.#."
    file.write_text("; nothing but a comment\n")
    explorer.control("file").set_input_files(file)
    explorer.page.wait_for_selector(".error")
    assert "no map" in explorer.error("open")
    file.write_text("; its third line, as an editor counts\n  ...\n  .@.\n")
    explorer.control("file").set_input_files(file)
    explorer.page.wait_for_selector(".error:has-text('line 3, column 4')")
    assert explorer.error("open").startswith('room.txt, line 3, column 4: "@" is no sign of a map')
    assert explorer.now()["state"]["world"]["map"] == "..a\n.#."
    assert not explorer.is_old()


def test_another_world_has_options_of_its_own_and_undo_brings_these_back(explorer):
    """Slip is of the world; laws of marks go where the marks do, and the law of all cells stays."""
    laws = {"rewards": "norm(0,1)", "mark.a": "norm(2,1)"}
    explorer.open(map="..a\n.#.", slip=0.2, draws=256, **laws)
    before = explorer.now()["state"]
    explorer.after(lambda: explorer.control("world").select_option("maze"))
    state = explorer.now()["state"]
    assert (state["world"]["slip"], state["rewards"]) == (0, {"default": "norm(0,1)", "marks": {}})
    assert "slip, laws of marks" in explorer.page.inner_text(".told")
    explorer.after(explorer.control("undo").click)
    assert [explorer.now()["state"][part] for part in ("world", "rewards")] == [before["world"], before["rewards"]]
    assert explorer.page.locator(".told").count() == 0
    explorer.after(explorer.control("redo").click)
    assert explorer.now()["state"]["rewards"]["marks"] == {}


@pytest.mark.parametrize(
    ("fields", "done", "field", "told"),
    [
        ({}, ("type", "#gamma-number", "fast"), "gamma", "fast"),
        ({}, ("type", "#gamma-number", "1.5"), "gamma", "1.5"),
        ({}, ("type", "#gamma-number", "1e999"), "gamma", ""),
        ({}, ("type", "#slip-number", "1.5"), "world.slip", "1.5"),
        ({"slip": 0.1}, ("type", "#bias", "N=0.2"), "world.bias", "more than slip = 0.1"),
        ({}, ("type", "#bias", "up=0.1"), "world.bias", "up=0.1"),
        ({}, ("type", "#bias", "N=.1,N=.1"), "world.bias", "each once"),
        ({}, ("type", "#bias", "N=.1="), "world.bias", "N=.1="),
        ({"moves": "N"}, ("uncheck", "[name='move'][value='N']"), "world.moves", "one of north"),
        ({}, ("type", "#law", "cauchy"), "rewards.default", "cauchy"),
        ({}, ("type", "#law", "__import__('os')"), "rewards.default", "__import__"),
        ({}, ("type", "#law-a", "norm(1,"), "rewards.marks.a", "norm(1,"),
        ({}, ("type", "#seed", "-1"), "seed", "-1"),
        ({}, ("type", "#columns", "65"), "size", "64"),
        ({"map": "..>\n..."}, ("uncheck", "[name='move'][value='E']"), "world.map", "row 0, column 2"),
        ({"map": ".#\n##"}, ("click", "[data-row='0'][data-column='0']"), "world.map", ""),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_asked_is_said_beside_its_control(explorer, faults, fields, done, field, told):
    """One sentence; the old picture stays, greyed; and the next question that can be asked takes both away.

    What takes away what one of these tests has left is the first question of the next.
    """
    faults.expected.append("400 (Bad Request)")
    explorer.follow(**({"map": MAP, "draws": 256} | fields)).tool("#")
    assert not explorer.is_old()
    assert explorer.page.locator(".error").count() == 0
    before = explorer.attribute("seen")
    act(explorer, *done)
    explorer.page.wait_for_selector("#map.old")
    sentence = explorer.error(field)
    assert told in sentence
    assert len(sentence) > 10
    assert explorer.page.locator(".error").count() == 1
    explorer.settled()
    assert explorer.attribute("seen") == before


def test_a_field_follows_again_after_what_was_typed_was_taken_back(explorer):
    """Nothing has changed then, and no event says that the typing is over."""
    explorer.open(map="...", draws=256)
    explorer.control("gamma-number").press("End")
    explorer.page.keyboard.type("5")
    explorer.page.keyboard.press("Backspace")
    explorer.after(lambda: explorer.control("gamma").fill("0.5"))
    assert explorer.control("gamma-number").input_value() == "0.5"


@pytest.mark.parametrize(
    ("address", "field", "told"),
    [
        ({"map": "..?\n..."}, "world.map", "row 0, column 2"),
        ({"map": "###"}, "world.map", ""),
        ({"map": "...", "gamma": 2}, "gamma", "2"),
        ({"map": "...", "view": "difference", "pin.map": "---.--"}, "pinned", ""),
    ],
)
def test_what_cannot_be_asked_comes_by_a_link(explorer, faults, address, field, told):
    faults.expected.append("400 (Bad Request)")
    explorer.open(seen=False, **address)
    explorer.page.wait_for_selector(".error")
    assert told in explorer.error(field)

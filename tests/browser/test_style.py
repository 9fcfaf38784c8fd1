"""What it looks like: on narrow screens, magnified, in the dark, and for who wants nothing to move."""

from __future__ import annotations

from contrast import contrast, luminance
from page_states import states

OVERFLOW = """() => new Promise((found) => {
    const root = document.documentElement
    const drawn = () => found(root.scrollWidth - root.clientWidth)
    requestAnimationFrame(() => requestAnimationFrame(drawn))  // its first frame may be of the size before
})"""
SIZES = {"360 px": (360, 740), "200 %": (640, 400), "800 px": (800, 600)}
"""1280 × 800 at 200 % is 640 × 400 of larger pixels."""


def test_nothing_is_scrolled_sideways(explorer, faults):
    faults.expected.append("400 (Bad Request)")
    wider = {}
    explorer.page.emulate_media(reduced_motion="reduce")
    for name, _ in states(explorer, draws=256):
        for size, (width, height) in SIZES.items():
            explorer.page.set_viewport_size({"width": width, "height": height})
            if over := explorer.page.evaluate(OVERFLOW):
                wider[name, size] = over
    assert wider == {}


def test_a_wide_map_on_a_narrow_screen(explorer):
    """64 columns: the map itself may be scrolled, the page is not."""
    explorer.page.set_viewport_size({"width": 360, "height": 740})
    explorer.open(map="\n".join(["." * 64] * 3), draws=256)
    assert explorer.page.evaluate(OVERFLOW) == 0


def test_light_and_dark(explorer):
    grounds = {}
    explorer.open(map="...", draws=256)
    for scheme in ("light", "dark"):
        explorer.page.emulate_media(color_scheme=scheme)
        style = explorer.page.evaluate(
            "() => { const s = getComputedStyle(document.body); return [s.backgroundColor, s.color] }"
        )
        grounds[scheme] = luminance(style[0])
        assert contrast(*style) >= 7
    assert grounds["dark"] < 0.05
    assert grounds["light"] > 0.8


def test_the_chosen_tool_is_seen_in_forced_colours(explorer):
    """There backgrounds of one's own are taken away, and which tool is chosen would be told by bold letters alone."""
    explorer.page.emulate_media(forced_colors="active")
    explorer.open(map="...", draws=256).tool("a")
    grounds = [
        explorer.page.locator(f"#tools label:has({state})").first.evaluate(
            "(one) => getComputedStyle(one).backgroundColor"
        )
        for state in (":checked", ":not(:checked)")
    ]
    assert grounds[0] != grounds[1]


def test_who_wants_nothing_to_move_gets_it(explorer):
    """A sweep stands at its first rate, to be stepped through; nothing is animated."""
    explorer.page.emulate_media(reduced_motion="reduce")
    explorer.open(draws=256)
    explorer.after(explorer.control("sweep").click)
    explorer.page.wait_for_timeout(300)
    assert explorer.attribute("playing") == "false"
    assert explorer.now()["rate"] == 0
    explorer.control("step").click()
    assert explorer.now()["rate"] == 1
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
        const style = getComputedStyle(one)
        return [style.transitionDuration, style.animationDuration].some((text) => parseFloat(text) > 0)
    }).length"""
    assert explorer.page.evaluate(moving) == 0


def test_everything_can_be_pressed_with_a_finger(tab):
    """Targets of 24 × 24 CSS pixels at least (WCAG 2.5.8), at 360 px."""
    explorer = tab(viewport={"width": 360, "height": 740}, has_touch=True).open()
    small = {}
    for one in explorer.page.locator("button:visible, select:visible, input:visible").all():
        # A box or a tool is pressed by its label.
        box = one.evaluate(
            "(one) => { const b = (one.closest('label') ?? one).getBoundingClientRect(); return [b.width, b.height] }"
        )
        if min(box) < 24:
            small[one.evaluate("(one) => one.outerHTML.slice(0, 80)")] = box
    assert small == {}

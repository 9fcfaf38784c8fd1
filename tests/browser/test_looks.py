"""How numbers look: colours that they are read from, the ink on them, and numbers as text."""

from __future__ import annotations

import pytest
from contrast import contrast, luminance

INKS = {"#fff": "255 255 255", "#000": "0 0 0"}
STEPS = 200


@pytest.mark.parametrize(("scale", "low"), [("viridis", 0), ("diverging", -1)])
def test_text_can_be_read_on_every_colour(modules, scale, low):
    """The better of black and white has a contrast of √(21·1) ≈ 4.58 at the worst grey; no colour is worse."""
    script = """async ([name, low, steps]) => {
        const looks = await import("/page/looks.js")
        const colours = Array.from({length: steps + 1}, (_, i) => looks[name](low + (1 - low) * i / steps))
        return colours.map((colour) => [colour, looks.ink(colour)])
    }"""
    drawn = modules.page.evaluate(script, [scale, low, STEPS])
    assert len({colour for colour, _ in drawn}) > STEPS / 2
    assert min(contrast(colour, INKS[ink]) for colour, ink in drawn) >= 4.5


def test_the_contrast_of_another_rule_would_be_seen():
    """White ink wherever luma is below 120, as before, falls to 3.2 on a green of viridis."""
    assert contrast("0 0 0", "255 255 255") == pytest.approx(21)
    assert contrast("33 145 140", "255 255 255") < 4.5


def test_viridis_is_read_in_grey_too(modules):
    """More is lighter, all the way; of the diverging scale the middle is lightest."""
    greys = [luminance(modules.call("looks", "viridis", t / 20)) for t in range(21)]
    assert greys == sorted(greys)
    ends = [luminance(modules.call("looks", "diverging", t)) for t in (-1, 0, 1)]
    assert max(ends) == ends[1]


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (0.87123, 0.0021, ".8712 ± .0021"),
        (-0.87123, 0.021, "−.871 ± .021"),
        (1.5, 0, "1.5000 ± 0"),
        (123.456, 1.7, "123.5 ± 1.7"),
        (0.5, None, ".5000"),
        (None, None, "–"),
        (-0.00001, 0.021, ".000 ± .021"),  # never −0
        (0, 2e-14, "0 ± 2e-14"),
    ],
)
def test_a_number_has_as_many_digits_as_its_error_gives(modules, mean, half, text):
    assert modules.call("looks", "show", mean, half) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.87123, ".871"), (-12.345, "−12.3"), (0.0005, ".001"), (2.1e-5, "2e−5"), (-0.0003, "−3e−4"), (0, "0")],
)
def test_in_a_cell_a_small_number_is_not_nothing(modules, value, text):
    """.000 would say the same of a change that is proved and of none."""
    assert modules.call("looks", "short", value) == text

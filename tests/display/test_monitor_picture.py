"""Pictures of counts along training: what is drawn is what is said."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import mdppower as mp
from mdppower.display.monitor_picture import LEAST, plot_monitor
from mdppower.errors import ParameterError, SizeError

ROWS = {
    "checkpoint": [80, 320, 9050, 9050],
    "successes": [300, 383, 400, 346],
    "trials": [400] * 4,
    "reference": ["random"] * 3 + [320],
}
FOUND = mp.learning.monitor(ROWS, width=1, sd=0.05)


def bars(panel):
    """The ends of vertical lines."""
    return [segment[:, 1].tolist() for lines in panel.collections if hasattr(lines, "get_segments")
            for segment in lines.get_segments()]  # fmt: skip


@pytest.mark.slow
def test_rates_with_their_limits():
    above, _ = plot_monitor(FOUND).axes
    low, high = FOUND.interval(simultaneous=True)
    np.testing.assert_allclose(bars(above), np.c_[low, high])
    assert above.get_xscale() == "log"
    hollow = [
        tuple(place)
        for dots in above.collections
        if not hasattr(dots, "get_segments")
        for place in dots.get_offsets().tolist()
        if tuple(dots.get_facecolor()[0]) == to_rgba("white")
    ]
    assert hollow == [(9050, 1.0)]  # saturated


@pytest.mark.slow
def test_leads_of_all_counts_together():
    _, below = plot_monitor(FOUND).axes
    ladder = FOUND.ladder()
    at = [ladder["checkpoint"].index(t) for t in (80, 320, 9050)]
    ends = [[ladder[name][k] for name in ("normal_lower", "normal_upper")] for k in at]
    np.testing.assert_allclose(bars(below), ends)
    legend = [text.get_text() for text in below.get_legend().get_texts()]
    assert legend == ["sure, if sd(Δ) is no more", "the post's band, outside", "if Δ is normal"]


@pytest.mark.slow
def test_what_has_no_limit_has_an_arrow():
    _, below = plot_monitor(FOUND.of("random")).axes
    arrows = [line.get_xydata().tolist() for line in below.lines if line.get_marker() == "^"]
    assert arrows == [[[9050, below.get_ylim()[1]]]]


@pytest.mark.slow
def test_bands_alone_and_units():
    _, below = plot_monitor(mp.learning.monitor(ROWS, width=1)).axes
    assert below.get_ylabel() == "lead over random (reward units)"
    assert [text.get_text() for text in below.get_legend().get_texts()] == ["sure", "the post's band"]
    _, below = plot_monitor(mp.learning.monitor(ROWS).of("random")).axes
    assert below.get_ylabel() == "lead over random (sd(Δ))"


def test_a_normal_law_that_says_nothing_sets_no_scale():
    """Only sd against 9050 is given, and no count of it leads to the base: the band by the range is to be seen."""
    rows = {
        "checkpoint": [80, 320, 9999], "successes": [30, 38, 30], "trials": [40] * 3,
        "reference": ["random", "random", 9050],
    }  # fmt: skip
    _, below = plot_monitor(mp.learning.monitor(rows, width=1, sd={9050: 0.1})).axes
    assert below.get_ylim()[1] > 1


@pytest.mark.slow
def test_what_must_be_read_with_it():
    figure = plot_monitor(mp.learning.monitor(ROWS))
    assert "without sd no lead is shown" in figure.get_suptitle().replace("\n", " ")
    rows = ROWS | {"reference": ["random", "random", "other", "other"], "checkpoint": [0, 1, 2, 3]}
    figure = plot_monitor(mp.learning.monitor(rows, sd=1))
    assert "nothing links other to random" in figure.get_suptitle()
    assert figure.axes[0].get_xscale() == "linear"
    assert plot_monitor(mp.learning.monitor(rows | {"checkpoint": [0, 1, 2, 99]})).axes[0].get_xscale() == "symlog"


def test_what_cannot_be_drawn(tmp_path):
    link = {"checkpoint": ["b", 1], "successes": [1, 1], "trials": [2, 2], "reference": ["a", "b"]}
    assert "not drawn, being no numbers: b" in plot_monitor(mp.learning.monitor(link))._supxlabel.get_text()
    with pytest.raises(ParameterError, match="none of these is a number"):
        plot_monitor(mp.learning.monitor(link | {"checkpoint": ["b", "a"]}))
    many = {"checkpoint": range(501), "successes": [1] * 501, "trials": [2] * 501, "reference": ["a"] * 501}
    with pytest.raises(SizeError, match="up to 500 counts"):
        plot_monitor(mp.learning.monitor(many))
    with pytest.raises(ParameterError, match=r"\.png"):
        FOUND.plot(tmp_path / "x.gif")
    with pytest.raises(ParameterError, match="vmin is not for counts"):
        FOUND.plot(vmin=1)


@pytest.mark.slow
def test_a_figure_too_small_is_refused_with_the_least_size():
    with pytest.raises(
        ParameterError, match=r"figsize 4,3 is too small for counts against 2 references: at least"
    ) as e:
        FOUND.plot(figsize=(4, 3))
    least = tuple(float(side) for side in str(e.value).rpartition(" ")[2].split(","))
    figure = FOUND.plot(figsize=least)
    figure.draw_without_rendering()
    for panel in figure.axes:
        box, label = panel.get_window_extent(), panel.yaxis.label.get_window_extent()
        assert box.height >= LEAST[1] * figure.dpi - 1
        assert label.height <= box.height + 1
    assert "\n" in figure.axes[0].get_ylabel()
    assert "\n" not in FOUND.plot().axes[0].get_ylabel()

"""Pictures of coin flips: a panel an arm with two lines, and two for all arms; told apart without colour."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import matplotlib
import numpy as np
import pytest

import mdppower as mp
from mdppower.display.coin_picture import LEAST, MOST, plot_coin_flips
from mdppower.learning import coin_flips

FORK = mp.envs.fork(3)
SMALL = {"iterations": 4, "prompts": 8, "group": 4, "minibatches": 4, "prior_episodes": 300, "runs": 3, "samples": 32}


@pytest.fixture(scope="module")
def flips():
    return coin_flips(FORK, 0.9, arms=["clip", "no-clip", "anti-prior"], rng=0, **SMALL)


@pytest.mark.slow
def test_lines_are_the_shares_and_bands_their_limits(flips):
    figure = flips.plot()
    for panel, arm in zip(figure.axes, flips.names, strict=False):
        sampled, argmax = panel.get_lines()[1:]
        assert sampled.get_ydata().tolist() == flips.sampled(arm).mean.tolist()
        assert argmax.get_ydata().tolist() == flips.argmax(arm).mean.tolist()
        assert (sampled.get_linestyle(), argmax.get_linestyle()) == ("-", "--")
        assert (sampled.get_marker(), argmax.get_marker()) == ("o", "s")
        assert argmax.get_markerfacecolor() == "none"
        lower, upper = flips.sampled(arm).interval(0.95, simultaneous=True)
        band = panel.collections[0].get_paths()[0].vertices[:, 1]
        assert (band.min(), band.max()) == pytest.approx((lower.min(), upper.max()))
        assert panel.get_ylim()[0] < -1.0, "the anti-prior begins there"
        assert panel.get_ylim()[1] > 1


@pytest.mark.slow
def test_the_axis_is_that_of_what_was_trained(flips):
    """Where two runs begin with one argmax share, they exclude little of it: that is no reason for a wide axis.

    After training they are made to have shares of .5 and .5001, so that bands from there on are narrow.
    """
    two = coin_flips(FORK, 0.9, arms="clip", rng=0, **SMALL | {"runs": 2})
    powers = two.powers.copy()
    after = two.floors + np.array([0.5, 0.5001]) * (two.ceilings - two.floors)
    powers[:, :, 1:] = after[:, None, None, None]
    two = replace(two, powers=powers)
    lower = np.array([share("clip").interval(0.95, simultaneous=True)[0] for share in (two.sampled, two.argmax)])
    figure = two.plot()
    bottom = figure.axes[0].get_ylim()[0]
    assert lower[:, 0].min() < bottom == pytest.approx(-0.08)
    assert lower[:, 1:].min() > 0
    assert "cut at the frame" in figure.get_supxlabel()
    assert "cut at the frame" not in flips.of("no-clip").plot().get_supxlabel()
    assert flips.of("no-clip").plot().axes[0].get_ylim()[0] == pytest.approx(
        1.05 * flips.sampled("no-clip").interval(0.95, simultaneous=True)[0].min() - 0.08
    )


@pytest.mark.slow
def test_titles_say_what_is_given_where_it_is_clipped_and_what_it_starts_from(flips):
    titles = [axes.get_title() for axes in flips.plot().axes]
    assert titles == [
        "clip: a coin\nclipped: ρ < 0.8 or ρ > 1.2", "no-clip: a coin\nnot clipped",
        "anti-prior: a coin, anti-prior\nclipped: ρ < 0.8 or ρ > 1.2", "entropy (nats)", "clipped share",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_last_panels_are_about_all_arms(flips):
    entropy, clipped = flips.plot().axes[-2:]
    before, after = entropy.get_lines()[:2]
    assert before.get_xdata()[0] == flips.policy_entropy("clip").mean[0]
    assert before.get_markerfacecolor() == "none"
    assert np.ravel(after.get_xdata()).tolist() == [flips.policy_entropy(arm).mean[-1] for arm in flips.names]
    assert [text.get_text() for text in clipped.get_yticklabels()] == list(flips.names)
    shown = np.ravel(clipped.get_lines()[0].get_xdata()).tolist()
    assert shown == [flips.clipped_share(arm).mean[-1] for arm in flips.names]
    assert shown[1] == 0 < shown[0]


@pytest.mark.slow
def test_words(flips):
    flips = flips.of("clip")
    figure = flips.plot()
    assert "random policy (0)" in figure.get_suptitle()
    assert "95 %, all at once" in figure.get_supxlabel()
    assert "interrupted" in replace(flips, interrupted=True).plot().get_suptitle()
    assert flips.plot(title="mine").get_suptitle() == "mine"


@pytest.mark.slow
def test_files_axes_and_refusals(flips, tmp_path):
    flips = flips.of("clip")
    flips.plot(tmp_path / "coin.png")
    assert (tmp_path / "coin.png").read_bytes()[:4] == b"\x89PNG"
    flips.plot(tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "coin.png").read_bytes()
    with pytest.raises(mp.ParameterError, match=r"coin\.bmp"):
        flips.plot(tmp_path / "coin.bmp")
    with pytest.raises(mp.ParameterError, match="3 panels, and ax has 1"):
        flips.plot(ax=flips.plot().axes[0])
    with pytest.raises(mp.ParameterError, match="vmin is not for lines"):
        flips.plot(vmin=0)
    many = replace(flips, arms=tuple(replace(flips.arms[0], label=str(k)) for k in range(MOST + 1)))
    with pytest.raises(mp.SizeError, match=f"up to {MOST} arms, not {MOST + 1}"):
        plot_coin_flips(many)
    with matplotlib.rc_context({"font.size": 20}):
        flips.of("clip").plot(tmp_path / "large.svg")


@pytest.mark.slow
def test_a_figure_too_small_is_refused_with_the_least_size(flips):
    with pytest.raises(mp.ParameterError, match=r"figsize 4,3 is too small for 3 arms: at least \d") as error:
        flips.plot(figsize=(4, 3))
    least = tuple(float(side) for side in str(error.value).rpartition(" ")[2].split(","))
    figure = flips.plot(figsize=least)
    figure.draw_without_rendering()
    boxes = [axes.get_window_extent() for axes in figure.axes if axes.get_visible()]
    assert min(box.width for box in boxes) >= LEAST[0] * figure.dpi - 1
    assert min(box.height for box in boxes) >= LEAST[1] * figure.dpi - 1
    titles = [axes.title.get_window_extent() for axes in figure.axes[:3]]
    assert all(left.x1 < right.x0 for left, right in pairwise(titles)), "titles do not run into each other"


@pytest.mark.slow
def test_more_arms_take_more_rows():
    found = coin_flips(FORK, 0.9, rng=0, **SMALL | {"runs": 2})
    figure = found.plot()
    assert len(figure.axes) == 12
    assert figure.axes[0].get_gridspec().get_geometry() == (3, 4)
    seven = [axes for axes in found.of(*found.names[:7]).plot().axes if axes.get_visible()]
    assert len(seven) == 9
    assert seven[-2].get_yticklabels()[0].get_text() == "clip", "this panel ends a row: it has names of its own"

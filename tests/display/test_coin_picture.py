"""Pictures of coin flips: a panel an arm with two lines, and two for all arms; told apart without colour."""

from __future__ import annotations

from dataclasses import replace

import matplotlib
import numpy as np
import pytest

import mdppower as mp
from mdppower.display.coin_picture import MOST, plot_coin_flips
from mdppower.learning import coin_flips

FORK = mp.envs.fork(3)
SMALL = {"iterations": 4, "prompts": 8, "group": 4, "minibatches": 4, "prior_episodes": 300, "runs": 3, "samples": 32}


@pytest.fixture(scope="module")
def flips():
    return coin_flips(FORK, 0.9, arms=["clip", "no-clip", "anti-prior"], rng=0, **SMALL)


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
        low, high = panel.get_ylim()
        assert low < min(lower.min(), -1.0)
        assert high > 1


def test_titles_say_what_is_given_where_it_is_clipped_and_what_it_starts_from(flips):
    titles = [axes.get_title() for axes in flips.plot().axes]
    assert titles == [
        "clip: a coin\nclipped: ρ < 0.8 or ρ > 1.2", "no-clip: a coin\nnot clipped",
        "anti-prior: a coin, anti-prior\nclipped: ρ < 0.8 or ρ > 1.2", "entropy (nats)", "clipped share",
    ]  # fmt: skip


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
    figure = flips.plot()
    assert "random policy (0)" in figure.get_suptitle()
    assert "95 %, all at once" in figure.get_supxlabel()
    assert "interrupted" in replace(flips, interrupted=True).plot().get_suptitle()
    assert flips.plot(title="mine").get_suptitle() == "mine"


@pytest.mark.slow
def test_files_axes_and_refusals(flips, tmp_path):
    flips.plot(tmp_path / "coin.png")
    assert (tmp_path / "coin.png").read_bytes()[:4] == b"\x89PNG"
    flips.plot(tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "coin.png").read_bytes()
    with pytest.raises(mp.ParameterError, match=r"coin\.bmp"):
        flips.plot(tmp_path / "coin.bmp")
    with pytest.raises(mp.ParameterError, match="5 panels, and ax has 1"):
        flips.plot(ax=flips.plot().axes[0])
    with pytest.raises(mp.ParameterError, match="vmin is not for lines"):
        flips.plot(vmin=0)
    many = replace(flips, arms=tuple(replace(flips.arms[0], label=str(k)) for k in range(MOST + 1)))
    with pytest.raises(mp.SizeError, match=f"up to {MOST} arms, not {MOST + 1}"):
        plot_coin_flips(many)
    with matplotlib.rc_context({"font.size": 20}):
        flips.plot(tmp_path / "large.svg")


@pytest.mark.slow
def test_more_arms_take_more_rows():
    found = coin_flips(FORK, 0.9, rng=0, **SMALL | {"runs": 2})
    figure = found.plot()
    assert len(figure.axes) == 12
    assert figure.axes[0].get_gridspec().get_geometry() == (3, 4)
    seven = [axes for axes in found.of(*found.names[:7]).plot().axes if axes.get_visible()]
    assert len(seven) == 9
    assert seven[-2].get_yticklabels()[0].get_text() == "clip", "this panel ends a row: it has names of its own"

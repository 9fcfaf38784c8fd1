"""Pictures of how POWER moves under transforms: a row a transform, a column a γ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mdppower as mp
from mdppower.display.sensitivity_picture import MOST_ROWS
from mdppower.sensitivity import duplicate_state, sensitivity, split_action, unroll

FORK = mp.envs.fork(2)


@pytest.mark.slow
def test_bars_are_the_changes_of_the_table(tmp_path):
    """A copied end raises the root, history lowers it, and two ways of one action do nothing."""
    chosen = [duplicate_state(FORK, "t1"), unroll(FORK, 1), split_action(FORK, "root", "->t1")]
    found = sensitivity(FORK, [0.5, 0.9], transforms=chosen, samples=1024, rng=0)
    figure = found.plot(tmp_path / "moves.png")
    assert (tmp_path / "moves.png").stat().st_size > 10_000
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ["duplicate 't1' by choice, γ = 0.5", "duplicate 't1' by choice, γ = 0.9"]
    assert len(titles) == 6
    heights = [bar.get_height() for axes in figure.axes for bar in axes.patches]
    assert heights == found.table()["change"]
    rises, falls = (figure.axes[k].patches[0] for k in (0, 2))
    assert (rises.get_hatch(), falls.get_hatch()) == (None, "//")
    assert rises.get_facecolor()[2] > rises.get_facecolor()[0]
    assert falls.get_facecolor()[0] > falls.get_facecolor()[2]
    assert "independent: each copy draws a reward of its own · intervals: 95 %, all at once" in figure.get_supxlabel()
    tied = found.plot(reading="tied", title="moves")
    assert max(abs(bar.get_height()) for axes in tied.axes for bar in axes.patches) < 1e-12
    assert tied.get_suptitle() == "moves"
    assert tied.get_supxlabel().startswith("tied: copies earn what their original earns")


@pytest.mark.slow
def test_pictures_say_what_is_left_out_and_that_a_run_was_interrupted():
    one = [duplicate_state(FORK, end, k) for end in ("t1", "t2") for k in range(1, 10)]
    found = sensitivity(FORK, 0.9, transforms=one, samples=64, rng=0)
    figure = replace(found, interrupted=True).plot()
    assert len(figure.axes) == MOST_ROWS == 16
    assert "16 of 18 transforms, which move POWER most" in figure.get_supxlabel()
    assert "interrupted: fewer draws than were asked for" in figure.get_suptitle()
    wide = mp.envs.gridworld("." * 70)
    figure = sensitivity(wide, 0.9, transforms=[duplicate_state(wide, (0, 0))], samples=64, rng=0).plot()
    assert len(figure.axes[0].patches) == 60
    assert figure.axes[0].get_xlabel() == "state (60 of 70, which move most)"


@pytest.mark.filterwarnings("ignore::mdppower.MDPPowerWarning")
def test_without_a_variance_there_are_bars_alone(tmp_path):
    found = sensitivity(FORK, 0.9, "t(2)", transforms=[duplicate_state(FORK, "t1")], samples=64, rng=0)
    figure = found.plot(tmp_path / "moves.svg")
    assert "no intervals: no variance" in figure.get_supxlabel()
    assert np.isfinite(figure.axes[0].patches[0].get_height())


def test_refusals():
    found = sensitivity(FORK, 0.9, transforms=[duplicate_state(FORK, "t1")], samples=64, rng=0)
    with pytest.raises(mp.ParameterError, match=r"\.png, \.svg or \.pdf"):
        found.plot("moves.gif")
    with pytest.raises(mp.ParameterError, match="reading must be"):
        found.plot(reading="loose")

"""Pictures of alignment: what is drawn is what was found."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.multiagent import joint_curve, joint_power

GRID = mp.envs.gridworld("...\n...", blocked="remove")


@cache
def curve():
    return joint_curve(GRID, gamma=(0.3, 0.6), rho=[1, 0], samples=64, rng=0)


def test_a_point_a_joint_state():
    one = curve().alignments[1]
    panel = one.plot().axes[0]
    apart, together = (points.get_offsets() for points in panel.collections if len(points.get_offsets()) > 1)
    assert (len(apart), len(together)) == (30, 6)
    k = [h == a for h, a in one.labels]
    np.testing.assert_array_equal(together, np.column_stack([one.human.value[0, k], one.ai.value[0, k]]))
    assert panel.get_xlabel() == "POWER of H (reward units), γ = 0.3"
    assert f"(raw {one.pearson.raw.value:.3f})" in panel.get_title()
    assert one.caution in panel.figure.get_suptitle().replace("\n", " ")


def test_many_points_have_one_cross():
    room = mp.envs.gridworld("....\n....\n....", blocked="remove")
    one = joint_power(room, gamma=0.6, samples=64, rng=0).alignment()
    assert len(one.labels) > 100
    assert "cross at the right" in one.plot().get_supxlabel()
    assert "crosses: 95 %" in curve().alignments[0].plot().get_supxlabel()


def test_curves_over_rho():
    left, right = curve().plot().axes[:2]
    lines = {line.get_label(): line for line in left.get_lines()}
    values = [curve().of(rho).alignment().pearson for rho in (0, 1)]
    np.testing.assert_allclose(lines["corrected"].get_ydata(), [x.corrected.value for x in values])
    np.testing.assert_allclose(lines["raw"].get_ydata(), [x.raw.value for x in values])
    assert lines["corrected"].get_xdata().tolist() == [0, 1]
    averages = {line.get_label(): line.get_ydata() for line in right.get_lines()}
    assert averages["H"].tolist() == [curve().of(rho).averages().of("human").mean for rho in (0, 1)]
    assert list(averages) == ["H", "A", "H against the seed", "A by the seed"]
    ranks = curve().plot(measure="spearman").axes[0]
    assert ranks.get_ylabel() == "correlation of ranks of POWER of H and A"
    with pytest.raises(ParameterError, match="measure must be"):
        curve().plot(measure="kendall")


@pytest.mark.slow
def test_rules_beside_each_other():
    curve = joint_curve(GRID, gamma=0.6, rho=0, overlap=["bump", "allow"], samples=64, rng=0)
    left, right = curve.plot().axes[:2]
    assert [text.get_text() for text in left.get_xticklabels()] == ["bump", "allow"]
    assert len(right.containers) == 4
    both = joint_curve(GRID, gamma=0.6, rho=[0, 1], overlap=["bump", "allow"], samples=64, rng=0).plot()
    names = [text.get_text() for text in both.axes[0].get_legend().get_texts()]
    assert names == ["bump, corrected", "raw, each in its colour", "allow, corrected"]
    names = [text.get_text() for text in both.axes[1].get_legend().get_texts()]
    assert names == ["bump, H", "bump, A", "allow, H", "allow, A"]


def test_looks():
    from matplotlib.figure import Figure

    own = Figure().subplots(1, 2)
    curve().plot(ax=own, cmap="magma", title="mine")
    assert own[0].get_title().startswith("mine\n")
    with pytest.raises(ParameterError, match="vmin is not for curves"):
        curve().plot(vmin=0)
    with pytest.raises(ParameterError, match="vmin is not for a scatter"):
        curve().alignments[0].plot(vmin=0)

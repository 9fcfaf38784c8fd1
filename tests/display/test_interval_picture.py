"""Numbers with their intervals: what is drawn is what is said."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.display.interval_picture import plot_estimate

FORK = mp.envs.fork(3)
RUN = mp.power(FORK, [0.5, 0.9], samples=64, rng=0)


def drawn(figure):
    """The centres of the error bars, and the ends of their lines."""
    (axes,) = figure.axes
    return [(container.lines[0].get_xydata(), container.lines[2][0].get_segments()) for container in axes.containers]


def test_numbers_one_under_the_other():
    pairs = RUN.actions("root")
    found = drawn(plot_estimate(pairs))
    low, high = pairs.interval(simultaneous=True)
    for g, (centres, segments) in enumerate(found):
        np.testing.assert_allclose(centres[:, 0], pairs.mean[g])
        np.testing.assert_allclose([segment[:, 0] for segment in segments], np.c_[low[g], high[g]])


def test_one_number_over_gamma():
    difference = RUN.difference("root", "t1")
    (axes,) = difference.plot().axes
    line = axes.lines[0].get_xydata()
    assert line[:, 0].tolist() == [0.5, 0.9]
    np.testing.assert_allclose(line[:, 1], difference.mean)
    low, high = difference.interval(simultaneous=True)
    (band,) = axes.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.round(12).tolist()}
    assert {(g, round(x, 12)) for ends in (low, high) for g, x in zip((0.5, 0.9), ends, strict=True)} <= corners
    assert axes.get_ylabel() == "'root' − 't1'"


def test_too_many():
    with pytest.raises(mp.errors.SizeError, match="up to 60 numbers"):
        plot_estimate(mp.power(mp.envs.make("open(9,9)"), 0.9, samples=64, rng=0).actions())


def test_a_comparison_has_its_verdict(tmp_path):
    a, b = (mp.Option.state(FORK, s, 0.9, kind="power") for s in ("t1", "root"))
    found = mp.compare(a, b, samples=64, rng=0)
    figure = found.plot(tmp_path / "x.png")
    told = figure.get_suptitle().replace("\n", " ")
    assert found.verdict in told
    assert f"{found.lead} (95 %)" in told
    ((centres, _),) = drawn(figure)
    shown = (found.p_greater, found.p_tie, found.p_less, found.p_at_least)
    assert centres[:, 0].tolist() == [float(p.mean) for p in shown]
    assert (tmp_path / "x.png").stat().st_size > 1000
    with pytest.raises(mp.errors.ParameterError, match=r"\.png"):
        found.plot(tmp_path / "x.gif")

"""Pictures of visit distributions: the right points, their hull, and labels that can be read."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.display.polytope_picture import hull, plot_polytope

# ---------------------------------------------------------------------- visits


def test_visit_distributions_of_a_fork():
    F = mp.visits(mp.envs.fork(3), "root", 0.9)
    panel = plot_polytope(F, "t1", "t2").axes[0]
    assert panel.get_xlabel() == "(1−γ) visits of state t1"
    dots, best = panel.collections
    np.testing.assert_allclose(dots.get_offsets(), F.normalised[:, [1, 2]])
    np.testing.assert_allclose(best.get_offsets(), [[0.9, 0], [0, 0.9], [0, 0]], atol=1e-12)
    assert [text.get_text() for text in panel.texts] == ["0", "1", "2"]
    corners = panel.patches[0].get_xy()[:-1]
    assert {tuple(c) for c in corners.round(9)} == {(0.9, 0), (0, 0.9), (0, 0)}


def test_points_that_coincide_share_a_label():
    F = mp.visits(mp.envs.figure_1(), "star", 0.9)
    panel = plot_polytope(F, "l_sw", "r_ne").axes[0]
    assert sorted(text.get_text() for text in panel.texts) == ["0", "3", "4, 10", "5"]
    assert F.policy(10)["r_tri"] == "->r_se"  # the number is that of `policy`


def test_a_polytope_is_its_visits():
    polytope = mp.OccupancyPolytope(mp.envs.figure_1(), "star", 0.9)
    one = plot_polytope(polytope, "l_sw", "r_ne").axes[0]
    other = plot_polytope(mp.visits(mp.envs.figure_1(), "star", 0.9), "l_sw", "r_ne").axes[0]
    np.testing.assert_allclose(one.collections[0].get_offsets(), other.collections[0].get_offsets())
    spread = mp.OccupancyPolytope(mp.envs.fork(2), {"root": 0.5, "t1": 0.5}, 0.5)
    panel = plot_polytope(spread, "t1", "t2").axes[0]
    assert {tuple(p) for p in panel.collections[0].get_offsets().round(9).tolist()} == {(0.75, 0), (0.5, 0.25)}
    assert len(panel.collections) == 1  # no F_nd of a distribution


def test_labels_stay_inside_the_picture():
    figure = plot_polytope(mp.visits(mp.envs.make("open(3,3)"), (0, 0), 0.9), (0, 0), (1, 1))
    figure.canvas.draw()
    panel = figure.axes[0]
    frame = panel.get_window_extent()
    for text in panel.texts:
        box = text.get_window_extent()
        assert frame.x0 < box.x0
        assert box.x1 < frame.x1
        assert frame.y0 < box.y0
        assert box.y1 < frame.y1
    assert all(0 <= tick <= 1 for tick in panel.get_xticks())


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0, 0.5, 1])
def test_one_point_and_points_on_a_line(gamma):
    plot_polytope(mp.visits(mp.envs.fork(2), "t1", gamma), "t1", "t2").canvas.draw()
    plot_polytope(mp.visits(mp.envs.fork(2), "root", gamma), "t1", "t2").canvas.draw()


def test_hull_is_that_of_qhull():
    from scipy.spatial import ConvexHull

    points = np.random.default_rng(0).normal(size=(200, 2))
    assert set(hull(points).tolist()) == set(ConvexHull(points).vertices.tolist())


def test_what_is_no_polytope():
    with pytest.raises(mp.ParameterError, match="draws an OccupancyPolytope or Visits, not Option"):
        plot_polytope(mp.Option.state(mp.envs.fork(2), "root", 0.5, "value"), "t1", "t2")
    with pytest.raises(mp.LabelError, match="no state 't9'"):
        plot_polytope(mp.visits(mp.envs.fork(2), "root", 0.5), "t1", "t9")

"""Pictures of claims: what is drawn is what the report says, and nothing hides or leaves the picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from claim_reports import actions_in_figure_1, copy_in_figure_1, mirrored, report
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, PathPatch

import mdppower as mp
from mdppower.display.backdrop import INK, scene_of
from mdppower.display.curved_arrows import bezier, points_of, trimmed
from mdppower.display.mdp_picture import RADIUS
from mdppower.reports.claim_picture import ARROWS, BOTH, FIRST, SECOND, draw_claim, split_where


def arrows_of(figure, colours=ARROWS):
    """Arrows of φ, as their control points (3, 2)."""
    found = [p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)]
    chosen = [p for p in found if tuple(p.get_edgecolor()[:3]) in {to_rgb(c) for c in colours}]
    return chosen, [np.asarray(p._path_original.vertices) for p in chosen]


def legend_of(figure):
    return [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]


def ends_on(scene, curve):
    """The states nearest to the ends of an arrow."""
    labels = scene.mdp.states
    return {labels[int(np.hypot(*(scene.place - end).T).argmin())] for end in (curve[0], curve[-1])}


def test_each_swap_of_figure_1_is_one_arrow_with_two_heads():
    figure = draw_claim(copy_in_figure_1())
    patches, curves = arrows_of(figure)
    scene = scene_of(mp.envs.figure_1())
    found = [ends_on(scene, curve) for curve in curves]
    assert sorted(map(sorted, found)) == [["l_nw", "r_ne"], ["l_sw", "r_se"]]
    assert [patch.get_arrowstyle().arrow for patch in patches] == ["<|-|>"] * 2
    title = figure.get_suptitle().replace("\n", " ")
    assert (
        title == "Proposition 6.6: states with more options have more POWER, for most rewards — at r_se, l_sw: holds"
    )
    assert legend_of(figure) == [
        "r_se (greater): 2 states",
        "l_sw: 2 states",
        "state r_se",
        "state l_sw",
        "φ, the arrows: mirror image left-right of the states that move (2 swaps)",
        "thin inner line: absorbing",
    ]


def test_a_move_that_does_not_come_back_has_one_head():
    around = {"l_sw": "l_nw", "l_nw": "l_tri", "l_tri": "l_sw"}
    patches, _ = arrows_of(draw_claim(copy_in_figure_1(phi=around)))
    assert [patch.get_arrowstyle().arrow for patch in patches] == ["-|>"] * 3


def test_what_phi_leaves_alone_has_no_arrow():
    figure = draw_claim(copy_in_figure_1(phi={"star": "star", "empty": "empty"}))
    assert arrows_of(figure) == ([], [])
    assert not any("φ" in text for text in legend_of(figure))


def test_arrows_go_around_other_states():
    # The chord from l_sw to r_se runs through the middle of `empty`, that from l_tri to r_tri through `star`.
    scene = scene_of(mp.envs.figure_1())
    at = {label: scene.place[s] for s, label in enumerate(scene.mdp.states)}
    for ends, between in ((("l_sw", "r_se"), "empty"), (("l_tri", "r_tri"), "star")):
        chord = points_of(bezier(at[ends[0]], at[ends[1]], 0.0))
        assert np.hypot(*(chord - at[between]).T).min() < 0.01
    _, curves = arrows_of(draw_claim(actions_in_figure_1()))
    assert len(curves) == 3
    for curve in curves:
        ends = ends_on(scene, curve)
        for label, place in at.items():
            if label not in ends:
                assert np.hypot(*(points_of(curve) - place).T).min() > RADIUS, (ends, label)


@pytest.mark.slow
def test_sides_are_filled_and_told_apart_in_grey():
    figure = draw_claim(actions_in_figure_1())
    fills = {p.get_hatch(): p for p in figure.axes[0].patches if isinstance(p, PathPatch) and p.get_hatch()}
    assert set(fills) == {FIRST["hatch"], SECOND["hatch"], BOTH["hatch"]}
    circle = len(fills[BOTH["hatch"]].get_path().vertices)  # star alone is on both sides
    assert len(fills[FIRST["hatch"]].get_path().vertices) == 3 * circle
    assert "in both: 1 state" in legend_of(figure)
    grey = [float(np.dot([0.299, 0.587, 0.114], to_rgb(look["facecolor"]))) for look in (FIRST, SECOND)]
    assert abs(grey[0] - grey[1]) > 0.1


def test_only_claims_that_rank_their_sides_name_a_greater_one():
    near = draw_claim(copy_in_figure_1(claim="prop-5.5", phi=None))  # |POWER(s) − POWER(s')| is small
    assert legend_of(near)[:2] == ["r_se: 2 states", "l_sw: 2 states"]


def test_actions_are_heavy_arrows_from_their_state():
    figure = draw_claim(actions_in_figure_1())
    patches, curves = arrows_of(figure, [INK])
    scene = scene_of(mp.envs.figure_1())
    assert [ends_on(scene, curve) for curve in curves] == [{"star", "r_tri"}, {"star", "l_tri"}]
    assert patches[0].get_linestyle() != patches[1].get_linestyle()
    assert legend_of(figure)[4:6] == ["action ->r_tri", "action ->l_tri"]


def test_integers_are_read_as_the_claim_means_them():
    # State 0 has actions 0 and 1, and 1 is a state, too.
    mdp = mp.RewardlessMDP.from_successors({0: {0: 0, 1: 1}, 1: {0: 1}})
    assert split_where(report(mdp, "prop-6.9.1", (0, 1, 0))) == ([0], [(0, 1), (0, 0)])
    assert split_where(report(mdp, "prop-6.6", (0, 1))) == ([0, 1], [])
    figure = draw_claim(report(mdp, "prop-6.9.1", (0, 1, 0)))
    assert legend_of(figure)[:3] == ["state 0", "action 1", "action 0 (marker: it stays)"]


def test_arrows_of_a_mirror_image_stay_in_their_row():
    mdp = mp.envs.make("open(8,8)")
    _, curves = arrows_of(draw_claim(mirrored(mdp, ((3, 1), (3, 6)))))
    assert len(curves) == 32
    for curve in curves:
        points = points_of(curve)
        row = round(curve[0][1])
        assert curve[0][0] + curve[2][0] == pytest.approx(7)
        assert (abs(points[:, 1] - row) < 0.5).all()


@pytest.mark.slow
@pytest.mark.parametrize(("turn", "most"), [(False, 40), (True, 16)])
def test_of_many_arrows_some_are_drawn_and_the_legend_says_so(turn, most):
    # 20 × 20 cells: 200 swaps. Arrows of a half turn all meet in the middle, so that fewer can be followed.
    mdp = mp.envs.make("open(20,20)")
    phi = {(r, c): ((19 - r) if turn else r, 19 - c) for r, c in mdp.states}
    figure = draw_claim(report(mdp, where=((10, 0), phi[10, 0]), phi=phi))
    _, curves = arrows_of(figure)
    assert len(curves) == most
    scene = scene_of(mdp)
    assert {(10, 0), phi[10, 0]} in [ends_on(scene, curve) for curve in curves]  # never without what it is about
    assert f"{most} of 200 are drawn" in legend_of(figure)[-1]


def cases():
    maze = mp.envs.make("maze")
    corridor = mp.envs.make("corridor")
    tree = mp.RewardlessMDP.from_successors(
        {"root": {"left": "a", "right": {"x": 0.5, "y": 0.5}}, **{s: {"go": s} for s in "axy"}}
    )
    yield "figure 1", copy_in_figure_1()
    yield "actions", actions_in_figure_1()
    yield "maze", report(maze, where=((0, 0), (6, 6)), phi={(0, 0): (6, 6), (6, 6): (0, 0)}, sides={"a": maze.states})
    yield "corridor", mirrored(corridor, corridor.states[:1])
    yield "no layout", report(tree, "prop-6.9.1", ("root", "right", "left"), phi={"a": "x", "x": "a"})
    yield "long names", report(tree, where=("a",), sides={"n" * 200: ("a",), "m" * 200: ("x",)})
    yield "nothing", report(mp.envs.fork(2))


CASES = dict(cases())


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_title_legend_and_states_are_inside_of_the_picture(name):
    figure = draw_claim(CASES[name])
    figure.canvas.draw()
    width, height = figure.bbox.width, figure.bbox.height
    texts = [figure._suptitle, *figure.legends, *figure.axes[0].texts]
    for text in texts:
        box = text.get_window_extent()
        assert box.x0 >= -1, name
        assert box.y0 >= -1, name
        assert box.x1 <= width + 1, name
        assert box.y1 <= height + 1, name
    for legend, panel in itertools.product(figure.legends, figure.axes):
        assert legend.get_window_extent().y1 <= panel.get_window_extent().y0 + 1, name


def test_walls_are_not_filled():
    maze = mp.envs.make("maze")
    figure = draw_claim(report(maze, where=((0, 0),), sides={"one": maze.states}))
    (fill,) = [p for p in figure.axes[0].patches if isinstance(p, PathPatch) and p.get_hatch() == FIRST["hatch"]]
    corners = fill.get_path().vertices.reshape(maze.n_states, -1, 2)
    middles = {tuple(map(float, square[:4].mean(axis=0).round(3))) for square in corners}
    assert middles == {(float(c), float(r)) for r, c in maze.states}


def test_labels_of_cells_are_written_where_they_are_not_positions():
    lake = mp.RewardlessMDP.from_successors(
        {5: {"go": 6}, 6: {"go": 6}, 9: {"go": 6}}, layout={5: (0, 0), 6: (0, 1), 9: (1, 0)}
    )
    assert {t.get_text() for t in draw_claim(report(lake, where=(5,))).axes[0].texts} == {"5", "6", "9"}
    assert not draw_claim(report(mp.envs.make("corridor"))).axes[0].texts


def test_names_are_not_mathematics():
    mdp = mp.RewardlessMDP.from_successors({"a$x$": {"go": "b$\\bad"}, "b$\\bad": {"go": "a$x$"}})
    one = report(mdp, where=("a$x$", "b$\\bad"), phi={"a$x$": "b$\\bad", "b$\\bad": "a$x$"}, sides={"$x$": ("a$x$",)})
    figure = draw_claim(one)
    figure.canvas.draw()
    assert not any(text.get_parse_math() for text in [*figure.legends[0].get_texts(), *figure.axes[0].texts])
    assert "a$x$" in figure.get_suptitle()


def test_what_cannot_be_drawn():
    with pytest.raises(mp.LabelError, match="there is no state 'nowhere'"):
        draw_claim(report(mp.envs.fork(2), where=("nowhere",)))
    with pytest.raises(mp.ParameterError, match="up to 60 states, not 61"):
        draw_claim(report(mp.envs.fork(60), where=("root",)))


def test_a_trimmed_curve_is_a_part_of_the_curve():
    # Two routes to its points: the control points of the part, and the whole curve.
    curve = bezier(np.array([0.0, 0.0]), np.array([3.0, 1.0]), 0.4)
    part = trimmed(curve, 0.5)
    assert np.hypot(*part[0]) == pytest.approx(0.5, abs=0.01)
    assert np.hypot(*(part[2] - curve[2])) == pytest.approx(0.5, abs=0.01)
    whole = points_of(curve, 20_001)
    assert max(np.hypot(*(whole - point).T).min() for point in points_of(part)) < 1e-3
    # A state that is wider than the arrow is long leaves it as it is.
    np.testing.assert_array_equal(trimmed(curve, 5.0), curve)

"""Pictures: the right number at the right place, legible, and saved as what the suffix says."""

from __future__ import annotations

import copy
import dataclasses
import itertools

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex, to_rgb

import mdppower as mp
from mdppower.display.colour_scale import unit_of
from mdppower.display.grid_sheet import WALL
from mdppower.display.heatmap import meets_greatest
from mdppower.mdp.layout import grid_of
from mdppower.results.number_text import number_texts


def test_heat_map_shows_each_mean_in_its_cell(maze):
    figure = maze.plot()
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == 2
    grid = grid_of(maze.mdp)
    for g, panel in enumerate(panels):
        image = panel.images[0].get_array()
        assert (image.mask == (grid < 0)).all()
        np.testing.assert_array_equal(image[grid >= 0], maze.mean[g][grid[grid >= 0]])
        # Row 0 is on top, as in the text of the map.
        assert panel.get_ylim()[0] > panel.get_ylim()[1]
        assert to_rgb(panel.get_facecolor()) == to_rgb(WALL)
        texts = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in panel.texts}
        assert len(texts) == 31
        digits = 2 if np.ptp(maze.mean[g]) >= 0.1 else 3
        s = maze.mdp.index((2, 3))
        assert texts[2, 3] == f"{maze.mean[g, s]:.{digits}f}"[1:]
        assert f"γ = {maze.gammas[g]:g}" in panel.get_title()
    assert figure.get_suptitle() == "POWER — 64 draws of uniform rewards"
    assert figure.get_supxlabel() == "±: 95 %, all at once"
    bars = [axes.get_ylabel() for axes in figure.axes if not axes.images]
    assert bars == [unit_of("POWER")] * 2


def test_scales(maze):
    own = [axes.images[0].norm for axes in maze.plot().axes if axes.images]
    assert own[0].vmin != own[1].vmin
    shared = [axes.images[0].norm for axes in maze.plot(share_scale=True).axes if axes.images]
    assert shared[0].vmin == shared[1].vmin == maze.mean.min()
    assert shared[0].vmax == maze.mean.max()


@pytest.mark.slow
def test_one_gamma_without_values(maze):
    figure = maze.plot(gamma=0.9, annotate=False, title="mine")
    (panel,) = [axes for axes in figure.axes if axes.images]
    assert not panel.texts
    assert figure.get_suptitle() == "mine"
    with pytest.raises(mp.ParameterError, match=r"gamma 0\.5 is not one of 0\.1, 0\.9"):
        maze.plot(gamma=0.5)


@pytest.mark.slow
def test_marks_and_map_coordinates():
    cliff = mp.power(mp.envs.make("cliff"), 0.9, samples=16, rng=0).plot()
    texts = [t.get_text() for t in cliff.axes[0].texts]
    assert texts.count("~") == 10
    assert {"*", "s"} <= set(texts)
    # A map with drawn walls: its ticks are the labels' rows and columns, which start at 1 there.
    rooms = mp.power(mp.envs.make("four-rooms"), 0.9, samples=16, rng=0).plot()
    rooms.canvas.draw()
    assert rooms.axes[0].get_xlim() == (0.5, 11.5)
    assert rooms.axes[0].get_ylim() == (11.5, 0.5)
    inside = [t.get_text() for t in rooms.axes[0].get_xticklabels() if 0.5 < t.get_position()[0] < 11.5]
    assert {"2", "4", "10"} <= set(inside)


def test_large_maps_have_no_text():
    figure = mp.power(mp.envs.make("open(100,100)"), 0.5, samples=16, rng=0).plot()
    assert not figure.axes[0].texts
    figure.canvas.draw()


def test_bars_with_intervals_where_there_is_no_grid():
    estimate = mp.power(mp.envs.figure_1(), [0.1, 0.9], samples=64, rng=0)
    figure = estimate.plot()
    (panel,) = figure.axes
    heights = sorted(bar.get_height() for bar in panel.patches)
    np.testing.assert_allclose(heights, np.sort(estimate.mean.ravel()))
    assert [t.get_text() for t in panel.get_xticklabels()] == list(estimate.mdp.states)
    assert panel.get_ylabel() == unit_of("POWER")
    lower, upper = estimate.interval(0.95, simultaneous=True)
    ends = [segment for lines in panel.collections for segment in lines.get_segments()]
    assert max(e[1][1] for e in ends) == pytest.approx(upper.max())
    assert min(e[0][1] for e in ends) == pytest.approx(lower.min())
    many = mp.power(mp.envs.cycle(100), 0.5, samples=16, rng=0).plot()
    assert "100 states" in many.axes[0].get_xlabel()


def test_no_interval_still_draws():
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        estimate = mp.power(mp.envs.fork(2), 0.5, "t(2)", samples=64, rng=0)
    estimate.plot().canvas.draw()


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")])
def test_files(maze, tmp_path, suffix, magic):
    first, second = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    maze.plot(first)
    maze.plot(str(second))
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
def test_paths_that_do_not_work(maze, tmp_path):
    with pytest.raises(mp.ParameterError, match=r"\.png, \.svg, \.pdf or \.gif; got 'maze\.jpg'"):
        maze.plot("maze.jpg")
    with pytest.raises(mp.FileError, match=r"cannot write .*No such file or directory"):
        maze.plot(tmp_path / "no" / "maze.png")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["maze", "cliff", "corridor", "open(40,3)", "open(1,1)", "turner-figure-1"])
@pytest.mark.parametrize(("gamma", "extras"), [(0.9, True), ([0.1, 0.5, 0.9], False), ([0.01, 0.5, 0.9, 0.99], True)])
def test_nothing_is_cut_off_or_overlaps(name, gamma, extras):
    # Extras only add to it: hatches, arrows, and what is said below; least room is there for one rate.
    estimate = mp.power(mp.envs.make(name), gamma, samples=16, rng=0)
    figure = estimate.plot(hatch=extras, arrows=extras and not isinstance(estimate.mdp.states[0], str))
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    found = [(None, words.get_window_extent()) for words in (figure._suptitle, figure._supxlabel) if words]
    for axes in figure.axes:
        if axes.get_visible():
            parts = [axes.xaxis.get_tightbbox(renderer), axes.yaxis.get_tightbbox(renderer), axes.get_window_extent()]
            if axes.get_title():
                parts.append(axes.title.get_window_extent())
            found += [(axes, part) for part in parts if part is not None]
    for _, box in found:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y1 <= figure.bbox.height
    for (one, a), (other, b) in itertools.combinations(found, 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
        assert apart or one is other


@pytest.mark.slow
def test_values_stay_inside_their_cells():
    for rewards in ("uniform", "norm(0,1)", "norm(1000,1)"):
        figure = mp.power(mp.envs.make("robot-face"), 0.9, rewards, samples=16, rng=0).plot()
        figure.canvas.draw()
        panel = figure.axes[0]
        cell = panel.get_window_extent().width / 20
        for text in panel.texts:
            assert text.get_window_extent().width <= cell


@pytest.mark.slow
def test_four_rates_are_two_by_two():
    figure = mp.power(mp.envs.make("maze"), [0.01, 0.5, 0.9, 0.99], samples=16, rng=0).plot()
    figure.canvas.draw()
    panels = [axes.get_position() for axes in figure.axes if axes.images]
    assert len({round(p.x0, 3) for p in panels}) == len({round(p.y0, 3) for p in panels}) == 2


def test_equal_values_have_a_readable_scale():
    figure = mp.power(mp.envs.make("open(1,1)"), 0.9, 3.0, samples=16, rng=0).plot()
    norm = figure.axes[0].images[0].norm
    assert (norm.vmin, norm.vmax) == pytest.approx((2.85, 3.15))


def test_values_that_are_not_finite_are_white(maze):
    means = maze.data.means.copy()
    means[:, :, 5] = np.inf
    broken = copy.copy(maze)
    object.__setattr__(broken, "data", dataclasses.replace(maze.data, means=means))
    with np.errstate(invalid="ignore"):
        figure = broken.plot(gamma=0.9)
    figure.canvas.draw()
    panel = figure.axes[0]
    power, odd = panel.images
    grid = grid_of(maze.mdp)
    assert (odd.get_array().mask == (grid != 5)).all()
    assert to_hex(odd.cmap(0.0)) == "#ffffff"
    assert power.get_array()[grid == 5].mask.all()
    assert "white: not finite" in figure.get_supxlabel()


def test_names_are_not_mathematics():
    odd = mp.RewardlessMDP.from_successors({"a$x$": {"go": "b" * 40}, "b" * 40: {"go": "a$x$"}})
    panel = mp.power(odd, 0.5, samples=16, rng=0).plot().axes[0]
    labels = panel.get_xticklabels()
    assert [t.get_text() for t in labels] == ["a$x$", "b" * 23 + "…"]
    assert not any(t.get_parse_math() for t in labels)


def test_missing_intervals_are_said_to_be_missing():
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        bars = mp.power(mp.envs.fork(2), 0.5, "t(2)", samples=64, rng=0).plot()
    assert "no intervals" in bars.axes[0].get_legend().get_title().get_text()
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        cells = mp.power(mp.envs.make("maze"), 0.5, "t(2)", samples=64, rng=0).plot()
    assert "no intervals: no variance" in cells.axes[0].get_title()


def arrows_of(panel):
    """{(row, column): (row step, column step, alpha)} of a panel's arrows."""
    (quiver,) = [c for c in panel.collections if hasattr(c, "U")]
    colours = quiver.get_facecolor()
    return {
        (y, x): (v, u, c[3])
        for (x, y), u, v, c in zip(quiver.XY.tolist(), quiver.U.tolist(), quiver.V.tolist(), colours, strict=True)
    }


def test_arrows_point_along_the_most_power_seeking_action():
    # The maze at γ = 0.99: the greatest POWER is in (2, 3); from dead ends the only way is out.
    estimate = mp.power(mp.envs.make("maze"), 0.99, samples=4096, rng=0)
    figure = estimate.plot(arrows=True)
    panel = figure.axes[0]
    arrows = arrows_of(panel)
    assert arrows[0, 6][:2] == (0, -0.7)  # west
    assert arrows[6, 6][:2] == (-0.7, 0)  # north
    assert arrows[1, 3][:2] == (0.7, 0)  # south, to (2, 3)
    assert arrows[0, 6][2] == 1  # resolved
    assert (2.0, 3.0) not in arrows  # stays: a dot
    dots = next(c for c in panel.collections if isinstance(c, PathCollection))
    assert [3.0, 2.0] in dots.get_offsets().tolist()
    assert not panel.texts  # no numbers under the arrows
    assert "arrow: the action of most POWER" in figure.get_supxlabel()
    assert estimate.plot(arrows=True, annotate=True).axes[0].texts


def test_where_the_draws_tell_no_two_actions_apart_there_is_no_arrow():
    # Every cell of a torus is like every other: no action is better, whatever 64 draws say.
    mdp = mp.envs.gridworld("....\n....\n....", wrap=True, stay=False)
    figure = mp.power(mdp, 0.9, samples=64, rng=0).plot(arrows=True)
    assert not arrows_of(figure.axes[0])
    assert [text.get_text() for text in figure.axes[0].texts] == ["?"] * 12
    assert "?: the draws tell no two actions apart" in figure.get_supxlabel().replace("\n", " ")
    assert "arrow:" not in figure.get_supxlabel()


def test_arrows_that_are_not_sure_are_faint():
    """From the corner of an open room two ways in are alike by symmetry, and both lead to more than staying does."""
    mdp = mp.envs.make("open(4,4)")
    figure = mp.power(mdp, 0.9, samples=1024, rng=0).plot(arrows=True)
    arrows = arrows_of(figure.axes[0])
    corners = [(0, 0), (0, 3), (3, 0), (3, 3)]
    assert [round(arrows[corner][2], 2) for corner in corners] == [0.35] * 4
    assert arrows[0, 1][:2] == (0.7, 0)  # from the edge straight in
    assert arrows[0, 1][2] == 1
    assert "faint where others may have as much" in figure.get_supxlabel().replace("\n", " ")


def test_arrows_need_a_grid_of_reasonable_size():
    with pytest.raises(mp.ParameterError, match="arrows need states that lie on a grid"):
        mp.power(mp.envs.fork(2), 0.5, samples=16).plot(arrows=True)
    with pytest.raises(mp.ParameterError, match="up to 10,000 states, not 14,400"):
        mp.power(mp.envs.make("open(120,120)"), 0.5, samples=16).plot(arrows=True)


def test_hatches_mark_what_may_be_greatest():
    estimate = mp.power(mp.envs.make("maze"), 0.9, samples=4096, rng=0)
    lower, upper = estimate.interval(0.95, simultaneous=True)
    meets = upper >= lower[estimate.mean.argmax()]
    assert 1 <= meets.sum() < 5
    figure = estimate.plot(hatch=True)
    panel = figure.axes[0]
    hatched = [c for c in panel.patches if c.get_hatch()]
    assert len(hatched) == 2  # one dark, one light: one of them shows on any colour
    for patch in hatched:
        inside = patch.get_path().contains_points
        assert [bool(inside([state[::-1]])[0]) for state in estimate.mdp.states] == meets.tolist()
    assert "hatched: may have as much as the greatest" in figure.get_supxlabel()
    bars = mp.power(mp.envs.figure_1(), 0.5, samples=4096, rng=0).plot(hatch=True).axes[0]
    assert [bool(bar.get_hatch()) for bar in bars.patches] == [s == 0 for s in range(8)]  # the star has most


def test_without_intervals_nothing_is_told_apart():
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        estimate = mp.power(mp.envs.make("open(3,3)"), 0.9, "t(1.5)", samples=64, rng=0)
    assert meets_greatest(estimate, 0).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the intervals cannot be trusted")  # they are not looked at
def test_what_is_too_much_for_a_picture_is_said():
    large = mp.power(mp.envs.make("open(120,120)"), 0.5, samples=16)
    with pytest.raises(mp.ParameterError, match="numbers are for up to 10,000 states, not 14,400"):
        large.plot(annotate=True)
    large.plot(hatch=True).canvas.draw()
    with pytest.raises(mp.ParameterError, match="bars are hatched for up to 60 states, not 101"):
        mp.power(mp.envs.fork(100), 0.5, samples=32).plot(hatch=True)


@pytest.mark.slow
def test_the_legend_names_twelve_rates_at_most():
    figure = mp.power(mp.envs.fork(3), np.linspace(0, 0.99, 40).tolist(), samples=16).plot()
    names = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert len(names) == 10  # every fourth, the last among them
    assert names[-1] == "γ = 0.99"


def test_numbers_far_from_zero_are_told_apart():
    estimate = mp.power(mp.envs.make("open(5,5)"), 0.9, "uniform(-1000000,-999999)", samples=256, rng=0)
    texts = number_texts(estimate.mean)
    assert len(set(texts)) > 10
    assert np.abs(np.array(texts, float) - estimate.mean).max() < np.ptp(estimate.mean) / 5


def test_several_marks_of_one_state_share_its_corner():
    mdp = mp.RewardlessMDP.from_pairs(
        [0, 1], np.eye(2), states=[(0, 0), (0, 1)], layout=[[0, 0], [0, 1]], marks={"start": [0], "b": [0, 1]}
    )
    texts = [t.get_text() for t in mp.power(mdp, 0.5, samples=16).plot(annotate=False).axes[0].texts]
    assert sorted(texts) == ["b", "start…"]
    assert sorted(t.get_text() for t in mdp.plot().axes[0].texts) == ["b", "start…"]


def test_labels_that_cannot_be_drawn_are_written_as_codes(tmp_path):
    odd = mp.RewardlessMDP.from_successors({"\ud800": {"\0": "a\n"}, "a\n": {"go": "a\n"}})
    odd.plot(tmp_path / "x.png")
    mp.power(odd, 0.5, samples=16).plot(tmp_path / "y.png")
    assert [t.get_text() for t in odd.plot().axes[0].texts] == ["\\ud800", "a\\n"]


@pytest.mark.parametrize("path", [5, None.__class__])
def test_what_is_no_path(maze, path):
    with pytest.raises(mp.ParameterError, match="a path is needed"):
        maze.plot(path)

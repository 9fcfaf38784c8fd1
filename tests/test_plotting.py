"""Pictures: the right number at the right place, legible, and saved as what the suffix says."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import mdppower as mp
from mdppower.plotting import UNIT, WALL
from mdppower.terminal import grid_of


@pytest.fixture(scope="module")
def maze():
    return mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=64, rng=0)


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
    bars = [axes.get_ylabel() for axes in figure.axes if not axes.images]
    assert bars == [UNIT, UNIT]


def test_scales(maze):
    own = [axes.images[0].norm for axes in maze.plot().axes if axes.images]
    assert own[0].vmin != own[1].vmin
    shared = [axes.images[0].norm for axes in maze.plot(share_scale=True).axes if axes.images]
    assert shared[0].vmin == shared[1].vmin == maze.mean.min()
    assert shared[0].vmax == maze.mean.max()


def test_one_gamma_without_values(maze):
    figure = maze.plot(gamma=0.9, values=False, title="mine")
    (panel,) = [axes for axes in figure.axes if axes.images]
    assert not panel.texts
    assert figure.get_suptitle() == "mine"
    with pytest.raises(mp.ParameterError, match=r"0\.5 is not one of the estimate's: 0\.1, 0\.9"):
        maze.plot(gamma=0.5)


def test_ink_contrasts_with_its_cell(maze):
    # WCAG's contrast ratio between text and cell is at least 3 for every number.
    def luminance(rgb):
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    panel = maze.plot(gamma=0.9).axes[0]
    image = panel.images[0]
    for text in panel.texts:
        column, row = text.get_position()
        cell = luminance(image.cmap(image.norm(image.get_array()[row, column]))[:3])
        ink = luminance(to_rgb(text.get_color()))
        assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) >= 3


def test_marks_and_map_coordinates():
    cliff = mp.power(mp.envs.make("cliff"), 0.9, samples=16, rng=0).plot()
    texts = [t.get_text() for t in cliff.axes[0].texts]
    assert texts.count("~") == 10
    assert {"*", "s"} <= set(texts)
    # A map with drawn walls: its ticks are the labels' rows and columns, which start at 1 there.
    rooms = mp.power(mp.envs.make("four-rooms"), 0.9, samples=16, rng=0).plot()
    rooms.canvas.draw()
    ticks = [t.get_text() for t in rooms.axes[0].get_xticklabels()]
    assert "1" in ticks
    assert "0" not in ticks


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
    assert panel.get_ylabel() == UNIT
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


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")])
def test_files(maze, tmp_path, suffix, magic):
    first, second = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    maze.plot(first)
    maze.plot(str(second))
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


def test_paths_that_do_not_work(maze, tmp_path):
    with pytest.raises(mp.ParameterError, match=r"\.png, \.svg or \.pdf; got 'maze\.gif'"):
        maze.plot("maze.gif")
    with pytest.raises(mp.ParameterError, match=r"cannot write .*No such file or directory"):
        maze.plot(tmp_path / "no" / "maze.png")

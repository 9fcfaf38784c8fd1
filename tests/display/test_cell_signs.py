"""Signs in cells, and the words that explain them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import mdppower as mp
from mdppower.measures.power_pattern import nothing_to_choose

ROOMS = mp.envs.gridworld("..a\n>#.\n..*")


def test_one_way_cells_have_a_triangle_at_the_side_where_they_are_left():
    gate = mp.envs.gridworld("...\n.v.\n...")
    panel = mp.power(gate, 0.9, samples=256, rng=0).plot().axes[0]
    (triangle,) = [patch for patch in panel.patches if len(patch.get_path().vertices) == 4]
    x, y = triangle.get_path().vertices[0]
    assert (x, y) == (1, 1.46)  # below the middle of the cell in row 1, column 1
    assert "triangle: one-way" in panel.figure.get_supxlabel()
    assert "triangle" not in mp.power(mp.envs.make("open(3,3)"), 0.9, samples=64, rng=0).plot().get_supxlabel()


def test_walls_are_plain_and_edged():
    panel = mp.power(ROOMS, 0.9, samples=64, rng=0).plot().axes[0]
    assert panel.patch.get_hatch() is None
    (edges,) = [c for c in panel.collections if c.__class__.__name__ == "LineCollection"]
    # The wall in the middle has four sides, each a segment.
    assert len(edges.get_segments()) == 4
    assert {tuple(end) for line in edges.get_segments() for end in line.tolist()} == {
        (0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (1.5, 1.5)
    }  # fmt: skip


def test_equals_where_no_action_matters():
    """At γ = 1 on a connected map there are no arrows; on a fork of rooms there are, where there is a choice."""
    room = mp.power(mp.envs.make("open(2,2)"), [0.9, 1], samples=256, rng=0).plot(arrows=True)
    before, limit = [axes for axes in room.axes if axes.images]
    assert [text.get_text() for text in limit.texts] == ["="] * 4
    assert not [text for text in before.texts if text.get_text() == "="]
    assert "=: all actions have the same POWER" in room.get_supxlabel().replace("\n", " ")
    split = mp.envs.gridworld("..<.>..")
    same = nothing_to_choose(split)
    assert same.tolist() == [True, True, True, False, True, True, True]
    drawn = mp.power(split, 1, samples=64, rng=0).plot(arrows=True).axes[0]
    assert [text.get_position()[0] for text in drawn.texts if text.get_text() == "="] == [0, 1, 2, 4, 5, 6]


def test_too_few_draws_are_said_and_enough_are_not():
    room = mp.envs.make("open(4,4)")
    few = mp.power(room, 0.5, samples=16, rng=0).plot()
    assert few.axes[0].get_title().endswith(", noise")
    assert "noise: so few draws tell no state from the average" in few.get_suptitle().replace("\n", " ")
    enough = mp.power(room, 0.5, samples=1024, rng=0).plot()
    assert "noise" not in enough.axes[0].get_title() + enough.get_suptitle()


@pytest.mark.slow
def test_an_interrupted_run_says_so(maze, tmp_path):
    import copy
    from dataclasses import replace

    cut = copy.copy(maze)
    object.__setattr__(cut, "draws", replace(maze.draws, interrupted=True))
    for kind in ("map", "bars", "lines"):
        assert "interrupted: fewer draws than were asked for" in cut.plot(kind=kind).get_suptitle()
        assert "interrupted" not in maze.plot(kind=kind).get_suptitle()
    # A frame of an animation, too.
    assert "interrupted: fewer draws" in cut.plot(tmp_path / "cut.gif", dpi=30).get_suptitle()


@pytest.mark.slow
def test_graphs_and_lines(maze):
    figure_1 = mp.power(mp.envs.figure_1(), [0.5, 0.9], samples=256, rng=0)
    graph = figure_1.plot(kind="graph")
    panels = [axes for axes in graph.axes if axes.get_title()]
    assert len(panels) == 2
    from matplotlib.patches import Circle

    mdp, power = figure_1.mdp, figure_1.mean[0]
    nodes = [patch for patch in panels[0].patches if isinstance(patch, Circle)]
    # The star has most POWER and is at the upper end of the scale; "empty" is absorbing, with a second ring.
    assert nodes[0].get_facecolor() == pytest.approx((0.993248, 0.906157, 0.143936, 1.0))
    assert power.argmax() == mdp.index("star") == 0
    assert len(nodes) == mdp.n_states + len(mdp.absorbing_states)
    assert "double ring: absorbing" in graph.get_supxlabel()
    assert [text.get_text() for text in panels[0].texts].count(f"star\n{power[0]:.2f}".replace("\n0", "\n")) == 1
    lines = maze.plot(kind="lines", states=[(2, 3), (0, 6)]).axes[0]
    np.testing.assert_allclose(lines.lines[0].get_ydata(), maze.mean[:, maze.mdp.index((2, 3))])
    low, high = maze.interval(simultaneous=True)
    band = lines.collections[1].get_paths()[0].vertices
    k = maze.mdp.index((0, 6))
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((low[:, k].min(), high[:, k].max()))
    assert [text.get_text() for text in lines.get_legend().get_texts()] == ["(2, 3)", "(0, 6)"]
    with pytest.raises(mp.ParameterError, match="lines go over several γ"):
        maze.plot(kind="lines", gamma=0.9)
    with pytest.raises(mp.LabelError, match="there is no state"):
        maze.plot(kind="lines", states=["here"])
    with pytest.raises(mp.ParameterError, match="a map needs states that lie on a grid"):
        figure_1.plot(kind="map")


@pytest.mark.slow
def test_an_animation_has_one_scale(maze, tmp_path):
    from PIL import Image

    path = tmp_path / "maze.gif"
    figure = maze.plot(path, dpi=60)
    assert [axes.get_title()[:7] for axes in figure.axes if axes.images] == ["γ = 0.9"]  # the last frame
    with Image.open(path) as gif:
        assert gif.n_frames == 2
        first = np.asarray(gif.convert("RGB"))
        gif.seek(1)
        second = np.asarray(gif.convert("RGB"))
    assert first.shape == second.shape
    # One scale: at γ = .1 no cell is as bright as those of γ = .9, which are above it everywhere.
    yellow = np.array([253, 231, 37])
    cells = slice(first.shape[0] // 6, -first.shape[0] // 6), slice(0, 2 * first.shape[1] // 3)
    near = [(np.abs(frame[cells].astype(int) - yellow).sum(axis=-1) < 40).sum() for frame in (first, second)]
    assert near[0] == 0 < near[1]
    with pytest.raises(
        mp.ParameterError, match=r"a \.gif has a frame for each γ, or H: it is for maps and graphs, not lines"
    ):
        maze.plot(tmp_path / "x.gif", kind="lines")


@pytest.mark.slow
def test_maps_side_by_side_have_names():
    """Taxi: five places of the passenger across, four destinations down, and the twins that end an episode."""
    taxi = mp.from_gymnasium("Taxi-v4")
    figure = mp.power(taxi, 0.9, samples=16, rng=0).plot(annotate=False)
    names = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert len(names) == 20
    assert names["R, R"] == (-0.5, -0.56)
    assert names["taxi, G"] == pytest.approx((23.5, 5.44))
    assert "above each map: passenger, destination" in figure.get_supxlabel().replace("\n", " ")
    assert len(taxi.plot().axes[0].texts) >= 20
    # Control: one map has no name.
    assert (
        "above each map" not in mp.power(mp.from_gymnasium("CliffWalking-v1"), 0.9, samples=16).plot().get_supxlabel()
    )


@pytest.mark.slow
def test_numbers_and_arrows_stand_apart():
    """Where both are asked for, numbers stand below arrows, "=" and dots, and touch none of them."""
    figure = mp.power(ROOMS, [0.5, 1], samples=64, rng=0).plot(arrows=True, annotate=True)
    figure.canvas.draw()
    for panel in [axes for axes in figure.axes if axes.images]:
        across = panel.transData.inverted()
        numbers = [text for text in panel.texts if any(letter.isdigit() for letter in text.get_text())]
        assert len(numbers) == 8
        tops = {}
        for text in numbers:
            x, y = text.get_position()
            low, high = across.transform(text.get_window_extent())[:, 1]  # rows go downwards
            assert max(low, high) < round(y) + 0.5
            tops[x, round(y)] = min(low, high)
        (arrows,) = (c for c in panel.collections if c.__class__.__name__ == "Quiver")
        # Half of a head of 4 shafts of 0.06, or half of an arrow of 0.4.
        for (x, y), down in zip(arrows.get_offsets().tolist(), np.abs(arrows.V).tolist(), strict=True):
            assert y + max(0.12, down / 2) < tops[round(x), round(y)]
        equal = [text.get_position() for text in panel.texts if text.get_text() == "="]
        dots = [c.get_offsets().tolist() for c in panel.collections if c.__class__.__name__ == "PathCollection"]
        for x, y in [*equal, *itertools.chain(*dots)]:
            assert y + 0.1 < tops[x, round(y)]


@pytest.mark.slow
def test_without_variance_no_draws_are_called_too_few():
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        room = mp.power(mp.envs.make("open(2,2)"), 0.5, "t(1.5)", samples=4096, rng=0)
    figure = room.plot()
    assert "noise" not in figure.axes[0].get_title() + figure.get_suptitle()
    assert "no intervals, since rewards have no variance" in figure.get_suptitle().replace("\n", " ")


def test_small_cells_have_no_frame_that_words_speak_of():
    room = mp.power(ROOMS, 0.9, samples=16, rng=0)
    words = [room.plot(figsize=size).get_supxlabel().replace("\n", " ") for size in ((4, 4), (2, 1.4))]
    assert ["framed: absorbing" in text for text in words] == [True, False]

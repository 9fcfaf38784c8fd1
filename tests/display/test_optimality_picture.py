"""Pictures of optimal actions and of visit distributions: the right number at the right place, legible, saved."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import mdppower as mp
from mdppower.display.optimality_picture import likely_pairs, plot_optimality
from mdppower.mdp.layout import grid_of


@pytest.fixture(scope="module")
def star():
    return mp.action_optimality(mp.envs.figure_1(), [0, 0.5, 1], samples=256, rng=0)


@pytest.fixture(scope="module")
def maze():
    return mp.action_optimality(mp.envs.make("maze"), [0.1, 0.9], samples=128, rng=0)


def quivers(panel):
    return [c for c in panel.collections if hasattr(c, "U")]


def faint(quiver):
    """Of each arrow; a collection of equal colours has one."""
    return np.resize(quiver.get_facecolor()[:, 3] < 1, quiver.N)


# ---------------------------------------------------------------------- bars


def test_a_bar_for_each_action_and_rate(star):
    panel = star.plot(state="star").axes[0]
    bars = sorted(panel.patches, key=lambda bar: bar.get_x())
    np.testing.assert_allclose([bar.get_height() for bar in bars], star.of("star").mean.ravel())
    assert [t.get_text() for t in panel.get_xticklabels()] == ["0", "0.5", "1"]
    assert panel.get_ylabel() == "probability that the action is optimal"
    assert panel.get_xlabel() == "discount rate γ  (at 1: the limit, Blackwell optimality)"
    lower, upper = star.of("star").interval(0.95, simultaneous=True)
    ends = np.array([segment[:, 1] for lines in panel.collections for segment in lines.get_segments()])
    np.testing.assert_allclose(np.sort(ends[:, 0]), np.sort(lower.ravel()))
    np.testing.assert_allclose(np.sort(ends[:, 1]), np.sort(upper.ravel()))


def test_the_title_names_state_rewards_and_draws(star):
    assert star.plot(state="star").get_suptitle() == "Optimal actions in state star — 256 draws of uniform rewards"
    exact = mp.action_optimality(mp.envs.fork(2), 0.5, method="exact").plot(state="root")
    assert exact.get_suptitle() == "Optimal actions in state root — exact, uniform rewards"
    assert not exact.axes[0].collections  # no intervals


def test_actions_differ_in_grey_by_shade_and_pattern(star):
    handles = star.plot(state="star").axes[0].get_legend().get_patches()
    assert len({patch.get_hatch() for patch in handles}) == 3
    shades = [np.dot([0.299, 0.587, 0.114], patch.get_facecolor()[:3]) for patch in handles]
    assert np.diff(shades).min() > 0.15


def test_ties_are_the_pale_part_of_a_bar():
    chances = mp.action_optimality(mp.envs.fork(2), 0.5, "bernoulli(0.5)", samples=256, rng=0)
    panel = chances.plot(state="root").axes[0]
    assert [t.get_text() for t in panel.get_legend().get_texts()] == ["->t1", "->t2", "pale: tied"]
    strict, pale = panel.containers[0][0], panel.containers[1][0]
    s = chances.mdp.pair("root", "->t1")
    assert pale.get_height() == chances.tied.mean[s]
    assert strict.get_height() + pale.get_height() == pytest.approx(chances.optimal.mean[s])
    assert pale.get_y() == strict.get_height()


def test_one_rate_of_several(star):
    panel = plot_optimality(star, state="star", gamma=0.5).axes[0]
    assert len(panel.patches) == 3
    assert "Blackwell" not in panel.get_xlabel()
    with pytest.raises(mp.ParameterError, match=r"gamma 0\.7 is not one of 0, 0\.5, 1"):
        star.plot(state="star", gamma=0.7)


@pytest.mark.slow
def test_many_rates_leave_room_between_their_labels():
    rates = np.linspace(0, 1, 41).round(3)
    panel = mp.action_optimality(mp.envs.fork(3), rates, samples=64, rng=0).plot(state="root").axes[0]
    figure = panel.figure
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in panel.get_xticklabels()]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))
    assert panel.get_xticklabels()[-1].get_text() == "1"


def test_names_are_not_mathematics():
    mdp = mp.RewardlessMDP.from_successors({"$a_b$": {"$x^$": "$a_b$", "y": "c"}, "c": {"z": "c"}})
    mp.action_optimality(mdp, 0.5, samples=64, rng=0).plot(state="$a_b$").canvas.draw()


def test_what_cannot_be_drawn_as_bars(star):
    with pytest.raises(mp.LabelError, match="no state 'sun'"):
        star.plot(state="sun")
    many = mp.action_optimality(mp.envs.fork(13), 0.5, samples=64, rng=0)
    with pytest.raises(mp.ParameterError, match="up to 12 actions"):
        many.plot(state="root")
    with pytest.raises(mp.ParameterError, match="only where they lie on a grid"):
        star.plot()


# ---------------------------------------------------------------------- maps


def test_cells_show_the_chance_of_the_likeliest_action(maze):
    figure = maze.plot()
    panels = [axes for axes in figure.axes if axes.images]
    grid = grid_of(maze.mdp)
    for g, panel in enumerate(panels):
        best = np.array([maze.of(s, gamma=maze.gammas[g]).mean.max() for s in maze.mdp.states])
        image = panel.images[0].get_array()
        assert (image.mask == (grid < 0)).all()
        np.testing.assert_array_equal(image[grid >= 0], best[grid[grid >= 0]])
        assert f"γ = {maze.gammas[g]:g}" in panel.get_title()
    labels = {axes.get_ylabel() for axes in figure.axes if not axes.images}
    assert labels == {"probability that the\nlikeliest action is optimal"}


def test_arrows_show_the_likeliest_actions_and_faintly_what_may_be(maze):
    panel = next(axes for axes in maze.plot(gamma=0.9).axes if axes.images)
    possible, likeliest = quivers(panel)
    assert faint(possible).all()
    assert not faint(likeliest).any()
    # The dead end at (0, 6): only W leaves it, and is the likeliest by far.
    at = np.hypot(likeliest.X - 6, likeliest.Y - 0) < 0.5
    assert at.sum() == 1
    assert (likeliest.U[at] < 0).all()


def test_an_action_that_stays_is_one_dot():
    corridor = mp.action_optimality(mp.envs.make("open(1,1)"), 0.5, samples=64, rng=0)
    panel = corridor.plot().axes[0]
    dots = [c.get_offsets() for c in panel.collections if not hasattr(c, "U")]
    assert sum(map(len, dots)) == 1  # five actions that all stay put


def test_likely_pairs():
    """In state 0 the second pair may be as likely as the first; in state 1 both are the likeliest."""
    states = np.array([0, 0, 0, 1, 1])
    chance = np.array([0.5, 0.4, 0.1, 1.0, 1.0])
    first, others = likely_pairs(states, chance, np.array([0.5, 1.0]), chance - 0.1, chance + 0.1)
    assert (first.tolist(), others.tolist()) == ([0, 3, 4], [1])


@pytest.mark.slow
def test_gymnasium_maps_and_slippery_floors(tmp_path):
    chances = mp.action_optimality(mp.envs.make("FrozenLake-v1"), [0.5, 0.9, 1], samples=64, rng=0)
    chances.plot(tmp_path / "lake.png")
    assert (tmp_path / "lake.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_same_picture_is_the_same_file(maze, tmp_path):
    for name in ("one.svg", "two.svg"):
        maze.plot(tmp_path / name, gamma=0.9)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    with pytest.raises(mp.ParameterError, match=r"\.png, \.svg or \.pdf"):
        maze.plot("maze.gif")

"""How a picture looks is its user's choice, in the same words everywhere."""

from __future__ import annotations

import matplotlib
import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure

import mdppower as mp

FORK = mp.envs.fork(3)


def panels_of(figure):
    return [axes for axes in figure.axes if axes.images]


def test_axes_of_ones_own(maze):
    figure = Figure(figsize=(9, 4))
    left, right, other = figure.subplots(1, 3)
    other.set_title("mine")
    assert maze.plot(ax=[left, right], colorbar=False) is figure
    assert [axes.get_title()[:7] for axes in figure.axes] == ["γ = 0.1", "γ = 0.9", "mine"]
    assert not figure.get_suptitle()
    assert tuple(figure.get_size_inches()) == (9, 4)
    maze.plot(ax=other, gamma=0.9, title="both", colorbar=False)
    assert other.get_title().startswith("both\nγ = 0.9")
    with pytest.raises(mp.ParameterError, match="this picture has 2 panels, and ax has 1"):
        maze.plot(ax=left)
    with pytest.raises(mp.ParameterError, match="ax must be matplotlib Axes, one or several, got 3"):
        maze.plot(ax=3)


@pytest.mark.slow
def test_every_picture_draws_into_axes():
    """None of them touches the figure, but for the colour bars that are asked for."""
    room, smaller = mp.envs.make("open(2,3)"), mp.envs.gridworld("..\n..")
    a, b = (mp.Option.state(FORK, s, 0.9) for s in ("t1", "root"))
    fork = mp.power(FORK, [0.5, 0.9, 0.99], samples=64, rng=0)
    copied = [mp.sensitivity.duplicate_state(FORK, "t1")]
    pictures = {
        "bars": fork.plot, "lines": lambda **o: fork.plot(kind="lines", **o),
        "numbers": fork.at(0.5).actions("root").plot,
        "actions": mp.action_optimality(room, 0.9, samples=64, rng=0).plot,
        "bars of actions": lambda **o: mp.action_optimality(FORK, 0.9, samples=64, rng=0).plot(state="root", **o),
        "comparison": mp.compare(a, b, samples=64, rng=0).plot,
        "models": mp.sensitivity.difference(FORK, mp.envs.fork(2), 0.9, method="exact").plot,
        "maps of models": mp.sensitivity.difference(room, smaller, 0.9, samples=64, rng=0).plot,
        "transforms": mp.sensitivity.sensitivity(FORK, 0.9, transforms=copied, samples=64, rng=0).plot,
        "polytope": mp.OccupancyPolytope(FORK, "root", 0.9).plot, "visits": mp.visits(FORK, "root", 0.9).plot,
        "MDP": FORK.plot, "map of an MDP": room.plot,
        "claim": mp.theorems.proposition_6_9_2(mp.envs.figure_1(), "star", "->r_tri", "->l_tri").plot,
    }  # fmt: skip
    for name, plot in pictures.items():
        figure = Figure(figsize=(5, 4))
        axes = figure.subplots()
        assert plot(ax=axes) is figure, name
        assert axes.has_data() or axes.patches, name
        assert not figure.get_suptitle(), name
        assert tuple(figure.get_size_inches()) == (5, 4), name
        own = plot(figsize=(7, 5), dpi=50)
        assert tuple(own.get_size_inches()) == (7, 5), name
        assert own.dpi == 50, name
        with pytest.raises(mp.ParameterError, match="a picture has no option 'colour'"):
            plot(colour="red")


def test_one_scale_for_several_figures(maze):
    one, two = (maze.plot(gamma=g, vmin=0.6, vmax=0.9) for g in (0.1, 0.9))
    for figure in (one, two):
        assert panels_of(figure)[0].images[0].get_clim() == (0.6, 0.9)
    # What lies beyond the ends is said by the colour bar.
    assert panels_of(two)[0].images[0].colorbar.extend == ("max" if maze.mean[1].max() > 0.9 else "neither")
    narrow = maze.plot(gamma=0.9, vmin=0.88, vmax=0.89)
    assert panels_of(narrow)[0].images[0].colorbar.extend == "both"
    norm = LogNorm(0.5, 1)
    assert {panel.images[0].norm for panel in panels_of(maze.plot(norm=norm))} == {norm}
    assert isinstance(panels_of(maze.plot(norm="log"))[0].images[0].norm, LogNorm)


def test_numbers_and_colour_bars_on_and_off(maze):
    plain = maze.plot(annotate=False, colorbar=False)
    assert len(plain.axes) == 2
    assert not any(panel.texts for panel in plain.axes)
    assert all(panel.texts for panel in panels_of(maze.plot(annotate=True, arrows=True)))


def test_settings_of_matplotlib_are_respected(maze):
    with matplotlib.rc_context():
        matplotlib.style.use("dark_background")
        matplotlib.rcParams |= {"image.cmap": "magma", "font.size": 20, "axes.titlesize": 30}
        figure = maze.plot()
        panel, *_ = panels_of(figure)
        assert panel.images[0].get_cmap().name == "magma"
        assert figure.get_facecolor()[:3] == (0, 0, 0)
        assert to_rgb(figure._suptitle.get_color()) == (1, 1, 1)
        assert panel.title.get_fontsize() == 30  # the user's
        assert panel.xaxis.label.get_fontsize() == 16  # ours of 8 points, twice as large
    panel, *_ = panels_of(maze.plot())
    assert (panel.images[0].get_cmap().name, panel.title.get_fontsize()) == ("viridis", 10)


@pytest.mark.slow
def test_dots_an_inch(maze, tmp_path):
    from PIL import Image

    maze.plot(tmp_path / "a.png", figsize=(4, 2), dpi=100)
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.size == (400, 200)
    with matplotlib.rc_context({"savefig.dpi": 30}):
        maze.plot(tmp_path / "b.png", figsize=(4, 2))
    with Image.open(tmp_path / "b.png") as drawn:
        assert drawn.size == (120, 60)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"cmap": "virdis"}, r"there is no colour map 'virdis'; did you mean viridis"),
        ({"norm": "lg"}, r"norm must be a matplotlib Normalize or one of .*log.*; got 'lg'"),
        ({"norm": "log", "vmin": 1}, "norm has ends of its own"),
        ({"norm": "log", "scale": "rank"}, "norm is for scale='linear', not 'rank'"),
        ({"vmin": 1, "vmax": 0}, "vmin must be below vmax, got 1 and 0"),
        ({"vmin": 2}, "the colours would go from 2 to"),
        ({"vmin": np.nan}, "vmin must be a number, got nan"),
        ({"vmax": "1"}, "vmax must be a number, got '1'"),
        ({"dpi": 0}, "dpi must be a positive number, got 0"),
        ({"figsize": 3}, "figsize must be a width and a height in inches, got 3"),
        ({"figsize": (3, -1)}, "figsize must be a positive number, got -1"),
        ({"annotate": "no"}, "annotate must be True or False, got 'no'"),
        ({"scale": "log"}, "scale must be"),
        ({"kind": "heat"}, "kind must be"),
        ({"kind": "lines", "arrows": True}, "arrows are for map; this picture is of kind 'lines'"),
        ({"kind": "bars", "vmin": 0}, "vmin is not for bars"),
        ({"states": [(0, 0)]}, "states are for lines; this picture is of kind 'map'"),
    ],
)
def test_what_cannot_be_is_said(maze, options, told):
    with pytest.raises(mp.ParameterError, match=told):
        maze.plot(**options)

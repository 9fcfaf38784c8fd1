"""How a picture looks is its user's choice, in the same words everywhere."""

from __future__ import annotations

import matplotlib
import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle

import mdppower as mp
from mdppower._colours import luminance
from mdppower.display.curve_picture import plot_curve

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


@pytest.mark.slow
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
        ({"ax": []}, r"ax must be matplotlib Axes, one or several, got \[\]"),
        ({"ax": [None, None]}, "ax must be matplotlib Axes, one or several, got None"),
        ({"ax": Figure().subplots(1, 2), "figsize": (3, 3)}, "figsize is for a figure of ours"),
        ({"kind": ""}, "kind must be"),
        ({"annotate": "no"}, "annotate must be True or False, got 'no'"),
        ({"scale": "log"}, "scale must be"),
        ({"kind": "heat"}, "kind must be"),
        ({"kind": "lines", "arrows": True}, "arrows are for map; this picture is of kind 'lines'"),
        ({"kind": "bars", "vmin": 0}, "vmin is not for bars"),
        ({"states": [(0, 0)], "kind": "map"}, "states are for lines; this picture is of kind 'map'"),
    ],
)
def test_what_cannot_be_is_said(maze, options, told):
    with pytest.raises(mp.ParameterError, match=told):
        maze.plot(**options)


def test_what_the_norm_has_no_colour_for_is_no_wall():
    """Rewards of mean 0 have POWER on both sides of 0: a logarithm has colours for one of them."""
    room = mp.power(mp.envs.make("open(2,3)"), 0.01, "norm(-0.9,1)", samples=256, rng=0)
    above = room.mean > 0
    assert above.any()
    assert not above.all()
    figure = room.plot(norm="log")
    panel = panels_of(figure)[0]
    _, white = panel.images
    assert (~white.get_array().mask.ravel() == ~above).all()
    assert to_rgb(white.get_cmap().colors[0]) == (1, 1, 1)
    for text, on in zip(panel.texts, above.tolist(), strict=True):
        assert on or to_rgb(text.get_color()) == (0, 0, 0)
    assert "white: the norm has no colour for it" in figure.get_supxlabel().replace("\n", " ")
    graph = room.plot(kind="graph", norm="log").axes[0]
    nodes = [patch for patch in graph.patches if isinstance(patch, Circle)]
    assert [to_rgb(node.get_facecolor()) == (1, 1, 1) for node in nodes] == (~above).tolist()
    with pytest.raises(mp.ParameterError, match=r"norm \(LogNorm\) has no colours for numbers from -"):
        mp.power(room.mdp, 0.5, "norm(-9,1)", samples=16, rng=0).plot(norm="log")
    with pytest.raises(mp.ParameterError, match=r"norm \(LogNorm\) has no colours for numbers from 0 to 0"):
        mp.sensitivity.difference(room.mdp, room.mdp, 0.5, samples=16, rng=0).plot(norm="log")


@pytest.mark.slow
def test_titles(maze):
    """Of the user's own: as many lines as they have, mathematics, none at all; in the axes of others, too."""
    assert maze.plot(title="one\ntwo").get_suptitle() == "one\ntwo"
    assert not maze.plot(title="").get_suptitle()
    ax = Figure().subplots()
    maze.plot(gamma=0.9, title=r"$x^2$", ax=ax)
    assert ax.title.get_parse_math()
    assert ax.get_title().startswith("$x^2$\nγ = 0.9")


def test_legends_name_what_matplotlib_would_hide():
    """A label with "_" before it means "not in legends" there; here it is a name like others."""
    names = ["_left", "$x$", "right"]
    ring = mp.RewardlessMDP.from_successors({s: {"_on": names[k - 1], "$stay$": s} for k, s in enumerate(names)})
    drawn = [
        mp.power(ring, [0.5, 0.9], samples=16, rng=0).plot(kind="lines"),
        mp.action_optimality(ring, 0.5, samples=16, rng=0).plot(state="_left"),
    ]
    for figure, told in zip(drawn, (names, ["_on", "$stay$"]), strict=True):
        texts = figure.axes[0].get_legend().get_texts()
        assert [text.get_text() for text in texts] == told
        assert not any(text.get_parse_math() for text in texts)


def overlapping(texts):
    """Pairs of texts of which one covers some of the other."""
    boxes = [(text.get_text(), text.get_window_extent().shrunk(0.98, 0.98)) for text in texts]
    return [(a, b) for k, (a, one) in enumerate(boxes) for b, other in boxes[:k] if one.overlaps(other)]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "letters"), [({}, 10), ({"figsize": (6, 4)}, 10), ({}, 20)])
def test_the_words_of_the_curve_stand_apart(options, letters):
    with matplotlib.rc_context({"font.size": letters}):
        figure = plot_curve(0.45, drop=1, cap=0.5, **options)
        figure.canvas.draw()
    panels = figure.axes
    words = [text for panel in panels for text in (panel.title, panel.xaxis.label, *panel.get_legend().get_texts())]
    assert not overlapping([*words, panels[0].yaxis.label, figure._suptitle, figure._supxlabel])
    width = figure.bbox.width
    assert all(text.get_window_extent().x0 >= 0 and text.get_window_extent().x1 <= width for text in words)
    # And what they are about is not small for it.
    assert all(panel.get_position().width > 0.35 for panel in panels)


@pytest.mark.parametrize(("options", "letters"), [({}, 10), ({"figsize": (4, 3)}, 10), ({}, 20)])
def test_names_below_bars_are_slanted_where_they_would_meet(options, letters):
    """Between the lines of slanted names there is room for letters: their distance times sin 45°."""
    names = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]
    ring = mp.RewardlessMDP.from_successors({s: {"on": names[k - 1]} for k, s in enumerate(names)})
    with matplotlib.rc_context({"font.size": letters}):
        figure = mp.power(ring, 0.9, samples=16, rng=0).plot(**options)
        figure.canvas.draw()
    texts = figure.axes[0].get_xticklabels()
    if texts[0].get_rotation() == 0:
        assert not overlapping(texts)
    else:
        ends = [text.get_window_extent().x1 for text in texts]
        assert np.diff(ends).min() * np.sqrt(0.5) > texts[0].get_fontsize() * figure.dpi / 72


def test_lines_are_seen_on_dark_ground():
    """3 : 1 at least, which is asked of graphics: (L + 0.05) / 0.05 on black, L the relative luminance."""
    estimate = mp.power(FORK, [0.1, 0.5, 0.9], samples=16, rng=0)
    with matplotlib.rc_context():
        matplotlib.style.use("dark_background")
        lines = estimate.plot(kind="lines").axes[0].lines
    level = luminance(np.array([to_rgb(line.get_color()) for line in lines]))
    assert ((level + 0.05) / 0.05).min() >= 3

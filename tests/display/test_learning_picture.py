"""Pictures of learning curves: lines, bands and names are those of the results; what is shown and given is said."""

from __future__ import annotations

import warnings
from dataclasses import replace

import matplotlib.style
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

import mdppower as mp
from mdppower._colours import luminance
from mdppower.display.look import Look
from mdppower.display.share_panels import LEAST, MEAN, _apart, across_of
from mdppower.learning.signals import read_signal

FORK = mp.envs.fork(3)


@pytest.fixture(scope="module")
def curves():
    signals = ["random", "noise", "unseen"]
    training = mp.learning.train(FORK, 0.9, signals, episodes=100, runs=4, start="root", rng=0)
    return training.curves({"uniform": "uniform", "mine": "expon"}, samples=32)


def lines(panel):
    """{name: line} of the means."""
    return {line.get_label(): line for line in panel.get_lines() if str(line.get_gid()).startswith(MEAN)}


def texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.slow
def test_lines_are_shares_and_bands_their_simultaneous_limits(curves, tmp_path):
    figure = curves.plot(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    uniform, mine = figure.axes
    assert list(lines(uniform)) == list(lines(mine)) == ["random", "noise", "unseen"]
    table = curves.table(0.95, simultaneous=True)
    drawn = [lines(panel)[arm] for arm in curves.arms for panel in figure.axes]
    assert np.concatenate([line.get_ydata() for line in drawn]).tolist() == table["share"]
    assert drawn[0].get_xdata().tolist() == [0, 10, 30, 100]
    for panel, test in ((uniform, 0), (mine, 1)):
        for k, band in enumerate(panel.collections):
            corners = band.get_paths()[0].vertices
            rows = slice((2 * k + test) * 4, (2 * k + test + 1) * 4)
            assert set(np.round(table["lower"][rows] + table["upper"][rows], 9)) <= set(np.round(corners[:, 1], 9))
    # Verdicts go by the same limits.
    verdicts = curves.verdicts()
    assert verdicts["lower"] == table["lower"][3::4]


@pytest.mark.slow
def test_what_is_shown_and_given_and_where_a_theorem_says_0(curves):
    figure = curves.plot()
    assert texts(figure) == [
        "random: shown R, given R",
        "noise: shown R, given noise (a theorem: 0 on uniform)",  # an exponential law is not symmetric
        "unseen: shown nothing, given R (a theorem: 0)",
    ]
    assert figure.legends[0].get_title().get_text() == "bands: 95 %, all at once · hollow: 0 on average, a theorem"
    ground = (1.0, 1.0, 1.0, 1.0)
    hollow = [
        [name for name, line in lines(panel).items() if tuple(line.get_markerfacecolor()) == ground]
        for panel in figure.axes
    ]
    assert hollow == [["noise", "unseen"], ["unseen"]]
    assert curves.of("random").plot().legends[0].get_title().get_text() == "bands: 95 %, all at once"


@pytest.mark.slow
def test_in_grey_lines_have_markers_and_dashes_of_their_own(curves):
    (panel, _) = curves.plot().axes
    looks = [(line.get_marker(), line.get_linestyle()) for line in lines(panel).values()]
    assert len({marker for marker, _ in looks}) == len({style for _, style in looks}) == 3
    names = [text.get_text() for text in panel.texts]
    assert names == ["random", "noise", "unseen"]


@pytest.mark.slow
def test_floor_and_ceiling_are_named_and_0_has_a_place(curves):
    figure = curves.plot()
    figure.draw_without_rendering()
    uniform = figure.axes[0]
    told = [label.get_text() for label in uniform.get_yticklabels()]
    assert {"random policy  0", "optimal  1"} <= set(told)
    assert [label.get_text() for label in uniform.get_xticklabels()] == ["0", "10", "100"]
    place = uniform.transData.transform
    (zero, _), (ten, _), (hundred, _) = (place((x, 0)) for x in (0, 10, 100))
    assert 0.2 < (ten - zero) / (hundred - ten) < 1
    floor, ceiling = float(curves.floor().mean), float(curves.ceiling().mean)
    assert uniform.get_title() == f"tested on uniform rewards\nrandom policy {floor:.4g}, optimal {ceiling:.4g}"
    assert figure.axes[1].get_title().startswith("tested on mine\n")


def test_where_floor_and_ceiling_are_equal_it_is_said():
    training = mp.learning.train(FORK, 0.9, "untrained", episodes=1, runs=2, rng=0)
    with pytest.warns(mp.MDPPowerWarning, match="floor and ceiling are equal"):
        curves = training.curves({"all alike": 1.0}, samples=4)
    (panel,) = curves.plot().axes
    assert panel.texts[0].get_text().startswith("floor and ceiling are equal")
    assert not lines(panel)


@pytest.mark.slow
def test_looks_and_refusals(curves, tmp_path):
    own = Figure()
    panels = own.subplots(2)
    assert curves.plot(ax=panels, title="mine") is own
    assert [text.get_text() for text in panels[0].get_legend().get_texts()] == texts(curves.plot())
    assert "interrupted" in replace(curves, interrupted=True).plot().get_suptitle()
    with pytest.raises(mp.ParameterError, match=r"\.png, \.svg or \.pdf"):
        curves.plot(tmp_path / "curves.gif")
    with pytest.raises(mp.ParameterError, match="vmin is not for learning curves"):
        curves.plot(vmin=0)
    with pytest.raises(mp.ParameterError, match="confidence"):
        curves.plot(confidence=1.5)
    many = tuple(read_signal(f"few({n})") for n in range(1, 14))
    wide = replace(curves, signals=many, powers=np.repeat(curves.powers[:, :1], 13, axis=1))
    with pytest.raises(mp.SizeError, match=r"up to 12 arms and 12 tests, not 13 and 2: take one arm with \.of"):
        wide.plot()


def test_names_stand_apart_and_near_their_ends():
    rng = np.random.default_rng(0)
    for _ in range(50):
        ends = rng.choice([0.0, 0.1, 0.5, 1.0], 8) + 0.01 * rng.random(8)
        places = _apart(ends, 0.06)
        assert np.diff(np.sort(places)).min() > 0.06 - 1e-9
        assert (np.argsort(-ends, kind="stable") == np.argsort(-places, kind="stable")).all()
        assert abs(places.mean() - ends.mean()) < 1e-9  # groups are moved apart about their centres
    alone = np.array([0.9, 0.1, 0.5])
    assert (_apart(alone, 0.06) == alone).all()


# ---------------------------------------------------------------------- room


def many_of(curves, panels, arms):
    """The same curves again and again under other names."""
    signals = tuple(read_signal(f"few({n})") for n in range(1, arms + 1))
    arm, law = np.arange(arms) % len(curves.arms), np.arange(panels) % len(curves.tests)
    tests = {f"law {k}": list(curves.tests.values())[i] for k, i in enumerate(law)}
    changed = {name: getattr(curves, name)[:, law] for name in ("floors", "ceilings", "worsts", "errors")}
    return replace(curves, signals=signals, tests=tests, powers=curves.powers[:, arm][..., law], **changed)


def out_of_place(figure):
    """Words that leave the figure, and pairs of words that lie on each other."""
    figure.canvas.draw()
    words = [figure._suptitle, *figure.legends[0].get_texts()]
    for panel in figure.axes:
        if panel.get_visible():
            low, high = panel.get_ylim()
            ticks = [tick.label1 for tick in panel.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
            ticks += panel.get_xticklabels()
            words += [panel.title, panel.xaxis.label, panel.yaxis.label, *panel.texts, *ticks]
    seen = [word for word in words if word.get_visible() and word.get_text()]
    # Of an annotation without its arrow.
    boxes = [(word.get_text(), Text.get_window_extent(word).shrunk(0.96, 0.9)) for word in seen]
    wide, tall = figure.bbox.size
    outside = [text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > wide or box.y1 > tall]
    return outside + [(a, b) for k, (a, one) in enumerate(boxes) for b, other in boxes[:k] if one.overlaps(other)]


@pytest.mark.slow
def test_a_figure_too_small_is_refused_and_the_least_size_is_enough(curves):
    """The size that the message names is drawn, and is no more than is needed: a fifth less is refused again."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing of matplotlib's "not applied"
        with pytest.raises(mp.ParameterError, match="too small for 2 panels and 3 arms: at least") as refused:
            curves.plot(figsize=(6, 2))
        least = [float(side) for side in str(refused.value).split("at least ")[1].split(",")]
        figure = curves.plot(figsize=least)
        assert not out_of_place(figure)
        with pytest.raises(mp.ParameterError, match="at least"):
            curves.plot(figsize=(least[0], 0.8 * least[1]))
    assert min(panel.get_position().height for panel in figure.axes) * least[1] >= LEAST[1] - 0.02


def test_rows_of_panels():
    assert [across_of(n, 3, Look()) for n in (1, 2, 3, 4, 5, 6, 9, 12)] == [1, 2, 3, 2, 3, 3, 3, 3]
    assert [across_of(4, 3, Look(figsize=size)) for size in ((20, 4), (9, 7), (4, 20))] == [4, 2, 1]


@pytest.mark.slow
def test_the_default_size_suits_panels_and_arms(curves):
    figure = many_of(curves, 4, 7).plot()
    assert not out_of_place(figure)
    assert [panel.get_subplotspec().get_geometry()[:2] for panel in figure.axes] == [(2, 2)] * 4
    assert [bool(panel.get_xlabel()) for panel in figure.axes] == [False, False, True, True]
    legend = figure.legends[0].get_window_extent()
    assert legend.x0 > 0.1 * figure.dpi
    assert legend.x1 < figure.bbox.width - 0.1 * figure.dpi
    for panel in figure.axes:
        box = panel.get_window_extent()
        assert min(box.width / 2.2, box.height / 2.0) >= 0.99 * figure.dpi


@pytest.mark.slow
def test_intervals_of_many_arms_are_bars_beside_each_other(curves):
    many = many_of(curves, 1, 7)
    figure = many.plot()
    (panel,) = figure.axes
    assert not [one for one in panel.collections if not isinstance(one, LineCollection)]  # no bands
    table = many.table(0.95, simultaneous=True)
    bars = [box.get_segments()[0] for box in panel.collections]
    places = panel.transAxes.inverted().transform(panel.transData.transform([bar[0] for bar in bars]))[:, 0]
    assert np.diff(places).min() > 0.02
    assert places.max() < 1
    assert min(bar[0][0] for bar in bars) > curves.checkpoints[-1]
    limits = np.array(bars)[:, :, 1]
    np.testing.assert_allclose(limits, np.array([table["lower"], table["upper"]]).T[3::4], atol=1e-12)
    assert figure.legends[0].get_title().get_text().startswith("bars, of the last points: 95 %")


@pytest.mark.parametrize("style", ["grayscale", "dark_background", "default", "ggplot"])
def test_lines_are_seen_in_any_style(style):
    """3 : 1 at least with the ground, which is asked of graphics; in grey no two are the same."""
    with matplotlib.style.context(style):
        colours = Look().spread(7)
        ground = luminance(np.array(to_rgb(matplotlib.rcParams["axes.facecolor"]))) + 0.05
    level = luminance(colours) + 0.05
    assert np.maximum(level / ground, ground / level).min() >= 3
    assert len(np.unique(level.round(4))) == 7


# ---------------------------------------------------------------------- assessments


@pytest.mark.slow
def test_agents_over_steps_over_episodes_and_by_name():
    agents = {k: mp.agents.q_learning(k, start="root") for k in (0, 10, 100)}
    found = mp.learning.assess(agents, FORK, [0.5, 0.9], start="root", samples=64, rng=0)
    figure = found.plot()
    first, second = figure.axes
    share = found.table()["share"]
    drawn = [panel.get_lines()[-1].get_ydata().tolist() for panel in figure.axes]
    assert drawn == [share[:3], share[3:]]
    assert first.get_title().startswith("γ = 0.5\nrandom policy 0.")
    assert (first.get_xlabel(), second.get_xlabel()) == ("step", "step")
    named = mp.learning.assess({"a": agents[0], "b": agents[10]}, FORK, 0.9, start="root", samples=64, rng=0).plot()
    assert [label.get_text() for label in named.axes[0].get_xticklabels()] == ["a", "b"]
    assert "bars: 95 %, all at once" in named.get_supxlabel()


@pytest.mark.slow
def test_agents_that_go_on_learning_are_lines():
    class Optimist:
        def q_values(self, mdp, rewards, gamma):
            return np.repeat(rewards.max(axis=1, keepdims=True), mdp.n_pairs, axis=1)

        def __call__(self, mdp, rewards, gamma):
            return np.repeat(mdp.action_codes[mdp.pointer[:-1]][None], len(rewards), axis=0)

    agents = {"one": Optimist(), "other": Optimist()}
    found = mp.learning.assess(agents, FORK, 0.9, start="root", episodes=[0, 10], samples=64, rng=0)
    (panel,) = found.plot().axes
    assert [text.get_text() for text in panel.texts] == ["one", "other"]
    assert panel.get_xlabel() == "episodes of adaptation"
    assert [line.get_ydata().tolist() for line in lines(panel).values()] == np.array(found.table()["share"]).reshape(
        2, 2
    ).tolist()

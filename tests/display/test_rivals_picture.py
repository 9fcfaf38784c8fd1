"""Success against lead: dots stand where numbers are, what is infinite at the edge, units in the label."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from scipy import stats

import mdppower as mp
from mdppower.display.rivals_picture import MARGIN, SuccessAndLead, plot_rivals


def drawn(success=(0.5, 0.95, 1.0), **how):
    success = np.array(success)
    n = len(success)
    lead = np.linspace(0, 0.2, n)
    columns = {
        "episodes": 10 * np.arange(n), "success": success, "success_low": success - 0.01, "success_high": success,
        "lead": lead, "lead_low": lead - 0.01, "lead_high": lead + 0.01, "sd": np.full(n, 0.1),
        "normal": stats.norm.ppf(success), "lower": lead - 0.1, "upper": lead + 0.3,
        "post_lower": np.full(n, -0.5), "post_upper": np.full(n, np.inf),
        "range_lower": np.full(n, np.nan), "range_upper": np.full(n, np.nan),
    }  # fmt: skip
    given = {"title": "A against B", "task": "a task: R", "columns": columns, "nu": 0.45, "runs": 4, "samples": 100,
             "left_out": 0, "interrupted": False}  # fmt: skip
    return SuccessAndLead(**given | how)


def words(figure):
    texts = [text.get_text() for text in figure.findobj(match=lambda x: hasattr(x, "get_text"))]
    return " ".join(texts).replace("\n", " ")


def test_dots_stand_where_numbers_are():
    figure = plot_rivals(drawn())
    (axes,) = figure.axes
    inside, edge = (x.get_offsets().data for x in axes.collections if isinstance(x, PathCollection))
    np.testing.assert_allclose(inside, [[0, 0], [stats.norm.ppf(0.95), 0.1]], atol=1e-12)
    np.testing.assert_allclose(edge, [[stats.norm.ppf(1 - 1 / 800) + MARGIN, 0.2]], atol=1e-12)
    low, high = axes.get_xlim()
    assert low < inside[:, 0].min()
    assert high > edge[0, 0]
    law = next(line for line in axes.lines if line.get_marker() == "x")
    np.testing.assert_allclose(law.get_ydata(), [0, 0.1 * stats.norm.ppf(0.95)], atol=1e-12)
    assert "95 %" in [tick.get_text() for tick in axes.get_xticklabels()]


@pytest.mark.slow
def test_words_say_what_a_task_is_and_what_bands_rest_on():
    figure = plot_rivals(drawn(left_out=1, interrupted=True))
    told = words(figure)
    for part in ("a task: R", "ν = 0.45: not for learners", "corrected band", "normal law", "without 1 checkpoint",
                 "interrupted", "power of A less that of B"):  # fmt: skip
        assert part in told, part
    assert "ν = w" not in told  # there is none
    assert "interrupted" not in words(plot_rivals(drawn()))


@pytest.mark.slow
def test_it_is_the_picture_of_rivals(tmp_path):
    training = mp.learning.train(mp.envs.fork(3), 0.9, ["random"], episodes=30, runs=4, start="root", rng=0)
    found = training.curves(samples=64, against=["random policy", "final"])
    for reference in found.references:
        for unit in ("reward", "reward and start"):
            one = found.rivals("random", reference, unit=unit)
            figure = one.plot(tmp_path / "x.png")
            assert one.task in words(figure)
            assert ("without" in words(figure)) == (reference == "final")
    assert (tmp_path / "x.png").stat().st_size > 1000
    with pytest.raises(mp.errors.ParameterError, match="saved as"):
        one.plot("x.gif")
    with pytest.raises(mp.errors.ParameterError, match="vmin is not for"):
        one.plot(vmin=0)


@pytest.mark.slow
def test_what_is_beyond_the_frame_is_said():
    """The post's edges at −.5 and ∞ lie beyond −.1 to .5; at 0 they do not."""
    assert "not for learners, beyond the frame" in words(plot_rivals(drawn()))
    columns = drawn().columns | {"post_lower": np.zeros(3)}
    assert "beyond the frame" not in words(plot_rivals(drawn(columns=columns))).replace("bands go on beyond", "")


def test_a_band_of_one_checkpoint_has_a_width():
    (axes,) = plot_rivals(drawn(success=(0.93,))).axes
    band = axes.collections[0].get_paths()[0].vertices
    assert np.ptp(band[:, 0]) > 0.1
    assert axes.get_xticklabels()  # also where no usual rate is near


@pytest.mark.slow
def test_a_figure_too_small_is_refused_and_the_least_size_is_enough():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(mp.ParameterError, match="is too small for this picture: at least") as refused:
            plot_rivals(drawn(), figsize=(3, 2))
        least = [float(side) for side in str(refused.value).split("at least ")[1].split(",")]
        for figure in (plot_rivals(drawn(), figsize=least), plot_rivals(drawn())):
            figure.canvas.draw()
            (axes,) = figure.axes
            texts = [axes.xaxis.label, axes.yaxis.label, figure._suptitle, figure._supxlabel]
            texts += [*axes.get_xticklabels(), *axes.get_legend().get_texts()]
            low, high = axes.get_ylim()
            texts += [tick.label1 for tick in axes.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
            boxes = [text.get_window_extent().shrunk(0.97, 0.95) for text in texts if text.get_text()]
            assert not [1 for k, one in enumerate(boxes) for other in boxes[:k] if one.overlaps(other)]
            assert min(min(box.x0, box.y0) for box in boxes) >= 0
            assert max(box.x1 for box in boxes) <= figure.bbox.width
            assert max(box.y1 for box in boxes) <= figure.bbox.height

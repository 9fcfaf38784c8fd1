"""Pictures of A − B: signs, and who has a cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import mdppower as mp
from mdppower.sensitivity.model_difference import difference

# ---------------------------------------------------------------------- pictures of a difference


@pytest.mark.slow
def test_a_map_of_differences_says_signs_and_who_has_a_cell(doors, tmp_path):
    figure = difference(*doors[::-1], [0.1, 0.9], rng=0).plot(tmp_path / "door.png")
    assert (tmp_path / "door.png").stat().st_size > 10_000
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [panel.get_title() for panel in panels] == ["γ = 0.1", "γ = 0.9"]
    texts = [text.get_text() for text in panels[1].texts]
    assert sum(text.startswith("+") for text in texts) == 8
    assert {"a", "b", "A"} <= set(texts)
    assert len([p for p in panels[0].patches if isinstance(p, Rectangle)]) == 1
    low, high = panels[0].images[0].get_clim()
    assert low == -high < 0  # white is no difference
    # What is more in A is blue: the open door is A, and worth something everywhere.
    red, _, blue, _ = np.moveaxis(panels[1].images[0].to_rgba(panels[1].images[0].get_array()), -1, 0)
    assert (blue >= red)[~np.ma.getmaskarray(panels[1].images[0].get_array())].all()
    assert "A: only A has the cell" in figure.get_supxlabel()
    back = difference(*doors, 0.9, rng=0).plot()
    assert sum(text.get_text().startswith("−") for text in back.axes[0].texts) == 8
    # Where numbers do not fit, the sign alone.
    wide = [mp.envs.gridworld("." * n) for n in (44, 45)]
    figure = difference(*wide, 0.9, samples=256, rng=0).plot()
    signs = {text.get_text() for text in figure.axes[0].texts}
    assert signs <= {"−", "·", "+", "B"}
    assert {"−", "B"} <= signs
    assert "+ more in A, − more in B · dot: not told from 0 (95 %, all at once)" in figure.get_supxlabel()


def test_a_picture_says_that_it_is_of_an_interrupted_run(doors):
    found = difference(*doors, 0.9, samples=64, rng=0)
    assert "interrupted" not in found.plot().get_suptitle()
    assert "interrupted: fewer draws" in replace(found, interrupted=True).plot().get_suptitle()


@pytest.mark.slow
def test_bars_where_there_is_no_map(tmp_path):
    figure = difference(mp.envs.fork(3), mp.envs.fork(2), [0.5, 0.9], rng=0).plot(
        tmp_path / "fork.svg", title="forks"
    )
    assert [axes.get_title() for axes in figure.axes] == ["γ = 0.5", "γ = 0.9"]
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights[0] == pytest.approx(1 / 12, abs=0.01)
    back = difference(mp.envs.fork(2), mp.envs.fork(3), 0.5, rng=0).plot()
    assert (back.axes[0].patches[0].get_hatch(), figure.axes[0].patches[0].get_hatch()) == ("//", None)
    (red, _, blue, _), legend = back.axes[0].patches[0].get_facecolor(), back.axes[0].get_legend()
    assert red > blue
    assert [text.get_text() for text in legend.get_texts()] == ["more in A", "more in B"]
    assert legend.get_patches()[1].get_facecolor() == back.axes[0].patches[0].get_facecolor()
    assert back.get_suptitle().startswith("POWER, A − B")
    assert back.axes[0].get_ylabel() == "POWER, A − B"
    with pytest.raises(mp.ParameterError, match=r"\.png, \.svg or \.pdf"):
        difference(mp.envs.fork(2), mp.envs.fork(3), 0.5, samples=64).plot("fork.gif")

"""What colours say: of the cells where there is a choice, in numbers, ranks, or per cent of their average."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

import mdppower as mp
from mdppower.display.cell_signs import ABSORBING
from mdppower.display.colour_scale import power_scales
from mdppower.display.look import Look
from mdppower.mdp.actions import with_a_choice

LAKE = mp.power(mp.envs.gridworld("....\n.~..\n..~*"), [0.5, 0.9], samples=256, rng=0)
OPEN = with_a_choice(LAKE.mdp)


def image_of(figure, g=0):
    return [axes for axes in figure.axes if axes.images][g].images[0]


def test_absorbing_cells_are_not_on_the_scale():
    """Pits and exit have POWER E R = .5, the others between .6 and .9: with them on it, these would be one colour."""
    figure = LAKE.plot()
    for g in (0, 1):
        image = image_of(figure, g)
        assert image.get_clim() == (LAKE.mean[g][OPEN].min(), LAKE.mean[g][OPEN].max())
        assert np.ma.getmaskarray(image.get_array()).sum() == 3
        # The colours of the others go from one end to the other.
        shares = image.norm(image.get_array().compressed())
        assert (shares.min(), shares.max()) == (0, 1)
    panel = figure.axes[0]
    hole = panel.images[1]
    assert (~np.ma.getmaskarray(hole.get_array())).sum() == 3
    assert matplotlib.colors.to_hex(hole.cmap(0.5)) == ABSORBING
    assert "framed: absorbing (* exit, ~ pit), not on the scale" in figure.get_supxlabel()


@pytest.mark.slow
def test_digits_tell_apart_where_there_is_a_choice():
    """In a far-sighted lake the open cells differ by hundredths, and the pits by tenths."""
    texts = [text.get_text() for text in LAKE.plot(gamma=0.9).axes[0].texts]
    numbers = {text for text in texts if text[0] == "."}
    assert {len(text) for text in numbers} == {4}  # .123
    assert ".500" in numbers or any(text.startswith(".4") or text.startswith(".5") for text in numbers)


def test_all_absorbing_is_all_on_the_scale():
    alone = mp.power(mp.envs.gridworld("*~", stay=True), 0.5, samples=64, rng=0)
    assert not np.ma.getmaskarray(image_of(alone.plot()).get_array()).any()


def test_ranks():
    power, slack = np.array([[0.1, 0.3, 0.3 + 1e-12, 0.9, 0.5]]), np.array([1e-9])
    (scale,) = power_scales(power, slack, [0.5], np.arange(5) != 4, Look(), scale="rank", share=False)
    # Two are one, up to the solver's error: they share the ranks 2 and 3. The last is not on the scale.
    np.testing.assert_array_equal(scale.shown, [1, 2.5, 2.5, 4, np.nan])
    assert (scale.norm.vmin, scale.norm.vmax) == (1, 4)
    image = image_of(LAKE.plot(scale="rank"))
    assert sorted(image.get_array().compressed().tolist()) == list(range(1, 10))
    assert image.colorbar.ax.get_ylabel() == "rank of POWER, 1 … 9 (most)"


def test_per_cent_of_the_average():
    image = image_of(LAKE.plot(scale="relative", share_scale=True), 1)
    open_cells = LAKE.mean[1][OPEN]
    np.testing.assert_allclose(
        np.sort(image.get_array().compressed()), np.sort(100 * (open_cells / open_cells.mean() - 1))
    )
    assert image.colorbar.ax.get_ylabel().endswith("(%)")
    with pytest.raises(mp.ParameterError, match=r"average POWER, which is -.* at γ = 0.5: take 'linear' or 'rank'"):
        mp.power(LAKE.mdp, 0.5, "uniform(-2,-1)", samples=64, rng=0).plot(scale="relative")


def test_differences_of_the_solver_are_no_colours():
    """γ = 1 on a connected map: one number, up to the solver's error, and one colour."""
    room = mp.power(mp.envs.make("open(3,3)"), 1, samples=64, rng=0)
    assert np.ptp(room.mean) <= 2 * room.error_bound.max()
    low, high = image_of(room.plot()).get_clim()
    assert high - low > 0.05

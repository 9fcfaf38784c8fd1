"""Text on colours: contrast by WCAG 2.2, whatever the colour map, and after it is changed."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import mdppower as mp
from mdppower._colours import luminance, white_is_better

LEAST = 4.5


def contrast(a, b):
    light, dark = max(a, b), min(a, b)
    return (light + 0.05) / (dark + 0.05)


def test_the_better_of_black_and_white_reaches_the_square_root_of_21():
    # Contrast with black is (L + .05)/.05, with white 1.05/(L + .05): their product is 21, so the greater is √21 at
    # least. On a fine net of all colours the least is just above that.
    net = np.stack(np.meshgrid(*[np.linspace(0, 1, 41)] * 3), axis=-1).reshape(-1, 3)
    level = luminance(net)
    best = np.where(white_is_better(net), 1.05 / (level + 0.05), (level + 0.05) / 0.05)
    assert 21**0.5 <= best.min() < 4.65
    # Control: the rule of before, white up to .55 of the scale of viridis, stays below.
    scale = matplotlib.colormaps["viridis"](np.linspace(0, 1, 201))
    old = np.where(np.linspace(0, 1, 201) <= 0.55, 1.05 / (luminance(scale) + 0.05), (luminance(scale) + 0.05) / 0.05)
    assert old.min() < 3.5


def texts_on_cells(figure):
    """(ink, colour of the cell) of every text of a map."""
    for panel in [axes for axes in figure.axes if axes.images]:
        image, *others = panel.images
        left, _, _, top = image.get_extent()
        for text in panel.texts:
            column, row = (
                int(np.floor(x - start)) for x, start in zip(text.get_position(), (left, top), strict=True)
            )
            drawn = [one for one in (image, *others) if not np.ma.getmaskarray(one.get_array())[row, column]]
            (cell,) = drawn
            yield text.get_color(), cell.to_rgba(cell.get_array())[row, column]


@pytest.mark.slow
@pytest.mark.parametrize("cmap", ["viridis", "magma", "Greys", "jet", "RdBu", "cividis"])
def test_numbers_and_marks_can_be_read(maze, cmap):
    lake = mp.power(mp.envs.gridworld("a..*\n.~..\n..>."), [0.5, 0.9], samples=64, rng=0)
    for figure in (maze.plot(cmap=cmap), lake.plot(cmap=cmap)):
        seen = list(texts_on_cells(figure))
        assert len(seen) >= 24
        assert min(contrast(luminance(np.array(to_rgb(ink))), luminance(cell)) for ink, cell in seen) >= LEAST


def test_ink_follows_when_the_picture_is_recoloured(maze):
    figure = maze.plot(gamma=0.9)
    image = figure.axes[0].images[0]
    before = [text.get_color() for text in figure.axes[0].texts]
    for change in (lambda: image.set_cmap("Greys"), lambda: image.set_clim(0, 5), lambda: image.set_clim(0.88, 0.9)):
        change()
        seen = list(texts_on_cells(figure))
        assert min(contrast(luminance(np.array(to_rgb(ink))), luminance(cell)) for ink, cell in seen) >= LEAST
    assert [text.get_color() for text in figure.axes[0].texts] != before


def test_arrows_and_signs_follow_too():
    estimate = mp.power(mp.envs.gridworld("...>..\n......"), [0.9], samples=512, rng=0)
    panel = estimate.plot(arrows=True).axes[0]
    image, (quiver,) = panel.images[0], [c for c in panel.collections if hasattr(c, "U")]
    dark = quiver.get_facecolor()[:, :3].sum()
    image.set_cmap("gray_r")
    image.set_clim(-10, 0)  # all black
    assert quiver.get_facecolor()[:, :3].min() == 1
    assert dark < quiver.get_facecolor()[:, :3].sum()
    (triangle,) = [patch for patch in panel.patches if len(patch.get_path().vertices) == 4]
    assert to_rgb(triangle.get_facecolor()[:3]) == (1, 1, 1)

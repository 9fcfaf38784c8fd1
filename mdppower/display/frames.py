"""One picture after the other: how GIFs are written, and POWER over γ as one: a frame a γ, all with one scale."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mdppower._atomic import write_atomically
from mdppower.display.colour_scale import power_scales
from mdppower.display.figures import PAPER
from mdppower.display.words import Words, finished
from mdppower.mdp.actions import with_a_choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

    from mdppower.display.heatmap import Extras
    from mdppower.display.look import Look
    from mdppower.measures.power_estimate import PowerEstimate

MILLISECONDS = 900
"""A frame; the last stays three times as long."""


def save_frames(
    estimate: PowerEstimate, path: str | os.PathLike[str] | None,
    draw: Callable[[PowerEstimate, Look], tuple[list[Axes], Words]], look: Look, extras: Extras, title: str | None,
) -> Figure:  # fmt: skip
    """Write a GIF; the figure of its last frame.

    Parameters
    ----------
    estimate : PowerEstimate
    path : str or path
    draw : callable
        From an estimate at one γ and a look to the panels and words of its frame.
    look, extras
        Of all frames. The ends of the colours are those of all γ together.
    title : str, optional

    Raises
    ------
    FileError
        The file cannot be written; an older one is as it was.
    """
    assert path is not None
    scale = power_scales(
        estimate.data.value, estimate.error_bound, estimate.gammas, with_a_choice(estimate.mdp), look,
        scale=extras.scale, share=True,
        what=estimate.quantity_name,
    )[0]  # fmt: skip
    one_scale = look if look.norm is not None else replace(look, vmin=scale.norm.vmin, vmax=scale.norm.vmax)
    frames = []
    for gamma in estimate.gammas:
        panels, words = draw(estimate.at(gamma), one_scale)
        figure = finished(panels, one_scale, words, None, None, title)
        frames.append(drawn(figure, look))
    write_gif(frames, path, MILLISECONDS)
    return figure


def drawn(figure: Figure, look: Look) -> Image.Image:
    """A figure as a frame."""
    from PIL import Image

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=look.dpi or PAPER)
    return Image.open(file).convert("RGB")


def write_gif(frames: Sequence[Image.Image], path: str | os.PathLike[str], milliseconds: int) -> None:
    """Write frames, with one palette and one size; the last stays three times as long.

    Raises
    ------
    FileError
        The file cannot be written; an older one is as it was.
    """
    from PIL import Image

    # Frames whose titles take more lines are higher: all get the size of the largest.
    size = max(f.width for f in frames), max(f.height for f in frames)
    sheets = []
    for frame in frames:
        sheet = Image.new("RGB", size, frame.getpixel((0, 0)))
        sheet.paste(frame, (0, 0))
        sheets.append(sheet)
    whole = Image.fromarray(np.concatenate([np.asarray(sheet) for sheet in sheets]))
    palette = whole.quantize(256, dither=Image.Dither.NONE)
    first, *rest = [sheet.quantize(palette=palette, dither=Image.Dither.NONE) for sheet in sheets]
    written = io.BytesIO()
    first.save(
        written, format="GIF", save_all=True, append_images=rest, loop=0, optimize=False,
        duration=[milliseconds] * len(rest) + [3 * milliseconds],
    )  # fmt: skip
    write_atomically(path, written.getbuffer())

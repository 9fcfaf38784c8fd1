"""Pictures of A − B, the POWER that one model has over another: maps where the states lie on a grid, else bars.

The scale is symmetric around 0: blue is more in A, red more in B, and white no difference. In grey its two ends look
alike, so that signs are written, too: in each cell its number with its sign, or the sign alone where numbers do not
fit.
"""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mdppower._typing import AnyArray, FloatArray
from mdppower.display.figures import Picture, picture_suffix, save_figure, set_title
from mdppower.display.heatmap import Sheet, grid_sheet, name_rows_and_columns, paint_walls
from mdppower.display.signed_bars import (
    COLOURS,
    MOST_BARS,
    explain_signs,
    greatest,
    name_bars,
    signed_bars,
    told_intervals,
)
from mdppower.mdp.layout import grid_of, is_drawing, marks_of
from mdppower.results.number_text import how_sure, number_text
from mdppower.sensitivity.model_difference_estimate import ModelDifference

UNIT = "POWER in A − POWER in B (reward units)"
GONE = "#c9c9c9"
MOST_TEXTS = 2500
LEAST_POINTS = 5.5


def plot_difference(
    found: ModelDifference,
    path: str | os.PathLike[str] | None = None,
    *,
    confidence: float = 0.95,
    title: str | None = None,
) -> Figure:
    """Draw how POWER differs between two MDPs, a panel a γ.

    Parameters
    ----------
    found : ModelDifference
    path : str or path, optional
        Where to save it: .png, .svg, .pdf.
    confidence : float
        Of all intervals together. Differences that they do not tell from 0 are in parentheses or dots on a map, and
        pale as bars.
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The suffix is another.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.sensitivity import difference
    >>> a, b = mp.envs.gridworld("...."), mp.envs.gridworld("..#.")
    >>> figure = plot_difference(difference(a, b, [0.5, 0.9], samples=256, rng=0))
    >>> [panel.get_title() for panel in figure.axes if panel.get_title()]
    ['γ = 0.5', 'γ = 0.9']
    """
    suffix = None if path is None else picture_suffix(path)
    union = found.union
    grid = None if is_drawing(union) else grid_of(union)
    verdicts, sure = found.verdicts(confidence), how_sure(confidence, together=True)
    if grid is None:
        figure = _bars(found, verdicts, confidence)
        notes = [told_intervals(found.difference.data.bounds(confidence)[1], confidence)]
    else:
        figure, numbers = _maps(found, grid, verdicts)
        notes = ["+ more in A, − more in B", f"{'in parentheses:' if numbers else '· '} not told from 0 ({sure})"]
        only = [
            f"{name}: only {name} has the cell" for name, some in (("A", found.only_A), ("B", found.only_B)) if some
        ]
        notes += ["; ".join(only)] if only else []
    about = f"{found.samples:,} draws of" if found.samples else "exact,"
    notes += ["interrupted: fewer draws than were asked for"] if found.interrupted else []
    set_title(
        figure,
        [title or f"POWER, A − B — {about} {found.rewards.name} rewards", *notes],
        parse_math=title is not None,
    )
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix)
    return figure


def _scale(values: FloatArray) -> Normalize:
    """Symmetric around 0, and never empty."""
    finite = np.abs(values[np.isfinite(values)])
    most = float(finite.max(initial=0.0)) or 1.0
    return Normalize(-most, most)


# ---------------------------------------------------------------------- maps


def _maps(found: ModelDifference, grid: AnyArray, verdicts: AnyArray) -> tuple[Figure, bool]:
    """A map for each γ, and whether its cells have numbers."""
    union, lead = found.union, found.difference.data.value
    sheet = grid_sheet(union, grid, len(found.gammas))
    where = np.array([union.index(label) for label in found.labels])
    numbers = False
    for g, panel in enumerate(sheet.panels):
        value = np.full(union.n_states, np.nan)
        value[where] = lead[g]
        norm = _scale(lead[g])
        paint_walls(panel, sheet.inch)
        shown = panel.imshow(
            np.ma.masked_where((grid < 0) | ~np.isfinite(value)[grid], value[grid]), cmap=COLOURS, norm=norm,
            interpolation="nearest", extent=sheet.extent,
        )  # fmt: skip
        name_rows_and_columns(panel)
        panel.set_title(f"γ = {number_text(found.gammas[g])}", fontsize=10)
        for name, labels in (("A", found.only_A), ("B", found.only_B)):
            for label in labels:
                _write_only(panel, found, union.index(label), name, sheet.inch)
        if len(where) <= MOST_TEXTS:
            numbers |= _write_signs(panel, sheet, found, where, lead[g], verdicts[g], norm)
        _write_marks(panel, found, value, norm, sheet.inch)
        sheet.add_scale(panel, shown, UNIT)
    return sheet.figure, numbers


def _write_signs(
    panel: Axes, sheet: Sheet, found: ModelDifference, where: AnyArray, lead: FloatArray, verdicts: AnyArray,
    norm: Normalize,
) -> bool:  # fmt: skip
    """Signed numbers in cells, or signs alone where numbers do not fit; whether they did."""
    assert found.union.layout is not None
    most = norm.vmax or 1.0
    texts = [_number(x, most, verdict) for x, verdict in zip(lead.tolist(), verdicts.tolist(), strict=True)]
    points = min(10.0, 72 * sheet.inch / (0.68 * max(map(len, texts)) + 0.4))
    fits = points >= LEAST_POINTS
    if not fits:
        signs = {"more in A": "+", "more in B": "−", "open": "·", "same": ""}
        texts, points = [signs[v] for v in verdicts.tolist()], max(4.0, min(12.0, 50 * sheet.inch))
    for s, text, x in zip(where.tolist(), texts, lead.tolist(), strict=True):
        row, column = found.union.layout[s].tolist()
        panel.text(column, row, text, ha="center", va="center", fontsize=points, color=_ink(x, norm))
    return fits


def _number(x: float, most: float, verdict: str) -> str:
    """A difference with its sign, and two digits of the greatest."""
    digits = int(max(1 - np.floor(np.log10(most)), 0))
    size = f"{abs(x):.{digits}f}".removeprefix("0" if digits else "") if digits <= 5 else f"{abs(x):.1e}"
    text = ("−" if x < 0 else "+") + size
    return "0" if verdict == "same" else f"({text})" if verdict == "open" else text


def _ink(x: float, norm: Normalize) -> str:
    """White on the two dark ends of the scale."""
    return "white" if abs(2 * float(norm(x)) - 1) > 0.62 else "black"


def _write_only(panel: Axes, found: ModelDifference, s: int, name: str, inch: float) -> None:
    """A cell that one of the two does not have."""
    assert found.union.layout is not None
    row, column = found.union.layout[s].tolist()
    panel.add_patch(
        Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=GONE, edgecolor="white", hatch="...", linewidth=0)
    )
    if inch >= 0.12:
        panel.text(column, row, name, ha="center", va="center", fontsize=min(11.0, 45 * inch), fontweight="bold")


def _write_marks(panel: Axes, found: ModelDifference, value: FloatArray, norm: Normalize, inch: float) -> None:
    """The letter of a cell in its upper left corner, where it can be read."""
    assert found.union.layout is not None
    for s, mark in marks_of(found.union).items() if inch >= 0.2 else ():
        row, column = found.union.layout[s].tolist()
        panel.text(
            column - 0.44, row - 0.44, mark, ha="left", va="top", fontsize=14 * min(inch, 0.6), fontweight="bold",
            color=_ink(value[s], norm) if np.isfinite(value[s]) else "black", parse_math=False,
        )  # fmt: skip


# ---------------------------------------------------------------------- bars


def _bars(found: ModelDifference, verdicts: AnyArray, confidence: float) -> Figure:
    """Bars with intervals, a panel a γ; of many states those that differ most."""
    data = found.difference.data
    lower, upper = data.bounds(confidence, simultaneous=True)
    chosen = greatest(data.value)
    inches = float(np.clip(0.45 * len(chosen), 3.5, 12.0))
    figure = Picture(figsize=(inches + 2.2, 2.4 * len(found.gammas) + 0.9), layout="constrained")
    panels = figure.subplots(len(found.gammas), 1, squeeze=False, sharex=True).ravel()
    for g, panel in enumerate(panels.tolist()):
        value, low, high = (x[g, chosen] for x in (data.value, lower, upper))
        signed_bars(panel, value, low, high, verdicts[g, chosen] == "open")
        panel.set_title(f"γ = {number_text(found.gammas[g])}", fontsize=10)
        panel.set_ylabel("POWER, A − B", fontsize=9)
    name_bars(panels[-1], [found.labels[s] for s in chosen.tolist()], inches)
    many = len(chosen) < len(found.labels)
    panels[-1].set_xlabel(f"state ({MOST_BARS} of {len(found.labels):,}, which differ most)" if many else "state")
    explain_signs(panels[0], "more in A", "more in B")
    return figure

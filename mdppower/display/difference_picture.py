"""Pictures of A − B, the POWER that one model has over another: maps where the states lie on a grid, else bars.

The scale is symmetric around 0: blue is more in A, red more in B, and white no difference. In grey its two ends look
alike, so that signs are written, too: in each cell its number with its sign, or the sign alone where numbers do not
fit.
"""

from __future__ import annotations

import os
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mdppower._typing import AnyArray, FloatArray
from mdppower.display.cell_signs import number_points, write_marks
from mdppower.display.colour_scale import TOLD_OFF, signed_scale
from mdppower.display.figures import picture_suffix
from mdppower.display.grid_sheet import Sheet, grid_sheet
from mdppower.display.ink import Inks
from mdppower.display.look import NO_SCALE, Look, LookOptions, points
from mdppower.display.signed_bars import (
    MOST_BARS,
    diverging,
    explain_signs,
    greatest,
    name_bars,
    signed_bars,
    told_intervals,
)
from mdppower.display.words import Words, finished
from mdppower.mdp.layout import grid_of, is_drawing
from mdppower.results.number_text import how_sure, rate_title
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
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw how POWER differs between two MDPs, a panel a γ.

    Parameters
    ----------
    found : ModelDifference
    path : str or path, optional
        Where to save it: .png, .svg, .pdf.
    confidence : float
        Of all intervals together. Differences that they do not tell from 0 are dots on a map, and pale as bars.
    title : str, optional
    **look
        ``ax, cmap, norm, vmin, vmax, annotate, colorbar, figsize, dpi``: see `mdppower.display.look.Look`. The scale
        comes from cells that are absorbing in neither MDP; greater differences have the colour of its end.

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
    suffix = picture_suffix(path)
    union = found.union
    grid = None if is_drawing(union) else grid_of(union)
    chosen = Look.of(look, without="" if grid is not None else NO_SCALE, why="bars of differences")
    verdicts, sure = found.verdicts(confidence), how_sure(confidence, together=True)
    if grid is None:
        panels = _bars(found, verdicts, confidence, chosen)
        notes = [told_intervals(found.difference.data.bounds(confidence)[1], confidence)]
    else:
        panels, notes = _maps(found, grid, verdicts, chosen)
        notes = ["+ more in A, − more in B", f"dot: not told from 0 ({sure})" if found.samples else "", *notes]
    about = f"{found.samples:,} draws of" if found.samples else "exact,"
    cautions = ["interrupted: fewer draws than were asked for"] if found.interrupted else []
    words = Words(f"POWER, A − B — {about} {found.rewards.name} rewards", [*filter(None, notes)], cautions)
    return finished(panels, chosen, words, path, suffix, title)


# ---------------------------------------------------------------------- maps


def _maps(found: ModelDifference, grid: AnyArray, verdicts: AnyArray, look: Look) -> tuple[list[Axes], list[str]]:
    """A map for each γ; and what its signs mean."""
    union, lead = found.union, found.difference.data.value
    sheet = grid_sheet(union, grid, len(found.gammas), look)
    where = np.array([union.index(label) for label in found.labels])
    typical = np.ones(union.n_states, bool)
    for mdp in (found.A, found.B):
        typical[[union.index(mdp.states[s]) for s in mdp.absorbing_states]] = False
    notes = []
    for g, panel in enumerate(sheet.panels):
        value = np.full(union.n_states, np.nan)
        value[where] = lead[g]
        scale = signed_scale(value, typical, look, UNIT)
        shown, inks = sheet.paint(panel, scale, diverging(look))
        panel.set_title(rate_title(found.gammas[g]), fontsize=points("axes.titlesize", 10))
        notes += [TOLD_OFF] * bool(scale.off.any())
        for name, labels in (("A", found.only_A), ("B", found.only_B)):
            for label in labels:
                _write_only(panel, found, union.index(label), name, sheet.inch)
        if look.annotate is not False and (look.annotate or len(where) <= MOST_TEXTS):
            few = typical[where] if typical[where].any() else np.ones(len(where), bool)
            texts, size, told = _signs(sheet, lead[g], verdicts[g], float(np.abs(lead[g][few]).max(initial=0.0)))
            _write_texts(panel, found, where, texts, size, inks, value)
            notes += told
        write_marks(panel, sheet, union, value, inks)
        sheet.add_scale(panel, shown, scale)
        notes += (
            ["beyond the ends: absorbing in A or in B"] if scale.extend != "neither" and look.vmin is None else []
        )
    notes += [
        f"{name}: only {name} has the cell" for name, some in (("A", found.only_A), ("B", found.only_B)) if some
    ]
    return sheet.panels, list(dict.fromkeys(notes))


def _signs(sheet: Sheet, lead: FloatArray, verdicts: AnyArray, most: float) -> tuple[list[str], float, list[str]]:
    """Signed numbers for cells, or signs alone where numbers do not fit; their size in points, and what they mean."""
    told = [verdict in ("more in A", "more in B") for verdict in verdicts.tolist()]
    digits = max(1 - int(np.floor(np.log10(most))), 0) if most > 0 else 2
    numbers = [_number(x, digits, verdict) for x, verdict in zip(lead.tolist(), verdicts.tolist(), strict=True)]
    size = number_points(sheet, numbers)
    if size >= LEAST_POINTS or sheet.look.annotate:
        small = any(len(text) == 1 and sure for text, sure in zip(numbers, told, strict=True))
        return (
            numbers,
            max(1.0, size),
            [f"+, − alone: less than {0.5 * 10.0**-digits:.{digits + 1}f}"] if small else [],
        )
    signs = {"more in A": "+", "more in B": "−", "open": "·", "same": ""}
    return [signs[v] for v in verdicts.tolist()], max(4.0, min(12.0, 50 * sheet.inch)), []


def _number(x: float, digits: int, verdict: str) -> str:
    """A difference with its sign; the sign alone where those digits are zeros, a dot where it is not told from 0."""
    if verdict == "same":
        return "0"
    if verdict == "open":
        return "·"
    sign = "−" if x < 0 else "+"
    size = f"{abs(x):.{digits}f}".removeprefix("0" if digits else "") if digits <= 5 else f"{abs(x):.1e}"
    return sign if digits <= 5 and not float(size) else sign + size


def _write_texts(
    panel: Axes, found: ModelDifference, where: AnyArray, texts: list[str], size: float, inks: Inks, value: FloatArray
) -> None:
    assert found.union.layout is not None
    drawn = [
        panel.text(column, row, text, ha="center", va="center", fontsize=size)
        for text, (row, column) in zip(texts, found.union.layout[where].tolist(), strict=True)
    ]
    inks.write(drawn, value[where])


def _write_only(panel: Axes, found: ModelDifference, s: int, name: str, inch: float) -> None:
    """A cell that one of the two does not have."""
    assert found.union.layout is not None
    row, column = found.union.layout[s].tolist()
    panel.add_patch(
        Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=GONE, edgecolor="white", hatch="...", linewidth=0)
    )
    if inch >= 0.12:
        panel.text(
            column,
            row,
            name,
            ha="center",
            va="center",
            fontsize=min(11.0, 45 * inch),
            fontweight="bold",
            color="black",
        )


# ---------------------------------------------------------------------- bars


def _bars(found: ModelDifference, verdicts: AnyArray, confidence: float, look: Look) -> list[Axes]:
    """Bars with intervals, a panel a γ; of many states those that differ most."""
    data = found.difference.data
    lower, upper = data.bounds(confidence, simultaneous=True)
    chosen = greatest(data.value)
    inches = float(np.clip(0.45 * len(chosen), 3.5, 12.0))
    rates = len(found.gammas)
    panels = look.panels(rates, 1, (inches + 2.2, 2.4 * rates + 0.9), sharex=True)
    for g, panel in enumerate(panels):
        value, low, high = (x[g, chosen] for x in (data.value, lower, upper))
        signed_bars(panel, value, low, high, verdicts[g, chosen] == "open", look)
        panel.set_title(rate_title(found.gammas[g]), fontsize=points("axes.titlesize", 10))
        panel.set_ylabel("POWER, A − B", fontsize=points("axes.labelsize", 9))
    name_bars(panels[-1], [found.labels[s] for s in chosen.tolist()], inches)
    many = len(chosen) < len(found.labels)
    panels[-1].set_xlabel(f"state ({MOST_BARS} of {len(found.labels):,}, which differ most)" if many else "state")
    explain_signs(panels[0], "more in A", "more in B", look)
    return panels

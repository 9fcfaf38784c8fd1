"""POWER where cells have several states: small maps, one a plane, each under its name, all on one scale."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine

from mdppower._quotes import quoted
from mdppower._text import cut, shorten
from mdppower._typing import Label
from mdppower.display.cell_signs import ABSORBING, number_points, write_numbers
from mdppower.display.colour_scale import power_scales
from mdppower.display.grid_sheet import Sheet
from mdppower.display.heatmap import Extras, caution_of, told_spread
from mdppower.display.look import Look, figure_of, points
from mdppower.display.words import Words
from mdppower.errors import ParameterError
from mdppower.mdp.actions import with_a_choice
from mdppower.mdp.layout import Plane, planes_of
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.results.number_text import how_sure, number_texts, rate_title

MOST_PANELS = 48
MOST_UNASKED = 16
"""Planes that are drawn where no kind of picture is named."""
ACROSS = 4
"""Panels side by side, where names have one part only."""
LEAST_POINTS = 5.0


def power_planes(
    estimate: PowerEstimate, planes: Iterable[Label | tuple[Label, ...]] | None, look: Look, extras: Extras
) -> tuple[list[Axes], Words]:
    """Panels with the plane of each, and the words around them.

    The first of what follows the column in labels (row, column, direction, …) makes the columns of maps, the rest
    their rows; where there is one thing only, maps follow one another.

    Parameters
    ----------
    estimate : PowerEstimate
        At one γ.
    planes : iterable of label, or of tuple of labels, optional
        The rows to draw, from above: a name without its first part, such as ``"carries yellow key; yellow door
        locked"``; the plane itself, where names have one part. Default: all.
    look : Look
    extras : Extras
        Its scale.

    Raises
    ------
    ParameterError
        The MDP has no planes; there are more than 48 maps; `planes` are none of them.
    """
    mdp = estimate.mdp
    rows = rows_of(mdp, planes)
    power, choice = estimate.data.value, with_a_choice(mdp)
    drawn = np.zeros(mdp.n_states, bool)
    for one in (plane for row in rows for plane in row if plane is not None):
        drawn[one.grid[one.grid >= 0]] = True
    coloured = drawn & choice if (drawn & choice).any() else drawn
    (scale,) = power_scales(
        power,
        estimate.error_bound,
        estimate.gammas,
        coloured,
        look,
        scale=extras.scale,
        share=False,
        what=estimate.quantity_name,
    )
    height, width = next(plane for plane in rows[0] if plane is not None).grid.shape
    inch = min(0.55, 3.2 / max(width, height))
    size = (len(rows[0]) * (inch * width + 0.25) + 1.4, len(rows) * (inch * height + 0.55) + 0.8)
    every = look.panels(len(rows), len(rows[0]), size, layout=ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.06))
    text = number_texts(power[0], power[0][coloured])
    shown: Any = None
    panels = []
    for panel, plane in zip(every, (plane for row in rows for plane in row), strict=True):
        if plane is None:
            panel.set_visible(False)
            continue
        panels.append(panel)
        sheet = Sheet([panel], plane.grid, inch, False, (-0.5, width - 0.5, height - 0.5, -0.5), look)
        shown, inks = sheet.paint(panel, scale)
        sheet.fill(panel, drawn & ~coloured, ABSORBING)
        panel.set(xticks=[], yticks=[], xlabel="", ylabel="")
        name = "\n".join(cut(str(part), 44) for part in plane.name)
        panel.set_title(name, fontsize=points("axes.titlesize", 7), parse_math=False)
        held = plane.grid[plane.grid >= 0]
        here = [text[s] for s in held.tolist()]
        fits = number_points(sheet, here) >= LEAST_POINTS
        if look.annotate or (look.annotate is None and fits):
            places = np.argwhere(plane.grid >= 0)
            write_numbers(panel, places, here, scale.shown[held], inks, number_points(sheet, here))
    if look.colorbar and shown is not None:
        bar = figure_of(panels[0]).colorbar(
            shown, ax=every, fraction=0.046, pad=0.02, aspect=30, extend=scale.extend
        )  # fmt: skip
        bar.set_label(scale.label, fontsize=points("axes.labelsize", 8))
        bar.ax.tick_params(labelsize=points("xtick.labelsize", 8))
    half = estimate.half_widths()
    notes = ["orange: absorbing, not on the scale"] if (drawn & ~coloured).any() else []
    if estimate.exact is None and np.isfinite(half).all():
        notes.insert(0, f"±: {how_sure(0.95, together=True)}")
    told = f"{rate_title(estimate.gammas[0])}{told_spread(estimate, half[0])}"
    caution = caution_of(estimate, 0, coloured)
    title = f"{estimate.quantity_name} — {estimate.about}, {told}"
    return panels, Words(title, notes, [caution] if caution else [])


def rows_of(mdp: RewardlessMDP, chosen: Iterable[Label | tuple[Label, ...]] | None) -> list[list[Plane | None]]:
    """Planes as they are laid out, None where a row has no such plane; refused as `power_planes` refuses them."""
    planes = planes_of(mdp)
    if not planes:
        raise ParameterError("there are no planes: they need a layout, and labels (row, column, …) that share cells")
    if any(len(plane.name) == 1 for plane in planes):
        names = list(dict.fromkeys(plane.name for plane in planes))
        one_by_one = dict(zip(names, planes, strict=True))
        listed: list[Plane | None] = [one_by_one[name] for name in _chosen(names, chosen)]
        rows = [listed[k : k + ACROSS] for k in range(0, len(listed), ACROSS)]
        rows[-1] += [None] * (len(rows[0]) - len(rows[-1]))
    else:
        columns = list(dict.fromkeys(plane.name[0] for plane in planes))
        by_name = {plane.name: plane for plane in planes}
        names = list(dict.fromkeys(plane.name[1:] for plane in planes))
        rows = [[by_name.get((column, *rest)) for column in columns] for rest in _chosen(names, chosen)]
    if sum(map(len, rows)) > MOST_PANELS:
        raise ParameterError(
            f"{sum(map(len, rows))} maps are more than {MOST_PANELS}: choose planes, some of "
            f"{shorten([name[0] if len(name) == 1 else name for name in names])}"
        )
    return rows


def _chosen(
    names: list[tuple[Label, ...]], chosen: Iterable[Label | tuple[Label, ...]] | None
) -> list[tuple[Label, ...]]:
    if chosen is None:
        return names
    given = [chosen] if isinstance(chosen, str) else chosen
    wanted = [name if isinstance(name, tuple) else (name,) for name in given]
    strange = [name for name in wanted if name not in names]
    if strange or not wanted:
        told = quoted(strange[0][0] if len(strange[0]) == 1 else strange[0]) if strange else "none"
        raise ParameterError(
            f"planes must be some of {shorten([n[0] if len(n) == 1 else n for n in names])}, got {told}"
        )
    return wanted

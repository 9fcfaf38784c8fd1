"""Heat maps of POWER on a grid: one panel a γ, with numbers, marks, arrows and hatches where they are wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.display.cell_signs import (
    draw_absorbing,
    draw_arrows,
    draw_one_way,
    name_tiles,
    number_points,
    write_marks,
    write_numbers,
)
from mdppower.display.colour_scale import TOLD_OFF, power_scales
from mdppower.display.grid_sheet import Sheet, grid_sheet
from mdppower.display.ink import Inks
from mdppower.display.look import Look, points
from mdppower.display.words import Words
from mdppower.errors import ParameterError
from mdppower.mdp.actions import with_a_choice
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_pattern import pattern_is_told
from mdppower.measures.power_seeking import MostSeeking, most_power_seeking
from mdppower.results.number_text import how_sure, number_texts, rate_title

MOST_TEXTS = 2500
LEAST_POINTS = 5.5
MOST_DRAWN = 10_000
ARROW = "arrow: the action of most POWER, faint where others may have as much"
STAYS = "dot: it stays"
UNKNOWN = "?: the draws tell no two actions apart"
EQUAL = "=: all actions have the same POWER, since γ = 1 and the same can be reached after each"
UNTOLD = "no intervals, since rewards have no variance: the pattern may be chance, however many draws there are"
NOISE = "noise: so few draws tell no state from the average (95\N{NO-BREAK SPACE}%), and the pattern may be chance"


@dataclass(frozen=True)
class Extras:
    """What is drawn over the colours, and what they say.

    Attributes
    ----------
    arrows : bool
        Whether each cell has an arrow along its most POWER-seeking action.
    hatch : bool
        Whether cells are hatched whose interval meets that of the greatest.
    scale : {"linear", "rank", "relative"}
    share_scale : bool
        Whether all panels have one scale.
    """

    arrows: bool = False
    hatch: bool = False
    scale: str = "linear"
    share_scale: bool = False


def heat_maps(estimate: PowerEstimate, grid: AnyArray, look: Look, extras: Extras) -> tuple[list[Axes], Words]:
    """Panels with a heat map for each γ, and the words around them."""
    mdp, gammas = estimate.mdp, estimate.gammas
    for name, wanted in (("arrows", extras.arrows), ("numbers", look.annotate)):
        if wanted and mdp.n_states > MOST_DRAWN:
            raise ParameterError(f"{name} are for up to {MOST_DRAWN:,} states, not {mdp.n_states:,}")
    power, half, choice = estimate.data.value, estimate.half_widths(), with_a_choice(mdp)
    scales = power_scales(
        power,
        estimate.error_bound,
        gammas,
        choice,
        look,
        scale=extras.scale,
        share=extras.share_scale,
        what=estimate.quantity_name,
    )
    sheet = grid_sheet(mdp, grid, len(gammas), look)
    seeking = most_power_seeking(estimate) if extras.arrows else None
    assert mdp.layout is not None
    places = mdp.layout.astype(int)
    notes: list[str] = []
    cautions: list[str] = []
    for g, (panel, scale) in enumerate(zip(sheet.panels, scales, strict=True)):
        shown, inks = sheet.paint(panel, scale)
        told = f"{rate_title(gammas[g])}{told_spread(estimate, half[g])}"
        notes += draw_absorbing(panel, sheet, mdp, ~choice)
        notes += [TOLD_OFF] * bool(scale.off.any())
        finite = np.isfinite(power[g])
        if not finite.all():
            sheet.fill(panel, ~finite, "white")
            notes.append("white: not finite")
        if extras.hatch:
            _hatch_ties(panel, estimate, g, grid)
            notes.append("hatched: may have as much as the greatest")
        text = _numbers(sheet, power[g], choice, extras)
        if seeking is not None:
            notes += _draw_arrows(panel, sheet, estimate, seeking, g, scale.shown, inks, 0.17 if text else 0.0)
        if text:
            size = max(1.0, number_points(sheet, text))
            below = 0.27 if extras.arrows else 0.0
            write_numbers(panel, places, text, scale.shown, inks, 0.8 * size if below else size, below=below)
        notes += draw_one_way(panel, sheet, mdp, scale.shown, inks)
        write_marks(panel, sheet, mdp, scale.shown, inks)
        sheet.add_scale(panel, shown, scale)
        caution = caution_of(estimate, g, choice) if finite.all() else ""
        cautions += [caution] * bool(caution)
        told += ", noise" * (caution == NOISE)
        panel.set_title(told, fontsize=points("axes.titlesize", 10))
        notes += name_tiles(panel, sheet, mdp)
    if estimate.exact is None and np.isfinite(half).all():
        notes.insert(0, f"±: {how_sure(0.95, together=True)}")
    title = f"{estimate.quantity_name} — {estimate.about}"
    return sheet.panels, Words(title, list(dict.fromkeys(notes)), list(dict.fromkeys(cautions)))


def caution_of(estimate: PowerEstimate, g: int, choice: BoolArray) -> str:
    """What is to be read with a panel whose pattern may be noise alone; else nothing."""
    if estimate.samples == 0 or pattern_is_told(estimate, g, np.flatnonzero(choice)):
        return ""
    return NOISE if estimate.data.has_variance else UNTOLD


def told_spread(estimate: PowerEstimate, half: FloatArray) -> str:
    """How sure the numbers of a panel are."""
    if estimate.exact is not None:
        return ""
    return f", ± ≤ {half.max():.2g}" if np.isfinite(half).all() else ", no intervals: no variance"


def _numbers(sheet: Sheet, power: FloatArray, choice: BoolArray, extras: Extras) -> list[str]:
    """What is written in the cells, or nothing: with digits that tell those apart in which there is a choice."""
    wanted = sheet.look.annotate
    if wanted is None:
        wanted = len(power) <= MOST_TEXTS and not extras.arrows
    text = number_texts(power, power[choice]) if wanted else []
    fits = sheet.look.annotate or not text or number_points(sheet, text) >= LEAST_POINTS
    return text if fits else []


def meets_greatest(estimate: PowerEstimate, g: int) -> BoolArray:
    """(S,) whether a state's simultaneous 95 % interval overlaps that of the state with the greatest estimate."""
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    # Where there is no interval, nothing is told apart.
    return np.asarray(~(upper[g] < lower[g][estimate.data.value[g].argmax()]))


def _hatch_ties(panel: Axes, estimate: PowerEstimate, g: int, grid: AnyArray) -> None:
    """Hatch runs of cells in one path: a patch for each cell would take minutes on large maps."""
    assert estimate.mdp.layout is not None
    top, left = estimate.mdp.layout.min(axis=0)
    chosen = np.pad(np.where(grid >= 0, meets_greatest(estimate, g)[grid], False), ((0, 0), (1, 1))).astype(np.int8)
    edges = np.diff(chosen, axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    low, high = top + rows - 0.5, top + rows + 0.5
    first, last = left + starts - 0.5, left + ends - 0.5
    corners = np.array([[first, low], [last, low], [last, high], [first, high], [first, low]])  # corner × axis × run
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(rows))
    outline = Path(corners.transpose(2, 0, 1).reshape(-1, 2), codes)
    for colour, mark in (("white", "//"), ("black", "\\\\")):  # one of the two shows on any colour
        patch = PathPatch(outline, facecolor="none", edgecolor=colour, hatch=mark, alpha=0.45, linewidth=0)
        panel.add_patch(patch)


def _draw_arrows(
    panel: Axes, sheet: Sheet, estimate: PowerEstimate, found: MostSeeking, g: int, values: FloatArray, inks: Inks,
    above: float,
) -> list[str]:  # fmt: skip
    """An arrow along the most POWER-seeking action, "?" or "=" where there is none to draw; and notes on these.

    They stand so far above the middles of cells, and are smaller where there is something below them.
    """
    mdp = estimate.mdp
    equal = found.equal[g] & (estimate.gammas[g] == 1 and estimate.policy is None)
    equal[mdp.absorbing_states] = False
    unknown = ~(found.equal[g] | found.told[g])
    drawn = np.flatnonzero(~(equal | unknown))
    pairs, strong = found.pairs[g, drawn], (found.equal | found.sure)[g, drawn]
    reach = 0.2 if above else 0.35
    draw_arrows(
        panel, mdp, pairs, strong, values, inks, ends=(-reach, reach), width=0.06 if above else 0.08, above=above
    )
    assert mdp.layout is not None
    size = max(4.0, min(14.0, 40 * sheet.inch))
    for sign, cells in (("=", np.flatnonzero(equal)), ("?", np.flatnonzero(unknown))):
        signs = [
            panel.text(column, row - above, sign, ha="center", va="center", fontsize=size)
            for row, column in mdp.layout[cells].tolist()
        ]
        inks.write(signs, values[cells])
    notes = [f"{ARROW}; {STAYS}"] * bool(len(drawn))
    return notes + [UNKNOWN] * bool(unknown.any()) + [EQUAL] * bool(equal.any())

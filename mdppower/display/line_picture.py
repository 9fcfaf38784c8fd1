"""Numbers over γ as lines, with the band of their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from mdppower._text import cut, rate_letter
from mdppower._typing import FloatArray, Label
from mdppower.display.colour_scale import unit_of
from mdppower.display.look import Look, named_legend
from mdppower.display.words import Words
from mdppower.errors import ParameterError
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.results.number_text import how_sure

MOST_LINES = 12
MOST_CHOSEN = 8
STYLES = ("-", "--", "-.", ":")
MARKERS = "osD^vPX*<>hd"
"""In grey, lines are told apart by their markers."""


def power_lines(estimate: PowerEstimate, states: Sequence[Label] | None, look: Look) -> tuple[list[Axes], Words]:
    """POWER of some states over γ.

    Raises
    ------
    ParameterError
        There are too many states or none.
    LabelError
        There is no such state.
    """
    mdp, letter = estimate.mdp, rate_letter(estimate.gammas)
    chosen = _extremes(estimate.data.value) if states is None else [mdp.index(label) for label in states]
    if not 1 <= len(chosen) <= MOST_LINES:
        raise ParameterError(f"lines are for 1 to {MOST_LINES} states, not {len(chosen):,}")
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    names = [str(mdp.states[s]) for s in chosen]
    panel, what = look.panel(6.4, 4.0), estimate.quantity_name
    draw_lines(panel, look, estimate.gammas, names, *(x[:, chosen] for x in (estimate.data.value, lower, upper)))
    panel.set_ylabel(unit_of(what))
    if len(chosen) > 1:
        named_legend(panel, panel.get_lines(), [cut(name, 24) for name in names], title="state", frameon=False)
    else:
        panel.set_ylabel(f"{what} of {cut(names[0], 30)} (reward units)", parse_math=False)
    notes = [told_band(estimate.exact is not None, upper)]
    if states is None and len(chosen) < mdp.n_states:
        notes.append(f"the states of most and of least {what} at some {letter}, of {mdp.n_states:,}")
    return [panel], Words(f"{what} over {letter} — {estimate.about}", notes)


def draw_lines(
    panel: Axes, look: Look, gammas: Sequence[float], names: Sequence[str], value: FloatArray, lower: FloatArray,
    upper: FloatArray,
) -> None:  # fmt: skip
    """A line with a band for each column of (G, K) arrays."""
    order = np.argsort(gammas, kind="stable")
    rates = np.asarray(gammas)[order]
    # Many γ are drawn as lines alone.
    mark = len(rates) <= 40
    for k, (name, colour) in enumerate(zip(names, look.spread(len(names)), strict=True)):
        low, high = lower[order, k], upper[order, k]
        panel.fill_between(rates, low, high, color=colour, alpha=0.25, linewidth=0)
        panel.plot(
            rates, value[order, k], STYLES[k % len(STYLES)], color=colour, marker=MARKERS[k] if mark else None,
            markersize=4.5, linewidth=1.6, label=cut(name, 24),
        )  # fmt: skip
    panel.set_xlabel("steps H" if rate_letter(gammas) == "H" else "discount rate γ")


def told_band(exact: bool, upper: FloatArray) -> str:
    """What the bands are, in words."""
    if exact:
        return "exact"
    return f"bands: {how_sure(0.95, together=True)}" if np.isfinite(upper).all() else "no bands: no variance"


def _extremes(value: FloatArray) -> list[int]:
    """The states of most and of least POWER at the rates, those at later rates first; few are all."""
    if value.shape[1] <= MOST_CHOSEN:
        return list(range(value.shape[1]))
    ends = [state for row in value[::-1] for state in (int(row.argmax()), int(row.argmin()))]
    return list(dict.fromkeys(ends))[:MOST_CHOSEN]

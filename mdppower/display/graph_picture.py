"""The graph of an MDP with its states coloured by POWER, a panel a γ."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.patches import Circle

from mdppower._typing import FloatArray
from mdppower.display.cell_signs import ABSORBING
from mdppower.display.colour_scale import OFF, TOLD_OFF, power_scales
from mdppower.display.heatmap import NOISE, Extras, caution_of, told_spread
from mdppower.display.ink import Inks
from mdppower.display.look import Look, figure_of, points
from mdppower.display.mdp_picture import RADIUS, draw_nodes, graph_place
from mdppower.display.words import Words
from mdppower.mdp.actions import with_a_choice
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.results.number_text import how_sure, number_texts, rate_title


def power_graphs(estimate: PowerEstimate, look: Look, extras: Extras) -> tuple[list[Axes], Words]:
    """Panels with the graph for each γ, its numbers in the nodes, and the words around them.

    Raises
    ------
    ParameterError
        There are more than 60 states.
    """
    mdp, rates = estimate.mdp, len(estimate.gammas)
    power, half, choice = estimate.data.value, estimate.half_widths(), with_a_choice(mdp)
    scales = power_scales(
        power,
        estimate.error_bound,
        estimate.gammas,
        choice,
        look,
        scale=extras.scale,
        share=extras.share_scale,
        what=estimate.quantity_name,
    )
    place, (wide, tall), scale = graph_place(mdp, look)
    across = min(rates, 2)
    down = -(-rates // across)
    size = (across * (wide + 0.9 * look.colorbar) + 0.2, down * (tall + 0.4) + 0.5)
    panels = look.panels(down, across, size, count=rates)
    notes: list[str] = []
    cautions: list[str] = []
    for g, (panel, colours) in enumerate(zip(panels, scales, strict=True)):
        shown = ScalarMappable(colours.norm, look.colours)
        shown.set_array(colours.shown[np.isfinite(colours.shown)])
        notes += [TOLD_OFF] * bool(colours.off.any())
        grounds = np.where(choice, OFF, ABSORBING).tolist()
        fills = _fills(shown, colours.shown, grounds)
        names = draw_nodes(panel, mdp, place, scale, fills)
        inks = Inks(shown)
        inks.write(names, colours.shown)
        nodes = [patch for patch in panel.patches if isinstance(patch, Circle)]

        shown.callbacks.connect("changed", partial(_colour_again, nodes, colours.shown, grounds))
        for s in np.flatnonzero(~choice).tolist():
            panel.add_patch(Circle(place[s], RADIUS - 0.035, facecolor="none", edgecolor="black", lw=0.8, zorder=3.5))
        if look.annotate is not False:
            for name, number in zip(names, number_texts(power[g], power[g, choice]), strict=True):
                name.set(text=f"{name.get_text()}\n{number}", fontsize=min(name.get_fontsize(), 8.5 * scale))
        told = f"{rate_title(estimate.gammas[g])}{told_spread(estimate, half[g])}"
        caution = caution_of(estimate, g, choice)
        cautions += [caution] * bool(caution)
        told += ", noise" * (caution == NOISE)
        panel.set_title(told, fontsize=points("axes.titlesize", 10))
        if look.colorbar:
            bar = figure_of(panel).colorbar(
                shown, ax=panel, fraction=0.046, pad=0.02, shrink=0.8, extend=colours.extend
            )
            bar.set_label(colours.label, fontsize=points("axes.labelsize", 8))
            bar.ax.tick_params(labelsize=points("xtick.labelsize", 8))
    if estimate.exact is None and np.isfinite(half).all():
        notes.append(f"±: {how_sure(0.95, together=True)}")
    notes += ["double ring: absorbing, not on the scale"] if not choice.all() else []
    title = f"{estimate.quantity_name} — {estimate.about}"
    return panels, Words(title, list(dict.fromkeys(notes)), list(dict.fromkeys(cautions)))


def _fills(shown: ScalarMappable, values: FloatArray, grounds: list[str]) -> list[Any]:
    """The colours of nodes; that of their ground where they are not on the scale."""
    colours = np.asarray(shown.to_rgba(np.ma.masked_invalid(values)))
    seen = (np.isfinite(values) & (colours[:, 3] > 0)).tolist()
    return [tuple(x) if on else ground for x, on, ground in zip(colours.tolist(), seen, grounds, strict=True)]


def _colour_again(nodes: list[Circle], values: FloatArray, grounds: list[str], shown: ScalarMappable) -> None:
    """Nodes follow a change of the colour map or its ends."""
    for node, colour in zip(nodes, _fills(shown, values, grounds), strict=True):
        node.set_facecolor(colour)

"""A picture inside a page: what a notebook shows of a result or an MDP."""

from __future__ import annotations

import base64

from matplotlib.figure import Figure

from mdppower.display.figures import png_of
from mdppower.display.mdp_picture import MOST_NODES, plot_mdp
from mdppower.display.power_picture import plot_power
from mdppower.mdp.layout import grid_of, is_drawing
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate


def inline_picture(what: PowerEstimate | RewardlessMDP) -> str:
    """An ``<img>`` of an estimate or an MDP for a notebook; nothing where the MDP is too large to draw."""
    if isinstance(what, PowerEstimate):
        figure, alt = plot_power(what), what.quantity_name
    else:
        grid = None if is_drawing(what) else grid_of(what)
        if grid is None and what.n_states > MOST_NODES:
            return ""
        figure, alt = plot_mdp(what), "the MDP"
    return inline_figure(figure, alt)


def inline_figure(figure: Figure, alt: str) -> str:
    """An ``<img>`` of a figure, with words for who cannot see it."""
    data = base64.b64encode(png_of(figure)).decode()
    return f'<img alt="{alt}" style="max-width: 100%" src="data:image/png;base64,{data}">'

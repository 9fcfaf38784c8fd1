"""Pictures of two agents: POWER in every joint state as maps on a map, and what A's acting for itself costs H.

Small multiples: a small map of one agent's cells for each cell of the other, which stands where that cell is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mdppower._checks import choice
from mdppower._typing import AnyArray, FloatArray
from mdppower.display.alignment_picture import plot_alignment, told_rates_of
from mdppower.display.colour_scale import ColourScale, scales_of, signed_scale, unit_of
from mdppower.display.figures import picture_suffix
from mdppower.display.grid_sheet import WALL, grid_sheet
from mdppower.display.heatmap import NOISE, UNTOLD
from mdppower.display.ink import Inks
from mdppower.display.interval_picture import plot_estimate
from mdppower.display.look import Look, LookOptions, colour_map, figure_of, points
from mdppower.display.words import Words, finished
from mdppower.errors import ParameterError
from mdppower.mdp.layout import grid_of, is_drawing
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.multiagent.joint_mdp import PLAYERS, JointMDP
from mdppower.multiagent.joint_power_estimate import JointPower
from mdppower.multiagent.joint_task import BLOCKS
from mdppower.results.number_text import how_sure, number_texts

KINDS = ("maps", "cost", "scatter", "averages")
COSTS = "RdBu_r"
"""Red is a loss."""
LETTERS = {"human": "H", "ai": "A"}
TITLES = {
    "human": "POWER of H", "ai": "POWER of A", "human_baseline": "POWER of H against the seed",
    "ai_baseline": "POWER of A by the seed", "cost": "cost to H",
}  # fmt: skip
LEAST_POINTS, MOST_TEXTS = 4.5, 3000
GAP = 1
"""Cells between small maps."""


def plot_joint(
    found: JointPower,
    path: str | os.PathLike[str] | None = None,
    *,
    kind: str | None = None,
    quantity: str | None = None,
    given: str | None = None,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    r"""Draw what a run of two agents found.

    Parameters
    ----------
    found : JointPower
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    kind : {"maps", "cost", "scatter", "averages"}, optional
        A small map for each cell of the other agent; what A's acting for itself costs H, for each cell of H and of A;
        POWER of A over POWER of H; averages over joint states with intervals. By default maps, where the agents have
        grids, else averages.
    quantity : {"human", "ai", "human_baseline", "ai_baseline", "cost"}, optional
        Of maps; default: ``"human"``.
    given : {"ai", "human"}, optional
        Of maps: whose cells are the large map, each with a small map of the other's cells; default: the other than
        the one whose POWER it is.
    title : str, optional
    **look
        ``ax, cmap, norm, vmin, vmax, annotate, colorbar, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix; there is no such kind, quantity or agent; the agents have no grids.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> room = mp.envs.gridworld("...\n...", blocked="remove")
    >>> run = mp.multiagent.joint_power(room, gamma=0.6, overlap="bump", samples=256, rng=0)
    >>> figure = run.plot()
    >>> figure.axes[0].get_xlabel()
    'column of A'
    >>> [panel.get_title() for panel in run.plot(kind="cost").axes[:2]]
    ['where H is', 'where A is']
    """
    suffix = picture_suffix(path)
    grids = grids_of(found.joint)
    drawn = choice(("maps" if grids else "averages") if kind is None else kind, "kind", KINDS)
    for name, value in (("quantity", quantity), ("given", given)):
        if value is not None and drawn != "maps":
            raise ParameterError(f"{name} is for maps, not for {drawn}")
    if drawn == "averages":
        return plot_estimate(found.averages(), path, title, **look)
    if drawn == "scatter":
        return plot_alignment(found.alignment(), path, title=title, **look)
    if grids is None:
        raise ParameterError(f"{drawn} need agents that move on grids; take kind='averages', or 'scatter'")
    if drawn == "cost":
        chosen = Look.of(look)
        panels, words = _costs(found, grids, chosen)
    else:
        chosen = Look.of(look)
        shown = choice("human" if quantity is None else quantity, "quantity", ("cost", *BLOCKS))
        usual = "human" if shown.startswith("ai") else "ai"
        panels, words = _maps(found, grids, shown, choice(given or usual, "given", PLAYERS), chosen)
    about = f"ρ = {found.rho:g}, {found.joint.overlap}, {told_rates_of(found.gamma)}, {found.samples:,} draws"
    words = Words(f"{words.title} — {about}", words.notes, words.cautions)
    if found.interrupted:
        words.cautions.append("interrupted: fewer draws than were asked for")
    return finished(panels, chosen, words, path, suffix, title)


def grids_of(joint: JointMDP) -> tuple[AnyArray, AnyArray] | None:
    """The grids of both worlds, where there are such: state indices, −1 where there is none."""
    if joint.cells is None:
        return None
    found = []
    for player in PLAYERS:
        world = joint.of_worlds(player)
        grid = None if is_drawing(world) else grid_of(world)
        if grid is None:
            return None
        found.append(grid)
    return found[0], found[1]


def slice_of(joint: JointMDP, player: str, other: int) -> AnyArray:
    """(cells,) the joint state of each cell of a player, the other being in that one; −1 where there is none."""
    assert joint.cells is not None  # or there would be no grids
    k = PLAYERS.index(player)
    here = np.flatnonzero(joint.cells[:, 1 - k] == other)
    found = np.full(joint.of_worlds(player).n_states, -1)
    found[joint.cells[here, k]] = here
    return found


# ---------------------------------------------------------------------- maps on a map


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Small maps on a large one.

    Attributes
    ----------
    states : (rows, columns) array
        The joint state of each small cell; −1 where there is none.
    kind : (rows, columns) array
        0 gap, 1 a wall of the small map, 2 a cell without a joint state, 3 a joint state.
    own : (K, 3) array
        Row and column of the small cell that is the place of the other agent, where there is one; and the joint state
        there, or −1.
    step : (int, int)
        Rows and columns from one small map to the next.
    """

    states: AnyArray
    kind: AnyArray
    own: AnyArray
    step: tuple[int, int]


def mosaic_of(joint: JointMDP, grids: tuple[AnyArray, AnyArray], given: str) -> Mosaic:
    """Where each joint state is drawn: the small maps are of the agent that is not given."""
    player = next(name for name in PLAYERS if name != given)
    small, large = grids[PLAYERS.index(player)], grids[PLAYERS.index(given)]
    step = small.shape[0] + GAP, small.shape[1] + GAP
    shape = large.shape[0] * step[0] - GAP, large.shape[1] * step[1] - GAP
    states, kind = np.full(shape, -1), np.zeros(shape, int)
    worlds = joint.of_worlds(player), joint.of_worlds(given)
    place = {label: c for c, label in enumerate(worlds[0].states)}
    own = []
    for row, column in np.argwhere(large >= 0).tolist():
        other = int(large[row, column])
        top, left = row * step[0], column * step[1]
        here = slice_of(joint, player, other)
        block = np.where(small >= 0, here[small], -1)
        window = slice(top, top + small.shape[0]), slice(left, left + small.shape[1])
        states[window] = block
        kind[window] = np.where(small < 0, 1, np.where(block < 0, 2, 3))
        same = place.get(worlds[1].states[other])
        if same is not None and (small == same).any():
            r, c = np.argwhere(small == same)[0].tolist()
            own.append((top + r, left + c, int(here[same])))
    return Mosaic(states, kind, np.array(own, int).reshape(-1, 3), step)


def _maps(
    found: JointPower, grids: tuple[AnyArray, AnyArray], quantity: str, given: str, look: Look
) -> tuple[list[Axes], Words]:
    mosaic = mosaic_of(found.joint, grids, given)
    estimate: Estimate = getattr(found, quantity)
    value, rows = estimate.data.value, mosaic.states.shape
    if quantity == "cost":
        scale = signed_scale(value[0], np.ones(value.shape[1], bool), look, f"{TITLES[quantity]} (reward units)")
        cmap = look.cmap or colour_map(COSTS)
    else:
        slack = np.asarray(estimate.data.slack)
        (scale,) = scales_of(value, slack, look, unit_of(TITLES[quantity]), share=False)
        cmap = look.colours
    inch = min(0.42, 9.5 / rows[1], 8.0 / rows[0])
    flat = rows[1] >= 2 * rows[0]
    size = (inch * rows[1] + 1.0 + 0.9 * (not flat), inch * rows[0] + 1.0 + 0.7 * flat)
    panel = look.panel(max(size[0], 4.2), size[1])
    shown = _paint(panel, mosaic, scale, cmap)
    _name_blocks(panel, mosaic, found.joint.of_worlds(given), grids[PLAYERS.index(given)], LETTERS[given])
    inks = Inks(shown)
    letter = LETTERS[given]
    _mark(panel, mosaic, scale, inks, letter, inch)
    where = np.argwhere(mosaic.kind == 3)
    if look.annotate or (look.annotate is None and len(where) <= MOST_TEXTS):
        texts = [text.replace("-", "−") for text in number_texts(value[0])]
        size_of = min(9.0, 72 * inch / (0.68 * max(map(len, texts)) + 0.4))
        if look.annotate or size_of >= LEAST_POINTS:
            taken = {(r, c) for r, c, s in mosaic.own.tolist() if s >= 0}
            cells = [(r, c) for r, c in where.tolist() if (r, c) not in taken or inch >= 0.3]
            held = np.array([mosaic.states[r, c] for r, c in cells])
            drawn = [
                panel.text(c, r + 0.12 * ((r, c) in taken), texts[s], ha="center", va="center", fontsize=size_of)
                for (r, c), s in zip(cells, held.tolist(), strict=True)
            ]
            inks.write(drawn, scale.shown[held])
    if look.colorbar:
        bar = figure_of(panel).colorbar(
            shown, ax=panel, location="bottom" if flat else "right", fraction=0.046, pad=0.03,
            aspect=30, extend=scale.extend,
        )  # fmt: skip
        bar.set_label(scale.label, fontsize=points("axes.labelsize", 8))
        bar.ax.tick_params(labelsize=points("xtick.labelsize", 8))
    other = next(LETTERS[name] for name in PLAYERS if name != given)
    notes = [
        f"each small map: the cells of {other}, while {letter} is in the cell where the small map stands",
        f"{letter}: that cell",
    ]
    caution = _noise(estimate)
    if caution == "":
        notes.append(f"± ≤ {np.nanmax(estimate.half_widths()):.2g} ({how_sure(0.95, together=True)})")
    return [panel], Words(f"{TITLES[quantity]}, where both are", notes, [caution] if caution else [])


def _paint(panel: Axes, mosaic: Mosaic, scale: ColourScale, cmap: Any) -> Any:
    """Walls, empty cells, and joint states in the colours of a scale; the gaps are the paper's."""
    panel.set_facecolor("none")
    for side in panel.spines.values():
        side.set_visible(False)
    for kind, colour in ((1, WALL), (2, "#c9c9c9")):
        panel.imshow(
            np.ma.masked_where(mosaic.kind != kind, np.ones(mosaic.kind.shape)), cmap=ListedColormap([colour]),
            interpolation="nearest",
        )  # fmt: skip
    values = np.where(mosaic.kind == 3, scale.shown[mosaic.states], np.nan)
    return panel.imshow(np.ma.masked_invalid(values), cmap=cmap, norm=scale.norm, interpolation="nearest")


def _name_blocks(panel: Axes, mosaic: Mosaic, world: RewardlessMDP, large: AnyArray, letter: str) -> None:
    """Rows and columns of the large map, beside the middles of small ones."""
    assert world.layout is not None  # or there would be no grid
    top, left = world.layout.min(axis=0).astype(int).tolist()
    for axis, first, step, count, name in (
        (panel.xaxis, left, mosaic.step[1], large.shape[1], "column"),
        (panel.yaxis, top, mosaic.step[0], large.shape[0], "row"),
    ):
        every = -(-count // 12)
        axis.set_ticks(
            [k * step + (step - GAP - 1) / 2 for k in range(0, count, every)],
            [str(first + k) for k in range(0, count, every)],
        )
        axis.set_label_text(f"{name} of {letter}", fontsize=points("axes.labelsize", 8))
    panel.tick_params(labelsize=points("xtick.labelsize", 8), length=0)


def _mark(panel: Axes, mosaic: Mosaic, scale: ColourScale, inks: Inks, letter: str, inch: float) -> None:
    """The place of the other agent in each small map: its letter where there is room, and a frame."""
    if not len(mosaic.own):
        return
    values = np.where(mosaic.own[:, 2] >= 0, scale.shown[mosaic.own[:, 2]], np.nan)
    frames = [
        panel.add_patch(
            Rectangle((c - 0.42, r - 0.42), 0.84, 0.84, fill=False, linewidth=max(0.4, min(1.4, 5 * inch)))
        )
        for r, c, _ in mosaic.own.tolist()
    ]

    def ink(colours: FloatArray) -> None:
        for frame, colour in zip(frames, colours.tolist(), strict=True):
            frame.set_edgecolor(colour)

    inks.keep(values, ink)
    if inch >= 0.14:
        corner = inch >= 0.3
        texts = [
            panel.text(
                c - 0.38 * corner, r - 0.36 * corner, letter, ha="left" if corner else "center",
                va="top" if corner else "center", fontsize=14 * inch if corner else 34 * inch, weight="bold",
            )
            for r, c, _ in mosaic.own.tolist()
        ]  # fmt: skip
        inks.write(texts, values)


def _noise(estimate: Estimate) -> str:
    """What is to be read with a pattern that may be noise alone."""
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    if not np.isfinite(lower).all():
        return UNTOLD
    return NOISE if float(lower[0].max()) <= float(upper[0].min()) else ""


# ---------------------------------------------------------------------- what it costs H


def _costs(found: JointPower, grids: tuple[AnyArray, AnyArray], look: Look) -> tuple[list[Axes], Words]:
    """A map for each agent's cells; where their grids are not one, those of H alone."""
    joint = found.joint
    one = grids[0].shape == grids[1].shape and bool((grids[0] == grids[1]).all())
    players = PLAYERS if one else PLAYERS[:1]
    world = joint.of_worlds("human")
    sheet = grid_sheet(world, grids[0], len(players), look)
    estimates = [found.per_cell("cost", player) for player in players]
    shown = np.full((len(players), world.n_states), np.nan)
    for row, estimate, player in zip(shown, estimates, players, strict=True):
        own = joint.of_worlds(player)
        row[[own.index(label) for label in estimate.labels]] = estimate.data.value[0]
    whole = signed_scale(shown.ravel(), np.ones(shown.size, bool), look, "cost to H (reward units)")
    for panel, row, estimate, player in zip(sheet.panels, shown, estimates, players, strict=True):
        scale = ColourScale(row, whole.norm, whole.label)
        picture, inks = sheet.paint(panel, scale, look.cmap or colour_map(COSTS))
        lower, upper = estimate.data.bounds(0.95, simultaneous=True)
        told = (lower[0] > 0) | (upper[0] < 0)
        texts = _signed(estimate.data.value[0], told)
        size = min(10.0, 72 * sheet.inch / (0.68 * max(map(len, texts)) + 0.4))
        if look.annotate is not False and (look.annotate or len(texts) <= MOST_TEXTS):
            if size < LEAST_POINTS and not look.annotate:
                texts, size = [text[0] for text in texts], max(4.0, min(12.0, 50 * sheet.inch))
            assert world.layout is not None
            where = np.array([world.index(label) for label in estimate.labels])
            drawn = [
                panel.text(column, r, text, ha="center", va="center", fontsize=size * (1.0 + (text == "·")))
                for text, (r, column) in zip(texts, world.layout[where].tolist(), strict=True)
            ]
            inks.write(drawn, row[where])
        sheet.add_scale(panel, picture, scale)
        panel.set_title(f"where {LETTERS[player]} is", fontsize=points("axes.titlesize", 10))
    notes = [
        "POWER of H against the seed policy less its POWER against what A does for itself",
        f"averaged over the cells of the other; dot: not told from 0 ({how_sure(0.95, together=True)})",
    ]
    finite = all(np.isfinite(x.data.bounds(0.95)[1]).all() for x in estimates)
    return sheet.panels, Words("What it costs H that A acts for itself", notes, [] if finite else [UNTOLD])


def _signed(values: FloatArray, told: AnyArray) -> list[str]:
    """Numbers with their sign, a dot where they are not told from 0."""
    sizes = number_texts(np.abs(values), np.append(np.abs(values), 0.0))
    return [
        ("−" if x < 0 else "+") + text if sure else "·"
        for x, text, sure in zip(values.tolist(), sizes, told.tolist(), strict=True)
    ]

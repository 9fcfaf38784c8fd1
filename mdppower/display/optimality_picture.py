"""Pictures of how likely actions are to be optimal: bars over γ for one state, arrows on a map for all."""

from __future__ import annotations

import os
from typing import Any, Unpack

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mdppower._text import cut, rate_letter, rate_name
from mdppower._typing import AnyArray, FloatArray, IntArray, Label
from mdppower.display.cell_signs import draw_absorbing, draw_arrows, write_marks
from mdppower.display.colour_scale import scales_of
from mdppower.display.figures import picture_suffix
from mdppower.display.grid_sheet import grid_sheet
from mdppower.display.heatmap import MOST_DRAWN
from mdppower.display.look import NO_SCALE, Look, LookOptions, named_legend, points
from mdppower.display.words import Words, finished
from mdppower.errors import ParameterError
from mdppower.mdp.actions import equivalent_pairs, with_a_choice
from mdppower.mdp.layout import grid_of, is_drawing
from mdppower.measures.action_optimality_estimate import ActionOptimality
from mdppower.results.number_text import rate_title

MOST_ACTIONS = 12
MOST_BARS = 400
PATTERNS = ("", "///", "...", "\\\\\\", "xxx", "---", "ooo", "+++", "|||", "//..", "\\\\--", "**")
"""In grey, two shades that are far apart in the legend can look alike: the pattern tells the actions apart."""
SURE, TITLE = 1e-9, "probability that the action is optimal"
BAR = "probability that the\nlikeliest action is optimal"


def plot_optimality(
    chances: ActionOptimality,
    path: str | os.PathLike[str] | None = None,
    *,
    state: Label | None = None,
    gamma: float | None = None,
    horizon: int | None = None,
    confidence: float = 0.95,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw how likely actions are to be optimal: bars over γ for one state, or a map for all states of a grid.

    On the map a cell's colour is the probability of its likeliest action, which has a strong arrow, or a dot where it
    stays. Faint arrows are those whose interval reaches that of the likeliest. γ = 1 is Blackwell optimality. Arrows
    point where actions lead, on average over the likeliest successors: on a slippery floor, not where they aim.

    Parameters
    ----------
    chances : ActionOptimality
    path : str or path, optional
        Where to save it; the suffix says how: .png, .svg, .pdf.
    state : label, optional
        Draw the actions of this state, as a group of bars for each γ; the tied part of a bar is pale.
    gamma : float, optional
        Draw only this one of the rates.
    horizon : int, optional
        Draw only this one of the horizons.
    confidence : float
        Of the intervals, simultaneous over all that is drawn.
    title : str, optional
    **look
        ``ax, cmap, norm, vmin, vmax, annotate, colorbar, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    LabelError
        There is no such state.
    ParameterError
        No state is named and there is no grid, there are too many actions or states to draw, `gamma` is not one
        of the rates.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> chances = mp.action_optimality(mp.envs.figure_1(), [0, 0.5, 1], samples=256, rng=0)
    >>> figure = plot_optimality(chances, state="star")
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['->l_tri', '->empty', '->r_tri']
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without="annotate" if state is None else NO_SCALE, why="this picture of actions")
    if gamma is not None or horizon is not None:
        chances = chances.at(gamma, horizon=horizon)
    panels, words = draw_optimality(chances, state, confidence, chosen)
    return finished(panels, chosen, words, path, suffix, title)


def draw_optimality(
    chances: ActionOptimality, state: Label | None, confidence: float, look: Look
) -> tuple[list[Axes], Words]:
    """The bars of a state, or the map of all of them, and the words around it."""
    mdp = chances.mdp
    made = f"{chances.samples:,} draws of" if chances.samples else "exact,"
    told = f"{made} {chances.rewards.told}"
    cautions = ["interrupted: fewer draws than were asked for"] * chances.interrupted
    if state is not None:
        name = mdp.states[mdp.index(state)]
        title = f"Optimal actions in state {name} — {told}"
        return [action_bars(chances, name, confidence, look)], Words(title, [], cautions)
    grid = None if is_drawing(mdp) else grid_of(mdp)
    if grid is None:
        raise ParameterError("name a state: all states are drawn only where they lie on a grid")
    panels, notes = optimal_action_maps(chances, grid, confidence, look)
    notes.insert(0, "arrow: likeliest action, faint: not told apart from it; dot: it stays")
    return panels, Words(f"Optimal actions — {told}", notes, cautions)


def action_bars(chances: ActionOptimality, state: Label, confidence: float, look: Look) -> Axes:
    """A group of bars for each γ, a bar for each action with its interval; what is tied is pale."""
    actions = chances.mdp.actions(state)
    rates, size = len(chances.gammas), len(actions)
    if size > MOST_ACTIONS or size * rates > MOST_BARS:
        raise ParameterError(
            f"bars are for up to {MOST_ACTIONS} actions and {MOST_BARS} bars in all; state {state!r} has "
            f"{size} actions, at {rates} {rate_letter(chances.gammas)}"
        )
    here = slice(*chances.mdp.pointer[chances.mdp.index(state) :][:2].tolist())
    total = _by_rate(chances, chances.optimal.mean)[:, here]
    tied = np.minimum(_by_rate(chances, chances.tied.mean)[:, here], total)
    lower, upper = (
        limits.reshape(rates, size) for limits in chances.of(state).interval(confidence, simultaneous=True)
    )
    inches = float(np.clip(0.16 * rates * (size + 1.5), 3.6, 11.0))
    names = [cut(str(action), 24) for action in actions]
    panel = look.panel(inches + 1.7 + 0.07 * max(map(len, names)), 4.2)
    width, line = 0.84 / size, matplotlib.rcParams["text.color"]
    handles: list[Any] = []
    with matplotlib.rc_context({"hatch.linewidth": 0.7}):
        for k, name in enumerate(names):
            colour = np.array(look.colours(0.12 + 0.8 * k / max(1, size - 1)))
            style = {"hatch": PATTERNS[k], "linewidth": 0.5}
            solid: dict[str, Any] = style | {"facecolor": colour, "edgecolor": "white" if k < size / 2 else "black"}
            pale: dict[str, Any] = style | {"facecolor": 0.25 * colour + 0.75, "edgecolor": "#555555"}
            at = np.arange(rates) + (k - (size - 1) / 2) * width
            panel.bar(at, total[:, k] - tied[:, k], width, **solid)
            if tied[:, k].any():
                panel.bar(at, tied[:, k], width, bottom=total[:, k] - tied[:, k], **pale)
            error = np.array([total[:, k] - lower[:, k], upper[:, k] - total[:, k]])
            if error.max() > SURE:
                panel.errorbar(at, total[:, k], error.clip(0), fmt="none", ecolor=line, elinewidth=1, capsize=2)
            handles.append(Patch(label=name, **solid))
    if tied.any():
        handles.append(Patch(facecolor="#dddddd", edgecolor="#555555", linewidth=0.5, label="pale: tied"))
    _label_rates(panel, chances, inches)
    panel.set_ylabel(TITLE)
    panel.set_ylim(0, 1.02)
    panel.margins(x=0.02)
    named_legend(
        panel, handles, [handle.get_label() for handle in handles], title="action" + _meaning(chances, confidence),
        handlelength=2.4, handleheight=1.6, alignment="left",
    )  # fmt: skip
    return panel


def _by_rate(chances: ActionOptimality, values: AnyArray) -> FloatArray:
    """(G, P), also where one γ was given as a number."""
    return np.asarray(values).reshape(len(chances.gammas), -1)


def _meaning(chances: ActionOptimality, confidence: float) -> str:
    return f"\n(intervals: {100 * confidence:.12g} %,\nall at once)" if chances.samples else " (exact)"


def _label_rates(panel: Axes, chances: ActionOptimality, inches: float) -> None:
    texts = [rate_title(gamma).partition("= ")[2] for gamma in chances.gammas]
    # Text of size 10 takes about 0.08 inches a letter; those of γ that would overlap are left out, never the ends.
    room = inches / len(texts)
    step = max(1, int(np.ceil((0.08 * max(map(len, texts)) + 0.06) / room)))
    shown = sorted({*range(0, len(texts), step), len(texts) - 1})
    if len(shown) > 1 and shown[-1] - shown[-2] < step:
        shown.pop(-2)
    panel.set_xticks(shown, [texts[k] for k in shown])
    limit = 1.0 in chances.gammas
    what = "steps H" if rate_name(chances.gammas) == "horizon" else "discount rate γ"
    panel.set_xlabel(what + "  (at 1: the limit, Blackwell optimality)" * limit)


def optimal_action_maps(
    chances: ActionOptimality, grid: AnyArray, confidence: float, look: Look
) -> tuple[list[Axes], list[str]]:
    """A map for each γ: colours say how likely the likeliest action of a cell is, arrows which it is; and notes."""
    mdp = chances.mdp
    if mdp.n_states > MOST_DRAWN:
        raise ParameterError(f"arrows are for up to {MOST_DRAWN:,} states, not {mdp.n_states:,}")
    sheet = grid_sheet(mdp, grid, len(chances.gammas), look)
    chance = _by_rate(chances, chances.optimal.mean)
    lower, upper = (_by_rate(chances, limits) for limits in chances.optimal.interval(confidence, simultaneous=True))
    best = np.maximum.reduceat(chance, mdp.pointer[:-1], axis=1)
    # One scale: the panels are there to be compared. In an absorbing cell there is nothing to choose.
    choice = with_a_choice(mdp)
    scales = scales_of(np.where(choice, best, np.nan), np.full(len(best), SURE), look, BAR, share=True)
    notes: list[str] = []
    # Of actions that lead to the same states, one is drawn: faint ones on top of each other would not be faint.
    drawn = equivalent_pairs(mdp) == np.arange(mdp.n_pairs)
    for g, panel in enumerate(sheet.panels):
        shown, inks = sheet.paint(panel, scales[g])
        notes += draw_absorbing(panel, sheet, mdp, ~choice)
        gamma = chances.gammas[g]
        limit = " (Blackwell optimality)" * (gamma == 1)
        panel.set_title(f"{rate_title(gamma)}{limit}", fontsize=points("axes.titlesize", 10))
        likeliest, possible = likely_pairs(mdp.pair_states, chance[g], best[g], lower[g], upper[g])
        for pairs, strong in ((possible[drawn[possible]], False), (likeliest[drawn[likeliest]], True)):
            kept = pairs[choice[mdp.pair_states[pairs]]]
            draw_arrows(
                panel, mdp, kept, np.full(len(kept), strong), scales[g].shown, inks, ends=(0.12, 0.46), width=0.06
            )
        write_marks(panel, sheet, mdp, scales[g].shown, inks)
        sheet.add_scale(panel, shown, scales[g])
    return sheet.panels, list(dict.fromkeys(notes))


def likely_pairs(
    states: IntArray, chance: FloatArray, best: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[IntArray, IntArray]:
    """The likeliest pairs of each state, and the others whose intervals reach that of the likeliest.

    Parameters
    ----------
    states : (P,) array of int
        Of each pair.
    chance, lower, upper : (P,) arrays
        How likely each pair is to be optimal, and the limits of that.
    best : (S,) array
        The greatest chance in each state.

    Returns
    -------
    likeliest, possible : arrays of pairs

    Examples
    --------
    >>> chance = np.array([0.5, 0.4, 0.1])
    >>> [x.tolist() for x in likely_pairs(np.zeros(3, int), chance, np.array([0.5]), chance - 0.1, chance + 0.1)]
    [[0], [1]]
    """
    first = chance >= best[states] - SURE
    reach = np.full(len(best), -np.inf)
    np.maximum.at(reach, states[first], lower[first])
    others = ~first & (upper >= reach[states])
    return np.flatnonzero(first).astype(np.int32), np.flatnonzero(others).astype(np.int32)

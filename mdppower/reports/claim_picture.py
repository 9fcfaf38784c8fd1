"""The picture of a claim: the MDP, what φ moves where, and the options of both sides.

A claim of the form "there is an involution φ that takes this set into that" is checked by eye where three things are
seen at once:

- φ as arrows: a swap s ↔ φ(s) is one arrow with two heads, any other move has one;
- the two sides, greater first, as two fills. Their hatches lean to different sides and their tints differ in
  lightness, so that they are told apart in grey; where both sides meet, the hatches cross;
- what the claim is about: states by outlines, actions by heavy arrows along what they do.

On a grid all arrows bend alike, so that mirror images nest like the rings of an onion. In a drawing each takes the
bend that keeps it furthest from the states and the arrows that are there. At most 40 are drawn, and
the legend says of how many.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mdppower._text import count, cut
from mdppower._typing import FloatArray, Label
from mdppower.display.backdrop import INK, Scene, scene_of
from mdppower.display.curved_arrows import bezier, points_of, trimmed
from mdppower.display.figures import picture_suffix, save_figure
from mdppower.display.look import NO_SCALE, PLAIN, Look, LookOptions, points
from mdppower.display.mdp_picture import RADIUS
from mdppower.display.words import wrapped
from mdppower.reports.names import heading
from mdppower.reports.permutation_words import moves, phi_words
from mdppower.reports.words import RANKED, line, where_text
from mdppower.theorems.claim_report import ClaimReport

MOST_ARROWS, MOST_CROSSING = 40, 16
"""Arrows of φ: of a mirror image, whose arrows are parallel; of any other, whose arrows cross."""
ARROWS = ("#b3001b", "#0b4f9e", "#0a6b2d", "#7a2a8c", "#8a4b00", "#00686b")
FIRST: dict[str, Any] = {"facecolor": "#a9cdea", "edgecolor": "#4a7fae", "hatch": "///"}
SECOND: dict[str, Any] = {"facecolor": "#fde3bd", "edgecolor": "#c08a3e", "hatch": "\\\\\\"}
BOTH: dict[str, Any] = {"facecolor": "#e3dcea", "edgecolor": "#93839f", "hatch": "xxx"}
OUTLINES: tuple[Any, ...] = ("solid", (0, (2.2, 1.2)), (0, (0.8, 0.9)))
BENDS = (0.0, 0.14, -0.14, 0.26, -0.26, 0.4, -0.4, 0.56, -0.56)
ABOUT_ACTIONS = ("prop-6.9.1", "prop-6.9.2", "prop-B.1", "prop-B.4")
"""Claims whose `where` is (s, a, a'); in others it names states. Integers may name both."""


def plot_claim(
    report: ClaimReport, path: str | os.PathLike[str] | None = None, title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:  # fmt: skip
    """What a claim is about, on its MDP.

    Parameters
    ----------
    report : ClaimReport
    path : str or path, optional
        Where to save it: .png, .svg or .pdf.
    title : str, optional
    **look
        ``ax, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        The path has another suffix.
    FileError
        It cannot be written.
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=f"cmap {NO_SCALE}", why="a claim")
    figure = draw_claim(report, chosen, title)
    if path is not None and suffix is not None:
        save_figure(figure, path, suffix, chosen.dpi)
    return figure


def draw_claim(report: ClaimReport, look: Look = PLAIN, title: str | None = None) -> Figure:
    """Draw what a report is about.

    Parameters
    ----------
    report : ClaimReport
    look : Look
    title : str, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    LabelError
        The report names a state that its MDP lacks.
    ParameterError
        There is no grid and there are more than 60 states.

    Examples
    --------
    >>> import mdppower as mp
    >>> phi = {"t1": "t2", "t2": "t1"}
    >>> report = ClaimReport("prop-6.6", "Proposition 6.6", "", mp.envs.fork(2), ("t1", "t2"), (), (), (), phi=phi)
    >>> draw_claim(report).get_suptitle().startswith("Proposition 6.6: states with")
    True
    """
    mdp = report.mdp
    scene = scene_of(mdp, look)
    states, actions = split_where(report)
    keys = _fill_sides(scene, report)
    keys += _outline_states(scene, states)
    keys += _draw_actions(scene, actions)
    keys += _draw_phi(scene, report, states)
    if len(mdp.absorbing_states):
        for s in mdp.absorbing_states.tolist():
            scene.outline(s, 0.24 if scene.is_grid else 0.035, edgecolor=INK, linewidth=0.6, zorder=3.2)
        keys.append((Patch(facecolor="none", edgecolor=INK, linewidth=0.6), "thin inner line: absorbing"))
    _explain(scene, report, keys, look, title)
    return scene.figure


def split_where(report: ClaimReport) -> tuple[list[int], list[tuple[int, Label]]]:
    """States that the report is about, and its actions with the state that has them.

    Examples
    --------
    >>> import mdppower as mp
    >>> where = ("star", "->r_tri", "->l_tri")
    >>> split_where(ClaimReport("prop-6.9.1", "here", "", mp.envs.figure_1(), where, (), (), ()))
    ([0], [(0, '->r_tri'), (0, '->l_tri')])
    """
    mdp = report.mdp
    states: list[int] = []
    actions: list[tuple[int, Label]] = []
    for label in report.where:
        has = bool(states) and label in mdp.actions(mdp.states[states[0]])
        if has and (report.claim in ABOUT_ACTIONS or label not in mdp.states):
            actions.append((states[0], label))
        else:
            states.append(mdp.index(label))
    return list(dict.fromkeys(states)), actions


# ---------------------------------------------------------------------- what is laid over it


def _fill_sides(scene: Scene, report: ClaimReport) -> list[tuple[Any, str]]:
    """Tints and hatches of the two sides, each in one path."""
    sides = list(report.sides.items())[:2]
    members = [{scene.mdp.index(label) for label in labels} for _, labels in sides]
    shared = set.intersection(*members) if len(members) == 2 else set()
    keys = []
    for k, ((name, labels), look) in enumerate(zip(sides, (FIRST, SECOND), strict=False)):
        scene.fill(sorted(members[k] - shared), look)
        rank = " (greater)" if k == 0 and report.claim in RANKED else ""
        keys.append((Patch(linewidth=0.5, **look), f"{cut(name, 24)}{rank}: {count(len(set(labels)), 'state')}"))
    if shared:
        scene.fill(sorted(shared), BOTH)
        keys.append((Patch(linewidth=0.5, **BOTH), f"in both: {count(len(shared), 'state')}"))
    return keys


def _outline_states(scene: Scene, states: Sequence[int]) -> list[tuple[Any, str]]:
    """Heavy borders: of the first state solid, of others dashed and dotted."""
    keys: list[tuple[Any, str]] = []
    for k, s in enumerate(states):
        style = OUTLINES[k % len(OUTLINES)]
        inset = 0.05 if scene.is_grid else -0.055
        width = min(2.4, 7 * scene.inch)
        scene.outline(s, inset, edgecolor=INK, linewidth=width, linestyle=style, zorder=4)
        look: dict[str, Any] = {"edgecolor": INK, "linewidth": 1.8, "linestyle": style}
        keys.append((Patch(facecolor="none", **look), f"state {cut(str(scene.mdp.states[s]), 24)}"))
    return keys


def _draw_actions(scene: Scene, actions: Sequence[tuple[int, Label]]) -> list[tuple[Any, str]]:
    """Heavy arrows along what the actions do: the first solid, the second dashed."""
    keys: list[tuple[Any, str]] = []
    for k, (s, action) in enumerate(actions):
        style = OUTLINES[k % len(OUTLINES)]
        ends = scene.mdp.successors(scene.mdp.states[s], action)
        for label in sorted(ends, key=lambda t: -ends[t])[:4]:
            t = scene.mdp.index(label)
            if t == s:
                x, y = scene.place[s].tolist()
                scene.panel.scatter([x], [y - 0.5 * scene.radius], s=26, color=INK, marker="os^"[k % 3], zorder=4.5)
                continue
            curve = trimmed(bezier(scene.place[s], scene.place[t], 0.0), scene.radius)
            scene.arrow(curve, INK, 2.2, "-|>", style)
        stays = " (marker: it stays)" if scene.mdp.states[s] in ends else ""
        look = Line2D([], [], color=INK, linewidth=2.2, linestyle=style)
        keys.append((look, f"action {cut(str(action), 24)}{stays}"))
    return keys


def _draw_phi(scene: Scene, report: ClaimReport, states: Sequence[int]) -> list[tuple[Any, str]]:
    """Its arrows, those first that touch the states that the claim is about."""
    index = scene.mdp.index
    every = [(index(s), index(t), swap) for s, t, swap in moves(report.phi or {})]
    if not every:
        return []
    chords = np.array([scene.place[t] - scene.place[s] for s, t, _ in every])
    parallel = bool((abs(chords[:, 0] * chords[0, 1] - chords[:, 1] * chords[0, 0]) < 1e-9).all())
    shown = _chosen(every, set(states), MOST_ARROWS if parallel else MOST_CROSSING)
    longest = float(np.hypot(*chords.T).max())
    width = 2.0 if len(shown) <= 8 else 1.4 if len(shown) <= 20 else 1.0
    drawn: list[FloatArray] = []
    for k, (s, t, swap) in enumerate(shown):
        start, end = scene.place[s], scene.place[t]
        if scene.is_grid:
            # Up, or to the left where it is upright; where all are parallel, within the cells of their row.
            sign = 1 if (end[0] - start[0], end[1] - start[1]) > (0, 0) else -1
            curve = bezier(start, end, sign * (min(0.16, 0.8 / longest) if parallel else 0.16))
        else:
            curve = _clearest(scene, s, t, drawn)
        drawn.append(points_of(curve))
        scene.arrow(trimmed(curve, scene.radius), ARROWS[k % len(ARROWS)], width, "<|-|>" if swap else "-|>")
    told = f"φ, the arrows: {phi_words(report.phi or {}, scene.mdp)}"
    if len(shown) < len(every):
        told += f"; {len(shown)} of {len(every):,} are drawn"
    return [(Line2D([], [], color=ARROWS[0], linewidth=1.8), told)]


def _chosen(pairs: list[tuple[int, int, bool]], states: set[int], most: int) -> list[tuple[int, int, bool]]:
    """Those that touch the states that the claim is about, then others evenly spread."""
    near = [pair for pair in pairs if states & {*pair[:2]}][:most]
    rest = [pair for pair in pairs if pair not in near]
    room = min(most - len(near), len(rest))
    return near + [rest[k] for k in np.linspace(0, len(rest) - 1, room).round().astype(int)] if room else near


def _clearest(scene: Scene, s: int, t: int, drawn: list[FloatArray]) -> FloatArray:
    """The bend that meets the fewest states and arrows, and of these the flattest."""
    others = np.delete(scene.place, [s, t], axis=0)
    low, high = scene.place.min(axis=0) - 0.55, scene.place.max(axis=0) + 0.55

    def cost(bend: float) -> float:
        points = points_of(bezier(scene.place[s], scene.place[t], bend))
        apart = np.hypot(*(points[:, None] - others[None]).transpose(2, 0, 1)) if len(others) else np.ones((1, 1))
        states = np.maximum(0, 1.7 * RADIUS - apart).sum()
        # Two arrows may cross, but should not run together: only near misses of the middle count.
        middle = points[8:-8]
        arrows = sum(
            float(np.maximum(0, 0.2 - np.hypot(*(middle[:, None] - other[8:-8]).transpose(2, 0, 1))).sum())
            for other in drawn
        )
        beyond = np.maximum(0, low - points).sum() + np.maximum(0, points - high).sum()
        edge = 0.6 if _runs_along_edge(scene, s, t, bend) else 0.0
        return float(4 * states + 0.3 * arrows + 3 * beyond + edge + abs(bend))

    return bezier(scene.place[s], scene.place[t], min(BENDS, key=cost))


def _runs_along_edge(scene: Scene, s: int, t: int, bend: float) -> bool:
    """Whether the MDP has an arrow there, too: straight, or bent by 0.18 where there is one each way."""
    names = scene.mdp.states
    ways = [
        any(names[b] in scene.mdp.successors(names[a], action) for action in scene.mdp.actions(names[a]))
        for a, b in ((s, t), (t, s))
    ]
    return any(ways) and abs(bend) < 0.3


# ---------------------------------------------------------------------- words


def _explain(scene: Scene, report: ClaimReport, keys: list[tuple[Any, str]], look: Look, own: str | None) -> None:
    """Title and legend; the figure grows by their room, so that the MDP keeps its size."""
    figure, small, large = scene.figure, points("legend.fontsize", 8), points("figure.titlesize", 11)
    texts = ["\n".join(wrapped(text, figure.get_figwidth(), small) or [text]) for _, text in keys]
    lines = [line for text in texts for line in text.split("\n")]
    wide = max(figure.get_figwidth(), small * (0.0106 * max(map(len, lines), default=0) + 0.11), 3.2)
    told = own if own is not None else f"{line(heading(report))} — at {where_text(report)}: {report.verdict}"
    title = wrapped(told, wide, large)
    if look.ax is not None:
        scene.panel.set_title("\n".join(title), fontsize=large, parse_math=False)
        where: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1)}
    else:
        if look.figsize is None:
            room = (small * 1.7 * len(lines) + large * 1.45 * len(title)) / 72 + 0.25
            figure.set_size_inches(wide, figure.get_figheight() + room)
        figure.suptitle("\n".join(title), fontsize=large, parse_math=own is not None)
        where = {"loc": "outside lower center"}
    if keys:
        legend = (figure if look.ax is None else scene.panel).legend(
            [handle for handle, _ in keys], texts, fontsize=small, frameon=False, handlelength=2.6, handleheight=1.1,
            alignment="left", **where,
        )  # fmt: skip
        for text in legend.get_texts():
            text.set_parse_math(False)

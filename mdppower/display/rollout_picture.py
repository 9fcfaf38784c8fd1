"""A walk of two agents, as an animation: both on the map of POWER_H and on that of POWER_A, as it is there."""

from __future__ import annotations

import os
from typing import Any, Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from mdppower._typing import AnyArray
from mdppower.display.alignment_picture import told_rates_of
from mdppower.display.colour_scale import ColourScale, scales_of, unit_of
from mdppower.display.figures import picture_suffix
from mdppower.display.frames import drawn, write_gif
from mdppower.display.grid_sheet import Sheet, grid_sheet
from mdppower.display.joint_picture import LETTERS, grids_of, slice_of
from mdppower.display.look import Look, LookOptions, points
from mdppower.display.words import Words, finished
from mdppower.errors import ParameterError
from mdppower.multiagent.joint_mdp import PLAYERS, JointMDP
from mdppower.multiagent.rollout import Rollout

MILLISECONDS = 700
SIGNS = {"human": "o", "ai": "s"}
TRAIL = 0.22
"""How far from the middle of a cell two agents stand that share it, or whose ways do."""


def plot_rollout(
    found: Rollout,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    r"""Draw a walk: on the left POWER of H in each of its cells, A being where it is; on the right that of A.

    Parameters
    ----------
    found : Rollout
    path : str or path, optional
        Where to save it: .gif, a frame a step; or .png, .svg or .pdf: the last step, and how they came there.
    title : str, optional
    **look
        ``ax`` (two, not of a .gif), ``cmap, norm, vmin, vmax, annotate, colorbar, figsize, dpi``: see
        `mdppower.display.look.Look`. All frames have one scale for each agent.

    Returns
    -------
    matplotlib.figure.Figure
        Of a .gif the last frame's.

    Raises
    ------
    ParameterError
        The path has another suffix; the agents do not move on one grid.
    FileError
        It cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> room = mp.envs.gridworld("...\n...", blocked="remove")
    >>> run = mp.multiagent.joint_power(room, gamma=0.6, overlap="bump", samples=64, rng=0)
    >>> figure = mp.multiagent.roll_out(run, steps=3, rng=0).plot()
    >>> [panel.get_title().split(",")[0] for panel in figure.axes[:2]]
    ['POWER of H', 'POWER of A']
    """
    suffix = picture_suffix(path, (".gif",))
    chosen = Look.of(look)
    grid = one_grid(found.joint)
    if suffix != ".gif":
        panels, words = _frame(found, grid, found.steps, chosen)
        return finished(panels, chosen, words, path, suffix, title)
    if chosen.ax is not None:
        raise ParameterError("a .gif has figures of its own: give no ax")
    assert path is not None
    frames = []
    for step in range(found.steps + 1):
        panels, words = _frame(found, grid, step, chosen)
        figure = finished(panels, chosen, words, None, None, title)
        frames.append(drawn(figure, chosen))
    write_gif(frames, path, MILLISECONDS)
    return figure


def one_grid(joint: JointMDP) -> AnyArray:
    """The grid on which both agents move; ParameterError where there is no such one."""
    grids = grids_of(joint)
    if grids is None or grids[0].shape != grids[1].shape or (grids[0] != grids[1]).any():
        raise ParameterError("a walk is drawn of two agents that move on one grid; .table() has it in words")
    return grids[0]


def _frame(found: Rollout, grid: AnyArray, step: int, look: Look) -> tuple[list[Axes], Words]:
    """Both maps after so many steps."""
    joint, run = found.joint, found.run
    assert joint.cells is not None  # or there would be no grids
    ended = bool(found.at[step] == joint.n_states)
    here = found.at[step - 1] if ended else found.at[step]
    where = joint.cells[here]
    sheet = grid_sheet(joint.of_worlds("human"), grid, 2, look)
    for k, (player, panel) in enumerate(zip(PLAYERS, sheet.panels, strict=True)):
        estimate = getattr(run, player)
        states = slice_of(joint, player, int(where[1 - k]))
        (scale,) = scales_of(estimate.data.value, np.asarray(estimate.data.slack), look, "", share=False)
        values = np.where(states >= 0, estimate.mean[states], np.nan)
        label = unit_of(f"POWER of {LETTERS[player]}")
        one = ColourScale(values, scale.norm, label)
        picture, _ = sheet.paint(panel, one)
        sheet.fill(panel, states < 0, "#c9c9c9")
        sheet.add_scale(panel, picture, one)
        _walk(panel, sheet, found, step, ended)
        did = found.does(player)[step - 1] if step else None
        told = f"POWER of {LETTERS[player]}, {LETTERS[PLAYERS[1 - k]]} being where it is"
        if step:
            told += f"\n{LETTERS[player]} did {did}" if did is not None else "\nit is not said what A did"
        else:
            told += "\nat the start"
        panel.set_title(told, fontsize=points("axes.titlesize", 9), parse_math=False)
    rewards = found.rewards[: step + 1].sum(axis=0)
    names = f"step {step} of {found.steps}, rewards so far: H {rewards[0]:.2f}, A {rewards[1]:.2f}"
    notes = [
        *["grey: there they would collide"] * (joint.overlap != "allow"),
        "circle: H, square: A, lines: where they came from",
        f"policies of draw {found.draw} of {run.samples:,}; maps over all draws",
        f"ρ = {run.rho:g}, {joint.overlap}, {told_rates_of(run.gamma)}",
    ]
    return sheet.panels, Words(names + ": they collide, the end" * ended, notes)


def _walk(panel: Axes, sheet: Sheet, found: Rollout, step: int, ended: bool) -> None:
    """The way of both so far, and where they are."""
    joint = found.joint
    world = joint.of_worlds("human")
    assert joint.cells is not None  # or there would be no grids
    assert world.layout is not None
    at = joint.cells[found.at[: step + 1 - ended]]
    size = 72 * sheet.inch
    edge = [withStroke(linewidth=max(1.5, 0.09 * size), foreground="white")]
    for k, player in enumerate(PLAYERS):
        colour = ("#111111", "#b3122b")[k]
        own = world if k == 0 else joint.of_worlds("ai")
        assert own.layout is not None
        shift = TRAIL * (2 * k - 1)
        y, x = own.layout[at[:, k]].T
        panel.plot(
            x + shift, y + shift, color=colour, linewidth=max(0.7, 0.035 * size), alpha=0.8, zorder=4,
            path_effects=edge,
        )  # fmt: skip
        panel.plot(
            x[-1:] + shift, y[-1:] + shift, SIGNS[player], markersize=max(4.0, 0.38 * size), color=colour,
            markeredgecolor="white", markeredgewidth=max(0.8, 0.03 * size), zorder=5,
        )  # fmt: skip
        if size >= 14:
            text: Any = panel.text(
                x[-1] + shift, y[-1] + shift, LETTERS[player], ha="center", va="center_baseline", color="white",
                fontsize=0.24 * size, weight="bold", zorder=6,
            )  # fmt: skip
            text.set_clip_on(True)

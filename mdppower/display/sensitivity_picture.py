"""Pictures of how POWER moves under transforms of a model: bars of the change of each state, a row a transform."""

from __future__ import annotations

import os
from typing import Unpack

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mdppower._checks import choice
from mdppower._text import cut
from mdppower._typing import AnyArray
from mdppower.display.figures import picture_suffix
from mdppower.display.look import NO_SCALE, Look, LookOptions, points
from mdppower.display.signed_bars import MOST_BARS, explain_signs, greatest, name_bars, signed_bars, told_intervals
from mdppower.display.words import Words, finished
from mdppower.results.number_text import number_text
from mdppower.sensitivity.sensitivity_estimate import READINGS, Sensitivity

MOST_ROWS = 16
LONGEST = 60
"""Characters of a transform's name."""
TOLD = {"tied": "copies earn what their original earns", "independent": "each copy draws a reward of its own"}


def plot_sensitivity(
    found: Sensitivity,
    path: str | os.PathLike[str] | None = None,
    *,
    reading: str = "independent",
    confidence: float = 0.95,
    title: str | None = None,
    **look: Unpack[LookOptions],
) -> Figure:
    """Draw how POWER of each state changes under each transform: a row a transform, a column a γ.

    Parameters
    ----------
    found : Sensitivity
    path : str or path, optional
        Where to save it: .png, .svg, .pdf.
    reading : {"independent", "tied"}
    confidence : float
        Of all intervals of all rows and both readings together. Bars that they do not tell from 0 are pale; what
        cannot move has none.
    title : str, optional
    **look
        ``ax, cmap, figsize, dpi``: see `mdppower.display.look.Look`.

    Returns
    -------
    matplotlib.figure.Figure
        Of many states those that move most, and so of many transforms.

    Raises
    ------
    ParameterError
        The suffix, or the reading, is another.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.sensitivity import duplicate_state, sensitivity
    >>> fork = mp.envs.fork(2)
    >>> copied = [duplicate_state(fork, end) for end in ("t1", "t2")]
    >>> figure = plot_sensitivity(sensitivity(fork, 0.9, transforms=copied, rng=0))
    >>> [panel.get_title() for panel in figure.axes]
    ["duplicate 't1' by choice", "duplicate 't2' by choice"]
    """
    suffix = picture_suffix(path)
    chosen = Look.of(look, without=NO_SCALE, why="bars of changes")
    choice(reading, "reading", READINGS)
    data = found.to_xarray(confidence).sel(reading=reading)
    change, lower, upper, verdict = (data[name].values for name in ("change", "lower", "upper", "verdict"))
    states = greatest(change)
    rows = greatest(np.moveaxis(change, 0, -1), MOST_ROWS)
    panels = _draw(found, change, lower, upper, verdict, states, rows, chosen)
    notes = [f"{reading}: {TOLD[reading]}", told_intervals(upper, confidence)]
    if len(rows) < len(found.transforms):
        notes.append(f"{len(rows)} of {len(found.transforms):,} transforms, which move POWER most")
    cautions = ["interrupted: fewer draws than were asked for"] if found.interrupted else []
    made = f"{found.samples:,} draws of {found.rewards.name} rewards"
    words = Words(f"POWER after a transform − before — {made}", notes, cautions)
    return finished(panels, chosen, words, path, suffix, title)


def _draw(
    found: Sensitivity, change: AnyArray, lower: AnyArray, upper: AnyArray, verdict: AnyArray, states: AnyArray,
    rows: AnyArray, look: Look,
) -> list[Axes]:  # fmt: skip
    """The panels: arrays are (T, G, S), of which some states and rows are drawn."""
    rates = len(found.gammas)
    inches = float(np.clip(0.45 * len(states), 2.5, 12.0 / min(rates, 2)))
    size = (inches * rates + 2.2, 1.5 * len(rows) + 0.9)
    drawn = look.panels(len(rows), rates, size, sharex=True, sharey=True)
    panels = np.array(drawn, dtype=object).reshape(len(rows), rates)
    for line, k in zip(panels, rows.tolist(), strict=True):
        for g, panel in enumerate(line):
            value, low, high = (x[k, g, states] for x in (change, lower, upper))
            signed_bars(panel, value, low, high, verdict[k, g, states] == "open", look)
            name = cut(found.transforms[k].name, LONGEST)
            if rates > 1:
                name += f", γ = {number_text(found.gammas[g])}"
            panel.set_title(name, fontsize=points("axes.titlesize", 9), parse_math=False)
        line[0].set_ylabel("change", fontsize=points("axes.labelsize", 9))
    many = len(states) < len(found.mdp.states)
    for panel in panels[-1]:
        name_bars(panel, [found.mdp.states[s] for s in states.tolist()], inches)
        panel.set_xlabel(f"state ({MOST_BARS} of {len(found.mdp.states):,}, which move most)" if many else "state")
    explain_signs(panels[0, -1], "rises", "falls", look)
    return drawn

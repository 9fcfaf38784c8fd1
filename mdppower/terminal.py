"""Maps for the terminal: a gridworld before anything is computed, and its POWER, with colour and without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mdppower._typing import FloatArray
from mdppower.mdp import RewardlessMDP
from mdppower.power_estimate import PowerEstimate

WALL = "█"
DIGITS = "0123456789"
MOST_BARS = 40

# Viridis at eleven points (matplotlib's colour map of that name; colour-blind safe, monotone in grey).
_VIRIDIS = (
    (68, 1, 84), (72, 36, 117), (65, 68, 135), (53, 95, 141), (42, 120, 142), (33, 145, 140),
    (34, 168, 132), (68, 191, 112), (122, 209, 81), (189, 223, 38), (253, 231, 37),
)  # fmt: skip


def grid_of(mdp: RewardlessMDP) -> npt.NDArray[np.int64] | None:
    """(rows, columns) array of state indices, −1 where there is no state; None without an integer layout.

    Positions that two states share, or that span a rectangle much larger than the states fill, make no grid.
    """
    if mdp.layout is None or (mdp.layout != np.round(mdp.layout)).any():
        return None
    cells = (mdp.layout - mdp.layout.min(axis=0)).astype(np.int64)
    shape = cells.max(axis=0) + 1
    if shape.prod() > 100 * mdp.n_states + 10_000:
        return None
    grid = np.full(shape, -1, np.int64)
    grid[tuple(cells.T)] = np.arange(mdp.n_states)
    return grid if (grid >= 0).sum() == mdp.n_states else None


def show_map(mdp: RewardlessMDP, *, colour: bool = False, width: int = 100) -> str:
    """The map of an MDP, or its transitions, before anything is computed.

    Parameters
    ----------
    mdp : RewardlessMDP
    colour : bool
        Whether absorbing cells and marks are coloured.
    width : int
        Columns of the terminal.

    Returns
    -------
    str
    """
    grid = grid_of(mdp)
    if grid is None or is_drawing(mdp):
        return _transitions(mdp)
    glyph = np.full(mdp.n_states, ".", dtype="<U1")
    glyph[mdp.absorbing_states] = "*"
    for mark, where in mdp.marks.items():
        glyph[list(where)] = mark
    special = glyph != "."

    def cell(s: int) -> str:
        text = str(glyph[s])
        return f"\x1b[1;33m{text}\x1b[0m" if colour and special[s] else text

    wide = 2 if 2 * grid.shape[1] + 4 <= width else 1
    grid, note = _thin(_framed(grid), width // wide)
    lines = ["".join(WALL * wide if s < 0 else " " * (wide - 1) + cell(s) for s in row) for row in grid.tolist()]
    return "\n".join([*lines, *note])


def terminal_map(estimate: PowerEstimate, *, colour: bool = False, width: int = 100) -> str:
    """POWER as a map of text, one block a γ, with its scale and its extremes.

    Parameters
    ----------
    estimate : PowerEstimate
    colour : bool
        Whether to use 24-bit colour (viridis).
    width : int
        Columns of the terminal: cells show two or three digits where they fit, else one.

    Returns
    -------
    str
    """
    grid = grid_of(estimate.mdp)
    value = estimate.data.value
    lower, upper = estimate.data.bounds(0.95)
    blocks = []
    for g, gamma in enumerate(estimate.gammas):
        half = (upper[g] - lower[g]) / 2
        if grid is None or is_drawing(estimate.mdp):
            body = _bars(estimate, value[g], half, width, colour)
        else:
            body = _cells(grid, value[g], width, colour)
        name = estimate.mdp.states
        best, worst = int(value[g].argmax()), int(value[g].argmin())
        blocks.append(
            f"POWER at γ = {gamma:g}\n{body}\n"
            f"most   {value[g, best]:.4f} ± {half[best]:.2g} at {name[best]}\n"
            f"least  {value[g, worst]:.4f} ± {half[worst]:.2g} at {name[worst]}"
        )
    what = (
        f"{estimate.samples:,} draws of {estimate.rewards.name} rewards (rng={estimate.entropy}); "
        f"± is a 95 % interval for one state; solver error ≤ {estimate.gap.max():.0e}"
    )
    return "\n\n".join([*blocks, what])


# ---------------------------------------------------------------------- cells


def _cells(grid: npt.NDArray[np.int64], value: FloatArray, width: int, colour: bool) -> str:
    """The grid as text; each cell is as wide as fits: a number, or a digit of the scale from least to most."""
    low, high = float(value.min()), float(value.max())
    span = high - low or 1.0
    share = (value - low) / span
    plain = low >= 0 and high < 0.9995  # then ".83" says it all
    grid = _framed(grid)
    digits = 3 if high - low < 0.1 else 2

    def number(s: int) -> str:
        return f"{value[s]:.{digits}f}"[1:] if plain else f"{round(value[s], 2) + 0.0:.2f}"

    def tenth(s: int) -> str:
        return DIGITS[min(9, int(10 * share[s]))]

    shown: Callable[[int], str] = number
    longest = max(len(number(s)) for s in range(len(value))) if len(value) <= 20_000 else width
    wide = longest + 1
    legend = f"scale  {low:.4f} … {high:.4f}"
    note: list[str] = []
    if wide * grid.shape[1] > width:
        wide = 2 if 2 * grid.shape[1] <= width else 1
        grid, note = _thin(grid, width // wide)
        shown = tenth
        legend += "  (0 … 9: tenths of it)"
    lines = []
    for row in grid.tolist():
        cells = []
        for s in row:
            text = WALL * wide if s < 0 else shown(s).rjust(wide)
            cells.append(_paint(text, float(share[s])) if colour and s >= 0 else text)
        lines.append("".join(cells))
    return "\n".join([*lines, *note, legend])


def _framed(grid: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The grid with a border of wall: what is not drawn is wall."""
    return np.pad(grid, 1, constant_values=-1)


def _thin(grid: npt.NDArray[np.int64], columns: int) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Every k-th row and column, so that it fits, and a line that says so."""
    step = -(-grid.shape[1] // max(1, columns))
    if step == 1:
        return grid, []
    return grid[::step, ::step], [f"(every {step}th row and column of {grid.shape[0] - 2} × {grid.shape[1] - 2})"]


def _paint(text: str, share: float) -> str:
    """The text on its colour of the scale, black or white as is readable."""
    place = min(max(share, 0.0), 1.0) * (len(_VIRIDIS) - 1)
    k = min(int(place), len(_VIRIDIS) - 2)
    red, green, blue = (round(a + (place - k) * (b - a)) for a, b in zip(_VIRIDIS[k], _VIRIDIS[k + 1], strict=True))
    ink = "30" if 0.299 * red + 0.587 * green + 0.114 * blue > 120 else "97"
    return f"\x1b[{ink};48;2;{red};{green};{blue}m{text}\x1b[0m"


# ---------------------------------------------------------------------- MDPs without a grid


def is_drawing(mdp: RewardlessMDP) -> bool:
    """Whether the layout draws a graph: its states have names, not the positions themselves."""
    return any(not isinstance(label, tuple) for label in mdp.states[:1])


def _bars(estimate: PowerEstimate, value: FloatArray, half: FloatArray, width: int, colour: bool) -> str:
    """States from most to least POWER as bars from the least possible value, or from the least seen."""
    order = np.argsort(-value, kind="stable")[:MOST_BARS]
    names = [str(estimate.mdp.states[s]) for s in order]
    pad = min(max(map(len, names)), 24)
    low = estimate.data.low.min()
    low = float(low) if np.isfinite(low) else float(value.min())
    span = float(value.max()) - low or 1.0
    room = max(10, min(40, width - pad - 28))
    lines = []
    for s, name in zip(order.tolist(), names, strict=True):
        share = (value[s] - low) / span
        bar = "█" * max(1, round(room * share))
        drawn = _ink(bar, share) if colour else bar
        lines.append(f"{name[:pad]:>{pad}}  {drawn}{' ' * (room - len(bar))}  {value[s]:.4f} ± {half[s]:.2g}")
    if len(value) > MOST_BARS:
        lines.append(f"… and {len(value) - MOST_BARS:,} states of less POWER (use --format table)")
    return "\n".join([*lines, f"bars from {low:.4g}"])


def _ink(text: str, share: float) -> str:
    red, green, blue = _VIRIDIS[round(min(max(share, 0.0), 1.0) * (len(_VIRIDIS) - 1))]
    return f"\x1b[38;2;{red};{green};{blue}m{text}\x1b[0m"


def _transitions(mdp: RewardlessMDP) -> str:
    """``state --action--> successor``, for the first states."""
    lines = []
    for state in mdp.states[:MOST_BARS]:
        for action in mdp.actions(state):
            ends = mdp.successors(state, action)
            told = ", ".join(str(t) if p == 1 else f"{t} ({p:.4g})" for t, p in ends.items())
            lines.append(f"{state!s:>12}  {action!s:<12} leads to {told}")
    if mdp.n_states > MOST_BARS:
        lines.append(f"… and {mdp.n_states - MOST_BARS:,} more states")
    return "\n".join(lines)

"""Maps for the terminal: a gridworld before anything is computed, and its POWER, with colour and without."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdppower._colours import ABSORBING_COLOUR, VIRIDIS, WALL_COLOUR, white_is_better
from mdppower._text import cut, printable, rate_letter, told_rates
from mdppower._typing import BoolArray, FloatArray
from mdppower.mdp.actions import with_a_choice
from mdppower.mdp.graph import end_components
from mdppower.mdp.layout import MOST_ACTIONS, MOST_SUCCESSORS, grid_of, is_drawing, one_way_cells
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.results.number_text import decimals, number_texts, with_error

WALL = "█"
DIGITS = "0123456789"
SHUT = "@"
"""A cell that no action leaves and that is no exit; no glyph of maps, and no mark."""
ENDED = "·"
"""An absorbing cell, where cells are digits."""
MOST_BARS = 40
ARROWS = {(-1, 0): "^", (0, 1): ">", (1, 0): "v", (0, -1): "<"}


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
    for step, held in one_way_cells(mdp, grid).items():
        glyph[held] = ARROWS[step]
    closed = mdp.absorbing_states
    glyph[closed] = "*" if mdp.has_default_labels else SHUT  # in a map * is an exit, which is marked
    for mark, where in mdp.marks.items():
        glyph[list(where)] = printable(mark)[:1]
    special = glyph != "."
    wide = 2 if 2 * grid.shape[1] + 4 <= width else 1
    grid, block, note = _coarse(grid, width // wide - 2)
    drawn = np.full(grid.max() + 1, ".", dtype="<U1")
    drawn[block[special]] = glyph[special]

    def cell(k: int) -> str:
        text = str(drawn[k])
        return f"\x1b[1;33m{text}\x1b[0m" if colour and text != "." else text

    lines = ["".join(WALL * wide if k < 0 else " " * (wide - 1) + cell(k) for k in row) for row in _framed(grid)]
    marked = {s for where in mdp.marks.values() for s in where}
    if not mdp.has_default_labels and set(closed.tolist()) - marked:
        note = [*note, f"({SHUT}: a cell that no action leaves, such as a one-way cell against a wall)"]
    return "\n".join([*lines, *note])


def terminal_map(estimate: PowerEstimate, *, colour: bool = False, width: int = 100) -> str:
    """POWER as a map of text, one block a γ, with its scale and its extremes.

    Parameters
    ----------
    estimate : PowerEstimate
    colour : bool
        Whether to use 24-bit colour (viridis).
    width : int
        Columns of the terminal: cells show their number where that fits, else its place on the scale from 0 to
        9, or with colour alone two rows a line; a map too wide even for that is averaged over squares of cells.

    Returns
    -------
    str
    """
    grid = grid_of(estimate.mdp)
    value = estimate.data.value
    # The states named are picked by what is estimated: only intervals that hold for all at once cover them.
    lower, upper = estimate.data.bounds(0.95, simultaneous=True)
    blocks = []
    for g, gamma in enumerate(estimate.gammas):
        half = np.maximum(upper[g] - value[g], value[g] - lower[g])
        if grid is None or is_drawing(estimate.mdp):
            body = _bars(estimate, value[g], half, width, colour)
        else:
            body = _cells(grid, value[g], with_a_choice(estimate.mdp), width, colour)
        name = estimate.mdp.states
        best, worst = int(value[g].argmax()), int(value[g].argmin())
        blocks.append(
            f"{estimate.quantity_name} at {told_rates(gamma)}\n{body}\n"
            f"most   {with_error(value[g, best], half[best])} at {printable(str(name[best]))}\n"
            f"least  {with_error(value[g, worst], half[worst])} at {printable(str(name[worst]))}"
            + (_why_the_same(estimate) if gamma == 1 else "")
        )
    what = (
        printable(estimate.about) + (f" (rng={estimate.entropy})" if estimate.samples else "") + "; "
        f"{_meaning(lower, rate_letter(estimate.gammas))}; solver error ≤ {estimate.error_bound.max():.0e}"
    )
    told = [printable(f"caution: {estimate.caution}")] if estimate.caution else []
    return "\n\n".join([*blocks, what, *told])


def _why_the_same(estimate: PowerEstimate) -> str:
    """A line that says why POWER at γ = 1 is one number, where the transitions alone make it so."""
    mdp = estimate.mdp
    count, component, _ = end_components(mdp)
    if count > 1 or estimate.policy is not None or mdp.n_states == 1:
        return ""
    (last,) = np.nonzero(component == 0)
    if len(last) == mdp.n_states:
        why = "every state can be reached from every other"
    elif len(last) == 1:
        why = f"from every state every policy ends in {printable(str(mdp.states[last[0]]))}"
    else:
        why = f"every policy ends among the same {len(last):,} states, which can be reached from each other"
    return f"\nthe same everywhere: {why}"


def _meaning(limits: FloatArray, letter: str) -> str:
    known = f"± holds for all states and {letter} at once (95 %)"
    return "no intervals: no variance" if np.isnan(limits).any() else known


# ---------------------------------------------------------------------- cells


def _cells(grid: npt.NDArray[np.int64], value: FloatArray, choice: BoolArray, width: int, colour: bool) -> str:
    """The grid as text; each cell is as wide as fits: a number, or a digit of the scale from least to most.

    The scale and the digits come from the cells in which there is a choice; the others are "·", or pale.
    """
    some = value[choice]
    low, high = float(some.min()), float(some.max())
    # A number takes two columns at least: those of a map with more cells than that need not be written.
    texts = number_texts(value, some) if 2 * grid.shape[1] <= width else []
    wide = max(map(len, texts), default=width) + 1
    note: list[str] = []
    digits = decimals(high - low, 4)
    legend = f"scale  {low:.{digits}f} … {high:.{digits}f}"
    columns = grid.shape[1] + 2
    if wide * columns > width:
        wide = 2 if 2 * columns <= width else 1
        grid, block, note = _coarse(grid, width // wide - 2)
        count = np.bincount(block, choice)  # of a square, those count in which there is a choice
        value = np.bincount(block, value * choice) / np.where(count, count, 1)
        choice = count > 0
    share = np.where(choice, (value - low) / ((high - low) or 1.0), np.nan)
    framed = _framed(grid)
    if not choice.all():
        legend += f"  (of cells that are not absorbing{'' if wide > 2 or colour else '; those are ' + ENDED})"
    if colour and wide == 1:
        return "\n".join([*_half_blocks(framed, share), *note, legend])
    if wide < 3:
        texts = [ENDED if np.isnan(x) else DIGITS[min(9, int(10 * x))] for x in share.tolist()]
        legend += "  (0 … 9: tenths of it)"
    lines = []
    for row in framed:
        cells = [WALL * wide if s < 0 else texts[s].rjust(wide) for s in row]
        if colour:
            wall = f"\x1b[38;2;{_code(WALL_COLOUR)}m"  # a full block in the terminal's own ink would outshine the map
            cells = [
                f"{wall}{text}\x1b[0m" if s < 0 else _paint(text, float(share[s]))
                for s, text in zip(row, cells, strict=True)
            ]
        lines.append("".join(cells))
    return "\n".join([*lines, *note, legend])


def _half_blocks(rows: list[list[int]], share: FloatArray) -> list[str]:
    """Two rows of cells a line, so that a cell is about square: ▀ with the upper one's colour on the lower one's."""
    paint = [_code(_colour(x)) for x in share.tolist()] + [_code(WALL_COLOUR)]  # [-1] is a wall
    if len(rows) % 2:
        rows = [*rows, [-1] * len(rows[0])]
    return [
        "".join(f"\x1b[38;2;{paint[up]};48;2;{paint[down]}m▀" for up, down in zip(upper, lower, strict=True))
        + "\x1b[0m"
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def _framed(grid: npt.NDArray[np.int64]) -> list[list[int]]:
    """The rows of the grid with a border of wall: what is not drawn is wall."""
    rows: list[list[int]] = np.pad(grid, 1, constant_values=-1).tolist()
    return rows


def _coarse(
    grid: npt.NDArray[np.int64], columns: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[str]]:
    """Squares of cells in place of cells where these are too many: wall only where a square has no state.

    Returns
    -------
    coarse : grid of squares, numbered where they have a state
    square : (S,) the square of each state
    note : a line that says so, or none
    """
    side = -(-grid.shape[1] // max(1, columns))
    rows, across = np.nonzero(grid >= 0)
    shape = (-(-grid.shape[0] // side), -(-grid.shape[1] // side))
    filled, number = np.unique(rows // side * shape[1] + across // side, return_inverse=True)
    coarse = np.full(shape[0] * shape[1], -1, np.int64)
    coarse[filled] = np.arange(len(filled))
    square = np.empty(len(rows), np.int64)
    square[grid[rows, across]] = number
    note = [f"(each character stands for {side} × {side} of {grid.shape[0]:,} × {grid.shape[1]:,} cells)"]
    return coarse.reshape(shape), square, note if side > 1 else []


def _colour(share: float) -> tuple[int, ...]:
    """Red, green and blue of that place on the scale; what has none is absorbing."""
    if np.isnan(share):
        return ABSORBING_COLOUR
    place = min(max(share, 0.0), 1.0) * (len(VIRIDIS) - 1)
    k = min(int(place), len(VIRIDIS) - 2)
    return tuple(round(a + (place - k) * (b - a)) for a, b in zip(VIRIDIS[k], VIRIDIS[k + 1], strict=True))


def _code(colour: tuple[int, ...]) -> str:
    """A colour as terminals take it."""
    return ";".join(map(str, colour))


def _paint(text: str, share: float) -> str:
    """The text on its colour of the scale, black or white as is readable."""
    red, green, blue = _colour(share)
    ink = "97" if white_is_better(np.array([red, green, blue]) / 255) else "30"
    return f"\x1b[{ink};48;2;{red};{green};{blue}m{text}\x1b[0m"


# ---------------------------------------------------------------------- MDPs without a grid


def _bars(estimate: PowerEstimate, value: FloatArray, half: FloatArray, width: int, colour: bool) -> str:
    """States from most to least POWER as bars from the least possible value, or from the least seen."""
    order = np.argsort(-value, kind="stable")[:MOST_BARS]
    names = [cut(str(estimate.mdp.states[s]), 24) for s in order]
    pad = max(map(len, names))
    low = estimate.data.low.min()
    low = float(low) if np.isfinite(low) else float(value.min())
    span = float(value.max()) - low or 1.0
    room = max(10, min(40, width - pad - 28))
    lines = []
    for s, name in zip(order.tolist(), names, strict=True):
        share = (value[s] - low) / span
        bar = "█" * max(1, round(room * share))
        drawn = _ink(bar, share) if colour else bar
        lines.append(f"{name:>{pad}}  {drawn}{' ' * (room - len(bar))}  {with_error(value[s], half[s])}")
    if len(value) > MOST_BARS:
        lines.append(f"… and {len(value) - MOST_BARS:,} states of less {estimate.quantity_name} (use --format table)")
    return "\n".join([*lines, f"bars from {low:.4g}"])


def _ink(text: str, share: float) -> str:
    red, green, blue = _colour(share)
    return f"\x1b[38;2;{red};{green};{blue}m{text}\x1b[0m"


def _transitions(mdp: RewardlessMDP) -> str:
    """``state --action--> successor``, for the first states."""
    lines = []
    for state in mdp.states[:MOST_BARS]:
        actions = mdp.actions(state)
        for action in actions[:MOST_ACTIONS]:
            ends = list(mdp.successors(state, action).items())
            told = ", ".join(printable(str(t)) + (f" ({p:.4g})" if p != 1 else "") for t, p in ends[:MOST_SUCCESSORS])
            if len(ends) > MOST_SUCCESSORS:
                told += f", … ({len(ends):,} states)"
            lines.append(f"{printable(str(state)):>12}  {printable(str(action)):<12} leads to {told}")
        if len(actions) > MOST_ACTIONS:
            lines.append(f"{'':>12}  … and {len(actions) - MOST_ACTIONS:,} more actions")
    if mdp.n_states > MOST_BARS:
        lines.append(f"… and {mdp.n_states - MOST_BARS:,} more states")
    return "\n".join(lines)

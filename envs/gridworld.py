"""Gridworlds: a text map becomes a rewardless MDP.

Every cell of the map is a state, labelled (row, column) from the top left of the map; (0, 0) may be a wall.
The actions are named steps, such as N = (−1, 0), and "stay". A step is *blocked* if its target is not a cell,
or if it leaves a one-way cell in another direction than its own. Blocked steps exist and leave the agent
where it is (``blocked="stay"``), or do not exist there (``blocked="remove"``, as in POWERplay). A diagonal
step is blocked by its target only: it passes between two walls that touch at a corner.

What the glyphs mean stands in `mdppower.envs.textmap`, what those of other conventions mean in
`mdppower.envs.conventions`; what slip and bias mean, in `mdppower.envs.slip`.
"""

from __future__ import annotations

import operator
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._typing import AnyArray
from mdppower.envs.conventions import Legend, legend, suggestion
from mdppower.envs.slip import check_bias, check_slip, slippery_kernel
from mdppower.envs.textmap import (
    EXIT,
    LETTERS,
    MOST_BYTES,
    ONE_WAY,
    PIT,
    TextMap,
    decode,
    is_cell,
    parse,
    suspicions,
)
from mdppower.envs.translation import doubts, read
from mdppower.errors import MapError, MDPPowerWarning, ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP

COMPASS = {"N": (-1, 0), "E": (0, 1), "S": (1, 0), "W": (0, -1)}
DIAGONALS = {"NE": (-1, 1), "SE": (1, 1), "SW": (1, -1), "NW": (-1, -1)}


def gridworld(
    text: str | Sequence[str],
    *,
    moves: str | Mapping[str, tuple[int, int]] = "NESW",
    stay: bool = True,
    blocked: Literal["stay", "remove"] = "stay",
    slip: float = 0.0,
    bias: Mapping[str, float] | None = None,
    wrap: bool = False,
    glyphs: Mapping[str, str] | None = None,
    convention: Literal["frozen-lake", "minigrid", "pycolab"] | None = None,
    source: str = "map",
) -> RewardlessMDP:
    """Build the MDP of a text map.

    Parameters
    ----------
    text : str, or list of str
        The map, or its rows; glyphs and margins are described in `mdppower.envs.textmap`.
    moves : str or mapping from name to (rows down, columns right)
        Letters from "NESW", each at most once, optionally followed by "+diagonals" (NE, SE, SW, NW); or
        steps of your own, such as ``{"jump": (2, 1)}``.
    stay : bool
        Whether every cell has the action "stay". Exits and pits have it, and nothing else, in any case.
    blocked : {"stay", "remove"}
        Whether a blocked step leaves the agent where it is, or is not an action of that cell.
    slip : float
        Probability that an action drawn from the cell's own ones (uniformly, if there is no bias) happens
        in place of the intended one.
    bias : mapping from action name to amount, optional
        Parts of `slip` that go to these actions; see `mdppower.envs.slip`.
    wrap : bool
        Whether the map is a torus: its left edge joins its right, its top its bottom. The edges are those of
        the smallest rectangle that holds all that is drawn.
    glyphs : mapping from character to meaning, optional
        What glyphs mean in a map that is drawn otherwise: ``{"X": "wall", "S": "floor", "G": "exit", "H": "pit"}``.
        Meanings are "floor", "wall", "exit", "pit", "no cell", "start" (floor marked S), "mark" (floor marked with
        the letter itself), or a glyph of ours. Where a blank is a cell, lines must be equally long. Glyphs that are
        not named are ours, or those of `convention`.
    convention : {"frozen-lake", "minigrid", "pycolab"}, optional
        Whose glyphs the map has; see `mdppower.envs.conventions`.
    source : str
        What errors call the map.

    Returns
    -------
    RewardlessMDP
        States in row-major order, with their position as layout. ``marks`` holds the letters, "*" and "~".

    Raises
    ------
    MapError
        The text is not a map, a one-way cell points where no move goes, or a cell is left with no action.
    ParameterError
        An option is out of its range; a glyph is not one character, or its meaning none, or another one in
        `convention`.

    Warns
    -----
    MDPPowerWarning
        The map looks as if it were drawn in another convention: blanks inside it, a border of letters, letters
        everywhere, a mark that no cell is beside. The message says what to write instead, and which `glyphs` or
        `convention` may read it. Or `glyphs` has some that the map has not, or blanks outside of the walls are floor.

    See Also
    --------
    gridworld_from_file : The same from a file.
    mdppower.envs.make : Maps by name.

    Examples
    --------
    >>> mdp = gridworld('''
    ...     #####
    ...     #a.*#
    ...     #####''')
    >>> mdp
    RewardlessMDP(3 states, 11 pairs, up to 5 actions, deterministic, absorbing: (1, 3))
    >>> mdp.index("a"), mdp.states
    (0, ((1, 1), (1, 2), (1, 3)))
    >>> mdp.successors((1, 1), "E"), mdp.successors((1, 1), "W")
    ({(1, 2): 1.0}, {(1, 1): 1.0})
    >>> gridworld("..", blocked="remove").actions((0, 0))
    ('E', 'stay')
    >>> lake = gridworld(["SFFF", "FHFH", "FFFH", "HFFG"], convention="frozen-lake")
    >>> lake.states[lake.index("S")], lake.absorbing_states.tolist()
    ((0, 0), [5, 7, 11, 12, 15])
    """
    options = {"moves": moves, "stay": stay, "blocked": blocked, "slip": slip, "bias": bias, "wrap": wrap}
    told = legend(glyphs, convention)
    are_rows = isinstance(text, list | tuple)
    if are_rows and not (text and all(isinstance(row, str) for row in text)):
        raise ParameterError(f"a map is a text, or a list of its rows, got {quoted(text)}")
    drawn: Any = "\n".join(text) if are_rows else text
    return _build(drawn, told, source, from_file=are_rows, **options)


def gridworld_from_file(
    path: str | os.PathLike[str] | Traversable,
    *,
    moves: str | Mapping[str, tuple[int, int]] = "NESW",
    stay: bool = True,
    blocked: Literal["stay", "remove"] = "stay",
    slip: float = 0.0,
    bias: Mapping[str, float] | None = None,
    wrap: bool = False,
    glyphs: Mapping[str, str] | None = None,
    convention: Literal["frozen-lake", "minigrid", "pycolab"] | None = None,
    source: str | None = None,
) -> RewardlessMDP:
    """Build the MDP of a map file.

    Parameters
    ----------
    path : str, path or importlib.resources Traversable
        A UTF-8 text file.
    moves, stay, blocked, slip, bias, wrap, glyphs, convention
        As in `gridworld`.
    source : str, optional
        What errors call the file. Default: `path`.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    MapError
        The file cannot be read or is not UTF-8; or as in `gridworld`.
    SizeError
        The file, or its map, is too large.
    ParameterError
        An option is out of its range.

    Examples
    --------
    >>> gridworld_from_file("nowhere.txt")
    Traceback (most recent call last):
    mdppower.errors.MapError: nowhere.txt: cannot be read: No such file or directory
    """
    source = str(path) if source is None else source
    text = text_of_file(path, source=source)
    options = {"moves": moves, "stay": stay, "blocked": blocked, "slip": slip, "bias": bias, "wrap": wrap}
    return _build(text, legend(glyphs, convention), source, from_file=True, **options)


def text_of_file(path: str | os.PathLike[str] | Traversable, *, source: str) -> str:
    """The text of a map file; raises what `gridworld_from_file` does."""
    file: Any = Path(path) if isinstance(path, str | os.PathLike) else path
    if not callable(getattr(file, "open", None)):
        raise ParameterError(f"a path is needed, got {quoted(path)}")
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a path with a null byte is a ValueError
        raise MapError(f"cannot be read: {getattr(error, 'strerror', None) or error}", source) from error
    if len(data) > MOST_BYTES:
        raise SizeError(f"{source}: a file of more than {MOST_BYTES:,} bytes is larger than any map that is read")
    return decode(data, source=source)


def _build(
    text: str, told: Legend | None, source: str, *, from_file: bool,
    moves: Any, stay: Any, blocked: Any, slip: Any, bias: Any, wrap: Any,
) -> RewardlessMDP:  # fmt: skip
    if told is None:
        textmap = parse(text, source=source, from_file=from_file)
    else:
        textmap = read(text, told, source=source, from_file=from_file)
    steps = _steps(moves)
    _require_one_of("stay", stay, (True, False))
    _require_one_of("blocked", blocked, ("stay", "remove"))
    _require_one_of("wrap", wrap, (True, False))
    slip = check_slip(slip)
    _require_exits_of_one_way_cells(textmap, steps)

    strange = suspicions(textmap, steps.values(), wrap=wrap)
    if told is not None:
        strange += doubts(textmap, told, text, wrap=wrap)
    elif strange:
        strange.append(suggestion(textmap))
    if strange:
        warnings.warn(f"{source}: {'; '.join(strange)}", MDPPowerWarning, stacklevel=3)

    cells = np.argwhere(is_cell(textmap.glyphs)).astype(np.int32)
    targets = _targets(textmap.glyphs, cells, steps, stay=stay, blocked=blocked, wrap=wrap)
    actions = [*steps, "stay"]
    if not (targets[:, -1] >= 0).any():
        targets, actions = targets[:, :-1], actions[:-1]
    bias = check_bias(bias, slip, actions)

    available = targets >= 0
    stuck = np.flatnonzero(~available.any(axis=1))
    if len(stuck):
        raise textmap.error("no action is left in this cell; use stay=True", *cells[stuck[0]].tolist())
    owner, codes = np.nonzero(available)
    marks = _marks(textmap.glyphs[tuple(cells.T)])
    if slip == 0:
        rows = (np.ones(len(owner)), targets[available], np.arange(len(owner) + 1))
        kernel = sparse.csr_array(rows, shape=(len(owner), len(cells)))
    else:
        kernel = slippery_kernel(targets, slip, bias, actions)
    return RewardlessMDP.from_pairs(
        owner, kernel, states=cells, actions=actions, action_codes=codes, layout=cells, marks=marks
    )


def _targets(
    glyphs: AnyArray,
    cells: AnyArray,
    steps: Mapping[str, tuple[int, int]],
    *,
    stay: bool,
    blocked: str,
    wrap: bool,
) -> AnyArray:
    """(S, A) index of the cell that each action aims at, "stay" last; −1 where it does not exist."""
    height, width = glyphs.shape
    here = np.arange(len(cells), dtype=np.int32)
    number = np.full(glyphs.shape, -1, np.int32)
    number[tuple(cells.T)] = here
    kind = glyphs[tuple(cells.T)]
    absorbing = (kind == ord(EXIT)) | (kind == ord(PIT))

    targets = np.full((len(cells), len(steps) + 1), -1, np.int32)
    for code, step in enumerate(steps.values()):
        rows = _moved(cells[:, 0], step[0], height, wrap=wrap)
        columns = _moved(cells[:, 1], step[1], width, wrap=wrap)
        free = ~absorbing & (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        for glyph, direction in ONE_WAY.items():
            if step != direction:
                free &= kind != ord(glyph)
        targets[free, code] = number[rows[free], columns[free]]
        if blocked == "stay":
            targets[:, code] = np.where((targets[:, code] < 0) & ~absorbing, here, targets[:, code])
    targets[:, -1] = np.where(absorbing | stay, here, -1)
    return targets


def _moved(start: AnyArray, by: int, size: int, *, wrap: bool) -> AnyArray:
    """Coordinates after a step, along one axis of that size."""
    if wrap:
        return (start + by % size) % size
    return start + max(-size, min(by, size))  # outside is outside, and a huge step must not overflow


def _steps(moves: Any) -> dict[str, tuple[int, int]]:
    """Return the (row, column) displacement of each named move."""
    if isinstance(moves, str):
        match = re.fullmatch(r"([NESW]{1,4})(\+diagonals)?", moves)
        if not match or len(set(match[1])) < len(match[1]):
            raise ParameterError(
                f'moves must be distinct letters from "NESW", optionally with "+diagonals", got {quoted(moves)}'
            )
        return {name: COMPASS[name] for name in match[1]} | (DIAGONALS if match[2] else {})
    if not isinstance(moves, Mapping) or not moves:
        raise ParameterError(f"moves must be a str or a mapping of names to (rows, columns), got {quoted(moves)}")
    steps = {}
    for name, step in moves.items():
        if not isinstance(name, str) or name in ("", "stay"):
            raise ParameterError(f'a move needs a name other than "" and "stay", got {quoted(name)}')
        try:
            if any(isinstance(part, bool) for part in step):
                raise TypeError
            drow, dcolumn = map(operator.index, step)
        except (TypeError, ValueError):
            raise ParameterError(
                f"move {quoted(name)} must be two integers (rows, columns), not {quoted(step)}"
            ) from None
        if (drow, dcolumn) == (0, 0):
            raise ParameterError(f"move {quoted(name)} goes nowhere; use stay=True")
        steps[name] = (drow, dcolumn)
    return steps


def _require_one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if not any(value is a or (isinstance(a, str) and isinstance(value, str) and value == a) for a in allowed):
        raise ParameterError(f"{name} must be {' or '.join(map(repr, allowed))}, got {quoted(value)}")


def _require_exits_of_one_way_cells(textmap: TextMap, steps: Mapping[str, tuple[int, int]]) -> None:
    for glyph, direction in ONE_WAY.items():
        found = np.argwhere(textmap.glyphs == ord(glyph))
        if len(found) and direction not in steps.values():
            raise textmap.error(
                f"no move leads out of {quoted(glyph)}; moves are {', '.join(steps)}", *found[0].tolist()
            )


def _marks(glyphs: AnyArray) -> dict[str, list[int]]:
    """Group the cells that carry a mark, by glyph."""
    present = set(map(chr, np.unique(glyphs)))
    return {mark: np.flatnonzero(glyphs == ord(mark)).tolist() for mark in (*LETTERS, EXIT, PIT) if mark in present}

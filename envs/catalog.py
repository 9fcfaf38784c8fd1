"""Environments by name: the maps of this package, the paper's MDPs, and families such as ``fork(3)``.

A map file ``maps/<name>.txt`` is listed under its name, with its first comment as description; a new map is a
new file, no code.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

from mdppower.envs.generate import maze, open_room
from mdppower.envs.gridworld import gridworld, gridworld_from_file
from mdppower.envs.paper import cycle, figure_1, fork
from mdppower.envs.textmap import decode, describe
from mdppower.errors import LabelError, ParameterError
from mdppower.mdp import RewardlessMDP


@dataclass(frozen=True)
class Environment:
    """A named environment.

    Attributes
    ----------
    name : str
        What `make` takes.
    description : str
        One line.
    build : callable
        Makes the MDP; takes the options of `gridworld` if `is_map`, nothing otherwise.
    is_map : bool
        Whether it is a gridworld.
    """

    name: str
    description: str
    build: Callable[..., RewardlessMDP]
    is_map: bool


@dataclass(frozen=True)
class _Family:
    """Environments that differ by integers: ``name(parameter, …)``."""

    parameters: tuple[str, ...]
    example: tuple[int, ...]
    description: str
    build: Callable[..., RewardlessMDP]
    is_map: bool

    def member(self, name: str, arguments: tuple[int, ...]) -> Environment:
        full_name = f"{name}({','.join(map(str, arguments))})"
        if len(arguments) != len(self.parameters):
            form = f"{name}({','.join(self.parameters)})"
            raise ParameterError(f"{full_name} does not have the form {form}")
        return Environment(full_name, self.description, partial(self.build, *arguments), self.is_map)


def _open(rows: int, cols: int, **grid_options: Any) -> RewardlessMDP:
    return gridworld(open_room(rows, cols), source=f"open({rows},{cols})", **grid_options)


def _maze(rows: int, cols: int, seed: int, **grid_options: Any) -> RewardlessMDP:
    return gridworld(maze(rows, cols, rng=seed), source=f"maze({rows},{cols},{seed})", **grid_options)


def _large_maze(**grid_options: Any) -> RewardlessMDP:
    return gridworld(maze(41, 41, rng=0, braid=0.5), source="large-maze", **grid_options)


_FAMILIES = {
    "open": _Family(("rows", "cols"), (20, 20), "Floor without walls.", _open, True),
    "maze": _Family(("rows", "cols", "seed"), (101, 101, 0), "A perfect maze from a seed.", _maze, True),
    "fork": _Family(("k",), (3,), "A choice among k absorbing states: POWER k/(k+1).", fork, False),
    "cycle": _Family(("n",), (4,), "A ring of n states without choices: POWER 1/2.", cycle, False),
}


def catalog() -> dict[str, Environment]:
    """Every named environment; a family is listed with one example.

    Returns
    -------
    dict from name to Environment

    Examples
    --------
    >>> catalog()["four-rooms"].description
    'Four rooms joined by four hallways (Sutton, Precup and Singh, 1999).'
    >>> catalog()["fork(3)"].build().n_states
    4
    """
    listed = [*_maps(), *_SINGLE]
    listed += [family.member(name, family.example) for name, family in _FAMILIES.items()]
    return {environment.name: environment for environment in listed}


def make(name_or_path: str | os.PathLike[str], **grid_options: Any) -> RewardlessMDP:
    """Build the environment of that name, or of that map file.

    Parameters
    ----------
    name_or_path : str or path
        A name of `catalog`; a member of a family, such as ``"open(5,7)"``; or the path of a map file.
    **grid_options
        Options of `gridworld`, for maps.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    LabelError
        There is neither an environment nor a file of that name.
    ParameterError
        Grid options for what is not a map, or wrong arguments of a family.
    MapError
        As in `gridworld`.

    Examples
    --------
    >>> make("open(2,3)", blocked="remove")
    RewardlessMDP(6 states, 20 pairs, up to 4 actions, deterministic, no absorbing state)
    >>> make("nowhere.txt")
    Traceback (most recent call last):
    mdppower.errors.LabelError: there is no environment and no file 'nowhere.txt' (mdppower envs lists them)
    """
    named = _find(name_or_path) if isinstance(name_or_path, str) else None
    if named is None and isinstance(name_or_path, str) and not os.path.isfile(name_or_path):
        raise _unknown(name_or_path)
    if named is None:
        return gridworld_from_file(name_or_path, **grid_options)
    if grid_options and not named.is_map:
        raise ParameterError(f"{named.name} is not a map and takes no {', '.join(grid_options)}")
    return named.build(**grid_options)


_SINGLE = (
    Environment("large-maze", "A maze of 41 × 41 with half of its dead ends opened.", _large_maze, True),
    Environment("turner-figure-1", "Figure 1 of Turner et al. (arXiv 1912.01683).", figure_1, False),
)


def _maps() -> list[Environment]:
    """List the maps of this package, in the order of their names."""
    found = []
    for file in sorted(files("mdppower.envs").joinpath("maps").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".txt"):
            description = describe(decode(file.read_bytes(), source=file.name))
            build = partial(gridworld_from_file, file, source=file.name)
            found.append(Environment(file.name.removesuffix(".txt"), description, build, True))
    return found


def _find(name: str) -> Environment | None:
    """Look up an environment: listed, or a member of a family."""
    listed = catalog()
    if name in listed:
        return listed[name]
    call = re.fullmatch(r"(\w+)\(([\d\s,]*)\)", name, re.ASCII)
    if call and call[1] in _FAMILIES:
        arguments = [part.strip() for part in call[2].split(",")]
        if all(re.fullmatch(r"\d{1,9}", part) for part in arguments):
            return _FAMILIES[call[1]].member(call[1], tuple(map(int, arguments)))
    return None


def _unknown(name: str) -> LabelError:
    what = "environment and no file" if os.sep in name or name.endswith(".txt") else "environment"
    close = difflib.get_close_matches(name, catalog(), n=1)
    guess = f"; did you mean {close[0]!r}?" if close else ""
    return LabelError(f"there is no {what} {name!r}{guess} (mdppower envs lists them)")

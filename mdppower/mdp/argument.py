"""Is this an MDP? What is not is refused by name, with the call that makes an MDP of it."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._text import cut
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP

LONGEST = 60
"""Most letters of what was given that are shown."""


def check_mdp(given: Any, name: str = "mdp") -> RewardlessMDP:
    """The argument, if it is an MDP.

    Parameters
    ----------
    given : object
    name : str
        Of the argument.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    ParameterError
        It is none; for a name, a path, an environment, a graph, an array, a mapping or an estimate the message has
        what to write.

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.power("maze", 0.9)
    Traceback (most recent call last):
    mdppower.errors.ParameterError: mdp must be a RewardlessMDP, got 'maze': write mp.envs.make('maze')
    """
    if isinstance(given, RewardlessMDP):
        return given
    told, instead = _told(given)
    raise ParameterError(f"{name} must be a RewardlessMDP, got {told}" + (f": write {instead}" if instead else ""))


def _told(given: Any) -> tuple[str, str]:
    """What was given, in words, and what to write in its place; an empty text where that is not known.

    Libraries that need not be there are known by the names of their classes, so that none is loaded.
    """
    kinds = {kind.__name__ for kind in type(given).__mro__ if not kind.__module__.startswith("mdppower")}
    kind = type(given).__name__
    if given is RewardlessMDP:
        return "the class itself", "RewardlessMDP.from_arrays(…), or another of its constructors"
    if isinstance(given, str):
        shown = cut(repr(given), LONGEST)
        if "\n" in given.strip():
            return f"a text of {given.strip().count(chr(10)) + 1} lines", "mp.envs.gridworld(text)"
        return shown, f"mp.envs.make({shown})"
    if isinstance(given, PathLike):
        return f"a path, {cut(str(given), LONGEST)!r}", "mp.envs.make(path)"
    if isinstance(getattr(given, "mdp", None), RewardlessMDP):
        return f"a {kind}", "its .mdp"
    if {"Env", "Wrapper"} & kinds:
        return f"an environment, {cut(str(given), LONGEST)}", "mp.from_gymnasium(env)"
    if "Graph" in kinds:
        return f"a {kind}", "RewardlessMDP.from_graph(graph)"
    if isinstance(given, np.ndarray):
        return f"an array of shape {given.shape}", "RewardlessMDP.from_arrays(array)"
    if sparse.issparse(given):
        return f"a {kind}", "RewardlessMDP.from_pairs(states, array)"
    if isinstance(given, Mapping):
        return f"a {kind}", "RewardlessMDP.from_successors(mapping)"
    return cut(repr(given), LONGEST), ""

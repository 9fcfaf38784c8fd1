"""Where episodes begin: what an environment says of it, and what the user says."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._typing import AnyArray, BoolArray
from mdppower.adapters.gymnasium_calls import reset_environment
from mdppower.adapters.gymnasium_table import Table, attribute
from mdppower.errors import ModelError, ParameterError
from mdppower.mdp.canonical import numbers, plain_label


def initial(base: Any) -> tuple[str, Any]:
    """The initial distribution of an unwrapped environment and its name; None where it does not say."""
    for name in ("initial_state_distrib", "isd"):
        given = attribute(base, name)
        if given is not None:
            return name, given
    return "", None


def chances(base: Any) -> tuple[str, AnyArray | None]:
    """The same, as probabilities.

    Raises
    ------
    ModelError
        They are none.
    """
    name, given = initial(base)
    if given is None:
        return "", None
    found = numbers(given, name)
    if found.ndim != 1 or not (found >= 0).all() or not found.any():
        raise ModelError(f"{name} is not a list of probabilities: {quoted(given)}")
    return name, found


def reset_to(env: Any, name: str, size: int, start: int, seed: int) -> tuple[Any, Any]:
    """Observation and info of a reset with all probability on one start; the distribution is then as before.

    Raises
    ------
    ModelError
        The distribution of that name, of `size` states, cannot be set; the reset fails.
    """
    base = env.unwrapped
    before = getattr(base, name)
    try:
        setattr(base, name, np.eye(1, size, start)[0])
    except AttributeError:
        raise ModelError(f"{name} cannot be set, so that its starts cannot be told apart") from None
    result = reset_environment(env, seed)
    setattr(base, name, before)
    return result


def table_starts(base: Any, n_states: int) -> BoolArray:
    """(S,) whether an episode can start there; nowhere, if the environment does not say."""
    name, given = initial(base)
    if given is None:
        return np.zeros(n_states, bool)
    found = numbers(given, name)
    if found.shape != (n_states,):
        raise ModelError(f"{name} must have one number a state ({n_states}), got {found.shape}")
    if not (found >= 0).all():
        raise ModelError(f"{name} has {found[~(found >= 0)][0]} among its probabilities")
    positive: BoolArray = found > 0
    return positive


def given_starts(starts: Any, table: Table) -> BoolArray:
    """(S,) whether it is one of the states that the user names, by key of P or by label."""
    several = isinstance(starts, list | range | Set) or (isinstance(starts, np.ndarray) and starts.ndim > 0)
    listed = starts if several else [starts[()] if isinstance(starts, np.ndarray) else starts]
    where = [{key: i for i, key in enumerate(names)} for names in (table.keys, table.states)]
    begin = np.zeros(len(table.states), bool)
    for start in listed:
        try:
            label = plain_label(start)
            begin[next(index[label] for index in where if label in index)] = True
        except (ModelError, StopIteration):
            raise ParameterError(f"starts must be states, keys of P or labels; {quoted(start)} is none") from None
    if not begin.any():
        raise ParameterError(f"starts must name one state or more, got {quoted(starts)}")
    return begin

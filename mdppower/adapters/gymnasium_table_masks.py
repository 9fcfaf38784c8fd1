"""Masks of an environment with a table: each state of P is asked for its mask, and masked pairs do not exist.

A mask is asked for where the environment is. So a copy of it is put into one state after the other: by a method that
takes the state, such as Taxi's ``action_mask``; by the attribute that holds its state; or by a reset with all
probability on it. Whether that is the mask which steps lead to is compared in a walk through the environment itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import shorten
from mdppower._typing import AnyArray, BoolArray
from mdppower.adapters.gymnasium_calls import five_values, reset_environment, told_error
from mdppower.adapters.gymnasium_check import observed_state
from mdppower.adapters.gymnasium_copies import Copier, globals_kept, seed_globals
from mdppower.adapters.gymnasium_keys import share_of
from mdppower.adapters.gymnasium_masks import METHODS, Masks, as_mask, required_arguments
from mdppower.adapters.gymnasium_probe import attributes
from mdppower.adapters.gymnasium_spaces import as_label, exact_key, listed_actions
from mdppower.adapters.gymnasium_starts import chances, reset_to
from mdppower.adapters.gymnasium_table import Table
from mdppower.adapters.gymnasium_termination import live_states
from mdppower.errors import ModelError

LOOKS = 300
"""Steps of the walk in which masks are compared."""

USUAL = ("s", "state", "_state")
"""Attributes that hold a state, where several could."""

BY_STEPS = "method='steps' asks it as it walks, where nothing is random"


def masked_table(base: Any, table: Table, mask: Any, begin: BoolArray, goes_on: bool) -> tuple[Table, str]:
    """The table without the pairs that are masked.

    Parameters
    ----------
    base : gymnasium.Env
        Unwrapped; it is left as it is.
    table : Table
    mask : callable or True
        Of the environment, 0 or 1 for each action; True: what the environment itself says.
    begin : (S,) array
        Whether episodes begin there.
    goes_on : bool
        Whether the ends of episodes are ignored. Else nobody acts where they ended, and all actions stay there.

    Returns
    -------
    table : Table
    source : str
        Where masks came from, in words.

    Raises
    ------
    ModelError
        It cannot be asked, and why; a mask is none, or leaves a state without action.
    """
    with globals_kept():
        walker = Copier(share_of(base)).copy(base, 0)
        actions, _ = listed_actions(base)
        codes = _places(table, actions)
        ask, source = _asked(walker, table, mask)
        allowed = np.empty((len(table.keys), len(actions)), bool)
        for i, state in enumerate(table.states):
            try:
                allowed[i] = as_mask(ask(i), len(actions), source)
            except ModelError as error:
                raise ModelError(f"state {quoted(state)}: {error}") from error.__cause__
            except Exception as error:  # code of others may raise anything
                what = told_error(error)
                raise ModelError(f"state {quoted(state)}: the mask raised {what}; {BY_STEPS}") from error
        kept = allowed[table.owner, codes]
        _compare(walker, table, mask, allowed, kept, source)
    empty = np.ones(len(table.keys), bool)
    empty[table.owner[kept]] = False
    made = _only(table, kept | empty[table.owner])
    ended = np.zeros(len(empty), bool) if goes_on else ~live_states(made, begin)
    if (empty & ~ended).any():
        state = table.states[int(np.flatnonzero(empty & ~ended)[0])]
        raise ModelError(f"state {quoted(state)}: {source} leaves no action of P")
    return _only(table, kept | ended[table.owner]), source


def _only(table: Table, kept: BoolArray) -> Table:
    """The table with some of its pairs."""
    place, entries = np.cumsum(kept) - 1, kept[table.pair]
    return replace(
        table, owner=table.owner[kept], codes=table.codes[kept], pair=place[table.pair[entries]],
        target=table.target[entries], probability=table.probability[entries], flag=table.flag[entries],
        reward=table.reward[entries],
    )  # fmt: skip


# ---------------------------------------------------------------------- asking


def _asked(walker: Any, table: Table, mask: Any) -> tuple[Callable[[int], Any], str]:
    """What gives the mask of a state by its number, and where that comes from."""
    if callable(mask):
        return _put(walker, table, "mask=", mask), "mask="
    needs = {name: required_arguments(getattr(walker, name)) for name in METHODS if hasattr(walker, name)}
    one = next((name for name, many in needs.items() if many == 1), None)
    if one is not None:
        return lambda i: getattr(walker, one)(table.keys[i]), f"{one}(state)"
    alone = next((name for name, many in needs.items() if many == 0), None)
    if alone is not None:
        return _put(walker, table, f"{alone}()", lambda env: getattr(env, alone)()), f"{alone}()"
    observation, info = reset_environment(walker, 0)
    source = Masks(walker, True, observation, info, 1).source  # a ModelError where there is none
    name, given = chances(walker)
    if given is None or len(given) != len(table.keys):
        raise ModelError(
            f"{source} is given by reset and step alone, and no initial_state_distrib puts it into a state of P: "
            f"{BY_STEPS}; or give mask="
        )

    def ask(i: int) -> Any:
        observation, info = reset_to(walker, name, len(given), i, 0)
        if observed_state(observation, index) != i:
            raise ModelError(f"a reset with all of {name} on it led elsewhere: {source} cannot be asked; {BY_STEPS}")
        told = info if source.startswith("info") else observation
        return told["action_mask"]

    index = {key: i for i, key in enumerate(table.keys)}
    return ask, source


def _put(walker: Any, table: Table, source: str, mask: Callable[[Any], Any]) -> Callable[[int], Any]:
    """Asks an environment whose attribute is set to the state."""
    name = _state_attribute(walker, table, source)

    def ask(i: int) -> Any:
        setattr(walker, name, table.keys[i])
        return mask(walker)

    return ask


def _state_attribute(walker: Any, table: Table, source: str) -> str:
    """The attribute that is the state which is observed, in a walk."""
    index = {key: i for i, key in enumerate(table.keys)}
    known: list[str] | None = None
    for observation, _, _ in _walk(walker, table, None, 24):
        key = table.keys[observed_state(observation, index)]
        held = vars(walker) if known is None else known
        known = [name for name in held if _holds(vars(walker).get(name), key)]
    known = known or []
    usual = [name for name in USUAL if name in known]
    if len(known) > 1 and not usual:
        raise ModelError(f"{source} cannot be asked of a state: each of {shorten(known)} may hold it; {BY_STEPS}")
    if not known:
        raise ModelError(f"{source} cannot be asked of a state: no attribute holds what is observed; {BY_STEPS}")
    return (usual or known)[0]


def _holds(value: Any, key: Any) -> bool:
    try:
        return bool(exact_key(value) == key)
    except ModelError:
        return False


def _walk(walker: Any, table: Table, allowed: BoolArray | None, steps: int) -> Any:
    """(observation, info, environment) along random steps of P's actions, in episodes."""
    rng, index = np.random.default_rng(0), {key: i for i, key in enumerate(table.keys)}
    kept = np.ones(len(table.owner), bool) if allowed is None else allowed
    seed_globals(0)
    observation, info = reset_environment(walker, 0)
    yield observation, info, walker
    for _ in range(steps):
        here = observed_state(observation, index)
        codes = table.codes[(table.owner == here) & kept]
        ended = not len(codes)
        if not ended:
            move = table.moves[rng.choice(codes)]
            try:
                observation, _, terminated, truncated, info = five_values(walker, move)
            except Exception as error:  # a step may raise anything
                if allowed is None:  # this one may be masked
                    observation, info = reset_environment(walker, None)
                    continue
                what = told_error(error)
                where = f"state {quoted(table.states[here])}, action {quoted(move)}"
                raise ModelError(f"{where}: step failed: {what}") from error
            ended = terminated or truncated
        if ended:
            observation, info = reset_environment(walker, None)
        yield observation, info, walker


def _compare(walker: Any, table: Table, mask: Any, allowed: BoolArray, kept: BoolArray, source: str) -> None:
    """A ModelError where the mask that steps lead to is another than that of the state that was set."""
    index = {key: i for i, key in enumerate(table.keys)}
    masks: Masks | None = None
    before = attributes(walker)
    for observation, info, env in _walk(walker, table, kept, LOOKS):
        if masks is None:
            try:
                masks = Masks(env, mask, observation, info, allowed.shape[1])
            except ModelError:  # a method that takes a state, and nothing else to compare it with
                return
        here = observed_state(observation, index)
        found = masks.of(env, observation, info)
        if not np.array_equal(found, allowed[here]):
            other = [name for (_, name), held in attributes(env).items() if before.get((0, name)) != held]
            raise ModelError(
                f"state {quoted(table.states[here])}: {source} is {_told(allowed[here])} where that state is set, "
                f"and {_told(found)} where steps led to it: it looks at more than the state (changed were "
                f"{shorten(other)}); {BY_STEPS}"
            )


def _places(table: Table, actions: list[Any]) -> AnyArray:
    """The entry of masks that is about each pair."""
    place = {as_label(exact_key(action)): k for k, action in enumerate(actions)}
    strange = [move for move in table.moves if move not in place]
    if strange:
        raise ModelError(f"P has the action {quoted(strange[0])}, for which a mask has no entry")
    return np.array([place[move] for move in table.moves])[table.codes]


def _told(mask: BoolArray) -> str:
    return str(mask.astype(int).tolist())

"""Rewards as users give them to `optimal_values`, as rows: of states, or of state-action pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower.errors import LabelError, ModelError, RewardError
from mdppower.mdp.canonical import numbers
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import GivenRewards

ON = ("states", "pairs")


def reward_rows(mdp: RewardlessMDP, rewards: Any, on: str | None, *, alike: bool = True) -> tuple[FloatArray, str]:
    """(N, S) or (N, P) finite numbers, and whether "states" or "pairs" earn them.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : array, mapping or GivenRewards
        As for `optimal_values`.
    on : {"states", "pairs"} or None
        None: what fits. Where there are as many pairs as states, each state has one, in the same place.
    alike : bool
        Whether both readings are then one question with one answer, which counts as of the states: at a discount
        rate. A horizon counts s_1 … s_H, but pairs from step 0, and has to be told which.

    Raises
    ------
    RewardError, LabelError, ParameterError
        As `optimal_values`.

    Examples
    --------
    A reward of 8 for coming to b counts half where that happens half the time.

    >>> mdp = RewardlessMDP.from_successors({"a": {"x": {"a": 0.5, "b": 0.5}, "y": "a"}, "b": {"z": "b"}})
    >>> reward_rows(mdp, {("a", "x", "b"): 8, ("a", "y"): 1, "default": 0}, None)
    (array([[4., 1., 0.]]), 'pairs')
    """
    if on is not None:
        choice(on, "on", ON)
    if isinstance(rewards, GivenRewards):
        if on == "states":
            raise RewardError("the reward of an environment is about state-action pairs: on='pairs'")
        if rewards.mdp is not mdp and not rewards.mdp.equals(mdp):
            raise RewardError("this reward was given with another MDP")
        return rewards.expected[None].copy(), "pairs"
    if isinstance(rewards, Mapping):
        if on == "states":
            raise RewardError("a mapping of rewards is about state-action pairs: on='pairs'")
        return _from_mapping(mdp, rewards)[None], "pairs"
    if hasattr(rewards, "bind") or isinstance(rewards, str):
        told = quoted(rewards) if isinstance(rewards, str) else type(rewards).__name__
        raise RewardError(f"rewards are numbers here, got {told}, which power and others draw from")
    try:
        rows: Any = np.array(numbers(rewards, "rewards"), order="C", ndmin=2)
    except ModelError as error:
        raise RewardError(str(error)) from None
    sizes = {"states": mdp.n_states, "pairs": mdp.n_pairs}
    fits = [name for name in ([on] if on else ON) if rows.ndim == 2 and rows.shape[1] == sizes[name]]
    if not fits:
        raise RewardError(_misfit(mdp, np.shape(rewards), on))
    if len(fits) > 1 and not alike:
        raise RewardError(
            f"rewards of shape {np.shape(rewards)} fit states and pairs, and a horizon counts s_1 … s_H, but pairs "
            "from step 0: say on='states' or on='pairs'"
        )
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        i, k = bad[0].tolist()
        if fits == ["states"]:
            raise RewardError(f"reward of draw {i} in state {mdp.states[k]!r} is {rows[i, k]}")
        raise RewardError(f"reward of draw {i} for pair {mdp.pair_label(k)!r} is {rows[i, k]}")
    return np.asarray(rows, dtype=np.float64), fits[0]


def _misfit(mdp: RewardlessMDP, shape: tuple[int, ...], on: str | None) -> str:
    states, pairs = f"(N, {mdp.n_states}), one number a state", f"(N, {mdp.n_pairs}), one a state-action pair"
    match on:
        case "states":
            return f"rewards must have shape {states}; got {shape}"
        case "pairs":
            dense = shape in ((mdp.n_states, mdp.n_actions), (mdp.n_actions, mdp.n_states))
            hint = "; of an (S, A) table R, take R[mdp.pair_states, mdp.action_codes]" if dense else ""
            return f"rewards on pairs must have shape {pairs} (mdp.n_pairs), got {shape}{hint}"
    return f"rewards must have shape {states}, or {pairs}; got {shape}"


def _from_mapping(mdp: RewardlessMDP, given: Mapping[Any, Any]) -> FloatArray:
    """(P,) what pairs earn: {(state, action): number, (state, action, successor): number, "default": number}."""
    kernel = mdp.kernel
    default = np.nan
    own = np.full(mdp.n_pairs, np.nan)
    each = np.full(kernel.nnz, np.nan)
    for key, value in given.items():
        if isinstance(key, str) and key == "default":
            default = _number(value, key)
            continue
        if not isinstance(key, tuple) or len(key) not in (2, 3):
            raise RewardError(
                f"rewards are of (state, action) or (state, action, successor), or 'default'; got {quoted(key)}"
            )
        try:
            pair = mdp.pair(key[0], key[1])
            if len(key) == 2:
                own[pair] = _number(value, key)
                continue
            successor = mdp.index(key[2])
        except LabelError as error:
            raise LabelError(f"rewards name {quoted(key)}: {error}") from None
        first, last = kernel.indptr[pair : pair + 2]
        place = first + int(np.searchsorted(kernel.indices[first:last], successor))
        if place == last or kernel.indices[place] != successor:
            raise RewardError(f"rewards name {quoted(key)}, a transition that never happens")
        each[place] = _number(value, key)
    source = np.repeat(np.arange(mdp.n_pairs), np.diff(kernel.indptr))
    # Of a transition its own number counts, else its pair's, else the default.
    general = np.where(np.isnan(own), default, own)
    told = np.where(np.isnan(each), general[source], each)
    if np.isnan(told).any():
        k = int(np.flatnonzero(np.isnan(told))[0])
        state, action = mdp.pair_label(int(source[k]))
        whole = np.isnan(each[source == source[k]]).all()
        missing = (state, action) if whole else (state, action, mdp.states[kernel.indices[k]])
        raise RewardError(f"rewards have no number for {quoted(missing)}, and no 'default'")
    # A pair whose transitions earn alike earns that, to the bit.
    mixed = np.bincount(source, kernel.data * (told - told[kernel.indptr[:-1]][source]), mdp.n_pairs)
    return np.asarray(told[kernel.indptr[:-1]] + mixed)


def _number(value: Any, key: Any) -> float:
    try:
        found = float(numbers(value, "reward"))
    except (ModelError, TypeError):
        raise RewardError(f"the reward of {quoted(key)} must be a number, got {quoted(value)}") from None
    if not np.isfinite(found):
        raise RewardError(f"the reward of {quoted(key)} is {found}")
    return found

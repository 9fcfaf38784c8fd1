"""Policies as (S, A) tables: the probability of each action in each state, A in the order of ``mdp.action_names``.

Inside, a policy is what the feasible pairs are taken with, (P,), or an action a state; a table is what people and
other tools hand around. Where a state lacks an action, the table has 0 there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP

ROW_SUM_TOLERANCE = 1e-9
"""As for the rows of an MDP: probabilities that sum to 1 within this (or rounding, in float32) are rescaled."""
CELLS = 2**27
"""Most numbers in a table: 1 GiB."""


def table_of(mdp: RewardlessMDP, weights: AnyArray) -> FloatArray:
    """The table of the pairs' probabilities; a state of which nothing is said takes all its actions alike.

    Parameters
    ----------
    mdp : RewardlessMDP
    weights : (P,) array
        The probability of each pair, given its state; all 0 where nothing is said.

    Returns
    -------
    (S, A) array

    Raises
    ------
    SizeError
        It would take more than 1 GiB.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> fork.action_names
    ('->t1', '->t2')
    >>> table_of(fork, np.array([0.25, 0.75, 1.0, 1.0]))
    array([[0.25, 0.75],
           [1.  , 0.  ],
           [0.  , 1.  ]])
    """
    shape = (mdp.n_states, len(mdp.action_names))
    if shape[0] * shape[1] > CELLS:
        raise SizeError(f"a table of {shape[0]:,} states × {shape[1]:,} actions takes more than 1 GiB")
    owner = mdp.pair_states
    silent = np.add.reduceat(weights, mdp.pointer[:-1])[owner] == 0
    table = np.zeros(shape)
    table[owner, mdp.action_codes] = np.where(silent, 1 / np.diff(mdp.pointer)[owner], weights)
    return table


def table_of_actions(mdp: RewardlessMDP, actions: AnyArray) -> FloatArray:
    """The table of a policy that takes one action a state.

    Parameters
    ----------
    mdp : RewardlessMDP
    actions : (S,) array of int
        Positions in ``mdp.action_names``.

    Returns
    -------
    (S, A) array
    """
    return table_of(mdp, (mdp.action_codes == actions[mdp.pair_states]).astype(np.float64))


def weights_of(mdp: RewardlessMDP, table: Any, name: str = "policy") -> FloatArray:
    """The probabilities of the pairs that a table has, checked; rows are rescaled to sum to 1.

    Parameters
    ----------
    mdp : RewardlessMDP
    table : (S, A) array
    name : str
        What errors call it.

    Returns
    -------
    (P,) array

    Raises
    ------
    ParameterError
        Another shape; a probability that is negative, not finite, or of an action that the state lacks; a row that
        does not sum to 1 within 1e-9.

    Examples
    --------
    >>> import mdppower as mp
    >>> weights_of(mp.envs.fork(2), [[0.25, 0.75], [1, 0], [0.5, 0.5]])
    Traceback (most recent call last):
    mdppower.errors.ParameterError: policy has probability 0.5 for action '->t1' in state 't2', which lacks it
    """
    require_plain(table, name)
    given = np.asarray(table)
    shape = (mdp.n_states, len(mdp.action_names))
    if given.shape != shape or given.dtype.kind not in "iuf":
        raise ParameterError(
            f"{name}: a table has {shape[0]} states × {shape[1]} actions, in the order of mdp.states and "
            f"mdp.action_names; got {given.dtype} of shape {given.shape}"
        )
    tolerance = ROW_SUM_TOLERANCE
    if given.dtype.kind == "f":
        tolerance = max(tolerance, 8 * float(np.finfo(given.dtype).eps))
    shares = given.astype(np.float64)
    there = np.zeros(shape, bool)
    there[mdp.pair_states, mdp.action_codes] = True
    wrong = np.argwhere(~(shares >= 0) | np.isinf(shares) | (~there & (shares != 0)))
    if len(wrong):
        s, a = wrong[0].tolist()
        lacks = "" if there[s, a] else ", which lacks it"
        action, state = mdp.action_names[a], mdp.states[s]
        raise ParameterError(
            f"{name} has probability {shares[s, a]:.12g} for action {action!r} in state {state!r}{lacks}"
        )
    sums = shares.sum(axis=1)
    if (apart := np.abs(sums - 1)).max() > tolerance:
        s = int((apart > tolerance).argmax())
        raise ParameterError(f"{name}: the probabilities of state {mdp.states[s]!r} sum to {sums[s]:.12g}, not 1")
    return np.asarray(shares[mdp.pair_states, mdp.action_codes] / sums[mdp.pair_states])


def require_plain(table: Any, name: str = "policy") -> None:
    """Raise ParameterError for what is more than an array, and would be read as one: by position, masks unseen."""
    if isinstance(table, np.ma.MaskedArray):
        raise ParameterError(f"{name} is a masked array; give .filled(0) if what is masked is what states lack")
    if hasattr(table, "to_numpy"):
        raise ParameterError(
            f"{name} is a {type(table).__name__}, whose labels are not looked at: give .to_numpy(), in the order "
            "of mdp.states and mdp.action_names"
        )

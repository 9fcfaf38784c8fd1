"""Slip and bias: an intended action that is sometimes replaced by another.

With probability `slip` another draw decides which of the cell's own actions happens instead (the intended one
may be drawn, too). With n(d) the probability that action d is drawn so,

    T(· | c, a) = (1 − slip) [· = target(c, a)]  +  Σ_d n(d) [· = target(c, d)],      Σ_d n(d) = slip.

Without bias n is uniform: slip / K, for a cell with K actions. A bias gives some actions their n; this is the
noise of POWERplay (gladstoneai/POWERplay, ``src/mdp.py``):

1. b~ is the bias of the actions that the cell has. What the bias gave to actions that it lacks goes to
   "stay", on top of stay's own bias; "stay" then counts as biased.
2. Each action without bias gets an equal part of what is left, slip − Σ b~.

Two cases in which POWERplay divides by zero or has no answer are settled here: if every action of the cell is
biased, all K share what is left equally; if the cell has no "stay", all K share equally what step 1 would
have given to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import ParameterError

_CHUNK_ENTRIES = 2**20
"""Weights held dense at a time, so that memory stays near that of the kernel."""


def check_slip(slip: Any) -> float:
    """Return the slip as a float in [0, 1], or a ParameterError."""
    if not isinstance(slip, Real) or isinstance(slip, bool) or not bool(0 <= slip <= 1):  # type: ignore[operator]
        raise ParameterError(f"slip must be a probability in [0, 1], got {quoted(slip)}")
    return float(slip)


def check_bias(bias: Mapping[str, float] | None, slip: float, actions: Sequence[str]) -> dict[str, float]:
    """Return the bias as a dict from action to amount, or a ParameterError."""
    if not isinstance(bias, Mapping | None):
        raise ParameterError(f"bias must map action names to amounts, got {quoted(bias)}")
    amounts = dict(bias or {})
    for action, amount in amounts.items():
        if action not in actions:
            raise ParameterError(f"bias names {quoted(action)}; the actions are {', '.join(actions)}")
        if not isinstance(amount, Real) or isinstance(amount, bool) or not 0 <= amount <= 1e300:
            raise ParameterError(f"bias of {quoted(action)} must be a number ≥ 0, got {quoted(amount)}")
        amounts[action] = float(amount)
    total = math.fsum(amounts.values())
    if total > slip + np.finfo(float).eps * len(amounts):  # .1 + .2 may be all of .3
        raise ParameterError(f"bias sums to {total:.12g}, more than slip = {slip:.12g}")
    return amounts


def noise(available: BoolArray, slip: float, bias: Mapping[str, float], actions: Sequence[str]) -> FloatArray:
    """n(d): the probability, in each cell, that slip makes action d happen.

    Parameters
    ----------
    available : (S, A) boolean array
        Which actions each cell has; at least one.
    slip : float
    bias : mapping from action to amount
    actions : sequence of A action names

    Returns
    -------
    (S, A) array
        Rows sum to `slip`; 0 where not available.

    Examples
    --------
    A corner that has east, south and stay, of all five actions:

    >>> corner, actions = np.array([[False, True, True, False, True]]), ["N", "E", "S", "W", "stay"]
    >>> noise(corner, 0.3, {}, actions).round(3)
    array([[0. , 0.1, 0.1, 0. , 0.1]])
    >>> noise(corner, 0.3, {"W": 0.2}, actions).round(3)
    array([[0.  , 0.05, 0.05, 0.  , 0.2 ]])
    """
    amounts = np.array([bias.get(a, 0.0) for a in actions])
    named = np.array([a in bias for a in actions])
    biased = available & named
    share = np.where(biased, amounts, 0.0)

    homeless = (~available & named) @ amounts
    if "stay" in actions:
        stay = actions.index("stay")
        to_stay = available[:, stay] & (~available & named).any(axis=1)
        biased[:, stay] |= to_stay
        share[:, stay] += np.where(to_stay, homeless, 0.0)
        homeless = np.where(available[:, stay], 0.0, homeless)

    left = np.maximum(slip - share.sum(axis=1) - homeless, 0.0)
    unbiased = available & ~biased
    takers = np.where(unbiased.any(axis=1, keepdims=True), unbiased, available)
    return share + _equal_parts(left, takers) + _equal_parts(homeless, available)


def slippery_kernel(
    targets: AnyArray, slip: float, bias: Mapping[str, float], actions: Sequence[str]
) -> sparse.csr_array:
    """Build the kernel T from the cell that each action aims at.

    Parameters
    ----------
    targets : (S, A) array of int
        The cell to which each action leads when nothing slips; −1 where the cell has no such action.
    slip : float
    bias : mapping from action to amount
    actions : sequence of A action names

    Returns
    -------
    (P, S) scipy.sparse.csr_array
        Rows in the order of the available pairs, by cell and then by action.
    """
    n_cells, n_actions = targets.shape
    step = max(1, _CHUNK_ENTRIES // n_actions**2)
    chunks = [targets[first : first + step] for first in range(0, n_cells, step)]
    blocks = [_chunk_kernel(chunk, n_cells, slip, bias, actions) for chunk in chunks]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _chunk_kernel(
    targets: AnyArray, n_cells: int, slip: float, bias: Mapping[str, float], actions: Sequence[str]
) -> sparse.csr_array:
    """Build the rows of some cells."""
    available = targets >= 0
    intended = (1 - slip) * np.eye(targets.shape[1])
    weights = noise(available, slip, bias, actions)[:, None, :] + intended  # cell × intended × happening
    possible = available[:, :, None] & available[:, None, :]
    successors = np.broadcast_to(targets[:, None, :], possible.shape)[possible]
    n_available = available.sum(axis=1)
    ends = np.concatenate([[0], np.cumsum(np.repeat(n_available, n_available))])
    rows = sparse.csr_array((weights[possible], successors, ends), shape=(len(ends) - 1, n_cells))
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


def _equal_parts(amount: FloatArray, takers: BoolArray) -> FloatArray:
    """`amount` of each row, shared equally by the takers of that row."""
    parts: FloatArray = takers * (amount / takers.sum(axis=1))[:, None]
    return parts

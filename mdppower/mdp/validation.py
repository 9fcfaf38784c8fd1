"""What makes arrays in canonical form an MDP; the first state or pair that is not part of one is named.

Every state has an action, no action is given twice, and each row of the kernel is a distribution. A row that misses 1
by more than rounding would make every certificate near γ = 1 a lie: within `ROW_SUM_TOLERANCE` it is rescaled, and a
warning says so; beyond, it is refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from mdppower._text import count
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.errors import MDPPowerWarning, ModelError
from mdppower.mdp.canonical import row_sums

ROW_SUM_TOLERANCE = 1e-9
"""A row may miss 1 by this much."""


class Parts(NamedTuple):
    """What an MDP is put together from: sorted pairs, and how to name them."""

    kernel: sparse.csr_array
    pointer: IntArray
    owner: IntArray
    codes: IntArray
    state: Callable[[int], Label]
    actions: Sequence[Label]

    def name(self, pair: int) -> str:
        """State and action of a pair, for messages."""
        return f"state {self.state(self.owner[pair])!r}, action {self.actions[self.codes[pair]]!r}"


def require_mdp(parts: Parts) -> None:
    """Raise ModelError where the parts are no MDP; rescale rows that miss 1 by a little, in place, with a warning."""
    rows = parts.kernel
    empty = np.flatnonzero(np.diff(parts.pointer) == 0)
    if len(empty):
        raise ModelError(f"state {parts.state(empty[0])!r} has no action")
    twice = np.flatnonzero((np.diff(parts.owner) == 0) & (np.diff(parts.codes) == 0))
    if len(twice):
        raise ModelError(f"{parts.name(twice[0])}: the action is given twice")
    bad = np.flatnonzero(~(np.isfinite(rows.data) & (rows.data >= 0)))
    if len(bad):
        p = int(np.searchsorted(rows.indptr, bad[0], side="right")) - 1
        successor, value = parts.state(rows.indices[bad[0]]), float(rows.data[bad[0]])
        raise ModelError(f"{parts.name(p)}: probability of successor {successor!r} is {value}")
    sums = row_sums(rows)
    worst = np.flatnonzero(abs(sums - 1) > ROW_SUM_TOLERANCE)
    if len(worst):
        p = worst[0]
        hint = "; if the action is not available there, say so with feasible=" if sums[p] == 0 else ""
        raise ModelError(f"{parts.name(p)}: probabilities sum to {sums[p]:.12g}, not 1{hint}")
    _rescale(parts, sums)


def _rescale(parts: Parts, sums: FloatArray) -> None:
    rows = parts.kernel
    off = np.flatnonzero(abs(sums - 1) > 8 * np.finfo(float).eps * np.diff(rows.indptr))
    if len(off) == 0:
        return
    p = off[np.argmax(abs(sums[off] - 1))]
    warnings.warn(
        f"{count(len(off), 'row')} sum{'s' if len(off) == 1 else ''} to 1 only within {abs(sums[p] - 1):.1e}; "
        f"rescaled; the worst is {parts.name(p)}",
        MDPPowerWarning,
        stacklevel=5,
    )
    scale = np.ones(len(sums))
    scale[off] = sums[off]
    rows.data /= np.repeat(scale, np.diff(rows.indptr))

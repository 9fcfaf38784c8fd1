"""What makes arrays in canonical form an MDP; the first state or pair that is not part of one is named.

Every state has an action, no action is given twice, and each row of the kernel is a distribution. A row that misses 1
by more than rounding would make every certificate near γ = 1 a lie: within `ROW_SUM_TOLERANCE`, or within what the
rounding of a coarser type such as float32 does, it is rescaled, and a warning says so; beyond, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._text import count
from mdppower._typing import FloatArray, IntArray, Label
from mdppower._warn import warn
from mdppower.errors import ModelError
from mdppower.mdp.canonical import FLOAT64_EPS, row_sums

ROW_SUM_TOLERANCE = 1e-9
"""A row may miss 1 by this much."""

ROUNDINGS = 4
"""A row of n numbers may miss 1 by (this + √n) eps of a coarser type than float64.

Each number was rounded, and so was each step of the sum that it was divided by: half an eps or less each time, in
either direction, so that n steps add up like √n.
"""


class Parts(NamedTuple):
    """What an MDP is put together from: sorted pairs, and how to name them."""

    kernel: sparse.csr_array
    pointer: IntArray
    owner: IntArray
    codes: IntArray
    state: Callable[[int], Label]
    actions: Sequence[Label]
    eps: float

    def name(self, pair: int) -> str:
        """State and action of a pair, for messages."""
        return f"state {quoted(self.state(self.owner[pair]))}, action {quoted(self.actions[self.codes[pair]])}"


def require_mdp(parts: Parts) -> str | None:
    """Raise ModelError where the parts are no MDP; rescale rows that miss 1 by a little, in place, with a warning.

    Returns
    -------
    str or None
        What was rescaled, in words.
    """
    rows = parts.kernel
    empty = np.flatnonzero(np.diff(parts.pointer) == 0)
    if len(empty):
        raise ModelError(f"state {quoted(parts.state(empty[0]))} has no action")
    twice = np.flatnonzero((np.diff(parts.owner) == 0) & (np.diff(parts.codes) == 0))
    if len(twice):
        raise ModelError(f"{parts.name(twice[0])}: the action is given twice")
    bad = np.flatnonzero(~(np.isfinite(rows.data) & (rows.data >= 0)))
    if len(bad):
        p = int(np.searchsorted(rows.indptr, bad[0], side="right")) - 1
        successor, value = parts.state(rows.indices[bad[0]]), float(rows.data[bad[0]])
        raise ModelError(f"{parts.name(p)}: probability of successor {quoted(successor)} is {value}")
    sums = row_sums(rows)
    worst = np.flatnonzero(abs(sums - 1) > row_tolerance(np.diff(rows.indptr), parts.eps))
    if len(worst):
        p = worst[0]
        hint = "; if the action is not available there, say so with feasible=" if sums[p] == 0 else ""
        raise ModelError(f"{parts.name(p)}: probabilities sum to {sums[p]:.12g}, not 1{hint}")
    return _rescale(parts, sums)


def row_tolerance(n: Any, eps: float) -> Any:
    """How much a row of n numbers of a type with that spacing at 1 may miss 1 by; n may be an array."""
    coarse = (ROUNDINGS + np.sqrt(n)) * eps if eps > FLOAT64_EPS else 0.0
    return np.maximum(ROW_SUM_TOLERANCE, coarse)


def _rescale(parts: Parts, sums: FloatArray) -> str | None:
    rows = parts.kernel
    off = np.flatnonzero(abs(sums - 1) > 8 * FLOAT64_EPS * np.diff(rows.indptr))
    if len(off) == 0:
        return None
    p = off[np.argmax(abs(sums[off] - 1))]
    told = f"{count(len(off), 'row')} sum{'s' if len(off) == 1 else ''} to 1 only within {abs(sums[p] - 1):.1e}"
    warn(f"{told}; rescaled; the worst is {parts.name(p)}")
    scale = np.ones(len(sums))
    scale[off] = sums[off]
    rows.data /= np.repeat(scale, np.diff(rows.indptr))
    return told

"""What gains at γ = 1 need where float64 has too few digits: policy iteration on exact signs.

Two problems are solved in the arithmetic of `mdppower.solvers.decimal_elimination`, with as many digits as their time
scale asks for: when to stop (`long_stopping`, with the end components of an MDP as nodes), and the average reward of
an MDP whose states can all be reached from each other (`long_average`). Once a policy is given, both are linear in
the data x of a draw (what stopping is worth at each component; the rewards). So a policy is evaluated for all draws
at once where x is short (`MOST_COLUMNS`), and for one draw otherwise:

    value(node) = V(node, ·) · x,    advantage of a pair over the policy's own = A(pair, ·) · x.

A is found in decimals, where differences may cancel, and then rounded to floats, each entry to its own relative
precision. So floats tell the sign of A x for a draw wherever |A x| exceeds the rounding of the sum; elsewhere
decimals do. A policy is taken when no pair leads it by more than `slack`, which the problem makes small enough for
its time scale. The result does not depend on what is kept: an evaluation is the same whenever it is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

import numpy as np

from mdppower._typing import AnyArray, FloatArray, IntArray
from mdppower.solvers.decimal_elimination import ZERO, digits

T = TypeVar("T")
EPS = float(np.finfo(np.float64).eps)
MOST_COLUMNS = 40
"""Longest data for which policies are evaluated for all draws at once."""
MOST_KEPT = 256
"""Most policies of which something is kept."""
MOST_NUMBERS = 2_000_000
"""Most numbers in the evaluations that are kept: some hundred megabytes, as decimals are large."""
SPARE = 25
"""Digits beyond those of the time scale."""
MOST_ITERATIONS = 1000


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A policy for every draw (k numbers of data), or for one (k = 1).

    Attributes
    ----------
    values : (n, k) array
        Of the nodes, or (1, k) where there is one value.
    advantages : (Q, k) array
        Of all pairs over the policy's own; 0 where they are its own.
    floor : float
        Bound on what decimals have left of each entry of `advantages`, in absolute terms.
    precision : int
        Digits of the arithmetic in which it was made.
    exactly : callable
        The row of `advantages` of a pair, in decimals; under that precision.
    """

    values: FloatArray
    advantages: FloatArray
    floor: float
    precision: int
    exactly: Callable[[int], Any]


class Kept(Generic[T]):
    """What was made for policies, by their bytes: of any thread, and forgotten as a whole when it is too much."""

    def __init__(self) -> None:
        self._made: dict[bytes, T] = {}

    def get(self, policy: IntArray, make: Callable[[], T], numbers: int) -> T:
        """What is kept for a policy, or is made now; `numbers` says how large one is."""
        key = policy.tobytes()
        found = self._made.get(key)
        if found is None:
            found = make()
            if len(self._made) >= min(MOST_KEPT, MOST_NUMBERS // numbers):
                self._made = {}
            self._made[key] = found
        return found


def data_columns(x: FloatArray) -> tuple[list[Any], FloatArray]:
    """The data as columns of decimals, and what they are to be multiplied by: unit columns if x is short, else x."""
    if len(x) <= MOST_COLUMNS:
        unit = [np.array([Decimal(int(i == j)) for j in range(len(x))], dtype=object) for i in range(len(x))]
        return unit, x
    return [Decimal(number) for number in x.tolist()], np.ones(1)


def leading_pairs(found: Evaluation, x: FloatArray, slack: Decimal, owner: AnyArray) -> dict[int, int]:
    """The best pair of each node among those that lead the policy's own by more than `slack`.

    Parameters
    ----------
    found : Evaluation
    x : (k,) array
        ≥ 0, and each entry exact.
    slack : Decimal
        Pairs that lead by less may be left out, and those that lead by less than half of it are.
    owner : (Q,) array
        The node of each pair.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        lead = found.advantages @ x
        # Rounding of the entries and of the sum; entries below the range of floats; what decimals left.
        error = (len(x) + 6) * EPS * (np.abs(found.advantages) @ x) + (found.floor + 1e-290) * float(x.sum())
        # Entries beyond the range of floats tell nothing.
        maybe = np.flatnonzero(~(lead + error <= float(slack)))
    leads: dict[int, Decimal] = {}
    best: dict[int, int] = {}
    for pair in maybe.tolist():
        if error[pair] < lead[pair] < np.inf:
            now = Decimal(float(lead[pair]))
        else:
            with digits(found.precision):
                now = dot(found.exactly(pair), x)
            if now <= slack / 2:
                continue
        node = int(owner[pair])
        if node not in leads or now > leads[node]:
            leads[node], best[node] = now, pair
    return best


def dot(row: Any, x: FloatArray) -> Decimal:
    """The product of a row of decimals, or of one decimal, with floats."""
    row = [row] if isinstance(row, Decimal) else row
    return sum((a * Decimal(number) for a, number in zip(row, x.tolist(), strict=True)), ZERO)


def floats(element: Any) -> Any:
    """A decimal, or an array of them, as floats."""
    return float(element) if isinstance(element, Decimal) else element.astype(np.float64)


def largest(column: Any) -> float:
    """The largest entry of a column of data."""
    return float(column if isinstance(column, Decimal) else max(column))

"""Markov chains solved without subtraction, in as many decimal digits as are asked for.

A chain is given by rates a_ij from node i to node j ≠ i; what stays in i is what is left, and is never looked at. So
a probability of 1e-30 beside one that is stored as 1 counts for what it is. Wanted is x with

    Σ_j a_ij (x_j − x_i) + r_i = 0        for inner nodes i,  x given at all others.

Elimination of node k (Grassmann, Taksar & Heyman 1985) sends what enters k on to where it goes from there: with
s = Σ_j a_kj,  a_ij ← a_ij + a_ik a_kj / s  and  r_i ← r_i + a_ik r_k / s. These are sums, products and quotients of
numbers ≥ 0. Where r and the given x are ≥ 0, each number of the result is right to nearly all digits, whatever the
condition of the chain (O'Cinneide 1993); where signs mix, more digits make up for what cancels.

Numbers are `decimal.Decimal`: exponents have no end in practice, floats convert exactly, and every operation is
rounded to the digits of the context. Nodes are eliminated in the order of least work, the number of neighbours that
lead there times that of those it leads to, as they stand then.

References
----------
Grassmann, Taksar & Heyman (1985), Operations Research 33, 1107–1116. O'Cinneide (1993), Numerische Mathematik 65,
109–120.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from heapq import heapify, heappop, heappush
from typing import Any, TypeAlias

from scipy import sparse

from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray

Row: TypeAlias = "list[tuple[int, Decimal]]"
"""(other node, rate), in any order; a node may be named more than once."""

ZERO = Decimal(0)
MOST_WORK = 30_000_000
"""Most multiplications of one elimination: tens of seconds."""


def rates_of(rows: sparse.csr_array, owner: AnyArray) -> list[Row]:
    """The rates of transition rows, each of one node: entries as stored, without those that stay."""
    begins, nodes, chances = rows.indptr.tolist(), rows.indices.tolist(), rows.data.tolist()
    return [
        [(node, Decimal(a)) for node, a in zip(nodes[i:j], chances[i:j], strict=True) if node != own]
        for i, j, own in zip(begins, begins[1:], owner.tolist(), strict=False)
    ]


def total(row: Row) -> Decimal:
    """Σ_j a_j."""
    return sum((a for _, a in row), ZERO)


def drift(row: Row, x: dict[int, Any], own: int) -> Any:
    """Σ_j a_j (x_j − x_own)."""
    return sum((a * (x[j] - x[own]) for j, a in row), ZERO)


class TooMuchWork(Exception):
    """An elimination that would take more than `MOST_WORK` multiplications."""


@contextmanager
def digits(count: int) -> Iterator[None]:
    """Decimal arithmetic of so many digits, and of any exponent."""
    with localcontext(Context(prec=count, Emax=MAX_EMAX, Emin=MIN_EMIN)):
        yield


class Elimination:
    """The inner nodes of a chain, eliminated; to be used under `digits`.

    Parameters
    ----------
    rows : {node: Row}
    kept : node, optional
        One of them that is not eliminated. Every other must reach it, or a node that has no row.

    Raises
    ------
    TooMuchWork

    Examples
    --------
    From 0 to 1 once in 10^30 steps, from 1 back twice as often as on to 2: all end there, after many steps.

    >>> with digits(40):
    ...     chain = Elimination({0: [(1, Decimal("1e-30"))], 1: [(0, Decimal("2e-30")), (2, Decimal("1e-30"))]})
    ...     chance = chain.solve({}, {2: Decimal(1)})[0]
    ...     steps = chain.solve({0: Decimal(1), 1: Decimal(1)}, {2: ZERO})[0]
    >>> f"{chance:.3g}, {steps:.3g}"
    '1, 4.00e+30'
    """

    def __init__(self, rows: dict[int, Row], kept: int | None = None) -> None:
        rates: dict[int, dict[int, Decimal]] = {i: {} for i in rows}
        into: dict[int, set[int]] = {}
        for i, entries in rows.items():
            for j, a in entries:
                rates[i][j] = rates[i].get(j, ZERO) + a
                into.setdefault(j, set()).add(i)
        self._steps: list[tuple[int, Decimal, dict[int, Decimal], list[tuple[int, Decimal]]]] = []
        costs = {k: len(row) * len(into.get(k, ())) for k, row in rates.items() if k != kept}
        waiting = [(cost, k) for k, cost in costs.items()]
        heapify(waiting)
        work = 0
        while waiting:
            cost, k = heappop(waiting)
            if k not in costs or costs[k] != cost:
                continue  # it has been done, or has another cost by now
            del costs[k]
            stop_if_told()
            work += cost
            if work > MOST_WORK:
                raise TooMuchWork
            row = rates.pop(k)
            leaving = sum(row.values(), ZERO)
            share = {j: a / leaving for j, a in row.items()}
            factors = []
            for i in into.pop(k, ()):
                other = rates[i]
                factor = other.pop(k)
                factors.append((i, factor))
                for j, q in share.items():
                    if j != i:
                        other[j] = other.get(j, ZERO) + factor * q
                        into[j].add(i)
            for j in share:
                into[j].discard(k)
            for j in {*share, *(i for i, _ in factors)}:
                if j in costs and costs[j] != (now := len(rates[j]) * len(into.get(j, ()))):
                    costs[j] = now
                    heappush(waiting, (now, j))
            self._steps.append((k, leaving, share, factors))

    def solve(self, earned: dict[int, Any], known: dict[int, Any]) -> dict[int, Any]:
        """x of all nodes, from r of the inner ones and x of the others.

        Parameters
        ----------
        earned, known : {node: Decimal, or object array of Decimals}
            Arrays are several problems at once. Nodes that are not named earn nothing.

        Returns
        -------
        {node: Decimal or object array}
        """
        r = dict(earned)
        for k, leaving, _, factors in self._steps:
            if k in r:
                r[k] = y = r[k] / leaving
                for i, factor in factors:
                    r[i] = r[i] + factor * y if i in r else factor * y
        x = dict(known)
        for k, _, share, _ in reversed(self._steps):
            x[k] = sum((q * x[j] for j, q in share.items()), r.get(k, ZERO))
        return x

    def stationary(self, kept: int) -> dict[int, Decimal]:
        """The stationary distribution of a chain of which all but one node were eliminated.

        Examples
        --------
        Half as likely to leave 0 as 1:

        >>> with digits(30):
        ...     rare = Elimination({0: [(1, Decimal("1e-40"))], 1: [(0, Decimal("2e-40"))]}, kept=0)
        ...     [round(float(x), 6) for x in rare.stationary(0).values()]
        [0.666667, 0.333333]
        """
        x = {kept: Decimal(1)}
        for k, leaving, _, factors in reversed(self._steps):
            x[k] = sum((x[i] * factor for i, factor in factors), ZERO) / leaving
        whole = sum(x.values(), ZERO)
        return {node: share / whole for node, share in x.items()}

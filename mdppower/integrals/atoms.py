"""Combinations of the atoms of discrete rewards, gone through in integers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import lcm, prod
from typing import TypeAlias

import numpy as np

from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray
from mdppower.errors import ParameterError, SizeError
from mdppower.integrals.volumes import Rational

Rows: TypeAlias = "Sequence[Sequence[Rational]]"
Law: TypeAlias = "Sequence[tuple[Rational, Rational]]"
"""Atoms with their probabilities."""

MOST_COMBINATIONS = 2_000_000
"""Most combinations of atoms that are gone through."""
_PART = 1 << 16
_VALUE_SECONDS = 1e-7  # of one function on one combination, measured on one 2020s core


def require_rows(rows: Rows, n: int) -> None:
    """Raise ParameterError unless there are functions, each with one coefficient for each of n rewards."""
    if not rows:
        raise ParameterError("there must be at least one function")
    for row in rows:
        if len(row) != n:
            raise ParameterError(f"a function has {len(row)} coefficients for {n} rewards")


def seconds_of_discrete(rows: Rows, laws: Sequence[Law]) -> float:
    """About how many seconds it takes to go through all combinations of the atoms that matter, or SizeError.

    Examples
    --------
    >>> coin = [(0, Fraction(1, 2)), (1, Fraction(1, 2))]
    >>> seconds_of_discrete([[1, 0], [0, 1]], [coin, coin]) < 1e-3
    True
    """
    require_rows(rows, len(laws))
    count = prod(len(law) for j, law in enumerate(laws) if len({row[j] for row in rows}) > 1)
    _require_count(count)
    return _VALUE_SECONDS * len(rows) * count


def _require_count(count: int) -> None:
    if count > MOST_COMBINATIONS:
        raise SizeError(f"the rewards have {count:.3g} combinations of atoms; the limit is {MOST_COMBINATIONS}")


class Combinations:
    """All combinations of atoms of the rewards that do not have one coefficient in all rows, as integers.

    Iterating gives the values of the functions, (K, N), and the weights, (N,), in parts. Values are in units of
    1/scale, after the rest of the rewards has been put aside with its mean; weights are in units of 1/total.
    """

    def __init__(self, rows: Rows, laws: Sequence[Law]) -> None:
        require_rows(rows, len(laws))
        exact = [[Fraction(x) for x in row] for row in rows]
        self.aside, kept = Fraction(0), []
        for j, law in enumerate(laws):
            chances: dict[Fraction, Fraction] = defaultdict(Fraction)
            for atom, chance in law:
                chances[Fraction(atom)] += Fraction(chance)
                if chance < 0:
                    raise ParameterError(f"reward {j} has the negative probability {chance}")
            if sum(chances.values()) != 1:
                raise ParameterError(f"the probabilities of reward {j} sum to {sum(chances.values())}, not 1")
            column = [row[j] for row in exact]
            if len(set(column)) == 1:
                self.aside += column[0] * sum(x * p for x, p in chances.items())
            else:
                kept.append((column, [(x, p) for x, p in chances.items() if p]))
        self.count = prod(len(atoms) for _, atoms in kept)
        _require_count(self.count)
        self.scale = lcm(*(((a * x).denominator) for column, atoms in kept for a in column for x, _ in atoms))
        units = [lcm(*(p.denominator for _, p in atoms)) for _, atoms in kept]
        self.total = prod(units)
        # For each reward its contributions (K, atoms), and the weights of its atoms.
        self.tables = [
            ([[int(a * x * self.scale) for x, _ in atoms] for a in column], [int(p * unit) for _, p in atoms])
            for (column, atoms), unit in zip(kept, units, strict=True)
        ]
        largest = sum(max((abs(x) for row in values for x in row), default=0) for values, _ in self.tables)
        self.dtype = np.int64 if max(largest, 1) * self.total < 2**62 else object
        self.rows = len(exact)

    def value(self, weighted: int) -> Fraction:
        """The mean of what was summed up with the weights."""
        return self.aside + Fraction(weighted, self.scale * self.total)

    def __iter__(self) -> Iterator[tuple[AnyArray, AnyArray]]:
        values, weights = np.zeros((self.rows, 1), self.dtype), np.ones(1, self.dtype)
        tables = [(np.array(v, self.dtype), np.array(p, self.dtype)) for v, p in self.tables]
        # As many rewards as fit in a part are spread out at once, the others gone through.
        while tables and len(weights) * len(tables[-1][1]) <= _PART:
            gains, chances = tables.pop()
            values = (gains[:, :, None] + values[:, None, :]).reshape(self.rows, -1)
            weights = (chances[:, None] * weights[None, :]).ravel()
        for atoms in product(*(range(len(chances)) for _, chances in tables)):
            stop_if_told()
            fixed, weight = values, weights
            for (gains, chances), atom in zip(tables, atoms, strict=True):
                fixed, weight = fixed + gains[:, atom, None], weight * chances[atom]
            yield fixed, weight

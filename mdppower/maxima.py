r"""The exact law of the largest of affine functions of independent rewards.

The functions are l_k(r) = a_k·r, k = 1 … K; a constant term is a coefficient on a coordinate that is constant.
Asked are E max_k l_k, the shares P(l_k is a largest), and for two sets A and B which of max_A and max_B is larger.
All answers are fractions.

**Uniform rewards** on intervals. Different functions tie with probability 0, equal ones always: they share one
cell. A function that is nowhere above another one has share 0 and is left out; a coordinate that has the same
coefficient in all that remain does not decide anything and is put aside with its mean. Then one of two routes.

*cones.* The cell {l_k ≥ l_j for all j} is a polytope in the box: its volume is the share of k, and E max is the sum
of ∫ l_k over the cells (`mdppower.volumes`, by facets).

*pieces.* Functions that share no random coordinate are independent, so with the blocks c of connected functions

    P(max ≤ t) = Π_c G_c(t),   G_c = Σ_{k∈c} G_k,   G_k(t) = P(l_k ≤ t, l_k largest in its block),
    P(k is largest) = ∫ G_k' Π_{others} G dt,       E max = T − ∫^T Π_c G_c dt   (max ≤ T).

The G_k are piecewise polynomials. The cell of k in its block is cut into simplices, and on a simplex of volume v and
dimension d whose vertices have the values τ_0 … τ_d, l_k has a B-spline as density (Curry and Schoenberg 1966):

    v P(l_k ≤ t) = v Σ_{τ ≤ t} Res_{z=τ} (z − t)^d / Π_i (z − τ_i),

the sum over different values τ. So each vertex adds to G_k, from its value on, a few powers of (t − τ), and the
powers are added up over all simplices. A function alone in its block needs no simplices:
P(a·u ≤ t) = Σ_v (−1)^{ones of v} (t − a·v)_+^d / (d! Π a_i) over the corners v, for a > 0.

**Discrete rewards**: all combinations of the atoms that matter are gone through, in integers. Ties count.

References
----------
Curry, H. B. and Schoenberg, I. J. (1966), J. Analyse Math. 17, 71–107. Lasserre, J. B. (1983), J. Optim. Theory
Appl. 39, 363–377.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise, product
from math import comb, factorial, lcm, prod
from typing import Any, TypeAlias

import numpy as np

from mdppower._checks import choice
from mdppower._typing import AnyArray
from mdppower.errors import ParameterError, SizeError
from mdppower.volumes import LIMIT, Rational, components, integer_row, moments, triangulation, volume, work

Rows: TypeAlias = "Sequence[Sequence[Rational]]"
Law: TypeAlias = "Sequence[tuple[Rational, Rational]]"
"""Atoms with their probabilities."""
Comparison: TypeAlias = "tuple[Fraction, Fraction, Fraction, Fraction, Fraction]"
"""E max_A, E max_B, P(max_A > max_B), P(max_A = max_B), P(max_A < max_B)."""
Jumps: TypeAlias = "dict[Fraction, list[Fraction]]"
"""What a piecewise polynomial gains at a knot τ: coefficients of 1, (t − τ), (t − τ)², …"""

ROUTES = ("auto", "pieces", "cones")
COMBINATIONS = 2_000_000
"""Most combinations of atoms that are gone through."""

_PART = 1 << 16
_SIMPLEX_SECONDS, _PRODUCT_SECONDS = 1.5e-4, 2e-6  # measured on one 2020s core


@dataclass(frozen=True)
class Maximum:
    """The law of a maximum, as far as it is asked for.

    Attributes
    ----------
    mean : Fraction
        E max_k l_k.
    shares : list of Fraction
        P(l_k attains the maximum) for every k; more than 1 in all where there are ties.
    """

    mean: Fraction
    shares: list[Fraction]


def maximum_uniform(rows: Rows, lows: Sequence[Rational], highs: Sequence[Rational], route: str = "auto") -> Maximum:
    """E max and shares of linear functions of independent uniform rewards.

    Parameters
    ----------
    rows : (K, n) rationals
        Coefficients of the functions.
    lows, highs : (n,) rationals
        Ends of the intervals; a coordinate with equal ends is constant.
    route : {"auto", "pieces", "cones"}
        See the module; "auto" takes the one with less estimated work.

    Returns
    -------
    Maximum

    Raises
    ------
    ParameterError
        The shapes do not fit, an interval is reversed, or there is no such route.
    SizeError
        It would take more than `volumes.LIMIT` seconds.

    Examples
    --------
    The larger of two uniform variables, one of them twice, against the constant 1/2:

    >>> half = Fraction(1, 2)
    >>> maximum_uniform([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], [0, 0, half], [1, 1, half])
    Maximum(mean=Fraction(17, 24), shares=[Fraction(3, 8), Fraction(3, 8), Fraction(3, 8), Fraction(1, 4)])
    """
    choice(route, "route", ROUTES)
    functions = _on_unit_box(rows, lows, highs)
    distinct = list(dict.fromkeys(functions))
    left = [f for f in distinct if not any(f != g and _never_above(f, g) for g in distinct)]
    n = len(left[0]) - 1
    common = [j for j in range(n) if len({f[j] for f in left}) == 1]
    aside = sum((left[0][j] / 2 for j in common), Fraction(0))
    kept = [j for j in range(n) if j not in common] + [n]
    problem = [[f[j] for j in kept] for f in left]
    seconds = {"pieces": _work_of_pieces(problem), "cones": sum(work(_cell(problem, k)[0]) for k in range(len(left)))}
    if route == "auto":
        route = min(seconds, key=lambda name: seconds[name])
    if seconds[route] > LIMIT:
        raise SizeError(
            f"the exact maximum of {len(left)} functions of {len(kept) - 1} coordinates by {route} takes about "
            f"{seconds[route]:.2g} s; the limit is {LIMIT:g} s"
        )
    mean, shares = _by_pieces(problem) if route == "pieces" else _by_cells(problem, "facets")
    share_of = dict(zip(left, shares, strict=True))
    return Maximum(aside + mean, [share_of.get(f, Fraction(0)) for f in functions])


def compare_uniform(
    A_rows: Rows, B_rows: Rows, lows: Sequence[Rational], highs: Sequence[Rational], route: str = "auto"
) -> Comparison:
    """Which of two sets of linear functions of independent uniform rewards has the larger maximum.

    Parameters
    ----------
    A_rows, B_rows : (K, n) rationals
    lows, highs : (n,) rationals
    route : {"auto", "pieces", "cones"}

    Returns
    -------
    mean_A, mean_B, p_greater, p_tie, p_less : Fraction
        E max_A, E max_B, and P(max_A > max_B), P(=), P(<).

    Raises
    ------
    ParameterError, SizeError
        As `maximum_uniform`.

    Examples
    --------
    One of two options against both:

    >>> [str(x) for x in compare_uniform([[1, 0]], [[1, 0], [0, 1]], [0, 0], [1, 1])]
    ['1/2', '2/3', '0', '1/2', '1/2']
    """
    mean_a = maximum_uniform(A_rows, lows, highs, route).mean
    mean_b = maximum_uniform(B_rows, lows, highs, route).mean
    functions = _on_unit_box([*A_rows, *B_rows], lows, highs)
    shares = maximum_uniform([*A_rows, *B_rows], lows, highs, route).shares
    in_a, in_b = set(functions[: len(A_rows)]), set(functions[len(A_rows) :])
    # Only a function of both sets makes a tie of positive probability.
    share_of = dict(zip(functions, shares, strict=True))
    chance = [sum((share_of[f] for f in part), Fraction(0)) for part in (in_a - in_b, in_a & in_b, in_b - in_a)]
    return mean_a, mean_b, chance[0], chance[1], chance[2]


def cone_probability(
    normals: Rows, lows: Sequence[Rational], highs: Sequence[Rational], route: str = "facets"
) -> Fraction:
    """P(N·r ≥ 0 for every normal N), for independent uniform rewards r.

    Parameters
    ----------
    normals : (m, n) rationals
    lows, highs : (n,) rationals
    route : {"facets", "simplices"}
        Of `volumes.volume`.

    Returns
    -------
    Fraction

    Raises
    ------
    ParameterError, SizeError
        As `maximum_uniform`.

    Examples
    --------
    >>> cone_probability([[1, -1, 0], [0, 1, -1]], [0, 0, 0], [1, 1, 1])
    Fraction(1, 6)
    """
    cells = _on_unit_box(normals, lows, highs) if normals else []
    return volume([[-x for x in f[:-1]] for f in cells], [f[-1] for f in cells], route)


def maximum_discrete(rows: Rows, laws: Sequence[Law]) -> Maximum:
    """E max and shares of linear functions of independent discrete rewards; ties count for all that tie.

    Parameters
    ----------
    rows : (K, n) rationals
    laws : n sequences of (atom, probability)

    Returns
    -------
    Maximum

    Raises
    ------
    ParameterError
        The shapes do not fit, or probabilities are negative or do not sum to 1.
    SizeError
        There are more than `COMBINATIONS` combinations of atoms.

    Examples
    --------
    >>> coin = [(0, Fraction(1, 2)), (1, Fraction(1, 2))]
    >>> maximum_discrete([[1, 0], [0, 1]], [coin, coin])
    Maximum(mean=Fraction(3, 4), shares=[Fraction(3, 4), Fraction(3, 4)])
    """
    combinations = _Combinations(rows, laws)
    mean, shares = 0, [0] * len(rows)
    for values, weights in combinations:
        top = values.max(axis=0)
        mean += int((weights * top).sum())
        shares = [p + int(weights[row == top].sum()) for p, row in zip(shares, values, strict=True)]
    return Maximum(combinations.value(mean), [Fraction(p, combinations.total) for p in shares])


def compare_discrete(A_rows: Rows, B_rows: Rows, laws: Sequence[Law]) -> Comparison:
    """Which of two sets of linear functions of independent discrete rewards has the larger maximum.

    Parameters
    ----------
    A_rows, B_rows : (K, n) rationals
    laws : n sequences of (atom, probability)

    Returns
    -------
    mean_A, mean_B, p_greater, p_tie, p_less : Fraction

    Raises
    ------
    ParameterError, SizeError
        As `maximum_discrete`.

    Examples
    --------
    >>> coin = [(0, Fraction(1, 2)), (1, Fraction(1, 2))]
    >>> [str(x) for x in compare_discrete([[1, 0]], [[0, 1]], [coin, coin])]
    ['1/2', '1/2', '1/4', '1/2', '1/4']
    """
    if not A_rows or not B_rows:
        raise ParameterError("there must be at least one function in each set")
    combinations = _Combinations([*A_rows, *B_rows], laws)
    mean_a = mean_b = greater = less = 0
    for values, weights in combinations:
        a, b = values[: len(A_rows)].max(axis=0), values[len(A_rows) :].max(axis=0)
        mean_a, mean_b = mean_a + int((weights * a).sum()), mean_b + int((weights * b).sum())
        greater, less = greater + int(weights[a > b].sum()), less + int(weights[a < b].sum())
    up, down = Fraction(greater, combinations.total), Fraction(less, combinations.total)
    return combinations.value(mean_a), combinations.value(mean_b), up, 1 - up - down, down


def _checked(rows: Rows, n: int) -> None:
    if not rows:
        raise ParameterError("there must be at least one function")
    for row in rows:
        if len(row) != n:
            raise ParameterError(f"a function has {len(row)} coefficients for {n} rewards")


def _on_unit_box(rows: Rows, lows: Sequence[Rational], highs: Sequence[Rational]) -> list[tuple[Fraction, ...]]:
    """The functions of u ∈ [0, 1]^d, one coordinate for each reward that varies: (coefficients …, constant)."""
    _checked(rows, len(lows))
    if len(highs) != len(lows):
        raise ParameterError(f"there are {len(lows)} lower and {len(highs)} upper ends")
    ends = [(Fraction(low), Fraction(high)) for low, high in zip(lows, highs, strict=True)]
    for low, high in ends:
        if high < low:
            raise ParameterError(f"a reward has the reversed interval [{low}, {high}]")
    functions = []
    for row in rows:
        exact = [Fraction(x) for x in row]
        slopes = [x * (high - low) for x, (low, high) in zip(exact, ends, strict=True) if high > low]
        functions.append((*slopes, sum((x * low for x, (low, _) in zip(exact, ends, strict=True)), Fraction(0))))
    return functions


def _never_above(f: Sequence[Fraction], g: Sequence[Fraction]) -> bool:
    """Whether f ≤ g on the unit box."""
    *slopes, constant = (x - y for x, y in zip(f, g, strict=True))
    return sum((x for x in slopes if x > 0), constant) <= 0


def _cell(functions: Sequence[Sequence[Fraction]], k: int) -> tuple[list[list[Fraction]], list[Fraction]]:
    """A and b of the polytope on which function k is the largest."""
    others = [f for i, f in enumerate(functions) if i != k]
    own = functions[k]
    A = [[x - y for x, y in zip(f[:-1], own[:-1], strict=True)] for f in others]
    return A, [own[-1] - f[-1] for f in others]


def _by_cells(functions: Sequence[Sequence[Fraction]], route: str) -> tuple[Fraction, list[Fraction]]:
    mean, shares = Fraction(0), []
    for k, own in enumerate(functions):
        size, first = moments(*_cell(functions, k), len(own) - 1, route)
        mean += own[-1] * size + sum(a * x for a, x in zip(own[:-1], first, strict=True))
        shares.append(size)
    return mean, shares


def _blocks(functions: Sequence[Sequence[Fraction]]) -> list[tuple[tuple[int, ...], list[int]]]:
    """(coordinates, functions) of each block; constant functions are in none."""
    groups = components(functions, range(len(functions[0]) - 1))
    return [(group, [k for k, f in enumerate(functions) if any(f[j] for j in group)]) for group in groups]


def _work_of_pieces(functions: Sequence[Sequence[Fraction]]) -> float:
    """Seconds: simplices of the cells, and products of polynomials between the knots."""
    blocks = _blocks(functions)
    if len(blocks) < 2:
        return sum(work(_cell(functions, k)[0], "simplices") for k in range(len(functions)))
    simplices = knots = 0.0
    for group, members in blocks:
        d, m = len(group), len(members) - 1
        simplices += len(members) * factorial(d) * (1 + m / 2) if m else 0
        knots += 2.0**d * len(members)
    degree = sum(len(group) for group, _ in blocks)
    return _SIMPLEX_SECONDS * simplices + _PRODUCT_SECONDS * knots * degree**2 * len(functions)


def _by_pieces(functions: Sequence[Sequence[Fraction]]) -> tuple[Fraction, list[Fraction]]:
    blocks = _blocks(functions)
    if len(blocks) < 2:  # nothing to multiply: a constant is a function of the block
        return _by_cells(functions, "simplices")
    tables = {k: _jumps(functions, group, members, k) for group, members in blocks for k in members}
    floors = [k for k in range(len(functions)) if k not in tables]  # at most one: the others are never above it
    first = [min(min(tables[k], default=Fraction(0)) for k in members if tables[k]) for _, members in blocks]
    start = max([*first, *(functions[k][-1] for k in floors)])
    knots = sorted(set().union(*tables.values(), (functions[k][-1] for k in floors)))
    shares = [Fraction(0)] * len(functions)
    pieces = {k: [Fraction(0)] * (len(group) + 1) for group, members in blocks for k in members}
    mean = knots[-1]
    for left, right in pairwise(knots):
        for k, table in tables.items():
            if left in table:
                pieces[k] = [x + y for x, y in zip(pieces[k], table[left], strict=True)]
        if left >= start:
            # The G_c as polynomials in t − left, and the products of all but one.
            laws = [reduce(_sum, (pieces[k] for k in members)) for _, members in blocks]
            before, after = [[Fraction(1)]], [[Fraction(1)]]
            for law, wal in zip(laws, reversed(laws), strict=True):
                before.append(_times(before[-1], law))
                after.append(_times(after[-1], wal))
            mean -= _integral(before[-1], right - left)
            for k in floors:
                if left == functions[k][-1]:
                    shares[k] = before[-1][0]
            for c, (_, members) in enumerate(blocks):
                others = _times(before[c], after[len(blocks) - 1 - c])
                for k in members:
                    density = [i * x for i, x in enumerate(pieces[k])][1:]
                    shares[k] += _integral(_times(density, others), right - left)
        pieces = {k: _shifted(piece, right - left) for k, piece in pieces.items()}
    return mean, shares


def _jumps(functions: Sequence[Sequence[Fraction]], group: tuple[int, ...], members: Sequence[int], k: int) -> Jumps:
    """G_k in its block, as what it gains at its knots."""
    d = len(group)
    table: Jumps = defaultdict(lambda: [Fraction(0)] * (d + 1))
    own = [functions[k][j] for j in group]
    constant = functions[k][-1]
    if len(members) == 1:
        lowest = constant + sum(x for x in own if x < 0)
        weight = 1 / (factorial(d) * prod(map(abs, own), start=Fraction(1)))
        for corner in product((0, 1), repeat=d):
            value = lowest + sum(abs(x) for x, one in zip(own, corner, strict=True) if one)
            table[value][d] += -weight if sum(corner) % 2 else weight
        return table
    restricted = [[*(functions[i][j] for j in group), functions[i][-1]] for i in members]
    A, b = _cell(restricted, members.index(k))
    vertices, simplices = triangulation([integer_row([*row, end]) for row, end in zip(A, b, strict=True)], d)
    values = [constant + sum((a * x for a, x in zip(own, p[1:], strict=True)), Fraction(0)) / p[0] for p in vertices]
    for chosen, size in simplices:
        knots = [values[v] for v in chosen]
        scale = lcm(*(x.denominator for x in knots))
        integers = [int(x * scale) for x in knots]
        for knot in set(integers):
            # Res_{z=τ}: with z = τ + ε, the coefficient of ε^{μ−1} in (ε + τ − t)^d / Π (τ − τ_i + ε).
            gaps = [knot - x for x in integers if x != knot]
            order = d - len(gaps)  # μ − 1
            inverse = _inverse(reduce(lambda p, gap: _times(p, [gap, 1])[: order + 1], gaps, [1]), order)
            gains = table[Fraction(knot, scale)]
            for power in range(d - order, d + 1):
                sign = -1 if power % 2 else 1
                gains[power] += size * sign * comb(d, power) * scale**power * inverse[power - d + order]
    return table


def _times(p: Sequence[Rational], q: Sequence[Rational]) -> list[Any]:
    result: list[Any] = [0] * (len(p) + len(q) - 1)
    for i, x in enumerate(p):
        if x:
            for j, y in enumerate(q):
                result[i + j] += x * y
    return result


def _sum(p: Sequence[Fraction], q: Sequence[Fraction]) -> list[Fraction]:
    return [x + y for x, y in zip(p, q, strict=True)]


def _inverse(p: Sequence[int], order: int) -> list[Fraction]:
    """Power series 1/p up to ε^order."""
    result = [Fraction(1, p[0])]
    for q in range(1, order + 1):
        result.append(-sum(p[i] * result[q - i] for i in range(1, min(q, len(p) - 1) + 1)) * result[0])
    return result


def _integral(p: Sequence[Fraction], end: Fraction) -> Fraction:
    """∫_0^end p."""
    total = Fraction(0)
    for i in reversed(range(len(p))):
        total = (total + p[i] * Fraction(1, i + 1)) * end
    return total


def _shifted(p: Sequence[Fraction], step: Fraction) -> list[Fraction]:
    """Coefficients of p(step + h) in h (Horner)."""
    result = list(p)
    for i in range(len(p) - 1):
        for j in reversed(range(i, len(p) - 1)):
            result[j] += step * result[j + 1]
    return result


class _Combinations:
    """All combinations of atoms of the rewards that do not have one coefficient in all rows, as integers.

    Iterating gives the values of the functions, (K, N), and the weights, (N,), in parts. Values are in units of
    1/scale, after the rest of the rewards has been put aside with its mean; weights are in units of 1/total.
    """

    def __init__(self, rows: Rows, laws: Sequence[Law]) -> None:
        _checked(rows, len(laws))
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
        if self.count > COMBINATIONS:
            raise SizeError(f"the rewards have {self.count:.3g} combinations of atoms; the limit is {COMBINATIONS}")
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
            fixed, weight = values, weights
            for (gains, chances), atom in zip(tables, atoms, strict=True):
                fixed, weight = fixed + gains[:, atom, None], weight * chances[atom]
            yield fixed, weight

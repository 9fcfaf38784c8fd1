r"""The maximum of independent blocks of affine functions of uniform variables, by piecewise polynomials.

Functions that share no random coordinate are independent, so with the blocks c of connected functions

    P(max ≤ t) = Π_c G_c(t),   G_c = Σ_{k∈c} G_k,   G_k(t) = P(l_k ≤ t, l_k largest in its block),
    P(k is largest) = ∫ G_k' Π_{others} G dt,       E max = T − ∫^T Π_c G_c dt   (max ≤ T).

The G_k are piecewise polynomials. The cell of k in its block is cut into simplices, and on a simplex of volume v and
dimension d whose vertices have the values τ_0 … τ_d, l_k has a B-spline as density (Curry and Schoenberg 1966):

    v P(l_k ≤ t) = v Σ_{τ ≤ t} Res_{z=τ} (z − t)^d / Π_i (z − τ_i),

the sum over different values τ. So each vertex adds to G_k, from its value on, a few powers of (t − τ), and the
powers are added up over all simplices. A function alone in its block needs no simplices:
P(a·u ≤ t) = Σ_v (−1)^{ones of v} (t − a·v)_+^d / (d! Π a_i) over the corners v, for a > 0.

References
----------
Curry, H. B. and Schoenberg, I. J. (1966), J. Analyse Math. 17, 71–107.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import pairwise, product
from math import comb, factorial, lcm, prod
from typing import Any, TypeAlias

from mdppower._stop import stop_if_told
from mdppower.integrals.triangulation import integer_row, triangulation
from mdppower.integrals.volumes import Rational, components, moments, work

Jumps: TypeAlias = "dict[Fraction, list[Fraction]]"
"""What a piecewise polynomial gains at a knot τ: coefficients of 1, (t − τ), (t − τ)², …"""

_SIMPLEX_SECONDS, _PRODUCT_SECONDS = 1.5e-4, 2e-6  # measured on one 2020s core


def cell(functions: Sequence[Sequence[Fraction]], k: int) -> tuple[list[list[Fraction]], list[Fraction]]:
    """A and b of the polytope on which function k is the largest."""
    others = [f for i, f in enumerate(functions) if i != k]
    own = functions[k]
    A = [[x - y for x, y in zip(f[:-1], own[:-1], strict=True)] for f in others]
    return A, [own[-1] - f[-1] for f in others]


def by_cells(functions: Sequence[Sequence[Fraction]], route: str) -> tuple[Fraction, list[Fraction]]:
    """E max and shares, cell by cell."""
    mean, shares = Fraction(0), []
    for k, own in enumerate(functions):
        size, first = moments(*cell(functions, k), len(own) - 1, route)
        mean += own[-1] * size + sum(a * x for a, x in zip(own[:-1], first, strict=True))
        shares.append(size)
    return mean, shares


def _blocks(functions: Sequence[Sequence[Fraction]]) -> list[tuple[tuple[int, ...], list[int]]]:
    """(coordinates, functions) of each block; constant functions are in none."""
    groups = components(functions, range(len(functions[0]) - 1))
    return [(group, [k for k, f in enumerate(functions) if any(f[j] for j in group)]) for group in groups]


def work_of_pieces(functions: Sequence[Sequence[Fraction]]) -> float:
    """Seconds: simplices of the cells, and products of polynomials between the knots."""
    blocks = _blocks(functions)
    if len(blocks) < 2:
        return sum(work(cell(functions, k)[0], "simplices") for k in range(len(functions)))
    simplices = knots = 0.0
    for group, members in blocks:
        d, m = len(group), len(members) - 1
        simplices += len(members) * factorial(d) * (1 + m / 2) if m else 0
        knots += 2.0**d * len(members)
    degree = sum(len(group) for group, _ in blocks)
    return _SIMPLEX_SECONDS * simplices + _PRODUCT_SECONDS * knots * degree**2 * len(functions)


def by_pieces(functions: Sequence[Sequence[Fraction]]) -> tuple[Fraction, list[Fraction]]:
    """E max and shares, by products over blocks."""
    blocks = _blocks(functions)
    if len(blocks) < 2:  # nothing to multiply: a constant is a function of the block
        return by_cells(functions, "simplices")
    tables = {k: _jumps(functions, group, members, k) for group, members in blocks for k in members}
    floors = [k for k in range(len(functions)) if k not in tables]  # at most one: the others are never above it
    first = [min(min(tables[k], default=Fraction(0)) for k in members if tables[k]) for _, members in blocks]
    start = max([*first, *(functions[k][-1] for k in floors)])
    knots = sorted(set().union(*tables.values(), (functions[k][-1] for k in floors)))
    shares = [Fraction(0)] * len(functions)
    pieces = {k: [Fraction(0)] * (len(group) + 1) for group, members in blocks for k in members}
    mean = knots[-1]
    for left, right in pairwise(knots):
        stop_if_told()
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
    A, b = cell(restricted, members.index(k))
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

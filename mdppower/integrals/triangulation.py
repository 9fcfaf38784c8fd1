"""Polytopes inside the unit box cut into simplices, in integers.

The vertices come from the vertices
of the box by cutting with one row after the other (double description). The polytope is then the union of the
pyramids from its first vertex over the facets that do not contain it, and each facet is taken apart in the same
way; a face is the set of its vertices, and its facets are the maximal intersections with the sides. A simplex with
vertices v_0 … v_n has volume |det(1 v_i)| / n!, and the mean of an affine function is that over its vertices. The
determinants are made row by row along the descent (fraction-free elimination of Bareiss).

References
----------
Cohen, J. and Hickey, T. (1979), J. ACM 26, 401–414. Büeler, B., Enge, A. and Fukuda, K. (2000), in Polytopes:
Combinatorics and Computation, 131–154.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import factorial, gcd, lcm, prod
from typing import TypeAlias

from mdppower._stop import stop_if_told

Rational: TypeAlias = "int | Fraction"
Point: TypeAlias = "tuple[int, ...]"
"""Homogeneous integers (w, w x_1, …, w x_n) with w > 0."""


def integer_row(row: Sequence[Rational]) -> tuple[int, ...]:
    """The row times a positive number, so that it has integers without a common factor.

    Parameters
    ----------
    row : sequence of rationals

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> integer_row([Fraction(1, 2), Fraction(-1, 3)])
    (3, -2)
    """
    exact = [Fraction(x) for x in row]
    scale = lcm(*(x.denominator for x in exact))
    return primitive([int(x * scale) for x in exact])


def primitive(row: Sequence[int]) -> tuple[int, ...]:
    """The row without common factors."""
    common = gcd(*row) or 1
    return tuple(x // common for x in row)


def triangulation(rows: Sequence[Sequence[int]], n: int) -> tuple[list[Point], Iterator[tuple[Point, Fraction]]]:
    """Simplices of {x ∈ [0, 1]^n : a·x ≤ b for each integer row (a, b)}.

    Parameters
    ----------
    rows : (m, n + 1) integers
        Coefficients, then the bound.
    n : int

    Returns
    -------
    vertices : list of tuples of int
        Homogeneous: (w, w x_1, …, w x_n).
    simplices : iterator of (indices of n + 1 vertices, volume)
        Nothing if the polytope is flat.

    Examples
    --------
    >>> vertices, simplices = triangulation([(1, 1, 1)], 2)
    >>> vertices
    [(1, 0, 0), (1, 0, 1), (1, 1, 0)]
    >>> list(simplices)
    [((0, 1, 2), Fraction(1, 2))]
    """
    corners = _vertices(rows, n)
    return [point for point, _ in corners], _simplices(corners, n)


def _vertices(rows: Sequence[Sequence[int]], n: int) -> list[tuple[Point, int]]:
    """Vertices with the bit set of the sides they are on; none if the polytope is flat."""
    corners = []
    for k in range(1 << n):
        ones = [k >> j & 1 for j in range(n)]
        corners.append(((1, *ones), sum(1 << (j + n * one) for j, one in enumerate(ones))))
    for i, row in enumerate(rows):
        stop_if_told()
        side = 1 << (2 * n + i)
        room = [row[n] * p[0] - sum(a * x for a, x in zip(row[:n], p[1:], strict=True)) for p, _ in corners]
        if max(room, default=0) <= 0:
            return []
        if min(room) >= 0:
            continue  # redundant, touching or not
        inside = [(r, p, sides) for r, (p, sides) in zip(room, corners, strict=True) if r > 0]
        outside = [(r, p, sides) for r, (p, sides) in zip(room, corners, strict=True) if r < 0]
        new = [(p, sides | (side if r == 0 else 0)) for r, (p, sides) in zip(room, corners, strict=True) if r >= 0]
        for r, p, sides in inside:
            for s, q, other in outside:
                shared = sides & other
                # Neighbours: nobody else is on all the sides that both are on.
                if shared.bit_count() >= n - 1 and sum(shared & x == shared for _, x in corners) == 2:
                    point = primitive([r * y - s * x for x, y in zip(p, q, strict=True)])
                    new.append((point, shared | side))
        corners = new
    return sorted(corners)


def _simplices(corners: list[tuple[Point, int]], n: int) -> Iterator[tuple[Point, Fraction]]:
    """Cohen and Hickey: pyramids from the first vertex, depth first; a face is the bit set of its vertices."""
    sides = [
        sum(1 << v for v, (_, on) in enumerate(corners) if on >> side & 1)
        for side in range(max((on.bit_length() for _, on in corners), default=0))
    ]
    below: dict[int, list[int]] = {}

    def opposite(face: int, dimension: int) -> list[int]:
        """Facets of the face that do not contain its first vertex."""
        if face not in below:
            cut = {face & side for side in sides} - {face}
            cut = {part for part in cut if part.bit_count() >= dimension}
            first = face & -face
            below[face] = [
                part
                for part in cut
                if not part & first and not any(part & other == part and part != other for other in cut)
            ]
        return below[face]

    def descend(face: int, chosen: Point, reduced: list[tuple[int, list[int]]]) -> Iterator[tuple[Point, Fraction]]:
        first = (face & -face).bit_length() - 1
        # Bareiss: after the rows before it, the entry at the pivot is the minor so far.
        row, last = list(corners[first][0]), 1
        for pivot, earlier in reduced:
            factor, lead = row[pivot], earlier[pivot]
            row = [(lead * x - factor * y) // last for x, y in zip(row, earlier, strict=True)]
            last = lead
        pivot = next(j for j, x in enumerate(row) if x)
        chosen = (*chosen, first)
        if len(chosen) == n + 1:
            stop_if_told()
            yield chosen, Fraction(abs(row[pivot]), factorial(n) * prod(corners[v][0][0] for v in chosen))
            return
        for part in opposite(face, n + 1 - len(chosen)):
            yield from descend(part, chosen, [*reduced, (pivot, row)])

    if corners:
        yield from descend((1 << len(corners)) - 1, (), [])

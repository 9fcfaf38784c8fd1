r"""Exact volumes and integrals of affine functions over polytopes inside the unit box, by two routes.

The polytope is Q = {x ∈ [0, 1]^n : A x ≤ b} with rational A and b; it may be empty, flat, a cone cut by the box
(b = 0), and its rows may be redundant or repeated. First, coordinates that share no row are independent: the
volume is the product over the connected components, and a coordinate in no row gives 1. Then each component goes
through one of two algorithms, which share no step, so that their agreement is evidence.

**facets** (Lasserre 1983; Lasserre and Avrachenkov 2001). For f homogeneous of degree q, Euler's identity and
the divergence theorem give

    (n + q) ∫_Q f dx = Σ_i b_i / |a_ij| ∫_{F_i} f dx'      F_i = Q ∩ {a_i·x = b_i},  x' = x without x_j,

for any j with a_ij ≠ 0: dx'/|a_ij| is the surface element over ‖a_i‖. The sum runs over *different* half-spaces;
rows with b_i = 0 give nothing, so a cone pays only for the sides x_j = 1 of the box. The right-hand side is again
of this form with a coordinate less. A face is reached in many orders; its value is stored under the set of rows
that are tight on all of it. Taking for j the first coordinate of the row makes the eliminated coordinates the
leading positions of the span of the tight rows, whatever the order, so the stored value is in the same
coordinates. A face on which the range of some row excludes it is dropped at once, and faces split again into
components.

**simplices**: the polytope is cut into simplices (`mdppower.integrals.triangulation`).

**Work**, with m rows on the n coordinates of a component: at most Σ C(n, i) 2^i C(m, j) faces over i + j < n for
`facets`, and about n! (1 + m/2) simplices for `simplices` (the box alone has n!); `work` turns these into seconds,
right within a factor of ten where it was tried, and what would take more than `LIMIT` is refused.

References
----------
Lasserre, J. B. (1983), J. Optim. Theory Appl. 39, 363–377. Lasserre, J. B. and Avrachenkov, K. E. (2001), Amer.
Math. Monthly 108, 151–154.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb, factorial, gcd
from typing import TypeAlias

from mdppower._checks import choice
from mdppower._stop import stop_if_told
from mdppower.errors import ParameterError, SizeError
from mdppower.integrals.triangulation import integer_row, triangulation

Rational: TypeAlias = "int | Fraction"
Moments: TypeAlias = "tuple[Fraction, dict[int, Fraction]]"
"""Volume, and the integral of each coordinate."""

ROUTES = ("facets", "simplices")
LIMIT = 300.0
"""Seconds beyond which a question is refused."""

_FACE_SECONDS, _SIMPLEX_SECONDS = 6e-5, 6e-5  # measured on one 2020s core


def volume(A: Sequence[Sequence[Rational]], b: Sequence[Rational], route: str = "facets") -> Fraction:
    """Volume of {x ∈ [0, 1]^n : A x ≤ b}.

    Parameters
    ----------
    A : (m, n) rationals
    b : (m,) rationals
    route : {"facets", "simplices"}

    Returns
    -------
    Fraction

    Raises
    ------
    ParameterError
        The shapes do not fit, or there is no such route.
    SizeError
        It would take more than `LIMIT` seconds.

    Examples
    --------
    x + y ≤ 1/2 in the unit square, and the order x ≤ y ≤ z in the cube:

    >>> volume([[1, 1]], [Fraction(1, 2)])
    Fraction(1, 8)
    >>> volume([[1, -1, 0], [0, 1, -1]], [0, 0], route="simplices")
    Fraction(1, 6)
    """
    return integral(A, b, [0] * (len(A[0]) if len(A) else 0), 1, route)


def integral(
    A: Sequence[Sequence[Rational]], b: Sequence[Rational], c: Sequence[Rational], d: Rational, route: str = "facets"
) -> Fraction:
    """Integral of c·x + d over {x ∈ [0, 1]^n : A x ≤ b}.

    Parameters
    ----------
    A : (m, n) rationals
    b : (m,) rationals
    c : (n,) rationals
    d : rational
    route : {"facets", "simplices"}

    Returns
    -------
    Fraction

    Raises
    ------
    ParameterError
        The shapes do not fit, or there is no such route.
    SizeError
        It would take more than `LIMIT` seconds.

    Examples
    --------
    E[x; x ≥ y] = 1/3 for two uniform variables:

    >>> integral([[-1, 1]], [0], [1, 0], 0)
    Fraction(1, 3)
    """
    size, first = moments(A, b, len(c), route)
    return sum((Fraction(x) * y for x, y in zip(c, first, strict=True)), d * size)


def moments(
    A: Sequence[Sequence[Rational]], b: Sequence[Rational], n: int, route: str = "facets"
) -> tuple[Fraction, list[Fraction]]:
    """Volume of {x ∈ [0, 1]^n : A x ≤ b}, and the integral of each coordinate over it.

    Parameters
    ----------
    A : (m, n) rationals
    b : (m,) rationals
    n : int
        The dimension, which an A without rows does not tell.
    route : {"facets", "simplices"}

    Returns
    -------
    size : Fraction
    first : list of n Fractions

    Raises
    ------
    ParameterError
        The shapes do not fit, or there is no such route.
    SizeError
        It would take more than `LIMIT` seconds.

    Examples
    --------
    >>> moments([[-1, 1]], [0], 2)
    (Fraction(1, 2), [Fraction(1, 3), Fraction(1, 6)])
    """
    choice(route, "route", ROUTES)
    if len(b) != len(A) or any(len(row) != n for row in A):
        raise ParameterError(f"the rows of A must have {n} entries, and b one for each of the {len(A)} rows")
    rows = [integer_row([*row, bound]) for row, bound in zip(A, b, strict=True)]
    seconds = work(A, route)
    if seconds > LIMIT:
        raise SizeError(
            f"an exact integral over {n} coordinates and {len(A)} rows by {route} takes about {seconds:.2g} s; "
            f"the limit is {LIMIT:g} s"
        )
    nothing = Fraction(0), [Fraction(0)] * n
    if any(row[-1] < 0 and not any(row[:-1]) for row in rows):
        return nothing
    total, means = Fraction(1), [Fraction(0)] * n
    for group in components(rows, range(n)):
        own = [tuple(row[j] for j in (*group, n)) for row in rows if any(row[j] for j in group)]
        k = len(group)
        size, first = _Faces(own, k).whole() if route == "facets" else _sum_of_simplices(own, k)
        if not size:
            return nothing
        total *= size
        for i, j in enumerate(group):  # the mean in a product of components is that in the own one
            means[j] = first[i] / size
    return total, [total * x for x in means]


def work(A: Sequence[Sequence[Rational]], route: str = "facets") -> float:
    """Estimate of the seconds that `volume` and `integral` take: the formula of the module's head.

    Parameters
    ----------
    A : (m, n) rationals
    route : {"facets", "simplices"}

    Returns
    -------
    float

    Examples
    --------
    >>> work([[1] * 20], "simplices") > LIMIT > work([[1] * 6], "simplices")
    True
    """
    seconds = 0.0
    for group in components(A, range(len(A[0]) if len(A) else 0)):
        n, m = len(group), sum(any(row[j] for j in group) for row in A)
        if route == "simplices":
            seconds += _SIMPLEX_SECONDS * factorial(n) * (1 + m / 2)
        else:
            faces = sum(comb(n, i) * 2**i * comb(m, j) for i in range(n) for j in range(n - i))
            seconds += _FACE_SECONDS * faces
    return seconds


def components(rows: Sequence[Sequence[Rational]], variables: Sequence[int]) -> list[tuple[int, ...]]:
    """Group the coordinates that are connected through the rows' nonzero entries.

    Parameters
    ----------
    rows : sequence of sequences of rationals
        Only the entries at `variables` are looked at.
    variables : sequence of int

    Returns
    -------
    list of tuples of int
        Each sorted, in the order of their first coordinates; a coordinate in no row is alone.

    Examples
    --------
    >>> components([[1, 0, 2, 0], [0, 0, 1, 3]], range(4))
    [(0, 2, 3), (1,)]
    """
    groups = [{j} for j in variables]
    for row in rows:
        touched = {j for j in variables if row[j]}
        apart = [group for group in groups if not group & touched]
        joined = set[int]().union(*(group for group in groups if group & touched))
        groups = [*apart, joined] if joined else apart
    return sorted(tuple(sorted(group)) for group in groups)


class _Faces:
    """Lasserre's recursion on one component, each face once.

    A row is (coefficients, bound, names): the bit set of the original constraints that it stands for. Ends of
    coordinates are rows too, kept apart as `low` and `high`: {coordinate: (value, names)}.
    """

    def __init__(self, rows: Sequence[Sequence[int]], n: int) -> None:
        self.n = n
        self.rows = [(tuple(row[:n]), Fraction(row[n]), 1 << (2 * n + i)) for i, row in enumerate(rows)]
        self.known: dict[tuple[int, tuple[int, ...]], Moments] = {}

    def whole(self) -> Moments:
        low = {j: (Fraction(0), 1 << j) for j in range(self.n)}
        high = {j: (Fraction(1), 1 << (self.n + j)) for j in range(self.n)}
        return self.face(tuple(range(self.n)), low, high, self.rows, 0)

    def face(
        self,
        variables: tuple[int, ...],
        low: dict[int, tuple[Fraction, int]],
        high: dict[int, tuple[Fraction, int]],
        rows: list[tuple[tuple[int, ...], Fraction, int]],
        tight: int,
    ) -> Moments:
        """Moments of a face, in the coordinates `variables`; `tight` names the constraints that made it."""
        stop_if_told()
        nothing: Moments = Fraction(0), dict.fromkeys(variables, Fraction(0))
        low, high = {j: low[j] for j in variables}, {j: high[j] for j in variables}
        half_spaces: dict[tuple[int, ...], tuple[Fraction, int]] = {}
        for coefficients, bound, names in rows:
            support = [j for j in variables if coefficients[j]]
            if not support:
                if bound < 0:
                    return nothing
                if bound == 0:
                    tight |= names
            elif len(support) == 1:
                (j,) = support
                value = bound / coefficients[j]
                ends, sign = (high, 1) if coefficients[j] > 0 else (low, -1)
                if sign * (ends[j][0] - value) >= 0:
                    ends[j] = (value, names | (ends[j][1] if value == ends[j][0] else 0))
            else:
                common = gcd(*coefficients)
                key, value = tuple(x // common for x in coefficients), bound / common
                before = half_spaces.get(key)
                if before is None or value <= before[0]:
                    half_spaces[key] = (value, names | (before[1] if before and value == before[0] else 0))
        known = self.known.get((tight, variables))
        if known is not None:
            return known
        self.known[tight, variables] = nothing
        if any(low[j][0] >= high[j][0] for j in variables):
            return nothing
        kept = []
        for key, (value, names) in half_spaces.items():
            least = greatest = Fraction(0)
            for j in variables:
                if key[j]:
                    ends_of_term = key[j] * low[j][0], key[j] * high[j][0]
                    least, greatest = least + min(ends_of_term), greatest + max(ends_of_term)
            if least >= value:  # empty, or flat
                return nothing
            if greatest > value:
                kept.append((key, value, names))
        size, moments = Fraction(1), dict[int, Fraction]()
        for group in components([row[0] for row in kept], variables):
            own = [row for row in kept if any(row[0][j] for j in group)]
            part, first = self.component(group, low, high, own, tight)
            moments = {j: x * part for j, x in moments.items()} | {j: x * size for j, x in first.items()}
            size *= part
            if not size:
                return nothing
        self.known[tight, variables] = size, moments
        return size, moments

    def component(
        self,
        variables: tuple[int, ...],
        low: dict[int, tuple[Fraction, int]],
        high: dict[int, tuple[Fraction, int]],
        rows: list[tuple[tuple[int, ...], Fraction, int]],
        tight: int,
    ) -> Moments:
        """The sum over facets: ∫_Q 1 and ∫_Q x_j from the same over the F_i."""
        if len(variables) == 1:
            (j,) = variables
            length = high[j][0] - low[j][0]
            return length, {j: length * (low[j][0] + high[j][0]) / 2}
        size, moments = Fraction(0), dict.fromkeys(variables, Fraction(0))
        unit = {j: tuple(int(k == j) for k in range(self.n)) for j in variables}
        facets = [(unit[j], *high[j]) for j in variables] + rows
        facets += [(tuple(-x for x in unit[j]), -low[j][0], low[j][1]) for j in variables]
        for coefficients, bound, names in facets:
            if bound == 0:
                continue
            pivot = next(j for j in variables if coefficients[j])
            lead = coefficients[pivot]
            others = tuple(j for j in variables if j != pivot)
            reduced = []
            for row, value, own in rows if sum(map(abs, coefficients)) == abs(lead) else facets:
                if own == names:
                    continue
                # |lead| · row − sign(lead) · row[pivot] · facet: the row with x_pivot put in.
                factor = row[pivot] if lead > 0 else -row[pivot]
                changed = [abs(lead) * x - factor * y for x, y in zip(row, coefficients, strict=True)]
                reduced.append((tuple(changed), abs(lead) * value - factor * bound, own))
            # A coordinate's ends are in `facets` where the pivot has to be put into them, too.
            part, first = self.face(others, low, high, reduced, tight | names)
            if not part:
                continue
            weight = bound / abs(lead)
            size += weight * part
            for j in others:
                moments[j] += weight * first[j]
            at_pivot = bound * part - sum(coefficients[j] * first[j] for j in others)
            moments[pivot] += weight * at_pivot / lead
        n = len(variables)
        return size / n, {j: x / (n + 1) for j, x in moments.items()}


def _sum_of_simplices(rows: Sequence[Sequence[int]], n: int) -> Moments:
    vertices, simplices = triangulation(rows, n)
    weights = [Fraction(0)] * len(vertices)
    for chosen, size in simplices:
        for v in chosen:
            weights[v] += size
    # A simplex's mean is that of its n + 1 vertices.
    weights = [x / (n + 1) for x in weights]
    scaled = [x / p[0] for x, p in zip(weights, vertices, strict=True)]
    moments = {j: sum((x * p[j + 1] for x, p in zip(scaled, vertices, strict=True)), Fraction(0)) for j in range(n)}
    return sum(weights, Fraction(0)), moments

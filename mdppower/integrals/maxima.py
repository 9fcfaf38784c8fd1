r"""The exact law of the largest of affine functions of independent rewards.

The functions are l_k(r) = a_k·r, k = 1 … K; a constant term is a coefficient on a coordinate that is constant.
Asked are E max_k l_k, the shares P(l_k is a largest), and for two sets A and B which of max_A and max_B is larger.
All answers are fractions.

**Uniform rewards** on intervals. Different functions tie with probability 0, equal ones always: they share one
cell. A function that is nowhere above another one has share 0 and is left out; a coordinate that has the same
coefficient in all that remain does not decide anything and is put aside with its mean. Then one of two routes.

*cones.* The cell {l_k ≥ l_j for all j} is a polytope in the box: its volume is the share of k, and E max is the sum
of ∫ l_k over the cells (`mdppower.integrals.volumes`, by facets).

*pieces.* Functions that share no random coordinate are independent: products of piecewise polynomials
(`mdppower.integrals.piecewise`).

**Discrete rewards**: all combinations of the atoms that matter are gone through, in integers. Ties count.

References
----------
Lasserre, J. B. (1983), J. Optim. Theory
Appl. 39, 363–377.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from mdppower._checks import choice
from mdppower._stop import stop_if_told
from mdppower.errors import ParameterError, SizeError
from mdppower.integrals.atoms import Combinations, Law, Rows, require_rows
from mdppower.integrals.piecewise import by_cells, by_pieces, cell, work_of_pieces
from mdppower.integrals.volumes import LIMIT, Rational, volume, work

Comparison: TypeAlias = "tuple[Fraction, Fraction, Fraction, Fraction, Fraction]"
"""E max_A, E max_B, P(max_A > max_B), P(max_A = max_B), P(max_A < max_B)."""

ROUTES = ("auto", "pieces", "cones")
_PAIR_SECONDS = 5e-6  # of comparing one coefficient of two functions, measured on one 2020s core


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
    left, problem, aside = _reduced(functions)
    seconds = _seconds(problem)
    if route == "auto":
        route = min(seconds, key=lambda name: seconds[name])
    if seconds[route] > LIMIT:
        raise SizeError(
            f"the exact maximum of {len(left)} functions of {len(problem[0]) - 1} coordinates by {route} takes about "
            f"{seconds[route]:.2g} s; the limit is {LIMIT:g} s"
        )
    mean, shares = by_pieces(problem) if route == "pieces" else by_cells(problem, "facets")
    share_of = dict(zip(left, shares, strict=True))
    return Maximum(aside + mean, [share_of.get(f, Fraction(0)) for f in functions])


def _reduced(
    functions: list[tuple[Fraction, ...]],
) -> tuple[list[tuple[Fraction, ...]], list[list[Fraction]], Fraction]:
    """The functions that may be greatest; these of the coordinates in which they differ; the mean of the others."""
    distinct = list(dict.fromkeys(functions))
    left = [f for f in distinct if not _is_below(f, distinct)]
    n = len(left[0]) - 1
    common = [j for j in range(n) if len({f[j] for f in left}) == 1]
    kept = [j for j in range(n) if j not in common] + [n]
    aside = sum((left[0][j] / 2 for j in common), Fraction(0))
    return left, [[f[j] for j in kept] for f in left], aside


def _seconds(problem: list[list[Fraction]]) -> dict[str, float]:
    """The estimated work by each route."""
    cones = sum(work(cell(problem, k)[0]) for k in range(len(problem)))
    return {"pieces": work_of_pieces(problem), "cones": cones}


def seconds_of_uniform(rows: Rows, lows: Sequence[Rational], highs: Sequence[Rational]) -> float:
    """About how many seconds `maximum_uniform` takes, by its own estimate.

    Examples
    --------
    >>> seconds_of_uniform([[1, 0], [0, 1]], [0, 0], [1, 1]) < 1
    True
    """
    functions = _on_unit_box(rows, lows, highs)
    sift = seconds_to_sift(len(set(functions)), len(functions[0]))
    return sift if sift > LIMIT else sift + min(_seconds(_reduced(functions)[1]).values())


def seconds_to_sift(count: int, n: int) -> float:
    """About how long it takes to find which of so many functions of n uniform rewards may be the greatest.

    Examples
    --------
    >>> seconds_to_sift(10, 5) < 1 < seconds_to_sift(10_000, 5)
    True
    """
    return _PAIR_SECONDS * count**2 * n


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
        There are more than `MOST_COMBINATIONS` combinations of atoms.

    Examples
    --------
    >>> coin = [(0, Fraction(1, 2)), (1, Fraction(1, 2))]
    >>> maximum_discrete([[1, 0], [0, 1]], [coin, coin])
    Maximum(mean=Fraction(3, 4), shares=[Fraction(3, 4), Fraction(3, 4)])
    """
    combinations = Combinations(rows, laws)
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
    combinations = Combinations([*A_rows, *B_rows], laws)
    mean_a = mean_b = greater = less = 0
    for values, weights in combinations:
        a, b = values[: len(A_rows)].max(axis=0), values[len(A_rows) :].max(axis=0)
        mean_a, mean_b = mean_a + int((weights * a).sum()), mean_b + int((weights * b).sum())
        greater, less = greater + int(weights[a > b].sum()), less + int(weights[a < b].sum())
    up, down = Fraction(greater, combinations.total), Fraction(less, combinations.total)
    return combinations.value(mean_a), combinations.value(mean_b), up, 1 - up - down, down


def _on_unit_box(rows: Rows, lows: Sequence[Rational], highs: Sequence[Rational]) -> list[tuple[Fraction, ...]]:
    """The functions of u ∈ [0, 1]^d, one coordinate for each reward that varies: (coefficients …, constant)."""
    require_rows(rows, len(lows))
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


def _is_below(f: tuple[Fraction, ...], others: list[tuple[Fraction, ...]]) -> bool:
    """Whether one of the others is nowhere below f on the unit box."""
    stop_if_told()
    return any(f != g and _never_above(f, g) for g in others)


def _never_above(f: Sequence[Fraction], g: Sequence[Fraction]) -> bool:
    """Whether f ≤ g on the unit box."""
    *slopes, constant = (x - y for x, y in zip(f, g, strict=True))
    return sum((x for x in slopes if x > 0), constant) <= 0

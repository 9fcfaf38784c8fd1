"""The sign of a polynomial with integer coefficients at a fraction, or just below 1: exactly, at any size.

It is where floats and 64-bit integers give up that these are asked. At γ = p/q the sum Σ c_k p^k q^{n−1−k} is put
together from halves, so that long numbers are only multiplied by long ones. Just below 1 the first of P(1), −P′(1),
P″(1), … that is not 0 decides; they are found by dividing by 1 − x as often as P(1) = 0, and the coefficients of
P/(1 − x) are the sums of the first ones of P.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

SHORT = 32


def sign_at(coefficients: Sequence[int], gamma: Fraction) -> int:
    """The sign of Σ c_k γ^k: 1, 0 or −1; at γ = 1 that for all γ < 1 near enough.

    Parameters
    ----------
    coefficients : sequence of int
        c_0, c_1, …
    gamma : Fraction
        In (0, 1].

    Returns
    -------
    int

    Examples
    --------
    1 − 2x vanishes at 1/2; 1 − 2x + x² at 1, and is positive before.

    >>> sign_at([1, -2], Fraction(1, 2)), sign_at([1, -2], Fraction(2, 3)), sign_at([1, -2, 1], Fraction(1))
    (0, -1, 1)
    """
    total = _sum(coefficients, gamma.numerator, gamma.denominator) if gamma != 1 else _first_sum(coefficients)
    return (total > 0) - (total < 0)


def _sum(c: Sequence[int], p: int, q: int) -> int:
    """Σ c_k p^k q^{n−1−k}."""
    if len(c) <= SHORT:
        total = 0
        power = 1
        for x in reversed(c):  # Horner: p · (what comes after) + c_k · q^{number of those after}
            total = p * total + x * power
            power *= q
        return total
    half = len(c) // 2
    above: int = q ** (len(c) - half)
    below: int = p**half
    return _sum(c[:half], p, q) * above + below * _sum(c[half:], p, q)


def _first_sum(c: Sequence[int]) -> int:
    """P(1) of the first of P, P/(1 − x), P/(1 − x)², … where it is not 0; 0 if P = 0."""
    while any(c):
        c = list(accumulate(c))
        if c[-1]:
            return c[-1]
    return 0

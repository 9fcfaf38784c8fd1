"""The largest of four centred normal variables by elementary formulas, from inner products in fractions."""

from __future__ import annotations

from fractions import Fraction
from math import atan2, pi, sqrt


def _dot(a, b):
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _angle(a, b):
    """In floats, from inner products in fractions: also where the vectors are nearly parallel."""
    product, square = _dot(a, b), _dot(a, a) * _dot(b, b)
    return atan2(sqrt(square - product**2), product)


def four_by_angles(rows):
    """E max and the shares of ⟨row, N(0, I)⟩ for four rows, by elementary formulas.

    A share is the orthant probability of three centred differences, 1/8 + Σ asin ρ/(4π) = 1/2 − Σ angle/(4π). By
    Afonja E max = Σ_{i<j} θ_ij q_ij/√(2π), where q_ij is an orthant of two: 1/2 − angle/(2π).
    """
    rows = [[Fraction(x) for x in row] for row in rows]
    shares, mean = [], 0.0
    for i in range(4):
        apart = {k: [x - y for x, y in zip(rows[k], rows[i], strict=True)] for k in range(4) if k != i}
        angles = [_angle(apart[k], apart[j]) for k in apart for j in apart if j < k]
        shares.append(1 / 2 - sum(angles) / (4 * pi))
        for j in range(i + 1, 4):
            square = _dot(apart[j], apart[j])
            left = [
                [x - _dot(apart[k], apart[j]) / square * y for x, y in zip(apart[k], apart[j], strict=True)]
                for k in apart
                if k != j
            ]
            mean += sqrt(square / 2 / Fraction(pi)) * (1 / 2 - _angle(*left) / (2 * pi))
    return mean, shares

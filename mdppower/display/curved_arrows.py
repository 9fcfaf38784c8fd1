"""Curved arrows as quadratic Bézier curves: B(t) = (1−t)²P₀ + 2t(1−t)P₁ + t²P₂.

The middle control point stands beside the middle of the chord from P₀ to P₂, at `bend` times its length; the curve's
own middle B(½) = ¼P₀ + ½P₁ + ¼P₂ is then half as far from the chord.

A part of the curve, from t = u to t = v, is again such a curve. Its control points are values of the blossom

    b(x, y) = (1−x)(1−y)P₀ + (x(1−y) + y(1−x))P₁ + xyP₂,

the one function that is affine in x and in y, symmetric, and has b(t, t) = B(t): they are b(u, u), b(u, v), b(v, v)
(Ramshaw, Blossoms are polar forms, 1989). So an arrow is cut where it leaves its states, and keeps its shape.
"""

from __future__ import annotations

import numpy as np

from mdppower._typing import FloatArray


def bezier(start: FloatArray, end: FloatArray, bend: float) -> FloatArray:
    """(3, 2) control points; the curve's height is half of `bend` times its length.

    Examples
    --------
    >>> bezier(np.array([0.0, 0.0]), np.array([2.0, 0.0]), 0.5).tolist()
    [[0.0, 0.0], [1.0, -1.0], [2.0, 0.0]]
    """
    along = end - start
    return np.array([start, (start + end) / 2 + bend * np.array([along[1], -along[0]]), end])


def points_of(curve: FloatArray, count: int = 33) -> FloatArray:
    """(count, 2) points on the curve, ends included."""
    t = np.linspace(0, 1, count)[:, None]
    found: FloatArray = (1 - t) ** 2 * curve[0] + 2 * t * (1 - t) * curve[1] + t**2 * curve[2]
    return found


def trimmed(curve: FloatArray, radius: float) -> FloatArray:
    """The part of the curve that is further than `radius` from both of its ends.

    The control points of the part from u to v are the blossom of the curve at (u, u), (u, v) and (v, v).

    Examples
    --------
    >>> trimmed(bezier(np.array([0.0, 0.0]), np.array([2.0, 0.0]), 0.0), 0.5).round(2).tolist()
    [[0.5, 0.0], [1.0, 0.0], [1.5, 0.0]]
    """
    points = points_of(curve, 1001)
    outside = np.flatnonzero(np.minimum(*(np.hypot(*(points - end).T) for end in (curve[0], curve[2]))) >= radius)
    if not outside.size:
        return curve
    u, v = outside[[0, -1]] / 1000

    def blossom(a: float, b: float) -> FloatArray:
        weights = np.array([(1 - a) * (1 - b), a * (1 - b) + b * (1 - a), a * b])
        return weights @ curve

    return np.array([blossom(u, u), blossom(u, v), blossom(v, v)])

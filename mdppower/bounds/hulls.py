"""Whether a vector lies in the convex hull of others, in fractions: h_A − h_B ≤ 0 for any rewards hangs on it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy import optimize

from mdppower.mdp.rational import ONE, ZERO, Row

NEAR = 1e-9
"""A vector farther off than this times the largest entry is outside."""
USED = 1e-12
"""Shares below this are none."""


def in_hull(point: Row, rows: list[Row]) -> bool:
    """Whether a vector is proved to be a convex combination of rows.

    Non-negative least squares finds which rows a combination needs; these must have an exact one.

    Examples
    --------
    >>> unit, third = [[ONE, ZERO], [ZERO, ONE]], Fraction(1, 3)
    >>> in_hull([third, 1 - third], unit), in_hull([third, 1 - third + ONE / 10**30], unit)
    (True, False)
    """
    if point in rows:
        return True
    table, target = np.array(rows, dtype=np.float64), np.array(point, dtype=np.float64)
    size = float(np.abs(table).max(initial=0.0)) or 1.0
    system = np.vstack([table.T / size, np.ones(len(rows))])
    shares, miss = optimize.nnls(system, np.r_[target / size, 1.0])
    if miss > NEAR:
        return False
    used = [rows[k] for k in np.flatnonzero(shares > USED)]
    found = _combination(point, used)
    return found is not None and min(found) >= 0


def _combination(point: Row, rows: list[Row]) -> Row | None:
    """The λ of sum 1 with Σ λ_k row_k = point, where there is one and no other."""
    count = len(rows)
    equations = [[*(row[s] for row in rows), point[s]] for s in range(len(point))] + [[ONE] * (count + 1)]
    done = 0
    for k in range(count):
        pivot = next((i for i in range(done, len(equations)) if equations[i][k]), None)
        if pivot is None:
            return None
        equations[done], equations[pivot] = equations[pivot], equations[done]
        scale = equations[done][k]
        top = equations[done] = [x / scale if x else ZERO for x in equations[done]]
        for i, line in enumerate(equations):
            if i != done and line[k]:
                factor: Fraction = line[k]
                equations[i] = [x - factor * y if y else x for x, y in zip(line, top, strict=True)]
        done += 1
    return None if any(line[-1] for line in equations[done:]) else [equations[k][-1] for k in range(count)]

"""Sets of vectors as rows of an array: those that differ, those that are extreme, those that a user gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from mdppower._typing import FloatArray
from mdppower.errors import ParameterError, SolverError
from mdppower.solvers import linprog

MARGIN = 1e-7
"""The least lead (of V scaled to [−1, 1]) that counts as strict where a linear program decides."""
SAME = 1e-9
"""Rows that differ by less are one."""


def distinct_rows(rows: FloatArray, tolerance: float = SAME, *, relative: bool = False) -> list[int]:
    """Positions of the first of each group of rows that are equal to within `tolerance`.

    One of each group stays, and the others are near to it. If `relative`, each entry to within that share of it: for
    rows whose small entries are right, too, as visits are.

    Examples
    --------
    >>> rows = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1e-12]])
    >>> distinct_rows(rows), distinct_rows(rows, relative=True)
    ([0, 1], [0, 1, 2])
    """
    return [group[0] for group in row_groups(rows, tolerance, relative=relative)]


def row_groups(rows: FloatArray, tolerance: float = SAME, *, relative: bool = False) -> list[list[int]]:
    """The groups of `distinct_rows`, as positions.

    Examples
    --------
    >>> row_groups(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1e-12]]))
    [[0, 2], [1]]
    """
    if len(rows) == 0:
        return []
    # Equal rows have nearly equal projections: only neighbours in that order need to be compared.
    shadow = rows @ np.random.default_rng(0).standard_normal(rows.shape[1])
    reach = tolerance * 10 * rows.shape[1] * (float(np.abs(rows).max(initial=0.0)) if relative else 1.0)
    order = np.argsort(shadow, kind="stable")
    groups: dict[int, list[int]] = {}  # by the member met first in that order
    near: list[int] = []
    for k in order.tolist():
        near = [j for j in near if shadow[k] - shadow[j] <= reach]
        size = np.abs(rows[k]) if relative else 1.0
        same = next((j for j in near if (np.abs(rows[k] - rows[j]) <= tolerance * size).all()), None)
        if same is None:
            near.append(k)
            groups[k] = [k]
        else:
            groups[same].append(k)
    return sorted(map(sorted, groups.values()))


def extreme_rows(rows: FloatArray) -> list[int]:
    """Positions of the rows that strictly maximise ⟨row, r⟩ for some r: the vertices of the hull of distinct rows.

    One linear program a row: the greatest t with ⟨row − other, r⟩ ≥ t for all others and |r| ≤ 1, whose r is checked.

    Examples
    --------
    >>> extreme_rows(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]))
    [0, 2]
    """
    kept: list[int] = []
    for k, row in enumerate(rows):
        leads = row - np.delete(rows, k, axis=0)
        size = np.abs(leads).sum(axis=1)
        if (size[:k] == 0).any():
            continue  # the same as an earlier row, which stands for both
        leads = leads[size > 0] / size[size > 0, None]  # rows that are nearly the same are told apart, too
        if len(leads):
            program = np.hstack([-leads, np.ones((len(leads), 1))])
            cost = np.r_[np.zeros(rows.shape[1]), -1.0]
            r = linprog.solve(
                cost, upper=sparse.csr_array(program), upper_rhs=np.zeros(len(leads)), bounds=(-1, 1)
            ).x[:-1]
            if not (leads @ r).min() > MARGIN:
                continue
        kept.append(k)
    if len(rows) and not kept:
        raise SolverError("no row can be shown to be extreme", error_bound=MARGIN)
    return kept


def as_rows(vectors: Any, n_states: int | None = None) -> FloatArray:
    """A set of vectors as a (K, S) array, or ParameterError."""
    try:
        rows = np.array(vectors, dtype=np.float64, ndmin=2)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"vectors must be rows of numbers: {error}") from None
    if rows.ndim != 2 or rows.size == 0:
        raise ParameterError(f"an option needs at least one vector, got shape {rows.shape}")
    if n_states is not None and rows.shape[1] != n_states:
        raise ParameterError(f"vectors must have {n_states} entries, one a state; got {rows.shape[1]}")
    if not np.isfinite(rows).all():
        k, s = np.argwhere(~np.isfinite(rows))[0]
        raise ParameterError(f"entry {s} of vector {k} is {rows[k, s]}")
    return rows

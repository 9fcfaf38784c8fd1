"""Numbers as a page gets them: nine digits, and null for what is none."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._typing import AnyArray

DIGITS = 9
_EXACT = 22
"""Powers of ten up to this are floats themselves, so that one division gives the float nearest to a decimal."""


def rounded(values: AnyArray) -> Any:
    """The numbers of an array as nested lists of floats of nine significant digits; null for NaN and infinities.

    Examples
    --------
    >>> rounded(np.array([[2 / 3, 123456789012.0], [np.nan, -1e-30 / 3]]))
    [[0.666666667, 123456789000.0], [None, -3.33333333e-31]]
    """
    x = np.asarray(values, dtype=np.float64)
    fine = np.isfinite(x)
    size = np.abs(np.where(fine & (x != 0), x, 1.0))
    places = DIGITS - 1 - np.floor(np.log10(size)).astype(np.int64)
    far = fine & (np.abs(places) > _EXACT)
    scale = 10.0 ** np.minimum(np.abs(places), _EXACT)
    clean = np.where(fine & ~far, x, 0.0)
    found = np.where(places >= 0, np.rint(clean * scale) / scale, np.rint(clean / scale) * scale)
    found[far] = [float(f"{value:.{DIGITS}g}") for value in x[far].tolist()]
    told = found.astype(object)
    told[~fine] = None
    return told.tolist()

"""Array aliases, and the letters that docstrings use for shapes.

====== ==========================================================
letter meaning
====== ==========================================================
S      states
A      actions: the size of the largest action set
P      feasible state-action pairs, sorted by state
N      reward draws
G      discount rates
K      replicates of draws (or vectors of a set)
====== ==========================================================

Arrays are C-contiguous float64 unless said otherwise. Indices inside, labels at the border.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
AnyArray: TypeAlias = npt.NDArray[Any]

Label: TypeAlias = str | int | tuple[Any, ...]
"""A name of a state or an action: str, int, or a tuple of these (which JSON can hold)."""

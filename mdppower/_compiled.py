"""How loops are compiled: once, cached on disk, without the interpreter's lock, so that threads scale.

No fast-math and no automatic parallelism: a draw has the same bits whatever runs beside it. Numba's cache does not
see a change in a function of another file: a kernel calls only functions of its own file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from numba import njit

from mdppower.errors import MDPPowerWarning

_said: list[str] = []


def kernel(function: Callable[..., Any]) -> Any:
    """Compile on first use; cached where that can be, else anew in each process, which a warning says once."""
    try:
        return njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError as error:  # Numba: "cannot cache function …: no locator available"
        if not _said:
            _said.append(str(error))
            warnings.warn(
                "compiled kernels cannot be cached (no folder for them can be written; see NUMBA_CACHE_DIR): every "
                "process will spend some seconds to compile them",
                MDPPowerWarning,
                stacklevel=2,
            )
        return njit(nogil=True, error_model="numpy")(function)

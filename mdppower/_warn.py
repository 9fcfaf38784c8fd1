"""Warnings that point at the line of the user's that led to them, however deep inside the package they are given."""

from __future__ import annotations

import os
import sys
import warnings

from mdppower.errors import MDPPowerWarning

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def warn(message: str) -> None:
    """Give an MDPPowerWarning at the nearest line outside of this package.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     warn("rewards are no numbers")
    >>> print(caught[0].message)
    rewards are no numbers
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, MDPPowerWarning, stacklevel=level)

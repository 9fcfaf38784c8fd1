"""Checks of arguments that several functions share; each error names the argument and the value given."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from mdppower.errors import ParameterError


def discount_rates(gamma: Any) -> tuple[tuple[float, ...], bool]:
    """The discount rates, and whether a single one was given.

    Parameters
    ----------
    gamma : float or sequence of float
        In [0, 1].

    Returns
    -------
    rates : tuple of float
    single : bool

    Raises
    ------
    ParameterError
        A rate is not a number in [0, 1], or there is none.
    """
    if isinstance(gamma, (str, bytes)) or not isinstance(gamma, (Real, Iterable)):
        raise ParameterError(f"gamma must be a number in [0, 1] or a sequence of these, got {gamma!r}")
    single = isinstance(gamma, Real) or (isinstance(gamma, np.ndarray) and gamma.ndim == 0)
    given: list[Any] = [gamma] if isinstance(gamma, Real) or single else list(gamma)
    if not given:
        raise ParameterError("gamma is empty; give at least one discount rate in [0, 1]")
    rates = tuple(_rate(g) for g in given)
    if len(set(rates)) < len(rates):
        raise ParameterError(f"gamma has a rate twice: {given}")
    return rates, single


def _rate(gamma: Any) -> float:
    if isinstance(gamma, (bool, str, bytes)):
        raise ParameterError(f"gamma must be a number in [0, 1], got {gamma!r}")
    try:
        rate = float(gamma)
    except (TypeError, ValueError):
        raise ParameterError(f"gamma must be a number in [0, 1], got {gamma!r}") from None
    if not 0 <= rate <= 1:  # NaN fails too
        raise ParameterError(f"gamma must be in [0, 1], got {rate!r}")
    return rate


def positive_integer(value: Any, name: str) -> int:
    """The value as an int ≥ 1, or ParameterError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise ParameterError(f"{name} must be a positive integer, got {value!r}")
    return int(value)


def open_unit(value: Any, name: str) -> float:
    """The value as a float strictly between 0 and 1, or ParameterError."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < 1:
        raise ParameterError(f"{name} must be a number strictly between 0 and 1, got {value!r}")
    return float(value)


def positive(value: Any, name: str) -> float:
    """The value as a finite float > 0, or ParameterError."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise ParameterError(f"{name} must be a positive number, got {value!r}")
    return float(value)


def choice(value: Any, name: str, options: Iterable[str]) -> str:
    """The value if it is one of the options, or ParameterError."""
    options = tuple(options)
    if value not in options:
        raise ParameterError(f"{name} must be one of {', '.join(map(repr, options))}, got {value!r}")
    return str(value)

"""Checks of arguments that several functions share; each error names the argument and the value given."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower.errors import ParameterError

LARGEST_REWARD = 1e150
"""Squares of rewards, and sums of squares, are numbers."""


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
        raise ParameterError(f"gamma must be a number in [0, 1] or a sequence of these, got {quoted(gamma)}")
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
        raise ParameterError(f"gamma must be a number in [0, 1], got {quoted(gamma)}")
    try:
        rate = float(gamma)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(f"gamma must be a number in [0, 1], got {quoted(gamma)}") from None
    if not 0 <= rate <= 1:  # NaN fails too
        raise ParameterError(f"gamma must be in [0, 1], got {rate!r}")
    return rate


def positive_integer(value: Any, name: str) -> int:
    """The value as an int ≥ 1, or ParameterError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise ParameterError(f"{name} must be a positive integer, got {quoted(value)}")
    return int(value)


def generator(rng: Any) -> np.random.Generator:
    """What `numpy.random.default_rng` makes of the argument, or ParameterError."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise ParameterError(f"rng must be a non-negative integer or a numpy Generator, got {quoted(rng)}") from None


def _as_float(value: Any) -> float:
    """A real number as a float, infinite where it is too large; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf


def open_unit(value: Any, name: str) -> float:
    """The value as a float strictly between 0 and 1, or ParameterError."""
    if not 0 < _as_float(value) < 1:
        raise ParameterError(f"{name} must be a number strictly between 0 and 1, got {quoted(value)}")
    return float(value)


def positive(value: Any, name: str) -> float:
    """The value as a finite float > 0, or ParameterError."""
    if not 0 < _as_float(value) < np.inf:
        raise ParameterError(f"{name} must be a positive number, got {quoted(value)}")
    return float(value)


def choice(value: Any, name: str, options: Iterable[str]) -> str:
    """The value if it is one of the options, or ParameterError."""
    options = tuple(options)
    if not isinstance(value, str) or value not in options:
        raise ParameterError(f"{name} must be one of {', '.join(map(repr, options))}, got {quoted(value)}")
    return str(value)

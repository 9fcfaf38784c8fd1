"""Checks of arguments that several functions share; each error names the argument and the value given."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np

from mdppower._horizon import Horizon
from mdppower._quotes import quoted
from mdppower.errors import ParameterError

LARGEST_REWARD = 1e150
"""Squares of rewards, and sums of squares, are numbers."""
LONGEST = 10**9
"""Most steps of a horizon: γ = 1 is off by O(1/H) of it."""


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


def rates_or_horizons(gamma: Any, horizon: Any) -> tuple[tuple[float, ...], bool]:
    """The discount rates, or the horizons, and whether a single one was given.

    Parameters
    ----------
    gamma : float or sequence of float, or None
        In [0, 1].
    horizon : int or sequence of int, or None
        Numbers of steps, from 1 to 10^9.

    Returns
    -------
    rates : tuple of float
        Each a `Horizon`, where these were given.
    single : bool

    Raises
    ------
    ParameterError
        Both are given, or neither, or one of them is not such a number.

    Examples
    --------
    >>> rates_or_horizons(0.9, None), rates_or_horizons(None, [1, 5])
    (((0.9,), True), ((H = 1, H = 5), False))
    """
    if gamma is not None and horizon is not None:
        raise ParameterError(f"give gamma or horizon, not both: got gamma={quoted(gamma)}, horizon={quoted(horizon)}")
    if horizon is not None:
        return _horizons(horizon)
    if gamma is None:
        raise ParameterError("give gamma=, a discount rate in [0, 1], or horizon=, a number of steps")
    return discount_rates(gamma)


def _horizons(horizon: Any) -> tuple[tuple[float, ...], bool]:
    if isinstance(horizon, (str, bytes)) or not isinstance(horizon, (Real, Iterable)):
        raise ParameterError(f"horizon must be a positive integer or a sequence of these, got {quoted(horizon)}")
    single = isinstance(horizon, Real) or (isinstance(horizon, np.ndarray) and horizon.ndim == 0)
    given: list[Any] = [horizon[()] if isinstance(horizon, np.ndarray) else horizon] if single else list(horizon)  # type: ignore[arg-type]
    if not given:
        raise ParameterError("horizon is empty; give at least one number of steps")
    steps = tuple(Horizon(_steps(h)) for h in given)
    if len(set(steps)) < len(steps):
        raise ParameterError(f"horizon has a number twice: {given}")
    return steps, single


def _steps(horizon: Any) -> int:
    steps = horizon.steps if isinstance(horizon, Horizon) else positive_integer(horizon, "horizon")
    if steps > LONGEST:
        raise ParameterError(f"horizon is at most {LONGEST:,} steps, got {steps}; gamma = 1 is its limit")
    return steps


def _rate(gamma: Any) -> float:
    if isinstance(gamma, Horizon):
        raise ParameterError(f"gamma must be a number in [0, 1], got the horizon {gamma!r}")
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


def as_float(value: Any) -> float:
    """A real number as a float, infinite where it is too large; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf


def open_unit(value: Any, name: str) -> float:
    """The value as a float strictly between 0 and 1, or ParameterError."""
    if not 0 < as_float(value) < 1:
        raise ParameterError(f"{name} must be a number strictly between 0 and 1, got {quoted(value)}")
    return float(value)


def positive(value: Any, name: str) -> float:
    """The value as a finite float > 0, or ParameterError."""
    if not 0 < as_float(value) < np.inf:
        raise ParameterError(f"{name} must be a positive number, got {quoted(value)}")
    return float(value)


def choice(value: Any, name: str, options: Iterable[str]) -> str:
    """The value if it is one of the options, or ParameterError."""
    options = tuple(options)
    if not isinstance(value, str) or value not in options:
        raise ParameterError(f"{name} must be one of {', '.join(map(repr, options))}, got {quoted(value)}")
    return str(value)

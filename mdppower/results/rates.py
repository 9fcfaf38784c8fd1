"""One of some discount rates, or horizons: 0.3 finds 0.1 + 0.2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mdppower._checks import discount_rates, rates_or_horizons
from mdppower._horizon import Horizon
from mdppower._text import rate_name, rate_text
from mdppower.errors import ParameterError

NEAR = 1e-9
"""How far from a rate it may be asked for; the ends, 0 and 1, are found by themselves alone."""


def rate_values(rates: Sequence[float]) -> list[float] | list[int]:
    """Discount rates as they are, horizons as integers: for columns and coordinates.

    Examples
    --------
    >>> rate_values((0.5, 1.0)), rate_values((Horizon(1), Horizon(5)))
    ([0.5, 1.0], [1, 5])
    """
    return [rate.steps for rate in rates if isinstance(rate, Horizon)] or list(rates)


def rate_position(gammas: Sequence[float], gamma: Any, horizon: Any = None) -> int:
    """Where a rate is among some.

    Parameters
    ----------
    gammas : sequence of float
    gamma : float
        One of them, or as near to one as rounding brings it.
    horizon : int, optional
        In place of γ.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        It is none of these.

    Examples
    --------
    >>> rate_position([0.0, 0.1 + 0.2, 1.0], 0.3), rate_position([Horizon(1), Horizon(5)], None, horizon=5)
    (1, 1)
    >>> rate_position([0.0, 1.0], 1 - 1e-12)
    Traceback (most recent call last):
    mdppower.errors.ParameterError: gamma 0.999999999999 is not one of 0, 1
    """
    if horizon is not None:
        (steps, *_), single = rates_or_horizons(gamma, horizon)
        if not single:
            raise ParameterError(f"give one horizon, got {horizon!r}")
        if steps not in gammas:
            known = _told(gammas) if rate_name(gammas) == "horizon" else f"the rates {_told(gammas)}"
            raise ParameterError(f"horizon {rate_text(steps)} is not one of {known}")
        return list(gammas).index(steps)
    if gamma is None:
        raise ParameterError(f"say which {rate_name(gammas)}: one of {', '.join(map(rate_text, gammas))}")
    if gamma in gammas:
        return list(gammas).index(gamma)
    if rate_name(gammas) == "horizon":
        raise ParameterError(f"gamma {gamma!r} is not one of {_told(gammas)}; give horizon=")
    (rate, *_), single = discount_rates(gamma)
    if not single:
        raise ParameterError(f"give one gamma, got {gamma!r}")
    near = [k for k, g in enumerate(gammas) if abs(g - rate) <= NEAR and {0.0, 1.0}.isdisjoint((g, rate))]
    if not near:
        raise ParameterError(f"gamma {gamma!r} is not one of {_told(gammas)}")
    return min(near, key=lambda k: abs(gammas[k] - rate))


def _told(rates: Sequence[float]) -> str:
    kind = "the horizons " if rate_name(rates) == "horizon" else ""
    return kind + ", ".join(map(rate_text, rates))

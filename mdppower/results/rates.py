"""One of some discount rates: 0.3 finds 0.1 + 0.2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mdppower._checks import discount_rates
from mdppower._text import rate_text
from mdppower.errors import ParameterError

NEAR = 1e-9
"""How far from a rate it may be asked for; the ends, 0 and 1, are found by themselves alone."""


def rate_position(gammas: Sequence[float], gamma: Any) -> int:
    """Where a rate is among some.

    Parameters
    ----------
    gammas : sequence of float
    gamma : float
        One of them, or as near to one as rounding brings it.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        It is none of these.

    Examples
    --------
    >>> rate_position([0.0, 0.1 + 0.2, 1.0], 0.3)
    1
    >>> rate_position([0.0, 1.0], 1 - 1e-12)
    Traceback (most recent call last):
    mdppower.errors.ParameterError: gamma 0.999999999999 is not one of 0, 1
    """
    if gamma in gammas:
        return list(gammas).index(gamma)
    (rate, *_), single = discount_rates(gamma)
    if not single:
        raise ParameterError(f"give one gamma, got {gamma!r}")
    near = [k for k, g in enumerate(gammas) if abs(g - rate) <= NEAR and {0.0, 1.0}.isdisjoint((g, rate))]
    if not near:
        raise ParameterError(f"gamma {gamma!r} is not one of {', '.join(map(rate_text, gammas))}")
    return min(near, key=lambda k: abs(gammas[k] - rate))

"""Numbers as files of other tools write them: decimals, and fractions such as 2/3."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from mdppower._schema import Misfit

FEWEST_DIGITS, MOST_DIGITS = 5, 9
"""Of a number that was rounded when it was printed: with fewer, somebody wrote it; with more, it does not matter."""

REMEMBERED = 4096
"""Numbers that were read: most files write few of them again and again."""
MOST_OF_WHOLE = 18
"""Digits: less than 2**63."""

_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_FRACTION = re.compile(r"([+-]?\d{1,300})/(\d{1,300})", re.ASCII)


def whole(text: str) -> int:
    """A number of something: digits, and no more than 18 of them.

    Examples
    --------
    >>> whole("12")
    12
    """
    if not (text.isdigit() and text.isascii() and len(text) <= MOST_OF_WHOLE):
        raise Misfit("an integer without a sign", text, "the number")
    return int(text)


@lru_cache(REMEMBERED)
def real(text: str) -> float:
    """A finite number, written as a decimal or as a fraction.

    Examples
    --------
    >>> real("1/3"), real("5.6e-6")
    (0.3333333333333333, 5.6e-06)
    """
    if _DECIMAL.fullmatch(text):
        value = float(text)
    elif found := _FRACTION.fullmatch(text):
        value = int(found[1]) / int(found[2]) if int(found[2]) else math.nan
    else:
        value = math.nan
    if not math.isfinite(value):
        raise Misfit("a finite number such as 0.25 or 1/4", text, "the number")
    return value


@lru_cache(REMEMBERED)
def probability(text: str) -> float:
    """A number in [0, 1]; what is above 1 by no more than rounding is left to the sum of its row.

    Examples
    --------
    >>> probability("0.5")
    0.5
    """
    if text.startswith("[") and text.endswith("]"):
        raise Misfit("one number, as intervals of probabilities are no MDP", text, "a probability")
    value = real(text)
    if not 0 <= value <= 1 + 1e-9:
        raise Misfit("in [0, 1]", text, "a probability")
    return value


def coarseness(longest: str) -> float:
    """The spacing at 1 of what a program printed, by the longest of its numbers; 0 where that has enough digits.

    Many print ⅓ as 0.333333: three of these miss 1 by a millionth, which is no fault of the model's.

    Examples
    --------
    >>> coarseness("0.333333"), coarseness("1.23457e-05"), coarseness("0.25"), coarseness("1/3")
    (1e-06, 1e-06, 0.0, 0.0)
    """
    digits = len(longest.lower().partition("e")[0].replace(".", "").lstrip("0+-"))
    return 10.0**-digits if "." in longest and FEWEST_DIGITS <= digits <= MOST_DIGITS else 0.0

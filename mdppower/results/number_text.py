"""Numbers as text, with as many digits as tell them apart."""

from __future__ import annotations

import math

import numpy as np

from mdppower._horizon import Horizon
from mdppower._text import rate_text, told_rates
from mdppower._typing import FloatArray


def number_text(value: float) -> str:
    """Six significant digits, or more where they would make an integer of what is none: γ = 0.99999999 is not 1."""
    text = f"{value:.6g}"
    return rate_text(value) if float(text) == 1 != value else text


def rate_title(rate: float) -> str:
    """A discount rate, or a horizon, with its letter and as many digits as a title takes.

    Examples
    --------
    >>> rate_title(0.9), rate_title(Horizon(5))
    ('γ = 0.9', 'H = 5')
    """
    return told_rates(rate) if isinstance(rate, Horizon) else f"γ = {number_text(rate)}"


def number_texts(values: FloatArray, told_apart: FloatArray | None = None) -> list[str]:
    """Short numbers, with as many digits as tell them apart; ".83" where all are between 0 and 1.

    `told_apart` are those that the digits have to tell apart, where not all.
    """
    some = values if told_apart is None or not len(told_apart) else told_apart
    low, high = float(some.min()), float(some.max())
    digits = decimals(high - low, 2) if high > low else 3
    size = float(np.abs(values).max())
    if not math.isfinite(size) or digits > 5 or size >= 1e5:
        known = high > low and math.isfinite(size)  # as many digits as tell them apart here, too
        significant = min(15, max(4, 2 + math.ceil(math.log10(size / (high - low))))) if known else 4
        return [f"{x:.{significant}g}" for x in values.tolist()]
    texts = [f"{round(x, digits) + 0.0:.{digits}f}" for x in values.tolist()]
    return [x[1:] for x in texts] if all(x.startswith("0") for x in texts) else texts


def with_error(value: float, half: float) -> str:
    """The value to the digits that its interval leaves it, four at least."""
    if not math.isfinite(half):
        return f"{value:.6g} ± {half:.2g}"
    return f"{value:.{decimals(half, 4)}f} ± {half:.2g}"


def decimals(span: float, least: int) -> int:
    """Digits after the point that tell apart numbers which differ by a tenth of the span."""
    return max(least, 1 - math.floor(math.log10(span))) if span > 0 else least


def how_sure(confidence: float, *, together: bool | None) -> str:
    """What an interval holds for: "95 %, all at once", "95 %, each alone"; None: there is but one.

    Examples
    --------
    >>> how_sure(0.95, together=True), how_sure(0.999, together=None)
    ('95 %, all at once', '99.9 %')
    """
    which = "" if together is None else ", all at once" if together else ", each alone"
    return f"{100 * confidence:.12g} %{which}"

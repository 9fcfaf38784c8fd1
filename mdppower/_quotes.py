"""What a user gave, in a message."""

from __future__ import annotations

from typing import Any

LONGEST_QUOTE = 2000
"""Characters of it."""


def quoted(value: Any) -> str:
    """What a user gave, as it is written in Python, on one line; whatever it is.

    Examples
    --------
    >>> quoted("a"), quoted(10**5000), quoted([10**5000])
    ("'a'", 'an integer of 16,610 bits', 'a list that cannot be written')
    """
    try:
        told = repr(value)
    except Exception:  # an integer of more than 4,300 digits, or a user's own __repr__
        kind = f"an integer of {value.bit_length():,} bits" if isinstance(value, int) else ""
        return kind or f"a {type(value).__name__} that cannot be written"
    told = " ".join(told.split()) if "\n" in told else told
    return told if len(told) <= LONGEST_QUOTE else told[: LONGEST_QUOTE - 1] + "…"

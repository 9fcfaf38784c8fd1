"""Words in messages: counted, cut, shortened; names that may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from numbers import Rational

from mdppower._horizon import Horizon
from mdppower._quotes import quoted
from mdppower._typing import Label

MOST_BITS = 13_000
"""Of an integer that is written as a decimal, of some 3,900 digits: Python writes and reads no more than 4,300."""


def count(n: int, noun: str) -> str:
    """A number and its noun: "1 state", "2 states"."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def shorten(labels: Sequence[Label], most: int = 6) -> str:
    """The first few labels, and how many there are."""
    shown = ", ".join(quoted(x) for x in labels[:most])
    return shown + (f", … ({len(labels):,} in all)" if len(labels) > most else "")


def fraction_text(number: Rational) -> str:
    """A fraction with all its digits: ``2/3``; hexadecimal, ``0x…/0x…``, beyond those that Python writes as decimals.

    Examples
    --------
    >>> from fractions import Fraction
    >>> fraction_text(Fraction(2, 3)), len(fraction_text(Fraction(1, 10**5000)))
    ('2/3', 4159)
    """
    n, d = int(number.numerator), int(number.denominator)
    if max(n.bit_length(), d.bit_length()) > MOST_BITS:
        return f"{n:#x}/{d:#x}"
    return f"{n}/{d}" if d > 1 else f"{n}"


def rate_text(rate: float) -> str:
    """A number that identifies a run, to 15 digits; to all it takes where these would say that it is 0 or 1.

    Examples
    --------
    >>> [rate_text(x) for x in (0.1 + 0.2, 0.999, 1 - 2.0**-53, 1e-300, 1 + 2.0**-52)]
    ['0.3', '0.999', '0.9999999999999999', '1e-300', '1.0000000000000002']
    """
    if isinstance(rate, Horizon):
        return str(rate.steps)
    text = f"{rate:.15g}"
    return repr(float(rate)) if float(text) in (0, 1) and float(text) != rate else text


def told_rates(*rates: float) -> str:
    """Discount rates, or horizons, with their letter.

    Examples
    --------
    >>> told_rates(0.5, 0.9), told_rates(Horizon(5))
    ('γ = 0.5, 0.9', 'H = 5')
    """
    return f"{rate_letter(rates)} = {', '.join(map(rate_text, rates))}"


def rate_letter(rates: Sequence[float]) -> str:
    """What they are, in a letter: γ, or H where they are horizons."""
    return "H" if rates and isinstance(rates[0], Horizon) else "γ"


def rate_name(rates: Sequence[float]) -> str:
    """What they are, as an argument: gamma, or horizon.

    Examples
    --------
    >>> rate_name([0.5, 0.9]), rate_name([Horizon(5)])
    ('gamma', 'horizon')
    """
    return "horizon" if rates and isinstance(rates[0], Horizon) else "gamma"


def printable(text: str) -> str:
    r"""The text on one line, with what cannot be drawn, or could steer a terminal, written as its code.

    Examples
    --------
    >>> printable("a\x1b[2J\n")
    'a\\x1b[2J\\n'
    """
    return text if text.isprintable() else "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )  # fmt: skip


def cut(text: str, longest: int) -> str:
    """The text as `printable`, or as much of it as fits."""
    text = printable(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


NEAR = 0.75
"""How much of two names must agree: the ratio of `difflib.SequenceMatcher`."""
LONGEST_NAME = 200

_BESIDE_THE_NAME = re.compile(r"-v\d+$|\(.*\)$|\.[a-z]\w*$")
"""Version, arguments, suffix."""


def near_names(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Those that may have been meant, nearest first: about as near as the nearest, and `most` at most.

    Upper and lower case are the same. What is not the name itself matters little: a version (-v1), arguments
    ((20,20)), a suffix (.txt), a namespace or folder before a slash.

    Examples
    --------
    >>> near_names("frozenlake", ["FrozenLake-v1", "FrozenLake8x8-v1", "maze"])
    ['FrozenLake-v1']
    >>> near_names("tiger", ["FrozenLake-v1", "maze"]), near_names("", ["maze"])
    ([], [])
    """
    if len(name) > LONGEST_NAME:
        return []
    worth = {other: _likeness(name.lower(), other.lower()) for other in known if len(other) <= LONGEST_NAME}
    best = max(worth.values(), default=0.0)
    near = [other for other in worth if worth[other] >= max(NEAR, best - 0.02)]
    return sorted(near, key=lambda other: -worth[other])[:most]


def _likeness(name: str, other: str) -> float:
    """In [0, 1]; what agrees but for what stands beside the name is a little less like it than what agrees in all."""
    bare, other_bare = _BESIDE_THE_NAME.sub("", name), _BESIDE_THE_NAME.sub("", other)
    last, other_last = bare.rpartition("/")[2], other_bare.rpartition("/")[2]
    pairs = ((name, other, 1.0), (bare, other_bare, 0.97), (last, other_last, 0.9))
    return max((weight * SequenceMatcher(None, a, b).ratio() for a, b, weight in pairs if a and b), default=0.0)


def did_you_mean(names: Sequence[str]) -> str:
    """A question for a message.

    Examples
    --------
    >>> did_you_mean(["a"]), did_you_mean(["a", "b", "c"]), did_you_mean([])
    ("did you mean 'a'?", "did you mean 'a', 'b' or 'c'?", '')
    """
    told = [quoted(name) for name in names]
    return f"did you mean {' or '.join([', '.join(told[:-1])] * (len(told) > 1) + told[-1:])}?" if told else ""

"""Laws of rewards that a page may ask for: a closed list, each about as quick to draw from as the uniform one.

`mdppower.rewards` knows every law of SciPy's, and some take a minute for a thousand draws, which nothing can stop.
"""

from __future__ import annotations

import math
import re
from typing import Any, TypeAlias

from mdppower._schema import shown
from mdppower._text import did_you_mean, near_names
from mdppower.errors import RewardError
from mdppower.explorer.refusals import QuestionError
from mdppower.rewards.laws import Law, law

LAWS = (
    "uniform", "norm", "expon", "beta", "gamma", "t", "laplace", "logistic", "lognorm", "triang", "weibull_min",
    "bernoulli", "binom", "geom", "randint",
)  # fmt: skip
LONGEST = 200
"""Characters of a law."""
SMALLEST, LARGEST = 1e-4, 1e4
"""Of a parameter that is not 0, without its sign."""
BOUNDS = {"beta": (1e-2, 1e2)}
"""Of laws whose quantiles SciPy seeks, beyond, for a tenth of a millisecond each, and further out for a second."""
Given: TypeAlias = "str | float"

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PARAMETER = rf"(?:[A-Za-z_]\w*\s*=\s*)?({_NUMBER})"
_LAW = re.compile(r"([A-Za-z_]\w*)(?:\s*\((.*)\))?", re.ASCII)


def read_law(value: Any, field: str) -> Given:
    """A law's text, or a number, from JSON; whether its parameters are in range is for `made`.

    Parameters
    ----------
    value : any
    field : str
        What errors call it.

    Returns
    -------
    str or float

    Raises
    ------
    QuestionError
        It is neither a finite number nor one of the laws of this list, or a parameter is tiny or huge.

    Examples
    --------
    >>> read_law("norm(0, 1)", "rewards.default"), read_law(" 2.5", "rewards.default")
    ('norm(0, 1)', 2.5)
    """
    if isinstance(value, str) and len(value) > LONGEST:
        raise QuestionError(f"{field} must be a law of at most {LONGEST} characters, got {len(value):,}", field)
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(_NUMBER, text, re.ASCII):
        value = float(text)
    if type(value) in (int, float) and math.isfinite(value):
        return float(value)
    named = _LAW.fullmatch(text)
    if named is None or named[1] not in LAWS:
        raise QuestionError(_no_law(value), field)
    for part in named[2].split(",") if named[2] is not None and named[2].strip() else ():
        parameter = re.fullmatch(_PARAMETER, part.strip(), re.ASCII)
        if parameter is None:
            raise QuestionError(f"parameters of {named[1]} must be numbers, got {shown(part.strip())}", field)
        low, high = BOUNDS.get(named[1], (SMALLEST, LARGEST))
        if float(parameter[1]) != 0 and not low <= abs(float(parameter[1])) <= high:
            raise QuestionError(
                f"parameters of {named[1]} must be 0 or between ± {low:g} and ± {high:g}, got {parameter[1]}", field
            )
    return text


def _no_law(value: Any) -> str:
    """What is wrong with what is no law, in words."""
    name, bracket, rest = value.partition("(") if isinstance(value, str) else ("", "", "")
    if bracket and name.strip() in LAWS and not rest.rstrip().endswith(")"):
        return f"a bracket is not closed in {shown(value)}"
    near = did_you_mean(near_names(name.strip(), LAWS)) if name.strip().isidentifier() else ""
    return f"a law must be a number or one of {', '.join(LAWS)}, got {shown(value)}{near and f'; {near}'}"


def made(given: Given, field: str, *, mean: bool) -> Law:
    """The law.

    Parameters
    ----------
    given : str or float
    field : str
        What errors call it.
    mean : bool
        Whether it must have one.

    Raises
    ------
    QuestionError
        Its parameters are out of range, or it has no mean.

    Examples
    --------
    >>> made("t(1)", "rewards.default", mean=True)
    Traceback (most recent call last):
    mdppower.explorer.refusals.QuestionError: t(1) rewards have no mean
    """
    try:
        found = law(given)
    except RewardError as error:
        raise QuestionError(str(error), field) from None
    if mean and not math.isfinite(found.mean):
        raise QuestionError(f"{found.name} rewards have no mean", field)
    return found

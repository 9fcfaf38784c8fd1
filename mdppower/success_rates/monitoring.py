"""Monitoring of training by counts of successes: what a blog post proposes, with all that its curve leaves out.

The post proposes to watch success rates, and warns that small gains at the top may hide much power. Of that is true:

- A success rate measures the lead in units of sd(Δ), near lead = sd(Δ) Φ⁻¹(s) where the difference is near normal,
  and only for leads of two or three of these. Beyond it is blind, at both ends; where, n trials say (`saturation`).
- That is a matter of the reference, not of hidden power: a stronger reference goes on, and leads add up along
  references (`ladders`). Success rates do not: p(A ≥ B) > ½ and p(B ≥ C) > ½ leave p(A ≥ C) open.
- Without any law for Δ a success rate says little of means: by the range alone an agent that always wins may lead by
  next to nothing, or by all there is; the sign alone is left, nearly.

Who can measure sd(Δ) has what each task was worth to both, and so the lead itself, with its error:
`mdppower.compare`, `mdppower.learning.assess`. Counts are for when there is nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from mdppower._checks import LARGEST_REWARD, open_unit, positive
from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names
from mdppower.errors import LabelError, ParameterError
from mdppower.success_rates.counts import read_counts
from mdppower.success_rates.leads import asked_name
from mdppower.success_rates.monitored import Monitored


def monitor(
    counts: Any,
    *,
    width: float | None = None,
    nu: float | None = None,
    sd: float | Mapping[Any, float] | None = None,
    base: Any = None,
    confidence: float = 0.95,
) -> Monitored:
    r"""What counts of successes along training say of power, and where they say nothing more.

    On the command line: ``mdppower monitor counts.csv``.

    Parameters
    ----------
    counts : path, mapping from column to values, data frame, sequence of mappings, or Counts
        Columns checkpoint, successes, trials, reference, and perhaps ties: see `mdppower.success_rates.counts`. A
        success is a trial in which the agent did **at least as well** as the reference, so that ties are successes.
    width : float, optional
        w: all that a task can be worth lies in an interval of this width. With it, what is sure of the lead is said;
        without it and without `sd` nothing is.
    nu : float, optional
        A certified ν of Δ, for the post's band. Default: w, which the range certifies.
    sd : float or mapping from reference to float, optional
        The standard deviation of Δ over tasks, for the normal law; the corrected band uses it, too. Default: leads by
        the normal law are in units of it.
    base : str or number, optional
        The reference that leads are added up to. Default: the first of the counts.
    confidence : float

    Returns
    -------
    Monitored
        Its ``verdict`` has what may be concluded, in sentences.

    Raises
    ------
    FileError
        The file cannot be read, or a line of it is wrong; the message names line, column and value.
    ParameterError
        The same of columns and rows; or `width`, `nu`, `sd` or `confidence` is out of range, as is an sd above the
        width. With `base`: nothing links a reference to it.
    LabelError
        `base`, or a reference of `sd`, is in none of the counts.
    SizeError
        There are more than 10,000 rows.

    Examples
    --------
    >>> import mdppower as mp
    >>> counts = {"checkpoint": [80, 320, 905], "successes": [300, 383, 400], "trials": [400] * 3,
    ...           "reference": ["random"] * 3}
    >>> found = mp.learning.monitor(counts, width=1, sd=0.05)
    >>> print(found.verdict.split("\n")[-1])
    If Δ is normal: the lead of 905 over random is 0.113 or more, with no upper limit.
    """
    found = read_counts(counts)
    known = tuple(dict.fromkeys(found.references))
    most = None if width is None else _size(width, "width")
    given = Monitored(
        found,
        most,
        most if nu is None else _size(nu, "nu"),
        _sd(sd, known, most),
        known[0] if base is None else _known(base, known, "base"),
        open_unit(confidence, "confidence"),
    )
    apart = [name for name, there in given.linked_references().items() if not there]
    if base is not None and apart:
        raise ParameterError(
            f"nothing links reference {quoted(apart[0])} to base {quoted(given.base)}: count one against the other, "
            "or an agent against both"
        )
    return given


def _sd(given: Any, references: tuple[str, ...], width: float | None) -> dict[str, float]:
    if given is None:
        return {}
    if isinstance(given, Real) or not isinstance(given, Mapping):
        found = dict.fromkeys(references, _size(given, "sd"))
    else:
        found = {_known(name, references, "sd"): _size(x, f"sd of {quoted(name)}") for name, x in given.items()}
        if len(found) < len(given):
            raise ParameterError(f"sd names one reference twice, got {quoted(given)}")
    for name, x in found.items():
        if width is not None and x > width:
            raise ParameterError(f"sd against {quoted(name)} cannot be {x:g}: Δ is within ±{width:g}, the width")
    return found


def _size(value: Any, name: str) -> float:
    """A positive number whose square is one, too."""
    if not 1 / LARGEST_REWARD <= positive(value, name) <= LARGEST_REWARD:
        raise ParameterError(f"{name} must be from {1 / LARGEST_REWARD:g} to {LARGEST_REWARD:g}, got {quoted(value)}")
    return float(value)


def _known(given: Any, references: tuple[str, ...], argument: str) -> str:
    name = asked_name(given)
    if name not in references:
        meant = did_you_mean(near_names(name, references)) or "references are " + ", ".join(references)
        raise LabelError(f"{argument}: there is no reference {quoted(given)} in these counts; {meant}")
    return name

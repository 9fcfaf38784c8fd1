"""What is kept of counts along training: the counts, and what was known beside them."""

from __future__ import annotations

from typing import Any

from mdppower._schema import Misfit, mapping, real, text
from mdppower.errors import MDPPowerError
from mdppower.files.estimate_forms import require
from mdppower.files.fields import Form, array, many, number, optional, part, plain
from mdppower.success_rates.counts import LONGEST_NAME, MOST_ROWS, Counts, read_counts
from mdppower.success_rates.monitored import Monitored

_NAMES = many(plain(text(LONGEST_NAME)), 1, MOST_ROWS)
_NUMBERS = array("i8", "count", low=0, high=2**53)


def _check_counts(found: Any) -> None:
    """What was read by `read_counts` once is read again: the same rules hold."""
    columns = {"checkpoint": found["checkpoints"], "reference": found["references"]}
    columns |= {name: found[name].tolist() for name in ("successes", "trials")}
    if found["ties"] is not None:
        columns["ties"] = found["ties"].tolist()
    try:
        again = read_counts(columns)
    except MDPPowerError as error:
        raise Misfit("counts that can be", str(error)) from None
    require(again.checkpoints == found["checkpoints"], "numbers in the shortest form", found["checkpoints"], "")
    require(again.references == found["references"], "numbers in the shortest form", found["references"], "")


def _check(found: Any) -> None:
    known = set(found["counts"].references)
    require(found["base"] in known, "one of the references", found["base"], ".base")
    for name in found["sd"]:
        require(name in known, "one of the references", name, ".sd")


_POSITIVE = optional(number(5e-324, 1.7e308))

MONITORED = Form(
    Monitored,
    {
        "counts": part(
            Form(
                Counts,
                {
                    "checkpoints": _NAMES, "references": _NAMES, "successes": _NUMBERS, "trials": _NUMBERS,
                    "ties": optional(_NUMBERS),
                },
                check=_check_counts,
            )
        ),
        "width": _POSITIVE,
        "nu": _POSITIVE,
        "sd": plain(mapping(real(5e-324, 1.7e308), MOST_ROWS)),
        "base": plain(text(LONGEST_NAME)),
        "confidence": number(5e-324, 1 - 2.0**-53),
    },
    check=_check,
)  # fmt: skip

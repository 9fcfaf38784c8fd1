"""Any table as aligned text, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdppower._checks import choice
from mdppower.power_estimate import PowerEstimate

FORMATS = ("table", "csv", "json")


def power_table(
    estimate: PowerEstimate, *, confidence: float = 0.95, simultaneous: bool = False
) -> dict[str, list[Any]]:
    """POWER of every state at every γ, one row each.

    Parameters
    ----------
    estimate : PowerEstimate
    confidence : float
    simultaneous : bool
        Of the limits `lower` and `upper`; see `PowerEstimate.interval`.

    Returns
    -------
    dict
        Columns gamma, state, power, stderr, lower, upper.
    """
    lower, upper = estimate.data.bounds(confidence, simultaneous=simultaneous)
    numbers = {"power": estimate.data.value, "stderr": estimate.data.error, "lower": lower, "upper": upper}
    n_states = estimate.mdp.n_states
    return {
        "gamma": [g for g in estimate.gammas for _ in range(n_states)],
        "state": list(estimate.mdp.states) * len(estimate.gammas),
        **{name: values.ravel().tolist() for name, values in numbers.items()},
    }


def render(columns: Mapping[str, Sequence[Any]], fmt: str = "table") -> str:
    r"""Write a table out.

    Parameters
    ----------
    columns : mapping from name to values
        All of one length.
    fmt : {"table", "csv", "json"}
        Aligned text with 6 significant digits; CSV and JSON (a list of records) keep every digit. Labels that are
        tuples are written "(1, 2)" in text and CSV, as arrays in JSON; NaN and infinities are null in JSON.

    Returns
    -------
    str
        Without a final newline.

    Examples
    --------
    >>> print(render({"state": ["a", (0, 1)], "power": [0.5, 2 / 3]}))
    state      power
    a            0.5
    (0, 1)  0.666667
    >>> render({"state": [(0, 1)], "power": [float("nan")]}, "json")
    '[\n{"state": [0, 1], "power": null}\n]'
    """
    choice(fmt, "format", FORMATS)
    rows = list(zip(*columns.values(), strict=True))
    if fmt == "json":
        records = [json.dumps(dict(zip(columns, map(_plain, row), strict=True)), ensure_ascii=False) for row in rows]
        return "[\n" + ",\n".join(records) + "\n]"
    if fmt == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        return out.getvalue().rstrip("\n")
    return _aligned(columns)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def number_text(value: float) -> str:
    """Six significant digits, or more where they would make an integer of what is none: γ = 0.99999999 is not 1."""
    text = f"{value:.6g}"
    return f"{value:.15g}" if float(text) == 1 != value else text


def _aligned(columns: Mapping[str, Sequence[Any]]) -> str:
    """Text in columns: numbers to the right, all else to the left."""
    cells = []
    for name, values in columns.items():
        numeric = all(isinstance(v, (int, float, np.number)) for v in values) and len(values) > 0
        column = [name, *(number_text(float(v)) if isinstance(v, (float, np.floating)) else f"{v}" for v in values)]
        width = max(map(len, column))
        cells.append([c.rjust(width) if numeric else c.ljust(width) for c in column])
    return "\n".join("  ".join(row).rstrip() for row in zip(*cells, strict=True))

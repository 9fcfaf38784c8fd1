"""Any table as aligned text, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import choice
from mdppower._text import fraction_text, printable
from mdppower._typing import FloatArray, Label
from mdppower.display.number_text import number_text
from mdppower.measures.action_optimality_estimate import ActionOptimality
from mdppower.measures.power_estimate import PowerEstimate

if TYPE_CHECKING:
    import xarray as xr

    from mdppower.occupancy.visit_distributions import Recurrent, Visits

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


def optimality_table(
    chances: ActionOptimality, state: Label | None = None, *, confidence: float = 0.95
) -> dict[str, list[Any]]:
    """How likely each action is to be optimal, one row a γ and action (and state, if none is given).

    Parameters
    ----------
    chances : ActionOptimality
    state : label, optional
        By default all, in a column of their own.
    confidence : float
        Of the limits `lower` and `upper` of each number alone.

    Returns
    -------
    dict
        Columns gamma, state, action, probability, stderr, lower, upper, strictly, tied, unresolved; and exact, where
        the probabilities are.

    Examples
    --------
    >>> import mdppower as mp
    >>> chances = mp.action_optimality(mp.envs.fork(2), 0.5, 3.0, samples=64, rng=0)  # all rewards are 3
    >>> table = optimality_table(chances, "root")
    >>> table["action"], table["probability"], table["tied"]
    (['->t1', '->t2'], [1.0, 1.0], [1.0, 1.0])
    """
    mdp = chances.mdp
    if state is None:
        pairs = np.arange(mdp.n_pairs)
    else:
        s = mdp.index(state)
        pairs = np.arange(mdp.pointer[s], mdp.pointer[s + 1])

    def column(values: Any) -> list[Any]:
        return list(np.asarray(values).reshape(-1, mdp.n_pairs)[:, pairs].ravel().tolist())

    lower, upper = chances.optimal.interval(confidence)
    labels = [mdp.pair_label(p) for p in pairs.tolist()] * len(chances.gammas)
    table: dict[str, list[Any]] = {"gamma": [g for g in chances.gammas for _ in pairs]}
    if state is None:
        table["state"] = [s for s, _ in labels]
    table |= {
        "action": [a for _, a in labels], "probability": column(chances.optimal.mean),
        "stderr": column(chances.optimal.stderr), "lower": column(lower), "upper": column(upper),
        "strictly": column(chances.strictly.mean), "tied": column(chances.tied.mean),
        "unresolved": column(chances.unresolved.mean),
    }  # fmt: skip
    if chances.optimal.exact is not None:
        table["exact"] = [fraction_text(p) if isinstance(p, Rational) else "" for p in column(chances.optimal.exact)]
    return table


def pairs_table(found: xr.Dataset) -> dict[str, list[Any]]:
    """What `compare_all` found, one row for each ordered pair of options.

    Parameters
    ----------
    found : xarray.Dataset

    Returns
    -------
    dict
        Columns A, B, gap, gap_stderr, p_greater, p_tie, p_less, p_at_least, lower, upper, convergent; the last says
        whether B is instrumentally convergent over A: yes, no, or open.

    Examples
    --------
    >>> import mdppower as mp
    >>> options = [mp.Option.state(mp.envs.fork(2), s, 0.9, kind="power") for s in ("t1", "root")]
    >>> table = pairs_table(mp.compare_all(options, samples=64, rng=0))
    >>> table["A"], table["B"], table["convergent"][1]
    (["'t1'", "'root'"], ["'root'", "'t1'"], 'no')
    """
    apart = ~np.eye(found.sizes["A"], dtype=bool)
    first, second = np.nonzero(apart)
    table: dict[str, list[Any]] = {"A": found.A.values[first].tolist(), "B": found.B.values[second].tolist()}
    names = {"p_lower": "lower", "p_upper": "upper"}
    for name in ("gap", "gap_stderr", "p_greater", "p_tie", "p_less", "p_at_least", "p_lower", "p_upper"):
        table[names.get(name, name)] = found[name].values[apart].tolist()
    answers = {1: "yes", 0: "no", -1: "open"}
    table["convergent"] = [answers[int(x)] for x in found.convergent.values[apart]]
    return table


def visits_table(found: Visits | Recurrent, best: Visits | Recurrent, *, full: bool = True) -> dict[str, list[Any]]:
    """Distributions over states, one row each.

    Parameters
    ----------
    found : Visits or Recurrent
    best : Visits or Recurrent
        Those of them that are nondominated.
    full : bool
        Whether each state has a column; else the states that are visited most are named in one.

    Returns
    -------
    dict
        Columns number (see `found.policy`), nondominated, policy, and visits: (1−γ)f, or the recurrent distribution.

    Examples
    --------
    >>> import mdppower as mp
    >>> F = mp.visits(mp.envs.fork(2), "root", 0.9)
    >>> print(render(visits_table(F, F.nondominated(), full=False)))
    number  nondominated  policy            visits
         0  yes           root->t1, t1->t1  t1 .9, root .1
         1  yes           root->t2, t2->t2  t2 .9, root .1
    """
    from mdppower.occupancy.vectors import SAME
    from mdppower.occupancy.visit_distributions import Visits

    if isinstance(found, Visits):
        # A nondominated distribution has one policy (up to equivalent actions), whereas rows may coincide at one γ.
        rows = found.normalised
        policies = {frozenset(policy.items()) for policy in best.policies}
        among = [frozenset(policy.items()) in policies for policy in found.policies]
    else:
        ends = best.normalised if isinstance(best, Visits) else best.rows
        rows = found.rows
        among = [bool((np.abs(ends - row).max(axis=1) <= SAME).any()) for row in rows]
    names = [str(label) for label in found.mdp.states]
    table: dict[str, list[Any]] = {
        "number": list(range(len(rows))),
        "nondominated": among if full else ["yes" if x else "no" for x in among],
        "policy": [_policy_text(found.policy(k)) for k in range(len(rows))],
    }
    if full:
        return table | {f"visits of {name}": rows[:, s].tolist() for s, name in enumerate(names)}
    return table | {"visits": [_visits_text(row, names) for row in rows]}


def _policy_text(policy: Mapping[Label, Label]) -> str:
    """``s→a, s2→a2``; actions that are named "->s2", as the paper's are, have their arrow already."""
    return ", ".join(f"{s}{a}" if str(a).startswith("->") else f"{s}→{a}" for s, a in policy.items())


def _visits_text(row: FloatArray, names: Sequence[str], most: int = 8) -> str:
    order = [s for s in np.argsort(-row, kind="stable").tolist() if row[s] > 0]
    told = [f"{names[s]} {f'{row[s]:.3g}'.removeprefix('0')}" for s in order[:most]]
    return ", ".join([*told, "…"] if len(order) > most else told)


def render(columns: Mapping[str, Sequence[Any]], fmt: str = "table") -> str:
    r"""Write a table out.

    Parameters
    ----------
    columns : mapping from name to values
        All of one length.
    fmt : {"table", "csv", "json"}
        Aligned text with 6 significant digits; CSV and JSON (a list of records) keep every digit. Labels that are
        tuples are written "(1, 2)" in text and CSV, as arrays in JSON; NaN and infinities are null in JSON.
        Whatever labels are, they stay labels: what cannot be printed is written as its code, and in CSV a text
        that a spreadsheet would compute ("=A1") begins with an apostrophe, which it does not show.

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
        records = [json_text(dict(zip(columns, map(_plain, row), strict=True))) for row in rows]
        return "[\n" + ",\n".join(records) + "\n]"
    if fmt == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(map(_cell, columns))
        writer.writerows([*map(_cell, row)] for row in rows)
        return out.getvalue().rstrip("\n")
    return _aligned(columns)


_FORMULA = re.compile(r"\s*(?:[=@|]|[+-](?![>\d.]))|\s*[+-][\d.]+[^\d.]")
"""What spreadsheets compute, as they do what begins with a sign; not so the paper's actions, "->s2"."""


def _cell(value: Any) -> Any:
    """A value in CSV: a number as it is, a text on one line and never a formula."""
    if isinstance(value, (int, float, np.number)):
        return value
    text = str(value)
    return f"'{printable(text)}" if _FORMULA.match(text) else printable(text)


def json_text(value: Any, indent: int | None = None) -> str:
    r"""JSON that is legible, but for what cannot be printed, which is written as its code.

    Examples
    --------
    >>> json_text({"γ": "\x1b\u202e"})
    '{"γ": "\\u001b\\u202e"}'
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    return text if text.isprintable() else _UNPRINTABLE.sub(_code, text)


_UNPRINTABLE = re.compile(r"[^\n -~]")


def _code(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _aligned(columns: Mapping[str, Sequence[Any]]) -> str:
    """Text in columns: numbers to the right, all else to the left."""
    cells = []
    for name, values in columns.items():
        numeric = all(isinstance(v, (int, float, np.number)) for v in values) and len(values) > 0
        texts = (number_text(float(v)) if isinstance(v, (float, np.floating)) else printable(f"{v}") for v in values)
        column = [printable(name), *texts]
        width = max(map(len, column))
        cells.append([c.rjust(width) if numeric else c.ljust(width) for c in column])
    return "\n".join("  ".join(row).rstrip() for row in zip(*cells, strict=True))

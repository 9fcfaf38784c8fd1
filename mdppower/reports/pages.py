"""Reports of claims as pages: a table and a few sentences for the terminal, Markdown, JSON; and the door to HTML.

All say the same, from `ClaimReport.verdict` down to φ, and none says more: what is not proved is not called proved.
A violation, where a theorem's hypotheses are proved and its conclusion is contradicted, is a discovery or a bug, and
stands at the top of every page.

========  ====================================================================
suffix    what is written
========  ====================================================================
.md       Markdown: a section a report, no pictures (`mdppower.reports.markdown_page`)
.html     one self-contained file with pictures (`mdppower.reports.html_page`)
.json     schema "mdppower-claims/1", for programs
========  ====================================================================

The JSON is an object with ``schema``, ``title``, ``about`` (facts of the run), ``counts`` (of the four verdicts) and
``reports`` (see `ClaimReport.to_dict`). It is valid JSON: numbers that are not finite are null, as in our tables.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mdppower._atomic import write_atomically
from mdppower._text import cut
from mdppower.errors import ParameterError
from mdppower.reports.markdown_page import to_markdown
from mdppower.reports.words import TITLE, evidence_text, findings, line, verdict_counts, where_text, why, wrap
from mdppower.results.table_text import json_text
from mdppower.theorems.claim_report import ClaimReport, require_reports

SCHEMA = "mdppower-claims/1"
SUFFIXES = (".md", ".html", ".json")


# ---------------------------------------------------------------------- the terminal


def summary_table(reports: Iterable[ClaimReport], *, width: int | None = None) -> dict[str, list[Any]]:
    """Reports, one row each, for `mdppower.results.table_text.render`.

    Parameters
    ----------
    reports : iterable of ClaimReport
    width : int, optional
        Columns of the terminal: long texts are cut, and the evidence is left out where there is no room for it. By
        default everything is there in full, as for CSV and JSON.

    Returns
    -------
    dict
        Columns claim, where, verdict, strict (the side condition of the strict part), why (the first hypothesis that
        is not met or not known, or what contradicts, or the certificate) and evidence.

    Raises
    ------
    ParameterError
        One of them is no report.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.theorems import Evidence, Hypothesis
    >>> from mdppower.results.table_text import render
    >>> parts = (Hypothesis("rewards are bounded", "met"),), (Evidence("exact", "supports", "2/3 ≤ 1"),)
    >>> report = ClaimReport("prop-5.4", "here", "POWER ≤ 1", mp.envs.fork(2), ("root",), (0.5,), *parts)
    >>> print(render(summary_table([report])))
    claim     where  verdict  strict  why      evidence
    prop-5.4  root   holds    –       2/3 ≤ 1  exact
    """
    found = require_reports(reports)
    table: dict[str, list[Any]] = {
        "claim": [one.claim for one in found],
        "where": [where_text(one, sys.maxsize) for one in found],
        "verdict": [one.verdict for one in found],
        "strict": ["–" if one.strict is None else one.strict.status for one in found],
        "why": [line(why(one)) for one in found],
        "evidence": [evidence_text(one) for one in found],
    }
    if width is None:
        return table
    table["where"] = [cut(text, max(12, width // 5)) for text in table["where"]]
    fixed = sum(max(map(len, [name, *table[name]])) + 2 for name in ("claim", "where", "verdict", "strict"))
    room = width - fixed
    wanted = {name: max(map(len, [name, *table[name]])) for name in ("why", "evidence")}
    if room >= 20 + 2 + min(wanted["evidence"], 16):
        share = min(wanted["evidence"], max(16, room // 3, room - 2 - wanted["why"]))
        table["evidence"] = [cut(text, share) for text in table["evidence"]]
        room -= share + 2
    else:
        del table["evidence"]
    table["why"] = [cut(text, max(16, room)) for text in table["why"]]
    return table


def summary(reports: Iterable[ClaimReport], *, width: int = 100) -> str:
    """The reports in a few lines: how many hold, what is most interesting, and an alarm if one is violated.

    Parameters
    ----------
    reports : iterable of ClaimReport
    width : int
        Columns of the terminal.

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        One of them is no report.

    Examples
    --------
    >>> print(summary([]))
    No claim was checked.
    """
    return "\n".join(wrap(line(text), width) for text in findings(require_reports(reports)))


# ---------------------------------------------------------------------- JSON


def to_json(reports: Iterable[ClaimReport], title: str = TITLE, about: Mapping[str, Any] | None = None) -> str:
    """Reports as JSON of the schema "mdppower-claims/1".

    Parameters
    ----------
    reports : iterable of ClaimReport
    title : str
    about : mapping, optional

    Returns
    -------
    str
        Labels are text, numbers, or lists for tuples. Fractions are text; what is not finite is null.

    Raises
    ------
    ParameterError
        One of them is no report.

    Examples
    --------
    >>> import json
    >>> json.loads(to_json([], "none"))["schema"]
    'mdppower-claims/1'
    """
    found = require_reports(reports)
    page = {
        "schema": SCHEMA,
        "title": title,
        "about": dict(about or {}),
        "counts": verdict_counts(found),
        "reports": [one.to_dict() for one in found],
    }
    return json_text(_json(page), indent=1) + "\n"


def _json(value: Any) -> Any:
    """The value in JSON types."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json(item) for item in value]
    return str(value)


# ---------------------------------------------------------------------- files


def write_report(
    reports: Iterable[ClaimReport],
    path: str | os.PathLike[str],
    *,
    title: str = TITLE,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write reports to a file; the suffix says how: .md, .html, .json.

    Parameters
    ----------
    reports : iterable of ClaimReport
    path : str or path
    title : str
    about : mapping, optional
        Facts of the run.

    Raises
    ------
    ParameterError
        The suffix is another, or one of them is no report.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> write_report([], "claims.txt")
    Traceback (most recent call last):
    mdppower.errors.ParameterError: a report is saved as .md, .html or .json; got 'claims.txt'
    """
    if not isinstance(path, str | os.PathLike):
        raise ParameterError(f"a path is needed, got {path!r}")
    name = os.fspath(path)
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in SUFFIXES:
        raise ParameterError(f"a report is saved as .md, .html or .json; got {name!r}")
    if suffix == ".html":
        from mdppower.reports.html_page import to_html as make  # here: only this needs matplotlib
    else:
        make = to_markdown if suffix == ".md" else to_json
    # What is no Unicode becomes its code, which in JSON, too, is how to write it.
    text = make(require_reports(reports), title, about).encode("utf-8", "backslashreplace")
    write_atomically(path, text)

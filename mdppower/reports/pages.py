"""Reports of claims as pages: sentences and a table for the terminal, Markdown, JSON; and the door to HTML.

All begin with the same sentences (`mdppower.reports.first_page`), and all say the same, from `ClaimReport.verdict`
down to φ, and none says more: what is not proved is not called proved. A violation, where a theorem's hypotheses are
proved and its conclusion is contradicted, is a discovery or a bug, and stands at the top of every page.

========  ====================================================================
suffix    what is written
========  ====================================================================
.md       Markdown: a section a report, no pictures (`mdppower.reports.markdown_page`)
.html     one self-contained file with pictures (`mdppower.reports.html_page`)
.json     schema "mdppower-claims/1", for programs
========  ====================================================================

The JSON is an object with ``schema``, ``title``, ``about`` (facts of the run), ``counts`` (of the four verdicts),
``sentences`` (of the first page, each with its part and its claims) and ``reports`` (see `ClaimReport.to_dict`). It
is valid JSON: numbers that are not finite are null, as in our tables.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mdppower._atomic import write_atomically
from mdppower._text import cut
from mdppower.errors import ParameterError
from mdppower.reports.first_page import first_page
from mdppower.reports.markdown_page import to_markdown
from mdppower.reports.names import TITLES
from mdppower.reports.words import (
    TITLE,
    by_claim,
    by_interest,
    line,
    verdict_counts,
    verdict_line,
    where_text,
    wrap,
)
from mdppower.results.table_text import json_text
from mdppower.theorems.claim_report import ClaimReport, require_reports
from mdppower.theorems.verification import Verification

SCHEMA = "mdppower-claims/1"
SUFFIXES = (".md", ".html", ".json")


# ---------------------------------------------------------------------- the terminal


def claims_table(reports: Iterable[ClaimReport], *, width: int = 120) -> dict[str, list[Any]]:
    """One row a claim, for the terminal.

    Parameters
    ----------
    reports : iterable of ClaimReport
    width : int
        Columns of the terminal: long texts are cut.

    Returns
    -------
    dict
        Columns claim, verdict (of its reports, each with how many), what it says, and where first.

    Raises
    ------
    ParameterError
        One of them is no report.

    Examples
    --------
    >>> import mdppower as mp
    >>> claims_table([mp.theorems.proposition_5_4(mp.envs.fork(2))])["verdict"]
    ['✓ holds']
    """
    table: dict[str, list[Any]] = {"claim": [], "verdict": [], "it says": [], "where": []}
    for claim, group in by_claim(require_reports(reports)).items():
        where = [where_text(one) for one in by_interest(group) if one.where]
        table["claim"].append(line(claim))
        table["verdict"].append(verdict_line(group))
        table["it says"].append(TITLES.get(claim, line(group[0].statement)))
        table["where"].append(line(where[0]) + f"; +{len(where) - 1}" * (len(where) > 1) if where else "–")
    room = width - sum(max(map(len, [name, *table[name]])) + 2 for name in ("claim", "verdict"))
    says = min(max(map(len, ["it says", *table["it says"]])), max(20, room - 18))
    table["it says"] = [cut(text, says) for text in table["it says"]]
    table["where"] = [cut(text, max(12, room - says - 2)) for text in table["where"]]
    return table


def summary(reports: Iterable[ClaimReport], *, width: int = 100) -> str:
    """The sentences of the first page: alarms, what is proved, tested, open, and does not apply, in that order.

    Parameters
    ----------
    reports : iterable of ClaimReport
        A `Verification` has more to say than its reports alone.
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
    page = first_page(reports)
    paragraphs = [wrap(text, width) for text in page.alarms]
    for name, sentences in page.parts:
        paragraphs.append("\n".join([name, *(wrap(f"• {page.told(one)}", width) for one in sentences)]))
    return "\n\n".join(paragraphs) or "No claim was checked."


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
    found = require_reports(given := reports if isinstance(reports, Verification) else tuple(reports))
    first = first_page(given)
    page = {
        "schema": SCHEMA,
        "title": title,
        "about": dict(about or {}),
        "counts": verdict_counts(found),
        "sentences": [
            {"part": name, "text": one.text, "claims": list(one.claims)}
            for name, sentences in first.parts
            for one in sentences
        ],
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
    given = reports if isinstance(reports, Verification) else require_reports(reports)
    text = make(given, title, about).encode("utf-8", "backslashreplace")
    write_atomically(path, text)

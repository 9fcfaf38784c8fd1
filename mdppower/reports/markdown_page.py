"""Reports of claims as Markdown: CommonMark with GitHub's tables, a section a report, no pictures.

Every text that comes from outside is escaped: a label never becomes markup. φ is a table of swaps; where it is long,
its shape on the map says more than its rows, and the rest of these is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mdppower._text import rate_text
from mdppower.reports.words import (
    MARKS,
    TITLE,
    about_items,
    by_claim,
    evidence_text,
    findings,
    fold,
    line,
    moves,
    phi_words,
    show,
    where_text,
)
from mdppower.theorems.claim_report import ClaimReport, require_reports

MOST_ROWS = 12
"""Rows of φ, and states of a side."""


def to_markdown(reports: Iterable[ClaimReport], title: str = TITLE, about: Mapping[str, Any] | None = None) -> str:
    """Reports as Markdown (CommonMark with GitHub's tables), a section each.

    Parameters
    ----------
    reports : iterable of ClaimReport
    title : str
    about : mapping, optional
        Facts of the run: what was checked, with which γ, rewards, seed, version, …

    Returns
    -------
    str
        Every text that comes from outside is escaped: a label never becomes markup.

    Raises
    ------
    ParameterError
        One of them is no report.

    Examples
    --------
    >>> import mdppower as mp
    >>> report = ClaimReport("prop-5.4", "here", "POWER ≤ 1", mp.envs.fork(2), ("root",), (0.5,), (), ())
    >>> print(to_markdown([report], "Fork", {"gamma": [0.5]}).splitlines()[0])
    # Fork
    """
    found = require_reports(reports)
    lines = [f"# {escape(title)}", ""]
    lines += [f"- **{escape(name)}:** {escape(value)}" for name, value in about_items(about or {})]
    lines += [""] * bool(about)
    for text in findings(found):
        lines += [f"**{escape(text)}**" if text.startswith("VIOLATED") else escape(text), ""]
    if found:
        lines += ["| claim | where | verdict | strict part | evidence |", "|---|---|---|---|---|"]
    for one in found:
        strict = "–" if one.strict is None else one.strict.status
        cells = (one.claim, where_text(one), f"{MARKS[one.verdict]} {one.verdict}", strict, evidence_text(one))
        lines.append("| " + " | ".join(map(escape, cells)) + " |")
    lines += [""] * bool(found)
    for group in by_claim(found).values():
        for one in group:
            lines += _section(one)
    return "\n".join(lines).rstrip() + "\n"


def _section(one: ClaimReport) -> list[str]:
    lines = [
        f"## {escape(one.claim)} at {escape(where_text(one))}: {MARKS[one.verdict]} {one.verdict}",
        "",
        f"**It says:** {escape(one.statement)}",
        "",
        f"Reference: {escape(one.reference)}" + (f". Tested at γ = {_rates(one)}." if one.gammas else ""),
        "",
    ]
    if one.hypotheses:
        lines += ["**Hypotheses**", ""]
        lines += [_item(h.status, h.name, h.detail) for h in one.hypotheses]
        lines.append("")
    if one.phi is not None:
        pairs, more = fold(moves(one.phi), MOST_ROWS, "pair")
        lines += [f"**φ** is {escape(phi_words(one.phi, one.mdp))}." + " Other states stay." * bool(pairs), ""]
        lines += ["| s | | φ(s) |", "|---|---|---|"] if pairs else []
        lines += [f"| {escape(show(s))} | {'↔' if swap else '→'} | {escape(show(t))} |" for s, t, swap in pairs]
        lines += [""] * bool(pairs) + [more + ".", ""] * bool(more)
    lines += ["**Evidence**", ""]
    lines += [_item(f"{e.kind}, {e.outcome}", e.detail, "") for e in one.evidence] or ["None."]
    lines.append("")
    if one.strict is not None:
        lines += [f"**Strict part:** side condition {one.strict.status}. {escape(one.strict.detail)}".rstrip(), ""]
    for name, states in one.sides.items():
        shown, more = fold(states, MOST_ROWS, "state")
        lines += [f"Side {escape(name)}: {', '.join(escape(show(s)) for s in shown)} {more}".rstrip() + ".", ""]
    return lines


def _item(status: str, text: str, detail: str) -> str:
    return f"- *{status}:* {escape(text)}" + (f" — {escape(detail)}" if detail else "")


def _rates(one: ClaimReport) -> str:
    return ", ".join(map(rate_text, one.gammas))


def escape(text: str) -> str:
    r"""Text as Markdown that shows it as it is, on one line.

    Underscores inside of words, as in l_sw, are no markup and stay.

    Examples
    --------
    >>> escape("a*b | <img> l_sw _x_")
    'a\\*b \\| \\<img> l_sw \\_x\\_'
    """
    text = re.sub(r"([\\`*\[\]<|~$&#])", r"\\\1", line(text))
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)

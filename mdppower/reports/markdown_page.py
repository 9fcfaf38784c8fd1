"""Reports of claims as Markdown: CommonMark with GitHub's tables; sentences, then each report, folded; no pictures.

Every text that comes from outside is escaped: a label never becomes markup. φ is a table of swaps; where it is long,
its shape on the map says more than its rows, and the rest of these is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape as escape_html
from typing import Any

from mdppower._text import rate_text
from mdppower.reports.first_page import GLOSSARY, first_page
from mdppower.reports.names import heading, label_note, show
from mdppower.reports.permutation_words import moves, phi_words
from mdppower.reports.words import (
    MARKS,
    TITLE,
    about_items,
    by_claim,
    count_text,
    fold,
    line,
    verdict_line,
    where_text,
)
from mdppower.theorems.claim_report import ClaimReport, require_reports
from mdppower.theorems.verification import Verification

MOST_ROWS = 12
"""Rows of φ, and states of a side."""


def to_markdown(reports: Iterable[ClaimReport], title: str = TITLE, about: Mapping[str, Any] | None = None) -> str:
    """Reports as Markdown (CommonMark with GitHub's tables): sentences, then a section each, folded.

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
    given = reports if isinstance(reports, Verification) else tuple(reports)
    found = require_reports(given)
    page = first_page(given)
    lines = [f"# {escape(title)}", ""]
    for text in page.alarms:
        lines += [f"**{escape(text)}**", ""]
    for name, sentences in page.parts:
        lines += [f"## {name}", "", *(f"- {escape(page.told(one))}" for one in sentences), ""]
    lines += ["## The reports", "", escape(f"{count_text(found)}."), ""] if found else ["No claim was checked.", ""]
    for group in by_claim(found).values():
        # The blank lines let the Markdown inside of a fold be read as such.
        lines += ["<details>", f"<summary>{html(heading(group[0]))}: {html(verdict_line(group))}</summary>", ""]
        for one in group:
            lines += _section(one)
        lines += ["</details>", ""]
    notes = [label_note(found[0].mdp)] if found else []
    lines += ["## How to read this", "", *(f"- {escape(text)}" for text in (*GLOSSARY, *notes) if text), ""]
    if about:
        lines += ["<details>", "<summary>The run</summary>", ""]
        lines += [f"- **{escape(name)}:** {escape(value)}" for name, value in about_items(about)]
        lines += ["", "</details>", ""]
    return "\n".join(lines).rstrip() + "\n"


def html(text: str) -> str:
    """Text inside of a tag."""
    return escape_html(line(text))


def _section(one: ClaimReport) -> list[str]:
    lines = [
        f"### {escape(one.claim)} at {escape(where_text(one))}: {MARKS[one.verdict]} {one.verdict}",
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

"""What pages say of reports in words: which come first, and why a claim applies or does not.

A page is read from the top, so reports are ordered by what a reader would want to know first:

violated > holds > inconclusive > not applicable,

and of those that hold, the ones with a φ or a strict part first: that POWER is bounded is true everywhere.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mdppower._text import count, cut
from mdppower.reports.names import LONGEST, show
from mdppower.reports.permutation_words import phi_words
from mdppower.theorems.claim_report import VERDICTS, ClaimReport

MARKS: dict[str, str] = {"holds": "✓", "violated": "✗", "inconclusive": "?", "not applicable": "○"}
"""A shape for each verdict: pages are read in grey, and by readers who see no red."""

ALARM = (
    "VIOLATED: hypotheses proved, conclusion contradicted: a discovery or a bug in mdppower; please report it with "
    "this file"
)

BY_SYMMETRY = ("prop-6.6", "prop-6.9.1", "prop-6.9.2", "prop-6.12", "thm-6.13")
"""Claims that ask for a copy, so for a φ. Corollary 6.14's φ is always there: it swaps two 1-cycles."""

RANKED = (*BY_SYMMETRY, "cor-6.14")
"""Claims that say of two sides that one is the greater; Proposition 5.5 says that both are near."""

TITLE = "Claims about optimal policies and POWER, checked"


def line(text: str) -> str:
    """A text on one line, with what cannot be printed (and could steer a terminal) as its code."""
    text = re.sub(r"\s+", " ", text).strip()
    return cut(text, 10 * len(text))  # a code has at most ten characters: nothing is cut off


def where_text(report: ClaimReport, longest: int = LONGEST) -> str:
    """What the report is about: "r_se, l_sw"; "the whole MDP" where it names nothing.

    Of one state Theorem 6.13 may compare several pairs of ends: there its sides belong to its name.
    """
    text = ", ".join(show(label, longest) for label in report.where) or "the whole MDP"
    if report.claim == "thm-6.13" and len(report.sides) == 2:
        text += f" ({' ≥ '.join(map(line, report.sides))})"
    return text


def by_interest(reports: Sequence[ClaimReport]) -> list[ClaimReport]:
    """The reports, those first that say most; otherwise in the order that they have."""

    def rank(report: ClaimReport) -> tuple[int, int]:
        strict = report.strict is not None and report.strict.status == "met"
        order = ("violated", "holds", "inconclusive", "not applicable")
        return order.index(report.verdict), -strict - bool(report.phi)

    return sorted(reports, key=rank)


def by_claim(reports: Sequence[ClaimReport]) -> dict[str, list[ClaimReport]]:
    """The reports of each claim, in the order in which claims appear."""
    groups: dict[str, list[ClaimReport]] = {}
    for report in reports:
        groups.setdefault(report.claim, []).append(report)
    return groups


def verdict_counts(reports: Sequence[ClaimReport]) -> dict[str, int]:
    """How many reports have each of the four verdicts."""
    found = Counter(report.verdict for report in reports)
    return {verdict: found[verdict] for verdict in VERDICTS}


def count_text(reports: Sequence[ClaimReport]) -> str:
    """``3 reports on 2 claims: 2 hold, 1 not applicable``."""
    told = ", ".join(
        f"{n:,} hold" if verdict == "holds" and n != 1 else f"{n:,} {verdict}"
        for verdict, n in verdict_counts(reports).items()
        if n
    )
    return f"{count(len(reports), 'report')} on {count(len(by_claim(reports)), 'claim')}: {told}"


def verdict_line(reports: Sequence[ClaimReport]) -> str:
    """The verdicts of some reports, each with how many: ``✓ holds ×2, ? inconclusive``."""
    told = [
        f"{MARKS[verdict]} {verdict}" + f" ×{n:,}" * (n > 1) for verdict, n in verdict_counts(reports).items() if n
    ]
    return ", ".join(told)


def why(report: ClaimReport) -> str:
    """The one part that decides: what contradicts, what is not met or not known, or else the certificate."""
    for status in ("not met", "unknown"):
        for one in report.hypotheses:
            if one.status == status:
                return f"{status}: {one.name}" + (f" ({one.detail})" if one.detail else "")
    for evidence in report.evidence:
        if evidence.outcome == "contradicts":
            return f"{evidence.kind} evidence contradicts: {evidence.detail}"
    if report.phi is not None:
        return f"φ: {phi_words(report.phi, report.mdp)}"
    proofs = [e.detail for e in report.evidence if e.outcome == "supports" and e.kind in ("exact", "structural")]
    return proofs[0] if proofs else "no proof, samples only" if report.evidence else "no evidence"


def fold(items: Sequence[Any], most: int, noun: str) -> tuple[Sequence[Any], str]:
    """The first of a long list, and what to say of the others: "and 23 more pairs"."""
    left = len(items) - most
    return (items, "") if left <= 0 else (items[:most], f"and {left:,} more {noun}" + "s" * (left > 1))


def about_items(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The facts of a run, as text."""
    return [
        (str(name), ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
        for name, value in about.items()
    ]


def wrap(text: str, width: int) -> str:
    """A paragraph in lines of at most so many characters, those after the first indented."""
    return textwrap.fill(text, max(width, 20), subsequent_indent="  ", break_on_hyphens=False)

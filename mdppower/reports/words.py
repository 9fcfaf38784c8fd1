"""What pages say of reports in words: which come first, why a claim applies, what φ looks like on the map.

A page is read from the top, so reports are ordered by what a reader would want to know first:

violated > holds > inconclusive > not applicable,

and of those that hold, the ones with a φ or a strict part first: that POWER is bounded is true everywhere.

φ is named by its geometry where there is a layout. Let s lie at (r, c) and φ(s) at (r', c'). Over all states that φ
moves, it is

mirror image left-right               r' = r and c + c' is constant, twice the column of the mirror
mirror image up-down                  c' = c and r + r' is constant
mirror image in a falling diagonal    r' − c and c' − r are constant and opposite
mirror image in a rising diagonal     r' + c and c' + r are constant and equal
half turn                             r + r' and c + c' are constant

These are the isometries of a grid that are involutions (a shift is none, nor is a quarter turn), as φ is where one
set contains a copy of another (Turner et al., arXiv 1912.01683, section 6). Where φ leaves states alone that the
isometry would move, it is one "of the states that move" only. A φ that swaps one pair is named by that pair.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdppower._text import count, cut
from mdppower._typing import AnyArray, Label
from mdppower.mdp.layout import is_drawing
from mdppower.mdp.model import RewardlessMDP
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

CLOSE = 1e-9
"""Of positions, in units of the layout."""
LONGEST = 60
"""Characters of a label."""


TITLE = "Claims about optimal policies and POWER, checked"


def line(text: str) -> str:
    """A text on one line, with what cannot be printed (and could steer a terminal) as its code."""
    text = re.sub(r"\s+", " ", text).strip()
    return cut(text, 10 * len(text))  # a code has at most ten characters: nothing is cut off


def show(label: Label, longest: int = LONGEST) -> str:
    """A label as text that can be printed, not too long."""
    return cut(str(label), longest)


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


def evidence_text(report: ClaimReport) -> str:
    """``structural, pathwise ×3; contradicts: votes``."""
    told = []
    for outcome in ("supports", "contradicts", "silent"):
        found = Counter(one.kind for one in report.evidence if one.outcome == outcome)
        kinds = ", ".join(kind + (f" ×{n}" if n > 1 else "") for kind, n in found.items())
        if kinds:
            told.append(kinds if outcome == "supports" else f"{outcome}: {kinds}")
    return "; ".join(told) or "none"


def findings(reports: Sequence[ClaimReport], most: int = 5) -> list[str]:
    """Sentences on the reports as a whole: the counts, an alarm, where there is no symmetry, and the best of them."""
    if not reports:
        return ["No claim was checked."]
    told = [count_text(reports) + "."]
    ranked = by_interest(reports)
    if ranked[0].verdict == "violated":
        told.append(ALARM + ".")
    told += _no_symmetry(reports)
    # One of each claim: ten pairs of states that are alike say no more than one.
    first = [group[0] for group in by_claim(ranked).values() if group[0].verdict in ("violated", "holds")]
    told += [f"{MARKS[one.verdict]} {one.claim} at {where_text(one)}: {one.statement}" for one in first[:most]]
    return told


def _no_symmetry(reports: Sequence[ClaimReport]) -> list[str]:
    """Sentences where claims were checked that need a copy, and none holds by a φ that moves anything."""
    asked = [one for one in reports if one.claim in BY_SYMMETRY]
    held = {one.claim for one in asked if one.verdict in ("holds", "violated")}
    if not asked or any(one.phi for one in asked if one.claim in held and one.verdict in ("holds", "violated")):
        return []
    idle = [one for one in asked if one.claim not in held]
    blocked = dict.fromkeys(one.claim for one in idle if one.phi)
    without = [one for one in idle if one.claim not in blocked]
    names = ", ".join(dict.fromkeys(one.claim for one in without))
    told = []
    if any(one.verdict == "inconclusive" for one in without):
        told.append(f"No symmetry was found within the budget, which proves nothing: {names} may yet apply here.")
    elif without:
        told.append(f"No symmetry was found: nothing that rests on a copy applies here ({names}).")
    if blocked:
        told.append(f"Where copies were found for {', '.join(blocked)}, another hypothesis fails.")
    if held:
        told.append(f"{', '.join(sorted(held))}: only with φ the identity, as one set contains the other as it is.")
    return told


def moves(phi: Mapping[Label, Label]) -> list[tuple[Label, Label, bool]]:
    """What φ moves: from, to, and whether it is a swap; each swap once.

    Examples
    --------
    >>> moves({"a": "b", "b": "a", "c": "c"})
    [('a', 'b', True)]
    """
    found: list[tuple[Label, Label, bool]] = []
    done: set[Label] = set()
    for s, t in phi.items():
        if s in done or s == t:
            continue
        swap = phi.get(t) == s
        done |= {s, t} if swap else {s}
        found.append((s, t, swap))
    return found


def phi_words(phi: Mapping[Label, Label], mdp: RewardlessMDP) -> str:
    """What φ is, in a line: its shape on the layout where it has one, else its swaps.

    Examples
    --------
    >>> import mdppower as mp
    >>> phi_words({(0, c): (0, 4 - c) for c in range(5)}, mp.envs.gridworld("....."))
    'mirror image left-right about column 2 (2 swaps)'
    """
    pairs = moves(phi)
    if not pairs:
        return "the identity"
    swaps = all(swap for _, _, swap in pairs)
    size = count(len(pairs), "swap" if swaps else "move")
    shape = _shape(mdp, pairs) if swaps and len(pairs) > 1 else None
    if shape is not None:
        return f"{shape} ({size})"
    told = ", ".join(f"{show(s)} {'↔' if swap else '→'} {show(t)}" for s, t, swap in pairs[:3])
    return told if len(pairs) <= 3 else f"{told}, … ({size})"


def _shape(mdp: RewardlessMDP, pairs: Sequence[tuple[Label, Label, bool]]) -> str | None:
    if mdp.layout is None:
        return None
    moved = [mdp.index(s) for s, _, _ in pairs]
    images = [mdp.index(t) for _, t, _ in pairs]
    r, c = mdp.layout[moved].T
    r2, c2 = mdp.layout[images].T
    # Where the states lie that φ leaves alone: a mirror image of the map leaves only those on its axis alone.
    rest_r, rest_c = np.delete(mdp.layout, [*moved, *images], axis=0).T

    def constant(values: AnyArray) -> bool:
        return float(np.ptp(values)) <= CLOSE

    def of_all(name: str, *off_axis: AnyArray) -> str:
        alone = all((np.abs(distance) <= CLOSE).all() for distance in off_axis)
        return name if alone else f"{name} of the states that move"

    named = not is_drawing(mdp)  # the rows and columns of a drawing mean nothing to its reader
    row, column = (r + r2)[0] / 2, (c + c2)[0] / 2
    upright, level = constant(c + c2), constant(r + r2)
    if (abs(r - r2) <= CLOSE).all() and upright:
        return of_all("mirror image left-right" + _about("column", column) * named, rest_c - column)
    if (abs(c - c2) <= CLOSE).all() and level:
        return of_all("mirror image up-down" + _about("row", row) * named, rest_r - row)
    if constant(np.r_[r2 - c, r - c2]):
        return of_all("mirror image in a falling diagonal", rest_r - rest_c - (r2 - c)[0])
    if constant(np.r_[r2 + c, r + c2]):
        return of_all("mirror image in a rising diagonal", rest_r + rest_c - (r2 + c)[0])
    if upright and level:
        return of_all("half turn" + f" about ({row:g}, {column:g})" * named, rest_r - row, rest_c - column)
    return None


def _about(line: str, at: float) -> str:
    """``about column 3``; of a mirror between two of them, ``between columns 3 and 4``."""
    if abs(at - round(at)) <= CLOSE:
        return f" about {line} {round(at)}"
    if abs(2 * at - round(2 * at)) <= CLOSE:
        return f" between {line}s {int(np.floor(at))} and {int(np.ceil(at))}"
    return f" about {line} {at:g}"


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

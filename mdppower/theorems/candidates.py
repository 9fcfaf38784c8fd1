"""Where on an MDP a theorem may apply: candidates, most of them excluded before any search.

Pairs (s, s') for Propositions 6.6 and 6.12. If φ·F_nd(s') ⊆ F(s), then

* each state that s' reaches in k steps has an image that s reaches in k steps or fewer, so that for every k as many
  states are within k steps of s as of s' (a state at distance k is visited at time k by some f in F_nd(s'));
* different first steps go to different first steps: s has as many different actions, in an MDP without chance.

Automorphisms of the MDP take a φ for (s, s') to one for their images, so that s' need only run over one state of each
orbit. Triples (s; a, a') for Proposition 6.9 run over actions that are not equivalent.

What is found is ranked by interest: "strictly more options" comes before "as many", a symmetry before a part of the
same, and what moves few states before what moves many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mdppower._typing import Label
from mdppower.mdp.actions import distinct_choices
from mdppower.theorems.claim_report import ClaimReport
from mdppower.theorems.claim_setting import Setting


@dataclass(frozen=True)
class Survey:
    """How a search over an MDP went.

    Attributes
    ----------
    claim : str
    candidates : int
        Pairs or triples there are, after symmetry.
    excluded : int
        Without a search: by counting, or because another hypothesis fails.
    found, none, unknown : int
        Outcomes of the searches.
    skipped : int
        Not looked at: the time was up.
    """

    claim: str
    candidates: int
    excluded: int
    found: int
    none: int
    unknown: int
    skipped: int

    @property
    def is_complete(self) -> bool:
        """Whether each candidate was decided."""
        return not self.unknown and not self.skipped

    def __str__(self) -> str:
        parts = [f"{self.found:,} found to apply", f"{self.none + self.excluded:,} proved not to"]
        if self.unknown:
            parts.append(f"{self.unknown:,} undecided within the budget")
        if self.skipped:
            parts.append(f"{self.skipped:,} not looked at in the time given")
        return f"{self.candidates:,} candidates: {', '.join(parts)}"


def state_candidates(here: Setting) -> Iterator[tuple[Label, Label]]:
    """(s, s') for one s' of each orbit, and every other s.

    States of the same orbit come first: a symmetry of the whole MDP is found at once. Then absorbing s': what offers
    least has most copies, and to end there is to be shut down.
    """
    states, orbit = here.mdp.states, here.symmetries.orbit
    absorbing = set(here.mdp.absorbing_states.tolist())
    targets = sorted(representatives(here), key=lambda t: t not in absorbing)
    for alike in (True, False):
        for t in targets:
            for s in np.flatnonzero((orbit == orbit[t]) == alike).tolist():
                if s != t:
                    yield states[s], states[t]


def may_have_copy(here: Setting, state: Label, other: Label) -> bool:
    """Whether counting leaves it possible that F(s) contains a copy of F_nd(s'); see the top of the file."""
    mdp = here.mdp
    s, t = mdp.index(state), mdp.index(other)
    if mdp.is_deterministic:
        choices = distinct_choices(mdp)
        if len(choices[s]) < len(choices[t]):
            return False
    return _covers(_balls(here, s), _balls(here, t))


def action_candidates(here: Setting) -> Iterator[tuple[Label, Label, Label]]:
    """(s, a, a') of actions that are not equivalent, for one s of each orbit."""
    mdp = here.mdp
    choices = distinct_choices(mdp)
    for s in representatives(here):
        for p in choices[s]:
            for q in choices[s]:
                if p != q:
                    yield mdp.states[s], mdp.pair_label(p)[1], mdp.pair_label(q)[1]


def representatives(here: Setting) -> list[int]:
    """The first state of each orbit under the symmetries of the MDP."""
    _, first = np.unique(here.symmetries.orbit, return_index=True)
    return sorted(first.tolist())


def ranked(reports: list[ClaimReport]) -> list[ClaimReport]:
    """Reports in the order of interest; of two that say the same of a pair and its reverse, the first."""

    def interest(report: ClaimReport) -> tuple[int, int, bool, int]:
        strict = {"met": 0, "unknown": 1, "not met": 2}[report.strict.status if report.strict else "not met"]
        verdict = ("violated", "holds", "inconclusive", "not applicable").index(report.verdict)
        return verdict, strict, not report.phi, len(report.phi or ())

    kept: list[ClaimReport] = []
    seen: set[tuple[str, tuple[Label, ...], frozenset[Label]]] = set()
    for report in sorted(reports, key=interest):
        head, sides = report.where[:-2], frozenset(report.where[-2:])
        # A part of the same that is all of it says nothing; once is enough, for the whole MDP.
        same = (report.claim, head, sides) if report.phi else (report.claim, (), frozenset[Label]())
        if report.strict is not None and report.strict.status == "not met" and same in seen:
            continue
        seen.add(same)
        kept.append(report)
    return kept


def _balls(here: Setting, s: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many states are within 0, 1, 2, … steps."""
    steps = here.distance(s)
    near = steps[np.isfinite(steps)].astype(np.int64)
    return np.cumsum(np.bincount(near))


def _covers(
    first: np.ndarray[tuple[int], np.dtype[np.int64]], second: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> bool:
    """Whether the first count is nowhere below the second; each stays at its last number."""
    length = max(len(first), len(second))
    longer = [np.pad(x, (0, length - len(x)), mode="edge") for x in (first, second)]
    return bool((longer[0] >= longer[1]).all())

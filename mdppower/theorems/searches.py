"""For each claim: go through an MDP for places where it may apply, search, and report the most interesting.

A claim that applies nowhere gets one report that says so, and whether that is proved. Searches come first and cost
little; only what is chosen is tested.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import TypeAlias

import numpy as np

from mdppower._text import rate_text
from mdppower._typing import Label
from mdppower.measures.action_optimality import action_optimality
from mdppower.measures.power import power
from mdppower.symmetry.involutions import CopySearch
from mdppower.theorems.candidates import (
    Survey,
    action_candidates,
    may_have_copy,
    ranked,
    representatives,
    state_candidates,
)
from mdppower.theorems.claim_report import ClaimReport, Evidence, Hypothesis, Status
from mdppower.theorems.claim_setting import Setting
from mdppower.theorems.evidence import ALWAYS
from mdppower.theorems.keeping_options import (
    never_returns,
    no_other_way,
    proposition_6_6,
    proposition_6_9_1,
    proposition_6_9_2,
)
from mdppower.theorems.long_run import (
    corollary_6_14,
    end_groups,
    ends_text,
    proposition_6_12,
    sure_one_cycles,
    theorem_6_13,
)
from mdppower.theorems.power_facts import lemma_5_3, neighbours, proposition_5_4, proposition_5_5
from mdppower.theorems.power_is_not_optimality import LAW, proposition_b_1, proposition_b_4
from mdppower.theorems.suboptimal_power import MOST_STATES, definition_c_1

MOST_MADE = 40
"""Most reports made, untested ones thrown away, to choose the most interesting from."""
MOST_BLOCKED = 200
"""Most searches, where a claim applies nowhere, for a copy at a place where another hypothesis fails."""
MOST_LIMITS = 64
"""Most states for which B.1 and B.4 are looked for at γ = 1 (Blackwell optimality)."""

Made: TypeAlias = "tuple[list[ClaimReport], Survey | None]"


def _searched(
    claim: str,
    candidates: Iterator[tuple[Label, ...]],
    search: Callable[..., CopySearch],
    report: Callable[..., ClaimReport],
    nowhere: ClaimReport,
    here: Setting,
    most: int,
    end: float,
    possible: Callable[..., bool] = lambda *place: True,
    is_dull: Callable[[tuple[Label, ...]], bool] = lambda place: False,
) -> Made:
    """Go through candidates, search for copies, and report the most interesting of those found.

    `possible` is asked before each search: whether counting, or another hypothesis, leaves it open. A claim that
    applies nowhere is shown once where it has its copy and another hypothesis fails.
    """
    count: Counter[str] = Counter()
    found: list[tuple[Label, ...]] = []
    blocked: list[tuple[Label, ...]] = []
    for place in candidates:
        if time.monotonic() > end:
            count["skipped"] = 1 + sum(1 for _ in candidates)
            break
        outcome = search(*place).status if possible(*place) else "excluded"
        count[outcome] += 1
        if outcome == "found":
            found.append(place)
        elif outcome == "excluded" and not found and len(blocked) < MOST_BLOCKED:
            blocked.append(place)
    survey = Survey(claim, count.total(), *(count[k] for k in ("excluded", "found", "none", "unknown", "skipped")))
    # Without tests a report costs a search that is known to succeed: enough to see which are of interest.
    quick = here.sketch()
    found.sort(key=is_dull)
    chosen = ranked([report(quick, *place) for place in found[:MOST_MADE]])[:most]
    if chosen:
        return [report(here, *one.where) for one in chosen], survey
    status: Status = "not met" if survey.is_complete else "unknown"
    detail = str(survey) if survey.candidates else "there is nothing to compare"
    made = [replace(nowhere, hypotheses=(replace(nowhere.hypotheses[0], status=status, detail=detail),))]
    for place in blocked:
        if time.monotonic() > end:
            break
        if search(*place).status == "found":
            return [*made, report(here, *place)], survey
    return made, survey


def _same_cycles(here: Setting, place: tuple[Label, ...]) -> bool:
    """Whether both states reach the same cycles, in a deterministic MDP: then they have the same ends."""
    first, second = (here.reach(here.mdp.index(state)) & (here.cycles >= 0) for state in place)
    return here.mdp.is_deterministic and bool((first == second).all())


def _same_orbit(here: Setting, place: tuple[Label, ...]) -> bool:
    """Whether a symmetry of the whole MDP takes the states to each other: they offer the same."""
    first, second = (here.mdp.index(state) for state in place)
    return bool(here.symmetries.orbit[first] == here.symmetries.orbit[second])


def _nowhere(here: Setting, claim: str, reference: str, hypothesis: str) -> ClaimReport:
    """The report of a claim that applies to no part of the MDP."""
    return ClaimReport(
        claim, reference, "no part of this MDP was found where it applies", here.mdp, (), here.gammas,
        (Hypothesis(hypothesis, "unknown"),), (),
    )  # fmt: skip


def _lemma_5_3(here: Setting, most: int, end: float) -> Made:
    return [lemma_5_3(here, here.mdp.states[_busiest(here)])], None


def _proposition_5_4(here: Setting, most: int, end: float) -> Made:
    return [proposition_5_4(here)], None


def _proposition_5_5(here: Setting, most: int, end: float) -> Made:
    pairs = neighbours(here)
    if not pairs:
        nowhere = _nowhere(here, "prop-5.5", "Proposition 5.5", "two states reach each other in one step for certain")
        hypothesis = replace(nowhere.hypotheses[0], status="not met", detail="no two states do")
        return [replace(nowhere, hypotheses=(hypothesis,))], None
    chosen = np.linspace(0, len(pairs) - 1, min(most, len(pairs))).astype(int)
    survey = Survey("prop-5.5", len(pairs), 0, len(pairs), 0, 0, 0)
    return [proposition_5_5(here, *pairs[k]) for k in sorted(set(chosen.tolist()))], survey


def _proposition_6_6(here: Setting, most: int, end: float) -> Made:
    return _searched(
        "prop-6.6", state_candidates(here), here.finder.states,
        proposition_6_6, _nowhere(here, "prop-6.6", "Proposition 6.6", "some F(s) contains a copy of some F_nd(s')"),
        here, most, end, partial(may_have_copy, here), partial(_same_orbit, here),
    )  # fmt: skip


def _proposition_6_9(item: int, here: Setting, most: int, end: float) -> Made:
    claim = f"prop-6.9.{item}"
    report, side, told = (
        (proposition_6_9_1, never_returns, "the state cannot be reached again after that one"),
        (proposition_6_9_2, no_other_way, "no third action leads to the same states"),
    )[item - 1]
    return _searched(
        claim, action_candidates(here), here.finder.actions, report,
        _nowhere(
            here, claim, f"Proposition 6.9, item {item}",
            f"at some state one action's visit distributions contain a copy of another's, and {told}",
        ),
        here, most, end, partial(side, here),
    )  # fmt: skip


def _proposition_6_12(here: Setting, most: int, end: float) -> Made:
    return _searched(
        "prop-6.12", state_candidates(here), here.finder.ends, proposition_6_12,
        _nowhere(here, "prop-6.12", "Proposition 6.12", "some RSD(s) contains a copy of some RSD_nd(s')"), here, most,
        end, is_dull=partial(_same_cycles, here),
    )  # fmt: skip


def _theorem_6_13(here: Setting, most: int, end: float) -> Made:
    """Groups of ends without a state in common, from one state of each orbit.

    Other D and D' that the theorem may be about, such as parts of one group, are not looked for. In a deterministic
    MDP a group is all cycles of one strongly connected component: where there is one, nothing need be listed.
    """
    count: Counter[str] = Counter()
    sketches: list[tuple[ClaimReport, Callable[[Setting], ClaimReport]]] = []
    quick = here.sketch()
    for s in representatives(here):
        state = here.mdp.states[s]
        if here.mdp.is_deterministic and len(np.unique(here.cycles[here.reach(s) & (here.cycles >= 0)])) < 2:
            continue
        if time.monotonic() > end:
            count["skipped"] += 1
            continue
        groups = end_groups(here, state)
        count["unknown"] += not groups
        for first, second in permutations(groups, 2):
            if len(first) >= len(second):
                outcome = here.finder.end_sets(first, second).status
                count[outcome] += 1
                if outcome == "found" and len(sketches) < MOST_MADE:
                    names = ends_text(here, first), ends_text(here, second)
                    make = partial(theorem_6_13, state=state, ends=first, others=second, names=names)
                    sketches.append((make(quick), make))
    survey = Survey("thm-6.13", count.total(), 0, *(count[k] for k in ("found", "none", "unknown", "skipped")))
    order = ranked([sketch for sketch, _ in sketches if all(h.status == "met" for h in sketch.hypotheses)])
    makers = {id(sketch): make for sketch, make in sketches}
    chosen = [makers[id(sketch)](here) for sketch in order[:most]]
    if chosen:
        return chosen, survey
    name = (
        "the ends of some state fall into groups without a state in common, one of which contains a copy of another"
    )
    nowhere = _nowhere(here, "thm-6.13", "Theorem 6.13", name)
    status: Status = "not met" if survey.is_complete else "unknown"
    detail = str(survey) if survey.candidates else "from each state all ends overlap: there is one group"
    hypothesis = replace(nowhere.hypotheses[0], status=status, detail=detail)
    statement = "among groups of ends without a state in common (no others were looked at) it applies to none"
    return [replace(nowhere, statement=statement, hypotheses=(hypothesis,))], survey


def _corollary_6_14(here: Setting, most: int, end: float) -> Made:
    """Each 1-cycle once, from where the others are most; absorbing ones first: to end there is to be shut down.

    Where nothing is absorbing, all 1-cycles are much alike: two will do.
    """
    mdp = here.mdp
    absorbing = set(mdp.absorbing_states.tolist())
    from_where: dict[int, tuple[int, int]] = {}
    cut = False
    for s in representatives(here):
        if time.monotonic() > end:
            cut = True
            break
        loops = sure_one_cycles(here, mdp.states[s])
        for x in loops if len(loops) > 1 else ():
            if len(loops) > from_where.get(x, (0, 0))[0]:
                from_where[x] = len(loops), s
    order = sorted(from_where, key=lambda x: (x not in absorbing, -from_where[x][0], x))
    if order:
        most = min(most, max(2, len(absorbing & from_where.keys())))
        return [corollary_6_14(here, mdp.states[from_where[x][1]], mdp.states[x]) for x in order[:most]], None
    nowhere = _nowhere(here, "cor-6.14", "Corollary 6.14", "from some state two 1-cycles can be reached for certain")
    status: Status = "unknown" if cut else "not met"
    detail = "from none that was looked at in the time given" if cut else "from none"
    hypothesis = replace(nowhere.hypotheses[0], status=status, detail=detail)
    return [replace(nowhere, hypotheses=(hypothesis,))], None


def _beyond_power(which: int, here: Setting, most: int, end: float) -> Made:
    """B.1 and B.4: triples that estimates single out, looked at closely."""
    claim, report = (("prop-B.1", proposition_b_1), ("prop-B.4", proposition_b_4))[which]
    gamma = _far_sighted(here)
    choice = next(action_candidates(here), None) is not None
    candidates = _suspects(here, gamma) if choice else []
    made = [report(here, *place, gamma=gamma) for place in candidates[:most]]
    shown = [one for one in made if all(h.status == "met" for h in one.hypotheses)]
    if shown:
        return shown, None
    nowhere = _nowhere(
        here, claim, f"Proposition {claim[5:]}",
        "some action leads to more POWER than another of its state, and is less likely optimal",
    )  # fmt: skip
    hypothesis = replace(
        nowhere.hypotheses[0],
        status="unknown" if choice else "not met",
        detail=f"none was seen at γ={rate_text(gamma)} in {here.samples:,} draws of {LAW} rewards; that proves "
        "nothing"
        if choice
        else "no state has two different actions",
    )
    return [replace(nowhere, gammas=(gamma,), hypotheses=(hypothesis,))], None


def _far_sighted(here: Setting) -> float:
    """The greatest rate; in larger MDPs below 1, where optimal actions are limits and take long to find."""
    inside = [g for g in here.gammas if g < 1]
    return inside[-1] if inside and here.mdp.n_states > MOST_LIMITS else here.gammas[-1]


def _suspects(here: Setting, gamma: float) -> list[tuple[Label, Label, Label]]:
    """(s, a, a') where a seems to lead to more POWER, and to be less likely optimal; the clearest first."""
    mdp = here.mdp
    estimate = power(mdp, gamma, LAW, **here.draws)
    chances = action_optimality(mdp, gamma, LAW, **here.draws)
    seek = np.asarray(mdp.kernel @ estimate.mean)
    share = np.asarray(chances.optimal.mean)
    found = []
    for state, action, other in action_candidates(here):
        p, q = mdp.pair(state, action), mdp.pair(state, other)
        if seek[p] > seek[q] and share[p] < share[q]:
            found.append((min(seek[p] - seek[q], share[q] - share[p]), state, action, other))
    found.sort(key=lambda one: -one[0])
    return [place for _, *place in found]  # type: ignore[misc]


def _definition_c_1(here: Setting, most: int, end: float) -> Made:
    most_states = 4 * MOST_STATES
    if here.mdp.n_states <= most_states:
        return [definition_c_1(here)], None
    untested = Evidence("pathwise", "silent", f"not tested: more than {most_states:,} states")
    return [
        ClaimReport(
            "def-C.1", "Definition C.1", "no policy has more POWER than an optimal one", here.mdp, (), here.gammas,
            (), (ALWAYS, untested),
        )
    ], None  # fmt: skip


def _busiest(here: Setting) -> int:
    """The first state of most actions."""
    return int(np.argmax(np.diff(here.mdp.pointer)))


SEARCHES: dict[str, Callable[[Setting, int, float], Made]] = {
    "lemma-5.3": _lemma_5_3,
    "prop-5.4": _proposition_5_4,
    "prop-5.5": _proposition_5_5,
    "prop-6.6": _proposition_6_6,
    "prop-6.9.1": partial(_proposition_6_9, 1),
    "prop-6.9.2": partial(_proposition_6_9, 2),
    "prop-6.12": _proposition_6_12,
    "thm-6.13": _theorem_6_13,
    "cor-6.14": _corollary_6_14,
    "prop-B.1": partial(_beyond_power, 0),
    "prop-B.4": partial(_beyond_power, 1),
    "def-C.1": _definition_c_1,
}
CLAIMS: tuple[str, ...] = tuple(SEARCHES)
"""Names of the claims, in the order of the paper."""

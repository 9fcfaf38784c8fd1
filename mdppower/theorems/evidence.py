"""Tests of conclusions, as the evidence of a report.

Three kinds, from strong to weak (theory: Turner et al., arXiv 1912.01683, section 6):

pathwise  an inequality that holds for each reward function; a single violation beyond the certified errors refutes it
votes     over the orbit of a reward function; exhaustive ones are exact, sampled ones contradict only by a sign test
estimate  means and probabilities with intervals; never more than support

A sampled vote keeps its p-value in ``numbers["p"]``, so that a run that makes many can judge them together (Holm).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.orbits.pathwise_tests import Pathwise, draws
from mdppower.orbits.quantity import Quantity
from mdppower.orbits.rearrangements import rounded
from mdppower.orbits.voting import MOST_COUNTED, Votes, binary_votes, holm, votes
from mdppower.theorems.claim_report import ClaimReport, Evidence, Outcome
from mdppower.theorems.claim_setting import Setting

EXHAUSTIVE = 10
"""An orbit votes as a whole if no more than so many times the size of a sample have to be solved."""

ALWAYS = Evidence("structural", "supports", "it asks nothing of the MDP: the paper's proof covers every finite one")


def drawn(here: Setting) -> FloatArray:
    """The reward functions of the setting's pathwise tests, (N, S)."""
    return np.concatenate(list(draws(here.mdp, here.rewards, here.samples, here.entropy)))


BINARY = 10
"""Most states that matter for which all rewards of zeros and ones vote."""


def from_pathwise(test: Pathwise, gamma: float | None = None) -> Evidence:
    """What a pathwise test says."""
    numbers: dict[str, Any] = {
        "draws": test.draws, "violations": test.violations, "open": test.open, "worst": float(test.worst),
        "tolerance": float(test.tolerance), "violating_measure_below": test.upper_limit(),
    }  # fmt: skip
    if gamma is not None:
        numbers["gamma"] = gamma
    if test.violator is not None:
        numbers["violator"] = [float(x) for x in test.violator]
    return Evidence("pathwise", "contradicts" if test.is_refuted else "supports", repr(test)[9:-1], numbers)


def from_votes(seen: Votes, level: float, gamma: float | None = None) -> Evidence:
    """What an orbit says: exactly, or by the sign test at a level."""
    outcome: Outcome = "supports"
    if seen.is_most is False or (seen.is_most is None and seen.p_value < level):
        outcome = "contradicts"
    elif seen.greater + seen.less == 0:
        outcome = "silent"
    numbers: dict[str, Any] = {
        "greater": seen.greater, "less": seen.less, "equal": seen.equal, "undecided": seen.undecided,
        "orbit_size": rounded(seen.size), "exhaustive": seen.exhaustive, "p": seen.p_value,
    }  # fmt: skip
    if np.isfinite(seen.ratio):
        numbers["ratio"] = seen.ratio
    if gamma is not None:
        numbers["gamma"] = gamma
    return Evidence("votes", outcome, repr(seen)[6:-1], numbers)


def from_binary(seen: Sequence[Votes], gamma: float | None = None) -> Evidence:
    """What all orbits of zeros and ones say: exactly."""
    lost = [one for one in seen if one.is_most is False]
    greater, less = sum(one.greater for one in seen), sum(one.less for one in seen)
    ratio = min((one.ratio for one in seen if one.less), default=np.inf)
    told = f"{len(lost)} of {len(seen)} orbits lost" if lost else f"none of {len(seen)} orbits lost"
    if 1 < ratio < np.inf:
        told += f", each won by {ratio:.3g} to 1 or more"
    outcome: Outcome = "contradicts" if lost else "supports" if greater + less else "silent"
    numbers: dict[str, Any] = {"greater": greater, "less": less, "orbits": len(seen), "lost": len(lost)}
    if gamma is not None:
        numbers["gamma"] = gamma
    what = f"{seen[0].first} against {seen[0].second}, all rewards of zeros and ones"
    return Evidence("votes", outcome, f"{what}: {told} ({greater:,} greater, {less:,} less)", numbers)


def voting_rewards(n_states: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Reward functions whose orbits vote: all different, a single 1, and half ones."""
    spread = np.sort(rng.standard_normal(n_states))
    one = np.zeros(n_states)
    one[-1] = 1.0
    half = np.zeros(n_states)
    half[n_states // 2 :] = 1.0
    return {"different": spread, "a single 1": one, "half ones": half} if n_states > 2 else {"different": spread}


def orbit_evidence(
    here: Setting, make: Callable[[float], tuple[Quantity, Quantity]], gammas: Iterable[float]
) -> list[Evidence]:
    """Votes of f₁ against f₂ over some orbits at each rate; over all of zeros and ones where few states matter.

    Parameters
    ----------
    here : Setting
    make : callable
        From γ to f₁ and f₂.
    gammas : iterable of float

    Returns
    -------
    list of Evidence
    """
    rng, n = np.random.default_rng(here.entropy), here.mdp.n_states
    orbits = voting_rewards(n, rng)
    found = []
    for gamma in gammas:
        first, second = make(gamma)
        # A sketch (one vote) has no time for all of them.
        few = here.votes > 1 and n <= MOST_COUNTED and int((first.support | second.support).sum()) <= BINARY
        if few:
            found.append(from_binary(binary_votes(first, second), gamma))
        for reward in list(orbits.values())[: 1 if few else None]:
            seen = votes(first, second, reward, limit=EXHAUSTIVE * here.votes, samples=here.votes, rng=rng)
            found.append(from_votes(seen, here.level, gamma))
    return found


def judged_together(reports: Iterable[ClaimReport], level: float) -> list[ClaimReport]:
    """Reports whose sampled votes are judged together: Holm's procedure over all of a run.

    Parameters
    ----------
    reports : iterable of ClaimReport
    level : float
        How often chance may make any of them contradict a claim that is true.

    Returns
    -------
    list of ClaimReport
    """
    given = list(reports)
    places = [
        (r, e)
        for r, report in enumerate(given)
        for e, one in enumerate(report.evidence)
        if one.numbers.get("exhaustive") is False
    ]
    if not places:
        return given
    rejected = holm([given[r].evidence[e].numbers["p"] for r, e in places], level)
    for (r, e), out in zip(places, rejected.tolist(), strict=True):
        one = given[r].evidence[e]
        outcome: Outcome = "contradicts" if out else "silent" if one.outcome == "silent" else "supports"
        if outcome != one.outcome:
            items = list(given[r].evidence)
            items[e] = replace(one, outcome=outcome)
            given[r] = replace(given[r], evidence=tuple(items))
    return given

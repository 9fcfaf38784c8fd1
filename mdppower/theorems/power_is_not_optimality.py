"""Propositions B.1 and B.4: more POWER, and tending to seek it, do not make an action more likely optimal.

Sources: Turner, Smith, Shah, Critch & Tadepalli, *Optimal Policies Tend to Seek Power*, arXiv 1912.01683v10,
appendix B.

Both say that something does *not* follow; figure 10 of the paper is the proof. On an MDP of one's own the question is
whether it has an instance: two actions a, a' of a state s where

B.1   E_{T(s,a)} POWER(·, γ) > E_{T(s,a')} POWER(·, γ) and yet P(s, a, γ) < P(s, a', γ), for i.i.d. rewards;
B.4   in the orbit of a reward function a seeks more POWER in more elements than a' does, and yet a' is optimal in
      more elements than a is.

Where an instance is shown exactly the claim *holds* here: POWER is no guide to optimality in this MDP. Without one it
is *not applicable* to the pair.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from mdppower._text import rate_text
from mdppower._typing import Label
from mdppower.errors import RewardError, SizeError, SolverError
from mdppower.mdp.rational import rational
from mdppower.measures.action_optimality import action_optimality
from mdppower.measures.power import power
from mdppower.montecarlo.run_loop import whole
from mdppower.orbits.paper_quantities import action_is_optimal, action_power
from mdppower.orbits.voting import Votes, votes
from mdppower.theorems.claim_report import ClaimReport, Evidence, Hypothesis, Status
from mdppower.theorems.claim_setting import Setting, SettingLike, as_setting

LAW = "uniform"
EXACT_STATES = 8
"""Most states for which probabilities are integrated, of deterministic MDPs; beyond, they are estimated."""


@whole()
def proposition_b_1(here: SettingLike, state: Label, action: Label, other: Label, gamma: float = 1.0) -> ClaimReport:
    """Greater POWER does not imply greater probability of being optimal (Proposition B.1).

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state : label
    action, other : labels
        a and a'.
    gamma : float

    Returns
    -------
    ClaimReport
        With exact numbers in deterministic MDPs of up to 8 states (others: 4), else with intervals: these make no
        instance certain.

    Examples
    --------
    >>> import mdppower as mp
    >>> proposition_b_1(mp.envs.figure_10(), "s1", "->s2", "->s3").verdict
    'holds'
    """
    here = as_setting(here)
    mdp = here.mdp
    first, second = mdp.pair(state, action), mdp.pair(state, other)
    difference = np.asarray((mdp.kernel[[first]] - mdp.kernel[[second]]).toarray()[0])
    numbers = _exact_numbers(here, state, action, other, gamma, difference)
    if numbers is not None:
        (seek, mine, yours), kind = numbers, "exact"
        more, less = (_status(seek > 0), _status(mine < yours))
        shown = f"POWER differs by {seek}, P = {mine} against {yours}"
        data: dict[str, Any] = {"power_difference": str(seek), "p": str(mine), "p_other": str(yours)}
    else:
        estimate = power(mdp, gamma, LAW, **here.draws)
        pairs = estimate.actions(state).difference((state, action), (state, other))
        low, high = (float(x) for x in pairs.interval(1 - here.level))
        chances = action_optimality(mdp, gamma, LAW, **here.draws)
        (p_low, p_high), (q_low, q_high) = (
            [float(x) for x in chances.of(state, a).interval(1 - here.level)] for a in (action, other)
        )
        # Samples disprove nothing; what they speak for is named "met", and the evidence an estimate.
        more, less = ("met" if low > 0 else "unknown"), ("met" if p_high < q_low else "unknown")
        kind = "estimate"
        shown = (
            f"POWER differs by {low:.4f} … {high:.4f}, "
            f"P in [{p_low:.3f}, {p_high:.3f}] against [{q_low:.3f}, {q_high:.3f}]"
        )
        data = {"power_difference": [low, high], "p": [p_low, p_high], "p_other": [q_low, q_high]}
    hypotheses = (
        Hypothesis(f"{action!r} leads to more POWER than {other!r}, i.i.d. {LAW} rewards", more, shown),
        Hypothesis(f"{action!r} is less likely optimal than {other!r}", less, shown),
    )
    evidence: tuple[Evidence, ...] = ()
    if more == less == "met":
        evidence = (Evidence(kind, "supports", f"an instance: {shown}", data | {"gamma": gamma}),)  # type: ignore[arg-type]
    return ClaimReport(
        "prop-B.1", "Proposition B.1",
        f"at {state!r}, {action!r} leads to more POWER than {other!r} and is less likely optimal, "
        f"at γ={rate_text(gamma)}",
        mdp, (state, action, other), (gamma,), hypotheses, evidence,
    )  # fmt: skip


def proposition_b_4(here: SettingLike, state: Label, action: Label, other: Label, gamma: float = 1.0) -> ClaimReport:
    """Tending to seek POWER does not imply tending to be optimal (Proposition B.4).

    Parameters
    ----------
    here, state, action, other, gamma
        As for `proposition_b_1`.

    Returns
    -------
    ClaimReport
        About the orbit of S different rewards 0, …, S − 1. The paper's example has one such orbit too: a claim about
        most of all distributions is refuted by one.

    Examples
    --------
    >>> import mdppower as mp
    >>> proposition_b_4(mp.envs.figure_10(), "s1", "->s2", "->s3").verdict
    'holds'
    """
    here = as_setting(here)
    mdp = here.mdp
    reward = np.arange(mdp.n_states, dtype=np.float64)
    limits = {"limit": 10 * here.votes, "samples": here.votes, "rng": here.entropy}
    seek = votes(
        action_power(mdp, state, action, gamma, method=here.method),
        action_power(mdp, state, other, gamma, method=here.method), reward, **limits,
    )  # fmt: skip
    best = votes(
        action_is_optimal(mdp, state, action, gamma, method=here.method),
        action_is_optimal(mdp, state, other, gamma, method=here.method), reward, **limits,
    )  # fmt: skip
    more, less = _wins(seek, here.level), _wins(_reversed(best), here.level)
    hypotheses = (
        Hypothesis(
            f"{action!r} seeks more POWER in more elements of the orbit than {other!r}", more, repr(seek)[6:-1]
        ),
        Hypothesis(f"{action!r} is optimal in fewer elements than {other!r}", less, repr(best)[6:-1]),
    )
    evidence: tuple[Evidence, ...] = ()
    if more == less == "met":
        kind = "exact" if seek.exhaustive and best.exhaustive else "votes"
        numbers = {"power": [seek.greater, seek.less], "optimal": [best.greater, best.less], "gamma": gamma}
        told = f"an instance: POWER {seek.greater} : {seek.less}, optimality {best.greater} : {best.less}"
        evidence = (Evidence(kind, "supports", told, numbers),)  # type: ignore[arg-type]
    return ClaimReport(
        "prop-B.4", "Proposition B.4",
        f"at {state!r}, {action!r} tends to seek more POWER than {other!r}, and tends not to be optimal, at "
        f"γ={rate_text(gamma)}, in the orbit of {mdp.n_states} different rewards", mdp,
        (state, action, other), (gamma,), hypotheses, evidence,
    )  # fmt: skip


def _status(true: bool) -> Status:
    return "met" if true else "not met"


def _exact_numbers(
    here: Setting, state: Label, action: Label, other: Label, gamma: float, difference: Any
) -> tuple[Fraction, Fraction, Fraction] | None:
    """The POWER difference and both probabilities as fractions, where they can be had."""
    mdp = here.mdp
    if mdp.n_states > (EXACT_STATES if mdp.is_deterministic else EXACT_STATES // 2):
        return None
    try:
        known = power(mdp, gamma, LAW, method="exact").exact
        chances = action_optimality(mdp, gamma, LAW, method="exact")
        mine, yours = chances.of(state, action).exact, chances.of(state, other).exact
    except (SizeError, SolverError, RewardError):
        return None
    if known is None or mine is None or yours is None:
        return None
    seek = sum((rational(w) * x for w, x in zip(difference.tolist(), known.tolist(), strict=True) if w), Fraction(0))
    return seek, Fraction(mine.item()), Fraction(yours.item())


def _wins(seen: Votes, level: float) -> Status:
    """Whether f₁ has more votes than f₂: counted, or by the sign test."""
    if seen.exhaustive and not seen.undecided:
        return _status(seen.greater > seen.less)
    if seen.exhaustive:
        return "met" if seen.greater > seen.less + seen.undecided else "unknown"
    return "met" if _reversed(seen).p_value < level else "unknown"


def _reversed(seen: Votes) -> Votes:
    return replace(seen, first=seen.second, second=seen.first, greater=seen.less, less=seen.greater)

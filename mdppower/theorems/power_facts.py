"""Lemma 5.3 and Propositions 5.4 and 5.5: what holds for POWER in every MDP.

Sources: Turner, Smith, Shah, Critch & Tadepalli, *Optimal Policies Tend to Seek Power*, arXiv 1912.01683v10. With
X_s(R) = max_a E_{t~T(s,a)} v(t), whose mean over R is POWER(s, γ), the proofs are pathwise:

5.3   |X_s(R, γ) − X_s(R, 0)| ≤ γ (max R − min R), since v = (1−γ)R + γX lies within that of R; and near γ = 1 a
      policy that is Blackwell optimal has (1−γ)V = gain + O(1−γ).
5.4   X_s is an average of rewards: X_s ≤ max R.
5.5   s → s' for certain: X_s ≥ v(s') = (1−γ)R(s') + γX_{s'}, so that X_{s'} − X_s ≤ (1−γ)(X_{s'} − R(s')). The mean
      of this is sharper than the proposition, and holds for rewards without bounds.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mdppower._text import count, rate_text
from mdppower._typing import FloatArray, Label
from mdppower.mdp.rational import rational_rows
from mdppower.montecarlo.run_loop import whole
from mdppower.orbits.paper_quantities import state_power
from mdppower.orbits.quantity import evaluate_all
from mdppower.theorems.claim_report import ClaimReport, Evidence, Hypothesis, Outcome
from mdppower.theorems.claim_setting import Setting, SettingLike, as_setting
from mdppower.theorems.evidence import ALWAYS, drawn, from_pathwise
from mdppower.theorems.pathwise_claims import bounded_by_max_test, neighbours_test, step_test

NEAR = (1e-2, 1e-4, 1e-6)
"""How near to the ends of γ continuity is looked at."""
MOST_TESTED = 8
"""States in which the equality of Proposition 5.4 is tested, where it is claimed."""


def lemma_5_3(here: SettingLike, state: Label) -> ClaimReport:
    """POWER is continuous in γ, at both ends, too (Lemma 5.3).

    Hypothesis: bounded rewards (none on the MDP).
    Conclusion: POWER(s, γ) has limits at γ → 0 and γ → 1, E max_a E_{T(s,a)} R and E max_{d in RSD(s)} ⟨d, R⟩.
    Tests: on each draw, |X(γ) − X(0)| ≤ γ (max R − min R) exactly; and the distance to γ = 1 shrinks with 1 − γ.

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state : label

    Returns
    -------
    ClaimReport

    Examples
    --------
    >>> import mdppower as mp
    >>> lemma_5_3(mp.envs.figure_1(), "star").verdict
    'holds'
    """
    here = as_setting(here)
    rewards = drawn(here)
    spread = np.ptp(rewards, axis=1)
    unit = np.where(spread > 0, spread, 1.0)  # of a single state, or equal rewards
    evidence = [ALWAYS]
    zero, zero_error = _integrand(here, state, 0.0, rewards)
    for gap in NEAR:
        near, error = _integrand(here, state, gap, rewards)
        excess = float((np.abs(near - zero) - gap * spread - error - zero_error).max())
        outcome: Outcome = "contradicts" if excess > 1e-12 * float(spread.max()) else "supports"
        largest = float((np.abs(near - zero) / unit).max())
        evidence.append(
            Evidence(
                "pathwise",
                outcome,
                f"|X(γ) − X(0)| ≤ {largest:.2g} of the range at γ = {gap:g}, bound {gap:g}",
                {"gamma": gap, "largest": largest, "draws": len(rewards)},
            )
        )
    one, one_error = _integrand(here, state, 1.0, rewards)
    distances = []
    for gap in NEAR:
        near, error = _integrand(here, state, 1.0 - gap, rewards)
        distances.append(float(((np.abs(near - one) - error - one_error) / unit).max()))
    # A hundred times nearer is at least ten times closer, once the distance is small; rounding counts as closed.
    shrinks = all(b <= max(a / 10, 1e-9) for a, b in pairwise(distances[1:]))
    told = ", ".join(f"{max(d, 0.0):.2g} at 1 − γ = {gap:g}" for d, gap in zip(distances, NEAR, strict=True))
    evidence.append(
        Evidence(
            "estimate",
            "supports" if shrinks else "silent",
            f"|X(γ) − X(1)| of the range is at most {told}",
            {"distances": distances, "draws": len(rewards)},
        )
    )
    bounded = Hypothesis("rewards are bounded", "met", "for each reward function drawn; a theorem for bounded laws")
    return ClaimReport(
        "lemma-5.3", "Lemma 5.3", f"POWER({state!r}, γ) is continuous on [0, 1]", here.mdp, (state,),
        (0.0, *NEAR, *(1 - g for g in NEAR), 1.0), (bounded,), tuple(evidence),
    )  # fmt: skip


@whole()
def proposition_5_4(here: SettingLike) -> ClaimReport:
    """POWER is at most the mean of the greatest reward (Proposition 5.4).

    Hypothesis: none.
    Conclusion: POWER(s, γ) ≤ E max_t R(t) for every s and γ; equality if s can reach every state in one step, and all
    states are 1-cycles.

    Parameters
    ----------
    here : Setting or RewardlessMDP

    Returns
    -------
    ClaimReport

    Examples
    --------
    >>> import mdppower as mp
    >>> proposition_5_4(mp.envs.fork(3)).verdict
    'holds'
    """
    here = as_setting(here)
    mdp = here.mdp
    evidence = [ALWAYS]
    evidence += [from_pathwise(bounded_by_max_test(mdp, g, **here.terms), g) for g in here.gammas]
    free = _reach_all(here)
    tested = free[:MOST_TESTED]
    if tested:
        rewards = drawn(here)
        for gamma in here.gammas:
            values, errors = evaluate_all(
                [state_power(mdp, mdp.states[s], gamma, method=here.method) for s in tested], rewards
            )
            worst = float((np.abs(values - rewards.max(axis=1, keepdims=True)) - errors).max())
            limit = 1e-12 * float(np.abs(rewards).max())
            evidence.append(
                Evidence(
                    "pathwise",
                    "contradicts" if worst > limit else "supports",
                    f"equality at γ={rate_text(gamma)} in {count(len(tested), 'state')} that reach all others in one "
                    "step",
                    {"gamma": gamma, "states": len(tested), "excess": worst},
                )
            )
    told = f"equality is claimed in {count(len(free), 'state')}" if free else "equality is claimed nowhere"
    return ClaimReport(
        "prop-5.4", "Proposition 5.4", f"POWER ≤ E max R in every state, at every γ; {told}", mdp, (), here.gammas,
        (), tuple(evidence),
    )  # fmt: skip


@whole()
def proposition_5_5(here: SettingLike, state: Label, other: Label) -> ClaimReport:
    """Neighbours have nearly the same POWER when γ is near 1 (Proposition 5.5, and its sharper form).

    Hypothesis: s and s' can reach each other in one step with probability 1; rewards in [b, c].
    Conclusion: |POWER(s, γ) − POWER(s', γ)| ≤ (c − b)(1 − γ).
    Sharper: POWER(s', γ) − POWER(s, γ) ≤ (1 − γ)(POWER(s', γ) − E R(s')) where s → s' for certain, and the other way
    round; for rewards without bounds, too.

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state, other : labels

    Returns
    -------
    ClaimReport

    Examples
    --------
    >>> import mdppower as mp
    >>> proposition_5_5(mp.envs.figure_1(), "r_ne", "r_se").verdict
    'holds'
    >>> proposition_5_5(mp.envs.figure_1(), "star", "r_tri").verdict
    'not applicable'
    """
    here = as_setting(here)
    mdp, s, t = here.mdp, here.mdp.index(state), here.mdp.index(other)
    ways = [(state, other, _leads(here, s, t)), (other, state, _leads(here, t, s))]
    hypotheses = tuple(
        Hypothesis(
            f"{x!r} can reach {y!r} in one step for certain",
            "not met" if action is None else "met",
            "no action does it" if action is None else f"by {action!r}",
        )
        for x, y, action in ways
    )
    evidence = []
    if all(action is not None for _, _, action in ways):
        evidence.append(
            Evidence(
                "structural", "supports", "both steps exist, and the inequality follows for each reward function"
            )
        )
        for gamma in here.gammas:
            evidence.append(from_pathwise(neighbours_test(mdp, state, other, gamma, **here.terms), gamma))
            evidence += [from_pathwise(step_test(mdp, x, y, gamma, **here.terms), gamma) for x, y, _ in ways]
    return ClaimReport(
        "prop-5.5", "Proposition 5.5", f"|POWER({state!r}) − POWER({other!r})| ≤ (1 − γ)(c − b), and sharper", mdp,
        (state, other), here.gammas, hypotheses, tuple(evidence), None, None,
        {repr(state): (state,), repr(other): (other,)},
    )  # fmt: skip


# ---------------------------------------------------------------------- shared


def neighbours(here: Setting) -> list[tuple[Label, Label]]:
    """Pairs of different states that reach each other in one step for certain, each pair once."""
    mdp, rows = here.mdp, rational_rows(here.mdp)
    sure = {(int(mdp.pair_states[p]), next(iter(row))) for p, row in enumerate(rows) if len(row) == 1}
    return [(mdp.states[s], mdp.states[t]) for s, t in sorted(sure) if s < t and (t, s) in sure]


def _leads(here: Setting, s: int, t: int) -> Label | None:
    mdp, rows = here.mdp, rational_rows(here.mdp)
    for p in range(*mdp.pointer[s : s + 2].tolist()):
        if rows[p].get(t) == 1:
            return mdp.pair_label(p)[1]
    return None


def _reach_all(here: Setting) -> list[int]:
    """States from which each state can be reached in one step for certain, where all states are 1-cycles."""
    mdp = here.mdp
    if len(mdp.one_cycles) < mdp.n_states:
        return []
    rows = rational_rows(mdp)
    found = []
    for s in range(mdp.n_states):
        sure = {next(iter(rows[p])) for p in range(*mdp.pointer[s : s + 2].tolist()) if len(rows[p]) == 1}
        if len(sure) == mdp.n_states:
            found.append(s)
    return found


def _integrand(here: Setting, state: Label, gamma: float, rewards: FloatArray) -> tuple[FloatArray, FloatArray]:
    return state_power(here.mdp, state, gamma, method=here.method)(rewards)

"""Definition C.1: POWER of agents that do not act optimally.

Source: Turner, Smith, Shah, Critch & Tadepalli, *Optimal Policies Tend to Seek Power*, arXiv 1912.01683v10, appendix
C. POWER^pol(s, γ) has the value of pol(R, γ) in place of the optimal one (`mdppower.agents.evaluation`). Two things
are so in every MDP, reward function by reward function: no policy achieves more than an optimal one, and an optimal
one as much. How states are ordered may change with pol, as in figure 11 of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdppower._text import rate_text
from mdppower.agents.evaluation import policy_values
from mdppower.agents.policies import policy_name, resolve_policy
from mdppower.agents.rules import epsilon_greedy, lookahead, optimal, satisficing, softmax, uniformly_random
from mdppower.errors import SolverError
from mdppower.orbits.paper_quantities import state_power
from mdppower.orbits.quantity import evaluate_all
from mdppower.theorems.claim_report import ClaimReport, Evidence, Outcome
from mdppower.theorems.claim_setting import SettingLike, as_setting
from mdppower.theorems.evidence import ALWAYS, drawn

MOST_DRAWS = 64
"""Policies are evaluated draw by draw: fewer draws than for other tests."""
MOST_STATES = 500
ROUNDING = 1e-12


def definition_c_1(here: SettingLike, policies: Sequence[Any] | None = None) -> ClaimReport:
    """No policy has more POWER than an optimal one (of Definition C.1).

    Hypothesis: none.
    Conclusion: POWER^pol(s, γ) ≤ POWER(s, γ) for every s, γ and pol, reward function by reward function; they are
    equal where pol is optimal.

    Parameters
    ----------
    here : Setting or RewardlessMDP
    policies : sequence of policies, optional
        See `mdppower.agents.policies.resolve_policy`. Default: random, 2-step lookahead, ε-greedy, softmax,
        satisficing, and optimal.

    Returns
    -------
    ClaimReport

    Raises
    ------
    ParameterError
        A policy is none.

    Examples
    --------
    >>> import mdppower as mp
    >>> report = definition_c_1(mp.envs.figure_11())
    >>> report.verdict, len([e for e in report.evidence if e.kind == "pathwise"])
    ('holds', 24)
    """
    here = as_setting(here)
    mdp = here.mdp
    rules: Sequence[Any] = policies or (
        uniformly_random(), lookahead(2), epsilon_greedy(0.1), softmax(0.1), satisficing(0.8), optimal()
    )  # fmt: skip
    rewards = drawn(here)[: MOST_DRAWS if mdp.n_states <= MOST_STATES else 4]
    size = np.abs(rewards).max(axis=1)
    evidence = [ALWAYS]
    for gamma in here.gammas:
        best, errors = evaluate_all([state_power(mdp, s, gamma, method=here.method) for s in mdp.states], rewards)
        for rule in rules:
            name = f"{policy_name(resolve_policy(mdp, rule))} at γ={rate_text(gamma)}"
            try:
                mine, slack = policy_values(mdp, rewards, gamma, rule)
            except SolverError as error:
                evidence.append(Evidence("pathwise", "silent", f"{name}: {error}", {"gamma": gamma}))
                continue
            allowed = errors.max(axis=1) + slack + ROUNDING * size
            excess = (mine - best).max(axis=1)
            outcome: Outcome = "contradicts" if (excess > allowed).any() else "supports"
            loss = float((best - mine).mean())
            told = f"{name}: never above, {loss:.4g} below on average"
            if isinstance(rule, optimal):
                short = (best - mine).max(axis=1)
                told = f"{name}: equal"
                outcome = "contradicts" if (np.maximum(excess, short) > allowed).any() else "supports"
            if outcome == "contradicts":
                told = f"{name}: differs by up to {float(np.abs(mine - best).max()):.3g}"
            numbers = {"gamma": gamma, "draws": len(rewards), "excess": float(excess.max()), "mean_loss": loss}
            evidence.append(Evidence("pathwise", outcome, told, numbers))
    return ClaimReport(
        "def-C.1", "Definition C.1", "no policy has more POWER than an optimal one, and an optimal one has as much",
        mdp, (), here.gammas, (), tuple(evidence),
    )  # fmt: skip

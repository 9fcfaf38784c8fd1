"""Propositions 6.6 and 6.9: a state, or an action, that offers a copy of what another offers, and perhaps more.

Sources: Turner, Smith, Shah, Critch & Tadepalli, *Optimal Policies Tend to Seek Power*, arXiv 1912.01683v10.

The conclusions are about *most* reward distributions: in each orbit, at least as many elements have f₁ > f₂ as have
f₁ < f₂. They follow from φ alone, so that the certificate is φ, and not a number of votes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mdppower._typing import BoolArray, Label
from mdppower.mdp.actions import equivalent_pairs
from mdppower.montecarlo.run_loop import whole
from mdppower.orbits.paper_quantities import action_is_optimal, action_power, state_power
from mdppower.symmetry.copy_checks import leaves_out
from mdppower.symmetry.embeddings import embedding
from mdppower.symmetry.involutions import CopySearch, Involution, spread
from mdppower.theorems.claim_report import ClaimReport, Evidence, Hypothesis, Status, Strict
from mdppower.theorems.claim_setting import Setting, SettingLike, as_setting
from mdppower.theorems.evidence import from_pathwise, orbit_evidence
from mdppower.theorems.pathwise_claims import action_copy_test, copy_test, optimality_copy_test

BLACKWELL_SHARE = 5
"""Optimal actions at the ends of γ are limits, and take longer: so many times fewer draws are made there."""


@whole()
def proposition_6_6(here: SettingLike, state: Label, other: Label, *, phi: Any = None) -> ClaimReport:
    r"""States with more options have more POWER, for most reward distributions (Proposition 6.6).

    Hypothesis: F(s) contains a copy of F_nd(s') via φ.
    Conclusion: POWER(s, γ) ≥_most POWER(s', γ) for all γ in [0, 1].
    Strict part: if F_nd(s) \ φ·F_nd(s') is not empty, the converse fails for all γ in (0, 1).

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state, other : labels
        s and s'.
    phi : mapping, array or Involution, optional
        A φ to check; without it one is searched for.

    Returns
    -------
    ClaimReport

    Raises
    ------
    LabelError
    ParameterError
        `phi` is no involution, or does not take s' to s.

    Examples
    --------
    >>> import mdppower as mp
    >>> report = proposition_6_6(mp.envs.figure_1(), "r_se", "l_sw")
    >>> report.verdict, report.strict.status, report.phi["l_nw"]
    ('holds', 'met', 'r_ne')
    >>> proposition_6_6(mp.envs.figure_1(), "l_sw", "r_se").verdict
    'not applicable'
    """
    here = as_setting(here)
    mdp = here.mdp
    finder = here.finder
    search = finder.states(state, other) if phi is None else finder.given_states(state, other, phi)
    hypothesis = copy_hypothesis(f"F({state!r}) contains a copy of F_nd({other!r})", search)
    evidence, strict = [], None
    if search.phi is not None:
        found = search.phi
        evidence = [certificate(found, search, f"φ·F_nd({other!r}) ⊆ F({state!r})")]
        for gamma in here.gammas:
            evidence.append(from_pathwise(copy_test(mdp, state, other, found.image, gamma, **here.terms), gamma))
        evidence += orbit_evidence(
            here,
            lambda g: (
                state_power(mdp, state, g, method=here.method),
                state_power(mdp, other, g, method=here.method),
            ),
            here.gammas,
        )
        strict = _strict_states(here, state, other, found)
    return ClaimReport(
        "prop-6.6", "Proposition 6.6", f"POWER({state!r}) ≥ POWER({other!r}) for most rewards, at every γ in [0, 1]",
        mdp, (state, other), here.gammas, (hypothesis,), tuple(evidence), strict,
        None if search.phi is None else search.phi.moved,
        {f"from {state!r}": labels(here, here.reach(mdp.index(state))),
         f"from {other!r}": labels(here, here.reach(mdp.index(other)))},
    )  # fmt: skip


@whole()
def proposition_6_9_1(
    here: SettingLike, state: Label, action: Label, other: Label, *, phi: Any = None
) -> ClaimReport:
    r"""Keeping options open tends to be POWER-seeking (Proposition 6.9, item 1).

    Hypotheses: F(s | π(s)=a) contains a copy of F(s | π(s)=a') via φ; s is not in REACH(s, a').
    Conclusion: E_{T(s,a)} POWER(·, γ) ≥_most E_{T(s,a')} POWER(·, γ) for all γ in [0, 1].
    Strict part: if F_nd(s) ∩ (F_a \ φ·F_a') is not empty, the converse fails for all γ in (0, 1).

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state : label
    action, other : labels
        a and a'.
    phi : mapping, array or Involution, optional
        A φ to check; without it one is searched for. Only what it does to s and REACH(s, a') counts, and is kept.

    Returns
    -------
    ClaimReport

    Raises
    ------
    LabelError, ParameterError

    Examples
    --------
    >>> import mdppower as mp
    >>> proposition_6_9_1(mp.envs.figure_1(), "star", "->r_tri", "->l_tri").verdict
    'holds'
    """
    here = as_setting(here)
    mdp, s = here.mdp, here.mdp.index(state)
    a, b = mdp.pair(state, action), mdp.pair(state, other)
    search = _action_search(here, state, action, other, phi)
    returns = not never_returns(here, state, action, other)
    hypotheses = (
        copy_hypothesis(f"F({state!r} | {action!r}) contains a copy of F({state!r} | {other!r})", search),
        Hypothesis(
            f"{state!r} cannot be reached after {other!r}", "not met" if returns else "met",
            f"{state!r} is {'' if returns else 'not '}in REACH({state!r}, {other!r})",
        ),
    )  # fmt: skip
    evidence, strict = [], None
    if search.phi is not None:
        found = search.phi
        evidence = [certificate(found, search, f"φ·F({state!r} | {other!r}) ⊆ F({state!r} | {action!r})")]
        strict = _strict_actions(here, state, action, other, found)
        if not returns:
            for gamma in here.gammas:
                test = action_copy_test(mdp, state, action, other, found.image, gamma, **here.terms)
                evidence.append(from_pathwise(test, gamma))
            evidence += orbit_evidence(
                here,
                lambda g: (
                    action_power(mdp, state, action, g, method=here.method),
                    action_power(mdp, state, other, g, method=here.method),
                ),
                here.gammas,
            )
    return ClaimReport(
        "prop-6.9.1", "Proposition 6.9, item 1",
        f"at {state!r}, action {action!r} seeks at least as much POWER as {other!r} for most rewards, at every γ in "
        "[0, 1]",
        mdp, (state, action, other), here.gammas, hypotheses, tuple(evidence), strict,
        None if search.phi is None else search.phi.moved, _action_sides(here, s, a, b),
    )  # fmt: skip


@whole()
def proposition_6_9_2(
    here: SettingLike, state: Label, action: Label, other: Label, *, phi: Any = None
) -> ClaimReport:
    r"""Keeping options open tends to be optimal (Proposition 6.9, item 2).

    Hypotheses: F(s | π(s)=a) contains a copy of F(s | π(s)=a') via φ; s can only reach the states of REACH(s, a') ∪
    REACH(s, a) by actions that are equivalent to a' or a at s.
    Conclusion: P_D(s, a, γ) ≥_most P_D(s, a', γ) for all γ in [0, 1] (at the ends, limits).
    Strict part: if F_nd(s) ∩ (F_a \ φ·F_a') is not empty, the converse fails for all γ in (0, 1).

    Parameters
    ----------
    here, state, action, other, phi
        As for `proposition_6_9_1`.

    Returns
    -------
    ClaimReport

    Raises
    ------
    LabelError, ParameterError

    Examples
    --------
    >>> import mdppower as mp
    >>> proposition_6_9_2(mp.envs.figure_1(), "star", "->r_tri", "->l_tri").verdict
    'holds'
    """
    here = as_setting(here)
    mdp, s = here.mdp, here.mdp.index(state)
    a, b = mdp.pair(state, action), mdp.pair(state, other)
    search = _action_search(here, state, action, other, phi)
    apart, why = _only_by(here, s, a, b)
    hypotheses = (
        copy_hypothesis(f"F({state!r} | {action!r}) contains a copy of F({state!r} | {other!r})", search),
        Hypothesis(
            f"what {action!r} and {other!r} lead to can be reached from {state!r} by no other action",
            "met" if apart else "not met", why,
        ),
    )  # fmt: skip
    evidence, strict = [], None
    if search.phi is not None:
        found = search.phi
        evidence = [certificate(found, search, f"φ·F({state!r} | {other!r}) ⊆ F({state!r} | {action!r})")]
        strict = _strict_actions(here, state, action, other, found)
        if apart:
            for gamma in here.gammas:
                few = {"samples": max(1, here.samples // BLACKWELL_SHARE)} if gamma in (0, 1) else {}
                test = optimality_copy_test(mdp, state, action, other, found.image, gamma, **(here.terms | few))
                evidence.append(from_pathwise(test, gamma))
            evidence += orbit_evidence(
                here,
                lambda g: (
                    action_is_optimal(mdp, state, action, g, method=here.method),
                    action_is_optimal(mdp, state, other, g, method=here.method),
                ),
                [g for g in here.gammas if 0 < g < 1],
            )
    return ClaimReport(
        "prop-6.9.2", "Proposition 6.9, item 2",
        f"at {state!r}, action {action!r} is at least as likely optimal as {other!r} for most rewards, at every γ in "
        "[0, 1]",
        mdp, (state, action, other), here.gammas, hypotheses, tuple(evidence), strict,
        None if search.phi is None else search.phi.moved, _action_sides(here, s, a, b),
    )  # fmt: skip


# ---------------------------------------------------------------------- shared


def never_returns(here: Setting, state: Label, action: Label, other: Label) -> bool:
    """Whether s is not in REACH(s, a'): the side condition of item 1."""
    s = here.mdp.index(state)
    return not here.reach(s, [here.mdp.pair(state, other)])[s]


def no_other_way(here: Setting, state: Label, action: Label, other: Label) -> bool:
    """Whether s reaches REACH(s, a) ∪ REACH(s, a') by a and a' only: the side condition of item 2."""
    s, pairs = here.mdp.index(state), [here.mdp.pair(state, name) for name in (action, other)]
    both = here.reach(s, pairs)
    return not (_reach_without(here, s, _rest(here, s, *pairs), both) & both).any()


def copy_hypothesis(name: str, search: CopySearch) -> Hypothesis:
    """The outcome of a search as a hypothesis."""
    status: Status = {"found": "met", "none": "not met", "unknown": "unknown"}[search.status]  # type: ignore[assignment]
    told = {"found": f"φ: {search.phi}", "none": "no involution does it", "unknown": "not found within the budget"}
    return Hypothesis(name, status, f"{told[search.status]}; {search.method}")


def certificate(phi: Involution, search: CopySearch, what: str) -> Evidence:
    """φ as the structural evidence."""
    return Evidence("structural", "supports", f"{what}: {phi}, {search.method}", {"swaps": len(phi.moved) // 2})


def labels(here: Setting, chosen: Any) -> tuple[Label, ...]:
    """The labels of states given as a mask."""
    return tuple(here.mdp.states[s] for s in np.flatnonzero(chosen).tolist())


def _action_search(here: Setting, state: Label, action: Label, other: Label, phi: Any) -> CopySearch:
    if phi is None:
        return here.finder.actions(state, action, other)
    search = here.finder.given_actions(state, action, other, phi)
    if search.phi is None:
        return search
    # What it does elsewhere is no part of the copy, and would move what third actions lead to.
    image, s = search.phi.image.tolist(), here.mdp.index(state)
    matters = np.flatnonzero(here.reach(s, [here.mdp.pair(state, other)])).tolist()
    kept = {x: image[x] for x in matters} | {image[x]: x for x in matters}
    return replace(search, involutions=(spread(kept, here.mdp.states),))


def _action_sides(here: Setting, s: int, a: int, b: int) -> dict[str, tuple[Label, ...]]:
    return {f"by {here.mdp.pair_label(p)[1]!r}": labels(here, here.reach(s, [p])) for p in (a, b)}


def _rest(here: Setting, s: int, *pairs: int) -> list[int]:
    """The actions of a state that are equivalent to none of some."""
    same = equivalent_pairs(here.mdp)
    taken = {int(same[p]) for p in pairs}
    return [p for p in range(*here.mdp.pointer[s : s + 2].tolist()) if int(same[p]) not in taken]


def _reach_without(here: Setting, s: int, rest: list[int], until: BoolArray | None = None) -> BoolArray:
    """States that can be reached from s by these actions of s, at every visit of it; up to the first of some."""
    mdp = here.mdp
    seen = np.zeros(mdp.n_states, bool)
    kernel = mdp.kernel
    waiting = [int(t) for p in rest for t in kernel.indices[kernel.indptr[p] : kernel.indptr[p + 1]]]
    while waiting:
        t = waiting.pop()
        if not seen[t]:
            seen[t] = True
            if until is not None and until[t]:
                break
            pairs = rest if t == s else range(*mdp.pointer[t : t + 2].tolist())
            for p in pairs:
                waiting += kernel.indices[kernel.indptr[p] : kernel.indptr[p + 1]].tolist()
    return seen


def _only_by(here: Setting, s: int, a: int, b: int) -> tuple[bool, str]:
    rest = _rest(here, s, a, b)
    if not rest:
        return True, "there is no other action"
    both = here.reach(s, [a, b])
    shared = np.flatnonzero(_reach_without(here, s, rest) & both)
    if not len(shared):
        return True, f"the other actions ({len(rest)}) reach none of these {int(both.sum())} states"
    return False, f"another action can reach {here.mdp.states[int(shared[0])]!r}, too"


def _strict_states(here: Setting, state: Label, other: Label, phi: Involution) -> Strict:
    r"""Whether F_nd(s) \ φ·F_nd(s') is empty: by lists, or by what can be reached at all.

    A state that can be reached is visited by some f in F_nd: the best one for a reward that is 1 there, and generic
    and small elsewhere.
    """
    mdp, finder = here.mdp, here.finder
    s, t = mdp.index(state), mdp.index(other)
    theirs = np.zeros(mdp.n_states, bool)
    theirs[phi.image[here.reach(t)]] = True
    extra = np.flatnonzero(here.reach(s) & ~theirs)
    if len(extra):
        name = mdp.states[int(extra[0])]
        return Strict("met", f"{name!r} can be reached from {state!r}, and is no φ-image of what {other!r} can reach")
    if embedding(mdp, s, mdp, t).check(dict(enumerate(phi.image.tolist()))):
        return Strict("not met", "φ takes both sides into each other: they offer the same")
    mine, yours = finder.nondominated(state), finder.nondominated(other)
    if mine is None or yours is None:
        return Strict("unknown", "F_nd is too large to list")
    left = list(leaves_out(yours, mine, phi))
    if left:
        return Strict("met", f"{len(left)} of {len(mine)} in F_nd({state!r}) are not in φ·F_nd({other!r})")
    return Strict("not met", f"φ·F_nd({other!r}) has all of F_nd({state!r})")


def _strict_actions(here: Setting, state: Label, action: Label, other: Label, phi: Involution) -> Strict:
    r"""Whether F_nd(s) ∩ (F_a \ φ·F_a') is empty."""
    mdp, finder = here.mdp, here.finder
    s = mdp.index(state)
    more, less = finder.part(state, action), finder.part(state, other)
    image = dict(enumerate(phi.image.tolist()))
    if embedding(more, s, less, s).check(image):
        return Strict("not met", "φ takes both sides into each other: they offer the same")
    a = mdp.pair(state, action)
    reached = np.zeros(mdp.n_states, bool)
    reached[phi.image[here.reach(s, [mdp.pair(state, other)])]] = True
    reached[s] = True
    only = here.reach(s, [a]) & ~reached & ~_reach_without(here, s, _rest(here, s, a))
    if only.any():
        name = mdp.states[int(np.flatnonzero(only)[0])]
        return Strict(
            "met", f"{name!r} can be reached by {action!r} only, and is no φ-image of what {other!r} leads to"
        )
    among = finder.nondominated(state)
    if among is None:
        return Strict("unknown", "F_nd is too large to list")
    same = equivalent_pairs(mdp)
    mine = [k for k, policy in enumerate(among.policies) if same[policy[s]] == same[a]]
    if not mine:
        return Strict("not met", f"no policy of F_nd({state!r}) takes {action!r}")
    if mdp.is_deterministic:
        # f is in φ·F_a' if and only if φ takes its path to a path by a'.
        label_of = {x: more.index(mdp.states[x]) for x in range(mdp.n_states)}
        out = []
        for k in mine:
            required = {label_of[x]: [_pair_in(mdp, more, x, p)] for x, p in among.policies[k].items()}
            if not embedding(more, s, less, s, required).check(image):
                out.append(k)
    else:
        yours = finder.all_visits(state, other)
        if yours is None:
            return Strict("unknown", f"F({state!r} | {other!r}) is too large to list")
        out = [mine[k] for k in leaves_out(yours, among.select(mine), phi)]
    if out:
        return Strict(
            "met", f"{len(out)} of {len(mine)} in F_nd({state!r}) that take {action!r} are not in φ·F(… | {other!r})"
        )
    return Strict("not met", f"φ·F({state!r} | {other!r}) has all of F_nd({state!r}) that takes {action!r}")


def _pair_in(mdp: Any, part: Any, state: int, pair: int) -> int:
    """A pair of an MDP, or one equivalent to it, in a part of it."""
    label, action = mdp.pair_label(pair)
    if action in part.actions(label):
        return int(part.pair(label, action))
    return int(part.pointer[state])  # the state's only action, equivalent to this one

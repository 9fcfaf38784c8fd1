"""Proposition 6.12, Theorem 6.13 and Corollary 6.14: the long run, γ = 1.

Sources: Turner, Smith, Shah, Critch & Tadepalli, *Optimal Policies Tend to Seek Power*, arXiv 1912.01683v10.

RSD(s) are the recurrent state distributions that can be had from s (Def. 6.10), RSD_nd(s) those that strictly
maximise average reward for some reward function. What happens on the way does not count: P_D(D, average) is about
average reward (Def. 6.11), and not about the limit γ → 1 of optimal policies.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from mdppower._typing import BoolArray, Label
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.run_loop import whole
from mdppower.occupancy.vectors import distinct_rows
from mdppower.occupancy.visit_distributions import Recurrent
from mdppower.orbits.paper_quantities import average_optimal, state_power
from mdppower.symmetry.copy_checks import leaves_out
from mdppower.symmetry.involutions import CopySearch, Involution, spread
from mdppower.theorems.claim_report import ClaimReport, Hypothesis, Strict
from mdppower.theorems.claim_setting import Setting, SettingLike, as_setting
from mdppower.theorems.evidence import from_pathwise, orbit_evidence
from mdppower.theorems.keeping_options import certificate, copy_hypothesis, labels
from mdppower.theorems.pathwise_claims import copy_test, ends_copy_test


@whole()
def proposition_6_12(here: SettingLike, state: Label, other: Label) -> ClaimReport:
    r"""When γ = 1, recurrent state distributions control POWER (Proposition 6.12).

    Hypothesis: RSD(s) contains a copy of RSD_nd(s') via φ.
    Conclusion: POWER(s, 1) ≥_most POWER(s', 1).
    Strict part: if RSD_nd(s) \ φ·RSD_nd(s') is not empty, the converse fails.

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state, other : labels
        s and s'.

    Returns
    -------
    ClaimReport

    Raises
    ------
    LabelError

    Examples
    --------
    The empty end of figure 1 has one recurrent state distribution, r_se has three.

    >>> import mdppower as mp
    >>> report = proposition_6_12(mp.envs.figure_1(), "r_se", "empty")
    >>> report.verdict, report.strict.status
    ('holds', 'met')
    """
    here = as_setting(here)
    mdp, finder = here.mdp, here.finder
    search = finder.ends(state, other)
    evidence, strict = [], None
    if search.phi is not None:
        found = search.phi
        evidence = [certificate(found, search, f"φ·RSD_nd({other!r}) ⊆ RSD({state!r})")]
        evidence.append(from_pathwise(copy_test(mdp, state, other, found.image, 1.0, **here.terms), 1.0))
        evidence += orbit_evidence(
            here,
            lambda g: (
                state_power(mdp, state, g, method=here.method),
                state_power(mdp, other, g, method=here.method),
            ),
            [1.0],
        )
        strict = _strict_states(here, state, other, found)
    return ClaimReport(
        "prop-6.12", "Proposition 6.12", f"POWER({state!r}, 1) ≥ POWER({other!r}, 1) for most rewards", mdp,
        (state, other), (1.0,), (copy_hypothesis(f"RSD({state!r}) contains a copy of RSD_nd({other!r})", search),),
        tuple(evidence), strict, None if search.phi is None else search.phi.moved,
        {f"from {state!r}": labels(here, here.reach(mdp.index(state))),
         f"from {other!r}": labels(here, here.reach(mdp.index(other)))},
    )  # fmt: skip


@whole()
def theorem_6_13(
    here: SettingLike, state: Label, ends: Recurrent, others: Recurrent, *, names: tuple[str, str] = ("D", "D'")
) -> ClaimReport:
    r"""Average-optimal policies tend to end up in "larger" sets of recurrent state distributions (Theorem 6.13).

    Hypotheses: D, D' ⊆ RSD(s); D contains a copy of D' via φ; the vectors of D ∪ D' have no state in common with
    those of RSD_nd(s) \ (D ∪ D').
    Conclusion: P_D(D, average) ≥_most P_D(D', average).
    Strict part: if RSD_nd(s) ∩ (D \ φ·D') is not empty, the converse fails.

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state : label
        s.
    ends, others : Recurrent
        D and D', parts of ``mdppower.rsd(mdp, s)``; see `end_groups`.
    names : pair of str
        What to call them.

    Returns
    -------
    ClaimReport

    Raises
    ------
    ParameterError
        They are no parts of RSD(s).

    Examples
    --------
    In figure 1 the ends on the right are more than the one in the middle.

    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_1()
    >>> groups = end_groups(mp.theorems.setting(mdp), "star")
    >>> [len(group) for group in groups]
    [2, 1, 3]
    >>> left, middle, right = groups
    >>> theorem_6_13(mdp, "star", right, middle).verdict, theorem_6_13(mdp, "star", middle, right).verdict
    ('holds', 'not applicable')
    """
    here = as_setting(here)
    mdp, finder = here.mdp, here.finder
    mdp.index(state)
    for one in (ends, others):
        if not isinstance(one, Recurrent) or one.start != state or one.mdp.states != mdp.states:
            raise ParameterError(f"D and D' must be parts of mdppower.rsd(mdp, {state!r}), got {one!r}")
    first, second = names
    search = finder.end_sets(ends, others)
    best = finder.best_ends(state)
    hypotheses = [
        Hypothesis(f"{first}, {second} ⊆ RSD({state!r})", "met", f"{len(ends)} and {len(others)} distributions"),
        copy_hypothesis(f"{first} contains a copy of {second}", search),
        _disjoint(mdp, ends, others, best, (first, second)),
    ]
    evidence, strict = [], None
    if search.phi is not None:
        found = search.phi
        evidence = [certificate(found, search, f"φ·{second} ⊆ {first}")]
        if hypotheses[-1].status == "met":
            test = ends_copy_test(mdp, state, ends, others, found.image, **here.terms)
            evidence.append(from_pathwise(test, 1.0))
            quantities = (
                average_optimal(mdp, state, ends, method=here.method, name=first),
                average_optimal(mdp, state, others, method=here.method, name=second),
            )
            evidence += orbit_evidence(here, lambda _: quantities, [1.0])
        strict = _strict_ends(state, ends, others, best, found, (first, second))
    return ClaimReport(
        "thm-6.13", "Theorem 6.13",
        f"from {state!r}, average-optimal policies end in {first} at least as often as in {second}, for most rewards",
        mdp, (state,), (1.0,), tuple(hypotheses), tuple(evidence), strict,
        None if search.phi is None else search.phi.moved,
        {first: labels(here, (ends.rows > 0).any(axis=0)), second: labels(here, (others.rows > 0).any(axis=0))},
    )  # fmt: skip


@whole()
def corollary_6_14(here: SettingLike, state: Label, end: Label) -> ClaimReport:
    r"""Average-optimal policies tend not to end up in any given 1-cycle (Corollary 6.14).

    Hypothesis: e_x and another e_x' are in RSD(s): x and x' are 1-cycles that can be reached from s for certain.
    Conclusion: P_D(RSD(s) \ {e_x}, average) ≥_most P_D({e_x}, average).
    Strict part: if there is a third such e_x'', the converse fails.

    Parameters
    ----------
    here : Setting or RewardlessMDP
    state, end : labels
        s and x.

    Returns
    -------
    ClaimReport

    Raises
    ------
    LabelError

    Notes
    -----
    Whether a state can be reached for certain takes a look at the graph, and no list: the certificate is had on maps
    of any size. The tests need RSD(s), where it can be listed.

    Examples
    --------
    >>> import mdppower as mp
    >>> report = corollary_6_14(mp.envs.figure_1(), "star", "empty")
    >>> report.verdict, report.strict.status
    ('holds', 'met')
    """
    here = as_setting(here)
    mdp, x = here.mdp, here.mdp.index(end)
    loops = sure_one_cycles(here, state)
    there = x in loops
    others = [y for y in loops if y != x]
    names = ", ".join(repr(mdp.states[y]) for y in others[:4]) + (
        f" and {len(others) - 4} more" if len(others) > 4 else ""
    )
    hypotheses = (
        Hypothesis(
            f"e_{end!r} ∈ RSD({state!r})", "met" if there else "not met",
            "a policy reaches it for certain, and stays" if there
            else "no policy reaches it for certain" if x in mdp.one_cycles else "it is no 1-cycle",
        ),
        Hypothesis("another 1-cycle can be reached for certain", "met" if others else "not met", names),
    )  # fmt: skip
    evidence, strict, phi = [], None, None
    if there and others:
        phi = spread({x: others[0], others[0]: x}, mdp.states)
        search = CopySearch("found", (phi,), "it swaps two 1-cycles", 0)
        evidence = [certificate(phi, search, f"φ·{{e_{end!r}}} ⊆ RSD({state!r}) \\ {{e_{end!r}}}")]
        strict = Strict("met" if len(others) > 1 else "not met", f"{len(loops)} 1-cycles can be reached for certain")
        ends = here.finder.ends_of(state)
        if ends is not None:
            alone = [k for k, row in enumerate(ends.rows) if row[x] > 1 - 1e-9]
            rest = [k for k in range(len(ends)) if k not in alone]
            mine, yours = ends.rows[rest], ends.rows[alone]
            test = ends_copy_test(mdp, state, mine, yours, phi.image, **here.terms)
            evidence.append(from_pathwise(test, 1.0))
            quantities = (
                average_optimal(mdp, state, mine, method=here.method, name="another end"),
                average_optimal(mdp, state, yours, method=here.method, name=repr(end)),
            )
            evidence += orbit_evidence(here, lambda _: quantities, [1.0])
    return ClaimReport(
        "cor-6.14", "Corollary 6.14",
        f"from {state!r}, average-optimal policies end elsewhere at least as often as in {end!r}, for most rewards",
        mdp, (state, end), (1.0,), hypotheses, tuple(evidence), strict,
        None if phi is None else phi.moved,
        {"other 1-cycles": tuple(mdp.states[y] for y in others), repr(end): (end,)} if others else {},
    )  # fmt: skip


# ---------------------------------------------------------------------- sets of ends


def end_groups(here: Setting, state: Label) -> list[Recurrent]:
    """RSD(s) in groups that have no state in common: what Theorem 6.13 can be about.

    Parameters
    ----------
    here : Setting
    state : label

    Returns
    -------
    list of Recurrent
        In the order of RSD(s); empty where it is too large to list.

    Examples
    --------
    >>> import mdppower as mp
    >>> [len(group) for group in end_groups(mp.theorems.setting(mp.envs.fork(3)), "root")]
    [1, 1, 1]
    """
    ends = here.finder.ends_of(state)
    if ends is None:
        return []
    group = list(range(len(ends)))
    supports = [set(np.flatnonzero(row > 0).tolist()) for row in ends.rows]
    for k, mine in enumerate(supports):
        for j in range(k):
            if group[j] != group[k] and mine & supports[j]:
                old, new = max(group[j], group[k]), min(group[j], group[k])
                group = [new if g == old else g for g in group]
    return [part_of(ends, [k for k, g in enumerate(group) if g == name]) for name in sorted(set(group))]


def part_of(ends: Recurrent, positions: Sequence[int]) -> Recurrent:
    """Some of a set of recurrent state distributions."""
    return Recurrent(ends.visits, ends.rows[list(positions)], tuple(ends.policies[k] for k in positions))


def sure_one_cycles(here: Setting, state: Label) -> list[int]:
    """Indices of the 1-cycles that some policy reaches from a state for certain."""
    mdp, s = here.mdp, here.mdp.index(state)
    candidates = [int(x) for x in mdp.one_cycles if here.reach(s)[x]]
    if mdp.is_deterministic:
        return candidates
    known = _CERTAIN.setdefault(mdp, {})
    for x in candidates:
        if x not in known:
            known[x] = reached_for_certain(mdp, x)
    return [x for x in candidates if known[x][s]]


_CERTAIN: weakref.WeakKeyDictionary[RewardlessMDP, dict[int, BoolArray]] = weakref.WeakKeyDictionary()
"""Of each 1-cycle, the states that reach it for certain."""


def reached_for_certain(mdp: RewardlessMDP, target: int) -> BoolArray:
    """From which states some policy reaches a target with probability 1 (Baier & Katoen 2008, Algorithm 45).

    States that cannot reach it are taken out, with all actions that may lead to one of these; and again, until
    nothing changes.
    """
    kernel = mdp.kernel
    owner = np.repeat(np.arange(mdp.n_pairs), np.diff(kernel.indptr))
    alive = np.ones(mdp.n_states, bool)
    while True:
        risky = np.bincount(owner, weights=~alive[kernel.indices], minlength=mdp.n_pairs) > 0
        reached = np.zeros(mdp.n_states, bool)
        reached[target] = True
        while True:
            leads = np.bincount(owner, weights=reached[kernel.indices], minlength=mdp.n_pairs) > 0
            more = reached.copy()
            more[mdp.pair_states[leads & ~risky]] = True
            more &= alive
            if np.array_equal(more, reached):
                break
            reached = more
        if np.array_equal(reached, alive):
            return alive
        alive = reached


def _disjoint(
    mdp: RewardlessMDP, ends: Recurrent, others: Recurrent, best: Recurrent | None, names: tuple[str, str]
) -> Hypothesis:
    name = f"{names[0]} ∪ {names[1]} has no state in common with the rest of RSD_nd"
    if best is None:
        return Hypothesis(name, "unknown", "RSD_nd is too large to list")
    both = np.concatenate([ends.rows, others.rows])
    first = set(distinct_rows(np.concatenate([both, best.rows])))
    rest = [k for k in range(len(best)) if k + len(both) in first]
    inside = (both > 0).any(axis=0)
    for k in rest:
        shared = np.flatnonzero(inside & (best.rows[k] > 0))
        if len(shared):
            return Hypothesis(name, "not met", f"{mdp.states[int(shared[0])]!r} is in both")
    return Hypothesis(name, "met", f"the other {len(rest)} of RSD_nd have other states")


def _strict_states(here: Setting, state: Label, other: Label, phi: Involution) -> Strict:
    r"""Whether RSD_nd(s) \ φ·RSD_nd(s') is empty: by lists, or in deterministic MDPs by the cycles that are reached.

    A state on such a cycle is visited by some d in RSD_nd: the best for a reward that is 1 there, and generic and
    small elsewhere.
    """
    mdp = here.mdp
    if mdp.is_deterministic:
        mine, yours = (here.reach(mdp.index(x)) & (here.cycles >= 0) for x in (state, other))
        theirs = np.zeros(mdp.n_states, bool)
        theirs[phi.image[yours]] = True
        extra = np.flatnonzero(mine & ~theirs)
        if len(extra):
            name = mdp.states[int(extra[0])]
            return Strict(
                "met", f"{name!r} is on a cycle that {state!r} reaches, and is no φ-image of one that {other!r} does"
            )
        if not phi.moved:
            return Strict("not met", f"{other!r} reaches every cycle that {state!r} does")
    ends, others = here.finder.best_ends(state), here.finder.best_ends(other)
    if ends is None or others is None:
        return Strict("unknown", "RSD_nd is too large to list")
    left = len(list(leaves_out(others, ends, phi)))
    told = f"{left} of {len(ends)} in RSD_nd({state!r}) are not in φ·RSD_nd({other!r})"
    return Strict("met" if left else "not met", told)


def _strict_ends(
    state: Label, ends: Recurrent, others: Recurrent, best: Recurrent | None, phi: Involution, names: tuple[str, str]
) -> Strict:
    if best is None:
        return Strict("unknown", "RSD_nd is too large to list")
    extra = list(leaves_out(others, ends, phi))
    # Of these, those in RSD_nd(s).
    rows = np.concatenate([best.rows, ends.rows[extra]]) if extra else best.rows
    first = set(distinct_rows(rows))
    inside = [k for j, k in enumerate(extra) if j + len(best) not in first]
    told = f"{len(inside)} of {names[0]} are in RSD_nd({state!r}), and not in φ·{names[1]}"
    return Strict("met" if inside else "not met", told)


def ends_text(here: Setting, ends: Recurrent) -> str:
    """A short name of a set of recurrent state distributions: the states they visit."""
    states: list[Any] = list(labels(here, (ends.rows > 0).any(axis=0)))
    return "{" + ", ".join(map(str, states[:3])) + (f", … {len(states)} states" if len(states) > 3 else "") + "}"

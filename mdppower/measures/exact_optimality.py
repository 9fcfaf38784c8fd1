"""Exact probabilities that an action, or a set of visit distributions, is optimal.

Optimality at the ends of γ is a limit of optimal policy sets (Def. 4.1). For two policies the sign of
⟨f − f', R⟩ for all γ near the end is that of the first term of its expansion there that is not identically 0: Laurent
coefficients b P*, b H, −b H² … at 1, Taylor coefficients b, b P, b P² … at 0. So for almost every R the optimality
region of a policy is a cone, whose normals are these leading coefficients.

Where some rewards are constant, policies outside F_nd may tie with positive probability: then F_nd(s | π(s) = a) is
taken for each action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from typing import TypeAlias

import numpy as np

from mdppower._horizon import Horizon
from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray, Label
from mdppower.errors import RewardError, SizeError
from mdppower.integrals.reward_laws import MOST_ATOMS, Atoms, Boxes, Normals, Number, exact_law
from mdppower.mdp.actions import as_read, equivalent_pairs
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.pair_states import after_transitions, through_pairs
from mdppower.mdp.rational import Chain, Row, rational_rows
from mdppower.measures.exact_means import (
    chain_rows,
    compare_rows,
    on_pairs,
    own_policies,
    plan_comparison,
    unique_rows,
)
from mdppower.measures.exact_work import ExactWork, seconds_of_chains
from mdppower.occupancy.horizon_visits import horizon_visits
from mdppower.occupancy.visit_distributions import Visits, visits
from mdppower.optimal_sets.horizon_ties import exact_horizon_pairs
from mdppower.optimal_sets.optimal_actions_exact import exact_sets
from mdppower.rewards.reward_distribution import RewardDistribution


def exact_action_optimality(
    mdp: RewardlessMDP, gammas: Sequence[float], rewards: RewardDistribution, progress: bool | None = False
) -> tuple[AnyArray, AnyArray, float]:
    """P_D(s, a, γ) of each pair, and the probability that it ties with another.

    Parameters
    ----------
    mdp : RewardlessMDP
    gammas : sequence of float
    rewards : RewardDistribution
    progress : bool or None
        Whether to show a bar; None: in a terminal.

    Returns
    -------
    optimal, tied : (G, P) object arrays
    error : float

    Raises
    ------
    RewardError, SizeError

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> fork = mp.envs.fork(2)
    >>> exact_action_optimality(fork, [0.5], resolve("uniform", fork))[0][0].tolist()
    [Fraction(1, 2), Fraction(1, 2), Fraction(1, 1), Fraction(1, 1)]
    """
    mdp = as_read(mdp)
    law, on = exact_law(rewards), rewards.on
    optimal = np.full((len(gammas), mdp.n_pairs), Fraction(0), dtype=object)
    tied = optimal.copy()
    work = ExactWork(f"exact optimality of the actions of {mdp.n_states:,} states", progress)
    if isinstance(law, Atoms):
        _count_atoms(mdp, gammas, law, optimal, tied, work, on)
        return optimal, tied, 0.0
    asked = [(g, s) for g in range(len(gammas)) for s in range(mdp.n_states)]
    listed: list[_Listed | _Ahead | None] = []
    for g, s in work.through(asked, "states", "listing policies"):
        gamma = gammas[g]
        if not isinstance(gamma, Horizon) or len(_distinct(mdp, s, on)) == 1:
            listed.append(_listed(mdp, s, gamma, law, work, on))
            continue
        listed.append(ahead := horizon_visits(mdp, s, gamma.steps, on=on))
        count = sum(map(len, ahead.values()))
        work.plan(law.seconds_to_sift(count), f"{count:,} vectors of visits from state {mdp.states[s]!r}")
    regions: list[_Regions | None] = []
    for (_, s), policies in work.through(list(zip(asked, listed, strict=True)), "states", "making fractions"):
        base = mdp if on == "pairs" else None
        regions.append(_regions(policies, s, law, base) if policies is not None else None)
        if regions[-1] is not None:
            regions[-1].plan(work, law)
    worst = 0.0
    for (g, s), one in work.through(list(zip(asked, regions, strict=True)), "states"):
        worst = max(worst, _share_out(mdp, s, one, law, optimal[g], tied[g], on))
    return optimal, tied, worst


_Listed: TypeAlias = "tuple[Visits, list[tuple[int, Visits]]]"
"""F_nd(s), and F_nd(s | π(s) = a) of each action where these may tie for certain."""
_Ahead: TypeAlias = "dict[int, list[Row]]"
"""At a horizon: expected visits, by the pair that comes first."""


def _listed(
    mdp: RewardlessMDP, s: int, gamma: float, law: Boxes | Normals, work: ExactWork, on: str
) -> _Listed | None:
    """The policies of a state, planned for; None where it has nothing to choose from."""
    distinct = _distinct(mdp, s, on)
    if len(distinct) == 1:
        return None
    state: Label = mdp.states[s]
    if on == "pairs":
        mdp, state = through_pairs(mdp), s
    among, extra = visits(mdp, state, gamma).nondominated(), list[tuple[int, Visits]]()
    plan_policies(among, work, law)
    if law.has_constants:
        for p in distinct:
            extra.append((p, visits(mdp, state, gamma, given={state: mdp.pair_label(p)[1]}).nondominated()))
            plan_policies(extra[-1][1], work, law)
    return among, extra


def plan_policies(among: Visits, work: ExactWork, law: Boxes | Atoms | Normals) -> None:
    """Plan the expansions of some policies, and that each is compared with each."""
    count, n = len(among.policies), among.mdp.n_states
    inside = 0 < among.gamma < 1
    chains = seconds_of_chains(among.policies, 1 if inside else 2 * n)
    sift = law.seconds_to_sift(count) if inside else law.seconds_to_tell_apart(count)
    work.plan(chains + sift, f"{count:,} nondominated policies from state {among.start!r} of {n:,}")


def _distinct(mdp: RewardlessMDP, s: int, on: str) -> list[int]:
    """A pair for each different action of a state; where pairs earn, all are."""
    if on == "pairs":
        return list(range(*mdp.pointer[s : s + 2].tolist()))
    return sorted(set(equivalent_pairs(mdp)[slice(*mdp.pointer[s : s + 2].tolist())].tolist()))


def _share_out(
    mdp: RewardlessMDP,
    s: int,
    regions: _Regions | None,
    law: Boxes | Normals,
    optimal: AnyArray,
    tied: AnyArray,
    on: str,
) -> float:
    """Give the probability of each region to the pairs whose policies are optimal in it."""
    if regions is None:
        cells: list[tuple[Number, set[int]]] = [(Fraction(1), set(_distinct(mdp, s, on)))]
        error = 0.0
    else:
        cells, error = regions.integrate(law)
    same = np.arange(mdp.n_pairs) if on == "pairs" else equivalent_pairs(mdp)
    for share, chosen in cells:
        members = [p for p in range(*mdp.pointer[s : s + 2].tolist()) if same[p] in chosen]
        optimal[members] += share
        tied[members] += share * (len(members) > 1)
    return error


@dataclass(frozen=True, eq=False)
class _Regions:
    """The regions of rewards in which the same visits are optimal, and the pairs that lead to them.

    Inside (0, 1) region k is where row k is the greatest; at an end it is the cone of `normals[k]`.
    """

    pairs: list[set[int]]
    rows: list[Row] | None
    normals: list[list[Row]]

    def plan(self, work: ExactWork, law: Boxes | Normals) -> None:
        """Plan the integrals."""
        if self.rows is not None:
            work.plan(
                law.seconds(self.rows), f"one of its integrals is of the greatest of {len(self.rows):,} functions"
            )
        plan_cones(self.normals, work, law)

    def integrate(self, law: Boxes | Normals) -> tuple[list[tuple[Number, set[int]]], float]:
        """Probabilities with the pairs, and their error."""
        if self.rows is not None:
            found = law.maximum(self.rows)
            return list(zip(found.shares, self.pairs, strict=True)), found.share_error
        cones = [law.cone(one) for one in self.normals]
        cells = [(share, pairs) for (share, _), pairs in zip(cones, self.pairs, strict=True)]
        return cells, max(error for _, error in cones)


def plan_cones(cones: list[list[Row]], work: ExactWork, law: Boxes | Normals) -> None:
    """Plan the probabilities of cones, each by its normals."""
    for one in cones:
        work.plan(law.seconds_of_cone(one), f"one of its integrals is over a cone of {len(one):,} sides")


def _regions(policies: _Listed | _Ahead, s: int, law: Boxes | Normals, base: RewardlessMDP | None) -> _Regions:
    """The regions of a state.

    F_nd has them all. Another f that is optimal with positive probability lies between distributions of F_nd that are
    optimal there too, and so has the same worth as one of them for certain: `extra` is only looked through for these.
    """
    if isinstance(policies, dict):
        ahead: list[tuple[list[Row], set[int]]] = []
        for p, rows in policies.items():
            for row in rows:
                _join(ahead, [row], p, law, new=True)
        return _Regions([pairs for _, pairs in ahead], [mine[0] for mine, _ in ahead], [])
    among, extra = policies
    inside = 0 < among.gamma < 1
    terms = [[row] for row in chain_rows(among, base=base)] if inside else expansions(among, base)
    groups: list[tuple[list[Row], set[int]]] = []
    for mine, policy in zip(terms, own_policies(among, base), strict=True):
        _join(groups, mine, policy[s], law, new=True)
    for p, one in extra:
        for other in [[row] for row in chain_rows(one, base=base)] if inside else expansions(one, base):
            _join(groups, other, p, law, new=False)
    pairs = [found for _, found in groups]
    if inside:
        return _Regions(pairs, [mine[0] for mine, _ in groups], [])
    return _Regions(pairs, None, [_normals(mine, terms, law) for mine, _ in groups])


def _join(
    groups: list[tuple[list[Row], set[int]]], mine: list[Row], pair: int, law: Boxes | Normals, *, new: bool
) -> None:
    """Add a pair to the group whose worth is the same for certain; or make a group of its own."""
    stop_if_told()
    for terms, pairs in groups:
        if _leading(terms, mine, law) is None:
            pairs.add(pair)
            return
    if new:
        groups.append((mine, {pair}))


def _normals(mine: list[Row], others: list[list[Row]], law: Boxes | Normals) -> list[Row]:
    """The normals of the cone in which an expansion is greater than others."""
    stop_if_told()
    normals = [_leading(mine, other, law) for other in others]
    return unique_rows([row for row in normals if row is not None])


def expansions(among: Visits, base: RewardlessMDP | None = None) -> list[list[Row]]:
    """The terms of each distribution's expansion at γ = 0 (Taylor) or 1 (Laurent), enough to tell any two apart.

    Where `among` is of the MDP with a state for each pair of `base`, they are over these pairs.
    """
    mdp, s = base or among.mdp, among.mdp.index(among.start)
    kernel, levels = rational_rows(mdp), 2 * mdp.n_states
    found = []
    for policy in own_policies(among, base):
        stop_if_told()
        chain = Chain(kernel, policy, s, mdp.n_states)
        terms = list(chain.laurent(levels) if among.gamma == 1 else chain.taylor(levels))
        found.append(terms if base is None else [on_pairs(row, policy, base) for row in terms])
    return found


def visits_probability(
    subset: Visits, rewards: RewardDistribution, progress: bool | None = False
) -> tuple[Number, float]:
    """P_D(X, γ) of a set of visit distributions, and its error.

    Parameters
    ----------
    subset : Visits
        X; at γ = 0 and 1 the limits are meant.
    rewards : RewardDistribution
    progress : bool or None

    Returns
    -------
    probability : Fraction or float
    error : float

    Raises
    ------
    RewardError
        For discrete rewards at an end of γ, where no cell tells of ties.
    """
    law = exact_law(rewards)
    work = ExactWork(f"exact optimality of visits from state {subset.start!r}", progress)
    if isinstance(law, Atoms) and subset.gamma in (0, 1):
        raise RewardError(f"exact optimality of visits at gamma = {subset.gamma:g} needs continuous rewards")
    among = visits(subset.whole, subset.start, subset.gamma, limit=subset.limit).nondominated()
    for one in (subset, among):
        plan_policies(one, work, law)
    if isinstance(law, Atoms) or 0 < subset.gamma < 1:
        own, every = unique_rows(chain_rows(subset)), chain_rows(among)
        plan_comparison(work, law, own, every)
        (found,) = [compare_rows(own, every, law) for _ in work.through([None], "comparisons")]
        return found.tie + found.greater, found.error
    rest, done = expansions(among), list[list[Row]]()
    for terms in expansions(subset):
        if all(_leading(terms, x, law) is not None for x in done):
            done.append(terms)
    cones = [_normals(terms, rest, law) for terms in done]
    plan_cones(cones, work, law)
    total: Number = Fraction(0)
    worst = 0.0
    for one_cone in work.through(cones, "cones"):
        share, error = law.cone(one_cone)
        total += share
        worst = max(worst, error)
    return total, worst


def _leading(mine: list[Row], other: list[Row], law: Boxes | Normals) -> Row | None:
    """The first coefficient of the difference of two expansions that is not 0 for certain; None if all are."""
    for x, y in zip(mine, other, strict=True):
        row = [a - b for a, b in zip(x, y, strict=True)]
        if not law.vanishes(row):
            return row
    return None


_STEP_SECONDS = {0.0: 3e-7, 1.0: 5e-6}
"""Of finding optimal actions, by S³, at the ends of γ; measured on one 2020s core."""
_BACK_SECONDS = 1e-5
"""Of a step back in integers; measured where there are as few states as combinations of rewards allow."""


def _members(mdp: RewardlessMDP, reward: AnyArray, gamma: float) -> list[AnyArray]:
    """The optimal pairs of each state."""
    if not isinstance(gamma, Horizon):
        return list(map(np.asarray, exact_sets(mdp, reward, gamma)))
    best = exact_horizon_pairs(mdp, reward[None], gamma.steps)
    if best is None:
        raise SizeError(f"{gamma.steps:,} steps of {mdp.n_states:,} states in fractions take too long")
    return [lo + np.flatnonzero(best[0, lo:hi]) for lo, hi in pairwise(mdp.pointer.tolist())]


def _count_atoms(
    mdp: RewardlessMDP,
    gammas: Sequence[float],
    law: Atoms,
    optimal: AnyArray,
    tied: AnyArray,
    work: ExactWork,
    on: str,
) -> None:
    """Go through all rewards there can be, and find the optimal pairs of each exactly."""
    count = prod(len(atoms) for atoms in law.laws)
    if count > MOST_ATOMS:
        raise SizeError(f"{count:.2g} combinations of rewards; optimal actions are found for up to {MOST_ATOMS:,}")
    after = after_transitions(mdp) if on == "pairs" else None
    here = mdp if after is None else after.mdp
    seconds = sum(
        _BACK_SECONDS * gamma.steps
        if isinstance(gamma, Horizon)
        else _STEP_SECONDS.get(gamma, 1e-6) * here.n_states**3
        for gamma in gammas
    )
    rates = "horizons" if isinstance(gammas[0], Horizon) else "discount rates"
    work.plan(count * seconds, f"{count:,} combinations of rewards, {len(gammas):,} {rates}")
    for g, gamma in enumerate(gammas):
        for outcome in work.through(list(product(*law.laws)), "combinations"):
            chance = Fraction(1)
            for _, p in outcome:
                chance *= p
            reward = np.array([value for value, _ in outcome], dtype=object)  # fractions stay what they are
            if after is not None:
                reward = after.rewards(reward[None], mdp.n_states)[0]
            for members in _members(here, reward, gamma)[: mdp.n_states]:
                optimal[g][members] += chance
                tied[g][members] += chance * (len(members) > 1)

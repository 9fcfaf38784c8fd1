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
from fractions import Fraction
from itertools import product

import numpy as np

from mdppower._typing import AnyArray
from mdppower.errors import RewardError, SizeError
from mdppower.integrals.reward_laws import MOST_ATOMS, Atoms, Boxes, Normals, Number, exact_law
from mdppower.mdp.actions import as_read, equivalent_pairs
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import Chain, Row, rational_rows
from mdppower.measures.exact_means import chain_rows, compare_rows, unique_rows
from mdppower.occupancy.visit_distributions import Visits, visits
from mdppower.optimal_sets.optimal_actions_exact import exact_sets
from mdppower.rewards.distribution import RewardDistribution


def exact_action_optimality(
    mdp: RewardlessMDP, gammas: Sequence[float], rewards: RewardDistribution
) -> tuple[AnyArray, AnyArray, float]:
    """P_D(s, a, γ) of each pair, and the probability that it ties with another.

    Parameters
    ----------
    mdp : RewardlessMDP
    gammas : sequence of float
    rewards : RewardDistribution

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
    law = exact_law(rewards)
    optimal = np.full((len(gammas), mdp.n_pairs), Fraction(0), dtype=object)
    tied = optimal.copy()
    worst = 0.0
    for g, gamma in enumerate(gammas):
        if isinstance(law, Atoms):
            _count_atoms(mdp, gamma, law, optimal[g], tied[g])
            continue
        for s in range(mdp.n_states):
            worst = max(worst, _share_out(mdp, s, gamma, law, optimal[g], tied[g]))
    return optimal, tied, worst


def _share_out(
    mdp: RewardlessMDP, s: int, gamma: float, law: Boxes | Normals, optimal: AnyArray, tied: AnyArray
) -> float:
    """Give the probability of each cell to the pairs whose policies are optimal in it."""
    pairs = range(*mdp.pointer[s : s + 2].tolist())
    same = equivalent_pairs(mdp)
    distinct = sorted(set(same[pairs.start : pairs.stop].tolist()))
    if len(distinct) == 1:
        cells: list[tuple[Number, set[int]]] = [(Fraction(1), set(distinct))]
        error = 0.0
    else:
        state = mdp.states[s]
        among = visits(mdp, state, gamma).nondominated()
        extra: list[tuple[int, Visits]] = []
        if law.has_constants:
            extra = [
                (p, visits(mdp, state, gamma, given={state: mdp.pair_label(p)[1]}).nondominated()) for p in distinct
            ]
        cells, error = _cells(among, s, extra, law)
    for share, chosen in cells:
        members = [p for p in pairs if same[p] in chosen]
        optimal[members] += share
        tied[members] += share * (len(members) > 1)
    return error


def _cells(
    among: Visits, s: int, extra: list[tuple[int, Visits]], law: Boxes | Normals
) -> tuple[list[tuple[Number, set[int]]], float]:
    """The regions of rewards in which the same visits are optimal: probability, and the pairs that lead to them.

    F_nd has them all. Another f that is optimal with positive probability lies between distributions of F_nd that are
    optimal there too, and so has the same worth as one of them for certain: `extra` is only looked through for these.
    """
    inside = 0 < among.gamma < 1
    terms = [[row] for row in chain_rows(among)] if inside else expansions(among)
    groups: list[tuple[list[Row], set[int]]] = []
    for mine, policy in zip(terms, among.policies, strict=True):
        _join(groups, mine, policy[s], law, new=True)
    for p, one in extra:
        for other in [[row] for row in chain_rows(one)] if inside else expansions(one):
            _join(groups, other, p, law, new=False)
    if inside:
        found = law.maximum([mine[0] for mine, _ in groups])
        return [(share, pairs) for share, (_, pairs) in zip(found.shares, groups, strict=True)], found.share_error
    cones = [_cone(mine, terms, law) for mine, _ in groups]
    cells = [(share, pairs) for (share, _), (_, pairs) in zip(cones, groups, strict=True)]
    return cells, max(error for _, error in cones)


def _join(
    groups: list[tuple[list[Row], set[int]]], mine: list[Row], pair: int, law: Boxes | Normals, *, new: bool
) -> None:
    """Add a pair to the group whose worth is the same for certain; or make a group of its own."""
    for terms, pairs in groups:
        if _leading(terms, mine, law) is None:
            pairs.add(pair)
            return
    if new:
        groups.append((mine, {pair}))


def _cone(mine: list[Row], others: list[list[Row]], law: Boxes | Normals) -> tuple[Number, float]:
    """The probability that an expansion is greater than others, and its error."""
    normals = [_leading(mine, other, law) for other in others]
    return law.cone(unique_rows([row for row in normals if row is not None]))


def expansions(among: Visits) -> list[list[Row]]:
    """The terms of each distribution's expansion at γ = 0 (Taylor) or 1 (Laurent), enough to tell any two apart."""
    mdp, s = among.mdp, among.mdp.index(among.start)
    kernel, levels = rational_rows(mdp), 2 * mdp.n_states
    chains = [Chain(kernel, policy, s, mdp.n_states) for policy in among.policies]
    return [list(chain.laurent(levels) if among.gamma == 1 else chain.taylor(levels)) for chain in chains]


def visits_probability(subset: Visits, rewards: RewardDistribution) -> tuple[Number, float]:
    """P_D(X, γ) of a set of visit distributions, and its error.

    Parameters
    ----------
    subset : Visits
        X; at γ = 0 and 1 the limits are meant.
    rewards : RewardDistribution

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
    among = visits(subset.whole, subset.start, subset.gamma, limit=subset.limit).nondominated()
    if 0 < subset.gamma < 1:
        found = compare_rows(unique_rows(chain_rows(subset)), chain_rows(among), law)
        return found.tie + found.greater, found.error
    if isinstance(law, Atoms):
        raise RewardError(f"exact optimality of visits at gamma = {subset.gamma:g} needs continuous rewards")
    rest, done = expansions(among), list[list[Row]]()
    total: Number = Fraction(0)
    worst = 0.0
    for terms in expansions(subset):
        if all(_leading(terms, x, law) is not None for x in done):
            done.append(terms)
            share, error = _cone(terms, rest, law)
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


def _count_atoms(mdp: RewardlessMDP, gamma: float, law: Atoms, optimal: AnyArray, tied: AnyArray) -> None:
    """Go through all rewards there can be, and find the optimal pairs of each exactly."""
    count = 1
    for atoms in law.laws:
        count *= len(atoms)
    if count > MOST_ATOMS:
        raise SizeError(f"{count:.2g} combinations of rewards; optimal actions are found for up to {MOST_ATOMS:,}")
    for outcome in product(*law.laws):
        chance = Fraction(1)
        for _, p in outcome:
            chance *= p
        reward = np.array([value for value, _ in outcome], dtype=object)  # fractions stay what they are
        for members in exact_sets(mdp, reward, gamma):
            optimal[members] += chance
            tied[members] += chance * (len(members) > 1)

"""Exact numbers for small MDPs: POWER, C_Σ, comparisons, and how likely an action is to be optimal.

An option is turned into its nondominated vectors in fractions: F_nd(s) at the γ that is meant, T(s, ·) or RSD_nd(s)
at its ends. What is asked of their maximum is integrated exactly for independent uniform and finite discrete rewards
(`mdppower.maxima`); for normal rewards in closed form up to two vectors, else numerically with an error
(`mdppower.orthants`).

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
from itertools import product
from typing import TypeAlias

import numpy as np

from mdppower._typing import AnyArray, FloatArray
from mdppower.actions import equivalent_pairs
from mdppower.errors import RewardError, SizeError
from mdppower.exact_sets import exact_sets
from mdppower.joint import Fixed, Gaussian, Reordered
from mdppower.laws import Law
from mdppower.maxima import (
    compare_discrete,
    compare_uniform,
    cone_probability,
    maximum_discrete,
    maximum_uniform,
)
from mdppower.mdp import RewardlessMDP
from mdppower.options import Option, Reach
from mdppower.orthants import maximum_normal, orthant_probability
from mdppower.rational import Chain, Row, rational, rational_rows
from mdppower.rewards import Independent, RewardDistribution
from mdppower.visit_sets import Visits, visits

Number: TypeAlias = "Fraction | float"

COMBINATIONS = 20_000
"""Most combinations of atoms for which optimal actions are found one by one."""
SEED = 0
"""Of the numerical integrations for normal rewards: the same numbers every time."""


# ---------------------------------------------------------------------- laws


@dataclass(frozen=True, eq=False)
class Boxes:
    """Independent uniform rewards; a constant has equal ends."""

    lows: list[Fraction]
    highs: list[Fraction]

    @property
    def has_constants(self) -> bool:
        """Whether some reward cannot vary."""
        return any(low == high for low, high in zip(self.lows, self.highs, strict=True))

    def vanishes(self, row: Row) -> bool:
        """Whether ⟨row, R⟩ is 0 for certain."""
        ends = zip(row, self.lows, self.highs, strict=True)
        if any(a and low != high for a, low, high in ends):
            return False
        return not sum((a * low for a, low in zip(row, self.lows, strict=True)), Fraction(0))

    def maximum(self, rows: list[Row]) -> tuple[Number, list[Number], float]:
        """E max, the shares, and their error."""
        found = maximum_uniform(rows, self.lows, self.highs)
        return found.mean, list(found.shares), 0.0

    def cone(self, normals: list[Row]) -> tuple[Number, float]:
        """P(all ⟨normal, R⟩ ≥ 0), and its error."""
        return cone_probability(normals, self.lows, self.highs), 0.0


@dataclass(frozen=True, eq=False)
class Atoms:
    """Independent discrete rewards, each a list of (value, probability)."""

    laws: list[list[tuple[Fraction, Fraction]]]


@dataclass(frozen=True, eq=False)
class Normals:
    """Jointly normal rewards."""

    mean: FloatArray
    covariance: FloatArray

    @property
    def has_constants(self) -> bool:
        """Whether the rewards span less than all directions: then others than F_nd may tie."""
        return bool(np.linalg.matrix_rank(self.covariance) < len(self.mean))

    def vanishes(self, row: Row) -> bool:
        """Whether ⟨row, R⟩ is 0 for certain."""
        a = np.array(row, dtype=np.float64)
        return bool(a @ self.covariance @ a <= 1e-12 * (a @ a) * self.covariance.max(initial=0.0)) and bool(
            abs(a @ self.mean) <= 1e-12
        )

    def maximum(self, rows: list[Row]) -> tuple[Number, list[Number], float]:
        """E max, the shares, and the larger of their errors."""
        a = np.array(rows, dtype=np.float64)
        found = maximum_normal(self.mean, self.covariance, rng=SEED, rows=a)
        return found.mean, found.shares.tolist(), max(found.mean_error, found.share_error)

    def cone(self, normals: list[Row]) -> tuple[Number, float]:
        """P(all ⟨normal, R⟩ ≥ 0), and its error."""
        a = -np.array(normals, dtype=np.float64).reshape(-1, len(self.mean))
        return orthant_probability(self.mean, self.covariance, rng=SEED, rows=a)


def exact_law(rewards: RewardDistribution) -> Boxes | Atoms | Normals:
    """What can be integrated exactly, from a reward distribution.

    Parameters
    ----------
    rewards : RewardDistribution

    Returns
    -------
    Boxes, Atoms or Normals

    Raises
    ------
    RewardError
        The rewards are none of these; the message names the law.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> exact_law(resolve({"root": 0, "default": "uniform(-1,2)"}, mp.envs.fork(1))).highs
    [Fraction(0, 1), Fraction(2, 1)]
    """
    if isinstance(rewards, Gaussian):
        return Normals(rewards.mean, rewards.covariance)
    if isinstance(rewards, Fixed):
        ends = [rational(x) for x in rewards.mean.tolist()]
        return Boxes(ends, ends)
    if isinstance(rewards, Reordered):
        base = exact_law(rewards.base)
        order = rewards.order.tolist()
        if isinstance(base, Normals):
            return Normals(base.mean[order], base.covariance[np.ix_(order, order)])
        if isinstance(base, Atoms):
            return Atoms([base.laws[k] for k in order])
        return Boxes([base.lows[k] for k in order], [base.highs[k] for k in order])
    if isinstance(rewards, Independent):
        laws = [rewards.laws[k] for k in rewards.which.tolist()]
        kinds = {"discrete" if x.is_discrete and x.kind != "constant" else x.kind for x in laws} - {"constant"}
        if kinds <= {"uniform"}:
            return Boxes([rational(x.low) for x in laws], [rational(x.high) for x in laws])
        if kinds == {"norm"}:
            return Normals(rewards.mean, np.diag(rewards.variance))
        if kinds == {"discrete"}:
            return Atoms([_atoms(x) for x in laws])
    raise RewardError(
        f"exact numbers need independent uniform, finite discrete, or normal rewards; {rewards.name} is not of these"
    )


def _atoms(law: Law) -> list[tuple[Fraction, Fraction]]:
    if law.kind == "constant":
        return [(rational(law.mean), Fraction(1))]
    if not (np.isfinite(law.low) and np.isfinite(law.high)) or law.high - law.low > COMBINATIONS:
        raise RewardError(f"exact numbers need finitely many values; {law.name} has too many")
    frozen = law.frozen
    family = getattr(frozen, "dist", frozen)
    values = np.asarray(family.xk) if hasattr(family, "xk") else np.arange(law.low, law.high + 1)
    chances = [rational(x) for x in np.asarray(frozen.pmf(values)).tolist()]
    total = sum(chances, Fraction(0))
    return [(rational(v), p / total) for v, p in zip(values.tolist(), chances, strict=True) if p]


# ---------------------------------------------------------------------- vectors


def exact_rows(option: Option) -> list[Row]:
    """The nondominated vectors of an option, as fractions, without repeats.

    Parameters
    ----------
    option : Option

    Returns
    -------
    list of list of Fraction

    Raises
    ------
    SizeError
        There are too many to list.

    Examples
    --------
    >>> import mdppower as mp
    >>> exact_rows(mp.Option.state(mp.envs.fork(1), "root", 0.9, kind="value"))
    [[Fraction(1, 10), Fraction(9, 10)]]
    """
    rows: list[Row] = []
    for part in option.parts:
        if isinstance(part, Reach):
            assert option.gamma is not None
            rows += _reach_rows(part, option.gamma)
        else:
            rows += [[rational(x) for x in row] for row in part.tolist()]
    return _distinct(rows)


def _reach_rows(part: Reach, gamma: float) -> list[Row]:
    mdp, s = part.mdp, part.state
    kernel, n = rational_rows(mdp), mdp.n_states
    if gamma == 0:
        if not part.ahead:
            return [[Fraction(int(t == s)) for t in range(n)]]
        return [[kernel[p].get(t, Fraction(0)) for t in range(n)] for p in range(*mdp.pointer[s : s + 2].tolist())]
    among = visits(mdp, mdp.states[s], gamma)
    if gamma == 1:
        return [Chain(kernel, policy, s, n).limit for policy in among.nondominated().recurrent().policies]
    return _chain_rows(among.nondominated(), part.ahead)


def _distinct(rows: list[Row]) -> list[Row]:
    return [list(row) for row in dict.fromkeys(map(tuple, rows))]


# ---------------------------------------------------------------------- means and comparisons


@dataclass(frozen=True)
class ExactComparison:
    """E h_A, E h_B, P(A > B), P(tie), P(A < B): fractions, or floats with an error."""

    mean_A: Number
    mean_B: Number
    greater: Number
    tie: Number
    less: Number
    error: float = 0.0


def exact_mean(option: Option, rewards: RewardDistribution) -> tuple[Number, float]:
    """C_Σ of an option, and its error (0 for fractions).

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> fork = mp.envs.fork(3)
    >>> exact_mean(mp.Option.state(fork, "root", 0.9, kind="power"), resolve("uniform", fork))
    (Fraction(3, 4), 0.0)
    """
    return _mean(exact_rows(option), exact_law(rewards))


def _mean(rows: list[Row], law: Boxes | Atoms | Normals) -> tuple[Number, float]:
    if isinstance(law, Atoms):
        return maximum_discrete(rows, law.laws).mean, 0.0
    mean, _, error = law.maximum(rows)
    return mean, error


def exact_comparison(A: Option, B: Option, rewards: RewardDistribution) -> ExactComparison:
    """What `mdppower.compare` asks of two options, exactly.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> fork = mp.envs.fork(2)
    >>> a, b = (mp.Option.state(fork, s, 0.9, kind="power") for s in ("t1", "root"))
    >>> exact_comparison(a, b, resolve("uniform", fork)).tie
    Fraction(1, 2)
    """
    return _compare(exact_rows(A), exact_rows(B), exact_law(rewards))


def _compare(rows_a: list[Row], rows_b: list[Row], law: Boxes | Atoms | Normals) -> ExactComparison:
    if isinstance(law, Atoms):
        return ExactComparison(*compare_discrete(rows_a, rows_b, law.laws))
    if isinstance(law, Boxes):
        return ExactComparison(*compare_uniform(rows_a, rows_b, law.lows, law.highs))
    (mean_a, error_a), (mean_b, error_b) = _mean(rows_a, law), _mean(rows_b, law)
    both = _distinct(rows_a + rows_b)
    groups = _groups(both, law)
    _, shares, error = law.maximum([both[g[0]] for g in groups])
    greater = tie = less = 0.0
    for group, share in zip(groups, shares, strict=True):
        in_a, in_b = (any(both[k] in rows for k in group) for rows in (rows_a, rows_b))
        greater += float(share) * (in_a and not in_b)
        tie += float(share) * (in_a and in_b)
        less += float(share) * (in_b and not in_a)
    total = greater + tie + less  # 1, but for the error of the integration
    return ExactComparison(
        mean_a, mean_b, greater / total, tie / total, less / total, max(error_a, error_b, len(groups) * error)
    )


def _groups(rows: list[Row], law: Boxes | Normals) -> list[list[int]]:
    """Positions of the rows, together where ⟨row, R⟩ is the same for certain."""
    groups: list[list[int]] = []
    for k, row in enumerate(rows):
        for group in groups:
            if law.vanishes([x - y for x, y in zip(row, rows[group[0]], strict=True)]):
                group.append(k)
                break
        else:
            groups.append([k])
    return groups


# ---------------------------------------------------------------------- POWER and optimal actions


def exact_power(
    mdp: RewardlessMDP, gammas: Sequence[float], rewards: RewardDistribution
) -> tuple[list[list[Number]], list[float]]:
    """POWER of every state at each γ, and the error at each γ (0 for fractions).

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> fork = mp.envs.fork(2)
    >>> exact_power(fork, [0.5], resolve("uniform", fork))
    ([[Fraction(2, 3), Fraction(1, 2), Fraction(1, 2)]], [0.0])
    """
    law = exact_law(rewards)
    table, errors = [], []
    for gamma in gammas:
        found = [_mean(_distinct(_reach_rows(Reach(mdp, s, True), gamma)), law) for s in range(mdp.n_states)]
        table.append([mean for mean, _ in found])
        errors.append(max(error for _, error in found))
    return table, errors


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
    terms = [[row] for row in _chain_rows(among)] if inside else expansions(among)
    groups: list[tuple[list[Row], set[int]]] = []
    for mine, policy in zip(terms, among.policies, strict=True):
        _join(groups, mine, policy[s], law, new=True)
    for p, one in extra:
        for other in [[row] for row in _chain_rows(one)] if inside else expansions(one):
            _join(groups, other, p, law, new=False)
    if inside:
        _, shares, error = law.maximum([mine[0] for mine, _ in groups])
        return [(share, pairs) for share, (_, pairs) in zip(shares, groups, strict=True)], error
    found = [_cone(mine, terms, law) for mine, _ in groups]
    cells = [(share, pairs) for (share, _), (_, pairs) in zip(found, groups, strict=True)]
    return cells, max(error for _, error in found)


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
    return law.cone(_distinct([row for row in normals if row is not None]))


def _chain_rows(among: Visits, delayed: bool = False) -> list[Row]:
    """The rows of a set at a γ in (0, 1): of the VALUE set, or (`delayed`) of the POWER set."""
    mdp, s = among.mdp, among.mdp.index(among.start)
    kernel, rate = rational_rows(mdp), rational(among.gamma)
    return [Chain(kernel, policy, s, mdp.n_states).visits(rate, delayed=delayed) for policy in among.policies]


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
        found = _compare(_distinct(_chain_rows(subset)), _chain_rows(among), law)
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
    if count > COMBINATIONS:
        raise SizeError(f"{count:.2g} combinations of rewards; optimal actions are found for up to {COMBINATIONS:,}")
    for outcome in product(*law.laws):
        chance = Fraction(1)
        for _, p in outcome:
            chance *= p
        reward = np.array([value for value, _ in outcome], dtype=object)  # fractions stay what they are
        for members in exact_sets(mdp, reward, gamma):
            optimal[members] += chance
            tied[members] += chance * (len(members) > 1)

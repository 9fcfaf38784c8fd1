"""Exact means for small MDPs: POWER, C_Σ and comparisons.

An option is turned into its nondominated vectors in fractions: F_nd(s) at the γ that is meant, T(s, ·) or RSD_nd(s)
at its ends. What is asked of their maximum is integrated exactly for independent uniform and finite discrete rewards
(`mdppower.integrals.maxima`); for normal rewards in closed form up to two vectors, else numerically with an error
(`mdppower.integrals.normal_maxima`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mdppower.errors import SizeError
from mdppower.integrals.maxima import compare_discrete, compare_uniform, maximum_discrete
from mdppower.integrals.reward_laws import Atoms, Boxes, Normals, Number, exact_law
from mdppower.integrals.volumes import LIMIT
from mdppower.mdp.actions import reading_error
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import Chain, Row, rational, rational_rows
from mdppower.occupancy.option import Option, Reach
from mdppower.occupancy.visit_distributions import Visits, visits
from mdppower.optimal_sets.fraction_rows import rate
from mdppower.rewards.distribution import RewardDistribution

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
    return unique_rows(rows)


def _reach_rows(part: Reach, gamma: float) -> list[Row]:
    mdp, s = part.mdp, part.state
    kernel, n = rational_rows(mdp), mdp.n_states
    if gamma == 0:
        if not part.ahead:
            return [[Fraction(int(t == s)) for t in range(n)]]
        return [[kernel[p].get(t, Fraction(0)) for t in range(n)] for p in range(*mdp.pointer[s : s + 2].tolist())]
    among = visits(mdp, mdp.states[s], gamma)
    if gamma == 1:
        # Of deterministic MDPs ends that differ differ visibly; elsewhere all are compared as fractions.
        ends = among.nondominated()
        kept = ends.recurrent().policies if mdp.is_deterministic else ends.policies
        return [Chain(kernel, policy, s, n).limit for policy in kept]
    return chain_rows(among.nondominated(), part.ahead)


def unique_rows(rows: list[Row]) -> list[Row]:
    """The rows without repeats, in order."""
    return [list(row) for row in dict.fromkeys(map(tuple, rows))]


# ---------------------------------------------------------------------- means and comparisons


@dataclass(frozen=True)
class ExactComparison:
    """E h_A, E h_B, P(A > B), P(tie), P(A < B): fractions, or floats with an error of means, and one of chances."""

    mean_A: Number
    mean_B: Number
    greater: Number
    tie: Number
    less: Number
    mean_error: float = 0.0
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
    law = exact_law(rewards)
    mean, error = _mean(exact_rows(option), law)
    return mean, error + _reading(option) * law.spread


def _reading(option: Option) -> float:
    """`reading_error` of the MDPs that an option is about."""
    return max(
        (reading_error(part.mdp, option.gamma or 0.0) for part in option.parts if isinstance(part, Reach)),
        default=0.0,
    )


def _mean(rows: list[Row], law: Boxes | Atoms | Normals) -> tuple[Number, float]:
    if isinstance(law, Atoms):
        return maximum_discrete(rows, law.laws).mean, 0.0
    found = law.maximum(rows)
    return found.mean, found.mean_error


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
    law = exact_law(rewards)
    found = compare_rows(exact_rows(A), exact_rows(B), law)
    read = (_reading(A) + _reading(B)) * law.spread
    return replace(found, mean_error=found.mean_error + read, error=found.error + read)


def compare_rows(rows_a: list[Row], rows_b: list[Row], law: Boxes | Atoms | Normals) -> ExactComparison:
    """`exact_comparison` of two lists of vectors."""
    if isinstance(law, Atoms):
        return ExactComparison(*compare_discrete(rows_a, rows_b, law.laws))
    if isinstance(law, Boxes):
        return ExactComparison(*compare_uniform(rows_a, rows_b, law.lows, law.highs))
    (mean_a, error_a), (mean_b, error_b) = _mean(rows_a, law), _mean(rows_b, law)
    both = unique_rows(rows_a + rows_b)
    groups = _groups(both, law)
    found = law.maximum([both[g[0]] for g in groups])
    greater = tie = less = 0.0
    for group, share in zip(groups, found.shares, strict=True):
        in_a, in_b = (any(both[k] in rows for k in group) for rows in (rows_a, rows_b))
        greater += float(share) * (in_a and not in_b)
        tie += float(share) * (in_a and in_b)
        less += float(share) * (in_b and not in_a)
    total = greater + tie + less  # 1, but for the error of the integration
    return ExactComparison(
        mean_a, mean_b, greater / total, tie / total, less / total, max(error_a, error_b),
        min(len(groups) * found.share_error, 1.0),
    )  # fmt: skip


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


# ---------------------------------------------------------------------- POWER


def exact_power(
    mdp: RewardlessMDP, gammas: Sequence[float], rewards: RewardDistribution, progress: bool | None = False
) -> tuple[list[list[Number]], list[float]]:
    """POWER of every state at each γ, and the error at each γ (0 for fractions).

    Parameters
    ----------
    mdp : RewardlessMDP
    gammas : sequence of float
    rewards : RewardDistribution
    progress : bool or None
        Whether to show a bar of states and rates; None: in a terminal.

    Raises
    ------
    SizeError
        All states and rates together would take more than `volumes.LIMIT` seconds; said before the first is begun.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> fork = mp.envs.fork(2)
    >>> exact_power(fork, [0.5], resolve("uniform", fork))
    ([[Fraction(2, 3), Fraction(1, 2), Fraction(1, 2)]], [0.0])
    """
    from tqdm import tqdm

    law = exact_law(rewards)
    sets = [[unique_rows(_reach_rows(Reach(mdp, s, True), gamma)) for s in range(mdp.n_states)] for gamma in gammas]
    _require_time(sets, law)
    table, errors = [], []
    total, hidden = len(gammas) * mdp.n_states, None if progress is None else not progress
    with tqdm(desc="exact POWER", total=total, unit=" states", disable=hidden) as bar:
        for gamma, of_states in zip(gammas, sets, strict=True):
            found = []
            for rows in of_states:
                found.append(_mean(rows, law))
                bar.update()
            table.append([mean for mean, _ in found])
            errors.append(max(error for _, error in found) + reading_error(mdp, gamma) * law.spread)
    return table, errors


def _require_time(sets: list[list[list[Row]]], law: Boxes | Atoms | Normals) -> None:
    """Raise SizeError if all the integrals together would take too long, by their own estimates."""
    if not isinstance(law, Boxes):
        return  # bounded one by one: combinations of atoms, normal variables
    seconds = 0.0
    for rows in (rows for of_states in sets for rows in of_states):
        seconds += law.seconds(rows)
        if seconds > LIMIT:
            raise SizeError(
                f"exact POWER of {len(sets[0]):,} states takes about {seconds:.2g} s or more (one of them is the "
                f"greatest of {len(rows):,} functions); the limit is {LIMIT:g} s: leave out method='exact' for an "
                "estimate with its error"
            )


def chain_rows(among: Visits, delayed: bool = False) -> list[Row]:
    """The rows of a set at a γ in (0, 1): of the VALUE set, or (`delayed`) of the POWER set."""
    mdp, s = among.mdp, among.mdp.index(among.start)
    kernel, gamma = rational_rows(mdp), rate(among.gamma)
    return [Chain(kernel, policy, s, mdp.n_states).visits(gamma, delayed=delayed) for policy in among.policies]

"""Exact means for small MDPs: POWER, C_Σ and comparisons.

An option is turned into its nondominated vectors in fractions: F_nd(s) at the γ that is meant, T(s, ·) or RSD_nd(s)
at its ends, all expected visits of H steps (`horizon_visits`) for a horizon. What is asked of their maximum is
integrated exactly for independent uniform and finite discrete rewards (`mdppower.integrals.maxima`); for normal
rewards in closed form up to two vectors, else numerically with an error (`mdppower.integrals.normal_maxima`).

Rewards on pairs: F_nd(s) is listed in the MDP with a state for each pair (`mdppower.mdp.pair_states`), where actions
that lead to the same states are none the less two; a row says how much of the time each pair is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mdppower._horizon import Horizon
from mdppower._stop import stop_if_told
from mdppower.integrals.maxima import compare_discrete, compare_uniform
from mdppower.integrals.reward_laws import Atoms, Boxes, Normals, Number, exact_law
from mdppower.mdp.actions import reading_error
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.pair_states import through_pairs
from mdppower.mdp.rational import Chain, Kernel, Row, rational, rational_rows
from mdppower.measures.exact_work import ExactWork, seconds_of_chains
from mdppower.occupancy.horizon_visits import MOST, horizon_visits
from mdppower.occupancy.option import Option, Reach
from mdppower.occupancy.visit_distributions import LIMIT, Visits, visits
from mdppower.optimal_sets.fraction_rows import rate
from mdppower.rewards.reward_distribution import RewardDistribution

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
    return _rows_of(_listed(option, ExactWork(f"to list the exact vectors of {option.name}", advice=_FEWER)))


_FEWER = "ask of a smaller MDP, or of an option of fewer vectors"

_Listed = list["tuple[Reach, Visits | None, float] | list[Row]"]
"""The parts of an option: what to make rows of, the policies that are nondominated, γ; or rows."""


def _listed(
    option: Option,
    work: ExactWork,
    law: Boxes | Atoms | Normals | None = None,
    most: int = LIMIT,
    on: str = "states",
) -> _Listed:
    """The policies of an option's parts, and a plan of what it takes to make rows of them and to sift these."""
    parts: _Listed = []
    for part in option.parts:
        if isinstance(part, Reach):
            assert option.gamma is not None
            if isinstance(option.gamma, Horizon):
                parts.append(_rows_of_horizon(part, option.gamma.steps, on, min(most, MOST)))
                continue
            parts.append((part, _policies(part, option.gamma, work, law, most, on), option.gamma))
        else:
            parts.append([[rational(x) for x in row] for row in part.tolist()])
    return parts


def _policies(
    part: Reach, gamma: float, work: ExactWork, law: Boxes | Atoms | Normals | None, most: int, on: str
) -> Visits | None:
    """F_nd of a state, planned for; None at γ = 0, where its actions are what there is."""
    if gamma == 0:
        return None
    among = nondominated_of(part.mdp, part.state, gamma, on, most)
    _plan_rows(among, work, law)
    return among


def nondominated_of(mdp: RewardlessMDP, state: int, gamma: float, on: str, most: int = LIMIT) -> Visits:
    """F_nd of a state; where pairs earn, that of the MDP with a state for each pair."""
    if on == "pairs":
        return visits(through_pairs(mdp), state, gamma, limit=most).nondominated()
    return visits(mdp, mdp.states[state], gamma, limit=most).nondominated()


def _plan_rows(among: Visits, work: ExactWork, law: Boxes | Atoms | Normals | None) -> None:
    count, n = len(among.policies), among.mdp.n_states
    sizes = f"{count:,} nondominated policies from state {among.start!r} of {n:,}"
    # At γ = 1 many policies have one end.
    sift = law.seconds_to_sift(count) if law is not None and among.gamma < 1 else 0.0
    work.plan(seconds_of_chains(among.policies) + sift, sizes)


def _rows_of(parts: _Listed, on: str = "states") -> list[Row]:
    rows: list[Row] = []
    for part in parts:
        rows += part if isinstance(part, list) else _reach_rows(*part, on)
    return unique_rows(rows)


def _reach_rows(part: Reach, among: Visits | None, gamma: float, on: str = "states") -> list[Row]:
    mdp, s = part.mdp, part.state
    kernel, n = rational_rows(mdp), mdp.n_states
    if isinstance(gamma, Horizon):
        return _rows_of_horizon(part, gamma.steps, on)
    if on == "pairs":
        return _of_whole(part, _pair_rows(part, among, gamma))
    if among is None:
        if not part.ahead:
            return [[Fraction(int(t == s)) for t in range(n)]]
        return [[kernel[p].get(t, Fraction(0)) for t in range(n)] for p in range(*mdp.pointer[s : s + 2].tolist())]
    if gamma == 1:
        # Of deterministic MDPs ends that differ differ visibly; elsewhere all are compared as fractions.
        kept = among.recurrent().policies if mdp.is_deterministic else among.policies
        return [chain.limit for chain in _chains(kept, kernel, s, n)]
    return chain_rows(among, part.ahead)


def _pair_rows(part: Reach, among: Visits | None, gamma: float) -> list[Row]:
    mdp, s = part.mdp, part.state
    if among is None:  # what can be done at once
        return [[Fraction(int(q == p)) for q in range(mdp.n_pairs)] for p in range(*mdp.pointer[s : s + 2].tolist())]
    if gamma < 1:
        return chain_rows(among, base=mdp)
    policies = own_policies(among, mdp)
    limits = [chain.limit for chain in _chains(policies, rational_rows(mdp), s, mdp.n_states)]
    return [on_pairs(row, policy, mdp) for row, policy in zip(limits, policies, strict=True)]


def _of_whole(part: Reach, rows: list[Row]) -> list[Row]:
    """Rows over the pairs of the MDP before actions were taken out."""
    if part.whole is None:
        return rows
    places, many = part.pairs.tolist(), part.whole.n_pairs  # type: ignore[union-attr]
    wide = []
    for row in rows:
        wide.append([Fraction(0)] * many)
        for p, x in zip(places, row, strict=True):
            wide[-1][p] = x
    return wide


def own_policies(among: Visits, base: RewardlessMDP | None) -> Sequence[dict[int, int]]:
    """The policies; of an MDP with a state for each pair of `base`, as policies of `base`."""
    if base is None:
        return among.policies
    codes, first = among.mdp.action_codes, base.pointer  # there, actions are numbered in each state
    return [
        {s: int(first[s] + codes[p]) for s, p in policy.items() if s < base.n_states} for policy in among.policies
    ]


def on_pairs(row: Row, policy: dict[int, int], mdp: RewardlessMDP) -> Row:
    """Visits of states as visits of the pairs that a policy takes there."""
    found = [Fraction(0)] * mdp.n_pairs
    for s, p in policy.items():
        found[p] = row[s]
    return found


def _rows_of_horizon(part: Reach, steps: int, on: str, most: int = MOST) -> list[Row]:
    """Expected visits of a state's policies in H steps, over H."""
    if on == "pairs":
        taken = horizon_visits(part.mdp, part.state, steps, most, on).values()
        return _of_whole(part, unique_rows([[x / steps for x in row] for rows in taken for row in rows]))
    found = horizon_visits(part.mdp, part.state, steps if part.ahead else steps - 1, most).values()
    own = [Fraction(int(t == part.state and not part.ahead)) for t in range(part.mdp.n_states)]
    return unique_rows([[(x + y) / steps for x, y in zip(row, own, strict=True)] for rows in found for row in rows])


def _chains(policies: Sequence[dict[int, int]], kernel: Kernel, s: int, n: int) -> Iterator[Chain]:
    for policy in policies:
        stop_if_told()
        yield Chain(kernel, policy, s, n)


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


def exact_mean(option: Option, rewards: RewardDistribution, progress: bool | None = False) -> tuple[Number, float]:
    """C_Σ of an option, and its error (0 for fractions).

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> fork = mp.envs.fork(3)
    >>> exact_mean(mp.Option.state(fork, "root", 0.9, kind="power"), resolve("uniform", fork))
    (Fraction(3, 4), 0.0)
    """
    law, work = exact_law(rewards), ExactWork(f"the exact mean of {option.name}", progress)
    rows = _rows_of(_listed(option, work, law, on=rewards.on), rewards.on)
    _plan(work, law, rows)
    ((mean, error),) = [_mean(one, law) for one in work.through([rows], "means")]
    return mean, error + _reading(option) * law.spread


def _reading(option: Option) -> float:
    """`reading_error` of the MDPs that an option is about."""
    return max(
        (reading_error(part.mdp, option.gamma or 0.0) for part in option.parts if isinstance(part, Reach)),
        default=0.0,
    )


def _plan(work: ExactWork, law: Boxes | Atoms | Normals, rows: list[Row]) -> None:
    """Plan one integral."""
    work.plan(law.seconds(rows), f"one of its integrals is of the greatest of {len(rows):,} functions")


def _mean(rows: list[Row], law: Boxes | Atoms | Normals) -> tuple[Number, float]:
    found = law.maximum(rows)
    return found.mean, found.mean_error


def exact_comparison(
    A: Option, B: Option, rewards: RewardDistribution, progress: bool | None = False
) -> ExactComparison:
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
    return exact_comparisons([(A, B)], rewards, progress)[0]


def exact_comparisons(
    pairs: Sequence[tuple[Option, Option]], rewards: RewardDistribution, progress: bool | None = False
) -> list[ExactComparison]:
    """`exact_comparison` of several pairs of options, planned together.

    Raises
    ------
    SizeError
        All together take too long; said before the first is begun.
    """
    what = "the exact comparison of " + ", ".join(f"{A.name} and {B.name}" for A, B in pairs[:2])
    work = ExactWork(what + (f" and {len(pairs) - 2:,} more" if len(pairs) > 2 else ""), progress)
    return planned_comparisons(pairs, exact_law(rewards), work, on=rewards.on)


def planned_comparisons(
    pairs: Sequence[tuple[Option, Option]],
    law: Boxes | Atoms | Normals,
    work: ExactWork,
    most: int = LIMIT,
    on: str = "states",
) -> list[ExactComparison]:
    """The same within a work of its own limit; of each state up to `most` policies are listed, else SizeError."""
    listed = {id(one): _listed(one, work, law, most, on) for pair in pairs for one in pair}
    rows = {key: _rows_of(parts, on) for key, parts in listed.items()}
    for A, B in pairs:
        plan_comparison(work, law, rows[id(A)], rows[id(B)])
    found = []
    for A, B in work.through(pairs, "comparisons"):
        one = compare_rows(rows[id(A)], rows[id(B)], law)
        read = (_reading(A) + _reading(B)) * law.spread
        found.append(replace(one, mean_error=one.mean_error + read, error=one.error + read))
    return found


def plan_comparison(work: ExactWork, law: Boxes | Atoms | Normals, rows_a: list[Row], rows_b: list[Row]) -> None:
    """Plan `compare_rows`."""
    both = unique_rows(rows_a + rows_b)
    for rows in [both] if isinstance(law, Atoms) else [rows_a, rows_b, both]:
        _plan(work, law, rows)


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
    return exact_powers([(mdp, rewards)], gammas, progress)[0]


def exact_powers(
    models: Sequence[tuple[RewardlessMDP, RewardDistribution]], gammas: Sequence[float], progress: bool | None = False
) -> list[tuple[list[list[Number]], list[float]]]:
    """`exact_power` of several MDPs, planned together."""
    laws = [exact_law(rewards) for _, rewards in models]
    sizes = " and ".join(f"{mdp.n_states:,}" for mdp, _ in models)
    work = ExactWork(f"exact POWER of {sizes} states", progress)
    inside = [gamma for gamma in gammas if gamma > 0 and not isinstance(gamma, Horizon)]
    starts = [(k, s) for k, (mdp, _) in enumerate(models) for s in range(mdp.n_states)]
    among: dict[tuple[int, int], Visits] = {}
    for k, s in work.through(starts if inside else [], "states", "listing policies"):
        # F_nd is the same at every rate.
        among[k, s] = nondominated_of(models[k][0], s, inside[0], models[k][1].on)
        for gamma in inside:
            _plan_rows(replace(among[k, s], gamma=gamma), work, laws[k])
    rows: list[list[Row]] = []
    parts = [(k, s, gamma) for k, s in starts for gamma in gammas]
    for k, s, gamma in work.through(parts, "states", "making fractions"):
        here = replace(among[k, s], gamma=gamma) if gamma in inside else None
        rows.append(unique_rows(_reach_rows(Reach(models[k][0], s, True), here, gamma, models[k][1].on)))
        _plan(work, laws[k], rows[-1])
    means = {}
    for (k, s, gamma), one in work.through(list(zip(parts, rows, strict=True)), "states"):
        means[k, s, gamma] = _mean(one, laws[k])
    found = []
    for k, (mdp, _) in enumerate(models):
        table = [[means[k, s, gamma] for s in range(mdp.n_states)] for gamma in gammas]
        errors = [
            max(error for _, error in row) + reading_error(mdp, gamma) * laws[k].spread
            for gamma, row in zip(gammas, table, strict=True)
        ]
        found.append(([[mean for mean, _ in row] for row in table], errors))
    return found


def chain_rows(among: Visits, delayed: bool = False, base: RewardlessMDP | None = None) -> list[Row]:
    """The rows of a set at a γ in (0, 1): of the VALUE set, or (`delayed`) of the POWER set.

    Where `among` is of the MDP with a state for each pair of `base`, the rows are over these pairs.
    """
    mdp, s = base or among.mdp, among.mdp.index(among.start)
    kernel, gamma, policies = rational_rows(mdp), rate(among.gamma), own_policies(among, base)
    rows = [one.visits(gamma, delayed=delayed) for one in _chains(policies, kernel, s, mdp.n_states)]
    if base is None:
        return rows
    return [on_pairs(row, policy, base) for row, policy in zip(rows, policies, strict=True)]

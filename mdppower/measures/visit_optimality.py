"""How likely some visit distributions, or some ends, are to be optimal (Turner et al., Defs. 4.3 and 6.11).

P_D(X, γ) is the probability that some f in X ⊆ F(s) is optimal: that the best of X is worth V*(s). At γ = 0 and 1 it
is about the limits of optimal policies, compared term by term in their expansions there. P_D(D', average) asks
whether some d in D' ⊆ RSD(s) has the greatest average reward: what happens on the way does not count, and so it is
another number than the limit γ → 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import choice, positive_integer
from mdppower._schema import checked
from mdppower._typing import BoolArray, FloatArray, Label
from mdppower.errors import ParameterError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import Chain, rational_rows
from mdppower.measures.exact_means import exact_comparisons
from mdppower.measures.exact_optimality import expansions, visits_probability
from mdppower.measures.option_tally import Tally, tally
from mdppower.measures.questions import ask, digest, told_mdp
from mdppower.measures.stored_calls import answers
from mdppower.montecarlo.engines import Rows, Workers
from mdppower.montecarlo.proportions import Proportions
from mdppower.montecarlo.run_loop import Conduct, OneTask, Question, finished_as, last, run
from mdppower.montecarlo.samplers import Sampler, make_sampler
from mdppower.montecarlo.steps import no_draws, replicates_at
from mdppower.occupancy.option import Option, Reach
from mdppower.occupancy.vectors import as_rows
from mdppower.occupancy.visit_distributions import Recurrent, Visits, visits
from mdppower.optimal_sets.fraction_rows import rate
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import METHODS

if TYPE_CHECKING:
    import xarray as xr

SAME = 1e-11
"""Relative difference of two terms of an expansion that counts as none."""


def visit_optimality(
    subset: Visits,
    rewards: Any = "uniform",
    *,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Proportions:
    """P_D(X, γ): how likely it is that some visit distribution of a set is optimal (Def. 4.3).

    Parameters
    ----------
    subset : Visits
        X: what `visits` gives with some actions given, or a selection.
    rewards, samples, rng, method, workers, executor, store, key, progress
        As for `compare`; ``method="exact"`` too.

    Returns
    -------
    Proportions
        One probability.

    Raises
    ------
    ParameterError, RewardError, SizeError

    Examples
    --------
    Going to one of three ends is optimal with probability 1/3.

    >>> import mdppower as mp
    >>> F = mp.visits(mp.envs.fork(3), "root", 0.5)
    >>> mp.visit_optimality(F.select([0]), method="exact"), mp.visit_optimality(F.select([0, 1]), method="exact")
    (Proportions(1/3), Proportions(2/3))
    """
    if not isinstance(subset, Visits):
        raise ParameterError(f"visit_optimality takes what mdppower.visits gives, got {subset!r}")
    conduct = Conduct(workers, executor, progress, store, key)
    distribution = _check(subset.whole, rewards, samples, method, conduct)
    if method == "exact":
        # The best of a set is the best of its nondominated ones.
        return Proportions.known(
            *visits_probability(subset.nondominated() if subset.is_whole else subset, distribution, progress)
        )
    if subset.gamma in (0, 1):
        subset = subset.nondominated() if subset.is_whole else subset
        source = make_sampler(distribution, "iid", samples, 0)
        return _by_terms(subset, source, samples, rng, conduct)
    whole = Option.state(subset.whole, subset.start, subset.gamma, "value")
    if subset.is_whole:
        reach = Reach(subset.mdp, subset.mdp.index(subset.start), False)
        mine = Option("subset", "value", subset.gamma, whole.states, (reach,))
    else:
        kernel, s = rational_rows(subset.mdp), subset.mdp.index(subset.start)
        gamma = rate(subset.gamma)
        chains = (Chain(kernel, policy, s, subset.mdp.n_states) for policy in subset.policies)
        # Exact rows, rounded once: what ties with the whole set is then equal to rounding.
        rows = [[float(x) for x in chain.visits(gamma)] for chain in chains]
        mine = Option.vectors(rows, states=whole.states, kind="value", gamma=subset.gamma)
    return _attains([mine], whole, distribution, samples, rng, method, conduct)[0]


def average_optimality(
    mdp: RewardlessMDP,
    state: Label,
    rewards: Any = "uniform",
    *,
    ends: Recurrent | Any = None,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Proportions:
    """How likely average-optimal policies are to take each action of a state, or to have given ends (Def. 6.11).

    This is not the limit γ → 1 of optimality probabilities (`action_optimality` at γ = 1).

    Parameters
    ----------
    mdp : RewardlessMDP
    state : label
    rewards : str, distribution, mapping, callable, …
    ends : Recurrent, or (K, S) array, optional
        D' ⊆ RSD(s). By default RSD(s | π(s) = a) for each action a of the state.
    samples, rng, method, workers, executor, store, key, progress
        As for `compare`; ``method="exact"`` too.

    Returns
    -------
    Proportions
        One for each action, in the order of ``mdp.actions(state)``; or a single one where `ends` are given.

    Raises
    ------
    LabelError, ParameterError, RewardError, SizeError

    Examples
    --------
    Figure 10: north is always average-optimal, north-east with probability 2/3; near γ = 1 north is optimal with
    probability 1/3.

    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_10()
    >>> mp.average_optimality(mdp, "s1", method="exact").exact
    array([Fraction(1, 1), Fraction(2, 3)], dtype=object)
    >>> mp.action_optimality(mdp, 1, method="exact").of("s1").exact
    array([Fraction(1, 3), Fraction(2, 3)], dtype=object)
    """
    check_mdp(mdp)
    conduct = Conduct(workers, executor, progress, store, key)
    distribution = _check(mdp, rewards, samples, method, conduct)
    whole = Option.rsd(mdp, state)
    if ends is None:
        parts = [Option.rsd(mdp, state, action) for action in mdp.actions(state)]
    else:
        rows = ends.rows if isinstance(ends, Recurrent) else as_rows(ends, mdp.n_states)
        parts = [Option.vectors(rows, states=whole.states, kind="rsd")]
    found = _attains(parts, whole, distribution, samples, rng, method, conduct)
    return found if ends is None else found[0]


def _check(mdp: RewardlessMDP, rewards: Any, samples: int, method: str, conduct: Conduct) -> RewardDistribution:
    choice(method, "method", (*METHODS, "exact"))
    if method == "exact":
        no_draws((samples,), conduct)
    positive_integer(samples, "samples")
    return resolve(rewards, mdp)


def _attains(
    parts: list[Option],
    whole: Option,
    rewards: RewardDistribution,
    samples: int,
    rng: Any,
    method: str,
    conduct: Conduct,
) -> Proportions:
    """P(h_part = h_whole) of each part of the whole."""
    if method == "exact":
        exact = exact_comparisons([(part, whole) for part in parts], rewards, conduct.progress)
        return Proportions.known([x.tie + x.greater for x in exact], max(x.error for x in exact))
    source = make_sampler(rewards, "iid", samples, 0)
    _, tallies = tally("optimality", [*parts, whole], source, (samples,), rng, method, conduct)
    with finished_as(_at_least_whole):
        return _at_least_whole(last(tallies))


def _at_least_whole(found: Tally) -> Proportions:
    """How often each part is worth as much as the last option, the whole."""
    counts = found.near[:-1, -1] + found.greater[:-1, -1]
    return Proportions(counts, counts, found.draws)


@dataclass(frozen=True, eq=False)
class _Terms:
    """Counts, in each replicate, the draws on which the best of the first `own` expansions is the best of all."""

    terms: FloatArray
    own: int
    source: Sampler
    states: tuple[Label, ...]

    def __call__(self, numbers: Sequence[int]) -> Rows:
        """(n,) counts of n replicates."""
        best = _greatest(self.terms, self.source.replicates(numbers, self.states))
        return (best[:, : self.own].any(axis=1).reshape(len(numbers), -1).sum(axis=1),)


class _Sum(OneTask):
    """What a run keeps of its replicates: their sum."""

    label, least = "comparing", 1

    def __init__(self, task: _Terms) -> None:
        self.task = task
        self.counts: list[int] = []

    @property
    def count(self) -> int:
        """Replicates so far."""
        return len(self.counts)

    def prepare(self) -> None:
        """Nothing is compiled."""

    def add(self, rows: Rows) -> None:
        """Add the next replicates."""
        self.counts += rows[0].tolist()

    def estimate(self, interrupted: bool) -> Proportions:
        """What the replicates so far say."""
        total = np.array(sum(self.counts))
        return Proportions(total, total, self.count * self.task.source.size)


def _by_terms(subset: Visits, source: Sampler, samples: int, rng: Any, conduct: Conduct) -> Proportions:
    """At an end of γ: draws on which the best of the subset equals the best of all in every term of the expansion."""
    mine = expansions(subset)
    others = expansions(visits(subset.whole, subset.start, subset.gamma, limit=subset.limit).nondominated())
    terms = np.array(mine + others, dtype=np.float64)
    return _of_terms(terms, len(mine), subset.whole, float(subset.gamma), source, samples, rng, conduct)


def _of_terms(
    terms: FloatArray,
    own: int,
    mdp: RewardlessMDP,
    gamma: float,
    source: Sampler,
    samples: int,
    rng: Any,
    conduct: Conduct,
) -> Proportions:
    """How often the best of the first `own` expansions is the best of all."""

    def question() -> Question:
        return ask(
            "visit_optimality", source, conduct.key, gammas=[gamma], method="terms", samples=samples,
            terms=digest(terms), own=own, told=told_mdp(mdp),
            given={"mdp": mdp, "terms": terms, "own": np.array([own])},
        )  # fmt: skip

    source = conduct.seeded(source, rng, question)
    kept = _Sum(_Terms(terms, own, source, tuple(mdp.states)))
    looks = replicates_at((samples,), source.size)
    return last(run(kept, looks, source, mdp.n_states, conduct, question))


# ---------------------------------------------------------------------- from a store


@answers("optimality")
def _parts_from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> xr.Dataset:
    """Of visits, and of what is optimal on average: how likely each part of the last option is worth as much."""
    *parts, whole = given["options"]
    source = make_sampler(given["rewards"], "iid", asked["samples"], 0)
    looks, rng, method = (asked["samples"],), asked["rng"], asked["method"]
    source, tallies = tally("optimality", [*parts, whole], source, looks, rng, method, conduct)
    found = last(tallies)
    return _dataset(_at_least_whole(found), [part.name for part in parts], source, asked["samples"])


@answers("visit_optimality")
def _terms_from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> xr.Dataset:
    """Of visits at an end of γ."""
    terms, mdp = given["terms"], given["mdp"]
    checked(terms, (len(terms), terms.shape[1], mdp.n_states), "f")
    own = int(checked(given["own"], (1,), "i", 1, len(terms))[0])
    (gamma,) = np.atleast_1d(asked["gamma"]).tolist()
    source = make_sampler(given["rewards"], "iid", asked["samples"], 0)
    found = _of_terms(terms, own, mdp, gamma, source, asked["samples"], asked["rng"], conduct)
    return _dataset(found[None], ["visits"], replace(source, entropy=asked["rng"]), asked["samples"])


def _dataset(found: Proportions, names: list[str], source: Sampler, wanted: int) -> xr.Dataset:
    import xarray as xr

    lower, upper = found.interval(0.95)
    columns = {
        "probability": (found.mean, "probability of being optimal"), "stderr": (found.stderr, "standard error"),
        "lower": (lower, "lower end, 95 %, each alone"), "upper": (upper, "upper end, 95 %, each alone"),
    }  # fmt: skip
    return xr.Dataset(
        {name: ("option", values, {"long_name": told, "units": "1"}) for name, (values, told) in columns.items()},
        coords={"option": names},
        attrs={
            "confidence": 0.95, "rewards": source.rewards.name, "samples": found.draws,
            "entropy": str(source.entropy), "interrupted": int(found.draws < wanted),
        },
    )  # fmt: skip


def _greatest(terms: FloatArray, rewards: FloatArray) -> BoolArray:
    """(n, K) which of K expansions are lexicographically greatest for each reward."""
    alive = np.ones((len(rewards), len(terms)), bool)
    size = np.abs(rewards).max(axis=1)
    for level in range(terms.shape[1]):
        value = rewards @ terms[:, level].T
        allowed = SAME * size * np.abs(terms[:, level]).sum(axis=1).max()
        top = np.where(alive, value, -np.inf).max(axis=1)
        alive &= value >= (top - allowed)[:, None]
    return alive

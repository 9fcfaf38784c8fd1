"""Which of two options is worth more: C_Σ, the gap, p(A ≥ B), and whether B is instrumentally convergent over A.

With h_A(R) = max_{a in A} ⟨a, R⟩ and R drawn from Σ,

    C_Σ(A) = E h_A,        gap = C_Σ(B) − C_Σ(A),        p_Σ(A ≥ B) = P(h_A ≥ h_B),

and B is Σ-instrumentally convergent over A if p_Σ(A ≥ B) ≤ 1/2. For Σ = N(0, I) C_Σ is the Gaussian width, for random
signs n times the Rademacher complexity. Ties count for both sides in p(A ≥ B) and p(B ≥ A), so that with enough of
them either can exceed 1/2, A = B being the extreme; the relation is not transitive either. Hence P(A > B), P(tie) and
P(A < B) are given apart, and the mid-p, P(A > B) + P(tie)/2.

Probabilities come from independent draws (Clopper–Pearson), the means from the same draws, paired; or all of them are
exact, by `mdppower.measures.exact_means`: unasked, too, where that is instant (`mdppower.measures.instant`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import choice, positive_integer
from mdppower._text import rate_name
from mdppower._typing import AnyArray, FloatArray
from mdppower._warn import warn
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.comparison_estimate import Comparison
from mdppower.measures.option_tally import Tally, tally
from mdppower.measures.stored_calls import answers
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.proportions import Proportions
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.run_loop import Conduct, finished_as, last
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import SAMPLERS, Sampler, make_sampler
from mdppower.montecarlo.steps import in_steps, no_draws
from mdppower.occupancy.option import Option, Reach, require_alike, require_values, whole_mdp, worth_range
from mdppower.results.labelled import labelled
from mdppower.results.rates import rate_values
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import METHODS

if TYPE_CHECKING:
    import xarray as xr

    from mdppower.measures.exact_means import ExactComparison

MOST_OPTIONS = 2000
SAMPLES = 4096
"""Draws of a comparison where nothing is said and it is not exact."""


def compare(
    A: Option,
    B: Option,
    rewards: Any = "uniform",
    *,
    samples: int | None = None,
    rng: Any = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Comparison:
    """Compare two options over a distribution of rewards, exactly where that is instant.

    On the command line: ``mdppower compare ENV --a STATE --b STATE``.

    Parameters
    ----------
    A, B : Option
        Sets of one kind at one γ, or of one horizon, over the same states.
    rewards : str, distribution, mapping, callable, …
        As for `power`; those of ``mp.rewards.OnPairs(…)`` go with options of kind "value".
    samples : int, optional
        Independent draws, rounded up to whole replicates. By default 4,096, unless the answer is exact.
    rng : int, numpy.random.Generator, SeedSequence, …
    method : {"auto", "exact", "deterministic", "stochastic", "lp", "lp-occupancy"}
        ``"auto"`` is exact where sizes say that this takes no time (up to 32 states and a planned 0.25 s), unless
        `samples`, `rng`, `store` or `key` is given: then draws are meant. ``"exact"`` enumerates what is nondominated
        and integrates exactly (small MDPs; uniform, finite discrete or normal rewards); the others are solvers of
        draws, see `optimal_values`.
    workers, executor, store, key, progress
        As for `power`.

    Returns
    -------
    Comparison
        Its ``samples`` are 0 where it is exact.

    Raises
    ------
    ParameterError
        The options are of different kinds, of different γ, or about different states; what runs the draws has failed.
    RewardError
        The rewards are malformed, are no numbers, or their function raises.
    SolverError
        A draw could not be certified. ``estimate`` of this and the others is a Comparison of what was finished.
    SizeError
        An exact comparison is too large.

    Examples
    --------
    Figure 10 of Turner et al.: s2 has more POWER than s3 at γ = 1, and yet to go there is the less likely optimum.

    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_10()
    >>> a, b = (mp.Option.state(mdp, s, 0.5, kind="value") for s in ("s3", "s2"))
    >>> result = mp.compare(a, b)
    >>> result.gap.exact, result.p_at_least
    (Fraction(1, 64), Proportions(7/12))
    >>> result.verdict
    'B is not instrumentally convergent over A: p(A ≥ B) = 7/12'
    >>> drawn = mp.compare(a, b, samples=4096, rng=0)
    >>> drawn.samples, drawn.p_at_least.exact
    (4096, None)
    """
    conduct = Conduct(workers, executor, progress, store, key)
    if method == "auto" and samples is None and rng is None and store is None and key is None:
        from mdppower.measures.instant import instant_comparison

        distribution = _asked(A, B, rewards, method)
        found = instant_comparison(A, B, distribution)
        if found is not None:
            return _known(A, B, found, distribution)
    looks = (SAMPLES if samples is None else samples,)
    return last(_steps(looks, conduct, A, B, rewards, rng=rng, method=method))


@in_steps(compare)
def _steps(
    looks: Sequence[int],
    conduct: Conduct,
    A: Option,
    B: Option,
    rewards: Any = "uniform",
    *,
    rng: Any = None,
    method: str = "auto",
) -> Iterator[Comparison]:
    distribution = _asked(A, B, rewards, method)
    positive_integer(looks[-1], "samples")
    if method == "exact":
        from mdppower.measures.exact_means import exact_comparison

        no_draws(looks, conduct)
        yield _known(A, B, exact_comparison(A, B, distribution, conduct.progress), distribution)
        return
    source, tallies = tally(
        "compare", [A, B], make_sampler(distribution, "iid", looks[-1], 0), looks, rng, method, conduct
    )
    with finished_as(lambda found: _from_tally(A, B, found, source)):
        for found in tallies:
            yield _from_tally(A, B, found, source)


def _asked(A: Option, B: Option, rewards: Any, method: str) -> RewardDistribution:
    """The rewards of a question whose options and method have been checked."""
    for option in (A, B):
        if not isinstance(option, Option):
            raise ParameterError(f"compare takes two options, got {option!r}; see mdppower.Option")
    require_alike(A, B)
    choice(method, "method", (*METHODS, "exact"))
    return _rewards_of([A, B], rewards)


def compare_all(
    options: Sequence[Option],
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
    confidence: float = 0.95,
) -> xr.Dataset:
    """All pairs of some options, in one pass over the draws.

    On the command line: ``mdppower compare ENV --all``.

    Parameters
    ----------
    options : sequence of Option
        Alike, with different names.
    rewards, samples, rng, method, workers, executor, store, key, progress
        As for `compare`.
    confidence : float
        Of each interval; and of all verdicts together.

    Returns
    -------
    xarray.Dataset
        Along (A, B): ``gap`` = C(B) − C(A) with ``gap_stderr``; ``p_greater``, ``p_tie``, ``p_less``; ``p_at_least``
        = p(A ≥ B) with ``p_lower``, ``p_upper``; ``convergent``: 1 if B is instrumentally convergent over A, 0 if
        not, −1 undecided, by limits that hold for all pairs together. Along A: ``complexity``,
        ``complexity_stderr``. The attributes say how it was made; ``interrupted`` is 1 where the run ended early.

    Raises
    ------
    ParameterError
        Fewer than two options, more than 2,000, or options that are not alike.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> table = mp.compare_all([mp.Option.state(fork, s, 0.9, kind="power") for s in ("t1", "t2", "root")], rng=0)
    >>> table.p_less.sel(A="'t1'", B="'root'").item() > 0.6  # 2/3
    True
    """
    options = list(options)
    if not 2 <= len(options) <= MOST_OPTIONS:
        raise ParameterError(f"compare_all takes 2 to {MOST_OPTIONS:,} options, got {len(options)}")
    for option in options[1:]:
        require_alike(options[0], option)
    names = [option.name for option in options]
    if len(set(names)) < len(names):
        twice = next(name for k, name in enumerate(names) if name in names[:k])
        raise ParameterError(f"two options are called {twice}")
    choice(method, "method", METHODS)
    conduct = Conduct(workers, executor, progress, store, key)
    positive_integer(samples, "samples")
    drawn = make_sampler(_rewards_of(options, rewards), "iid", samples, 0)
    source, tallies = tally("compare_all", options, drawn, (samples,), rng, method, conduct)
    with finished_as(lambda found: _dataset(options, found, source, confidence)):
        found = last(tallies)
    return _dataset(options, found, source, confidence)


def complexity(
    option: Option,
    rewards: Any = "uniform",
    *,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    sampler: str = "latin",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Estimate:
    """C_Σ(A) = E sup_{a in A} ⟨a, σ⟩ with its error.

    Parameters
    ----------
    option : Option
        A POWER set gives POWER; a VALUE set the mean of (1−γ)V*.
    rewards : str, distribution, mapping, callable, …
        Σ. ``"gaussian-width"`` is N(0, I), ``"rademacher"`` random signs.
    samples, rng, workers, executor, store, key, progress
        As for `compare`.
    method : {"auto", "exact", "deterministic", "stochastic", "lp", "lp-occupancy"}
    sampler : {"latin", "sobol", "iid"}
        As for `power`; random signs are drawn independently.

    Returns
    -------
    Estimate
        One number; ``exact`` is a fraction where the method is.

    Examples
    --------
    The widths of two unit vectors: 1/√π, and E max of two signs, 1/2.

    >>> import mdppower as mp
    >>> pair = mp.Option.vectors([[1, 0], [0, 1]])
    >>> [round(float(mp.complexity(pair, law, rng=0).mean), 1) for law in ("gaussian-width", "rademacher")]
    [0.6, 0.5]
    >>> mp.complexity(pair, "rademacher", method="exact").exact
    Fraction(1, 2)
    """
    if not isinstance(option, Option):
        raise ParameterError(f"complexity takes an option, got {option!r}; see mdppower.Option")
    choice(method, "method", (*METHODS, "exact"))
    choice(sampler, "sampler", SAMPLERS)
    conduct = Conduct(workers, executor, progress, store, key)
    positive_integer(samples, "samples")
    distribution = _rewards_of([option], rewards)
    distribution.require_mean(_mdp_of([option]))
    if method == "exact":
        from mdppower.measures.exact_means import exact_mean

        no_draws((samples,), conduct)
        mean, error = exact_mean(option, distribution, progress)
        return _known_means([mean], [option.name], option.gamma, error).one(0)
    drawn = make_sampler(distribution, sampler, samples, 0)
    source, tallies = tally("complexity", [option], drawn, (samples,), rng, method, conduct)
    with finished_as(lambda found: _complexity(option, found, source)):
        found = last(tallies)
    return _complexity(option, found, source)


# ---------------------------------------------------------------------- from a store


@answers("compare")
@answers("compare_all")
@answers("complexity")
def _from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> Comparison | Estimate | xr.Dataset:
    options = given["options"]
    drawn = make_sampler(given["rewards"], asked["sampler"], asked["samples"], 0)
    looks, rng, method = (asked["samples"],), asked["rng"], asked["method"]
    source, tallies = tally(asked["call"], options, drawn, looks, rng, method, conduct)
    found = last(tallies)
    match asked["call"], options:
        case "compare", [A, B]:
            return _from_tally(A, B, found, source)
        case "complexity", [option]:
            return _complexity(option, found, source)
    return _dataset(options, found, source, 0.95)


# ---------------------------------------------------------------------- from draws to numbers


def _named(rewards: Any) -> Any:
    """The two complexities that have names of their own."""
    if isinstance(rewards, str) and rewards == "gaussian-width":
        return "norm(0,1)"
    if isinstance(rewards, str) and rewards == "rademacher":
        from scipy import stats

        return stats.rv_discrete(name="rademacher", values=([-1, 1], [0.5, 0.5]))
    return rewards


def _mdp_of(options: Sequence[Option]) -> RewardlessMDP:
    """An MDP over the options' states, which rewards are resolved against."""
    about = next((option for option in options if any(isinstance(part, Reach) for part in option.parts)), options[0])
    return whole_mdp(about)


def _rewards_of(options: Sequence[Option], rewards: Any) -> RewardDistribution:
    found = resolve(_named(rewards), _mdp_of(options), pairs=True)
    if found.on == "pairs":
        require_values(options)
    return found


def _means(options: Sequence[Option], found: Tally, source: Sampler) -> Estimate:
    """C_Σ of each option."""
    d = source.rewards
    size = len(options)
    if np.isinf(d.mean).any():
        warn(f"{d.told} have no mean: neither C(A), C(B) nor the gap exists")
    ranges = np.array([worth_range(option, d.low, d.high, d.on) for option in options])
    data = Replicates(
        means=np.where(np.isinf(d.mean).any(), np.nan, found.means)[:, None, :],
        low=ranges[:, 0],
        high=ranges[:, 1],
        constant=np.full(size, bool(d.is_constant.all())),
        slack=np.array([found.slack]),
        trials=found.draws if source.kind == "iid" else len(found.means),
        looks=found.looks,
        has_variance=d.has_variance,
    )
    gamma = options[0].gamma
    return Estimate(
        data, [o.name for o in options], (np.nan if gamma is None else gamma,), True, dimension="option",
        draws=Draws(source, options[0].states, found.interrupted),
    )  # fmt: skip


def _complexity(option: Option, found: Tally, source: Sampler) -> Estimate:
    """C_Σ of one option, which knows its draws: with others of the same it can be paired."""
    return replace(_means([option], found, source).one(0), draws=Draws(source, option.states, found.interrupted))


def _from_tally(A: Option, B: Option, found: Tally, source: Sampler) -> Comparison:
    means = _means([A, B], found, source)
    greater, tie, less = found.greater[0, 1], found.near[0, 1], found.greater[1, 0]
    n = found.draws
    centre = found.total[0, 1] / n
    variance = max(found.squares[0, 1] / n - centre**2, 0.0) * n / (n - 1) if n > 1 else np.nan
    _warn_of_near_ties(found, float(np.sqrt(variance)))
    outcomes = np.array([greater, tie, less])
    at_least, at_most = np.array(greater + tie), np.array(less + tie)

    def counted(counts: AnyArray) -> Proportions:
        return Proportions(counts, counts, n, looks=found.looks)

    return Comparison(
        A, B, means, means.between(1, 0),
        counted(outcomes), counted(at_least), counted(at_most),
        float(np.sqrt(variance)), float(found.least[0, 1]), float(-found.least[1, 0]), found.tolerance,
        source.rewards, n, source.entropy, found.interrupted,
    )  # fmt: skip


def _warn_of_near_ties(found: Tally, sd: float) -> None:
    """Ties are differences below the certified errors: say so where these are not tiny."""
    if found.near[0, 1] and found.tolerance > 1e-9 * sd > 0:
        warn(
            f"{found.near[0, 1]} draws count as ties: their worths differ by less than could be certified "
            f"(up to {found.tolerance:.1e}, where the standard deviation of the difference is {sd:.1e})"
        )


def _dataset(options: Sequence[Option], found: Tally, source: Sampler, confidence: float) -> xr.Dataset:
    n, names = found.draws, [option.name for option in options]
    means = _means(options, found, source).data
    at_least = Proportions(found.greater + found.near, found.greater + found.near, n)
    lower, upper = at_least.interval(confidence)
    low, high = at_least.interval(confidence, simultaneous=True)
    # Paired errors of all pairs from the covariance of the replicate means.
    covariance = np.atleast_2d(np.cov(found.means.T))
    spread = np.diag(covariance)
    variance = np.maximum(spread[:, None] + spread[None, :] - 2 * covariance, 0.0)
    value = means.value[0]
    pair = ("A", "B")
    columns: dict[str, tuple[Any, FloatArray]] = {
        "gap": (pair, value[None, :] - value[:, None]),
        "gap_stderr": (pair, np.sqrt(variance / len(found.means))),
        "p_greater": (pair, found.greater / n),
        "p_tie": (pair, found.near / n),
        "p_less": (pair, found.greater.T / n),
        "p_at_least": (pair, at_least.mean),
        "p_lower": (pair, lower),
        "p_upper": (pair, upper),
        "convergent": (pair, np.where(high <= 0.5, 1, np.where(low > 0.5, 0, -1))),
        "complexity": ("A", value),
        "complexity_stderr": ("A", means.error[0]),
    }
    gamma = options[0].gamma
    rate = {} if gamma is None else {rate_name([gamma]): rate_values([gamma])[0]}
    about = {
        "confidence": confidence, "samples": n, "entropy": str(source.entropy), "rewards": source.rewards.name,
        "kind": options[0].kind, "tolerance": found.tolerance, "interrupted": int(found.interrupted),
    }  # fmt: skip
    return labelled(columns, {"A": names, "B": names}, about | rate)


# ---------------------------------------------------------------------- exact


def _known(A: Option, B: Option, found: ExactComparison, rewards: RewardDistribution) -> Comparison:
    means = _known_means([found.mean_A, found.mean_B], [A.name, B.name], A.gamma, found.mean_error)
    chances = np.array([found.greater, found.tie, found.less], dtype=object)

    def proportions(values: Any) -> Proportions:
        return Proportions.known(values, found.error)

    return Comparison(
        A, B, means, means.between(1, 0), proportions(chances), proportions(chances[0] + chances[1]),
        proportions(chances[2] + chances[1]), np.nan, np.nan, np.nan, found.mean_error, rewards, 0, None,
    )  # fmt: skip


def _known_means(values: Sequence[Any], names: Sequence[str], gamma: float | None, error: float) -> Estimate:
    rates = (np.nan if gamma is None else gamma,)
    return Estimate.known([values], names, rates, dimension="option", slack=error)

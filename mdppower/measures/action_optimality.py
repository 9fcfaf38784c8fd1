"""How often an action is optimal (Turner et al., arXiv 1912.01683, Def. 4.4).

P_D(s, a, γ) is the probability, over reward functions R ~ D, that some optimal policy takes a at s. At γ = 0 and γ =
1 it is about the limits of optimal policy sets (Def. 4.1). The limit γ → 1 is *Blackwell* optimality: what is earned
on the way counts among policies with the same average reward. Average optimality, for which it does not count, is
another question with other answers: in the paper's figure 10 going north has probability 1/3 here, and 1 there.

The probabilities are of events, not means: they are counted on independent draws, where Clopper and Pearson's
interval holds exactly. A draw on which several actions of a state are optimal counts for all of them (`tied`), one
that leaves open whether an action is optimal widens its interval (`unresolved`), and a warning has the share of such
draws. What decides is in `mdppower.optimal_sets.optimal_actions`. All states, actions and γ share the draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np

from mdppower._checks import positive_integer, rates_or_horizons
from mdppower._text import rate_name, rate_text
from mdppower._warn import warn
from mdppower.errors import SizeError, SolverError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.action_optimality_estimate import ActionOptimality
from mdppower.measures.certified_rates import certified_rates
from mdppower.measures.power_task import earners
from mdppower.measures.questions import ask, told_mdp
from mdppower.measures.stored_calls import answers
from mdppower.montecarlo.engines import Rows, Workers
from mdppower.montecarlo.run_loop import Conduct, OneTask, Question, last, run
from mdppower.montecarlo.samplers import Sampler, make_sampler
from mdppower.montecarlo.steps import in_steps, no_draws, paid_by, replicates_at
from mdppower.optimal_sets.optimal_actions import OPEN, STRICT, TIED, optimal_pairs, require_size
from mdppower.rewards.distribution import resolve
from mdppower.solvers.optimal_values import pick, warm_up

MOST_NUMBERS = 2**27
"""Most counts kept in one array (1 GiB)."""
BLOCK = 2**21
"""Most pairs × draws looked at together."""
MOST_ROWS = 256


def action_optimality(
    mdp: RewardlessMDP,
    gamma: float | Any = None,
    rewards: Any = "uniform",
    *,
    horizon: int | Any = None,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> ActionOptimality:
    """Estimate how likely each action of each state is to be optimal.

    On the command line: ``mdppower optimal ENV``.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
        Discount rates in [0, 1]. The ends are limits of optimal policy sets; 1 is Blackwell optimality.
    horizon : int or sequence of int
        In place of γ: how likely an action is to be optimal with that many steps left, the first of them.
    rewards : str, distribution, mapping, callable, …
        What reward functions are drawn from; see `mdppower.rewards`. They need no mean.
        Of ``mp.rewards.OnPairs(…)`` actions are optimal by what they earn and lead to.
    samples : int
        Independent reward functions to draw, rounded up to whole replicates (of up to 64).
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. The entropy used is in the result; passed as `rng`, it gives the same
        numbers.
    method : {"auto", "exact", "deterministic", "stochastic", "lp", "lp-occupancy"}
        See `optimal_values`. ``"exact"`` integrates over the nondominated visit distributions without draws, for
        small MDPs and uniform, finite discrete or normal rewards.
    workers : int or map-like callable
        Threads (−1: one a core). The numbers do not depend on it. 1 unless told, as in SciPy: a library shares its
        machine with others. Commands take all cores.
    executor : concurrent.futures.Executor, optional
        Used instead of threads: processes, a cluster (`mdppower/montecarlo/README.md`).
    store, key
        As for `power`.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    ActionOptimality

    Raises
    ------
    ParameterError, RewardError
        An argument is out of range; the executor or a map-like `workers` has failed, or has not given one result for
        each item.
    SolverError
        A draw could not be certified.
    SizeError
        γ = 1 with a stochastic MDP of more than 2,000 states, or the counts would not fit into memory.

    Notes
    -----
    Ties that come from atoms (discrete or constant rewards, a single goal) are decided exactly, at every γ: in
    deterministic MDPs of any size, in stochastic ones as far as a question concerns up to 2,000 states (see
    `mdppower.optimal_sets.stochastic_ties`). What is larger stays unresolved: it counts as 1/2 in means, the
    intervals allow for either, and an MDPPowerWarning has the share. Rewards with a density do not tie.

    Ctrl-C ends the run early and gives the counts of the replicates that were finished, with a warning. An error that
    ends the run has them as its ``estimate``.

    Examples
    --------
    Of three absorbing successors with i.i.d. rewards each is the best one with probability 1/3.

    >>> import mdppower as mp
    >>> chances = mp.action_optimality(mp.envs.fork(3), 0.9, rng=0)
    >>> low, high = chances.of("root", "->t1").interval(0.99)
    >>> bool(low < 1 / 3 < high)
    True
    >>> mp.action_optimality(mp.envs.fork(3), 0.9, method="exact").of("root", "->t1")
    Proportions(1/3)
    """
    conduct = Conduct(workers, executor, progress, store, key)
    return last(_steps((samples,), conduct, mdp, gamma, rewards, horizon=horizon, rng=rng, method=method))


@in_steps(action_optimality)
def _steps(
    looks: Sequence[int],
    conduct: Conduct,
    mdp: RewardlessMDP,
    gamma: float | Any = None,
    rewards: Any = "uniform",
    *,
    horizon: int | Any = None,
    rng: Any = None,
    method: str = "auto",
) -> Iterator[ActionOptimality]:
    check_mdp(mdp)
    gammas, single = rates_or_horizons(gamma, horizon)
    samples = positive_integer(looks[-1], "samples")
    distribution = resolve(rewards, mdp, pairs=True)
    if method == "exact":
        from mdppower.measures.exact_optimality import exact_action_optimality

        no_draws(looks, conduct)
        optimal, tied, error = exact_action_optimality(mdp, gammas, distribution, conduct.progress)
        none = np.zeros(optimal.shape, np.int64)
        yield ActionOptimality(
            mdp, gammas, single, 0, 0, distribution, none, none, none, "exact", exact=(optimal, tied), slack=error
        )  # fmt: skip
        return
    method = pick(mdp, method, gammas[0])
    for rate in gammas:
        require_size(mdp, rate, distribution.on)
    if len(gammas) * mdp.n_pairs > MOST_NUMBERS:
        size = 3 * len(gammas) * mdp.n_pairs / 2**27
        raise SizeError(f"the counts would take {size:.1f} GiB; use fewer {rate_name(gammas)}s")
    source = make_sampler(distribution, "iid", samples, 0)
    schedule = replicates_at(looks, source.size, least=1)

    def question(rates: tuple[float, ...]) -> Question:
        return ask(
            "action_optimality", source, conduct.key, gammas=rates, method=method, samples=samples,
            mdp=mdp.fingerprint, told=told_mdp(mdp), given={"mdp": mdp}, shown={"single": single},
        )  # fmt: skip

    source = conduct.seeded(source, rng, lambda: question(gammas))

    def at(rates: tuple[float, ...]) -> Iterator[ActionOptimality]:
        kept = _Counts(_Task(mdp, rates, source, method), single)
        # Bounds on the work of a task, in numbers of what is small: many replicates go together.
        width = max(1, mdp.n_pairs // 32)
        for found in run(kept, schedule, source, width, conduct, lambda: question(rates)):
            yield replace(found, looks=paid_by(found.samples // source.size, schedule))

    for found in certified_rates(at, gammas):
        yield found
    _warn_of_open_draws(found)


@answers("action_optimality")
def _from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> ActionOptimality:
    looks, method = (asked["samples"],), asked["method"]
    return last(
        _steps(
            looks, conduct, given["mdp"], asked["gamma"], given["rewards"], horizon=asked["horizon"],
            rng=asked["rng"], method=method,
        )
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Task:
    """All that a run is made of; calling it with numbers of replicates counts these, on any worker."""

    mdp: RewardlessMDP
    gammas: tuple[float, ...]
    source: Sampler
    method: str

    def __call__(self, numbers: Sequence[int]) -> Rows:
        """(n, 3, G, P) of n replicates: draws on which a pair alone is optimal in its state, is tied, is open."""
        size = self.source.size
        rewards = self.source.replicates(numbers, earners(self.mdp, self.source.rewards))
        # A replicate has at most 64 draws.
        counts = np.zeros((len(numbers), 3, len(self.gammas), self.mdp.n_pairs), np.uint8)
        step = max(1, min(MOST_ROWS, BLOCK // self.mdp.n_pairs))
        for begin in range(0, len(rewards), step):
            rows = rewards[begin : begin + step]
            of = np.arange(begin, begin + len(rows)) // size
            for g, gamma in enumerate(self.gammas):
                try:
                    codes = optimal_pairs(self.mdp, rows, gamma, self.method, self.source.rewards.on)
                except SolverError as error:
                    error.in_run(numbers[0] * size + begin, len(rows), self.source.entropy)
                    raise
                firsts = np.flatnonzero(np.diff(of, prepend=-1))
                for k, code in enumerate((STRICT, TIED, OPEN)):
                    counts[of[firsts], k, g] += np.add.reduceat(codes == code, firsts, axis=0, dtype=np.uint8)
        return (counts,)


class _Counts(OneTask):
    """What a run keeps of its replicates: their sum."""

    label, least = "optimal actions", 1

    def __init__(self, task: _Task, single: bool) -> None:
        self.task, self.single = task, single
        self.state = 0, np.zeros((3, len(task.gammas), task.mdp.n_pairs), np.int64)

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.state[0]

    def prepare(self) -> None:
        """Compile what replicates need."""
        warm_up(self.task.mdp, self.task.method, self.task.gammas, self.task.source.rewards.on)

    def add(self, rows: Rows) -> None:
        """Add the next replicates."""
        count, counts = self.state
        self.state = count + len(rows[0]), counts + rows[0].sum(axis=0, dtype=np.int64)

    def estimate(self, interrupted: bool) -> ActionOptimality:
        """What the replicates so far say."""
        task, (count, (strict, tied, unsure)) = self.task, self.state
        return ActionOptimality(
            task.mdp, task.gammas, self.single, count * task.source.size, task.source.entropy, task.source.rewards,
            strict, tied, unsure, task.method, interrupted,
        )  # fmt: skip


def _warn_of_open_draws(found: ActionOptimality) -> None:
    """Say at which γ, and how often, draws have left open whether an action is optimal."""
    mdp = found.mdp
    shares = found.open_counts.sum(axis=1) / (found.samples * mdp.n_pairs)
    shown = zip(found.gammas, shares, strict=True)
    told = [f"{share:.2g} at {rate_name([gamma])} = {rate_text(gamma)}" for gamma, share in shown if share]
    if told:
        state, action = mdp.pair_label(int(found.open_counts.max(axis=0).argmax()))
        warn(
            "whether an action is optimal stays open for a share of draws and actions of "
            f"{', '.join(told)}, most often for action {action!r} of state {state!r}: ties that concern too many "
            "states to be decided. They count as 1/2 in .optimal.mean, and the intervals allow for either; "
            ".unresolved has the share of each action"
        )

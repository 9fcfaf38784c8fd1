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

import warnings
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import discount_rates, positive_integer
from mdppower.errors import MDPPowerWarning, SizeError, SolverError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.action_optimality_estimate import ActionOptimality
from mdppower.measures.certified_rates import certified_rates
from mdppower.montecarlo.runs import Workers, check_workers, gather, keep_finished
from mdppower.montecarlo.samplers import Sampler, make_sampler, seed
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
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> ActionOptimality:
    """Estimate how likely each action of each state is to be optimal.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
        Discount rates in [0, 1]. The ends are limits of optimal policy sets; 1 is Blackwell optimality.
    rewards : str, distribution, mapping, callable, …
        What reward functions are drawn from; see `mdppower.rewards`. They need no mean.
    samples : int
        Independent reward functions to draw, rounded up to whole replicates (of up to 64).
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. The entropy used is in the result; passed as `rng`, it gives the same
        numbers.
    method : {"auto", "exact", "deterministic", "stochastic", "lp", "lp-occupancy"}
        See `optimal_values`. ``"exact"`` integrates over the nondominated visit distributions without draws, for
        small MDPs and uniform, finite discrete or normal rewards.
    workers : int or map-like callable
        Threads (−1: one a core). The numbers do not depend on it.
    executor : concurrent.futures.Executor, optional
        Used instead of threads: processes, a cluster.
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
    check_mdp(mdp)
    gammas, single = discount_rates(gamma)
    positive_integer(samples, "samples")
    check_workers(workers, executor)
    distribution = resolve(rewards, mdp)
    if method == "exact":
        from mdppower.measures.exact_optimality import exact_action_optimality

        optimal, tied, error = exact_action_optimality(mdp, gammas, distribution)
        none = np.zeros(optimal.shape, np.int64)
        return ActionOptimality(
            mdp, gammas, single, 0, 0, distribution, none, none, none, "exact", exact=(optimal, tied), slack=error
        )  # fmt: skip
    method = pick(mdp, method)
    for rate in gammas:
        require_size(mdp, rate)
    if len(gammas) * mdp.n_pairs > MOST_NUMBERS:
        size = 3 * len(gammas) * mdp.n_pairs / 2**27
        raise SizeError(f"the counts would take {size:.1f} GiB; use fewer gammas")
    source = make_sampler(distribution, "iid", samples, seed(rng))
    replicates = -(-samples // source.size)

    def run(rates: tuple[float, ...]) -> ActionOptimality:
        return _run(_Task(mdp, rates, source, method), single, replicates, workers, executor, progress)

    return certified_rates(run, gammas)


@dataclass(frozen=True, eq=False)
class _Task:
    """All that a run is made of; calling it with numbers of replicates counts these, on any worker."""

    mdp: RewardlessMDP
    gammas: tuple[float, ...]
    source: Sampler
    method: str

    def __call__(self, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        """(3, G, P) draws on which each pair is the only optimal one of its state, is one of several, is open."""
        size = self.source.size
        rewards = self.source.replicates(numbers, self.mdp.states)
        counts = np.zeros((3, len(self.gammas), self.mdp.n_pairs), np.int64)
        step = max(1, min(MOST_ROWS, BLOCK // self.mdp.n_pairs))
        for begin in range(0, len(rewards), step):
            rows = rewards[begin : begin + step]
            for g, gamma in enumerate(self.gammas):
                try:
                    codes = optimal_pairs(self.mdp, rows, gamma, self.method)
                except SolverError as error:
                    error.in_run(numbers[0] * size + begin, len(rows), self.source.entropy)
                    raise
                for k, code in enumerate((STRICT, TIED, OPEN)):
                    counts[k, g] += (codes == code).sum(axis=0)
        return counts


def _run(
    task: _Task, single: bool, replicates: int, workers: Workers, executor: Executor | None, progress: bool | None
) -> ActionOptimality:
    size = task.source.size
    # A rule of the run alone, not of the workers: the counts are those of the calls, whoever makes them.
    step = max(1, min(replicates // 32, BLOCK // (task.mdp.n_pairs * size)))
    chunks = [range(i, min(i + step, replicates)) for i in range(0, replicates, step)]
    counts, done = np.zeros((3, len(task.gammas), task.mdp.n_pairs), np.int64), 0
    results = gather(
        task, chunks, size, workers=workers, executor=executor, progress=progress,
        label="optimal actions", prepare=lambda: warm_up(task.mdp, task.method, task.gammas),
    )  # fmt: skip

    def found() -> ActionOptimality:
        strict, tied, unsure = counts
        return ActionOptimality(
            task.mdp, task.gammas, single, done, task.source.entropy, task.source.rewards, strict, tied, unsure,
            task.method, done < replicates * size,
        )  # fmt: skip

    with keep_finished(lambda: found() if done else None):
        for chunk, result in zip(chunks, results, strict=False):  # fewer results where it was interrupted
            counts = counts + result
            done += len(chunk) * size
    _warn_of_open_draws(task, counts[2], done)
    return found()


def _warn_of_open_draws(task: _Task, unsure: npt.NDArray[np.int64], draws: int) -> None:
    """Say at which γ, and how often, draws have left open whether an action is optimal."""
    shares = unsure.sum(axis=1) / (draws * task.mdp.n_pairs)
    told = [f"{share:.2g} at gamma = {gamma:.15g}" for gamma, share in zip(task.gammas, shares, strict=True) if share]
    if told:
        pair = int(unsure.max(axis=0).argmax())
        state, action = task.mdp.pair_label(pair)
        warnings.warn(
            "whether an action is optimal stays open for a share of draws and actions of "
            f"{', '.join(told)}, most often for action {action!r} of state {state!r}: ties that concern too many "
            "states to be decided. They count as 1/2 in .optimal.mean, and the intervals allow for either; "
            ".unresolved has the share of each action",
            MDPPowerWarning,
            stacklevel=6,
        )

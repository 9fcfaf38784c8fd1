"""One replicate of a POWER run: its draws solved, and the means over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._horizon import Horizon
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.agents.evaluation import evaluate, warm_up_evaluation
from mdppower.errors import MDPPowerError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import solve_horizons, solve_rows, warm_up

if TYPE_CHECKING:
    from mdppower.agents.rules import Policy

MOST_NUMBERS = 2**29
"""Most numbers kept in one array (4 GiB)."""


class PairLabels(Sequence[tuple[Label, Label]]):
    """(state, action) of each pair of an MDP, made when it is asked for."""

    def __init__(self, mdp: RewardlessMDP) -> None:
        self.mdp = mdp

    def __len__(self) -> int:
        return self.mdp.n_pairs

    def __getitem__(self, pair: Any) -> Any:
        return self.mdp.pair_label(pair)


def earners(mdp: RewardlessMDP, rewards: RewardDistribution) -> Sequence[Label]:
    """The labels of what earns the rewards: states or pairs."""
    return PairLabels(mdp) if rewards.on == "pairs" else mdp.states


@dataclass(frozen=True, eq=False)
class PowerTask:
    """All that a run is made of; calling it with consecutive numbers makes these replicates, on any worker."""

    mdp: RewardlessMDP
    gammas: tuple[float, ...]
    single: bool
    source: Sampler
    method: str
    looks: int
    distribution: RewardDistribution
    policy: Policy | None = None
    """Whose value is averaged; None: optimal ones."""
    guarantee: bool = False
    """Whether draws are added to sums (`mdppower.measures.guaranteed_power`), not kept as replicate means."""

    def __call__(self, numbers: Sequence[int]) -> Rows:
        """Of n replicates: means (n, G, S) of POWER's integrand over their draws; mean and largest gaps (n, G)."""
        from mdppower.solvers.backup import mean_best_successor

        means = np.empty((len(numbers), len(self.gammas), self.mdp.n_states))
        gaps = np.empty((len(numbers), self.source.size, len(self.gammas)))
        for g, parts, gap in self.values(numbers):
            for k, part in enumerate(parts):
                means[k, g] = mean_best_successor(self.mdp, part) if self.is_power else part.mean(axis=0)
            gaps[:, :, g] = gap
        return means, gaps.mean(axis=1), gaps.max(axis=1)

    def values(self, numbers: Sequence[int]) -> Iterator[tuple[int, list[FloatArray], FloatArray]]:
        """(position of γ, values of the draws of each replicate, their gaps); under a policy, POWER's integrand.

        Where pairs earn, the values themselves are what is averaged.
        """
        size = self.source.size
        # Small replicates are solved together: no draw sees another, and each call has its price.
        rewards = self.source.replicates(numbers, earners(self.mdp, self.distribution))
        try:
            for g, rows, gap in self._rows(rewards):
                yield g, np.split(rows, len(numbers)), gap.reshape(len(numbers), size)
        except MDPPowerError as error:  # of a solver, or of a policy
            error.in_run(numbers[0] * size, len(rewards), self.source.entropy)
            raise

    @property
    def on_pairs(self) -> bool:
        """Whether pairs earn the rewards, so that optimal values are averaged, and nothing is taken off."""
        return self.distribution.on == "pairs"

    @property
    def is_power(self) -> bool:
        """Whether POWER's integrand is still to be made of the values."""
        return self.policy is None and not self.on_pairs

    def _rows(self, rewards: FloatArray) -> Iterator[tuple[int, FloatArray, FloatArray]]:
        """(position of γ, values, gap) of these rewards."""
        if self.policy is None:
            for g, values, _, gap in self.solve(rewards):
                yield g, values, gap
        else:
            for g, gamma in enumerate(self.gammas):
                _, onwards, gap = evaluate(self.mdp, rewards, gamma, self.policy)
                yield g, onwards, gap

    def prepare(self) -> None:
        """Compile, or load from the cache, what a replicate needs, before work is handed to threads."""
        if self.policy is None:
            warm_up(self.mdp, self.method, self.gammas, self.distribution.on)
        else:
            warm_up_evaluation()

    def solve(
        self, rewards: FloatArray, last: float = np.inf
    ) -> Iterator[tuple[int, FloatArray, IntArray | None, FloatArray]]:
        """(position of γ, values, pairs, gap) of these rewards, from the least γ up to `last`.

        Each γ starts from the policies of the one before: they differ little. γ = 0 needs no solution. Horizons are
        met on one way back.
        """
        pairs: IntArray | None = None
        order = np.argsort(self.gammas).tolist()
        horizons = [h for h in map(self.gammas.__getitem__, order) if isinstance(h, Horizon) and h <= last]
        if isinstance(self.gammas[0], Horizon):
            found = solve_horizons(self.mdp, rewards, horizons, self.distribution.on)
            for g, (values, pairs, gap) in zip(order, found, strict=False):
                yield g, values, pairs, gap
            return
        for g in order:
            gamma = self.gammas[g]
            if gamma > last:
                return
            if gamma == 0 and not self.on_pairs:
                yield g, rewards, None, np.zeros(len(rewards))
            else:
                on = self.distribution.on
                values, pairs, gap, _ = solve_rows(self.mdp, rewards, gamma, self.method, pairs, on=on)
                yield g, values, pairs, gap

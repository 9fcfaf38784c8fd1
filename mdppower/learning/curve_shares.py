"""Shares of available power along training: estimates over training runs.

With P_t the power of an agent at checkpoint t (Definition C.1, with the reward function as its input, averaged over
starts), F the floor (the uniformly random policy) and C the ceiling (POWER),

    share_t = (P_t − F)/(C − F)

formed within each training run, on the draws that all arms of the run share. A training run is one observation:
intervals are Student's over K runs. At most a share is 1; at least it is that of the worst policy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from mdppower._typing import FloatArray
from mdppower.learning.arguments import position
from mdppower.learning.encounters import Encounters
from mdppower.learning.signals import Signal
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.over_runs import caution, one_number, replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import Sampler
from mdppower.results.result import Result
from mdppower.rewards.reward_distribution import RewardDistribution


@dataclass(frozen=True, eq=False, repr=False)
class CurveShares(Result):
    """What `mdppower.learning.learning_curves.LearningCurves` is made of; its attributes are described there."""

    hidden: ClassVar[frozenset[str]] = frozenset({"powers", "floors", "ceilings", "worsts", "errors", "encounters"})
    of_learners: ClassVar[bool] = True

    mdp: RewardlessMDP
    gamma: float
    signals: tuple[Signal, ...]
    rewards: RewardDistribution
    checkpoints: tuple[int, ...]
    tests: dict[str, RewardDistribution]
    samples: int
    start: FloatArray
    entropy: int
    powers: FloatArray
    floors: FloatArray
    ceilings: FloatArray
    worsts: FloatArray
    errors: FloatArray
    interrupted: bool = False
    encounters: Encounters | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of the arms."""
        return tuple(signal.label for signal in self.signals)

    @property
    def runs(self) -> int:
        """K, the training runs of each arm."""
        return len(self.powers)

    # ------------------------------------------------------------------ estimates

    def share(self, arm: str, test: str | None = None) -> Estimate:
        """The share of what is available above the random policy, along the checkpoints.

        Parameters
        ----------
        arm : str
        test : str, optional
            Default: the first.

        Returns
        -------
        Estimate
            Of T numbers, named by episodes. NaN where floor and ceiling are equal.

        Raises
        ------
        LabelError
            There is no such arm or test.
        """
        a, i = self._arm(arm), self._test(test)
        shares, low = self._shares()[:, a, :, i], self._least()[i]
        found = self._estimate(shares, low, 1.0, self._slack()[i], i)
        told = caution(shares)
        return replace(found, draws=replace(self._draws(i), caution=told)) if told else found

    def power(self, arm: str, test: str | None = None) -> Estimate:
        """P, averaged over starts, along the checkpoints; arguments as for `share`."""
        i = self._test(test)
        known = self._has_variance(i)
        return self._estimate(self.powers[:, self._arm(arm), :, i], *self._range(i), i, has_variance=known)

    def floor(self, test: str | None = None) -> Estimate:
        """F: the power of the uniformly random policy, on the same draws."""
        return self._mark(self.floors, "floor", test)

    def ceiling(self, test: str | None = None) -> Estimate:
        """C: POWER, averaged over starts, on the same draws."""
        return self._mark(self.ceilings, "ceiling", test)

    def difference(self, arm: str, other: str, test: str | None = None) -> Estimate:
        """The share of one arm less that of another, run by run: they share draws, starts and first weights.

        Parameters
        ----------
        arm, other : str
        test : str, optional
            Default: the first.

        Returns
        -------
        Estimate
            Of T numbers, named by episodes.
        """
        return self.share(arm, test) - self.share(other, test)

    # ------------------------------------------------------------------ inside

    def _arm(self, name: Any) -> int:
        return position(name, self.arms, "arm")

    def _test(self, name: Any) -> int:
        return 0 if name is None else position(name, list(self.tests), "test")

    def _shares(self) -> FloatArray:
        """(K, A, T, L); NaN where floor and ceiling are equal."""
        available = self._available()[:, None, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (self.powers - self.floors[:, None, None]) / available
        return one_number(found, self._slack())

    def _available(self) -> FloatArray:
        """(K, L) ceiling less floor; NaN where that may be no more than the error of the values."""
        found = self.ceilings - self.floors
        return np.asarray(np.where(found > 8 * self.errors, found, np.nan))

    def _least(self) -> FloatArray:
        """(L,) the share of the worst policy, in the run in which it is least."""
        return np.asarray(((self.worsts - self.floors) / self._available()).min(axis=0))

    def _slack(self) -> FloatArray:
        """(L,) bound on the error of the mean share that is not statistical.

        Numerator and denominator are off by 2ε each, and no share is beyond ± |least| ∨ 1.
        """
        size = 1 + np.maximum(1, np.abs(self._least()))
        return np.asarray((2 * self.errors / self._available()).mean(axis=0) * size)

    def _range(self, i: int) -> tuple[float, float, float]:
        law = list(self.tests.values())[i]
        return float(law.low.min()), float(law.high.max()), float(self.errors[:, i].mean())

    def _limits(self, confidence: float, *, simultaneous: bool) -> tuple[FloatArray, FloatArray]:
        """(A, T, L) limits of the shares; simultaneous over all of them."""
        shares = self._shares()
        least, slack = self._least(), self._slack()
        size = shares.shape[1:]
        low = np.broadcast_to(least, size).ravel()
        data = replicates(shares.reshape(self.runs, -1), low, 1.0, 0.0)
        lower, upper = data.bounds(confidence, simultaneous=simultaneous)
        above = np.maximum(np.minimum(upper.reshape(size) + slack, 1.0), shares.mean(axis=0))  # no share is above 1
        return lower.reshape(size) - slack, above

    def _has_variance(self, test: int) -> bool:
        """Whether a power has one; a share has, being bounded."""
        return list(self.tests.values())[test].has_variance

    def _estimate(
        self, values: FloatArray, low: float, high: float, slack: float, test: int, *, has_variance: bool = True
    ) -> Estimate:
        """(K, T) numbers as an estimate over checkpoints."""
        data = replicates(values, low, high, slack, has_variance=has_variance)
        return Estimate(
            data, self.checkpoints, (self.gamma,), True, dimension="checkpoint", draws=self._draws(test)
        )  # fmt: skip

    def _mark(self, values: FloatArray, name: str, test: str | None) -> Estimate:
        i = self._test(test)
        low, high, slack = self._range(i)
        data = replicates(values[:, i, None], low, high, slack, has_variance=self._has_variance(i))
        return Estimate(data, (name,), (self.gamma,), True, True, dimension="mark", draws=self._draws(i))

    def _draws(self, test: int) -> Draws:
        source = Sampler(list(self.tests.values())[test], "iid", self.samples, self.entropy)
        return Draws(source, self.mdp.states, self.interrupted)

"""The numbers of an arm against a reference: shares of tasks, the lead, and where it reaches a success rate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from mdppower._checks import open_unit
from mdppower._quotes import quoted
from mdppower._text import count
from mdppower._typing import BoolArray, FloatArray
from mdppower._warn import warn
from mdppower.bounds.simplex_proxies import universal_proxy
from mdppower.errors import LabelError, ParameterError
from mdppower.learning.encounters import UNITS
from mdppower.learning.signals import Signal
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.over_runs import caution, replicates
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import Sampler
from mdppower.results.result import Result
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.success_rates.bands import Moments, quantile

TASKS = {UNITS[0]: "a task: a reward function, starts averaged", UNITS[1]: "a task: a reward function and a start"}


@dataclass(frozen=True, eq=False, repr=False)
class RivalNumbers(Result):
    """What `mdppower.learning.rivals.Rivals` is made of; its attributes are described there."""

    hidden: ClassVar[frozenset[str]] = frozenset({"better", "ties", "leads", "spreads", "errors", "same", "moments"})
    of_learners: ClassVar[bool] = True

    mdp: RewardlessMDP
    gamma: float
    signal: Signal
    reference: str
    test: str
    rewards: RewardDistribution
    unit: str
    checkpoints: tuple[int, ...]
    samples: int
    entropy: int
    better: FloatArray
    ties: FloatArray
    leads: FloatArray
    spreads: FloatArray
    errors: FloatArray
    same: BoolArray
    interrupted: bool = False

    @property
    def arm(self) -> str:
        """The name of the arm."""
        return self.signal.label

    @property
    def runs(self) -> int:
        """K."""
        return len(self.leads)

    @property
    def task(self) -> str:
        """What a task is, in words."""
        return TASKS[self.unit]

    @property
    def success(self) -> Estimate:
        """s = p(A ≥ B), ties counted, along the checkpoints; its interval is about the algorithm: over runs."""
        return self._share(self._good)

    @property
    def greater(self) -> Estimate:
        """P(A > B)."""
        return self._share(self.better)

    @property
    def tie(self) -> Estimate:
        """P(tie)."""
        return self._share(self.ties)

    @property
    def less(self) -> Estimate:
        """P(A < B)."""
        return self._share(self.samples - self._good)

    @property
    def lead(self) -> Estimate:
        """The power of the arm less that of the reference."""
        ends = self._width
        slack, known = float(self.errors.mean()), self.rewards.has_variance
        return self._estimate(replicates(self.moments.leads, -ends, ends, slack, self.same, has_variance=known))

    @property
    def sd(self) -> FloatArray:
        """(T,) standard deviation of Δ over agents and tasks."""
        return self.moments.sd

    @property
    def moments(self) -> Moments:
        """What bands and the normal law are made of."""
        share = self._good / self.samples, self.better / self.samples
        slack = float(self.errors.max())
        # What does not differ by more than the error of values is one number, or 0: rounding is no spread.
        alike = np.ptp(self.leads, axis=0) <= 2 * slack
        leads = np.where(alike, self.leads[0], self.leads)
        leads = np.where(np.abs(leads) <= slack, 0.0, leads)
        spreads = np.where(self.spreads <= (2 * slack) ** 2, 0.0, self.spreads)
        if not self.rewards.has_variance:
            spreads = np.full(spreads.shape, np.inf)
        return Moments(*share, leads, spreads, slack, self._width, self.same)

    def lead_at(self, *success: float) -> Estimate:
        """The lead at which a success rate is reached for the first time: in each run, between two checkpoints.

        Between them the lead goes with Φ⁻¹(s) in a straight line. (A count of c of N is taken as (c + ½)/(N + 1).)
        A checkpoint at which the reference is the agent itself, so that all is a tie, does not count.

        Parameters
        ----------
        *success : float
            In (0, 1).

        Returns
        -------
        Estimate
            Named by success rates; of the runs that reach all of them. NaN where fewer than two do.

        Raises
        ------
        ParameterError
            A success rate is not in (0, 1), or there is none.

        Warns
        -----
        MDPPowerWarning
            Some runs do not reach one of them, or are beyond it at their first checkpoint.
        """
        found = self._leads_at(success)
        return self._estimate(_of_some(found), tuple(float(x) for x in success), "success rate")

    def lead_ratio(self, high: float = 0.98, low: float = 0.95) -> Estimate:
        """How many times as large the lead is at one success rate as at another; run by run, as for `lead_at`.

        The normal law has Φ⁻¹(high)/Φ⁻¹(low), 1.249 for 98 and 95 %, if sd(Δ) is the same at both.
        """
        found = self._leads_at((high, low))
        ratio = _of_some(found[:, :1] / found[:, 1:])
        return replace(self._estimate(ratio, (f"{high:g} / {low:g}",), "ratio of leads"), single=True)

    def of(self, episodes: int) -> Self:
        """The part about one checkpoint.

        Raises
        ------
        LabelError
            There is no such checkpoint.
        """
        if episodes not in self.checkpoints:
            known = ", ".join(map(str, self.checkpoints))
            raise LabelError(f"there is no checkpoint at {quoted(episodes)} episodes; there are {known}")
        t = self.checkpoints.index(episodes)
        part = {name: getattr(self, name)[..., t : t + 1] for name in ("better", "ties", "leads", "spreads", "same")}
        return replace(self, checkpoints=(self.checkpoints[t],), **part)

    # ------------------------------------------------------------------ inside

    @property
    def _good(self) -> FloatArray:
        """(K, T) successes; sums over starts that are whole numbers but for rounding, as these."""
        found = self.better + self.ties
        whole = np.rint(found)
        return np.asarray(np.where(np.abs(found - whole) < 1e-9, whole, found))

    @property
    def _width(self) -> float:
        return float(self.rewards.high.max()) - float(self.rewards.low.min())

    @property
    def _nu(self) -> float | None:
        found = universal_proxy(self.rewards)
        return None if found is None else found[0]

    def _leads_at(self, success: Any) -> FloatArray:
        """(runs that reach all, n) leads."""
        if not success:
            raise ParameterError("name a success rate, such as lead_at(0.95)")
        targets = [open_unit(x, "success rate") for x in success]
        leads, shares = self.leads[:, ~self.same], self.moments.success[:, ~self.same]
        found = np.array([
            [_crossing(shares[k], leads[k], x, self.samples) for x in targets] for k in range(self.runs)
        ])  # fmt: skip
        reached = np.isfinite(found).all(axis=1)
        if not reached.all():
            told = ", ".join(f"{x:g}" for x in targets)
            warn(
                f"{count(int(reached.sum()), 'run')} of {self.runs} go through a success rate of {told} against "
                f"{self.reference} between checkpoints: the others are left out"
            )
        return np.asarray(found[reached])

    def _share(self, counts: FloatArray) -> Estimate:
        """Counts of tasks as shares."""
        data = replicates(np.clip(counts / self.samples, 0.0, 1.0), 0.0, 1.0, 0.0, self.same)
        found = self._estimate(data)
        assert found.draws is not None
        told = caution(counts / self.samples)
        return replace(found, draws=replace(found.draws, caution=told)) if told else found

    def _estimate(self, data: Replicates, labels: Any = None, dimension: str = "checkpoint") -> Estimate:
        source = Sampler(self.rewards, "iid", self.samples, self.entropy)
        draws = Draws(source, self.mdp.states, self.interrupted)
        return Estimate(data, labels or self.checkpoints, (self.gamma,), True, dimension=dimension, draws=draws)


def _of_some(values: FloatArray) -> Replicates:
    """Numbers of the runs that there are; of fewer than two, none."""
    if len(values) < 2:
        return replicates(np.full((2, values.shape[1]), np.nan), -np.inf, np.inf, 0.0)
    return replicates(values, -np.inf, np.inf, 0.0)


def _crossing(success: FloatArray, leads: FloatArray, target: float, samples: int) -> float:
    """The lead where a success rate is first reached, by a line in Φ⁻¹(s); NaN where that is not between two."""
    reached = np.flatnonzero(success >= target)
    t = int(reached[0]) if len(reached) else 0
    if t == 0:
        return math.nan
    before, after = quantile((samples * success[t - 1 : t + 1] + 0.5) / (samples + 1))
    share = min(max((float(quantile(target)) - before) / (after - before), 0.0), 1.0)
    return float(leads[t - 1] + share * (leads[t] - leads[t - 1]))

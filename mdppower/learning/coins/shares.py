"""Shares of policies that coin flips trained: estimates over runs.

With P the power of a policy, F that of the random one and C POWER, share = (P − F)/(C − F), formed in each run on the
draws that all arms of the run share: *sampled*, of the policy as it acts, and *argmax*, of its most likely actions. A
run is one observation: intervals are Student's over K runs, and changes from the prior are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._typing import BoolArray, FloatArray
from mdppower.errors import ParameterError
from mdppower.learning.arguments import position
from mdppower.learning.coins.arms import CoinArm
from mdppower.learning.coins.run import Setting
from mdppower.learning.learners import Linear
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.over_runs import caution, one_number, replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import Sampler
from mdppower.results.result import Result
from mdppower.rewards.reward_distribution import RewardDistribution

POLICIES = ("sampled", "argmax")


@dataclass(frozen=True, eq=False, repr=False)
class CoinShares(Result):
    """What is kept of A arms, K runs and T checkpoints, and the estimates over runs that follow.

    Attributes
    ----------
    mdp : RewardlessMDP
    gamma : float
    arms : tuple of CoinArm
        What each is shown and given, what it starts from, where it is clipped.
    rewards : RewardDistribution
    start : (S,) array
        The starts that rollouts begin in, and that are averaged over.
    setting : Setting
    entropy : int
        Passed as ``rng``, it gives the same again.
    powers : (K, A, T, 2) array
        P, sampled and argmax.
    entropies : (K, A, T) array
        Of policies, in nats: the mean over states with a choice and held-out rewards.
    clipped : (K, A, T) array
        Of the decisions of all updates so far, the share that was clipped.
    floors, ceilings, worsts, errors : (K,) arrays
        Power of the random policy, the optimal one and the worst, on the same draws; bound on the error of all.
    confidences : (K,) array
        β of the prior.
    weights : (K, A, P, S) array
        At the end.
    interrupted : bool
        Whether runs are lacking.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({
        "powers", "entropies", "clipped", "floors", "ceilings", "worsts", "errors", "weights"
    })  # fmt: skip

    mdp: RewardlessMDP
    gamma: float
    arms: tuple[CoinArm, ...]
    rewards: RewardDistribution
    start: FloatArray
    setting: Setting
    entropy: int
    powers: FloatArray
    entropies: FloatArray
    clipped: FloatArray
    floors: FloatArray
    ceilings: FloatArray
    worsts: FloatArray
    errors: FloatArray
    confidences: FloatArray
    weights: FloatArray
    interrupted: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arms."""
        return tuple(arm.label for arm in self.arms)

    @property
    def runs(self) -> int:
        """K."""
        return len(self.powers)

    @property
    def iterations(self) -> tuple[int, ...]:
        """The checkpoints."""
        return self.setting.checkpoints

    # ------------------------------------------------------------------ estimates

    def sampled(self, arm: str) -> Estimate:
        """The share of the policy as it acts, along the iterations.

        Parameters
        ----------
        arm : str

        Returns
        -------
        Estimate
            Of T numbers, named by iterations.

        Raises
        ------
        LabelError
            There is no such arm.
        """
        return self._share(arm, 0)

    def argmax(self, arm: str) -> Estimate:
        """The share of its most likely actions, along the iterations; argument as for `sampled`."""
        return self._share(arm, 1)

    def change(self, arm: str, policy: str = "sampled") -> Estimate:
        """The share less that before training, run by run.

        Parameters
        ----------
        arm : str
        policy : {"sampled", "argmax"}

        Returns
        -------
        Estimate
            Of T numbers, named by iterations; the first is 0.
        """
        a, k = self._arm(arm), self._policy(policy)
        changes = self._changes()[:, a, :, k]
        return self._estimate(changes, self._least() - 1, 1 - self._least(), 2 * self._slack())

    def difference(self, arm: str, other: str, policy: str = "sampled") -> Estimate:
        """The share of one arm less that of another, run by run: they share prior, prompts, coins and tests.

        Parameters
        ----------
        arm, other : str
        policy : {"sampled", "argmax"}
        """
        k = self._policy(policy)
        return self._share(arm, k) - self._share(other, k)

    def power(self, arm: str, policy: str = "sampled") -> Estimate:
        """P, averaged over starts, along the iterations; arguments as for `change`."""
        values = self.powers[:, self._arm(arm), :, self._policy(policy)]
        return self._estimate(values, *self._range(), has_variance=self.rewards.has_variance)

    def floor(self) -> Estimate:
        """F: the power of the random policy, on the same draws."""
        return self._mark(self.floors, "floor")

    def ceiling(self) -> Estimate:
        """C: POWER, averaged over starts, on the same draws."""
        return self._mark(self.ceilings, "ceiling")

    def policy_entropy(self, arm: str) -> Estimate:
        """Entropy in nats, the mean over states with a choice and held-out rewards, along the iterations."""
        most = float(np.log(np.diff(self.mdp.pointer).max()))
        return self._estimate(self.entropies[:, self._arm(arm)], 0.0, most, 1e-12)

    def clipped_share(self, arm: str) -> Estimate:
        """Of the decisions of all updates so far, the share that was clipped, along the iterations.

        Exactly 0 where nothing can be clipped.
        """
        values = self.clipped[:, self._arm(arm)]
        known = np.full(values.shape[1], not self.arms[self._arm(arm)].clips)
        known[0] = True
        return self._estimate(values, 0.0, 1.0, 0.0, known)

    def agent(self, arm: str, run: int = 0) -> Linear:
        """The policy at the end, as it acts: a rule for ``policy=``.

        Parameters
        ----------
        arm : str
        run : int
            From 0.

        Raises
        ------
        LabelError
            There is no such arm.
        ParameterError
            There is no such run.
        """
        a = self._arm(arm)
        if isinstance(run, bool) or not isinstance(run, (int, np.integer)) or not 0 <= run < self.runs:
            raise ParameterError(f"run must be an integer from 0 to {self.runs - 1}, got {quoted(run)}")
        return Linear(self.weights[run, a], temperature=1.0, name=f"coin flips ({self.arms[a].label}, run {run})")

    # ------------------------------------------------------------------ inside

    def _arm(self, name: Any) -> int:
        return position(name, self.names, "arm")

    def _policy(self, name: Any) -> int:
        return POLICIES.index(choice(name, "policy", POLICIES))

    def _shares(self) -> FloatArray:
        """(K, A, T, 2); runs that differ by no more than the error of their values are one number."""
        available = (self.ceilings - self.floors)[:, None, None, None]
        found = (self.powers - self.floors[:, None, None, None]) / available
        return one_number(found, self._slack())

    def _changes(self) -> FloatArray:
        """(K, A, T, 2) shares less those before training."""
        shares = self._shares()
        return one_number(shares - shares[:, :, :1], 2 * self._slack(), np.inf)

    def _least(self) -> float:
        """The share of the worst policy, in the run in which it is least."""
        return float(((self.worsts - self.floors) / (self.ceilings - self.floors)).min())

    def _slack(self) -> float:
        """Bound on the error of a mean share that is not statistical: its parts are off by 2ε each."""
        size = 1 + max(1.0, abs(self._least()))
        return float((2 * self.errors / (self.ceilings - self.floors)).mean() * size)

    def _range(self) -> tuple[float, float, float]:
        return float(self.rewards.low.min()), float(self.rewards.high.max()), float(self.errors.mean())

    def _limits(self, confidence: float, *, simultaneous: bool) -> tuple[FloatArray, FloatArray]:
        """(A, T, 2) limits of shares."""
        return self._bounds(self._shares(), self._least(), 1.0, self._slack(), confidence, simultaneous)

    def _limits_of_changes(self, confidence: float) -> tuple[FloatArray, FloatArray]:
        """(A, T − 1, 2) limits of changes, all at once."""
        least = self._least()
        return self._bounds(self._changes()[:, :, 1:], least - 1, 1 - least, 2 * self._slack(), confidence, True)

    def _bounds(
        self, values: FloatArray, low: float, high: float, slack: float, confidence: float, simultaneous: bool
    ) -> tuple[FloatArray, FloatArray]:
        size = values[0].size
        data = replicates(values.reshape(self.runs, size), low, high, slack)
        lower, upper = data.bounds(confidence, simultaneous=simultaneous)
        return lower.reshape(values.shape[1:]), upper.reshape(values.shape[1:])

    def _share(self, arm: str, policy: int) -> Estimate:
        values = self._shares()[:, self._arm(arm), :, policy]
        return self._estimate(values, self._least(), 1.0, self._slack())

    def _estimate(
        self, values: FloatArray, low: float, high: float, slack: float, known: BoolArray | None = None, *,
        has_variance: bool = True,
    ) -> Estimate:  # fmt: skip
        """(K, T) numbers as an estimate over iterations."""
        constant = np.zeros(values.shape[1], bool) if known is None else known
        constant = constant | (values == 0).all(axis=0) & (np.arange(values.shape[1]) == 0)
        draws = self._draws(caution(values[:, ~constant]))
        data = replicates(values, low, high, slack, constant, has_variance=has_variance)
        return Estimate(data, self.iterations, (self.gamma,), True, dimension="iteration", draws=draws)

    def _mark(self, values: FloatArray, name: str) -> Estimate:
        data = replicates(values[:, None], *self._range(), has_variance=self.rewards.has_variance)
        return Estimate(data, (name,), (self.gamma,), True, True, dimension="mark", draws=self._draws())

    def _draws(self, told: str = "") -> Draws:
        source = Sampler(self.rewards, "iid", self.setting.samples, self.entropy)
        return Draws(source, self.mdp.states, self.interrupted, told)

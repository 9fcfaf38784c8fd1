"""One run of the coin flips: its prior, and all arms through all iterations.

A run is the replicate. Its arms share the prior, the prompts, the coins and the reward functions of the test, so that
their differences are paired; what each does is its own chance. Random numbers are drawn iteration by iteration: the
bits of an iteration do not depend on how many come after it, nor on where checkpoints are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from mdppower._stop import stop_flag, stop_if_told
from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import SolverError
from mdppower.learning.coins.arms import SIGN, CoinArm
from mdppower.learning.coins.kernels import policy_gradient
from mdppower.learning.coins.prior import SoftmaxTest, confidence, learnt_weights, world_of
from mdppower.learning.episodes import BLOCK, Episodes, Purpose, draw_rewards, named, stream
from mdppower.learning.kept_runs import KeptRuns
from mdppower.learning.training_run import Course
from mdppower.measures.questions import ask, digest, told_mdp
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.run_loop import Question
from mdppower.montecarlo.samplers import Sampler
from mdppower.solvers.optimal_values import pick, warm_up

CHUNK = 2
"""In the names of streams: the first one is that of the prior's episodes."""


@dataclass(frozen=True)
class Setting:
    """How policies are trained and tested.

    Attributes
    ----------
    share : float
        Of the prior.
    checkpoints : tuple of int
        Iterations after which policies are tested, from 0.
    prompts, group : int
        Of an iteration; rollouts of a prompt.
    epochs, minibatches : int
        Passes through the rollouts of an iteration; updates of a pass.
    rate : float
        Step size.
    horizon : int
        Steps of a rollout.
    prior_episodes : int
        From which the prior is learnt.
    samples : int
        N, reward functions of a test.
    """

    share: float
    checkpoints: tuple[int, ...]
    prompts: int
    group: int
    epochs: int
    minibatches: int
    rate: float
    horizon: int
    prior_episodes: int
    samples: int


@dataclass(frozen=True, eq=False)
class CoinTask:
    """What is flipped; called with numbers of runs it makes these, on any worker.

    Attributes
    ----------
    course : Course
        The MDP, the rate, the law of rewards, starts and entropy; its signal is what the prior learns from.
    arms : tuple of CoinArm
    setting : Setting
    """

    course: Course
    arms: tuple[CoinArm, ...]
    setting: Setting

    def __call__(self, numbers: range) -> Rows:
        """What n runs come to.

        Power (n, A, T, 2), sampled and of the best actions; entropy, clipped share (n, A, T); floor, ceiling, worst,
        bound on the error, confidence (n,); and the weights at the end (n, A, P, S).
        """
        own, size = self.course.mdp, (len(numbers), len(self.arms))
        steps = len(self.setting.checkpoints)
        power, entropy, clipped = np.empty((*size, steps, 2)), np.empty((*size, steps)), np.zeros((*size, steps))
        ends, weights = np.empty((5, len(numbers))), np.empty((*size, own.n_pairs, own.n_states))
        for k, run in enumerate(numbers):
            test = self._test(Purpose.TESTS, run)
            ends[4, k] = self._begin(run, weights[k])
            ends[:4, k] = test.floor, test.ceiling, test.worst, test.error
            counts, runners = np.zeros((len(self.arms), 2)), self._runners(run)
            prompts = Episodes(
                self.course.rewards, own.states, self.course.start, 1, 0, self.course.entropy, run, 0, CHUNK,
                self.setting.prompts,
            )  # fmt: skip
            for t, end in enumerate(self.setting.checkpoints):
                for many in self._blocks(end - self.setting.checkpoints[t - 1] if t else 0):
                    self._train(prompts, many, weights[k], runners, counts)
                self._require_finite(weights[k], run, end)
                clipped[k, :, t] = counts[:, 1] / np.maximum(counts[:, 0], 1)
                for a in range(len(self.arms)):
                    power[k, a, t, 0], entropy[k, a, t], error = test.power(weights[k, a])
                    power[k, a, t, 1], _, other = test.power(weights[k, a], True)
                    ends[3, k] = max(ends[3, k], error, other)
        return power, entropy, clipped, *ends, weights

    def prepare(self) -> None:
        """Compile what runs need, before work is handed to threads."""
        own = self.course.mdp
        learnt_weights(self.course, 1, 0)
        warm_up(own, pick(own, "auto"), (self.course.gamma,))
        test = SoftmaxTest(self.course, np.zeros((1, own.n_states)), np.zeros((1, own.n_states)), 0, 1, 0, 0)
        test.power(np.zeros((own.n_pairs, own.n_states)))
        nothing = np.zeros((0, self.setting.prompts, own.n_states))
        self._update(
            self.arms[0], nothing, np.zeros(nothing.shape[:2], np.int64),
            np.zeros((*nothing.shape[:2], self.setting.group)), np.zeros((own.n_pairs, own.n_states)),
            np.random.default_rng(0), np.zeros(2),
        )  # fmt: skip

    def question(self, runs: int, key: str | None) -> Question:
        """What a store knows the runs by; how many there are is no part of it."""
        own = self.course
        source = Sampler(own.rewards, "iid", self.setting.samples, own.entropy)
        return ask(
            "coin_flips", source, key, gammas=(own.gamma,), method="grpo", samples=runs * self.setting.samples,
            mdp=own.mdp.fingerprint, arms=[asdict(arm) for arm in self.arms], start=digest(own.start),
            setting=asdict(self.setting), prior=asdict(own.method),
            told=f"coin flips: {told_mdp(own.mdp)}; {', '.join(arm.label for arm in self.arms)}",
        )  # fmt: skip

    # ------------------------------------------------------------------ inside

    def _test(self, purpose: Purpose, run: int) -> SoftmaxTest:
        """The reward functions of a test of the run, or those on which the prior's confidence is found."""
        rng = stream(self.course.entropy, purpose, run, named("coin flips"))
        where = f"{purpose.name.lower()} of run {run}"
        drawn = draw_rewards(self.course.rewards, self.setting.samples, rng, self.course.mdp.states, where)
        return SoftmaxTest.on(self.course, drawn)

    def _begin(self, run: int, weights: FloatArray) -> float:
        """First weights of all arms of a run; gives the confidence of the prior."""
        learnt = learnt_weights(self.course, self.setting.prior_episodes, run)
        beta = confidence(self._test(Purpose.CALIBRATION, run), learnt, self.setting.share, run)
        begin = {"prior": beta * learnt, "anti-prior": -beta * learnt, "untrained": self.course.first(run)}
        for a, arm in enumerate(self.arms):
            weights[a] = begin[arm.prior]
        return beta

    def _runners(self, run: int) -> list[np.random.Generator]:
        """What arms do is drawn from one stream each; coins, which they share, from one more."""
        entropy = self.course.entropy
        own = [stream(entropy, Purpose.BEHAVIOUR, run, named(arm.label), CHUNK) for arm in self.arms]
        return [*own, stream(entropy, Purpose.COINS, run, 0, CHUNK)]

    def _blocks(self, iterations: int) -> list[int]:
        """Iterations whose prompts are drawn together: as many as take a bounded room."""
        size = max(1, BLOCK // (self.setting.prompts * max(self.course.mdp.n_states, self.setting.group)))
        return [min(size, iterations - first) for first in range(0, iterations, size)]

    def _train(
        self,
        prompts: Episodes,
        many: int,
        weights: FloatArray,
        runners: list[np.random.Generator],
        counts: FloatArray,
    ) -> None:
        """So many iterations of all arms of a run, in place."""
        how = self.setting
        x = np.empty((many, how.prompts, self.course.mdp.n_states))
        start, coin = np.empty((many, how.prompts), np.int64), np.empty((many, how.prompts, how.group))
        for i in range(many):
            x[i], start[i] = prompts.drawn(), prompts.starts()
            coin[i] = runners[-1].integers(0, 2, coin.shape[1:])
        for a, arm in enumerate(self.arms):
            self._update(arm, x, start, coin, weights[a], runners[a], counts[a])
            stop_if_told()

    def _update(
        self, arm: CoinArm, x: FloatArray, start: AnyArray, coin: FloatArray, weights: FloatArray,
        rng: np.random.Generator, counts: FloatArray,
    ) -> None:  # fmt: skip
        mdp, how = self.course.mdp, self.setting
        low, high = (np.inf if edge is None else edge for edge in (arm.low, arm.high))
        rollouts = how.prompts, how.group
        policy_gradient(
            *world_of(mdp), mdp.pair_states, x, start, coin, SIGN[arm.given], weights, low, high,
            1 if arm.on_policy else how.epochs, 1 if arm.on_policy else how.minibatches, how.rate, how.horizon,
            self.course.gamma, rng, np.empty((*rollouts, how.horizon), np.int64), np.empty((*rollouts, how.horizon)),
            np.empty(rollouts, np.int64), counts, stop_flag(),
        )  # fmt: skip

    def _require_finite(self, weights: FloatArray, run: int, iteration: int) -> None:
        for arm, own in zip(self.arms, weights, strict=True):
            if not np.isfinite(own).all():
                raise SolverError(
                    f"arm {arm.label!r} of run {run} diverged before iteration {iteration:,}: its weights are no "
                    "finite numbers; a smaller rate may help"
                )


class CoinRuns(KeptRuns):
    """What is kept of the runs."""

    label = "coin flips"

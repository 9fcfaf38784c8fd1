"""A training run: the arms of one run through one chunk of episodes, and the stages that chunks make.

The run loop of `mdppower.montecarlo` makes a stage as it makes any run of replicates; here a replicate is a training
run: all its arms, from one checkpoint to the next. What it depends on, besides streams of its own, are the weights at
the checkpoint before. So a stage is a run of the store, known by all checkpoints up to its end: a call with more
episodes, or more runs, finds there what shorter ones have made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from mdppower._stop import stop_flag, stop_if_told
from mdppower._text import count
from mdppower._typing import FloatArray
from mdppower.errors import ParameterError, SolverError
from mdppower.learning.episodes import Episodes, Purpose, named, stream
from mdppower.learning.learner_kernels import double_q_learning, q_learning, successor_features
from mdppower.learning.signals import Signal, is_own_code, noise
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.questions import ask, digest, named_rewards, told_mdp
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.kept_rows import KeptRows
from mdppower.montecarlo.run_loop import Conduct, Question, last, run
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.reward_distribution import RewardDistribution

FIRST = 1e-3
"""Standard deviation of first weights."""
TARGETS = ("max", "mean", "double")
"""What Q-learning may take a state to be worth."""


@dataclass(frozen=True)
class Method:
    """How agents learn.

    Attributes
    ----------
    alpha : float
        Step size of Q-learning by normalised LMS, in (0, 2).
    epsilon : float
        Share of random actions on the way, in [0, 1].
    horizon : int
        Steps of an episode.
    rate : float
        Step size of successor features, in (0, 1].
    target : {"max", "mean", "double"}
        What Q-learning takes a state to be worth: what its best action is; the mean over its actions; what the action
        that one table finds best is in another.
    """

    alpha: float = 0.3
    epsilon: float = 0.3
    horizon: int = 32
    rate: float = 0.05
    target: str = "max"

    @property
    def tables(self) -> int:
        """How many tables of weights an agent has while it learns; it is their mean."""
        return 2 if self.target == "double" else 1

    def told(self) -> dict[str, float | int | str]:
        """How agents learn, as it is written down; what all did before there was a choice is not said."""
        return {name: value for name, value in asdict(self).items() if (name, value) != ("target", "max")}


@dataclass(frozen=True, eq=False)
class Course:
    """What a training is, but for how long it is and how many runs it has.

    Attributes
    ----------
    mdp : RewardlessMDP
    gamma : float
    signals : tuple of Signal
        One an arm.
    rewards : RewardDistribution
    start : (S,) array
        The probability of each state to be the first of an episode.
    method : Method
    entropy : int
    """

    mdp: RewardlessMDP
    gamma: float
    signals: tuple[Signal, ...]
    rewards: RewardDistribution
    start: FloatArray
    method: Method
    entropy: int

    def first(self, run: int) -> FloatArray:
        """(P, S) first weights, the same in all arms of a run."""
        shape = self.mdp.n_pairs, self.mdp.n_states
        return FIRST * stream(self.entropy, Purpose.WEIGHTS, run).standard_normal(shape)

    @property
    def tables(self) -> int:
        """How many tables of weights all arms of a run have."""
        return len(self.signals) * self.method.tables

    def tables_at_first(self, runs: int, checkpoints: int) -> tuple[FloatArray, FloatArray]:
        """Room for the weights and biases of all tables, filled in at the first checkpoint."""
        shape = self.tables, runs, checkpoints, self.mdp.n_pairs
        weights, bias = np.empty((*shape, self.mdp.n_states)), np.zeros(shape)
        for k in range(runs):
            weights[:, k, 0] = self.first(k)
        return weights, bias

    def agents(self, tables: FloatArray) -> FloatArray:
        """The weights of agents, of those of their tables: the mean; a view where there is but one."""
        n = self.method.tables
        return tables if n == 1 else tables.reshape(len(self.signals), n, *tables.shape[1:]).mean(axis=1)

    def question(self, checkpoints: tuple[int, ...], runs: int, key: str | None) -> Question:
        """What a store knows the stage by that ends at the last of these checkpoints."""
        own = [x.label for x in self.signals if is_own_code(x)]
        if own and key is None:
            raise ParameterError(
                f"store: signal {own[0]!r} is your own code, which a file cannot tell from other code: give key= a "
                "text that you change with it"
            )
        size = checkpoints[-1] - checkpoints[-2]
        laws = {x.label: named_rewards(x.rewards, key) for x in self.signals if isinstance(x, noise)}
        arms = [x.label + " (own code)" * is_own_code(x) for x in self.signals]
        return ask(
            "train", Sampler(self.rewards, "iid", size, self.entropy), key, gammas=(self.gamma,), method="linear",
            samples=runs * size, mdp=self.mdp.fingerprint, arms=arms, noises=laws,
            start=digest(self.start), checkpoints=list(checkpoints), learner=self.method.told(),
            told=f"episodes {checkpoints[-2]:,} to {checkpoints[-1]:,}; {told_mdp(self.mdp)}; {', '.join(arms)}",
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Chunk:
    """The episodes between two checkpoints; called with numbers of runs it trains these, on any worker.

    Attributes
    ----------
    course : Course
    number : int
        1 for the first.
    begin, end : int
        Episodes at its checkpoints.
    weights : (A, K, P, S) array
    bias : (A, K, P) array
        At its beginning; A counts the tables of all arms.
    """

    course: Course
    number: int
    begin: int
    end: int
    weights: FloatArray
    bias: FloatArray

    def __call__(self, numbers: range) -> Rows:
        """Of n runs: weights (n, A, P, S) and biases (n, A, P) at its end."""
        # Copies, whatever the order in memory: they are trained in place.
        w = np.array(self.weights[:, numbers.start : numbers.stop].swapaxes(0, 1), order="C")
        b = np.array(self.bias[:, numbers.start : numbers.stop].swapaxes(0, 1), order="C")
        n = self.course.method.tables
        for k, number in enumerate(numbers):
            for a, signal in enumerate(self.course.signals):
                own = slice(n * a, n * (a + 1))
                self._train(signal, number, w[k, own], b[k, own])
        return w, b

    def prepare(self) -> None:
        """Compile, or load from the cache, what a run needs, before work is handed to threads."""
        own = self.course
        size = own.method.tables, own.mdp.n_pairs, own.mdp.n_states
        for kind in {signal.learns for signal in own.signals}:
            episodes = Episodes(own.rewards, own.mdp.states, own.start, 1, 0, 0, 0, 0, 0)
            nothing = np.zeros((0, size[2]))
            self._learn(kind, episodes, nothing, nothing, False, np.zeros(size), np.zeros(size[:2]))

    def _train(self, signal: Signal, run: int, w: FloatArray, b: FloatArray) -> None:
        """One arm of one run, in place."""
        own = self.course
        if signal.learns == "nothing":
            return
        episodes = Episodes(
            own.rewards, own.mdp.states, own.start, own.method.horizon, self.end - self.begin, own.entropy, run,
            named(signal.label), self.number,
        )  # fmt: skip
        for _ in episodes.blocks():
            self._learn(signal.learns, episodes, *_material(signal, episodes), w, b)
            stop_if_told()
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            raise SolverError(
                f"arm {signal.label!r} of run {run} diverged between {self.begin:,} and {self.end:,} episodes: its "
                "weights are no finite numbers; a smaller alpha may help"
            )

    def _learn(
        self, kind: str, episodes: Episodes, x: FloatArray, given: FloatArray, by_step: bool, w: FloatArray,
        b: FloatArray,
    ) -> None:  # fmt: skip
        own, how, start = self.course.mdp, self.course.method, episodes.starts()
        kernel = own.kernel
        world = own.pointer, kernel.indptr, kernel.indices, kernel.data
        rng, gamma = episodes.rng(Purpose.BEHAVIOUR), self.course.gamma
        if kind == "features":
            successor_features(*world, start, how.horizon, how.rate, gamma, rng, w[0], stop_flag())
            w[1:] = w[0]
        elif how.target == "double":
            room = np.empty((1, int(np.diff(own.pointer).max())))
            double_q_learning(
                *world, x, given, by_step, start, how.horizon, how.alpha, how.epsilon, gamma, rng, w, b, room,
                stop_flag(),
            )  # fmt: skip
        else:
            room = np.empty((2, int(np.diff(own.pointer).max())))
            q_learning(
                *world, x, given, by_step, start, how.horizon, how.alpha, how.epsilon, gamma, rng, w[0], b[0], room,
                how.target == "mean", stop_flag(),
            )  # fmt: skip


def _material(signal: Signal, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
    """What a signal makes of a block; ParameterError where the kernel would read beside it."""
    found = signal.material(episodes)
    if signal.learns != "values":
        return found
    try:
        x, given, by_step = found
        parts = [np.ascontiguousarray(part, np.float64) for part in (x, given)]
    except (TypeError, ValueError) as error:
        raise ParameterError(f"signal {signal.label!r} gave no inputs, rewards, by_step: {error}") from None
    states = len(episodes.states)
    for part, name, width in zip(
        parts, ("inputs", "rewards"), (states, episodes.steps if by_step else states), strict=True
    ):
        if part.shape != (episodes.count, width) or not np.isfinite(part).all():
            raise ParameterError(
                f"signal {signal.label!r} must give {name} of shape {(episodes.count, width)}, finite numbers; got "
                f"shape {part.shape}"
            )
    return parts[0], parts[1], bool(by_step)


class Stage(KeptRows):
    """What a stage keeps of its runs: all of them, or nothing can be said."""

    task: Chunk

    def __init__(self, task: Chunk, runs: int) -> None:
        super().__init__(task)
        self.least, self.label = runs, f"training to {count(task.end, 'episode')}"

    def estimate(self, interrupted: bool) -> Rows:
        """Weights (A, K, P, S) and biases (A, K, P) at the end."""
        return tuple(part.swapaxes(0, 1) for part in self.rows())


def stages(
    course: Course, checkpoints: tuple[int, ...], weights: FloatArray, bias: FloatArray, conduct: Conduct,
    each: Callable[[int], None],
) -> None:  # fmt: skip
    """Train through all chunks.

    Parameters
    ----------
    course : Course
    checkpoints : tuple of int
        Episodes, from 0.
    weights : (A, K, T, P, S) array
    bias : (A, K, T, P) array
        Of the tables of all arms. Those at the first of T checkpoints are given; the others are filled in.
    conduct : Conduct
    each : callable
        Called with the number of checkpoints that are reached, after each.
    """
    runs = weights.shape[1]
    for c in range(1, len(checkpoints)):
        chunk = Chunk(course, c, checkpoints[c - 1], checkpoints[c], weights[:, :, c - 1], bias[:, :, c - 1])
        source = Sampler(course.rewards, "iid", chunk.end - chunk.begin, course.entropy)
        width = max(1, course.mdp.n_states * course.method.horizon * len(weights))

        def question(upto: tuple[int, ...] = checkpoints[: c + 1]) -> Question:
            return course.question(upto, runs, conduct.key)

        found = last(run(Stage(chunk, runs), [runs], source, width, conduct, question))
        weights[:, :, c], bias[:, :, c] = found
        each(c + 1)

"""What `train` gives back: the agents of all arms and runs at all checkpoints."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import count, did_you_mean, near_names, rate_text
from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import LabelError, ParameterError
from mdppower.learning.curves import measured_curves
from mdppower.learning.learners import Linear
from mdppower.learning.learning_curves import LearningCurves
from mdppower.learning.seeking import measured_seeking
from mdppower.learning.signals import Signal
from mdppower.learning.sought import Seeking
from mdppower.learning.training_run import Course, Method
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.run_loop import Conduct
from mdppower.results.labelled import labelled, written
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False, repr=False)
class Training(Result):
    """Agents trained on signals: A arms, K runs, T checkpoints.

    Attributes
    ----------
    mdp : RewardlessMDP
    gamma : float
    signals : tuple of Signal
        One an arm: what is shown and what is given.
    rewards : RewardDistribution
    checkpoints : tuple of int
        Episodes, from 0.
    weights : (A, K, T, P, S) array
        Of a pair on the standardised reward function.
    bias : (A, K, T, P) array
    start : (S,) array
        The probability of each state to be the first of an episode.
    method : Method
        alpha, epsilon, horizon, rate, target.
    entropy : int
        Passed as ``rng``, it trains the same again.
    interrupted : bool
        Whether it ended before its last checkpoint.

    Examples
    --------
    >>> import mdppower as mp
    >>> training = mp.learning.train(mp.envs.fork(3), 0.9, signals=["random", "unseen"], episodes=100, runs=4, rng=0)
    >>> training
    Training(2 arms, 4 runs, 4 states at γ = 0.9: 100 episodes on uniform rewards, 4 checkpoints)
    >>> mp.power(training.mdp, 0.9, policy=training.agent("random", run=0), rng=0).mean[0].round(2)
    np.float64(0.72)
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"arm", "step", "course"})
    of_learners: ClassVar[bool] = True

    mdp: RewardlessMDP
    gamma: float
    signals: tuple[Signal, ...]
    rewards: RewardDistribution
    checkpoints: tuple[int, ...]
    weights: FloatArray
    bias: FloatArray
    start: FloatArray
    method: Method
    entropy: int
    interrupted: bool = False

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of the arms."""
        return tuple(signal.label for signal in self.signals)

    @property
    def runs(self) -> int:
        """K, independent training runs of each arm."""
        return int(self.weights.shape[1])

    @property
    def course(self) -> Course:
        """What the training is, but for its length."""
        return Course(self.mdp, self.gamma, self.signals, self.rewards, self.start, self.method, self.entropy)

    def agent(self, arm: str, run: int = 0, step: int = -1, *, temperature: float = 0.0) -> Linear:
        """An agent, as a rule for ``policy=``.

        Parameters
        ----------
        arm : str
            The name of its signal.
        run : int
            From 0.
        step : int
            Which of the checkpoints; −1 is the last.
        temperature : float
            See `Linear`; 0 is greedy.

        Returns
        -------
        Linear

        Raises
        ------
        LabelError
            There is no such arm.
        ParameterError
            There is no such run or step.
        """
        a, t = self.arm(arm), self.step(step)
        if isinstance(run, bool) or not isinstance(run, (int, np.integer)) or not 0 <= run < self.runs:
            raise ParameterError(f"run must be an integer from 0 to {self.runs - 1}, got {quoted(run)}")
        told = f"{self.arms[a]}, run {run}, {count(self.checkpoints[t], 'episode')}"
        return Linear(
            self.weights[a, run, t], self.bias[a, run, t], self.signals[a].sees, temperature, f"Linear({told})"
        )  # fmt: skip

    def arm(self, name: Any) -> int:
        """The number of an arm, by its name."""
        given = name.label if isinstance(name, Signal) else name
        if given not in self.arms:
            meant = did_you_mean(near_names(str(given), self.arms))
            raise LabelError(f"there is no arm {quoted(given)}; {meant or 'arms are ' + ', '.join(self.arms)}")
        return self.arms.index(given)

    def step(self, step: Any) -> int:
        """The position of a checkpoint, from the front."""
        steps = len(self.checkpoints)
        if isinstance(step, bool) or not isinstance(step, (int, np.integer)) or not -steps <= step < steps:
            raise ParameterError(f"step must be an integer from {-steps} to {steps - 1}, got {quoted(step)}")
        return int(step) % steps

    def of(self, arm: str) -> Training:
        """The part about one arm.

        Raises
        ------
        LabelError
            There is no such arm.
        """
        a = self.arm(arm)
        return Training(
            self.mdp, self.gamma, self.signals[a : a + 1], self.rewards, self.checkpoints, self.weights[a : a + 1],
            self.bias[a : a + 1], self.start, self.method, self.entropy, self.interrupted,
        )  # fmt: skip

    def curves(
        self,
        tests: Any = None,
        *,
        samples: int = 512,
        against: Any = None,
        workers: Workers = 1,
        executor: Executor | None = None,
        progress: bool | None = None,
    ) -> LearningCurves:
        """The power of the agents along training, on held-out rewards.

        Parameters
        ----------
        tests : mapping from str to law of rewards, or such a law, optional
            What the rewards of tests are drawn from, by name; see `mdppower.rewards`. Default: as in training.
        samples : int
            Reward functions of each test and training run.
        against : reference, sequence of these, or mapping from str to them, optional
            Whom the agents are held against, for `LearningCurves.rivals`: ``"random policy"``, ``"optimal"``;
            ``"final"``, the last agent of the same arm and run; ``("random", 1000)`` or ``"random@1000"``, that of
            an arm after so many episodes, in the same run; and all that ``policy=`` takes.
        workers, executor, progress
            As for `train`.

        Returns
        -------
        LearningCurves

        Raises
        ------
        ParameterError
            An argument is out of range, or a reference is no policy.
        LabelError
            A reference is a checkpoint of an arm that there is not.
        RewardError
            A test is no law, or one for another number of states; its rewards have no mean, or gave what is no
            number.
        SizeError
            Draws and their values would not fit into memory.
        SolverError
            A value could not be certified.

        Warns
        -----
        MDPPowerWarning
            Floor and ceiling of a test are equal: shares are NaN.
        """
        conduct = Conduct(workers, executor, progress)
        return measured_curves(
            self.course, self.checkpoints, self.weights, self.bias, tests, samples, against, conduct
        )  # fmt: skip

    def seeking(
        self,
        toward: Any = None,
        *,
        at: Any = None,
        step: int = -1,
        test: Any = None,
        samples: int = 512,
        workers: Workers = 1,
        executor: Executor | None = None,
        progress: bool | None = None,
    ) -> Seeking:
        """How POWER-seeking the agents are, on held-out rewards, beside controls and the random policy.

        The controls are agents trained as long on noise, on noise without max and with double Q-learning, from the
        same first weights and with the same behaviour: max makes agents seek POWER that have learnt nothing, most
        clearly where they behave at random, ``epsilon=1`` (`mdppower.learning.seeking`).

        Parameters
        ----------
        toward : label or sequence of labels, optional
            States: how often agents go to one of them, where they can. Default: that is not asked.
        at : label or sequence of labels, optional
            From where. Default: all states with a choice of going there or not.
        step : int
            Which of the checkpoints; −1 is the last.
        test : law of rewards, optional
            Default: as in training.
        samples : int
            Reward functions of each training run.
        workers, executor, progress
            As for `train`.

        Returns
        -------
        Seeking

        Raises
        ------
        ParameterError
            There is no such step, or no such choice; an argument is out of range.
        LabelError
            There is no such state.
        RewardError
            The test is no law, or one for another number of states; its rewards have no mean.
        SolverError
            A value could not be certified; weights diverged.

        Warns
        -----
        MDPPowerWarning
            In no state do actions differ in the POWER after them.
        """
        t = self.step(step)
        return measured_seeking(
            self.course, self.checkpoints[: t + 1], self.weights[:, :, t], self.bias[:, :, t], toward, at, test,
            samples, Conduct(workers, executor, progress),
        )  # fmt: skip

    def table(self) -> Table:
        """What each arm is shown and given, and the size of its weights at each checkpoint.

        Returns
        -------
        Table
            Columns arm, shown, given, episodes, weights: their root mean square over pairs, states and runs.
        """
        size = np.sqrt(np.square(self.weights).mean(axis=(1, 3, 4)))
        each = [(signal, t) for signal in self.signals for t in range(len(self.checkpoints))]
        return Table(
            {
                "arm": [signal.label for signal, _ in each],
                "shown": [signal.shown for signal, _ in each],
                "given": [signal.given for signal, _ in each],
                "episodes": [self.checkpoints[t] for _, t in each],
                "weights": size.ravel().tolist(),
            },
            "weights: root mean square" + "; the training was interrupted" * self.interrupted,
        )

    def to_xarray(self) -> xr.Dataset:
        """Weights along (arm, run, step, pair, state), and biases; pairs by state_of_pair and action.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.
        """
        dims = ("arm", "run", "step", "pair")
        names = [self.mdp.action_names[a] for a in self.mdp.action_codes]
        return labelled(
            {"weights": ((*dims, "state"), self.weights), "bias": (dims, self.bias)},
            {
                "arm": written(self.arms),
                "run": np.arange(self.runs),
                "episodes": (("step",), np.array(self.checkpoints, np.int64)),
                "shown": (("arm",), written([signal.shown for signal in self.signals])),
                "given": (("arm",), written([signal.given for signal in self.signals])),
                "state": written(self.mdp.states),
                "state_of_pair": (("pair",), written(self.mdp.states)[self.mdp.pair_states]),
                "action": (("pair",), written(names)),
            },
            {"gamma": self.gamma, "rewards": self.rewards.name, "entropy": str(self.entropy)},
        )

    def __repr__(self) -> str:
        return (
            f"Training({count(len(self.signals), 'arm')}, {count(self.runs, 'run')}, "
            f"{count(self.mdp.n_states, 'state')} at γ = {rate_text(self.gamma)}: "
            f"{count(self.checkpoints[-1], 'episode')} on {self.rewards.name} rewards, "
            f"{count(len(self.checkpoints), 'checkpoint')}{self._target}{', interrupted' * self.interrupted})"
        )

    @property
    def _target(self) -> str:
        return "" if self.method.target == "max" else f", target {self.method.target}"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        """The weights."""
        return np.array(self.weights, dtype=dtype)

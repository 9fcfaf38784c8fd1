"""What an agent is shown of its task and what it is given as reward: one signal for each arm of a training.

An agent has the reward function R as an input. What trains it is a *signal*: in each episode it is shown one thing
and given another as reward, and a story about training is told only with both. x(R) is R standardised over states.

=============== ======================= ==================================================================
signal          shown                   given in state s
=============== ======================= ==================================================================
``random``      R, new every episode    x(R)[s]: the reward that it is shown
``few(n)``      one of n reward         x(R)[s]
                functions
``goals``       e_g, a random goal      x(e_g)[s]
``shuffled``    R                       x(R')[s], of another reward function R', independent of R
``noise``       R                       a fresh random number each step, whatever the state
``unseen``      nothing (0)             x(R)[s]: real rewards, which it cannot know
``incorrect``   R                       −x(R)[s]: the opposite of what it is shown
``no-reward``   nothing                 nothing: it moves at random and learns what follows what (successor
                                        features), and takes R as an input only afterwards
``untrained``   –                       –
=============== ======================= ==================================================================

**What must come out.** With m the mean reward of each state, D a law of independent rewards of one symmetric law:

- *unseen*: a policy that does not depend on R has POWER^pol(s) = m exactly, which is what the random policy has: its
  share is 0 for ever, whatever trains it.
- *noise, shuffled, untrained*: given rewards are independent of the R shown, and x(R) is as likely as −x(R). The
  linear learner that is shown −x all along, with first weights −W, has the weights −W and the same b in the end; so W
  and −W are equally likely. And v of 2m − R is 2m − v of R. Hence the mean over runs of POWER^pol is m at every
  checkpoint. Single runs are not: they pursue, or flee, what chance has taught them.
- *incorrect*: shown R and given −x(R) is shown −R' and given x(R'), R' = 2m − R, which is as likely as R: the weights
  are those of a run of *random* with W reversed. So the agent of R does what the agent of *random* does for 2m − R,
  and has 2m − v where that has v: the mean over runs of its share is the opposite of that of *random*, at every
  checkpoint. It is below the random policy by as much as the other is above it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mdppower._checks import positive_integer
from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names
from mdppower._typing import FloatArray
from mdppower.errors import ParameterError, RewardError
from mdppower.learning.episodes import Episodes, Purpose
from mdppower.learning.learners import standardised
from mdppower.rewards.distribution import Independent
from mdppower.rewards.laws import Law, law


class Signal(ABC):
    """What is shown, and what is given.

    Attributes
    ----------
    shown, given : str
        In words.
    sees : bool
        Whether the agent is shown the reward function when it is tested.
    learns : {"values", "features", "nothing"}
        By Q-learning; successor features of the random policy; not at all.
    blind_to_rewards : bool
        Whether what is given is independent of what is shown.
    """

    shown: ClassVar[str]
    given: ClassVar[str]
    sees: ClassVar[bool] = True
    learns: ClassVar[str] = "values"
    blind_to_rewards: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """The name by which it is asked for."""
        return type(self).__name__.replace("_", "-")

    @abstractmethod
    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Of the present block: inputs (count, S); rewards (count, S), or (count, steps); whether by steps."""

    def __str__(self) -> str:
        return self.label


# Written in lower case, as rules are: they are used like functions, and print as they are called.


@dataclass(frozen=True)
class random(Signal):
    """Shown R, new every episode; given R."""

    shown, given = "R", "R"

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Inputs, rewards, whether by steps."""
        x = episodes.drawn()
        return x, x, False


@dataclass(frozen=True)
class few(Signal):
    """Shown one of n reward functions, drawn once a run; given the same.

    Parameters
    ----------
    n : int
        At least 1.

    Raises
    ------
    ParameterError
    """

    n: int
    shown, given = "R of a few", "R"

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", positive_integer(self.n, "n of few(n)"))

    @property
    def label(self) -> str:
        """few(n)."""
        return f"few({self.n})"

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Inputs, rewards, whether by steps."""
        x = episodes.from_pool(self.n)
        return x, x, False


@dataclass(frozen=True)
class goals(Signal):
    """Shown a goal, a reward of 1 in one state; given the same."""

    shown, given = "goal", "goal"

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Inputs, rewards, whether by steps."""
        size = len(episodes.states)
        goal = np.zeros((episodes.count, size))
        goal[np.arange(episodes.count), episodes.picks(size)] = 1.0
        x = standardised(goal)
        return x, x, False


@dataclass(frozen=True)
class shuffled(Signal):
    """Shown R; given another reward function, independent of R."""

    shown, given = "R", "another R"
    blind_to_rewards = True

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Inputs, rewards, whether by steps."""
        return episodes.drawn(), episodes.drawn(Purpose.OTHERS), False


@dataclass(frozen=True)
class noise(Signal):
    """Shown R; given a fresh random number each step.

    Parameters
    ----------
    law : str, frozen scipy.stats distribution, …
        Of the number, which is standardised; it has a variance. Default: the standard normal law.

    Raises
    ------
    RewardError
        It is no law, or has no mean, or no positive variance.
    """

    law: Any = "norm(0,1)"
    shown, given = "R", "noise"
    blind_to_rewards = True

    def __post_init__(self) -> None:
        found = law(self.law)
        if not 0 < found.variance < np.inf:
            raise RewardError(
                f"noise needs a law with a positive variance; that of {found.name} is {found.variance:g}"
            )
        object.__setattr__(self, "law", found)

    @property
    def label(self) -> str:
        """noise, or noise(law)."""
        return "noise" if self.law.name == "norm(0,1)" else f"noise({self.law.name})"

    @property
    def rewards(self) -> Independent:
        """The law as a distribution, by which it is written down."""
        assert isinstance(self.law, Law)
        return Independent([self.law], np.zeros(1, np.int64))

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Inputs, rewards, whether by steps."""
        return episodes.drawn(), episodes.noise(self.law), True


@dataclass(frozen=True)
class unseen(Signal):
    """Shown nothing; given R, new every episode."""

    shown, given = "nothing", "R"
    sees = False

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Inputs, rewards, whether by steps."""
        x = episodes.drawn()
        return np.zeros(x.shape), x, False


@dataclass(frozen=True)
class incorrect(Signal):
    """Shown R; given −R."""

    shown, given = "R", "−R"

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Inputs, rewards, whether by steps."""
        x = episodes.drawn()
        return x, -x, False


@dataclass(frozen=True)
class no_reward(Signal):
    """Shown nothing, given nothing: successor features of the random policy, and one step of improvement."""

    shown, given = "nothing", "nothing"
    learns = "features"

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Nothing."""
        return np.empty((0, 0)), np.empty((0, 0)), False


@dataclass(frozen=True)
class untrained(Signal):
    """No training."""

    shown, given = "–", "–"
    learns = "nothing"
    blind_to_rewards = True

    def material(self, episodes: Episodes) -> tuple[FloatArray, FloatArray, bool]:
        """Nothing."""
        return np.empty((0, 0)), np.empty((0, 0)), False


KINDS: dict[str, type[Signal]] = {
    kind.__name__.replace("_", "-"): kind
    for kind in (random, few, goals, shuffled, noise, unseen, incorrect, no_reward, untrained)
}
LEARNS = ("values", "features", "nothing")
DEFAULT = ("random", "no-reward", "noise", "shuffled", "unseen", "few(1)")


def is_own_code(signal: Signal) -> bool:
    """Whether a signal is of a class of the user's own, which a name does not tell."""
    return type(signal) not in KINDS.values()


def read_signal(given: Any) -> Signal:
    """A signal, or the one of that name.

    Parameters
    ----------
    given : Signal or str
        ``"random"``, ``"few(4)"``, ``"noise(uniform)"``, …

    Returns
    -------
    Signal

    Raises
    ------
    ParameterError
        There is no such signal.
    RewardError
        The law of a noise is none.

    Examples
    --------
    >>> read_signal("few(4)"), read_signal("no-reward"), read_signal("noise(uniform)").label
    (few(n=4), no_reward(), 'noise(uniform)')
    """
    if isinstance(given, Signal):
        return _complete(given)
    known = "known are " + ", ".join("few(n)" if name == "few" else name for name in KINDS)
    if not isinstance(given, str):
        raise ParameterError(f"a signal is a name or one of mdppower.learning, got {quoted(given)}; {known}")
    parts = re.fullmatch(r"\s*([\w-]+)\s*(?:\((.*)\))?\s*", given)
    name = parts[1].replace("_", "-") if parts else given
    if parts is None or name not in KINDS:
        meant = did_you_mean(near_names(name, KINDS))
        raise ParameterError(f"there is no signal {quoted(given)}; {meant or known}")
    kind, argument = KINDS[name], (parts[2] or "").strip()
    if kind is few:
        if not re.fullmatch(r"[+-]?\d{1,18}", argument):
            raise ParameterError(f"few takes the number of reward functions, such as few(4); got {quoted(given)}")
        return few(int(argument))
    if kind is noise and argument:
        return noise(argument)
    if argument:
        raise ParameterError(f"signal {name} takes nothing in brackets, got {quoted(given)}")
    return kind()


def _complete(signal: Signal) -> Signal:
    """The signal, whose class may be the user's own, if it says all that is asked of it."""
    for name in ("shown", "given"):
        told = getattr(signal, name, None)
        if not isinstance(told, str) or not told:
            raise ParameterError(
                f"signal {signal.label}: {name} must say in words what is {name}, got {quoted(told)}"
            )
    if signal.learns not in LEARNS:
        raise ParameterError(
            f"signal {signal.label}: learns must be one of {', '.join(map(repr, LEARNS))}, "
            f"got {quoted(signal.learns)}"
        )
    return signal

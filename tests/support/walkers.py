"""Environments as users write them: without a table, each with one thing about it."""

import threading

import gymnasium
import numpy as np
from gymnasium import spaces


class Corridor(gymnasium.Env):
    """Cells 0 … n − 1; 0 goes left, 1 right; the episode ends at the right end, which earns 1."""

    def __init__(self, n=5):
        self.n, self.x = n, 0
        self.action_space, self.observation_space = spaces.Discrete(2), spaces.Discrete(n)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = 0
        return self.x, {}

    def step(self, action):
        self.x = max(self.x + (1 if action else -1), 0)
        end = self.x == self.n - 1
        return self.x, float(end), end, False, {}


class Slippery(Corridor):
    """One step in twenty goes nowhere: hidden randomness. The generator is the environment's own."""

    def step(self, action):
        if self.np_random.random() < 0.05:
            return self.x, 0.0, False, False, {}
        return super().step(action)


class GloballySlippery(Corridor):
    """The same, from the generator that the module shares."""

    def step(self, action):
        if np.random.random() < 0.05:  # noqa: NPY002
            return self.x, 0.0, False, False, {}
        return super().step(action)


class Counted(Corridor):
    """It counts its steps, and cuts episodes off at twenty."""

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return super().reset(seed=seed)

    def step(self, action):
        self.steps += 1
        observation, reward, terminated, _, info = super().step(action)
        return observation, reward, terminated, self.steps >= 20, info


class Tide(Counted):
    """To the right only at every other step: here the counter is a part of the state."""

    def step(self, action):
        return super().step(action if self.steps % 2 == 0 else 0)


class Lights(gymnasium.Env):
    """Lights out on a row of n lamps, observed as an array: an action toggles a lamp and those beside it."""

    def __init__(self, n=3):
        self.n = n
        self.action_space, self.observation_space = spaces.Discrete(n), spaces.MultiBinary(n)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.lamps = np.ones(self.n, np.int8)
        return self.lamps.copy(), {}

    def step(self, action):
        self.lamps[max(action - 1, 0) : action + 2] ^= 1
        return self.lamps.copy(), float(not self.lamps.any()), not self.lamps.any(), False, {}


class Locked(Corridor):
    """It holds what cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class Masked(Corridor):
    """At the left end there is no way to the left; the mask comes in info."""

    def mask(self):
        return np.array([self.x > 0, True], np.int8)

    def reset(self, *, seed=None, options=None):
        observation, _ = super().reset(seed=seed)
        return observation, {"action_mask": self.mask()}

    def step(self, action):
        assert action or self.x > 0, "a masked action was taken"
        return (*super().step(action)[:4], {"action_mask": self.mask()})


class Drawn(Corridor):
    """`reset` draws how long the corridor is."""

    def reset(self, *, seed=None, options=None):
        observation, info = super().reset(seed=seed)
        self.n = int(self.np_random.integers(3, 8))
        return observation, info


def where(env):
    return env.unwrapped.x


class HiddenGoal(Corridor):
    """Where the episode ends is drawn by `reset`, and is not observed."""

    def reset(self, *, seed=None, options=None):
        observation = super().reset(seed=seed)
        self.goal = int(self.np_random.integers(2, self.n))
        return observation

    def step(self, action):
        observation, _, _, truncated, info = super().step(action)
        return observation, 0.0, self.x == self.goal, truncated, info


class Rebuilt(Corridor, gymnasium.utils.EzPickle):
    """Copied by making it anew: a copy is at the start."""

    def __init__(self, n=5):
        gymnasium.utils.EzPickle.__init__(self, n)
        super().__init__(n)


class Overwriting(gymnasium.Env):
    """Its step makes −1, 1 of the action 0, 1 where that is."""

    action_space, observation_space = spaces.MultiDiscrete([2, 2]), spaces.Box(0, 2, (2,), np.int64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = np.zeros(2, np.int64)
        return self.at, {}

    def step(self, action):
        action *= 2
        action -= 1
        self.at = np.clip(self.at + action, 0, 2)
        return self.at, 0.0, False, False, {}

"""Gymnasium's environments with a table, and a chain whose table is written by hand."""

import gymnasium
import numpy as np

ENVIRONMENTS = {
    "lake": ("FrozenLake-v1", {"is_slippery": False}),
    "slippery lake": ("FrozenLake-v1", {}),
    "large lake": ("FrozenLake8x8-v1", {"is_slippery": False}),
    "large slippery lake": ("FrozenLake8x8-v1", {}),
    "cliff": ("CliffWalking-v1", {}),
    "slippery cliff": ("CliffWalkingSlippery-v1", {}),
    "taxi": ("Taxi-v4", {}),
    "rainy taxi": ("Taxi-v4", {"is_rainy": True}),
}


def make(name):
    env, options = ENVIRONMENTS[name]
    return gymnasium.make(env, **options)


def chain(start=0):
    """0 → 1 → 2, keyed from `start`; action 0 stays, 1 goes on, and entering 2 terminates."""
    return {
        start: {0: [(1.0, start, 0, False)], 1: [(1.0, start + 1, 0, False)]},
        start + 1: {0: [(1.0, start + 1, 0, False)], 1: [(0.5, start + 2, 1, True), (0.5, start, 0, False)]},
        start + 2: {0: [(1.0, start, 0, False)]},
    }


class Chain(gymnasium.Env):
    """Steps as `law` says, and shows P."""

    def __init__(self, table=None, law=None, **attributes):
        self.P = chain() if table is None else table
        self.law = self.P if law is None else law
        self.initial_state_distrib = np.eye(len(self.P))[0]
        for name, value in attributes.items():
            setattr(self, name, value)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = min(self.law)
        return self.s, {}

    def step(self, action):
        outcomes = self.law[self.s][action]
        k = self.np_random.choice(len(outcomes), p=[outcome[0] for outcome in outcomes])
        _, self.s, reward, terminated = outcomes[k]
        return self.s, reward, terminated, False, {}

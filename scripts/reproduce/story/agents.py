"""The trainings that several sections tell of; each is made once.

The maze at γ = .9: linear learners, one new reward function an episode. A run is one observation, and
is tried on reward functions of its own that it has not seen.
"""

from __future__ import annotations

from functools import cache

import numpy as np

import mdppower as mp
from mdppower._typing import AnyArray
from mdppower.learning import LearningCurves, Library, Rivals, Training
from mdppower.mdp.model import RewardlessMDP
from scripts.reproduce.story.telling import Size

GAMMA, SEED = 0.9, 0
ARMS = ("random", "no-reward", "goals", "incorrect", "noise", "shuffled", "unseen", "untrained")
TESTS = {"uniform": "uniform", "goals": "goal", "exponential": "expon"}
LADDER = (80, 113, 160, 226, 320, 453, 640, 905, 1280, 1810, 3620, 7241, 14_482, 28_963)
"""Episodes: near enough for success rates to be read between them."""
SHORTEST = 1810
"""Of these; the weak reference is then beaten always."""
WEAK, HALFWAY = "random policy", "random@905"
"""The reference that is soon too weak, and an agent on the way."""
RUNGS = ("random@320", HALFWAY, "random@3620")
"""Of a ladder of references above the weak one."""
FEW = (1, 16, 256)


@cache
def maze() -> RewardlessMDP:
    return mp.envs.make("maze")


@cache
def training(size: Size) -> Training:
    return mp.learning.train(maze(), GAMMA, ARMS, episodes=size.episodes, runs=size.runs, rng=SEED, workers=-1)


@cache
def curves(size: Size) -> LearningCurves:
    return training(size).curves(TESTS, samples=size.samples, workers=-1)


@cache
def on_few(size: Size) -> LearningCurves:
    """Agents that see no more than n reward functions in all their training."""
    few = [f"few({n})" for n in FEW]
    trained = mp.learning.train(maze(), GAMMA, few, episodes=size.episodes, runs=size.runs, rng=SEED, workers=-1)
    return trained.curves({"uniform": "uniform"}, samples=size.samples, workers=-1)


@cache
def climbing(size: Size) -> LearningCurves:
    """The arm `random` at checkpoints close to each other, against references."""
    *steps, last = (t for t in LADDER if t <= max(size.episodes, SHORTEST))
    trained = mp.learning.train(
        maze(), GAMMA, "random", episodes=last, checkpoints=steps, runs=size.runs, rng=SEED, workers=-1
    )
    rungs = [name for name in RUNGS if episodes_of(name) < last]
    against = [WEAK, "optimal", *rungs]
    return trained.curves({"uniform": "uniform"}, samples=size.tasks, against=against, workers=-1)


def episodes_of(reference: str) -> int:
    """After how many an agent of the ladder stands."""
    return int(reference.split("@")[1])


def against(size: Size, reference: str, unit: str = "reward") -> Rivals:
    return climbing(size).rivals("random", reference, unit=unit)


def behaviours(size: Size, arm: str, run: int, rewards: AnyArray) -> Library:
    """What an agent does for some reward functions, as a set of policies."""
    mdp = maze()
    actions = training(size).agent(arm, run)(mdp, rewards, GAMMA)
    # Pairs of a state stand together; the one with the action's code is it.
    pairs = np.array([
        [p + int(np.flatnonzero(mdp.action_codes[p:q] == a)[0])
         for a, p, q in zip(row, mdp.pointer[:-1], mdp.pointer[1:], strict=True)]
        for row in actions
    ])  # fmt: skip
    return Library(mdp, GAMMA, pairs, f"{arm}'s")

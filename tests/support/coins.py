"""Coin flips that take no time."""

from __future__ import annotations

import numpy as np

import mdppower as mp
from mdppower.learning import coin_flips
from mdppower.learning.signals import random
from mdppower.learning.training_run import Course, Method
from mdppower.rewards.distribution import resolve

FORK = mp.envs.fork(3)
SMALL = {
    "iterations": 4, "prompts": 8, "group": 4, "epochs": 2, "minibatches": 4, "prior_episodes": 300, "runs": 3,
    "samples": 32, "rng": 0,
}  # fmt: skip
ARMS = ("clip", "on-policy", "true")


def small(mdp=FORK, gamma=0.9, **given):
    """Three runs of four iterations."""
    return coin_flips(mdp, gamma, **SMALL | given)


def course(mdp=FORK, gamma=0.9, start=0, rewards="uniform", entropy=5):
    """What a prior is learnt in."""
    law = resolve(rewards, mdp)
    return Course(mdp, gamma, (random(),), law, np.eye(mdp.n_states)[start], Method(), entropy)

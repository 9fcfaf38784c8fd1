"""Copies: as what was copied, with generators anew and counters back, and with what cannot change shared."""

import random

import numpy as np
import pytest
from gymnasium import wrappers
from walkers import Corridor, Counted, Locked

import mdppower as mp
from mdppower.adapters.gymnasium_copies import Copier, Counter, globals_kept, layers, seed_globals


def copier(*counters):
    return Copier(lambda base, memo: None, counters)


def test_a_copy_is_stepped_alone():
    env = Corridor()
    env.reset(seed=0)
    made = copier().copy(env)
    made.step(1)
    assert (env.x, made.x) == (0, 1)


def test_generators_begin_anew():
    # Of the same seed the same numbers, of another others, and those of the environment itself go on.
    env = Corridor()
    env.reset(seed=0)
    env.own, env.old = random.Random(1), np.random.RandomState(1)
    seeded = copier()

    def drawn(seed):
        made = seeded.copy(env, seed)
        return made.np_random.random(), made.own.random(), made.old.random()

    assert drawn(5) == drawn(5)
    assert all(a != b for a, b in zip(drawn(5), drawn(6), strict=True))
    assert drawn(5)[1] == random.Random(5).random()
    assert env.own.random() == random.Random(1).random()


def test_whether_a_step_drew():
    with globals_kept():
        for draw in (lambda env: env.np_random.random(), lambda env: random.random(), lambda env: np.random.rand()):  # noqa: NPY002
            env, seen = Corridor(), copier()
            env.reset(seed=0)
            made = seen.copy(env, 3)
            seed_globals(3)
            assert not seen.drew()  # the negative control
            draw(made)
            assert seen.drew()


def test_counters_are_set_where_they_are():
    env = wrappers.TimeLimit(Counted(), 9)
    env.reset(seed=0)
    env.step(1)
    both = copier(Counter(0, "_elapsed_steps", 0, 1), Counter(1, "steps", 0, 2))
    made = both.copy(env, 0, steps=3)
    assert [type(layer).__name__ for layer in layers(made)] == ["TimeLimit", "Counted"]
    assert (made._elapsed_steps, made.unwrapped.steps) == (3, 6)
    assert (env._elapsed_steps, env.unwrapped.steps) == (1, 1)


def test_what_is_shared():
    env = Corridor()
    env.table = [1, 2]
    shared = Copier(lambda base, memo: memo.__setitem__(id(base.table), base.table)).copy(env)
    assert shared.table is env.table
    assert copier().copy(env).table is not env.table


def test_what_cannot_be_copied_is_named():
    with pytest.raises(mp.ModelError, match=r"Locked cannot be copied, .*its attribute lock cannot be: TypeError"):
        copier().copy(Locked())

"""Streams: named by purpose, run, arm and chunk, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.learning.episodes import BLOCK, Episodes, Purpose, draw_rewards, named, stream
from mdppower.learning.signals import KINDS
from mdppower.rewards.distribution import resolve

FORK = mp.envs.fork(3)
START = np.array([0.5, 0.0, 0.5, 0.0])


def made(total: int = 100, run: int = 0, arm: int = 1, chunk: int = 1) -> Episodes:
    return Episodes(resolve("uniform", FORK), FORK.states, START, 32, total, 3, run, arm, chunk)


def test_streams_differ_in_each_part_of_their_name():
    names = [(p, run, arm, chunk) for p in Purpose for run in (0, 1) for arm in (0, 1) for chunk in (0, 1)]
    firsts = {stream(5, *name).random() for name in names}
    assert len(firsts) == len(names)
    assert stream(5, Purpose.NOISE, 2, 3, 4).random() == stream(5, Purpose.NOISE, 2, 3, 4).random()


def test_arms_have_different_numbers():
    labels = [*KINDS, *(f"few({n})" for n in range(1, 1000))]
    assert len({named(label) for label in labels}) == len(labels)


def test_rewards_and_starts_are_those_of_all_arms_of_a_run():
    one, other, next_run = made(), made(arm=2), made(run=1)
    for x in (one, other, next_run):
        next(x.blocks())
    drawn = one.drawn()
    assert np.array_equal(drawn, other.drawn())
    assert np.array_equal(one.starts(), other.starts())
    assert not np.array_equal(one.picks(99), other.picks(99))
    assert not np.array_equal(drawn, next_run.drawn())


def test_starts_have_their_chances():
    episodes = made(40_000)
    counts = np.zeros(4)
    for _ in episodes.blocks():
        counts += np.bincount(episodes.starts(), minlength=4)
    assert counts[1] == counts[3] == 0
    # Binomial: sd √(n/4) = 100; 4.5 of these.
    assert abs(counts[0] - 20_000) < 450


def test_blocks_make_up_all_episodes_and_go_on_in_their_streams():
    size = BLOCK // 32
    assert list(made(2 * size + 5).blocks()) == [size, size, 5]
    assert list(made(0).blocks()) == []
    episodes = made(2 * size)
    parts = [episodes.starts() for _ in episodes.blocks()]
    whole = stream(3, Purpose.STARTS, 0, 0, 1).random(2 * size)
    assert np.array_equal(np.concatenate(parts), np.where(whole < 0.5, 0, 2))


def test_rewards_that_are_no_numbers_are_refused_by_state():
    def broken(n, rng):
        return np.full((n, 4), np.inf)

    with pytest.raises(mp.errors.RewardError, match=r"inf in state 'root' \(here\)"):
        draw_rewards(resolve(broken, FORK), 3, np.random.default_rng(0), FORK.states, "here")

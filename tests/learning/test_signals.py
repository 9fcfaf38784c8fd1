"""What is shown and what is given, by name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.learning.episodes import Episodes
from mdppower.learning.signals import DEFAULT, KINDS, Signal, read_signal
from mdppower.rewards.distribution import resolve

MAZE = mp.envs.make("maze")
UNIFORM = np.full(MAZE.n_states, 1 / MAZE.n_states)


def block(name: str, arm: int = 0, count: int = 400):
    """One block of what a signal shows and gives."""
    episodes = Episodes(resolve("uniform", MAZE), MAZE.states, UNIFORM, 32, count, 7, 0, arm, 1)
    assert next(episodes.blocks()) == count
    return read_signal(name).material(episodes)


def test_names_are_read_back():
    for name in (*DEFAULT, "goals", "incorrect", "untrained", "few(16)", "noise(uniform(-1,1))"):
        assert read_signal(name).label == name
        assert read_signal(read_signal(name)).label == name
    assert set(KINDS) >= {x.partition("(")[0] for x in DEFAULT}
    assert read_signal("no_reward") == mp.learning.no_reward() == read_signal(" no-reward ")
    assert mp.learning.noise(stats.t(5)).label.startswith("noise(t")


def test_random_few_goals_and_incorrect_give_what_they_show_or_its_opposite():
    for name in ("random", "few(3)", "goals"):
        x, given, by_step = block(name)
        assert x is given
        assert not by_step
        # Standardised: mean 0, root mean square 1.
        np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-15)
        np.testing.assert_allclose(np.square(x).mean(axis=1), 1, rtol=1e-14)
    assert len(np.unique(block("few(3)")[0], axis=0)) == 3
    assert len(np.unique(block("goals")[0], axis=0)) == MAZE.n_states
    x, given, _ = block("incorrect")
    assert np.array_equal(given, -x)
    assert np.array_equal(x, block("random", arm=5)[0])  # draws are those of the run, in all arms


def test_a_larger_pool_has_the_smaller_one():
    one, four = (np.unique(block(f"few({n})")[0], axis=0) for n in (1, 4))
    assert any(np.array_equal(one[0], row) for row in four)


def test_shuffled_and_noise_say_nothing_of_what_is_shown():
    # Correlation of N = 400 · 31 products of independent standardised numbers: sd 1/√N = .009; 4.5 of these.
    x, given, by_step = block("shuffled")
    assert not by_step
    assert abs((x * given).mean()) < 0.04
    assert abs((x * block("random")[1]).mean() - 1) < 1e-12  # the control: what does say it
    x, given, by_step = block("noise(expon)")
    assert by_step
    assert given.shape == (400, 32)
    assert abs(given.mean()) < 4.5 / np.sqrt(given.size)
    # The fourth moment of a standardised exponential is 9, so that its square has sd √8.
    assert abs(np.square(given).mean() - 1) < 4.5 * np.sqrt(8 / given.size)


def test_unseen_is_shown_nothing():
    x, given, _ = block("unseen")
    assert not x.any()
    assert given.any()
    assert not read_signal("unseen").sees


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("randon", "did you mean 'random'"),
        ("few", "such as few(4)"),
        ("few(x)", "few takes"),
        ("few(0)", "n of few"),
        ("few(-1)", "n of few"),
        ("random(2)", "takes nothing in brackets"),
        ("noise(", "there is no signal"),
        (3, "got 3"),
        (None, "got None"),
        ("", "there is no signal ''"),
    ],
)
def test_what_is_no_signal_is_refused(name, told):
    with pytest.raises(mp.errors.ParameterError) as caught:
        read_signal(name)
    assert told in str(caught.value)


@pytest.mark.parametrize("law", ["cauchy", "t(2)", "3", "no law"])
def test_noise_needs_a_variance(law):
    with pytest.raises(mp.errors.RewardError):
        mp.learning.noise(law if law != "3" else 3)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"given": "R"}, "signal own: shown must say in words what is shown, got None"),
        ({"shown": "R", "given": ""}, "signal own: given must say in words what is given, got ''"),
        ({"shown": "R", "given": "R", "learns": "all"}, "signal own: learns must be one of 'values', .* got 'all'"),
    ],
)
def test_a_signal_of_ones_own_says_what_it_is(said, told):
    own = type("own", (Signal,), {"material": lambda self, episodes: None, **said})
    with pytest.raises(ParameterError, match=told):
        read_signal(own())

"""Discrete laws as atoms: the values and chances of scipy's own distribution function, wherever the law stands."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.integrals.reward_laws import Atoms, exact_law
from mdppower.rewards.distribution import Independent
from mdppower.rewards.laws import law

THREE = stats.rv_discrete(values=([0, 1, 2], [0.2, 0.3, 0.5]))
LAWS = [
    THREE(loc=1),
    THREE(loc=-7),
    THREE(loc=0.1),
    stats.rv_discrete(values=([-0.5, 0.25, 3.0], [0.25, 0.25, 0.5]))(loc=0.75),
    stats.rv_discrete(values=([0.3, 0.1 + 0.2, 1], [0.2, 0.3, 0.5])),  # two floats that stand for one number
    stats.bernoulli(0.3, loc=-1),
    stats.binom(5, 0.3, loc=2),
    stats.binom(n=5, p=0.3, loc=0.5),
    stats.randint(1, 7, loc=-3),
    stats.boltzmann(1.4, 19, loc=-2),
]


def atoms(frozen):
    known = exact_law(Independent([law(frozen)], np.zeros(1, int)))
    assert isinstance(known, Atoms)
    return dict(known.laws[0])


@pytest.mark.parametrize("frozen", LAWS)
def test_atoms_are_the_jumps_of_the_distribution_function(frozen):
    found = atoms(frozen)
    assert sum(found.values()) == 1
    for value, chance in found.items():
        jump = frozen.cdf(float(value) + 1e-6) - frozen.cdf(float(value) - 1e-6)
        assert float(chance) == pytest.approx(jump, abs=1e-12)
    mean = sum(v * p for v, p in found.items())
    assert float(mean) == pytest.approx(frozen.mean(), rel=1e-12)
    assert float(sum((v - mean) ** 2 * p for v, p in found.items())) == pytest.approx(frozen.var(), rel=1e-12)


def test_a_law_that_was_moved():
    """X in {0, 1, 2} with chances .2, .3, .5, and 1 more: of two, E max = 1 + 1·(.5² − .2²) + 2·(1 − .5²) = 2.71."""
    fork = mp.envs.fork(2)
    power = mp.power(fork, 0.9, THREE(loc=1), method="exact")
    assert power.exact.tolist() == [Fraction(271, 100), Fraction(23, 10), Fraction(23, 10)]
    rewards = {"t1": THREE(loc=1), "t2": 2, "root": 0}
    chance = mp.action_optimality(fork, 0.5, rewards=rewards, method="exact").of("root", "->t1").exact
    assert chance == Fraction(4, 5)  # P(1 + X ≥ 2)
    A, B = (mp.Option.state(fork, s, 0.5, kind="value") for s in ("t1", "t2"))
    assert mp.compare(A, B, rewards | {"t2": 2.5}, method="exact").p_at_least.exact == Fraction(1, 2)  # P(X = 2)


def test_moving_all_rewards_moves_power():
    """POWER of R + c is POWER of R, and c: a law of draws, too, which know nothing of atoms."""
    mdp = mp.envs.figure_1()
    still = mp.power(mdp, 0.5, stats.binom(1, 0.4), method="exact").exact
    moved = mp.power(mdp, 0.5, stats.binom(1, 0.4, loc=-3), method="exact").exact
    assert (moved == still - 3).all()
    low, high = mp.power(mdp, 0.5, stats.binom(1, 0.4, loc=-3), rng=0).interval(1 - 1e-6)
    assert ((low <= moved.astype(float)) & (moved.astype(float) <= high)).all()


class Leaky(stats.rv_discrete):
    """A family that forgets a tenth of its chance."""

    def _pmf(self, k):
        return np.where((k == 0) | (k == 1), 0.45, 0.0)


def test_chances_that_do_not_sum_to_one_are_refused():
    with pytest.raises(mp.RewardError, match=r"leaky: its probabilities sum to 0\.9, not 1"):
        atoms(Leaky(a=0, b=1, name="leaky")())


def test_values_are_counted_and_not_their_range():
    """{0, 10⁵} is two values: E max of two is 3/4 · 10⁵. What has too many is refused by their number."""
    far = stats.rv_discrete(values=([0, 100_000], [0.5, 0.5]))
    assert mp.power(mp.envs.fork(2), 0.9, far, method="exact").exact.tolist() == [75_000, 50_000, 50_000]
    close = stats.rv_discrete(values=(np.arange(20_001) / 20_001, np.full(20_001, 1 / 20_001)))
    for given, told in (
        (close, "has 20,001: the limit is 20,000$"),
        ("randint(0,1000000)", r"randint\(0,1000000\) has 1,000,000: the limit"),
        ("poisson(3)", r"poisson\(3\) has no end of them$"),
    ):
        with pytest.raises(mp.RewardError, match="finitely many values; .*" + told):
            exact_law(Independent([law(given)], np.zeros(1, int)))

"""Each rule for ν² against the moment generating function itself, where some rewards are constant or never vary.

Rewards of few values have an exact law of Δ: no ν² can be below sup_λ 2 ln E e^{λ(Δ − EΔ)}/λ², which tends to Var Δ
as λ → 0. Sets are listed or not (most_vectors = 0), in the simplex or not.
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.bounds.option_difference import Difference

RATES = np.r_[-np.geomspace(30, 0.03, 13), np.geomspace(0.03, 30, 13)]


def random_law(rng):
    """Values, chances, and the law as a user gives it; a constant in two cases of five."""
    if rng.random() < 0.4:
        value = float(rng.integers(-2, 3)) / 2
        return [value], [1.0], value
    if rng.random() < 0.5:
        p = float(rng.integers(1, 10)) / 10
        return [0.0, 1.0], [1 - p, p], f"bernoulli({p})"
    loc = int(rng.integers(-2, 3))
    return [loc, loc + 1.0, loc + 3.0], [0.25, 0.25, 0.5], stats.rv_discrete(
        values=([0, 1, 3], [0.25, 0.25, 0.5])
    )(loc=loc)  # fmt: skip


def random_rows(rng, n):
    """A few vectors: unit vectors, distributions, or anything."""
    size, kind = int(rng.integers(1, 4)), rng.integers(3)
    if kind == 0:
        return np.eye(n)[rng.integers(0, n, size)]
    if kind == 1:
        return rng.dirichlet(np.full(n, 0.5), size)
    return rng.normal(size=(size, n)) * (rng.random((size, n)) < 0.7)


def least_proxy(laws, a, b):
    """sup_λ 2 ln E e^{λ(Δ − EΔ)}/λ² over a grid of λ, exactly, by all combinations of values."""
    rewards = np.array(list(product(*(values for values, _, _ in laws))))
    chances = np.array([prod(one) for one in product(*(chances for _, chances, _ in laws))])
    delta = (rewards @ a.T).max(axis=1) - (rewards @ b.T).max(axis=1)
    centred = delta - chances @ delta
    size = np.sqrt(chances @ centred**2)
    if size == 0:
        return 0.0
    found = [2 * np.log(chances @ np.exp(rate * centred / size)) / rate**2 for rate in RATES / 3]
    return size**2 * max(found)


def violations(cases, seed):
    """Certificates below what is possible, and how many there were."""
    rng, below, seen = np.random.default_rng(seed), [], 0
    for _ in range(cases):
        n = int(rng.integers(2, 5))
        laws = [random_law(rng) for _ in range(n)]
        a, b = random_rows(rng, n), random_rows(rng, n)
        options = mp.Option.vectors(a), mp.Option.vectors(b)
        rewards = {s: given for s, (_, _, given) in enumerate(laws)}
        found = mp.certify(*options, rewards, most_vectors=int(rng.choice([0, 64])))
        least = least_proxy(laws, a, b)
        seen += len(found.certificates)
        below += [one.name for one in found.certificates if one.value < least * (1 - 1e-7) - 1e-12]
    return below, seen


def test_no_rule_is_below_the_moment_generating_function():
    below, seen = violations(100, seed=0)
    assert below == []
    assert seen > 300


def test_supports_without_the_constant_states_are_caught(monkeypatch):
    """The rule as it was: a state of constant rewards counted as one where no vector is."""
    slopes = property(lambda self: (self.ranges[1][:, 0] > 0, self.ranges[1][:, 1] > 0))
    monkeypatch.setattr(Difference, "supports", slopes)
    laws = {0: "uniform", 1: 0.5}
    found = mp.certify(mp.Option.vectors([[1, 0]]), mp.Option.vectors([[0, 1]]), laws)
    assert found["dimension_free"].value == 0  # for a variance of 1/12


def test_ranges_of_vectors_that_are_no_distributions(monkeypatch):
    """Δ = 3X for X ~ Bernoulli(1/2): its range is 3, not that of the rewards."""
    options = mp.Option.vectors([[3.0, 0.0]]), mp.Option.vectors([[0.0, 0.0]])
    found = mp.certify(*options, "bernoulli(0.5)", most_vectors=0)
    assert found["range"].value == pytest.approx(9 / 4)
    monkeypatch.setattr(Difference, "in_simplex", True)  # the rule as it was
    assert mp.certify(*options, "bernoulli(0.5)", most_vectors=0)["range"].value < 9 / 4


@pytest.mark.parametrize("most", [0, 64])
@pytest.mark.parametrize("n", [2, 40])
def test_one_side_constant(n, most):
    """Δ = X − c: its proxy is that of X, for uniform X 1/12 and for normal X the variance, however many states."""
    ours, theirs = np.eye(n)[:1], np.eye(n)[1:2]
    options = mp.Option.vectors(ours), mp.Option.vectors(theirs)
    for law, least in (("uniform", 1 / 12), ("norm(0,1)", 1.0)):
        rewards = {0: law, "default": 0.5}
        assert mp.certify(*options, rewards, most_vectors=most).nu2 == pytest.approx(least)
    covariance = np.zeros((n, n))
    covariance[0, 0] = 4
    assert mp.certify(*options, mp.Gaussian(np.zeros(n), covariance), most_vectors=most).nu2 == pytest.approx(4)
    fixed = mp.certify(*options, mp.Fixed(np.arange(float(n))), most_vectors=most)
    assert (fixed.nu2, fixed.delta_min, fixed.delta_max) == (0, -1, -1)

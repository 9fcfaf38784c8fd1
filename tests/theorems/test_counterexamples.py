"""Counterexamples that the search finds are true by draws too; and what it says where there is none."""

from __future__ import annotations

import pytest

import mdppower as mp
from mdppower.theorems.counterexamples import search_counterexample


@pytest.mark.slow
def test_more_power_is_not_more_likely_optimal():
    """Proposition B.1, on an MDP of three states; the same by draws, inside 99.9 % intervals."""
    found = search_counterexample("power-optimality", 4, rng=0, tries=60)
    assert found is not None
    s, x, y = found.where
    assert found.numbers["POWER(x)"] > found.numbers["POWER(y)"]
    assert found.numbers["P(s, →x)"] < found.numbers["P(s, →y)"]
    low, high = mp.power(found.mdp, 0.5, samples=8192, rng=0).difference(x, y).interval(0.999)
    assert low <= float(found.numbers["POWER(x)"] - found.numbers["POWER(y)"]) <= high
    chances = mp.action_optimality(found.mdp, 0.5, samples=8192, rng=1)
    for end, name in ((x, "P(s, →x)"), (y, "P(s, →y)")):
        low, high = chances.of(s, f"->{end}").interval(0.999)
        assert low <= float(found.numbers[name]) <= high


@pytest.mark.slow
def test_the_post_theorem_is_refuted():
    found = search_counterexample("post-theorem", 3, rng=0, tries=60)
    assert found is not None
    a, b = (mp.Option.state(found.mdp, state, 0.5, "value") for state in found.where)
    drawn = mp.compare(a, b, samples=8192, rng=0)
    low, high = drawn.p_at_least.interval(0.999)
    assert low <= float(found.numbers["p(A ≥ B)"]) <= high
    low, high = drawn.gap.interval(0.999)
    assert low <= float(found.numbers["C(B) - C(A)"]) <= high
    assert "3 states, γ=0.5" in repr(found)


@pytest.mark.slow
def test_it_is_reproducible_and_gives_up():
    one, two = (search_counterexample("post-theorem", 3, rng=5, tries=10) for _ in range(2))
    assert one is not None
    assert repr(one) == repr(two)
    # With two states there is nothing to find: in all 9 such MDPs more power goes with p ≤ 1/2.
    assert search_counterexample("post-theorem", 2, rng=0, tries=20) is None


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("power",), "claim must be one of 'power-optimality', 'post-theorem'"),
        (("post-theorem", 20), "n_states must be at most 8"),
        (("post-theorem", 0), "n_states must be a positive integer"),
    ],
)
def test_bad_input(args, message):
    with pytest.raises(mp.ParameterError, match=message):
        search_counterexample(*args)


def test_one_gamma():
    with pytest.raises(mp.ParameterError, match="one gamma"):
        search_counterexample("post-theorem", gamma=[0.5])
    with pytest.raises(mp.ParameterError, match="tries"):
        search_counterexample("post-theorem", tries=0)

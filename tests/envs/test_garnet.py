"""Random MDPs: rows that sum to 1 to the last bit, sets and probabilities by their laws, bits by their seed."""

import math
import re

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.envs.garnet import _distinct, random
from mdppower.errors import LabelError, ParameterError, SizeError

ALARM = 1e-6
"""How often each statistical test below would fail for a right program; the seeds are fixed."""


@pytest.mark.parametrize(("n", "actions", "b"), [(1, 1, 1), (20, 3, 2), (7, 2, 7), (50, 1, 49), (300, 4, 5)])
def test_every_pair_leads_to_as_many_states_as_asked_for(n, actions, b):
    mdp = random(n, actions, b, rng=3)
    assert (mdp.n_states, mdp.n_pairs) == (n, n * actions)
    assert (np.diff(mdp.kernel.indptr) == b).all()
    assert mdp.kernel.has_canonical_format  # no successor twice
    # Lengths of parts of [0, 1] are multiples of 2^-53 that are at most 1: sums in any order are exact.
    assert (mdp.kernel.sum(axis=1) == 1).all()
    assert all(math.fsum(row) == 1 for row in np.split(mdp.kernel.data, mdp.kernel.indptr[1:-1]))
    assert "rescaled" not in mdp.origin


def test_one_successor_is_deterministic():
    assert random(30, 2, 1).is_deterministic
    assert not random(30, 2, 2).is_deterministic


def test_the_same_seed_is_the_same_mdp():
    mdp = random(40, rng=5)
    for again in (
        random(40, rng=5),
        random(40, 3, 2, rng=np.random.default_rng(5)),
        mp.envs.make("random(40, rng=5)"),
    ):
        assert mdp.fingerprint == again.fingerprint
        assert np.array_equal(mdp.kernel.data, again.kernel.data)
    assert mdp.fingerprint != random(40, rng=6).fingerprint


def test_where_it_comes_from_is_told_so_that_it_can_be_made_again():
    mdp = random(9, actions=2, branching=4, rng=None)  # a seed is drawn
    source = mdp.origin["source"]
    seed = int(re.fullmatch(r"random\(9, actions=2, branching=4, rng=(\d+)\)", source)[1])
    assert random(9, 2, 4, rng=seed).equals(mdp)
    assert "Archibald, McKinnon and Thomas" in mdp.origin["made"]
    assert random(9, rng=np.random.default_rng(0)).origin["source"].endswith("rng=a Generator)")
    assert random(9, rng=[1, 2]).origin["source"].endswith("rng=[1, 2])")


# ---------------------------------------------------------------------- laws


def counts_of_sets(found, n):
    """How often each of the C(n, 2) sets was drawn."""
    low, high = found.min(axis=1), found.max(axis=1)
    return np.bincount(low * n + high, minlength=n * n).reshape(n, n)[np.triu_indices(n, 1)]


def test_all_sets_of_successors_are_equally_likely():
    # 6,000 pairs of 5 states draw 2 successors each: C(5, 2) = 10 sets, 600 of each on average; χ² with 9 degrees of
    # freedom, whose tail is that of the multinomial at such counts.
    draws = 6000
    mdp = [random(5, 40, 2, rng=seed) for seed in range(30)]
    found = np.concatenate([m.kernel.indices.reshape(-1, 2) for m in mdp])
    assert len(found) == draws
    assert stats.chisquare(counts_of_sets(found, 5)).pvalue > ALARM
    # Negative control: with replacement, repeats replaced by the next number, as a simpler program might do.
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (2, draws))
    second = np.where(first == second, (second + 1) % 5, second)
    assert stats.chisquare(counts_of_sets(np.column_stack([first, second]), 5)).pvalue < ALARM


def test_floyds_sets_are_those_of_his_algorithm():
    # The same in five lines of Python, for the same draws.
    n, b = 11, 6
    draws = np.random.default_rng(1).integers(0, np.arange(n - b, n), size=(50, b), endpoint=True)
    for row, found in zip(draws, _distinct(draws, n), strict=True):
        chosen = set()
        for j, number in zip(range(n - b, n), row, strict=True):
            chosen.add(j if number in chosen else int(number))
        assert chosen == set(found.tolist())


@pytest.mark.parametrize("b", [2, 3, 6])
def test_probabilities_are_lengths_of_parts(b):
    # Each of the b parts of [0, 1] cut at b − 1 uniform points is Beta(1, b − 1): P(length > x) = (1 − x)^(b−1). One
    # part of each row is taken, so that they are independent: Kolmogorov-Smirnov on 6,000 of them.
    mdp = random(2000, 3, b, rng=b)
    lengths = mdp.kernel.data.reshape(-1, b)
    for part in (0, b - 1):
        assert stats.kstest(lengths[:, part], stats.beta(1, b - 1).cdf).pvalue > ALARM
    # Negative control: uniform weights divided by their sum, as many programs do.
    weights = np.random.default_rng(b).random((6000, b))
    wrong = weights[:, 0] / weights.sum(axis=1)
    assert stats.kstest(wrong, stats.beta(1, b - 1).cdf).pvalue < ALARM


def test_successors_do_not_depend_on_the_state():
    # Each state is a successor of itself as often as any other: of 40,000 pairs of 20 states that lead to 3, a
    # binomial number with chance 3/20.
    mdp = random(20, 2000, 3, rng=8)
    own = int((mdp.kernel.indices.reshape(-1, 3) == mdp.pair_states[:, None]).sum())
    assert stats.binomtest(own, 40_000, 3 / 20).pvalue > ALARM
    assert stats.binomtest(own, 40_000, 2 / 20).pvalue < ALARM  # negative control


# ---------------------------------------------------------------------- by name, and what is refused


def test_by_name():
    assert mp.envs.make("random(20)").equals(random(20))
    assert mp.envs.make("random(20, actions=3, branching=2, rng=0)").equals(random(20))
    assert mp.envs.make("random(20,2,rng = 7)").equals(random(20, 2, rng=7))
    assert mp.envs.make("random(n_states=6,branching=1)").equals(random(6, branching=1))
    assert mp.envs.make("maze(5,7,seed=1)").equals(mp.envs.maze(5, 7, rng=1))  # as in any family


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("random(20, acions=3)", ParameterError,
         "random(20,acions=3) does not have the form random(n_states,actions=3,branching=2,rng=0)"),
        ("random(20, n_states=3)", ParameterError, "does not have the form random("),
        ("random(1,2,3,4,5)", ParameterError, "does not have the form random("),
        ("random(20, rng=-1)", LabelError, "did you mean 'random(20)'"),
        ("random(actions=3, 20)", LabelError, "there is no environment"),
        ("random(20, rng=1, rng=2)", LabelError, "there is no environment"),
        ("random(0)", ParameterError, "n_states must be a positive integer, got 0"),
        ("random(3, branching=4)", ParameterError, "branching = 4 distinct successors are more than the 3 states"),
        ("random(999999999)", SizeError, "999999999 states × 3 actions × 2 successors are more than 2**25"),
    ],
)  # fmt: skip
def test_what_is_refused(name, error, told):
    with pytest.raises(error, match=re.escape(told)):
        mp.envs.make(name)


def test_python_has_its_own_random_module_still():
    import random as python_random

    import mdppower.envs.garnet

    assert python_random.randint(3, 3) == 3
    assert mp.envs.random is mdppower.envs.garnet.random


@pytest.mark.slow
def test_a_million_states():
    mdp = random(10**6)
    assert mdp.n_pairs == 3 * 10**6
    assert (np.diff(mdp.kernel.indptr) == 2).all()

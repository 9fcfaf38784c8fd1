"""Orbits of reward functions against itertools: all of them, in blocks, sampled."""

from __future__ import annotations

import math
from itertools import islice, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import mdppower as mp
from mdppower.orbits.rearrangements import (
    binary_orbits,
    orbit,
    orbit_blocks,
    orbit_size,
    permuted,
    sample_orbit,
)

MANY = settings(max_examples=40, deadline=None)
VALUES = st.lists(st.integers(-2, 2), min_size=1, max_size=6)


# ---------------------------------------------------------------------- orbits


@MANY
@given(VALUES)
def test_orbit_is_all_distinct_rearrangements_in_order(values):
    expected = sorted(set(permutations(map(float, values))))
    assert [tuple(row) for row in orbit(values)] == expected
    assert orbit_size(values) == len(expected)
    blocks = list(orbit_blocks(values, block=7))
    assert [len(b) for b in blocks[:-1]] == [7] * (len(blocks) - 1)
    assert [tuple(row) for block in blocks for row in block] == expected


def test_orbits_too_large_to_hold():
    """25! ≈ 1.6e25 is beyond 64 bits: the numbers of arrangements are Python's integers then."""
    first = next(iter(orbit_blocks(range(25), block=4)))
    assert [tuple(row) for row in first] == list(islice(permutations(map(float, range(25))), 4))
    with pytest.raises(mp.SizeError, match=r"has 3,628,800 elements; the limit is 1,000,000"):
        orbit(range(10))
    with pytest.raises(mp.SizeError, match=r"has about 10\^5735 elements"):
        orbit(range(2000))
    assert orbit_size(range(2000)) == math.factorial(2000)


def test_all_of_eight_states():
    rows = orbit(range(8))
    assert rows.shape == (40_320, 8)
    assert len({row.tobytes() for row in rows}) == 40_320
    assert (np.sort(rows, axis=1) == np.arange(8)).all()


@pytest.mark.slow
def test_all_of_nine_states_in_blocks():
    """362,880 elements, in rising order (as numbers in base 10), so that none comes twice; 26 MB are two blocks."""
    last, count = -1.0, 0
    for rows in orbit_blocks(range(9)):
        assert len(rows) < 362_880
        numbers = rows @ 10.0 ** np.arange(8, -1, -1)
        assert numbers[0] > last
        assert (np.diff(numbers) > 0).all()
        last, count = numbers[-1], count + len(rows)
    assert (count, last) == (362_880, 876_543_210)


def test_binary_orbits_are_all_rewards_of_zeros_and_ones():
    rows = [tuple(row) for ones, some in binary_orbits(7) for row in some if row.sum() == ones]
    assert sorted(rows) == sorted(product((0.0, 1.0), repeat=7))
    with pytest.raises(
        mp.SizeError, match="17 states matter: 131,072 rewards of zeros and ones; the limit is 65,536"
    ):
        binary_orbits(17)


def test_sampled_elements_are_uniform_on_the_orbit_with_ties():
    """Chi-square over the 12 elements of the orbit of (0, 1, 1, 2), at level 1e-6.

    Negative control: permuting only by turning the circle of states, which gets at 4 of them, is found out.
    """

    def p_value(rows):
        counts = [int((rows == element).all(axis=1).sum()) for element in orbit([0, 1, 1, 2])]
        assert sum(counts) == len(rows)
        return stats.chisquare(counts).pvalue

    assert p_value(sample_orbit([2, 1, 0, 1], 6000, rng=1)) > 1e-6
    turns = np.random.default_rng(1).integers(0, 4, size=6000)
    assert p_value(np.array([np.roll([0.0, 1.0, 1.0, 2.0], t) for t in turns])) < 1e-6


@MANY
@given(st.permutations(range(6)), st.integers(0, 99))
def test_permuted_moves_entries_with_states(image, seed):
    """(φ·x)[φ(i)] = x[i]; ⟨φ·x, φ·r⟩ = ⟨x, r⟩; of an involution φ·x is x[φ]."""
    x, r = np.random.default_rng(seed).integers(0, 9, size=(2, 6)).astype(float)
    moved = permuted(x, image)
    assert all(moved[image[i]] == x[i] for i in range(6))
    assert moved @ permuted(r, image) == x @ r
    swap = np.arange(6)
    swap[[image[0], image[1]]] = swap[[image[1], image[0]]]
    assert (permuted(np.array([x, r]), swap) == np.array([x, r])[:, swap]).all()

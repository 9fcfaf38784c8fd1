"""Leads chained: limits that add up are shortest paths; what has no solution is seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from mdppower.success_rates.ladders import chained, linked


def by_linear_program(pairs, lower, upper, size, base, width=np.inf):
    """The second route: the least and greatest x_i − x_base under all constraints, an LP for each."""
    rows, room = [], []
    for (i, j), low, high in zip(pairs, lower, upper, strict=True):
        for sign, bound in ((1, high), (-1, -low)):
            if np.isfinite(bound):
                row = np.zeros(size)
                row[i], row[j] = sign, -sign
                rows, room = [*rows, row], [*room, bound]
    if np.isfinite(width):
        for i in range(size):
            for j in range(size):
                row = np.zeros(size)
                row[i] += 1
                row[j] -= 1
                rows, room = [*rows, row], [*room, width]
    ends = []
    for sign in (1, -1):
        found = []
        for i in range(size):
            goal = np.zeros(size)
            goal[i] += sign
            goal[base] -= sign
            solved = linprog(goal, np.array(rows), room, bounds=(None, None))
            found.append(sign * solved.fun if solved.status == 0 else -sign * np.inf)
        ends.append(np.array(found))
    return ends


@pytest.mark.parametrize("seed", range(6))
def test_shortest_paths_are_the_ends_of_a_linear_program(seed):
    """Leads of hidden powers, each within limits around the true difference; some have only one end."""
    rng = np.random.default_rng(seed)
    size, width = 7, np.inf if seed % 2 else 1.0
    hidden = rng.random(size)
    pairs = np.array([(i, j) for i in range(size) for j in range(i) if rng.random() < 0.5])
    true = hidden[pairs[:, 0]] - hidden[pairs[:, 1]]
    lower, upper = true - rng.exponential(0.2, len(true)), true + rng.exponential(0.2, len(true))
    lower[rng.random(len(true)) < 0.2], upper[rng.random(len(true)) < 0.2] = -np.inf, np.inf
    low, high = chained(pairs, lower, upper, size, 2, width)
    assert ((low <= hidden - hidden[2]) & (hidden - hidden[2] <= high)).all()
    for found, wanted in zip((low, high), by_linear_program(pairs, lower, upper, size, 2, width), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_a_link_may_be_used_in_both_directions():
    """A − B in [1, 2] and C − B in [3, 5]: A − C in [1 − 5, 2 − 3]."""
    low, high = chained(np.array([[0, 1], [2, 1]]), np.array([1.0, 3]), np.array([2.0, 5]), 3, base=2)
    assert (low[0], high[0]) == (-4, -1)


def test_contradictions():
    """A > B > C > A by 1 each: a circle of length −3. By 0 in all, and rounding makes no contradiction of it."""
    circle = np.array([[0, 1], [1, 2], [2, 0]])
    assert chained(circle, np.ones(3), np.full(3, np.inf), 3, 0) is None
    low, high = chained(circle, np.array([0.1 + 0.2, -0.3, 0.0]), np.full(3, np.inf), 3, 0)
    np.testing.assert_allclose([low, high], 0.0 + np.array([[0, -0.3, 0.0]] * 2), atol=1e-15)


def test_contradictions_that_no_limit_links_to_the_base():
    """The circle above, beside a pair that has the base, and not linked to it, or by limits without an end."""
    pairs = np.array([[0, 1], [1, 2], [2, 0], [3, 4]])
    assert chained(pairs, np.ones(4), np.full(4, np.inf), 5, 4) is None
    open_ended = np.vstack([pairs, [[3, 0]]])
    assert chained(open_ended, np.array([1, 1, 1, 1, -np.inf]), np.full(5, np.inf), 5, 4) is None
    assert chained(pairs, np.array([1.0, 1, -3, 1]), np.full(4, np.inf), 5, 4) is not None


def test_what_is_not_linked():
    pairs = np.array([[0, 1], [2, 3]])
    low, high = chained(pairs, np.zeros(2), np.ones(2), 4, 1)
    assert low.tolist() == [0, 0, -np.inf, -np.inf]
    assert high.tolist() == [1, 0, np.inf, np.inf]
    assert linked(pairs, 4, 1).tolist() == [True, True, False, False]
    # The range is known of all, linked or not.
    low, high = chained(pairs, np.zeros(2), np.ones(2), 4, 1, width=1.5)
    assert (low.tolist(), high.tolist()) == ([0, 0, -1.5, -1.5], [1, 0, 1.5, 1.5])

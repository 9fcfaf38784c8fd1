"""Exact volumes: simplices and cuts of the cube by hand, two routes that share no step, refusals."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdppower.errors import ParameterError, SizeError
from mdppower.integrals.volumes import ROUTES, components, integral, moments, volume, work

both = pytest.mark.parametrize("route", ROUTES)


@both
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_corner_simplex(n, route):
    # Σ x_j ≤ 1 has volume 1/n!; its centroid is 1/(n + 1) in every coordinate.
    A = [[1] * n]
    assert volume(A, [1], route) == Fraction(1, factorial(n))
    assert moments(A, [1], n, route)[1] == [Fraction(1, factorial(n + 1))] * n


@both
def test_orders(route):
    # x_1 ≤ … ≤ x_4: one of 4! orders; E of the largest of four uniforms is 4/5, of the smallest 1/5.
    A = [[1, -1, 0, 0], [0, 1, -1, 0], [0, 0, 1, -1]]
    assert volume(A, [0] * 3, route) == Fraction(1, 24)
    assert integral(A, [0] * 3, [0, 0, 0, 1], 0, route) == Fraction(4, 5 * 24)
    assert integral(A, [0] * 3, [1, 0, 0, 0], 0, route) == Fraction(1, 5 * 24)


@both
def test_slices_of_the_cube(route):
    # P(u_1 + u_2 + u_3 ≤ 3/2) = 1/2 by symmetry; ≤ 2: 1 − 1/6. Between 1 and 2: 4/6 (Eulerian numbers 1, 4, 1).
    assert volume([[1, 1, 1]], [Fraction(3, 2)], route) == Fraction(1, 2)
    assert volume([[1, 1, 1]], [2], route) == Fraction(5, 6)
    assert volume([[1, 1, 1], [-1, -1, -1]], [2, -1], route) == Fraction(2, 3)


@both
def test_redundant_repeated_and_parallel_rows(route):
    # Twice the same half-space, once scaled, a parallel looser one, and a touching one: still the triangle of 1/8.
    A = [[1, 1], [1, 1], [3, 3], [1, 1], [-1, 0], [1, 0]]
    half = Fraction(1, 2)
    assert volume(A, [half, half, 3 * half, 1, 0, half], route) == Fraction(1, 8)


@both
def test_flat_and_empty(route):
    assert volume([[1, 1], [-1, -1]], [1, -1], route) == 0  # a segment
    assert volume([[1, 1]], [-1], route) == 0
    assert volume([[1, 1]], [0], route) == 0  # a corner
    assert volume([[1, 1], [-1, -1]], [Fraction(1, 2), -1], route) == 0
    # Rows of zeros: 0 ≤ 0 says nothing, 0 ≤ −1 is never true.
    assert volume([[0, 0]], [0], route) == 1
    assert volume([[0, 0]], [-1], route) == 0


@both
def test_components(route):
    # {x ≤ y} × {z ≤ 1/3} × [0, 1]: 1/2 · 1/3; E x over it is 1/3 of that, E z 1/6, and the free one 1/2.
    A, b = [[1, -1, 0, 0], [0, 0, 1, 0]], [0, Fraction(1, 3)]
    size, first = moments(A, b, 4, route)
    assert size == Fraction(1, 6)
    assert [x / size for x in first] == [Fraction(1, 3), Fraction(2, 3), Fraction(1, 6), Fraction(1, 2)]
    assert components(A, range(4)) == [(0, 1), (2,), (3,)]


def test_no_coordinates():
    assert volume([], []) == 1
    assert volume([[], []], [0, 1]) == 1
    assert volume([[]], [-1]) == 0
    assert integral([], [], [], Fraction(2, 3)) == Fraction(2, 3)


small = st.integers(-3, 3)
bounds = st.fractions(-1, 2, max_denominator=3)


@st.composite
def polytopes(draw):
    n = draw(st.integers(1, 4))
    m = draw(st.integers(0, 5))
    A = [[draw(small) for _ in range(n)] for _ in range(m)]
    cone = draw(st.booleans())  # degenerate on purpose: all facets through one corner
    b = [Fraction(0) if cone else draw(bounds) for _ in range(m)]
    return A, b, [draw(small) for _ in range(n)], draw(bounds)


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(polytopes())
def test_routes_agree(polytope):
    A, b, c, d = polytope
    assert integral(A, b, c, d, "facets") == integral(A, b, c, d, "simplices")


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(polytopes(), st.sampled_from(ROUTES))
def test_a_cut_is_additive(polytope, route):
    # {a·x ≤ t} and {a·x ≥ t} share a set of measure 0.
    A, b, c, d = polytope
    parts = [integral([*A, [s * x for x in c]], [*b, s * d], c, d, route) for s in (1, -1)]
    assert sum(parts) == integral(A, b, c, d, route)


@both
def test_hopeless_is_refused(route):
    with pytest.raises(SizeError, match=f"40 coordinates and 30 rows by {route} takes about"):
        volume([[j + i for j in range(1, 41)] for i in range(30)], [50] * 30, route)
    # Forty coordinates on their own are forty intervals.
    half = Fraction(1, 2)
    assert work([[int(i == j) for j in range(40)] for i in range(40)], route) < 1
    assert volume([[int(i == j) for j in range(40)] for i in range(40)], [half] * 40, route) == half**40


def test_wrong_arguments():
    with pytest.raises(ParameterError, match="route must be one of 'facets', 'simplices'"):
        volume([[1]], [1], "lawrence")
    with pytest.raises(ParameterError, match="must have 2 entries"):
        integral([[1]], [1], [1, 1], 0)

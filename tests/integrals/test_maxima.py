"""The exact law of a maximum: orders, sums, ties by hand; golden pairs; two routes that agree exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from cases import GOLDEN, load
from hypothesis import given, settings
from hypothesis import strategies as st

from mdppower.errors import ParameterError, SizeError
from mdppower.integrals.maxima import (
    ROUTES,
    Maximum,
    compare_discrete,
    compare_uniform,
    cone_probability,
    maximum_discrete,
    maximum_uniform,
)

half, third, sixth = Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)
routes = pytest.mark.parametrize("route", ROUTES)


def unit(k):
    return [[int(i == j) for j in range(k)] for i in range(k)]


@routes
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_largest_of_k_uniforms(k, route):
    # E max = k/(k + 1), shares 1/k; on [−1, 3] instead of [0, 1] that is 4k/(k + 1) − 1.
    assert maximum_uniform(unit(k), [0] * k, [1] * k, route) == Maximum(Fraction(k, k + 1), [Fraction(1, k)] * k)
    assert maximum_uniform(unit(k), [-1] * k, [3] * k, route).mean == Fraction(4 * k, k + 1) - 1


@routes
def test_different_intervals(route):
    # U(0, 1) against U(0, 2): P(X > Y) = 1/4; E max = E Y + E(X − Y)⁺ = 1 + ∫∫_{y<x} (x − y)/2 = 1 + 1/12.
    assert maximum_uniform(unit(2), [0, 0], [1, 2], route) == Maximum(
        Fraction(13, 12), [Fraction(1, 4), Fraction(3, 4)]
    )


@routes
def test_sum_against_one(route):
    # (x + y)/2 against z: symmetric, so 1/2 each; E max = 1/2 + E|z − (x+y)/2|/2. The mean absolute difference is
    # 2 E(z − m)⁺ = E (1 − m)² = Var m + 1/4 = 1/24 + 1/4 = 7/24, so E max = 1/2 + 7/48.
    m = maximum_uniform([[half, half, 0], [0, 0, 1]], [0] * 3, [1] * 3, route)
    assert m == Maximum(half + Fraction(7, 48), [half, half])


@routes
def test_constants_and_equal_functions(route):
    # Coordinate 0 is the constant 1/2. max(X, 1/2): 1/2 + 1/8. Functions 0 and 1 are one; 3 is the lower constant.
    rows = [[0, 1], [0, 1], [1, 0], [half, 0]]
    assert maximum_uniform(rows, [half, 0], [half, 1], route) == Maximum(Fraction(5, 8), [half, half, half, 0])
    # All constants: the larger one, twice.
    assert maximum_uniform([[1, 0], [0, 1], [0, 1]], [1, 2], [1, 2], route) == Maximum(Fraction(2), [0, 1, 1])
    assert maximum_uniform([[], []], [], [], route) == Maximum(Fraction(0), [1, 1])


def figure_1():
    # Normalised POWER vectors of star at γ = 1/2 over (l_tri, l_sw, l_nw, empty, r_tri, r_ne, r_se): l_sw for ever,
    # or l_nw, l_sw, l_nw, … with weights 1/2 · (2/3, 1/3).
    return [
        [half, half, 0, 0, 0, 0, 0],
        [half, sixth, third, 0, 0, 0, 0],
        [0, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, half, half, 0],
        [0, 0, 0, 0, half, 0, half],
    ]


@routes
def test_figure_1(route):
    m = maximum_uniform(figure_1(), [0] * 7, [1] * 7, route)
    assert m.mean == Fraction(776243, 1049760)
    assert m.shares[0] + m.shares[1] == Fraction(187459, 612360)
    assert m.shares[2] == Fraction(99247, 306180)
    assert m.shares[3] == m.shares[4] == Fraction(75469, 204120) / 2


PAIRS = [
    pytest.param(case["reward"], pair, id=f"{path.stem}-{number}")
    for path in GOLDEN
    for case in [load(path)]
    if case["reward"]["kind"] == "iid_uniform"
    for number, pair in enumerate([*case["expected"].get("pairs", []), *case.get("pairs", [])])
]


@pytest.mark.parametrize(("reward", "pair"), PAIRS)
def test_golden_pairs(reward, pair):
    states = sorted({s for vector in pair["A"] + pair["B"] for s in vector})
    a, b = ([[Fraction(vector.get(s, 0)) for s in states] for vector in pair[name]] for name in "AB")
    ends = [[Fraction(reward[end])] * len(states) for end in ("low", "high")]
    mean_a, mean_b, greater, tie, less = compare_uniform(a, b, *ends)
    assert mean_b - mean_a == Fraction(pair["gap_C(B)-C(A)"]["exact"])
    assert greater + tie == Fraction(pair["p_A_ge_B"]["exact"])
    assert less + tie == Fraction(pair["p_B_ge_A"]["exact"])
    assert tie == Fraction(pair["p_tie"]["exact"])


def test_there_are_golden_pairs():
    assert len(PAIRS) >= 20


@st.composite
def problems(draw):
    n, k = draw(st.integers(0, 4)), draw(st.integers(1, 4))
    number = st.sampled_from([Fraction(x) for x in (0, 0, 0, 1, 2, -1)] + [half, third])
    rows = [[draw(number) for _ in range(n)] for _ in range(k)]
    lows = [draw(number) for _ in range(n)]
    return rows, lows, [low + draw(st.sampled_from([0, 1, 1, 2, half])) for low in lows]


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(problems())
def test_routes_agree(problem):
    pieces, cones = (maximum_uniform(*problem, route) for route in ("pieces", "cones"))
    assert pieces == cones
    distinct = {tuple(row[j] for j in range(len(row))): p for row, p in zip(problem[0], pieces.shares, strict=True)}
    assert sum(distinct.values()) >= 1


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(problems(), st.integers(0, 3))
def test_comparisons_agree(problem, cut):
    rows, lows, highs = problem
    a, b = rows[: cut + 1], rows[cut:] or rows[:1]
    results = [compare_uniform(a, b, lows, highs, route) for route in ("pieces", "cones")]
    assert results[0] == results[1]
    assert sum(results[0][2:]) == 1
    swapped = compare_uniform(b, a, lows, highs)
    assert swapped == (results[0][1], results[0][0], *reversed(results[0][2:]))


def test_cone_probability():
    # x ≥ y ≥ z: 1/6, also by shares; 2x ≥ y on [0, 1]²: 1 − 1/4; no normal: certain; −1 ≥ 0 never.
    for route in ("facets", "simplices"):
        assert cone_probability([[1, -1, 0], [0, 1, -1]], [0] * 3, [1] * 3, route) == sixth
        assert cone_probability([[2, -1]], [0, 0], [1, 1], route) == Fraction(3, 4)
        assert cone_probability([[-1, 0]], [1, 0], [1, 1], route) == 0
    assert cone_probability([], [0], [1]) == 1


def brute_force(rows, laws):
    mean, shares = Fraction(0), [Fraction(0)] * len(rows)
    for atoms in product(*laws):
        weight = Fraction(1)
        for _, p in atoms:
            weight *= p
        values = [sum(a * x for a, (x, _) in zip(row, atoms, strict=True)) for row in rows]
        mean += weight * max(values)
        shares = [p + weight * (v == max(values)) for p, v in zip(shares, values, strict=True)]
    return Maximum(mean, shares)


def test_dice():
    # Two coins: both show the same with probability 1/2, and ties count for both.
    coin = [(0, half), (1, half)]
    assert compare_discrete(unit(2)[:1], unit(2)[1:], [coin, coin]) == (
        half,
        half,
        Fraction(1, 4),
        half,
        Fraction(1, 4),
    )
    # Efron: 4,4,4,4,0,0 beats 3,3,3,3,3,3 with 2/3.
    dice = [[(4, 2 * third), (0, third)], [(3, 1)]]
    assert compare_discrete([[1, 0]], [[0, 1]], dice)[2:] == (2 * third, 0, third)


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(st.data())
def test_discrete_by_brute_force(data):
    n, k = data.draw(st.integers(0, 3)), data.draw(st.integers(1, 4))
    number = st.fractions(-2, 2, max_denominator=3)
    rows = [[data.draw(number) for _ in range(n)] for _ in range(k)]
    laws = []
    for _ in range(n):
        weights = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(any))
        laws.append([(data.draw(number), Fraction(w, sum(weights))) for w in weights])
    assert maximum_discrete(rows, laws) == brute_force(rows, laws)


def test_discrete_beyond_machine_integers():
    # Denominators of 10^9 and more do not fit 64 bits once multiplied: the same in Python integers.
    laws = [[(Fraction(1, 10**9 + i), third), (Fraction(2, 10**9 + i), 2 * third)] for i in range(4)]
    rows = [[1, 0, 0, 2], [0, 1, 0, 1], [0, 0, 1, half]]
    assert maximum_discrete(rows, laws) == brute_force(rows, laws)


def test_parts_of_a_large_table():
    # 3^11 = 177147 combinations in several parts. Largest of 11: P(max = 2) = 1 − (2/3)^11, P(max = 0) = 3^{−11}.
    law = [(x, third) for x in range(3)]
    expected = 2 - (2 * third) ** 11 - third**11
    assert maximum_discrete(unit(11), [law] * 11).mean == expected


def test_refusals():
    law = [(x, third) for x in range(3)]
    with pytest.raises(SizeError, match="combinations of atoms; the limit is 2000000"):
        maximum_discrete(unit(20), [law] * 20)
    rows = [[Fraction((i * j) % 17 + 1) for j in range(16)] for i in range(12)]
    with pytest.raises(SizeError, match="takes about"):
        maximum_uniform(rows, [0] * 16, [1] * 16)
    with pytest.raises(ParameterError, match="sum to 1/3, not 1"):
        maximum_discrete([[1], [2]], [law[:1]])
    with pytest.raises(ParameterError, match="negative probability"):
        maximum_discrete([[1], [2]], [[(0, -1), (1, 2)]])
    with pytest.raises(ParameterError, match="at least one function"):
        maximum_uniform([], [], [])
    with pytest.raises(ParameterError, match="2 coefficients for 1 rewards"):
        maximum_uniform([[1, 2]], [0], [1])
    with pytest.raises(ParameterError, match="reversed interval"):
        maximum_uniform([[1]], [1], [0])


@pytest.mark.slow
def test_ten_functions_on_six_coordinates():
    # One block: nothing factors. Both routes, different algorithms below (simplices; facets).
    rows = [[Fraction((7 * i * i + 5 * i * j + 3 * j * j + j) % 19 + 1, 60) for j in range(6)] for i in range(8)]
    results = [maximum_uniform(rows, [0] * 6, [1] * 6, route) for route in ("pieces", "cones")]
    assert results[0] == results[1]
    assert sum(results[0].shares) == 1

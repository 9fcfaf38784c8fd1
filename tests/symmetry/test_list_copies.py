"""Copies among lists of vectors: by hand, against all involutions, and the codes against functions in fractions."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import permutations

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, load
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.mdp.rational import Chain, rational_kernel
from mdppower.occupancy.closed_policies import closed_policies
from mdppower.symmetry.copy_checks import contains_copy
from mdppower.symmetry.involutions import Budget, Meter
from mdppower.symmetry.list_copies import Coder, find_images, float_codes


@cache
def all_involutions(n):
    """76 of 6 states, of 720 permutations."""
    return [p for p in permutations(range(n)) if all(p[p[i]] == i for i in range(n))]


def brute_force(part, whole):
    """Every φ with φ·part ⊆ whole, the identity outside U = supp part ∪ φ(supp part)."""
    n = len(part[0])
    support = {j for j in range(n) if any(x[j] for x in part)}
    found = set()
    for phi in all_involutions(n):
        if {tuple(x[phi[i]] for i in range(n)) for x in part} <= set(whole):
            moved = support | {phi[j] for j in support}
            found.add(tuple(phi[i] if i in moved else i for i in range(n)))
    return found


def searched(part, whole, **budget):
    meter, n = Meter(Budget(**budget)), len(part[0])
    images = list(find_images(part, whole, meter))
    assert all(image[image[i]] == i for image in images for i in image)
    return [tuple(image.get(i, i) for i in range(n)) for image in images], meter


def test_the_number_of_involutions():
    """I(n) = I(n−1) + (n−1) I(n−2): 1, 2, 4, 10, 26, 76."""
    assert [len(all_involutions(n)) for n in range(1, 7)] == [1, 2, 4, 10, 26, 76]


def test_by_hand():
    """One end may be swapped with any of two; two ends with the two others in two ways; three do not fit."""
    ends = [(0, 1, 0, 0, 0), (0, 0, 1, 0, 0)]
    assert searched([(1, 0, 0, 0, 0)], ends)[0] == [(1, 0, 2, 3, 4), (2, 1, 0, 3, 4)]
    two = [(0, 0, 0, 1, 0), (0, 0, 0, 0, 1)]
    assert set(searched(two, ends)[0]) == {(0, 3, 4, 1, 2), (0, 4, 3, 2, 1)}
    assert searched([(1, 0, 0, 0, 0), *two], ends)[0] == []


def test_no_permutation_that_is_not_its_own_inverse():
    """(1, 2, 3) is (2, 3, 1) in another order, by a 3-cycle only: no involution does it."""
    images, meter = searched([(1, 2, 3)], [(2, 3, 1)])
    assert images == []
    assert not meter.is_spent


codes = st.integers(2, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.tuples(*[st.integers(0, 2)] * n), min_size=1, max_size=3),
        st.lists(st.tuples(*[st.integers(0, 2)] * n), min_size=1, max_size=8),
        st.sampled_from(all_involutions(n)),
        st.booleans(),
    )
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(codes)
def test_against_all_involutions(given_codes):
    part, whole, phi, plant = given_codes
    if plant:  # so that there is one
        whole = whole + [tuple(x[phi[i]] for i in range(len(x))) for x in part]
    images, meter = searched(part, whole)
    assert len(images) == len(set(images))
    assert set(images) == brute_force(part, whole)
    assert not meter.is_spent
    for nodes in (1, 3):  # less budget, no other answer: some of these, and nothing if all were looked at
        fewer, meter = searched(part, whole, nodes=nodes)
        assert set(fewer) <= set(images)
        assert meter.is_spent or len(fewer) == len(images)


@pytest.mark.slow
def test_many_equal_states_stop_at_the_budget():
    """k equal ends have I(k) involutions; I(50) is about 10^33. Of 9 there are 2,620."""
    units = [tuple(row) for row in np.eye(9, dtype=int).tolist()]
    assert len(searched(units, units)[0]) == 2620
    units = [tuple(row) for row in np.eye(50, dtype=int).tolist()]
    images, meter = searched(units, units, nodes=2000)
    assert meter.is_spent
    assert len(set(images)) == len(images) > 500


@pytest.mark.slow
def test_as_many_states_as_python_has_calls():
    """1,200 states, each with an entry of its own: the search goes 1,200 deep, and has one way."""
    n = 1200
    part = [tuple(range(1, n + 1))]
    images, meter = searched(part, [tuple(range(n, 0, -1))])
    assert images == [tuple(range(n - 1, -1, -1))]
    assert meter.nodes <= n


@pytest.mark.slow
def test_a_hundred_equal_ends_are_found_without_going_back():
    units = [tuple(row) for row in np.eye(100, dtype=int).tolist()]
    meter = Meter(Budget())
    assert next(find_images(units, units, meter))
    assert meter.nodes == 100


# ---------------------------------------------------------------------- codes of visits


def exact_functions(mdp, policy, start):
    """Each entry as its values at 2S rates, in fractions: two rational functions of this degree agree or differ."""
    n = mdp.n_states
    chain = Chain(rational_kernel(mdp), policy, mdp.index(start), n)
    values = [chain.visits(Fraction(k, 2 * n + 1)) for k in range(1, 2 * n + 1)]
    return [tuple(value[j] for value in values) for j in range(n)]


def assert_codes_are_functions(sets):
    """The same code if and only if the same function, over all entries of all sets."""
    coder, by_code, by_function = Coder(), {0: None}, {}
    for among in sets:
        for policy, row in zip(among.policies, coder.visits(among), strict=True):
            for function, code in zip(exact_functions(among.mdp, policy, among.start), row, strict=True):
                if not any(function):
                    assert code == 0
                    continue
                assert by_code.setdefault(code, function) == function
                assert by_function.setdefault(function, code) == code
    return len(by_function)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(mdps(max_states=4, max_actions=2, dyadic=True))
def test_the_same_code_if_and_only_if_the_same_function(mdp):
    assert_codes_are_functions([mp.visits(mdp, s, 0.5) for s in mdp.states])


def crossed(first, second):
    """s goes to x or y, 1/2 each; x and y to u or w; u and w stay. One action each, or both."""
    return mp.RewardlessMDP.from_successors(
        {"s": {"go": {"x": 0.5, "y": 0.5}}}
        | {"x": {a: a for a in first}, "y": {a: a for a in second}, "u": {"stay": "u"}, "w": {"stay": "w"}}
    )


def test_two_policies_that_visit_alike():
    """x → u, y → w against x → w, y → u: f = e_s + γ(e_x + e_y)/2 + γ²/(1−γ) (e_u + e_w)/2 both times."""
    mdp = crossed("uw", "uw")
    start = mdp.index("s")
    rows = {}
    for policy in closed_policies(mdp, "s"):
        names = dict(mdp.pair_label(p) for p in policy.values())
        rows[names["x"] + names["y"]] = exact_functions(mdp, policy, "s")
    assert rows["uw"] == rows["wu"]
    assert rows["uw"] != rows["uu"] != rows["ww"]
    assert len(mp.visits(mdp, "s", 0.5)) == 3  # so that F lists one of the two
    coder = Coder()
    (straight,), (across,) = (coder.visits(mp.visits(crossed(*ends), "s", 0.5)) for ends in ("uw", "wu"))
    assert straight == across
    assert straight[start] not in (0, *straight[1:])


def test_codes_of_a_deterministic_and_a_stochastic_mdp_meet():
    """a → b → c, c stays; elsewhere there is a bet that is never reached, or taken out: the same functions.

    The search for copies compares F(s | π(s)=a) and F(s | π(s)=a'), of which one may be deterministic.
    """
    plain = {"a": {"go": "b"}, "b": {"go": "c"}, "c": {"stay": "c"}, "d": {"go": "a"}}
    bet = plain | {"d": {"go": "a", "bet": {"a": 0.5, "b": 0.5}}}
    sets = [mp.visits(mp.RewardlessMDP.from_successors(s), "a", 0.5) for s in (plain, bet)]
    assert [among.mdp.is_deterministic for among in sets] == [True, False]
    coder = Coder()
    assert coder.visits(sets[0]) == coder.visits(sets[1])
    assert assert_codes_are_functions(sets) == 3
    with_bet = mp.RewardlessMDP.from_successors(bet)
    search = contains_copy(mp.visits(with_bet, "d", 0.5), mp.visits(with_bet, "d", 0.5, given={"d": "go"}))
    assert search.status == "found"


def test_rhythms_of_cycles():
    """From c0 of a ring of n states f_j = γ^j/(1 − γ^n): another function for each state and each n."""
    rings = {f"{n}.{j}": {"go": f"{n}.{(j + 1) % n}"} for n in (1, 2, 3, 4) for j in range(n)}
    mdp = mp.RewardlessMDP.from_successors(rings)
    assert assert_codes_are_functions([mp.visits(mdp, f"{n}.0", 0.5) for n in (1, 2, 3, 4)]) == 10


@settings(max_examples=40, deadline=None)
@given(mdps(max_states=5, max_actions=2, dyadic=True))
def test_codes_of_ends_are_fractions(mdp):
    coder, names = Coder(), {}
    for s in mdp.states:
        ends = mp.rsd(mdp, s)
        for row, values in zip(coder.recurrent(ends), ends.rows, strict=True):
            for code, value in zip(row, values, strict=True):
                assert (code == 0) == (value == 0)
                assert names.setdefault(code, value) == pytest.approx(value, abs=1e-12)
    assert len({round(value, 9) for value in names.values()}) == len(names)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_sets_have_no_repeats(path):
    """F_count of the golden files counts functions; as many rows of codes are different."""
    case = load(path)
    mdp = golden_mdp(case)
    for state, count in case["expected"].get("F_count", {}).items():
        assert len(set(Coder().visits(mp.visits(mdp, state, 0.5)))) == count


# ---------------------------------------------------------------------- arrays


def test_codes_of_floats():
    near = np.array([[0.0, 0.3, -0.5], [-0.0, 0.1 + 0.2, 1e-12]])
    assert float_codes(near) == [[(0, 2, 1), (0, 2, 0)]]
    with pytest.raises(ParameterError, match="differ too little to tell"):
        float_codes(np.array([[0.5, 0.5 + 1e-8]]))


def test_arrays():
    part, whole = [[0.25, 0.75, 0.0]], [[0.0, 0.75, 0.25], [1.0, 0.0, 0.0]]
    search = contains_copy(whole, part, every=True)
    assert [phi.image.tolist() for phi in search.involutions] == [[2, 1, 0]]
    assert search.involutions[0].act(np.array(part)).tolist() == [whole[0]]
    assert contains_copy(part, whole).status == "none"
    assert contains_copy(np.eye(3), np.eye(3)).method == "part of it as it is"


def test_sets_of_different_kinds():
    mdp = mp.envs.fork(2)
    visits, ends = mp.visits(mdp, "root", 0.5), mp.rsd(mdp, "root")
    for whole, part in ((visits, ends), (ends, visits), (visits, np.eye(3)), (np.eye(3), ends)):
        with pytest.raises(ParameterError, match="sets of one kind"):
            contains_copy(whole, part)
    with pytest.raises(ParameterError, match="over 3 and 2 states"):
        contains_copy(np.eye(3), np.eye(2))
    other = mp.envs.fork(3)
    with pytest.raises(ParameterError, match="over different states: 4 and 3"):
        contains_copy(mp.visits(other, "root", 0.5), visits)
    with pytest.raises(ParameterError, match="over different states"):
        contains_copy(mp.rsd(other, "root"), ends)

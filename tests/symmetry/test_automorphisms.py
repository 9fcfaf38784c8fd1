"""Orbits of states: closed forms, all permutations, POWER on an orbit, and the average over one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from strategies import mdps

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.symmetry.automorphisms import is_automorphism, symmetries
from mdppower.symmetry.involutions import Budget


def dense_rows(mdp):
    """The transition rows of each state, as a set."""
    kernel = np.round(mdp.kernel.toarray(), 12)
    return [{tuple(row) for row in kernel[mdp.pointer[s] : mdp.pointer[s + 1]].tolist()} for s in range(mdp.n_states)]


def keeps(rows, image):
    """Whether σ takes the rows of each state to those of its image: (σ·x)_{σ(t)} = x_t."""
    back = np.argsort(image).tolist()
    return all({tuple(x[t] for t in back) for x in rows[s]} == rows[image[s]] for s in range(len(image)))


def brute_force(mdp):
    """The orbits under all permutations that keep the rows."""
    rows, orbit = dense_rows(mdp), list(range(mdp.n_states))
    for image in permutations(range(mdp.n_states)):
        if keeps(rows, image):
            for s, t in enumerate(image):
                orbit = [orbit[s] if k == orbit[t] else k for k in orbit]
    return {frozenset(s for s, k in enumerate(orbit) if k == name) for name in orbit}


def indices(mdp, found):
    return {frozenset(mdp.index(s) for s in orbit) for orbit in found.orbits}


@cache
def all_permutations(n):
    return list(permutations(range(n)))


@st.composite
def symmetric(draw):
    """An MDP that some permutation, an involution or not, leaves as it is; and perhaps one action more."""
    n = draw(st.integers(2, 5))
    image = draw(st.sampled_from(all_permutations(n)))
    state = st.integers(0, n - 1)
    actions = {s: {} for s in range(n)}
    for s in range(n):
        ends = draw(st.lists(state, min_size=1, max_size=3, unique=True))
        row = dict(zip(ends, {1: [1.0], 2: [0.5, 0.5], 3: [0.5, 0.25, 0.25]}[len(ends)], strict=True))
        at = s
        for k in range(60 if draw(st.booleans()) or len(ends) == 1 else 0):  # round its whole orbit
            actions[at][f"a{s}.{k}"] = row
            at, row = image[at], {image[t]: chance for t, chance in row.items()}
            if at == s and row == next(iter(actions[s].values())):
                break
        actions[s].setdefault("stay", {s: 1.0})
    for s in draw(st.lists(state, max_size=1)):
        actions[s]["more"] = {draw(state): 1.0}
    return mp.RewardlessMDP.from_successors(actions)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.one_of(symmetric(), mdps(max_states=5, dyadic=True), mdps(max_states=5, max_actions=1)))
def test_orbits_by_all_permutations(mdp):
    found = symmetries(mdp)
    assert found.complete
    assert indices(mdp, found) == brute_force(mdp)
    assert found.is_trivial == (len(found.orbits) == mdp.n_states) == (not found.generators)
    rows = dense_rows(mdp)
    for image in found.generators:
        assert keeps(rows, image.tolist())
        assert is_automorphism(mdp, image)


@settings(max_examples=30, deadline=None)
@given(st.one_of(symmetric(), mdps(max_states=4)))
def test_is_automorphism_by_dense_rows(mdp):
    rows = dense_rows(mdp)
    for image in all_permutations(mdp.n_states):
        assert is_automorphism(mdp, image) == keeps(rows, image)


def test_what_is_no_permutation_is_no_automorphism():
    fork = mp.envs.fork(2)
    for image in ([0, 1], [0, 1, 1], [0, 1, 3], [0, -1, 2], []):
        assert not is_automorphism(fork, image)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 5), (2, 2), (2, 3), (3, 3), (3, 4), (4, 4), (5, 5), (4, 7), (8, 8)])
def test_open_rooms(m, n):
    """Of m × n cells a quarter, ⌈m/2⌉⌈n/2⌉; of a square with k = ⌈n/2⌉ half of that, diagonal included: k(k+1)/2."""
    k = (n + 1) // 2
    expected = k * (k + 1) // 2 if m == n else (m + 1) // 2 * k
    found = symmetries(mp.envs.make(f"open({m},{n})"))
    assert len(found.orbits) == expected
    assert found.complete
    corner = next(orbit for orbit in found.orbits if (0, 0) in orbit)
    assert set(corner) == {(r, c) for r in (0, m - 1) for c in (0, n - 1)}


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 30, 200])
def test_a_ring_is_one_orbit(n):
    """By rotations, of which only the half turn is an involution."""
    found = symmetries(mp.envs.cycle(n))
    assert len(found.orbits) == 1
    assert all(is_automorphism(found.mdp, image) for image in found.generators)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_a_complete_graph_is_one_orbit(n):
    assert (
        len(symmetries(mp.RewardlessMDP.from_successors({s: {t: t for t in range(n)} for s in range(n)})).orbits) == 1
    )


@pytest.mark.parametrize("k", [1, 2, 3, 50, 300])
def test_the_ends_of_a_fork_are_one_orbit(k):
    """k nodes give an automorphism that takes all k ends round, so that there is one generator."""
    found = symmetries(mp.envs.fork(k), Budget(nodes=k + 1))
    assert found.complete
    assert found.orbits == [("root",), tuple(f"t{i}" for i in range(1, k + 1))]
    assert len(found.generators) == (k > 1)


def test_alike_and_not_symmetric():
    """Two rings of three and one of six: refinement sees no difference (each state has one way), but they differ."""
    rings = {
        f"{ring}{i}": {"go": f"{ring}{(i + 1) % n}"} for ring, n in (("a", 3), ("b", 3), ("c", 6)) for i in range(n)
    }
    found = symmetries(mp.RewardlessMDP.from_successors(rings))
    assert {frozenset(s[0] for s in orbit) for orbit in found.orbits} == {frozenset("ab"), frozenset("c")}
    assert found.complete


def test_names_and_repeats_of_actions_do_not_count():
    twice = {"root": {"l": "x", "r": "y"}, "x": {"a": "x"}, "y": {"b": "y", "c": "y"}}
    assert symmetries(mp.RewardlessMDP.from_successors(twice)).orbits == [("root",), ("x", "y")]
    more = twice | {"y": {"b": "y", "c": "root"}}
    assert symmetries(mp.RewardlessMDP.from_successors(more)).is_trivial
    # 1/3 and 2/3 against 2/3 and 1/3: probabilities count.
    bet = {"root": {"go": {"x": 1 / 3, "y": 2 / 3}}, "x": {"stay": "x"}, "y": {"stay": "y"}}
    assert symmetries(mp.RewardlessMDP.from_successors(bet)).is_trivial
    even = bet | {"root": {"go": {"x": 0.5, "y": 0.5}}}
    assert len(symmetries(mp.RewardlessMDP.from_successors(even)).orbits) == 2


def test_a_budget_that_is_spent():
    """Less is found, nothing wrong, and it is said."""
    fork = mp.envs.fork(5)
    found = symmetries(fork, Budget(nodes=1))
    assert not found.complete
    assert found.is_trivial
    assert repr(found) == "Symmetries(6 orbits of 6 states, 0 generators; the budget was spent)"
    assert not symmetries(fork, Budget(seconds=1e-9)).complete


def test_a_long_corridor():
    """Refinement goes from both ends inwards, and looks at few states each time."""
    found = symmetries(mp.envs.gridworld("." * 1001))
    assert sorted(map(len, found.orbits)) == [1] + [2] * 500


# ---------------------------------------------------------------------- POWER


@pytest.mark.parametrize("name", ["open(2,2)", "open(1,4)", "turner-figure-1", "fork(3)", "cycle(4)"])
def test_power_is_the_same_on_an_orbit(name):
    """Exactly, as fractions, at several γ."""
    mdp = mp.envs.make(name)
    found = symmetries(mdp)
    assert not found.is_trivial
    exact = mp.power(mdp, [0, 0.5, 1], method="exact").exact
    for orbit in found.orbits:
        values = exact[:, [mdp.index(s) for s in orbit]]
        assert (values == values[:, :1]).all()


ROOM = mp.envs.make("open(2,3)")  # two orbits: four corners, two cells between them


def test_the_average_is_the_mean_over_the_orbit():
    estimate = mp.power(ROOM, [0.5, 0.9], samples=512, rng=3)
    found = symmetries(ROOM)
    averaged = found.average(estimate)
    assert averaged.mean.shape == (2, 6)
    for orbit in found.orbits:
        members = [ROOM.index(s) for s in orbit]
        mean = estimate.mean[:, members].mean(axis=1, keepdims=True)
        assert averaged.mean[:, members] == pytest.approx(np.broadcast_to(mean, (2, len(members))), abs=1e-14)
        assert (averaged.stderr[:, members] < estimate.stderr[:, members].max(axis=1, keepdims=True)).all()
    trivial = mp.envs.figure_10()
    estimate = mp.power(trivial, 0.5, samples=256, rng=3)
    assert symmetries(trivial).average(estimate).mean.tolist() == estimate.mean.tolist()


@pytest.mark.slow
def test_the_error_of_the_average_is_right():
    """Exact POWER is in the 95 % interval of the average of a corner in all but about 5 % of runs.

    400 independent runs of 16 iid replicates, which are parts of a long one; the number of misses is Bin(400, 0.05),
    and at most 35 but with probability 0.0007 (the false-alarm rate). Control: the stderr of one corner over √4, as
    if four corners of one room were independent, is too small, since they share their rewards.
    """
    found = symmetries(ROOM)
    true = float(mp.power(ROOM, 0.9, method="exact").exact[0])
    assert stats.binom.sf(35, 400, 0.05) < 0.001
    misses = naive = 0
    whole = mp.power(ROOM, 0.9, samples=400 * 16 * 64, sampler="iid", rng=0)
    averaged = found.average(whole)
    for k in range(400):
        ours, corners = (
            replace(one.data, means=one.data.means[16 * k : 16 * (k + 1)], trials=16 * 64, origin=None)
            for one in (averaged, whole)
        )
        low, high = (limit[0, 0] for limit in ours.bounds(0.95))
        misses += not low <= true <= high
        half = (high - low) / 2 / ours.error[0, 0] * corners.error[0, 0] / 2
        naive += abs(ours.value[0, 0] - true) > half
    assert misses <= 35
    assert misses >= 8  # not far too wide either: at most 7 with probability 0.0005
    assert stats.binom.cdf(7, 400, 0.05) < 0.001
    assert naive > 60


def test_what_has_no_average_over_orbits():
    found = symmetries(ROOM)
    uneven = {(0, 0): "norm(0,1)", "default": "uniform"}
    with pytest.raises(ParameterError, match=r"not i\.i\.d\."):
        found.average(mp.power(ROOM, 0.5, rewards=uneven, samples=64, rng=0))
    with pytest.raises(ParameterError, match="another MDP"):
        found.average(mp.power(mp.envs.make("open(3,2)"), 0.5, samples=64, rng=0))
    # A policy may break the symmetry: to stay in one corner, and to walk from another.
    stay = {s: "stay" if s == (0, 0) else "E" for s in ROOM.states}
    with pytest.raises(ParameterError, match="a policy's POWER"):
        found.average(mp.power(ROOM, 0.5, samples=64, rng=0, policy=stay))

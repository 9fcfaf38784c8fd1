"""Embeddings: each φ that is given is checked against dense arrays; none is missed, by all involutions."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.mdp.actions import restricted
from mdppower.symmetry.embeddings import embedding, find_embeddings, layout_images, reachable_pairs
from mdppower.symmetry.involutions import Budget, Meter


@cache
def all_involutions(n):
    return [p for p in permutations(range(n)) if all(p[p[i]] == i for i in range(n))]


def dense_check(mdp, start, goal, image):
    """φ(s') = s, and of each state that can be reached from s' each row is, with φ, a row of its image."""
    kernel, phi = mdp.kernel.toarray(), np.array(image)
    reached, waiting = set(), [start]
    while waiting:
        x = waiting.pop()
        if x not in reached:
            reached.add(x)
            for p in range(mdp.pointer[x], mdp.pointer[x + 1]):
                waiting += np.flatnonzero(kernel[p]).tolist()
    if phi[start] != goal:
        return False
    for x in reached:
        there = kernel[mdp.pointer[phi[x]] : mdp.pointer[phi[x] + 1]]
        for p in range(mdp.pointer[x], mdp.pointer[x + 1]):
            if not (np.abs(there - kernel[p, phi]).max(axis=1) < 1e-12).any():
                return False
    return True


def full(mdp, image):
    """The images of all states, those not named where they are."""
    return [image.get(i, i) for i in range(mdp.n_states)]


def searched(task, **budget):
    meter = Meter(Budget(**budget))
    return list(find_embeddings(task, meter)), meter


@st.composite
def twins(draw):
    """An MDP in which an involution is a symmetry but for some actions more: copies for certain."""
    n = draw(st.integers(2, 5))
    phi = draw(st.sampled_from(all_involutions(n)))
    state = st.integers(0, n - 1)
    actions = {s: {} for s in range(n)}

    def row():
        ends = draw(st.lists(state, min_size=1, max_size=3, unique=True))
        return dict(zip(ends, {1: [1.0], 2: [0.5, 0.5], 3: [0.5, 0.25, 0.25]}[len(ends)], strict=True))

    for s in range(n):
        one = row()
        actions[s][f"a{s}"] = one
        actions[phi[s]][f"b{s}"] = {phi[t]: chance for t, chance in one.items()}
    for s in draw(st.lists(state, max_size=2)):
        actions[s][f"c{len(actions[s])}"] = row()
    return mp.RewardlessMDP.from_successors(actions)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.one_of(twins(), mdps(max_states=5, dyadic=True)), st.data())
def test_all_embeddings_and_no_others(mdp, data):
    """Those found are the involutions that keep dense rows, normalised to what is reached and its images."""
    start, goal = (data.draw(st.integers(0, mdp.n_states - 1)) for _ in range(2))
    task = embedding(mdp, start, mdp, goal)
    images, meter = searched(task)
    assert not meter.is_spent
    found = [tuple(full(mdp, image)) for image in images]
    assert len(found) == len(set(found))
    expected = set()
    for phi in all_involutions(mdp.n_states):
        kept = dense_check(mdp, start, goal, phi)
        assert task.check(dict(enumerate(phi))) == kept
        if kept:
            moved = set(task.required) | {phi[x] for x in task.required}
            expected.add(tuple(phi[i] if i in moved else i for i in range(mdp.n_states)))
    assert set(found) == expected
    fewer, meter = searched(task, nodes=1)
    assert {tuple(full(mdp, image)) for image in fewer} <= expected
    assert meter.is_spent or len(fewer) == len(found)


def test_by_hand():
    """Figure 1: l_sw can be kept, or left for l_nw and back. On the right the same can be had, and more."""
    mdp = mp.envs.figure_1()
    left, right = mdp.index("l_sw"), mdp.index("r_se")
    assert reachable_pairs(mdp, left) == {s: list(range(*mdp.pointer[s : s + 2])) for s in (left, mdp.index("l_nw"))}
    (image,), _ = searched(embedding(mdp, left, mdp, right))
    names = {mdp.states[i]: mdp.states[j] for i, j in image.items()}
    assert names == {"l_sw": "r_se", "r_se": "l_sw", "l_nw": "r_ne", "r_ne": "l_nw"}
    assert searched(embedding(mdp, right, mdp, left))[0] == []
    # Only the stay of r_se is asked for: that l_sw has.
    stay = {right: [mdp.pair("r_se", "->r_se")]}
    assert len(searched(embedding(mdp, right, mdp, left, stay))[0]) == 1


def test_one_mdp_in_another():
    """The root with one end, in the root with three: the end may be any of them."""
    fork = mp.envs.fork(3)
    one = restricted(fork, {"root": "->t1"})
    images, _ = searched(embedding(one, 0, fork, 0))
    assert sorted(image[1] for image in images) == [1, 2, 3]
    assert searched(embedding(fork, 0, one, 0))[0] == []


def jump(k):
    """From s and from u to each of k ends with probability 1/k."""
    ends = {f"t{i}": 1 / k for i in range(k)}
    return mp.RewardlessMDP.from_successors(
        {"s": {"go": ends}, "u": {"go": ends}} | {end: {"stay": end} for end in ends}
    )


@pytest.mark.parametrize(("k", "count"), [(1, 1), (2, 2), (3, 4), (4, 10), (5, 26)])
def test_equal_probabilities(k, count):
    """φ swaps s and u; the k ends may be permuted by any involution: 1, 2, 4, 10, 26 of them."""
    mdp = jump(k)
    images, _ = searched(embedding(mdp, 0, mdp, 1))
    assert len(images) == count
    assert all(dense_check(mdp, 0, 1, full(mdp, image)) for image in images)


def test_equal_probabilities_are_not_gone_through_in_all_orders():
    """Of 40 equal probabilities there are 10^47 orders; the first embedding takes no more nodes than states."""
    mdp = jump(40)
    meter = Meter(Budget())
    image = next(find_embeddings(embedding(mdp, 0, mdp, 1), meter))
    assert dense_check(mdp, 0, 1, full(mdp, image))
    assert meter.nodes <= mdp.n_states


def test_unequal_probabilities_are_told_apart():
    ends = {"x": {"stay": "x"}, "y": {"stay": "y"}, "z": {"stay": "z"}}
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {"go": {"x": 0.5, "y": 0.25, "z": 0.25}}, "u": {"go": {"x": 0.25, "y": 0.5, "z": 0.25}}} | ends
    )
    images, _ = searched(embedding(mdp, 0, mdp, 1))
    assert [{mdp.states[i]: mdp.states[j] for i, j in image.items() if i < j} for image in images] == [
        {"s": "u", "x": "y"}  # x → z would ask for z → x, with probability 1/4 both; y → y for 1/4 = 1/2
    ]
    other = mp.RewardlessMDP.from_successors(
        {"s": {"go": {"x": 0.5, "y": 0.5}}, "u": {"go": {"x": 0.25, "y": 0.75}}} | ends
    )
    assert searched(embedding(other, 0, other, 1))[0] == []


def star(k):
    """`fork` without a layout."""
    ends = [f"t{i}" for i in range(k)]
    return mp.RewardlessMDP.from_successors(
        {"root": {f"->{end}": end for end in ends}} | {end: {"stay": end} for end in ends}
    )


def test_many_equal_ends_stop_at_the_budget():
    task = embedding(star(50), 0, star(50), 0)
    images, meter = searched(task, nodes=300)
    assert meter.is_spent
    assert 100 < len(images) < 300
    assert all(task.check(image) for image in images)


@pytest.mark.slow
def test_three_hundred_equal_ends():
    task = embedding(star(300), 0, star(300), 0)
    meter = Meter(Budget())
    assert task.check(next(find_embeddings(task, meter)))
    assert meter.nodes == 300  # the last end has no choice


# ---------------------------------------------------------------------- layouts


def by_layout(mdp, other, state):
    """The images that the layout gives, each checked by dense arrays."""
    start, goal = mdp.index(other), mdp.index(state)
    found = dict(layout_images(mdp, embedding(mdp, start, mdp, goal)))
    for image in found.values():
        assert all(image[image[i]] == i for i in image)
        assert dense_check(mdp, start, goal, full(mdp, image))
    return found


def test_the_five_involutions_of_a_square():
    """On open(8,8) from (1, 2); the four quarter turns and the other rotations are no involutions."""
    room = mp.envs.make("open(8,8)")
    expected = {
        (6, 2): "mirror image up-down",
        (1, 5): "mirror image left-right",
        (6, 5): "half turn",
        (2, 1): "mirror image in a falling diagonal",
        (5, 6): "mirror image in a rising diagonal",
    }
    for state, name in expected.items():
        assert list(by_layout(room, (1, 2), state)) == [f"{name} of the map"]
    assert not by_layout(room, (1, 2), (5, 1))  # a quarter turn
    assert not by_layout(room, (1, 2), (2, 2))
    assert list(by_layout(room, (0, 0), (7, 7))) == [
        "half turn of the map",
        "mirror image in a rising diagonal of the map",
    ]
    assert list(by_layout(room, (1, 1), (1, 1))) == ["mirror image in a falling diagonal of the map"]


WALLS = """
    ...##...
    .#....#.
    .##..##.
    ........
    #.#..#.#
    ..#..#..
    .##..##.
    ........"""
"""Left and right are mirror images; up and down are not."""


def test_a_map_with_walls():
    rows = WALLS.split()
    assert all(row == row[::-1] for row in rows)
    assert rows != rows[::-1]
    room = mp.envs.gridworld(WALLS)
    for r, c in room.states:
        assert "mirror image left-right of the map" in by_layout(room, (r, c), (r, 7 - c))
    assert not by_layout(room, (0, 0), (7, 0))
    assert not by_layout(room, (0, 0), (7, 7))
    tilted = mp.envs.gridworld(WALLS.replace(".##..##.\n    ........\n", ".##..##.\n    >.......\n"))
    assert not by_layout(tilted, (3, 0), (3, 7))  # a cell that can be left to the east only


def test_a_map_with_slips():
    """Noise that is the same in all directions keeps mirror images; a wind from the west keeps one of them."""
    still = mp.envs.gridworld(WALLS, slip=0.1)
    assert list(by_layout(still, (7, 0), (7, 7))) == ["mirror image left-right of the map"]
    windy = mp.envs.make("open(3,4)", slip=0.2, bias={"E": 0.1})
    assert list(by_layout(windy, (0, 1), (2, 1))) == ["mirror image up-down of the map"]
    assert not by_layout(windy, (0, 1), (0, 2))


def test_a_swap_of_two_cells_is_no_half_turn():
    """Two ends of a corridor: each offers itself, and φ leaves all other cells where they are."""
    mdp = mp.envs.gridworld("*..~")
    (name,) = by_layout(mdp, (0, 0), (0, 3))
    assert name == "a swap of two states"
    assert by_layout(mdp, (0, 0), (0, 3))[name] == {0: 3, 3: 0}
    # Where all cells move with it, it is what it is called.
    assert "mirror image left-right of the map" in by_layout(mp.envs.gridworld("*~"), (0, 0), (0, 1))
    # Two islands of a larger map: a half turn of their cells, and of no other.
    islands = mp.envs.gridworld("..#.\n####\n.#..", moves="EW")
    assert list(by_layout(islands, (0, 0), (2, 3))) == ["half turn of the states that matter"]


def test_layouts_that_give_nothing():
    two = {"a": {"stay": "a"}, "b": {"stay": "b"}}
    mdp = mp.RewardlessMDP.from_successors(two)
    assert mdp.layout is None
    assert not by_layout(mdp, "a", "b")
    same = mp.RewardlessMDP.from_pairs(mdp.pair_states, mdp.kernel, states=mdp.states, layout=[(0, 0), (0, 0)])
    assert not by_layout(same, "a", "b")
    apart = mp.RewardlessMDP.from_pairs(mdp.pair_states, mdp.kernel, states=mdp.states, layout=[(0, 0), (0, 1)])
    assert "mirror image left-right of the map" in by_layout(apart, "a", "b")


def test_places_that_rounding_takes_to_one():
    """1 − 10⁻²⁰ is 1: the mirror image of both x and y would be z. No φ rather than a wrong one."""
    states = ("s", "t", "x", "y", "z")
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {"x": "x", "y": "y"}, "t": {"x": "z", "y": "z"}} | {end: {"stay": end} for end in "xyz"}
    )
    places = {"s": (0.0, 0.25), "t": (0.0, 0.75), "x": (1.0, 0.0), "y": (1.0, 1e-20), "z": (1.0, 1.0)}
    mdp = mp.RewardlessMDP.from_pairs(
        mdp.pair_states, mdp.kernel, states=states, layout=[places[s] for s in mdp.states]
    )
    assert not by_layout(mdp, "s", "t")

"""Involutions, their action on vectors, and budgets."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdppower as mp
from mdppower.errors import LabelError, ParameterError
from mdppower.symmetry.involutions import Budget, CopySearch, Involution, Meter, involution, spread

FORK = mp.envs.fork(3)  # root, t1, t2, t3


@st.composite
def images(draw, most=8):
    """An involution of 1 to 8 indices: a random order, whose first 2k entries are swapped in pairs."""
    n = draw(st.integers(1, most))
    order = draw(st.permutations(range(n)))
    image = list(range(n))
    for i in range(0, 2 * draw(st.integers(0, n // 2)), 2):
        a, b = order[i], order[i + 1]
        image[a], image[b] = b, a
    return image


def test_the_action_on_vectors():
    """φ·e_i = e_{φ(i)}, so that (φ·x)_{φ(i)} = x_i: what was visited at i is visited at φ(i)."""
    phi = involution(FORK, {"root": "t2"})
    for i, unit in enumerate(np.eye(4)):
        assert phi.act(unit).argmax() == phi.image[i]
    assert phi.act(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [3.0, 2.0, 1.0, 4.0]
    stack = np.arange(24.0).reshape(2, 3, 4)
    assert phi.act(stack).shape == (2, 3, 4)
    assert phi.act(stack)[1, 2].tolist() == phi.act(stack[1, 2]).tolist()
    assert phi.act(stack).flags.c_contiguous


@given(images())
def test_twice_is_the_identity(image):
    phi = Involution(tuple(range(len(image))), np.array(image))
    x = np.random.default_rng(0).normal(size=len(image))
    assert phi.act(phi.act(x)).tolist() == x.tolist()
    assert all(phi.of(phi.of(s)) == s for s in phi.states)
    assert phi.moved == {s: phi.of(s) for s in phi.states if phi.of(s) != s}


@pytest.mark.slow
@given(images())
def test_all_ways_to_write_one(image):
    """A mapping both ways, one way, an array, a list, an Involution, `spread`: the same."""
    n = len(image)
    mdp = mp.RewardlessMDP.from_successors({f"s{i}": {"stay": f"s{i}"} for i in range(n)})
    both = {f"s{i}": f"s{j}" for i, j in enumerate(image)}
    half = {f"s{i}": f"s{j}" for i, j in enumerate(image) if i < j}
    given_ways = (both, half, np.array(image), image, np.array(image, np.uint8), involution(mdp, image))
    for way in given_ways:
        assert involution(mdp, way).image.tolist() == image
    assert spread({i: j for i, j in enumerate(image) if i != j}, mdp.states).image.tolist() == image


def test_what_it_looks_like():
    assert repr(involution(FORK, {})) == "Involution(identity)"
    assert repr(involution(FORK, [0, 3, 2, 1])) == "Involution('t1' ↔ 't3')"
    many = mp.envs.cycle(16)
    assert repr(involution(many, list(range(15, -1, -1)))).endswith(", … (8 swaps))")
    assert involution(FORK, {"t1": "t3"}).moved == {"t1": "t3", "t3": "t1"}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"t1": "t3", "t3": "t2"}, "it takes 't1' to 't3', but 't3' to 't2'"),
        ({"t1": "t3", "t3": "t3"}, "it takes 't1' to 't3', but 't3' to 't3'"),
        ({"t1": "t3", "t2": "t3"}, "it takes 't1' and 't2' to 't3'"),
        ({"t1": "t3", "t2": "t1"}, "it takes 't2' to 't1', but 't1' to 't3'"),
        ([0, 2, 3, 1], "it takes 't1' to 't2', but 't2' to 't3'"),
        ([0, 0, 0, 0], "it takes 't1' to 'root', but 'root' to 'root'"),
        ([0, 1, 2], "one index for each of 4 states, got 3"),
        ([0, 1, 2, 4], "takes state 't3' to 4, which is no index"),
        ([0, -1, 2, 3], "takes state 't1' to -1, which is no index"),
        (np.array([0, 1, 2, 2**40]), f"takes state 't3' to {2**40}, which is no index"),
        ([0.0, 1.0, 2.0, 3.0], "must be a mapping of states or 4 indices"),
        ([False, True, False, True], "must be a mapping of states or 4 indices"),
        (np.eye(4, dtype=int), "must be a mapping of states or 4 indices"),
        ([[0], [1, 2]], "must be a mapping of states or 4 indices"),
        (["root", "t1", "t2", "t3"], "must be a mapping of states or 4 indices"),
        (None, "must be a mapping of states or 4 indices, got None"),
        ("t1", "must be a mapping of states or 4 indices, got 't1'"),
    ],
)
def test_what_is_no_involution_is_refused_in_one_line(mapping, message):
    with pytest.raises(ParameterError) as caught:
        involution(FORK, mapping)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_states():
    for wrong in ({"t1": "t9"}, {"t9": "t1"}):
        with pytest.raises(LabelError, match="t9"):
            involution(FORK, wrong)
    with pytest.raises(LabelError, match="there is no state 't9'"):
        involution(FORK, {}).of("t9")
    with pytest.raises(ParameterError, match="about 5 other states"):
        involution(FORK, involution(mp.envs.fork(4), {}))


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(kind, wrong) for kind in ("nodes", "sets") for wrong in (0, -1, 1.5, True, None, "many")]
    + [("seconds", wrong) for wrong in (0, -1.0, float("nan"), True, None)],
)
def test_a_budget_is_positive(kind, wrong):
    with pytest.raises(ParameterError, match=f"budget {kind}"):
        Budget(**{kind: wrong})


def test_a_meter_stops_at_its_nodes():
    meter = Meter(Budget(nodes=3))
    assert [meter.spend() for _ in range(3)] == [True, True, True]
    assert not meter.is_spent  # the third was looked at: a search that ends here is complete
    assert not meter.spend()
    assert meter.is_spent
    again = meter.afresh()
    assert not again.is_spent
    assert again.spend()


def test_a_meter_stops_at_its_time_and_so_do_those_made_from_it():
    meter = Meter(Budget(seconds=0.05))
    time.sleep(0.051)
    assert not meter.spend()
    assert meter.is_spent
    assert not meter.afresh().spend()
    assert Meter(meter.budget).spend()


def test_what_a_search_tells():
    phi = involution(FORK, {"t1": "t2"})
    found = CopySearch("found", (phi,), "by lists", 3)
    assert found.phi is phi
    assert repr(found) == "CopySearch(found Involution('t1' ↔ 't2'); by lists)"
    assert CopySearch("none", (), "by lists", 3).phi is None
    assert "not found within the budget" in repr(CopySearch("unknown", (), "by lists", 3))

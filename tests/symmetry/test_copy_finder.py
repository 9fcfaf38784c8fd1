"""The search for copies: golden answers by each route, brute force over all involutions, large maps, budgets."""

from __future__ import annotations

from functools import cache
from itertools import permutations, product
from math import prod

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, load
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.errors import LabelError, ParameterError
from mdppower.occupancy.vectors import extreme_rows
from mdppower.symmetry.copy_checks import check_actions, check_states, contains_copy, leaves_out
from mdppower.symmetry.copy_finder import CopyFinder
from mdppower.symmetry.involutions import Budget, involution

RATES = (0.41, 0.77)


@cache
def all_involutions(n):
    return [p for p in permutations(range(n)) if all(p[p[i]] == i for i in range(n))]


class BruteForce:
    """Sets of visit distributions as floats at two rates, from all policies; copies by trying all involutions."""

    def __init__(self, mdp):
        self.n = mdp.n_states
        dense, feasible = mdp.to_arrays()
        self.policies = np.array(list(product(*[np.flatnonzero(row) for row in feasible])))
        self.chains = dense[np.arange(self.n), self.policies]
        self.visits = np.stack([np.linalg.inv(np.eye(self.n) - gamma * self.chains) for gamma in RATES])
        # P*: the mean over 60 steps, a multiple of every period of 6 states, long after the start.
        late, total = np.linalg.matrix_power(self.chains, 2**14), 0.0
        for _ in range(60):
            total, late = total + late, late @ self.chains
        self.limits = total / 60

    def f(self, s, action=None):
        chosen = slice(None) if action is None else self.policies[:, s] == action
        return self.distinct(np.concatenate(self.visits[:, chosen, s], axis=1))

    def nondominated(self, s):
        rows = self.f(s)
        return rows[extreme_rows((1 - RATES[0]) * rows[:, : self.n])]

    def ends(self, s):
        return self.distinct(self.limits[:, s])

    def best_ends(self, s):
        rows = self.ends(s)
        return rows[extreme_rows(rows)]

    @staticmethod
    def distinct(rows):
        return rows[np.unique(np.round(rows, 7), axis=0, return_index=True)[1]]

    def takes(self, phi, part, whole):
        """Whether φ·part ⊆ whole."""
        order = np.concatenate([np.array(phi) + k for k in range(0, part.shape[1], self.n)])
        return bool((np.abs(part[:, None, order] - whole).max(axis=2).min(axis=1) < 1e-7).all())

    def copies(self, part, whole):
        """Each φ with φ·part ⊆ whole, the identity outside U = supp part ∪ φ(supp part)."""
        support = set((np.flatnonzero(np.abs(part).max(axis=0) > 1e-9) % self.n).tolist())
        found = set()
        for phi in all_involutions(self.n):
            if self.takes(phi, part, whole):
                moved = support | {phi[j] for j in support}
                found.add(tuple(phi[i] if i in moved else i for i in range(self.n)))
        return found


@st.composite
def twins(draw, deterministic=False):
    """An MDP in which an involution is a symmetry, but for some actions more: it has copies for certain."""
    n = draw(st.integers(2, 6))
    phi = draw(st.sampled_from(all_involutions(n)))
    state = st.integers(0, n - 1)
    actions = {s: {} for s in range(n)}

    def row():
        ends = draw(st.lists(state, min_size=1, max_size=1 if deterministic else 3, unique=True))
        return dict(zip(ends, {1: [1.0], 2: [0.5, 0.5], 3: [0.5, 0.25, 0.25]}[len(ends)], strict=True))

    for s in range(n):
        one = row()
        actions[s][f"a{s}"] = one
        actions[phi[s]][f"b{s}"] = {phi[t]: chance for t, chance in one.items()}
    for s in draw(st.lists(state, max_size=2)):
        actions[s][f"c{len(actions[s])}"] = row()
    return mp.RewardlessMDP.from_successors(actions)


small = st.one_of(
    twins(), twins(deterministic=True), mdps(max_states=6, dyadic=True), mdps(max_states=6, deterministic=True)
)


def assert_found(search, expected, takes):
    """The status, and each φ that was found by the independent route."""
    assert search.status == ("found" if expected else "none"), search
    assert (search.phi is not None) == bool(expected)
    assert all(takes(phi.image.tolist()) for phi in search.involutions)


def assert_all(search, expected, takes):
    assert_found(search, expected, takes)
    assert len(search.involutions) == len(expected)
    assert {tuple(phi.image.tolist()) for phi in search.involutions} == expected


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(small, st.data())
def test_states_by_brute_force(mdp, data):
    """φ·F_nd(s') ⊆ F(s): the same status by all routes, and the same φ where all are asked for."""
    assume(prod(np.diff(mdp.pointer).tolist()) <= 300)
    s, other = (data.draw(st.sampled_from(mdp.states)) for _ in range(2))
    i, j = mdp.index(s), mdp.index(other)
    true = BruteForce(mdp)
    part, whole = true.nondominated(j), true.f(i)
    expected = true.copies(part, whole)

    def takes(phi):
        return true.takes(phi, part, whole)

    finder, nondominated = CopyFinder(mdp), mp.visits(mdp, other, 0.5).nondominated()
    assert_all(contains_copy(mp.visits(mdp, s, 0.5), nondominated, every=True), expected, takes)
    assert_found(contains_copy(mp.visits(mdp, s, 0.5), nondominated), expected, takes)
    assert_all(finder.states(s, other, every=True), expected, takes)
    assert_found(finder.states(s, other), expected, takes)
    # Less budget may leave it open, and never turns it round.
    for budget in (Budget(nodes=1), Budget(nodes=4), Budget(sets=1), Budget(seconds=1e-9)):
        for every in (False, True):
            search = CopyFinder(mdp, budget).states(s, other, every=every)
            assert search.status in ("unknown", "found" if expected else "none"), budget
            assert all(takes(phi.image.tolist()) for phi in search.involutions)
    # A given φ: what the look at all transitions accepts takes all of F(s') into F(s).
    everything = true.f(j)
    for phi in data.draw(st.lists(st.sampled_from(all_involutions(mdp.n_states)), max_size=5)):
        if phi[j] != i:
            with pytest.raises(ParameterError, match="φ must take"):
                check_states(mdp, s, other, list(phi))
            continue
        accepted, holds = check_states(mdp, s, other, list(phi)), true.takes(phi, everything, whole)
        assert holds or not accepted
        assert accepted == holds or not mdp.is_deterministic
        assert finder.given_states(s, other, list(phi)).status == ("found" if takes(phi) else "none")


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(small, st.data())
def test_actions_by_brute_force(mdp, data):
    """φ·F(s | π(s)=a') ⊆ F(s | π(s)=a)."""
    assume(prod(np.diff(mdp.pointer).tolist()) <= 300)
    s = data.draw(st.sampled_from(mdp.states))
    i, names = mdp.index(s), mdp.actions(s)
    action, other = (data.draw(st.sampled_from(names)) for _ in range(2))
    true = BruteForce(mdp)
    whole, part = (true.f(i, mdp.action_names.index(name)) for name in (action, other))
    expected = true.copies(part, whole)

    def takes(phi):
        return true.takes(phi, part, whole)

    finder = CopyFinder(mdp)
    assert_all(finder.actions(s, action, other, every=True), expected, takes)
    assert_found(finder.actions(s, action, other), expected, takes)
    for nodes in (1, 4):
        search = CopyFinder(mdp, Budget(nodes=nodes)).actions(s, action, other)
        assert search.status in ("unknown", "found" if expected else "none")
    for phi in data.draw(st.lists(st.sampled_from(all_involutions(mdp.n_states)), max_size=5)):
        if phi[i] != i:
            with pytest.raises(ParameterError, match="where it is"):
                check_actions(mdp, s, action, other, list(phi))
            continue
        accepted, holds = check_actions(mdp, s, action, other, list(phi)), takes(phi)
        assert holds or not accepted
        assert accepted == holds or not mdp.is_deterministic
        assert finder.given_actions(s, action, other, list(phi)).status == ("found" if holds else "none")


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(small, st.data())
def test_ends_by_brute_force(mdp, data):
    """φ·RSD_nd(s') ⊆ RSD(s); lists of arrays say the same."""
    assume(prod(np.diff(mdp.pointer).tolist()) <= 300)
    s, other = (data.draw(st.sampled_from(mdp.states)) for _ in range(2))
    true = BruteForce(mdp)
    part, whole = true.best_ends(mdp.index(other)), true.ends(mdp.index(s))
    expected = true.copies(part, whole)

    def takes(phi):
        return true.takes(phi, part, whole)

    finder = CopyFinder(mdp)
    assert_all(finder.ends(s, other, every=True), expected, takes)
    assert_found(finder.ends(s, other), expected, takes)
    arrays = mp.rsd(mdp, s).rows, mp.rsd(mdp, other).nondominated().rows
    assert_all(contains_copy(*arrays, every=True), expected, takes)
    assert CopyFinder(mdp, Budget(sets=1)).ends(s, other).status in ("unknown", "found" if expected else "none")


# ---------------------------------------------------------------------- golden answers

COPIES = [
    pytest.param(case, copy, id=f"{path.stem[:2]} {copy['prop']}")
    for path in GOLDEN
    for case in [load(path)]
    for copy in case["expected"].get("copies", [])
]


@pytest.mark.parametrize(("case", "copy"), COPIES)
def test_golden_copies(case, copy):
    """By lists, by structure, and by a look at the golden φ."""
    mdp = golden_mdp(case)
    finder = CopyFinder(mdp)
    if "a" in copy:
        s, a, b = copy["s"], copy["a"], copy["a_prime"]
        whole, part = (mp.visits(mdp, s, 0.5, given={s: action}) for action in (a, b))
        searches = [finder.actions(s, a, b, every=every) for every in (False, True)]
        check = check_actions(mdp, s, a, b, copy["phi_found"])
        assert finder.given_actions(s, a, b, copy["phi_found"]).status == "found"
    else:
        s, other = copy["s"], copy["s_prime"]
        whole, part = mp.visits(mdp, s, 0.5), mp.visits(mdp, other, 0.5).nondominated()
        searches = [finder.states(s, other, every=every) for every in (False, True)]
        check = copy.get("exists", True) and check_states(mdp, s, other, copy["phi_found"])
    searches += [contains_copy(whole, part), contains_copy(whole, part, every=True)]
    if not copy.get("exists", True):
        assert [search.status for search in searches] == ["none"] * 4
        return
    assert check
    golden = involution(mdp, copy["phi_found"]).moved
    for search in searches:
        assert search.status == "found"
        for phi in search.involutions:  # each of them, at a rate at which nothing was looked up
            moved, there = phi.act(part.rows), whole.rows
            assert (np.abs(moved[:, None] - there).max(axis=2).min(axis=1) < 1e-12).all()
    for search in searches[1::2]:
        assert golden in [phi.moved for phi in search.involutions]
    left = list(leaves_out(part, whole.nondominated(), involution(mdp, copy["phi_found"])))
    if "strict_set_nonempty" in copy:
        assert bool(left) == copy["strict_set_nonempty"]


def test_the_strict_part_of_figure_1():
    """F_nd(r_se) \\ φ·F_nd(l_sw): to go to r_ne and stay there, where the left has nothing like it (|2 vs 2|)."""
    mdp = mp.envs.figure_1()
    right, left = (mp.visits(mdp, s, 0.5).nondominated() for s in ("r_se", "l_sw"))
    phi = involution(mdp, {"l_sw": "r_se", "l_nw": "r_ne"})
    (k,) = leaves_out(left, right, phi)
    assert right.policy(k) == {"r_se": "->r_ne", "r_ne": "->r_ne"}
    moved = phi.act(left.rows)
    assert np.abs(moved[:, None] - right.rows[k]).max(axis=2).min() > 0.1
    # Ends: the left has l_sw, and l_sw and l_nw in turns; the right has r_ne beside them.
    right, left = (mp.rsd(mdp, s) for s in ("r_se", "l_sw"))
    (k,) = leaves_out(left, right, phi)
    assert right.rows[k].tolist() == (np.array(mdp.states) == "r_ne").astype(float).tolist()
    assert list(leaves_out(right, right, involution(mdp, {}))) == []


def test_the_strict_part_of_different_kinds():
    mdp = mp.envs.fork(2)
    with pytest.raises(ParameterError, match="must be Visits, or both Recurrent"):
        leaves_out(mp.rsd(mdp, "root"), mp.visits(mdp, "root", 0.5), involution(mdp, {}))


def test_visits_alike_and_no_embedding():
    """Two chains with the same visits that no φ maps to each other: only the lists find the copy.

    From s and from t, x or y with probability 1/2 each; then, 1/2 each, from x to u or a and from y to w or b on the
    side of s, from x to w or a and from y to u or b on that of t. Each of u, w, a, b is met with probability 1/4 at
    step 2 on both sides. u, a, w, b are 0, 1, 2, 3 steps from where they end, so that an embedding must keep them;
    but {u, a} is the row of neither of t's x and y.
    """
    half = lambda first, second: {"go": {first: 0.5, second: 0.5}}  # noqa: E731
    tails = {f"{c}{k}": {"go": f"{c}{max(k - 1, 0)}"} for c, n in (("u", 0), ("a", 1), ("w", 2), ("b", 3))
             for k in range(n + 1)}  # fmt: skip
    mdp = mp.RewardlessMDP.from_successors(
        {"s": half("x", "y"), "x": half("u0", "a1"), "y": half("w2", "b3"),
         "t": half("x'", "y'"), "x'": half("w2", "a1"), "y'": half("u0", "b3"), **tails}
    )  # fmt: skip
    search = CopyFinder(mdp).states("t", "s")
    assert search.status == "found"
    assert search.method == "by lists"
    phi = search.phi
    assert {phi.of("x"), phi.of("y")} == {"x'", "y'"}
    assert [phi.of(end) for end in tails] == list(tails)
    visits = [mp.visits(mdp, s, 0.37).rows for s in ("s", "t")]
    assert np.abs(phi.act(visits[0]) - visits[1]).max() < 1e-12
    assert not check_states(mdp, "t", "s", phi)  # sufficient, not necessary
    assert CopyFinder(mdp).given_states("t", "s", phi).status == "found"
    assert CopyFinder(mdp, Budget(sets=1)).states("t", "s").status == "found"  # there is one policy a side


def test_a_transition_that_no_nondominated_policy_uses():
    """From s' to x or to t; at x stay, or go on to t. To take x → t one must like x more than t, and then less.

    So F_nd(s') = {to t, to x and stay}, of which a fork has a copy, though it has nothing like x → t.
    """
    mdp = mp.RewardlessMDP.from_successors(
        {"s'": {"x": "x", "t": "t"}, "x": {"stay": "x", "t": "t"}, "t": {"stay": "t"},
         "s": {"a": "a", "b": "b"}, "a": {"stay": "a"}, "b": {"stay": "b"}}
    )  # fmt: skip
    finder = CopyFinder(mdp)
    search = finder.states("s", "s'", every=True)
    assert [phi.moved["x"] for phi in search.involutions] == ["a", "b"]
    phi = search.involutions[0]
    assert not check_states(mdp, "s", "s'", phi)  # φ·F(s') is not inside F(s)
    assert finder.given_states("s", "s'", phi).status == "found"
    assert contains_copy(mp.visits(mdp, "s", 0.5), mp.visits(mdp, "s'", 0.5)).status == "none"


def test_a_first_step_that_no_nondominated_policy_takes():
    """A bet between x and y is never strictly better than both: where there is no such bet there may be a copy."""
    ends = {end: {"stay": end} for end in "xyab"}
    mdp = mp.RewardlessMDP.from_successors(
        {"s'": {"x": "x", "y": "y", "bet": {"x": 0.5, "y": 0.5}}, "s": {"a": "a", "b": "b"}, **ends}
    )
    assert CopyFinder(mdp).states("s", "s'").status == "found"
    assert len(CopyFinder(mdp).states("s", "s'", every=True).involutions) == 2
    assert CopyFinder(mdp).states("s'", "s").status == "found"
    # A bet that is no mixture of the others, as x can not be had for certain, asks for one.
    other = mp.RewardlessMDP.from_successors(
        {"s'": {"y": "y", "bet": {"x": 0.5, "y": 0.5}}, "s": {"a": "a", "b": "b"}, **ends}
    )
    search = CopyFinder(other).states("s", "s'")
    assert (search.status, search.method) == ("none", "the first step has no counterpart")


# ---------------------------------------------------------------------- large maps


@pytest.mark.parametrize("size", [3, 4])
def test_transitions_that_are_used_for_certain(size):
    """Each is used by a policy of the listed F_nd; and they are most of those."""
    for mdp in (mp.envs.make(f"open({size},{size})"), mp.envs.make(f"maze({2 * size + 1},{2 * size + 1},0)")):
        for state in mdp.states[:4]:
            listed = mp.visits(mdp, state, 0.5).nondominated().policies
            used = {p for policy in listed for p in policy.values()}
            certain = {p for pairs in CopyFinder(mdp).certainly_used(mdp.index(state)).values() for p in pairs}
            assert certain <= used
            assert len(certain) > len(used) / 2


@settings(max_examples=60, deadline=None)
@given(mdps(max_states=7, deterministic=True))
def test_transitions_that_are_used_for_certain_in_any_mdp(mdp):
    listed = mp.visits(mdp, mdp.states[0], 0.5).nondominated().policies
    used = {p for policy in listed for p in policy.values()}
    assert {p for pairs in CopyFinder(mdp).certainly_used(0).values() for p in pairs} <= used


def mirrored(rows, half, *, odd_walls=False):
    """A map whose left and right halves are mirror images, with walls drawn at random."""
    walls = np.random.default_rng(0).random((rows, half)) < 0.2
    walls[0], walls[:, 0], walls[:, -1] = False, False, False
    both = np.hstack([walls, walls[:, ::-1]])
    if odd_walls:
        both[rows // 2, 1:half:3] = True
    return "\n".join("".join("#" if wall else "." for wall in row) for row in both)


@pytest.mark.slow
def test_two_thousand_cells_without_a_list():
    room = mp.envs.gridworld(mirrored(46, 26))
    assert 1900 < room.n_states < 2400
    search = CopyFinder(room, Budget(nodes=1, sets=1)).states((45, 51), (45, 0))
    assert (search.status, search.method, search.nodes) == ("found", "mirror image left-right of the map", 0)
    assert check_states(room, (45, 51), (45, 0), search.phi)
    phi, moves = search.phi.image, np.column_stack([room.pair_states, room.kernel.indices])  # one end a row
    assert room.kernel.nnz == room.n_pairs
    assert set(map(tuple, phi[moves].tolist())) == set(map(tuple, moves.tolist()))  # the whole map is a mirror image
    slippery = mp.envs.gridworld(mirrored(46, 26), slip=0.1)
    assert CopyFinder(slippery, Budget(nodes=1, sets=1)).states((45, 51), (45, 0)).status == "found"


@pytest.mark.slow
def test_five_hundred_cells_with_walls_more_on_one_side():
    """More walls on the left: some transitions of F_nd on the right have no place there, and that proves it."""
    room = mp.envs.gridworld(mirrored(24, 13, odd_walls=True))
    assert 450 < room.n_states < 600
    search = CopyFinder(room).states((23, 0), (23, 25))
    assert search.status == "none"
    assert "for certain" in search.method  # there are far too many of F_nd to list


def test_open_rooms_by_the_layout():
    finder = CopyFinder(mp.envs.make("open(8,8)"))
    for s, other in (((0, 0), (7, 0)), ((2, 3), (2, 4)), ((1, 2), (6, 5)), ((4, 1), (1, 4)), ((1, 2), (5, 6))):
        search = finder.states(s, other)
        assert (search.status, search.nodes) == ("found", 0)
        assert check_states(finder.mdp, s, other, search.phi)
    assert finder.states((0, 0), (1, 1)).status == "none"  # a corner has three actions, not five
    assert finder.actions((3, 3), "E", "S").method == "mirror image in a falling diagonal of the map"


def test_every_phi_is_searched_for_although_the_layout_has_one():
    """From one corner of open(2,2) to another: its neighbours may stay or be swapped with each other."""
    room = mp.envs.make("open(2,2)")
    search = CopyFinder(room).states((0, 0), (1, 1), every=True)
    brute = BruteForce(room)
    assert len(search.involutions) == 2
    assert_all(
        search, brute.copies(brute.nondominated(3), brute.f(0)),
        lambda phi: brute.takes(phi, brute.nondominated(3), brute.f(0)),
    )  # fmt: skip


# ---------------------------------------------------------------------- budgets, and what is unknown


def test_a_budget_that_is_spent_says_unknown():
    """Ends that can be told apart by what comes after two steps only: one node is not enough."""
    ends = {f"{side}{k}": {"go": f"{side}{k}x"} for side in "ab" for k in range(3)}
    tails = {f"{side}{k}x": {"go": f"{side}{max(k - 1, 0)}"} for side in "ab" for k in range(3)}
    mdp = mp.RewardlessMDP.from_successors(
        {side: {f"->{k}": f"{side}{k}" for k in range(3)} for side in "ab"} | ends | tails
    )
    search = CopyFinder(mdp, Budget(nodes=1)).states("a", "b", every=True)
    assert search.status == "unknown"
    assert "the budget of 1 nodes was spent" in search.method
    assert CopyFinder(mdp).states("a", "b").status == "found"
    late = CopyFinder(mdp, Budget(seconds=1e-9)).states("a", "b")
    assert late.status == "unknown"
    assert "the budget of 1e-09 s was spent" in late.method


def test_sets_that_are_too_large_to_list():
    """Of stochastic MDPs no embedding proves nothing; where the lists are too long the answer is unknown."""
    bet = {"go": {"x": 0.5, "y": 0.5}}
    mdp = mp.RewardlessMDP.from_successors(
        {"s": bet, "t": bet, "x": {"stay": "x", "go": "y"}, "y": {"stay": "y", "x": "x", "u": "u"},
         "u": {"stay": "u"}, "z": {"stay": "z", "to": "t"}}
    )  # fmt: skip
    assert CopyFinder(mdp).states("s", "t").status == "found"
    assert CopyFinder(mdp, Budget(sets=1)).states("s", "t").status == "found"
    assert CopyFinder(mdp).states("x", "y").status == "none"
    few = CopyFinder(mdp, Budget(sets=1))
    assert few.ends("u", "y").status == "unknown"
    assert "too many to list" in few.ends("u", "y").method
    assert CopyFinder(mdp).ends("u", "y").status == "none"
    assert few.all_visits("s") is None
    assert few.nondominated("s") is None


def test_the_listing_of_a_large_stochastic_map_is_not_even_begun():
    """F_nd of a stochastic MDP takes linear programs: not where there are too many policies anyway."""
    room = mp.envs.make("open(9,9)", slip=0.1)
    search = CopyFinder(room).states((4, 4), (4, 3))
    assert search.status == "unknown"
    assert "too large to list" in search.method


@pytest.mark.slow
@pytest.mark.parametrize("k", [6, 50])
def test_equal_ends(k):
    """fork(k) contains itself by any involution of its ends: 76 of 6, about 10³³ of 50."""
    finder = CopyFinder(mp.envs.fork(k), Budget(nodes=800))
    for search in (finder.states("root", "root", every=True), finder.ends("root", "root", every=True)):
        assert search.status == "found"
        assert len({tuple(phi.image.tolist()) for phi in search.involutions}) == len(search.involutions)
        assert len(search.involutions) == 76 if k == 6 else 100 < len(search.involutions) <= 800


# ---------------------------------------------------------------------- bad input


def test_bad_input():
    mdp = mp.envs.figure_1()
    finder = CopyFinder(mdp)
    for wrong in (
        lambda: finder.states("r_se", "nowhere"),
        lambda: finder.states("nowhere", "r_se"),
        lambda: finder.actions("star", "->r_tri", "->nowhere"),
        lambda: finder.ends("nowhere", "star"),
        lambda: check_states(mdp, "r_se", "nowhere", {}),
        lambda: check_states(mdp, "r_se", "l_sw", {"nowhere": "r_se"}),
        lambda: check_actions(mdp, "star", "->nowhere", "->l_tri", {}),
    ):
        with pytest.raises(LabelError, match="nowhere"):
            wrong()
    with pytest.raises(ParameterError, match="φ must take 'l_sw' to 'r_se'; it takes it to 'l_sw'"):
        check_states(mdp, "r_se", "l_sw", {})
    with pytest.raises(ParameterError, match="φ must leave 'star' where it is; it takes it to 'empty'"):
        check_actions(mdp, "star", "->r_tri", "->l_tri", {"star": "empty"})
    with pytest.raises(ParameterError, match="no involution"):
        finder.given_states("r_se", "l_sw", {"l_sw": "r_se", "r_se": "empty"})
    with pytest.raises(ParameterError, match="one index for each of 8 states"):
        finder.given_actions("star", "->r_tri", "->l_tri", [0, 1])


def test_a_list_of_all_involutions_says_whether_it_is_one():
    """fork(4): t1 goes to itself, t2, t3 or t4. With 2 nodes the search ends before it has gone through them."""
    fork = mp.envs.fork(4)
    whole = CopyFinder(fork).states("t2", "t1", every=True)
    assert (whole.status, len(whole.involutions), whole.all_listed) == ("found", 1, True)
    assert not CopyFinder(fork).states("t2", "t1").all_listed  # the first is enough, and others were not looked for
    root, ends = (mp.visits(fork, s, 0.5) for s in ("root", "t1"))
    rows = np.eye(5)[1:]
    many = contains_copy(rows, rows[:1], every=True)
    assert (len(many.involutions), many.all_listed) == (4, True)
    few = contains_copy(rows, rows[:1], every=True, budget=Budget(nodes=2))
    assert few.status == "found"
    assert not few.all_listed
    assert contains_copy(root, ends).status == "none"  # the root is no 1-cycle

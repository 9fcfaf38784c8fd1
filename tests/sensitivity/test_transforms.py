"""Transforms of an MDP: what they make, that tied rewards leave POWER alone, and how far independent ones move it.

Numbers. fork(2) has POWER(root) = E max of two U(0, 1) = 2/3. With t1 duplicated by choice it is fork(3), 3/4; by
chance it is E max(X, Y), X = (R1 + R1')/2, which is E (1 + X²)/2 = 1/2 + (1/4 + 1/24)/2 = 31/48. With one step of
history the two ends become two pairs of states, which is figure 9 (b): 37/60 at γ = 1/2.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from strategies import mdps

import mdppower as mp
from mdppower.envs.paper import FIGURE_9_POWER
from mdppower.integrals.reward_laws import exact_law
from mdppower.mdp.rational import rational_kernel
from mdppower.measures.exact_means import exact_rows
from mdppower.rewards.distribution import resolve
from mdppower.rewards.joint_laws import Repeated
from mdppower.sensitivity.copied_rewards import gathered, repeated
from mdppower.sensitivity.transformed import Transformed, independent, same_rewards, tied
from mdppower.sensitivity.transforms import bisimulation_quotient, duplicate_state, split_action, unroll

RATES = [0.0, 0.5, 0.9, 1.0]


def exactly_tied(transformed: Transformed, gamma: float, rewards="uniform") -> list:
    """POWER of all new states under tied rewards, in fractions: F_nd pushed to the old states, then integrated."""
    law = exact_law(resolve(rewards, transformed.original))
    powers = []
    for label in transformed.mdp.states:
        rows = set()
        for row in exact_rows(mp.Option.state(transformed.mdp, label, gamma, kind="power")):
            pushed = [Fraction(0)] * transformed.original.n_states
            for x, weight in enumerate(row):
                pushed[transformed.origin[x]] += weight
            rows.add(tuple(pushed))
        powers.append(law.maximum([list(row) for row in sorted(rows)])[0])
    return powers


# ---------------------------------------------------------------------- what they make


def test_a_fork_with_an_end_duplicated_by_choice_is_a_fork_with_one_more():
    more = duplicate_state(mp.envs.fork(2), "t1", 2)
    assert more.mdp.states == ("root", "t1", "t2", "t1 (copy 1)", "t1 (copy 2)")
    assert more.mdp.actions("root") == ("->t1", "->t2", "->t1 (copy 1)", "->t1 (copy 2)")
    assert more.mdp.actions("t1 (copy 2)") == ("->t1",)
    # But for names it is fork(4): the same kernel, with states in another order.
    fork = mp.envs.fork(4)
    rows = {tuple(row) for row in more.mdp.kernel.toarray()[:4].tolist()}
    assert rows == {tuple(row) for row in fork.kernel.toarray()[:4].tolist()}
    assert (more.mdp.kernel.toarray()[4:] == np.eye(5)[1:]).all()
    np.testing.assert_array_equal(more.origin, [0, 1, 2, 1, 1])
    np.testing.assert_array_equal(more.copy_numbers, [0, 0, 0, 1, 2])


def test_a_state_duplicated_by_chance_is_entered_evenly_and_stays_where_it_is():
    bet = mp.RewardlessMDP.from_successors(
        {"a": {"go": {"a": 0.25, "b": 0.75}}, "b": {"stay": "b", "back": {"a": 0.5, "b": 0.5}}}
    )
    split = duplicate_state(bet, "b", 2, into="split").mdp
    assert split.successors("a", "go") == {"a": 0.25, "b": 0.25, "b (copy 1)": 0.25, "b (copy 2)": 0.25}
    assert split.successors("b", "stay") == {"b": 1.0}
    assert split.successors("b (copy 2)", "stay") == {"b (copy 2)": 1.0}
    assert split.successors("b (copy 1)", "back") == {"a": 0.5, "b (copy 1)": 0.5}
    # By choice, an action that may enter b aims at one of them; those that never do have no twins.
    chosen = duplicate_state(bet, "b").mdp
    assert chosen.successors("a", "go (copy 1)") == {"a": 0.25, "b (copy 1)": 0.75}
    assert set(chosen.actions("b")) == set(chosen.actions("b (copy 1)")) == {"back", "stay"}
    again = duplicate_state(bet, "a").mdp
    assert again.successors("b", "back (copy 1)") == {"a (copy 1)": 0.5, "b": 0.5}
    assert "stay (copy 1)" not in again.action_names


def test_names_that_are_taken_are_left_alone():
    mdp = mp.RewardlessMDP.from_successors(
        {"x": {"go": "y", "go (copy 1)": "x"}, "y": {"go": "y"}, "y (copy 1)": {"go": "y"}}
    )
    again = duplicate_state(mdp, "y")
    assert again.mdp.states[-1] == "y (copy 2)"
    assert again.mdp.actions("x") == ("go", "go (copy 1)", "go (copy 2)")
    cells = duplicate_state(mp.envs.gridworld("ab"), "b")
    assert cells.mdp.states[-1] == ((0, 1), "copy 1")
    assert cells.mdp.index("b") == 1  # the mark still names one state
    assert cells.mdp.layout[-1].tolist() == [0.3, 1.3]


def test_histories_are_walks_and_their_number_is_known_beforehand():
    mdp = mp.envs.figure_1()
    after = {s: {t for a in mdp.actions(s) for t in mdp.successors(s, a)} for s in mdp.states}
    walks = {(s,) for s in mdp.states}
    for length in (2, 3):
        walks |= {
            walk for walk in product(mdp.states, repeat=length) if all(t in after[s] for s, t in pairwise(walk))
        }
    deep = unroll(mdp, 2)
    assert set(deep.mdp.states) == walks
    assert deep.mdp.states[: mdp.n_states] == tuple((s,) for s in mdp.states)
    assert deep.mdp.successors(("star", "r_tri", "r_ne"), "->r_se") == {("r_tri", "r_ne", "r_se"): 1.0}
    assert deep.mdp.successors(("star",), "->r_tri") == {("star", "r_tri"): 1.0}
    with pytest.raises(mp.SizeError, match=f"there are {len(walks)} histories of up to 2 steps; the limit is 30"):
        unroll(mdp, 2, limit=30)
    with pytest.raises(mp.SizeError, match="and more with 1000000"):
        unroll(mdp, 1_000_000)
    assert unroll(mdp, 0).mdp is mdp


def test_split_actions_do_the_same():
    parts = split_action(mp.envs.figure_11(), "s0", "a0", 3).mdp
    assert parts.actions("s0")[-2:] == ("a0 (copy 1)", "a0 (copy 2)")
    assert all(parts.successors("s0", a) == {"sl": 1.0} for a in ("a0", "a0 (copy 1)", "a0 (copy 2)"))


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda m: duplicate_state(m, "t9"), mp.LabelError, "there is no state 't9'"),
        (lambda m: duplicate_state(m, "t1", 0), mp.ParameterError, "copies must be a positive integer, got 0"),
        (lambda m: duplicate_state(m, "t1", into="both"), mp.ParameterError, "into must be one of 'choice', 'split'"),
        (lambda m: split_action(m, "root", "->t9"), mp.LabelError, "'root' has no action '->t9'"),
        (lambda m: split_action(m, "root", "->t1", 1), mp.ParameterError, "parts must be an integer ≥ 2, got 1"),
        (lambda m: unroll(m, -1), mp.ParameterError, "depth must be an integer ≥ 0, got -1"),
        (lambda m: unroll(m, 1.5), mp.ParameterError, "depth must be an integer ≥ 0, got 1.5"),
        (lambda m: bisimulation_quotient(m, [0, 1]), mp.ParameterError, "the partition has 2 entries for 3 states"),
        (lambda m: bisimulation_quotient(m, {"q": 0}), mp.LabelError, "the partition names 'q', which is no state"),
        (lambda m: bisimulation_quotient(m, {"t1": 0}), mp.ParameterError, "no entry for state 'root'"),
    ],
)  # fmt: skip
def test_refusals(make, kind, message):
    with pytest.raises(kind) as caught:
        make(mp.envs.fork(2))
    assert message in str(caught.value)


# ---------------------------------------------------------------------- quotients


def stable(mdp, rows, block):
    """By definition: states of a block have the same set of distributions over blocks."""

    def told(s):
        sums = set()
        for p in range(mdp.pointer[s], mdp.pointer[s + 1]):
            chance = {}
            for t, x in rows[p].items():
                chance[block[t]] = chance.get(block[t], 0) + x
            sums.add(frozenset(chance.items()))
        return sums

    return all(told(s) == told(t) for s in range(mdp.n_states) for t in range(s) if block[s] == block[t])


def partitions(n):
    """All partitions of n things, as restricted growth strings."""
    found = [[0]]
    for _ in range(n - 1):
        found = [[*p, k] for p in found for k in range(max(p) + 2)]
    return found


@settings(max_examples=40)
@given(mdps(max_states=5, max_actions=2), st.lists(st.integers(0, 1), min_size=5, max_size=5))
def test_the_quotient_is_the_coarsest_stable_partition(mdp, colours):
    """Against all partitions of the states: Bell's number of 5 is 52."""
    colours = colours[: mdp.n_states]
    rows = rational_kernel(mdp)
    refine = [
        p for p in partitions(mdp.n_states)
        if all(colours[s] == colours[t] for s in range(mdp.n_states) for t in range(s) if p[s] == p[t])
    ]  # fmt: skip
    fine = [p for p in refine if stable(mdp, rows, p)]
    fewest = min(max(p) for p in fine)
    (coarsest,) = [p for p in fine if max(p) == fewest]
    quotient = bisimulation_quotient(mdp, colours)
    assert quotient.block.tolist() == coarsest
    assert quotient.mismatch() is None


@pytest.mark.slow
@settings(max_examples=40)
@given(mdps(max_states=5), st.integers(0, 2))
def test_the_quotient_of_histories_is_the_mdp(mdp, depth):
    """With tied rewards histories of one end are one state; their quotient is the MDP, but for names."""
    deep = unroll(mdp, depth)
    back = bisimulation_quotient(deep.mdp, deep)
    np.testing.assert_array_equal(back.block, deep.origin)
    renamed = mp.RewardlessMDP.from_pairs(
        back.mdp.pair_states, back.mdp.kernel, states=mdp.states, actions=back.mdp.action_names,
        action_codes=back.mdp.action_codes,
    )  # fmt: skip
    assert renamed.equals(mdp, tolerance=1e-15)


def test_without_a_partition_nothing_merges():
    """The two wings of figure 1 are mirror images in parts, but each state draws its own reward."""
    same = bisimulation_quotient(mp.envs.fork(5))
    assert same.mdp.equals(mp.envs.fork(5))
    assert "every state has a reward of its own" in repr(same)
    assert not same.is_quotient


def test_rewards_that_are_known_to_be_equal_let_states_merge():
    """A corridor where only the end pays: cells on both sides of it at one distance are one. POWER is the same."""
    corridor = mp.envs.gridworld("...*...")
    rewards = {"*": "uniform", "default": 0}
    quotient = bisimulation_quotient(corridor, same_rewards(corridor, rewards))
    assert [quotient.block[k] for k in (0, 1, 2, 3)] == [quotient.block[k] for k in (6, 5, 4, 3)]
    assert quotient.mdp.n_states == 4
    before = mp.power(corridor, RATES, rewards, method="exact")
    after = mp.power(quotient.mdp, RATES, tied(quotient, rewards), method="exact")
    assert (after.exact[:, quotient.block] == before.exact).all()
    assert before.exact[1, 3] == Fraction(1, 2)


def test_a_quotient_refuses_rewards_that_differ_within_a_block():
    quotient = bisimulation_quotient(mp.envs.fork(2), [0, 1, 1])
    with pytest.raises(mp.RewardError, match="states 't1' and 't2' are merged, but their rewards differ"):
        tied(quotient, "uniform")
    with pytest.raises(mp.RewardError, match="'t1' and 't2'"):
        tied(quotient, mp.Gaussian([0, 0, 0], np.eye(3)))
    with pytest.raises(mp.RewardError, match="'t1' and 't2'"):
        tied(quotient, mp.Fixed([0, 1, 2]))
    # The same draw in both is fine, whoever makes it.
    for rewards in (
        mp.Gaussian([0, 1, 1], [[1, 0, 0], [0, 2, 2], [0, 2, 2]]),
        mp.Features([[1, 0], [0, 1], [0, 1]]),
        mp.Fixed([0, 3, 3]),
        lambda n, rng: rng.random((n, 2))[:, [0, 1, 1]],
    ):
        assert tied(quotient, rewards).n_states == 2


# ---------------------------------------------------------------------- tied: nothing moves


def everything(mdp):
    s, a = mdp.pair_label(0)
    return [
        *[duplicate_state(mdp, x, into=into) for x in mdp.states for into in ("choice", "split")],
        duplicate_state(mdp, mdp.states[-1], 2), split_action(mdp, s, a, 3), unroll(mdp, 1),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("mdp", [mp.envs.fork(2), mp.envs.figure_10()], ids=["fork", "figure 10"])
def test_tied_rewards_move_nothing_exactly(mdp):
    """In fractions, by another route than the theorem: F_nd of the new MDP, pushed to the old states."""
    for gamma in (0.0, 0.5, 1.0):
        before = mp.power(mdp, gamma, method="exact").exact
        for transformed in everything(mdp):
            assert transformed.mismatch() is None
            assert exactly_tied(transformed, gamma) == before[transformed.origin].tolist(), (transformed, gamma)


@pytest.mark.slow
@settings(max_examples=25)
@given(mdps(max_states=5), st.data())
def test_tied_rewards_move_nothing_on_the_same_draws(mdp, data):
    """With one seed, tied rewards are the original's draws, and POWER differs by certified errors only."""
    transformed = data.draw(st.sampled_from(everything(mdp)))
    assert transformed.mismatch() is None
    before = mp.power(mdp, [0.0, 0.7, 1.0], samples=64, rng=5)
    after = mp.power(transformed.mdp, [0.0, 0.7, 1.0], tied(transformed), samples=64, rng=5)
    allowed = (before.data.slack + after.data.slack)[:, None] + 1e-14
    assert (abs(after.mean - before.mean[:, transformed.origin]) <= allowed).all()


def test_a_wrong_map_is_seen():
    """The negative control: if the copy of t1 is said to stand for root, the condition fails, and POWER moves."""
    right = duplicate_state(mp.envs.fork(2), "t1")
    wrong = replace(right, origin=np.array([0, 1, 2, 0]))
    assert "does not go where its original" in wrong.mismatch()
    for transformed, moves in ((right, False), (wrong, True)):
        after = mp.power(transformed.mdp, 0.5, tied(transformed), rng=0).mean[0]
        assert (abs(after - mp.power(mp.envs.fork(2), 0.5, rng=0).mean[0]) > 0.01) == moves
    assert exactly_tied(wrong, 0.5)[0] != Fraction(2, 3)


def test_exact_method_knows_tied_rewards_where_their_law_is_known():
    """E max(N, N') = 1/√π for two independent normals, whatever the number of copies; and constants."""
    again = duplicate_state(mp.envs.fork(2), "t1")
    normal = tied(again, mp.Gaussian([0, 0, 0], np.eye(3)))
    found = mp.power(again.mdp, 0.9, normal, method="exact")
    low, high = found.interval()
    assert abs(found.mean[0] - 1 / np.sqrt(np.pi)) < 1e-4
    assert low[0] - 1e-9 <= 1 / np.sqrt(np.pi) <= high[0] + 1e-9
    fixed = mp.power(again.mdp, 0.9, tied(again, mp.Fixed([0, 1, 3])), method="exact")
    assert fixed.exact.tolist() == [3, 1, 3, 1]
    assert tied(split_action(mp.envs.fork(2), "root", "->t1")).is_iid  # nothing is shared


# ---------------------------------------------------------------------- independent: by how much


@pytest.mark.parametrize("gamma", RATES)
def test_a_second_copy_of_an_end_is_worth_a_third_end(gamma):
    again = duplicate_state(mp.envs.fork(2), "t1")
    assert mp.power(again.mdp, gamma, independent(again), method="exact").exact[0] == Fraction(3, 4)
    assert exactly_tied(again, gamma)[0] == Fraction(2, 3)


@pytest.mark.parametrize("gamma", RATES)
def test_a_copy_entered_by_chance_is_worth_less(gamma):
    again = duplicate_state(mp.envs.fork(2), "t1", into="split")
    assert mp.power(again.mdp, gamma, independent(again), method="exact").exact[0] == Fraction(31, 48)
    assert exactly_tied(again, gamma)[0] == Fraction(2, 3)


def test_history_with_rewards_of_its_own_is_figure_9():
    deep = unroll(mp.envs.fork(2), 1)
    power = mp.power(deep.mdp, [0.0, 0.5, 1.0], independent(deep), method="exact").exact[:, 0]
    assert power.tolist() == [FIGURE_9_POWER["s3"](Fraction(g)) for g in (0, Fraction(1, 2), 1)]
    assert power[1] == Fraction(37, 60)


def test_copies_of_joint_rewards_share_a_draw_with_their_kind():
    """Rewards of t1 and t2 are opposite. The copies of both are a second draw, opposite to each other, too."""
    base = mp.Gaussian([0, 0, 0], [[1, 0, 0], [0, 1, -1], [0, -1, 1]])
    deep = unroll(mp.envs.fork(2), 1)  # (root,), (t1,), (t2,), (root, t1), (root, t2), (t1, t1), (t2, t2)
    rewards = independent(deep, base)
    draws = rewards.sample(4000, np.random.default_rng(0))
    np.testing.assert_allclose(draws[:, [1, 3, 5]], -draws[:, [2, 4, 6]], atol=1e-12)
    # 15 correlations of 4,000 draws are within 0.08 of 0 (five standard errors) but for one case in 10⁵.
    assert abs(np.corrcoef(draws[:, [1, 3, 5]].T) - np.eye(3)).max() < 0.08
    np.testing.assert_allclose(rewards.variance, 1)


# ---------------------------------------------------------------------- distributions on copies


@pytest.mark.parametrize(
    "spec",
    [
        "uniform", {"t1": "norm(0,1)", "default": "expon"}, {"t1": 2.0, "default": stats.bernoulli(0.5)},
        mp.Features([[1, 0], [0, 1], [2, 3]]), mp.Fixed([1, 2, 3]), mp.Permuted("uniform", [1, 2, 0]),
        mp.Mixture(["uniform", mp.Fixed([4, 5, 6])]), mp.Gaussian([0, 1, 2], [3, 4, 5]),
        lambda n, rng: rng.random((n, 3)),
    ],
    ids=["iid", "mapping", "discrete", "features", "fixed", "permuted", "mixture", "gaussian", "callable"],
)  # fmt: skip
@pytest.mark.parametrize("columns", [[0, 1, 2, 1], [2, 2, 0], [2, 0], [0, 1, 2]])
def test_gathered_rewards_are_columns_of_the_base(spec, columns):
    base = resolve(spec, mp.envs.fork(2))
    found = gathered(base, np.array(columns))
    np.testing.assert_allclose(found.mean, base.mean[columns])
    np.testing.assert_allclose(found.variance, base.variance[columns])
    np.testing.assert_array_equal(found.low, base.low[columns])
    np.testing.assert_array_equal(found.high, base.high[columns])
    assert found.is_iid == (base.is_iid and len(set(columns)) == len(columns))
    one, two = (x.sample(7, np.random.default_rng(3)) for x in (base, found))
    if not isinstance(spec, mp.Gaussian):  # which draws its own
        np.testing.assert_array_equal(two, one[:, columns])
    for i, a in enumerate(columns):
        for j, b in enumerate(columns):
            if a == b:
                np.testing.assert_allclose(two[:, i], two[:, j], atol=1e-12)


def test_repeated_rewards_are_side_by_side_and_independent():
    base = resolve(mp.Features([[1, 0], [0, 1], [2, 3]], "uniform"), mp.envs.fork(2))
    twice = repeated(base, 2)
    assert isinstance(twice, Repeated)
    assert (twice.n_states, twice.dimension) == (6, 4)
    draws = twice.from_uniforms(np.array([[0.1, 0.2, 0.3, 0.4]]))[0]
    np.testing.assert_allclose(draws, [0.1, 0.2, 0.8, 0.3, 0.4, 1.8])
    np.testing.assert_array_equal(twice.mean, np.tile(base.mean, 2))
    iid = repeated(resolve("uniform", mp.envs.fork(2)), 3)
    assert iid.is_iid
    assert exact_law(iid).highs == [1] * 9


def test_estimates_of_tied_rewards_can_be_saved_and_drawn_again(tmp_path):
    again = duplicate_state(mp.envs.fork(2), "t1")
    estimate = mp.power(again.mdp, 0.9, tied(again), samples=64, rng=1)
    estimate.save(tmp_path / "tied.nc")
    loaded = mp.load(tmp_path / "tied.nc")
    rewards = loaded.draw(5).rewards
    assert rewards[1] == rewards[3]
    np.testing.assert_array_equal(rewards, estimate.draw(5).rewards)
    assert loaded.mdp.origin["transform"] == "duplicate 't1' by choice"

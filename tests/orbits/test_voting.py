"""Orbits against itertools; votes against the golden counts and against brute force over whole orbits."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, load
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from strategies import mdps

import mdppower as mp
from mdppower.montecarlo.proportions import proportion_interval
from mdppower.orbits.paper_quantities import action_is_optimal, state_power, state_value
from mdppower.orbits.quantity import Quantity, Source, differences
from mdppower.orbits.rearrangements import (
    orbit,
    orbit_blocks,
    orbit_size,
    sample_orbit,
)
from mdppower.orbits.voting import Votes, binary_votes, distribution_votes, holm, votes
from mdppower.rewards.distribution import resolve
from mdppower.rewards.laws import law

MANY = settings(max_examples=40, deadline=None)


def states_alone(n: int) -> mp.RewardlessMDP:
    """n absorbing states: X_s = r(s)."""
    return mp.RewardlessMDP.from_successors({s: {"stay": s} for s in range(n)})


def by_hand(mdp: mp.RewardlessMDP, error: float) -> tuple[Quantity, Quantity]:
    """r(0) and r(1), each said to be known only to half of an error."""
    source, everything = Source(mdp, 0.5, "deterministic", "values"), np.ones(mdp.n_states, bool)
    return tuple(
        Quantity(f"r({s})", source, lambda: everything, lambda r, *_, s=s: (r[:, s], np.full(len(r), error / 2)))
        for s in (0, 1)
    )


# ---------------------------------------------------------------------- golden counts


def golden_votes():
    """Each golden vote, with f₁ and f₂ made from the words that say what was counted."""
    for path in GOLDEN:
        case = load(path)
        for one in case.get("expected", {}).get("orbit_votes", []):
            yield pytest.param(
                case, one, id=f"{case['id']}: {one['what']}, {one.get('gamma')}, {one['reward_multiset']}"
            )


def pair_of(case, vote, number=state_power):
    mdp, what = golden_mdp(case), vote["what"]
    gamma = float(Fraction(vote.get("gamma", "1")))  # where there is none, the words say that it is 1
    if what.startswith("POWER(r_se)"):
        return number(mdp, "r_se", gamma), number(mdp, "l_sw", gamma)
    if what.startswith("POWER(s2,1)"):
        return number(mdp, "s2", 1), number(mdp, "s3", 1)
    actions = {"1[right": ("star", "->r_tri", "->l_tri"), "1[N op": ("s1", "->s2", "->s3")}
    ((state, first, second),) = (x for start, x in actions.items() if what.startswith(start))
    return action_is_optimal(mdp, state, first, gamma), action_is_optimal(mdp, state, second, gamma)


def counts_of(vote):
    equal = vote.get("eq", vote["orbit_size"] - vote["gt"] - vote["lt"])
    return (vote["gt"], vote["lt"], equal, 0, vote["orbit_size"])


def counted(seen):
    return (seen.greater, seen.less, seen.equal, seen.undecided, seen.size)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "vote"), list(golden_votes()))
def test_golden_votes(case, vote):
    seen = votes(*pair_of(case, vote), vote["reward_multiset"])
    assert counted(seen) == counts_of(vote)
    assert seen.exhaustive
    assert seen.draws == seen.size
    assert seen.is_most == (vote["gt"] >= vote["lt"])
    assert seen.p_value == float(seen.is_most)


def test_power_without_the_reward_that_is_taken_off_has_other_counts():
    """Negative control: v in place of (v − (1−γ)R)/γ, that is POWER without its −R(s), is caught at γ < 1."""
    missed = [
        counted(votes(*pair_of(*p.values, number=state_value), p.values[1]["reward_multiset"]))
        == counts_of(p.values[1])
        for p in golden_votes()
        if p.values[1]["what"].startswith("POWER(r_se)") and p.values[1]["gamma"] == "1/2"
    ]
    assert len(missed) == 4
    assert not all(missed)


def test_golden_files_have_what_is_tested():
    assert len(list(golden_votes())) == 14


# ---------------------------------------------------------------------- votes


def brute_force(first, second, reward):
    """Counts over the whole orbit, listed by itertools."""
    difference, error = differences(first, second, sorted(set(permutations(map(float, reward)))))
    return ((difference > error).sum(), (difference < -error).sum(), (np.abs(difference) <= error).sum())


@pytest.mark.slow
@MANY
@given(st.data(), st.sampled_from([0.0, 0.5, 1.0]))
def test_solving_only_what_matters_leaves_counts_exact(data, gamma):
    """Arrangements on the states that f₁ or f₂ can reach, weighted, against every element of the orbit."""
    mdp = data.draw(mdps(max_states=5))
    reward = data.draw(st.lists(st.integers(-1, 2), min_size=mdp.n_states, max_size=mdp.n_states))
    s, t = data.draw(st.sampled_from(mdp.states)), data.draw(st.sampled_from(mdp.states))
    (a, *_, b) = mdp.actions(s) * 2
    for pair in (
        (state_power(mdp, s, gamma), state_power(mdp, t, gamma)),
        (action_is_optimal(mdp, s, a, gamma), action_is_optimal(mdp, s, b, gamma)),
    ):
        seen = votes(*pair, reward)
        assert (seen.greater, seen.less, seen.equal) == brute_force(*pair, reward)
        assert seen.draws == seen.size == orbit_size(reward)


def test_two_of_thirty_states():
    """X_0 > X_1 iff r(0) > r(1): in 30!/2 elements exactly, of which 30 · 29 = 870 are solved."""
    mdp = states_alone(30)
    first, second = state_power(mdp, 0, 0.5), state_power(mdp, 1, 0.5)
    seen = votes(first, second, range(30), limit=870)
    assert (seen.greater, seen.less, seen.equal) == (math.factorial(30) // 2, math.factorial(30) // 2, 0)
    assert seen.is_most
    assert "265,252,859" not in repr(seen)
    assert "of about 10^32" in repr(seen)
    assert not votes(first, second, range(30), limit=869).exhaustive


def test_one_of_a_thousand_states():
    """Where many states are alike, a large orbit can be small: a single 1 stands in each of 1000 places."""
    mdp = states_alone(1000)
    reward = np.zeros(1000)
    reward[5] = 1
    seen = votes(state_power(mdp, 0, 0.5), state_power(mdp, 1, 0.5), reward)
    assert counted(seen) == (1, 1, 998, 0, 1000)


def test_constant_rewards_are_equal():
    mdp = mp.envs.figure_1()
    right, left = (state_power(mdp, s, 0.9) for s in ("r_se", "l_sw"))
    for level in (0.0, 0.1, -1e6):
        assert counted(votes(right, left, np.full(8, level))) == (0, 0, 1, 0, 1)


def test_undecided_is_not_equal():
    """With an error of 1/2 a difference of 1 is told, one of 0 is not; with one of 1e-10 that is equal."""
    rough, fine = by_hand(states_alone(3), 0.5), by_hand(states_alone(3), 1e-10)
    # Of the 6 arrangements of 0, 1, 2 none ties; of the 3 of 0, 0, 2 one has r(0) = r(1).
    assert counted(votes(*rough, [0, 1, 2])) == (3, 3, 0, 0, 6)
    assert counted(votes(*rough, [0, 0, 2])) == (1, 1, 0, 1, 3)
    assert counted(votes(*fine, [0, 0, 2])) == (1, 1, 1, 0, 3)


@pytest.mark.parametrize(
    ("counts", "is_most", "ratio"),
    [
        ((3, 2, 0, 1), True, 1.5),
        ((3, 3, 5, 0), True, 1.0),
        ((2, 3, 0, 1), None, 2 / 3),
        ((3, 2, 0, 2), None, 1.5),
        ((1, 3, 0, 1), False, 1 / 3),
        ((2, 0, 0, 0), True, math.inf),
    ],
)
def test_what_counts_say(counts, is_most, ratio):
    """Undecided votes decide nothing unless all of them could not change the answer."""
    n = sum(counts)
    seen = Votes("f", "g", *counts, n, True, n)
    assert (seen.is_most, seen.ratio) == (is_most, ratio)
    assert seen.p_value == (0.0 if is_most is False else 1.0)
    assert math.isnan(Votes("f", "g", 0, 0, 4, 0, 4, True, 4).ratio)


# ---------------------------------------------------------------------- samples


def test_sign_test():
    """P(Bin(n, 1/2) ≥ n_<) summed by hand; undecided votes count against the rejection."""

    def tail(n, k):
        return sum(math.comb(n, j) for j in range(k, n + 1)) / 2**n

    for greater, less, undecided in ((3, 9, 0), (3, 9, 4), (0, 5, 0), (7, 7, 0), (2, 0, 0)):
        seen = Votes("f", "g", greater, less, 6, undecided, 10**6, False, 6 + greater + less + undecided)
        assert seen.p_value == pytest.approx(tail(greater + less + undecided, less))
        assert seen.is_most is None
    assert Votes("f", "g", 0, 0, 9, 0, 10**6, False, 9).p_value == 1


def test_samples_agree_with_the_whole_orbit():
    """Shares of 2000 sampled votes, in Clopper–Pearson intervals of level 1 − 1e-6, around 22272/40320 and the rest.

    The negative control is the other way round, where the orbit is lost: of 1947 votes that are not equal 56.7 % are
    expected to be "<", 5.9 standard deviations from a half: a level of 0.001 (3.1 of them) has the power 0.997.
    """
    mdp = mp.envs.figure_1()
    right, left = (state_power(mdp, s, 0.5) for s in ("r_se", "l_sw"))
    whole = votes(right, left, range(8))
    seen = votes(right, left, range(8), limit=1679, samples=2000, rng=5)
    assert not seen.exhaustive
    assert seen.draws == 2000
    for name in ("greater", "less", "equal"):
        low, high = proportion_interval(getattr(seen, name), 2000, 1 - 1e-6, independent=True)
        assert low < getattr(whole, name) / whole.size < high
    assert seen.p_value > 0.999
    lost = votes(left, right, range(8), limit=1, samples=2000, rng=5)
    assert lost.p_value < 0.001
    assert (lost.greater, lost.less, lost.equal) == (seen.less, seen.greater, seen.equal)
    assert counted(votes(left, right, range(8), limit=1, rng=5)) == counted(lost)  # seeded


def test_a_true_claim_is_rarely_rejected():
    """At the edge of the hypothesis, P(<) = P(>) = 1/2: at level 5 % at most 5 % of samples reject.

    300 seeds; more than 34 rejections would have probability 1e-5 under a fair coin of 5 %.
    """
    mdp = states_alone(6)
    first, second = state_power(mdp, 0, 0.5), state_power(mdp, 1, 0.5)
    rejected = sum(votes(first, second, range(6), limit=1, samples=100, rng=k).p_value <= 0.05 for k in range(300))
    assert stats.binom.sf(34, 300, 0.05) < 1e-5
    assert 0 < rejected <= 34


# ---------------------------------------------------------------------- zeros and ones


def test_all_binary_orbits_of_figure_1():
    """Against all 256 rewards one by one; the sizes are binomial coefficients."""
    mdp = mp.envs.figure_1()
    everything = np.array(list(product((0.0, 1.0), repeat=8)))
    for pair in (
        [state_power(mdp, s, 0.5) for s in ("r_se", "l_sw")],
        [action_is_optimal(mdp, "star", a, 1.0) for a in ("->r_tri", "->l_tri")],
    ):
        seen = binary_votes(*pair)
        difference, error = differences(*pair, everything)
        for ones, one in enumerate(seen):
            here = everything.sum(axis=1) == ones
            expected = ((difference > error)[here].sum(), (difference < -error)[here].sum())
            assert (one.greater, one.less) == expected
            assert one.size == math.comb(8, ones)
        assert all(one.is_most for one in seen)
        assert not all(one.is_most for one in binary_votes(*pair[::-1]))  # and the converse is false


def test_binary_votes_need_few_states_that_matter():
    mdp = states_alone(40)
    seen = binary_votes(state_power(mdp, 0, 0.5), state_power(mdp, 1, 0.5))
    # With k ones, r(0) = 1 and r(1) = 0 in C(38, k − 1) elements.
    assert [v.greater for v in seen] == [math.comb(38, k - 1) if k else 0 for k in range(41)]
    hub = mp.envs.fork(17)
    with pytest.raises(mp.SizeError, match="17 states matter"):
        binary_votes(state_power(hub, "root", 0.5), state_power(hub, "t1", 0.5))


# ---------------------------------------------------------------------- distributions


def test_distributions_that_are_constants_vote_as_reward_functions():
    mdp = mp.envs.figure_10()
    pair = state_power(mdp, "s2", 1), state_power(mdp, "s3", 1)
    seen = distribution_votes(*pair, [0, 1, 2, 3], samples=2, rng=0)
    assert counted(seen) == counted(votes(*pair, [0, 1, 2, 3])) == (8, 0, 16, 0, 24)
    assert (seen.samples, seen.is_most) == (2, None)


def test_means_decide():
    """X_0 − X_1 of absorbing states has the mean μ_0 − μ_1: of 3! orders of three means, half are greater.

    Laws that are equal are one: of "norm(0,1)" twice and "norm(5,1)" there are three arrangements, one with both
    equal laws in 0 and 1, where the difference is symmetric about 0: undecided, but once in 370.
    """
    mdp = states_alone(3)
    pair = state_power(mdp, 0, 0.5), state_power(mdp, 1, 0.5)
    seen = distribution_votes(*pair, ["norm(0,1)", "norm(1,1)", "norm(2,1)"], samples=500, rng=0)
    assert counted(seen) == (3, 3, 0, 0, 6)
    seen = distribution_votes(*pair, ["norm(0,1)", "norm(0,1)", "norm(5,1)"], samples=500, rng=0)
    assert counted(seen) == (1, 1, 0, 1, 3)
    by_mapping = resolve({0: law("norm(5,1)"), "default": "norm(0,1)"}, mdp)
    assert counted(distribution_votes(*pair, by_mapping, samples=500, rng=0))[:4] == (1, 1, 0, 1)
    assert distribution_votes(*pair, ["uniform"] * 3, samples=500, rng=0).size == 1
    for none in (mp.rewards.OnPairs("uniform"), "uniform"):
        with pytest.raises(mp.RewardError, match="laws are a sequence, one a state"):
            distribution_votes(*pair, none)


def test_a_copy_wins_the_orbit_of_a_distribution_and_loses_it_reversed():
    """Figure 1 (Prop. 6.6): r_se has a copy of what l_sw has. 4 of 8 states matter; 8!/4! arrangements of 8 laws."""
    mdp = mp.envs.figure_1()
    right, left = (state_power(mdp, s, 0.5) for s in ("r_se", "l_sw"))
    laws = [f"norm({k / 4},{1 + k % 3})" for k in range(8)]
    seen = distribution_votes(right, left, laws, permutations=150, samples=200, rng=3)
    assert not seen.exhaustive
    assert (seen.draws, seen.samples, seen.size) == (150, 200, 40320)
    assert seen.greater > seen.less
    assert seen.p_value > 0.5
    lost = distribution_votes(left, right, laws, permutations=150, samples=200, rng=3)
    assert (lost.greater, lost.less, lost.undecided) == (seen.less, seen.greater, seen.undecided)
    assert seen.undecided > 0


def test_votes_that_may_be_wrong():
    """With all arrangements in, d more "less" than "greater" need d/2 wrong votes of probability 0.00135 each.

    Sampled, a vote is "less" with probability ≤ (1 + 0.00135)/2.
    """
    all_in = Votes("f", "g", 10, 13, 2, 1, 26, True, 26, samples=100)
    # d = 13 − 11 = 2: one wrong vote of 26.
    assert all_in.p_value == pytest.approx(1 - (1 - 0.00135) ** 26)
    assert all_in.is_most is None
    sampled = Votes("f", "g", 0, 10, 0, 0, 10**6, False, 10, samples=100)
    assert sampled.p_value == pytest.approx((1.00135 / 2) ** 10)
    assert Votes("f", "g", 3, 3, 0, 0, 6, True, 6, samples=100).p_value == 1


# ---------------------------------------------------------------------- many tests


def test_holm_against_adjusted_p_values():
    """p̃_(k) = max_{j ≤ k} (m − j + 1) p_(j): rejected iff p̃ ≤ level. It rejects all that Bonferroni does."""
    rng = np.random.default_rng(0)
    more = 0
    for _ in range(200):
        p = rng.random(6) ** 3
        order = np.argsort(p)
        adjusted = np.empty(6)
        adjusted[order] = np.maximum.accumulate(p[order] * np.arange(6, 0, -1))
        found = holm(p, 0.1)
        assert (found == (adjusted <= 0.1)).all()
        bonferroni = p <= 0.1 / 6
        assert (found >= bonferroni).all()
        assert (found <= (p <= 0.1)).all()
        more += int(found.sum() - bonferroni.sum())
    assert more > 0
    assert holm([], 0.05).tolist() == []


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda f, g: votes(f, g, [0, 1]), mp.RewardError, "has 2 entries; there are 3 states"),
        (lambda f, g: votes(f, g, [[0, 1, 2]]), mp.RewardError, r"got shape \(1, 3\)"),
        (lambda f, g: votes(f, g, ["a", "b", "c"]), mp.RewardError, "not a vector of numbers"),
        (lambda f, g: votes(f, g, [0, np.inf, 1]), mp.RewardError, "reward of state 1 is inf"),
        (lambda f, g: votes(f, g, [0, 1, 2], limit=0), mp.ParameterError, "limit must be a positive integer, got 0"),
        (lambda f, g: votes(f, g, [0, 1, 2], samples=0), mp.ParameterError, "samples must be a positive integer"),
        (lambda f, g: votes(f, g, [0, 1, 2], limit=1, rng="x"), mp.ParameterError, "rng must be"),
        (lambda f, g: orbit([]), mp.RewardError, "must be a vector"),
        (lambda f, g: orbit_blocks([1], block=0), mp.ParameterError, "block must be a positive integer"),
        (lambda f, g: sample_orbit([1], 0), mp.ParameterError, "n must be a positive integer"),
        (lambda f, g: distribution_votes(f, g, ["uniform"]), mp.RewardError, "1 laws and 3 states"),
        (lambda f, g: distribution_votes(f, g, []), mp.RewardError, "no laws"),
        (lambda f, g: distribution_votes(f, g, ["t(2)"] * 3), mp.RewardError, "no variance"),
        (lambda f, g: distribution_votes(f, g, ["uniform"] * 3, samples=1), mp.ParameterError, "at least 2"),
        (lambda f, g: holm([0.1, 1.2]), mp.ParameterError, r"numbers in \[0, 1\]"),
        (lambda f, g: holm([0.1], 0), mp.ParameterError, "level must be"),
    ],
)
def test_bad_input(call, error, text):
    fork = mp.envs.fork(2)
    with pytest.raises(error, match=text):
        call(state_power(fork, "root", 0.5), state_power(fork, "t1", 0.5))


def test_binary_votes_are_of_all_or_of_none():
    """On 65 states two may matter, and yet orbits are no longer counted: a sample must not pass for all of them."""
    mdp = mp.envs.make("cycle(65)")
    pair = [state_power(mp.envs.fork(2), s, 0.5) for s in ("root", "t1")]
    assert all(one.exhaustive for one in binary_votes(*pair))
    lonely = mp.RewardlessMDP.from_successors({s: {"stay": s} for s in range(65)})
    with pytest.raises(mp.SizeError, match="orbits of 65 states; they are counted for up to 64"):
        binary_votes(*(state_power(lonely, s, 0.5) for s in (0, 1)))
    with pytest.raises(mp.SizeError, match="65 states matter"):
        binary_votes(*(state_power(mdp, s, 0.5) for s in ("c0", "c1")))

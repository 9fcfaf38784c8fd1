"""Turner's theorems on MDPs whose answers are known, on random ones, and on deliberately broken code."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, load

import mdppower as mp
from mdppower import theorems
from mdppower.orbits.paper_quantities import state_power, state_value
from mdppower.orbits.voting import binary_votes, votes
from mdppower.symmetry.involutions import Budget, CopySearch, involution
from mdppower.theorems import evidence, power_facts, searches, suboptimal_power
from mdppower.theorems.candidates import may_have_copy, state_candidates
from mdppower.theorems.claim_report import Evidence
from mdppower.theorems.long_run import end_groups, reached_for_certain, sure_one_cycles

FIGURE_1 = mp.envs.figure_1()
HERE = theorems.setting(FIGURE_1, [0, 0.5, 1], samples=200, votes=50, rng=0)


def statuses(report):
    return [one.status for one in report.hypotheses]


# ---------------------------------------------------------------------- the paper's walk through figure 1


def test_states_of_figure_1():
    """Section 6: r_se has what l_sw has, and a loop more. The reverse has no φ."""
    report = theorems.proposition_6_6(HERE, "r_se", "l_sw")
    assert report.verdict == "holds"
    assert report.strict.status == "met"
    assert report.phi == {"l_sw": "r_se", "r_se": "l_sw", "l_nw": "r_ne", "r_ne": "l_nw"}
    back = theorems.proposition_6_6(HERE, "l_sw", "r_se")
    assert back.verdict == "not applicable"
    assert back.evidence == ()


def test_two_sides_that_are_the_same_are_not_strict():
    report = theorems.proposition_6_6(HERE, "r_ne", "r_se")
    assert report.verdict == "holds"
    assert report.strict.status == "not met"


@pytest.mark.parametrize("claim", [theorems.proposition_6_9_1, theorems.proposition_6_9_2])
def test_actions_of_figure_1(claim):
    """Figure 6: right against left at the star, both items, both strict; not the other way round."""
    report = claim(HERE, "star", "->r_tri", "->l_tri")
    assert report.verdict == "holds"
    assert report.strict.status == "met"
    assert claim(HERE, "star", "->l_tri", "->r_tri").verdict == "not applicable"
    # Against the empty end: it has one path, which right has no copy of: r_tri is no 1-cycle.
    assert claim(HERE, "star", "->r_tri", "->empty").verdict == "not applicable"


def test_long_run_of_figure_1():
    """Section 6.2: RSD_nd(r_se) = {e_r_se, e_r_ne} has a copy of {e_empty}, and more."""
    report = theorems.proposition_6_12(HERE, "r_se", "empty")
    assert (report.verdict, report.strict.status) == ("holds", "met")
    assert theorems.proposition_6_12(HERE, "empty", "r_se").verdict == "not applicable"
    left, middle, right = end_groups(HERE, "star")
    assert [len(group) for group in (left, middle, right)] == [2, 1, 3]
    for more, less, verdict in [(right, middle, "holds"), (right, left, "holds"), (middle, right, "not applicable")]:
        assert theorems.theorem_6_13(HERE, "star", more, less).verdict == verdict
    report = theorems.corollary_6_14(HERE, "star", "empty")
    assert (report.verdict, report.strict.status) == ("holds", "met")
    # From r_tri there are two 1-cycles: the corollary holds, and is not strict.
    report = theorems.corollary_6_14(HERE, "r_tri", "r_se")
    assert (report.verdict, report.strict.status) == ("holds", "not met")
    # l_nw is no 1-cycle; from the empty end there is no other.
    assert statuses(theorems.corollary_6_14(HERE, "star", "l_nw")) == ["not met", "met"]
    assert statuses(theorems.corollary_6_14(HERE, "empty", "empty")) == ["met", "not met"]


def test_side_conditions_of_6_9():
    """Item 1 asks that s is not reached after a'; item 2 that no third action leads to the same states."""
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {"a": "x", "b": "y", "c": "z"}, "x": {"stay": "x"}, "y": {"stay": "y", "back": "s"},
         "z": {"go": "x"}}
    )  # fmt: skip
    # F(s | a) has e_s + γ/(1−γ) e_x; F(s | b) has a copy of it, φ swapping x and y, and a cycle through s.
    first = theorems.proposition_6_9_1(mdp, "s", "b", "a")
    assert first.verdict == "holds"
    assert first.strict.status == "met"
    # c leads to x as well, two steps later: item 2 says nothing.
    second = theorems.proposition_6_9_2(mdp, "s", "b", "a")
    assert statuses(second) == ["met", "not met"]
    assert "another action can reach 'x'" in second.hypotheses[1].detail
    # The way round: a has no copy of what b has; and s is reached after b.
    assert statuses(theorems.proposition_6_9_1(mdp, "s", "a", "b")) == ["not met", "not met"]
    # Equivalent actions are no others: without c, "d" is b again.
    twin = mp.RewardlessMDP.from_successors(
        {"s": {"a": "x", "b": "y", "d": "y"}, "x": {"stay": "x"}, "y": {"stay": "y", "back": "s"}}
    )
    assert statuses(theorems.proposition_6_9_2(twin, "s", "b", "a")) == ["met", "met"]


@pytest.mark.parametrize("path", [p for p in GOLDEN if "copies" in p.read_text()], ids=lambda p: p.stem)
def test_golden_copies(path):
    """The φ that the reference found, and the ones found here, certify the same claims."""
    case = load(path)
    mdp = golden_mdp(case)
    here = theorems.setting(mdp, 0.5, samples=50, votes=20, rng=0)
    for row in case["expected"]["copies"]:
        if row["prop"] == "6.6":
            given = theorems.proposition_6_6(here, row["s"], row["s_prime"], phi=row["phi_found"])
            found = theorems.proposition_6_6(here, row["s"], row["s_prime"])
            assert given.verdict == found.verdict == "holds"
            if "strict_set_nonempty" in row:
                assert (given.strict.status == "met") == row["strict_set_nonempty"]
        elif row["prop"] == "6.9":
            where = row["s"], row["a"], row["a_prime"]
            assert theorems.proposition_6_9_1(here, *where, phi=row["phi_found"]).verdict == "holds"
            assert theorems.proposition_6_9_1(here, *where).verdict == "holds"
        else:
            assert row["exists"] is False
            assert theorems.proposition_6_6(here, row["s"], row["s_prime"]).verdict == "not applicable"


# ---------------------------------------------------------------------- what holds in every MDP


def test_continuity():
    assert theorems.lemma_5_3(HERE, "star").verdict == "holds"


def test_the_greatest_reward():
    """On the complete graph each state reaches each in one step: POWER = E max R, for every γ (Prop. 5.4)."""
    n = 4
    complete = mp.RewardlessMDP.from_successors({s: {t: t for t in range(n)} for s in range(n)})
    report = theorems.proposition_5_4(complete)
    assert report.verdict == "holds"
    assert "equality is claimed in 4 states" in report.statement
    assert "nowhere" in theorems.proposition_5_4(FIGURE_1).statement


def test_neighbours():
    """r_ne and r_se lead to each other; the star leads to r_tri, and not back."""
    assert theorems.proposition_5_5(HERE, "r_ne", "r_se").verdict == "holds"
    assert statuses(theorems.proposition_5_5(HERE, "star", "r_tri")) == ["met", "not met"]


def test_suboptimal_policies():
    report = theorems.definition_c_1(theorems.setting(mp.envs.figure_11(), [0.5, 1], samples=64, rng=0))
    assert report.verdict == "holds"
    # A random policy loses E max − mean: at s0, γ = 1, that is POWER less the mean of the rewards.
    loss = [one.numbers["mean_loss"] for one in report.evidence if "uniformly_random" in one.detail]
    assert len(loss) == 2
    assert min(loss) > 0.05


# ---------------------------------------------------------------------- more POWER, less likely optimal


def test_figure_10():
    """B.1: POWER 3/4 against 2/3, P(N) = 1/3 against 2/3. B.4: orbit of {0,1,2,3}: POWER 8 : 0, optimality 8 : 16."""
    report = theorems.proposition_b_1(mp.envs.figure_10(), "s1", "->s2", "->s3")
    assert report.verdict == "holds"
    numbers = report.evidence[0].numbers
    assert [Fraction(numbers[key]) for key in ("power_difference", "p", "p_other")] == [
        Fraction(1, 12), Fraction(1, 3), Fraction(2, 3)
    ]  # fmt: skip
    report = theorems.proposition_b_4(mp.envs.figure_10(), "s1", "->s2", "->s3")
    assert report.verdict == "holds"
    assert (report.evidence[0].numbers["power"], report.evidence[0].numbers["optimal"]) == ([8, 0], [8, 16])


def test_no_instance_of_b_1_in_figure_1():
    """Right leads to more POWER than left and is the likelier: no instance, by exact numbers."""
    report = theorems.proposition_b_1(HERE, "star", "->r_tri", "->l_tri", 0.5)
    assert report.verdict == "not applicable"
    assert statuses(report) == ["met", "not met"]


def test_samples_alone_do_not_prove():
    """An instance that only intervals show is inconclusive."""
    mdp = mp.RewardlessMDP.from_successors(
        {"s1": {"N": "s2", "NE": "s3"}, "s2": {"a": "s2", "b": "s3"}, "s3": {"a": "s3", "b": "s4"}, "s4": {"a": "s4"},
         "far": {"a": "far"}, "away": {"a": "away"}, "off": {"a": "off"}, "up": {"a": "up"}, "down": {"a": "down"}}
    )  # fmt: skip
    report = theorems.proposition_b_1(theorems.setting(mdp, 1, samples=4000, rng=0), "s1", "N", "NE", 1)
    assert statuses(report) == ["met", "met"]
    assert report.verdict == "inconclusive"


# ---------------------------------------------------------------------- random MDPs


def random_mdp(rng, size=6):
    successors = {}
    for s in range(size):
        ends = rng.choice(size, size=int(rng.integers(1, 4)), replace=False)
        successors[s] = {f"->{t}": int(t) for t in sorted(ends.tolist())}
    return mp.RewardlessMDP.from_successors(successors)


@pytest.mark.slow
def test_random_mdps():
    """100 MDPs of 6 states (seed 0), every pair of states, orbits of 6 different rewards (720 elements), γ = 1/2.

    Where a φ was found no vote is lost and no draw violates the inequality; where it is proved that there is none,
    votes are lost for a good part of the pairs: the test has power. (Each pair has a winner or a tie: of two
    directions without a copy about one loses.)
    """
    rng = np.random.default_rng(0)
    reward = np.arange(6.0)
    outcomes = {"found": [0, 0], "none": [0, 0]}
    for _ in range(100):
        mdp = random_mdp(rng)
        here = theorems.setting(mdp, 0.5, samples=100, votes=40, rng=0)
        powers = [state_power(mdp, s, 0.5) for s in range(6)]
        pairs = list(state_candidates(here))
        for s, t in [pairs[k] for k in rng.permutation(len(pairs))[:10]]:
            search = here.finder.states(s, t)
            assert search.status != "unknown"
            assert may_have_copy(here, s, t) or search.status == "none"  # what counting excludes has no copy
            lost = votes(powers[s], powers[t], reward).is_most is False
            outcomes[search.status][lost] += 1
            if search.status == "found":
                report = theorems.proposition_6_6(here, s, t)
                assert report.verdict == "holds", (mdp, s, t)
    kept, lost = outcomes["found"]
    assert lost == 0
    assert kept > 40
    kept, lost = outcomes["none"]
    assert lost / (kept + lost) > 0.3


# ---------------------------------------------------------------------- broken code is caught


def test_power_without_the_reward_of_the_state(monkeypatch):
    """POWER without the −R(s) term is v(s): neither Prop. 5.4's equality nor the sharper form of 5.5 survives."""
    monkeypatch.setattr(power_facts, "state_power", state_value)
    monkeypatch.setattr("mdppower.theorems.pathwise_claims.state_power", state_value)
    complete = mp.RewardlessMDP.from_successors({s: {t: t for t in range(3)} for s in range(3)})
    assert theorems.proposition_5_4(complete).verdict == "violated"
    assert theorems.proposition_5_5(HERE, "r_ne", "r_se").verdict == "violated"


def test_a_phi_that_is_no_symmetry():
    """Given by the user it is no certificate; smuggled in as one, the pathwise test refutes the claim."""
    wrong = {"l_sw": "r_se", "l_nw": "r_ne"}
    assert theorems.proposition_6_6(HERE, "l_sw", "r_se", phi=wrong).verdict == "not applicable"
    phi = involution(FIGURE_1, wrong)
    here = replace(HERE)
    here.finder.states = lambda *_: CopySearch("found", (phi,), "smuggled in", 0)
    report = theorems.proposition_6_6(here, "l_sw", "r_se")
    assert report.verdict == "violated"
    assert {one.kind for one in report.evidence if one.outcome == "contradicts"} >= {"pathwise"}


def test_sampled_votes_are_judged_together():
    """Holm: of two p-values the smaller is held against level/2. 0.0007 alone passes 0.001; of two it does not."""
    report = theorems.proposition_6_6(HERE, "r_se", "l_sw")
    vote = Evidence("votes", "contradicts", "sampled", {"exhaustive": False, "p": 0.0007})
    harmless = Evidence("votes", "supports", "sampled", {"exhaustive": False, "p": 0.9})
    one = replace(report, evidence=(report.evidence[0], vote))
    two = replace(report, evidence=(report.evidence[0], vote, harmless))
    assert [r.verdict for r in evidence.judged_together([one], 0.001)] == ["violated"]
    assert [r.verdict for r in evidence.judged_together([two], 0.001)] == ["holds"]


# ---------------------------------------------------------------------- reachability for certain


def test_reached_for_certain():
    """A bet that may be lost does not reach its end for certain; one that can be repeated does."""
    mdp = mp.RewardlessMDP.from_successors(
        {"once": {"bet": {"won": 0.5, "lost": 0.5}}, "again": {"bet": {"won": 0.1, "again": 0.9}, "stop": "lost"},
         "won": {"stay": "won"}, "lost": {"stay": "lost"}}
    )  # fmt: skip
    sure = reached_for_certain(mdp, mdp.index("won"))
    assert sure.tolist() == [False, True, True, False]
    here = theorems.setting(mdp, rng=0)
    assert [mdp.states[x] for x in sure_one_cycles(here, "again")] == ["won", "lost"]
    assert sure_one_cycles(here, "once") == []
    assert theorems.corollary_6_14(here, "again", "lost").verdict == "holds"
    assert theorems.corollary_6_14(here, "once", "lost").verdict == "not applicable"


# ---------------------------------------------------------------------- a whole MDP


def test_verify_figure_1():
    found = theorems.verify(FIGURE_1, [0.5, 1], samples=100, votes=30, rng=0, progress=False)
    assert not found.is_refuted
    strict = {(one.claim, one.where) for one in found if one.strict is not None and one.strict.status == "met"}
    assert ("prop-6.9.1", ("star", "->r_tri", "->l_tri")) in strict
    assert ("cor-6.14", ("star", "empty")) in strict
    assert {one.claim for one in found} == set(theorems.CLAIMS)
    # All 7 · 7 pairs (one state of r_ne and r_se stands for both) are decided.
    assert found.surveys["prop-6.6"].is_complete
    assert found.surveys["prop-6.6"].candidates == 49


def test_the_same_seed_gives_the_same_report():
    from mdppower.reports.pages import to_json

    texts = []
    for _ in range(2):
        found = theorems.verify(
            mp.envs.figure_10(),
            [0.5, 1],
            samples=50,
            votes=10,
            rng=3,
            claims=["prop-6.6", "prop-B.1"],
            progress=False,
        )
        texts.append(to_json(found, "t", found.about))
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["counts"]["violated"] == 0


@pytest.mark.slow
def test_a_map_that_mirrors_itself():
    """Eight by eight, walls left and right alike: each pair of mirror images has the same options, by that φ."""
    mdp = mp.envs.gridworld("""
        ........
        .#.##.#.
        ...##...
        .#....#.
        .#....#.
        ........
        .##..##.
        ........""")
    found = theorems.verify(
        mdp, [0.5], samples=100, votes=30, rng=0, claims=["prop-6.6", "prop-6.12"], progress=False
    )
    assert not found.is_refuted
    best = found[0]
    assert best.verdict == "holds"
    (row, column), (row_2, column_2) = best.where
    assert row == row_2
    assert column + column_2 == 7
    assert not found.here.symmetries.is_trivial


def test_a_map_without_symmetry_says_so():
    from mdppower.reports.pages import summary

    maze = mp.envs.make("maze")
    found = theorems.verify(maze, 0.5, samples=50, votes=20, rng=0, claims=["prop-6.6"], progress=False)
    assert found[0].verdict == "not applicable"
    assert found.about["symmetries of the whole MDP"] == "none"
    assert "No symmetry was found" in summary(found)


def test_what_cannot_be_computed_is_said_and_costs_nothing(monkeypatch):
    """A solver that gives up ends neither the run nor the other claims."""

    def gives_up(*_):
        raise mp.SolverError("not certified", gap=1.0)

    monkeypatch.setitem(searches.SEARCHES, "prop-6.6", gives_up)
    found = theorems.verify(
        FIGURE_1, 0.5, samples=20, votes=10, claims=["prop-5.4", "prop-6.6"], rng=0, progress=False
    )
    assert [(one.claim, one.verdict) for one in found] == [("prop-5.4", "holds"), ("prop-6.6", "inconclusive")]
    assert found[1].hypotheses[0].detail == "not certified"
    # A policy whose value cannot be certified is silent, and no evidence for or against.
    monkeypatch.setattr(suboptimal_power, "policy_values", gives_up)
    report = theorems.definition_c_1(HERE)
    assert {one.outcome for one in report.evidence[1:]} == {"silent"}


def test_bad_input():
    with pytest.raises(mp.ParameterError, match=r"there is no claim 'prop-6\.7'; did you mean 'prop-6"):
        theorems.verify(FIGURE_1, claims=["prop-6.7"])
    with pytest.raises(mp.ParameterError, match="no claims were given"):
        theorems.verify(FIGURE_1, claims=[])
    for wrong in ({"nodes": 0}, {"seconds": 0.0}, {"sets": 0}):
        with pytest.raises(mp.ParameterError, match=f"budget {next(iter(wrong))} must be"):
            Budget(**wrong)
    with pytest.raises(mp.ParameterError, match="budget must be a Budget"):
        theorems.setting(FIGURE_1, budget=7)
    with pytest.raises(mp.ParameterError, match="claims are about a RewardlessMDP"):
        theorems.setting("maze")
    with pytest.raises(mp.ParameterError, match="must take 'l_sw' to 'r_se'"):
        theorems.proposition_6_6(HERE, "r_se", "l_sw", phi={"l_sw": "r_ne"})
    with pytest.raises(mp.ParameterError, match="must leave 'star' where it is"):
        theorems.proposition_6_9_1(HERE, "star", "->r_tri", "->l_tri", phi={"star": "empty"})
    with pytest.raises(mp.LabelError, match="there is no state 'nowhere'"):
        theorems.proposition_6_6(HERE, "nowhere", "l_sw")
    with pytest.raises(mp.ParameterError, match=r"parts of mdppower\.rsd"):
        theorems.theorem_6_13(HERE, "star", mp.rsd(FIGURE_1, "r_se"), mp.rsd(FIGURE_1, "star"))


def test_all_rewards_of_zeros_and_ones():
    """r_ne against the empty end of figure 1: POWER is max(r_ne, r_se) against r_empty."""
    first, second = (state_power(FIGURE_1, s, 0.5) for s in ("r_ne", "empty"))
    seen = binary_votes(first, second)
    counted = [(one.greater, one.less) for one in seen]
    # k ones among 8: right wins with C(7, k) − C(5, k) of them (a 0 in the middle, not both zeros on the right), and
    # loses with C(5, k − 1) (a 1 in the middle, both zeros on the right).
    assert counted == [(comb(7, k) - comb(5, k), comb(5, k - 1) if k else 0) for k in range(9)]
    won = evidence.from_binary(seen)
    assert (won.outcome, won.numbers["lost"]) == ("supports", 0)
    assert "each won by 2 to 1 or more" in won.detail  # one 1: two states against one
    lost = evidence.from_binary(binary_votes(second, first))
    assert (lost.outcome, lost.numbers["lost"]) == (
        "contradicts",
        7,
    )  # all but those of 0 and of 8 ones, where all are equal
    same = evidence.from_binary(binary_votes(first, first))
    assert same.outcome == "silent"


# ---------------------------------------------------------------------- what a report may say


def fan(ends):
    """A root with an action to each absorbing end, and an absorbing state that nothing leads to."""
    return mp.RewardlessMDP.from_successors(
        {"root": {f"->{t}": t for t in ends}, **{t: {"stay": t} for t in ends}, "x": {"stay": "x"}}
    )


def test_what_a_given_phi_does_elsewhere_does_not_count():
    """φ = (t1 t2)(t3 x) takes F(root | t1) into F(root | t2). Used as it is, it gives t3 the reward of x: where t1
    was best for r, t3 may be for φ·r, and item 2 would look violated. The theorem is about (t1 t2)."""
    here = theorems.setting(fan(["t1", "t2", "t3"]), 0.5, samples=300, votes=50, rng=0)
    report = theorems.proposition_6_9_2(here, "root", "->t2", "->t1", phi={"t1": "t2", "t3": "x"})
    assert report.verdict == "holds"
    assert report.phi == {"t1": "t2", "t2": "t1"}


def test_places_where_another_hypothesis_fails_do_not_hide_one_where_all_hold(monkeypatch):
    """At s0, s1 and s2 both actions offer the same, and lead back, in rings of different lengths. At z they end.

    Of 8 places with a copy item 1 applies to the two at z only, which come last.
    """
    monkeypatch.setattr(searches, "MOST_MADE", 2)
    successors = {}
    for i in range(3):
        path = [f"c{i}.{k}" for k in range(i + 1)]
        successors[f"s{i}"] = {"a": f"t{i}", "b": f"u{i}"}
        successors |= {x: {"on": path[0]} for x in (f"t{i}", f"u{i}")}
        successors |= {x: {"on": y} for x, y in zip(path, [*path[1:], f"s{i}"], strict=True)}
    successors |= {"z": {"a": "z1", "b": "z2"}, "z1": {"stay": "z1"}, "z2": {"stay": "z2"}}
    mdp = mp.RewardlessMDP.from_successors(successors)
    shared = {"samples": 20, "votes": 10, "rng": 0, "progress": False}
    found = theorems.verify(mdp, 0.5, claims=["prop-6.9.1"], **shared)
    assert [(one.where, one.verdict) for one in found] == [(("z", "a", "b"), "holds")]
    survey = found.surveys["prop-6.9.1"]
    assert (survey.candidates, survey.found, survey.excluded) == (8, 2, 6)
    # Without z it applies nowhere; a place with a copy is shown beside.
    ring = {s: row for s, row in successors.items() if s in ("s0", "t0", "u0", "c0.0")}
    found = theorems.verify(mp.RewardlessMDP.from_successors(ring), 0.5, claims=["prop-6.9.1"], **shared)
    assert [(one.where, one.verdict, one.phi is None) for one in found] == [
        ((), "not applicable", True), (("s0", "a", "b"), "not applicable", False)
    ]  # fmt: skip


def test_a_search_that_was_cut_short_proves_nothing():
    """No state was looked at: two 1-cycles may well be reached for certain."""
    (report,) = theorems.verify(fan(["t1", "t2"]), 0.5, claims=["cor-6.14"], seconds=1e-9, rng=0, progress=False)
    assert report.verdict == "inconclusive"
    assert "in the time given" in report.hypotheses[0].detail


def test_samples_disprove_nothing():
    """To die leads to less POWER than to live among nine: no instance of B.1 nor B.4. But samples alone say so."""
    rooms = {s: {t: t for t in range(9)} for s in range(9)}
    mdp = mp.RewardlessMDP.from_successors(rooms | {"root": {"live": 0, "die": "dead"}, "dead": {"stay": "dead"}})
    here = theorems.setting(mdp, 0.5, samples=500, votes=300, rng=0)
    for claim in (theorems.proposition_b_1, theorems.proposition_b_4):
        report = claim(here, "root", "die", "live", 0.5)
        assert statuses(report) == ["unknown", "met"]
        assert report.verdict == "inconclusive"


def test_without_a_choice_there_is_no_instance():
    found = theorems.verify(
        mp.envs.cycle(4), 0.5, claims=["prop-6.9.1", "prop-B.1", "prop-B.4"], rng=0, progress=False
    )
    assert {one.verdict for one in found} == {"not applicable"}
    assert found[1].hypotheses[0].detail == "no state has two different actions"


def test_one_state():
    """The range of one reward is 0: nothing is divided by it. (Warnings are errors here.)"""
    found = theorems.verify(mp.RewardlessMDP.from_successors({0: {0: 0}}), rng=0, samples=20, progress=False)
    assert {one.claim for one in found if one.verdict == "holds"} == {"lemma-5.3", "prop-5.4", "def-C.1"}
    assert "equality is claimed in 1 state" in found[1].statement


def test_equality_is_claimed_where_it_is_not_tested():
    """In 12 states that reach all others; the first 8 are tested."""
    complete = mp.RewardlessMDP.from_successors({s: {t: t for t in range(12)} for s in range(12)})
    report = theorems.proposition_5_4(theorems.setting(complete, 0.5, samples=50, rng=0))
    assert "equality is claimed in 12 states" in report.statement
    assert report.evidence[-1].numbers["states"] == 8


def test_strict_part_of_6_12_by_cycles():
    """RSD of the corner of an open room is too large to list. Its cycles are more than the exit's one, which is
    absorbing; and a state outside, that leads into the room and nowhere else, has the same cycles as the room."""
    room = mp.envs.make("open(5,5)")
    successors = {str(s): {a: str(next(iter(room.successors(s, a)))) for a in room.actions(s)} for s in room.states}
    successors["(0, 0)"]["leave"] = "exit"
    successors |= {"exit": {"stay": "exit"}, "before": {"enter": "(0, 0)"}}
    here = theorems.setting(mp.RewardlessMDP.from_successors(successors), 1, samples=20, votes=10, rng=0)
    assert here.finder.best_ends("(0, 0)") is None
    for state, other, strict in [
        ("(0, 0)", "exit", "met"),
        ("before", "(0, 0)", "not met"),
        ("(0, 0)", "(4, 4)", "not met"),
    ]:
        report = theorems.proposition_6_12(here, state, other)
        assert (report.verdict, report.strict.status) == ("holds", strict)


def test_one_room_has_one_group_of_ends():
    """Cycles of one strongly connected component are linked by common states, so that nothing need be listed."""
    found = theorems.verify(mp.envs.make("open(6,6)"), 1, claims=["thm-6.13"], rng=0, progress=False)
    assert [one.verdict for one in found] == ["not applicable"]
    assert "one group" in found[0].hypotheses[0].detail
    assert "no others were looked at" in found[0].statement


def test_a_large_map_says_what_was_not_tested():
    (report,) = theorems.verify(mp.envs.make("open(50,50)"), 0.5, claims=["def-C.1"], rng=0, progress=False)
    assert report.verdict == "holds"
    assert [one.outcome for one in report.evidence] == ["supports", "silent"]

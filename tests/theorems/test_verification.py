"""Turner's theorems on MDPs whose answers are known, on random ones, and on deliberately broken code."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from math import comb

import numpy as np
import pytest
from figure_1 import FIGURE_1, HERE, fan, statuses

import mdppower as mp
from mdppower import theorems
from mdppower.measures.power_task import PowerTask
from mdppower.orbits import pathwise_tests
from mdppower.orbits.paper_quantities import state_power
from mdppower.orbits.voting import binary_votes, votes
from mdppower.stores.ledger import Ledger
from mdppower.stores.store import Store
from mdppower.symmetry.involutions import Budget
from mdppower.theorems import evidence, pathwise_claims, searches, suboptimal_power
from mdppower.theorems.candidates import may_have_copy, state_candidates
from mdppower.theorems.claim_report import Evidence

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


def test_sampled_votes_are_judged_together():
    """Holm: of two p-values the smaller is held against level/2. 0.0007 alone passes 0.001; of two it does not."""
    report = theorems.proposition_6_6(HERE, "r_se", "l_sw")
    vote = Evidence("votes", "contradicts", "sampled", {"exhaustive": False, "p": 0.0007})
    harmless = Evidence("votes", "supports", "sampled", {"exhaustive": False, "p": 0.9})
    one = replace(report, evidence=(report.evidence[0], vote))
    two = replace(report, evidence=(report.evidence[0], vote, harmless))
    assert [r.verdict for r in evidence.judged_together([one], 0.001)] == ["violated"]
    assert [r.verdict for r in evidence.judged_together([two], 0.001)] == ["holds"]


# ---------------------------------------------------------------------- a whole MDP


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_map_without_symmetry_says_so():
    from mdppower.reports.pages import summary

    maze = mp.envs.make("maze")
    found = theorems.verify(maze, 0.5, samples=50, votes=20, rng=0, claims=["prop-6.6"], progress=False)
    assert found[0].verdict == "not applicable"
    assert found.about["symmetries of the whole MDP"] == "none"
    assert summary(found).startswith("Proved\n• The map has no symmetry")


def test_what_cannot_be_computed_is_said_and_costs_nothing(monkeypatch):
    """A solver that gives up ends neither the run nor the other claims."""

    def gives_up(*_):
        raise mp.SolverError("not certified", error_bound=1.0)

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
    with pytest.raises(mp.ParameterError, match="must be a RewardlessMDP, got 'maze'"):
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


def test_a_large_map_says_what_was_not_tested():
    (report,) = theorems.verify(mp.envs.make("open(50,50)"), 0.5, claims=["def-C.1"], rng=0, progress=False)
    assert report.verdict == "holds"
    assert [one.outcome for one in report.evidence] == ["supports", "silent"]


@pytest.mark.slow
def test_workers_change_nothing():
    run = {"gamma": [0.5, 1], "claims": ["prop-5.4", "prop-5.5", "prop-6.9.1", "prop-6.12"], "samples": 60, "rng": 0}
    alone, together = theorems.verify(FIGURE_1, **run), theorems.verify(FIGURE_1, **run, workers=2)
    told = [[(one.detail, one.numbers) for report in found for one in report.evidence] for found in (alone, together)]
    assert told[0] == told[1]
    assert sum(one.kind == "pathwise" for report in alone for one in report.evidence) > 5
    assert (together.here.workers, together.here.executor) == (1, None)  # what is kept holds no pool


# ---------------------------------------------------------------------- ended before its time


def _presses_ctrl_c(*_, **__):
    raise KeyboardInterrupt


def _in_a_search(monkeypatch):
    monkeypatch.setitem(searches.SEARCHES, "prop-5.5", _presses_ctrl_c)
    return "prop-5.5"


def _in_a_test(monkeypatch):
    monkeypatch.setattr(pathwise_claims, "_near", _presses_ctrl_c)
    return "prop-5.5"


def _in_an_estimate(monkeypatch):
    """After as many replicates as are enough for an estimate, which would then be given as interrupted."""
    original = PowerTask.values

    def values(self, numbers):
        if numbers[0] >= 4:
            raise KeyboardInterrupt
        yield from original(self, numbers)

    monkeypatch.setattr(PowerTask, "values", values)
    return "prop-B.1"


ENDED = {"claims": ["prop-5.4", "prop-5.5", "prop-B.1", "def-C.1"], "samples": 64, "votes": 10, "progress": False}


@pytest.mark.slow
@pytest.mark.parametrize("where", [_in_a_search, _in_a_test, _in_an_estimate])
def test_ctrl_c_ends_it_with_what_was_checked(monkeypatch, tmp_path, where):
    mdp = mp.envs.make("open(3,3)")  # nine states: B.1 is estimated
    whole = theorems.verify(mdp, 0.5, **ENDED, rng=0)
    assert (whole.interrupted, whole.unchecked) == (False, ())
    assert "interrupted" not in whole.about
    at = ENDED["claims"].index(where(monkeypatch))
    with pytest.warns(mp.MDPPowerWarning) as caught:
        found = theorems.verify(mdp, 0.5, **ENDED, rng=0)
    assert [str(one.message) for one in caught] == [f"interrupted: {at} of 4 claims were checked"]
    assert found.interrupted
    assert found.unchecked == tuple(ENDED["claims"][at:])
    assert [one.to_dict() for one in found] == [one.to_dict() for one in whole if one.claim not in found.unchecked]
    assert repr(found).endswith(f"; interrupted, {4 - at} claims not checked)")
    for suffix in ("md", "html", "json"):
        found.save(tmp_path / f"claims.{suffix}")
        assert f"not checked: {', '.join(found.unchecked)}" in (tmp_path / f"claims.{suffix}").read_text("utf-8")


@pytest.mark.parametrize("where", [_in_a_search, _in_a_test, _in_an_estimate])
def test_ctrl_c_before_anything_was_checked(monkeypatch, where):
    claim = where(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        theorems.verify(mp.envs.make("open(3,3)"), 0.5, claims=[claim], samples=64, progress=False)


def test_who_pressed_ctrl_c_does_not_wait_for_a_search(monkeypatch):
    """Proposition 5.4 needs no symmetries; that of the whole MDP is not looked for to fill a line of the page."""
    monkeypatch.setitem(searches.SEARCHES, "prop-6.6", _presses_ctrl_c)
    monkeypatch.setattr("mdppower.theorems.claim_setting.symmetries", _presses_ctrl_c)
    with pytest.warns(mp.MDPPowerWarning, match="1 of 2 claims"):
        found = theorems.verify(FIGURE_1, 0.5, claims=["prop-5.4", "prop-6.6"], samples=20, rng=0, progress=False)
    assert found.about["symmetries of the whole MDP"] == "not looked for"


def test_an_error_has_what_was_checked():
    """The law is wrong from its 20th call on: claims before have their reports, not the test that it ends."""
    calls = count()

    def law(n, rng):
        if next(calls) > 20:
            raise ZeroDivisionError("no such thing")
        return rng.normal(size=(n, 8))

    options = {"claims": ["lemma-5.3", "prop-5.4"], "samples": 256, "rewards": law, "rng": 0, "progress": False}
    with pytest.raises(mp.RewardError, match="no such thing") as caught:
        theorems.verify(FIGURE_1, 0.5, **options)  # lemma-5.3 takes 16 calls
    found = caught.value.estimate
    assert isinstance(found, theorems.Verification)
    assert ([one.claim for one in found], found.unchecked) == (["lemma-5.3"], ("prop-5.4",))
    with pytest.raises(mp.RewardError) as caught:
        theorems.verify(FIGURE_1, 0.5, **options)
    assert caught.value.estimate is None


# ---------------------------------------------------------------------- in a store


@pytest.mark.slow
def test_a_store_makes_no_draw_twice(monkeypatch, tmp_path):
    """Tests and estimates alike; votes and searches are made again. Without rng the store knows the seed."""
    mdp, store = mp.envs.make("open(3,3)"), tmp_path / "run.sqlite"
    run = {"claims": ["prop-5.4", "prop-6.6", "prop-B.1"], "samples": 64, "votes": 10, "progress": False}
    first = theorems.verify(mdp, 0.5, **run, store=store)
    told = [one.to_dict() for one in first]
    alone = theorems.verify(mdp, 0.5, **run, rng=first.here.entropy)
    assert told == [one.to_dict() for one in alone]
    assert first.here.store is None  # what is kept holds no open file
    with Store(store, writing=False) as kept:
        before = [(one.arguments["call"], one.finished, one.wanted, one.seconds) for one in kept.runs()]
    calls = {call for call, *_ in before}
    assert calls == {"theorems.setting", "bounded_by_max_test", "copy_test", "power", "action_optimality"}
    assert all(finished == wanted for _, finished, wanted, _ in before)
    test = pathwise_tests._Test.__call__

    def sketches_only(self, numbers):
        assert self.source.size == 1  # of one draw, to see what a report would be about; not stored
        return test(self, numbers)

    monkeypatch.setattr(pathwise_tests._Test, "__call__", sketches_only)
    monkeypatch.setattr(PowerTask, "__call__", _presses_ctrl_c)
    again = theorems.verify(mdp, 0.5, **run, store=store)
    assert told == [one.to_dict() for one in again]
    with Store(store, writing=False) as kept:
        assert before == [(one.arguments["call"], one.finished, one.wanted, one.seconds) for one in kept.runs()]


def test_the_seed_in_a_store_is_that_of_the_mdp_and_the_rewards(tmp_path):
    """However many draws, and at which rates: what was drawn goes on. Another MDP, law or key has its own."""
    store, fork = tmp_path / "run.sqlite", mp.envs.fork(2)
    first = theorems.setting(fork, store=store)
    assert theorems.setting(fork, 0.5, samples=20, votes=1, store=store).entropy == first.entropy
    others = [
        theorems.setting(mp.envs.fork(3), store=store), theorems.setting(fork, rewards="expon", store=store),
        theorems.setting(fork, store=store, key="mine"), theorems.setting(fork, store=store, rng=7),
    ]  # fmt: skip
    assert len({first.entropy, *(one.entropy for one in others)}) == 5


def test_a_run_that_was_ended_goes_on(monkeypatch, tmp_path):
    """The tests of a claim that was not checked to its end are there, too: here those of the first two rates."""
    run = {"gamma": [0.1, 0.5, 0.9], "claims": ["prop-5.4"], "samples": 64, "rng": 0, "progress": False}
    told = [one.to_dict() for one in theorems.verify(FIGURE_1, **run)]
    original, calls = pathwise_claims._above_greatest, count()

    def third_fails(greatest, r):
        if greatest.source.gamma == 0.9 and next(calls) == 0:
            raise KeyboardInterrupt
        return original(greatest, r)

    monkeypatch.setattr(pathwise_claims, "_above_greatest", third_fails)
    store = tmp_path / "run.sqlite"
    with pytest.raises(KeyboardInterrupt):
        theorems.verify(FIGURE_1, **run, store=store)
    with Store(store, writing=False) as kept:
        assert [one.complete for one in kept.runs()] == [True, True, False]
    assert told == [one.to_dict() for one in theorems.verify(FIGURE_1, **run, store=store)]


@pytest.mark.slow
def test_a_disk_that_fills_costs_no_claim_that_was_checked(monkeypatch, tmp_path):
    """At the fourth test, of Proposition 5.5: the error has 5.4; with room again the same call goes on."""
    run = {"gamma": [0.5, 0.9], "claims": ["prop-5.4", "prop-5.5"], "samples": 64, "rng": 0, "progress": False}
    whole = [one.to_dict() for one in theorems.verify(FIGURE_1, **run)]
    calls, add = count(), Ledger.add

    def full(*given):
        if next(calls) == 3:
            raise mp.FileError("database or disk is full")
        add(*given)

    monkeypatch.setattr(Ledger, "add", full)
    with pytest.raises(mp.FileError, match="disk is full") as caught:
        theorems.verify(FIGURE_1, **run, store=tmp_path / "run.sqlite")
    assert [one.to_dict() for one in caught.value.estimate] == whole[:1]
    assert caught.value.estimate.unchecked == ("prop-5.5",)
    assert whole == [one.to_dict() for one in theorems.verify(FIGURE_1, **run, store=tmp_path / "run.sqlite")]


def test_bad_stores(tmp_path):
    with pytest.raises(mp.ParameterError, match="store must be the path of a file, got 7"):
        theorems.verify(FIGURE_1, store=7)
    with pytest.raises(mp.ParameterError, match="key goes with store"):
        theorems.setting(FIGURE_1, key="mine")
    with pytest.raises(mp.FileError, match="folder"):
        theorems.verify(FIGURE_1, store=tmp_path)


def test_what_is_no_executor_is_refused():
    with pytest.raises(mp.ParameterError, match=r"executor must be .*, got 'pool'"):
        theorems.verify(FIGURE_1, executor="pool")
    with pytest.raises(mp.ParameterError, match="workers"):
        theorems.verify(FIGURE_1, workers=0)

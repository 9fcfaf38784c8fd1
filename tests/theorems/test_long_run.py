"""Proposition 6.12, Theorem 6.13, Corollary 6.14: figure 1, ends that are reached for certain, cycles."""

from __future__ import annotations

import pytest
from figure_1 import HERE, statuses

import mdppower as mp
from mdppower import theorems
from mdppower.theorems.long_run import end_groups, reached_for_certain, sure_one_cycles


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


# ---------------------------------------------------------------------- reachability for certain


@pytest.mark.slow
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

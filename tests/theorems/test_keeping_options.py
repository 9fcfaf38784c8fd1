"""Propositions 6.6 and 6.9: the paper's walk through figure 1, golden copies, side conditions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases import GOLDEN, golden_mdp, load
from figure_1 import FIGURE_1, HERE, fan, statuses

import mdppower as mp
from mdppower import theorems
from mdppower.symmetry.involutions import CopySearch, involution

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


# ---------------------------------------------------------------------- what a report may say


def test_what_a_given_phi_does_elsewhere_does_not_count():
    """φ = (t1 t2)(t3 x) takes F(root | t1) into F(root | t2). Used as it is, it gives t3 the reward of x: where t1
    was best for r, t3 may be for φ·r, and item 2 would look violated. The theorem is about (t1 t2)."""
    here = theorems.setting(fan(["t1", "t2", "t3"]), 0.5, samples=300, votes=50, rng=0)
    report = theorems.proposition_6_9_2(here, "root", "->t2", "->t1", phi={"t1": "t2", "t3": "x"})
    assert report.verdict == "holds"
    assert report.phi == {"t1": "t2", "t2": "t1"}

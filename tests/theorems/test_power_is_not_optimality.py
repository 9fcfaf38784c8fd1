"""Propositions B.1 and B.4: figure 10, and where there is no instance."""

from __future__ import annotations

from fractions import Fraction

from figure_1 import HERE, statuses

import mdppower as mp
from mdppower import theorems

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

"""The fuzz of scripts/fuzz: 5,000 inputs over all borders, and a judge that finds what is wrong."""

from __future__ import annotations

from math import ceil

import pytest

from scripts.fuzz import broken
from scripts.fuzz.campaign import BORDERS, SHARES, Tally, case_of, judge_apart, judge_here, markdown, warm_up
from scripts.fuzz.judge import Case, judge


@pytest.fixture(scope="module")
def _warm():
    warm_up()


def told(tally: Tally) -> str:
    return "\n".join(f"--seed {seed}: {what}\n    {case}" for seed, what, case in tally.faults)


def few_faults(border, seeds, folder):
    """A result, or an error of ours, of each; and a good share of either, so that the inputs are worth it."""
    tally = judge_here(border, seeds, folder)
    assert not tally.faults, f"python -m scripts.fuzz --border {border} …\n{told(tally)}"
    assert tally.computed > 0.15 * tally.inputs
    assert tally.refused > 0.15 * tally.inputs


@pytest.mark.slow
@pytest.mark.usefixtures("_warm")
@pytest.mark.parametrize("border", BORDERS)
def test_some_inputs(border, tmp_path):
    few_faults(border, range(20), tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("_warm")
@pytest.mark.parametrize("border", BORDERS)
def test_5000_inputs(border, tmp_path):
    few_faults(border, range(20, 20 + ceil(5000 * SHARES[border] / sum(SHARES.values()))), tmp_path)


@pytest.mark.slow
def test_an_input_is_made_from_its_seed(tmp_path):
    for border in set(BORDERS) - {"rewards"}:  # of functions, whose address is shown
        one, other = (case_of(border, 7, tmp_path).told for _ in range(2))
        assert one == other != case_of(border, 8, tmp_path).told


@pytest.mark.slow
@pytest.mark.usefixtures("_warm")
@pytest.mark.parametrize("entry", broken.IN_PROCESS, ids=lambda entry: entry.__name__)
def test_the_judge_finds_what_is_wrong(entry):
    """Negative control: a raw error, a foreign warning, a message of two lines, a POWER that cannot be, no end."""
    verdict = judge(Case(entry.__name__, entry), seconds=0.1)
    assert verdict.outcome == "fault", verdict
    finds = {
        "missing": r"KeyError: 'x' (fuzz/broken.py:21)", "warned": "RuntimeWarning: overflow",
        "deprecated": "DeprecationWarning",
        "several_lines": "no, several or endless lines", "nothing_said": "no, several or endless lines",
        "unnamed": "named by nobody",
        "impossible": "not so: POWER is within the rewards", "endless": "more than 0.1 s",
    }  # fmt: skip
    assert finds[entry.__name__].removesuffix(" (fuzz/broken.py:21)") in verdict.told


def test_the_judge_lets_pass_what_is_right():
    assert judge(Case("", broken.right)).outcome == "computed"
    assert judge(Case("", broken.refused)).outcome == "refused"


@pytest.mark.slow
def test_a_process_that_dies_or_takes_all_memory_is_found():
    """Negative control: SIGABRT, 900 MB, more memory than there is; the inputs between are judged all the same."""
    tally = judge_apart("broken", range(6), {"broken": broken.make})
    made = [case_of("broken", seed, None, {"broken": broken.make}).told for seed in range(6)]
    assert {"dead", "large", "endless_memory", "right"} == set(made)
    assert tally.inputs == 6
    assert tally.computed == made.count("right")
    found = {case: what for _, what, case in tally.faults}
    assert "the process died: -6" in found["dead"]
    assert " MB; " in found["large"]
    assert "MemoryError" in found["endless_memory"]
    assert "| broken | 6 |" in markdown({"broken": tally})

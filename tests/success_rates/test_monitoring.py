"""Monitoring from end to end: arguments, sentences, tables, files."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import mdppower as mp
from mdppower.errors import FileError, LabelError, ParameterError

ROWS = {
    "checkpoint": [80, 320, 905, 905, 1810],
    "successes": [300, 383, 400, 346, 392],
    "trials": [400] * 5,
    "reference": ["random"] * 3 + [320] * 2,
}


def monitor(**options):
    return mp.learning.monitor(ROWS, **options)


def test_what_may_be_concluded():
    told = monitor(width=1, sd=0.05).verdict.split("\n")
    assert told[0].startswith("Against random: 3 checkpoints; at least as well in 300 of 400 at 80 (0.6")
    assert told[1].startswith("random is saturated at 905: fewer than 6 trials were not won")
    assert told[2] == "320, of which random informs, is a reference: the ladder goes on from there."
    assert told[3].startswith("Sure, if sd(Δ) is no more: the lead of 905 over random is -0.00")
    assert told[3].endswith("to 1; which of the two has more power is not known.")
    low = 0.05 * norm.ppf((0.025 / 5) ** (1 / 400))  # all of 400 won: (α/2)^(1/n), α = .05/5
    assert told[4] == f"If Δ is normal: the lead of 905 over random is {low:.4g} or more, with no upper limit."
    assert told[6].startswith("Change 320 for a stronger reference: the agent of 905 is the last")
    assert told[-1].startswith("If Δ is normal, by all counts together: the lead of 1810 over random is 0.1")


def test_sentences_of_other_counts():
    few = {"checkpoint": [1, 2], "successes": [1, 0], "trials": [3, 2], "reference": ["a", "a"]}
    assert "a has too few trials at all checkpoints: nothing could be told" in mp.learning.monitor(few).verdict
    weak = few | {"checkpoint": [1, 2], "successes": [1, 50], "trials": [100, 100], "ties": [1, 10]}
    told = mp.learning.monitor(weak).verdict
    assert "a is too strong at 1: how far below it the agent is does not show" in told
    assert "11 of all of them ties" in told
    full = few | {"successes": [100, 100], "trials": [100, 100]}
    assert "a informs of no checkpoint: a stronger" in mp.learning.monitor(full).verdict
    assert "saturated at all checkpoints" in mp.learning.monitor(full).verdict
    apart = few | {"successes": [50, 60], "trials": [100, 100], "reference": ["a", "b"]}
    told = mp.learning.monitor(apart, sd=1).verdict
    assert "Nothing links b to a: neither was counted against the other" in told
    assert "nothing is known of the lead of 2 over a" in told
    assert "not added up without sd" in mp.learning.monitor(apart).verdict


def test_what_to_give_is_told_where_nothing_but_counts_is_given():
    """By counts alone a lead has no unit of the user's: that, and both ways out, are said once."""
    hint = "Nothing is sure of the lead, and what follows from the normal law is in units of sd(Δ): give the range"
    assert monitor().verdict.count(hint) == 1
    assert "(width=, --range) or sd(Δ) (sd=, --sd)" in monitor().verdict
    for known in ({"width": 1}, {"sd": 0.1}, {"nu": 1}, {"width": 1, "sd": 0.1}):
        assert "Nothing is sure" not in monitor(**known).verdict


def one_reference(successes, trials, names=(1, 2, 3, 4)):
    names = names[: len(successes)]
    rows = {"checkpoint": names, "successes": successes, "trials": trials, "reference": ["r"] * len(names)}
    return mp.learning.monitor(rows).verdict


def test_sentences_where_an_agent_gets_worse_again():
    """Saturated at 2 alone: what comes after does show, and 1 is not the last that r informs of."""
    told = one_reference([50, 99, 60], [100] * 3)
    assert "r is saturated at 2: " in told
    assert "What is gained there does not show" in told
    assert "Of 3 r informs again: for such agents it need not be changed." in told
    told = one_reference([50, 99, 60, 98], [100] * 4)
    assert "the agent of 3 is the last that it informs of without loss" in told
    told = one_reference([50, 99, 100], [100] * 3)
    assert "What is gained from there on does not show" in told
    assert "Change r for a stronger reference: the agent of 1 is the last that it informs of without loss" in told


def test_sentences_are_true_of_all_rows():
    """Of 10 trials 5 must be lost to be told from none, of 1,000 it is 6: 995 of 1,000 are saturated by 5. And 980 of
    1,000 are beyond .97, where the error has doubled."""
    assert "saturated from 2 on: fewer than 6 trials were not won" in one_reference([50, 10, 995], [100, 10, 1000])
    told = one_reference([980, 999], [1000] * 2)
    assert "the agent of 1 is the last that it informs of at all, with twice the least error or more" in told
    # With sd of one reference alone, nothing is said of the other, once.
    rows = {"checkpoint": [1, 1], "successes": [5, 6], "trials": [10, 10], "reference": ["a", "b"]}
    told = mp.learning.monitor(rows, sd={"a": 0.1}).verdict
    assert "nothing is known of the lead of 1 over b." in told


def test_large_numbers_have_one_name():
    """Above 2⁵³ not all integers are floats: such a name is written with an exponent, when it is asked for, too."""
    rows = {"checkpoint": [1], "successes": [5], "trials": [10], "reference": [10**20]}
    found = mp.learning.monitor(rows, base="1e20", sd={1e20: 0.1})
    assert found.of(10**20).references == ("1e+20",)
    with pytest.raises(LabelError, match="is in none of the counts"):
        found.ladder(10**400)


def test_contradictions_are_told():
    """100 beats random by Φ⁻¹(.75) = .67 sd, 200 beats 100 by .76, so 200 beats random by 1.43; 399 of 400 say 2.1
    at least. Either sd is not the same, or Δ is not normal."""
    rows = {
        "checkpoint": [100, 200, 200], "successes": [300, 399, 310], "trials": [400] * 3,
        "reference": ["random", "random", 100],
    }  # fmt: skip
    found = mp.learning.monitor(rows, sd=0.05)
    assert "The counts contradict each other if Δ is normal with these sd" in found.verdict
    assert np.isnan(found.ladder()["normal_upper"]).all()
    assert np.isfinite(found.ladder()["upper"]).all()  # Cantelli's inequality is not contradicted
    assert "contradict" not in mp.learning.monitor(rows, sd={"random": 0.05, 100: 0.2}).verdict


def test_the_parts_and_the_base():
    found = monitor(width=1, sd=0.05)
    part = found.of("320")
    assert (part.references, part.checkpoints, part.base) == (("320",), ("905", "1810"), "320")
    assert found.of(320).sd == {"320": 0.05}
    np.testing.assert_array_equal(part.rate, [346 / 400, 392 / 400])
    since = found.ladder(905)  # what was gained since
    assert since["normal_lower"][since["checkpoint"].index(905)] == 0
    assert since.caption.startswith("lead over 905")
    assert monitor(base="320").base == "320"
    assert monitor(base=320.0, sd=1).ladder()["normal_upper"][2] == 0


def test_the_table_has_all_columns():
    table = monitor(width=1, sd=0.05).table()
    names = ["reference", "checkpoint", "successes", "trials", "rate", "lower", "upper"]
    bands = [f"{law}_{end}" for law in ("post", "lead") for end in ("lower", "upper")]
    assert list(table) == [*names, *bands, "normal", "normal_lower", "normal_upper", "says"]
    assert table["checkpoint"] == ROWS["checkpoint"]
    assert list(monitor().table()) == [*names, "probit", "probit_lower", "probit_upper", "says"]
    together = monitor(sd=1).table(simultaneous=True)
    assert together["normal_lower"][0] < monitor(sd=1).table()["normal_lower"][0]
    assert together["normal"][:2] == pytest.approx(norm.ppf([0.75, 383 / 400]))
    ties = mp.learning.monitor(ROWS | {"ties": [0] * 5}).table()
    assert ties["ties"] == [0] * 5


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"sd": 0}, ParameterError, "sd must be a positive number, got 0"),
        ({"sd": "wide"}, ParameterError, "sd must be a positive number, got 'wide'"),
        ({"sd": {"random": -1}}, ParameterError, "sd of 'random' must be a positive number, got -1"),
        (
            {"sd": {"rando": 1}},
            LabelError,
            "sd: there is no reference 'rando' in these counts; did you mean 'random'",
        ),
        ({"width": 0}, ParameterError, "width must be a positive number, got 0"),
        ({"width": (0, 1)}, ParameterError, "width must be a positive number"),
        ({"nu": np.inf}, ParameterError, "nu must be a positive number, got inf"),
        ({"nu": 1e200}, ParameterError, r"nu must be from 1e-150 to 1e\+150, got 1e\+200"),
        ({"width": 1e-320}, ParameterError, "width must be from 1e-150"),
        ({"width": 1, "sd": 1.5}, ParameterError, "sd against 'random' cannot be 1.5: Δ is within ±1, the width"),
        ({"sd": {320: 0.1, "320.0": 0.2}}, ParameterError, "sd names one reference twice"),
        ({"base": "80"}, LabelError, "base: there is no reference '80' in these counts; references are random, 320"),
        ({"base": None, "confidence": 1}, ParameterError, "confidence"),
    ],
)
def test_what_cannot_be(options, error, told):
    with pytest.raises(error, match=told):
        monitor(**options)


def test_an_unknown_reference_and_one_without_a_link():
    found = monitor()
    with pytest.raises(LabelError, match=r"there is no reference 'randm'; did you mean 'random'"):
        found.of("randm")
    with pytest.raises(LabelError, match="'x' is in none of the counts; there are 'random', '80'"):
        found.ladder("x")
    with pytest.raises(LabelError, match="a reference is a name or a number, got None"):
        found.of(None)
    apart = {"checkpoint": [1, 2], "successes": [5, 6], "trials": [10, 10], "reference": ["a", "b"]}
    with pytest.raises(ParameterError, match="nothing links reference 'b' to base 'a': count one against the other"):
        mp.learning.monitor(apart, base="a")
    assert mp.learning.monitor(apart | {"checkpoint": [1, 1]}, base="a").linked_references() == {"a": True, "b": True}


@pytest.mark.slow
def test_files_keep_it_and_are_checked(tmp_path):
    found = mp.learning.monitor(ROWS | {"ties": [1] * 5}, width=1, sd={"random": 0.05})
    found.save(tmp_path / "x.nc")
    again = mp.load(tmp_path / "x.nc")
    assert str(again) == str(found)
    found.save(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().startswith("reference,checkpoint,successes,ties,trials,rate")
    wrong = mp.learning.monitor(ROWS)
    wrong.counts.successes[0] = 401
    wrong.save(tmp_path / "x.nc")
    with pytest.raises(FileError, match="401 are more than the 400 trials"):
        mp.load(tmp_path / "x.nc")


def test_what_is_printed_is_all_at_once_as_the_sentences_are():
    counts = {"checkpoint": [80, 320], "successes": [300, 383], "trials": [400] * 2, "reference": ["random"] * 2}
    found = mp.learning.monitor(counts, width=1)
    lower = found.table(simultaneous=True)["lower"][0]
    assert f"{lower:.6g}" in str(found)
    assert f"{lower:.4f}" in found.verdict
    assert f"{found.table()['lower'][0]:.6g}" not in str(found)

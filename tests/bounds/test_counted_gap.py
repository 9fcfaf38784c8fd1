"""What a count of successes allows: limits of chances by scipy, ties, the words, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mdppower.bounds import gap_from_count, power_gap, proxy_of_range
from mdppower.errors import ParameterError

NU, DROP, CAP = proxy_of_range(0, 1)
RANGE = {"nu": NU, "drop": DROP, "cap": CAP}


def limits(count, n, confidence=0.95):
    found = stats.binomtest(count, n).proportion_ci(confidence, method="exact")
    return found.low, found.high


def test_a_count_and_a_rate_are_the_same():
    assert gap_from_count(successes=380, n=400, nu=2) == gap_from_count(0.95, 400, 2)
    low, high = limits(380, 400)
    found = gap_from_count(0.95, 400, 2)
    assert (found.p_lower, found.p_upper) == pytest.approx((low, high))
    assert found.upper == pytest.approx(float(power_gap(low, 2.0).upper))
    assert found.lower == pytest.approx(float(power_gap(high, 2.0).lower))


def test_ties_are_successes_that_do_not_count_against_b():
    """391 of 400, 3 of them ties. In a range of width 1 the edges are Markov's, 1 − p(A ≥ B) and −(1 − p(B ≥ A)).

    p(B ≥ A) = 1 − P(A > B), and A was better in 388: so the edges are those of the limits of 391 and of 388 in 400.
    """
    found = gap_from_count(successes=391, n=400, ties=3, **RANGE)
    assert found.upper == pytest.approx(1 - limits(391, 400)[0])
    assert found.lower == pytest.approx(-limits(388, 400)[1])
    assert (found.greater_lower, found.greater_upper) == pytest.approx(limits(388, 400))
    unknown, none = (gap_from_count(successes=391, n=400, ties=ties, **RANGE) for ties in (None, 0))
    assert unknown.lower == none.lower == pytest.approx(-limits(391, 400)[1])
    assert none.lower < found.lower
    assert unknown.upper == none.upper == found.upper
    assert (unknown.greater_lower, none.greater_lower) == (0, none.p_lower)  # of ties nothing is assumed
    assert found.post_lower == none.post_lower  # the post does not count ties


@pytest.mark.parametrize("better", [0.5, 0.7, 0.9])
def test_the_edges_hold_as_often_as_they_say(better):
    """Δ = 1 with this chance, else 0, a tie: the gap is −P(A > B), on the edge. All counts of 20 trials, weighed.

    The lower edge alone is to hold with 97.5 %. The control counts ties twice, as if they were not among the
    successes: then it does not.
    """
    n, held, control = 20, 0.0, 0.0
    for k in range(n + 1):
        chance = stats.binom.pmf(k, n, better)
        held += chance * (gap_from_count(successes=n, n=n, ties=n - k, **RANGE).lower <= -better)
        control += chance * (gap_from_count(successes=n, n=n, ties=min(n, 2 * (n - k)), **RANGE).lower <= -better)
    assert held >= 0.975
    assert control < 0.9


def test_a_sentence_that_a_person_would_say():
    told = gap_from_count(successes=391, n=400, ties=3, **RANGE).verdict.splitlines()
    assert told == [
        "A did at least as well as B in 391 of 400 trials (388 better, 3 equally well, 9 worse), so that p(A ≥ B) is "
        "between 0.9577 and 0.9897, and P(A > B) between 0.9482 and 0.9844 (95 % each).",
        "On average B may be worth up to 0.04228 more than A, or up to 0.9844 less.",
        "Which of the two is worth more is not known: how often A does as well does not say by how much.",
    ]
    assert "any amount more than A, or up to" in gap_from_count(successes=0, n=9, nu=1).verdict
    assert "(99 %)" in gap_from_count(successes=1, n=9, nu=1, confidence=0.99).verdict
    # Where the model says it: Δ ≥ 0, as B lies in A; or no gap at all.
    inside = gap_from_count(successes=9, n=9, nu=1, drop=0, rise=1)
    assert (inside.lower, inside.upper) == (-1 + limits(0, 9)[0], 0) == (-1, 0)
    assert inside.verdict.endswith("On average B may be worth up to 1 less than A.\nB is worth no more than A.")
    assert gap_from_count(successes=5, n=9, nu=1, cap=0).verdict.endswith("\nThis is sure, whatever was counted.")


def test_no_count_tells_the_sign():
    # Clopper–Pearson never excludes p < 1, nor p > 0: 0 is inside, whatever was counted.
    for good in (0, 1, 500, 1000):
        for ties in {0, good}:
            found = gap_from_count(successes=good, n=1000, ties=ties, **RANGE)
            assert found.lower < 0 < found.upper
            assert "not known" in found.verdict


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"successes": 11, "n": 10, "nu": 1}, "11 successes are more than n = 10 trials"),
        ({"successes": 2, "ties": 3, "n": 10, "nu": 1}, "3 ties are more than 2 successes"),
        ({"successes": -1, "n": 10, "nu": 1}, "successes must be an integer ≥ 0, got -1"),
        ({"successes": 1.0, "n": 10, "nu": 1}, "successes must be an integer ≥ 0, got 1.0"),
        ({"successes": 1, "ties": True, "n": 10, "nu": 1}, "ties must be an integer ≥ 0, got True"),
        ({"n": 10, "nu": 1}, "give one of success_rate and successes"),
        ({"success_rate": 0.1, "successes": 1, "n": 10, "nu": 1}, "give one of success_rate and successes"),
        ({"successes": 1, "nu": 1}, "needs n, the trials"),
        ({"successes": 1, "n": 10}, "needs nu, which is certified"),
        ({"success_rate": 0.955, "n": 10, "nu": 1}, "is 9.55 successes, no whole number"),
    ],
)
def test_what_is_refused(given, message):
    with pytest.raises(ParameterError, match=message.replace(".", r"\.")):
        gap_from_count(**given)


def test_numpy_integers_are_integers():
    assert gap_from_count(successes=np.int64(3), n=np.int64(5), ties=np.int64(1), nu=1).successes == 3

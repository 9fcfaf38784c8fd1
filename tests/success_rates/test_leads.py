"""What counts say of leads: covered as often as is said, on counts whose true leads are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact, norm

import mdppower as mp
from mdppower.agents import uniformly_random
from mdppower.agents.evaluation import policy_values
from mdppower.bounds import gap_from_count
from mdppower.success_rates.counts import Counts
from mdppower.success_rates.leads import Leads

SD, TRIALS = 0.05, 400
TRUE = SD * np.array([-0.5, 0.2, 0.7, 1.4, 1.9, 2.2, 3.5])
"""Leads of seven agents over a reference; the last is so far ahead that all trials are won, in most experiments."""


def leads(successes, ties=None, *, width=None, nu=None, sd=SD, trials=TRIALS, reference="a"):
    rows = np.shape(successes)
    names = tuple(str(t) for t in range(rows[0]))
    counts = Counts(names, (reference,) * rows[0], np.asarray(successes), np.full(rows, trials), ties)
    known = {} if sd is None else {reference: sd}
    return Leads(counts, width, width if nu is None else nu, known, reference, 0.95)


def misses(experiments, law, true, simultaneous=True, **known):
    """In how many experiments some limit is wrong (all at once), or how many limits are (each alone)."""
    wrong = 0
    for successes in experiments:
        low, high = leads(successes, **known).lead(law, simultaneous=simultaneous)
        missed = (low > true) | (true > high)
        wrong += bool(missed.any()) if simultaneous else int(missed.sum())
    return wrong


@pytest.fixture(scope="module")
def experiments():
    """300 experiments: Δ ~ N(lead, sd²), so that p(A ≥ B) = Φ(lead/sd)."""
    return np.random.default_rng(0).binomial(TRIALS, norm.cdf(TRUE / SD), (300, len(TRUE)))


def most(n, level=0.05, alarm=1e-6):
    """More wrong limits than these of n are no accident: a false alarm in a million."""
    return int(binom.isf(alarm, n, level))


def test_the_normal_law_covers_all_at_once(experiments):
    """95 %, all seven at once: at most 5 % of experiments miss. False alarm 1e-6; controls: half the sd, twice it."""
    limit = most(len(experiments))
    assert misses(experiments, "normal", TRUE) <= limit
    assert misses(experiments, "normal", TRUE, sd=SD / 2) > limit
    assert misses(experiments, "normal", TRUE, sd=SD * 2) > limit


def test_the_normal_law_covers_each_alone(experiments):
    """And no more than that is wasted: Clopper and Pearson's are wrong in 2 to 5 %, but for the last, saturated."""
    wrong = misses(experiments, "normal", TRUE, simultaneous=False)
    assert 0.01 * experiments.size < wrong <= most(experiments.size)


def test_the_post_band_covers_with_a_certified_nu_alone(experiments):
    """A normal Δ is sub-Gaussian with ν = sd. With a quarter of it the band misses nearly always."""
    assert misses(experiments, "post", TRUE, nu=SD) <= most(len(experiments))
    assert misses(experiments, "post", TRUE, nu=SD / 4) > 0.9 * len(experiments)


def test_the_corrected_band_covers(experiments):
    """Cantelli's with the sd, for a normal Δ, is far from tight: none is missed; half the sd is still not missed
    everywhere, a tenth is."""
    assert misses(experiments, "corrected", TRUE) == 0
    assert misses(experiments, "corrected", TRUE, sd=SD / 10) > 0.9 * len(experiments)


def test_the_corrected_band_by_the_range_is_attained():
    """Δ = 0 with probability s, else −w: the lead is −w (1 − s), which is Markov's edge itself, so that the limit is
    wrong as often as that of s is: in up to 2.5 % of experiments. Control: the range is twice what was said."""
    s = np.array([0.5, 0.8, 0.95])
    rng = np.random.default_rng(1)
    experiments = rng.binomial(TRIALS, s, (200, 3))
    assert misses(experiments, "corrected", s - 1, simultaneous=False, sd=None, width=1.0) <= most(600)
    assert misses(experiments, "corrected", s - 1, simultaneous=False, sd=None, width=0.5) > 500


def test_what_grows_where_it_is_saturated_is_not_seen():
    """From 3 sd on a lead grows fourfold, and all rows are saturated (1 − Φ(3) = .0013: half a loss in 400). Of 300
    such experiments hardly any tells the first from the last by Fisher's exact test, which has false alarms in 2.5 %;
    nor does any lower limit rise. Control: a growth of half as much from 0 on is seen in all of them."""
    experiments = np.random.default_rng(4).binomial(TRIALS, norm.cdf([3.0, 6, 12]), (300, 3))
    seen = sum(fisher_exact([[a, TRIALS - a], [c, TRIALS - c]], "less").pvalue <= 0.025 for a, _, c in experiments)
    assert seen == 0
    said = [leads(counted).says for counted in experiments]
    assert said.count(("saturated",) * 3) == 300
    low, high = leads(np.array([TRIALS, TRIALS, TRIALS])).lead("normal")
    assert low[0] == low[2] < 3 * SD < high[0] == high[2] == np.inf
    start, end = np.random.default_rng(5).binomial(TRIALS, norm.cdf([[0.0], [1.5]]), (2, 300))
    assert all(
        fisher_exact([[a, TRIALS - a], [c, TRIALS - c]], "less").pvalue < 0.025
        for a, c in zip(start, end, strict=True)
    )


def test_it_is_gap_from_count():
    """Second route: the same limits as those of the room of bounds, whose gap is the lead reversed."""
    good, ties = np.array([391, 12, 400, 0]), np.array([3, 12, 1, 0])
    for known in (None, ties):
        found = leads(good, known, width=2.0, sd=None)
        for law in ("corrected", "post"):
            low, high = found.lead(law, 0.9)
            for k in range(4):
                tied = None if known is None else int(ties[k])
                one = gap_from_count(successes=int(good[k]), n=TRIALS, ties=tied, nu=2, drop=2, cap=2, confidence=0.9)
                wanted = (one.lower, one.upper) if law == "corrected" else (one.post_lower, one.post_upper)
                np.testing.assert_allclose([-high[k], -low[k]], wanted, rtol=1e-12)


def test_ties_of_a_normal_difference():
    """Tie where |Δ| < δ: Φ⁻¹ P(≥) = (lead + δ)/sd and Φ⁻¹ P(>) = (lead − δ)/sd, whose mean is lead/sd, whatever δ."""
    lead, width, n = 0.04, 0.02, 10**7
    good, won = (np.round(n * norm.cdf((lead + sign * width) / SD)).astype(int) for sign in (1, -1))
    found = leads(np.array([good]), np.array([good - won]), trials=n)
    np.testing.assert_allclose(found.normal_lead(), lead, atol=1e-4)
    low, high = found.lead("normal")
    assert low[0] < lead - width < lead + width < high[0]
    # Taken for wins, ties would give a lead that is too large by δ.
    assert leads(np.array([good]), trials=n).lead("normal")[0][0] > lead


def test_without_what_it_needs():
    found = leads(np.array([300]), sd=None)
    assert [x.tolist() for x in found.lead("post")] == [[-np.inf], [np.inf]]
    assert [x.tolist() for x in found.lead("corrected")] == [[-np.inf], [np.inf]]
    assert found.lead("normal")[0] == pytest.approx(norm.ppf(found.interval()[0]))  # in units of sd
    assert [found.has_law(law) for law in ("corrected", "post", "normal")] == [False, False, True]
    with pytest.raises(mp.errors.ParameterError, match="law must be one of"):
        found.lead("mine")


# ---------------------------------------------------------------------- ladders

POWER = {"a": 0.0, "b": 0.08, "c": 0.17, "d": 0.27}


def ladder_counts(rng, pairs):
    chances = [norm.cdf((POWER[x] - POWER[y]) / SD) for x, y in pairs]
    names, references = zip(*pairs, strict=True)
    return Counts(names, references, rng.binomial(TRIALS, chances), np.full(len(pairs), TRIALS), None)


@pytest.mark.slow
def test_ladders_cover_where_one_reference_is_blind():
    """d leads a by 5.4 sd, so that no count of d against a says by how much; b and c on the way do. Limits of all
    agents over a, all at once, miss in at most 5 % of experiments (false alarm 1e-6). Control: a wrong sd."""
    rng, pairs = np.random.default_rng(2), [("b", "a"), ("c", "a"), ("d", "a"), ("c", "b"), ("d", "c")]
    true = np.array(list(POWER.values()))
    wrong = {SD: 0, SD * 1.3: 0}
    width, blind = [], 0
    for _ in range(200):
        counts = ladder_counts(rng, pairs)
        for sd in wrong:
            found = Leads(counts, None, None, dict.fromkeys("abc", sd), "a", 0.95)
            low, high = found.over(law="normal")
            wrong[sd] += not ((low <= true) & (true <= high)).all()  # NaN, a contradiction, is wrong, too
            if sd == SD:
                blind += found.lead("normal")[1][2] == np.inf
                width.append(high[3] - low[3])
    assert wrong[SD] <= most(200) < 100 < wrong[SD * 1.3]
    assert blind > 190
    assert np.isfinite(width).all()
    assert np.median(width) < 0.12


def test_a_ladder_is_the_sum_of_its_steps():
    counts = Counts(("b", "c"), ("a", "b"), np.array([300, 350]), np.array([400, 400]), None)
    found = Leads(counts, 1.0, 1.0, {"a": 0.05, "b": 0.1}, "a", 0.95)
    for law in ("corrected", "post", "normal"):
        steps = np.array(found.lead(law, simultaneous=True))
        low, high = found.over(law=law)
        assert found.agents == ("a", "b", "c")
        np.testing.assert_allclose([low[2], high[2]], steps.sum(axis=1), rtol=1e-12)
        np.testing.assert_allclose([low[1], high[1]], steps[:, 0], rtol=1e-12)
        # The same seen from the top.
        low, high = found.over("c", law)
        np.testing.assert_allclose([-high[0], -low[0]], steps.sum(axis=1), rtol=1e-12)


def test_leads_of_several_references_have_no_unit_without_sd():
    counts = Counts(("b", "c"), ("a", "b"), np.array([300, 350]), np.array([400, 400]), None)
    found = Leads(counts, None, None, {}, "a", 0.95)
    assert np.isnan(found.over(law="normal")).all()
    some = Leads(counts, None, None, {"a": 0.05}, "a", 0.95)  # of b it is not known
    assert np.isnan(some.lead("normal")[0]).tolist() == [False, True]
    assert some.over(law="normal")[1].tolist()[2] == np.inf
    assert np.isfinite(some.lead("corrected")[0]).tolist() == [True, False]


# ---------------------------------------------------------------------- agents that learn


@pytest.fixture(scope="module")
def maze():
    """Values of one agent along training in the maze, and of the random policy, on 20,000 common reward functions."""
    mdp = mp.envs.make("maze")
    training = mp.learning.train(mdp, 0.9, "random", episodes=8000, checkpoints=[80, 320, 900, 2600], runs=2, rng=0)
    rewards = np.random.default_rng(3).random((20_000, mdp.n_states))
    agents = [training.agent("random", 0, step) for step in range(1, 6)]
    values = [policy_values(mdp, rewards, 0.9, agent)[0].mean(axis=1) for agent in (uniformly_random(), *agents)]
    return training.checkpoints[1:], np.array(values)


@pytest.mark.slow
def test_agents_that_learn_are_seen_until_the_reference_is_saturated(maze):
    """A real case, not made to be normal: a task is a reward function, averaged over starts. Of 50 experiments with
    400 tasks each the limits hold in all but a few (5 % are allowed; false alarm 1e-6);
    with half the sd in few. From the third on it is saturated: three quarters as much comes after that, and does not
    show."""
    checkpoints, values = maze
    differences = values[1:] - values[0]
    true, sd = differences.mean(axis=1), differences.std(axis=1)
    assert checkpoints == (80, 320, 900, 2600, 8000)
    assert np.ptp(sd) < 0.2 * sd.mean()
    experiments = (differences.reshape(5, 50, 400) >= 0).sum(axis=2).T
    wrong = {}
    for factor in (1.0, 0.5):
        wrong[factor] = 0
        for counted in experiments:
            low, high = (limits / SD for limits in leads(counted).lead("normal", simultaneous=True))
            wrong[factor] += not ((low * sd * factor <= true) & (true <= high * sd * factor)).all()
    assert wrong[1.0] <= most(50) < 40 < wrong[0.5]
    says = [leads(counted).says for counted in experiments]
    assert {said[0] for said in says} == {"informs"}
    assert {said[k] for said in says for k in (2, 3, 4)} == {"saturated"}
    assert true[4] > 1.7 * true[2]  # it grows on, by three quarters
    assert (experiments[:, 4] - experiments[:, 2] < 6).all()  # and that is all that is seen of it

"""Alignment over joint states: known answers, POWERplay's published correlation, ranks, parts and refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.errors import LabelError, ParameterError
from mdppower.montecarlo.replicates import Replicates
from mdppower.multiagent import alignment_of, joint_power
from mdppower.multiagent.alignment import BLOCKS, ranks_of
from mdppower.multiagent.jackknife import correlation

GRID = mp.envs.gridworld("...\n...\n...", blocked="remove")
FOUND = joint_power(GRID, gamma=0.6, samples=256, rng=0)


def drawn(run, draws, together, states=None):
    """(K, 2, n) POWER of both in means of so many draws, from draws that are all independent."""
    where = np.arange(run.joint.n_states) if states is None else states
    numbers = range(draws // run.task.source.size)
    values = np.array([(one.human[where], one.ai[where]) for one in run.task.draws(numbers)])
    return values.reshape(-1, together, *values.shape[1:]).mean(axis=1)


def covering(found, truth):
    """How many intervals have it in them, of those that are."""
    limits = [x.interval() for x in found if not math.isnan(x.value)]
    return sum(low <= truth <= high for low, high in limits), len(limits)


@pytest.mark.slow
def test_an_answer_that_is_known_exactly():
    """Two agents that cannot touch, each paid in its own cells: each has its POWER alone, which is known exactly.

    Over the states in which both are in one cell the correlation is that of POWER at the two rates over the cells. 40
    runs of 96 draws: 33 or more of 40 intervals cover, but once in a thousand times.
    """
    world = mp.envs.figure_1()
    exact = [mp.power(world, gamma, method="exact").mean for gamma in (0.1, 0.9)]
    truth = float(np.corrcoef(*exact)[0, 1])
    run = joint_power(world, gamma=(0.1, 0.9), on="cells", samples=64, sampler="iid", rng=0)
    both = [run.joint.index((state, state)) for state in world.states]
    means = drawn(run, 40 * 96, 2, both)
    np.testing.assert_allclose(means.mean(axis=0), exact, atol=0.02)
    runs = [correlation(part[:, 0], part[:, 1]) for part in means.reshape(40, 48, 2, -1)]
    hits, count = covering([one.corrected for one in runs], truth)
    assert count >= 30
    assert hits >= stats.binom.ppf(0.001, count, 0.95)
    # So do those of the numbers themselves (8 states of each, which vary together); half as wide, they do not.
    shares = []
    for part in means.reshape(40, 48, 1, -1):
        wide = np.full(part.shape[-1], np.inf)
        data = Replicates(part, -wide, wide, wide < 0, np.zeros(1), len(part))
        low, high = data.bounds()
        ends = ((low, high), (0.5 * (low + data.value), 0.5 * (high + data.value)))
        shares += [((lower <= np.ravel(exact)) & (np.ravel(exact) <= upper)).mean() for lower, upper in ends]
    assert 0.92 < np.mean(shares[::2]) < 0.98
    assert np.mean(shares[1::2]) < 0.75
    # What A does costs H nothing.
    assert np.abs(run.cost.mean).max() <= 2 * run.error_bound
    # All draws together: nearer, and right; what the noise leaves of it is less than the truth.
    whole = correlation(means[:, 0], means[:, 1])
    assert abs(whole.corrected.value - truth) < 3.3 * whole.corrected.stderr < 0.1
    raw = np.mean([one.raw.value for one in runs])
    assert raw < truth - 0.03


@pytest.mark.slow
def test_published_correlation_from_few_draws():
    """POWERplay's joint 3 × 3 grid, ρ = 0: −.509 of 20,000 draws, with a standard error of about .014.

    In 96 draws H's map is noise to two thirds. 40 such runs: corrected, their intervals cover it, and their mean is
    near; raw, as POWERplay has it, neither: the negative control.
    """
    run = joint_power(GRID, gamma=0.6, samples=64, sampler="iid", rng=11)
    means = drawn(run, 40 * 96, 4)
    runs = [correlation(part[:, 0], part[:, 1]) for part in means.reshape(40, 24, 2, -1)]
    hits, count = covering([one.corrected for one in runs], -0.509)
    control, _ = covering([one.raw for one in runs], -0.509)
    assert count >= 30
    assert hits >= stats.binom.ppf(0.001, count, 0.95)
    assert control < stats.binom.ppf(0.001, 40, 0.95)
    assert 0.1 < np.mean([one.reliability[0] for one in runs]) < 0.5
    assert np.mean([one.raw.value for one in runs]) > -0.35
    whole = correlation(means[:, 0], means[:, 1]).corrected
    assert abs(whole.value + 0.509) < 3.3 * math.hypot(whole.stderr, 0.014)


def test_equal_goals_and_rates_are_aligned():
    """ρ = 1 and one γ: what is best for A is best for H, and both have the same POWER, to the solver's error."""
    one = joint_power(GRID, gamma=0.6, rho=1, samples=64, rng=0).alignment()
    for measure in (one.pearson, one.spearman):
        assert measure.corrected.value == pytest.approx(1, abs=1e-9)
        assert measure.corrected.interval()[0] > 1 - 1e-9
    against = joint_power(GRID, gamma=0.6, rho=-1, samples=64, rng=0).alignment()
    # R_A = 1 − R_H, and H against a minimiser has 1 less what A has.
    assert against.pearson.corrected.value == pytest.approx(-1, abs=1e-9)


# ---------------------------------------------------------------------- ranks


def estimate(rows, found=FOUND):
    """An estimate of these replicates (K, n)."""
    human = found.human
    n = rows.shape[1]
    data = replace(
        human.data, means=rows[:, None], low=np.full(n, -np.inf), high=np.full(n, np.inf),
        constant=np.zeros(n, bool), origin=None,
    )  # fmt: skip
    return replace(human, data=data, labels=tuple(range(n)), draws=None)


def test_ranks_by_hand():
    assert ranks_of(np.array([3.0, 1.0, 1.0, 2.0]), 0).tolist() == [4, 1.5, 1.5, 3]
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 30))
    assert (ranks_of(x, 0) == stats.rankdata(x)).all()
    one = alignment_of(estimate(np.tile(x, (16, 1))), estimate(np.tile(y, (16, 1))))
    assert one.spearman.raw.value == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert one.spearman.corrected.value == pytest.approx(one.spearman.raw.value, abs=1e-12)  # there is no noise


@pytest.mark.slow
def test_corrected_ranks_are_expected_ranks():
    """Of 48 replicates an eighth are 6, in whose mean state s has rank ½ + Σ_t P(X_t ≤ X_s) on average, P by erf.

    Half of the states are tied in truth; their expected ranks are, too. 100 runs of noise of which half is common.
    """
    rng = np.random.default_rng(7)
    n, count, size = 80, 48, 2.5
    human, ai = (np.repeat(np.round(x, 1), 2) for x in rng.standard_normal((2, n // 2)))
    ai -= 0.5 * human

    def expected(levels):
        apart = (levels[:, None] - levels[None]) / (size * math.sqrt(2 * BLOCKS / count))
        return 0.5 + stats.norm.cdf(apart).sum(axis=1)

    truth = np.corrcoef(expected(human), expected(ai))[0, 1]
    found = []
    for _ in range(100):
        e, f = rng.standard_normal((2, count, n))
        noise = size * e, size * (0.5 * e + math.sqrt(0.75) * f)
        found.append(alignment_of(estimate(human + noise[0]), estimate(ai + noise[1])).spearman)
    hits, among = covering([one.corrected for one in found], truth)
    assert among == 100
    assert hits >= stats.binom.ppf(0.001, 100, 0.95)
    values, raw = ([getattr(one, x).value for one in found] for x in ("corrected", "raw"))
    assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / math.sqrt(100))
    # The control: raw ranks, with the noise in them.
    control, _ = covering([one.raw for one in found], truth)
    assert control < stats.binom.ppf(0.001, 100, 0.95)
    assert abs(np.mean(raw) - truth) > 4 * np.std(raw) / math.sqrt(100)


# ---------------------------------------------------------------------- parts, forms, refusals


def test_some_states():
    """Like for like: the states that a rule against collisions has are the ones to compare with."""
    apart = joint_power(GRID, gamma=0.6, overlap="bump", samples=64, rng=0)
    some = FOUND.alignment(apart.joint.states)
    assert some.labels == apart.joint.states
    mask = np.array([h != a for h, a in FOUND.joint.states])
    again = FOUND.alignment(mask)
    assert again.pearson.corrected.value == some.pearson.corrected.value
    k = [FOUND.joint.index(label) for label in some.labels]
    usual = np.corrcoef(FOUND.human.mean[k], FOUND.ai.mean[k])[0, 1]
    assert some.pearson.raw.value == pytest.approx(usual, abs=1e-12)
    assert some.difference(again).value == 0
    assert some.difference(again).stderr == 0
    assert FOUND.alignment().difference(some).stderr < FOUND.alignment().pearson.corrected.stderr


def test_what_is_refused():
    for states, told in (
        ([((0, 0), (0, 0))], "needs 3 states or more, got 1"), (np.ones(4, bool), "must be 81 booleans"),
        ("all", "got the text 'all'"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=told):
            FOUND.alignment(states)
    with pytest.raises(LabelError, match="there is no joint state 'x'"):
        FOUND.alignment(["x"])
    with pytest.raises(LabelError, match="there is no correlation 'kendall'; there are pearson, spearman"):
        FOUND.alignment().of("kendall")
    power = mp.power(GRID, [0.1, 0.9], samples=64, rng=0)
    one = power.at(0.1)
    for human, ai, told in (
        (power, power, "is at 2 discount rates"), (one, FOUND.ai, "of other states"),
        (one, mp.power(GRID, 0.9, samples=64, rng=1), "not from the same draws"),
        (one, mp.power(GRID, 0.9, samples=2048, rng=0), "one has 16 replicates, the other 32"),
        (one, mp.power(GRID, 0.9, samples=64, rng=0, guarantee=True), "ai has no replicates"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=told):
            alignment_of(human, ai)


@pytest.mark.slow
def test_forms():
    one = FOUND.alignment()
    table = one.table(0.99, simultaneous=True)
    assert table["correlation"] == ["pearson", "pearson", "spearman", "spearman"]
    assert table["noise"] == ["raw", "corrected"] * 2
    assert "99 %, all at once" in table.caption
    low, high = one.pearson.corrected.interval(0.99, of=4)
    assert (table["lower"][1], table["upper"][1]) == (low, high)
    data = one.to_xarray(0.99, simultaneous=True)
    cell = data.sel(correlation="pearson", noise="corrected")
    assert cell["lower"].item() == low
    assert cell["reliability_human"].item() == one.pearson.reliability[0] < 1
    assert f"correlation {one.pearson.corrected.told()}, raw {one.pearson.raw.value:.4f}" in repr(one)


def test_what_cannot_be_said_is_nan_with_a_sentence():
    """A ring: POWER is the same everywhere, and what varies is noise. Rewards without variance: no intervals."""
    told = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        one = alignment_of(*(estimate(rng.standard_normal((8, 5))) for _ in range(2)))
        value = one.pearson.corrected
        assert math.isnan(value.value) == bool(value.why) == ("nan" in repr(one).split("raw")[0])
        ends = [one.of(x).corrected.interval() for x in ("pearson", "spearman")]
        assert bool(one.caution) == any(math.isnan(low) or high - low > 1 for low, high in ends)
        assert one.caution in one.table().caption
        told.append(one.caution)
    assert any("is not told from noise" in text for text in told)
    heavy = replace(FOUND.alignment(), human=replace(FOUND.human.data, has_variance=False))
    assert heavy.pearson.corrected.interval() == (-1, 1)
    assert not math.isnan(heavy.pearson.corrected.value)
    assert heavy.caution == "", "more draws would not help where there is no variance"


def test_an_interval_that_has_nearly_all_in_it_is_cautioned_of():
    """Of few draws of two unrelated maps of 12 states the number is one, and says nothing; of many it does.

    In 64 draws the noise of a mean has the variance of the maps; the true correlation is 0.
    """
    signs = np.array([1.0, -1.0] * 6), np.array([1.0, 1.0, -1.0, -1.0] * 3)
    rng = np.random.default_rng(0)

    def run(draws):
        noise = rng.standard_normal((2, 16, 12)) * 8 / math.sqrt(draws / 16)
        return alignment_of(*(estimate(sign + part) for sign, part in zip(signs, noise, strict=True)))

    few = [run(64) for _ in range(8)]
    low, high = zip(*(one.pearson.corrected.interval() for one in few), strict=True)
    spans = [b - a > 1 for a, b in zip(low, high, strict=True)]
    assert any(spans), "the negative control"
    for one, a, b, hopeless in zip(few, low, high, spans, strict=True):
        told = f"corrected pearson: from {a:.2f} to {b:.2f} (95 %) says next to nothing: take more draws"
        assert (told in one.caution) == hopeless
        assert (told in one.table().caption) == hopeless
    many = run(64 * 4096)
    assert abs(many.pearson.corrected.value) < 0.1
    assert many.caution == ""

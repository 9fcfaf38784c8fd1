"""Curves by hand: shares, paired differences, limits and verdicts from numbers that are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.learning.learning_curves import LearningCurves
from mdppower.learning.signals import read_signal
from mdppower.rewards.distribution import resolve

FORK = mp.envs.fork(3)
UNIFORM = resolve("uniform", FORK)
START = np.array([1.0, 0, 0, 0])


def curves(shares, arms=("random", "few(1)"), tests=("uniform",), floor=0.5, ceiling=0.75):
    """Curves whose shares are (K, A, T, L), between the same floor and ceiling in all runs."""
    shares = np.asarray(shares, float)
    marks = [np.full((len(shares), len(tests)), x) for x in (floor, ceiling, 2 * floor - ceiling)]
    return LearningCurves(
        FORK, 0.9, tuple(map(read_signal, arms)), UNIFORM, tuple(10 * t for t in range(shares.shape[2])),
        dict.fromkeys(tests, UNIFORM), 32, START, 0, floor + (ceiling - floor) * shares, *marks,
        np.full((len(shares), len(tests)), 1e-15),
    )  # fmt: skip


def spread(means, sd, runs=8, seed=0):
    """(K, A, T, 1) shares around (A, T) means."""
    return (np.asarray(means)[None] + sd * np.random.default_rng(seed).standard_normal((runs, 2, 2)))[..., None]


def test_a_share_is_formed_run_by_run():
    # Runs whose floors differ by much: P − F is the same share of C − F in each, and so has no spread.
    one = curves(np.full((4, 2, 2, 1), 0.4))
    shift = np.arange(4.0)[:, None]
    moved = replace(
        one, floors=one.floors + shift, ceilings=one.ceilings + shift, powers=one.powers + shift[..., None, None]
    )
    share = moved.share("random")
    np.testing.assert_allclose(share.mean, 0.4, rtol=1e-12)
    np.testing.assert_allclose(share.stderr, 0, atol=1e-12)
    assert moved.power("random").stderr[0] > 0.5  # the control: what is not paired spreads
    assert moved.floor().mean == 2.0
    assert moved.ceiling("uniform").mean == 2.25


def test_limits_are_students_over_runs():
    shares = spread([[0.0, 0.5], [0.1, 0.2]], 0.05)
    found = curves(shares)
    low, high = found.share("few(1)").interval(0.9)
    rows = shares[:, 1, :, 0]
    half = stats.t(7).ppf(0.95) * rows.std(axis=0, ddof=1) / np.sqrt(8)
    np.testing.assert_allclose(low, rows.mean(axis=0) - half, atol=1e-12)
    np.testing.assert_allclose(high, rows.mean(axis=0) + half, atol=1e-12)
    # All at once: Bonferroni over two arms, two checkpoints and one test.
    table = found.verdicts(confidence=0.9)
    half = stats.t(7).ppf(1 - 0.05 / 4) * rows.std(axis=0, ddof=1) / np.sqrt(8)
    assert table["lower"][1] == pytest.approx(rows[:, 1].mean() - half[1])
    assert found.table(0.9)["upper"][3] == pytest.approx(float(high[1]))
    assert found.table(0.9, simultaneous=True)["lower"][3] == pytest.approx(table["lower"][1])


def test_differences_are_paired():
    # Both arms of a run move together: their difference is known far better than either.
    together = np.random.default_rng(1).standard_normal((10, 1, 2, 1)) * 0.2
    found = curves(np.concatenate([0.5 + together, 0.2 + together], axis=1))
    difference = found.difference("random", "few(1)")
    np.testing.assert_allclose(difference.mean, 0.3, atol=1e-12)
    assert (difference.stderr < 1e-12).all()
    assert (found.share("random").stderr > 0.02).all()
    np.testing.assert_allclose(found.difference("few(1)", "random").of(10).mean, -0.3, atol=1e-12)


def test_runs_that_all_reach_the_top_have_finite_limits():
    # Shares are at most 1, and at least that of the worst policy, here −1: what 8 runs cannot exclude lies between.
    low, high = curves(np.ones((8, 2, 2, 1))).share("random").interval()
    unseen = 1 - 0.05 ** (1 / 8)
    np.testing.assert_allclose(low, 1 - 2 * unseen, atol=1e-9)
    np.testing.assert_allclose(high, 1, atol=1e-9)


@pytest.mark.parametrize(
    ("share", "sd", "verdict", "why"),
    [
        (0.5, 0.01, "raises", "lower limit above 0"),
        (0.0, 0.01, "does not raise", "upper limit below 0.05"),
        (-0.8, 0.01, "does not raise", "upper limit below 0: it lowers"),
        (0.0, 0.3, "undecided", ""),
        (0.04, 0.2, "undecided", ""),
        (0.03, 0.001, "raises", "lower limit above 0"),
    ],
)
def test_verdicts(share, sd, verdict, why):
    table = curves(spread(np.full((2, 2), share), sd)).verdicts()
    assert set(zip(table["verdict"], table["why"], strict=True)) == {(verdict, why)}
    assert "all 4 of arms, checkpoints and tests at once" in table.caption
    assert "below 0.05" in table.caption


def test_a_theorem_decides_what_draws_leave_open():
    # Runs spread by .3, so that limits say nothing; unseen and noise are null on symmetric rewards all the same.
    found = curves(spread(np.zeros((2, 2)), 0.3), arms=("unseen", "noise"))
    assert found.verdicts()["verdict"] == ["does not raise"] * 2
    assert all(why.startswith("theorem: ") for why in found.verdicts()["why"])
    # Limits that exclude what is proved are not passed over.
    wrong = curves(spread(np.full((2, 2), 0.5), 0.01), arms=("unseen", "noise"))
    assert all("exclude 0" in why for why in wrong.verdicts()["why"])
    skewed = replace(found, tests={"expon": resolve("expon", FORK)})
    assert skewed.verdicts()["verdict"] == ["does not raise", "undecided"]


def test_a_margin_is_an_argument():
    found = curves(spread(np.full((2, 2), 0.0), 0.05, runs=16))
    assert found.verdicts(margin=0.5)["verdict"] == ["does not raise"] * 2
    assert found.verdicts(margin=0.001)["verdict"] == ["undecided"] * 2
    assert found.verdicts(0, margin=0.5).caption.startswith("at 0 episodes, 16 runs")


def test_equal_floor_and_ceiling_leave_no_share():
    found = curves(np.zeros((4, 2, 2, 1)), ceiling=0.5)
    assert np.isnan(found.share("random").mean).all()
    assert found.verdicts()["verdict"] == ["undecided"] * 2
    assert found.verdicts()["why"] == ["the share is not defined"] * 2
    assert "nan" in repr(found)


def test_several_tests_and_parts():
    shares = np.random.default_rng(2).random((4, 2, 3, 2)) * 0.5
    found = curves(shares, tests=("one", "two"))
    np.testing.assert_allclose(found.share("few(1)", "two").mean, shares[:, 1, :, 1].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.share("few(1)").mean, shares[:, 1, :, 0].mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.of("few(1)").share("few(1)", "two").mean, found.share("few(1)", "two").mean)
    assert found.table().n_rows == 12
    assert found.table()["test"][:4] == ["one"] * 3 + ["two"]
    assert found.table()["floor"][0] == 0.5
    assert found.verdicts().n_rows == 4
    assert str(found).startswith(repr(found))


@pytest.mark.slow
def test_labelled_arrays():
    shares = np.random.default_rng(2).random((4, 2, 3, 2)) * 0.5
    data = curves(shares, tests=("one", "two")).to_xarray()
    np.testing.assert_allclose(data["share"].sel(arm="few(1)", test="two").values, shares[:, 1, :, 1], atol=1e-12)
    assert data["episodes"].values.tolist() == [0, 10, 20]
    assert data["given"].values.tolist() == ["R", "R"]
    assert all("long_name" in data[name].attrs for name in ("power", "worst", "episodes", "shown", "given"))


def test_what_is_not_there_is_refused():
    found = curves(np.zeros((4, 2, 2, 1)))
    with pytest.raises(mp.errors.LabelError, match="arms are random"):
        found.share("noise")
    with pytest.raises(mp.errors.LabelError, match="tests are uniform"):
        found.share("random", "goal")
    with pytest.raises(mp.errors.LabelError, match="checkpoint"):
        found.share("random").of(5)
    for step in (2, -3, 0.5, True):
        with pytest.raises(mp.errors.ParameterError, match="step must be"):
            found.verdicts(step)
    for margin in (0, 1, -0.1, float("nan"), "x"):
        with pytest.raises(mp.errors.ParameterError, match="margin"):
            found.verdicts(margin=margin)


def test_rounding_is_no_spread():
    # Runs at the worst share, −1, that differ in their last bits: the limits are those of runs that are equal.
    shares = np.full((8, 2, 2, 1), -1.0) + np.arange(8)[:, None, None, None] * 1e-16
    low, high = curves(shares).share("random").interval()
    assert (high - low > 0.5).all()
    low, high = curves(shares + np.arange(8)[:, None, None, None] * 1e-9).share("random").interval()  # the control
    assert (high - low < 1e-7).all()


def test_runs_of_which_most_are_equal_are_called_into_question():
    shares = np.ones((16, 2, 2, 1))
    shares[3, 0, 1] = 0.9
    found = curves(shares)
    assert "all but 1 of 16" in found.share("random").caution
    assert found.share("few(1)").caution == ""
    assert "caution: all but 1 of 16" in found.verdicts()["why"][0]
    assert "caution" not in found.verdicts(0)["why"][0]


def test_powers_without_variance_have_no_interval_and_shares_have_one():
    # t(2) has a mean and no variance; a share lies between that of the worst policy and 1, whatever the law.
    found = replace(curves(spread([[0.0, 0.5], [0.1, 0.2]], 0.05)), tests={"heavy": resolve("t(2)", FORK)})
    for estimate in (found.power("random"), found.floor(), found.ceiling()):
        assert np.isnan(estimate.stderr).all()
    assert np.isfinite(found.share("random").stderr).all()
    unknown = replace(found, tests={"own": resolve(lambda n, rng: rng.random((n, 4)), FORK)})
    assert np.isfinite(unknown.power("random").stderr).all()


def test_no_limit_is_above_one_and_what_is_undecided_for_equal_runs_says_so():
    found = curves(np.full((4, 2, 2, 1), 1.0))
    table = found.verdicts(np.int64(-1))
    assert table["upper"] == [1.0, 1.0]
    assert table["verdict"] == ["undecided", "undecided"]
    assert all("all 4 runs have one share" in why for why in table["why"])
    assert max(found.table()["upper"]) == 1.0

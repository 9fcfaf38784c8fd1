"""Correlations from replicates: products of different ones by hand, known answers, and intervals that cover them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mdppower.multiagent.jackknife import Jackknifed, correlation

N, K = 40, 24


def maps(rho, rng, n=N):
    """Two maps over n states, with that correlation exactly and variance 1."""
    q, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.standard_normal((n, 2))]))
    one, two = np.sqrt(n) * q[:, 1], np.sqrt(n) * q[:, 2]
    return one, rho * one + math.sqrt(1 - rho**2) * two


def noisy(maps, size, common, rng, count=K):
    """Replicates with noise of that size, of which a part is common to both."""
    x, y = rng.standard_normal((2, count, len(maps[0])))
    return maps[0] + size * x, maps[1] + size * (common * x + math.sqrt(1 - common**2) * y)


def by_pairs(x, y):
    """The correlation by its definition: products of different replicates, one by one."""
    x, y = (z - z.mean(axis=1, keepdims=True) for z in (x, y))
    apart = [(k, m) for k in range(len(x)) for m in range(len(x)) if k != m]
    xy, xx, yy = (np.mean([a[k] @ b[m] for k, m in apart]) for a, b in ((x, y), (x, x), (y, y)))
    return xy / math.sqrt(xx * yy)


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_products_of_different_replicates_and_without_each(seed):
    rng = np.random.default_rng(seed)
    x, y = noisy(maps(0.6, rng, 12), 0.5, 0.3, rng, count=6)
    found = correlation(x, y)
    assert found.corrected.value == pytest.approx(by_pairs(x, y), abs=1e-12)
    assert found.raw.value == pytest.approx(np.corrcoef(x.mean(axis=0), y.mean(axis=0))[0, 1], abs=1e-12)
    for k in range(6):
        rest = [i for i in range(6) if i != k]
        assert found.corrected.left[k] == pytest.approx(by_pairs(x[rest], y[rest]), abs=1e-12)
        usual = np.corrcoef(x[rest].mean(axis=0), y[rest].mean(axis=0))[0, 1]
        assert found.raw.left[k] == pytest.approx(usual, abs=1e-12)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(-5, 5), st.floats(0.1, 9))
def test_what_moves_no_correlation(seed, shift, size):
    """A shift, a unit, an order of states or of replicates; a sign turns it."""
    rng = np.random.default_rng(seed)
    x, y = noisy(maps(-0.4, rng, 12), 0.4, 0.5, rng, count=6)
    found = correlation(x, y).corrected
    states, order = rng.permutation(12), rng.permutation(6)
    for other, sign in (
        ((x + shift, size * y), 1), ((y, x), 1), ((x[order], y[order]), 1), ((x[:, states], y[:, states]), 1),
        ((x, -y), -1),
    ):  # fmt: skip
        again = correlation(*other).corrected
        assert again.value == pytest.approx(sign * found.value, abs=1e-9)
        assert again.stderr == pytest.approx(found.stderr, rel=1e-6)


def coverage(rho, size, common, runs, seed):
    """Shares of runs whose 95 % interval has ρ in it, corrected and raw; and the means of both."""
    rng = np.random.default_rng(seed)
    truth = maps(rho, rng)
    found = [correlation(*noisy(truth, size, common, rng)) for _ in range(runs)]

    def share(numbers):
        return sum(low <= rho <= high for low, high in (x.interval() for x in numbers))

    corrected, raw = ([getattr(one, name) for one in found] for name in ("corrected", "raw"))
    assert not any(x.why for x in corrected)
    return share(corrected), share(raw), *(np.mean([x.value for x in numbers]) for numbers in (corrected, raw))


@pytest.mark.parametrize(("rho", "common"), [(-0.5, 0.0), (0.0, 0.5), (0.7, 0.0)])
def test_intervals_cover_and_those_of_the_raw_one_do_not(rho, common):
    """Noise of variance 1/4 of the means: they are reliable to 4/5, and raw is (ρ + common/4)·4/5.

    Of 400 intervals of 95 %, 365 or more cover but once in a thousand times; a bias is seen that is 1/4 of the error.
    """
    corrected, raw, mean, with_noise = coverage(rho, math.sqrt(K / 4), common, 400, 1)
    least = int(stats.binom.ppf(0.001, 400, 0.95))
    assert corrected >= least
    assert mean == pytest.approx(rho, abs=0.02)
    # The control: what the same check says of a number with the noise in it.
    assert raw < least
    assert with_noise == pytest.approx((rho + common / 4) * 4 / 5, abs=0.02)


def test_without_noise_both_are_right():
    corrected, raw, mean, with_noise = coverage(-0.5, 0.05, 0.0, 200, 2)
    least = int(stats.binom.ppf(0.001, 200, 0.95))
    assert min(corrected, raw) >= least
    assert mean == pytest.approx(with_noise, abs=0.001)


def test_one_map_and_its_mirror_image():
    """Bit for bit the same: 1, with no spread; the solver's error is what is left."""
    rng = np.random.default_rng(3)
    x, _ = noisy(maps(0, rng), 3.0, 0, rng)
    for y, value in ((x, 1.0), (-x, -1.0)):
        found = correlation(x, y, (1e-9, 1e-9)).corrected
        assert (found.value, found.why) == (value, "")
        assert found.stderr < 1e-12
        low, high = found.interval()
        assert max(abs(low - value), abs(high - value)) <= 2 * found.slack
        assert 1e-10 < found.slack < 1e-7
    # Moved by what a solver leaves open, it is moved by no more than the slack.
    moved = correlation(x, x + 1e-9 * np.sign(rng.standard_normal(x.shape)), (1e-9, 1e-9)).corrected
    assert abs(moved.value - 1) <= moved.slack


def test_what_has_no_correlation_says_why():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((6, 9))
    for seed in range(20):
        x, y = np.random.default_rng(seed).standard_normal((2, 6, 9))
        found = correlation(x, y).corrected
        if found.why.startswith("how POWER of"):
            break
    assert math.isnan(found.value)
    assert np.isnan(found.interval()).all()
    assert "is not told from noise: take more draws" in found.why
    up = np.arange(9.0)
    wild = next(
        one for one in (correlation(up + 9 * a, up + 9 * b).corrected
                        for a, b in np.random.default_rng(5).standard_normal((50, 2, 6, 9))) if "beyond" in one.why
    )  # fmt: skip
    assert math.isnan(wild.value)
    flat = correlation(np.ones((6, 9)), noise)
    assert flat.raw.why == "POWER of H is the same in all states"
    assert flat.corrected.why.startswith("how POWER of H varies over states is not told from noise")
    # Two replicates: a number, but nothing can be left out, and nothing is known of its error.
    few = correlation(up + 0.1 * noise[:2], up + 0.1 * noise[2:4]).corrected
    assert 0.9 < few.value <= 1
    assert few.interval() == (-1.0, 1.0)


def test_differences_are_paired():
    """r of two maps, less r of the same replicates with a little of one in the other."""
    rng = np.random.default_rng(4)
    x, y = noisy(maps(0.3, rng), 2.0, 0.2, rng)
    one, two = correlation(x, y).corrected, correlation(x, y + 0.05 * x).corrected
    apart = two.less(one, paired=True)
    assert apart.value == two.value - one.value
    spread = np.sqrt((K - 1) / K * ((two.left - one.left - (two.left - one.left).mean()) ** 2).sum())
    assert apart.stderr == pytest.approx(spread, rel=1e-12)
    independent = two.less(one, paired=False)
    assert independent.stderr == pytest.approx(math.hypot(one.stderr, two.stderr), rel=1e-12)
    assert apart.stderr < 0.2 * independent.stderr
    assert (independent.low, independent.high) == (-2.0, 2.0)
    exact = Jackknifed(1.0, np.ones(K))
    assert one.less(exact, paired=False).stderr == pytest.approx(one.stderr, rel=1e-12)
    assert exact.less(one, paired=False).stderr == pytest.approx(one.stderr, rel=1e-12)
    none = Jackknifed(math.nan, one.left, why="because")
    assert one.less(none, paired=True).why == "because"


def test_several_at_once_are_wider():
    rng = np.random.default_rng(6)
    found = correlation(*noisy(maps(0.3, rng), 2.0, 0.2, rng)).corrected
    one, many = found.interval(0.95), found.interval(0.95, of=20)
    assert many[0] < one[0] < found.value < one[1] < many[1]
    assert one[1] - found.value == pytest.approx(stats.t(K - 1).ppf(0.975) * found.stderr + found.slack, rel=1e-12)

"""Constants of laws of one number, against the moment generating function itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mdppower.bounds.law_proxies import lipschitz_proxy
from mdppower.rewards.laws import law

RATES = np.r_[-np.geomspace(20, 0.05, 25), np.geomspace(0.05, 20, 25)]


def least_proxy(values, chances):
    """sup_λ 2 ln E e^{λ(X − EX)} / λ²: no ν² of X itself can be below it."""
    values, chances = np.asarray(values, float), np.asarray(chances, float)
    centred = values - values @ chances
    return max(2 * np.log(np.exp(rate * centred) @ chances) / rate**2 for rate in RATES)


def tables():
    rng = np.random.default_rng(0)
    yield [0, 1, 2], [1 / 3, 1 / 3, 1 / 3]
    yield [0, 1, 2], [0.25, 0.5, 0.25]
    yield [0, 1], [0.5, 0.5]
    yield [0, 3], [0.9, 0.1]
    for _ in range(30):
        size = int(rng.integers(2, 6))
        chances = rng.dirichlet(np.ones(size))
        yield np.sort(rng.choice(9, size, replace=False)).tolist(), (chances / chances.sum()).tolist()


@pytest.mark.parametrize("loc", [0, 1, -4, 0.5])
def test_discrete_laws_wherever_they_are(loc):
    """A proxy is at least the variance, and the same wherever the law stands."""
    for values, chances in tables():
        frozen = stats.rv_discrete(values=(values, chances))
        here, moved = lipschitz_proxy(law(frozen)), lipschitz_proxy(law(frozen(loc=loc)))
        assert moved.value == pytest.approx(here.value, rel=1e-12)
        assert moved.reason == here.reason
        assert moved.value >= least_proxy(values, chances) * (1 - 1e-9)
        assert moved.value >= frozen.var() * (1 - 1e-12)


def test_the_reference_would_see_a_proxy_that_is_too_small():
    """Two points of a law on three, as if the third were not there: 1/4 for a variance of 2/3."""
    assert least_proxy([0, 1, 2], [1 / 3, 1 / 3, 1 / 3]) == pytest.approx(2 / 3, rel=1e-3)
    assert least_proxy([0, 1], [0.5, 0.5]) == pytest.approx(1 / 4, rel=1e-3)

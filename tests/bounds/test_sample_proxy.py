"""The empirical proxy: laws whose proxy is known, guards against what samples cannot know, refusals, flags."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.bounds.gap_bounds import kearns_saul_proxy
from mdppower.bounds.sample_proxy import empirical_proxy
from mdppower.errors import ParameterError
from mdppower.rewards.distribution import resolve


def normals(n):
    """Δ for t1 against {t2, t3} with N(0,1) rewards; its proxies are < 2 for λ > 0 and 2 for λ < 0, at λ → −∞."""
    z = np.random.default_rng(0).standard_normal((n, 3))
    return z[:, 0] - z[:, 1:].max(axis=1)


def test_normal():
    # ln E e^{λΔ} = λ²/2 for every λ: 1, up to noise; Var = 1.
    found = empirical_proxy(np.random.default_rng(1).standard_normal(50_000), "gaussian")
    assert found.value == pytest.approx(1, abs=0.06)
    assert found.variance <= found.value


def test_two_points():
    # Kearns–Saul: .0911 = .8/(2 ln 9) · … at λ = 2 ln 9 = 4.39 > 0; for λ < 0 the variance, .09, is the supremum.
    delta = np.repeat([0.0, -1.0], [1000, 9000])  # the exact law
    found = empirical_proxy(delta, "bounded")
    assert found.plus.value == pytest.approx(float(kearns_saul_proxy(0.1)), rel=1e-5)
    assert found.plus.at == pytest.approx(2 * np.log(9), abs=0.05)
    assert not found.plus.at_edge
    assert found.minus.value == pytest.approx(0.09, rel=1e-9)
    assert found.minus.at == 0
    assert found.variance == pytest.approx(0.09, rel=1e-12)


def test_the_sample_cannot_see_far():
    """Truth 2 at λ → −∞: estimates stay near 1.75, on the edge of the λ that 200 effective draws allow."""
    found = empirical_proxy(normals(20_000), "gaussian", certificate=2.0)
    assert 1.6 < found.value < 1.85
    assert found.minus.at_edge
    assert found.minus.at < 0
    assert found.minus.ess == pytest.approx(200, rel=1e-6)
    assert not found.exceeds
    assert "the edge" in repr(found)
    assert "not a bound" in repr(found)


def test_unguarded_it_is_ruled_by_the_largest_draws():
    # One draw at 8 among 1000 standard normals: at λ = 2 it alone has Ê e^{λΔ} = e^16/1000, so ν̂² ≥ (16 − ln 1000)/2.
    few = np.random.default_rng(0).standard_normal(1000)
    few[0] = 8.0
    guarded, unguarded = (empirical_proxy(few, "gaussian", least_ess=k) for k in (200, 1))
    assert unguarded.value > 4.5
    assert unguarded.plus.ess < 2
    assert guarded.value < 1.6
    assert guarded.plus.ess >= 200


def test_refused_where_it_may_be_infinite():
    """Exp(1): E e^{λΔ} = ∞ for λ ≥ 1, whatever a sample says."""
    three = mp.RewardlessMDP.from_successors({s: {"stay": s} for s in "abc"})
    x = np.random.default_rng(0).exponential(size=(1000, 3))
    delta = x[:, 0] - x[:, 1:].max(axis=1)
    for law in ("expon", "lognorm(1)", {"a": "expon", "default": "uniform"}):
        found = empirical_proxy(delta, resolve(law, three))
        assert (found.value, found.plus, found.minus, found.exceeds) == (None, None, None, False)
        assert "neither bounded nor normal" in found.refused
        assert "not a bound" in repr(found)
        assert found.variance > 0
    normal, features, mixture = (
        mp.Gaussian(np.zeros(3), np.eye(3)),
        mp.Features(np.eye(3)),
        mp.Mixture(["uniform", 1]),
    )
    for law in ("uniform", "norm(0,1)", {"a": "norm(0,1)", "default": "beta(2,5)"}, normal, features, mixture):
        assert empirical_proxy(delta, resolve(law, three)).value > 0


def test_flag():
    # sd in place of ν on a skew law: the estimate shows it.
    delta = np.repeat([0.0, -1.0], [100, 99_900])
    found = empirical_proxy(delta, "bounded", certificate=0.001)
    assert found.exceeds
    assert "ABOVE the certificate" in repr(found)
    assert not empirical_proxy(delta, "bounded", certificate=0.25).exceeds


def test_a_constant():
    found = empirical_proxy(np.full(500, 0.3), "bounded")
    assert found.value == pytest.approx(0, abs=1e-20)
    assert (found.plus.at, found.plus.at_edge) == (0, False)


def test_bad_input():
    with pytest.raises(ParameterError, match="at least 200 draws"):
        empirical_proxy(np.zeros(100), "bounded")
    with pytest.raises(ParameterError, match=r"delta\[3\] is nan"):
        empirical_proxy([0.0, 1.0, 2.0, np.nan], "bounded", least_ess=2)
    with pytest.raises(ParameterError, match="rewards must be"):
        empirical_proxy(np.zeros(300), "perhaps")
    with pytest.raises(ParameterError, match="certificate must be a positive number"):
        empirical_proxy(np.zeros(300), "bounded", certificate=0)
    with pytest.raises(ParameterError, match="delta must be numbers"):
        empirical_proxy("many", "bounded")

"""The post's bounds held against comparisons: they hold with certified constants, and fail with wrong ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cases import GOLDEN, PAIRS, golden_options, golden_rewards, load

import mdppower as mp
from mdppower.bounds.certificates import Certificate, certify
from mdppower.montecarlo.estimates import Estimate
from mdppower.theorems.post_lemma import check_bound


@pytest.mark.slow
@pytest.mark.parametrize(("case", "pair"), [p for p in PAIRS if "exponential" not in p.id])
def test_no_certified_bound_is_violated_on_golden_pairs(case, pair):
    result = mp.compare(*golden_options(case, pair), golden_rewards(case), method="exact")
    for check in check_bound(result):
        if float(result.gap.mean) > 1e-9 and check.constant is not None:
            assert check.verdict == "holds", check
        else:
            assert check.verdict != "violated", check


def test_exponential_rewards_have_no_proxy():
    case = load(next(path for path in GOLDEN if "exponential" in path.stem))
    pair = (case.get("pairs") or case["expected"]["pairs"])[0]
    lemma, cantelli, markov = check_bound(mp.compare(*golden_options(case, pair), golden_rewards(case), rng=0))
    assert lemma.verdict == "not applicable"
    assert "no ν² is certified" in lemma.reason
    assert (cantelli.verdict, markov.verdict) == ("holds", "not applicable")


def test_rewards_without_variance():
    """Pareto(2): the density 2/x³ has mean 2 and E X² = ∫ 2/x dx = ∞, so that no bound has a constant.

    Pareto(3) has variance 3/4, and Cantelli's inequality is back: the reason is the variance, not the law.
    """
    from scipy import stats

    fork = mp.envs.fork(3)
    pair = [mp.Option.state(fork, s, 0.9, "power") for s in ("t1", "root")]
    found = {b: check_bound(mp.compare(*pair, stats.pareto(b), samples=4096, rng=0)) for b in (2, 3)}
    assert [check.verdict for check in found[2]] == ["not applicable"] * 3
    lemma, cantelli, markov = found[2]
    assert "no ν² is certified" in lemma.reason
    assert cantelli.reason == "no bound on the variance of Δ is certified"
    assert (cantelli.constant, cantelli.bound) == (None, (1.0, 1.0))
    assert markov.reason == "Δ has no least value"
    assert [check.verdict for check in found[3]] == ["not applicable", "holds", "not applicable"]
    assert found[3][1].constant is not None


def test_draws_decide_or_leave_open():
    # Two ends: gap 0, nothing is said. Three against one: gap 1/4, p = 1/4 and all bounds are above it.
    fork = mp.envs.fork(3)
    one, three = (mp.Option.state(fork, s, 0.9, "power") for s in ("t1", "root"))
    checks = check_bound(mp.compare(one, three, samples=4096, rng=0))
    assert [check.verdict for check in checks] == ["holds"] * 3
    few = check_bound(mp.compare(one, three, samples=4, rng=0), confidence=0.999)
    assert "inconclusive" in {check.verdict for check in few}
    same = check_bound(mp.compare(one, one, method="exact"))
    assert {check.verdict for check in same} == {"not applicable"}


@pytest.mark.slow
def test_the_power_gap_in_place_of_the_value_gap_violates():
    """The trap: 20 ends against one way, N(0, 1) rewards, γ = 1/20.

    VALUE sets: V(a) = .95 r(a) + .05 r(t) with one end t, V(b) = .95 r(b) + .05 max of 20 ends. The gap of these is
    .05 · E max₂₀ = .05 · 1.867 = .093; the POWER gap is 1.867. ν² = 2·.95² + 2·.05² = 1.81 or less, so that the lemma
    with the POWER gap says p ≤ exp(−1.867²/3.62) = .38, and p = .47.
    """
    ends = [f"t{k}" for k in range(20)]
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"go": "t"}, "b": {e: e for e in ends}, "t": {"x": "t"}, **{e: {"x": e} for e in ends}}
    )
    value, power = ([mp.Option.state(mdp, s, 0.05, kind) for s in "ab"] for kind in ("value", "power"))
    right = mp.compare(*value, "norm(0,1)", samples=8192, rng=0)
    assert float(right.p_at_least.mean) == pytest.approx(0.472, abs=0.02)
    power_gap = mp.compare(*power, "norm(0,1)", samples=8192, rng=0).gap
    low, high = right.gap.interval(0.999)
    assert low < 0.05 * float(power_gap.mean) < high
    constants = certify(*value, "norm(0,1)")
    assert check_bound(right, certified=constants)[0].verdict == "holds"
    assert check_bound(right, certified=constants, gap=power_gap)[0].verdict == "violated"


def test_a_sample_variance_in_place_of_a_proxy_violates():
    """Theory 1.2: r(b) = 1, and r(a) = 1 with probability .1, else 0.

    Δ ∈ {−1, 0}, p(A ≥ B) = .1, gap .9, Var .09. With ν² = .09 the lemma says exp(−.81/.18) = .011 < .1. With the true
    proxy of the two points it says .108.
    """
    from scipy import stats

    mdp = mp.RewardlessMDP.from_successors({s: {"x": s} for s in "ab"})
    rewards = {"a": stats.rv_discrete(values=([0, 1], [0.9, 0.1])), "b": 1}
    a, b = (mp.Option.state(mdp, s, 0.5, "value") for s in "ab")
    constants = certify(a, b, rewards)
    lemma, *_ = check_bound(mp.compare(a, b, rewards, method="exact"), certified=constants)
    assert lemma.verdict == "holds"
    assert lemma.bound[0] == pytest.approx(0.108, abs=5e-4)
    result = mp.compare(a, b, rewards, rng=0, samples=4096)
    wrong = replace(constants, certificates=(Certificate("sd", result.sd**2, "none", "sample"),))
    lemma, *_ = check_bound(result, certified=wrong)
    assert lemma.verdict == "violated"
    assert lemma.bound[0] < 0.02 < 0.08 < lemma.p[0]


def test_bad_input():
    with pytest.raises(mp.ParameterError, match="takes what mdppower"):
        check_bound("p")
    fork = mp.envs.fork(2)
    result = mp.compare(*(mp.Option.state(fork, s, 0.5, "value") for s in ("t1", "t2")), samples=64, rng=0)
    with pytest.raises(mp.ParameterError, match="confidence"):
        check_bound(result, confidence=1.0)
    assert isinstance(result.gap, Estimate)
    assert np.isfinite(result.sd)

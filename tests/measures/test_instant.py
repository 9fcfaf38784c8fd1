"""`compare` is exact without being asked where sizes say that it is instant, and draws where draws are meant."""

from __future__ import annotations

from fractions import Fraction

import pytest
from scipy import stats

import mdppower as mp
from mdppower.measures import instant
from mdppower.measures.instant import instant_comparison
from mdppower.rewards.distribution import resolve


def options(mdp, states, kind="value", gamma=0.5):
    return [mp.Option.state(mdp, s, gamma, kind) for s in states]


def test_the_default_is_the_exact_comparison():
    """Figure 10: the gap is 1/64, and p(A ≥ B) = 7/12."""
    pair = options(mp.envs.figure_10(), ("s3", "s2"))
    found, asked = mp.compare(*pair), mp.compare(*pair, method="exact")
    assert (found.gap.exact, found.p_at_least.exact) == (Fraction(1, 64), Fraction(7, 12))
    assert found.table() == asked.table()
    assert repr(found) == repr(asked)
    assert found.samples == 0
    assert "exact, uniform rewards" in found.about


@pytest.mark.parametrize("given", [{"samples": 256}, {"rng": 0}, {"store": "s.sqlite"}, {"method": "deterministic"}])
def test_who_speaks_of_draws_means_draws(given, tmp_path):
    pair = options(mp.envs.fork(2), ("t1", "root"))
    if "store" in given:
        given = {"store": tmp_path / "s.sqlite"}
    found = mp.compare(*pair, **given)
    assert found.samples == given.get("samples", 4096)
    assert found.p_at_least.exact is None


def test_steps_are_draws():
    looks = list(mp.refine(*options(mp.envs.fork(2), ("t1", "root")), of=mp.compare, looks=(64, 128)))
    assert [one.samples for one in looks] == [64, 128]


@pytest.mark.slow
@pytest.mark.parametrize("rewards", ["uniform", "bernoulli(0.5)", {"t1": 2, "default": "uniform(-1,1)"}, "norm(0,1)"])
def test_draws_agree(rewards):
    """5 comparisons × 3 numbers within 5 standard errors: a false alarm in 1e5 or so."""
    fork = mp.envs.fork(2)
    for first, second in (("t1", "root"), ("root", "t2"), ("t1", "t2")):
        pair = options(fork, (first, second), "power")
        found, drawn = mp.compare(*pair, rewards), mp.compare(*pair, rewards, rng=1)
        assert (found.samples, drawn.samples) == (0, 4096)
        for one, other in ((found.gap, drawn.gap), (found.p_at_least, drawn.p_at_least), (found.p_tie, drawn.p_tie)):
            low, high = other.interval(1 - 1e-6)
            assert low - 1e-9 <= float(one.mean) <= high + 1e-9


@pytest.mark.parametrize(
    ("mdp", "pair", "rewards", "why"),
    [
        (mp.envs.fork(8), ("t1", "root"), "uniform", "the integral is planned at minutes"),
        (mp.envs.figure_10(), ("s3", "s2"), "norm(0,1)", "numerical integrals at seconds"),
        (mp.envs.fork(2), ("t1", "root"), "expon", "cannot be integrated"),
        (mp.envs.fork(2), ("t1", "root"), stats.binom(500, 0.5), "more than 100 values of a reward"),
        (mp.envs.fork(2), ("t1", "root"), lambda n, rng: rng.random((n, 3)), "a sampler"),
        (mp.envs.make("open(4,4)"), ((0, 0), (3, 3)), "bernoulli(0.5)", "161 nondominated policies"),
        (mp.envs.make("open(2,2)", slip=0.1), ((0, 0), (1, 1)), "bernoulli(0.5)", "linear programs: 3⁴ policies"),
        (mp.envs.fork(32), ("t1", "t2"), "bernoulli(0.5)", "33 states"),
    ],
)
def test_what_is_not_instant_is_drawn(mdp, pair, rewards, why):
    two = options(mdp, pair)
    assert instant_comparison(*two, resolve(rewards, mdp)) is None, why
    assert mp.compare(*two, rewards, samples=64, rng=0).samples == 64


@pytest.mark.slow
def test_the_limits_are_sizes():
    """Just inside: 16 policies of a stochastic MDP, 100 values, and rows that nothing need be listed for."""
    # Two actions in each of four states, that lead to two others by chance: 2⁴ policies.
    mdp = mp.RewardlessMDP.from_successors(
        {s: {a: {(s + 1) % 4: 0.5, (s + 2 + a) % 4: 0.5} for a in (0, 1)} for s in range(4)}
    )
    assert instant_comparison(*options(mdp, (0, 1)), resolve("bernoulli(0.5)", mdp)) is not None
    fork = mp.envs.fork(2)
    pair = options(fork, ("t1", "root"), "power")
    assert instant_comparison(*pair, resolve(stats.binom(99, 0.5), fork)) is not None
    assert instant_comparison(*pair, resolve(stats.binom(100, 0.5), fork)) is None
    wide = mp.envs.fork(31)
    assert instant_comparison(*options(wide, ("t1", "t2")), resolve("bernoulli(0.5)", wide)) is not None
    rows = [mp.Option.vectors([row]) for row in ([1, 0], [0, 1])]
    assert mp.compare(*rows).p_at_least.exact == Fraction(1, 2)


def test_no_clock_is_read(monkeypatch):
    # The plan is what decides: with nothing allowed, nothing is exact.
    monkeypatch.setattr(instant, "SECONDS", 0.0)
    fork = mp.envs.fork(2)
    assert instant_comparison(*options(fork, ("t1", "root")), resolve("uniform", fork)) is None


def test_what_is_wrong_is_refused_as_ever():
    a, b = options(mp.envs.fork(2), ("t1", "root"))
    with pytest.raises(mp.ParameterError, match="compare takes two options, got 't2'"):
        mp.compare(a, "t2")
    with pytest.raises(mp.ParameterError, match="method must be"):
        mp.compare(a, b, method="guess")
    with pytest.raises(mp.RewardError, match="no distribution"):
        mp.compare(a, b, "nrm(0,1)")
    with pytest.raises(mp.ParameterError, match="key"):
        mp.compare(a, b, key="mine")

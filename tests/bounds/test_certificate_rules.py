"""Each rule for ν² against the moment generating function itself, where some rewards are constant or never vary.

Rewards of few values have an exact law of Δ: no ν² can be below sup_λ 2 ln E e^{λ(Δ − EΔ)}/λ², which tends to Var Δ
as λ → 0. Sets are listed or not (most_vectors = 0), in the simplex or not.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pytest
from reward_tables import KINDS, least_proxies, rewards
from scipy import stats

import mdppower as mp
from mdppower.bounds import affine_maxima, certificate_rules
from mdppower.bounds.hulls import in_hull
from mdppower.bounds.option_difference import Difference

RATES = np.r_[-np.geomspace(30, 0.03, 13), np.geomspace(0.03, 30, 13)]


def random_law(rng):
    """Values, chances, and the law as a user gives it; a constant in two cases of five."""
    if rng.random() < 0.4:
        value = float(rng.integers(-2, 3)) / 2
        return [value], [1.0], value
    if rng.random() < 0.5:
        p = float(rng.integers(1, 10)) / 10
        return [0.0, 1.0], [1 - p, p], f"bernoulli({p})"
    loc = int(rng.integers(-2, 3))
    return [loc, loc + 1.0, loc + 3.0], [0.25, 0.25, 0.5], stats.rv_discrete(
        values=([0, 1, 3], [0.25, 0.25, 0.5])
    )(loc=loc)  # fmt: skip


def random_rows(rng, n):
    """A few vectors: unit vectors, distributions, or anything."""
    size, kind = int(rng.integers(1, 4)), rng.integers(3)
    if kind == 0:
        return np.eye(n)[rng.integers(0, n, size)]
    if kind == 1:
        return rng.dirichlet(np.full(n, 0.5), size)
    return rng.normal(size=(size, n)) * (rng.random((size, n)) < 0.7)


def least_proxy(laws, a, b):
    """sup_λ 2 ln E e^{λ(Δ − EΔ)}/λ² over a grid of λ, exactly, by all combinations of values."""
    rewards = np.array(list(product(*(values for values, _, _ in laws))))
    chances = np.array([prod(one) for one in product(*(chances for _, chances, _ in laws))])
    delta = (rewards @ a.T).max(axis=1) - (rewards @ b.T).max(axis=1)
    centred = delta - chances @ delta
    size = np.sqrt(chances @ centred**2)
    if size == 0:
        return 0.0
    found = [2 * np.log(chances @ np.exp(rate * centred / size)) / rate**2 for rate in RATES / 3]
    return size**2 * max(found)


def violations(cases, seed):
    """Certificates below what is possible, and how many there were."""
    rng, below, seen = np.random.default_rng(seed), [], 0
    for _ in range(cases):
        n = int(rng.integers(2, 5))
        laws = [random_law(rng) for _ in range(n)]
        a, b = random_rows(rng, n), random_rows(rng, n)
        options = mp.Option.vectors(a), mp.Option.vectors(b)
        rewards = {s: given for s, (_, _, given) in enumerate(laws)}
        found = mp.certify(*options, rewards, most_vectors=int(rng.choice([0, 64])))
        least = least_proxy(laws, a, b)
        seen += len(found.certificates)
        below += [one.name for one in found.certificates if one.value < least * (1 - 1e-7) - 1e-12]
    return below, seen


@pytest.mark.slow
def test_no_rule_is_below_the_moment_generating_function():
    below, seen = violations(50, seed=0)
    assert below == []
    assert seen > 150


def test_supports_without_the_constant_states_are_caught(monkeypatch):
    """The rule as it was: a state of constant rewards counted as one where no vector is."""
    slopes = property(lambda self: (self.ranges[1][:, 0] > 0, self.ranges[1][:, 1] > 0))
    monkeypatch.setattr(Difference, "supports", slopes)
    laws = {0: "uniform", 1: 0.5}
    found = mp.certify(mp.Option.vectors([[1, 0]]), mp.Option.vectors([[0, 1]]), laws)
    assert found["dimension_free"].value == 0  # for a variance of 1/12


def test_ranges_of_vectors_that_are_no_distributions(monkeypatch):
    """Δ = 3X for X ~ Bernoulli(1/2): its range is 3, not that of the rewards."""
    options = mp.Option.vectors([[3.0, 0.0]]), mp.Option.vectors([[0.0, 0.0]])
    found = mp.certify(*options, "bernoulli(0.5)", most_vectors=0)
    assert found["range"].value == pytest.approx(9 / 4)
    monkeypatch.setattr(Difference, "off_simplex", 0.0)  # the rule as it was
    assert mp.certify(*options, "bernoulli(0.5)", most_vectors=0)["range"].value < 9 / 4


@pytest.mark.parametrize("most", [0, 64])
@pytest.mark.parametrize("n", [2, 40])
def test_one_side_constant(n, most):
    """Δ = X − c: its proxy is that of X, for uniform X 1/12 and for normal X the variance, however many states."""
    ours, theirs = np.eye(n)[:1], np.eye(n)[1:2]
    options = mp.Option.vectors(ours), mp.Option.vectors(theirs)
    for law, least in (("uniform", 1 / 12), ("norm(0,1)", 1.0)):
        rewards = {0: law, "default": 0.5}
        assert mp.certify(*options, rewards, most_vectors=most).nu2 == pytest.approx(least)
    covariance = np.zeros((n, n))
    covariance[0, 0] = 4
    assert mp.certify(*options, mp.Gaussian(np.zeros(n), covariance), most_vectors=most).nu2 == pytest.approx(4)
    fixed = mp.certify(*options, mp.Fixed(np.arange(float(n))), most_vectors=most)
    assert (fixed.nu2, fixed.delta_min, fixed.delta_max) == pytest.approx((0, -1, -1), abs=1e-12)


# ---------------------------------------------------------------------- every rule, every law, against quadrature

QUADRATURE = 2e-3
"""What 20 points a coordinate may miss of a moment generating function of a function with kinks."""
RULES = {
    "constant": {"range", "mcdiarmid", "mcdiarmid_exact", "coordinate", "coordinate_pairs", "lsi_pairs", "lsi_all",
                 "lsi_secant", "dimension_free"},
    "bernoulli": {"range", "mcdiarmid", "mcdiarmid_exact", "coordinate", "coordinate_pairs"},
    "norm": {"coordinate", "coordinate_pairs", "tis_pairs", "tis_all", "tis_secant", "dimension_free"},
    "mixture": {"range"},
}  # fmt: skip
RULES |= dict.fromkeys(("uniform", "truncated", "fixed"), RULES["constant"])
RULES |= dict.fromkeys(("discrete", "beta"), RULES["bernoulli"])
RULES |= dict.fromkeys(("gaussian", "singular", "zero variance"), RULES["norm"])
RULES |= dict.fromkeys(("mixed", "features", "permuted"), RULES["mixture"] | {"coordinate", "coordinate_pairs"})


def some_sets(rng, n):
    """Two sets: unit vectors, distributions, one vector, or anything; or one set twice, moved by 0 … 10⁻⁶."""

    def some():
        size, kind = int(rng.integers(1, 4)), rng.integers(5)
        if kind == 0:
            return np.eye(n)[rng.integers(0, n, size)]
        if kind == 1:
            return rng.dirichlet(np.full(n, 0.5), size)
        if kind == 2:
            return np.zeros((1, n))
        return rng.normal(size=(1 if kind == 3 else size, n)) * (rng.random(n) < 0.7)

    a, b = some(), some()
    if rng.random() < 0.4:
        b = moved(rng, np.vstack([a, b]) if rng.random() < 0.5 else a)
        if rng.random() < 0.5:
            b = np.vstack([b, moved(rng, b)])
    return a, b


def moved(rng, rows):
    off = 0.0 if rng.random() < 0.2 else 10.0 ** -rng.integers(6, 18)
    return rows + off * rng.normal(size=rows.shape)


def broken(cases, seed, kinds=KINDS):
    """Names of what `certify` says and quadrature denies, and all that it says, by kind of law."""
    rng, wrong, seen = np.random.default_rng(seed), [], {kind: set() for kind in kinds}
    for k in range(cases):
        kind, n = kinds[k % len(kinds)], int(rng.integers(2, 4))
        given, table, weights = rewards(rng, kind, n)
        a, b = some_sets(rng, n)
        options = mp.Option.vectors(a), mp.Option.vectors(b)
        found = mp.certify(*options, given, most_vectors=64 if rng.random() < 0.7 else 0)
        above, below, variance, low, high = least_proxies(table, weights, a, b)
        rounding = 1e-15 * max(1.0, -low, high)
        least = {one.name: max(above, below) for one in found.certificates}
        said = [*found.certificates, *([] if found.variance is None else [found.variance])]
        for one in said:
            seen[kind].add(one.name)
            if one.value < least.get(one.name, variance) * (1 - QUADRATURE) - rounding**2:
                wrong.append(one.name)
        if found.one_sided is not None and found.one_sided.value < above * (1 - QUADRATURE):
            wrong.append("one sided")
        if found.delta_min > low + rounding or found.delta_max < high - rounding:
            wrong.append("ends")
    return wrong, seen


@pytest.mark.slow
def test_every_rule_for_every_kind_of_law():
    wrong, seen = broken(14 * len(KINDS), seed=1)
    assert wrong == []
    for kind, expected in RULES.items():
        assert expected <= seen[kind], kind


BROKEN = {
    "range": lambda value: value / 3,
    "mcdiarmid": lambda value: value / 4,
    "mcdiarmid_exact": lambda value: value / 4,
    "coordinate": lambda value: value / 2,
    "coordinate_pairs": lambda value: value / 2,
    "lsi_pairs": lambda value: value / 2,
    "lsi_all": lambda value: value / 2,
    "lsi_secant": lambda value: value / 2,
    "dimension_free": lambda value: value / 3,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_a_rule_that_is_broken_is_caught(name, monkeypatch):
    """Each rule with a constant that is too small: a violation among cases of two laws where it is sharp."""
    rule = certificate_rules.RULES[name]

    def too_small(delta):
        outcome = rule(delta)
        return outcome if isinstance(outcome, str) else (BROKEN[name](outcome[0]), *outcome[1:])

    monkeypatch.setattr("mdppower.bounds.certificates.RULES", {name: too_small})
    wrong, _ = broken(24, seed=2, kinds=("bernoulli", "norm") if name != "dimension_free" else ("norm", "uniform"))
    assert name.replace("lsi_", "tis_") in wrong or name in wrong


# ---------------------------------------------------------------------- sets whose members are nearly the same


@pytest.mark.parametrize("off", [0.0, 1e-17, 1e-15, 1e-12, 1e-10, 1e-9, 1e-6])
def test_a_set_beside_itself_moved(off):
    """Δ = off · (R_0 − R_1), but for rounding, of A = {e_0} and B = {e_0 + off (e_1 − e_0)}."""
    a, b = np.eye(2)[:1], np.array([[1.0 - off, off]])
    off = b[0, 1]
    for most in (0, 64):
        found = mp.certify(mp.Option.vectors(a), mp.Option.vectors(b), "uniform", most_vectors=most)
        assert found.nu2 >= off**2 / 12  # that of off · R_1 alone
        # By corners, in fractions: Δ = (1 − b_0) R_0 − b_1 R_1.
        first, second = 1 - Fraction(b[0, 0]), -Fraction(b[0, 1])
        assert found.delta_min <= min(first, 0) + min(second, 0)
        assert found.delta_max >= max(first, 0) + max(second, 0)
        unbounded = mp.certify(mp.Option.vectors(a), mp.Option.vectors(b), "norm(0,1)", most_vectors=most)
        assert unbounded.nu2 >= off**2
        if most and off:
            assert (unbounded.delta_min, unbounded.delta_max) == (-np.inf, np.inf)  # it was (0, 0) up to 10⁻⁹


def test_some_pair_always_leads():
    """A set and itself, each vector in several copies that differ by nothing or by rounding: ∇Δ is nearly 0."""
    rng = np.random.default_rng(3)
    for k in range(30):
        rows = rng.dirichlet(np.ones(3), 3)
        copies = np.vstack([rows, *(moved(rng, rows) for _ in range(2))])
        options = mp.Option.vectors(rows), mp.Option.vectors(copies)
        law = ("uniform", "norm(0,1)", {"root": 1.0, "default": "uniform"})[k % 3]
        delta = Difference(*options, mp.rewards.resolve(law, mp.envs.fork(2)), 64)
        pairs = affine_maxima.realisable(*delta.pieces)
        # Each vector that leads in one of the sets leads beside one of the other.
        for one, leads in zip(delta.pieces, (pairs.any(axis=1), pairs.any(axis=0)), strict=True):
            alone = affine_maxima.realisable(one, one).any(axis=1)
            assert alone.any()
            assert leads[alone].all()


def test_nothing_seen_is_not_nothing_there(monkeypatch):
    """Where no pair is seen to lead, all of them count: 0 would be a proof that Δ is constant."""
    rng = np.random.default_rng(0)
    a, b = rng.random((20, 3)), rng.random((20, 3))
    delta = Difference(mp.Option.vectors(a), mp.Option.vectors(b), mp.rewards.resolve("uniform", mp.envs.fork(2)), 64)
    monkeypatch.setattr(affine_maxima, "_seen", lambda A, B: np.zeros((len(A), len(B)), bool))
    monkeypatch.setattr(affine_maxima, "_ask", lambda A, B, pairs: np.zeros(len(pairs), bool))
    values = delta.pair_values()
    assert delta.largest(values) == (values.max(), False)


def test_a_hull_is_decided_in_fractions():
    rows = [[Fraction(x) for x in row] for row in ([1, 0, 0], [0, 1, 0], [0, 0, 1])]
    middle = [Fraction(1, 3)] * 3
    assert in_hull(middle, rows)
    for off in (Fraction(1, 10**k) for k in (6, 12, 40)):
        assert not in_hull([middle[0] + off, *middle[1:]], rows)
        assert in_hull([middle[0] + off, middle[1] - off, middle[2]], rows)
        assert not in_hull([1 + off, -off, Fraction(0)], rows)
    # F_nd of a state has those of each of its actions in its hull: Δ ≤ 0 for normal rewards, too.
    mdp = mp.envs.make("turner-figure-1")
    part = mp.Option.action(mdp, "star", "->l_tri", 0.9, kind="value")
    whole = mp.Option.state(mdp, "star", 0.9, kind="value")
    assert mp.certify(part, whole, "norm(0,1)").delta_max == 0

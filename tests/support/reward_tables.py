"""Rewards as tables of weighted points: what quadrature needs to know of any law."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import stats
from scipy.special import logsumexp

import mdppower as mp

NODES = 20
"""Of one continuous number: Gauss–Legendre in its quantiles, Gauss–Hermite of a normal one."""
LAWS = ("constant", "bernoulli", "discrete", "uniform", "beta", "truncated", "norm")
KINDS = (*LAWS, "mixed", "gaussian", "singular", "zero variance", "fixed", "mixture", "features", "permuted")
RATES = np.r_[-np.geomspace(10, 0.01, 13), np.geomspace(0.01, 10, 13)]


def one_law(rng, kind):
    """A law of one number as a user gives it, and its points and weights."""
    low, width = float(rng.integers(-2, 3)) / 2, float(rng.integers(1, 5)) / 2
    if kind == "constant":
        return low, [low], [1.0]
    if kind == "bernoulli":
        p = float(rng.integers(1, 10)) / 10
        return f"bernoulli({p})", [0.0, 1.0], [1 - p, p]
    if kind == "discrete":
        loc, chances = int(rng.integers(-2, 3)), [0.25, 0.25, 0.5]
        return stats.rv_discrete(values=([0, 1, 3], chances))(loc=loc), [loc, loc + 1.0, loc + 3.0], chances
    if kind == "norm":
        points, weights = np.polynomial.hermite_e.hermegauss(NODES)
        return f"norm({low},{width})", (low + width * points).tolist(), (weights / weights.sum()).tolist()
    law = {
        "uniform": stats.uniform(low, width),
        "beta": stats.beta(*rng.integers(1, 4, 2), loc=low, scale=width),
        "truncated": stats.truncnorm(-1, float(rng.integers(1, 3)), loc=low, scale=width),
    }[kind]
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return law, law.ppf((points + 1) / 2).tolist(), (weights / 2).tolist()


def join(parts):
    """Rewards of independent states, as rows and weights, from (_, points, weights) of each."""
    rows = np.array(list(product(*(points for _, points, _ in parts))))
    return rows, np.array([np.prod(one) for one in product(*(weights for _, _, weights in parts))])


def rewards(rng, kind, n):
    """Rewards of n states as a user gives them, their values (N, n) and the weights (N,)."""
    if kind in (*LAWS, "mixed", "permuted"):
        kinds = [kind] * n if kind in LAWS else [str(x) for x in rng.choice(LAWS, n)]
        parts = [one_law(rng, one) for one in kinds]
        given, (table, weights) = {s: law for s, (law, _, _) in enumerate(parts)}, join(parts)
        if kind != "permuted":
            return given, table, weights
        phi = rng.permutation(n)
        # State φ(s) gets what s had.
        return mp.Permuted(given, phi.tolist()), table[:, np.argsort(phi)], weights
    if kind in ("gaussian", "singular", "zero variance"):
        root = rng.normal(size=(n, n if kind == "gaussian" else max(1, n - 1)))
        if kind == "zero variance":
            root = np.diag(rng.random(n) + 0.5)
            root[int(rng.integers(n))] = 0.0
        scales = 10.0 ** rng.uniform(-1, 1, n)
        root, mean = scales[:, None] * root, rng.normal(size=n)
        table, weights = join([_standard() for _ in range(root.shape[1])])
        return mp.Gaussian(mean, root @ root.T), mean + table @ root.T, weights
    if kind == "fixed":
        vector = rng.normal(size=n)
        return mp.Fixed(vector), vector[None, :], np.ones(1)
    if kind == "mixture":
        share = float(rng.integers(1, 10)) / 10
        kinds = [str(x) for x in rng.choice(("fixed", "constant", "bernoulli", "uniform", "mixed"), 2)]
        (one, a, u), (other, b, v) = (rewards(rng, x, n) for x in kinds)
        return mp.Mixture([one, other], [share, 1 - share]), np.vstack([a, b]), np.r_[share * u, (1 - share) * v]
    assert kind == "features"
    phi = rng.normal(size=(n, 2)) * (rng.random((n, 2)) < 0.7)
    parts = [one_law(rng, str(x)) for x in rng.choice(LAWS, 2)]
    table, weights = join(parts)
    return mp.Features(phi, [law for law, _, _ in parts]), table @ phi.T, weights


def _standard():
    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return "norm(0,1)", points.tolist(), (weights / weights.sum()).tolist()


def least_proxies(table, weights, a, b):
    """sup of 2 ln E e^{λ(Δ − EΔ)}/λ² over λ > 0 and over λ < 0, Var Δ, and the ends of Δ, by quadrature."""
    delta = (table @ np.transpose(a)).max(axis=1) - (table @ np.transpose(b)).max(axis=1)
    centred = delta - weights @ delta
    variance = float(weights @ centred**2)
    size = np.sqrt(variance)
    if size <= 1e-13 * max(1.0, float(abs(delta).max())):
        return 0.0, 0.0, 0.0, float(delta.min()), float(delta.max())
    rates = RATES / 3
    found = np.array([2 * logsumexp(rate * centred / size, b=weights) / rate**2 for rate in rates])
    above, below = (variance * float(found[sign].max()) for sign in (rates > 0, rates < 0))
    return above, below, variance, float(delta.min()), float(delta.max())

"""Rewards: words, objects, and the JSON that a saved estimate has of them."""

from __future__ import annotations

import json
import random
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

import mdppower as mp
from mdppower.rewards.description import describe, from_description
from mdppower.rewards.distribution import RewardDistribution, resolve
from scripts.fuzz.arrays import bent
from scripts.fuzz.hostile import changed, from_json, thing, to_json
from scripts.fuzz.judge import Case, shown

COMMON = ["uniform", "uniform(-1,1)", "norm(0,1)", "beta(2,5)", "expon", "bernoulli(0.5)", "poisson(2)", "t(3)",
    "randint(0,6)", "3", "-1.5",
          "triang(0.5)", "gamma(2)", "lognorm(1)", "uniform(loc=1,scale=2)", "geom(0.5)", "laplace", "cauchy",
          "t(2)", "logistic"]  # fmt: skip
NUMBERS = ["0", "1", "-1", "2", "0.5", "3", "1e-3", "1e308", "1e-320", "nan", "inf", "-inf", "1e400", "9" * 400,
    "1e6", "True", "None", "'a'", "", "[1]", "x",
           "1j", "loc=1", "scale=0", "scale=2", "scale=-1", "loc=nan", "s=1", "size=3", "moments=0",
           "1180591620717411303424", "(" * 50]  # fmt: skip
FAMILIES = sorted(
    name for name in dir(stats) if isinstance(getattr(stats, name), (stats.rv_continuous, stats.rv_discrete))
)
SLOW = {"studentized_range", "levy_stable", "gausshyper", "genhyperbolic", "norminvgauss", "geninvgauss",
    "vonmises", "tukeylambda", "skewnorm",
        "kstwo", "ksone", "kappa4", "kstwobign", "recipinvgauss", "jf_skew_t", "rel_breitwigner", "crystalball",
        "dpareto_lognorm"}  # fmt: skip
"""Laws whose moments or quantiles SciPy integrates: tried one in ten times."""


@cache
def mdp() -> mp.RewardlessMDP:
    """Three states, two of them marked."""
    return mp.RewardlessMDP.from_pairs(
        [0, 0, 1, 2], np.eye(3)[[1, 2, 1, 2]], states=["root", "t1", "t2"], marks={"e": [1, 2]}
    )


@cache
def descriptions() -> list[Any]:
    """What a file has of each kind of rewards."""
    specs: list[Any] = [
        "uniform", {"root": 3, "default": "poisson(2)"}, mp.Gaussian([0, 1, 2], np.eye(3)), "beta(2,5)",
        mp.Fixed([1.0, 2, 3]),
        mp.Features(np.arange(6).reshape(3, 2) / 9, ["norm(0,1)", "uniform"]), mp.Permuted("expon", [0, 2, 1]),
        mp.Mixture(["uniform", mp.Fixed(np.zeros(3))], [0.25, 0.75]), lambda n, rng: rng.random((n, 3)),
        stats.rv_discrete(values=([0, 1, 5], [0.25, 0.25, 0.5])),
    ]  # fmt: skip
    return [describe(resolve(spec, mdp())) for spec in specs]


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    pick = rng.random()
    if pick < 0.4:
        data = rng.choice(descriptions())
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            data = changed(data, rng)
        told = to_json(data)
        return Case(told[:2000], lambda: drawn(from_description(from_json(told), 3)))
    spec = word(rng) if pick < 0.7 else thing_of(rng)
    return Case(shown("resolve", spec), lambda: drawn(resolve(spec() if isinstance(spec, partial) else spec, mdp())))


def drawn(found: RewardDistribution) -> RewardDistribution:
    """The distribution, of which a file's is the same."""
    data = describe(found)
    if data["kind"] != "unknown":
        again = from_description(json.loads(json.dumps(data)), 3)
        if not np.array_equal(again.mean, found.mean, equal_nan=True):
            raise AssertionError(f"described as {data}, which has another mean")
    return found


def word(rng: random.Random) -> str:
    """A name of a law with numbers in brackets, or nearly."""
    if rng.random() < 0.35:
        text = rng.choice(COMMON)
    else:
        name = rng.choice(FAMILIES)
        if name in SLOW and rng.random() < 0.9:
            name = "uniform"
        shapes = getattr(stats, name).numargs
        given = [rng.choice(["0.5", "1", "2", "3", "0.25", "5"]) for _ in range(shapes + rng.choice([0, 0, 0, 1, 2]))]
        if rng.random() < 0.4 and given:
            given[rng.randrange(len(given))] = rng.choice(NUMBERS)
        if rng.random() < 0.1:
            given.append(rng.choice(NUMBERS))
        text = f"{name}({','.join(given)})" if given else name
    if rng.random() < 0.1:
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at]
            + rng.choice(["(", ")", ",", " ", "\n", "\x00", "é", "_", ".", "-", "__", "=", ";", "9"])
            + text[at + rng.randint(0, 1) :]
        )
    return text


def thing_of(rng: random.Random) -> Any:
    """An object that is rewards, or nearly; or what will make one."""
    pick = rng.randrange(9)
    odd = rng.random() < 0.4
    if pick == 0:
        spec: dict[Any, Any] = {
            k: rng.choice(COMMON) for k in rng.sample(["root", "t1", "t2", "e"], rng.randint(0, 4))
        }
        spec |= {"default": rng.choice(["uniform", 0, 2.5])} if rng.random() < 0.8 else {}
        if odd:
            spec[rng.choice(["root", "x", 0, None, 1.0, ("root",)])] = rng.choice([thing(rng), word(rng)])
        return spec
    if pick == 1:
        root = np.random.default_rng(rng.randrange(99)).normal(size=(3, rng.randint(1, 3)))
        mean, cov = root.sum(1), root @ root.T
        return (
            partial(mp.Gaussian, bent(mean, rng), cov)
            if odd and rng.random() < 0.4
            else partial(mp.Gaussian, mean, bent(cov, rng) if odd else cov)
        )
    if pick == 2:
        weights = [rng.choice(COMMON) for _ in range(2)]
        return partial(
            mp.Features,
            bent(np.eye(3)[:, :2], rng) if odd else np.eye(3)[:, :2],
            rng.choice([weights, weights[0], thing(rng)]),
        )
    if pick == 3:
        return partial(
            mp.Fixed,
            rng.choice([[1, thing(rng), 2], bent(np.arange(3.0), rng), thing(rng), {"root": 1}])
            if odd
            else [0.0, 1, 5],
        )
    if pick == 4:
        return partial(
            mp.Permuted,
            word(rng) if odd else "uniform",
            rng.choice([[0, 2, 1], [0, 0, 1], {"root": "t1"}, [2, 1], thing(rng), [1.0, 0, 2]]),
        )
    if pick == 5:
        return partial(
            mp.Mixture,
            rng.choice([["uniform", "norm(0,1)"], ["expon", 2], [], [thing(rng), 1]]),
            rng.choice([[0.5, 0.5], [0.1, 0.9], [1, 1], [-1, 2], thing(rng)]),
        )
    if pick == 6:
        result = rng.choice([lambda n, g: g.random((n, 3)), lambda n, g: g.random((3, n)), lambda n, g: None,
            lambda n: 0, lambda n, g: 1 / 0,
                             lambda n, g: np.full((n, 3), np.nan), lambda n, g: np.full((n, 3), "a"), lambda n,
                                 g: [[1, 2, 3]] * n,
                             lambda n, g: np.full((n, 3), 1e308), lambda n, g: np.full((n, 3), 1j), lambda n,
                                 g: np.ma.masked_all((n, 3))])  # fmt: skip
        return result
    if pick == 7:
        family = rng.choice(
            [stats.norm, stats.uniform, stats.expon, stats.bernoulli, stats.rv_discrete(values=([0, 1], [0.5, 0.5]))]
        )
        return family if odd or hasattr(family, "xk") else family(*[0.5] * rng.randint(1, 2))
    if pick == 8 and rng.random() < 0.5:
        return rng.choice([stats.Normal(mu=0, sigma=1), stats.Uniform(a=0, b=2),
            stats.multivariate_normal(np.zeros(3), np.eye(3)), stats.dirichlet([1, 2, 3]),
                           stats.multivariate_normal(np.zeros(2)), stats.gaussian_kde([0, 1, 2.5]), stats.Normal,
                               stats.truncate(stats.Normal(), 0, 1)])  # fmt: skip
    return thing(rng)

"""MDPs that know their answers: the golden files, and independent reference computations."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import mdppower as mp

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = sorted(FOLDER.glob("*.json"))


def load(path: Path) -> dict:
    return json.loads(path.read_text())


def golden_mdp(case: dict) -> mp.RewardlessMDP:
    successors: dict = {s: {} for s in case["states"]}
    for row in case["transitions"]:
        successors[row["s"]][row["a"]] = {t: float(Fraction(p)) for t, p in row["next"]}
    return mp.RewardlessMDP.from_successors(successors)


def golden_rewards(case: dict):
    """The reward specification that a golden file describes."""
    spec = case["reward"]
    number = lambda key: float(Fraction(str(spec[key])))  # noqa: E731
    match spec["kind"]:
        case "iid_uniform":
            return stats.uniform(number("low"), number("high") - number("low"))
        case "iid_gaussian":
            return stats.norm(number("mean"), number("std"))
        case "iid_exponential":
            return stats.expon(scale=1 / number("rate"))
        case "gaussian":
            assert spec["order"] == case["states"]  # cov is in this order
            return mp.Gaussian([spec["mean"][s] for s in spec["order"]], spec["cov"])
        case "independent_discrete":
            return {
                s: stats.rv_discrete(
                    values=([float(Fraction(str(v))) for v in x["values"]], [float(Fraction(p)) for p in x["probs"]])
                )
                for s, x in spec["per_state"].items()
            }
    raise AssertionError(f"unknown rewards {spec['kind']}")


def golden_options(case: dict, pair: dict) -> list[mp.Option]:
    """The two options of a pair of a golden file."""

    def rows(key):
        return [[float(Fraction(row.get(s, "0"))) for s in case["states"]] for row in pair[key]]

    return [mp.Option.vectors(rows(key), states=case["states"]) for key in "AB"]


PAIRS = [
    pytest.param(case, pair, id=f"{path.stem}-{k}")
    for path in GOLDEN
    for case in [load(path)]
    for k, pair in enumerate(case.get("pairs") or case["expected"].get("pairs", []))
]


def exact_values(mdp: mp.RewardlessMDP, reward: list[int], gamma: Fraction) -> list[Fraction]:
    """v* by trying every deterministic policy in rational arithmetic (probabilities must be exact in binary)."""
    dense, feasible = mdp.to_arrays()
    best: list[Fraction] | None = None
    for policy in product(*[np.flatnonzero(row).tolist() for row in feasible]):
        rows = [[Fraction(x) for x in dense[s, a]] for s, a in enumerate(policy)]
        v = _solve_exactly(rows, [(1 - gamma) * r for r in reward], gamma)
        best = v if best is None else [max(a, b) for a, b in zip(best, v, strict=True)]
    assert best is not None
    return best


def _solve_exactly(rows: list[list[Fraction]], right: list[Fraction], gamma: Fraction) -> list[Fraction]:
    """Gauss–Jordan on (I − γP) v = right."""
    n = len(rows)
    a = [[(1 if i == j else 0) - gamma * rows[i][j] for j in range(n)] + [right[i]] for i in range(n)]
    for k in range(n):
        swap = next(i for i in range(k, n) if a[i][k] != 0)
        a[k], a[swap] = a[swap], a[k]
        a[k] = [x / a[k][k] for x in a[k]]
        for i in range(n):
            if i != k and a[i][k] != 0:
                a[i] = [x - a[i][k] * y for x, y in zip(a[i], a[k], strict=True)]
    return [row[n] for row in a]


def assert_covers(solution, truth):
    """|v − v*| ≤ gap, compared as rationals."""
    error = max(abs(Fraction(x) - y) for x, y in zip(solution.normalised[0], truth, strict=True))
    assert error <= Fraction(solution.error_bound[0]), (
        f"{solution.method}: error {float(error):.3g}, gap {solution.error_bound[0]:.3g}"
    )

"""What is kept of estimates: replicates or sums, and what they were drawn from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._checks import LARGEST_REWARD
from mdppower._horizon import Horizon
from mdppower._schema import (
    FARTHEST,
    LARGEST_COUNT,
    LARGEST_INDEX,
    MOST_DIGITS,
    Misfit,
    flag,
    mapping,
    one_of,
    several,
    text,
    whole,
)
from mdppower.files.fields import (
    Field,
    Form,
    array,
    exact_numbers,
    labels,
    one_form_of,
    optional,
    part,
    plain,
    rates,
)
from mdppower.files.stored_arrays import LARGEST_SIZE
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.guaranteed import GRID, Guaranteed, GuaranteedContrast
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import Sampler
from mdppower.solvers.optimal_values import BACKWARD, METHODS

MOST_COPIES = 2**20
"""Rewards of copies of states are drawn beside each other, up to this many."""
LARGEST = 100 * LARGEST_REWARD
"""Of sums and differences of rewards: squares of these, too, are numbers."""
DIMENSIONS = ("state", "pair", "option", "difference", "sum", "checkpoint", "mark", "agent", "iteration")

COUNT = plain(whole(0, LARGEST_COUNT))
ENTROPY = plain(whole(0, 10**MOST_DIGITS))
FLAG = plain(flag)
TEXT = plain(text())
_MARKS = mapping(several(whole(0, LARGEST_INDEX)))
SOLVER = plain(one_of(*METHODS, BACKWARD, "exact"))


def require(holds: Any, wanted: str, value: Any, place: str) -> None:
    """Raise Misfit unless that holds."""
    if not holds:
        raise Misfit(wanted, value, place)


def first_of(values: Any) -> Any:
    """The first of some values, for a message; None where there are none."""
    return next(iter(values.tolist() if isinstance(values, np.ndarray) else values), None)


def require_method(rates: Any, method: str) -> None:
    """Raise Misfit unless horizons are solved by what solves them, and nothing else is."""
    horizons = isinstance(rates[0], Horizon)
    known = (BACKWARD, "exact", "policy") if horizons else (*METHODS, "exact", "policy")
    require(method in known, f"one of {', '.join(map(repr, known))}", method, ".method")


# ---------------------------------------------------------------------- what numbers rest on


def check_replicates(found: Any) -> None:
    """Raise Misfit unless replicate means, their range and the draws fit together."""
    means, low, high = found["means"], found["low"], found["high"]
    require(len(means), "of one replicate or more", "none", ".means")
    nothing = np.isnan(means)
    require(nothing.all() or not nothing.any(), "numbers, or all without a value", math.nan, ".means")
    require((low <= high).all(), "at most high", first_of(low[low > high]), ".low")
    for name, ends, never in (("low", low, np.inf), ("high", high, -np.inf)):
        wrong = ends[(ends == never) | (np.isfinite(ends) & (abs(ends) > LARGEST))]
        require(not len(wrong), f"within ± {LARGEST:g}, or no bound", first_of(wrong), f".{name}")
    most = len(means) * LARGEST_SIZE
    require(found["trials"] <= most, f"at most {most:,}, of so many replicates", found["trials"], ".trials")


REPLICATES = Form(
    Replicates,
    {
        "means": array("f8", "replicate", "gamma", "quantity", low=-LARGEST, high=LARGEST, nan=True),
        "low": array("f8", "quantity", finite=False),
        "high": array("f8", "quantity", finite=False),
        "constant": array("?", "quantity"),
        "slack": array("f8", "gamma", low=0, high=LARGEST),
        "trials": plain(whole(1, LARGEST_COUNT)),
        "looks": plain(whole(1, LARGEST_INDEX)),
        "has_variance": FLAG,
    },
    check=check_replicates,
)


def _guaranteed(**found: Any) -> Guaranteed:
    kept = Guaranteed(**found)
    require((kept.low <= kept.high).all(), "at most high", first_of(kept.low[kept.low > kept.high]), ".low")
    require(kept.count <= kept.draws, f"at most {kept.draws:,}, the draws", kept.count, ".count")
    capitals = kept.rise.shape[-1], kept.fall.shape[-1]
    require(capitals in ((0, 0), (GRID, GRID)), f"of size 0 or {GRID} along 'mean'", capitals, ".rise")
    if wrong := kept.contradiction():
        name, least, most, value = wrong
        told = f"between {least:.10g} and {most:.10g}, as the other sums of {kept.draws:,} draws say"
        raise Misfit(told, value, f".{name}")
    return kept


GUARANTEED = Form(
    _guaranteed,
    {
        "draws": COUNT,
        "count": COUNT,
        **{
            name: array("f8", "gamma", "quantity", low=0, high=LARGEST_REWARD)
            for name in ("average", "spread", "weight", "weighted", "penalty", "curvature")
        },
        "rise": array("f8", "gamma", "quantity", "mean", low=-LARGEST_REWARD, high=LARGEST_REWARD),
        "fall": array("f8", "gamma", "quantity", "mean", low=-LARGEST_REWARD, high=LARGEST_REWARD),
        "low": array("f8", "quantity", low=-LARGEST, high=LARGEST),
        "high": array("f8", "quantity", low=-LARGEST, high=LARGEST),
        "constant": array("?", "quantity"),
        "slack": array("f8", "gamma", low=0, high=LARGEST),
    },
)


def _contrast(base: Guaranteed, pointer: Any, index: Any, weight: Any) -> GuaranteedContrast:
    ends = int(pointer[0]), int(pointer[-1])
    require(ends == (0, len(index)), f"from 0 to {len(index):,}", ends, ".pointer")
    rows = sparse.csr_array((weight, index, pointer), shape=(len(pointer) - 1, len(base.low)))
    return GuaranteedContrast(base, rows)


def _base(read: Any) -> Any:
    """Quantities of the sums are others than those of the estimate."""

    def inside(told: Any, parts: Any, sizes: Any) -> Any:
        own = {"gamma": sizes["gamma"]}
        found = read(told, parts, own)
        sizes["base"] = own["quantity"]
        return found

    return inside


CONTRAST = Form(
    _contrast,
    {
        "base": Field(GUARANTEED.write, _base(GUARANTEED.read)),
        "pointer": array("i8", "row_end", low=0, rising=True),
        "index": array("i8", "weight", low=0, high="base"),
        "weight": array("f8", "weight", low=-LARGEST, high=LARGEST),
    },
    take=lambda value: {
        "base": value.base,
        "pointer": value.weights.indptr,
        "index": value.weights.indices,
        "weight": value.weights.data,
    },
)

_DATA = one_form_of({
    "replicates": (Replicates, REPLICATES),
    "guaranteed": (Guaranteed, GUARANTEED),
    "contrast": (GuaranteedContrast, CONTRAST),
})  # fmt: skip


# ---------------------------------------------------------------------- estimates


def _rewards_of_copies() -> Field:
    """Rewards of the states; of copies of them, side by side, where models have several."""

    def read(told: Any, parts: Any, sizes: Any) -> Any:
        states = sizes["drawn"]
        found = parts.rewards(told, max(states, MOST_COPIES))
        fits = found.on == "pairs" or len(found.low) % states == 0
        require(fits, f"of a multiple of {states:,} states", len(found.low), ".size")
        return found

    return Field(lambda value, writer: writer.put(value), read)


DRAWS = Form(
    lambda states, rewards, kind, size, entropy, interrupted, caution: Draws(
        Sampler(rewards, kind, size, entropy), states, interrupted, caution
    ),
    {
        "states": labels("drawn"),
        "rewards": _rewards_of_copies(),
        "kind": plain(one_of("latin", "sobol", "iid", "exact")),
        "size": plain(whole(0, LARGEST_SIZE)),
        "entropy": ENTROPY,
        "interrupted": FLAG,
        "caution": TEXT,
    },
    take=lambda draws: (
        vars(draws.source) | {name: getattr(draws, name) for name in ("states", "interrupted", "caution")}
    ),
)


def _check_estimate(found: Any) -> None:
    data, names, gammas = found["data"], found["labels"], found["gammas"]
    require(len(gammas) == 1 or not found["single_gamma"], "false for several rates", True, ".single_gamma")
    require(len(names) == 1 or not found["single"], "false for several labels", True, ".single")
    require(data.value.shape[1] == len(names), f"of {len(names):,} quantities", data.value.shape[1], ".data")
    if found["dimension"] == "pair":
        wrong = [x for x in names if not (isinstance(x, tuple) and len(x) == 2)]
        require(not wrong, "pairs of state and action", first_of(wrong), ".labels")
    for name, where in found["marks"].items():
        beyond = [i for i in where if i >= len(names)]
        require(not beyond, f"below {len(names):,}", first_of(beyond), f".marks[{name}]")
    constant = found["fractions"] is None or np.asarray(data.constant).all()
    require(constant, "true everywhere in what is exact", False, ".data.constant")
    draws = found["draws"]
    if draws is None:
        return
    size, source = draws.source.size, draws.source
    if isinstance(data, Replicates):
        most = data.count * max(size, 1)
        require(data.trials <= most, f"at most {most:,}, the draws", data.trials, ".data.trials")
        return
    sums = data.base if isinstance(data, GuaranteedContrast) else data
    told = f"{sums.count:,} replicates of {size:,}"
    require(sums.draws == sums.count * size, told, sums.draws, ".data.draws")
    for name, given, end in (
        ("low", sums.low, source.rewards.low.min()),
        ("high", sums.high, source.rewards.high.max()),
    ):
        beyond = given[abs(given - end) > 1e-12 * abs(end)]
        require(not beyond.size, f"{end:g}, an end of the rewards' range", first_of(beyond), f".data.{name}")


MARKS = Field(
    lambda marks, _: {name: list(where) for name, where in marks.items()},
    lambda told, *_: {name: tuple(where) for name, where in _MARKS(told).items()},
)

ESTIMATE = Form(
    Estimate,
    {
        "labels": labels("quantity"),
        "gammas": rates(horizons=True),
        "single_gamma": FLAG,
        "single": FLAG,
        "dimension": plain(one_of(*DIMENSIONS)),
        "data": _DATA,
        "fractions": optional(exact_numbers("gamma", "quantity")),
        "draws": optional(part(DRAWS, alone=True)),
        "layout": optional(array("f8", "quantity", 2, low=-FARTHEST, high=FARTHEST)),
        "marks": MARKS,
    },
    check=_check_estimate,
)

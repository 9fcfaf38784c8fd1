"""Reward distributions as plain data that JSON can hold, and back: what a saved estimate needs to draw again.

Numbers keep every bit (JSON writes the shortest text that reads back as the same float). A Python function cannot be
saved: an estimate from it can be loaded and read, but not drawn from. What is read was written by anybody: it is
checked by the language of `mdppower._schema` before a distribution is made of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._schema import (
    DEEPEST,
    Misfit,
    Reader,
    anything,
    indices,
    mapping,
    matrix,
    nothing_or,
    one_of,
    real,
    record,
    several,
    text,
    vector,
    whole,
)
from mdppower._typing import FloatArray
from mdppower.errors import RewardError
from mdppower.rewards.distribution import Independent
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.joint_laws import Fixed, Linear, Mixed, Reordered, Repeated
from mdppower.rewards.laws import TOGETHER, Law, law, law_of_frozen
from mdppower.rewards.one_state import OneState
from mdppower.rewards.pair_rewards import PairRewards
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.rewards.slow_laws import LARGEST_PARAMETER


def describe(rewards: RewardDistribution) -> dict[str, Any]:
    """The distribution as dictionaries, lists, strings and numbers.

    Parameters
    ----------
    rewards : RewardDistribution

    Returns
    -------
    dict
        For what cannot be written down, ``{"kind": "unknown", …}`` with its name and bounds.

    Examples
    --------
    >>> describe(Fixed([1.0, 2.5]))
    {'kind': 'fixed', 'vector': [1.0, 2.5]}
    """
    try:
        return _describe(rewards)
    except _CannotBeWritten:
        return _unknown(rewards)


def describe_around(rewards: RewardDistribution) -> dict[str, Any]:
    """The distribution as `describe` has it, but of a user's own code only that is unknown, not what is around it.

    It tells distributions apart, and is not for `from_description`.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import Mixture, resolve
    >>> mixture = resolve(Mixture([lambda n, rng: rng.random((n, 2)), "uniform"], [0.25, 0.75]), mp.envs.fork(1))
    >>> describe(mixture)["kind"], describe_around(mixture)["weights"]
    ('unknown', [0.25, 0.75])
    """
    return _describe(rewards, around=True)


def from_description(data: Any, size: int, depth: int = 0) -> RewardDistribution:
    """The distribution that `describe` wrote down.

    Parameters
    ----------
    data : dict
        Anything that JSON can hold: it is checked.
    size : int
        Numbers of one draw: the states of the MDP, or its pairs.
    depth : int
        Of how many distributions this is a part.

    Returns
    -------
    RewardDistribution

    Raises
    ------
    FileError
        The data are not what `describe` writes; the message names the field and the value.
    RewardError
        They are no distribution.

    Examples
    --------
    >>> from_description({"kind": "fixed", "vector": [1.0, 2.5]}, 2).mean
    array([1. , 2.5])
    """
    try:
        return _read(data, size, depth)
    except Misfit as error:
        raise error.inside("rewards" if depth == 0 else "") from None


def _read(data: Any, size: int, depth: int) -> RewardDistribution:
    kind = one_of(*_KINDS)(data.get("kind") if isinstance(data, dict) else None)
    if depth > DEEPEST:
        raise Misfit(f"made of rewards up to {DEEPEST} deep", data)

    def part(value: Any) -> RewardDistribution:
        return from_description(value, size, depth + 1)

    def fields(**readers: Reader) -> Any:
        return record({"kind": text(), **readers})(data)

    match kind:
        case "independent":
            given = fields(laws=several(_law_from, 1), which=anything, states=whole(size, size))
            many = len(given["laws"])
            which = nothing_or(indices(size, many))
            try:
                positions = which(given["which"])
            except Misfit as error:
                raise error.inside(".which") from None
            if positions is None and many > 1:
                raise Misfit("positions of the laws, of which there are several", None, ".which")
            return Independent(given["laws"], np.zeros(size, int) if positions is None else positions)
        case "fixed":
            return Fixed(fields(vector=vector(size))["vector"])
        case "gaussian":
            given = fields(mean=vector(size), cov=matrix(size, size))
            return Gaussian(given["mean"], given["cov"])
        case "linear":
            given = fields(matrix=matrix(size), weights=anything)
            phi = given["matrix"]
            try:
                weights = from_description(given["weights"], phi.shape[1], depth + 1)
            except Misfit as error:
                raise error.inside(".weights") from None
            if not isinstance(weights, Independent):
                raise Misfit("independent rewards", given["weights"].get("kind"), ".weights.kind")
            return Linear(phi, weights)
        case "one state":
            given = fields(name=one_of(*TOGETHER), states=whole(size, size))
            return OneState(given["name"], size)
        case "reordered":
            given = fields(base=part, order=indices(size, size))
            if len(np.unique(given["order"])) < size:
                raise Misfit(f"each of 0 … {size - 1} once", given["order"].tolist(), ".order")
            return Reordered(given["base"], given["order"])
        case "mixed":
            given = fields(parts=several(part, 1), weights=vector(None, 0, 1))
            weights = given["weights"]
            if len(weights) != len(given["parts"]) or abs(weights.sum() - 1) > 1e-9:
                raise Misfit(f"{len(given['parts'])} probabilities that sum to 1", data["weights"], ".weights")
            return Mixed(given["parts"], weights)
        case "repeated":
            given = fields(base=anything, times=whole(2, max(size, 2)))
            if size % given["times"]:
                raise Misfit(f"a part of {size:,}", given["times"], ".times")
            try:
                return Repeated(from_description(given["base"], size // given["times"], depth + 1), given["times"])
            except Misfit as error:
                raise error.inside(".base") from None
        case "on pairs":
            if depth:
                raise Misfit("rewards of states", kind, ".kind")
            return PairRewards(fields(base=part)["base"])
    given = fields(name=text(1000), low=vector(size, finite=False), high=vector(size, finite=False))
    return Unknown(given["name"], given["low"], given["high"])


class Unknown(RewardDistribution):
    """Rewards of a saved run that a file cannot hold: their name and bounds are known, and nothing can be drawn."""

    def __init__(self, name: str, low: FloatArray, high: FloatArray) -> None:
        self.name, self.low, self.high = name, low, high
        self.mean = self.variance = np.full(len(low), np.nan)
        self.dimension = 0

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """Raise RewardError."""
        raise RewardError(f"{self.name} rewards are the user's own code, which a file cannot hold: none can be drawn")

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Raise RewardError."""
        return self.from_uniforms(np.empty((0, 0)))


class _CannotBeWritten(Exception):
    pass


def _describe(rewards: RewardDistribution, around: bool = False) -> dict[str, Any]:
    match rewards:
        case Independent():
            which = None if rewards.is_iid else rewards.which.tolist()
            laws = [_law_around(one) if around else _law_as_data(one) for one in rewards.laws]
            return {"kind": "independent", "laws": laws, "which": which, "states": rewards.n_states}
        case Fixed():
            return {"kind": "fixed", "vector": rewards.mean.tolist()}
        case Gaussian():
            return {"kind": "gaussian", "mean": rewards.mean.tolist(), "cov": rewards.covariance.tolist()}
        case Linear():
            weights = _describe(rewards.weights, around)
            return {"kind": "linear", "matrix": rewards.matrix.tolist(), "weights": weights}
        case OneState():
            return {"kind": "one state", "name": rewards.name, "states": rewards.n_states}
        case Reordered():
            return {"kind": "reordered", "base": _describe(rewards.base, around), "order": rewards.order.tolist()}
        case Mixed():
            parts = [_describe(part, around) for part in rewards.parts]
            return {"kind": "mixed", "parts": parts, "weights": rewards.weights.tolist()}
        case Repeated():
            return {"kind": "repeated", "base": _describe(rewards.base, around), "times": rewards.times}
        case PairRewards():
            return {"kind": "on pairs", "base": _describe(rewards.base, around)}
    if around:
        return _unknown(rewards)
    raise _CannotBeWritten


def _unknown(rewards: RewardDistribution) -> dict[str, Any]:
    if isinstance(rewards, PairRewards):
        return {"kind": "on pairs", "base": _unknown(rewards.base)}
    return {"kind": "unknown", "name": rewards.name, "low": rewards.low.tolist(), "high": rewards.high.tolist()}


def _law_around(one: Law) -> dict[str, Any]:
    try:
        return _law_as_data(one)
    except _CannotBeWritten:
        return {"kind": "unknown", "name": one.name, "low": one.low, "high": one.high}


def _law_as_data(one: Law) -> dict[str, Any]:
    """A constant, a table of values, or a name that scipy.stats knows, with its parameters."""
    from scipy import stats

    if one.kind == "constant":
        return {"constant": one.mean}
    family = getattr(one.frozen, "dist", one.frozen)
    if hasattr(family, "xk"):
        given: dict[str, Any] = {"values": family.xk.tolist(), "probabilities": np.asarray(family.pk).tolist()}
    else:
        given = {"law": getattr(family, "name", None)}
        if not isinstance(getattr(stats, str(given["law"]), None), type(family)):
            raise _CannotBeWritten
    try:
        given["args"] = [float(x) for x in getattr(one.frozen, "args", ())]
        given["kwds"] = {k: float(v) for k, v in getattr(one.frozen, "kwds", {}).items()}
    except (TypeError, ValueError):
        raise _CannotBeWritten from None
    return given | {"name": one.name}


_KINDS = (
    "independent",
    "fixed",
    "gaussian",
    "linear",
    "one state",
    "reordered",
    "mixed",
    "repeated",
    "on pairs",
    "unknown",
)
_SHAPES = {"args": several(real(), 0, 20), "kwds": mapping(real(), 20)}
_NAMED = {"name": nothing_or(text(1000))}


def _law_from(data: Any) -> Law:
    from scipy import stats

    if isinstance(data, dict) and "constant" in data:
        return law(record({"constant": real()})(data)["constant"])
    if isinstance(data, dict) and "values" in data:
        given = record({"values": vector(), "probabilities": vector(None, 0, 1), **_SHAPES, **_NAMED})(data)
        values, chances = given["values"], given["probabilities"]
        if not len(values) or values.shape != chances.shape or abs(chances.sum() - 1) > 1e-6:
            raise Misfit(f"{len(values):,} chances that sum to 1", data["probabilities"], ".probabilities")
        if len(np.unique(values)) < len(values):
            raise Misfit("different values", values.tolist(), ".values")
        family: Any = stats.rv_discrete(values=(values, chances))
    else:
        given = record({"law": text(100), **_SHAPES, **_NAMED})(data)
        family = getattr(stats, given["law"], None)
        if not isinstance(family, (stats.rv_continuous, stats.rv_discrete)):
            raise Misfit("the name of a distribution in scipy.stats", given["law"], ".law")
    most = LARGEST_PARAMETER.get(given.get("law"), np.inf)
    for value in (*given["args"], *given["kwds"].values()):
        if abs(value) > most:
            raise Misfit(f"between ± {most:g} for {given['law']}", value, ".args")
    try:
        return law_of_frozen(family(*given["args"], **given["kwds"]), given["name"])
    except (TypeError, ValueError, ArithmeticError, RuntimeError) as error:  # what SciPy comes upon
        raise RewardError(f"rewards {given['name'] or given.get('law', 'discrete')}: {error}") from None

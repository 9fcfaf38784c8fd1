"""Reward distributions as plain data that JSON can hold, and back: what a saved estimate needs to draw again.

Numbers keep every bit (JSON writes the shortest text that reads back as the same float). A Python function cannot be
saved: an estimate from it can be loaded and read, but not drawn from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import RewardError
from mdppower.rewards.distribution import Independent, RewardDistribution
from mdppower.rewards.joint_laws import Fixed, Gaussian, Linear, Mixed, Reordered
from mdppower.rewards.laws import Law, law, law_of_frozen


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
        return {"kind": "unknown", "name": rewards.name, "low": rewards.low.tolist(), "high": rewards.high.tolist()}


def from_description(data: dict[str, Any]) -> RewardDistribution:
    """The distribution that `describe` wrote down.

    Parameters
    ----------
    data : dict

    Returns
    -------
    RewardDistribution

    Raises
    ------
    KeyError, TypeError, ValueError
        The data are not what `describe` writes.
    """
    match data["kind"]:
        case "independent":
            laws = [_law_from(one) for one in data["laws"]]
            which = np.zeros(data["states"], int) if data["which"] is None else np.array(data["which"], int)
            return Independent(laws, which)
        case "fixed":
            return Fixed(data["vector"])
        case "gaussian":
            return Gaussian(data["mean"], data["cov"])
        case "linear":
            weights = from_description(data["weights"])
            if isinstance(weights, Independent):
                return Linear(np.array(data["matrix"], dtype=np.float64), weights)
        case "reordered":
            return Reordered(from_description(data["base"]), np.array(data["order"], int))
        case "mixed":
            return Mixed([from_description(part) for part in data["parts"]], np.array(data["weights"], float))
        case "unknown":
            return Unknown(data["name"], np.array(data["low"], float), np.array(data["high"], float))
    raise ValueError(f"unknown kind of rewards {data['kind']!r}")


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


def _describe(rewards: RewardDistribution) -> dict[str, Any]:
    match rewards:
        case Independent():
            which = None if rewards.is_iid else rewards.which.tolist()
            laws = [_law_as_data(one) for one in rewards.laws]
            return {"kind": "independent", "laws": laws, "which": which, "states": rewards.n_states}
        case Fixed():
            return {"kind": "fixed", "vector": rewards.mean.tolist()}
        case Gaussian():
            return {"kind": "gaussian", "mean": rewards.mean.tolist(), "cov": rewards.covariance.tolist()}
        case Linear():
            return {"kind": "linear", "matrix": rewards.matrix.tolist(), "weights": _describe(rewards.weights)}
        case Reordered():
            return {"kind": "reordered", "base": _describe(rewards.base), "order": rewards.order.tolist()}
        case Mixed():
            parts = [_describe(part) for part in rewards.parts]
            return {"kind": "mixed", "parts": parts, "weights": rewards.weights.tolist()}
    raise _CannotBeWritten


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


def _law_from(data: dict[str, Any]) -> Law:
    from scipy import stats

    if "constant" in data:
        return law(data["constant"])
    if "values" in data:
        family: Any = stats.rv_discrete(values=(data["values"], data["probabilities"]))
    else:
        family = getattr(stats, data["law"], None)
        if not isinstance(family, (stats.rv_continuous, stats.rv_discrete)):
            raise ValueError(f"scipy.stats has no distribution {data['law']!r}")
    return law_of_frozen(family(*data["args"], **data["kwds"]), data["name"])

"""Which draws an estimate is made of; only with another of the same draws its difference is paired."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from scipy import sparse

from mdppower._typing import Label
from mdppower.errors import ParameterError
from mdppower.montecarlo.guaranteed import Guaranteed, GuaranteedContrast
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.description import describe
from mdppower.rewards.distribution import OwnSampler
from mdppower.rewards.reward_distribution import RewardDistribution

Data: TypeAlias = "Replicates | Guaranteed | GuaranteedContrast"
"""What an estimate rests on."""


@dataclass(frozen=True, eq=False)
class Draws:
    """What an estimate was drawn from.

    Attributes
    ----------
    source : Sampler
    states : sequence of labels
        To which the rewards are given.
    interrupted : bool
        Whether the run ended before its last draw.
    caution : str
        What speaks against intervals made of them; empty where nothing is known to.
    """

    source: Sampler
    states: Sequence[Label]
    interrupted: bool = False
    caution: str = ""

    def difference(self, other: Draws) -> str:
        """Why these are not the same draws; empty where they are."""
        mine, yours = self.source, other.source
        if not _same_rewards(mine.rewards, yours.rewards):
            return _why_other(mine.rewards, yours.rewards)
        if "exact" in (mine.kind, yours.kind):  # there are no draws
            return ""
        if mine.entropy != yours.entropy:
            return f"one has rng={mine.entropy}, the other rng={yours.entropy}: give both calls the same rng"
        if mine.kind != yours.kind:
            return f"one has sampler={mine.kind!r}, the other sampler={yours.kind!r}"
        if mine.size != yours.size:
            return f"their replicates have {mine.size} and {yours.size} draws: give both calls the same samples"
        if self.states is not other.states and tuple(self.states) != tuple(other.states):
            return "they are about MDPs with other states, so that the same draws give other rewards"
        return ""


def _why_other(one: RewardDistribution, other: RewardDistribution) -> str:
    if one.n_states != other.n_states:
        return f"one has rewards of {one.n_states:,} states, the other of {other.n_states:,}"
    if one.name != other.name:
        return f"one has {one.name} rewards, the other {other.name} rewards"
    return f"both have {one.name} rewards, but with other parameters, or as two objects of a user's own code"


def _same_rewards(one: RewardDistribution, other: RewardDistribution) -> bool:
    """Whether equal draws of both are equal rewards; a user's own code is itself alone."""
    if one is other:
        return True
    if isinstance(one, OwnSampler) and isinstance(other, OwnSampler):
        return one.function is other.function and one.n_states == other.n_states
    first, second = (json.dumps(describe(d), sort_keys=True) for d in (one, other))
    return first == second and '"unknown"' not in first


def paired(one: Data, other: Data, sign: int) -> Replicates | GuaranteedContrast:
    """One plus or minus another (sign ±1), replicate by replicate; either may be of a single quantity.

    Raises
    ------
    ParameterError
        They have not as many replicates, or a guarantee, for which none are kept.
    """
    if isinstance(one, Replicates) and isinstance(other, Replicates):
        return _by_replicates(one, other, sign)
    if isinstance(one, Replicates) or isinstance(other, Replicates):
        raise ParameterError("one has guarantee=True, which keeps no draws: it can be paired with itself alone")
    first, second = (
        x.contrast(sparse.eye_array(x.value.shape[1], format="csr")) if isinstance(x, Guaranteed) else x
        for x in (one, other)
    )
    if first.base is not second.base:
        raise ParameterError("guarantee=True keeps no draws: two runs of it cannot be paired")
    return first.base.contrast(_like(first, second) + sign * _like(second, first))


def _as_contrast(data: Guaranteed | GuaranteedContrast) -> GuaranteedContrast:
    if isinstance(data, GuaranteedContrast):
        return data
    return data.contrast(sparse.eye_array(data.value.shape[1], format="csr"))


def _like(one: GuaranteedContrast, other: GuaranteedContrast) -> sparse.csr_array:
    """The weights; of a single quantity, a row for each of the other."""
    rows, wanted = one.weights.shape[0], other.weights.shape[0]
    return sparse.csr_array(sparse.vstack([one.weights] * wanted)) if rows == 1 < wanted else one.weights


def _origin(data: Replicates) -> tuple[Replicates, Any]:
    return data.origin or (data, sparse.eye_array(data.value.shape[1], format="csr"))


def _of_one_run(one: Replicates, other: Replicates, sign: int) -> Replicates | None:
    """The sum as one of quantities of a run, if both are such: what cancels is then known to."""
    if one.is_known or other.is_known:
        return None
    (first, left), (second, right) = _origin(one), _origin(other)
    if first is not second:
        return None
    rows = max(left.shape[0], right.shape[0])
    left, right = (sparse.vstack([x] * rows) if x.shape[0] == 1 < rows else x for x in (left, right))
    weights = sparse.csr_array(left + sign * right)
    weights.eliminate_zeros()
    found = first.contrast(weights)
    return replace(found, constant=found.constant | (one.constant & other.constant))


def _by_replicates(one: Replicates, other: Replicates, sign: int) -> Replicates:
    if (found := _of_one_run(one, other, sign)) is not None:
        return found
    if one.is_known and not other.is_known:
        one = _as_drawn(one, other)
    elif other.is_known and not one.is_known:
        other = _as_drawn(other, one)
    if one.count != other.count:
        told = f"they have {one.count:,} and {other.count:,} replicates"
        raise ParameterError(f"{told}: give both calls the same samples")
    low, high = (other.low, other.high) if sign > 0 else (-other.high, -other.low)
    return Replicates(
        one.means + sign * other.means,
        one.low + low,
        one.high + high,
        one.constant & other.constant,
        one.slack + other.slack,
        min(one.trials, other.trials),
        max(one.looks, other.looks),
        one.has_variance and other.has_variance,
    )


def _as_drawn(known: Replicates, other: Replicates) -> Replicates:
    """What is known, as replicates beside others: its range is its values."""
    low, high = known.value.min(axis=0), known.value.max(axis=0)
    return replace(known.repeated(other.count), low=low, high=high, trials=other.trials)

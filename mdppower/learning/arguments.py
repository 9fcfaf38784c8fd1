"""Arguments that trainings, and what is asked of their results, check alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

from mdppower._checks import as_float, discount_rates, positive_integer
from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names
from mdppower.errors import LabelError, ParameterError, RewardError
from mdppower.mdp.model import RewardlessMDP
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution

MOST_STEPS = 10**6


def learners_rate(gamma: Any) -> float:
    """The discount rate of learners, strictly between 0 and 1."""
    (rate, *more), _ = discount_rates(gamma)
    if more or not 0 < rate < 1:
        raise ParameterError(
            f"gamma must be one rate strictly between 0 and 1, got {quoted(gamma)}: these learners discount"
        )
    return rate


def rewards_of_states(mdp: RewardlessMDP, rewards: Any) -> RewardDistribution:
    """What rewards of states are drawn from; RewardError for rewards of pairs, or without a mean."""
    found = resolve(rewards, mdp, pairs=True)
    if found.on == "pairs":
        raise RewardError(f"agents learn from rewards of states; {found.name} are rewards of pairs")
    found.require_mean(mdp)
    return found


def number_between(value: Any, name: str, low: float, high: float, told: str, ends: tuple[float, ...] = ()) -> float:
    """The value as a float strictly between these, or one of the ends."""
    found = as_float(value)
    if not (low < found < high or found in ends):
        raise ParameterError(f"{name} must be a number {told}, got {quoted(value)}")
    return found


def steps_of_episode(horizon: Any) -> int:
    """The steps of an episode, or a rollout."""
    if positive_integer(horizon, "horizon") > MOST_STEPS:
        raise ParameterError(f"horizon is at most {MOST_STEPS:,} steps, got {quoted(horizon)}")
    return int(horizon)


def rising(given: Any, last: int, what: str) -> tuple[int, ...]:
    """Checkpoints as they are given: numbers that rise up to the last; 0 and the last are always among them.

    Examples
    --------
    >>> rising([10, 30], 100, "episodes")
    (0, 10, 30, 100)
    """
    if isinstance(given, (str, bytes, bool)) or not isinstance(given, Iterable):
        raise ParameterError(f"checkpoints must be a number, or numbers of {what}, got {quoted(given)}")
    steps: list[int] = []
    for n in given:
        if isinstance(n, bool) or not isinstance(n, Integral) or int(n) < 0:
            raise ParameterError(f"checkpoints must be non-negative integers, got {quoted(n)}")
        if int(n) > last:
            raise ParameterError(f"checkpoint {n} is beyond the {last:,} {what}")
        if steps and int(n) <= steps[-1]:
            raise ParameterError(f"checkpoints must increase, got {n} after {steps[-1]}")
        steps.append(int(n))
    return tuple(sorted({0, *steps, last}))


def position(name: Any, names: Sequence[str], what: str) -> int:
    """Where a name stands among those that there are.

    Raises
    ------
    LabelError
        There is no such name.

    Examples
    --------
    >>> position("noise", ["random", "noise"], "arm")
    1
    >>> position("nois", ["random", "noise"], "arm")
    Traceback (most recent call last):
    mdppower.errors.LabelError: there is no arm 'nois'; did you mean 'noise'?
    """
    given = getattr(name, "label", name)  # a signal, or an arm, may stand for its name
    if given not in names:
        meant = did_you_mean(near_names(str(given), names))
        raise LabelError(f"there is no {what} {quoted(given)}; {meant or f'{what}s are ' + ', '.join(names)}")
    return list(names).index(given)

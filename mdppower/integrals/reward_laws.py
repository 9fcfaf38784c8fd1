"""Rewards that can be integrated exactly: independent uniform ones (boxes), discrete ones (atoms), normal ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import RewardError
from mdppower.integrals.atoms import seconds_of_discrete
from mdppower.integrals.maxima import (
    cone_probability,
    maximum_discrete,
    maximum_uniform,
    seconds_of_uniform,
    seconds_to_sift,
)
from mdppower.integrals.normal_contrasts import EPS, JointlyNormal
from mdppower.integrals.normal_maxima import (
    largest,
    orthant,
    seconds_of_normal,
    seconds_of_orthant,
    seconds_of_pairs,
    seconds_to_compare,
)
from mdppower.integrals.volumes import work
from mdppower.mdp.rational import Row, rational
from mdppower.rewards.covariance_root import blocks
from mdppower.rewards.distribution import Independent
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.joint_laws import Fixed, Reordered
from mdppower.rewards.laws import Law, parameters_of
from mdppower.rewards.pair_rewards import PairRewards
from mdppower.rewards.reward_distribution import RewardDistribution

Number: TypeAlias = "Fraction | float"

MOST_ATOMS = 20_000
"""Most combinations of atoms for which optimal actions are found one by one."""
ROUNDING = Fraction(1, 10**9)
"""The chances of a law may miss 1 by this much: they are floats."""
SEED = 0
"""Of the numerical integrations for normal rewards: the same numbers every time."""


class Maximum(NamedTuple):
    """E max and the share of each, fractions or floats; the errors of either, which have different units."""

    mean: Number
    shares: list[Number]
    mean_error: float = 0.0
    share_error: float = 0.0


@dataclass(frozen=True, eq=False)
class Boxes:
    """Independent uniform rewards; a constant has equal ends."""

    lows: list[Fraction]
    highs: list[Fraction]

    @property
    def spread(self) -> float:
        """A bound of E[max R − min R]."""
        return float(max(self.highs) - min(self.lows))

    @property
    def has_constants(self) -> bool:
        """Whether some reward cannot vary."""
        return any(low == high for low, high in zip(self.lows, self.highs, strict=True))

    def vanishes(self, row: Row) -> bool:
        """Whether ⟨row, R⟩ is 0 for certain."""
        ends = zip(row, self.lows, self.highs, strict=True)
        if any(a and low != high for a, low, high in ends):
            return False
        return not sum((a * low for a, low in zip(row, self.lows, strict=True)), Fraction(0))

    def seconds_to_tell_apart(self, count: int) -> float:
        """About how long it takes to compare so many functions; 0 where they may be the same for certain."""
        return 0.0 if self.has_constants else seconds_to_sift(count, len(self.lows))

    seconds_to_sift = seconds_to_tell_apart

    def seconds(self, rows: list[Row]) -> float:
        """About how long `maximum` takes."""
        return seconds_of_uniform(rows, self.lows, self.highs)

    def seconds_of_cone(self, normals: list[Row]) -> float:
        """About how long `cone` takes."""
        varies = [low < high for low, high in zip(self.lows, self.highs, strict=True)]
        return work([[x for x, one in zip(row, varies, strict=True) if one] for row in normals])

    def maximum(self, rows: list[Row]) -> Maximum:
        """E max and the shares."""
        found = maximum_uniform(rows, self.lows, self.highs)
        return Maximum(found.mean, list(found.shares))

    def cone(self, normals: list[Row]) -> tuple[Number, float]:
        """P(all ⟨normal, R⟩ ≥ 0), and its error."""
        return cone_probability(normals, self.lows, self.highs), 0.0


@dataclass(frozen=True, eq=False)
class Atoms:
    """Independent discrete rewards, each a list of (value, probability)."""

    laws: list[list[tuple[Fraction, Fraction]]]

    @property
    def spread(self) -> float:
        """A bound of E[max R − min R]."""
        values = [value for law in self.laws for value, _ in law]
        return float(max(values) - min(values))

    def seconds_to_tell_apart(self, count: int) -> float:
        """Functions are not compared: all combinations are gone through."""
        return 0.0

    seconds_to_sift = seconds_to_tell_apart

    def seconds(self, rows: list[Row]) -> float:
        """About how long `maximum` takes."""
        return seconds_of_discrete(rows, self.laws)

    def maximum(self, rows: list[Row]) -> Maximum:
        """E max and the shares."""
        found = maximum_discrete(rows, self.laws)
        return Maximum(found.mean, list(found.shares))


@dataclass(frozen=True, eq=False)
class Normals:
    """Jointly normal rewards."""

    mean: FloatArray
    covariance: FloatArray

    @property
    def spread(self) -> float:
        """A bound of E[max R − min R]: the largest of n is at most √(2 ln n) standard deviations out."""
        out = np.sqrt(2 * np.log(2 * len(self.mean)) * self.covariance.diagonal().max(initial=0.0))
        return float(np.ptp(self.mean) + 2 * out)

    @cached_property
    def joint(self) -> JointlyNormal:
        """The rewards as variables that can be told apart."""
        return JointlyNormal(self.mean, self.covariance)

    @cached_property
    def has_constants(self) -> bool:
        """Whether the rewards span less than all directions, or nearly so: then others than F_nd may tie."""
        parts = blocks(self.covariance)
        singular = any(values[0] <= 16 * len(values) * EPS * values[-1] for _, _, values, _ in parts)
        return singular or sum(len(members) for members, *_ in parts) < len(self.mean)

    def vanishes(self, row: Row) -> bool:
        """Whether ⟨row, R⟩ is 0 for certain."""
        return self.joint.vanishes(row)

    def seconds_to_tell_apart(self, count: int) -> float:
        """About how long it takes to compare so many functions; 0 where they may be the same for certain."""
        return 0.0 if self.has_constants else seconds_of_pairs(count)

    def seconds_to_sift(self, count: int) -> float:
        """The same, and to find those on the line between two others."""
        return 0.0 if self.has_constants else seconds_to_compare(count)

    def seconds(self, rows: list[Row]) -> float:
        """About how long `maximum` takes."""
        varies = np.flatnonzero(self.covariance.diagonal()).tolist()
        return seconds_of_normal(len({tuple(row[j] for j in varies) for row in rows}), collinear=len(varies) < 2)

    def seconds_of_cone(self, normals: list[Row]) -> float:
        """About how long `cone` takes."""
        return seconds_of_orthant(len(normals))

    def maximum(self, rows: list[Row]) -> Maximum:
        """E max and the shares."""
        found = largest(self.joint, rows, SEED)
        return Maximum(found.mean, found.shares.tolist(), found.mean_error, found.share_error)

    def cone(self, normals: list[Row]) -> tuple[Number, float]:
        """P(all ⟨normal, R⟩ ≥ 0), and its error."""
        return orthant(self.joint, [[-x for x in row] for row in normals], SEED)


def exact_law(rewards: RewardDistribution, most_atoms: int = MOST_ATOMS) -> Boxes | Atoms | Normals:
    """What can be integrated exactly, from a reward distribution.

    Parameters
    ----------
    rewards : RewardDistribution
    most_atoms : int
        Most values of a discrete law.

    Returns
    -------
    Boxes, Atoms or Normals

    Raises
    ------
    RewardError
        The rewards are none of these; the message names the law.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> exact_law(resolve({"root": 0, "default": "uniform(-1,2)"}, mp.envs.fork(1))).highs
    [Fraction(0, 1), Fraction(2, 1)]
    """
    if isinstance(rewards, PairRewards):
        return exact_law(rewards.base, most_atoms)
    if isinstance(rewards, Gaussian):
        return Normals(rewards.mean, rewards.covariance)
    if isinstance(rewards, Fixed):
        ends = [rational(x) for x in rewards.mean.tolist()]
        return Boxes(ends, ends)
    if isinstance(rewards, Reordered):
        base = exact_law(rewards.base, most_atoms)
        order = rewards.order.tolist()
        if isinstance(base, Normals):
            return Normals(base.mean[order], base.covariance[np.ix_(order, order)])
        if isinstance(base, Atoms):
            return Atoms([base.laws[k] for k in order])
        return Boxes([base.lows[k] for k in order], [base.highs[k] for k in order])
    if isinstance(rewards, Independent):
        laws = [rewards.laws[k] for k in rewards.which.tolist()]
        kinds = {"discrete" if x.is_discrete and x.kind != "constant" else x.kind for x in laws} - {"constant"}
        if kinds <= {"uniform"}:
            return Boxes([rational(x.low) for x in laws], [rational(x.high) for x in laws])
        if kinds == {"norm"}:
            return Normals(rewards.mean, np.diag(rewards.variance))
        if kinds == {"discrete"}:
            return Atoms([_atoms(x, most_atoms) for x in laws])
    raise RewardError(
        f"exact numbers need independent uniform, finite discrete, or normal rewards; {rewards.name} is not of these"
    )


def _atoms(law: Law, most: int) -> list[tuple[Fraction, Fraction]]:
    """The values of a discrete law and their chances, which sum to exactly 1.

    They are the family's own, moved by ``loc``: its probability mass function is asked at its own points, where
    nothing has been rounded, and not at the shifted ones.
    """
    if law.kind == "constant":
        return [(rational(law.mean), Fraction(1))]
    family = getattr(law.frozen, "dist", law.frozen)
    # What is listed is counted: {0, 100000} is two values. Other families have all whole numbers of a range.
    many = np.size(family.xk) if hasattr(family, "xk") else law.high - law.low + 1
    if not many <= most:
        raise RewardError(
            f"exact numbers need finitely many values; {law.name} has "
            + (f"{many:,.0f}: the limit is {most:,}" if np.isfinite(many) else "no end of them")
        )
    given = parameters_of(law.frozen)
    if hasattr(family, "xk"):
        values, chances = np.ravel(family.xk), np.ravel(family.pk)
    else:
        shapes = {key: x for key, x in given.items() if key not in ("loc", "scale", "family")}
        low, high = family.support(**shapes)
        values = np.arange(low, high + 1)
        chances = np.asarray(family.pmf(values, **shapes))
    atoms: dict[Fraction, Fraction] = {}
    for value, chance in zip(values.tolist(), chances.tolist(), strict=True):
        moved = rational(value) + rational(given["loc"])
        atoms[moved] = atoms.get(moved, Fraction(0)) + rational(chance)  # floats of one number
    total = sum(atoms.values(), Fraction(0))
    if abs(total - 1) > ROUNDING:
        raise RewardError(f"{law.name}: its probabilities sum to {float(total):.12g}, not 1")
    return [(value, chance / total) for value, chance in atoms.items() if chance]

"""What counts of successes say of the power of agents along training, and where they say nothing more.

With s = p(A ≥ B) for the agent A of a checkpoint and its reference B, and Δ = h_A − h_B the difference of what a task
is worth to them, the *lead* is E Δ = C(A) − C(B). Three laws turn limits of s into limits of the lead:

========= ============================================= ==========================================================
law       the lead is between                           where
========= ============================================= ==========================================================
post      −ν √(2 ln 1/s) and ν √(2 ln 1/(1 − s))        ν is certified; the width w of the range of rewards is one
corrected the least of the post's, Cantelli's and       as above; w − at most w (1 − s) below 0 and w P(A > B)
          Markov's edges, ties counted as ties          above; sd(Δ) where one is given
normal    sd(Δ) Φ⁻¹(s)                                  Δ is normal, and its sd is the one that is given
========= ============================================= ==========================================================

At the limits of Clopper and Pearson these are limits for the lead. Where ties are known, Δ is taken to be normal but
for small differences of either sign, which are ties: then Φ⁻¹ P(A > B) and Φ⁻¹ P(A ≥ B) lie at the same distance from
lead/sd, one on each side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np

from mdppower._checks import choice, open_unit
from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names, shorten
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.bounds.inequalities import best_gap, sub_gaussian_gap
from mdppower.errors import LabelError
from mdppower.montecarlo.proportions import proportion_interval
from mdppower.success_rates.counts import Counts, checkpoint_number, written_name
from mdppower.success_rates.ladders import chained, linked
from mdppower.success_rates.saturation import says

LAWS = ("corrected", "post", "normal")
Limits = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False, repr=False)
class Leads:
    """The numbers of `Monitored`, which has the same attributes."""

    counts: Counts
    width: float | None
    nu: float | None
    sd: Mapping[str, float]
    base: str
    confidence: float

    # ------------------------------------------------------------------ what was counted

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Of each row."""
        return self.counts.checkpoints

    @property
    def numbers(self) -> FloatArray:
        """(n,) checkpoints as numbers; NaN where a reference was tried."""
        return np.array([checkpoint_number(name) for name in self.checkpoints])

    @cached_property
    def references(self) -> tuple[str, ...]:
        """Each once, in the order of the counts."""
        return tuple(dict.fromkeys(self.counts.references))

    @property
    def rate(self) -> FloatArray:
        """(n,) success rates, ties included."""
        return np.asarray(self.counts.successes / self.counts.trials)

    @cached_property
    def says(self) -> tuple[str, ...]:
        """Of each row: "informs", "change", "saturated", "too strong" or "too few trials"; see `saturation`."""
        return says(self._won, self.counts.successes, self.counts.trials, self.confidence)

    def interval(self, confidence: float | None = None, *, simultaneous: bool = False) -> Limits:
        """Clopper–Pearson limits of p(A ≥ B), row by row.

        Parameters
        ----------
        confidence : float, optional
        simultaneous : bool
            Whether they hold for all rows at once (Bonferroni).

        Returns
        -------
        lower, upper : (n,) arrays
        """
        level = self._level(confidence, simultaneous)
        return proportion_interval(self.counts.successes, self.counts.trials, level, independent=True)

    # ------------------------------------------------------------------ leads

    def lead(
        self, law: str = "corrected", confidence: float | None = None, *, simultaneous: bool = False
    ) -> Limits:  # fmt: skip
        """What each row alone says of the lead of its checkpoint over its reference.

        Parameters
        ----------
        law : {"corrected", "post", "normal"}
            Without ``sd`` the normal law is in units of sd(Δ).
        confidence : float, optional
        simultaneous : bool
            Whether the limits hold for all rows at once.

        Returns
        -------
        lower, upper : (n,) arrays
            −∞ and ∞ where nothing is known; NaN where the normal law lacks the sd of a reference.

        Raises
        ------
        ParameterError
        """
        choice(law, "law", LAWS)
        low, high = self.interval(confidence, simultaneous=simultaneous)
        level = self._level(confidence, simultaneous)
        ties_known = self.counts.ties is not None
        strict_low, strict_high = (
            proportion_interval(self._won, self.counts.trials, level, independent=True) if ties_known else (low, high)
        )
        if law == "normal":
            sd = self._sd(1.0)
            return sd * _probit(strict_low), sd * _probit(high)
        nu2 = None if self.nu is None else np.float64(self.nu) ** 2
        if law == "post":
            if nu2 is None:
                return np.full(len(low), -np.inf), np.full(len(low), np.inf)
            return 0.0 - sub_gaussian_gap(low, nu2), sub_gaussian_gap(1 - high, nu2)
        variance = np.square(self._sd(np.nan)) if self.sd else None
        lower, upper = np.empty(len(low)), np.empty(len(low))
        most = np.inf if self.width is None else self.width
        for some, known in self._by_variance(variance):
            lower[some] = 0.0 - best_gap(low[some], nu2, known, self.width)
            upper[some] = best_gap(1 - strict_high[some], nu2, known, self.width)
        return np.maximum(lower, -most), np.minimum(upper, most)

    def normal_lead(self) -> FloatArray:
        """(n,) estimates of the lead under the normal law; ± ∞ where all trials, or none, were successes."""
        won, good = (_probit(x / self.counts.trials) for x in (self._won, self.counts.successes))
        with np.errstate(invalid="ignore"):
            return np.asarray(self._sd(1.0) * np.where(won == good, won, (won + good) / 2))

    def over(self, base: Any = None, law: str = "corrected", confidence: float | None = None) -> Limits:
        """What all counts together say of the leads of all `agents` over one of them, all at once.

        Parameters
        ----------
        base : str or number, optional
            A reference, or a checkpoint. Default: ``base``.
        law : {"corrected", "post", "normal"}
        confidence : float, optional

        Returns
        -------
        lower, upper : arrays, as many as `agents`
            −∞ and ∞ where nothing leads to the base. NaN where the counts contradict each other, as no powers are
            within all limits; or where leads have no unit in common: of several references, by the normal law without
            sd.

        Raises
        ------
        LabelError
            The base is in none of the counts.
        """
        target = self.agent(self.base if base is None else base)
        lower, upper = self.lead(law, confidence, simultaneous=True)
        unknown = np.isnan(lower)  # no sd of that reference
        width = self.width if law == "corrected" and self.width is not None else np.inf
        found = chained(
            self._pairs, np.where(unknown, -np.inf, lower), np.where(unknown, np.inf, upper), len(self.agents),
            target, width,
        )  # fmt: skip
        if found is None or not (law != "normal" or self.sd or len(self.references) == 1):
            return (np.full(len(self.agents), np.nan),) * 2
        return found

    def has_law(self, law: str) -> bool:
        """Whether anything is said by that law."""
        return {"normal": True, "post": self.nu is not None}.get(law, self.nu is not None or bool(self.sd))

    def linked_references(self) -> dict[str, bool]:
        """Whether counts lead from each reference to the base."""
        there = linked(self._pairs, len(self.agents), self.agent(self.base))
        return {name: bool(there[self.agent(name)]) for name in self.references}

    def agent(self, given: Any) -> int:
        """The position of an agent, by its name or number; LabelError where it was not counted."""
        name = asked_name(given)
        if name not in self._places:
            meant = did_you_mean(near_names(name, self.agents))
            raise LabelError(
                f"{quoted(given)} is in none of the counts; {meant or 'there are ' + shorten(self.agents)}"
            )
        return self._places[name]

    # ------------------------------------------------------------------ inside

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """All that were counted: references that are no numbers, then checkpoints."""
        return tuple(
            sorted(
                dict.fromkeys((*self.references, *self.checkpoints)),
                key=lambda name: (not np.isnan(number := checkpoint_number(name)), np.nan_to_num(number)),
            )
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.agents)}

    @cached_property
    def _pairs(self) -> AnyArray:
        place = self._places
        return np.array([
            [place[a], place[b]] for a, b in zip(self.checkpoints, self.counts.references, strict=True)
        ])  # fmt: skip

    @property
    def _won(self) -> AnyArray:
        """Trials in which the agent did better; where ties are not known, at least as well."""
        ties = self.counts.ties
        return self.counts.successes if ties is None else np.asarray(self.counts.successes - ties)

    def _sd(self, unknown: float) -> FloatArray:
        """(n,) of each row; where none was given at all, the unit."""
        if not self.sd:
            return np.full(len(self.checkpoints), unknown)
        return np.array([self.sd.get(name, np.nan) for name in self.counts.references])

    def _by_variance(self, variance: FloatArray | None) -> list[tuple[BoolArray, FloatArray | None]]:
        """Rows whose variance is known, and the others."""
        every = np.ones(len(self.checkpoints), bool)
        if variance is None:
            return [(every, None)]
        known = ~np.isnan(variance)
        return [(known, variance[known]), (~known, None)]

    def _level(self, confidence: float | None, simultaneous: bool) -> float:
        level = open_unit(self.confidence if confidence is None else confidence, "confidence")
        return 1 - (1 - level) / len(self.checkpoints) if simultaneous else level


def _probit(p: FloatArray) -> FloatArray:
    from scipy.special import ndtri

    return np.asarray(ndtri(p))


def asked_name(given: Any) -> str:
    """A reference or checkpoint that is asked for, as counts write it; LabelError where it is neither."""
    if isinstance(given, bool) or not isinstance(given, str | Real):
        raise LabelError(f"a reference is a name or a number, got {quoted(given)}")
    return written_name(given)

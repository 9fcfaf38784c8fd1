"""What `mdppower.compare` gives back: two options, every number with its error, and the verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Rational
from typing import Any

import numpy as np

from mdppower._text import fraction_text
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.proportions import Proportions
from mdppower.occupancy.option import Option
from mdppower.rewards.reward_distribution import RewardDistribution


@dataclass(frozen=True, eq=False)
class Comparison:
    """Option A against option B; every number with its error.

    Attributes
    ----------
    A, B : Option
    means : Estimate
        C_Σ(A) and C_Σ(B); NaN where rewards have no mean.
    gap : Estimate
        C_Σ(B) − C_Σ(A), paired.
    outcomes : Proportions
        P(A > B), P(tie), P(A < B), in this order.
    p_at_least, p_at_most : Proportions
        p(A ≥ B) and p(B ≥ A): both count ties.
    sd : float
        Standard deviation of Δ = h_A − h_B; NaN where it was not computed.
    least, greatest : float
        The least and the greatest Δ that were drawn; NaN for exact comparisons.
    tolerance : float
        Worths that differ by no more than this (the largest certified error of a draw) count as ties.
    rewards : RewardDistribution
    samples : int
        Draws; 0 where exact.
    entropy : int or None
        Pass it as ``rng`` to draw the same rewards.
    interrupted : bool
        Whether the run ended early (Ctrl-C, or an error that has this as its ``estimate``): there are fewer draws
        than were asked for.

    Examples
    --------
    The end t1 of a fork has one vector, the fork itself two, one of which is the same: they tie half of the time.

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> a, b = (mp.Option.state(fork, s, 0.9, kind="power") for s in ("t1", "root"))
    >>> result = mp.compare(a, b, method="exact")
    >>> result.gap.exact, result.p_tie, result.p_greater
    (Fraction(1, 6), Proportions(1/2), Proportions(0))
    >>> result.verdict
    'B is instrumentally convergent over A: p(A ≥ B) = 1/2, all of it ties'
    """

    A: Option
    B: Option
    means: Estimate
    gap: Estimate
    outcomes: Proportions
    p_at_least: Proportions
    p_at_most: Proportions
    sd: float
    least: float
    greatest: float
    tolerance: float
    rewards: RewardDistribution
    samples: int
    entropy: int | None
    interrupted: bool = False

    @property
    def complexity_A(self) -> Estimate:
        """C_Σ(A) = E h_A."""
        return self.means.one(0)

    @property
    def complexity_B(self) -> Estimate:
        """C_Σ(B) = E h_B."""
        return self.means.one(1)

    @property
    def p_greater(self) -> Proportions:
        """P(A > B)."""
        return self.outcomes[0]

    @property
    def p_tie(self) -> Proportions:
        """P(h_A = h_B)."""
        return self.outcomes[1]

    @property
    def p_less(self) -> Proportions:
        """P(A < B)."""
        return self.outcomes[2]

    @property
    def mid_p(self) -> float:
        """P(A > B) + P(tie)/2."""
        return float((self.p_greater.mean + self.p_at_least.mean) / 2)

    @property
    def mid_p_stderr(self) -> float:
        """Standard error of the mid-p: of the mean over draws of 1, 1/2 for a tie, or 0; 0 where exact."""
        if not self.samples:
            return 0.0
        greater, tie = float(self.p_greater.mean), float(self.p_tie.mean)
        return float(np.sqrt(max(greater + tie / 4 - self.mid_p**2, 0.0) / self.samples))

    def mid_p_interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Limits of the mid-p: those of P(A > B) and of p(A ≥ B), each at half the level, averaged.

        Parameters
        ----------
        confidence : float

        Returns
        -------
        lower, upper : float
        """
        half = 1 - (1 - confidence) / 2
        (low_1, high_1), (low_2, high_2) = self.p_greater.interval(half), self.p_at_least.interval(half)
        return float(low_1 + low_2) / 2, float(high_1 + high_2) / 2

    def is_convergent(self, confidence: float = 0.95) -> bool | None:
        """Whether B is instrumentally convergent over A, p(A ≥ B) ≤ 1/2; None where the interval holds 1/2 inside.

        Parameters
        ----------
        confidence : float
            Of the interval of p(A ≥ B); exact numbers need none.

        Returns
        -------
        bool or None
        """
        return _is_at_most_half(self.p_at_least, confidence)

    @property
    def verdict(self) -> str:
        """The answer in words, at 95 %, with the ties named where they decide."""
        answer = self.is_convergent()
        p = self.p_at_least
        if p.guarantee == "exact":
            told = f"p(A ≥ B) = {_text(p.exact)}"
        else:
            low, high = p.interval()
            told = f"p(A ≥ B) in [{float(low):.4f}, {float(high):.4f}]"
        tie, strictly = float(self.p_tie.mean), _is_at_most_half(self.p_greater, 0.95)
        if answer is None:
            return f"undecided: {told}"
        if tie and not float(self.p_greater.mean):
            told += ", all of it ties"
        elif answer is False and strictly:
            told += f", because of ties: P(A > B) = {_short(self.p_greater)} and P(tie) = {_short(self.p_tie)}"
        return f"B is {'' if answer else 'not '}instrumentally convergent over A: {told}"

    def table(self, confidence: float = 0.95) -> dict[str, list[Any]]:
        """The numbers as columns: quantity, value, stderr, lower, upper, exact.

        Parameters
        ----------
        confidence : float
            Of each interval.

        Returns
        -------
        dict from str to list
        """
        rows: list[tuple[Any, ...]] = []
        for name, one in (("C(A)", self.complexity_A), ("C(B)", self.complexity_B), ("gap C(B) - C(A)", self.gap)):
            low, high = one.interval(confidence)
            rows.append((name, float(one.mean), float(one.stderr), float(low), float(high), _text(one.exact)))
        named = {
            "P(A > B)": self.p_greater, "P(tie)": self.p_tie, "P(A < B)": self.p_less, "p(A ≥ B)": self.p_at_least,
            "p(B ≥ A)": self.p_at_most,
        }  # fmt: skip
        for name, p in named.items():
            low, high = p.interval(confidence)
            rows.append((name, float(p.mean), float(p.stderr), float(low), float(high), _text(p.exact)))
        low_mid, high_mid = self.mid_p_interval(confidence)
        exact = [p.exact for p in (self.p_greater, self.p_at_least)]
        mid = "" if exact[0] is None or exact[1] is None else _text((exact[0] + exact[1]) / 2)
        rows.append(("mid-p", self.mid_p, self.mid_p_stderr, low_mid, high_mid, mid))
        names = ["quantity", "value", "stderr", "lower", "upper"] + ["exact"] * (self.samples == 0)
        return {name: [row[k] for row in rows] for k, name in enumerate(names)}

    def __repr__(self) -> str:
        return (
            f"Comparison(A = {self.A.name}, B = {self.B.name}: gap {float(self.gap.mean):.4g}, "
            f"p(A ≥ B) {float(self.p_at_least.mean):.4g}; {self.verdict})"
        )


def _is_at_most_half(p: Proportions, confidence: float) -> bool | None:
    if p.guarantee == "exact" and p.exact is not None:
        return bool(p.exact.item() <= 0.5)
    low, high = p.interval(confidence)
    return True if high <= 0.5 else False if low > 0.5 else None


def _short(p: Proportions) -> str:
    return _text(p.exact) if p.guarantee == "exact" else f"{float(p.mean):.4f}"


def _text(exact: Any) -> str:
    """A fraction as text; nothing for what is none."""
    number = exact.item() if hasattr(exact, "item") else exact
    return fraction_text(number) if isinstance(number, Rational) else ""

"""What a count of successes says of power: an interval of p(A ≥ B), and the gaps that it allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._checks import positive_integer
from mdppower.bounds.gap_bounds import power_gap
from mdppower.bounds.inequalities import chance
from mdppower.errors import ParameterError
from mdppower.montecarlo.proportions import proportion_interval


@dataclass(frozen=True)
class CountedGap:
    """The gaps that a count of successes allows; made by `gap_from_count`.

    Attributes
    ----------
    successes : int
        Trials in which A did at least as well as B.
    p_lower, p_upper : float
        Clopper–Pearson limits of p(A ≥ B).
    lower, upper : float
        Limits of C(B) − C(A) at the same confidence, by all bounds that apply.
    post_lower, post_upper : float
        The post's edges at the same limits of p.
    trials : int
    ties : int or None
        How many of the successes were ties; None where that is not known.
    greater_lower, greater_upper : float
        Clopper–Pearson limits of P(A > B); between 0 and p_upper where ties are not known.
    confidence : float
    """

    successes: int
    p_lower: float
    p_upper: float
    lower: float
    upper: float
    post_lower: float
    post_upper: float
    trials: int
    ties: int | None
    greater_lower: float
    greater_upper: float
    confidence: float

    def table(self) -> dict[str, list[Any]]:
        """The numbers as columns: bound, lower, upper."""
        return {
            "bound on C(B) - C(A)": ["sub-Gaussian only (the post)", "corrected"],
            "lower": [self.post_lower, self.lower],
            "upper": [self.post_upper, self.upper],
        }

    @property
    def verdict(self) -> str:
        """The answer in a few sentences: p(A ≥ B), the gaps that it allows, and whether their sign is known.

        Examples
        --------
        >>> print(gap_from_count(successes=391, n=400, nu=1, drop=1, cap=1).verdict)
        A did at least as well as B in 391 of 400 trials, so that p(A ≥ B) is between 0.9577 and 0.9897 (95 %).
        On average B may be worth up to 0.04228 more than A, or up to 0.9897 less.
        Which of the two is worth more is not known: how often A does as well does not say by how much.
        """
        sure = f"({100 * self.confidence:g} %{' each' if self.ties else ''})"
        chances = f"p(A ≥ B) is between {self.p_lower:.4f} and {self.p_upper:.4f}"
        if self.ties is not None:
            better, worse = self.successes - self.ties, self.trials - self.successes
            counted = f" ({better:,} better, {self.ties:,} equally well, {worse:,} worse)"
        else:
            counted = ""
        if self.ties:
            chances += f", and P(A > B) between {self.greater_lower:.4f} and {self.greater_upper:.4f}"
        return "\n".join(
            (
                f"A did at least as well as B in {self.successes:,} of {self.trials:,} trials{counted}, so that "
                f"{chances} {sure}.",
                self._gap_in_words,
                self._sign_in_words,
            )
        )

    @property
    def _gap_in_words(self) -> str:
        if self.lower == self.upper:
            return "On average both are worth the same."
        more = f"{_amount(self.upper)} more than A" if self.upper > 0 else ""
        less = f"{_amount(-self.lower)} less" + " than A" * (not more) if self.lower < 0 else ""
        return f"On average B may be worth {', or '.join(filter(None, (more, less)))}."

    @property
    def _sign_in_words(self) -> str:
        if self.lower < 0 < self.upper:
            return "Which of the two is worth more is not known: how often A does as well does not say by how much."
        if self.lower == self.upper:
            return "This is sure, whatever was counted."
        return f"B is worth {'no more' if self.upper <= 0 else 'no less'} than A."


def _amount(size: float) -> str:
    return f"up to {size:.4g}" if np.isfinite(size) else "any amount"


def gap_from_count(
    success_rate: float | None = None,
    n: int | None = None,
    nu: float | None = None,
    *,
    successes: int | None = None,
    ties: int | None = None,
    variance: float | None = None,
    drop: float | None = None,
    cap: float | None = None,
    rise: float | None = None,
    confidence: float = 0.95,
) -> CountedGap:
    """The power differences that an observed number of successes allows.

    On the command line: ``mdppower bound --successes K --n N --nu NU``, or ``--range LOW,HIGH`` in place of ν.

    A success is a trial in which A did *at least as well* as B: ties are successes, as they are in p(A ≥ B). If it is
    known how many were ties, P(A > B) is known too, and the lower edge of the gap is sharper; else as many as can be
    are allowed for. Limits are Clopper–Pearson's. The upper edge of the gap is that of the lower limit of p(A ≥ B);
    the lower edge is that of the upper limit of P(A > B), as p(B ≥ A) = 1 − P(A > B). Each of the two limits is wrong
    with half of 1 − confidence, so that both edges hold together.

    Parameters
    ----------
    success_rate : float, optional
        Share of the trials with h_A ≥ h_B: `successes` / `n`.
    n : int
        Independent trials.
    nu : float
        Certified: `certify` of two options, `universal_proxy` of rewards, `proxy_of_range`.
    successes : int
        In place of the rate.
    ties : int, optional
        How many of the successes were ties, h_A = h_B.
    variance, drop, cap, rise : float, optional
        As for `power_gap`.
    confidence : float

    Returns
    -------
    CountedGap
        Its ``verdict`` has it in words.

    Raises
    ------
    ParameterError
        Neither or both of `success_rate` and `successes` are given, ``success_rate * n`` is no whole number, there
        are more successes than trials or more ties than successes, or an argument is out of range.

    Examples
    --------
    >>> found = gap_from_count(0.95, 400, 1.0)
    >>> found.successes, round(found.lower, 2), round(found.upper, 2)
    (380, -2.64, 0.29)
    >>> from mdppower.bounds import proxy_of_range
    >>> nu, drop, cap = proxy_of_range(0, 1)
    >>> found = gap_from_count(successes=391, n=400, ties=3, nu=nu, drop=drop, cap=cap)
    >>> round(found.lower, 3), round(found.upper, 3)
    (-0.984, 0.042)
    """
    if n is None or nu is None:
        raise ParameterError(f"gap_from_count needs {'n, the trials' if n is None else 'nu, which is certified'}")
    trials = positive_integer(n, "n")
    good = _successes(success_rate, successes, trials)
    strictly = good if ties is None else good - _whole(ties, "ties")
    if strictly < 0:
        raise ParameterError(
            f"ties are counted among the successes, the trials in which A did at least as well: {ties:,} ties are "
            f"more than {good:,} successes"
        )
    low, high = _limits(good, trials, confidence)
    greater_low, greater_high = (0.0, high) if ties is None else _limits(strictly, trials, confidence)
    band = power_gap([low, greater_high], nu, variance=variance, drop=drop, cap=cap, rise=rise)
    post = power_gap([low, high], nu)
    return CountedGap(
        good, low, high, float(band.lower[1]), float(band.upper[0]), float(post.post_lower[1]),
        float(post.post_upper[0]), trials, ties, greater_low, greater_high, confidence,
    )  # fmt: skip


def _limits(count: int, trials: int, confidence: float) -> tuple[float, float]:
    low, high = (float(x) for x in proportion_interval(count, trials, confidence, independent=True))
    return low, high


def _successes(rate: float | None, successes: int | None, trials: int) -> int:
    if (rate is None) == (successes is None):
        raise ParameterError("give one of success_rate and successes")
    if successes is not None:
        if _whole(successes, "successes") > trials:
            raise ParameterError(f"{successes:,} successes are more than n = {trials:,} trials")
        return _whole(successes, "successes")
    share = float(chance(rate, "success rate"))
    found = round(share * trials)
    if abs(found - share * trials) > 1e-6 * trials:
        raise ParameterError(
            f"a success rate of {share:g} in {trials:,} trials is {share * trials:.6g} successes, no whole number"
        )
    return found


def _whole(count: Any, name: str) -> int:
    if isinstance(count, bool) or not hasattr(count, "__index__") or count < 0:
        raise ParameterError(f"{name} must be an integer ≥ 0, got {count!r}")
    return int(count)

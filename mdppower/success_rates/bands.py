r"""What a success rate says of the lead: the post's band, the band that holds for learners, and the normal law.

With Δ = v^A − v^B, of an agent against a reference on a task, lead E Δ and success rate s = P(Δ ≥ 0):

**The post's band** (`mdppower.bounds.gap_bounds`) has the edges −ν√(2 ln 1/s) and ν√(2 ln 1/(1−s)), with the ν of
`universal_proxy`, .45 for uniform rewards on [0, 1]. That ν is proved for *sets* that always have their best: their
worth, a maximum of averages of rewards, is Lipschitz in R. A learner's is not: it jumps where the choice changes. So
for learners this band is no bound.

**What is certified for learners** is the range: v^A and v^B are averages of rewards that lie in an interval of width
w, whatever the policies are. Hence Δ ∈ [−w, w], ν = w by Hoeffding's lemma, and Markov's edges w(1 − s). Beside it
stands Cantelli's inequality, sd √((1−s)/s), with Var Δ by its upper confidence limit. *The corrected band* is the
least of the three on either side.

**The limit of Var Δ.** Over agents and tasks, y_k = the mean of (Δ − d)² in run k, with d the mean Δ of all. The mean
of (Δ − EΔ)² over all is ȳ + (d − EΔ)², and its expectation is Var Δ: so the upper limit of a run's y by Student's t,
and the square of the half-width of the lead, are together at least Var Δ. Four statements, each wrong with a quarter
of 1 − confidence: p(A ≥ B) from below, P(A > B) from above, ȳ from above, the half-width.

**The normal law**: lead = sd Φ⁻¹(s). No theorem, as Δ is not normal: it holds where Δ, a sum of many small
differences, is nearly so, and must fail where Δ ≥ 0 whatever the rewards. Its error, lead/sd − Φ⁻¹(s), has the
jackknife's interval, run by run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.bounds.inequalities import best_gap, sub_gaussian_gap
from mdppower.montecarlo.over_runs import replicates


@dataclass(frozen=True)
class Moments:
    """Of Δ, in K runs at T checkpoints.

    Attributes
    ----------
    success, greater : (K, T) arrays
        Shares of tasks with Δ ≥ 0, and with Δ > 0.
    leads, spreads : (K, T) arrays
        Mean and variance over the tasks of a run; the variance infinite, where that of the rewards is.
    slack : float
        Bound on the error of a mean Δ.
    width : float
        w; infinite, where rewards have no bounds.
    same : (T,) boolean array
        Where Δ = 0 for certain.
    """

    success: FloatArray
    greater: FloatArray
    leads: FloatArray
    spreads: FloatArray
    slack: float
    width: float
    same: BoolArray

    @property
    def squares(self) -> FloatArray:
        """(K, T) mean of (Δ − d)² in each run, d the mean of all."""
        return np.asarray(self.spreads + np.square(self.leads - self.leads.mean(axis=0)))

    @property
    def sd(self) -> FloatArray:
        """(T,) of Δ over agents and tasks."""
        return np.asarray(np.sqrt(self.squares.mean(axis=0)))

    def variance_limit(self, confidence: float, *, simultaneous: bool) -> FloatArray:
        """(T,) upper limits of Var Δ: each of its two parts is wrong with half of 1 − confidence."""
        wrong = 1 - confidence
        if np.isinf(self.spreads).any():
            return np.full(self.spreads.shape[1], np.inf)
        squares = replicates(self.squares, 0.0, 4 * self.width**2, 0.0, self.same)
        _, most = squares.bounds(1 - wrong, simultaneous=simultaneous)  # one side of an interval: half of that
        leads = replicates(self.leads, -self.width, self.width, self.slack, self.same)
        low, high = leads.bounds(1 - wrong / 2, simultaneous=simultaneous)
        mean = self.leads.mean(axis=0)
        half = np.maximum(high - mean, mean - low)
        return np.asarray(np.minimum(np.sqrt(most[0] + half[0] ** 2) + self.slack, self.width) ** 2)


@dataclass(frozen=True)
class Bands:
    """Limits of the lead, (T,) each.

    Attributes
    ----------
    post : pair of arrays, or None
        With the ν of sets: for learners no bound. None where there is no such ν.
    of_range : pair of arrays, or None
        The same edges with ν = w.
    corrected : pair of arrays
        All that holds for learners.
    """

    post: tuple[FloatArray, FloatArray] | None
    of_range: tuple[FloatArray, FloatArray] | None
    corrected: tuple[FloatArray, FloatArray]


def bands(
    moments: Moments, nu: float | None, confidence: float | None, *, simultaneous: bool = False, behind: bool = False
) -> Bands:
    """The bands at each checkpoint.

    Parameters
    ----------
    moments : Moments
    nu : float or None
        Of sets.
    confidence : float or None
        None: as if success rates and variances were what was found.
    simultaneous : bool
        Whether the corrected band holds at all checkpoints at once.
    behind : bool
        Whether Δ ≤ 0 for certain: against the optimum.

    Returns
    -------
    Bands
    """
    if confidence is None:
        least, most = (moments.success.mean(axis=0),) * 2
        greater, variance = moments.greater.mean(axis=0), np.square(moments.sd)
    else:
        quarter = 1 - (1 - confidence) / 2  # of an interval of which one side is used: a quarter
        least, most = _limits(moments.success, quarter, simultaneous, moments.same)
        greater = _limits(moments.greater, quarter, simultaneous, moments.same)[1]
        variance = moments.variance_limit(quarter, simultaneous=simultaneous)
    width = moments.width
    lower = -_edge(least, variance, width)
    upper = np.zeros(len(greater)) if behind else _edge(1 - greater, variance, width)
    found = [_post(least, most, one) for one in (nu, width if np.isfinite(width) and width > 0 else None)]
    return Bands(found[0], found[1], (lower + 0.0, upper))


def _limits(
    values: FloatArray, confidence: float, simultaneous: bool, known: BoolArray
) -> tuple[FloatArray, FloatArray]:
    low, high = replicates(values, 0.0, 1.0, 0.0, known).bounds(confidence, simultaneous=simultaneous)
    return np.clip(low[0], 0.0, 1.0), np.clip(high[0], 0.0, 1.0)


def _edge(p: FloatArray, variance: FloatArray, width: float) -> FloatArray:
    """The largest gap that a chance allows, by all that holds for learners."""
    finite = np.isfinite(variance)
    known = np.where(finite, variance, 0.0)
    if not np.isfinite(width):
        return np.where(finite, best_gap(p, None, known), np.inf)
    if width == 0:
        return np.zeros(np.shape(p))
    return np.minimum(best_gap(p, width**2, known, width), width)


def _post(least: FloatArray, most: FloatArray, nu: float | None) -> tuple[FloatArray, FloatArray] | None:
    if nu is None:
        return None
    return 0.0 - sub_gaussian_gap(least, nu**2), sub_gaussian_gap(1 - most, nu**2)


# ---------------------------------------------------------------------- the normal law


def standardised_lead(success: FloatArray, leads: FloatArray, squares: FloatArray) -> FloatArray:
    """lead/sd from means over agents and tasks: of success, of Δ, of Δ²."""
    sd = np.sqrt(np.maximum(squares - leads**2, 0.0))
    fine = (sd > 0) & np.isfinite(sd)
    return np.where(fine, leads / np.where(fine, sd, 1.0), np.nan)


def quantile(success: FloatArray | float) -> FloatArray:
    """Φ⁻¹ of success rates; infinite at 0 and 1."""
    from scipy.special import ndtri

    return np.asarray(ndtri(success))


def normal_error(success: FloatArray, leads: FloatArray, squares: FloatArray) -> FloatArray:
    """lead/sd − Φ⁻¹(s)."""
    with np.errstate(invalid="ignore"):
        return standardised_lead(success, leads, squares) - quantile(success)


def jackknifed(
    function: Callable[[FloatArray, FloatArray, FloatArray], FloatArray], moments: Moments, confidence: float,
    *, simultaneous: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:  # fmt: skip
    """A function of means over runs, and its limits by the jackknife: Student's t on pseudo-values.

    Returns
    -------
    value, lower, upper : (T,) arrays
        Limits are NaN where the function is not finite, with all runs or without one of them.
    """
    parts = moments.success, moments.leads, moments.spreads + np.square(moments.leads)
    runs = len(moments.success)
    value = function(*(x.mean(axis=0) for x in parts))
    with np.errstate(invalid="ignore"):
        without = function(*((x.sum(axis=0) - x) / (runs - 1) for x in parts))
        pseudo = runs * value - (runs - 1) * without
        pseudo = pseudo - pseudo.mean(axis=0) + value
    fine = np.isfinite(pseudo).all(axis=0)
    data = replicates(np.where(fine, pseudo, 0.0), -np.inf, np.inf, 0.0)
    low, high = data.bounds(confidence, simultaneous=simultaneous)
    return value, np.where(fine, low[0], np.nan), np.where(fine, high[0], np.nan)

"""The rules by which a variance proxy ν² of Δ = h_A − h_B is certified; the table is in `certificates`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.bounds import affine_maxima
from mdppower.bounds.option_difference import Difference
from mdppower.bounds.simplex_proxies import CELLS, squared_diameter

CHANGES = 4096
"""Most cases (pairs of vectors × coordinates) for which D_i is found."""
NOT_LISTED = "the vectors are not listed: too many"

Outcome = str | tuple[float, str, str]
"""Value, hypotheses and method; or why there is none."""


def _range(delta: Difference) -> Outcome:
    low, high = delta.bounds
    if not (np.isfinite(low) and np.isfinite(high)):
        return f"Δ is not bounded for {delta.rewards.name} rewards"
    exact = delta.pieces is not None and delta.given.is_bounded
    how = "linear programs over the vectors" if exact else "ends of the rewards, inclusion, ways between states"
    return (high - low) ** 2 / 4, f"Δ in [{low:.6g}, {high:.6g}]", how


def _mcdiarmid(delta: Difference) -> Outcome:
    reason = _no_bounded_coordinates(delta)
    if reason:
        return reason
    widths = delta.given.high - delta.given.low
    value = float(((widths * delta.lipschitz) ** 2).sum()) / 4
    return value, "independent, bounded", "ranges of the vectors"


def _mcdiarmid_exact(delta: Difference) -> Outcome:
    reason = _no_bounded_coordinates(delta)
    if reason:
        return reason
    if delta.pieces is None:
        return NOT_LISTED
    A, B = delta.pieces
    cases = len(A) * len(B) * len(A.bounded)
    if cases > CHANGES:
        return f"{cases:,} cases are too many"
    value = float((affine_maxima.largest_changes(A, B) ** 2).sum()) / 4
    return value, "independent, bounded", f"D_i by {len(A.bounded)} linear programs of {len(A) * len(B)} blocks"


def _coordinate(delta: Difference) -> Outcome:
    given = delta.given
    if not given.is_independent or not np.isfinite(given.proxy).all():
        return _no_constant("proxy of Lipschitz functions", given.proxy_reasons)
    value = float((given.proxy * delta.lipschitz**2).sum())
    return value, f"independent; {', '.join(given.proxy_reasons)}", "ranges of the vectors"


def _coordinate_pairs(delta: Difference) -> Outcome:
    outcome = _coordinate(delta)
    if isinstance(outcome, str) or delta.pieces is None:
        return outcome if isinstance(outcome, str) else NOT_LISTED
    value = float((delta.given.proxy * delta.pair_lipschitz**2).sum())
    return value, outcome[1], "L_i of realisable pairs, decided by linear programs"


def _lsi_pairs(delta: Difference) -> Outcome:
    reason = _no_gradient_bound(delta)
    if reason or delta.pieces is None:
        return reason or NOT_LISTED
    value, exact = delta.largest(delta.pair_values())
    how = "greatest value of a realisable pair, decided by linear programs"
    return value, _sobolev_text(delta), how if exact else how + "; a bound, the budget of programs was spent"


def _lsi_all(delta: Difference) -> Outcome:
    reason = _no_gradient_bound(delta)
    if reason or delta.pieces is None:
        return reason or NOT_LISTED
    return float(delta.pair_values().max()), _sobolev_text(delta), "greatest value of all pairs"


def _lsi_secant(delta: Difference) -> Outcome:
    reason = _no_gradient_bound(delta)
    if reason:
        return reason
    given, (low, high) = delta.given, delta.span
    weights = given.log_sobolev * (low + high)
    # max over a and b of ⟨w, a − b⟩ is h_A(w) + h_B(−w): the program falls apart into one for each set.
    directions = given.rewards(np.array([weights, -weights]))
    worths, errors = delta.worths(directions)
    linear = worths[0, 0] + worths[1, 1] + errors[0, 0] + errors[1, 1]
    value = float(linear - (given.log_sobolev * low * high).sum())
    return value, _sobolev_text(delta), "ranges of the vectors, and an optimal value of each set"


def _dimension_free(delta: Difference) -> Outcome:
    reason = _no_gradient_bound(delta)
    if reason:
        return reason
    if not delta.in_simplex:
        return "the vectors are not probability distributions"
    given = delta.given
    if given.matrix is None:
        value, longest = _two_greatest(given.log_sobolev, *delta.supports), float(given.log_sobolev.max(initial=0.0))
    else:
        if len(given.matrix) ** 2 > CELLS:
            return f"{len(given.matrix):,} states are too many for the distances of all pairs"
        value, longest = squared_diameter(given), float((given.matrix**2 @ given.log_sobolev).max())
    if delta.off_simplex:
        value = (np.sqrt(max(value, 0.0)) + 6 * delta.off_simplex * np.sqrt(longest)) ** 2
    return value, f"{_sobolev_text(delta)}; sets in the simplex", "distances of unit vectors"


RULES: dict[str, Callable[[Difference], Outcome]] = {
    "range": _range,
    "mcdiarmid": _mcdiarmid,
    "mcdiarmid_exact": _mcdiarmid_exact,
    "coordinate": _coordinate,
    "coordinate_pairs": _coordinate_pairs,
    "lsi_pairs": _lsi_pairs,
    "lsi_all": _lsi_all,
    "lsi_secant": _lsi_secant,
    "dimension_free": _dimension_free,
}


def _no_bounded_coordinates(delta: Difference) -> str:
    if not delta.given.is_independent or not delta.given.is_bounded:
        return f"{delta.rewards.name} rewards are not made of independent, bounded numbers"
    return ""


def _no_gradient_bound(delta: Difference) -> str:
    given = delta.given
    if not given.is_independent or not np.isfinite(given.log_sobolev).all():
        return _no_constant("logarithmic Sobolev constant", given.log_sobolev_reasons)
    return ""


def _no_constant(what: str, reasons: tuple[str, ...]) -> str:
    return f"no {what} is known for all of: {', '.join(reasons)}"


def _sobolev_text(delta: Difference) -> str:
    reasons = ", ".join(delta.given.log_sobolev_reasons)
    return reasons if delta.given.is_normal else f"independent; {reasons}"


def _two_greatest(c: FloatArray, in_A: BoolArray, in_B: BoolArray) -> float:
    """Max of c_i + c_j over i ≠ j with i in one support and j in the other; 0 if there are none."""
    best = 0.0
    for i in np.flatnonzero(in_A)[np.argsort(-c[in_A], kind="stable")][:2]:
        others = c[in_B & (np.arange(len(c)) != i)]
        best = max(best, float(c[i] + others.max()) if len(others) else 0.0)
    return best

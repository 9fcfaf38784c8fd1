"""How wide a gap may be: one rule, for the solvers that try again and for the door that refuses."""

from __future__ import annotations

from mdppower._horizon import Horizon


def certifiable(gamma: float) -> float:
    """The largest gap in v that is accepted, relative to the range of the rewards.

    What float64 can certify gets worse like 1/(1−γ) where classes of different gain meet; γ = 1 has solvers of its
    own, which do not know this. The rounding of H steps grows like H, and with the successors of a row. A gap of more
    than a hundredth would say nothing.

    Examples
    --------
    >>> certifiable(0.9), certifiable(1 - 2**-30) == 1e-14 * 2**30, certifiable(Horizon(10**6))
    (1e-09, True, 1e-06)
    """
    if isinstance(gamma, Horizon):
        return min(0.01, max(1e-9, 1e-12 * gamma.steps))
    return min(0.01, max(1e-9, 1e-14 / (1 - gamma))) if gamma < 1 else 1e-9

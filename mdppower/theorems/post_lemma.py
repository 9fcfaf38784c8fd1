"""Do the bounds of the post hold on a given comparison? Judged with both errors, that of p and that of the gap.

A bound b(g) on p(A ≥ B) decreases in the gap g. With confidence 1 − α, half of α spent on p and half on g, it is

violated       if the lower limit of p is above b at the lower limit of g: whatever g is, p is too large for it;
holds          if the upper limit of p is at most b at the upper limit of g;
inconclusive   otherwise; and *not applicable* if its constant has no certificate, or the gap is not positive for
               certain: then nothing is said.

Exact comparisons have no errors, and are always decided. A violation of a *certified* bound is a discovery or a bug.
A violation is what comes of a wrong constant or a wrong gap: a sample variance in place of ν², or the POWER gap of
two states in place of their VALUE gap, which is γ times as large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mdppower._checks import open_unit
from mdppower.bounds.certificates import Certified, certify
from mdppower.bounds.inequalities import cantelli, markov_range, sub_gaussian
from mdppower.bounds.learners_refused import refuse_learners
from mdppower.errors import ParameterError
from mdppower.measures.comparison_estimate import Comparison
from mdppower.montecarlo.estimates import Estimate

NAMES = ("sub-Gaussian", "Cantelli", "Markov")


@dataclass(frozen=True)
class BoundCheck:
    """One bound on one comparison.

    Attributes
    ----------
    name : {"sub-Gaussian", "Cantelli", "Markov"}
    verdict : {"holds", "violated", "inconclusive", "not applicable"}
    constant : float or None
        ν², the variance, or the drop.
    bound : tuple of two floats
        The bound at the lower and at the upper limit of the gap.
    p, gap : tuples of two floats
        Limits, together of the confidence asked for.
    reason : str
        Why it is not applicable, or where the constant comes from.
    """

    name: str
    verdict: str
    constant: float | None
    bound: tuple[float, float]
    p: tuple[float, float]
    gap: tuple[float, float]
    reason: str

    def __repr__(self) -> str:
        if self.verdict == "not applicable":
            return f"BoundCheck({self.name}: not applicable, {self.reason})"
        return (
            f"BoundCheck({self.name}: {self.verdict}; p in [{self.p[0]:.4g}, {self.p[1]:.4g}], bound "
            f"{self.bound[0]:.4g} … {self.bound[1]:.4g})"
        )


def check_bound(
    comparison: Comparison,
    *,
    certified: Certified | None = None,
    gap: Estimate | None = None,
    confidence: float = 0.95,
) -> tuple[BoundCheck, BoundCheck, BoundCheck]:
    """Hold a comparison against the post's lemma and its two competitors.

    Parameters
    ----------
    comparison : Comparison
    certified : Certified, optional
        The constants; by default `certify` of the two options.
    gap : Estimate, optional
        Used in place of the comparison's own gap C(B) − C(A): to see what a wrong one does.
    confidence : float
        Of each verdict.

    Returns
    -------
    tuple of BoundCheck
        Sub-Gaussian (the lemma), Cantelli, Markov.

    Raises
    ------
    ParameterError
        It is no comparison of sets; learners are refused by name (`mdppower.bounds.learners_refused`).

    Examples
    --------
    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_10()
    >>> a, b = (mp.Option.state(mdp, s, 0.5, kind="value") for s in ("s3", "s2"))
    >>> check_bound(mp.compare(a, b, method="exact"))[0]
    BoundCheck(sub-Gaussian: holds; p in [0.5833, 0.5833], bound 0.9993 … 0.9993)
    """
    refuse_learners("check_bound", comparison)
    if not isinstance(comparison, Comparison):
        raise ParameterError(f"check_bound takes what mdppower.compare gives, got {comparison!r}")
    half = 1 - (1 - open_unit(confidence, "confidence")) / 2
    constants = certify(comparison.A, comparison.B, comparison.rewards) if certified is None else certified
    low, high = (float(x) for x in comparison.p_at_least.interval(half))
    least, most = (float(x) for x in (comparison.gap if gap is None else gap).interval(half))
    no_proxy = "no ν² is certified: " + "; ".join(dict.fromkeys(constants.missing.values()))
    rules: tuple[tuple[Any, float | None, str], ...] = (
        (sub_gaussian, constants.nu2, "" if constants.best is None else f"ν² by {constants.best.name}"),
        (cantelli, *_variance(constants)),
        (markov_range, constants.drop, "range of Δ" if constants.drop is not None else "Δ has no least value"),
    )
    found = []
    for name, (bound, constant, source) in zip(NAMES, rules, strict=True):
        reason = source or no_proxy
        if constant is None:
            found.append(BoundCheck(name, "not applicable", None, (1.0, 1.0), (low, high), (least, most), reason))
        elif not most > 0:
            reason = "the gap is not positive, and nothing is said"
            found.append(BoundCheck(name, "not applicable", constant, (1.0, 1.0), (low, high), (least, most), reason))
        else:
            at = _at(bound, least, constant), _at(bound, most, constant)
            verdict = "violated" if low > at[0] else "holds" if high <= at[1] else "inconclusive"
            found.append(BoundCheck(name, verdict, constant, at, (low, high), (least, most), reason))
    return found[0], found[1], found[2]


def _variance(constants: Certified) -> tuple[float | None, str]:
    if constants.variance is None:
        return None, "no bound on the variance of Δ is certified"
    return constants.variance.value, f"variance by {constants.variance.name}"


def _at(bound: Any, gap: float, constant: float) -> float:
    """The bound; where the constant is 0, Δ is its mean for certain."""
    if not gap > 0:
        return 1.0
    return float(bound(gap, constant)) if constant > 0 else 0.0

"""The post's theorem, "more Σ-power is more likely optimal", tested on a pair of options.

Claim: if C(B) > C(A) then p(A ≥ B) ≤ 1/2. It is false (figure 10 of Turner et al. is a counterexample at every γ).
What is true, with g = C(B) − C(A) > 0 and Δ = h_A − h_B:

gap        g ≥ sd(Δ) is enough, by Cantelli: p ≤ v/(v + g²) ≤ 1/2.
symmetric  Δ symmetric about its mean is enough: so for one vector on each side and a law that is symmetric about its
           mean (any normal law).
inside     A inside the convex hull of B gives P(A > B) = 0; with ties p(A ≥ B) may still exceed 1/2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mdppower import lp
from mdppower._checks import open_unit
from mdppower._typing import FloatArray
from mdppower.certificates import certify
from mdppower.comparison import Comparison
from mdppower.errors import ParameterError, RewardError, SizeError, SolverError
from mdppower.exact import Boxes, Normals, exact_law, exact_rows

SAME = 1e-9


@dataclass(frozen=True)
class TheoremCheck:
    """What a comparison says about the post's theorem.

    Attributes
    ----------
    verdict : {"holds", "refuted", "undecided", "not applicable"}
        Of the claim on this pair; not applicable unless the gap is positive for certain.
    p, gap : tuples of two floats
        Limits, together of the confidence asked for.
    conditions : dict from str to str
        Of each true sufficient condition: met, not met, or why it could not be checked.
    """

    verdict: str
    p: tuple[float, float]
    gap: tuple[float, float]
    conditions: dict[str, str]

    def __repr__(self) -> str:
        met = [name for name, told in self.conditions.items() if told == "met"]
        return f"TheoremCheck({self.verdict}; conditions met: {', '.join(met) or 'none'})"


def check_main_theorem(comparison: Comparison, *, confidence: float = 0.95) -> TheoremCheck:
    """Test "more power is more likely optimal" on a comparison, and the conditions under which it is true.

    Parameters
    ----------
    comparison : Comparison
    confidence : float

    Returns
    -------
    TheoremCheck

    Raises
    ------
    ParameterError

    Examples
    --------
    Figure 10: s2 has the greater C, and is the less likely optimum.

    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_10()
    >>> a, b = (mp.Option.state(mdp, s, 0.5, kind="value") for s in ("s3", "s2"))
    >>> check_main_theorem(mp.compare(a, b, method="exact"))
    TheoremCheck(refuted; conditions met: none)
    """
    if not isinstance(comparison, Comparison):
        raise ParameterError(f"check_main_theorem takes what mdppower.compare gives, got {comparison!r}")
    half = 1 - (1 - open_unit(confidence, "confidence")) / 2
    low, high = (float(x) for x in comparison.p_at_least.interval(half))
    least, most = (float(x) for x in comparison.gap.interval(half))
    if not least > 0:
        verdict = "not applicable"
    else:
        verdict = "refuted" if low > 0.5 else "holds" if high <= 0.5 else "undecided"
    conditions = {"gap": _gap(comparison, least)}
    try:
        a, b = (np.array(exact_rows(option), dtype=np.float64) for option in (comparison.A, comparison.B))
    except (SizeError, SolverError) as error:
        conditions |= dict.fromkeys(("symmetric", "inside"), f"the sets are too large to list: {error}")
    else:
        conditions |= {"symmetric": _symmetric(comparison, a, b), "inside": _inside(a, b)}
    return TheoremCheck(verdict, (low, high), (least, most), conditions)


def _gap(comparison: Comparison, least: float) -> str:
    variance = certify(comparison.A, comparison.B, comparison.rewards).variance
    if variance is None:
        return "no bound on the variance of Δ is certified"
    return "met" if least > 0 and least**2 >= variance.value else "not met"


def _symmetric(comparison: Comparison, a: FloatArray, b: FloatArray) -> str:
    try:
        law = exact_law(comparison.rewards)
    except RewardError:
        return "the law of the rewards is not known to be symmetric"
    if not isinstance(law, (Boxes, Normals)):
        return "the law of the rewards is not known to be symmetric"
    return "met" if len(a) == len(b) == 1 else "not met"


def _inside(a: FloatArray, b: FloatArray) -> str:
    """Whether each row of A is a mixture of rows of B: a linear program that minimises the l1 distance."""
    size, n = b.shape
    slack = sparse.eye_array(n)
    mixture = sparse.hstack([sparse.csr_array(b.T), slack, -slack])
    total = sparse.hstack([sparse.csr_array(np.ones((1, size))), sparse.csr_array((1, 2 * n))])
    rows = sparse.csr_array(sparse.vstack([mixture, total]))
    cost = np.r_[np.zeros(size), np.ones(2 * n)]
    for row in a:
        if lp.solve(cost, equal=rows, equal_rhs=np.r_[row, 1.0]).objective > SAME:
            return "not met"
    return "met"

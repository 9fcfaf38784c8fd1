"""The post's theorem, "more Σ-power is more likely optimal", tested on a pair of options.

Claim: if C(B) > C(A) then p(A ≥ B) ≤ 1/2. It is false (figure 10 of Turner et al. is a counterexample at every γ).
What is true, with g = C(B) − C(A) > 0 and Δ = h_A − h_B:

gap        g ≥ sd(Δ) is enough, by Cantelli: p ≤ v/(v + g²) ≤ 1/2.
symmetric  Δ symmetric about its mean is enough: so for one vector on each side and a law that is symmetric about its
           mean (any normal law).
inside     A inside the convex hull of B gives P(A > B) = 0; with ties p(A ≥ B) may still exceed 1/2.
copy       B contains φ·A for a permutation φ of the states that leaves the law of the rewards as it is: then
           C(A) ≤ C(B), and P(A > B) = P(h_A(R) > h_B(R)) ≤ P(h_A(R) > h_A(φR)) ≤ 1/2, since R and φR can be
           exchanged (the route of Turner et al.). With ties p(A ≥ B) may still exceed 1/2. Looked for among
           involutions, and the nondominated vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mdppower._checks import open_unit
from mdppower._typing import FloatArray, IntArray
from mdppower.bounds.certificates import certify
from mdppower.bounds.learners_refused import refuse_learners
from mdppower.errors import ParameterError, RewardError, SizeError, SolverError
from mdppower.integrals.reward_laws import Boxes, Normals, exact_law
from mdppower.mdp.rational import Row
from mdppower.measures.comparison_estimate import Comparison
from mdppower.measures.exact_means import exact_rows
from mdppower.rewards.distribution import Independent
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.joint_laws import Fixed
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers import linprog
from mdppower.symmetry.involutions import Budget, Meter, spread
from mdppower.symmetry.list_copies import Coder, find_images

SAME = 1e-9
BUDGET = Budget(nodes=2_000, seconds=5.0)
"""Of the search for a copy."""


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
        It is no comparison of sets; learners are refused by name (`mdppower.bounds.learners_refused`).

    Examples
    --------
    Figure 10: s2 has the greater C, and is the less likely optimum.

    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_10()
    >>> a, b = (mp.Option.state(mdp, s, 0.5, kind="value") for s in ("s3", "s2"))
    >>> check_main_theorem(mp.compare(a, b, method="exact"))
    TheoremCheck(refuted; conditions met: none)
    """
    refuse_learners("check_main_theorem", comparison)
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
        rows = [exact_rows(option) for option in (comparison.A, comparison.B)]
        a, b = (np.array(one, dtype=np.float64) for one in rows)
    except (SizeError, SolverError) as error:
        conditions |= dict.fromkeys(("symmetric", "inside", "copy"), f"the sets are too large to list: {error}")
    else:
        copy = _copy(comparison, *rows)
        conditions |= {"symmetric": _symmetric(comparison, a, b), "inside": _inside(a, b), "copy": copy}
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
        if linprog.solve(cost, equal=rows, equal_rhs=np.r_[row, 1.0]).objective > SAME:
            return "not met"
    return "met"


def _copy(comparison: Comparison, a: list[Row], b: list[Row]) -> str:
    """Whether some involution takes A into B and leaves the law of the rewards as it is."""
    law = comparison.rewards
    if not (law.is_iid or isinstance(law, (Independent, Gaussian, Fixed))):
        return "the law of the rewards is not known to be kept by any permutation"
    coder, meter = Coder(), Meter(BUDGET)
    mine, theirs = ([coder.fractions(row) for row in rows] for rows in (a, b))
    for image in find_images(mine, theirs, meter):
        if _keeps(law, spread(image, comparison.A.states).image):
            return "met"
    return "not found within the budget" if meter.is_spent else "not met"


def _keeps(law: RewardDistribution, image: IntArray) -> bool:
    """Whether φ·R has the law of R."""
    if law.is_iid:
        return True
    if isinstance(law, Independent):
        return bool((law.which[image] == law.which).all())
    same_mean = bool((law.mean[image] == law.mean).all())
    if isinstance(law, Gaussian):
        return same_mean and bool((law.covariance[np.ix_(image, image)] == law.covariance).all())
    return same_mean

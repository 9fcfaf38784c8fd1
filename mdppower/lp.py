"""The one door to `scipy.optimize.linprog`: solve, check, and return the duals.

A status of "optimal" is not believed: the residuals of the constraints are measured here (HiGHS' tolerances are
absolute, and there are reports of wrong "optimal" answers). Scale a problem so that its right-hand side is about
1 before it comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import SolverError

FEASIBILITY = 1e-10
"""The tightest tolerance that HiGHS takes."""


@dataclass(frozen=True, eq=False)
class LPSolution:
    """A checked optimum of min cost·x subject to upper @ x ≤ upper_rhs, equal @ x = equal_rhs, bounds.

    Attributes
    ----------
    x : (n,) array
    objective : float
    upper_duals, equal_duals : arrays
        Sensitivity of the objective to each right-hand side.
    residual : float
        Largest violation of a constraint, relative to its row's size.
    """

    x: FloatArray
    objective: float
    upper_duals: FloatArray
    equal_duals: FloatArray
    residual: float


def solve(
    cost: FloatArray,
    *,
    upper: Any = None,
    upper_rhs: FloatArray | None = None,
    equal: Any = None,
    equal_rhs: FloatArray | None = None,
    bounds: tuple[float | None, float | None] = (0, None),
    tolerance: float = 1e-8,
) -> LPSolution:
    """Minimise cost·x by HiGHS and check the answer.

    Parameters
    ----------
    cost : (n,) array
    upper, equal : sparse arrays, optional
        Rows of the inequality and equality constraints.
    upper_rhs, equal_rhs : arrays, optional
    bounds : (low, high)
        Of every variable; None is no bound.
    tolerance : float
        Largest relative violation accepted.

    Returns
    -------
    LPSolution

    Raises
    ------
    SolverError
        Infeasible, unbounded, stopped early, or a constraint is violated beyond `tolerance`.
    """
    from scipy.optimize import linprog

    result = linprog(
        cost, A_ub=upper, b_ub=upper_rhs, A_eq=equal, b_eq=equal_rhs, bounds=bounds, method="highs",
        options={"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY},
    )  # fmt: skip
    if result.status != 0 or result.x is None or result.fun is None:
        raise SolverError(f"linear program: {result.message.strip()}")
    x = np.asarray(result.x, dtype=np.float64)
    residual = 0.0
    if upper is not None and upper_rhs is not None:
        excess = upper @ x - upper_rhs
        residual = max(residual, float((excess / (1 + abs(upper) @ abs(x))).max(initial=0.0)))
    if equal is not None and equal_rhs is not None:
        miss = abs(equal @ x - equal_rhs)
        residual = max(residual, float((miss / (1 + abs(equal) @ abs(x))).max(initial=0.0)))
    if not residual <= tolerance:
        raise SolverError(f"linear program: called optimal, but a constraint is violated by {residual:.2g}")
    return LPSolution(
        x,
        float(result.fun),
        np.asarray(result.ineqlin.marginals, dtype=np.float64),
        np.asarray(result.eqlin.marginals, dtype=np.float64),
        residual,
    )

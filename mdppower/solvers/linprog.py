"""The one door to `scipy.optimize.linprog`: solve, check, and return the duals.

A status of "optimal" is not believed: the residuals of the constraints are measured here (HiGHS' tolerances are
absolute, and there are reports of wrong "optimal" answers). Scale a problem so that its right-hand side is about
1 before it comes here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import SolverError

ATTEMPTS: tuple[tuple[Any, float, bool], ...] = (
    ("highs", 1e-10, False),
    ("highs-ds", 1e-9, False),
    ("highs", 1e-7, True),
)
"""Method, feasibility tolerance (1e-10 is the tightest) and presolve, tried in turn until an answer passes the check.

Seen with SciPy 1.17 on small programs: with presolve at 1e-10 HiGHS can corrupt the heap and abort Python; without
presolve "highs-ipm" can run for ever. The last attempt is HiGHS as everybody uses it.
"""

TIME_LIMIT = 60.0
"""Seconds that an attempt other than the last may take."""


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

    trouble = ""
    for method, feasibility, presolve in ATTEMPTS:
        result = linprog(
            cost, A_ub=upper, b_ub=upper_rhs, A_eq=equal, b_eq=equal_rhs, bounds=bounds, method=method,
            options={
                "primal_feasibility_tolerance": feasibility, "dual_feasibility_tolerance": feasibility,
                "presolve": presolve, "time_limit": math.inf if presolve else TIME_LIMIT,
            },
        )  # fmt: skip
        # Not even "unbounded" is believed: HiGHS at 1e-10 says it of occupancy programs at γ = .999999.
        if result.status != 0 or result.x is None or result.fun is None:
            trouble = trouble or result.message.strip()
            continue
        x = np.asarray(result.x, dtype=np.float64)
        residual = max(_excess(upper, upper_rhs, x, equality=False), _excess(equal, equal_rhs, x, equality=True))
        if residual <= tolerance:
            return LPSolution(
                x,
                float(result.fun),
                np.asarray(result.ineqlin.marginals, dtype=np.float64),
                np.asarray(result.eqlin.marginals, dtype=np.float64),
                residual,
            )
        trouble = trouble or f"called optimal, but a constraint is violated by {residual:.2g}"
    raise SolverError(f"linear program: {trouble}")


def _excess(rows: Any, right: FloatArray | None, x: FloatArray, *, equality: bool) -> float:
    """Largest violation of rows @ x ≤ right, or = right, relative to the size of the row."""
    if rows is None or right is None:
        return 0.0
    miss = rows @ x - right
    return float(((np.abs(miss) if equality else miss) / (1 + abs(rows) @ np.abs(x))).max(initial=0.0))

"""The door to linprog: a textbook program with its duals, and answers that are not believed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import optimize, sparse

import mdppower as mp
from mdppower.solvers import linprog


def test_textbook_program_with_duals():
    # max 3x + 5y with x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18 (Hillier & Lieberman): x = 2, y = 6, value 36; shadow prices
    # 0, 3/2, 1.
    upper = sparse.csr_array([[1.0, 0], [0, 2], [3, 2]])
    solution = linprog.solve(np.array([-3.0, -5.0]), upper=upper, upper_rhs=np.array([4.0, 12, 18]))
    np.testing.assert_allclose(solution.x, [2, 6], atol=1e-9)
    assert solution.objective == pytest.approx(-36)
    np.testing.assert_allclose(solution.upper_duals, [0, -1.5, -1], atol=1e-9)
    assert solution.residual <= 1e-9


def test_no_solution_raises():
    one = sparse.csr_array([[1.0]])
    with pytest.raises(mp.SolverError, match=r"(?i)infeasible"):
        linprog.solve(np.array([1.0]), upper=one, upper_rhs=np.array([-1.0]))
    with pytest.raises(mp.SolverError, match=r"(?i)unbounded"):
        linprog.solve(np.array([-1.0]), equal=sparse.csr_array([[0.0]]), equal_rhs=np.array([0.0]))


def test_an_answer_called_optimal_is_checked(monkeypatch):
    original = optimize.linprog

    def liar(*args, **kwargs):
        result = original(*args, **kwargs)
        result.x = result.x + 1e-3
        return result

    monkeypatch.setattr(optimize, "linprog", liar)
    with pytest.raises(mp.SolverError, match=r"called optimal, but a constraint is violated by 0\.0003"):
        linprog.solve(np.array([1.0]), equal=sparse.csr_array([[1.0]]), equal_rhs=np.array([2.0]))


def test_unbounded_is_not_believed_at_once(monkeypatch):
    # At γ = .999999 HiGHS called an occupancy program unbounded at 1e-10, and solved it at 1e-9.
    original, methods = optimize.linprog, []

    def confused(*args, **kwargs):
        result = original(*args, **kwargs)
        methods.append(kwargs["method"])
        if len(methods) == 1:
            result.status, result.x, result.message = 3, None, "unbounded"
        return result

    monkeypatch.setattr(optimize, "linprog", confused)
    solution = linprog.solve(np.array([1.0]), equal=sparse.csr_array([[1.0]]), equal_rhs=np.array([2.0]))
    assert solution.x.tolist() == [2.0]
    assert len(methods) == 2


CRASH = """
import mdppower as mp
to = {0: [2, 3], 1: [5, 5], 2: [0, 3], 3: [0, 1], 4: [3, 4], 5: [5]}
mdp = mp.RewardlessMDP.from_successors({s: dict(enumerate(t)) for s, t in to.items()})
rewards = [0.0, -0.2, 0.1, -0.2, -0.3, 0.3]
best = mp.optimal_values(mdp, rewards, 0.999999)
for method in ("lp", "lp-occupancy"):
    other = mp.optimal_values(mdp, rewards, 0.999999, method=method)
    assert abs(best.normalised - other.normalised).max() < 1e-9
"""


@pytest.mark.slow
def test_highs_does_not_abort_python():
    """With presolve at 1e-10, HiGHS of SciPy 1.17 frees memory twice on this one: hence a process of its own."""
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr

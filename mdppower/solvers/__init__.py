"""What is optimal for given rewards: values with a certified error, and actions.

===================== ==================================================================================
optimal_values        the door, where a draw that cannot be certified is refused: `optimal_values`, `solve_rows`
deterministic         Howard's policy iteration on the functional graph
stochastic            policy iteration by corrections, with a shift
gain                  γ = 1: the best long-run average
linear_program        the reference: linear programs by HiGHS
linprog               the one door to `scipy.optimize.linprog`
backup                POWER's integrand, averaged over draws
compiled              how loops are compiled
accepted_gap          how wide a gap may be
optimal_actions       which actions are optimal, for many rewards
optimal_actions_exact which actions are optimal, in fractions
blackwell             which actions are optimal for all γ near 1
structural_ties       ties that hold for all rewards
===================== ==================================================================================

- **γ = 1 is average reward**, not a limit taken by a γ near 1. Deterministic: the same policy iteration, compared
  lexicographically. Stochastic: maximal end components, the gain inside each (the discounted solver's certificate
  holds at γ = 1 as it is), then the best mixture of those that can be reached, its error bounded by the largest
  expected number of steps before it stops.
- **Two-part numbers.** The deterministic solver holds v = g + (1−γ)h with g constant on each component of the
  policy's graph; the stochastic one v = c + (1−γ)h with one constant c that is shifted to the middle of the Bellman
  residual. Actions are compared by h, whose size does not grow as γ → 1 within a component (or where there is one
  class), and the gap comes from the residual in h. Only where components tie, or classes of different gain meet, does
  it grow like rounding/(1−γ).
- **LU without subtraction.** I − γT_π has row sums 1−γ, so its pivots are sums of positive terms (Grassmann, Taksar
  and Heyman), and the constant mode is solved for apart.
- **Four draws at a time** in the deterministic solver: the loops over edges serve all of them, one in each lane.
- **A kernel calls only kernels of its own file**: Numba's cache does not see a change in another one.
"""

"""Optimal values for given rewards, each with a certified error.

===================== ==================================================================================
optimal_values        the door, where a draw that cannot be certified is refused: `optimal_values`, `solve_rows`
given_rewards         rewards as users give them, of states or of pairs, as rows
solution              `Solution`: what comes back
optimal_action_sets   `OptimalActions`: all optimal actions, found by `mdppower.optimal_sets`
deterministic         Howard's policy iteration on the functional graph
stochastic            policy iteration by corrections, with a shift
finite_horizon        H steps and no more: backward induction, all horizons in one pass
gain                  γ = 1: the best long-run average, by end components and their best mixture
double_stopping       when to stop, and where to go until then: the mixture, between a policy and a majorant
double_policies       policies evaluated and compared in sums of two floats, for that
double_chains         what they choose from, in an order of narrow band; clusters made one node each
stopping              the same mixture in floats, where it is too large for that
long_stopping         the same, however long it may take, in as many digits as that needs
long_average          the gain of a component, however slowly it mixes
long_digits           policies compared by exact signs, for both
decimal_elimination   Markov chains solved without subtraction, in decimals
linear_program        the reference: linear programs by HiGHS
linprog               the one door to `scipy.optimize.linprog`
backup                POWER's integrand, draw by draw or averaged over draws
accepted_gap          how wide a gap may be
===================== ==================================================================================

- **γ = 1 is average reward**, not a limit taken by a γ near 1. Deterministic: the same policy iteration, compared
  lexicographically. Stochastic: maximal end components, the gain inside each (the discounted solver's certificate
  holds at γ = 1 as it is), then the best mixture of those that can be reached, between the worth of a policy and a
  superharmonic function that no policy exceeds.
- **Time scales.** How long a policy can last grows exponentially with the size of a map on which noise leads into a
  pit, and 1e-9 / 10^60 is below any float. Almost none of it matters: either it is a bad policy, or it walks about
  where it makes next to no difference where one is. So with 32 digits, and with such places as one node, a 20×20 map
  takes milliseconds a draw, at any slip. What that does not certify is done again in decimals, of as many digits as
  the time scale has, and 25 more. Once a policy is eliminated it serves all draws: that it is optimal for one is seen
  from the signs of products of floats.
- **Two-part numbers.** The deterministic solver holds v = g + (1−γ)h with g constant on each component of the
  policy's graph; the stochastic one v = c + (1−γ)h with one constant c that is shifted to the middle of the Bellman
  residual. Actions are compared by h, whose size does not grow as γ → 1 within a component (or where there is one
  class), and the gap comes from the residual in h. Only where components tie, or classes of different gain meet, does
  it grow like rounding/(1−γ).
- **LU without subtraction.** I − γT_π has row sums 1−γ, so its pivots are sums of positive terms (Grassmann, Taksar
  and Heyman), and the constant mode is solved for apart.
- **Four draws at a time** in the deterministic solver: the loops over edges serve all of them, one in each lane.
- **Rewards of pairs are solved in the same kernels**, which Numba compiles twice: where ``earned`` is None, nothing
  of it is left in the code. They cost up to twice as much as rewards of states (`scripts/bench.md`). A state for
  each pair would need no kernel, and costs 4 times as much in deterministic MDPs, 7 to 70 times in stochastic ones
  (20×20; see `mdppower.mdp.pair_states`).
- **A kernel calls only kernels of its own file**: Numba's cache does not see a change in another one.
"""

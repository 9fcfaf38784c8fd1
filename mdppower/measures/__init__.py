"""The numbers that this package is for, none of them a measure of occupancy: POWER, optimality, p(A ≥ B).

`x.py` computes, `x_estimate.py` is what comes back.

========================== ==================================================================================
power                      `power`
power_run                  what is checked before a run, what is kept of its replicates, when it ends
refine                     estimates in steps
questions                  what a store knows a run by
stored_calls               what a run is about, in a store, and its result from there
certified_rates            several discount rates, of which one cannot be certified
power_task                 one replicate of a run, whose rewards must be numbers
power_estimate             POWER of every state with its error
power_draw                 one draw of a run again
power_caution              whether the intervals of a run can be trusted, in words
guaranteed_power           a run whose draws are added to sums, for intervals that hold for any number of draws
draw_sums                  its kernel: draws added to sums and forgotten
power_pattern              whether draws tell a pattern of POWER from noise
power_seeking              the most POWER-seeking action of each state, and whether the draws can tell
common_draws               several MDPs on the same draws
action_optimality          how often an action is optimal
action_optimality_estimate its probabilities
visit_optimality           how likely some visit distributions, or some ends, are to be optimal
comparison                 which of two options is worth more
comparison_estimate        the two, and the verdict
option_tally               one pass over draws that compares K options
exact_means                exact POWER, C_Σ and comparisons
instant                    comparisons that are exact without being asked
exact_optimality           exact optimality probabilities
exact_work                 what an exact question takes, before it is begun
========================== ==================================================================================

- **Rates share draws and policies.** A run goes through its γ from the least to the greatest; each starts from the
  policies of the one before. `draw(i)` goes the same way, so that it has the same bits.
- **Optimality at the ends of γ is a limit**, decided by the first term of the Laurent or Taylor expansion that
  differs; average optimality is another function with another name. Draws that floats leave open are settled in
  fractions, where the MDP is small, and else counted as open: the interval runs from what is sure to what is
  possible.
- **Ties in comparisons** are differences below the certified error of a draw; a warning says so where that is not
  tiny.
- **`precision=`** looks after each doubling, and pays α/K for each of K possible looks; so do the intervals of what
  it returns.
"""

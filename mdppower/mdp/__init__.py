"""The model ⟨S, A, T⟩, and what follows from its transitions alone: no rewards, no γ.

=============== =======================================================================================
model           `RewardlessMDP`
construction    arrays, mappings and pairs in any order, as sorted pairs
matrices        one S × S matrix an action, as pairs
successor_table what each action leads to, one number each, as pairs
columns         one transition a row: state, action, successor, probability, as pairs
column_labels   columns of labels as codes
canonical       sparse rows, index arrays, labels, layouts: brought into canonical form or refused
validation      what makes these an MDP
argument        is what was given an MDP, and what to write where it is none
graph           reachability, communicating and closed classes, end components
chains          Markov chains: visits from a start, recurrent classes
elimination     linear equations of chains without subtraction, right to each entry's own rounding
actions         of a state: greedy, equivalent, forced
pair_states     MDPs in which what a pair earns is earned in a state
policy_table    policies as (S, A) tables, read and written
rational        fractions for floats; exact chains and their expansions at both ends of γ
layout          where states lie: grids, marks
own_reward      the reward that an environment or a table came with, beside its MDP
=============== =======================================================================================

**Rows that miss 1** by more than rounding but by less than 1e-9 are rescaled, with a warning: left alone they would
make every certificate near γ = 1 a lie. Nothing else is repaired.
"""

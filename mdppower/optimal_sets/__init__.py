"""Which actions are optimal for given rewards: floats where they can tell, exact arithmetic where they cannot.

===================== ==================================================================================
optimal_actions       which actions are optimal, for many rewards: the door
optimal_actions_exact which actions are optimal, in fractions
taylor                which actions are optimal for all γ near 0, in floats
blackwell             which actions are optimal for all γ near 1, in floats
structural_ties       ties that hold for all rewards
deterministic_ties    which actions are optimal in a deterministic MDP, exactly
reward_sequences      what it rests on: reward sequences of a policy, told apart and put in order
head_start            a first policy that sees small leads
polynomial_sign       and the sign of a polynomial, of any size
horizon_ties          which actions are optimal first of H steps, floats and integers
stochastic_ties       what floats leave open in a stochastic MDP
modular_chains        what it rests on: values of a policy modulo a prime
long_values           and the signs of leads too small for floats
fraction_rows         transition rows as fractions
===================== ==================================================================================

- **An action is optimal if some optimal policy takes it**: ties are the rule where rewards have atoms, and rounding
  hides them. So what floats leave open is never guessed: it is decided exactly, or counted as open.
- **The ends of γ are limits of these sets** (Turner et al., Def. 4.1): γ → 0 by Taylor coefficients, γ → 1 by Laurent
  coefficients (Blackwell optimality).
- **Deterministic MDPs leave nothing open**: two walks tie for certain where their reward sequences are the same, and
  near the ends of γ only there; between, a difference of two periodic sequences is a polynomial in γ with integer
  coefficients.
- **Stochastic ones** are settled on the states that a question needs: zeros modulo two primes, signs by refinement.
"""

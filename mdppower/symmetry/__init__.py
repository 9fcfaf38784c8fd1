"""Permutations φ of the states, by which what one state offers contains a copy of what another does.

============= ==========================================================================================
involutions   φ, the budget of a search, and what a search gives back
copy_finder   the door, which takes the cheapest route that decides
embeddings    copies by transitions, without listing any vectors
list_copies   copies among listed vectors
listed_sets   the sets of an MDP, each listed once
copy_checks   copies among lists, and checks of a given φ
automorphisms symmetries of a whole MDP
============= ==========================================================================================

- **Copies without lists.** In a deterministic MDP φ·F_nd(s') ⊆ F(s) if and only if φ takes each transition that
  F_nd(s') uses to a transition: a search over the graph, exact, without F(s). Where F_nd(s') is too large to list,
  all transitions are enough for "found"; policies that are greedy for some V are certainly in F_nd, so that their
  transitions are enough for "none". In stochastic MDPs an embedding is sufficient only; lists decide, where they can
  be had: visits are compared by their first 2S terms t ↦ P(s_t = j), as one number modulo a 127-bit prime each, in
  place of floats at generic γ. So "none" is a proof, and "found" errs with a chance below 10⁻³⁰.
- **Identity is an involution**, and a state that can reach another has its ends (6.12); such reports are ranked last.
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

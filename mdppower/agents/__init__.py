"""Policies that need not be optimal, and what they achieve: suboptimal POWER (Turner et al., Def. C.1).

================ =============================================================================================
rules            functions pol(R, γ): random, lookahead, ε-greedy, softmax, satisficing
tabular          a rule that learns by trial and error: Q-learning
policies         what a user may give as a policy: checked, named, written down
evaluation       the value of a policy for many reward functions
pure_evaluation  the same where neither the policies nor the MDP are random
================ =============================================================================================

**A policy's value is the optimal value of its chain**, an MDP with one action a state: solvers and certificates serve
as they are, at γ = 1 too; mixing actions costs a stated multiple of the gap.
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

"""What reward functions are drawn from.

=================== ===================================================================================
reward_distribution the base class of all
distribution        independent rewards, and `resolve`: what a user may give as rewards
laws                the law of one state's reward, from a string, a number or scipy
scipy_laws          SciPy's new and joint distributions; inverses of a user's own families, tabulated
slow_laws           SciPy's laws that it seeks value by value: a formula, a table, or the reason why not
gaussian            jointly normal rewards
joint_laws          other rewards that are not independent, or not random at all
one_state           one state is drawn: the goal, or the one to avoid
pair_rewards        rewards of state-action pairs
correlated          rewards of two agents, with correlation ρ in each state
covariance_root     the spectrum of a covariance, each state in its own scale
description         distributions as plain data, and back
=================== ===================================================================================

**`uniform(a,b)`** in a reward string is uniform on [a, b]; SciPy's own reading (loc, scale) is a trap.
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

"""Two agents in one world: POWER of each, and what one takes from the other.

==================== =====================================================================================
players              joint actions, and what each agent has in them
collisions           two worlds whose agents move at once, and rules of what becomes of collisions
given_actions        joint actions of an MDP whose actions are pairs
induced              what an agent faces while the other's policy is fixed: loops
facing               the same solved: best responses, and values of policies
fixed_policies       policies that are the same for all rewards, from what a user may give
joint_mdp            `JointMDP`
joint_task           one replicate of a run: draws of both agents' rewards, played
playing              the run: `joint_power`
joint_power_estimate what that gives back
==================== =====================================================================================
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

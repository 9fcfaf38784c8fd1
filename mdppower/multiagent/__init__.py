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
jackknife            correlations over states from replicates, with and without noise, and their error
alignment            where H has much POWER, has A much, too? `alignment_of`
sweep                the run for several ρ and rules, on the same draws: `joint_curve`
joint_curve_estimate what that gives back
rollout              both agents at work, by the policies of a draw: `roll_out`
==================== =====================================================================================

- **One kind of joint actions.** Two worlds, and joint actions from anywhere, become the same sparse rows. They may
  lack probability: when an agent's own MDP is made of them, what is left is rescaled, or what is lost leads to one
  state that is never left and earns nothing. So each agent's MDP has rows that sum to 1, and the solvers of one
  agent, with their certificates, do all.
- **A draw is played alone.** What an agent faces differs from draw to draw: its rows are made in arrays that are used
  again, and mostly lead to one state each, where a policy is evaluated by a walk. Only the first plan, against the
  seed policy, is one MDP for all draws.
- **R_H is the stream of `power`**, and what A's rewards are made of are streams of their own: runs of different ρ,
  and H's baseline and POWER of its own MDP, are paired.
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

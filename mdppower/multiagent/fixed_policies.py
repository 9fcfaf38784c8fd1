"""A policy that does the same whatever the rewards, from what a user may give: of joint states, or of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower.agents.evaluation import probabilities
from mdppower.agents.policies import FixedPolicy, policy_name, resolve_policy
from mdppower.agents.rules import uniformly_random
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.multiagent.players import Player

UNIFORM = "uniform"


def policy_weights(
    choices: RewardlessMDP, player: Player, world: RewardlessMDP | None, policy: Any, name: str
) -> FloatArray:
    """The probability of each pair of an agent.

    Parameters
    ----------
    choices : RewardlessMDP
        What it can do in each joint state.
    player : Player
    world : RewardlessMDP or None
        Its own.
    policy : str, mapping or array
        As `JointMDP.one_agent` takes it.
    name : {"human", "ai"}

    Returns
    -------
    (P,) array

    Raises
    ------
    ParameterError
        It is no policy, or depends on the rewards, or in some joint state has only actions that always collide.
    LabelError
        It names an unknown state or action.
    """
    if isinstance(policy, uniformly_random) or (isinstance(policy, str) and policy == UNIFORM):
        return np.asarray(1.0 / np.diff(choices.pointer)[choices.pair_states])
    if isinstance(policy, str):
        raise ParameterError(f"policy of the {name}: 'uniform', a mapping or an array, got {quoted(policy)}")
    if callable(policy) and not isinstance(policy, FixedPolicy):
        raise ParameterError(
            f"policy {policy_name(policy)} may depend on the rewards; the {name}'s is to be the same for all: "
            "'uniform', a mapping or an array"
        )
    if world is not None and _is_of_world(policy, world, choices):
        return _in_joint_states(choices, player, _weights(world, policy), name)
    return _weights(choices, policy)


def _weights(mdp: RewardlessMDP, policy: Any) -> FloatArray:
    return np.asarray(probabilities(mdp, np.zeros((1, mdp.n_states)), 0.5, resolve_policy(mdp, policy))[0])


def _is_of_world(policy: Any, world: RewardlessMDP, choices: RewardlessMDP) -> bool:
    """Whether it is about states of an own world, not about joint ones."""
    if isinstance(policy, Mapping):
        joint = set(choices.states)
        return not any(key in joint for key in policy) and any(key in set(world.states) for key in policy)
    shape = np.shape(policy.row if isinstance(policy, FixedPolicy) else policy)

    def fits(mdp: RewardlessMDP) -> bool:
        return shape in ((mdp.n_pairs,), (mdp.n_states,), (mdp.n_states, len(mdp.action_names)))

    return fits(world) and not fits(choices)


def _in_joint_states(choices: RewardlessMDP, player: Player, weights: FloatArray, name: str) -> FloatArray:
    """What a policy of the own world does in joint states; what always collides there goes to the rest."""
    assert player.world_pairs is not None
    found = weights[player.world_pairs]
    total = np.add.reduceat(found, choices.pointer[:-1])
    if (total == 0).any():
        s = int((total == 0).argmax())
        raise ParameterError(
            f"policy of the {name}: in joint state {quoted(choices.states[s])} each of its actions collides, "
            "whatever the other does"
        )
    return np.asarray(found / total[choices.pair_states])

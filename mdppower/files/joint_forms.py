"""What is kept of a run of two agents: the world, what it was made of, and its replicates."""

from __future__ import annotations

from typing import Any

from mdppower._schema import LARGEST_COUNT, LARGEST_INDEX, Misfit, anything, one_of, record, whole
from mdppower.errors import MDPPowerError
from mdppower.files.estimate_forms import ENTROPY, FLAG, LARGEST, REPLICATES, require
from mdppower.files.fields import Field, Form, array, many, mdp, number, part, plain, rewards
from mdppower.files.stored_arrays import LARGEST_SIZE
from mdppower.montecarlo.samplers import SAMPLERS, Sampler
from mdppower.multiagent.collisions import OVERLAPS
from mdppower.multiagent.joint_mdp import JointMDP, joint_of_parts
from mdppower.multiagent.joint_power_estimate import JointPower
from mdppower.multiagent.joint_task import BLOCKS, EARNERS, JointTask
from mdppower.rewards.correlated import WAYS, Correlated

JOINT = Form(
    joint_of_parts,
    {"made_of": many(mdp(), 1, 2), "overlap": plain(one_of(*OVERLAPS)), "swap": FLAG},
)


def _world() -> Field:
    """A JointMDP of as many states as there are numbers; nothing is built that is not."""

    def read(told: Any, parts: Any, sizes: Any) -> JointMDP:
        require(sizes["quantity"] % len(BLOCKS) == 0, f"of {len(BLOCKS)} quantities a state", sizes["quantity"], "")
        states = sizes["quantity"] // len(BLOCKS)
        given = record(dict.fromkeys(JOINT.fields, anything))(told)
        try:
            made_of = JOINT.fields["made_of"].read(given["made_of"], parts, {})
        except Misfit as error:
            raise error.inside(".made_of") from None
        counts = [world.n_states for world in made_of]
        most = counts[0] * counts[-1] if len(counts) == 2 else counts[0]
        least = most - min(counts) if len(counts) == 2 else most
        require(least <= states <= most, f"worlds of {states:,} joint states", most, ".made_of")
        try:
            found: JointMDP = JOINT.read(told, parts, {})
        except Misfit:
            raise
        except MDPPowerError as error:
            raise Misfit("two agents in one world", str(error)) from None
        require(found.n_states == states, f"of {states:,} joint states", found.n_states, "")
        sizes |= {"joint_state": states, "ai_pair": found.actions.ai.n_pairs, "human_cell": counts[0]}
        sizes["ai_cell"] = counts[-1]
        return found

    return Field(JOINT.write, read)


def _earner() -> Field:
    """What earns: it says how many rewards there are."""

    def read(told: Any, _: Any, sizes: Any) -> str:
        found: str = one_of(*EARNERS)(told)
        for player in ("human", "ai"):
            sizes[f"{player}_earner"] = sizes["joint_state" if found == "states" else f"{player}_cell"]
        return found

    return Field(lambda value, _: value, read)


def _take(found: JointPower) -> dict[str, Any]:
    task = found.task
    return vars(found) | vars(task) | vars(task.source) | {
        "rho": task.correlated.rho, "way": task.correlated.way, "gamma_h": task.gammas[0], "gamma_a": task.gammas[1]
    }  # fmt: skip


def _make(**told: Any) -> JointPower:
    joint, data = told["joint"], told["data"]
    try:
        correlated = Correlated(told["rewards"], told["rho"], told["way"])
        seed = joint.checked("ai", told["seed"])
    except MDPPowerError as error:
        raise Misfit("rewards and a seed policy of two agents", str(error)) from None
    require(told["on"] == "states" or joint.cells is not None, "states", told["on"], ".on")
    require(max(told["gamma_h"], told["gamma_a"]) < 1, "below 1", 1, ".gamma")
    source = Sampler(told["rewards"], told["kind"], told["size"], told["entropy"])
    task = JointTask(
        joint, (told["gamma_h"], told["gamma_a"]), source, correlated, told["ai_rewards"], told["on"],
        seed, told["rounds"], told["replan"], told["indifferent"], told["ties"],
    )  # fmt: skip
    require(data.means.shape[1] == 1, "of one rate", data.means.shape[1], ".data")
    require(data.count >= 2, "of two replicates or more", data.count, ".data")
    return JointPower(
        data, task, told["error_bound"], told["near_ties"], told["settled"], told["interrupted"]
    )  # fmt: skip


JOINT_POWER = Form(
    _make,
    {
        "data": part(REPLICATES),
        "joint": _world(),
        "on": _earner(),
        "rewards": rewards("human_earner"),
        "ai_rewards": rewards("ai_earner"),
        "rho": number(-1, 1),
        "way": plain(one_of(*WAYS)),
        "gamma_h": number(0, 1),
        "gamma_a": number(0, 1),
        "seed": array("f8", "ai_pair", low=0, high=1),
        "rounds": plain(whole(1, LARGEST_INDEX)),
        "replan": FLAG,
        "indifferent": FLAG,
        "ties": number(0, 1),
        "kind": plain(one_of(*SAMPLERS)),
        "size": plain(whole(1, LARGEST_SIZE)),
        "entropy": ENTROPY,
        "error_bound": number(0, LARGEST),
        "near_ties": plain(whole(0, LARGEST_COUNT)),
        "settled": number(0, 1, nan=True),
        "interrupted": FLAG,
    },
    take=_take,
)

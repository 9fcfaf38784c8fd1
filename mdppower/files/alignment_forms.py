"""What is kept of how two agents' POWER goes together: alignments, sweeps over ρ, walks."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._horizon import Horizon
from mdppower._schema import LARGEST_COUNT, LARGEST_INDEX, text, whole
from mdppower.files.estimate_forms import ENTROPY, FLAG, REPLICATES, require
from mdppower.files.fields import Field, Form, array, float_text, labels, many, part, plain, read_float
from mdppower.files.joint_forms import JOINT_POWER
from mdppower.measures.stored_calls import read_rate, stored_rate
from mdppower.multiagent.alignment import LEAST, Alignment
from mdppower.multiagent.joint_curve_estimate import JointCurve
from mdppower.multiagent.rollout import Rollout


def _entropy() -> Field:
    """Of draws; or None, where it is not known of what draws."""
    return Field(
        lambda value, writer: None if value is None else ENTROPY.write(value, writer),
        lambda told, parts, sizes: None if told is None else ENTROPY.read(told, parts, sizes),
    )


def _rate() -> Field:
    """A discount rate, a horizon, or NaN for what has neither."""
    return Field(
        lambda value, _: stored_rate(value) if isinstance(value, Horizon) else float_text(value),
        lambda told, *_: read_rate(told) if isinstance(told, dict) else read_float(told, 0, 1),
    )


def _check_alignment(found: Any) -> None:
    human, ai, n = found["human"], found["ai"], len(found["labels"])
    require(n >= LEAST, f"{LEAST} states or more", n, ".labels")
    for name, data in (("human", human), ("ai", ai)):
        shape = (human.count, 1, n)
        require(data.means.shape == shape, f"replicates of shape {shape}", data.means.shape, f".{name}")
    require(human.count >= 2, "of two replicates or more", human.count, ".human")


ALIGNMENT = Form(
    lambda gamma_h, gamma_a, **told: Alignment(gammas=(gamma_h, gamma_a), **told),
    {
        "human": part(REPLICATES, alone=True),
        "ai": part(REPLICATES, alone=True),
        "labels": labels("joint_state"),
        "gamma_h": _rate(),
        "gamma_a": _rate(),
        "about": plain(text(1000)),
        "entropy": _entropy(),
        "interrupted": FLAG,
    },
    take=lambda found: vars(found) | {"gamma_h": found.gammas[0], "gamma_a": found.gammas[1]},
    check=_check_alignment,
)


def _check_curve(found: Any) -> None:
    told = [(run.joint.overlap, run.rho) for run in found["runs"]]
    require(len(set(told)) == len(told), "runs of different rules and rho", told, ".runs")
    for name, values in (
        ("rates", {run.gamma for run in found["runs"]}),
        ("draws", {run.task.source.entropy for run in found["runs"]}),
    ):
        require(len(values) == 1, f"runs of the same {name}", sorted(map(str, values)), ".runs")


JOINT_CURVE = Form(JointCurve, {"runs": many(part(JOINT_POWER, alone=True), 1)}, check=_check_curve)


def _check_rollout(found: Any) -> None:
    run, at = found["run"], found["at"]
    actions, steps = run.joint.actions, len(at) - 1
    require(found["draw"] < run.samples, f"below {run.samples}", found["draw"], ".draw")
    most = run.joint.n_states if run.joint.leaks else run.joint.n_states - 1
    require(steps >= 1 and int(at.max()) <= most, f"of positions up to {most}", at.tolist()[:3], ".at")
    require(int(at[:-1].max()) < run.joint.n_states, "of states before the end", at.tolist()[:3], ".at")
    for name, player in (("human_pairs", actions.human), ("ai_pairs", actions.ai)):
        pairs = found[name]
        require(len(pairs) == steps, f"of {steps} steps", len(pairs), f".{name}")
        known = pairs >= 0
        if name == "ai_pairs":
            require(
                bool(((at[1:] == run.joint.n_states) | known).all()), "of actions", pairs.tolist()[:3], f".{name}"
            )
        else:
            require(bool(known.all()), "of actions", pairs.tolist()[:3], f".{name}")
        fits = int(pairs.max()) < player.n_pairs
        require(fits, f"below {player.n_pairs}", int(pairs.max()), f".{name}")
        own = player.pair_states[np.maximum(pairs, 0)]
        require(bool((~known | (own == at[:-1])).all()), "actions of the states", pairs.tolist()[:3], f".{name}")


ROLLOUT = Form(
    Rollout,
    {
        "run": part(JOINT_POWER, alone=True),
        "draw": plain(whole(0, LARGEST_COUNT)),
        "at": array("i4", "position", low=0, high=LARGEST_INDEX),
        "human_pairs": array("i4", "step", low=0, high=LARGEST_INDEX),
        "ai_pairs": array("i4", "step", low=-1, high=LARGEST_INDEX),
    },
    check=_check_rollout,
)

"""What is kept of coin flips: powers of all runs, entropies, what was clipped, and the policies at the end."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from mdppower._checks import LARGEST_REWARD
from mdppower._schema import LARGEST_COUNT, Misfit, flag, nothing_or, one_of, real, record, several, text, whole
from mdppower.errors import MDPPowerError
from mdppower.files.estimate_forms import ENTROPY, FLAG, LARGEST, require
from mdppower.files.fields import Field, Form, agree, array, mdp, number, rewards
from mdppower.learning.coins.arms import GIVEN, PRIORS, CoinArm
from mdppower.learning.coins.curves import CoinFlips
from mdppower.learning.coins.run import Setting

_ARM = record({
    "label": text(1000), "given": one_of(*GIVEN), "prior": one_of(*PRIORS), "low": nothing_or(real(0, 1)),
    "high": nothing_or(real(0)), "on_policy": flag,
})  # fmt: skip

_SETTING = record({
    "share": real(0, 1), "checkpoints": several(whole(0, LARGEST_COUNT), 2), "prompts": whole(1, LARGEST_COUNT),
    "group": whole(2, LARGEST_COUNT), "epochs": whole(1, LARGEST_COUNT), "minibatches": whole(1, LARGEST_COUNT),
    "rate": real(0), "horizon": whole(1, LARGEST_COUNT), "prior_episodes": whole(1, LARGEST_COUNT),
    "samples": whole(1, LARGEST_COUNT),
})  # fmt: skip


def _arms() -> Field:
    def one(told: Any) -> CoinArm:
        try:
            return CoinArm(**_ARM(told))
        except Misfit:
            raise
        except MDPPowerError as error:
            raise Misfit("an arm", str(error)) from None

    def read(told: Any, _: Any, sizes: Any) -> tuple[CoinArm, ...]:
        found = tuple(several(one, 1)(told))
        require(len({arm.label for arm in found}) == len(found), "different arms", [x.label for x in found], "")
        agree(sizes, ("arm",), (len(found),), found)
        return found

    return Field(lambda value, _: [asdict(arm) for arm in value], read)


def _setting() -> Field:
    def read(told: Any, _: Any, sizes: Any) -> Setting:
        given = _SETTING(told)
        steps = tuple(given["checkpoints"])
        fits = steps[0] == 0 and all(a < b for a, b in pairwise(steps))
        require(fits, "numbers that rise from 0", list(steps), ".checkpoints")
        require(0 < given["share"] < 1, "strictly between 0 and 1", given["share"], ".share")
        agree(sizes, ("step",), (len(steps),), steps)
        return Setting(**given | {"checkpoints": steps})

    return Field(lambda value, _: asdict(value) | {"checkpoints": list(value.checkpoints)}, read)


def _check(found: Any) -> None:
    total = float(found["start"].sum())
    require(abs(total - 1) <= 1e-9, "probabilities that sum to 1", total, ".start")
    require(0 < found["gamma"] < 1, "strictly between 0 and 1", found["gamma"], ".gamma")
    require(len(found["powers"]) >= 2, "of two runs or more", len(found["powers"]), ".powers")
    ceiling, floor, worst, error = (found[name] for name in ("ceilings", "floors", "worsts", "errors"))
    apart = ceiling - floor > 8 * error
    require(apart.all(), "below the ceilings", str(floor[~apart][:1]), ".floors")
    room = 2 * error + 1e-12 * np.abs(ceiling)
    wrong = worst > floor + room
    require(not wrong.any(), "below the floors", str(worst[wrong][:1]), ".worsts")
    power, room = found["powers"], room[:, None, None, None]
    wrong = (power > ceiling[:, None, None, None] + room) | (power < worst[:, None, None, None] - room)
    require(not wrong.any(), "between the worst and the ceiling", str(power[wrong][:1]), ".powers")
    for a, arm in enumerate(found["arms"]):
        require(arm.clips or not found["clipped"][:, a].any(), f"0 in arm {arm.label!r}", "others", ".clipped")


_MARKS = {name: array("f8", "run", low=-LARGEST, high=LARGEST) for name in ("floors", "ceilings", "worsts")}

COIN_FLIPS = Form(
    CoinFlips,
    {
        "mdp": mdp("state", "pair"),
        "gamma": number(0, 1),
        "arms": _arms(),
        "rewards": rewards("state"),
        "start": array("f8", "state", low=0, high=1),
        "setting": _setting(),
        "entropy": ENTROPY,
        "powers": array("f8", "run", "arm", "step", 2, low=-LARGEST, high=LARGEST),
        "entropies": array("f8", "run", "arm", "step", low=0, high=100),
        "clipped": array("f8", "run", "arm", "step", low=0, high=1),
        **_MARKS,
        "errors": array("f8", "run", low=0, high=LARGEST),
        "confidences": array("f8", "run", low=0, high=LARGEST_REWARD),
        "weights": array("f8", "run", "arm", "pair", "state", low=-LARGEST_REWARD, high=LARGEST_REWARD),
        "interrupted": FLAG,
    },
    check=_check,
)

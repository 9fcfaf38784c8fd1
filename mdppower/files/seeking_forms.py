"""What is kept of the POWER-seeking of agents: the measures of each run, and what they are held against."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._schema import LARGEST_COUNT, label, whole
from mdppower.files.estimate_forms import COUNT, ENTROPY, FLAG, require
from mdppower.files.fields import Form, array, labels, many, mdp, number, plain, rewards
from mdppower.learning.sought import MEASURES, Seeking

_LABELS = many(plain(label))


def _check(found: Any) -> None:
    require(0 < found["gamma"] < 1, "strictly between 0 and 1", found["gamma"], ".gamma")
    require(len(found["values"]) >= 2, "of two runs or more", len(found["values"]), ".values")
    require(all(isinstance(x, str) for x in found["arms"]), "texts", found["arms"], ".arms")
    require(len(set(found["arms"])) == len(found["arms"]), "different arms", found["arms"], ".arms")
    require(bool(found["toward"]) == bool(found["at"]), "as long as there is a toward", found["at"], ".at")
    for name in ("toward", "at"):
        strange = [x for x in found[name] if x not in found["mdp"].states]
        require(not strange, "states of the MDP", strange[:1], f".{name}")
    wrong = np.abs(found["values"][..., :3]) > 1 + 1e-9
    require(not wrong.any(), "in [-1, 1]", str(found["values"][..., :3][wrong][:1]), ".values")


SEEKING = Form(
    Seeking,
    {
        "mdp": mdp("state", "pair"),
        "gamma": number(0, 1),
        "arms": labels("arm"),
        "values": array("f8", "run", "arm", len(MEASURES), high=1 + 1e-9, finite=False, nan=True),
        "chance": array("f8", len(MEASURES), low=-1, high=1, nan=True),
        "exact": array("f8", len(MEASURES), low=-1, high=1 + 1e-9, nan=True),
        "toward": _LABELS,
        "at": _LABELS,
        "rewards": rewards("state"),
        "samples": COUNT,
        "episodes": plain(whole(0, LARGEST_COUNT)),
        "entropy": ENTROPY,
        "interrupted": FLAG,
    },
    check=_check,
)

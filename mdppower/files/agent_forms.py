"""What is kept of an assessment of agents: what was measured, from which its shares follow."""

from __future__ import annotations

from typing import Any

from mdppower._schema import FARTHEST, LARGEST_INDEX, whole
from mdppower.files.estimate_forms import DRAWS, FLAG, MARKS, REPLICATES, require
from mdppower.files.fields import Form, array, labels, many, optional, part, plain, rates
from mdppower.learning.assessment import Assessment


def _check(found: Any) -> None:
    wanted = (2 + len(found["steps"]) * len(found["episodes"])) * len(found["states"])
    given = found["data"].means.shape[2]
    require(given == wanted, f"of {wanted:,} quantities: floor, ceiling and agents in all states", given, ".data")
    rising = list(found["episodes"]) == sorted(set(found["episodes"])) and found["episodes"]
    require(rising, "one number or more, increasing", list(found["episodes"]), ".episodes")
    require(len(found["gammas"]) == 1 or not found["single_gamma"], "false for several rates", True, ".single_gamma")
    total = float(found["weights"].sum())
    require(abs(total - 1) <= 1e-9, "shares that sum to 1", total, ".weights")
    for name, where in found["marks"].items():
        beyond = [i for i in where if i >= len(found["states"])]
        require(not beyond, f"below {len(found['states']):,}", beyond[:1], f".marks[{name}]")


ASSESSMENT = Form(
    Assessment,
    {
        "states": labels("state"),
        "steps": labels("step"),
        "episodes": many(plain(whole(0, LARGEST_INDEX)), 1),
        "gammas": rates(),
        "single_gamma": FLAG,
        "data": part(REPLICATES),
        "weights": array("f8", "state", low=0, high=1),
        "draws": part(DRAWS, alone=True),
        "layout": optional(array("f8", "state", 2, low=-FARTHEST, high=FARTHEST)),
        "marks": MARKS,
    },
    check=_check,
)

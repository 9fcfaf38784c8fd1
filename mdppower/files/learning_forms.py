"""What is kept of training: agents at checkpoints, and their learning curves."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from mdppower._checks import LARGEST_REWARD
from mdppower._schema import LARGEST_COUNT, Misfit, anything, real, record, several, text, whole
from mdppower.errors import FileError, MDPPowerError
from mdppower.files.estimate_forms import COUNT, ENTROPY, FLAG, LARGEST, require
from mdppower.files.fields import Field, Form, agree, array, mdp, number, rewards
from mdppower.learning.learning_curves import LearningCurves
from mdppower.learning.signals import Signal, is_own_code, noise, read_signal
from mdppower.learning.trained import Training
from mdppower.learning.training_run import Method
from mdppower.rewards.distribution import Independent

RATE = number(0, 1)


def _signals() -> Field:
    """Signals by name; the law of a noise beside it."""

    def write(value: Any, writer: Any) -> list[Any]:
        for x in filter(is_own_code, value):
            raise FileError(f"signal {x.label!r} is your own code, which a file cannot hold")
        return [[x.label, writer.put(x.rewards) if isinstance(x, noise) else None] for x in value]

    def one(told: Any, parts: Any) -> Signal:
        label, law = several(anything, 2, 2)(told)
        if law is None:
            return read_signal(text(1000)(label))
        found = parts.rewards(law, 1)
        require(isinstance(found, Independent), "the law of a noise", found.name, "")
        return noise(found.laws[0])

    def read(told: Any, parts: Any, sizes: Any) -> tuple[Signal, ...]:
        try:
            found = tuple(several(lambda x: one(x, parts), 1)(told))
        except Misfit:
            raise
        except MDPPowerError as error:
            raise Misfit("names of signals", str(error)) from None
        require(len({x.label for x in found}) == len(found), "different signals", [x.label for x in found], "")
        agree(sizes, ("arm",), (len(found),), found)
        return found

    return Field(write, read)


def _checkpoints() -> Field:
    """Numbers of episodes, from 0."""

    def read(told: Any, _: Any, sizes: Any) -> tuple[int, ...]:
        found = tuple(several(whole(0, LARGEST_COUNT), 1)(told))
        fits = found[0] == 0 and all(a < b for a, b in pairwise(found))
        require(fits, "numbers that rise from 0", list(found), "")
        agree(sizes, ("step",), (len(found),), found)
        return found

    return Field(lambda value, _: list(value), read)


def _method() -> Field:
    reader = record({
        "alpha": real(0, 2), "epsilon": real(0, 1), "horizon": whole(1, LARGEST_COUNT), "rate": real(0, 1)
    })  # fmt: skip
    return Field(lambda value, _: asdict(value), lambda told, *_: Method(**reader(told)))


def _tests() -> Field:
    """Laws by name."""

    def write(value: Any, writer: Any) -> list[Any]:
        return [[name, writer.put(law)] for name, law in value.items()]

    def one(told: Any, parts: Any, sizes: Any) -> tuple[str, Any]:
        name, law = several(anything, 2, 2)(told)
        return text(1000)(name), rewards("state").read(law, parts, sizes)

    def read(told: Any, parts: Any, sizes: Any) -> dict[str, Any]:
        given = several(lambda x: one(x, parts, sizes), 1)(told)
        require(len(dict(given)) == len(given), "different names", [name for name, _ in given], "")
        agree(sizes, ("test",), (len(given),), given)
        return dict(given)

    return Field(write, read)


def _check_start(found: Any) -> None:
    total = float(found["start"].sum())
    require(abs(total - 1) <= 1e-9, "probabilities that sum to 1", total, ".start")
    require(0 < found["gamma"] < 1, "strictly between 0 and 1", found["gamma"], ".gamma")


def _check_training(found: Any) -> None:
    _check_start(found)
    require(found["weights"].shape[1] >= 2, "of two runs or more", found["weights"].shape[1], ".weights")


TRAINING = Form(
    Training,
    {
        "mdp": mdp("state", "pair"),
        "gamma": RATE,
        "signals": _signals(),
        "rewards": rewards("state"),
        "checkpoints": _checkpoints(),
        "weights": array("f8", "arm", "run", "step", "pair", "state", low=-LARGEST_REWARD, high=LARGEST_REWARD),
        "bias": array("f8", "arm", "run", "step", "pair", low=-LARGEST_REWARD, high=LARGEST_REWARD),
        "start": array("f8", "state", low=0, high=1),
        "method": _method(),
        "entropy": ENTROPY,
        "interrupted": FLAG,
    },
    check=_check_training,
)


def _check_curves(found: Any) -> None:
    _check_start(found)
    require(len(found["powers"]) >= 2, "of two runs or more", len(found["powers"]), ".powers")
    power, error = found["powers"], found["errors"]
    room = 2 * error + 1e-12 * np.abs(found["ceilings"])
    for name, low, high in (("floors", "worsts", "floors"), ("floors", "floors", "ceilings")):
        wrong = found[low] > found[high] + room
        require(not wrong.any(), "between the worst and the ceiling", str(found[name][wrong][:1]), f".{name}")
    room = room[:, None, None]
    wrong = (power > found["ceilings"][:, None, None] + room) | (power < found["worsts"][:, None, None] - room)
    require(not wrong.any(), "between the worst and the ceiling", str(power[wrong][:1]), ".powers")


_MARKS = {name: array("f8", "run", "test", low=-LARGEST, high=LARGEST) for name in ("floors", "ceilings", "worsts")}

CURVES = Form(
    LearningCurves,
    {
        "mdp": mdp("state", "pair"),
        "gamma": RATE,
        "signals": _signals(),
        "rewards": rewards("state"),
        "checkpoints": _checkpoints(),
        "tests": _tests(),
        "samples": COUNT,
        "start": array("f8", "state", low=0, high=1),
        "entropy": ENTROPY,
        "powers": array("f8", "run", "arm", "step", "test", low=-LARGEST, high=LARGEST),
        **_MARKS,
        "errors": array("f8", "run", "test", low=0, high=LARGEST),
        "interrupted": FLAG,
    },
    check=_check_curves,
)

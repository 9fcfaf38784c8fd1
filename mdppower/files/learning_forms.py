"""What is kept of training: agents at checkpoints, and their learning curves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from mdppower._checks import LARGEST_REWARD
from mdppower._schema import LARGEST_COUNT, Misfit, anything, one_of, real, record, several, text, whole
from mdppower.errors import FileError, MDPPowerError
from mdppower.files.estimate_forms import COUNT, ENTROPY, FLAG, LARGEST, require
from mdppower.files.fields import Field, Form, agree, array, labels, mdp, number, optional, part, plain, rewards
from mdppower.learning.encounters import UNITS, Encounters
from mdppower.learning.learning_curves import LearningCurves
from mdppower.learning.rivals import Rivals
from mdppower.learning.signals import Signal, is_own_code, noise, read_signal
from mdppower.learning.trained import Training
from mdppower.learning.training_run import TARGETS, Method
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
    return _rising(from_0=True)


def _rising(*, from_0: bool = False) -> Field:
    """Numbers of episodes."""

    def read(told: Any, _: Any, sizes: Any) -> tuple[int, ...]:
        found = tuple(several(whole(0, LARGEST_COUNT), 1)(told))
        fits = all(a < b for a, b in pairwise(found)) and not (from_0 and found[0])
        require(fits, "numbers that rise" + " from 0" * from_0, list(found), "")
        agree(sizes, ("step",), (len(found),), found)
        return found

    return Field(lambda value, _: list(value), read)


def _method() -> Field:
    reader = record({
        "alpha": real(0, 2), "epsilon": real(0, 1), "horizon": whole(1, LARGEST_COUNT), "rate": real(0, 1)
    }, {"target": (one_of(*TARGETS), "max")})  # fmt: skip
    return Field(lambda value, _: value.told(), lambda told, *_: Method(**reader(told)))


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


def _check_tasks(better: Any, ties: Any, leads: Any, samples: int, error: Any) -> None:
    """Counts are of so many tasks, and a mean has the sign of the numbers of which it is one."""
    wrong = better + ties > samples * (1 + 1e-9)
    require(not wrong.any(), f"with ties at most {samples:,}", str((better + ties)[wrong][:1]), ".better")
    wrong = (better == 0) & (leads > error)
    require(not wrong.any(), "at most 0 where no task was won", str(leads[wrong][:1]), ".leads")
    wrong = (better + ties == samples) & (leads < -error)
    require(not wrong.any(), "at least 0 where no task was lost", str(leads[wrong][:1]), ".leads")


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
    if (met := found["encounters"]) is not None:
        error = met.errors[:, None, None, :, :, None] + room[..., None, None]
        leads = np.broadcast_to(met.leads[..., None], met.better.shape)
        _check_tasks(met.better, met.ties, leads, found["samples"], np.broadcast_to(error, leads.shape))


_MARKS = {name: array("f8", "run", "test", low=-LARGEST, high=LARGEST) for name in ("floors", "ceilings", "worsts")}

_MET = ("run", "arm", "step", "test", "reference")
_TASKS = array("f8", *_MET, len(UNITS), low=0, high=LARGEST)


def _check_encounters(found: Any) -> None:
    names = found["references"]
    require(all(isinstance(x, str) for x in names), "texts", list(names), ".references")
    require(len(set(names)) == len(names), "different names", list(names), ".references")


ENCOUNTERS = Form(
    Encounters,
    {
        "references": labels("reference"),
        "better": _TASKS,
        "ties": _TASKS,
        "leads": array("f8", *_MET, low=-LARGEST, high=LARGEST),
        "spreads": _TASKS,
        "errors": array("f8", "run", "test", "reference", low=0, high=LARGEST),
        "same": array("?", "arm", "step", "reference"),
    },
    check=_check_encounters,
)

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
        "encounters": optional(part(ENCOUNTERS)),
    },
    check=_check_curves,
)


def _signal() -> Field:
    """One signal."""
    several_of = _signals()
    return Field(
        lambda value, writer: several_of.write((value,), writer)[0],
        lambda told, parts, sizes: several_of.read([told], parts, sizes)[0],
    )


def _check_rivals(found: Any) -> None:
    require(0 < found["gamma"] < 1, "strictly between 0 and 1", found["gamma"], ".gamma")
    require(len(found["leads"]) >= 2, "of two runs or more", len(found["leads"]), ".leads")
    error = np.broadcast_to(found["errors"][:, None] + 1e-12, found["leads"].shape)
    _check_tasks(found["better"], found["ties"], found["leads"], found["samples"], error)


_EACH = array("f8", "run", "step", low=0, high=LARGEST)

RIVALS = Form(
    Rivals,
    {
        "mdp": mdp("state", "pair"),
        "gamma": RATE,
        "signal": _signal(),
        "reference": plain(text(1000)),
        "test": plain(text(1000)),
        "rewards": rewards("state"),
        "unit": plain(one_of(*UNITS)),
        "checkpoints": _rising(),
        "samples": COUNT,
        "entropy": ENTROPY,
        "better": _EACH,
        "ties": _EACH,
        "leads": array("f8", "run", "step", low=-LARGEST, high=LARGEST),
        "spreads": _EACH,
        "errors": array("f8", "run", low=0, high=LARGEST),
        "same": array("?", "step"),
        "interrupted": FLAG,
    },
    check=_check_rivals,
)

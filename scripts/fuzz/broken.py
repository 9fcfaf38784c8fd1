"""Negative control: entries that are broken on purpose, each in another way; and two that are not."""

from __future__ import annotations

import os
import random
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import mdppower as mp
from scripts.fuzz.judge import Case


def missing() -> Any:
    """A raw KeyError."""
    return {}["x"]


def warned() -> Any:
    """A warning that is not ours."""
    return float(np.float64(1e308) * 10)


def deprecated() -> Any:
    """Another one."""
    warnings.warn("this will go", DeprecationWarning, stacklevel=1)


def several_lines() -> Any:
    """An error of ours, on two lines."""
    error = mp.ModelError("")
    error.args = ("one\ntwo",)
    raise error


def nothing_said() -> Any:
    """An error of ours, without words."""
    raise mp.ModelError("")


def unnamed() -> Any:
    """An error of ours, that only repeats what somebody else's said."""
    try:
        return {}["x"]
    except KeyError as error:
        raise mp.FileError(f"not so: {error!r}") from error


def impossible() -> Any:
    """A POWER beyond the rewards."""
    estimate = mp.power(mp.envs.fork(20), 0.9, samples=64, rng=0)
    estimate.data.means[:] += 1
    return estimate


def large() -> Any:
    """900 MB."""
    return np.ones(900 * 2**17).size


def endless_memory() -> Any:
    """More addresses than there may be."""
    return np.ones(2**36).size


def endless() -> Any:
    """A loop without end."""
    while True:
        time.sleep(0.01)


def dead() -> Any:
    """The end of the process."""
    os.abort()


def right() -> Any:
    """Nothing is wrong here."""
    return mp.envs.fork(2)


def refused() -> Any:
    """Nor here."""
    return mp.envs.fork(0)


IN_PROCESS = [missing, warned, deprecated, several_lines, nothing_said, impossible, endless, unnamed]
APART = [dead, large, endless_memory, right]


def make(rng: random.Random, folder: Path) -> Case:
    """One of those that want a process of their own."""
    entry = rng.choice(APART)
    return Case(entry.__name__, entry)

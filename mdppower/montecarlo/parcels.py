"""A task travels once a worker: it is sent as parts that workers keep, by their SHA-256.

The parts are the MDPs of a task, its large arrays, and what is left of it. A `Letter` names them all, and has those
that are small with it; large ones only if it is told to. A worker that lacks one answers `Missing`, whereupon it is
sent the letter again, with all of them. Nothing but the `concurrent.futures` interface is needed, and another task
about the same MDP (the next stage of a run, the next claim) finds it there.

What is unpickled was in a letter, and has the digest that the letter says.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import platform
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.answers import Answer, Process, this_process

SMALL = 2**14
"""Bytes: what is no larger travels with every task."""
MOST_KEPT = 2**30
"""Most bytes of parts that a worker keeps for later, as they travelled."""

_BRING_CLOUDPICKLE = ("distributed", "loky")
"""Packages whose executors have workers that can read what cloudpickle writes."""


@dataclass(frozen=True)
class Letter:
    """A task, by name.

    Attributes
    ----------
    names : tuple of str
        The SHA-256 of each part; the last is the task, and each may refer to those before it.
    parts : dict from str to bytes
        Those that travel with it.
    versions : dict from str to str
        Of the driver's packages, which must be the worker's.
    """

    names: tuple[str, ...]
    parts: dict[str, bytes]
    versions: dict[str, str]

    def __call__(self, numbers: range) -> Answer | Missing:
        """What the task answers, or that this process lacks a part of it."""
        if self.versions != _versions():
            pairs = ((name, other, _versions()[name]) for name, other in self.versions.items())
            name, there, here = next(pair for pair in pairs if pair[1] != pair[2])
            raise ParameterError(
                f"a worker on {this_process()[0]} has {name} {here}, the driver {there}: bits may differ"
            )
        found = _kept.task(self)
        if found is None:
            return Missing(numbers, this_process())
        task, fresh = found
        answer: Answer = task(numbers)
        return replace(answer, fresh=fresh)

    @property
    def large(self) -> set[str]:
        """The names of those that `short` leaves out."""
        return {name for name, data in self.parts.items() if len(data) > SMALL}

    def short(self) -> Letter:
        """The letter without its large parts."""
        return replace(self, parts={name: data for name, data in self.parts.items() if len(data) <= SMALL})


@dataclass(frozen=True)
class Missing:
    """The answer of a worker that lacks a part."""

    asked: range
    worker: Process


def written(task: Any, executor: Executor) -> Letter | None:
    """The task as a letter with all its parts; None where pickle cannot write it so that any process could read it.

    Then the executor's own pickler may. (Functions of a script are such: they are named by ``__main__``, which in a
    worker may be something else.)
    """
    try:
        letter = _letter(task, pickle.Pickler)
        if not any(b"__main__" in data for data in letter.parts.values()):
            return letter
    except Exception:  # whatever the __reduce__ of a user's class raises
        pass
    if type(executor).__module__.partition(".")[0] in _BRING_CLOUDPICKLE:
        import cloudpickle

        return _letter(task, cloudpickle.Pickler)
    return None


def _letter(task: Any, pickler: type[pickle.Pickler]) -> Letter:
    parts: dict[str, bytes] = {}
    written_as: dict[int, tuple[Any, str]] = {}  # with the things, whose numbers would be given to others else

    def write(thing: Any) -> str:
        file = io.BytesIO()

        class Writer(pickler):  # type: ignore[misc, valid-type]
            def persistent_id(self, part: Any) -> str | None:
                if part is thing or isinstance(thing, RewardlessMDP) or not _is_part(part):
                    return None
                if id(part) not in written_as:
                    written_as[id(part)] = part, write(part)
                return written_as[id(part)][1]

        Writer(file, protocol=5).dump(thing)
        data = file.getvalue()
        name = hashlib.sha256(data).hexdigest()
        parts[name] = data
        return name

    last = write(task)
    return Letter((*(name for name in parts if name != last), last), parts, _versions())


def _is_part(thing: Any) -> bool:
    if isinstance(thing, RewardlessMDP):
        return True
    return type(thing) is np.ndarray and thing.nbytes > SMALL and not thing.dtype.hasobject


@cache
def _versions() -> dict[str, str]:
    """What the bits of a replicate depend on."""
    return {"machine": platform.machine()} | {name: version(name) for name in ("mdppower", "numpy", "scipy", "numba")}


class Kept:
    """The parts that this process has, the least recently used first."""

    def __init__(self, most: int) -> None:
        self.most, self.lock = most, threading.Lock()
        self.things: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    def task(self, letter: Letter) -> tuple[Any, bool] | None:
        """The task and whether it is new here; None where a part is lacking."""
        fresh = False
        with self.lock:
            for name in letter.names:
                if name not in self.things:
                    if name not in letter.parts:
                        return None
                    self.things[name] = self._read(name, letter.parts[name]), len(letter.parts[name])
                    fresh = True
                self.things.move_to_end(name)
            self._forget(letter.names)
            return self.things[letter.names[-1]][0], fresh

    def _read(self, name: str, data: bytes) -> Any:
        if hashlib.sha256(data).hexdigest() != name:
            raise ValueError("a part of the task was changed on its way")
        return _Reader(io.BytesIO(data), self.things).load()

    def _forget(self, needed: Iterable[str]) -> None:
        total = sum(size for _, size in self.things.values())
        for name in list(self.things):
            if total <= self.most:
                return
            if name not in needed:
                total -= self.things.pop(name)[1]

    def forked(self) -> None:
        """In a child: another thread of the parent may have had the lock, and it is not there."""
        self.lock = threading.Lock()


class _Reader(pickle.Unpickler):
    """Reads a part that refers to others."""

    def __init__(self, file: io.BytesIO, things: Mapping[str, tuple[Any, int]]) -> None:
        super().__init__(file)
        self.things = things

    def persistent_load(self, name: Any) -> Any:
        """The part of that name."""
        return self.things[name][0]


_kept = Kept(MOST_KEPT)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_kept.forked)

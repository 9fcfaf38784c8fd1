"""NetCDF files with a valid seal: header and arrays something else, or bytes of HDF5 itself; and with none."""

from __future__ import annotations

import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import mdppower as mp
from mdppower.cli.power import info
from mdppower.display.terminal import show_map, terminal_map
from mdppower.results.table_text import render
from scripts.fuzz.hostile import changed, changed_array, file_of, parts_of, sealed
from scripts.fuzz.judge import Case, shown

SEAL = b"\nmdppower schema"


@cache
def saved() -> list[bytes]:
    """Files of estimates of every kind, and of MDPs."""
    fork, slippery = mp.envs.make("fork(2)"), mp.envs.gridworld(".a..\n.#..\n..~*", slip=0.2)
    gaussian = mp.Gaussian([0, 1, 2], np.eye(3))
    found: list[Any] = [
        mp.power(slippery, [0.1, 0.9], samples=64, rng=0),
        mp.power(fork, 0.9, method="exact"),
        mp.power(fork, 0.5, guarantee=True, samples=64, rng=1),
        mp.power(slippery, 0.5, policy=mp.agents.satisficing(0.5), samples=64, rng=1),
        mp.power(fork, [0.5, 1], mp.Mixture([gaussian, "uniform"], [0.5, 0.5]), samples=64, rng=1),
        mp.power(fork, 0.9, {"root": 3, "default": "poisson(2)"}, samples=64, rng=2),
        slippery,
        fork,
    ]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "saved.nc")
        files = []
        for one in found:
            one.save(path)
            files.append(path.read_bytes())
    return files


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    number = rng.randrange(len(saved()))
    data, told = saved()[number], f"file {number}"
    if rng.random() < 0.85:
        header, arrays = parts_of(data)
        for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
            if rng.random() < 0.6:
                header = changed(header, rng)
            else:
                name = rng.choice(sorted(arrays))
                if not callable(arrays[name]):
                    arrays[name] = changed_array(arrays[name], rng)
        try:
            data = file_of(header, arrays)
        except ValueError:  # half a surrogate, or a null byte, which a file cannot hold
            data = b""
        odd = {name: values for name, values in arrays.items() if callable(values) or values.size < 20}
        told += shown(": ", header, odd)
    else:
        payload = bytearray(data.rpartition(SEAL)[0])
        for _ in range(rng.choice([1, 1, 2, 4])):
            at, value = rng.randrange(len(payload)), rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
            payload[at] = value
            told += f", byte {at}: {value}"
        if rng.random() < 0.1:
            size = rng.randrange(len(payload))
            del payload[size:]
            told += f", cut at {size}"
        data = sealed(bytes(payload)) if rng.random() < 0.9 else bytes(payload) + SEAL
    path = folder / "x.nc"

    def read() -> Any:
        path.write_bytes(data)
        return used(mp.load(path))

    return Case(told[:4000], read)


def used(found: mp.PowerEstimate | mp.RewardlessMDP) -> Any:
    """What `mdppower info`, `show`, `map` and `power` read of a file."""
    assert info.name == "info"
    if isinstance(found, mp.RewardlessMDP):
        assert show_map(found)
        return found
    assert terminal_map(found)
    assert render(found.table(), "json")
    assert found.mdp.fingerprint
    assert found.history is not None
    found.data.bounds(0.95, simultaneous=True)
    return found

"""NetCDF files with a valid seal: header and arrays something else, or bytes of HDF5 itself; and with none."""

from __future__ import annotations

import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import mdppower as mp
from mdppower.cli.power import info
from mdppower.display.terminal import show_map, terminal_map
from mdppower.files.results import save_result
from mdppower.results.table_text import render
from mdppower.sensitivity import bisimulation_quotient, difference, duplicate_state, sensitivity
from mdppower.theorems import proposition_5_4, verify
from scripts.fuzz.hostile import changed, changed_array, file_of, parts_of, sealed
from scripts.fuzz.judge import Case, shown

SEAL = b"\nmdppower schema"


@cache
def results() -> list[Any]:
    """A result of each kind, and of each way to make it that files know apart."""
    fork, room = mp.envs.make("fork(2)"), mp.envs.make("open(2,2)")
    sure = mp.power(room, [0.1, 0.9], samples=64, rng=0, guarantee=True)
    drawn = mp.power(room, [0.1, 0.9], mp.Gaussian(np.zeros(4), np.eye(4)), samples=64, rng=0)
    exact = mp.power(fork, 0.9, method="exact")
    a, b = (mp.Option.state(fork, state, 0.9, kind="power") for state in ("t1", "root"))
    rows, one = mp.Option.vectors([[1, 0], [0, 1]]), mp.Option.vectors([[0.5, 0.5]])
    polytope, visits = mp.OccupancyPolytope(fork, {"root": 0.5, "t1": 0.5}, 0.9), mp.visits(room, (0, 0), 0.5)
    copies = [duplicate_state(fork, "t1"), bisimulation_quotient(fork)]
    return [
        drawn.of((0, 0)), drawn.actions((0, 0)), -drawn, sure.difference((0, 0), (0, 1)), exact.of("root"),
        mp.complexity(rows, "gaussian-width", samples=64, rng=0),
        mp.action_optimality(room, [0, 0.5], samples=64, rng=0), mp.action_optimality(fork, 0.5, method="exact"),
        mp.action_optimality(fork, 0.5, "norm(0,1)", method="exact"), mp.compare(a | a, b, samples=64, rng=0),
        mp.compare(a, b, method="exact"), mp.compare(rows, one, "norm(0,1)", samples=64, rng=0),
        mp.compare_all([a, b], samples=64, rng=0), difference(fork, mp.envs.fork(3), 0.9, samples=64, rng=0),
        difference(fork, mp.envs.fork(3), 0.9, method="exact"),
        sensitivity(fork, 0.9, transforms=copies, samples=64, rng=0),
        mp.optimal_values(fork, [[0.0, 1, 3], [1, 0, 0]], 0.5), polytope.support([0.0, 1, 3]), polytope.unit_mass,
        visits, visits.nondominated(), mp.visits(fork, "root", 0.5, given={"root": "->t2"}), visits.recurrent(),
        mp.certify(a, b), mp.certify(rows, one, "expon"), proposition_5_4(fork),
        verify(fork, [0.5], claims=["prop-5.4", "prop-6.6"], rng=0, samples=64, votes=16),
    ]  # fmt: skip


@cache
def saved() -> list[bytes]:
    """Files of estimates of every kind, of MDPs, and then of other results."""
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
        for one in results():
            save_result(one, path)
            files.append(path.read_bytes())
    return files


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    number = rng.randrange(len(saved()))
    data, told = saved()[number], f"file {number}"
    if rng.random() < 0.85:
        header, arrays = parts_of(data)
        kept = sorted(name for name in arrays if name.startswith("kept_")) or sorted(arrays)
        for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
            if rng.random() < 0.6 or not kept:
                header = changed(header, rng)
            else:
                name = rng.choice(kept)
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


def used(found: Any) -> Any:
    """What `mdppower info`, `show`, `map`, `plot` and `power` read of a file."""
    assert info.name == "info"
    if isinstance(found, mp.RewardlessMDP):
        assert show_map(found)
        return found
    if not isinstance(found, mp.PowerEstimate):
        assert str(found)
        for name in ("table", "to_xarray", "interval"):
            if hasattr(found, name) and not isinstance(found, xr.Dataset):
                getattr(found, name)()
        return found
    assert terminal_map(found)
    assert render(found.table(), "json")
    assert found.mdp.fingerprint
    assert found.history is not None
    found.data.bounds(0.95, simultaneous=True)
    return found

"""Files: estimates and MDPs as NetCDF, small MDPs as TOML (`mdppower.files.mdp_toml`).

A file is plain NetCDF 4 (HDF5), so that any tool reads it, with one line after its end that HDF5 ignores:

    mdppower schema 1 sha256 <hex digits of all bytes before this line and of the schema>

The line is checked before HDF5 sees a byte: a file that was cut or changed is refused, and never handed to a C
library that may crash on it. Nothing in a file is code; no pickle. A file is written beside its final name and then
moved there, so that a full disk or Ctrl-C leaves no half of one.

An estimate's file holds the replicate means (all else follows from them; with a guarantee, the running sums), the
MDP itself, the reward distribution, the policy of suboptimal POWER, the entropy, and the versions it was made with:
`load` gives back the same bits.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from mdppower._text import cut
from mdppower.agents.policies import describe_policy, policy_from_description
from mdppower.errors import FileError, MDPPowerError, ParameterError
from mdppower.mdp.canonical import as_label
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import PowerTask
from mdppower.montecarlo.estimates import Replicates
from mdppower.montecarlo.guaranteed import Guaranteed
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.description import describe, from_description

if TYPE_CHECKING:
    import xarray as xr

SCHEMA = 1
MOST_NAMES = 100_000
"""Labels are also written as a coordinate of strings, for other programs, up to this many states."""

_SUMS = ("average", "spread", "weight", "weighted", "penalty", "curvature")
_CAPITALS = ("rise", "fall")

_SEAL = re.compile(rb"\nmdppower schema (\d+) sha256 ([0-9a-f]{64})\n\Z")
_LONGEST_SEAL = 200
_SIGNATURE = b"\x89HDF\r\n\x1a\n"

PathLike = str | os.PathLike[str]


def load(path: PathLike) -> PowerEstimate | RewardlessMDP:
    """What a file holds: an estimate or an MDP.

    Parameters
    ----------
    path : str or path
        A ``.nc`` file that `PowerEstimate.save` or `RewardlessMDP.save` wrote, or a ``.toml`` file of an MDP.

    Returns
    -------
    PowerEstimate or RewardlessMDP
        With the same bits as what was saved.

    Raises
    ------
    FileError
        The file cannot be read, is not one of ours, was cut or changed, or is of a newer schema.
    ModelError
        A TOML file does not describe an MDP.

    Examples
    --------
    >>> import tempfile, pathlib, mdppower as mp
    >>> estimate = mp.power(mp.envs.make("fork(3)"), 0.9, samples=64, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     estimate.save(pathlib.Path(folder, "fork.nc"))
    ...     again = mp.load(pathlib.Path(folder, "fork.nc"))
    >>> (again.mean == estimate.mean).all() and (again.draw(5).rewards == estimate.draw(5).rewards).all()
    np.True_
    """
    if _suffix(path) == ".toml":
        from mdppower.files.mdp_toml import read_toml

        return read_toml(path)
    _check_seal(path)
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="h5netcdf", decode_cf=False) as opened:
            data = opened.load()
        header = json.loads(str(data["header"].item()))
        return _estimate(data, header) if header["kind"] == "estimate" else _mdp(data, header["mdp"])
    except MDPPowerError as error:
        raise FileError(f"{os.fspath(path)}: {error}") from error
    except (OSError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FileError(f"{os.fspath(path)}: not what schema {SCHEMA} asks for: {error!r}") from error


def save_estimate(estimate: PowerEstimate, path: PathLike) -> None:
    """Write an estimate, its MDP and its history to a NetCDF file; see `PowerEstimate.save`."""
    if _suffix(path) != ".nc":
        raise ParameterError(f"an estimate is saved as .nc; got {os.fspath(path)!r}")
    task, kept = estimate.task, estimate.data
    data = estimate.to_xarray()
    if estimate.mdp.n_states > MOST_NAMES:
        data = data.drop_vars("state")
    elif not estimate.mdp.has_default_labels:
        # For other programs, which know neither tuples nor all that a Python string can hold.
        data = data.assign_coords(state=[cut(str(label), 1000) for label in estimate.mdp.states])
    data = data.assign(
        low=("state", kept.low),
        high=("state", kept.high),
        constant=("state", kept.constant.astype(np.int8)),
        slack=("gamma", kept.slack),
    )
    if isinstance(kept, Guaranteed):
        for name in _SUMS:
            data[f"sum_{name}"] = (("gamma", "state"), getattr(kept, name))
        for name in _CAPITALS:
            data[f"sum_{name}"] = (("gamma", "state", "mean"), getattr(kept, name))
    else:
        data["replicate_means"] = (("replicate", "gamma", "state"), kept.means)
    header = {
        "kind": "estimate",
        "mdp": _put_mdp(data, estimate.mdp),
        "rewards": describe(task.distribution),
        "single_gamma": task.single,
        "entropy": task.source.entropy,
        "sampler": task.source.kind,
        "replicate_size": task.source.size,
        "method": task.method,
        "policy": None if task.policy is None else describe_policy(task.policy),
        "looks": task.looks,
        "has_variance": kept.has_variance,
        "interrupted": estimate.interrupted,
        "caution": estimate.caution,
        "history": estimate.history,
    }
    if isinstance(kept, Guaranteed):
        header |= {"guarantee": True, "draws": kept.draws, "count": kept.count}
    else:
        header["trials"] = kept.trials
    if estimate.fractions is not None:
        header["exact"] = [[str(x) for x in row] for row in estimate.fractions.tolist()]
    _write(data, header, path)


def save_mdp(mdp: RewardlessMDP, path: PathLike) -> None:
    """Write an MDP to a NetCDF or TOML file; see `RewardlessMDP.save`."""
    import xarray as xr

    suffix = _suffix(path)
    if suffix == ".toml":
        from mdppower.files.mdp_toml import to_toml

        _write_atomically(path, lambda name: Path(name).write_text(to_toml(mdp), encoding="utf-8", newline="\n"))
    elif suffix == ".nc":
        data = xr.Dataset()
        _write(data, {"kind": "mdp", "mdp": _put_mdp(data, mdp)}, path)
    else:
        raise ParameterError(f"an MDP is saved as .nc or .toml; got {os.fspath(path)!r}")


# ---------------------------------------------------------------------- MDPs


def _put_mdp(data: xr.Dataset, mdp: RewardlessMDP) -> dict[str, Any]:
    """Add the arrays of an MDP to the Dataset; return the rest, which JSON can hold."""
    kernel = mdp.kernel
    data["mdp_pair_state"] = ("pair", np.array(mdp.pair_states))
    data["mdp_pair_action"] = ("pair", np.array(mdp.action_codes))
    data["mdp_row_pointer"] = ("pair_end", np.array(kernel.indptr))
    data["mdp_successor"] = ("transition", np.array(kernel.indices))
    data["mdp_probability"] = ("transition", np.array(kernel.data))
    if mdp.layout is not None:
        data["mdp_layout"] = (("state", "axis"), np.array(mdp.layout))
    table = mdp.label_table
    if table is not None:
        data["mdp_labels"] = (("state", "part"), np.array(table))
    return {
        "states": mdp.n_states,
        "labels": None if table is not None or mdp.has_default_labels else mdp.states,
        "actions": mdp.action_names,
        "marks": {name: list(where) for name, where in mdp.marks.items()},
        "origin": dict(mdp.origin),
        "fingerprint": mdp.fingerprint,
    }


def _mdp(data: xr.Dataset, header: dict[str, Any]) -> RewardlessMDP:
    parts = tuple(data[f"mdp_{name}"].values for name in ("probability", "successor", "row_pointer"))
    kernel = sparse.csr_array(parts, shape=(len(parts[2]) - 1, header["states"]))
    if "mdp_labels" in data:
        labels: Any = data["mdp_labels"].values
    else:
        labels = None if header["labels"] is None else [as_label(x) for x in header["labels"]]
    return RewardlessMDP.from_pairs(
        data["mdp_pair_state"].values,
        kernel,
        states=labels,
        actions=[as_label(x) for x in header["actions"]],
        action_codes=data["mdp_pair_action"].values,
        layout=data["mdp_layout"].values if "mdp_layout" in data else None,
        marks=header["marks"],
        origin=header["origin"],
    )


# ---------------------------------------------------------------------- estimates


def _estimate(data: xr.Dataset, header: dict[str, Any]) -> PowerEstimate:
    mdp = _mdp(data, header["mdp"])
    rewards = from_description(header["rewards"])
    source = Sampler(rewards, header["sampler"], header["replicate_size"], header["entropy"])
    gammas = tuple(data["gamma"].values.tolist())
    # Files of before there were policies say nothing of one.
    policy = None if header.get("policy") is None else policy_from_description(header["policy"])
    single, method = header["single_gamma"], header["method"]
    guarantee = header.get("guarantee", False)
    task = PowerTask(mdp, gammas, single, source, method, header["looks"], rewards, policy, guarantee)
    common = {
        "low": data["low"].values, "high": data["high"].values, "constant": data["constant"].values.astype(bool),
        "slack": data["slack"].values,
    }  # fmt: skip
    kept: Replicates | Guaranteed
    if guarantee:
        sums = {name: np.ascontiguousarray(data[f"sum_{name}"].values) for name in (*_SUMS, *_CAPITALS)}
        kept = Guaranteed(draws=header["draws"], count=header["count"], **sums, **common)
    else:
        kept = Replicates(
            means=np.ascontiguousarray(data["replicate_means"].values),
            trials=header["trials"],
            looks=header["looks"],
            has_variance=header["has_variance"],
            **common,
        )
    exact = [[Fraction(x) for x in row] for row in header["exact"]] if "exact" in header else None
    fractions = None if exact is None else np.array(exact, dtype=object).reshape(len(gammas), mdp.n_states)
    about = header["interrupted"], header["history"], fractions, header.get("caution", "")
    return PowerEstimate(kept, task, data["gap"].values, *about)


# ---------------------------------------------------------------------- bytes


def _write(data: xr.Dataset, header: dict[str, Any], path: PathLike) -> None:
    data["header"] = ((), json.dumps(header))
    data.attrs |= {"format": "mdppower", "schema": SCHEMA}

    def write(name: str) -> None:
        data.to_netcdf(name, engine="h5netcdf")
        digest = _digest(name, os.path.getsize(name), b"%d" % SCHEMA)
        with open(name, "ab") as file:
            file.write(b"\nmdppower schema %d sha256 %s\n" % (SCHEMA, digest))

    _write_atomically(path, write)


def _write_atomically(path: PathLike, write: Callable[[str], object]) -> None:
    """Call `write` with a name in the same folder, and move what it wrote to `path`."""
    try:
        target = os.path.realpath(path)
        name = os.path.join(os.path.dirname(target), f".mdppower-{secrets.token_hex(8)}{Path(target).suffix}")
        # Not by tempfile, whose files are private: this one gets the rights that any new file of the user has.
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            write(name)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path, or text that is no Unicode
        told = getattr(error, "strerror", None) or error
        raise FileError(f"cannot write {os.fspath(path)!r}: {told}") from None


def _check_seal(path: PathLike) -> None:
    """Raise FileError unless the file is whole, ours, and of a schema that we know."""
    name = os.fspath(path)
    try:
        size = os.path.getsize(name)
        with open(name, "rb") as file:
            head = file.read(len(_SIGNATURE))
            file.seek(max(0, size - _LONGEST_SEAL))
            seal = _SEAL.search(file.read())
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise FileError(f"cannot read {name!r}: {getattr(error, 'strerror', None) or error}") from None
    if seal is None:
        what = "was cut, or written by another program" if head == _SIGNATURE else "is not a file of mdppower"
        raise FileError(f"{name} {what}")
    if seal[2] != _digest(name, size - len(seal[0]), seal[1]):
        raise FileError(f"{name} was changed or damaged since it was written: its checksum does not match")
    if int(seal[1]) > SCHEMA:
        raise FileError(
            f"{name} was written by a newer mdppower (schema {int(seal[1])}; this one reads up to {SCHEMA})"
        )


def _digest(name: str, size: int, schema: bytes) -> bytes:
    """SHA-256 of the first `size` bytes of a file and of the schema's number, in hex."""
    digest = hashlib.sha256(schema)
    with open(name, "rb") as file:
        while size > 0:
            block = file.read(min(size, 2**20))
            if not block:
                break
            digest.update(block)
            size -= len(block)
    return digest.hexdigest().encode()


def _suffix(path: PathLike) -> str:
    try:
        return Path(path).suffix.lower()
    except TypeError:
        raise ParameterError(f"a path is needed, got {path!r}") from None

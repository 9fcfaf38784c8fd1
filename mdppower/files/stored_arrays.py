"""The arrays of a NetCDF file, and what each must be: declared type, shape and size are checked before it is read.

HDF5 writes an array that nobody filled as a size and nothing else: a kilobyte can declare a petabyte. Our arrays
lie in the file as they are, in one piece and without compression, so that none is larger than the file. The sizes
that they share have names, and all must agree; the numbers in them have bounds, which may be sizes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import h5py
import numpy as np

from mdppower._checks import LARGEST_REWARD, LONGEST
from mdppower._schema import FARTHEST, Misfit, checked
from mdppower._typing import AnyArray
from mdppower.errors import FileError
from mdppower.montecarlo.guaranteed import GRID

LARGEST_SIZE = 2**16
"""Draws of a replicate."""
INF = np.inf
INT64 = 2.0**63


class Stored(NamedTuple):
    """What an array must be: the names of its sizes, the kind of its numbers, and their bounds."""

    sizes: tuple[str, ...]
    kind: str
    low: float = -INF
    high: float | str = INF
    """A bound, or the name of a size below which they lie."""
    finite: bool = True
    rising: bool = False


MDP = {
    "mdp_row_pointer": Stored(("pair_end",), "i", 0, rising=True),
    "mdp_successor": Stored(("transition",), "i", 0, "state"),
    "mdp_probability": Stored(("transition",), "f", 0, 1 + 1e-9),
    "mdp_pair_state": Stored(("pair",), "i", 0, "state", rising=True),
    "mdp_pair_action": Stored(("pair",), "i", 0, "action"),
}
REWARDS = {
    "mdp_pair_reward": Stored(("pair",), "f"),
    "mdp_transition_reward": Stored(("transition",), "f"),
}
"""At most one of these: the reward that an environment came with."""
LAYOUT = {"mdp_layout": Stored(("state", "axis"), "f", -FARTHEST, FARTHEST)}
LABELS = {"mdp_labels": Stored(("state", "part"), "i", -INT64, INT64)}

RATES = {"gamma": Stored(("gamma",), "f", 0, 1)}
HORIZONS = {"horizon": Stored(("gamma",), "i", 1, LONGEST)}
"""In the place of γ; what lies along them has the sizes of γ here."""
ESTIMATE = {
    "error_bound": Stored(("gamma",), "f", 0, finite=False),
    "slack": Stored(("gamma",), "f", 0, finite=False),
    "low": Stored(("state",), "f", finite=False),
    "high": Stored(("state",), "f", finite=False),
    "constant": Stored(("state",), "i", 0, 1),
}
MEANS = {"replicate_means": Stored(("replicate", "gamma", "state"), "f", -LARGEST_REWARD, LARGEST_REWARD)}
OLD_NAMES = {"error_bound": "gap"}
"""In files of schema 1."""
SUMS = {
    f"sum_{name}": Stored(("gamma", "state"), "f", 0, LARGEST_REWARD)
    for name in ("spread", "weight", "penalty", "curvature")
} | {
    **{f"sum_{name}": Stored(("gamma", "state"), "f", -LARGEST_REWARD, LARGEST_REWARD)
       for name in ("average", "weighted")},
    **{f"sum_{name}": Stored(("gamma", "state", "mean"), "f", -LARGEST_REWARD, LARGEST_REWARD)
       for name in ("rise", "fall")},
}  # fmt: skip

_FIXED = {"axis": (2,), "mean": (0, GRID)}
"""Sizes that are known beforehand."""
_NUMBERS = (h5py.h5t.TypeIntegerID, h5py.h5t.TypeFloatID)
"""What numbers are to HDF5: names of numbers, which h5py shows as integers, are none."""
_KEPT = ("i1", "i2", "i4", "i8", "f8")
_IN_ONE_PIECE = (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)


def header_text(file: h5py.File) -> str:
    """The header, a text."""
    stored = _dataset(file, "header")
    if stored.shape != () or h5py.check_string_dtype(stored.dtype) is None:
        raise Misfit("a single text", f"{stored.dtype} of shape {stored.shape}", "header")
    value = stored[()]
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else str(value)


def read_arrays(
    file: h5py.File, wanted: Mapping[str, Stored], sizes: dict[str, int], old_names: Mapping[str, str] | None = None
) -> dict[str, AnyArray]:
    """Arrays of a file, each as it must be.

    Parameters
    ----------
    file : h5py.File
    wanted : mapping from name to Stored
    sizes : dict from str to int
        Those that are known; those that are found are added.
    old_names : mapping from name to name, optional
        What arrays were called once: under that name they are read where they have no other.

    Returns
    -------
    dict from name to array
        In the byte order of this machine, contiguous.

    Raises
    ------
    FileError
        An array is not there, or is not what it must be.
    """
    found = {}
    for name, stored in wanted.items():
        old = (old_names or {}).get(name, name)
        dataset = _dataset(file, old if name not in file and old in file else name)
        try:
            shape = _shape(dataset, stored, sizes)
            kind = dataset.dtype.newbyteorder("=")
            high = sizes[stored.high] - 1 if isinstance(stored.high, str) else stored.high
            if kind.kind != stored.kind or not isinstance(dataset.id.get_type(), _NUMBERS):
                raise Misfit({"i": "integers", "f": "float64 numbers"}[stored.kind], f"{kind}")
            values = np.ascontiguousarray(dataset[()].astype(kind, copy=False)).reshape(shape)
            found[name] = checked(
                values, shape, stored.kind, stored.low, high, finite=stored.finite, rising=stored.rising
            )
        except Misfit as error:
            raise error.inside(name) from None
    return found


def read_any(file: h5py.File, prefix: str, many: int) -> list[AnyArray]:
    """The arrays ``prefix + "1"`` … of a file, whatever their shapes: each stored whole, of integers or float64.

    Raises
    ------
    FileError
        One is not there, or is nothing of that kind.
    """
    found, room = [], os.path.getsize(file.filename)
    for name in (f"{prefix}{k}" for k in range(1, many + 1)):
        dataset = _dataset(file, name)
        kind = dataset.dtype.newbyteorder("=")
        if dataset.shape is None or kind.str[1:] not in _KEPT or not isinstance(dataset.id.get_type(), _NUMBERS):
            raise Misfit("integers or float64 numbers", f"{kind} of shape {dataset.shape}", name)
        room -= dataset.nbytes  # one array can have several names
        if room < 0:
            raise Misfit("no larger, with those before it, than the file", f"shape {dataset.shape}", name)
        found.append(np.ascontiguousarray(dataset[()].astype(kind, copy=False)).reshape(dataset.shape))
    return found


def _shape(dataset: Any, stored: Stored, sizes: dict[str, int]) -> tuple[int, ...]:
    """The shape of an array, if all its sizes are what they must be."""
    if dataset.shape is None or len(dataset.shape) != len(stored.sizes):
        raise Misfit(f"of {len(stored.sizes)} dimensions", f"shape {dataset.shape}")
    for name, size in zip(stored.sizes, dataset.shape, strict=True):
        if name in _FIXED and size not in _FIXED[name]:
            raise Misfit(f"of size {' or '.join(map(str, _FIXED[name]))} along {name!r}", f"shape {dataset.shape}")
        if sizes.setdefault(name, size) != size:
            raise Misfit(f"of size {sizes[name]:,} along {name!r}", f"shape {dataset.shape}")
    return tuple(dataset.shape)


def _dataset(file: h5py.File, name: str) -> Any:
    """An array that lies in the file itself, whole."""
    try:
        # Not by get(), which follows links: to other files, too.
        if name not in file or not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise FileError(f"there is no array {name!r}")
        dataset = file[name]
    except (KeyError, OSError, RuntimeError) as error:
        raise FileError(f"{name} is not what HDF5 can read: {error.args[0] if error.args else error}") from None
    if not isinstance(dataset, h5py.Dataset):
        raise Misfit("an array", type(dataset).__name__, name)
    made = dataset.id.get_create_plist()
    if (
        made.get_external_count()
        or made.get_nfilters()
        or (dataset.size and made.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT))
    ):
        raise Misfit("stored in one piece, uncompressed", "another storage", name)
    declared = dataset.dtype.itemsize * int(np.prod(dataset.shape or (), dtype=object))
    room = os.path.getsize(file.filename)
    if declared > room or declared > dataset.id.get_storage_size():
        raise Misfit(f"no larger than the file, of {room:,} bytes", f"{declared:,} bytes", name)
    return dataset

"""Model files of other tools: said to be what they are, and not read as bad maps."""

from __future__ import annotations

import os
import re

from mdppower.errors import FileError

FOREIGN = {
    ".tra": "a transition file of PRISM or Storm",
    ".lab": "a label file of PRISM or Storm",
    ".sta": "a state file of PRISM",
    ".prism": "a PRISM program",
    ".nm": "a PRISM program",
    ".pm": "a PRISM program",
    ".jani": "a JANI model",
    ".drn": "a DRN file of Storm",
    ".mdp": "an MDP file of Cassandra's format",
    ".pomdp": "a POMDP file of Cassandra's format",
    ".pomdpx": "a PomdpX file",
    ".gv": "a Graphviz graph",
    ".dot": "a Graphviz graph",
    ".graphml": "a GraphML graph",
    ".gml": "a GML graph",
    ".gexf": "a GEXF graph",
    ".npy": "an array of NumPy",
    ".npz": "arrays of NumPy",
    ".mat": "arrays of MATLAB",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".json": "JSON",
    ".csv": "a table",
    ".yaml": "YAML",
    ".yml": "YAML",
    ".h5": "an HDF5 file",
    ".py": "a Python program",
}

GRAPHS = (".gv", ".dot", ".graphml", ".gml", ".gexf")

_BEGINNINGS = {
    rb"\s*(//[^\n]*\n|/\*.*?\*/|\s)*@type\s*:": ".drn",
    rb"\s*(#[^\n]*\n|\s)*(discount|values)\s*:": ".mdp",
    rb"\s*(strict\s+)?(di)?graph\b[^\n]*\{": ".gv",
    rb"mdp\s*\n\s*\d+\s+\d+\s+\d+\s+": ".tra",
    rb"\x93NUMPY": ".npy",
}
"""How files begin whose names may not tell."""
_HEAD = 2048


def refuse_foreign(path: str | os.PathLike[str]) -> None:
    """Raise FileError if the file is one of another tool, by its suffix or by how it begins.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    FileError
        It is; the message names the tool's format, and what to do with it.

    Examples
    --------
    >>> refuse_foreign("die.tra")
    Traceback (most recent call last):
    mdppower.errors.FileError: 'die.tra' is a transition file of PRISM or Storm: use mp.RewardlessMDP.from_pairs
    """
    name = os.fspath(path)
    suffix = os.path.splitext(name)[1].lower()
    try:
        with open(name, "rb") as file:
            head = file.read(_HEAD)
    except (OSError, ValueError):
        head = b""  # who reads it says what is wrong
    refuse_foreign_bytes(head, repr(name))
    if suffix in FOREIGN and suffix != ".mdp":  # a map may well be called room.mdp
        raise _refusal(repr(name), suffix)


def refuse_foreign_bytes(data: bytes, name: str) -> None:
    """Raise FileError if these bytes, called by this name, begin as a file of another tool does."""
    for pattern, kind in _BEGINNINGS.items():
        if re.match(pattern, data[:_HEAD], re.DOTALL):
            raise _refusal(name, kind)


def _refusal(name: str, kind: str) -> FileError:
    maker = "from_graph" if kind in GRAPHS else "from_pairs"
    return FileError(f"{name} is {FOREIGN[kind]}: use mp.RewardlessMDP.{maker}")

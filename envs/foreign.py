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
    # A map may well be called room.mdp.
    kind = _by_beginning(name) or (suffix if suffix in FOREIGN and suffix != ".mdp" else None)
    if kind is not None:
        maker = "from_graph" if kind in GRAPHS else "from_pairs"
        raise FileError(f"{name!r} is {FOREIGN[kind]}: use mp.RewardlessMDP.{maker}")


def _by_beginning(name: str) -> str | None:
    try:
        with open(name, "rb") as file:
            head = file.read(2048)
    except (OSError, ValueError):
        return None  # who reads it says what is wrong
    return next((kind for pattern, kind in _BEGINNINGS.items() if re.match(pattern, head, re.DOTALL)), None)

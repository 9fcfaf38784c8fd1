"""What a file is: one that this room reads, one of another tool, or, for all that can be told, none of these.

The content decides where it is unmistakable, else the suffix. Only the first bytes are looked at, and nothing of them
is run.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from mdppower.errors import FileError

HEAD = 4096
"""Bytes that are looked at."""
READABLE = {
    "dot": (".gv", ".dot"),
    "npz": (".npz",),
    "prism": (".tra",),
    "drn": (".drn",),
}
"""What is read here, and the suffixes of each."""


class Foreign(NamedTuple):
    """A format of another tool: what it is, and what is to be done with it."""

    told: str
    remedy: str = "use mp.RewardlessMDP.from_pairs or from_successors"

    def refusal(self, name: str) -> FileError:
        """The error about a file of that name."""
        return FileError(f"{name} is {self.told}: {self.remedy}")


_EXPORT = (
    "export it explicitly first, as prism MODEL -exportmodel MODEL.tra,sta,lab,srew or storm --exportbuild MODEL.drn"
)
_UNPACK = "unpack it first"
_GRAPH = "read it with networkx, and use mp.RewardlessMDP.from_graph"
_BESIDE = "give the .tra file, beside which it is found"
_NEVER = "to open it could run anything in it; use mp.RewardlessMDP.from_arrays or .save() where it was made"

PRISM_LANGUAGE = Foreign("a PRISM model in the guarded language", _EXPORT)
JANI = Foreign("a JANI model", "export it explicitly first, as storm --jani MODEL.jani --exportbuild MODEL.drn")
MDP_OF_CASSANDRA = Foreign("an MDP file of Cassandra's format")
POMDP_OF_CASSANDRA = Foreign(
    "a POMDP file of Cassandra's format", "an agent here sees the state; use mp.RewardlessMDP.from_pairs for its MDP"
)
POMDPX = Foreign("a PomdpX file", POMDP_OF_CASSANDRA.remedy)
PICKLE = Foreign("a pickle", _NEVER)
NPY = Foreign("an array of NumPy", "np.savez('table.npz', transitions=…) makes a file that is read")
HDF5 = Foreign("an HDF5 file of another program")
XML = Foreign("XML")
HTML = Foreign("a page of HTML", "was the file itself saved, and not the page about it?")
GZIP = Foreign("gzip", _UNPACK)
ZIP = Foreign("a zip archive that holds no array of NumPy", _UNPACK)
TAR = Foreign("a tar archive, as UMB is one", "unpack it, or export the model as DRN")
MATLAB = Foreign(
    "a transition file as MATLAB code", "export it without :matlab, as prism MODEL -exporttrans MODEL.tra"
)
_TABLE = Foreign("a table", "read it with pandas, and use mp.RewardlessMDP.from_columns")
GRAPHML, GML, GEXF = (Foreign(f"a {name} graph", _GRAPH) for name in ("GraphML", "GML", "GEXF"))

SUFFIXES = {
    **dict.fromkeys((".prism", ".nm", ".pm", ".sm", ".pctl", ".csl", ".props"), PRISM_LANGUAGE),
    ".pctl": Foreign("a file of PRISM's properties", "it holds no model"),
    ".props": Foreign("a file of PRISM's properties", "it holds no model"),
    ".sta": Foreign("a state file of PRISM", _BESIDE),
    ".lab": Foreign("a label file of PRISM or Storm", _BESIDE),
    **dict.fromkeys((".srew", ".trew", ".rew", ".rews", ".rewt"), Foreign("a reward file of PRISM", _BESIDE)),
    ".obs": Foreign("an observation file of PRISM", "an agent here sees the state; export the MDP"),
    ".pexp": Foreign("several files of PRISM in one", "export them as MODEL.tra, MODEL.sta, …"),
    ".umb": TAR,
    ".jani": JANI,
    ".pomdp": POMDP_OF_CASSANDRA,
    ".pomdpx": POMDPX,
    ".graphml": GRAPHML,
    ".gml": GML,
    ".gexf": GEXF,
    ".npy": NPY,
    ".mat": Foreign("arrays of MATLAB", "read it with scipy.io.loadmat, and use mp.RewardlessMDP.from_matrices"),
    **dict.fromkeys((".pkl", ".pickle", ".dill", ".joblib", ".pt", ".pth"), PICKLE),
    ".json": Foreign("JSON"),
    ".csv": _TABLE,
    ".parquet": _TABLE,
    **dict.fromkeys((".yaml", ".yml"), Foreign("YAML")),
    **dict.fromkeys((".h5", ".hdf5"), HDF5),
    ".py": Foreign("a Python program", "module:Name takes what it makes, as in mdppower show mymodule:make_mdp"),
    ".gz": GZIP,
    ".bz2": Foreign("bzip2", _UNPACK),
    ".xz": Foreign("xz", _UNPACK),
    ".zst": Foreign("Zstandard", _UNPACK),
    ".zip": ZIP,
    ".pddl": Foreign("PDDL"),
    ".rddl": Foreign("RDDL"),
    ".xml": XML,
    ".sqlite": Foreign("an SQLite database", "mdppower runs FILE lists what is in a store"),
}
"""What files are whose content does not tell. (A map may well be called room.mdp or room.txt.)"""

_COMMENTS = rb"(?:\s++|//[^\n\r]*+|/\*.*?\*/)*+"
_HASH_COMMENTS = rb"(?:\s++|#[^\n\r]*+)*+"
_XML = rb"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--.*?-->\s*+)?"
_MODEL_TYPES = (
    rb"(?:mdp|dtmc|ctmc|pomdp|pta|popta|imdp|idtmc|lts|smg|csg|tsg|ma|nondeterministic|probabilistic|stochastic)"
)
_CONTENTS: tuple[tuple[bytes, str | Foreign], ...] = (
    (rb"PK\x03\x04|PK\x05\x06", "npz"),
    (_COMMENTS + rb"@(?:type|value_type|parameters|reward_models|nr_states|nr_choices)\b", "drn"),
    (rb"(?:\s++|//[^\n\r]*+|#[^\n\r]*+|/\*.*?\*/)*+(?i:(?:strict\s+)?(?:di)?graph)\b[^{\n\r;\[]*\s*\{", "dot"),
    (rb"# Transitions\b", "prism"),
    (rb"(?:mdp|dtmc)[ \t]*[\n\r]+\s*\d+\s+\d+[ \t]+", "prism"),
    (rb"\d+ \d+(?: \d+)?[ \t]*[\n\r]+\d+ \d+(?: \d+)? (?:0?\.\d+|1|1\.0*|\d+/\d+)(?:[eE]-\d+)?(?: \S+)?[ \t]*[\n\r]",
     "prism"),
    (rb"S\d* ?= ?sparse\(", MATLAB),
    (rb"\x1f\x8b", GZIP),
    (rb"BZh[1-9]", SUFFIXES[".bz2"]),
    (rb"\xfd7zXZ\x00", SUFFIXES[".xz"]),
    (rb"\x28\xb5\x2f\xfd", SUFFIXES[".zst"]),
    (rb"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", _UNPACK)),
    (rb".{257}ustar", TAR),
    (rb"\x80[\x02-\x05]", PICKLE),
    (rb"\x93NUMPY", NPY),
    (rb"MATLAB 5\.0 MAT-file", SUFFIXES[".mat"]),
    (rb"SQLite format 3\x00", SUFFIXES[".sqlite"]),
    (rb"PAR1", SUFFIXES[".parquet"]),
    (rb"%PDF-", Foreign("a PDF", "it holds no model")),
    (rb"\x89PNG|GIF8[79]a|\xff\xd8\xff", Foreign("a picture", "it holds no model")),
    (_COMMENTS + _MODEL_TYPES + rb"\b(?=.*?\b(?:module|const|formula|global|rewards|player|system)\b)",
     PRISM_LANGUAGE),
    (_COMMENTS + rb"(?:const|global|formula)\b.*?;.*?\bmodule\b", PRISM_LANGUAGE),
    (rb"\s*\{.{0,4000}?\"jani-version\"", JANI),
    (_HASH_COMMENTS + rb"(?:discount|values|states|actions|observations)[ \t]*:(?=.*?\bobservations[ \t]*:)",
     POMDP_OF_CASSANDRA),
    (_HASH_COMMENTS + rb"(?:discount|values)[ \t]*:", MDP_OF_CASSANDRA),
    (_XML + rb"<pomdpx\b", POMDPX),
    (_XML + rb"<graphml\b", GRAPHML),
    (_XML + rb"<gexf\b", GEXF),
    (rb"(?i:\s*<(?:!doctype )?html\b)", HTML),
    (rb"\s*<\?xml\b", XML),
    (rb"\s*(?:Creator[^\n\r]*[\n\r]+\s*)?graph\s*\[", GML),
    (rb"\s*\(define\s*\(", SUFFIXES[".pddl"]),
    (rb"STATES\s+\d+\s+TRANSITIONS\s+\d+", Foreign("a transition file of MRMC", "it has rates, and no choices")),
)  # fmt: skip
"""How files begin that are unmistakable, whatever they are called."""
_PATTERNS = [(re.compile(pattern, re.DOTALL), kind) for pattern, kind in _CONTENTS]


def recognise(path: str | os.PathLike[str]) -> str | Foreign | None:
    """What a file is, by its content or by its suffix.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    str, Foreign, or None
        A key of `READABLE`; what a file of another tool is; None for a map, a file of ours, what is not there.

    Examples
    --------
    >>> recognise("die.tra"), recognise("room.txt"), recognise("die.sta").told
    ('prism', None, 'a state file of PRISM')
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            head = file.read(HEAD)
    except (OSError, ValueError):
        head = b""  # who reads it says what is wrong
    suffix = os.path.splitext(name)[1].lower()
    readable = next((kind for kind, suffixes in READABLE.items() if suffix in suffixes), None)
    return recognise_bytes(head) or readable or SUFFIXES.get(suffix)


def recognise_bytes(data: bytes) -> str | Foreign | None:
    """The same, of what a file begins with.

    Examples
    --------
    >>> recognise_bytes(b"@type: MDP"), recognise_bytes(b"#####"), recognise_bytes(b"mdp module m").told
    ('drn', None, 'a PRISM model in the guarded language')
    """
    head = data[:HEAD].removeprefix(b"\xef\xbb\xbf")
    for pattern, kind in _PATTERNS:
        if pattern.match(head):
            return kind
    return None

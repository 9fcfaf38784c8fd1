"""Files with a valid seal and hostile contents: refused by field and value, before anything is built from them.

A seal says that a file is whole; anybody can compute a SHA-256. So every array and every field of the header is made
something else here, one at a time by name: only our errors come out, and nothing that the file declares is allocated.
Hundreds of them at random are in `tests/scripts/test_fuzz.py`.
"""

from __future__ import annotations

import io
import json
import tracemalloc

import h5py
import numpy as np
import pytest

import mdppower as mp
from mdppower.rewards.description import from_description
from scripts.fuzz.hostile import file_of, parts_of, sealed


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Header and arrays of estimates of every kind, and of an MDP."""
    path = tmp_path_factory.mktemp("saved") / "x.nc"
    fork, slippery = mp.envs.make("fork(2)"), mp.envs.gridworld(".a..\n.#..\n..~*", slip=0.2)
    found = {
        "slippery": mp.power(slippery, [0.1, 0.9], samples=64, rng=0),
        "exact": mp.power(fork, 0.9, method="exact"),
        "guarantee": mp.power(fork, 0.5, guarantee=True, samples=64, rng=1),
        "policy": mp.power(slippery, 0.5, policy=mp.agents.satisficing(0.5), samples=64, rng=1),
        "mixture": mp.power(fork, [0.5, 0.9], mp.Gaussian([0, 1, 2], np.eye(3)), samples=64, rng=1),
        "mdp": slippery,
    }
    parts = {}
    for name, one in found.items():
        one.save(path)
        parts[name] = parts_of(path.read_bytes())
    return parts


@pytest.fixture
def load(tmp_path):
    def load(data: bytes):
        (tmp_path / "x.nc").write_bytes(data)
        return mp.load(tmp_path / "x.nc")

    return load


@pytest.mark.slow
def test_the_parts_alone_are_a_file(files, load):
    """Negative control of all that follows: what is put together unchanged is read."""
    for name, (header, arrays) in files.items():
        assert load(file_of(header, arrays)) is not None, name


# ---------------------------------------------------------------------- one at a time

INT64 = np.int64
ARRAYS = {
    # Row pointers that scipy would follow out of its memory.
    "a negative pointer": ("mdp_row_pointer", lambda a: put(a, 1, -5), r"mdp_row_pointer\[1\] must be .*, got -5"),
    "far pointer": ("mdp_row_pointer", lambda a: put(a.astype(INT64), 1, 2**40), "mdp_row_pointer.*1099511627776"),
    "a falling pointer": ("mdp_row_pointer", lambda a: put(a, 2, 0), r"mdp_row_pointer\[2\] must be at least.*got 0"),
    "a short pointer": ("mdp_row_pointer", lambda a: put(a, -1, a[-2]), "mdp_row_pointer must be .* from 0"),
    "pointers as floats": ("mdp_row_pointer", lambda a: a / 2, "mdp_row_pointer must be integers"),
    "a successor beyond": ("mdp_successor", lambda a: put(a, 3, 11), r"mdp_successor\[3\] must be .*0 … 10, got 11"),
    "a chance that is none": ("mdp_probability", lambda a: put(a, 0, np.nan), r"mdp_probability\[0\] must.*got nan"),
    "chances in another precision": ("mdp_probability", lambda a: a.astype("f4"), "mdp_probability.*got 'float32"),
    "a state that is none": ("mdp_pair_state", lambda a: put(a, -1, -1), "mdp_pair_state.*got -1"),
    "pairs out of order": ("mdp_pair_state", lambda a: a[::-1], r"mdp_pair_state\[\d+\] must be at least"),
    "an action that is none": ("mdp_pair_action", lambda a: put(a, 0, 99), r"mdp_pair_action\[0\].*got 99"),
    "fewer pairs": ("mdp_pair_action", lambda a: a[1:], "mdp_pair_action must be of size .* along 'pair'"),
    "a layout beyond 64 bits": ("mdp_layout", lambda a: put(a, 0, 1e300), r"mdp_layout\[0, 0\] must.*got 1e\+300"),
    "a layout in the plane's plane": ("mdp_layout", lambda a: a[..., None], "mdp_layout must be of 2 dimensions"),
    "labels that are numbers with points": ("mdp_labels", lambda a: a / 2, "mdp_labels must be integers"),
    "no means": ("replicate_means", lambda a: a[:0], "replicate_means must be of one replicate or more"),
    "a mean that is none": ("replicate_means", lambda a: a * np.inf, "replicate_means.*must be a finite number"),
    "a rate beyond 1": ("gamma", lambda a: a + 1, r"gamma\[0\] must be .*in 0 … 1, got 1\.1"),
    "a rate twice": ("gamma", lambda a: a * 0, "gamma must be different rates"),
    "a range upside down": ("low", lambda a: a + 9, "low must be at most high, got 9"),
    "a flag that is 7": ("constant", lambda a: a + 7, r"constant\[0\].*got 7"),
    "a mean beyond the rewards": ("replicate_means", lambda a: a + 1, r"POWER must be in \[0, 1\], within"),
    "a mean beyond squares": ("replicate_means", lambda a: a + 1e200, r"replicate_means.* must be .*got 1e\+200"),
    "a negative error": ("error_bound", lambda a: a - 1, r"error_bound\[0\] must be .*got -"),
}  # fmt: skip


def put(array, at, value):
    array = array.copy()
    array[at] = value
    return array


@pytest.mark.parametrize("what", ARRAYS)
def test_arrays_are_checked_before_an_mdp_is_built(files, load, what):
    name, change, message = ARRAYS[what]
    header, arrays = files["slippery"]
    with pytest.raises(mp.FileError, match=message):
        load(file_of(header, arrays | {name: change(arrays[name])}))


SUMS = {
    # One of three ranges is a point, whose mean is not in it: intervals would not hold it.
    "a range of a point": (
        "high",
        lambda a: put(a, 1, 0.0),
        "high must be 1, an end of the rewards' range.* got 0.0",
    ),
    "a mean beyond the range": ("sum_average", lambda a: a + 1, "sum_average must be between 0 and 1.* got 1.65"),
    "a constant that varies": ("constant", lambda a: put(a, 0, 1), "sum_spread must be between 0 and"),
    "bets that were not made": ("sum_weight", lambda a: a * 9, "sum_weight must be between 0 and 48"),
    "capital from nowhere": ("sum_rise", lambda a: a + 90, r"sum_rise must be between -?[\d.]+ and"),
}


@pytest.mark.parametrize("what", SUMS)
def test_the_sums_of_a_guarantee_agree_with_each_other(files, load, what):
    name, change, message = SUMS[what]
    header, arrays = files["guarantee"]
    with pytest.raises(mp.FileError, match=message):
        load(file_of(header, arrays | {name: change(arrays[name])}))
    with pytest.raises(mp.FileError, match="draws must be 16 replicates of 4, got 63"):
        load(file_of(header | {"draws": 63}, arrays))


FIELDS = {
    "null": ("kind", None, "header must be one of 'estimate', 'mdp', got None|one of"),
    "no table": ("mdp", [], r"header\.mdp must be a table, got a list of 0"),
    "2**70 states": (
        "mdp.states",
        2**70,
        r"header\.mdp\.states must be an integer in 1 … \d+, got 1180591620717411303424",
    ),
    "other states": ("mdp.states", 10, "'state'|mdp_pair_state|mdp_successor"),
    "a mark beyond": ("mdp.marks", {"a": [10**6]}, r"marks\['a'\]\[0\]"),
    "a mark that is text": ("mdp.marks", {"a": "bc"}, r"header\.mdp\.marks\['a'\] must be a list .*got 'bc'"),
    "labels nested": ("mdp.labels", json.loads("[" * 90 + "]" * 90), "labels.*50 deep"),
    "actions that are numbers": ("mdp.actions", [0.5] * 5, r"header\.mdp\.actions\[0\] must be a text.*got 0\.5"),
    "an origin of numbers": ("mdp.origin", {"source": 1}, r"header\.mdp\.origin\['source'\] must be a text"),
    "entropy": ("entropy", -1, r"header\.entropy must be an integer"),
    "entropy that is true": ("entropy", True, r"header\.entropy must be an integer.*got True"),
    "sampler": ("sampler", "dice", r"header\.sampler must be one of 'latin'.*got 'dice'"),
    "size": ("replicate_size", 2**70, r"header\.replicate_size"),
    "looks": ("looks", 0, r"header\.looks must be .*got 0"),
    "trials": ("trials", 2**70, r"header\.trials must be an integer"),
    "method": ("method", "guess", r"header\.method must be one of"),
    "interrupted": ("interrupted", None, r"header\.interrupted must be true or false, got None"),
    "history": ("history", {"created": None}, r"header\.history\['created'\] must be a text"),
    "exact": ("exact", [["1e999999999"] * 11] * 2, r"header\.exact\[0\]\[0\] must be a fraction"),
    "exact by zero": ("exact", [["1/0"] * 11] * 2, r"header\.exact\[0\]\[0\] must be a fraction of which 0"),
    "unknown": ("more", 1, "header must be a table without 'more'"),
}


@pytest.mark.parametrize("what", FIELDS)
def test_fields_of_the_header_are_named_with_their_value(files, load, what):
    place, value, message = FIELDS[what]
    header, arrays = files["slippery"]
    header = json.loads(json.dumps(header))
    *outer, last = place.split(".")
    holder = header
    for name in outer:
        holder = holder[name]
    holder[last] = value
    with pytest.raises(mp.FileError, match=message) as caught:
        load(file_of(header, arrays))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_headers_that_are_no_table(files, load):
    _, arrays = files["mdp"]
    for header, message in {
        "[" * 100_000 + "]" * 100_000: "header is not JSON",
        '{"kind": ' + "9" * 5000 + "}": "header is not JSON",
        "null": "one of 'estimate', 'mdp'",
        "[]": "one of 'estimate', 'mdp'",
        "{": "header is not JSON",
    }.items():
        with pytest.raises(mp.FileError, match=message):
            load(file_of(header, arrays))


@pytest.mark.parametrize("name", ["mdp_probability", "mdp_layout", "header"])
def test_declared_sizes_are_refused_from_the_metadata(files, load, name):
    """A petabyte that nobody wrote takes a kilobyte in a file: it is not asked for."""
    header, arrays = files["mdp"]

    def vast(file, name):
        file.create_dataset(name, shape=(2**47,), dtype="f8")

    data = file_of(None if name == "header" else header, arrays | {name: vast})
    tracemalloc.start()
    try:
        with pytest.raises(mp.FileError, match=f"{name} must be (no larger than the file|a single text)"):
            load(data)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_what_is_no_plain_array(files, load, tmp_path):
    header, arrays = files["mdp"]
    (tmp_path / "other.nc").write_bytes(file_of(header, arrays))
    values = arrays["mdp_successor"]
    ways = {
        "a folder of arrays": lambda file, name: file.create_group(name),
        "a link": lambda file, name: file.__setitem__(name, h5py.SoftLink("/mdp_pair_state")),
        "another file": lambda file, name: file.__setitem__(name, h5py.ExternalLink("other.nc", name)),
        "pieces": lambda file, name: file.create_dataset(name, data=values, chunks=True),
        "compressed": lambda file, name: file.create_dataset(name, data=values, compression="gzip"),
        "elsewhere": lambda file, name: file.create_dataset(
            name, shape=values.shape, dtype="i4", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)]
        ),
        "text": lambda file, name: file.create_dataset(name, data=["a"] * len(values)),
        "nothing": lambda file, name: file.create_dataset(name, data=h5py.Empty("i4")),
    }
    for way in ways.values():
        with pytest.raises(mp.FileError, match=r"not what schema 2 asks for: .*mdp_successor"):
            load(file_of(header, arrays | {"mdp_successor": way}))


def test_what_could_not_be_read_again_is_not_written(tmp_path):
    far = mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), layout=[[0, 0], [1e300, 0]])
    for suffix in ("nc", "toml"):
        with pytest.raises(mp.FileError, match=r"layout\[1, 0\] must be .*got 1e\+300"):
            far.save(tmp_path / f"x.{suffix}")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------- rewards, and the seal


def test_descriptions_are_refused_by_field():
    law = {"law": "norm", "args": [0, 1], "kwds": {}, "name": None}

    def independent(which=None, states=1, **changes):
        return {"kind": "independent", "laws": [law | changes], "which": which, "states": states}

    deep = {"kind": "fixed", "vector": [0.0]}
    for _ in range(60):
        deep = {"kind": "reordered", "base": deep, "order": [0]}
    for data, message in (
        (independent(states=2**70), r"rewards\.states must be"),
        (independent([1]), r"rewards\.which\[0\] must.*got 1"),
        (independent(law="os"), r"laws\[0\]\.law must"),
        (independent(args=[None]), r"laws\[0\]\.args\[0\]"),
        (independent(law="irwinhall", args=[1e9]), r"laws\[0\]\.args must be between"),
        ({"kind": "fixed", "vector": ["1"]}, r"rewards\.vector\[0\] must be a number, got '1'"),
        ({"kind": "fixed", "vector": [10**400]}, r"rewards\.vector must be .*that floats can hold"),
        ({"kind": "gaussian", "mean": [0], "cov": [[[1]]]}, r"rewards\.cov\[0\] must be a number"),
        ({"kind": "mixed", "parts": [], "weights": []}, r"rewards\.parts must be a list of 1 or more"),
        ({"kind": "unknown", "name": "x", "low": [0], "high": [None]}, r"rewards\.high\[0\] must be a number"),
        (deep, "50 deep"),
        (None, "rewards must be one of"),
    ):  # fmt: skip
        with pytest.raises(mp.FileError, match=message):
            from_description(data, 1)


def test_a_seal_is_computed_by_anybody(files, load):
    """Why all this: the seal of a file made here is right."""
    header, arrays = files["mdp"]
    data = file_of(header, arrays)
    payload = data.rpartition(b"\nmdppower schema")[0]
    assert sealed(payload) == data
    assert h5py.File(io.BytesIO(payload), "r")["header"].shape == ()
    with pytest.raises(mp.FileError, match="changed or damaged"):
        load(data.replace(b"mdp_layout", b"mdp_layouT"))


@pytest.mark.parametrize("name", ["slippery", "mdp"])
def test_a_file_has_the_mdp_that_its_header_names(files, tmp_path, name):
    """Another digit in the fingerprint, or another chance of a step, and header and arrays are of two MDPs."""
    header, arrays = json.loads(json.dumps(files[name][0])), dict(files[name][1])
    path, own = tmp_path / "x.nc", header["mdp"]["fingerprint"]
    told = "header.mdp.fingerprint must be the fingerprint of the MDP in the file"
    header["mdp"]["fingerprint"] = ("0" if own[0] != "0" else "1") + own[1:]
    path.write_bytes(file_of(header, arrays))
    with pytest.raises(mp.FileError, match=told):
        mp.load(path)
    header["mdp"]["fingerprint"] = own
    path.write_bytes(file_of(header, arrays))
    mp.load(path)  # the control
    first = int(np.flatnonzero(np.diff(arrays["mdp_row_pointer"]) > 1)[0])
    row = slice(*arrays["mdp_row_pointer"][first : first + 2].tolist())
    chances = arrays["mdp_probability"].copy()
    chances[row] = np.roll(chances[row], 1)
    path.write_bytes(file_of(header, arrays | {"mdp_probability": chances}))
    with pytest.raises(mp.FileError, match=told):
        mp.load(path)
    header["mdp"]["fingerprint"] = ""  # files of before had none
    path.write_bytes(file_of(header, arrays | {"mdp_probability": chances}))
    mp.load(path)

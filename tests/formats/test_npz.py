"""Tables of NumPy: as the constructor reads the same arrays, and NumPy what we write; archives that lie."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from model_files import TABLE, npz
from strategies import mdps

import mdppower as mp


@pytest.fixture
def read(tmp_path):
    def read(data, name="table.npz"):
        (tmp_path / name).write_bytes(data)
        return mp.load(tmp_path / name)

    return read


def test_a_table_by_its_constructor(read):
    rewards = np.arange(9.0).reshape(3, 3)
    mdp = read(npz(transitions=np.array(TABLE), rewards=rewards))
    other = mp.RewardlessMDP.from_successor_table(TABLE, rewards=rewards)
    assert mdp.equals(other)
    assert mdp.states == (0, 1, 2, "end")
    assert (mp.given_rewards(mdp).values == mp.given_rewards(other).values).all()
    assert read(npz(transitions=np.array(TABLE)), "table.bin").equals(other)  # by its content


@pytest.mark.parametrize("dtype", [np.int8, np.int16, ">i4", np.int64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_all_integers_in_both_orders(read, dtype, order):
    table = np.array(TABLE, dtype=dtype, order=order)
    buffer = io.BytesIO()
    np.savez(buffer, transitions=table)  # not compressed
    assert read(buffer.getvalue()).equals(mp.RewardlessMDP.from_successor_table(TABLE))


@pytest.mark.slow
@settings(max_examples=25)
@given(mdps(deterministic=True))
def test_what_is_written_is_read(tmp_path_factory, mdp):
    path = tmp_path_factory.mktemp("npz") / "m.npz"
    mdp.save(path)
    assert mp.load(path).equals(mdp)
    with np.load(path) as archive:  # the second route: NumPy, and the table by hand
        table = archive["transitions"]
    for s in range(mdp.n_states):
        row = {mdp.action_names[a]: {int(t): 1.0} for a, t in enumerate(table[s]) if t >= 0}
        assert row == {a: mdp.successors(s, a) for a in mdp.actions(s)}


def test_names_marks_places_and_rewards_are_kept(tmp_path):
    cliff = mp.from_gymnasium("CliffWalking-v1")
    cliff.save(tmp_path / "cliff.npz")
    again = mp.load(tmp_path / "cliff.npz")
    assert again.equals(cliff)
    assert again.marks == cliff.marks
    assert (again.layout == cliff.layout).all()
    assert (mp.given_rewards(again).values == mp.given_rewards(cliff).values).all()


def test_what_has_chances_is_no_table(tmp_path):
    with pytest.raises(
        mp.ModelError, match=r"deterministic MDPs alone: state \(0, 0\), action 'N' leads to 3 states"
    ):
        mp.envs.gridworld("...\n...\n...", slip=0.2).save(tmp_path / "m.npz")
    assert not (tmp_path / "m.npz").exists()


def test_too_many_names_of_actions(tmp_path):
    n = 12_000  # a ring in which each state has an action of its own name: a table of n² numbers
    ring = mp.RewardlessMDP.from_successors({s: {f"->{(s + 1) % n}": (s + 1) % n} for s in range(n)})
    with pytest.raises(mp.SizeError, match=r"12,000 states times 12,000 action names"):
        ring.save(tmp_path / "m.npz")


def test_other_arrays_are_named(read):
    with pytest.warns(mp.MDPPowerWarning, match="not read: 'screens'"):
        read(npz(transitions=np.array(TABLE), screens=np.zeros(3)))


def member(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def zipped(content, name="transitions.npy", method=zipfile.ZIP_DEFLATED, size=None, twice=False):
    """An archive with one member; its directory may say another size."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(name, content)
        if twice:
            archive.writestr("x" + name[1:], content)
    data = bytearray(buffer.getvalue())
    if size is not None:
        struct.pack_into("<I", data, data.find(b"PK\x01\x02") + 24, size)
    if twice:
        data = data.replace(b"x" + name[1:].encode(), name.encode())
    return bytes(data)


TRUE = member(np.array(TABLE))
LONG = member(np.zeros((4000, 3), np.int64))
CUT_HEAD = LONG[:128].replace(b"(4000, 3)", b"(10, 3)  ") + LONG[128:]
BAD = {
    "no archive": (b"PK\x03\x04 and then nothing", mp.FileError, "is no archive of NumPy, or is damaged"),
    "cut": (npz(transitions=np.array(TABLE))[:-30], mp.FileError, "is no archive of NumPy, or is damaged"),
    "other names": (npz(T=np.array(TABLE)), mp.FileError, "there is no array 'transitions'; it has 'T'"),
    "empty": (b"PK\x05\x06" + 18 * b"\x00", mp.FileError, "there is no array 'transitions'; it is empty"),
    "floats": (npz(transitions=np.array(TABLE) + 0.5), mp.ModelError, r"must be a table \(S, A\) of integers"),
    "a row": (npz(transitions=np.arange(3)), mp.ModelError, r"got int64 of shape \(3,\)"),
    "objects": (zipped(member(np.array([[{}]]))), mp.FileError, "holds Python objects, a pickle"),
    "texts": (npz(transitions=np.array([["a"]])), mp.FileError, "must be integers or floats of at most 64 bits"),
    "far": (npz(transitions=np.array([[0, 7]])), mp.ModelError, "state 0, action 1: successor 7 is none of 0 … 0"),
    "no way out": (npz(transitions=np.array([[0], [-2]])), mp.ModelError, "state 1 has no action"),
    "rewards": (npz(transitions=np.array(TABLE), rewards=np.zeros((3, 2))), mp.ModelError, "the sizes of rewards"),
    "nan": (npz(transitions=np.array(TABLE), rewards=np.full((3, 3), np.nan)), mp.ModelError, "reward is nan"),
    "labels": (npz(transitions=np.array(TABLE), mdppower_labels=np.uint8([123])), mp.FileError, "is not JSON"),
    "not array": (zipped(b"hello"), mp.FileError, "is no array of NumPy"),
    "half a head": (zipped(TRUE[:60]), mp.FileError, "is no array of NumPy"),
    "cut numbers": (zipped(TRUE[:-8]), mp.FileError, "its head says 9 numbers of 8 bytes, and the archive 192 bytes"),
    "head of more": (zipped(TRUE.replace(b"(3, 3)", b"(9, 3)")), mp.FileError, "its head says 27 numbers"),
    "directory of less": (zipped(LONG, size=len(TRUE)), mp.FileError, "unpacks to more than the 200 bytes"),
    "both of less": (zipped(CUT_HEAD, size=128 + 240), mp.FileError, "unpacks to more than the 368 bytes"),
    "bomb": (zipped(TRUE, size=2**32 - 2), mp.FileError, "unpack to 4,294,967,294, which none do"),
    "encrypted": (zipped(TRUE, method=zipfile.ZIP_BZIP2), mp.FileError, "compressed as NumPy does not"),
    "twice": (zipped(TRUE, twice=True), mp.FileError, "'transitions' is there twice"),
    "sum": (zipped(TRUE, method=zipfile.ZIP_STORED).replace(TRUE, TRUE[:-1] + b"\0"), mp.FileError, "changed or"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bad_archives_are_refused_by_name(read, name, tmp_path):
    data, error, told = BAD[name]
    with pytest.raises(error, match=told) as caught:
        read(data)
    assert str(tmp_path / "table.npz") in str(caught.value)


def test_sizes_are_known_before_anything_is_unpacked(read):
    """A table of 2**40 numbers is refused by what its head says, whatever is in it."""
    head = b"{'descr': '<i8', 'fortran_order': False, 'shape': (2097152, 524288), }"
    huge = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + head.ljust(117) + b"\n" + TRUE[128:]
    with pytest.raises(mp.SizeError, match=r"says that it has 1,099,511,627,776 numbers, more than 2\*\*26"):
        read(zipped(huge))

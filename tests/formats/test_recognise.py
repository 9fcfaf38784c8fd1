"""Files are called what they are, by content or suffix; maps of any name stay maps."""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile

import numpy as np
import pytest
from model_files import FILES

import mdppower as mp
from mdppower.formats.recognise import Foreign, recognise, recognise_bytes

PRISM = "// a die\nmdp\n\nmodule die\n s : [0..7] init 0;\n [go] s=0 -> 0.5 : (s'=1) + 0.5 : (s'=2);\nendmodule\n"


def tar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("index.json"))
    return buffer.getvalue()


def npy():
    buffer = io.BytesIO()
    np.save(buffer, np.eye(2))
    return buffer.getvalue()


FOREIGN = {
    "die.prism": (PRISM, "a PRISM model in the guarded language: export it explicitly first, as prism MODEL -export"),
    "die.txt": (PRISM, "a PRISM model in the guarded language"),
    "die.nm": ("const int N = 3; // no type yet\n", "a PRISM model in the guarded language"),
    "a.jani": ('{\n "jani-version": 1, "name": "die"}', "a JANI model: export it explicitly first, as storm --jani"),
    "b.json": ('{"jani-version": 1}', "a JANI model"),
    "c.json": ("{}", "JSON"),
    "a.POMDP": ("# tiger\ndiscount: 0.95\nvalues: reward\nstates: 2\nobservations: 2\n", "a POMDP file of Cassandra"),
    "a.MDP": ("# tiger\ndiscount: 0.95\nstates: 2\n", "an MDP file of Cassandra's format"),
    "b.txt": ("values: reward\n", "an MDP file of Cassandra's format"),
    "t.pomdpx": ('<?xml version="1.0"?>\n<pomdpx id="a">', "a PomdpX file"),
    "a.tra.gz": (gzip.compress(b"1 1 1\n"), "gzip: unpack it first"),
    "m.umb": (tar(), "a tar archive, as UMB is one"),
    "a.pkl": (pickle.dumps({"a": 1}), "a pickle: to open it could run anything in it"),
    "b": (pickle.dumps([1]), "a pickle"),
    "a.npy": (npy(), "an array of NumPy: np.savez"),
    "a.h5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file of another program"),
    "die.sta": ("(x)\n0:(1)\n", "a state file of PRISM: give the .tra file, beside which it is found"),
    "die.lab": ('0="init"\n0: 0\n', "a label file of PRISM or Storm: give the .tra file"),
    "die.srew": ("1 0\n", "a reward file of PRISM: give the .tra file"),
    "die.obs": ("(x)\n", "an observation file of PRISM"),
    "m.tra": ("S1 = sparse(6,6);\n", "a transition file as MATLAB code"),
    "g.graphml": ("<graphml/>", "a GraphML graph: read it with networkx"),
    "g.gml": ("graph [\n node [ id 1 ]\n]", "a GML graph"),
    "a.csv": ("state,action\n", "a table: read it with pandas, and use mp.RewardlessMDP.from_columns"),
    "a.mat": (b"MATLAB 5.0 MAT-file", "arrays of MATLAB: read it with scipy.io.loadmat"),
    "a.yaml": ("a: 1\n", "YAML"),
    "a.py": ("import mdppower\n", "a Python program: module:Name takes what it makes"),
    "page.nc": (gzip.compress(b"x"), "gzip: unpack it first"),
    "page.drn": ("<!DOCTYPE html>\n<html>", "a page of HTML"),
    "mrmc.txt": ("STATES 2\nTRANSITIONS 1\n1 2 0.5\n", "a transition file of MRMC"),
    "d.pddl": ("(define (domain x))", "PDDL"),
    "x.sqlite": (b"SQLite format 3\x00", "an SQLite database: mdppower runs FILE"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_files_of_other_tools_are_named(name, tmp_path):
    content, told = FOREIGN[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    readers = [mp.envs.make, mp.load]
    if content == FOREIGN["a.h5"][0]:  # for `load` it is a file of ours that was cut
        readers.pop()
    for read in readers:
        for path in (tmp_path / name, str(tmp_path / name)):
            with pytest.raises(mp.FileError) as caught:
                read(path)
            assert f"{str(path)!r} is {told}" in str(caught.value)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", ["model", "model.txt", "model.model"])
def test_what_is_read_is_known_by_its_content(kind, name, tmp_path):
    first = next(iter(FILES[kind]))
    (tmp_path / name).write_bytes(FILES[kind][first])
    (tmp_path / first).write_bytes(FILES[kind][first])
    by_content, by_suffix = mp.load(tmp_path / name), mp.load(tmp_path / first)
    assert by_content.equals(by_suffix)
    assert mp.envs.make(tmp_path / name).equals(by_suffix)


@pytest.mark.parametrize("name", ["room.mdp", "room.txt", "room", "room.map"])
def test_a_map_is_a_map_whatever_its_name(name, tmp_path):
    (tmp_path / name).write_text("; graph of rooms { }\n#####\n#a..#\n#####\n")
    assert mp.envs.make(tmp_path / name).n_states == 3


def test_our_maps_are_none_of_these():
    from importlib.resources import files

    for file in files("mdppower.envs").joinpath("maps").iterdir():
        assert recognise_bytes(file.read_bytes()) is None, file.name


def test_what_cannot_be_read_is_told_by_the_reader(tmp_path):
    assert recognise(tmp_path) is None
    with pytest.raises(mp.MDPPowerError):
        mp.envs.make(tmp_path)
    for name in ("no.tra", "no.drn", "no.gv", "no.npz"):
        with pytest.raises(mp.FileError, match=r"cannot read .*No such file"):
            mp.load(tmp_path / name)


@pytest.mark.parametrize(
    "piece", [b" ", b"// ", b"/**/", b"#\n", b"/*", b"mdp ", b"graph ", b"const;", b"<!--", b"discount"]
)
def test_no_beginning_takes_long(piece):
    """The patterns have no two ways through the same text: a thousand of a piece are looked at once."""
    assert not isinstance(recognise_bytes(piece * 4096), str)
    assert isinstance(recognise_bytes(PRISM.encode()), Foreign)

"""Files of other tools are called what they are; maps of any name stay maps."""

from __future__ import annotations

import pytest

import mdppower as mp

FILES = {
    "a.tra": ("mdp\n0 0 1 1.0\n1 0 1 1.0\n", "a transition file of PRISM or Storm: use mp.RewardlessMDP.from_pairs"),
    "a.txt": ("mdp\n0 0 1 1.0\n1 0 1 1.0\n", "a transition file of PRISM"),
    "a.MDP": ("# tiger\ndiscount: 0.95\nstates: 2\n", "an MDP file of Cassandra's format"),
    "b.txt": ("values: reward\n", "an MDP file of Cassandra's format"),
    "a.gv": ('digraph { "a" -> "a"; }\n', "a Graphviz graph: use mp.RewardlessMDP.from_graph"),
    "graph": ('strict digraph G {\n "a" -> "a"; }\n', "a Graphviz graph"),
    "a.dot": ("graph { a -- b }", "a Graphviz graph"),
    "a.drn": ("// Exported by storm\n@type: MDP\n", "a DRN file of Storm"),
    "b": ("// Exported by storm\n// again\n\n@type: MDP\n", "a DRN file of Storm"),
    "a.graphml": ("<graphml/>", "a GraphML graph"),
    "a.npy": ("", "an array of NumPy"),
    "a.json": ("{}", "JSON"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_tools_are_named(name, tmp_path):
    text, told = FILES[name]
    (tmp_path / name).write_text(text)
    for path in (tmp_path / name, str(tmp_path / name)):
        with pytest.raises(mp.FileError) as caught:
            mp.envs.make(path)
        assert told in str(caught.value)


@pytest.mark.parametrize("name", ["room.mdp", "room.txt", "room", "room.map"])
def test_a_map_is_a_map_whatever_its_name(name, tmp_path):
    (tmp_path / name).write_text("; graph of rooms { }\n#####\n#a..#\n#####\n")
    assert mp.envs.make(tmp_path / name).n_states == 3


def test_what_cannot_be_read_is_told_by_the_reader(tmp_path):
    with pytest.raises(mp.MDPPowerError):
        mp.envs.make(tmp_path)

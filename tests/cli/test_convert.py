"""`mdppower convert`, and every command on files of other tools."""

from __future__ import annotations

import io

import pytest
from model_files import DRN, FIGURE_1, FILES, PRISM, STOCHASTIC

import mdppower as mp


@pytest.fixture
def files(run, tmp_path):
    for kind in FILES.values():
        for name, data in kind.items():
            (tmp_path / name).write_bytes(data)
    return run


def test_from_one_format_to_the_next(files):
    for one, other in (("figure.gv", "a.toml"), ("a.toml", "a.npz"), ("a.npz", "a.drn"), ("a.drn", "a.nc")):
        assert files("convert", one, other) == (0, "", f"wrote {other}: 8 states, 15 state-action pairs\n")
    assert mp.load("a.nc").equals(mp.load("figure.gv"))


def test_a_map_or_an_environment_with_options(files):
    assert files("convert", "my_map.txt", "map.drn", "--slip", "0.1")[0] == 0
    assert mp.load("map.drn").equals(mp.envs.make("my_map.txt", slip=0.1))
    assert files("convert", "row.tra", "row.drn", "--set", "reward=gold")[0] == 0
    assert mp.given_rewards(mp.load("row.drn")).of((1, "false"), "right") == -0.5


def test_what_cannot_be_written(files, tmp_path):
    for words, told in (
        (("row.dot", "a.npz"), ".npz holds deterministic MDPs alone: state '1', action 'right' leads to 2 states"),
        (("row.dot", "a.gv"), "OUT must end in .toml, .nc, .drn or .npz, got 'a.gv'"),
        (("row.dot", "no/a.nc"), "OUT: cannot write 'no/a.nc'"),
        (("row.sta", "a.nc"), "'row.sta' is a state file of PRISM: give the .tra file"),
        (("row.dot", "a.nc", "--slip", "0.1"), "row.dot is not a map but a .gv file, and takes no slip"),
    ):  # fmt: skip
        code, out, err = files("convert", *words)
        assert (code, out) == (2, "")
        assert told in err
    assert not list(tmp_path.glob("a.*"))


def test_what_is_lost_is_said(files, tmp_path):
    before = (tmp_path / "row.drn").read_bytes()
    for out in ("row.drn", f"{tmp_path}/row.drn"):
        assert "is ENV itself, which would lose" in files("convert", "row.drn", out)[2]
    assert (tmp_path / "row.drn").read_bytes() == before
    (tmp_path / "two.drn").write_text(
        "@type: MDP\n@reward_models\na b\n@nr_states\n1\n@model\nstate 0 [1,2]\n\taction x\n\t\t0 : 1\n"
    )
    told = "mdppower: two.drn: reward not kept: the file has 2, 'a', 'b'; --set reward=NAME keeps one\n"
    wrote = "wrote one.drn: 1 state, 1 state-action pair\n"
    assert files("convert", "two.drn", "one.drn") == (0, "", told + wrote)
    assert files("convert", "two.drn", "one.drn", "--set", "reward=b") == (0, "", wrote)


@pytest.mark.parametrize("name", [next(iter(kind)) for kind in FILES.values()])
def test_commands_that_take_env(files, name):
    code, out, _ = files("show", name)
    assert code == 0
    assert "state-action pairs" in out
    code, out, _ = files("power", name, "--samples", "64", "--rng", "0", "--format", "csv")
    assert code == 0
    assert out.count("\n") == 1 + mp.load(name).n_states
    assert files("info", name)[0] == 0


def test_text_from_standard_input(files, monkeypatch):
    for text, name in (
        (FIGURE_1, "figure.gv"),
        (STOCHASTIC, "row.dot"),
        (DRN, "row.drn"),
        (PRISM["row.tra"], "row.tra"),
    ):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        shown = files("convert", "-", "a.nc")
        assert shown[0] == 0, shown
        assert mp.load("a.nc").n_pairs == mp.load(name).n_pairs
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FILES["npz"]["table.npz"])))
    assert "give its path instead of -" in files("show", "-")[2]


def test_files_are_completed():
    from mdppower.envs.catalog import SUFFIXES

    assert {".gv", ".dot", ".npz", ".tra", ".drn"} <= set(SUFFIXES)

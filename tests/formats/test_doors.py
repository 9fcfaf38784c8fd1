"""All formats together: from one to the other, thousands of changed files, and what a file may cost."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from model_files import FILES
from strategies import mdps

import mdppower as mp
from mdppower.formats import prism_transitions
from scripts.fuzz.formats import case, changed_files


@pytest.mark.slow
@settings(max_examples=5)
@given(mdps(deterministic=True))
def test_from_format_to_format(tmp_path_factory, mdp):
    """drn → npz → toml → nc → drn, and it is what it was."""
    folder = tmp_path_factory.mktemp("formats")
    found = mdp
    for suffix in (".drn", ".npz", ".toml", ".nc", ".drn"):
        path = folder / f"m{suffix}"
        found.save(path)
        found = mp.load(path)
    assert found.equals(mdp)
    assert found.fingerprint == mdp.fingerprint


def test_an_estimate_of_any_name_is_ours(tmp_path):
    mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).save(tmp_path / "fork.nc")
    (tmp_path / "fork.h5").write_bytes((tmp_path / "fork.nc").read_bytes())
    assert mp.load(tmp_path / "fork.h5").samples == 64


def judged(kind, seeds, folder):
    """How many of the changed files were read, and how many refused; anything but our errors is raised."""
    read = refused = 0
    for seed in seeds:
        rng = random.Random(f"{kind} {seed}")
        changed = case(kind, changed_files(kind, rng), folder, rng.random() < 0.05)
        try:
            changed.attempt()
            read += 1
        except (mp.FileError, mp.ModelError, mp.SizeError) as error:
            assert "\n" not in str(error)  # noqa: PT017
            refused += 1
    return read, refused


@pytest.mark.filterwarnings("ignore::mdppower.MDPPowerWarning")
@pytest.mark.parametrize("kind", FILES)
def test_changed_files(kind, tmp_path):
    read, refused = judged(kind, range(100), tmp_path)
    assert min(read, refused) >= 5


FORMATS = {
    "dot": {"dot, plain": 2500, "dot, stochastic": 2500},
    "npz": {"npz": 5000},
    "tra": {"prism": 1500, "storm": 3500},
    "drn": {"drn": 5000},
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mdppower.MDPPowerWarning")
@pytest.mark.parametrize("name", FORMATS)
def test_5000_changed_files(name, tmp_path):
    """Each is an MDP, which is written and read again, or an error of ours that names file and line."""
    for kind, many in FORMATS[name].items():
        read, refused = judged(kind, range(100, 100 + many), tmp_path)
        assert min(read, refused) >= 200


def test_a_raw_error_would_be_seen(tmp_path, monkeypatch):
    """Negative control: a reader that stumbles."""
    monkeypatch.setattr(prism_transitions, "coarseness", lambda text: {}[text])
    with pytest.raises(KeyError):
        judged("prism", range(5), tmp_path)


@pytest.mark.slow
def test_long_lines_are_read_once(tmp_path):
    """A million of what might be looked at again and again: of quadratic work nobody would see the end."""
    many = {
        "a.tra": b"1 1 1\n0 0 0 [" + b"," * 900_000 + b"\n",
        "a.gv": b'digraph { "' + b"\\" * 900_001 + b'" -> a }',
        "b.gv": b"digraph { a" + b" -> a" * 100_000 + b" }",
        "a.drn": b"@type: MDP\n@nr_states\n1\n@model\nstate 0 " + b'"' * 900_000 + b"\n",
        "b.drn": b"@type: MDP\n@nr_states\n1\n@model\nstate 0\n" + b"action __NOLABEL__\n" * 60_000,
        "c.drn": b"@type: MDP\n@reward_models\n" + b"r " * 400_000 + b"\n@nr_states\n1\n@model\nstate 0\n",
    }
    for name, data in many.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises((mp.FileError, mp.ModelError), match=f"{name}, line"):
            mp.load(tmp_path / name)
    (tmp_path / "l.tra").write_text("1 1 1\n0 0 0 1\n")
    (tmp_path / "l.lab").write_text(" ".join(f'{k}="{k}"' for k in range(60_000)) + "\n0: 7\n")
    assert mp.load(tmp_path / "l.tra").marks == {"7": (0,)}
    (tmp_path / "l.lab").write_text("#DECLARATION\n" + "".join(f"l{k}\n" for k in range(60_000)) + "#END\n0 l7\n")
    assert mp.load(tmp_path / "l.tra").marks == {"l7": (0,)}


def row(n):
    """A row of n cells to walk along, as transitions."""
    lines = [f"{s} 0 {max(s - 1, 0)} 1 left\n{s} 1 {min(s + 1, n - 1)} 1 right\n" for s in range(n)]
    return f"{n} {2 * n} {2 * n}\n" + "".join(lines)


@pytest.mark.slow
def test_memory_is_a_few_times_the_model(tmp_path):
    """At most 3 × the arrays of the model + 100 MB: of 200,000 transitions, 9 MB (Python's own count of memory)."""
    (tmp_path / "row.tra").write_text(row(100_000))
    tracemalloc.start()
    try:
        mdp = mp.load(tmp_path / "row.tra")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    kernel = mdp.kernel
    size = sum(a.nbytes for a in (kernel.data, kernel.indices, kernel.indptr, mdp.pointer, mdp.action_codes))
    assert peak < 3 * size + 100e6
    assert mdp.n_pairs == 200_000

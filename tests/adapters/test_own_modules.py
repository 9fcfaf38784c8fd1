"""``module:Name``: modules of the working folder, which never hide what is installed, and whose errors are theirs."""

from __future__ import annotations

import importlib
import os
import sys

import gymnasium
import numpy as np
import pytest

import mdppower as mp
from mdppower.adapters.own_modules import load_module
from mdppower.envs import make

ENVS = """\
import gymnasium
import mdppower as mp
import q2_helper
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv


class Lake(FrozenLakeEnv):
    def __init__(self, broken=False, **options):
        if broken:
            raise ValueError("a broken lake")
        super().__init__(**options)


gymnasium.register("Q2Lake-v0", entry_point="q2_envs:Lake")
two = mp.RewardlessMDP.from_pairs([0, 0, 1], [[1, 0], [0, 1], [0, 1]])
lake = Lake(is_slippery=False)


def make_mdp(n, rng=0):
    return mp.envs.random(n, rng=rng)


def fails():
    return {}["key"]


def leaves():
    raise SystemExit(3)


def gives_a_number():
    return 3
"""
FILES = {
    "q2_envs.py": ENVS,
    "q2_helper.py": "",  # found because the folder stays on the path
    "q2_syntax.py": "import sys\nx = 1 /\n",
    "q2_missing.py": "\nimport q2_pandas\n",
    "q2_exits.py": "raise SystemExit(3)\n",
    "numpy.py": "raise RuntimeError('the local numpy')\n",
    "colorsys.py": "raise RuntimeError('the local colorsys')\n",  # of the standard library, loaded by nobody yet
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with modules; the interpreter is afterwards as it was."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in ("", os.curdir)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("q2_"):
            del sys.modules[name]
    gymnasium.registry.pop("Q2Lake-v0", None)
    importlib.invalidate_caches()


def test_an_id_that_the_module_registers(folder):
    # The same dynamics as Gymnasium's own, of which it is a subclass.
    for name in ("q2_envs:Q2Lake-v0", "q2_envs:Lake"):
        mdp = make(name, is_slippery=False)
        assert (mdp.kernel != mp.from_gymnasium("FrozenLake-v1").kernel).nnz > 0
        assert np.array_equal(mdp.kernel.toarray(), make("FrozenLake-v1", is_slippery=False).kernel.toarray())
    assert mp.from_gymnasium("q2_envs:Q2Lake-v0").n_states == 16
    assert make("q2_envs:Lake", terminated="sink").states[-1] == "end"


def test_objects_and_what_is_called(folder):
    assert make("q2_envs:two").equals(sys.modules["q2_envs"].two)
    assert make("q2_envs:lake").equals(make("FrozenLake-v1", is_slippery=False))
    # rng is of the function, which has it; of other environments it is that of check=.
    assert make("q2_envs:make_mdp", n=4, rng=3).equals(mp.envs.random(4, rng=3))


def test_the_folder_comes_last_and_only_where_it_is_needed(folder):
    before = list(sys.path)
    assert load_module("numpy") is np
    assert load_module("colorsys").__file__ != str(folder / "colorsys.py")
    assert sys.path == before
    load_module("q2_envs")
    assert sys.path == [*before, str(folder)]
    import numpy

    assert numpy is np  # and what is imported later comes from where it came before
    assert importlib.util.find_spec("colorsys").origin != str(folder / "colorsys.py")
    # Negative control: first on the path, the folder would hide it.
    del sys.modules["colorsys"]
    sys.path.insert(0, str(folder))
    with pytest.raises(RuntimeError, match="the local colorsys"):
        importlib.import_module("colorsys")


def test_a_module_that_fails_leaves_the_path_alone(folder):
    before = list(sys.path)
    for name in ("q2_syntax", "q2_missing", "q2_exits"):
        with pytest.raises(mp.errors.ModelError):
            load_module(name)
    assert sys.path == before


@pytest.mark.parametrize(
    ("name", "options", "error", "told"),
    [
        ("q2_envs:Q2Lake-v0", {"broken": True}, mp.ModelError,
         r"'q2_envs:Q2Lake-v0' cannot be made: ValueError: a broken lake \(q2_envs.py, line 10\)$"),
        ("q2_envs:fails", {}, mp.ModelError, r"^q2_envs:fails fails: KeyError: 'key' \(q2_envs.py, line 24\)$"),
        ("q2_envs:leaves", {}, mp.ModelError, r"fails: SystemExit: 3 \(q2_envs.py, line 28\)$"),
        ("q2_envs:gives_a_number", {}, mp.ModelError, "a gymnasium.Env, and gives a int$"),
        ("q2_envs:make_mdp", {}, mp.ParameterError, "^q2_envs:make_mdp: missing a required argument: 'n'$"),
        ("q2_envs:make_mdp", {"n": 3, "k": 1}, mp.ParameterError, "got an unexpected keyword argument 'k'$"),
        ("q2_envs:make_mdp", {"n": 3, "terminated": "sink"}, mp.ParameterError, "MDP, and takes no terminated"),
        ("q2_envs:two", {"slip": 0.1}, mp.ParameterError, "gives an MDP, and takes no slip"),
        ("q2_envs:mak_mdp", {}, mp.LabelError,
         "module 'q2_envs' has no 'mak_mdp', and no environment of that id; did you mean 'q2_envs:make_mdp'[?]$"),
        ("q2_envs:Q2Lake-v7", {}, mp.LabelError, "did you mean 'q2_envs:Q2Lake-v0'[?]$"),
        ("q2_syntax:x", {}, mp.ModelError, r"cannot be imported: SyntaxError: .* \(q2_syntax.py, line 2\)$"),
        ("q2_missing:x", {}, mp.ModelError, r"No module named 'q2_pandas' \(q2_missing.py, line 2\)$"),
        ("q2_exits:x", {}, mp.ModelError, r"SystemExit: 3 \(q2_exits.py, line 1\)$"),
        ("q2_nowhere:x", {}, mp.LabelError, "no module 'q2_nowhere', neither installed nor in the working folder$"),
        ("q2_envs.part:x", {}, mp.LabelError, "there is no module 'q2_envs.part'$"),
        ("numpy:Room", {}, mp.LabelError,
         "numpy.py is not looked at, since an installed module is called numpy, too: rename it$"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_with_its_place(folder, name, options, error, told):
    with pytest.raises(error, match=told) as caught:
        make(name, **options)
    assert "\n" not in str(caught.value)


def test_a_file_comes_before_a_module(folder):
    (folder / "q2_envs:two").write_text("...\n", encoding="utf-8")
    assert make("q2_envs:two").n_states == 3
    assert "q2_envs" not in sys.modules

"""The package from outside: what loads when, what a wheel holds, and that docstrings' promises hold."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import mdppower as mp

ROOT = Path(__file__).parent.parent
ROOMS = sorted(page for page in (ROOT / "mdppower").glob("*/**/README.md") if page.parent.name != "envs")
PAGES = [ROOT / "README.md", ROOT / "envs" / "README.md", *ROOMS]
LONG = ("agents", "coins", "learning", "measures", "multiagent", "theorems")
"""Rooms whose pages take a second and more; the first two pages, of the whole and of its worlds, do, too."""
FACES = (mp, mp.agents, mp.bounds, mp.envs, mp.orbits, mp.rewards, mp.sensitivity, mp.symmetry, mp.theorems)
HEAVY = ("numba", "matplotlib", "xarray", "networkx", "gymnasium", "scipy.stats", "scipy.optimize", "pandas", "tqdm")


def python(code: str, cwd: Path, executable: str = sys.executable) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_import_is_light(tmp_path):
    loaded = python("import sys, mdppower, mdppower.mdp.model; print(' '.join(sys.modules))", tmp_path).split()
    assert not set(HEAVY) & set(loaded)


@pytest.mark.slow
def test_public_names(tmp_path):
    rooms = [name for name in mp.__all__ if isinstance(getattr(mp, name), ModuleType)]
    assert len(mp.__all__) - len(rooms) <= 30  # functions and classes
    assert len(rooms) <= 15
    assert mp.__all__ == sorted(mp.__all__)
    assert set(dir(mp)) == {*mp.__all__, "__version__"}
    with pytest.raises(AttributeError, match="powr"):
        mp.powr  # noqa: B018
    # `mp.power` is the function, whatever was imported before.
    code = (
        "import mdppower.measures.power, mdppower.cli.main, mdppower as mp;"
        "print(callable(mp.power), mp.envs.fork(2).n_states)"
    )
    assert python(code, tmp_path) == "True 3"


def test_a_face_hands_on_what_others_define():
    """Names of a folder within, and of another room, are those of the face that its users open."""
    from mdppower.learning.coins.training import coin_flips
    from mdppower.success_rates.monitoring import monitor

    assert mp.learning.monitor is monitor
    assert mp.learning.coin_flips is coin_flips
    assert {"monitor", "coin_flips", "train"} <= set(dir(mp.learning))
    with pytest.raises(AttributeError, match=r"mdppower\.learning.* monitr"):
        mp.learning.monitr  # noqa: B018


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_every_name_of_a_face_is_there_and_documented(face):
    """The examples run with the other doctests (scripts/test)."""
    folder = Path(face.__file__).parent
    for name in face.__all__:
        thing = getattr(face, name)
        assert thing.__doc__, name
        assert isinstance(thing, type | ModuleType | tuple) or ">>> " in thing.__doc__, f"{name} has no example"
        # A file of that name would hide it once anything had imported the file; not where a face loads all at once.
        if not isinstance(thing, ModuleType) and face is not mp.envs:
            assert not (folder / f"{name}.py").exists(), name
            assert not (folder / name).exists(), name


def test_every_class_of_the_package_itself_and_every_kind_of_error_has_an_example():
    classes = [thing for name in mp.__all__ if isinstance(thing := getattr(mp, name), type)]
    kinds = [
        thing
        for thing in vars(mp.errors).values()
        if isinstance(thing, type) and thing.__module__ == "mdppower.errors"
    ]
    assert len(classes) > 10
    assert len(kinds) > 10
    assert [thing for thing in classes + kinds if ">>> " not in thing.__doc__] == []
    assert [kind for kind in kinds if getattr(mp, kind.__name__) is not kind] == []


def test_a_checkout_without_symbolic_links_says_so(tmp_path):
    """Git on Windows may write the link mdppower/envs as a text file: nothing could be imported from it."""
    copy = tmp_path / "mdppower"
    shutil.copytree(ROOT / "mdppower", copy, ignore=shutil.ignore_patterns("__pycache__", "envs"))
    (copy / "envs").write_text("../envs")
    others = next(p for p in sys.path if p.endswith("site-packages"))
    code = f"import sys; sys.path.append({others!r}); import mdppower"  # -S: without what an editable install adds
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert "ImportError: mdppower/envs, a symbolic link to ../envs, is no folder" in done.stderr
    assert "git config core.symlinks true" in done.stderr


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] * (page.parent.name in LONG or page in PAGES[:2]))
        for page in PAGES
    ],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_pages_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # they save files
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried > 5
    assert failed == 0


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("[A-Z]*.md"), *(ROOT / "scripts").rglob("*.md")], ids=str)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    for target in (t for t in targets if not t.startswith("https://")):
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}, target


def test_every_picture_is_shown_by_a_page():
    shown = {
        (page.parent / name).resolve()
        for page in [*PAGES, *(ROOT / "scripts").rglob("*.md")]
        for name in re.findall(r"\]\(([^)]+\.png)\)", page.read_text(encoding="utf-8"))
    }
    assert {path.resolve() for path in (ROOT / "scripts").rglob("*.png")} == shown


@pytest.mark.slow
@pytest.mark.parametrize("first", ["mdppower", "gymnasium"])
def test_gymnasium_knows_our_environments_whatever_is_imported_first(tmp_path, first):
    second = {"mdppower": "gymnasium", "gymnasium": "mdppower"}[first]
    code = (
        f"import {first}; import {second}; import gymnasium as gym;"
        "env = gym.make('mdppower:mdppower/GridWorld-v0', map='maze'); print(env.observation_space.n)"
    )
    assert python(code, tmp_path) == "31"


@pytest.mark.slow
def test_gymnasium_alone_finds_our_environments_through_the_module_in_the_id(tmp_path):
    code = "import gymnasium; print(gymnasium.make('mdppower:mdppower/GridWorld-v0').observation_space.n)"
    assert python(code, tmp_path) == "31"


@pytest.mark.slow
def test_editable_install_works_from_anywhere(tmp_path):
    code = "import mdppower as mp; print(mp.envs.make('maze').n_states, len(mp.envs.catalog()) > 10)"
    assert python(code, tmp_path) == "31 True"


USE = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
import mdppower as mp

if __name__ == "__main__":
    fork = mp.envs.make("fork(3)")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = mp.power(fork, [0, 0.9, 1], samples=64, rng=0, executor=pool)
    here = mp.power(fork, [0, 0.9, 1], samples=64, rng=0)
    print((there.mean == here.mean).all(), (there.stderr == here.stderr).all())
    print(mp.envs.make("robot-face").n_states, files("mdppower").joinpath("py.typed").is_file(), mp.__file__)
"""


@pytest.mark.slow
def test_sdist_and_wheel_work_from_anywhere(tmp_path):
    """Build an sdist, from it a wheel; unpack that into an empty environment, and use it outside the checkout.

    (The dependencies are those of the environment that runs this test, through a .pth file.)
    """
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    (sdist,) = tmp_path.glob("*.tar.gz")
    held = {name.removeprefix("mdppower/") for name in zipfile.ZipFile(wheel).namelist()}
    places = [(ROOT / "mdppower", ""), (ROOT / "envs", "envs/")]
    ours = {
        f"{prefix}{path.relative_to(folder)}"
        for folder, prefix in places
        for kind in ("*.py", "*.pyi", "*.txt", "py.typed", "page/*")
        for path in folder.rglob(kind)
    }
    assert len(ours) > 190
    assert ours - held == set()
    with tarfile.open(sdist) as packed:
        inside = {name.split("/", 1)[-1] for name in packed.getnames()}
    assert {"pyproject.toml", "README.md", "mdppower/__init__.pyi", "mdppower/measures/power.py"} <= inside

    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    site = home / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)  # all that pip does with a wheel without scripts
    (site / "dependencies.pth").write_text(next(p for p in sys.path if p.endswith("site-packages")) + "\n")
    # What a worker unpickles names modules by their paths: they must be importable in a fresh process.
    (tmp_path / "use.py").write_text(USE)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["NUMBA_DISABLE_JIT"] = "1"  # to compile for a new place would take most of the time
    own = str(home / "bin" / "python")
    done = subprocess.run([own, "use.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.split()[:4] == ["True", "True", "220", "True"], done.stderr
    assert str(home) in done.stdout
    # From a zip, too, as Spark and others ship packages.
    zipped = (
        f"import sys; sys.path.insert(0, {str(wheel)!r}); import mdppower as mp; print(mp.envs.fork(2), mp.__file__)"
    )
    assert str(wheel) in python(zipped, tmp_path)

"""The house as it stands: rooms on disk, the import contract and ARCHITECTURE.md agree, and only forwards climb."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import mdppower

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mdppower"
FLOORS, CIRCLES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
FLOOR = {
    room.strip(): number
    for number, rooms in enumerate(reversed(FLOORS["layers"]), start=1)
    for room in rooms.split("|")
}
ROOMS = sorted({path.parent.name for path in PACKAGE.glob("*/*.py")})
FOLDERS = sorted({*ROOMS, *(str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.glob("*/**/*.py"))})
"""Rooms, and folders within them."""
FORWARDS = re.compile(r"optimal_actions|plot|save|load|to_\w+|from_\w+|_repr_\w+_")
"""Methods that may reach up: results that show or write themselves, and constructors."""


class Import(NamedTuple):
    """An import of one of our modules: who, what, and in which functions it stands, from the outermost."""

    importer: str
    imported: str
    name: str
    inside: tuple[str, ...]


def module(path: Path) -> str:
    parts = ("mdppower", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# rglob does not follow links, and mdppower/envs may be one.
SOURCES = {module(path): path for folder in (PACKAGE, PACKAGE / "envs") for path in folder.rglob("*.py")}
FUNCTIONS = {f"mdppower.envs.{name}" for name in mdppower.envs.__all__}
"""What `from mdppower.envs import …` gives: its face loads at once, so that files and functions may share names."""


def imports(importer: str, node: ast.AST, inside: tuple[str, ...] = ()) -> Iterator[Import]:
    """Every import of the package that a module makes from itself, wherever in the file it stands."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue  # an import is a statement, and no expression holds one
        if isinstance(child, ast.ImportFrom) and (child.module or "").split(".")[0] == "mdppower":
            for name in child.names:
                whole = f"{child.module}.{name.name}"
                module = whole if whole in SOURCES and whole not in FUNCTIONS else str(child.module)
                yield Import(importer, module, name.name, inside)
        elif isinstance(child, ast.Import):
            for name in child.names:
                if name.name.split(".")[0] == "mdppower":
                    yield Import(importer, name.name, "", inside)
        named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        within = (*inside, child.name) if isinstance(child, named) else inside
        yield from imports(importer, child, within)


def tree(name: str) -> ast.Module:
    return ast.parse(SOURCES[name].read_text(encoding="utf-8"))


@cache
def all_imports() -> list[Import]:
    return [found for importer in SOURCES for found in imports(importer, tree(importer))]


def room(name: str) -> str:
    return name.split(".")[1]


def climbs(found: Import) -> bool:
    """Whether an import goes to a floor that is not below, outside its own room."""
    if found.importer.count(".") == 0 or found.importer == "mdppower.__main__" or found.imported == "mdppower":
        return False
    here, there = room(found.importer), room(found.imported)
    return here != there and FLOOR[there] >= FLOOR[here]


def test_rooms_on_disk_are_those_of_the_contract():
    loose = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", *FLOORS["exhaustive_ignores"]}
    assert {*ROOMS, *loose} == set(FLOOR)
    assert FLOORS["exhaustive"]
    assert CIRCLES["ancestors"] == ["mdppower.*"]


def test_architecture_tells_of_the_same_rooms_on_the_same_floors():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| \[(\w+)\]\(([\w/.]+)\) \| (.+) \|$", text, re.MULTILINE)
    assert {name: int(floor) for floor, name, _, _ in rows} == FLOOR
    assert len(rows) == len(FLOOR)
    assert [place for _, _, place, _ in rows if not (ROOT / place).exists()] == []
    picture = dict(re.findall(r"^ ?(\d+)  ((?:\w+(?: +|$))+)", text, re.MULTILINE))
    drawn = {name: int(floor) for floor, names in picture.items() for name in names.split() if name in FLOOR}
    assert drawn == FLOOR


def test_nothing_climbs_but_what_the_contract_lists():
    """Imports inside functions count, and so do those for type checkers alone."""
    up = {f"{found.importer} -> {found.imported}" for found in all_imports() if climbs(found)}
    assert up == set(FLOORS["ignore_imports"])
    assert len(all_imports()) > 800


def test_what_climbs_is_a_method_that_forwards():
    for found in all_imports():
        if climbs(found):
            assert len(found.inside) == 2, found  # a method of a class
            assert FORWARDS.fullmatch(found.inside[1]), found


def test_climbing_is_seen():
    """The check would see an import that is hidden in a function, and one that is for type checkers alone."""
    assert climbs(Import("mdppower.mdp.graph", "mdppower.files.netcdf", "load", ("adjacency",)))
    assert climbs(Import("mdppower.solvers.gain", "mdppower.rewards.laws", "law", ()))  # of one floor
    assert not climbs(Import("mdppower.files.netcdf", "mdppower.mdp.model", "RewardlessMDP", ()))
    assert not FORWARDS.fullmatch("adjacency")


def test_names_are_imported_from_the_module_that_defines_them():
    """Never from a face: no circles, no hidden cost, and the linter sees the true arrows."""
    faces = {"mdppower", *(f"mdppower.{name}".replace("/", ".") for name in FOLDERS)}
    assert [found for found in all_imports() if found.imported in faces and found.name != "__version__"] == []


@pytest.mark.slow
def test_imports_can_be_seen():
    """No relative import, none by a string: no reader would find it. Modules of users' own are not ours."""
    for name in SOURCES:
        if name == "mdppower.adapters.own_modules":
            continue
        for node in ast.walk(tree(name)):
            assert not (isinstance(node, ast.ImportFrom) and node.level), name
            called = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
            assert called not in ("import_module", "__import__"), name


def rows_of_tables(text: str) -> set[str]:
    """The first words of the rows of a docstring's tables, but for those of a head."""
    rows: set[str] = set()
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if lines[0].startswith("==="):
            rules = [k for k, line in enumerate(lines) if line.startswith("===")]
            rows |= {line.split()[0] for line in lines[rules[-2] + 1 : rules[-1]]}
    return rows - {"\\"}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_face_tells_its_files(name):
    folder = PACKAGE / name
    told = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    inside = {path.stem for path in folder.glob("*.py")} | {path.name for path in folder.glob("[a-z]*/")}
    assert rows_of_tables(told) == inside - {"__init__"}
    assert (ROOT / "tests" / name).is_dir()


def test_every_file_of_commands_is_loaded():
    """A file that `main` does not import would add no command, and nobody would miss it."""
    files = {path.stem for path in (PACKAGE / "cli").glob("*.py")}
    files -= {"__init__", "characters", "headings", "interrupts", "main", "options", "pictures", "rewards",
              "standard_input"}  # fmt: skip
    loaded = {found.imported.rpartition(".")[2] for found in all_imports() if found.importer == "mdppower.cli.main"}
    assert files <= loaded


def test_faces_that_load_lazily_are_stubs():
    stubs = sorted(PACKAGE.glob("*/__init__.pyi"))
    assert [path.parent.name for path in stubs] == sorted(
        name for name in mdppower.__all__ if name in ROOMS and name != "envs"
    )


def test_tests_mirror_the_rooms():
    """A file of tests has the name of what it tests; a few look at a claim and not at a file."""
    about_a_claim = {
        "cli/test_stores.py",
        "measures/test_complexity_identities.py",
        "measures/test_stored_runs.py",
        "montecarlo/test_processes.py",
        "measures/test_unfinished_runs.py",
        "solvers/test_certified_gaps.py",
    }
    for path in (ROOT / "tests").glob("*/**/test_*.py"):
        place = path.relative_to(ROOT / "tests")
        if place.parts[0] == "browser":  # of what the browser is given
            assert [*(PACKAGE / "explorer" / "page").glob(f"{path.stem.removeprefix('test_')}.*")], place
        elif place.parts[0] != "scripts" and str(place) not in about_a_claim:
            assert ".".join(("mdppower", *place.parent.parts, path.stem.removeprefix("test_"))) in SOURCES, place

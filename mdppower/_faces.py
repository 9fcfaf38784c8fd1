"""Public names of a package, read from the stub beside its `__init__.py`: one list for Python and for type checkers.

`lazy_loader.attach_stub` does the same with a file; this reads the stub through the package's loader, so that a
zipped package works, and as UTF-8 on every machine.
"""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Callable
from typing import Any

import lazy_loader


def attach(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__, __dir__, __all__`` of a package: names load what they need on first use.

    Parameters
    ----------
    package : str
        Its `__init__.pyi` has lines ``from . import room as room`` and ``from .file import name as name``; and, of
        what another room defines, ``from ..room.file import name as name``.
    """
    stub = pkgutil.get_data(package, "__init__.pyi")
    assert stub is not None
    modules: set[str] = set()
    names: dict[str, list[str]] = {}
    elsewhere: dict[str, list[str]] = {}
    for node in ast.parse(stub).body:
        if isinstance(node, ast.ImportFrom):
            found = [alias.name for alias in node.names]
            if node.module is None:
                modules.update(found)
            else:
                (names if node.level == 1 else elsewhere).setdefault(node.module, []).extend(found)
    own, _, defined = lazy_loader.attach(package, modules, names)
    others, _, handed_on = lazy_loader.attach(package.rpartition(".")[0], None, elsewhere)
    every = sorted(defined + handed_on)

    def get(name: str) -> Any:
        return (others if name in handed_on else own)(name)

    return get, every.copy, every

"""Our Gymnasium environments, registered without loading Gymnasium.

Gymnasium 1.x has no entry points: ``gym.make("mdppower:mdppower/GridWorld-v0")`` imports mdppower and expects the
environments to be registered then. Importing Gymnasium at that place would cost every user of mdppower its load
time, so they are registered at once where it is loaded already, and otherwise as soon as its registry has been.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

REGISTRY = "gymnasium.envs.registration"

ENTRY_POINTS = {
    "mdppower/GridWorld-v0": "mdppower.envs.gridworld_env:GridWorldEnv",
    "mdppower/Tabular-v0": "mdppower.envs.tabular:TabularEnv",
}


def register_when_loaded() -> None:
    """Register our environments now if Gymnasium is loaded, else when it is."""
    if REGISTRY in sys.modules:
        _register(sys.modules[REGISTRY])
    elif not any(isinstance(finder, _Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiting())


def _register(registration: ModuleType) -> None:
    for name, entry_point in ENTRY_POINTS.items():
        if name not in registration.registry:
            registration.register(id=name, entry_point=entry_point)


class _Waiting(MetaPathFinder):
    """Sees the import of Gymnasium's registry once, and adds our environments after it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != REGISTRY:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Registering(spec.loader)
        return spec


class _Registering(Loader):
    """Loads the registry as its own loader does, then registers."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _register(module)

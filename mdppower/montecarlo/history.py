"""When numbers were made, and by which versions of what they depend on."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version


def made_now() -> dict[str, str]:
    """The time, and the versions of what numbers depend on."""
    return {"created": datetime.now(UTC).isoformat(timespec="seconds"), **_versions()}


@cache
def _versions() -> dict[str, str]:
    versions = {name: version(name) for name in ("mdppower", "numpy", "scipy", "numba")}
    return versions | {"python": platform.python_version(), "machine": platform.machine()}

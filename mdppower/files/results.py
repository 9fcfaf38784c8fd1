"""Results as files."""

from __future__ import annotations

import os
from typing import Any

from mdppower.files.netcdf import save_dataset
from mdppower.results.result import saved_as_table


def save_result(result: Any, path: str | os.PathLike[str]) -> None:
    """Write a result: as labelled arrays (.nc), or its table (.csv, .json)."""
    if not saved_as_table(result, path):
        save_dataset(result.to_xarray(), path)

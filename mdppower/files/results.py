"""Results as files: tables as text, and sealed NetCDF from which `mdppower.load` makes the same result.

A `.nc` file has, for other programs, the variables of the result's ``to_xarray()``; and for `load` a header that
says which fields the result has, with the arrays `kept_1`, `kept_2`, … beside it. What each kind has is in
`mdppower.files.result_kinds`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._schema import LARGEST_INDEX, Misfit, anything, one_of, record, several, text, whole
from mdppower._text import cut
from mdppower.errors import MDPPowerError, ParameterError
from mdppower.files.result_kinds import KINDS, kind_of
from mdppower.files.sealed import MOST_NAMES, PathLike, suffix_of, told_as_file_error, write_sealed
from mdppower.files.stored_arrays import read_any
from mdppower.measures.stored_calls import Reader, Writer
from mdppower.results.result import saved_as_table

if TYPE_CHECKING:
    import h5py
    import xarray as xr

LONGEST = 1000
"""Characters of a text for other programs."""


def save_result(result: Any, path: PathLike) -> None:
    """Write a result to a file.

    Parameters
    ----------
    result : one of the classes of `mdppower.files.result_kinds`
    path : str or path
        Ends in ``.nc``, for `mdppower.load`; or in ``.csv`` or ``.json``, for the table.

    Raises
    ------
    ParameterError
        It ends otherwise.
    FileError
        The file cannot be written.
    """
    suffix = suffix_of(path)
    if hasattr(result, "table") and saved_as_table(result, path):
        return
    kind = kind_of(result)
    if suffix != ".nc" or kind not in KINDS:
        known = ".nc, .csv or .json" if hasattr(result, "table") else ".nc"
        raise ParameterError(f"{kind} is saved as {known}; got {os.fspath(path)!r}")
    import xarray as xr

    with told_as_file_error(path):
        writer = Writer()
        form = KINDS[kind]
        fields = form.write(result, writer)
        data = _for_others(result) if form.at_hand(result) else xr.Dataset()
        for k, array in enumerate(writer.arrays, 1):
            stored = array.astype(np.int8) if array.dtype == bool else array
            data[f"kept_{k}"] = (_dimensions(array.shape), stored)
        header = {
            "kind": "result", "type": kind, "fields": fields, "mdps": writer.mdps, "arrays": len(writer.arrays)
        }  # fmt: skip
        write_sealed(data, header, path)


def read_result(file: h5py.File, header: Any) -> Any:
    """The result of an open file, whose header is JSON; a FileError where it is none."""
    try:
        told = record({
            "kind": text(), "type": one_of(*KINDS), "fields": anything, "mdps": several(anything),
            "arrays": whole(0, LARGEST_INDEX),
        })(header)  # fmt: skip
    except Misfit as error:
        raise error.inside("header") from None
    arrays = [np.empty(0), *read_any(file, "kept_", told["arrays"])]
    reader = Reader(arrays, told["mdps"])
    try:
        return KINDS[told["type"]].read(told["fields"], reader, {})
    except Misfit as error:
        raise error.inside(told["type"]) from None


def _dimensions(shape: tuple[int, ...]) -> tuple[str, ...]:
    """Names of the axes of an array, alike for those of one size; in one array no two are the same."""
    return tuple(f"kept_size_{size}{'x' * shape[:axis].count(size)}" for axis, size in enumerate(shape))


def _for_others(result: Any) -> xr.Dataset:
    """The labelled arrays of the result, with texts that any program can hold; none where there are none."""
    import xarray as xr

    if isinstance(result, xr.Dataset):
        data = result.copy()
    elif not hasattr(result, "to_xarray"):
        return xr.Dataset()
    else:
        try:
            data = result.to_xarray()
        except MDPPowerError:  # too large for an array of all cells
            return xr.Dataset()
    texts = [name for name, variable in data.variables.items() if variable.dtype.kind in "OUS"]
    for name in texts:
        variable = data[name]
        if variable.size > MOST_NAMES:
            data = data.drop_vars([name])
        else:
            values = np.array([cut(str(x), LONGEST) for x in variable.values.ravel().tolist()], dtype=object)
            data[name] = (variable.dims, values.reshape(variable.shape), variable.attrs)
    data.attrs = {str(name): cut(x, LONGEST) if isinstance(x, str) else x for name, x in data.attrs.items()}
    return data

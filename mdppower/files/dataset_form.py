"""What is kept of labelled arrays (xarray) that have no class of their own: `compare_all`, runs of a store."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._schema import LARGEST_INDEX, Misfit, anything, mapping, one_of, record, several, text, whole
from mdppower.files.fields import Field, Form, agree, float_text, plain, read_float


def _write_attribute(value: Any) -> list[Any]:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str):
        return ["text", value]
    return ["whole", int(value)] if isinstance(value, int) else ["number", float_text(value)]


def _read_attribute(told: Any) -> Any:
    kind, value = several(anything, 2, 2)(told)
    match one_of("text", "whole", "number")(kind):
        case "text":
            return text()(value)
        case "whole":
            return whole(-LARGEST_INDEX, LARGEST_INDEX)(value)
    return read_float(value)


_ATTRIBUTES = mapping(_read_attribute, 1000)
_VARIABLE = record({
    "dims": several(text(1000), 0, 8), "attributes": _ATTRIBUTES, "array": anything, "texts": anything,
    "shape": anything,
})  # fmt: skip


def _write_variable(value: Any, writer: Any) -> dict[str, Any]:
    given = value.values
    texts = given.dtype.kind in "OU"
    return {
        "dims": list(value.dims),
        "attributes": {str(name): _write_attribute(x) for name, x in value.attrs.items()},
        "array": None if texts else writer.array(given),
        "texts": [str(x) for x in given.ravel().tolist()] if texts else None,
        "shape": list(given.shape),
    }


def _read_variable(told: Any, parts: Any, sizes: Any) -> tuple[tuple[str, ...], Any, dict[str, Any]]:
    given = _VARIABLE(told)
    dims = tuple(given["dims"])
    if len(set(dims)) < len(dims):
        raise Misfit("different dimensions", list(dims), ".dims")
    if given["texts"] is None:
        values = parts.array(given["array"])
    else:
        texts, shape = several(text())(given["texts"]), several(whole(0, LARGEST_INDEX), 0, 8)(given["shape"])
        if np.prod(shape, dtype=object) != len(texts):
            raise Misfit(f"the shape of {len(texts):,} texts", shape, ".shape")
        values = np.array(texts, dtype=object if not texts else None).reshape(shape)
    agree(sizes, dims, values.shape, values)
    return dims, values, given["attributes"]


def _many_variables() -> Field:
    def read(told: Any, parts: Any, sizes: Any) -> dict[str, Any]:
        found = {}
        for name, value in mapping(anything, 1000)(told).items():
            try:
                found[name] = _read_variable(value, parts, sizes)
            except Misfit as error:
                raise error.inside(f"[{name!r}]") from None
        return found

    return Field(lambda value, writer: {str(k): _write_variable(v, writer) for k, v in value.items()}, read)


def _dataset(variables: Any, coordinates: Any, attributes: Any) -> Any:
    import xarray as xr

    return xr.Dataset(variables, coordinates, attributes)


DATASET = Form(
    _dataset,
    {
        "coordinates": _many_variables(),
        "variables": _many_variables(),
        "attributes": Field(
            lambda value, _: {str(name): _write_attribute(x) for name, x in value.items()},
            plain(_ATTRIBUTES).read,
        ),
    },
    take=lambda data: {"coordinates": data.coords, "variables": data.data_vars, "attributes": data.attrs},
)

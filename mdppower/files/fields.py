"""A result as fields: how each is written, and how it is read and checked, in one line.

A `Form` has a field for all that a result follows from. Small things become JSON; arrays, MDPs, rewards and options
go through `mdppower.measures.stored_calls`. What is read was written by anybody: each field checks its type, its size
and its bounds, and the form whether they fit together, before the result is made. Sizes have names, as in
`mdppower.files.stored_arrays`: the first field that has one says how many, and all must agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from numbers import Rational
from typing import Any, NamedTuple

import numpy as np

from mdppower._horizon import Horizon
from mdppower._schema import (
    LARGEST_INDEX,
    Misfit,
    Reader,
    anything,
    checked,
    fraction,
    label,
    one_of,
    real,
    record,
    several,
    whole,
)
from mdppower._text import fraction_text
from mdppower._typing import AnyArray
from mdppower.measures.stored_calls import Reader as Parts
from mdppower.measures.stored_calls import Writer, read_rate, stored_rate

INF = math.inf
Sizes = dict[str, int]


class Field(NamedTuple):
    """How a value is written, and read again: from what JSON has, the parts beside it, and the sizes so far."""

    write: Callable[[Any, Writer], Any]
    read: Callable[[Any, Parts, Sizes], Any]


class Form(NamedTuple):
    """What is kept of a result.

    Attributes
    ----------
    make : callable
        Makes it from its fields, by name.
    fields : dict from str to Field
        In the order in which they are read.
    take : callable, optional
        The values of the fields; by default its attributes of these names.
    check : callable, optional
        Raises Misfit where the values do not fit together.
    at_hand : callable, optional
        Whether the labelled arrays of a result are to be had at once; of others a file has none.
    """

    make: Callable[..., Any]
    fields: Mapping[str, Field]
    take: Callable[[Any], Mapping[str, Any]] | None = None
    check: Callable[[Any], None] | None = None
    at_hand: Callable[[Any], bool] = lambda _: True

    def write(self, value: Any, writer: Writer) -> dict[str, Any]:
        """The fields of a result, as JSON can hold them."""
        given = {name: getattr(value, name) for name in self.fields} if self.take is None else self.take(value)
        return {name: field.write(given[name], writer) for name, field in self.fields.items()}

    def read(self, told: Any, parts: Parts, sizes: Sizes) -> Any:
        """The result of such fields; Misfit where they are none."""
        given = record(dict.fromkeys(self.fields, anything))(told)
        found = {}
        for name, field in self.fields.items():
            try:
                found[name] = field.read(given[name], parts, sizes)
            except Misfit as error:
                raise error.inside(f".{name}") from None
        if self.check is not None:
            self.check(found)
        return self.make(**found)


# ---------------------------------------------------------------------- single values


def plain(reader: Reader) -> Field:
    """What JSON holds as it is."""
    return Field(lambda value, _: value, lambda told, *_: reader(told))


def number(low: float = -INF, high: float = INF, *, nan: bool = False) -> Field:
    """A float between these; or NaN, if it may be."""
    return Field(lambda value, _: float_text(value), lambda told, *_: read_float(told, low, high, nan=nan))


def float_text(value: float) -> float | str:
    """A float; as a text where it is infinite or NaN, which JSON does not know."""
    return float(value) if math.isfinite(value) else repr(float(value))


def read_float(told: Any, low: float = -INF, high: float = INF, *, nan: bool = True) -> float:
    """What `float_text` gave: between these, or NaN."""
    if nan and told == "nan":
        return math.nan
    known = {"inf": INF, "-inf": -INF}
    found: float = real(low, high, finite=False)(known.get(told, told) if isinstance(told, str) else told)
    return found


def labels(size: str) -> Field:
    """Texts, integers, or tuples of these; one or more."""

    def read(told: Any, _: Parts, sizes: Sizes) -> tuple[Any, ...]:
        found = several(label, 1)(told)
        agree(sizes, (size,), (len(found),), found)
        return tuple(found)

    return Field(lambda value, _: list(value), read)


def one_rate() -> Field:
    """A discount rate, or a horizon."""
    return Field(
        lambda value, _: stored_rate(value),
        lambda told, *_: read_rate(told) if isinstance(told, dict) else read_float(told, 0, 1, nan=False),
    )


def rates(size: str = "gamma", *, horizons: bool = False) -> Field:
    """Different discount rates, or horizons, if it may be these; or NaN alone, for what has none."""

    def one(told: Any) -> float:
        return read_rate(told) if horizons and isinstance(told, dict) else read_float(told, 0, 1)

    def read(told: Any, _: Parts, sizes: Sizes) -> tuple[float, ...]:
        found = tuple(several(one, 1)(told))
        if len({isinstance(x, Horizon) for x in found}) > 1:
            raise Misfit("discount rates or horizons, not both", list(found))
        if len(found) > 1 and (len(set(found)) < len(found) or any(map(math.isnan, found))):
            raise Misfit("different rates", list(found))
        agree(sizes, (size,), (len(found),), found)
        return found

    return Field(lambda value, _: [stored_rate(x) if isinstance(x, Horizon) else float_text(x) for x in value], read)


# ---------------------------------------------------------------------- arrays


def array(
    kind: str,
    *shape: str | int,
    low: float = -INF,
    high: float | str = INF,
    finite: bool = True,
    rising: bool = False,
    nan: bool = False,
) -> Field:
    """Numbers.

    Parameters
    ----------
    kind : str
        Of NumPy: ``"f8"``, ``"i8"``, ``"i4"``; or ``"?"``.
    *shape : str or int
        Sizes, by name; those that are known are numbers.
    low, high, finite, rising, nan
        See `mdppower._schema.checked`; `high` may be the name of a size, below which they are.
    """
    stored = np.dtype("i1" if kind == "?" else kind)

    def write(value: Any, writer: Writer) -> int:
        return writer.array(np.ascontiguousarray(value, stored).reshape(np.shape(value)))

    def read(told: Any, parts: Parts, sizes: Sizes) -> AnyArray:
        found = parts.array(told)
        if found.dtype != stored:
            raise Misfit(f"an array of {stored}", f"{found.dtype} of shape {found.shape}")
        agree(sizes, shape, found.shape, found)
        most = 1 if kind == "?" else sizes[high] - 1 if isinstance(high, str) else high
        least = 0 if kind == "?" else low
        checked(found, found.shape, stored.kind, least, most, finite=finite, rising=rising, nan=nan)
        return found.astype(bool) if kind == "?" else found

    return Field(write, read)


def exact_numbers(*shape: str | int, floats: bool = False) -> Field:
    """Fractions; or floats among them, if these may be."""

    def write(value: Any, _: Writer) -> Any:
        flat = [fraction_text(x) if isinstance(x, Rational) else float(x) for x in np.ravel(value).tolist()]
        return {"shape": list(np.shape(value)), "numbers": flat}

    def one(told: Any) -> Fraction | float:
        return real()(told) if floats and isinstance(told, float) else fraction(told)

    def read(told: Any, _: Parts, sizes: Sizes) -> AnyArray:
        given = record({"shape": several(whole(0, LARGEST_INDEX), 0, 8), "numbers": several(one)})(told)
        if math.prod(given["shape"]) != len(given["numbers"]):
            raise Misfit(f"{math.prod(given['shape']):,} numbers", given["numbers"], ".numbers")
        agree(sizes, shape, tuple(given["shape"]), given["numbers"])
        found = np.empty(len(given["numbers"]), dtype=object)
        found[:] = given["numbers"]
        return found.reshape(given["shape"])

    return Field(write, read)


def agree(sizes: Sizes, names: Sequence[str | int], shape: Sequence[int], value: Any) -> None:
    """Raise Misfit unless the sizes are those that are known; remember those that are not."""
    if len(shape) != len(names):
        raise Misfit(f"of {len(names)} dimensions", f"shape {tuple(shape)}")
    for name, size in zip(names, shape, strict=True):
        wanted = name if isinstance(name, int) else sizes.setdefault(name, size)
        if size != wanted:
            along = "" if isinstance(name, int) else f" along {name!r}"
            raise Misfit(f"of size {wanted:,}{along}", f"shape {tuple(shape)}")


# ---------------------------------------------------------------------- things


def mdp(states: str | None = None, pairs: str | None = None) -> Field:
    """An MDP, whose sizes get these names."""

    def read(told: Any, parts: Parts, sizes: Sizes) -> Any:
        found = parts.mdp(told)
        for name, size in ((states, found.n_states), (pairs, found.n_pairs)):
            if name is not None:
                agree(sizes, (name,), (size,), found)
        return found

    return Field(lambda value, writer: writer.put(value), read)


def rewards(states: str, pairs: str | None = None) -> Field:
    """A reward distribution over that many states, or pairs; of a user's own code the name."""

    def read(told: Any, parts: Parts, sizes: Sizes) -> Any:
        found = parts.rewards(told, sizes[states] if pairs is None else LARGEST_INDEX)
        if found.on == "pairs" and pairs is None:
            raise Misfit("rewards of states", found.name)
        agree(sizes, (pairs if pairs is not None and found.on == "pairs" else states,), (len(found.low),), found)
        return found

    return Field(lambda value, writer: writer.put(value), read)


def option(states: str) -> Field:
    """An option about that many states."""

    def read(told: Any, parts: Parts, sizes: Sizes) -> Any:
        found = parts.option(told)
        agree(sizes, (states,), (len(found.states),), found)
        return found

    return Field(lambda value, writer: writer.put(value), read)


# ---------------------------------------------------------------------- values of values


def optional(field: Field) -> Field:
    """Null, or that."""
    return Field(
        lambda value, writer: None if value is None else field.write(value, writer),
        lambda told, parts, sizes: None if told is None else field.read(told, parts, sizes),
    )


def part(form: Form, *, alone: bool = False) -> Field:
    """What has a form of its own; `alone`: with sizes of its own."""
    return Field(form.write, lambda told, parts, sizes: form.read(told, parts, {} if alone else sizes))


def many(field: Field, least: int = 0, most: int | None = None) -> Field:
    """A tuple of such things."""

    def read(told: Any, parts: Parts, sizes: Sizes) -> tuple[Any, ...]:
        return tuple(several(lambda one: field.read(one, parts, sizes), least, most)(told))

    return Field(lambda value, writer: [field.write(one, writer) for one in value], read)


def one_form_of(forms: Mapping[str, tuple[type, Form]]) -> Field:
    """One of some classes, each with its form."""

    def write(value: Any, writer: Writer) -> dict[str, Any]:
        name, form = next((name, form) for name, (kind, form) in forms.items() if type(value) is kind)
        return {"kind": name, "fields": form.write(value, writer)}

    def read(told: Any, parts: Parts, sizes: Sizes) -> Any:
        given = record({"kind": one_of(*forms), "fields": anything})(told)
        return forms[given["kind"]][1].read(given["fields"], parts, sizes)

    return Field(write, read)

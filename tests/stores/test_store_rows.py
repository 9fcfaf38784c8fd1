"""Arrays in bytes: every type and shape comes back in all bits, and a header that lies is refused before it costs."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from stores import same

from mdppower.errors import FileError, ParameterError
from mdppower.stores.store_rows import pack, row_bytes, unpack

TYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


@pytest.mark.slow
@given(st.data())
def test_there_and_back(data):
    n = data.draw(st.integers(0, 4))
    shapes = data.draw(st.lists(arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), max_size=3))
    rows = tuple(data.draw(arrays.arrays(data.draw(st.sampled_from(TYPES)), (n, *shape))) for shape in [(), *shapes])
    assert same(unpack(pack(rows)), rows)


def test_layout_and_byte_order_are_not_kept_but_the_numbers_are():
    a = np.arange(24.0).reshape(2, 3, 4)
    for given_ in (a[:, ::2, ::-1], np.asfortranarray(a), a.astype(">f8"), a[::-1]):
        (found,) = unpack(pack((given_,)))
        assert found.dtype == np.float64
        assert found.flags.c_contiguous
        assert found.flags.writeable
        assert np.array_equal(found, given_)
    assert pack((a.astype(">f8"),)) == pack((a,))


def test_the_bytes_are_those_that_the_page_says():
    """4 bytes of length, the header, then 1.0 = 0x3FF0000000000000, the least byte first, and True."""
    header = b'[{"type":"<f8","shape":[1]},{"type":"|b1","shape":[1]}]'
    assert pack((np.ones(1), np.ones(1, bool))) == b"\x37\0\0\0" + header + b"\0\0\0\0\0\0\xf0\x3f" + b"\1"
    assert row_bytes((np.ones((5, 3)), np.ones(5, bool))) == 25


WRONG_ROWS = {
    "objects": (np.array([None]),),
    "complex": (np.ones(1, complex),),
    "long floats": (np.ones(1, np.longdouble),),
    "texts": (np.array(["a"]),),
    "records": (np.zeros(1, "f8,i4"),),
    "times": (np.zeros(1, "M8[s]"),),
    "no rows": (np.float64(1.0),),
    "other many rows": (np.ones(2), np.ones(3)),
    "none": (),
    "too many": (np.ones(1),) * 257,
    "too many axes": (np.ones((1,) * 9),),
}


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_what_is_no_number_is_not_stored(name):
    if name == "long floats" and np.dtype(np.longdouble).itemsize == 8:
        pytest.skip("they are floats of 64 bits here")
    with pytest.raises(ParameterError, match="stored"):
        pack(WRONG_ROWS[name])


def packed(header, data=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(header).to_bytes(4, "little") + header + data


F8 = {"type": "<f8", "shape": [1]}
WRONG_BYTES = {
    "nothing": b"",
    "three bytes": b"\0\0\0",
    "no header": b"\0\0\0\0" + bytes(8),
    "a header longer than all": b"\xff\xff\xff\xff[]",
    "no JSON": packed(b"[{", bytes(8)),
    "no ASCII": packed(b'"\xff"', bytes(8)),
    "deep": packed(b"[" * 60000, bytes(8)),
    "no list": packed(F8, bytes(8)),
    "no arrays": packed([]),
    "another field": packed([F8 | {"offset": 0}], bytes(8)),
    "a pickle": packed([{"type": "|O", "shape": [1]}], bytes(8)),
    "the other byte order": packed([{"type": ">f8", "shape": [1]}], bytes(8)),
    "records": packed([{"type": "<f8,<i4", "shape": [1]}], bytes(12)),
    "no shape": packed([{"type": "<f8", "shape": []}], bytes(8)),
    "a negative axis": packed([{"type": "<f8", "shape": [-1, -1]}], bytes(8)),
    "an axis that is true": packed([{"type": "<f8", "shape": [True]}], bytes(8)),
    "an axis that is a float": packed([{"type": "<f8", "shape": [1.0]}], bytes(8)),
    "giant": packed([{"type": "<f8", "shape": [2**40]}], bytes(8)),
    "a product beyond 64 bits": packed([{"type": "<f8", "shape": [2**40] * 8}], bytes(8)),
    "too short": packed([F8], bytes(7)),
    "too long": packed([F8], bytes(9)),
    "not as many rows": packed([F8, {"type": "<f8", "shape": [2]}], bytes(24)),
    "a flag of 2": packed([{"type": "|b1", "shape": [2]}], b"\1\2"),
}


@pytest.mark.parametrize("name", WRONG_BYTES)
def test_a_header_that_lies_is_refused_and_takes_no_memory(name):
    tracemalloc.start()
    try:
        with pytest.raises(FileError, match=r"arrays|booleans"):
            unpack(WRONG_BYTES[name])
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
    assert unpack(packed([F8], bytes(8)))[0].tolist() == [0.0]  # negative control


@given(st.binary(max_size=200))
def test_no_bytes_are_anything_but_rows_or_refused(data):
    try:
        rows = unpack(data)
    except FileError:
        return
    assert same(unpack(pack(rows)), rows)

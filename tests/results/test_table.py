"""Tables print, and become CSV, JSON and DataFrames of the same numbers."""

from __future__ import annotations

import csv
import io
import json

import pytest

import mdppower as mp
from mdppower.results.table import SHOWN, Table

TABLE = Table({"state": ["a", (0, 1)], "power": [0.1 + 0.2, 2 / 3]}, "POWER <at> γ = 0.9")


def test_a_table_is_its_columns():
    assert TABLE["power"] == [0.1 + 0.2, 2 / 3]
    assert list(TABLE) == ["state", "power"]
    assert TABLE.n_rows == 2
    assert Table({}).n_rows == 0
    with pytest.raises(mp.errors.ParameterError, match="one length"):
        Table({"a": [1], "b": []})


def test_text_ends_with_the_caption():
    assert repr(TABLE).splitlines() == [
        "state      power",
        "a            0.3",
        "(0, 1)  0.666667",
        "POWER <at> γ = 0.9",
    ]


def test_long_tables_are_cut_in_print_and_not_in_files():
    long = Table({"n": list(range(SHOWN + 1))})
    assert repr(long).splitlines()[-1] == f"… {SHOWN + 1} rows in all"
    assert len(long.csv().splitlines()) == SHOWN + 2
    assert f"{SHOWN + 1} rows in all" in long._repr_html_()


def test_every_digit_is_kept():
    rows = list(csv.DictReader(io.StringIO(TABLE.csv())))
    assert [float(row["power"]) for row in rows] == TABLE["power"]
    assert [row["power"] for row in json.loads(TABLE.json())] == TABLE["power"]
    frame = TABLE.to_dataframe()
    assert frame["power"].tolist() == TABLE["power"]
    assert frame["state"].tolist() == TABLE["state"]
    assert frame.attrs["caption"] == TABLE.caption


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_files(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    TABLE.save(path)
    assert path.read_text().rstrip("\n") == getattr(TABLE, suffix)()


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(mp.errors.ParameterError, match=r"\.csv or \.json"):
        TABLE.save(tmp_path / "x.xlsx")
    with pytest.raises(mp.errors.FileError):
        TABLE.save(tmp_path / "nowhere" / "x.csv")


def test_html_is_escaped():
    page = Table({"<b>": ["<script>"]}, "<i>")._repr_html_()
    assert "<script>" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;" in page

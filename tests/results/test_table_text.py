"""Tables: aligned text to read, CSV and JSON that give back every digit."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

import mdppower as mp
from mdppower.results.table_text import render


@pytest.fixture(scope="module")
def estimate():
    return mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=64, rng=0)


def test_long_form(estimate):
    table = estimate.table(0.9, simultaneous=True)
    assert list(table) == ["gamma", "state", "power", "stderr", "lower", "upper"]
    assert {len(column) for column in table.values()} == {62}
    assert table["power"][31:] == estimate.mean[1].tolist()
    assert table["state"][31:] == list(estimate.mdp.states)
    assert table["lower"][:31] == estimate.interval(0.9, simultaneous=True)[0][0].tolist()


def test_csv_and_json_keep_every_digit(estimate):
    table = estimate.table()
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert [float(r["power"]) for r in rows] == table["power"]
    assert rows[0]["state"] == "(0, 0)"
    records = json.loads(render(table, "json"))
    assert [r["stderr"] for r in records] == table["stderr"]
    assert records[0]["state"] == [0, 0]


def test_text_is_aligned():
    text = render({"state": ["a", (10, 2)], "power": [0.123456789, -12.0], "n": [1, 200]})
    assert text.splitlines() == [
        "state       power    n",
        "a        0.123457    1",
        "(10, 2)       -12  200",
    ]


def test_a_rate_below_one_is_not_shown_as_one():
    lines = render({"gamma": [0.9, 0.99999999, 1 - 1e-12, 1.0]}).splitlines()
    assert [line.strip() for line in lines[1:]] == ["0.9", "0.99999999", "0.999999999999", "1"]


def test_values_that_are_no_numbers():
    assert json.loads(render({"x": [np.float64(np.nan), np.inf, np.int64(3)]}, "json")) == [
        {"x": None}, {"x": None}, {"x": 3},
    ]  # fmt: skip
    assert "nan" in render({"x": [np.nan]}, "csv")
    assert render({"x": []}, "table") == "x"
    with pytest.raises(mp.ParameterError, match="'xml'"):
        render({"x": [1]}, "xml")

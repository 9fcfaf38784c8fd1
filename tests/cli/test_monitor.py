"""`mdppower monitor`: what it prints and writes, and clear refusals."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import mdppower as mp
from mdppower.envs.textmap import MOST_BYTES

CSV = "checkpoint,successes,trials,reference\n80,300,400,random\n905,400,400,random\n905,346,400,80\n"


@pytest.fixture
def counts(tmp_path):
    (tmp_path / "counts.csv").write_text(CSV)
    return "counts.csv"


def test_a_table_a_ladder_and_sentences(run, counts):
    code, out, _ = run("monitor", counts, "--range", "0,1", "--sd", "0.05")
    found = mp.learning.monitor(counts, width=1, sd=0.05)
    assert code == 0
    assert out.rstrip().endswith(found.verdict)
    assert found.table(simultaneous=True).caption in out
    assert found.ladder().caption in out
    assert "saturated" in out


def test_data_alone(run, counts):
    options = ("--sd", "random=0.05", "--sd", "80=0.04", "--each-alone", "--confidence", "0.9")
    _, out, _ = run("monitor", counts, *options, "--format", "json")
    table = mp.learning.monitor(counts, sd={"random": 0.05, 80: 0.04}, confidence=0.9).table()
    rows = json.loads(out)
    assert [row["normal_lower"] for row in rows] == table["normal_lower"]
    assert rows[1]["normal_upper"] is None  # infinite
    _, out, _ = run("monitor", counts, "--nu", "2", "--format", "csv")
    assert out.splitlines()[0].startswith("reference,checkpoint,successes,trials,rate,lower,upper,post_lower")


def test_counts_from_standard_input(run, counts, monkeypatch):
    options = ("--range", "0,1", "--format", "csv")

    def piped(data):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        return run("monitor", "-", *options)

    assert piped(CSV.encode()) == run("monitor", counts, *options)
    assert "standard input is empty: a line of names was to come first" in piped(b"")[2]
    assert "standard input, line 5, column successes: 500 are more" in piped((CSV + "950,500,400,80").encode())[2]
    assert "and cannot be counts" in piped(b"x" * (MOST_BYTES + 1))[2]


@pytest.mark.slow
def test_what_it_writes(run, counts):
    code, _, err = run("monitor", counts, "--save", "x.nc", "--out", "x.png", "--base", "80")
    assert (code, err.split("\n")[:2]) == (0, ["wrote x.nc", "wrote x.png"])
    assert mp.load("x.nc").base == "80"
    assert Path("x.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["no.csv"], "cannot read 'no.csv'"),
        (["counts.csv", "--range", "0"], "--range must be two numbers such as 0,1; got '0'"),
        (["counts.csv", "--range", "1,0"], "--range: a range needs two finite numbers, low < high"),
        (["counts.csv", "--sd", "0"], "sd must be a positive number, got 0"),
        (["counts.csv", "--sd", "x"], "--sd must be a number, or REFERENCE=NUMBER; got 'x'"),
        (["counts.csv", "--sd", "1", "--sd", "80=1"], "--sd 1 is for all references"),
        (["counts.csv", "--sd", "80=1", "--sd", "80=2"], "--sd of '80' is given twice"),
        (
            ["counts.csv", "--sd", "rndom=1"],
            "sd: there is no reference 'rndom' in these counts; did you mean",
        ),
        (["counts.csv", "--base", "x"], "base: there is no reference 'x'"),
        (["counts.csv", "--save", "x.csv"], ".nc"),
        (["counts.csv", "--figsize", "4,4"], "--figsize is for a picture: add --out FILE"),
    ],
)
def test_refusals(run, counts, options, told):
    code, out, err = run("monitor", *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_a_line_of_a_file_is_told_and_steers_no_terminal(run, counts):
    Path(counts).write_text(CSV + "905,500,400,\x1b[31mred\n")
    _, out, err = run("monitor", counts)
    assert "counts.csv, line 5, column successes: 500 are more than the 400 trials" in err
    Path(counts).write_text(CSV + "905,300,400,\x1b[31mred\n")
    _, out, err = run("monitor", counts)
    assert "\x1b" not in out + err

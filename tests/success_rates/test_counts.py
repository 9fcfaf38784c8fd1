"""Counts of a user's own: read in all forms, and what cannot be is told by file, line, column and value."""

from __future__ import annotations

import io
import re
import warnings

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import FileError, ParameterError, SizeError
from mdppower.formats.text_lines import TextFile
from mdppower.success_rates import counts as counts_file
from mdppower.success_rates.counts import counts_of_text, read_counts

HEAD = "checkpoint,successes,trials,reference"
GOOD = {"checkpoint": [80, 320, 320], "successes": [30, 40, 5], "trials": [40, 40, 40], "reference": ["a", "a", 80]}


def of_text(*lines, head=HEAD):
    data = "\n".join([head, *lines]).encode()
    return counts_of_text(TextFile(io.BytesIO(data), "x.csv", len(data)))


def parts(found):
    return found.checkpoints, found.references, found.successes.tolist(), found.trials.tolist()


def test_one_table_in_four_forms(tmp_path):
    import pandas as pd

    rows = [dict(zip(GOOD, cells, strict=True)) for cells in zip(*GOOD.values(), strict=True)]
    path = tmp_path / "counts.csv"
    lines = ["checkpoint; successes ;trials;reference", "80;30;40;a", "", "3.2e2;40;40;a", "320;5;40; 80", ""]
    path.write_text("\ufeff" + "\r\n".join(lines), "utf-8", newline="")
    wanted = (("80", "320", "320"), ("a", "a", "80"), [30, 40, 5], [40, 40, 40])
    for given in (GOOD, rows, pd.DataFrame(GOOD), path, str(path), iter(rows)):
        assert parts(read_counts(given)) == wanted
    assert read_counts(GOOD).ties is None
    assert read_counts(GOOD | {"ties": np.array([1, 2.0, 0])}).ties.tolist() == [1, 2, 0]


def test_a_count_may_be_written_as_other_programs_write_it():
    """A column with a hole, such as that of pandas, is one of floats: 400 becomes 400.0."""
    found = of_text("80,4e2,400.0,a", "90,3.5E+2,0400,a")
    assert (found.successes.tolist(), found.trials.tolist()) == ([400, 350], [400, 400])
    given = {name: list(map(str, values)) for name, values in GOOD.items()} | {"trials": ["40.0"] * 3}
    assert read_counts(given).trials.tolist() == [40] * 3
    # A float would hide what is lost: 2⁵³ + 1 is none, and 17 digits after the point are no integer.
    for text in ("400.00000000000000001", "9007199254740993.0", "1e300", "800/2", "4_00", "0x10", "nan", "-4.0"):
        with pytest.raises(FileError, match=f"column trials: must be an integer ≥ 0, got '{re.escape(text)}'"):
            of_text(f"80,4,{text},a")


def test_a_link_is_a_row_whose_checkpoint_is_a_reference():
    found = of_text("gpt-3,30,40,gpt-2", "100,20,40,gpt-3", '0.5,1,2,"gpt, 2"')
    assert found.checkpoints == ("gpt-3", "100", "0.5")
    assert found.references[-1] == "gpt, 2"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["80,41,40,a"], "x.csv, line 2, column successes: 41 are more than the 40 trials"),
        (["80,4,40,a", "90,-1,40,a"], "line 3, column successes: must be an integer ≥ 0, got '-1'"),
        (["80,4.5,40,a"], "line 2, column successes: must be an integer ≥ 0, got '4.5'"),
        (["80,4,,a"], "line 2, column trials: must be an integer ≥ 0, got ''"),
        (["80,0,0,a"], "line 2, column trials: there is none"),
        (["80,4,40,a", "", "60,4,40,a"], "line 4, column checkpoint: 60 comes after 80, and checkpoints of refer"),
        (["80,4,40,a", "8e1,5,40,a"], "line 3, column checkpoint: 80 is there twice for reference 'a'"),
        (
            ["80,4,40,random", "randon,4,40,b"],
            "line 3, column checkpoint: 'randon' is neither a number nor a referen",
        ),
        (["80,4,40,80.0"], "line 2, column checkpoint: '80' is counted against itself"),
        (["80,4,40,"], "line 2, column reference: must be a number or a name, got ''"),
        (["80,4,40"], "line 2: 3 cells, and there are 4 columns"),
        (['80,4,40,"a'], "line 2: unexpected end of data"),
        (["80,4,40," + "a" * 201], "line 2, column reference: the name is longer than 200"),
        ([], "no row"),
    ],
)
def test_what_cannot_be(lines, told):
    with pytest.raises(FileError) as error:
        of_text(*lines)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("checkpoint,succeses,trials,reference", "line 1: there is no column 'succeses'; did you mean 'successes'"),
        ("checkpoint,successes,trials", "line 1: column reference is missing"),
        ("checkpoint,successes,trials,reference,trials", "line 1: column trials is there twice"),
        ("", "x.csv is empty"),
    ],
)
def test_columns(head, told):
    with pytest.raises(FileError, match=told):
        of_text(head=head)


def test_ties_are_among_the_successes():
    with pytest.raises(FileError, match=r"column ties: 31 are more than the 30 successes; ties are counted among"):
        of_text("80,30,40,a,31", head=HEAD + ",ties")
    assert of_text("80,30,40,a,30", head=HEAD + ",ties").ties.tolist() == [30]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (GOOD | {"trials": [40, 40]}, "columns must be of one length"),
        (GOOD | {"trials": 40}, "column trials must be a sequence, got 40"),
        (GOOD | {"trials": [40, np.nan, 40]}, "row 2, column trials: must be an integer ≥ 0, got nan"),
        (GOOD | {"successes": [True, 1, 1]}, "row 1, column successes: must be an integer"),
        (GOOD | {"successes": [10**30, 1, 1]}, "row 1, column successes: must be an integer"),
        (GOOD | {"reference": [None, "a", "a"]}, "row 1, column reference: must be a number or a name, got None"),
        (GOOD | {"checkpoint": [np.inf, 1, 1]}, "row 1, column checkpoint: must be a number or a name, got inf"),
        (GOOD | {"checkpoint": [10**400, 1, 1]}, "row 1, column checkpoint: must be a number or a name"),
        (GOOD | {"trials": {40, 41, 42}}, "column trials must be a sequence"),  # a set has no order
        (GOOD | {"trials": {0: 40, 1: 40, 2: 40}}, "column trials must be a sequence"),
        ({name: [] for name in GOOD}, "counts have no row"),
        ([[80, 1, 1, "a"]], "row 1: a row is a mapping"),
        ([{"checkpoint": 1}], "row 1: column successes is missing"),
        (
            [dict.fromkeys(GOOD, 1) | {"reference": "a"}, dict.fromkeys([*GOOD, "ties"], 1)],
            "row 2: column ties is in",
        ),
        (7, "counts are a path, columns by name, or rows; got 7"),
        (b"x", "counts are a path"),
    ],
)
def test_what_cannot_be_in_python(given, told):
    with pytest.raises(ParameterError, match=told):
        read_counts(given)


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(FileError, match="cannot read"):
        read_counts(tmp_path / "no.csv")
    (tmp_path / "x.csv").write_bytes(HEAD.encode() + b"\n80,1,\xff,a\n")
    with pytest.raises(FileError, match="line 2: byte 0xff is not UTF-8"):
        read_counts(tmp_path / "x.csv")
    monkeypatch.setattr(counts_file, "MOST_ROWS", 1)
    with pytest.raises(SizeError, match="at most 1 rows"):
        of_text("1,1,2,a", "2,1,2,a")


def test_names_that_look_alike_are_told():
    counts = {"checkpoint": [80, 320, 905], "successes": [5, 6, 7], "trials": [10] * 3}
    with pytest.warns(mp.MDPPowerWarning, match="'320', '32O' are different names"):
        read_counts({**counts, "reference": ["random", "random", "32O"]})
    with pytest.warns(mp.MDPPowerWarning, match="'Random', 'random' are different names"):
        read_counts({**counts, "reference": ["random", "Random", "random"]})
    with warnings.catch_warnings():  # the negative control
        warnings.simplefilter("error")
        read_counts({**counts, "reference": ["random", "random", "320"]})

"""Labels in columns: what their reader made of them is undone, what are none become text with a warning."""

import datetime
import enum

import numpy as np
import pandas as pd
import pytest

from mdppower import MDPPowerWarning, ModelError, RewardlessMDP


class Colour(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    TWO = 2


def states_of(values):
    """The states of an MDP in which each of them leads to itself."""
    return RewardlessMDP.from_columns({"state": values, "action": [0] * len(values), "successor": values}).states


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([3, 1, 2], (1, 2, 3)),
        (np.array([3, 1], np.uint8), (1, 3)),
        (np.array([2**64 - 1, 1], np.uint64), (1, 2**64 - 1)),
        ([10**30, 1], (1, 10**30)),
        ([-(2**62), 2**62], (-(2**62), 2**62)),  # the span of which is no int64
        (np.array([2.0, 1.0]), (1, 2)),  # as np.loadtxt reads them
        (pd.array([2, 1], "Int64"), (1, 2)),
        (["b", "a"], ("b", "a")),
        (np.array(["b", "a"]), ("b", "a")),
        (["b", 1, 2.0], ("b", 1, 2)),
        ([(1, 2), (0, 5)], ((0, 5), (1, 2))),
        (np.array([[1, 2], [0, 5]]), ((0, 5), (1, 2))),
        (np.array([[2**62, 2], [-(2**62), 5]]), ((-(2**62), 5), (2**62, 2))),
        ([(1, "a"), (0, "b")], ((1, "a"), (0, "b"))),
        ([(1, 2), (1, 2, 3)], ((1, 2), (1, 2, 3))),
        ([(1, (2, 3)), "x"], ((1, (2, 3)), "x")),
        ([Number.TWO, 1], (1, 2)),
        (pd.Series([(0, 1), (0, 2)]), ((0, 1), (0, 2))),
    ],
)
def test_labels(values, labels):
    assert states_of(values) == labels
    assert {type(label) for label in states_of(values)} <= {int, str, tuple}


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.5, 1.0], ("0.5", "1.0")),
        ([True, False], ("True", "False")),
        ([True, 1], ("True", 1)),  # equal, and not the same
        ([Colour.RED, "x"], ("Colour.RED", "x")),
        ([datetime.date(2020, 1, 2)], ("2020-01-02",)),
        (np.array(["2020-01-02"], "M8[ns]"), ("2020-01-02T00:00:00.000000000",)),
        ([frozenset([1])], ("frozenset({1})",)),
        ([(1, 0.5), (1, 2)], ("(1, 0.5)", (1, 2))),
    ],
)
def test_other_labels_become_their_text_and_this_is_said(values, labels):
    with pytest.warns(MDPPowerWarning, match="others in state and successor were written as their text: "):
        assert states_of(values) == labels


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0.5, "0.5"], "row 1: state '0.5' is the text of another label, 0.5"),
        (["0.5", 0.5], "row 1: state 0.5 has the text of another label, '0.5'"),
        ([0.5, np.nan], "row 1: state is missing"),
        ([1, pd.NA], "row 1: state is missing"),
        ([pd.NaT, pd.NaT], "row 0: state is missing"),
        (np.array(["NaT"], "M8[s]"), "row 0: state is missing"),
        ([10**5000, 1], "a label has at most 3,900 digits"),
    ],
)
def test_what_cannot_be_told_apart_or_is_missing(values, told):
    with pytest.raises(ModelError, match=told):
        states_of(values)

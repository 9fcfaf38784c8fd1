"""Errors come back from other processes as they were."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from mdppower import errors

KINDS = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]
MADE = {
    errors.MapError: errors.MapError("there is no cell", "maze.txt", 3, 4),
    errors.SolverError: errors.SolverError(
        "the residual does not fall", draw=7, error_bound=1e-3,
        lower=np.zeros(2), upper=np.ones(2), undecided=[("s", "a")],
        gamma=0.9,
    ),
    errors.ConvergenceError: errors.ConvergenceError("not reached", estimate="so far"),
}  # fmt: skip


@pytest.mark.parametrize("through", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_pickling(kind, through):
    error = MADE[kind] if kind in MADE else kind("what is wrong")
    error.draw = getattr(error, "draw", None) or 5
    again = through(error)
    assert type(again) is kind
    assert again.args == error.args
    assert str(again) == str(error)
    assert again.__dict__.keys() == error.__dict__.keys()
    assert all(np.array_equal(value, error.__dict__[name]) for name, value in again.__dict__.items())


def test_all_of_ours_are_among_them():
    assert len(KINDS) > 10
    assert str(pickle.loads(pickle.dumps(MADE[errors.MapError]))) == "maze.txt, line 3, column 4: there is no cell"

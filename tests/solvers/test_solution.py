"""A solution as a result: parts by label, table, labelled arrays and printed form say the same numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.results.number_text import number_text
from mdppower.results.result import Result
from mdppower.solvers.solution import MOST_ROWS, Solution


def solved(mdp, seed, gamma, n=2):
    return mp.optimal_values(mdp, np.random.default_rng(seed).random((n, mdp.n_states)), gamma)


@settings(max_examples=25)
@given(mdps(), st.integers(0, 99), st.sampled_from([0.0, 0.5, 1.0]))
def test_every_reading_has_the_same_numbers(mdp, seed, gamma):
    solution = solved(mdp, seed, gamma)
    table, data = solution.table(), solution.to_xarray()
    frame = solution.to_dataframe()
    n = mdp.n_states
    for i in range(2):
        for s, state in enumerate(mdp.states):
            value, row = solution.of(state, draw=i), i * n + s
            assert value == solution.normalised[i, s] == solution.of(state)[i]
            assert (table["draw"][row], table["state"][row]) == (i, state)
            assert table["normalised"][row] == value == data.normalised.values[i, s] == frame["normalised"][row]
            assert table["reward"][row] == solution.rewards[i, s] == data.reward.values[i, s]
            action = mdp.action_names[solution.policies[i, s]]
            assert table["action"][row] == action
            assert data.policy.values[i, s] in (action, str(action))
            assert table["error_bound"][row] == solution.error_bound[i] == data.error_bound.values[i]
            if gamma < 1:
                assert table["value"][row] == solution.values[i, s] == data.value.values[i, s]
    assert ("value" in table) == ("value" in data) == (gamma < 1)
    # The line that is printed, to its last digit.
    for s, state in enumerate(mdp.states[:4]):
        assert f"{state!r} {number_text(float(solution.normalised[0, s]))}" in repr(solution)
    assert f"error ≤ {solution.error_bound.max():.1e}" in repr(solution)
    assert str(solution).startswith(repr(solution) + "\n")


def test_printed_form_by_hand():
    # γ = ½, R = (0, 1, 3): v(t1) = 1, v(t2) = 3, v(root) = ½·0 + ½·3.
    told = repr(mp.optimal_values(mp.envs.fork(2), [0.0, 1.0, 3.0], 0.5))
    assert re.fullmatch(
        r"Solution\(1 draw × 3 states, γ=0\.5, deterministic: \(1−γ\)V 'root' 1\.5, 't1' 1, 't2' 3; "
        r"error ≤ \d\.\de-\d\d\)",
        told,
    )
    assert "±" not in told  # it is proved, and no interval
    two = solved(mp.envs.make("maze"), 0, 1)
    assert "gain of draw 0 (0, 0)" in repr(two)
    assert repr(two).count("(0, ") == 4
    assert "…" in repr(two)
    assert str(two).count("\n") == 14  # the line, a head, twelve rows, the caption
    assert "the first of 2 × 31 rows" in str(two)
    assert "<table>" in two._repr_html_()


def test_labelled_arrays_say_what_they_are():
    solution = solved(mp.envs.make("maze"), 0, 0.9)
    data = solution.to_xarray(grid=True)
    assert data.normalised.dims == ("draw", "row", "column")
    assert data.normalised.sel(row=0, column=3, draw=1) == solution.of((0, 3), draw=1)
    assert data.policy.sel(row=0, column=3, draw=1) == solution.mdp.action_names[solution.policies[1, 3]]
    for name in data.data_vars:
        assert data[name].attrs.get("long_name") or name == "state"
    assert data.value.attrs["units"] == "reward"
    assert solved(mp.envs.fork(2), 0, 1).to_xarray().normalised.attrs["long_name"] == "optimal gain"
    with pytest.raises(mp.ParameterError, match="grid=True"):
        solved(mp.RewardlessMDP.from_pairs([0], [[1.0]]), 0, 0.5).to_xarray(grid=True)


def test_what_is_not_there():
    solution = solved(mp.envs.fork(2), 0, 0.5)
    with pytest.raises(mp.LabelError, match="no state 'end'"):
        solution.of("end")
    for draw in (2, -1, 0.0, True):
        with pytest.raises(mp.ParameterError, match="there is no draw"):
            solution.of("root", draw=draw)
    assert isinstance(solution, Result)
    n = MOST_ROWS // 2 + 1  # without the rows themselves: the shape is enough
    large = np.broadcast_to(0.0, (2, n))
    with pytest.raises(mp.SizeError, match="too long"):
        Solution(large, large, np.zeros(2), np.zeros(2), 0.5, "auto", mp.envs.fork(2), large).table()

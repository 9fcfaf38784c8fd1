"""Labelled arrays: names, units, and rows × columns of a map."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.results.labelled import on_grid, written


def test_a_map_becomes_rows_and_columns():
    """Each cell has the number of its state, by its label; walls have none."""
    maze = mp.envs.make("maze")
    run = mp.power(maze, [0.5, 0.9], samples=64, rng=0)
    grid = run.to_xarray(grid=True)
    assert grid.power.dims == ("gamma", "row", "column")
    for label, value in zip(maze.states, run.mean[1], strict=True):
        cell = grid.sel(row=label[0], column=label[1])
        assert cell.power.values[1] == value
        assert str(cell.state.item()) == str(label)
    assert np.isnan(grid.power.values[0]).sum() == 7 * 7 - maze.n_states
    assert set(grid.state.values[np.isnan(grid.power.values[0])]) == {""}
    assert grid.attrs == run.to_xarray().attrs
    assert grid.error_bound.dims == ("gamma",)


def test_actions_on_a_grid():
    room = mp.envs.make("open(2,3)")
    grid = mp.action_optimality(room, 0.9, samples=64, rng=0).to_xarray(grid=True)
    assert grid.probability.dims == ("gamma", "action", "row", "column")
    assert grid.sizes["row"], grid.sizes["column"] == (2, 3)


def test_variables_say_what_they_are():
    data = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).to_xarray()
    assert data.power.attrs == {"long_name": "POWER", "units": "reward"}
    assert data.stderr.attrs["long_name"] == "standard error"
    assert data.gamma.attrs["units"] == "1"
    assert data.attrs["confidence"] == 0.95
    assert data.attrs["simultaneous"] == 0


def test_limits_all_at_once():
    run = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0)
    data = run.to_xarray(0.9, simultaneous=True)
    assert data.lower.values[0].tolist() == run.interval(0.9, simultaneous=True)[0].tolist()
    assert (data.lower < run.to_xarray(0.9).lower).any()  # control: each alone is narrower
    assert (data.attrs["confidence"], data.attrs["simultaneous"]) == (0.9, 1)


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        (None, "have places"),
        (np.array([[0.5, 0], [1, 0], [2, 0]]), "no whole numbers"),
        (np.array([[0, 0], [0, 0], [2, 0]]), "share one"),
        (np.array([[0, 0], [1, 0], [2**20, 2**20]]), "cells for 3 states"),
    ],
)
def test_what_is_no_grid(layout, told):
    data = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).to_xarray()
    with pytest.raises(mp.errors.ParameterError, match=told):
        on_grid(data, layout)


def test_maps_that_do_not_begin_at_zero():
    data = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).to_xarray()
    grid = on_grid(data, np.array([[5, -1], [5, 0], [6, 0]]))
    assert grid.row.values.tolist() == [5, 6]
    assert grid.column.values.tolist() == [-1, 0]
    assert grid.state.values.tolist() == [["root", "t1"], ["", "t2"]]


def test_labels_that_look_alike_stay_apart():
    """The states 1 and "1" were both "1", so that .sel gave two numbers for either."""
    run = mp.power(mp.RewardlessMDP.from_pairs([0, 1], np.eye(2), states=[1, "1"]), 0.9, samples=64, rng=0)
    data = run.to_xarray()
    assert data.power.sel(gamma=0.9, state="'1'").item() == float(run.of("1").mean)
    assert data.power.sel(gamma=0.9, state="1").item() == float(run.of(1).mean)
    assert written([1, "x"]).tolist() == ["1", "x"]  # control: no quotes where nothing is alike
    assert written([(0, 1), (1, 0)]).tolist() == ["(0, 1)", "(1, 0)"]

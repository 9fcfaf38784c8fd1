"""Maxima over the polytope as a result: every reading has the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.results.number_text import number_text


@pytest.mark.parametrize("gamma", [0.5, 1])
def test_every_reading_has_the_same_numbers(gamma):
    mdp = mp.envs.figure_1()
    rewards = np.random.default_rng(2).random((5, mdp.n_states))
    best = mp.OccupancyPolytope(mdp, "star", gamma).support(rewards)
    table, data = best.table(), best.to_xarray()
    assert table["value"] == best.values.tolist() == data.value.values.tolist()
    assert table["error_bound"] == best.error_bound.tolist() == data.error_bound.values.tolist()
    assert table["dual_error"] == best.dual_error.tolist() == data.dual_error.values.tolist()
    duals = data.gain if gamma == 1 else data.dual
    for state in mdp.states:
        np.testing.assert_array_equal(duals.sel(state=state), best.of(state))
        assert duals.sel(state=state, draw=3) == best.of(state, draw=3)
    for p in range(mdp.n_pairs):
        assert (data.state_of_pair.values[p], data.action.values[p]) == mdp.pair_label(p)
        assert (data.point.values[:, p] == best.points[:, p]).all()
        assert (data.reduced_cost.values[:, p] == best.reduced_costs[:, p]).all()
    assert all(data[name].attrs["long_name"] and data[name].attrs["units"] for name in data.data_vars)
    told = repr(best)
    assert ", ".join(number_text(x) for x in best.values[:4].tolist()) + ", …" in told
    assert f"error ≤ {best.error_bound.max():.1e}" in told
    assert "±" not in told
    assert str(best).startswith(told + "\ndraw")
    assert len(best.to_dataframe()) == len(best) == 5
    # From the start all of the mass leaves: its dual is the maximum.
    assert np.abs(best.of("star") - best.values).max() <= (best.error_bound + best.dual_error).max() + 1e-14


def test_what_is_not_there():
    best = mp.OccupancyPolytope(mp.envs.fork(2), "root", 0.5).support([0.0, 1.0, 2.0])
    with pytest.raises(mp.LabelError, match="no state 'end'"):
        best.of("end")
    for draw in (1, -1, False):
        with pytest.raises(mp.ParameterError, match="there is no draw"):
            best.of("root", draw=draw)


@pytest.mark.parametrize("gamma", [1 - 1e-7, 1 - 1e-9, 1 - 1e-12])
def test_near_one_the_polytope_is_not_called_empty(gamma):
    """HiGHS calls it infeasible where its mass is 1e9. From the root of a fork the best is t2: (γ/(1−γ)) · 3."""
    best = mp.OccupancyPolytope(mp.envs.fork(2), "root", gamma).support([0.0, 1.0, 3.0])
    mass = 1 / (1 - gamma)
    assert abs(best.values[0] - 3 * gamma * mass) <= best.error_bound[0] + 1e-15 * mass
    assert best.error_bound[0] < 0.01 * mass
    assert best.points[0, 0] == 0 < best.points[0, 3]
    assert abs(best.of("t2")[0] - 3 * mass) <= best.dual_error[0] + 1e-15 * mass

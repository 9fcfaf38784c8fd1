"""Visits, recurrent distributions and the polytope as results: columns, tables, labelled arrays, pictures."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp

MDP = mp.envs.figure_1()


@pytest.mark.parametrize("found", [mp.visits(MDP, "star", 0.5), mp.visits(MDP, "star", 1), mp.rsd(MDP, "star")])
def test_every_reading_has_the_same_numbers(found):
    rows = found.normalised if hasattr(found, "normalised") else found.rows
    table, data = found.table(), found.to_xarray()
    assert table.n_rows == len(found) == data.sizes["distribution"]
    for s, state in enumerate(MDP.states):
        np.testing.assert_array_equal(found.of(state), rows[:, s])
        assert table[f"visits of {state}"] == rows[:, s].tolist() == data.visits.sel(state=state).values.tolist()
    for k in range(len(found)):
        policy = found.policy(k)
        assert {s: a for s, a in zip(MDP.states, data.policy.values[k].tolist(), strict=True) if a} == policy
        assert list(policy) == [part.split("->")[0] for part in table["policy"][k].split(", ")]
    assert f"{len(found)} distribution" in repr(found)
    assert str(found).startswith(repr(found) + "\nnumber")
    assert "<table>" in found._repr_html_()
    assert len(found.to_dataframe()) == len(found)
    assert data.visits.attrs["long_name"]
    assert data.visits.attrs["units"] == "1"
    with pytest.raises(mp.LabelError, match="no state 'end'"):
        found.of("end")


def test_short_tables_by_hand():
    # γ = ½: from the root, half of the time there and half at the end that was chosen.
    F = mp.visits(mp.envs.fork(2), "root", 0.5)
    assert repr(F) == "Visits(from 'root', γ=0.5: 2 distributions)"
    assert F.table(full=False)["visits"] == ["root .5, t1 .5", "root .5, t2 .5"]
    assert repr(F.recurrent()) == "Recurrent(from 'root', γ → 1: 2 distributions)"
    assert F.recurrent().table(full=False)["visits"] == ["t1 1", "t2 1"]
    wide = mp.visits(mp.envs.fork(20), "root", 0.5)
    assert str(wide).count("\n") == 14  # the line, a head, twelve rows, the caption
    assert str(wide).endswith("the first of 20 distributions")
    assert str(wide.recurrent()).endswith("the first of 20 distributions")


def test_printing_lists_nothing_that_is_large():
    # An open 5 × 5 grid has 490,831 distributions from a corner: its printed form must not list them.
    F = mp.visits(mp.envs.open_room(5, 5), (0, 0), 0.5)
    assert repr(F) == "Visits(from (0, 0), γ=0.5)"
    assert "not listed" in str(F)
    assert "not listed" in F._repr_html_()
    assert "policies" not in F.__dict__
    few = mp.visits(mp.envs.open_room(2, 2), (0, 0), 0.5)
    assert len(few) > 0
    assert f"{len(few)} distributions" in repr(few)


def test_a_grid_of_visits():
    F = mp.visits(mp.envs.open_room(2, 2), (0, 0), 0.5)
    data = F.to_xarray(grid=True)
    assert data.visits.dims == ("distribution", "row", "column")
    np.testing.assert_array_equal(data.visits.sel(row=1, column=0), F.of((1, 0)))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1])
@pytest.mark.parametrize("start", ["star", {"star": 0.25, "l_sw": 0.75}])
def test_readings_of_a_polytope(gamma, start):
    # The least and the most are those of the vertices, whichever way they are read.
    for poly in (mp.OccupancyPolytope(MDP, start, gamma), mp.OccupancyPolytope(MDP, start, gamma).unit_mass):
        visits = poly.state_visits(poly.vertices())
        table, data = poly.table(), poly.to_xarray(vertices=True)
        np.testing.assert_array_equal(data.visits, visits)
        np.testing.assert_array_equal(data.occupancy, poly.vertices())
        for s, state in enumerate(MDP.states):
            least, most = poly.of(state)
            assert abs(least - visits[:, s].min()) < 1e-12
            assert abs(most - visits[:, s].max()) < 1e-12
            assert (table["state"][s], table["least"][s], table["most"][s]) == (state, least, most)
            assert (data.least.sel(state=state), data.most.sel(state=state)) == (least, most)
        assert data.start.values.sum() == pytest.approx(poly.b_eq.sum())
        assert all(data[name].attrs["long_name"] for name in data.data_vars)
        assert str(poly).startswith(repr(poly) + "\nstate")
    assert set(mp.OccupancyPolytope(MDP, start, gamma).to_xarray().data_vars) == {"start", "least", "most"}


def test_large_polytopes_print_without_work():
    poly = mp.OccupancyPolytope(mp.envs.fork(3000), "root", 0.5)
    assert str(poly).endswith("least and most visits of each state: .table()")
    # Of some hundred states, twelve are solved for.
    assert str(mp.OccupancyPolytope(mp.envs.fork(300), "root", 0.5)).endswith("the first of 301 states")


def test_pictures_have_axes_of_their_own():
    # Of a fork's states the ends differ most, at the root all are alike; a named axis stays.
    F = mp.visits(mp.envs.fork(3), "root", 0.9)
    for what in (F, mp.OccupancyPolytope(mp.envs.fork(3), "root", 0.9)):
        panel = what.plot().axes[0]
        assert {panel.get_xlabel(), panel.get_ylabel()} == {"(1−γ) visits of state t1", "(1−γ) visits of state t2"}
        panel = what.plot(x="root", y="t3").axes[0]
        assert (panel.get_xlabel(), panel.get_ylabel()) == ("(1−γ) visits of state root", "(1−γ) visits of state t3")
        assert what.plot(y="t1").axes[0].get_xlabel() == "(1−γ) visits of state t2"
    with pytest.raises(mp.ParameterError, match="this MDP has one"):
        mp.visits(mp.RewardlessMDP.from_pairs([0], [[1.0]]), 0, 0.5).plot()
    with pytest.raises(mp.LabelError):
        F.plot(x="nowhere")

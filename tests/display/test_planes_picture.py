"""Small maps of planes: which states they show, in what order, and what is refused."""

import numpy as np
import pytest

import mdppower as mp
from mdppower.mdp.layout import planes_of


def lever(extra=False):
    """Three cells in a row, a lever in the middle one; two directions. Labels (0, column, direction, lever)."""
    states = {}
    for column in range(3):
        for direction in ("left", "right"):
            for up in ("up", "down"):
                step = min(max(column + (1 if direction == "right" else -1), 0), 2)
                actions = {"go": (0, step, direction, up), "turn": (0, column, _other(direction), up)}
                if column == 1:
                    actions["pull"] = (0, column, direction, "down" if up == "up" else "up")
                states[0, column, direction, up] = actions
    layout = {state: state[:2] for state in states}
    if extra:
        states["end"] = {"stay": "end"}
        layout["end"] = (2, 0)
    return mp.RewardlessMDP.from_successors(states, layout=layout)


def _other(direction):
    return "left" if direction == "right" else "right"


def maps(figure):
    return [axes for axes in figure.axes if axes.images]


def test_planes_are_what_labels_have_after_the_cell():
    planes = planes_of(lever())
    assert [plane.name for plane in planes] == [
        ("left", "up"), ("left", "down"), ("right", "up"), ("right", "down"),
    ]  # fmt: skip
    for plane in planes:
        assert [lever().states[s] for s in plane.grid[0]] == [(0, c, *plane.name) for c in range(3)]


def test_a_state_of_another_label_is_in_no_plane():
    planes = planes_of(lever(extra=True))
    assert sorted(np.concatenate([plane.grid.ravel() for plane in planes])) == list(range(12))


def test_what_has_no_planes():
    assert planes_of(mp.envs.make("maze")) == []  # each cell has one state
    assert planes_of(mp.envs.fork(2)) == []
    with pytest.raises(mp.ParameterError, match="there are no planes"):
        mp.power(mp.envs.make("maze"), 0.9, samples=64, rng=0).plot(kind="planes")


def test_each_map_shows_the_numbers_of_its_states():
    mdp = lever()
    estimate = mp.power(mdp, 0.9, samples=64, rng=0)
    figure = estimate.plot(kind="planes")
    assert [axes.get_title() for axes in maps(figure)] == ["left\nup", "right\nup", "left\ndown", "right\ndown"]
    for axes in maps(figure):
        shown = axes.images[0].get_array()
        name = tuple(axes.get_title().split("\n"))
        expected = [estimate.data.value[0][mdp.index((0, c, *name))] for c in range(3)]
        assert np.array_equal(shown[0], expected)
    limits = {axes.images[0].get_clim() for axes in maps(figure)}
    assert limits == {(estimate.data.value.min(), estimate.data.value.max())}  # one scale for all


@pytest.mark.slow
def test_chosen_rows(tmp_path):
    estimate = mp.power(lever(), [0.5, 0.9], samples=64, rng=0)
    figure = estimate.plot(tmp_path / "planes.png", planes=(name for name in ["down"]), gamma=0.5)
    assert [axes.get_title() for axes in maps(figure)] == ["left\ndown", "right\ndown"]
    assert (tmp_path / "planes.png").stat().st_size > 1000
    with pytest.raises(mp.ParameterError, match="planes are drawn at one γ, or H: choose one of the 2 with gamma"):
        estimate.plot(kind="planes")
    with pytest.raises(mp.ParameterError, match="planes must be some of 'up', 'down', got 'side'"):
        estimate.plot(planes=["side"], gamma=0.5)


def test_a_few_planes_are_drawn_unasked():
    estimate = mp.power(lever(), 0.9, samples=64, rng=0)
    assert len(maps(estimate.plot())) == 4
    many = mp.power(lever(), [0.5, 0.9], samples=64, rng=0)
    assert not maps(many.plot())  # of several rates: bars


def test_ends_leave_the_colours_to_all_else():
    # The end earns the mean, 1/2, for ever; the least of what can move is far above it.
    states = {(0, c, d): {"go": (0, min(c + 1, 4), d), "turn": (0, c, 1 - d)} for c in range(5) for d in range(2)}
    states[0, 4, 0] = {"stay": (0, 4, 0)}
    mdp = mp.RewardlessMDP.from_successors(states, layout={state: state[:2] for state in states})
    estimate = mp.power(mdp, 0.9, samples=256, rng=0)
    figure = estimate.plot(kind="planes")
    alive = [i for i in range(mdp.n_states) if mdp.states[i] != (0, 4, 0)]
    assert maps(figure)[0].images[0].get_clim()[0] == estimate.data.value[0][alive].min() > 0.55


def test_a_graph_has_no_two_nodes_on_one_place():
    # The layout puts four states into each cell: the graph is laid out by itself.
    circles = [patch for axes in lever().plot().axes for patch in axes.patches if hasattr(patch, "radius")]
    assert len(circles) == 12
    assert len({tuple(np.round(patch.center, 6)) for patch in circles}) == 12

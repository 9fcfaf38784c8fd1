"""Pictures of two agents: each number stands where both are."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.display.joint_picture import mosaic_of
from mdppower.errors import ParameterError
from mdppower.mdp.layout import grid_of
from mdppower.multiagent import JointMDP, joint_power

ROOM = mp.envs.gridworld("..\n.#\n..", blocked="remove")
RUN = joint_power(ROOM, gamma=0.6, overlap="bump", samples=64, rng=0)
SAME = joint_power(ROOM, gamma=0.6, samples=64, rng=0)
PLAIN = JointMDP.from_successors({"s": {("a", "x"): "t"}, "t": {("a", "x"): "s"}, "u": {("a", "x"): "s"}})


@pytest.mark.parametrize("given", ["human", "ai"])
@pytest.mark.parametrize("run", [RUN, SAME])
def test_each_joint_state_stands_in_its_place(run, given):
    """The small map at (i, j) has at (k, l) the state with the given one at (i, j) and the other at (k, l)."""
    grids = grid_of(ROOM), grid_of(ROOM)
    mosaic = mosaic_of(run.joint, grids, given)
    assert mosaic.states.shape == (3 * 4 - 1, 2 * 3 - 1)
    for (row, column), s in np.ndenumerate(mosaic.states):
        (i, k), (j, m) = divmod(row, 4), divmod(column, 3)
        large, small = (i, j), (k, m)
        label = (large, small) if given == "human" else (small, large)
        known = s >= 0
        assert known == (label in run.joint.states)
        if known:
            assert run.joint.states[s] == label
            assert mosaic.kind[row, column] == 3
    assert (mosaic.kind == 3).sum() == run.joint.n_states
    for row, column, s in mosaic.own.tolist():
        assert divmod(row, 4)[::-1] == (divmod(row, 4)[1], divmod(row, 4)[0])
        assert (row // 4, column // 3) == (row % 4, column % 3)
        assert (s >= 0) == (run is SAME)
    assert len(mosaic.own) == 5


def test_numbers_of_maps():
    panel = SAME.plot(quantity="ai", annotate=True).axes[0]
    assert panel.get_xlabel() == "column of H"
    shown = panel.images[-1].get_array()
    mosaic = mosaic_of(SAME.joint, (grid_of(ROOM), grid_of(ROOM)), "human")
    where = mosaic.states >= 0
    np.testing.assert_array_equal(shown[where], SAME.ai.mean[mosaic.states[where]])
    assert shown.mask[~where].all()
    texts = {text.get_text() for text in panel.texts}
    assert "H" in texts
    assert f"{SAME.ai.mean.max():.3f}"[1:3] in {text[:2] for text in texts if text.startswith(".")}
    assert RUN.plot().axes[0].get_xlabel() == "column of A"
    assert RUN.plot(given="human").axes[0].get_xlabel() == "column of H"
    assert "cost to H" in RUN.plot(quantity="cost").axes[1].get_ylabel()


def test_costs_by_cell():
    left, right = RUN.plot(kind="cost").axes[:2]
    assert (left.get_title(), right.get_title()) == ("where H is", "where A is")
    for panel, player in ((left, "human"), (right, "ai")):
        shown = next(x for x in panel.images if x.get_cmap().name == "RdBu_r").get_array()
        estimate = RUN.per_cell("cost", player)
        low, high = estimate.interval(simultaneous=True)
        for label, value, a, b in zip(estimate.labels, estimate.mean, low, high, strict=True):
            assert shown[label] == value
            (text,) = (x.get_text() for x in panel.texts if (x.get_position()[1], x.get_position()[0]) == label)
            assert text[0] == ("·" if a <= 0 <= b else "+" if value > 0 else "−")


def test_without_grids():
    run = joint_power(PLAIN, gamma=0.5, samples=64, rng=0)
    assert len(run.plot().axes[0].get_yticklabels()) == 4  # averages
    assert "Alignment over 3 states" in run.plot(kind="scatter").get_suptitle()
    for kind in ("maps", "cost"):
        with pytest.raises(ParameterError, match=f"{kind} need agents that move on grids; take kind='averages'"):
            run.plot(kind=kind)
    other = joint_power(ROOM, mp.envs.gridworld("...", blocked="remove"), gamma=0.5, samples=64, rng=0)
    assert [x.get_title() for x in other.plot(kind="cost").axes if x.get_title()] == ["where H is"]
    assert other.plot().axes[0].get_ylabel() == "row of A"


def test_what_is_refused():
    for options, told in (
        ({"kind": "pie"}, "kind must be"), ({"quantity": "x"}, "quantity must be"), ({"given": "x"}, "given must be"),
        ({"kind": "cost", "quantity": "ai"}, "quantity is for maps, not for cost"),
        ({"path": "x.gif"}, "saved as .png"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=told):
            RUN.plot(**options)

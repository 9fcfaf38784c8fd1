"""The loops over joint actions, by hand."""

from __future__ import annotations

import numpy as np

from mdppower.multiagent.facing import Workspace
from mdppower.multiagent.induced import best_actions
from mdppower.multiagent.joint_mdp import JointMDP

# One place to be in, s, with A's choice of x or y; t is where it ends. H's a with y is a collision.
GAME = {"s": {("a", "x"): "s", ("b", "x"): "t", ("b", "y"): "s"}, "t": {("b", "x"): "t"}}


def rows(overlap, share_of_y):
    joint = JointMDP.from_successors(GAME, overlap=overlap)
    faced = Workspace(joint.actions).face(joint.actions.human, np.array([1 - share_of_y, share_of_y, 1.0]))
    return [
        dict(zip(faced.indices[i:j].tolist(), faced.data[i:j].tolist(), strict=True))
        for i, j in zip(faced.indptr[:-1], faced.indptr[1:], strict=True)
    ], faced


def test_what_is_lost_is_rescaled_or_leads_to_the_end():
    found, _ = rows("remove", 0.25)
    assert found == [{0: 1.0}, {0: 0.25, 1: 0.75}, {1: 1.0}]
    found, faced = rows("remove-leak", 0.25)
    assert found == [{0: 0.75, 2: 0.25}, {0: 0.25, 1: 0.75}, {1: 1.0}, {2: 1.0}]
    assert faced.pair.tolist() == [0, 1, 2, -1]
    assert faced.pointer.tolist() == [0, 2, 3, 4]


def test_what_cannot_be_taken_is_not_there():
    found, faced = rows("remove", 1.0)
    assert found == [{0: 1.0}, {1: 1.0}]  # b in s, b in t
    assert faced.pair.tolist() == [1, 2]
    assert faced.is_certain
    found, _ = rows("remove-leak", 1.0)
    assert found[0] == {2: 1.0}


def test_rows_are_made_anew_in_the_same_arrays():
    joint = JointMDP.from_successors(GAME, overlap="remove-leak")
    work, own = Workspace(joint.actions), joint.actions.human
    first = work.face(own, np.array([0.75, 0.25, 1.0])).copy()
    work.face(own, np.array([0.0, 1.0, 1.0]))
    again = work.face(own, np.array([0.75, 0.25, 1.0]))
    for one, two in zip(first, again, strict=True):
        assert (one == two).all()


def test_ties_and_near_ties():
    # Three actions, each to a state of its own, worth 1, 1 − 1e-4, 0; values known to 5e-7, and leads to 1e-6.
    pointer, pair = np.array([0, 3], np.int32), np.arange(3, dtype=np.int32)
    faced = pointer, pair, np.arange(4, dtype=np.int32), np.arange(3, dtype=np.int32), np.ones(3)
    values, policy, onwards = np.array([1, 1 - 1e-4, 0]), np.empty(4), np.empty(1)
    for within, wanted, near in ((1e-3, [0.5, 0.5, 0], 1), (1e-5, [1, 0, 0], 0), (2.0, [1 / 3] * 3, 2)):
        error, found = best_actions(*faced, values, 5e-7, within, policy, onwards)
        assert found == near
        assert onwards[0] == 1
        assert 5e-7 < error < 5.0001e-7
        np.testing.assert_allclose(policy[:3], wanted)
    # What is left open at the tolerance is counted, too: 1e-4 is within .99995e-4, or may be.
    assert best_actions(*faced, values, 5e-7, 0.99995e-4, policy, onwards)[1] == 1
    # A tolerance of nothing is widened to what is left open: 8 errors.
    assert best_actions(*faced, values, 5e-5, 0.0, policy, onwards)[1] == 0  # 1e-4 is tied by 2 errors already
    np.testing.assert_allclose(policy[:3], [0.5, 0.5, 0])

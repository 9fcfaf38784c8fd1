"""One matrix an action: the same MDP as of the dense array, whatever the matrices are kept in."""

import numpy as np
import pytest
from hypothesis import given
from scipy import sparse
from strategies import mdps

import mdppower as mp
from mdppower import ModelError, RewardError, RewardlessMDP

STAY, MIX = np.eye(3), np.array([[0, 0.5, 0.5], [1, 0, 0], [0, 0, 1.0]])


def test_whatever_holds_them():
    wanted = RewardlessMDP.from_arrays(np.stack([STAY, MIX], axis=1), axes="san", actions=["stay", "mix"])
    for matrices in (
        {"stay": STAY, "mix": MIX},
        {"stay": sparse.eye_array(3), "mix": sparse.csr_array(MIX)},
        {"stay": sparse.coo_matrix(STAY), "mix": MIX.tolist()},
    ):
        assert RewardlessMDP.from_matrices(matrices).equals(wanted)
    for matrices in (
        [STAY, MIX],
        (sparse.csc_array(STAY), MIX),
        np.array([STAY, MIX]),
        np.array([STAY, MIX]).tolist(),
    ):
        assert RewardlessMDP.from_matrices(matrices, actions=["stay", "mix"]).equals(wanted)
    assert RewardlessMDP.from_matrices([STAY, MIX]).action_names == (0, 1)


def test_as_many_states_as_actions():
    """Three matrices 3 × 3 are T[a, s, s'] here, without a word; `from_arrays` asks, unless they say it."""
    three = [MIX, STAY, STAY]
    mdp = RewardlessMDP.from_matrices(three)
    assert mdp.successors(0, 0) == {1: 0.5, 2: 0.5}
    assert mdp.equals(RewardlessMDP.from_arrays(three, axes="asn"))
    assert mdp.equals(RewardlessMDP.from_arrays([sparse.csr_array(MIX), STAY, STAY]))
    assert mdp.equals(RewardlessMDP.from_arrays(dict(enumerate(three))))
    assert not mdp.equals(RewardlessMDP.from_arrays(three, axes="san"))
    with pytest.raises(ModelError, match=r"one matrix an action is T\[a, s, s'\], not T\[s, a, s'\]"):
        RewardlessMDP.from_arrays(dict(enumerate(three)), axes="san")


def test_what_is_not_there():
    gap = sparse.csr_array(([1.0, 1.0], ([0, 1], [1, 1])), shape=(3, 3))
    mdp = RewardlessMDP.from_matrices({"stay": STAY, "go": gap}, feasible="nonzero")
    assert [mdp.actions(s) for s in mdp.states] == [("stay", "go"), ("stay", "go"), ("stay",)]
    mask = [[1, 1], [1, 1], [1, 0]]
    assert RewardlessMDP.from_matrices({"stay": STAY, "go": gap}, feasible=mask).equals(mdp)
    with pytest.raises(ModelError, match=r"state 2, action 'go': probabilities sum to 0.*feasible="):
        RewardlessMDP.from_matrices({"stay": STAY, "go": gap})


def test_rewards_are_kept():
    rewards, there = [[1, 2], [3, 4], [5, np.nan]], [[1, 1], [1, 1], [1, 0]]
    mdp = RewardlessMDP.from_matrices([STAY, MIX], rewards=rewards, feasible=there)
    assert mp.given_rewards(mdp).values.tolist() == [1, 2, 3, 4, 5]
    with pytest.raises(RewardError, match="state 2, action 1: reward is nan"):
        RewardlessMDP.from_matrices([STAY, MIX], rewards=rewards)


@pytest.mark.parametrize(
    ("matrices", "options", "told"),
    [
        ([STAY, np.eye(2)], {}, "matrix of action 1 is 2 × 2, that of 0 3 × 3"),
        ({"go": np.ones((3, 2)) / 2}, {}, r"matrix of action 'go' must be S × S, got shape \(3, 2\)$"),
        (np.full((3, 2, 3), 1 / 3), {}, r"matrices \(A, S\), one a state: from_arrays takes them as T\[s, a, s'\]"),
        ([[1, 0]], {}, "matrix of action 0 must be S × S"),
        ([[[1, 0], [1]]], {}, "matrix of action 0 is not an array of numbers"),
        ([[["a"]]], {}, "matrix of action 0"),
        ([], {}, "there is no matrix"),
        (3, {}, "must be a list, a mapping or an array"),
        (sparse.eye_array(3), {}, "must be one an action, in a list or a mapping"),
        ([STAY], {"actions": ["a", "b"]}, "1 action labels are needed, one a matrix, got 2"),
        ({"a": STAY}, {"actions": ["a"]}, "names its actions: leave actions out"),
        ([STAY], {"feasible": "some"}, "or 'nonzero', got 'some'"),
        ([STAY, MIX * 0.9], {}, "state 0, action 1: probabilities sum to 0.9, not 1"),
        ([MIX - 0.5 * STAY], {}, "state 0, action 0: probability of successor 0 is -0.5"),
        ([STAY * np.nan], {}, "is nan"),
    ],
)
def test_what_are_no_matrices(matrices, options, told):
    with pytest.raises(ModelError, match=told) as error:
        RewardlessMDP.from_matrices(matrices, **options)
    assert "\n" not in str(error.value)


@given(mdps())
def test_round_trip_of_sparse_matrices(mdp):
    matrices = {}
    for code, name in enumerate(mdp.action_names):
        rows = sparse.lil_array((mdp.n_states, mdp.n_states))
        for p in (mdp.action_codes == code).nonzero()[0]:
            rows[[mdp.pair_states[p]]] = mdp.kernel[[p]].toarray()
        matrices[name] = rows
    assert RewardlessMDP.from_matrices(matrices, feasible="nonzero", states=mdp.states).equals(mdp)

"""What may be given as a policy, in every form; what is refused; and policies in files."""

from __future__ import annotations

import numpy as np
import pytest
from agents import ROOT, RULES, best_onwards

import mdppower as mp
from mdppower.agents.evaluation import policy_values
from mdppower.agents.policies import policy_from_description, resolve_policy
from mdppower.agents.rules import optimal, softmax

# ---------------------------------------------------------------------- what may be given


def test_the_same_policy_in_every_form():
    mdp, rewards = mp.envs.make("turner-figure-1"), np.random.default_rng(0).random((3, mp.envs.figure_1().n_states))
    policy = mp.optimal_values(mdp, rewards[0], 0.9).policies[0]  # actions as positions in action_names
    labels = {state: mdp.action_names[policy[s]] for s, state in enumerate(mdp.states)}
    pairs = [mdp.pair(state, action) for state, action in labels.items()]
    shares = np.zeros(mdp.n_pairs)
    shares[pairs] = 1
    some = {state: {action: 1} for state, action in labels.items() if len(mdp.actions(state)) > 1}
    forms = [policy, labels, shares, shares.tolist(), some, {s: {a: 1.0} for s, a in labels.items()},
             lambda m, r, g: np.tile(policy, (len(r), 1)), lambda m, r, g: np.tile(shares, (len(r), 1)),
             lambda m, r, g: np.tile(shares, (len(r), 1)).astype(np.float32)]  # fmt: skip
    for gamma in (0, 0.9, 1):
        first, _ = policy_values(mdp, rewards, gamma, forms[0])
        for form in forms[1:]:
            np.testing.assert_array_equal(policy_values(mdp, rewards, gamma, form)[0], first)
    # It was optimal for the first of the rewards, and is for no other.
    best, slack = best_onwards(mdp, rewards, 0.9)
    values, error = policy_values(mdp, rewards, 0.9, policy)
    assert np.abs(values[0] - best[0]).max() <= error[0] + slack[0]
    assert (np.abs(values[1:] - best[1:]).max(axis=1) > 0.01).all()


# S = 3, P = 4, three action names.


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (lambda m, r, g: np.full((len(r), 3), 0.5), r"give floats of shape \(1, 4\).*got float64 of shape \(1, 3\)"),
        (lambda m, r, g: np.zeros((len(r), 4), int), r"integers of shape \(1, 3\).*got int64 of shape \(1, 4\)"),
        (lambda m, r, g: np.array([0.5, 0.5, 1, 1]), r"got float64 of shape \(4,\)"),
        (lambda m, r, g: np.ones((len(r), 4), bool), "got bool of shape"),
        (lambda m, r, g: None, r"got object of shape \(\)"),
        (lambda m, r, g: [[1.0], [1.0, 2.0]], "gave no array"),
        (lambda m, r, g: [[1.5, -0.5, 1, 1]], "gave action '->t2' in state 'root' probability -0.5"),
        (lambda m, r, g: [[np.nan, 1, 1, 1]], "gave action '->t1' in state 'root' probability nan"),
        (lambda m, r, g: [[0.5, 0.5, np.inf, 1]], "in state 't1' probability inf"),
        (lambda m, r, g: [[0.5, 0.6, 1, 1]], "the probabilities of state 'root' sum to 1.1, not 1"),
        (lambda m, r, g: [[0.5, 0.5, 0, 1]], "the probabilities of state 't1' sum to 0, not 1"),
        (lambda m, r, g: [[2, 2, 2]], "took action 'stay' in state 'root', which does not have it"),
        (lambda m, r, g: [[0, 2, 7]], "gave action number 7 in state 't2'; there are 3 actions"),
        (lambda m, r, g: [[-1, 2, 2]], "gave action number -1 in state 'root'"),
        (optimal, "policy optimal is a class; make one"),
        ("softmax", "policy must be a rule, a function, a mapping .* got 'softmax'"),
        ([[0.5, 0.5, 1, 1]], "a table has 3 states × 3 actions"),
        ([[1.0], [1.0, 2.0]], "policy is no array"),
        ([0.5, 0.4, 1, 1], "the probabilities of state 'root' sum to 0.9, not 1"),
        ({}, "policy says nothing of state 'root', which has 2 actions"),
        ({"root": {"->t1": 0.5}}, "the probabilities of state 'root' sum to 0.5, not 1"),
        ({"root": {"->t1": "half"}}, "probability of action '->t1' in state 'root' is 'half', not a number"),
        ({"root": {"->t1": 2, "->t2": -1}}, "gave action '->t2' in state 'root' probability -1"),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(policy, told):
    assert ROOT.action_names == ("->t1", "->t2", "stay")
    with pytest.raises(mp.ParameterError, match=told):
        policy_values(ROOT, [[0.0, 1.0, 2.0]], 0.9, policy)


@pytest.mark.parametrize(
    ("policy", "told"),
    [({"rot": "->t1"}, "no state 'rot'"), ({"root": "->t3"}, "'->t3'"), ({"root": ["->t1"]}, r"\['->t1'\]")],
)
def test_unknown_labels_are_named(policy, told):
    with pytest.raises(mp.LabelError, match=told):
        policy_values(ROOT, [[0.0, 1.0, 2.0]], 0.9, policy)


def test_policy_values_refuses_what_power_refuses():
    with pytest.raises(mp.ParameterError, match="takes one gamma"):
        policy_values(ROOT, [0.0, 1.0, 2.0], [0.5, 0.9], optimal())
    with pytest.raises(mp.RewardError, match=r"shape \(N, 3\)"):
        policy_values(ROOT, [0.0, 1.0], 0.9, optimal())
    with pytest.raises(mp.RewardError, match="draw 1 in state 't2' is nan"):
        policy_values(ROOT, [[0.0, 1.0, 2.0], [0.0, 1.0, np.nan]], 0.9, optimal())
    with pytest.raises(mp.RewardError, match="not an array of numbers"):
        policy_values(ROOT, "many", 0.9, optimal())


def test_a_policy_cannot_change_the_rewards():
    def greedy_and_careless(mdp, rewards, gamma):
        rewards[:] = 7
        return optimal()(mdp, rewards, gamma)

    rewards = np.array([[0.0, 1.0, 2.0]])
    assert policy_values(ROOT, rewards, 0.9, greedy_and_careless)[0].max() == 2
    assert rewards.tolist() == [[0, 1, 2]]


# ---------------------------------------------------------------------- files


@pytest.mark.slow
@pytest.mark.parametrize(
    "policy", [*RULES, {"root": {"->t1": 1 / 3, "->t2": 2 / 3}}, np.array([1, 2, 2])], ids=lambda p: str(p)
)
def test_policies_come_back_from_files(policy, tmp_path):
    estimate = mp.power(ROOT, [0.5, 0.9], samples=64, rng=0, policy=policy)
    estimate.save(tmp_path / "a.nc")
    again = mp.load(tmp_path / "a.nc")
    assert repr(again) == repr(estimate)
    assert again.data.means.tobytes() == estimate.data.means.tobytes()
    one, two = again.draw(7, 0.9), estimate.draw(7, 0.9)
    for name in ("rewards", "normalised", "policy", "probabilities"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    once_more = mp.power(again.mdp, again.gammas, again.rewards, samples=64, rng=again.entropy, policy=again.policy)
    assert once_more.data.means.tobytes() == estimate.data.means.tobytes()


def test_a_function_can_be_read_about_but_not_asked_again(tmp_path):
    def mine(mdp, rewards, gamma):
        return optimal()(mdp, rewards, gamma)

    estimate = mp.power(ROOT, 0.9, samples=64, rng=0, policy=mine)
    for name in ("a.nc", "b.nc"):  # also when it is saved again
        estimate.save(tmp_path / name)
        estimate = mp.load(tmp_path / name)
        assert estimate.about.endswith("policy mine")
    with pytest.raises(mp.ParameterError, match="policy mine is the user's own code"):
        estimate.draw(0)


def test_files_without_a_word_of_policies_are_of_optimal_ones(tmp_path, monkeypatch):
    from mdppower.files import sealed

    estimate = mp.power(ROOT, 0.9, samples=64, rng=0)
    dumps = sealed.json.dumps
    ROOT.fingerprint  # noqa: B018  (made now: it uses the same function)
    monkeypatch.setattr(
        sealed.json, "dumps", lambda header: dumps({k: v for k, v in header.items() if k != "policy"})
    )
    estimate.save(tmp_path / "old.nc")
    monkeypatch.undo()
    assert mp.load(tmp_path / "old.nc").policy is None


def test_a_file_with_an_unknown_rule_is_refused(tmp_path, monkeypatch):
    from mdppower.files import netcdf as storage

    monkeypatch.setattr(storage, "describe_policy", lambda policy: {"kind": "clairvoyant"})
    mp.power(ROOT, 0.9, samples=64, rng=0, policy=optimal()).save(tmp_path / "a.nc")
    with pytest.raises(mp.FileError, match="clairvoyant"):
        mp.load(tmp_path / "a.nc")


def test_resolved_mappings_are_rows():
    assert resolve_policy(ROOT, {"root": "->t2"}).row.tolist() == [0, 1, 1, 1]
    assert resolve_policy(ROOT, softmax(1)) == softmax(1)


def test_what_is_wrong_with_a_mapping_is_said_as_it_is():
    """It is no array, and nobody said it was."""
    maze = mp.envs.make("maze")
    with pytest.raises(mp.ParameterError, match=r"^policy says nothing of state \(0, 1\), which has 5 actions"):
        mp.power(maze, 0.9, policy={(0, 0): "N"})
    with pytest.raises(mp.ParameterError, match=r"^policy is no array: "):
        mp.power(maze, 0.9, policy=[[1.0], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (7, "it must be one of 'fixed'"),
        ({"kind": "satisficin"}, "it must be one of .*got 'satisficin'"),
        ({"kind": "lookahead"}, "a table with the field 'k'"),
        ({"kind": "lookahead", "k": 2**70}, "k must be an integer in 1"),
        ({"kind": "softmax", "temperature": None}, "temperature must be a finite number"),
        ({"kind": "fixed", "row": [0, 1, 9]}, r"row\[2\] must be an integer in 0 … 1, got 9"),
        ({"kind": "fixed", "row": [0.5, 0.25, 1.0, 1.0]}, "policy"),
        ({"kind": "unknown", "name": 3}, "name must be a text"),
    ],
)
def test_descriptions_of_policies_are_refused_by_field(data, told):
    with pytest.raises(mp.MDPPowerError, match=told):
        policy_from_description(data, mp.envs.fork(2))


def test_labels_and_masks_are_not_passed_over():
    """A DataFrame with its columns in another order was read by position: the probabilities of other actions."""
    import pandas as pd

    fork = mp.envs.fork(2)
    table = np.array([[0.25, 0.75], [1.0, 0.0], [0.0, 1.0]])
    frame = pd.DataFrame(table[:, ::-1], index=fork.states, columns=fork.action_names[::-1])
    for wrong in (frame, frame["->t1"]):
        with pytest.raises(mp.ParameterError, match=rf"policy is a {type(wrong).__name__}, whose labels"):
            resolve_policy(fork, wrong)
    with pytest.raises(mp.ParameterError, match="masked"):
        resolve_policy(fork, np.ma.masked_equal(table, 1.0))
    ordered = frame.loc[list(fork.states), list(fork.action_names)].to_numpy()
    assert resolve_policy(fork, ordered).row.tolist() == [0.25, 0.75, 1, 1]  # control

"""The first of H steps: what floats decide agrees with integers, and ties are found."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower._horizon import Horizon
from mdppower.mdp.actions import as_read
from mdppower.optimal_sets import horizon_ties
from mdppower.optimal_sets.horizon_ties import exact_horizon_pairs
from mdppower.optimal_sets.optimal_actions import OPEN, TIED, optimal_pairs


@pytest.mark.parametrize("name", ["maze", "FrozenLake-v1", "turner-figure-1"])
@pytest.mark.parametrize("law", ["uniform", "bernoulli(0.3)"])
def test_floats_and_integers_agree(name, law):
    mdp = as_read(mp.envs.make(name))
    rng = np.random.default_rng(0)
    rewards = rng.random((24, mdp.n_states)) if law == "uniform" else (rng.random((24, mdp.n_states)) < 0.3) * 1.0
    for steps in (1, 2, 7):
        codes = optimal_pairs(mdp, rewards, Horizon(steps), "backward-induction")
        assert not (codes == OPEN).any()
        assert ((codes > 0) == exact_horizon_pairs(mdp, rewards, steps)).all()


def test_a_tie_that_rounding_would_break():
    # Two ways to the same three rewards, in another order: 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ as floats.
    mdp = mp.RewardlessMDP.from_successors({
        "s": {"up": "a", "down": "d"}, "a": {"": "b"}, "b": {"": "c"}, "c": {"": "end"}, "d": {"": "e"},
        "e": {"": "f"}, "f": {"": "end"}, "end": {"": "end"},
    })  # fmt: skip
    reward = dict.fromkeys(mdp.states, 0.0) | {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.3, "e": 0.2, "f": 0.1}
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    rows = np.array([[reward[s] for s in mdp.states]])
    codes = optimal_pairs(mdp, rows, Horizon(3), "backward-induction")
    assert codes[0, :2].tolist() == [TIED, TIED]
    # With one step less the last of the three is not had: 0.3 against 0.5.
    assert optimal_pairs(mdp, rows, Horizon(2), "backward-induction")[0, :2].tolist() == [0, 1]


def test_pairs_tie_too():
    # The same sums, earned by the actions on the way: 0.1 + 0.2 + 0.3 up, 0.3 + 0.2 + 0.1 down.
    mdp = mp.RewardlessMDP.from_successors({
        "s": {"up": "a", "down": "d"}, "a": {"": "b"}, "b": {"": "end"}, "d": {"": "e"}, "e": {"": "end"},
        "end": {"": "end"},
    })  # fmt: skip
    earned = {("s", "up"): 0.1, ("a", ""): 0.2, ("b", ""): 0.3, ("s", "down"): 0.3, ("d", ""): 0.2, ("e", ""): 0.1}
    by_steps = {
        h: mp.optimal_values(mdp, earned | {"default": 0.0}, horizon=h).optimal_actions.of("s", draw=0)
        for h in (1, 2, 3)
    }
    assert by_steps == {1: ("down",), 2: ("down",), 3: ("up", "down")}


def test_shares_of_thirds_need_more_than_a_bit_a_step():
    # Totals over 3^(H−1): from H = 40 on these are more than a machine integer holds, which once overflowed there.
    mdp = as_read(mp.RewardlessMDP.from_successors({
        "root": {"a": "s", "b": "t", "c": "z"}, "s": {"": {"s": 1 / 3, "z": 2 / 3}},
        "t": {"": {"t": 1 / 3, "z": 2 / 3}}, "z": {"": "z"},
    }))  # fmt: skip
    rewards = np.array([[0.0, 3.0, 3.0, 0.0]])
    for steps in (30, 39, 40, 45, 64, 100):
        assert exact_horizon_pairs(mdp, rewards, steps)[0, :3].tolist() == [True, True, False]
        assert exact_horizon_pairs(mdp, -rewards, steps)[0, :3].tolist() == [False, False, True]


def test_what_takes_too_long_stays_open_and_is_said(monkeypatch):
    monkeypatch.setattr(horizon_ties, "MOST_WORK", 0)
    fork = mp.envs.fork(2)
    with pytest.warns(mp.MDPPowerWarning, match="stays open for a share .* at horizon = 5"):
        found = mp.action_optimality(fork, horizon=5, rewards="bernoulli(0.5)", samples=256, rng=0)
    assert found.unresolved.mean[0] > 0.3  # both ends alike: 1/2

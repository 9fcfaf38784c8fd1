"""What `train` gives back."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.learning import random, train

FORK = mp.envs.fork(3)
TRAINING = train(FORK, 0.9, ["random", "unseen", "few(1)"], episodes=50, runs=3, rng=0)


def test_agents_are_those_of_arm_run_and_checkpoint():
    for step in (0, 2, -1):
        agent = TRAINING.agent("few(1)", run=2, step=step)
        assert np.array_equal(agent.weights, TRAINING.weights[2, 2, step])
        assert np.array_equal(agent.bias, TRAINING.bias[2, 2, step])
    assert repr(TRAINING.agent(random(), 1)) == "Linear(random, run 1, 50 episodes)"
    assert not TRAINING.agent("unseen").sees
    assert TRAINING.agent("random", temperature=0.1).temperature == 0.1
    assert "random, run 0" in repr(mp.power(FORK, 0.9, samples=64, rng=0, policy=TRAINING.agent("random")).policy)


def test_what_is_not_there_is_refused():
    with pytest.raises(mp.errors.LabelError, match="did you mean 'random'"):
        TRAINING.agent("rando")
    with pytest.raises(mp.errors.LabelError, match="arms are random, unseen"):
        TRAINING.of("noise")
    for run in (3, -1, True, 0.0):
        with pytest.raises(mp.errors.ParameterError, match="run must be"):
            TRAINING.agent("random", run)
    for step in (4, -5, True, 1.0):
        with pytest.raises(mp.errors.ParameterError, match="step must be"):
            TRAINING.agent("random", 0, step)


def test_tables_and_labelled_arrays():
    table = TRAINING.table()
    assert table["episodes"] == [0, 10, 30, 50] * 3
    assert table["shown"][::4] == ["R", "nothing", "R of a few"]
    assert table["given"][::4] == ["R", "R", "R"]
    data = TRAINING.to_xarray()
    assert data["weights"].dims == ("arm", "run", "step", "pair", "state")
    assert np.array_equal(data["weights"].sel(arm="few(1)").values, TRAINING.weights[2])
    assert data["action"].values[:3].tolist() == ["->t1", "->t2", "->t3"]
    assert data["state_of_pair"].values[:4].tolist() == ["root"] * 3 + ["t1"]
    assert "Training(3 arms, 3 runs, 4 states at γ = 0.9: 50 episodes" in repr(TRAINING)
    part = TRAINING.of("unseen")
    assert part.arms == ("unseen",)
    assert np.array_equal(part.weights[0], TRAINING.weights[1])


def test_a_map_of_cells_has_labelled_arrays():
    data = train(mp.envs.gridworld("S..\n.#g"), 0.9, ["random"], episodes=10, runs=2, rng=0).to_xarray()
    assert data["state"].values[0] == "(0, 0)"

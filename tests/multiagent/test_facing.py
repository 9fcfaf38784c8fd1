"""What an agent faces, solved: agreement with the solvers of one agent, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import SolverError
from mdppower.multiagent import JointMDP, facing
from mdppower.multiagent.facing import Workspace

ROOM = mp.envs.gridworld("..\n..", blocked="remove")
SLIPPERY = mp.envs.gridworld("..\n..", blocked="remove", slip=0.2)


@pytest.mark.parametrize("overlap", ["allow", "remove-leak"])
@pytest.mark.parametrize("world", [ROOM, SLIPPERY], ids=["certain", "slippery"])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99, 1 - 1e-7])
def test_values_are_those_of_the_solvers(overlap, world, gamma):
    joint = JointMDP.from_worlds(world, overlap=overlap)
    work, own, end = Workspace(joint.actions), joint.player("human"), np.zeros(int(joint.leaks))
    reward = np.append(np.random.default_rng(0).random(joint.n_states), end)
    still = dict.fromkeys(world.states, "stay")
    for policy in ("uniform", still):
        faced = work.face(own, joint.policy("ai", policy)).copy()
        assert faced.is_certain == (world is ROOM and policy == still)
        alone = joint.one_agent("human", policy)
        solved = mp.optimal_values(alone, reward, gamma)
        found = work.best(faced, reward, gamma)
        assert np.abs(found.v - solved.normalised[0]).max() <= found.gap + solved.error_bound[0]
        plan, onwards, error, near = work.respond(faced, found, reward, gamma, 1e-9, own.n_pairs)
        assert near == 0
        assert error < 1e-6
        # The plan's own value is what was planned, by the other door.
        had, off = work.play(faced, plan, reward, gamma)
        np.testing.assert_allclose(had, onwards, atol=error + off)
        if gamma < 0.999:
            assert off < 1e-12


def test_the_certificate_covers_the_error():
    # Against a dense solve of the chain, in which v is known to 1e-13.
    joint = JointMDP.from_worlds(SLIPPERY, overlap="remove")
    work, own = Workspace(joint.actions), joint.player("ai")
    reward, gamma = np.random.default_rng(1).random(12), 0.95
    uniform = joint.policy("ai")
    faced = work.face(own, joint.policy("human"))
    had, error = work.play(faced, uniform, reward, gamma)
    alone = joint.one_agent("ai")
    T = np.add.reduceat(alone.kernel.toarray() * uniform[:, None], alone.pointer[:-1], axis=0)
    wanted = T @ np.linalg.solve(np.eye(12) - gamma * T, (1 - gamma) * reward)
    assert np.abs(had - wanted).max() <= error + 1e-13
    assert 0 < error < 1e-12


def test_what_is_not_certified_is_refused(monkeypatch):
    monkeypatch.setattr(facing, "certifiable", lambda gamma: -1.0)
    joint = JointMDP.from_worlds(ROOM)
    with pytest.raises(
        SolverError, match=r"γ = 0\.9 an agent's solver could certify values only to .*draw 0 of the run"
    ):
        mp.multiagent.joint_power(joint, gamma=0.9, samples=2, rng=0)

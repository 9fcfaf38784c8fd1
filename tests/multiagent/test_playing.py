"""POWER of two agents: the run and its numbers."""

from __future__ import annotations

import mdppower as mp
from mdppower.multiagent import joint_power

ROOM = mp.envs.gridworld("..\n..", blocked="remove")


def test_any_workers_give_the_same_bits():
    one = joint_power(ROOM, gamma=(0.6, 0.9), rho=0.3, overlap="bump", samples=128, rng=0)
    two = joint_power(ROOM, gamma=(0.6, 0.9), rho=0.3, overlap="bump", samples=128, rng=0, workers=2)
    assert (one.data.means == two.data.means).all()

"""Is there a pattern at all? A false alarm has at most the stated probability; a true pattern is seen."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.measures.power_pattern import nothing_to_choose, pattern_is_told


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the intervals cannot be trusted")
def test_false_alarms_on_a_torus():
    """All cells of a torus have one POWER. 200 runs at 5 %: more than 20 alarms have probability below .001."""
    torus = mp.envs.gridworld("...\n...\n...", wrap=True)
    cells = np.arange(9)
    alarms = sum(pattern_is_told(mp.power(torus, 0.5, samples=256, rng=k), 0, cells) for k in range(200))
    assert alarms <= 20
    # Control: a wall makes a pattern, and 256 draws see it, nearly always.
    room = mp.envs.gridworld("....\n...#\n....")
    assert sum(pattern_is_told(mp.power(room, 0.5, samples=256, rng=k), 0, np.arange(11)) for k in range(20)) >= 19


def test_what_is_exact_has_its_pattern():
    assert pattern_is_told(mp.power(mp.envs.fork(3), 0.5, method="exact"), 0, np.arange(4))
    one = mp.power(mp.envs.make("open(3,3)"), 1, samples=64, rng=0)  # γ = 1: one number, there is nothing to tell
    assert pattern_is_told(one, 0, np.arange(9))


def test_without_a_choice_of_what_can_be_had_for_ever():
    assert nothing_to_choose(mp.envs.make("maze")).all()
    chain = mp.envs.gridworld("..>..")  # two rooms, from the left one of which the right one can be reached
    same = nothing_to_choose(chain)
    power = mp.power(chain, 1, samples=256, rng=0)
    # Where it is said that nothing can be chosen, all successors have one POWER, to the solver's error.
    mdp, value = chain, power.mean
    for s, label in enumerate(mdp.states):
        ends = [sum(p * value[mdp.index(t)] for t, p in mdp.successors(label, a).items()) for a in mdp.actions(label)]
        assert not same[s] or np.ptp(ends) <= 2 * power.error_bound
    assert same[-1]
    assert not same[1]
    # With slip an agent cannot stay away from the only exit for ever: its reward is all that there is.
    slippery = mp.envs.gridworld("...\n.#*", slip=0.1)
    assert nothing_to_choose(slippery).all()
    assert np.ptp(mp.power(slippery, 1, samples=64, rng=0).mean) < 1e-9
    two = mp.envs.gridworld("...\n*#*", slip=0.1)
    assert not nothing_to_choose(two)[:3].any()

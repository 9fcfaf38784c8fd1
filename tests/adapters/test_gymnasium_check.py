"""Whether `step` does what P says: honest environments pass, and each kind of lie is found."""

import copy

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from gymnasium_tables import ENVIRONMENTS, Chain, chain, make

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium
from mdppower.adapters.gymnasium_check import p_value

# ---------------------------------------------------------------------- the check


@pytest.mark.slow
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_honest_environments_pass_the_check(name):
    mdp = from_gymnasium(make(name), check=True, rng=0)
    steps = "90,000" if "taxi" in name else "50,000"
    assert mdp.origin["checked"].startswith(f"{steps} steps agree with P (")


def lying_lake(rate):
    """Steps go where they should in 1 of 3 cases; its P says `rate`."""
    env = FrozenLakeEnv()
    truth, told = env.P, FrozenLakeEnv(success_rate=rate).P

    class Lake(FrozenLakeEnv):
        def step(self, action):
            self.P = truth
            result = super().step(action)
            self.P = told
            return result

    lake = Lake()
    lake.P = told
    return lake


@pytest.mark.slow
def test_a_wrong_slip_is_found():
    with pytest.raises(mp.ModelError, match=r"^Lake: state \(\d, \d\), action \d: step had its outcomes .* \(p = "):
        from_gymnasium(lying_lake(0.4), check=True, rng=0)
    from_gymnasium(lying_lake(0.4))
    from_gymnasium(lying_lake(1 / 3), check=True, rng=0)


@pytest.mark.slow
def test_a_fickle_passenger_is_found():
    env = gymnasium.make("Taxi-v4", fickle_passenger=True)
    with pytest.warns(
        mp.MDPPowerWarning, match=r"Taxi-v4\(fickle_passenger=True\): P leaves out .* check=True"
    ) as seen:
        from_gymnasium(env)
    assert seen[0].filename == __file__
    with pytest.raises(mp.ModelError, match=r"state \(\d, \d, 4, \d\), action \d: step led to .*probability 0"):
        from_gymnasium(env, check=True, rng=0)


@pytest.mark.slow
def test_a_wrong_flag_is_found():
    law = chain()
    law[1][1] = [(0.5, 2, 1, False), (0.5, 0, 0, False)]
    with pytest.raises(
        mp.ModelError, match="Chain: state 1, action 1: step led to 2, terminated=False; P gives that"
    ):
        from_gymnasium(Chain(law=law), check=True, rng=0)
    assert from_gymnasium(Chain(), check=True, rng=0).origin["checked"] == (
        "50,000 steps agree with P (4 of 5 pairs tried)"  # an episode ends before it could leave 2
    )


def test_steps_outside_the_table_are_found():
    law = copy.deepcopy(chain())
    law[0][0] = [(1.0, 3, 0, False)]
    with pytest.raises(mp.ModelError, match="observation 3 is not a state of P"):
        from_gymnasium(Chain(law=law), check=True, rng=0)
    del law[0][0]
    with pytest.raises(mp.ModelError, match="state 0, action 0: step failed: KeyError: 0"):
        from_gymnasium(Chain(law=law), check=True, rng=0)


def test_p_values():
    # 10 and 90 times where 1/2 is right: χ² = 2 · 40²/50 = 64 with 1 degree of freedom; exactly,
    # 2 cells · 2 tails · P(Bin(100, 1/2) ≤ 10) = 4 · 1.53e-17.
    assert p_value(np.array([10, 90]), np.array([0.5, 0.5])) == pytest.approx(6.13e-17, rel=0.01)
    assert p_value(np.array([50, 50]), np.array([0.5, 0.5])) == 1
    # Less than 5 are expected in one of two cells: pooled, there is nothing to compare.
    assert p_value(np.array([7, 1]), np.array([0.5, 0.5])) == 1
    # 18 where 5 are expected: 2 · 2 · P(Bin(500, 1/100) ≥ 18) = 4 · 4.6e-6, but χ² says 5e-9.
    assert p_value(np.array([18, 482]), np.array([0.01, 0.99])) == pytest.approx(1.84e-5, rel=0.01)


@pytest.mark.slow
def test_p_values_are_not_too_small():
    # P(p ≤ x) ≤ x, with cells that are pooled and cells that are rare. 20,000 draws: ± 4 standard errors.
    rng = np.random.default_rng(3)
    chances = np.array([0.01, 0.02, 0.03, 0.34, 0.6])
    p = np.array([p_value(counts, chances) for counts in rng.multinomial(200, chances, size=20_000)])
    for x in (0.1, 0.01, 0.001):
        assert (p <= x).mean() <= x + 4 * np.sqrt(x / len(p))


class Keyed(gymnasium.Env):
    """Two states with keys that are no ints; observations come as the environment likes to give them."""

    def __init__(self, first, second, shown=lambda key: key):
        self.P = {first: {0: [(1, second, 0, False)]}, second: {0: [(1, first, 0, False)]}}
        self.first, self.shown = first, shown

    def reset(self, *, seed=None, options=None):
        self.state = self.first
        return self.shown(self.state), {}

    def step(self, action):
        self.state = self.P[self.state][action][0][1]
        return self.shown(self.state), 0, False, False, {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "env",
    [
        Keyed((0, 0), (0, 1)), Keyed("a", "b"), Keyed((0, 0), (0, 1), np.array), Keyed(0, 1, np.array),
        Keyed(0, 1, np.int64),
    ],
)  # fmt: skip
def test_the_check_takes_observations_of_any_kind(env):
    assert "agree" in from_gymnasium(env, check=True, rng=0).origin["checked"]


def test_a_reset_that_fails_is_our_error():
    class Broken(Keyed):
        def reset(self, *, seed=None, options=None):
            return 0  # as long ago

    with pytest.raises(mp.ModelError, match=r"reset gave 0, not observation and info; if as in gym before 0\.26"):
        from_gymnasium(Broken(0, 1), check=True)

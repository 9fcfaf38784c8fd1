"""Masks where there is a table: against steps, against the environment's own word, and what is refused."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium


def no_way_back(env):
    """On a lake of four columns nobody goes left, but in the first column, where that is the only way to stay."""
    return [env.s % 4 == 0, 1, 1, 1]


class Ring(gymnasium.Env):
    """Four cells in a ring, with a table; 0 goes on, 1 back. `info` has a mask: nobody goes back from 0."""

    action_space, observation_space = spaces.Discrete(2), spaces.Discrete(4)

    def __init__(self):
        self.P = {s: {a: [(1.0, (s + 1 - 2 * a) % 4, float(a), False)] for a in (0, 1)} for s in range(4)}
        self.isd = np.full(4, 0.25)

    def info(self):
        return {"action_mask": np.array([1, self.s > 0], np.int8)}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = int(self.np_random.choice(4, p=self.isd))
        return self.s, self.info()

    def step(self, action):
        _, self.s, reward, end = self.P[self.s][action][0]
        return self.s, reward, end, False, self.info()


# ---------------------------------------------------------------------- two routes to the same MDP


@pytest.mark.slow
@pytest.mark.parametrize("terminated", ["absorb", "sink", "continue"])
def test_the_table_masked_is_what_steps_lead_to(terminated):
    # One route reads P and asks a copy of the environment about each state; the other walks. With a mask fewer
    # states can be reached: none of the two knows of the other's.
    lake = FrozenLakeEnv(desc=["SFF", "FHF", "FFG"], is_slippery=False)
    mask = lambda env: [env.s % 3 == 0, 1, 1, env.s > 2]  # noqa: E731
    options = {"mask": mask, "terminated": terminated}
    table = from_gymnasium(lake, reachable_only=True, **options)
    steps = from_gymnasium(lake, method="steps", **options)
    assert table.equals(steps)
    assert table.actions((0, 1)) == (1, 2)
    assert not table.equals(from_gymnasium(lake, reachable_only=True, terminated=terminated))  # the negative control
    assert np.array_equal(mp.given_rewards(table).expected, mp.given_rewards(steps).expected)
    assert table.origin["mask"] == steps.origin["mask"] == "mask=: masked actions do not exist"


def test_a_slippery_table_is_masked():
    # No steps are asked, so chance is no matter: of each pair that is left, the row is P's.
    mdp = from_gymnasium("FrozenLake-v1", mask=no_way_back)
    whole = from_gymnasium("FrozenLake-v1")
    for state in mdp.states:
        ends = state in [whole.states[i] for i in whole.absorbing_states]
        assert mdp.actions(state) == ((0, 1, 2, 3) if ends or state[1] == 0 else (1, 2, 3))
        for action in mdp.actions(state):
            assert mdp.successors(state, action) == whole.successors(state, action)
    with pytest.raises(mp.ModelError, match="outcomes are random"):
        from_gymnasium("FrozenLake-v1", mask=no_way_back, method="steps")


def test_taxis_own_mask():
    # Taxi's mask is what its walls and its passenger allow: a pair stays if and only if the documented rule says so,
    # which action_mask() gives for the state's number.
    mdp = from_gymnasium("Taxi-v4", mask=True)
    base = gymnasium.make("Taxi-v4").unwrapped
    live = [state for state in mdp.states[:500] if state[2] != state[3]]
    assert len(live) == 400
    for state in live:
        assert mdp.actions(state) == tuple(np.flatnonzero(base.action_mask(base.encode(*state))).tolist())
    assert mdp.origin["mask"] == "action_mask(state): masked actions do not exist"
    whole = from_gymnasium("Taxi-v4")
    assert whole.origin["mask"] == "action_mask() is not used: mask=True leaves out what it masks"
    assert "mask" not in from_gymnasium("Taxi-v4", mask=False).origin
    # What Taxi masks is what changes nothing, or is a fault: the best value of delivering is the same.
    assert whole.n_pairs > mdp.n_pairs


@pytest.mark.parametrize("kind", ["info", "method", "observation"])
def test_where_a_mask_is_asked(kind):
    class Method(Ring):
        def action_masks(self):
            return [True, self.s > 0]

    class Game(Ring):  # as PettingZoo's; a state that is observed beside a mask is not one of P
        def reset(self, *, seed=None, options=None):
            observation, info = super().reset(seed=seed)
            return {"observation": observation, **info}, {}

    if kind == "observation":
        with pytest.raises(mp.ModelError, match=r"observation .* is not a state of P"):
            from_gymnasium(Game(), mask=True)
        return
    env = {"info": Ring, "method": Method}[kind]()
    mdp = from_gymnasium(env, mask=True)
    assert not hasattr(env, "s")  # it was left as it was
    assert [mdp.actions(state) for state in range(4)] == [(0,), (0, 1), (0, 1), (0, 1)]
    source = {"info": 'info["action_mask"]', "method": "action_masks()"}[kind]
    assert mdp.origin["mask"] == f"{source}: masked actions do not exist"
    assert mp.given_rewards(mdp).of(1, 1) == 1.0


def test_steps_agree_with_a_masked_table():
    assert "(7 of 7 pairs tried)" in from_gymnasium(Ring(), mask=True, check=True, rng=0).origin["checked"]


def test_an_end_needs_no_action():
    # Nobody acts where an episode has ended: a mask that leaves nothing there is no error, and all actions stay.
    # Where it goes on after all, that is one.
    class Line(Ring):
        def __init__(self):
            super().__init__()
            self.P = {0: {0: [(1.0, 1, 1.0, True)]}, 1: {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 0.0, False)]}}
            self.isd = np.array([1.0, 0.0])

        def reset(self, *, seed=None, options=None):
            gymnasium.Env.reset(self, seed=seed)
            self.s = 0
            return 0, {}

    ended = from_gymnasium(Line(), mask=lambda env: [env.s == 0, 0])
    assert (ended.actions(0), ended.actions(1)) == ((0,), (0, 1))
    assert ended.origin["changed"] == "made absorbing: 1"
    for options in ({"terminated": "continue"}, {"starts": [0, 1]}):
        with pytest.raises(mp.ModelError, match="state 1: mask= leaves no action of P"):
            from_gymnasium(Line(), mask=lambda env: [env.s == 0, 0], **options)


# ---------------------------------------------------------------------- what is refused


class Drained(Ring):
    """Its mask looks at a battery, which is no part of P's states."""

    def reset(self, *, seed=None, options=None):
        self.battery = 3
        return super().reset(seed=seed)

    def step(self, action):
        self.battery = max(self.battery - 1, 0)
        return super().step(action)

    def info(self):
        return {}

    def action_masks(self):
        return [True, self.battery > 0]


class Unheld(Ring):
    """Its state is in no attribute of its own."""

    def info(self):
        return {}

    def __setattr__(self, name, value):
        object.__setattr__(self, name, [value] if name == "s" else value)

    def __getattribute__(self, name):
        value = object.__getattribute__(self, name)
        return value[0] if name == "s" else value


class Deaf(Ring):
    """It begins where it likes."""

    def reset(self, *, seed=None, options=None):
        self.s = 1
        gymnasium.Env.reset(self, seed=seed)
        return self.s, self.info()


class Silent(Ring):
    def info(self):
        return {}


class NoStarts(Ring):
    def __init__(self):
        super().__init__()
        self._chances = self.__dict__.pop("isd")

    def reset(self, *, seed=None, options=None):
        self.s = 2
        gymnasium.Env.reset(self, seed=seed)
        return self.s, self.info()


@pytest.mark.parametrize(
    ("kind", "mask", "message"),
    [
        (Drained, True, r"state \d: action_masks\(\) is \[1, 0\] where that state is set, and \[1, 1\] where"),
        (Unheld, lambda env: [1, 1], "mask= cannot be asked of a state: no attribute holds what is observed; met"),
        (Silent, True, 'mask=True, and there is none: no "action_mask" in info'),
        (NoStarts, True, r'info\["action_mask"\] is given by reset and step alone, and no initial_state_distrib'),
        (Deaf, True, r'state 0: a reset with all of isd on it led elsewhere: info\["action_mask"\] cannot be asked'),
        (Ring, lambda env: [1, 2], "state 0: mask= is neither 0 nor 1 for an action: 2"),
        (Ring, lambda env: [1], "state 0: mask= has 1 entries for 2 actions"),
        (Ring, lambda env: [env.s < 3, 0], "state 3: mask= leaves no action of P"),
        (Ring, lambda env: env.gone, "state 0: the mask raised AttributeError: .*; method='steps' asks it as it"),
    ],
)
def test_what_cannot_be_asked(kind, mask, message):
    with pytest.raises(mp.ModelError, match=f"^{kind.__name__}: {message}") as caught:
        from_gymnasium(kind(), mask=mask)
    assert "\n" not in str(caught.value)


def test_a_bare_table_has_no_mask():
    with pytest.raises(mp.ParameterError, match="a bare table has no steps"):
        from_gymnasium(Ring().P, mask=lambda env: [1, 1])
    with pytest.raises(mp.ParameterError, match="mask must be a function of the environment, True or False"):
        from_gymnasium(Ring(), mask="yes")

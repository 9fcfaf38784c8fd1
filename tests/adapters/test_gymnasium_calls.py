"""Older interfaces, classes and functions: what is no environment of Gymnasium is told what to do."""

import os

import gymnasium
import pytest
from walkers import Corridor, Masked

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium


class FourValues(Corridor):
    def step(self, action):
        observation, reward, terminated, _, info = super().step(action)
        return observation, reward, terminated, info


class NoSeed(Corridor):
    def reset(self):
        self.x = 0
        return 0


class BareReset(Corridor):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0]


class Nothing(Corridor):
    def step(self, action):
        return None


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (
            FourValues,
            "state 0, action 0: step failed: it gave 4 values, as in gym before 0.26, .*GymV21Env",
        ),
        (NoSeed, "reset takes no seed=, as in gym before 0.26: .*GymV21Environment-v0"),
        (BareReset, "reset gave 0, not observation and info; if as in gym before 0.26, .*GymV21Environment-v0"),
        (Nothing, "state 0, action 0: step failed: it gave a NoneType, not observation, reward"),
    ],
)
def test_older_interfaces(kind, told):
    with pytest.raises(mp.ModelError, match=f"^{kind.__name__}: {told}") as caught:
        from_gymnasium(kind(), key="x")
    assert "\n" not in str(caught.value)


def test_what_is_named_is_there():
    assert "GymV21Environment-v0" in gymnasium.registry


class Alike:
    """As an environment, but no subclass of Gymnasium's."""

    def reset(self): ...

    def step(self, action): ...


@pytest.mark.parametrize(
    ("thing", "told"),
    [
        (Corridor, r"got the class Corridor: give one of it, Corridor\(…\)$"),
        (Alike, "got the class Alike$"),
        (Alike(), "got Alike, which has reset and step but is no subclass$"),
        (
            type("Old", (), {**vars(Alike), "__module__": "gym.envs"})(),
            "got Old, which is of gym: .*GymV21Env",
        ),
        (lambda: Corridor(), "got the function <lambda>: call it$"),
    ],
)
def test_what_is_no_environment_is_told_what_to_do(thing, told):
    with pytest.raises(mp.ParameterError, match=told):
        from_gymnasium(thing)


def test_masks_in_the_observation():
    # As PettingZoo's games have them.
    class Game(Masked):
        def reset(self, *, seed=None, options=None):
            observation, info = super().reset(seed=seed)
            return {"observation": observation, **info}, {}

        def step(self, action):
            observation, *rest, info = super().step(action)
            return {"observation": observation, **info}, *rest, {}

    mdp = from_gymnasium(Game(3), key="x")
    assert mdp.equals(from_gymnasium(Masked(3), key="x"))
    assert mdp.actions(0) == (1,)
    assert mdp.origin["mask"] == 'observation["action_mask"]: masked actions do not exist'
    with pytest.raises(mp.ModelError, match="Corridor: mask=True, and there is none"):
        from_gymnasium(Corridor(3), key="x", mask=True)


@pytest.mark.slow
def test_chance_that_no_generator_knows():
    # One step in 100 stays, by os.urandom, which nobody can set anew: of 4 pairs in 300 tries each it is missed with
    # 0.99^1200 < 6e-6 (and seen in all tries of a pair never). Three tries miss it as a rule: that is what
    # origin counts.
    class Secret(Corridor):
        def step(self, action):
            return super().step(0 if int.from_bytes(os.urandom(2), "big") < 656 else action)

    with pytest.raises(mp.ModelError, match="outcomes are random"):
        from_gymnasium(Secret(5), key="x", tries=300)
    assert "in 300 tries of each pair" in from_gymnasium(Corridor(3), key="x", tries=300).origin["enumerated"]

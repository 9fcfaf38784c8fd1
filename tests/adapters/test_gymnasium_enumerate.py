"""Environments without a table: enumerated against what is known of them, and what is refused, with its reason."""

import enum
import hashlib
import random

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces, wrappers
from walkers import (
    Corridor,
    Counted,
    Drawn,
    GloballySlippery,
    HiddenGoal,
    Lights,
    Locked,
    Masked,
    Overwriting,
    Rebuilt,
    Slippery,
    Tide,
    where,
)

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium


def by_steps(name, **options):
    return from_gymnasium(gymnasium.make(name, **options.pop("made", {})), method="steps", **options)


# ---------------------------------------------------------------------- against tables


@pytest.mark.slow
@pytest.mark.parametrize("terminated", ["absorb", "sink", "continue"])
@pytest.mark.parametrize(
    ("name", "made"), [("FrozenLake-v1", {"is_slippery": False}), ("CliffWalking-v1", {})], ids=["lake", "cliff"]
)
def test_enumerated_is_the_table(name, made, terminated):
    # Two routes that share neither P nor steps: what a step does, and what P says, on all that can be reached.
    steps = by_steps(name, made=made, terminated=terminated)
    table = from_gymnasium(gymnasium.make(name, **made), terminated=terminated, reachable_only=True)
    assert steps.equals(table)
    assert np.array_equal(mp.given_rewards(steps).expected, mp.given_rewards(table).expected)
    assert np.array_equal(steps.layout, table.layout)
    assert steps.marks == table.marks


@pytest.mark.slow
def test_taxi_by_its_steps():
    # All 300 starts (isd), and 104 states more: 100 with the passenger in the taxi, 4 at the end, from which those
    # who "continue" go on to all 500. That is P itself.
    assert by_steps("Taxi-v4", mask=False, terminated="continue").equals(
        from_gymnasium("Taxi-v4", terminated="continue", reachable_only=True)
    )


@pytest.mark.slow
def test_taxi_masks():
    # info["action_mask"] leaves out what P has as a step that stays where it is, and illegal pick-ups. Else to
    # "absorb" differs in names only: ends are states of their own, where the table needs a twin.
    masked, table = by_steps("Taxi-v4"), from_gymnasium("Taxi-v4", reachable_only=True)
    assert masked.origin["mask"] == 'info["action_mask"]: masked actions do not exist'
    assert masked.n_states == table.n_states == 404
    base = gymnasium.make("Taxi-v4").unwrapped
    live = set(masked.states) - {masked.states[i] for i in masked.absorbing_states}
    assert live == set(table.states[:400])
    for state in live:
        allowed = tuple(np.flatnonzero(base.action_mask(base.encode(*state))).tolist())
        assert masked.actions(state) == allowed
        for action in allowed:
            (end,) = table.successors(state, action)
            assert masked.successors(state, action) == {end[0] if end[-1] == "done" else end: 1.0}


def test_a_corridor_by_hand():
    mdp = from_gymnasium(Corridor(4), key=where, check=True, rng=0)
    by_hand = mp.RewardlessMDP.from_successors(
        {0: {0: 0, 1: 1}, 1: {0: 0, 1: 2}, 2: {0: 1, 1: 3}, 3: {0: 3, 1: 3}},
    )
    assert mdp.equals(by_hand)
    assert mdp.origin["changed"] == "made absorbing: 3"
    assert mdp.origin["checked"].startswith("20,000 steps agree with what was enumerated (6 of 8 pairs tried)")
    assert mp.given_rewards(mdp).values.tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert from_gymnasium(Corridor(4), key="observation").equals(by_hand)


def test_the_environment_given_is_left_as_it_is():
    env = Corridor(4)
    env.reset(seed=3)
    env.step(1)
    before = env.np_random.bit_generator.state
    from_gymnasium(env, key=where)
    assert env.x == 1
    assert env.np_random.bit_generator.state == before


def test_shared_generators_are_left_as_they_were():
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.RandomState(5).random(3)
    from_gymnasium(Corridor(4), key=where)
    assert np.array_equal(np.random.random(3), expected)  # noqa: NPY002


# ---------------------------------------------------------------------- three environments of a newcomer


@pytest.mark.parametrize("kind", [Slippery, GloballySlippery])
def test_hidden_randomness(kind):
    # 38 pairs are stepped three times. An honest pair shows both outcomes, at 1 in 20 a step, with probability
    # 1 − 0.95³ − 0.05³ = 0.1425; all 38 hide it with 0.8575³⁸ = 0.3 %. The draws are fixed by the seeds of copies.
    with pytest.raises(mp.ModelError, match=r"^\w+: state \d+, action [01]: step led to .* outcomes are random"):
        from_gymnasium(kind(20), key=where)
    assert from_gymnasium(Corridor(20), key=where).n_states == 20  # the negative control


@pytest.mark.slow
def test_a_counter():
    counted = from_gymnasium(Counted(30), key=where)
    assert counted.equals(from_gymnasium(Corridor(30), key=where))  # 29 steps, though episodes have 20
    assert counted.origin["counters"] == "steps: set back before each step"


def test_a_counter_that_decides():
    with pytest.raises(mp.ModelError, match="where steps was one further: it is a part of the state"):
        from_gymnasium(Tide(5), key=where)
    # In the key it is state, and is not set back: cells and the parity of the step.
    mdp = from_gymnasium(Tide(5), key=lambda env: (env.x, env.steps % 2))
    assert "counters" not in mdp.origin
    assert mdp.successors((0, 0), 1) == {(1, 1): 1.0}
    assert mdp.successors((1, 1), 1) == {(0, 0): 1.0}


@pytest.mark.slow
def test_an_array_as_observation():
    # Three lamps, all lit: the middle action puts all out, the end. The second route is a search over tuples, with
    # the lamps that each action flips written down.
    mdp = from_gymnasium(Lights(), key="observation", check=True, rng=0)
    reached, waiting = {(1, 1, 1)}, [(1, 1, 1)]
    flips = [(1, 1, 0), (1, 1, 1), (0, 1, 1)]
    while waiting:
        lamps = waiting.pop()
        if any(lamps):
            after = {tuple(a ^ b for a, b in zip(lamps, flip, strict=True)) for flip in flips}
            waiting += after - reached
            reached |= after
    assert set(mdp.states) == reached
    assert mdp.successors((1, 1, 1), 1) == {(0, 0, 0): 1.0}
    assert [mdp.states[i] for i in mdp.absorbing_states] == [(0, 0, 0)]
    assert from_gymnasium(Lights(), key=lambda env: env.lamps).states == mdp.states


def test_without_a_key_the_attributes_are_named():
    with pytest.raises(mp.ModelError) as caught:
        from_gymnasium(Counted(9))
    told = str(caught.value)
    assert told.startswith("Counted: has no transition table P (env.unwrapped.P), and what tells its states apart")
    assert "steps (changed at every step)" in told
    assert "x (changed in " in told
    assert "\n" not in told


# ---------------------------------------------------------------------- keys


def test_a_key_that_leaves_out_what_decides():
    class Ring(Corridor):
        """Four cells in a ring; who has been in cell 1 has the key, with which cell 2 is the end."""

        def reset(self, *, seed=None, options=None):
            self.has = False
            return super().reset(seed=seed)

        def step(self, action):
            self.x = (self.x + (1 if action else 3)) % 4
            self.has |= self.x == 1
            end = self.x == 2 and self.has
            return self.x, 0.0, end, False, {}

    with pytest.raises(mp.ModelError, match=r"by another way into the state: .* \(key=\) .* different are has \("):
        from_gymnasium(Ring(4), key=where)
    assert from_gymnasium(Ring(4), key=lambda env: (env.x, env.has)).n_states > 4


def test_get_state():
    class Saved(Corridor):
        def get_state(self):
            return {"x": self.x, "board": np.array([[self.x]])}

    mdp = from_gymnasium(Saved(3))
    assert mdp.origin["key"] == "get_state()"
    assert mdp.states[0] == (("board", ((0,),)), ("x", 0))


# ---------------------------------------------------------------------- actions, starts, masks


def test_actions_that_start_elsewhere_and_actions_of_several_parts():
    class Shifted(Corridor):
        action_space = spaces.Discrete(2, start=7)

        def __init__(self):
            super().__init__(3)
            self.action_space = spaces.Discrete(2, start=7)

        def step(self, action):
            assert action in (7, 8)
            return super().step(action - 7)

    class Plane(gymnasium.Env):
        action_space = spaces.MultiDiscrete([3, 2])
        observation_space = spaces.Dict({"at": spaces.MultiDiscrete([3, 2]), "lamp": spaces.Discrete(2)})

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.at, self.lamp = np.zeros(2, np.int64), 0
            return {"at": self.at, "lamp": self.lamp}, {}

        def step(self, action):
            self.at, self.lamp = np.array(action), 1 - self.lamp
            return {"at": self.at, "lamp": self.lamp}, 0.0, False, False, {}

    assert from_gymnasium(Shifted(), key=where).actions(0) == (7, 8)
    mdp = from_gymnasium(Plane(), key="observation")
    # The start, and each of 3 · 2 places with each of two lamps but that the start is one of these.
    assert mdp.n_states == 12
    assert mdp.actions(mdp.states[0]) == ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1))
    assert mdp.successors((("at", (0, 0)), ("lamp", 0)), (2, 1)) == {(("at", (2, 1)), ("lamp", 1)): 1.0}


@pytest.mark.slow
def test_masked_actions_do_not_exist():
    for options in ({}, {"mask": lambda env: [env.x > 0, 1]}):
        mdp = from_gymnasium(Masked(3), key=where, check=True, rng=0, **options)
        assert [mdp.actions(state) for state in range(3)] == [(1,), (0, 1), (0, 1)]
    with pytest.raises(mp.ModelError, match="state 0, action 0: step failed: AssertionError: a masked action"):
        from_gymnasium(Masked(3), key=where, mask=False)

    class Method(Corridor):
        def action_masks(self):
            return np.array([self.x > 0, True])

    assert from_gymnasium(Method(3), key=where).actions(0) == (1,)


@pytest.mark.slow
def test_starts():
    class Anywhere(Corridor):
        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.x = int(self.np_random.integers(self.n - 1))
            return self.x, {}

    class Told(Corridor):
        def __init__(self):
            super().__init__(5)
            self.isd = np.array([0, 0, 0.5, 0.5, 0])

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.x = int(self.np_random.choice(5, p=self.isd))
            return self.x, {}

    # Where reset draws a start in one world, all are starts; in an enumeration of them each is found.
    assert from_gymnasium(Anywhere(5), key=where).equals(from_gymnasium(Corridor(5), key=where))
    assert from_gymnasium(Told(), key=where).equals(from_gymnasium(Corridor(5), key=where))
    # With one start, what it cannot reach may be dropped.
    one = from_gymnasium(Anywhere(5), key=where, starts=4, reachable_only=True)
    assert one.states == (4,)
    with pytest.raises(mp.ParameterError, match="starts must be states"):
        from_gymnasium(Corridor(5), key=where, starts="nowhere")


# ---------------------------------------------------------------------- wrappers


class Flip(gymnasium.ActionWrapper):
    """Left is right."""

    def action(self, action):
        return 1 - action


class EveryThird(gymnasium.Wrapper):
    """Every third action is lost: a wrapper with a state of its own."""

    def reset(self, **options):
        self.phase = 0
        return super().reset(**options)

    def step(self, action):
        self.phase = (self.phase + 1) % 3
        return super().step(action if self.phase else 0)


def test_wrappers_are_honoured():
    flipped = from_gymnasium(Flip(wrappers.TimeLimit(Corridor(4), 50)), key=where, check=True, rng=0)
    assert flipped.successors(1, 0) == {2: 1.0}
    assert flipped.origin["source"] == "Corridor in Flip"
    assert flipped.origin["time_limit"] == "TimeLimit of 50 steps left out: an MDP has no clock"
    assert flipped.origin["counters"] == "_elapsed_steps: set back before each step"


def test_wrappers_that_only_watch_pass():
    env = wrappers.RecordEpisodeStatistics(wrappers.TimeLimit(Corridor(4), 2))
    assert from_gymnasium(env, key=where).equals(from_gymnasium(Corridor(4), key=where))


def test_the_state_of_a_wrapper():
    with pytest.raises(mp.ModelError, match=r"leaves out what decides; different are EveryThird\.phase"):
        from_gymnasium(EveryThird(Corridor(4)), key=where)
    assert from_gymnasium(EveryThird(Corridor(4)), key=lambda env: (where(env), env.phase)).n_states > 4


# ---------------------------------------------------------------------- rewards


def test_a_reward_that_is_no_function_is_not_kept():
    class Bonus(Corridor):
        def __init__(self):
            super().__init__(4)
            self.visits = {}

        def step(self, action):
            result = super().step(action)
            self.visits[self.x] = self.visits.get(self.x, 0) + 1
            return (result[0], 1 / self.visits[self.x], *result[2:])

    mdp = from_gymnasium(Bonus(), key=where)
    assert mdp.equals(from_gymnasium(Corridor(4), key=where))
    with pytest.raises(mp.MDPPowerError, match=r"not kept: state 0, action \d earned 1.0 and, at a second visit, 0"):
        mp.given_rewards(mdp)


def test_a_reward_that_falls_with_the_counter():
    class Falling(Counted):
        def step(self, action):
            result = super().step(action)
            return (result[0], result[1] * (1 - self.steps / 100), *result[2:])

    mdp = from_gymnasium(Falling(4), key=where)
    assert mp.given_rewards(mdp).of(2, 1) == 0.99
    assert mdp.origin["reward"] == "kept, a function of state and action and of steps, kept for its first step; " \
        "0 after the end"  # fmt: skip


# ---------------------------------------------------------------------- what is refused


def _raising(self, action):
    raise OSError("the simulator is gone")


@pytest.mark.parametrize(
    ("env", "options", "kind", "message"),
    [
        (lambda: gymnasium.make("Pendulum-v1"), {}, mp.ModelError, "actions must be discrete to be listed"),
        (Locked, {"key": where}, mp.ModelError, "Locked cannot be copied, .* attribute lock cannot be: TypeError"),
        (Corridor, {"key": where, "mask": lambda env: [0.5, 1]}, mp.ModelError, "neither 0 nor 1 for an action: 0.5"),
        (Corridor, {"key": where, "mask": lambda env: [1]}, mp.ModelError, "mask= has 1 entries for 2 actions"),
        (Corridor, {"key": where, "mask": lambda env: "ab"}, mp.ModelError, "is not 0 or 1 for each action: 'ab'"),
        (
            Corridor, {"key": where, "mask": lambda env: [env.x < 2, env.x < 2]}, mp.ModelError,
            "state 2: mask= leaves no action",
        ),
        (Corridor, {"key": where, "limit": 0}, mp.ParameterError, "limit must be an integer, 1 or more, got 0"),
        (Corridor, {"key": where, "tries": 1}, mp.ParameterError, "tries must be an integer, 2 or more, got 1"),
        (Corridor, {"key": where, "seed": -1}, mp.ParameterError, "seed must be an integer, 0 or more, got -1"),
        (
            Corridor, {"key": where, "limit": 3}, mp.SizeError,
            "limit=3 states: of 3 found, 3 were stepped from, the last of them 2; raise limit=",
        ),
        (Corridor, {"key": lambda env: [env.x]}, mp.ModelError, r"key is not hashable: \[0\] is a list; give a tup"),
        (Corridor, {"key": lambda env: env}, mp.ModelError, "key must be plain .*, got Corridor"),
        (Corridor, {"key": lambda env: env.y}, mp.ModelError, "key= raised AttributeError: .* no attribute 'y'"),
        (Corridor, {"key": 3}, mp.ParameterError, "key must be a function of the environment"),
        (
            lambda: type("Raising", (Corridor,), {"step": _raising})(), {"key": where}, mp.ModelError,
            "Raising: state 0, action 0: step failed: OSError: the simulator is gone",
        ),
        (lambda: Drawn(5), {"key": lambda env: (env.x, env.n)}, mp.ModelError, "give seed= to keep one"),
    ],
)  # fmt: skip
def test_bad_input(env, options, kind, message):
    with pytest.raises(kind, match=message) as caught:
        from_gymnasium(env(), **options)
    assert "\n" not in str(caught.value)


def test_a_seed_keeps_one_world():
    mdp = from_gymnasium(Drawn(5), key=lambda env: (env.x, env.n), seed=1)
    again = from_gymnasium(Drawn(5), key=lambda env: (env.x, env.n), seed=1)
    assert mdp.equals(again)
    assert mdp.origin["seed"] == "1"


def test_steps_that_copies_share_are_found_out():
    env = Corridor(4)
    env.reset()
    env.step = lambda action: Corridor.step(env, action)  # a function that knows the one environment
    with pytest.raises(mp.ModelError, match="steps of copies change x of the environment itself"):
        from_gymnasium(env, key=where)

    class Module(Corridor):
        at = 0

        def step(self, action):
            type(self).at += 1
            return type(self).at, 0.0, False, False, {}

    with pytest.raises(mp.ModelError, match="steps of copies change the environment that was copied"):
        from_gymnasium(Module(4), key=lambda env: type(env).at)


@pytest.mark.slow
def test_check_finds_what_the_search_did_not():
    # The counter wraps a trap: at the fortieth step of an episode the corridor throws back to its start. Copies
    # come to the 24th.
    class Trap(Counted):
        def step(self, action):
            result = super().step(action)
            if self.steps == 40:
                self.x = 0
            return self.x, *result[1:3], False, {}

    assert from_gymnasium(Trap(9), key=where).n_states == 9
    with pytest.raises(mp.ModelError, match="what was enumerated gives that probability 0; chance, a counter"):
        from_gymnasium(Trap(9), key=where, check=True, rng=0)


def test_options_for_the_other_method_are_refused():
    with pytest.raises(mp.ParameterError, match="is read from its table P, to which limit means nothing"):
        from_gymnasium("FrozenLake-v1", limit=10)
    with pytest.raises(mp.ModelError, match="Corridor has no transition table P"):
        from_gymnasium(Corridor(), method="table")
    with pytest.raises(mp.ParameterError, match="one of 'auto', 'table', 'steps'"):
        from_gymnasium(Corridor(), method="guess")


# ---------------------------------------------------------------------- what would be wrong in silence


def test_a_goal_that_reset_draws_and_no_key_holds():
    with pytest.raises(mp.ModelError, match=r"reset draws what the key \(key=\) leaves out .* different are goal \("):
        from_gymnasium(HiddenGoal(7), key=where)
    kept = from_gymnasium(HiddenGoal(7), key=where, seed=1, check=True, rng=0)
    assert kept.n_states == HiddenGoal(7).unwrapped.n - (6 - int(kept.states[kept.absorbing_states[0]]))


def test_a_start_that_is_the_end_of_another_episode():
    # Reset draws any of three cells; an episode ends where the right one is entered, but one that begins there goes
    # on: it is a start with steps of its own, and its end a twin.
    class Anywhere(Corridor):
        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.x = int(self.np_random.integers(3))
            return self.x, {}

        def step(self, action):
            self.x = min(max(self.x + (1 if action else -1), 0), 2)
            return self.x, 0.0, self.x == 2, False, {}

    mdp = from_gymnasium(Anywhere(3), key=where)
    assert mdp.successors(2, 0) == {1: 1.0}
    assert mdp.successors(1, 1) == {(2, "done"): 1.0}


def test_copies_that_are_made_anew_are_refused():
    for key in (where, "observation"):
        with pytest.raises(
            mp.ModelError, match=r"different are x \(1, 0\); it has its own __getstate__ \(of EzPickle"
        ):
            from_gymnasium(Rebuilt(4), key=key)


@pytest.mark.slow
def test_an_action_that_step_overwrites():
    # Every action moves both parts, one down or up: from the corner (0, 0) all of 3 · 3 cells are reached.
    mdp = from_gymnasium(Overwriting(), key="observation", check=True, rng=0)
    for i, j in mdp.states:
        for a, b in mdp.actions((i, j)):
            to = tuple(int(np.clip(at + 2 * way - 1, 0, 2)) for at, way in ((i, a), (j, b)))
            assert mdp.successors((i, j), (a, b)) == {to: 1.0}


def test_chance_that_three_tries_do_not_show():
    # 6 pairs at 1 in 10, three tries: 0.73⁶ = 15 % hide it. A step that draws is tried 33 times: 0.9³³ⁿ of n = 6
    # pairs is below 1e-9. What is drawn to no effect passes, and is said.
    class Rare(Corridor):
        def step(self, action):
            return super().step(1 - action if random.random() < 0.1 else action)

    class Idle(Corridor):
        def step(self, action):
            self.np_random.random()
            return super().step(action)

    with pytest.raises(mp.ModelError, match="outcomes are random"):
        from_gymnasium(Rare(4), key=where)
    assert (
        "draw random numbers, without effect in 33 tries" in from_gymnasium(Idle(4), key=where).origin["enumerated"]
    )
    assert "draw" not in from_gymnasium(Corridor(4), key=where).origin["enumerated"]


def test_a_counter_that_decides_now_and_then():
    # Every seventh step goes left, in a corridor with 5 pairs to the right: a step 2 … 23 further is such for 3 of 22
    # lengths, and each pair is tried with five.
    class Gusts(Counted):
        def step(self, action):
            return super().step(0 if self.steps % 7 == 6 else action)

    with pytest.raises(mp.ModelError, match=r"where steps was \d+ further: it is a part of the state"):
        from_gymnasium(Gusts(6), key=where)


def test_a_counter_that_ends_episodes():
    class Timed(Counted):
        def step(self, action):
            observation, reward, ended, _, info = super().step(action)
            return observation, reward, ended or self.steps >= 12, False, info

    mdp = from_gymnasium(Timed(6), key=where)
    assert mdp.equals(from_gymnasium(Corridor(6), key=where))
    assert "episodes that end when 12 steps were counted" in mdp.origin["counters"]


def test_a_counter_that_is_observed():
    class Clock(Counted):
        def step(self, action):
            result = super().step(action)
            return (np.array([self.x, self.steps % 3]), *result[1:])

        def reset(self, *, seed=None, options=None):
            return np.array([super().reset(seed=seed)[0], 0]), {}

    mdp = from_gymnasium(Clock(4), key="observation")
    assert mdp.successors((0, 0), 1) == {(1, 1): 1.0}
    assert mdp.successors((1, 1), 0) == {(0, 2): 1.0}
    assert mdp.successors((0, 2), 0) == {(0, 0): 1.0}


class Twice(gymnasium.Wrapper):
    """Every action twice."""

    def step(self, action):
        for _ in range(2):
            result = self.env.step(action)
            if result[2]:
                break
        return result


def test_a_counter_under_a_frame_skip():
    # Two steps at a time: the reward at the end is that of the second step of an episode, wherever it was found.
    class Falling(Counted):
        def step(self, action):
            result = super().step(action)
            return (result[0], result[1] * (1 - self.steps / 100), *result[2:])

    mdp = from_gymnasium(Twice(Falling(7)), key=lambda env: env.unwrapped.x)
    assert mdp.successors(0, 1) == {2: 1.0}
    assert mp.given_rewards(mdp).of(4, 1) == 0.98


def test_a_mask_that_a_wrapper_gives():
    class Masker(gymnasium.Wrapper):
        def action_masks(self):
            return np.array([self.env.unwrapped.x > 0, True])

    mdp = from_gymnasium(Masker(Corridor(3)), key=lambda env: env.unwrapped.x)
    assert (mdp.actions(0), mdp.actions(1)) == ((1,), (0, 1))


def test_a_mask_that_reset_does_not_give():
    class Late(Corridor):
        def step(self, action):
            return (*super().step(action)[:4], {"action_mask": np.array([1, 1], np.int8)})

    with pytest.raises(mp.ModelError, match='info has an "action_mask" here, which it had not at reset'):
        from_gymnasium(Late(3), key=where)
    assert from_gymnasium(Late(3), key=where, mask=False).n_states == 3


def test_names_of_actions_that_a_wrapper_makes_others_of():
    class Named(Corridor):
        actions = enum.IntEnum("actions", {"back": 0, "forth": 1})

    assert from_gymnasium(Named(3), key=where).actions(0) == ("back", "forth")
    assert from_gymnasium(Flip(Named(3)), key=lambda env: env.unwrapped.x).actions(0) == (0, 1)


def test_a_wrapper_of_the_reward_leaves_the_key_its_environment():
    mdp = from_gymnasium(wrappers.TransformReward(Corridor(3), lambda reward: 5 * reward), key=where)
    assert mp.given_rewards(mdp).of(1, 1) == 5.0


@pytest.mark.parametrize(
    ("observe", "label"),
    [
        (lambda x: np.array([x, 9 - x]), (1, 8)),  # an integer Box
        (lambda x: (x, np.array([x])), (1, (1,))),  # a Tuple
        (lambda x: {"b": x, "a": (x, 0)}, (("a", (1, 0)), ("b", 1))),
        (lambda x: np.full((9, 9), x, np.uint8), "9 × 9 array " + hashlib.sha256(b"\1" * 81).hexdigest()[:8]),
    ],
)
def test_observations_as_labels(observe, label):
    env = wrappers.TransformObservation(Corridor(3), observe, None)
    mdp = from_gymnasium(env, key="observation")
    assert mdp.n_states == 3
    assert mdp.states[1] == label
    assert mdp.successors(mdp.states[0], 1) == {label: 1.0}


class Robot(Corridor):
    """Each move costs of a battery of four; in cell 0 it can be filled, and empty it stays where it is."""

    action_space = spaces.Discrete(3)

    def __init__(self, n):
        super().__init__(n)
        self.action_space = spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
        self.battery = 4
        return super().reset(seed=seed)

    def step(self, action):
        if action == 2:
            self.battery = 4 if self.x == 0 else self.battery
        elif self.battery:
            self.battery -= 1
            return super().step(action)
        return self.x, 0.0, False, False, {}


def test_what_adds_up_in_an_episode():
    # The latest way into cell 0 is the one that fills the battery: no two ways into a cell show what hides.
    # A walk that moves on comes to cells with an empty battery.
    with pytest.raises(
        mp.ModelError, match=r"and, in a walk, to \d; chance decides, or what the key \(attribute x\)"
    ):
        from_gymnasium(Robot(6), key="x")
    # By hand: in cell 0 all of 4 … 0 (moves against the wall), else x and what is left of 4 − x.
    whole = from_gymnasium(Robot(6), key=("x", "battery"))
    assert set(whole.states) == {(x, left) for x in range(5) for left in range(5 - x)}

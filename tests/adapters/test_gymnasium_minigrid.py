"""Minigrid: enumerated against a count of its own, its random steps, and breadth-first search in the environment."""

import copy
from collections import deque

import gymnasium
import numpy as np
import pytest

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium
from mdppower.adapters.gymnasium_copies import Copier
from mdppower.adapters.gymnasium_make import make_environment
from mdppower.adapters.gymnasium_minigrid import minigrid_key, share_minigrid

minigrid = pytest.importorskip("minigrid")


def floor(env):
    """Cells, as (column, row), that hold nothing one cannot walk on."""
    grid = env.unwrapped.grid
    cells = [(x, y) for x in range(grid.width) for y in range(grid.height)]
    return {cell for cell in cells if grid.get(*cell) is None or grid.get(*cell).can_overlap()}


def walk_count(env):
    """States of an empty world, counted without any step of it.

    Walking is all there is: on cell and direction, by turns and moves. One who enters goal or lava is at the end, and
    stands there in the direction in which he came.
    """
    grid, cells = env.unwrapped.grid, floor(env)
    ends = {cell for cell in cells if grid.get(*cell) is not None and grid.get(*cell).type in ("goal", "lava")}
    first = (tuple(map(int, env.unwrapped.agent_pos)), int(env.unwrapped.agent_dir))
    seen, waiting = {first}, [first]
    while waiting:
        (x, y), direction = waiting.pop()
        if (x, y) in ends:
            continue
        dx, dy = [(1, 0), (0, 1), (-1, 0), (0, -1)][direction]
        ahead = (x + dx, y + dy) if (x + dx, y + dy) in cells else (x, y)
        for state in (((x, y), (direction + 1) % 4), ((x, y), (direction - 1) % 4), (ahead, direction)):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return len(seen)


def door_key_count(env):
    """States of DoorKey, counted without any step of it.

    A search over what matters: cell and direction of the agent, where the key is (None: in the hand), and the door.
    Key and door have to be known to be what they are: the key is picked up from, and put down on, the cell ahead,
    which must be free; the door is toggled from the cell beside it, for the first time with the key.
    """
    grid = env.unwrapped.grid
    things = {(x, y): grid.get(x, y) for x in range(grid.width) for y in range(grid.height)}
    (key,) = [cell for cell, thing in things.items() if thing is not None and thing.type == "key"]
    (door,) = [cell for cell, thing in things.items() if thing is not None and thing.type == "door"]
    (goal,) = [cell for cell, thing in things.items() if thing is not None and thing.type == "goal"]
    free = {cell for cell, thing in things.items() if thing is None or thing.type in ("key", "goal")}
    first = (tuple(map(int, env.unwrapped.agent_pos)), int(env.unwrapped.agent_dir), key, "locked")
    seen, waiting = {first}, [first]
    while waiting:
        cell, direction, key, lock = waiting.pop()
        if cell == goal:
            continue
        dx, dy = [(1, 0), (0, 1), (-1, 0), (0, -1)][direction]
        ahead = (cell[0] + dx, cell[1] + dy)
        after = [(cell, (direction + 1) % 4, key, lock), (cell, (direction - 1) % 4, key, lock)]
        if (ahead in free and ahead != key) or (ahead == door and lock == "open"):
            after.append((ahead, direction, key, lock))
        if ahead == key:
            after.append((cell, direction, None, lock))
        if key is None and ahead in free and ahead != goal:
            after.append((cell, direction, ahead, lock))
        if ahead == door:
            turned = {"locked": "open" if key is None else "locked", "open": "closed", "closed": "open"}[lock]
            after.append((cell, direction, key, turned))
        for state in after:
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return len(seen)


EXAMPLES = [
    pytest.param("MiniGrid-Empty-5x5-v0", 0, walk_count, id="empty"),
    pytest.param("MiniGrid-LavaGapS5-v0", 1, walk_count, id="lava"),
    pytest.param("MiniGrid-DoorKey-5x5-v0", 0, door_key_count, id="door 5", marks=pytest.mark.slow),
    pytest.param("MiniGrid-DoorKey-6x6-v0", 0, door_key_count, id="door 6", marks=pytest.mark.slow),
    pytest.param("MiniGrid-FourRooms-v0", 0, walk_count, id="rooms", marks=pytest.mark.slow),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed", "counted"), EXAMPLES)
def test_states_and_steps(name, seed, counted):
    # check=True walks 20,000 random steps in the environment itself, whose step counter runs on.
    env = make_environment(name)
    mdp = from_gymnasium(env, seed=seed, check=True, rng=0)
    env.reset(seed=seed)
    assert mdp.n_states == counted(env)
    assert mdp.origin["checked"].startswith("20,000 steps agree with what was enumerated")
    assert mdp.origin["counters"] == "step_count: set back before each step"
    assert mdp.action_names == ("left", "right", "forward", "pickup", "drop", "toggle", "done")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed"), [("MiniGrid-Empty-5x5-v0", 0), ("MiniGrid-LavaGapS5-v0", 1)])
def test_states_against_a_count(name, seed):
    env = make_environment(name)
    env.reset(seed=seed)
    assert from_gymnasium(env, seed=seed).n_states == walk_count(env)


def test_cheap_copies_are_deep_copies():
    # What share_minigrid leaves out of copies must not matter: beside each cheap copy a deep one takes the same
    # 300 random steps, and the first environment, from which both were made, stays as it was.
    env = gymnasium.make("MiniGrid-ObstructedMaze-1Dlhb-v0").unwrapped
    env.reset(seed=3)
    rng = np.random.default_rng(1)
    for _ in range(60):
        env.step(int(rng.integers(6)))
    for _ in range(10):
        before = minigrid_key(env)
        cheap, deep = Copier(share_minigrid).copy(env), copy.deepcopy(env)
        for action in rng.integers(7, size=30).tolist():
            ours, theirs = cheap.step(action), deep.step(action)
            assert minigrid_key(cheap) == minigrid_key(deep)
            assert ours[1:4] == theirs[1:4]
        assert minigrid_key(env) == before
        env = deep


@pytest.mark.slow
def test_cheap_copies_give_the_same_mdp():
    cheap = from_gymnasium(gymnasium.make("MiniGrid-DoorKey-5x5-v0"), seed=0)
    deep = from_gymnasium(
        gymnasium.make("MiniGrid-DoorKey-5x5-v0"), seed=0, key=lambda env: hash_free_key(env), terminated="absorb"
    )
    assert (cheap.kernel != deep.kernel).nnz == 0
    assert np.array_equal(cheap.pointer, deep.pointer)


def hash_free_key(env):
    """By Minigrid's own encoding, and what it leaves out."""
    inside = tuple(thing is not None and getattr(thing, "contains", None) is not None for thing in env.grid.grid)
    hand = None if env.carrying is None else tuple(env.carrying.encode())
    return (env.grid.encode(), tuple(map(int, env.agent_pos)), int(env.agent_dir), hand, inside)


def test_what_boxes_hold_and_hands_carry_is_state():
    # Minigrid's own hash() is the same with and without a ball in the hand, and for a box with a key and without.
    env = gymnasium.make("MiniGrid-ObstructedMaze-1Dlhb-v0").unwrapped
    env.reset(seed=3)
    box = next(thing for thing in env.grid.grid if thing is not None and thing.type == "box")
    before, hashed = minigrid_key(env), env.hash()
    held, box.contains = box.contains, None
    assert held is not None
    assert env.hash() == hashed
    assert minigrid_key(env) != before
    box.contains = held
    env.carrying = box
    assert env.hash() == hashed
    assert minigrid_key(env) != before


@pytest.mark.slow
def test_shortest_success_of_door_key():
    # With reward 1 on the goal, and 0 elsewhere, a goal that is d steps away is worth γ^d, normalised: V = γ^d
    # (1 + γ + …) there, for the goal is absorbing. d is found by breadth-first search over copies of the environment.
    env = gymnasium.make("MiniGrid-DoorKey-5x5-v0")
    mdp = from_gymnasium(env, seed=0)
    goal = np.zeros(mdp.n_states)
    goal[list(mdp.marks["goal"])] = 1.0
    gamma = 0.9
    start = mdp.states[0]
    value = mp.optimal_values(mdp, goal, gamma).normalised[0, mdp.index(start)]
    env.reset(seed=0)
    seen, queue, shortest = {hash_free_key_bytes(env)}, deque([(env.unwrapped, 0)]), None
    while shortest is None:
        here, steps = queue.popleft()
        for action in range(7):
            there = copy.deepcopy(here)
            _, reward, terminated, _, _ = there.step(action)
            key = hash_free_key_bytes(there)
            if terminated and reward > 0:
                shortest = steps + 1
                break
            if key not in seen:
                seen.add(key)
                queue.append((there, steps + 1))
    assert value == pytest.approx(gamma**shortest, rel=1e-9)


def hash_free_key_bytes(env):
    env = env.unwrapped
    hand = None if env.carrying is None else tuple(env.carrying.encode())
    return (env.grid.encode().tobytes(), tuple(map(int, env.agent_pos)), int(env.agent_dir), hand)


@pytest.mark.slow
def test_the_reward_is_that_of_the_first_step():
    # 1 − 0.9 · step / max_steps, with step 1 and max_steps = 4 · 5² = 100.
    mdp = from_gymnasium("MiniGrid-Empty-5x5-v0")
    given = mp.given_rewards(mdp)
    assert given.of((3, 2, "east"), "forward") == pytest.approx(1 - 0.9 / 100)
    assert np.count_nonzero(given.values) == 2
    assert "of step_count, kept for its first step" in mdp.origin["reward"]
    assert mdp.origin["time_limit"] == "max_steps=100 left out: an MDP has no clock"


@pytest.mark.slow
def test_labels_and_planes():
    mdp = from_gymnasium("MiniGrid-Empty-5x5-v0")
    assert mdp.states[0] == (1, 1, "east")
    assert mdp.successors((1, 1, "east"), "forward") == {(1, 2, "east"): 1.0}
    assert mdp.successors((1, 1, "east"), "right") == {(1, 1, "south"): 1.0}
    assert mdp.layout[mdp.index((1, 2, "east"))].tolist() == [1, 2]
    assert [mdp.states[i] for i in mdp.marks["goal"]] == [mdp.states[i] for i in mdp.absorbing_states]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("MiniGrid-DoorKey-5x5-v0", {}, "reset draws what the world is like"),
        ("MiniGrid-Dynamic-Obstacles-5x5-v0", {"seed": 0}, "outcomes are random"),
    ],
)
def test_what_is_refused(name, options, message):
    with pytest.raises(mp.ModelError, match=f"^{name}: .*{message}"):
        from_gymnasium(name, **options)


@pytest.mark.slow
def test_steps_after_the_end():
    # "continue" ignores the flag: one who stands on the goal turns and walks on. All 9 cells, 4 directions.
    mdp = from_gymnasium("MiniGrid-Empty-5x5-v0", terminated="continue")
    assert mdp.n_states == 36
    assert len(mdp.absorbing_states) == 0
    assert mdp.successors((3, 3, "east"), "left") == {(3, 3, "north"): 1.0}


@pytest.mark.slow
def test_ids_with_and_without_the_module():
    assert mp.envs.make("MiniGrid-Empty-5x5-v0").equals(mp.envs.make("minigrid:MiniGrid-Empty-5x5-v0"))


@pytest.mark.slow
def test_on_the_command_line(capsys):
    from mdppower.cli.main import main

    with pytest.raises(SystemExit) as ended:
        main(["show", "MiniGrid-LavaGapS5-v0", "--seed", "1", "--check"])
    assert ended.value.code in (0, None)
    assert "20,000 steps agree" in capsys.readouterr().out


@pytest.mark.slow
def test_instructions_that_remember_are_not_left_out():
    """BabyAI's instructions hold what was done, which is not in the grid: which key tells its states is asked for."""
    with pytest.raises(mp.ModelError, match=r"give key=.*instrs \(changed"):
        mp.from_gymnasium("BabyAI-GoToRedBallNoDists-v0", seed=0)

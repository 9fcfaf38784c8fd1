"""Gymnasium out: the environments keep Gymnasium's interface, and the conventions of the package."""

import copy
import json
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from scipy.stats import chi2

import mdppower as mp
from mdppower.envs.gridworld_env import GridWorldEnv
from mdppower.envs.picture import AGENT, BORDER, PLAIN, WALL
from mdppower.envs.tabular import TabularEnv
from mdppower.errors import LabelError, MapError, ParameterError, RewardError

GRIDWORLD, TABULAR = "mdppower:mdppower/GridWorld-v0", "mdppower:mdppower/Tabular-v0"

EXITS = ["a..*", ".#.~", "...b"]  # an exit and a pit have "stay" only: action sets differ

MADE = {
    "maze": (GRIDWORLD, {"map": "maze"}),
    "slippery": (GRIDWORLD, {"map": "four-rooms", "slip": 0.3, "rewards": 1.5}),
    "exits": (GRIDWORLD, {"map": EXITS, "rewards": {"default": -1, "~": -9}, "start": "a", "terminate": True}),
    "figure 1": (TABULAR, {"mdp": mp.envs.make("turner-figure-1"), "rewards": list(range(8)), "start": "star"}),
    "by name": (TABULAR, {"mdp": "fork(3)"}),
}


def made(name, **more):
    env_id, options = MADE[name]
    return gymnasium.make(env_id, **options, **more)


# ---------------------------------------------------------------------- Gymnasium's interface


@pytest.mark.parametrize("render_mode", [None, "ansi", "rgb_array"])
@pytest.mark.parametrize("name", MADE)
def test_the_environment_checker_finds_nothing(name, render_mode):
    # Its warnings are errors here; it makes the environment again in each render mode from its spec.
    check_env(made(name, render_mode=render_mode).unwrapped)


@pytest.mark.parametrize("name", MADE)
def test_a_random_agent_runs_for_1000_steps(name):
    env = made(name, max_episode_steps=70)
    env.action_space.seed(0)
    env.reset(seed=0)
    truncations = endings = 0
    for _ in range(1000):
        state, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert type(state) is int
        assert type(reward) is float
        assert 0 < info["prob"] <= 1
        truncations += truncated
        endings += terminated
        if terminated or truncated:
            env.reset()
    # 14 whole episodes of 70 steps, where nothing ends them before.
    assert (truncations, endings) == (1000 // 70, 0) or (env.unwrapped.terminate and endings > 0)


@pytest.mark.parametrize("name", MADE)
def test_a_seed_repeats_an_episode(name):
    def episode(env):
        seen = [env.reset(seed=5)[0]]
        for k in range(50):
            seen += env.step(k % env.action_space.n)[:2]
        return seen

    one, other = made(name).unwrapped, made(name).unwrapped
    assert episode(one) == episode(other) == episode(one)
    assert episode(copy.deepcopy(one)) == episode(pickle.loads(pickle.dumps(one))) == episode(one)


def test_vector_environments():
    envs = gymnasium.make_vec(GRIDWORLD, num_envs=3, map=EXITS, start="a", rewards=2.0)
    states, info = envs.reset(seed=0)
    assert states.tolist() == [0, 0, 0]
    assert info["action_mask"].shape == (3, 5)
    for _ in range(20):
        states, rewards, *_ = envs.step(envs.action_space.sample())
    assert rewards.tolist() == [2, 2, 2]
    assert envs.reset(options={"start": "b"})[0].tolist() == [10, 10, 10]  # 4 + 3 + 4 cells, the last
    envs.close()


def test_the_spec_of_a_gridworld_is_json():
    # JSON has no tuples: the start (0, 2) comes back as the list [0, 2].
    options = {"map": EXITS, "slip": 0.25, "bias": {"N": 0.125}, "start": (0, 2), "rewards": {"default": 0, "*": 1}}
    env = gymnasium.make(GRIDWORLD, **options)
    again = gymnasium.make(EnvSpec.from_json(env.spec.to_json()))
    assert json.loads(env.spec.to_json())["kwargs"]["map"] == EXITS
    assert again.unwrapped.P == env.unwrapped.P
    assert again.reset()[0] == env.reset()[0] == 2


def test_the_mdp_must_be_given():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'mdp'"):
        gymnasium.make(TABULAR)


# ---------------------------------------------------------------------- dynamics


@pytest.mark.parametrize("name", MADE)
def test_p_is_the_kernel(name):
    env = made(name).unwrapped
    env.reset(seed=0)
    env.step(0)
    assert "P" not in vars(env)  # a step does not build it
    transitions, feasible = env.mdp.to_arrays()
    absorbing = set(env.mdp.absorbing_states.tolist())
    for s, actions in env.P.items():
        assert list(actions) == np.flatnonzero(feasible[s]).tolist()
        for a, outcomes in actions.items():
            row = np.zeros(env.mdp.n_states)
            for probability, after, reward, terminated in outcomes:
                assert list(map(type, (probability, after, reward, terminated))) == [float, int, float, bool]
                row[after] += probability
                assert reward == env.rewards[s]
                assert terminated == (env.terminate and after in absorbing)
            assert (row == transitions[s, a]).all()


@pytest.mark.slow
def test_steps_are_as_frequent_as_the_kernel_says():
    # Pearson's χ² of each pair with more than one outcome, summed: independent, so that the degrees of freedom
    # add up. An honest environment fails with probability 1e-6 (about: n p ≥ 40 in each cell), and the seed is
    # fixed. Starts, uniform over the two states of mark a, are one more such test.
    env = GridWorldEnv(["a.*", "a#."], slip=0.4, start="a")
    n, statistic, freedom = 2000, 0.0, 0
    env.reset(seed=20)
    for s, actions in env.P.items():
        for a, outcomes in actions.items():
            seen = dict.fromkeys((after for _, after, *_ in outcomes), 0)
            chance = {after: p for p, after, *_ in outcomes}
            for _ in range(n):
                env.reset(options={"start": env.state_labels[s]})
                after, *_, info = env.step(a)
                seen[after] += 1
                assert info["prob"] == chance[after]
            assert min(chance.values()) * n >= 40
            statistic += sum((seen[t] - n * p) ** 2 / (n * p) for t, p in chance.items())
            freedom += len(chance) - 1
    starts = np.bincount([env.reset()[0] for _ in range(n)], minlength=5)
    assert starts[[1, 2, 4]].sum() == 0
    statistic += ((starts[[0, 3]] - n / 2) ** 2 / (n / 2)).sum()
    assert freedom > 20
    assert statistic < chi2.isf(1e-6, freedom + 1)


def test_the_discounted_return_is_v():
    # One action a state: s0 → s1 → s2 → s0, rewards 1, 2, 4, γ = 1/2. The return from s0 is
    #   (1 + 2/2 + 4/4)/(1 − 1/8) = 24/7,
    # and what n = 60 steps leave out is less than γⁿ · 4/(1 − γ) = 8 · 2⁻⁶⁰, below one rounding.
    env = TabularEnv("cycle(3)", rewards=[1, 2, 4], start=[1, 0, 0])
    env.reset(seed=0)
    earned = sum(0.5**t * env.step(0)[1] for t in range(60))
    assert earned == pytest.approx(24 / 7, abs=1e-15)
    assert mp.optimal_values(env.mdp, env.rewards, 0.5).values[0, 0] == pytest.approx(24 / 7, abs=1e-12)


def test_an_absorbing_state_earns_for_ever_or_ends_the_episode():
    rewards = {"default": -1, "*": 10}
    env = GridWorldEnv([".*"], rewards=rewards, start=(0, 0))
    env.reset()
    assert [env.step(1)[1:3] for _ in range(3)] == [(-1.0, False), (10.0, False), (10.0, False)]
    env = GridWorldEnv([".*"], rewards=rewards, start=(0, 0), terminate=True)
    env.reset()
    assert env.step(0)[:3] == (0, -1.0, False)
    assert env.step(1)[:3] == (1, -1.0, True)


def test_a_missing_action_is_one_that_the_state_has():
    # Without blocked steps (0, 0) of a row has E and stay, numbers 1 and 4 of N E S W stay, so that K = 2:
    # 0 and 2 do its 0th action, E; 3 does its 1st, stay. The exit has stay only.
    env = GridWorldEnv([".*"], blocked="remove", start=(0, 0))
    assert env.action_labels == ("N", "E", "S", "W", "stay")
    after = {}
    for a in range(5):
        assert env.reset()[1]["action_mask"].tolist() == [0, 1, 0, 0, 1]
        after[a], *_, info = env.step(a)
        assert info["action_mask"].tolist() == ([0, 0, 0, 0, 1] if after[a] else [0, 1, 0, 0, 1])
    assert after == {0: 1, 1: 1, 2: 1, 3: 0, 4: 0}
    assert [env.reset(options={"start": "*"})[0]] + [env.step(np.int64(a))[0] for a in range(5)] == [1] * 6


@pytest.mark.slow
def test_a_q_learner_finds_the_optimal_values():
    # In a deterministic MDP Q-learning with step size 1 is value iteration, a pair at a time: Q(s, a) becomes
    # R(s) + γ max Q(s', ·). Between two times at which every pair has had its turn the greatest error shrinks by
    # γ at least, and it begins as max Q* (Q = 0, rewards ≥ 0). After k rounds it is at most γᵏ max Q*.
    gamma, rounds = 0.8, 60
    env = gymnasium.make(
        GRIDWORLD, map=EXITS, rewards={"*": 1, "b": 0.5, "default": 0}, blocked="remove", max_episode_steps=20
    )
    mdp, rewards = env.unwrapped.mdp, env.unwrapped.rewards
    feasible = mdp.to_arrays()[1]
    best = mp.optimal_values(mdp, rewards, gamma).values[0]
    q = np.where(feasible, 0.0, -np.inf)
    waiting, done = feasible.copy(), 0
    state, info = env.reset(seed=1)
    while done < rounds:
        action = int(env.action_space.sample(mask=info["action_mask"]))
        after, reward, _, truncated, info = env.step(action)
        q[state, action] = reward + gamma * q[after].max()
        waiting[state, action] = False
        if not waiting.any():
            waiting, done = feasible.copy(), done + 1
        state, info = (after, info) if not truncated else env.reset()
    bound = gamma**rounds * best.max() + 1e-12
    assert abs(q.max(axis=1) - best).max() <= bound < 1e-4

    # The greedy policy earns what it should: V of its start but for what 1,000 steps leave out, γ¹⁰⁰⁰ ≈ 0, and
    # for acting on Q: |V of the greedy policy − V*| ≤ 2 γ bound/(1 − γ), and less than that to each side.
    env = env.unwrapped
    for start in env.state_labels:
        first = state = env.reset(options={"start": start})[0]
        earned = 0.0
        for t in range(1000 if first == 0 else 100):
            state, reward, *_ = env.step(int(q[state].argmax()))
            earned += gamma**t * reward
        assert earned == pytest.approx(best[first], abs=2 * gamma * bound / (1 - gamma) + gamma**100 * 5)


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_the_round_trip_gives_the_mdp(name):
    env = made(name)
    back = mp.from_gymnasium(env, terminated="continue")
    mdp = env.unwrapped.mdp
    assert back.equals(mdp)
    assert back.action_names == mdp.action_names
    assert dict(back.marks) == dict(mdp.marks)
    assert back.layout is mdp.layout is None or (back.layout == mdp.layout).all()
    if not env.unwrapped.terminate:
        assert mp.from_gymnasium(env, check=True, rng=0).equals(mdp)


# ---------------------------------------------------------------------- what can be given


@pytest.mark.parametrize(
    ("start", "distribution"),
    [
        (None, [1 / 3, 1 / 3, 1 / 3]),
        ((0, 1), [0, 1, 0]),
        ([0, 1], [0, 1, 0]),
        ("a", [0.5, 0.5, 0]),
        ("*", [0, 0, 1]),
        ({(0, 0): 0.25, "*": 0.75}, [0.25, 0, 0.75]),
        ({"a": 0.5, (0, 0): 0.5}, [0.75, 0.25, 0]),
        (np.array([0.5, 0, 0.5]), [0.5, 0, 0.5]),
        ([0, 0, 1], [0, 0, 1]),
        ([0, 2], [0, 0, 1]),
    ],
)
def test_starts(start, distribution):
    env = GridWorldEnv(["aa*"], start=start)
    assert env.initial_state_distrib.tolist() == distribution
    state, info = env.reset(seed=3)
    assert info["prob"] == distribution[state] > 0


def test_starts_in_single_precision():
    # Three times 1/3 as float32 is 1 + 3e-8; as float64 that is a slip.
    third = np.full(3, 1 / 3, np.float32)
    for start in (third, dict(zip([(0, 0), (0, 1), (0, 2)], third, strict=True))):
        assert GridWorldEnv(["aa*"], start=start).initial_state_distrib == pytest.approx([1 / 3] * 3, abs=1e-15)
    with pytest.raises(ParameterError, match="sum to 1"):
        GridWorldEnv(["aa*"], start=third.astype(float))
    for share in (True, "1"):
        with pytest.raises(ParameterError, match="start must be"):
            GridWorldEnv(["aa*"], start={"*": share})


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        ((9, 9), LabelError, r"no state \(9, 9\)"),
        ("z", LabelError, "no state 'z'"),
        ([9, 9], LabelError, r"no state \(9, 9\)"),
        ({"z": 1.0}, LabelError, "no state 'z'"),
        ({"*": 0.5}, ParameterError, "start must have 3 probabilities that sum to 1"),
        ({"*": "x"}, ParameterError, "start must be a state, a mark or probabilities"),
        ([2, -1, 0], ParameterError, "start must have 3 probabilities"),
        ([np.nan, 0, 1], ParameterError, "start must have 3 probabilities"),
        (np.ones(2) / 2, ParameterError, "start must have 3 probabilities"),
    ],
)
def test_bad_starts(start, error, message):
    with pytest.raises(error, match=message):
        GridWorldEnv(["aa*"], start=start)
    with pytest.raises(error, match=message):
        GridWorldEnv(["aa*"]).reset(options={"start": start})


@pytest.mark.parametrize(
    ("rewards", "vector"),
    [
        (None, [0, 0, 0]),
        (2, [2, 2, 2]),
        ((1, 2, 3), [1, 2, 3]),
        (mp.Fixed([1, 2, 3]), [1, 2, 3]),
        ({"a": 1, (0, 1): 5, "default": -1}, [1, 5, -1]),
    ],
)
def test_rewards(rewards, vector):
    assert GridWorldEnv(["aa*"], rewards=rewards).rewards.tolist() == vector


@pytest.mark.parametrize(
    ("rewards", "message"),
    [
        ([1, 2], "for 2 states; the MDP has 3"),
        ("uniform", r"one reward function; uniform.* random in state \(0, 0\)"),
        ({"*": "norm(0,1)", "default": 0}, r"random in state \(0, 2\)"),
        ({"a": 1}, r"no entry for state \(0, 2\)"),
        (lambda n, rng: np.zeros((n, 3)), r"random in state \(0, 0\)"),
        ([1, 2, np.nan], "rewards"),
    ],
)
def test_bad_rewards(rewards, message):
    with pytest.raises(RewardError, match=message):
        GridWorldEnv(["aa*"], rewards=rewards)


def test_maps(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("..*\n", encoding="utf-8")
    maps = [path, str(path), "\n..*", ["..*"], ("..*",)]
    assert all(GridWorldEnv(one).mdp.equals(mp.envs.gridworld("..*")) for one in maps)
    assert GridWorldEnv().mdp.equals(mp.envs.make("maze"))
    assert GridWorldEnv("fork(2)").mdp.equals(mp.envs.make("fork(2)"))  # no map, but no options either
    # The spaces of a row are cells that there are not, also where all rows but the first begin with one.
    assert GridWorldEnv([".", " .", " ."]).state_labels == ((0, 0), (1, 1), (2, 1))


@pytest.mark.parametrize(
    ("map_", "options", "error", "message"),
    [
        ("nowhere", {}, LabelError, "no environment.* 'nowhere'"),
        ("fork(2)", {"slip": 0.1}, ParameterError, r"fork\(2\) is not a map and takes no slip"),
        (["..", ".?"], {}, MapError, "line 2, column 2"),
        ([], {}, ParameterError, "map must be"),
        ([1, 2], {}, ParameterError, "map must be"),
        (7, {}, ParameterError, "map must be"),
        ("maze", {"slip": 2}, ParameterError, "slip"),
        ("maze", {"render_mode": "human"}, ParameterError, "render_mode must be one of 'ansi', 'rgb_array'"),
        ("maze", {"terminate": "no"}, ParameterError, "terminate must be True or False"),
    ],
)
def test_bad_options(map_, options, error, message):
    with pytest.raises(error, match=message):
        GridWorldEnv(map_, **options)


def test_bad_calls():
    with pytest.raises(ParameterError, match="mdp must be a RewardlessMDP or a name, got list"):
        TabularEnv([[1.0]])
    env = TabularEnv("fork(2)", render_mode="ansi")
    for call in (env.render, lambda: env.step(0)):
        with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
            call()
    with pytest.raises(ParameterError, match="the option 'start', got 'begin'"):
        env.reset(options={"begin": 0})
    env.reset(seed=0)
    for action in (-1, 2, "stay", 0.5, None):
        with pytest.raises(ParameterError, match=f"an action is an int from 0 to 1, got {action!r}"):
            env.step(action)


# ---------------------------------------------------------------------- pictures


def test_text_of_a_map():
    env = GridWorldEnv(EXITS, rewards={"b": 0.5, "default": 0}, start=(2, 3), render_mode="ansi")
    env.reset()
    assert env.render() == "a..*\n.#.~\n...@\nstate (2, 3), reward 0.5, actions: N, E, S, W, stay"
    env.step(3)
    assert env.render().startswith("a..*\n.#.~\n..@b\nstate (2, 2), reward 0, ")


def test_text_of_an_mdp_without_a_map():
    mdp = mp.RewardlessMDP.from_successors(
        {"start": {"wait": "start", "gamble": {"won": 0.5, "lost": 0.5}}, "won": {"s": "won"}, "lost": {"s": "lost"}}
    )
    env = TabularEnv(mdp, start="start", render_mode="ansi")
    env.reset()
    assert (
        env.render() == "state start, reward 0, actions: wait leads to start; gamble leads to won (0.5) or lost (0.5)"
    )


def test_text_of_many_actions_is_cut():
    env = TabularEnv("fork(40)", start="root", render_mode="ansi")
    env.reset()
    assert env.render().endswith("leads to t12; …")


def cell(picture, row, column, side=24):
    """The colours in the middle of a cell, and near its corner where neither agent nor frame reaches."""
    return tuple(picture[row * side + side // 2, column * side + side // 2].tolist()), tuple(
        picture[row * side + 2, column * side + 2].tolist()
    )


def test_picture_of_a_map():
    # Least reward: the first colour of viridis; most: the last; half-way: the middle one.
    env = GridWorldEnv([".a*", ".#."], rewards={"a": 2, "*": 4, "default": 0}, start=(1, 0), render_mode="rgb_array")
    env.reset()
    picture = env.render()
    assert (picture.shape, picture.dtype) == ((2 * 24 + 1, 3 * 24 + 1, 3), np.uint8)
    assert cell(picture, 1, 0) == (AGENT, (68, 1, 84))
    assert cell(picture, 0, 0) == ((68, 1, 84), (68, 1, 84))
    assert cell(picture, 0, 1) == ((33, 145, 140), (33, 145, 140))
    assert cell(picture, 0, 2) == ((253, 231, 37), (253, 231, 37))
    assert cell(picture, 1, 1) == (WALL, WALL)
    assert (picture[[0, 24, 48]] == BORDER).all()
    # On yellow the frame of the exit is black: 4 pixels in, on all four sides, and nowhere else.
    inside = picture[1:24, 49:72]
    black = (inside == 0).all(axis=2)
    assert black[11].tolist() == [k in (3, 4, 18, 19) for k in range(23)]
    assert (black == black[::-1]).all()
    assert (black == black.T).all()
    assert not (picture[1:24, 1:24] == 0).all(axis=2).any()

    env.step(0)
    after = env.render()
    assert cell(after, 0, 0)[0] == AGENT
    assert cell(after, 1, 0)[0] == (68, 1, 84)  # where it was, the background is as before


def test_picture_of_equal_rewards_and_without_a_map():
    # Eight states in three rows of three; the ninth place holds none.
    env = TabularEnv("turner-figure-1", start="l_nw", render_mode="rgb_array")
    env.reset()
    picture = env.render()
    assert picture.shape == (73, 73, 3)
    assert cell(picture, 1, 0) == (AGENT, PLAIN)  # l_nw is state 3
    assert cell(picture, 2, 2) == (WALL, WALL)
    assert cell(picture, 0, 0) == (PLAIN, PLAIN)


@pytest.mark.parametrize(("size", "shape"), [((1, 400), (2, 800)), ((3, 2100), (1, 700)), ((60, 60), (1021, 1021))])
def test_large_pictures_are_small_enough(size, shape):
    # 400 cells: 1024 // 400 = 2 pixels each. 2,100: every third is drawn, with 1024 // 700 = 1 pixel. 60: 17.
    env = GridWorldEnv(f"open({size[0]},{size[1]})", start=(0, size[1] - 1), render_mode="rgb_array")
    env.reset()
    picture = env.render()
    assert picture.shape[:2] == shape
    assert (picture == AGENT).all(axis=2).any()


def test_rewards_of_any_size_have_colours():
    env = GridWorldEnv(["..."], rewards=[-1.7e308, 0, 1.7e308], start=(0, 0), render_mode="rgb_array")
    env.reset()
    assert cell(env.render(), 0, 2)[0] == (253, 231, 37)
    assert cell(env.render(), 0, 1)[0] == (33, 145, 140)


def test_rendering_without_a_mode_warns():
    env = GridWorldEnv()
    env.reset()
    with pytest.warns(UserWarning, match="render_mode='ansi'"):
        assert env.render() is None

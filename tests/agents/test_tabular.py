"""Q-learning as a rule: against what it must expect at a fork, what long experience comes to, and its luck.

At fork(k), from the root, an episode goes to an end drawn at random and stays there for 31 steps. The end's q after m
visits is fixed by its reward, and so is the root's of an end that was taken j times: only the counts are random, and
they are multinomial. So the chances of the policy are a finite sum.
"""

from __future__ import annotations

import pickle
from itertools import product
from math import factorial

import numpy as np
import pytest

import mdppower as mp
from mdppower.agents import optimal, policy_values, uniformly_random
from mdppower.agents.policies import describe_policy, policy_from_description
from mdppower.agents.tabular import STEPS, learnt, q_learning
from mdppower.cli import main as cli
from mdppower.errors import FileError, LabelError, ParameterError
from mdppower.rewards.distribution import resolve

GAMMA = 0.9


def expected_at_the_root(reward, episodes, size=lambda n: n**-0.7):
    """E R(end that is taken) after so many episodes at a fork, over all counts of visits; steps of such size."""
    ends = reward[1:]
    table = np.empty((len(ends), episodes + 1))  # of the root's q for an end, after j visits
    for e, r in enumerate(ends):
        root, end, n = 0.0, 0.0, 0
        table[e, 0] = root
        for j in range(1, episodes + 1):
            root += size(j) * ((1 - GAMMA) * reward[0] + GAMMA * end - root)
            table[e, j] = root
            for _ in range(STEPS - 1):
                n += 1
                end += size(n) * ((1 - GAMMA) * r + GAMMA * end - end)
    total = 0.0
    for counts in product(range(episodes + 1), repeat=len(ends)):
        if sum(counts) == episodes:
            chance = factorial(episodes) / len(ends) ** episodes
            for c in counts:
                chance /= factorial(c)
            q = np.array([table[e, c] for e, c in enumerate(counts)])
            total += chance * ends[q == q.max()].mean()
    return total


def share(mdp, rule, law="uniform", n=1024, state=None):
    """How much of what is available a rule has, over a state or all: the number, and its standard error (delta)."""
    rewards = resolve(law, mdp).sample(n, np.random.default_rng(0))
    at = slice(None) if state is None else [mdp.index(state)]
    had, floor, ceiling = (
        policy_values(mdp, rewards, GAMMA, p)[0][:, at].mean(axis=1) for p in (rule, uniformly_random(), optimal())
    )
    found = (had - floor).mean() / (ceiling - floor).mean()
    return found, (had - floor - found * (ceiling - floor)).std() / (ceiling - floor).mean() / np.sqrt(n)


@pytest.mark.slow
@pytest.mark.parametrize("step", [None, 0.2])
def test_a_fork_is_what_the_counts_of_visits_say(step):
    size = (lambda n: n**-0.7) if step is None else (lambda n: step)
    fork, rng = mp.envs.fork(3), np.random.default_rng(4)
    rewards = rng.random((600, 4))
    known = np.array([expected_at_the_root(r, 10, size) for r in rewards])
    rule = q_learning(10, start="root", step=step)
    found = policy_values(fork, rewards, GAMMA, rule)[0][:, 0]
    off = found - known
    assert abs(off.mean()) <= 4 * off.std() / np.sqrt(600)  # a false alarm of 6e-5, and the seed is fixed
    # The negative control: one episode more is seen.
    more = np.array([expected_at_the_root(r, 11, size) for r in rewards])
    other = found - more
    assert abs(other.mean()) > 0.5 * (more - known).mean() > 0
    # Over the draws: .79 of the way from the mean end, 1/2, to the best, 3/4; of .2, .60.
    assert abs((known.mean() - 0.5) / 0.25 - (0.79 if step is None else 0.6)) < 0.08


@pytest.mark.parametrize(("name", "state"), [("turner-figure-1", "star"), ("maze", None)])
def test_without_episodes_it_is_a_policy_drawn_at_random(name, state):
    # E v = E R for a policy that knows nothing of R: the floor. 99.99 % each.
    found, error = share(mp.envs.make(name), q_learning(0), state=state)
    assert abs(found) <= 3.9 * error


@pytest.mark.slow
def test_much_experience_is_power():
    # Acceptance: share ≥ .995 at figure 1, ≥ .99 in the maze, a fork's root within .01 of 3/4 where the best end is
    # always found. The negative control: 10 episodes are not enough for either.
    figure, maze, fork = (mp.envs.make(name) for name in ("turner-figure-1", "maze", "fork(3)"))
    assert share(figure, q_learning(3000, start="star"), n=512, state="star")[0] >= 0.995
    assert share(maze, q_learning(3000), n=256)[0] >= 0.99
    rule = q_learning(3000, start="root")
    drawn = mp.power(fork, GAMMA, samples=512, rng=0, policy=rule)
    assert abs(drawn.mean[0] - 0.75) < 0.01
    assert 0.55 < share(figure, q_learning(10, start="star"), n=512, state="star")[0] < 0.7
    assert 0.40 < share(maze, q_learning(10), n=256)[0] < 0.47


@pytest.mark.slow
def test_it_comes_to_go_where_power_is():
    # Figure 1: the optimal action at the start is to the right with probability .4513 at γ = .9. After 10 episodes it
    # is taken *less* often than by chance.
    figure, n = mp.envs.make("turner-figure-1"), 1024
    rewards, star = np.random.default_rng(1).random((n, figure.n_states)), figure.index("star")
    right = figure.action_names.index("->r_tri")
    after = {k: (q_learning(k, start="star")(figure, rewards, GAMMA)[:, star] == right).mean() for k in (10, 3000)}
    exact = mp.action_optimality(figure, GAMMA, method="exact").of("star", "->r_tri").mean
    assert abs(float(exact) - 0.4513) < 1e-4
    assert abs(after[3000] - float(exact)) <= 0.03 + 3 * 0.5 / np.sqrt(n)
    assert after[10] < 1 / 3 - 3 * 0.5 / np.sqrt(n)


def test_luck_is_that_of_the_reward_function():
    maze, rule = mp.envs.make("maze"), q_learning(20, 0.3)
    rewards = np.random.default_rng(2).random((6, 31))
    whole = rule(maze, rewards, GAMMA)
    np.testing.assert_array_equal(rule(maze, rewards[::-1], GAMMA)[::-1], whole)
    np.testing.assert_array_equal(np.vstack([rule(maze, r[None], GAMMA) for r in rewards]), whole)
    assert (q_learning(20, 0.3, seed=1)(maze, rewards, GAMMA) != whole).any()
    zero = np.zeros((1, 31))
    np.testing.assert_array_equal(rule(maze, zero, GAMMA), rule(maze, -zero, GAMMA))
    runs = [mp.power(maze, GAMMA, samples=128, rng=0, policy=rule, workers=w) for w in (1, 2)]
    np.testing.assert_array_equal(runs[0].data.means, runs[1].data.means)


def test_a_few_episodes_are_the_first_of_many():
    # q of k + 1 episodes continues that of k: the same luck, so that one step of a chain of one state is the series.
    one, reward = mp.RewardlessMDP.from_successors({"a": {"stay": "a", "too": "a"}}), np.array([[2.0]])
    assert q_learning(0)(one, reward, 0.5).shape == (1, 1)
    fork, r = mp.envs.fork(2), np.array([[0.0, 1.0, 2.0]])
    # An end that was never seen is worth 0, and one that was is worth more: with one episode the seen end is taken.
    taken = {q_learning(1, start="root", seed=s)(fork, r + 1, GAMMA)[0, 0] for s in range(20)}
    assert taken == {0, 1}
    for s in range(20):
        first = q_learning(1, start="root", seed=s)(fork, r + 1, GAMMA)[0, 0]
        # At −1 − R what was tried looks bad, and the same luck tried the same end.
        assert q_learning(1, start="root", seed=s)(fork, r + 1, GAMMA)[0, 0] == first


def test_what_it_knows_before_is_kept_where_nothing_is_tried():
    fork, reward = mp.envs.fork(3), np.array([[0.5, 0.1, 0.2, 0.3]] * 2)
    before = np.array([[0.3, 0.9, 0.1, 0, 0, 0], [0.3, 0.1, 0.9, 0, 0, 0.0]])
    assert learnt(fork, reward, GAMMA, q_learning(0), before)[:, 0].tolist() == [1, 2]
    assert before[0, 0] == 0.3


def test_chances_of_an_mdp_are_met():
    # "risk" ends well with probability .2: 0.2·1 against a sure .5 or .1. Much experience tells.
    for sure, best in ((0.5, "sure"), (0.1, "risk")):
        mdp = mp.RewardlessMDP.from_successors({
            "root": {"risk": {"good": 0.2, "bad": 0.8}, "sure": "even"},
            "good": {"stay": "good"}, "bad": {"stay": "bad"}, "even": {"stay": "even"},
        })  # fmt: skip
        reward = np.zeros((1, 4))
        reward[0, [mdp.index("good"), mdp.index("even")]] = 1, sure
        code = q_learning(300, start="root")(mdp, reward, GAMMA)[0, mdp.index("root")]
        assert mdp.action_names[code] == best


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"k": -1}, "k must be an integer from 0 to 2.53, got -1"),
        ({"k": 1.5}, "k must be an integer"),
        ({"k": True}, "k must be an integer"),
        ({"k": 1, "seed": -1}, "seed must be an integer from 0"),
        ({"k": 1, "behaviour": "greedy"}, "behaviour must be 'random' or the probability .* got 'greedy'"),
        ({"k": 1, "step": 0}, r"step must be in \(0, 1\], got 0: nothing would be learnt"),
        ({"k": 1, "step": 1.5}, r"step must be a number in \[0, 1\], got 1.5"),
        ({"k": 1, "behaviour": 1.5}, r"behaviour must be a number in \[0, 1\], got 1.5"),
    ],
)
def test_parameters_that_mean_nothing(given, told):
    with pytest.raises(ParameterError, match=told):
        q_learning(**given)


def test_where_nothing_can_be_learnt():
    fork = mp.envs.fork(2)
    for gamma in (0, 1):
        with pytest.raises(ParameterError, match=rf"q_learning\(k=3\) learns at a discount rate .* got {gamma}"):
            mp.power(fork, gamma, samples=64, policy=q_learning(3))
    with pytest.raises(LabelError, match="nowhere"):
        mp.power(fork, 0.9, samples=64, policy=q_learning(3, start="nowhere"))
    with pytest.raises(ParameterError, match="is made for a discount rate"):
        mp.power(fork, horizon=3, samples=64, policy=q_learning(3))


def test_it_prints_compares_travels_and_is_kept(tmp_path):
    assert repr(q_learning(5)) == "q_learning(k=5)"
    assert repr(q_learning(5, 0.3, start=(0, 1))) == "q_learning(k=5, behaviour=0.3, start=(0, 1))"
    fork = mp.envs.fork(2)
    for rule in (q_learning(5), q_learning(np.int64(5), 0.25, start=("a", 1), seed=2, step=0.1)):
        assert pickle.loads(pickle.dumps(rule)) == rule
        assert policy_from_description(pickle.loads(pickle.dumps(describe_policy(rule))), fork) == rule
    with pytest.raises(FileError, match=r"behaviour must be a finite number in \[0, 1\], got 'wild'"):
        policy_from_description(describe_policy(q_learning(5)) | {"behaviour": "wild"}, fork)
    found = mp.power(fork, 0.9, samples=64, rng=0, policy=q_learning(5, start="root"))
    found.save(tmp_path / "x.nc")
    again = mp.load(tmp_path / "x.nc")
    assert again.policy == q_learning(5, start="root")
    np.testing.assert_array_equal(again.draw(3, 0.9).probabilities, found.draw(3, 0.9).probabilities)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("q-learning(5)", ""), ("q-learning(5,0.3)", ""), ("q-learning(5, random)", ""),
        ("q-learning", "--policy q-learning takes episodes, and perhaps a probability, got 'q-learning'"),
        ("q-learning(x)", "--policy q-learning takes numbers, got 'q-learning(x)'"),
        ("q-learning(5,2)", "behaviour must be a number in [0, 1], got 2.0"),
    ],
)  # fmt: skip
def test_on_the_command_line(capsys, text, told):
    code = cli._run(["power", "fork(2)", "--samples", "64", "--policy", text, "--rng", "0"])
    assert (code == 0) == (told == "")
    assert told in capsys.readouterr().err

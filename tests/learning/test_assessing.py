"""Power of agents from anywhere: floor, ceiling, share; starts, adaptation, bad agents.

fork(3) at the root: F = 1/2, C = 3/4. An agent that takes the better of two ends, whatever the third, has
P = 2/3 and a share of (2/3 − 1/2)/(1/4) = 2/3.
"""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.agents import lookahead, optimal, q_learning, uniformly_random
from mdppower.learning import assess, fine_tuned, library
from mdppower.learning.assessing import starts
from mdppower.learning.assessment import _shares
from mdppower.montecarlo.replicates import Replicates

GAMMA = 0.9
FORK, MAZE = mp.envs.fork(3), mp.envs.make("maze")


def better_of_two(mdp, rewards, gamma):
    codes = np.broadcast_to(mdp.action_codes[mdp.pointer[:-1]], rewards.shape).copy()
    codes[:, 0] = rewards[:, 1:3].argmax(axis=1)
    return codes


def worst(mdp, rewards, gamma):
    return optimal()(mdp, -rewards, gamma)


class Knows:
    """An agent that knows what optimal values are, but of rewards to which something is added."""

    def __init__(self, noise):
        self.noise = noise

    def q_values(self, mdp, rewards, gamma):
        wrong = rewards + self.noise * np.random.default_rng(0).standard_normal(mdp.n_states)
        return (mdp.kernel @ mp.optimal_values(mdp, wrong, gamma).normalised.T).T

    def __call__(self, mdp, rewards, gamma):
        q = self.q_values(mdp, rewards, gamma)
        return np.array([mdp.action_codes[mp.mdp.actions.greedy(mdp, one)[0]] for one in q])


AGENTS = {0: uniformly_random(), 1: better_of_two, 2: optimal(), "worst": worst}


def test_a_fork_in_closed_form():
    found = assess(AGENTS, FORK, GAMMA, start="root", samples=1024, rng=0)
    share = found.share()
    low, high = share.interval(0.9999, simultaneous=True)
    # E min of three is 1/4: a share of −1.
    for k, known in enumerate((0, 2 / 3, 1, -1)):
        assert low[k] <= known <= high[k]
    assert high[1] - low[1] < 0.1  # and says something: 0 and 1 are excluded
    assert (found.share().mean[[0, 2]] == [0, 1]).all()
    for one, known in ((found.floor(), 1 / 2), (found.ceiling(), 3 / 4), (found.power().of(1), 2 / 3)):
        low, high = one.interval(0.999)
        assert low <= known <= high


@pytest.mark.slow
def test_the_error_of_a_share_is_the_one_that_repetition_shows():
    # 2,000 runs of 16 replicates of 8 draws, of floor, ceiling and agent as above: intervals of 90 % cover 2/3 in 90
    # % of them, within 4 standard errors (.0067) and .01 for the linearisation. Negative controls: another number,
    # and intervals that take floor and ceiling for known, which are much wider.
    rng = np.random.default_rng(0)
    hits = controls = 0
    paired = known = 0.0
    for _ in range(2000):
        ends = rng.random((16, 8, 3))
        parts = [ends.mean(axis=2), ends.max(axis=2), ends[:, :, :2].max(axis=2)]
        means = np.stack([part.mean(axis=1) for part in parts], axis=1)[:, None]
        data = Replicates(means, np.zeros(3), np.ones(3), np.zeros(3, bool), np.zeros(1), 128)
        low, high = (x[0, 0] for x in _shares(data).bounds(0.9))
        hits += low <= 2 / 3 <= high
        controls += low <= 2 / 3 + 0.1 <= high
        paired += high - low
        low, high = (4 * x[0, 2] for x in data.bounds(0.9))
        known += high - low
    assert abs(hits / 2000 - 0.9) <= 4 * 0.0067 + 0.01
    assert controls < 1000
    assert known > 1.5 * paired


@pytest.mark.slow
def test_numbers_are_those_of_power_on_the_same_draws():
    found = assess({1: lookahead(1)}, MAZE, [0.5, 0.9], samples=128, rng=3)
    parts = [
        mp.power(MAZE, [0.5, 0.9], samples=128, rng=3, **given)
        for given in ({"policy": uniformly_random()}, {}, {"policy": lookahead(1)})
    ]
    floor, ceiling, had = (part.mean.mean(axis=1) for part in parts)
    np.testing.assert_allclose(found.share().mean[:, 0], (had - floor) / (ceiling - floor), atol=1e-12)
    np.testing.assert_array_equal(found.by_state(1).mean, parts[2].mean)
    one = found.at(0.9).of((2, 3))
    s = MAZE.index((2, 3))
    np.testing.assert_allclose(float(one.power().of(1)), parts[2].mean[1, s], atol=1e-14)
    by_state = found.at(0.9).share_by_state(1)
    np.testing.assert_allclose(float(by_state.of((2, 3))), float(one.share().of(1)), atol=1e-12)
    np.testing.assert_array_equal(
        found.data.means, assess({1: lookahead(1)}, MAZE, [0.5, 0.9], samples=128, rng=3, workers=2).data.means
    )


def test_who_does_not_look_has_nothing():
    # A policy that does not depend on R has E R, in every state.
    def blind(mdp, rewards, gamma):
        return np.broadcast_to(mdp.action_codes[mdp.pointer[1:] - 1], rewards.shape)

    # This one stays: averaged over all starts it has the mean of all rewards, in each draw. So has the random policy,
    # which leaves each cell of the maze as often as it enters it. The draws agree, but for rounding, and say what 512
    # of them exclude: another value with more than q = 1 − .001^(1/512) = .0134, in a range from −1.34 to 1.
    share = assess({"blind": blind}, MAZE, GAMMA, samples=512, sampler="iid", rng=0).share()
    low, high = share.interval(0.999)
    assert low <= 0 <= high
    assert high - low == pytest.approx((1 - 0.001 ** (1 / 512)) * float(share.data.high[0] - share.data.low[0]))
    assert high - low < 0.04


def test_libraries_are_assessed_as_sets():
    found = assess({n: library(MAZE, GAMMA, n, rng=0) for n in (1, 8)}, MAZE, GAMMA, samples=128, rng=1)
    drawn = found.draws.source.replicates(range(found.data.count), found.states)
    known = library(MAZE, GAMMA, 8, rng=0).values(drawn, "power").mean(axis=0)
    np.testing.assert_allclose(found.by_state(8).mean, known, atol=1e-12)
    assert -0.1 < found.share().mean[0] < 0.1 < found.share().mean[1]
    with pytest.raises(mp.ParameterError, match=r"agent 1: Library.* was made for gamma = 0.9: assess it there"):
        assess({1: library(MAZE, GAMMA, 1, rng=0)}, MAZE, 0.5, samples=64)


@pytest.mark.slow
def test_adaptation():
    # Who begins with noisy values is better than who begins with none; both learn.
    class Nothing(Knows):
        def q_values(self, mdp, rewards, gamma):
            return np.zeros((len(rewards), mdp.n_pairs))

    found = assess(
        {"none": Nothing(0), "some": Knows(0.3)}, FORK, GAMMA, start="root", episodes=[0, 5, 100], samples=128, rng=0
    )
    share = dict(zip(found.agents, found.share().mean.tolist(), strict=True))
    # From nothing and mostly greedy it stays for long with the end that it met first.
    assert max(share["none", 0], share["none", 5]) < 0.3 < 0.85 < share["none", 100]
    assert 0.2 < share["some", 0] < share["some", 100] > 0.9
    # From nothing it is the rule.
    rewards = np.random.default_rng(1).random((9, 4))
    one, other = fine_tuned(Nothing(0), 7, seed=2), q_learning(7, 0.3, seed=2)
    np.testing.assert_array_equal(one(FORK, rewards, GAMMA), other(FORK, rewards, GAMMA))
    # Another way to adapt is the user's.
    own = assess({1: "weights"}, FORK, GAMMA, episodes=[3], adapt=lambda agent, k: lookahead(k), samples=64, rng=0)
    assert own.agents == (1,)
    assert own.power().mean == assess({1: lookahead(3)}, FORK, GAMMA, samples=64, rng=0).power().mean


@pytest.mark.slow
def test_what_noise_has_taught_is_in_the_way_where_it_is_forgotten_slowly():
    # After 100 episodes in the maze: .696 from the mean reward and .633 from noise at a constant step of .1, where
    # n^-0.7 overwrites at the first visit (.895, .905). Paired over draws; runs of noise differ by about .01.
    maze = mp.envs.make("maze")

    class Mean:
        def q_values(self, mdp, rewards, gamma):
            return np.repeat(rewards.mean(axis=1, keepdims=True), mdp.n_pairs, axis=1)

    noise = mp.learning.train(maze, GAMMA, "noise", episodes=30_000, checkpoints=[30_000], runs=3, rng=0)
    for step, known in ((0.1, -0.063), (None, 0.010)):
        agents = {"mean": Mean(), **{k: noise.agent("noise", run=k, step=-1) for k in range(3)}}
        tried = {name: fine_tuned(agent, 100, step=step) for name, agent in agents.items()}
        share = assess(tried, maze, GAMMA, samples=128, rng=0).share().mean
        assert abs(share[1:].mean() - share[0] - known) < 0.025


def test_where_nothing_can_be_chosen_no_share_is_defined(tmp_path):
    with pytest.warns(mp.MDPPowerWarning, match="floor and ceiling are equal: no share is defined"):
        found = assess({1: optimal()}, mp.envs.cycle(3), GAMMA, samples=64, rng=0)
    assert np.isnan(found.share().mean).all()
    assert "nan" in repr(found)
    found.save(tmp_path / "x.nc")
    with pytest.raises(mp.ParameterError, match="equal in all states"):
        found.share_by_state(1)
    # At a fork the ends are left out.
    assert assess({1: optimal()}, FORK, GAMMA, samples=64, rng=0).share_by_state(1).labels == ("root",)


@pytest.mark.slow
def test_what_is_advised_of_rare_rewards_can_be_done():
    """`assess` has no guarantee=: what its warning recommends is a call of `power`, for each of P, F and C."""
    fork = mp.envs.fork(3)
    with pytest.warns(mp.MDPPowerWarning, match="cannot be trusted") as caught:
        found = assess({1: lookahead(1)}, fork, 0.9, rewards="bernoulli(0.001)", samples=1024, rng=0)
    assert all("; power(…, guarantee=True) gives intervals of POWER" in str(one.message) for one in caught)
    assert "power(…, guarantee=True)" in found.draws.caution
    for policy in (lookahead(1), uniformly_random(), None):
        sure = mp.power(fork, 0.9, "bernoulli(0.001)", samples=1024, rng=0, policy=policy, guarantee=True)
        assert (sure.guarantee, sure.caution) == ("finite-sample", "")


def test_forms(tmp_path):
    found = assess({0: lookahead(1), "far": lookahead(3)}, MAZE, [0.5, 0.9], start={(2, 3): 0.25, (0, 0): 0.75}
                   if (0, 0) in MAZE.states else "a" if "a" in MAZE.marks else None, samples=64, rng=0)  # fmt: skip
    table = found.table(simultaneous=True)
    assert list(table) == ["gamma", "step", "episodes", "power", "floor", "ceiling", "share", "lower", "upper"]
    assert table.n_rows == 4
    assert all(low <= x <= high for low, x, high in zip(table["lower"], table["share"], table["upper"], strict=True))
    data = found.to_xarray()
    assert data.share.dims == ("gamma", "step", "episodes")
    assert data.power_of_state.shape == (2, 2, 1, 31)
    for name in ("x.nc", "x.csv", "x.json"):
        found.save(tmp_path / name)
    again = mp.load(tmp_path / "x.nc")
    assert (again.steps, again.episodes, repr(again)) == (found.steps, found.episodes, repr(found))
    np.testing.assert_array_equal(again.share().data.means, found.share().data.means)
    np.testing.assert_array_equal(again.by_state("far").mean, found.by_state("far").mean)
    assert "95 %" in repr(found)
    found.at(0.9).plot(tmp_path / "x.svg")
    found.at(0.9).by_state("far").plot(tmp_path / "map.svg")


@pytest.mark.slow
def test_a_store_goes_on(tmp_path):
    calls = []

    def watched(mdp, rewards, gamma):
        calls.append(len(rewards))
        return better_of_two(mdp, rewards, gamma)

    first = assess({1: watched}, FORK, GAMMA, samples=64, store=tmp_path / "x.sqlite", key="mine")
    n = len(calls)
    again = assess({1: watched}, FORK, GAMMA, samples=64, store=tmp_path / "x.sqlite", key="mine")
    assert len(calls) == n
    np.testing.assert_array_equal(first.data.means, again.data.means)


BAD = [
    ({}, {}, mp.ParameterError, r"agents must be a mapping \{step: agent\}"),
    (optimal(), {}, mp.ParameterError, r"agents must be a mapping .* got optimal\(\)"),
    ({1.5: optimal()}, {}, mp.ParameterError, "a step of an agent must be an integer or a text, got 1.5"),
    (
        {7: lambda m, r, g: np.full(r.shape, 9)},
        {},
        mp.ParameterError,
        "agent 7: policy <lambda> gave action number 9",
    ),
    ({7: lambda m, r, g: 1 / 0}, {}, mp.ParameterError, "agent 7: .*ZeroDivisionError"),
    ({1: optimal()}, {"start": "t9"}, mp.LabelError, "t9"),
    ({1: optimal()}, {"start": {"root": 0.5}}, mp.ParameterError, "start: shares must sum to 1, and sum to 0.5"),
    ({1: None}, {}, mp.ParameterError, "agent 1: None is no agent"),
    ({"": optimal()}, {}, mp.ParameterError, "a step of an agent must be an integer or a text, got ''"),
    ({1: optimal()}, {"adapt": 3, "episodes": [0, 1]}, mp.ParameterError, "adapt must be a function"),
    ({1: optimal()}, {"start": {"root": 10**400}}, mp.ParameterError, "start: the share of 'root'"),
    ({1: optimal()}, {"start": {"root": -1}}, mp.ParameterError, "start: the share of 'root' must be a number"),
    ({1: optimal()}, {"episodes": [3, 1]}, mp.ParameterError, "episodes must increase, got 3, 1"),
    ({1: optimal()}, {"episodes": 3}, mp.ParameterError, "episodes must be a sequence of integers from 0, got 3"),
    (
        {1: optimal()},
        {"episodes": [0, 5]},
        mp.ParameterError,
        r"agent 1 after 5 episodes: optimal\(\) has no q_values",
    ),
    ({1: optimal()}, {"rewards": "cauchy"}, mp.RewardError, "finite mean"),
    ({1: optimal()}, {"rewards": lambda n, rng: np.full((n, 4), np.nan)}, mp.RewardError, "nan"),
    ({1: optimal()}, {"rewards": mp.Fixed([1.0, 2.0])}, mp.RewardError, "for 2 states; the MDP has 4"),
    ({1: optimal()}, {"samples": 0}, mp.ParameterError, "samples must be a positive integer"),
]


@pytest.mark.parametrize(("agents", "given", "kind", "told"), BAD)
def test_what_is_refused(agents, given, kind, told):
    with pytest.raises(kind, match=told):
        assess(agents, FORK, GAMMA, **{"samples": 64, "rng": 0} | given)


def test_one_and_the_text_one_are_two_agents_in_a_store(tmp_path):
    def last(mdp, rewards, gamma):
        return np.broadcast_to(mdp.action_codes[mdp.pointer[1:] - 1], rewards.shape)

    given = {"start": "root", "samples": 64, "rng": 0}
    right = assess({1: first_of_all, "1": last}, FORK, GAMMA, **given).power().mean
    assert right[0] != right[1]
    kept = assess({1: first_of_all, "1": last}, FORK, GAMMA, store=tmp_path / "x.sqlite", key="mine", **given)
    assert (kept.power().mean == right).all()


def test_what_is_no_agent_here_is_refused():
    # The ends are the same states, but all actions of the root lead to the first of them.
    other = mp.RewardlessMDP.from_pairs([0, 0, 0, 1, 2, 3], np.eye(4)[[1, 1, 1, 1, 2, 3]], states=FORK.states)
    with pytest.raises(mp.errors.ParameterError, match=r"agent 0: .* is about another MDP"):
        assess({0: library(other, GAMMA, 2, rng=0)}, FORK, GAMMA, samples=64, rng=0)
    with pytest.raises(mp.errors.ParameterError, match="agent 0 after 5 episodes: None is no agent"):
        assess({0: first_of_all}, FORK, GAMMA, episodes=[0, 5], adapt=lambda agent, k: None, samples=64, rng=0)


def first_of_all(mdp, rewards, gamma):
    return np.broadcast_to(mdp.action_codes[mdp.pointer[:-1]], rewards.shape)


def test_values_that_are_none_are_refused():
    class Short:
        def q_values(self, mdp, rewards, gamma):
            return [[0.0]]

    with pytest.raises(
        mp.ParameterError, match=r"agent 1 after 2 episodes: .* must give finite numbers of shape \(4, 6\)"
    ):
        assess({1: Short()}, FORK, GAMMA, episodes=[2], samples=64, sampler="iid")
    found = assess({1: optimal()}, FORK, GAMMA, samples=64, rng=0)
    for call in (lambda: found.of("t9"), lambda: found.by_state(9), lambda: found.by_state(1, 3)):
        with pytest.raises(mp.LabelError, match="in this assessment"):
            call()


def test_ctrl_c_gives_no_part():
    def impatient(mdp, rewards, gamma):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assess({1: optimal(), 2: impatient}, FORK, GAMMA, samples=64, rng=0)


def test_what_would_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr("mdppower.learning.assessing.MOST_NUMBERS", 1000)
    with pytest.raises(mp.SizeError, match="the numbers of 30 agents would take"):
        assess(dict.fromkeys(range(30), optimal()), FORK, GAMMA, samples=64, rng=0)


def test_starts_by_mark():
    room = mp.envs.gridworld("aa.\n...")
    np.testing.assert_allclose(starts(room, "a"), [0.5, 0.5, 0, 0, 0, 0])

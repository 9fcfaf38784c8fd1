"""What is proved of sets is refused for agents, by name and with the reason."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.bounds import universal_proxy
from mdppower.bounds.learners_refused import refuse_learners
from mdppower.theorems import check_bound, check_main_theorem

FORK = mp.envs.fork(2)
SET = mp.Option.state(FORK, "root", 0.9)


@pytest.fixture(scope="module")
def learned():
    training = mp.learning.train(FORK, 0.9, ["random"], episodes=10, runs=2, start="root", rng=0)
    curves = training.curves(samples=16, against="random policy")
    assessed = mp.learning.assess({1: mp.agents.lookahead(1)}, FORK, 0.9, samples=16, rng=0)
    return {
        "Linear(random, run 0, 10 episodes)": training.agent("random"),
        "GPI": mp.learning.library(FORK, 0.9, 2, rng=0).gpi(),
        "q_learning": mp.agents.q_learning(5),
        "uniformly_random": mp.agents.uniformly_random(),
        "LearningCurves": curves,
        "Training": training,
        "Rivals": curves.rivals("random", "random policy"),
        "Assessment": assessed,
        "function": lambda mdp, rewards, gamma: np.zeros(rewards.shape, int),
    }


def test_all_that_rest_on_sets_refuse_agents(learned):
    for name, one in learned.items():
        for who, refusing in (
            ("certify", lambda x: mp.certify(x, SET)),
            ("certify", lambda x: mp.certify(SET, x)),
            ("check_bound", check_bound),
            ("check_main_theorem", check_main_theorem),
            ("universal_proxy", universal_proxy),
        ):
            with pytest.raises(mp.errors.ParameterError, match=f"{who} is about sets.*Lipschitz.*jumps") as told:
                refusing(one)
            assert name in str(told.value)
            assert "nothing but the range is certified (proxy_of_range)" in str(told.value)


def test_sets_are_not_refused(learned):
    refuse_learners("certify", SET, mp.Option, 0.9, "uniform", None)
    # The control: the policies of a library, as a set that always picks its best, are one.
    some = mp.learning.library(FORK, 0.9, 1, rng=0).option("root")
    assert mp.certify(some, mp.Option.state(FORK, "root", 0.9, kind="value")).nu2 > 0
    assert check_main_theorem(mp.compare(SET, SET, samples=64, rng=0)).verdict == "not applicable"
    with pytest.raises(mp.errors.ParameterError, match="certify takes two options"):
        mp.certify(0.5, SET)


def test_the_worth_of_an_agent_jumps():
    """Why: the set {t1, t2} changes by no more than rewards do; who prefers t1 at R(root) > 1/2 by all there is."""
    rewards = np.array([[0.5 - 1e-9, 1.0, 0.0], [0.5 + 1e-9, 1.0, 0.0]])

    def torn(mdp, rows, gamma):
        return np.where(rows > 0.5, 0, 1)[:, [0, 0, 0]] * np.array([1, 0, 0]) + np.array([0, 0, 1])

    of_set = mp.optimal_values(FORK, rewards, 0.9).normalised[:, 0]
    assert abs(of_set[1] - of_set[0]) < 1e-8
    values, _ = mp.agents.policy_values(FORK, rewards, 0.9, torn)
    assert abs(values[1, 0] - values[0, 0]) == pytest.approx(1.0)

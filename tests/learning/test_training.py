"""Training: what comes out, the same bits whoever trains, going on from a store, and what is refused."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

import mdppower as mp
from mdppower.agents.evaluation import evaluate
from mdppower.agents.policies import FixedPolicy
from mdppower.learning import Signal, train
from mdppower.learning import training as module
from mdppower.learning.training_run import Chunk
from mdppower.montecarlo.run_loop import whole

FORK, MAZE = mp.envs.fork(3), mp.envs.make("maze")
ALL = ("random", "few(2)", "goals", "shuffled", "noise", "unseen", "incorrect", "no-reward", "untrained")


def small(mdp=FORK, **given):
    return train(mdp, 0.9, **{"signals": ["random", "noise"], "episodes": 60, "runs": 3, "rng": 0} | given)


def same(one, other):
    return np.array_equal(one.weights, other.weights) and np.array_equal(one.bias, other.bias)


# ---------------------------------------------------------------------- what comes out


def test_arms_of_a_run_begin_alike_and_learn_what_they_are_given():
    training = small(signals=ALL, start="root")
    assert training.weights.shape == (9, 3, 4, 6, 4)
    first = training.weights[:, :, 0]
    assert (first == first[0]).all()
    assert not (first[0, 0] == first[0, 1]).any()
    assert abs(first[0].std() / 1e-3 - 1) < 0.5
    assert not training.bias[:, :, 0].any()
    still = training.weights[training.arm("untrained")]
    assert (still == still[:, :1]).all()
    unseen = training.arm("unseen")
    assert np.array_equal(training.weights[unseen, :, -1], first[unseen])  # x = 0 moves b alone
    assert training.bias[unseen, :, -1].any()
    assert not training.bias[training.arm("no-reward")].any()


def test_q_values_at_a_fork_become_those_of_the_leaves():
    # fork(3) from the root: q(root → t) = (1−γ)x(root) + γ x(t), which is linear: W is found exactly in the end.
    training = train(FORK, 0.9, ["random"], episodes=3000, runs=2, start="root", rng=1)
    rewards = np.random.default_rng(0).random((5, 4))
    x = mp.learning.standardised(rewards)
    for run in (0, 1):
        q = training.agent("random", run).values(rewards)
        np.testing.assert_allclose(q[:, :3], 0.1 * x[:, :1] + 0.9 * x[:, 1:], atol=1e-6)


def test_incorrect_rewards_teach_the_opposite():
    # Fork: the agent takes the worst leaf, E min of three uniforms = 1/4; share (1/4 − 1/2)/(3/4 − 1/2) = −1.
    training = train(FORK, 0.9, ["incorrect"], episodes=1000, runs=2, start="root", rng=1)
    rewards = np.random.default_rng(0).random((200, 4))
    _, onwards, _ = evaluate(FORK, rewards, 0.9, training.agent("incorrect", 1))
    np.testing.assert_allclose(onwards[:, 0], rewards[:, 1:].min(axis=1), rtol=1e-12)


def test_a_policy_that_does_not_see_has_the_mean_reward():
    # Exactly: over all permutations of R a fixed policy has the mean reward as its mean value, in every state: visits
    # sum to 1, and each reward comes to stand everywhere equally often.
    mdp = mp.RewardlessMDP.from_successors({
        "a": {"x": {"b": 0.3, "c": 0.7}, "y": "a"}, "b": {"x": "c", "y": "d"}, "c": {"x": "a", "y": "e"},
        "d": {"stay": "d"}, "e": {"x": {"a": 0.5, "d": 0.5}},
    })  # fmt: skip
    rewards = np.array(list(permutations([0.0, 0.2, 0.5, 1.1, 3.0])))
    first = FixedPolicy(mdp.action_codes[mdp.pointer[:-1]])
    values, onwards, _ = evaluate(mdp, rewards, 0.9, first)
    mean = float(Fraction(48, 50))
    np.testing.assert_allclose(values.mean(axis=0), mean, atol=1e-12)
    np.testing.assert_allclose(onwards.mean(axis=0), mean, atol=1e-12)
    # The control: a policy that sees has more.
    assert evaluate(mdp, rewards, 0.9, mp.agents.optimal())[1].mean() > mean + 0.1


def test_stochastic_worlds_are_learnt_too():
    room = mp.envs.gridworld("S..\n.#g", slip=0.2)
    training = train(room, 0.9, ["random", "no-reward"], episodes=2000, runs=2, rng=0)
    rewards = np.random.default_rng(0).random((100, room.n_states))
    floor = evaluate(room, rewards, 0.9, mp.agents.uniformly_random())[1].mean()
    best = evaluate(room, rewards, 0.9, mp.agents.optimal())[1].mean()
    for arm in training.arms:
        found = evaluate(room, rewards, 0.9, training.agent(arm))[1].mean()
        assert floor + 0.8 * (best - floor) < found <= best


# ---------------------------------------------------------------------- bits


@pytest.mark.slow
def test_bits_depend_neither_on_workers_nor_on_other_arms():
    one = small(signals=ALL, runs=4)
    assert same(one, small(signals=ALL, runs=4, workers=2))
    with ThreadPoolExecutor(2) as pool:
        assert same(one, small(signals=ALL, runs=4, executor=pool))
    turned = small(signals=ALL[::-1], runs=2)
    assert np.array_equal(turned.weights[::-1], one.weights[:, :2])
    for k, arm in enumerate(ALL):  # one arm alone, too, at all checkpoints
        assert np.array_equal(small(signals=arm, runs=4).weights[0], one.weights[k]), arm
    assert not same(one, small(signals=ALL, runs=4, rng=1))


@pytest.mark.slow
def test_going_on_from_a_store_gives_the_same_bits(tmp_path, monkeypatch):
    store, made = tmp_path / "training.sqlite", []
    train_one = Chunk._train
    monkeypatch.setattr(Chunk, "_train", lambda self, *rest: made.append(self.end) or train_one(self, *rest))
    half = small(episodes=30, store=store)
    assert half.checkpoints == (0, 10, 30)
    made.clear()
    assert same(small(episodes=30, store=store), half)
    assert not made  # nothing is trained twice
    longer = small(episodes=60, store=store, rng=None)  # rng is that of the stored run
    assert set(made) == {60}
    made.clear()
    more = small(episodes=60, runs=5, store=store)
    assert len(made) == 2 * 2 * 3  # two new runs, two arms, three chunks
    monkeypatch.undo()
    assert same(longer, small(episodes=60))
    assert np.array_equal(longer.weights[:, :, :3], half.weights)
    assert same(more, small(episodes=60, runs=5))


@pytest.mark.slow
def test_a_store_takes_nothing_of_another_training(tmp_path):
    store = tmp_path / "training.sqlite"
    small(store=store)
    for given in (
        {"signals": ["noise", "random"]}, {"signals": ["random", "noise(uniform)"]}, {"rewards": "norm(0,1)"},
        {"mdp": mp.envs.fork(4)}, {"start": "root"}, {"checkpoints": [20]},
        {"alpha": 0.2}, {"epsilon": 0.1}, {"horizon": 8}, {"rate": 0.1}, {"target": "mean"},
        {"target": "double"},
    ):  # fmt: skip
        assert same(small(store=store, **given), small(**given)), given
    with pytest.raises(mp.errors.ParameterError, match="key"):
        small(store=store, rewards=lambda n, rng: rng.random((n, 4)))


@pytest.mark.slow
def test_ctrl_c_keeps_whole_chunks(tmp_path, monkeypatch):
    train_one, store = Chunk._train, tmp_path / "training.sqlite"

    def interrupt(self, signal, run, *rest):
        if self.end == 60 and run == 2:
            raise KeyboardInterrupt
        train_one(self, signal, run, *rest)

    whole_training = small()
    monkeypatch.setattr(Chunk, "_train", interrupt)
    with pytest.warns(mp.MDPPowerWarning, match="interrupted: the training is of 30 of 60 episodes"):
        cut = small(store=store)
    assert cut.interrupted
    assert cut.checkpoints == (0, 10, 30)
    assert np.array_equal(cut.weights, whole_training.weights[:, :, :3])
    assert "interrupted" in repr(cut)
    with pytest.raises(KeyboardInterrupt), whole():
        small()
    with pytest.raises(KeyboardInterrupt):
        small(checkpoints=[60])
    monkeypatch.undo()
    assert same(small(store=store), whole_training)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["mean", "double"])
def test_other_targets_go_on_in_the_same_bits(target, tmp_path):
    """Of double Q-learning an agent is the mean of two tables; a store has both, so that it goes on as if it had not
    stopped."""
    whole_training = small(target=target)
    store = tmp_path / "training.sqlite"
    small(target=target, episodes=30, store=store)
    assert same(small(target=target, store=store), whole_training)
    assert repr(whole_training).endswith(f"target {target})")
    assert same(whole_training, small()) == (target == "mean")  # leaves have one action: the mean is the best
    path = tmp_path / "x.nc"
    whole_training.save(path)
    assert mp.load(path).method.target == target


def test_an_error_has_the_training_before_it():
    drawn = []

    def breaks(n, rng):
        drawn.append(n)
        rewards = rng.random((n, 4))
        return rewards if sum(drawn) < 100 else np.full((n, 4), np.nan)

    with pytest.raises(mp.errors.RewardError, match="nan in state 'root'") as caught:
        small(rewards=breaks, signals=["random"])
    assert caught.value.estimate.checkpoints == (0, 10, 30)  # 3 runs × 30 are 90 draws


def test_divergence_is_told_by_arm_run_and_episodes():
    # Weights beyond all numbers: forced, since normalised steps do not diverge on states that are all visited.
    training = small()
    weights = np.full((2, 3, 6, 4), 1e308)
    chunk = Chunk(training.course, 1, 0, 10, weights, np.zeros((2, 3, 6)))
    with pytest.raises(mp.errors.SolverError, match="arm 'random' of run 1 diverged between 0 and 10 episodes"):
        chunk(range(1, 2))


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"signals": ["randm"]}, "did you mean 'random'"),
        ({"signals": ["few(0)"]}, "n of few"),
        ({"signals": []}, "signals is empty"),
        ({"signals": ["noise", "noise"]}, "'noise' twice"),
        ({"runs": 1}, "runs must be at least 2"),
        ({"runs": 2.0}, "runs"),
        ({"episodes": 0}, "episodes"),
        ({"episodes": 10**10}, "at most"),
        ({"checkpoints": [10, 10]}, "must increase, got 10 after 10"),
        ({"checkpoints": [30, 10]}, "must increase, got 10 after 30"),
        ({"checkpoints": [10, 61]}, "checkpoint 61 is beyond the 60"),
        ({"checkpoints": [-1]}, "non-negative"),
        ({"checkpoints": [1.5]}, "got 1.5"),
        ({"checkpoints": 1}, "at least 2"),
        ({"checkpoints": "few"}, "got 'few'"),
        ({"checkpoints": True}, "got True"),
        ({"checkpoints": 10**30}, "at most 1,000,000"),
        ({"checkpoints": np.array(1)}, "at least 2"),
        ({"alpha": 10**400}, "alpha"),
        ({"epsilon": 10**400}, "epsilon"),
        ({"horizon": 10**20}, "horizon is at most 1,000,000 steps"),
        ({"epsilon": 1.01}, "epsilon must be a number in [0, 1]"),
        ({"epsilon": -0.1}, "epsilon"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"alpha": 0}, "alpha must be a number strictly between 0 and 2"),
        ({"alpha": 2}, "alpha"),
        ({"alpha": True}, "alpha"),
        ({"target": "best"}, "target must be one of 'max', 'mean', 'double', got 'best'"),
        ({"rate": 0}, "rate must be a number in (0, 1]"),
        ({"horizon": 0}, "horizon must be a positive integer"),
        ({"start": {"root": 0.5}}, "sum to 0.5"),
        ({"workers": 0}, "workers"),
        ({"key": "mine"}, "key goes with store"),
        ({"rng": -1}, "rng"),
    ],
)
def test_bad_arguments_are_refused_by_name(given, told):
    with pytest.raises(mp.errors.ParameterError) as caught:
        small(**given)
    assert told in str(caught.value)


@pytest.mark.parametrize("gamma", [0, 1, 1.5, -0.1, float("nan"), [0.5, 0.9], "x", None])
def test_learners_discount(gamma):
    with pytest.raises(mp.errors.ParameterError, match="gamma"):
        train(FORK, gamma, episodes=10)


def test_bad_rewards_starts_and_models_are_refused():
    with pytest.raises(mp.errors.RewardError, match="mean"):
        small(rewards="cauchy")
    with pytest.raises(mp.errors.RewardError, match="rewards of pairs"):
        small(rewards=mp.rewards.OnPairs("uniform"))
    with pytest.raises(mp.errors.LabelError, match="nowhere"):
        small(start="nowhere")
    with pytest.raises(mp.errors.ParameterError, match="RewardlessMDP"):
        small(mdp="maze")
    with pytest.raises(mp.errors.RewardError, match="variance"):
        small(signals=["noise(t(2))"])


def test_what_does_not_fit_is_refused_before_training(monkeypatch):
    monkeypatch.setattr(module, "free_memory", lambda: 8_000)
    with pytest.raises(mp.errors.SizeError, match="2 arms, 3 runs and 4 checkpoints, 6 pairs × 4 states"):
        small()
    monkeypatch.setattr(module, "free_memory", lambda: 80_000)
    small()
    with pytest.raises(mp.errors.SizeError, match=r"the reward functions of few\(1000000\) take"):
        small(signals="few(1000000)")


def test_a_cut_store_is_refused(tmp_path):
    store = tmp_path / "training.sqlite"
    small(store=store)
    data = store.read_bytes()
    store.write_bytes(data[: len(data) // 2])
    with pytest.raises(mp.errors.FileError):
        small(store=store)


def test_rewards_without_variance_and_worlds_without_choice_are_fine():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(rewards="t(2)")
        small(mdp=mp.RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"stay": "b"}}))
        small(rewards=1.0)


# ---------------------------------------------------------------------- signals of one's own


class Times(Signal):
    """Shown R, given a multiple of it."""

    shown, given = "R", "a multiple of R"

    def __init__(self, factor=1.0, part=slice(None)):
        self.factor, self.part = factor, part

    def material(self, episodes):
        x = episodes.drawn()
        return x, self.factor * x[:, self.part], False


@pytest.mark.slow
def test_a_signal_of_ones_own_is_trained_and_is_never_taken_for_another(tmp_path):
    right, wrong = small(signals=Times(1.0)), small(signals=Times(-1.0))
    assert not same(right, wrong)
    with pytest.raises(mp.ParameterError, match="store: signal 'Times' is your own code"):
        small(signals=Times(1.0), store=tmp_path / "x.sqlite")
    kept = [small(signals=Times(x), store=tmp_path / "x.sqlite", key=str(x)) for x in (1.0, -1.0)]
    assert same(kept[0], right)
    assert same(kept[1], wrong)
    # One that has the name of a signal of the house, and is none.
    usurper = type("random", (Times,), {})(-1.0)
    small(signals="random", store=tmp_path / "y.sqlite", key="k")
    assert same(small(signals=usurper, store=tmp_path / "y.sqlite", key="k"), small(signals=usurper))
    for result in (right, right.curves(samples=8)):
        with pytest.raises(mp.FileError, match="'Times' is your own code, which a file cannot hold"):
            result.save(tmp_path / "x.nc")


@pytest.mark.parametrize(
    ("signal", "told"),
    [
        (Times(np.nan), r"must give rewards of shape \(10, 4\), finite numbers"),
        (Times(1.0, slice(2)), r"got shape \(10, 2\)"),
    ],
)
def test_material_that_the_kernel_cannot_take_is_refused(signal, told):
    with pytest.raises(mp.ParameterError, match=told):
        small(signals=signal)

"""Whom agents are held against: what may be given, and what is kept, by hand."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.learning import train
from mdppower.learning.encounter_kernels import meet
from mdppower.learning.encounters import read_references
from mdppower.learning.episodes import Purpose, named, stream
from mdppower.learning.signals import noise, random

FORK = mp.envs.fork(2)
SIGNALS, STEPS = (random(), noise()), (0, 10, 100)


def names(against):
    return [one.name for one in read_references(against, FORK, SIGNALS, STEPS)]


def test_what_may_be_given():
    agent = mp.learning.Linear(np.zeros((4, 3)), name="mine")
    assert names(None) == []
    assert names("optimal") == ["optimal"]
    assert names(["random policy", "final", "noise@10"]) == ["random policy", "final", "noise@10"]
    assert names(("random", 100)) == ["random@100"]
    assert names([(noise(), np.int64(0)), agent]) == ["noise@0", "mine"]
    assert names(("optimal", "final")) == ["optimal", "final"]
    assert names({"to the left": {"root": "->t1"}, "optimal": "optimal"}) == ["to the left", "optimal"]
    assert names([mp.agents.softmax(0.5), np.array([0.5, 0.5, 1, 1])]) == ["softmax(temperature=0.5)", "fixed"]
    assert read_references("noise@10", FORK, SIGNALS, STEPS)[0].at == (1, 1)


@pytest.mark.parametrize(
    ("against", "told"),
    [
        ("optimall", "did you mean 'optimal'"),
        ("random", "an arm at a checkpoint, such as 'random@100'"),
        ("nois@10", "no arm 'nois'"),
        ("noise@11", "no checkpoint at 11 episodes; there are 0, 10, 100"),
        (("noise", 5), "no checkpoint at 5 episodes"),
        (["optimal", "optimal"], "'optimal' twice"),
        ([{"root": "->t1"}, {"root": "->t2"}], "'fixed' twice; names can be given"),
        ({"": "optimal"}, "texts as names"),
        ({3: "optimal"}, "texts as names"),
        ({"optimal": mp.agents.lookahead(1)}, "the name of a reference of its own"),
        ({"best": "optimal"}, "keeps its name"),
        ([{"root": "->t9"}], "t9"),
        (3, "policy"),
        ([None], "policy"),
    ],
)
def test_what_may_not(against, told):
    with pytest.raises((mp.errors.ParameterError, mp.errors.LabelError), match=told):
        names(against)


def test_nobody_to_be_held_against():
    training = train(FORK, 0.9, ["random"], episodes=10, runs=2, rng=0)
    with pytest.raises(mp.errors.ParameterError, match="give against="):
        training.curves(samples=8).rivals("random", "optimal")
    assert training.curves(samples=8).references == ()
    assert training.curves(samples=8, against=[]).references == ()

    def odd(mdp, rewards, gamma):
        raise ValueError("no")

    with pytest.raises(mp.errors.ParameterError, match="against 'odd': policy odd"):
        training.curves(samples=8, against={"odd": odd})


def test_counts_and_moments_by_hand():
    # Two reward functions, starts of 1/4, 3/4 and 0. Δ = (1, −1), averages −1/2; and (0, 2), average 3/2. The third
    # start does not count.
    mine, theirs = np.array([[1.0, 0, 9], [5, 2, 9]]), np.array([[0.0, 1, 0], [5, 0, 0]])
    found, start = np.empty(7), np.array([0.25, 0.75, 0])
    meet(mine, theirs, np.zeros(2), start, 0.0, np.empty(2), found)
    better, ties, better_pairs, tied_pairs, lead, over_rewards, over_pairs = found
    assert (better, ties, better_pairs, tied_pairs, lead) == (1, 0, 1.0, 0.25, 0.5)
    assert over_rewards == 1.0
    # (1/4 · 1/4 + 3/4 · 9/4 + 1/4 · 1/4 + 3/4 · 9/4)/2 = 7/4, and that of pairs is no less than that of averages.
    assert over_pairs == 1.75
    # Within the error of values they are level; the control is that above.
    meet(mine, mine + 1e-9, np.full(2, 1e-8), start, 0.0, np.empty(2), found)
    assert found[:4].tolist() == [0, 2, 0, 2]


def test_what_an_examination_keeps():
    """fork(3) from the root, against the leaf t1 for ever: Δ is the leaf that the agent takes, less that."""
    fork = mp.envs.fork(3)
    training = train(fork, 0.9, ["random", "untrained"], episodes=20, checkpoints=[5], runs=2, start="root", rng=3)
    against = {"t1": {"root": "->t1"}, "optimal": "optimal", "final": "final", "early": ("random", 5)}
    curves = training.curves({"mine": "norm(0,1)"}, samples=40, against=against)
    kept = curves.encounters
    for run in (0, 1):
        rewards = mp.rewards.resolve("norm(0,1)", fork).sample(40, stream(3, Purpose.TESTS, run, named("mine")))
        leaves = rewards[:, 1:]
        taken = [leaves[np.arange(40), training.agent("random", run, t)(fork, rewards, 0.9)[:, 0]] for t in range(3)]
        for t in range(3):
            others = leaves[:, 0], leaves.max(axis=1), taken[2], taken[1]
            for b, theirs in enumerate(others):
                delta = taken[t] - theirs
                level = np.abs(delta) < 1e-12
                for u in (0, 1):  # from one start a pair is a reward function
                    assert kept.better[run, 0, t, 0, b, u] == ((delta > 0) & ~level).sum()
                    assert kept.ties[run, 0, t, 0, b, u] == level.sum()
                    assert kept.spreads[run, 0, t, 0, b, u] == pytest.approx(delta.var(), abs=1e-12)
                assert kept.leads[run, 0, t, 0, b] == pytest.approx(delta.mean(), abs=1e-12)
    assert (kept.errors < 1e-12).all()
    # Itself: the final agent at the end, the early one at its checkpoint; who does not learn is always its last.
    assert np.argwhere(kept.same).tolist() == [[0, 1, 3], [0, 2, 2], [1, 0, 2], [1, 1, 2], [1, 2, 2]]
    assert (kept.ties[:, kept.same[:, :, None, :]] == 40).all()
    # The leads of references are those of powers, on the same draws.
    np.testing.assert_allclose(
        kept.leads[:, :, :, 0, 1], curves.powers[..., 0] - curves.ceilings[:, None], atol=1e-12
    )


def test_references_change_no_curve():
    training = train(FORK, 0.9, ["random", "noise"], episodes=20, runs=2, rng=0)
    alone = training.curves({"u": "uniform", "g": "goal"}, samples=16)
    held = [
        training.curves({"u": "uniform", "g": "goal"}, samples=16, against=["random policy", "noise@20"], workers=n)
        for n in (1, 2)
    ]
    for name in ("powers", "floors", "ceilings", "worsts", "errors"):
        assert np.array_equal(getattr(alone, name), getattr(held[0], name))
    assert np.array_equal(held[0].encounters.better, held[1].encounters.better)
    assert np.array_equal(held[0].encounters.leads, held[1].encounters.leads)
    np.testing.assert_allclose(
        held[0].encounters.leads[..., 0], alone.powers - alone.floors[:, None, None], atol=1e-12
    )
    one = held[0].of("noise")
    assert np.array_equal(one.rivals("noise", "noise@20").leads, held[0].rivals("noise", "noise@20").leads)
    data = held[0].to_xarray()
    assert data["success"].dims == ("run", "arm", "step", "test", "reference", "unit")
    assert "success" not in alone.to_xarray()

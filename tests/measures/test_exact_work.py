"""Exact questions say what they take before they begin, show where they are, and can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import mdppower as mp
from mdppower._stop import Stopped, new_flag, with_flag
from mdppower.integrals import normal_maxima, triangulation, volumes
from mdppower.mdp.rational import Chain
from mdppower.measures import exact_optimality
from mdppower.measures.exact_work import ExactWork, seconds_of_chains


def of_states(mdp, kind="power", gamma=0.9):
    return [mp.Option.state(mdp, s, gamma, kind=kind) for s in mdp.states[:2]]


ENTRIES: dict[str, Callable[[Any, Any], Any]] = {
    "power": lambda mdp, given: mp.power(mdp, [0.5, 1], **given),
    "compare": lambda mdp, given: mp.compare(*of_states(mdp), **given),
    "complexity": lambda mdp, given: mp.complexity(of_states(mdp)[0], **given),
    "action optimality": lambda mdp, given: mp.action_optimality(mdp, 0.9, **given),
    "its ends": lambda mdp, given: mp.action_optimality(mdp, [0, 1], **given),
    "visit optimality": lambda mdp, given: mp.visit_optimality(
        mp.visits(mdp, mdp.states[0], 0.9).nondominated().select([0]), **given
    ),
    "its end": lambda mdp, given: mp.visit_optimality(
        mp.visits(mdp, mdp.states[0], 1).nondominated().select([0]), **given
    ),
    "average optimality": lambda mdp, given: mp.average_optimality(mdp, mdp.states[0], **given),
    "difference": lambda mdp, given: mp.sensitivity.difference(mdp, mdp, 0.9, **given),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_refuses_before_its_first_integral(entry, monkeypatch):
    """An open 3 × 4 grid without staying: the sum of all integrals is over 300 s, and some a single one is."""
    integrals = []
    for name in ("maximum_uniform", "cone_probability"):
        monkeypatch.setattr(f"mdppower.integrals.reward_laws.{name}", lambda *_: integrals.append(1))
    monkeypatch.setattr("mdppower.measures.exact_means.compare_uniform", lambda *_: integrals.append(1))
    with pytest.raises(mp.SizeError, match=r"takes about \S+ s or more \(.*\d.*\); the limit is 300 s: leave out"):
        ENTRIES[entry](mp.envs.make("open(3,4)", stay=False), {"method": "exact"})
    assert integrals == []


@pytest.mark.parametrize("rewards", ["uniform", "bernoulli(0.5)", "norm(0,1)"])
@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_shows_a_bar(entry, rewards, capsys):
    """The control: what is small is answered, and counted to its end where it was asked to show it."""
    if entry == "its end" and rewards == "bernoulli(0.5)":
        return  # refused: at the ends of γ no cell tells of ties
    ENTRIES[entry](mp.envs.fork(2), {"method": "exact", "rewards": rewards, "progress": True})
    assert "100%|" in capsys.readouterr().err
    ENTRIES[entry](mp.envs.fork(2), {"method": "exact", "rewards": rewards, "progress": False})
    assert capsys.readouterr().err == ""


LOOPS = [
    (volumes._Faces, "face", "open(2,2)", "its ends", "uniform"),
    (triangulation, "primitive", "open(2,2)", "power", "uniform"),
    (exact_optimality, "exact_sets", "fork(3)", "action optimality", "bernoulli(0.5)"),
    (normal_maxima._Orthant, "value", "fork(4)", "power", "norm(0,1)"),
    (Chain, "visits", "open(2,2)", "power", "uniform"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "name", "env", "entry", "rewards"), LOOPS)
def test_long_loops_end_where_they_are_told(owner, name, env, entry, rewards, monkeypatch):
    """The flag is set in the first round of a loop: there are few more. Where it is not set there are many."""
    own, flag, rounds, told = getattr(owner, name), new_flag(), [0], [True]

    def counted(*given: Any, **named: Any) -> Any:
        rounds[0] += 1
        flag[0] = told[0]
        return own(*given, **named)

    monkeypatch.setattr(owner, name, counted)
    mdp = mp.envs.make(env)

    def ask(_: None) -> None:
        ENTRIES[entry](mdp, {"method": "exact", "rewards": rewards})

    with pytest.raises(Stopped):
        with_flag(flag, ask)(None)
    stopped = rounds[0]
    flag[0], told[0], rounds[0] = 0, False, 0
    with_flag(flag, ask)(None)
    assert 5 * stopped <= rounds[0]


def test_actions_of_all_rewards_are_estimated():
    """2^14 combinations of 14 goals, on a grid of 25 states: S³ steps for each."""
    mdp = mp.envs.make("open(5,5)")
    goals = dict.fromkeys(mdp.states[:14], "bernoulli(0.5)") | {"default": 0}
    with pytest.raises(mp.SizeError, match="16,384 combinations of rewards, 1 discount rates"):
        mp.action_optimality(mdp, 1, goals, method="exact")
    # Of a horizon it is the steps that take time: 2^8 combinations of the paper's figure 1, a million steps for each.
    with pytest.raises(mp.SizeError, match="256 combinations of rewards, 1 horizons"):
        mp.action_optimality(mp.envs.figure_1(), horizon=10**6, rewards="bernoulli(0.5)", method="exact")


@pytest.mark.parametrize("law", ["uniform", "norm(0,1)"])
def test_what_coincides_for_certain_is_not_counted_twice(law):
    """A corner of a 4 × 4 grid has 161 policies, of which one reward sees a few: E max is that of going there.

    The goal is r = R(0, 0), all others are 0: the corner stays for r > 0, and goes away for r < 0 at once. Its POWER
    is E max(r, 0), which is 1/2 for uniform rewards, and 1/√(2π) for normal ones.
    """
    mdp = mp.envs.make("open(4,4)")
    option = mp.Option.state(mdp, (0, 0), 0.9, kind="power")
    mean = mp.complexity(option, {(0, 0): law, "default": 0}, method="exact").mean
    assert mean == pytest.approx({"uniform": 1 / 2, "norm(0,1)": 0.3989422804014327}[law], abs=1e-12)


def test_work_adds_up():
    work = ExactWork("it", advice="do less")
    for _ in range(3):
        work.plan(99, "few")
    with pytest.raises(mp.SizeError, match=r"it takes about 4e\+02 s or more \(many\); the limit is 300 s: do less"):
        work.plan(99, "many")
    assert seconds_of_chains([{k: k for k in range(9)}] * 10) > 10 * seconds_of_chains([{0: 0}] * 10)

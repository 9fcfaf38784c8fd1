"""Results of all kinds, small; and what they consist of, by which two are the same in every bit."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import xarray as xr
from scipy import sparse

import mdppower as mp
from mdppower.learning import train
from mdppower.rewards.description import describe
from mdppower.rewards.distribution import Independent
from mdppower.rewards.laws import Law
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.sensitivity import bisimulation_quotient, difference, duplicate_state, sensitivity
from mdppower.theorems import proposition_5_4, verify

COUNTS = {"checkpoint": [1, 2, 2.5], "successes": [30, 39, 5], "trials": [40, 40, 8], "reference": ["a", "a", 1]}

NAMES = [
    "a training", "learning curves", "learning curves against others", "rivals", "rivals, a noise of its own",
    "a share", "coin flips", "a change", "a ceiling", "a state", "a difference", "states less one", "a sum",
    "pairs", "with a guarantee", "a difference with a guarantee", "fractions", "a user's own rewards",
    "a width", "a width, exact", "optimality of pair rewards", "comparison of pair rewards",
    "values of pair rewards", "optimal actions", "optimality", "optimality, exact", "optimality, integrated",
    "seeking", "counts", "counts and ties", "assessment", "shares", "two agents", "two agents for their cells",
    "two agents by joint actions", "two agents at several rho", "alignment", "alignment of horizons",
    "a walk of two agents", "comparison", "comparison, exact", "comparison, integrated",
    "comparison of vectors", "comparison without a mean", "all pairs", "two models", "two models, exact",
    "sensitivity", "solution", "solution of some steps", "optimal actions of some steps",
    "a state over some steps", "optimality over some steps", "comparison over some steps", "support",
    "support at 1", "polytope", "polytope of mass 1", "polytope from two states", "visits",
    "nondominated visits", "visits by an action", "ends", "certificates", "normal certificates",
    "no certificates", "a claim", "claims",
]  # fmt: skip
"""Of `results`, which are made where a test needs one."""


@cache
def results() -> dict[str, Any]:
    """One of each kind, and of each way to make it."""
    fork, room = mp.envs.fork(3), mp.envs.make("open(2,3)")
    drawn = mp.power(room, [0.5, 0.9], samples=64, rng=0)
    sure = mp.power(room, [0.5, 0.9], samples=64, rng=0, guarantee=True)
    exact = mp.power(fork, [0.5, 0.9], method="exact")
    own_law = lambda n, rng: rng.random((n, 1))  # noqa: E731
    own = mp.power(fork, 0.9, lambda n, rng: rng.random((n, 4)), samples=64, rng=0)
    a, b = (mp.Option.state(fork, s, 0.9, kind="power") for s in ("t1", "root"))
    on_pairs, go = mp.rewards.OnPairs("uniform"), mp.Option.action(fork, "root", "->t1", 0.9)
    two, one = mp.Option.vectors([[1, 0], [0, 1]]), mp.Option.vectors([[0.5, 0.5]])
    polytope, visits = mp.OccupancyPolytope(fork, "root", 0.9), mp.visits(mp.envs.figure_1(), "star", 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mp.MDPPowerWarning)
        without_mean = mp.compare(two, one, "cauchy", samples=64, rng=0)
    training = train(fork, 0.9, ["random", "noise", "noise(expon)"], episodes=40, checkpoints=[20], runs=3, rng=0)
    curves = training.curves({"as trained": "uniform", "goal": "goal"}, samples=32)
    held = training.curves({"goal": "goal"}, samples=32, against=["random policy", "final", {"root": "->t1"}])
    flips = mp.learning.coin_flips(
        fork, 0.9, arms=["clip", mp.learning.CoinArm("mine", "true", high=0.3), "on-policy"], iterations=4,
        checkpoints=[1], prompts=4, group=4, epochs=2, minibatches=2, prior_episodes=200, samples=32, runs=3, rng=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mp.MDPPowerWarning)  # at a fork POWER after all actions is the same
        seeking = training.seeking("t1", samples=32)
    return {
        "a training": training,
        "learning curves": curves,
        "learning curves against others": held,
        "rivals": held.rivals("noise", "final", unit="reward and start"),
        "rivals, a noise of its own": held.rivals("noise(expon)", "fixed").of(20),
        "a share": curves.share("random"),
        "coin flips": flips,
        "a change": flips.change("clip"),
        "a ceiling": curves.ceiling("goal"),
        "a state": drawn.of((0, 0)),
        "a difference": drawn.difference((0, 0), (1, 1)),
        "states less one": drawn.at(0.5) - drawn.at(0.5).of((0, 0)),
        "a sum": drawn * 2 + drawn,
        "pairs": drawn.actions((0, 0)),
        "with a guarantee": sure.of((0, 0)),
        "a difference with a guarantee": sure.difference((0, 0), (1, 2)),
        "fractions": exact.difference("root", "t1"),
        "a user's own rewards": own.of("root"),
        "a width": mp.complexity(two, "gaussian-width", samples=64, rng=0),
        "a width, exact": mp.complexity(two, "rademacher", method="exact"),
        "optimality of pair rewards": mp.action_optimality(fork, 0.5, on_pairs, samples=64, rng=0),
        "comparison of pair rewards": mp.compare(go, mp.Option.state(fork, "root", 0.9), on_pairs, samples=64, rng=0),
        "values of pair rewards": mp.optimal_values(fork, [[0.0, 1, 2, 3, 4, 5], [1, 0, 0, 0, 0, 0]], 0.9),
        "optimal actions": mp.optimal_values(fork, [0.0, 1, 2, 2], 0.9).optimal_actions,
        "optimality": mp.action_optimality(room, [0, 0.5], samples=64, rng=0),
        "optimality, exact": mp.action_optimality(fork, 0.5, method="exact"),
        "optimality, integrated": mp.action_optimality(fork, 0.5, "norm(0,1)", method="exact"),
        "seeking": seeking,
        "counts": mp.learning.monitor(COUNTS, width=1, nu=0.5, sd={"a": 0.1}),
        "counts and ties": mp.learning.monitor(COUNTS | {"ties": [0, 1, 2]}, base=1, confidence=0.9),
        "assessment": mp.learning.assess(
            {0: mp.agents.lookahead(1), "far": mp.agents.q_learning(5)}, room, [0.5, 0.9], samples=64, rng=0
        ),
        "shares": mp.learning.assess({1: mp.agents.lookahead(1)}, fork, 0.9, samples=64, rng=0).share(),
        "two agents": mp.multiagent.joint_power(
            room, gamma=(0.5, 0.9), rho=0.3, overlap="remove-leak", samples=64, rng=0
        ),
        "two agents for their cells": mp.multiagent.joint_power(
            room, fork, 0.5, rewards="norm(0,1)", on="cells", rounds=3, replan=True, samples=64, rng=0
        ),
        "two agents by joint actions": mp.multiagent.joint_power(
            mp.multiagent.JointMDP.from_successors({"s": {("a", "x"): "s", ("b", "y"): "s"}}, overlap="remove"),
            gamma=0.5, rewards=own_law, rho=0.5, correlation="copy-all", samples=64, rng=0,
        ),
        "two agents at several rho": mp.multiagent.joint_curve(
            room, gamma=0.5, rho=[0, 0.5], overlap=["bump", "remove-leak"], samples=64, rng=0
        ),
        "alignment": mp.multiagent.joint_power(room, gamma=0.5, samples=128, rng=0).alignment(),
        "alignment of horizons": mp.multiagent.alignment_of(
            *(mp.power(room, horizon=[1, 4], samples=64, rng=0).at(horizon=h) for h in (1, 4))
        ),
        "a walk of two agents": mp.multiagent.roll_out(
            mp.multiagent.joint_power(room, gamma=0.5, overlap="remove-leak", samples=64, rng=0), 7, steps=9, rng=0
        ),
        "comparison": mp.compare(a | a, b, samples=64, rng=0),
        "comparison, exact": mp.compare(a, b, method="exact"),
        "comparison, integrated": mp.compare(two, one, "norm(0,1)", method="exact"),
        "comparison of vectors": mp.compare(two, one, mp.Gaussian([0, 1], np.eye(2)), samples=64, rng=0),
        "comparison without a mean": without_mean,
        "all pairs": mp.compare_all([a, b], samples=64, rng=0),
        "two models": difference(mp.envs.fork(2), fork, [0.5, 0.9], samples=64, rng=0),
        "two models, exact": difference(mp.envs.fork(2), fork, 0.9, method="exact"),
        "sensitivity": sensitivity(
            fork, 0.9, transforms=[duplicate_state(fork, "t1"), bisimulation_quotient(fork)], samples=64, rng=0
        ),
        "solution": mp.optimal_values(fork, [[0.0, 1, 3, 2]], 0.5),
        "solution of some steps": mp.optimal_values(fork, [[0.0, 1, 3, 2]], horizon=4),
        "optimal actions of some steps": mp.optimal_values(fork, [0.0, 1, 2, 2], horizon=4).optimal_actions,
        "a state over some steps": mp.power(room, horizon=[1, 4], samples=64, rng=0).of((0, 0)),
        "optimality over some steps": mp.action_optimality(room, horizon=[1, 4], samples=64, rng=0),
        "comparison over some steps": mp.compare(
            *(mp.Option.state(fork, s, horizon=4, kind="power") for s in ("t1", "root")), samples=64, rng=0
        ),
        "support": polytope.support([0.0, 1, 3, 2]),
        "support at 1": mp.OccupancyPolytope(fork, "root", 1).support([[0.0, 1, 3, 2]]),
        "polytope": polytope,
        "polytope of mass 1": polytope.unit_mass,
        "polytope from two states": mp.OccupancyPolytope(fork, {"t1": 0.3, "t2": 0.7}, 1),
        "visits": visits,
        "nondominated visits": visits.nondominated(),
        "visits by an action": mp.visits(fork, "root", 0.5, given={"root": "->t2"}),
        "ends": visits.recurrent().nondominated(),
        "certificates": mp.certify(a, b),
        "normal certificates": mp.certify(two, one, "norm(0,1)"),
        "no certificates": mp.certify(two, one, "expon"),
        "a claim": proposition_5_4(fork),
        "claims": verify(mp.envs.figure_1(), [0.5], claims=["prop-5.4", "prop-6.9.1"], rng=0, samples=64, votes=16),
    }  # fmt: skip


def bits(value: Any, seen: tuple[int, ...] = ()) -> Any:
    """All that a value consists of, as what can be compared: equal where every bit of it is."""
    seen = (*seen, id(value))
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, Fraction | int | str | bytes) or value is None:
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, np.ndarray):
        return "objects", value.shape, [bits(x, seen) for x in value.ravel().tolist()]
    if isinstance(value, mp.RewardlessMDP):
        return value.fingerprint, value.states, value.action_names, dict(value.marks), dict(value.origin)
    if isinstance(value, mp.multiagent.JointMDP):
        return value.fingerprint, value.states, [bits(x) for x in value.made_of]
    if isinstance(value, RewardDistribution):
        return value.name, json.dumps(describe(value)) if "<lambda>" not in value.name else bits(value.low)
    if isinstance(value, Law):
        return json.dumps(describe(Independent([value], np.zeros(1, int))))
    if sparse.issparse(value):
        return value.shape, [bits(x) for x in (value.toarray(), value.data)]
    if isinstance(value, Mapping):
        return [(bits(k, seen), bits(x, seen)) for k, x in value.items()]
    if isinstance(value, tuple | list | range):
        return [bits(x, seen) for x in value]
    kept = [one.name for one in fields(value)] if is_dataclass(value) else [*vars(value)]
    kept = [name for name in kept if name != "origin"]  # the run of which these are parts: a file has the parts
    names = [
        name
        for name in kept
        if (
            name != "origin"  # the run of which numbers are parts: a file has the numbers
            and not hasattr(type(value), name)
        )
        or name in getattr(type(value), "__dataclass_fields__", ())
    ]
    told = {name: bits(getattr(value, name), seen) for name in sorted(names) if id(getattr(value, name)) not in seen}
    return type(value).__name__, told


def shown(value: Any) -> Any:
    """What users see of a result: texts, table, labelled arrays, intervals."""
    found: list[Any] = [repr(value)]
    if isinstance(value, xr.Dataset):
        return found
    found.append(str(value))
    for name in ("table", "to_xarray", "interval"):
        if hasattr(value, name):
            told = getattr(value, name)()
            found.append(told.to_dict() if name == "to_xarray" else told)
    return [repr(x) for x in found]

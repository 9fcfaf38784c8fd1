"""What is given where an MDP is meant is refused by name, by every public function that takes one."""

from __future__ import annotations

import importlib
import inspect
import pathlib
import pkgutil

import gymnasium as gym
import networkx as nx
import numpy as np
import pytest
from scipy import sparse

import mdppower as mp
from mdppower.mdp.argument import check_mdp

MADE_BY_US = {
    "ActionOptimality", "Environment", "ModelDifference", "Sensitivity", "Transformed", "ClaimReport",
    "Counterexample", "Symmetries", "Setting", "Solution", "Training", "LearningCurves", "Rivals",
    "CoinFlips", "Seeking",
}  # fmt: skip
"""Results, which nobody makes with MDPs of their own."""

GIVEN = {
    "name": (lambda: "maze", "got 'maze': write mp.envs.make('maze')"),
    "path": (lambda: pathlib.Path("rooms.txt"), "got a path, 'rooms.txt': write mp.envs.make(path)"),
    "environment": (lambda: gym.make("FrozenLake-v1"), "write mp.from_gymnasium(env)"),
    "graph": (lambda: nx.DiGraph([(0, 0)]), "got a DiGraph: write RewardlessMDP.from_graph(graph)"),
    "multigraph": (nx.MultiDiGraph, "got a MultiDiGraph: write RewardlessMDP.from_graph(graph)"),
    "array": (lambda: np.eye(2), "got an array of shape (2, 2): write RewardlessMDP.from_arrays(array)"),
    "sparse": (lambda: sparse.eye_array(2), "write RewardlessMDP.from_pairs(states, array)"),
    "mapping": (lambda: {"a": {"go": "a"}}, "got a dict: write RewardlessMDP.from_successors(mapping)"),
    "estimate": (
        lambda: mp.power(mp.envs.fork(2), 0.9, method="exact"), "got a PowerEstimate: write its .mdp",
    ),
    "class": (lambda: mp.RewardlessMDP, "got the class itself: write RewardlessMDP.from_arrays(…)"),
    "None": (lambda: None, "got None"),
    "number": (lambda: 7, "got 7"),
    "long text": (lambda: "x" * 500, "…"),
}  # fmt: skip


def public_entries():
    """(name, callable, parameter) of all that is public and takes an MDP, by its annotations."""
    rooms = ["mdppower", *(f"mdppower.{m.name}" for m in pkgutil.iter_modules(mp.__path__) if m.ispkg)]
    found = {}
    for room in map(importlib.import_module, rooms):
        for name in getattr(room, "__all__", None) or [x for x in dir(room) if x[0] != "_"]:
            thing = getattr(room, name)
            if not callable(thing) or name in MADE_BY_US or not thing.__module__.startswith("mdppower"):
                continue
            if inspect.isclass(thing) and issubclass(thing, BaseException):
                continue
            several = {name: thing}
            if inspect.isclass(thing):
                makers = (k for k, v in vars(thing).items() if isinstance(v, classmethod | staticmethod))
                several |= {f"{name}.{k}": getattr(thing, k) for k in makers if k[0] != "_"}
            for full, call in several.items():
                for parameter in inspect.signature(call).parameters.values():
                    if "RewardlessMDP" in str(parameter.annotation):
                        found[f"{full}({parameter.name})"] = (call, parameter.name)
    return found


ENTRIES = public_entries()


def test_all_entries_are_found():
    assert len(ENTRIES) > 40
    assert {"power(mdp)", "difference(B)", "Option.state(mdp)", "verify(mdp)", "CopyFinder(mdp)"} <= set(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_public_entry_refuses_what_is_no_mdp(entry):
    call, name = ENTRIES[entry]
    required = [
        p.name for p in inspect.signature(call).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]  # fmt: skip
    good = dict.fromkeys(required, mp.envs.fork(2)) if name in ("B", "ai", "world_a") else dict.fromkeys(required)
    with pytest.raises(mp.ParameterError, match=rf"^{name} must be a RewardlessMDP, got 'maze': write mp\.envs"):
        call(**good | {name: "maze"})


@pytest.mark.parametrize("kind", GIVEN)
def test_the_message_says_what_to_write(kind):
    make, told = GIVEN[kind]
    with pytest.raises(mp.ParameterError) as caught:
        check_mdp(make())
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_an_mdp_passes():
    fork = mp.envs.fork(2)
    assert check_mdp(fork) is fork


def test_claims_refuse_it_too():
    """They take an MDP or a setting."""
    for claim in (mp.theorems.lemma_5_3, mp.theorems.proposition_5_4):
        with pytest.raises(mp.ParameterError, match="must be a RewardlessMDP, got 'maze'"):
            claim("maze", *["a"] * (len(inspect.signature(claim).parameters) - 1))


SLIPS = {
    "a generator of states": lambda: mp.RewardlessMDP.from_arrays(np.eye(2)[:, None], states=(c for c in "ab")),
    "a number of states": lambda: mp.RewardlessMDP.from_arrays(np.eye(2)[:, None], states=2),
    "a number of actions": lambda: mp.RewardlessMDP.from_arrays(np.eye(2)[:, None], actions=1),
    "actions of pairs": lambda: mp.RewardlessMDP.from_pairs([0], [[1.0]], actions=1),
    "an array as an action": lambda: mp.envs.fork(2).pair("root", np.array([1, 2])),
    "a matrix as a graph": lambda: mp.RewardlessMDP.from_graph(np.eye(2)),
    "lists as a graph": lambda: mp.RewardlessMDP.from_graph({"a": ["a"]}),
    "a function of a state as rewards": lambda: mp.power(mp.envs.fork(2), 0.9, lambda state: 0),
    "a function of a state as a policy": lambda: mp.power(mp.envs.fork(2), 0.9, policy=lambda state: "->t1"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_beside_it_end_in_our_errors(slip):
    with pytest.raises(mp.MDPPowerError):
        SLIPS[slip]()

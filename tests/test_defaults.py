"""Defaults agree: a walk over every public call and command; what differs has its reason in the docstring."""

from __future__ import annotations

import inspect
import re

import pytest

import mdppower as mp
from mdppower.cli.main import cli

ROOMS = ("agents", "bounds", "envs", "orbits", "rewards", "sensitivity", "symmetry", "theorems")
SHARED = {
    "workers": 1,
    "executor": None,
    "rng": None,
    "rewards": "uniform",
    "kind": "value",
    "samples": 4096,
    "confidence": 0.95,
    "method": "auto",
    "progress": None,
    "store": None,
    "key": None,
}
COVERS = "covers all directions"
ENOUGH = "draw that contradicts is enough"
TESTS = ("action_copy_test", "optimality_copy_test", "ends_copy_test", "bounded_by_max_test",
         "neighbours_test", "step_test")  # fmt: skip
KEPT = "Kept for `mdppower.given_rewards`"
REASONS = {
    ("envs.maze_text", "rng"): (0, "A place should be there again"),
    ("envs.maze", "rng"): (0, "As for `maze_text`"),
    ("envs.random", "rng"): (0, "A place should be there again"),
    ("Option.vectors", "kind"): ("vectors", "By default neither"),
    ("compare", "samples"): (None, "By default 4,096, unless the answer is exact"),
    ("orbits.votes", "samples"): (2000, "fewer than the 4,096 of an estimate"),
    ("orbits.distribution_votes", "samples"): (1000, "fewer than the 4,096 of an estimate"),
    **{(f"theorems.{call}", "rewards"): ("norm(0,1)", COVERS) for call in ("Setting", "setting", "verify")},
    **{(f"theorems.{call}", "samples"): (1000, ENOUGH) for call in ("Setting", "setting", "verify")},
    ("theorems.copy_test", "rewards"): ("norm(0,1)", COVERS),
    ("theorems.copy_test", "samples"): (2000, ENOUGH),
    **{(f"theorems.{test}", "rewards"): ("norm(0,1)", "As for `copy_test`") for test in TESTS},
    **{(f"theorems.{test}", "samples"): (2000, "As for `copy_test`") for test in TESTS},
    ("RewardlessMDP.from_matrices", "rewards"): (None, KEPT),
    ("RewardlessMDP.from_successor_table", "rewards"): (None, KEPT),
    ("orbits.Votes", "samples"): (0, "samples"),  # a result: how many were drawn
}


def walk():
    """(path, callable) of public functions, classes, and their public methods."""
    for room in (mp, *(getattr(mp, name) for name in ROOMS)):
        for name in dir(room):
            found = getattr(room, name)
            path = f"{room.__name__}.{name}".removeprefix("mdppower.")
            if not getattr(found, "__module__", "").startswith("mdppower") or inspect.ismodule(found):
                continue
            if inspect.isclass(found) and not issubclass(found, BaseException):
                yield path, found
                for part, method in inspect.getmembers(found, callable):
                    if not part.startswith("_") and getattr(method, "__module__", "").startswith("mdppower"):
                        yield f"{path}.{part}", method
            elif inspect.isfunction(found):
                yield path, found


def defaults():
    for path, call in walk():
        for name, parameter in inspect.signature(call).parameters.items():
            if name in SHARED and parameter.default is not parameter.empty:
                yield path, call, name, parameter.default


def test_defaults_of_calls_agree_or_the_docstring_says_why():
    seen, wrong = set(), []
    for path, call, name, default in defaults():
        told, reason = REASONS.get((path, name), (SHARED[name], ""))
        seen.add((path, name))
        if default != told or type(default) is not type(told):
            wrong.append(f"{path}({name}={default!r}), not {told!r}")
        elif reason not in " ".join((inspect.getdoc(call) or "").split()):
            wrong.append(f"{path}: {name}={default!r} without its reason")
    assert not wrong, "; ".join(wrong)
    assert set(REASONS) <= seen  # no reason for what is gone
    assert len(seen) > 150


def test_the_walk_sees_what_disagrees():
    # Negative control: these were the defaults before, and the walk has them.
    found = {(path, name): default for path, _, name, default in defaults()}
    assert found["Option.state", "kind"] == found["Option.action", "kind"] == "value"  # had none
    assert found["theorems.verify", "rewards"] != SHARED["rewards"]  # needs its reason


OPTIONS = {"workers": -1, "confidence": 0.95, "kind": "value", "method": "auto", "progress": None, "store": None,
           "rewards": "uniform", "samples": 4096, "rng": None}  # fmt: skip
"""As the calls have them; but for workers, of which the help says so."""
OF_VERIFY = {"rewards": ("norm(0,1)", "covers all directions"), "samples": (1000, "one that contradicts is enough")}


OF_COIN_FLIPS = {"samples": (256, "fewer than an estimate has: runs count")}
OF_LEARN = {"samples": (512, "fewer than an estimate has: runs count")}


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_defaults_of_commands_agree_with_those_of_calls(name):
    context = cli.commands[name].make_context(name, [], resilient_parsing=True)
    for option in cli.commands[name].params:
        if option.name not in OPTIONS:
            continue
        default = context.params[option.name]
        told, reason = OPTIONS[option.name], ""
        if name in ("verify", "learn", "coin-flips"):
            told, reason = {"verify": OF_VERIFY, "learn": OF_LEARN, "coin-flips": OF_COIN_FLIPS}[name].get(
                option.name, (told, "")
            )
        assert default == told, f"mdppower {name} --{option.name}"
        assert reason in option.help
        if option.name == "workers":
            assert "Calls in Python use one" in option.help
        elif not reason:
            assert told == SHARED[option.name]


def test_workers_say_why_commands_take_more():
    for call in (mp.power, mp.action_optimality):
        assert "a library shares its machine" in re.sub(r"\s+", " ", inspect.getdoc(call))


def test_an_option_is_what_can_be_had_from_a_state_on():
    # Without a kind, state and action were a TypeError in Python, and VALUE sets on the command line.
    fork = mp.envs.fork(2)
    assert mp.Option.state(fork, "root", 0.9).kind == mp.Option.action(fork, "root", "->t1", 0.9).kind == "value"


def test_rates_and_rewards_by_position_and_by_name():
    # The order is kept, power(mdp, gamma, rewards) and optimal_values(mdp, rewards, gamma); by name, any order.
    fork, rewards = mp.envs.fork(2), [[0.0, 1.0, 3.0]]
    assert list(inspect.signature(mp.power).parameters)[:3] == ["mdp", "gamma", "rewards"]
    assert list(inspect.signature(mp.optimal_values).parameters)[:3] == ["mdp", "rewards", "gamma"]
    by_place = mp.power(fork, 0.9, "norm(0,1)", samples=64, rng=0)
    by_name = mp.power(rewards="norm(0,1)", gamma=0.9, mdp=fork, samples=64, rng=0)
    assert (by_place.mean == by_name.mean).all()
    values = mp.optimal_values(fork, rewards, 0.5).values
    assert (values == mp.optimal_values(fork, gamma=0.5, rewards=rewards).values).all()
    # The other order is refused, by what is wrong with it.
    with pytest.raises(mp.MDPPowerError, match="gamma"):
        mp.power(fork, "norm(0,1)", 0.9)
    with pytest.raises(mp.MDPPowerError, match=r"rewards|gamma"):
        mp.optimal_values(fork, 0.5, rewards)

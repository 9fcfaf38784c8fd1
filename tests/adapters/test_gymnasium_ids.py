"""Ids of Gymnasium: which can be read, and which are near a name."""

from __future__ import annotations

import gymnasium
import pytest

from mdppower.adapters.from_gymnasium import from_gymnasium
from mdppower.adapters.gymnasium_ids import ids_with_table, near_ids, newest_ids
from mdppower.adapters.gymnasium_make import make_environment
from mdppower.errors import ModelError


def test_those_with_a_table_are_those():
    # Every environment of the family in which Gymnasium keeps small ones is made.
    small = [n for n, spec in gymnasium.registry.items() if "gymnasium.envs.toy_text" in str(spec.entry_point)]
    assert len(small) > len(ids_with_table())
    shown = [name for name in small if hasattr(make_environment(name).unwrapped, "P")]
    assert sorted(shown) == ids_with_table()
    assert all(from_gymnasium(name).n_states > 1 for name in ids_with_table())
    with pytest.raises(ModelError, match="outcomes are random, and only a table P has their"):
        from_gymnasium("Blackjack-v1")


def test_the_newest_version_alone(monkeypatch):
    spec = gymnasium.registry["Taxi-v4"]
    for version in (9, 10):
        name = f"Taxi-v{version}"
        monkeypatch.setitem(gymnasium.registry, name, gymnasium.envs.registration.EnvSpec(name, spec.entry_point))
    assert [name for name in newest_ids() if name.startswith("Taxi")] == ["Taxi-v10"]
    assert near_ids("taxi") == ["Taxi-v10"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("FrozenLake", ["FrozenLake-v1"]),
        ("frozenlake-v1", ["FrozenLake-v1"]),
        ("Froznlake-v1", ["FrozenLake-v1"]),
        ("FrozenLake-v9", ["FrozenLake-v1"]),
        ("frozenlake8x8", ["FrozenLake8x8-v1"]),
        ("Tabular-v0", ["mdppower/Tabular-v0"]),
        ("Tax", ["Taxi-v4"]),
        ("qqqq", []),
        ("x" * 5000, []),
    ],
)
def test_near_ids(name, near):
    assert near_ids(name) == near

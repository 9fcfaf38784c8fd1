"""Settings of the tests: hypothesis is deterministic and has no deadline (the first example compiles); two maps."""

import pytest
from hypothesis import HealthCheck, settings

import mdppower as mp

settings.register_profile(
    "mdppower", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mdppower")


@pytest.fixture(scope="session")
def doors():
    """Two rooms with a door between them: shut, and open."""
    shut, opened = "#######\n#a.#..#\n#..#.b#\n#######", "#######\n#a.#..#\n#....b#\n#######"
    return mp.envs.gridworld(shut), mp.envs.gridworld(opened)

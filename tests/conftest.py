"""Settings of the tests: hypothesis is deterministic and has no deadline (the first example compiles); two maps."""

import pytest
from hypothesis import HealthCheck, settings

import mdppower as mp


def pytest_ignore_collect(collection_path, config):
    """Tests in a browser run where they are named (`scripts/test --browser`): they need what others do not."""
    named = any("browser" in argument for argument in config.args)
    return True if collection_path.name == "browser" and collection_path.is_dir() and not named else None


settings.register_profile(
    "mdppower", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mdppower")


@pytest.fixture(scope="session")
def doors():
    """Two rooms with a door between them: shut, and open."""
    shut, opened = "#######\n#a.#..#\n#..#.b#\n#######", "#######\n#a.#..#\n#....b#\n#######"
    return mp.envs.gridworld(shut), mp.envs.gridworld(opened)

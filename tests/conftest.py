"""Settings of the tests: hypothesis is deterministic and has no deadline (the first example compiles)."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mdppower", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mdppower")

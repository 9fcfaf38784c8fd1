from .quantity import Quantity as Quantity, differences as differences, evaluate_all as evaluate_all
from .paper_quantities import (
    action_is_optimal as action_is_optimal,
    action_power as action_power,
    average_optimal as average_optimal,
    greatest_power as greatest_power,
    state_power as state_power,
    state_value as state_value,
)
from .rearrangements import (
    binary_orbits as binary_orbits,
    orbit as orbit,
    orbit_blocks as orbit_blocks,
    orbit_size as orbit_size,
    permuted as permuted,
    sample_orbit as sample_orbit,
)
from .voting import (
    Votes as Votes,
    binary_votes as binary_votes,
    distribution_votes as distribution_votes,
    holm as holm,
    votes as votes,
)
from .pathwise_tests import Pathwise as Pathwise, pathwise as pathwise

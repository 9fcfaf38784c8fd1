from .distribution import (
    Independent as Independent,
    RewardDistribution as RewardDistribution,
    resolve as resolve,
)
from .laws import law as law
from .joint_laws import (
    Features as Features,
    Fixed as Fixed,
    Gaussian as Gaussian,
    Mixture as Mixture,
    Permuted as Permuted,
)

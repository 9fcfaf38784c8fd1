from .distribution import (
    Independent as Independent,
    resolve as resolve,
)
from .gaussian import Gaussian as Gaussian
from .pair_rewards import OnPairs as OnPairs
from .reward_distribution import RewardDistribution as RewardDistribution
from .laws import law as law
from .joint_laws import (
    Features as Features,
    Fixed as Fixed,
    Mixture as Mixture,
    Permuted as Permuted,
)

from .transforms import (
    bisimulation_quotient as bisimulation_quotient,
    duplicate_state as duplicate_state,
    split_action as split_action,
    unroll as unroll,
)
from .transformed import Transformed as Transformed, same_rewards as same_rewards
from .under_transforms import (
    default_transforms as default_transforms,
    sensitive_actions as sensitive_actions,
    sensitivity as sensitivity,
)
from .sensitivity_estimate import Sensitivity as Sensitivity
from .model_difference import difference as difference
from .model_difference_estimate import ModelDifference as ModelDifference

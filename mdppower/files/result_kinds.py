"""The results that have a file, by the names of their classes: a new one is a line here, and a form.

One class may have several kinds of file: `kind_of` says which.
"""

from __future__ import annotations

from typing import Any

from mdppower.files.agent_forms import ASSESSMENT
from mdppower.files.alignment_forms import ALIGNMENT, JOINT_CURVE, ROLLOUT
from mdppower.files.claim_forms import REPORT, VERIFICATION
from mdppower.files.coin_forms import COIN_FLIPS
from mdppower.files.count_forms import COMPARISON, OPTIMALITY
from mdppower.files.dataset_form import DATASET
from mdppower.files.estimate_forms import ESTIMATE
from mdppower.files.fields import Form
from mdppower.files.joint_forms import JOINT_POWER
from mdppower.files.learning_forms import CURVES, RIVALS, TRAINING
from mdppower.files.model_forms import (
    CERTIFIED,
    DIFFERENCE,
    OPTIMAL_ACTIONS,
    PAIR_SOLUTION,
    POLYTOPE,
    RECURRENT,
    SENSITIVITY,
    SOLUTION,
    SUPPORT,
    VISITS,
)
from mdppower.files.monitor_forms import MONITORED
from mdppower.files.seeking_forms import SEEKING

KINDS: dict[str, Form] = {
    "Estimate": ESTIMATE,
    "ActionOptimality": OPTIMALITY,
    "Comparison": COMPARISON,
    "ModelDifference": DIFFERENCE,
    "Sensitivity": SENSITIVITY,
    "Solution": SOLUTION,
    "Solution of pair rewards": PAIR_SOLUTION,
    "OptimalActions": OPTIMAL_ACTIONS,
    "Support": SUPPORT,
    "Visits": VISITS,
    "Recurrent": RECURRENT,
    "OccupancyPolytope": POLYTOPE,
    "Certified": CERTIFIED,
    "ClaimReport": REPORT,
    "Verification": VERIFICATION,
    "Training": TRAINING,
    "LearningCurves": CURVES,
    "Rivals": RIVALS,
    "Assessment": ASSESSMENT,
    "CoinFlips": COIN_FLIPS,
    "Monitored": MONITORED,
    "Seeking": SEEKING,
    "JointPower": JOINT_POWER,
    "JointCurve": JOINT_CURVE,
    "Alignment": ALIGNMENT,
    "Rollout": ROLLOUT,
    "Dataset": DATASET,
}


def kind_of(result: Any) -> str:
    """The name of a result's kind of file; of what has none, of its class."""
    kind = type(result).__name__
    return f"{kind} of pair rewards" if kind == "Solution" and result.on == "pairs" else kind

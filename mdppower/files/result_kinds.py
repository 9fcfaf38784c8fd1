"""The results that have a file, by the names of their classes: a new one is a line here, and a form."""

from __future__ import annotations

from mdppower.files.claim_forms import REPORT, VERIFICATION
from mdppower.files.count_forms import COMPARISON, OPTIMALITY
from mdppower.files.dataset_form import DATASET
from mdppower.files.estimate_forms import ESTIMATE
from mdppower.files.fields import Form
from mdppower.files.model_forms import (
    CERTIFIED,
    DIFFERENCE,
    POLYTOPE,
    RECURRENT,
    SENSITIVITY,
    SOLUTION,
    SUPPORT,
    VISITS,
)

KINDS: dict[str, Form] = {
    "Estimate": ESTIMATE,
    "ActionOptimality": OPTIMALITY,
    "Comparison": COMPARISON,
    "ModelDifference": DIFFERENCE,
    "Sensitivity": SENSITIVITY,
    "Solution": SOLUTION,
    "Support": SUPPORT,
    "Visits": VISITS,
    "Recurrent": RECURRENT,
    "OccupancyPolytope": POLYTOPE,
    "Certified": CERTIFIED,
    "ClaimReport": REPORT,
    "Verification": VERIFICATION,
    "Dataset": DATASET,
}

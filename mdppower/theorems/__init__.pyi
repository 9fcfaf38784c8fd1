from .searches import CLAIMS as CLAIMS
from .claim_setting import Setting as Setting, setting as setting
from .claim_report import (
    ClaimReport as ClaimReport,
    Evidence as Evidence,
    Hypothesis as Hypothesis,
    Strict as Strict,
)
from .verification import Verification as Verification, verify as verify
from .power_facts import (
    lemma_5_3 as lemma_5_3,
    proposition_5_4 as proposition_5_4,
    proposition_5_5 as proposition_5_5,
)
from .keeping_options import (
    proposition_6_6 as proposition_6_6,
    proposition_6_9_1 as proposition_6_9_1,
    proposition_6_9_2 as proposition_6_9_2,
)
from .long_run import (
    corollary_6_14 as corollary_6_14,
    end_groups as end_groups,
    proposition_6_12 as proposition_6_12,
    theorem_6_13 as theorem_6_13,
)
from .power_is_not_optimality import proposition_b_1 as proposition_b_1, proposition_b_4 as proposition_b_4
from .suboptimal_power import definition_c_1 as definition_c_1
from .post_lemma import BoundCheck as BoundCheck, check_bound as check_bound
from .post_theorem import TheoremCheck as TheoremCheck, check_main_theorem as check_main_theorem
from .counterexamples import Counterexample as Counterexample, search_counterexample as search_counterexample
from .pathwise_claims import (
    action_copy_test as action_copy_test,
    bounded_by_max_test as bounded_by_max_test,
    copy_test as copy_test,
    ends_copy_test as ends_copy_test,
    neighbours_test as neighbours_test,
    optimality_copy_test as optimality_copy_test,
    step_test as step_test,
)

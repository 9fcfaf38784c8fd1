from .involutions import (
    Budget as Budget,
    CopySearch as CopySearch,
    Involution as Involution,
    involution as involution,
)
from .copy_finder import CopyFinder as CopyFinder
from .copy_checks import (
    check_actions as check_actions,
    check_states as check_states,
    contains_copy as contains_copy,
    leaves_out as leaves_out,
)
from .automorphisms import (
    Symmetries as Symmetries,
    is_automorphism as is_automorphism,
    symmetries as symmetries,
)

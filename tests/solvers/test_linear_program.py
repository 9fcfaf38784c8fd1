"""Flow constraints by hand."""

from __future__ import annotations

import numpy as np

import mdppower as mp
from mdppower.solvers.linear_program import flow


def test_flow_constraints_by_hand():
    # States a, b; a: stay, go; b: stay. Rows e_s − γ T(s, a) at γ = 1/2.
    mdp = mp.RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}})
    np.testing.assert_allclose(flow(mdp, 0.5).toarray(), [[0.5, 0], [1, -0.5], [0, 0.5]])

"""The duals of the occupancy polytope's support function, made into a certificate.

With A = (E − γT)ᵀ and b of `OccupancyPolytope`, the maximum of r·x over A x = b, x ≥ 0 is the minimum of b·V over the
V with Aᵀ V ≥ r. For *any* V and x ∈ X

    r·x = b·V + ρ·x,      ρ = r − Aᵀ V,    the reduced costs

so that a V with ρ ≤ 0 proves max r·x ≤ b·V. HiGHS' duals satisfy that to 1e-10, and they are free wherever the start
does not lead. So they are made anew, for all states: V of the policy at which Howard's steps stop, and then

    V' = V + (max ρ + δ)/(1−γ),     ρ' = ρ − max ρ − δ ≤ 0,     δ for rounding.

V' ≥ V* everywhere (T is monotone), and V' − V* ≤ max_s min_a |ρ'(s, a)| / (1−γ), which is what the policy greedy for
ρ' loses at most. At γ = 1 the constraints have two parts, with biases h and gains g as duals, and

    r·x = b·g + ρ·x + σ·y,      ρ = r + T h − h − g,   σ = T g − g.

y has no bound, and HiGHS' σ is 0 to 1e-10 only: here it is the end components that prove b·g (`hold` of
`mdppower.solvers.linear_program`), by whose bound g is lifted, and reduced costs are ≤ 0 up to the error that is
stated with them.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from mdppower._typing import FloatArray, IntArray
from mdppower.mdp.actions import greedy
from mdppower.mdp.chains import EPS
from mdppower.mdp.model import RewardlessMDP
from mdppower.occupancy.support_function import howard
from mdppower.solvers.linear_program import flow, gains


def dual_values(
    mdp: RewardlessMDP, gamma: float, reward: FloatArray, pairs: IntArray
) -> tuple[FloatArray, FloatArray, float]:
    """Duals of the flow constraints, the reduced costs of the pairs, and a bound on their error.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float
    reward : (P,) array
        Of all pairs, where the start does not lead, too.
    pairs : (S,) array
        A policy to begin with, such as that of a maximiser.

    Returns
    -------
    duals : (S,) array
        V; at γ = 1 (2S,), the biases and then the gains.
    reduced : (P,) array
        At γ = 1 (2P,), those of x and then those of y.
    error : float
        Bound on how far V (the gains) are above the optimal ones, and reduced costs above 0.

    Raises
    ------
    SolverError
        HiGHS failed, at γ = 1.
    """
    low, high = reward.min(), reward.max()
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    scaled = (reward - middle) / (half or 1.0)
    if gamma == 1:
        g, h, _, slack = gains(mdp, scaled)
        g = g + slack
        drift = scaled - flow(mdp, 1.0) @ h - g[mdp.pair_states]
        reduced = half * np.r_[drift, mdp.kernel @ g - g[mdp.pair_states]]
        error = half * 2 * slack + 4 * EPS * abs(middle)
        return np.r_[half * h, middle + half * g], reduced, max(error, float(reduced.max()))
    rows, mass = flow(mdp, gamma), 1 / (1 - gamma)
    pairs = howard(mdp, gamma, scaled, pairs)
    v = np.atleast_1d(spsolve(sparse.csc_array(rows[pairs]), scaled[pairs]))
    v = v - (v.max() + v.min()) / 2  # a constant changes only the rounding
    rho, doubt = scaled - rows @ v, 8 * EPS * (2 + float(np.abs(v).max()))
    lift = float(rho.max()) + doubt
    reduced = rho - lift
    loss = float(-greedy(mdp, reduced)[1].min()) + doubt
    duals = mass * middle + half * (v + mass * lift)
    return duals, half * reduced, mass * (half * loss + 4 * EPS * abs(middle))

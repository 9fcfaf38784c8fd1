"""Maxima over the occupancy polytope, as they come back: values, maximisers, and the duals that prove them."""

from __future__ import annotations

from dataclasses import dataclass

from mdppower._typing import FloatArray
from mdppower.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Support:
    """Maxima of N reward functions over the polytope.

    With ``A_eq`` and ``b_eq`` of the polytope, ``reduced_costs`` are r − A_eqᵀ duals, and b_eq · duals bounds the
    maximum from above: by no more than `error_bound` and `dual_error` together it is above the value.

    Attributes
    ----------
    values : (N,) array
        The value of each point, in units of the polytope.
    points : (N, P) array
        Maximisers: each is the occupancy of a deterministic policy.
    error_bound : (N,) array
        Proved bound on |value − maximum|: from above by LP duality, from below by evaluation of the policy.
    duals : (N, S) array
        Of the flow constraints, in the order of ``b_eq``: V, the discounted value of each state (never below the
        optimal one, in polytopes of both masses). At γ = 1 (N, 2S): the biases, and then the gains.
    reduced_costs : (N, P) array
        r(s, a) + γ Σ T V − V(s) of each pair: what it costs to take it. Never above 0, and 0 to rounding where the
        maximiser goes. At γ = 1 (N, 2P), of the variables (x, y): r + T h − h − g, and then T g − g, each above 0 by
        no more than `dual_error`.
    dual_error : (N,) array
        Proved bound on |V − V*| over all states, whether or not the start leads there; on |g − g*| at γ = 1.
    gamma : float
    """

    values: FloatArray
    points: FloatArray
    error_bound: FloatArray
    duals: FloatArray
    reduced_costs: FloatArray
    dual_error: FloatArray
    gamma: float

    @property
    def gains(self) -> FloatArray:
        """(N, S) at γ = 1, the duals that are gains: the long-run averages of the states.

        Raises
        ------
        ParameterError
            γ < 1: there the duals are V.

        Examples
        --------
        >>> import mdppower as mp
        >>> best = mp.OccupancyPolytope(mp.envs.fork(2), "root", 1).support([0.0, 1.0, 3.0])
        >>> best.gains.round(9), best.biases.shape
        (array([[3., 1., 3.]]), (1, 3))
        """
        return self._half(1)

    @property
    def biases(self) -> FloatArray:
        """(N, S) at γ = 1, the duals that are biases.

        Raises
        ------
        ParameterError
            γ < 1: there the duals are V.
        """
        return self._half(0)

    def _half(self, part: int) -> FloatArray:
        if self.gamma != 1:
            raise ParameterError(f"gains and biases are duals at gamma = 1; at gamma = {self.gamma!r}, .duals are V")
        return self.duals.reshape(len(self.duals), 2, -1)[:, part]

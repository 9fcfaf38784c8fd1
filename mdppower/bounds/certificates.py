r"""Certified variance proxies ν² of Δ = h_A − h_B: E e^{λ(Δ − EΔ)} ≤ e^{λ²ν²/2} for every λ, proved from A, B and Σ.

h_A has the subgradient a*(R), so ∇Δ = a* − b* almost everywhere. In independent coordinates
(`independent_coordinates`), with l_i = a_i⁻ − b_i⁺ ≤ ∂_iΔ ≤ u_i = a_i⁺ − b_i⁻ and L_i = max(|l_i|, |u_i|):

==================== ======================================== =====================================================
name                 ν²                                       holds for
==================== ======================================== =====================================================
``range``            (max Δ − min Δ)²/4                       any dependence; Δ bounded (Hoeffding 1963)
``mcdiarmid``        Σ w_i² L_i² / 4                          independent, bounded (McDiarmid 1989)
``mcdiarmid_exact``  Σ D_i² / 4, D_i = largest change by i    the same, listed sets
``coordinate``       Σ σ_i² L_i²                              independent, each with a proxy σ_i² of all 1-Lipschitz
                                                              functions (martingale differences)
``coordinate_pairs`` the same, L_i over realisable pairs      the same, listed sets
``lsi_pairs``        max Σ c_i (a_i − b_i)² over pairs that   independent, each with a logarithmic Sobolev constant
                     lead together                            c_i (Herbst); listed sets
``lsi_all``          the same over all pairs
``lsi_secant``       max Σ c_i [(l_i + u_i)(a_i − b_i)        the same, any sets: x² ≤ (l + u)x − lu on [l, u]
                     − l_i u_i]
``dimension_free``   max_{i ≠ j} of ‖Φᵀ(e_i − e_j)‖²_c        the same; sets in the probability simplex
==================== ======================================== =====================================================

For jointly normal rewards, correlated or not, the last four are called ``tis_…``: ‖·‖_c is then the norm of the
covariance, and the bound is that of Tsirelson, Ibragimov & Sudakov (1976). Between max(Var Δ, dist(A, conv B)²) and
``tis_pairs`` lies the least one-sided proxy (λ > 0). ``lsi_secant`` is linear: an optimal value of each set for the
reward c(l + u), and no listing. So MDPs with thousands of states need 2S + 2 solves.

Where no hypothesis holds there is no ν²: for exponential or heavier rewards E e^{λΔ} is infinite. Never is a sample
variance put in its place. If such a Δ is bounded *above*, by M, then λ > 0 still has the proxy E(M − Δ)²: from
e^{−y} ≤ 1 − y + y²/2 for y ≥ 0; this is all that the lemma needs for p(A ≥ B).

Var Δ is at most ν² (the least), and at most Σ Var X_i L_i² (Efron & Stein 1981), which needs second moments only.

References: Boucheron, Lugosi & Massart, Concentration Inequalities (2013), sections 2.3, 3.1, 5.4, 6.1; constants of
laws: `mdppower.bounds.law_proxies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._horizon import Horizon
from mdppower.bounds import affine_maxima
from mdppower.bounds.certificate_rules import RULES
from mdppower.bounds.learners_refused import refuse_learners
from mdppower.bounds.option_difference import VECTORS, Difference
from mdppower.errors import ParameterError
from mdppower.occupancy.option import Option, Reach, require_alike, states_only
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Certificate:
    """A proved number.

    Attributes
    ----------
    name : str
    value : float
    hypotheses : str
        What was checked of the rewards and the sets.
    method : str
        How the number was computed.
    """

    name: str
    value: float
    hypotheses: str
    method: str


@dataclass(frozen=True, eq=False)
class Certified(Result):
    """What is proved of Δ = h_A − h_B; made by `certify`.

    Attributes
    ----------
    certificates : tuple of Certificate
        Variance proxies ν², for λ of both signs.
    missing : dict from str to str
        Names without a certificate, and which hypothesis fails.
    delta_min, delta_max : float
        Bounds of Δ (of listed sets the least and the largest value), infinite where there are none.
    variance : Certificate or None
        An upper bound of Var Δ.
    one_sided : Certificate or None
        A proxy for λ > 0 only, where Δ is bounded above and has no two-sided proxy.
    excess : tuple of two floats, or None
        dist(A, conv B)² and dist(B, conv A)² for normal rewards: no proxy for λ > 0 is below the first, none for
        λ < 0 below the second.

    Examples
    --------
    >>> import mdppower as mp
    >>> a, b = (mp.Option.state(mp.envs.fork(2), s, 0.9, kind="power") for s in ("t1", "root"))
    >>> found = mp.certify(a, b)
    >>> round(found.of("range").value, 6), found.table()["name"][:2]
    (0.25, ['range', 'mcdiarmid'])
    """

    certificates: tuple[Certificate, ...]
    missing: dict[str, str]
    delta_min: float
    delta_max: float
    variance: Certificate | None
    one_sided: Certificate | None
    excess: tuple[float, float] | None

    @property
    def best(self) -> Certificate | None:
        """The certificate of the least ν², the first of those that agree to rounding."""
        least = min((one.value for one in self.certificates), default=0.0)
        return next((one for one in self.certificates if one.value <= least * (1 + 1e-12)), None)

    @property
    def nu2(self) -> float | None:
        """The least ν²; None where there is none."""
        return None if self.best is None else self.best.value

    @property
    def drop(self) -> float | None:
        """M = −min Δ, at least 0, for Markov's inequality; None where Δ has no least value."""
        return max(0.0, -self.delta_min) if np.isfinite(self.delta_min) else None

    def of(self, name: str) -> Certificate:
        """The certificate of that name.

        Raises
        ------
        ParameterError
            There is none; the message has the reason.
        """
        return self[name]

    def table(self) -> Table:
        """The certificates, one row each; then those that there are not, and why.

        Returns
        -------
        Table
            Columns name; of (what it bounds: ν², ν² for λ > 0, or Var Δ); value, NaN where there is none; hypotheses
            that were checked, or which fails; method.
        """
        rows: list[tuple[str, Certificate | None]] = [("ν²", one) for one in self.certificates]
        rows += [("ν², λ > 0", self.one_sided), ("Var Δ", self.variance)]
        rows += [("ν²", Certificate(name, float("nan"), why, "")) for name, why in self.missing.items()]
        kept = [(of, one) for of, one in rows if one is not None]
        return Table(
            {
                "name": [one.name for _, one in kept],
                "of": [of for of, _ in kept],
                "value": [one.value for _, one in kept],
                "hypotheses": [one.hypotheses for _, one in kept],
                "method": [one.method for _, one in kept],
            },
            "proved bounds on Δ = h_A − h_B",
        )

    def __getitem__(self, name: str) -> Certificate:
        """The certificate of that name; ParameterError with the reason if there is none."""
        for one in self.certificates:
            if one.name == name:
                return one
        raise ParameterError(f"no certificate {name!r}: {self.missing.get(name, 'there is none of that name')}")

    def __repr__(self) -> str:
        if self.best is None:
            return "Certified(no ν²: " + "; ".join(dict.fromkeys(self.missing.values())) + ")"
        ends = f"[{self.delta_min:.4g}, {self.delta_max:.4g}]"
        return f"Certified(ν² = {self.best.value:.4g} by {self.best.name}; Δ in {ends})"


def certify(A: Option, B: Option, rewards: Any = "uniform", *, most_vectors: int = VECTORS) -> Certified:
    """Variance proxies of h_A − h_B, each proved from its own hypotheses.

    Parameters
    ----------
    A, B : Option
        Alike. Options about states of an MDP of up to 32 states are listed (F_nd, exactly) if they have few vectors,
        and of a stochastic MDP if it has up to 1,024 policies; others are measured by optimal values.
    rewards : str, distribution, mapping, …
        As for `power`.
    most_vectors : int
        Sets with more vectors are not listed; 0 lists none.

    Returns
    -------
    Certified

    Raises
    ------
    ParameterError
        The options are not alike; or one is an agent: see `mdppower.bounds.learners_refused`.
    RewardError
        The rewards are malformed.

    Examples
    --------
    >>> a, b = (Option.vectors(rows) for rows in ([[1, 0, 0]], [[0, 1, 0], [0, 0, 1]]))
    >>> certify(a, b)
    Certified(ν² = 0.2026 by lsi_pairs; Δ in [-1, 1])
    >>> certify(a, b)["coordinate"].hypotheses
    'independent; uniform: w²/12'
    >>> certify(a, b, "norm(0,1)")
    Certified(ν² = 2 by tis_pairs; Δ in [-inf, inf])
    >>> certify(a, b, "expon").nu2 is None
    True
    """
    refuse_learners("certify", A, B)
    for option in (A, B):
        if not isinstance(option, Option):
            raise ParameterError(f"certify takes two options, got {option!r}; see mdppower.Option")
        if isinstance(option.gamma, Horizon):
            raise ParameterError(f"certificates are of options at a discount rate, not {option}; see compare")
    require_alike(A, B)
    if isinstance(most_vectors, bool) or not isinstance(most_vectors, int) or most_vectors < 0:
        raise ParameterError(f"most_vectors must be an integer ≥ 0, got {most_vectors!r}")
    delta = Difference(A, B, _distribution(A, B, rewards), most_vectors)
    found: list[Certificate] = []
    missing: dict[str, str] = {}
    for name, rule in RULES.items():
        title = name.replace("lsi_", "tis_") if delta.given.is_normal else name
        outcome = rule(delta)
        if isinstance(outcome, str):
            missing[title] = outcome
        else:
            # Rounding can leave −1e-17 where the sets are the same.
            found.append(Certificate(title, max(0.0, outcome[0]), *outcome[1:]))
    least, greatest = delta.bounds
    variance = _variance(delta, found)
    one_sided = None if found else _one_sided(delta)
    return Certified(tuple(found), missing, least, greatest, variance, one_sided, _excess(delta))


def _distribution(A: Option, B: Option, rewards: Any) -> RewardDistribution:
    mdps = [part.mdp for part in A.parts + B.parts if isinstance(part, Reach)]
    return resolve(rewards, mdps[0] if mdps else states_only(A.states))


# ---------------------------------------------------------------------- what is not a two-sided proxy


def _variance(delta: Difference, found: list[Certificate]) -> Certificate | None:
    bounds = list(found)
    given = delta.given
    if given.is_independent and np.isfinite(given.variance).all():
        value = float((given.variance * delta.pair_lipschitz**2).sum())
        bounds.append(Certificate("efron_stein", value, "independent, finite variances", "Lipschitz constants L_i"))
    return min(bounds, key=lambda one: one.value, default=None)


def _one_sided(delta: Difference) -> Certificate | None:
    """E(M − Δ)² by Minkowski: |M − Δ(m)| at the mean m, and Σ L_i sd_i for the way from there."""
    given, most = delta.given, delta.bounds[1]
    known = np.isfinite(given.variance).all() and np.isfinite(given.mean).all()
    if not (given.is_independent and known and np.isfinite(most)):
        return None
    worths, errors = delta.worths(given.rewards(given.mean[None, :]) + given.offset)
    middle = float(worths[0, 0] - worths[0, 1] - errors.sum())
    value = (float((delta.pair_lipschitz * np.sqrt(given.variance)).sum()) + most - middle) ** 2
    hypotheses = f"independent, finite variances; Δ ≤ {most:.6g}; λ > 0 only"
    return Certificate("bounded_above", value, hypotheses, "E(max Δ − Δ)², bounded by Minkowski's inequality")


def _excess(delta: Difference) -> tuple[float, float] | None:
    if not delta.given.is_normal or delta.rows is None:
        return None
    vary = delta.given.varying
    scale = np.sqrt(delta.given.variance[vary])
    a, b = (delta.given.slopes(rows)[:, vary] * scale for rows in delta.rows)
    return max(affine_maxima.squared_distance(x, b) for x in a), max(affine_maxima.squared_distance(x, a) for x in b)

"""What `mdppower.sensitivity.difference` gives back: POWER in two MDPs, and A − B with its error.

The replicate means of both MDPs come from the same draws, so that their differences are replicate means of the
difference, and the intervals of `mdppower.montecarlo.estimates` hold for these as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from mdppower._text import count, rate_text
from mdppower._typing import AnyArray, BoolArray, Label
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class ModelDifference:
    """POWER in two MDPs, state by state of those that both have.

    Attributes
    ----------
    A, B : RewardlessMDP
    union : RewardlessMDP
        A stand-in with all labels, marks and positions: those of A, then those that only B has. Rewards are drawn for
        it; its transitions mean nothing.
    labels : tuple of labels
        The c common states, in A's order.
    only_A, only_B : tuple of labels
        States that the other does not have.
    gammas : tuple of float
    single_gamma : bool
    data : Replicates
        Of 2c quantities: POWER in A, then in B.
    unaffected : (c,) boolean array
        States from which nothing that differs can be reached.
    rewards : RewardDistribution
        Over the union.
    samples, entropy : int
        Draws made (0: exact), and what to pass as ``rng`` to make them again.
    sampler : str
    interrupted : bool
    fractions : (G, 2c) object array, or None

    Examples
    --------
    A third end beside two: E max of three uniform rewards is 3/4, of two 2/3.

    >>> import mdppower as mp
    >>> from mdppower.sensitivity import difference
    >>> found = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact")
    >>> found
    ModelDifference(3 common states, 0 only in A, 1 only in B, γ = 0.9: 'root' has 0.0833 more in B, 2 cannot differ)
    >>> found.difference.exact[0], found.only_B
    (Fraction(-1, 12), ('t3',))
    """

    A: RewardlessMDP
    B: RewardlessMDP
    union: RewardlessMDP
    labels: tuple[Label, ...]
    only_A: tuple[Label, ...]
    only_B: tuple[Label, ...]
    gammas: tuple[float, ...]
    single_gamma: bool
    data: Replicates
    unaffected: BoolArray
    rewards: RewardDistribution
    samples: int
    entropy: int
    sampler: str
    interrupted: bool
    fractions: AnyArray | None = None

    @property
    def power_A(self) -> Estimate:
        """POWER of the common states in A.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").power_A.exact[0]
        Fraction(2, 3)
        """
        return self._part(1, 0)

    @property
    def power_B(self) -> Estimate:
        """POWER of the common states in B.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").power_B.exact[0]
        Fraction(3, 4)
        """
        return self._part(0, 1)

    @property
    def difference(self) -> Estimate:
        """POWER in A less POWER in B of the common states, paired.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> low, high = difference(mp.envs.fork(3), mp.envs.fork(2), 0.9, rng=0).difference.interval(0.999)
        >>> bool(low[0] < 1 / 12 < high[0])
        True
        """
        return self._lead(1)

    def _lead(self, sign: int) -> Estimate:
        """A − B, or for −1 B − A."""
        found = self._part(sign, -sign)
        assert isinstance(found.data, Replicates)
        return replace(found, data=replace(found.data, constant=found.data.constant | self.unaffected))

    def _part(self, a: int, b: int) -> Estimate:
        eye = sparse.eye_array(len(self.labels))
        weights = sparse.csr_array(sparse.hstack([a * eye, b * eye]))
        exact = self.fractions
        if exact is not None:
            exact = a * exact[:, : len(self.labels)] + b * exact[:, len(self.labels) :]
        return Estimate(self.data.contrast(weights), self.labels, self.gammas, self.single_gamma, fractions=exact)

    @property
    def guarantee(self) -> str:
        """``"exact"`` for fractions, else ``"statistical"``."""
        return "statistical" if self.fractions is None else "exact"

    def verdicts(self, confidence: float = 0.95) -> AnyArray:
        """(G, c) ``"more in A"``, ``"more in B"``, ``"same"`` for certain, ``"open"``; together of that confidence.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(3), mp.envs.fork(2), 0.9, rng=0).verdicts().tolist()
        [['more in A', 'same', 'same']]
        """
        data = self.difference.data
        lower, upper = data.bounds(confidence, simultaneous=True)
        zero = self.fractions is not None and data.value == 0
        found = [self.unaffected | zero, lower > 0, upper < 0]
        return np.asarray(np.select(found, ["same", "more in A", "more in B"], default="open"))

    def most_in_A(self, gamma: float | None = None) -> tuple[Label, Estimate]:
        """The common state whose POWER in A exceeds that in B by most, and by how much.

        Parameters
        ----------
        gamma : float, optional
            One of the rates; needed if there are several.

        Returns
        -------
        label
            The first of those that lead by equally much.
        Estimate
            POWER in A − POWER in B there: greater than 0 unless no state has more in A.

        Raises
        ------
        ParameterError

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> state, by = difference(mp.envs.fork(3), mp.envs.fork(2), 0.9, method="exact").most_in_A()
        >>> state, by.exact
        ('root', Fraction(1, 12))
        """
        return self._most(gamma, 1)

    def most_in_B(self, gamma: float | None = None) -> tuple[Label, Estimate]:
        """The common state whose POWER in B exceeds that in A by most, and by how much.

        Parameters
        ----------
        gamma : float, optional
            One of the rates; needed if there are several.

        Returns
        -------
        label
            The first of those that lead by equally much.
        Estimate
            POWER in B − POWER in A there, the other way round than `difference`: greater than 0 unless no state has
            more in B.

        Raises
        ------
        ParameterError

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> state, by = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").most_in_B()
        >>> state, by.exact
        ('root', Fraction(1, 12))
        """
        return self._most(gamma, -1)

    def _most(self, gamma: float | None, sign: int) -> tuple[Label, Estimate]:
        if gamma is None and len(self.gammas) > 1:
            raise ParameterError(f"say which gamma: one of {', '.join(map(rate_text, self.gammas))}")
        one = self if gamma is None else self.at(gamma)
        lead = one._lead(sign)
        # A number of its own even where all rates were given as a sequence of one.
        s = int(lead.data.value[0].argmax())
        return one.labels[s], replace(lead.one(s), single_gamma=True)

    def at(self, gamma: float) -> ModelDifference:
        """The part that is about one of the discount rates.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(2), mp.envs.fork(3), [0.5, 0.9], method="exact").at(0.5).difference.mean.shape
        (3,)
        """
        if gamma not in self.gammas:
            raise ParameterError(f"gamma {gamma!r} is not one of {', '.join(map(rate_text, self.gammas))}")
        k = self.gammas.index(gamma)
        data = replace(self.data, means=self.data.means[:, [k]], slack=self.data.slack[[k]])
        exact = None if self.fractions is None else self.fractions[[k]]
        return replace(self, gammas=(self.gammas[k],), single_gamma=True, data=data, fractions=exact)

    def _columns(self, confidence: float) -> dict[str, AnyArray]:
        data = self.difference.data
        lower, upper = data.bounds(confidence, simultaneous=True)
        return {
            "power_A": self.power_A.data.value, "power_B": self.power_B.data.value, "difference": data.value,
            "stderr": data.error, "lower": lower, "upper": upper, "verdict": self.verdicts(confidence),
        }  # fmt: skip

    def table(self, confidence: float = 0.95) -> dict[str, list[Any]]:
        """One row a γ and common state; for `mdppower.results.table_text.render`.

        Parameters
        ----------
        confidence : float
            Of all intervals together.

        Returns
        -------
        dict
            Columns gamma, state, power_A, power_B, difference, stderr, lower, upper, verdict.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").table()["verdict"]
        ['more in B', 'same', 'same']
        """
        return {
            "gamma": [g for g in self.gammas for _ in self.labels],
            "state": list(self.labels) * len(self.gammas),
            **{name: values.ravel().tolist() for name, values in self._columns(confidence).items()},
        }

    def to_xarray(self, confidence: float = 0.95) -> xr.Dataset:
        """A labelled Dataset of the columns of `table` along (gamma, state), and the run in its attributes.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> found = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").to_xarray()
        >>> round(found.difference.sel(gamma=0.9, state="root").item(), 4)
        -0.0833
        """
        import xarray as xr

        names = np.array([x if isinstance(x, (int, str)) else str(x) for x in self.labels])
        return xr.Dataset(
            {name: (("gamma", "state"), values) for name, values in self._columns(confidence).items()},
            coords={"gamma": list(self.gammas), "state": names},
            attrs={
                "confidence": confidence, "rewards": self.rewards.name, "samples": self.samples,
                "entropy": str(self.entropy), "sampler": self.sampler, "guarantee": self.guarantee,
                "only_A": str(list(self.only_A)), "only_B": str(list(self.only_B)),
            },
        )  # fmt: skip

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture of A − B: a map where the states lie on a grid, else bars; see `plot_difference`.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> figure = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").plot()
        """
        from mdppower.display.difference_picture import plot_difference

        return plot_difference(self, path, **options)

    def __repr__(self) -> str:
        found = [f"γ = {rate_text(g)}: {self.at(g)._told()}" for g in self.gammas]
        sizes = (
            f"{count(len(self.labels), 'common state')}, {len(self.only_A)} only in A, {len(self.only_B)} only in B"
        )
        return f"ModelDifference({sizes}, {'; '.join(found)})"

    def _told(self) -> str:
        """The extremes of one γ, and how many states cannot differ or are open."""
        verdicts = self.verdicts()[0].tolist()
        told = []
        for verdict, (label, by) in {"more in A": self.most_in_A(), "more in B": self.most_in_B()}.items():
            if verdict in verdicts:
                many, most = verdicts.count(verdict), f"{float(by.mean):.3g}"
                told.append(f"{label!r} has {most} {verdict}" if many == 1 else
                            f"{many} have {verdict}, most {label!r}, by {most}")  # fmt: skip
        told += [f"{verdicts.count('same')} cannot differ"] if "same" in verdicts else []
        told += [f"{verdicts.count('open')} open"] if "open" in verdicts else []
        return ", ".join(told)

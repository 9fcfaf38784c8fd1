"""What `mdppower.sensitivity.difference` gives back: POWER in two MDPs, and A − B with its error.

The replicate means of both MDPs come from the same draws, so that their differences are replicate means of the
difference, and the intervals of `mdppower.montecarlo.estimates` hold for these as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from mdppower._text import count, fraction_text, rate_text
from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower.errors import LabelError, ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import Sampler
from mdppower.results.labelled import labelled, on_grid, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.rates import rate_position
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure


FEW = 4
"""Numbers in a line."""


@dataclass(frozen=True, eq=False, repr=False)
class ModelDifference(Result):
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
    ModelDifference(3 common states, 0 only in A, 1 only in B, γ = 0.9: 'root' has 1/12 more in B, 2 cannot differ)
    >>> found.difference.exact[0], found.only_B
    (Fraction(-1, 12), ('t3',))
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"data", "fractions", "single_gamma"})

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
        exact = None if self.fractions is None else self._exact(a, b)
        return Estimate(
            self.data.contrast(weights), self.labels, self.gammas, self.single_gamma, fractions=exact,
            draws=self._draws, layout=self._layout, marks=self._marks,
        )  # fmt: skip

    def _exact(self, a: int, b: int) -> AnyArray:
        """(G, c) a · POWER in A + b · POWER in B, as fractions."""
        assert self.fractions is not None
        c = len(self.labels)
        return np.asarray(a * self.fractions[:, :c] + b * self.fractions[:, c:])

    @property
    def _draws(self) -> Draws:
        source = Sampler(self.rewards, self.sampler, self.samples // self.data.count, self.entropy)
        return Draws(source, self.union.states, self.interrupted)

    @cached_property
    def _layout(self) -> FloatArray | None:
        """(c, 2) places of the common states."""
        if self.union.layout is None:
            return None
        return np.asarray(self.union.layout[[self.union.index(label) for label in self.labels]])

    @cached_property
    def _marks(self) -> dict[str, tuple[int, ...]]:
        """The common states that carry each mark of A or B, by position."""
        place = {self.union.index(label): k for k, label in enumerate(self.labels)}
        found = {mark: tuple(place[s] for s in where if s in place) for mark, where in self.union.marks.items()}
        return {mark: where for mark, where in found.items() if where}

    def of(self, state: Any, gamma: float | None = None) -> Estimate:
        """The difference at one state, or at the states that carry a mark.

        Parameters
        ----------
        state : label, or str
            A common state, or a mark of one of the two MDPs.
        gamma : float, optional
            One of the rates, within 1e-9; by default all.

        Returns
        -------
        Estimate
            Of one number (a γ): POWER in A less POWER in B there; of several where several states carry the mark.

        Raises
        ------
        LabelError
            It is none, or a state that one of the two does not have.
        ParameterError
            The rate is not one of these.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(3), mp.envs.fork(2), [0.5, 0.9], method="exact").of("root", gamma=0.9)
        Estimate('root': 1/12 at γ = 0.9)
        """
        for name, only in (("A", self.only_A), ("B", self.only_B)):
            if not isinstance(state, np.ndarray) and state in only:
                raise LabelError(f"only {name} has {state!r}: there is no difference")
        return self.difference.of(state, gamma=gamma)

    @property
    def guarantee(self) -> str:
        """``"exact"`` for fractions, else ``"statistical"``."""
        return "statistical" if self.fractions is None else "exact"

    def verdicts(self, confidence: float = 0.95) -> AnyArray:
        """(G, c) ``"more in A"``, ``"more in B"``, ``"same"`` for certain, ``"open"``; together of that confidence.

        ``"same"`` where nothing that can be reached differs, or where exact POWER is equal.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(3), mp.envs.fork(2), 0.9, rng=0).verdicts().tolist()
        [['more in A', 'same', 'same']]
        """
        lower, upper = self.difference.data.bounds(confidence, simultaneous=True)
        same = np.broadcast_to(self.unaffected, lower.shape)
        if self.fractions is not None:
            lower = upper = self._exact(1, -1)
            same = same | (lower == 0)
        found = [same, (lower > 0).astype(bool), (upper < 0).astype(bool)]
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
            Its own interval is that of a state named beforehand; this one was chosen from the draws, so that those of
            ``table(simultaneous=True)`` hold of it.

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
            Its own interval is that of a state named beforehand; this one was chosen from the draws, so that those of
            ``table(simultaneous=True)`` hold of it.

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

        Parameters
        ----------
        gamma : float
            Within 1e-9 of one.

        Raises
        ------
        ParameterError
            The rate is not one of these.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(2), mp.envs.fork(3), [0.5, 0.9], method="exact").at(0.5).difference.mean.shape
        (3,)
        """
        k = rate_position(self.gammas, gamma)
        data = self.data.at(k)
        exact = None if self.fractions is None else self.fractions[[k]]
        return replace(self, gammas=(self.gammas[k],), single_gamma=True, data=data, fractions=exact)

    def _columns(self, confidence: float, simultaneous: bool) -> dict[str, AnyArray]:
        data = self.difference.data
        lower, upper = data.bounds(confidence, simultaneous=simultaneous)
        return {
            "power_A": self.power_A.data.value, "power_B": self.power_B.data.value, "difference": data.value,
            "stderr": data.error, "lower": lower, "upper": upper, "verdict": self.verdicts(confidence),
        }  # fmt: skip

    def table(self, confidence: float = 0.95, *, simultaneous: bool = True) -> Table:
        """One row a γ and common state.

        Parameters
        ----------
        confidence : float
            Of lower and upper, and of the verdicts.
        simultaneous : bool
            Whether lower and upper hold for all rows at once. Verdicts always do.

        Returns
        -------
        Table
            Columns gamma, state, power_A, power_B, difference (A − B), stderr, lower, upper, verdict; and exact,
            where the differences are fractions.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").table()["verdict"]
        ['more in B', 'same', 'same']
        """
        columns: dict[str, list[Any]] = {
            "gamma": [g for g in self.gammas for _ in self.labels],
            "state": list(self.labels) * len(self.gammas),
            **{name: values.ravel().tolist() for name, values in self._columns(confidence, simultaneous).items()},
        }
        told = ["difference: POWER in A − POWER in B"]
        if self.fractions is None:
            told.append(f"lower, upper: {how_sure(confidence, together=simultaneous)}")
            told += [f"verdict: {how_sure(confidence, together=True)}"] if not simultaneous else []
        else:
            columns["exact"] = [fraction_text(x) for x in self._exact(1, -1).ravel().tolist()]
        if "same" in columns["verdict"]:
            equal = "" if self._cannot_differ(columns["verdict"]) else ", or POWER is equal all the same"
            told.append(f"same: nothing that can be reached differs{equal}")
        told += ["the run was interrupted"] if self.interrupted else []
        return Table(columns, "; ".join(told))

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = True, grid: bool = False) -> xr.Dataset:
        """A labelled Dataset of the columns of `table` along (gamma, state), and the run in its attributes.

        Parameters
        ----------
        confidence, simultaneous
            As for `table`; in the attributes.
        grid : bool
            Whether to give rows × columns of the map in place of its states.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.

        Raises
        ------
        ParameterError
            The states are no cells of a grid.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import difference
        >>> found = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, method="exact").to_xarray()
        >>> round(found.difference.sel(gamma=0.9, state="root").item(), 4)
        -0.0833
        """
        columns = self._columns(confidence, simultaneous)
        layout = self._layout
        coordinates: dict[str, Any] = {"gamma": list(self.gammas), "state": ("state", written(self.labels))}
        if layout is not None:
            coordinates |= {name: ("state", layout[:, k]) for k, name in enumerate(("row", "column"))}
        attributes = {
            "confidence": confidence, "simultaneous": int(simultaneous), "rewards": self.rewards.name,
            "samples": self.samples, "entropy": str(self.entropy), "sampler": self.sampler,
            "guarantee": self.guarantee, "only_A": str(list(self.only_A)), "only_B": str(list(self.only_B)),
        }  # fmt: skip
        if self.interrupted:
            attributes["interrupted"] = 1
        variables = {name: (("gamma", "state"), values) for name, values in columns.items()}
        data = labelled(variables, coordinates, attributes)
        return on_grid(data, layout) if grid else data

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

    def _repr_picture_(self) -> str:
        from mdppower.display.notebook import inline_figure

        return inline_figure(self.plot(), "POWER in A less POWER in B")

    def __repr__(self) -> str:
        sizes = (
            f"{count(len(self.labels), 'common state')}, {len(self.only_A)} only in A, {len(self.only_B)} only in B"
        )
        lead, verdicts = self.difference, self.verdicts()
        told: list[str] = []
        numbers = 0
        for g, gamma in enumerate(self.gammas):
            if numbers >= FEW:
                told.append("…")
                break
            leads = self._leads(lead, g, verdicts[g].tolist())
            numbers += len(leads)
            told.append(f"γ = {rate_text(gamma)}: {', '.join(leads + self._others(verdicts[g].tolist()))}")
        one = lead.data.value.size == 1
        sure = f" ({how_sure(0.95, together=None if one else True)})" if numbers and self.fractions is None else ""
        return f"ModelDifference({sizes}, {'; '.join(told)}{sure}{'; interrupted' * self.interrupted})"

    def _leads(self, lead: Estimate, g: int, verdicts: list[str]) -> list[str]:
        """Who has more at the g-th rate, where this is told: how many, and the most."""
        value = lead.data.value[g]
        lower, upper = (x[g] for x in lead.data.bounds(0.95, simultaneous=True))
        told = []
        for sign, verdict in ((1, "more in A"), (-1, "more in B")):
            which = [k for k, found in enumerate(verdicts) if found == verdict]
            if not which:
                continue
            s = max(which, key=lambda k: sign * value[k])
            if lead.fractions is None:
                most = with_error(abs(float(value[s])), float(max(upper[s] - value[s], value[s] - lower[s])))
            else:
                most = fraction_text(abs(lead.fractions[g, s]))
            label = repr(self.labels[s])
            told.append(f"{label} has {most} {verdict}" if len(which) == 1 else
                        f"{len(which)} have {verdict}, most {label}, by {most}")  # fmt: skip
        return told

    def _others(self, verdicts: list[str]) -> list[str]:
        """How many states cannot differ, have equal POWER for all that, or are open."""
        still = int(self.unaffected.sum())
        counts = {"cannot differ": still, "equal": verdicts.count("same") - still, "open": verdicts.count("open")}
        return [f"{n} {told}" for told, n in counts.items() if n]

    def _cannot_differ(self, verdicts: list[str]) -> bool:
        """Whether that is so of all states that are the same."""
        return verdicts.count("same") == int(self.unaffected.sum()) * len(self.gammas)

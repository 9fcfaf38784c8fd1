"""What a sweep found: runs of two agents for several ρ and rules of collisions, from the same draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import count, rate_text
from mdppower.errors import ParameterError
from mdppower.multiagent.alignment import MEASURES, Alignment
from mdppower.multiagent.jackknife import Jackknifed
from mdppower.multiagent.joint_power_estimate import JointPower
from mdppower.multiagent.joint_task import BLOCKS
from mdppower.results.labelled import labelled
from mdppower.results.number_text import how_sure
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

QUANTITIES = (*MEASURES, *(f"raw {name}" for name in MEASURES), *BLOCKS, "cost")
"""Of each run: correlations, and averages over joint states."""


@dataclass(frozen=True, eq=False, repr=False)
class JointCurve(Result):
    r"""Runs of two agents for several ρ, and for several rules of collisions.

    Attributes
    ----------
    runs : tuple of JointPower
        One a rule and ρ, rule by rule, from the same draws of H's rewards.

    Examples
    --------
    >>> import mdppower as mp
    >>> room = mp.envs.gridworld("...\n...", blocked="remove")
    >>> curve = mp.multiagent.joint_curve(room, gamma=0.6, rho=[0, 1], overlap="bump", samples=512, rng=0)
    >>> [x.pearson.corrected.told() for x in curve.alignments]
    ['-0.7916 ± 0.14', '1 ± 6e-12']
    >>> bool(curve.of(1).averages().of("human").mean > curve.of(0).averages().of("human").mean)
    True
    """

    runs: tuple[JointPower, ...]

    @property
    def rhos(self) -> list[float]:
        """The ρ, in their order."""
        return list(dict.fromkeys(run.rho for run in self.runs))

    @property
    def overlaps(self) -> list[str]:
        """The rules of collisions, in their order."""
        return list(dict.fromkeys(run.joint.overlap for run in self.runs))

    @property
    def interrupted(self) -> bool:
        """Whether it ended before its last draw."""
        return any(run.interrupted for run in self.runs)

    @cached_property
    def alignments(self) -> tuple[Alignment, ...]:
        """How POWER of both goes together, one a run."""
        return tuple(run.alignment() for run in self.runs)

    def of(self, rho: float, overlap: str | None = None) -> JointPower:
        """The run of one ρ (within 1e-9), and of one rule where there are several.

        Raises
        ------
        ParameterError
            There is none, or there are several.
        """
        return self.runs[self.position(rho, overlap)]

    def position(self, rho: float, overlap: str | None = None) -> int:
        """Where that run is among all."""
        if overlap is None and len(self.overlaps) > 1:
            raise ParameterError(f"there are several rules of collisions: say overlap, one of {self.overlaps}")
        for k, run in enumerate(self.runs):
            if abs(run.rho - rho) < 1e-9 and overlap in (None, run.joint.overlap):
                return k
        told = "" if overlap is None else f" with overlap={quoted(overlap)}"
        known = ", ".join(f"{x:g}" for x in self.rhos)
        raise ParameterError(f"there is no run of rho = {quoted(rho)}{told}; of rho there are {known}")

    def difference(
        self, first: float | tuple[float, str], second: float | tuple[float, str], measure: str = "pearson"
    ) -> Jackknifed:
        """The corrected correlation of one run less that of another, paired.

        Parameters
        ----------
        first, second : float or (float, str)
            ρ; or ρ and the rule.
        measure : {"pearson", "spearman"}
        """
        one, two = (self.alignments[self.position(*(x if isinstance(x, tuple) else (x,)))] for x in (first, second))
        return one.difference(two, measure)

    def sign_change(self, overlap: str | None = None, measure: str = "pearson") -> Jackknifed:
        """The ρ at which the corrected correlation passes from below 0 to above.

        It is found by a line between two ρ; how far the curve bends between them is not in its interval, which ends
        where ρ does in these runs.

        Parameters
        ----------
        overlap : str, optional
            The rule, where there are several.
        measure : {"pearson", "spearman"}

        Returns
        -------
        Jackknifed
            In units of ρ; NaN where there is no such place.
        """
        rule = self.runs[self.position(self.rhos[0], overlap)].joint.overlap
        rows = sorted(
            (run.rho, one.of(measure).corrected)
            for run, one in zip(self.runs, self.alignments, strict=True)
            if run.joint.overlap == rule
        )
        for (low, below), (high, above) in pairwise(rows):
            if below.value <= 0 < above.value:
                found = [
                    low - x * (high - low) / (y - x)
                    for x, y in ((below.value, above.value), (below.left, above.left))
                ]
                return Jackknifed(float(found[0]), np.asarray(found[1]), rows[0][0], rows[-1][0])
        return Jackknifed(
            math.nan, np.full(2, math.nan), why="the corrected correlation does not pass 0 between two rho"
        )

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """One row a run and quantity.

        Parameters
        ----------
        confidence : float
        simultaneous : bool
            Whether the limits hold for all rows at once.

        Returns
        -------
        Table
            Columns overlap, rho, quantity, value, stderr, lower, upper. Quantities are correlations, corrected for
            noise and raw; and averages over joint states: of the four, and of what A's acting for itself costs H.
        """
        names = ("overlap", "rho", "quantity", "value", "stderr", "lower", "upper")
        rows = [
            (run.joint.overlap, run.rho, *row)
            for run, numbers in zip(self.runs, self._numbers(confidence, simultaneous), strict=True)
            for row in zip(QUANTITIES, *(x.tolist() for x in numbers), strict=True)
        ]
        columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
        cautions = "".join(f"; {text}" for text in self.cautions)
        return Table(columns, f"lower, upper: {how_sure(confidence, together=simultaneous)}{cautions}")

    def _summary(self) -> Table:
        """Only what is corrected, and averages."""
        table = self.table()
        return table.rows([k for k, name in enumerate(table["quantity"]) if not name.startswith("raw")])

    @property
    def cautions(self) -> list[str]:
        """What is to be read with the numbers, in words."""
        told = [
            f"ρ = {run.rho:g}, {run.joint.overlap}: {text}"
            for run, one in zip(self.runs, self.alignments, strict=True)
            for text in (run.caution, one.caution)
            if text
        ]
        return told + ["interrupted"] * self.interrupted

    def _numbers(self, confidence: float, simultaneous: bool) -> Iterator[Any]:
        """(4, quantities) arrays: value, stderr, lower, upper of each run."""
        of = len(QUANTITIES) * len(self.runs) if simultaneous else 1
        for run, one in zip(self.runs, self.alignments, strict=True):
            own = [x for noise in ("corrected", "raw") for x in (getattr(one.of(name), noise) for name in MEASURES)]
            rows = [(x.value, x.stderr, *x.interval(confidence, of=of)) for x in own]
            averages = run.averages()
            for data in (averages.data, averages.difference("human_baseline", "human").data):
                lower, upper = data.bounds(1 - (1 - confidence) / of)
                rows += [tuple(float(x[0, k]) for x in (data.value, data.error, lower, upper))
                         for k in range(data.value.shape[1])]  # fmt: skip
            yield np.array(rows).T

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False) -> xr.Dataset:
        """Everything along (overlap, rho, quantity); NaN where a run is missing.

        Parameters
        ----------
        confidence, simultaneous
            As for `table`; in the attributes.

        Returns
        -------
        xarray.Dataset
        """
        values = np.full((4, len(self.overlaps), len(self.rhos), len(QUANTITIES)), math.nan)
        for run, numbers in zip(self.runs, self._numbers(confidence, simultaneous), strict=True):
            values[:, self.overlaps.index(run.joint.overlap), self.rhos.index(run.rho)] = numbers
        first = self.runs[0]
        attributes: dict[str, Any] = {
            "confidence": confidence, "simultaneous": int(simultaneous), "gamma_human": first.gamma[0],
            "gamma_ai": first.gamma[1], "samples": first.samples, "interrupted": int(self.interrupted),
            "rewards": first.task.source.rewards.name, "entropy": str(first.task.source.entropy),
        }  # fmt: skip
        if self.cautions:
            attributes["caution"] = "; ".join(self.cautions)
        return labelled(
            {
                name: (("overlap", "rho", "quantity"), values[k])
                for k, name in enumerate(("value", "stderr", "lower", "upper"))
            },
            {"overlap": self.overlaps, "rho": self.rhos, "quantity": list(QUANTITIES)},
            attributes,
        )

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: curves over ρ; see `mdppower.display.alignment_picture.plot_joint_curve`."""
        from mdppower.display.alignment_picture import plot_joint_curve

        return plot_joint_curve(self, path, **options)

    def __repr__(self) -> str:
        found = [one.pearson.corrected for one in self.alignments]
        values = [x for x in found if not math.isnan(x.value)]
        ends = sorted(values, key=lambda x: x.value)
        told = (
            " … ".join(dict.fromkeys(x.told(of=len(found)) for x in (ends[:1] + ends[-1:]))) or "NaN: too few draws"
        )
        sizes = sorted({run.joint.n_states for run in self.runs})
        rates = " and ".join(dict.fromkeys(map(rate_text, self.runs[0].gamma)))
        states = count(sizes[-1], "joint state") if len(sizes) == 1 else f"{sizes[0]:,} … {sizes[-1]:,} joint states"
        return (
            f"JointCurve({count(len(self.runs), 'run')} of {states}, γ = {rates}: corrected correlation "
            f"{told} ({how_sure(0.95, together=True)}{', interrupted' * self.interrupted}))"
        )

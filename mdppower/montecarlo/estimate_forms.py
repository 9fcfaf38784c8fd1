"""Estimates for the eye and for other programs: printed forms, tables, labelled arrays, pictures, files.

± is half of the simultaneous 95 % interval (its longer half, where it ends at the range of the rewards).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._text import count, fraction_text, rate_letter, rate_name, told_rates
from mdppower._typing import AnyArray, FloatArray
from mdppower.montecarlo.guaranteed import Guaranteed, GuaranteedContrast
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.results.labelled import labelled, on_grid, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.rates import rate_values
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    import xarray as xr

FEW = 4
"""Numbers in a line."""


class EstimateForms(Result):
    """What is shown and written of an `Estimate`, whose fields these are."""

    data: Replicates | Guaranteed | GuaranteedContrast
    labels: Sequence[Any]
    gammas: tuple[float, ...]
    dimension: str
    fractions: AnyArray | None
    draws: Draws | None
    layout: FloatArray | None

    if TYPE_CHECKING:

        @property
        def interrupted(self) -> bool:
            """Whether the run ended before its last draw."""

        @property
        def caution(self) -> str:
            """What speaks against the intervals."""

        @property
        def samples(self) -> int:
            """Reward functions drawn."""

    @property
    def _quantity(self) -> str:
        """What the numbers are, as a column and a variable."""
        return "mean"

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """The numbers, one row a γ and quantity.

        Parameters
        ----------
        confidence : float
            Of lower and upper.
        simultaneous : bool
            Whether these hold for all rows at once.

        Returns
        -------
        Table
            Columns gamma (or horizon), then the quantity (of pairs: state, action), the mean (of POWER: power),
            stderr, lower, upper; and exact, where the numbers are fractions.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), 0.9, method="exact").table()
        gamma  state     power  stderr     lower     upper  exact
          0.9  root   0.666667       0  0.666667  0.666667  2/3
          0.9  t1          0.5       0       0.5       0.5  1/2
          0.9  t2          0.5       0       0.5       0.5  1/2
        """
        lower, upper = self.data.bounds(confidence, simultaneous=simultaneous)
        numbers = {self._quantity: self.data.value, "stderr": self.data.error, "lower": lower, "upper": upper}
        rates = len(self.gammas)
        columns: dict[str, Any] = {}
        if not math.isnan(self.gammas[0]):
            columns[rate_name(self.gammas)] = [g for g in rate_values(self.gammas) for _ in self.labels]
        names = ("state", "action") if self.dimension == "pair" else ()
        for k, name in enumerate(names):
            columns[name] = [label[k] for label in self.labels] * rates
        if not names:
            columns[self.dimension] = [self._label_text(x, plain=True) for x in self.labels] * rates
        columns |= {name: values.ravel().tolist() for name, values in numbers.items()}
        if self.fractions is not None:
            columns["exact"] = [fraction_text(x) for x in self.fractions.ravel().tolist()]
            return Table(columns)
        return Table(columns, self._told_of(f"lower, upper: {self._sure(confidence, simultaneous)}"))

    def _sure(self, confidence: float, simultaneous: bool) -> str:
        together = None if self.data.value.size == 1 else simultaneous
        return how_sure(confidence, together=together)

    def _told_of(self, text: str) -> str:
        few = ""
        if isinstance(self.data, Replicates) and self.data.unvaried:
            few = f"; where no draw differed, limits are what {count(self.data.trials, 'observation')} can exclude"
        caution = f"; caution: {self.caution.partition(';')[0]}" * bool(self.caution)
        return text + few + caution + "; the run was interrupted" * self.interrupted

    def _label_text(self, label: Any, *, plain: bool = False) -> Any:
        """A label in words; as it is where it need be no text."""
        if self.dimension in ("difference", "sum") and isinstance(label, tuple):
            return (" − " if self.dimension == "difference" else " + ").join(map(self._part_text, label))
        if plain or self.dimension != "pair":
            return label if plain else self._part_text(label)
        return " ".join(map(self._part_text, label))

    @staticmethod
    def _part_text(label: Any) -> str:
        # Options and differences have names that are no labels: these have their quotes.
        return label if isinstance(label, str) and ("'" in label or " " in label) else repr(label)

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False, grid: bool = False) -> xr.Dataset:
        """A labelled Dataset: mean, stderr, lower and upper along (gamma, quantity), or (horizon, quantity).

        Parameters
        ----------
        confidence : float
            Of lower and upper; in the attributes.
        simultaneous : bool
            Whether these hold for all numbers at once; in the attributes.
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
        """
        lower, upper = self.data.bounds(confidence, simultaneous=simultaneous)
        dims = (rate_name(self.gammas), self.dimension)
        columns = {self._quantity: self.data.value, "stderr": self.data.error, "lower": lower, "upper": upper}
        coordinates: dict[str, Any] = {dims[0]: rate_values(self.gammas)}
        names = [self._label_text(x, plain=True) for x in self.labels]
        coordinates[self.dimension] = (self.dimension, written(names))
        if self.layout is not None and self.dimension == "state":
            coordinates |= {name: ("state", self.layout[:, k]) for k, name in enumerate(("row", "column"))}
        attributes: dict[str, Any] = {"confidence": confidence, "simultaneous": int(simultaneous)}
        if self.draws is not None:
            source = self.draws.source
            attributes |= {
                "rewards": source.rewards.name, "samples": self.samples, "entropy": str(source.entropy),
                "sampler": source.kind,
            }  # fmt: skip
        if self.caution:
            attributes["caution"] = self.caution
        if self.interrupted:
            attributes["interrupted"] = 1
        data = labelled({name: (dims, values) for name, values in columns.items()}, coordinates, attributes)
        return on_grid(data, self.layout) if grid else data

    def half_widths(self) -> FloatArray:
        """(G, n) half the widths of the simultaneous 95 % intervals: what stands after ±."""
        lower, upper = self.data.bounds(0.95, simultaneous=True)
        value = self.data.value
        return np.asarray(np.maximum(upper - value, value - lower))

    def _number(self, g: int, i: int, half: FloatArray) -> str:
        if self.fractions is not None:
            return fraction_text(self.fractions[g, i])
        return with_error(float(self.data.value[g, i]), float(half[g, i]))

    def _numbers(self) -> str:
        """The numbers in a line, with their intervals: all of a few, the range of many."""
        value, half = self.data.value, self.half_widths()
        sure = "" if self.fractions is not None else f" ({self._sure(0.95, True)})"
        rates, n = value.shape
        named = [f" at {told_rates(g)}" if not math.isnan(g) else "" for g in self.gammas]
        if rates == 1 and n <= FEW:
            parts = [f"{self._label_text(x)}: {self._number(0, i, half)}" for i, x in enumerate(self.labels)]
            return ", ".join(parts) + named[0] + sure
        if n == 1 and rates <= FEW:
            parts = [self._number(g, 0, half) + named[g] for g in range(rates)]
            return f"{self._label_text(self.labels[0])}: {', '.join(parts)}{sure}"
        span = f"{value.min():.4f} … {value.max():.4f}"
        if self.fractions is None:
            span += f", ± ≤ {half.max():.2g}" if not np.isnan(half).any() else ", no intervals: no variance"
        over = named[0] if rates == 1 else f" × {rates} {rate_letter(self.gammas)}"
        return f"{count(n, self.dimension)}{over}: {span}{sure}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._told_of(self._numbers())})"

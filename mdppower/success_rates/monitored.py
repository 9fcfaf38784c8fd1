"""What `monitor` gives back: counts of successes along training, what they say of power, and where they end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import count, did_you_mean, near_names
from mdppower.errors import LabelError
from mdppower.results.labelled import labelled
from mdppower.results.number_text import how_sure
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.success_rates.counts import Counts, checkpoint_number
from mdppower.success_rates.leads import Leads, asked_name
from mdppower.success_rates.monitor_words import assumed, sentences
from mdppower.success_rates.saturation import SATURATED

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Monitored(Leads, Result):
    """Counts against references, and what they say; made by `monitor`.

    Attributes
    ----------
    counts : Counts
        ``checkpoints, references, successes, trials, ties`` of n rows.
    width : float or None
        w: what a task is worth lies in an interval of this width.
    nu : float or None
        ν of the post's band; w where none was given.
    sd : dict from str to float
        The standard deviation of Δ, by reference; empty where it was not given.
    base : str
        The reference that leads are chained to.
    confidence : float
        Of what `verdict` says, and of saturation.

    Examples
    --------
    >>> import mdppower as mp
    >>> counts = {"checkpoint": [80, 320, 905], "successes": [300, 383, 400], "trials": [400] * 3,
    ...           "reference": ["random"] * 3}
    >>> found = mp.learning.monitor(counts, width=1, sd=0.05)
    >>> found
    Monitored(3 checkpoints against random: success 0.750 [0.694, 0.800] … 1.000 [0.988, 1.000] (95 %, all at once); \
saturated from 905)
    >>> found.says
    ('informs', 'informs', 'saturated')
    >>> [x.round(3).tolist() for x in found.lead("normal", simultaneous=True)]
    [[0.025, 0.073, 0.113], [0.042, 0.101, inf]]
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"counts", "has_law", "linked_references", "agent"})

    def ladder(self, base: Any = None, confidence: float | None = None) -> Table:
        """What all counts together say of the lead over one agent: leads add up along references that were counted.

        Parameters
        ----------
        base : str or number, optional
            A reference, or a checkpoint: then its leads are what was gained since. Default: ``base``.
        confidence : float, optional
            Of all limits of a law at once.

        Returns
        -------
        Table
            Columns checkpoint, lower, upper (the corrected law), and normal_lower, normal_upper; a row for each agent
            that was counted. −∞ and ∞ where no counts lead to the base, or they are saturated on the way. All are NaN
            where the counts contradict each other: no powers are within all limits.

        Raises
        ------
        LabelError
            The base is in none of the counts.

        Examples
        --------
        The upper limit of 200 over random is that of 100 over random and that of 200 over 100, added up:

        >>> import mdppower as mp
        >>> rows = [(100, 300, "random"), (200, 378, "random"), (200, 310, "100"), (300, 390, "100")]
        >>> counts = [{"checkpoint": t, "successes": k, "trials": 400, "reference": r} for t, k, r in rows]
        >>> found = mp.learning.monitor(counts, sd=0.05)
        >>> table = found.ladder()
        >>> [round(x, 3) for x in table["normal_lower"]], [round(x, 3) for x in table["normal_upper"]]
        ([0.0, 0.025, 0.067, 0.106], [0.0, 0.042, 0.089, 0.159])
        """
        name = self.agents[self.agent(self.base if base is None else base)]
        columns: dict[str, Any] = {"checkpoint": [_shown(agent) for agent in self.agents]}
        for law, prefix in (("corrected", ""), ("normal", "normal_")):
            if self.has_law(law):
                lower, upper = self.over(name, law, confidence)
                columns |= {f"{prefix}lower": lower.tolist(), f"{prefix}upper": upper.tolist()}
        sure = how_sure(self.confidence if confidence is None else confidence, together=True)
        unit = "" if self.sd else "; normal: in units of sd(Δ)"
        return Table(columns, f"lead over {name}, by all counts together; limits: {sure}{unit}")

    def of(self, reference: Any) -> Monitored:
        """The part about one reference.

        Raises
        ------
        LabelError
            There is no such reference.
        """
        name = asked_name(reference)
        if name not in self.references:
            meant = did_you_mean(near_names(name, self.references))
            told = meant or "references are " + ", ".join(self.references)
            raise LabelError(f"there is no reference {quoted(reference)}; {told}")
        some = np.array([other == name for other in self.counts.references])
        kept = Counts(
            tuple(x for x, there in zip(self.checkpoints, some, strict=True) if there), (name,) * int(some.sum()),
            self.counts.successes[some], self.counts.trials[some],
            None if self.counts.ties is None else self.counts.ties[some],
        )  # fmt: skip
        sd = {name: self.sd[name]} if name in self.sd else {}
        return replace(self, counts=kept, sd=sd, base=name)

    @property
    def verdict(self) -> str:
        """What may be concluded, in sentences."""
        return sentences(self)

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float | None = None, *, simultaneous: bool = False) -> Table:
        """All counts, a row each, and what each alone says.

        Parameters
        ----------
        confidence : float, optional
        simultaneous : bool
            Whether limits hold for all rows at once.

        Returns
        -------
        Table
            Columns reference, checkpoint, successes, ties (where known), trials, rate, lower, upper: limits of
            Clopper and Pearson; post_lower, post_upper and lead_lower, lead_upper: the post's band and the corrected
            one, where they are known; normal, normal_lower, normal_upper, which without sd are in units of sd(Δ) and
            called probit, …; says: what the reference can still tell.
        """
        rate = self.interval(confidence, simultaneous=simultaneous)
        columns: dict[str, Any] = {
            "reference": list(self.counts.references),
            "checkpoint": [_shown(name) for name in self.checkpoints],
            "successes": self.counts.successes.tolist(),
        }
        if self.counts.ties is not None:
            columns["ties"] = self.counts.ties.tolist()
        columns |= {"trials": self.counts.trials.tolist(), "rate": self.rate.tolist()}
        columns |= {"lower": rate[0].tolist(), "upper": rate[1].tolist()}
        normal = "normal" if self.sd else "probit"
        for law, name in (("post", "post"), ("corrected", "lead"), ("normal", normal)):
            if self.has_law(law):
                if law == "normal":
                    columns[normal] = self.normal_lead().tolist()
                lower, upper = self.lead(law, confidence, simultaneous=simultaneous)
                columns |= {f"{name}_lower": lower.tolist(), f"{name}_upper": upper.tolist()}
        columns["says"] = list(self.says)
        sure = how_sure(self.confidence if confidence is None else confidence, together=simultaneous)
        return Table(columns, f"limits: {sure}; {assumed(self)}")

    def to_xarray(self, confidence: float | None = None, *, simultaneous: bool = False) -> xr.Dataset:
        """The columns of the table along (count), with checkpoint and reference as coordinates.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.
        """
        columns = self.table(confidence, simultaneous=simultaneous)
        places = {"reference": list(self.counts.references), "checkpoint": list(self.checkpoints)}
        attributes: dict[str, Any] = {
            "confidence": self.confidence if confidence is None else confidence,
            "simultaneous": int(simultaneous), "base": self.base, "assumed": assumed(self),
        }  # fmt: skip
        return labelled(
            {_DATA.get(name, name): (("count",), columns[name]) for name in columns if name not in places},
            {name: (("count",), values) for name, values in places.items()},
            attributes,
        )

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """Success rates, and leads over the base; see `mdppower.display.monitor_picture.plot_monitor`."""
        from mdppower.display.monitor_picture import plot_monitor

        return plot_monitor(self, path, **options)

    def __repr__(self) -> str:
        low, high = self.interval(simultaneous=True)
        ends = [0] if len(low) == 1 else [0, len(low) - 1]
        told = " … ".join(f"{self.rate[k]:.3f} [{low[k]:.3f}, {high[k]:.3f}]" for k in ends)
        full = [name for name, word in zip(self.checkpoints, self.says, strict=True) if word == SATURATED]
        since = f"; saturated from {full[0]}" if full else ""
        against = (
            ", ".join(self.references) if len(self.references) <= 3 else count(len(self.references), "reference")
        )
        sure = how_sure(self.confidence, together=None if len(low) == 1 else True)
        return f"Monitored({count(len(low), 'checkpoint')} against {against}: success {told} ({sure}){since})"

    def _summary(self) -> Table:
        return self.table(simultaneous=True)  # as the sentences

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.verdict}"


_DATA = {"lower": "p_lower", "upper": "p_upper", "rate": "success_rate"}
"""Names of columns that would mean something else among labelled arrays."""


def _shown(name: str) -> Any:
    """A checkpoint as a number, where it is one."""
    number = checkpoint_number(name)
    return name if np.isnan(number) else int(number) if number.is_integer() else number

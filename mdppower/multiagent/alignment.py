"""Instrumental alignment: where H has much power, has A much, too? Correlations of POWER_H and POWER_A over states.

They are taken over joint states, all alike, of maps of which there are draws alone. Noise makes their variances too
large, and what both maps have of it in common is in the covariance: with few draws the correlation of the means is
mostly nearer to 0 than that of the maps, however many states there are. `corrected` has no such bias but that of a
ratio, which falls with the draws: see `mdppower.multiagent.jackknife`.

Ranks. Noise does more to ranks than blur them: states that noise does not tell apart share their ranks on average.
So what is corrected in the rank correlation is that of the *expected ranks* in eighths of the draws: each eighth has
ranks of its own, and products are taken of different eighths. With more draws these become the ranks of POWER itself,
except where states are nearer to each other than the noise of an eighth; states with the same POWER, as symmetric
maps have, share their rank, as they should.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.stats import rankdata

from mdppower._quotes import quoted
from mdppower._text import count, rate_letter, rate_text
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.errors import LabelError, ParameterError
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.multiagent.jackknife import Correlation, Jackknifed, correlation
from mdppower.results.labelled import labelled
from mdppower.results.number_text import how_sure
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

MEASURES = ("pearson", "spearman")
HOPELESS = 1.0
"""An interval (95 %) longer than half of [−1, 1] is cautioned of."""
BLOCKS = 8
"""Parts of the draws that have ranks of their own."""
LEAST = 3
"""Fewest states over which there is a correlation to speak of."""


@dataclass(frozen=True, eq=False, repr=False)
class Alignment(Result):
    r"""Correlations of POWER_H and POWER_A over n states, which are mostly joint states.

    Attributes
    ----------
    human, ai : Replicates
        Of the n states, from the same draws.
    labels : sequence of labels
        The states.
    gammas : (float, float)
        Of H and of A.
    about : str
        What it is of, in words: "ρ = 0.5".
    entropy : int or None
        Of the draws.
    interrupted : bool

    Examples
    --------
    >>> import mdppower as mp
    >>> room = mp.envs.gridworld("...\n...", blocked="remove")
    >>> found = mp.multiagent.joint_power(room, gamma=0.6, overlap="bump", samples=512, rng=0)
    >>> alignment = found.alignment()
    >>> alignment.pearson.corrected, alignment.pearson.raw
    (-0.7916 ± 0.14 (95 %), -0.6854 ± 0.1 (95 %))
    >>> lower, upper = alignment.pearson.corrected.interval()
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"human", "ai", "entropy"})

    human: Replicates
    ai: Replicates
    labels: Sequence[Label]
    gammas: tuple[float, float]
    about: str = ""
    entropy: int | None = None
    interrupted: bool = False

    @cached_property
    def pearson(self) -> Correlation:
        """Of the numbers."""
        x, y = self.human.means[:, 0], self.ai.means[:, 0]
        return self._with_variance(correlation(x, y, (float(self.human.slack[0]), float(self.ai.slack[0]))))

    @cached_property
    def spearman(self) -> Correlation:
        """Of their ranks; see `mdppower.multiagent.alignment`."""
        maps = [(data.means[:, 0], 2 * float(data.slack[0])) for data in (self.human, self.ai)]
        parts = min(BLOCKS, self.human.count)
        which = np.arange(self.human.count) * parts // self.human.count
        ranks = [np.stack([ranks_of(rows[which == b].mean(axis=0), gap) for b in range(parts)]) for rows, gap in maps]
        every = [ranks_of(rows.mean(axis=0), gap) for rows, gap in maps]
        without = [
            np.stack([ranks_of(rows[which != b].mean(axis=0), gap) for b in range(parts)]) for rows, gap in maps
        ]
        left = np.array([_usual(x, y) for x, y in zip(*without, strict=True)])
        value = _usual(*every)
        raw = Jackknifed(value, left, why="all states have the same POWER" * math.isnan(value))
        found = correlation(ranks[0], ranks[1])
        return self._with_variance(Correlation(raw, found.corrected, found.reliability))

    def _with_variance(self, found: Correlation) -> Correlation:
        """Without intervals where rewards have no variance."""
        if self.human.has_variance and self.ai.has_variance:
            return found
        raw, corrected = (
            Jackknifed(x.value, np.full(len(x.left), math.nan), why=x.why) for x in (found.raw, found.corrected)
        )
        return Correlation(raw, corrected, found.reliability)

    def of(self, measure: str) -> Correlation:
        """One of the correlations.

        Parameters
        ----------
        measure : {"pearson", "spearman"}

        Raises
        ------
        LabelError
            There is no such measure.
        """
        if measure not in MEASURES:
            raise LabelError(f"there is no correlation {quoted(measure)}; there are {', '.join(MEASURES)}")
        found: Correlation = getattr(self, measure)
        return found

    def difference(self, other: Alignment, measure: str = "pearson") -> Jackknifed:
        """The corrected correlation less that of another run.

        Parameters
        ----------
        other : Alignment
            Of the same draws (another ρ, another rule of collisions, other states), so that the noise that both have
            in common cancels; or of others, which are taken as independent.
        measure : {"pearson", "spearman"}

        Returns
        -------
        Jackknifed
        """
        paired = self.entropy is not None and self.entropy == other.entropy and self.human.count == other.human.count
        return self.of(measure).corrected.less(other.of(measure).corrected, paired=paired)

    @property
    def caution(self) -> str:
        """What speaks against the corrected correlations, in words; empty where nothing does.

        Why one is none; or that its interval (95 %) has more than half of what a correlation can be.
        """
        told = []
        for name in MEASURES:
            one = self.of(name).corrected
            lower, upper = one.interval()
            if one.why:
                told.append(f"corrected {name}: {one.why}")
            elif upper - lower > HOPELESS and self.human.has_variance and self.ai.has_variance:
                told.append(
                    f"corrected {name}: from {lower:.2f} to {upper:.2f} (95 %) says next to nothing: take more draws"
                )
        return "; ".join(told)

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """One row a correlation.

        Parameters
        ----------
        confidence : float
        simultaneous : bool
            Whether the limits hold for all rows at once.

        Returns
        -------
        Table
            Columns correlation, noise ("raw", with it, or "corrected"), value, stderr, lower, upper,
            reliability_human, reliability_ai: of the corrected, the shares of the variances that are no noise.
        """
        rows = self.rows(confidence, 4 if simultaneous else 1)
        names = (
            "correlation", "noise", "value", "stderr", "lower", "upper", "reliability_human", "reliability_ai"
        )  # fmt: skip
        columns = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
        cautions = (self.caution, "interrupted" * self.interrupted)
        told = f"lower, upper: {how_sure(confidence, together=simultaneous)}; raw ones are of what so many draws give"
        return Table(columns, told + "".join(f"; {text}" for text in cautions if text))

    def rows(self, confidence: float, of: int) -> list[tuple[Any, ...]]:
        """The rows of the table, whose intervals hold for so many numbers at once."""
        found = []
        for name in MEASURES:
            one = self.of(name)
            for noise, x, shares in (
                ("raw", one.raw, (math.nan, math.nan)),
                ("corrected", one.corrected, one.reliability),
            ):
                found.append((name, noise, x.value, x.stderr, *x.interval(confidence, of=of), *shares))
        return found

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False) -> xr.Dataset:
        """Everything along (correlation, noise).

        Parameters
        ----------
        confidence, simultaneous
            As for `table`; in the attributes.

        Returns
        -------
        xarray.Dataset
        """
        rows = self.rows(confidence, 4 if simultaneous else 1)
        values = np.array([row[2:] for row in rows]).reshape(len(MEASURES), 2, -1)
        names = ("value", "stderr", "lower", "upper", "reliability_human", "reliability_ai")
        attributes: dict[str, Any] = {
            "confidence": confidence, "simultaneous": int(simultaneous), "states": len(self.labels),
            "gamma_human": self.gammas[0], "gamma_ai": self.gammas[1], "about": self.about,
            "interrupted": int(self.interrupted),
        }  # fmt: skip
        if self.caution:
            attributes["caution"] = self.caution
        return labelled(
            {name: (("correlation", "noise"), values[..., k]) for k, name in enumerate(names)},
            {"correlation": list(MEASURES), "noise": ["raw", "corrected"]},
            attributes,
        )

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: POWER_A over POWER_H; see `mdppower.display.alignment_picture.plot_alignment`."""
        from mdppower.display.alignment_picture import plot_alignment

        return plot_alignment(self, path, **options)

    def __repr__(self) -> str:
        pearson, ranks = self.pearson, self.spearman
        rates = " and ".join(dict.fromkeys(map(rate_text, self.gammas)))
        about = f"{rate_letter(self.gammas)} = {rates}" + f", {self.about}" * bool(self.about)
        return (
            f"Alignment({count(len(self.labels), 'state')} at {about}: correlation "
            f"{pearson.corrected.told()}, raw {pearson.raw.value:.4f}; of ranks {ranks.corrected.told()} "
            f"({how_sure(0.95, together=None)}{', interrupted' * self.interrupted}))"
        )


def alignment_of(
    human: Estimate, ai: Estimate, *, states: Iterable[Label] | AnyArray | None = None, about: str = ""
) -> Alignment:
    """How POWER of two agents goes together over states.

    Parameters
    ----------
    human, ai : Estimate
        Of the same states, from the same draws, at one γ each.
    states : iterable of labels, or (S,) array of booleans, optional
        Over which; default: all.
    about : str
        What it is of, in words.

    Returns
    -------
    Alignment

    Raises
    ------
    ParameterError
        They are of other states, or of several γ, or not from draws of which there are replicates; or fewer than
        three states are left.
    LabelError
        There is no such state.

    Examples
    --------
    Does an agent that looks far have its power where one that does not has its?

    >>> import mdppower as mp
    >>> power = mp.power(mp.envs.make("maze"), [0.1, 0.9], samples=1024, rng=0)
    >>> found = alignment_of(power.at(0.1), power.at(0.9))
    >>> found.pearson.corrected, found.difference(found).value
    (0.8290 ± 0.023 (95 %), 0.0)
    """
    labels = tuple(human.labels)
    if tuple(ai.labels) != labels:
        raise ParameterError("the two are of other states")
    data: list[Replicates] = []
    for name, one in (("human", human), ("ai", ai)):
        if not isinstance(one.data, Replicates) or one.data.is_known:
            raise ParameterError(f"{name} has no replicates: a correlation is corrected by draws")
        if len(one.gammas) != 1:
            raise ParameterError(f"{name} is at {len(one.gammas)} discount rates: give one, by .at(gamma)")
        data.append(one.data)
    if data[0].count != data[1].count:
        raise ParameterError(f"one has {data[0].count} replicates, the other {data[1].count}: give the same samples")
    entropies = {None if one.draws is None else one.draws.source.entropy for one in (human, ai)}
    if len(entropies) > 1:
        raise ParameterError("the two are not from the same draws")
    chosen = _chosen(labels, states)
    if len(chosen) < LEAST:
        raise ParameterError(f"a correlation needs {LEAST} states or more, got {len(chosen)}")
    interrupted = any(one.draws is not None and one.draws.interrupted for one in (human, ai))
    return Alignment(
        _part(data[0], chosen), _part(data[1], chosen), tuple(labels[i] for i in chosen.tolist()),
        (human.gammas[0], ai.gammas[0]), about, entropies.pop(), interrupted,
    )  # fmt: skip


def _chosen(labels: Sequence[Label], states: Iterable[Label] | AnyArray | None) -> AnyArray:
    """Positions of states, in their order."""
    if states is None:
        return np.arange(len(labels))
    if isinstance(states, np.ndarray) and states.dtype == bool:
        if states.shape != (len(labels),):
            raise ParameterError(f"states must be {len(labels)} booleans, got shape {states.shape}")
        return np.flatnonzero(states)
    if isinstance(states, str):
        raise ParameterError(f"states must be labels of joint states, got the text {quoted(states)}")
    index = {label: i for i, label in enumerate(labels)}
    found = []
    for label in states:
        if label not in index:
            raise LabelError(f"there is no joint state {quoted(label)}")
        found.append(index[label])
    return np.unique(np.array(found, int))


def _part(data: Replicates, chosen: AnyArray) -> Replicates:
    """Some of the quantities, as numbers of their own."""
    return Replicates(
        np.ascontiguousarray(data.means[..., chosen]), data.low[chosen], data.high[chosen], data.constant[chosen],
        data.slack, data.trials, data.looks, data.has_variance,
    )  # fmt: skip


def ranks_of(values: FloatArray, gap: float) -> FloatArray:
    """Ranks from 1; those that follow each other within the gap share the middle of their ranks.

    Examples
    --------
    >>> ranks_of(np.array([3.0, 1.0, 1.0 + 1e-12, 2.0]), 1e-9).tolist()
    [4.0, 1.5, 1.5, 3.0]
    """
    order = np.argsort(values, kind="stable")
    apart = np.diff(values[order], prepend=values[order][:1]) > gap
    level = np.empty(len(values))
    level[order] = np.cumsum(apart)
    return np.asarray(rankdata(level))


def _usual(x: FloatArray, y: FloatArray) -> float:
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y))
    return max(-1.0, min(1.0, float(x @ y) / size)) if size > 0 else math.nan

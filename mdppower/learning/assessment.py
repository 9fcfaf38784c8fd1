"""What agents were found to be able to do: their power, between that of the random policy and POWER.

A share is a ratio of means, (P − F)/(C − F). Its error is that of its linearisation: replicate k counts as

    share + [(P_k − F_k) − share · (C_k − F_k)] / (C − F)

whose mean over replicates is the share itself, and whose spread is that of the ratio to first order (the delta
method, Student's t on replicates). What P, F and C have in common, being from the same draws, cancels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from mdppower._text import count, rate_name, shorten, told_rates
from mdppower._typing import BoolArray, FloatArray, Label
from mdppower.errors import LabelError, ParameterError
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.results.labelled import labelled, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.rates import rate_position, rate_values
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

MARKS = 2
"""Floor and ceiling stand before the agents."""


@dataclass(frozen=True, eq=False, repr=False)
class Assessment(Result):
    """The power of agents, floor, ceiling and share, at G rates.

    Attributes
    ----------
    data : Replicates
        Of floor, ceiling and all agents in all states, from the same draws.
    steps : tuple of labels
    episodes : tuple of int
        After which each agent was tried, on each reward function.
    states : tuple of labels
    gammas : tuple of float
    single_gamma : bool
    weights : (S,) array
        Of the states, over which powers are averaged.
    draws : Draws
    layout : (S, 2) array, optional
    marks : mapping from str to tuple of int

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.agents import q_learning
    >>> agents = {k: q_learning(k, start="root") for k in (0, 10)}
    >>> found = mp.learning.assess(agents, mp.envs.fork(3), 0.9, start="root", rng=0)
    >>> found.power().mean.round(2), found.floor().mean.round(2), found.ceiling().mean.round(2)
    (array([0.5, 0.7]), np.float64(0.5), np.float64(0.75))
    >>> found.share().of(10)
    Estimate(10: 0.8033 ± 0.012 at γ = 0.9 (95 %))
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"data", "draws", "layout", "marks", "single_gamma", "weights"})
    of_learners: ClassVar[bool] = True

    data: Replicates
    steps: tuple[Label, ...]
    episodes: tuple[int, ...]
    states: tuple[Label, ...]
    gammas: tuple[float, ...]
    single_gamma: bool
    weights: FloatArray
    draws: Draws
    layout: FloatArray | None
    marks: Mapping[str, tuple[int, ...]]

    @property
    def agents(self) -> tuple[Any, ...]:
        """The names of what was tried: steps; with several `episodes`, (step, episodes)."""
        if len(self.episodes) == 1:
            return self.steps
        return tuple((step, k) for step in self.steps for k in self.episodes)

    # ------------------------------------------------------------------ estimates

    def power(self) -> Estimate:
        """P, averaged over starts, of each agent.

        Returns
        -------
        Estimate
            Named by step; with several `episodes`, by (step, episodes).
        """
        return self._estimate(self.data.contrast(self._averages()[MARKS:]), self.agents)

    def floor(self) -> Estimate:
        """F: what the uniformly random policy has, averaged over starts."""
        return replace(self._estimate(self.data.contrast(self._averages()[:1]), ("floor",)), single=True)

    def ceiling(self) -> Estimate:
        """C: POWER, averaged over starts."""
        return replace(self._estimate(self.data.contrast(self._averages()[1:2]), ("ceiling",)), single=True)

    def share(self) -> Estimate:
        """(P − F)/(C − F) of each agent, of averages over starts.

        Returns
        -------
        Estimate
            Named as those of `power`. NaN where floor and ceiling are equal.
        """
        return self._estimate(_shares(self.data.contrast(self._averages())), self.agents)

    def by_state(self, step: Label, episodes: int | None = None) -> Estimate:
        """P of an agent, state by state.

        Parameters
        ----------
        step : label
        episodes : int, optional
            By default the first.

        Returns
        -------
        Estimate
            Named by state; its picture is a map, where the states have places.

        Raises
        ------
        LabelError
            There is no such agent.
        """
        weights = self._of_states(MARKS + self._agent(step, episodes))
        found = Estimate(self.data.contrast(weights), self.states, self.gammas, self.single_gamma, draws=self.draws)
        return replace(found, layout=self.layout, marks=self.marks)

    def share_by_state(self, step: Label, episodes: int | None = None) -> Estimate:
        """The share of an agent in each state where floor and ceiling differ; parameters as for `by_state`.

        In an absorbing state, or another from which nothing can be chosen, no share is defined: it is left out.

        Raises
        ------
        LabelError
            There is no such agent.
        ParameterError
            There is no state with a choice.
        """
        kept = np.flatnonzero(~self._no_choice(self.data.contrast(self._of_states(0, 1))).any(axis=0))
        if not len(kept):
            raise ParameterError("floor and ceiling are equal in all states: no share is defined")
        rows = [self._of_states(k)[kept] for k in (0, 1, MARKS + self._agent(step, episodes))]
        data = _shares(self.data.contrast(sparse.vstack(rows).tocsr()), len(kept))
        names = tuple(self.states[s] for s in kept.tolist())
        layout = None if self.layout is None else self.layout[kept]
        return Estimate(data, names, self.gammas, self.single_gamma, draws=self.draws, layout=layout)

    # ------------------------------------------------------------------ parts

    def of(self, state: Label) -> Assessment:
        """The same with one state as the start.

        Parameters
        ----------
        state : label
            Or a mark of one or several states.

        Raises
        ------
        LabelError
            There is no such state.
        """
        weights = np.zeros(len(self.states))
        if isinstance(state, str) and state in self.marks and state not in self.states:
            weights[list(self.marks[state])] = 1 / len(self.marks[state])
        elif state in self.states:
            weights[self.states.index(state)] = 1.0
        else:
            raise LabelError(f"there is no state {state!r} in this assessment; states are {shorten(self.states)}")
        return replace(self, weights=weights)

    def at(self, gamma: float) -> Assessment:
        """The part about one of the rates, within 1e-9.

        Raises
        ------
        ParameterError
            It is none of these.
        """
        k = rate_position(self.gammas, gamma, None)
        return replace(self, data=self.data.at(k), gammas=self.gammas[k : k + 1], single_gamma=True)

    def undefined(self) -> BoolArray:
        """(G,) at which rates no share is defined, since floor and ceiling are equal."""
        return self._no_choice(self.data.contrast(self._averages()[:2]))[:, 0]

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """Power and share, one row a rate and agent.

        Parameters
        ----------
        confidence : float
            Of lower and upper, the limits of the share.
        simultaneous : bool
            Whether these hold for all rows at once.

        Returns
        -------
        Table
            Columns gamma, step, episodes, power, floor, ceiling, share, lower, upper.
        """
        share, power = self.share().data, self.power().data.value
        lower, upper = share.bounds(confidence, simultaneous=simultaneous)
        many, rates = len(self.agents), len(self.gammas)
        columns: dict[str, Any] = {
            rate_name(self.gammas): [g for g in rate_values(self.gammas) for _ in range(many)],
            "step": [step for step in self.steps for _ in self.episodes] * rates,
            "episodes": list(self.episodes) * len(self.steps) * rates,
            "power": power.ravel().tolist(),
        }
        for name, one in (("floor", self.floor()), ("ceiling", self.ceiling())):
            columns[name] = np.repeat(one.data.value[:, 0], many).tolist()
        columns |= {"share": share.value.ravel().tolist(), "lower": lower.ravel().tolist()}
        columns["upper"] = upper.ravel().tolist()
        sure = how_sure(confidence, together=None if many * rates == 1 else simultaneous)
        caution = f"; caution: {self.draws.caution}" * bool(self.draws.caution)
        return Table(columns, f"lower, upper: of the share, {sure}{caution}")

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False) -> xr.Dataset:
        """Power and share along (gamma, step, episodes), floor and ceiling along gamma; power of states, too.

        Parameters
        ----------
        confidence : float
            Of lower and upper, the limits of the share; in the attributes.
        simultaneous : bool
            Whether these hold for all numbers at once; in the attributes.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.
        """
        rate, shape = rate_name(self.gammas), (len(self.gammas), len(self.steps), len(self.episodes))
        share = self.share().data
        lower, upper = (x.reshape(shape) for x in share.bounds(confidence, simultaneous=simultaneous))
        dims = (rate, "step", "episodes")
        in_states = self.data.value[:, MARKS * len(self.states) :].reshape(*shape, len(self.states))
        source = self.draws.source
        attributes: dict[str, Any] = {
            "confidence": confidence, "simultaneous": int(simultaneous), "rewards": source.rewards.name,
            "samples": self.data.count * source.size, "entropy": str(source.entropy), "sampler": source.kind,
        }  # fmt: skip
        if self.draws.caution:
            attributes["caution"] = self.draws.caution
        return labelled(
            {
                "power": (dims, self.power().data.value.reshape(shape)),
                "share": (dims, share.value.reshape(shape)),
                "lower": (dims, lower),
                "upper": (dims, upper),
                "floor": ((rate,), self.floor().data.value[:, 0]),
                "ceiling": ((rate,), self.ceiling().data.value[:, 0]),
                "power_of_state": ((*dims, "state"), in_states),
            },
            {
                rate: rate_values(self.gammas),
                "step": written(self.steps),
                "episodes": list(self.episodes),
                "state": ("state", written(self.states)),
            },
            attributes,
        )

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """The shares of agents; see `mdppower.display.learning_picture.plot_assessment`."""
        from mdppower.display.learning_picture import plot_assessment

        return plot_assessment(self, path, **options)

    def __repr__(self) -> str:
        share = self.share()
        half, value = share.half_widths(), share.data.value
        rate = told_rates(*self.gammas)
        if value.size <= 4:
            told = ", ".join(
                f"{name}: {with_error(float(x), float(h))}"
                for name, x, h in zip(list(self.agents) * len(self.gammas), value.ravel(), half.ravel(), strict=True)
            )
        else:
            told = f"{value.min():.4f} … {value.max():.4f}, ± ≤ {half.max():.2g}"
        sure = how_sure(0.95, together=None if value.size == 1 else True)
        return f"Assessment({count(len(self.agents), 'agent')}, {rate}: share {told} ({sure}))"

    # ------------------------------------------------------------------ inside

    def _averages(self) -> sparse.csr_array:
        """Weights of the averages over starts: floor, ceiling, agents."""
        blocks = self.data.means.shape[2] // len(self.states)
        return sparse.csr_array(sparse.kron(sparse.eye_array(blocks), self.weights[None]))

    def _of_states(self, *blocks: int) -> sparse.csr_array:
        """Weights of the states of some blocks, one after the other."""
        n = len(self.states)
        where = np.concatenate([np.arange(k * n, (k + 1) * n) for k in blocks])
        return sparse.eye_array(self.data.means.shape[2], format="csr")[where]

    def _no_choice(self, marks: Replicates) -> BoolArray:
        """(G, n) where floors and ceilings, n of each, differ by no more than the error of values."""
        n = marks.means.shape[2] // 2
        apart = marks.value[:, n:] - marks.value[:, :n]
        size = 1e-12 * np.abs(marks.value).max(axis=1, keepdims=True)
        return np.asarray(apart <= 4 * self.data.slack[:, None] + size)

    def _agent(self, step: Label, episodes: int | None) -> int:
        k = self.episodes[0] if episodes is None else episodes
        if step not in self.steps or k not in self.episodes:
            raise LabelError(f"there is no agent {(step, k)!r} in this assessment; agents are {shorten(self.agents)}")
        return self.steps.index(step) * len(self.episodes) + self.episodes.index(k)

    def _estimate(self, data: Replicates, names: Sequence[Any]) -> Estimate:
        return Estimate(data, names, self.gammas, self.single_gamma, dimension="agent", draws=self.draws)


def _shares(data: Replicates, n: int = 1) -> Replicates:
    """The shares of what stands behind n floors and n ceilings, of which there are k · n."""
    floor, ceiling, had = np.split(data.means, [n, 2 * n], axis=2)
    times = had.shape[2] // n
    floor, room = np.tile(floor, times), np.tile(ceiling - floor, times)
    mean_room = room.mean(axis=0)
    slack = data.slack[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_room = np.where(mean_room > 4 * slack + 1e-12 * np.abs(floor.mean(axis=0)), mean_room, np.nan)
        share = (had - floor).mean(axis=0) / mean_room
        means = share + ((had - floor) - share * room) / mean_room
        least = ((data.low[2 * n :] - floor.mean(axis=0)) / mean_room).min(axis=0)
        # Numerator and denominator are off by two errors each.
        off = 2 * (slack * (1 + np.abs(share)) / mean_room).max(axis=1)
    defined = not np.isnan(means).any()
    return Replicates(
        means if defined else np.where(np.isnan(share), np.nan, means),
        np.where(np.isnan(least), -np.inf, np.minimum(least, 1.0)),
        np.ones(had.shape[2]),
        np.zeros(had.shape[2], bool),
        np.where(np.isnan(off), 0.0, off),
        data.trials,
        data.looks,
        data.has_variance,
    )

"""What `mdppower.action_optimality` gives back: probabilities of pairs, from counts over independent draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from mdppower._checks import open_unit
from mdppower._text import count, fraction_text, rate_name, told_rates
from mdppower._typing import AnyArray, Label
from mdppower.errors import SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.proportions import Proportions
from mdppower.results.labelled import labelled, on_grid, written
from mdppower.results.number_text import how_sure
from mdppower.results.rates import rate_position, rate_values
from mdppower.results.result import SHOWN, Result
from mdppower.results.table import Table
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

MOST_CELLS = 2**24
"""Most cells of a (gamma, state, action) array."""


@dataclass(frozen=True, eq=False, repr=False)
class ActionOptimality(Result):
    """Optimality probabilities of the actions of every state.

    Attributes
    ----------
    mdp : RewardlessMDP
    gammas : tuple of float
    single_gamma : bool
        Whether one γ was given, as a number.
    samples : int
        Independent reward functions drawn.
    entropy : int
        Pass it as ``rng`` to draw the same rewards.
    rewards : RewardDistribution
    strict_counts, tied_counts, open_counts : (G, P) integer arrays
        What `strictly`, `tied` and `unresolved` are shares of.
    method : str
        The solver that ran.
    interrupted : bool
        Whether the run ended before its last draw: by Ctrl-C, or by an error.
    exact : pair of (G, P) object arrays, or None
        The probabilities to be optimal, and to be one of several, where they were integrated: fractions as a rule.
    slack : float
        Their error, where they are no fractions.
    looks : int
        By what the level of intervals is divided (see `mdppower.refine`).

    Examples
    --------
    >>> import mdppower as mp
    >>> chances = mp.action_optimality(mp.envs.fork(2), [0, 0.5, 1], samples=256, rng=0)
    >>> chances.at(1).of("root")
    Proportions(0.5156 in [0.4439, 0.5869], 0.4844 in [0.4131, 0.5561] (95 %, all at once))
    >>> chances.optimal.mean.shape, chances.of("root", "->t1", 0.5)
    ((3, 4), Proportions(0.5156 in [0.4526, 0.5783] (95 %)))
    """

    hidden: ClassVar[frozenset[str]] = frozenset({
        "looks", "open_counts", "single_gamma", "slack", "strict_counts", "tied_counts"
    })  # fmt: skip

    mdp: RewardlessMDP
    gammas: tuple[float, ...]
    single_gamma: bool
    samples: int
    entropy: int
    rewards: RewardDistribution
    strict_counts: npt.NDArray[np.int64]
    tied_counts: npt.NDArray[np.int64]
    open_counts: npt.NDArray[np.int64]
    method: str = "auto"
    interrupted: bool = False
    exact: tuple[AnyArray, AnyArray] | None = None
    slack: float = 0.0
    looks: int = 1

    def _shares(
        self, sure: npt.NDArray[np.int64], possible: npt.NDArray[np.int64], exact: Any = None
    ) -> Proportions:  # fmt: skip
        if exact is None:
            shares = Proportions(sure, possible, self.samples, looks=self.looks)
        else:
            shares = Proportions.known(exact, self.slack)
        return shares[0] if self.single_gamma else shares

    @property
    def guarantee(self) -> str:
        """``"exact"`` for fractions, else ``"statistical"``."""
        return self.optimal.guarantee

    @property
    def optimal(self) -> Proportions:
        """P_D(s, a, γ) of each pair: (G, P), or (P,) for a single γ. What is unresolved is possible, not sure.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.action_optimality(mp.envs.fork(1), 0.5, samples=64, rng=0).optimal.mean
        array([1., 1.])
        """
        sure = self.strict_counts + self.tied_counts
        return self._shares(sure, sure + self.open_counts, self.exact and self.exact[0])

    @property
    def strictly(self) -> Proportions:
        """The probability of being the only optimal action of its state; an open draw may have been one.

        Examples
        --------
        >>> import mdppower as mp
        >>> chances = mp.action_optimality(mp.envs.fork(2), 0.5, 3.0, samples=64, rng=0)  # all rewards are 3
        >>> chances.strictly.mean, chances.tied.mean
        (array([0., 0., 1., 1.]), array([1., 1., 0., 0.]))
        """
        exact = self.exact and self.exact[0] - self.exact[1]
        return self._shares(self.strict_counts, self.strict_counts + self.open_counts, exact)

    @property
    def tied(self) -> Proportions:
        """The probability of being one of several optimal actions; an open draw may have been one.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.action_optimality(mp.envs.fork(2), 0.5, samples=64, rng=0).tied.mean
        array([0., 0., 0., 0.])
        """
        return self._shares(self.tied_counts, self.tied_counts + self.open_counts, self.exact and self.exact[1])

    @property
    def unresolved(self) -> Proportions:
        """The share of draws that leave open whether the action is optimal; half of it is in ``optimal.mean``.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.action_optimality(mp.envs.fork(2), 0.5, samples=64, rng=0).unresolved.mean
        array([0., 0., 0., 0.])
        """
        nothing = None if self.exact is None else np.full(self.open_counts.shape, Fraction(0), dtype=object)
        return self._shares(self.open_counts, self.open_counts, nothing)

    def of(
        self, state: Label, action: Label | None = None, gamma: float | None = None, *, horizon: int | None = None
    ) -> Proportions:
        """The part of `optimal` that is about a state, or one of its actions.

        Parameters
        ----------
        state : label
        action : label, optional
            By default all, in the order of ``mdp.actions(state)``.
        gamma : float, optional
            One of the rates, within 1e-9; by default all.
        horizon : int, optional
            One of the horizons, where these were asked for.

        Returns
        -------
        Proportions

        Raises
        ------
        LabelError
            There is no such state, or it has no such action.
        ParameterError
            The rate is not one of these.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.action_optimality(mp.envs.fork(2), 0.5, samples=256, rng=0).of("root").mean.round(1)
        array([0.5, 0.5])
        """
        s = self.mdp.index(state)
        where: Any = slice(int(self.mdp.pointer[s]), int(self.mdp.pointer[s + 1]))
        if action is not None:
            where = self.mdp.pair(self.mdp.states[s], action)
        if gamma is None and horizon is None:
            return self.optimal[..., where]
        return replace(self, single_gamma=False).optimal[rate_position(self.gammas, gamma, horizon), where]

    def at(self, gamma: float | None = None, *, horizon: int | None = None) -> ActionOptimality:
        """The part about one of the discount rates, within 1e-9; or about one of the horizons."""
        k = slice((i := rate_position(self.gammas, gamma, horizon)), i + 1)
        counts = (array[k] for array in (self.strict_counts, self.tied_counts, self.open_counts))
        strict, tied, undecided = counts
        exact = None if self.exact is None else (self.exact[0][k], self.exact[1][k])
        return replace(
            self, gammas=self.gammas[k], single_gamma=True, strict_counts=strict, tied_counts=tied,
            open_counts=undecided, exact=exact,
        )  # fmt: skip

    def table(
        self, confidence: float = 0.95, *, simultaneous: bool = False, state: Label | None = None
    ) -> Table:  # fmt: skip
        """How likely each action is to be optimal, one row a γ, state and action.

        Parameters
        ----------
        confidence : float
            Of the limits `lower` and `upper`.
        simultaneous : bool
            Whether these hold for all rows at once, of all states.
        state : label, optional
            Only its actions.

        Returns
        -------
        Table
            Columns gamma (or horizon), state, action, probability, stderr, lower, upper, strictly, tied, unresolved;
            and exact, where the probabilities are.

        Examples
        --------
        >>> import mdppower as mp
        >>> chances = mp.action_optimality(mp.envs.fork(2), 0.5, 3.0, samples=64, rng=0)  # all rewards are 3
        >>> table = chances.table(state="root")
        >>> table["action"], table["probability"], table["tied"]
        (['->t1', '->t2'], [1.0, 1.0], [1.0, 1.0])
        """
        mdp = self.mdp
        if state is None:
            pairs = np.arange(mdp.n_pairs)
        else:
            s = mdp.index(state)
            pairs = np.arange(mdp.pointer[s], mdp.pointer[s + 1])

        def column(values: Any) -> list[Any]:
            return list(np.asarray(values).reshape(-1, mdp.n_pairs)[:, pairs].ravel().tolist())

        lower, upper = self.optimal.interval(confidence, simultaneous=simultaneous)
        labels = [mdp.pair_label(p) for p in pairs.tolist()] * len(self.gammas)
        columns: dict[str, list[Any]] = {
            rate_name(self.gammas): [g for g in rate_values(self.gammas) for _ in pairs],
            "state": [s for s, _ in labels], "action": [a for _, a in labels],
            "probability": column(self.optimal.mean), "stderr": column(self.optimal.stderr),
            "lower": column(lower), "upper": column(upper), "strictly": column(self.strictly.mean),
            "tied": column(self.tied.mean), "unresolved": column(self.unresolved.mean),
        }  # fmt: skip
        if self.optimal.exact is not None:
            exact = column(self.optimal.exact)
            columns["exact"] = [fraction_text(p) if isinstance(p, Rational) else "" for p in exact]
        sure = f"lower, upper: {how_sure(confidence, together=simultaneous)}" * (self.guarantee != "exact")
        return Table(columns, "; ".join(filter(None, [sure, "the run was interrupted" * self.interrupted])))

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False, grid: bool = False) -> xr.Dataset:
        """A labelled Dataset along (gamma or horizon, state, action), NaN where a state lacks the action.

        Variables are probability, stderr, lower, upper, strictly, tied, unresolved; the run is in the attributes.

        Parameters
        ----------
        confidence : float
            Of the interval from lower to upper.
        simultaneous : bool
            Whether these hold for all numbers at once.
        grid : bool
            Whether to give rows × columns of the map in place of its states.

        Raises
        ------
        SizeError
            The array would have more than 2**24 cells.
        ParameterError
            The states are no cells of a grid.

        Examples
        --------
        >>> import mdppower as mp
        >>> table = mp.action_optimality(mp.envs.fork(2), [0.5, 1], samples=256, rng=0).to_xarray()
        >>> table.probability.sel(gamma=1, state="root", action="->t1").round(1).item()
        0.5
        """
        open_unit(confidence, "confidence")
        mdp = self.mdp
        shape = (len(self.gammas), mdp.n_states, len(mdp.action_names))
        if np.prod(shape, dtype=float) > MOST_CELLS:
            raise SizeError(f"an array of shape {shape} is too large; use .of, or .optimal, which has no empty cells")
        every = replace(self, single_gamma=False)
        lower, upper = every.optimal.interval(confidence, simultaneous=simultaneous)
        numbers = {
            "probability": every.optimal.mean, "stderr": every.optimal.stderr, "lower": lower, "upper": upper,
            "strictly": every.strictly.mean, "tied": every.tied.mean, "unresolved": every.unresolved.mean,
        }  # fmt: skip
        variables = {}
        for name, values in numbers.items():
            cells = np.full(shape, np.nan)
            cells[:, mdp.pair_states, mdp.action_codes] = values
            variables[name] = ((rate_name(self.gammas), "state", "action"), cells)
        coordinates = {
            rate_name(self.gammas): rate_values(self.gammas),
            "state": ("state", written(mdp.states)),
            "action": ("action", written(mdp.action_names)),
        }
        attributes = {
            "rewards": self.rewards.name, "samples": self.samples, "entropy": str(self.entropy), "sampler": "iid",
            "method": self.method, "confidence": confidence, "simultaneous": int(simultaneous),
            "guarantee": self.guarantee,
        }  # fmt: skip
        if self.interrupted:
            attributes["interrupted"] = 1
        data = labelled(variables, coordinates, attributes)
        return on_grid(data, mdp.layout) if grid else data

    @property
    def made(self) -> str:
        """What the numbers come from, in words."""
        return f"{self.samples:,} draws" if self.exact is None else "exact" if self.slack == 0 else "integrated"

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: bars over γ with ``state=``, else a map of a grid.

        See `mdppower.display.optimality_picture.plot_optimality`.

        Examples
        --------
        >>> import mdppower as mp
        >>> chances = mp.action_optimality(mp.envs.fork(2), [0, 0.5, 1], samples=64, rng=0)
        >>> figure = chances.plot(state="root")
        """
        from mdppower.display.optimality_picture import plot_optimality

        return plot_optimality(self, path, **options)

    def _summary(self) -> Table:
        """The most likely action of each state, and how likely that is."""
        every, mdp = replace(self, single_gamma=False).optimal, self.mdp
        shown = range(min(mdp.n_states, SHOWN))
        columns: dict[str, list[Any]] = {"state": [mdp.states[s] for s in shown]}
        lower, upper = every.interval(simultaneous=True)
        for g, gamma in enumerate(self.gammas):
            best = [int(mdp.pointer[s] + every.mean[g, mdp.pointer[s] : mdp.pointer[s + 1]].argmax()) for s in shown]
            columns[told_rates(gamma)] = [
                f"{mdp.pair_label(p)[1]} "
                + (fraction_text(every.exact[g, p]) if self.guarantee == "exact" and every.exact is not None else
                   f"{every.mean[g, p]:.3f} in [{lower[g, p]:.3f}, {upper[g, p]:.3f}]")
                for p in best
            ]  # fmt: skip
        sure = "" if self.guarantee == "exact" else f", {how_sure(0.95, together=True)}"
        more = f"; {SHOWN} of {mdp.n_states:,} states" * (mdp.n_states > SHOWN)
        return Table(columns, f"the action that is most likely optimal{sure}{more}")

    def __repr__(self) -> str:
        rates = told_rates(*self.gammas[:4]) + ", …" * (len(self.gammas) > 4)
        mean = self.optimal.mean
        span = f"{mean.min():.4f} … {mean.max():.4f}"
        if self.guarantee != "exact":
            lower, upper = self.optimal.interval(simultaneous=True)
            half = np.maximum(upper - mean, mean - lower).max()
            span += f", ± ≤ {half:.2g} ({how_sure(0.95, together=True)})"
        return (
            f"ActionOptimality({count(self.mdp.n_states, 'state')}, {count(self.mdp.n_pairs, 'pair')}, {rates}, "
            f"{self.made}, {self.rewards.told}: {span}{'; interrupted' * self.interrupted})"
        )

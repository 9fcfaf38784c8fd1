"""What `mdppower.action_optimality` gives back: probabilities of pairs, from counts over independent draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import open_unit
from mdppower._text import rate_text
from mdppower._typing import AnyArray, Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.proportions import Proportions
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

MOST_CELLS = 2**24
"""Most cells of a (gamma, state, action) array."""


@dataclass(frozen=True, eq=False, repr=False)
class ActionOptimality:
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
    >>> chances
    ActionOptimality(3 states, 4 pairs, γ=0, 0.5, 1, uniform rewards, 256 draws)
    >>> chances.optimal.mean.shape, chances.of("root", "->t1", 0.5)
    ((3, 4), Proportions(0.5156, 95 % in [0.4526, 0.5783]))
    """

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

    def of(self, state: Label, action: Label | None = None, gamma: float | None = None) -> Proportions:
        """The part of `optimal` that is about a state, or one of its actions.

        Parameters
        ----------
        state : label
        action : label, optional
            By default all, in the order of ``mdp.actions(state)``.
        gamma : float, optional
            One of the rates; by default all.

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
        if gamma is None:
            return self.optimal[..., where]
        if gamma not in self.gammas:
            raise ParameterError(f"gamma {gamma!r} is not one of {', '.join(map(rate_text, self.gammas))}")
        return replace(self, single_gamma=False).optimal[self.gammas.index(gamma), where]

    def to_xarray(self, confidence: float = 0.95) -> xr.Dataset:
        """A labelled Dataset along (gamma, state, action), NaN where a state lacks the action.

        Variables are probability, stderr, lower, upper, strictly, tied, unresolved; the run is in the attributes.

        Parameters
        ----------
        confidence : float
            Of the interval from lower to upper, for each number alone.

        Raises
        ------
        SizeError
            The array would have more than 2**24 cells.

        Examples
        --------
        >>> import mdppower as mp
        >>> table = mp.action_optimality(mp.envs.fork(2), [0.5, 1], samples=256, rng=0).to_xarray()
        >>> table.probability.sel(gamma=1, state="root", action="->t1").round(1).item()
        0.5
        """
        import xarray as xr

        open_unit(confidence, "confidence")
        mdp = self.mdp
        shape = (len(self.gammas), mdp.n_states, len(mdp.action_names))
        if np.prod(shape, dtype=float) > MOST_CELLS:
            raise SizeError(f"an array of shape {shape} is too large; use .of, or .optimal, which has no empty cells")
        every = replace(self, single_gamma=False)
        lower, upper = every.optimal.interval(confidence)
        numbers = {
            "probability": every.optimal.mean, "stderr": every.optimal.stderr, "lower": lower, "upper": upper,
            "strictly": every.strictly.mean, "tied": every.tied.mean, "unresolved": every.unresolved.mean,
        }  # fmt: skip
        variables = {}
        for name, values in numbers.items():
            cells = np.full(shape, np.nan)
            cells[:, mdp.pair_states, mdp.action_codes] = values
            variables[name] = (("gamma", "state", "action"), cells)
        coordinates = {
            "gamma": list(self.gammas),
            "state": _written(mdp.states),
            "action": _written(mdp.action_names),
        }
        attributes = {
            "rewards": self.rewards.name, "samples": self.samples, "entropy": str(self.entropy), "sampler": "iid",
            "method": self.method, "confidence": confidence, "guarantee": self.guarantee,
        }  # fmt: skip
        return xr.Dataset(variables, coordinates, attributes)

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

    def __repr__(self) -> str:
        rates = ", ".join(map(rate_text, self.gammas[:4])) + ", …" * (len(self.gammas) > 4)
        return (
            f"ActionOptimality({self.mdp.n_states} states, {self.mdp.n_pairs} pairs, γ={rates}, "
            f"{self.rewards.name} rewards, {self.made}{', interrupted' * self.interrupted})"
        )


def _written(labels: Sequence[Label]) -> npt.NDArray[Any]:
    """Labels may be tuples, which an index would take apart: they are written out."""
    return np.array([x if isinstance(x, (int, str)) else str(x) for x in labels])

"""What `mdppower.sensitivity.sensitivity` gives back: POWER before and after transforms, changes, and flips of order.

Everything is a contrast of replicate means that share their draws, so that changes and orders are paired. All
intervals of a table hold together (Bonferroni); those of flips together among themselves. What cannot move by theorem
has the interval ± the solver's certified error, and takes no share of the level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from mdppower._checks import choice
from mdppower._text import count, rate_text
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import Sampler
from mdppower.results.labelled import labelled, on_grid, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.sensitivity.copied_rewards import repeated
from mdppower.sensitivity.transformed import Transformed

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

READINGS = ("tied", "independent")
MOST_CONTRASTS = 2**23
"""Most numbers in the replicate means of pairs of states."""


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """POWER before and after transforms.

    Attributes
    ----------
    mdp : RewardlessMDP
        Of S states.
    transforms : tuple of Transformed
    mismatches : tuple of str or None
        For each, None where tied rewards provably leave POWER as it is; else why not.
    gammas : tuple of float
    single_gamma : bool
    data : Replicates
        Of S (1 + 2T) quantities: POWER before; then for each transform POWER after, tied and independent.
    rewards : RewardDistribution
    samples, entropy : int
    sampler : str
    interrupted : bool

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.sensitivity import duplicate_state, sensitivity
    >>> fork = mp.envs.fork(2)
    >>> found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], rng=0)
    >>> found  # doctest: +NORMALIZE_WHITESPACE
    Sensitivity(3 states, 1 transform, γ = 0.9: tied moves nothing, independent 0 … +0.0837 ± 0.0036,
        0 flips (95 %, all at once))
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"data", "mismatches", "single_gamma"})

    mdp: RewardlessMDP
    transforms: tuple[Transformed, ...]
    mismatches: tuple[str | None, ...]
    gammas: tuple[float, ...]
    single_gamma: bool
    data: Replicates
    rewards: RewardDistribution
    samples: int
    entropy: int
    sampler: str
    interrupted: bool

    def power(self, transform: int | str | None = None, reading: str = "tied") -> Estimate:
        """POWER of the original states; after a transform that of the states that answer for them.

        Parameters
        ----------
        transform : int or str, optional
            Its position in `transforms`, or its name; by default POWER before.
        reading : {"tied", "independent"}

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state, sensitivity
        >>> fork = mp.envs.fork(2)
        >>> found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], rng=0)
        >>> found.power().mean.round(1), found.power(0, "independent").mean[0].round(2)
        (array([0.7, 0.5, 0.5]), np.float64(0.75))
        """
        weights = self._weights([(1, self._part(transform, reading))])
        return self._estimate(self.data.contrast(weights))

    def change(self, transform: int | str = 0, reading: str = "independent") -> Estimate:
        """POWER after a transform less POWER before, paired.

        Parameters
        ----------
        transform : int or str
            Its position in `transforms`, or its name.
        reading : {"tied", "independent"}

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state, sensitivity
        >>> fork = mp.envs.fork(2)
        >>> found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], rng=0)
        >>> low, high = found.change().interval(0.999)
        >>> bool(low[0] < 3 / 4 - 2 / 3 < high[0])
        True
        """
        return self._estimate(self._changes([(self._position(transform), reading)]))

    def of(
        self, state: Any, transform: int | str = 0, reading: str = "independent", gamma: float | None = None
    ) -> Estimate:  # fmt: skip
        """The change at one state, or at the states that carry a mark: POWER after a transform less POWER before.

        Parameters
        ----------
        state : label, or str
            Of the original MDP, or a mark of it.
        transform : int or str
            Its position in `transforms`, or its name.
        reading : {"independent", "tied"}
        gamma : float, optional
            One of the rates, within 1e-9; by default all.

        Returns
        -------
        Estimate
            Of one number (a γ); of several where several states carry the mark.

        Raises
        ------
        LabelError
            There is no such state.
        ParameterError
            There is no such transform, reading or rate.

        Examples
        --------
        A third end to choose from: 3/4 − 2/3.

        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state, sensitivity
        >>> fork = mp.envs.fork(2)
        >>> found = sensitivity(fork, [0.5, 0.9], transforms=[duplicate_state(fork, "t1")], rng=0)
        >>> float(found.of("root", gamma=0.9).mean.round(2))
        0.08
        """
        return self.change(transform, reading).of(state, gamma=gamma)

    def _estimate(self, data: Replicates) -> Estimate:
        """Numbers of the original states."""
        copies = max(int(t.copy_numbers.max()) for t in self.transforms) + 1
        source = Sampler(
            repeated(self.rewards, copies), self.sampler, self.samples // self.data.count, self.entropy
        )  # fmt: skip
        draws = Draws(source, self.mdp.states, self.interrupted)
        return Estimate(
            data, self.mdp.states, self.gammas, self.single_gamma, draws=draws, layout=self.mdp.layout,
            marks=self.mdp.marks,
        )  # fmt: skip

    def _part(self, transform: int | str | None, reading: str) -> int:
        """Which block of `data` that is."""
        choice(reading, "reading", READINGS)
        return 0 if transform is None else 1 + 2 * self._position(transform) + READINGS.index(reading)

    def _position(self, transform: int | str) -> int:
        names = [t.name for t in self.transforms]
        if isinstance(transform, str) and transform in names:
            return names.index(transform)
        if isinstance(transform, bool) or not isinstance(transform, int) or not 0 <= transform < len(names):
            raise ParameterError(f"transforms are numbered 0 … {len(names) - 1}, or named, got {transform!r}")
        return transform

    def _weights(self, terms: Sequence[tuple[int, int]], rows: Any = None) -> Any:
        """Σ of sign · block, for each state, or for each row of weights over the states."""
        signs = np.zeros(1 + 2 * len(self.transforms))
        for sign, part in terms:
            signs[part] += sign
        return sparse.kron(signs[None], sparse.eye_array(self.mdp.n_states) if rows is None else rows, format="csr")

    def _changes(self, which: Sequence[tuple[int, str]]) -> Replicates:
        """Changes of all states under these transforms and readings, side by side."""
        weights = [self._weights([(1, self._part(k, reading)), (-1, 0)]) for k, reading in which]
        data = self.data.contrast(sparse.vstack(weights, format="csr"))
        fixed = [self._fixed(k, reading) for k, reading in which]
        return replace(data, constant=data.constant | np.concatenate(fixed))

    def _fixed(self, k: int, reading: str) -> BoolArray:
        """(S,) which states cannot move, by theorem. Where no second copy can be reached, the readings are one."""
        t = self.transforms[k]
        if self.mismatches[k] is not None:
            return np.zeros(self.mdp.n_states, bool)
        if reading == "tied":
            return np.ones(self.mdp.n_states, bool)
        return np.asarray(~can_reach(t.mdp, t.copy_numbers > 0)[t.representative])

    def _numbers(self, confidence: float, simultaneous: bool) -> dict[str, AnyArray]:
        """(T, 2, G, S) POWER after, the change, its limits, and what these say of it together."""
        shape = (len(self.gammas), len(self.transforms), len(READINGS), self.mdp.n_states)
        data = self._changes([(k, reading) for k in range(shape[1]) for reading in READINGS])
        low, high = data.bounds(confidence, simultaneous=True)
        lower, upper = (low, high) if simultaneous else data.bounds(confidence)
        fixed = np.broadcast_to(data.constant, data.value.shape)
        found = {
            "after": self.data.value[:, self.mdp.n_states :], "change": data.value, "stderr": data.error,
            "lower": lower, "upper": upper,
            "verdict": np.select([fixed, low > 0, high < 0], ["same", "rises", "falls"], default="open"),
        }  # fmt: skip
        return {name: np.moveaxis(values.reshape(shape), 0, 2) for name, values in found.items()}

    @property
    def _before(self) -> FloatArray:
        """(G, S) POWER of the original."""
        return np.asarray(self.data.value[:, : self.mdp.n_states])

    def table(self, confidence: float = 0.95, *, simultaneous: bool = True) -> Table:
        """One row a transform, γ and state.

        Parameters
        ----------
        confidence : float
            Of lower and upper, and of the verdicts.
        simultaneous : bool
            Whether all intervals of both readings hold at once. Verdicts always do.

        Returns
        -------
        Table
            Columns transform, gamma, state, before; tied, tied_change, tied_lower, tied_upper; independent, change,
            lower, upper; verdict, of the independent reading: rises, falls, open, or same by theorem.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state, sensitivity
        >>> fork = mp.envs.fork(2)
        >>> found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], rng=0)
        >>> found.table()["verdict"]
        ['rises', 'same', 'same']
        """
        found = self._numbers(confidence, simultaneous)
        many, states = len(self.transforms), self.mdp.states
        columns: dict[str, list[Any]] = {
            "transform": [t.name for t in self.transforms for _ in range(len(self.gammas) * len(states))],
            "gamma": [g for _ in self.transforms for g in self.gammas for _ in states],
            "state": list(states) * (many * len(self.gammas)),
            "before": np.tile(self._before.ravel(), many).tolist(),
        }
        for k, (reading, prefix) in enumerate(zip(READINGS, ("tied_", ""), strict=True)):
            columns[reading] = found["after"][:, k].ravel().tolist()
            columns |= {prefix + name: found[name][:, k].ravel().tolist() for name in ("change", "lower", "upper")}
        columns["verdict"] = found["verdict"][:, 1].ravel().tolist()
        told = [f"change: POWER after − before; lower, upper: {how_sure(confidence, together=simultaneous)}"]
        told += [f"verdict: {how_sure(confidence, together=True)}"] if not simultaneous else []
        told += ["same: no copy can be reached"] if "same" in columns["verdict"] else []
        told += ["the run was interrupted"] if self.interrupted else []
        return Table(columns, "; ".join(told))

    def _summary(self) -> Table:
        """What fits beside each other: the independent reading."""
        table = self.table()
        shown = {name: values for name, values in table.items() if not name.startswith("tied")}
        return Table(shown, f"independent: each copy draws a reward of its own; {table.caption}")

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = True, grid: bool = False) -> xr.Dataset:
        """A labelled Dataset along (transform, reading, gamma, state), and the run in its attributes.

        Parameters
        ----------
        confidence : float
            Of lower and upper, and of the verdicts; in the attributes.
        simultaneous : bool
            Whether all intervals hold at once; in the attributes. Verdicts always do.
        grid : bool
            Whether to give rows × columns of the map in place of its states.

        Returns
        -------
        xarray.Dataset
            ``before`` (gamma, state); ``after``, ``change``, ``stderr``, ``lower``, ``upper``, ``verdict``. Variables
            have ``long_name`` and ``units``.

        Raises
        ------
        ParameterError
            The states are no cells of a grid.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state, sensitivity
        >>> fork = mp.envs.fork(2)
        >>> data = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], rng=0).to_xarray()
        >>> dict(data.change.sizes), data.verdict.sel(reading="independent", state="root").item()
        ({'transform': 1, 'reading': 2, 'gamma': 1, 'state': 3}, 'rises')
        """
        dims = ("transform", "reading", "gamma", "state")
        variables: dict[str, Any] = {"before": (dims[2:], self._before)}
        variables |= {name: (dims, values) for name, values in self._numbers(confidence, simultaneous).items()}
        coordinates: dict[str, Any] = {
            "transform": [t.name for t in self.transforms], "reading": list(READINGS), "gamma": list(self.gammas),
            "state": ("state", written(self.mdp.states)),
        }  # fmt: skip
        layout = self.mdp.layout
        if layout is not None:
            coordinates |= {name: ("state", layout[:, k]) for k, name in enumerate(("row", "column"))}
        attributes = {
            "confidence": confidence, "simultaneous": int(simultaneous), "rewards": self.rewards.name,
            "samples": self.samples, "entropy": str(self.entropy), "sampler": self.sampler,
        }  # fmt: skip
        if self.interrupted:
            attributes["interrupted"] = 1
        data = labelled(variables, coordinates, attributes)
        words = {"before": "POWER before", "after": "POWER after", "change": "POWER after less POWER before"}
        for name, told in words.items():
            data[name].attrs |= {"long_name": told, "units": "reward"}
        return on_grid(data, layout) if grid else data

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """Bars of the change of each state, a row a transform; see `plot_sensitivity`.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state, sensitivity
        >>> fork = mp.envs.fork(2)
        >>> figure = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], samples=64, rng=0).plot()
        """
        from mdppower.display.sensitivity_picture import plot_sensitivity

        return plot_sensitivity(self, path, **options)

    def _repr_picture_(self) -> str:
        from mdppower.display.notebook import inline_figure

        return inline_figure(self.plot(), "changes of POWER")

    def flips(self, confidence: float = 0.95) -> Table:
        """Pairs of states whose order of POWER is told before and after a transform, and is not the same.

        Parameters
        ----------
        confidence : float
            Of all pairs, transforms, readings and γ together.

        Returns
        -------
        Table
            Columns transform, reading, gamma, more, less (which has more and which less POWER before), before, after
            (the differences more − less).

        Raises
        ------
        SizeError
            There are too many pairs of states.

        Examples
        --------
        A copy of one of its two ends makes a fork of two as good as one of three, and two copies better.

        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state, sensitivity
        >>> forks = mp.RewardlessMDP.from_successors({
        ...     "two": {"p": "p", "q": "q"}, "three": {"x": "x", "y": "y", "z": "z"},
        ...     **{end: {"stay": end} for end in "pqxyz"}})
        >>> found = sensitivity(forks, 0.9, transforms=[duplicate_state(forks, "p", 3)], rng=0)
        >>> [found.flips()[name] for name in ("reading", "more", "less")]
        [['independent'], ['three'], ['two']]
        """
        n = self.mdp.n_states
        first, second = np.triu_indices(n, 1)
        parts = 1 + 2 * len(self.transforms)
        if len(first) * parts * self.data.means.shape[0] * len(self.gammas) > MOST_CONTRASTS:
            raise SizeError(f"{len(first):,} pairs of states are too many to compare under {parts - 1} readings")
        signs = sparse.eye_array(n, format="csr")
        pairs = signs[first] - signs[second]
        data = self.data.contrast(sparse.vstack([self._weights([(1, k)], pairs) for k in range(parts)], format="csr"))
        lower, upper = data.bounds(confidence, simultaneous=True)
        shape = (len(self.gammas), parts, len(first))
        told = np.sign(np.where(lower > 0, 1, 0) - np.where(upper < 0, 1, 0)).reshape(shape)
        value = data.value.reshape(shape)
        found: dict[str, list[Any]] = {
            name: [] for name in ("transform", "reading", "gamma", "more", "less", "before", "after")
        }
        for k, g, i in np.argwhere((told[:, :1] * told[:, 1:] < 0).swapaxes(0, 1)).tolist():
            up = int(told[g, 0, i])
            more, less = (first[i], second[i]) if up > 0 else (second[i], first[i])
            row = (
                self.transforms[k // 2].name, READINGS[k % 2], self.gammas[g], self.mdp.states[more],
                self.mdp.states[less], up * float(value[g, 0, i]), up * float(value[g, k + 1, i]),
            )  # fmt: skip
            for name, entry in zip(found, row, strict=True):
                found[name].append(entry)
        return Table(found, f"before, after: POWER of more − POWER of less; {how_sure(confidence, together=True)}")

    def __repr__(self) -> str:
        found = self._numbers(0.95, True)
        moved = bool(((found["lower"][:, 0] > 0) | (found["upper"][:, 0] < 0)).any())
        independent = {name: values[:, 1].ravel() for name, values in found.items()}
        ends = {int(independent["change"].argmin()), int(independent["change"].argmax())}
        told = " … ".join(_change_text(independent, k) for k in sorted(ends, key=lambda k: independent["change"][k]))
        try:
            flips = count(len(self.flips()["gamma"]), "flip")
        except SizeError:
            flips = "flips not looked for"
        return (
            f"Sensitivity({count(self.mdp.n_states, 'state')}, {count(len(self.transforms), 'transform')}, "
            f"γ = {', '.join(map(rate_text, self.gammas))}: tied {'MOVES' if moved else 'moves'} "
            f"{'POWER' if moved else 'nothing'}, independent {told}, {flips} "
            f"({how_sure(0.95, together=True)}){'; interrupted' * self.interrupted})"
        )


def _change_text(found: dict[str, AnyArray], k: int) -> str:
    """The k-th change with its sign and interval; 0 where it cannot be another."""
    change, lower, upper = (float(found[name][k]) for name in ("change", "lower", "upper"))
    if found["verdict"][k] == "same":
        return "0"
    return f"{'−' if change < 0 else '+'}{with_error(abs(change), max(upper - change, change - lower))}"

"""What `mdppower.sensitivity.sensitivity` gives back: POWER before and after transforms, changes, and flips of order.

Everything is a contrast of replicate means that share their draws, so that changes and orders are paired. All
intervals of a table hold together (Bonferroni); those of flips together among themselves. What cannot move by theorem
has the interval ± the solver's certified error, and takes no share of the level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._checks import choice
from mdppower._text import count, rate_text
from mdppower._typing import AnyArray, BoolArray
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.sensitivity.transformed import Transformed

READINGS = ("tied", "independent")
MOST_CONTRASTS = 2**23
"""Most numbers in the replicate means of pairs of states."""


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
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
    >>> sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], rng=0)
    Sensitivity(3 states, 1 transform, γ = 0.9: tied moves nothing, independent +0 … +0.0837, 0 flips)
    """

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

    def power(self, transform: int | None = None, reading: str = "tied") -> Estimate:
        """POWER of the original states; after a transform that of the states that answer for them.

        Parameters
        ----------
        transform : int, optional
            Its position in `transforms`; by default POWER before.
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
        return Estimate(self.data.contrast(weights), self.mdp.states, self.gammas, self.single_gamma)

    def change(self, transform: int = 0, reading: str = "independent") -> Estimate:
        """POWER after a transform less POWER before, paired.

        Parameters
        ----------
        transform : int
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
        return Estimate(self._changes([(transform, reading)]), self.mdp.states, self.gammas, self.single_gamma)

    def _part(self, transform: int | None, reading: str) -> int:
        """Which block of `data` that is."""
        choice(reading, "reading", READINGS)
        if transform is None:
            return 0
        if isinstance(transform, bool) or not isinstance(transform, int) or not 0 <= transform < len(self.transforms):
            raise ParameterError(f"transforms are numbered 0 … {len(self.transforms) - 1}, got {transform!r}")
        return 1 + 2 * transform + READINGS.index(reading)

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

    def table(self, confidence: float = 0.95) -> dict[str, list[Any]]:
        """One row a transform, γ and state; for `mdppower.results.table_text.render`.

        Parameters
        ----------
        confidence : float
            Of all intervals of both readings together.

        Returns
        -------
        dict
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
        shape = (len(self.gammas), len(self.transforms), len(READINGS), self.mdp.n_states)
        which = [(k, reading) for k in range(len(self.transforms)) for reading in READINGS]
        data = self._changes(which)
        change = data.value.reshape(shape)
        lower, upper = (x.reshape(shape) for x in data.bounds(confidence, simultaneous=True))
        fixed = np.broadcast_to(data.constant.reshape(shape[1:])[None], shape)
        power = self.data.value.reshape(len(self.gammas), -1, self.mdp.n_states)
        after = power[:, 1:].reshape(shape)
        verdict = np.select([fixed, lower > 0, upper < 0], ["same", "rises", "falls"], default="open")

        def column(values: AnyArray) -> list[Any]:
            """A (G, T, S) array, transform by transform."""
            return list(values.swapaxes(0, 1).ravel().tolist())

        one = (shape[0], shape[1], shape[3])
        states = self.mdp.states
        return {
            "transform": [t.name for t in self.transforms for _ in range(shape[0] * shape[3])],
            "gamma": [g for _ in self.transforms for g in self.gammas for _ in states],
            "state": list(states) * (shape[0] * shape[1]),
            "before": column(np.broadcast_to(power[:, :1], one)),
            "tied": column(after[:, :, 0]), "tied_change": column(change[:, :, 0]),
            "tied_lower": column(lower[:, :, 0]), "tied_upper": column(upper[:, :, 0]),
            "independent": column(after[:, :, 1]), "change": column(change[:, :, 1]),
            "lower": column(lower[:, :, 1]), "upper": column(upper[:, :, 1]), "verdict": column(verdict[:, :, 1]),
        }  # fmt: skip

    def flips(self, confidence: float = 0.95) -> dict[str, list[Any]]:
        """Pairs of states whose order of POWER is told before and after a transform, and is not the same.

        Parameters
        ----------
        confidence : float
            Of all pairs, transforms, readings and γ together.

        Returns
        -------
        dict
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
        return found

    def __repr__(self) -> str:
        table = self.table()
        moved = any(low > 0 or high < 0 for low, high in zip(table["tied_lower"], table["tied_upper"], strict=True))
        least, most = (round(f(table["change"]), 4) + 0.0 for f in (min, max))
        try:
            flips = count(len(self.flips()["gamma"]), "flip")
        except SizeError:
            flips = "flips not looked for"
        return (
            f"Sensitivity({count(self.mdp.n_states, 'state')}, {count(len(self.transforms), 'transform')}, "
            f"γ = {', '.join(map(rate_text, self.gammas))}: tied {'MOVES' if moved else 'moves'} "
            f"{'POWER' if moved else 'nothing'}, independent {least:+g} … {most:+g}, {flips})"
        )

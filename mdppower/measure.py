"""POWER: the average optimal value of a state, over reward functions (Turner et al., arXiv 1912.01683, Def. 5.2).

    POWER_D(s, γ) = (1−γ)/γ · E_{R~D}[V*_R(s, γ) − R(s)] = E_{R~D}[max_a E_{s'~T(s,a)} v*_R(s', γ)]

with v = (1−γ)V. The right-hand side is what is computed: one formula for every γ, its end γ = 0 included (best
expected next reward, no solve). All states and all γ share the draws, so that differences are paired.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from mdppower._checks import choice, discount_rates, positive, positive_integer
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.errors import (
    ConvergenceError,
    MDPPowerWarning,
    ParameterError,
    RewardError,
    SizeError,
    SolverError,
)
from mdppower.estimates import Estimate, Replicates
from mdppower.graph import can_reach
from mdppower.mdp import RewardlessMDP
from mdppower.rewards import RewardDistribution, resolve
from mdppower.runs import Workers, check_workers, run_in_order
from mdppower.sampling import SAMPLERS, Sampler, make_sampler
from mdppower.solvers import pick, solve_rows, warm_up

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

MOST_NUMBERS = 2**29
"""Most replicate means kept (4 GiB)."""

DEFAULT_MAX_SAMPLES = 2**20


def power(
    mdp: RewardlessMDP,
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    samples: int = 4096,
    precision: float | None = None,
    max_samples: int | None = None,
    rng: Any = None,
    method: str = "auto",
    sampler: str = "latin",
    workers: Workers = 1,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> PowerEstimate:
    """Estimate the POWER of every state.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
        Discount rates in [0, 1).
    rewards : str, distribution, mapping, callable, …
        What reward functions are drawn from; see `mdppower.rewards`. Default: i.i.d. uniform on [0, 1].
    samples : int
        Reward functions to draw, rounded up to whole replicates. With `precision`: how many before the first
        look.
    precision : float, optional
        Draw until every half-width of the simultaneous 95 % interval over states and γ is at most this. The
        data are looked at after `samples` draws and after each doubling; of K possible looks each uses the
        level 0.05/K, and so do the intervals of the result.
    max_samples : int, optional
        Where `precision` gives up. Default: 1,048,576.
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. The entropy used is in the result; passed as `rng`, it gives the same
        numbers.
    method : {"auto", "deterministic", "stochastic", "lp", "lp-occupancy"}
        See `optimal_values`.
    sampler : {"latin", "sobol", "iid"}
        See `mdppower.sampling`. Discrete rewards and callables are drawn iid.
    workers : int or map-like callable
        Threads (−1: one a core). The numbers do not depend on it.
    executor : concurrent.futures.Executor, optional
        Used instead of threads: processes, a cluster.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    PowerEstimate

    Raises
    ------
    ParameterError, RewardError
        An argument is out of range, or the rewards have no mean.
    SolverError
        A draw could not be certified; the message says how to see it again.
    ConvergenceError
        `precision` was not reached within `max_samples`; the error carries the estimate so far.
    SizeError
        The result would not fit into memory.

    Notes
    -----
    Ctrl-C ends the run early and gives the estimate from the replicates that were finished, with a warning.

    Examples
    --------
    A start with three absorbing successors has POWER E max of three U(0, 1) = 3/4, at every γ.

    >>> import mdppower as mp
    >>> estimate = mp.power(mp.envs.make("fork(3)"), gamma=0.9, rng=0)
    >>> low, high = estimate.interval(0.99)
    >>> bool(low[0] < 0.75 < high[0])
    True
    """
    gammas, single = discount_rates(gamma)
    positive_integer(samples, "samples")
    choice(sampler, "sampler", SAMPLERS)
    check_workers(workers, executor)
    if precision is None and max_samples is not None:
        raise ParameterError("max_samples goes with precision")
    distribution = resolve(rewards, mdp)
    distribution.require_mean(mdp)
    if not distribution.has_variance:
        if precision is not None:
            raise ParameterError(
                f"{distribution.name} rewards have no variance, so that no precision can be promised"
            )
        warnings.warn(
            f"{distribution.name} rewards have no variance: there is no standard error and no interval",
            MDPPowerWarning,
            stacklevel=2,
        )
    method = pick(mdp, method)
    source = make_sampler(distribution, sampler, samples, _entropy(rng))
    schedule = _schedule(samples, source.size, precision, max_samples)
    if schedule[-1] * len(gammas) * mdp.n_states > MOST_NUMBERS:
        size = schedule[-1] * len(gammas) * mdp.n_states / 2**27
        raise SizeError(f"the replicate means would take {size:.1f} GiB; use fewer samples or fewer gammas")
    run = _Run(mdp, gammas, single, source, method, len(schedule), distribution)
    return run.go(schedule, precision, workers, executor, progress)


class PowerEstimate(Estimate):
    """POWER of every state with its error, and what is needed to make it again.

    Attributes
    ----------
    mean, stderr : (S,) arrays, or (G, S) for a sequence of γ
        In the order of ``mdp.states``.
    mdp : RewardlessMDP
    gammas : tuple of float
    rewards : RewardDistribution
    samples : int
        Draws made.
    entropy : int
        Pass it as ``rng`` to draw the same rewards.
    sampler, method : str
    gap : (G,) array
        The largest certified error of an optimal value among the draws.
    interrupted : bool
        Whether Ctrl-C ended the run.
    guarantee : str
        ``"statistical"``.
    """

    guarantee = "statistical"

    def __init__(self, data: Replicates, run: _Run, gap: FloatArray, interrupted: bool) -> None:
        super().__init__(data, run.mdp.states, run.gammas, run.single)
        # Through object: the base is a frozen dataclass.
        for name, value in {"_run": run, "gap": gap, "interrupted": interrupted}.items():
            object.__setattr__(self, name, value)

    _run: _Run
    gap: FloatArray
    interrupted: bool

    @property
    def mdp(self) -> RewardlessMDP:
        """The MDP."""
        return self._run.mdp

    @property
    def rewards(self) -> RewardDistribution:
        """What the reward functions were drawn from."""
        return self._run.distribution

    @property
    def samples(self) -> int:
        """Reward functions drawn."""
        return len(self.data.means) * self._run.source.size

    @property
    def entropy(self) -> int:
        """What to pass as ``rng`` to draw the same rewards."""
        return self._run.source.entropy

    @property
    def sampler(self) -> str:
        """How the draws of a replicate are stratified."""
        return self._run.source.kind

    @property
    def method(self) -> str:
        """The solver that ran."""
        return self._run.method

    def _position(self, label: Label) -> int:
        return self.mdp.index(label)

    def difference(self, first: Label, second: Label) -> Estimate:
        """POWER of the first state less that of the second, paired.

        Parameters
        ----------
        first, second : state labels

        Returns
        -------
        Estimate

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.make("fork(2)"), 0.9, samples=256, rng=0)
        >>> low, high = estimate.difference("root", "t1").interval()  # 2/3 − 1/2
        >>> bool(low < 1 / 6 < high)
        True
        """
        return super().difference(first, second)

    def actions(self, state: Label | None = None) -> Estimate:
        """POWER-seeking of each state-action pair: E_{s'~T(s,a)} POWER(s') (Def. 5.6).

        Action a seeks more POWER than a' at s if its number is larger; for the paired interval of that, take the
        ``difference`` of the two pairs.

        Parameters
        ----------
        state : label, optional
            Only the actions of this state.

        Returns
        -------
        Estimate
            Labels are (state, action).

        Raises
        ------
        SizeError
            The MDP is so large that all pairs at once would not fit; give a state.

        Examples
        --------
        >>> import mdppower as mp
        >>> actions = mp.power(mp.envs.make("turner-figure-1"), 0.5, samples=256, rng=0).actions("star")
        >>> actions.difference(("star", "->r_tri"), ("star", "->empty")).mean > 0
        np.True_
        """
        mdp = self.mdp
        if state is None:
            pairs = range(mdp.n_pairs)
        else:
            s = mdp.index(state)
            pairs = range(int(mdp.pointer[s]), int(mdp.pointer[s + 1]))
        numbers = len(self.data.means) * len(self.gammas) * len(pairs)
        if numbers > MOST_NUMBERS:
            raise SizeError(f"POWER-seeking of all pairs would take {numbers / 2**27:.1f} GiB; name a state")
        weights = sparse.csr_array(mdp.kernel[pairs.start : pairs.stop])
        labels = tuple(mdp.pair_label(p) for p in pairs)
        return Estimate(self.data.contrast(weights), labels, self.gammas, self.single_gamma, dimension="pair")

    def draw(self, i: int, gamma: float | None = None) -> Draw:
        """The i-th draw again: its rewards, an optimal policy, its values, and their certified gap.

        Parameters
        ----------
        i : int
            0 … samples − 1.
        gamma : float, optional
            One of the rates of this estimate; needed if there are several.

        Returns
        -------
        Draw

        Raises
        ------
        ParameterError
            There is no such draw, or the rate is not one of the estimate's.
        """
        if isinstance(i, bool) or not isinstance(i, (int, np.integer)) or not 0 <= i < self.samples:
            raise ParameterError(f"draws are numbered 0 … {self.samples - 1}, got {i!r}")
        if gamma is None and len(self.gammas) > 1:
            raise ParameterError(f"say which gamma: one of {', '.join(f'{g:g}' for g in self.gammas)}")
        rate = self.gammas[0] if gamma is None else float(gamma)
        if rate not in self.gammas:
            raise ParameterError(f"gamma {rate:g} is not one of {', '.join(f'{g:g}' for g in self.gammas)}")
        number, row = divmod(int(i), self._run.source.size)
        rewards = np.ascontiguousarray(self._run.source.replicate(number)[row : row + 1])
        values, pairs, gap, _ = solve_rows(self.mdp, rewards, rate, self.method)
        return Draw(rewards[0], rate, values[0], self.mdp.action_codes[pairs[0]], float(gap[0]))

    def to_xarray(self, confidence: float = 0.95) -> xr.Dataset:
        """A labelled Dataset: power, stderr, lower, upper along (gamma, state), and the run in its attributes."""
        data = super().to_xarray(confidence).rename(mean="power")
        if self.mdp.layout is not None:
            data = data.assign_coords(row=("state", self.mdp.layout[:, 0]), column=("state", self.mdp.layout[:, 1]))
        data["gap"] = ("gamma", self.gap)
        data.attrs |= {
            "rewards": self.rewards.name, "samples": self.samples, "entropy": str(self.entropy),
            "sampler": self.sampler, "method": self.method, "guarantee": self.guarantee,
        }  # fmt: skip
        return data

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: a heat map where the MDP has a layout, else bars; see `mdppower.plotting.plot_power`."""
        from mdppower.plotting import plot_power

        return plot_power(self, path, **options)

    def __repr__(self) -> str:
        mean, error = self.data.value, self.data.error
        rates = ", ".join(f"{g:g}" for g in self.gammas)
        return (
            f"PowerEstimate({self.mdp.n_states:,} states, γ = {rates}, {self.samples:,} draws of {self.rewards.name} "
            f"rewards: POWER {mean.min():.4f} … {mean.max():.4f}, stderr ≤ {error.max():.2g})"
        )

    def _repr_html_(self) -> str:
        from html import escape

        value, error = self.data.value, self.data.error
        order = np.argsort(-value[-1], kind="stable")
        shown = order if len(order) <= 12 else np.concatenate([order[:6], order[-6:]])
        head = "".join(f"<th>γ = {g:g}</th>" for g in self.gammas)
        body = "".join(
            f"<tr><td>{escape(str(self.labels[s]))}</td>"
            + "".join(f"<td>{value[g, s]:.4f} ± {error[g, s]:.4f}</td>" for g in range(len(self.gammas)))
            + "</tr>"
            for s in shown
        )
        return (
            f"<p>{escape(repr(self))}</p><table><thead><tr><th>state</th>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
            + ("" if len(shown) == len(order) else "<p>The 6 states of most and the 6 of least POWER.</p>")
        )


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw of a run, solved again.

    Attributes
    ----------
    rewards : (S,) array
    gamma : float
    normalised : (S,) array
        v = (1−γ)V*.
    policy : (S,) int32 array
        An optimal action of each state, as a position in ``mdp.action_names``.
    gap : float
        Certified bound on the error of `normalised`.
    """

    rewards: FloatArray
    gamma: float
    normalised: FloatArray
    policy: IntArray
    gap: float


# ---------------------------------------------------------------------- the run


@dataclass(frozen=True, eq=False)
class _Run:
    """All that a replicate needs; a replicate is `run(number)`, on any worker."""

    mdp: RewardlessMDP
    gammas: tuple[float, ...]
    single: bool
    source: Sampler
    method: str
    looks: int
    distribution: RewardDistribution

    def __call__(self, number: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Means (G, S) of POWER's integrand over the draws of one replicate; mean and largest gap (G,)."""
        from mdppower.solvers.backup import mean_best_successor

        rewards = self.source.replicate(number)
        if not np.isfinite(rewards).all():
            i, s = np.argwhere(~np.isfinite(rewards))[0]
            raise RewardError(f"{self.distribution.name} gave reward {rewards[i, s]} in state {self.mdp.states[s]!r}")
        means = np.empty((len(self.gammas), self.mdp.n_states))
        mean_gap, largest_gap = np.zeros(len(self.gammas)), np.zeros(len(self.gammas))
        for g, gamma in enumerate(self.gammas):
            values = rewards
            if gamma > 0:
                try:
                    values, _, gap, _ = solve_rows(self.mdp, rewards, gamma, self.method)
                except SolverError as error:
                    draw = number * self.source.size + (error.draw or 0)
                    raise SolverError(f"{error} (draw {draw} of the run with rng={self.source.entropy})",
                                      draw=draw, gap=error.gap) from None  # fmt: skip
                mean_gap[g], largest_gap[g] = gap.mean(), gap.max()
            means[g] = mean_best_successor(self.mdp, values)
        return means, mean_gap, largest_gap

    def go(
        self,
        schedule: list[int],
        precision: float | None,
        workers: Workers,
        executor: Executor | None,
        progress: bool | None,
    ) -> PowerEstimate:
        """Run the replicates of the schedule until its end, the precision, or Ctrl-C."""
        from tqdm import tqdm

        done: list[tuple[FloatArray, FloatArray, FloatArray]] = []
        estimate: PowerEstimate | None = None
        total = (schedule[0] if precision is None else schedule[-1]) * self.source.size
        with tqdm(total=total, unit="draw", disable=None if progress is None else not progress) as bar:
            try:
                bar.set_description("compiling")
                warm_up(self.mdp, self.method)
                bar.set_description("POWER")
                for target in schedule:
                    for result in self._replicates(range(len(done), target), workers, executor):
                        done.append(result)
                        bar.update(self.source.size)
                    estimate = self._estimate(done)
                    if precision is None or _half_width(estimate) <= precision:
                        return estimate
            except KeyboardInterrupt:
                if len(done) < 2:
                    raise
                estimate = self._estimate(done, interrupted=True)
                warnings.warn(
                    f"interrupted: the estimate is from {estimate.samples:,} of {total:,} draws",
                    MDPPowerWarning,
                    stacklevel=3,
                )
                return estimate
            except SolverError as error:
                error.estimate = self._estimate(done) if len(done) > 1 else None
                raise
        raise ConvergenceError(
            f"after {total:,} draws the widest simultaneous interval is ± {_half_width(estimate):.3g}, "
            f"not ± {precision:g}; raise max_samples",
            estimate=estimate,
        )

    def _replicates(
        self, numbers: range, workers: Workers, executor: Executor | None
    ) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
        return run_in_order(self, numbers, workers=workers, executor=executor)

    def _estimate(
        self, done: list[tuple[FloatArray, FloatArray, FloatArray]], interrupted: bool = False
    ) -> PowerEstimate:
        d = self.distribution
        count = len(done)
        data = Replicates(
            means=np.array([means for means, _, _ in done]),
            low=np.full(self.mdp.n_states, d.low.min()),
            high=np.full(self.mdp.n_states, d.high.max()),
            constant=~can_reach(self.mdp, ~d.is_constant),
            slack=np.mean([gap for _, gap, _ in done], axis=0),
            trials=count * self.source.size if self.source.kind == "iid" else count,
            looks=self.looks,
            has_variance=d.has_variance,
        )
        return PowerEstimate(data, self, np.max([gap for _, _, gap in done], axis=0), interrupted)


def _half_width(estimate: PowerEstimate | None) -> float:
    if estimate is None:
        return math.inf
    lower, upper = estimate.interval(0.95, simultaneous=True)
    return float((upper - lower).max()) / 2


def _schedule(samples: int, size: int, precision: float | None, max_samples: int | None) -> list[int]:
    """How many replicates there are at each look."""
    first = max(2, math.ceil(samples / size))
    if precision is None:
        return [first]
    positive(precision, "precision")
    most = positive_integer(DEFAULT_MAX_SAMPLES if max_samples is None else max_samples, "max_samples")
    if most < samples:
        raise ParameterError(f"max_samples ({most}) is less than samples ({samples})")
    last = max(first, most // size)
    looks = [first]
    while looks[-1] < last:
        looks.append(min(2 * looks[-1], last))
    return looks


def _entropy(rng: Any) -> int:
    """The entropy of a run, from what `numpy.random.default_rng` takes."""
    if rng is None:
        return int(np.random.SeedSequence().entropy or 0)  # type: ignore[arg-type]
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return int(rng)
    try:
        generator = np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise ParameterError(f"rng must be a non-negative integer or a numpy Generator, got {rng!r}") from None
    return int.from_bytes(generator.bytes(16), "little")

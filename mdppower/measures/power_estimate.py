"""What `mdppower.power` gives back: POWER of every state with its error, and the means to look closer.

Where pairs earn the rewards (`mdppower.rewards.OnPairs`) the numbers are no POWER but optimal values, (1−γ) E V*, and
are called so.

All numbers come from the replicate means that `PowerTask` made; any draw can be made and solved again from the
entropy of the run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from mdppower._horizon import Horizon
from mdppower._text import count, rate_name, rate_text, told_rates
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.agents.policies import policy_name
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.graph import has_choice_ahead
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_draw import Draw, solve_draw
from mdppower.measures.power_task import MOST_NUMBERS, PowerTask
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.guaranteed import Guaranteed
from mdppower.montecarlo.history import made_now
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.results.labelled import add_variable
from mdppower.results.rates import rate_position
from mdppower.results.result import SHOWN, saved_as_table
from mdppower.results.table import Table
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

    from mdppower.agents.rules import Policy


class PowerEstimate(Estimate):
    """POWER of every state with its error, and what is needed to make it again.

    Attributes
    ----------
    mean, stderr : (S,) arrays, or (G, S) for a sequence of γ
        In the order of ``mdp.states``.
    mdp : RewardlessMDP
    gammas : tuple of float
        Or of horizons: see `horizons`.
    rewards : RewardDistribution
    samples : int
        Draws made.
    entropy : int
        Pass it as ``rng`` to draw the same rewards.
    sampler, method : str
    policy : callable or None
        Whose value is averaged (Def. C.1); None where it is the optimal one.
    error_bound : (G,) array
        The largest certified error of a value among the draws.
    interrupted : bool
        Whether the run ended before its last draw: by Ctrl-C, or by an error.
    history : dict from str to str
        When it was made, and by which versions of what.
    caution : str
        What speaks against the intervals, in words; empty where nothing is known to.
    task : PowerTask
        The run: what makes any of its replicates again.
    exact : object array of fractions.Fraction, or None
        POWER itself, where the method is ``"exact"`` and the rewards are not normal.
    guarantee : str
        ``"statistical"``; ``"finite-sample"``, where intervals hold for any number of draws; or ``"exact"``.

    Examples
    --------
    >>> import mdppower as mp
    >>> estimate = mp.power(mp.envs.fork(3), [0.5, 0.9], samples=256, rng=0)
    >>> estimate.mean.shape, estimate.samples, estimate.entropy
    ((2, 4), 256, 0)
    >>> estimate.to_xarray().power.sel(gamma=0.9, state="root").round(1).item()
    0.8
    """

    @property
    def guarantee(self) -> str:
        """``"exact"`` for fractions; ``"finite-sample"`` after ``guarantee=True``; else ``"statistical"``."""
        if self.fractions is not None:
            return "exact"
        return "finite-sample" if self.task.guarantee else "statistical"

    def __init__(
        self,
        data: Replicates | Guaranteed,
        task: PowerTask,
        error_bound: FloatArray,
        interrupted: bool,
        history: dict[str, str] | None = None,
        fractions: AnyArray | None = None,
        caution: str = "",
    ) -> None:
        draws = Draws(task.source, task.mdp.states, interrupted, caution)
        mdp = task.mdp
        super().__init__(
            data, mdp.states, task.gammas, task.single, fractions=fractions, draws=draws, layout=mdp.layout,
            marks=mdp.marks,
        )  # fmt: skip
        own = {"task": task, "error_bound": error_bound, "history": history or made_now()}
        for name, value in own.items():
            object.__setattr__(self, name, value)  # through object: the base is a frozen dataclass

    data: Replicates | Guaranteed
    task: PowerTask
    error_bound: FloatArray
    history: dict[str, str]

    @property
    def mdp(self) -> RewardlessMDP:
        """The MDP.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> estimate.mdp.states
        ('root', 't1', 't2')
        """
        return self.task.mdp

    @property
    def rewards(self) -> RewardDistribution:
        """What the reward functions were drawn from.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> estimate.rewards.name
        'uniform'
        """
        return self.task.distribution

    @property
    def about(self) -> str:
        """What the numbers come from, in words.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7).about
        '64 draws of uniform rewards'
        """
        if self.samples == 0:
            return f"{'exact' if self.guarantee == 'exact' else 'integrated'}, {self.rewards.told}"
        under = "" if self.policy is None else f", policy {policy_name(self.policy)}"
        cut_short = ", interrupted" * self.interrupted
        return f"{self.samples:,} draws of {self.rewards.told}{under}{cut_short}"

    @property
    def entropy(self) -> int:
        """What to pass as ``rng`` to draw the same rewards.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> estimate.entropy
        7
        """
        return self.task.source.entropy

    @property
    def sampler(self) -> str:
        """How the draws of a replicate are stratified.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> estimate.sampler
        'latin'
        """
        return self.task.source.kind

    @property
    def method(self) -> str:
        """The solver that ran; ``"policy"`` where policies were evaluated.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> estimate.method
        'deterministic'
        """
        return self.task.method

    @property
    def policy(self) -> Policy | None:
        """Whose value is averaged (Def. C.1); None where it is the optimal one.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.agents import lookahead
        >>> mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7, policy=lookahead(1)).policy
        lookahead(k=1)
        """
        return self.task.policy

    @property
    def horizons(self) -> tuple[int, ...] | None:
        """The numbers of steps; None where there are discount rates.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), horizon=[1, 5], samples=64, rng=7).horizons
        (1, 5)
        """
        steps = tuple(h.steps for h in self.gammas if isinstance(h, Horizon))
        return steps or None

    @property
    def _quantity(self) -> str:
        return "optimal_value" if self.task.on_pairs else "power"

    @property
    def quantity_name(self) -> str:
        """What the numbers are: ``"POWER"``, or ``"optimal value"`` where pairs earn the rewards.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), 0.9, mp.rewards.OnPairs("uniform"), samples=64, rng=7).quantity_name
        'optimal value'
        """
        return "optimal value" if self.task.on_pairs else "POWER"

    def _position(self, label: Label) -> int:
        return self.mdp.index(label)

    def _paired(self, other: Estimate, sign: int) -> Estimate:
        """Where there is no choice ahead, all policies have the same POWER: that difference cannot vary."""
        found = super()._paired(other, sign)
        if sign > 0 or not isinstance(other, PowerEstimate) or not isinstance(found.data, Replicates):
            return found
        if self.mdp is not other.mdp and not self.mdp.equals(other.mdp):
            return found
        constant = found.data.constant | ~has_choice_ahead(self.mdp)
        return replace(found, data=replace(found.data, constant=constant))

    def difference(self, first: Label, second: Label) -> Estimate:
        """POWER of the first state less that of the second, paired.

        After ``guarantee=True`` the draws are forgotten, and with them what was paired: the interval is made of
        those of the two states, each at half the level, and `stderr` is the sum of theirs, which bounds it.

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
        ParameterError
            The numbers are not POWER: rewards are on pairs.

        Examples
        --------
        >>> import mdppower as mp
        >>> actions = mp.power(mp.envs.make("turner-figure-1"), 0.5, samples=256, rng=0).actions("star")
        >>> actions.difference(("star", "->r_tri"), ("star", "->empty")).mean > 0
        np.True_
        """
        mdp = self.mdp
        if self.task.on_pairs:
            raise ParameterError(
                "POWER-seeking is about POWER, of rewards of states; these are optimal values of rewards on pairs"
            )
        if state is None:
            pairs = range(mdp.n_pairs)
        else:
            s = mdp.index(state)
            pairs = range(int(mdp.pointer[s]), int(mdp.pointer[s + 1]))
        kept = self.data.count if isinstance(self.data, Replicates) else 1
        numbers = kept * len(self.gammas) * len(pairs)
        if numbers > MOST_NUMBERS:
            raise SizeError(f"POWER-seeking of all pairs would take {numbers / 2**27:.1f} GiB; name a state")
        weights = sparse.csr_array(mdp.kernel[pairs.start : pairs.stop])
        labels = tuple(mdp.pair_label(p) for p in pairs)
        return Estimate(
            self.data.contrast(weights), labels, self.gammas, self.single_gamma, dimension="pair", draws=self.draws
        )  # fmt: skip

    def draw(self, i: int, gamma: float | None = None, *, horizon: int | None = None) -> Draw:
        """The i-th draw again: rewards, an optimal policy (or the one asked for), values, and their proved error.

        Parameters
        ----------
        i : int
            0 … samples − 1.
        gamma : float, optional
            One of the rates of this estimate; needed if there are several.
        horizon : int, optional
            In place of γ.

        Returns
        -------
        Draw

        Raises
        ------
        ParameterError
            There is no such draw, or the rate is not one of the estimate's; or the policy was a function that the
            file of a loaded estimate could not hold.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> draw = estimate.draw(63)
        >>> draw.rewards.shape, bool(draw.normalised[1] == draw.rewards[1])  # t1 is absorbing
        ((3,), True)
        """
        if self.samples == 0:
            raise ParameterError(f"exact {self.quantity_name} is made without draws")
        if isinstance(i, bool) or not isinstance(i, (int, np.integer)) or not 0 <= i < self.samples:
            raise ParameterError(f"draws are numbered 0 … {self.samples - 1}, got {i!r}")
        alone = gamma is None and horizon is None
        if alone and len(self.gammas) > 1:
            raise ParameterError(
                f"say which {rate_name(self.gammas)}: one of {', '.join(map(rate_text, self.gammas))}"
            )
        rate = self.gammas[0 if alone else rate_position(self.gammas, gamma, horizon)]
        return solve_draw(self.task, int(i), rate)

    def at(self, gamma: float | None = None, *, horizon: int | None = None) -> PowerEstimate:
        """The part of the estimate that is about one of its discount rates, or horizons.

        Parameters
        ----------
        gamma : float
        horizon : int
            In place of γ.

        Returns
        -------
        PowerEstimate
            Of that rate alone, with arrays of shape (S,).

        Raises
        ------
        ParameterError
            The rate is not one of the estimate's.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(3), [0.5, 0.9], samples=64, rng=0).at(0.9).mean.shape
        (4,)
        """
        k = rate_position(self.gammas, gamma, horizon)
        task = replace(self.task, gammas=(self.gammas[k],), single=True)
        data = self.data.at(k)
        exact = None if self.fractions is None else self.fractions[k : k + 1]
        return PowerEstimate(
            data, task, self.error_bound[k : k + 1], self.interrupted, self.history, exact, self.caution
        )

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False, grid: bool = False) -> xr.Dataset:
        """A labelled Dataset: power, stderr, lower, upper along (gamma, state), and the run in its attributes.

        Of horizons along (horizon, state).

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

        Raises
        ------
        ParameterError
            The states are no cells of a grid.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> dict(estimate.to_xarray().sizes)
        {'gamma': 1, 'state': 3}
        >>> dict(mp.power(mp.envs.make("maze"), 0.9, samples=64, rng=7).to_xarray(grid=True).sizes)
        {'gamma': 1, 'row': 7, 'column': 7}
        """
        data = super().to_xarray(confidence, simultaneous=simultaneous, grid=grid)
        add_variable(data, "error_bound", (rate_name(self.gammas),), self.error_bound)
        data.attrs |= {"method": self.method, "guarantee": self.guarantee}
        if self.policy is not None:
            data.attrs["policy"] = policy_name(self.policy)
        return data

    def save(self, path: str | PathLike[str]) -> None:
        """Write the estimate to a NetCDF file, with the MDP, the rewards and all else to make it again.

        `mdppower.load` gives back the same bits. Rewards or policies from a Python function cannot be written: such
        an estimate can be loaded, plotted and compared, but its draws cannot be made again.

        Parameters
        ----------
        path : str or path
            Ends in ``.nc``; in ``.csv`` or ``.json`` the table alone is written.

        Raises
        ------
        ParameterError
            It ends otherwise.
        FileError
            The file cannot be written.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> import tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     estimate.save(pathlib.Path(folder, "fork.nc"))
        ...     repr(mp.load(pathlib.Path(folder, "fork.nc"))) == repr(estimate)
        True
        """
        from mdppower.files.netcdf import save_estimate

        if not saved_as_table(self, path):
            save_estimate(self, path)

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: a heat map where the MDP has a layout, else bars.

        See `mdppower.display.power_picture.plot_power`.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=7)
        >>> figure = estimate.plot()
        """
        from mdppower.display.power_picture import plot_power

        return plot_power(self, path, **options)

    def __repr__(self) -> str:
        mean = self.data.value
        name = self.quantity_name if self.policy is None else "POWER^pol"
        told = f"{name} {mean.min():.4f} … {mean.max():.4f}"
        if self.fractions is None:
            half = self.half_widths()
            told += ", no intervals" if np.isnan(half).any() else f", ± ≤ {half.max():.2g} ({self._sure(0.95, True)})"
        return (
            f"PowerEstimate({count(self.mdp.n_states, 'state')}, {told_rates(*self.gammas)}, {self.about}: {told}"
            f"{'; caution: ' * bool(self.caution)}{self.caution})"
        )

    def _summary(self) -> Table:
        """The states of most and of least POWER, a column a γ."""
        half, n = self.half_widths(), self.mdp.n_states
        order = np.argsort(-self.data.value[-1], kind="stable")
        shown = order if n <= SHOWN else np.concatenate([order[: SHOWN // 2], order[-SHOWN // 2 :]])
        columns: dict[str, list[Any]] = {"state": [self.labels[s] for s in shown]}
        for g, gamma in enumerate(self.gammas):
            columns[told_rates(gamma)] = [self._number(g, s, half) for s in shown]
        what = self.quantity_name
        sure = "" if self.fractions is not None else f"{what}, ±: {self._sure(0.95, True)}"
        few = f"the {SHOWN // 2} states of most and the {SHOWN // 2} of least {what} of {n:,}" * (n > SHOWN)
        return Table(columns, "; ".join(filter(None, [sure, few])))

    def _repr_picture_(self) -> str:
        from mdppower.display.notebook import inline_picture

        return inline_picture(self)

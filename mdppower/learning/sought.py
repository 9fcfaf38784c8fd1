"""What `Training.seeking` gives back: how POWER-seeking agents are, beside controls and as an excess over chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdppower._checks import choice
from mdppower._text import count, rate_text
from mdppower._typing import FloatArray, Label
from mdppower.learning.arguments import position
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.over_runs import replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.samplers import Sampler
from mdppower.results.labelled import labelled, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

OPTIMAL = "optimal"
"""What the arm of optimal agents is called."""
MEASURES = ("toward", "most", "rank", "share")
_ENDS = {"toward": (0.0, 1.0), "most": (0.0, 1.0), "rank": (-1.0, 1.0), "share": (-np.inf, 1.0)}


@dataclass(frozen=True, eq=False, repr=False)
class Seeking(Result):
    """How POWER-seeking agents are, from K training runs with N held-out reward functions each.

    Attributes
    ----------
    mdp : RewardlessMDP
    gamma : float
    arms : tuple of str
        A of them: those of the training, controls, and the optimal agent.
    values : (K, A, 4) array
        toward, most, rank, share of each run; see `mdppower.learning.seeking`. NaN where one is not defined.
    chance : (4,) array
        Of the uniformly random policy.
    exact : (4,) array
        Of the optimal agent, integrated; NaN where it is only drawn.
    toward, at : tuple of labels
        Where agents may go, and from which states; empty where that was not asked.
    rewards : RewardDistribution
        Of the tests.
    samples : int
        N.
    episodes : int
        After which the agents were looked at.
    entropy : int
    interrupted : bool
        Whether training runs are lacking.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure_1 = mp.envs.figure_1()
    >>> training = mp.learning.train(figure_1, 0.9, ["noise"], episodes=1000, runs=8, epsilon=1.0, rng=0)
    >>> found = training.seeking("r_tri", at="star", samples=128)
    >>> found.measure("toward").of("noise").mean > found.exact[0] > found.chance[0]
    np.True_
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"values"})

    mdp: RewardlessMDP
    gamma: float
    arms: tuple[str, ...]
    values: FloatArray
    chance: FloatArray
    exact: FloatArray
    toward: tuple[Label, ...]
    at: tuple[Label, ...]
    rewards: RewardDistribution
    samples: int
    episodes: int
    entropy: int
    interrupted: bool = False

    @property
    def runs(self) -> int:
        """K, the training runs."""
        return len(self.values)

    @property
    def measures(self) -> tuple[str, ...]:
        """Those that are defined."""
        return tuple(name for k, name in enumerate(MEASURES) if not np.isnan(self.values[..., k]).all())

    def measure(self, name: str) -> Estimate:
        """One measure of all arms.

        Parameters
        ----------
        name : {"toward", "most", "rank", "share"}

        Returns
        -------
        Estimate
            Named by arm.

        Raises
        ------
        ParameterError
            There is no such measure.
        """
        choice(name, "measure", MEASURES)
        return self._estimate(name, 0.0)

    def excess(self, name: str) -> Estimate:
        """The same less that of the uniformly random policy."""
        k = MEASURES.index(choice(name, "measure", MEASURES))
        return self._estimate(name, float(self.chance[k]))

    def difference(self, arm: str, other: str, name: str) -> Estimate:
        """A measure of one arm less that of another, run by run: they share draws, starts and first weights."""
        return self.measure(name).difference(self.arms[self._arm(arm)], self.arms[self._arm(other)])

    def of(self, arm: str) -> Seeking:
        """The part about one arm.

        Raises
        ------
        LabelError
            There is no such arm.
        """
        a = self._arm(arm)
        return replace(self, arms=self.arms[a : a + 1], values=self.values[:, a : a + 1])

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """All numbers, one row a measure and arm.

        Parameters
        ----------
        confidence : float
            Of lower and upper, the limits of the excess.
        simultaneous : bool
            Whether these hold for all arms at once, measure by measure.

        Returns
        -------
        Table
            Columns measure, arm, value, chance (of the random policy), optimal (where it is integrated), excess,
            lower, upper, against_chance: "above", "below", or "open" where limits that hold for all arms at once do
            not tell.
        """
        names = ("measure", "arm", "value", "chance", "optimal", "excess", "lower", "upper", "against_chance")
        rows = []
        for name in self.measures:
            k, found = MEASURES.index(name), self.excess(name)
            lower, upper = (np.atleast_1d(x) for x in found.interval(confidence, simultaneous=simultaneous))
            least, most = (np.atleast_1d(x) for x in found.interval(confidence, simultaneous=True))
            for a, arm in enumerate(self.arms):
                low, high = float(lower[a]), float(upper[a])
                told = "above" if least[a] > 0 else "below" if most[a] < 0 else "open"
                value, chance = float(self.values[:, a, k].mean()), float(self.chance[k])
                rows.append((name, arm, value, chance, float(self.exact[k]), value - chance, low, high, told))
        made = f"{count(self.runs, 'training run')}, {count(self.episodes, 'episode')}; {self._asked}"
        return Table(
            dict(zip(names, zip(*rows, strict=True), strict=True)),
            f"lower, upper: of the excess over the random policy, {how_sure(confidence, together=simultaneous)}; "
            f"against_chance: all arms of a measure at once; {made}{'; the run was interrupted' * self.interrupted}",
        )

    def to_xarray(self) -> xr.Dataset:
        """Measures along (run, arm), and those of the random policy and of the optimal one, integrated.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.
        """
        variables: dict[str, Any] = {}
        for name in self.measures:
            k = MEASURES.index(name)
            variables[name] = (("run", "arm"), self.values[..., k])
            variables[f"{name}_chance"], variables[f"{name}_exact"] = ((), self.chance[k]), ((), self.exact[k])
        return labelled(
            variables,
            {"arm": written(self.arms), "run": np.arange(self.runs)},
            {
                "gamma": self.gamma, "rewards": self.rewards.name, "samples": self.samples,
                "episodes": self.episodes, "asked": self._asked, "entropy": str(self.entropy),
            },
        )  # fmt: skip

    def plot(self, path: str | PathLike[str] | None = None, *, measure: str | None = None, **options: Any) -> Figure:
        """The excess of a measure, by default the first that there is; takes what `Estimate.plot` takes."""
        name = self.measures[0] if measure is None else measure
        what = self._asked if name == "toward" else name
        told = {"title": f"{what}, less that of the random policy"} | options
        return self.excess(name).plot(path, **told)

    def __repr__(self) -> str:
        name = self.measures[0]
        value, half = self.measure(name).data.value[0], self.measure(name).half_widths()[0]
        told = ", ".join(
            f"{arm} {with_error(x, h)}" for arm, x, h in zip(self.arms, value.tolist(), half.tolist(), strict=True)
        )
        sure = how_sure(0.95, together=None if len(self.arms) == 1 else True)
        return (
            f"Seeking({self._asked if name == 'toward' else name}, γ = {rate_text(self.gamma)}: {told}; chance "
            f"{self.chance[MEASURES.index(name)]:.4f} ({sure}; {count(self.runs, 'run')}"
            f"{', interrupted' * self.interrupted}))"
        )

    # ------------------------------------------------------------------ inside

    @property
    def _asked(self) -> str:
        if not self.toward:
            return f"{self.mdp.n_states} states"
        return f"toward {', '.join(map(str, self.toward))} at {', '.join(map(str, self.at))}"

    def _arm(self, name: Any) -> int:
        return position(name, self.arms, "arm")

    def _estimate(self, name: str, less: float) -> Estimate:
        """A measure, less a number, as an estimate over arms."""
        values = self.values[..., MEASURES.index(name)] - less
        low, high = _ENDS[name]
        sure = np.array([name == "share" and arm == OPTIMAL for arm in self.arms])  # 1, by definition
        data = replicates(values, low - less, high - less, 0.0, sure)
        source = Sampler(self.rewards, "iid", self.samples, self.entropy)
        draws = Draws(source, self.mdp.states, self.interrupted)
        return Estimate(data, self.arms, (self.gamma,), True, dimension="arm", draws=draws)

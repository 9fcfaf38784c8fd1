"""An arm against a reference along training: how often it does at least as well, and by how much.

A success rate is about *tasks*, and what a task is must be said (`unit`): a reward function, starts averaged; or a
reward function and a start. One agent has two success rates, and one lead.

Two questions, two intervals. *How often does this agent win?* A run's own tasks are independent, and its limits are
Clopper and Pearson's (`Rivals.agents`). *How often does what this algorithm trains win?* A run is one observation,
and limits are Student's t over runs. The first get narrow with draws, the second with runs alone.

**Pairs of a reward function and a start** are independent only as far as reward functions are. What the starts of one
reward function have between them is a number f in [0, 1], and P(Σf ≥ x) ≤ e P(B ≥ x) for whole x and B binomial with
the same mean (Hoeffding 1963 with Pinelis 1998, Bentkus 2004): the limits of an agent are Clopper and Pearson's with
1/e of the error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import open_unit
from mdppower._text import count, rate_text
from mdppower._typing import FloatArray
from mdppower._warn import warn
from mdppower.learning.encounters import OPTIMAL, UNITS
from mdppower.learning.rival_numbers import RivalNumbers
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.proportions import proportion_interval
from mdppower.results.labelled import labelled
from mdppower.results.number_text import how_sure, rate_title, with_error
from mdppower.results.table import Table
from mdppower.success_rates.bands import Bands, bands, jackknifed, normal_error, quantile, standardised_lead

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Rivals(RivalNumbers):
    """An arm (A) against a reference (B) at T checkpoints, on one test, from K training runs of N reward functions.

    Made by `LearningCurves.rivals`; on the command line: ``mdppower rivals FILE``.

    Attributes
    ----------
    mdp : RewardlessMDP
    gamma : float
    signal : Signal
        Of the arm: what it is shown and given.
    reference : str
    test : str
    rewards : RewardDistribution
        Of the test.
    unit : {"reward", "reward and start"}
        What a task is.
    checkpoints : tuple of int
        Episodes.
    samples : int
        N.
    entropy : int
    better, ties : (K, T) arrays
        Tasks of N on which A had more than B, and the same up to the certified error.
    leads, spreads : (K, T) arrays
        Mean and variance of Δ = v^A − v^B over the tasks of a run.
    errors : (K,) array
        Bound on the error of Δ.
    same : (T,) boolean array
        Where the reference is the agent itself.
    interrupted : bool

    Examples
    --------
    >>> import mdppower as mp
    >>> training = mp.learning.train(
    ...     mp.envs.fork(3), 0.9, "random", episodes=1000, checkpoints=[30], runs=8, start="root", rng=0)
    >>> curves = training.curves(samples=256, against=["random policy", "optimal"])
    >>> found = curves.rivals("random", "random policy")

    An agent at its best has the largest of three rewards, the random policy their mean: Δ ≥ 0 whatever they are.

    >>> float(found.success.of(1000)), found.lead.of(1000).mean.round(2)        # 3/4 − 1/2
    (1.0, np.float64(0.25))
    >>> found.normal_law()["predicted"][-1] < 0.99                         # so that Δ is not normal
    True
    >>> found.agents()["lower"][-1] > 0.98                # this agent; of the algorithm 8 runs say less
    True
    >>> curves.rivals("random", "optimal").tie.of(1000).mean > 0.99
    np.True_
    """

    def agents(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """Each agent by itself: how often *this agent* does at least as well, from its N tasks alone.

        Parameters
        ----------
        confidence : float
        simultaneous : bool
            Whether all agents' limits hold at once.

        Returns
        -------
        Table
            Columns run, episodes, tasks, successes, ties, success, lower, upper (Clopper–Pearson), lead, sd.
        """
        lower, upper = self._agents(confidence, simultaneous)
        each = [(k, t) for k in range(self.runs) for t in range(len(self.checkpoints))]
        numbers = {
            "successes": self._good, "ties": self.ties, "success": self.moments.success, "lower": lower,
            "upper": upper, "lead": self.leads, "sd": np.sqrt(self.spreads),
        }  # fmt: skip
        return Table(
            {
                "run": [k for k, _ in each],
                "episodes": [self.checkpoints[t] for _, t in each],
                "tasks": [self.samples] * len(each),
                **{name: [float(x) for x in values.ravel()] for name, values in numbers.items()},
            },
            f"{self._told}; lower, upper: of each agent alone, "
            f"{how_sure(confidence, together=simultaneous)}, {self._alone}",
        )

    def normal_law(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """Is lead = sd Φ⁻¹(s)? At each checkpoint, over agents and tasks.

        Returns
        -------
        Table
            Columns episodes; success; lead; sd; lead_over_sd; normal, Φ⁻¹(s), infinite where all or no task is a
            success; error, the difference of the two, with lower and upper, by the jackknife over runs; predicted,
            Φ(lead/sd), the success rate that the law has.
        """
        from scipy.special import ndtr

        open_unit(confidence, "confidence")
        ratio, *_ = jackknifed(standardised_lead, self.moments, confidence, simultaneous=simultaneous)
        error, low, high = jackknifed(normal_error, self.moments, confidence, simultaneous=simultaneous)
        success = self.moments.success.mean(axis=0)
        columns = {
            "success": success, "lead": self.moments.leads.mean(axis=0), "sd": self.sd, "lead_over_sd": ratio,
            "normal": quantile(success), "error": error, "lower": low, "upper": high, "predicted": ndtr(ratio),
        }  # fmt: skip
        return Table(
            {"episodes": list(self.checkpoints), **{name: x.tolist() for name, x in columns.items()}},
            f"{self._told}; lower, upper: of the error, {how_sure(confidence, together=simultaneous)}; no theorem",
        )

    def bands(self, confidence: float | None = 0.95, *, simultaneous: bool = False) -> Table:
        """The leads that success rates allow: the post's band, and what holds for learners.

        Parameters
        ----------
        confidence : float or None
            None: as if success rates and variances were what was found.
        simultaneous : bool

        Returns
        -------
        Table
            Columns episodes, success, lead; post_lower, post_upper; range_lower, range_upper, the post's edges with
            ν = w; lower, upper, the corrected band. NaN where there is no ν. `rests_on` says what each rests on.
        """
        found = self._bands(confidence, simultaneous)
        nothing = (np.full(len(self.checkpoints), np.nan),) * 2
        columns = {
            "success": self.moments.success.mean(axis=0), "lead": self.moments.leads.mean(axis=0),
            **dict(zip(("post_lower", "post_upper"), found.post or nothing, strict=True)),
            **dict(zip(("range_lower", "range_upper"), found.of_range or nothing, strict=True)),
            **dict(zip(("lower", "upper"), found.corrected, strict=True)),
        }  # fmt: skip
        sure = "at what was found" if confidence is None else how_sure(confidence, together=simultaneous)
        rests = "; ".join(f"{name}: {why}" for name, why in self.rests_on.items() if name != "normal law")
        return Table(
            {"episodes": list(self.checkpoints), **{name: x.tolist() for name, x in columns.items()}},
            f"{self._told}; bands of the lead, {sure}. {rests}",
        )

    @property
    def rests_on(self) -> dict[str, str]:
        """What the post's band, that of the range, the corrected one and the normal law rest on."""
        width, nu = self._width, self._nu
        bounded = np.isfinite(width)
        ends = f"Δ lies in [{-width:g}, {0 if self.reference == OPTIMAL else width:g}]"
        sets = f"ν = {nu:.4g}, proved for sets that always have their best" if nu is not None else "no ν is known"
        none = "no ν: rewards have no bounds"
        behind = "; Δ is at most 0 against the optimum" * (self.reference == OPTIMAL)
        if bounded:
            corrected = f"Cantelli's inequality with the upper limit of Var Δ over runs; {ends}: ν = w, and Markov's"
        elif self.rewards.has_variance:
            corrected = f"Cantelli's inequality with the upper limit of Var Δ over runs; {none}{behind}"
        else:
            corrected = f"nothing: rewards have no variance, and no bounds{behind}"
        return {
            "post": sets + ", not for learners, whose worth jumps" * (nu is not None),
            "range": f"ν = w = {width:g}: {ends}, by Hoeffding's lemma" if bounded else none,
            "corrected": corrected,
            "normal law": "no theorem: Δ is taken for normal",
        }

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """All of it, one row a checkpoint.

        Parameters
        ----------
        confidence : float
            Of each pair of limits, and of the corrected band.
        simultaneous : bool
            Whether these hold at all checkpoints at once.

        Returns
        -------
        Table
            Columns episodes; success with lower and upper, over runs; greater, tie, less; agents_lower, agents_upper,
            between which the success rates of all K agents lie (Clopper–Pearson, all agents of a row at once); lead
            with lead_lower, lead_upper; sd; lead_over_sd; normal, Φ⁻¹(s); band_lower, band_upper, the corrected band;
            post_lower, post_upper.
        """
        success, lead = (x.interval(confidence, simultaneous=simultaneous) for x in (self.success, self.lead))
        many = self.runs if not simultaneous else 1
        low, high = self._agents(1 - (1 - confidence) / many, simultaneous)
        law, band = self.normal_law(confidence), self.bands(confidence, simultaneous=simultaneous)
        columns: dict[str, Any] = {
            "success": self.success.mean, "lower": success[0], "upper": success[1],
            "greater": self.greater.mean, "tie": self.tie.mean, "less": self.less.mean,
            "agents_lower": low.min(axis=0), "agents_upper": high.max(axis=0),
            "lead": self.lead.mean, "lead_lower": lead[0], "lead_upper": lead[1], "sd": self.sd,
            "lead_over_sd": law["lead_over_sd"], "normal": law["normal"], "band_lower": band["lower"],
            "band_upper": band["upper"], "post_lower": band["post_lower"], "post_upper": band["post_upper"],
        }  # fmt: skip
        return Table(
            {"episodes": list(self.checkpoints), **{name: [float(y) for y in x] for name, x in columns.items()}},
            f"{self._told}; lower, upper: this algorithm, Student's t over {count(self.runs, 'run')}; agents_…: "
            f"these agents, {self._alone}; {how_sure(confidence, together=simultaneous)}"
            f"{'; the run was interrupted' * self.interrupted}",
        )

    def _summary(self) -> Table:
        whole = self.table(simultaneous=True)
        names = (
            "episodes", "success", "lower", "upper", "tie", "lead", "lead_over_sd", "normal", "band_lower",
            "band_upper", "post_lower", "post_upper",
        )  # fmt: skip
        return Table(
            {name: whole[name] for name in names},
            f"{self.task}; lower, upper: this algorithm, Student's t over {count(self.runs, 'run')} "
            f"({how_sure(0.95, together=True)}); of each agent: .agents(); bands of the lead: .bands()",
        )

    def to_xarray(self) -> xr.Dataset:
        """Shares of tasks, leads and standard deviations along (run, step).

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.
        """
        every = ("run", "step")
        return labelled(
            {
                "success": (every, self._good / self.samples),
                "p_greater": (every, self.better / self.samples),
                "p_tie": (every, self.ties / self.samples),
                "p_less": (every, (self.samples - self._good) / self.samples),
                "lead": (every, self.leads),
                "sd": (every, np.sqrt(self.spreads)),
            },
            {"run": np.arange(self.runs), "episodes": (("step",), np.array(self.checkpoints, np.int64))},
            {
                "arm": self.arm, "shown": self.signal.shown, "given": self.signal.given, "reference": self.reference,
                "test": self.test, "unit": self.unit, "task": self.task, "gamma": self.gamma,
                "samples": self.samples, "entropy": str(self.entropy), "interrupted": int(self.interrupted),
            },
        )  # fmt: skip

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """Success rate against lead, with both bands and the normal law; `mdppower.display.rivals_picture`.

        Checkpoints at which the reference is the agent itself are left out, if there are others.
        """
        from mdppower.display.rivals_picture import SuccessAndLead, plot_rivals

        law, band = self.normal_law(), self.bands(simultaneous=True)
        columns = {name: np.array(table[name], float) for table in (law, band) for name in table}
        for name, estimate in (("success", self.success), ("lead", self.lead)):
            for end, limit in zip(("low", "high"), estimate.interval(simultaneous=True), strict=True):
                columns[f"{name}_{end}"] = limit
        shown = ~self.same | self.same.all()
        drawn = SuccessAndLead(
            f"A: {self.arm} (shown {self.signal.shown}, given {self.signal.given}), B: {self.reference}; "
            f"on {self.test}, {rate_title(self.gamma)}",
            self.task, {name: x[shown] for name, x in columns.items()}, self._nu, self.runs, self.samples,
            int((~shown).sum()), self.interrupted,
        )  # fmt: skip
        return plot_rivals(drawn, path, **options)

    def __repr__(self) -> str:
        success, lead = (with_error(float(x.mean[-1]), _half(x)[-1]) for x in (self.success, self.lead))
        law = self.of(self.checkpoints[-1]).normal_law()
        return (
            f"Rivals({self._told}, {count(self.checkpoints[-1], 'episode')}: success {success}, lead {lead}, "
            f"lead/sd {law['lead_over_sd'][0]:.3g}, Φ⁻¹(s) {law['normal'][0]:.3g} ({how_sure(0.95, together=True)}; "
            f"{count(self.runs, 'run')}{', interrupted' * self.interrupted}))"
        )

    # ------------------------------------------------------------------ inside

    @property
    def _told(self) -> str:
        return f"{self.arm} against {self.reference} on {self.test} at γ = {rate_text(self.gamma)}, {self.task}"

    @property
    def _alone(self) -> str:
        own = "Clopper and Pearson from its own tasks"
        return own if self.unit == UNITS[0] else own + ", with 1/e of the error, as starts share a reward function"

    def _bands(self, confidence: float | None, simultaneous: bool) -> Bands:
        if confidence is not None:
            open_unit(confidence, "confidence")
        behind = self.reference == OPTIMAL
        return bands(self.moments, self._nu, confidence, simultaneous=simultaneous, behind=behind)

    def _agents(self, confidence: float, simultaneous: bool) -> tuple[FloatArray, FloatArray]:
        """(K, T) limits of the success rate of each agent."""
        wrong = (1 - open_unit(confidence, "confidence")) / (self.leads.size if simultaneous else 1)
        if self.unit != UNITS[0]:
            wrong /= math.e
        lower, _ = proportion_interval(np.floor(self._good), self.samples, 1 - wrong, independent=True)
        _, upper = proportion_interval(np.ceil(self._good), self.samples, 1 - wrong, independent=True)
        return lower, upper


def warn_of_near_ties(found: Rivals) -> None:
    """Ties are differences below the certified errors: say so where these are not tiny."""
    slack, sd = float(found.errors.max()), float(np.where(np.isfinite(found.sd), found.sd, 0.0).max())
    if slack > 1e-9 * sd > 0 and found.ties[:, ~found.same].any():
        warn(
            f"{found.arm} against {found.reference}: what differs by less than could be certified (up to "
            f"{slack:.1e}, where the standard deviation of the difference is {sd:.1e}) counts as a tie"
        )


def _half(estimate: Estimate) -> list[float]:
    """The longer half of simultaneous 95 % intervals."""
    lower, upper = estimate.interval(simultaneous=True)
    half: list[float] = np.maximum(upper - estimate.mean, estimate.mean - lower).tolist()
    return half

"""How the power of learning agents goes along training, and whether training raises it: verdicts, tables, rivals.

Shares, and what their intervals are over, are in `mdppower.learning.curve_shares`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import open_unit
from mdppower._quotes import quoted
from mdppower._text import count, rate_text
from mdppower.errors import ParameterError
from mdppower.learning.curve_shares import CurveShares
from mdppower.learning.encounters import UNITS
from mdppower.learning.null_theorems import null_theorem
from mdppower.learning.rivals import Rivals, warn_of_near_ties
from mdppower.montecarlo.over_runs import caution
from mdppower.results.labelled import labelled, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

MARGIN = 0.05
"""A share below which training is said not to raise power."""


@dataclass(frozen=True, eq=False, repr=False)
class LearningCurves(CurveShares):
    """Power of A arms at T checkpoints on L tests, from K training runs with N held-out reward functions each.

    Attributes
    ----------
    mdp : RewardlessMDP
    gamma : float
    signals : tuple of Signal
        One an arm: what is shown and what is given.
    rewards : RewardDistribution
        Of training.
    checkpoints : tuple of int
        Episodes.
    tests : dict from str to RewardDistribution
    samples : int
        N.
    start : (S,) array
        The starts that are averaged over.
    entropy : int
    powers : (K, A, T, L) array
        P_t of each run.
    floors, ceilings, worsts : (K, L) arrays
        Of the random policy, the optimal one and the worst, on the same draws.
    errors : (K, L) array
        Bound on the error of each of these numbers.
    interrupted : bool
        Whether training runs are lacking.
    encounters : Encounters or None
        What is kept of agents against references.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> training = mp.learning.train(fork, 0.9, ["random", "noise"], episodes=300, runs=8, start="root", rng=0)
    >>> curves = training.curves(samples=256)
    >>> curves.verdicts()["verdict"]
    ['raises', 'does not raise']
    >>> curves.share("random").of(300).mean.round(2)
    np.float64(1.0)
    """

    @property
    def references(self) -> tuple[str, ...]:
        """Whom the agents were held against: ``against=`` of `Training.curves`."""
        return () if self.encounters is None else self.encounters.references

    def rivals(self, arm: str, reference: Any, test: str | None = None, *, unit: str = UNITS[0]) -> Rivals:
        """How often an arm does at least as well as a reference along the checkpoints, and by how much.

        Parameters
        ----------
        arm : str
        reference : str
            One of `references`; a checkpoint also as (arm, episodes).
        test : str, optional
            Default: the first.
        unit : {"reward", "reward and start"}
            What a task is: a reward function, starts averaged; or a reward function and a start.

        Returns
        -------
        Rivals

        Raises
        ------
        LabelError
            There is no such arm, test or reference.
        ParameterError
            There is no such unit, or the curves were measured against nobody.

        Warns
        -----
        MDPPowerWarning
            Values could not be certified closely enough to tell ties.
        """
        a, i = self._arm(arm), self._test(test)
        if self.encounters is None:
            raise ParameterError("these curves were measured against nobody: give against= to Training.curves")
        if unit not in UNITS:
            raise ParameterError(f"unit must be {UNITS[0]!r} or {UNITS[1]!r}, got {quoted(unit)}")
        kept, b, u = self.encounters, self.encounters.reference(reference), UNITS.index(unit)
        name, law = list(self.tests.items())[i]
        parts = [np.ascontiguousarray(x[:, a, :, i, b, u]) for x in (kept.better, kept.ties, kept.spreads)]
        found = Rivals(
            self.mdp, self.gamma, self.signals[a], kept.references[b], name, law, unit, self.checkpoints,
            self.samples, self.entropy, parts[0], parts[1], np.ascontiguousarray(kept.leads[:, a, :, i, b]), parts[2],
            np.ascontiguousarray(kept.errors[:, i, b]), np.ascontiguousarray(kept.same[a, :, b]), self.interrupted,
        )  # fmt: skip
        warn_of_near_ties(found)
        return found

    def of(self, arm: str) -> LearningCurves:
        """The part about one arm.

        Raises
        ------
        LabelError
            There is no such arm.
        """
        a = self._arm(arm)
        met = None if self.encounters is None else self.encounters.of(a)
        part = {"signals": self.signals[a : a + 1], "powers": self.powers[:, a : a + 1], "encounters": met}
        return LearningCurves(**vars(self) | part)

    def verdicts(self, step: int = -1, *, margin: float = MARGIN, confidence: float = 0.95) -> Table:
        """Does training raise power? For each arm and test, at one checkpoint.

        Parameters
        ----------
        step : int
            Which of the checkpoints; −1 is the last.
        margin : float
            A share that counts as nothing.
        confidence : float
            Of all verdicts at once, and of those at the other checkpoints, too (Bonferroni over arms, checkpoints and
            tests).

        Returns
        -------
        Table
            Columns arm, shown, given, test, share, lower, upper, verdict, why. The verdict is "raises" where the
            lower limit is above 0; "does not raise" where the upper limit is below the margin, or where a theorem
            says that the mean share is 0, which `why` names; else "undecided".

        Raises
        ------
        ParameterError
            There is no such checkpoint; margin or confidence is out of range.
        """
        open_unit(margin, "margin")
        steps = len(self.checkpoints)
        if isinstance(step, bool) or not isinstance(step, (int, np.integer)) or not -steps <= step < steps:
            raise ParameterError(f"step must be an integer from {-steps} to {steps - 1}, got {quoted(step)}")
        lower, upper = self._limits(confidence, simultaneous=True)
        rows = []
        for a, signal in enumerate(self.signals):
            for i, (name, law) in enumerate(self.tests.items()):
                low, high = float(lower[a, step, i]), float(upper[a, step, i])
                mean, proof = float(self._shares()[:, a, step, i].mean()), null_theorem(signal, self.rewards, law)
                verdict, why = self._verdict(low, high, margin, proof)
                if verdict == "undecided" and not why and not np.ptp(self._shares()[:, a, step, i]):
                    why = f"all {self.runs} runs have one share; what others may have, more runs would tell"
                doubt = "" if proof else caution(self._shares()[:, a, step : (step % steps) + 1, i])
                told = verdict, "; ".join(filter(None, [why, f"caution: {doubt}" * bool(doubt)]))
                rows.append((signal.label, signal.shown, signal.given, name, mean, low, high, *told))
        names = ("arm", "shown", "given", "test", "share", "lower", "upper", "verdict", "why")
        sure = f"all {len(self.signals) * steps * len(self.tests):,} of arms, checkpoints and tests at once"
        return Table(
            dict(zip(names, zip(*rows, strict=True), strict=True)),
            f"at {count(self.checkpoints[step], 'episode')}, {count(self.runs, 'run')}; lower, upper: "
            f"{100 * confidence:g} %, {sure}; does not raise: below {margin:g}, or a theorem",
        )

    @staticmethod
    def _verdict(low: float, high: float, margin: float, proof: str) -> tuple[str, str]:
        if np.isnan(low):
            return "undecided", "the share is not defined" if np.isnan(high) else ""
        if proof:
            return "does not raise", proof + "; yet these limits exclude 0" * (not low <= 0 <= high)
        if low > 0:
            return "raises", "lower limit above 0"
        if high < 0:
            return "does not raise", "upper limit below 0: it lowers"
        return ("does not raise", f"upper limit below {margin:g}") if high < margin else ("undecided", "")

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """All numbers, one row an arm, test and checkpoint.

        Parameters
        ----------
        confidence : float
            Of lower and upper, the limits of the share.
        simultaneous : bool
            Whether these hold for all rows at once.

        Returns
        -------
        Table
            Columns arm, shown, given, test, episodes, power, floor, ceiling, share, lower, upper.
        """
        lower, upper = self._limits(confidence, simultaneous=simultaneous)
        power, share = self.powers.mean(axis=0), self._shares().mean(axis=0)
        floor, ceiling = self.floors.mean(axis=0), self.ceilings.mean(axis=0)
        rows = [
            (
                signal.label, signal.shown, signal.given, name, self.checkpoints[t], float(power[a, t, i]),
                float(floor[i]), float(ceiling[i]), float(share[a, t, i]), float(lower[a, t, i]),
                float(upper[a, t, i]),
            )
            for a, signal in enumerate(self.signals)
            for i, name in enumerate(self.tests)
            for t in range(len(self.checkpoints))
        ]  # fmt: skip
        names = (
            "arm", "shown", "given", "test", "episodes", "power", "floor", "ceiling", "share", "lower", "upper"
        )  # fmt: skip
        return Table(
            dict(zip(names, zip(*rows, strict=True), strict=True)),
            f"lower, upper: of the share, {how_sure(confidence, together=simultaneous)}, from "
            f"{count(self.runs, 'training run')}" + "; the run was interrupted" * self.interrupted,
        )

    def _summary(self) -> Table:
        return self.verdicts()

    def to_xarray(self) -> xr.Dataset:
        """Power and share along (run, arm, step, test); floor, ceiling and worst along (run, test).

        And where there are references, the lead along (run, arm, step, test, reference), the success rate and the
        share of ties along these and the unit of a task.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.
        """
        every, some = ("run", "arm", "step", "test"), ("run", "test")
        variables, names = self._met(every)
        return labelled(
            {
                "power": (every, self.powers),
                "share": (every, self._shares()),
                "floor": (some, self.floors),
                "ceiling": (some, self.ceilings),
                "worst": (some, self.worsts),
                **variables,
            },
            {
                **names,
                "arm": written(self.arms),
                "run": np.arange(self.runs),
                "test": written(list(self.tests)),
                "episodes": (("step",), np.array(self.checkpoints, np.int64)),
                "shown": (("arm",), written([signal.shown for signal in self.signals])),
                "given": (("arm",), written([signal.given for signal in self.signals])),
            },
            {
                "gamma": self.gamma,
                "rewards": self.rewards.name,
                "samples": self.samples,
                "entropy": str(self.entropy),
            },
        )

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """Shares along the checkpoints, a panel a test; see `mdppower.display.learning_picture.plot_learning`."""
        from mdppower.display.learning_picture import plot_learning

        return plot_learning(self, path, **options)

    def _met(self, every: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Variables and coordinates of references."""
        kept = self.encounters
        if kept is None:
            return {}, {}
        pairs, units = (*every, "reference"), (*every, "reference", "unit")
        variables = {
            "lead": (pairs, kept.leads),
            "success": (units, (kept.better + kept.ties) / self.samples),
            "p_tie": (units, kept.ties / self.samples),
        }
        return variables, {"reference": written(kept.references), "unit": list(UNITS)}

    def __repr__(self) -> str:
        lower, upper = self._limits(0.95, simultaneous=True)
        share = self._shares().mean(axis=0)
        half = np.maximum(upper - share, share - lower)[:, -1, 0].tolist()
        last = share[:, -1, 0].tolist()
        told = [f"{arm} {with_error(*numbers)}" for arm, *numbers in zip(self.arms, last, half, strict=True)]
        return (
            f"LearningCurves({next(iter(self.tests))}, {count(self.checkpoints[-1], 'episode')}, "
            f"γ = {rate_text(self.gamma)}: share {', '.join(told)} "
            f"({how_sure(0.95, together=True)}; {count(self.runs, 'run')}{', interrupted' * self.interrupted}))"
        )

"""What the arms of coin flips come to together: verdicts, tables, labelled arrays, a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import count, rate_text
from mdppower.errors import ParameterError
from mdppower.learning.coins.arms import CoinArm, symmetry
from mdppower.learning.coins.shares import POLICIES, CoinShares
from mdppower.learning.null_theorems import is_symmetric
from mdppower.montecarlo.over_runs import caution
from mdppower.results.labelled import labelled, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class CoinFlips(CoinShares):
    """A arms, K runs, T checkpoints: shares of policies as they act and at their best, entropy, what was clipped.

    Attributes and estimates are those of `CoinShares`.

    Examples
    --------
    >>> import mdppower as mp
    >>> flips = mp.learning.coin_flips(mp.envs.fork(3), 0.9, arms=["clip-high", "on-policy"], runs=8, rng=0)
    >>> flips.change("clip-high").of(40).interval()[0] > 0.1
    np.True_
    >>> bool(flips.clipped_share("on-policy").mean.any())
    False
    """

    # ------------------------------------------------------------------ parts

    def of(self, *arms: str) -> CoinFlips:
        """The part about some arms; fewer are judged at once.

        Raises
        ------
        LabelError
            There is no such arm.
        """
        if not arms:
            raise ParameterError("name an arm")
        where = [self._arm(arm) for arm in arms]
        parts = {name: getattr(self, name)[:, where] for name in ("powers", "entropies", "clipped", "weights")}
        return replace(self, arms=tuple(self.arms[a] for a in where), **parts)

    # ------------------------------------------------------------------ verdicts

    def verdicts(self, policy: str = "sampled", step: int = -1, *, confidence: float = 0.95) -> Table:
        """Whether training raised the share of each arm, or lowered it.

        Parameters
        ----------
        policy : {"sampled", "argmax"}
        step : int
            Which of the checkpoints after the first, as a position; −1 is the last.
        confidence : float
            Of all limits together: arms, checkpoints, sampled and argmax.

        Returns
        -------
        Table
            Columns arm, shown, given, prior, clipped, before, after, change, lower, upper, verdict, why. The verdict
            is "raises" or "lowers" where the limits of the change exclude 0, else "undecided"; where a theorem says
            that a share is 0 whatever the training, "does not raise".

        Raises
        ------
        ParameterError
            There is no such policy or checkpoint; the confidence is out of range.
        """
        k, t = self._policy(policy), self._step(step)
        shares, changes = self._shares()[:, :, :, k].mean(axis=0), self._changes()[:, :, t, k]
        lower, upper = (x[:, t - 1, k] for x in self._limits_of_changes(confidence))
        symmetric = is_symmetric(self.rewards)
        rows = []
        for a, arm in enumerate(self.arms):
            why = symmetry(arm, self.arms) if symmetric else ""
            verdict = "raises" if lower[a] > 0 else "lowers" if upper[a] < 0 else "undecided"
            if "chance" in why:
                why += "; yet these limits exclude 0" * (verdict != "undecided")
                verdict = "does not raise"
            elif doubt := caution(changes[:, a : a + 1]):
                why += "; " * bool(why) + f"caution: {doubt}"
            rows.append(
                (*self._told(arm), float(shares[a, 0]), float(shares[a, t]), float(changes[:, a].mean()),
                 float(lower[a]), float(upper[a]), verdict, why)
            )  # fmt: skip
        names = (
            "arm", "shown", "given", "prior", "clipped", "before", "after", "change", "lower", "upper", "verdict",
            "why",
        )  # fmt: skip
        told = f"all {lower.size * 2 * (len(self.iterations) - 1):,} changes of arms, checkpoints, sampled and argmax"
        return Table(
            dict(zip(names, zip(*rows, strict=True), strict=True)),
            f"{policy} share after {count(self.iterations[t], 'iteration')}, {count(self.runs, 'run')}; lower, "
            f"upper: of the change, {100 * confidence:g} %, {told} at once"
            f"{'; the run was interrupted' * self.interrupted}",
        )

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """All numbers, one row an arm and checkpoint.

        Parameters
        ----------
        confidence : float
            Of the limits of the shares.
        simultaneous : bool
            Whether these hold for all rows at once, sampled and argmax.

        Returns
        -------
        Table
            Columns arm, shown, given, prior, clipped, iteration, power, floor, ceiling, sampled, lower, upper,
            argmax_power, argmax, argmax_lower, argmax_upper, entropy, clipped_share.
        """
        share, power = self._shares().mean(axis=0), self.powers.mean(axis=0)
        lower, upper = self._limits(confidence, simultaneous=simultaneous)
        floor, ceiling = float(self.floors.mean()), float(self.ceilings.mean())
        entropy, clipped = self.entropies.mean(axis=0), self.clipped.mean(axis=0)
        rows = [
            (*self._told(arm), step, power[a, t, 0], floor, ceiling, share[a, t, 0], lower[a, t, 0], upper[a, t, 0],
             power[a, t, 1], share[a, t, 1], lower[a, t, 1], upper[a, t, 1], entropy[a, t], clipped[a, t])
            for a, arm in enumerate(self.arms)
            for t, step in enumerate(self.iterations)
        ]  # fmt: skip
        names = (
            "arm", "shown", "given", "prior", "clipped", "iteration", "power", "floor", "ceiling", "sampled", "lower",
            "upper", "argmax_power", "argmax", "argmax_lower", "argmax_upper", "entropy", "clipped_share",
        )  # fmt: skip
        columns = zip(*rows, strict=True)
        plain = [[float(x) if isinstance(x, float) else x for x in column] for column in columns]
        return Table(
            dict(zip(names, plain, strict=True)),
            f"lower, upper: of shares, {how_sure(confidence, together=simultaneous)}, from {count(self.runs, 'run')}"
            + "; the run was interrupted" * self.interrupted,
        )

    def summary(self, *, confidence: float = 0.95) -> Table:
        """What each arm comes to: one row an arm.

        Parameters
        ----------
        confidence : float
            Of the verdicts together, as for `verdicts`.

        Returns
        -------
        Table
            Columns arm, given, prior, clipped, sampled, change (of it, with lower, upper and the verdict), argmax,
            its change, its verdict, entropy, clipped share.
        """
        sampled, argmax = (self.verdicts(policy, confidence=confidence) for policy in POLICIES)
        columns = {name: sampled[name] for name in ("arm", "given", "prior", "clipped")}
        columns |= {"sampled": sampled["after"], "change": sampled["change"]}
        columns |= {name: sampled[name] for name in ("lower", "upper", "verdict")}
        columns |= {"argmax": argmax["after"], "its change": argmax["change"], "its verdict": argmax["verdict"]}
        columns |= {"entropy": self.entropies[:, :, -1].mean(axis=0).tolist()}
        columns |= {"clipped share": self.clipped[:, :, -1].mean(axis=0).tolist()}
        floor, ceiling = self.floors.mean(), self.ceilings.mean()
        return Table(
            columns,
            f"after {count(self.iterations[-1], 'iteration')}, {count(self.runs, 'run')}, from a share of "
            f"{self.setting.share:g} (F = {floor:.4g}, C = {ceiling:.4g}); lower, upper: "
            "of the change; these and verdicts: "
            f"{how_sure(confidence, together=True)}{'; the run was interrupted' * self.interrupted}",
        )

    def _summary(self) -> Table:
        return self.summary()

    def to_xarray(self) -> xr.Dataset:
        """Power and share along (run, arm, step, policy); entropy and what was clipped; floor and ceiling along run.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``.
        """
        every, some = ("run", "arm", "step", "policy"), ("run",)
        return labelled(
            {
                "power": (every, self.powers),
                "share": (every, self._shares()),
                "policy_entropy": (every[:3], self.entropies),
                "clipped_share": (every[:3], self.clipped),
                "floor": (some, self.floors),
                "ceiling": (some, self.ceilings),
                "worst": (some, self.worsts),
                "confidence": (some, self.confidences),
            },
            {
                "arm": written(self.names),
                "run": np.arange(self.runs),
                "policy": written(POLICIES),
                "iteration": (("step",), np.array(self.iterations, np.int64)),
                "shown": (("arm",), written([arm.shown for arm in self.arms])),
                "given": (("arm",), written([arm.told_given for arm in self.arms])),
                "prior": (("arm",), written([arm.prior for arm in self.arms])),
                "clipped": (("arm",), written([arm.clipped for arm in self.arms])),
            },
            {
                "gamma": self.gamma, "rewards": self.rewards.name, "samples": self.setting.samples,
                "entropy": str(self.entropy),
            },
        )  # fmt: skip

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """Draw sampled and argmax share by arm, and what was clipped; see `plot_coin_flips`."""
        from mdppower.display.coin_picture import plot_coin_flips

        return plot_coin_flips(self, path, **options)

    def __repr__(self) -> str:
        mean = self._shares().mean(axis=0)[:, -1, 0]
        lower, upper = (x[:, -1, 0] for x in self._limits(0.95, simultaneous=True))
        half = np.maximum(upper - mean, mean - lower)
        told = [
            f"{name} {with_error(*pair)}"
            for name, *pair in zip(self.names, mean.tolist(), half.tolist(), strict=True)
        ]
        return (
            f"CoinFlips({count(self.iterations[-1], 'iteration')}, γ = {rate_text(self.gamma)}: share "
            f"{self.setting.share:g} → {', '.join(told)} ({how_sure(0.95, together=True)}; {count(self.runs, 'run')}"
            f"{', interrupted' * self.interrupted}))"
        )

    # ------------------------------------------------------------------ inside

    def _told(self, arm: CoinArm) -> tuple[str, ...]:
        return arm.label, arm.shown, arm.told_given, arm.prior, arm.clipped

    def _step(self, step: Any) -> int:
        """The position of a checkpoint after the first, from the front."""
        steps = len(self.iterations)
        found = step + steps if isinstance(step, int) and step < 0 else step
        if isinstance(step, bool) or not isinstance(step, int) or not 1 <= found < steps:
            raise ParameterError(
                f"step must be an integer from 1 to {steps - 1}, or −1 for the last, got {quoted(step)}"
            )
        return int(found)

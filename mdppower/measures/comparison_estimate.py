"""What `mdppower.compare` gives back: two options, every number with its error, and the verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import open_unit
from mdppower._text import fraction_text, told_rates
from mdppower.errors import LabelError
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.proportions import Proportions
from mdppower.occupancy.option import Option
from mdppower.results.labelled import labelled
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.rewards.reward_distribution import RewardDistribution

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

GAP = "gap C(B) - C(A)"
"""The row of the table."""
ROWS = 9
"""Of the table, whose limits may hold together."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """Option A against option B; every number with its error.

    Attributes
    ----------
    A, B : Option
    means : Estimate
        C_Σ(A) and C_Σ(B); NaN where rewards have no mean.
    gap : Estimate
        C_Σ(B) − C_Σ(A), paired.
    outcomes : Proportions
        P(A > B), P(tie), P(A < B), in this order.
    p_at_least, p_at_most : Proportions
        p(A ≥ B) and p(B ≥ A): both count ties.
    sd : float
        Standard deviation of Δ = h_A − h_B; NaN where it was not computed.
    least, greatest : float
        The least and the greatest Δ that were drawn; NaN for exact comparisons.
    tolerance : float
        Worths that differ by no more than this (the largest certified error of a draw) count as ties.
    rewards : RewardDistribution
    samples : int
        Draws; 0 where exact.
    entropy : int or None
        Pass it as ``rng`` to draw the same rewards.
    interrupted : bool
        Whether the run ended early (Ctrl-C, or an error that has this as its ``estimate``): there are fewer draws
        than were asked for.

    Examples
    --------
    The end t1 of a fork has one vector, the fork itself two, one of which is the same: they tie half of the time.

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> a, b = (mp.Option.state(fork, s, 0.9, kind="power") for s in ("t1", "root"))
    >>> result = mp.compare(a, b, method="exact")
    >>> result.gap.exact, result.p_tie, result.p_greater
    (Fraction(1, 6), Proportions(1/2), Proportions(0))
    >>> result.verdict
    'B is instrumentally convergent over A: p(A ≥ B) = 1/2, all of it ties'
    """

    A: Option
    B: Option
    means: Estimate
    gap: Estimate
    outcomes: Proportions
    p_at_least: Proportions
    p_at_most: Proportions
    sd: float
    least: float
    greatest: float
    tolerance: float
    rewards: RewardDistribution
    samples: int
    entropy: int | None
    interrupted: bool = False

    def of(self, option: str) -> Estimate | Proportions:
        """C_Σ of one of the two options; or a number by its name.

        Parameters
        ----------
        option : str
            ``"A"`` or ``"B"``, whatever the options are called, or the option's name; or a row of the table:
            ``"gap"``, ``"P(A > B)"``, ``"P(tie)"``, ``"P(A < B)"``, ``"p(A ≥ B)"``, ``"p(B ≥ A)"``.

        Raises
        ------
        LabelError
            It is none of these, or the name of both options.
        """
        if option in ("gap", GAP):
            return self.gap
        if option in self._chances and option not in (self.A.name, self.B.name):
            return self._chances[option]
        if self.A.name == self.B.name == option not in ("A", "B"):
            raise LabelError(f"both options are called {option!r}; say 'A' or 'B'")
        names = {self.A.name: 0, self.B.name: 1} | {"A": 0, "B": 1}
        if option not in names:
            told = f"there is no option {option!r}; options are 'A' ({self.A.name}) and 'B' ({self.B.name})"
            raise LabelError(f"{told}; other numbers are 'gap', {', '.join(map(repr, self._chances))}")
        return self.means.one(names[option])

    @property
    def _chances(self) -> dict[str, Proportions]:
        return {
            "P(A > B)": self.p_greater, "P(tie)": self.p_tie, "P(A < B)": self.p_less, "p(A ≥ B)": self.p_at_least,
            "p(B ≥ A)": self.p_at_most,
        }  # fmt: skip

    @property
    def about(self) -> str:
        """What is compared, in words: "VALUE sets at γ = 0.9, 64 draws of uniform rewards"."""
        kind = {"value": "VALUE sets", "power": "POWER sets", "rsd": "long-run averages"}.get(self.A.kind, "vectors")
        rate = "" if self.A.gamma is None or self.A.kind == "rsd" else f" at {told_rates(self.A.gamma)}"
        made = f"{self.samples:,} draws of" if self.samples else "exact,"
        return f"{kind}{rate}, {made} {self.rewards.told}"

    @property
    def complexity_A(self) -> Estimate:
        """C_Σ(A) = E h_A."""
        return self.means.one(0)

    @property
    def complexity_B(self) -> Estimate:
        """C_Σ(B) = E h_B."""
        return self.means.one(1)

    @property
    def p_greater(self) -> Proportions:
        """P(A > B)."""
        return self.outcomes[0]

    @property
    def p_tie(self) -> Proportions:
        """P(h_A = h_B)."""
        return self.outcomes[1]

    @property
    def p_less(self) -> Proportions:
        """P(A < B)."""
        return self.outcomes[2]

    @property
    def mid_p(self) -> float:
        """P(A > B) + P(tie)/2."""
        return float((self.p_greater.mean + self.p_at_least.mean) / 2)

    @property
    def mid_p_stderr(self) -> float:
        """Standard error of the mid-p: of the mean over draws of 1, 1/2 for a tie, or 0; 0 where exact."""
        if not self.samples:
            return 0.0
        greater, tie = float(self.p_greater.mean), float(self.p_tie.mean)
        return float(np.sqrt(max(greater + tie / 4 - self.mid_p**2, 0.0) / self.samples))

    def mid_p_interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Limits of the mid-p: those of P(A > B) and of p(A ≥ B), each at half the level, averaged.

        Parameters
        ----------
        confidence : float

        Returns
        -------
        lower, upper : float
        """
        half = 1 - (1 - confidence) / 2
        (low_1, high_1), (low_2, high_2) = self.p_greater.interval(half), self.p_at_least.interval(half)
        return float(low_1 + low_2) / 2, float(high_1 + high_2) / 2

    def is_convergent(self, confidence: float = 0.95) -> bool | None:
        """Whether B is instrumentally convergent over A, p(A ≥ B) ≤ 1/2; None where the interval holds 1/2 inside.

        Parameters
        ----------
        confidence : float
            Of the interval of p(A ≥ B); exact numbers need none.

        Returns
        -------
        bool or None
        """
        return _is_at_most_half(self.p_at_least, confidence)

    @property
    def verdict(self) -> str:
        """The answer in words, at 95 %, with the ties named where they decide."""
        answer = self.is_convergent()
        p = self.p_at_least
        if p.guarantee == "exact":
            told = f"p(A ≥ B) = {_text(p.exact)}"
        else:
            low, high = p.interval()
            told = f"p(A ≥ B) in [{float(low):.4f}, {float(high):.4f}]"
        tie, strictly = float(self.p_tie.mean), _is_at_most_half(self.p_greater, 0.95)
        if answer is None:
            return f"undecided: {told}"
        if tie and not float(self.p_greater.mean):
            told += ", all of it ties"
        elif answer is False and strictly:
            told += f", because of ties: P(A > B) = {_short(self.p_greater)} and P(tie) = {_short(self.p_tie)}"
        return f"B is {'' if answer else 'not '}instrumentally convergent over A: {told}"

    @property
    def lead(self) -> str:
        """The gap in words: "B leads by 0.1667 ± 0.0021"."""
        exact = self.gap.exact
        value, half = float(self.gap.mean), float(self.gap.half_widths().item())
        if np.isnan(value):
            return "no gap: rewards have no mean"
        if value == 0:
            return "level" if exact is not None or half == 0 else f"level ± {half:.2g}"
        who = "B" if value > 0 else "A"
        return f"{who} leads by {fraction_text(abs(exact)) if exact is not None else with_error(abs(value), half)}"

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """The numbers, one row each.

        Parameters
        ----------
        confidence : float
            Of lower and upper.
        simultaneous : bool
            Whether these hold for all rows at once (Bonferroni).

        Returns
        -------
        Table
            Columns quantity, value, stderr, lower, upper; and exact, where there were no draws.
        """
        if simultaneous:
            confidence = 1 - (1 - open_unit(confidence, "confidence")) / ROWS
        rows: list[tuple[Any, ...]] = []
        for name, one in (("C(A)", self.complexity_A), ("C(B)", self.complexity_B), (GAP, self.gap)):
            low, high = one.interval(confidence)
            rows.append((name, float(one.mean), float(one.stderr), float(low), float(high), _text(one.exact)))
        for name, p in self._chances.items():
            low, high = p.interval(confidence)
            rows.append((name, float(p.mean), float(p.stderr), float(low), float(high), _text(p.exact)))
        low_mid, high_mid = self.mid_p_interval(confidence)
        exact = [p.exact for p in (self.p_greater, self.p_at_least)]
        mid = "" if exact[0] is None or exact[1] is None else _text((exact[0] + exact[1]) / 2)
        rows.append(("mid-p", self.mid_p, self.mid_p_stderr, low_mid, high_mid, mid))
        names = ["quantity", "value", "stderr", "lower", "upper"] + ["exact"] * (self.samples == 0)
        sure = 1 - (1 - confidence) * ROWS if simultaneous else confidence
        told = [f"C: mean worth; {self.about}"]
        told += [f"lower, upper: {how_sure(sure, together=simultaneous)}"] * (self.samples > 0)
        told += ["the run was interrupted"] * self.interrupted
        return Table({name: [row[k] for row in rows] for k, name in enumerate(names)}, "; ".join(told))

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False) -> xr.Dataset:
        """The table as labelled arrays: value, stderr, lower, upper along quantity; the run in the attributes.

        Parameters
        ----------
        confidence, simultaneous
            As for `table`.

        Examples
        --------
        >>> import mdppower as mp
        >>> fork = mp.envs.fork(2)
        >>> a, b = (mp.Option.state(fork, s, 0.9, kind="power") for s in ("t1", "root"))
        >>> data = mp.compare(a, b, method="exact").to_xarray()
        >>> round(data.value.sel(quantity="gap C(B) - C(A)").item(), 4)
        0.1667
        """
        table = self.table(confidence, simultaneous=simultaneous)
        attributes = {
            "A": self.A.name, "B": self.B.name, "kind": self.A.kind, "rewards": self.rewards.name,
            "samples": self.samples, "entropy": str(self.entropy), "confidence": confidence,
            "simultaneous": int(simultaneous), "tolerance": self.tolerance, "sd": self.sd, "verdict": self.verdict,
        }  # fmt: skip
        if self.interrupted:
            attributes["interrupted"] = 1
        variables = {name: (("quantity",), table[name]) for name in ("value", "stderr", "lower", "upper")}
        return labelled(variables, {"quantity": table["quantity"]}, attributes)

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: the probabilities of A > B, of a tie and of A < B, with their intervals.

        See `mdppower.display.interval_picture.plot_comparison`.

        Examples
        --------
        >>> import mdppower as mp
        >>> fork = mp.envs.fork(2)
        >>> a, b = (mp.Option.state(fork, s, 0.9, kind="power") for s in ("t1", "root"))
        >>> figure = mp.compare(a, b, samples=64, rng=0).plot()
        """
        from mdppower.display.interval_picture import plot_comparison

        return plot_comparison(self, path, **options)

    def __repr__(self) -> str:
        return (
            f"Comparison(A = {self.A.name}, B = {self.B.name}: {self.lead}{' (95 %)' * (self.samples > 0)}; "
            f"{self.verdict}{'; interrupted' * self.interrupted})"
        )


def _is_at_most_half(p: Proportions, confidence: float) -> bool | None:
    if p.guarantee == "exact" and p.exact is not None:
        return bool(p.exact.item() <= 0.5)
    low, high = p.interval(confidence)
    return True if high <= 0.5 else False if low > 0.5 else None


def _short(p: Proportions) -> str:
    return _text(p.exact) if p.guarantee == "exact" else f"{float(p.mean):.4f}"


def _text(exact: Any) -> str:
    """A fraction as text; nothing for what is none."""
    number = exact.item() if hasattr(exact, "item") else exact
    return fraction_text(number) if isinstance(number, Rational) else ""

"""The effect of coin flips in many settings: a search, and said to be one.

Of settings that somebody has found, nobody can say how many were looked at. Here all are, side by side, on the same
priors, and judged together: with n settings and arms each interval has the level 1 − α/n, so that whoever picks the
most striking row afterwards is not misled.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from mdppower._checks import open_unit
from mdppower._quotes import quoted
from mdppower._text import count
from mdppower.errors import ParameterError
from mdppower.learning.coins.arms import CoinArm
from mdppower.learning.coins.training import coin_flips
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.run_loop import whole
from mdppower.montecarlo.samplers import seed
from mdppower.results.number_text import how_sure
from mdppower.results.table import Table

VERDICTS = ("raises", "lowers", "undecided")


@whole()
def coin_settings(
    mdp: RewardlessMDP,
    gamma: float,
    share: float = 0.4,
    clip: float = 0.2,
    arms: Sequence[CoinArm | str] = ("clip", "no-clip"),
    rewards: Any = "uniform",
    *,
    epochs: Sequence[int] = (1, 4),
    prompts: Sequence[int] = (8, 32, 128),
    rates: Sequence[float] = (0.1, 0.3, 1.0, 3.0, 10.0),
    runs: int = 32,
    confidence: float = 0.95,
    simultaneous: bool = True,
    rng: Any = None,
    **options: Any,
) -> Table:
    """How training on coin flips changes the sampled share, in each of some settings.

    Parameters
    ----------
    mdp, gamma, share, clip, arms, rewards
        As for `coin_flips`.
    epochs, prompts : sequence of int
    rates : sequence of float
        All combinations are tried: by default 30.
    runs : int
        Of each arm in each setting. The priors are the same in all settings.
    confidence : float
        Of the limits.
    simultaneous : bool
        Whether these hold for all settings and arms at once, as they must for rows that are picked afterwards.
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `coin_flips`.
    **options
        What else `coin_flips` takes: iterations, minibatches, horizon, start, workers, store, …

    Returns
    -------
    Table
        Columns epochs, prompts, rate, arm, before, after, change, lower, upper, argmax, verdict: "raises", "lowers"
        or "undecided". The caption counts them.

    Raises
    ------
    ParameterError
        There is no setting, or one that `coin_flips` refuses: the message names it.
    RewardError, LabelError, SizeError, SolverError, FileError
        As for `coin_flips`.

    Notes
    -----
    Ctrl-C raises KeyboardInterrupt: a search that ends where somebody likes is none. With a store nothing is lost.

    Examples
    --------
    >>> import mdppower as mp
    >>> how = {"epochs": [4], "prompts": [32], "rates": [0.01, 1], "runs": 8, "rng": 0}
    >>> found = mp.learning.coin_settings(mp.envs.fork(3), 0.9, arms=["clip-high", "clip-low"], **how)
    >>> for row in zip(found["rate"], found["arm"], found["verdict"], strict=True):
    ...     print(*row)
    0.01 clip-high undecided
    0.01 clip-low undecided
    1.0 clip-high raises
    1.0 clip-low lowers
    """
    check_mdp(mdp)
    open_unit(confidence, "confidence")
    for name, values in (("epochs", epochs), ("prompts", prompts), ("rates", rates)):
        if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or not len(values):
            raise ParameterError(f"{name} must be a sequence of one or more numbers, got {quoted(values)}")
    settings = list(product(epochs, prompts, rates))
    entropy = seed(rng)
    rows: list[tuple[Any, ...]] = []
    alone: list[tuple[str, str]] = []
    together: list[tuple[str, str]] = []
    names: tuple[str, ...] = ()
    for passes, many, rate in settings:
        told = f"epochs {passes}, prompts {many}, rate {rate}"
        try:
            found = coin_flips(
                mdp, gamma, share, clip, arms, rewards, epochs=passes, prompts=many, rate=rate, runs=runs,
                rng=entropy, **{"checkpoints": 2} | options,
            )  # fmt: skip
        except ParameterError as error:
            error.args = (f"{told}: {error}", *error.args[1:])
            raise
        names = found.names
        for arm in names:
            change, sampled = found.change(arm), found.sampled(arm).mean
            limits = [
                [float(x[-1]) for x in change.interval(1 - (1 - confidence) / n)]
                for n in (1, len(settings) * len(names))
            ]
            alone.append((arm, _verdict(*limits[0])))
            low, high = limits[simultaneous]
            verdict = _verdict(low, high)
            together.append((arm, _verdict(*limits[1])))
            rows.append(
                (passes, many, float(rate), arm, float(sampled[0]), float(sampled[-1]), float(change.mean[-1]), low,
                 high, float(found.argmax(arm).mean[-1]), verdict)
            )  # fmt: skip
    columns = (
        "epochs", "prompts", "rate", "arm", "before", "after", "change", "lower", "upper", "argmax", "verdict"
    )  # fmt: skip
    return Table(
        dict(zip(columns, zip(*rows, strict=True), strict=True)),
        f"a search over {count(len(settings), 'setting')}, {count(runs, 'run')} each (rng={entropy}); lower, upper: "
        f"of the change of the sampled share, {how_sure(confidence, together=simultaneous)}. "
        f"All at once: {_counted(together, names)}. Each alone: {_counted(alone, names)}",
    )


def _verdict(low: float, high: float) -> str:
    return "raises" if low > 0 else "lowers" if high < 0 else "undecided"


def _counted(found: Sequence[tuple[str, str]], names: Sequence[str]) -> str:
    """How often which verdict, arm by arm."""
    return "; ".join(
        f"{arm} " + ", ".join(f"{verdict} in {found.count((arm, verdict))}" for verdict in VERDICTS) for arm in names
    )

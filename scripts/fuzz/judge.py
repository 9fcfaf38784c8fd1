"""What may come of an input: a result that is one, or an error of ours on one line; soon, and in little memory.

Anything else is a fault: another exception, a warning that is not ours, a number that cannot be, more than 512 MB,
and more than 5 s, unless how long it is going to take was said before. Seconds are those of the processor, which
others may be using, too; what only waits ends after ten times as many by the clock.
"""

from __future__ import annotations

import re
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import mdppower as mp
from mdppower.rewards.distribution import RewardDistribution

SECONDS = 5.0
ANNOUNCED = re.compile(r"takes? about [\d.,e+]+ s")
"""How a warning says how long it takes; beyond 300 s it is an error."""
BYTES = 512 * 2**20
"""By which the most memory that the process ever had may grow, from one input to the next."""

SMALL = 64
"""States of an MDP, up to which its POWER is computed."""
RATES = (0.9, 0.9, 0.5, 0.0, 1.0, 0.999999, [0.3, 1.0])


class Case(NamedTuple):
    """An input: how it reads, and what is done with it."""

    told: str
    attempt: Callable[[], Any]


def shown(call: str, *given: Any, **named: Any) -> str:
    """A call as code, whatever is given to it."""
    try:
        return f"{call}({', '.join([*map(repr, given), *(f'{k}={v!r}' for k, v in named.items())])})"
    except ValueError:  # an integer of so many digits that Python does not write it
        return f"{call}(… an integer of more than 4,300 digits …)"


class Verdict(NamedTuple):
    """How it ended, in words, after how many seconds and how many more bytes.

    That is computed, read, refused, announced (as long), or a fault.
    """

    outcome: str
    told: str
    seconds: float
    grown: int


class Wrong(Exception):
    """A result that cannot be."""


class Refused(Exception):
    """The command line has said in one line what is wrong."""


class Announced(Exception):
    """It was ended by us, after it had said how long it would take."""


class TooLong(BaseException):
    """The time is over; nobody catches that by mistake."""


def judge(case: Case, seconds: float = SECONDS, most: int = BYTES) -> Verdict:
    """Do what the case says, and judge what comes of it."""
    _forget_peak()
    before, start = most_memory(), time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _limit(seconds):
                outcome, told = _use(case.attempt())
        except (mp.MDPPowerError, Refused) as error:
            outcome, told = _refused(error)
        except (TooLong, Announced) as error:
            said = [str(w.message) for w in caught if ANNOUNCED.search(str(w.message))]
            if isinstance(error, Announced) or said:
                outcome, told = "announced", str(error) or said[0]
            else:
                outcome, told = "fault", f"more than {seconds:g} s ({_place(error)})"
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            outcome, told = "fault", f"{type(error).__name__}: {' '.join(str(error).split())[:300]} ({_place(error)})"
    taken, grown = time.process_time() - start, most_memory() - before
    # Gymnasium says of some names that there are newer ones.
    foreign = [w for w in caught if not issubclass(w.category, mp.MDPPowerWarning) and "gymnasium" not in w.filename]
    if outcome != "fault" and foreign:
        one = foreign[0]
        outcome, told = "fault", f"{one.category.__name__}: {one.message} ({_short(one.filename)}:{one.lineno})"
    if outcome not in ("fault", "announced") and taken > seconds:
        outcome, told = "fault", f"{taken:.1f} s; {told}"
    if outcome != "fault" and grown > most:
        outcome, told = "fault", f"{grown / 2**20:,.0f} MB; {told}"
    return Verdict(outcome, told, taken, grown)


def most_memory() -> int:
    """The most memory that this process ever had, in bytes."""
    # Not by getrusage where it can be helped: a process begins with the peak of the one that started it.
    with suppress(OSError), open("/proc/self/status", encoding="ascii") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _forget_peak() -> None:
    """Count the peak from now on, where the system can."""
    with suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise TooLong after so many seconds of the block."""

    def over(signum: int, frame: Any) -> None:
        raise TooLong

    clocks = (
        (signal.ITIMER_PROF, signal.SIGPROF, seconds),
        (signal.ITIMER_REAL, signal.SIGALRM, 10 * seconds),
    )
    old = [signal.signal(number, over) for _, number, _ in clocks]
    for clock, _, most in clocks:
        signal.setitimer(clock, most)
    try:
        yield
    finally:
        for (clock, number, _), handler in zip(clocks, old, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(number, handler)


def _refused(error: Exception) -> tuple[str, str]:
    told = str(error)
    if not told.strip() or "\n" in told or len(told) > 20_000:
        return "fault", f"a message of no, several or endless lines: {told[:300]!r} ({_place(error)})"
    cause = error.__cause__
    if (
        isinstance(cause, (TypeError, AttributeError, LookupError, ArithmeticError, MemoryError))
        and not isinstance(cause, mp.MDPPowerError)
        and f"raised {type(cause).__name__}" not in told  # a user's code
    ):
        return "fault", f"named by nobody: {told[:300]} ({_place(cause)})"
    return "refused", f"{type(error).__name__}: {told}"


def _place(error: BaseException) -> str:
    """The innermost line of the package, or of anything, that the error came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/mdppower/" in f.filename or "/envs/" in f.filename] or list(frames)
    return f"{_short(ours[-1].filename)}:{ours[-1].lineno}" if ours else "nowhere"


def _short(name: str) -> str:
    return "/".join(Path(name).parts[-3:])


# ---------------------------------------------------------------------- results


def _use(found: Any) -> tuple[str, str]:
    """Go on with what was read as a user does: an MDP, rewards, an estimate; else it is a result as it is."""
    if isinstance(found, mp.RewardlessMDP):
        _check_mdp(found)
        if found.n_states > SMALL:
            return "read", repr(found)
        gamma = RATES[(7 * found.n_states + found.n_pairs) % len(RATES)]
        _check_power(mp.power(found, gamma, samples=8, rng=found.n_pairs))
        return "computed", repr(found)
    if isinstance(found, RewardDistribution):
        fork = mp.envs.fork(found.n_states - 1) if found.n_states > 1 else mp.envs.cycle(1)
        _check_power(mp.power(fork, 0.9, found, samples=8, rng=0))
        return "computed", found.name
    if isinstance(found, mp.PowerEstimate):
        _check_mdp(found.mdp)
        _check_power(found)
        return "computed", repr(found)
    return "computed", str(found)[:200]


def _check_mdp(mdp: mp.RewardlessMDP) -> None:
    kernel, sizes = mdp.kernel, np.diff(mdp.pointer)
    checks = {
        "each row sums to 1": np.allclose(kernel.sum(axis=1), 1, rtol=0, atol=1e-12),
        "chances are positive": (kernel.data > 0).all() and (kernel.data <= 1 + 1e-12).all(),
        "each state has an action": (sizes > 0).all() and mdp.pointer[-1] == mdp.n_pairs,
        "labels are unique": len(set(mdp.states)) == mdp.n_states,
        "each state is found by its label": mdp.index(mdp.states[-1]) == mdp.n_states - 1,
        "actions of a state are unique": len(set(mdp.actions(mdp.states[-1]))) == sizes[-1],
        "the layout is finite": mdp.layout is None or np.isfinite(mdp.layout).all(),
        "it is described": bool(repr(mdp)),
    }
    _require(checks, repr(mdp))


def _check_power(estimate: mp.PowerEstimate) -> None:
    """POWER lies between the least and the greatest reward; where it is no number, the law says so."""
    mean, gap = np.atleast_2d(estimate.mean), estimate.data.slack[:, None] + estimate.error_bound[:, None]
    low, high = estimate.rewards.low.min(), estimate.rewards.high.max()
    scale = 1e-9 * max([1.0, *(abs(x) for x in (low, high) if np.isfinite(x))])
    lower, upper = (np.atleast_2d(end) for end in estimate.interval(0.9))
    vague = not getattr(estimate.data, "has_variance", True)  # there is no interval, which a warning has said
    checks = {
        "POWER is a number": np.isfinite(mean).all(),
        "POWER is within the rewards": ((mean >= low - gap - scale) & (mean <= high + gap + scale)).all(),
        "ends of intervals are numbers": vague or not (np.isnan(lower) | np.isnan(upper)).any(),
        "intervals hold the mean": vague or ((lower <= mean + scale) & (mean <= upper + scale)).all(),
        "errors are numbers": (estimate.error_bound >= 0).all(),
    }
    _require(checks, f"{estimate!r}, {estimate.rewards.name} in [{low}, {high}], mean {mean.ravel()[:5]}")


def _require(checks: dict[str, Any], what: str) -> None:
    for told, holds in checks.items():
        if not holds:
            raise Wrong(f"not so: {told}; {what}")

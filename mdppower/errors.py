"""The errors mdppower raises: one base, and one kind for each thing that can be wrong.

Every message names the offender (state, action, line, value) and fits on one line, so that the command line
can print it as it is. Each kind is also the built-in error that a caller would expect.
"""

from __future__ import annotations

from typing import Any


class MDPPowerError(Exception):
    """Base of all errors raised on purpose by mdppower."""


class ModelError(MDPPowerError, ValueError):
    """The data do not describe a finite MDP: a row that does not sum to 1, a state with no action, ..."""


class MapError(ModelError):
    """A text map is not a gridworld.

    Parameters
    ----------
    message : str
        What is wrong.
    source : str
        The file, or ``"map"`` for a string.
    line, column : int, optional
        Where, counted from 1.
    """

    def __init__(self, message: str, source: str = "map", line: int | None = None, column: int | None = None) -> None:
        place = source
        if line is not None:
            place += f", line {line}"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {message}")
        self.source, self.line, self.column = source, line, column


class LabelError(MDPPowerError, LookupError):
    """There is no state, action or environment of that name."""


class RewardError(MDPPowerError, ValueError):
    """A reward distribution is malformed, or lacks a moment that the question needs."""


class ParameterError(MDPPowerError, ValueError):
    """An argument is out of its range: γ, samples, slip, confidence, ..."""


class SizeError(MDPPowerError, ValueError):
    """The question is well posed but too large for the method or for memory; the message has the estimate."""


class SolverError(MDPPowerError, RuntimeError):
    """A solver gave no answer that could be certified.

    Parameters
    ----------
    message : str
        What happened.
    draw : int, optional
        The row of the rewards on which it happened.
    gap : float, optional
        The error bound that was reached.
    """

    def __init__(self, message: str, *, draw: int | None = None, gap: float | None = None) -> None:
        super().__init__(message)
        self.draw, self.gap = draw, gap
        self.estimate: Any = None  # what was computed before it happened, where there is something


class ConvergenceError(MDPPowerError, RuntimeError):
    """The asked precision was not reached within ``max_samples``.

    Parameters
    ----------
    message : str
        What was asked and what was reached.
    estimate : PowerEstimate
        The estimate so far: nothing already computed is lost.
    """

    def __init__(self, message: str, *, estimate: Any = None) -> None:
        super().__init__(message)
        self.estimate = estimate


class MDPPowerWarning(UserWarning):
    """Something the caller should know, though the result is sound."""

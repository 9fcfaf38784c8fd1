"""The errors mdppower raises: one base, and one kind for each thing that can be wrong.

Every message names the offender (state, action, line, value) and fits on one line, so that the command line
can print it as it is. Each kind is also the built-in error that a caller would expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self


class MDPPowerError(Exception):
    """Base of all errors raised on purpose by mdppower.

    Attributes
    ----------
    estimate : any
        Of an error that ends a run of draws: what the draws that were finished say, so that nothing is lost; None
        where there are fewer than two replicates.
    draw : int or None
        The draw on which it happened, or the first of those on which it did.

    Examples
    --------
    >>> import mdppower as mp
    >>> try:
    ...     mp.envs.make("amaze")
    ... except mp.MDPPowerError as error:
    ...     print(error)
    there is no environment 'amaze'; did you mean 'maze'? (mdppower envs lists them)
    """

    estimate: Any = None
    draw: int | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(self._on_one_line(message))

    def in_run(self, first: int, count: int, entropy: int) -> Self:
        """Say of which draw of a run this error is, by its number there; gives the error itself.

        Parameters
        ----------
        first, count : int
            The draws that were looked at together. ``draw`` is counted from the first of them so far; where it is
            None, the error is about all of them.
        entropy : int
            Of the run: passed as ``rng``, it makes the draw again.
        """
        last = first + count - 1
        if self.draw is not None or first == last:
            row = self.draw or 0
            which, message = f"draw {first + row}", str(self).removeprefix(f"draw {row}: ")
            self.draw = first + row
        else:
            which, message = f"draws {first} to {last}", str(self)
            self.draw = first
        return self.said(f"{message} ({which} of the run with rng={entropy})")

    def said(self, message: str) -> Self:
        """The error itself, in other words."""
        self.args = (self._on_one_line(message),)
        return self

    @staticmethod
    def _on_one_line(message: str) -> str:
        """The message; of line breaks, which names of others may have, their code."""
        return message.replace("\n", "\\n").replace("\r", "\\r")

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by __init__, as other exceptions: some of ours make their message of more than that.
        return type(self)._again, (self.args, self.__dict__.copy())

    @classmethod
    def _again(cls, args: tuple[Any, ...], attributes: dict[str, Any]) -> Self:
        """An error that comes from another process."""
        error = cls.__new__(cls, *args)
        error.__dict__.update(attributes)
        return error


class ModelError(MDPPowerError, ValueError):
    """The data do not describe a finite MDP: a row that does not sum to 1, a state with no action, ...

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.RewardlessMDP.from_successors({"a": {"go": {"a": 0.9}}})
    Traceback (most recent call last):
    mdppower.errors.ModelError: state 'a', action 'go': probabilities sum to 0.9, not 1
    """


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

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.envs.gridworld("; only a comment")
    Traceback (most recent call last):
    mdppower.errors.MapError: map: the map is empty
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
    """There is no state, action or environment of that name.

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.envs.fork(2).index("t3")
    Traceback (most recent call last):
    mdppower.errors.LabelError: there is no state 't3'; states are 'root', 't1', 't2'
    """


class RewardError(MDPPowerError, ValueError):
    """A reward distribution is malformed, lacks a moment that the question needs, or has drawn what is no number.

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.power(mp.envs.fork(2), 0.9, "cauchy")
    Traceback (most recent call last):
    mdppower.errors.RewardError: POWER needs rewards with a finite mean; cauchy has none in state 'root'
    """


class ParameterError(MDPPowerError, ValueError):
    """An argument is out of its range: γ, samples, slip, confidence, ...

    So is an argument that is code and fails: a policy that raises (the cause), an executor whose worker dies, a
    map-like ``workers`` that loses results or gives some twice.

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.power(mp.envs.fork(2), gamma=1.1)
    Traceback (most recent call last):
    mdppower.errors.ParameterError: gamma must be in [0, 1], got 1.1
    """


class FileError(MDPPowerError, ValueError):
    """A file is not one of ours, is damaged, or was written by a newer version; nothing of it is used.

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.load("nowhere.nc")
    Traceback (most recent call last):
    mdppower.errors.FileError: cannot read 'nowhere.nc': No such file or directory
    """


class SizeError(MDPPowerError, ValueError):
    """The question is well posed but too large for the method or for memory; the message has the estimate.

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.envs.make("open(100,100)").to_arrays()
    Traceback (most recent call last):
    mdppower.errors.SizeError: a dense array of shape (10000, 5, 10000) takes 3.7 GiB
    """


class SolverError(MDPPowerError, RuntimeError):
    """A solver gave no answer that could be certified.

    Parameters
    ----------
    message : str
        What happened.
    draw : int, optional
        The row of the rewards on which it happened.
    error_bound : float, optional
        The proved bound that was reached.
    lower, upper : (S,) arrays, optional
        Between these the values lie for certain.
    undecided : list of (state, action), optional
        Actions that cannot be told apart from the best of their states.
    gamma : float, optional
        The discount rate at which it happened.

    Attributes
    ----------
    estimate : any
        What is known all the same: of several discount rates those that could be certified, else of the draws that
        were finished; None where there is nothing.
    failures : dict
        Of several discount rates those without a result, {rate: SolverError}.

    Examples
    --------
    >>> raise SolverError("the residual does not fall", draw=7, error_bound=1e-3)
    Traceback (most recent call last):
    mdppower.errors.SolverError: the residual does not fall
    """

    def __init__(
        self,
        message: str,
        *,
        draw: int | None = None,
        error_bound: float | None = None,
        lower: Any = None,
        upper: Any = None,
        undecided: Sequence[tuple[Any, Any]] = (),
        gamma: float | None = None,
    ) -> None:
        super().__init__(message)
        self.draw, self.error_bound = draw, error_bound
        self.lower, self.upper, self.undecided = lower, upper, list(undecided)
        self.gamma = gamma
        self.failures: dict[float, SolverError] = {}


class ConvergenceError(MDPPowerError, RuntimeError):
    """The asked precision was not reached within ``max_samples``.

    Parameters
    ----------
    message : str
        What was asked and what was reached.
    estimate : PowerEstimate
        The estimate so far: nothing already computed is lost.

    Examples
    --------
    >>> import mdppower as mp
    >>> try:
    ...     mp.power(mp.envs.fork(2), 0.9, precision=1e-4, max_samples=4096, rng=0)
    ... except mp.ConvergenceError as error:
    ...     print(error.estimate.samples)
    4096
    """

    def __init__(self, message: str, *, estimate: Any = None) -> None:
        super().__init__(message)
        self.estimate = estimate


class MDPPowerWarning(UserWarning):
    """Something the caller should know, though the result is sound.

    Examples
    --------
    >>> import warnings, mdppower as mp
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     estimate = mp.power(mp.envs.fork(2), 0.9, "t(2)", samples=64, rng=0)
    >>> print(caught[0].message)
    t(2) rewards have no variance: there is no standard error and no interval
    """

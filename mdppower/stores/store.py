"""A store: one SQLite file in which runs of draws keep what they have finished, and from which they go on.

A *run* is a question (which MDP, rewards, rates, sampler, method, …) and the entropy of its draws; its key is the
SHA-256 of both. Of a run the store has *chunks*: the results of consecutive replicates, each written in a transaction
of its own, with its SHA-256. A driver that is killed at any moment leaves all that it had finished, and nothing half.

Nothing read from the file is believed: types and bounds of every field are checked, and what belongs together is
sealed by a SHA-256. What does not fit is a FileError, so that a damaged file is refused and never gives a number.

Any number of processes may read; for each run one drives (`lease`), and several runs may be driven in one file. That
is promised on local disks only: SQLite needs locks that work, and those of network file systems often do not.
"""

from __future__ import annotations

import json
import operator
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

import numpy as np

from mdppower._atomic import PathLike
from mdppower._schema import MOST_DIGITS, Misfit, real, whole
from mdppower.errors import FileError, ParameterError
from mdppower.stores.ledger import Ledger, merged
from mdppower.stores.store_file import StoreFile
from mdppower.stores.store_runs import (
    LARGEST,
    LARGEST_ENTROPY,
    LATEST,
    RunRow,
    canonical,
    read_runs,
    run_key,
    write_run,
)


@dataclass(frozen=True)
class RunRecord:
    """What a store says of a run.

    Attributes
    ----------
    id : str
        The run's key: SHA-256 of question and entropy, in hexadecimal.
    question, arguments : dict
        What makes the run what it is, and what the latest call that opened it told to be shown.
    entropy : int
        Passed as ``rng``, it asks for this run again.
    finished, wanted : int
        Replicates that are stored, and those the latest driver was to make.
    draws : int or None
        Of a replicate: ``arguments["draws"]``, where that is told.
    seconds : float
        Of work, summed over what is stored.
    created, updated : float
        Seconds since 1970: when it was first asked for; when it was last opened or written.
    complete : bool
        Whether all that was wanted is there.
    driver : str or None
        Who is at work on it, as far as can be seen.
    """

    id: str
    question: dict[str, Any]
    arguments: dict[str, Any]
    entropy: int
    finished: int
    wanted: int
    draws: int | None
    seconds: float
    created: float
    updated: float
    complete: bool
    driver: str | None


class Store:
    """A SQLite file of runs, opened, or made where there is none.

    Parameters
    ----------
    path : str or path
    writing : bool
        False: only to look (`runs`, `find`). A missing file is an error then, and one that is read-only will do.

    Raises
    ------
    FileError
        The file is foreign, newer, cut, damaged, a folder, or cannot be written. It is as it was; only a transaction
        that a killed writer left half is taken back.

    Notes
    -----
    A store may be used from several threads, and after a fork; a process sends no store to another, but its path.
    Two drivers at once are promised on local disks only.

    Examples
    --------
    >>> import os, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Store(os.path.join(folder.name, "run.sqlite")) as store:
    ...     ledger = store.ledger({"mdp": "b3c2"}, {"function": "power"}, entropy=7)
    ...     with ledger.driving(8):
    ...         ledger.add(range(0, 4), (np.arange(4.0),), seconds=0.1)
    ...     print(ledger.spans(), ledger.read(range(1, 3)), store.runs()[0].complete)
    [range(0, 4)] (array([1., 2.]),) False
    >>> folder.cleanup()
    """

    def __init__(self, path: PathLike, *, writing: bool = True) -> None:
        self._file = StoreFile(path, writing=writing)
        try:
            read_runs(self._file)
        except BaseException:
            self._file.close()
            raise

    def ledger(self, question: Mapping[str, Any], arguments: Mapping[str, Any], entropy: int | None = None) -> Ledger:
        """The run of a question, begun if the store has none.

        Parameters
        ----------
        question : mapping
            What tells runs apart, but for the entropy; of what JSON can hold.
        arguments : mapping
            What is shown of it; of what JSON can hold.
        entropy : int, optional
            Left out: that of the run of this question that was opened last, else a fresh one.

        Returns
        -------
        Ledger

        Raises
        ------
        ParameterError
            The entropy is negative; JSON cannot hold question or arguments.
        SizeError
            They are too long.
        FileError
            The store is damaged, or cannot be written.
        """
        asked, shown = canonical(question, "question"), canonical(arguments, "arguments")
        if entropy is not None and (isinstance(entropy, bool) or not 0 <= operator.index(entropy) <= LARGEST_ENTROPY):
            raise ParameterError(f"the entropy of a run must be an integer of at most {MOST_DIGITS:,} digits")
        with self._file.transaction() as connection:
            if entropy is None:
                found = read_runs(self._file, "question = ?", asked)
                entropy = int(np.random.SeedSequence().entropy or 0)  # type: ignore[arg-type]
            else:
                found = read_runs(self._file, "key = ?", run_key(asked, f"{operator.index(entropy):x}"))
            now = time.time()
            last = self._file.select("SELECT coalesce(max(number), 0), coalesce(max(turn), 0) FROM run")[0]
            number, turn = (_below(value) + 1 for value in last)
            if found:
                run = max(found, key=lambda run: run.turn)
            else:
                told = f"{operator.index(entropy):x}"
                run = RunRow(number, run_key(asked, told), told, 0, now, now, turn, shown, asked)
            run = replace(run, opened=now, turn=turn, arguments=shown)
            write_run(connection, run)
        return Ledger(self._file, run)

    def find(self, id: str) -> Ledger:
        """The run with this id, or with the only one that begins so, to be looked at: nothing is written.

        Raises
        ------
        FileError
            There is none, or there are several.
        """
        found = [run for run in read_runs(self._file) if run.key.startswith(id)]
        if len(found) != 1:
            raise FileError(f"store {self._file.name!r} has {len(found) or 'no'} runs whose id begins with {id!r}")
        return Ledger(self._file, found[0])

    def runs(self) -> list[RunRecord]:
        """All runs, in the order in which they were begun. FileError if one is damaged."""
        return [self._record(run) for run in read_runs(self._file)]

    def close(self) -> None:
        """Close the file; its ledgers can no longer be used."""
        self._file.close()

    def __str__(self) -> str:
        return self._file.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self, run: RunRow) -> RunRecord:
        spans, ledger = merged(self._file, run.number), Ledger(self._file, run)
        (worked,) = self._file.select(
            "SELECT coalesce(sum(seconds), 0.0), coalesce(max(written), 0.0) FROM chunk WHERE run = ?", run.number
        )
        try:
            question, arguments = (_table(told) for told in (run.question, run.arguments))
            seconds, written = (real(0, high)(told) for told, high in zip(worked, (1e300, LATEST), strict=True))
        except Misfit as error:
            raise self._file.damaged(f"run {run.key[:12]}: {error}") from None
        draws = arguments.get("draws")
        return RunRecord(
            id=run.key,
            question=question,
            arguments=arguments,
            entropy=ledger.entropy,
            finished=sum(map(len, spans)),
            wanted=run.wanted,
            draws=draws if type(draws) is int else None,
            seconds=seconds,
            created=run.created,
            updated=max(run.opened, written),
            complete=run.wanted > 0 and bool(spans) and spans[0].start == 0 and spans[0].stop >= run.wanted,
            driver=ledger.driver(),
        )


def _table(told: str) -> dict[str, Any]:
    try:
        found = json.loads(told)
    except (ValueError, RecursionError):
        raise Misfit("JSON", told) from None
    if not isinstance(found, dict):
        raise Misfit("a table", told)
    return found


def _below(value: Any) -> int:
    found: int = whole(0, LARGEST - 1)(value)
    return found

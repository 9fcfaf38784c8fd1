"""All claims on one MDP: which apply, by which symmetry, and what tests of them gave.

For each claim the MDP is gone through for states and actions where its hypotheses may hold (`candidates`), up to a
time; of what is found the most interesting are tested and reported. A claim that applies nowhere gets one report that
says so, and whether that is proved.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain
from os import PathLike
from typing import Any, overload

from mdppower._checks import positive, positive_integer
from mdppower._text import count, rate_text
from mdppower._warn import warn
from mdppower.errors import ParameterError, SizeError, SolverError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.run_loop import whole
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.rewards.distribution import resolve
from mdppower.symmetry.automorphisms import Symmetries
from mdppower.symmetry.involutions import Budget
from mdppower.theorems.candidates import Survey
from mdppower.theorems.claim_report import ClaimReport, Hypothesis
from mdppower.theorems.claim_setting import GAMMAS, Setting, setting
from mdppower.theorems.evidence import judged_together
from mdppower.theorems.searches import CLAIMS, SEARCHES, Made


@dataclass(frozen=True, eq=False, repr=False)
class Verification(Result, Sequence[ClaimReport]):
    """Reports of claims on one MDP, the most interesting first within each claim; made by `verify`.

    Attributes
    ----------
    reports : tuple of ClaimReport
    surveys : dict from claim to Survey
        How many places were looked at, where a claim was searched for.
    here : Setting
        The terms of the checks.
    unchecked : tuple of str
        Claims that were asked for, and not checked to the end, because Ctrl-C or an error ended the run.

    Examples
    --------
    >>> import mdppower as mp
    >>> found = verify(mp.envs.figure_1(), gamma=0.5, claims=["prop-6.9.1"], rng=0)
    >>> found[0]
    ClaimReport(prop-6.9.1 at 'star', '->r_tri', '->l_tri': holds)
    >>> found.is_refuted
    False
    """

    reports: tuple[ClaimReport, ...]
    surveys: dict[str, Survey]
    here: Setting
    unchecked: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether the run ended before all claims were checked."""
        return bool(self.unchecked)

    @property
    def is_refuted(self) -> bool:
        """Whether a claim whose hypotheses hold is contradicted: a discovery, or a bug."""
        return any(one.verdict == "violated" for one in self.reports)

    @property
    def about(self) -> dict[str, str]:
        """Facts of the run, for reports."""
        here = self.here
        facts = {"interrupted": f"not checked: {', '.join(self.unchecked)}"} if self.interrupted else {}
        facts |= {
            "MDP": repr(here.mdp),
            "γ": ", ".join(map(rate_text, here.gammas)),
            "rewards": self.rewards_name,
            "pathwise tests": f"{here.samples:,} draws of {self.rewards_name} rewards each",
            "votes": f"{here.votes:,} elements of an orbit, or all",
            "rng": str(here.entropy),
            "symmetries of the whole MDP": self._symmetric,
            "false alarms": f"at most {here.level:g} of such runs contradict a true claim by sampled votes (Holm)",
        }
        return facts | {f"search, {claim}": str(survey) for claim, survey in self.surveys.items()}

    @property
    def rewards_name(self) -> str:
        """The law that tests draw from, by its name."""
        given = self.here.rewards
        return given if isinstance(given, str) else resolve(given, self.here.mdp).name

    @property
    def symmetries(self) -> Symmetries | None:
        """The symmetries of the whole MDP; None where the run was interrupted before they were looked for."""
        if self.interrupted and "symmetries" not in self.here.__dict__:
            return None  # who pressed Ctrl-C does not wait for a search now
        return self.here.symmetries

    @property
    def _symmetric(self) -> str:
        orbits = self.symmetries
        if orbits is None:
            return "not looked for"
        told = "none" if orbits.is_trivial else f"{count(len(orbits.orbits), 'orbit')} of states"
        return told if orbits.complete else f"{told} (the search was cut short)"

    def of(self, claim: str) -> tuple[ClaimReport, ...]:
        """The reports of one claim.

        Parameters
        ----------
        claim : str
            One of `mdppower.theorems.CLAIMS`.

        Raises
        ------
        ParameterError
            There is no such claim.
        """
        (name,) = _chosen([claim])
        return tuple(one for one in self.reports if one.claim == name)

    def table(self) -> Table:
        """The reports, one row each.

        Returns
        -------
        Table
            Columns claim, where, verdict, strict (the side condition of the strict part) and evidence.
        """
        return Table(
            {
                "claim": [one.claim for one in self.reports],
                "where": [", ".join(map(str, one.where)) for one in self.reports],
                "verdict": [one.verdict for one in self.reports],
                "strict": ["–" if one.strict is None else one.strict.status for one in self.reports],
                "evidence": [", ".join(dict.fromkeys(e.kind for e in one.evidence)) for one in self.reports],
            },
            f"not checked: {', '.join(self.unchecked)}" if self.interrupted else "",
        )

    def save(self, path: Any, title: str | None = None) -> None:
        """Write it as .nc, for `mdppower.load`; as a page .md, .html or .json; or its table as .csv.

        Parameters
        ----------
        path : str or path
        title : str, optional
            Of a page.

        Raises
        ------
        ParameterError
            It ends otherwise; or, for .nc, rewards were no text.
        FileError
            The file cannot be written.
        """
        from mdppower.reports.pages import write_report

        if str(path).lower().endswith((".csv", ".nc")):
            from mdppower.files.results import save_result

            save_result(self, path)
            return
        write_report(self, path, title=title or f"Claims about {self.here.mdp!r}", about=self.about)

    @overload
    def __getitem__(self, index: int) -> ClaimReport: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[ClaimReport]: ...

    def __getitem__(self, index: int | slice) -> ClaimReport | Sequence[ClaimReport]:
        return self.reports[index]

    def __len__(self) -> int:
        return len(self.reports)

    def __repr__(self) -> str:
        verdicts = ("holds", "violated", "inconclusive", "not applicable")
        counts = [(verdict, sum(one.verdict == verdict for one in self.reports)) for verdict in verdicts]
        told = ", ".join(f"{number} {verdict}" for verdict, number in counts)
        more = f"; interrupted, {count(len(self.unchecked), 'claim')} not checked" * self.interrupted
        return f"Verification({count(len(self.reports), 'report')}: {told}{more})"


def verify(
    mdp: RewardlessMDP,
    gamma: Any = GAMMAS,
    *,
    claims: Iterable[str] | None = None,
    most: int = 4,
    seconds: float = 20.0,
    samples: int = 1000,
    votes: int = 400,
    rewards: Any = "norm(0,1)",
    level: float = 0.001,
    rng: Any = None,
    budget: Budget | None = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Verification:
    """Find which results of Turner et al. (arXiv 1912.01683) apply to an MDP, and test their conclusions.

    On the command line: ``mdppower verify ENV``.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
        Rates at which conclusions are tested.
    claims : iterable of str, optional
        Some of `CLAIMS`; default all.
    most : int
        Reports of one claim: the most interesting.
    seconds : float
        For the search of one claim; what was not looked at by then is said in `surveys`.
    samples, votes, rewards, level, budget, method, workers, executor, key
        See `mdppower.theorems.Setting`. Rewards are "norm(0,1)", which covers all directions, and not "uniform", as
        elsewhere; samples are fewer than an estimate has, for one draw that contradicts is enough.
    rng : int, numpy.random.Generator, SeedSequence, …
    store : str or path, optional
        A file (SQLite) that keeps the draws of each pathwise test and estimate: the same call again, without `rng`
        too, makes none of them twice. Searches and votes are done again.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    Verification

    Raises
    ------
    ParameterError
        An argument is out of range, or there is no such claim.
    RewardError, FileError
        Draws cannot be made, or the store not be written; ``estimate`` is a Verification of the claims that were
        checked by then. Where only something of one claim cannot be computed, its report says so.
    KeyboardInterrupt
        Ctrl-C, before any claim was checked.

    Notes
    -----
    Ctrl-C ends the run early, and gives the reports of the claims that were checked to their end, with a warning;
    `unchecked` names the others.

    In a store each test is a run of its own, of 16 bytes a draw, and costs some transactions: 10 ms on the disk of
    a usual machine, which is as long as a test of a small MDP takes. A store pays where tests are long.

    Examples
    --------
    >>> import mdppower as mp
    >>> found = verify(mp.envs.make("fork(2)"), gamma=[0.5, 1], claims=["prop-5.4", "prop-6.6"], rng=0)
    >>> [(one.claim, one.where, one.verdict) for one in found]
    [('prop-5.4', (), 'holds'), ('prop-6.6', ('t2', 't1'), 'holds')]
    """
    check_mdp(mdp)
    from tqdm import tqdm

    chosen = _chosen(claims)
    positive_integer(most, "most")
    positive(seconds, "seconds")
    here = setting(
        mdp, gamma, samples=samples, votes=votes, rewards=rewards, level=level, rng=rng, budget=budget, method=method,
        workers=workers, executor=executor, store=store, key=key,
    )  # fmt: skip
    made: list[Made] = []
    hidden = None if progress is None else not progress
    try:
        with (
            here.opened() as here,
            tqdm(desc="claims", total=len(chosen), unit=" claims", disable=hidden) as bar,
            whole(),
        ):
            for claim in chosen:
                bar.set_description(claim)
                made.append(_checked(claim, here, most, time.monotonic() + seconds))
                bar.update()
    except KeyboardInterrupt:
        if not made:
            raise
        if len(made) < len(chosen):
            warn(f"interrupted: {len(made)} of {len(chosen)} claims were checked")
    except Exception as error:
        # What it has so far is of one test.
        error.estimate = _found(chosen, made, here) if made else None  # type: ignore[attr-defined]
        raise
    return _found(chosen, made, here)


def _found(chosen: Sequence[str], made: Sequence[Made], here: Setting) -> Verification:
    """What was made of the first of some claims."""
    reports = chain.from_iterable(reports for reports, _ in made)
    surveys = {claim: survey for claim, (_, survey) in zip(chosen, made, strict=False) if survey is not None}
    return Verification(
        tuple(judged_together(reports, here.level)), surveys, here.alone(), tuple(chosen[len(made) :])
    )


def _checked(claim: str, here: Setting, most: int, end: float) -> Made:
    """The reports of one claim; one that cannot be computed says why, and costs the others nothing."""
    try:
        return SEARCHES[claim](here, most, end)
    except (SolverError, SizeError) as error:
        failed = Hypothesis("it could be checked", "unknown", str(error))
        return [ClaimReport(claim, claim, "not checked", here.mdp, (), here.gammas, (failed,), ())], None


def _chosen(claims: Iterable[str] | None) -> list[str]:
    if claims is None:
        return list(CLAIMS)
    given = [claims] if isinstance(claims, str) else list(claims)
    for name in given:
        if name not in CLAIMS:
            near = difflib.get_close_matches(str(name), CLAIMS, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ParameterError(f"there is no claim {name!r}; {hint}claims: {', '.join(CLAIMS)}")
    if not given:
        raise ParameterError(f"no claims were given; there are {', '.join(CLAIMS)}")
    return [name for name in CLAIMS if name in given]

"""What a check of a claim gives back: hypotheses, evidence, and one of four verdicts.

A theorem of the form "if H, then C" meets an MDP in four ways:

holds           every hypothesis is *proved* for this MDP, and no test of the conclusion contradicts it
violated        every hypothesis is proved, and a test contradicts the conclusion: a discovery, or a bug
not applicable  a hypothesis is proved false: the theorem says nothing here
inconclusive    a hypothesis could not be decided within the budget, or only samples speak for the conclusion

The verdict follows from the parts, so that no report can claim more than it shows: without structural, closed-form or
exact evidence nothing "holds", however many samples agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mdppower._typing import Label
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

Verdict: TypeAlias = 'Literal["holds", "violated", "inconclusive", "not applicable"]'
VERDICTS: tuple[Verdict, ...] = ("holds", "violated", "inconclusive", "not applicable")

Status: TypeAlias = 'Literal["met", "not met", "unknown"]'
Kind: TypeAlias = 'Literal["structural", "exact", "pathwise", "votes", "estimate"]'
Outcome: TypeAlias = 'Literal["supports", "contradicts", "silent"]'

PROOFS: frozenset[Kind] = frozenset({"structural", "exact"})
"""Kinds of evidence that do not rest on samples."""


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """One condition of a claim, as found on this MDP.

    Attributes
    ----------
    name : str
        The condition in words.
    status : {"met", "not met", "unknown"}
    detail : str
        What shows it: a witness in words, or what was searched and how far.
    """

    name: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Evidence:
    """One test of a conclusion.

    Attributes
    ----------
    kind : {"structural", "exact", "pathwise", "votes", "estimate"}
        Structural: it follows from the certificate. Exact: in fractions, or by going through all there is. Pathwise:
        draw by draw. Votes: over an orbit. Estimate: a mean or a probability with its interval.
    outcome : {"supports", "contradicts", "silent"}
    detail : str
    numbers : mapping from str to number or text
        What is in `detail`, to be read by programs; JSON types only.
    """

    kind: Kind
    outcome: Outcome
    detail: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Strict:
    """The strict part of a claim ("and the converse does not hold").

    Attributes
    ----------
    status : {"met", "not met", "unknown"}
        Of its side condition.
    detail : str
    """

    status: Status
    detail: str


@dataclass(frozen=True, eq=False)
class ClaimReport(Result):
    """A claim on one MDP: what it says there, why it applies or not, what tests of it gave.

    Attributes
    ----------
    claim : str
        Its name, one of `mdppower.theorems.CLAIMS`.
    reference : str
        Where it is stated.
    statement : str
        What it says about this MDP.
    mdp : RewardlessMDP
    where : tuple of labels
        States and actions it is about; empty for the whole MDP.
    gammas : tuple of float
        Rates at which conclusions were tested.
    hypotheses : tuple of Hypothesis
    evidence : tuple of Evidence
    strict : Strict or None
        None where the claim has no strict part.
    phi : dict from label to label, or None
        The state permutation that makes it apply, without the states that it leaves alone.
    sides : dict from str to tuple of labels
        States of the options on both sides, for pictures; the greater side is named first.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> met = Hypothesis("the root has a choice", "met")
    >>> seen = Evidence("pathwise", "supports", "64 draws")
    >>> ClaimReport("prop-5.4", "here", "POWER ≤ 2/3", fork, (), (0.5,), (met,), (seen,)).verdict
    'inconclusive'
    >>> proof = Evidence("exact", "supports", "2/3 ≤ 2/3")
    >>> ClaimReport("prop-5.4", "here", "POWER ≤ 2/3", fork, (), (0.5,), (met,), (seen, proof)).verdict
    'holds'
    """

    claim: str
    reference: str
    statement: str
    mdp: RewardlessMDP
    where: tuple[Label, ...]
    gammas: tuple[float, ...]
    hypotheses: tuple[Hypothesis, ...]
    evidence: tuple[Evidence, ...]
    strict: Strict | None = None
    phi: Mapping[Label, Label] | None = None
    sides: Mapping[str, tuple[Label, ...]] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What the parts amount to; see the top of `mdppower.theorems.claim_report`."""
        statuses = {one.status for one in self.hypotheses}
        if "not met" in statuses:
            return "not applicable"
        if "unknown" in statuses:
            return "inconclusive"
        if any(one.outcome == "contradicts" for one in self.evidence):
            return "violated"
        proved = any(one.kind in PROOFS and one.outcome == "supports" for one in self.evidence)
        return "holds" if proved else "inconclusive"

    def table(self) -> Table:
        """The parts of the report, one row each.

        Returns
        -------
        Table
            Columns part (hypothesis, evidence, or strict), name (the condition, or the kind of evidence), status (or
            outcome) and detail.
        """
        rows: list[tuple[str, str, str, str]]
        rows = [("hypothesis", one.name, one.status, one.detail) for one in self.hypotheses]
        rows += [("evidence", one.kind, one.outcome, one.detail) for one in self.evidence]
        rows += [("strict", "", self.strict.status, self.strict.detail)] if self.strict is not None else []
        columns = {name: [row[k] for row in rows] for k, name in enumerate(("part", "name", "status", "detail"))}
        return Table(columns, f"{self.statement}: {self.verdict}")

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture of the states and actions that it is about; see `mdppower.reports.claim_picture`."""
        from mdppower.reports.claim_picture import plot_claim

        return plot_claim(self, path, **options)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as .nc, for `mdppower.load`; as a page .md, .html or .json; or its table as .csv.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        ParameterError
            It ends otherwise.
        FileError
            The file cannot be written.
        """
        from mdppower.reports.pages import write_report

        if str(path).lower().endswith((".csv", ".nc")):
            from mdppower.files.results import save_result

            save_result(self, path)
        else:
            write_report([self], path)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types; labels that are no text or number become text.

        Returns
        -------
        dict
        """
        return {
            "claim": self.claim,
            "reference": self.reference,
            "statement": self.statement,
            "where": [plain(label) for label in self.where],
            "gammas": list(self.gammas),
            "verdict": self.verdict,
            "hypotheses": [{"name": h.name, "status": h.status, "detail": h.detail} for h in self.hypotheses],
            "evidence": [
                {"kind": e.kind, "outcome": e.outcome, "detail": e.detail, "numbers": dict(e.numbers)}
                for e in self.evidence
            ],
            "strict": None if self.strict is None else {"status": self.strict.status, "detail": self.strict.detail},
            "phi": None if self.phi is None else [[plain(s), plain(t)] for s, t in self.phi.items()],
            "sides": {name: [plain(s) for s in states] for name, states in self.sides.items()},
        }

    def __repr__(self) -> str:
        about = f" at {', '.join(map(repr, self.where))}" if self.where else ""
        return f"ClaimReport({self.claim}{about}: {self.verdict})"


def plain(label: Label) -> Any:
    """A label as a JSON type: text and integers as they are, tuples as lists."""
    return [plain(part) for part in label] if isinstance(label, tuple) else label


def require_reports(reports: Any) -> tuple[ClaimReport, ...]:
    """Reports as a tuple, or ParameterError."""
    found = tuple(reports)
    for one in found:
        if not isinstance(one, ClaimReport):
            raise ParameterError(f"expected reports of claims, got {one!r}")
    return found

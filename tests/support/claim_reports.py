"""Reports of claims made by hand, for the tests of how they are shown."""

from __future__ import annotations

import mdppower as mp
from mdppower.theorems.claim_report import ClaimReport, Evidence, Hypothesis, Strict

MIRROR = {"l_sw": "r_se", "l_nw": "r_ne", "r_ne": "l_nw", "r_se": "l_sw"}
PROVED = Evidence("structural", "supports", "φ takes F_nd(s') into F(s)")
DRAWS = Evidence("pathwise", "supports", "0 of 1,000 draws", {"draws": 1000, "violations": 0})


def report(mdp, claim="prop-6.6", where=(), status="met", evidence=(PROVED,), **more):
    """A report with one hypothesis of that status."""
    hypothesis = Hypothesis("F(s) contains a copy of F_nd(s')", status, more.pop("detail", ""))
    statement = more.pop("statement", "POWER(s) ≥ POWER(s') for most rewards")
    return ClaimReport(claim, "Proposition 6.6", statement, mdp, where, (0.5, 1.0), (hypothesis,), evidence, **more)


def copy_in_figure_1(**more):
    """Proposition 6.6 on figure 1: F(r_se) contains a copy of F_nd(l_sw), by the mirror image."""
    sides = {"r_se": ("r_se", "r_ne"), "l_sw": ("l_sw", "l_nw")}
    strict = Strict("met", "one vector is left over")
    parts = {"where": ("r_se", "l_sw"), "evidence": (PROVED, DRAWS), "phi": MIRROR, "sides": sides, "strict": strict}
    return report(mp.envs.figure_1(), **(parts | more))


def actions_in_figure_1():
    """Proposition 6.9: going right at the star seeks more POWER than going left."""
    sides = {"->r_tri": ("star", "r_tri", "r_se", "r_ne"), "->l_tri": ("star", "l_tri", "l_sw", "l_nw")}
    phi = MIRROR | {"l_tri": "r_tri", "r_tri": "l_tri"}
    where = ("star", "->r_tri", "->l_tri")
    return report(mp.envs.figure_1(), "prop-6.9.1", where, phi=phi, sides=sides)


def mirrored(mdp, where=()):
    """A report whose φ is the mirror image left-right of a map."""
    columns = [column for _, column in mdp.states]
    ends = min(columns) + max(columns)
    phi = {(row, column): (row, ends - column) for row, column in mdp.states if 2 * column != ends}
    return report(mdp, where=where, phi=phi)

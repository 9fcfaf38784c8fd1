"""Tables of pairs of options and of sets of visit distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower.occupancy.distribution_tables import policy_text, visits_text

if TYPE_CHECKING:
    import xarray as xr

    from mdppower.occupancy.visit_distributions import Recurrent, Visits


def pairs_table(found: xr.Dataset) -> dict[str, list[Any]]:
    """What `compare_all` found, one row for each ordered pair of options.

    Parameters
    ----------
    found : xarray.Dataset

    Returns
    -------
    dict
        Columns A, B, gap, gap_stderr, p_greater, p_tie, p_less, p_at_least, lower, upper, convergent; the last says
        whether B is instrumentally convergent over A: yes, no, or open.

    Examples
    --------
    >>> import mdppower as mp
    >>> options = [mp.Option.state(mp.envs.fork(2), s, 0.9, kind="power") for s in ("t1", "root")]
    >>> table = pairs_table(mp.compare_all(options, samples=64, rng=0))
    >>> table["A"], table["B"], table["convergent"][1]
    (["'t1'", "'root'"], ["'root'", "'t1'"], 'no')
    """
    apart = ~np.eye(found.sizes["A"], dtype=bool)
    first, second = np.nonzero(apart)
    table: dict[str, list[Any]] = {"A": found.A.values[first].tolist(), "B": found.B.values[second].tolist()}
    names = {"p_lower": "lower", "p_upper": "upper"}
    for name in ("gap", "gap_stderr", "p_greater", "p_tie", "p_less", "p_at_least", "p_lower", "p_upper"):
        table[names.get(name, name)] = found[name].values[apart].tolist()
    answers = {1: "yes", 0: "no", -1: "open"}
    table["convergent"] = [answers[int(x)] for x in found.convergent.values[apart]]
    return table


def visits_table(found: Visits | Recurrent, best: Visits | Recurrent, *, full: bool = True) -> dict[str, list[Any]]:
    """Distributions over states, one row each.

    Parameters
    ----------
    found : Visits or Recurrent
    best : Visits or Recurrent
        Those of them that are nondominated.
    full : bool
        Whether each state has a column; else the states that are visited most are named in one.

    Returns
    -------
    dict
        Columns number (see `found.policy`), nondominated, policy, and visits: (1−γ)f, or the recurrent distribution.

    Examples
    --------
    >>> import mdppower as mp
    >>> F = mp.visits(mp.envs.fork(2), "root", 0.9)
    >>> from mdppower.results.table_text import render
    >>> print(render(visits_table(F, F.nondominated(), full=False)))
    number  nondominated  policy            visits
         0  yes           root->t1, t1->t1  t1 .9, root .1
         1  yes           root->t2, t2->t2  t2 .9, root .1
    """
    from mdppower.occupancy.vectors import SAME
    from mdppower.occupancy.visit_distributions import Visits

    if isinstance(found, Visits):
        # A nondominated distribution has one policy (up to equivalent actions), whereas rows may coincide at one γ.
        rows = found.normalised
        policies = {frozenset(policy.items()) for policy in best.policies}
        among = [frozenset(policy.items()) in policies for policy in found.policies]
    else:
        ends = best.normalised if isinstance(best, Visits) else best.rows
        rows = found.rows
        among = [bool((np.abs(ends - row).max(axis=1) <= SAME).any()) for row in rows]
    names = [str(label) for label in found.mdp.states]
    table: dict[str, list[Any]] = {
        "number": list(range(len(rows))),
        "nondominated": among if full else ["yes" if x else "no" for x in among],
        "policy": [policy_text(found.policy(k)) for k in range(len(rows))],
    }
    if full:
        return table | {f"visits of {name}": rows[:, s].tolist() for s, name in enumerate(names)}
    return table | {"visits": [visits_text(row, names) for row in rows]}

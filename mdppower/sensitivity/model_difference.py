"""Two MDPs compared on the same draws: what a door that is open or shut does to POWER.

States are matched by label. A reward function is drawn for the union of both MDPs' labels, and each MDP sees its
part: a state that both have earns the same in both. So for a common state s

    POWER_A(s, γ) − POWER_B(s, γ) = E[max_a E_{T_A(s,a)} v_A − max_a E_{T_B(s,a)} v_B]

is the mean of one difference a draw: paired, so that it can be told from 0 with far fewer draws than two separate
runs would need. The expectation is the difference of the two POWERs whatever the pairing; the error depends on it.

Where nothing that can be reached from s differs (the same sets of transition rows, by label, in both), the difference
is 0 for every draw. Such states are found beforehand, have the interval ± the solver's certified error, and take no
share of the simultaneous level. Rows that differ by rounding count as different, which is the safe side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from itertools import pairwise
from os import PathLike
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._checks import discount_rates
from mdppower._stop import stop_if_told
from mdppower._text import shorten
from mdppower._typing import AnyArray, BoolArray, Label
from mdppower.errors import ParameterError, RewardError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.certified_rates import certified_rates
from mdppower.measures.common_draws import CommonRun, Model, run_together
from mdppower.measures.stored_calls import answers
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.run_loop import Conduct, finished_as, last
from mdppower.montecarlo.steps import in_steps, no_draws
from mdppower.rewards.distribution import resolve
from mdppower.rewards.joint_laws import Reordered
from mdppower.rewards.pair_rewards import OnPairs
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.sensitivity.model_difference_estimate import ModelDifference


def difference(
    A: RewardlessMDP,
    B: RewardlessMDP,
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    sampler: str = "latin",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> ModelDifference:
    """Compare POWER in two MDPs on the same draws, state by state: POWER in A less POWER in B.

    On the command line: ``mdppower diff A B``.

    Parameters
    ----------
    A, B : RewardlessMDP
        With at least one state label in common.
    gamma : float or sequence of float
    rewards : str, distribution, mapping, callable, …
        Of the union of the labels, see `mdppower.rewards`: i.i.d., or a mapping from label (or mark) to law. A joint
        distribution is over all of A's states, in A's order, and then those that only B has, in B's.
    samples, rng, sampler, workers, executor, store, key, progress
        As for `mdppower.power`.
    method : {"auto", "exact", "deterministic", "stochastic", "lp", "lp-occupancy"}
        As for `mdppower.power`.

    Returns
    -------
    ModelDifference

    Raises
    ------
    ParameterError, SolverError, SizeError
        As `mdppower.power` raises them, with a ModelDifference of what was finished; no label is common.
    RewardError
        The rewards are not over the union, or have no mean.

    Examples
    --------
    A room with its door open, and shut.

    >>> import mdppower as mp
    >>> opened = '''
    ...     a.#.
    ...     ....
    ... '''
    >>> shut = '''
    ...     a.#.
    ...     ..#.
    ... '''
    >>> found = difference(mp.envs.gridworld(opened), mp.envs.gridworld(shut), 0.9, rng=0)
    >>> found.only_A, found.most_in_A()[0]
    (((1, 2),), (1, 3))
    """
    conduct = Conduct(workers, executor, progress, store, key)
    return last(_steps((samples,), conduct, A, B, gamma, rewards, rng=rng, method=method, sampler=sampler))


@in_steps(difference)
def _steps(
    looks: Sequence[int],
    conduct: Conduct,
    A: RewardlessMDP,
    B: RewardlessMDP,
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    rng: Any = None,
    method: str = "auto",
    sampler: str = "latin",
) -> Iterator[ModelDifference]:
    check_mdp(A, "A")
    check_mdp(B, "B")
    gammas, single = discount_rates(gamma)
    known = set(A.states)
    only_b = tuple(x for x in B.states if x not in known)
    place = {label: k for k, label in enumerate((*A.states, *only_b))}
    inside = set(B.states)
    labels = tuple(x for x in A.states if x in inside)
    if not labels:
        raise ParameterError(
            f"the two MDPs have no state in common: A has {shorten(A.states, 3)}, B has {shorten(B.states, 3)}"
        )
    union = union_of(A, B, list(place))
    distribution = _over_union(rewards, union, A, len(only_b))
    distribution.require_mean(union)
    own = [np.array([place[x] for x in mdp.states]) for mdp in (A, B)]
    common = [np.array([mdp.index(x) for x in labels]) for mdp in (A, B)]
    only_a = tuple(x for x in A.states if x not in inside)
    still = unaffected_states(A, B)[common[0]]
    models = [Model(mdp, columns, shown) for mdp, columns, shown in zip((A, B), own, common, strict=True)]

    def found(made: CommonRun, fractions: AnyArray | None = None) -> ModelDifference:
        return ModelDifference(
            A, B, union, labels, only_a, only_b, made.gammas, single, made.data, still, distribution, made.samples,
            made.entropy, made.sampler, made.interrupted, fractions,
        )  # fmt: skip

    def exactly(rates: tuple[float, ...]) -> Iterator[ModelDifference]:
        data, fractions = _exactly((A, B), own, common, rates, distribution, conduct.progress)
        yield found(CommonRun(rates, data, 0, 0, "exact", False), fractions)

    if method == "exact":
        no_draws(looks, conduct)
        yield from certified_rates(exactly, gammas)
        return
    with finished_as(found):
        for made in run_together(
            models, distribution, gammas, call="difference", samples=looks[-1], looks=looks, rng=rng, method=method,
            sampler=sampler, conduct=conduct, given={"A": A, "B": B}, shown={"single": single},
        ):  # fmt: skip
            yield found(made)


@answers("difference")
def _from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> ModelDifference:
    question = given["A"], given["B"], asked["gamma"], given["rewards"]
    told = {name: asked[name] for name in ("rng", "method", "sampler")}
    return last(_steps((asked["samples"],), conduct, *question, **told))


def _exactly(
    mdps: tuple[RewardlessMDP, RewardlessMDP],
    own: list[AnyArray],
    common: list[AnyArray],
    gammas: tuple[float, ...],
    distribution: RewardDistribution,
    progress: bool | None,
) -> tuple[Replicates, AnyArray | None]:
    """POWER of the common states without draws."""
    from mdppower.measures.exact_means import exact_powers

    models = [(mdp, Reordered(distribution, columns)) for mdp, columns in zip(mdps, own, strict=True)]
    values, errors = [], []
    for (found, error), shown in zip(exact_powers(models, gammas, progress), common, strict=True):
        values.append(np.array(found, dtype=object)[:, shown])
        errors.append(error)
    known = Estimate.known(np.concatenate(values, axis=1), range(2 * len(common[0])), gammas)
    assert isinstance(known.data, Replicates)
    return replace(known.data, slack=np.max(errors, axis=0)), known.fractions


def union_of(A: RewardlessMDP, B: RewardlessMDP, labels: list[Label]) -> RewardlessMDP:
    """An MDP with these states, the marks of both, and their positions where they agree."""
    place = {label: k for k, label in enumerate(labels)}
    marks: dict[str, set[int]] = {}
    where: dict[Label, tuple[float, ...]] = {}
    agree = A.layout is not None and B.layout is not None
    for mdp in (A, B):
        for mark, group in mdp.marks.items():
            marks.setdefault(mark, set()).update(place[mdp.states[s]] for s in group)
        for label, position in zip(mdp.states, [] if mdp.layout is None else mdp.layout.tolist(), strict=False):
            agree &= where.setdefault(label, tuple(position)) == tuple(position)
    return RewardlessMDP.from_pairs(
        np.arange(len(labels)), sparse.eye_array(len(labels)), states=labels,
        marks={mark: sorted(group) for mark, group in marks.items()},
        layout=[where[label] for label in labels] if agree else None,
    )  # fmt: skip


def _over_union(rewards: Any, union: RewardlessMDP, A: RewardlessMDP, more: int) -> RewardDistribution:
    try:
        return resolve(rewards, union)
    except RewardError as error:
        if not hasattr(rewards, "bind") or isinstance(rewards, OnPairs):
            raise
        raise RewardError(
            f"{error}; joint rewards of a difference are over the union of both MDPs' states: the "
            f"{A.n_states:,} of A, then the {more:,} that only B has"
        ) from None


def unaffected_states(A: RewardlessMDP, B: RewardlessMDP) -> BoolArray:
    """(S_A,) whether all that can be reached from a state of A, itself included, is as it is in B."""
    there = dict(zip(B.states, _rows_by_label(B), strict=True))
    differs = np.array([there.get(x) != rows for x, rows in zip(A.states, _rows_by_label(A), strict=True)])
    return np.asarray(~(differs | can_reach(A, differs)))


def _rows_by_label(mdp: RewardlessMDP) -> list[frozenset[Any]]:
    """The set of transition rows of each state, in labels."""
    ends, pointer = mdp.kernel.indptr.tolist(), mdp.pointer.tolist()
    entries = [(mdp.states[t], x) for t, x in zip(mdp.kernel.indices.tolist(), mdp.kernel.data.tolist(), strict=True)]
    stop_if_told()  # of thousands of cells each of these takes a while, and whoever draws them has drawn on
    rows = [frozenset(entries[i:j]) for i, j in pairwise(ends)]
    stop_if_told()
    return [frozenset(rows[i:j]) for i, j in pairwise(pointer)]

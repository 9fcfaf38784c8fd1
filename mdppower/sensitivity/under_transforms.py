"""How POWER moves when the model does: a report over transforms of an MDP, under both readings of the same rewards.

For each transform (`mdppower.sensitivity.transforms`) and each state s of the original, POWER is estimated three
times on the same draws: in the original; in the new MDP at the state that answers for s, with *tied* rewards (copies
earn what their original earns); and there with *independent* ones (each copy draws its own). The first copy of each
state earns what the state earns in the original, in both readings, so that changes are paired.

With tied rewards nothing may move: that is a theorem (`mdppower.sensitivity.transformed`), whose condition is checked
for each transform, and the change is reported as it is found, within the certified error of the solver. With
independent rewards POWER moves, and what counts is whether conclusions do: whether the order of any two states flips,
that is, is told from a tie before and after, with opposite signs; and which actions of a state are likeliest to be
optimal.

`difference`, which compares any two MDPs, can be had from here, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from os import PathLike
from typing import Any

import numpy as np

from mdppower._checks import discount_rates
from mdppower._schema import checked, text
from mdppower._typing import FloatArray, Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.action_optimality import action_optimality
from mdppower.measures.common_draws import CommonRun, Model, run_together
from mdppower.measures.stored_calls import answers
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.run_loop import Conduct, finished_as, last
from mdppower.results.number_text import how_sure
from mdppower.results.table import Table
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.sensitivity.copied_rewards import repeated
from mdppower.sensitivity.sensitivity_estimate import Sensitivity
from mdppower.sensitivity.transformed import Transformed, independent, same_rewards, tied
from mdppower.sensitivity.transforms import bisimulation_quotient, duplicate_state, split_action, unroll

MOST_STATES = 12
"""Most states of an MDP for which transforms are chosen."""
MOST_HISTORIES = 2000


def sensitivity(
    mdp: RewardlessMDP,
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    transforms: Sequence[Transformed] | None = None,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    sampler: str = "latin",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Sensitivity:
    """Estimate how POWER moves under transforms of the model.

    On the command line: ``mdppower sensitivity ENV``.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
    rewards : str, distribution, mapping, callable, …
        Of the original states; see `mdppower.rewards`.
    transforms : sequence of Transformed, optional
        Of this MDP. Default: `default_transforms`.
    samples, rng, method, sampler, workers, executor, store, key, progress
        As for `mdppower.power`.

    Returns
    -------
    Sensitivity

    Raises
    ------
    ParameterError, RewardError, SolverError, SizeError
        As `mdppower.power` raises them, with a Sensitivity of what was finished; a transform is of another MDP, or
        merges states whose rewards differ.

    Examples
    --------
    >>> import mdppower as mp
    >>> found = sensitivity(mp.envs.fork(2), 0.5, rng=0)
    >>> for transform in found.transforms:
    ...     print(transform)
    Transformed(duplicate 'root' by choice: 3 states → 4 states)
    Transformed(duplicate 't1' by choice: 3 states → 4 states)
    Transformed(duplicate 't2' by choice: 3 states → 4 states)
    Transformed(split '->t1' at 'root' into 2: 3 states → 3 states)
    Transformed(unroll 1 step: 3 states → 7 states)
    """
    conduct = Conduct(workers, executor, progress, store, key)
    check_mdp(mdp)
    gammas, single = discount_rates(gamma)
    base = resolve(rewards, mdp)
    base.require_mean(mdp)
    chosen = default_transforms(mdp, base) if transforms is None else tuple(transforms)
    if not chosen:
        raise ParameterError("transforms is empty; give at least one")
    _require_of(mdp, chosen, base)
    return _moved(
        conduct, mdp, chosen, base, gammas, single, samples=samples, rng=rng, method=method, sampler=sampler
    )  # fmt: skip


def _moved(
    conduct: Conduct,
    mdp: RewardlessMDP,
    chosen: tuple[Transformed, ...],
    base: RewardDistribution,
    gammas: tuple[float, ...],
    single: bool,
    *,
    samples: int,
    rng: Any,
    method: str,
    sampler: str,
) -> Sensitivity:
    """`sensitivity`, of what has been looked at."""
    n = mdp.n_states
    models = [Model(mdp, np.arange(n), np.arange(n))]
    for t in chosen:
        columns = (t.origin, t.copy_numbers * n + t.origin)  # tied, independent
        models += [Model(t.mdp, one, t.representative) for one in columns]
    most = max(int(t.copy_numbers.max()) for t in chosen) + 1
    mismatch = tuple(t.mismatch() for t in chosen)

    def found(run: CommonRun) -> Sensitivity:
        return Sensitivity(
            mdp, chosen, mismatch, run.gammas, single, run.data, base, run.samples, run.entropy, run.sampler,
            run.interrupted,
        )  # fmt: skip

    with finished_as(found):
        run = last(
            run_together(
                models, repeated(base, most), gammas, call="sensitivity", samples=samples, rng=rng, method=method,
                sampler=sampler, conduct=conduct, given=_given(mdp, chosen, base), shown={"single": single},
            )
        )  # fmt: skip
    return found(run)


def _given(mdp: RewardlessMDP, chosen: Sequence[Transformed], base: RewardDistribution) -> dict[str, Any]:
    """What a store keeps of the call."""
    return {
        "mdp": mdp, "base": base, "models": [t.mdp for t in chosen], "origins": [t.origin for t in chosen],
        "representatives": [t.representative for t in chosen], "names": [t.name for t in chosen],
    }  # fmt: skip


@answers("sensitivity")
def _from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> Sensitivity:
    mdp = given["mdp"]
    told = zip(*(given[name] for name in ("models", "origins", "representatives", "names")), strict=True)
    chosen = tuple(
        Transformed(
            model, mdp, checked(origin, (model.n_states,), "i", 0, mdp.n_states - 1),
            checked(answer, (mdp.n_states,), "i", 0, model.n_states - 1), text()(name),
        )
        for model, origin, answer, name in told
    )  # fmt: skip
    gammas, single = discount_rates(asked["gamma"])
    how = {name: asked[name] for name in ("samples", "rng", "method", "sampler")}
    return _moved(conduct, mdp, chosen, given["base"], gammas, single, **how)


def default_transforms(mdp: RewardlessMDP, rewards: Any = "uniform") -> tuple[Transformed, ...]:
    """Each state duplicated in turn, an action split, one step of history, and a quotient where rewards allow one.

    Parameters
    ----------
    mdp : RewardlessMDP
        Of up to 12 states.
    rewards : anything that `mdppower.rewards.distribution.resolve` takes

    Returns
    -------
    tuple of Transformed

    Raises
    ------
    ParameterError
        The MDP is larger.

    Examples
    --------
    >>> import mdppower as mp
    >>> default_transforms(mp.envs.fork(3), {"t1": "uniform", "default": 0})[-1]
    Transformed(quotient by bisimulation: 4 states → 3 states)
    """
    check_mdp(mdp)
    if mdp.n_states > MOST_STATES:
        raise ParameterError(
            f"transforms are chosen for MDPs of up to {MOST_STATES} states, not {mdp.n_states:,}: say which"
        )
    found = [duplicate_state(mdp, s) for s in mdp.states]
    branching = int(np.diff(mdp.pointer).argmax())
    found.append(split_action(mdp, *mdp.pair_label(int(mdp.pointer[branching]))))
    with suppress(SizeError):
        found.append(unroll(mdp, 1, limit=MOST_HISTORIES))
    quotient = bisimulation_quotient(mdp, same_rewards(mdp, rewards))
    return (*found, quotient) if quotient.is_quotient else tuple(found)


def _require_of(mdp: RewardlessMDP, transforms: Sequence[Any], base: RewardDistribution) -> None:
    for t in transforms:
        if not isinstance(t, Transformed):
            raise ParameterError(
                f"transforms must be what mdppower.sensitivity.duplicate_state and others make, got {t!r}"
            )
        if t.original is not mdp and not t.original.equals(mdp):
            raise ParameterError(f"the transform {t.name!r} is of another MDP")
        if t.is_quotient:
            tied(t, base)  # refuses to merge states whose rewards differ


def sensitive_actions(
    mdp: RewardlessMDP,
    state: Label,
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    transforms: Sequence[Transformed] | None = None,
    samples: int = 4096,
    rng: Any = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    confidence: float = 0.95,
) -> Table:
    """How likely the actions of a state are to be optimal, before and after transforms, under both readings.

    On the command line: ``mdppower sensitivity ENV --state STATE``.

    Parameters
    ----------
    mdp : RewardlessMDP
    state : label
    gamma, rewards, transforms
        As for `sensitivity`.
    samples, rng, method, workers, executor, store, key
        As for `mdppower.action_optimality`; all models have draws of their own.
    confidence : float
        Of all intervals of one model.

    Returns
    -------
    Table
        Columns transform ("none" for the original), reading, gamma, action, probability, lower, upper, tied (how
        often it is one of several optimal actions), and verdict: ``"likeliest"``, ``"among"`` the likeliest, or
        ``"less"`` likely than another.

    Raises
    ------
    LabelError, ParameterError, RewardError, SolverError, SizeError

    Examples
    --------
    Two ways to do one thing are optimal together. (A sum of their probabilities would count it twice.)

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> split = split_action(fork, "root", "->t1")
    >>> found = sensitive_actions(fork, "root", 0.9, transforms=[split], samples=64, rng=0)
    >>> found["action"][-3:], [p == t for p, t in zip(found["probability"][-3:], found["tied"][-3:])]
    (['->t1', '->t2', '->t1 (copy 1)'], [True, False, True])
    """
    check_mdp(mdp)
    gammas, _ = discount_rates(gamma)
    s = mdp.index(state)
    base = resolve(rewards, mdp)
    chosen = default_transforms(mdp, base) if transforms is None else tuple(transforms)
    _require_of(mdp, chosen, base)
    models: list[tuple[str, str, RewardlessMDP, int, RewardDistribution]] = [("none", "", mdp, s, base)]
    for t in chosen:
        at = int(t.representative[s])
        models.append((t.name, "tied", t.mdp, at, tied(t, base)))
        models.append((t.name, "independent", t.mdp, at, independent(t, base)))
    names = ("transform", "reading", "gamma", "action", "probability", "lower", "upper", "tied", "verdict")
    table: dict[str, list[Any]] = {name: [] for name in names}
    for name, reading, model, at, law in models:
        found = action_optimality(
            model, gammas, law, samples=samples, rng=rng, method=method, workers=workers, executor=executor,
            store=store, key=key, progress=False,
        )  # fmt: skip
        where = slice(int(model.pointer[at]), int(model.pointer[at + 1]))
        chances = found.optimal[:, where]
        lower, upper = chances.interval(confidence, simultaneous=True)
        for g, rate in enumerate(gammas):
            actions = model.actions(model.states[at])
            table["transform"] += [name] * len(actions)
            table["reading"] += [reading] * len(actions)
            table["gamma"] += [rate] * len(actions)
            table["action"] += actions
            table["probability"] += chances.mean[g].tolist()
            table["lower"] += lower[g].tolist()
            table["upper"] += upper[g].tolist()
            table["tied"] += found.tied.mean[g, where].tolist()
            table["verdict"] += _verdicts(lower[g], upper[g])
    return Table(table, f"lower, upper: {how_sure(confidence, together=True)} of one model")


def _verdicts(lower: FloatArray, upper: FloatArray) -> list[str]:
    """Which actions are likeliest to be optimal, as far as the intervals tell."""
    less = upper < lower.max()
    alone = (~less).sum() == 1
    return ["less" if x else "likeliest" if alone else "among" for x in less.tolist()]

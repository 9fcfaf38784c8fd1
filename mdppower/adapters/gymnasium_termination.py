"""What becomes of terminated transitions, and of states that no start can reach; see `mdppower.from_gymnasium`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csgraph

from mdppower._text import count, shorten
from mdppower._typing import AnyArray, BoolArray, Label
from mdppower.adapters.gymnasium_table import Table
from mdppower.errors import ModelError
from mdppower.mdp.graph import adjacency
from mdppower.mdp.model import RewardlessMDP


def live_states(table: Table, starts: BoolArray) -> BoolArray:
    """(S,) whether somebody acts there: in a start, and wherever the end of an episode is not the only way.

    A state that nothing enters but an end of an episode, or nothing but what such a state leads to, is not live.
    """
    source, possible = table.owner[table.pair], table.probability > 0
    live = np.ones(len(table.states), bool)
    live[table.target[possible & table.flag & (source != table.target)]] = False
    live |= starts
    going_on = possible & ~table.flag
    while True:
        before = live.copy()
        live[table.target[going_on & live[source]]] = True
        if np.array_equal(live, before):
            return live


def absorb(table: Table, starts: BoolArray, absorbing: AnyArray) -> tuple[Table, str, bool]:
    """The table in which episodes stay where they end, a sentence on what that changed, and whether a state did."""
    n, source = len(table.states), table.owner[table.pair]
    possible, live = table.probability > 0, live_states(table, starts)
    already = np.zeros(n, bool)
    already[absorbing] = True
    made = ~live & ~already

    # Their actions stay, with probability 1 exactly. Everybody else's terminated ways into live states are bent.
    stay, keep = np.flatnonzero(made[table.owner]), ~made[source]
    bent = possible & table.flag & keep & (live & ~already)[table.target]
    twins = np.unique(table.target[bent])
    taken = set(table.states)
    labels = [_fresh("done", taken, table.states[i]) for i in twins]
    target = np.where(bent, n + np.searchsorted(twins, table.target), table.target)
    changed = [f"made absorbing: {shorten([table.states[i] for i in np.flatnonzero(made)])}"] if made.any() else []
    changed += [f"{count(len(labels), 'absorbing twin')}: {shorten(labels)}"] if labels else []
    kept = replace(
        table,
        pair=np.append(table.pair[keep], stay),
        target=np.append(target[keep], table.owner[stay]),
        probability=np.append(table.probability[keep], np.ones(len(stay))),
        flag=np.append(table.flag[keep], np.zeros(len(stay), bool)),
        reward=np.append(table.reward[keep], np.zeros(len(stay))),
    )
    return _add(kept, labels), "; ".join(changed) or "nothing", bool(made.any())


def sink(table: Table) -> tuple[Table, str]:
    """The table in which all episodes end in one more state, and a sentence on what that changed."""
    bent = table.flag & (table.probability > 0)
    if not bent.any():
        return table, "nothing"
    label = _fresh("end", set(table.states))
    sink = replace(table, target=np.where(bent, len(table.states), table.target))
    return _add(sink, [label]), f"{count(int(bent.sum()), 'terminated transition')} lead to {label!r}"


def _fresh(word: str, taken: set[Label], *of: Label) -> Label:
    """The word, or (label, word), numbered where a state has that label already."""
    words = itertools.chain([word], (f"{word}#{k}" for k in itertools.count(2)))
    return next(label for w in words if (label := (*of, w) if of else w) not in taken)


def _add(table: Table, labels: Sequence[Label]) -> Table:
    """With absorbing states of these labels at the end; in pictures, in a row below."""
    if not labels:
        return table
    new = np.arange(len(labels))
    layout, pair, state = table.layout, len(table.owner) + new, len(table.states) + new
    if layout is not None:
        places = np.asarray(layout, float)
        row = np.full(len(new), places[:, 0].max() + 2)
        layout = np.concatenate([places, np.column_stack([row, places[:, 1].min() + new])])
    actions = list(dict.fromkeys([*table.actions, "stay"]))
    return replace(
        table,
        states=[*table.states, *labels],
        actions=actions,
        layout=layout,
        owner=np.append(table.owner, state),
        codes=np.append(table.codes, np.full(len(new), actions.index("stay"))),
        pair=np.append(table.pair, pair),
        target=np.append(table.target, state),
        probability=np.append(table.probability, np.ones(len(new))),
        flag=np.append(table.flag, np.zeros(len(new), bool)),
        reward=np.append(table.reward, np.zeros(len(new))),
    )


def only_reachable(mdp: RewardlessMDP, starts: BoolArray, origin: Mapping[str, str]) -> RewardlessMDP:
    """Without the states that cannot be reached from the starts."""
    if not starts.any():
        raise ModelError("initial_state_distrib is positive nowhere")
    steps = csgraph.dijkstra(adjacency(mdp), indices=np.flatnonzero(starts), unweighted=True, min_only=True)
    reached = np.isfinite(steps)
    place = np.cumsum(reached) - 1
    pairs = reached[mdp.pair_states]
    return RewardlessMDP.from_pairs(
        place[mdp.pair_states[pairs]],
        mdp.kernel[np.flatnonzero(pairs)][:, np.flatnonzero(reached)],
        states=[label for label, kept in zip(mdp.states, reached, strict=True) if kept],
        actions=mdp.action_names,
        action_codes=mdp.action_codes[pairs],
        layout=None if mdp.layout is None else mdp.layout[reached],
        marks={mark: [int(place[i]) for i in where if reached[i]] for mark, where in mdp.marks.items()},
        origin={**origin, "reachable_only": f"dropped {count(int((~reached).sum()), 'state')}"},
    )

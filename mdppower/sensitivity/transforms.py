"""Transforms of an MDP: duplicate a state, split an action, unroll history, merge bisimilar states.

POWER is a property of a model, and a situation has many models. Each transform gives a `Transformed`: the new MDP and
the original state that each new state stands for. Where new states earn what their originals earn (*tied* rewards),
POWER does not move: a theorem, with its proof in `mdppower.sensitivity.transformed`. Where every new state draws a
reward of its own (*independent* rewards), it may.

========================= ======================================= =================================================
transform                 new states                              what the critic asks
========================= ======================================= =================================================
`duplicate_state`         one or more copies of one state         are two ends one end with a detail that differs?
`split_action`            none                                    are two actions one action done two ways?
`unroll`                  one for each recent past                does it matter how one got here?
`bisimulation_quotient`   one for each block of equal states      are these states one?
========================= ======================================= =================================================

A quotient needs to know which states have the same reward. Where every state draws its own, no two have, and no two
states may be merged, however alike their futures are.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._checks import choice, positive_integer
from mdppower._typing import AnyArray, Label
from mdppower.errors import LabelError, ParameterError, SizeError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational_kernel
from mdppower.sensitivity.bisimulation import pushed, refined
from mdppower.sensitivity.transformed import Transformed

MOST_STATES = 100_000
"""Most states of an unrolled MDP, if no other limit is given."""


def duplicate_state(mdp: RewardlessMDP, state: Label, copies: int = 1, *, into: str = "choice") -> Transformed:
    """Copy a state: the copies have its actions, and are entered beside it.

    Parameters
    ----------
    mdp : RewardlessMDP
    state : label
    copies : int
        How many more there are to be.
    into : {"choice", "split"}
        ``"choice"``: each action of another state that can enter the state gets a twin for each copy, which enters
        that copy instead. ``"split"``: what enters the state is divided evenly among it and its copies. In both, what
        returns from the state to itself returns, from a copy, to that copy: who stays somewhere stays there.

    Returns
    -------
    Transformed
        Copies come last. They have no marks; in a layout they are a little below and to the right of the state.

    Raises
    ------
    LabelError
        There is no such state.
    ParameterError
        `copies` is not a positive integer, or `into` is neither.

    Examples
    --------
    >>> import mdppower as mp
    >>> duplicate_state(mp.envs.fork(1), "t1").mdp.actions("root")
    ('->t1', '->t1 (copy 1)')
    >>> duplicate_state(mp.envs.fork(1), "t1", into="split").mdp.successors("root", "->t1")
    {'t1': 0.5, 't1 (copy 1)': 0.5}
    """
    check_mdp(mdp)
    choice(into, "into", ("choice", "split"))
    positive_integer(copies, "copies")
    s, n, width = mdp.index(state), mdp.n_states, mdp.n_states + copies
    old = np.arange(n)[np.arange(n) != s]
    rest = mdp.kernel @ sparse.csr_array((np.ones(n - 1), (old, old)), shape=(n, width))
    enters = sparse.csr_array(mdp.kernel[:, [s]])

    def rows(pairs: AnyArray, targets: Sequence[int]) -> Any:
        """Rows of these pairs, with what goes to the state divided evenly among the targets."""
        where = (np.zeros(len(targets), int), list(targets))
        spread = sparse.csr_array((np.full(len(targets), 1 / len(targets)), where), shape=(1, width))
        return rest[pairs] + enters[pairs] @ spread

    owner, codes = mdp.pair_states, mdp.action_codes
    own, new = owner == s, range(n, width)
    inside, outside = np.flatnonzero(own), np.flatnonzero(~own)
    # Of each part: its pairs, their states, their codes, and where they enter.
    parts: list[tuple[AnyArray, AnyArray, AnyArray, Sequence[int]]] = [
        (inside, owner[inside], codes[inside], [s]),
        (outside, owner[outside], codes[outside], [s, *new] if into == "split" else [s]),
        *[(inside, np.full(len(inside), t), codes[inside], [t]) for t in new],
    ]
    names: list[Label] = list(mdp.action_names)
    if into == "choice":
        entering = outside[np.diff(enters.indptr)[outside] > 0]
        used, which = np.unique(codes[entering], return_inverse=True)
        twins = [_copy_labels(names[c], copies, mdp.action_names) for c in used.tolist()]
        for k, t in enumerate(new):
            parts.append((entering, owner[entering], len(names) + which, [t]))
            names += [labels[k] for labels in twins]
    name = f"duplicate {mdp.states[s]!r}{'' if copies == 1 else f' {copies} times'} by {into}"
    layout = mdp.layout
    if layout is not None:
        layout = np.concatenate([layout, layout[s] + 0.3 * np.arange(1, copies + 1)[:, None]])
    found = RewardlessMDP.from_pairs(
        np.concatenate([states for _, states, _, _ in parts]),
        sparse.vstack([rows(pairs, targets) for pairs, _, _, targets in parts]),
        states=(*mdp.states, *_copy_labels(mdp.states[s], copies, mdp.states)), actions=names,
        action_codes=np.concatenate([numbers for _, _, numbers, _ in parts]), layout=layout, marks=mdp.marks,
        origin={**mdp.origin, "transform": name},
    )  # fmt: skip
    origin = np.concatenate([np.arange(n), np.full(copies, s)]).astype(np.int32)
    return Transformed(found, mdp, origin, np.arange(n, dtype=np.int32), name)


def split_action(mdp: RewardlessMDP, state: Label, action: Label, parts: int = 2) -> Transformed:
    """Replace an action by several that do the same: equivalent actions (Def. 6.7).

    POWER does not move, whatever the rewards; the parts are optimal together, and tie.

    Parameters
    ----------
    mdp : RewardlessMDP
    state, action : labels
    parts : int
        How many there are to be, the action itself included.

    Returns
    -------
    Transformed
        With the same states.

    Raises
    ------
    LabelError
        There is no such state, or it has no such action.
    ParameterError
        `parts` is not an integer from 2.

    Examples
    --------
    >>> import mdppower as mp
    >>> split_action(mp.envs.fork(2), "root", "->t1", 3).mdp.actions("root")
    ('->t1', '->t2', '->t1 (copy 1)', '->t1 (copy 2)')
    """
    check_mdp(mdp)
    if positive_integer(parts, "parts") < 2:
        raise ParameterError(f"parts must be an integer ≥ 2, got {parts!r}")
    pair = mdp.pair(state, action)
    s = int(mdp.pair_states[pair])
    every = np.concatenate([np.arange(mdp.n_pairs), np.full(parts - 1, pair)])
    names = [mdp.action_names[c] for c in mdp.action_codes]
    names += _copy_labels(names[pair], parts - 1, mdp.action_names)
    name = f"split {mdp.action_names[mdp.action_codes[pair]]!r} at {mdp.states[s]!r} into {parts}"
    new = RewardlessMDP.from_pairs(
        mdp.pair_states[every], mdp.kernel[every], states=mdp.states, actions=names, layout=mdp.layout,
        marks=mdp.marks, origin={**mdp.origin, "transform": name},
    )  # fmt: skip
    same = np.arange(mdp.n_states, dtype=np.int32)
    return Transformed(new, mdp, same, same, name)


def unroll(mdp: RewardlessMDP, depth: int, *, limit: int = MOST_STATES) -> Transformed:
    """Make the recent past a part of the state: new states are the last depth + 1 states visited.

    Parameters
    ----------
    mdp : RewardlessMDP
    depth : int
        How many steps are remembered; 0 gives the MDP back.
    limit : int
        Most new states.

    Returns
    -------
    Transformed
        States are the walks of up to `depth` steps, as tuples of labels, latest last; those with no past come first
        and answer for the original states. No layout.

    Raises
    ------
    ParameterError
        `depth` is not an integer ≥ 0.
    SizeError
        There are more than `limit` histories; the message has their number.

    Examples
    --------
    >>> import mdppower as mp
    >>> unroll(mp.envs.fork(1), 1).mdp.states
    (('root',), ('t1',), ('root', 't1'), ('t1', 't1'))
    """
    check_mdp(mdp)
    if isinstance(depth, bool) or not isinstance(depth, (int, np.integer)) or depth < 0:
        raise ParameterError(f"depth must be an integer ≥ 0, got {depth!r}")
    positive_integer(limit, "limit")
    same = np.arange(mdp.n_states, dtype=np.int32)
    if depth == 0:
        return Transformed(mdp, mdp, same, same, "unroll 0 steps")
    kernel, pointer = mdp.kernel, mdp.pointer.tolist()
    after = [sorted(set(kernel.indices[kernel.indptr[i] : kernel.indptr[j]].tolist())) for i, j in pairwise(pointer)]
    _require_few(after, int(depth), limit)
    walks: list[tuple[int, ...]] = [(s,) for s in range(mdp.n_states)]
    longest = walks
    for _ in range(depth):
        longest = [(*walk, t) for walk in longest for t in after[walk[-1]]]
        walks = walks + longest
    place = {walk: x for x, walk in enumerate(walks)}
    owner: list[int] = []
    codes: list[int] = []
    rows: list[int] = []
    columns: list[int] = []
    chances: list[float] = []
    for x, walk in enumerate(walks):
        for p in range(pointer[walk[-1]], pointer[walk[-1] + 1]):
            entries = slice(kernel.indptr[p], kernel.indptr[p + 1])
            for t, chance in zip(kernel.indices[entries].tolist(), kernel.data[entries].tolist(), strict=True):
                rows.append(len(owner))
                columns.append(place[(*walk, t)[-depth - 1 :]])
                chances.append(chance)
            owner.append(x)
            codes.append(int(mdp.action_codes[p]))
    name = f"unroll {depth} step{'s' if depth > 1 else ''}"
    new = RewardlessMDP.from_pairs(
        owner, sparse.coo_array((chances, (rows, columns)), shape=(len(owner), len(walks))),
        states=[tuple(mdp.states[s] for s in walk) for walk in walks], actions=mdp.action_names, action_codes=codes,
        marks=mdp.marks, origin={**mdp.origin, "transform": name},
    )  # fmt: skip
    return Transformed(new, mdp, np.array([walk[-1] for walk in walks], dtype=np.int32), same, name)


def bisimulation_quotient(mdp: RewardlessMDP, partition: Any = None) -> Transformed:
    """Merge states that differ in nothing: the coarsest stable partition that refines the given one.

    Two states of a block have the same set of distributions over blocks, and the same reward. Which rewards are the
    same, the partition says. Without one every state has a reward of its own, and nothing merges.

    Parameters
    ----------
    mdp : RewardlessMDP
    partition : mapping from label to anything, sequence of S hashables, or Transformed, optional
        Equal where two states have the same reward. A `Transformed` whose ``mdp`` this is stands for tied rewards:
        same origin, same reward. `same_rewards` makes one from reward distributions.

    Returns
    -------
    Transformed
        A block is named after its first state and has its actions, place and marks; `block` says where states went.

    Raises
    ------
    LabelError, ParameterError
        The partition names other states, or has another length.

    Notes
    -----
    Probabilities are compared as fractions; see `mdppower.sensitivity.bisimulation`.

    Examples
    --------
    The two wings of a symmetric map are one, if their rewards are.

    >>> import mdppower as mp
    >>> bisimulation_quotient(mp.envs.fork(3), {"root": "none", "t1": "gold", "t2": "gold", "t3": "lead"}).mdp.states
    ('root', 't1', 't3')
    >>> bisimulation_quotient(mp.envs.fork(3)).name
    'quotient by bisimulation, nothing merges: every state has a reward of its own'
    """
    check_mdp(mdp)
    begin = _classes(mdp, partition)
    exact = rational_kernel(mdp)
    block = refined(mdp, exact, begin).astype(np.int32)
    first = np.unique(block, return_index=True)[1].astype(np.int32)
    pairs = [p for s in first.tolist() for p in range(mdp.pointer[s], mdp.pointer[s + 1])]
    blocks = block.tolist()
    entries = [(i, b, float(x)) for i, p in enumerate(pairs) for b, x in pushed(exact[p], blocks).items()]
    rows, columns, chances = zip(*entries, strict=True)
    name = "quotient by bisimulation"
    if len(first) == mdp.n_states:
        name += ", nothing merges" + (": every state has a reward of its own" if partition is None else "")
    new = RewardlessMDP.from_pairs(
        block[mdp.pair_states[pairs]],
        sparse.coo_array((chances, (rows, columns)), shape=(len(pairs), len(first))),
        states=[mdp.states[s] for s in first.tolist()], actions=mdp.action_names,
        action_codes=mdp.action_codes[pairs], layout=None if mdp.layout is None else mdp.layout[first],
        marks={mark: sorted({blocks[s] for s in where}) for mark, where in mdp.marks.items()},
        origin={**mdp.origin, "transform": name},
    )  # fmt: skip
    return Transformed(new, mdp, first, block, name)


# ---------------------------------------------------------------------- plumbing


def _classes(mdp: RewardlessMDP, partition: Any) -> list[Hashable]:
    """What a partition says of each state."""
    if partition is None:
        return list(range(mdp.n_states))
    if isinstance(partition, Transformed):
        partition = partition.origin
    if isinstance(partition, Mapping):
        strange = [label for label in partition if label not in mdp.states]
        if strange:
            raise LabelError(f"the partition names {strange[0]!r}, which is no state")
        missing = [label for label in mdp.states if label not in partition]
        if missing:
            raise ParameterError(f"the partition has no entry for state {missing[0]!r}")
        return [partition[label] for label in mdp.states]
    found: list[Hashable] = partition.tolist() if isinstance(partition, np.ndarray) else list(partition)
    if len(found) != mdp.n_states:
        raise ParameterError(f"the partition has {len(found):,} entries for {mdp.n_states:,} states")
    return found


def _copy_labels(label: Label, copies: int, taken: Collection[Label]) -> list[Label]:
    """New labels that say what they copy: ``t1 (copy 1)``, or ``((0, 3), 'copy 1')``."""
    found: list[Label] = []
    k = 0
    while len(found) < copies:
        k += 1
        name: Label = f"{label} (copy {k})" if isinstance(label, str) else (label, f"copy {k}")
        if name not in taken:
            found.append(name)
    return found


def _require_few(after: Sequence[Sequence[int]], depth: int, limit: int) -> None:
    """Raise SizeError if there are more walks than that; they are counted, not made."""
    ahead = [1] * len(after)
    total = len(after)
    for step in range(1, depth + 1):
        ahead = [sum(ahead[t] for t in targets) for targets in after]
        total += sum(ahead)
        if total > limit:
            most = "" if step == depth else f", and more with {depth}"
            raise SizeError(f"there are {total:,} histories of up to {step} steps{most}; the limit is {limit:,}")

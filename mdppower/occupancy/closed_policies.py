"""Deterministic policies: those that matter from one start, and the chains that they induce.

From a start s, a policy's visits depend only on the states that it can reach. A *closed partial policy* gives an
action to each of these and to no other: enumerating them lists every visit distribution of F(s) (Turner et al.,
Def. 3.3) with far fewer repeats than all A^S policies. Their number is still exponential as a rule: `estimate_leaves`
tells beforehand how many there are, by Knuth's random descents (Math. Comp. 29, 1975).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from scipy import sparse

from mdppower._stop import stop_if_told
from mdppower._typing import FloatArray, Label
from mdppower._warn import warn
from mdppower.errors import SizeError, SolverError
from mdppower.mdp.actions import Choices
from mdppower.mdp.chains import visits as chain_visits
from mdppower.mdp.elimination import flow_of_rows
from mdppower.mdp.model import RewardlessMDP

Node = TypeVar("Node")

SOON, LONGEST = 3.0, 300.0
"""Seconds up to which nothing is said, and beyond which it is refused; estimates may miss by a factor of ten."""
PROBING = 1.0
"""Seconds of nodes after which the number of dear leaves is estimated, and of the descents of an estimate."""
NOVELTY = 4.0
"""How much a state without a choice adds to a node's weight in random descents."""


# ---------------------------------------------------------------------- trees of choices


def leaves(
    root: Node,
    children: Callable[[Node], list[Node] | None],
    limit: int,
    what: str,
    weight: Callable[[Node], float] = lambda node: 1.0,
    early: int | None = None,
    seconds: float = 0.0,
) -> Iterator[Node]:
    """The leaves of a tree, depth first: the nodes whose `children` are None.

    Parameters
    ----------
    root : node
    children : callable
        The nodes below one, or None for a leaf.
    limit : int
        Most leaves to give.
    what : str
        What the leaves are, for the message.
    weight : callable
        For `estimate_leaves`.
    early : int, optional
        Where nodes are dear: after so many leaves, or `PROBING`, the number is estimated, by few descents, to refuse
        at once.
    seconds : float
        What one node takes, about, where nodes are dear.

    Raises
    ------
    SizeError
        There are more than `limit`, or they take longer than is announced; the message has the estimate.

    Warns
    -----
    MDPPowerWarning
        It takes long; see `announce`.
    """
    stack, given, seen = [root], 0, 0
    nodes = PROBING / seconds if seconds else np.inf  # of an estimate, which takes as long again
    while stack:
        stop_if_told()
        node = stack.pop()
        below = children(node)
        seen += 1 if below is None else len(below)
        if below is None:
            given += 1
            if early and (given == early or seconds * seen > PROBING):
                about = _estimate(root, children, weight, 30, nodes)
                if about > limit:
                    raise SizeError(f"about {about:.2g} {what} (by random probing); the limit is {limit:,}")
                announce(seconds * seen / given * min(about, limit), f"listing about {about:.2g} {what}")
                early = 0
            if given > limit:
                about = _estimate(root, children, weight, 300 if early is None else 30, nodes)
                # Where most descents end early, few probes see the many: an estimate below what was counted is none.
                told = f"about {about:.2g} by random probing" if about > limit else "far more, perhaps"
                raise SizeError(f"more than {limit:,} {what} ({told})")
            yield node
        else:
            stack += reversed(below)


def announce(seconds: float, what: str) -> None:
    """Say how long something takes, before it is begun, where that is long.

    Parameters
    ----------
    seconds : float
        An estimate from sizes.
    what : str
        In words.

    Raises
    ------
    SizeError
        It takes more than `LONGEST`.

    Warns
    -----
    MDPPowerWarning
        It takes more than `SOON`.

    Examples
    --------
    >>> announce(1.0, "listing 3 policies")
    >>> announce(1e4, "listing 3,000,000 policies")
    Traceback (most recent call last):
    mdppower.errors.SizeError: listing 3,000,000 policies takes about 1e+04 s; the limit is 300 s
    """
    if seconds > LONGEST:
        raise SizeError(f"{what} takes about {seconds:.2g} s; the limit is {LONGEST:g} s")
    if seconds > SOON:
        warn(f"{what} takes about {seconds:.2g} s; it can be stopped")


def estimate_leaves(
    root: Node,
    children: Callable[[Node], list[Node] | None],
    weight: Callable[[Node], float] = lambda node: 1.0,
    probes: int = 300,
) -> float:
    """About how many leaves a tree has: the mean of 1/probability of the leaf that a random descent comes to.

    Unbiased whatever the weights (Knuth 1975), which are to be larger for nodes with more leaves below them: on an
    open grid of 20 × 20 nearly all uniform descents end early, and tell of 10³ policies where there are 10²⁵.
    """
    return _estimate(root, children, weight, probes, np.inf)


def _estimate(
    root: Node,
    children: Callable[[Node], list[Node] | None],
    weight: Callable[[Node], float],
    probes: int,
    most: float,
) -> float:
    """The same, ended after a descent that comes to `most` nodes in all."""
    rng = np.random.default_rng(0)
    total, seen, made = 0.0, 0, 0
    while made < probes and seen < most:
        node, product, made = root, 1.0, made + 1
        while (below := children(node)) is not None:
            if not below:
                product = 0.0
                break
            seen += len(below)
            bounds = np.cumsum([weight(child) for child in below])
            k = int(np.searchsorted(bounds[:-1], rng.random() * bounds[-1], side="right"))
            product *= float(bounds[-1]) / weight(below[k])
            node = below[k]
        total += product
    return total / made


Partial = tuple[dict[int, int], frozenset[int]]
"""The choices so far, and the states reached that have none yet."""


def closed_policies(
    mdp: RewardlessMDP, start: Label | list[Label], *, limit: int = 100_000, choices: Choices | None = None
) -> Iterator[dict[int, int]]:
    """Every closed partial policy from a start state.

    Parameters
    ----------
    mdp : RewardlessMDP
    start : state label, or list of these
        With several, the policies that are closed from all of them.
    limit : int
        Most policies to give.
    choices : sequence of sequences of int, optional
        The pairs to choose from in each state; by default all. See `distinct_choices`.

    Yields
    ------
    dict
        {state index: pair index}, exactly the states reachable from `start` under the policy.

    Raises
    ------
    SizeError
        There are more than `limit`; the message has an estimate of their number.

    Examples
    --------
    >>> fork = RewardlessMDP.from_successors(
    ...     {"root": {"l": "left", "r": "right"}, "left": {"x": "left"}, "right": {"x": "right"}})
    >>> len(list(closed_policies(fork, "root")))
    2
    """
    begin = start if isinstance(start, list) else [start]
    root, children = _policy_tree(mdp, begin, choices)
    what = f"closed policies from state {', '.join(map(repr, begin))}"
    return (chosen for chosen, _ in leaves(root, children, limit, what, _waiting))


def estimate_policies(mdp: RewardlessMDP, start: list[Label]) -> float:
    """About how many closed partial policies there are from some states.

    Examples
    --------
    >>> import mdppower as mp
    >>> estimate_policies(mp.envs.fork(7), ["root"])
    7.0
    """
    return estimate_leaves(*_policy_tree(mdp, start, None), _waiting)


def _policy_tree(
    mdp: RewardlessMDP, start: list[Label], choices: Choices | None
) -> tuple[Partial, Callable[[Partial], list[Partial] | None]]:
    """The root of the tree of choices, and what is below a node."""
    options = choices or [range(mdp.pointer[s], mdp.pointer[s + 1]) for s in range(mdp.n_states)]
    reached = successor_sets(mdp)

    def children(node: Partial) -> list[Partial] | None:
        chosen, waiting = node
        if not waiting:
            return None
        s = min(waiting)
        return [({**chosen, s: p}, (waiting | reached[p]) - chosen.keys() - {s}) for p in options[s]]

    return ({}, frozenset(mdp.index(state) for state in start)), children


def _waiting(node: Partial) -> float:
    """A weight for random descents: more is below what has more states to choose for."""
    return 1.0 + NOVELTY * len(node[1])


def successor_sets(mdp: RewardlessMDP) -> list[frozenset[int]]:
    """The states that each pair may lead to."""
    kernel = mdp.kernel
    return [
        frozenset(kernel.indices[kernel.indptr[p] : kernel.indptr[p + 1]].tolist()) for p in range(mdp.n_pairs)
    ]  # fmt: skip


# ---------------------------------------------------------------------- what a policy visits


def visit_distribution(
    mdp: RewardlessMDP, policy: dict[int, int], start: Label, gamma: float, *, delayed: bool = False
) -> FloatArray:
    """f^{π,s}(γ) = Σ_t γ^t E[e_{s_t}] of a closed partial policy (Turner et al., Def. 3.3).

    Parameters
    ----------
    mdp : RewardlessMDP
    policy : dict
        {state index: pair index}, closed from `start`.
    start : state label
    gamma : float
        In [0, 1).
    delayed : bool
        Whether to count from the state after the start: (f − e_s)/γ, without the cancellation.

    Returns
    -------
    (S,) array
        Sums to 1/(1−γ).
    """
    inside = np.array(sorted(policy))
    rows = mdp.kernel[[policy[s] for s in inside.tolist()]].toarray()[:, inside]
    begin = (inside == mdp.index(start)).astype(float)
    if delayed:
        begin = begin @ rows
    visits = np.zeros(mdp.n_states)
    visits[inside] = flow_of_rows(gamma * rows, np.full(len(inside), 1 - gamma), begin)
    return visits


def recurrent_distribution(mdp: RewardlessMDP, policy: dict[int, int], start: Label) -> FloatArray:
    """The limit of (1−γ) f^{π,s}(γ) at γ → 1 of a closed partial policy (Turner et al., Def. 6.10).

    Each recurrent class has its stationary distribution (the long-run average, also where it is periodic), weighted
    by the chance to end in it.

    Parameters
    ----------
    mdp : RewardlessMDP
    policy : dict
        {state index: pair index}, closed from `start`.
    start : state label

    Returns
    -------
    (S,) array
        Sums to 1.
    """
    visits = np.zeros(mdp.n_states)
    if mdp.is_deterministic:  # a path into a cycle, which is visited evenly
        order: dict[int, int] = {}
        s = mdp.index(start)
        while s not in order:
            order[s] = len(order)
            s = int(mdp.kernel.indices[policy[s]])
        cycle = list(order)[order[s] :]
        visits[cycle] = 1 / len(cycle)
        return visits
    inside = np.array(sorted(policy))
    chain = sparse.csr_array(mdp.kernel[[policy[s] for s in inside.tolist()]])[:, inside]
    try:
        visits[inside] = chain_visits(sparse.csr_array(chain), (inside == mdp.index(start)).astype(float), 1.0)
    except SolverError as error:
        raise _named(mdp, policy, error) from None
    return visits


def _named(mdp: RewardlessMDP, policy: dict[int, int], error: SolverError) -> SolverError:
    """The error, with the least chance of the policy's rows by name and value."""
    kernel, least = mdp.kernel, (np.inf, 0, 0)
    for s, p in policy.items():
        entries = slice(kernel.indptr[p], kernel.indptr[p + 1])
        for t, chance in zip(kernel.indices[entries].tolist(), kernel.data[entries].tolist(), strict=True):
            least = min(least, (chance, p, t)) if t != s else least
    chance, p, t = least
    state, action = mdp.pair_label(p)
    words = f"the chance {chance:.3g} of successor {mdp.states[t]!r} is too small, with others"
    return SolverError(f"state {state!r}, action {action!r}: {words}: {error}", error_bound=1.0)

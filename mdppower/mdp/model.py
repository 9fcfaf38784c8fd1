"""The rewardless Markov decision process ⟨S, A, T⟩ (Turner et al., arXiv 1912.01683, Def. 3.1).

Canonical form. The *feasible pairs* (s, a) are sorted by state and, inside a state, by action; row p of the
kernel T (P × S, compressed sparse rows) is the distribution of the successor of pair p; ``pointer[s]`` is the
first pair of state s, so that the pairs of s are ``pointer[s]:pointer[s + 1]``. Nothing of size S × A × S is
made for a large MDP.

Convention. Reward and discount are never part of an MDP. R(s) is earned for *being* in s at time t, t = 0
included: V = R + γ T V. An absorbing state goes on earning R(s) for ever (a Gymnasium episode that has
terminated earns nothing more: the adapters say what they make of it).
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._text import count, shorten
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray, Label
from mdppower.errors import FileError, LabelError, MDPPowerWarning, ModelError, ParameterError, SizeError
from mdppower.mdp.canonical import (
    PLAIN,
    check_labels,
    check_layout,
    check_marks,
    check_origin,
    eps_of,
    plain_label,
    positions,
    read_only,
)
from mdppower.mdp.columns import pairs_of_columns
from mdppower.mdp.construction import pairs_of_array, pairs_of_mapping, sorted_pairs
from mdppower.mdp.matrices import is_one_matrix_an_action, pairs_of_matrices
from mdppower.mdp.successor_table import pairs_of_successor_table
from mdppower.mdp.validation import Parts, require_mdp

if TYPE_CHECKING:
    from os import PathLike

    import networkx as nx
    from matplotlib.figure import Figure


class RewardlessMDP:
    """A finite MDP without reward and without discount: states, feasible actions, transition probabilities.

    Use one of the constructors: `from_arrays`, `from_matrices`, `from_pairs`, `from_successors`,
    `from_successor_table`, `from_columns`, `from_graph`. Instances are immutable; their arrays are copies and
    read-only.

    Attributes
    ----------
    n_states, n_pairs, n_actions : int
        S, P, and A (the size of the largest action set).
    states : tuple of labels
        The S labels, in index order; 0 … S−1 where none were given.
    action_names : tuple of labels
        All distinct action labels. `action_codes` (P,) gives the position in it of each pair's label.
    pointer : (S + 1,) int32 array
        First pair of each state.
    kernel : (P, S) scipy.sparse.csr_array
        Transition probabilities; no explicit zeros.
    layout : (S, 2) float array or None
        A (row, column) position per state, for pictures.
    marks : dict from str to tuple of int
        Named groups of states: the letters of a map.
    origin : dict from str to str
        Where it comes from, in words: the environment, what an adapter made of it, what that changed.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"here": {"stay": "here", "leave": "there"}, "there": {"stay": "there"}})
    >>> mdp.n_states, mdp.n_pairs, mdp.index("there"), mdp.actions("here")
    (2, 3, 1, ('stay', 'leave'))
    """

    __slots__ = (
        "__dict__", "__weakref__", "_labels", "_reward", "action_codes", "action_names", "kernel", "layout", "marks",
        "origin", "pointer",
    )  # fmt: skip

    kernel: sparse.csr_array
    pointer: IntArray
    action_names: tuple[Label, ...]
    action_codes: IntArray
    layout: FloatArray | None
    marks: Mapping[str, tuple[int, ...]]
    origin: Mapping[str, str]
    _labels: tuple[Label, ...] | AnyArray | None
    _reward: FloatArray  # that it came with, set where there is one: `own_reward`

    def __init__(self) -> None:
        raise TypeError(
            "use RewardlessMDP.from_arrays, from_matrices, from_pairs, from_successors, from_successor_table, "
            "from_columns or from_graph"
        )

    # ------------------------------------------------------------------ constructors

    @classmethod
    def from_pairs(
        cls,
        pair_states: npt.ArrayLike,
        kernel: Any,
        *,
        states: Sequence[Label] | AnyArray | None = None,
        actions: Sequence[Label] | None = None,
        action_codes: npt.ArrayLike | None = None,
        layout: npt.ArrayLike | None = None,
        marks: Mapping[str, Iterable[int]] | None = None,
        origin: Mapping[str, str] | None = None,
    ) -> RewardlessMDP:
        """Build an MDP from its feasible state-action pairs.

        Parameters
        ----------
        pair_states : (P,) array of int
            The state of each pair, in any order.
        kernel : (P, S) sparse array, or anything `scipy.sparse.csr_array` takes
            Row p is the distribution of the successor of pair p. Duplicate entries are summed. A row that misses
            1 by 1e-9 or less, or by what rounding does to the type of `kernel`, such as float32, is rescaled, which
            a warning and ``origin["rescaled"]`` say.
        states : sequence of S labels, or an (S, d) integer array whose rows become tuples, optional
            A label is a str, an int or a tuple of these; an IntEnum's becomes its int. Default: 0 … S−1.
        actions : sequence of labels, optional
            One a pair; or, where `action_codes` is given, the distinct labels that the codes number.
            Default: the pairs of each state are numbered 0, 1, …
        action_codes : (P,) array of int, optional
            Position in `actions` of each pair's label.
        layout : (S, 2) array, optional
            (row, column) of each state, for pictures.
        marks : mapping from str to iterable of int, optional
            Named groups of state indices.
        origin : mapping from str to str, optional
            Where it comes from, for whoever reads it later.

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        ModelError
            A row does not sum to 1; a probability is negative, NaN or infinite; a state has no action; a label is
            repeated, or is none (1.0, True); labels are a set, which has no order; an array has masked entries.
            The message names the first offending state and action.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_pairs([0, 0, 1], [[1, 0], [0.5, 0.5], [0, 1]], actions=["stay", "go", "stay"])
        >>> mdp
        RewardlessMDP(2 states, 3 pairs, up to 2 actions, stochastic, absorbing: 1)
        """
        owner, codes, names, rows = sorted_pairs(pair_states, kernel, actions, action_codes)
        n_states = rows.shape[1]
        self = object.__new__(cls)
        self._labels = check_labels(states, n_states)
        self.pointer = np.searchsorted(owner, np.arange(n_states + 1)).astype(np.int32)
        self.action_names, self.action_codes = names, codes
        self.kernel = rows
        self.layout = check_layout(layout, n_states)
        self.marks = check_marks(marks, n_states)
        parts = Parts(rows, self.pointer, owner, codes, lambda s: self.states[s], names, eps_of(kernel))
        rescaled = require_mdp(parts)
        told = {"rescaled": rescaled} if rescaled else {}
        self.origin = check_origin(origin) | told
        self._freeze()
        return self

    @classmethod
    def from_arrays(
        cls,
        transitions: npt.ArrayLike | Mapping[Any, Any],
        *,
        axes: Literal["san", "asn"] | None = None,
        feasible: npt.ArrayLike | None = None,
        states: Sequence[Label] | None = None,
        actions: Sequence[Label] | None = None,
        layout: npt.ArrayLike | None = None,
    ) -> RewardlessMDP:
        """Build an MDP from a dense array T[s, a, s'].

        Parameters
        ----------
        transitions : (S, A, S) array
            Probability of s' after action a in state s. Or Gymnasium's table, a mapping
            ``{s: {a: [(probability, s', reward, terminated), …]}}``, read as `mdppower.from_gymnasium` reads it.
            A mapping from action to matrix, or a list with sparse matrices, is what `from_matrices` takes.
        axes : {"san", "asn"}, optional
            The order of the axes: T[s, a, s'] (state, action, next), or T[a, s, s']. Default: T[s, a, s'], with a
            warning where A = S and both readings would do.
        feasible : (S, A) array of booleans, or of 0 and 1, optional
            Which actions each state has; rows of `transitions` that are not feasible are ignored.
            Default: all are.
        states : sequence of S labels, optional
        actions : sequence of A labels, optional
            Default: 0 … A−1.
        layout : (S, 2) array, optional
            (row, column) of each state, for pictures.

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        ModelError
            The axes seem to be others; `feasible` has other numbers than 0 and 1; or as in `from_pairs`.
        ParameterError
            `axes` is neither of the two; or there is more than a table.

        Examples
        --------
        >>> import numpy as np
        >>> swap, stay = np.eye(2)[::-1], np.eye(2)
        >>> RewardlessMDP.from_arrays([stay, swap], axes="asn", actions=["stay", "swap"])
        RewardlessMDP(2 states, 4 pairs, up to 2 actions, deterministic, no absorbing state)
        """
        if is_one_matrix_an_action(transitions):
            if axes == "san":
                raise ModelError("one matrix an action is T[a, s, s'], not T[s, a, s'] as axes='san' says")
            made = cls.from_matrices(transitions, feasible=feasible, states=states, actions=actions, layout=layout)
            return made
        if isinstance(transitions, Mapping):
            from mdppower.adapters.from_gymnasium import from_gymnasium

            if not axes is feasible is states is actions is layout is None:
                raise ParameterError("a Gymnasium table has its own labels; give it alone")
            return from_gymnasium(transitions)
        pairs = pairs_of_array(transitions, feasible, actions, axes)
        return cls.from_pairs(**pairs, states=states, layout=layout)

    @classmethod
    def from_matrices(
        cls,
        matrices: Any,
        *,
        feasible: npt.ArrayLike | Literal["nonzero"] | None = None,
        rewards: npt.ArrayLike | None = None,
        states: Sequence[Label] | AnyArray | None = None,
        actions: Sequence[Label] | None = None,
        layout: npt.ArrayLike | None = None,
        marks: Mapping[str, Iterable[int]] | None = None,
        origin: Mapping[str, str] | None = None,
    ) -> RewardlessMDP:
        """Build an MDP from one S × S matrix an action, dense or sparse.

        Parameters
        ----------
        matrices : list or tuple of A matrices, mapping from action to matrix, or (A, S, S) array
            Row s of the matrix of a is the distribution of the successor of s under a. Nothing of size S × S is made
            of sparse ones.
        feasible : (S, A) array of booleans, or "nonzero", optional
            Which actions each state has; other rows are ignored. "nonzero": those whose row is not empty.
            Default: all.
        rewards : (S, A) array, optional
            Kept for `mdppower.given_rewards`; nothing is computed with it unless it is asked for.
        states : sequence of S labels, or an (S, d) integer array whose rows become tuples, optional
        actions : sequence of A labels, optional
            Default: 0 … A−1, or the keys of the mapping.
        layout, marks, origin
            As in `from_pairs`.

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        ModelError
            A matrix is not square, or of another size than the first; or as in `from_pairs`.
        RewardError
            `rewards` has another shape, or one that is no finite number.

        Examples
        --------
        >>> from scipy import sparse
        >>> stay, swap = sparse.eye_array(2), sparse.csr_array([[0, 1], [1, 0]])
        >>> RewardlessMDP.from_matrices({"stay": stay, "swap": swap})
        RewardlessMDP(2 states, 4 pairs, up to 2 actions, deterministic, no absorbing state)
        """
        pairs, reward = pairs_of_matrices(
            matrices, feasible=feasible, rewards=rewards, states=states, actions=actions
        )
        return cls._with_reward(pairs, reward, layout=layout, marks=marks, origin=origin)

    @classmethod
    def from_successor_table(
        cls,
        transitions: npt.ArrayLike,
        *,
        feasible: npt.ArrayLike | None = None,
        rewards: npt.ArrayLike | None = None,
        states: Sequence[Label] | AnyArray | None = None,
        actions: Sequence[Label] | None = None,
        end: Label | None = None,
        layout: npt.ArrayLike | None = None,
        marks: Mapping[str, Iterable[int]] | None = None,
        origin: Mapping[str, str] | None = None,
    ) -> RewardlessMDP:
        """Build a deterministic MDP from a table of successors, one integer a state and action.

        Parameters
        ----------
        transitions : (S, A) array of int
            Index of the state that action a in state s leads to. −1: the episode ends, which leads to one more
            state, the last, whose one action is "stay". −2, or what a masked array masks: the state has no such
            action.
            Floats are taken where they are whole.
        feasible : (S, A) array of booleans, or of 0 and 1, optional
            Which actions each state has; what `transitions` and `rewards` hold elsewhere is not looked at.
        rewards : (S, A) array, optional
            Kept for `mdppower.given_rewards`; nothing is computed with it unless it is asked for. After the end
            nothing is earned.
        states : sequence of S labels, or an (S, d) integer array whose rows become tuples, optional
            Default: 0 … S−1.
        actions : sequence of A labels, optional
            Default: 0 … A−1.
        end : label, optional
            Of the state in which episodes end, if any does. Default: "end", numbered where that is taken.
        layout : (S, 2) array, optional
            (row, column) of each state, for pictures; the end is drawn below.
        marks, origin
            As in `from_pairs`. ``origin["ends"]`` says how many −1 there were, ``origin["reward"]`` that rewards were
            kept.

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        ModelError
            An entry is no integer, or none of −2 … S−1; a state has no action; the mask has another shape, or says
            that there is what −2 says is not. The message names state and action.
        RewardError
            `rewards` has another shape, or one that is no finite number.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successor_table([[1, 0], [-1, -2]], rewards=[[0, 0], [5, 0]])
        >>> mdp.states, mdp.successors(1, 0), mdp.actions(1), mdp.absorbing_states
        ((0, 1, 'end'), {'end': 1.0}, (0,), array([2]))
        >>> import mdppower as mp
        >>> mp.given_rewards(mdp).of(1, 0)
        5.0
        """
        pairs, reward = pairs_of_successor_table(
            transitions, feasible=feasible, rewards=rewards, states=states, actions=actions, end=end, layout=layout
        )
        told = pairs.pop("origin")
        return cls._with_reward(pairs, reward, marks=marks, origin={**check_origin(origin), **told})

    @classmethod
    def from_columns(
        cls,
        columns: Any,
        *,
        state: str = "state",
        action: str = "action",
        successor: str = "successor",
        probability: str = "probability",
        reward: str = "reward",
        states: Sequence[Label] | AnyArray | None = None,
        actions: Sequence[Label] | None = None,
        layout: npt.ArrayLike | None = None,
        marks: Mapping[str, Iterable[int]] | None = None,
        origin: Mapping[str, str] | None = None,
    ) -> RewardlessMDP:
        """Build an MDP from a long table: one possible transition a row, in any order.

        Parameters
        ----------
        columns : mapping from name to array of n, data frame, or structured array
            Columns in any order; those that are not read are warned about. Labels are str, int, or tuples of these;
            whole floats count as int, and rows of an (n, d) integer array as tuples. Other labels, such as 0.5, True,
            a date or an enumeration's member, are written as their text, with a warning.
        state, action, successor : str
            Names of these columns.
        probability : str
            Of the column of probabilities. Without one every state and action has one row, which happens for certain.
            Rows that are the same but for their probability are added up.
        reward : str
            Of the column of rewards R(s, a, s′), if there is one: kept for `mdppower.given_rewards`; nothing is
            computed with it unless it is asked for.
        states : sequence of labels, optional
            All states, in their order. Default: integers, and rows of integers, ascend; others come in the order in
            which they appear as `state`.
        actions : sequence of labels, optional
            All actions, in their order. Default: as for states.
        layout, marks, origin
            As in `from_pairs`.

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        ModelError
            A column is missing, or has another length; a label is missing; the probabilities of a state and action do
            not add up to 1, or one is negative or NaN; a successor has no row of its own, and so no action; there are
            no probabilities, and two rows of one state and action. The message names rows, counted from 0.
        RewardError
            A reward is no finite number, or rows of one transition have several.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_columns({
        ...     "state":       ["start", "start", "start", "won",  "lost"],
        ...     "action":      ["wait",  "bet",   "bet",   "stay", "stay"],
        ...     "successor":   ["start", "won",   "lost",  "won",  "lost"],
        ...     "probability": [1,       0.25,    0.75,    1,      1]})
        >>> mdp.states, mdp.successors("start", "bet")
        (('start', 'won', 'lost'), {'won': 0.25, 'lost': 0.75})
        """
        names = {
            "state": state, "action": action, "successor": successor, "probability": probability, "reward": reward,
        }  # fmt: skip
        pairs, values = pairs_of_columns(columns, names=names, states=states, actions=actions)
        return cls._with_reward(pairs, values, layout=layout, marks=marks, origin=origin)

    @classmethod
    def _with_reward(
        cls, pairs: dict[str, Any], reward: FloatArray | None, *, origin: Mapping[str, str] | None, **rest: Any
    ) -> RewardlessMDP:
        """An MDP from pairs in canonical order, with the reward of each of these, or of each transition, if any."""
        told = check_origin(origin)
        if reward is not None:
            of = "state and action" if len(reward) == len(pairs["pair_states"]) else "state, action and successor"
            told["reward"] = f"kept, a function of {of}"
        made = cls.from_pairs(**pairs, **rest, origin=told)
        if reward is not None:
            made._reward = read_only(reward)
        return made

    @classmethod
    def from_successors(
        cls,
        successors: Mapping[Any, Mapping[Any, Any]],
        *,
        layout: Mapping[Any, tuple[float, float]] | None = None,
    ) -> RewardlessMDP:
        """Build an MDP from ``{state: {action: state or {state: probability}}}``.

        Parameters
        ----------
        successors : mapping
            The states are its keys, in their order. An action that leads to one state for certain may name
            that state; otherwise it maps to a mapping of probabilities.
        layout : mapping from state to (row, column), optional

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        ModelError
            A successor is not a state; or as in `from_pairs`.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({
        ...     "start": {"wait": "start", "gamble": {"won": 0.5, "lost": 0.5}},
        ...     "won": {"stay": "won"}, "lost": {"stay": "lost"}})
        >>> mdp.successors("start", "gamble")
        {'won': 0.5, 'lost': 0.5}
        """
        pairs = pairs_of_mapping(successors)
        return cls.from_pairs(**pairs, layout=positions(layout, pairs["states"]))

    @classmethod
    def from_graph(cls, graph: nx.DiGraph[Any]) -> RewardlessMDP:
        """Build an MDP from a networkx graph.

        `mdppower.adapters.networkx_graph.mdp_from_graph` says which attributes are read.

        Parameters
        ----------
        graph : networkx.DiGraph or networkx.MultiDiGraph
            Out-edges are actions; ``action`` or the keys of a MultiDiGraph name them, and edges of one action carry
            ``probability``. Of edges whose ``weight`` sums to 1 at every node a Markov chain is made.

        Returns
        -------
        RewardlessMDP

        Examples
        --------
        >>> import networkx as nx
        >>> RewardlessMDP.from_graph(nx.DiGraph([("x", "y"), ("y", "y")])).actions("x")
        ('->y',)
        """
        from mdppower.adapters.networkx_graph import mdp_from_graph

        if isinstance(graph, type) or not (hasattr(graph, "is_directed") and hasattr(graph, "nodes")):
            raise ParameterError(
                f"from_graph takes a networkx graph, got a {type(graph).__name__}: from_arrays takes arrays, and "
                "from_successors {state: {action: successor}}"
            )
        return mdp_from_graph(graph)

    # ------------------------------------------------------------------ sizes and labels

    @property
    def n_states(self) -> int:
        """S, the number of states.

        Examples
        --------
        >>> RewardlessMDP.from_pairs([0, 0], [[1.0], [1.0]]).n_states
        1
        """
        return int(self.kernel.shape[1])

    @property
    def n_pairs(self) -> int:
        """P, the number of feasible state-action pairs.

        Examples
        --------
        >>> RewardlessMDP.from_pairs([0, 0], [[1.0], [1.0]]).n_pairs
        2
        """
        return int(self.kernel.shape[0])

    @cached_property
    def n_actions(self) -> int:
        """A, the size of the largest action set.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.n_actions
        2
        """
        return int(np.diff(self.pointer).max())

    @cached_property
    def states(self) -> tuple[Label, ...]:
        """The S state labels, in index order.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.states
        ('x', 'y')
        """
        if self._labels is None:
            return tuple(range(self.n_states))
        if isinstance(self._labels, tuple):
            return self._labels
        return tuple(map(tuple, self._labels.tolist()))

    @property
    def has_default_labels(self) -> bool:
        """Whether the states are labelled 0 … S−1.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.has_default_labels
        False
        """
        return self._labels is None

    @property
    def label_table(self) -> AnyArray | None:
        """(S, d) integer array whose rows are the labels, where they were given so.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.envs.gridworld("..").label_table.tolist()
        [[0, 0], [0, 1]]
        """
        return self._labels if isinstance(self._labels, np.ndarray) else None

    @cached_property
    def _index(self) -> dict[Label, int]:
        return {label: i for i, label in enumerate(self.states)}

    @cached_property
    def pair_states(self) -> IntArray:
        """(P,) the state of each pair.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.pair_states
        array([0, 0, 1], dtype=int32)
        """
        return read_only(np.repeat(np.arange(self.n_states, dtype=np.int32), np.diff(self.pointer)))

    def index(self, label: Label) -> int:
        """Index of the state of that label, or of the one state that carries that mark.

        What is no label but equal to one, as True is to 1, is warned about.

        Raises
        ------
        LabelError
            No state has this label or mark, or several carry the mark.

        Examples
        --------
        >>> RewardlessMDP.from_successors({"x": {"go": "y"}, "y": {"go": "y"}}).index("y")
        1
        """
        if type(label) in PLAIN or _is_plain_tuple(label):  # it is a label as it is: `_asked` need not look
            found = self._index.get(label)
            if found is not None:
                return found
        try:
            return self._index[_asked(label, self._index)]
        except KeyError:
            pass
        marked = self.marks.get(label, ()) if isinstance(label, str) else ()
        if len(marked) == 1:
            return marked[0]
        if marked:
            where = ", ".join(repr(self.states[i]) for i in marked[:4])
            raise LabelError(f"{len(marked)} states are marked {label!r} ({where}, …): name one of them")
        marks = f"; marks are {shorten(list(self.marks))}" * bool(self.marks)
        raise LabelError(f"there is no state {label!r}; states are {shorten(self.states)}{marks}")

    def actions(self, state: Label) -> tuple[Label, ...]:
        """Labels of the actions of a state, in the order of its pairs.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.actions("x")
        ('go', 'wait')
        """
        s = self.index(state)
        return tuple(self.action_names[c] for c in self.action_codes[self.pointer[s] : self.pointer[s + 1]])

    def pair(self, state: Label, action: Label) -> int:
        """Index of the feasible pair (state, action).

        Raises
        ------
        LabelError
            The state has no such action.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.pair("y", "stay")
        2
        """
        available = self.actions(state)
        try:
            return int(self.pointer[self.index(state)]) + available.index(_asked(action, dict.fromkeys(available)))
        except (KeyError, ValueError):
            raise LabelError(f"state {state!r} has no action {action!r}; it has {shorten(available)}") from None

    def pair_label(self, pair: int) -> tuple[Label, Label]:
        """(state, action) labels of the pair of that index.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.pair_label(2)
        ('y', 'stay')
        """
        return self.states[self.pair_states[pair]], self.action_names[self.action_codes[pair]]

    def successors(self, state: Label, action: Label) -> dict[Label, float]:
        """``{state: probability}`` after taking an action in a state.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.successors("x", "go")
        {'y': 1.0}
        """
        return self.pair_successors(self.pair(state, action))

    def pair_successors(self, pair: int) -> dict[Label, float]:
        """``{state: probability}`` of the pair of that index.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.pair_successors(1)
        {'x': 1.0}
        """
        row = slice(*self.kernel.indptr[pair:][:2])
        return {
            self.states[i]: float(p) for i, p in zip(self.kernel.indices[row], self.kernel.data[row], strict=True)
        }

    def __iter__(self) -> Iterator[Label]:
        return iter(self.states)

    def __contains__(self, label: object) -> bool:
        try:
            return plain_label(label) in self._index
        except ModelError:
            return False

    # ------------------------------------------------------------------ structure

    @cached_property
    def is_deterministic(self) -> bool:
        """Whether every pair has one successor only.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.is_deterministic
        True
        """
        return bool(self.kernel.nnz == self.n_pairs)

    @cached_property
    def _self_loop(self) -> BoolArray:
        """(P,) whether the pair stays in its state with probability 1."""
        indptr = self.kernel.indptr
        stays: BoolArray = (np.diff(indptr) == 1) & (self.kernel.indices[indptr[:-1]] == self.pair_states)
        return stays

    @cached_property
    def absorbing_states(self) -> AnyArray:
        """Indices of the states that no action leaves: "terminal" in Def. 3.2.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.absorbing_states
        array([1])
        """
        return np.flatnonzero(np.logical_and.reduceat(self._self_loop, self.pointer[:-1]))

    @cached_property
    def one_cycles(self) -> AnyArray:
        """Indices of the states in which some action stays with probability 1 (1-cycles, Def. 3.2).

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.one_cycles
        array([0, 1])
        """
        return np.flatnonzero(np.logical_or.reduceat(self._self_loop, self.pointer[:-1]))

    # ------------------------------------------------------------------ other forms

    def to_arrays(self) -> tuple[FloatArray, BoolArray]:
        """Dense T[s, a, s'] and the feasibility mask; a is the position in `action_names`.

        Returns
        -------
        transitions : (S, A', S) array
            Zero where not feasible; A' is the number of distinct action labels.
        feasible : (S, A') boolean array

        Raises
        ------
        SizeError
            The array would take more than 1 GiB.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> transitions, feasible = mdp.to_arrays()
        >>> transitions.shape, feasible.tolist()
        ((2, 3, 2), [[True, True, False], [False, False, True]])
        """
        shape = (self.n_states, len(self.action_names), self.n_states)
        if np.prod(shape, dtype=float) > 2**27:
            raise SizeError(f"a dense array of shape {shape} takes {np.prod(shape, dtype=float) / 2**27:.1f} GiB")
        dense, feasible = np.zeros(shape), np.zeros(shape[:2], bool)
        dense[self.pair_states, self.action_codes] = self.kernel.toarray()
        feasible[self.pair_states, self.action_codes] = True
        return dense, feasible

    def to_graph(self) -> nx.MultiDiGraph[Any]:
        """A networkx MultiDiGraph with ``action`` and ``probability`` on edges; `from_graph` is its inverse.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> sorted(mdp.to_graph().edges(data="action"))
        [('x', 'x', 'wait'), ('x', 'y', 'go'), ('y', 'y', 'stay')]
        >>> RewardlessMDP.from_graph(mdp.to_graph()).equals(mdp)
        True
        """
        from mdppower.adapters.networkx_graph import graph_from_mdp

        return graph_from_mdp(self)

    def permute_states(self, order: npt.ArrayLike) -> RewardlessMDP:
        """The same MDP with its states in another order; labels, layout and marks travel with them.

        Parameters
        ----------
        order : (S,) array of int
            State k of the result is state ``order[k]`` of this MDP.

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        ParameterError
            `order` is not a permutation of 0 … S−1.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.permute_states([1, 0]).states
        ('y', 'x')
        """
        try:
            order = np.asarray(order)
        except ValueError as error:
            raise ParameterError(f"order is not a permutation: {error}") from None
        if order.dtype.kind not in "iu" or not np.array_equal(np.sort(order), np.arange(self.n_states)):
            raise ParameterError(f"order must be a permutation of 0 … {self.n_states - 1}")
        place = np.argsort(order)
        return RewardlessMDP.from_pairs(
            place[self.pair_states],
            self.kernel[:, order],
            states=tuple(self.states[i] for i in order),
            actions=self.action_names,
            action_codes=self.action_codes,
            layout=None if self.layout is None else self.layout[order],
            marks={k: place[list(v)].tolist() for k, v in self.marks.items()},
            origin=self.origin,
        )

    def equals(self, other: RewardlessMDP, *, tolerance: float = 0.0) -> bool:
        """Whether both have the same states, actions and transition probabilities, labels and order included.

        Parameters
        ----------
        other : RewardlessMDP
        tolerance : float
            Largest difference of two probabilities that still counts as equal.

        Returns
        -------
        bool
            Layout, marks and origin are not compared: they are decoration.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.equals(mdp.permute_states([1, 0]).permute_states([1, 0]))
        True
        """
        if (self.n_states, self.n_pairs) != (other.n_states, other.n_pairs):
            return False
        same_labels = (self._labels is None and other._labels is None) or self.states == other.states
        if not same_labels or not np.array_equal(self.pointer, other.pointer):
            return False
        if self.action_names == other.action_names:
            if not np.array_equal(self.action_codes, other.action_codes):
                return False
        elif any(self.action_names[a] != other.action_names[b]
                 for a, b in zip(self.action_codes, other.action_codes, strict=True)):  # fmt: skip
            return False
        difference = abs(self.kernel - other.kernel)
        return bool(difference.nnz == 0 or difference.max() <= tolerance)

    # ------------------------------------------------------------------ files and pictures

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of states, actions and probabilities: the same for MDPs that are `equals`, in any process.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y", "wait": "x"}, "y": {"stay": "y"}})
        >>> mdp.fingerprint == mdp.permute_states([1, 0]).fingerprint
        False
        """
        used, first = np.unique(self.action_codes, return_index=True)
        by_appearance = used[np.argsort(first)]
        number = np.empty(len(self.action_names), np.int32)
        number[by_appearance] = np.arange(len(used))
        names = [self.action_names[a] for a in by_appearance]
        digest = hashlib.sha256(json.dumps([self.states, names]).encode())
        kernel = self.kernel
        for array in (self.pointer, number[self.action_codes], kernel.indptr, kernel.indices, kernel.data):
            digest.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()

    def save(self, path: str | PathLike[str]) -> None:
        """Write the MDP to a file, with labels, layout, marks and origin.

        Parameters
        ----------
        path : str or path
            ``.nc`` (NetCDF, any size), ``.toml`` (text, up to 100,000 transitions), ``.drn`` (Storm's text, any size)
            or ``.npz`` (a table of NumPy, of a deterministic MDP).

        Raises
        ------
        ParameterError
            The suffix is another.
        ModelError
            A table is to hold an action with several successors.
        FileError
            The file cannot be written.
        SizeError
            The MDP is too large for TOML, or for a table.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> mdp = RewardlessMDP.from_successors({"x": {"go": "y"}, "y": {"go": "y"}})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     mdp.save(pathlib.Path(folder, "mdp.toml"))
        ...     RewardlessMDP.load(pathlib.Path(folder, "mdp.toml")).equals(mdp)
        True
        """
        from mdppower.files.netcdf import save_mdp

        save_mdp(self, path)

    @staticmethod
    def load(path: str | PathLike[str]) -> RewardlessMDP:
        """The MDP of a file: what `save` wrote, a file of another tool, or the MDP of a saved result.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        RewardlessMDP

        Raises
        ------
        FileError, ModelError
            See `mdppower.load`.

        Examples
        --------
        >>> import tempfile, pathlib, mdppower as mp
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     mp.power(mp.envs.fork(2), 0.9, samples=64).save(pathlib.Path(folder, "fork.nc"))
        ...     RewardlessMDP.load(pathlib.Path(folder, "fork.nc")).n_states
        3
        """
        from mdppower.files.netcdf import load

        found = load(path)
        mdp = found if isinstance(found, RewardlessMDP) else getattr(found, "mdp", None)
        if not isinstance(mdp, RewardlessMDP):
            raise FileError(f"{os.fspath(path)} holds a result without an MDP of its own: {type(found).__name__}")
        return mdp

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture of the map, or of the graph; see `mdppower.display.mdp_picture.plot_mdp`.

        Examples
        --------
        >>> figure = RewardlessMDP.from_successors({"x": {"go": "x"}}).plot()
        """
        from mdppower.display.mdp_picture import plot_mdp

        return plot_mdp(self, path, **options)

    def _repr_html_(self) -> str:
        from html import escape

        from mdppower.display.notebook import inline_picture

        told = "".join(f"<br>{escape(name)}: {escape(text)}" for name, text in self.origin.items())
        return f"<p>{escape(repr(self))}{told}</p>{inline_picture(self)}"

    # ------------------------------------------------------------------ plumbing

    def __repr__(self) -> str:
        kind = "deterministic" if self.is_deterministic else "stochastic"
        absorbing = self.absorbing_states
        if len(absorbing) == 0:
            ends = "no absorbing state"
        elif len(absorbing) <= 4:
            ends = "absorbing: " + ", ".join(repr(self.states[i]) for i in absorbing)
        else:
            ends = f"{len(absorbing)} absorbing states"
        return (
            f"RewardlessMDP({count(self.n_states, 'state')}, {count(self.n_pairs, 'pair')}, "
            f"up to {count(self.n_actions, 'action')}, {kind}, {ends}"
            + (f", from {self.origin['source']})" if "source" in self.origin else ")")
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__slots__ or hasattr(self, name):
            raise AttributeError(f"a RewardlessMDP cannot be changed (tried to set {name!r})")
        object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew through the constructor: a pickled array would lose its read-only flag.
        labels = self._labels if isinstance(self._labels, np.ndarray) else self.states
        return _rebuild, (
            self.pair_states, self.kernel, labels, self.action_names, self.action_codes, self.layout,
            dict(self.marks), dict(self.origin), getattr(self, "_reward", None),
        )  # fmt: skip

    def _freeze(self) -> None:
        arrays = [self.pointer, self.action_codes, self.kernel.data, self.kernel.indices, self.kernel.indptr]
        for array in (*arrays, self.layout, self._labels):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)


def _is_plain_tuple(label: Any) -> bool:
    """Whether it is a tuple of a few plain labels."""
    if type(label) is not tuple:
        return False
    for part in label:  # noqa: SIM110  (half the time of all())
        if type(part) not in PLAIN:
            return False
    return True


def _asked(label: Any, known: Mapping[Label, Any]) -> Label:
    """The label that is asked for; what only equals one, as 1.0 and True equal 1, is told.

    Raises
    ------
    KeyError
        It is no label, and equal to none.
    """
    with suppress(ModelError):
        return plain_label(label)
    try:
        meant = next(one for one in known if one == label) if label in known else None
    except TypeError:  # not even hashable
        meant = None
    if meant is None:
        raise KeyError(label)
    told = f"{label!r} is no label, and was taken for {meant!r}, to which it is equal"
    warnings.warn(told, MDPPowerWarning, stacklevel=3)
    return meant


def _rebuild(
    pair_states: IntArray,
    kernel: sparse.csr_array,
    states: Any,
    actions: tuple[Label, ...],
    codes: IntArray,
    layout: FloatArray | None,
    marks: dict[str, tuple[int, ...]],
    origin: dict[str, str],
    reward: FloatArray | None,
) -> RewardlessMDP:
    made = RewardlessMDP.from_pairs(
        pair_states, kernel, states=states, actions=actions, action_codes=codes, layout=layout, marks=marks,
        origin=origin,
    )  # fmt: skip
    if reward is not None:
        made._reward = read_only(reward)
    return made

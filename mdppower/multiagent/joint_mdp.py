"""Two agents in one finite world, who move at once: states, what each can do, and what both together lead to.

What becomes of collisions is said by `overlap` (`mdppower.multiagent.collisions`); how joint actions are kept, in
`mdppower.multiagent.players`.

An agent whose partner's policy is fixed has an MDP of its own, over joint states: `JointMDP.one_agent`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._text import count
from mdppower._typing import AnyArray, FloatArray, IntArray, Label
from mdppower.errors import LabelError, ModelError, ParameterError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.canonical import read_only
from mdppower.mdp.model import RewardlessMDP
from mdppower.multiagent.collisions import move_at_once
from mdppower.multiagent.facing import Workspace, mdp_of
from mdppower.multiagent.fixed_policies import policy_weights
from mdppower.multiagent.given_actions import read_joint_actions
from mdppower.multiagent.players import JointActions, Player, joint_actions

if TYPE_CHECKING:
    import networkx as nx

PLAYERS = ("human", "ai")
END = "lost"
"""The state to which lost probability leads, of an agent's own MDP under ``remove-leak``; with primes, where a joint
state is called so."""


class JointMDP:
    r"""Two agents who move at once, without reward and without discount.

    Use `from_worlds`, for two worlds that have nothing but collisions in common; or `from_mdp`, `from_arrays`,
    `from_graph`, `from_successors`, whose actions are pairs (the human's, the AI's).

    Attributes
    ----------
    n_states, n_joint : int
        S and J.
    states : tuple of labels
        (the human's state, the AI's), or what they are called.
    actions : JointActions
    overlap : str
        The rule: ``"allow"``, ``"bump"``, ``"remove"``, ``"remove-leak"``.
    swap : bool
        Whether the agents may change places.
    made_of : tuple of RewardlessMDP
        The two worlds; or the one whose actions are pairs.
    cells : (S, 2) int32 array or None
        The state of each agent in its own world.

    Examples
    --------
    >>> import mdppower as mp
    >>> room = mp.envs.gridworld("..\n..", blocked="remove")
    >>> mp.multiagent.JointMDP.from_worlds(room, room, overlap="bump")
    JointMDP(12 joint states, 108 joint actions, overlap='bump')
    """

    __slots__ = (
        "__dict__", "__weakref__", "actions", "cells", "made_of", "overlap", "states", "swap"
    )  # fmt: skip

    states: tuple[Label, ...]
    actions: JointActions
    overlap: str
    swap: bool
    made_of: tuple[RewardlessMDP, ...]
    cells: IntArray | None

    def __init__(self) -> None:
        raise TypeError("use JointMDP.from_worlds, from_mdp, from_arrays, from_graph or from_successors")

    # ------------------------------------------------------------------ constructors

    @classmethod
    def from_worlds(
        cls, human: RewardlessMDP, ai: RewardlessMDP | None = None, *, overlap: str = "allow", swap: bool = True
    ) -> JointMDP:
        """Two agents, each in a world of its own, or both in one, who move at once and independently.

        Parameters
        ----------
        human : RewardlessMDP
        ai : RewardlessMDP, optional
            Default: the same world. States of the same label are one place.
        overlap : {"allow", "bump", "remove", "remove-leak"}
            What becomes of a move by which both would come to one place; see `mdppower.multiagent.collisions`.
        swap : bool
            Whether they may change places; if not, that is a collision, too.

        Returns
        -------
        JointMDP
            Its states are pairs of labels, in the order of the human's states.

        Raises
        ------
        ParameterError
            No MDPs, or no such rule; ``swap=False`` with ``overlap="allow"``; a rule for worlds without a common
            state.
        ModelError
            The rule leaves a joint state in which nothing can be done; the message names it.
        SizeError
            It would be too large.
        """
        check_mdp(human, "human")
        own = human if ai is None else check_mdp(ai, "ai")
        rows = move_at_once(human, own, overlap, swap)
        one, two = human.states, own.states
        states = tuple((one[h], two[a]) for h, a in rows.cells.tolist())
        actions = joint_actions(
            len(states), rows.state, (rows.human, rows.ai), rows.kernel, rows.lost, overlap == "remove-leak",
            ((human.action_names, human.action_codes), (own.action_names, own.action_codes)),
        )  # fmt: skip
        return cls._of(states, actions, overlap, swap, (human, own), rows.cells)

    @classmethod
    def from_mdp(cls, mdp: RewardlessMDP, *, overlap: str | None = None) -> JointMDP:
        """An MDP each of whose actions is a pair (the human's, the AI's).

        Parameters
        ----------
        mdp : RewardlessMDP
            With labels of actions like ``("up", "stay")``.
        overlap : {"remove", "remove-leak"}, optional
            What becomes of joint actions that are not there, though each half of them is: they do not happen, and
            what does is rescaled, or not. Default: all must be there.

        Returns
        -------
        JointMDP

        Raises
        ------
        ModelError
            An action is no pair; or a joint action is not there, and nothing says what that means.

        Examples
        --------
        >>> import mdppower as mp
        >>> T = {"x": {("a", "c"): "x", ("b", "c"): "y"}, "y": {("a", "c"): "y"}}
        >>> JointMDP.from_mdp(mp.RewardlessMDP.from_successors(T))
        JointMDP(2 joint states, 3 joint actions)
        """
        check_mdp(mdp)
        if overlap is not None:
            choice(overlap, "overlap", ("remove", "remove-leak"))
        return cls._of(mdp.states, read_joint_actions(mdp, overlap), overlap or "allow", True, (mdp,))

    @classmethod
    def from_arrays(
        cls,
        transitions: npt.ArrayLike,
        *,
        feasible: npt.ArrayLike | None = None,
        states: Sequence[Label] | None = None,
        human_actions: Sequence[Label] | None = None,
        ai_actions: Sequence[Label] | None = None,
        overlap: str | None = None,
    ) -> JointMDP:
        """A dense array T[s, a, b, s'], for a small world.

        Parameters
        ----------
        transitions : (S, A_H, A_A, S) array
        feasible : (S, A_H, A_A) array of booleans, optional
            Which joint actions there are; default: all.
        states, human_actions, ai_actions : sequences of labels, optional
            Default: 0, 1, …
        overlap : {"remove", "remove-leak"}, optional
            As for `from_mdp`.

        Returns
        -------
        JointMDP

        Raises
        ------
        ModelError
            Another shape; or as `RewardlessMDP.from_arrays` and `from_mdp`.

        Examples
        --------
        Who chooses differently from the other goes to the other state:

        >>> T = np.zeros((2, 2, 2, 2))
        >>> for s, a, b in np.ndindex(2, 2, 2):
        ...     T[s, a, b, s ^ a ^ b] = 1
        >>> JointMDP.from_arrays(T)
        JointMDP(2 joint states, 8 joint actions)
        """
        T = np.asarray(transitions)
        if T.ndim != 4 or T.shape[0] != T.shape[3]:
            raise ModelError(f"transitions must have shape (S, A_H, A_A, S), got {T.shape}")
        if feasible is not None and np.shape(feasible) != T.shape[:3]:
            raise ModelError(f"feasible must have shape {T.shape[:3]}, got {np.shape(feasible)}")
        own = [
            tuple(range(T.shape[k + 1])) if given is None else tuple(given)
            for k, given in enumerate((human_actions, ai_actions))
        ]
        for k, name in enumerate(("human_actions", "ai_actions")):
            if len(own[k]) != T.shape[k + 1]:
                raise ModelError(f"{name} must be {T.shape[k + 1]} labels, got {len(own[k])}")
        mask = None if feasible is None else np.asarray(feasible).reshape(len(T), -1)
        mdp = RewardlessMDP.from_arrays(
            T.reshape(len(T), -1, len(T)), axes="san", feasible=mask, states=states,
            actions=[(a, b) for a in own[0] for b in own[1]],
        )  # fmt: skip
        return cls.from_mdp(mdp, overlap=overlap)

    @classmethod
    def from_graph(cls, graph: nx.DiGraph[Any], *, overlap: str | None = None) -> JointMDP:
        """A networkx graph, as `RewardlessMDP.from_graph` takes it, whose actions are pairs; as for `from_mdp`.

        Examples
        --------
        >>> import networkx as nx
        >>> graph = nx.MultiDiGraph()
        >>> for b in ("let", "help"):
        ...     _ = graph.add_edge("here", "there" if b == "help" else "here", action=("go", b))
        ...     _ = graph.add_edge("there", "there", action=("go", b))
        >>> JointMDP.from_graph(graph)
        JointMDP(2 joint states, 4 joint actions)
        """
        return cls.from_mdp(RewardlessMDP.from_graph(graph), overlap=overlap)

    @classmethod
    def from_successors(cls, successors: Mapping[Any, Any], *, overlap: str | None = None) -> JointMDP:
        """A mapping {state: {(a, b): successor}}, as `RewardlessMDP.from_successors` takes it; as for `from_mdp`."""
        return cls.from_mdp(RewardlessMDP.from_successors(successors), overlap=overlap)

    @classmethod
    def _of(
        cls,
        states: tuple[Label, ...],
        actions: JointActions,
        overlap: str,
        swap: bool,
        made_of: tuple[RewardlessMDP, ...],
        cells: IntArray | None = None,
    ) -> JointMDP:
        idle = np.flatnonzero(np.diff(actions.pointer) == 0)
        if len(idle):
            raise ModelError(
                f"joint state {quoted(states[idle[0]])} has no action: with overlap={overlap!r}"
                f"{', swap=False' * (not swap)} whatever the agents do is a collision"
            )
        self = object.__new__(cls)
        self.states, self.actions, self.overlap, self.swap = states, actions, overlap, swap
        self.made_of, self.cells = made_of, None if cells is None else read_only(cells)
        return self

    # ------------------------------------------------------------------ what it is

    @property
    def n_states(self) -> int:
        """S, the joint states."""
        return len(self.states)

    @property
    def n_joint(self) -> int:
        """J, the joint actions."""
        return len(self.actions.lost)

    @property
    def leaks(self) -> bool:
        """Whether probability is lost: there are collisions, and the rule is ``remove-leak``."""
        return self.actions.leaks

    @property
    def faced_states(self) -> tuple[Label, ...]:
        """The states of an agent's own MDP: the joint ones, and where probability is lost, one more."""
        if not self.leaks:
            return self.states
        end = END
        while end in self._index:
            end += "'"
        return (*self.states, end)

    def player(self, name: str) -> Player:
        """One of the agents, ``"human"`` or ``"ai"``."""
        found: Player = getattr(self.actions, choice(name, "player", PLAYERS))
        return found

    def index(self, state: Any) -> int:
        """The position of a joint state.

        Raises
        ------
        LabelError
            There is none of that label.
        """
        try:
            return self._index[state]
        except (KeyError, TypeError):
            raise LabelError(f"there is no joint state {quoted(state)}") from None

    @cached_property
    def _index(self) -> dict[Label, int]:
        return {label: i for i, label in enumerate(self.states)}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that it is, labels included."""
        found = hashlib.sha256()
        own, rows = self.actions, self.actions.kernel
        parts: list[AnyArray] = [
            own.pointer,
            rows.indptr.astype(np.int64),
            rows.indices.astype(np.int64),
            rows.data,
            own.lost,
        ]
        for player in (own.human, own.ai):
            parts += [player.pointer, player.action_codes, player.starts, player.joint, player.other]
        for part in parts:
            found.update(f"{part.dtype.str}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        told = (self.states, own.human.action_names, own.ai.action_names, self.overlap, self.swap)
        found.update(repr(told).encode())
        for world in self.made_of:
            found.update(world.fingerprint.encode())
        return found.hexdigest()

    def __repr__(self) -> str:
        rule = f", overlap={self.overlap!r}" * (self.overlap != "allow") + ", swap=False" * (not self.swap)
        size = f"{count(self.n_states, 'joint state')}, {count(self.n_joint, 'joint action')}"
        return f"JointMDP({size}{rule})"

    # ------------------------------------------------------------------ an agent's own MDP

    def choices(self, player: str) -> RewardlessMDP:
        """What an agent can do in each joint state, without what it leads to: each action stays where it is.

        It says in which order policies of the agent are written as arrays: `RewardlessMDP.pair_label`, ``states``,
        ``action_names``.
        """
        own = self.player(player)
        stay = sparse.eye_array(self.n_states, format="csr")[own.pair_states]
        return RewardlessMDP.from_pairs(
            own.pair_states, stay, states=self.states, actions=own.action_names, action_codes=own.action_codes
        )

    def one_agent(self, player: str, policy: Any = "uniform") -> RewardlessMDP:
        """The MDP of one agent while the policy of the other is fixed.

        Parameters
        ----------
        player : {"human", "ai"}
            Whose MDP.
        policy : str, mapping or array
            Of the other: ``"uniform"``; ``{joint state: action}``, or ``{joint state: {action: probability}}``; the
            same by states of its own world; an array of probabilities of its pairs, or a table, in the order of
            `choices`.

        Returns
        -------
        RewardlessMDP
            Over joint states. Where probability is lost (``"remove-leak"``), with one more state, ``"lost"``, which
            is never left, and is to earn nothing: ``rewards={"lost": 0, "default": …}``.

        Raises
        ------
        ParameterError
            That is no policy; or in some state, which is named, each of its actions always collides.

        Examples
        --------
        POWER of a human beside an AI that stays where it is, whom it cannot pass:

        >>> import mdppower as mp
        >>> street = mp.envs.gridworld("...", blocked="remove")
        >>> joint = JointMDP.from_worlds(street, overlap="bump")
        >>> alone = joint.one_agent("human", {cell: "stay" for cell in street.states})
        >>> mp.power(alone, 0.5, method="exact").exact[joint.index(((0, 0), (0, 1)))]
        Fraction(1, 2)
        """
        own, other = self.player(player), "ai" if player == "human" else "human"
        faced = Workspace(self.actions).face(own, self.policy(other, policy))
        return mdp_of(self.actions, own, faced, self.faced_states)

    def policy(self, player: str, policy: Any = "uniform") -> FloatArray:
        """(P,) the probability of each pair of an agent, of a policy as `one_agent` takes it."""
        own = self.player(player)
        world = None if self.cells is None else self.of_worlds(player)
        return policy_weights(self.choices(player), own, world, policy, player)

    def checked(self, player: str, weights: FloatArray) -> FloatArray:
        """What `policy` has given, in the same bits; ParameterError where it has not."""
        again = self.policy(player, weights)
        if again.shape != np.shape(weights) or (np.abs(again - weights) > 1e-12).any():
            raise ParameterError(f"these are no probabilities of the {player}'s pairs")
        return np.asarray(weights, np.float64)

    def of_worlds(self, player: str) -> RewardlessMDP:
        """The world of an agent.

        Raises
        ------
        ParameterError
            It was made of joint actions, and has no worlds.
        """
        choice(player, "player", PLAYERS)
        if self.cells is None:
            raise ParameterError(f"{self!r} was made of joint actions: its agents have no worlds of their own")
        return self.made_of[PLAYERS.index(player)]


def joint_of_parts(made_of: Sequence[RewardlessMDP], overlap: str, swap: bool) -> JointMDP:
    """What its `made_of`, `overlap` and `swap` say: for what is read from a file."""
    if len(made_of) == 2:
        return JointMDP.from_worlds(*made_of, overlap=overlap, swap=swap)
    return JointMDP.from_mdp(made_of[0], overlap=None if overlap == "allow" else overlap)

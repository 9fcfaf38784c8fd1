"""What an agent faces while the other's policy is fixed, solved: best responses, and values of policies.

The rows that an agent faces are its own for each draw, since the other's policy is. They are made in arrays that are
used again, and handed to the solvers of `mdppower.solvers` as they are: where each row leads to one state for
certain, as in deterministic worlds without ties, to the walk over the functional graph; else to corrections by linear
systems. So each value has the certificate of those solvers.

Error. That certificate holds for the rows as floats have them. An entry of a row is a sum over at most m joint
actions, off by m + 4 roundings, which moves a residual by (m + 4)u·max|h|; the gap has 8u·max|h| in it already
(`mdppower.agents.evaluation`): 1 + (m + 4)/4 gaps pay for both. Where a row has one entry, it is 1.

Ties. Actions are tied whose (1/(1−γ))·E v(s') falls short of the best by no more than `ties` times the range of the
draw's rewards: or by no more than what the certificate leaves open, if that is more, so that what is tied in truth is
always found to be. Such actions are taken alike. (POWERplay takes them in proportion to what is left of each: the
same, where rewards are continuous and only equal rows tie.) What is between what rounding leaves open and the
tolerance is counted: there a near tie has been taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from scipy import sparse

from mdppower._text import rate_text
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.errors import SolverError
from mdppower.mdp.model import RewardlessMDP
from mdppower.multiagent.players import JointActions, Player
from mdppower.solvers.accepted_gap import certifiable

Rows: TypeAlias = "tuple[IntArray, IntArray, FloatArray]"
"""indptr, indices, data."""

EPS = float(np.finfo(np.float64).eps)


class Faced(NamedTuple):
    """Rows of an agent's own actions, as long as the workspace makes no others.

    Attributes
    ----------
    pointer : (S + 1,) array
        Of one state more where probability is lost.
    pair : (P',) array
        The own pair of each row; −1 in that state.
    indptr, indices, data : arrays
    """

    pointer: IntArray
    pair: IntArray
    indptr: IntArray
    indices: IntArray
    data: FloatArray

    @property
    def is_certain(self) -> bool:
        """Whether each row leads to one state."""
        return len(self.indices) == len(self.indptr) - 1

    def copy(self) -> Faced:
        """One that lasts."""
        return Faced(*map(np.array, self))


class Values(NamedTuple):
    """Of one draw: normalised values of the states, and a bound on their error."""

    v: FloatArray
    gap: float


class Workspace:
    """Arrays in which draws are solved one after the other, by one thread."""

    def __init__(self, actions: JointActions) -> None:
        self.actions = actions
        self.n = n = actions.n_states + actions.leaks
        rows = max(actions.human.n_pairs, actions.ai.n_pairs) + 1
        entries = min(actions.kernel.nnz + actions.n_states + len(actions.lost) + 1, rows * n)
        kernel = actions.kernel
        self._rows = kernel.indptr, kernel.indices, kernel.data, actions.lost, actions.leaks
        self._dense, self._touched = np.zeros(n + 1), np.empty(n + 1, np.int32)
        self._faced = Faced(*_arrays(n, rows, entries))
        self._chain = _arrays(n, rows, entries)[2:]
        starts = [np.diff(x.starts).max() + np.diff(x.pointer).max() for x in (actions.human, actions.ai)]
        self.mixing = 1.0 + (int(max(starts)) + 4) / 4
        band = actions.band
        self._band = band, actions.n_states * float(band) ** 2

    def face(self, player: Player, other: FloatArray) -> Faced:
        """The rows of a player's actions while the other plays this policy.

        Parameters
        ----------
        player : Player
        other : (P_other,) array
            The probability of each pair of the other.

        Returns
        -------
        Faced
            Without actions that cannot be taken against it. Some can in each state: a policy is of actions that do
            not always collide.
        """
        from mdppower.multiagent.induced import induce

        out = self._faced
        rows, entries = induce(
            player.pointer, player.starts, player.joint, player.other, other, *self._rows, self._dense, self._touched,
            *out,
        )  # fmt: skip
        made = out.indptr[: rows + 1], out.indices[:entries], out.data[:entries]
        return Faced(out.pointer[: self.n + 1], out.pair[:rows], *made)

    def best(self, faced: Faced, reward: FloatArray, gamma: float) -> Values:
        """Optimal values of one draw.

        Parameters
        ----------
        faced : Faced
        reward : (S,) array
            With 0 for what is lost.
        gamma : float
            In [0, 1).

        Returns
        -------
        Values

        Raises
        ------
        SolverError
            They could not be certified.
        """
        if gamma == 0:
            return Values(reward, 0.0)
        if faced.is_certain:
            from mdppower.solvers.deterministic import solve_edges

            values, _, gap, _ = solve_edges(faced.pointer, faced.indices, reward[None], gamma)
            return Values(values[0], _certified(float(gap[0]), reward, gamma))
        return self._by_systems(faced.pointer, (faced.indptr, faced.indices, faced.data), reward, gamma)

    def play(self, faced: Faced, policy: FloatArray, reward: FloatArray, gamma: float) -> tuple[FloatArray, float]:
        """E v(s') of a policy against what it faces, and a bound on its error.

        Parameters
        ----------
        faced : Faced
        policy : (P,) array
            The probability of each own pair; of what cannot be taken it goes to the rest.
        reward : (S,) array
        gamma : float

        Returns
        -------
        onwards : (S,) array
        error : float

        Raises
        ------
        SolverError
            The values could not be certified.
        """
        from mdppower.multiagent.induced import chain, expected

        entries, without = chain(*faced, policy, self._dense, self._touched, *self._chain)
        assert without < 0, "a best response can be taken against what it responds to"
        indptr, indices, data = self._chain[0][: self.n + 1], self._chain[1][:entries], self._chain[2][:entries]
        if gamma == 0:
            v, gap = reward, 0.0
        elif entries == self.n:
            from mdppower.solvers.deterministic import evaluate_edges

            values, gaps = evaluate_edges(indices[None], reward[None], gamma)
            v, gap = values[0], _certified(float(gaps[0]), reward, gamma)
        else:
            v, gap = self._by_systems(np.arange(self.n + 1, dtype=np.int32), (indptr, indices, data), reward, gamma)
        onwards = np.empty(self.n)
        return onwards, expected(indptr, indices, data, v, gap, onwards)

    def respond(
        self, faced: Faced, values: Values, reward: FloatArray, gamma: float, ties: float, pairs: int
    ) -> tuple[FloatArray, FloatArray, float, int]:
        """The best actions, tied ones alike, and max_a E v(s').

        Parameters
        ----------
        faced : Faced
        values : Values
        reward : (S,) array
        gamma : float
        ties : float
            Relative to the range of the rewards.
        pairs : int
            P.

        Returns
        -------
        policy : (P,) array
        onwards : (S,) array
        error : float
            Bound on the error of `onwards`.
        near : int
            Near ties that were taken for ties.
        """
        from mdppower.multiagent.induced import best_actions

        within = ties * (1.0 - gamma) * float(reward.max() - reward.min())
        policy, onwards = np.zeros(pairs + 1), np.empty(self.n)  # the last stands for what is lost
        error, near = best_actions(*faced, values.v, values.gap, within, policy, onwards)
        return policy[:pairs], onwards, error, near

    def _by_systems(self, pointer: IntArray, rows: Rows, reward: FloatArray, gamma: float) -> Values:
        from mdppower.solvers.stochastic import BAND_WORK, Plan, solve_planned

        band, work = self._band
        order = np.arange(self.n, dtype=np.int32)
        indptr, indices, data = rows
        pairs = np.arange(len(indptr) - 1, dtype=np.int32)
        plan = Plan(order, pointer, indptr, indices, data, pairs, pairs, band, work <= BAND_WORK)
        values, _, gap, _ = solve_planned(plan, reward[None], gamma)
        return Values(values[0], self.mixing * _certified(float(gap[0]), reward, gamma))


def _arrays(n: int, rows: int, entries: int) -> tuple[IntArray, IntArray, IntArray, IntArray, FloatArray]:
    sizes = (n + 1, rows, rows + 1, entries)
    pointer, pair, indptr, indices = (np.empty(size, np.int32) for size in sizes)
    return pointer, pair, indptr, indices, np.empty(entries)


def _certified(gap: float, reward: FloatArray, gamma: float) -> float:
    """A gap, if it is one that `mdppower.solvers` accept."""
    allowed = certifiable(gamma) * float(reward.max() - reward.min())
    if not gap <= allowed and not gap <= allowed + 64 * EPS * float(np.abs(reward).max()):
        how = f"values only to {gap:.2g}" if np.isfinite(gap) else "no values"
        raise SolverError(f"at γ = {rate_text(gamma)} an agent's solver could certify {how}", error_bound=gap)
    return gap


def mdp_of(actions: JointActions, player: Player, faced: Faced, states: Sequence[Label]) -> RewardlessMDP:
    """What is faced, as an MDP of joint states.

    Parameters
    ----------
    actions : JointActions
    player : Player
    faced : Faced
    states : sequence of labels
        One more where probability is lost.

    Returns
    -------
    RewardlessMDP
    """
    n = len(states)
    owner = np.repeat(np.arange(n), np.diff(faced.pointer))
    kernel = sparse.csr_array((faced.data, faced.indices, faced.indptr), shape=(len(owner), n))
    codes = np.append(player.action_codes, 0)[faced.pair]  # −1, the end, takes the first
    return RewardlessMDP.from_pairs(owner, kernel, states=states, actions=player.action_names, action_codes=codes)

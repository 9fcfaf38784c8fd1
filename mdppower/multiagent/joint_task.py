"""One replicate of a run of two agents: its draws played, and the means over them.

Of each draw (R_H, R_A), with π₀ the seed policy of the AI (POWERplay's multi-agent POWER):

1. H plans against the seed:       V0_H optimal for T_H[π₀], π_H its best actions.
2. A responds, the faster learner: V_A optimal for T_A[π_H], π_A its best actions.
3. H is held to what it planned:   V_H the value of π_H in T_H[π_A].

    POWER_H(s) = (1−γ_H)/γ_H E[V_H − R_H],  POWER_A(s) = (1−γ_A)/γ_A E[V_A − R_A]

in the form E[Σ_s' T v(s')], v = (1−γ)V, that has no division by γ. Baselines: V0_H, and the value of the seed against
π_H, which the same draws give. With more rounds 1 is done again against π_A, then 2, until a policy comes back: H's
best response to π_A, or A's to π_H, is what it was. With `replan` 3 is the best response to π_A instead; with
`indifferent` π_A is uniformly random, whatever H does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower.agents.evaluation import warm_up_evaluation
from mdppower.errors import MDPPowerError
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.samplers import Sampler
from mdppower.multiagent.facing import Faced, Values, Workspace, mdp_of
from mdppower.multiagent.joint_mdp import JointMDP
from mdppower.multiagent.players import Player
from mdppower.rewards.correlated import Correlated
from mdppower.rewards.distribution import Independent
from mdppower.rewards.laws import law
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import pick, solve_rows, warm_up

EARNERS = ("states", "cells")
BLOCKS = ("human", "ai", "human_baseline", "ai_baseline")
"""Quantities of each joint state, in their order."""


class Played(NamedTuple):
    """What came of one draw.

    Attributes
    ----------
    human, ai, human_baseline, ai_baseline : (S,) arrays
        POWER's integrands.
    human_policy, ai_policy : (P,) arrays
        The probability of each own pair, of the policies that these came from.
    error : float
        Bound on the error of all of them.
    near : int
        Near ties that were taken for ties.
    settled : bool
        Whether a policy came back before the rounds ended.
    """

    human: FloatArray
    ai: FloatArray
    human_baseline: FloatArray
    ai_baseline: FloatArray
    human_policy: FloatArray
    ai_policy: FloatArray
    error: float
    near: int
    settled: bool


@dataclass(frozen=True, eq=False)
class JointTask:
    """All that a run is made of; calling it with consecutive numbers makes these replicates, on any worker.

    Attributes
    ----------
    joint : JointMDP
    gammas : (float, float)
        The human's and the AI's.
    source : Sampler
        Of R_H.
    correlated : Correlated
        Of R_A, by R_H.
    ai_rewards : RewardDistribution
        The law of R_A.
    on : {"states", "cells"}
        What earns rewards: joint states, or each agent's own.
    seed : (P_A,) array
        The seed policy.
    rounds : int
    replan, indifferent : bool
    ties : float
    """

    joint: JointMDP
    gammas: tuple[float, float]
    source: Sampler
    correlated: Correlated
    ai_rewards: RewardDistribution
    on: str
    seed: FloatArray
    rounds: int
    replan: bool
    indifferent: bool
    ties: float

    def __call__(self, numbers: Sequence[int]) -> Rows:
        """Of n replicates: means (n, 4S) of what `Played` has; mean and largest errors (n,); counts (n, 2)."""
        size, n = self.source.size, len(numbers)
        means = np.zeros((n, len(BLOCKS), self.joint.n_states))
        errors, counts = np.empty((n, size)), np.zeros((n, 2))
        for i, played in enumerate(self.draws(numbers)):
            k = i // size
            for block, name in enumerate(BLOCKS):
                means[k, block] += getattr(played, name)
            errors[k, i % size] = played.error
            counts[k] += played.near, played.settled
        return means.reshape(n, -1) / size, errors.mean(axis=1), errors.max(axis=1), counts

    def draws(self, numbers: Sequence[int]) -> Iterator[Played]:
        """The draws of some replicates, one after the other."""
        human, ai = self.rewards(numbers)
        try:
            yield from self.played(human, ai)
        except MDPPowerError as error:
            error.in_run(numbers[0] * self.source.size, len(human), self.source.entropy)
            raise

    def rewards(self, numbers: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """(n, S) rewards of both, in joint states; one column more, of zeros, where probability is lost."""
        joint = self.joint
        names: tuple[Sequence[Label], Sequence[Label]] = (joint.states, joint.states)
        if self.on == "cells":
            names = joint.of_worlds("human").states, joint.of_worlds("ai").states
        human = self.source.replicates(numbers, names[0])
        fresh, chance = None, None
        if self.correlated.mixes:
            fresh = self._stream(self.ai_rewards, 1).replicates(numbers, names[1])
        if self.correlated.copies:
            uniform = Independent([law("uniform")], np.zeros(human.shape[1], int))
            chance = self._stream(uniform, 2).replicates(numbers, names[0])
        ai = self.correlated.partner(human, fresh, chance)
        if self.on == "cells":
            assert joint.cells is not None
            human, ai = human[:, joint.cells[:, 0]], ai[:, joint.cells[:, 1]]
        if joint.leaks:
            human, ai = (np.hstack([x, np.zeros((len(x), 1))]) for x in (human, ai))
        return np.ascontiguousarray(human), np.ascontiguousarray(ai)

    def _stream(self, rewards: RewardDistribution, which: int) -> Sampler:
        """Draws that have nothing to do with R_H, of the same run."""
        words = np.random.SeedSequence(self.source.entropy, spawn_key=(0, which)).generate_state(4)
        entropy = int.from_bytes(words.tobytes(), "little")
        kind = "iid" if rewards.is_discrete or rewards.dimension is None else self.source.kind
        return Sampler(rewards, kind, self.source.size, entropy)

    def played(self, human: FloatArray, ai: FloatArray) -> Iterator[Played]:
        """What comes of draws.

        Parameters
        ----------
        human, ai : (n, S) arrays
            Rewards, as `rewards` gives them.

        Yields
        ------
        Played
        """
        from mdppower.solvers.backup import best_successors

        faced, own = self.against_seed
        values, _, gap, _ = solve_rows(own, human, self.gammas[0], pick(own, "auto"))
        alone = best_successors(own, values)[:, : self.joint.n_states]
        work = Workspace(self.joint.actions)
        for i in range(len(human)):
            try:
                first = Values(values[i], work.mixing * float(gap[i]))
                yield self._play(work, faced, first, alone[i], human[i], ai[i])
            except MDPPowerError as error:
                error.draw = i
                raise

    @cached_property
    def against_seed(self) -> tuple[Faced, RewardlessMDP]:
        """What the human faces while the AI plays the seed policy."""
        actions = self.joint.actions
        faced = Workspace(actions).face(actions.human, self.seed).copy()
        return faced, mdp_of(actions, actions.human, faced, self.joint.faced_states)

    def _play(
        self, work: Workspace, faced: Faced, values: Values, alone: FloatArray, human: FloatArray, ai: FloatArray
    ) -> Played:
        """The three steps, on one draw."""
        (gamma_h, gamma_a), actions = self.gammas, self.joint.actions
        own, other, ties = actions.human, actions.ai, self.ties
        n = actions.n_states
        plan, _, error, near = work.respond(faced, values, human, gamma_h, ties, own.n_pairs)
        uniform = self._uniform if self.indifferent else None
        errors, nears = [error], [near]
        reply, seed_had, settled = self.seed, None, False
        for k in range(self.rounds):
            if k > 0:
                again, _, error, near = self._respond(work, own, reply, human, gamma_h)
                errors.append(error)
                nears.append(near)
                if settled := bool((again == plan).all()):
                    break
                plan = again
            before = reply
            seen = work.face(other, plan)
            if seed_had is None:
                seed_had, error = work.play(seen, self.seed, ai, gamma_a)
                errors.append(error)
            if uniform is None:
                found = work.best(seen, ai, gamma_a)
                reply, onwards, error, near = work.respond(seen, found, ai, gamma_a, ties, other.n_pairs)
                nears.append(near)
            else:
                reply = uniform
                onwards, error = work.play(seen, reply, ai, gamma_a)
            errors.append(error)
            if settled := k > 0 and bool((reply == before).all()):
                break
        assert seed_had is not None
        if self.replan:
            plan, had, error, near = self._respond(work, own, reply, human, gamma_h)
            nears.append(near)
        else:
            had, error = work.play(work.face(own, reply), plan, human, gamma_h)
        errors.append(error)
        return Played(
            had[:n], onwards[:n], alone, seed_had[:n], plan, reply, max(errors), sum(nears), settled
        )  # fmt: skip

    def _respond(
        self, work: Workspace, player: Player, other: FloatArray, reward: FloatArray, gamma: float
    ) -> tuple[FloatArray, FloatArray, float, int]:
        faced = work.face(player, other)
        return work.respond(faced, work.best(faced, reward, gamma), reward, gamma, self.ties, player.n_pairs)

    @cached_property
    def _uniform(self) -> FloatArray:
        pointer, owner = self.joint.actions.ai.pointer, self.joint.actions.ai.pair_states
        return np.asarray(1.0 / np.diff(pointer)[owner])

    @property
    def range(self) -> tuple[float, float]:
        """What no draw's value is beyond."""
        laws = (self.source.rewards, self.ai_rewards)
        low, high = min(float(x.low.min()) for x in laws), max(float(x.high.max()) for x in laws)
        return (min(low, 0.0), max(high, 0.0)) if self.joint.leaks else (low, high)

    @property
    def constant(self) -> BoolArray:
        """(S,) joint states from which no reward that varies can be reached."""
        human, ai = (~x.is_constant for x in (self.source.rewards, self.ai_rewards))
        if self.on == "cells":
            assert self.joint.cells is not None
            human, ai = human[self.joint.cells[:, 0]], ai[self.joint.cells[:, 1]]
        return ~self.joint.actions.reaching(human | ai)

    def prepare(self) -> None:
        """Compile what replicates need, before work is handed to threads."""
        warm_up(self.against_seed[1], pick(self.against_seed[1], "auto"), self.gammas[:1])
        warm_up_evaluation()
        zeros = np.zeros((1, self.joint.n_states + self.joint.leaks))
        next(self.played(zeros, zeros))


def draws_of(task: JointTask, i: int) -> tuple[AnyArray, AnyArray, Played]:
    """Rewards of both, and what came of them, of one draw of a run."""
    number, inside = divmod(i, task.source.size)
    human, ai = task.rewards([number])
    return human[inside], ai[inside], next(task.played(human[inside : inside + 1], ai[inside : inside + 1]))

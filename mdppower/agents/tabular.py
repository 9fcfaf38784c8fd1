"""An agent that must learn by trial and error: tabular Q-learning (Watkins & Dayan, Machine Learning 8, 1992).

It does not know the MDP. It lives through k episodes of 32 steps in it, with the reward function R, and then acts on
what it has come to expect: pol(R, γ) of Definition C.1 (Turner et al., arXiv 1912.01683), whose POWER says what so
much experience can do. With q(s, a) for (1−γ)Q(s, a), normalised like all values here, 0 before the first step, and
R(s) earned for being in s, a step from s by a to s' is

    q(s, a) ← q(s, a) + n^{−0.7} · [(1−γ) R(s) + γ max_a' q(s', a') − q(s, a)]

at the n-th time that a is taken in s. Since Σ n^{−0.7} = ∞ and Σ n^{−1.4} < ∞, q tends to what it is to be as k
grows, wherever behaviour goes on visiting. A constant step may take its place: it forgets what q was before little by
little, where n^{−0.7} overwrites it at the first visit. Actions are taken at random, or greedily but with
probability ε. In the end the policy is greedy; wherever the greatest is shared, one of these is drawn.

q starts at 0: where rewards are positive, what was never tried looks bad, and the agent is not indifferent to a
constant that is added to all rewards.

**Luck.** Episodes are random, and a policy is a function of R. The luck of a reward function is that of a generator
which is seeded by `seed` and by the bits of R: one R always meets the same luck, beside whatever other draws, on any
worker; others meet luck of their own, so that averages over a continuous law are averages over luck, too. A law of
few reward functions, such as "goal", has as many lucks for each seed: average over seeds. Of k episodes the first
ones are those of fewer: more experience, on the same draws.
"""

from __future__ import annotations

import hashlib
from dataclasses import MISSING, dataclass, fields
from numbers import Integral
from typing import Any

import numpy as np

from mdppower._compiled import kernel
from mdppower._quotes import quoted
from mdppower._stop import stop_flag, stop_if_told
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.agents.rules import Rule, _share
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP

STEPS = 32
"""Of an episode."""
POWER = 0.7
"""Of the visits, in the size of a step."""
MOST = 2**53
"""Of episodes, and of seeds."""


@dataclass(frozen=True, repr=False)
class q_learning(Rule):
    """The greedy policy after k episodes of tabular Q-learning on the reward function.

    Parameters
    ----------
    k : int
        Episodes of 32 steps, from 0: an action at random in each state.
    behaviour : "random" or float
        What is done in them: every action alike, or a greedy one but with this probability, in [0, 1], any.
    start : label, optional
        Where episodes start; by default in any state, each time drawn anew.
    seed : int
        Of the luck, from 0.
    step : float, optional
        A constant step size in (0, 1]; by default n^−0.7 at the n-th visit.

    Raises
    ------
    ParameterError
        A parameter is none of these; when called, γ is 0 or 1, at which nothing is learnt.
    LabelError
        When called: the MDP has no such state.

    Examples
    --------
    Who has seen enough of a fork takes its best end, 3/4 on average; before there is experience it is the mean end:

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> rules = [q_learning(k, start="root") for k in (0, 10, 300)]
    >>> [round(float(mp.power(fork, 0.9, policy=rule, rng=0).mean[0]), 2) for rule in rules]
    [0.5, 0.7, 0.75]
    """

    k: int
    behaviour: str | float = "random"
    start: Label | None = None
    seed: int = 0
    step: float | None = None

    def __post_init__(self) -> None:
        for name in ("k", "seed"):
            object.__setattr__(self, name, _count(getattr(self, name), name))
        if not isinstance(self.behaviour, str):
            object.__setattr__(self, "behaviour", _share(self.behaviour, "behaviour"))
        elif self.behaviour != "random":
            raise ParameterError(
                "behaviour must be 'random' or the probability in [0, 1] of a random action, got "
                f"{quoted(self.behaviour)}"
            )
        if self.step is not None:
            object.__setattr__(self, "step", _share(self.step, "step"))
            if not self.step:
                raise ParameterError("step must be in (0, 1], got 0: nothing would be learnt")

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, S) actions."""
        return mdp.action_codes[learnt(mdp, rewards, gamma, self, np.zeros((1, mdp.n_pairs)))]

    def __repr__(self) -> str:
        """The parameters that are not the usual ones."""
        named = ((f, getattr(self, f.name)) for f in fields(self))
        return (
            f"q_learning({', '.join(f'{f.name}={x!r}' for f, x in named if f.default is MISSING or x != f.default)})"
        )


def learnt(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, how: q_learning, before: FloatArray) -> AnyArray:
    """The pairs that are best in the end, of q that is not 0 at the start.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array
    gamma : float
        In (0, 1).
    how : q_learning
    before : (N, P) or (1, P) array
        q before the first step, in the rewards' own units.

    Returns
    -------
    (N, S) array of int
    """
    if not 0 < gamma < 1:
        raise ParameterError(f"policy {how!r} learns at a discount rate strictly between 0 and 1, got {gamma:g}")
    first = -1 if how.start is None else mdp.index(how.start)
    epsilon = 1.0 if isinstance(how.behaviour, str) else float(how.behaviour)
    step = 0.0 if how.step is None else how.step
    pairs, stop = np.empty(rewards.shape, np.int64), stop_flag()
    chain = mdp.kernel.indptr, mdp.kernel.indices, mdp.kernel.data
    for i, reward in enumerate(rewards):
        q = before[i if len(before) > 1 else 0].copy()
        rng = luck(reward, how.seed)
        _learn(rng, reward, gamma, how.k, epsilon, step, first, mdp.pointer, *chain, q, pairs[i], stop)
        stop_if_told()
    return pairs


def luck(reward: FloatArray, seed: int) -> np.random.Generator:
    """The generator of a reward function: of its numbers, whatever stands beside them."""
    bits = hashlib.blake2b((reward + 0.0).astype("<f8").tobytes(), digest_size=16).digest()  # −0.0 is 0.0
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, int.from_bytes(bits, "little")])))


@kernel
def _learn(rng, reward, gamma, episodes, epsilon, step, first, pointer, indptr, indices, data, q, pairs, stop):
    """Live through the episodes, changing q; then take the best of each state."""
    n_states = len(reward)
    visits = np.zeros(len(q))
    for _ in range(episodes):
        if stop[0]:
            return
        s = first if first >= 0 else _any(rng, n_states)
        for _ in range(STEPS):
            if epsilon >= 1.0 or rng.random() < epsilon:
                p = pointer[s] + _any(rng, pointer[s + 1] - pointer[s])
            else:
                p = _best(rng, pointer[s], pointer[s + 1], q)
            k, last = indptr[p], indptr[p + 1] - 1
            if k < last:
                chance = rng.random()
                while k < last and chance >= data[k]:
                    chance -= data[k]
                    k += 1
            after = indices[k]
            most = q[pointer[after]]
            for other in range(pointer[after] + 1, pointer[after + 1]):
                most = max(most, q[other])
            visits[p] += 1.0
            size = step if step > 0.0 else visits[p] ** -POWER
            q[p] += size * ((1.0 - gamma) * reward[s] + gamma * most - q[p])
            s = after
    for s in range(n_states):
        pairs[s] = _best(rng, pointer[s], pointer[s + 1], q)


@kernel
def _any(rng, n):
    """One of n, each alike."""
    return min(int(rng.random() * n), n - 1)


@kernel
def _best(rng, begin, end, q):
    """The pair of the greatest q; of several, one at random."""
    best, alike = begin, 1
    for p in range(begin + 1, end):
        if q[p] > q[best]:
            best, alike = p, 1
        elif q[p] == q[best]:
            alike += 1
            if rng.random() * alike < 1.0:
                best = p
    return best


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) <= MOST:
        raise ParameterError(f"{name} must be an integer from 0 to 2^53, got {quoted(value)}")
    return int(value)

"""Which draws make up replicate i.

A replicate is an independent randomisation of one stratified point set, mapped through the inverse CDF of the
rewards. Its draws depend only on the entropy of the run and on its number, so that any worker can make any
replicate, in any order.

========== ==========================================================================================
sampler    points of a replicate of n draws in d dimensions
========== ==========================================================================================
``latin``  Latin hypercube: each coordinate has one point in each of n equal strata (McKay et al. 1979).
           Never worse than iid for a function that is monotone in each coordinate, as POWER is in each
           state's reward. The default.
``sobol``  The first n points of Sobol's sequence with a random digital shift; which coordinate serves which
           state is drawn anew each time, since some pairs of coordinates are bad. n is a power of two.
``iid``    Independent uniforms. Discrete rewards and callables are always drawn so.
========== ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import LARGEST_REWARD, generator
from mdppower._stop import Stopped, stop_if_told
from mdppower._typing import FloatArray, Label
from mdppower.errors import MDPPowerError, ParameterError, RewardError
from mdppower.montecarlo.one_thread import one_blas_thread
from mdppower.rewards.reward_distribution import RewardDistribution, inside_unit_interval

SAMPLERS = ("latin", "sobol", "iid")

MOST_DRAWS = 64
LEAST_REPLICATES = 16
MEMORY = 2**25
"""Most numbers (256 MiB) in the draws of one replicate."""

_SOBOL_DIMENSIONS = 21_201


def replicate_size(samples: int, n_states: int, sampler: str) -> int:
    """Draws of one replicate: a rule of `samples`, S and the sampler only.

    At most 64; few enough that `samples` makes at least 16 replicates, and that the replicate's draws fit into
    256 MiB; a power of two for Sobol points.

    Examples
    --------
    >>> [replicate_size(n, 400, "latin") for n in (10, 100, 1024, 4096, 10**6)]
    [1, 6, 64, 64, 64]
    >>> replicate_size(4096, 1_000_000, "latin")
    33
    """
    size = max(1, min(MOST_DRAWS, samples // LEAST_REPLICATES, MEMORY // n_states))
    return 1 << (size.bit_length() - 1) if sampler == "sobol" else size


@dataclass(frozen=True, eq=False)
class Sampler:
    """Replicates of reward draws.

    Attributes
    ----------
    rewards : RewardDistribution
    kind : {"latin", "sobol", "iid"}
    size : int
        Draws of a replicate.
    entropy : int
        Of the whole run.
    """

    rewards: RewardDistribution
    kind: str
    size: int
    entropy: int

    def replicate(self, number: int) -> FloatArray:
        """The (size, S) reward draws of a replicate.

        Raises
        ------
        RewardError
            The rewards are a user's code, which raised something: it is the cause. The message names the draws.
        """
        rng = np.random.default_rng(np.random.SeedSequence(self.entropy, spawn_key=(number,)))
        dimension = self.rewards.dimension
        if self.kind != "iid" and dimension is None:
            raise ParameterError(f"{self.rewards.told} can only be drawn with sampler='iid'")
        stop_if_told()
        where = number * self.size, self.size, self.entropy
        try:
            with one_blas_thread():  # bits depend on it
                if self.kind == "iid":
                    return self.rewards.sample(self.size, rng)
                points = latin_hypercube if self.kind == "latin" else sobol
                return self.rewards.from_uniforms(inside_unit_interval(points(self.size, dimension or 0, rng)))
        except MDPPowerError as error:
            error.in_run(*where)
            raise
        except (MemoryError, Stopped):
            raise
        except Exception as error:
            told = f"{self.rewards.told} raised {type(error).__name__}: {error}"
            raise RewardError(told).in_run(*where) from error

    def replicates(self, numbers: Sequence[int], states: Sequence[Label]) -> FloatArray:
        """The (len(numbers) · size, S) reward draws of consecutive replicates.

        Parameters
        ----------
        numbers : sequence of int
        states : sequence of labels
            Of the states, or the pairs, that earn them.

        Raises
        ------
        RewardError
            A reward is no number, or too large to be squared; the message names it, its state and its draw.
        """
        with one_blas_thread():  # asked for once, not for each: it takes as long as a small replicate
            rewards = np.concatenate([self.replicate(number) for number in numbers])
        fine = np.abs(rewards) <= LARGEST_REWARD
        if not fine.all():
            i, s = np.argwhere(~fine)[0].tolist()
            large = f", beyond ± {LARGEST_REWARD:g}: its square is no number" if np.isfinite(rewards[i, s]) else ""
            place = f"{'for pair' if self.rewards.on == 'pairs' else 'in state'} {states[s]!r}"
            error = RewardError(f"{self.rewards.name} gave reward {rewards[i, s]} {place}{large}")
            error.draw = i
            raise error.in_run(numbers[0] * self.size, len(rewards), self.entropy)
        return rewards


def make_sampler(rewards: RewardDistribution, kind: str, samples: int, entropy: int) -> Sampler:
    """The sampler of that kind, or iid where the rewards leave no choice.

    Raises
    ------
    ParameterError
        Sobol points were asked for in more than 21,201 dimensions.
    """
    if rewards.is_discrete or rewards.dimension is None:
        kind = "iid"
    if kind == "sobol" and rewards.dimension is not None and rewards.dimension > _SOBOL_DIMENSIONS:
        raise ParameterError(
            f"Sobol points exist in up to {_SOBOL_DIMENSIONS:,} dimensions, not {rewards.dimension:,}"
        )
    return Sampler(rewards, kind, replicate_size(samples, rewards.n_states, kind), entropy)


def seed(rng: Any) -> int:
    """The entropy of a run, from what `numpy.random.default_rng` takes.

    Examples
    --------
    >>> seed(7), seed(np.random.default_rng(7)) == seed(np.random.default_rng(7))
    (7, True)
    """
    if rng is None:
        return int(np.random.SeedSequence().entropy or 0)  # type: ignore[arg-type]
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return int(rng)
    return int.from_bytes(generator(rng).bytes(16), "little")


def latin_hypercube(n: int, dimension: int, rng: np.random.Generator) -> FloatArray:
    """(n, dimension) Latin hypercube points.

    (`scipy.stats.qmc.LatinHypercube` shuffles column by column in Python: it would take longer than the solves.)
    """
    strata = np.broadcast_to(np.arange(n, dtype=np.int8)[:, None], (n, dimension))
    points = rng.random((n, dimension))
    points += rng.permuted(strata, axis=0)
    points /= n
    return points


def sobol(n: int, dimension: int, rng: np.random.Generator) -> FloatArray:
    """The first n Sobol points with a random digital shift and randomly permuted coordinates."""
    bits = _sobol_bits(n, dimension)[:, rng.permutation(dimension)]
    shift = rng.integers(0, 2**52, size=dimension, dtype=np.uint64)
    return np.asarray(((bits ^ shift) + 0.5) / 2.0**52)


@lru_cache(maxsize=4)
def _sobol_bits(n: int, dimension: int) -> npt.NDArray[np.uint64]:
    """The first n Sobol points as 52-bit integers."""
    from scipy.stats import qmc

    points = qmc.Sobol(dimension, scramble=False).random(n) if dimension else np.empty((n, 0))
    return np.asarray(points * 2.0**52, dtype=np.uint64)

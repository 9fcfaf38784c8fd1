"""Random MDPs of the kind called Garnet: each state-action pair leads to a few states, drawn at random.

The successors of a pair are a uniformly random set, drawn by Floyd's algorithm (Bentley and Floyd, "A sample of
brilliance", Communications of the ACM 30, 1987), which takes as many steps as there are successors, however many
states there are. Their probabilities are the lengths of the parts into which random points cut [0, 1].

Points are multiples of 2⁻⁵³, and so are all their differences, which are at most 1: a row of the kernel sums to 1 to
the last bit, in any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from mdppower import _checks
from mdppower._compiled import kernel
from mdppower._quotes import quoted
from mdppower._typing import AnyArray, FloatArray, IntArray
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP

MOST_TRANSITIONS = 2**25
"""Of one random MDP, some gigabytes while it is made."""


def random(n_states: int, actions: int = 3, branching: int = 2, *, rng: Any = 0) -> RewardlessMDP:
    """Build a random MDP of the kind called Garnet (Archibald, McKinnon and Thomas, 1995).

    Parameters
    ----------
    n_states : int
        S, from 1.
    actions : int
        Actions of each state, from 1.
    branching : int
        States to which each state-action pair leads, from 1 to S. With 1 the MDP is deterministic.
    rng : None, seed or numpy.random.Generator
        What `numpy.random.default_rng` takes. The same seed gives the same MDP, bit by bit (as long as NumPy keeps
        the streams of `Generator.integers` and `Generator.random`, which it has so far). A place should be there
        again when its name is called again: so 0 is the default here, and not None, as it is where rewards are drawn.

    Returns
    -------
    RewardlessMDP
        States 0 … S−1, each with the actions 0 … `actions` − 1; on a ring in pictures. ``origin["source"]`` is the
        call that makes it again, with the seed that was drawn where `rng` is None.

    Raises
    ------
    ParameterError
        A number is no integer ≥ 1, or there are fewer states than successors.
    SizeError
        There would be more than 2**25 transitions.

    Notes
    -----
    For each pair, independently: the `branching` successors are drawn without replacement, all sets being equally
    likely, the state itself among the candidates. Their probabilities are the lengths of the parts into which
    `branching` − 1 independent uniform points cut [0, 1], which is the uniform law on the simplex. Nothing sees to it
    that every state can be reached from every other; ``mdppower show`` counts the communicating classes.

    References
    ----------
    J. W. Archibald, K. I. M. McKinnon and L. C. Thomas, "On the generation of Markov decision processes", Journal of
    the Operational Research Society 46 (1995), 354–361.

    S. Bhatnagar, R. S. Sutton, M. Ghavamzadeh and M. Lee, "Natural actor-critic algorithms", Automatica 45 (2009),
    2471–2482, where they are called Garnet.

    Examples
    --------
    >>> mdp = random(20, actions=3, branching=2, rng=0)
    >>> mdp.n_pairs, len(mdp.successors(0, 0))
    (60, 2)
    >>> mdp.origin["source"], mdp.equals(random(20))
    ('random(20, actions=3, branching=2, rng=0)', True)
    """
    n = _checks.positive_integer(n_states, "n_states")
    choices, b = _checks.positive_integer(actions, "actions"), _checks.positive_integer(branching, "branching")
    if b > n:
        raise ParameterError(f"branching = {quoted(b)} distinct successors are more than the {n:,} states")
    if n * choices * b > MOST_TRANSITIONS:
        raise SizeError(
            f"{quoted(n)} states × {quoted(choices)} actions × {quoted(b)} successors are more than 2**25"
        )
    seed = np.random.SeedSequence().entropy if rng is None else rng
    generator = _checks.generator(seed)
    n_pairs = n * choices
    draws = generator.integers(0, np.arange(n - b, n), size=(n_pairs, b), endpoint=True)
    rows = sparse.csr_array(
        (_parts(generator, n_pairs, b).ravel(), _distinct(draws, n).ravel(), np.arange(0, n_pairs * b + 1, b)),
        shape=(n_pairs, n),
    )
    return RewardlessMDP.from_pairs(
        np.repeat(np.arange(n), choices),
        rows,
        actions=range(choices),
        action_codes=np.tile(np.arange(choices), n),
        layout=_ring(n),
        origin={
            "source": f"random({n}, actions={choices}, branching={b}, rng={_told(seed)})",
            "made": "a Garnet MDP (Archibald, McKinnon and Thomas, 1995)",
        },
    )


def _parts(generator: np.random.Generator, rows: int, b: int) -> FloatArray:
    """(rows, b) lengths of the parts into which b − 1 uniform points cut [0, 1]."""
    points = np.ones((rows, b + 1))
    points[:, 0] = 0.0
    points[:, 1:-1] = generator.random((rows, b - 1))
    points[:, 1:-1].sort(axis=1)
    return np.diff(points, axis=1)


def _distinct(draws: AnyArray, n: int) -> IntArray:
    """(rows, b) sets of b of the numbers 0 … n−1, all equally likely: see `_floyd`."""
    found = np.empty(draws.shape, np.int32)
    _floyd(draws, n, found, np.full(n, -1, np.int32))
    return found


@kernel
def _floyd(draws, n, found, seen):
    """Floyd's algorithm, row by row: column k has a uniform draw from 0 … n−b+k, its number is taken if it is new.

    ``seen[i]`` is the last row that took i.
    """
    rows, b = draws.shape
    for row in range(rows):
        for k in range(b):
            number = draws[row, k]
            if seen[number] == row:
                number = n - b + k
            seen[number] = row
            found[row, k] = number


def _ring(n: int) -> FloatArray:
    """(n, 2) positions on a circle, neighbours about one unit apart."""
    angles = 2 * np.pi * np.arange(n) / n
    radius = n / (2 * np.pi)
    return np.column_stack([-radius * np.cos(angles), radius * np.sin(angles)])


def _told(rng: Any) -> str:
    """The seed; of what is no number and no list of these, what it is."""
    if isinstance(rng, int | np.integer):
        return str(int(rng))
    return quoted(rng) if isinstance(rng, list | tuple) else f"a {type(rng).__name__}"

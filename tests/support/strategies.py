"""Small random MDPs of all kinds, and rewards for them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import mdppower as mp


@st.composite
def mdps(draw, max_states=7, max_actions=3, deterministic=None, dyadic=False):
    """Ragged action sets, duplicate actions, unreachable states, several recurrent classes, periodic chains."""
    n = draw(st.integers(1, max_states))
    if deterministic is None:
        deterministic = draw(st.booleans())
    state = st.integers(0, n - 1)
    successors = {}
    for s in range(n):
        actions = {}
        for a in range(draw(st.integers(1, max_actions))):
            if deterministic or draw(st.booleans()):
                actions[a] = draw(state)
            else:
                ends = draw(st.lists(state, min_size=2, max_size=3, unique=True)) if n > 1 else [0]
                if dyadic or len(ends) == 1:  # exact in binary
                    shares = {1: [1.0], 2: [0.25, 0.75], 3: [0.5, 0.25, 0.25]}[len(ends)]
                else:
                    weights = np.array(draw(st.lists(st.integers(1, 9), min_size=len(ends), max_size=len(ends))))
                    shares = (weights / weights.sum()).tolist()
                actions[a] = dict(zip(ends, shares, strict=True))
        successors[s] = actions
    return mp.RewardlessMDP.from_successors(successors)


def reward_rows(n_states, rows=3):
    """Rewards with negative entries, ties, constants, a large offset, or of tiny size on top of one."""
    small = st.integers(-4, 4).map(float)
    real = st.floats(-1, 1, allow_subnormal=False)
    row = st.one_of(
        st.lists(small, min_size=n_states, max_size=n_states),
        st.lists(real, min_size=n_states, max_size=n_states),
        st.integers(-3, 3).map(lambda c: [float(c)] * n_states),
        st.lists(small, min_size=n_states, max_size=n_states).map(lambda r: [1000 + x for x in r]),
        st.lists(small, min_size=n_states, max_size=n_states).map(lambda r: [-1000 + 1e-6 * x for x in r]),
        st.integers(-3, 3).map(lambda c: [0.1 * c] * n_states),
    )
    return st.lists(row, min_size=rows, max_size=rows).map(np.array)


GAMMAS = st.sampled_from([0.0, 1e-6, 0.1, 0.5, 0.9, 0.99, 0.999999])

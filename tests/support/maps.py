"""Maps seen as graphs."""

import numpy as np


def adjacency(mdp):
    """Which cells are one step apart."""
    near = np.add.reduceat(mdp.kernel.toarray(), mdp.pointer[:-1]) > 0
    np.fill_diagonal(near, False)
    return near

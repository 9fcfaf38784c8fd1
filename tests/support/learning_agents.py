"""Agents whose weights are known in closed form."""

from __future__ import annotations

import numpy as np


def features_of_random(mdp, gamma):
    """ψ of the uniformly random policy, (P, S): (1−γ) e_s + γ T (1−γ)(I − γ T_π)⁻¹."""
    choice = np.zeros((mdp.n_states, mdp.n_pairs))
    choice[mdp.pair_states, np.arange(mdp.n_pairs)] = 1 / np.diff(mdp.pointer)[mdp.pair_states]
    kernel = mdp.kernel.toarray()
    visits = (1 - gamma) * np.linalg.inv(np.eye(mdp.n_states) - gamma * choice @ kernel)
    return (1 - gamma) * np.eye(mdp.n_states)[mdp.pair_states] + gamma * kernel @ visits

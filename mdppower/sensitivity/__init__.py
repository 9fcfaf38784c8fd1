"""Does POWER depend on the model? Other models of the same situation, compared on the same draws.

========================= ==================================================================================
transforms                duplicate a state, split an action, unroll history, merge bisimilar states
transformed               the new model, and the two readings of "the same rewards" on it
copied_rewards            rewards on copies of states: tied, independent
bisimulation              partition refinement
under_transforms          how POWER moves under transforms: `sensitivity`
sensitivity_estimate      what that gives back
model_difference          two MDPs on the same draws: `difference`
model_difference_estimate A − B with its error
========================= ==================================================================================

**Tied rewards leave POWER unchanged** under all transforms (a theorem, checked by `Transformed.mismatch`),
independent ones move it; changes are paired because the first copy of each state keeps the original's draw.
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

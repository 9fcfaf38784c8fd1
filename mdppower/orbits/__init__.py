"""Two quantities compared reward function by reward function: over an orbit, or draw by draw.

================ ==========================================================================================
quantity         a number of each reward function, with a bound on its error
paper_quantities those that Turner's theorems compare
rearrangements   orbits of reward functions: whole, in blocks, sampled, in part
voting           votes over orbits: f₁ ≥_most f₂
pathwise_tests   inequalities that hold for every reward function, tried on draws
================ ==========================================================================================
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

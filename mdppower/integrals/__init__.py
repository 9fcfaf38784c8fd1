"""The exact law of the largest of affine functions of random rewards; fractions for uniform and discrete ones.

================ ========================================================================================
maxima           the door: means, comparisons, cones, by whichever route is cheapest
piecewise        independent blocks of uniform rewards, by piecewise polynomials
volumes          integrals over polytopes in a box, by two routes that check each other
triangulation    polytopes cut into simplices, in integers
atoms            combinations of the atoms of discrete rewards
normal_maxima    jointly normal variables: their largest, its mean, with an error
normal_contrasts their differences, each to rounding of its own terms
reward_laws      which reward distributions can be integrated, and how
================ ========================================================================================

**Normal variables by a factor of their covariance**: conditioning is a projection of rows, so that correlations are
always valid; what eigenvalues below rounding could change is in the stated error.
"""

"""Bounds on p(A ≥ B) from the gap of the means, their inverses, and certified variance proxies ν².

======================= =====================================================================================
gap_bounds              the post's lemma and its rivals; the band of success rate and power difference
counted_gap             what a count of successes says of the gap
simplex_proxies         ν² for all that can be had from states, from the law of rewards or from their range
inequalities            each inequality, and its inverse
certificates            ν² of Δ = h_A − h_B, proved from A, B and Σ
certificate_rules       a rule each by which ν² is proved
learners_refused        agents are refused, where something is proved of sets
option_difference       Δ: its vectors, its slopes, its bounds
affine_maxima           how the maxima of two sets of affine functions differ
hulls                   whether a vector is proved to lie between others
independent_coordinates rewards as R = offset + Φ X with independent X
law_proxies             laws of one number: how far functions of it can deviate
sample_proxy            the variance proxy that a sample suggests, which is no bound
======================= =====================================================================================
"""

from mdppower._faces import attach

__getattr__, __dir__, __all__ = attach(__name__)

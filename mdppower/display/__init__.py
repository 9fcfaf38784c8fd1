"""Numbers for the eye: terminal maps, pictures. Nothing here computes what it shows.

================== ==========================================================================================
tables             pairs of options, and sets of visit distributions, as columns
terminal           maps for the terminal, with colour and without
figures            what all pictures share: titles, how they are saved
power_picture      POWER: a heat map on a grid, else bars
heatmap            one panel a γ, with numbers, marks, arrows and hatches; the colour map
bars               bars with their intervals
interval_picture   numbers with their intervals, where there is no map; comparisons
mdp_picture        an MDP before anything is computed
optimality_picture how likely actions are to be optimal
polytope_picture   visit distributions in two coordinates
curve_picture      the post's curve
difference_picture A − B, of two models
sensitivity_picture how POWER moves under transforms of a model
signed_bars        bars of differences, for these two
backdrop           an MDP as a pale ground, for the pictures of claims
curved_arrows      Bézier curves
notebook           a picture inside a page
================== ==========================================================================================

Pictures use matplotlib's objects, never its global state. One file a picture, its ``plot_…`` with it.
"""

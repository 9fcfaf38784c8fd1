"""Numbers for the eye: terminal maps, pictures. Nothing here computes what it shows.

=================== =========================================================================================
tables              pairs of options, and sets of visit distributions, as columns
terminal            maps for the terminal, with colour and without
figures             a figure that shows itself in a notebook, and how it is saved
look                how a picture looks is its user's choice: axes, colours, sizes, ``rcParams``
room                what must be in a figure is measured; one too small is refused with the least size
words               the words around the panels: title, cautions, notes
ink                 black or white, whichever can be read on a colour
colour_scale        what the colours of a map say
grid_sheet          the panels of a map: cells, walls, colour bar
cell_signs          what stands in cells: exits and pits, one-way floor, marks, numbers, arrows
power_picture       POWER: a map, planes, bars, lines or a graph
planes_picture      POWER where cells have several states: named small maps
heatmap             one map a γ, with numbers, marks, arrows and hatches
frames              one picture after the other: a GIF over γ, and how GIFs are written
bars                bars with their intervals
line_picture        numbers over γ, with bands
graph_picture       the graph of an MDP, coloured by POWER
interval_picture    numbers with their intervals, where there is no map; comparisons
mdp_picture         an MDP before anything is computed
optimality_picture  how likely actions are to be optimal
polytope_picture    visit distributions in two coordinates
coin_picture        training on coin flips, arm by arm
curve_picture       the post's curve
rivals_picture      success rate against lead, of agents that learn
monitor_picture     counts of successes along training, and what they say
difference_picture  A − B, of two models
sensitivity_picture how POWER moves under transforms of a model
learning_picture    shares of power along training, and of agents
share_panels        their panels: lines between floor and ceiling
joint_picture       two agents: small maps on a map, and what one costs the other
alignment_picture   POWER of one agent over that of the other; its correlation over ρ
rollout_picture     two agents that walk over their maps: a GIF
signed_bars         bars of differences, for these two
backdrop            an MDP as a pale ground, for the pictures of claims
curved_arrows       Bézier curves
notebook            a picture inside a page
=================== =========================================================================================

Pictures use matplotlib's objects, never its global state. One file a picture, its ``plot_…`` with it.
"""

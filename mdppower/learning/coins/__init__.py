"""Training on coin flips: policies are trained on outcomes that say nothing.

========= ===============================================================
training  arms trained in all runs, and what they come to: `coin_flips`
arms      what is given, the prior, where updates are clipped
prior     the prior, of a known share; the power of softmax policies
run       one run of all arms
kernels   the loops: policy gradients with a clipped surrogate
curves    what `coin_flips` gives back: verdicts, tables
shares    its estimates over runs
search    the effect in many settings: a search, and said to be one
========= ===============================================================

- **An experiment within learning**: it uses the streams, the learners and the kept runs of the room around it, where
  nothing knows of coins. What users open of it is in `mdppower.learning`.
"""

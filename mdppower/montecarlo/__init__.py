"""Independent replicates of reward draws, run anywhere, summed in a fixed order into numbers with their error.

=========== ==========================================================================================
samplers    which draws make up replicate i: Latin hypercube, Sobol, iid
runs        numbered tasks, any executor, results in order
estimates   from replicate means: mean, standard error, confidence intervals
guaranteed  for bounded rewards, from running sums: limits that hold for any number of draws, at every look
trust       whether Student's interval can be trusted, from the law and from the replicate means
proportions probabilities of events, from counts or exact, and their intervals
history     when numbers were made, and by which versions
store       a SQLite file in which runs keep what they finished, and from which they go on
ledger      one run in it: its chunks, and who drives it
lease       whether a driver is still at work, seen from outside
store_file  the file: made whole, checked before use, written in transactions
store_runs  its table of runs, sealed
store_rows  arrays to bytes and back
=========== ==========================================================================================

- **Replicates are the unit** of work, of randomness (seeded by entropy and number) and of statistics. What is kept
  are the K replicate means of each state: differences, actions and any other linear combination are then paired for
  free.
- **Latin hypercube in three lines of NumPy**: SciPy's shuffles column by column in Python and would take longer than
  the solves.
- **Discrete rewards and callables draw iid**, whatever the sampler asked for; `estimate.sampler` says so.
"""

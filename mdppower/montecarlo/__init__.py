"""Independent replicates of reward draws, run anywhere, summed in a fixed order into numbers with their error.

============== ======================================================================================
samplers       which draws make up replicate i: Latin hypercube, Sobol, iid
run_loop       the one loop: replicates up to each look, kept, stored, counted on a bar
kept_rows      what is kept of replicates where all of it is
engines        where replicates are made: threads, a map-like callable, any executor
executors      the driver's side of an executor: how much is asked for at a time, and answers put in order
parcels        a task travels once a worker
answers        what a worker does with a range of replicates, and what it answers
one_thread     BLAS and Numba held to one thread there
steps          estimates that arrive in steps, and what they pay for it
estimates      named quantities with their errors: parts, sums and differences
estimate_forms estimates printed, as tables, labelled arrays and files
replicates     replicate means and what they say: mean, standard error, confidence intervals
over_runs      numbers of runs, each run one observation, as replicates
same_draws     which draws an estimate is made of; differences of two from the same
guaranteed     for bounded rewards, from running sums: limits that hold for any number of draws, at every look
trust          whether Student's interval can be trusted, from the law and from the replicate means
proportions    probabilities of events, from counts or exact, and their intervals
history        when numbers were made, and by which versions
============== ======================================================================================

- **Replicates are the unit** of work, of randomness (seeded by entropy and number) and of statistics. What is kept
  are the K replicate means of each state: differences, actions and any other linear combination are then paired for
  free.
- **Latin hypercube in three lines of NumPy**: SciPy's shuffles column by column in Python and would take longer than
  the solves.
- **Runs of milliseconds stay in this thread** (`Engine.short`): a verification makes a hundred of them. All others go
  to threads, be it to one, so that Ctrl-C is heard.
- **Discrete rewards and callables draw iid**, whatever the sampler asked for; `estimate.sampler` says so.
- **A thousand workers, on paper**, from what was measured with two (Dask 2026.8; `scripts/bench.py --only engines`
  has driver and scheduler in one process). A task costs the driver 2 ms of CPU and the scheduler 2 ms (a process
  pool: 0.3 ms), so that they saturate at 500 tasks a second. Tasks last 0.2 s, or 4 ms a worker where that is more:
  4 s for 1,000 workers, 250 tasks a second, half of what the driver can do. Out go 400 bytes a task, and once a
  worker the parts of the task: 85 kB for 20×20, 85 MB in all. Back come 8 bytes for each state and rate of a
  replicate: where one takes 64 ms (20×20 with slip), 200 kB a task and 50 MB a second; where it takes 6 ms (without),
  2 MB a task and 0.5 GB a second, as much as many networks can do, and in eight seconds 4 GiB of replicate means, the
  most there may be. So what is kept saturates first; `guarantee` keeps sums.
"""

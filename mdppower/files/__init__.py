"""What is written and read again: results and MDPs as sealed NetCDF, small MDPs as TOML.

============== =================================================================
netcdf         MDPs and the estimates of `power`; `load` and `save_mdp`, which tell kinds of files apart
results        all other results: `save_result`, and what `load` reads
result_kinds   which these are, each with its form
estimate_forms what is kept of estimates: replicates or sums, and draws
count_forms    what is kept of counts: probabilities, optimal actions, comparisons
model_forms    what is kept of results about models: differences, optimal values, visits, certificates
claim_forms    what is kept of reports of claims
learning_forms what is kept of training: agents at checkpoints, learning curves
coin_forms     what is kept of coin flips
seeking_forms  what is kept of the POWER-seeking of agents
monitor_forms  what is kept of counts along training
agent_forms    what is kept of assessments of agents
joint_forms    what is kept of runs of two agents
alignment_forms what is kept of how their POWER goes together: alignments, sweeps, walks
dataset_form   what is kept of labelled arrays that have no class of their own
fields         a result as fields: how each is written, read and checked
stored_arrays  arrays in a file: type, shape, size and bounds of each
sealed         bytes that are known to be whole and ours
mdp_toml       small MDPs, to read and to write by hand
============== =================================================================

**A file is sealed**: NetCDF 4, and after its end one line with the SHA-256 of all before it. It is checked before
HDF5, a C library that trusts its input, sees a byte; so a cut or flipped file is an error of ours and never a crash.
HDF5 ignores what stands behind its end: any NetCDF tool reads the file. There is no pickle in any of them.

**A sealed file is not a trusted file**: anybody can compute a SHA-256. Of arrays, types and sizes are checked before
they are read, numbers before anything is built from them, and so is every field of the header; the error names the
field and the value.

**A file holds what a result follows from**: of an estimate the replicate means, of probabilities the counts, of
visits the policies; and the MDP, the rewards and the entropy. Mean, error and intervals follow, with the same bits,
and what is proved of models is proved again. For other programs the labelled arrays of ``to_xarray()`` are in the
file, too, where they are at hand; `load` does not look at them.

**The room stands above those whose results it knows**; their ``save`` comes up to it.
"""

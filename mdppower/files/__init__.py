"""What is written and read again: estimates and MDPs as sealed NetCDF, small MDPs as TOML.

============= =================================================================
netcdf        estimates and MDPs of any size; `load` and `save_mdp`, which tell kinds of files apart
stored_arrays the arrays in them: type, shape, size and bounds of each
results       all other results: labelled arrays, or their tables
mdp_toml      small MDPs, to read and to write by hand
============= =================================================================

**A file is sealed**: NetCDF 4, and after its end one line with the SHA-256 of all before it. It is checked before
HDF5, a C library that trusts its input, sees a byte; so a cut or flipped file is an error of ours and never a crash.
HDF5 ignores what stands behind its end: any NetCDF tool reads the file. There is no pickle in any of them.

**A sealed file is not a trusted file**: anybody can compute a SHA-256. Of arrays, types and sizes are checked before
they are read, numbers before anything is built from them, and so is every field of the header; the error names the
field and the value.

**The replicate means are the estimate.** Files hold these, the MDP, the rewards and the entropy; mean, error and
intervals follow, with the same bits.
"""

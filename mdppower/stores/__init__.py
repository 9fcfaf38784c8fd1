"""Runs kept in one SQLite file, so that a run that ends too soon goes on where it stopped.

============ =========================================================================================
store        a SQLite file of runs: what a caller opens
ledger       one run in it: which replicates are stored, their rows
lease        who drives a run, and whether it is still at work, seen from outside
store_runs   what a run is about: the table of runs
store_rows   arrays to bytes and back
store_file   the file: made whole, checked before it is used, written in transactions
store_schema its tables, and by what it is known as ours
============ =========================================================================================

- **A transaction a chunk, in a rollback journal**: what was stored survives a kill at any moment, in one file that
  can be copied; a write-ahead log would be two files more. SHA-256 and strict reading make of what a disk has changed
  an error, never a number.
- **Nothing of what a run is about is known here**: a question is JSON, an answer arrays. Who asks says what a run's
  bits depend on (`mdppower.measures.questions`).
- **The lease spares work; it does not guard bits.** A replicate has the same bits whoever makes it, so that the worst
  that two drivers can do is to make it twice.
"""

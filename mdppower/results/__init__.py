"""What every result can do: be asked for a part, be read as a table, be written, be shown.

============= =========================================================================================
result        the base of results: printed form, notebook, table, files
table         columns that print as a table, and become CSV, JSON, a DataFrame
table_text    columns as text
number_text   numbers as text, with as many digits as tell them apart
labelled      labelled arrays: names and units of variables, rows × columns of a grid
rates         one of some discount rates, found within 1e-9
============= =========================================================================================

- **± is half of the simultaneous 95 % interval over all numbers of a result**, for one number its own; what is shown
  says so. Columns `lower` and `upper` are each alone, unless all at once is asked for; captions and attributes say
  which.
- Nothing here knows what POWER is: results of all rooms stand on it.
"""

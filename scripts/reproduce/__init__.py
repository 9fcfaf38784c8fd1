"""Two texts held against mdppower, statement by statement: the paper and the post."""

"""The story of the post, statement by statement: what training on random rewards does to power."""

"""Rows of replicates, kept in the order in which they come."""

import numpy as np

from mdppower.montecarlo.kept_rows import KeptRows


def test_rows_are_joined_in_order():
    kept = KeptRows(task=None)
    assert kept.count == 0
    # Two replicates, then one: each part of a row is joined with its like.
    kept.add((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([7, 8])))
    kept.add((np.array([[5.0, 6.0]]), np.array([9])))
    values, numbers = kept.rows()
    assert kept.count == 3
    assert values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert numbers.tolist() == [7, 8, 9]

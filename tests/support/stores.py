"""Stores whose right content is known: the results of a replicate are made from its number."""

from __future__ import annotations

import numpy as np

from mdppower.errors import FileError
from mdppower.stores.store import Store

QUESTION = {"mdp": "9f2c", "rewards": "uniform", "gamma": [0.9]}
ARGUMENTS = {"function": "power", "draws": 16}


def rows(numbers, salt=0):
    """Floats that differ in every bit, counts, and flags, of consecutive replicates."""
    n = np.arange(numbers.start, numbers.stop)
    floats = np.sin(n[:, None] * 1e3 + np.arange(25) + salt)
    floats[n % 7 == 3, 0] = -0.0
    floats[n % 7 == 4, 1] = np.nan
    return floats.reshape(len(n), 5, 5), (n + salt).astype(np.int32), n % 3 == salt % 3


def same(found, wanted):
    """Whether two tuples of arrays have the same types, shapes and bits."""
    return len(found) == len(wanted) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(found, wanted, strict=True)
    )


def fill(path, runs=2, chunks=12, size=5):
    """A store with runs of entropy 1, 2, … whose rows are those of `rows(…, salt=entropy)`."""
    with Store(path) as store:
        for entropy in range(1, runs + 1):
            ledger = store.ledger(QUESTION, ARGUMENTS | {"run": entropy}, entropy)
            with ledger.driving(chunks * size):
                for i in range(chunks):
                    numbers = range(size * i, size * (i + 1))
                    ledger.add(numbers, rows(numbers, entropy), 0.5)
                ledger.keep("shell", b"what the numbers mean " * entropy)


def verdict(path, runs=2, stop=60):
    """ "refused" or "whole" or "less", for what a store gives that `fill` made and something has befallen since.

    AssertionError if it gives anything that was not stored.
    """
    try:
        with Store(path) as store:
            told, records = "whole", store.runs()
            for record in records:
                assert record.arguments == ARGUMENTS | {"run": record.entropy}
                assert record.question == QUESTION
                assert record.finished <= stop == record.wanted
                assert record.seconds <= 0.5 * stop
            assert store.ledger(QUESTION, ARGUMENTS | {"run": runs}, None).entropy == runs
            assert [record.entropy for record in records] == list(range(1, runs + 1))
            for entropy, record in enumerate(records, start=1):
                ledger = store.find(record.id)
                assert ledger.entropy == entropy
                for span in ledger.spans():
                    assert same(ledger.read(span), rows(span, entropy))
                assert ledger.kept("shell") == b"what the numbers mean " * entropy
                if ledger.spans() != [range(stop)]:
                    told = "less"
            return told
    except FileError:
        return "refused"

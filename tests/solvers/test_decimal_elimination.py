"""Elimination without subtraction: closed forms whose parts differ by more powers of ten than floats have."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdppower.mdp.rational import solve
from mdppower.solvers import decimal_elimination
from mdppower.solvers.decimal_elimination import Elimination, TooMuchWork, digits


@given(st.data())
def test_solves_the_equation_of_a_chain(data):
    """Against Gauss–Jordan elimination of fractions, with rates over 40 powers of ten."""
    n = data.draw(st.integers(1, 5))
    rate = st.tuples(st.integers(0, n), st.integers(1, 99), st.integers(0, 40))
    rows = {}
    for i in range(n):
        # Every node has a way to node n, which has no row.
        entries = [*data.draw(st.lists(rate, max_size=4)), (n, data.draw(st.integers(1, 99)), 40)]
        rows[i] = [(j, Decimal(a).scaleb(-e)) for j, a, e in entries if j != i]
    earned = [Decimal(data.draw(st.integers(0, 9))) for _ in range(n)]
    end = Decimal(data.draw(st.integers(0, 9)))
    with digits(60):
        x = Elimination(rows).solve(dict(enumerate(earned)), {n: end})
    system = [[Fraction(0)] * n for _ in range(n)]
    right = [[Fraction(r)] for r in earned]
    for i, row in rows.items():
        for j, a in row:
            system[i][i] += Fraction(a)
            if j == n:
                right[i][0] += Fraction(a) * Fraction(end)
            else:
                system[i][j] -= Fraction(a)
    for i, (truth,) in enumerate(solve(system, right)):
        assert abs(Fraction(x[i]) - truth) <= Fraction(1, 10**55) * truth


def test_each_number_has_nearly_all_digits():
    # A walk on 0 … n with steps up p and down q = 1 − p, from 1 to n before 0: (1 − ρ)/(1 − ρ^n) with ρ = q/p. With
    # 5 digits and p = 1/10 the chance from 1 is 8/(9^40 − 1), about 5e-38, and has 4 digits; a solver that subtracts
    # (here: floats) has an error of 1e-17, all of it.
    n, up, down = 40, Decimal("0.1"), Decimal("0.9")
    with digits(5):
        chance = Elimination({k: [(k - 1, down), (k + 1, up)] for k in range(1, n)}).solve(
            {}, {0: Decimal(0), n: Decimal(1)}
        )
    assert float(chance[1]) == pytest.approx(8 / (9**n - 1), rel=1e-3)


def test_stationary_distribution_of_a_birth_death_chain():
    # π_{k+1}/π_k = (rate up of k)/(rate down of k + 1), here 10^-3 and 10^3 in turn: π spans 300 powers of ten.
    n = 101
    up = {k: Decimal(1).scaleb(-6 if k < 50 else 0) for k in range(n - 1)}
    down = {k: Decimal(1).scaleb(0 if k <= 50 else -6) for k in range(1, n)}
    rows = {k: [(k + d, a[k]) for d, a in ((1, up), (-1, down)) if k in a] for k in range(n)}
    with digits(30):
        shares = Elimination(rows, kept=50).stationary(50)
    assert min(shares.values()) < Decimal("1e-299")
    for k in range(n - 1):
        assert float(shares[k + 1] / shares[k]) == pytest.approx(float(up[k] / down[k + 1]), rel=1e-25)
    assert float(sum(shares.values())) == pytest.approx(1, rel=1e-15)


def test_work_is_bounded(monkeypatch):
    monkeypatch.setattr(decimal_elimination, "MOST_WORK", 10)
    rows = {i: [(j, Decimal(1)) for j in range(6) if j != i] for i in range(5)}
    with digits(20), pytest.raises(TooMuchWork):
        Elimination(rows)

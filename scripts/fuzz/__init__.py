"""Inputs from seeds over every border of the package, and what may come of them: a result, or an error of ours.

    python -m scripts.fuzz --inputs 200000               a share for each border, about half an hour on two cores
    python -m scripts.fuzz --border toml --inputs 5000   one border
    python -m scripts.fuzz --border toml --seed 4711     one input again, and what becomes of it

`judge` judges a case, `campaign` judges many in processes that may die; `hostile` makes values, and each other file
makes the cases of one border: valid ones that go on to a POWER, and such in which something is odd.
"""
